/* merge.c: of two records one, and back.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/duplicates.h"

#include "core/json.h"
#include "people/search.h"
#include "people/unit.h"

enum { BOUND_MOST = 32 };
static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

static Str json_of(Arena *a, const View *v)
{
    Buf b = buf_new(a);
    view_json(v, &b, false);
    return str_slice(buf_done(&b), 0, b.len - 1);
}

static void put_values(View *object, const Values *v)
{
    for (PeopleColumn i = 0; i < COL__COUNT; i++)
        if (people_columns[i].of_person && i != COL_NAME)
            view_put_str(object, str_from_c(people_columns[i].name), v->of[i].len ? v->of[i] : S(""));
}

static Values values_in(const View *object)
{
    Values v = {0};
    for (PeopleColumn i = 0; i < COL__COUNT; i++) {
        const View *text = people_columns[i].of_person ? view_get(object, str_from_c(people_columns[i].name)) : NULL;
        if (text && view_kind(text) == VIEW_STR) v.of[i] = view_str(text);
    }
    return v;
}

/* ---- merging ---- */

static Err read_both(Db *db, Arena *a, const Merge *m, int64_t now, Person *kept, Person *gone, Fault *fault)
{
    RoleHeld *roles;
    int role_count;
    const Scope scope = {m->unit};
    Person whole;
    Err e = str_equal(m->kept, m->gone) ? ERR_MISSING : person_find(db, a, scope, m->kept, &whole, NULL);
    if (!e) e = person_find(db, a, scope, m->gone, &whole, NULL);
    if (!e) e = person_find(db, a, scope_all(), m->kept, kept, NULL);
    if (!e) e = person_find(db, a, scope_all(), m->gone, gone, NULL);
    if (!e) e = roles_of(db, a, m->gone, now, &roles, &role_count);
    if (e) return e;
    if (kept->version != m->kept_version || gone->version != m->gone_version)
        return fault_set(fault, ERR_CONFLICT, 0, 0, S("that nobody changed either of them meanwhile: look at them again"), (Str){0});
    if (role_count)
        return fault_set(fault, ERR_CONFLICT, 0, 0, S("somebody without a role to go: end it first, or keep her record"), (Str){0});
    return ERR_OK;
}

/* How she signs in, and what she asked: the password goes with the record, and her requests go on with the one that is kept. */
static Err put_account(Db *db, Arena *a, Str gone, View *before)
{
    DbRows rows;
    Err e = db_query(db, a, "account_password_of", DB_VALUES(db_string(gone)), &rows);
    if (!e && db_next(&rows)) {
        View *account = view_put_object(before, S("account"));
        view_put_str(account, S("password"), db_text(&rows, "password"));
        view_put_i64(account, S("set"), db_i64(&rows, "password_set"));
    }
    if (!e) e = db_query(db, a, "person_requests_of", DB_VALUES(db_string(gone)), &rows);
    View *requests = view_put_array(before, S("requests"));
    while (!e && db_next(&rows)) view_add_str(requests, db_text(&rows, "id"));
    return e;
}

static Err write_before(Db *db, Arena *a, const Person *kept, const Person *gone, Str *ret_before)
{
    DbRows row;
    Err e = db_one(db, a, "merge_row", DB_VALUES(db_string(gone->id)), &row);
    if (e) return e;
    View *before = view_object(a), *g = view_put_object(before, S("gone"));
    view_put_i64(g, S("number"), db_i64(&row, "number"));
    view_put_i64(g, S("version"), db_i64(&row, "version"));
    view_put_i64(g, S("added"), db_i64(&row, "added"));
    view_put_str(g, S("import"), db_text(&row, "import"));
    put_values(view_put_object(g, S("values")), &gone->values);
    put_values(view_put_object(before, S("kept")), &kept->values);
    View *memberships = view_put_array(before, S("memberships"));
    for (int i = 0; i < gone->membership_count; i++) view_add_str(memberships, gone->memberships[i].id);
    e = put_account(db, a, gone->id, before);
    if (!e) *ret_before = json_of(a, before);
    return e;
}

/* What leads to the one who goes, and is not hers any more: how she signs in. */
static Err drop_gone(Db *db, Arena *a, const Person *gone, Str kept, int64_t now)
{
    static const char *const statements[] = {"account_end_sessions", "account_drop_links", "account_password_drop", "email_change_drop",
        "account_drop_mail", "saved_forget_owner", "people_erase_roles"};
    const DbValue id = db_string(gone->id);
    Err e = search_drop(db, a, gone->id);
    for (int i = 0; i < COUNT_OF(statements) && !e; i++) e = db_run(db, statements[i], DB_VALUES(id));
    if (!e) e = db_run(db, "merge_memberships", DB_VALUES(id, db_string(kept)));
    if (!e) e = db_run(db, "merge_requests", DB_VALUES(id, db_string(kept)));
    if (!e) e = db_run(db, "merge_drop_person", DB_VALUES(id));
    return e ? e : db_run(db, "people_gone_add", DB_VALUES(id, db_string(kept), db_number(now)));
}

/* A line in her log, with a new version, whether or not a value changed. */
static Err note(Db *db, Arena *a, Str id, const char *words, const Values *values, const Hand *hand, int64_t *ret_version)
{
    Person p;
    bool changed;
    Err e = person_change(db, a, id, 0, values, hand, &changed);
    if (!e) e = person_find(db, a, scope_all(), id, &p, NULL);
    if (e) return e;
    *ret_version = p.version + 1;
    View *what = view_object(a);
    view_put_str(what, S("added"), str_from_c(words));
    e = db_run(db, "people_person_version", DB_VALUES(db_string(id), db_number(*ret_version), db_number(hand->now)));
    if (!e)
        e = db_run(db, "people_change_add",
            DB_VALUES(db_string(id), db_number(*ret_version), db_number(hand->now), db_string(hand->by), db_string(json_of(a, what)),
                db_string(hand->reason)));
    return e ? e : search_put(db, a, id);
}

Err merge_people(Db *db, Arena *a, const Merge *m, int64_t now, Str *ret_id, Fault *fault)
{
    Person kept, gone;
    Str before;
    int64_t version;
    const Hand hand = {.by = m->by, .reason = S("two records of one person were merged"), .now = now};
    Err e = read_both(db, a, m, now, &kept, &gone, fault);
    if (!e) e = write_before(db, a, &kept, &gone, &before);
    if (!e) e = drop_gone(db, a, &gone, kept.id, now);
    if (!e) e = note(db, a, kept.id, "by a merge", m->values, &hand, &version);
    if (e) return e;
    Str id = person_new_id(a, now);
    e = db_run(db, "merge_add",
        DB_VALUES(db_string(id), db_string(m->unit), db_string(kept.id), db_string(gone.id), db_number(version), db_string(before),
            db_string(m->by), db_number(now)));
    if (!e) *ret_id = id;
    return e;
}

/* ---- taking it back ---- */

static int64_t number_of(const View *v, const char *key)
{
    const View *n = view_get(v, str_from_c(key));
    return n ? view_i64(n) : 0;
}

static Err account_back(Db *db, Str kept, Str gone, const View *before)
{
    Err e = ERR_OK;
    const View *account = view_get(before, S("account")), *requests = view_get(before, S("requests"));
    if (account)
        e = db_run(db, "account_password_put",
            DB_VALUES(db_string(gone), db_string(view_str(view_get(account, S("password")))), db_number(number_of(account, "set"))));
    for (const View *r = requests ? view_first(requests) : NULL; r && !e; r = view_next(r))
        e = db_run(db, "merge_request_back", DB_VALUES(db_string(kept), db_string(view_str(r)), db_string(gone)));
    return e;
}

static Err bring_back(Db *db, Arena *a, Str kept, Str gone, const View *before)
{
    DbValue bound[BOUND_MOST];
    const View *g = view_get(before, S("gone"));
    Values values = values_in(view_get(g, S("values")));
    int count = person_bind(a, &values, gone, number_of(g, "number"), view_str(view_get(g, S("import"))), number_of(g, "added"), bound);
    Err e = db_run(db, "people_person_add", bound, count);
    if (!e) e = db_run(db, "merge_version", DB_VALUES(db_string(gone), db_number(number_of(g, "version"))));
    if (!e) e = db_run(db, "merge_gone_back", DB_VALUES(db_string(gone)));
    for (const View *m = view_first(view_get(before, S("memberships"))); m && !e; m = view_next(m))
        e = db_run(db, "merge_membership_back", DB_VALUES(db_string(kept), db_string(view_str(m)), db_string(gone)));
    return e ? e : account_back(db, kept, gone, before);
}

static Err undo(Db *db, Arena *a, const DbRows *row, const Hand *hand, Fault *fault)
{
    View *before;
    Person p;
    int64_t version;
    Str kept = db_text(row, "kept"), gone = db_text(row, "gone");
    Err e = person_find(db, a, scope_all(), kept, &p, NULL);
    if (e == ERR_MISSING || (!e && p.version != db_i64(row, "version")))
        return fault_set(fault, ERR_CONFLICT, 0, 0, S("that she was not changed since the merge"), (Str){0});
    if (!e) e = json_read(a, db_text(row, "before"), &before, fault);
    if (e) return e;
    /* First hers, so that an identifier which both cannot have is free again. */
    Values was = values_in(view_get(before, S("kept")));
    e = note(db, a, kept, "back by taking a merge back", &was, hand, &version);
    if (!e) e = bring_back(db, a, kept, gone, before);
    if (!e) e = search_put(db, a, gone);
    if (!e) e = search_put(db, a, kept);
    return e ? e : db_run(db, "merge_drop", DB_VALUES(db_string(db_text(row, "id"))));
}

Err merge_undo(Db *db, Arena *a, Str unit, Str id, Str by, int64_t now, Fault *fault)
{
    DbRows row;
    const Hand hand = {.by = by, .reason = S("the merge was taken back"), .now = now};
    Err e = db_one(db, a, "merge_find", DB_VALUES(db_string(id), db_string(unit)), &row);
    if (e) return e;
    if (db_i64(&row, "at") < now - MERGE_DAYS * day_ms) return ERR_MISSING;
    return undo(db, a, &row, &hand, fault);
}
