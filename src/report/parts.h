/* parts.h: the figures that every form of a report needs, worked out once. Private to report/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: text, HTML, SVG and JSON must agree on what a share is, which rejected papers there are and who stood at a
 *      stage; each of these has one function here. Everything is exact: shares are fractions, rounded when written.
 * Memory: texts live in the arena given.
 * Not here: sentences (words.h).
 */
#ifndef HUSTINGS_REPORT_PARTS_H
#define HUSTINGS_REPORT_PARTS_H

#include "report/report.h"

/* ---- the contest ---- */

Str part_name(const Result *r, int candidate);
/* The same inside a sentence or before a figure: a figure after a name that is written from right to left would stand on its left, where
 * it seems to be somebody else's; U+200E keeps it behind. */
Str part_name_in_line(Arena *a, const Result *r, int candidate);
bool part_is_college(const Result *r);
/* Do these rules pass votes from one candidate to another? */
bool part_moves(const Result *r);
bool part_has_sections(const Result *r);
/* The weight of a section of the papers, NULL when the rules give it none. */
const Frac *part_weight(const Result *r, int section);
/* The title for the head of a report: options->title, else the papers' title, else "". */
Str part_title(const Result *r, const ReportOptions *options);

/* The count whose question is open: `r`, or that of the first post with one (a tie names the candidates of its own count). */
const Result *part_asked(const Result *r);

/* Rejected papers by head: what the count found, then what a person found. Heads of one name are added up. */
typedef struct RejectedLine {
    Str key;   /* as in JSON */
    Str words; /* for people */
    int64_t papers;
} RejectedLine;

typedef struct RejectedList {
    RejectedLine *lines;
    int count;
    int64_t total;
    bool by_hand; /* some were found by hand and are not in the papers read */
} RejectedList;

RejectedList part_rejected(Arena *a, const Result *r, const ReportOptions *options);
/* Papers returned: valid and rejected, those found by hand among them. */
int64_t part_returned(const Result *r, const RejectedList *rejected);

/* ---- a stage ---- */

/* Does the candidate have a line in the tally of this stage: continuing or elected when it began? */
bool part_stands(const Stage *stage, int candidate);
/* Is he among `list`? */
bool part_in(const int *list, int count, int candidate);
/* Votes moved to `candidate` (or from him, negative) since the stage before; false at stage 1. */
bool part_change(const Result *r, int stage, int candidate, Votes *ret_change);
/* The stage (from 1) at which a candidate went out or was elected; 0: never. */
int part_stage_out(const Result *r, int candidate);
int part_stage_elected(const Result *r, int candidate);
/* His place among `count` results of a stage is decided by votes, or points in a college: for sorting, most first. */
int part_compare(const Result *r, const Stage *stage, int candidate, int other);
/* Candidates who stand at the stage, most votes (points) first; equal ones in candidate order. */
int part_ranked(Arena *a, const Result *r, const Stage *stage, int **ret_candidates);
/* His share at the stage: of the continuing votes, or of all points given. */
Frac *part_share(Arena *a, const Result *r, const Stage *stage, int candidate);

/* ---- figures as text ---- */

Str part_votes(Arena *a, const Result *r, Votes votes);           /* "126,874", "927.98248" */
Str part_rounded(Arena *a, const Result *r, Votes votes);         /* whole, or with one decimal where there are any: for a drawing */
Str part_signed(Arena *a, const Result *r, Votes votes);          /* "+1,223", "-44", "0" */
Str part_whole(Arena *a, int64_t n);                              /* "126,874" */
Str part_percent(Arena *a, const Frac *f, int places);            /* 100 x f: "37.78"; no sign after it */
Str part_percent_of(Arena *a, int64_t n, int64_t of, int places); /* "42.2"; of > 0 */
Frac *part_ratio(Arena *a, int64_t n, int64_t of);
/* For drawing only, never for a figure that is printed. */
double part_double(const Frac *f);

#endif
