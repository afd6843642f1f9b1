/* csv.h: what the two halves of the CSV parser share: csv_header.c reads what stands before the papers, csv.c the papers.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The format in words: docs/formats.md.
 */
#ifndef HUSTINGS_FORMATS_CSV_H
#define HUSTINGS_FORMATS_CSV_H

#include "formats/rawtable.h"
#include "formats/reader.h"

typedef enum ColumnKind {
    COLUMN_IGNORED, /* identities, times */
    COLUMN_COUNT,
    COLUMN_SECTION,
    COLUMN_BOX,
    COLUMN_RANK,      /* cells are names */
    COLUMN_CANDIDATE, /* cells are rank numbers */
    COLUMN_POST,      /* cells are names of candidates for the post */
} ColumnKind;

typedef struct Column {
    ColumnKind kind;
    int candidate; /* COLUMN_CANDIDATE: index in Papers */
    Str name;      /* COLUMN_POST: the post */
    int post;      /* COLUMN_POST: equal for columns of one post, in order of first appearance */
} Column;

/* What the first row that is not a comment turned out to be. */
typedef enum HeaderKind { HEADER_UNKNOWN, HEADER_RANKS, HEADER_CANDIDATES, HEADER_POSTS, HEADER_NONE } HeaderKind;

/* One cell as it stands in the row: quotes still on, but without the blanks around it. */
typedef struct Cell {
    const char *start; /* the blanks before it included */
    Str raw;
} Cell;

typedef struct Csv {
    HeaderKind header;
    char separator;
    Column *columns;
    int column_count;
    int *order; /* columns in which marks are read: posts together */
    int order_count;
    bool declared; /* '# candidates:' closes the list of names */
    bool sections_declared;
    Str *declared_posts; /* '# post:' closes the list of that post */
    int declared_post_count;
    Str *withdrawn;
    int withdrawn_count;
    int64_t withdrawn_line;
    int64_t stated_box_papers; /* '# box:' */
    bool boxes_stated;
    int section; /* of every paper, unless there is a section column */

    /* Ranks and sections stand together, with other columns only before and after them: then that stretch of a row, taken
     * raw, tells which papers are equal. */
    bool has_stretch;
    int columns_before, columns_after; /* the stretch */
    bool has_extras;                   /* any columns outside it */

    RawTable rows;   /* raw stretch -> group */
    RawTable *names; /* raw cell -> mark; a table for each post */
    RawTable boxes;  /* raw cell -> box */

    size_t scanned; /* where the search for the end of the row stands */
    bool in_quotes;
    int64_t blank_line; /* the first of the empty lines just passed: only the end of the file may follow */
    Cell *cells;        /* of the row */
    int cell_count, cell_capacity;
    const char *row_end;
    char *plain; /* a cell without its doubled quotes */
    size_t plain_capacity;
    Mark marks[PAPERS_MARKS_MAX]; /* of the row */
    int mark_count;
    int *rank_of;                      /* [column], candidates as columns */
    int *first_at_rank, *next_at_rank; /* columns of one rank, chained; -1 ends */
    int candidate_columns;
} Csv;

/* Read comments and the header. Leaves header at HEADER_UNKNOWN when more text is needed. */
NODISCARD Err csv_header(Reader *r, Str text, bool last, size_t *ret_used);

/* Cut a row into cells; fails at stray quotes. */
NODISCARD Err csv_cells(Reader *r, Str row);

/* A cell without quotes and blanks; good until the next call. */
Str csv_text(Reader *r, Str raw);

/* The bytes of the row at the start of `text`, its line end left out; false when it does not end there. The first
 * *scanned bytes are known not to end it, with *in_quotes saying what stands there; both are kept up to date. */
NODISCARD bool csv_row_length(Str text, size_t *scanned, bool *in_quotes, size_t *ret_length);

/* Is the row nothing but blanks, with no separator? */
bool csv_is_blank_line(const Csv *c, Str row);

/* Does the cell say that a rank was left empty, or overvoted? */
bool csv_is_skip_word(Str text);
bool csv_is_overvote_word(Str text);

/* Is it the name of a column for something else than marks: count, section, box, id and the like? */
bool csv_known_column(Str name, ColumnKind *ret_kind);

/* 3 for "3", "3rd", "3rd choice", "Rank 3", "preference_3", "third"; 0 when it is no name of a rank. */
int csv_rank_of_name(Str name);

bool csv_is_number(Str text);
bool csv_is_cross(Str text);

/* Refuse a name that is not among the declared ones, with a hint. */
NODISCARD Err csv_unknown_name(Reader *r, const char *at, Str name, const char *where_declared);

/* For load.c: is the header read; does the text so far end between two rows, with nothing to remember of them? */
bool csv_header_known(const Reader *r);
bool csv_may_split_here(const Reader *r);

#endif
