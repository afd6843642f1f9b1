/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A copy is a verification that keeps what it reads: a source stands between which takes from the folder what is there, and from the other what is not, and
 * writes that down. So what an earlier run left is checked with the rest. When it does not come to a good end, tiles that no checkpoint of the folder
 * covers are taken away again, and the folder is as it was.
 */
#include "record/source_own.h"
#include "record/verify.h"

#include "core/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0755, FILE_MODE = 0644 };

typedef struct Copying {
    RecordSource *from;
    Str folder;
    Str note, keys;                     /* read once: the record may grow meanwhile */
    int64_t tiles[TILE_LEVELS_MAX + 1]; /* of bundles, then of each level: behind the last that was there to be had */
    Fault *fault;
} Copying;

NODISCARD static Err no_file(Arena *a, Str path, Fault *fault)
{
    fault->file = str_copy(a, path);
    return fault_set(fault, ERR_IO, 0, 0, str_copy(a, str_from_c(strerror(errno))), (Str){0});
}

/* The folders on the way to a file. */
static void make_folders(char *path)
{
    for (char *p = path + 1; *p; p++) {
        if (*p != '/') continue;
        *p = 0;
        mkdir(path, FOLDER_MODE);
        *p = '/';
    }
}

static bool write_all(int file, Str bytes)
{
    while (bytes.len) {
        ssize_t n = write(file, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = str_slice(bytes, (size_t)n, bytes.len);
    }
    return true;
}

/* Whole or not at all; synced together with all the rest before the checkpoint is written. */
NODISCARD static Err put(Arena *a, Str folder, Str path, Str bytes, Fault *fault)
{
    Str whole = str_format(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path)), new = str_format(a, "%.*s.new", STR_ARG(whole));
    char *name = arena_new(a, char, new.len + 1);
    memcpy(name, new.ptr, new.len);
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (file < 0 && errno == ENOENT) {
        make_folders(name);
        file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    }
    if (file < 0) return no_file(a, whole, fault);
    bool good = write_all(file, bytes);
    good = close(file) == 0 && good;
    if (!good || rename(name, str_c(a, whole)) != 0) return no_file(a, whole, fault);
    return ERR_OK;
}

/* ---- the source between ---- */

NODISCARD static Err copying_checkpoint(RecordSource *source, Arena *a, Str *ret_note, Fault *fault)
{
    const Copying *c = source->context;
    (void)fault;
    *ret_note = str_copy(a, c->note);
    return ERR_OK;
}

NODISCARD static Err copying_keys(RecordSource *source, Arena *a, Str *ret_text, Fault *fault)
{
    const Copying *c = source->context;
    if (!c->keys.ptr) return fault_set(fault, ERR_MISSING, 0, 0, S("keys"), (Str){0});
    *ret_text = str_copy(a, c->keys);
    return ERR_OK;
}

/* From the folder, or else from the other and into the folder. What the folder cannot give for another reason is as if it were not there. */
NODISCARD static Err copying_tile(RecordSource *source, Arena *a, int level, int64_t index, int width, Str *ret_bytes, Fault *fault)
{
    Copying *c = source->context;
    Str path = tile_path(a, level, index, width);
    Fault none = {0};
    bool here = source_folder_read(a, c->folder, path, source_tile_most(level), ret_bytes, &none) == ERR_OK;
    Err e = here ? ERR_OK : source_tile(c->from, a, level, index, width, ret_bytes, fault);
    if (e) return e;
    if (c->tiles[level + 1] <= index) c->tiles[level + 1] = index + 1;
    return here ? ERR_OK : put(a, c->folder, path, *ret_bytes, fault);
}

NODISCARD static Err copying_file(RecordSource *source, Arena *a, const Sha256 *digest, int64_t size, Str *ret_bytes, Fault *fault)
{
    const Copying *c = source->context;
    Str path = str_format(a, "side/%.*s", STR_ARG(sha256_hex(a, *digest)));
    Fault none = {0};
    if (source_folder_read(a, c->folder, path, (size_t)size, ret_bytes, &none) == ERR_OK) {
        Sha256 kept = sha256(*ret_bytes);
        if (hash_equal(&kept, digest)) return ERR_OK; /* else cut short when the power went, or changed since: it is fetched again */
    }
    Err e = source_file(c->from, a, digest, size, ret_bytes, fault);
    if (!e) {
        Sha256 here = sha256(*ret_bytes);
        return hash_equal(&here, digest) ? put(a, c->folder, path, *ret_bytes, fault) : ERR_OK;
    }
    if (e != ERR_MISSING || !str_equal(fault->found, S("taken away"))) return e;
    return put(a, c->folder, str_format(a, "%.*s.gone", STR_ARG(path)), S("taken away\n"), &none) ? none.err : e;
}

static void copying_ahead(RecordSource *source, int64_t size)
{
    const Copying *c = source->context;
    source_ahead(c->from, size);
}

static void copying_close(RecordSource *source)
{
    (void)source;
}

static const SourceOps copying_ops = {
    .checkpoint = copying_checkpoint,
    .keys = copying_keys,
    .tile = copying_tile,
    .file = copying_file,
    .ahead = copying_ahead,
    .close = copying_close,
};

/* ---- before ---- */

NODISCARD static Err read_note(Arena *a, Str text, Checkpoint *ret_checkpoint, Fault *fault)
{
    Note *note = arena_new(a, Note, 1);
    Err e = note_read(a, text, note, fault);
    return e ? e : checkpoint_read(note->text, ret_checkpoint, fault);
}

/* Does the record extend what the folder has? Its tiles must prove it. */
NODISCARD static Err check_extension(Arena *a, Copying *c, const Checkpoint *old, const Checkpoint *new)
{
    SourceReader reader = {.source = c->from, .size = new->size, .fault = c->fault};
    TreeHashes hashes = source_hashes(&reader);
    TreeProof proof;
    if (!str_equal(old->origin, new->origin))
        return fault_setf(c->fault, a, ERR_CONFLICT, "the record of %.*s, of which this folder is a copy", STR_ARG(old->origin));
    if (new->size < old->size)
        return fault_setf(c->fault, a, ERR_CONFLICT, "a record of at least the %lld leaves that the copy has; it has %lld",
            (long long)old->size, (long long)new->size);
    Err e = tree_prove_consistency(&hashes, old->size, new->size, &proof);
    if (e == ERR_IO) return fault_set(c->fault, e, 0, 0, S("to read the tiles of the record"), (Str){0});
    if (!e && tree_verify_consistency(&proof, old->size, &old->root, new->size, &new->root) == ERR_OK) return ERR_OK;
    return fault_setf(c->fault, a, ERR_CONFLICT,
        "a record that extends the %lld leaves of the copy; this one does not: 'hustings record verify ... --against FOLDER' tells where "
        "they differ",
        (long long)old->size);
}

/* *ret_old: the folder's own checkpoint, empty when it has none; its size, 0 then. */
NODISCARD static Err begin(Arena *a, Copying *c, Str *ret_old, Checkpoint *ret_checkpoint)
{
    Fault none = {0};
    Checkpoint new;
    *ret_old = (Str){0};
    *ret_checkpoint = (Checkpoint){0};
    Err e = source_checkpoint(c->from, a, &c->note, c->fault);
    if (!e) e = read_note(a, c->note, &new, c->fault);
    if (e) return e;
    if (source_keys(c->from, a, &c->keys, &none)) c->keys = (Str){0};
    if (none.err == ERR_IO) {
        *c->fault = none;
        return ERR_IO;
    }
    e = source_folder_read(a, c->folder, S("checkpoint"), NOTE_MAX, ret_old, &none);
    if (e == ERR_MISSING) return ERR_OK;
    if (!e) e = read_note(a, *ret_old, ret_checkpoint, c->fault);
    return e ? e : check_extension(a, c, ret_checkpoint, &new);
}

/* ---- after ---- */

static void take_away(Arena *a, Str folder, int level, int64_t index, int width)
{
    Str path = tile_path(a, level, index, width);
    unlink(str_c(a, str_format(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path))));
}

/* What lies behind the folder's own checkpoint of `old` leaves, of a record of `new`. Only as far as tiles were to be had: a checkpoint may say
 * that there are more leaves than anybody could look for. */
static void undo(const Copying *c, int64_t old, int64_t new)
{
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    for (int level = -1; level < TILE_LEVELS_MAX; level++) {
        int64_t before = tile_hashes(level < 0 ? 0 : level, old), now = tile_hashes(level < 0 ? 0 : level, new);
        for (int64_t index = before / TILE_WIDTH; index < c->tiles[level + 1]; index++) {
            int width = now - index * TILE_WIDTH < TILE_WIDTH ? (int)(now - index * TILE_WIDTH) : TILE_WIDTH;
            bool whole_before = (index + 1) * TILE_WIDTH <= before, same_before = old == new;
            if (!whole_before && !same_before) take_away(&arena, c->folder, level, index, width);
            arena_recycle(&arena);
        }
    }
    arena_clear(&arena);
}

NODISCARD static Err sync_all(Arena *a, Str folder, Fault *fault)
{
    int file = open(str_c(a, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return no_file(a, folder, fault);
    int failed = syncfs(file);
    close(file);
    return failed ? no_file(a, folder, fault) : ERR_OK;
}

NODISCARD static Err end(Arena *a, const Copying *c, Fault *fault)
{
    Err e = sync_all(a, c->folder, fault);
    if (!e && c->keys.len) e = disk_replace(a, str_format(a, "%.*s/keys", STR_ARG(c->folder)), c->keys, FILE_MODE, fault);
    if (!e) e = disk_replace(a, str_format(a, "%.*s/checkpoint", STR_ARG(c->folder)), c->note, FILE_MODE, fault);
    return e;
}

NODISCARD static Err verified(Arena *a, Copying *c, const VerifyOptions *options, Str old, VerifyReport *ret_report)
{
    VerifyOptions with = *options;
    Earlier *earlier = arena_new(a, Earlier, (size_t)options->earlier_count + 1);
    for (int i = 0; i < options->earlier_count; i++) earlier[i] = options->earlier[i];
    if (old.len) earlier[with.earlier_count++] = (Earlier){.name = S("the copy's own"), .note = old};
    with.earlier = earlier;
    RecordSource *between = source_new(a, &copying_ops, source_name(c->from), c->folder);
    between->context = c;
    return record_verify(a, between, &with, ret_report, c->fault);
}

static bool make_folder(Arena *a, Str folder)
{
    return mkdir(str_c(a, folder), FOLDER_MODE) == 0 || errno == EEXIST;
}

Err record_copy(Arena *a, RecordSource *source, Str folder, const VerifyOptions *options, VerifyReport *ret_report, Fault *fault)
{
    Copying c = {.from = source, .folder = folder, .fault = fault};
    Str old;
    Checkpoint before;
    if (!make_folder(a, folder)) return no_file(a, folder, fault);
    AUTO(disk_unlock) int lock = -1;
    Err e = disk_lock(a, str_format(a, "%.*s/checkpoint", STR_ARG(folder)), 0, &lock, fault);
    if (!e) e = begin(a, &c, &old, &before);
    if (!e) e = verified(a, &c, options, old, ret_report);
    if (e) return e;
    if (ret_report->right) return end(a, &c, fault);
    if (ret_report->checkpoint.size > 0) undo(&c, before.size, ret_report->checkpoint.size);
    return ERR_OK;
}
