/* contest.h: published contests: their rules, papers or stage totals, sources, and what was counted from them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a result that anybody can check is one whose papers, rules and sources stand beside it. Publishing takes a folder, counts it, and stores the files
 *      as they are together with the views that the pages show; taking out leaves nothing but the announcement that it was taken out.
 * Life: publication_read (a folder; counts) -> contest_publish (a command) -> contest_view and the other queries -> contest_unpublish.
 * Threads: the queries take the caller's Db; contest_publish, contest_unpublish and the kept_ functions that write are called
 *       inside a command.
 * Errors: ERR_INPUT with file and line for a folder that cannot be published; ERR_CONFLICT when the address is taken (publish again with `replace`);
 *       ERR_MISSING when there is no such contest.
 *
 * A folder holds contest.conf (INI; docs/publishing.md) and the files it names:
 *     [contest]   slug, title, date (ISO), place, rules (a preset or a file), note, seats, seed, roll, issued
 *     [papers]    SECTION = FILE    or papers = FILE
 *     [stages]    file = FILE       instead of papers: stage totals as CSV (stage, section, candidate, votes), when no papers were ever published
 *     [compare]   names of presets or rules files, with @SECTION for that section alone, one a line: the same papers under other rules
 *     [sources]   what = where it was published
 *     [rejected]  HEAD = NUMBER     papers rejected by hand, which the files do not hold
 *     [withdrawn] names of those who withdrew after the papers were issued, one a line
 */
#ifndef HUSTINGS_CONTEST_CONTEST_H
#define HUSTINGS_CONTEST_CONTEST_H

#include "db/db.h"
#include "count/analysis.h"
#include "count/count.h"
#include "record/act.h"

enum { CONTEST_FILES_MAX = 64, CONTEST_FILE_BYTES_MAX = 64 * 1024 * 1024, CONTEST_VIEWS_VERSION = 4 };

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
    Str outcome;
    bool totals, open;
    Sha256 figures;    /* of every figure of the count */
    const View *views; /* what the pages show (present.h), and the documents "declaration", "csv", "svg" {type, name, text} */
} Publication;

/* Read, check and count the folder. `fault` names the file. */
NODISCARD Err publication_read(Arena *a, Str folder, Publication **ret_publication, Fault *fault);
/* The same from the files themselves: for those that are in the store already. */
NODISCARD Err publication_from_files(Arena *a, PublicationFile *files, int file_count, Publication **ret_publication, Fault *fault);

/* ---- commands. They announce the topics "contests" and "contest:SLUG", and leave a leaf of the public record (acts.h): `by` is who does it ---- */

/* ERR_CONFLICT: the address is taken and `replace` is false. */
NODISCARD Err contest_publish(Db *db, Arena *a, const Publication *publication, bool replace, Officer by, int64_t now, Fault *fault);
/* Its pages and files go; that it was there, and the reason, stay. ERR_MISSING. */
NODISCARD Err contest_unpublish(Db *db, Arena *a, Str slug, Str reason, Officer by, int64_t now, Fault *fault);

/* ---- queries ---- */

/* A part of what its pages show, by name; the caller's own to add to. ERR_MISSING. */
NODISCARD Err contest_view(Db *db, Arena *a, Str slug, Str name, View **ret_view);
/* A file, unpacked, by its address ("mps-and-meps-csv"). ERR_MISSING. */
NODISCARD Err contest_file(Db *db, Arena *a, Str slug, Str address, PublicationFile *ret_file);

/* ---- all contests, one after another ---- */

/* Called for each contest, with the fault when it went wrong (NULL: it went well). */
typedef void ContestTell(void *context, Str slug, const Fault *fault);

typedef struct Recount {
    int counted;   /* contests whose views were made anew */
    int different; /* whose figures are now others, or that can no longer be counted: nothing of them was changed */
} Recount;

/* Make the views anew of every contest whose views another program or version made (`all`: of all), from the files in the store. ERR_IO: the store
 * cannot be reached. */
NODISCARD Err contest_recount(Store *store, bool all, int64_t now, ContestTell *tell, void *context, Recount *ret_recount, Fault *fault);

/* Each contest of which the record says nothing is entered in it, with its files as they are now. Any number of processes may do it at once: one leaf.
 * ERR_IO: the store cannot be reached. */
NODISCARD Err contest_enter_all(Store *store, int64_t now, ContestTell *tell, void *context, Fault *fault);

/* ---- counts that visitors keep ---- */

enum { KEPT_DAYS = 30, KEPT_BYTES_MAX = 64 * 1024, KEPT_MOST = 20000 };

typedef struct KeptCount {
    View *asked; /* papers, rules, options: asked.h */
    int64_t made, ends;
} KeptCount;

/* Inside a command. `word` may delete it. ERR_LIMIT: KEPT_MOST were kept when kept_expire last looked; the disk is not filled for whoever tries. */
NODISCARD Err kept_add(Db *db, Str token, Str word, Str asked, int64_t now);
NODISCARD Err kept_get(Db *db, Arena *a, Str token, int64_t now, KeptCount *ret_kept);
/* Inside a command. ERR_DENIED: another word. ERR_MISSING: nothing is kept there. */
NODISCARD Err kept_delete(Db *db, Arena *a, Str token, Str word, int64_t now);
NODISCARD Err kept_expire(Db *db, Command *command);

#endif
