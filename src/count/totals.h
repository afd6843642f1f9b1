/* totals.h: a count of which only the totals of each stage were ever published.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: often that is all there is. The totals make the same Result as papers would, as far as they can: every tally, share and point, and where
 *      votes went when one candidate went out. Totals that cannot come from a count under the rules are refused, with the line of the file.
 * What is checked: every candidate who continues has a figure at each stage, in every section; the one who goes out is one of those with the fewest (or,
 *      where the rules put several out together, exactly those); no candidate who continues loses votes, and no section gains any; the count
 *      ends at the stage at which the rules end it, not before and not after.
 * What it cannot tell: anything about single papers. With several out at once it is not known whose votes went where: such a stage has no transfers.
 *      Result.papers holds names and numbers, and no paper. Do not ask `analyse` of it; paper_weights and margin_last are what can be worked out.
 * Rules: alternative-vote, college and plurality. Under STV a stage is not determined by its totals.
 * Reading a file of them: formats/totals.h.
 */
#ifndef HUSTINGS_COUNT_TOTALS_H
#define HUSTINGS_COUNT_TOTALS_H

#include "count/analysis.h"
#include "count/count.h"

enum { TOTALS_CELLS_MAX = 4000000 }; /* stages x sections x candidates */

/* One figure. */
typedef struct Total {
    int stage;   /* from 1 */
    int section; /* index in the papers, or -1: this contest has none */
    int candidate;
    Votes votes;
    int64_t line; /* of the file */
} Total;

typedef struct Totals {
    Papers *papers; /* candidates and sections by name, without papers */
    Total *items;
    int count, capacity;
} Totals;

/* ERR_INPUT: they cannot be true under these rules; `fault` has the line. Writes the numbers of papers into totals->papers. */
NODISCARD Err totals_count(Arena *a, const Rules *rules, Totals *totals, const CountOptions *options, Result **ret_result, Fault *fault);

/* Was it made from totals? */
bool totals_only(const Result *result);
/* Did several go out together at some stage of such a result, so that transfers are not known? */
bool totals_transfers_unknown(const Result *result);

#endif
