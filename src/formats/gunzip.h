/* gunzip.h: a gzip stream as it arrives (RFC 1952), several members in a row too.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Memory: zlib's window and one piece of 256 KiB; a small file that unpacks to terabytes costs time, not memory.
 * Life: gunzip_open -> gunzip_feed (many) -> gunzip_end.
 */
#ifndef HUSTINGS_FORMATS_GUNZIP_H
#define HUSTINGS_FORMATS_GUNZIP_H

#include "core/err.h"

typedef struct Gunzip Gunzip;

/* Takes the unpacked bytes; what it returns is handed on. */
typedef Err GunzipOut(void *context, Str bytes);

Gunzip *gunzip_open(Arena *a, GunzipOut *out, void *context);

/* ERR_INPUT when the stream is damaged, with *ret_reason; or whatever `out` returned. */
NODISCARD Err gunzip_feed(Gunzip *g, Str packed, Str *ret_reason);
NODISCARD Err gunzip_end(Gunzip *g, Str *ret_reason);

/* Do these first bytes say gzip? */
bool gunzip_is_gzip(Str bytes);

#endif
