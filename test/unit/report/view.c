/* The JSON of a count says exactly what docs/json.md says. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "samples.h"

static Str json_of(Arena *a, const char *sample_name, bool analysed)
{
    const Sample *sample = sample_named(sample_name);
    Result *r = sample_result(a, sample);
    ReportOptions options = sample_options(sample);
    Buf b = buf_new(a);
    view_json(report_view(a, r, analysed ? sample_analysis(a, r) : NULL, &options), &b, false);
    return buf_done(&b);
}

static void a_whole_count(void **state)
{
    Arena *a = *state;
    Str json = json_of(a, "av", false);
    assert_holds(
        json, "\"method\":\"alternative-vote\",\"title\":\"\",\"note\":\"\",\"seed\":null,\"seats\":1,\"program\":\"hustings 0.0.0\"");
    assert_holds(json, "\"candidates\":[{\"name\":\"A\",\"withdrawn\":false,\"place\":2},{\"name\":\"B\",\"withdrawn\":false,\"place\":1}");
    assert_holds(json, "{\"read\":\"20\",\"valid\":\"20\",\"rejected\":{\"unmarked\":\"2\",\"withdrawn\":\"0\",\"overvote\":\"0\","
                       "\"skipped\":\"0\",\"want of <official> mark\":\"1\"},\"issued\":\"30\",\"roll\":\"40\"}");
    assert_holds(json, "\"sections\":[]");
    assert_holds(json, "{\"number\":1,\"tally\":{\"A\":\"7\",\"B\":\"6\",\"C\":\"4\",\"D\":\"3\"},\"section_tally\":{},\"section_"
                       "continuing\":{},\"quota\":null,\"continuing\":\"20\","
                       "\"not_reallocated\":\"0\",\"lost_to_rounding\":\"0\",\"eliminated\":[\"D\"],\"elected\":[],\"surplus_of\":null,"
                       "\"transfers\":{\"D\":{\"C\":\"1\",\"\":\"2\"}},\"tie\":null}");
    assert_holds(json, "\"elected\":[\"B\"],\"elimination_order\":[\"D\",\"C\"],\"unopposed\":false,\"open_question\":null}");
    assert_lacks(json, "points");
    assert_lacks(json, "analysis");
}

static void a_college_in_exact_points(void **state)
{
    Str json = json_of(*state, "college", true);
    assert_holds(json, "\"sections\":[{\"name\":\"MPs\",\"papers\":\"6\",\"weight\":\"1/"
                       "3\"},{\"name\":\"Members\",\"papers\":\"245\",\"weight\":\"2/3\"}]");
    assert_holds(json, "\"section_tally\":{\"MPs\":{\"A\":\"3\",\"B\":\"2\",\"C\":\"1\"},\"Members\":{\"A\":\"100\",\"B\":\"90\",\"C\":"
                       "\"55\"}},\"section_continuing\":{\"MPs\":\"6\",\"Members\":\"245\"}");
    assert_holds(json, "\"points\":{\"A\":\"43/98\""); /* 1/3 x 3/6 + 2/3 x 100/245 */
    assert_holds(json, "\"points_decimal\":{\"A\":\"43.87755\"");
    assert_holds(json, "\"points_given\":\"1\"");
    assert_holds(json, "\"paper_weights\":[{\"stage\":1,\"weights\":{\"MPs\":\"1/18\",\"Members\":\"2/735\"}}");
}

static void sections_that_ran_dry(void **state)
{
    Str json = json_of(*state, "college-dry", true);
    assert_holds(json, "\"points_given\":\"9/10\"");
    assert_holds(json, "\"MPs\":null");
}

static void an_open_question(void **state)
{
    Str json = json_of(*state, "open-lot", true);
    assert_holds(json, "\"open_question\":{\"kind\":\"exclude\",\"candidates\":[\"Cy\",\"Bo\"],\"chosen\":[],\"how\":\"lot\",\"decided_"
                       "stage\":null,\"open\":true}");
    assert_holds(json, "\"elected\":[],\"elimination_order\":[]");
    json = json_of(*state, "posts-open", true); /* the tie names candidates of its own post */
    assert_holds(json, "\"open_question\":{\"kind\":\"elect\",\"candidates\":[\"Cy\",\"Dee\"]");
}

static void other_methods_have_their_keys(void **state)
{
    Arena *a = *state;
    Str json = json_of(a, "condorcet", true);
    assert_holds(json, "\"condorcet_winner\":null,\"smith_set\":[\"A\",\"B\",\"C\"]");
    assert_holds(json, "\"ranked_pairs\":{\"locked\":[");
    json = json_of(a, "yes-no", false);
    assert_holds(json,
        "\"yes_no\":{\"yes\":\"Yes\",\"no\":\"No\",\"carried\":false,\"turnout\":\"7/10\",\"turnout_percent\":\"70.0\"}"); /* 11 counted, 3 rejected, of 20 */
    json = json_of(a, "meek", false);
    assert_holds(json, "\"keep_factors\":{\"A\":\"1.000000000\"");
    json = json_of(a, "posts", true);
    assert_holds(json, "\"name\":\"Ann\",\"post\":\"Chair\"");
    assert_holds(json, "{\"post\":\"Treasurer\",\"unopposed\":true,\"result\":{");
    json = json_of(a, "plurality", true);
    assert_holds(json, "\"single_mark\":{\"decided\":false,\"leader\":\"A\",\"second\":\"B\",\"unheld\":\"1\",\"share_to_change\":null,"
                       "\"share_to_change_percent\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(a_whole_count),
        arena_test(a_college_in_exact_points),
        arena_test(sections_that_ran_dry),
        arena_test(an_open_question),
        arena_test(other_methods_have_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
