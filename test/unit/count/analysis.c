/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest.h"

#include "count/analysis.h"

static Analysis *analysis_of(Arena *a, const Result *r, Slate *slates, int slate_count)
{
    Analysis *all = NULL;
    Fault fault = {0};
    assert_int_equal(analyse(a, r, slates, slate_count, &all, &fault), ERR_OK);
    return all;
}

static void one_mark_cannot_tell(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "plurality", contest(a, "A B C", "39:A 34:B 27:C"), (CountOptions){0});
    SingleMark s = analysis_of(a, r, NULL, 0)->single;
    assert_true(s.single && !s.decided);
    assert_int_equal(s.leader, 0);
    assert_int_equal(s.second, 1);
    assert_int_equal(s.unheld, 27);
    assert_str(frac_text(a, s.share_to_change), "16/27");
    Frac *percent = frac_new(a, 2);
    frac_set(percent, s.share_to_change);
    frac_set_ratio(&percent[1], 100, 1);
    frac_mul(percent, &percent[1]);
    assert_str(frac_decimal(a, percent, 1), "59.3");
    r = count_with(a, "plurality", contest(a, "A B C", "60:A 30:B 10:C"), (CountOptions){0});
    s = analysis_of(a, r, NULL, 0)->single;
    assert_true(s.single && s.decided);
    assert_null(s.share_to_change);
    r = count_with(a, "plurality", contest(a, "A B C", "60:A 30:B>C"), (CountOptions){0});
    assert_false(analysis_of(a, r, NULL, 0)->single.single);
}

static void next_preferences_even_when_stage_one_decides(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "av-2011", contest(a, "A B C", "6:A>B 2:A>C 1:A 3:B>C"), (CountOptions){0});
    assert_int_equal(r->stage_count, 1);
    const Analysis *all = analysis_of(a, r, NULL, 0);
    assert_int_equal(all->next.next[0 * 4 + 1], 6);
    assert_int_equal(all->next.next[0 * 4 + 2], 2);
    assert_int_equal(all->next.next[0 * 4 + 3], 1);
    assert_int_equal(all->over[0 * 3 + 1], 9);
    assert_int_equal(all->over[1 * 3 + 2], 9);
}

static void what_a_paper_weighed(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "[rules]\nmethod = college\n[sections]\nX = 1/2\nY = 1/2\n",
        contest(a, "A B C", "X/2:A X/1:B X/1:C Y/30:A Y/50:B Y/20:C>B"), (CountOptions){0});
    PaperWeights w = analysis_of(a, r, NULL, 0)->weights;
    assert_str(frac_text(a, &w.weight[0]), "1/8");
    assert_str(frac_text(a, &w.weight[1]), "1/200");
    assert_str(frac_text(a, &w.weight[2]), "1/6");
}

static void slates(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "A B C D", "5:A>B>C 3:B>A 2:A>C>B 4:C 1:D>A");
    Result *r = count_with(a, "plurality", p, (CountOptions){.seats = 2});
    int members[] = {0, 1};
    Slate slate = {.name = S("Left"), .candidates = members, .candidate_count = 2};
    analysis_of(a, r, &slate, 1);
    assert_int_equal(slate.first, 10);
    assert_int_equal(slate.whole, 8);
    assert_int_equal(slate.any, 11);
    assert_int_equal(slate.elected, 1);
}

static void margins(void **state)
{
    static const struct {
        const char *rules, *papers;
        int64_t last, lower, upper;
        bool exact;
    } cases[] = {
        /* 60 to 40: 11 changed papers make it 49 to 51. */
        {"plurality", "60:A 40:B", 20, 11, 11, true},
        {"plurality", "6:A 5:B", 1, 1, 1, true},
        /* 10 to 7 in the last stage: two changed papers make it 8 to 9. */
        {"av-2011", "10:A 7:B 1:C", 3, 2, 2, true},
        /* The last stage is 70 to 30, but four changed papers put C above B at stage 1, and C then beats A with B's papers. */
        {"av-2011", "40:A>B 33:B>C 27:C>A", 34, 3, 4, false},
        {"condorcet", "40:A>B 33:B>A 10:C>A", 17, 9, 9, true},
    };
    Arena *a = *state;
    for (int i = 0; i < COUNT_OF(cases); i++) {
        Result *r = count_with(a, cases[i].rules, contest(a, "A B C", cases[i].papers), (CountOptions){0});
        Margin m = analysis_of(a, r, NULL, 0)->margin;
        assert_true(m.last_known && m.lower_known && m.upper_known);
        assert_int_equal(m.last, cases[i].last);
        assert_int_equal(m.lower, cases[i].lower);
        assert_int_equal(m.upper, cases[i].upper);
        assert_int_equal(m.exact, cases[i].exact);
    }
}

/* What the bounds promise, by trying everything: no smaller number of changed papers changes the winner of these small contests. */
typedef struct Everything {
    Arena *a;
    const Rules *rules;
    int winner;
    bool changed;
} Everything;

static void try_all(Everything *all, int64_t *papers, const char *const *rankings, int kinds, int changes)
{
    if (all->changed) return;
    Arena scratch;
    arena_init(&scratch, 0);
    Buf b = buf_new(&scratch);
    for (int i = 0; i < kinds; i++) buf_format(&b, "%s%lld:%s", i ? " " : "", (long long)papers[i], rankings[i]);
    Papers *p = contest(&scratch, "A B C", str_c(&scratch, buf_done(&b)));
    Result *r;
    Fault fault = {0};
    CountOptions options = {0};
    Err e = count_run(&scratch, all->rules, p, &options, &r, &fault);
    if (!e && !r->open && r->elected[0] != all->winner) all->changed = true;
    arena_clear(&scratch);
    for (int from = 0; from < kinds && changes > 0; from++)
        for (int to = 0; to < kinds && papers[from] > 0; to++) {
            if (to == from) continue;
            papers[from]--;
            papers[to]++;
            try_all(all, papers, rankings, kinds, changes - 1);
            papers[from]++;
            papers[to]--;
        }
}

static void no_smaller_change_than_the_lower_bound(void **state)
{
    static const char *const rankings[] = {"A>B>C", "A>C>B", "B>A>C", "B>C>A", "C>A>B", "C>B>A", "A", "B", "C"};
    static const int64_t start[][9] = {{5, 0, 2, 2, 1, 2, 0, 0, 1}, {3, 3, 4, 1, 2, 2, 0, 1, 0}, {4, 0, 0, 3, 1, 0, 2, 1, 1},
        {6, 1, 1, 1, 1, 1, 1, 1, 0}, {2, 2, 5, 0, 0, 4, 1, 0, 0}};
    Arena *a = *state;
    int tight = 0;
    for (int i = 0; i < COUNT_OF(start); i++) {
        int64_t papers[9];
        Buf b = buf_new(a);
        for (int k = 0; k < 9; k++) {
            papers[k] = start[i][k];
            buf_format(&b, "%s%lld:%s", k ? " " : "", (long long)papers[k], rankings[k]);
        }
        Result *r = count_with(a, "av-2011", contest(a, "A B C", str_c(a, buf_done(&b))), (CountOptions){0});
        if (r->open) continue;
        Margin m = analysis_of(a, r, NULL, 0)->margin;
        assert_true(m.lower_known && m.upper_known && m.lower <= m.upper);
        Everything all = {.a = a, .rules = rules_of(a, "av-2011"), .winner = r->elected[0]};
        if (m.lower > 1 && m.lower <= 3) {
            try_all(&all, papers, rankings, 9, (int)m.lower - 1);
            assert_false(all.changed);
        }
        tight += m.exact;
    }
    assert_true(tight > 0);
}

/* 10 to 8: with an order for ties one changed paper is enough; without one a tie would need a lot. */
static void an_order_for_ties_counts_as_a_change(void **state)
{
    Arena *a = *state;
    Str order[] = {S("B"), S("A")};
    const char *rules = "[rules]\nmethod = plurality\n[ties]\nelect = order\n";
    Papers *p = contest(a, "A B", "10:A 8:B");
    Margin with = analysis_of(a, count_with(a, rules, p, (CountOptions){.tie_order = order, .tie_order_count = 2}), NULL, 0)->margin;
    Margin without = analysis_of(a, count_with(a, "plurality", p, (CountOptions){0}), NULL, 0)->margin;
    assert_true(with.exact && with.lower == 1);
    assert_true(without.exact && without.lower == 2);
}

static void the_write_in_pile_is_no_runner_up(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "A B W", "60:A 5:B 30:W");
    Result *r = count_with(a, "[rules]\nmethod = alternative-vote\n[count]\nwrite_ins = W\n", p, (CountOptions){0});
    Margin m = analysis_of(a, r, NULL, 0)->margin;
    assert_int_equal(m.runner_up, 1);
    assert_int_equal(m.last, 55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(one_mark_cannot_tell),
        arena_test(next_preferences_even_when_stage_one_decides),
        arena_test(what_a_paper_weighed),
        arena_test(slates),
        arena_test(margins),
        arena_test(no_smaller_change_than_the_lower_bound),
        arena_test(an_order_for_ties_counts_as_a_change),
        arena_test(the_write_in_pile_is_no_runner_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
