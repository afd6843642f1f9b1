/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/streams.h"

#include "core/sha256.h"

#include <string.h>

CursorTag cursor_tag(Str topic)
{
    static const char hex[] = "0123456789abcdef";
    Sha256 hash = sha256(topic);
    CursorTag tag;
    for (int i = 0; i < CURSOR_TAG; i++) tag.digits[i] = hex[(hash.bytes[i / 2] >> (i % 2 ? 0 : 4)) & 15];
    return tag;
}

static size_t write_number(int64_t number, char *out)
{
    char digits[20];
    size_t n = 0;
    do digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    for (size_t i = 0; i < n; i++) out[i] = digits[n - 1 - i];
    return n;
}

size_t cursor_write(const CursorTag *tags, const int64_t *versions, int count, char *out)
{
    size_t n = 0;
    for (int i = 0; i < count; i++) {
        if (versions[i] < 0) continue;
        if (n) out[n++] = '~';
        memcpy(out + n, tags[i].digits, CURSOR_TAG);
        n += CURSOR_TAG;
        out[n++] = '.';
        n += write_number(versions[i], out + n);
    }
    return n;
}

static bool read_item(Str item, Str *ret_tag, int64_t *ret_version)
{
    Str version;
    return str_cut(item, '.', ret_tag, &version) && ret_tag->len == CURSOR_TAG && str_to_i64(version, ret_version) && *ret_version >= 0;
}

void cursor_read(Str cursor, StreamStart *start)
{
    CursorTag tags[STREAM_TOPICS_MAX];
    for (int i = 0; i < start->topic_count; i++) {
        tags[i] = cursor_tag(start->topics[i]);
        start->after[i] = -1;
    }
    if (cursor.len > CURSOR_MOST) return;
    for (bool more = cursor.len > 0; more;) {
        Str item, tag;
        int64_t version;
        more = str_cut(cursor, '~', &item, &cursor);
        if (!read_item(item, &tag, &version)) continue;
        for (int i = 0; i < start->topic_count; i++)
            if (memcmp(tags[i].digits, tag.ptr, CURSOR_TAG) == 0) start->after[i] = version;
    }
}
