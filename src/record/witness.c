/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/witness.h"

#include "core/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_FILE_MOST = 4096,
    STATE_MOST = 2 * NOTE_MAX, /* a note and our line */
    SPLIT_MOST = 4 * NOTE_MAX,
    KEPT_AGAIN_S = 60, /* the same tree cosigned once more is written down once a minute: anybody may post it again and again */
};

typedef struct Log {
    Str origin, hash, file, split_file; /* in the witness's arena */
    Verifier keys[WITNESS_LOG_KEYS_MAX];
    int key_count;
    pthread_mutex_t mutex; /* for all below */
    int64_t size;
    Sha256 root;
    int64_t time;
    char *note; /* malloc; NULL: nothing cosigned yet */
    size_t note_len;
    bool split;
} Log;

struct WitnessState {
    Arena *arena;
    Signer signer;
    bool key_is_new;
    int lock, key_lock;
    Log logs[WITNESS_LOGS_MAX];
    int log_count;
};

/* ---- the key ---- */

static Err key_check(const Signer *signer, Arena *a, const WitnessOptions *options, Fault *fault)
{
    fault->file = options->key_file;
    const Verifier *v = &signer->verifier;
    if (v->kind != KEY_COSIGN)
        return fault_set(fault, ERR_INPUT, 0, 0, S("this is no witness's key (type 4), but one that signs notes"), (Str){0});
    if (!options->name.len || str_equal(v->name, options->name)) return ERR_OK;
    return fault_setf(fault, a, ERR_INPUT, "the key there is that of %.*s; another name needs another key file", STR_ARG(v->name));
}

static Err key_mode(Arena *a, Str file, Fault *fault)
{
    struct stat about;
    if (stat(str_c(a, file), &about) == 0 && (about.st_mode & 077) == 0) return ERR_OK;
    fault->file = file;
    return fault_set(fault, ERR_INPUT, 0, 0, S("a secret key that others may read or write is none (chmod 600)"), (Str){0});
}

/* A new key is on the disk before it signs anything. */
static Err key_make(Arena *a, Arena *secret, const WitnessOptions *options, Signer *ret_signer, Fault *fault)
{
    if (!options->name.len) {
        fault->file = options->key_file;
        return fault_set(fault, ERR_INPUT, 0, 0,
            S("there is no key yet; to make one, give the witness a name, such as witness.example/branch"), (Str){0});
    }
    if (!key_name_is_good(options->name))
        return fault_set(fault, ERR_INPUT, 0, 0, S("a name of 1 to 200 bytes without spaces and '+'"), fault_quote(a, options->name));
    signer_new(str_copy(a, options->name), KEY_COSIGN, ret_signer);
    Buf b = buf_new(secret);
    buf_str(&b, signer_text(secret, ret_signer));
    buf_byte(&b, '\n');
    return disk_replace(a, options->key_file, buf_done(&b), 0600, fault);
}

static Err key_open(WitnessState *w, Arena *secret, const WitnessOptions *options, Fault *fault)
{
    Str bytes, line, rest;
    Err e = disk_read(secret, options->key_file, KEY_FILE_MOST, &bytes, fault);
    if (e == ERR_MISSING) {
        *fault = (Fault){0};
        w->key_is_new = true;
        return key_make(w->arena, secret, options, &w->signer, fault);
    }
    if (!e) e = key_mode(w->arena, options->key_file, fault);
    if (e) return e;
    str_cut(bytes, '\n', &line, &rest);
    e = signer_read(w->arena, str_trim(line), &w->signer, fault);
    fault->file = options->key_file;
    return e ? e : key_check(&w->signer, w->arena, options, fault);
}

/* Two with one key and a folder each would remember different things, and cosign both. */
static Err key_hold(WitnessState *w, Str file, Fault *fault)
{
    w->key_lock = open(str_c(w->arena, file), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (w->key_lock >= 0 && flock(w->key_lock, LOCK_EX | LOCK_NB) == 0) return ERR_OK;
    bool taken = w->key_lock >= 0 && errno == EWOULDBLOCK;
    fault->file = file;
    if (taken) return fault_set(fault, ERR_CONFLICT, 0, 0, S("a key that no other witness uses"), (Str){0});
    return fault_set(fault, ERR_IO, 0, 0, str_copy(w->arena, str_from_c(strerror(errno))), (Str){0});
}

static Err key_load(WitnessState *w, const WitnessOptions *options, Fault *fault)
{
    Arena secret;
    arena_init(&secret, ARENA_LIMIT_DEFAULT);
    Err e = key_open(w, &secret, options, fault);
    arena_wipe(&secret);
    return e ? e : key_hold(w, options->key_file, fault);
}

/* ---- what is remembered ---- */

static void remember(Log *log, const Checkpoint *checkpoint, int64_t time, Str note)
{
    char *copy = malloc(note.len + 1);
    if (!copy) out_of_memory(note.len);
    memcpy(copy, note.ptr, note.len);
    free(log->note);
    log->note = copy;
    log->note_len = note.len;
    log->size = checkpoint->size;
    log->root = checkpoint->root;
    log->time = time;
}

/* By a key of that log. */
static bool signed_by_log(const Log *log, const Note *note)
{
    for (int i = 0; i < log->key_count; i++)
        if (note_check(note, &log->keys[i], NULL) == ERR_OK) return true;
    return false;
}

static Err state_refuse(const Log *log, Fault *fault)
{
    fault->file = log->file;
    return fault_set(fault, ERR_INPUT, 0, 0,
        S("this is no checkpoint of that log, signed by a key of it or of this witness. Never delete it to get on: a witness that forgot "
          "what it "
          "cosigned must take a new key and a new name"),
        (Str){0});
}

static Err state_read(const WitnessState *w, Log *log, Str bytes, Fault *fault)
{
    Note note;
    Checkpoint checkpoint;
    int64_t time = 0;
    if (note_read(w->arena, bytes, &note, fault) || checkpoint_read(note.text, &checkpoint, fault)) return state_refuse(log, fault);
    bool ours = note_check(&note, &w->signer.verifier, &time) == ERR_OK;
    if (!str_equal(checkpoint.origin, log->origin) || (!ours && !signed_by_log(log, &note))) return state_refuse(log, fault);
    remember(log, &checkpoint, time, bytes);
    return ERR_OK;
}

static Err state_load(const WitnessState *w, Log *log, Fault *fault)
{
    Str bytes;
    struct stat about;
    log->root = tree_empty();
    log->split = stat(str_c(w->arena, log->split_file), &about) == 0;
    Err e = disk_read(w->arena, log->file, STATE_MOST, &bytes, fault);
    if (e == ERR_MISSING) {
        *fault = (Fault){0};
        return ERR_OK;
    }
    return e ? e : state_read(w, log, bytes, fault);
}

/* ---- the logs it knows ---- */

static Log *log_find(WitnessState *w, Str origin)
{
    for (int i = 0; i < w->log_count; i++)
        if (str_equal(w->logs[i].origin, origin)) return &w->logs[i];
    return NULL;
}

static Log *log_by_hash(WitnessState *w, Str hash)
{
    for (int i = 0; i < w->log_count; i++)
        if (str_equal(w->logs[i].hash, hash)) return &w->logs[i];
    return NULL;
}

static Log *log_new(WitnessState *w, Str folder, Str origin)
{
    Log *log = &w->logs[w->log_count++];
    log->origin = str_copy(w->arena, origin);
    log->hash = sha256_hex(w->arena, sha256(origin));
    log->file = str_format(w->arena, "%.*s/%.*s.checkpoint", STR_ARG(folder), STR_ARG(log->hash));
    log->split_file = str_format(w->arena, "%.*s/%.*s.split", STR_ARG(folder), STR_ARG(log->hash));
    ASSERT(pthread_mutex_init(&log->mutex, NULL) == 0);
    return log;
}

static Err key_add(WitnessState *w, Str folder, const Verifier *key, Fault *fault)
{
    Log *log = log_find(w, key->name);
    if (key->kind != KEY_NOTE)
        return fault_setf(fault, w->arena, ERR_INPUT, "the key of a log (type 1); that of %.*s is of another type", STR_ARG(key->name));
    if (!log && w->log_count == WITNESS_LOGS_MAX) return fault_setf(fault, w->arena, ERR_LIMIT, "at most %d logs", WITNESS_LOGS_MAX);
    if (!log) log = log_new(w, folder, key->name);
    for (int i = 0; i < log->key_count; i++)
        if (verifier_equal(&log->keys[i], key)) return ERR_OK;
    if (log->key_count == WITNESS_LOG_KEYS_MAX)
        return fault_setf(fault, w->arena, ERR_LIMIT, "at most %d keys of one log", WITNESS_LOG_KEYS_MAX);
    Verifier *kept = &log->keys[log->key_count++];
    *kept = *key;
    kept->name = log->origin;
    return ERR_OK;
}

static Err logs_open(WitnessState *w, const WitnessOptions *options, Fault *fault)
{
    for (int i = 0; i < options->log_count; i++) {
        Err e = key_add(w, options->folder, &options->logs[i], fault);
        if (e) return e;
    }
    for (int i = 0; i < w->log_count; i++) {
        Err e = state_load(w, &w->logs[i], fault);
        if (e) return e;
    }
    return ERR_OK;
}

/* ---- life ---- */

/* A new folder is on the disk before anything in it is: a loss of power must not take what was cosigned, and leave a key that is kept elsewhere. */
static bool folder_make(const char *path, const char *parent)
{
    if (mkdir(path, 0700) != 0) return errno == EEXIST;
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    return synced;
}

static Err folder_open(WitnessState *w, Str folder, Fault *fault)
{
    if (!folder_make(str_c(w->arena, folder), str_c(w->arena, str_format(w->arena, "%.*s/..", STR_ARG(folder))))) {
        fault->file = folder;
        return fault_set(fault, ERR_IO, 0, 0, str_copy(w->arena, str_from_c(strerror(errno))), (Str){0});
    }
    return disk_lock(w->arena, str_format(w->arena, "%.*s/x", STR_ARG(folder)), 0, &w->lock, fault);
}

Err witness_open(Arena *a, const WitnessOptions *options, WitnessState **ret_witness, Fault *fault)
{
    WitnessState *w = calloc(1, sizeof *w);
    if (!w) out_of_memory(sizeof *w);
    w->arena = a;
    w->lock = w->key_lock = -1;
    Err e = folder_open(w, options->folder, fault);
    if (!e) e = key_load(w, options, fault);
    if (!e) e = logs_open(w, options, fault);
    if (e) witness_close(w);
    else *ret_witness = w;
    return e;
}

void witness_close(WitnessState *witness)
{
    if (!witness) return;
    for (int i = 0; i < witness->log_count; i++) {
        pthread_mutex_destroy(&witness->logs[i].mutex);
        free(witness->logs[i].note);
    }
    signer_wipe(&witness->signer);
    disk_unlock(&witness->key_lock);
    disk_unlock(&witness->lock);
    free(witness);
}

Str witness_vkey(const WitnessState *witness, Arena *a)
{
    return verifier_text(a, &witness->signer.verifier);
}

bool witness_key_is_new(const WitnessState *witness)
{
    return witness->key_is_new;
}

/* ---- answers ---- */

static Err answer(WitnessAnswer *ret, int status, Str words)
{
    *ret = (WitnessAnswer){.status = status, .type = S("text/plain; charset=utf-8"), .body = words, .split = ret->split};
    return ERR_OK;
}

/* "The response body MUST consist of the tree size of the latest cosigned checkpoint in decimal, followed by a newline." */
static Err answer_size(WitnessAnswer *ret, Arena *a, int64_t size)
{
    *ret = (WitnessAnswer){
        .status = 409, .type = S("text/x.tlog.size"), .body = str_format(a, "%lld\n", (long long)size), .split = ret->split};
    return ERR_OK;
}

static Err answer_form(WitnessAnswer *ret, Arena *a, const Fault *fault)
{
    return answer(ret, 400, str_format(a, "%.*s\n", STR_ARG(fault_text(a, fault))));
}

/* ---- cosigning ---- */

/* The key's first line: a note may bear the same one as often as there is room for, and what is kept must stay a note that can be read. */
static Str line_of(const Note *note, const Verifier *key)
{
    for (int i = 0; i < note->signature_count; i++)
        if (note->signatures[i].id == key->id && str_equal(note->signatures[i].name, key->name)) return note->signatures[i].line;
    return (Str){0};
}

/* The note with a line of each key of its log that signed it, and ours. */
static Str cosigned(Arena *a, const Log *log, const Note *note, Str line)
{
    Buf b = buf_new(a);
    buf_str(&b, note->text);
    buf_byte(&b, '\n');
    for (int k = 0; k < log->key_count; k++)
        if (note_check(note, &log->keys[k], NULL) == ERR_OK) buf_str(&b, line_of(note, &log->keys[k]));
    buf_str(&b, line);
    return buf_done(&b);
}

/* It is written down before anybody hears of it. */
static Err cosign(
    WitnessState *w, Log *log, Arena *a, const Note *note, const Checkpoint *checkpoint, int64_t time, WitnessAnswer *ret, Fault *fault)
{
    Str line = note_sign(a, &w->signer, note->text, time);
    Str whole = cosigned(a, log, note, line);
    Note *again = arena_new(a, Note, 1);
    Fault form = {0};
    if (note_read(a, whole, again, &form))
        return answer_form(ret, a, &form); /* what could not be read at the next start is not remembered: no room for our line */
    bool same = log->note && checkpoint->size == log->size;
    if (!same || time >= log->time + KEPT_AGAIN_S) {
        Err e = disk_replace(a, log->file, whole, 0644, fault);
        if (e) return e;
        remember(log, checkpoint, time, whole);
    }
    return answer(ret, 200, line);
}

/* Two trees of one size, both signed: whoever has the log's key shows different things to different people. One such pair is proof enough. */
static void catch_split(Log *log, Arena *a, const AddCheckpoint *request, const Checkpoint *checkpoint, WitnessAnswer *ret)
{
    Fault fault = {0};
    if (!log->note || checkpoint->size != log->size || hash_equal(&checkpoint->root, &log->root)) return;
    ret->split = true;
    if (log->split) return;
    Buf b = buf_new(a);
    buf_str(&b, (Str){log->note, log->note_len});
    buf_byte(&b, '\n');
    buf_str(&b, request->checkpoint);
    log->split = disk_replace(a, log->split_file, buf_done(&b), 0644, &fault) == ERR_OK;
}

/* With the log's mutex held. The order is that of the specification. */
static Err judge(WitnessState *w, Log *log, Arena *a, const AddCheckpoint *request, const Note *note, const Checkpoint *checkpoint,
    int64_t time, WitnessAnswer *ret, Fault *fault)
{
    catch_split(log, a, request, checkpoint, ret); /* whatever else is wrong with the request */
    if (request->old_size > checkpoint->size) return answer(ret, 400, S("the old size is larger than the checkpoint's\n"));
    if (request->old_size != log->size) return answer_size(ret, a, log->size);
    if (checkpoint->size == log->size && !hash_equal(&checkpoint->root, &log->root)) return answer_size(ret, a, log->size);
    if (tree_verify_consistency(&request->proof, log->size, &log->root, checkpoint->size, &checkpoint->root))
        return answer(ret, 422, S("the proof does not show that this checkpoint only adds to the one cosigned last\n"));
    return cosign(w, log, a, note, checkpoint, time, ret, fault);
}

Err witness_add(WitnessState *witness, Arena *a, Str body, int64_t time, WitnessAnswer *ret_answer, Fault *fault)
{
    AddCheckpoint request;
    Note note;
    Checkpoint checkpoint;
    Fault form = {0};
    *ret_answer = (WitnessAnswer){0};
    if (add_checkpoint_read(a, body, &request, &form) || note_read(a, request.checkpoint, &note, &form) ||
        checkpoint_read(note.text, &checkpoint, &form))
        return answer_form(ret_answer, a, &form);
    Log *log = log_find(witness, checkpoint.origin);
    if (!log) return answer(ret_answer, 404, S("this witness does not know that log\n"));
    if (!signed_by_log(log, &note)) return answer(ret_answer, 403, S("no key that this witness knows of that log has signed this\n"));
    pthread_mutex_lock(&log->mutex);
    Err e = judge(witness, log, a, &request, &note, &checkpoint, time, ret_answer, fault);
    pthread_mutex_unlock(&log->mutex);
    return e;
}

/* ---- what others may know of it ---- */

Err witness_known(WitnessState *witness, Str origin, int64_t *ret_size, Sha256 *ret_root)
{
    Log *log = log_find(witness, origin);
    if (!log) return ERR_MISSING;
    pthread_mutex_lock(&log->mutex);
    *ret_size = log->size;
    *ret_root = log->root;
    pthread_mutex_unlock(&log->mutex);
    return ERR_OK;
}

Err witness_checkpoint(WitnessState *witness, Arena *a, Str hash, Str *ret_note)
{
    Log *log = log_by_hash(witness, hash);
    if (!log) return ERR_MISSING;
    pthread_mutex_lock(&log->mutex);
    bool there = log->note != NULL;
    if (there) *ret_note = str_copy(a, (Str){log->note, log->note_len});
    pthread_mutex_unlock(&log->mutex);
    return there ? ERR_OK : ERR_MISSING;
}

Err witness_split(WitnessState *witness, Arena *a, Str hash, Str *ret_notes)
{
    Fault fault = {0};
    const Log *log = log_by_hash(witness, hash);
    return log ? disk_read(a, log->split_file, SPLIT_MOST, ret_notes, &fault) : ERR_MISSING;
}

void witness_list(WitnessState *witness, Arena *a, View *array)
{
    for (int i = 0; i < witness->log_count; i++) {
        Log *log = &witness->logs[i];
        View *o = view_add_object(array);
        view_put_str(o, S("origin"), log->origin);
        view_put_str(o, S("hash"), log->hash);
        pthread_mutex_lock(&log->mutex);
        view_put_i64(o, S("size"), log->size);
        view_put_str(o, S("root"), base64(a, (Str){(const char *)log->root.bytes, sizeof log->root.bytes}));
        view_put_i64(o, S("time"), log->time);
        view_put_bool(o, S("split"), log->split);
        pthread_mutex_unlock(&log->mutex);
        View *keys = view_put_array(o, S("vkeys"));
        for (int k = 0; k < log->key_count; k++) view_add_str(keys, verifier_text(a, &log->keys[k]));
    }
}
