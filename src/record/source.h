/* source.h: a record to be read from outside: a site's address, a folder with a copy, or a store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: whoever verifies must be able to do it from what is public, from a copy kept years ago, and (the operator) from the store itself, by the same steps.
 * A folder holds what the site serves under /record/: checkpoint, keys, tile/..., side/HEX.
 * Memory: what is read lives in the arena given; nothing is kept, so memory does not grow with the record.
 * Errors: ERR_MISSING: there is no such part; ERR_IO: not reachable (for a site: after retries); ERR_LIMIT: larger than such a part may be.
 */
#ifndef HUSTINGS_RECORD_SOURCE_H
#define HUSTINGS_RECORD_SOURCE_H

#include "db/db.h"
#include "record/note.h"

typedef struct RecordSource RecordSource;

/* `where`: "https://example.org" or ".../record" (a site), a folder, or a store (a SQLite file, "sqlite:PATH", "postgres://..."). */
NODISCARD Err source_open(Arena *a, Str where, RecordSource **ret_source, Fault *fault);
void source_close(RecordSource *source);
Str source_name(const RecordSource *source); /* for people */
Db *source_db(const RecordSource *source);   /* of a store; else NULL */

NODISCARD Err source_checkpoint(RecordSource *source, Arena *a, Str *ret_note, Fault *fault);
/* The keys that it says are its own: vkeys, one a line. */
NODISCARD Err source_keys(RecordSource *source, Arena *a, Str *ret_text, Fault *fault);
/* A tile or (level -1) bundle. From a site the next ones are fetched meanwhile. */
NODISCARD Err source_tile(RecordSource *source, Arena *a, int level, int64_t index, int width, Str *ret_bytes, Fault *fault);
/* A side file. ERR_MISSING with fault->found "taken away": it was there once. */
NODISCARD Err source_file(RecordSource *source, Arena *a, const Sha256 *digest, Str *ret_bytes, Fault *fault);

#endif
