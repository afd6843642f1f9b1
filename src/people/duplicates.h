/* duplicates.h: people who may stand on the list twice, and making one of two.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The finder asks, and does not decide: it names pairs with its reasons; an officer says that they are two people, which is remembered, or merges them.
 * A merge keeps one record: the officer chooses value by value, all memberships become hers, links to the other lead to her (person_gone). It can be taken back
 *      for MERGE_DAYS, as long as the one who was kept was not changed since. It is no act of the public record, for that would name members; it stands in the
 *      change log of both (person_change).
 * Both must lie in the scope of whoever asks.
 */
#ifndef HUSTINGS_PEOPLE_DUPLICATES_H
#define HUSTINGS_PEOPLE_DUPLICATES_H

#include "people/person.h"

enum { MERGE_DAYS = 30, DUPLICATES_MOST = 500 };

typedef enum DuplicateReason {
    SAME_IDENTIFIER = 1, /* apart from marks and leading noughts */
    SAME_EMAIL = 2,      /* and a near name */
    SAME_PHONE = 4,      /* and a near name */
    SAME_BIRTH = 8,      /* and the same name */
    SAME_POSTCODE = 16   /* and a near name */
} DuplicateReason;

typedef struct Duplicate {
    Str one, other; /* person.id, the smaller by bytes first */
    int reasons;
} Duplicate;

/* "the same e-mail address and a near name" ... */
Str duplicate_words(Arena *a, int reasons);
/* The likeliest first, at most DUPLICATES_MOST; *ret_in_all counts all. Reads all people of the scope: seconds at 600,000. */
NODISCARD Err duplicates_find(Db *db, Arena *a, Scope scope, Duplicate **ret_list, int *ret_count, int64_t *ret_in_all);
/* Of two people whom somebody looks at: the reasons, 0 if there are none. */
int duplicate_reasons(Arena *a, const Person *one, const Person *other);

/* ---- inside commands ---- */

NODISCARD Err duplicates_not_same(Db *db, Str one, Str other, Str said_by, int64_t now);

typedef struct Merge {
    Str unit;                           /* slug: where it is done; both are there or below */
    Str kept, gone;                     /* person.id */
    int64_t kept_version, gone_version; /* as they were seen */
    const Values *values;               /* what the one who is kept shall have; a NULL pointer leaves a value as hers is */
    Str by;                             /* the officer's name and role */
} Merge;
/* ERR_MISSING: one is not in the unit; ERR_CONFLICT: one was changed meanwhile, or the one who goes holds a role (fault says which). */
NODISCARD Err merge_people(Db *db, Arena *a, const Merge *merge, int64_t now, Str *ret_id, Fault *fault);
/* ERR_MISSING: none of this unit, or too long ago; ERR_CONFLICT: she was changed since. */
NODISCARD Err merge_undo(Db *db, Arena *a, Str unit, Str id, Str by, int64_t now, Fault *fault);

#endif
