/* access.c: which role answers for which rows.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/access.h"

/* Of each kind of row, the roles that may, the one it is named after first: as her the record names the officer. A secretary keeps the list, so she may also find
 * whom an organiser may find. A returning officer sees rolls and their audit, and nobody's data beside them. */
typedef struct Allowed {
    RoleKind kinds[2];
    int count;
} Allowed;

static Allowed allowed(Who who)
{
    switch (who) {
    case WHO_ORGANISER: return (Allowed){{ROLE_ORGANISER, ROLE_SECRETARY}, 2};
    case WHO_SECRETARY: return (Allowed){{ROLE_SECRETARY}, 1};
    case WHO_RETURNING: return (Allowed){{ROLE_RETURNING}, 1};
    default: return (Allowed){{0}, 0};
    }
}

static Err is_there(Db *db, Arena *a, Str person)
{
    Person p;
    Err e = person.len ? person_find(db, a, scope_all(), person, &p, NULL) : ERR_MISSING;
    return e == ERR_MISSING ? ERR_DENIED : e;
}

Err access_may(Db *db, Arena *a, Str person, Who who, Str unit, int64_t now, Officer *ret_officer)
{
    *ret_officer = (Officer){0};
    if (who == WHO_MEMBER) return is_there(db, a, person);
    const Allowed roles = allowed(who);
    Err e = ERR_DENIED;
    for (int i = 0; i < roles.count && e == ERR_DENIED; i++) e = role_holds(db, a, person, roles.kinds[i], unit, now, ret_officer);
    return e;
}

Err access_name(Db *db, Arena *a, Str person, Str *ret_name)
{
    Person p;
    Err e = person_find(db, a, scope_all(), person, &p, NULL);
    if (!e) *ret_name = p.name;
    return e;
}

Scope access_scope(const Req *req)
{
    ASSERT(req->route->who >= WHO_ORGANISER && req->route->who <= WHO_RETURNING); /* who was asked for a role on it */
    return (Scope){.unit = req_text(req, "unit")};
}
