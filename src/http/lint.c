/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/lint.h"

#include <string.h>

enum { HOST_MAX = 255, LENGTH_DIGITS_MAX = 15 };

/* These may come several times, and mean the same when joined by a comma (RFC 9110, 5.3); Cookie by a semicolon (RFC 6265, 5.4).
 * All others come once: a second one is a mistake at best. */
static const char *const may_repeat[] = {"accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection",
    "cookie", "forwarded", "if-match", "if-none-match", "pragma", "prefer", "te", "trailer", "upgrade", "via", "warning",
    "x-forwarded-for"};

static bool in_text(unsigned char c, const char *set)
{
    return c && strchr(set, c);
}

static bool is_letter_or_digit(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 9110, 5.6.2 */
static bool is_token(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!is_letter_or_digit(c) && !in_text(c, "!#$%&'*+-.^_`|~")) return false;
    }
    return s.len > 0;
}

/* Printing bytes, tab, space, and bytes above ASCII (RFC 9110, 5.5). */
static bool is_field_value(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7F) return false;
    }
    return true;
}

static bool is_digits(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    return s.len > 0;
}

static bool all_of(Str s, const char *others)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter_or_digit((unsigned char)s.ptr[i]) && !in_text((unsigned char)s.ptr[i], others)) return false;
    return s.len > 0;
}

static bool is_port(Str s)
{
    int64_t port;
    return s.len <= 5 && is_digits(s) && str_to_i64(s, &port) && port <= 65535;
}

bool lint_host(Str host)
{
    if (!host.len || host.len > HOST_MAX) return false;
    Str name, port = {0};
    bool with_port;
    if (host.ptr[0] == '[') {
        if (!str_cut(str_slice(host, 1, host.len), ']', &name, &port)) return false;
        if (!all_of(name, ":.")) return false;
        with_port = port.len > 0;
        if (with_port && port.ptr[0] != ':') return false;
        if (with_port) port = str_slice(port, 1, port.len);
    } else {
        with_port = str_cut(host, ':', &name, &port);
        if (!all_of(name, "-._")) return false;
    }
    return !with_port || is_port(port);
}

/* ---- the parts of a request, each telling what is wrong with it ---- */

static bool refuse(LintResult *ret, int status, Str why)
{
    ret->status = status;
    ret->why = why;
    return false;
}

static bool lint_line(const LintRequest *request, LintResult *ret)
{
    if (request->method.len > LINT_METHOD_MAX || !is_token(request->method)) return refuse(ret, 400, S("the method is not a word"));
    if (str_equal(request->method, S("CONNECT")) || str_equal(request->method, S("TRACE")))
        return refuse(ret, 400, S("this method is not served here"));
    if (!str_equal(request->version, S("HTTP/1.1")) && !str_equal(request->version, S("HTTP/1.0")))
        return refuse(ret, 505, S("only HTTP/1.1 and HTTP/1.0 are spoken here"));
    return true;
}

static bool is_plain_target(Str target)
{
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.ptr[i];
        if (c <= ' ' || c >= 0x7F || c == '#') return false;
    }
    return target.len > 0;
}

static size_t scheme_length(Str target)
{
    const Str schemes[] = {S("http://"), S("https://")};
    for (int i = 0; i < COUNT_OF(schemes); i++)
        if (target.len > schemes[i].len && str_equal_nocase(str_slice(target, 0, schemes[i].len), schemes[i])) return schemes[i].len;
    return 0;
}

/* "http://example.org/path": its host must be the one of the Host header. */
static bool lint_absolute(Str target, LintResult *ret)
{
    size_t scheme = scheme_length(target);
    if (!scheme) return refuse(ret, 400, S("the address must begin with a slash"));
    Str rest = str_slice(target, scheme, target.len);
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?') end++;
    if (!str_equal_nocase(str_slice(rest, 0, end), ret->host)) return refuse(ret, 400, S("the address is for another host"));
    if (end < rest.len && rest.ptr[end] == '?') return refuse(ret, 400, S("the address has no path"));
    ret->target = end < rest.len ? str_slice(rest, end, rest.len) : S("/");
    return true;
}

static bool lint_target(const LintRequest *request, LintResult *ret)
{
    Str target = request->target;
    if (target.len > LINT_TARGET_MAX) return refuse(ret, 414, S("the address is too long"));
    if (!is_plain_target(target)) return refuse(ret, 400, S("the address has characters that must be escaped"));
    ret->target = target;
    if (target.ptr[0] == '/') return true;
    if (str_equal(target, S("*"))) return str_equal(request->method, S("OPTIONS")) || refuse(ret, 400, S("\"*\" is no page"));
    return lint_absolute(target, ret);
}

static bool repeats(const LintRequest *request, int at)
{
    for (int i = 0; i < at; i++)
        if (str_equal_nocase(request->headers[i].name, request->headers[at].name)) return true;
    return false;
}

static bool is_repeatable(Str name)
{
    for (int i = 0; i < COUNT_OF(may_repeat); i++)
        if (str_equal_nocase(name, str_from_c(may_repeat[i]))) return true;
    return false;
}

static bool lint_headers(const LintRequest *request, LintResult *ret)
{
    if (request->header_count > LINT_HEADERS_MAX) return refuse(ret, 431, S("there are too many headers"));
    for (int i = 0; i < request->header_count; i++) {
        const Header *h = &request->headers[i];
        if (!is_token(h->name)) return refuse(ret, 400, S("the name of a header is not a word"));
        if (!is_field_value(h->value)) return refuse(ret, 400, S("a header has control characters in it"));
        if (repeats(request, i) && !is_repeatable(h->name)) return refuse(ret, 400, S("a header came twice that may come once"));
    }
    return true;
}

/* The value of a header that comes once, without the spaces around it; false when it did not come. */
static bool value_of(const LintRequest *request, Str name, Str *ret_value)
{
    for (int i = 0; i < request->header_count; i++)
        if (str_equal_nocase(request->headers[i].name, name)) {
            *ret_value = str_trim(request->headers[i].value);
            return true;
        }
    return false;
}

static bool lint_body(const LintRequest *request, LintResult *ret)
{
    Str length, coding;
    bool has_length = value_of(request, S("content-length"), &length);
    bool has_coding = value_of(request, S("transfer-encoding"), &coding);
    if (has_length && has_coding) return refuse(ret, 400, S("a body has either a length or a transfer coding"));
    if (has_coding && str_equal(request->version, S("HTTP/1.0"))) return refuse(ret, 400, S("HTTP/1.0 has no transfer codings"));
    if (has_coding && !str_equal(coding, S("chunked"))) return refuse(ret, 400, S("the only transfer coding is \"chunked\""));
    if (has_length && (length.len > LENGTH_DIGITS_MAX || !is_digits(length) || !str_to_i64(length, &ret->body)))
        return refuse(ret, 400, S("the length of the body is not a number"));
    ret->chunked = has_coding;
    return true;
}

static bool lint_expect(const LintRequest *request, LintResult *ret)
{
    Str expected;
    if (!value_of(request, S("expect"), &expected)) return true;
    if (!str_equal_nocase(expected, S("100-continue"))) return refuse(ret, 417, S("this expectation cannot be met"));
    ret->expects_continue = true;
    return true;
}

bool lint_request(const LintRequest *request, LintResult *ret)
{
    *ret = (LintResult){0};
    if (!lint_line(request, ret) || !lint_headers(request, ret)) return false;
    if (!value_of(request, S("host"), &ret->host)) return refuse(ret, 400, S("a request must name its host"));
    if (!lint_host(ret->host)) return refuse(ret, 400, S("the host is not a name or a number"));
    return lint_target(request, ret) && lint_body(request, ret) && lint_expect(request, ret);
}

/* ---- where the parts stand ---- */

static bool stands_at(Str part, const char *at)
{
    return part.ptr == at;
}

/* A header stands at `at`: name, colon, spaces, value. Where the next line begins, or NULL. */
static const char *after_header(const Header *h, const char *at, const char *end)
{
    if (!stands_at(h->name, at)) return NULL;
    const char *p = at + h->name.len + 1;
    if (p > end || h->value.ptr < p || h->value.ptr > end) return NULL;
    for (; p < h->value.ptr; p++)
        if (*p != ' ' && *p != '\t') return NULL;
    p += h->value.len + 2;
    return p <= end ? p : NULL;
}

bool lint_layout(const LintRequest *request, Str head)
{
    const char *at = head.ptr, *end = head.ptr + head.len;
    if (request->method.len + request->target.len + request->version.len + 6 > head.len) return false;
    if (!stands_at(request->method, at)) return false;
    at += request->method.len + 1;
    if (!stands_at(request->target, at)) return false;
    at += request->target.len + 1;
    if (!stands_at(request->version, at)) return false;
    at += request->version.len + 2;
    for (int i = 0; i < request->header_count; i++) {
        at = after_header(&request->headers[i], at, end);
        if (!at) return false;
    }
    return at + 2 == end;
}

/* ---- as the site sees them ---- */

static Str lower_case(Arena *a, Str s)
{
    char *copy = arena_new(a, char, s.len);
    for (size_t i = 0; i < s.len; i++) copy[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + ('a' - 'A')) : s.ptr[i];
    return (Str){copy, s.len};
}

static Header *find(Header *headers, int count, Str lower_case_name)
{
    for (int i = 0; i < count; i++)
        if (str_equal(headers[i].name, lower_case_name)) return &headers[i];
    return NULL;
}

int lint_join(Arena *a, const LintRequest *request, Header *out)
{
    int n = 0;
    for (int i = 0; i < request->header_count; i++) {
        Str name = lower_case(a, request->headers[i].name), value = str_trim(request->headers[i].value);
        Header *earlier = find(out, n, name);
        if (!earlier) out[n++] = (Header){name, value};
        else
            earlier->value = str_format(
                a, "%.*s%s%.*s", STR_ARG(earlier->value), str_equal(name, S("cookie")) ? "; " : ", ", STR_ARG(value));
    }
    return n;
}
