/* What the rules make of a paper: section 2 of docs/counting-rules.md. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest.h"

#include "count/ranking.h"

/* The ranking of a single paper as text, or the head under which it is rejected. */
static Str read_paper(Arena *a, const char *paper, PaperRules rules, int set_max, const char *withdrawn)
{
    Papers *p = contest(a, "A B C D", str_c(a, str_format(a, "1:%s", paper)));
    for (Str rest = str_from_c(withdrawn); rest.len;) p->candidates[papers_find_candidate(p, next_word(&rest, ' '))].withdrawn = true;
    Rankings r = rankings_new(a, p, &rules, set_max);
    for (int i = 0; i < REJECTED__COUNT; i++)
        if (r.rejected[i]) return rejected_name((Rejected)i);
    Buf b = buf_new(a);
    for (int k = 0; k < r.items[0].length; k++) {
        Mark mark = r.marks[r.items[0].first + (uint32_t)k];
        if (k) buf_byte(&b, mark & MARK_EQUAL ? '=' : '>');
        buf_str(&b, p->candidates[mark & MARK_CANDIDATE].name);
    }
    return buf_done(&b);
}

static void papers_are_read_by_the_rules(void **state)
{
    static const PaperRules lenient = {0}, strict = {.skipped_exhausts = true, .overvote_exhausts = true, .duplicate_exhausts = true},
                            one_gap = {.skipped_exhausts = true, .skipped_ranks_allowed = 1}, two_ranks = {.max_ranks = 2},
                            equal = {.equal_ranks_allowed = true}, equal_strict = {.equal_ranks_allowed = true, .duplicate_exhausts = true};
    static const struct {
        const char *paper;
        const PaperRules *rules;
        const char *withdrawn, *ranking;
    } cases[] = {
        {"A>B>C", &lenient, "", "A>B>C"},
        {"", &lenient, "", "unmarked"},
        {"->-", &lenient, "", "unmarked"},
        {"A>->B", &lenient, "", "A>B"},
        {"A>->B", &strict, "", "A"},
        {"->A", &strict, "", "skipped"},
        {"->A>->B", &one_gap, "", "A>B"},
        {"A>->->B", &one_gap, "", "A"},
        {"->->A", &one_gap, "", "skipped"},
        {"A>->->", &one_gap, "", "A"},
        {"?>A", &lenient, "", "A"},
        {"?>A", &strict, "", "overvote"},
        {"?", &lenient, "", "overvote"},
        {"A=B>C", &lenient, "", "C"},
        {"A=B>C", &strict, "", "overvote"},
        {"A=A>C", &strict, "", "A>C"},
        {"A=B>C", &equal, "", "A=B>C"},
        {"A>B=A>C", &equal, "", "A>B>C"},
        {"A>B=A>C", &equal_strict, "", "A"},
        {"A=?>C", &equal, "", "C"},
        {"A>A>B", &lenient, "", "A>B"},
        {"A>A>B", &strict, "", "A"},
        {"A>B>C", &two_ranks, "", "A>B"},
        {"A>->C", &two_ranks, "", "A"},
        {"A>B>C", &lenient, "B", "A>C"},
        {"A>B>C", &strict, "A", "B>C"},
        {"A>B>C", &two_ranks, "A", "B>C"},
        {"A=B>C", &strict, "A", "B>C"},
        {"A>->B", &strict, "A", "skipped"},
        {"A>B", &lenient, "A B", "withdrawn"},
        {"A>->-", &strict, "A", "withdrawn"},
        {"?>A", &strict, "A", "overvote"},
    };
    Arena *a = *state;
    for (int i = 0; i < COUNT_OF(cases); i++) {
        Str got = read_paper(a, cases[i].paper, *cases[i].rules, 0, cases[i].withdrawn);
        if (!str_equal(got, str_from_c(cases[i].ranking)))
            fail_msg("case %d, %s: %.*s, not %s", i, cases[i].paper, STR_ARG(got), cases[i].ranking);
    }
}

static void crosses_are_a_set(void **state)
{
    Arena *a = *state;
    PaperRules rules = {.overvote_exhausts = true, .skipped_exhausts = true, .duplicate_exhausts = true};
    assert_str(read_paper(a, "A=B", rules, 2, ""), "A>B");
    assert_str(read_paper(a, "A>->B>A", rules, 2, ""), "A>B");
    assert_str(read_paper(a, "A=B=C", rules, 2, ""), "overvote");
    assert_str(read_paper(a, "A=B=C", rules, 2, "B"), "A>C");
    assert_str(read_paper(a, "A=?", rules, 2, ""), "overvote");
    assert_str(read_paper(a, "", rules, 2, ""), "unmarked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(papers_are_read_by_the_rules),
        arena_test(crosses_are_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
