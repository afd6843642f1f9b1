/* export_pages.c: a secretary takes her list away: she says why, the record says that she did, and for an hour the file is hers to fetch.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/people_export.h"
#include "people/shown.h"

static const Choice status_choices[] = {{"active", "active"}, {"applied", "applied"}, {"lapsed", "lapsed"}, {"suspended", "suspended"},
    {"resigned", "resigned"}, {"expelled", "expelled"}, {"died", "died"}, {0}};

/* What is asked for: a saved search, those of a status or section, or everybody. */
static Err find_what(Req *req, Db *db, Unit *unit, Criteria *part, Str *ret_name, PeopleExport *ret_what)
{
    Saved saved;
    Str search = req_text(req, "search"), status = req_text(req, "status"), section = req_text(req, "section");
    Err e = shown_unit(req, db, unit);
    if (!e && search.len) e = saved_find(db, req->arena, unit->slug, search, &saved);
    if (e == ERR_MISSING && search.len) return req_fail(req, e, "There is no such search here: it may have been deleted.");
    if (e) return e;
    *part = search.len ? saved.criteria : (Criteria){.status = status, .section = section};
    *ret_name = search.len ? saved.name : S("");
    bool is_part = search.len || status.len || section.len;
    *ret_what = (PeopleExport){.unit = unit->slug, .unit_name = unit->name, .part = is_part ? part : NULL, .now = req->now};
    return ERR_OK;
}

static void put_columns(View *view)
{
    View *array = view_put_array(view, S("columns"));
    for (PeopleColumn c = 0; c < COL__COUNT; c++) {
        if (c == COL_NAME) continue;
        View *v = view_add_object(array);
        view_put_str(v, S("name"), str_from_c(people_columns[c].name));
        view_put_str(v, S("help"), str_from_c(people_columns[c].help));
    }
}

static Err export_form(Req *req, View *view)
{
    Unit unit;
    Criteria part;
    PeopleExport what = {0};
    Str name = {0};
    int64_t count;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = find_what(req, req->db, &unit, &part, &name, &what);
    if (!e) e = people_export_count(req->db, req->arena, &what, &count);
    if (e) return e;
    view_put_bool(view, S("is_part"), what.part != NULL);
    view_put_str(view, S("selects"), what.part ? criteria_words(req->arena, &part) : S(""));
    view_put_str(view, S("search_name"), name);
    view_put_i64(view, S("count"), count);
    view_put_str(view, S("count_words"), shown_number(req->arena, count));
    view_put_bool(view, S("is_one"), count == 1);
    put_columns(view);
    view_put_str(view, S("search"), req_text(req, "search"));
    view_put_str(view, S("status"), req_text(req, "status"));
    view_put_str(view, S("section"), req_text(req, "section"));
    return ERR_OK;
}

static Str ready_path(Arena *a, Str unit, Str id)
{
    return str_format(a, "/units/%.*s/people/exports/%.*s", STR_ARG(unit), STR_ARG(id));
}

static Err export_write(Req *req, Db *db, View *answer)
{
    Unit unit;
    Criteria part;
    PeopleExport what = {0};
    Str name = {0};
    PeopleExportAsked asked = {.id = req_new_id(req), .person = req->person};
    Err e = find_what(req, db, &unit, &part, &name, &what);
    if (!e) e = people_export_count(db, req->arena, &what, &asked.count);
    if (!e) e = people_export_ask(db, req->arena, &asked, &what, req->officer, req_text(req, "reason"), req->now, &req->fault);
    if (e) return e;
    view_put_str(answer, S("id"), asked.id);
    view_put_i64(answer, S("leaf"), asked.leaf);
    req_redirect(req, "%.*s", STR_ARG(ready_path(req->arena, unit.slug, asked.id)));
    return ERR_OK;
}

static Err find_asked(Req *req, PeopleExportAsked *ret_asked)
{
    Err e = people_export_asked(req->db, req->arena, req_text(req, "unit"), req_text(req, "export"), req->person, req->now, ret_asked);
    return e == ERR_MISSING ? req_fail(req, e, "This list can no longer be fetched. Export it again.") : e;
}

static Err ready_page(Req *req, View *view)
{
    Unit unit;
    PeopleExportAsked asked;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = find_asked(req, &asked);
    if (e) return e;
    view_put_bool(view, S("is_part"), asked.is_part);
    view_put_i64(view, S("count"), asked.count);
    view_put_str(view, S("count_words"), shown_number(req->arena, asked.count));
    view_put_bool(view, S("is_one"), asked.count == 1);
    view_put_str(view, S("ends"), time_iso(req->arena, asked.ends));
    view_put_str(view, S("ends_words"), time_words(req->arena, asked.ends));
    view_put_i64(view, S("leaf"), asked.leaf);
    view_put_str(view, S("file_path"), str_format(req->arena, "%.*s/file", STR_ARG(ready_path(req->arena, unit.slug, asked.id))));
    return ERR_OK;
}

static Err put_piece(void *context, Str text)
{
    req_put(context, text);
    return ERR_OK;
}

static Err file_page(Req *req, View *view)
{
    (void)view;
    PeopleExportAsked asked;
    int64_t rows;
    Err e = find_asked(req, &asked);
    if (e) return e;
    const PeopleExport what = {.unit = asked.unit, .part = asked.is_part ? &asked.part : NULL, .now = req->now};
    e = people_export_write(req->db, &what, put_piece, req, &rows);
    if (e) return e;
    Str name = str_format(req->arena, "members-%.*s.csv", STR_ARG(asked.unit));
    return req_send_put(req, S("text/csv; charset=utf-8"), name);
}

/* ---- the table ---- */

#define WHAT_FIELDS                                                                                               \
    {.name = "search", .kind = FIELD_TOKEN}, {.name = "status", .kind = FIELD_CHOICE, .choices = status_choices}, \
    {                                                                                                             \
        .name = "section", .kind = FIELD_SLUG                                                                     \
    }

static const Field what_fields[] = {UNIT_FIELD, WHAT_FIELDS, {0}};
static const Field export_fields[] = {UNIT_FIELD, WHAT_FIELDS,
    {"reason", FIELD_LINE, .required = true, .max = ACT_REASON_MAX, .label = "What is the list needed for?",
        .hint = "Public, for ever. Name no member."},
    {0}};
static const Field ready_fields[] = {UNIT_FIELD, {"export", FIELD_TOKEN, .required = true}, {0}};

static const Route routes[] = {
    {GET, "/units/:unit/people/export", WHO_SECRETARY, "Export the list", "What the file will hold, and the form that asks why.",
        what_fields, .page = export_form, .html = "export", .posts = "/units/:unit/people/export", .rate = RATE_WORK},
    {POST, "/units/:unit/people/export", WHO_SECRETARY, "Export the list",
        "Leaves the entry of the public record; the file can then be fetched for an hour.", export_fields, .write = export_write,
        .act = "people.exported", .form = "export", .form_page = export_form, .rate = RATE_WRITE},
    {GET, "/units/:unit/people/exports/:export", WHO_SECRETARY, "The list is ready", "Where the file is, and until when.", ready_fields,
        .page = ready_page, .html = "export_ready"},
    {GET, "/units/:unit/people/exports/:export/file", WHO_SECRETARY, "The list", "CSV, in the columns in which lists are imported.",
        ready_fields, .page = file_page, .no_json = true, .heavy = true, .rate = RATE_WORK},
};

const Room people_export_room = {.name = "people", .routes = routes, .route_count = COUNT_OF(routes), .expire = people_export_expire};
