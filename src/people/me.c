/* me.c: what is held about a person, as she sees it: with who else does, to take away, and to change (me_write.c). SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/account_pages.h"

#include "http/visit.h"
#include "people/post.h"
#include "people/shown.h"
#include "people/unit.h"

#include <string.h>

enum { CHANGES_MOST = 200 };

/* ---- who sees what ---- */

enum { SECRETARY_SEES = 1, ORGANISER_SEES = 2, RETURNING_SEES = 4, AUDIT_COMPARES = 8 };

static const uint8_t seen_by[COL__COUNT] = {
    [COL_ID] = SECRETARY_SEES | RETURNING_SEES,
    [COL_GIVEN_NAME] = SECRETARY_SEES | ORGANISER_SEES | RETURNING_SEES,
    [COL_FAMILY_NAME] = SECRETARY_SEES | ORGANISER_SEES | RETURNING_SEES,
    [COL_BORN] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_EMAIL] = SECRETARY_SEES | ORGANISER_SEES | AUDIT_COMPARES,
    [COL_PHONE] = SECRETARY_SEES | ORGANISER_SEES | AUDIT_COMPARES,
    [COL_PHONE_OTHER] = SECRETARY_SEES | ORGANISER_SEES | AUDIT_COMPARES,
    [COL_ADDRESS] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_ADDRESS_MORE] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_LOCALITY] = SECRETARY_SEES | ORGANISER_SEES | AUDIT_COMPARES,
    [COL_POSTCODE] = SECRETARY_SEES | ORGANISER_SEES | AUDIT_COMPARES,
    [COL_COUNTRY] = SECRETARY_SEES | ORGANISER_SEES,
    [COL_LANGUAGE] = SECRETARY_SEES | ORGANISER_SEES,
    [COL_CONSENT] = SECRETARY_SEES | ORGANISER_SEES,
    [COL_CONSENT_SINCE] = SECRETARY_SEES | ORGANISER_SEES,
    [COL_UNIT] = SECRETARY_SEES | ORGANISER_SEES | RETURNING_SEES,
    [COL_SECTION] = SECRETARY_SEES | ORGANISER_SEES | RETURNING_SEES,
    [COL_CLASS] = SECRETARY_SEES | ORGANISER_SEES | RETURNING_SEES,
    [COL_STATUS] = SECRETARY_SEES | ORGANISER_SEES | RETURNING_SEES,
    [COL_STATUS_SINCE] = SECRETARY_SEES | RETURNING_SEES,
    [COL_STATUS_REASON] = SECRETARY_SEES | RETURNING_SEES,
    [COL_HISTORY] = SECRETARY_SEES | RETURNING_SEES,
    [COL_JOINED] = SECRETARY_SEES | ORGANISER_SEES | RETURNING_SEES,
    [COL_RECORDED] = SECRETARY_SEES | RETURNING_SEES,
    [COL_FIRST_RECEIPT] = SECRETARY_SEES | RETURNING_SEES,
    [COL_PAID_UNTIL] = SECRETARY_SEES | RETURNING_SEES,
    [COL_PAYER] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_BANK] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_METHOD] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_RECRUITER] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_MANDATE] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_SIGNATURE] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_DEVICE] = SECRETARY_SEES | AUDIT_COMPARES,
    [COL_DECLARED] = SECRETARY_SEES | RETURNING_SEES,
};

static Str seen_words(Arena *a, uint8_t by)
{
    Buf b = buf_new(a);
    buf_str(&b, S("your secretary"));
    if (by & ORGANISER_SEES) buf_str(&b, S(", organisers who find you by a search"));
    if (by & RETURNING_SEES) buf_str(&b, S(", the returning officer"));
    if (by & AUDIT_COMPARES) buf_str(&b, S(", the returning officer where a roll's audit compares it"));
    return buf_done(&b);
}

/* "First receipt" */
static Str label_of(Arena *a, PeopleColumn column)
{
    Str name = str_from_c(people_columns[column].name);
    char *label = arena_new(a, char, name.len);
    for (size_t i = 0; i < name.len; i++) label[i] = name.ptr[i] == '_' ? ' ' : name.ptr[i];
    if (label[0] >= 'a' && label[0] <= 'z') label[0] = (char)(label[0] - 'a' + 'A');
    return (Str){label, name.len};
}

static void put_held(Req *req, View *array, const Values *values, bool of_person)
{
    for (PeopleColumn i = 0; i < COL__COUNT; i++) {
        if (people_columns[i].of_person != of_person || i == COL_NAME || !values->of[i].len) continue;
        View *held = view_add_object(array);
        view_put_str(held, S("column"), str_from_c(people_columns[i].name));
        view_put_str(held, S("label"), label_of(req->arena, i));
        view_put_str(held, S("value"), values->of[i]);
        view_put_str(held, S("shown"), shown_held(req, i, values->of[i]));
        view_put_str(held, S("seen_by"), seen_words(req->arena, seen_by[i]));
    }
}

/* ---- the whole of it ---- */

static void put_memberships(Req *req, View *array, const Person *p)
{
    for (int i = 0; i < p->membership_count; i++) {
        const Membership *m = &p->memberships[i];
        View *v = view_add_object(array);
        view_put_str(v, S("unit"), m->unit);
        view_put_str(v, S("unit_name"), m->unit_name);
        put_held(req, view_put_array(v, S("held")), &m->values, false);
    }
}

static void put_change(Req *req, View *array, const PersonChange *c)
{
    Arena *a = req->arena;
    View *v = view_add_object(array);
    view_put_str(v, S("at"), time_iso(a, c->at));
    view_put_str(v, S("at_words"), time_words(a, c->at));
    view_put_str(v, S("by"), c->by);
    view_put_bool(v, S("by_herself"), str_equal(c->by, S("self")));
    view_put_str(v, S("reason"), c->reason);
    view_put_str(v, S("unit"), c->unit);
    view_put_str(v, S("added"), c->added);
    View *values = view_put_array(v, S("values"));
    for (int k = 0; k < c->value_count; k++) {
        View *value = view_add_object(values);
        view_put_str(value, S("label"), label_of(a, c->values[k].column));
        view_put_str(value, S("was"), shown_held(req, c->values[k].column, c->values[k].was));
        view_put_str(value, S("is"), shown_held(req, c->values[k].column, c->values[k].is));
    }
}

static Err put_changes(Req *req, View *array)
{
    PersonChange *changes;
    int count;
    Err e = person_changes(req->db, req->arena, scope_all(), req->person, CHANGES_MOST, &changes, &count);
    for (int i = 0; i < count && !e; i++) put_change(req, array, &changes[i]);
    return e;
}

static Err put_roles(Req *req, View *array)
{
    RoleHeld *roles;
    int count;
    Err e = roles_of(req->db, req->arena, req->person, req->now, &roles, &count);
    for (int i = 0; i < count && !e; i++) {
        View *v = view_add_object(array);
        view_put_str(v, S("role"), role_words(roles[i].kind));
        view_put_str(v, S("unit"), roles[i].unit);
        view_put_str(v, S("unit_name"), roles[i].unit_name);
        view_put_str(v, S("until_words"), end_words(req->arena, roles[i].until));
    }
    return e;
}

static Err put_password(Req *req, View *view)
{
    int64_t since;
    Err e = password_since(req->db, req->arena, req->person, &since);
    if (e) return e;
    view_put_bool(view, S("has_password"), since > 0);
    view_put_str(view, S("password_since"), since ? time_words(req->arena, since) : S(""));
    return ERR_OK;
}

static Err find_me(Req *req, Person *ret_person)
{
    Err e = person_find(req->db, req->arena, scope_all(), req->person, ret_person, NULL);
    return e == ERR_MISSING ? req_fail(req, ERR_DENIED, "You are not on the list any more.") : e;
}

static Err put_all(Req *req, View *view)
{
    Person p;
    Arena *a = req->arena;
    Err e = find_me(req, &p);
    if (e) return e;
    view_put_str(view, S("id"), p.id);
    view_put_str(view, S("name"), p.name);
    view_put_str(view, S("added_words"), time_words(a, p.added));
    view_put_str(view, S("changed_words"), time_words(a, p.changed));
    put_held(req, view_put_array(view, S("held")), &p.values, true);
    put_memberships(req, view_put_array(view, S("memberships")), &p);
    e = put_roles(req, view_put_array(view, S("roles")));
    if (!e) e = put_password(req, view);
    if (!e) e = visit_list(req, req->db, view_put_array(view, S("sessions")));
    if (!e) e = requests_of(req, req->person, view_put_array(view, S("requests")));
    return e ? e : put_changes(req, view_put_array(view, S("changes")));
}

Err me_page(Req *req, View *view)
{
    view_put_bool(view, S("sends_mail"), post_way() != POST_NONE);
    return put_all(req, view);
}

Err me_download_page(Req *req, View *view)
{
    Buf b = buf_new(req->arena);
    Err e = put_all(req, view);
    if (e) return e;
    view_json(view, &b, true);
    req_send(req, S("application/json"), buf_done(&b), S("what-is-held-about-me.json"));
    return ERR_OK;
}

Err me_sessions_page(Req *req, View *view)
{
    View *sessions = view_put_array(view, S("sessions"));
    Err e = visit_list(req, req->db, sessions);
    const View *first = view_first(sessions);
    view_put_bool(view, S("others"), first && view_next(first));
    return e;
}

Err me_password_page(Req *req, View *view)
{
    Person p;
    Err e = find_me(req, &p);
    if (e) return e;
    view_put_i64(view, S("least"), PASSWORD_LEAST);
    view_put_str(view, S("email"), p.values.of[COL_EMAIL]);
    return put_password(req, view);
}

Err me_erase_page(Req *req, View *view)
{
    Person p;
    Err e = find_me(req, &p);
    if (e) return e;
    view_put_str(view, S("name"), p.name);
    return put_roles(req, view_put_array(view, S("roles")));
}

/* ---- what she may change, as it is now ---- */

static void prefill_consent(Req *req, Str words)
{
    for (Str word, rest = words; rest.len;) {
        str_cut(rest, ' ', &word, &rest);
        if (word.len) req_prefill(req, "consent", word);
    }
}

Err me_change_page(Req *req, View *view)
{
    static const PeopleColumn columns[] = {COL_GIVEN_NAME, COL_FAMILY_NAME, COL_PHONE, COL_PHONE_OTHER, COL_ADDRESS, COL_ADDRESS_MORE,
        COL_LOCALITY, COL_POSTCODE, COL_COUNTRY, COL_LANGUAGE};
    Person p;
    Err e = find_me(req, &p);
    if (e) return e;
    for (int i = 0; i < COUNT_OF(columns); i++)
        req_prefill(req, people_columns[columns[i]].name, shown_typed(req->arena, columns[i], p.values.of[columns[i]]));
    prefill_consent(req, p.values.of[COL_CONSENT]);
    req_prefill(req, "version", str_format(req->arena, "%lld", (long long)p.version));
    view_put_str(view, S("email"), p.values.of[COL_EMAIL]);
    return ERR_OK;
}

Err me_email_page(Req *req, View *view)
{
    Person p;
    Err e = find_me(req, &p);
    if (e) return e;
    view_put_str(view, S("email"), p.values.of[COL_EMAIL]);
    view_put_bool(view, S("no_mail"), post_way() == POST_NONE);
    view_put_bool(view, S("outbox"), post_way() == POST_OUTBOX && visit_is_local(req));
    return ERR_OK;
}

Err me_email_confirm_page(Req *req, View *view)
{
    Str email;
    Err e = email_change_find(req->db, req->arena, req->person, req_text(req, "token"), req->now, &email);
    if (e == ERR_MISSING)
        return req_fail(
            req, ERR_MISSING, "This link was used, or its time is over, or it is for somebody else than whom you are signed in as.");
    if (!e) view_put_str(view, S("email"), email);
    return e;
}
