/* desk_preview.c: who would stand on a roll, and who would gain or lose a place were its freeze date another.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/desk.h"
#include "roll/own.h"

#include <stdlib.h>

enum { TABLE_MOST = 40, SWEEP_BEFORE = 24, SWEEP_AFTER = 3 };

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

static Err put_sweep(Req *req, View *view, const Roll *roll, const Roster *roster)
{
    Day first, last;
    SweepDay *days;
    int count;
    Fault fault = {0};
    Err e = desk_day_asked(req, "from", day_add_months(roll->rules.freeze, -SWEEP_BEFORE), &first);
    if (!e) e = desk_day_asked(req, "to", day_add_months(roll->rules.freeze, SWEEP_AFTER), &last);
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

static Err preview_page(Req *req, View *view)
{
    Roll roll = {0};
    Roster *roster;
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = desk_roster_read(req, &roll, &roster);
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

static const Field sweep_fields[] = {
    DESK_FIELDS, {"from", FIELD_LINE, .max = 10, .label = "From"}, {"to", FIELD_LINE, .max = 10, .label = "To"}, {0}};
static const Field moved_fields[] = {DESK_FIELDS, {"to", FIELD_LINE, .max = 10, .label = "Freeze date"}, {0}};

static const Route routes[] = {
    {GET, DESK "/preview", WHO_RETURNING, "Preview", "Who would stand on the roll, by reason, unit and section, and by other freeze dates.",
        sweep_fields, .page = preview_page, .html = "desk_preview", .heavy = true, .rate = RATE_WORK},
    {GET, DESK "/moved", WHO_RETURNING, "Another freeze date", "Who would gain a place and who would lose it.", moved_fields,
        .page = moved_page, .html = "desk_moved", .heavy = true, .rate = RATE_WORK},
};

const Room roll_preview_room = {.name = "roll", .routes = routes, .route_count = COUNT_OF(routes)};
