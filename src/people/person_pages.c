/* person_pages.c: lists of people, and what is held of one. An organiser sees how she may be reached; a secretary all of it.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/account_pages.h"
#include "people/labels.h"
#include "people/shown.h"

#include "people/phone.h"

enum { LIST_MOST = 50, CHANGES_MOST = 100, NUMBER_MOST = 1000000000 };

static const Choice status_choices[] = {{"active", "active"}, {"applied", "applied"}, {"lapsed", "lapsed"}, {"suspended", "suspended"},
    {"resigned", "resigned"}, {"expelled", "expelled"}, {"died", "died"}, {0}};
static const Choice order_choices[] = {{"name", "By family name"}, {"newest", "Newest first"}, {0}};

/* ---- the list ---- */

/* Where the last page ended: her number alone stands in the address, so that no name does. Whoever is not of this unit is nobody. */
static Err continue_from(Req *req, PersonListing *l)
{
    DbRows rows;
    l->after = req_number(req, "after");
    if (!l->after || l->newest) return ERR_OK;
    Err e = db_one(req->db, req->arena, "people_list_key", DB_VALUES(db_number(l->after), db_string(l->scope.unit)), &rows);
    if (e == ERR_MISSING) return req_fail(req, e, "Whoever ended the page before is no longer on the list: begin again.");
    if (!e) l->after_key = db_text(&rows, "name_key");
    return e;
}

static void put_choices(View *view, Str key, const Choice *choices, Str chosen)
{
    View *array = view_put_array(view, key);
    for (const Choice *c = choices; c->value; c++) {
        View *v = view_add_object(array);
        view_put_str(v, S("value"), str_from_c(c->value));
        view_put_str(v, S("label"), str_from_c(c->label));
        view_put_bool(v, S("chosen"), str_equal(chosen, str_from_c(c->value)));
    }
}

static Str list_path(Req *req, const PersonListing *l, int64_t after)
{
    Buf b = buf_new(req->arena);
    buf_format(&b, "/units/%.*s/people?order=%s", STR_ARG(l->scope.unit), l->newest ? "newest" : "name");
    if (l->status.len) buf_format(&b, "&status=%.*s", STR_ARG(l->status));
    if (l->section.len) buf_format(&b, "&section=%.*s", STR_ARG(l->section));
    if (after) buf_format(&b, "&after=%lld", (long long)after);
    return buf_done(&b);
}

static Str export_path(Arena *a, const PersonListing *l)
{
    Buf b = buf_new(a);
    buf_format(&b, "/units/%.*s/people/export", STR_ARG(l->scope.unit));
    if (l->status.len) buf_format(&b, "?status=%.*s", STR_ARG(l->status));
    if (l->section.len) buf_format(&b, "%csection=%.*s", l->status.len ? '&' : '?', STR_ARG(l->section));
    return buf_done(&b);
}

static void put_lines(Req *req, View *view, const PersonListing *l, const PersonLine *lines, int count)
{
    View *array = view_put_array(view, S("people"));
    for (int i = 0; i < count && i < LIST_MOST; i++) {
        View *v = view_add_object(array);
        view_put_str(v, S("id"), lines[i].id);
        view_put_str(v, S("name"), lines[i].name.len ? lines[i].name : S("(no name)"));
        view_put_str(v, S("locality"), lines[i].locality);
        view_put_str(v, S("added_words"), day_words(req->arena, day_at(lines[i].added)));
        view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s/people/%.*s", STR_ARG(l->scope.unit), STR_ARG(lines[i].id)));
    }
    view_put_bool(view, S("has_people"), count > 0);
    view_put_str(view, S("next_path"), count > LIST_MOST ? list_path(req, l, lines[LIST_MOST - 1].number) : S(""));
    view_put_str(view, S("first_path"), l->after ? list_path(req, l, 0) : S(""));
}

static Err list_page(Req *req, View *view)
{
    Unit unit;
    PersonLine *lines;
    int count;
    bool secretary;
    PersonListing l = {.scope = access_scope(req),
        .status = req_text(req, "status"),
        .section = req_text(req, "section"),
        .newest = str_equal(req_text(req, "order"), S("newest")),
        .most = LIST_MOST + 1};
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = shown_secretary(req, &secretary);
    if (!e) e = continue_from(req, &l);
    if (!e) e = person_list(req->db, req->arena, &l, &lines, &count);
    if (e) return e;
    put_choices(view, S("statuses"), status_choices, l.status);
    put_choices(view, S("orders"), order_choices, l.newest ? S("newest") : S("name"));
    view_put_str(view, S("section"), l.section);
    view_put_bool(view, S("is_secretary"), secretary);
    view_put_bool(view, S("is_chosen"), l.status.len || l.section.len);
    view_put_str(view, S("export_path"), export_path(req->arena, &l));
    put_lines(req, view, &l, lines, count);
    return ERR_OK;
}

/* ---- one person ---- */

typedef struct Group {
    const char *title;
    PeopleColumn columns[8];
    int count;
} Group;

static const Group person_groups[] = {
    {"Who she is", {COL_GIVEN_NAME, COL_FAMILY_NAME, COL_BORN, COL_LANGUAGE, COL_ID}, 5},
    {"How she is reached", {COL_EMAIL, COL_PHONE, COL_PHONE_OTHER, COL_CONSENT, COL_CONSENT_SINCE}, 5},
    {"Where she lives", {COL_ADDRESS, COL_ADDRESS_MORE, COL_LOCALITY, COL_POSTCODE, COL_COUNTRY}, 5},
};
static const Group membership_groups[] = {
    {"Membership", {COL_SECTION, COL_CLASS, COL_JOINED, COL_RECORDED, COL_DECLARED}, 5},
    {"Payment", {COL_PAID_UNTIL, COL_FIRST_RECEIPT, COL_METHOD, COL_PAYER, COL_BANK, COL_MANDATE}, 6},
    {"How it came about", {COL_RECRUITER, COL_SIGNATURE, COL_DEVICE}, 3},
};

/* Rows that hold something; of those that are shown to her. */
static void put_groups(Req *req, View *view, const Group *groups, int count, const Values *values)
{
    Arena *a = req->arena;
    View *array = view_put_array(view, S("groups"));
    for (int i = 0; i < count; i++) {
        View *group = view_object(a), *rows = view_array(a);
        for (int k = 0; k < groups[i].count; k++) {
            PeopleColumn column = groups[i].columns[k];
            if (!values->of[column].len) continue;
            View *row = view_add_object(rows);
            view_put_str(row, S("column"), str_from_c(people_columns[column].name));
            view_put_str(row, S("name"), str_from_c(column_labels[column]));
            view_put_str(row, S("value"), values->of[column]);
            view_put_str(row, S("words"), shown_held(req, column, values->of[column]));
        }
        if (!view_first(rows)) continue;
        view_put_str(group, S("title"), str_from_c(groups[i].title));
        view_put(group, S("rows"), rows);
        view_add(array, group);
    }
}

static void put_spells(Arena *a, View *v, const Membership *m)
{
    View *array = view_put_array(v, S("spells"));
    for (int i = m->history_count - 1; i >= 0; i--) {
        View *spell = view_add_object(array);
        view_put_str(spell, S("status"), status_name(m->history[i].status));
        view_put_str(spell, S("since"), day_iso(a, m->history[i].since));
        view_put_str(spell, S("since_words"), m->history[i].since == DAY_NONE ? S("a day not known") : day_words(a, m->history[i].since));
        view_put_str(spell, S("reason"), m->history[i].reason);
    }
}

static void put_memberships(Req *req, View *view, const Person *p, bool secretary)
{
    Arena *a = req->arena;
    View *array = view_put_array(view, S("memberships"));
    for (int i = 0; i < p->membership_count; i++) {
        const Membership *m = &p->memberships[i];
        View *v = view_add_object(array);
        Values seen = secretary ? m->values : values_for_organiser(&m->values, S(""));
        view_put_str(v, S("id"), m->id);
        view_put_str(v, S("unit"), m->unit);
        view_put_str(v, S("unit_name"), m->unit_name);
        view_put_str(v, S("unit_path"), unit_page_path(a, m->unit));
        view_put_str(v, S("status"), m->values.of[COL_STATUS]);
        view_put_str(v, S("since_words"), shown_day(a, m->values.of[COL_STATUS_SINCE]));
        view_put_str(v, S("change_path"),
            str_format(a, "/units/%.*s/people/%.*s/memberships/%.*s", STR_ARG(req_text(req, "unit")), STR_ARG(p->id), STR_ARG(m->id)));
        put_groups(req, v, membership_groups, COUNT_OF(membership_groups), &seen);
        if (secretary) put_spells(a, v, m);
    }
}

/* The text of all statuses is there twice when a status changed. */
static bool is_told_already(const PersonChange *c, PeopleColumn column)
{
    bool told = false;
    for (int i = 0; i < c->value_count; i++) told |= c->values[i].column >= COL_STATUS && c->values[i].column <= COL_STATUS_REASON;
    return column == COL_HISTORY && told;
}

static void put_change(Req *req, View *v, const PersonChange *c)
{
    Arena *a = req->arena;
    view_put_i64(v, S("version"), c->version);
    view_put_str(v, S("at"), time_iso(a, c->at));
    view_put_str(v, S("at_words"), time_words(a, c->at));
    view_put_str(v, S("by"), str_equal(c->by, S("self")) ? S("herself") : c->by);
    view_put_str(v, S("reason"), c->reason);
    view_put_str(v, S("added"), c->added);
    view_put_bool(v, S("is_membership"), c->membership.len > 0);
    View *values = view_put_array(v, S("values"));
    for (int i = 0; i < c->value_count; i++) {
        PeopleColumn column = c->values[i].column;
        if (is_told_already(c, column)) continue;
        View *value = view_add_object(values);
        view_put_str(value, S("name"), str_from_c(column_labels[column]));
        view_put_str(value, S("was"), shown_held(req, column, c->values[i].was));
        view_put_str(value, S("is"), shown_held(req, column, c->values[i].is));
    }
}

static Err put_changes(Req *req, View *view, const Person *p)
{
    PersonChange *changes;
    int count;
    View *array = view_put_array(view, S("changes"));
    Err e = person_changes(req->db, req->arena, access_scope(req), p->id, CHANGES_MOST, &changes, &count);
    for (int i = 0; i < count && !e; i++) put_change(req, view_add_object(array), &changes[i]);
    view_put_bool(view, S("has_changes"), !e && count > 0);
    return e;
}

static Err put_requests(Req *req, View *view, const Person *p)
{
    View *requests = view_put_array(view, S("requests"));
    Err e = requests_of(req, p->id, requests);
    view_put_bool(view, S("has_requests"), view_first(requests) != NULL);
    return e;
}

static Err put_roles(Req *req, View *view, const Person *p)
{
    RoleHeld *roles;
    int count;
    View *array = view_put_array(view, S("roles"));
    Err e = roles_of(req->db, req->arena, p->id, req->now, &roles, &count);
    for (int i = 0; i < count && !e; i++) shown_role_put(req->arena, view_add_object(array), &roles[i]);
    return e;
}

Err shown_person(Req *req, Db *db, Person *ret_person)
{
    Str merged_into = {0};
    Scope scope = access_scope(req);
    Err e = person_find(db, req->arena, scope, req_text(req, "person"), ret_person, &merged_into);
    if (e != ERR_MISSING) return e;
    Person other;
    bool here = merged_into.len && !person_find(db, req->arena, scope, merged_into, &other, NULL);
    if (here)
        req_see(req, str_format(req->arena, "/units/%.*s/people/%.*s", STR_ARG(scope.unit), STR_ARG(merged_into)),
            S("The person into whom she was merged"));
    return req_fail(req, e, "There is nobody at this address.");
}

Err shown_person_head(Req *req, View *view, Person *ret_person)
{
    Unit unit;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = shown_person(req, req->db, ret_person);
    if (e) return e;
    View *v = view_put_object(view, S("person"));
    Str name = ret_person->name.len ? ret_person->name : S("(no name)");
    view_put_str(v, S("id"), ret_person->id);
    view_put_str(v, S("name"), name);
    view_put_i64(v, S("version"), ret_person->version);
    view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s/people/%.*s", STR_ARG(unit.slug), STR_ARG(ret_person->id)));
    view_put_str(v, S("added_words"), time_words(req->arena, ret_person->added));
    view_put_str(v, S("changed_words"), time_words(req->arena, ret_person->changed));
    req_title(req, str_format(req->arena, "%s: %.*s", req->route->title, STR_ARG(name)));
    return ERR_OK;
}

static Err person_page(Req *req, View *view)
{
    Person p;
    bool secretary;
    Err e = shown_person_head(req, view, &p);
    if (!e) e = shown_secretary(req, &secretary);
    if (e) return e;
    req_title(req, p.name.len ? p.name : S("(no name)"));
    Values seen = secretary ? p.values : values_for_organiser(&p.values, p.values.of[COL_CONSENT]);
    view_put_bool(view, S("is_secretary"), secretary);
    put_groups(req, view, person_groups, COUNT_OF(person_groups), &seen);
    put_memberships(req, view, &p, secretary);
    e = put_roles(req, view, &p);
    if (!e && secretary) e = put_requests(req, view, &p);
    return !e && secretary ? put_changes(req, view, &p) : e;
}

/* ---- the table ---- */

static const Field list_fields[] = {UNIT_FIELD, {"status", FIELD_CHOICE, .choices = status_choices, .label = "Status"},
    {"section", FIELD_SLUG, .label = "Section"}, {"order", FIELD_CHOICE, .choices = order_choices, .label = "Order"},
    {"after", FIELD_NUMBER, .min = 1, .max = NUMBER_MOST}, {0}};
static const Field person_fields[] = {UNIT_FIELD, {"person", FIELD_TOKEN, .required = true}, {0}};

static const Route routes[] = {
    {GET, "/units/:unit/people", WHO_ORGANISER, "People", "Those with a membership in this unit or below it, fifty a page.", list_fields,
        .page = list_page, .html = "people"},
    {GET, "/units/:unit/people/:person", WHO_ORGANISER, "Person",
        "An organiser sees how she agreed to be reached; a secretary all that is held, and what was changed.", person_fields,
        .page = person_page, .html = "person"},
};

const Room people_persons_room = {.name = "people", .routes = routes, .route_count = COUNT_OF(routes)};
