/* style.h: the look of the declaration, and its mark. Private to report/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * All inside the page: no font, script or picture is fetched. Light and dark, screen and paper; below 640 pixels a table of figures
 * becomes a card a row, and a matrix scrolls inside its own frame. Text and its ground differ by at least 4.5 to 1 (WCAG AA).
 */
#ifndef HUSTINGS_REPORT_STYLE_H
#define HUSTINGS_REPORT_STYLE_H

#include "core/markup.h"

extern const Markup style_sheet; /* a <style> element */
extern const Markup style_mark;  /* numbered boxes of a paper and what became of them: an <svg> for decoration */

#endif
