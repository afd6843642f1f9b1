/* report.h: a Result in the forms people and programs read.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Every form is made from the Result alone; none of them counts anything again.
 * JSON: the stable schema of docs/json.md. CSV: one row a stage and candidate. SVG: stage bars and a Sankey of
 * transfers, readable in black and white, titled for screen readers. HTML: a self-contained declaration in the order of
 * Rule 50 (1983 Act Sch.1 as amended 2011): no script, no outside request.
 */
#ifndef HUSTINGS_REPORT_REPORT_H
#define HUSTINGS_REPORT_REPORT_H

#include "core/view.h"
#include "count/analysis.h"
#include "count/count.h"

/* Rejected papers that a person found and the file does not hold: head and number. */
typedef struct RejectedHead {
    Str head;
    int64_t papers;
} RejectedHead;

/* What the declaration says besides the count. */
typedef struct ReportOptions {
    Str title;              /* of the contest */
    Str note;               /* a caveat that must stand wherever the figures stand, e.g. "reconstructed from stage totals" */
    RejectedHead *rejected; /* found by hand, besides what the count rejected */
    int rejected_count;
    bool colour; /* text: ANSI colours */
    int columns; /* text: width of the terminal, 0: 100 */
    Str version; /* of the program, with its name: "hustings 0.1.0" */
} ReportOptions;

void report_text(const Result *result, const Analysis *analysis, const ReportOptions *options, Buf *out);
View *report_view(Arena *a, const Result *result, const Analysis *analysis, const ReportOptions *options);
void report_csv(const Result *result, const ReportOptions *options, Buf *out);
void report_svg(const Result *result, const ReportOptions *options, Buf *out);
void report_html(const Result *result, const Analysis *analysis, const ReportOptions *options, Buf *out);

/* ---- parts of a report, for pages ----
 * Plain data, and drawings as markup without a style of their own: a page's Content-Security-Policy forbids those, so its style sheet has the rules
 * of the class `hst` (svg.c). All keys are always there, since a template looks for what is missing further out. */

typedef enum ReportTable {
    REPORT_CANDIDATES, /* from the fewest votes to the most, with what became of each */
    REPORT_ALL_STAGES, /* candidates down, stages across; only when there are several */
    REPORT_STAGE,      /* one stage, by its number */
    REPORT_PAPERS,     /* counted, and rejected by head */
    REPORT_SECTIONS,
    REPORT_POSTS, /* several posts: which went to whom */
    REPORT_PAIRS,
    REPORT_NEXT,
    REPORT_WEIGHTS, /* of one paper, in a college */
    REPORT_SLATES,
    REPORT_TABLE__COUNT
} ReportTable;

/* A table, or NULL when this count has none of the kind:
 *   caption; is_cards, is_small or is_scroll (how it behaves on a phone: style.h); many: more columns than a sheet of paper has room for; decimals
 *   columns [name, words: holds words, not figures]      the first is the rows' names
 *   rows [name, share: "37.8", percent of the whole for a bar, or "", elected, out, foot, first_foot, cells [label, value, words, short, wins]] */
View *report_table(Arena *a, const Result *result, const Analysis *analysis, const ReportOptions *options, ReportTable table, int stage);

/* [name, value, small]: "Papers counted", "338,374", "none rejected". */
View *report_facts(Arena *a, const Result *result, const ReportOptions *options);

/* How close it was, in short: {name, value, small}: "How close", "6 papers", "with so many changed, B would have been elected"; or NULL: not known. */
View *report_close_fact(Arena *a, const Result *result, const Analysis *analysis);

typedef enum ReportWords {
    REPORT_LEAD,          /* yes or no: the votes, the turnout, what was needed */
    REPORT_STAGE_ACCOUNT, /* what happened at a stage, and why */
    REPORT_STAGE_LOT,     /* the commands that re-make its lot */
    REPORT_OPEN,          /* the question that stopped the count */
    REPORT_CLOSE,         /* how close it was; without an analysis: the last stage */
    REPORT_PAIRWISE,
    REPORT_WEIGHED, /* at the first stage and the last */
    REPORT_WORDS__COUNT
} ReportWords;

/* Sentences: [text, command: to be typed into a terminal]. May be empty. */
View *report_words(Arena *a, const Result *result, const Analysis *analysis, const ReportOptions *options, ReportWords words, int stage);
/* One line: who is elected, or that a question is open. */
Str report_outcome(Arena *a, const Result *result);

typedef enum ReportChart { REPORT_BARS, REPORT_SANKEY } ReportChart;

/* wide (for a desk) and narrow (for a phone), both markup with ids made of `id` (unique on the page), and caption; or NULL. */
View *report_chart(Arena *a, const Result *result, const ReportOptions *options, ReportChart chart, int id);
/* Why there is no drawing of this count, neither bars nor Sankey, for people; empty when there is one. Every form of a report has the same bound. */
Str report_chart_absent(Arena *a, const Result *result);
/* Why there is no Sankey, for people; empty when there is one. */
Str report_sankey_absent(const Result *result);

#endif
