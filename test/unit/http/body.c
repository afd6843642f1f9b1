/* Forms taken apart: what is read, and that everything else is refused. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/body.h"

static const Str multipart = S("multipart/form-data; boundary=\"b0\"");

/* "name=value|name=[file name]bytes|...", or the message with '!' before it. */
static Str shown(Arena *a, Err e, const Body *body, const Fault *fault)
{
    Buf b = buf_new(a);
    if (e) {
        buf_format(&b, "%s%.*s", e == ERR_LIMIT ? "limit!" : "!", STR_ARG(fault->expected));
        assert_true(e == ERR_INPUT || e == ERR_LIMIT);
        assert_int_equal(fault->err, e);
    }
    for (int k = 0; !e && k < body->count; k++) {
        const BodyPart *p = &body->parts[k];
        buf_format(&b, "%s%.*s=", k ? "|" : "", STR_ARG(p->name));
        if (p->file) buf_format(&b, "[%.*s]", STR_ARG(p->file_name));
        buf_str(&b, p->value);
    }
    return buf_done(&b);
}

static Str form(Arena *a, Str text)
{
    Body body = {0};
    Fault fault = {0};
    Err e = body_read_form(a, text, &body, &fault);
    return shown(a, e, &body, &fault);
}

static Str parts_of(Arena *a, Str type, Str bytes)
{
    Body body = {0};
    Fault fault = {0};
    Err e = body_read_multipart(a, type, bytes, &body, &fault);
    return shown(a, e, &body, &fault);
}

#define HEAD(name) "--b0\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define END "\r\n--b0--\r\n"

static void pairs(void **state)
{
    Arena *a = *state;
    assert_str(form(a, S("")), "");
    assert_str(form(a, S("a=1&b=two+words&a=&c&&=x&")), "a=1|b=two words|a=|c=|=x");
    assert_str(form(a, S("n%61me=%C3%A9%2B%26%3d")), "name=\xC3\xA9+&=");
    assert_str(form(a, S("a=b=c")), "a=b=c");
}

static void malformed_pairs(void **state)
{
    Arena *a = *state;
    static const char *const rows[] = {"a=%", "a=%4", "a=%zz", "a=%4g", "%=1", "a=1%2", "a=%%41"};
    for (int k = 0; k < COUNT_OF(rows); k++)
        assert_str(form(a, str_from_c(rows[k])), "!The form has a '%' without two hexadecimal digits behind it.");
    assert_str(form(a, S("name=%FF")), "!The field 'name' is not UTF-8 text.");
    assert_str(form(a, S("name=%C3")), "!The field 'name' is not UTF-8 text.");
    assert_str(form(a, S("name=%ED%A0%80")), "!The field 'name' is not UTF-8 text."); /* a surrogate */
    assert_str(form(a, S("name=%C0%AF")), "!The field 'name' is not UTF-8 text.");    /* an overlong '/' */
    assert_str(form(a, S("n%FFme=1")), "!The form has a field whose name is too long or not UTF-8 text.");
}

static void what_needs_no_decoding_is_not_copied(void **state)
{
    Arena *a = *state;
    Str text = S("papers=1,2,3");
    Body body = {0};
    Fault fault = {0};
    assert_int_equal(body_read_form(a, text, &body, &fault), ERR_OK);
    assert_ptr_equal(body.parts[0].value.ptr, text.ptr + 7);
    Str bytes = S(HEAD("a") "12" END);
    assert_int_equal(body_read_multipart(a, multipart, bytes, &body, &fault), ERR_OK);
    assert_true(body.parts[0].value.ptr > bytes.ptr && body.parts[0].value.ptr < bytes.ptr + bytes.len);
}

static Str repeated(Arena *a, Str one, int times)
{
    Buf b = buf_new(a);
    for (int k = 0; k < times; k++) buf_str(&b, one);
    return buf_done(&b);
}

static void limits(void **state)
{
    Arena *a = *state;
    Body body = {0};
    Fault fault = {0};
    assert_int_equal(body_read_form(a, repeated(a, S("a=1&"), BODY_PARTS_MAX), &body, &fault), ERR_OK);
    assert_int_equal(body.count, BODY_PARTS_MAX);
    assert_str(form(a, repeated(a, S("a&"), BODY_PARTS_MAX + 1)), "limit!The form has more than 1000 fields.");
    assert_str(form(a, repeated(a, S("&"), 100000)), "");
    assert_int_equal(body_read_form(a, repeated(a, S("n"), BODY_NAME_MAX), &body, &fault), ERR_OK);
    assert_str(form(a, repeated(a, S("n"), BODY_NAME_MAX + 1)), "!The form has a field whose name is too long or not UTF-8 text.");
    Str many = repeated(a, S(HEAD("a") "1\r\n"), BODY_PARTS_MAX + 1);
    assert_str(parts_of(a, multipart, str_format(a, "%.*s--b0--", STR_ARG(many))), "limit!The form has more than 1000 fields.");
    Str headers = str_format(a, "--b0\r\nX: %.*s\r\n", STR_ARG(repeated(a, S("x"), BODY_PART_HEADER_MAX)));
    assert_str(parts_of(a, multipart, headers), "!A part of the form has headers without an end, or too many.");
}

static void decoding(void **state)
{
    Arena *a = *state;
    Str text;
    assert_true(percent_decode(a, S("a+b%20c%00"), false, &text));
    assert_true(str_equal(text, (Str){"a+b c\0", 6}));
    assert_true(percent_decode(a, S("a+b"), true, &text));
    assert_str(text, "a b");
    assert_false(percent_decode(a, S("100%"), true, &text));
}

static void kinds(void **state)
{
    (void)state;
    assert_int_equal(body_kind(S("")), BODY_NONE);
    assert_int_equal(body_kind(S("application/x-www-form-urlencoded")), BODY_FORM);
    assert_int_equal(body_kind(S("Application/X-WWW-Form-URLencoded ; charset=utf-8")), BODY_FORM);
    assert_int_equal(body_kind(S("multipart/form-data; boundary=x")), BODY_MULTIPART);
    assert_int_equal(body_kind(S("multipart/mixed; boundary=x")), BODY_OTHER);
    assert_int_equal(body_kind(S("application/json")), BODY_OTHER);
    assert_int_equal(body_kind(S("; charset=utf-8")), BODY_OTHER);
}

static void fields_and_files(void **state)
{
    Arena *a = *state;
    assert_str(parts_of(a, multipart, S("--b0--")), "");
    assert_str(parts_of(a, multipart, S("--b0--\r\n")), "");
    assert_str(parts_of(a, multipart, S(HEAD("a") END)), "a=");
    assert_str(parts_of(a, multipart, S(HEAD("a") "1\r\n" HEAD("b") "\r\n2\r\n" HEAD("a") "3" END)), "a=1|b=\r\n2|a=3");
}

static void boundaries(void **state)
{
    Arena *a = *state;
    /* What begins like the boundary and is none is content; the boundary without a line before it, too. */
    assert_str(parts_of(a, multipart, S(HEAD("a") "x--b0--y\r\n--b\r\n-b0\n--b0" END)), "a=x--b0--y\r\n--b\r\n-b0\n--b0");
    assert_str(parts_of(a, multipart, S(HEAD("a") "1\r\n" HEAD("b") "2" END)), "a=1|b=2");
    static const char *const behind[] = {HEAD("a") "1\r\n--b01" END, HEAD("a") "1\r\n--b0 \r\n" END, HEAD("a") "1\r\n--b0-\r\n",
        HEAD("a") "1\r\n--b0--x", HEAD("a") "1\r\n--b0\n", HEAD("a") "1\r\n--b0--\r\nmore", HEAD("a") "1\r\n--b0"};
    for (int k = 0; k < COUNT_OF(behind); k++)
        assert_str(
            parts_of(a, multipart, str_from_c(behind[k])), "!The form has something other than a new line or its end behind a boundary.");
    static const char *const before[] = {"", "\r\n--b0--", "preamble\r\n--b0--", "-", "--b", "--B0--"};
    for (int k = 0; k < COUNT_OF(before); k++)
        assert_str(parts_of(a, multipart, str_from_c(before[k])), "!The form does not begin with its boundary.");
    static const char *const cut[] = {HEAD("a"), HEAD("a") "1", HEAD("a") "1\r\n--b", HEAD("a") "1\r\n--B0--\r\n", HEAD("a") "1\n--b0--\n"};
    for (int k = 0; k < COUNT_OF(cut); k++)
        assert_str(parts_of(a, multipart, str_from_c(cut[k])), "!The form ends in the middle of a field; it may not have been sent whole.");
}

static void boundary_parameters(void **state)
{
    Arena *a = *state;
    static const char *const good[] = {
        "multipart/form-data; boundary=b0", "multipart/form-data;boundary=b0", "multipart/form-data; charset=utf-8; BOUNDARY=\"b0\""};
    for (int k = 0; k < COUNT_OF(good); k++) assert_str(parts_of(a, str_from_c(good[k]), S("--b0--")), "");
    static const char *const bad[] = {"multipart/form-data", "multipart/form-data;", "multipart/form-data; boundary",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"b0",
        "multipart/form-data; boundary=b0; boundary=b1", "multipart/form-data; boundary=\"b\r\n0\"",
        "multipart/form-data; boundary=\"b0 \"", "multipart/form-data; boundary=b0 x",
        "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (int k = 0; k < COUNT_OF(bad); k++) {
        Str said = parts_of(a, str_from_c(bad[k]), S("--b0--"));
        assert_row(
            str_equal(said, S("!The form does not say what its boundary is.")) || str_equal(said, S("!The form has two boundaries.")),
            bad[k]);
    }
}

static Str with_disposition(Arena *a, const char *line)
{
    return parts_of(a, multipart, str_format(a, "--b0\r\n%s\r\n\r\nx\r\n--b0--\r\n", line));
}

static void part_headers(void **state)
{
    Arena *a = *state;
    struct {
        const char *line, *expected;
    } rows[] = {
        {"Content-Disposition: form-data; name=\"a\"", "a=x"},
        {"content-disposition:form-data;name=a", "a=x"},
        {"Content-Disposition: form-data; name=\"a\"; filename=\"\"", "a=[]x"},
        {"Content-Disposition: form-data; name=\"a\"; filename=\"v.csv\"\r\nContent-Type: text/csv", "a=[v.csv]x"},
        {"Content-Disposition: form-data; name=\"a\"; filename*=utf-8''v.csv", "a=x"}, /* RFC 7578, 4.2: not to be used */
        {"Content-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain; charset=utf-8", "a=x"},
        {"Content-Disposition: form-data; name=\"a\"\r\nContent-Type: application/octet-stream", "a=[]x"},
        {"Content-Disposition: form-data; name=\"a%22b%0D%0a%20\"", "a\"b\r\n%20=x"},
        {"Content-Disposition: form-data; name=\"a\\\"\\\\b\\c\"", "a\"\\b\\c=x"},
        {"Content-Disposition: form-data; name=\"a\"; filename=\"C:\\dir\\v.csv\"", "a=[v.csv]x"},
        {"Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: 8bit", "a=x"},
        {"Content-Disposition: form-data; name=\"a\"\r\nX-Other: y", "a=x"},
    };
    for (int k = 0; k < COUNT_OF(rows); k++) assert_same_str(with_disposition(a, rows[k].line), str_from_c(rows[k].expected));
    static const char *const bad[] = {"", "X: y", "Content-Disposition: form-data", "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; name=", "Content-Disposition: form-data; name=\"a", "Content-Disposition: attachment; name=\"a\"",
        "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
        "Content-Disposition: form-data; name=\"a\"; filename=\"b\"; filename=\"c\"",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"",
        "Content-Disposition: form-data; name=\"a\" x", "Content-Disposition: form-data; name=\"a\"\r\n folded",
        "Content-Disposition : form-data; name=\"a\"", "Content-Disposition",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain\r\nContent-Type: text/html",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64", "Content-Disposition: form-data; name=\"a\x01\"",
        "Content-Disposition: form-data; name=\"\xFF\"", "Content-Disposition: form-data; name=\"a\"\nX: y"};
    for (int k = 0; k < COUNT_OF(bad); k++) assert_row(str_starts(with_disposition(a, bad[k]), S("!")), bad[k]);
}

static void a_field_must_be_text_and_a_file_need_not(void **state)
{
    Arena *a = *state;
    assert_str(parts_of(a, multipart, S(HEAD("a") "\xFF" END)), "!The field 'a' is not UTF-8 text.");
    Str file = S("--b0\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n\r\n\xFF\0\r\n\r\n" END);
    assert_true(str_equal(parts_of(a, multipart, file), (Str){"a=[f]\xFF\0\r\n\r\n", 11}));
}

static void file_names(void **state)
{
    Arena *a = *state;
    /* Bytes one by one: a literal that turns its own source around would be a trap for whoever reads it. */
    static const char turning[] = {'a', '\xE2', '\x80', '\xAE', 'b', '\xE2', '\x81', '\xA6', '\0'};
    struct {
        const char *said, *expected;
    } rows[] = {{"votes.csv", "votes.csv"}, {"C:\\fakepath\\votes.csv", "votes.csv"}, {"../../etc/passwd", "passwd"}, {"a/", ""},
        {"..", ""}, {"x/.", ""}, {" a b ", "a b"}, {"a\r\nb\x7F", "ab"}, {"\xC3\xA9\xFF.csv", "\xC3\xA9.csv"}, {turning, "ab"}, {"", ""}};
    for (int k = 0; k < COUNT_OF(rows); k++) assert_same_str(body_file_name(a, str_from_c(rows[k].said)), str_from_c(rows[k].expected));
    Str name = body_file_name(a, repeated(a, S("\xE2\x82\xAC"), 100));
    assert_int_equal(name.len, 198); /* whole characters, at most 200 bytes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(pairs),
        arena_test(malformed_pairs),
        arena_test(what_needs_no_decoding_is_not_copied),
        arena_test(limits),
        arena_test(decoding),
        arena_test(kinds),
        arena_test(fields_and_files),
        arena_test(boundaries),
        arena_test(boundary_parameters),
        arena_test(part_headers),
        arena_test(a_field_must_be_text_and_a_file_need_not),
        arena_test(file_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
