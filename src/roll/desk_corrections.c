/* desk_corrections.c: corrections of a frozen roll, and the challenges of members that they answer.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/access.h"
#include "roll/desk.h"

/* ---- corrections ---- */

static Err put_person(Req *req, View *v, const Roll *roll, Str id)
{
    Person person;
    Err e = person_find(req->db, req->arena, (Scope){roll->unit}, id, &person, NULL);
    if (e && e != ERR_MISSING) return e;
    view_put_str(v, S("name"), e ? S("somebody who is no longer in the list") : person.name);
    if (!e) view_put_str(v, S("identifier"), person.values.of[COL_ID]);
    return ERR_OK;
}

static Err corrections_page(Req *req, View *view)
{
    Roll roll = {0};
    RollCorrection *corrections;
    int count = 0;
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = roll_corrections(req->db, req->arena, &roll, &corrections, &count);
    View *array = view_put_array(view, S("corrections"));
    for (int i = count - 1; i >= 0 && i >= count - NAMES_MOST && !e; i--) {
        const RollCorrection *c = &corrections[i];
        View *v = view_add_object(array);
        shown_correction_put(req->arena, v, c);
        view_put_i64(v, S("entry"), c->leaf);
        e = put_person(req, v, &roll, c->person);
    }
    if (!e) view_put_bool(view, S("has_corrections"), count > 0);
    return e;
}

static Err correction_form(Req *req, View *view)
{
    Roll roll = {0};
    return shown_desk(req, req->db, view, &roll);
}

/* By the organisation's own number, an e-mail address, or our id; within the unit. */
static Err find_who(Req *req, Db *db, const Roll *roll, Str typed, Str *ret_id)
{
    Person person;
    Str ids[2];
    int count = 0;
    Scope scope = {roll->unit};
    Err e = person_find(db, req->arena, scope, typed, &person, NULL);
    if (e == ERR_MISSING && !person_by_identifier(db, req->arena, typed, &ids[0]))
        e = person_find(db, req->arena, scope, ids[0], &person, NULL);
    if (e == ERR_MISSING) {
        e = person_by_email(db, req->arena, scope, typed, 2, ids, &count);
        if (!e && count > 1) return req_wrong(req, "who", "Several people of this unit have that address: give the membership number");
        if (!e) e = count ? person_find(db, req->arena, scope, ids[0], &person, NULL) : ERR_MISSING;
    }
    if (e == ERR_MISSING) return req_wrong(req, "who", "Nobody in this unit has that membership number or address");
    if (!e) *ret_id = person.id;
    return e;
}

static CorrectionKind kind_asked(const Req *req)
{
    for (CorrectionKind k = CORRECTION_ADD; k < CORRECTION__COUNT; k++)
        if (str_equal(req_text(req, "kind"), correction_name(k))) return k;
    return CORRECTION_ADD;
}

static Err section_wrong(Req *req, const RollCorrection *c)
{
    if (c->kind == CORRECTION_SECTION && !c->section.len) return req_wrong(req, "section", "Say the section that is right");
    return ERR_OK;
}

static Err do_correct(Req *req, Db *db, const Roll *roll, RollCorrection *c, int64_t *ret_number)
{
    c->kind = kind_asked(req);
    c->section = req_text(req, "section");
    c->reason = req_text(req, "reason");
    Err e = section_wrong(req, c);
    if (!e) e = roll_correct(db, req->arena, roll, c, req->officer, req->now, ret_number, &req->fault);
    if (e == ERR_INPUT && req->fault.expected.len) return req_wrong(req, "reason", "%.*s", STR_ARG(req->fault.expected));
    return e ? shown_refusal(req, e) : ERR_OK;
}

static Err correction_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    RollCorrection c = {0};
    int64_t number = 0;
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = find_who(req, db, &roll, req_text(req, "who"), &c.person);
    if (!e) e = do_correct(req, db, &roll, &c, &number);
    if (e) return e;
    view_put_i64(answer, S("correction"), number);
    req_redirect(req, "/units/%.*s/rolls/%.*s/corrections", STR_ARG(roll.unit), STR_ARG(roll.slug));
    req_flash(req, "Correction %lld is in force, and in the public record without her name.", (long long)number);
    return ERR_OK;
}

/* ---- challenges ---- */

static Err put_challenge(Req *req, View *v, const Roll *roll, const RollChallenge *c)
{
    view_put_str(v, S("id"), c->id);
    view_put_str(v, S("words"), c->words);
    view_put_str(v, S("at_words"), time_words(req->arena, c->at));
    view_put_bool(v, S("is_open"), !c->answered);
    view_put_str(v, S("answer"), c->answer);
    view_put_str(v, S("by"), c->by_name);
    if (c->answered) view_put_str(v, S("answered_words"), time_words(req->arena, c->answered));
    if (c->correction) view_put_i64(v, S("correction"), c->correction);
    view_put_str(v, S("path"),
        str_format(req->arena, "/units/%.*s/rolls/%.*s/challenges/%.*s", STR_ARG(roll->unit), STR_ARG(roll->slug), STR_ARG(c->id)));
    return put_person(req, v, roll, c->person);
}

static Err challenges_page(Req *req, View *view)
{
    Roll roll = {0};
    RollChallenge *challenges;
    int count = 0;
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = roll_challenges(req->db, req->arena, &roll, &challenges, &count);
    View *array = view_put_array(view, S("challenges"));
    for (int i = 0; i < count && i < NAMES_MOST && !e; i++) e = put_challenge(req, view_add_object(array), &roll, &challenges[i]);
    if (!e) view_put_bool(view, S("has_challenges"), count > 0);
    return e;
}

static Err find_challenge(Req *req, Db *db, View *view, Roll *ret_roll, RollChallenge *ret_challenge)
{
    Err e = shown_desk(req, db, view, ret_roll);
    if (!e) e = roll_challenge_find(db, req->arena, ret_roll, req_text(req, "challenge"), ret_challenge);
    return e == ERR_MISSING ? req_fail(req, e, "There is no such challenge to this roll.") : e;
}

static Err challenge_page(Req *req, View *view)
{
    Roll roll = {0};
    RollChallenge challenge = {0};
    RollStanding standing = {0};
    Err e = find_challenge(req, req->db, view, &roll, &challenge);
    if (!e) e = roll_standing(req->db, req->arena, &roll, challenge.person, &standing);
    if (e) return e;
    View *v = view_put_object(view, S("challenge"));
    view_put_bool(v, S("stands"), standing.count > 0);
    return put_challenge(req, v, &roll, &challenge);
}

static Err go_challenges(Req *req, View *answer, const Roll *roll, Str id)
{
    view_put_str(answer, S("challenge"), id);
    req_redirect(req, "/units/%.*s/rolls/%.*s/challenges", STR_ARG(roll->unit), STR_ARG(roll->slug));
    req_flash(req, "The challenge is answered. She sees the answer on her own page.");
    return ERR_OK;
}

static Err answer_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    RollChallenge challenge = {0};
    Err e = find_challenge(req, db, NULL, &roll, &challenge);
    if (!e) e = roll_challenge_answer(db, req->arena, &roll, challenge.id, req_text(req, "answer"), req->officer, 0, req->now, &req->fault);
    return e ? shown_refusal(req, e) : go_challenges(req, answer, &roll, challenge.id);
}

static Err answer_correct(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    RollChallenge challenge = {0};
    int64_t number = 0;
    Err e = find_challenge(req, db, NULL, &roll, &challenge);
    if (e) return e;
    RollCorrection c = {.person = challenge.person};
    e = do_correct(req, db, &roll, &c, &number);
    if (!e)
        e = roll_challenge_answer(
            db, req->arena, &roll, challenge.id, req_text(req, "answer"), req->officer, number, req->now, &req->fault);
    return e ? shown_refusal(req, e) : go_challenges(req, answer, &roll, challenge.id);
}

/* ---- the table ---- */

static const Field desk_fields[] = {DESK_FIELDS, {0}};
static const Choice kind_choices[] = {
    {"add", "Add her to the roll"}, {"off", "Take her off the roll"}, {"section", "Put her in another section"}, {0}};
#define CORRECTION_FIELDS                                                                                           \
    {"kind", FIELD_CHOICE, .required = true, .choices = kind_choices, .label = "What is right", .standard = "add"}, \
        {"section", FIELD_SLUG, .label = "Section",                                                                 \
            .hint = "Only for another section, or for an addition that is not in her membership’s own"},            \
    {                                                                                                               \
        "reason", FIELD_LINE, .required = true, .min = 5, .max = 500, .label = "Reason",                            \
                              .hint = "It is public for ever. Do not name her or say where she lives."              \
    }
static const Field correction_fields[] = {DESK_FIELDS,
    {"who", FIELD_LINE, .required = true, .max = 254, .label = "Who", .hint = "Her membership number or e-mail address. Not public."},
    CORRECTION_FIELDS, {0}};
#define CHALLENGE_FIELD                            \
    {                                              \
        "challenge", FIELD_TOKEN, .required = true \
    }
#define ANSWER_FIELD                                                                                  \
    {                                                                                                 \
        "answer", FIELD_TEXT, .required = true, .min = 5, .max = 2000, .label = "Your answer to her", \
                              .hint = "She reads it, with your name. Nobody else does."               \
    }
static const Field challenge_fields[] = {DESK_FIELDS, CHALLENGE_FIELD, {0}};
static const Field answer_fields[] = {DESK_FIELDS, CHALLENGE_FIELD, ANSWER_FIELD, {0}};
static const Field answer_correct_fields[] = {DESK_FIELDS, CHALLENGE_FIELD, ANSWER_FIELD, CORRECTION_FIELDS, {0}};

static const Route routes[] = {
    {GET, DESK "/corrections", WHO_RETURNING, "Corrections", "Corrections of a frozen roll, with names.", desk_fields,
        .page = corrections_page, .html = "desk_corrections"},
    {GET, DESK "/corrections/new", WHO_RETURNING, "Correct the roll", NULL, desk_fields, .page = correction_form, .html = "desk_correct",
        .posts = DESK "/corrections/new"},
    {POST, DESK "/corrections/new", WHO_RETURNING, "Correct the roll", "Adds somebody, takes her off, or puts her in another section.",
        correction_fields, .write = correction_write, .act = "roll.corrected", .form = "desk_correct", .form_page = correction_form,
        .rate = RATE_WRITE},
    {GET, DESK "/challenges", WHO_RETURNING, "Challenges", "What members say against the roll; those that wait first.", desk_fields,
        .page = challenges_page, .html = "desk_challenges"},
    {GET, DESK "/challenges/:challenge", WHO_RETURNING, "A challenge", NULL, challenge_fields, .page = challenge_page,
        .html = "desk_challenge"},
    {GET, DESK "/challenges/:challenge/answer", WHO_RETURNING, "Answer with a reason", NULL, challenge_fields, .page = challenge_page,
        .html = "desk_answer", .posts = DESK "/challenges/:challenge/answer"},
    {POST, DESK "/challenges/:challenge/answer", WHO_RETURNING, "Answer with a reason", "The roll stays as it is.", answer_fields,
        .write = answer_write, .act = "none: an answer to a member is hers", .form = "desk_answer", .form_page = challenge_page,
        .rate = RATE_WRITE},
    {GET, DESK "/challenges/:challenge/correct", WHO_RETURNING, "Answer with a correction", NULL, challenge_fields, .page = challenge_page,
        .html = "desk_answer", .posts = DESK "/challenges/:challenge/correct"},
    {POST, DESK "/challenges/:challenge/correct", WHO_RETURNING, "Answer with a correction", "The roll is corrected.",
        answer_correct_fields, .write = answer_correct, .act = "roll.corrected", .form = "desk_answer", .form_page = challenge_page,
        .rate = RATE_WRITE},
};

const Room roll_corrections_room = {.name = "roll", .routes = routes, .route_count = COUNT_OF(routes)};
