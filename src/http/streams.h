/* streams.h: live streams (Server-Sent Events): the cursor that brings a reader back to where she was. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What goes over the wire is described in docs/live.md. A cursor is the `id:` of an event and comes back as the header Last-Event-ID: for every
 * topic of the stream the first eight hex digits of the SHA-256 of its name, a dot, and the version seen; joined by "~":
 *
 *     5f3a9c01.42~0b77e1d2.7
 *
 * So it is short, says nothing about other readers, and a stream that is asked for with more, fewer or reordered topics still finds its own.
 */
#ifndef HUSTINGS_HTTP_STREAMS_H
#define HUSTINGS_HTTP_STREAMS_H

#include "http/exchange.h"

enum { CURSOR_TAG = 8, CURSOR_MOST = STREAM_TOPICS_MAX * (CURSOR_TAG + 21) };

/* Set after[] of every topic of `start` from `cursor` (a Last-Event-ID): -1 where it says nothing about a topic, or nothing sensible at all.
 * For the site, once topics and topic_count are there. */
void cursor_read(Str cursor, StreamStart *start);

typedef struct CursorTag {
    char digits[CURSOR_TAG];
} CursorTag;
CursorTag cursor_tag(Str topic);
/* Writes at most CURSOR_MOST bytes; topics whose version is negative are left out. How many bytes. */
size_t cursor_write(const CursorTag *tags, const int64_t *versions, int count, char *out);

#endif
