/* Any bytes as a list of members: the same rows and faults in pieces of any size; what is good is written and read again to the same values.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const TableOptions windows = {.name = {"f", 1}, .country = {"GB", 2}, .windows_1252 = true, .no_phones = true};
static const TableOptions utf8 = {.name = {"f", 1}, .country = {"GB", 2}, .no_phones = true};

static void put_row(Arena *a, Buf *b, const TableRow *row)
{
    buf_format(b, "%lld:", (long long)row->line);
    for (int c = 0; c < COL__COUNT; c++) buf_format(b, "%.*s|", STR_ARG(row->values.of[c]));
    for (int i = 0; i < row->fault_count; i++) {
        ASSERT(row->faults[i].line >= row->line && row->faults[i].expected.len);
        buf_str(b, fault_text(a, &row->faults[i]));
    }
    buf_byte(b, '\n');
}

/* Everything that comes out, in pieces of `piece` bytes that go when they are done with. */
static Str read_all(Arena *a, const TableOptions *o, Str text, size_t piece, Buf *good)
{
    Arena gone[2];
    for (int i = 0; i < 2; i++) arena_init(&gone[i], ARENA_LIMIT_DEFAULT);
    Table *t = table_open(a, o);
    Buf b = buf_new(a);
    TableRow row;
    Fault fault = {0};
    Err e = ERR_MISSING;
    int turn = 0;
    for (size_t at = 0; e == ERR_MISSING; at += piece, turn = !turn) {
        bool last = at + piece >= text.len;
        arena_clear(&gone[turn]);
        Str bytes = str_copy(&gone[turn], str_slice(text, at < text.len ? at : text.len, last ? text.len : at + piece));
        e = table_feed(t, bytes, last, &fault);
        while (!e && !(e = table_next(t, NULL, &row, &fault))) {
            put_row(a, &b, &row);
            if (good && !row.fault_count) table_write_row(good, NULL, &row.values);
        }
        if (last) break;
    }
    ASSERT(e);
    if (e != ERR_MISSING) buf_str(&b, fault_text(a, &fault));
    for (int i = 0; i < 2; i++) arena_clear(&gone[i]);
    return buf_done(&b);
}

/* Written again, the rows are the same bytes. */
static void round_trip(Arena *a, Str written)
{
    Buf again = buf_new(a);
    table_write_header(&again, NULL);
    read_all(a, &utf8, written, written.len + 1, &again);
    ASSERT(str_equal(buf_done(&again), written));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    const TableOptions *o = data[0] & 1 ? &windows : &utf8;
    size_t piece = data[1] % 40 + 1;
    Str text = {(const char *)data + 2, size - 2};
    Buf good = buf_new(&a);
    table_write_header(&good, NULL);
    Str whole = read_all(&a, o, text, size, &good);
    ASSERT(str_equal(read_all(&a, o, text, piece, NULL), whole));
    round_trip(&a, buf_done(&good));
    arena_clear(&a);
    return 0;
}
