/* person.h: persons and their memberships, in the store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Who sees whom is decided here and not by pages: everything that reads people takes a Scope, the unit below which the reader may look, and a person who
 *      has no membership there is ERR_MISSING, as if she did not exist. A person belongs to the units of her memberships, also of those that ended.
 * Memory: results in the arena. Dates in the store are ISO text; empty: not known.
 * Versions: every change of a person or of one of her memberships raises person.version by one; undo compares it.
 * Never logged and in no leaf of the record: names, numbers, addresses.
 */
#ifndef HUSTINGS_PEOPLE_PERSON_H
#define HUSTINGS_PEOPLE_PERSON_H

#include "db/db.h"
#include "people/columns.h"
#include "people/day.h"

/* All that is known of a person or of one membership: values by column (columns.h), checked and in their one form; those of the other half are empty. */
typedef struct Values {
    Str of[COL__COUNT];
} Values;

/* A unit and all below it. Made by whoever checked that the reader may (access.h), or scope_all for the operator at the machine. */
typedef struct Scope {
    Str unit; /* slug; empty: the whole organisation */
} Scope;
static inline Scope scope_all(void)
{
    return (Scope){{0}};
}

typedef struct Spell {
    Status status;
    Day since;
    Str reason;
} Spell;

typedef struct Membership {
    Str id;
    Str unit, unit_name;
    Values values;  /* those of the membership */
    Spell *history; /* oldest first */
    int history_count;
} Membership;

typedef struct Person {
    Str id;                          /* 22 characters of base64url */
    Str name;                        /* given and family name, as people say it */
    int64_t version, added, changed; /* added, changed: milliseconds since 1970, UTC */
    Values values;                   /* those of the person */
    Membership *memberships;
    int membership_count;
} Person;

/* ERR_MISSING: there is none in that scope, or she was erased or merged into another (then *ret_merged_into, which may be NULL, says into whom). */
NODISCARD Err person_find(Db *db, Arena *a, Scope scope, Str id, Person *ret_person, Str *ret_merged_into);
/* By the id that the organisation's own list gives her. ERR_MISSING. */
NODISCARD Err person_by_identifier(Db *db, Arena *a, Str identifier, Str *ret_id);
/* All with that e-mail address, at most `most`. */
NODISCARD Err person_by_email(Db *db, Arena *a, Str email, int most, Str *ret_ids, int *ret_count);

/* ---- inside commands ---- */

/* Who changed it, for the change log (person_change): an officer's or her own. */
typedef struct Hand {
    Str by;     /* officer's name, "self", or "import ID" */
    Str reason; /* may be empty */
    int64_t now;
} Hand;

/* A new person with her memberships (ids are made from now and randomness). *ret_id. */
NODISCARD Err person_add(Db *db, Arena *a, const Values *person, const Values *memberships, int count, const Hand *hand, Str *ret_id);
/* Values that are not NULL pointers replace what was (an empty Str with a pointer empties it). ERR_CONFLICT: `version` is not 0 and not hers. *ret_changed (may be NULL): did anything differ? */
NODISCARD Err person_change(Db *db, Arena *a, Str id, int64_t version, const Values *values, const Hand *hand, bool *ret_changed);
NODISCARD Err membership_add(Db *db, Arena *a, Str person, const Values *values, const Hand *hand, Str *ret_id);
/* A status that differs is one more spell of the history. */
NODISCARD Err membership_change(Db *db, Arena *a, Str person, Str membership, const Values *values, const Hand *hand, bool *ret_changed);
/* Everything that can point at a person is taken away, and she with it; rolls keep what they must (roll.h). */
NODISCARD Err person_erase(Db *db, Arena *a, Str id, const Hand *hand);

#endif
