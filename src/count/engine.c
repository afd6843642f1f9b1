/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "count/engine.h"

#include "core/num.h"

Stage *engine_stage(Engine *e)
{
    Result *r = e->r;
    ASSERT(r->stage_count < e->stage_capacity);
    size_t n = (size_t)e->n;
    Stage *s = &r->stages[r->stage_count++];
    *s = (Stage){
        .tally = arena_new(e->a, Votes, n),
        .standing = arena_new(e->a, Standing, n),
        .elected = arena_new(e->a, int, n),
        .eliminated = arena_new(e->a, int, n),
        .surplus_of = -1,
    };
    for (int c = 0; c < e->n; c++) s->standing[c] = e->standing[c];
    return s;
}

void engine_elect(Engine *e, Stage *s, int candidate)
{
    ASSERT(e->standing[candidate] == STANDING_CONTINUING);
    e->standing[candidate] = STANDING_ELECTED;
    s->elected[s->elected_count++] = candidate;
    e->r->elected[e->r->elected_count++] = candidate;
}

void engine_eliminate(Engine *e, Stage *s, int candidate)
{
    ASSERT(e->standing[candidate] == STANDING_CONTINUING);
    e->standing[candidate] = STANDING_OUT;
    s->eliminated[s->eliminated_count++] = candidate;
    e->r->eliminated[e->r->eliminated_count++] = candidate;
}

void engine_transfers(Engine *e, Stage *s, int from, const Votes *to)
{
    int moved = 0;
    for (int c = 0; c <= e->n; c++) moved += to[c] != 0;
    size_t had = (size_t)s->transfer_count;
    s->transfers = arena_grow(e->a, Transfer, s->transfers, had, had + (size_t)moved);
    for (int c = 0; c <= e->n; c++)
        if (to[c]) s->transfers[s->transfer_count++] = (Transfer){.from = from, .to = c < e->n ? c : TO_NOT_REALLOCATED, .votes = to[c]};
}

int engine_with_standing(const Engine *e, Standing standing, int *ret)
{
    int count = 0;
    for (int c = 0; c < e->n; c++)
        if (e->standing[c] == standing) ret[count++] = c;
    return count;
}

int stage_compare(const Stage *s, int candidate, int other)
{
    if (s->points) return frac_compare(&s->points[candidate], &s->points[other]);
    return (s->tally[candidate] > s->tally[other]) - (s->tally[candidate] < s->tally[other]);
}

void stage_sort(const Stage *s, int *candidates, int count, bool most_first)
{
    for (int i = 1; i < count; i++) {
        int moving = candidates[i];
        int k = i;
        for (; k > 0; k--) {
            int order = stage_compare(s, candidates[k - 1], moving);
            if (most_first ? order >= 0 : order <= 0) break;
            candidates[k] = candidates[k - 1];
        }
        candidates[k] = moving;
    }
}

int stage_extreme(const Stage *s, const int *candidates, int count, bool most, int *ret)
{
    int found = 0;
    for (int i = 0; i < count; i++) {
        int order = found ? stage_compare(s, candidates[i], ret[0]) : 0;
        if (most ? order < 0 : order > 0) continue;
        if (order != 0) found = 0;
        ret[found++] = candidates[i];
    }
    return found;
}

/* Give the next places to `who`, by what they had at the stage; equal ones share a place. Returns how many places are taken now. */
static int place_group(Engine *e, const Stage *s, int *who, int count, int taken)
{
    int *place = e->r->place;
    stage_sort(s, who, count, true);
    for (int i = 0; i < count; i++) {
        bool shared = i > 0 && stage_compare(s, who[i], who[i - 1]) == 0;
        place[who[i]] = shared ? place[who[i - 1]] : taken + i + 1;
    }
    return taken + count;
}

void engine_places(Engine *e)
{
    Result *r = e->r;
    int taken = 0;
    for (int i = 0; i < r->elected_count; i++) r->place[r->elected[i]] = ++taken;
    if (r->stage_count == 0) return;
    int *who = arena_new(e->a, int, (size_t)e->n);
    int count = engine_with_standing(e, STANDING_CONTINUING, who);
    taken = place_group(e, &r->stages[r->stage_count - 1], who, count, taken);
    for (int number = r->stage_count; number >= 1; number--) {
        const Stage *s = &r->stages[number - 1];
        for (count = 0; count < s->eliminated_count; count++) who[count] = s->eliminated[count];
        taken = place_group(e, s, who, count, taken);
    }
}
