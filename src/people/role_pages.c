/* role_pages.c: the steward gives and ends roles. She sees no member: whom she gives one she must know by her address or id.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/shown.h"

static Err roles_page(Req *req, View *view)
{
    Unit unit;
    RoleHeld *roles;
    int count;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = roles_on(req->db, req->arena, unit.slug, req->now, &roles, &count);
    if (e) return e;
    View *array = view_put_array(view, S("roles"));
    for (int i = 0; i < count; i++) {
        View *v = view_add_object(array);
        shown_role_put(req->arena, v, &roles[i]);
        view_put_str(v, S("end_path"), str_format(req->arena, "/units/%.*s/roles/%.*s/end", STR_ARG(unit.slug), STR_ARG(roles[i].id)));
    }
    view_put_bool(view, S("has_roles"), count > 0);
    return ERR_OK;
}

/* ---- giving ---- */

/* In the unit or below it; an e-mail address that several share is none to go by. */
static Err find_person(Req *req, Db *db, Str typed, Str *ret_person)
{
    enum { MOST = 2 };
    Str ids[MOST] = {{0}};
    Person person;
    int count = 0;
    Scope scope = {.unit = req_text(req, "unit")};
    bool mail = str_find(typed, '@') < typed.len;
    Err e = mail ? person_by_email(db, req->arena, scope, typed, MOST, ids, &count) : person_by_identifier(db, req->arena, typed, &ids[0]);
    if (!e && !mail) e = person_find(db, req->arena, scope, ids[0], &person, NULL);
    if (!e && mail && count > 1) return req_wrong(req, "to", "Several people of this unit have that address: give the id of one");
    if (e == ERR_MISSING || (!e && mail && !count)) return req_wrong(req, "to", "Nobody in this unit has that address or id");
    if (!e) *ret_person = ids[0];
    return e;
}

static Err give_write(Req *req, Db *db, View *answer)
{
    Str person = {0}, id = {0}, until = req_text(req, "until");
    RoleKind kind;
    int64_t begins, ends;
    bool known = role_of(req_text(req, "role"), &kind);
    ASSERT(known); /* one of the field's choices */
    if (!day_bounds(until, &begins, &ends)) return req_wrong(req, "until", "Enter the last day as 2027-03-31");
    Err e = find_person(req, db, req_text(req, "to"), &person);
    if (!e)
        e = role_give(db, req->arena, person, req_text(req, "name"), kind, req_text(req, "unit"), ends, req->officer,
            req_text(req, "reason"), req->now, &id, &req->fault);
    if (e == ERR_INPUT && req->fault.expected.len) return req_wrong(req, "until", "There must be %.*s", STR_ARG(req->fault.expected));
    if (e == ERR_CONFLICT) return req_wrong(req, "to", "She holds that role on this unit already");
    if (e) return e;
    view_put_str(answer, S("id"), id);
    req_redirect(req, "/units/%.*s/roles", STR_ARG(req_text(req, "unit")));
    req_flash(req, "The role was given.");
    return ERR_OK;
}

/* ---- ending ---- */

static Err role_here(Req *req, Db *db, RoleHeld *ret_role)
{
    Err e = role_find(db, req->arena, req_text(req, "role"), ret_role);
    if (!e && !str_equal(ret_role->unit, req_text(req, "unit"))) e = ERR_MISSING;
    return e == ERR_MISSING ? req_fail(req, e, "Nobody holds that role here, or it has ended.") : e;
}

static Err end_page(Req *req, View *view)
{
    Unit unit;
    RoleHeld role;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = role_here(req, req->db, &role);
    if (!e) shown_role_put(req->arena, view_put_object(view, S("role")), &role);
    return e;
}

static Err end_write(Req *req, Db *db, View *answer)
{
    RoleHeld role;
    Err e = role_here(req, db, &role);
    if (!e) e = role_end(db, req->arena, role.id, req->officer, req_text(req, "reason"), req->now, &req->fault);
    if (e == ERR_MISSING) return req_fail(req, e, "Nobody holds that role here, or it has ended.");
    if (e) return e;
    view_put_str(answer, S("id"), role.id);
    req_redirect(req, "/units/%.*s/roles", STR_ARG(role.unit));
    req_flash(req, "The role was ended.");
    return ERR_OK;
}

/* ---- the table ---- */

static const Choice role_choices[] = {{"organiser", "Organiser: finds whom to ring and invite"},
    {"secretary", "Secretary: keeps the list of members"}, {"returning-officer", "Returning officer: freezes rolls and has them audited"},
    {0}};
static const Field unit_fields[] = {UNIT_FIELD, {0}};
static const Field give_fields[] = {UNIT_FIELD, {"role", FIELD_CHOICE, .required = true, .choices = role_choices, .label = "Role"},
    {"to", FIELD_LINE, .required = true, .max = 254, .label = "Whose",
        .hint = "Her e-mail address, or her id in your own list. She must belong to this unit or one below it."},
    {"name", FIELD_LINE, .required = true, .max = ACT_NAME_MAX / 4, .label = "Her name as an officer",
        .hint = "The public record will say it, for ever. Ask her before."},
    {"until", FIELD_DAY, .required = true, .label = "Last day", .hint = "At most five years from now. The role ends by itself then."},
    {"reason", FIELD_LINE, .max = 500, .label = "Why", .hint = "Public: that she was elected, and when."}, {0}};
static const Field end_page_fields[] = {UNIT_FIELD, {"role", FIELD_TOKEN, .required = true}, {0}};
static const Field end_fields[] = {UNIT_FIELD, {"role", FIELD_TOKEN, .required = true},
    {"reason", FIELD_LINE, .required = true, .min = 3, .max = 500, .label = "Why it ends before its time", .hint = "Public, for ever."},
    {0}};

static const Route routes[] = {
    {GET, "/units/:unit/roles", WHO_STEWARD, "Roles", "Who holds which on this unit, and the form to give one.", unit_fields,
        .page = roles_page, .html = "roles", .posts = "/units/:unit/roles"},
    {POST, "/units/:unit/roles", WHO_STEWARD, "Roles", "Gives a person a role on this unit and all below it.", give_fields,
        .write = give_write, .act = "role.given", .form = "roles", .form_page = roles_page, .rate = RATE_WRITE},
    {GET, "/units/:unit/roles/:role/end", WHO_STEWARD, "End a role", NULL, end_page_fields, .page = end_page, .html = "role_end",
        .posts = "/units/:unit/roles/:role/end"},
    {POST, "/units/:unit/roles/:role/end", WHO_STEWARD, "End a role", "Before its last day.", end_fields, .write = end_write,
        .act = "role.ended", .form = "role_end", .form_page = end_page, .rate = RATE_WRITE},
};

const Room people_roles_room = {.name = "people", .routes = routes, .route_count = COUNT_OF(routes)};
