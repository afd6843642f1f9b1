/* search.h: finding people by a part of a name, number, postcode, e-mail address or identifier; accents, case and typing errors forgiven.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What is kept (schema/0010_search.sql), made from the tables of persons and memberships and from nothing else:
 *   person_search  a line for each person: what is searched, folded (text.h), and the units of her memberships
 *   person_index   which tokens lead to whom: FTS5 in SQLite, a GIN index over a tsvector in PostgreSQL. Tokens are made here, so both find the same:
 *                  "=smith" a whole word of a name, "^s" "^sm" "^smi" how one begins, "smi" "mit" "ith" its parts (of numbers, addresses and identifiers
 *                  too), "=ls6" "+ls6" "+ls62" "+2ab" a half of a postcode, or how it begins, "@leeds" a unit
 *                  of hers, and in PostgreSQL each unit over it
 *   person_word    the words of names, for finding what somebody meant who mistyped one
 *   person_fact    a line for each membership with what saved searches ask (saved.h)
 *
 * Writing. Every write of a person or a membership is followed, in the same command, by one of the functions under "inside commands"; person.c, import.c
 *      and merge.c do. What is derived never travels: a backup, an export and a move leave it out, and whoever opens the store next makes it anew
 *      (search_rebuild; `hustings people reindex`).
 * Scope. What is found, what is counted and what is suggested for a mistyped word depend on the people of the scope alone: the units are tokens of the
 *      index, and a scope of up to 2,000 memberships is read from end to end without it. How long it takes depends, in larger scopes, also on how common a
 *      word is elsewhere; in SQLite, of more than 256 units, candidates from outside are found and dropped.
 * Whole or not. Of what fits too many to be looked at, the first are; the answer then says `more` and is never taken for all there are.
 * Memory: results in the arena. Errors: ERR_IO.
 */
#ifndef HUSTINGS_PEOPLE_SEARCH_H
#define HUSTINGS_PEOPLE_SEARCH_H

#include "people/person.h"

/* ---- asking ---- */

enum { SEARCH_WORDS_MAX = 8, SEARCH_TYPED_MAX = 200, SEARCH_MOST = 1000, SEARCH_PAGE = 50 };

/* How well she fits: the list is in this order, and by name among equals. */
typedef enum SearchFit { FIT_WORD, FIT_PREFIX, FIT_PART } SearchFit;

typedef struct SearchFound {
    Str id, name; /* person.id; given and family name */
    SearchFit fit;
    Values values; /* of the person: what a list shows (search.sql: search_shown) */
    Str units;     /* names of the units of hers that lie in the scope, with commas */
} SearchFound;

typedef struct SearchAnswer {
    SearchFound *found; /* those of the page that was asked for */
    int count;
    int in_all;     /* at most SEARCH_MOST */
    bool more;      /* there are, or may be, more than in_all: the best of those that were looked at are listed */
    Str searched;   /* the words it looked for: as typed, unless a word was mended */
    bool mended;    /* nobody has what was typed; these have something near it */
    Str unreadable; /* not empty: why nothing could be searched ("type at least one letter or digit") */
} SearchAnswer;

/* `from`: 0, SEARCH_PAGE, 2 * SEARCH_PAGE ... All of `typed` must fit a person, word by word, in any order. */
NODISCARD Err search_people(Db *db, Arena *a, Scope scope, Str typed, int from, SearchAnswer *ret_answer);

/* ---- inside commands ---- */

/* She was changed, or a membership of hers was: make the index say what the tables say. The tables are read. */
NODISCARD Err search_put(Db *db, Arena *a, Str person);
/* She is about to go (erased, merged, an import undone): call it while her rows are still there. */
NODISCARD Err search_drop(Db *db, Arena *a, Str person);

/* New persons by the thousand, of whom the index knows nothing yet: no table is read. What is dear of it need not hold the writer up: search_ready is pure, for
 * the thread that reads a file; search_make does the rest (and that, too, for whom it was not done), and search_add stores what it made. */
typedef struct SearchReady SearchReady;
/* Of somebody with one membership, in that unit (its slug). */
const SearchReady *search_ready(Arena *a, const Values *person, Str unit);
typedef struct SearchPerson {
    Str id;
    int64_t number; /* person.number */
    const Values *person;
    const Values *memberships; /* COL_UNIT: slug */
    int membership_count;
    const SearchReady *ready; /* NULL: it was not done, or another person or unit came of it */
} SearchPerson;
typedef struct SearchEntry SearchEntry;
SearchEntry *search_make(Arena *a, const SearchPerson *persons, int count);
NODISCARD Err search_add(Db *db, Arena *a, const SearchEntry *entries, int count);
/* A unit was put elsewhere in the tree: what stands over its people is another now. */
NODISCARD Err search_unit_moved(Db *db, Str unit);
/* The same as search_put and search_drop for many, in few statements. */
NODISCARD Err search_put_many(Db *db, Arena *a, const Str *persons, int count);
NODISCARD Err search_drop_many(Db *db, Arena *a, const Str *persons, int count);

/* ---- the whole of it ---- */

/* Is a part of it missing (after a restore, a move, or an upgrade)? Cheap. */
NODISCARD Err search_is_behind(Db *db, Arena *a, bool *ret_behind);
/* Make it anew from the tables, in commands of a few thousand persons, so others get between; safe to be stopped and begun again. */
typedef struct SearchRebuild {
    bool all; /* throw away what is there first; else what is missing is put in */
    int64_t now;
    void (*told)(void *context, int64_t done, int64_t in_all); /* how far it is; or NULL */
    bool (*over)(void *context);                               /* true: stop; or NULL */
    void *context;
} SearchRebuild;
NODISCARD Err search_rebuild(Store *store, const SearchRebuild *how, int64_t *ret_done, Fault *fault);

#endif
