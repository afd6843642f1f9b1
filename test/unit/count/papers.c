/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest.h"

static void equal_papers_are_merged(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "A B C", "5:A>B 3:B 2:A>B 1: 4:A=B X/2:A>B");
    assert_int_equal(p->total, 17);
    assert_int_equal(p->group_count, 5);
    assert_int_equal(p->groups[0].papers, 7);
    assert_int_equal(p->sections[0].papers, 2);
}

static void many_groups_and_names_are_kept_apart(void **state)
{
    Arena *a = *state;
    Papers *p = papers_new(a);
    for (int i = 0; i < 1000; i++) assert_int_equal(papers_candidate(p, str_format(a, "Name %d", i)), i);
    assert_int_equal(papers_candidate(p, S("Name 77")), 77);
    assert_int_equal(papers_candidate(p, S("one too many")), -1);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++)
            for (int k = 0; k < 20; k++) {
                Mark marks[] = {(Mark)i, (Mark)((i + k + 1) % 1000)};
                assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, marks, 2, 1, NULL), ERR_OK);
            }
    assert_int_equal(p->group_count, 20000);
    for (uint32_t i = 0; i < p->group_count; i++) assert_int_equal(p->groups[i].papers, 2);
}

static void limits_hold(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "A", "1:A");
    Mark mark = 0;
    uint32_t group = 99;
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, &mark, 1, PAPERS_TOTAL_MAX, &group), ERR_LIMIT);
    assert_int_equal(group, 99);
    assert_int_equal(p->total, 1);
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, &mark, 1, PAPERS_TOTAL_MAX - 1, &group), ERR_OK);
    assert_int_equal(papers_add_again(p, group, -1, 1), ERR_LIMIT);
    assert_int_equal(papers_add_again(p, group, -1, -1), ERR_LIMIT);
    Mark *many = arena_new(a, Mark, PAPERS_MARKS_MAX + 1);
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, many, PAPERS_MARKS_MAX + 1, 0, NULL), ERR_LIMIT);
}

static void boxes_count_their_papers(void **state)
{
    Arena *a = *state;
    Papers *p = papers_new(a);
    Mark marks[] = {(Mark)papers_candidate(p, S("A")), MARK_SKIPPED};
    int box = papers_box(p, S("Hall"));
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, box, marks, 2, 3, NULL), ERR_OK);
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, box, marks + 1, 1, 2, NULL), ERR_OK);
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, box, NULL, 0, 1, NULL), ERR_OK);
    assert_int_equal(p->boxes[box].papers, 6);
    assert_int_equal(p->boxes[box].unmarked, 3);
    assert_int_equal(papers_box(p, S("Hall")), box);
}

static void merging_matches_by_name(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "A B", "1:A>B"), *q = contest(a, "B C A", "2:A>B 3:C>?>-"), *with_section = contest(a, "A", "S/4:A");
    q->candidates[1].withdrawn = true;
    Fault fault = {0};
    assert_int_equal(papers_merge(p, q, (Str){0}, &fault), ERR_OK);
    assert_int_equal(p->candidate_count, 3);
    assert_str(p->candidates[2].name, "C");
    assert_true(p->candidates[2].withdrawn);
    assert_int_equal(p->groups[0].papers, 3);
    assert_int_equal(p->marks[p->groups[1].first + 1], MARK_OVERVOTE);
    assert_int_equal(papers_merge(p, with_section, (Str){0}, &fault), ERR_OK);
    assert_int_equal(papers_merge(p, with_section, S("T"), &fault), ERR_OK);
    assert_int_equal(p->section_count, 2);
    assert_int_equal(p->sections[1].papers, 4);
    Papers *only = papers_of_section(a, p, 1);
    assert_int_equal(only->total, 4);
    assert_int_equal(only->candidate_count, 3);
}

/* Whatever the order of the rows, the same numbers; and papers can still be added afterwards. */
static void names_met_on_papers_are_put_in_order(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "", "S/2:C>A>B 3:B=C T/1:A");
    p->candidates_found = p->sections_found = true;
    Papers *q = contest(a, "", "T/1:A 3:B=C S/2:C>A>B");
    q->candidates_found = q->sections_found = true;
    papers_settle_order(p);
    papers_settle_order(q);
    for (int c = 0; c < 3; c++) assert_same_str(p->candidates[c].name, q->candidates[c].name);
    assert_str(p->candidates[0].name, "A");
    assert_int_equal(papers_find_candidate(p, S("C")), 2);
    assert_int_equal(papers_candidate(p, S("C")), 2);
    assert_str(p->sections[1].name, "T");
    assert_int_equal(p->sections[1].papers, 1);
    assert_int_equal(p->marks[p->groups[0].first], 2);
    Mark again[] = {2, 0, 1};
    assert_int_equal(papers_add(p, papers_section(p, S("S")), -1, again, 3, 5, NULL), ERR_OK);
    assert_int_equal(p->group_count, 3);
    assert_int_equal(p->groups[0].papers, 7);
}

static void notes_are_joined_once(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "A", "1:A");
    papers_add_note(p, S("Box 12 missing"));
    papers_add_note(p, S("Box 1"));
    papers_add_note(p, S("Box 12 missing"));
    papers_add_note(p, (Str){0});
    assert_str(p->note, "Box 12 missing; Box 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(equal_papers_are_merged),
        arena_test(many_groups_and_names_are_kept_apart),
        arena_test(limits_hold),
        arena_test(boxes_count_their_papers),
        arena_test(merging_matches_by_name),
        arena_test(names_met_on_papers_are_put_in_order),
        arena_test(notes_are_joined_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
