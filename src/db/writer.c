/* writer.c: commands, one after another, in few large commits.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The writer takes what is queued (batch_most at most) as one batch: one transaction, one commit, then the answers. While the disk works, the next batch
 * gathers. SQLite: each command that writes has a savepoint, so one that fails undoes itself alone; a batch that fails as a whole (full disk) is told
 * so as a whole. PostgreSQL has no cheap savepoints: a batch in which something failed is rolled back and its commands are run one by one.
 *
 * When a connection is lost in a commit, nobody knows whether it happened. A command with a key is asked again on a new connection, where the key
 * tells; one without is answered ERR_IO, and says so (`perhaps`). So it is with a SQLite file whose disk failed in the commit: after a crash what
 * reached the log counts.
 */
#include "db/store.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 5, KEY_SLOTS = 4096 };

struct Writer {
    Store *store;
    pthread_t thread;
    Db *db;
    Arena arena; /* of one batch */
    Command **batch;
    DbRows *seen;             /* of each: the row of its key */
    uint32_t used[KEY_SLOTS]; /* which keys are in this part of the batch: open addressing over the parts' numbers */
    int holder[KEY_SLOTS];
    uint32_t part;
};

/* ---- what came of a command ---- */

static void forget(Command *c)
{
    c->err = ERR_OK;
    c->fault = (Fault){0};
    c->answer = (Str){0};
    c->repeated = c->perhaps = false;
}

static void fail(Command *c, Err e, Str words)
{
    forget(c);
    c->err = e;
    c->fault = (Fault){.err = e, .expected = c->arena ? str_copy(c->arena, words) : S("the store could not do it")};
}

static void fail_perhaps(Command *c, Str words)
{
    fail(c, ERR_IO, words);
    c->perhaps = true;
}

static void finish_batch(Writer *w, Command **commands, int count)
{
    Store *store = w->store;
    int failed = 0, repeated = 0;
    for (int i = 0; i < count; i++) {
        failed += commands[i]->err != ERR_OK;
        repeated += commands[i]->repeated;
    }
    atomic_fetch_add(&store->commands, count);
    atomic_fetch_add(&store->failed, failed);
    atomic_fetch_add(&store->repeated, repeated);
    for (int i = 0; i < count; i++) commands[i]->done(commands[i]);
}

/* ---- one command inside a transaction ---- */

static void repeat(Command *c, DbRows *seen)
{
    ASSERT(db_next(seen) && c->arena);
    if (!str_equal(db_text(seen, "digest"), (Str){(const char *)c->digest.bytes, SHA256_BYTES})) {
        fail(c, ERR_CONFLICT, S("this key was used for another request"));
        return;
    }
    c->answer = str_copy(c->arena, db_text(seen, "answer"));
    c->repeated = true;
}

static Err keep_key(Db *db, const Command *c)
{
    ASSERT(c->answer.len <= COMMAND_ANSWER_MAX);
    Str digest = {(const char *)c->digest.bytes, SHA256_BYTES};
    return db_run(db, "command_key_add", DB_VALUES(db_string(c->key), db_bytes(digest), db_bytes(c->answer), db_number(c->now)));
}

/* What it promised of the public record against what it did: an act without its leaf, or a leaf of no act, is a bug, and must not be kept. */
static Err hold_to_word(Db *db, Command *c)
{
    bool left = db->leaves > 0;
    if (c->leaf == LEAF_MAYBE || left == (c->leaf == LEAF_ONE)) return ERR_OK;
    c->fault = (Fault){0}; /* the words are the ones below */
    return db_trouble_set(db, ERR_IO, "a bug: '%s' %s; it was undone", c->name ? c->name : "a command without a name",
        left ? "left a leaf in the public record and had promised none" : "had promised a leaf in the public record and left none");
}

static void run_command(Db *db, Command *c)
{
    db->in_command = true;
    db->wrote = false;
    db->leaves = 0;
    c->err = c->run(db, c);
    if (!c->err) c->err = hold_to_word(db, c);
    if (!c->err && c->key.len) c->err = keep_key(db, c);
    db->in_command = false;
    if (!c->err) return;
    Str words = c->fault.err ? c->fault.expected : db_trouble(db);
    c->answer = (Str){0};
    if (!c->fault.err) fail(c, c->err, words);
}

/* Run it; if it fails, undo what it did. An error means that the whole transaction is over. */
static Err run_one(Db *db, Command *c, DbRows *seen)
{
    forget(c);
    if (seen && seen->count) return repeat(c, seen), ERR_OK;
    int announced = announced_count(db->announced);
    int64_t leaf_next = db->leaf_next;
    db->trouble[0] = 0;
    db->alone = c->alone;
    run_command(db, c);
    db->alone = false;
    if (c->err) {
        announced_cut(db->announced, announced);
        db->leaf_next = leaf_next;
    }
    if (!db->ops->can_undo_one) return db->failed || (c->err && db->wrote) ? ERR_CONFLICT : ERR_OK;
    if (!db->wrote) return ERR_OK;
    if (c->alone) return c->err;
    return c->err ? db->ops->undo_to_mark(db->inner) : db->ops->release_mark(db->inner);
}

/* ---- one transaction ---- */

/* The rows of all keys of these commands; seen[i] stays empty for one without. */
static Err look_up_keys(Writer *w, Command **commands, int count, DbRows *seen)
{
    DbValue *keys = arena_new(&w->arena, DbValue, (size_t)count);
    int *whose = arena_new(&w->arena, int, (size_t)count), n = 0;
    for (int i = 0; i < count; i++) {
        seen[i] = (DbRows){0};
        if (commands[i]->key.len == 0) continue;
        keys[n] = db_string(commands[i]->key);
        whose[n++] = i;
    }
    DbRows *rows = arena_new(&w->arena, DbRows, (size_t)n);
    Err e = door_query_each(w->db, &w->arena, "command_key_seen", keys, n, rows);
    for (int k = 0; !e && k < n; k++) seen[whose[k]] = rows[k];
    return e;
}

/* Outside every command's savepoint: if this fails, all of them do. */
static Err settle_leaves(Db *db)
{
    if (db->leaf_next < 0) return ERR_OK;
    db->in_command = db->wrote = true;
    Err e = db->leaf_settle(db, db->leaf_next);
    db->in_command = false;
    return e;
}

static Err run_all(Writer *w, Command **commands, int count)
{
    announced_cut(w->db->announced, 0);
    w->db->leaf_next = -1;
    Err e = look_up_keys(w, commands, count, w->seen);
    for (int i = 0; !e && i < count; i++) e = run_one(w->db, commands[i], &w->seen[i]);
    if (!e) e = settle_leaves(w->db);
    return e ? e : announced_write(w->db, &w->arena, w->db->announced);
}

/* All of them, and the commit. *ret_unknown: the connection, or the disk, failed while it committed. */
static Err attempt(Writer *w, Command **commands, int count, bool *ret_unknown)
{
    Db *db = w->db;
    *ret_unknown = false;
    Err e = door_begin(db, true);
    if (e) return e;
    e = run_all(w, commands, count);
    if (!e) {
        e = door_commit(db);
        *ret_unknown = e && db->ops->is_broken(db->inner);
    }
    if (e) {
        door_rollback(db);
        announced_cut(db->announced, 0);
        return e;
    }
    atomic_fetch_add(&w->store->commits, 1);
    announced_told(w->store, db->announced);
    return ERR_OK;
}

/* ---- PostgreSQL: one by one ---- */

static void run_alone(Writer *w, Command *c, bool unknown)
{
    Err e = ERR_IO;
    bool perhaps = unknown; /* and if nobody can be asked now, it stays so */
    for (int tries = 0; tries < TRIES; tries++) {
        if (unknown && !c->key.len) break;
        forget(c);
        e = attempt(w, &c, 1, &unknown);
        arena_clear(&w->arena);
        if (!e) return;
        perhaps = perhaps || unknown;
        if (!unknown && !w->db->try_again) break;
    }
    if (unknown || (perhaps && !c->err))
        fail_perhaps(c, S("the connection to the database was lost while it stored this: it may or may not be done"));
    else if (!c->err) fail(c, e, db_trouble(w->db)); /* else it is the command's own word */
}

static void run_each(Writer *w, Command **commands, int count, bool unknown)
{
    for (int i = 0; i < count; i++) {
        commands[i]->err = ERR_OK; /* of the batch that was rolled back */
        run_alone(w, commands[i], unknown);
    }
}

/* ---- batches ---- */

static void run_batch(Writer *w, Command **commands, int count)
{
    bool unknown = false;
    Err e = attempt(w, commands, count, &unknown);
    arena_clear(&w->arena);
    if (e && !w->db->ops->can_undo_one && w->db->inner) run_each(w, commands, count, unknown);
    else if (e)
        for (int i = 0; i < count; i++) {
            if (unknown) fail_perhaps(commands[i], db_trouble(w->db));
            else if (commands[i]->alone && commands[i]->err) continue; /* its own words */
            else fail(commands[i], ERR_IO, db_trouble(w->db));
        }
    finish_batch(w, commands, count);
}

static uint32_t key_hash(Str key)
{
    uint32_t h = 0x811c9dc5u; /* FNV-1a */
    for (size_t i = 0; i < key.len; i++) h = (h ^ (unsigned char)key.ptr[i]) * 0x01000193u;
    return h ^ (h >> 15);
}

/* Is the key new in this part of the batch? Then it is remembered. */
static bool key_is_new(Writer *w, int command)
{
    Str key = w->batch[command]->key;
    uint32_t at = key_hash(key) % KEY_SLOTS;
    for (; w->used[at] == w->part; at = (at + 1) % KEY_SLOTS)
        if (str_equal(w->batch[w->holder[at]]->key, key)) return false;
    w->used[at] = w->part;
    w->holder[at] = command;
    return true;
}

/* The first command from `from` on whose key is already among them: it must see what the other did, so it waits for the next commit. One that wants a
 * transaction to itself is a part of its own. */
static int part_end(Writer *w, int from, int count)
{
    w->part++;
    int i = from;
    if (w->batch[from]->alone) return from + 1;
    while (i < count && i - from < KEY_SLOTS / 2 && !w->batch[i]->alone && (w->batch[i]->key.len == 0 || key_is_new(w, i))) i++;
    return i;
}

static int take(Writer *w)
{
    Store *store = w->store;
    pthread_mutex_lock(&store->lock);
    store->idle = true;
    while (!store->first && !store->closing) pthread_cond_wait(&store->work, &store->lock);
    store->idle = false;
    int count = 0;
    while (store->first && count < store->options.batch_most) {
        w->batch[count++] = store->first;
        store->first = store->first->next;
    }
    if (!store->first) store->last = NULL;
    store->queued -= count;
    pthread_mutex_unlock(&store->lock);
    return count;
}

static void *write_commands(void *context)
{
    Writer *w = context;
    int count;
    while ((count = take(w)) > 0)
        for (int from = 0, to; from < count; from = to) {
            to = part_end(w, from, count);
            run_batch(w, w->batch + from, to - from);
        }
    return NULL;
}

/* ---- the queue ---- */

static bool enqueue(Store *store, Command *c)
{
    pthread_mutex_lock(&store->lock);
    bool room = !store->closing && store->queued < store->options.queue_most;
    if (room) {
        c->next = NULL;
        if (store->last) store->last->next = c;
        else store->first = c;
        store->last = c;
        store->queued++;
        if (store->idle) pthread_cond_signal(&store->work);
    }
    pthread_mutex_unlock(&store->lock);
    return room;
}

void store_submit(Store *store, Command *command)
{
    ASSERT(command->run && command->done && command->leaf != LEAF_UNSAID && command->key.len <= COMMAND_KEY_MAX);
    if (enqueue(store, command)) return;
    fail(command, ERR_IO, S("busy: too many commands are waiting"));
    command->done(command);
}

typedef struct Waiting {
    Command command; /* the first member: `run` and `done` are given it */
    sem_t done;
} Waiting;

static void wake(Command *command)
{
    sem_post(&((Waiting *)command)->done);
}

Err store_run(Store *store, Command *command)
{
    Waiting w = {.command = *command};
    w.command.done = wake;
    sem_init(&w.done, 0, 0);
    store_submit(store, &w.command);
    while (sem_wait(&w.done) != 0) {
    } /* a signal is no answer */
    sem_destroy(&w.done);
    w.command.done = command->done;
    *command = w.command;
    return command->err;
}

/* ---- beginning and end ---- */

void writer_start(Store *store, Db *db)
{
    Writer *w = calloc(1, sizeof *w);
    if (!w) out_of_memory(sizeof *w);
    *w = (Writer){.store = store, .db = db};
    arena_init(&w->arena, ARENA_LIMIT_DEFAULT);
    size_t room = (size_t)store->options.batch_most;
    w->batch = calloc(room, sizeof(Command *));
    w->seen = calloc(room, sizeof *w->seen);
    if (!w->batch || !w->seen) out_of_memory(room * sizeof *w->seen);
    db->announced = announced_new();
    store->writer = w;
    w->thread = store_thread("store-writer", write_commands, w);
}

void writer_stop(Store *store)
{
    Writer *w = store->writer;
    pthread_mutex_lock(&store->lock);
    store->closing = true;
    pthread_cond_signal(&store->work);
    pthread_mutex_unlock(&store->lock);
    pthread_join(w->thread, NULL);
    announced_free(w->db->announced);
    door_close(w->db);
    free(w->batch);
    free(w->seen);
    arena_clear(&w->arena);
    free(w);
}

/* ---- housekeeping ---- */

static Err expire_keys(Db *db, Command *command)
{
    const int64_t day = 24 * 60 * 60 * 1000;
    int64_t *dropped = command->context;
    return db_run_counted(db, "command_key_expire", DB_VALUES(db_number(command->now - COMMAND_KEY_DAYS * day)), dropped);
}

typedef struct Housekeeping {
    Command command;
    Store *store;
    int64_t dropped;
} Housekeeping;

/* There may be more: other commands come between, so that nobody waits long. */
static void expired(Command *command)
{
    Housekeeping *h = (Housekeeping *)command;
    if (!command->err && h->dropped > 0) store_submit(h->store, command);
    else free(h);
}

void store_housekeep(Store *store, int64_t now)
{
    Housekeeping *h = calloc(1, sizeof *h);
    if (!h) out_of_memory(sizeof *h);
    *h = (Housekeeping){
        .command = {.name = "store_expire_keys", .leaf = LEAF_NONE, .run = expire_keys, .done = expired, .now = now}, .store = store};
    h->command.context = &h->dropped;
    store_submit(store, &h->command);
}
