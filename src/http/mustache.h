/* mustache.h: templates as in the Mustache specification (comments, delimiters, interpolation, inverted sections, partials, sections), with a View as data.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a template has names and loops, no logic, so an operator may change a page without being able to change what it does.
 * Life: mustache_parse (once, at start) -> mustache_render (often, from any thread).
 * Escaping is by type: text is escaped, VIEW_HTML is written as it is. In pages (`pages` set) a raw tag, {{{x}}} or {{&x}}, is refused: what is markup
 *       knows it itself; so is a value without quotation marks around it (title={{x}}), where escaping does not help. Without it they write text unescaped, as the specification says.
 * What counts as there: everything but false, null, empty text and an empty list. The number 0 is there: no votes are a result, too.
 * Errors: ERR_INPUT with line and column: an unclosed section or tag, sections nested deeper than MUSTACHE_DEPTH_MAX; ERR_LIMIT: a longer text.
 * Memory: in the arena given; names and text are slices of what was parsed, which must live as long. A template is never changed after parsing.
 *       Partials are looked up when rendering, so they may come later, and may recur; one that is not there is nothing (templates.c checks them before).
 */
#ifndef HUSTINGS_HTTP_MUSTACHE_H
#define HUSTINGS_HTTP_MUSTACHE_H

#include "core/err.h"
#include "core/view.h"

typedef struct Template Template;

enum { MUSTACHE_DEPTH_MAX = 50, MUSTACHE_VIEWS_MAX = 8 };
enum { MUSTACHE_TEXT_MAX = 1024 * 1024, MUSTACHE_OUT_MAX = 64 * 1024 * 1024, MUSTACHE_STEPS_MAX = 10 * 1000 * 1000 };

typedef struct MustacheOptions {
    Str name;   /* for messages: the file's name */
    bool pages; /* refuse raw tags, bare attributes, and names with anything but letters, digits, '_' and, of partials, '-' and '/' */
} MustacheOptions;

NODISCARD Err mustache_parse(Arena *a, Str text, const MustacheOptions *options, Template **ret_template, Fault *fault);

/* Give the template of a partial, NULL when there is none. */
typedef const Template *MustachePartial(void *context, Str name);

/* Names are looked up in the last of `views` first. Appends to `out`. ERR_LIMIT when it would become larger than MUSTACHE_OUT_MAX, take more than
 * MUSTACHE_STEPS_MAX tags, or nest partials deeper than MUSTACHE_DEPTH_MAX: then `out` is a page cut off, and not to be shown. */
NODISCARD Err mustache_render(
    const Template *t, const View *const *views, int view_count, MustachePartial *partial, void *context, Buf *out);

/* The names of its partials, each once, for checking them at start. */
int mustache_partials(const Template *t, Arena *a, Str **ret_names);

#endif
