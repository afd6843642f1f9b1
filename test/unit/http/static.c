/* Files that browsers load: names, caches, coding, an operator's own. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/folder.h"
#include "http/static.c"

/* Stands for what is compiled in. */
const EmbeddedFile embedded_files[] = {
    {S("hustings.css"), S("hustings-0123456789abcdef.css"), S("text/css; charset=utf-8"),
        S("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), S("body { color: black }"), S("packed")},
    {S("seal-dark.svg"), S("seal-dark-fedcba9876543210.svg"), S("image/svg+xml"),
        S("fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"), S("<svg/>"), {0}},
};
const int embedded_file_count = 2;

static Static *opened(Arena *a, const char *overrides, const char *dev)
{
    Static *s = NULL;
    Fault fault = {0};
    Err e = static_open(a, &(StaticOptions){.overrides = str_from_c(overrides), .dev = str_from_c(dev)}, &s, &fault);
    if (e) fail_msg("%s", str_c(a, fault_text(a, &fault)));
    return s;
}

/* "200 ETag: ...\n...\nbody" */
static Str answered(Arena *a, const Static *s, const char *name, const char *accept, const char *if_none_match)
{
    Header headers[] = {{S("accept-encoding"), str_from_c(accept)}, {S("if-none-match"), str_from_c(if_none_match)}};
    Exchange ex = {.arena = a, .headers = headers, .header_count = 2};
    if (!static_answer(s, &ex, str_from_c(name))) {
        assert_int_equal(ex.answer.status, 0);
        return S("none");
    }
    Buf b = buf_new(a);
    buf_format(&b, "%d\n", ex.answer.status);
    for (int k = 0; k < ex.answer.header_count; k++)
        buf_format(&b, "%.*s: %.*s\n", STR_ARG(ex.answer.headers[k].name), STR_ARG(ex.answer.headers[k].value));
    buf_str(&b, ex.answer.body);
    return buf_done(&b);
}

static void for_ever_under_the_hashed_name(void **state)
{
    Arena *a = *state;
    const Static *s = opened(a, "", "");
    assert_str(answered(a, s, "hustings-0123456789abcdef.css", "", ""),
        "200\nETag: \"0123456789abcdef0123456789abcdef\"\nCache-Control: public, max-age=31536000, immutable\nVary: Accept-Encoding\n"
        "Content-Type: text/css; charset=utf-8\nbody { color: black }");
    assert_str(answered(a, s, "hustings-0123456789abcdef.css", "br, gzip", ""),
        "200\nETag: \"0123456789abcdef0123456789abcdef-gzip\"\nCache-Control: public, max-age=31536000, immutable\nVary: Accept-Encoding\n"
        "Content-Type: text/css; charset=utf-8\nContent-Encoding: gzip\npacked");
    assert_str(answered(a, s, "seal-dark.svg", "gzip", ""),
        "200\nETag: \"fedcba9876543210fedcba9876543210\"\nCache-Control: public, max-age=300\nContent-Type: image/svg+xml\n<svg/>");
}

static void what_the_browser_has_is_not_sent_again(void **state)
{
    Arena *a = *state;
    const Static *s = opened(a, "", "");
    assert_str(answered(a, s, "seal-dark.svg", "", "\"x\", W/\"fedcba9876543210fedcba9876543210\""),
        "304\nETag: \"fedcba9876543210fedcba9876543210\"\nCache-Control: public, max-age=300\n");
    assert_true(str_starts(answered(a, s, "seal-dark.svg", "", "*"), S("304\n")));
    assert_true(str_starts(answered(a, s, "seal-dark.svg", "", "\"fedc\""), S("200\n")));
    /* What was sent packed is not what is sent plain. */
    assert_true(str_starts(answered(a, s, "hustings.css", "", "\"0123456789abcdef0123456789abcdef-gzip\""), S("200\n")));
}

static void a_name_is_looked_up_and_nothing_else(void **state)
{
    Arena *a = *state;
    const Static *s = opened(a, "", "");
    static const char *const names[] = {"", ".", "..", "../hustings.css", "./hustings.css", "hustings.css/", "/etc/passwd",
        "..%2fhustings.css", "HUSTINGS.CSS", "hustings-0123456789abcdee.css"};
    for (int k = 0; k < COUNT_OF(names); k++) assert_row(str_equal(answered(a, s, names[k], "", ""), S("none")), names[k]);
    Exchange ex = {.arena = a};
    assert_false(static_answer(s, &ex, S("hustings.css\0x")));
}

static void assets(void **state)
{
    Arena *a = *state;
    const View *v = static_assets(opened(a, "", ""), a);
    assert_str(view_str(view_get(v, S("hustings_css"))), "/static/hustings-0123456789abcdef.css");
    assert_str(view_str(view_get(v, S("seal_dark_svg"))), "/static/seal-dark-fedcba9876543210.svg");
}

static void an_operators_files(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    Buf css = buf_new(a);
    for (int k = 0; k < 100; k++) buf_str(&css, S("p { color: navy }\n"));
    folder_put(&f, "static/hustings.css", buf_done(&css));
    folder_put(&f, "static/our-logo.svg", S("<svg/>"));
    folder_put(&f, "static/.hidden", S("x"));
    const Static *s = opened(a, f.path, "");
    const View *v = static_assets(s, a);
    assert_str(view_str(view_get(v, S("our_logo_svg"))), "/static/our-logo-d4dc56669143034f.svg");
    Str plain = answered(a, s, "hustings.css", "", ""), packed_one = answered(a, s, "hustings.css", "gzip", "");
    assert_true(str_ends(plain, buf_done(&css)));
    assert_true(packed_one.len < 400 && plain.len > 1800);
    assert_str(answered(a, s, "hustings-0123456789abcdef.css", "", ""), "none");
    assert_str(answered(a, s, ".hidden", "", ""), "none");
}

static void files_that_cannot_be_served_are_told_at_start(void **state)
{
    Arena *a = *state;
    static const char *const names[] = {
        "static/page.html", "static/a b.css", "static/x", "static/\xC3\xA9.css", "static/seal.dark.svg", "static/folder/x.css"};
    for (int k = 0; k < COUNT_OF(names); k++) {
        AUTO(folder_remove) Folder f = folder_new(a);
        folder_put(&f, names[k], S("x"));
        Static *s = NULL;
        Fault fault = {0};
        assert_row(static_open(a, &(StaticOptions){.overrides = str_from_c(f.path)}, &s, &fault) == ERR_INPUT, names[k]);
        assert_null(s);
        assert_true(fault.file.len && fault.expected.len);
    }
    Static *s = opened(a, "/nowhere/at/all", ""); /* templates.c says that there is no such folder */
    assert_non_null(s);
}

static void dev_reads_again(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    folder_put(&f, "web/hustings.css", S("one"));
    const Static *s = opened(a, "", f.path);
    assert_true(str_ends(answered(a, s, "hustings.css", "", ""), S("Cache-Control: no-cache\nContent-Type: text/css; charset=utf-8\none")));
    folder_put(&f, "web/hustings.css", S("two"));
    assert_true(str_ends(answered(a, s, "hustings.css", "", ""), S("\ntwo")));
    folder_put(&f, "web/new.js", S("3"));
    assert_non_null(view_get(static_assets(s, a), S("new_js")));
}

static void codings(void **state)
{
    (void)state;
    static const char *const yes[] = {"gzip", "GZIP", "br, gzip;q=0.5", "x-gzip", "*", "deflate, *;q=0.1", "gzip ; q=1.0", "*;q=0, gzip"};
    static const char *const no[] = {"", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", "identity", "gzipped"};
    for (int k = 0; k < COUNT_OF(yes); k++) assert_row(accepts_gzip(str_from_c(yes[k])), yes[k]);
    for (int k = 0; k < COUNT_OF(no); k++) assert_row(!accepts_gzip(str_from_c(no[k])), no[k]);
}

static void tags(void **state)
{
    (void)state;
    assert_true(etag_matches(S("\"a\""), S("\"a\"")));
    assert_true(etag_matches(S(" \"b\" , W/\"a\" "), S("\"a\"")));
    assert_true(etag_matches(S("\"a\""), S("W/\"a\"")));
    assert_true(etag_matches(S(" * "), S("\"a\"")));
    assert_false(etag_matches(S(""), S("\"a\"")));
    assert_false(etag_matches(S("a"), S("\"a\"")));
    assert_false(etag_matches(S("\"A\", \"ab\""), S("\"a\"")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(for_ever_under_the_hashed_name),
        arena_test(what_the_browser_has_is_not_sent_again),
        arena_test(a_name_is_looked_up_and_nothing_else),
        arena_test(assets),
        arena_test(an_operators_files),
        arena_test(files_that_cannot_be_served_are_told_at_start),
        arena_test(dev_reads_again),
        cmocka_unit_test(codings),
        cmocka_unit_test(tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
