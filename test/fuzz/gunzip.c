/* A packed file, on the way of file.c: unpacked as it arrives and read as CSV. Pieces change nothing.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "formats/gunzip.h"

#include "fuzz_formats.h"

enum { UNPACKED_MAX = 1024 * 1024 };

typedef struct Sink {
    Reader *reader;
    size_t length;
} Sink;

static Err take(void *context, Str bytes)
{
    Sink *sink = context;
    sink->length += bytes.len;
    if (sink->length > UNPACKED_MAX) return ERR_LIMIT;
    return reader_feed(sink->reader, bytes);
}

static Str unpack(Arena *a, Str packed, size_t piece)
{
    Papers *p = papers_new(a);
    Sink sink = {.reader = reader_open(a, p, &(FormatOptions){.format = FORMAT_CSV})};
    Gunzip *g = gunzip_open(a, take, &sink);
    Str reason = {0};
    Err e = ERR_OK;
    for (size_t at = 0; !e && at < packed.len; at += piece)
        e = gunzip_feed(g, str_slice(packed, at, at + piece < packed.len ? at + piece : packed.len), &reason);
    if (!e) e = gunzip_end(g, &reason);
    if (reason.len) return S("damaged"); /* where it is noticed may depend on the pieces */
    if (sink.length > UNPACKED_MAX) return S("too long");
    if (!e) e = reader_end(sink.reader);
    return outcome(a, e, p, reader_fault(sink.reader));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Str packed = {(const char *)data + 1, size - 1};
    must_be_same("in pieces", unpack(&a, packed, 1 + data[0] % 32), unpack(&a, packed, size));
    arena_clear(&a);
    return 0;
}
