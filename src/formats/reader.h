/* reader.h: what the parsers of this room share; formats.h is what others may use.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: every format takes text in pieces of any size, tells mistakes by line and column, and must give the same
 *      answer however the text was cut. The Reader keeps the cut-off rest; a parser only ever sees text that starts
 *      at the start of a row.
 * A parser takes as many whole rows as `text` holds and says how many bytes those were. It must decide by the bytes
 * of the text alone, never by where a piece ends; if it needs more to decide it sets `wanted` and takes nothing.
 */
#ifndef HUSTINGS_FORMATS_READER_H
#define HUSTINGS_FORMATS_READER_H

#include "formats/formats.h"

/* Enough text to tell a format or a layout; text is decided on when this much is there, or its end. */
enum { READER_LOOK_AHEAD = 64 * 1024 };

typedef struct Parser {
    void (*open)(Reader *r);
    Err (*rows)(Reader *r, Str text, bool last, size_t *ret_used);
    Err (*end)(Reader *r);
} Parser;

/* A title or note of more bytes might not fit the line on which it would be written again. */
enum { READER_TITLE_MAX = 4096 };

struct Reader {
    Arena *arena;
    Papers *papers;
    FormatOptions options;
    Format format; /* decided at the first bytes */
    const Parser *parser;
    void *state; /* the parser's */
    Fault fault;
    bool ended;
    Arena scratch; /* cleared when reading ends */

    /* Where messages point: the row being parsed, and the number of its first line. */
    Str row;
    int64_t line;

    /* Text that was fed and not yet taken. */
    char *kept;
    size_t kept_length, kept_capacity;
    size_t wanted;    /* nothing is tried before this much is kept, or the text has ended */
    size_t scanned;   /* bytes at the start of the text in which the row does not end */
    bool header_only; /* stop before the first paper (load.c) */
};

extern const Parser csv_parser, blt_parser, preflib_parser;

/* Take the whole rows in `text`, which starts at a row; like reader_feed, but nothing is kept. */
NODISCARD Err reader_rows(Reader *r, Str text, bool last, size_t *ret_used);

/* For formats in which a row is a line: calls `line` with every whole line, without its end. */
typedef Err ReaderLine(Reader *r, Str line);
NODISCARD Err reader_lines(Reader *r, Str text, bool last, size_t *ret_used, ReaderLine *line);

/* Set the fault at `at`, a place in the row (NULL: the line is all that is known). `found` may be empty. */
NODISCARD Err reader_fail(Reader *r, Err err, const char *at, Str found, const char *format, ...) PRINTF_LIKE(5, 6);

/* `text` for "found ...": quoted, or "an empty WHAT". */
Str reader_quote(Reader *r, Str text, const char *what_if_empty);

/* A candidate's, section's or box's name as it may stand in Papers: trimmed, clean UTF-8, neither empty nor too
 * long. Fails at `at` otherwise. */
NODISCARD Err reader_check_name(Reader *r, const char *at, Str name, const char *what);

/* The title, unless the papers have one; a note (a caveat that must stand wherever the figures stand), beside others.
 * Both fail at `at`, where the row has it, when `text` is not clean. */
NODISCARD Err reader_title(Reader *r, const char *at, Str text);
NODISCARD Err reader_note(Reader *r, const char *at, Str text);

/* The declared name nearest to `name`, empty when none is near: for "did you mean". */
Str reader_nearest_candidate(Reader *r, Str name);

/* Add papers; the papers' limits become faults at `at`. With `how_many` 0 nothing is added and *ret_group is left alone. */
NODISCARD Err reader_add(
    Reader *r, const char *at, int section, int box, const Mark *marks, int mark_count, int64_t how_many, uint32_t *ret_group);

/* The section given in the options, or PAPERS_NO_SECTION. */
NODISCARD Err reader_fixed_section(Reader *r, int *ret_section);

/* A whole number of papers; fails at `at` with what was expected. */
NODISCARD Err reader_how_many(Reader *r, const char *at, Str text, int64_t *ret_how_many);

#endif
