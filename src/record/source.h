/* source.h: a record to be read from outside: a site's address, a folder with a copy, or a store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: whoever verifies must be able to do it from what is public, from a copy kept years ago, and (the operator) from the store itself, by the same steps.
 * A folder holds what the site serves under /record/: checkpoint, keys, tile/..., side/HEX; side/HEX.gone stands for a file that the site no longer had.
 * A store is opened as it is: nothing is migrated and nothing written, and all is read as of one moment.
 * Memory: what is read lives in the arena given; of a site some tiles are read ahead, a number of them that does not grow with the record.
 * Threads: a source is in one thread's hands.
 * Errors: ERR_MISSING: there is no such part; ERR_IO: not reachable (for a site: after retries); ERR_LIMIT: larger than such a part may be. Whether what was
 *       read is right is not looked at here (verify.h).
 */
#ifndef HUSTINGS_RECORD_SOURCE_H
#define HUSTINGS_RECORD_SOURCE_H

#include "db/db.h"
#include "record/note.h"

typedef struct RecordSource RecordSource;

/* `where`: "https://example.org" or ".../record" (a site), a folder, or a store (a SQLite file, "sqlite:PATH", "postgres://...").
 * ERR_INPUT: it is none of these. */
NODISCARD Err source_open(Arena *a, Str where, RecordSource **ret_source, Fault *fault);
void source_close(RecordSource *source); /* safe on NULL */
bool source_is_site(const RecordSource *source);
Str source_name(const RecordSource *source); /* for people; without passwords */
Db *source_db(const RecordSource *source);   /* of a store, within a snapshot; else NULL */
/* Of a store: how a file is read that other rooms keep, at a path of the site. ERR_MISSING: there is none. Without it such files cannot be read. */
typedef Err SourceFileAt(Db *db, Arena *a, Str path, Str *ret_bytes);
void source_files_at(RecordSource *source, SourceFileAt *at);
/* Of a store: the file with the keys that sign (seal.h), so that source_keys can say which they are; of a SQLite file PATH.record-key is taken without this. */
void source_key_file(RecordSource *source, Str file);

NODISCARD Err source_checkpoint(RecordSource *source, Arena *a, Str *ret_note, Fault *fault);
/* The keys that it says are its own: vkeys, one a line. */
NODISCARD Err source_keys(RecordSource *source, Arena *a, Str *ret_text, Fault *fault);
/* A tile or (level -1) bundle of this width; cut from the full one where the partial one is no longer kept. From a site the next ones are fetched
 * meanwhile, up to the size that source_ahead named. */
NODISCARD Err source_tile(RecordSource *source, Arena *a, int level, int64_t index, int width, Str *ret_bytes, Fault *fault);
/* What is asked for next are the bundles and tiles of `size` leaves in their order. */
void source_ahead(RecordSource *source, int64_t size);
/* A side file of `size` bytes. ERR_MISSING with fault->found "taken away": it was there once. */
NODISCARD Err source_file(RecordSource *source, Arena *a, const Sha256 *digest, int64_t size, Str *ret_bytes, Fault *fault);

/* Hashes as tree.h reads them, from the tiles of a record of `size` leaves. `reader` must stay. */
typedef struct SourceReader {
    RecordSource *source;
    int64_t size;
    Fault *fault; /* of what could not be read */
} SourceReader;
TreeHashes source_hashes(SourceReader *reader);

#endif
