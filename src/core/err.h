/* err.h: what can go wrong, and the place and words to tell the person who can mend it.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: functions that can fail return an Err; a Fault carries what a person needs: which file, which line and
 * column, what was expected there and what was found. A new Err only when some caller acts on it.
 */
#ifndef HUSTINGS_CORE_ERR_H
#define HUSTINGS_CORE_ERR_H

#include "core/str.h"

typedef enum Err {
    ERR_OK = 0,
    ERR_INPUT,    /* the user's mistake: unusable input; the Fault says what and where */
    ERR_LIMIT,    /* a stated bound was exceeded; the Fault says which */
    ERR_IO,       /* the world's failure: a file or the store could not be opened, read or written; trying later may help */
    ERR_MISSING,  /* there is no such thing */
    ERR_DENIED,   /* this person may not */
    ERR_CONFLICT, /* not as things stand now: somebody was faster, or it is over */
} Err;

/* Where and what. `file` empty: not about a file. `line`, `column` count from 1; 0 means "not known". */
typedef struct Fault {
    Err err;
    Str file;
    int64_t line;
    int64_t column;
    Str expected; /* "a rank from 1 to 5" */
    Str found;    /* "'x'"; empty when nothing is worth showing */
} Fault;

/* Fill `fault` and return `err`. The strings must live as long as the fault (literals, or in its arena). */
NODISCARD Err fault_set(Fault *fault, Err err, int64_t line, int64_t column, Str expected, Str found);

/* The same with `expected` formatted into `a`. */
NODISCARD Err fault_setf(Fault *fault, Arena *a, Err err, const char *format, ...) PRINTF_LIKE(4, 5);

/* `found` made safe to show: quoted, control bytes as \xNN, cut after 40 bytes with "...". */
Str fault_quote(Arena *a, Str found);

/* One line: "FILE:LINE:COLUMN: expected ..., found ...". */
Str fault_text(Arena *a, const Fault *fault);

#endif
