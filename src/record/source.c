/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/source_own.h"

#include "core/disk.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

RecordSource *source_new(Arena *a, const SourceOps *ops, Str name, Str place)
{
    RecordSource *source = arena_new(a, RecordSource, 1);
    *source = (RecordSource){.ops = ops, .name = str_copy(a, name), .place = str_copy(a, place)};
    return source;
}

/* ---- folders ---- */

Err source_folder_read(Arena *a, Str folder, Str path, size_t most, Str *ret_bytes, Fault *fault)
{
    return disk_read(a, str_format(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path)), most, ret_bytes, fault);
}

NODISCARD static Err folder_checkpoint(RecordSource *source, Arena *a, Str *ret_note, Fault *fault)
{
    return source_folder_read(a, source->place, S("checkpoint"), NOTE_MAX, ret_note, fault);
}

NODISCARD static Err folder_keys(RecordSource *source, Arena *a, Str *ret_text, Fault *fault)
{
    return source_folder_read(a, source->place, S("keys"), SOURCE_KEYS_MAX, ret_text, fault);
}

NODISCARD static Err folder_tile(RecordSource *source, Arena *a, int level, int64_t index, int width, Str *ret_bytes, Fault *fault)
{
    return source_folder_read(a, source->place, tile_path(a, level, index, width), source_tile_most(level), ret_bytes, fault);
}

NODISCARD static Err folder_file(RecordSource *source, Arena *a, const Sha256 *digest, int64_t size, Str *ret_bytes, Fault *fault)
{
    Str path = str_format(a, "side/%.*s", STR_ARG(sha256_hex(a, *digest)));
    Err e = source_folder_read(a, source->place, path, (size_t)size, ret_bytes, fault);
    if (e != ERR_MISSING) return e;
    Str gone, file = str_format(a, "%.*s.gone", STR_ARG(path));
    Fault none = {0};
    if (source_folder_read(a, source->place, file, NOTE_MAX, &gone, &none) == ERR_OK) fault->found = S("taken away");
    return e;
}

static void folder_close(RecordSource *source)
{
    (void)source;
}

static const SourceOps folder_ops = {
    .checkpoint = folder_checkpoint,
    .keys = folder_keys,
    .tile = folder_tile,
    .file = folder_file,
    .close = folder_close,
};

/* ---- which kind it is ---- */

static Str without_slashes(Str s)
{
    while (s.len > 1 && str_ends(s, S("/"))) s.len--;
    return s;
}

static bool is_sqlite_file(const char *path)
{
    static const char magic[16] = "SQLite format 3";
    char start[sizeof magic] = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;
    ssize_t n = read(file, start, sizeof start);
    close(file);
    return n == (ssize_t)sizeof start && memcmp(start, magic, sizeof magic) == 0;
}

NODISCARD static Err open_path(Arena *a, Str where, RecordSource **ret_source, Fault *fault)
{
    struct stat about;
    const char *path = str_c(a, where);
    fault->file = where;
    if (!where.len || stat(path, &about) != 0)
        return fault_set(fault, ERR_MISSING, 0, 0, S("an address (https://...), a folder with a record, or a store"), S("nothing there"));
    if (S_ISDIR(about.st_mode)) {
        *ret_source = source_new(a, &folder_ops, where, without_slashes(where));
        return ERR_OK;
    }
    if (S_ISREG(about.st_mode) && is_sqlite_file(path)) return source_open_store(a, where, ret_source, fault);
    return fault_set(fault, ERR_INPUT, 0, 0, S("an address (https://...), a folder with a record, or a store"), S("a file that is none"));
}

/* "ftp://example.org", "ftp:/x" is a path. */
static bool is_address(Str where)
{
    Str scheme, rest;
    return str_cut(where, ':', &scheme, &rest) && str_starts(rest, S("//")) && scheme.len && str_find(scheme, '/') == scheme.len;
}

Err source_open(Arena *a, Str where, RecordSource **ret_source, Fault *fault)
{
    if (str_starts(where, S("https://")) || str_starts(where, S("http://")))
        return source_open_site(a, without_slashes(where), ret_source, fault);
    bool store = str_starts(where, S("sqlite:")) || str_starts(where, S("postgres:")) || str_starts(where, S("postgresql:"));
    if (store) return source_open_store(a, where, ret_source, fault);
    if (!is_address(where)) return open_path(a, where, ret_source, fault);
    return fault_set(
        fault, ERR_INPUT, 0, 0, S("an address that begins with https:// or http://: no others are read"), fault_quote(a, where));
}

void source_close(RecordSource *source)
{
    if (source) source->ops->close(source);
}

bool source_is_site(const RecordSource *source)
{
    return source->is_site;
}

Str source_name(const RecordSource *source)
{
    return source->name;
}

Db *source_db(const RecordSource *source)
{
    return source->db;
}

void source_files_at(RecordSource *source, SourceFileAt *at)
{
    source->file_at = at;
}

void source_key_file(RecordSource *source, Str file)
{
    source->key_file = file;
}

/* ---- reading ---- */

Err source_checkpoint(RecordSource *source, Arena *a, Str *ret_note, Fault *fault)
{
    return source->ops->checkpoint(source, a, ret_note, fault);
}

Err source_keys(RecordSource *source, Arena *a, Str *ret_text, Fault *fault)
{
    return source->ops->keys(source, a, ret_text, fault);
}

/* The first `width` entries of a bundle; false when it has not so many. */
static bool bundle_cut(Str bundle, int width, Str *ret_bytes)
{
    Str rest = bundle, entry;
    for (int i = 0; i < width; i++)
        if (!bundle_next(&rest, &entry)) return false;
    *ret_bytes = str_slice(bundle, 0, bundle.len - rest.len);
    return true;
}

Err source_tile(RecordSource *source, Arena *a, int level, int64_t index, int width, Str *ret_bytes, Fault *fault)
{
    Err e = source->ops->tile(source, a, level, index, width, ret_bytes, fault);
    if (e != ERR_MISSING || width == TILE_WIDTH) return e;
    Str full;
    Fault none = {0};
    if (source->ops->tile(source, a, level, index, TILE_WIDTH, &full, &none)) return e;
    size_t bytes = (size_t)width * SHA256_BYTES;
    if (level >= 0 && full.len >= bytes) *ret_bytes = str_slice(full, 0, bytes);
    else if (level >= 0 || !bundle_cut(full, width, ret_bytes)) return e;
    return ERR_OK;
}

void source_ahead(RecordSource *source, int64_t size)
{
    if (source->ops->ahead) source->ops->ahead(source, size);
}

Err source_file(RecordSource *source, Arena *a, const Sha256 *digest, int64_t size, Str *ret_bytes, Fault *fault)
{
    if (size > SOURCE_FILE_MAX) return fault_set(fault, ERR_LIMIT, 0, 0, S("a side file of at most 256 MiB"), S("one said to be larger"));
    return source->ops->file(source, a, digest, size, ret_bytes, fault);
}

/* ---- as tree.h reads ---- */

NODISCARD static Err read_hashes(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    const SourceReader *reader = context;
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    int64_t tile = index / TILE_WIDTH, behind = tile_hashes(level, reader->size) - tile * TILE_WIDTH;
    int width = behind < TILE_WIDTH ? (int)behind : TILE_WIDTH;
    size_t from = (size_t)(index % TILE_WIDTH) * SHA256_BYTES, len = (size_t)count * SHA256_BYTES;
    Str bytes = {0};
    Err e = source_tile(reader->source, &arena, level, tile, width, &bytes, reader->fault);
    if (!e && bytes.len < from + len) e = fault_set(reader->fault, ERR_MISSING, 0, 0, S("a whole tile"), S("one cut short"));
    if (!e) memcpy(ret_hashes, bytes.ptr + from, len);
    if (e) *reader->fault = (Fault){.err = e};
    arena_clear(&arena);
    return e;
}

TreeHashes source_hashes(SourceReader *reader)
{
    return (TreeHashes){.read = read_hashes, .context = reader};
}
