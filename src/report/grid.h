/* grid.h: tables and facts of a report, written as HTML (the declaration) or put into a view (pages). Private to report/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a figure that stands in the declaration and on a page is worked out in one place, tables.c, and only its dress differs.
 * Cards: on a phone a row is a card; browsers forget that a table laid out as blocks is one, so the roles are spelt out, and each cell carries its
 * column's name. Small: few enough columns for any screen. Scroll: a matrix, in a frame that the keyboard reaches; one too wide for a sheet of
 * paper is printed as a list, each figure after its column's name.
 */
#ifndef HUSTINGS_REPORT_GRID_H
#define HUSTINGS_REPORT_GRID_H

#include "core/markup.h"
#include "report/parts.h"

/* What is being written, and where to. */
typedef struct Page {
    Arena *a;
    Html *h;    /* the declaration, or */
    View *view; /* of a page: the table's object, the facts' array */
    const Result *r;
    const Analysis *analysis;
    const ReportOptions *options;
    int id;    /* of this contest on the page: 0, or the number of the post */
    bool post; /* one of several: its headings are one level lower */
} Page;

typedef enum Shape { SHAPE_CARDS, SHAPE_SMALL, SHAPE_SCROLL } Shape;

typedef struct Grid {
    Page *p;
    Str *heads;
    bool *words; /* the column holds words, not figures */
    int columns, column;
    Shape shape;
    bool many; /* wider than a sheet of paper */
    View *rows, *cells;
} Grid;

typedef enum Row { ROW_PLAIN, ROW_ELECTED, ROW_OUT, ROW_FOOT, ROW_FIRST_FOOT } Row;

enum { GRID_COLUMNS_MAX = PAPERS_CANDIDATES_MAX + 16 };

Grid grid_new(Page *p, Shape shape);
void grid_column(Grid *g, Str head, bool words);
void grid_begin(Grid *g, Str caption);
void grid_row(Grid *g, Row row);
/* The row's own name; with a bar of `share` of the whole under it unless that is NULL. */
void grid_name(Grid *g, Str name, const Frac *share);
void grid_cell_as(Grid *g, Str text, bool wins);
void grid_cell(Grid *g, Str text);
void grid_row_end(Grid *g);
void grid_end(Grid *g);

/* ---- tables.c ---- */

/* A name, a value and a remark under it. */
void write_facts(Page *p);
void write_post_list(Page *p);
void write_candidates(Page *p);
bool has_all_stages(const Result *r);
void write_all_stages(Page *p); /* candidates down, stages across */
void write_papers(Page *p);
void write_sections(Page *p);
void write_stage(Page *p, int number);
/* Papers that rank one above another, as the rules or the analysis have them; NULL when neither has. */
const int64_t *pairs_known(const Result *r, const Analysis *analysis);
void write_pairs(Page *p);
bool next_known(const Analysis *analysis);
void write_next(Page *p);
void write_weights(Page *p);
void write_slates(Page *p);

#endif
