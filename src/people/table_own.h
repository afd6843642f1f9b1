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

#endif
