/* desk_proposals.c: what takes two officers: another freeze date, and overriding the audit.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/desk.h"
#include "roll/own.h"

static Err move_form(Req *req, View *view)
{
    Roll roll = {0};
    return shown_desk(req, req->db, view, &roll);
}

/* Before the command, as it takes seconds for a large unit: who would gain and lose. */
static Err move_prepare(Req *req, View *view)
{
    (void)view;
    Roll roll = {0};
    Roster *roster;
    Day day;
    Err e = shown_desk(req, req->db, NULL, &roll);
    if (!e) e = desk_day_asked(req, "day", DAY_NONE, &day);
    if (!e) e = db_snapshot(req->db);
    if (e) return e;
    e = desk_roster_read(req, &roll, &roster);
    db_release(req->db);
    if (e) return e;
    RollProposal *p = arena_new(req->arena, RollProposal, 1);
    RollMoved moved = rules_moved(req->arena, &roll.rules, roster, day);
    *p = (RollProposal){.kind = S("move"),
        .day = day,
        .reason = req_text(req, "reason"),
        .person = req->person,
        .gained = moved.gained_count,
        .lost = moved.lost_count,
        .would = moved.on,
        .version = roll.version};
    req->room = p;
    return ERR_OK;
}

static Err go_proposal(Req *req, View *answer, const Roll *roll, Str id)
{
    view_put_str(answer, S("proposal"), id);
    req_redirect(req, "/units/%.*s/rolls/%.*s/proposals/%.*s", STR_ARG(roll->unit), STR_ARG(roll->slug), STR_ARG(id));
    req_flash(req, "The proposal is public now. It is done when another officer confirms it.");
    return ERR_OK;
}

static Err move_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    Str id;
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = roll_propose(db, req->arena, &roll, req->room, req->officer, req->now, &id, &req->fault);
    return e ? shown_refusal(req, e) : go_proposal(req, answer, &roll, id);
}

static Err override_form(Req *req, View *view)
{
    Roll roll = {0};
    Err e = shown_desk(req, req->db, view, &roll);
    return e ? e : desk_audit_put(req, view, &roll);
}

static Err override_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    Str id;
    RollProposal p = {.kind = S("override"), .day = DAY_NONE, .reason = req_text(req, "reason"), .person = req->person};
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = roll_propose(db, req->arena, &roll, &p, req->officer, req->now, &id, &req->fault);
    return e ? shown_refusal(req, e) : go_proposal(req, answer, &roll, id);
}

static Err find_proposal(Req *req, Db *db, View *view, Roll *ret_roll, RollProposal *ret_proposal)
{
    Err e = shown_desk(req, db, view, ret_roll);
    if (!e) e = roll_proposal_find(db, req->arena, ret_roll, req_text(req, "proposal"), ret_proposal);
    return e == ERR_MISSING ? req_fail(req, e, "There is no such proposal about this roll.") : e;
}

static Err proposal_page(Req *req, View *view)
{
    Roll roll = {0};
    RollProposal p = {0};
    Err e = find_proposal(req, req->db, view, &roll, &p);
    if (e) return e;
    shown_proposal_put(req->arena, view_put_object(view, S("proposal")), &roll, &p);
    view_put_bool(view, S("is_hers"), str_equal(p.person, req->person));
    return ERR_OK;
}

/* A proposal stands as long as its officer does. */
static Err still_officer(Req *req, Db *db, const Roll *roll, const RollProposal *p)
{
    Officer officer;
    Err e = role_holds(db, req->arena, p->person, ROLE_RETURNING, roll->unit, req->now, &officer);
    if (e != ERR_DENIED && e != ERR_MISSING) return e;
    return req_fail(
        req, ERR_CONFLICT, "Who proposed this is no returning officer of this unit any more. Withdraw it, and propose it yourself.");
}

static Err second(Req *req, Db *db, View *answer, const char *kind, const char *says)
{
    Roll roll = {0};
    RollProposal p = {0};
    Err e = find_proposal(req, db, NULL, &roll, &p);
    if (!e && !str_equal(p.kind, str_from_c(kind))) e = req_fail(req, ERR_CONFLICT, "This is a proposal of another kind.");
    if (!e && str_equal(p.state, S("open"))) e = still_officer(req, db, &roll, &p);
    if (!e) e = roll_confirm(db, req->arena, &roll, p.id, req->person, req->officer, req->now, &req->fault);
    if (e == ERR_DENIED || e == ERR_CONFLICT) return req_fail(req, e, "%.*s", STR_ARG(req->fault.expected));
    return e ? e : desk_go(req, answer, &roll, says);
}

static Err confirm_move(Req *req, Db *db, View *answer)
{
    return second(
        req, db, answer, "move", "You confirmed it. The roll is being frozen anew by the new date; this page tells when it is done.");
}

static Err confirm_override(Req *req, Db *db, View *answer)
{
    return second(req, db, answer, "override", "You confirmed it. The audit of this roll is overridden, and the public record says so.");
}

static Err withdraw_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    RollProposal p = {0};
    Err e = find_proposal(req, db, NULL, &roll, &p);
    if (!e) e = roll_withdraw(db, req->arena, &roll, p.id, req->person, req->officer, req->now, &req->fault);
    if (e == ERR_CONFLICT) return req_fail(req, e, "%.*s", STR_ARG(req->fault.expected));
    return e ? e : desk_go(req, answer, &roll, "The proposal was withdrawn.");
}

/* ---- the table ---- */

static const Field desk_fields[] = {DESK_FIELDS, {0}};
#define PUBLIC_REASON                                                                       \
    {                                                                                       \
        "reason", FIELD_LINE, .required = true, .min = 10, .max = 500, .label = "Why",      \
                              .hint = "It is published at once, with your name, and stays." \
    }
static const Field move_fields[] = {DESK_FIELDS, {"day", FIELD_DAY, .required = true, .label = "The new freeze date"}, PUBLIC_REASON, {0}};
static const Field override_fields[] = {DESK_FIELDS, PUBLIC_REASON, {0}};
static const Field proposal_fields[] = {DESK_FIELDS, {"proposal", FIELD_TOKEN, .required = true}, {0}};

static const Route routes[] = {
    {GET, DESK "/move", WHO_RETURNING, "Propose another freeze date", NULL, desk_fields, .page = move_form, .html = "desk_move",
        .posts = DESK "/move"},
    {POST, DESK "/move", WHO_RETURNING, "Propose another freeze date",
        "Published at once, with who would gain and lose; done when another officer confirms it.", move_fields, .prepare = move_prepare,
        .write = move_write, .act = "roll.proposed", .form = "desk_move", .form_page = move_form, .heavy = true, .rate = RATE_WORK},
    {GET, DESK "/override", WHO_RETURNING, "Propose to override the audit", NULL, desk_fields, .page = override_form,
        .html = "desk_override", .posts = DESK "/override"},
    {POST, DESK "/override", WHO_RETURNING, "Propose to override the audit", "Published at once; done when another officer confirms it.",
        override_fields, .write = override_write, .act = "roll.proposed", .form = "desk_override", .form_page = override_form,
        .rate = RATE_WRITE},
    {GET, DESK "/proposals/:proposal", WHO_RETURNING, "A proposal", NULL, proposal_fields, .page = proposal_page, .html = "desk_proposal"},
    {POST, DESK "/proposals/:proposal/confirm-move", WHO_RETURNING, "Confirm another freeze date",
        "By another person than the one who proposed it.", proposal_fields, .write = confirm_move,
        .act = "none: the roll is frozen anew, and that is the act (roll.moved)", .form = "desk_proposal", .form_page = proposal_page,
        .rate = RATE_WRITE},
    {POST, DESK "/proposals/:proposal/confirm-override", WHO_RETURNING, "Confirm the override",
        "By another person than the one who proposed it.", proposal_fields, .write = confirm_override, .act = "roll.overridden",
        .form = "desk_proposal", .form_page = proposal_page, .rate = RATE_WRITE},
    {POST, DESK "/proposals/:proposal/withdraw", WHO_RETURNING, "Withdraw a proposal", "Before it is confirmed.", proposal_fields,
        .write = withdraw_write, .act = "roll.proposed", .form = "desk_proposal", .form_page = proposal_page, .rate = RATE_WRITE},
};

const Room roll_proposals_room = {.name = "roll", .routes = routes, .route_count = COUNT_OF(routes)};
