/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/view.h"

typedef enum ViewKind { VIEW_NULL, VIEW_BOOL, VIEW_I64, VIEW_STR, VIEW_ARRAY, VIEW_OBJECT } ViewKind;

struct View {
    Arena *arena;
    View *next; /* sibling */
    View *first, *last;
    Str key;
    Str str;
    int64_t number;
    ViewKind kind;
};

static View *view_new(Arena *a, ViewKind kind)
{
    View *v = arena_new(a, View, 1);
    v->arena = a;
    v->kind = kind;
    return v;
}

View *view_object(Arena *a)
{
    return view_new(a, VIEW_OBJECT);
}

View *view_array(Arena *a)
{
    return view_new(a, VIEW_ARRAY);
}

static View *append(View *parent, View *child)
{
    ASSERT(!child->next && parent->last != child);
    if (parent->last) parent->last->next = child;
    else parent->first = child;
    parent->last = child;
    return child;
}

static View *put(View *object, Str key, ViewKind kind)
{
    View *v = view_new(object->arena, kind);
    view_put(object, key, v);
    return v;
}

void view_put(View *object, Str key, View *value)
{
    ASSERT(object->kind == VIEW_OBJECT);
    for (const View *other = object->first; other; other = other->next) ASSERT(!str_equal(other->key, key));
    value->key = key;
    append(object, value);
}

void view_put_str(View *object, Str key, Str value)
{
    put(object, key, VIEW_STR)->str = value;
}

void view_put_i64(View *object, Str key, int64_t value)
{
    put(object, key, VIEW_I64)->number = value;
}

void view_put_bool(View *object, Str key, bool value)
{
    put(object, key, VIEW_BOOL)->number = value;
}

void view_put_null(View *object, Str key)
{
    put(object, key, VIEW_NULL);
}

View *view_put_object(View *object, Str key)
{
    return put(object, key, VIEW_OBJECT);
}

View *view_put_array(View *object, Str key)
{
    return put(object, key, VIEW_ARRAY);
}

static View *add(View *array, ViewKind kind)
{
    ASSERT(array->kind == VIEW_ARRAY);
    return append(array, view_new(array->arena, kind));
}

void view_add_str(View *array, Str value)
{
    add(array, VIEW_STR)->str = value;
}

void view_add_i64(View *array, int64_t value)
{
    add(array, VIEW_I64)->number = value;
}

View *view_add_object(View *array)
{
    return add(array, VIEW_OBJECT);
}

View *view_add_array(View *array)
{
    return add(array, VIEW_ARRAY);
}

static void json_string(Buf *b, Str s)
{
    buf_byte(b, '"');
    for (size_t i = 0, n; i < s.len; i += n ? n : 1) {
        uint32_t point = 0;
        n = str_code_point(s, i, &point);
        if (n == 0) {
            buf_str(b, S("\\ufffd"));
        } else if (point < 0x20 || (point >= 0x7F && point < 0xA0)) {
            buf_format(b, "\\u%04x", (unsigned)point);
        } else {
            if (point == '"' || point == '\\') buf_byte(b, '\\');
            buf_str(b, str_slice(s, i, i + n));
        }
    }
    buf_byte(b, '"');
}

static void new_line(Buf *b, bool indented, int depth)
{
    if (!indented) return;
    buf_byte(b, '\n');
    for (int i = 0; i < depth; i++) buf_str(b, S("  "));
}

static void json_value(const View *v, Buf *b, bool indented, int depth)
{
    switch (v->kind) {
    case VIEW_NULL: buf_str(b, S("null")); return;
    case VIEW_BOOL: buf_str(b, v->number ? S("true") : S("false")); return;
    case VIEW_I64: buf_i64(b, v->number); return;
    case VIEW_STR: json_string(b, v->str); return;
    case VIEW_ARRAY:
    case VIEW_OBJECT: break;
    }
    bool object = v->kind == VIEW_OBJECT;
    buf_byte(b, object ? '{' : '[');
    for (const View *child = v->first; child; child = child->next) {
        if (child != v->first) buf_byte(b, ',');
        new_line(b, indented, depth + 1);
        if (object) {
            json_string(b, child->key);
            buf_str(b, indented ? S(": ") : S(":"));
        }
        json_value(child, b, indented, depth + 1);
    }
    if (v->first) new_line(b, indented, depth);
    buf_byte(b, object ? '}' : ']');
}

void view_json(const View *view, Buf *b, bool indented)
{
    json_value(view, b, indented, 0);
    buf_byte(b, '\n');
}
