/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, VALUE_MAX = 300 };

static const char *const level_words[LOG__COUNT] = {"debug", "info", "warn", "error"};
static atomic_int least = LOG_INFO;

void log_set_level(LogLevel level)
{
    atomic_store(&least, (int)level);
}

bool log_level_from(Str word, LogLevel *ret_level)
{
    for (int i = 0; i < LOG__COUNT; i++)
        if (str_equal(word, str_from_c(level_words[i]))) {
            *ret_level = (LogLevel)i;
            return true;
        }
    return false;
}

static size_t at_most(int written, size_t most)
{
    return written < 0 ? 0 : (size_t)written < most ? (size_t)written : most;
}

void log_line(LogLevel level, const char *event, const char *format, ...)
{
    if ((int)level < atomic_load(&least)) return;
    char line[LINE_MAX_BYTES];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(line, sizeof line, "time=%Y-%m-%dT%H:%M:%S", &utc);
    n += at_most(snprintf(line + n, sizeof line - n, ".%03ldZ level=%s event=%s ", now.tv_nsec / 1000000, level_words[level], event),
        sizeof line - n - 1);
    va_list args;
    va_start(args, format);
    n += at_most(vsnprintf(line + n, sizeof line - n, format, args), sizeof line - n - 2);
    va_end(args);
    while (n && line[n - 1] == ' ') n--;
    line[n++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, n); /* one write: lines of several threads do not mix */
    (void)written;
}

static bool is_plain(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F) return false;
    }
    return text.len > 0 && text.len <= VALUE_MAX;
}

const char *log_value(Arena *a, Str text)
{
    if (is_plain(text)) return str_c(a, text);
    Buf b = buf_new(a);
    buf_byte(&b, '"');
    for (size_t i = 0; i < text.len && i < VALUE_MAX; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n') buf_str(&b, S("\\n"));
        else if (c < ' ' || c == 0x7F) buf_format(&b, "\\x%02x", c);
        else if (c == '"' || c == '\\') buf_format(&b, "\\%c", c);
        else buf_byte(&b, (char)c);
    }
    if (text.len > VALUE_MAX) buf_str(&b, S("..."));
    buf_byte(&b, '"');
    return str_c(a, buf_done(&b));
}
