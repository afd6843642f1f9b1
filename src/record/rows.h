/* rows.h: values of rows that may have been changed by hand. Private to record/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * db_i64 and db_text stop the process when a value has not the kind that the schema says. In a SQLite file that somebody edited it may have any, and
 * whoever verifies wants to be told.
 */
#ifndef HUSTINGS_RECORD_ROWS_H
#define HUSTINGS_RECORD_ROWS_H

#include "db/db.h"

/* False: NULL, or a value of another kind. */
NODISCARD bool row_number(const DbRows *rows, int row, const char *column, int64_t *ret_number);
NODISCARD bool row_bytes(const DbRows *rows, int row, const char *column, DbKind kind, Str *ret_bytes);
bool row_is_null(const DbRows *rows, int row, const char *column);

#endif
