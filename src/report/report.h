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

#endif
