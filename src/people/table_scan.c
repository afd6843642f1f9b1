/* table_scan.c: bytes into rows and cells (RFC 4180), in one pass, whatever pieces they come in.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/table_own.h"

#include <string.h>

void scan_begin(Scan *s, char separator)
{
    s->separator = separator;
    s->state = SCAN_BEGIN;
    s->at = 0;
    s->count = 0;
    s->line_ends = 0;
    s->cell = (Cell){0};
}

static void end_cell(Scan *s, size_t at)
{
    s->cell.to = (uint32_t)at;
    if (s->count < TABLE_COLUMNS_MAX) s->cells[s->count] = s->cell;
    s->count++;
    s->cell = (Cell){.from = (uint32_t)at + 1};
    s->state = SCAN_BEGIN;
}

/* From `at` to the next separator or line end: most of a list's bytes pass here. */
static size_t plain_end(const char *p, size_t at, size_t len, char separator)
{
    while (at < len && p[at] != separator && p[at] != '\n' && p[at] != '\r') at++;
    return at;
}

static size_t quoted_end(Scan *s, const char *p, size_t at, size_t len)
{
    for (; at < len && p[at] != '"'; at++)
        if (p[at] == '\r' || (p[at] == '\n' && !(at && p[at - 1] == '\r'))) s->line_ends++;
    return at;
}

/* Behind a quote inside quotes: a second one, or the cell's end. */
static void after_quote(Scan *s, char c)
{
    if (c == '"') {
        s->cell.doubled = true;
        s->state = SCAN_QUOTED;
        s->at++;
    } else {
        s->cell.stray = true;
        s->state = SCAN_STRAY;
    }
}

static bool is_end(const Scan *s, char c)
{
    return c == s->separator || c == '\n' || c == '\r';
}

/* One step inside a cell: to where something changes. */
static void step(Scan *s, Str bytes)
{
    const char *p = bytes.ptr;
    switch (s->state) {
    case SCAN_BEGIN:
        s->cell.quoted = p[s->at] == '"';
        s->state = s->cell.quoted ? SCAN_QUOTED : SCAN_PLAIN;
        s->at += s->cell.quoted;
        break;
    case SCAN_QUOTED:
        s->at = quoted_end(s, p, s->at, bytes.len);
        if (s->at == bytes.len) return;
        s->state = SCAN_QUOTE;
        s->at++;
        break;
    case SCAN_QUOTE: after_quote(s, p[s->at]); break;
    case SCAN_PLAIN:
    case SCAN_STRAY: s->at = plain_end(p, s->at, bytes.len, s->separator); break;
    }
}

bool scan_row(Scan *s, Str bytes, bool last)
{
    while (s->at < bytes.len) {
        char c = bytes.ptr[s->at];
        if (s->state == SCAN_QUOTED || !is_end(s, c)) {
            step(s, bytes);
            continue;
        }
        if (c == '\r' && s->at + 1 == bytes.len && !last) return false; /* is the line feed still to come? */
        end_cell(s, s->at);
        s->at++;
        if (c == s->separator) continue;
        if (c == '\r' && s->at < bytes.len && bytes.ptr[s->at] == '\n') s->at++;
        s->line_ends++;
        return true;
    }
    if (!last || s->state == SCAN_QUOTED) return false;
    end_cell(s, s->at);
    return true;
}

void scan_place(Str row, size_t at, int64_t *ret_line, int64_t *ret_column)
{
    int64_t line = 0, column = 1;
    for (size_t i = 0; i < at && i < row.len; i++) {
        unsigned char c = (unsigned char)row.ptr[i];
        if (c == '\r' || (c == '\n' && !(i && row.ptr[i - 1] == '\r'))) {
            line++;
            column = 1;
        } else if (c != '\n' && (c & 0xc0) != 0x80) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}

/* ---- the text of a cell ---- */

/* Bytes 0x80 to 0x9f of Windows-1252; those that it leaves open stay control characters, which no value may have. */
static const uint16_t windows_points[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
    0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d,
    0x17e, 0x178};

static size_t put_windows(char *out, unsigned char c)
{
    unsigned point = c >= 0xa0 ? c : windows_points[c - 0x80];
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | point >> 12);
    out[1] = (char)(0x80 | (point >> 6 & 0x3f));
    out[2] = (char)(0x80 | (point & 0x3f));
    return 3;
}

static bool stands_as_it_is(Str s, const Cell *cell, bool windows_1252)
{
    if (cell->doubled) return false;
    for (size_t i = 0; i < s.len && (cell->quoted || windows_1252); i++)
        if (s.ptr[i] == '\n' || s.ptr[i] == '\r' || (windows_1252 && (unsigned char)s.ptr[i] >= 0x80)) return false;
    return true;
}

Str scan_text(Arena *a, const char *row, const Cell *cell, bool windows_1252)
{
    bool whole = cell->quoted && !cell->stray;
    Str s = {row + cell->from + whole, cell->to - cell->from - 2 * (size_t)whole};
    if (stands_as_it_is(s, cell, windows_1252)) return s;
    char *text = arena_new(a, char, s.len * 3);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (windows_1252 && c >= 0x80) n += put_windows(text + n, c);
        else text[n++] = c == '\n' || c == '\r' ? ' ' : (char)c;
        if (c == '"' && cell->doubled && i + 1 < s.len && s.ptr[i + 1] == '"') i++;
    }
    return (Str){text, n};
}

/* ---- the separator ---- */

bool scan_separator(Str bytes, bool last, char *ret_separator)
{
    static const char separators[] = {',', ';', '\t'};
    int counts[3] = {0}, best = 0;
    bool quoted = false, ended = last;
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        ended |= c == '\n' || c == '\r';
        if (c == '\n' || c == '\r') break;
        for (int k = 0; k < COUNT_OF(separators); k++) counts[k] += c == separators[k];
    }
    for (int k = 1; k < COUNT_OF(separators); k++)
        if (counts[k] > counts[best]) best = k;
    *ret_separator = separators[best];
    return ended;
}
