/* people_export.h: lists of members that leave, in the columns in which import.h reads them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A bulk export is an act: whoever makes one gives a reason, and a leaf of the record says who, of which unit, how many rows and which columns; never whose.
 * The leaf comes first: nothing leaves without it. What is exported and imported again changes nothing.
 */
#ifndef HUSTINGS_PEOPLE_PEOPLE_EXPORT_H
#define HUSTINGS_PEOPLE_PEOPLE_EXPORT_H

#include "people/saved.h"
#include "record/act.h"

typedef struct PeopleExport {
    Str unit, unit_name;
    const bool *columns;  /* of COL__COUNT; NULL: all */
    const Criteria *part; /* of those people alone, with all their memberships in the unit and below it; NULL: everybody */
    int64_t now;          /* for `part`: what "this year" is */
} PeopleExport;

/* Rows of a whole list: memberships of the unit and below it; of a part: people. */
NODISCARD Err people_export_count(Db *db, Arena *a, const PeopleExport *what, int64_t *ret_count);
/* The leaf, inside a command. It says that it was a part, and not which one: criteria may name somebody. ERR_INPUT: no reason. */
NODISCARD Err people_export_act(
    Db *db, Arena *a, const PeopleExport *what, int64_t count, Officer by, Str reason, int64_t now, int64_t *ret_leaf, Fault *fault);
/* All of it, piece by piece: `out` is called with some hundred rows at a time; what it returns ends it. In a snapshot of the caller's. */
NODISCARD Err people_export_write(Db *db, const PeopleExport *what, Err (*out)(void *context, Str text), void *context, int64_t *ret_rows);

/* ---- by browser: asked for with a reason, which is the act; fetched for a while after it, by whoever asked ---- */

enum { EXPORT_HOURS = 1 };

typedef struct PeopleExportAsked {
    Str id, unit, person; /* person: whose it is */
    Criteria part;
    bool is_part;
    int64_t count, ends, leaf;
} PeopleExportAsked;

/* Inside a command: the leaf, and what may be fetched. */
NODISCARD Err people_export_ask(
    Db *db, Arena *a, PeopleExportAsked *asked, const PeopleExport *what, Officer by, Str reason, int64_t now, Fault *fault);
/* ERR_MISSING: there is none, or it is over, or another's. */
NODISCARD Err people_export_asked(Db *db, Arena *a, Str unit, Str id, Str person, int64_t now, PeopleExportAsked *ret_asked);
NODISCARD Err people_export_expire(Db *db, Command *command); /* Room.expire */

#endif
