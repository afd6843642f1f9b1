/* desk_pages.c: a returning officer's pages of a roll: the list, one roll, its freeze, its release.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/desk.h"
#include "roll/own.h"
#include "roll/questions.h"

static Err list_page(Req *req, View *view)
{
    Roll *rolls;
    int count;
    Err e = desk_unit_put(req, view);
    if (!e) e = roll_list(req->db, req->arena, req_text(req, "unit"), &rolls, &count);
    if (e) return e;
    View *array = view_put_array(view, S("rolls"));
    for (int i = 0; i < count; i++) shown_roll_put(req, view_add_object(array), &rolls[i]);
    view_put_bool(view, S("has_rolls"), count > 0);
    return ERR_OK;
}

static Err drop_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = roll_drop(db, req->arena, &roll, req->now, &req->fault);
    if (e) return e == ERR_CONFLICT ? req_fail(req, e, "%.*s", STR_ARG(req->fault.expected)) : e;
    view_put_str(answer, S("roll"), roll.slug);
    req_redirect(req, "/units/%.*s/rolls", STR_ARG(roll.unit));
    req_flash(req, "The draft was deleted.");
    return ERR_OK;
}

static Err put_job(Req *req, View *view, const Roll *roll)
{
    RollJob job;
    Err e = roll_job_find(req->db, req->arena, roll, &job);
    view_put_bool(view, S("is_freezing"), !e);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    View *v = view_put_object(view, S("job"));
    view_put_str(v, S("by"), job.by.name);
    view_put_str(v, S("asked_words"), time_words(req->arena, job.asked));
    view_put_bool(v, S("waits"), !job.token.len);
    view_put_i64(v, S("done"), job.done);
    view_put_i64(v, S("whole"), job.whole);
    view_put_i64(v, S("percent"), job.whole ? job.done * 100 / job.whole : 0);
    return ERR_OK;
}

static Err put_frozen(Req *req, View *view, const Roll *roll)
{
    RollVersion *versions;
    RollChallenge *challenges;
    int count, open = 0;
    int64_t in_force, corrections;
    Err e = roll_versions(req->db, req->arena, roll, &versions, &count);
    if (!e) e = roll_in_force(req->db, req->arena, roll, &in_force, &corrections);
    if (e) return e;
    View *array = view_put_array(view, S("versions"));
    for (int i = 0; i < count; i++) shown_version_put(req->arena, view_add_object(array), roll, &versions[i]);
    view_put_str(view, S("in_force_words"), shown_count(req->arena, in_force));
    view_put_i64(view, S("correction_count"), corrections);
    e = roll_challenges(req->db, req->arena, roll, &challenges, &count);
    for (int i = 0; i < count && !e; i++) open += !challenges[i].answered;
    view_put_i64(view, S("challenge_count"), count);
    view_put_i64(view, S("open_challenges"), open);
    if (!e) e = shown_proposals(req, view, roll);
    return e ? e : desk_audit_put(req, view, roll);
}

static Err desk_page(Req *req, View *view)
{
    Roll roll = {0};
    Err e = shown_desk(req, req->db, view, &roll);
    if (e) return e;
    req_title(req, roll.title);
    e = put_job(req, view, &roll);
    return e || !roll.version ? e : put_frozen(req, view, &roll);
}

static Err freeze_form(Req *req, View *view)
{
    Roll roll = {0};
    return shown_desk(req, req->db, view, &roll);
}

/* What cannot be taken back is not done for nobody. Before the command, which nothing else can be written beside. */
static Err freeze_prepare(Req *req, View *view)
{
    (void)view;
    Roll roll = {0};
    bool members = false, stands = false;
    Err e = shown_desk(req, req->db, NULL, &roll);
    if (!e) e = roll_anybody(req->db, req->arena, roll.unit, &roll.rules, &members, &stands, &req->fault);
    if (e || stands || roll.version) return e; /* frozen already: the command says so */
    return req_wrong(req, NULL,
        members ? "By these rules nobody would stand on the roll: the preview says why"
                : "This unit has no members, nor has one below it: there is nobody to put on a roll");
}

static Err freeze_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e && !req_ticked(req, "sure")) e = req_wrong(req, "sure", "Tick the box: a freeze cannot be taken back");
    if (!e) e = roll_freeze_ask(db, req->arena, &roll, req->officer, req->now, &req->fault);
    return e ? shown_refusal(req, e) : desk_go(req, answer, &roll, "The roll is being frozen. This page tells when it is done.");
}

static Err release_form(Req *req, View *view)
{
    Roll roll = {0};
    Err e = shown_desk(req, req->db, view, &roll);
    return e ? e : desk_audit_put(req, view, &roll);
}

static Err release_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = roll_release(db, req->arena, &roll, req_text(req, "contest"), req->officer, req->now, &req->fault);
    return e ? shown_refusal(req, e) : desk_go(req, answer, &roll, "The roll is released, and the public record says so.");
}

/* ---- the table ---- */

static const Field unit_fields[] = {{"unit", FIELD_SLUG, .required = true}, {0}};
static const Field desk_fields[] = {DESK_FIELDS, {0}};
static const Field freeze_fields[] = {DESK_FIELDS,
    {"sure", FIELD_TICK,
        .label = "I have looked at the preview. The freeze cannot be taken back: after it there are only corrections, each with a public "
                 "reason."},
    {0}};
static const Field release_fields[] = {
    DESK_FIELDS, {"contest", FIELD_SLUG, .required = true, .label = "The contest", .hint = "Its address: leeds-north-selection-2013"}, {0}};

static const Route routes[] = {
    {GET, "/units/:unit/rolls", WHO_RETURNING, "Rolls", "The rolls of a unit, drafts too.", unit_fields, .page = list_page,
        .html = "desk_list"},
    {GET, DESK, WHO_RETURNING, "Roll", "A roll as its officers see it.", desk_fields, .page = desk_page, .html = "desk"},
    {POST, DESK "/delete", WHO_RETURNING, "Delete a draft", "A draft goes; a frozen roll does not.", desk_fields, .write = drop_write,
        .act = "none: a draft decides nothing", .form = "desk", .form_page = desk_page, .rate = RATE_WRITE},
    {GET, DESK "/freeze", WHO_RETURNING, "Freeze", NULL, desk_fields, .page = freeze_form, .html = "desk_freeze", .posts = DESK "/freeze"},
    {POST, DESK "/freeze", WHO_RETURNING, "Freeze", "Asks for the freeze, which is done in the background.", freeze_fields,
        .prepare = freeze_prepare, .write = freeze_write, .act = "none: the freeze is the act, when it is done (roll.frozen)",
        .form = "desk_freeze", .form_page = freeze_form, .heavy = true, .rate = RATE_WORK},
    {GET, DESK "/release", WHO_RETURNING, "Release to a contest", NULL, desk_fields, .page = release_form, .html = "desk_release",
        .posts = DESK "/release"},
    {POST, DESK "/release", WHO_RETURNING, "Release to a contest",
        "Refused while a critical question of the audit has no answer and no override stands.", release_fields, .write = release_write,
        .act = "roll.released", .form = "desk_release", .form_page = release_form, .rate = RATE_WRITE},
};

const Room roll_desk_room = {.name = "roll", .routes = routes, .route_count = COUNT_OF(routes)};
