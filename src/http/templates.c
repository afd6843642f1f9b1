/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/templates.h"

#include "core/disk.h"
#include "http/embedded.h"

#include <stdlib.h>
#include <string.h>

typedef struct Entry {
    Str room, page;
    Template *template;
} Entry;

struct Templates {
    Entry *entries; /* by room, then page */
    int count;
    Str overrides, dev;
};

static int by_name(const void *one, const void *other)
{
    const Entry *e = one, *f = other;
    int order = str_compare(e->room, f->room);
    return order ? order : str_compare(e->page, f->page);
}

static const Entry *find(const Templates *t, Str room, Str page)
{
    Entry wanted = {.room = room, .page = page};
    return t->count ? bsearch(&wanted, t->entries, (size_t)t->count, sizeof *t->entries, by_name) : NULL;
}

/* "http/field" says its room; "field" is the page's room's, or http's. In that order, so that a room can have a field of its own. */
static int places(Str room, Str partial, Entry ret_places[2])
{
    Str head, tail;
    if (str_cut(partial, '/', &head, &tail)) {
        ret_places[0] = (Entry){.room = head, .page = tail};
        return 1;
    }
    ret_places[0] = (Entry){.room = room, .page = partial};
    ret_places[1] = (Entry){.room = S("http"), .page = partial};
    return 2;
}

/* ---- reading and checking ---- */

static Str override_path(const Templates *t, Arena *a, Str room, Str page)
{
    return str_format(a, "%.*s/%.*s/%.*s.html", STR_ARG(t->overrides), STR_ARG(room), STR_ARG(page));
}

static Str source_path(const Templates *t, Arena *a, Str room, Str page)
{
    return str_format(a, "%.*s/src/%.*s/pages/%.*s.html", STR_ARG(t->dev), STR_ARG(room), STR_ARG(page));
}

NODISCARD static Err parse(Arena *a, Str name, Str text, Template **ret_template, Fault *fault)
{
    return mustache_parse(a, text, &(MustacheOptions){.name = name, .pages = true}, ret_template, fault);
}

NODISCARD static Err parse_file(Arena *a, Str path, Template **ret_template, Fault *fault)
{
    Str text;
    Err e = disk_read(a, path, MUSTACHE_TEXT_MAX, &text, fault);
    return e ? e : parse(a, path, text, ret_template, fault);
}

NODISCARD static Err take_embedded(Templates *t, Arena *a, Fault *fault)
{
    t->entries = arena_new(a, Entry, (size_t)embedded_page_count);
    for (int k = 0; k < embedded_page_count; k++) {
        Entry *entry = &t->entries[t->count++];
        str_cut(embedded_pages[k].name, '/', &entry->room, &entry->page);
        Str name = str_format(a, "src/%.*s/pages/%.*s.html", STR_ARG(entry->room), STR_ARG(entry->page));
        Err e = parse(a, name, embedded_pages[k].text, &entry->template, fault);
        if (e) return e;
    }
    if (t->count) qsort(t->entries, (size_t)t->count, sizeof *t->entries, by_name);
    return ERR_OK;
}

NODISCARD static Err unknown_override(Arena *a, Fault *fault, Str path)
{
    fault->file = str_copy(a, path);
    return fault_set(
        fault, ERR_INPUT, 0, 0, S("the name of a template of this version, as ROOM/PAGE.html (docs/templates.md)"), S("this one"));
}

NODISCARD static Err take_override(Templates *t, Arena *a, Str room, Str file, Fault *fault)
{
    Str path = str_format(a, "%.*s/%.*s/%.*s", STR_ARG(t->overrides), STR_ARG(room), STR_ARG(file));
    if (!str_ends(file, S(".html"))) return unknown_override(a, fault, path);
    const Entry *known = find(t, room, str_slice(file, 0, file.len - 5));
    if (!known) return unknown_override(a, fault, path);
    return parse_file(a, path, &t->entries[known - t->entries].template, fault);
}

NODISCARD static Err take_override_room(Templates *t, Arena *a, Str room, Fault *fault)
{
    DiskEntry *files;
    int count = 0;
    Err e = disk_list(a, str_format(a, "%.*s/%.*s", STR_ARG(t->overrides), STR_ARG(room)), &files, &count, fault);
    for (int k = 0; k < count && !e; k++) e = take_override(t, a, room, files[k].name, fault);
    return e;
}

NODISCARD static Err take_overrides(Templates *t, Arena *a, Fault *fault)
{
    DiskEntry *rooms;
    int count = 0;
    Err e = disk_list(a, t->overrides, &rooms, &count, fault);
    for (int k = 0; k < count && !e; k++) {
        if (str_equal(rooms[k].name, S("static"))) continue;
        if (rooms[k].folder) e = take_override_room(t, a, rooms[k].name, fault);
        else e = unknown_override(a, fault, str_format(a, "%.*s/%.*s", STR_ARG(t->overrides), STR_ARG(rooms[k].name)));
    }
    return e;
}

static bool has_partial(const Templates *t, Str room, Str partial)
{
    Entry at[2];
    int count = places(room, partial, at);
    for (int k = 0; k < count; k++)
        if (find(t, at[k].room, at[k].page)) return true;
    return false;
}

NODISCARD static Err check_partials(const Templates *t, Arena *a, Fault *fault)
{
    for (int k = 0; k < t->count; k++) {
        const Entry *entry = &t->entries[k];
        Str *names = NULL;
        int count = mustache_partials(entry->template, a, &names);
        for (int n = 0; n < count; n++) {
            if (has_partial(t, entry->room, names[n])) continue;
            fault->file = str_format(a, "%.*s/%.*s.html", STR_ARG(entry->room), STR_ARG(entry->page));
            return fault_set(fault, ERR_INPUT, 0, 0, S("partials that are templates of its room or of http"), fault_quote(a, names[n]));
        }
    }
    return ERR_OK;
}

Err templates_open(Arena *a, const TemplatesOptions *options, Templates **ret_templates, Fault *fault)
{
    Templates *t = arena_new(a, Templates, 1);
    *t = (Templates){.overrides = str_copy(a, options->overrides), .dev = str_copy(a, options->dev)};
    Err e = take_embedded(t, a, fault);
    if (!e && t->overrides.len) e = take_overrides(t, a, fault);
    if (!e) e = check_partials(t, a, fault);
    if (e) return e;
    *ret_templates = t;
    return ERR_OK;
}

/* ---- rendering ---- */

/* One use of a page. With `dev`, what it read from the disk, so that a row's partial is not read for every row. */
typedef struct Use {
    const Templates *t;
    Arena *a;
    Str room;
    Entry *read;
    int read_count;
    Err err;
    Fault *fault;
} Use;

static void remember(Use *u, Entry entry)
{
    u->read = arena_grow(u->a, Entry, u->read, (size_t)u->read_count, (size_t)u->read_count + 1);
    u->read[u->read_count++] = entry;
}

/* The operator's file, or the source tree's; NULL when there is neither, or with u->err when it cannot be used. */
static const Template *read_now(Use *u, Str room, Str page)
{
    for (int k = 0; k < u->read_count; k++)
        if (str_equal(u->read[k].room, room) && str_equal(u->read[k].page, page)) return u->read[k].template;
    Entry entry = {.room = room, .page = page};
    Err e = ERR_MISSING;
    if (u->t->overrides.len) e = parse_file(u->a, override_path(u->t, u->a, room, page), &entry.template, u->fault);
    if (e == ERR_MISSING) e = parse_file(u->a, source_path(u->t, u->a, room, page), &entry.template, u->fault);
    if (e == ERR_MISSING) *u->fault = (Fault){0};
    else u->err = e;
    if (!u->err) remember(u, entry);
    return entry.template;
}

static const Template *template_of(Use *u, Str room, Str page)
{
    if (u->t->dev.len) return u->err ? NULL : read_now(u, room, page);
    const Entry *entry = find(u->t, room, page);
    return entry ? entry->template : NULL;
}

static const Template *partial_of(void *context, Str name)
{
    Use *u = context;
    Entry at[2];
    int count = places(u->room, name, at);
    for (int k = 0; k < count; k++) {
        const Template *found = template_of(u, at[k].room, at[k].page);
        if (found) return found;
    }
    if (u->t->dev.len && !u->err) u->err = fault_set(u->fault, ERR_INPUT, 0, 0, S("a partial that exists"), fault_quote(u->a, name));
    return NULL;
}

NODISCARD static Err render(Use *u, Str room, Str page, const View *const *views, int view_count, Buf *out)
{
    const Template *t = template_of(u, room, page);
    if (u->err) return u->err;
    if (!t && u->t->dev.len) return fault_set(u->fault, ERR_INPUT, 0, 0, S("a template that exists"), fault_quote(u->a, page));
    ASSERT(t); /* the site asked templates_has */
    Err e = mustache_render(t, views, view_count, partial_of, u, out);
    if (e) return fault_set(u->fault, e, 0, 0, S("a page of bounded size"), fault_quote(u->a, page));
    return u->err;
}

bool templates_has(const Templates *t, Str room, Str page)
{
    Arena scratch;
    if (!t->dev.len) return find(t, room, page) != NULL;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Fault fault = {0};
    Str text;
    Err e = disk_read(&scratch, source_path(t, &scratch, room, page), MUSTACHE_TEXT_MAX, &text, &fault);
    arena_clear(&scratch);
    return !e;
}

Err templates_part(const Templates *t, Arena *a, Str room, Str page, const View *const *views, int view_count, Str *ret_html, Fault *fault)
{
    Use u = {.t = t, .a = a, .room = room, .fault = fault};
    Buf out = buf_new(a);
    Err e = render(&u, room, page, views, view_count, &out);
    if (e) return e;
    *ret_html = buf_done(&out);
    return ERR_OK;
}

Err templates_page(const Templates *t, Arena *a, Str room, Str page, const View *const *views, int view_count, Str *ret_html, Fault *fault)
{
    Use u = {.t = t, .a = a, .room = room, .fault = fault};
    Html content = html_new(a); /* of templates, which escape: the one place besides markup.c that fills an Html */
    Buf out = buf_new(a);
    const View *within[MUSTACHE_VIEWS_MAX];
    ASSERT(view_count < MUSTACHE_VIEWS_MAX);
    Err e = render(&u, room, page, views, view_count, &content.bytes);
    if (e) return e;
    View *around = view_object(a);
    view_put_html(around, S("content"), &content);
    memcpy(within, views, (size_t)view_count * sizeof(View *));
    within[view_count] = around;
    e = render(&u, S("http"), S("layout"), within, view_count + 1, &out);
    if (e) return e;
    *ret_html = buf_done(&out);
    return ERR_OK;
}
