/* log.h: what happened, as logfmt lines on standard error, for whoever runs the machine.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Only the edges log (cli, server, site), once per failure; rooms and libraries return errors. Never a name, an e-mail or network address,
 * a path with somebody's token in it, or what was typed: say which route and which kind of thing. The log is the one state that is global.
 *
 *     log_line(LOG_INFO, "listening", "url=%s loops=%d", url, loops);
 *     -> time=2026-11-22T13:44:40.123Z level=info event=listening url=http://127.0.0.1:8080 loops=2
 */
#ifndef HUSTINGS_CORE_LOG_H
#define HUSTINGS_CORE_LOG_H

#include "core/str.h"

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG__COUNT } LogLevel;

/* Lines below `level` are not written. LOG_INFO at first. */
void log_set_level(LogLevel level);
NODISCARD bool log_level_from(Str word, LogLevel *ret_level); /* "debug", "info", "warn", "error" */

/* One line in one write. `format` makes "key=value" pairs; values that may hold spaces or quotes go through log_value. */
void log_line(LogLevel level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* `text` as a logfmt value: quoted when it must be, control bytes escaped, cut after 300 bytes. */
const char *log_value(Arena *a, Str text);

#endif
