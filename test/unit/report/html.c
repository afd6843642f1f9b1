/* The declaration. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "samples.h"

static Str html_of(Arena *a, const char *sample_name)
{
    const Sample *sample = sample_named(sample_name);
    Result *r = sample_result(a, sample);
    ReportOptions options = sample_options(sample);
    Buf b = buf_new(a);
    report_html(r, sample_analysis(a, r), &options, &b);
    return buf_done(&b);
}

/* Who is elected; candidates from the fewest votes; the stages; the papers; then all else. */
static void the_order_of_rule_50(void **state)
{
    Str html = html_of(*state, "av");
    static const char *const order[] = {"B is elected.</p>", "From the fewest votes to the most", "<bdi>D</bdi>", "Went out at stage 1",
        "<bdi>C</bdi>", "<bdi>A</bdi>", "Elected at stage 3", "Votes at each stage.", "Not reallocated",
        "Rejected: want of &lt;official&gt; mark", "On the roll", "The count at a glance", "Stage by stage", "The rules"};
    for (int i = 0; i < COUNT_OF(order); i++) {
        long at = find_in(html, str_from_c(order[i]));
        if (at < 0) fail_msg("\"%s\" is missing or too early", order[i]);
        html = str_slice(html, (size_t)at, html.len);
    }
}

static void both_denominators(void **state)
{
    Str html = html_of(*state, "av");
    assert_holds(html, "50.0% of papers counted, 25.0% of the roll");
    assert_holds(html, "turnout 57.5%");
    assert_holds(html_of(*state, "college"), "The number on the roll was not given to the count");
}

static void the_rules_in_full(void **state)
{
    Arena *a = *state;
    Str html = html_of(a, "av");
    assert_holds(html, "equal_ranks = overvote\n");
    Str hash = sha256_hex(a, sha256(rules_preset_text(S("av-2011"))));
    assert_true(find_in(html, hash) >= 0);
}

static void an_unfinished_count_is_no_declaration(void **state)
{
    Str html = html_of(*state, "open-lot");
    assert_holds(html, "Report of an unfinished count");
    assert_holds(html, "A question is open. This is not a result.");
    assert_holds(html, "<pre>--seed TEXT</pre>");
    assert_lacks(html, "Declaration of the result");
}

static void the_caveat_stands_with_the_figures(void **state)
{
    Str html = html_of(*state, "hostile");
    int stands = 0;
    for (long at; (at = find_in(html, S("reconstructed from &lt;stage&gt; totals"))) >= 0; stands++)
        html = str_slice(html, (size_t)at + 1, html.len);
    assert_true(stands >= 6);
}

static void text_stays_text(void **state)
{
    Str html = html_of(*state, "hostile");
    assert_lacks(html, "<script");
    assert_lacks(html, "<b>");
    assert_holds(html, "O&#39;Brien &amp; &quot;Sons&quot; 100% \\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(the_order_of_rule_50),
        arena_test(both_denominators),
        arena_test(the_rules_in_full),
        arena_test(an_unfinished_count_is_no_declaration),
        arena_test(the_caveat_stands_with_the_figures),
        arena_test(text_stays_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
