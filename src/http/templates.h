/* templates.h: the templates of all rooms: compiled in, an operator's own over them, or read afresh at every use while somebody works on them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a page may look as its operator likes, and a mistake in a template is told at start, not to a reader.
 * Names: "contest/stages" is src/contest/pages/stages.html; an operator's is OVERRIDES/contest/stages.html and must be one that exists.
 *        {{> field}} is looked up in the room of the page first, then in http/.
 * Life: templates_open (parses all, checks every partial) -> templates_page (often, from any thread) -> nothing to close: it lives in the arena.
 * Errors: ERR_INPUT with file, line and column: a template that cannot be parsed, a partial or an override that nothing is called; ERR_IO: an unreadable file.
 * Dev: `dev` is the source tree; a template is read and parsed at each use, and its mistakes come out of templates_page.
 */
#ifndef HUSTINGS_HTTP_TEMPLATES_H
#define HUSTINGS_HTTP_TEMPLATES_H

#include "http/mustache.h"

typedef struct Templates Templates;

typedef struct TemplatesOptions {
    Str overrides; /* the operator's folder; empty: none */
    Str dev;       /* the source tree; empty: what is compiled in */
} TemplatesOptions;

NODISCARD Err templates_open(Arena *a, const TemplatesOptions *options, Templates **ret_templates, Fault *fault);

/* Is there pages/<page>.html in that room? For checking route tables at start. */
bool templates_has(const Templates *templates, Str room, Str page);

/* The page, inside http/layout. `views`: the innermost last (mustache.h); `content` is added inside them. The page must exist (templates_has).
 * ERR_LIMIT: it would be larger than MUSTACHE_OUT_MAX. ERR_INPUT, ERR_IO: only with `dev`. */
NODISCARD Err templates_page(
    const Templates *templates, Arena *a, Str room, Str page, const View *const *views, int view_count, Str *ret_html, Fault *fault);

/* The same without the layout. */
NODISCARD Err templates_part(
    const Templates *templates, Arena *a, Str room, Str page, const View *const *views, int view_count, Str *ret_html, Fault *fault);

#endif
