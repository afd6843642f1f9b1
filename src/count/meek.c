/* meek.c: the single transferable vote by Meek's method.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The rule in words (Hill, Wichmann, Woodall 1987): every elected candidate keeps the fraction kf of each paper that
 * reaches her and passes the rest to the next name, where kf is such that she keeps just a quota; the quota falls as papers run
 * out of names. The keep factors are found by iteration: kf' = kf * quota / votes.
 * Arithmetic as in the Proportional Representation Foundation's Reference Meek Rule: fixed decimals, rounding stated at each step.
 * Section 10 of docs/counting-rules.md.
 */
#include "core/num.h"
#include "count/engine.h"

typedef struct Meek {
    Votes one;    /* 10^decimals */
    Votes *keep;  /* [candidate] */
    Votes *votes; /* [candidate] */
    Votes excess;
    Votes quota;
    Votes surplus;
    Votes omega;
} Meek;

/* Step (a): every paper gives each of its candidates w * kf, rounded up, until nothing is left of it. */
static void distribute(const Engine *e, Meek *m)
{
    for (int c = 0; c < e->n; c++) m->votes[c] = 0;
    m->excess = 0;
    for (uint32_t i = 0; i < e->rankings.count; i++) {
        const Ranking *ranking = &e->rankings.items[i];
        const Mark *marks = e->rankings.marks + ranking->first;
        Votes weight = m->one;
        for (int k = 0; k < ranking->length && weight > 0; k++) {
            int c = marks[k];
            if (m->keep[c] == 0) continue;
            Votes given = m->keep[c] == m->one ? weight : mul_div_up(weight, m->keep[c], m->one);
            m->votes[c] = add_or_stop(m->votes[c], mul_or_stop(given, ranking->papers));
            weight -= given;
        }
        m->excess = add_or_stop(m->excess, mul_or_stop(weight, ranking->papers));
    }
}

/* Step (b): the sum of the votes over one more than the seats, and the smallest step more. */
static void update_quota(const Engine *e, Meek *m)
{
    Votes sum = 0;
    for (int c = 0; c < e->n; c++) sum = add_or_stop(sum, m->votes[c]);
    m->quota = sum / (e->r->seats + 1) + 1;
}

static void total_surplus(const Engine *e, Meek *m)
{
    __int128 surplus = 0;
    for (int c = 0; c < e->n; c++)
        if (e->standing[c] == STANDING_ELECTED) surplus += m->votes[c] - m->quota;
    m->surplus = surplus > 0 ? (Votes)surplus : 0;
}

static Stage *stage_of(Engine *e, const Meek *m)
{
    Stage *s = engine_stage(e);
    s->keep = arena_new(e->a, Votes, (size_t)e->n);
    for (int c = 0; c < e->n; c++) {
        s->tally[c] = m->votes[c];
        s->keep[c] = m->keep[c];
        s->continuing += m->votes[c];
    }
    s->not_reallocated = m->excess;
    s->quota = m->quota;
    return s;
}

static void elect_sorted(Engine *e, Stage *s, int *candidates, int count)
{
    stage_sort(s, candidates, count, true);
    for (int i = 0; i < count; i++) engine_elect(e, s, candidates[i]);
}

/* One distribution with steps (a) to (d). A new stage if somebody was elected, else NULL. */
static Stage *iterate_once(Engine *e, Meek *m, int *scratch)
{
    distribute(e, m);
    update_quota(e, m);
    int count = engine_with_standing(e, STANDING_CONTINUING, scratch), reached = 0;
    for (int i = 0; i < count; i++)
        if (m->votes[scratch[i]] >= m->quota) scratch[reached++] = scratch[i];
    Stage *s = NULL;
    if (reached) {
        s = stage_of(e, m);
        elect_sorted(e, s, scratch, reached);
    }
    total_surplus(e, m);
    return s;
}

/* Step B: iterate until somebody is elected (her stage) or the surplus stands still (NULL). */
static Stage *iterate(Engine *e, Meek *m, int *scratch)
{
    for (Votes before = INT64_MAX;; before = m->surplus) {
        Stage *s = iterate_once(e, m, scratch);
        if (s || m->surplus < m->omega || m->surplus >= before) return s;
        for (int c = 0; c < e->n; c++)
            if (e->standing[c] == STANDING_ELECTED) m->keep[c] = mul_div_up(mul_div_up(m->keep[c], m->quota, m->one), m->one, m->votes[c]);
    }
}

/* Step C: defeat the lowest; whoever is within the surplus of it is tied with it. False on an open question. */
static bool defeat_lowest(Engine *e, Meek *m, int *scratch)
{
    Stage *s = stage_of(e, m);
    int count = engine_with_standing(e, STANDING_CONTINUING, scratch), tied = 0;
    Votes fewest = INT64_MAX;
    for (int i = 0; i < count; i++)
        if (m->votes[scratch[i]] < fewest) fewest = m->votes[scratch[i]];
    for (int i = 0; i < count; i++)
        if (m->votes[scratch[i]] - fewest <= m->surplus) scratch[tied++] = scratch[i];
    int lowest = scratch[0];
    if (tied > 1) {
        const Tie *tie = engine_tie(e, s, TIE_EXCLUDE, scratch, tied, 1);
        if (tie->open) return false;
        lowest = tie->chosen[0];
    }
    engine_eliminate(e, s, lowest);
    m->keep[lowest] = 0;
    return true;
}

/* Step D: the last hopefuls take the seats that are left. */
static void finish(Engine *e, Meek *m, int *scratch)
{
    if (e->r->stage_count == 0) {
        distribute(e, m);
        update_quota(e, m);
        (void)stage_of(e, m);
    }
    Stage *last = &e->r->stages[e->r->stage_count - 1];
    int left = e->r->seats - e->r->elected_count;
    int count = engine_with_standing(e, STANDING_CONTINUING, scratch);
    if (left > 0) elect_sorted(e, last, scratch, count);
}

void count_meek(Engine *e)
{
    Meek m = {
        .one = pow10_i64(e->rules->decimals),
        .keep = arena_new(e->a, Votes, (size_t)e->n),
        .votes = arena_new(e->a, Votes, (size_t)e->n),
        .omega = pow10_i64(e->rules->decimals - e->rules->omega),
    };
    for (int c = 0; c < e->n; c++) m.keep[c] = e->standing[c] == STANDING_CONTINUING ? m.one : 0;
    int *scratch = arena_new(e->a, int, (size_t)e->n);
    while (e->r->elected_count < e->r->seats) {
        int hopeful = engine_with_standing(e, STANDING_CONTINUING, scratch);
        if (e->r->elected_count + hopeful <= e->r->seats) break;
        if (!iterate(e, &m, scratch) && !defeat_lowest(e, &m, scratch)) return;
    }
    finish(e, &m, scratch);
}
