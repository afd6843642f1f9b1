/* people_export.h: lists of members that leave, in the columns in which import.h reads them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A bulk export is an act: whoever makes one gives a reason, and a leaf of the record says who, of which unit, how many rows and which columns; never whose.
 * The leaf comes first: nothing leaves without it. What is exported and imported again changes nothing.
 */
#ifndef HUSTINGS_PEOPLE_PEOPLE_EXPORT_H
#define HUSTINGS_PEOPLE_PEOPLE_EXPORT_H

#include "people/person.h"
#include "record/act.h"

enum { EXPORT_PAGES_MAX = 64 * 1024 * 1024 }; /* a browser's whole answer is in memory: larger lists leave at the machine */

typedef struct PeopleExport {
    Str unit, unit_name;
    const bool *columns; /* of COL__COUNT; NULL: all */
} PeopleExport;

/* Memberships of the unit and below it. */
NODISCARD Err people_export_count(Db *db, Arena *a, Str unit, int64_t *ret_rows);
/* The leaf, inside a command. ERR_INPUT: no reason. */
NODISCARD Err people_export_act(
    Db *db, Arena *a, const PeopleExport *what, int64_t rows, Officer by, Str reason, int64_t now, int64_t *ret_leaf, Fault *fault);
/* All of it, piece by piece: `out` is called with some hundred rows at a time; what it returns ends it. In a snapshot of the caller's. */
NODISCARD Err people_export_write(Db *db, const PeopleExport *what, Err (*out)(void *context, Str text), void *context, int64_t *ret_rows);

#endif
