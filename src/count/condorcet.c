/* condorcet.c: one to one: the pairwise matrix, the Smith set, Schulze's method and ranked pairs.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * N(a,b) is the number of papers that rank a above b; a defeats b if N(a,b) > N(b,a).
 * Schulze: p(a,b) = max over paths of the min strength on the path (Floyd-Warshall with (max, min)); a is above b if p(a,b) > p(b,a).
 * Ranked pairs: lock the defeats from the strongest down unless one would close a cycle. Section 11 of docs/counting-rules.md.
 */
#include "core/num.h"
#include "count/engine.h"

#include <stdlib.h>
#include <string.h>

typedef struct Defeat {
    int winner, loser;
    int64_t strength;
    int64_t against;               /* N(loser, winner) */
    int winner_order, loser_order; /* in the tie-breaking order */
} Defeat;

/* N(a,b): each ranked name is above all names of later ranks and all that are not ranked. */
int64_t *pairwise_matrix(Arena *a, const Rankings *rankings, const Papers *papers)
{
    int n = papers->candidate_count;
    int64_t *over = arena_new(a, int64_t, (size_t)n * (size_t)n);
    int *place = arena_new(a, int, (size_t)n);
    for (uint32_t i = 0; i < rankings->count; i++) {
        const Ranking *ranking = &rankings->items[i];
        const Mark *marks = rankings->marks + ranking->first;
        for (int c = 0; c < n; c++) place[c] = n + 1;
        int rank = 0;
        for (int k = 0; k < ranking->length; k++) {
            rank += !(marks[k] & MARK_EQUAL);
            place[marks[k] & MARK_CANDIDATE] = rank;
        }
        for (int k = 0; k < ranking->length; k++) {
            int winner = marks[k] & MARK_CANDIDATE;
            int64_t *row = over + (size_t)winner * (size_t)n;
            for (int c = 0; c < n; c++)
                if (place[c] > place[winner] && !papers->candidates[c].withdrawn) row[c] += ranking->papers;
        }
    }
    return over;
}

static int64_t at(const int64_t *matrix, int n, int row, int column)
{
    return matrix[(size_t)row * (size_t)n + (size_t)column];
}

static int64_t strength_of(const Engine *e, const Pairwise *p, int winner, int loser)
{
    int64_t for_it = at(p->over, e->n, winner, loser), against = at(p->over, e->n, loser, winner);
    if (for_it <= against) return 0;
    return e->rules->strength == STRENGTH_MARGINS ? for_it - against : for_it;
}

/* The Smith set: those who defeat or draw with everybody they cannot be separated from. Starting from the candidates with
 * the most defeats won, take in everyone a member does not defeat, until nothing changes. */
static void find_smith_set(const Engine *e, Pairwise *p, const int *in, int count)
{
    int most = -1, first = in[0];
    for (int i = 0; i < count; i++) {
        int wins = 0;
        for (int k = 0; k < count; k++) wins += strength_of(e, p, in[i], in[k]) > 0;
        if (wins > most) {
            most = wins;
            first = in[i];
        }
    }
    p->smith[first] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < count; i++)
            for (int k = 0; k < count; k++) {
                bool joins = p->smith[in[i]] && !p->smith[in[k]] && strength_of(e, p, in[i], in[k]) == 0;
                if (!joins) continue;
                p->smith[in[k]] = true;
                changed = true;
            }
    }
}

static void find_condorcet_winner(const Engine *e, Pairwise *p, const int *in, int count)
{
    p->winner = -1;
    for (int i = 0; i < count; i++) {
        int wins = 0;
        for (int k = 0; k < count; k++) wins += strength_of(e, p, in[i], in[k]) > 0;
        if (wins == count - 1) p->winner = in[i];
    }
}

static void find_strongest_paths(const Engine *e, Pairwise *p, const int *in, int count)
{
    size_t n = (size_t)e->n;
    p->path = arena_new(e->a, int64_t, n * n);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) p->path[(size_t)in[i] * n + (size_t)in[k]] = strength_of(e, p, in[i], in[k]);
    for (int via = 0; via < count; via++) {
        const int64_t *onward = p->path + (size_t)in[via] * n;
        for (int i = 0; i < count; i++) {
            int64_t *row = p->path + (size_t)in[i] * n;
            int64_t first_half = row[in[via]];
            if (i == via || first_half == 0) continue;
            for (int k = 0; k < count; k++) {
                if (k == i) continue;
                int64_t whole = first_half < onward[in[k]] ? first_half : onward[in[k]];
                if (whole > row[in[k]]) row[in[k]] = whole;
            }
        }
    }
}

/* A candidate's Schulze place: one more than the number ranked above her. */
static void place_by_paths(const Engine *e, Pairwise *p, const int *in, int count)
{
    p->schulze_place = arena_new(e->a, int, (size_t)e->n);
    for (int i = 0; i < count; i++) {
        int above = 0;
        for (int k = 0; k < count; k++) above += at(p->path, e->n, in[k], in[i]) > at(p->path, e->n, in[i], in[k]);
        p->schulze_place[in[i]] = above + 1;
    }
}

static int compare_defeats(const void *left, const void *right)
{
    const Defeat *x = left, *y = right;
    if (x->strength != y->strength) return x->strength > y->strength ? -1 : 1;
    if (x->against != y->against) return x->against < y->against ? -1 : 1;
    if (x->winner_order != y->winner_order) return x->winner_order < y->winner_order ? -1 : 1;
    return x->loser_order < y->loser_order ? -1 : x->loser_order > y->loser_order;
}

static Defeat *list_defeats(Engine *e, const Pairwise *p, const int *order, int count, int *ret_count)
{
    Defeat *defeats = arena_new(e->a, Defeat, (size_t)count * (size_t)count);
    int found = 0;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) {
            int64_t strength = strength_of(e, p, order[i], order[k]);
            if (strength == 0) continue;
            defeats[found++] = (Defeat){order[i], order[k], strength, at(p->over, e->n, order[k], order[i]), i, k};
        }
    qsort(defeats, (size_t)found, sizeof *defeats, compare_defeats);
    *ret_count = found;
    return defeats;
}

/* Lock a -> b and everything it implies: reach[x * n + y] means that a locked path leads from x to y. */
static void lock(bool *reach, int n, const int *in, int count, int winner, int loser)
{
    size_t width = (size_t)n;
    if (reach[(size_t)winner * width + (size_t)loser]) return;
    for (int i = 0; i < count; i++) {
        size_t x = (size_t)in[i];
        bool joins = (in[i] == winner || reach[x * width + (size_t)winner]) && !reach[x * width + (size_t)loser];
        if (!joins) continue;
        reach[x * width + (size_t)loser] = true;
        for (int k = 0; k < count; k++)
            if (reach[(size_t)loser * width + (size_t)in[k]]) reach[x * width + (size_t)in[k]] = true;
    }
}

/* Equal in strength and in what stands against: only the tie-breaking order tells them apart. */
static bool same_level(const Defeat *d, const Defeat *other)
{
    return d->strength == other->strength && d->against == other->against;
}

static void rank_pairs(Engine *e, Pairwise *p, const int *order, int count)
{
    size_t n = (size_t)e->n;
    int defeat_count;
    Defeat *defeats = list_defeats(e, p, order, count, &defeat_count);
    p->locked_winner = arena_new(e->a, int, (size_t)defeat_count);
    p->locked_loser = arena_new(e->a, int, (size_t)defeat_count);
    bool *reach = arena_new(e->a, bool, n *n), *before = arena_new(e->a, bool, n *n);
    for (int i = 0; i < defeat_count; i++) {
        const Defeat *d = &defeats[i];
        bool first = i == 0 || !same_level(d, d - 1);
        bool shared = !first || (i + 1 < defeat_count && same_level(d, d + 1));
        if (first && shared) memcpy(before, reach, n * n);
        size_t back = (size_t)d->loser * n + (size_t)d->winner;
        if (reach[back]) {
            p->order_mattered |= shared && !before[back];
            continue;
        }
        lock(reach, e->n, order, count, d->winner, d->loser);
        p->locked_winner[p->locked_count] = d->winner;
        p->locked_loser[p->locked_count++] = d->loser;
    }
    p->ranked_pairs_place = arena_new(e->a, int, n);
    for (int i = 0; i < count; i++) {
        int above = 0;
        for (int k = 0; k < count; k++) above += reach[(size_t)order[k] * n + (size_t)order[i]];
        p->ranked_pairs_place[order[i]] = above + 1;
    }
}

/* The one stage: papers whose single first name this is. */
static Stage *first_preferences(Engine *e)
{
    Stage *s = engine_stage(e);
    for (uint32_t i = 0; i < e->rankings.count; i++) {
        const Ranking *ranking = &e->rankings.items[i];
        const Mark *marks = e->rankings.marks + ranking->first;
        bool shared = ranking->length > 1 && (marks[1] & MARK_EQUAL);
        if (shared) s->not_reallocated += ranking->papers;
        else s->tally[marks[0]] += ranking->papers;
    }
    for (int c = 0; c < e->n; c++) s->continuing += s->tally[c];
    return s;
}

/* The winner of ranked pairs hung on the tie-breaking order: say so, or leave the question open when there was no order. */
static void tell_order_mattered(Engine *e, Stage *s, const int *in, int count, bool drawn)
{
    Tie *tie = arena_new(e->a, Tie, 1);
    *tie = (Tie){.kind = TIE_ELECT,
        .candidates = arena_new(e->a, int, (size_t)count),
        .candidate_count = count,
        .chosen = arena_new(e->a, int, 1),
        .how = TIE_STEP_ASK,
        .open = !drawn};
    for (int i = 0; i < count; i++) tie->candidates[i] = in[i];
    for (int i = e->rules->elect.count - 1; i >= 0; i--)
        if (e->rules->elect.steps[i] >= TIE_STEP_LOT) tie->how = e->rules->elect.steps[i];
    if (drawn && tie->how == TIE_STEP_LOT) {
        bool by_hand = !e->options->seed.len;
        if (by_hand) tie->how = TIE_STEP_ORDER;
        e->r->lot_drawn |= !by_hand;
    }
    s->tie = tie;
    if (tie->open) e->r->open = tie;
}

/* The first of the completion's order, a tie at the top settled; -1 on an open question. */
static int elect_by_place(Engine *e, Stage *s, const int *place, const int *in, int count, int *scratch)
{
    int tied = 0;
    for (int i = 0; i < count; i++)
        if (place[in[i]] == 1) scratch[tied++] = in[i];
    ASSERT(tied > 0);
    if (tied == 1) return scratch[0];
    const Tie *tie = engine_tie(e, s, TIE_ELECT, scratch, tied, 1);
    return tie->open ? -1 : tie->chosen[0];
}

void count_condorcet(Engine *e)
{
    Result *r = e->r;
    Pairwise *p = arena_new(e->a, Pairwise, 1);
    r->pairwise = p;
    p->over = pairwise_matrix(e->a, &e->rankings, e->papers);
    p->smith = arena_new(e->a, bool, (size_t)e->n);
    int *in = arena_new(e->a, int, (size_t)e->n), *order = arena_new(e->a, int, (size_t)e->n),
        *scratch = arena_new(e->a, int, (size_t)e->n);
    Stage *s = first_preferences(e);
    int count = engine_with_standing(e, STANDING_CONTINUING, in);
    find_condorcet_winner(e, p, in, count);
    find_smith_set(e, p, in, count);
    find_strongest_paths(e, p, in, count);
    place_by_paths(e, p, in, count);
    bool drawn = engine_lot_order(e, &e->rules->elect, order);
    rank_pairs(e, p, order, count);

    bool by_pairs = e->rules->completion == COMPLETION_RANKED_PAIRS;
    const int *place = by_pairs ? p->ranked_pairs_place : p->schulze_place;
    bool tell = by_pairs && p->order_mattered && p->winner < 0;
    if (tell) tell_order_mattered(e, s, in, count, drawn);
    int winner = r->open ? -1 : elect_by_place(e, s, place, in, count, scratch);
    if (winner >= 0) engine_elect(e, s, winner);
    if (winner >= 0 && tell && s->tie->chosen_count == 0) s->tie->chosen[s->tie->chosen_count++] = winner;
    for (int i = 0; i < count; i++) r->place[in[i]] = place[in[i]];
}
