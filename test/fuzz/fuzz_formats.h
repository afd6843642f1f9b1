/* fuzz_formats.h: what must hold for any bytes a reader of papers is given.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The first byte of an input chooses how the rest is cut. However it is cut, the papers or the message are the same;
 * and papers that were read can be written (where the format can say them) and read again, and are the same.
 */
#ifndef HUSTINGS_TEST_FUZZ_FORMATS_H
#define HUSTINGS_TEST_FUZZ_FORMATS_H

#include "formats/dump.h"
#include "formats/load.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must_be_same(const char *what, Str got, Str expected)
{
    if (str_equal(got, expected)) return;
    fprintf(stderr, "%s\ngot:      %.*s\nexpected: %.*s\n", what, STR_ARG(got), STR_ARG(expected));
    ASSERT(false);
}

/* The papers, or the message. */
static inline Str outcome(Arena *a, Err e, const Papers *p, const Fault *fault)
{
    ASSERT(!e || (fault->err == e && fault->expected.len));
    return e ? fault_text(a, fault) : dump(a, p);
}

static inline Str read_pieces(Arena *a, const FormatOptions *options, Str text, uint32_t seed)
{
    Papers *p = papers_new(a);
    Reader *r = reader_open(a, p, options);
    Err e = ERR_OK;
    while (!e && text.len) {
        seed = seed * 1664525 + 1013904223;
        size_t n = 1 + (seed >> 24) % 64;
        if (n > text.len) n = text.len;
        e = reader_feed(r, str_slice(text, 0, n));
        text = str_slice(text, n, text.len);
    }
    if (!e) e = reader_end(r);
    return outcome(a, e, p, reader_fault(r));
}

static inline Str read_cut(Arena *a, const FormatOptions *options, Str text, size_t cut)
{
    Papers *p = papers_new(a);
    Fault fault = {0};
    FileOptions file = {.format = *options};
    Err e = load_text_cut(a, p, &file, text, cut, &fault);
    return outcome(a, e, p, &fault);
}

static inline void write_and_read(Arena *a, Papers *p, Format format, bool posts)
{
    Buf out = buf_new(a);
    Fault fault = {0};
    if (format == FORMAT_BLT && !p->seats) p->seats = 1; /* it must say a number */
    if (format_write(p, format, &out, &fault)) {
        ASSERT(fault.err == ERR_INPUT && fault.expected.len);
        return;
    }
    Papers *again = papers_new(a);
    FormatOptions options = {.format = format, .posts = posts};
    Err e = reader_load(a, again, &options, buf_done(&out), &fault);
    if (e || !posts) {
        must_be_same("written and read again", outcome(a, e, again, &fault), dump(a, p));
        return;
    }
    /* The posts stand in the order of their first candidates now, whatever that of the columns was. */
    Buf second = buf_new(a);
    ASSERT(format_write(again, format, &second, &fault) == ERR_OK);
    must_be_same("written again", buf_done(&second), buf_done(&out));
}

static inline int fuzz_format(const FormatOptions *options, const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    Str text = {(const char *)data + 1, size - 1};
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Papers *p = papers_new(&a);
    Fault fault = {0};
    Err e = reader_load(&a, p, options, text, &fault);
    Str whole = outcome(&a, e, p, &fault);
    must_be_same("in pieces", read_pieces(&a, options, text, data[0]), whole);
    if (options->format == FORMAT_CSV && data[0] % 4 == 0 && text.len > 1)
        must_be_same("by two threads", read_cut(&a, options, text, 1 + data[0] / 4 * (text.len - 1) / 64), whole);
    if (!e)
        for (int format = FORMAT_CSV; format < FORMAT__COUNT; format++) write_and_read(&a, p, (Format)format, options->posts);
    arena_clear(&a);
    return 0;
}

#endif
