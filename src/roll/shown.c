/* shown.c: rolls as templates see them. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "roll/shown.h"

Str shown_count(Arena *a, int64_t number)
{
    Str digits = str_format(a, "%lld", (long long)number);
    Buf b = buf_new(a);
    for (size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0 && digits.ptr[i - 1] != '-') buf_byte(&b, ',');
        buf_byte(&b, digits.ptr[i]);
    }
    return buf_done(&b);
}

void shown_correction_put(Arena *a, View *object, const RollCorrection *c)
{
    view_put_i64(object, S("number"), c->number);
    view_put_bool(object, S("is_add"), c->kind == CORRECTION_ADD);
    view_put_bool(object, S("is_off"), c->kind == CORRECTION_OFF);
    view_put_bool(object, S("is_section"), c->kind == CORRECTION_SECTION);
    view_put_str(object, S("section"), c->section);
    view_put_str(object, S("reason"), c->reason);
    view_put_str(object, S("by"), c->by.name);
    view_put_str(object, S("at_words"), time_words(a, c->at));
    view_put_str(object, S("entry_path"), str_format(a, "/record/leaves/%lld", (long long)c->leaf));
}

/* The rules say units by their slugs, which never change; people know their names. */
static void put_rules(Req *req, View *array, const RollRules *rules)
{
    RollRules named = *rules;
    for (int i = 0; i < named.units.count; i++) named.units.words[i] = shown_unit_name(req, named.units.words[i]);
    rules_words(req->arena, &named, array);
}

void shown_roll_put(Req *req, View *v, const Roll *roll)
{
    Arena *a = req->arena;
    view_put_str(v, S("slug"), roll->slug);
    view_put_str(v, S("title"), roll->title);
    view_put_str(v, S("unit"), roll->unit);
    view_put_str(v, S("unit_name"), roll->unit_name);
    view_put_str(v, S("unit_path"), str_format(a, "/units/%.*s", STR_ARG(roll->unit)));
    view_put_str(v, S("state"), roll->state);
    view_put_bool(v, S("is_draft"), roll->version == 0);
    view_put_bool(v, S("is_frozen"), roll->version > 0);
    view_put_bool(v, S("is_released"), str_equal(roll->state, S("released")));
    view_put_i64(v, S("version"), roll->version);
    view_put_str(v, S("freeze"), day_iso(a, roll->rules.freeze));
    view_put_str(v, S("freeze_words"), day_words(a, roll->rules.freeze));
    put_rules(req, view_put_array(v, S("rules")), &roll->rules);
    view_put_str(v, S("rules_json"), roll->rules_text);
    view_put_str(v, S("contest"), roll->contest);
    view_put_str(v, S("path"), str_format(a, "/rolls/%.*s", STR_ARG(roll->slug)));
    view_put_str(v, S("desk"), str_format(a, "/units/%.*s/rolls/%.*s", STR_ARG(roll->unit), STR_ARG(roll->slug)));
    view_put_str(v, S("mine"), str_format(a, "/me/rolls/%.*s", STR_ARG(roll->slug)));
    view_put_str(v, S("record_path"), str_format(a, "/record?unit=%.*s", STR_ARG(roll->unit)));
}

void shown_reasons_put(Arena *a, View *view, const int64_t by_reason[REASON__COUNT])
{
    View *array = view_put_array(view, S("reasons"));
    for (RollReason r = REASON_ON; r < REASON__COUNT; r++) {
        if (!by_reason[r]) continue;
        View *v = view_add_object(array);
        view_put_str(v, S("name"), reason_title(r));
        view_put_str(v, S("key"), reason_name(r));
        view_put_str(v, S("memberships"), shown_count(a, by_reason[r]));
    }
}

void shown_version_put(Arena *a, View *v, const Roll *roll, const RollVersion *version)
{
    view_put_i64(v, S("version"), version->version);
    view_put_bool(v, S("in_force"), version->version == roll->version);
    view_put_i64(v, S("count"), version->count);
    view_put_str(v, S("count_words"), shown_count(a, version->count));
    view_put_str(v, S("root"), sha256_hex(a, version->root));
    view_put_str(v, S("frozen"), time_iso(a, version->frozen));
    view_put_str(v, S("frozen_words"), time_words(a, version->frozen));
    view_put_str(v, S("freeze"), day_iso(a, version->rules.freeze));
    view_put_str(v, S("freeze_words"), day_words(a, version->rules.freeze));
    view_put_str(v, S("by"), version->by.name);
    view_put_str(v, S("role"), version->by.role);
    view_put_i64(v, S("entry"), version->leaf);
    view_put_str(v, S("entry_path"), str_format(a, "/record/leaves/%lld", (long long)version->leaf));
    view_put_str(
        v, S("published_path"), str_format(a, "/rolls/%.*s/versions/%lld/published", STR_ARG(roll->slug), (long long)version->version));
    view_put_str(v, S("hashes_path"), str_format(a, "/rolls/%.*s/versions/%lld/hashes", STR_ARG(roll->slug), (long long)version->version));
}

void shown_proposal_put(Arena *a, View *v, const Roll *roll, const RollProposal *p)
{
    bool move = str_equal(p->kind, S("move"));
    view_put_str(v, S("id"), p->id);
    view_put_str(v, S("kind"), p->kind);
    view_put_bool(v, S("is_move"), move);
    view_put_bool(v, S("is_override"), !move);
    view_put_str(v, S("state"), p->state);
    view_put_bool(v, S("is_open"), str_equal(p->state, S("open")));
    view_put_bool(v, S("is_withdrawn"), str_equal(p->state, S("withdrawn")));
    view_put_bool(v, S("is_under_way"), str_equal(p->state, S("confirmed")));
    view_put_bool(v, S("is_done"), str_equal(p->state, S("done")));
    view_put_str(v, S("day"), day_iso(a, p->day));
    view_put_str(v, S("day_words"), day_words(a, p->day));
    view_put_str(v, S("reason"), p->reason);
    view_put_i64(v, S("version"), p->version);
    view_put_str(v, S("gained"), shown_count(a, p->gained));
    view_put_str(v, S("lost"), shown_count(a, p->lost));
    view_put_str(v, S("would"), shown_count(a, p->would));
    view_put_i64(v, S("critical"), p->critical);
    view_put_str(v, S("by"), p->by.name);
    view_put_str(v, S("role"), p->by.role);
    view_put_str(v, S("at"), time_iso(a, p->at));
    view_put_str(v, S("at_words"), time_words(a, p->at));
    view_put_i64(v, S("entry"), p->leaf);
    view_put_str(v, S("entry_path"), str_format(a, "/record/leaves/%lld", (long long)p->leaf));
    view_put_str(v, S("second"), p->second_by.name);
    if (p->ended) view_put_str(v, S("ended_words"), time_words(a, p->ended));
    if (p->ended_leaf >= 0) view_put_str(v, S("ended_path"), str_format(a, "/record/leaves/%lld", (long long)p->ended_leaf));
    view_put_str(
        v, S("path"), str_format(a, "/units/%.*s/rolls/%.*s/proposals/%.*s", STR_ARG(roll->unit), STR_ARG(roll->slug), STR_ARG(p->id)));
}

Err shown_proposals(Req *req, View *view, const Roll *roll)
{
    RollProposal *proposals;
    int count;
    View *array = view_put_array(view, S("proposals"));
    Err e = roll_proposals(req->db, req->arena, roll, &proposals, &count);
    for (int i = 0; i < count && !e; i++) shown_proposal_put(req->arena, view_add_object(array), roll, &proposals[i]);
    if (!e) view_put_bool(view, S("has_proposals"), count > 0);
    return e;
}

Str shown_unit_name(Req *req, Str slug)
{
    return unit_name(req->db, req->arena, slug);
}

Err shown_desk(Req *req, Db *db, View *view, Roll *ret_roll)
{
    Err e = roll_find(db, req->arena, req_text(req, "roll"), ret_roll);
    if (!e && !str_equal(ret_roll->unit, req_text(req, "unit"))) e = ERR_MISSING;
    if (e == ERR_MISSING) return req_fail(req, e, "This unit has no such roll.");
    if (e || !view) return e;
    shown_roll_put(req, view_put_object(view, S("roll")), ret_roll);
    view_put_str(view, S("crumb"), str_from_c(req->route->title));
    req_title(req, str_format(req->arena, "%s: %.*s", req->route->title, STR_ARG(ret_roll->title)));
    return ERR_OK;
}

Err shown_refusal(Req *req, Err e)
{
    if (e != ERR_CONFLICT && e != ERR_DENIED) return e;
    return req->fault.expected.len ? req_wrong(req, NULL, "%.*s", STR_ARG(req->fault.expected)) : e;
}
