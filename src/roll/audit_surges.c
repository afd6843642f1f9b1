/* audit_surges.c: did more people join a unit in some days than it would have done by itself?
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What a unit would have done: its joins in all other days, spread as those of all other units are spread over the days. So a campaign that brings members everywhere,
 * and years in which the whole organisation grows, explain themselves. The chance of what happened, or more, is the tail of a Poisson distribution of that mean
 * (docs/roll-audit.md); it is multiplied by how many windows were looked at (Bonferroni). People do not join one by one: a household on one day, and what one
 * recruiter brings on one day, count once.
 */
#include "roll/audit_own.h"

#include <math.h>
#include <stdlib.h>

enum { SURGE_LEAST = 12, SURGES_A_UNIT = 5, OTHERS_LEAST = 200, ROW_BITS = 24, DAY_BITS = 18, DAY_FIRST = -70000 };

/* The joins of one unit on one day. */
typedef struct DayOfUnit {
    int unit, day;    /* day: since DAY_FIRST */
    int joins;        /* households and recruiters' days counted once */
    int first, count; /* in Surges.order */
    bool told;
} DayOfUnit;

typedef struct Surges {
    Finder *f;
    uint64_t *order; /* unit, day, row, in this order */
    int order_count;
    DayOfUnit *days;
    int day_count;
    int *until; /* [day]: joins in the organisation before it */
    int first, last, all;
} Surges;

static int by_number(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

static uint32_t row_at(const Surges *s, int i)
{
    return (uint32_t)(s->order[i] & ((UINT64_C(1) << ROW_BITS) - 1));
}

static void put_in_order(Surges *s)
{
    Finder *f = s->f;
    ASSERT(f->r->count < 1 << ROW_BITS);
    s->order = f->pairs;
    for (int i = 0; i < f->r->count; i++) {
        Day joined = f->r->rows[i].joined;
        if (joined == DAY_NONE) f->audit->unlooked[AUDIT_SURGE]++;
        else
            s->order[s->order_count++] = (uint64_t)f->unit_of[i] << (ROW_BITS + DAY_BITS) | (uint64_t)(joined - DAY_FIRST) << ROW_BITS |
                                         (uint64_t)i;
    }
    qsort(s->order, (size_t)s->order_count, sizeof *s->order, by_number);
}

/* Rows of one unit and day: how many of them came by themselves. */
static int separate_joins(Surges *s, int first, int count)
{
    int n = 0, alone = 0;
    for (int i = first; i < first + count; i++) {
        const RosterRow *row = &s->f->r->rows[row_at(s, i)];
        if (row->recruiter) s->f->other[n++] = UINT64_C(1) << 32 | row->recruiter;
        else if (row->address) s->f->other[n++] = row->address;
        else alone++;
    }
    qsort(s->f->other, (size_t)n, sizeof *s->f->other, by_number);
    for (int i = 0; i < n; i++) alone += i == 0 || s->f->other[i] != s->f->other[i - 1];
    return alone;
}

static void gather_days(Surges *s)
{
    s->days = arena_new(s->f->a, DayOfUnit, (size_t)s->order_count + 1);
    s->first = INT32_MAX;
    for (int i = 0, j; i < s->order_count; i = j) {
        for (j = i + 1; j < s->order_count && s->order[j] >> ROW_BITS == s->order[i] >> ROW_BITS; j++) {
        }
        DayOfUnit *d = &s->days[s->day_count++];
        d->unit = (int)(s->order[i] >> (ROW_BITS + DAY_BITS));
        d->day = (int)(s->order[i] >> ROW_BITS & ((1 << DAY_BITS) - 1));
        d->first = i;
        d->count = j - i;
        d->joins = separate_joins(s, i, j - i);
        s->first = d->day < s->first ? d->day : s->first;
        s->last = d->day > s->last ? d->day : s->last;
        s->all += d->joins;
    }
}

static void sum_days(Surges *s)
{
    int days = s->last - s->first + 1;
    s->until = arena_new(s->f->a, int, (size_t)days + 1);
    for (int i = 0; i < s->day_count; i++) s->until[s->days[i].day - s->first + 1] += s->days[i].joins;
    for (int i = 0; i < days; i++) s->until[i + 1] += s->until[i];
}

/* Joins of the organisation from `day` on for so many days. */
static int joins_of_all(const Surges *s, int day, int days)
{
    int from = day - s->first, to = from + days, most = s->last - s->first + 1;
    return s->until[to < most ? to : most] - s->until[from > 0 ? from : 0];
}

typedef struct Window {
    int from, to; /* in Surges.days */
    int joins;
    double mean, ln_chance;
} Window;

/* What was to be expected of a unit with `own` joins in all. */
static double expected(const Surges *s, int own, const Window *w, int days)
{
    int day = s->days[w->from].day, others = s->all - own;
    int now = joins_of_all(s, day, days) - w->joins, around = (joins_of_all(s, day - days, 3 * days) - w->joins) / 3;
    now = now > around ? now : around; /* a campaign comes to some units a few days sooner than to others */
    double share = others - now >= OTHERS_LEAST ? (now + 0.5) / (others - now + 1.0) : (double)days / (s->last - s->first + 1);
    return (own - w->joins) * share;
}

/* The unlikeliest window among a unit's days that were not told yet. */
static Window unlikeliest(const Surges *s, int begin, int end, int own)
{
    int days = s->f->rules->surge_days;
    double looks = log((double)s->f->r->unit_count * (2.0 * (s->last - s->first + 1) / days + 1));
    Window best = {.ln_chance = 0};
    for (int i = begin; i < end; i++) {
        if (s->days[i].told) continue;
        Window w = {.from = i, .to = i};
        for (; w.to < end && s->days[w.to].day < s->days[i].day + days && !s->days[w.to].told; w.to++) w.joins += s->days[w.to].joins;
        if (w.joins < SURGE_LEAST) continue;
        w.mean = expected(s, own, &w, days);
        w.ln_chance = poisson_tail(w.joins, w.mean > 0.1 ? w.mean : 0.1) + looks;
        if (w.ln_chance < best.ln_chance) best = w;
    }
    return best;
}

static void tell(Surges *s, const Window *w)
{
    Finder *f = s->f;
    int count = 0;
    for (int i = w->from; i < w->to; i++) count += s->days[i].count;
    uint32_t *rows = arena_new(f->a, uint32_t, (size_t)count);
    count = 0;
    for (int i = w->from; i < w->to; i++) {
        s->days[i].told = true;
        for (int k = 0; k < s->days[i].count; k++) rows[count++] = row_at(s, s->days[i].first + k);
    }
    Str from = day_iso(f->a, s->days[w->from].day + DAY_FIRST), to = day_iso(f->a, s->days[w->to - 1].day + DAY_FIRST);
    Str slug = roster_text(f->r, f->r->units[s->days[w->from].unit].slug);
    AuditQuestion *q = ask(
        f, AUDIT_SURGE, AUDIT_QUESTION, rows, count, str_format(f->a, "unit %.*s from %.*s", STR_ARG(slug), STR_ARG(from)));
    q->because = str_format(f->a,
        "%d memberships from %.*s to %.*s, %d of them separate; %.1f were to be expected. By chance, in any unit and window: %.*s.", count,
        STR_ARG(from), STR_ARG(to), w->joins, w->mean, STR_ARG(odds_words(f->a, w->ln_chance)));
}

void audit_surges(Finder *f)
{
    if (!f->rules->asked[AUDIT_SURGE]) return;
    Surges s = {.f = f};
    put_in_order(&s);
    if (s.order_count < SURGE_LEAST) return;
    gather_days(&s);
    sum_days(&s);
    for (int begin = 0, end; begin < s.day_count; begin = end) {
        int own = 0;
        for (end = begin; end < s.day_count && s.days[end].unit == s.days[begin].unit; end++) own += s.days[end].joins;
        for (int n = 0; n < SURGES_A_UNIT; n++) {
            Window w = unlikeliest(&s, begin, end, own);
            if (w.ln_chance >= log(f->rules->surge_tail)) break;
            tell(&s, &w);
        }
    }
}
