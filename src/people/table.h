/* table.h: lists of members as CSV: read row by row with a mapping, every value checked; and written.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * RFC 4180 with what is met: UTF-8 (a mark at the start allowed) or, told so, Windows-1252; separators comma, semicolon, tab (found by the header); line
 *      ends of any kind; quoted cells over several lines. Text may come in pieces of any size; nothing of the file but the row at hand is kept.
 * A file that begins with { or [ is OSDI's JSON (table_osdi.c): the same rows come out, and its header has OSDI's names.
 * Pure: no store, no clock. One thread a reader.
 * Errors of a row do not end the reading: the row is handed out as bad, with every fault in it (file, line, column, expected, found). What ends it is a
 *      fault of the whole file: no header, unknown encoding, a quote that never ends, a row of more than TABLE_ROW_MAX bytes.
 */
#ifndef HUSTINGS_PEOPLE_TABLE_H
#define HUSTINGS_PEOPLE_TABLE_H

#include "core/err.h"
#include "people/person.h"

enum { TABLE_ROW_MAX = 64 * 1024, TABLE_COLUMNS_MAX = 256, TABLE_FAULTS_MAX = 16 };

/* ---- one value ---- */

typedef struct ValueOptions {
    Str country;    /* two letters, for national numbers and postcodes */
    bool no_phones; /* numbers are compared by their digits and not read with libphonenumber; else phone_load comes first */
} ValueOptions;

/* What somebody typed for a column, checked and in its one form; empty stays empty. False: *ret_expected (a literal) says what it should be. */
NODISCARD bool value_read(Arena *a, PeopleColumn column, Str typed, const ValueOptions *options, Str *ret_value, const char **ret_expected);

/* ---- reading ---- */

typedef struct TableOptions {
    Str name;          /* of the file, for faults */
    Str country;       /* two letters, for national numbers and postcodes: "GB" */
    const Str *map;    /* NULL, or pairs: header cell, column name ("" or "-": leave it out) */
    int map_count;     /* of pairs */
    bool windows_1252; /* not UTF-8 */
    bool no_phones;    /* numbers are compared by their digits and not read with libphonenumber (audits of files without it) */
} TableOptions;

/* What the header turned out to be: for the mapping page. */
typedef struct TableHeader {
    int count;
    Str *cells;            /* as typed */
    PeopleColumn *columns; /* COL__COUNT: not understood, left out */
    char separator;
} TableHeader;

typedef struct TableRow {
    int64_t line;           /* its first */
    Values values;          /* both halves, checked; empty where not given */
    bool given[COL__COUNT]; /* the file has the column */
    int fault_count;        /* 0: good */
    Fault faults[TABLE_FAULTS_MAX];
} TableRow;

typedef struct Table Table;
/* `a` holds what lives as long as the table. */
Table *table_open(Arena *a, const TableOptions *options);
/* Hand over the next piece; `last` with the final one (which may be empty). The bytes must stay until the next call. */
NODISCARD Err table_feed(Table *table, Str piece, bool last, Fault *fault);
/* ERR_OK with a row; ERR_MISSING: feed more, or (after the last piece) the end. Strings of the row are good until the next call, unless `a` is given (then they live there). */
NODISCARD Err table_next(Table *table, Arena *a, TableRow *ret_row, Fault *fault);
/* NULL before it is read. */
const TableHeader *table_header(const Table *table);
/* Bytes of the file that are done with: for progress. */
int64_t table_offset(const Table *table);

/* ---- writing ---- */

/* The header and rows of an export: the columns asked for (of COL__COUNT), or NULL: all but `name`, which is given and family name. Cells that a spreadsheet
 * would take for a formula (= + - @ tab) get an apostrophe in front unless they are a number of ours (+44...); the reader takes it away again. */
void table_write_header(Buf *out, const bool *columns);
void table_write_row(Buf *out, const bool *columns, const Values *values);

#endif
