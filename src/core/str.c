/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/str.h"

#include "core/num.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

Str str_from_c(const char *c_string)
{
    return c_string ? (Str){c_string, strlen(c_string)} : (Str){0};
}

const char *str_c(Arena *a, Str s)
{
    char *copy = arena_new(a, char, s.len + 1);
    if (s.len) memcpy(copy, s.ptr, s.len);
    return copy;
}

Str str_copy(Arena *a, Str s)
{
    return (Str){str_c(a, s), s.len};
}

Str str_format_list(Arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    ASSERT(len >= 0);
    char *text = arena_new(a, char, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, args);
    return (Str){text, (size_t)len};
}

Str str_format(Arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    Str text = str_format_list(a, format, args);
    va_end(args);
    return text;
}

bool str_equal(Str s, Str other)
{
    return s.len == other.len && (s.len == 0 || memcmp(s.ptr, other.ptr, s.len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_equal_nocase(Str s, Str other)
{
    if (s.len != other.len) return false;
    for (size_t i = 0; i < s.len; i++)
        if (lower(s.ptr[i]) != lower(other.ptr[i])) return false;
    return true;
}

int str_compare(Str s, Str other)
{
    size_t shorter = s.len < other.len ? s.len : other.len;
    int order = shorter ? memcmp(s.ptr, other.ptr, shorter) : 0;
    if (order) return order;
    return (s.len > other.len) - (s.len < other.len);
}

bool str_starts(Str s, Str prefix)
{
    return s.len >= prefix.len && str_equal((Str){s.ptr, prefix.len}, prefix);
}

bool str_ends(Str s, Str suffix)
{
    return s.len >= suffix.len && str_equal(str_slice(s, s.len - suffix.len, s.len), suffix);
}

Str str_slice(Str s, size_t from, size_t to)
{
    ASSERT(from <= to && to <= s.len);
    return (Str){from ? s.ptr + from : s.ptr, to - from}; /* NULL + 0 is undefined in C */
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

Str str_trim(Str s)
{
    while (s.len && is_blank(s.ptr[0])) s = str_slice(s, 1, s.len);
    while (s.len && is_blank(s.ptr[s.len - 1])) s.len--;
    return s;
}

size_t str_find(Str s, char byte)
{
    const char *at = s.len ? memchr(s.ptr, byte, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

bool str_cut(Str s, char separator, Str *ret_head, Str *ret_tail)
{
    size_t at = str_find(s, separator);
    *ret_head = str_slice(s, 0, at);
    if (at == s.len) {
        *ret_tail = (Str){0};
        return false;
    }
    *ret_tail = str_slice(s, at + 1, s.len);
    return true;
}

bool str_to_i64(Str s, int64_t *ret_value)
{
    bool negative = s.len && s.ptr[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.len) return false;
    int64_t value = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        int64_t digit = s.ptr[i] - '0';
        if (!i64_mul(value, 10, &value) || !i64_add(value, negative ? -digit : digit, &value)) return false;
    }
    *ret_value = value;
    return true;
}

size_t str_code_point(Str s, size_t at, uint32_t *ret_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)s.ptr[at];
    size_t n = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
    if (n == 0 || n > s.len - at) return 0;
    uint32_t point = n == 1 ? first : first & (0xFFu >> (n + 1));
    for (size_t k = 1; k < n; k++) {
        unsigned char next = (unsigned char)s.ptr[at + k];
        if ((next & 0xC0) != 0x80) return 0;
        point = (point << 6) | (next & 0x3F);
    }
    if (point < smallest[n] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return 0;
    *ret_point = point;
    return n;
}

bool str_is_clean_text(Str s)
{
    for (size_t i = 0; i < s.len;) {
        uint32_t point;
        size_t n = str_code_point(s, i, &point);
        if (n == 0 || (point < 0x20 && point != '\t') || (point >= 0x7F && point < 0xA0)) return false;
        i += n;
    }
    return true;
}

typedef struct Points {
    uint32_t first, last;
} Points;

static bool is_blank_point(uint32_t p)
{
    static const Points blank[] = {{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0}, {0xAD, 0xAD}, {0x034F, 0x034F}, {0x061C, 0x061C},
        {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F},
        {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xE0000, 0xE0FFF}};
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++)
        if (p >= blank[i].first && p <= blank[i].last) return true;
    return false;
}

bool str_is_blank(Str s)
{
    uint32_t point = 0;
    for (size_t i = 0, n; i < s.len; i += n) {
        n = str_code_point(s, i, &point);
        if (!n || !is_blank_point(point)) return false;
    }
    return true;
}

int str_columns(Str s)
{
    int columns = 0;
    for (size_t i = 0; i < s.len;) {
        uint32_t point = 0;
        size_t n = str_code_point(s, i, &point);
        bool combining = (point >= 0x300 && point < 0x370) || (point >= 0x200B && point <= 0x200F);
        if (!combining) columns++;
        i += n ? n : 1;
    }
    return columns;
}

Buf buf_new(Arena *a)
{
    return (Buf){.arena = a};
}

static void buf_reserve(Buf *b, size_t more)
{
    if (b->capacity - b->len > more) return;
    size_t capacity = b->capacity ? b->capacity * 2 : 256;
    while (capacity - b->len <= more) capacity *= 2;
    b->ptr = arena_grow(b->arena, char, b->ptr, b->len, capacity);
    b->capacity = capacity;
}

void buf_byte(Buf *b, char byte)
{
    buf_reserve(b, 1);
    b->ptr[b->len++] = byte;
}

void buf_str(Buf *b, Str s)
{
    if (s.len == 0) return;
    buf_reserve(b, s.len);
    memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
}

void buf_i64(Buf *b, int64_t value)
{
    char digits[20]; /* "-9223372036854775808" */
    size_t first = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do digits[--first] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0) digits[--first] = '-';
    buf_str(b, (Str){digits + first, sizeof digits - first});
}

void buf_format(Buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(len >= 0);
    buf_reserve(b, (size_t)len + 1);
    vsnprintf(b->ptr + b->len, (size_t)len + 1, format, again);
    va_end(again);
    b->len += (size_t)len;
}

Str buf_done(const Buf *b)
{
    return (Str){b->ptr ? b->ptr : "", b->len};
}
