/* formats_unit.h: what the tests of this room share: reading a literal in pieces, and tables of texts.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_TEST_FORMATS_UNIT_H
#define HUSTINGS_TEST_FORMATS_UNIT_H

#include "core/unit.h"

#include "formats/dump.h"
#include "formats/formats.h"

static inline Err read_in_pieces(Reader *r, Str text, size_t piece)
{
    for (size_t at = 0; at < text.len; at += piece) {
        Err e = reader_feed(r, str_slice(text, at, at + piece < text.len ? at + piece : text.len));
        if (e) return e;
    }
    return reader_end(r);
}

/* The papers in `text` as dump() shows them, or the message. */
static inline Str read_as(Arena *a, const FormatOptions *options, Str text, size_t piece)
{
    Papers *p = papers_new(a);
    Fault fault = {0};
    Err e;
    if (piece) {
        Reader *r = reader_open(a, p, options);
        e = read_in_pieces(r, text, piece);
        fault = *reader_fault(r);
    } else {
        e = reader_load(a, p, options, text, &fault);
    }
    return e ? fault_text(a, &fault) : dump(a, p);
}

/* One row of a table: a text, and what comes of it, whichever way it is fed. */
typedef struct ReadCase {
    const char *name; /* of the file; its ending says the format */
    const char *text;
    const char *expected;
} ReadCase;

static inline void check_case(Arena *a, const ReadCase *c, bool posts)
{
    FormatOptions options = {.file_name = str_from_c(c->name), .posts = posts};
    Str text = str_from_c(c->text);
    static const size_t pieces[] = {0, 1, 7, SIZE_MAX / 2};
    for (int i = 0; i < COUNT_OF(pieces); i++) {
        Str got = read_as(a, &options, text, pieces[i]);
        if (str_equal(got, str_from_c(c->expected))) continue;
        print_error(
            "text:     \"%s\"\nin pieces of %zu\ngot:      \"%.*s\"\nexpected: \"%s\"\n", c->text, pieces[i], STR_ARG(got), c->expected);
        fail();
    }
}

static inline void check_cases(Arena *a, const ReadCase *cases, int count, bool posts)
{
    for (int i = 0; i < count; i++) check_case(a, &cases[i], posts);
}

#endif
