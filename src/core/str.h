/* str.h: text as (pointer, length), and a buffer that grows in an arena.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: input is cut into pieces without copying, and a zero byte in it is data, not an end. C strings exist only
 * at the edge of a system or library call (str_c).
 * Memory: a Str owns nothing. A Buf's bytes live in its arena.
 */
#ifndef HUSTINGS_CORE_STR_H
#define HUSTINGS_CORE_STR_H

#include "core/arena.h"

#include <stdarg.h>

typedef struct Str {
    const char *ptr;
    size_t len;
} Str;

#define S(literal) ((Str){(literal), sizeof(literal) - 1})
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) ((int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len)), ((s).ptr ? (s).ptr : "")

Str str_from_c(const char *c_string);
const char *str_c(Arena *a, Str s); /* a zero-terminated copy */
Str str_copy(Arena *a, Str s);
Str str_format(Arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
Str str_format_list(Arena *a, const char *format, va_list args) PRINTF_LIKE(2, 0);

bool str_equal(Str s, Str other);
bool str_equal_nocase(Str s, Str other); /* ASCII letters only */
int str_compare(Str s, Str other);       /* by bytes, as memcmp, shorter first */
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);

Str str_slice(Str s, size_t from, size_t to);
Str str_trim(Str s); /* spaces, tabs, carriage returns at both ends */

/* Cut `s` at the first `separator`: true and both sides (head before it, tail after), or false and all of it as head. */
bool str_cut(Str s, char separator, Str *ret_head, Str *ret_tail);

/* Position of the first `byte`, or s.len. */
size_t str_find(Str s, char byte);

/* A decimal number and nothing else, optional minus sign; false when it is none or does not fit. */
NODISCARD bool str_to_i64(Str s, int64_t *ret_value);

/* Decode the code point of UTF-8 that starts at byte `at` < s.len (RFC 3629: no surrogates, no overlong forms).
 * How many bytes it takes; 0 when they are malformed. */
size_t str_code_point(Str s, size_t at, uint32_t *ret_point);

/* Is `s` well-formed UTF-8 without control characters (tab aside)? Fit to be a name. */
bool str_is_clean_text(Str s);

/* White space, and what shows nothing at all (U+00A0, U+200B, U+2800...), or empty: a name of these alone would be no name. */
bool str_is_blank(Str s);

/* Terminal columns of UTF-8 text, counting code points and leaving out combining marks. */
int str_columns(Str s);

typedef struct Buf {
    Arena *arena;
    char *ptr;
    size_t len;
    size_t capacity;
} Buf;

Buf buf_new(Arena *a);
void buf_byte(Buf *b, char byte);
void buf_str(Buf *b, Str s);
void buf_i64(Buf *b, int64_t value);
void buf_format(Buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
Str buf_done(const Buf *b); /* what has been written so far */

#endif
