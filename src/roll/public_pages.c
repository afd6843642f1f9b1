/* public_pages.c: what is published of rolls, for everybody; and each member's own check.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/shown.h"

enum { LIST_MOST = 200 };

/* ---- for everybody ---- */

static void put_rolls(Req *req, View *view, const Roll *rolls, int count)
{
    View *array = view_put_array(view, S("rolls"));
    for (int i = 0; i < count; i++) shown_roll_put(req, view_add_object(array), &rolls[i]);
    view_put_bool(view, S("has_rolls"), count > 0);
}

static Err rolls_page(Req *req, View *view)
{
    Roll *rolls;
    int count;
    Err e = roll_public(req->db, req->arena, LIST_MOST, &rolls, &count);
    if (!e) put_rolls(req, view, rolls, count);
    return e;
}

/* A draft is its officers' own. */
static Err find_public(Req *req, Roll *ret_roll)
{
    Err e = roll_find(req->db, req->arena, req_text(req, "roll"), ret_roll);
    if (!e && !ret_roll->version) e = ERR_MISSING;
    return e == ERR_MISSING ? req_fail(req, e, "There is no frozen roll at this address.") : e;
}

static void put_totals(Req *req, View *view, const RollPublished *p)
{
    Arena *a = req->arena;
    View *units = view_put_array(view, S("units")), *sections = view_put_array(view, S("sections"));
    for (int i = 0; i < p->unit_count && i < LIST_MOST; i++) {
        View *v = view_add_object(units);
        view_put_str(v, S("unit"), p->units[i].name);
        view_put_str(v, S("name"), shown_unit_name(req, p->units[i].name));
        view_put_str(v, S("entries"), shown_count(a, p->units[i].entries));
    }
    for (int i = 0; i < p->section_count; i++) {
        View *v = view_add_object(sections);
        view_put_str(v, S("name"), p->sections[i].name.len ? p->sections[i].name : S("none said"));
        view_put_str(v, S("entries"), shown_count(a, p->sections[i].entries));
    }
    shown_reasons_put(a, view, p->by_reason);
}

static Err put_versions(Req *req, View *view, const Roll *roll)
{
    RollVersion *versions;
    int count;
    View *array = view_put_array(view, S("versions"));
    Err e = roll_versions(req->db, req->arena, roll, &versions, &count);
    for (int i = 0; i < count && !e; i++) shown_version_put(req->arena, view_add_object(array), roll, &versions[i]);
    return e;
}

/* What was corrected, without anybody's name. */
static Err put_corrections(Req *req, View *view, const Roll *roll)
{
    Arena *a = req->arena;
    RollCorrection *corrections;
    int count;
    View *array = view_put_array(view, S("corrections"));
    Err e = roll_corrections(req->db, a, roll, &corrections, &count);
    for (int i = count - 1; i >= 0 && i >= count - LIST_MOST && !e; i--) {
        const RollCorrection *c = &corrections[i];
        View *v = view_add_object(array);
        view_put_i64(v, S("number"), c->number);
        view_put_str(v, S("kind"), correction_name(c->kind));
        view_put_bool(v, S("is_add"), c->kind == CORRECTION_ADD);
        view_put_bool(v, S("is_off"), c->kind == CORRECTION_OFF);
        view_put_bool(v, S("is_section"), c->kind == CORRECTION_SECTION);
        view_put_str(v, S("reason"), c->reason);
        view_put_str(v, S("by"), c->by.name);
        view_put_str(v, S("at_words"), time_words(a, c->at));
        view_put_i64(v, S("entry"), c->leaf);
        view_put_str(v, S("entry_path"), str_format(a, "/record/leaves/%lld", (long long)c->leaf));
    }
    view_put_bool(view, S("has_corrections"), count > 0);
    return e;
}

static Err put_in_force(Req *req, View *view, const Roll *roll)
{
    int64_t count, corrections;
    Err e = roll_in_force(req->db, req->arena, roll, &count, &corrections);
    if (e) return e;
    view_put_i64(view, S("in_force"), count);
    view_put_str(view, S("in_force_words"), shown_count(req->arena, count));
    view_put_i64(view, S("correction_count"), corrections);
    int64_t erased, net;
    e = roll_erased(req->db, req->arena, roll, roll->version, &erased, &net);
    if (e) return e;
    view_put_i64(view, S("erased"), erased);
    view_put_str(view, S("erased_words"), shown_count(req->arena, erased));
    view_put_bool(view, S("has_erased"), erased > 0);
    view_put_bool(view, S("is_one_erased"), erased == 1);
    return ERR_OK;
}

static Err roll_page(Req *req, View *view)
{
    Roll roll = {0};
    RollVersion version = {0};
    RollPublished *published = arena_new(req->arena, RollPublished, 1);
    Err e = find_public(req, &roll);
    if (!e) e = roll_version_find(req->db, req->arena, &roll, roll.version, &version);
    if (!e) e = roll_published_read(req->arena, version.published, published, &req->fault) ? ERR_IO : ERR_OK;
    if (e) return e;
    shown_roll_put(req, view_put_object(view, S("roll")), &roll);
    shown_version_put(req->arena, view_put_object(view, S("newest")), &roll, &version);
    put_totals(req, view, published);
    req_title(req, roll.title);
    e = put_versions(req, view, &roll);
    if (!e) e = put_in_force(req, view, &roll);
    if (!e) e = put_corrections(req, view, &roll);
    return e ? e : shown_proposals(req, view, &roll);
}

static Err find_version(Req *req, Roll *ret_roll, RollVersion *ret_version)
{
    Err e = find_public(req, ret_roll);
    return e ? e : roll_version_find(req->db, req->arena, ret_roll, req_number(req, "version"), ret_version);
}

static Err published_file(Req *req, View *view)
{
    (void)view;
    Roll roll = {0};
    RollVersion version = {0};
    Err e = find_version(req, &roll, &version);
    if (!e)
        req_send(req, S("application/json"), version.published,
            str_format(req->arena, "%.*s-%lld.json", STR_ARG(roll.slug), (long long)version.version));
    return e;
}

static Err hashes_file(Req *req, View *view)
{
    (void)view;
    Roll roll = {0};
    RollVersion version = {0};
    Str bytes;
    Err e = find_version(req, &roll, &version);
    if (!e) e = roll_hashes(req->db, req->arena, &roll, &version, &bytes);
    if (!e)
        req_send(req, S("application/octet-stream"), bytes,
            str_format(req->arena, "%.*s-%lld-hashes.bin", STR_ARG(roll.slug), (long long)version.version));
    return e;
}

/* ---- for a member ---- */

static Err my_rolls(Req *req, View *view)
{
    Roll *rolls;
    int count;
    View *array = view_put_array(view, S("rolls"));
    Err e = roll_of_person(req->db, req->arena, req->person, &rolls, &count);
    for (int i = 0; i < count && !e; i++) {
        RollStanding standing;
        View *v = view_add_object(array);
        shown_roll_put(req, v, &rolls[i]);
        e = roll_standing(req->db, req->arena, &rolls[i], req->person, &standing);
        if (!e) view_put_bool(v, S("stands"), standing.count > 0);
    }
    if (!e) view_put_bool(view, S("has_rolls"), count > 0);
    return e;
}

/* One that is not of her units is not there. */
static Err find_mine(Req *req, Db *db, Roll *ret_roll)
{
    Str slug = req_text(req, "roll");
    Err e = roll_may_know(db, req->arena, req->person, slug);
    if (!e) e = roll_find(db, req->arena, slug, ret_roll);
    return e == ERR_MISSING ? req_fail(req, e, "None of your units has a frozen roll at this address.") : e;
}

/* Her memberships alone, as a roster. */
static Err my_roster(Req *req, const Person *person, Roster *roster)
{
    Arena *a = req->arena;
    for (int i = 0; i < person->membership_count; i++) {
        Values *values = arena_new(a, Values, 1);
        Unit *path;
        int count, above = -1;
        Err e = unit_path(req->db, a, person->memberships[i].unit, &path, &count);
        for (int k = 0; k < count && !e; k++) {
            int unit = roster_unit(roster, path[k].slug);
            roster->units[unit].above = above;
            above = unit;
        }
        if (e) return e;
        *values = person->memberships[i].values;
        values->of[COL_GIVEN_NAME] = person->values.of[COL_GIVEN_NAME];
        values->of[COL_FAMILY_NAME] = person->values.of[COL_FAMILY_NAME];
        values->of[COL_UNIT] = person->memberships[i].unit;
        membership_settle(a, values);
        roster_add_values(roster, a, 0, person->id, values);
    }
    return ERR_OK;
}

static void put_rule(View *array, const char *name, bool met, Str why)
{
    View *v = view_add_object(array);
    view_put_str(v, S("name"), str_from_c(name));
    view_put_bool(v, S("met"), met);
    view_put_str(v, S("why"), why);
}

/* What each rule says of a membership, as the list has it today: those before the first that is not met are met. */
static void put_rules(Req *req, View *v, const Roll *roll, const Roster *roster, const RosterRow *row)
{
    Arena *a = req->arena;
    static const struct {
        RollReason reason;
        const char *name;
    } asked[] = {{REASON_NOT_YET, "A member on the freeze date"}, {REASON_STATUS, "In good standing on it"},
        {REASON_JOINED, "Joined in time"}, {REASON_MONTHS, "For long enough"}, {REASON_SECTION, "In a section that takes part"},
        {REASON_CLASS, "In a class that takes part"}, {REASON_UNIT, "In a unit that takes part"}, {REASON_FEE, "Fee paid"},
        {REASON_DECLARED, "Support declared"}};
    const RollRules *r = &roll->rules;
    const bool in_rules[] = {true, true, r->joined_by != DAY_NONE, r->months > 0, r->sections.given, r->classes.given, r->units.given,
        r->fee_paid, r->declared.given};
    RollReason reason = rules_row(r, roster, row);
    View *array = view_put_array(v, S("rules"));
    for (int i = 0; i < COUNT_OF(asked); i++) {
        bool failed = asked[i].reason == reason;
        if (in_rules[i] || failed) put_rule(array, asked[i].name, !failed, failed ? rules_why(a, r, roster, row, reason) : S(""));
        if (failed) break;
    }
    view_put_bool(v, S("meets"), reason == REASON_ON);
    view_put_str(v, S("why"), rules_why(a, r, roster, row, reason));
    view_put_str(v, S("unit"), shown_unit_name(req, roster_text(roster, row->unit)));
    view_put_str(v, S("section"), roster_text(roster, row->section));
    view_put_str(v, S("joined_words"), day_words(a, row->joined));
}

static Err put_memberships(Req *req, View *view, const Roll *roll)
{
    Person person;
    Err e = person_find(req->db, req->arena, (Scope){roll->unit}, req->person, &person, NULL);
    if (e) return e;
    Roster *roster = roster_new(req->arena);
    View *array = view_put_array(view, S("memberships"));
    e = my_roster(req, &person, roster);
    for (int i = 0; i < roster->count && !e; i++) put_rules(req, view_add_object(array), roll, roster, &roster->rows[i]);
    return e;
}

static void put_places(Req *req, View *view, const Roll *roll, const RollStanding *standing)
{
    Arena *a = req->arena;
    View *places = view_put_array(view, S("places")), *proofs = view_put_array(view, S("proofs"));
    for (int i = 0; i < standing->count; i++) {
        View *v = view_add_object(places);
        view_put_str(v, S("unit"), shown_unit_name(req, standing->places[i].unit));
        view_put_str(v, S("section"), standing->places[i].section);
        view_put_bool(v, S("by_correction"), standing->places[i].number < 0);
    }
    for (int i = 0; i < standing->number_count; i++) {
        View *v = view_add_object(proofs);
        view_put_i64(v, S("number"), standing->numbers[i]);
        view_put_str(v, S("path"), str_format(a, "/me/rolls/%.*s/proof?entry=%lld", STR_ARG(roll->slug), (long long)standing->numbers[i]));
    }
    view_put_bool(view, S("stands"), standing->count > 0);
    view_put_bool(view, S("was_corrected_off"), standing->count == 0 && standing->number_count > 0);
}

static Err put_my_corrections(Req *req, View *view, const Roll *roll)
{
    RollCorrection *corrections;
    int count;
    View *array = view_put_array(view, S("corrections"));
    Err e = roll_corrections_of(req->db, req->arena, roll, req->person, &corrections, &count);
    for (int i = 0; i < count && !e; i++) {
        const RollCorrection *c = &corrections[i];
        View *v = view_add_object(array);
        shown_correction_put(req->arena, v, c);
        view_put_str(v, S("text"), c->entry);
    }
    return e;
}

static Err put_my_challenges(Req *req, View *view, const Roll *roll)
{
    RollChallenge *challenges;
    int count;
    bool open = false;
    View *array = view_put_array(view, S("challenges"));
    Err e = roll_challenges_of(req->db, req->arena, roll, req->person, &challenges, &count);
    for (int i = 0; i < count && !e; i++) {
        View *v = view_add_object(array);
        view_put_str(v, S("words"), challenges[i].words);
        view_put_str(v, S("at_words"), time_words(req->arena, challenges[i].at));
        view_put_bool(v, S("is_answered"), challenges[i].answered > 0);
        view_put_str(v, S("answer"), challenges[i].answer);
        view_put_str(v, S("by"), challenges[i].by_name);
        if (challenges[i].answered) view_put_str(v, S("answered_words"), time_words(req->arena, challenges[i].answered));
        if (challenges[i].correction) view_put_i64(v, S("correction"), challenges[i].correction);
        open = open || !challenges[i].answered;
    }
    if (!e) view_put_bool(view, S("has_challenges"), count > 0);
    if (!e) view_put_bool(view, S("may_challenge"), !open);
    return e;
}

static Err my_roll(Req *req, View *view)
{
    Roll roll = {0};
    RollVersion version = {0};
    RollStanding standing = {0};
    Err e = find_mine(req, req->db, &roll);
    if (!e) e = roll_version_find(req->db, req->arena, &roll, roll.version, &version);
    if (!e) e = roll_standing(req->db, req->arena, &roll, req->person, &standing);
    if (e) return e;
    shown_roll_put(req, view_put_object(view, S("roll")), &roll);
    shown_version_put(req->arena, view_put_object(view, S("newest")), &roll, &version);
    put_places(req, view, &roll, &standing);
    req_title(req, str_format(req->arena, "Am I on it? %.*s", STR_ARG(roll.title)));
    e = put_memberships(req, view, &roll);
    if (!e) e = put_my_corrections(req, view, &roll);
    return e ? e : put_my_challenges(req, view, &roll);
}

/* Only an entry of her own. */
static Err my_number(Req *req, const Roll *roll, int64_t *ret_number)
{
    RollStanding standing = {0};
    Err e = roll_standing(req->db, req->arena, roll, req->person, &standing);
    if (e) return e;
    for (int i = 0; i < standing.number_count; i++)
        if (!req_given(req, "entry") || standing.numbers[i] == req_number(req, "entry")) {
            *ret_number = standing.numbers[i];
            return ERR_OK;
        }
    return req_fail(req, ERR_MISSING, "You have no such entry on this roll.");
}

static Err my_proof(Req *req, View *view)
{
    (void)view;
    Roll roll = {0};
    RollVersion version = {0};
    RollProof proof = {0};
    int64_t number = 0;
    Err e = find_mine(req, req->db, &roll);
    if (!e) e = my_number(req, &roll, &number);
    if (!e) e = roll_version_find(req->db, req->arena, &roll, roll.version, &version);
    if (!e) e = roll_prove(req->db, req->arena, &roll, &version, number, &proof);
    if (!e)
        req_send(req, S("text/plain; charset=utf-8"), roll_proof_text(req->arena, &proof),
            str_format(req->arena, "%.*s-%lld-entry-%lld.txt", STR_ARG(roll.slug), (long long)version.version, (long long)number));
    return e;
}

static Err challenge_form(Req *req, View *view)
{
    Roll roll = {0};
    Err e = find_mine(req, req->db, &roll);
    if (!e) shown_roll_put(req, view_put_object(view, S("roll")), &roll);
    return e;
}

static Err challenge_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    Err e = find_mine(req, db, &roll);
    if (!e) e = roll_challenge(db, req->arena, &roll, req->person, req_text(req, "words"), req->now, &req->fault);
    if (e) return shown_refusal(req, e);
    view_put_str(answer, S("roll"), roll.slug);
    req_redirect(req, "/me/rolls/%.*s", STR_ARG(roll.slug));
    req_flash(req, "Your challenge waits for the returning officer. The answer will be here.");
    return ERR_OK;
}

/* ---- the table ---- */

static const Field roll_fields[] = {ROLL_FIELD, {0}};
static const Field version_fields[] = {ROLL_FIELD, {"version", FIELD_NUMBER, .required = true, .min = 1, .max = 1000000}, {0}};
static const Field proof_fields[] = {ROLL_FIELD, {"entry", FIELD_NUMBER, .min = 0, .max = INT64_C(1) << 40}, {0}};
static const Field challenge_fields[] = {ROLL_FIELD,
    {"words", FIELD_TEXT, .required = true, .min = 10, .max = 2000, .label = "What is wrong, and what shows it",
        .hint = "The returning officers of the unit read it, and nobody else. Say dates and papers that they can look at."},
    {0}};

static const Route routes[] = {
    {GET, "/rolls", WHO_ANYONE, "Rolls", "Frozen rolls: who may take part, by which rules. No names.", .page = rolls_page, .html = "rolls",
        .topic = "rolls", .nav = "Rolls"},
    {GET, "/rolls/:roll", WHO_ANYONE, "Roll", "Rules in words, commitment, totals, corrections and proposals of a frozen roll. No names.",
        roll_fields, .page = roll_page, .html = "roll", .topic = "roll::roll"},
    {GET, "/rolls/:roll/versions/:version/published", WHO_ANYONE, "What was published of a roll", "roll.json: rules, root, count, totals.",
        version_fields, .page = published_file, .no_json = true, .topic = "roll::roll"},
    {GET, "/rolls/:roll/versions/:version/hashes", WHO_ANYONE, "The hashes of a roll",
        "32 bytes an entry, in their order: the root can be made from them.", version_fields, .page = hashes_file, .no_json = true,
        .heavy = true, .rate = RATE_WORK},
    {GET, "/me/rolls", WHO_MEMBER, "Am I on the roll?", "The frozen rolls of my units, and whether I stand on them.", .page = my_rolls,
        .html = "my_rolls"},
    {GET, "/me/rolls/:roll", WHO_MEMBER, "Am I on it?", "Whether I stand on a roll, why, what was corrected, and my challenges.",
        roll_fields, .page = my_roll, .html = "my_roll"},
    {GET, "/me/rolls/:roll/proof", WHO_MEMBER, "My entry with its proof",
        "Text that 'hustings roll check' verifies against what was published.", proof_fields, .page = my_proof, .no_json = true},
    {GET, "/me/rolls/:roll/challenge", WHO_MEMBER, "Challenge a roll", NULL, roll_fields, .page = challenge_form, .html = "challenge_form",
        .posts = "/me/rolls/:roll/challenge"},
    {POST, "/me/rolls/:roll/challenge", WHO_MEMBER, "Challenge a roll",
        "Tells the returning officer what is wrong; one challenge waits at a time.", challenge_fields, .write = challenge_write,
        .act = "none: what a member says is hers; the answer may be an act", .form = "challenge_form", .form_page = challenge_form,
        .rate = RATE_WRITE},
};

static const TopicRule topics[] = {{"rolls", WHO_ANYONE}, {"roll:", WHO_ANYONE}, {0}};

const Room roll_room = {"roll", routes, COUNT_OF(routes), .topics = topics, .forget = roll_forget};
