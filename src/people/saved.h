/* saved.h: searches that are saved: "active members of this region who joined this year and may be rung". What phonebanks and notices take as their audience.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A search belongs to a unit and never selects anybody outside it; the unit's organisers and secretaries share it. It is kept as criteria, not as people: who
 *      is meant is asked anew each time, so that somebody who lapsed or withdrew her consent yesterday is not rung today.
 * A person counts once, however many memberships fit. All criteria must hold of one membership.
 * Cost at 600,000 people: a count takes one walk through a narrow table, an audience of 500,000 in chunks of 5,000 under four seconds (docs/search-people.md has
 *      the figures), a page of people what it shows.
 * Memory: results in the arena. Errors: ERR_MISSING, ERR_CONFLICT (somebody changed it meanwhile), ERR_INPUT with a fault, ERR_IO.
 */
#ifndef HUSTINGS_PEOPLE_SAVED_H
#define HUSTINGS_PEOPLE_SAVED_H

#include "people/person.h"

enum { SAVED_NAME_MAX = 80, SAVED_AREAS_MAX = 4, SAVED_AGE_MAX = 130 };

/* How she may be reached, together: she agreed, and we know where. */
typedef enum SavedReach { REACH_RUNG = 1 | 16, REACH_TEXTED = 2 | 16, REACH_MAILED = 4 | 32, REACH_WRITTEN = 8 | 64 } SavedReach;
enum { HAS_PHONE = 16, HAS_EMAIL = 32, HAS_ADDRESS = 64 };

/* Empty or 0: does not matter. */
typedef struct Criteria {
    Str unit;   /* slug: of those below the search's own; empty: that one */
    Str status; /* status_name; people who audiences are for are "active" */
    Str section, class;
    Str joined_from, joined_to; /* dates */
    bool joined_this_year;
    int64_t age_from, age_to; /* years, both included; whose age is not known is left out when one is asked for */
    int64_t may;              /* SavedReach and HAS_..., put together by | */
    Str areas; /* postcode areas ("LS"), districts ("LS6") or more ("LS6 2"), with blanks or commas; at most SAVED_AREAS_MAX */
    Str language;
    Str recruiter;
    Str text; /* parts of a name, number or postcode, as search.h reads them; all of them must be hers as typed: nothing is mended here */
} Criteria;

/* Put in one form, or refused: *ret_field is the name of the criterion, fault->expected what it should be. */
NODISCARD Err criteria_check(Arena *a, Criteria *criteria, const char **ret_field, Fault *fault);
/* JSON and back. */
Str criteria_write(Arena *a, const Criteria *criteria);
NODISCARD Err criteria_read(Arena *a, Str json, Criteria *ret_criteria);
/* "active members who joined this year and may be rung": plain English, without the unit. */
Str criteria_words(Arena *a, const Criteria *criteria);

/* ---- audiences ---- */

/* Where a walk through an audience has come to; all zeroes: its beginning. */
typedef struct AudienceCursor {
    Str unit;
    int64_t number;
} AudienceCursor;

typedef struct AudiencePerson {
    Str id;               /* person.id */
    Str unit;             /* slug: of the first of her memberships that fits */
    AudienceCursor after; /* to go on behind her */
} AudiencePerson;

/* The scope is that of whoever asks. `now` decides what "this year" is, and ages. */
NODISCARD Err saved_count(Db *db, Arena *a, Scope scope, const Criteria *criteria, int64_t now, int64_t *ret_people);
/* The next at most `most` of them, unit by unit, each person once. Fewer: that was all. */
NODISCARD Err saved_people(Db *db, Arena *a, Scope scope, const Criteria *criteria, int64_t now, AudienceCursor after, int most,
    AudiencePerson **ret_people, int *ret_count);

/* ---- what is kept ---- */

typedef struct Saved {
    Str unit, id, name;
    Criteria criteria;
    Str owner, saved_by; /* person.id (empty: she is gone), and her name and role */
    int64_t version, added, changed;
} Saved;

NODISCARD Err saved_find(Db *db, Arena *a, Str unit, Str id, Saved *ret_saved);
NODISCARD Err saved_list(Db *db, Arena *a, Str unit, Saved **ret_list, int *ret_count);

/* Inside commands; the criteria were checked. `saved->id` was made by the caller. */
NODISCARD Err saved_add(Db *db, Arena *a, const Saved *saved, int64_t now);
NODISCARD Err saved_change(Db *db, Arena *a, const Saved *saved, int64_t now);
NODISCARD Err saved_drop(Db *db, Str unit, Str id);

#endif
