/* proposals.c: what takes two officers (moving the freeze date, overriding the audit), the release, and what the record says of all that.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "record/record.h"
#include "roll/own.h"
#include "roll/questions.h"

/* ---- reading ---- */

static RollProposal proposal_of_row(const DbRows *rows)
{
    RollProposal p = {.id = db_text(rows, "id"),
        .kind = db_text(rows, "kind"),
        .state = db_text(rows, "state"),
        .reason = db_text(rows, "reason"),
        .version = db_i64(rows, "version"),
        .day = DAY_NONE,
        .gained = db_i64(rows, "gained"),
        .lost = db_i64(rows, "lost"),
        .would = db_i64(rows, "would"),
        .critical = db_i64(rows, "critical"),
        .person = db_text(rows, "person"),
        .second = db_text(rows, "second"),
        .by = {db_text(rows, "by_name"), db_text(rows, "by_role")},
        .second_by = {db_text(rows, "second_name"), db_text(rows, "second_role")},
        .at = db_i64(rows, "at"),
        .leaf = db_i64(rows, "leaf"),
        .ended = db_i64(rows, "ended"),
        .ended_leaf = db_i64(rows, "ended_leaf")};
    Day day;
    if (day_read(db_text(rows, "day"), &day)) p.day = day;
    return p;
}

Err roll_proposals(Db *db, Arena *a, const Roll *roll, RollProposal **ret_proposals, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "roll_proposals", DB_VALUES(db_string(roll->unit), db_string(roll->slug)), &rows);
    if (e) return e;
    *ret_proposals = arena_new(a, RollProposal, (size_t)rows.count);
    *ret_count = rows.count;
    for (int i = 0; db_next(&rows); i++) (*ret_proposals)[i] = proposal_of_row(&rows);
    return ERR_OK;
}

Err roll_proposal_find(Db *db, Arena *a, const Roll *roll, Str id, RollProposal *ret_proposal)
{
    DbRows rows;
    Err e = db_one(db, a, "roll_proposal_one", DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(id)), &rows);
    if (!e) *ret_proposal = proposal_of_row(&rows);
    return e;
}

/* For as many questions as were published with it: those that came up later were overridden by nobody. */
Err roll_is_overridden(Db *db, Arena *a, const Roll *roll, bool *ret_overridden)
{
    DbRows rows;
    int64_t critical = 0;
    *ret_overridden = false;
    Err e = db_one(db, a, "roll_overridden", DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_number(roll->version)), &rows);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    e = audit_open_critical(db, a, roll->unit, roll->slug, &critical);
    if (!e) *ret_overridden = critical <= db_i64(&rows, "critical");
    return e;
}

/* ---- what the record says ---- */

static bool is_move(const RollProposal *p)
{
    return str_equal(p->kind, S("move"));
}

static void put_move(Arena *a, View *data, const Roll *roll, const RollProposal *p)
{
    view_put_str(data, S("from"), day_iso(a, roll->rules.freeze));
    view_put_str(data, S("to"), day_iso(a, p->day));
    view_put_i64(data, S("gained"), p->gained);
    view_put_i64(data, S("lost"), p->lost);
    view_put_i64(data, S("would_stand"), p->would);
}

static void put_proposal(Arena *a, View *data, const Roll *roll, const RollProposal *p)
{
    view_put_i64(data, S("version"), p->version);
    view_put_str(data, S("proposes"), p->kind);
    view_put_str(data, S("proposal"), p->id);
    if (is_move(p)) put_move(a, data, roll, p);
    else view_put_i64(data, S("critical_questions"), p->critical);
}

/* "from 12 March 2013 to 1 January 2012: 40 people would gain a vote and 3 would lose it" */
static Str move_words(Arena *a, const Roll *roll, const RollProposal *p)
{
    Str from = day_words(a, roll->rules.freeze), to = day_words(a, p->day);
    return str_format(a, "from %.*s to %.*s: %lld would gain a place on it and %lld would lose theirs", STR_ARG(from), STR_ARG(to),
        (long long)p->gained, (long long)p->lost);
}

static Str proposed_words(Arena *a, const Roll *roll, const RollProposal *p, Officer by)
{
    Str name = roll_says(a, roll), who = act_line(a, by.name, ACT_NAME_MAX);
    if (!is_move(p))
        return str_format(a,
            "%.*s proposed to use %.*s although its audit has %lld critical question%s without an answer. Another officer must confirm it.",
            STR_ARG(who), STR_ARG(name), (long long)p->critical, p->critical == 1 ? "" : "s");
    Str move = move_words(a, roll, p);
    return str_format(a, "%.*s proposed to move the freeze date of %.*s %.*s. Another officer must confirm it.", STR_ARG(who),
        STR_ARG(name), STR_ARG(move));
}

static Err tell_proposed(
    Db *db, Arena *a, const Roll *roll, const RollProposal *p, Officer by, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = roll_data(a, roll);
    put_proposal(a, data, roll, p);
    Act act = {.kind = "roll.proposed",
        .by = by,
        .says = proposed_words(a, roll, p, by),
        .unit = roll->unit,
        .reason = act_line(a, p->reason, ACT_REASON_MAX),
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

static Err tell_withdrawn(
    Db *db, Arena *a, const Roll *roll, const RollProposal *p, Officer by, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = roll_data(a, roll);
    view_put_str(data, S("withdraws"), p->id);
    Str name = roll_says(a, roll);
    Act act = {.kind = "roll.proposed",
        .by = by,
        .says = str_format(a, "The proposal to %s %.*s, made in entry %lld, was withdrawn.",
            is_move(p) ? "move the freeze date of" : "override the audit of", STR_ARG(name), (long long)p->leaf),
        .unit = roll->unit,
        .reason = S("Withdrawn by a returning officer before it was confirmed."),
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

static Err tell_overridden(
    Db *db, Arena *a, const Roll *roll, const RollProposal *p, Officer by, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = roll_data(a, roll);
    put_proposal(a, data, roll, p);
    Str name = roll_says(a, roll), first = act_line(a, p->by.name, ACT_NAME_MAX);
    Act act = {.kind = "roll.overridden",
        .by = by,
        .says = str_format(a,
            "The audit of %.*s was overridden, as %.*s had proposed in entry %lld: it may be used although critical questions have no "
            "answer.",
            STR_ARG(name), STR_ARG(first), (long long)p->leaf),
        .unit = roll->unit,
        .reason = act_line(a, p->reason, ACT_REASON_MAX),
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

static void put_frozen(Arena *a, View *data, const RollPublished *p)
{
    view_put_i64(data, S("version"), p->version);
    view_put_str(data, S("freeze"), day_iso(a, p->rules.freeze));
    view_put_i64(data, S("count"), p->count);
    view_put_str(data, S("root"), sha256_hex(a, p->root));
    view_put_str(data, S("rules_sha256"), sha256_hex(a, p->rules_digest));
    view_put(data, S("rules"), rules_view(a, &p->rules));
}

Err roll_tell_frozen(Db *db, Arena *a, const Roll *roll, const RollPublished *p, Officer by, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = roll_data(a, roll);
    put_frozen(a, data, p);
    Str name = roll_says(a, roll), day = day_words(a, p->rules.freeze);
    ActFile file = {.name = str_format(a, "%.*s-%lld.json", STR_ARG(roll->slug), (long long)p->version),
        .size = (int64_t)p->text.len,
        .digest = sha256(p->text),
        .bytes = p->text};
    Act act = {.kind = "roll.frozen",
        .by = by,
        .says = str_format(a, "T%.*s was frozen%s with the freeze date %.*s: %lld stand on it.", STR_ARG(str_slice(name, 1, name.len)),
            p->version > 1 ? " anew" : "", STR_ARG(day), (long long)p->count),
        .unit = roll->unit,
        .files = &file,
        .file_count = 1,
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

Err roll_tell_moved(
    Db *db, Arena *a, const Roll *roll, const RollProposal *p, const RollPublished *published, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = roll_data(a, roll);
    put_proposal(a, data, roll, p);
    view_put_i64(data, S("stand"), published->count);
    Str name = roll_says(a, roll), first = act_line(a, p->by.name, ACT_NAME_MAX), move = move_words(a, roll, p);
    Act act = {.kind = "roll.moved",
        .by = p->second_by,
        .says = str_format(a,
            "The freeze date of %.*s was moved %.*s, as %.*s had proposed in entry %lld. What was frozen before stays as it is.",
            STR_ARG(name), STR_ARG(move), STR_ARG(first), (long long)p->leaf),
        .unit = roll->unit,
        .reason = act_line(a, p->reason, ACT_REASON_MAX),
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

/* ---- proposing ---- */

/* The roll as it is now, and nobody changes it meanwhile. It is frozen. */
static Err held(Db *db, Arena *a, const Roll *asked, int64_t now, Roll *ret_roll, Fault *fault)
{
    RollJob job;
    Err e = roll_hold(db, asked, now);
    if (!e) e = roll_find(db, a, asked->slug, ret_roll);
    if (e) return e;
    if (!ret_roll->version) return fault_setf(fault, a, ERR_CONFLICT, "This roll is a draft.");
    e = roll_job_find(db, a, ret_roll, &job);
    return e == ERR_MISSING ? ERR_OK : e ? e : fault_setf(fault, a, ERR_CONFLICT, "This roll is being frozen anew.");
}

static Err check_proposal(Db *db, Arena *a, const Roll *roll, const RollProposal *p, int64_t now, Fault *fault)
{
    DbRows rows;
    Err e = db_one(db, a, "roll_proposal_waits", DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(p->kind)), &rows);
    if (!e) return fault_setf(fault, a, ERR_CONFLICT, "There is such a proposal already. It must be confirmed or withdrawn first.");
    if (e != ERR_MISSING) return e;
    if (str_equal(roll->state, S("released")))
        return fault_setf(fault, a, ERR_CONFLICT, "This roll is released to a contest: it can be corrected, but not frozen anew.");
    if (is_move(p) && p->day == roll->rules.freeze) return fault_setf(fault, a, ERR_CONFLICT, "That is its freeze date already.");
    return is_move(p) ? roll_check_day(a, p->day, now, fault) : ERR_OK;
}

static Err keep_proposal(Db *db, Arena *a, const Roll *roll, const RollProposal *p, Officer by, int64_t now, int64_t leaf)
{
    return db_run(db, "roll_proposal_add",
        DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(p->id), db_string(p->kind), db_number(p->version),
            db_string(day_iso(a, p->day)), db_string(p->reason), db_number(p->gained), db_number(p->lost), db_number(p->would),
            db_number(p->critical), db_string(p->person), db_string(by.name), db_string(by.role), db_number(now), db_number(leaf)));
}

Err roll_propose(Db *db, Arena *a, const Roll *asked_roll, const RollProposal *asked, Officer by, int64_t now, Str *ret_id, Fault *fault)
{
    Roll roll;
    int64_t leaf = -1;
    RollProposal p = *asked;
    Err e = held(db, a, asked_roll, now, &roll, fault);
    if (!e) e = check_proposal(db, a, &roll, &p, now, fault);
    if (!e && !is_move(&p)) e = audit_open_critical(db, a, roll.unit, roll.slug, &p.critical);
    if (e) return e;
    if (!is_move(&p) && !p.critical)
        return fault_setf(fault, a, ERR_CONFLICT, "There is nothing to override: no critical question of the audit is open.");
    p.id = person_new_id(a, now);
    p.version = roll.version;
    e = tell_proposed(db, a, &roll, &p, by, now, &leaf, fault);
    if (!e) e = keep_proposal(db, a, &roll, &p, by, now, leaf);
    if (!e) *ret_id = p.id;
    return e ? e : roll_announce(db, a, &roll, now);
}

/* ---- the second officer ---- */

static Err open_proposal(Db *db, Arena *a, const Roll *roll, Str id, RollProposal *ret_proposal, Fault *fault)
{
    Err e = roll_proposal_find(db, a, roll, id, ret_proposal);
    if (e || str_equal(ret_proposal->state, S("open"))) return e;
    return fault_setf(fault, a, ERR_CONFLICT, "This proposal is over.");
}

static Err end_proposal(Db *db, Arena *a, const Roll *roll, const RollProposal *p, const char *state, Str person, Officer by, int64_t leaf,
    int64_t now, Fault *fault)
{
    int64_t changed = 0;
    Err e = db_run_counted(db, "roll_proposal_end",
        DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(p->id), db_string(S("open")), db_string(str_from_c(state)),
            db_string(person), db_string(by.name), db_string(by.role), db_number(now), db_number(leaf)),
        &changed);
    if (e) return e;
    return changed ? roll_announce(db, a, roll, now) : fault_setf(fault, a, ERR_CONFLICT, "This proposal is over.");
}

static Err ask_move(Db *db, Arena *a, const Roll *roll, const RollProposal *p, Officer by, int64_t now)
{
    RollRules *rules = arena_new(a, RollRules, 1);
    *rules = roll->rules;
    rules->freeze = p->day;
    return db_run(db, "roll_job_add",
        DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(rules_write(a, rules)), db_string(p->id), db_string(by.name),
            db_string(by.role), db_number(now)));
}

/* Two persons of the list may be one human being, or one may have made herself able to sign in as the other. */
static Err check_two(Db *db, Arena *a, Str first, Str second, int64_t now, Fault *fault)
{
    DbRows rows;
    if (str_equal(first, second))
        return fault_setf(fault, a, ERR_DENIED, "You proposed this. It takes a second officer, who is another person.");
    Err e = db_one(db, a, "roll_officers_share", DB_VALUES(db_string(first), db_string(second)), &rows);
    if (!e)
        return fault_setf(fault, a, ERR_DENIED,
            "You and whoever proposed this sign in by the same e-mail address. It takes a second officer with an address of her own.");
    if (e != ERR_MISSING) return e;
    e = db_one(db, a, "roll_officers_readdressed", DB_VALUES(db_string(first), db_string(second), db_number(now)), &rows);
    if (!e)
        return fault_setf(fault, a, ERR_DENIED,
            "The e-mail address of one of the two officers was changed by somebody else since she was given the role. The role must be "
            "ended and given anew first.");
    return e == ERR_MISSING ? ERR_OK : e;
}

Err roll_confirm(Db *db, Arena *a, const Roll *asked, Str id, Str person, Officer by, int64_t now, Fault *fault)
{
    Roll roll;
    RollProposal p = {0};
    int64_t leaf = -1;
    Err e = held(db, a, asked, now, &roll, fault);
    if (!e) e = open_proposal(db, a, &roll, id, &p, fault);
    if (!e) e = check_two(db, a, p.person, person, now, fault);
    if (e) return e;
    if (p.version != roll.version)
        return fault_setf(fault, a, ERR_CONFLICT, "The roll was frozen anew since this was proposed. Withdraw it and propose again.");
    if (is_move(&p)) {
        e = ask_move(db, a, &roll, &p, by, now);
        return e ? e : end_proposal(db, a, &roll, &p, "confirmed", person, by, -1, now, fault);
    }
    e = tell_overridden(db, a, &roll, &p, by, now, &leaf, fault);
    return e ? e : end_proposal(db, a, &roll, &p, "done", person, by, leaf, now, fault);
}

Err roll_withdraw(Db *db, Arena *a, const Roll *asked, Str id, Str person, Officer by, int64_t now, Fault *fault)
{
    Roll roll;
    RollProposal p = {0};
    int64_t leaf = -1;
    Err e = held(db, a, asked, now, &roll, fault);
    if (!e) e = open_proposal(db, a, &roll, id, &p, fault);
    if (!e) e = tell_withdrawn(db, a, &roll, &p, by, now, &leaf, fault);
    return e ? e : end_proposal(db, a, &roll, &p, "withdrawn", person, by, leaf, now, fault);
}

/* ---- release ---- */

static Err check_release(Db *db, Arena *a, const Roll *roll, Fault *fault)
{
    int64_t critical = 0;
    bool overridden = false, audited = false;
    if (str_equal(roll->state, S("released"))) return fault_setf(fault, a, ERR_CONFLICT, "This roll is released already.");
    Err e = audit_is_done(db, a, roll, &audited);
    if (!e && !audited)
        return fault_setf(fault, a, ERR_CONFLICT, "This version of the roll is not audited yet. Look at its audit, and release it then.");
    if (!e) e = audit_open_critical(db, a, roll->unit, roll->slug, &critical);
    if (!e) e = roll_is_overridden(db, a, roll, &overridden);
    if (e || !critical || overridden) return e;
    return fault_setf(fault, a, ERR_CONFLICT,
        "The audit has %lld critical question%s without an answer. Answer %s, or have the audit overridden by two officers.",
        (long long)critical, critical == 1 ? "" : "s", critical == 1 ? "it" : "them");
}

/* What everybody may know of the audit: how much it asked, and how much of that has an answer. */
static Err put_audited(Db *db, Arena *a, const Roll *roll, View *object)
{
    static const struct {
        AuditWeight weight;
        const char *asked, *answered;
    } shown[] = {{AUDIT_CRITICAL, "critical", "critical_answered"}, {AUDIT_QUESTION, "questions", "questions_answered"}};
    AuditRun run;
    AuditCounts counts;
    Err e = audit_run_newest(db, a, roll, &run);
    if (!e) e = audit_counts(db, a, roll, run.run, &counts);
    for (int i = 0; i < COUNT_OF(shown) && !e; i++) {
        view_put_i64(object, str_from_c(shown[i].asked), counts.asked[shown[i].weight]);
        view_put_i64(object, str_from_c(shown[i].answered), counts.answered[shown[i].weight]);
    }
    return e;
}

Err roll_release(Db *db, Arena *a, const Roll *asked, Str contest, Officer by, int64_t now, Fault *fault)
{
    Roll roll;
    RollVersion version = {0};
    int64_t leaf = -1;
    Err e = held(db, a, asked, now, &roll, fault);
    if (!e) e = check_release(db, a, &roll, fault);
    if (!e) e = roll_version_find(db, a, &roll, roll.version, &version);
    if (e) return e;
    View *data = roll_data(a, &roll);
    view_put_i64(data, S("version"), roll.version);
    view_put_str(data, S("root"), sha256_hex(a, version.root));
    e = put_audited(db, a, &roll, view_put_object(data, S("audit")));
    if (e) return e;
    Str name = roll_says(a, &roll);
    Act act = {.kind = "roll.released",
        .by = by,
        .says = str_format(a, "T%.*s (version %lld, %lld entries) was released to the contest %.*s.", STR_ARG(str_slice(name, 1, name.len)),
            (long long)roll.version, (long long)version.count, STR_ARG(contest)),
        .unit = roll.unit,
        .contest = contest,
        .data = data};
    e = record_act(db, a, &act, now, &leaf, fault);
    if (!e) e = db_run(db, "roll_set_released", DB_VALUES(db_string(roll.unit), db_string(roll.slug), db_string(contest), db_number(now)));
    return e ? e : roll_announce(db, a, &roll, now);
}
