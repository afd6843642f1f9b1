/* lint.h: is this the head of one honest request? Private to http/. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: libmicrohttpd's parser is lenient: it answers both requests of a smuggled pair, takes two Content-Lengths, line feeds alone, folded lines, zero
 *      bytes and a request without a Host. Two programs that read one request differently are how requests are smuggled past a proxy, so
 *      whatever can be read in two ways is refused, and the connection ends, so that nothing behind it is ever read as a request.
 * Pure: no I/O, no clock, no memory of its own. Fuzzed by test/fuzz/lint.c.
 * Sources: RFC 9110 (HTTP semantics), RFC 9112 (HTTP/1.1; section 11.2 on smuggling).
 */
#ifndef HUSTINGS_HTTP_LINT_H
#define HUSTINGS_HTTP_LINT_H

#include "http/exchange.h"

enum { LINT_HEADERS_MAX = 64, LINT_TARGET_MAX = 4096, LINT_METHOD_MAX = 16 };

typedef struct LintRequest {
    Str method, target, version; /* as they came: "GET", "/count?rules=av-2011", "HTTP/1.1" */
    const Header *headers;       /* in the order in which they came, each as often as it came */
    int header_count;
} LintRequest;

typedef struct LintResult {
    int status; /* 0: sound. Else 400, 414, 417, 431 or 505: refuse with it, and close */
    Str why;    /* for a person; a literal */
    Str target; /* begins with '/' (or is "*"): an absolute one without its "http://host" */
    Str host;
    int64_t body;          /* bytes that are announced; 0: none */
    bool chunked;          /* a body of unknown length */
    bool expects_continue; /* the client waits for "100 Continue" before it sends the body */
} LintResult;

/* True when the request is sound. `*ret` is written either way; its strings are parts of the request's. */
bool lint_request(const LintRequest *request, LintResult *ret);

/* Do the parts of `request`, with one space, one CR LF and no zero byte between them, make up `head` exactly? libmicrohttpd cuts a head in place,
 * so the parts point into it; what it drops without a word (zero bytes, folded lines, LF alone, spaces) makes the sum come out wrong. */
bool lint_layout(const LintRequest *request, Str head);

/* The headers as the site sees them: names in lower case, values trimmed, those that may repeat joined. `request` must be sound.
 * Up to header_count of them are written to `out`; how many. */
int lint_join(Arena *a, const LintRequest *request, Header *out);

/* "example.org", "example.org:8080", "[::1]:80": fit to be a Host. */
bool lint_host(Str host);

#endif
