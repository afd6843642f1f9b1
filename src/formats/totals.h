/* totals.h: totals of the stages of a count from CSV (count/totals.h says what becomes of them).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The file: a first row that names its columns, in any order: stage, candidate, votes, and section if there are sections; then a row a figure. Lines that
 * begin with '#' and empty lines are passed over, but "# note: TEXT" is a caveat and "# title: TEXT" the title. Cells may be quoted ("a, b"); a
 * cell is one line. Rows may stand in any order; the order of candidates and sections is that of their first appearance.
 * Errors: ERR_INPUT, ERR_LIMIT with line and column.
 */
#ifndef HUSTINGS_FORMATS_TOTALS_H
#define HUSTINGS_FORMATS_TOTALS_H

#include "count/totals.h"

NODISCARD Err totals_parse(Arena *a, Str text, Totals **ret_totals, Fault *fault);

#endif
