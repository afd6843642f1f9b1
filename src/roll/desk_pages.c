/* desk_pages.c: a returning officer's pages of a roll: rules, preview, the freeze, corrections, challenges, and what takes two officers.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/json.h"
#include "people/access.h"
#include "roll/own.h"
#include "roll/questions.h"
#include "roll/shown.h"

#include <stdlib.h>

enum { NAMES_MOST = 500, TABLE_MOST = 40, SWEEP_BEFORE = 24, SWEEP_AFTER = 3 };

/* ---- lists ---- */

static Err put_unit(Req *req, View *view)
{
    Unit unit;
    Err e = unit_find(req->db, req->arena, req_text(req, "unit"), &unit);
    if (e) return e == ERR_MISSING ? req_fail(req, e, "There is no such unit.") : e;
    View *v = view_put_object(view, S("unit"));
    view_put_str(v, S("slug"), unit.slug);
    view_put_str(v, S("name"), unit.name);
    view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s", STR_ARG(unit.slug)));
    return ERR_OK;
}

static Err list_page(Req *req, View *view)
{
    Roll *rolls;
    int count;
    Err e = put_unit(req, view);
    if (!e) e = roll_list(req->db, req->arena, req_text(req, "unit"), &rolls, &count);
    if (e) return e;
    View *array = view_put_array(view, S("rolls"));
    for (int i = 0; i < count; i++) shown_roll_put(req->arena, view_add_object(array), &rolls[i]);
    view_put_bool(view, S("has_rolls"), count > 0);
    return ERR_OK;
}

/* ---- rules by a form ---- */

static Str figure_name(const UnitFigure *f, int which)
{
    return which == 0 ? f->status : which == 1 ? f->section : f->class;
}

static bool is_chosen(const Str *chosen, int count, Str value)
{
    for (int i = 0; i < count; i++)
        if (str_equal(chosen[i], value)) return true;
    return false;
}

/* The words that are in use, each with how many memberships have it, to be ticked. */
static void put_ticks(
    Req *req, View *view, const char *name, const UnitFigure *figures, int count, int which, const Str *chosen, int chosen_count)
{
    View *array = view_put_array(view, str_from_c(name));
    for (int i = 0; i < count; i++) {
        Str value = figure_name(&figures[i], which);
        int64_t memberships = 0;
        bool before = !value.len;
        for (int j = 0; j < count; j++) {
            if (!str_equal(figure_name(&figures[j], which), value)) continue;
            before = before || j < i;
            memberships += figures[j].memberships;
        }
        if (before) continue;
        View *v = view_add_object(array);
        view_put_str(v, S("field"), str_from_c(name));
        view_put_str(v, S("value"), value);
        view_put_str(v, S("id"), str_format(req->arena, "%s-%.*s", name, STR_ARG(value)));
        view_put_str(v, S("memberships"), shown_count(req->arena, memberships));
        view_put_bool(v, S("chosen"), is_chosen(chosen, chosen_count, value));
    }
}

/* What was typed, or what the draft has. */
static int chosen_of(Req *req, const char *field, const RuleWords *kept, const Str **ret_chosen)
{
    if (req->route->method == POST) return req_texts(req, field, ret_chosen);
    *ret_chosen = kept ? kept->words : NULL;
    return kept && !kept->but ? kept->count : 0;
}

static Err put_choices(Req *req, View *view, const RollRules *kept)
{
    UnitFigure *figures;
    int count, chosen_count;
    const Str *chosen;
    RuleWords statuses = {0};
    Err e = unit_figures(req->db, req->arena, req_text(req, "unit"), &figures, &count);
    if (e) return e;
    for (Status s = STATUS_APPLIED; s < STATUS__COUNT; s++)
        if ((kept ? kept->statuses : 1u << STATUS_ACTIVE) & 1u << s) statuses.words[statuses.count++] = status_name(s);
    chosen_count = chosen_of(req, "statuses", &statuses, &chosen);
    put_ticks(req, view, "statuses", figures, count, 0, chosen, chosen_count);
    chosen_count = chosen_of(req, "sections", kept ? &kept->sections : NULL, &chosen);
    put_ticks(req, view, "sections", figures, count, 1, chosen, chosen_count);
    chosen_count = chosen_of(req, "declared", kept ? &kept->declared : NULL, &chosen);
    put_ticks(req, view, "declared", figures, count, 1, chosen, chosen_count);
    chosen_count = chosen_of(req, "classes", kept ? &kept->classes : NULL, &chosen);
    put_ticks(req, view, "classes", figures, count, 2, chosen, chosen_count);
    return ERR_OK;
}

static void put_words_asked(Req *req, View *rules, const char *field)
{
    const Str *words;
    int count = req_texts(req, field, &words);
    if (!count) return;
    View *array = view_put_array(rules, str_from_c(field));
    for (int i = 0; i < count; i++) view_add_str(array, words[i]);
}

/* Units, separated by blanks or commas. */
static void put_units_asked(Req *req, View *rules)
{
    Str rest = req_text(req, "units"), word;
    View *array = NULL;
    while (rest.len) {
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != ' ' && rest.ptr[end] != ',') end++;
        word = str_slice(rest, 0, end);
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
        if (!word.len) continue;
        if (!array) array = view_put_array(rules, S("units"));
        view_add_str(array, word);
    }
}

/* The form as rules; the fault's words begin with the field's name. */
static Err rules_asked(Req *req, RollRules *ret_rules)
{
    View *v = view_object(req->arena);
    view_put_str(v, S("freeze"), req_text(req, "freeze"));
    if (req_given(req, "months")) view_put_i64(v, S("months"), req_number(req, "months"));
    if (req_given(req, "grace_days")) view_put_i64(v, S("grace_days"), req_number(req, "grace_days"));
    if (req_text(req, "joined_by").len) view_put_str(v, S("joined_by"), req_text(req, "joined_by"));
    put_words_asked(req, v, "statuses");
    put_words_asked(req, v, "sections");
    put_words_asked(req, v, "classes");
    put_words_asked(req, v, "declared");
    put_units_asked(req, v);
    view_put_bool(v, S("fee_paid"), req_ticked(req, "fee_paid"));
    view_put_str(v, S("one_paper"), req_text(req, "one_paper").len ? req_text(req, "one_paper") : S("person"));
    Fault fault = {0};
    Err e = rules_from(req->arena, v, ret_rules, &fault);
    if (!e) return ERR_OK;
    Str field, words;
    if (!str_cut(fault.expected, ':', &field, &words)) return req_wrong(req, NULL, "%.*s", STR_ARG(fault.expected));
    words = str_trim(words);
    return req_wrong(req, str_c(req->arena, field), "Expected %.*s", STR_ARG(words));
}

static Err new_form(Req *req, View *view)
{
    Err e = put_unit(req, view);
    return e ? e : put_choices(req, view, NULL);
}

static Err new_write(Req *req, Db *db, View *answer)
{
    RollRules *rules = arena_new(req->arena, RollRules, 1);
    Str slug = req_text(req, "slug");
    Err e = rules_asked(req, rules);
    if (!e) e = roll_add(db, req->arena, req_text(req, "unit"), slug, req_text(req, "title"), rules, req->now, &req->fault);
    if (e == ERR_CONFLICT) return req_wrong(req, "slug", "%.*s", STR_ARG(req->fault.expected));
    if (e) return e;
    view_put_str(answer, S("roll"), slug);
    req_redirect(req, "/units/%.*s/rolls/%.*s", STR_ARG(req_text(req, "unit")), STR_ARG(slug));
    req_flash(req, "The draft is kept. Nobody sees it but the officers of this unit. Look at the preview before you freeze it.");
    return ERR_OK;
}

static Str number_text(Arena *a, int number)
{
    return str_format(a, "%d", number);
}

static void prefill(Req *req, const Roll *roll)
{
    const RollRules *r = &roll->rules;
    Buf units = buf_new(req->arena);
    for (int i = 0; i < r->units.count; i++) buf_format(&units, "%s%.*s", i ? " " : "", STR_ARG(r->units.words[i]));
    req_prefill(req, "title", roll->title);
    req_prefill(req, "freeze", day_iso(req->arena, r->freeze));
    req_prefill(req, "months", number_text(req->arena, r->months));
    req_prefill(req, "grace_days", number_text(req->arena, r->grace_days));
    req_prefill(req, "joined_by", day_iso(req->arena, r->joined_by));
    req_prefill(req, "units", buf_done(&units));
    req_prefill(req, "fee_paid", r->fee_paid ? S("yes") : S(""));
    req_prefill(req, "one_paper", r->once_per_section ? S("section") : S("person"));
}

static Err rules_form(Req *req, View *view)
{
    Roll roll = {0};
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = put_unit(req, view);
    if (!e) e = put_choices(req, view, &roll.rules);
    if (!e && req->route->method == GET) prefill(req, &roll);
    return e;
}

static Err rules_write_form(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    RollRules *rules = arena_new(req->arena, RollRules, 1);
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = rules_asked(req, rules);
    if (!e) e = roll_change(db, req->arena, &roll, req_text(req, "title"), rules, req->now, &req->fault);
    if (e) return shown_refusal(req, e);
    view_put_str(answer, S("roll"), roll.slug);
    req_redirect(req, "/units/%.*s/rolls/%.*s", STR_ARG(roll.unit), STR_ARG(roll.slug));
    req_flash(req, "The rules of the draft were changed.");
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

/* ---- one roll ---- */

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

static Err put_audit(Req *req, View *view, const Roll *roll)
{
    int64_t critical = 0;
    bool overridden = false, audited = false;
    Err e = audit_is_done(req->db, req->arena, roll, &audited);
    if (!e) e = audit_open_critical(req->db, req->arena, roll->unit, roll->slug, &critical);
    if (!e) e = roll_is_overridden(req->db, req->arena, roll, &overridden);
    if (e) return e;
    view_put_i64(view, S("critical"), critical);
    view_put_bool(view, S("has_critical"), critical > 0);
    view_put_bool(view, S("is_overridden"), overridden);
    view_put_bool(view, S("is_audited"), audited);
    view_put_bool(view, S("may_release"), roll->version && audited && !str_equal(roll->state, S("released")) && (!critical || overridden));
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
    return e ? e : put_audit(req, view, roll);
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

/* ---- preview ---- */

static void put_reasons(Arena *a, View *view, const Rolled *rolled)
{
    View *array = view_put_array(view, S("reasons"));
    for (RollReason r = REASON_ON; r < REASON__COUNT; r++) {
        if (!rolled->by_reason[r]) continue;
        View *v = view_add_object(array);
        view_put_str(v, S("name"), reason_title(r));
        view_put_str(v, S("key"), reason_name(r));
        view_put_str(v, S("memberships"), shown_count(a, rolled->by_reason[r]));
    }
}

typedef struct Sum {
    Ref ref;
    int on, all;
} Sum;

static int by_ref(const void *p, const void *q)
{
    const Sum *x = p, *y = q;
    return (x->ref > y->ref) - (x->ref < y->ref);
}

/* How many of each unit or section, sorted by the number of the text so that equal ones are neighbours. */
static void put_sums(Arena *a, View *view, const char *key, const Roster *roster, const Rolled *rolled, bool units)
{
    Sum *sums = arena_new(a, Sum, (size_t)roster->count + 1);
    int count = 0;
    for (int i = 0; i < roster->count; i++)
        sums[i] = (Sum){units ? roster->rows[i].unit : roster->rows[i].section, rolled->reasons[i] == REASON_ON, 1};
    qsort(sums, (size_t)roster->count, sizeof *sums, by_ref);
    for (int i = 0; i < roster->count; i++) {
        if (count && sums[count - 1].ref == sums[i].ref) {
            sums[count - 1].on += sums[i].on;
            sums[count - 1].all += sums[i].all;
        } else sums[count++] = sums[i];
    }
    View *array = view_put_array(view, str_from_c(key));
    for (int i = 0; i < count && i < NAMES_MOST; i++) {
        View *v = view_add_object(array);
        Str name = roster_text(roster, sums[i].ref);
        view_put_str(v, S("name"), name.len ? name : S("none said"));
        view_put_str(v, S("on"), shown_count(a, sums[i].on));
        view_put_str(v, S("all"), shown_count(a, sums[i].all));
    }
}

static void put_sweep_day(Arena *a, View *array, const Roll *roll, const SweepDay *day)
{
    View *v = view_add_object(array);
    view_put_str(v, S("day"), day_iso(a, day->day));
    view_put_str(v, S("day_words"), day_words(a, day->day));
    view_put_bool(v, S("is_own"), day->day == roll->rules.freeze);
    view_put_str(v, S("on"), shown_count(a, day->on));
    view_put_str(v, S("gained"), shown_count(a, day->gained));
    view_put_str(v, S("lost"), shown_count(a, day->lost));
    view_put_str(v, S("path"),
        str_format(a, "/units/%.*s/rolls/%.*s/moved?to=%.*s", STR_ARG(roll->unit), STR_ARG(roll->slug), STR_ARG(day_iso(a, day->day))));
}

/* Every day where they are few; else the same day of each month as the freeze date, and the ends. */
static void put_sweep_table(Arena *a, View *view, const Roll *roll, const SweepDay *days, int count)
{
    int year, month, own, of_month;
    View *array = view_put_array(view, S("days"));
    day_parts(roll->rules.freeze, &year, &month, &own);
    for (int i = 0; i < count; i++) {
        day_parts(days[i].day, &year, &month, &of_month);
        bool last_of_month = of_month < own && i + 1 < count &&
                             day_add_months(days[i].day + 1, 0) == day_of(year + (month == 12), month % 12 + 1, 1);
        bool shown = count <= TABLE_MOST || of_month == own || last_of_month || i == 0 || i + 1 == count;
        if (shown) put_sweep_day(a, array, roll, &days[i]);
    }
}

static Err day_asked(Req *req, const char *field, Day standard, Day *ret_day)
{
    *ret_day = standard;
    if (!req_text(req, field).len || day_read(req_text(req, field), ret_day)) return ERR_OK;
    return req_wrong(req, field, "Expected a day such as 2013-03-12");
}

static Err put_sweep(Req *req, View *view, const Roll *roll, const Roster *roster)
{
    Day first, last;
    SweepDay *days;
    int count;
    Fault fault = {0};
    Err e = day_asked(req, "from", day_add_months(roll->rules.freeze, -SWEEP_BEFORE), &first);
    if (!e) e = day_asked(req, "to", day_add_months(roll->rules.freeze, SWEEP_AFTER), &last);
    if (e) return e;
    if (rules_sweep(req->arena, &roll->rules, roster, first, last, &days, &count, &fault))
        return req_fail(req, ERR_INPUT, "Expected %.*s", STR_ARG(fault.expected));
    Html chart = html_new(req->arena);
    sweep_svg(&chart, days, count, roll->rules.freeze);
    view_put_html(view, S("chart"), &chart);
    view_put_str(view, S("from"), day_iso(req->arena, first));
    view_put_str(view, S("to"), day_iso(req->arena, last));
    put_sweep_table(req->arena, view, roll, days, count);
    return ERR_OK;
}

/* As of one moment: a page's own, or that of move_prepare. */
static Err read_roster(Req *req, const Roll *roll, Roster **ret_roster)
{
    return roll_members(req->db, req->arena, roll->unit, ret_roster, &req->fault);
}

static Err preview_page(Req *req, View *view)
{
    Roll roll = {0};
    Roster *roster;
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = read_roster(req, &roll, &roster);
    if (e) return e;
    Rolled rolled = rules_apply(req->arena, &roll.rules, roster);
    view_put_str(view, S("on_words"), shown_count(req->arena, rolled.on));
    view_put_i64(view, S("on"), rolled.on);
    view_put_str(view, S("memberships_words"), shown_count(req->arena, roster->count));
    put_reasons(req->arena, view, &rolled);
    put_sums(req->arena, view, "units", roster, &rolled, true);
    put_sums(req->arena, view, "sections", roster, &rolled, false);
    return put_sweep(req, view, &roll, roster);
}

static void put_names(Req *req, View *view, const char *key, const RollRules *rules, const Roster *roster, const uint32_t *rows, int count)
{
    View *array = view_put_array(view, str_from_c(key));
    for (int i = 0; i < count && i < NAMES_MOST; i++) {
        const RosterRow *row = &roster->rows[rows[i]];
        View *v = view_add_object(array);
        view_put_str(v, S("name"), roster_text(roster, row->name));
        view_put_str(v, S("unit"), roster_text(roster, row->unit));
        view_put_str(v, S("joined_words"), day_words(req->arena, row->joined));
        view_put_str(v, S("why"), rules_why(req->arena, rules, roster, row, rules_row(rules, roster, row)));
    }
}

/* Who would gain a place and who would lose it, by name: for the officers of this unit. */
static Err moved_page(Req *req, View *view)
{
    Roll roll = {0};
    Roster *roster;
    Day to;
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = day_asked(req, "to", roll.rules.freeze, &to);
    if (!e) e = read_roster(req, &roll, &roster);
    if (e) return e;
    RollMoved moved = rules_moved(req->arena, &roll.rules, roster, to);
    RollRules *then = arena_new(req->arena, RollRules, 1);
    *then = roll.rules;
    then->freeze = to;
    view_put_str(view, S("to_words"), day_words(req->arena, to));
    view_put_str(view, S("gained_count"), shown_count(req->arena, moved.gained_count));
    view_put_str(view, S("lost_count"), shown_count(req->arena, moved.lost_count));
    view_put_str(view, S("on_words"), shown_count(req->arena, moved.on));
    view_put_bool(view, S("is_cut"), moved.gained_count > NAMES_MOST || moved.lost_count > NAMES_MOST);
    put_names(req, view, "gained", &roll.rules, roster, moved.gained, moved.gained_count);
    put_names(req, view, "lost", then, roster, moved.lost, moved.lost_count);
    return ERR_OK;
}

/* ---- the freeze ---- */

static Err freeze_form(Req *req, View *view)
{
    Roll roll = {0};
    return shown_desk(req, req->db, view, &roll);
}

static Err go_desk(Req *req, View *answer, const Roll *roll, const char *says)
{
    view_put_str(answer, S("roll"), roll->slug);
    req_redirect(req, "/units/%.*s/rolls/%.*s", STR_ARG(roll->unit), STR_ARG(roll->slug));
    req_flash(req, "%s", says);
    return ERR_OK;
}

static Err freeze_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e && !req_ticked(req, "sure")) e = req_wrong(req, "sure", "Tick the box: a freeze cannot be taken back");
    if (!e) e = roll_freeze_ask(db, req->arena, &roll, req->officer, req->now, &req->fault);
    return e ? shown_refusal(req, e) : go_desk(req, answer, &roll, "The roll is being frozen. This page tells when it is done.");
}

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

/* ---- two officers ---- */

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
    if (!e) e = day_asked(req, "day", DAY_NONE, &day);
    if (!e) e = db_snapshot(req->db);
    if (e) return e;
    e = read_roster(req, &roll, &roster);
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
    return e ? e : put_audit(req, view, &roll);
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

static Err second(Req *req, Db *db, View *answer, const char *kind, const char *says)
{
    Roll roll = {0};
    RollProposal p = {0};
    Err e = find_proposal(req, db, NULL, &roll, &p);
    if (!e && !str_equal(p.kind, str_from_c(kind))) e = req_fail(req, ERR_CONFLICT, "This is a proposal of another kind.");
    if (!e) e = roll_confirm(db, req->arena, &roll, p.id, req->person, req->officer, req->now, &req->fault);
    if (e == ERR_DENIED || e == ERR_CONFLICT) return req_fail(req, e, "%.*s", STR_ARG(req->fault.expected));
    return e ? e : go_desk(req, answer, &roll, says);
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
    return e ? e : go_desk(req, answer, &roll, "The proposal was withdrawn.");
}

static Err release_form(Req *req, View *view)
{
    return override_form(req, view);
}

static Err release_write(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = roll_release(db, req->arena, &roll, req_text(req, "contest"), req->officer, req->now, &req->fault);
    return e ? shown_refusal(req, e) : go_desk(req, answer, &roll, "The roll is released, and the public record says so.");
}

/* ---- the table ---- */

static const Field unit_fields[] = {{"unit", FIELD_SLUG, .required = true}, {0}};
static const Field desk_fields[] = {DESK_FIELDS, {0}};
static const Field sweep_fields[] = {
    DESK_FIELDS, {"from", FIELD_LINE, .max = 10, .label = "From"}, {"to", FIELD_LINE, .max = 10, .label = "To"}, {0}};
static const Field moved_fields[] = {DESK_FIELDS, {"to", FIELD_LINE, .max = 10, .label = "Freeze date"}, {0}};
static const Choice paper_choices[] = {
    {"person", "Once, however many memberships she has"}, {"section", "Once in each section in which she is a member"}, {0}};

#define TITLE_FIELD                                                                                        \
    {                                                                                                      \
        "title", FIELD_LINE, .required = true, .min = 3, .max = ROLL_TITLE_MAX, .label = "What it is for", \
                             .hint = "“Selection, Leeds North, 2013”. Public."                         \
    }
#define RULE_FIELDS                                                                                                                     \
    {"freeze", FIELD_LINE, .required = true, .max = 10, .label = "Freeze date",                                                         \
        .hint = "What counts is the state of that day: 2013-03-12"},                                                                    \
        {"months", FIELD_NUMBER, .min = 0, .max = RULE_MONTHS_MAX, .label = "Months of membership without a break before it",           \
            .standard = "0"},                                                                                                           \
        {"grace_days", FIELD_NUMBER, .min = 0, .max = RULE_GRACE_MAX, .label = "A lapse of at most so many days is no break",           \
            .standard = "0"},                                                                                                           \
        {"joined_by", FIELD_LINE, .max = 10, .label = "Joined by",                                                                      \
            .hint = "Only if the rules name such a day, apart from the freeze date: 2013-01-31"},                                       \
        {"statuses", FIELD_LINE, .repeats = true, .max = 80, .label = "Statuses"},                                                      \
        {"sections", FIELD_LINE, .repeats = true, .max = 80, .label = "Sections"},                                                      \
        {"classes", FIELD_LINE, .repeats = true, .max = 80, .label = "Classes"},                                                        \
        {"declared", FIELD_LINE, .repeats = true, .max = 80, .label = "Declared"},                                                      \
        {"units", FIELD_LINE, .max = 2000, .label = "Only these units",                                                                 \
            .hint =                                                                                                                     \
                "Their short names, with blanks between: leeds york. Those below them count, too. Empty: this unit and all below it."}, \
        {"fee_paid", FIELD_TICK, .label = "The fee is paid on the freeze date, and a first payment was received by then"},              \
    {                                                                                                                                   \
        "one_paper", FIELD_CHOICE, .choices = paper_choices, .label = "A person stands on the roll", .standard = "person"               \
    }

static const Field new_fields[] = {{"unit", FIELD_SLUG, .required = true}, TITLE_FIELD,
    {"slug", FIELD_SLUG, .required = true, .max = 60, .label = "Address",
        .hint = "Lower-case letters, digits, hyphens: leeds-north-2013. It never changes."},
    RULE_FIELDS, {0}};
static const Field rules_fields[] = {DESK_FIELDS, TITLE_FIELD, RULE_FIELDS, {0}};
static const Field freeze_fields[] = {DESK_FIELDS,
    {"sure", FIELD_TICK,
        .label = "I have looked at the preview. The freeze cannot be taken back: after it there are only corrections, each with a public "
                 "reason."},
    {0}};

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
#define PUBLIC_REASON                                                                       \
    {                                                                                       \
        "reason", FIELD_LINE, .required = true, .min = 10, .max = 500, .label = "Why",      \
                              .hint = "It is published at once, with your name, and stays." \
    }
static const Field move_fields[] = {DESK_FIELDS,
    {"day", FIELD_LINE, .required = true, .min = 10, .max = 10, .label = "The new freeze date", .hint = "2012-01-15"}, PUBLIC_REASON, {0}};
static const Field override_fields[] = {DESK_FIELDS, PUBLIC_REASON, {0}};
static const Field proposal_fields[] = {DESK_FIELDS, {"proposal", FIELD_TOKEN, .required = true}, {0}};
static const Field release_fields[] = {
    DESK_FIELDS, {"contest", FIELD_SLUG, .required = true, .label = "The contest", .hint = "Its address: leeds-north-selection-2013"}, {0}};

#define DESK "/units/:unit/rolls/:roll"
static const Route routes[] = {
    {GET, "/units/:unit/rolls", WHO_RETURNING, "Rolls", "The rolls of a unit, drafts too.", unit_fields, .page = list_page,
        .html = "desk_list"},
    {GET, "/units/:unit/new-roll", WHO_RETURNING, "A new roll", NULL, unit_fields, .page = new_form, .html = "desk_new",
        .posts = "/units/:unit/new-roll"},
    {POST, "/units/:unit/new-roll", WHO_RETURNING, "A new roll", "Keeps a draft.", new_fields, .write = new_write,
        .act = "none: a draft decides nothing; the freeze does", .form = "desk_new", .form_page = new_form, .rate = RATE_WRITE},
    {GET, DESK, WHO_RETURNING, "Roll", "A roll as its officers see it.", desk_fields, .page = desk_page, .html = "desk"},
    {GET, DESK "/rules", WHO_RETURNING, "Rules", NULL, desk_fields, .page = rules_form, .html = "desk_rules", .posts = DESK "/rules"},
    {POST, DESK "/rules", WHO_RETURNING, "Rules", "Changes the rules of a draft.", rules_fields, .write = rules_write_form,
        .act = "none: a draft decides nothing; the freeze does", .form = "desk_rules", .form_page = rules_form, .rate = RATE_WRITE},
    {POST, DESK "/delete", WHO_RETURNING, "Delete a draft", "A draft goes; a frozen roll does not.", desk_fields, .write = drop_write,
        .act = "none: a draft decides nothing", .form = "desk", .form_page = desk_page, .rate = RATE_WRITE},
    {GET, DESK "/preview", WHO_RETURNING, "Preview", "Who would stand on the roll, by reason, unit and section, and by other freeze dates.",
        sweep_fields, .page = preview_page, .html = "desk_preview", .heavy = true, .rate = RATE_WORK},
    {GET, DESK "/moved", WHO_RETURNING, "Another freeze date", "Who would gain a place and who would lose it.", moved_fields,
        .page = moved_page, .html = "desk_moved", .heavy = true, .rate = RATE_WORK},
    {GET, DESK "/freeze", WHO_RETURNING, "Freeze", NULL, desk_fields, .page = freeze_form, .html = "desk_freeze", .posts = DESK "/freeze"},
    {POST, DESK "/freeze", WHO_RETURNING, "Freeze", "Asks for the freeze, which is done in the background.", freeze_fields,
        .write = freeze_write, .act = "none: the freeze is the act, when it is done (roll.frozen)", .form = "desk_freeze",
        .form_page = freeze_form, .rate = RATE_WRITE},
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
    {GET, DESK "/release", WHO_RETURNING, "Release to a contest", NULL, desk_fields, .page = release_form, .html = "desk_release",
        .posts = DESK "/release"},
    {POST, DESK "/release", WHO_RETURNING, "Release to a contest",
        "Refused while a critical question of the audit has no answer and no override stands.", release_fields, .write = release_write,
        .act = "roll.released", .form = "desk_release", .form_page = release_form, .rate = RATE_WRITE},
};

const Room roll_desk_room = {.name = "roll", .routes = routes, .route_count = COUNT_OF(routes)};
