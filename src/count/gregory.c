/* gregory.c: the single transferable vote by the weighted inclusive Gregory method, as in Scottish council elections.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The rule in words (SSI 2007/42 and 2011/399, rules 45-52): whoever reaches the quota is elected; the surplus goes on, every paper in the
 * pile at the value  surplus * value / votes,  five decimals, the rest dropped; when no surplus is left the lowest goes out and
 * her papers go on at the values they have. Section 9 of docs/counting-rules.md.
 */
#include "core/num.h"
#include "count/engine.h"

enum { END_OF_LIST = UINT32_MAX };

typedef struct Parcels {
    uint32_t *next;    /* [ranking] */
    uint32_t *head;    /* [candidate] */
    uint16_t *at;      /* [ranking] */
    Votes *value;      /* [ranking] of one paper */
    Votes *votes;      /* [candidate] */
    bool *transferred; /* [candidate] its surplus has gone on */
    Votes not_reallocated;
    Votes lost;
    Votes quota;
} Parcels;

/* Put a ranking at its next continuing candidate; returns that candidate, or n. The caller moves the votes. */
static int settle(const Engine *e, Parcels *p, uint32_t i)
{
    const Ranking *ranking = &e->rankings.items[i];
    const Mark *marks = e->rankings.marks + ranking->first;
    while (p->at[i] < ranking->length && e->standing[marks[p->at[i]]] != STANDING_CONTINUING) p->at[i]++;
    if (p->at[i] == ranking->length) return e->n;
    int candidate = marks[p->at[i]];
    p->next[i] = p->head[candidate];
    p->head[candidate] = i;
    return candidate;
}

static Parcels parcels_new(Engine *e)
{
    size_t n = (size_t)e->n, rankings = e->rankings.count;
    Votes one = pow10_i64(e->r->decimals);
    Parcels p = {
        .next = arena_new(e->a, uint32_t, rankings),
        .head = arena_new(e->a, uint32_t, n),
        .at = arena_new(e->a, uint16_t, rankings),
        .value = arena_new(e->a, Votes, rankings),
        .votes = arena_new(e->a, Votes, n),
        .transferred = arena_new(e->a, bool, n),
        .quota = mul_or_stop(e->r->valid / (e->r->seats + 1) + 1, one),
    };
    for (int c = 0; c < e->n; c++) p.head[c] = END_OF_LIST;
    for (uint32_t i = 0; i < e->rankings.count; i++) {
        p.value[i] = one;
        p.votes[settle(e, &p, i)] += mul_or_stop(e->rankings.items[i].papers, one);
    }
    return p;
}

static Stage *stage_from_parcels(Engine *e, const Parcels *p)
{
    Stage *s = engine_stage(e);
    for (int c = 0; c < e->n; c++) {
        s->tally[c] = p->votes[c];
        s->continuing += p->votes[c];
    }
    s->not_reallocated = p->not_reallocated;
    s->lost = p->lost;
    s->quota = p->quota;
    return s;
}

/* Empty the pile of `from`. With a surplus (>= 0) each paper goes on at surplus * value / votes and `from` keeps the quota; with
 * surplus -1 she is out and papers go on at the value they have. */
static void hand_on(Engine *e, Parcels *p, Stage *s, int from, Votes surplus)
{
    Votes *to = arena_new(e->a, Votes, (size_t)e->n + 1);
    Votes moved = 0, votes = p->votes[from];
    uint32_t i = p->head[from];
    p->head[from] = END_OF_LIST;
    while (i != END_OF_LIST) {
        uint32_t next = p->next[i];
        if (surplus >= 0) p->value[i] = mul_div_down(surplus, p->value[i], votes);
        Votes parcel = mul_or_stop(p->value[i], e->rankings.items[i].papers);
        int heir = settle(e, p, i);
        to[heir] += parcel;
        moved += parcel;
        i = next;
    }
    Votes given_up = surplus >= 0 ? surplus : votes;
    ASSERT(moved <= given_up);
    p->lost += given_up - moved;
    p->votes[from] -= given_up;
    for (int c = 0; c < e->n; c++) p->votes[c] += to[c];
    p->not_reallocated += to[e->n];
    engine_transfers(e, s, from, to);
}

static void elect_all(Engine *e, Stage *s, int *candidates, int count)
{
    stage_sort(s, candidates, count, true);
    for (int i = 0; i < count; i++) engine_elect(e, s, candidates[i]);
}

/* Steps 1 and 2: who has the quota; who is left when the seats are. True when the count is over. */
static bool elect_from(Engine *e, Stage *s, const Parcels *p, int *scratch)
{
    int count = engine_with_standing(e, STANDING_CONTINUING, scratch), reached = 0;
    for (int i = 0; i < count; i++)
        if (p->votes[scratch[i]] >= p->quota) scratch[reached++] = scratch[i];
    elect_all(e, s, scratch, reached);
    count = engine_with_standing(e, STANDING_CONTINUING, scratch);
    int left = e->r->seats - e->r->elected_count;
    if (left > 0 && count > left) return false;
    if (left > 0) elect_all(e, s, scratch, count);
    return true;
}

/* The candidate picked out of `from` by most (or fewest) votes, ties settled; -1 on an open question. */
static int pick(Engine *e, Stage *s, TieKind kind, const int *from, int count, int *scratch)
{
    int equal = stage_extreme(s, from, count, kind != TIE_EXCLUDE, scratch);
    if (equal == 1) return scratch[0];
    const Tie *tie = engine_tie(e, s, kind, scratch, equal, 1);
    return tie->open ? -1 : tie->chosen[0];
}

/* Step 3: the largest surplus goes on. False when there is none. */
static bool transfer_surplus(Engine *e, Parcels *p, Stage *s, int *with_surplus, int *scratch)
{
    int count = 0;
    for (int c = 0; c < e->n; c++)
        if (e->standing[c] == STANDING_ELECTED && !p->transferred[c] && p->votes[c] > p->quota) with_surplus[count++] = c;
    if (count == 0) return false;
    int from = pick(e, s, TIE_SURPLUS, with_surplus, count, scratch);
    if (from < 0) return true;
    p->transferred[from] = true;
    s->surplus_of = from;
    hand_on(e, p, s, from, p->votes[from] - p->quota);
    return true;
}

void count_gregory(Engine *e)
{
    Parcels parcels = parcels_new(e);
    int *in = arena_new(e->a, int, (size_t)e->n), *scratch = arena_new(e->a, int, (size_t)e->n);
    while (!e->r->open) {
        Stage *s = stage_from_parcels(e, &parcels);
        if (elect_from(e, s, &parcels, scratch)) return;
        if (transfer_surplus(e, &parcels, s, in, scratch)) continue;
        int count = engine_with_standing(e, STANDING_CONTINUING, in);
        int lowest = pick(e, s, TIE_EXCLUDE, in, count, scratch);
        if (lowest < 0) return;
        engine_eliminate(e, s, lowest);
        hand_on(e, &parcels, s, lowest, -1);
    }
}
