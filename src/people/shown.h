/* shown.h: what pages of people share: a unit, its path, roles, figures, as templates see them. Private to people's pages.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_PEOPLE_SHOWN_H
#define HUSTINGS_PEOPLE_SHOWN_H

#include "people/access.h"

/* The field that every path below a unit has. */
#define UNIT_FIELD                           \
    {                                        \
        "unit", FIELD_SLUG, .required = true \
    }

/* ERR_MISSING with words when there is none. */
NODISCARD Err shown_unit(Req *req, Db *db, Unit *ret_unit);
/* `unit`: slug, name, kind, path; `over`: those above it, from the top, with name and path: for crumbs ({{> unit_crumbs}}). The page's title gets its name. */
NODISCARD Err shown_unit_head(Req *req, View *view, Unit *ret_unit);
/* Of a row that admits organisers too: is she a secretary there? */
NODISCARD Err shown_secretary(Req *req, bool *ret_secretary);
void shown_unit_put(Arena *a, View *object, const Unit *unit);
Str unit_page_path(Arena *a, Str slug);
/* id, name, role ("secretary of Leeds"), kind, unit_name, unit_path, begun_words, until, until_words, entry, entry_path */
void shown_role_put(Arena *a, View *object, const RoleHeld *role);
/* The person of the path, of routes of organisers and secretaries: ERR_MISSING with words when she has no membership in the path's unit or below it. */
NODISCARD Err shown_person(Req *req, Db *db, Person *ret_person);
/* `unit`, `over` and `person`: id, name, version, path, added_words, changed_words. The page's title gets her name. */
NODISCARD Err shown_person_head(Req *req, View *view, Person *ret_person);
/* Inside a write: she goes, from every room. ERR_CONFLICT: she holds a role. */
NODISCARD Err shown_erase(Req *req, Db *db, Str person, const Hand *hand);
/* "12,345" */
Str shown_number(Arena *a, int64_t number);
/* "3 January 2013" of a date in the store; as it is when it is none. */
Str shown_day(Arena *a, Str iso);
/* A value of the store as people write it: dates in words, telephone numbers as at home (home.h), else with their country's code. */
Str shown_value(Arena *a, PeopleColumn column, Str value);
/* The same, and a unit by its name: for pages about one person. */
Str shown_held(Req *req, PeopleColumn column, Str value);
/* The same as shown_value for a box of a form, to be read again whatever the country beside it says: a telephone number has its country's code ("+44 20 7946 0000"). */
Str shown_typed(Arena *a, PeopleColumn column, Str value);

#endif
