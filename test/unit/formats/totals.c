/* Totals of stages: read from CSV, and refused when no count could have given them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/unit.h"

#include "formats/totals.h"

static Err count_with(Arena *a, const char *preset, const char *text, Result **ret_result, Fault *fault)
{
    Rules *rules;
    Totals *totals;
    Str name = str_from_c(preset);
    Str rules_text = name.len > 20 ? name : rules_preset_text(name);
    assert_int_equal(rules_parse(a, rules_text, S("r"), &rules, fault), ERR_OK);
    Err e = totals_parse(a, str_from_c(text), &totals, fault);
    CountOptions options = {0};
    return e ? e : totals_count(a, rules, totals, &options, ret_result, fault);
}

#define HEAD "stage,candidate,votes\n"
#define STAGE_1 HEAD "1,Ann,45\n1,Bob,35\n1,Cyd,20\n"

static void makes_a_result(void **state)
{
    Result *r = NULL;
    Fault fault = {0};
    assert_int_equal(
        count_with(*state, "av-2011",
            "# note: a caveat\r\n# title: T\r\n\r\nVOTES,\"Candidate\",stage\r\n45,\"Ann, the \"\"first\"\"\",1\r\n35,Bob,1\r\n20,Cyd,1\r\n"
            "50,Bob,2\r\n46,\"Ann, the \"\"first\"\"\",2\r\n",
            &r, &fault),
        ERR_OK);
    ASSERT(r);
    assert_str(r->papers->candidates[0].name, "Ann, the \"first\"");
    assert_str(r->papers->note, "a caveat");
    assert_str(r->papers->title, "T");
    assert_int_equal(r->stage_count, 2);
    assert_int_equal(r->valid, 100);
    assert_int_equal(r->elected_count, 1);
    assert_int_equal(r->elected[0], 1);
    assert_int_equal(r->stages[0].eliminated[0], 2);
    assert_int_equal(r->stages[1].not_reallocated, 4);
    const Stage *first = &r->stages[0];
    assert_int_equal(first->transfer_count, 3);
    static const Transfer moved[] = {{2, 0, 1}, {2, 1, 15}, {2, TO_NOT_REALLOCATED, 4}};
    for (int i = 0; i < COUNT_OF(moved); i++) {
        assert_int_equal(first->transfers[i].from, moved[i].from);
        assert_int_equal(first->transfers[i].to, moved[i].to);
        assert_int_equal(first->transfers[i].votes, moved[i].votes);
    }
    assert_int_equal(r->place[2], 3);
    assert_true(totals_only(r));
    assert_false(totals_transfers_unknown(r));
}

static void plurality_has_one_stage(void **state)
{
    Result *r = NULL;
    Fault fault = {0};
    assert_int_equal(count_with(*state, "plurality", STAGE_1, &r, &fault), ERR_OK);
    ASSERT(r);
    assert_int_equal(r->elected[0], 0);
    assert_int_equal(r->stage_count, 1);
}

/* A tie at the last stage is an open question, as with papers. */
static void a_tie_stays_open(void **state)
{
    Result *r = NULL;
    Fault fault = {0};
    assert_int_equal(count_with(*state, "av-2011", HEAD "1,Ann,40\n1,Bob,40\n", &r, &fault), ERR_OK);
    ASSERT(r);
    assert_non_null(r->open);
}

static const char batches[] =
    "[rules]\nname = b\nmethod = alternative-vote\n[count]\nbatch_elimination = yes\n[ties]\nexclude = lot\nelect = lot\n";

/* With several out at once it is not known whose votes went where. */
static void batches_have_no_transfers(void **state)
{
    Result *r = NULL;
    Fault fault = {0};
    assert_int_equal(count_with(*state, batches, HEAD "1,Ann,40\n1,Bob,45\n1,Cyd,5\n1,Dee,4\n2,Ann,47\n2,Bob,46\n", &r, &fault), ERR_OK);
    ASSERT(r);
    assert_int_equal(r->stages[0].eliminated_count, 2);
    assert_int_equal(r->stages[0].transfer_count, 0);
    assert_true(totals_transfers_unknown(r));
}

static const struct Bad {
    const char *rules, *text;
    int line;
    const char *expected;
} bad[] = {
    {"av-2011", "", 0, "a first row"},
    {"av-2011", "# note: a\n\n", 0, "a first row"},
    {"av-2011", HEAD, 0, "figures"},
    {"av-2011", "stage,votes\n1,2\n", 1, "a first row with the columns"},
    {"av-2011", "stage,candidate,votes,votes\n", 1, "each column once"},
    {"av-2011", "stage,name,votes\n", 1, "a column called"},
    {"av-2011", HEAD "1,Ann\n", 2, "3 cells"},
    {"av-2011", HEAD "1,Ann,5,6\n", 2, "3 cells"},
    {"av-2011", HEAD "0,Ann,5\n", 2, "a whole number from 1"},
    {"av-2011", HEAD "1,Ann,-5\n", 2, "a whole number from 0"},
    {"av-2011", HEAD "1,Ann,1.5\n", 2, "a whole number from 0"},
    {"av-2011", HEAD "1,Ann,9999999999\n", 2, "a whole number from 0"},
    {"av-2011", HEAD "1,,5\n", 2, "the name of a candidate"},
    {"av-2011", HEAD "1,A\x01n,5\n", 2, "the name of a candidate"},
    {"av-2011", HEAD "1,\"Ann,5\n", 2, "a quote that ends"},
    {"av-2011", HEAD "1,\"Ann\"x,5\n", 2, "a comma"},
    {"av-2011", HEAD "1,Ann,0\n1,Bob,0\n", 0, "votes at stage 1"},
    {"av-2011", HEAD "1,Ann,5\n1,Ann,5\n", 3, "each figure once"},
    {"av-2011", HEAD "2,Ann,5\n", 2, "at most 1 stages"},
    {"av-2011", HEAD "1,Ann,5\n3,Ann,5\n1,Bob,1\n1,Cyd,1\n", 0, "figures for stage 2"},
    {"av-2011", STAGE_1 "2,Ann,44\n2,Bob,50\n", 5, "at least the 45 votes"},
    {"av-2011", STAGE_1 "2,Ann,60\n2,Bob,50\n", 6, "no more than 100 votes"},
    {"av-2011", STAGE_1 "2,Ann,50\n2,Cyd,40\n", 6, "Cyd to go out"},
    {"av-2011", STAGE_1, 4, "a further stage"},
    {"av-2011", STAGE_1 "2,Ann,45\n2,Bob,35\n2,Cyd,20\n", 7, "Cyd to go out"},
    {"av-2011", HEAD "1,Ann,60\n1,Bob,30\n1,Cyd,10\n2,Ann,65\n2,Bob,31\n", 6, "no stage after stage 1"},
    {"av-2011", HEAD "1,Ann,40\n1,Bob,30\n1,Cyd,20\n1,Dee,10\n2,Ann,42\n2,Bob,33\n2,Cyd,25\n3,Ann,45\n3,Bob,33\n3,Dee,11\n", 11,
        "who went out earlier"},
    {"av-2011", "stage,section,candidate,votes\n1,A,Ann,5\n1,A,Bob,4\n1,B,Ann,5\n", 4, "a figure for 'Bob'"},
    {"labour-2010", "stage,section,candidate,votes\n1,Members,Ann,5\n1,Members,Bob,4\n", 0, "figures for the section"},
    {"plurality", STAGE_1 "2,Ann,50\n2,Bob,50\n", 6, "one stage"},
    {"stv-scottish", STAGE_1, 0, "stages are determined by their totals"},
    {"yes-no", HEAD "1,Yes,5\n1,No,4\n", 0, "stages are determined by their totals"},
};

static void refuses(void **state)
{
    for (int i = 0; i < COUNT_OF(bad); i++) {
        Result *r = NULL;
        Fault fault = {0};
        Err e = count_with(*state, bad[i].rules, bad[i].text, &r, &fault);
        assert_row(e == ERR_INPUT && fault.err == e && !r, bad[i].text);
        const char *said = str_c(*state, fault.expected);
        if (!strstr(said, bad[i].expected)) fail_msg("%s: said '%s'", bad[i].text, said);
        if (fault.line != bad[i].line) fail_msg("%s: line %d, not %d (%s)", bad[i].text, (int)fault.line, bad[i].line, said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(makes_a_result), arena_test(plurality_has_one_stage), arena_test(a_tie_stays_open),
        arena_test(batches_have_no_transfers), arena_test(refuses)};
    return cmocka_run_group_tests_name("formats/totals", tests, NULL, NULL);
}
