/* plurality.c: one stage, most votes; and the question that is answered Yes or No.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Sections 6 and 8 of docs/counting-rules.md.
 */
#include "core/num.h"
#include "count/engine.h"

/* The one stage: a vote for the first name, or for each name of a paper of crosses. */
static Stage *count_marks(Engine *e, bool every_name)
{
    Stage *s = engine_stage(e);
    if (e->sections) {
        s->section_tally = arena_new(e->a, Votes, (size_t)e->n * (size_t)e->sections);
        s->section_continuing = arena_new(e->a, Votes, (size_t)e->sections);
    }
    for (uint32_t i = 0; i < e->rankings.count; i++) {
        const Ranking *ranking = &e->rankings.items[i];
        int names = every_name ? ranking->length : 1;
        for (int k = 0; k < names; k++) {
            int c = e->rankings.marks[ranking->first + (uint32_t)k];
            s->tally[c] = add_or_stop(s->tally[c], ranking->papers);
            if (ranking->section != PAPERS_NO_SECTION) s->section_tally[ranking->section * e->n + c] += ranking->papers;
        }
        if (ranking->section != PAPERS_NO_SECTION) s->section_continuing[ranking->section] += ranking->papers;
    }
    for (int c = 0; c < e->n; c++) s->continuing = add_or_stop(s->continuing, s->tally[c]);
    return s;
}

void count_plurality(Engine *e)
{
    plurality_decide(e, count_marks(e, e->rules->marks != MARKS_FIRST));
}

void plurality_decide(Engine *e, Stage *s)
{
    int *in = arena_new(e->a, int, (size_t)e->n);
    int count = engine_with_standing(e, STANDING_CONTINUING, in);
    stage_sort(s, in, count, true);
    int seats = e->r->seats < count ? e->r->seats : count;
    if (seats == 0) return;

    /* Those above the last seat's votes are elected; those with just as many as it may be too many. */
    int above = 0, level = 0;
    while (above < seats && stage_compare(s, in[above], in[seats - 1]) > 0) above++;
    while (above + level < count && stage_compare(s, in[above + level], in[seats - 1]) == 0) level++;
    const Tie *tie = level > seats - above ? engine_tie(e, s, TIE_ELECT, in + above, level, seats - above) : NULL;
    for (int i = 0; i < above; i++) engine_elect(e, s, in[i]);
    if (tie && tie->open) return;
    for (int i = above; i < seats; i++) engine_elect(e, s, tie ? tie->chosen[i - above] : in[i]);
}

static int find_answer(const Engine *e, Str word)
{
    for (int c = 0; c < e->n; c++)
        if (str_equal_nocase(e->papers->candidates[c].name, word)) return c;
    return -1;
}

/* votes > share * whole? Exactly. */
static bool is_more_than(Arena *a, int64_t votes, const Frac *share, int64_t whole, bool or_equal)
{
    Frac *needed = frac_new(a, 1);
    frac_set_ratio(needed, whole, 1);
    frac_mul(needed, share);
    int order = frac_compare_ratio(needed, votes, 1);
    return order < 0 || (or_equal && order == 0);
}

Err count_yes_no(Engine *e)
{
    const Rules *rules = e->rules;
    YesNo *answer = arena_new(e->a, YesNo, 1);
    answer->yes = find_answer(e, rules->yes);
    answer->no = find_answer(e, rules->no);
    if (answer->yes < 0 || answer->no < 0 || e->n != 2)
        return fault_setf(e->fault, e->a, ERR_INPUT,
            "expected papers that say '%.*s' or '%.*s' and nothing else; these have %d different answers", STR_ARG(rules->yes),
            STR_ARG(rules->no), e->n);
    int64_t roll = e->options->roll;
    if (roll == 0 && (rules->pass_of_roll || frac_sign(rules->turnout)))
        return fault_setf(e->fault, e->a, ERR_INPUT, "these rules ask for a share of the roll: say how many are on it (--roll N)");

    Stage *s = count_marks(e, false);
    int64_t yes = s->tally[answer->yes], no = s->tally[answer->no];
    answer->enough_votes = is_more_than(e->a, yes, rules->pass, rules->pass_of_roll ? roll : yes + no, false);
    int64_t voted = add_or_stop(e->r->valid, e->options->rejected_by_hand);
    for (int i = 0; i < REJECTED__COUNT; i++) voted += e->r->rejected[i];
    answer->enough_turnout = is_more_than(e->a, voted, rules->turnout, roll, true);
    answer->carried = answer->enough_votes && answer->enough_turnout;
    engine_elect(e, s, answer->carried ? answer->yes : answer->no);
    e->r->yes_no = answer;
    return ERR_OK;
}
