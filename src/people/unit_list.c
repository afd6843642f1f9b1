/* unit_list.c: a list of units read from CSV and put into an order in which it can be added.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/text.h"
#include "people/unit.h"

#include <stdlib.h>
#include <string.h>

enum { UNITS_MOST = 50000, CELLS_MOST = 64 };

typedef enum UnitColumn { UNIT_SLUG, UNIT_NAME, UNIT_KIND, UNIT_ABOVE, UNIT_COLUMN__COUNT } UnitColumn;
static const char *const column_names[UNIT_COLUMN__COUNT] = {"slug", "name", "kind", "above"};

typedef struct Reading {
    Arena *a;
    Str rest;
    int64_t line; /* of the next row */
    char separator;
    int columns[UNIT_COLUMN__COUNT]; /* which cell; -1: none */
    Fault *fault;
} Reading;

/* ---- rows ---- */

static NODISCARD Err wrong(const Reading *r, int64_t line, int64_t column, const char *expected, Str found)
{
    return fault_set(r->fault, ERR_INPUT, line, column, str_from_c(expected), found.len ? fault_quote(r->a, found) : S("none"));
}

/* A quoted cell, from behind its first quote; "" is a quote. */
static NODISCARD Err quoted(Reading *r, Str *ret_cell)
{
    int64_t begun = r->line;
    Buf b = buf_new(r->a);
    while (r->rest.len) {
        char c = r->rest.ptr[0];
        r->rest = str_slice(r->rest, 1, r->rest.len);
        if (c == '\n') r->line++;
        if (c != '"') {
            buf_byte(&b, c);
        } else if (r->rest.len && r->rest.ptr[0] == '"') {
            buf_byte(&b, '"');
            r->rest = str_slice(r->rest, 1, r->rest.len);
        } else {
            *ret_cell = buf_done(&b);
            return ERR_OK;
        }
    }
    return fault_set(r->fault, ERR_INPUT, begun, 0, S("a quote (\") that ends what another began"), S("the end of the file"));
}

static NODISCARD Err cell(Reading *r, Str *ret_cell)
{
    if (r->rest.len && r->rest.ptr[0] == '"') {
        r->rest = str_slice(r->rest, 1, r->rest.len);
        return quoted(r, ret_cell);
    }
    size_t end = 0;
    while (end < r->rest.len && r->rest.ptr[end] != r->separator && r->rest.ptr[end] != '\n') end++;
    *ret_cell = str_trim(str_slice(r->rest, 0, end));
    r->rest = str_slice(r->rest, end, r->rest.len);
    return ERR_OK;
}

static NODISCARD Err row(Reading *r, Str cells[CELLS_MOST], int *ret_count)
{
    int64_t line = r->line;
    for (int count = 0; count < CELLS_MOST;) {
        Err e = cell(r, &cells[count]);
        if (e) return e;
        *ret_count = ++count;
        r->rest = str_starts(r->rest, S("\r")) ? str_slice(r->rest, 1, r->rest.len) : r->rest;
        bool more = r->rest.len && r->rest.ptr[0] == r->separator;
        if (!more && r->rest.len && r->rest.ptr[0] != '\n') return wrong(r, line, count, "nothing behind a closing quote", r->rest);
        r->line += !more;
        r->rest = str_slice(r->rest, r->rest.len > 0, r->rest.len);
        if (!more) return ERR_OK;
    }
    return fault_set(r->fault, ERR_INPUT, line, CELLS_MOST, S("at most 64 cells in a row"), S("more"));
}

/* ---- the header ---- */

static char separator_of(Str text)
{
    size_t end = str_find(text, '\n');
    Str first = str_slice(text, 0, end);
    if (str_find(first, ',') < first.len) return ',';
    if (str_find(first, ';') < first.len) return ';';
    return '\t';
}

/* "'slug', 'kind'": all of it, for whoever wonders which file she took. */
static Str found_instead(Arena *a, const Str *cells, int count)
{
    enum { SHOWN = 6 };
    Buf b = buf_new(a);
    if (count == 1 && !cells[0].len) return S("an empty one");
    for (int k = 0; k < count && k < SHOWN; k++) {
        Str quoted_cell = fault_quote(a, cells[k]);
        buf_format(&b, "%s%.*s", k ? ", " : "", STR_ARG(quoted_cell));
    }
    if (count > SHOWN) buf_str(&b, S(", ..."));
    return buf_done(&b);
}

static NODISCARD Err header(Reading *r)
{
    Str cells[CELLS_MOST] = {{0}};
    int count = 0;
    for (int i = 0; i < UNIT_COLUMN__COUNT; i++) r->columns[i] = -1;
    Err e = row(r, cells, &count);
    if (e) return e;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < UNIT_COLUMN__COUNT; i++)
            if (str_equal_nocase(cells[k], str_from_c(column_names[i]))) r->columns[i] = k;
    if (r->columns[UNIT_NAME] < 0)
        return fault_set(
            r->fault, ERR_INPUT, 1, 0, S("a first row with the column 'name' (and slug, kind, above)"), found_instead(r->a, cells, count));
    return ERR_OK;
}

/* ---- units ---- */

static Str value(const Reading *r, const Str *cells, int count, UnitColumn column)
{
    int at = r->columns[column];
    return at >= 0 && at < count ? str_trim(cells[at]) : S("");
}

static NODISCARD Err one(Reading *r, const Str *cells, int count, int64_t line, Unit *ret_unit)
{
    const char *expected;
    Unit u = {
        .slug = value(r, cells, count, UNIT_SLUG), .kind = value(r, cells, count, UNIT_KIND), .above = value(r, cells, count, UNIT_ABOVE)};
    Str name = value(r, cells, count, UNIT_NAME);
    if (!text_name(r->a, name, &u.name, &expected)) return wrong(r, line, r->columns[UNIT_NAME] + 1, expected, name);
    if (!u.kind.len) u.kind = S("other");
    if (!u.slug.len) u.slug = text_slug(r->a, u.name);
    if (!u.slug.len) return wrong(r, line, r->columns[UNIT_NAME] + 1, "a slug, as none can be made of this name", u.name);
    *ret_unit = u;
    return ERR_OK;
}

static NODISCARD Err rows(Reading *r, UnitList *list)
{
    Str cells[CELLS_MOST] = {{0}};
    size_t capacity = 0;
    while (r->rest.len) {
        int64_t line = r->line;
        int count = 0;
        Err e = row(r, cells, &count);
        if (e) return e;
        if (count == 1 && !cells[0].len) continue; /* an empty line */
        if (list->count == UNITS_MOST) return fault_set(r->fault, ERR_LIMIT, line, 0, S("at most 50,000 units"), S("more"));
        if ((size_t)list->count == capacity) {
            size_t more = capacity ? capacity * 2 : 64;
            list->units = arena_grow(r->a, Unit, list->units, capacity, more);
            list->lines = arena_grow(r->a, int64_t, list->lines, capacity, more);
            capacity = more;
        }
        e = one(r, cells, count, line, &list->units[list->count]);
        if (e) return e;
        list->lines[list->count++] = line;
    }
    return ERR_OK;
}

/* ---- the order: what stands above comes first ---- */

typedef struct Entry {
    Str slug;
    int at;
} Entry;

static int by_slug(const void *one_entry, const void *other)
{
    const Entry *e = one_entry, *f = other;
    int order = str_compare(e->slug, f->slug);
    return order ? order : (e->at > f->at) - (e->at < f->at);
}

static int find_entry(const Entry *entries, int count, Str slug)
{
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (str_compare(entries[middle].slug, slug) < 0) low = middle + 1;
        else high = middle;
    }
    return low < count && str_equal(entries[low].slug, slug) ? entries[low].at : -1;
}

/* How many steps below the topmost of the list; -1: it stands below itself. */
static int depth_in(const int *above, int at)
{
    int depth = 0;
    while (above[at] >= 0) {
        at = above[at];
        depth++;
        if (depth > UNIT_DEPTH_MAX) return -1;
    }
    return depth;
}

static NODISCARD Err find_above(Reading *r, const UnitList *list, int *above)
{
    Entry *entries = arena_new(r->a, Entry, (size_t)list->count + 1);
    for (int i = 0; i < list->count; i++) entries[i] = (Entry){list->units[i].slug, i};
    qsort(entries, (size_t)list->count, sizeof *entries, by_slug);
    for (int i = 1; i < list->count; i++)
        if (str_equal(entries[i - 1].slug, entries[i].slug))
            return wrong(r, list->lines[entries[i].at], 0, "a slug that no line before it has", entries[i].slug);
    for (int i = 0; i < list->count; i++) above[i] = list->units[i].above.len ? find_entry(entries, list->count, list->units[i].above) : -1;
    return ERR_OK;
}

static NODISCARD Err put_in_order(Reading *r, UnitList *list)
{
    int *above = arena_new(r->a, int, (size_t)list->count + 1), *depths = arena_new(r->a, int, (size_t)list->count + 1);
    UnitList sorted = {.units = arena_new(r->a, Unit, (size_t)list->count + 1), .lines = arena_new(r->a, int64_t, (size_t)list->count + 1)};
    Err e = find_above(r, list, above);
    if (e) return e;
    for (int i = 0; i < list->count; i++) {
        depths[i] = depth_in(above, i);
        if (depths[i] < 0)
            return wrong(r, list->lines[i], 0, "a unit that does not stand below itself, at most 12 levels deep", list->units[i].slug);
    }
    for (int depth = 0; depth <= UNIT_DEPTH_MAX; depth++)
        for (int i = 0; i < list->count; i++) {
            if (depths[i] != depth) continue;
            sorted.units[sorted.count] = list->units[i];
            sorted.lines[sorted.count++] = list->lines[i];
        }
    *list = sorted;
    return ERR_OK;
}

Err unit_list_read(Arena *a, Str text, UnitList *ret_list, Fault *fault)
{
    if (str_starts(text, S("\xef\xbb\xbf"))) text = str_slice(text, 3, text.len);
    Reading r = {.a = a, .rest = text, .line = 1, .separator = separator_of(text), .fault = fault};
    UnitList list = {0};
    Err e = header(&r);
    if (!e) e = rows(&r, &list);
    if (!e) e = put_in_order(&r, &list);
    if (!e) *ret_list = list;
    return e;
}
