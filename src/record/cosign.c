/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/cosign.h"

#include "core/clock.h"
#include "core/log.h"
#include "net/fetch.h"
#include "record/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ANSWER_MAX = 16 * 1024,
    CONNECT_MS = 5000,
    ALL_MS = 10000,
    PAUSE_MS = 1000,           /* between two checkpoints, however fast they come */
    PAUSE_MOST_MS = 60 * 1000, /* after failures: twice as long each time, up to this */
    CLOCKS_APART_S = 60 * 60,  /* a cosignature says when it was made: so far from our own clock it is refused */
    TRIES = 3,                 /* of one checkpoint: the second says the size that the first was told, the third that of another process */
};

struct Asker {
    pthread_t thread;
    Rest rest;    /* its mutex guards what follows */
    int64_t size; /* of the newest checkpoint that we were told of; -1: none */
    Fetcher *fetcher;
    AskerState state;
    /* From here on: the thread's own. */
    Store *store;
    Arena arena; /* of the witness's name and address */
    Witness witness;
    int64_t cosigned; /* the largest size that it has cosigned and we have stored; an empty record is not shown to it */
    int64_t known;    /* the size from which we prove: what it said that it knows */
    int failed;       /* times in a row */
};

/* --- what is sent --- */

typedef struct Question {
    Asker *asker;
    Arena *a;
    Str trouble; /* what went wrong, for everybody: nothing of what the witness wrote, no address of ours and no library's words */
    Str detail;  /* the same for the log, where more is known; empty: there is no more */
    Sealed sealed;
    Str text;  /* of the checkpoint: what is to be cosigned */
    bool told; /* it has said which size it knows */
} Question;

/* Always ERR_IO: whatever it was, it is tried again. */
static Err fails(Question *q, Str words)
{
    q->trouble = words;
    return ERR_IO;
}

static Err fails_with(Question *q, Str words, Str detail)
{
    q->detail = str_copy(q->a, detail);
    return fails(q, words);
}

static Err read_sealed(Question *q, Db *db)
{
    Note *note = arena_new(q->a, Note, 1);
    Fault fault = {0};
    if (record_sealed(db, q->a, &q->sealed) || note_read(q->a, q->sealed.note, note, &fault))
        return fails(q, S("our own checkpoint could not be read"));
    q->text = note->text;
    return ERR_OK;
}

/* What it has cosigned already, for us or for another process on this store. */
static Err read_cosigned(Question *q, Db *db)
{
    Cosignature *all;
    int count;
    const Verifier *witness = &q->asker->witness.verifier;
    if (record_cosigners(db, q->a, &all, &count)) return fails(q, S("our own store could not be read"));
    for (int i = 0; i < count; i++)
        if (all[i].id == witness->id && str_equal(all[i].witness, witness->name) && all[i].size > q->asker->cosigned)
            q->asker->cosigned = all[i].size;
    return ERR_OK;
}

static Err prove(Question *q, Db *db, Str *ret_body)
{
    int64_t size = q->sealed.checkpoint.size, known = q->told ? q->asker->known : q->asker->cosigned;
    q->asker->known = known;
    if (known > size)
        return fails(q, str_format(q->a, "it has cosigned %lld leaves of this record, and this store has signed only %lld",
                            (long long)known, (long long)size));
    AddCheckpoint *request = arena_new(q->a, AddCheckpoint, 1);
    *request = (AddCheckpoint){.old_size = known, .checkpoint = q->sealed.note};
    TreeHashes hashes = record_hashes(db, q->a);
    if (known > 0 && known < size && tree_prove_consistency(&hashes, known, size, &request->proof))
        return fails(q, S("no consistency proof could be made of our own store"));
    *ret_body = add_checkpoint_text(q->a, request);
    return ERR_OK;
}

/* *ret_body empty: there is nothing to ask. */
static Err make_body(Question *q, Str *ret_body)
{
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Db *db;
    Fault fault = {0};
    *ret_body = (Str){0};
    if (db_open(q->asker->store, &db, &fault)) return fails(q, S("our own store could not be read"));
    Err e = read_sealed(q, db);
    if (!e) e = read_cosigned(q, db);
    if (!e && q->sealed.checkpoint.size > q->asker->cosigned) e = prove(q, db, ret_body);
    db_close(db);
    return e;
}

/* --- what is answered --- */

static bool time_is_sane(int64_t time)
{
    int64_t apart = time - clock_utc() / 1000;
    return apart <= CLOCKS_APART_S && apart >= -CLOCKS_APART_S;
}

static Err run_cosigned(Db *db, Command *command)
{
    return record_cosigned(db, command->input, command->now);
}

static Err keep(Question *q, Str line, int64_t time)
{
    const Verifier *witness = &q->asker->witness.verifier;
    Cosignature made = {.witness = witness->name, .id = witness->id, .size = q->sealed.checkpoint.size, .time = time, .line = line};
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Command command = {
        .name = "record_cosigned", .leaf = LEAF_NONE, .run = run_cosigned, .input = &made, .arena = &scratch, .now = clock_utc()};
    Err e = store_run(q->asker->store, &command);
    if (e && e != ERR_CONFLICT)
        return fails(q, S("its cosignature could not be stored")); /* conflict: another process has just put it in */
    q->asker->cosigned = made.size;
    return ERR_OK;
}

/* The line of its key among those that it sent; lines of keys that nobody knows are passed over, as the protocol says. */
static Err take_lines(Question *q, Str body)
{
    bool wrong = false;
    while (body.len) {
        Str line;
        int64_t time = 0;
        str_cut(body, '\n', &line, &body);
        line = str_format(q->a, "%.*s\n", STR_ARG(line));
        Err e = note_check_line(q->a, line, q->text, &q->asker->witness.verifier, &time);
        if (!e && !time_is_sane(time)) return fails(q, S("its clock is more than an hour from ours"));
        if (!e) return keep(q, line, time);
        wrong |= e == ERR_INPUT;
    }
    return fails(
        q, wrong ? S("its answer has a signature that is wrong, or is no signature") : S("its answer has no signature of its key"));
}

/* It has another old size than we said: the next question says that one. The same size again, and ours: then it has another root at that size. */
static Err take_size(Question *q, Str body, bool *ret_again)
{
    int64_t known;
    if (body.len && body.ptr[body.len - 1] == '\n') body.len--;
    if (!str_to_i64(body, &known) || known < 0 || known > TREE_SIZE_MAX)
        return fails(q, S("it refused, and did not say which size it knows (409)"));
    if (known == q->asker->known)
        return fails(q, known == q->sealed.checkpoint.size ? S("it has seen another checkpoint of this size: a split view (409)")
                                                           : S("it refused the very size that it knows (409)"));
    q->asker->known = known;
    q->told = *ret_again = true;
    return ERR_OK;
}

static Err judge(Question *q, const Fetched *answer, bool *ret_again)
{
    switch (answer->status) {
    case 200: return take_lines(q, answer->body);
    case 403: return fails(q, S("it does not know the key that signs this record (403)"));
    case 404: return fails(q, S("it does not know this record, or its address is another (404)"));
    case 409: return take_size(q, answer->body, ret_again);
    case 422: return fails(q, S("it says that this checkpoint does not extend the one it knows (422)"));
    default: return fails(q, str_format(q->a, "it refused (%d)", answer->status));
    }
}

static Err send(Question *q, Str body, bool *ret_again)
{
    Str url = q->asker->witness.url;
    while (str_ends(url, S("/"))) url.len--;
    FetchRequest request = {
        .url = str_format(q->a, "%.*s/add-checkpoint", STR_ARG(url)),
        .post = body,
        .type = S("application/octet-stream"),
        .most = ANSWER_MAX,
        .connect_ms = CONNECT_MS,
        .all_ms = ALL_MS,
    };
    Fetched answer = {0};
    Fault fault = {0};
    Err e = fetch(q->asker->fetcher, q->a, &request, &answer, &fault);
    if (e == ERR_LIMIT) return fails(q, S("its answer is larger than an answer may be"));
    return e ? fails_with(q, S("it could not be reached, or did not answer in time"), fault.expected) : judge(q, &answer, ret_again);
}

/* --- one checkpoint --- */

/* Made when first needed, and known to whoever stops us. */
static Err open_fetcher(Question *q)
{
    Asker *k = q->asker;
    Fetcher *fetcher;
    Fault fault = {0};
    if (k->fetcher) return ERR_OK;
    if (fetcher_open(&fetcher, &fault)) return fails_with(q, S("this server cannot ask other servers"), fault.expected);
    pthread_mutex_lock(&k->rest.mutex);
    k->fetcher = fetcher;
    if (k->rest.over) fetcher_stop(fetcher);
    pthread_mutex_unlock(&k->rest.mutex);
    return ERR_OK;
}

static Err ask(Question *q)
{
    Err e = open_fetcher(q);
    bool again = true;
    for (int i = 0; i < TRIES && !e && again; i++) {
        Str body;
        again = false;
        e = make_body(q, &body);
        if (!e && body.len) e = send(q, body, &again);
    }
    return e || !again ? e : fails(q, S("it says another size each time"));
}

static void note_start(Asker *k)
{
    pthread_mutex_lock(&k->rest.mutex);
    k->state.asked = clock_utc();
    pthread_mutex_unlock(&k->rest.mutex);
}

/* A line when it begins to fail, and one when it is well again. */
static void log_change(const Asker *k, Arena *a, Err e, Str words)
{
    const char *name = log_value(a, k->witness.verifier.name);
    if (e && k->failed == 1) log_line(LOG_WARN, "witness_fails", "witness=%s why=%s", name, log_value(a, words));
    if (!e && k->failed) log_line(LOG_INFO, "witness_well", "witness=%s after=%d", name, k->failed);
}

static void note_end(Asker *k, const Question *q, Err e)
{
    Str trouble = e ? q->trouble : (Str){0};
    if (e) k->failed++;
    log_change(k, q->a, e, q->detail.len ? q->detail : q->trouble);
    if (!e) k->failed = 0;
    pthread_mutex_lock(&k->rest.mutex);
    if (e) k->state.failures++;
    else k->state.answered = clock_utc();
    snprintf(k->state.trouble, sizeof k->state.trouble, "%.*s", STR_ARG(trouble));
    pthread_mutex_unlock(&k->rest.mutex);
}

static void ask_once(Asker *k)
{
    AUTO(arena_clear) Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    Question q = {.asker = k, .a = &arena};
    note_start(k);
    Err e = ask(&q);
    if (!rest_is_over(&k->rest)) note_end(k, &q, e);
}

/* --- the thread --- */

static int pause_after(int failed)
{
    int pause = PAUSE_MS;
    for (int i = 1; i < failed && pause < PAUSE_MOST_MS; i++) pause *= 2;
    return pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS;
}

static bool wait_for_more(Asker *k)
{
    pthread_mutex_lock(&k->rest.mutex);
    while (!k->rest.over && k->size <= k->cosigned) pthread_cond_wait(&k->rest.changed, &k->rest.mutex);
    bool stop = k->rest.over;
    pthread_mutex_unlock(&k->rest.mutex);
    return !stop;
}

static void *asker_run(void *context)
{
    Asker *k = context;
    while (wait_for_more(k)) {
        ask_once(k);
        if (!rest_for(&k->rest, pause_after(k->failed))) break;
    }
    return NULL;
}

/* --- from outside --- */

static void free_asker(Asker *k)
{
    fetcher_close(k->fetcher);
    rest_clear(&k->rest);
    arena_clear(&k->arena);
    free(k);
}

Err asker_start(Store *store, const Witness *witness, Asker **ret_asker, Fault *fault)
{
    Asker *k = calloc(1, sizeof *k);
    if (!k) out_of_memory(sizeof *k);
    *k = (Asker){.size = -1, .store = store, .witness = *witness};
    arena_init(&k->arena, ARENA_LIMIT_DEFAULT);
    k->witness.url = str_copy(&k->arena, witness->url);
    k->witness.verifier.name = str_copy(&k->arena, witness->verifier.name);
    rest_init(&k->rest);
    if (pthread_create(&k->thread, NULL, asker_run, k) != 0) {
        free_asker(k);
        return fault_set(fault, ERR_IO, 0, 0, S("no thread for asking a witness"), (Str){0});
    }
    *ret_asker = k;
    return ERR_OK;
}

void asker_tell(Asker *k, int64_t size)
{
    pthread_mutex_lock(&k->rest.mutex);
    if (size > k->size) k->size = size;
    pthread_cond_signal(&k->rest.changed);
    pthread_mutex_unlock(&k->rest.mutex);
}

void asker_stop(Asker *k)
{
    pthread_mutex_lock(&k->rest.mutex);
    k->rest.over = true;
    if (k->fetcher) fetcher_stop(k->fetcher);
    pthread_cond_signal(&k->rest.changed);
    pthread_mutex_unlock(&k->rest.mutex);
}

void asker_join(Asker *k)
{
    if (!k) return;
    pthread_join(k->thread, NULL);
    free_asker(k);
}

AskerState asker_state(Asker *k)
{
    pthread_mutex_lock(&k->rest.mutex);
    AskerState state = k->state;
    pthread_mutex_unlock(&k->rest.mutex);
    return state;
}
