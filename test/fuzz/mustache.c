/* Any template with any view: it ends, twice the same, and nothing of the view becomes markup. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * An input: '1' for pages or anything else, then template, partial and packed view, each ended by a zero byte but the last.
 */
#include "http/mustache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTIALS_MOST = 100 };

typedef struct Partial {
    const Template *template;
    int left;
} Partial;

static const Template *partial(void *context, Str name)
{
    Partial *p = context;
    return name.len && p->left-- > 0 ? p->template : NULL;
}

static Template *parsed(Arena *a, Str text, bool pages)
{
    Template *t = NULL;
    Fault fault = {0};
    Err e = mustache_parse(a, text, &(MustacheOptions){.name = S("t"), .pages = pages}, &t, &fault);
    ASSERT(e ? fault.err == e && fault.line >= 1 && fault.column >= 1 && fault.expected.len : t != NULL);
    return t;
}

static bool holds_markup(const View *v)
{
    if (view_kind(v) == VIEW_HTML) return true;
    for (const View *child = view_first(v); child; child = view_next(child))
        if (holds_markup(child)) return true;
    return false;
}

static View *any_view(Arena *a, Str packed)
{
    View *v = NULL;
    Buf bytes = buf_new(a);
    buf_str(&bytes, S("view1\n"));
    buf_str(&bytes, packed);
    if (view_unpack(a, buf_done(&bytes), &v) == ERR_OK) return v;
    v = view_object(a);
    view_put_str(v, S("a"), S("<'\">&{{b}}"));
    View *list = view_put_array(v, S("b"));
    view_add_i64(list, -1);
    view_put_bool(view_add_object(list), S("a"), true);
    return v;
}

static Err rendered(Arena *a, const Template *t, const Template *p, const View *v, Str *ret_text)
{
    Buf out = buf_new(a);
    Err e = mustache_render(t, &v, 1, partial, &(Partial){p, PARTIALS_MOST}, &out);
    ASSERT(!e || e == ERR_LIMIT);
    *ret_text = buf_done(&out);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str rest = {(const char *)data, size}, text, partial_text;
    if (size < 1 || size > 4096) return 0;
    bool pages = data[0] == '1';
    str_cut(str_slice(rest, 1, size), '\0', &text, &rest);
    str_cut(rest, '\0', &partial_text, &rest);
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    const Template *t = parsed(&a, text, pages), *p = parsed(&a, partial_text, pages);
    Str *names;
    if (t) ASSERT(mustache_partials(t, &a, &names) <= (int)text.len);
    if (t) {
        const View *v = any_view(&a, rest);
        Str once, again;
        Err e = rendered(&a, t, p, v, &once);
        ASSERT(rendered(&a, t, p, v, &again) == e && str_equal(once, again));
        bool own_markup = str_find(text, '<') < text.len || str_find(partial_text, '<') < partial_text.len;
        if (pages && !own_markup && !holds_markup(v)) ASSERT(str_find(once, '<') == once.len);
    }
    arena_clear(&a);
    return 0;
}
