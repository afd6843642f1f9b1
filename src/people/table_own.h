/* table_own.h: what the files of the table share and nobody else needs.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_PEOPLE_TABLE_OWN_H
#define HUSTINGS_PEOPLE_TABLE_OWN_H

#include "people/table.h"

/* A cell of the row at hand: where it stands in it, and how it is written. */
typedef struct Cell {
    uint32_t from, to;
    bool quoted;  /* the quotes stand at from and to - 1 */
    bool doubled; /* with quotes inside, each written twice */
    bool stray;   /* something follows the quote that should have ended it */
} Cell;

typedef enum ScanState { SCAN_BEGIN, SCAN_PLAIN, SCAN_QUOTED, SCAN_QUOTE, SCAN_STRAY } ScanState;

/* Cuts rows into cells. It can go on where it stopped when more bytes are there, wherever the row has been moved meanwhile. */
typedef struct Scan {
    char separator;
    ScanState state;
    size_t at; /* next byte, from the row's start */
    Cell cells[TABLE_COLUMNS_MAX];
    int count; /* of cells that ended; beyond TABLE_COLUMNS_MAX they are counted alone */
    Cell cell; /* the one at hand */
    int64_t line_ends;
} Scan;

void scan_begin(Scan *s, char separator);
/* True: the row ends (its line end included) before s->at. False: more bytes are needed; `last`: there are no more, so that it ends here, unless that is inside quotes. */
bool scan_row(Scan *s, Str bytes, bool last);
/* The cell's text: without quotes, in UTF-8, line ends as spaces. In place when nothing is to be changed. */
Str scan_text(Arena *a, const char *row, const Cell *cell, bool windows_1252);
/* Line (from 0) and column (from 1, in characters) of byte `at` of the row. */
void scan_place(Str row, size_t at, int64_t *ret_line, int64_t *ret_column);

/* Comma, semicolon or tab: whichever stands most often in the first line outside quotes. False: the line is not whole yet. */
bool scan_separator(Str bytes, bool last, char *ret_separator);

typedef struct Osdi Osdi;

typedef enum Stage { STAGE_START, STAGE_LEADING, STAGE_HEADER, STAGE_ROWS, STAGE_OSDI } Stage;

typedef struct Wanted {
    int cell;
    PeopleColumn column;
} Wanted;

struct Table {
    Arena *a;
    TableOptions options;
    Stage stage;
    Str piece; /* what is left of it */
    bool last;
    int64_t offset, line; /* of the row that comes next */
    char *held;           /* what came before the piece and is not done with; TABLE_ROW_MAX + 1 bytes */
    size_t held_len;
    size_t held_done; /* of these the first so many are done with */
    Scan scan;
    bool scanning; /* a row has been begun */
    TableHeader header;
    bool has_header;
    Wanted wanted[COL__COUNT]; /* the country first: numbers and postcodes are read by it */
    int wanted_count;
    bool given[COL__COUNT];
    bool identifiers; /* the id is the first of several */
    Arena scratch;    /* for the row at hand */
    Fault failed;     /* the reading is over */
    Osdi *osdi;       /* it is no CSV */
};

/* What is there from the row's start, at most one byte more than a row may have. *ret_end: nothing comes after it. */
Str table_gather(Table *t, bool *ret_end);
/* So many of the gathered bytes are done with. They stay where they are until the next call. */
void table_take(Table *t, size_t n);
/* All that is gathered waits for more: ERR_MISSING. */
NODISCARD Err table_hold(Table *t);
/* The whole file's fault: the reading is over. */
NODISCARD Err table_give_up(Table *t, Err e, int64_t line, int64_t column, Str expected, Str found, Fault *fault);
NODISCARD Err table_need_phones(Table *t, Fault *fault);
/* Which column a header's cell is, by the mapping or by itself. */
PeopleColumn table_understood(const Table *t, Str cell);
/* "prefix:1, other:2", also as a JSON list: the first. */
Str table_first_identifier(Str cell);
bool table_says_who(const Values *v);

/* table_osdi.c: the same rows out of OSDI's JSON. */
NODISCARD Err osdi_begin(Table *t, Fault *fault);
NODISCARD Err osdi_next(Table *t, Arena *faults, TableRow *row, Fault *fault);

#endif
