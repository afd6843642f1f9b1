/* chart.h: the drawing of a count: stage bars and a Sankey of transfers. Private to report/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_REPORT_CHART_H
#define HUSTINGS_REPORT_CHART_H

#include "core/markup.h"
#include "report/parts.h"

/* All of it, or a part, so that neither is longer than a sheet of paper. */
typedef enum ChartPart { CHART_WHOLE, CHART_BARS, CHART_SANKEY } ChartPart;

typedef struct ChartOptions {
    ChartPart part;
    int id;       /* makes the ids in the drawing differ from those of others on the page */
    double width; /* 960 for a desk or paper, 360 for a phone: fewer stages side by side, the rest below */
    bool heading; /* a title inside the drawing: for one that stands alone */
    bool bare;    /* no <style>: the page's own style sheet has the rules */
} ChartOptions;

/* Why there is no drawing at all, for people; empty when there is one (or there was no count). */
Str chart_absent(Arena *a, const Result *r);
/* Is there a Sankey to draw? */
bool chart_has_sankey(const Result *r);
/* What the drawing shows by colour and pattern, for a caption. */
Str chart_caption(const Result *r);
/* An <svg> element of one count (not of several posts). */
void chart_svg(Html *h, const Result *r, const ReportOptions *options, const ChartOptions *chart);

#endif
