/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/view.h"

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

void view_add(View *array, View *value)
{
    ASSERT(array->kind == VIEW_ARRAY);
    append(array, value);
}

void view_put_html(View *object, Str key, const Html *html)
{
    Buf b = buf_new(object->arena);
    html_out(html, &b);
    put(object, key, VIEW_HTML)->str = buf_done(&b);
}

View *view_copy(Arena *a, const View *view)
{
    View *copy = view_new(a, view->kind);
    copy->key = view->key;
    copy->str = view->str;
    copy->number = view->number;
    for (const View *child = view->first; child; child = child->next) append(copy, view_copy(a, child));
    return copy;
}

/* ---- reading ---- */

ViewKind view_kind(const View *view)
{
    return view->kind;
}

const View *view_get(const View *object, Str key)
{
    if (object->kind != VIEW_OBJECT) return NULL;
    for (const View *child = object->first; child; child = child->next)
        if (str_equal(child->key, key)) return child;
    return NULL;
}

const View *view_first(const View *parent)
{
    return parent->first;
}

const View *view_next(const View *child)
{
    return child->next;
}

Str view_key(const View *child)
{
    return child->key;
}

Str view_str(const View *view)
{
    ASSERT(view->kind == VIEW_STR || view->kind == VIEW_HTML);
    return view->str;
}

int64_t view_i64(const View *view)
{
    ASSERT(view->kind == VIEW_I64 || view->kind == VIEW_BOOL);
    return view->number;
}

/* ---- as bytes: a kind, then what it needs. Lengths and numbers are LEB128, numbers zigzag; a child of an object has its key before it ---- */

static const Str pack_mark = S("view1\n");
enum { PACK_DEPTH_MAX = 64, PACK_END = 0xFF };

/* An object's keys are compared with each other: without a bound, a megabyte of them from a stranger would take minutes. */
enum { PACK_KEYS_MAX = 256 };

static void pack_number(Buf *b, uint64_t n)
{
    for (; n >= 0x80; n >>= 7) buf_byte(b, (char)(n | 0x80));
    buf_byte(b, (char)n);
}

static void pack_text(Buf *b, Str s)
{
    pack_number(b, s.len);
    buf_str(b, s);
}

static void pack_value(const View *v, Buf *b, int depth)
{
    ASSERT(depth < PACK_DEPTH_MAX);
    buf_byte(b, (char)v->kind);
    switch (v->kind) {
    case VIEW_NULL: return;
    case VIEW_BOOL:
    case VIEW_I64: pack_number(b, ((uint64_t)v->number << 1) ^ (v->number < 0 ? UINT64_MAX : 0)); return;
    case VIEW_STR:
    case VIEW_HTML: pack_text(b, v->str); return;
    case VIEW_ARRAY:
    case VIEW_OBJECT: break;
    }
    int keys = 0;
    for (const View *child = v->first; child; child = child->next) {
        if (v->kind == VIEW_OBJECT) {
            ASSERT(++keys <= PACK_KEYS_MAX);
            buf_byte(b, 0);
            pack_text(b, child->key);
        }
        pack_value(child, b, depth + 1);
    }
    buf_byte(b, (char)PACK_END);
}

void view_pack(const View *view, Buf *b)
{
    buf_str(b, pack_mark);
    pack_value(view, b, 0);
}

typedef struct Unpack {
    Arena *a;
    Str rest;
} Unpack;

static bool unpack_byte(Unpack *u, uint8_t *ret_byte)
{
    if (!u->rest.len) return false;
    *ret_byte = (uint8_t)u->rest.ptr[0];
    u->rest = str_slice(u->rest, 1, u->rest.len);
    return true;
}

static bool unpack_number(Unpack *u, uint64_t *ret_number)
{
    *ret_number = 0;
    uint8_t byte = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (!unpack_byte(u, &byte)) return false;
        if (shift == 63 && byte > 1) return false;
        *ret_number |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}

static bool unpack_text(Unpack *u, Str *ret_text)
{
    uint64_t len = 0;
    if (!unpack_number(u, &len) || len > u->rest.len) return false;
    *ret_text = str_slice(u->rest, 0, (size_t)len);
    u->rest = str_slice(u->rest, (size_t)len, u->rest.len);
    return true;
}

static bool unpack_value(Unpack *u, uint8_t kind, int depth, View **ret_view);

static bool unpack_children(Unpack *u, View *parent, int depth)
{
    int keys = 0;
    for (uint8_t byte = 0;;) {
        View *child = NULL;
        Str key = {0};
        if (!unpack_byte(u, &byte)) return false;
        if (byte == PACK_END) return true;
        if (parent->kind == VIEW_OBJECT) {
            if (byte != 0 || ++keys > PACK_KEYS_MAX || !unpack_text(u, &key) || view_get(parent, key) || !unpack_byte(u, &byte))
                return false;
        }
        if (!unpack_value(u, byte, depth + 1, &child)) return false;
        child->key = key;
        append(parent, child);
    }
}

static bool unpack_value(Unpack *u, uint8_t kind, int depth, View **ret_view)
{
    if (depth >= PACK_DEPTH_MAX || kind > VIEW_OBJECT) return false;
    View *v = *ret_view = view_new(u->a, (ViewKind)kind);
    uint64_t number = 0;
    switch (v->kind) {
    case VIEW_NULL: return true;
    case VIEW_BOOL:
    case VIEW_I64:
        if (!unpack_number(u, &number)) return false;
        v->number = (int64_t)((number >> 1) ^ (0 - (number & 1)));
        return v->kind == VIEW_I64 || v->number == 0 || v->number == 1;
    case VIEW_STR:
    case VIEW_HTML: return unpack_text(u, &v->str);
    case VIEW_ARRAY:
    case VIEW_OBJECT: return unpack_children(u, v, depth);
    }
    return false;
}

Err view_unpack(Arena *a, Str bytes, View **ret_view)
{
    Unpack u = {.a = a, .rest = bytes};
    if (!str_starts(bytes, pack_mark)) return ERR_INPUT;
    u.rest = str_slice(bytes, pack_mark.len, bytes.len);
    uint8_t kind = 0;
    View *view = NULL;
    if (!unpack_byte(&u, &kind) || !unpack_value(&u, kind, 0, &view) || u.rest.len) return ERR_INPUT;
    *ret_view = view;
    return ERR_OK;
}

/* ---- JSON ---- */

/* Bytes of plain ASCII from `at` on, which stand for themselves. */
static size_t plain_run(Str s, size_t at)
{
    size_t end = at;
    while (end < s.len && s.ptr[end] >= 0x20 && s.ptr[end] < 0x7F && s.ptr[end] != '"' && s.ptr[end] != '\\') end++;
    return end - at;
}

void view_json_text(Buf *b, Str s)
{
    buf_byte(b, '"');
    for (size_t i = 0, n; i < s.len; i += n ? n : 1) {
        n = plain_run(s, i);
        if (n) {
            buf_str(b, str_slice(s, i, i + n));
            continue;
        }
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
    case VIEW_STR:
    case VIEW_HTML: view_json_text(b, v->str); return;
    case VIEW_ARRAY:
    case VIEW_OBJECT: break;
    }
    bool object = v->kind == VIEW_OBJECT;
    buf_byte(b, object ? '{' : '[');
    for (const View *child = v->first; child; child = child->next) {
        if (child != v->first) buf_byte(b, ',');
        new_line(b, indented, depth + 1);
        if (object) {
            view_json_text(b, child->key);
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
