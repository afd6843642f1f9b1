/* duplicate_pages.c: the queue of people who may stand on the list twice: two records side by side, two people or one, and taking a merge back.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/duplicates.h"
#include "people/labels.h"
#include "people/shown.h"

enum { LIST_MOST = 50, MERGES_MOST = 100, READ_MOST = 100000 };

static Str unit_of(const Req *req)
{
    return req_text(req, "unit");
}

static Str pair_path(Req *req, Str one, Str other)
{
    return str_format(req->arena, "/units/%.*s/duplicates/%.*s/%.*s", STR_ARG(unit_of(req)), STR_ARG(one), STR_ARG(other));
}

static Err find_one(Req *req, Db *db, Str id, Person *p)
{
    Err e = person_find(db, req->arena, (Scope){unit_of(req)}, id, p, NULL);
    return e == ERR_MISSING ? req_fail(req, e, "There is no such person in this unit. She may have been merged or erased already.") : e;
}

/* ---- the queue ---- */

static void put_brief(View *v, const Person *p)
{
    view_put_str(v, S("name"), p->name);
    view_put_str(v, S("postcode"), p->values.of[COL_POSTCODE]);
    view_put_str(v, S("email"), p->values.of[COL_EMAIL]);
}

/* Those who went while the list was made are left out. */
static Err put_pair(Req *req, View *array, const Duplicate *d)
{
    Person one = {0}, other = {0};
    const Scope scope = {unit_of(req)};
    Err e = person_find(req->db, req->arena, scope, d->one, &one, NULL);
    if (!e) e = person_find(req->db, req->arena, scope, d->other, &other, NULL);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    View *v = view_add_object(array);
    put_brief(view_put_object(v, S("one")), &one);
    put_brief(view_put_object(v, S("other")), &other);
    view_put_str(v, S("path"), pair_path(req, d->one, d->other));
    view_put_str(v, S("reasons"), duplicate_words(req->arena, d->reasons));
    return ERR_OK;
}

static Err put_merges(Req *req, View *view)
{
    DbRows rows;
    View *merges = view_put_array(view, S("merges"));
    const int64_t since = req->now - MERGE_DAYS * INT64_C(24) * 60 * 60 * 1000;
    Err e = db_query(
        req->db, req->arena, "merge_list", DB_VALUES(db_string(unit_of(req)), db_number(since), db_number(MERGES_MOST)), &rows);
    while (!e && db_next(&rows)) {
        Person kept;
        e = person_find(req->db, req->arena, (Scope){unit_of(req)}, db_text(&rows, "kept"), &kept, NULL);
        if (e == ERR_MISSING) e = ERR_OK;
        else if (!e) {
            View *v = view_add_object(merges);
            view_put_str(v, S("name"), kept.name);
            view_put_str(v, S("by"), db_text(&rows, "merged_by"));
            view_put_str(v, S("at_words"), time_words(req->arena, db_i64(&rows, "at")));
            Str id = db_text(&rows, "id");
            view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s/merges/%.*s/undo", STR_ARG(unit_of(req)), STR_ARG(id)));
        }
    }
    view_put_bool(view, S("has_merges"), view_first(merges) != NULL);
    return e;
}

/* To read so many people takes seconds, which a page does not have: its units below have pages, and the machine a command. */
static Err is_too_large(Req *req, Str unit, bool *ret_large)
{
    DbRows rows;
    Err e = db_one(req->db, req->arena, "search_size", DB_VALUES(db_string(unit), db_number(READ_MOST + 1)), &rows);
    if (!e) *ret_large = db_i64(&rows, "memberships") > READ_MOST;
    return e;
}

static Err queue_page(Req *req, View *view)
{
    Unit unit;
    Duplicate *list = NULL;
    int count = 0;
    int64_t in_all = 0;
    bool large = false;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = is_too_large(req, unit.slug, &large);
    if (!e && !large) e = duplicates_find(req->db, req->arena, (Scope){unit.slug}, &list, &count, &in_all);
    if (e) return e;
    view_put_bool(view, S("is_large"), large);
    View *pairs = view_put_array(view, S("pairs"));
    for (int i = 0; i < count && i < LIST_MOST && !e; i++) e = put_pair(req, pairs, &list[i]);
    view_put_i64(view, S("in_all"), in_all);
    view_put_str(view, S("in_all_words"), shown_number(req->arena, in_all));
    view_put_bool(view, S("is_one"), in_all == 1);
    view_put_bool(view, S("none"), in_all == 0 && !large);
    view_put_bool(view, S("some"), in_all > 0);
    view_put_bool(view, S("is_cut"), in_all > LIST_MOST);
    return e ? e : put_merges(req, view);
}

/* ---- two side by side ---- */

static void put_row(Arena *a, View *rows, PeopleColumn column, const Person *one, const Person *other)
{
    Str v = one->values.of[column], w = other->values.of[column];
    if (!v.len && !w.len) return;
    View *row = view_add_object(rows);
    view_put_str(row, S("column"), str_from_c(people_columns[column].name));
    view_put_str(row, S("label"), str_from_c(column_labels[column]));
    view_put_str(row, S("one"), v.len ? shown_value(a, column, v) : S(""));
    view_put_str(row, S("other"), w.len ? shown_value(a, column, w) : S(""));
    bool differ = !str_equal(v, w);
    view_put_bool(row, S("differ"), differ);
    view_put_bool(row, S("take_other"), !v.len); /* what the one who is kept lacks */
}

static Str memberships_of(Arena *a, const Person *p)
{
    Buf b = buf_new(a);
    for (int i = 0; i < p->membership_count; i++) {
        const Values *m = &p->memberships[i].values;
        buf_format(&b, "%s%.*s: %.*s, joined %.*s", i ? "; " : "", STR_ARG(p->memberships[i].unit_name), STR_ARG(m->of[COL_STATUS]),
            STR_ARG(m->of[COL_JOINED].len ? shown_day(a, m->of[COL_JOINED]) : S("on a day that is not known")));
    }
    return buf_done(&b);
}

static void put_person(Req *req, View *v, const Person *p)
{
    put_brief(v, p);
    view_put_str(v, S("id"), p->id);
    view_put_i64(v, S("version"), p->version);
    view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s/people/%.*s", STR_ARG(unit_of(req)), STR_ARG(p->id)));
    view_put_str(v, S("memberships"), memberships_of(req->arena, p));
}

static Err pair_page(Req *req, View *view)
{
    Unit unit;
    Person one = {0}, other = {0};
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = find_one(req, req->db, req_text(req, "one"), &one);
    if (!e) e = find_one(req, req->db, req_text(req, "other"), &other);
    if (e) return e;
    put_person(req, view_put_object(view, S("one")), &one);
    put_person(req, view_put_object(view, S("other")), &other);
    View *rows = view_put_array(view, S("rows"));
    for (PeopleColumn i = 0; i < COL__COUNT; i++)
        if (people_columns[i].of_person && i != COL_NAME) put_row(req->arena, rows, i, &one, &other);
    view_put_str(view, S("reasons"), duplicate_words(req->arena, duplicate_reasons(req->arena, &one, &other)));
    view_put_str(view, S("pair_path"), pair_path(req, one.id, other.id));
    view_put_str(view, S("turned_path"), pair_path(req, other.id, one.id));
    view_put_str(view, S("queue_path"), str_format(req->arena, "/units/%.*s/duplicates", STR_ARG(unit.slug)));
    return ERR_OK;
}

static Str officer_words(Req *req)
{
    return str_format(req->arena, "%.*s, %.*s", STR_ARG(req->officer.name), STR_ARG(req->officer.role));
}

static Err two_write(Req *req, Db *db, View *answer)
{
    Person one = {0}, other = {0};
    Err e = find_one(req, db, req_text(req, "one"), &one);
    if (!e) e = find_one(req, db, req_text(req, "other"), &other);
    if (!e) e = duplicates_not_same(db, one.id, other.id, officer_words(req), req->now);
    if (e) return e;
    view_put_bool(answer, S("two"), true);
    req_redirect(req, "/units/%.*s/duplicates", STR_ARG(unit_of(req)));
    req_flash(req, "It was noted that they are two people; they will not be listed again.");
    return ERR_OK;
}

/* Each value that the form says is taken from the other. */
static void choose(Req *req, const Person *other, Values *values)
{
    const Str *names;
    int count = req_texts(req, "take", &names);
    for (int i = 0; i < count; i++) {
        PeopleColumn column = people_column(names[i]);
        if (column == COL__COUNT || !people_columns[column].of_person || column == COL_NAME) continue;
        values->of[column] = other->values.of[column].len ? other->values.of[column] : S("");
    }
}

static Err merge_write(Req *req, Db *db, View *answer)
{
    Person one = {0}, other = {0};
    Str id;
    Values values = {0};
    Err e = find_one(req, db, req_text(req, "one"), &one);
    if (!e) e = find_one(req, db, req_text(req, "other"), &other);
    if (e) return e;
    choose(req, &other, &values);
    Merge m = {
        unit_of(req), one.id, other.id, req_number(req, "one_version"), req_number(req, "other_version"), &values, officer_words(req)};
    e = merge_people(db, req->arena, &m, req->now, &id, &req->fault);
    if (e == ERR_CONFLICT) return req_fail(req, e, "Expected %.*s.", STR_ARG(req->fault.expected));
    if (e) return e;
    view_put_str(answer, S("id"), id);
    view_put_str(answer, S("person"), one.id);
    req_redirect(req, "/units/%.*s/duplicates", STR_ARG(unit_of(req)));
    req_flash(req, "The two records are one. It can be taken back for %d days.", MERGE_DAYS);
    return ERR_OK;
}

/* ---- taking it back ---- */

static Err undo_form(Req *req, View *view)
{
    Unit unit;
    DbRows row;
    Person kept;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = db_one(req->db, req->arena, "merge_find", DB_VALUES(db_string(req_text(req, "merge")), db_string(unit.slug)), &row);
    if (!e) e = find_one(req, req->db, db_text(&row, "kept"), &kept);
    if (e) return e;
    put_brief(view, &kept);
    view_put_str(view, S("by"), db_text(&row, "merged_by"));
    view_put_str(view, S("at_words"), time_words(req->arena, db_i64(&row, "at")));
    view_put_str(view, S("queue_path"), str_format(req->arena, "/units/%.*s/duplicates", STR_ARG(unit.slug)));
    return ERR_OK;
}

static Err undo_write(Req *req, Db *db, View *answer)
{
    Err e = merge_undo(db, req->arena, unit_of(req), req_text(req, "merge"), officer_words(req), req->now, &req->fault);
    if (e == ERR_CONFLICT) return req_fail(req, e, "It cannot be taken back any more: she was changed since.");
    if (e) return e;
    view_put_bool(answer, S("undone"), true);
    req_redirect(req, "/units/%.*s/duplicates", STR_ARG(unit_of(req)));
    req_flash(req, "The merge was taken back: there are two records again.");
    return ERR_OK;
}

static Err expire(Db *db, Command *command)
{
    return db_run(db, "merge_expire", DB_VALUES(db_number(command->now - MERGE_DAYS * INT64_C(24) * 60 * 60 * 1000)));
}

/* ---- the table ---- */

#define PAIR_FIELDS                                     \
    UNIT_FIELD, {"one", FIELD_TOKEN, .required = true}, \
    {                                                   \
        "other", FIELD_TOKEN, .required = true          \
    }
static const Field unit_fields[] = {UNIT_FIELD, {0}};
static const Field pair_fields[] = {PAIR_FIELDS, {0}};
static const Field merge_fields[] = {PAIR_FIELDS, {.name = "take", .kind = FIELD_LINE, .repeats = true, .max = 40},
    {"one_version", FIELD_NUMBER, .required = true, .min = 1, .max = INT32_MAX},
    {"other_version", FIELD_NUMBER, .required = true, .min = 1, .max = INT32_MAX}, {0}};
static const Field undo_fields[] = {UNIT_FIELD, {"merge", FIELD_TOKEN, .required = true}, {0}};

#define NO_ACT "none: the record names no member; it stands in the change log of both"

static const Route routes[] = {
    {GET, "/units/:unit/duplicates", WHO_SECRETARY, "On the list twice",
        "Pairs who may be one person, the likeliest first, and merges that can be taken back.", unit_fields, .page = queue_page,
        .html = "duplicates", .rate = RATE_WORK, .heavy = true},
    {GET, "/units/:unit/duplicates/:one/:other", WHO_SECRETARY, "One person or two", "Two records side by side.", pair_fields,
        .page = pair_page, .html = "duplicate_pair", .posts = "/units/:unit/duplicates/:one/:other/merge"},
    {POST, "/units/:unit/duplicates/:one/:other/two", WHO_SECRETARY, "One person or two", "They are two people: remembered.", pair_fields,
        .write = two_write, .act = NO_ACT, .form = "duplicate_pair", .form_page = pair_page, .rate = RATE_WRITE},
    {POST, "/units/:unit/duplicates/:one/:other/merge", WHO_SECRETARY, "One person or two",
        "Merges: the first is kept, with the values named in `take` from the other.", merge_fields, .write = merge_write, .act = NO_ACT,
        .form = "duplicate_pair", .form_page = pair_page, .rate = RATE_WRITE},
    {GET, "/units/:unit/merges/:merge/undo", WHO_SECRETARY, "Take a merge back", "Asks.", undo_fields, .page = undo_form,
        .html = "merge_undo", .posts = "/units/:unit/merges/:merge/undo"},
    {POST, "/units/:unit/merges/:merge/undo", WHO_SECRETARY, "Take a merge back", "Within thirty days, while she was not changed.",
        undo_fields, .write = undo_write, .act = NO_ACT, .form = "merge_undo", .form_page = undo_form, .rate = RATE_WRITE},
};

const Room people_duplicates_room = {.name = "people", .routes = routes, .route_count = COUNT_OF(routes), .expire = expire};
