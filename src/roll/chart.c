/* chart.c: the sweep over freeze dates, drawn: how many would stand on the roll, and below the line who would gain and lose a place.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Two drawings over one axis of days: above, the number on the roll; below, gains upward and losses downward from a common line, each on the scale of the
 * larger. Colours are the style sheet's; what they mean is said in words beside, and the table says the figures.
 */
#include "roll/shown.h"

static const double width = 720, left = 64, right = 16, upper = 170, gap = 40, lower = 150;

typedef struct Axis {
    Day first, last;
    double most; /* of the upper drawing */
    double moved;
} Axis;

static double x_of(const Axis *a, Day day)
{
    double days = a->last > a->first ? a->last - a->first : 1;
    return left + (width - left - right) * (day - a->first) / days;
}

static double y_on(const Axis *a, int on)
{
    return 20 + upper - upper * on / a->most;
}

static double middle(void)
{
    return 20 + upper + gap + lower / 2;
}

static Axis axis_of(const SweepDay *days, int count)
{
    Axis a = {.first = days[0].day, .last = days[count - 1].day, .most = 1, .moved = 1};
    for (int i = 0; i < count; i++) {
        if (days[i].on > a.most) a.most = days[i].on;
        if (days[i].gained > a.moved) a.moved = days[i].gained;
        if (days[i].lost > a.moved) a.moved = days[i].lost;
    }
    return a;
}

/* A value holds until the next day's: steps. */
static void steps(Html *h, const Axis *a, const SweepDay *days, int count, int which)
{
    double before = 0;
    for (int i = 0; i < count; i++) {
        double y = which == 0   ? y_on(a, days[i].on)
                   : which == 1 ? middle() - lower / 2 * days[i].gained / a->moved
                                : middle() + lower / 2 * days[i].lost / a->moved;
        if (!i) html_draw(h, "@,@", x_of(a, days[i].day), y);
        else if (y != before) html_draw(h, " @,@ @,@", x_of(a, days[i].day), before, x_of(a, days[i].day), y);
        if (i + 1 == count) html_draw(h, " @,@", x_of(a, days[i].day), y);
        before = y;
    }
}

static void line(Html *h, const Axis *a, const SweepDay *days, int count)
{
    html_markup(h, M("<polyline class=\"sweep-on\" points=\""));
    steps(h, a, days, count, 0);
    html_markup(h, M("\"/>"));
}

static void area(Html *h, const Axis *a, const SweepDay *days, int count, bool gained)
{
    html_markup(h, gained ? M("<polygon class=\"sweep-gained\" points=\"") : M("<polygon class=\"sweep-lost\" points=\""));
    html_draw(h, "@,@ ", x_of(a, a->first), middle());
    steps(h, a, days, count, gained ? 1 : 2);
    html_draw(h, " @,@", x_of(a, a->last), middle());
    html_markup(h, M("\"/>"));
}

static void label(Html *h, double x, double y, bool at_end, Str text)
{
    html_draw(h, "<text x=\"@\" y=\"@\"", x, y);
    html_markup(h, at_end ? M(" text-anchor=\"end\">") : M(" text-anchor=\"middle\">"));
    html_text(h, text);
    html_markup(h, M("</text>"));
}

static void figures(Html *h, Arena *a, const Axis *axis)
{
    label(h, left - 8, 25, true, shown_count(a, (int64_t)axis->most));
    label(h, left - 8, 20 + upper + 4, true, S("0"));
    label(h, left - 8, middle() - lower / 2 + 4, true, str_format(a, "+%.*s", STR_ARG(shown_count(a, (int64_t)axis->moved))));
    label(h, left - 8, middle() + 4, true, S("0"));
    label(h, left - 8, middle() + lower / 2 + 4, true, str_format(a, "\xe2\x88\x92%.*s", STR_ARG(shown_count(a, (int64_t)axis->moved))));
}

/* Years, or months where there are few, as upright lines. */
static void days_axis(Html *h, Arena *a, const Axis *axis)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int year, month, day, every = axis->last - axis->first > 3 * 366 ? 12 : axis->last - axis->first > 300 ? 3 : 1;
    day_parts(axis->first, &year, &month, &day);
    for (Day at = day_of(year, 1, 1); at <= axis->last; at = day_add_months(at, every)) {
        if (at < axis->first) continue;
        day_parts(at, &year, &month, &day);
        double x = x_of(axis, at);
        html_draw(h, "<line class=\"sweep-grid\" x1=\"@\" x2=\"@\" y1=\"20\" y2=\"@\"/>", x, x, middle() + lower / 2);
        label(h, x, middle() + lower / 2 + 18, false, month == 1 ? str_format(a, "%d", year) : str_from_c(months[month - 1]));
    }
}

void sweep_svg(Html *h, const SweepDay *days, int count, Day own)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Axis axis = axis_of(days, count);
    html_draw(h, "<svg class=\"sweep\" viewBox=\"0 0 @ @\" role=\"img\" aria-labelledby=\"sweep-title\"><title id=\"sweep-title\">", width,
        20 + upper + gap + lower + 30);
    html_text(h, S("How many would stand on the roll by other freeze dates, and how many would gain or lose a place. The table below has "
                   "the figures."));
    html_markup(h, M("</title>"));
    days_axis(h, &a, &axis);
    html_draw(h, "<line class=\"sweep-axis\" x1=\"@\" x2=\"@\" y1=\"@\" y2=\"@\"/>", left, width - right, 20 + upper, 20 + upper);
    area(h, &axis, days, count, true);
    area(h, &axis, days, count, false);
    line(h, &axis, days, count);
    html_draw(h, "<line class=\"sweep-axis\" x1=\"@\" x2=\"@\" y1=\"@\" y2=\"@\"/>", left, width - right, middle(), middle());
    if (own >= axis.first && own <= axis.last)
        html_draw(h, "<line class=\"sweep-own\" x1=\"@\" x2=\"@\" y1=\"10\" y2=\"@\"/>", x_of(&axis, own), x_of(&axis, own),
            middle() + lower / 2);
    figures(h, &a, &axis);
    html_markup(h, M("</svg>"));
    arena_clear(&a);
}
