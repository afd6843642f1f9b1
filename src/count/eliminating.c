/* eliminating.c: the alternative vote, and the electoral college that is the same count with points.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The rule in words (2011 Act, section 9): if a candidate has more votes than all other remaining candidates together, she is elected;
 * otherwise whoever has the fewest goes out and those papers pass to the next remaining preference, or are "not reallocated".
 * A college (section 5 of docs/counting-rules.md) gives each section's weight w to the candidates in proportion to the
 * section's papers that still continue: points(c) = sum over sections of w * votes(c) / continuing.
 *
 * Each ranking hangs in a list at the candidate it counts for, so a stage touches only the papers of those who went out.
 */
#include "core/num.h"
#include "count/engine.h"

enum { END_OF_LIST = UINT32_MAX };

typedef struct Piles {
    uint32_t *next;  /* [ranking] */
    uint32_t *head;  /* [candidate] */
    uint16_t *at;    /* [ranking] its place in the ranking */
    Votes *tally;    /* [candidate] */
    Votes *sections; /* [section * n + candidate] */
    Votes *section_continuing;
    Votes continuing;
    Votes not_reallocated;
} Piles;

static int counts_for(const Engine *e, const Ranking *ranking, uint16_t *at)
{
    const Mark *marks = e->rankings.marks + ranking->first;
    while (*at < ranking->length && e->standing[marks[*at]] != STANDING_CONTINUING) (*at)++;
    return *at < ranking->length ? marks[*at] : -1;
}

static void put_on_pile(const Engine *e, Piles *p, uint32_t i, int candidate)
{
    const Ranking *ranking = &e->rankings.items[i];
    p->next[i] = p->head[candidate];
    p->head[candidate] = i;
    p->tally[candidate] += ranking->papers;
    p->continuing += ranking->papers;
    if (ranking->section == PAPERS_NO_SECTION) return;
    p->sections[ranking->section * e->n + candidate] += ranking->papers;
    p->section_continuing[ranking->section] += ranking->papers;
}

static Piles piles_new(Engine *e)
{
    size_t n = (size_t)e->n, rankings = e->rankings.count;
    Piles p = {
        .next = arena_new(e->a, uint32_t, rankings),
        .head = arena_new(e->a, uint32_t, n),
        .at = arena_new(e->a, uint16_t, rankings),
        .tally = arena_new(e->a, Votes, n),
        .sections = arena_new(e->a, Votes, n * (size_t)e->sections),
        .section_continuing = arena_new(e->a, Votes, (size_t)e->sections),
    };
    for (int c = 0; c < e->n; c++) p.head[c] = END_OF_LIST;
    for (uint32_t i = 0; i < e->rankings.count; i++) put_on_pile(e, &p, i, counts_for(e, &e->rankings.items[i], &p.at[i]));
    return p;
}

/* Take away the pile of one who is out and hand its papers on. */
static void pass_on(Engine *e, Piles *p, Stage *s, int from)
{
    Votes *to = arena_new(e->a, Votes, (size_t)e->n + 1);
    uint32_t i = p->head[from];
    p->head[from] = END_OF_LIST;
    p->continuing -= p->tally[from];
    p->tally[from] = 0;
    while (i != END_OF_LIST) {
        uint32_t next = p->next[i];
        const Ranking *ranking = &e->rankings.items[i];
        if (ranking->section != PAPERS_NO_SECTION) {
            p->sections[ranking->section * e->n + from] -= ranking->papers;
            p->section_continuing[ranking->section] -= ranking->papers;
        }
        int heir = counts_for(e, ranking, &p->at[i]);
        if (heir >= 0) put_on_pile(e, p, i, heir);
        else p->not_reallocated += ranking->papers;
        to[heir >= 0 ? heir : e->n] += ranking->papers;
        i = next;
    }
    engine_transfers(e, s, from, to);
}

/* points(c) = sum over sections of weight * votes / continuing; a section without continuing papers gives nothing. */
void eliminating_points(Engine *e, Stage *s)
{
    s->points = frac_new(e->a, (size_t)e->n);
    s->points_given = frac_new(e->a, 1);
    Frac *share = frac_new(e->a, 1);
    for (int k = 0; k < e->rules->section_count; k++) {
        const RulesSection *section = &e->rules->sections[k];
        int i = papers_find_section(e->papers, section->name);
        if (s->section_continuing[i] == 0) continue;
        frac_add(s->points_given, section->weight);
        for (int c = 0; c < e->n; c++) {
            frac_set_ratio(share, s->section_tally[i * e->n + c], s->section_continuing[i]);
            frac_mul(share, section->weight);
            frac_add(&s->points[c], share);
        }
    }
}

static Stage *stage_from_piles(Engine *e, const Piles *p)
{
    Stage *s = engine_stage(e);
    for (int c = 0; c < e->n; c++) s->tally[c] = p->tally[c];
    s->continuing = p->continuing;
    s->not_reallocated = p->not_reallocated;
    if (e->sections) {
        s->section_tally = arena_new(e->a, Votes, (size_t)e->n * (size_t)e->sections);
        s->section_continuing = arena_new(e->a, Votes, (size_t)e->sections);
        for (int i = 0; i < e->n * e->sections; i++) s->section_tally[i] = p->sections[i];
        for (int i = 0; i < e->sections; i++) s->section_continuing[i] = p->section_continuing[i];
    }
    if (e->rules->method == METHOD_COLLEGE) eliminating_points(e, s);
    return s;
}

/* More than all others together? */
static bool has_majority(Arena *a, const Stage *s, int candidate)
{
    if (!s->points) return s->tally[candidate] > s->continuing - s->tally[candidate];
    Frac *doubled = frac_new(a, 1);
    frac_add(doubled, &s->points[candidate]);
    frac_add(doubled, &s->points[candidate]);
    return frac_compare(doubled, s->points_given) > 0;
}

/* Of `in`, fewest first: the largest k whose votes together are below the next one's while two others remain; 0 if none. */
int eliminating_batch(Arena *a, const Stage *s, const int *in, int count)
{
    int best = 0;
    Votes sum = 0;
    Frac *points = s->points ? frac_new(a, 1) : NULL;
    for (int k = 1; k <= count - 2; k++) {
        sum += s->tally[in[k - 1]];
        if (points) frac_add(points, &s->points[in[k - 1]]);
        bool below = points ? frac_compare(points, &s->points[in[k]]) < 0 : sum < s->tally[in[k]];
        if (below) best = k;
    }
    return best;
}

/* Decide a stage that may end the count; true when it has (someone elected, nobody left, or an open question). */
bool eliminating_ends(Engine *e, Stage *s, const int *in, int count)
{
    int *able = arena_new(e->a, int, (size_t)count + 1), *best = arena_new(e->a, int, (size_t)count + 1);
    int able_count = 0;
    for (int i = 0; i < count; i++)
        if (in[i] != e->write_ins) able[able_count++] = in[i];
    if (able_count == 0) return true;
    int best_count = stage_extreme(s, able, able_count, true, best);
    bool decides = e->rules->stop == STOP_FIRST_STAGE || count == 1 ||
                   ((e->rules->stop == STOP_MAJORITY || count == 2) && has_majority(e->a, s, best[0]));
    bool last_two_equal = count == 2 && able_count == 2 && best_count == 2;
    if (!decides && !last_two_equal) return false;
    if (best_count > 1) {
        const Tie *tie = engine_tie(e, s, TIE_ELECT, best, best_count, 1);
        if (tie->open) return true;
        best[0] = tie->chosen[0];
    }
    engine_elect(e, s, best[0]);
    return true;
}

static bool put_out_batch(Engine *e, Stage *s, const int *in, int count)
{
    if (!e->rules->batch_elimination) return false;
    int *sorted = arena_new(e->a, int, (size_t)count);
    for (int i = 0; i < count; i++) sorted[i] = in[i];
    stage_sort(s, sorted, count, false);
    int batch = eliminating_batch(e->a, s, sorted, count);
    for (int i = 0; i < batch; i++) engine_eliminate(e, s, sorted[i]);
    return batch > 0;
}

/* Put somebody out; false on an open question. */
static bool put_out(Engine *e, Stage *s, const int *in, int count)
{
    if (e->write_ins >= 0 && e->standing[e->write_ins] == STANDING_CONTINUING) {
        engine_eliminate(e, s, e->write_ins);
        return true;
    }
    if (put_out_batch(e, s, in, count)) return true;
    int *fewest = arena_new(e->a, int, (size_t)count);
    int fewest_count = stage_extreme(s, in, count, false, fewest);
    if (fewest_count > 1) {
        const Tie *tie = engine_tie(e, s, TIE_EXCLUDE, fewest, fewest_count, 1);
        if (tie->open) return false;
        fewest[0] = tie->chosen[0];
    }
    engine_eliminate(e, s, fewest[0]);
    return true;
}

void count_eliminating(Engine *e)
{
    Piles piles = piles_new(e);
    int *in = arena_new(e->a, int, (size_t)e->n);
    for (;;) {
        Stage *s = stage_from_piles(e, &piles);
        int count = engine_with_standing(e, STANDING_CONTINUING, in);
        if (eliminating_ends(e, s, in, count) || !put_out(e, s, in, count)) return;
        for (int i = 0; i < s->eliminated_count; i++) pass_on(e, &piles, s, s->eliminated[i]);
    }
}
