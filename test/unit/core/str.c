/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/str.h"

static void from_and_to_c_strings(void **state)
{
    Arena *a = *state;
    assert_str(str_from_c("Diane Abbott"), "Diane Abbott");
    assert_int_equal(str_from_c("").len, 0);
    assert_int_equal(str_from_c(NULL).len, 0);
    assert_string_equal(str_c(a, S("Ed Balls")), "Ed Balls");
    assert_string_equal(str_c(a, (Str){0}), "");
    const char *middle = "a,b,c";
    assert_string_equal(str_c(a, (Str){middle + 2, 1}), "b");
}

static void a_copy_outlives_the_original(void **state)
{
    Arena *a = *state;
    char text[] = "Andy Burnham";
    Str copy = str_copy(a, (Str){text, sizeof text - 1});
    memset(text, 'x', sizeof text - 1);
    assert_str(copy, "Andy Burnham");
    assert_int_equal(str_copy(a, (Str){0}).len, 0);
}

static void formats_text_of_any_length(void **state)
{
    Arena *a = *state;
    assert_str(str_format(a, "%d papers, %s", 266, "MPs"), "266 papers, MPs");
    assert_str(str_format(a, "%s", ""), "");
    Str wide = str_format(a, "%5000d", 1);
    assert_int_equal(wide.len, 5000);
    assert_int_equal(wide.ptr[4999], '1');
}

static void comparing(void **state)
{
    (void)state;
    assert_true(str_equal(S("one"), S("one")));
    assert_false(str_equal(S("one"), S("One")));
    assert_false(str_equal(S("one"), S("ones")));
    assert_true(str_equal((Str){0}, S("")));
    assert_true(str_equal(S("a\0b"), S("a\0b")));
    assert_false(str_equal(S("a\0b"), S("a\0c")));

    assert_true(str_equal_nocase(S("No Award"), S("nO aWARD")));
    assert_false(str_equal_nocase(S("a"), S("b")));
    assert_false(str_equal_nocase(S("a"), S("ab")));
    assert_false(str_equal_nocase(S("@"), S("`"))); /* 0x40 and 0x60 differ by the same bit as A and a */
    assert_false(str_equal_nocase(S("["), S("{")));
    assert_false(str_equal_nocase(S("É"), S("é")));

    assert_true(str_compare(S("a"), S("b")) < 0);
    assert_true(str_compare(S("b"), S("a")) > 0);
    assert_true(str_compare(S("a"), S("ab")) < 0);
    assert_true(str_compare(S("ab"), S("a")) > 0);
    assert_int_equal(str_compare(S("ab"), S("ab")), 0);
    assert_int_equal(str_compare((Str){0}, (Str){0}), 0);
    assert_true(str_compare((Str){0}, S("a")) < 0);
    assert_true(str_compare(S("z"), S("é")) < 0); /* by bytes, unsigned */
}

static void beginnings_and_ends(void **state)
{
    (void)state;
    assert_true(str_starts(S("papers.csv"), S("papers")));
    assert_true(str_starts(S("papers"), S("")));
    assert_false(str_starts(S("pap"), S("papers")));
    assert_true(str_starts((Str){0}, (Str){0}));
    assert_true(str_ends(S("papers.csv.gz"), S(".gz")));
    assert_false(str_ends(S("gz"), S(".gz")));
    assert_true(str_ends(S("gz"), S("")));
    assert_true(str_ends((Str){0}, (Str){0}));
}

static void slicing_and_trimming(void **state)
{
    (void)state;
    assert_str(str_slice(S("abcdef"), 1, 3), "bc");
    assert_str(str_slice(S("abcdef"), 0, 6), "abcdef");
    assert_str(str_slice(S("abcdef"), 6, 6), "");
    assert_str(str_slice((Str){0}, 0, 0), "");
    assert_str(str_trim(S(" \t a b \r")), "a b");
    assert_str(str_trim(S(" \t\r ")), "");
    assert_str(str_trim(S("")), "");
    assert_str(str_trim((Str){0}), "");
    assert_str(str_trim(S("\na\n")), "\na\n"); /* a line feed ends a line; it is never blank */
}

static void cutting(void **state)
{
    (void)state;
    Str head, tail;
    assert_true(str_cut(S("MPs=papers.csv=2"), '=', &head, &tail));
    assert_str(head, "MPs");
    assert_str(tail, "papers.csv=2");
    assert_true(str_cut(S("="), '=', &head, &tail));
    assert_str(head, "");
    assert_str(tail, "");
    assert_true(str_cut(S("a="), '=', &head, &tail));
    assert_str(head, "a");
    assert_str(tail, "");
    assert_false(str_cut(S("papers.csv"), '=', &head, &tail));
    assert_str(head, "papers.csv");
    assert_str(tail, "");
    assert_false(str_cut(S(""), '=', &head, &tail));
    assert_false(str_cut((Str){0}, '=', &head, &tail));
    assert_str(head, "");
    /* A piece may be cut into itself. */
    Str rest = S("a,b,c");
    assert_true(str_cut(rest, ',', &head, &rest));
    assert_str(head, "a");
    assert_str(rest, "b,c");

    assert_int_equal(str_find(S("a,b"), ','), 1);
    assert_int_equal(str_find(S("ab"), ','), 2);
    assert_int_equal(str_find(S("a\0b"), '\0'), 1);
    assert_int_equal(str_find((Str){0}, ','), 0);
}

static void reading_whole_numbers(void **state)
{
    (void)state;
    static const struct {
        Str text;
        bool number;
        int64_t value;
    } rows[] = {
        {S("0"), true, 0}, {S("-0"), true, 0}, {S("266"), true, 266}, {S("-12"), true, -12}, {S("000000000000000000000000000007"), true, 7},
        {S("9223372036854775807"), true, INT64_MAX}, {S("9223372036854775808"), false, 0}, {S("-9223372036854775808"), true, INT64_MIN},
        {S("-9223372036854775809"), false, 0}, {S("18446744073709551616"), false, 0}, {S("99999999999999999999999999"), false, 0},
        {S(""), false, 0}, {{0}, false, 0}, {S("-"), false, 0}, {S("--1"), false, 0}, {S("+1"), false, 0}, {S(" 1"), false, 0},
        {S("1 "), false, 0}, {S("1-"), false, 0}, {S("1.0"), false, 0}, {S("1,000"), false, 0}, {S("0x10"), false, 0}, {S("1e3"), false, 0},
        {S("1\0"), false, 0}, {S("\xD9\xA3"), false, 0}, /* an Arabic three */
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        int64_t value = 424242;
        bool number = str_to_i64(rows[i].text, &value);
        if (number != rows[i].number || value != (number ? rows[i].value : 424242))
            fail_msg("row %d, \"%.*s\": %d, %lld", i, STR_ARG(rows[i].text), number, (long long)value);
    }
}

static void telling_clean_text(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        Str text;
        bool clean;
    } rows[] = {
        {"nothing", S(""), true},
        {"no pointer", {0}, true},
        {"ASCII", S("Ed Miliband ~!"), true},
        {"tab", S("a\tb"), true},
        {"line feed", S("a\nb"), false},
        {"zero byte", S("a\0b"), false},
        {"escape", S("a\x1B[31m"), false},
        {"delete", S("a\x7F"), false},
        {"two bytes", S("\xC3\xA9"), true},
        {"two bytes, smallest", S("\xC2\xA0"), true},
        {"a C1 control, U+0080", S("\xC2\x80"), false},
        {"a C1 control, U+009F", S("\xC2\x9F"), false},
        {"two bytes, largest", S("\xDF\xBF"), true},
        {"three bytes, smallest", S("\xE0\xA0\x80"), true},
        {"three bytes, largest", S("\xEF\xBF\xBF"), true},
        {"last before the surrogates", S("\xED\x9F\xBF"), true},
        {"first after the surrogates", S("\xEE\x80\x80"), true},
        {"four bytes, smallest", S("\xF0\x90\x80\x80"), true},
        {"four bytes, largest", S("\xF4\x8F\xBF\xBF"), true},
        {"a byte order mark", S("\xEF\xBB\xBF"), true},
        {"continuation alone", S("\x80"), false},
        {"continuation alone, last", S("\xBF"), false},
        {"overlong slash, two bytes", S("\xC0\xAF"), false},
        {"overlong, C1", S("\xC1\xBF"), false},
        {"overlong slash, three bytes", S("\xE0\x80\xAF"), false},
        {"overlong, three bytes, largest", S("\xE0\x9F\xBF"), false},
        {"overlong slash, four bytes", S("\xF0\x80\x80\xAF"), false},
        {"overlong, four bytes, largest", S("\xF0\x8F\xBF\xBF"), false},
        {"overlong zero", S("\xC0\x80"), false},
        {"first surrogate", S("\xED\xA0\x80"), false},
        {"last surrogate", S("\xED\xBF\xBF"), false},
        {"a pair of surrogates (CESU-8)", S("\xED\xA0\xBD\xED\xB8\x80"), false},
        {"past U+10FFFF", S("\xF4\x90\x80\x80"), false},
        {"F5", S("\xF5\x80\x80\x80"), false},
        {"five bytes", S("\xF8\x88\x80\x80\x80"), false},
        {"six bytes", S("\xFC\x84\x80\x80\x80\x80"), false},
        {"FE", S("\xFE"), false},
        {"FF", S("\xFF"), false},
        {"two bytes cut short", S("a\xC3"), false},
        {"three bytes cut to one", S("a\xE2"), false},
        {"three bytes cut to two", S("a\xE2\x82"), false},
        {"four bytes cut to three", S("\xF0\x9F\x97"), false},
        {"two bytes, then no continuation", S("\xC3("), false},
        {"three bytes, second wrong", S("\xE2(\xA1"), false},
        {"three bytes, third wrong", S("\xE2\x82("), false},
        {"four bytes, last wrong", S("\xF0\x9F\x97("), false},
        {"Latin-1", S("Jos\xE9"), false},
        {"good, then bad", S("\xC3\xA9\xC3\xA9\xFF"), false},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) assert_row(str_is_clean_text(rows[i].text) == rows[i].clean, rows[i].row);
}

/* Every sequence of up to three bytes, against the table of RFC 3629 section 4 written out independently. */
static bool rfc3629(const unsigned char *b, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t left = n - i;
        unsigned char second = left > 1 ? b[i + 1] : 0, third = left > 2 ? b[i + 2] : 0;
        bool second_tail = second >= 0x80 && second <= 0xBF, third_tail = third >= 0x80 && third <= 0xBF;
        size_t length = 0;
        if (b[i] <= 0x7F) length = 1;
        else if (b[i] >= 0xC2 && b[i] <= 0xDF && second_tail) length = 2;
        else if (b[i] == 0xE0 && second >= 0xA0 && second <= 0xBF && third_tail) length = 3;
        else if (b[i] == 0xED && second >= 0x80 && second <= 0x9F && third_tail) length = 3;
        else if (b[i] >= 0xE1 && b[i] <= 0xEF && b[i] != 0xED && second_tail && third_tail) length = 3;
        if (!length) return false;
        i += length;
    }
    return true;
}

static bool has_control(const unsigned char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((b[i] < 0x20 && b[i] != '\t') || b[i] == 0x7F || (b[i] == 0xC2 && i + 1 < n && b[i + 1] < 0xA0)) return true;
    return false;
}

static void every_sequence_of_three_bytes(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 1U << 24; bits++) {
        unsigned char b[3] = {(unsigned char)(bits >> 16), (unsigned char)(bits >> 8), (unsigned char)bits};
        if ((b[0] < 0x80 && b[0] != 'a') || (b[1] < 0x80 && b[1] != 'a' && b[1] != '\n')) continue; /* ASCII is alike */
        bool expected = rfc3629(b, 3) && !has_control(b, 3);
        if (str_is_clean_text((Str){(const char *)b, 3}) != expected) fail_msg("%02X %02X %02X", b[0], b[1], b[2]);
    }
}

static void telling_what_shows_nothing(void **state)
{
    (void)state;
    static const char *const blank[] = {"", " \t\r\n", "\xC2\xA0", "\xC2\xAD", "\xE1\x85\xA0", "\xE2\x80\x8B\xE2\x80\xAF",
        "\xE2\xA0\x80 \xE2\x80\x8E", "\xE3\x85\xA4", "\xEF\xB8\x8F", "\xEF\xBB\xBF", "\xEF\xBE\xA0", "\xF3\xA0\x80\xA0"};
    static const char *const shown[] = {".", " a", "\xC2\xA0-", "\xC3\xA9", "\xE2\xA0\x81", "\xF0\x9F\x97\xB3", "\xFF", "\xE2\x80"};
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++) assert_row(str_is_blank(str_from_c(blank[i])), blank[i]);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) assert_row(!str_is_blank(str_from_c(shown[i])), shown[i]);
}

static void counting_columns(void **state)
{
    (void)state;
    assert_int_equal(str_columns(S("")), 0);
    assert_int_equal(str_columns(S("Ed Balls")), 8);
    assert_int_equal(str_columns(S("Jos\xC3\xA9")), 4);
    assert_int_equal(str_columns(S("Jose\xCC\x81")), 4);              /* e and a combining acute */
    assert_int_equal(str_columns(S("a\xE2\x80\x8B\xE2\x80\x8D")), 1); /* zero width space and joiner */
    assert_int_equal(str_columns(S("\xF0\x9F\x97\xB3")), 1);
    assert_int_equal(str_columns(S("a\xFF\xC3")), 3); /* each stray byte takes a column */
}

static void a_buffer_holds_what_was_put(void **state)
{
    Arena *a = *state;
    Buf b = buf_new(a);
    assert_str(buf_done(&b), "");
    assert_non_null(buf_done(&b).ptr);
    buf_str(&b, S("stage "));
    buf_i64(&b, 4);
    buf_byte(&b, ':');
    buf_str(&b, (Str){0});
    buf_format(&b, " %s %d%%", "Miliband", 50);
    buf_byte(&b, '\0');
    buf_i64(&b, INT64_MIN);
    buf_i64(&b, INT64_MAX);
    assert_str(buf_done(&b), "stage 4: Miliband 50%\0-92233720368547758089223372036854775807");
}

static void a_buffer_grows_over_any_edge(void **state)
{
    Arena *a = *state;
    for (size_t first = 0; first < 600; first++) {
        Buf b = buf_new(a);
        for (size_t i = 0; i < first; i++) buf_byte(&b, 'a');
        buf_str(&b, S("0123456789012345678901234567890123456789"));
        buf_format(&b, "%s", "abcdefghij");
        Str done = buf_done(&b);
        assert_int_equal(done.len, first + 50);
        assert_memory_equal(done.ptr + first, "0123456789012345678901234567890123456789abcdefghij", 50);
        if (first) assert_int_equal(done.ptr[first - 1], 'a');
        arena_clear(a);
    }
    Buf large = buf_new(a);
    for (int i = 0; i < 100000; i++) buf_format(&large, "%06d", i);
    assert_int_equal(buf_done(&large).len, 600000);
    assert_memory_equal(buf_done(&large).ptr + 6 * 99999, "099999", 6);
}

static volatile size_t sink;

static void slice_past_the_end(void)
{
    sink = str_slice(S("abc"), 0, 4).len;
}
static void slice_backwards(void)
{
    sink = str_slice(S("abc"), 2, 1).len;
}

static void a_slice_outside_is_a_bug(void **state)
{
    (void)state;
    assert_stops(slice_past_the_end);
    assert_stops(slice_backwards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(from_and_to_c_strings),
        arena_test(a_copy_outlives_the_original),
        arena_test(formats_text_of_any_length),
        cmocka_unit_test(comparing),
        cmocka_unit_test(beginnings_and_ends),
        cmocka_unit_test(slicing_and_trimming),
        cmocka_unit_test(cutting),
        cmocka_unit_test(reading_whole_numbers),
        cmocka_unit_test(telling_clean_text),
        cmocka_unit_test(every_sequence_of_three_bytes),
        cmocka_unit_test(telling_what_shows_nothing),
        cmocka_unit_test(counting_columns),
        arena_test(a_buffer_holds_what_was_put),
        arena_test(a_buffer_grows_over_any_edge),
        cmocka_unit_test(a_slice_outside_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
