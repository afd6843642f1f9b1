/* desk_preview.c: who would stand on a roll, and who would gain or lose a place were its freeze date another.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/desk.h"
#include "roll/own.h"

#include <stdlib.h>

enum { TABLE_MOST = 40, SWEEP_BEFORE = 24, SWEEP_AFTER = 3 };

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

/* ---- the sweep ---- */

typedef enum Step { STEP_DAY, STEP_WEEK, STEP_MONTH, STEP__COUNT } Step;
static const Choice step_choices[] = {{"day", "Every day"}, {"week", "Every week"}, {"month", "Every month"}, {0}};

typedef struct SweepAsked {
    Roll roll;
    Day first, last;
    Step step;
    SweepDay *days; /* all of them */
    int count;
} SweepAsked;

/* What was chosen; else months, and days where they are few. */
static Step step_asked(const Req *req, Day first, Day last)
{
    for (Step s = STEP_DAY; s < STEP__COUNT; s++)
        if (str_equal(req_text(req, "step"), str_from_c(step_choices[s].value))) return s;
    return last - first < TABLE_MOST ? STEP_DAY : STEP_MONTH;
}

/* Steps are counted from the freeze date: the same day of the week, or of the month (its last where a month is shorter). */
static bool is_on_step(Day day, Day own, Step step)
{
    int year, month, own_day, of_month, next;
    if (step == STEP_DAY) return true;
    if (step == STEP_WEEK) return (day - own) % 7 == 0;
    day_parts(own, &year, &month, &own_day);
    day_parts(day, &year, &month, &of_month);
    if (of_month >= own_day) return of_month == own_day;
    day_parts(day + 1, &year, &month, &next);
    return next == 1;
}

static bool is_in_table(const SweepAsked *s, int i)
{
    return i == 0 || i + 1 == s->count || is_on_step(s->days[i].day, s->roll.rules.freeze, s->step);
}

static int put_sweep_table(Arena *a, View *view, const SweepAsked *s)
{
    int shown = 0;
    View *array = view_put_array(view, S("days"));
    for (int i = 0; i < s->count; i++)
        if (is_in_table(s, i) && shown++ < NAMES_MOST) put_sweep_day(a, array, &s->roll, &s->days[i]);
    return shown;
}

/* What is wrong with the dates is told beside them, and the page shows the usual ones. */
static Err sweep_asked(Req *req, const Roster *roster, SweepAsked *s)
{
    Day own = s->roll.rules.freeze;
    Fault fault = {0};
    Err e = desk_day_asked(req, "from", day_add_months(own, -SWEEP_BEFORE), &s->first);
    if (!e) e = desk_day_asked(req, "to", day_add_months(own, SWEEP_AFTER), &s->last);
    if (e) return e;
    s->step = step_asked(req, s->first, s->last);
    if (s->first > s->last) return req_wrong(req, "to", "Expected a last day that is not before the first");
    if (rules_sweep(req->arena, &s->roll.rules, roster, s->first, s->last, &s->days, &s->count, &fault))
        return req_wrong(req, "from", "Expected %.*s", STR_ARG(fault.expected));
    return ERR_OK;
}

static void put_sweep(Req *req, View *view, const SweepAsked *s)
{
    Html chart = html_new(req->arena);
    sweep_svg(&chart, s->days, s->count, s->roll.rules.freeze);
    view_put_html(view, S("chart"), &chart);
    Str from = day_iso(req->arena, s->first), to = day_iso(req->arena, s->last);
    view_put_str(view, S("from"), from);
    view_put_str(view, S("to"), to);
    View *array = view_put_array(view, S("steps"));
    for (Step i = STEP_DAY; i < STEP__COUNT; i++) {
        View *v = view_add_object(array);
        view_put_str(v, S("value"), str_from_c(step_choices[i].value));
        view_put_str(v, S("label"), str_from_c(step_choices[i].label));
        view_put_bool(v, S("chosen"), i == s->step);
    }
    view_put_bool(view, S("is_table_cut"), put_sweep_table(req->arena, view, s) > NAMES_MOST);
    view_put_str(view, S("csv_path"),
        str_format(req->arena, "/units/%.*s/rolls/%.*s/sweep?from=%.*s&to=%.*s&step=%s", STR_ARG(s->roll.unit), STR_ARG(s->roll.slug),
            STR_ARG(from), STR_ARG(to), step_choices[s->step].value));
}

/* The figures of the table, all of them: how many, and nobody's name. */
static Err sweep_csv(Req *req, View *view)
{
    (void)view;
    Roster *roster;
    SweepAsked s = {0};
    Err e = shown_desk(req, req->db, NULL, &s.roll);
    if (!e) e = desk_roster_read(req, &s.roll, &roster);
    if (!e) e = sweep_asked(req, roster, &s);
    if (e) return e;
    Buf b = buf_new(req->arena);
    buf_str(&b, S("freeze,on,gained,lost\r\n"));
    for (int i = 0; i < s.count; i++)
        if (is_in_table(&s, i))
            buf_format(
                &b, "%.*s,%d,%d,%d\r\n", STR_ARG(day_iso(req->arena, s.days[i].day)), s.days[i].on, s.days[i].gained, s.days[i].lost);
    req_send(req, S("text/csv; charset=utf-8"), buf_done(&b), str_format(req->arena, "sweep-%.*s.csv", STR_ARG(s.roll.slug)));
    return ERR_OK;
}

static Err preview_page(Req *req, View *view)
{
    SweepAsked s = {0};
    Roster *roster;
    Err e = shown_desk(req, req->db, view, &s.roll);
    if (!e) e = desk_roster_read(req, &s.roll, &roster);
    if (!e) e = sweep_asked(req, roster, &s);
    if (e) return e;
    Rolled rolled = rules_apply(req->arena, &s.roll.rules, roster);
    int64_t by_reason[REASON__COUNT];
    for (RollReason r = REASON_ON; r < REASON__COUNT; r++) by_reason[r] = rolled.by_reason[r];
    view_put_str(view, S("on_words"), shown_count(req->arena, rolled.on));
    view_put_i64(view, S("on"), rolled.on);
    view_put_str(view, S("memberships_words"), shown_count(req->arena, roster->count));
    shown_reasons_put(req->arena, view, by_reason);
    put_sums(req->arena, view, "units", roster, &rolled, true);
    put_sums(req->arena, view, "sections", roster, &rolled, false);
    put_sweep(req, view, &s);
    return ERR_OK;
}

/* ---- who they are ---- */

static void put_names(Req *req, View *view, const char *key, const RollRules *rules, const Roster *roster, const uint32_t *rows, int count)
{
    View *array = view_put_array(view, str_from_c(key));
    for (int i = 0; i < count && i < NAMES_MOST; i++) {
        const RosterRow *row = &roster->rows[rows[i]];
        View *v = view_add_object(array);
        view_put_str(v, S("name"), roster_text(roster, row->name));
        view_put_str(v, S("unit"), shown_unit_name(req, roster_text(roster, row->unit)));
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
    if (!e) e = desk_day_asked(req, "to", roll.rules.freeze, &to);
    if (!e) e = desk_roster_read(req, &roll, &roster);
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

/* ---- the table ---- */

static const Field sweep_fields[] = {DESK_FIELDS, {"from", FIELD_DAY, .label = "From"}, {"to", FIELD_DAY, .label = "To"},
    {"step", FIELD_CHOICE, .choices = step_choices, .label = "The table has"}, {0}};
static const Field moved_fields[] = {DESK_FIELDS, {"to", FIELD_DAY, .label = "Freeze date"}, {0}};

static const Route routes[] = {
    {GET, DESK "/preview", WHO_RETURNING, "Preview", "Who would stand on the roll, by reason, unit and section, and by other freeze dates.",
        sweep_fields, .page = preview_page, .html = "desk_preview", .heavy = true, .rate = RATE_WORK},
    {GET, DESK "/sweep", WHO_RETURNING, "The sweep as a file", "How many would gain or lose a place by other freeze dates, as CSV.",
        sweep_fields, .page = sweep_csv, .no_json = true, .heavy = true, .rate = RATE_WORK},
    {GET, DESK "/moved", WHO_RETURNING, "Another freeze date", "Who would gain a place and who would lose it.", moved_fields,
        .page = moved_page, .html = "desk_moved", .heavy = true, .rate = RATE_WORK},
};

const Room roll_preview_room = {.name = "roll", .routes = routes, .route_count = COUNT_OF(routes)};
