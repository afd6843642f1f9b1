/* auditor.h: audits of rolls in the store, done in the background.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * How: an audit that was asked for is a row of audit_job. All memberships are read in one snapshot, audited in memory, and what was found is written in chunks,
 *      each a command, under the number of the next run; one command at the end makes it the run that counts. Until then nothing of it is seen.
 * Cut off (kill -9, power): what was written is taken away and the audit is begun again, three times at most; then an officer must ask again. On SQLite that is when
 *      the next server starts; on PostgreSQL, where another server may be at it, when the one that was has not been heard of for five minutes. A server that is
 *      stopped in order leaves it to the next one at once.
 */
#ifndef HUSTINGS_ROLL_AUDITOR_H
#define HUSTINGS_ROLL_AUDITOR_H

#include "roll/questions.h"

#include <stdatomic.h>

/* Do the oldest audit that was asked for. `alone`: whatever somebody was at is left over. `stop`, or NULL: give up soon. *ret_found false: there was none. */
NODISCARD Err auditor_work(Store *store, Db *db, Arena *a, bool alone, const atomic_bool *stop, bool *ret_found, Fault *fault);

#endif
