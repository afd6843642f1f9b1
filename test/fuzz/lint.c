/* SPDX-License-Identifier: AGPL-3.0-or-later
 * The header lint on any head: the input is one, cut into its parts as a parser that knows no rules would cut it. What is found sound must be so by a second,
 * slower reading; and joining the headers must lose none of them.
 */
#include "http/lint.h"

#include <string.h>

static Str next_line(Str *rest)
{
    Str line;
    str_cut(*rest, '\n', &line, rest);
    if (line.len && line.ptr[line.len - 1] == '\r') line.len--;
    return line;
}

static int64_t times(const LintRequest *request, Str name)
{
    int64_t n = 0;
    for (int i = 0; i < request->header_count; i++) n += str_equal_nocase(request->headers[i].name, name);
    return n;
}

static void look_again(const LintRequest *request, const LintResult *result)
{
    ASSERT(times(request, S("host")) == 1 && times(request, S("content-length")) + times(request, S("transfer-encoding")) <= 1);
    ASSERT(result->host.len && result->target.len && (result->target.ptr[0] == '/' || str_equal(result->target, S("*"))));
    ASSERT(result->body >= 0 && (!result->chunked || !result->body));
    ASSERT(!result->chunked || str_equal(request->version, S("HTTP/1.1")));
    for (int i = 0; i < request->header_count; i++) {
        ASSERT(request->headers[i].name.len && !memchr(request->headers[i].name.ptr, ':', request->headers[i].name.len));
        for (size_t k = 0; k < request->headers[i].value.len; k++) ASSERT(!strchr("\r\n", request->headers[i].value.ptr[k]));
    }
}

static void look_at_joined(Arena *a, const LintRequest *request)
{
    Header out[LINT_HEADERS_MAX];
    int n = lint_join(a, request, out);
    size_t before = 0, after = 0;
    for (int i = 0; i < request->header_count; i++) before += str_trim(request->headers[i].value).len;
    for (int i = 0; i < n; i++) {
        after += out[i].value.len;
        for (int k = 0; k < i; k++) ASSERT(!str_equal(out[i].name, out[k].name));
    }
    ASSERT(after == before + 2 * (size_t)(request->header_count - n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    Header headers[LINT_HEADERS_MAX + 8];
    Str all = {(const char *)data, size}, rest = all, line = next_line(&rest);
    LintRequest request = {.headers = headers};
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    str_cut(line, ' ', &request.method, &line);
    str_cut(line, ' ', &request.target, &request.version);
    while (rest.len && request.header_count < COUNT_OF(headers)) {
        line = next_line(&rest);
        if (!line.len) break;
        Header *h = &headers[request.header_count++];
        str_cut(line, ':', &h->name, &h->value);
    }
    LintResult result;
    if (lint_request(&request, &result)) {
        look_again(&request, &result);
        look_at_joined(&a, &request);
    } else ASSERT(result.status >= 400 && result.why.len);
    (void)lint_layout(&request, str_slice(all, 0, size - rest.len));
    arena_clear(&a);
    return 0;
}
