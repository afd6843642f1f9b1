/* margin.c: how close it was: the exact last stage, a proved lower bound, and an upper bound that a recount has shown.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Lower bound for elimination (Cary, "Estimating the margin of victory for instant-runoff voting", EVT/WOTE 2011; Sarwate, Checkoway, Shacham 2013):
 * look at a stage where the candidates of a set B go out one after the other until a later stage. While the votes of B together are
 * below those of each survivor by a gap g > 0, B goes out before any of them, in whatever order. One changed paper moves such a gap by at most 2, so fewer than g/2
 * changed papers leave B going out. A path of such steps from stage 1 to the end protects the result against
 * fewer than the smallest ceil(g/2) on it; the bound is the best path (longest steps may merge several stages).
 * The end is one step more: the winner against all others together, or against the last one.
 *
 * In a college a changed paper of a section with weight w and c continuing papers moves a difference of points by at most
 * 2w/(c-1); x changed papers by at most 2x * max w/(c-x) over the sections.
 *
 * Upper bound: take papers with first preference `from`, make them papers for `to` alone, count again; the smallest number
 * found that elects somebody else without a lot. A bound, for other changes might do with fewer.
 */
#include "core/num.h"
#include "count/engine.h"

#include <stdlib.h>
#include <string.h>

/* --- the last stage --- */

/* The best of those still in at the end, -1 if none. */
static int best_unelected(const Result *r, const Stage *s)
{
    int best = -1;
    int pile = r->rules->write_ins.len ? papers_find_candidate(r->papers, r->rules->write_ins) : -1; /* never elected, so no runner-up */
    for (int c = 0; c < r->papers->candidate_count; c++) {
        bool elected = false;
        for (int i = 0; i < r->elected_count; i++) elected |= r->elected[i] == c;
        if (elected || c == pile || s->standing[c] != STANDING_CONTINUING) continue;
        if (best < 0 || stage_compare(s, c, best) > 0) best = c;
    }
    return best;
}

/* The lowest of those who survive a stage, -1 if none; `elected_only` among those elected at it. */
static int lowest_survivor(const Result *r, const Stage *s, bool elected_only)
{
    int lowest = -1;
    for (int c = 0; c < r->papers->candidate_count; c++) {
        if (s->standing[c] != STANDING_CONTINUING) continue;
        bool out = false, in = false;
        for (int i = 0; i < s->eliminated_count; i++) out |= s->eliminated[i] == c;
        for (int i = 0; i < s->elected_count; i++) in |= s->elected[i] == c;
        if (out || (elected_only && !in)) continue;
        if (lowest < 0 || stage_compare(s, c, lowest) < 0) lowest = c;
    }
    return lowest;
}

static void set_last(Arena *a, Margin *m, const Result *r, int stage, int winner, int runner_up)
{
    if (winner < 0 || runner_up < 0) return;
    const Stage *s = &r->stages[stage];
    m->last_known = true;
    m->winner = winner;
    m->runner_up = runner_up;
    m->last_stage = stage + 1;
    m->last = s->tally[winner] - s->tally[runner_up];
    if (!s->points) return;
    m->last_points = frac_new(a, 1);
    frac_add(m->last_points, &s->points[winner]);
    frac_sub(m->last_points, &s->points[runner_up]);
}

static void find_closest_rival(const Result *r, Margin *m)
{
    const Pairwise *p = r->pairwise;
    int n = r->papers->candidate_count;
    if (p->winner < 0) return;
    for (int c = 0; c < n; c++) {
        if (c == p->winner || r->papers->candidates[c].withdrawn) continue;
        Votes ahead = p->over[p->winner * n + c] - p->over[c * n + p->winner];
        if (m->last_known && ahead >= m->last) continue;
        m->last_known = true;
        m->winner = p->winner;
        m->runner_up = c;
        m->last_stage = 1;
        m->last = ahead;
    }
}

static const Margin nothing_known = {
    .winner = -1, .runner_up = -1, .upper_elects = -1, .upper_from = -1, .upper_to = -1, .upper_section = -1};

void margin_last(Arena *a, const Result *r, Margin *m)
{
    *m = nothing_known;
    if (r->open || r->stage_count == 0 || r->elected_count == 0 || r->unopposed) return;
    if (r->pairwise) {
        find_closest_rival(r, m);
        return;
    }
    int last = r->stage_count - 1;
    int runner_up = best_unelected(r, &r->stages[last]);
    if (runner_up >= 0) {
        set_last(a, m, r, last, lowest_survivor(r, &r->stages[last], true), runner_up);
        return;
    }
    /* Nobody was left over: it was decided when the last one went out. */
    while (last >= 0 && r->stages[last].eliminated_count == 0) last--;
    if (last < 0) return;
    const Stage *s = &r->stages[last];
    set_last(a, m, r, last, lowest_survivor(r, s, false), s->eliminated[s->eliminated_count - 1]);
}

/* --- the lower bound --- */

/* The fewest changed papers that could close a gap of votes. */
static int64_t papers_for_votes(Votes gap)
{
    return gap <= 0 ? 0 : (gap + 1) / 2;
}

/* Can x changed papers move a difference of points by `gap` at this stage? */
static bool could_close(Frac *scratch, const Result *r, const Stage *s, int64_t x, const Frac *gap)
{
    for (int k = 0; k < r->rules->section_count; k++) {
        int section = papers_find_section(r->papers, r->rules->sections[k].name);
        int64_t continuing = s->section_continuing[section];
        if (continuing <= x) return true;
        frac_set_ratio(scratch, mul_or_stop(2, x), continuing - x);
        frac_mul(scratch, r->rules->sections[k].weight);
        if (frac_compare(scratch, gap) >= 0) return true;
    }
    return false;
}

static int64_t papers_for_points(Arena *a, const Result *r, const Stage *s, const Frac *gap)
{
    if (frac_sign(gap) <= 0) return 0;
    Frac *scratch = frac_new(a, 1);
    int64_t too_few = 0, enough = r->valid;
    while (enough - too_few > 1) {
        int64_t middle = too_few + (enough - too_few) / 2;
        if (could_close(scratch, r, s, middle, gap)) enough = middle;
        else too_few = middle;
    }
    return enough;
}

/* The gap at stage `s` between the lowest of `above` and all of `below` together, in papers; 0 when there is none. */
static int64_t gap_in_papers(
    Arena *a, const Result *r, const Stage *s, const int *above, int above_count, const int *below, int below_count)
{
    int lowest = above[0];
    for (int i = 1; i < above_count; i++)
        if (stage_compare(s, above[i], lowest) < 0) lowest = above[i];
    if (s->points) {
        Frac *gap = frac_new(a, 1);
        frac_add(gap, &s->points[lowest]);
        for (int i = 0; i < below_count; i++) frac_sub(gap, &s->points[below[i]]);
        return papers_for_points(a, r, s, gap);
    }
    Votes gap = s->tally[lowest];
    for (int i = 0; i < below_count; i++) gap -= s->tally[below[i]];
    return papers_for_votes(gap);
}

static int continuing_at(const Result *r, const Stage *s, int *ret)
{
    int count = 0;
    for (int c = 0; c < r->papers->candidate_count; c++)
        if (s->standing[c] == STANDING_CONTINUING) ret[count++] = c;
    return count;
}

/* The last step: from stage `from` the winner stands above all others together. */
static int64_t final_step(Arena *a, const Result *r, int from, int *scratch)
{
    const Stage *s = &r->stages[from];
    int count = continuing_at(r, s, scratch), others = 0;
    for (int i = 0; i < count; i++)
        if (scratch[i] != r->elected[0]) scratch[others++] = scratch[i];
    return gap_in_papers(a, r, s, &r->elected[0], 1, scratch, others);
}

/* From stage `from` to stage `to`: whoever went out between is below each survivor, all together. The pile of write-ins goes out by rule. */
static int64_t step(Arena *a, const Result *r, int from, int to, int *above, int *below)
{
    int below_count = 0;
    for (int t = from; t < to; t++)
        for (int i = 0; i < r->stages[t].eliminated_count; i++) below[below_count++] = r->stages[t].eliminated[i];
    bool by_rule = below_count == 1 && r->rules->write_ins.len && below[0] == papers_find_candidate(r->papers, r->rules->write_ins);
    if (by_rule) return INT64_MAX;
    int above_count = continuing_at(r, &r->stages[to], above);
    return gap_in_papers(a, r, &r->stages[from], above, above_count, below, below_count);
}

/* The same count taken on to the last two, which elects the same: its stages show gaps that an early majority hides. */
static const Result *to_the_last_two(Arena *a, const Result *r, const Rankings *rankings)
{
    if (r->rules->stop == STOP_LAST_TWO) return r;
    Rules *rules = arena_new(a, Rules, 1);
    *rules = *r->rules;
    rules->stop = STOP_LAST_TWO;
    Result *longer;
    Fault fault = {0};
    bool usable = count_rankings(a, rules, r->papers, &r->options, rankings, &longer, &fault) == ERR_OK && !longer->open &&
                  longer->elected_count && longer->elected[0] == r->elected[0];
    return usable ? longer : r;
}

/* best[s] = the most that a path from stage s protects against. */
static int64_t best_path(Arena *a, const Result *r)
{
    int stages = r->stage_count;
    int64_t *best = arena_new(a, int64_t, (size_t)stages);
    int *above = arena_new(a, int, (size_t)r->papers->candidate_count), *below = arena_new(a, int, (size_t)r->papers->candidate_count);
    for (int from = stages - 1; from >= 0; from--) {
        best[from] = final_step(a, r, from, above);
        for (int to = from + 1; to < stages; to++) {
            if (best[to] <= best[from]) continue;
            int64_t here = step(a, r, from, to, above, below);
            int64_t path = here < best[to] ? here : best[to];
            if (path > best[from]) best[from] = path;
        }
    }
    return best[0] > 1 ? best[0] : 1;
}

static void find_lower(Arena *a, const Result *r, const Rankings *rankings, Margin *m)
{
    const Rules *rules = r->rules;
    if (!m->last_known) return;
    bool eliminating = rules->method == METHOD_ALTERNATIVE_VOTE || rules->method == METHOD_COLLEGE;
    if (eliminating && rules->stop != STOP_FIRST_STAGE) {
        m->lower = best_path(a, to_the_last_two(a, r, rankings));
    } else if (eliminating && m->last_points) {
        m->lower = papers_for_points(a, r, &r->stages[0], m->last_points);
    } else if (rules->method == METHOD_CONDORCET) {
        m->lower = papers_for_votes(m->last);
    } else if (eliminating || rules->method == METHOD_PLURALITY) {
        bool tie_needs_a_lot = r->options.tie_order_count == 0;
        m->lower = tie_needs_a_lot ? m->last / 2 + 1 : papers_for_votes(m->last); /* one stage */
    } else {
        return; /* STV, and yes-no with its thresholds: nothing is proved here */
    }
    if (m->lower < 1) m->lower = 1;
    m->lower_known = true;
}

/* --- the upper bound --- */

typedef struct Search {
    Arena scratch;
    const Result *result;
    const Rankings *rankings;
    uint32_t *order; /* rankings in an order that does not hang on the order of the papers */
    int64_t budget;  /* steps that recounts may still take; not a time, so that every machine stops at the same place */
    int64_t cost;    /* of one recount */
    Margin *margin;
} Search;

/* A ranking with all that orders it, so that qsort needs no context. */
typedef struct Keyed {
    const Mark *marks;
    uint16_t length, section;
    uint32_t index;
} Keyed;

static int compare_keyed(const void *left, const void *right)
{
    const Keyed *x = left, *y = right;
    if (x->section != y->section) return x->section < y->section ? -1 : 1;
    if (x->length != y->length) return x->length < y->length ? -1 : 1;
    int order = memcmp(x->marks, y->marks, sizeof *x->marks * x->length);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static uint32_t *steady_order(Arena *a, const Rankings *rankings)
{
    Keyed *keyed = arena_new(a, Keyed, rankings->count);
    for (uint32_t i = 0; i < rankings->count; i++)
        keyed[i] = (Keyed){rankings->marks + rankings->items[i].first, rankings->items[i].length, rankings->items[i].section, i};
    qsort(keyed, rankings->count, sizeof *keyed, compare_keyed);
    uint32_t *order = arena_new(a, uint32_t, rankings->count);
    for (uint32_t i = 0; i < rankings->count; i++) order[i] = keyed[i].index;
    return order;
}

/* A copy of the rankings in which `how_many` papers with first preference `from` (of `section`, -1: any) are papers for `to` alone. False if there are
 * not so many. */
static bool change_papers(Search *in, int from, int to, int section, int64_t how_many, Rankings *ret)
{
    const Rankings *old = in->rankings;
    int sections = in->result->papers->section_count;
    size_t extra = (size_t)sections + 1;
    *ret = (Rankings){.valid = old->valid, .count = old->count};
    ret->items = arena_new(&in->scratch, Ranking, old->count + extra);
    memcpy(ret->items, old->items, sizeof *old->items * old->count);
    size_t mark_count = old->count ? (size_t)old->items[old->count - 1].first + old->items[old->count - 1].length : 0;
    ret->marks = arena_new(&in->scratch, Mark, mark_count + 1);
    memcpy(ret->marks, old->marks, sizeof *old->marks * mark_count);
    ret->marks[mark_count] = (Mark)to;

    int64_t *moved = arena_new(&in->scratch, int64_t, extra); /* by section; the last: none */
    for (uint32_t i = 0; i < old->count && how_many > 0; i++) {
        Ranking *item = &ret->items[in->order[i]];
        bool fits = old->marks[item->first] == (Mark)from && (section < 0 || item->section == section) &&
                    !(item->length > 1 && (old->marks[item->first + 1] & MARK_EQUAL));
        if (!fits) continue;
        int64_t taken = item->papers < how_many ? item->papers : how_many;
        item->papers -= taken;
        how_many -= taken;
        moved[item->section == PAPERS_NO_SECTION ? sections : item->section] += taken;
    }
    for (size_t k = 0; k < extra; k++)
        if (moved[k])
            ret->items[ret->count++] = (Ranking){.first = (uint32_t)mark_count,
                .length = 1,
                .section = k == (size_t)sections ? PAPERS_NO_SECTION : (uint16_t)k,
                .papers = moved[k]};
    return how_many == 0;
}

/* Somebody newly elected, or -1 when the same are elected. */
static int newly_elected(const Result *before, const Result *after)
{
    for (int i = 0; i < after->elected_count; i++) {
        bool was = false;
        for (int k = 0; k < before->elected_count; k++) was |= before->elected[k] == after->elected[i];
        if (!was) return after->elected[i];
    }
    return -1;
}

/* Who is newly elected when so many papers change; -1 if nobody, or if a lot would have to decide. */
static int try_change(Search *in, int from, int to, int section, int64_t how_many)
{
    const Result *r = in->result;
    arena_clear(&in->scratch);
    in->budget -= in->cost;
    Rankings changed;
    if (how_many < 1 || !change_papers(in, from, to, section, how_many, &changed)) return -1;
    CountOptions options = r->options;
    options.seed = (Str){0};
    options.seats = r->seats;
    Result *after;
    Fault fault = {0};
    if (count_rankings(&in->scratch, r->rules, r->papers, &options, &changed, &after, &fault) || after->open) return -1;
    return newly_elected(r, after);
}

/* The smallest number for one kind of change, looking only below what is known already. */
static void search_change(Search *in, int from, int to, int section, int64_t available)
{
    Margin *m = in->margin;
    int64_t least = m->lower_known ? m->lower : 1;
    int64_t most = m->upper_known && m->upper - 1 < available ? m->upper - 1 : available;
    if (most < least || in->budget <= 0) return;
    int elected = try_change(in, from, to, section, most);
    if (elected < 0) return;
    int64_t too_few = least - 1, enough = most;
    while (enough - too_few > 1 && in->budget > 0) {
        int64_t middle = too_few + (enough - too_few) / 2;
        int now = try_change(in, from, to, section, middle);
        if (now < 0) {
            too_few = middle;
        } else {
            enough = middle;
            elected = now;
        }
    }
    m->upper_known = true;
    m->upper = enough;
    m->upper_elects = elected;
    m->upper_from = from;
    m->upper_to = to;
    m->upper_section = section;
}

static int64_t first_preferences(const Rankings *rankings, int candidate, int section)
{
    int64_t papers = 0;
    for (uint32_t i = 0; i < rankings->count; i++) {
        const Ranking *item = &rankings->items[i];
        if (rankings->marks[item->first] == candidate && (section < 0 || item->section == section)) papers += item->papers;
    }
    return papers;
}

/* About how many steps one recount takes. */
static int64_t recount_cost(const Result *r, const Rankings *rankings)
{
    int64_t n = r->papers->candidate_count, papers = rankings->count + 1;
    switch (r->rules->method) {
    case METHOD_CONDORCET: return papers * n + 4 * n * n * n;
    case METHOD_STV_MEEK: return papers * n * 100;
    case METHOD_STV_GREGORY: return papers * n + n * n;
    case METHOD_COLLEGE: return papers * 4 + n * n * 100 * r->rules->section_count;
    default: return papers * 4 + n * n * (1 + r->papers->section_count);
    }
}

/* Try every kind of change: from the elected first, then from the others, each to everyone else, the best placed first. */
static void find_upper(Arena *a, const Result *r, const Rankings *rankings, Margin *m)
{
    int n = r->papers->candidate_count, count = 0;
    Search in = {.result = r,
        .rankings = rankings,
        .order = steady_order(a, rankings),
        .budget = INT64_C(500000000),
        .cost = recount_cost(r, rankings),
        .margin = m};
    arena_init(&in.scratch, ARENA_LIMIT_DEFAULT);
    int *by_place = arena_new(a, int, (size_t)n);
    for (int c = 0; c < n; c++) {
        if (!r->place[c]) continue;
        int k = count++;
        for (; k > 0 && r->place[by_place[k - 1]] > r->place[c]; k--) by_place[k] = by_place[k - 1];
        by_place[k] = c;
    }
    int sections = r->rules->method == METHOD_COLLEGE ? r->papers->section_count : 1;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < sections; k++) {
            int section = r->rules->method == METHOD_COLLEGE ? k : -1;
            int64_t available = first_preferences(rankings, by_place[i], section);
            for (int to = 0; to < count; to++)
                if (to != i) search_change(&in, by_place[i], by_place[to], section, available);
        }
    arena_clear(&in.scratch);
}

void find_margin(Arena *a, const Result *r, const Rankings *rankings, Margin *m)
{
    margin_last(a, r, m);
    if (r->open || r->elected_count == 0 || r->unopposed) return;
    find_lower(a, r, rankings, m);
    find_upper(a, r, rankings, m);
    m->exact = m->lower_known && m->upper_known && m->lower == m->upper;
}
