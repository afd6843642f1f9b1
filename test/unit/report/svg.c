/* The drawing of a count. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "samples.h"

static Str svg_of(Arena *a, const char *sample_name)
{
    const Sample *sample = sample_named(sample_name);
    ReportOptions options = sample_options(sample);
    Buf b = buf_new(a);
    report_svg(sample_result(a, sample), &options, &b);
    return buf_done(&b);
}

static void it_is_titled_and_described(void **state)
{
    Str svg = svg_of(*state, "av");
    assert_holds(svg, "role=\"img\" aria-labelledby=\"h1-title h1-desc\"><title id=\"h1-title\">Stages of the count</title>"
                      "<desc id=\"h1-desc\">B is elected.");
    assert_holds(svg, ">C 5, out</text>");
    assert_holds(svg, ">not reallocated 2</text>");
}

static void no_sankey_where_nothing_passes_on(void **state)
{
    static const char *const without[] = {"meek", "plurality", "condorcet", "yes-no", "single-stage", "one"};
    for (int i = 0; i < COUNT_OF(without); i++) {
        Str svg = svg_of(*state, without[i]);
        assert_holds(svg, "There is no Sankey of transfers: ");
        assert_lacks(svg, "passed on</text>");
    }
    assert_holds(svg_of(*state, "av"), "How the votes passed on</text>");
    assert_holds(svg_of(*state, "college"), "How the points passed on</text>");
}

static void the_small_share_a_block(void **state)
{
    Str svg = svg_of(*state, "many-small");
    assert_holds(svg, ">12 others 39");
    assert_holds(svg, "share one block, called others.");
    assert_lacks(svg_of(*state, "thirty"), ">30 others");
}

/* Everybody votes for one alone, one vote more each, so that they go out one by one. */
static const Result *counted(Arena *a, int candidates)
{
    Papers *p = papers_new(a);
    for (int i = 0; i < candidates; i++) {
        Mark mark = (Mark)papers_candidate(p, str_format(a, "Candidate %d", i));
        assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, &mark, 1, 100 + i, NULL), ERR_OK);
    }
    return count_with(a, "av-2011", p, (CountOptions){0});
}

/* With more bars than an eye can follow there is no drawing, in any form; and the tables stay. */
static void too_many_bars_are_not_drawn(void **state)
{
    Arena *a = *state;
    ReportOptions options = {.title = S("Large")};
    for (int candidates = 30; candidates <= 130; candidates += 100) {
        const Result *r = counted(a, candidates);
        bool drawn = candidates == 30;
        Buf b = buf_new(a);
        report_svg(r, &options, &b);
        Str svg = buf_done(&b), absent = report_chart_absent(a, r);
        b = buf_new(a);
        report_html(r, NULL, &options, &b);
        Str html = buf_done(&b);
        assert_int_equal(find_in(svg, S("class=\"bar\"")) >= 0, drawn);
        assert_int_equal(find_in(html, S("<svg class=\"hst\"")) >= 0, drawn);
        assert_int_equal(report_chart(a, r, &options, REPORT_BARS, 1) != NULL, drawn);
        assert_int_equal(report_chart(a, r, &options, REPORT_SANKEY, 2) != NULL, drawn);
        assert_int_equal(absent.len == 0, drawn);
        assert_holds(html, "Candidate 29</bdi>");
        if (drawn) continue;
        assert_holds(absent, "There is no drawing: its 8,5");
        assert_true(find_in(svg, absent) >= 0 && find_in(html, absent) >= 0);
        assert_true(svg.len < 8192);
    }
}

static void names_cannot_become_markup(void **state)
{
    Str svg = svg_of(*state, "hostile");
    assert_lacks(svg, "<script");
    assert_holds(svg, "&lt;script&gt;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(it_is_titled_and_described),
        arena_test(no_sankey_where_nothing_passes_on),
        arena_test(the_small_share_a_block),
        arena_test(too_many_bars_are_not_drawn),
        arena_test(names_cannot_become_markup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
