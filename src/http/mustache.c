/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A template is parsed into a tree of nodes: text, values, sections, partials. A tag other than a value that stands alone on its line takes the line with it
 * (its indentation too, which for a partial is put before every line of that partial). Since partials are parsed without knowing their indentation,
 * nodes remember whether they begin a line of the source, and the indentation is written there.
 */
#include "http/mustache.h"

#include <string.h>

typedef enum NodeKind { NODE_TEXT, NODE_VALUE, NODE_SECTION, NODE_INVERTED, NODE_PARTIAL } NodeKind;

typedef struct Node Node;
struct Node {
    Node *next;
    Node *first;      /* of a section: what is in it */
    Str text;         /* the text; the name as it is written */
    const Str *names; /* of a value or section: "a.b" is a, then b in it; none: "." */
    int name_count;
    NodeKind kind;
    bool raw;         /* of a value: not escaped */
    bool begins_line; /* nothing of the source stands before it on its line */
    bool alone;       /* of a partial: on its line */
    Str indent;       /* of a partial that stands alone */
};

struct Template {
    const Node *first;
};

/* ---- parsing ---- */

typedef struct Open {
    Node *section; /* NULL: the template itself */
    Node **end;    /* where the next node is hung up */
    size_t at;
} Open;

typedef struct Parser {
    Arena *a;
    const MustacheOptions *options;
    Fault *fault;
    Str text;
    size_t at;
    Str opener, closer;
    bool line_begins;
    Open open[MUSTACHE_DEPTH_MAX + 1];
    int depth;
} Parser;

typedef struct Tag {
    char sigil; /* 0: a value */
    Str content;
    size_t from, to; /* with its delimiters */
    bool alone;      /* on its line */
    size_t line_from, line_to;
} Tag;

NODISCARD static Err mistake(Parser *p, size_t at, const char *expected)
{
    int64_t line = 1;
    size_t line_from = 0;
    for (size_t i = 0; i < at; i++) {
        if (p->text.ptr[i] != '\n') continue;
        line++;
        line_from = i + 1;
    }
    Str rest = str_slice(p->text, at, p->text.len);
    Str shown = str_slice(rest, 0, str_find(rest, '\n'));
    p->fault->file = p->options->name;
    return fault_set(p->fault, ERR_INPUT, line, (int64_t)(at - line_from) + 1, str_from_c(expected),
        shown.len ? fault_quote(p->a, shown) : S("the end of the line"));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

static Str trim(Str s)
{
    while (s.len && is_space(s.ptr[0])) s = str_slice(s, 1, s.len);
    while (s.len && is_space(s.ptr[s.len - 1])) s.len--;
    return s;
}

/* Where `needle` stands first at or after `from`; the text's length when it is nowhere. */
static size_t find(Str text, Str needle, size_t from)
{
    if (from > text.len) return text.len;
    const char *at = memmem(text.ptr + from, text.len - from, needle.ptr, needle.len);
    return at ? (size_t)(at - text.ptr) : text.len;
}

static Node *add_node(Parser *p, NodeKind kind, Str text)
{
    Node *n = arena_new(p->a, Node, 1);
    *n = (Node){.kind = kind, .text = text, .begins_line = p->line_begins};
    p->line_begins = false;
    *p->open[p->depth].end = n;
    p->open[p->depth].end = &n->next;
    return n;
}

static void add_text(Parser *p, size_t from, size_t to)
{
    if (from == to) return;
    add_node(p, NODE_TEXT, str_slice(p->text, from, to));
    p->line_begins = p->text.ptr[to - 1] == '\n';
}

static bool is_page_name(Str name, bool partial)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!word && !(partial ? c == '-' || c == '/' : c == '.')) return false;
    }
    return name.len > 0;
}

/* A name, or several with dots between them, or "." alone. */
NODISCARD static Err check_name(Parser *p, const Tag *tag)
{
    Str name = tag->content;
    if (name.len == 0) return mistake(p, tag->from, "a name in the tag");
    for (size_t i = 0; i < name.len; i++)
        if (is_space(name.ptr[i])) return mistake(p, tag->from, "a name without blanks in the tag");
    if (p->options->pages && !is_page_name(name, tag->sigil == '>'))
        return mistake(p, tag->from, "a name of letters, digits and '_' in the tag");
    return ERR_OK;
}

NODISCARD static Err set_names(Parser *p, const Tag *tag, Node *n)
{
    if (str_equal(tag->content, S("."))) return ERR_OK;
    int count = 1;
    for (size_t i = 0; i < tag->content.len; i++) count += tag->content.ptr[i] == '.';
    Str *names = arena_new(p->a, Str, (size_t)count);
    Str rest = tag->content;
    for (int k = 0; k < count; k++) {
        str_cut(rest, '.', &names[k], &rest);
        if (names[k].len == 0) return mistake(p, tag->from, "a name before and after each '.' in the tag");
    }
    n->names = names;
    n->name_count = count;
    return ERR_OK;
}

NODISCARD static Err set_delimiters(Parser *p, const Tag *tag)
{
    Str both = tag->content;
    size_t middle = 0;
    while (middle < both.len && !is_space(both.ptr[middle])) middle++;
    Str opener = str_slice(both, 0, middle), closer = trim(str_slice(both, middle, both.len));
    for (size_t i = 0; i < closer.len; i++)
        if (is_space(closer.ptr[i])) closer.len = 0;
    if (opener.len == 0 || closer.len == 0 || str_find(both, '=') < both.len)
        return mistake(p, tag->from, "two delimiters with a blank between them and no '='");
    p->opener = opener;
    p->closer = closer;
    return ERR_OK;
}

NODISCARD static Err open_section(Parser *p, const Tag *tag)
{
    if (p->depth == MUSTACHE_DEPTH_MAX) return mistake(p, tag->from, "fewer sections in one another (50 at most)");
    Node *n = add_node(p, tag->sigil == '#' ? NODE_SECTION : NODE_INVERTED, tag->content);
    if (tag->alone) n->begins_line = false; /* its line is taken away */
    p->open[++p->depth] = (Open){.section = n, .end = &n->first, .at = tag->from};
    return set_names(p, tag, n);
}

NODISCARD static Err close_section(Parser *p, const Tag *tag)
{
    if (p->depth == 0) return mistake(p, tag->from, "no end of a section here: none is open");
    if (!str_equal(p->open[p->depth].section->text, tag->content))
        return mistake(p, tag->from, str_c(p->a, str_format(p->a, "the end of section '%.*s'", STR_ARG(p->open[p->depth].section->text))));
    if (!tag->alone && p->line_begins) add_node(p, NODE_TEXT, (Str){0}); /* the line begins in the section, whose last line it is */
    p->depth--;
    return ERR_OK;
}

/* <a title={{name}}>: escaping does not help there, for a blank in the name ends the value and begins another attribute. */
static bool is_bare_attribute(const Parser *p, size_t at)
{
    const char *t = p->text.ptr;
    if (at == 0 || t[at - 1] != '=') return false;
    size_t from = at - 1;
    while (from > 0 && (((t[from - 1] | 0x20) >= 'a' && (t[from - 1] | 0x20) <= 'z') || t[from - 1] == '-')) from--;
    return from < at - 1 && from > 0 && is_space(t[from - 1]);
}

NODISCARD static Err add_value(Parser *p, const Tag *tag)
{
    bool raw = tag->sigil != 0;
    if (raw && p->options->pages) return mistake(p, tag->from, "a tag that escapes: raw ones are not for pages");
    if (p->options->pages && is_bare_attribute(p, tag->from))
        return mistake(p, tag->from, "quotation marks around the value of an attribute");
    Node *n = add_node(p, NODE_VALUE, tag->content);
    n->raw = raw;
    return set_names(p, tag, n);
}

static void add_partial(Parser *p, const Tag *tag)
{
    Node *n = add_node(p, NODE_PARTIAL, tag->content);
    if (!tag->alone) return;
    n->alone = true;
    n->begins_line = false; /* each line of the partial does */
    n->indent = str_slice(p->text, tag->line_from, tag->from);
}

NODISCARD static Err take_tag(Parser *p, const Tag *tag)
{
    if (tag->sigil == '!') return ERR_OK;
    if (tag->sigil == '=') return set_delimiters(p, tag);
    Err e = check_name(p, tag);
    if (e) return e;
    switch (tag->sigil) {
    case '#':
    case '^': return open_section(p, tag);
    case '/': return close_section(p, tag);
    case '>': add_partial(p, tag); return ERR_OK;
    default: return add_value(p, tag);
    }
}

/* A tag that shows nothing itself, with only blanks around it on its line, takes the whole line. */
static void find_line(const Parser *p, Tag *tag)
{
    Str t = p->text;
    if (tag->sigil == 0 || tag->sigil == '{' || tag->sigil == '&') return;
    size_t from = tag->from, to = tag->to;
    while (from > 0 && is_blank(t.ptr[from - 1])) from--;
    while (to < t.len && is_blank(t.ptr[to])) to++;
    if (to + 1 < t.len && t.ptr[to] == '\r' && t.ptr[to + 1] == '\n') to++;
    if (from > 0 && t.ptr[from - 1] != '\n') return;
    if (to < t.len && t.ptr[to] != '\n') return;
    tag->alone = true;
    tag->line_from = from;
    tag->line_to = to < t.len ? to + 1 : to;
}

/* The tag whose opener stands at `from`. */
NODISCARD static Err read_tag(Parser *p, size_t from, Tag *ret_tag)
{
    Tag tag = {.from = from};
    size_t inside = from + p->opener.len;
    Str closer = p->closer;
    char c = inside < p->text.len ? p->text.ptr[inside] : 0;
    if (c && strchr("#^/>!={&", c)) {
        tag.sigil = c;
        inside++;
    }
    if (c == '{') closer = str_format(p->a, "}%.*s", STR_ARG(closer));
    if (c == '=') closer = str_format(p->a, "=%.*s", STR_ARG(closer));
    size_t end = find(p->text, closer, inside);
    if (end == p->text.len) return mistake(p, from, str_c(p->a, str_format(p->a, "'%.*s' at the end of the tag", STR_ARG(closer))));
    tag.content = trim(str_slice(p->text, inside, end));
    tag.to = end + closer.len;
    find_line(p, &tag);
    *ret_tag = tag;
    return ERR_OK;
}

NODISCARD static Err parse_all(Parser *p)
{
    while (p->at < p->text.len) {
        Tag tag = {0};
        size_t from = find(p->text, p->opener, p->at);
        if (from == p->text.len) break;
        Err e = read_tag(p, from, &tag);
        if (e) return e;
        add_text(p, p->at, tag.alone ? tag.line_from : tag.from);
        e = take_tag(p, &tag);
        if (e) return e;
        p->at = tag.alone ? tag.line_to : tag.to;
        if (tag.alone) p->line_begins = true;
    }
    add_text(p, p->at, p->text.len);
    if (p->depth) return mistake(p, p->open[p->depth].at, "an end for every section");
    return ERR_OK;
}

Err mustache_parse(Arena *a, Str text, const MustacheOptions *options, Template **ret_template, Fault *fault)
{
    if (text.len > MUSTACHE_TEXT_MAX) {
        fault->file = options->name;
        return fault_set(fault, ERR_LIMIT, 0, 0, S("a template of at most 1 MiB"), (Str){0});
    }
    Node *first = NULL;
    Parser p = {.a = a, .options = options, .fault = fault, .text = text, .opener = S("{{"), .closer = S("}}"), .line_begins = true};
    p.open[0] = (Open){.end = &first};
    Err e = parse_all(&p);
    if (e) return e;
    Template *t = arena_new(a, Template, 1);
    t->first = first;
    *ret_template = t;
    return ERR_OK;
}

/* ---- rendering ---- */

/* The views that names are looked up in, innermost first. */
typedef struct Scope Scope;
struct Scope {
    const View *view;
    const Scope *outer;
};

typedef struct Render {
    Buf *out;
    size_t out_most;
    MustachePartial *partial;
    void *context;
    int64_t steps;
    int depth; /* of partials */
    Err err;
} Render;

/* The first name in the innermost view that has it; the others there and nowhere else. */
static const View *look_up(const Scope *scope, const Node *n)
{
    if (n->name_count == 0) return scope->view;
    const View *v = NULL;
    for (; scope && !v; scope = scope->outer) v = view_get(scope->view, n->names[0]);
    for (int k = 1; k < n->name_count && v; k++) v = view_get(v, n->names[k]);
    return v;
}

static bool is_there(const View *v)
{
    if (!v) return false;
    switch (view_kind(v)) {
    case VIEW_NULL: return false;
    case VIEW_BOOL: return view_i64(v) != 0;
    case VIEW_STR:
    case VIEW_HTML: return view_str(v).len > 0;
    case VIEW_ARRAY: return view_first(v) != NULL;
    case VIEW_I64:
    case VIEW_OBJECT: break;
    }
    return true;
}

static void render_value(Buf *out, const View *v, bool raw)
{
    if (!v) return;
    switch (view_kind(v)) {
    case VIEW_STR:
        if (raw) buf_str(out, view_str(v));
        else markup_escape(out, view_str(v));
        return;
    case VIEW_HTML: buf_str(out, view_str(v)); return;
    case VIEW_I64: buf_i64(out, view_i64(v)); return;
    case VIEW_BOOL: buf_str(out, view_i64(v) ? S("true") : S("false")); return;
    case VIEW_NULL:
    case VIEW_ARRAY:
    case VIEW_OBJECT: return;
    }
}

static void render_text(Buf *out, Str text, Str indent)
{
    if (indent.len == 0) {
        buf_str(out, text);
        return;
    }
    while (text.len) {
        size_t end = str_find(text, '\n');
        size_t taken = end < text.len ? end + 1 : end;
        buf_str(out, str_slice(text, 0, taken));
        text = str_slice(text, taken, text.len);
        if (text.len) buf_str(out, indent);
    }
}

static void render_nodes(Render *r, const Node *first, const Scope *scope, Str indent);

static void render_section(Render *r, const Node *n, const Scope *scope, Str indent)
{
    const View *v = look_up(scope, n);
    if (!is_there(v)) return;
    if (view_kind(v) != VIEW_ARRAY) {
        render_nodes(r, n->first, &(Scope){v, scope}, indent);
        return;
    }
    for (const View *item = view_first(v); item && !r->err; item = view_next(item))
        render_nodes(r, n->first, &(Scope){item, scope}, indent);
}

static void render_partial(Render *r, const Node *n, const Scope *scope, Str indent)
{
    const Template *t = r->partial ? r->partial(r->context, n->text) : NULL;
    if (!t) return;
    if (r->depth == MUSTACHE_DEPTH_MAX) {
        r->err = ERR_LIMIT;
        return;
    }
    Str inner = n->indent;
    if (n->alone && indent.len) inner = inner.len ? str_format(r->out->arena, "%.*s%.*s", STR_ARG(indent), STR_ARG(inner)) : indent;
    r->depth++;
    render_nodes(r, t->first, scope, inner);
    r->depth--;
}

static void render_node(Render *r, const Node *n, const Scope *scope, Str indent)
{
    if (n->begins_line) buf_str(r->out, indent);
    switch (n->kind) {
    case NODE_TEXT: render_text(r->out, n->text, indent); return;
    case NODE_VALUE: render_value(r->out, look_up(scope, n), n->raw); return;
    case NODE_SECTION: render_section(r, n, scope, indent); return;
    case NODE_INVERTED:
        if (!is_there(look_up(scope, n))) render_nodes(r, n->first, scope, indent);
        return;
    case NODE_PARTIAL: render_partial(r, n, scope, indent); return;
    }
}

static void render_nodes(Render *r, const Node *first, const Scope *scope, Str indent)
{
    for (const Node *n = first; n && !r->err; n = n->next) {
        render_node(r, n, scope, indent);
        if (++r->steps > MUSTACHE_STEPS_MAX || r->out->len > r->out_most) r->err = ERR_LIMIT;
    }
}

Err mustache_render(const Template *t, const View *const *views, int view_count, MustachePartial *partial, void *context, Buf *out)
{
    Scope scopes[MUSTACHE_VIEWS_MAX];
    ASSERT(view_count > 0 && view_count <= MUSTACHE_VIEWS_MAX);
    for (int k = 0; k < view_count; k++) scopes[k] = (Scope){views[k], k ? &scopes[k - 1] : NULL};
    Render r = {.out = out, .out_most = out->len + MUSTACHE_OUT_MAX, .partial = partial, .context = context};
    render_nodes(&r, t->first, &scopes[view_count - 1], (Str){0});
    return r.err;
}

/* ---- what it needs ---- */

static void gather_partials(const Node *first, Arena *a, Str **names, int *count, int *room)
{
    for (const Node *n = first; n; n = n->next) {
        gather_partials(n->first, a, names, count, room);
        bool known = n->kind != NODE_PARTIAL;
        for (int k = 0; k < *count && !known; k++) known = str_equal((*names)[k], n->text);
        if (known) continue;
        if (*count == *room) {
            *names = arena_grow(a, Str, *names, (size_t)*count, (size_t)*room * 2 + 8);
            *room = *room * 2 + 8;
        }
        (*names)[(*count)++] = n->text;
    }
}

int mustache_partials(const Template *t, Arena *a, Str **ret_names)
{
    int count = 0, room = 0;
    *ret_names = NULL;
    gather_partials(t->first, a, ret_names, &count, &room);
    return count;
}
