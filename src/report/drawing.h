/* drawing.h: what the parts of a drawing share. Private to svg.c and sankey.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Coordinates are floating point. No figure that is printed passes through one.
 */
#ifndef HUSTINGS_REPORT_DRAWING_H
#define HUSTINGS_REPORT_DRAWING_H

#include "core/markup.h"
#include "report/parts.h"

typedef struct Drawing {
    Arena *a;
    Html *h;
    const Result *r;
    int *order; /* of candidates: elected first, first out last */
    int count;  /* how many stood at stage 1 */
    int id;
    double width;
    double y;      /* where the next thing goes */
    bool sections; /* bars are cut into sections */
} Drawing;

void drawing_text(Drawing *d, double x, double y, Markup css, Str text);
/* About how wide `text` is in letters of `size` pixels; in most fonts it is less. For bold letters ask for a size an eighth larger. */
double drawing_width(Str text, double size);
/* `text` cut to what fits into `pixels`. */
Str drawing_fitted(Drawing *d, Str text, double pixels, double size);

/* Is he elected in the end? An answer to a question never is. */
bool drawing_elected(const Result *r, int candidate);
/* Votes, or points, for coordinates. */
double drawing_amount(const Result *r, const Stage *stage, int candidate);
double drawing_total(const Result *r, const Stage *stage);
/* The same for reading: "26,104 (25.0%)", "37.78%". */
Str drawing_figure(Arena *a, const Result *r, const Stage *stage, int candidate);
/* "elected", "out", "surplus" or "". */
Str drawing_mark(const Result *r, const Stage *stage, int candidate);

/* More bars than an eye can follow: a candidate's at a stage is one, so 56 candidates who go out one by one are drawn, and 57 are not. Without a bound a
 * thousand candidates would make half a million, gigabytes while they are made. */
enum { BARS_MOST = 1600 };

enum { SANKEY_MANY = 12 }; /* with more candidates, those who never had much share a block */

/* Why there is no Sankey; empty when there is one. */
Str sankey_absent(const Result *r);
/* Draw it below what is there; moves d->y on. */
void sankey_draw(Drawing *d);

#endif
