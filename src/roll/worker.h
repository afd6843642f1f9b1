/* worker.h: the thread that freezes rolls and audits them (auditor.h).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: freezing 600,000 members takes seconds and writes hundreds of megabytes; nobody waits for it in a request, and others get between its steps.
 * How: a freeze that was asked for is a row of roll_job. The worker reads all memberships in one snapshot, makes the entries in memory, writes them in chunks,
 *      each a command, and ends in one command that makes them a version, with its leaf in the record. Until then nothing of it is seen.
 *      That command asks for the audit of the version, too. Freezes come before audits.
 * Cut off (kill -9, power): the chunks that were written are taken away and the row of the job with them: the roll is what it was before, and the freeze may be
 *      asked for again. With SQLite at the next start; with PostgreSQL, where another process may be at work, when its worker was not heard of for a while.
 */
#ifndef HUSTINGS_ROLL_WORKER_H
#define HUSTINGS_ROLL_WORKER_H

#include "roll/roll.h"

typedef struct RollWorker RollWorker;
NODISCARD Err roll_worker_start(Arena *a, Store *store, RollWorker **ret_worker, Fault *fault);
/* Lets a command under way finish; a freeze under way is taken back at the next start. Safe on NULL. */
void roll_worker_stop(RollWorker *worker);

/* What it does, once: take back what was cut off, and do the oldest job: a freeze, or else an audit. For the thread, for tests and benches. *ret_found false: there was none. */
NODISCARD Err roll_work(Store *store, Db *db, Arena *a, bool alone, bool *ret_found, Fault *fault);

#endif
