/* intake.h: a body while it comes in, or is made to be sent (req_put): small ones in memory, large ones in an unlinked file. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a hundred uploads of 50 MB must not be 5 GB of memory. What is larger than 64 KiB goes to a file without a name in $TMPDIR (or /var/tmp), and is
 *      mapped when it is complete, so that a body is one Str either way.
 * Life: {0} -> intake_add (many) -> intake_done, and intake_clear at any time.
 */
#ifndef HUSTINGS_HTTP_INTAKE_H
#define HUSTINGS_HTTP_INTAKE_H

#include "http/exchange.h"

enum { INTAKE_MEMORY_MOST = 64 * 1024 };

struct Intake {
    int64_t size;
    char *memory; /* malloc: it grows */
    size_t room;
    int file; /* 0: none (standard input is never ours) */
    void *mapped;
    bool failed; /* the file could not be written: what comes is counted and thrown away */
};

void intake_add(Intake *intake, Str bytes);
/* All of the body. ERR_IO: it could not be kept. */
NODISCARD Err intake_done(Intake *intake, Str *ret_body);
void intake_clear(Intake *intake);

#endif
