/* view.h: a tree of names and values, built once and shown in any form.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: what a person sees and what a program reads come from the same tree, so they cannot differ. Here it is
 * written as JSON (RFC 8259); keys keep the order in which they were put; http/mustache.h makes pages of it.
 * Markup is a value of its own kind: a template writes it as it is, and escapes everything else. JSON has it as a string.
 * Memory: the tree and its strings live in the arena; strings are not copied.
 */
#ifndef HUSTINGS_CORE_VIEW_H
#define HUSTINGS_CORE_VIEW_H

#include "core/err.h"
#include "core/markup.h"

typedef struct View View;

View *view_object(Arena *a);
View *view_array(Arena *a);

/* Into an object: a key that is not there yet (a repeated key is a bug). */
void view_put_str(View *object, Str key, Str value);
void view_put_i64(View *object, Str key, int64_t value);
void view_put_bool(View *object, Str key, bool value);
void view_put_null(View *object, Str key);
void view_put_html(View *object, Str key, const Html *html);
View *view_put_object(View *object, Str key);
View *view_put_array(View *object, Str key);
void view_put(View *object, Str key, View *value);

/* Onto an array. */
void view_add_str(View *array, Str value);
void view_add_i64(View *array, int64_t value);
View *view_add_object(View *array);
View *view_add_array(View *array);
void view_add(View *array, View *value);

/* The same tree again, to be put elsewhere; strings are not copied. */
View *view_copy(Arena *a, const View *view);

/* Reading it again. */
typedef enum ViewKind { VIEW_NULL, VIEW_BOOL, VIEW_I64, VIEW_STR, VIEW_HTML, VIEW_ARRAY, VIEW_OBJECT } ViewKind;
ViewKind view_kind(const View *view);
const View *view_get(const View *object, Str key); /* NULL when it has none, or is no object */
const View *view_first(const View *parent);        /* the first value of an array or object, or NULL */
const View *view_next(const View *child);          /* the one after it, or NULL */
Str view_key(const View *child);                   /* its key in an object */
Str view_str(const View *view);                    /* of VIEW_STR and VIEW_HTML */
int64_t view_i64(const View *view);                /* of VIEW_I64, and of VIEW_BOOL: 0 or 1 */

/* The tree as bytes, for a store or another process, and back; an object has at most 256 keys in it. ERR_INPUT for bytes that view_pack did not write: they
 * may be anybody's. */
void view_pack(const View *view, Buf *b);
NODISCARD Err view_unpack(Arena *a, Str bytes, View **ret_view);

/* JSON text with a trailing newline; two-space indents, or on one line. Bytes that are not UTF-8 become U+FFFD. */
void view_json(const View *view, Buf *b, bool indented);
/* A text as JSON has it, in its quotes. */
void view_json_text(Buf *b, Str text);

#endif
