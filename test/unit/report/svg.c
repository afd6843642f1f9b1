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
        arena_test(names_cannot_become_markup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
