/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/log.h"

static void two_lines(void)
{
    log_line(LOG_DEBUG, "hidden", "n=%d", 1);
    log_line(LOG_WARN, "seen", "n=%d word=%s", 2, "x");
    log_set_level(LOG_ERROR);
    log_line(LOG_WARN, "hidden", "n=%d", 3);
    log_line(LOG_ERROR, "last", "%s", "");
}

static void a_line_is_logfmt(void **state)
{
    (void)state;
    Ending e = ending_of(two_lines);
    assert_int_equal(e.status, 0);
    assert_non_null(strstr(e.said, "Z level=warn event=seen n=2 word=x\ntime="));
    assert_non_null(strstr(e.said, "level=error event=last\n"));
    assert_null(strstr(e.said, "hidden"));
    assert_int_equal(strncmp(e.said, "time=20", 7), 0);
}

static void a_very_long_line(void)
{
    static char word[10000];
    memset(word, 'x', sizeof word - 1);
    log_line(LOG_INFO, "long", "word=%s", word);
}

static void a_line_is_cut_not_lost(void **state)
{
    (void)state;
    Ending e = ending_of(a_very_long_line);
    assert_int_equal(e.status, 0);
    assert_non_null(strstr(e.said, "event=long word=xxxx"));
}

static void values_are_quoted_when_they_must_be(void **state)
{
    Arena *a = *state;
    assert_string_equal(log_value(a, S("plain-1")), "plain-1");
    assert_string_equal(log_value(a, S("")), "\"\"");
    assert_string_equal(log_value(a, S("a b=\"c\"\\\n\x01")), "\"a b=\\\"c\\\"\\\\\\n\\x01\"");
    Buf long_one = buf_new(a);
    for (int i = 0; i < 1000; i++) buf_byte(&long_one, 'x');
    assert_int_equal(strlen(log_value(a, buf_done(&long_one))), 300 + 5);
}

static void levels_have_words(void **state)
{
    (void)state;
    LogLevel level = LOG_INFO;
    assert_true(log_level_from(S("warn"), &level));
    assert_int_equal(level, LOG_WARN);
    assert_false(log_level_from(S("loud"), &level));
    assert_int_equal(level, LOG_WARN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_logfmt),
        cmocka_unit_test(a_line_is_cut_not_lost),
        arena_test(values_are_quoted_when_they_must_be),
        cmocka_unit_test(levels_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
