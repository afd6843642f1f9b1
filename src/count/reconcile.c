/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The CSV reader is a strict one for five columns: quotes only around whole cells, doubled inside, no blank rows.
 */
#include "count/reconcile.h"

#include "core/num.h"

#include <stdlib.h>

enum { COLUMN_BOX, COLUMN_ISSUED, COLUMN_COUNTED, COLUMN_SPOILT, COLUMN_UNUSED, COLUMN__COUNT };

static const Str column_names[] = {S("box"), S("issued"), S("counted"), S("spoilt"), S("unused")};
_Static_assert(COUNT_OF(column_names) == COLUMN__COUNT, "a name for each column");

/* --- reading --- */

typedef struct Reading {
    Arena *a;
    Fault *fault;
    Str rest;
    int64_t line;     /* of the next byte, from 1 */
    const char *row;  /* where the row begins, for columns */
    int64_t row_line; /* line on which the row begins */
    Str cells[COLUMN__COUNT];
    int64_t cell_columns[COLUMN__COUNT];
    int place[COLUMN__COUNT]; /* [column]: which cell of a row it is */
    int capacity;
} Reading;

static Err wrong_cell(Reading *in, int cell, Str expected)
{
    Str found = in->cells[cell].len ? fault_quote(in->a, in->cells[cell]) : S("an empty cell");
    return fault_set(in->fault, ERR_INPUT, in->row_line, in->cell_columns[cell], expected, found);
}

static Err wrong_here(Reading *in, const char *at, Str expected, Str found)
{
    return fault_set(in->fault, ERR_INPUT, in->line, at - in->row + 1, expected, found);
}

/* A cell in quotes, which may hold commas and doubled quotes. */
static Err take_quoted(Reading *in, Str *ret_cell)
{
    const char *start = in->rest.ptr;
    Buf cell = buf_new(in->a);
    size_t i = 1;
    for (;; i++) {
        if (i >= in->rest.len || in->rest.ptr[i] == '\n') return wrong_here(in, start, S("a closing quote in the same line"), S("none"));
        if (in->rest.ptr[i] != '"') buf_byte(&cell, in->rest.ptr[i]);
        else if (i + 1 < in->rest.len && in->rest.ptr[i + 1] == '"') buf_byte(&cell, in->rest.ptr[i++]);
        else break;
    }
    *ret_cell = buf_done(&cell);
    in->rest = str_slice(in->rest, i + 1, in->rest.len);
    bool ends = !in->rest.len || in->rest.ptr[0] == ',' || in->rest.ptr[0] == '\n' || str_starts(in->rest, S("\r\n"));
    if (!ends)
        return wrong_here(
            in, in->rest.ptr, S("a comma or the end of the line after a closing quote"), fault_quote(in->a, str_slice(in->rest, 0, 1)));
    return ERR_OK;
}

static Err take_plain(Reading *in, Str *ret_cell)
{
    size_t n = 0;
    while (n < in->rest.len && in->rest.ptr[n] != ',' && in->rest.ptr[n] != '\n') {
        if (in->rest.ptr[n] == '"') return wrong_here(in, in->rest.ptr + n, S("quotes around the whole cell or none"), S("'\"'"));
        n++;
    }
    *ret_cell = str_slice(in->rest, 0, n);
    in->rest = str_slice(in->rest, n, in->rest.len);
    if (str_ends(*ret_cell, S("\r"))) *ret_cell = str_slice(*ret_cell, 0, ret_cell->len - 1);
    return ERR_OK;
}

/* The next row into in->cells. There must be one. */
static Err take_row(Reading *in)
{
    in->row = in->rest.ptr;
    in->row_line = in->line;
    for (int n = 0;; n++) {
        if (n == COLUMN__COUNT)
            return wrong_here(in, in->rest.ptr, S("five cells in a row: box, issued, counted, spoilt, unused"), S("more"));
        in->cell_columns[n] = in->rest.ptr - in->row + 1;
        Err e = in->rest.len && in->rest.ptr[0] == '"' ? take_quoted(in, &in->cells[n]) : take_plain(in, &in->cells[n]);
        if (e) return e;
        if (in->rest.len && in->rest.ptr[0] == ',') {
            in->rest = str_slice(in->rest, 1, in->rest.len);
            continue;
        }
        if (n + 1 < COLUMN__COUNT)
            return wrong_here(in, in->row, S("five cells in a row: box, issued, counted, spoilt, unused"), str_format(in->a, "%d", n + 1));
        break;
    }
    if (str_starts(in->rest, S("\r"))) in->rest = str_slice(in->rest, 1, in->rest.len);
    if (in->rest.len) in->rest = str_slice(in->rest, 1, in->rest.len);
    in->line++;
    return ERR_OK;
}

static Err take_header(Reading *in)
{
    Err e = take_row(in);
    if (e) return e;
    bool seen[COLUMN__COUNT] = {false};
    for (int cell = 0; cell < COLUMN__COUNT; cell++) {
        int column = 0;
        while (column < COLUMN__COUNT && !str_equal(str_trim(in->cells[cell]), column_names[column])) column++;
        if (column == COLUMN__COUNT || seen[column])
            return wrong_cell(in, cell, S("the columns box, issued, counted, spoilt and unused, each once"));
        seen[column] = true;
        in->place[column] = cell;
    }
    return ERR_OK;
}

static Err take_number(Reading *in, int column, int64_t *ret_number)
{
    int cell = in->place[column];
    Str text = str_trim(in->cells[cell]);
    bool good = text.len && text.ptr[0] != '-' && str_to_i64(text, ret_number) && *ret_number <= PAPERS_TOTAL_MAX;
    return good ? ERR_OK : wrong_cell(in, cell, str_format(in->a, "a number of papers from 0 to %lld", (long long)PAPERS_TOTAL_MAX));
}

static Err take_box(Reading *in, BoxAccount *box)
{
    Err e = take_row(in);
    if (e) return e;
    *box = (BoxAccount){.line = in->row_line, .box = str_trim(in->cells[in->place[COLUMN_BOX]])};
    if (!box->box.len || box->box.len > PAPERS_NAME_MAX || !str_is_clean_text(box->box))
        return wrong_cell(in, in->place[COLUMN_BOX], str_format(in->a, "the name of a box, at most %d bytes", PAPERS_NAME_MAX));
    e = take_number(in, COLUMN_ISSUED, &box->issued);
    if (!e) e = take_number(in, COLUMN_COUNTED, &box->counted);
    if (!e) e = take_number(in, COLUMN_SPOILT, &box->spoilt);
    if (!e) e = take_number(in, COLUMN_UNUSED, &box->unused);
    box->difference = box->counted + box->spoilt + box->unused - box->issued;
    return e;
}

static void add_up(BoxAccount *all, const BoxAccount *box)
{
    all->issued = add_or_stop(all->issued, box->issued);
    all->counted = add_or_stop(all->counted, box->counted);
    all->spoilt = add_or_stop(all->spoilt, box->spoilt);
    all->unused = add_or_stop(all->unused, box->unused);
    all->difference = add_or_stop(all->difference, box->difference);
}

/* --- boxes by name --- */

static int by_name(const void *x, const void *y)
{
    const BoxAccount *one = *(BoxAccount *const *)x, *other = *(BoxAccount *const *)y;
    int order = str_compare(one->box, other->box);
    return order ? order : (one->line > other->line) - (one->line < other->line);
}

static BoxAccount **sorted(Arena *a, const Reconciliation *r)
{
    BoxAccount **list = arena_new(a, BoxAccount *, (size_t)r->box_count);
    for (int i = 0; i < r->box_count; i++) list[i] = &r->boxes[i];
    qsort(list, (size_t)r->box_count, sizeof(BoxAccount *), by_name);
    return list;
}

static BoxAccount *find_box(BoxAccount **list, int count, Str name)
{
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = str_compare(list[middle]->box, name);
        if (order == 0) return list[middle];
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return NULL;
}

static Err no_box_twice(Arena *a, const Reconciliation *r, Fault *fault)
{
    BoxAccount **list = sorted(a, r);
    for (int i = 1; i < r->box_count; i++)
        if (str_equal(list[i - 1]->box, list[i]->box))
            return fault_set(fault, ERR_INPUT, list[i]->line, 0,
                str_format(a, "each box once (it is in line %lld as well)", (long long)list[i - 1]->line), fault_quote(a, list[i]->box));
    return ERR_OK;
}

Err reconcile_parse(Arena *a, Str text, Reconciliation **ret_reconciliation, Fault *fault)
{
    if (str_starts(text, S("\xEF\xBB\xBF"))) text = str_slice(text, 3, text.len);
    Reading in = {.a = a, .fault = fault, .rest = text, .line = 1};
    Reconciliation *r = arena_new(a, Reconciliation, 1);
    Err e = take_header(&in);
    if (e) return e;
    while (in.rest.len) {
        if (r->box_count == PAPERS_BOXES_MAX) return fault_setf(fault, a, ERR_LIMIT, "more than %d boxes", PAPERS_BOXES_MAX);
        if (r->box_count == in.capacity) {
            in.capacity = in.capacity ? 2 * in.capacity : 64;
            r->boxes = arena_grow(a, BoxAccount, r->boxes, (size_t)r->box_count, (size_t)in.capacity);
        }
        BoxAccount *box = &r->boxes[r->box_count];
        e = take_box(&in, box);
        if (e) return e;
        add_up(&r->all, box);
        r->unbalanced += box->difference != 0;
        r->box_count++;
    }
    if (!r->box_count) return fault_set(fault, ERR_INPUT, in.line, 0, S("a row for each box below the names of the columns"), S("none"));
    e = no_box_twice(a, r, fault);
    if (e) return e;
    *ret_reconciliation = r;
    return ERR_OK;
}

/* --- with the papers --- */

Err reconcile_with_papers(Arena *a, Reconciliation *r, const Papers *papers, Fault *fault)
{
    if (!papers->box_count)
        return fault_set(fault, ERR_INPUT, 0, 0, S("papers that say from which box they are (a column 'box')"), S("none"));
    ASSERT(!r->with_papers);
    BoxAccount **list = sorted(a, r);
    r->with_papers = true;
    r->unknown = arena_new(a, const Box *, (size_t)papers->box_count);
    r->outside = papers->total;
    for (int i = 0; i < papers->box_count; i++) {
        const Box *box = &papers->boxes[i];
        BoxAccount *account = find_box(list, r->box_count, box->name);
        if (account) account->read = box->papers;
        else r->unknown[r->unknown_count++] = box;
        r->outside -= box->papers;
    }
    for (int i = 0; i < r->box_count; i++) {
        BoxAccount *box = &r->boxes[i];
        box->read_known = true;
        box->read_difference = box->read - box->counted - box->spoilt;
        r->read_differs += box->read_difference != 0;
    }
    r->all.read_known = true;
    r->all.read = papers->total;
    r->all.read_difference = r->all.read - r->all.counted - r->all.spoilt;
    return ERR_OK;
}

bool reconcile_balances(const Reconciliation *r)
{
    return !r->unbalanced && !r->read_differs && !r->unknown_count && !r->outside;
}

/* --- the answer --- */

static void put_number(View *view, Arena *a, Str key, int64_t value)
{
    view_put_str(view, key, str_format(a, "%lld", (long long)value));
}

static void put_account(View *view, Arena *a, const BoxAccount *box)
{
    put_number(view, a, S("issued"), box->issued);
    put_number(view, a, S("counted"), box->counted);
    put_number(view, a, S("spoilt"), box->spoilt);
    put_number(view, a, S("unused"), box->unused);
    put_number(view, a, S("difference"), box->difference);
    if (box->read_known) {
        put_number(view, a, S("read"), box->read);
        put_number(view, a, S("read_difference"), box->read_difference);
    } else {
        view_put_null(view, S("read"));
        view_put_null(view, S("read_difference"));
    }
}

View *reconcile_view(Arena *a, const Reconciliation *r)
{
    View *view = view_object(a);
    view_put_bool(view, S("balances"), reconcile_balances(r));
    View *boxes = view_put_array(view, S("boxes"));
    for (int i = 0; i < r->box_count; i++) {
        View *box = view_add_object(boxes);
        view_put_str(box, S("box"), r->boxes[i].box);
        put_account(box, a, &r->boxes[i]);
    }
    put_account(view_put_object(view, S("all")), a, &r->all);
    View *unknown = view_put_array(view, S("without_account"));
    for (int i = 0; i < r->unknown_count; i++) {
        View *box = view_add_object(unknown);
        view_put_str(box, S("box"), r->unknown[i]->name);
        put_number(box, a, S("read"), r->unknown[i]->papers);
    }
    if (r->with_papers) put_number(view, a, S("read_without_box"), r->outside);
    else view_put_null(view, S("read_without_box"));
    return view;
}

/* "1 paper", "2 papers". */
static Str papers_words(Arena *a, int64_t n)
{
    return str_format(a, "%lld paper%s", (long long)n, n == 1 ? "" : "s");
}

static void say_balance(const BoxAccount *box, Buf *out)
{
    int64_t found = box->counted + box->spoilt + box->unused;
    buf_format(out, "%lld issued, %lld counted + %lld spoilt + %lld unused = %lld: ", (long long)box->issued, (long long)box->counted,
        (long long)box->spoilt, (long long)box->unused, (long long)found);
    Str how_many = papers_words(out->arena, box->difference < 0 ? -box->difference : box->difference);
    if (!box->difference) buf_str(out, S("it balances.\n"));
    else buf_format(out, "%.*s %s.\n", STR_ARG(how_many), box->difference < 0 ? "missing" : "more than issued");
}

static void say_read(const BoxAccount *box, Buf *out)
{
    int64_t found = box->counted + box->spoilt;
    Str how_many = papers_words(out->arena, box->read_difference < 0 ? -box->read_difference : box->read_difference);
    buf_format(out, "%lld counted + %lld spoilt = %lld, %lld read from the files: %.*s %s.\n", (long long)box->counted,
        (long long)box->spoilt, (long long)found, (long long)box->read, STR_ARG(how_many),
        box->read_difference < 0 ? "missing from the files" : "too many in the files");
}

static void say_papers(const Reconciliation *r, Buf *out)
{
    for (int i = 0; i < r->box_count; i++) {
        if (!r->boxes[i].read_difference) continue;
        buf_format(out, "Box %.*s: ", STR_ARG(r->boxes[i].box));
        say_read(&r->boxes[i], out);
    }
    for (int i = 0; i < r->unknown_count; i++) {
        Str how_many = papers_words(out->arena, r->unknown[i]->papers);
        buf_format(
            out, "Box %.*s: %.*s read from the files, but it is not in the account.\n", STR_ARG(r->unknown[i]->name), STR_ARG(how_many));
    }
    if (r->outside) {
        Str how_many = papers_words(out->arena, r->outside);
        buf_format(out, "%.*s read from the files without the name of a box.\n", STR_ARG(how_many));
    }
    if (!r->read_differs && !r->unknown_count && !r->outside)
        buf_str(out, S("The papers read from the files are those counted and spoilt, box by box.\n"));
}

void reconcile_text(const Reconciliation *r, Buf *out)
{
    for (int i = 0; i < r->box_count; i++) {
        if (!r->boxes[i].difference) continue;
        buf_format(out, "Box %.*s: ", STR_ARG(r->boxes[i].box));
        say_balance(&r->boxes[i], out);
    }
    buf_format(out, "In all, %d box%s: ", r->box_count, r->box_count == 1 ? "" : "es");
    say_balance(&r->all, out);
    if (!r->unbalanced) buf_str(out, S("Every box balances.\n"));
    else
        buf_format(out, "%d of %d boxes do%s not balance.%s\n", r->unbalanced, r->box_count, r->unbalanced == 1 ? "es" : "",
            r->all.difference ? "" : " Their differences cancel out in the sum.");
    if (r->with_papers) say_papers(r, out);
}
