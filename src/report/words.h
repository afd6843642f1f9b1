/* words.h: every sentence of a report, in one place. Private to report/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: the terminal and the declaration tell the same story in the same words, and another language is one file.
 * Voice: calm, exact, the field's terms (paper, preference, stage, continuing, not reallocated); no candidate is he or she.
 * Sentences are plain text: whoever writes them into HTML escapes them.
 */
#ifndef HUSTINGS_REPORT_WORDS_H
#define HUSTINGS_REPORT_WORDS_H

#include "report/parts.h"

/* Sentences (or lines) in order. */
typedef struct Lines {
    Arena *arena;
    Str *items;
    int count;
    int capacity;
} Lines;

Lines lines_new(Arena *a);
void lines_add(Lines *lines, Str line);
Str lines_joined(const Lines *lines); /* with a space between */

/* "A", "A and B", "A, B and C". */
Str words_names(Arena *a, const Result *r, const int *list, int count);
/* "1 vote", "12 votes", "927.98248 votes". */
Str words_votes(Arena *a, const Result *r, Votes votes);
/* "1 paper", "12 papers" */
Str words_papers(Arena *a, int64_t papers);

/* One line: who is elected, or that a question is open. */
Str words_outcome(Arena *a, const Result *r);
/* What happened at a stage (from 1) and why. */
Lines words_stage(Arena *a, const Result *r, int number);
/* How a tie was settled, or that it is open. */
Lines words_tie(Arena *a, const Result *r, const Stage *stage, const Tie *tie);
/* What the person counting can do about an open question. */
Lines words_open(Arena *a, const Result *r);
/* `text` in single quotes, for a shell. */
Str words_shell_quote(Arena *a, Str text);

/* The commands that re-make the lot of a tie, one a candidate, and the first digits each gives; empty when no lot decided. */
Lines words_lot_commands(Arena *a, const Result *r, int number, const Tie *tie);

/* How close it was: the last stage, then the bounds. */
Lines words_margin(Arena *a, const Result *r, const Analysis *analysis);
/* The same in short, from the same bounds: "34 to 120 papers" and what they would have done. False: not known. */
typedef struct CloseFact {
    Str value, small;
} CloseFact;
bool words_close_fact(Arena *a, const Result *r, const Analysis *analysis, CloseFact *ret_fact);
/* Papers with one name each: what cannot be known. */
Lines words_single_mark(Arena *a, const Result *r, const Analysis *analysis);
/* Condorcet: the winner one to one, the Smith set, the circle. */
Lines words_pairwise(Arena *a, const Result *r);
/* "1. A; 2. B and C": by place. */
Str words_ranking(Arena *a, const Result *r, const int *place);
Lines words_yes_no(Arena *a, const Result *r, const ReportOptions *options);
/* "At stage 4 one paper of "MPs" weighed as much as 477 papers of "Members"." */
Lines words_weights(Arena *a, const Result *r, const PaperWeights *w, int number);
/* "1/786", "1/133.3": the weight of one paper as one part of so many. */
Str words_weight(Arena *a, const Frac *weight);

/* What happened to a candidate in the end: "elected at stage 4", "went out at stage 1", "withdrew after the papers were issued". */
Str words_fate(Arena *a, const Result *r, int candidate);
/* A word beside a candidate's line of a stage: "elected", "goes out", "surplus passes on", or "". */
Str words_mark(const Result *r, const Stage *stage, int candidate);

/* "votes", "points": what decides in these rules. */
Str words_unit(const Result *r);

#endif
