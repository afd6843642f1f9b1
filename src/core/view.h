/* view.h: a tree of names and values, built once and shown in any form.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: what a person sees and what a program reads come from the same tree, so they cannot differ. Here it is
 * written as JSON (RFC 8259); keys keep the order in which they were put.
 * Memory: the tree and its strings live in the arena; strings are not copied.
 */
#ifndef HUSTINGS_CORE_VIEW_H
#define HUSTINGS_CORE_VIEW_H

#include "core/str.h"

typedef struct View View;

View *view_object(Arena *a);
View *view_array(Arena *a);

/* Into an object: a key that is not there yet (a repeated key is a bug). */
void view_put_str(View *object, Str key, Str value);
void view_put_i64(View *object, Str key, int64_t value);
void view_put_bool(View *object, Str key, bool value);
void view_put_null(View *object, Str key);
View *view_put_object(View *object, Str key);
View *view_put_array(View *object, Str key);
void view_put(View *object, Str key, View *value);

/* Onto an array. */
void view_add_str(View *array, Str value);
void view_add_i64(View *array, int64_t value);
View *view_add_object(View *array);
View *view_add_array(View *array);

/* JSON text with a trailing newline; two-space indents, or on one line. Bytes that are not UTF-8 become U+FFFD. */
void view_json(const View *view, Buf *b, bool indented);

#endif
