/* static.h: what browsers load beside the pages (web/): style sheets, scripts, pictures.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: under a name that has the hash of its bytes in it a file may be kept for ever; a new version has a new name. A name is looked up in a table, never
 *      on a disk, so no path leads out of it.
 * Names: /static/hustings-0123456789abcdef.css for ever, /static/hustings.css for a few minutes (for links from outside).
 * An operator's files lie in OVERRIDES/static/ and replace those of the same name or stand beside them (a logo); read once, at start.
 * Dev: web/ of the source tree is read at each use, and nothing is kept by browsers.
 */
#ifndef HUSTINGS_HTTP_STATIC_H
#define HUSTINGS_HTTP_STATIC_H

#include "http/exchange.h"

typedef struct Static Static;

typedef struct StaticOptions {
    Str overrides; /* as in templates.h */
    Str dev;
} StaticOptions;

enum { STATIC_FILE_MAX = 16 * 1024 * 1024 };

/* ERR_INPUT: a file of a type that is not served, or too large; ERR_IO: unreadable. */
NODISCARD Err static_open(Arena *a, const StaticOptions *options, Static **ret_static, Fault *fault);

/* `assets` of a page: "hustings_css" -> "/static/hustings-0123456789abcdef.css"; dots and hyphens of the name become '_'. */
View *static_assets(const Static *files, Arena *a);

/* Answer a GET of /static/<name>: 200 or 304 with all headers that caching needs. False: there is none of that name, and no answer was made. */
bool static_answer(const Static *files, Exchange *ex, Str name);

/* Does the client take gzip (Accept-Encoding, RFC 9110 12.5.3)? */
bool accepts_gzip(Str accept_encoding);

/* Is `etag`, with its quotation marks, among those of If-None-Match (RFC 9110 13.1.2: weak comparison)? */
bool etag_matches(Str if_none_match, Str etag);

#endif
