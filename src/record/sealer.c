/* sealer.c: the thread that seals what any process appended, and tells those that ask the witnesses.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Nobody waits for this thread and nobody can be told by it, so it logs: once when sealing stops and why, once when it goes on.
 */
#include "record/cosign.h"

#include "core/clock.h"
#include "core/log.h"
#include "record/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    POLL_MS = RECORD_SEAL_EVERY_MS / 2,
    LOOK_MS = 10 * 1000, /* so often all is checked again, whether or not anything was appended: the store may have been changed under us */
    AGAIN_MS = 2 * 1000, /* after a failure */
    VKEY_MAX = KEY_NAME_MAX + 100,
    STOPPED_MAX = 600,
};

struct Sealer {
    pthread_t thread;
    Store *store;
    Db *db;
    RecordKeys keys;
    Arena keys_arena;
    Str key_file;
    struct stat key_about; /* of the file as it was read */
    Asker *askers[RECORD_WITNESSES_MAX];
    Witness witnesses[RECORD_WITNESSES_MAX];
    int asker_count;
    int64_t sealed; /* leaves of the newest checkpoint; -1: not known */
    int64_t looked; /* when all was checked last: milliseconds of the clock that never jumps; 0: never */
    Rest rest;      /* its mutex guards what follows */
    struct {
        char keys[RECORD_KEYS_MAX][VKEY_MAX];
        int key_count;
        char stopped[STOPPED_MAX];
        bool set_back;
        int64_t leaves, sealed, sealed_at;
    } shown;
};

/* The sealer of this process, for pages and figures. */
static pthread_mutex_t running_mutex = PTHREAD_MUTEX_INITIALIZER;
static Sealer *running;

/* --- what is shown --- */

static void show_keys(Sealer *s)
{
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    pthread_mutex_lock(&s->rest.mutex);
    s->shown.key_count = s->keys.count;
    for (int i = 0; i < s->keys.count; i++) {
        Str vkey = verifier_text(&scratch, &s->keys.signers[i].verifier);
        snprintf(s->shown.keys[i], VKEY_MAX, "%.*s", STR_ARG(vkey));
    }
    pthread_mutex_unlock(&s->rest.mutex);
}

static void show_leaves(Sealer *s, int64_t leaves)
{
    pthread_mutex_lock(&s->rest.mutex);
    s->shown.leaves = leaves;
    pthread_mutex_unlock(&s->rest.mutex);
}

static void show_sealed(Sealer *s, const Sealed *sealed)
{
    pthread_mutex_lock(&s->rest.mutex);
    if (s->shown.leaves < sealed->checkpoint.size) s->shown.leaves = sealed->checkpoint.size;
    s->shown.sealed = sealed->checkpoint.size;
    s->shown.sealed_at = sealed->at;
    pthread_mutex_unlock(&s->rest.mutex);
}

static Err announce_run(Db *db, Command *command)
{
    return db_announce(db, S("record"), S(""), command->now);
}

/* Pages are kept until their topic changes, and signing that stops or goes on changes no row. If even this cannot be written, the store cannot be read either. */
static void tell_pages(Sealer *s, Arena *a)
{
    Command command = {.name = "record_stopped", .leaf = LEAF_NONE, .run = announce_run, .arena = a, .now = clock_utc()};
    (void)!store_run(s->store, &command);
}

/* `why` empty: all is well. */
static void show_stopped(Sealer *s, Arena *a, Str why)
{
    char words[STOPPED_MAX];
    snprintf(words, sizeof words, "%.*s", STR_ARG(why));
    pthread_mutex_lock(&s->rest.mutex);
    bool news = strcmp(s->shown.stopped, words) != 0;
    memcpy(s->shown.stopped, words, sizeof words);
    pthread_mutex_unlock(&s->rest.mutex);
    if (news && why.len) log_line(LOG_ERROR, "record_not_signed", "why=%s", log_value(a, why));
    if (news && !why.len) log_line(LOG_INFO, "record_signed_again", "leaves=%lld", (long long)s->sealed);
    if (news) tell_pages(s, a);
}

/* A store that cannot be read for a moment is what it was. */
static void show_set_back(Sealer *s, Arena *a, Err e)
{
    if (e && e != ERR_CONFLICT) return;
    bool set_back = e && s->db && s->keys.count && record_lacks_signed(s->db, a, &s->keys);
    pthread_mutex_lock(&s->rest.mutex);
    s->shown.set_back = set_back;
    pthread_mutex_unlock(&s->rest.mutex);
}

/* --- the key file: the truth about which keys sign, also while we run --- */

static bool key_file_changed(const Sealer *s)
{
    struct stat about;
    const struct stat *before = &s->key_about;
    if (lstat(s->key_file.ptr, &about) != 0) return true;
    return about.st_dev != before->st_dev || about.st_ino != before->st_ino || about.st_size != before->st_size ||
           about.st_mode != before->st_mode || about.st_mtim.tv_sec != before->st_mtim.tv_sec ||
           about.st_mtim.tv_nsec != before->st_mtim.tv_nsec || about.st_ctim.tv_sec != before->st_ctim.tv_sec ||
           about.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}

static void forget_keys(Sealer *s)
{
    record_keys_wipe(&s->keys);
    arena_clear(&s->keys_arena);
}

static Err read_keys(Sealer *s, Arena *a, Fault *fault)
{
    bool made;
    forget_keys(s);
    memset(&s->key_about, 0, sizeof s->key_about);
    struct stat about = {0}; /* before it is read: a change meanwhile is seen next time */
    if (lstat(s->key_file.ptr, &about) != 0) about = (struct stat){0};
    Err e = record_keys_open(&s->keys_arena, s->key_file, (Str){0}, &s->keys, &made, fault);
    if (e) {
        fault->file = str_copy(a, fault->file);
        fault->expected = str_copy(a, fault->expected);
        fault->found = str_copy(a, fault->found);
        return e;
    }
    s->key_about = about;
    show_keys(s);
    return ERR_OK;
}

static Err keep_keys(Sealer *s, Arena *a, Fault *fault)
{
    bool first = !s->looked && s->sealed < 0;
    if (s->keys.count && !key_file_changed(s)) return ERR_OK;
    Err e = read_keys(s, a, fault);
    if (!e && !first) log_line(LOG_INFO, "record_keys_changed", "keys=%d", s->keys.count);
    return e;
}

/* --- sealing --- */

/* Step by step, until all is sealed. */
static Err seal_all(Sealer *s, Arena *a, Fault *fault)
{
    bool more = true;
    while (more) {
        Err e = record_seal(s->store, s->db, a, &s->keys, clock_utc(), &more, fault);
        if (e) return e;
        if (rest_is_over(&s->rest)) break; /* the next start goes on: what is sealed by now holds */
    }
    return ERR_OK;
}

static Err look_at_sealed(Sealer *s, Arena *a)
{
    Sealed sealed;
    Err e = record_sealed(s->db, a, &sealed);
    if (e) return e;
    if (sealed.checkpoint.size != s->sealed) log_line(LOG_DEBUG, "record_sealed", "leaves=%lld", (long long)sealed.checkpoint.size);
    s->sealed = sealed.checkpoint.size;
    show_sealed(s, &sealed);
    for (int i = 0; i < s->asker_count; i++) asker_tell(s->askers[i], s->sealed);
    return ERR_OK;
}

static Err look(Sealer *s, Arena *a, Fault *fault)
{
    int64_t leaves, now = clock_ms();
    Err e = keep_keys(s, a, fault);
    if (e) return e;
    if (!s->db && (e = db_open(s->store, &s->db, fault))) return e;
    e = record_size(s->db, a, &leaves);
    if (e) return fault_set(fault, e, 0, 0, str_copy(a, db_trouble(s->db)), (Str){0});
    show_leaves(s, leaves);
    if (leaves == s->sealed && s->looked && now - s->looked < LOOK_MS) return ERR_OK;
    e = seal_all(s, a, fault);
    if (e) return e;
    s->looked = now;
    e = look_at_sealed(s, a);
    return e ? fault_set(fault, e, 0, 0, str_copy(a, db_trouble(s->db)), (Str){0}) : ERR_OK;
}

static Err look_and_tell(Sealer *s, Arena *a)
{
    Fault fault = {0};
    Err e = look(s, a, &fault);
    if (e) s->looked = 0;
    show_set_back(s, a, e);
    if (e && !fault.expected.len) fault.expected = S("the store could not be read");
    show_stopped(s, a, e ? fault_text(a, &fault) : (Str){0});
    return e;
}

/* --- the thread --- */

static void *sealer_run(void *context)
{
    Sealer *s = context;
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    bool stopped = false;
    while (rest_for(&s->rest, stopped ? AGAIN_MS : POLL_MS)) {
        stopped = look_and_tell(s, &arena) != ERR_OK;
        arena_recycle(&arena);
    }
    (void)!look_and_tell(s, &arena);
    arena_clear(&arena);
    return NULL;
}

/* --- from outside --- */

static void end_askers(Sealer *s)
{
    for (int i = 0; i < s->asker_count; i++) asker_stop(s->askers[i]);
    for (int i = 0; i < s->asker_count; i++) asker_join(s->askers[i]);
    s->asker_count = 0;
}

static void close_sealer(void *context)
{
    Sealer *s = context;
    if (s->db) db_close(s->db);
    forget_keys(s);
    rest_clear(&s->rest);
}

static Sealer *new_sealer(Arena *a, Store *store, Str key_file)
{
    Sealer *s = arena_new(a, Sealer, 1);
    *s = (Sealer){.store = store, .sealed = -1, .shown = {.leaves = -1, .sealed = -1}};
    s->key_file = str_from_c(str_c(a, key_file));
    arena_init(&s->keys_arena, ARENA_LIMIT_DEFAULT);
    rest_init(&s->rest);
    return s;
}

static Err start_askers(Arena *a, Sealer *s, const Witness *witnesses, int count, Fault *fault)
{
    ASSERT(count <= RECORD_WITNESSES_MAX);
    for (int i = 0; i < count; i++) {
        Err e = asker_start(s->store, &witnesses[i], &s->askers[i], fault);
        if (e) return e;
        s->witnesses[i] = witnesses[i];
        s->witnesses[i].verifier.name = str_copy(a, witnesses[i].verifier.name);
        s->witnesses[i].url = str_copy(a, witnesses[i].url);
        s->asker_count++;
    }
    return ERR_OK;
}

static void set_running(Sealer *s)
{
    pthread_mutex_lock(&running_mutex);
    running = s;
    pthread_mutex_unlock(&running_mutex);
}

/* A first seal before anybody can ask for a checkpoint; that it fails is told by the log and the pages, and ends nothing. */
Err sealer_start(Arena *a, Store *store, Str key_file, const Witness *witnesses, int witness_count, Sealer **ret_sealer, Fault *fault)
{
    Sealer *s = new_sealer(a, store, key_file);
    (void)!look_and_tell(s, a);
    Err e = start_askers(a, s, witnesses, witness_count, fault);
    if (!e && s->sealed >= 0)
        for (int i = 0; i < s->asker_count; i++) asker_tell(s->askers[i], s->sealed);
    if (!e && pthread_create(&s->thread, NULL, sealer_run, s) != 0)
        e = fault_set(fault, ERR_IO, 0, 0, S("no thread for sealing the record"), (Str){0});
    if (e) {
        end_askers(s);
        close_sealer(s);
        return e;
    }
    set_running(s);
    *ret_sealer = s;
    return ERR_OK;
}

void sealer_stop(Sealer *s)
{
    if (!s) return;
    set_running(NULL);
    for (int i = 0; i < s->asker_count; i++) asker_stop(s->askers[i]);
    rest_end(&s->rest);
    pthread_join(s->thread, NULL);
    end_askers(s);
    close_sealer(s);
}

/* --- what pages tell --- */

static void copy_witness(Arena *a, const Sealer *s, int i, SealState *state)
{
    AskerState of = asker_state(s->askers[i]);
    state->witnesses[i].name = str_copy(a, s->witnesses[i].verifier.name);
    state->witnesses[i].vkey = verifier_text(a, &s->witnesses[i].verifier);
    state->witnesses[i].url = str_copy(a, s->witnesses[i].url);
    state->witnesses[i].asked = of.asked;
    state->witnesses[i].answered = of.answered;
    state->witnesses[i].failures = of.failures;
    state->witnesses[i].trouble = str_copy(a, str_from_c(of.trouble));
}

static void copy_state(Arena *a, Sealer *s, SealState *state)
{
    pthread_mutex_lock(&s->rest.mutex);
    state->key_count = s->shown.key_count;
    for (int i = 0; i < state->key_count; i++) state->keys[i] = str_copy(a, str_from_c(s->shown.keys[i]));
    state->stopped = str_copy(a, str_from_c(s->shown.stopped));
    state->leaves = s->shown.leaves;
    state->sealed = s->shown.sealed;
    state->sealed_at = s->shown.sealed_at;
    pthread_mutex_unlock(&s->rest.mutex);
    state->witness_count = s->asker_count;
    for (int i = 0; i < s->asker_count; i++) copy_witness(a, s, i, state);
}

void record_seal_state(Arena *a, SealState *ret_state)
{
    *ret_state = (SealState){.leaves = -1, .sealed = -1};
    pthread_mutex_lock(&running_mutex);
    if (running) copy_state(a, running, ret_state);
    pthread_mutex_unlock(&running_mutex);
}

bool record_is_set_back(void)
{
    bool set_back = false;
    pthread_mutex_lock(&running_mutex);
    if (running) {
        pthread_mutex_lock(&running->rest.mutex);
        set_back = running->shown.set_back;
        pthread_mutex_unlock(&running->rest.mutex);
    }
    pthread_mutex_unlock(&running_mutex);
    return set_back;
}
