/* formats.h: papers from bytes, in any of the usual formats, as the bytes arrive.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: PrefLib, BLT and CSV files, from disk, a pipe or an upload, all end as Papers (count/papers.h) without the
 *      text being held; wrong input is told with file, line, column, what was expected and what was found.
 * Life: reader_open -> reader_feed (as often as bytes come) -> reader_end. After an error only reader_fault may be asked.
 *       reader_load is the same for whole text in memory and may use a second thread.
 * Memory: in the arena given; a carried-over partial line is bounded (FORMAT_LINE_MAX).
 * Errors: ERR_INPUT, ERR_LIMIT; nothing of a broken file should be counted, so throw the Papers away.
 * Not here: opening files and gunzipping (formats/file.h), rules.
 */
#ifndef HUSTINGS_FORMATS_FORMATS_H
#define HUSTINGS_FORMATS_FORMATS_H

#include "count/papers.h"

typedef enum Format {
    FORMAT_UNKNOWN, /* decide by name, then by the first bytes */
    FORMAT_CSV,     /* docs/formats.md */
    FORMAT_BLT,     /* OpenSTV, OpaVote, Droop */
    FORMAT_PREFLIB, /* .soc .soi .toc .toi */
    FORMAT__COUNT
} Format;

enum { FORMAT_LINE_MAX = 1024 * 1024, FORMAT_COLUMNS_MAX = 4096 };

typedef struct FormatOptions {
    Format format;
    Str file_name; /* for messages, and to guess the format by its ending */
    Str section;   /* put every paper into this section; empty: as the file says */
    bool posts;    /* CSV: each column is a post (method = posts), see docs/formats.md */
} FormatOptions;

typedef struct Reader Reader;

Reader *reader_open(Arena *a, Papers *papers, const FormatOptions *options);
NODISCARD Err reader_feed(Reader *r, Str bytes);
NODISCARD Err reader_end(Reader *r);
const Fault *reader_fault(const Reader *r);

/* Whole text at once: the same result as feeding it in pieces, with two threads where that pays. */
NODISCARD Err reader_load(Arena *a, Papers *papers, const FormatOptions *options, Str text, Fault *fault);

Str format_name(Format format);
Format format_from_name(Str name); /* "csv", "blt", "preflib"; FORMAT_UNKNOWN for others */

/* Papers as text again. ERR_INPUT when the format cannot say it (sections and boxes only in CSV). */
NODISCARD Err format_write(const Papers *papers, Format format, Buf *out, Fault *fault);

#endif
