/* tie.c: who of several equal candidates; section 3 of docs/counting-rules.md.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/sha256.h"
#include "count/engine.h"

#include <string.h>

/* The lot's key of a candidate at a stage: anyone can make it with sha256sum. */
static Sha256 lot_key(Engine *e, int stage, int candidate)
{
    Str seed = e->options->seed, name = e->papers->candidates[candidate].name;
    return sha256(str_format(e->a, "%.*s\n%d\n%.*s", STR_ARG(seed), stage, STR_ARG(name)));
}

static int draw_lot(Engine *e, TieKind kind, const int *tied, int count)
{
    int best = tied[0];
    Sha256 best_key = lot_key(e, e->r->stage_count, best);
    for (int i = 1; i < count; i++) {
        Sha256 key = lot_key(e, e->r->stage_count, tied[i]);
        int order = memcmp(key.bytes, best_key.bytes, SHA256_BYTES);
        if (kind == TIE_EXCLUDE ? order < 0 : order > 0) {
            best = tied[i];
            best_key = key;
        }
    }
    e->r->lot_drawn = true;
    return best;
}

/* The candidate the given order picks, or -1 when it does not name all of them. */
static int pick_by_order(const Engine *e, TieKind kind, const int *tied, int count)
{
    if (!e->tie_order) return -1;
    int best = -1;
    for (int i = 0; i < count; i++) {
        int place = e->tie_order[tied[i]];
        if (place < 0) return -1;
        bool better = best < 0 || (kind == TIE_EXCLUDE ? place > e->tie_order[best] : place < e->tie_order[best]);
        if (better) best = tied[i];
    }
    return best;
}

/* Keep only those an earlier stage favours; returns how many are left. */
static int look_at_earlier_stages(const Engine *e, TieKind kind, bool forward, int *tied, int count, int *scratch, int *ret_stage)
{
    int present = e->r->stage_count;
    for (int i = 1; i < present && count > 1; i++) {
        int number = forward ? i : present - i;
        int kept = stage_extreme(&e->r->stages[number - 1], tied, count, kind != TIE_EXCLUDE, scratch);
        if (kept == count) continue;
        memcpy(tied, scratch, sizeof *tied * (size_t)kept);
        count = kept;
        *ret_stage = number;
    }
    return count;
}

/* Choose one of `tied`, narrowing it in place; -1 leaves an open question. */
static int choose_one(Engine *e, const TieRule *rule, TieKind kind, int *tied, int count, Tie *tie)
{
    int *scratch = arena_new(e->a, int, (size_t)count);
    for (int i = 0; i < rule->count; i++) {
        TieStep step = rule->steps[i];
        tie->how = step;
        if (step == TIE_STEP_FORWARD || step == TIE_STEP_BACKWARD) {
            count = look_at_earlier_stages(e, kind, step == TIE_STEP_FORWARD, tied, count, scratch, &tie->decided_stage);
            if (count == 1) return tied[0];
        } else {
            tie->decided_stage = 0;
            if (step == TIE_STEP_LOT && e->options->seed.len) return draw_lot(e, kind, tied, count);
            int chosen = pick_by_order(e, kind, tied, count);
            if (step == TIE_STEP_LOT && chosen >= 0) tie->how = TIE_STEP_ORDER; /* a lot that was drawn by hand */
            return chosen;
        }
    }
    tie->how = TIE_STEP_ASK;
    tie->decided_stage = 0;
    return pick_by_order(e, kind, tied, count);
}

static const TieRule *rule_for(const Rules *rules, TieKind kind)
{
    return kind == TIE_EXCLUDE ? &rules->exclude : kind == TIE_ELECT ? &rules->elect : &rules->surplus;
}

Tie *engine_tie(Engine *e, Stage *s, TieKind kind, const int *tied, int count, int wanted)
{
    ASSERT(count > wanted && wanted > 0);
    Tie *tie = arena_new(e->a, Tie, 1);
    *tie = (Tie){.kind = kind,
        .candidates = arena_new(e->a, int, (size_t)count),
        .candidate_count = count,
        .chosen = arena_new(e->a, int, (size_t)wanted)};
    memcpy(tie->candidates, tied, sizeof *tied * (size_t)count);
    s->tie = tie;

    int *left = arena_new(e->a, int, (size_t)count), *narrowed = arena_new(e->a, int, (size_t)count);
    memcpy(left, tied, sizeof *tied * (size_t)count);
    while (tie->chosen_count < wanted) {
        memcpy(narrowed, left, sizeof *left * (size_t)count);
        int chosen = count == 1 ? left[0] : choose_one(e, rule_for(e->rules, kind), kind, narrowed, count, tie);
        if (chosen < 0) {
            tie->open = true;
            tie->chosen_count = 0;
            e->r->open = tie;
            return tie;
        }
        tie->chosen[tie->chosen_count++] = chosen;
        int kept = 0;
        for (int i = 0; i < count; i++)
            if (left[i] != chosen) left[kept++] = left[i];
        count = kept;
    }
    return tie;
}

/* Insertion sort by lot key (largest first), by the given order, or as they stand. */
bool engine_lot_order(Engine *e, const TieRule *rule, int *ret_order)
{
    TieStep step = TIE_STEP_ASK;
    for (int i = 0; i < rule->count; i++) {
        step = rule->steps[i];
        if (step == TIE_STEP_LOT || step == TIE_STEP_ORDER || step == TIE_STEP_ASK) break;
        step = TIE_STEP_ASK;
    }
    int count = engine_with_standing(e, STANDING_CONTINUING, ret_order);
    bool lot = step == TIE_STEP_LOT && e->options->seed.len;
    if (!lot && pick_by_order(e, TIE_ELECT, ret_order, count) < 0) return false;
    for (int i = 1; i < count; i++) {
        int moving = ret_order[i];
        Sha256 key = lot_key(e, 1, moving);
        int k = i;
        for (; k > 0; k--) {
            int before = ret_order[k - 1];
            bool stays = lot ? memcmp(lot_key(e, 1, before).bytes, key.bytes, SHA256_BYTES) >= 0
                             : e->tie_order[before] < e->tie_order[moving];
            if (stays) break;
            ret_order[k] = before;
        }
        ret_order[k] = moving;
    }
    return true;
}
