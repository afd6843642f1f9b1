/* analysis.h: what else the same papers can tell, and what they cannot.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: "who would have won under other rules", "how close was it" and "where did the next preferences go" are asked of
 *      every result. Each answer here is exact, or says it is a bound and which, or says that it cannot be known from these papers.
 * Memory: in the arena given. Asks for nothing but Papers, Rules and a Result.
 */
#ifndef HUSTINGS_COUNT_ANALYSIS_H
#define HUSTINGS_COUNT_ANALYSIS_H

#include "count/count.h"

/* next[a * (n + 1) + b]: papers with first preference a and next b (b = n: no further preference). */
typedef struct NextPreferences {
    int64_t *next;
} NextPreferences;

/* How close it was. A changed paper is one whose marks are replaced by others; none is added or taken away, none changes its section.
 * "Changes who is elected" means: without a lot. In `posts` each post has its own (Analysis.posts). */
typedef struct Margin {
    bool last_known; /* is there a last stage with a winner and a runner-up? */
    int winner,
        runner_up;  /* the last elected and the best not elected; where the last seats went to those who were left: the last to go out and
                             * the one above her; Condorcet: the winner and whoever comes closest one to one */
    int last_stage; /* its number */
    Votes last;     /* exact: votes between them */
    Frac *last_points; /* a college: points between them, exact; else NULL */
    bool lower_known;  /* false for rules for which no bound is proved here */
    int64_t lower;     /* no fewer changed papers can change who is elected */
    bool upper_known;
    int64_t upper;            /* so many changed papers would: shown by a recount that elects `upper_elects` without a lot */
    int upper_elects;         /* candidate: newly elected after that change; yes-no: the answer that would have prevailed */
    int upper_from, upper_to; /* the change: papers with first preference `from` made papers for `to` alone */
    int upper_section;        /* all of them in this section (a college), or -1 */
    bool exact;               /* lower = upper */
} Margin;

/* A named group of candidates. */
typedef struct Slate {
    Str name;
    int *candidates;
    int candidate_count;
    /* The answers: */
    int64_t first; /* papers whose first preference is of the slate */
    int64_t whole; /* papers that rank all of the slate above everybody else */
    int64_t any;   /* papers that name at least one of the slate */
    int elected;   /* how many of the slate were elected */
} Slate;

/* What one paper weighed: weight[stage * sections + section] = weight / continuing, exact; a college only. */
typedef struct PaperWeights {
    Frac *weight;
    bool *none; /* no paper of the section continued at that stage */
} PaperWeights;

/* Papers with one name each cannot answer questions about later preferences. For each question: what share of the votes
 * whose next preferences are not held would have to go to the runner-up. */
typedef struct SingleMark {
    bool single;  /* no paper carries more than one name */
    bool decided; /* the winner has more than half: no later preference can matter */
    int leader, second;
    int64_t unheld;        /* votes for all others: their next preferences are unknown */
    Frac *share_to_change; /* of `unheld`, if all of them go to one of the two: second overtakes above this share; NULL: cannot */
} SingleMark;

typedef struct Analysis Analysis;

struct Analysis {
    int64_t *over; /* head-to-heads: [a * n + b] papers that rank a above b */
    NextPreferences next;
    Margin margin;
    PaperWeights weights; /* weight NULL unless a college */
    SingleMark single;
    Slate *slates;
    int slate_count;
    Analysis **posts; /* [post], NULL for an unopposed one; then all the rest is empty. NULL for other methods */
};

/* The exact part of the margin by itself: the last stage. */
void margin_last(Arena *a, const Result *result, Margin *ret_margin);

/* What one paper weighed by itself: exact, from the totals of the stages. */
PaperWeights paper_weights(Arena *a, const Result *result);

/* This one question by itself: quick when the papers carry more than one name. */
SingleMark single_mark(Arena *a, const Result *result);

/* Analyse a result. `slates` (names and candidates filled in) may be NULL. Some questions recount the papers a few hundred times. */
NODISCARD Err analyse(Arena *a, const Result *result, Slate *slates, int slate_count, Analysis **ret_analysis, Fault *fault);

#endif
