/* contest.h: published contests: their rules, papers or stage totals, sources, and what was counted from them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a result that anybody can check is one whose papers, rules and sources stand beside it. Publishing takes a folder, counts it, and stores the files
 *      as they are together with the views that the pages show; taking out leaves nothing but the announcement that it was taken out.
 * Life: publication_read (a folder; counts) -> contest_publish (a command) -> contest_by_slug and the other queries -> contest_unpublish.
 * Errors: ERR_INPUT with file and line for a folder that cannot be published; ERR_CONFLICT when the address is taken (publish again with `replace`).
 *
 * A folder holds contest.conf (INI; docs/publishing.md) and the files it names:
 *     [contest]  slug, title, date (ISO), place, rules (a preset or a file), note, seats, seed, roll, issued, withdrawn
 *     [papers]   SECTION = FILE    or papers = FILE
 *     [stages]   file = FILE       instead of papers: stage totals as CSV (stage, section, candidate, votes), when no papers were ever published
 *     [compare]  names of presets or rules files, one a line: the same papers under other rules
 *     [sources]  what = where it was published
 */
#ifndef HUSTINGS_CONTEST_CONTEST_H
#define HUSTINGS_CONTEST_CONTEST_H

#include "db/db.h"
#include "count/analysis.h"
#include "count/count.h"

enum { CONTEST_FILES_MAX = 64, CONTEST_FILE_BYTES_MAX = 64 * 1024 * 1024, CONTEST_VIEWS_VERSION = 1 };

typedef struct PublicationFile {
    Str name; /* without a path */
    Str kind; /* "manifest", "rules", "papers", "stages", "readme" */
    Str bytes;
} PublicationFile;

/* All of a contest that goes into the store. */
typedef struct Publication {
    Str slug, title, date, place, note;
    PublicationFile *files;
    int file_count;
    const View *views; /* an object: "overview", "stages", "pairs", "rules", "close": what each page shows (present.h) */
} Publication;

/* Read, check and count the folder. `fault` names the file. */
NODISCARD Err publication_read(Arena *a, Str folder, Publication **ret_publication, Fault *fault);
/* The same from the files themselves: for those that are in the store already. */
NODISCARD Err publication_from_files(Arena *a, PublicationFile *files, int file_count, Publication **ret_publication, Fault *fault);

/* Commands. They announce the topics "contests" and "contest:SLUG". */
NODISCARD Err contest_publish(Db *db, Arena *a, const Publication *publication, bool replace, int64_t now, Fault *fault);
NODISCARD Err contest_unpublish(Db *db, Arena *a, Str slug, int64_t now);

#endif
