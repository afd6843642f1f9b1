/* import_look.c: the first rows of a file as they stand, for choosing what its columns are; and the list of its bad rows.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/import_own.h"

#include "formats/gunzip.h"

enum { LOOK_ROWS = 3, LOOK_BYTES = 256 * 1024, CELL_SHOWN = 60 };

typedef struct Start {
    Arena *a;
    Buf text;
} Start;

static Err take_start(void *context, Str bytes)
{
    Start *s = context;
    size_t room = LOOK_BYTES - s->text.len;
    buf_str(&s->text, str_slice(bytes, 0, bytes.len < room ? bytes.len : room));
    return s->text.len < LOOK_BYTES ? ERR_OK : ERR_LIMIT; /* it is enough */
}

/* ERR_INPUT: it is packed, and damaged. */
static Err read_start(Db *db, Arena *a, Str id, Str *ret_text, Fault *fault)
{
    DbRows rows;
    Start start = {.a = a, .text = buf_new(a)};
    Str reason = {0};
    Err e = db_one(db, a, "import_piece", DB_VALUES(db_string(id), db_string(S("file")), db_number(0)), &rows);
    if (e) return e;
    Str piece = db_text(&rows, "bytes");
    Gunzip *gunzip = gunzip_is_gzip(piece) ? gunzip_open(a, take_start, &start) : NULL;
    e = gunzip ? gunzip_feed(gunzip, piece, &reason) : take_start(&start, piece);
    if (e == ERR_INPUT) return fault_set(fault, e, 0, 0, S("a gzip file that can be unpacked"), reason);
    *ret_text = buf_done(&start.text);
    return ERR_OK;
}

static bool is_utf8(Str text)
{
    uint32_t point;
    for (size_t at = 0, n; at < text.len; at += n) {
        n = str_code_point(text, at, &point);
        if (!n) return text.len - at < 4; /* what was cut off at the end */
    }
    return true;
}

/* One cell of RFC 4180, from *at on; false: it was the last of its row. */
static bool next_cell(Arena *a, Str text, char separator, size_t *at, Str *ret_cell)
{
    Buf b = buf_new(a);
    bool quoted = *at < text.len && text.ptr[*at] == '"';
    for (*at += quoted; *at < text.len; (*at)++) {
        char c = text.ptr[*at];
        if (quoted && c == '"') {
            if (*at + 1 < text.len && text.ptr[*at + 1] == '"') (*at)++;
            else {
                quoted = false;
                continue;
            }
        } else if (!quoted && (c == separator || c == '\n' || c == '\r')) {
            break;
        }
        buf_byte(&b, c);
    }
    *ret_cell = buf_done(&b);
    bool more = *at < text.len && text.ptr[*at] == separator;
    if (*at < text.len && text.ptr[*at] == '\r' && *at + 1 < text.len && text.ptr[*at + 1] == '\n') (*at)++;
    (*at)++;
    return more;
}

static Str shown(Arena *a, Str cell)
{
    Buf b = buf_new(a);
    uint32_t point;
    int count = 0;
    for (size_t at = 0, n; at < cell.len && count < CELL_SHOWN; at += n, count++) {
        n = str_code_point(cell, at, &point);
        if (!n || point < 0x20) {
            n = 1;
            buf_byte(&b, '?');
        } else {
            buf_str(&b, str_slice(cell, at, at + n));
        }
    }
    if (count == CELL_SHOWN) buf_str(&b, S("..."));
    return buf_done(&b);
}

/* `row` has room for header.count cells. */
static void read_row(Arena *a, Str text, char separator, size_t *at, Str *row, int count)
{
    Str cell;
    for (int i = 0;; i++) {
        bool more = next_cell(a, text, separator, at, &cell);
        if (row && i < count) row[i] = shown(a, cell);
        if (!more) return;
    }
}

static void read_samples(Arena *a, Str text, ImportLook *look)
{
    size_t at = str_starts(text, S("\xEF\xBB\xBF")) ? 3 : 0;
    int count = look->header.count;
    look->cells = arena_new(a, Str, (size_t)count * LOOK_ROWS + 1);
    read_row(a, text, look->header.separator, &at, NULL, 0);
    while (look->row_count < LOOK_ROWS && at < text.len)
        read_row(a, text, look->header.separator, &at, look->cells + (size_t)look->row_count++ * (size_t)count, count);
}

Err import_look(Db *db, Arena *a, const Import *import, ImportLook *ret_look, Fault *fault)
{
    Str text = {0};
    TableRow row;
    ImportLook look = {0};
    Err e = read_start(db, a, import->id, &text, fault);
    if (e) return e;
    look.windows_1252 = !is_utf8(text);
    TableOptions options = {.name = import->file_name,
        .country = import->options.country,
        .map = import->options.map,
        .map_count = import->options.map_count,
        .windows_1252 = look.windows_1252 || import->options.windows_1252,
        .no_phones = true};
    Table *table = table_open(a, &options);
    e = table_feed(table, text, true, fault);
    if (!e) e = table_next(table, a, &row, fault);
    const TableHeader *header = table_header(table);
    if (!header) return e && e != ERR_MISSING ? e : fault_set(fault, ERR_INPUT, 1, 0, S("a line with the names of the columns"), S("none"));
    *fault = (Fault){0};
    look.header = *header;
    read_samples(a, text, &look);
    *ret_look = look;
    return ERR_OK;
}

Err import_bad_rows(Db *db, Arena *a, Str id, Str *ret_csv)
{
    Buf b = buf_new(a);
    DbRows rows;
    Err e = ERR_OK;
    for (int64_t number = 0; !e; number++) {
        e = db_one(db, a, "import_piece", DB_VALUES(db_string(id), db_string(S("bad")), db_number(number)), &rows);
        if (!e) buf_str(&b, db_text(&rows, "bytes"));
    }
    if (e != ERR_MISSING) return e;
    *ret_csv = buf_done(&b);
    return ERR_OK;
}
