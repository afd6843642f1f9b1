/* site.h: rooms become a site: routes, sessions, forms, templates, caches, errors.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Life: site_open (reads every template; a mistake in one is told with file and line) -> exchange.h's functions -> site_close.
 * Own pages: /static/..., /healthz, /metrics, /openapi.json, /live, /robots.txt, sign-in and sign-out, and an error page for everything.
 */
#ifndef HUSTINGS_HTTP_SITE_H
#define HUSTINGS_HTTP_SITE_H

#include "http/exchange.h"
#include "http/page.h"

typedef struct SiteOptions {
    Str name;         /* of the organisation or installation: "Hustings" */
    Str base;         /* its address as the world sees it, "https://vote.example.org"; empty: as each request says */
    Str overrides;    /* a folder of the operator's own templates and static files, looked at first; empty: none */
    Str dev;          /* the source tree: templates and static files are read from there at every request; empty: the compiled-in ones */
    Str metrics;      /* who may read /metrics: "local", "all", "off" */
    int rate_percent; /* of the standard rates; 0: no limits (benchmarks) */
    Str time_zone;    /* "Europe/London" */
    Str version;
    bool log_requests; /* every one (by route, never by path); else only those that fail on our side or take longer than 1 s */
} SiteOptions;

NODISCARD Err site_open(
    Arena *a, const SiteOptions *options, Store *store, const Room *const *rooms, int room_count, Site **ret_site, Fault *fault);
void site_close(Site *site);

/* The API's description (OpenAPI 3.1), made from the route tables. */
View *site_openapi(Arena *a, const Room *const *rooms, int room_count, const SiteOptions *options);
/* All routes, the site's own among them, a line each: method, path, who may, body limit, rate, title, act; tabs between. For tests and for readers. */
void site_routes(const Room *const *rooms, int room_count, Buf *out);

/* A command for the server's housekeeping (`hustings serve` submits it every few minutes): drops sessions and links whose time is over, each with a leaf
 * of the record (LEAF_MAYBE). */
NODISCARD Err site_expire(Db *db, Command *command);

/* A one-time link for signing in, good for `minutes`: the path to put after the site's address. For `hustings sign-in`. That it was made is an act, and so
 * is what becomes of it (session.h). */
typedef struct EntryLink {
    Who who;
    Str name;   /* of whom it is for: the record will name her */
    Officer by; /* who makes it */
    int minutes;
} EntryLink;
NODISCARD Err site_entry_link(Arena *a, Store *store, const EntryLink *link, int64_t now, Str *ret_path, Fault *fault);

#endif
