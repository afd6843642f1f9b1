/* unit_pages.c: the units of the organisation, for everybody; and for those who hold a role there, what they can do.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/shown.h"

enum { TREE_WHOLE = 400 }; /* with more units than that the list shows two levels, and each unit's page those below it */

static const Choice kind_choices[] = {{"national", "National"}, {"region", "Region"}, {"constituency", "Constituency"},
    {"branch", "Branch"}, {"union", "Union"}, {"society", "Society"}, {"other", "Another kind"}, {0}};

/* ---- the tree ---- */

/* Those of the list that stand just below `above`, each with those below it; the list has each after the one above it. */
static void put_branch(Arena *a, const Unit *units, int count, Str above, View *array)
{
    for (int i = 0; i < count; i++) {
        if (!str_equal(units[i].above, above)) continue;
        View *v = view_add_object(array);
        shown_unit_put(a, v, &units[i]);
        View *below = view_put_array(v, S("below"));
        put_branch(a, units, count, units[i].slug, below);
        view_put_bool(v, S("has_below"), view_first(below) != NULL);
    }
}

static Err put_two_levels(Req *req, View *array)
{
    Unit *tops, *units;
    int top_count, count;
    Err e = unit_below(req->db, req->arena, S(""), &tops, &top_count);
    for (int i = 0; i < top_count && !e; i++) {
        View *v = view_add_object(array);
        shown_unit_put(req->arena, v, &tops[i]);
        View *below = view_put_array(v, S("below"));
        e = unit_below(req->db, req->arena, tops[i].slug, &units, &count);
        view_put_bool(v, S("has_below"), count > 0);
        for (int k = 0; k < count && !e; k++) {
            View *u = view_add_object(below);
            shown_unit_put(req->arena, u, &units[k]);
            view_put_bool(u, S("has_below"), false);
        }
    }
    return e;
}

static Err units_page(Req *req, View *view)
{
    DbRows rows;
    Unit *units;
    int count;
    Err e = db_one(req->db, req->arena, "people_units_count", DB_NO_VALUES, &rows);
    if (e) return e;
    int64_t in_all = db_i64(&rows, "units");
    view_put_i64(view, S("count"), in_all);
    view_put_str(view, S("count_words"), shown_number(req->arena, in_all));
    view_put_bool(view, S("is_one"), in_all == 1);
    view_put_bool(view, S("is_cut"), in_all > TREE_WHOLE);
    View *tree = view_put_array(view, S("units"));
    if (in_all > TREE_WHOLE) return put_two_levels(req, tree);
    e = unit_under(req->db, req->arena, scope_all(), &units, &count);
    if (!e) put_branch(req->arena, units, count, S(""), tree);
    return e;
}

/* ---- one unit ---- */

/* What those who hold a role on the unit, or above it, find there. Whoever adds a page for them adds its line. */
static const struct {
    RoleKind kind;
    const char *name, *path, *says;
} doings[] = {
    {ROLE_SECRETARY, "People", "/people", "the list, and what is held of each"},
    {ROLE_SECRETARY, "Find people", "/search", "by a part of a name, number or postcode"},
    {ROLE_SECRETARY, "Saved searches", "/searches", "whom you mean, described once: with counts"},
    {ROLE_SECRETARY, "On the list twice", "/duplicates", "records that may be of one person: merge them, or say that they are two"},
    {ROLE_ORGANISER, "People", "/people", "the list, and how they agreed to be reached"},
    {ROLE_ORGANISER, "Find people", "/search", "by a part of a name, number or postcode"},
    {ROLE_ORGANISER, "Saved searches", "/searches", "whom you mean, described once: with counts"},
    {ROLE_SECRETARY, "Imports", "/imports", "bring a list in, checked first; take one back"},
    {ROLE_SECRETARY, "Export the list", "/people/export", "take it away as a file; that you do is public"},
    {ROLE_SECRETARY, "Add a person", "/people/new", "by hand, with her membership"},
    {ROLE_SECRETARY, "What members ask", "/requests", "what they would have put right"},
    {ROLE_RETURNING, "Rolls", "/rolls", "who may take part: rules, preview, freeze, corrections"},
};

static Err put_yours(Req *req, View *view, const Unit *unit, bool *ret_any)
{
    bool held[ROLE__COUNT] = {0};
    View *links = view_put_array(view, S("doings"));
    Buf yours = buf_new(req->arena);
    *ret_any = false;
    for (RoleKind kind = 0; kind < ROLE__COUNT && req->person.len; kind++) {
        Officer officer;
        Err e = role_holds(req->db, req->arena, req->person, kind, unit->slug, req->now, &officer);
        if (e && e != ERR_DENIED) return e;
        held[kind] = !e;
        if (!e) buf_format(&yours, "%s%.*s", *ret_any ? ", " : "", STR_ARG(officer.role));
        *ret_any = *ret_any || held[kind];
    }
    view_put_str(view, S("yours"), buf_done(&yours));
    for (int i = 0; i < COUNT_OF(doings); i++) {
        bool wider = doings[i].kind == ROLE_ORGANISER && held[ROLE_SECRETARY]; /* the secretary's own line says more */
        if (!held[doings[i].kind] || wider) continue;
        View *v = view_add_object(links);
        view_put_str(v, S("name"), str_from_c(doings[i].name));
        view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s%s", STR_ARG(unit->slug), doings[i].path));
        view_put_str(v, S("says"), str_from_c(doings[i].says));
    }
    return ERR_OK;
}

/* Figures of one kind added up: {name, count}. */
typedef struct Sum {
    Str name;
    int64_t count;
} Sum;

static int add_sum(Sum *sums, int count, Str name, int64_t more)
{
    int i = 0;
    while (i < count && !str_equal(sums[i].name, name)) i++;
    if (i == count) sums[count++] = (Sum){.name = name};
    sums[i].count += more;
    return count;
}

static Str name_of(const UnitFigure *f, int which)
{
    return which == 0 ? f->status : which == 1 ? f->section : f->class;
}

/* By status all of them; by section and class those that are active. */
static void put_sums(Arena *a, View *array, const char *title, const UnitFigure *figures, int count, int which)
{
    Sum *sums = arena_new(a, Sum, (size_t)count + 1);
    int sum_count = 0;
    for (int i = 0; i < count; i++)
        if (which == 0 || str_equal(figures[i].status, S("active")))
            sum_count = add_sum(sums, sum_count, name_of(&figures[i], which), figures[i].memberships);
    if (!sum_count || (sum_count == 1 && !sums[0].name.len)) return;
    View *v = view_add_object(array);
    view_put_str(v, S("title"), str_from_c(title));
    View *rows = view_put_array(v, S("rows"));
    for (int i = 0; i < sum_count; i++) {
        View *row = view_add_object(rows);
        view_put_str(row, S("name"), sums[i].name.len ? sums[i].name : S("not said"));
        view_put_i64(row, S("memberships"), sums[i].count);
        view_put_str(row, S("memberships_words"), shown_number(a, sums[i].count));
    }
}

static Err put_figures(Req *req, View *view, const Unit *unit)
{
    UnitFigure *figures;
    int count;
    View *array = view_put_array(view, S("figures"));
    Err e = unit_figures(req->db, req->arena, unit->slug, &figures, &count);
    if (e) return e;
    put_sums(req->arena, array, "Memberships by status", figures, count, 0);
    put_sums(req->arena, array, "Active memberships by section", figures, count, 1);
    put_sums(req->arena, array, "Active memberships by class", figures, count, 2);
    return ERR_OK;
}

static Err put_officers(Req *req, View *view, const Unit *unit)
{
    RoleHeld *roles;
    int count;
    View *officers = view_put_array(view, S("officers"));
    Err e = roles_on(req->db, req->arena, unit->slug, req->now, &roles, &count);
    for (int i = 0; i < count && !e; i++) shown_role_put(req->arena, view_add_object(officers), &roles[i]);
    view_put_bool(view, S("has_officers"), view_first(officers) != NULL);
    return e;
}

static Err put_below(Req *req, View *view, const Unit *unit)
{
    Unit *units;
    int count;
    View *below = view_put_array(view, S("units"));
    Err e = unit_below(req->db, req->arena, unit->slug, &units, &count);
    for (int i = 0; i < count && !e; i++) {
        View *v = view_add_object(below);
        shown_unit_put(req->arena, v, &units[i]);
        view_put_bool(v, S("has_below"), false);
    }
    view_put_bool(view, S("has_units"), view_first(below) != NULL);
    return e;
}

static Err unit_page(Req *req, View *view)
{
    Unit unit;
    bool any = false;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = put_officers(req, view, &unit);
    if (!e) e = put_below(req, view, &unit);
    if (!e) e = put_yours(req, view, &unit, &any);
    if (!e && any) e = put_figures(req, view, &unit);
    if (e) return e;
    req_title(req, unit.name);
    view_put_str(view, S("record_path"), str_format(req->arena, "/record?unit=%.*s", STR_ARG(unit.slug)));
    view_put_bool(view, S("is_steward"), req->who == WHO_STEWARD);
    view_put_bool(view, S("is_officer"), any);
    return ERR_OK;
}

/* ---- the steward: adding, renaming, moving ---- */

static Err wrong_of(Req *req, Err e)
{
    const char *field = e == ERR_CONFLICT && req->route->fields && req_given(req, "above") ? "above" : NULL;
    if (e != ERR_INPUT && e != ERR_CONFLICT && e != ERR_MISSING) return e;
    Str expected = req->fault.expected, found = req->fault.found;
    return found.len ? req_wrong(req, field, "Expected %.*s, found %.*s", STR_ARG(expected), STR_ARG(found))
                     : req_wrong(req, field, "Expected %.*s", STR_ARG(expected));
}

static Err add_form(Req *req, View *view)
{
    (void)view;
    if (req->route->method == GET && req_given(req, "below")) req_prefill(req, "above", req_text(req, "below"));
    return ERR_OK;
}

static Err add_write(Req *req, Db *db, View *answer)
{
    Unit unit = {
        .slug = req_text(req, "slug"), .name = req_text(req, "name"), .kind = req_text(req, "kind"), .above = req_text(req, "above")};
    Err e = unit_add(db, req->arena, &unit, req->officer, req->now, &req->fault);
    if (e) return wrong_of(req, e);
    view_put_str(answer, S("slug"), unit.slug);
    req_redirect(req, "/units/%.*s", STR_ARG(unit.slug));
    req_flash(req, "The unit was added.");
    return ERR_OK;
}

static Err rename_form(Req *req, View *view)
{
    Unit unit;
    Err e = shown_unit_head(req, view, &unit);
    if (e || req->route->method != GET) return e;
    req_prefill(req, "name", unit.name);
    req_prefill(req, "kind", unit.kind);
    return ERR_OK;
}

static Err rename_write(Req *req, Db *db, View *answer)
{
    Str slug = req_text(req, "unit");
    Err e = unit_rename(db, req->arena, slug, req_text(req, "name"), req_text(req, "kind"), req->officer, req->now, &req->fault);
    if (e == ERR_MISSING) return req_fail(req, e, "There is no unit at this address.");
    if (e) return wrong_of(req, e);
    view_put_str(answer, S("slug"), slug);
    req_redirect(req, "/units/%.*s", STR_ARG(slug));
    req_flash(req, "The unit was renamed.");
    return ERR_OK;
}

static Err move_form(Req *req, View *view)
{
    Unit unit;
    Err e = shown_unit_head(req, view, &unit);
    if (!e && req->route->method == GET) req_prefill(req, "above", unit.above);
    return e;
}

static Err move_write(Req *req, Db *db, View *answer)
{
    Str slug = req_text(req, "unit");
    Unit unit;
    Err e = shown_unit(req, db, &unit);
    if (e) return e;
    e = unit_move(db, req->arena, slug, req_text(req, "above"), req->officer, req->now, &req->fault);
    if (e) return wrong_of(req, e);
    view_put_str(answer, S("slug"), slug);
    req_redirect(req, "/units/%.*s", STR_ARG(slug));
    req_flash(req, "The unit was moved, with all below it.");
    return ERR_OK;
}

/* ---- the table ---- */

#define NAME_FIELD                                                                  \
    {                                                                               \
        "name", FIELD_LINE, .required = true, .max = UNIT_NAME_MAX, .label = "Name" \
    }
#define KIND_FIELD                                                                                             \
    {                                                                                                          \
        "kind", FIELD_CHOICE, .required = true, .choices = kind_choices, .label = "Kind", .standard = "branch" \
    }
static const Field unit_fields[] = {UNIT_FIELD, {0}};
static const Field add_page_fields[] = {{.name = "below", .kind = FIELD_SLUG}, {0}};
static const Field add_fields[] = {NAME_FIELD,
    {"slug", FIELD_SLUG, .required = true, .max = UNIT_SLUG_MAX, .label = "Address",
        .hint = "Its part of the address, as in /units/leeds-north-east: lower-case letters, digits and hyphens. It never changes."},
    KIND_FIELD,
    {"above", FIELD_SLUG, .label = "The unit above it",
        .hint = "The address of that unit, as in leeds; empty at the top of the organisation."},
    {0}};
static const Field rename_fields[] = {UNIT_FIELD, NAME_FIELD, KIND_FIELD, {0}};
static const Field move_fields[] = {UNIT_FIELD,
    {"above", FIELD_SLUG, .label = "The unit above it",
        .hint = "The address of that unit, as in leeds; empty at the top of the organisation."},
    {0}};

static const Route routes[] = {
    {GET, "/units", WHO_ANYONE, "Units", "The organisation's units, as a tree.", .page = units_page, .html = "units", .topic = "units",
        .nav = "Units"},
    {GET, "/units/:unit", WHO_ANYONE, "Unit", "A unit: its officers, the units below it; for those who hold a role there, figures too.",
        unit_fields, .page = unit_page, .html = "unit", .heavy = true},
    {GET, "/steward/unit", WHO_STEWARD, "Add a unit", NULL, add_page_fields, .page = add_form, .html = "unit_add",
        .posts = "/steward/unit"},
    {POST, "/steward/unit", WHO_STEWARD, "Add a unit", "Adds a unit to the tree.", add_fields, .write = add_write, .act = "unit.changed",
        .form = "unit_add", .form_page = add_form, .rate = RATE_WRITE},
    {GET, "/units/:unit/name", WHO_STEWARD, "Rename", NULL, unit_fields, .page = rename_form, .html = "unit_form",
        .posts = "/units/:unit/name"},
    {POST, "/units/:unit/name", WHO_STEWARD, "Rename", "Gives a unit another name or kind.", rename_fields, .write = rename_write,
        .act = "unit.changed", .form = "unit_form", .form_page = rename_form, .rate = RATE_WRITE},
    {GET, "/units/:unit/place", WHO_STEWARD, "Move", NULL, unit_fields, .page = move_form, .html = "unit_form",
        .posts = "/units/:unit/place"},
    {POST, "/units/:unit/place", WHO_STEWARD, "Move", "Puts a unit, and all below it, elsewhere in the tree.", move_fields,
        .write = move_write, .act = "unit.changed", .form = "unit_form", .form_page = move_form, .rate = RATE_WRITE},
};

const Room people_units_room = {.name = "people", .routes = routes, .route_count = COUNT_OF(routes)};
