/* table.c: a list of members, row by row: pieces into rows, a header into columns, cells into values.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A row that lies whole in the piece at hand is read where it lies; what a piece ends with is held until the next one.
 */
#include "people/phone.h"
#include "people/table_own.h"
#include "people/text.h"

#include <string.h>

static void free_scratch(void *table)
{
    arena_clear(&((Table *)table)->scratch);
}

Table *table_open(Arena *a, const TableOptions *options)
{
    Table *t = arena_new(a, Table, 1);
    t->a = a;
    t->options = *options;
    t->line = 1;
    t->held = arena_new(a, char, (size_t)TABLE_ROW_MAX + 1);
    arena_init(&t->scratch, ARENA_LIMIT_DEFAULT);
    arena_on_clear(a, free_scratch, t);
    return t;
}

const TableHeader *table_header(const Table *table)
{
    return table->has_header ? &table->header : NULL;
}

int64_t table_offset(const Table *table)
{
    return table->offset;
}

/* ---- bytes ---- */

Err table_feed(Table *table, Str piece, bool last, Fault *fault)
{
    if (table->failed.err) {
        *fault = table->failed;
        return fault->err;
    }
    ASSERT(table->piece.len == 0 && !table->last);
    table->piece = piece;
    table->last = last;
    return ERR_OK;
}

Str table_gather(Table *t, bool *ret_end)
{
    if (t->held_done) {
        t->held_len -= t->held_done;
        memmove(t->held, t->held + t->held_done, t->held_len);
        t->held_done = 0;
    }
    size_t room = (size_t)TABLE_ROW_MAX + 1 - t->held_len;
    size_t n = t->piece.len < room ? t->piece.len : room;
    *ret_end = t->last && n == t->piece.len;
    if (!t->held_len) return str_slice(t->piece, 0, n);
    if (n) memcpy(t->held + t->held_len, t->piece.ptr, n);
    return (Str){t->held, t->held_len + n};
}

void table_take(Table *t, size_t n)
{
    t->offset += (int64_t)n;
    if (n < t->held_len) {
        t->held_done = n;
    } else {
        t->piece = str_slice(t->piece, n - t->held_len, t->piece.len);
        t->held_len = 0;
    }
}

Err table_hold(Table *t)
{
    if (t->piece.len) memcpy(t->held + t->held_len, t->piece.ptr, t->piece.len);
    t->held_len += t->piece.len;
    t->piece = (Str){0};
    return ERR_MISSING;
}

/* ---- faults ---- */

Err table_give_up(Table *t, Err e, int64_t line, int64_t column, Str expected, Str found, Fault *fault)
{
    t->failed = (Fault){.err = e,
        .file = t->options.name,
        .line = line,
        .column = column,
        .expected = str_copy(t->a, expected),
        .found = str_copy(t->a, found)};
    *fault = t->failed;
    return e;
}

Err table_need_phones(Table *t, Fault *fault)
{
    Err e = t->options.no_phones ? ERR_OK : phone_load(fault);
    if (e) t->failed = *fault;
    return e;
}

static void add_fault(const Table *t, TableRow *row, Str text, size_t at, Str expected, Str found)
{
    int64_t line, column;
    if (row->fault_count == TABLE_FAULTS_MAX) return;
    scan_place(text, at, &line, &column);
    row->faults[row->fault_count++] = (Fault){
        .err = ERR_INPUT, .file = t->options.name, .line = row->line + line, .column = column, .expected = expected, .found = found};
}

/* ---- rows ---- */

static Err row_too_long(Table *t, Str bytes, Fault *fault)
{
    int64_t line, column;
    scan_place(bytes, t->scan.cell.from, &line, &column);
    if (t->scan.state == SCAN_QUOTED)
        return table_give_up(t, ERR_INPUT, t->line + line, column, S("a quote (\") that ends what this one begins"), S("none"), fault);
    return table_give_up(t, ERR_LIMIT, t->line, 0, S("a row of at most 65536 bytes"), S("a longer one"), fault);
}

/* ERR_OK: a row is scanned, and *ret_row are its bytes; *ret_line its line. ERR_MISSING: more is needed, or there is no more. */
static Err next_row(Table *t, Str *ret_row, int64_t *ret_line, Fault *fault)
{
    bool end;
    Str bytes = table_gather(t, &end);
    if (!bytes.len) return ERR_MISSING;
    if (!t->scanning) scan_begin(&t->scan, t->header.separator);
    t->scanning = true;
    bool whole = scan_row(&t->scan, bytes, end);
    bool open = !whole && end; /* the file ends inside quotes */
    if (open || (whole ? t->scan.at : bytes.len) > TABLE_ROW_MAX) return row_too_long(t, bytes, fault);
    if (!whole) return table_hold(t);
    *ret_row = str_slice(bytes, 0, t->scan.at);
    *ret_line = t->line;
    t->line += t->scan.line_ends;
    t->scanning = false;
    table_take(t, t->scan.at);
    return ERR_OK;
}

static bool is_blank_row(const Scan *s, Str row)
{
    for (size_t i = 0; i < row.len; i++)
        if (row.ptr[i] != s->separator && !strchr(" \t\r\n\"", row.ptr[i])) return false;
    return memchr(row.ptr, '\0', row.len) == NULL;
}

/* ---- the header ---- */

/* "postal_addresses/0/postal_code", "email_addresses.0.address" -> "postal_addresses[0].postal_code": how other programs write OSDI's names. */
static Str as_path(Arena *a, Str cell)
{
    Buf b = buf_new(a);
    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.ptr[i];
        bool separator = c == '/' || c == '.';
        bool index = separator && i + 1 < cell.len && cell.ptr[i + 1] >= '0' && cell.ptr[i + 1] <= '9' &&
                     (i + 2 == cell.len || cell.ptr[i + 2] == '/' || cell.ptr[i + 2] == '.');
        if (index) buf_format(&b, "[%c]", cell.ptr[++i]);
        else buf_byte(&b, separator ? '.' : c);
    }
    return buf_done(&b);
}

static const Str *mapping_of(const Table *t, Str cell)
{
    for (int i = 0; i < t->options.map_count; i++)
        if (str_equal_nocase(str_trim(t->options.map[2 * i]), cell)) return &t->options.map[2 * i + 1];
    return NULL;
}

PeopleColumn table_understood(const Table *t, Str cell)
{
    const Str *to = mapping_of(t, cell);
    PeopleColumn column = people_column(to ? *to : cell);
    return to || column != COL__COUNT ? column : people_column(as_path(t->a, cell));
}

static bool has_column(const Table *t, PeopleColumn column, int *ret_cell)
{
    for (int i = 0; i < t->wanted_count; i++)
        if (t->wanted[i].column == column) {
            *ret_cell = t->wanted[i].cell;
            return true;
        }
    return false;
}

static void want(Table *t, int cell, PeopleColumn column)
{
    int at = t->wanted_count++;
    t->header.columns[cell] = column;
    t->given[column] = true;
    if (column == COL_COUNTRY) {
        memmove(t->wanted + 1, t->wanted, (size_t)at * sizeof *t->wanted);
        at = 0;
    }
    t->wanted[at] = (Wanted){cell, column};
}

/* Which column a cell of the header is. A second telephone number is the other one; any other column comes once. */
static Err learn_column(Table *t, int cell, int64_t line, int64_t column, Fault *fault)
{
    int before;
    Str name = t->header.cells[cell];
    PeopleColumn is = table_understood(t, name);
    t->header.columns[cell] = COL__COUNT;
    if (is == COL_PHONE && t->given[COL_PHONE]) is = COL_PHONE_OTHER;
    if (is == COL__COUNT) return ERR_OK;
    if (has_column(t, is, &before))
        return table_give_up(t, ERR_INPUT, line, column,
            str_format(t->a, "'%s' in one column alone (%.*s has it already: leave one of them out in the mapping)",
                people_columns[is].name, STR_ARG(fault_quote(t->a, t->header.cells[before]))),
            fault_quote(t->a, name), fault);
    if (is == COL_ID) t->identifiers = str_starts(name, S("identifiers")) || str_starts(name, S("osdi:identifiers"));
    want(t, cell, is);
    return ERR_OK;
}

static Err check_mapping(Table *t, int64_t line, Fault *fault)
{
    for (int i = 0; i < t->options.map_count; i++) {
        Str from = str_trim(t->options.map[2 * i]), to = str_trim(t->options.map[2 * i + 1]);
        bool there = false;
        for (int k = 0; k < t->header.count; k++) there |= str_equal_nocase(t->header.cells[k], from);
        if (!there)
            return table_give_up(t, ERR_INPUT, line, 0, S("the columns that the mapping names"),
                str_format(t->a, "none called %.*s", STR_ARG(fault_quote(t->a, from))), fault);
        if (to.len && !str_equal(to, S("-")) && people_column(to) == COL__COUNT)
            return table_give_up(
                t, ERR_INPUT, line, 0, S("a mapping to columns that there are (docs/people-columns.md)"), fault_quote(t->a, to), fault);
    }
    return ERR_OK;
}

static Err take_header_cells(Table *t, Str row, int64_t line, Fault *fault)
{
    if (t->scan.count > TABLE_COLUMNS_MAX)
        return table_give_up(t, ERR_LIMIT, line, 0, S("at most 256 columns"), str_format(t->a, "%d", t->scan.count), fault);
    t->header.cells = arena_new(t->a, Str, (size_t)t->scan.count);
    t->header.columns = arena_new(t->a, PeopleColumn, (size_t)t->scan.count);
    for (int i = 0; i < t->scan.count; i++) {
        int64_t below, column;
        const char *expected;
        Str typed = scan_text(t->a, row.ptr, &t->scan.cells[i], t->options.windows_1252), text;
        scan_place(row, t->scan.cells[i].from, &below, &column);
        if (!text_line(t->a, str_trim(typed), &text, &expected))
            return table_give_up(
                t, ERR_INPUT, line + below, column, str_format(t->a, "a header, and in it %s", expected), fault_quote(t->a, typed), fault);
        t->header.cells[i] = str_copy(t->a, text);
        t->header.columns[i] = COL__COUNT;
    }
    t->header.count = t->scan.count;
    t->has_header = true;
    return ERR_OK;
}

static Err learn_columns(Table *t, Str row, int64_t line, Fault *fault)
{
    Err e = check_mapping(t, line, fault);
    for (int i = 0; i < t->header.count && !e; i++) {
        int64_t below, column;
        scan_place(row, t->scan.cells[i].from, &below, &column);
        e = learn_column(t, i, line + below, column, fault);
    }
    if (e) return e;
    if (!t->wanted_count)
        return table_give_up(t, ERR_INPUT, line, 1, S("a first row with the names of the columns, as id, given_name, family_name, email"),
            fault_quote(t->a, t->header.cells[0]), fault);
    bool phones = t->given[COL_PHONE] || t->given[COL_PHONE_OTHER];
    return phones ? table_need_phones(t, fault) : ERR_OK;
}

static Err read_header(Table *t, Fault *fault)
{
    Str row;
    int64_t line;
    bool end;
    Str bytes = table_gather(t, &end);
    if (!t->scanning && !scan_separator(bytes, end, &t->header.separator) && bytes.len <= TABLE_ROW_MAX) return table_hold(t);
    Err e = next_row(t, &row, &line, fault);
    if (!e) e = take_header_cells(t, row, line, fault);
    if (!e) e = learn_columns(t, row, line, fault);
    if (!e) t->stage = STAGE_ROWS;
    return e;
}

/* ---- what kind of file ---- */

static Err refuse_kind(Table *t, Str bytes, Fault *fault)
{
    if (str_starts(bytes, S("\xff\xfe")) || str_starts(bytes, S("\xfe\xff")) || (bytes.len > 1 && (!bytes.ptr[0] || !bytes.ptr[1])))
        return table_give_up(t, ERR_INPUT, 1, 1, S("text in UTF-8 (in a spreadsheet: save as \"CSV UTF-8\")"), S("UTF-16"), fault);
    if (str_starts(bytes, S("PK\x03\x04")) || str_starts(bytes, S("\xd0\xcf\x11\xe0")))
        return table_give_up(
            t, ERR_INPUT, 1, 1, S("a list as CSV (in a spreadsheet: save as \"CSV UTF-8\")"), S("a spreadsheet's own file"), fault);
    return ERR_OK;
}

static Err start(Table *t, Fault *fault)
{
    enum { ENOUGH = 4 };
    bool end;
    Str bytes = table_gather(t, &end);
    if (bytes.len < ENOUGH && !end) return table_hold(t);
    Err e = refuse_kind(t, bytes, fault);
    if (e) return e;
    if (str_starts(bytes, S("\xef\xbb\xbf"))) table_take(t, 3);
    t->stage = STAGE_LEADING;
    return ERR_OK;
}

/* Empty lines before the header. */
static Err skip_leading(Table *t, Fault *fault)
{
    bool end;
    Err e = ERR_OK;
    Str bytes = table_gather(t, &end);
    size_t n = 0;
    for (; n < bytes.len && (bytes.ptr[n] == '\n' || bytes.ptr[n] == '\r'); n++) {
        bool before_feed = n + 1 < bytes.len && bytes.ptr[n + 1] == '\n';
        if (bytes.ptr[n] == '\r' && n + 1 == bytes.len && !end) break; /* is the line feed still to come? */
        t->line += bytes.ptr[n] == '\n' || !before_feed;
    }
    char first = n < bytes.len ? bytes.ptr[n] : '\r';
    table_take(t, n);
    if (first == '\r') return table_hold(t);
    t->stage = first == '{' || first == '[' ? STAGE_OSDI : STAGE_HEADER;
    if (t->stage == STAGE_OSDI) e = osdi_begin(t, fault);
    return e;
}

/* ---- values ---- */

Str table_first_identifier(Str cell)
{
    size_t from = 0, to;
    while (from < cell.len && strchr("[\"' ", cell.ptr[from])) from++;
    for (to = from; to < cell.len && !strchr("]\"',; ", cell.ptr[to]);) to++;
    return str_slice(cell, from, to);
}

/* As table_write_row puts it before what a spreadsheet would calculate. */
static Str without_apostrophe(Str s)
{
    size_t at = 0;
    while (at < s.len && s.ptr[at] == '\'') at++;
    bool ours = at > 0 && at < s.len && s.ptr[at] && strchr("=+-@\t", s.ptr[at]);
    return ours ? str_slice(s, 1, s.len) : s;
}

static void read_cell(Table *t, Wanted w, Str row, const Scan *s, ValueOptions *o, Arena *faults, TableRow *out)
{
    const Cell *cell = &s->cells[w.cell];
    Str typed = scan_text(&t->scratch, row.ptr, cell, t->options.windows_1252), value;
    const char *expected = "a separator or the line's end behind the quote that ends the cell";
    typed = without_apostrophe(typed);
    if (w.column == COL_ID && t->identifiers) typed = table_first_identifier(typed);
    if (!cell->stray && value_read(&t->scratch, w.column, typed, o, &value, &expected)) {
        out->values.of[w.column] = value;
        if (w.column == COL_COUNTRY && value.len) o->country = value;
        return;
    }
    Str heading = t->header.cells[w.cell];
    add_fault(
        t, out, row, cell->from, str_format(faults, "%s, in the column '%.*s'", expected, STR_ARG(heading)), fault_quote(faults, typed));
}

bool table_says_who(const Values *v)
{
    return v->of[COL_ID].len || v->of[COL_NAME].len || v->of[COL_GIVEN_NAME].len || v->of[COL_FAMILY_NAME].len || v->of[COL_EMAIL].len;
}

/* A row of more cells than the header has is good when the rest is empty, as spreadsheets leave them. */
static bool cells_fit(const Table *t, const Scan *s)
{
    if (s->count < t->header.count || s->count > TABLE_COLUMNS_MAX) return false;
    for (int i = t->header.count; i < s->count; i++)
        if (s->cells[i].to > s->cells[i].from) return false;
    return true;
}

static void read_row(Table *t, Str row, Arena *faults, TableRow *out)
{
    ValueOptions o = {.country = t->options.country, .no_phones = t->options.no_phones};
    const Scan *s = &t->scan;
    if (!cells_fit(t, s)) {
        add_fault(t, out, row, 0, str_format(faults, "%d cells, as in the header", t->header.count), str_format(faults, "%d", s->count));
        return;
    }
    for (int i = 0; i < t->wanted_count; i++) read_cell(t, t->wanted[i], row, s, &o, faults, out);
    if (!out->fault_count && !table_says_who(&out->values))
        add_fault(t, out, row, 0, S("an id, a name or an e-mail address, so that it is known who it is"), S("none"));
}

/* All values into one piece of `a`. */
static void keep_values(Arena *a, Values *values)
{
    size_t all = 0;
    for (int i = 0; i < COL__COUNT; i++) all += values->of[i].len;
    char *at = arena_new(a, char, all);
    for (int i = 0; i < COL__COUNT; i++) {
        Str *v = &values->of[i];
        if (!v->len) continue;
        memcpy(at, v->ptr, v->len);
        v->ptr = at;
        at += v->len;
    }
}

static void finish_row(Table *t, Arena *a, TableRow *row)
{
    memcpy(row->given, t->given, sizeof t->given);
    if (t->stage == STAGE_OSDI || (!t->given[COL_GIVEN_NAME] && !t->given[COL_FAMILY_NAME])) person_settle(&t->scratch, &row->values);
    if (a) keep_values(a, &row->values);
}

static Err prepare(Table *t, Fault *fault)
{
    Err e = ERR_OK;
    if (t->stage == STAGE_START) e = start(t, fault);
    if (!e && t->stage == STAGE_LEADING) e = skip_leading(t, fault);
    if (!e && t->stage == STAGE_HEADER) e = read_header(t, fault);
    return e;
}

static Err next_cells(Table *t, Arena *faults, TableRow *row, Fault *fault)
{
    Str text;
    do {
        Err e = next_row(t, &text, &row->line, fault);
        if (e) return e;
    } while (is_blank_row(&t->scan, text));
    read_row(t, text, faults, row);
    return ERR_OK;
}

Err table_next(Table *table, Arena *a, TableRow *ret_row, Fault *fault)
{
    Err e = table->failed.err;
    if (e) *fault = table->failed;
    if (!e) e = prepare(table, fault);
    arena_recycle(&table->scratch);
    ret_row->values = (Values){0};
    ret_row->fault_count = 0;
    if (!e && table->stage == STAGE_OSDI) e = osdi_next(table, a ? a : &table->scratch, ret_row, fault);
    else if (!e) e = next_cells(table, a ? a : &table->scratch, ret_row, fault);
    if (!e) finish_row(table, a, ret_row);
    return e;
}
