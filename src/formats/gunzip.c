/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/gunzip.h"

#include <zlib.h>

enum { PIECE = 256 * 1024, GZIP_ONLY = 16 + MAX_WBITS };

struct Gunzip {
    Arena *arena;
    z_stream stream;
    bool inside;  /* a member has begun and not ended */
    bool padding; /* zeros follow the last member: tapes and some tools pad */
    int64_t packed;
    GunzipOut *out;
    void *context;
    unsigned char piece[PIECE];
};

static void free_stream(void *object)
{
    inflateEnd(object);
}

Gunzip *gunzip_open(Arena *a, GunzipOut *out, void *context)
{
    Gunzip *g = arena_new(a, Gunzip, 1);
    g->arena = a;
    g->out = out;
    g->context = context;
    if (inflateInit2(&g->stream, GZIP_ONLY) != Z_OK) out_of_memory(sizeof *g);
    arena_on_clear(a, free_stream, &g->stream);
    g->inside = true;
    return g;
}

bool gunzip_is_gzip(Str bytes)
{
    return str_starts(bytes, S("\x1f\x8b"));
}

static Err damaged(Gunzip *g, Str *ret_reason)
{
    const char *why = g->stream.msg ? g->stream.msg : "damaged data";
    *ret_reason = str_format(g->arena, "cannot unpack gzip at byte %lld: %s", (long long)(g->packed - (int64_t)g->stream.avail_in), why);
    return ERR_INPUT;
}

/* Unpack what is there of one member, a piece at a time. */
static Err inflate_member(Gunzip *g, Str *ret_reason)
{
    int z = Z_OK;
    do {
        g->stream.next_out = g->piece;
        g->stream.avail_out = PIECE;
        z = inflate(&g->stream, Z_NO_FLUSH);
        if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR) return damaged(g, ret_reason);
        Err e = g->out(g->context, (Str){(const char *)g->piece, PIECE - g->stream.avail_out});
        if (e) return e;
    } while (z == Z_OK && (g->stream.avail_in || g->stream.avail_out == 0));
    if (z == Z_STREAM_END) g->inside = false;
    return ERR_OK;
}

Err gunzip_feed(Gunzip *g, Str packed, Str *ret_reason)
{
    ASSERT(packed.len <= UINT32_MAX);
    g->packed += (int64_t)packed.len;
    g->stream.next_in = (z_const Bytef *)packed.ptr;
    g->stream.avail_in = (uInt)packed.len;
    while (g->stream.avail_in) {
        if (!g->inside) {
            g->padding = g->padding || *g->stream.next_in == 0;
            if (g->padding && *g->stream.next_in != 0) return damaged(g, ret_reason);
        }
        if (g->padding) {
            g->stream.next_in++;
            g->stream.avail_in--;
            continue;
        }
        if (!g->inside && inflateReset(&g->stream) != Z_OK) return damaged(g, ret_reason);
        g->inside = true;
        Err e = inflate_member(g, ret_reason);
        if (e) return e;
    }
    return ERR_OK;
}

Err gunzip_end(Gunzip *g, Str *ret_reason)
{
    if (!g->inside) return ERR_OK;
    *ret_reason = str_format(g->arena, "cannot unpack gzip: the file ends too early, after %lld bytes", (long long)g->packed);
    return ERR_INPUT;
}
