/* asked.h: what a visitor asks when she counts papers of her own: files and options as one view, so that it can be sent to another process, sent
 * again by a form, and kept. Private to contest/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The view: title, format ("auto", "csv", "blt", "preflib"), rules (a preset, or "own"), own_rules (text), seats (0: as the papers or rules say), seed,
 *       want ("page", a document: "html", "csv", "json", "svg", "text", or ASKED_CHECK), files [name, section, bytes].
 * It may come from anybody (a form sends it back), so asked_read believes nothing of it.
 * Its answer, also a view: ok; views (present.h) or document {type, name, bytes}; or, when not ok, part and the fault: err, file, line, column, expected, found.
 */
#ifndef HUSTINGS_CONTEST_ASKED_H
#define HUSTINGS_CONTEST_ASKED_H

#include "contest/counting.h"

/* Only asked_check; the answer is `ok` alone, or the fault. */
#define ASKED_CHECK S("check")

enum { ASKED_FILES_MAX = 16, ASKED_TITLE_MAX = 200 };

typedef struct Asked {
    Str title, format, rules, own_rules, seed, want;
    int64_t seats;
    CountedFile files[ASKED_FILES_MAX];
    int file_count;
} Asked;

View *asked_view(Arena *a, const Asked *asked);
/* ERR_INPUT for a view that asked_view did not make. */
NODISCARD Err asked_read(const View *view, Asked *ret_asked);
/* Put each file into the section that its name tells: "mps-and-meps.csv" is "MPs and MEPs" where the rules know one, else "mps-and-meps". */
void asked_sections(Arena *a, Asked *asked);
/* Count, and answer as above; never fails. */
View *asked_answer(Arena *a, const Asked *asked);
/* Can these be counted at all? They are read, and counted where that is quick. */
NODISCARD Err asked_check(Arena *a, const Asked *asked, CountingPart *ret_part, Fault *fault);
/* A few KiB, and nothing packed: asked_check takes less time than starting a process for it. */
bool asked_is_small(const Asked *asked);

#endif
