/* The papers of a CSV file (RFC 4180; docs/formats.md).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Most rows have been seen before. So the stretch of a row that holds its marks (and section) is looked up raw, as
 * bytes, and only a new one is cut into cells and understood (csv_row). What stands outside the stretch (how many, box,
 * identity) is read each time. Nothing is taken from a row on this way that the careful one would not take from it:
 * the columns outside must be plain or simply quoted, and the stretch must equal, byte for byte, one that was read
 * with care and had all its cells; then the row can be cut in one way only.
 */
#include "formats/csv.h"

#include <stdlib.h>
#include <string.h>

/* --- cells --- */

bool csv_is_number(Str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    return text.len > 0;
}

bool csv_is_cross(Str text)
{
    return str_equal_nocase(text, S("x"));
}

bool csv_is_skip_word(Str text)
{
    return text.len == 0 || str_equal(text, S("-")) || str_equal_nocase(text, S("undervote")) || str_equal_nocase(text, S("skipped")) ||
           str_equal_nocase(text, S("blank"));
}

bool csv_is_overvote_word(Str text)
{
    return str_equal_nocase(text, S("overvote"));
}

bool csv_is_blank_line(const Csv *c, Str row)
{
    for (size_t i = 0; i < row.len; i++)
        if ((row.ptr[i] != ' ' && row.ptr[i] != '\t' && row.ptr[i] != '\r') || row.ptr[i] == c->separator) return false;
    return true;
}

bool csv_row_length(Str text, size_t *scanned, bool *in_quotes, size_t *ret_length)
{
    size_t at = *scanned;
    while (at < text.len) {
        size_t end = at + str_find(str_slice(text, at, text.len), '\n');
        for (size_t quote = at + str_find(str_slice(text, at, end), '"'); quote < end;
             quote += 1 + str_find(str_slice(text, quote + 1, end), '"'))
            *in_quotes = !*in_quotes;
        if (end < text.len && !*in_quotes) {
            *ret_length = end;
            *scanned = 0;
            return true;
        }
        at = end < text.len ? end + 1 : end;
    }
    *scanned = at;
    return false;
}

static bool is_blank(const Csv *c, char byte)
{
    return byte == ' ' || (byte == '\t' && c->separator != '\t');
}

/* The end of the quoted cell that opens at `p`, behind its closing quote and the blanks after it. */
static Err quoted_end(Reader *r, const char *p, const char *end, const char **ret_end)
{
    const Csv *c = r->state;
    const char *open = p++;
    for (;; p += 2) {
        p = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
        if (!p) return reader_fail(r, ERR_INPUT, open, S("none before the row ends"), "a closing quote for the one opened here");
        if (p + 1 == end || p[1] != '"') break;
    }
    p++;
    while (p < end && is_blank(c, *p)) p++;
    if (p < end && *p != c->separator)
        return reader_fail(r, ERR_INPUT, p, fault_quote(r->arena, (Str){p, 1}),
            "a separator after the closing quote (a quote inside a cell is written twice)");
    *ret_end = p;
    return ERR_OK;
}

static Err plain_end(Reader *r, const char *p, const char *end, const char **ret_end)
{
    const Csv *c = r->state;
    for (; p < end && *p != c->separator; p++)
        if (*p == '"')
            return reader_fail(
                r, ERR_INPUT, p, S("a quote inside a cell"), "quotes around the whole cell, and the quote inside written twice");
    *ret_end = p;
    return ERR_OK;
}

static void more_cells(Reader *r, Csv *c)
{
    int capacity = c->cell_capacity ? c->cell_capacity * 2 : 32;
    c->cells = arena_grow(&r->scratch, Cell, c->cells, (size_t)c->cell_capacity, (size_t)capacity);
    c->cell_capacity = capacity;
}

Err csv_cells(Reader *r, Str row)
{
    Csv *c = r->state;
    const char *end = row.ptr + row.len;
    c->cell_count = 0;
    for (const char *p = row.ptr;; p++) {
        if (c->cell_count == FORMAT_COLUMNS_MAX)
            return reader_fail(r, ERR_LIMIT, p, (Str){0}, "a row may have at most %d cells", FORMAT_COLUMNS_MAX);
        if (c->cell_count == c->cell_capacity) more_cells(r, c);
        Cell *cell = &c->cells[c->cell_count++];
        cell->start = p;
        while (p < end && is_blank(c, *p)) p++;
        const char *from = p;
        Err e = p < end && *p == '"' ? quoted_end(r, p, end, &p) : plain_end(r, p, end, &p);
        if (e) return e;
        const char *to = p;
        while (to > from && is_blank(c, to[-1])) to--;
        cell->raw = (Str){from, (size_t)(to - from)};
        if (p == end) return ERR_OK;
    }
}

Str csv_text(Reader *r, Str raw)
{
    Csv *c = r->state;
    if (raw.len < 2 || raw.ptr[0] != '"') return raw;
    Str inside = str_slice(raw, 1, raw.len - 1);
    if (str_find(inside, '"') == inside.len) return str_trim(inside);
    if (inside.len > c->plain_capacity) {
        c->plain_capacity = inside.len * 2;
        c->plain = arena_new(&r->scratch, char, c->plain_capacity);
    }
    size_t n = 0;
    for (size_t i = 0; i < inside.len; i++) {
        c->plain[n++] = inside.ptr[i];
        if (inside.ptr[i] == '"') i++;
    }
    return str_trim((Str){c->plain, n});
}

/* --- marks from names --- */

static int find_candidate(const Papers *p, Str post, Str name)
{
    for (int i = 0; i < p->candidate_count; i++)
        if (str_equal(p->candidates[i].name, name) && str_equal(p->candidates[i].post, post)) return i;
    return -1;
}

static bool is_declared_post(const Csv *c, Str post)
{
    for (int i = 0; i < c->declared_post_count; i++)
        if (str_equal(c->declared_posts[i], post)) return true;
    return false;
}

/* The candidate called `name`, a new one unless the names were declared. */
static Err candidate_mark(Reader *r, const char *at, Str post, Str name, Mark *ret_mark)
{
    Csv *c = r->state;
    Err e = reader_check_name(r, at, name, "candidate");
    if (e) return e;
    int candidate = find_candidate(r->papers, post, name);
    if (candidate < 0) {
        if (c->declared) return csv_unknown_name(r, at, name, "# candidates:");
        if (is_declared_post(c, post)) return csv_unknown_name(r, at, name, "# post:");
        if (csv_rank_of_name(name))
            return reader_fail(r, ERR_INPUT, at, fault_quote(r->arena, name),
                "a candidate's name (ranks go below names; a candidate who is called so must stand in '# candidates:')");
        candidate = papers_post_candidate(r->papers, post, name);
        r->papers->candidates_found = true;
    }
    if (candidate < 0) return reader_fail(r, ERR_LIMIT, at, (Str){0}, "more than %d candidates", PAPERS_CANDIDATES_MAX);
    *ret_mark = (Mark)candidate;
    return ERR_OK;
}

static Err push_mark(Reader *r, const char *at, Mark mark)
{
    Csv *c = r->state;
    if (c->mark_count == PAPERS_MARKS_MAX)
        return reader_fail(r, ERR_LIMIT, at, (Str){0}, "a paper may have at most %d marks", PAPERS_MARKS_MAX);
    c->marks[c->mark_count++] = mark;
    return ERR_OK;
}

/* "Ada = Bo": an equal rank. */
static Err push_equal_rank(Reader *r, const char *at, Str post, Str text)
{
    Mark equal = 0;
    for (bool more = true; more; equal = (Mark)MARK_EQUAL) {
        Str name, rest;
        Mark mark = 0;
        more = str_cut(text, '=', &name, &rest);
        Err e = candidate_mark(r, at, post, str_trim(name), &mark);
        if (!e) e = push_mark(r, at, mark | equal);
        if (e) return e;
        text = rest;
    }
    return ERR_OK;
}

/* A cell that was not met before. Declared names come before words such as "blank" and before '='. */
static Err push_new_cell(Reader *r, const Column *column, Str raw)
{
    Csv *c = r->state;
    Str text = csv_text(r, raw);
    bool posts = column->kind == COLUMN_POST;
    int declared = c->declared || c->declared_post_count ? find_candidate(r->papers, column->name, text) : -1;
    Mark mark = (Mark)declared;
    if (declared < 0) {
        if (csv_is_skip_word(text)) {
            mark = MARK_SKIPPED;
        } else if (csv_is_overvote_word(text)) {
            if (posts)
                return reader_fail(
                    r, ERR_INPUT, raw.ptr, fault_quote(r->arena, text), "the names that were marked for the post, with '=' between them");
            mark = MARK_OVERVOTE;
        } else if (str_find(text, '=') < text.len) {
            return push_equal_rank(r, raw.ptr, column->name, text);
        } else {
            Err e = candidate_mark(r, raw.ptr, column->name, text, &mark);
            if (e) return e;
        }
    }
    raw_put(&c->names[column->post], raw, mark);
    return posts && mark == MARK_SKIPPED ? ERR_OK : push_mark(r, raw.ptr, mark);
}

static Err marks_from_names(Reader *r)
{
    Csv *c = r->state;
    for (int k = 0; k < c->order_count; k++) {
        const Column *column = &c->columns[c->order[k]];
        Str raw = c->cells[c->order[k]].raw;
        uint32_t mark = MARK_SKIPPED;
        Err e = ERR_OK;
        if (!raw_get(&c->names[column->post], raw, &mark)) e = push_new_cell(r, column, raw);
        else if (mark != MARK_SKIPPED || column->kind == COLUMN_RANK) e = push_mark(r, raw.ptr, (Mark)mark);
        if (e) return e;
    }
    return ERR_OK;
}

/* --- marks from rank numbers --- */

static Err read_rank(Reader *r, Str raw, int *ret_rank)
{
    const Csv *c = r->state;
    Str text = csv_text(r, raw);
    int64_t rank = 0;
    if (csv_is_cross(text)) rank = 1;
    else if (text.len && !str_equal(text, S("-")) && (!csv_is_number(text) || !str_to_i64(text, &rank) || rank > c->candidate_columns))
        return reader_fail(
            r, ERR_INPUT, raw.ptr, fault_quote(r->arena, text), "a rank from 1 to %d or an empty cell", c->candidate_columns);
    *ret_rank = (int)rank;
    return ERR_OK;
}

static Err marks_from_ranks(Reader *r)
{
    Csv *c = r->state;
    int last_rank = 0;
    for (int rank = 0; rank <= c->candidate_columns; rank++) c->first_at_rank[rank] = -1;
    for (int k = c->order_count - 1; k >= 0; k--) {
        int i = c->order[k], rank = 0;
        Err e = read_rank(r, c->cells[i].raw, &rank);
        if (e) return e;
        c->next_at_rank[i] = c->first_at_rank[rank];
        c->first_at_rank[rank] = i;
        if (rank > last_rank) last_rank = rank;
    }
    for (int rank = 1; rank <= last_rank; rank++) {
        int i = c->first_at_rank[rank];
        Err e = i < 0 ? push_mark(r, c->cells[c->order[0]].raw.ptr, MARK_SKIPPED) : ERR_OK;
        for (Mark equal = 0; !e && i >= 0; i = c->next_at_rank[i], equal = (Mark)MARK_EQUAL)
            e = push_mark(r, c->cells[i].raw.ptr, (Mark)(c->columns[i].candidate | equal));
        if (e) return e;
    }
    return ERR_OK;
}

/* --- the other columns --- */

/* What a row says beside its marks. */
typedef struct Extras {
    int64_t how_many;
    int section;
    int box;
} Extras;

static Err read_section(Reader *r, Str raw, int *ret_section)
{
    const Csv *c = r->state;
    Str name = csv_text(r, raw);
    if (name.len == 0) {
        *ret_section = PAPERS_NO_SECTION;
        return ERR_OK;
    }
    Err e = reader_check_name(r, raw.ptr, name, "section");
    if (e) return e;
    if (c->sections_declared && papers_find_section(r->papers, name) < 0)
        return reader_fail(r, ERR_INPUT, raw.ptr, fault_quote(r->arena, name), "a name from '# sections:'");
    int known = r->papers->section_count;
    *ret_section = papers_section(r->papers, name);
    r->papers->sections_found |= r->papers->section_count > known;
    if (*ret_section < 0) return reader_fail(r, ERR_LIMIT, raw.ptr, (Str){0}, "more than %d sections", PAPERS_SECTIONS_MAX);
    return ERR_OK;
}

static Err read_box(Reader *r, Str raw, int *ret_box)
{
    Csv *c = r->state;
    Str name = csv_text(r, raw);
    *ret_box = -1;
    if (name.len) {
        Err e = reader_check_name(r, raw.ptr, name, "box");
        if (e) return e;
        *ret_box = papers_box(r->papers, name);
    }
    if (name.len && *ret_box < 0) return reader_fail(r, ERR_LIMIT, raw.ptr, (Str){0}, "more than %d boxes", PAPERS_BOXES_MAX);
    raw_put(&c->boxes, raw, (uint32_t)*ret_box);
    return ERR_OK;
}

static Err read_extras(Reader *r, Extras *x)
{
    Csv *c = r->state;
    *x = (Extras){.how_many = 1, .section = c->section, .box = -1};
    for (int i = 0; i < c->column_count; i++) {
        Str raw = c->cells[i].raw;
        Err e = ERR_OK;
        switch (c->columns[i].kind) {
        case COLUMN_COUNT: e = reader_how_many(r, raw.ptr, csv_text(r, raw), &x->how_many); break;
        case COLUMN_SECTION: e = read_section(r, raw, &x->section); break;
        case COLUMN_BOX: e = read_box(r, raw, &x->box); break;
        case COLUMN_IGNORED:
        case COLUMN_RANK:
        case COLUMN_CANDIDATE:
        case COLUMN_POST: break;
        }
        if (e) return e;
    }
    return ERR_OK;
}

/* --- one row, with care --- */

static Err empty_line(Reader *r, int64_t line)
{
    r->row = (Str){0};
    r->line = line;
    return reader_fail(
        r, ERR_INPUT, NULL, S("an empty line"), "a paper, or the end of the file (a paper without marks is written 'blank')");
}

static Err check_cells(Reader *r)
{
    Csv *c = r->state;
    if (c->cell_count > c->column_count)
        return reader_fail(r, ERR_INPUT, c->cells[c->column_count].start, str_format(r->arena, "%d", c->cell_count),
            "%d cells, as in the first row", c->column_count);
    for (int i = c->cell_count; i < c->column_count; i++)
        if (c->columns[i].kind != COLUMN_RANK)
            return reader_fail(
                r, ERR_INPUT, c->row_end, str_format(r->arena, "%d", c->cell_count), "%d cells, as in the first row", c->column_count);
    /* Ranks that are missing at the end of a row are empty. */
    for (int i = c->cell_count; i < c->column_count; i++) c->cells[i] = (Cell){.start = c->row_end, .raw = {c->row_end, 0}};
    return ERR_OK;
}

/* The raw bytes that hold the marks and section; only of a row that has all its cells. */
static Str stretch_of(const Csv *c, Str row)
{
    const char *from = c->columns_before ? c->cells[c->columns_before].start : row.ptr;
    const char *to = c->columns_after ? c->cells[c->column_count - c->columns_after].start - 1 : row.ptr + row.len;
    return (Str){from, (size_t)(to - from)};
}

static Err csv_row(Reader *r, Str row)
{
    Csv *c = r->state;
    if (row.len && row.ptr[row.len - 1] == '\r') row.len--;
    r->row = row;
    c->row_end = row.ptr + row.len;
    if (csv_is_blank_line(c, row)) {
        if (!c->blank_line) c->blank_line = r->line;
        return ERR_OK;
    }
    if (c->blank_line) return empty_line(r, c->blank_line);
    Err e = csv_cells(r, row);
    if (e) return e;
    if (c->cells[0].raw.len && c->cells[0].raw.ptr[0] == '#' && find_candidate(r->papers, (Str){0}, c->cells[0].raw) < 0)
        return reader_fail(r, ERR_INPUT, row.ptr, fault_quote(r->arena, row),
            "comments before the first row only (a name that starts with '#' goes in quotes)");
    bool whole = c->cell_count == c->column_count;
    Extras x;
    e = check_cells(r);
    if (!e) e = read_extras(r, &x);
    c->mark_count = 0;
    if (!e) e = c->header == HEADER_CANDIDATES ? marks_from_ranks(r) : marks_from_names(r);
    if (e) return e;
    while (c->mark_count && c->marks[c->mark_count - 1] == MARK_SKIPPED) c->mark_count--;
    uint32_t group = 0;
    e = reader_add(r, row.ptr, x.section, x.box, c->marks, c->mark_count, x.how_many, &group);
    if (!e && whole && c->has_stretch && x.how_many) raw_put(&c->rows, stretch_of(c, row), group);
    return e;
}

/* --- a row seen before --- */

/* Cut the first cell off *rest: plain, or in quotes with none inside; false for anything else. */
static bool cut_first(Str *rest, char separator, Str *ret_raw)
{
    const char *p = rest->ptr, *end = p + rest->len;
    if (p < end && *p == '"') {
        do p++;
        while (p < end && *p != '"');
        if (p < end) p++;
    } else {
        while (p < end && *p != separator && *p != '"') p++;
    }
    if (p == end || *p != separator) return false;
    *ret_raw = (Str){rest->ptr, (size_t)(p - rest->ptr)};
    *rest = (Str){p + 1, (size_t)(end - p - 1)};
    return true;
}

/* The same with the last cell. */
static bool cut_last(Str *rest, char separator, Str *ret_raw)
{
    const char *from = rest->ptr, *end = from + rest->len, *p = end;
    if (p > from && p[-1] == '"') {
        do p--;
        while (p > from && p[-1] != '"');
        if (p > from) p--;
    } else {
        while (p > from && p[-1] != separator && p[-1] != '"') p--;
    }
    if (p == from || p[-1] != separator) return false;
    *ret_raw = (Str){p, (size_t)(end - p)};
    *rest = (Str){from, (size_t)(p - 1 - from)};
    return true;
}

static bool read_known_extra(const Csv *c, ColumnKind kind, Str raw, Extras *x)
{
    uint32_t box = 0;
    if (kind == COLUMN_IGNORED) return true;
    while (raw.len && raw.ptr[0] == ' ') raw = str_slice(raw, 1, raw.len);
    while (raw.len && raw.ptr[raw.len - 1] == ' ') raw.len--;
    if (kind == COLUMN_BOX) {
        bool known = raw_get(&c->boxes, raw, &box);
        x->box = (int)box;
        return known;
    }
    if (raw.len == 1 && raw.ptr[0] > '0' && raw.ptr[0] <= '9') {
        x->how_many = raw.ptr[0] - '0';
        return true;
    }
    if (raw.len > 2 && raw.ptr[0] == '"') raw = str_slice(raw, 1, raw.len - 1);
    return csv_is_number(raw) && str_to_i64(raw, &x->how_many) && x->how_many > 0;
}

/* Rows that may have been met before, taken a few at a time: with many different rows each look-up waits for memory,
 * and so they wait together. */
enum { AHEAD = 16, AHEAD_FROM = 4096 /* rows in the table; a smaller one is near anyway */ };

typedef struct RowAhead {
    Str stretch;
    uint32_t hash;
    bool plain; /* its other columns could be read: worth looking up */
    Extras x;
    size_t length; /* its line end included */
} RowAhead;

/* Read what stands outside the stretch; false leaves the row to csv_row. */
static inline bool cut_stretch(const Csv *c, Str row, RowAhead *ahead)
{
    ahead->x = (Extras){.how_many = 1, .box = -1};
    for (int i = 0; i < c->columns_before; i++) {
        Str raw;
        if (!cut_first(&row, c->separator, &raw) || !read_known_extra(c, c->columns[i].kind, raw, &ahead->x)) return false;
    }
    for (int i = 0; i < c->columns_after; i++) {
        Str raw;
        ColumnKind kind = c->columns[c->column_count - 1 - i].kind;
        if (!cut_last(&row, c->separator, &raw) || !read_known_extra(c, kind, raw, &ahead->x)) return false;
    }
    ahead->stretch = row;
    return true;
}

/* The line at the start of `text` as if it were a row, which a line that matches one is; false when it has no end. */
static inline bool next_line(const Csv *c, Str text, RowAhead *ret_row)
{
    const char *end = memchr(text.ptr, '\n', text.len);
    if (!end) return false;
    size_t length = (size_t)(end - text.ptr);
    ret_row->length = length + 1;
    if (length && text.ptr[length - 1] == '\r') length--;
    ret_row->plain = cut_stretch(c, (Str){text.ptr, length}, ret_row);
    if (ret_row->plain) ret_row->hash = raw_hash(ret_row->stretch);
    return true;
}

static int look_ahead(const Csv *c, Str text, RowAhead *ahead)
{
    int n = 0;
    for (size_t at = 0; n < AHEAD && at < text.len; n++) {
        if (!next_line(c, str_slice(text, at, text.len), &ahead[n])) break;
        at += ahead[n].length;
        if (ahead[n].plain) raw_fetch_entry(&c->rows, ahead[n].hash);
    }
    for (int i = 0; i < n; i++)
        if (ahead[i].plain) raw_fetch_key(&c->rows, ahead[i].hash);
    return n;
}

/* Count the row if it was met before. */
static inline bool repeated_row(Reader *r, const Csv *c, const RowAhead *row)
{
    uint32_t group;
    return row->plain && raw_find(&c->rows, row->stretch, row->hash, &group) &&
           !papers_add_again(r->papers, group, row->x.box, row->x.how_many);
}

/* --- all rows --- */

static int64_t count_lines(Str text)
{
    int64_t lines = 0;
    for (size_t at = str_find(text, '\n'); at < text.len; at += 1 + str_find(str_slice(text, at + 1, text.len), '\n')) lines++;
    return lines;
}

/* The row at the start of `text` is new: find its end, with quotes in mind, and read it. *ret_used stays 0 when more
 * text is needed. */
static Err new_row(Reader *r, Str text, bool last, size_t *ret_used)
{
    Csv *c = r->state;
    size_t length = 0;
    bool ended = csv_row_length(text, &c->scanned, &c->in_quotes, &length);
    if (!ended && !last && text.len <= FORMAT_LINE_MAX) return ERR_OK;
    if (!ended) length = text.len;
    c->scanned = 0;
    c->in_quotes = false;
    if (length > FORMAT_LINE_MAX) {
        r->row = str_slice(text, 0, FORMAT_LINE_MAX);
        Err e = csv_cells(r, r->row); /* a forgotten quote is told where it is */
        return e ? e : reader_fail(r, ERR_LIMIT, NULL, (Str){0}, "a row may have at most %d bytes", FORMAT_LINE_MAX);
    }
    Err e = csv_row(r, str_slice(text, 0, length));
    if (e) return e;
    *ret_used = ended ? length + 1 : length;
    r->line += count_lines(str_slice(text, 0, *ret_used));
    return ERR_OK;
}

/* Count repeated rows, as long as there is no other; the table is small. */
static size_t repeated_rows(Reader *r, Str text)
{
    const Csv *c = r->state;
    size_t at = 0;
    RowAhead row;
    while (at < text.len && next_line(c, str_slice(text, at, text.len), &row) && repeated_row(r, c, &row)) {
        r->line++;
        at += row.length;
    }
    return at;
}

/* Count the rows at the start of `text`, up to AHEAD of them, new ones too; the table is large. *ret_used is 0 when
 * more text is needed. */
static Err rows_ahead(Reader *r, Str text, bool last, size_t *ret_used)
{
    const Csv *c = r->state;
    RowAhead ahead[AHEAD];
    int n = look_ahead(c, text, ahead);
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (repeated_row(r, c, &ahead[i])) {
            r->line++;
            at += ahead[i].length;
            continue;
        }
        size_t used = 0;
        Err e = new_row(r, str_slice(text, at, text.len), last, &used);
        if (e) return e;
        at += used;
        /* Line breaks in quotes, or an empty line: what was seen ahead is no longer what comes. */
        if (used != ahead[i].length || c->blank_line) break;
    }
    *ret_used = at;
    return n ? ERR_OK : new_row(r, text, last, ret_used);
}

static Err csv_rows(Reader *r, Str text, bool last, size_t *ret_used)
{
    const Csv *c = r->state;
    size_t at = 0;
    if (c->header == HEADER_UNKNOWN) {
        Err e = csv_header(r, text, last, &at);
        if (e) return e;
    }
    bool papers = c->header != HEADER_UNKNOWN && !r->header_only;
    while (papers && at < text.len) {
        bool may_repeat = c->has_stretch && !c->scanned && !c->blank_line;
        bool large = c->rows.count >= AHEAD_FROM;
        if (may_repeat && !large) at += repeated_rows(r, str_slice(text, at, text.len));
        if (at == text.len) break;
        Str rest = str_slice(text, at, text.len);
        size_t used = 0;
        Err e = may_repeat && large ? rows_ahead(r, rest, last, &used) : new_row(r, rest, last, &used);
        if (e) return e;
        if (used == 0) break;
        at += used;
    }
    *ret_used = at;
    return ERR_OK;
}

/* --- life --- */

static void csv_open(Reader *r)
{
    Csv *c = arena_new(&r->scratch, Csv, 1);
    c->section = PAPERS_NO_SECTION;
    c->separator = ',';
    c->rows = raw_table(&r->scratch);
    c->boxes = raw_table(&r->scratch);
    r->state = c;
}

/* '# withdrawn:' names, when all others are known: one nobody voted for comes last. */
static Err withdraw(Reader *r)
{
    const Csv *c = r->state;
    for (int i = 0; i < c->withdrawn_count; i++) {
        bool found = false;
        for (int k = 0; k < r->papers->candidate_count; k++) {
            if (!str_equal(r->papers->candidates[k].name, c->withdrawn[i])) continue;
            r->papers->candidates[k].withdrawn = true;
            found = true;
        }
        if (found) continue;
        if (c->declared || c->declared_post_count || c->header == HEADER_CANDIDATES || c->header == HEADER_POSTS)
            return reader_fail(r, ERR_INPUT, NULL, fault_quote(r->arena, c->withdrawn[i]), "a candidate's name in '# withdrawn:'");
        int candidate = papers_candidate(r->papers, c->withdrawn[i]);
        if (candidate < 0) return reader_fail(r, ERR_LIMIT, NULL, (Str){0}, "more than %d candidates", PAPERS_CANDIDATES_MAX);
        r->papers->candidates[candidate].withdrawn = true;
    }
    return ERR_OK;
}

bool csv_header_known(const Reader *r)
{
    const Csv *c = r->state;
    return c && c->header != HEADER_UNKNOWN;
}

bool csv_may_split_here(const Reader *r)
{
    const Csv *c = r->state;
    return r->kept_length == 0 && csv_header_known(r) && !c->blank_line;
}

static Err csv_end(Reader *r)
{
    Csv *c = r->state;
    r->row = (Str){0};
    if (c->withdrawn_count) {
        r->line = c->withdrawn_line;
        Err e = withdraw(r);
        if (e) return e;
    }
    return ERR_OK;
}

const Parser csv_parser = {.open = csv_open, .rows = csv_rows, .end = csv_end};
