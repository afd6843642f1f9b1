/* questions.h: the questions that the audit of a roll left open, in the store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_ROLL_QUESTIONS_H
#define HUSTINGS_ROLL_QUESTIONS_H

#include "db/db.h"

/* How many critical questions about this roll have no answer yet. */
NODISCARD Err audit_open_critical(Db *db, Arena *a, Str unit, Str roll, int64_t *ret_open);

#endif
