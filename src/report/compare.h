/* compare.h: the same papers under other rules.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: "who would have won under other rules" is asked on the command line, on a contest's page and of one's own papers; the answer is the same
 *      rows everywhere, and says where it cannot be known.
 * Life: compared_new -> compared_add (a row each; the first is what the others are compared with), compared_add_presets -> the texts, compared_view.
 * Memory: in the arena given; rows point into the rules and papers.
 */
#ifndef HUSTINGS_REPORT_COMPARE_H
#define HUSTINGS_REPORT_COMPARE_H

#include "core/view.h"
#include "count/analysis.h"
#include "count/count.h"

typedef struct ComparedRow {
    Str spec;  /* as given: RULES[@SECTION] */
    Str label; /* for people */
    const Rules *rules;
    const Result *result; /* NULL: these rules cannot count these papers */
    Str why_not;
    bool unknowable; /* single marks, and the rules ask for later preferences that could decide */
    SingleMark single;
} ComparedRow;

typedef struct Compared {
    Arena *arena;
    ComparedRow *rows;
    int count, capacity;
} Compared;

Compared compared_new(Arena *a);

/* Count `papers` under `rules`, of one section only unless `section` is empty. Rules that cannot count them make a row that says why.
 * ERR_MISSING: there is no such section. */
NODISCARD Err compared_add(
    Compared *compared, Str spec, const Rules *rules, Str section, const Papers *papers, const CountOptions *count_options);

/* Every preset that fits: those that cannot count these papers, or fill other numbers of seats, posts and yes-no are left out without a word. Seats: as
 * asked, else as the papers say, else one. A preset that is there already is not added again. */
NODISCARD Err compared_add_presets(Compared *compared, const Papers *papers, const CountOptions *count_options, Fault *fault);

/* "Ed Miliband"; "cannot be counted", "cannot be known", "open question", "nobody". */
Str compared_elected(Arena *a, const ComparedRow *row);
/* The whole order, "A > B = C", or why there is none. */
Str compared_answer(Arena *a, const ComparedRow *row);
/* Where the order is another than the first row's; empty when there is nothing to say. */
Str compared_difference(Arena *a, const Compared *compared, int row);
/* Is somebody else elected than in the first row? */
bool compared_another_result(const Compared *compared, int row);

/* For pages: [rules, label, title, sha256, first, counted, unknowable, open, elected, answer, difference, another_result]. */
View *compared_rows(Arena *a, const Compared *compared);
/* For programs, as `hustings compare --format json` writes it. */
View *compared_view(Arena *a, const Papers *papers, const Compared *compared);

#endif
