/* roster_read.c: a roster from a file, plain or gzip, with no server.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/roster.h"

#include "formats/file.h"
#include "formats/gunzip.h"
#include "people/table_own.h"
#include "people/text.h"

#include <unistd.h>

enum { PIECE = 256 * 1024, UNITS_MAX = 16 * 1024 * 1024 };

typedef struct Reading {
    const RosterFile *file;
    Roster *roster;
    Table *table;
    Arena scratch; /* for the row at hand */
    int64_t bad;
    Fault *fault;
} Reading;

/* ---- rows ---- */

/* Lists name a unit in their own way: "Leeds North East" and "leeds-north-east" are one. */
static void settle_unit(Arena *scratch, TableRow *row)
{
    Str slug = text_slug(scratch, row->values.of[COL_UNIT]);
    if (slug.len) row->values.of[COL_UNIT] = slug;
}

static Err read_rows(Reading *r)
{
    TableRow row;
    for (;;) {
        Err e = table_next(r->table, NULL, &row, r->fault);
        if (e) return e == ERR_MISSING ? ERR_OK : e;
        if (row.fault_count) {
            r->bad++;
            if (r->file->bad) r->file->bad(r->file->context, &row);
            continue;
        }
        arena_recycle(&r->scratch);
        settle_unit(&r->scratch, &row);
        roster_add(r->roster, &row);
    }
}

static Err take_bytes(void *reading, Str bytes)
{
    Reading *r = reading;
    Err e = table_feed(r->table, bytes, false, r->fault);
    return e ? e : read_rows(r);
}

/* ---- the file ---- */

static Err bad_gzip(const RosterFile *file, Arena *a, Str reason, Fault *fault)
{
    fault->file = file->path;
    return fault_set(fault, ERR_INPUT, 0, 0, S("a gzip file that can be unpacked"), str_copy(a, reason));
}

/* One piece, as much as fits: a pipe gives a file's first bytes one by one. *ret_len 0: the end. */
static NODISCARD Err read_piece(Reading *r, Arena *a, int fd, char *piece, size_t *ret_len)
{
    Err e = ERR_OK;
    size_t len = 0, n = 1;
    for (; !e && n && len < PIECE; len += n)
        if ((e = file_read_piece(a, fd, piece + len, PIECE - len, &n, r->fault)) != ERR_OK) r->fault->file = r->file->path;
    *ret_len = len;
    return e;
}

static Err read_pieces(Reading *r, Arena *a, int fd)
{
    char *piece = arena_new(a, char, PIECE);
    Gunzip *gunzip = NULL;
    Str reason = {0};
    Err e = ERR_OK;
    size_t len = 1;
    for (bool first = true; !e && len; first = false) {
        if ((e = read_piece(r, a, fd, piece, &len)) != ERR_OK) return e;
        Str bytes = {piece, len};
        if (first && gunzip_is_gzip(bytes)) gunzip = gunzip_open(a, take_bytes, r);
        if (gunzip && len) e = gunzip_feed(gunzip, bytes, &reason);
        else if (!gunzip && len) e = take_bytes(r, bytes);
    }
    if (!e && gunzip) e = gunzip_end(gunzip, &reason);
    if (e && reason.len) return bad_gzip(r->file, a, reason, r->fault);
    if (!e) e = table_feed(r->table, S(""), true, r->fault);
    return e ? e : read_rows(r);
}

/* ---- the units' own file: slug,name,kind,above ---- */

typedef struct UnitCells {
    int slug, name, kind, above; /* -1: it has no such column */
} UnitCells;

static Str cell_of(Arena *a, const Scan *s, const char *row, int cell)
{
    Str text;
    const char *expected;
    if (cell < 0 || cell >= s->count || cell >= TABLE_COLUMNS_MAX) return S("");
    return text_line(a, scan_text(a, row, &s->cells[cell], false), &text, &expected) ? str_trim(text) : S("");
}

static UnitCells unit_header(Arena *a, const Scan *s, const char *row)
{
    UnitCells cells = {-1, -1, -1, -1};
    for (int i = 0; i < s->count && i < TABLE_COLUMNS_MAX; i++) {
        Str name = cell_of(a, s, row, i);
        if (str_equal_nocase(name, S("slug"))) cells.slug = i;
        if (str_equal_nocase(name, S("name"))) cells.name = i;
        if (str_equal_nocase(name, S("kind"))) cells.kind = i;
        if (str_equal_nocase(name, S("above"))) cells.above = i;
    }
    return cells;
}

static Err add_unit(Roster *r, Arena *a, const UnitCells *cells, const Scan *s, const char *row, int64_t line, Fault *fault)
{
    Str slug = text_slug(a, cell_of(a, s, row, cells->slug)), above = text_slug(a, cell_of(a, s, row, cells->above));
    if (!slug.len) return fault_set(fault, ERR_INPUT, line, 1, S("a unit's slug"), S("none"));
    int at = roster_unit(r, slug), over = above.len ? roster_unit(r, above) : -1;
    RosterUnit *unit = &r->units[at];
    Str name = cell_of(a, s, row, cells->name);
    if (name.len) unit->name = roster_ref(r, name);
    unit->kind = roster_ref(r, cell_of(a, s, row, cells->kind));
    unit->above = over;
    for (int up = over, steps = 0; up >= 0; up = r->units[up].above)
        if (up == at || ++steps > r->unit_count)
            return fault_set(fault, ERR_INPUT, line, 1, S("units in a tree"), S("one that stands above itself"));
    return ERR_OK;
}

static Err read_units(const RosterFile *file, Arena *a, Roster *roster, Fault *fault)
{
    Str text;
    char separator;
    Scan *s = arena_new(a, Scan, 1);
    UnitCells cells = {-1, -1, -1, -1};
    Err e = file_read_all(a, str_c(a, file->units), UNITS_MAX, &text, fault);
    if (e) return e;
    fault->file = file->units;
    if (str_starts(text, S("\xef\xbb\xbf"))) text = str_slice(text, 3, text.len);
    if (!scan_separator(text, true, &separator)) separator = ',';
    if (!text.len) return fault_set(fault, ERR_INPUT, 1, 0, S("the columns slug, name, kind, above"), S("an empty file"));
    for (int64_t line = 1; text.len; line += s->line_ends, text = str_slice(text, s->at, text.len)) {
        scan_begin(s, separator);
        if (!scan_row(s, text, true))
            return fault_set(fault, ERR_INPUT, line, 1, S("a quote (\") that ends what another began"), S("none"));
        if (line == 1) cells = unit_header(a, s, text.ptr);
        if (cells.slug < 0) return fault_set(fault, ERR_INPUT, 1, 1, S("the columns slug, name, kind, above"), S("none called slug"));
        bool blank = s->count == 1 && cell_of(a, s, text.ptr, 0).len == 0;
        if (line > 1 && !blank && (e = add_unit(roster, a, &cells, s, text.ptr, line, fault)) != ERR_OK) return e;
    }
    return ERR_OK;
}

static void close_file(int *fd)
{
    if (*fd > STDERR_FILENO) close(*fd);
}

Err roster_read(Arena *a, const RosterFile *file, Roster **ret_roster, int64_t *ret_bad, Fault *fault)
{
    TableOptions options = file->options;
    if (!options.name.len) options.name = file->path;
    Reading r = {.file = file, .roster = roster_new(a), .table = table_open(a, &options), .fault = fault};
    Err e = file->units.len ? read_units(file, a, r.roster, fault) : ERR_OK;
    if (e) return e;
    AUTO(close_file) int fd = -1;
    e = file_open(a, str_c(a, file->path), &fd, fault);
    if (e) return e;
    arena_init(&r.scratch, ARENA_LIMIT_DEFAULT);
    e = read_pieces(&r, a, fd);
    arena_clear(&r.scratch);
    if (e) return e;
    *ret_roster = r.roster;
    *ret_bad = r.bad;
    return ERR_OK;
}
