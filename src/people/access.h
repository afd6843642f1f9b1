/* access.h: may this person do that here? The one place that answers, for route tables (page.h) and for whoever asks apart.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_PEOPLE_ACCESS_H
#define HUSTINGS_PEOPLE_ACCESS_H

#include "http/page.h"
#include "people/unit.h"

/* Room.may of people: called for routes of WHO_MEMBER, WHO_ORGANISER, WHO_SECRETARY, WHO_RETURNING with the signed-in person and the path's :unit (empty for WHO_MEMBER).
 * One row may be open to several roles: WHO_ORGANISER also admits the secretary.
 * ERR_OK with *ret_officer (empty for WHO_MEMBER), or ERR_DENIED. Asked again inside every command. */
NODISCARD Err access_may(Db *db, Arena *a, Str person, Who who, Str unit, int64_t now, Officer *ret_officer);

/* Room.name_of. */
NODISCARD Err access_name(Db *db, Arena *a, Str person, Str *ret_name);

/* What a handler of such a route may look at: the unit in its path. */
Scope access_scope(const Req *req);

#endif
