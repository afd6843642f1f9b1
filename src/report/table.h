/* table.h: aligned tables and wrapped paragraphs for a terminal. Private to report/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: names may hold letters of any script, so widths are counted in columns, not bytes; and a table wider than the terminal is cut
 *      between columns and goes on below with its first column repeated, so that no line ever wraps.
 * Life: table_new -> table_head (one a column) -> table_cell (a row is as many as there are columns) -> table_write.
 */
#ifndef HUSTINGS_REPORT_TABLE_H
#define HUSTINGS_REPORT_TABLE_H

#include "core/str.h"

typedef enum Style { STYLE_PLAIN, STYLE_BOLD, STYLE_GOOD, STYLE_OUT, STYLE_LOUD, STYLE_FAINT } Style;

/* Where text goes and how. */
typedef struct Screen {
    Buf *out;
    int columns;
    bool colour;
} Screen;

typedef struct Table Table;

Table *table_new(Arena *a);
void table_head(Table *t, Str head, bool right); /* right: figures */
void table_cell(Table *t, Str text, Style style);
void table_rule(Table *t); /* a blank line before the next row */
void table_write(Table *t, Screen *screen, int indent);

/* `text` in a style, with no line end. */
void screen_styled(Screen *screen, Str text, Style style);
/* A paragraph, wrapped; later lines are indented by `hang` more. */
void screen_paragraph(Screen *screen, Str text, int indent, int hang, Style style);
void screen_line(Screen *screen, int indent, Str text, Style style);
/* A heading with a line under it. */
void screen_heading(Screen *screen, Str text, char under);

/* `text` cut to `columns` with "..." at the end, control and direction-changing characters made visible as "?". */
Str text_fit(Arena *a, Str text, int columns);
Str text_safe(Arena *a, Str text);

#endif
