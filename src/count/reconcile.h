/* reconcile.h: does every paper that was issued turn up again, box by box?
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a count can be right and still be of the wrong papers. A returning officer writes down for each box how many
 *      papers were issued, counted, spoilt and left unused; issued = counted + spoilt + unused, or somebody must say why.
 * Life: reconcile_parse -> reconcile_with_papers (if the papers are at hand) -> reconcile_view or reconcile_text.
 * Memory: in the arena given.
 * Errors: ERR_INPUT and ERR_LIMIT with line and column. A box that does not balance is no error but the answer.
 * Pure: no input or output. Not here: reading files (formats/file.h).
 */
#ifndef HUSTINGS_COUNT_RECONCILE_H
#define HUSTINGS_COUNT_RECONCILE_H

#include "core/view.h"
#include "count/papers.h"

/* What was written down of one box. All numbers are papers. */
typedef struct BoxAccount {
    Str box;
    int64_t issued, counted, spoilt, unused;
    int64_t difference;      /* counted + spoilt + unused - issued: below 0 papers are missing, above 0 there are too many */
    bool read_known;         /* reconcile_with_papers was called */
    int64_t read;            /* papers read from this box, 0 if the papers name no such box */
    int64_t read_difference; /* read - (counted + spoilt) */
    int64_t line;
} BoxAccount;

typedef struct Reconciliation {
    BoxAccount *boxes; /* in the order of the file */
    int box_count;
    BoxAccount all; /* the sums; differences of several boxes may cancel out here */
    int unbalanced; /* boxes that do not balance */
    bool with_papers;
    int read_differs;    /* boxes from which another number was read than counted and spoilt */
    const Box **unknown; /* boxes of the papers that have no account */
    int unknown_count;
    int64_t outside; /* papers read that name no box */
} Reconciliation;

/* Read CSV (RFC 4180) whose first row names the columns box, issued, counted, spoilt and unused, each once, in any order. */
NODISCARD Err reconcile_parse(Arena *a, Str text, Reconciliation **ret_reconciliation, Fault *fault);

/* Compare with the papers read. ERR_INPUT when the papers say nothing of boxes. */
NODISCARD Err reconcile_with_papers(Arena *a, Reconciliation *r, const Papers *papers, Fault *fault);

/* Does everything that was compared agree? */
bool reconcile_balances(const Reconciliation *r);

/* The answer for programs, and in plain words. */
View *reconcile_view(Arena *a, const Reconciliation *r);
void reconcile_text(const Reconciliation *r, Buf *out);

#endif
