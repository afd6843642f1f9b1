/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/json.h"

static Str again(Arena *a, Str text)
{
    View *value = NULL;
    Fault fault = {0};
    if (json_read(a, text, &value, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    Buf b = buf_new(a);
    view_json(value, &b, false);
    return str_slice(buf_done(&b), 0, b.len - 1);
}

static void what_is_read_is_written_again(void **state)
{
    Arena *a = *state;
    static const Str same[] = {S("{}"), S("[]"), S("{\"a\":1,\"b\":-9223372036854775808,\"c\":[\"x\",2,{},[]]}"),
        S("{\"t\":true,\"f\":false,\"n\":null}"), S("[\"\\\"\\\\\"]"), S("[\"\xc3\xa9\xf0\x9f\x97\xb3\"]"), S("[0]")};
    for (int i = 0; i < COUNT_OF(same); i++) assert_same_str(again(a, same[i]), same[i]);
    assert_true(str_equal(again(a, S(" { \"a\" :\n[ 1 ,\t2 ] } \r\n")), S("{\"a\":[1,2]}")));
    assert_true(str_equal(again(a, S("[\"\\u00e9\\ud83d\\uddf3\\/\\u0041\"]")), S("[\"\xc3\xa9\xf0\x9f\x97\xb3/A\"]")));
    assert_true(str_equal(again(a, S("[\"a\\nb\\tc\\b\\f\\r\"]")), S("[\"a\\u000ab\\u0009c\\u0008\\u000c\\u000d\"]")));
}

static void mistakes_have_their_place(void **state)
{
    Arena *a = *state;
    static const struct {
        Str text;
        int64_t line, column;
        const char *expected;
    } rows[] = {
        {S(""), 1, 1, "an object or a list: '{' or '['"},
        {S("7"), 1, 1, "an object or a list: '{' or '['"},
        {S("{\"a\":1,\n \"a\":2}"), 2, 2, "a name that was not there before"},
        {S("{\"a\" 1}"), 1, 6, "':'"},
        {S("{\"a\":1 \"b\":2}"), 1, 8, "',' or '}'"},
        {S("[1 2]"), 1, 4, "',' or ']'"},
        {S("[1.5]"), 1, 2, "a whole number"},
        {S("[1e3]"), 1, 2, "a whole number"},
        {S("[01]"), 1, 2, "a whole number"},
        {S("[9223372036854775808]"), 1, 2, "a whole number"},
        {S("[true]"), 1, 2, "a value"},
        {S("{\"a\":}"), 1, 6, "a value"},
        {S("{a:1}"), 1, 2, "a text in quotes"},
        {S("[\"a"), 1, 4, "a closing quote"},
        {S("[\"a\nb\"]"), 1, 4, "no control character in a text (write it as \\n, \\t or \\u0001)"},
        {S("[\"\\x\"]"), 1, 4, "an escape such as \\n or \\u00e9"},
        {S("[\"\\u12g4\"]"), 1, 7, "four hexadecimal digits"},
        {S("[\"\\udc00\"]"), 1, 9, "the first half of a surrogate pair before its second"},
        {S("[\"\\ud800x\"]"), 1, 9, "the second half of a surrogate pair"},
        {S("[\"\\u0000\"]"), 1, 9, "no zero character"},
        {S("[\"\xff\"]"), 1, 3, "UTF-8"},
        {S("{}x"), 1, 3, "nothing more"},
        {S("[\n"), 2, 1, "a value"},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        View *value = NULL;
        Fault fault = {0};
        Err e = json_read(a, rows[i].text, &value, &fault);
        if (e != ERR_INPUT || fault.line != rows[i].line || fault.column != rows[i].column ||
            !str_equal(fault.expected, str_from_c(rows[i].expected)))
            fail_msg("%.*s: %.*s", STR_ARG(rows[i].text), STR_ARG(fault_text(a, &fault)));
        assert_null(value);
    }
}

static void depth_and_names_have_bounds(void **state)
{
    Arena *a = *state;
    for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        View *value = NULL;
        Fault fault = {0};
        Buf b = buf_new(a);
        for (int i = 0; i < depth; i++) buf_byte(&b, '[');
        for (int i = 0; i < depth; i++) buf_byte(&b, ']');
        assert_int_equal(json_read(a, buf_done(&b), &value, &fault), depth > JSON_DEPTH_MAX ? ERR_INPUT : ERR_OK);
    }
    for (int keys = JSON_KEYS_MAX; keys <= JSON_KEYS_MAX + 1; keys++) {
        View *value = NULL;
        Fault fault = {0};
        Buf b = buf_new(a);
        for (int i = 0; i < keys; i++) buf_format(&b, "%c\"k%d\":1", i ? ',' : '{', i);
        buf_byte(&b, '}');
        assert_int_equal(json_read(a, buf_done(&b), &value, &fault), keys > JSON_KEYS_MAX ? ERR_INPUT : ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(what_is_read_is_written_again),
        arena_test(mistakes_have_their_place),
        arena_test(depth_and_names_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
