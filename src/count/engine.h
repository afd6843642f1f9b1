/* engine.h: what the counting methods share. Private to src/count.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A method is a function over an Engine: it opens a stage, fills its tally, decides, records what moved, and so on until the
 * result stands. How to write one: docs/howto-add-a-counting-method.md.
 */
#ifndef HUSTINGS_COUNT_ENGINE_H
#define HUSTINGS_COUNT_ENGINE_H

#include "count/analysis.h"
#include "count/ranking.h"

typedef struct Engine {
    Arena *a;
    const Rules *rules;
    const Papers *papers;
    const CountOptions *options;
    Rankings rankings;
    Result *r;
    int n; /* candidates */
    int sections;
    Standing *standing; /* [candidate], now */
    int write_ins;      /* the pile of undeclared write-ins, or -1 */
    int *tie_order;     /* [candidate] place in the given order from 0, or -1; NULL when no order was given */
    int stage_capacity;
    Fault *fault;
} Engine;

/* A count that has not begun, and its seats and tie order read. */
Engine engine_new(Arena *a, const Rules *rules, const Papers *papers, const CountOptions *options, Fault *fault);
NODISCARD Err engine_ready(Engine *e);

/* A new stage with empty tallies and the present standing. The pointer stays valid. */
Stage *engine_stage(Engine *e);

/* Record decisions in the stage, the result and the standing. */
void engine_elect(Engine *e, Stage *s, int candidate);
void engine_eliminate(Engine *e, Stage *s, int candidate);

/* Record votes that moved; nothing is recorded for 0 votes. Call with `to` in candidate order, not reallocated last. */
void engine_transfers(Engine *e, Stage *s, int from, const Votes *to);

/* Candidates with the given standing, in candidate order, into `ret` (room for e->n); returns how many. */
int engine_with_standing(const Engine *e, Standing standing, int *ret);

/* Compare what two candidates have at a stage: points in a college, votes elsewhere. */
int stage_compare(const Stage *s, int candidate, int other);

/* Sort `candidates` by stage_compare, most (or fewest) first, equal ones in candidate order. */
void stage_sort(const Stage *s, int *candidates, int count, bool most_first);

/* Those with the most (or fewest) votes among `candidates`, moved into `ret` in candidate order; returns how many. */
int stage_extreme(const Stage *s, const int *candidates, int count, bool most, int *ret);

/* Settle a tie at the stage `s`, the newest: `wanted` of the tied are to be chosen. Records it in s->tie. On an open question the
 * result's `open` is set, nothing is chosen, and the caller must stop the count. */
Tie *engine_tie(Engine *e, Stage *s, TieKind kind, const int *tied, int count, int wanted);

/* The papers as the count reads them: rankings, or sets of crosses. */
Rankings read_for_count(Arena *a, const Rules *rules, const Papers *papers, int seats);

/* Count rankings that were made before, as count_run does with those it makes itself. */
NODISCARD Err count_rankings(Arena *a, const Rules *rules, const Papers *papers, const CountOptions *options, const Rankings *rankings,
    Result **ret_result, Fault *fault);

/* How close it was; margin.c. `rankings` are those that were counted (read_for_count). */
void find_margin(Arena *a, const Result *result, const Rankings *rankings, Margin *ret_margin);

/* The methods. Each fills e->r from its rankings, which are ready. */
void count_eliminating(Engine *e);     /* alternative vote and college: eliminating.c */
void count_plurality(Engine *e);       /* plurality.c */
NODISCARD Err count_yes_no(Engine *e); /* plurality.c */
NODISCARD Err count_posts(Engine *e);  /* posts.c */
void count_gregory(Engine *e);         /* gregory.c */
void count_meek(Engine *e);            /* meek.c */
void count_condorcet(Engine *e);       /* condorcet.c */

/* N(a,b) for all pairs, [a * n + b]; withdrawn candidates have zeros. */
int64_t *pairwise_matrix(Arena *a, const Rankings *rankings, const Papers *papers);

/* What a stage of an elimination decides, for totals.c too, which has the tallies without the papers. */
void eliminating_points(Engine *e, Stage *s); /* points of a college, from the sections' tallies */
/* Decide a stage that may end the count, `in` being those who continue; true when it has (someone elected, nobody left, or an open question). */
bool eliminating_ends(Engine *e, Stage *s, const int *in, int count);
/* Of `in`, fewest first: the largest k whose votes together are below the next one's while two others remain; 0 if none. */
int eliminating_batch(Arena *a, const Stage *s, const int *in, int count);
/* Elect those with the most votes of a stage. */
void plurality_decide(Engine *e, Stage *s);

/* Order of candidates for the tie-breaking order of ranked pairs: by the first of lot, order, ask in `rule`. False if it cannot be drawn
 * (no seed, no order): then it is the candidates' own order. */
bool engine_lot_order(Engine *e, const TieRule *rule, int *ret_order);

/* Places from the elected, the last stage and the eliminated; section 13 of docs/counting-rules.md. */
void engine_places(Engine *e);

#endif
