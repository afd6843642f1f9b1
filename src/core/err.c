/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>

enum { QUOTE_AT_MOST = 40 };

Err fault_set(Fault *fault, Err err, int64_t line, int64_t column, Str expected, Str found)
{
    ASSERT(err != ERR_OK);
    *fault = (Fault){.err = err, .file = fault->file, .line = line, .column = column, .expected = expected, .found = found};
    return err;
}

Err fault_setf(Fault *fault, Arena *a, Err err, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ASSERT(len >= 0);
    return fault_set(fault, err, 0, 0, str_copy(a, str_from_c(text)), (Str){0});
}

Str fault_quote(Arena *a, Str found)
{
    Buf b = buf_new(a);
    bool cut = found.len > QUOTE_AT_MOST;
    if (cut) found.len = QUOTE_AT_MOST;
    /* Never cut inside a code point; bytes that belong to none may be cut anywhere. */
    size_t start = found.len;
    while (cut && start > found.len - 3 && ((unsigned char)found.ptr[start] & 0xC0) == 0x80) start--;
    if (cut && ((unsigned char)found.ptr[start] & 0xC0) != 0x80) found.len = start;
    bool clean = str_is_clean_text(found);
    buf_byte(&b, '\'');
    for (size_t i = 0; i < found.len; i++) {
        unsigned char c = (unsigned char)found.ptr[i];
        if (clean ? c == '\t' : (c < 0x20 || c >= 0x7F)) buf_format(&b, "\\x%02X", (unsigned)c);
        else buf_byte(&b, (char)c);
    }
    buf_str(&b, cut ? S("...'") : S("'"));
    return buf_done(&b);
}

Str fault_text(Arena *a, const Fault *fault)
{
    Buf b = buf_new(a);
    if (fault->file.len) {
        buf_str(&b, fault->file);
        if (fault->line) buf_format(&b, ":%lld", (long long)fault->line);
        if (fault->line && fault->column) buf_format(&b, ":%lld", (long long)fault->column);
        buf_str(&b, S(": "));
    }
    if (fault->found.len) buf_str(&b, S("expected "));
    buf_str(&b, fault->expected);
    if (fault->found.len) {
        buf_str(&b, S(", found "));
        buf_str(&b, fault->found);
    }
    return buf_done(&b);
}
