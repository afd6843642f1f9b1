/* mustache.h: templates as in the Mustache specification (comments, delimiters, interpolation, inverted sections, partials, sections), with a View as data.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a template has names and loops, no logic, so an operator may change a page without being able to change what it does.
 * Life: mustache_parse (once, at start) -> mustache_render (often, from any thread).
 * Escaping is by type: text is escaped, VIEW_HTML is written as it is. In pages (`pages` set) a raw tag, {{{x}}} or {{&x}}, is refused: what is markup
 *       knows it itself. Without it they write text unescaped, as the specification says.
 * Errors: ERR_INPUT with line and column: an unclosed section or tag, a partial that is not there (pages only), nesting too deep.
 * Memory: in the arena given; a template is never changed after parsing. Partials are looked up when rendering, so they may come later, and may recur
 *       (depth MUSTACHE_DEPTH_MAX, then the rest is left out).
 */
#ifndef HUSTINGS_HTTP_MUSTACHE_H
#define HUSTINGS_HTTP_MUSTACHE_H

#include "core/err.h"
#include "core/view.h"

typedef struct Template Template;

enum { MUSTACHE_DEPTH_MAX = 50, MUSTACHE_TEXT_MAX = 1024 * 1024 };

typedef struct MustacheOptions {
    Str name;   /* for messages: the file's name */
    bool pages; /* refuse raw tags */
} MustacheOptions;

NODISCARD Err mustache_parse(Arena *a, Str text, const MustacheOptions *options, Template **ret_template, Fault *fault);

/* Give the template of a partial, NULL when there is none. */
typedef const Template *MustachePartial(void *context, Str name);

/* Names are looked up in the last of `views` first. Appends to `out`. */
void mustache_render(const Template *t, const View *const *views, int view_count, MustachePartial *partial, void *context, Buf *out);

/* The names of its partials, for checking them at start. */
int mustache_partials(const Template *t, Arena *a, Str **ret_names);

#endif
