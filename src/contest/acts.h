/* acts.h: what the public record says of contests: published, replaced, taken out, or there before there was a record. Private to contest/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Each act names by digest every file that stood or stands beside the result, and the rules: a preset, which is no file of the contest, is kept by the
 * record itself. What is told of a contest is told from what its pages show ("contest" and "files" of present.h and publication.c).
 */
#ifndef HUSTINGS_CONTEST_ACTS_H
#define HUSTINGS_CONTEST_ACTS_H

#include "contest/contest.h"
#include "record/record.h"

/* A contest as the record tells it. */
typedef struct Told {
    Str slug;
    const View *contest, *files; /* the views of those names */
    Sha256 figures;
} Told;

Told told_of(const Publication *publication);
/* As it is in the store, at the row of contest_by_slug. */
NODISCARD Err told_stored(Db *db, Arena *a, const DbRows *row, Told *ret_told);

/* Inside commands. `before` NULL: nothing is replaced. *ret_leaf: its leaf. */
NODISCARD Err tell_published(
    Db *db, Arena *a, const Told *told, const Told *before, Officer by, int64_t now, int64_t *ret_leaf, Fault *fault);
NODISCARD Err tell_withdrawn(Db *db, Arena *a, const Told *told, Officer by, Str reason, int64_t now, int64_t *ret_leaf, Fault *fault);
/* `files`: as they are in the store now, hashed again. */
NODISCARD Err tell_entered(Db *db, Arena *a, const Told *told, const ActFile *files, int file_count, int64_t published, int64_t now,
    int64_t *ret_leaf, Fault *fault);

/* Where a file of a contest is: "/contests/labour-2010/files/mps-csv". */
Str file_path(Arena *a, Str slug, Str name);
Str file_path_start(Arena *a, Str slug); /* of all of them: "/contests/labour-2010/files/" */

#endif
