/* SPDX-License-Identifier: AGPL-3.0-or-later
 * What only arrays can show; whole heads are sent to a server by test/http/run.py.
 */
#include "core/unit.h"

#include "http/lint.h"

static LintRequest request_with(const Header *headers, int count)
{
    return (LintRequest){S("GET"), S("/path?query"), S("HTTP/1.1"), headers, count};
}

static void test_sound(void **state)
{
    (void)state;
    const Header headers[] = {{S("Host"), S("example.org")}, {S("X-Empty"), S("")}, {S("Content-Length"), S(" 12 ")}};
    LintRequest request = request_with(headers, COUNT_OF(headers));
    LintResult result;
    assert_true(lint_request(&request, &result));
    assert_int_equal(result.status, 0);
    assert_int_equal(result.body, 12);
    assert_false(result.chunked);
    assert_str(result.host, "example.org");
    assert_str(result.target, "/path?query");
}

static void test_values(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char value[] = {'a', (char)c, 'b'};
        const Header headers[] = {{S("Host"), S("a")}, {S("X-Y"), {value, sizeof value}}};
        LintRequest request = request_with(headers, COUNT_OF(headers));
        LintResult result;
        bool wanted = c == '\t' || (c >= ' ' && c != 0x7F);
        if (lint_request(&request, &result) != wanted) fail_msg("byte %d in a value", c);
    }
}

static void test_names(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char name[] = {'a', (char)c, 'b'};
        const Header headers[] = {{S("Host"), S("a")}, {{name, sizeof name}, S("x")}};
        LintRequest request = request_with(headers, COUNT_OF(headers));
        LintResult result;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool wanted = letter || (c && strchr("!#$%&'*+-.^_`|~", c));
        if (lint_request(&request, &result) != wanted) fail_msg("byte %d in a name", c);
    }
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a:1", "a:65535", "192.0.2.1:80", "[::1]", "[2001:db8::1]:8080", "a_b-c.example", "a:"};
    static const char *const bad[] = {
        "", ":80", "a:65536", "a:123456", "a b", "a/", "[::1", "[]", "[::1]80", "[::1]:x", "a,b", "a@b", "[g!]", "\xc3\xa9", "a\\b"};
    for (int i = 0; i < COUNT_OF(good) - 1; i++) assert_row(lint_host(str_from_c(good[i])), good[i]);
    for (int i = 0; i < COUNT_OF(bad); i++) assert_row(!lint_host(str_from_c(bad[i])), bad[i]);
    char longest[256];
    memset(longest, 'a', sizeof longest);
    assert_true(lint_host((Str){longest, 255}));
    assert_false(lint_host((Str){longest, 256}));
}

static void test_lengths(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "+1", "-1", "1 2", "1,1", "0x1", "1.0", "1e3", "9999999999999999", "\xd9\xa1"};
    for (int i = 0; i < COUNT_OF(bad); i++) {
        const Header headers[] = {{S("Host"), S("a")}, {S("Content-Length"), str_from_c(bad[i])}};
        LintRequest request = request_with(headers, COUNT_OF(headers));
        LintResult result;
        assert_row(!lint_request(&request, &result) && result.status == 400, bad[i]);
    }
}

static void test_count(void **state)
{
    (void)state;
    Header headers[LINT_HEADERS_MAX + 1] = {{S("Host"), S("a")}};
    char names[LINT_HEADERS_MAX + 1][8] = {{0}};
    for (int i = 1; i < COUNT_OF(headers); i++)
        headers[i] = (Header){{names[i], (size_t)snprintf(names[i], sizeof names[i], "x-%d", i)}, S("y")};
    LintRequest most = request_with(headers, LINT_HEADERS_MAX), more = request_with(headers, LINT_HEADERS_MAX + 1);
    LintResult result;
    assert_true(lint_request(&most, &result));
    assert_false(lint_request(&more, &result));
    assert_int_equal(result.status, 431);
}

static void test_join(void **state)
{
    const Header headers[] = {
        {S("HOST"), S("a")}, {S("Accept"), S(" b")}, {S("accept"), S("c\t")}, {S("Cookie"), S("d=e")}, {S("COOKIE"), S("f=g")}};
    LintRequest request = request_with(headers, COUNT_OF(headers));
    Header out[COUNT_OF(headers)];
    assert_int_equal(lint_join(*state, &request, out), 3);
    assert_str(out[0].name, "host");
    assert_str(out[1].value, "b, c");
    assert_str(out[2].value, "d=e; f=g");
}

/* A head as libmicrohttpd leaves it: separators overwritten with zero bytes, parts pointing into it. */
static LintRequest cut(char *head, Header *headers)
{
    LintRequest request = {.headers = headers};
    char *space = strchr(head, ' '), *last = strrchr(head, ' '), *end = head;
    request.method = (Str){head, (size_t)(space - head)};
    for (char *p = strstr(head, "\r\n"); p; p = strstr(p + 2, "\r\n")) {
        if (end == head) {
            while (last > p) last = memrchr(head, ' ', (size_t)(last - head));
            request.target = (Str){space + 1, (size_t)(last - space - 1)};
            request.version = (Str){last + 1, (size_t)(p - last - 1)};
        } else if (p > end) {
            char *colon = memchr(end, ':', (size_t)(p - end)), *value = colon + 1;
            while (*value == ' ') value++;
            headers[request.header_count++] = (Header){{end, (size_t)(colon - end)}, {value, (size_t)(p - value)}};
        }
        end = p + 2;
    }
    return request;
}

static void test_layout(void **state)
{
    (void)state;
    char head[] = "GET /a HTTP/1.1\r\nHost: b\r\nAccept:  c\r\nX: \r\n\r\n";
    Header headers[8];
    Str all = {head, sizeof head - 1};
    LintRequest request = cut(head, headers);
    assert_int_equal(request.header_count, 3);
    assert_true(lint_layout(&request, all));
    assert_false(lint_layout(&request, (Str){head, all.len - 1}));
    assert_false(lint_layout(&request, (Str){head, all.len + 1}));
    for (int i = 0; i < 3; i++) { /* a value that was cut short, as at a zero byte; one that was moved, as when a line is folded */
        Header whole = headers[i];
        if (whole.value.len) {
            headers[i].value.len--;
            assert_false(lint_layout(&request, all));
        }
        headers[i] = whole;
        headers[i].value.ptr = "elsewhere";
        assert_false(lint_layout(&request, all));
        headers[i] = whole;
        headers[i].name.ptr = "elsewhere";
        assert_false(lint_layout(&request, all));
        headers[i] = whole;
    }
    request.target.len--;
    assert_false(lint_layout(&request, all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sound), cmocka_unit_test(test_values), cmocka_unit_test(test_names),
        cmocka_unit_test(test_hosts), cmocka_unit_test(test_lengths), cmocka_unit_test(test_count), arena_test(test_join),
        cmocka_unit_test(test_layout)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
