/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest.h"

static void every_preset_is_good(void **state)
{
    Arena *a = *state;
    assert_int_equal(rules_preset_count(), 9);
    for (int i = 0; i < rules_preset_count(); i++) {
        Rules *rules;
        Fault fault = {0};
        Str name = rules_preset_name(i);
        assert_int_equal(rules_parse(a, rules_preset_text(name), S("other"), &rules, &fault), ERR_OK);
        assert_true(str_equal(rules->name, name));
        assert_true(rules->title.len && rules->source.len);
    }
    assert_null(rules_preset_text(S("no-such")).ptr);
}

static void values_arrive(void **state)
{
    Arena *a = *state;
    Rules *r = rules_of(a,
        "[rules]\nmethod = college\n[count]\nstop = last-two\nbatch_elimination = yes\n[sections]\nX = 40%\nY and Z = 3/5\n"
        "[papers]\nskipped_rank = exhaust\nskipped_ranks_allowed = 2\nmax_ranks = 3\nduplicate = exhaust\n[ties]\nexclude = backward, "
        "order, lot\n");
    assert_int_equal(r->method, METHOD_COLLEGE);
    assert_int_equal(r->stop, STOP_LAST_TWO);
    assert_true(r->batch_elimination && r->papers.skipped_exhausts && r->papers.duplicate_exhausts && !r->papers.overvote_exhausts);
    assert_int_equal(r->papers.max_ranks, 3);
    assert_int_equal(r->section_count, 2);
    assert_str(frac_text(a, r->sections[0].weight), "2/5");
    assert_str(r->sections[1].name, "Y and Z");
    assert_int_equal(r->exclude.count, 3);
    assert_int_equal(r->exclude.steps[1], TIE_STEP_ORDER);
    assert_int_equal(r->elect.count, 0);
}

static void mistakes_are_told(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *says;
    } bad[] = {
        {"", 0, "no method"},
        {"[rules]\nname = x\n", 0, "no method"},
        {"[rules]\nmethod = best\n", 2, "one of alternative-vote, college"},
        {"[rules]\nmethod = plurality\ncolour = red\n", 3, "a key known in [rules]"},
        {"[rule]\nmethod = plurality\n", 1, "a known section"},
        {"[rules\nmethod = plurality\n", 1, "a known section"},
        {"[rules]\nmethod = plurality\nmethod = condorcet\n", 3, "each key once"},
        {"[rules]\nmethod = plurality\n[count]\nseats = 0\n", 4, "a whole number from 1"},
        {"[rules]\nmethod = plurality\n[count]\nseats = 1x\n", 4, "a whole number from 1"},
        {"[rules]\nmethod = plurality\n[stv]\ndecimals = 5\n", 0, "means nothing with method = plurality"},
        {"[rules]\nmethod = stv-gregory\n", 0, "decimals is missing"},
        {"[rules]\nmethod = stv-meek\n[stv]\ndecimals = 5\n", 0, "9 to 12"},
        {"[rules]\nmethod = college\n", 0, "needs [sections]"},
        {"[rules]\nmethod = college\n[sections]\nA = 0\n", 4, "above 0"},
        {"[rules]\nmethod = college\n[sections]\nA = half\n", 4, "a fraction"},
        {"[rules]\nmethod = college\n[sections]\nA = 1/2\nA = 1/2\n", 5, "each section once"},
        {"[rules]\nmethod = omov\n", 2, "one of"},
        {"[rules]\nmethod = plurality\n[papers]\nequal_ranks = allow\n", 0, "condorcet only"},
        {"[rules]\nmethod = plurality\n[ties]\nelect = lot, coin\n", 4, "one of forward"},
        {"[rules]\nmethod = posts\n[post Chair]\nseat = 1\n", 4, "'seats' or 'candidates'"},
        {"[rules]\nmethod = posts\n[post Chair]\nseats = 1\nseats = 2\n", 5, "each key of a post once"},
        {"[rules]\nmethod = posts\n[count]\nbatch_elimination = yes\n", 0, "means nothing with each = plurality"},
        {"[rules]\nmethod = condorcet\n[count]\nseats = 2\n", 0, "fills one seat"},
        {"[rules]\nmethod = plurality\nnonsense\n", 3, "key = value"},
        {"[rules]\nmethod = plurality\ntitle = \x01\n", 3, "UTF-8 text"},
        {"[rules]\nmethod = yes-no\n[yes-no]\nyes = Aye\nno = Aye\n", 0, "two different words"},
    };
    Arena *a = *state;
    for (int i = 0; i < COUNT_OF(bad); i++) {
        Rules *rules = NULL;
        Fault fault = {0};
        if (rules_parse(a, str_from_c(bad[i].text), S("x"), &rules, &fault) != ERR_INPUT) fail_msg("accepted: %s", bad[i].text);
        assert_null(rules);
        assert_int_equal(fault.line, bad[i].line);
        const char *said = str_c(a, fault_text(a, &fault));
        if (!strstr(said, bad[i].says)) fail_msg("'%s' for: %s", said, bad[i].text);
    }
}

/* libinih would cut these in silence. */
static void long_lines_and_names_are_refused(void **state)
{
    Arena *a = *state;
    Buf b = buf_new(a);
    buf_str(&b, S("[rules]\nmethod = plurality\ntitle = "));
    for (int i = 0; i < 300; i++) buf_byte(&b, 'x');
    Rules *rules;
    Fault fault = {0};
    assert_int_equal(rules_parse(a, buf_done(&b), S("x"), &rules, &fault), ERR_INPUT);
    assert_int_equal(fault.line, 3);

    b = buf_new(a);
    buf_str(&b, S("[rules]\nmethod = college\n[sections]\n"));
    for (int i = 0; i < 60; i++) buf_byte(&b, 's');
    buf_str(&b, S(" = 1\n"));
    assert_int_equal(rules_parse(a, buf_done(&b), S("x"), &rules, &fault), ERR_INPUT);
    assert_int_equal(fault.line, 4);

    b = buf_new(a);
    for (int i = 0; i < 70000; i++) buf_byte(&b, '\n');
    assert_int_equal(rules_parse(a, buf_done(&b), S("x"), &rules, &fault), ERR_LIMIT);
}

static void the_hash_is_of_the_text(void **state)
{
    Arena *a = *state;
    Rules *r = rules_of(a, "[rules]\nmethod = plurality\n");
    assert_same_str(sha256_hex(a, r->hash), sha256_hex(a, sha256(S("[rules]\nmethod = plurality\n"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(every_preset_is_good),
        arena_test(values_arrive),
        arena_test(mistakes_are_told),
        arena_test(long_lines_and_names_are_refused),
        arena_test(the_hash_is_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
