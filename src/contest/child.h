/* child.h: strangers' papers are counted in a process of their own.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a count that runs out of memory stops its process (core/arena.h), and papers can be made so that a count takes for ever. The server must outlive
 *      both, and a mistake in a parser must not be one in the server.
 * How: this program is started again (posix_spawn: safe beside threads) with a word that no help mentions, an empty environment, and no descriptors but
 *      three: what is asked as a file in memory, a pipe for the answer, and /dev/null. Before it reads a byte it limits itself: address space, processor
 *      time, no new files, nothing written to disk, no core, no new privileges. It answers one packed view and ends. When the deadline passes, or the
 *      answer grows too long, it is killed.
 * Threads: child_count may be called from several; it blocks, so it belongs on a worker.
 */
#ifndef HUSTINGS_CONTEST_CHILD_H
#define HUSTINGS_CONTEST_CHILD_H

#include "core/view.h"

#define CHILD_WORD "count-for-a-stranger"

enum { CHILD_MEMORY_MB = 512, CHILD_CPU_SECONDS = 20 };

typedef struct ChildOptions {
    const char *program; /* NULL: this one */
    int wall_ms;         /* 0: 30,000 */
    size_t answer_most;  /* bytes; 0: 16 MiB */
} ChildOptions;

typedef enum ChildEnd {
    CHILD_ANSWERED,
    CHILD_TOO_LONG,   /* the deadline, or its processor time */
    CHILD_TOO_LARGE,  /* out of memory, or an answer that is too long */
    CHILD_DIED,       /* anything else: it crashed, or what it said is no view */
    CHILD_NOT_STARTED /* the system could not: trying later may help */
} ChildEnd;

/* *ret_answer only with CHILD_ANSWERED. */
ChildEnd child_count(Arena *a, Str asked, const ChildOptions *options, View **ret_answer);

/* All that the child does: limits itself, reads descriptor 0, counts, answers on descriptor 1. Returns the exit status. */
int child_main(void);

#endif
