/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/totals.h"

enum { CELLS_MAX = 16, TEXT_MAX = 4096 };

typedef enum Which { COLUMN_STAGE, COLUMN_SECTION, COLUMN_CANDIDATE, COLUMN_VOTES, COLUMN__COUNT } Which;

static const Str column_names[] = {S("stage"), S("section"), S("candidate"), S("votes")};
_Static_assert(COUNT_OF(column_names) == COLUMN__COUNT, "a name for each column");

typedef struct Reading {
    Arena *a;
    Fault *fault;
    Totals *totals;
    int64_t line;
    Str row;
    Str cells[CELLS_MAX];
    int64_t at[CELLS_MAX]; /* where each begins, in bytes from 1 */
    int cell_count;
    int columns[COLUMN__COUNT]; /* index of the cell, or -1 */
    int column_count;           /* 0: the first row is still to come */
} Reading;

static Err wrong(Reading *in, int cell, Str expected)
{
    bool known = cell >= 0 && cell < in->cell_count;
    return fault_set(in->fault, ERR_INPUT, in->line, known ? in->at[cell] : 1, expected,
        known ? in->cells[cell].len ? fault_quote(in->a, in->cells[cell]) : S("nothing") : S(""));
}

/* A quoted cell from `*at`, which stands on the quote; its doubled quotes made single. */
static Err quoted_cell(Reading *in, size_t *at, Str *ret_cell)
{
    Buf b = buf_new(in->a);
    size_t i = *at + 1;
    for (; i < in->row.len; i++) {
        if (in->row.ptr[i] == '"') {
            if (i + 1 == in->row.len || in->row.ptr[i + 1] != '"') break;
            i++;
        }
        buf_byte(&b, in->row.ptr[i]);
    }
    if (i == in->row.len)
        return fault_set(in->fault, ERR_INPUT, in->line, (int64_t)*at + 1, S("a quote that ends the cell on this line"), S("none"));
    *at = i + 1;
    while (*at < in->row.len && (in->row.ptr[*at] == ' ' || in->row.ptr[*at] == '\t')) ++*at;
    if (*at < in->row.len && in->row.ptr[*at] != ',')
        return fault_set(in->fault, ERR_INPUT, in->line, (int64_t)*at + 1, S("a comma after the quoted cell"), S("something else"));
    *ret_cell = str_trim(buf_done(&b));
    return ERR_OK;
}

static Err cut_cells(Reading *in)
{
    in->cell_count = 0;
    for (size_t at = 0;;) {
        if (in->cell_count == CELLS_MAX)
            return fault_set(in->fault, ERR_LIMIT, in->line, (int64_t)at + 1, S("at most 16 cells in a row"), S("more"));
        while (at < in->row.len && (in->row.ptr[at] == ' ' || in->row.ptr[at] == '\t')) at++;
        int cell = in->cell_count++;
        in->at[cell] = (int64_t)at + 1;
        if (at < in->row.len && in->row.ptr[at] == '"') {
            Err e = quoted_cell(in, &at, &in->cells[cell]);
            if (e) return e;
        } else {
            size_t end = at;
            while (end < in->row.len && in->row.ptr[end] != ',') end++;
            in->cells[cell] = str_trim(str_slice(in->row, at, end));
            at = end;
        }
        if (at == in->row.len) return ERR_OK;
        at++;
    }
}

static Err take_head(Reading *in)
{
    for (int w = 0; w < COLUMN__COUNT; w++) in->columns[w] = -1;
    for (int c = 0; c < in->cell_count; c++) {
        int which = 0;
        while (which < COLUMN__COUNT && !str_equal_nocase(in->cells[c], column_names[which])) which++;
        if (which == COLUMN__COUNT) return wrong(in, c, S("a column called stage, section, candidate or votes"));
        if (in->columns[which] >= 0) return wrong(in, c, S("each column once"));
        in->columns[which] = c;
    }
    for (int w = 0; w < COLUMN__COUNT; w++)
        if (in->columns[w] < 0 && w != COLUMN_SECTION)
            return fault_set(in->fault, ERR_INPUT, in->line, 1, S("a first row with the columns stage, candidate and votes (and section)"),
                fault_quote(in->a, in->row));
    in->column_count = in->cell_count;
    return ERR_OK;
}

static Err take_name(Reading *in, Which which, Str *ret_name)
{
    int c = in->columns[which];
    Str name = in->cells[c];
    if (!name.len || name.len > PAPERS_NAME_MAX || !str_is_clean_text(name))
        return wrong(in, c,
            which == COLUMN_SECTION ? S("the name of a section: at most 200 bytes of clean text")
                                    : S("the name of a candidate: at most 200 bytes of clean text"));
    *ret_name = name;
    return ERR_OK;
}

static Err take_number(Reading *in, Which which, int64_t least, int64_t most, int64_t *ret_number)
{
    int c = in->columns[which];
    if (str_to_i64(in->cells[c], ret_number) && *ret_number >= least && *ret_number <= most) return ERR_OK;
    return wrong(in, c, str_format(in->a, "a whole number from %lld to %lld", (long long)least, (long long)most));
}

static void push(Totals *totals, Arena *a, Total total)
{
    if (totals->count == totals->capacity) {
        int capacity = totals->capacity ? 2 * totals->capacity : 64;
        totals->items = arena_grow(a, Total, totals->items, (size_t)totals->count, (size_t)capacity);
        totals->capacity = capacity;
    }
    totals->items[totals->count++] = total;
}

static Err take_figure(Reading *in)
{
    if (in->cell_count != in->column_count)
        return fault_set(in->fault, ERR_INPUT, in->line, 1, str_format(in->a, "%d cells, as in the first row", in->column_count),
            str_format(in->a, "%d", in->cell_count));
    Papers *papers = in->totals->papers;
    int64_t stage, votes;
    Str candidate = {0}, section = {0};
    Err e = take_number(in, COLUMN_STAGE, 1, PAPERS_CANDIDATES_MAX, &stage);
    if (!e) e = take_number(in, COLUMN_VOTES, 0, PAPERS_TOTAL_MAX, &votes);
    if (!e) e = take_name(in, COLUMN_CANDIDATE, &candidate);
    if (!e && in->columns[COLUMN_SECTION] >= 0) e = take_name(in, COLUMN_SECTION, &section);
    if (e) return e;
    Total total = {.stage = (int)stage, .section = -1, .candidate = papers_candidate(papers, candidate), .votes = votes, .line = in->line};
    if (section.len) total.section = papers_section(papers, section);
    if (total.candidate < 0) return fault_set(in->fault, ERR_LIMIT, in->line, 0, S("at most 1000 candidates"), S("more"));
    if (section.len && total.section < 0) return fault_set(in->fault, ERR_LIMIT, in->line, 0, S("at most 64 sections"), S("more"));
    push(in->totals, in->a, total);
    return ERR_OK;
}

static Err take_comment(Reading *in)
{
    Str text = str_trim(str_slice(in->row, 1, in->row.len)), key, value;
    if (!str_cut(text, ':', &key, &value)) return ERR_OK;
    value = str_trim(value);
    bool note = str_equal_nocase(str_trim(key), S("note")), title = str_equal_nocase(str_trim(key), S("title"));
    if (!note && !title) return ERR_OK;
    if (value.len > TEXT_MAX || !str_is_clean_text(value))
        return fault_set(in->fault, ERR_INPUT, in->line, 1, S("clean text of at most 4096 bytes"), S("other"));
    if (note) papers_add_note(in->totals->papers, value);
    else if (!in->totals->papers->title.len) in->totals->papers->title = str_copy(in->a, value);
    return ERR_OK;
}

static Err take_row(Reading *in)
{
    Str trimmed = str_trim(in->row);
    if (!trimmed.len) return ERR_OK;
    if (in->row.ptr[0] == '#') return take_comment(in);
    Err e = cut_cells(in);
    if (e) return e;
    e = in->column_count ? take_figure(in) : take_head(in);
    if (e && in->fault->line == 0) in->fault->line = in->line;
    return e;
}

Err totals_parse(Arena *a, Str text, Totals **ret_totals, Fault *fault)
{
    Totals *totals = arena_new(a, Totals, 1);
    totals->papers = papers_new(a);
    Reading in = {.a = a, .fault = fault, .totals = totals};
    if (str_starts(text, S("\xEF\xBB\xBF"))) text = str_slice(text, 3, text.len);
    while (text.len) {
        str_cut(text, '\n', &in.row, &text);
        if (in.row.len && in.row.ptr[in.row.len - 1] == '\r') in.row.len--;
        in.line++;
        Err e = take_row(&in);
        if (e) return e;
    }
    if (!in.column_count)
        return fault_set(
            fault, ERR_INPUT, 0, 0, S("a first row with the columns stage, candidate and votes (and section)"), S("an empty file"));
    if (totals->count == 0) return fault_set(fault, ERR_INPUT, 0, 0, S("figures"), S("a first row only"));
    *ret_totals = totals;
    return ERR_OK;
}
