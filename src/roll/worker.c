/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "roll/worker.h"

#include "core/clock.h"
#include "core/log.h"
#include "roll/auditor.h"
#include "roll/own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PAGES_AT_ONCE = 32, /* entries of 256 x 32 members: about 2 MB a command */
    FINDERS_AT_ONCE = 64,
    TILES_AT_ONCE = 64,
    DROP_AT_ONCE = 64,
    POLL_MS = 250,
    LEFT_MS = 60 * 1000, /* not heard of for so long: its process is gone */
    AGAIN_MS = 5 * 1000,
    ERASED_BEFORE_MS = 10 * 60 * 1000, /* longer than any command waits */
};

/* ---- a freeze under way ---- */

typedef struct Found Found;

typedef struct Freezing {
    Store *store;
    Arena *a; /* of the whole freeze */
    RollJob job;
    Roll roll;
    int64_t version; /* that it becomes */
    RollPublished published;
    const Frozen *frozen;
    const Roster *roster;
    Found *order; /* of entries, by person */
    int64_t read; /* when the members were */
    int64_t done, whole;
    const atomic_bool *stop; /* or NULL */
    Fault *fault;
} Freezing;

/* A part of it: `count` things from `from` on, or all that is left to be dropped. */
typedef struct Part {
    Freezing *f;
    int64_t from, count;
    int level;
    const Sha256 *hashes; /* of a level above the entries */
} Part;

/* Is the job still ours? Each command asks, so that one that was taken for dead cannot write beside its successor. */
static Err step(Db *db, const Freezing *f, int64_t more, int64_t now)
{
    int64_t ours = 0;
    Err e = db_run_counted(db, "roll_job_step",
        DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_string(f->job.token), db_number(f->done + more), db_number(f->whole),
            db_number(now)),
        &ours);
    return e ? e : ours ? ERR_OK : ERR_CONFLICT;
}

static Err run_part(Freezing *f, const char *name, LeafRule leaf, Err (*run)(Db *, Command *), Part part)
{
    if (f->stop && atomic_load(f->stop)) return fault_set(f->fault, ERR_CONFLICT, 0, 0, S("to go on: the server is being stopped"), S(""));
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    part.f = f;
    Command command = {.name = name, .leaf = leaf, .run = run, .input = &part, .arena = &a, .now = clock_utc()};
    Err e = store_run(f->store, &command);
    if (e) *f->fault = (Fault){.err = e, .expected = str_copy(f->a, command.fault.expected)};
    arena_clear(&a);
    return e;
}

static int64_t parts_of(int64_t count, int64_t at_once)
{
    return (count + at_once - 1) / at_once;
}

static Err run_parts(Freezing *f, const char *name, Err (*run)(Db *, Command *), Part part, int64_t count, int64_t at_once)
{
    for (int64_t from = 0; from < count; from += at_once) {
        part.from = from;
        part.count = count - from < at_once ? count - from : at_once;
        Err e = run_part(f, name, LEAF_NONE, run, part);
        if (e) return e;
        f->done++;
    }
    return ERR_OK;
}

/* ---- entries and their hashes ---- */

static Str hashes_of(Buf *b, const Frozen *frozen, int64_t from, int64_t to)
{
    b->len = 0;
    for (int64_t i = from; i < to; i++) buf_str(b, (Str){(const char *)frozen->entries[i].hash.bytes, SHA256_BYTES});
    return buf_done(b);
}

static Str entries_of(Buf *b, const Frozen *frozen, int64_t from, int64_t to)
{
    b->len = 0;
    for (int64_t i = from; i < to; i++) {
        buf_str(b, frozen->entries[i].text);
        buf_byte(b, '\n');
    }
    return buf_done(b);
}

static Err write_tile(Db *db, const Freezing *f, int level, int64_t page, Str hashes)
{
    return db_run(db, "roll_tile_add",
        DB_VALUES(
            db_string(f->job.unit), db_string(f->job.roll), db_number(f->version), db_number(level), db_number(page), db_bytes(hashes)));
}

static Err write_page(Db *db, Buf *b, const Freezing *f, int64_t page)
{
    int64_t from = page * ROLL_PAGE, to = from + ROLL_PAGE < f->frozen->count ? from + ROLL_PAGE : f->frozen->count;
    Err e = write_tile(db, f, 0, page, hashes_of(b, f->frozen, from, to));
    if (e) return e;
    return db_run(db, "roll_page_add",
        DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_number(f->version), db_number(page),
            db_bytes(entries_of(b, f->frozen, from, to))));
}

static Err run_pages(Db *db, Command *command)
{
    const Part *p = command->input;
    Err e = step(db, p->f, 1, command->now);
    for (int64_t i = 0; i < p->count && !e; i++) {
        Buf b = buf_new(command->arena);
        e = write_page(db, &b, p->f, p->from + i);
    }
    return e;
}

/* ---- the levels above ---- */

static Err run_tiles(Db *db, Command *command)
{
    const Part *p = command->input;
    int64_t all = tile_hashes(p->level, p->f->frozen->count);
    Err e = step(db, p->f, 1, command->now);
    for (int64_t page = p->from; page < p->from + p->count && !e; page++) {
        int64_t from = page * TILE_WIDTH, to = from + TILE_WIDTH < all ? from + TILE_WIDTH : all;
        e = write_tile(db, p->f, p->level, page, (Str){(const char *)&p->hashes[from], (size_t)(to - from) * SHA256_BYTES});
    }
    return e;
}

static Sha256 root_of(const Sha256 *hashes)
{
    Frontier frontier = {0};
    for (int i = 0; i < TILE_WIDTH; i++) frontier_add(&frontier, &hashes[i]);
    return frontier_root(&frontier);
}

/* Level by level: of each 256 hashes that are whole, their root. */
static Err write_levels(Freezing *f)
{
    int64_t count = f->frozen->count;
    Sha256 *below = arena_new(f->a, Sha256, (size_t)count);
    for (int64_t i = 0; i < count; i++) below[i] = f->frozen->entries[i].hash;
    for (int level = 1; tile_hashes(level, count) > 0; level++) {
        int64_t width = tile_hashes(level, count);
        for (int64_t i = 0; i < width; i++) below[i] = root_of(&below[i * TILE_WIDTH]);
        Err e = run_parts(f, "roll_tiles", run_tiles, (Part){.level = level, .hashes = below}, parts_of(width, TILE_WIDTH), TILES_AT_ONCE);
        if (e) return e;
    }
    return ERR_OK;
}

/* ---- by person ---- */

/* An entry's person and number as a finder has them. Kept beside each other, as sorting half a million looks at each twenty times. */
struct Found {
    char person[PERSON_ID_BYTES];
    uint8_t number[FINDER_BYTES - PERSON_ID_BYTES];
};
_Static_assert(sizeof(Found) == FINDER_BYTES, "no gaps: a finder's body is these bytes");

static int by_person(const void *p, const void *q)
{
    return memcmp(p, q, FINDER_BYTES);
}

static bool is_same_person(const Found *found, const Found *other)
{
    return memcmp(found->person, other->person, PERSON_ID_BYTES) == 0;
}

/* A person's entries stay together: the end of the page of at least so many that begins at `from`. */
static int64_t finder_end(const Freezing *f, int64_t from)
{
    int64_t to = from + FINDER_PERSONS, count = f->frozen->count;
    if (to >= count) return count;
    while (to < count && is_same_person(&f->order[to - 1], &f->order[to])) to++;
    return to;
}

static Err run_finders(Db *db, Command *command)
{
    const Part *p = command->input;
    const Freezing *f = p->f;
    Err e = step(db, f, 1, command->now);
    for (int64_t from = p->from, to; from < p->from + p->count && !e; from = to) {
        to = finder_end(f, from);
        const Found *first = &f->order[from];
        e = db_run(db, "roll_finder_add",
            DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_number(f->version),
                db_string((Str){first->person, PERSON_ID_BYTES}),
                db_bytes((Str){(const char *)first, (size_t)(to - from) * FINDER_BYTES})));
    }
    return e;
}

static Err write_finders(Freezing *f)
{
    int64_t count = f->frozen->count;
    f->order = arena_new(f->a, Found, (size_t)count);
    for (int64_t i = 0; i < count; i++) {
        Str person = roster_text(f->roster, f->roster->rows[f->frozen->entries[i].row].person);
        if (person.len != PERSON_ID_BYTES) return fault_set(f->fault, ERR_IO, 0, 0, S("an id of 22 characters"), S("another"));
        memcpy(f->order[i].person, person.ptr, PERSON_ID_BYTES);
        for (int k = 0; k < COUNT_OF(f->order[i].number); k++) f->order[i].number[k] = (uint8_t)(i >> (24 - 8 * k));
    }
    qsort(f->order, (size_t)count, sizeof *f->order, by_person);
    for (int64_t from = 0, to; from < count; from = to) {
        to = from;
        for (int i = 0; i < FINDERS_AT_ONCE && to < count; i++) to = finder_end(f, to);
        Err e = run_part(f, "roll_finders", LEAF_NONE, run_finders, (Part){.from = from, .count = to - from});
        if (e) return e;
        f->done++;
    }
    return ERR_OK;
}

/* ---- what was cut off ---- */

static Err run_drop(Db *db, Command *command)
{
    static const char *const statements[] = {"roll_pages_drop", "roll_tiles_drop", "roll_finders_drop"};
    const Part *p = command->input;
    const Freezing *f = p->f;
    int64_t all = 0;
    Err e = step(db, f, 0, command->now);
    for (int i = 0; i < COUNT_OF(statements) && !e; i++) {
        int64_t dropped = 0;
        e = db_run_counted(db, statements[i],
            DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_number(f->version), db_number(DROP_AT_ONCE)), &dropped);
        all += dropped;
    }
    command->answer = all ? S("more") : S("");
    return e;
}

/* Whatever lies beyond the version in force. */
static Err drop_leftovers(Freezing *f)
{
    for (bool more = true; more;) {
        Arena a;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        Part part = {.f = f};
        Command command = {.name = "roll_drop", .leaf = LEAF_NONE, .run = run_drop, .input = &part, .arena = &a, .now = clock_utc()};
        Err e = store_run(f->store, &command);
        more = command.answer.len > 0;
        if (e) *f->fault = (Fault){.err = e, .expected = str_copy(f->a, command.fault.expected)};
        arena_clear(&a);
        if (e) return e;
    }
    return ERR_OK;
}

static Err reopen_proposal(Db *db, const RollJob *job)
{
    if (!job->proposal.len) return ERR_OK;
    return db_run(db, "roll_proposal_end",
        DB_VALUES(db_string(job->unit), db_string(job->roll), db_string(job->proposal), db_string(S("confirmed")), db_string(S("open")),
            db_string(S("")), db_string(S("")), db_string(S("")), db_number(0), db_number(-1)));
}

static Err run_give_up(Db *db, Command *command)
{
    const Part *p = command->input;
    const RollJob *job = &p->f->job;
    Err e = step(db, p->f, 0, command->now);
    if (!e) e = reopen_proposal(db, job);
    if (!e) e = db_run(db, "roll_job_drop", DB_VALUES(db_string(job->unit), db_string(job->roll), db_string(job->token)));
    return e ? e : roll_announce(db, command->arena, &p->f->roll, command->now);
}

/* The roll is what it was. */
static Err give_up(Freezing *f)
{
    Err e = drop_leftovers(f);
    return e ? e : run_part(f, "roll_give_up", LEAF_NONE, run_give_up, (Part){0});
}

/* ---- the end ---- */

static Err tell_end(Db *db, Command *command, const Freezing *f, int64_t *ret_leaf)
{
    Arena *a = command->arena;
    RollProposal p = {0};
    int64_t moved = -1;
    if (!f->job.proposal.len) return roll_tell_frozen(db, a, &f->roll, &f->published, f->job.by, command->now, ret_leaf, &command->fault);
    Err e = roll_proposal_find(db, a, &f->roll, f->job.proposal, &p);
    if (!e) e = roll_tell_moved(db, a, &f->roll, &p, &f->published, command->now, &moved, &command->fault);
    if (!e) e = roll_tell_frozen(db, a, &f->roll, &f->published, f->job.by, command->now, ret_leaf, &command->fault);
    if (e) return e;
    return db_run(db, "roll_proposal_end",
        DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_string(f->job.proposal), db_string(S("confirmed")),
            db_string(S("done")), db_string(p.second), db_string(p.second_by.name), db_string(p.second_by.role), db_number(command->now),
            db_number(moved)));
}

/* Who was erased while this was at work stood on the list that was read. A command that waited for its turn has an older time than its end. */
static Err forget_gone(Db *db, Arena *a, const Freezing *f, int64_t now)
{
    DbRows rows;
    const RollVersionKey v = {f->job.unit, f->job.roll, f->version};
    Err e = db_query(db, a, "roll_erased_since", DB_VALUES(db_number(f->read - ERASED_BEFORE_MS)), &rows);
    while (!e && db_next(&rows)) {
        Str id = db_text(&rows, "id");
        e = roll_forget_version(db, a, &v, &id, 1, now);
    }
    return e;
}

static Err run_end(Db *db, Command *command)
{
    const Freezing *f = ((const Part *)command->input)->f;
    const RollJob *job = &f->job;
    const RollPublished *p = &f->published;
    int64_t leaf = -1;
    Err e = step(db, f, 1, command->now);
    if (!e) e = roll_hold(db, &f->roll, command->now);
    if (!e) e = tell_end(db, command, f, &leaf);
    if (!e)
        e = db_run(db, "roll_version_add",
            DB_VALUES(db_string(job->unit), db_string(job->roll), db_number(f->version), db_string(job->rules), db_number(p->count),
                db_bytes((Str){(const char *)p->root.bytes, SHA256_BYTES}), db_string(p->text), db_number(command->now),
                db_string(job->by.name), db_string(job->by.role), db_number(leaf)));
    if (!e)
        e = db_run(
            db, "roll_set_version", DB_VALUES(db_string(job->unit), db_string(job->roll), db_number(f->version), db_string(job->rules)));
    if (!e) e = forget_gone(db, command->arena, f, command->now);
    if (!e) e = db_run(db, "roll_job_drop", DB_VALUES(db_string(job->unit), db_string(job->roll), db_string(job->token)));
    if (!e) e = audit_ask(db, command->arena, &f->roll, job->by, command->now);
    return e;
}

/* ---- all of it ---- */

static Str frozen_at(Arena *a, int64_t now)
{
    time_t seconds = (time_t)(now / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    return str_format(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
        (int)(now % 1000));
}

/* In one moment of the store. */
static Err read_roster(Db *db, Freezing *f, Roster **ret_roster)
{
    f->read = clock_utc();
    Err e = db_snapshot(db);
    if (e) return e;
    e = roll_members(db, f->a, f->job.unit, ret_roster, f->fault);
    db_release(db);
    return e;
}

static Err make_entries(Db *db, Freezing *f)
{
    RollRules *rules = arena_new(f->a, RollRules, 1);
    Frozen *frozen = arena_new(f->a, Frozen, 1);
    Roster *roster;
    Err e = rules_read(f->a, f->job.rules, rules, f->fault);
    if (!e) e = read_roster(db, f, &roster);
    if (e) return e;
    Rolled rolled = rules_apply(f->a, rules, roster);
    e = roll_freeze(f->a, f->job.roll, rules, roster, &rolled, roll_random, frozen, f->fault);
    if (e) return e;
    f->frozen = frozen;
    f->roster = roster;
    f->published = (RollPublished){
        .title = f->roll.title, .unit = f->job.unit, .version = f->version, .frozen = frozen_at(f->a, clock_utc())};
    roll_publish(f->a, frozen, roster, &rolled, &f->published);
    f->whole = parts_of(parts_of(frozen->count, ROLL_PAGE), PAGES_AT_ONCE) +
               parts_of(frozen->count, (int64_t)FINDER_PERSONS * FINDERS_AT_ONCE) + 2;
    return ERR_OK;
}

static Err freeze(Db *db, Freezing *f)
{
    Err e = drop_leftovers(f);
    if (!e) e = make_entries(db, f);
    if (!e) e = run_parts(f, "roll_pages", run_pages, (Part){0}, parts_of(f->frozen->count, ROLL_PAGE), PAGES_AT_ONCE);
    if (!e) e = write_levels(f);
    if (!e) e = write_finders(f);
    return e ? e : run_part(f, "roll_freeze", LEAF_ONE, run_end, (Part){0});
}

/* ---- jobs ---- */

typedef struct Taking {
    const RollJob *job;
    Str token;
} Taking;

static Err run_take(Db *db, Command *command)
{
    const Taking *t = command->input;
    int64_t taken = 0;
    Err e = db_run_counted(db, "roll_job_take",
        DB_VALUES(db_string(t->job->unit), db_string(t->job->roll), db_string(t->job->token), db_string(t->token), db_number(command->now)),
        &taken);
    return e ? e : taken ? ERR_OK : ERR_CONFLICT;
}

static Err take_job(Store *store, Db *db, Arena *a, Freezing *f, const RollJob *job, Fault *fault)
{
    *f = (Freezing){.store = store, .a = a, .job = *job, .fault = fault};
    f->job.token = person_new_id(a, clock_utc());
    Taking taking = {job, f->job.token};
    Command command = {.name = "roll_take", .leaf = LEAF_NONE, .run = run_take, .input = &taking, .arena = a, .now = clock_utc()};
    Err e = store_run(store, &command);
    if (!e) e = roll_find(db, a, f->job.roll, &f->roll);
    if (e) *fault = command.fault;
    if (!e) f->version = f->roll.version + 1;
    return e;
}

static Err find_job(Db *db, Arena *a, const char *statement, const DbValue *values, int value_count, RollJob *ret_job)
{
    DbRows rows;
    Err e = db_one(db, a, statement, values, value_count, &rows);
    if (!e) *ret_job = job_of_row(&rows);
    return e;
}

/* Another worker's, that is gone. */
static Err take_back(Store *store, Db *db, Arena *a, bool alone, Fault *fault)
{
    RollJob job;
    Freezing f;
    for (;;) {
        Err e = find_job(db, a, "roll_job_left", DB_VALUES(db_number(alone ? INT64_MAX : clock_utc() - LEFT_MS)), &job);
        if (e) return e == ERR_MISSING ? ERR_OK : e;
        e = take_job(store, db, a, &f, &job, fault);
        if (!e) e = give_up(&f);
        if (e == ERR_CONFLICT) return ERR_OK; /* somebody else was faster */
        if (e) return e;
        log_line(
            LOG_WARN, "roll_freeze_taken_back", "roll=%s note=\"it was cut off: the roll is what it was before\"", log_value(a, job.roll));
    }
}

static Err work(Store *store, Db *db, Arena *a, bool alone, const atomic_bool *stop, bool *ret_found, Fault *fault)
{
    RollJob job;
    Freezing f;
    *ret_found = false;
    Err e = take_back(store, db, a, alone, fault);
    if (!e) e = find_job(db, a, "roll_job_next", DB_NO_VALUES, &job);
    if (e == ERR_MISSING) return auditor_work(store, db, a, alone, stop, ret_found, fault);
    if (e) return e;
    *ret_found = true;
    e = take_job(store, db, a, &f, &job, fault);
    if (e) return e == ERR_CONFLICT ? ERR_OK : e;
    f.stop = stop;
    int64_t began = clock_utc();
    e = freeze(db, &f);
    if (!e)
        log_line(LOG_INFO, "roll_frozen", "roll=%s entries=%lld ms=%lld", log_value(a, job.roll), (long long)f.frozen->count,
            (long long)(clock_utc() - began));
    if (!e || (stop && atomic_load(stop))) return e;
    Fault second = {0};
    f.fault = &second;
    (void)!give_up(&f);
    return e;
}

Err roll_work(Store *store, Db *db, Arena *a, bool alone, bool *ret_found, Fault *fault)
{
    return work(store, db, a, alone, NULL, ret_found, fault);
}

/* ---- the thread ---- */

struct RollWorker {
    pthread_t thread;
    Store *store;
    Db *db;
    atomic_bool stop;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
};

static void pause_worker(RollWorker *w, int ms)
{
    struct timespec until = clock_utc_in(ms);
    pthread_mutex_lock(&w->mutex);
    while (!atomic_load(&w->stop) && pthread_cond_timedwait(&w->wake, &w->mutex, &until) == 0) continue;
    pthread_mutex_unlock(&w->mutex);
}

static void *worker_run(void *context)
{
    RollWorker *w = context;
    bool alone = store_engine(w->store) == ENGINE_SQLITE; /* there is one server on it, and whatever is left over is of a dead one */
    while (!atomic_load(&w->stop)) {
        Arena a;
        Fault fault = {0};
        bool found = false;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        Err e = work(w->store, w->db, &a, alone, &w->stop, &found, &fault);
        if (e && !atomic_load(&w->stop)) log_line(LOG_ERROR, "roll_not_frozen", "error=%s", log_value(&a, fault.expected));
        arena_clear(&a);
        if (e || !found) pause_worker(w, e ? AGAIN_MS : POLL_MS);
    }
    return NULL;
}

Err roll_worker_start(Arena *a, Store *store, RollWorker **ret_worker, Fault *fault)
{
    RollWorker *w = arena_new(a, RollWorker, 1);
    w->store = store;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wake, NULL);
    Err e = db_open(store, &w->db, fault);
    if (e) return e;
    if (pthread_create(&w->thread, NULL, worker_run, w) != 0) {
        db_close(w->db);
        return fault_set(fault, ERR_IO, 0, 0, S("a thread that freezes rolls"), S(""));
    }
    *ret_worker = w;
    return ERR_OK;
}

void roll_worker_stop(RollWorker *w)
{
    if (!w) return;
    pthread_mutex_lock(&w->mutex);
    atomic_store(&w->stop, true);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    db_close(w->db);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
}
