/* request.h: a request for a route of a test's own, read as the site reads it. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_TEST_HTTP_REQUEST_H
#define HUSTINGS_TEST_HTTP_REQUEST_H

#include "core/unit.h"

#include "http/fields.h"

typedef struct Request {
    Exchange ex;
    Header type;
    ReqState state;
    Req req;
    Fault fault;
    Err err;
} Request;

/* `parts`: "contest=labour-2010 stage=2". */
static inline Request *request_new(Arena *a, const Route *route, const char *parts, const char *type, Str sent)
{
    Request *r = arena_new(a, Request, 1);
    r->type = (Header){S("content-type"), str_from_c(type)};
    r->ex = (Exchange){.arena = a, .headers = &r->type, .header_count = 1};
    if (route->method == GET) r->ex.query = sent;
    else r->ex.body = sent;
    r->state.ex = &r->ex;
    r->req = (Req){.arena = a, .route = route, .state = &r->state};
    Str rest = str_from_c(parts), part;
    while (rest.len) {
        str_cut(rest, ' ', &part, &rest);
        PathPart *p = &r->state.parts[r->state.part_count++];
        str_cut(part, '=', &p->name, &p->value);
    }
    r->err = fields_read(&r->req, &r->fault);
    return r;
}

static inline Request *posted(Arena *a, const Route *route, Str body)
{
    return request_new(a, route, "", "application/x-www-form-urlencoded", body);
}

/* What is wrong, a line each: "seats: Seats must be...". An error of the request: "input!The field...". */
static inline Str request_troubles(Arena *a, const Request *r)
{
    Buf b = buf_new(a);
    const char *word = r->err == ERR_INPUT ? "input!" : r->err == ERR_LIMIT ? "limit!" : r->err == ERR_MISSING ? "missing!" : "";
    if (r->err) buf_format(&b, "%s%.*s", word, STR_ARG(r->fault.expected));
    for (int k = 0; !r->err && k < r->state.trouble_count; k++)
        buf_format(&b, "%s%s: %.*s", k ? "\n" : "", r->state.troubles[k].field ? r->state.troubles[k].field->name : "",
            STR_ARG(r->state.troubles[k].message));
    return buf_done(&b);
}

#endif
