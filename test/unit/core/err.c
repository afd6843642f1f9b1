/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/err.h"

static void a_fault_says_where_and_what(void **state)
{
    Arena *a = *state;
    Fault fault = {.file = S("papers.csv")};
    assert_int_equal(fault_set(&fault, ERR_INPUT, 7, 3, S("a rank from 1 to 5"), S("'x'")), ERR_INPUT);
    assert_int_equal(fault.err, ERR_INPUT);
    assert_str(fault_text(a, &fault), "papers.csv:7:3: expected a rank from 1 to 5, found 'x'");
}

static void a_fault_leaves_out_what_is_not_known(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *row;
        Fault fault;
        Str text;
    } rows[] = {
        {"no column", {.file = S("f"), .line = 7, .expected = S("a name"), .found = S("''")}, S("f:7: expected a name, found ''")},
        {"no line", {.file = S("f"), .expected = S("a name"), .found = S("''")}, S("f: expected a name, found ''")},
        {"a column without a line", {.file = S("f"), .column = 3, .expected = S("too long")}, S("f: too long")},
        {"nothing found", {.file = S("f"), .line = 1, .column = 2, .expected = S("no papers")}, S("f:1:2: no papers")},
        {"no file", {.line = 1, .column = 2, .expected = S("no papers")}, S("no papers")},
        {"no file, something found", {.expected = S("a seed"), .found = S("'-'")}, S("expected a seed, found '-'")},
        {"a long line", {.file = S("f"), .line = INT64_MAX, .expected = S("x")}, S("f:9223372036854775807: x")},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) assert_same_str(fault_text(a, &rows[i].fault), rows[i].text);
}

static void a_fault_keeps_its_file_and_nothing_else(void **state)
{
    Arena *a = *state;
    Fault fault = {.file = S("f"), .line = 9, .column = 9, .found = S("'old'")};
    assert_int_equal(fault_setf(&fault, a, ERR_LIMIT, "more than %d candidates", 500), ERR_LIMIT);
    assert_str(fault_text(a, &fault), "f: more than 500 candidates");
    assert_int_equal(fault_set(&fault, ERR_IO, 0, 0, S("cannot read"), (Str){0}), ERR_IO);
    assert_str(fault_text(a, &fault), "f: cannot read");
}

static void a_very_long_message_is_cut(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    assert_int_equal(fault_setf(&fault, a, ERR_INPUT, "%5000d", 1), ERR_INPUT);
    assert_true(fault.expected.len > 1000 && fault.expected.len < 5000);
}

static void quoting_makes_anything_fit_to_show(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *row;
        Str found, quoted;
    } rows[] = {
        {"plain", S("x"), S("'x'")},
        {"nothing", S(""), S("''")},
        {"no pointer", {0}, S("''")},
        {"UTF-8", S("José"), S("'José'")},
        {"tab", S("a\tb"), S("'a\\x09b'")},
        {"escape", S("\x1B[31m"), S("'\\x1B[31m'")},
        {"zero byte", S("a\0b"), S("'a\\x00b'")},
        {"delete", S("\x7F"), S("'\\x7F'")},
        {"Latin-1", S("Jos\xE9"), S("'Jos\\xE9'")},
        {"40 bytes", S("0123456789012345678901234567890123456789"), S("'0123456789012345678901234567890123456789'")},
        {"41 bytes", S("0123456789012345678901234567890123456789x"), S("'0123456789012345678901234567890123456789...'")},
        {"cut before a code point", S("012345678901234567890123456789012345678\xE2\x82\xACxyz"),
            S("'012345678901234567890123456789012345678...'")},
        {"cut after a code point", S("0123456789012345678901234567890123456\xE2\x82\xACxyz"),
            S("'0123456789012345678901234567890123456\xE2\x82\xAC...'")},
        {"a bad byte past the cut", S("0123456789012345678901234567890123456789\xFF"), S("'0123456789012345678901234567890123456789...'")},
        {"nothing but continuations",
            S("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
              "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"),
            S("'\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80"
              "\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80\\x80...'")},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) assert_same_str(fault_quote(a, rows[i].found), rows[i].quoted);
}

static volatile int sink;

static void set_no_error(void)
{
    Fault fault = {0};
    sink = (int)fault_set(&fault, ERR_OK, 0, 0, S("x"), S(""));
}

static void a_fault_that_is_none_is_a_bug(void **state)
{
    (void)state;
    assert_stops(set_no_error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(a_fault_says_where_and_what),
        arena_test(a_fault_leaves_out_what_is_not_known),
        arena_test(a_fault_keeps_its_file_and_nothing_else),
        arena_test(a_very_long_message_is_cut),
        arena_test(quoting_makes_anything_fit_to_show),
        cmocka_unit_test(a_fault_that_is_none_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
