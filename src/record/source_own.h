/* source_own.h: what the kinds of sources share. Private to source*.c and copy.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * source.c        which kind it is, folders
 * source_site.c   over HTTP, the next tiles fetched by a thread of its own
 * source_store.c  a store's rows as tiles
 */
#ifndef HUSTINGS_RECORD_SOURCE_OWN_H
#define HUSTINGS_RECORD_SOURCE_OWN_H

#include "record/source.h"

enum {
    SOURCE_TILE_MAX = TILE_WIDTH * SHA256_BYTES,
    SOURCE_BUNDLE_MAX = TILE_WIDTH * (2 + BUNDLE_ENTRY_MAX),
    SOURCE_KEYS_MAX = 64 * 1024,
    SOURCE_FILE_MAX = 256 * 1024 * 1024
};

typedef struct SourceOps {
    Err (*checkpoint)(RecordSource *source, Arena *a, Str *ret_note, Fault *fault);
    Err (*keys)(RecordSource *source, Arena *a, Str *ret_text, Fault *fault);
    Err (*tile)(RecordSource *source, Arena *a, int level, int64_t index, int width, Str *ret_bytes,
        Fault *fault); /* exactly this width, or ERR_MISSING */
    Err (*file)(RecordSource *source, Arena *a, const Sha256 *digest, int64_t size, Str *ret_bytes, Fault *fault);
    void (*ahead)(RecordSource *source, int64_t size); /* or NULL */
    void (*close)(RecordSource *source);
} SourceOps;

struct RecordSource {
    const SourceOps *ops;
    Str name;
    Str place;     /* a folder, or the prefix of a site's addresses, without the last '/' */
    void *context; /* of the kind */
    bool is_site;
    Store *store; /* of a store, else NULL */
    Db *db;
    SourceFileAt *file_at; /* or NULL */
    Str key_file;
};

RecordSource *source_new(Arena *a, const SourceOps *ops, Str name, Str place);
NODISCARD Err source_open_site(Arena *a, Str where, RecordSource **ret_source, Fault *fault);
NODISCARD Err source_open_store(Arena *a, Str where, RecordSource **ret_source, Fault *fault);

/* A file below a folder. */
NODISCARD Err source_folder_read(Arena *a, Str folder, Str path, size_t most, Str *ret_bytes, Fault *fault);

/* The most that a tile or bundle may have. */
static inline size_t source_tile_most(int level)
{
    return level < 0 ? SOURCE_BUNDLE_MAX : SOURCE_TILE_MAX;
}

#endif
