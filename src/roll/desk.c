/* desk.c: what the pages of a roll's officers share.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/desk.h"
#include "roll/own.h"
#include "roll/questions.h"

Err desk_unit_put(Req *req, View *view)
{
    Unit unit;
    Err e = unit_find(req->db, req->arena, req_text(req, "unit"), &unit);
    if (e) return e == ERR_MISSING ? req_fail(req, e, "There is no such unit.") : e;
    View *v = view_put_object(view, S("unit"));
    view_put_str(v, S("slug"), unit.slug);
    view_put_str(v, S("name"), unit.name);
    view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s", STR_ARG(unit.slug)));
    return ERR_OK;
}

Err desk_audit_put(Req *req, View *view, const Roll *roll)
{
    int64_t critical = 0;
    bool overridden = false, audited = false;
    Err e = audit_is_done(req->db, req->arena, roll, &audited);
    if (!e) e = audit_open_critical(req->db, req->arena, roll->unit, roll->slug, &critical);
    if (!e) e = roll_is_overridden(req->db, req->arena, roll, &overridden);
    if (e) return e;
    view_put_i64(view, S("critical"), critical);
    view_put_bool(view, S("has_critical"), critical > 0);
    view_put_bool(view, S("is_overridden"), overridden);
    view_put_bool(view, S("is_audited"), audited);
    view_put_bool(view, S("may_release"), roll->version && audited && !str_equal(roll->state, S("released")) && (!critical || overridden));
    return ERR_OK;
}

Err desk_day_asked(Req *req, const char *field, Day standard, Day *ret_day)
{
    *ret_day = standard;
    if (!req_text(req, field).len || day_read(req_text(req, field), ret_day)) return ERR_OK;
    return req_wrong(
        req, field, "There is no day %.*s: expected one such as 2013-03-12", STR_ARG(fault_quote(req->arena, req_text(req, field))));
}

Err desk_roster_read(Req *req, const Roll *roll, Roster **ret_roster)
{
    return roll_members(req->db, req->arena, roll->unit, ret_roster, &req->fault);
}

Err desk_go(Req *req, View *answer, const Roll *roll, const char *says)
{
    view_put_str(answer, S("roll"), roll->slug);
    req_redirect(req, "/units/%.*s/rolls/%.*s", STR_ARG(roll->unit), STR_ARG(roll->slug));
    req_flash(req, "%s", says);
    return ERR_OK;
}
