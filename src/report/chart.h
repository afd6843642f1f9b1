/* chart.h: the drawing of a count: stage bars and a Sankey of transfers. Private to report/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_REPORT_CHART_H
#define HUSTINGS_REPORT_CHART_H

#include "report/markup.h"
#include "report/parts.h"

typedef struct ChartOptions {
    int id;       /* makes the ids in the drawing differ from those of others on the page */
    double width; /* 960 for a desk or paper, 360 for a phone: fewer stages side by side, the rest below */
    bool heading; /* a title inside the drawing: for one that stands alone */
} ChartOptions;

/* An <svg> element of one count (not of several posts). */
void chart_svg(Html *h, const Result *r, const ReportOptions *options, const ChartOptions *chart);

#endif
