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
/* All in the scope with that e-mail address (compared without case), at most `most`; ret_ids has room for them. */
NODISCARD Err person_by_email(Db *db, Arena *a, Scope scope, Str email, int most, Str *ret_ids, int *ret_count);

/* What was changed, the newest first; changes of memberships outside the scope are left out. */
typedef struct PersonChange {
    int64_t version, at;
    Str by, reason;
    Str membership, unit; /* empty: of the person herself */
    Str added;            /* not empty: she, or the membership, was added */
    struct {
        PeopleColumn column;
        Str was, is;
    } values[COL__COUNT];
    int value_count;
} PersonChange;
NODISCARD Err person_changes(Db *db, Arena *a, Scope scope, Str id, int most, PersonChange **ret_changes, int *ret_count);

/* A page of a list: persons with a membership in the scope that is as asked for. Cost: what is shown, at 600,000 people too. */
typedef struct PersonLine {
    Str id, name, locality, postcode;
    int64_t number, added;
    Str key; /* where it stands in a list by name */
} PersonLine;
typedef struct PersonListing {
    Scope scope;         /* not the whole organisation */
    Str status, section; /* empty: any */
    bool newest;         /* else by family name */
    Str after_key;       /* by name: behind this line */
    int64_t after;       /* its number; 0: from the beginning */
    int most;
} PersonListing;
NODISCARD Err person_list(Db *db, Arena *a, const PersonListing *listing, PersonLine **ret_lines, int *ret_count);

/* ---- texts ---- */

/* "Ada Poll": given and family name; what there is of them. */
Str person_name(Arena *a, const Values *person);
/* The order of lists: person.name_key. */
Str person_name_key(Arena *a, const Values *person);
/* For comparing: person.email_key. */
Str person_email_key(Arena *a, Str email);
/* A status history in its one form, and back: "active 2012-01-03; lapsed 2013-01-03 unpaid; active -": "-" is a date that is not known. At most SPELLS_MAX, dates not falling. */
enum { SPELLS_MAX = 64 };
NODISCARD bool spells_read(Arena *a, Str history, Spell **ret_spells, int *ret_count, const char **ret_expected);
Str spells_write(Arena *a, const Spell *spells, int count);
/* Make status, its date, its reason and the history of a membership agree: the history rules when it is given, else it is made of the three; without any, active since joining. */
void membership_settle(Arena *a, Values *values);
/* What a new status, date or reason that is given (as for membership_change) does to the history; what is given of it is left complete. ERR_INPUT: a date
 * before that of the status before it. */
NODISCARD Err membership_settle_change(Arena *a, const Values *was, Values *given, int64_t now);
/* One column for the whole name: the last word is the family name. Where given or family name is there, they rule. */
void person_settle(Arena *a, Values *values);
/* 22 characters of base64url: 48 bits of `now` and 80 of randomness, so that rows made together lie together on the disk. */
Str person_new_id(Arena *a, int64_t now);
/* Many of them, in their order. */
Str *person_new_ids(Arena *a, int count, int64_t now);

/* ---- inside commands ---- */

/* Who changed it, for the change log (person_change): an officer's or her own. */
typedef struct Hand {
    Str by;     /* officer's name, "self", or "import ID" */
    Str reason; /* may be empty */
    int64_t now;
} Hand;

/* So many numbers for new persons (person.number): the first of them. An import takes thousands at once. */
NODISCARD Err person_numbers(Db *db, Arena *a, int64_t count, int64_t *ret_first);
/* The row as it is bound to people_person_add and people_membership_add, for imports that write many; `out` has room for SQL_VALUES_MAX (32). How many. The values are settled (above). */
int person_bind(Arena *a, const Values *person, Str id, int64_t number, Str import, int64_t now, DbValue *out);
int membership_bind(const Values *membership, Str person, Str id, Str import, int64_t now, DbValue *out);

/* A new person with her memberships (ids are made from now and randomness). *ret_id. ERR_CONFLICT: her identifier is another's; ERR_INPUT: there is no such unit. */
NODISCARD Err person_add(Db *db, Arena *a, const Values *person, const Values *memberships, int count, const Hand *hand, Str *ret_id);
/* Values that are not NULL pointers replace what was (an empty Str with a pointer empties it). ERR_CONFLICT: `version` is not 0 and not hers. *ret_changed (may be NULL): did anything differ? */
NODISCARD Err person_change(Db *db, Arena *a, Str id, int64_t version, const Values *values, const Hand *hand, bool *ret_changed);
/* ERR_INPUT: there is no such unit. */
NODISCARD Err membership_add(Db *db, Arena *a, Str person, const Values *values, const Hand *hand, Str *ret_id);
/* A status that differs is one more spell of the history; the same status with another date or reason corrects the last one; a history rules over both. ERR_INPUT: a date before that of the status before it; there is no such unit. */
NODISCARD Err membership_change(Db *db, Arena *a, Str person, Str membership, const Values *values, const Hand *hand, bool *ret_changed);
/* Her id, and then those of records that were merged into hers. */
NODISCARD Err person_ids(Db *db, Arena *a, Str id, Str **ret_ids, int *ret_count);
/* Everything in this room that can point at a person is taken away, and she with it. What the rooms above it keep goes by Room.forget, before this: shown_erase
 * (shown.h) does both. ERR_CONFLICT: she holds a role, which must be ended first. */
NODISCARD Err person_erase(Db *db, Arena *a, Str id, const Hand *hand);

#endif
