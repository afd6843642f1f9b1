/* markup.h: HTML and SVG under construction, in which text and markup cannot be mixed by accident.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: names and notes come from outside. Markup is a C type that only a literal can make (M); everything else is a Str, and the only
 *      way for a Str into an Html is through html_text and html_attribute, which escape it. Raw text as markup does not compile.
 * What is written is well-formed XML (tests parse it as such) and valid HTML. Text that is not UTF-8, or that XML forbids, becomes U+FFFD;
 * so does a character that turns the direction of writing.
 * Memory: in the arena of html_new.
 */
#ifndef HUSTINGS_CORE_MARKUP_H
#define HUSTINGS_CORE_MARKUP_H

#include "core/str.h"

typedef struct Markup {
    const char *ptr;
    size_t len;
} Markup;

/* Only a string literal concatenates with "". */
#define M(literal) ((Markup){"" literal, sizeof(literal) - 1})

typedef struct Html {
    Buf bytes; /* touched by markup.c alone, and by http/templates.c, whose templates escape in the same way */
} Html;

Html html_new(Arena *a);
void html_markup(Html *h, Markup markup);
void html_text(Html *h, Str text);
void html_number(Html *h, int64_t number);
void html_attribute(Html *h, Markup name, Str value); /* ' name="value"' */
void html_element(Html *h, Markup name, Str text);    /* "<name>text</name>" */
void html_fragment(Html *h, const Html *inner);       /* what another Html holds */
void html_out(const Html *h, Buf *out);

/* What html_text writes, onto a Buf: for templates (http/mustache.c), which make pages and no Html. */
void markup_escape(Buf *out, Str text);

/* Markup in which each "@" stands for a number, with one decimal where it needs one: coordinates and ids of a drawing. */
#define html_draw(h, literal, ...) \
    html_draw_numbers((h), M(literal), (const double[]){__VA_ARGS__}, (int)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double)))
void html_draw_numbers(Html *h, Markup markup, const double *numbers, int count);

#endif
