/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/shown.h"

#include "http/visit.h"
#include "people/home.h"
#include "people/phone.h"

Str unit_page_path(Arena *a, Str slug)
{
    return str_format(a, "/units/%.*s", STR_ARG(slug));
}

Err shown_unit(Req *req, Db *db, Unit *ret_unit)
{
    Err e = unit_find(db, req->arena, req_text(req, "unit"), ret_unit);
    return e == ERR_MISSING ? req_fail(req, e, "There is no unit at this address.") : e;
}

void shown_unit_put(Arena *a, View *object, const Unit *unit)
{
    view_put_str(object, S("slug"), unit->slug);
    view_put_str(object, S("name"), unit->name);
    view_put_str(object, S("kind"), str_equal(unit->kind, S("other")) ? S("unit") : unit->kind);
    view_put_str(object, S("path"), unit_page_path(a, unit->slug));
}

Err shown_unit_head(Req *req, View *view, Unit *ret_unit)
{
    Unit *units;
    int count;
    Err e = shown_unit(req, req->db, ret_unit);
    if (!e) e = unit_path(req->db, req->arena, ret_unit->slug, &units, &count);
    if (e) return e;
    shown_unit_put(req->arena, view_put_object(view, S("unit")), ret_unit);
    view_put_str(view, S("crumb"), str_from_c(req->route->title));
    View *over = view_put_array(view, S("over"));
    for (int i = 0; i + 1 < count; i++) shown_unit_put(req->arena, view_add_object(over), &units[i]);
    req_title(req, str_format(req->arena, "%s: %.*s", req->route->title, STR_ARG(ret_unit->name)));
    return ERR_OK;
}

void shown_role_put(Arena *a, View *object, const RoleHeld *role)
{
    Str words = role_words(role->kind);
    view_put_str(object, S("id"), role->id);
    view_put_str(object, S("name"), role->name);
    view_put_str(object, S("kind"), words);
    view_put_str(object, S("role"), str_format(a, "%.*s of %.*s", STR_ARG(words), STR_ARG(role->unit_name)));
    view_put_str(object, S("unit_name"), role->unit_name);
    view_put_str(object, S("unit_path"), unit_page_path(a, role->unit));
    view_put_str(object, S("begun_words"), time_words(a, role->begun));
    view_put_str(object, S("until"), time_iso(a, role->until));
    view_put_str(object, S("until_words"), end_words(a, role->until));
    view_put_i64(object, S("entry"), role->leaf);
    view_put_str(object, S("entry_path"), str_format(a, "/record/leaves/%lld", (long long)role->leaf));
}

Str shown_number(Arena *a, int64_t number)
{
    Str digits = str_format(a, "%lld", (long long)number);
    Buf b = buf_new(a);
    for (size_t i = 0; i < digits.len; i++) {
        size_t left = digits.len - i;
        if (i && left % 3 == 0 && digits.ptr[i - 1] != '-') buf_byte(&b, ',');
        buf_byte(&b, digits.ptr[i]);
    }
    return buf_done(&b);
}

Str shown_day(Arena *a, Str iso)
{
    Day day;
    return day_read(iso, &day) ? day_words(a, day) : iso;
}

Err shown_secretary(Req *req, bool *ret_secretary)
{
    Officer officer;
    Err e = access_may(req->db, req->arena, req->person, WHO_SECRETARY, req_text(req, "unit"), req->now, &officer);
    *ret_secretary = !e;
    return e == ERR_DENIED ? ERR_OK : e;
}

/* As it is in the store when numbers cannot be read on this machine. */
static Str shown_phone(Arena *a, Str e164, Str region)
{
    Fault fault = {0};
    return phone_load(&fault) ? e164 : phone_shown(a, e164, region);
}

Str shown_value(Arena *a, PeopleColumn column, Str value)
{
    Day day;
    switch (people_columns[column].kind) {
    case PEOPLE_DATE: return shown_day(a, value);
    case PEOPLE_HISTORY: return day_read(value, &day) ? day_words(a, day) : value;
    case PEOPLE_PHONE: return value.len ? shown_phone(a, value, home_country()) : value;
    default: return value;
    }
}

Str shown_held(Req *req, PeopleColumn column, Str value)
{
    return column == COL_UNIT ? unit_name(req->db, req->arena, value) : shown_value(req->arena, column, value);
}

Str shown_typed(Arena *a, PeopleColumn column, Str value)
{
    return value.len && people_columns[column].kind == PEOPLE_PHONE ? shown_phone(a, value, S("")) : value;
}

Err shown_erase(Req *req, Db *db, Str person, const Hand *hand)
{
    Str *ids = NULL;
    int count = 0;
    Err e = person_ids(db, req->arena, person, &ids, &count);
    if (!e) e = visit_forget(req, db, ids, count);
    return e ? e : person_erase(db, req->arena, person, hand);
}
