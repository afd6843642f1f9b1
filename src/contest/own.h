/* own.h: what the files of this room share: the manifest of a contest, and views of it. Private to contest/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * contest.conf is INI, read here and not by libinih, which cuts lines at 200 bytes without a word: a caveat or the name of a source is longer. A line
 * that begins with a blank goes on with the value above it. Comments begin with ';' or '#'. Unknown sections and keys are errors, with their line.
 */
#ifndef HUSTINGS_CONTEST_OWN_H
#define HUSTINGS_CONTEST_OWN_H

#include "contest/contest.h"
#include "contest/counting.h"

enum { CONF_TEXT_MAX = 64 * 1024, CONF_LINE_MAX = 4096, CONF_ITEMS_MAX = 64, SLUG_MAX = 80 };

/* A key and its value in a section whose keys are names. */
typedef struct ConfItem {
    Str key, value;
    int64_t line;
} ConfItem;

typedef struct ConfItems {
    ConfItem items[CONF_ITEMS_MAX];
    int count;
} ConfItems;

typedef struct Conf {
    Str slug, title, date, place, rules, note, seed, stages;
    int64_t seats, roll, issued;
    int64_t rules_line, stages_line;
    ConfItems papers, compare, sources, rejected, withdrawn; /* compare, withdrawn: the value alone */
} Conf;

NODISCARD Err conf_parse(Arena *a, Str text, Conf **ret_conf, Fault *fault);

/* Lower-case letters, digits and inner hyphens; at most SLUG_MAX. */
bool slug_is_good(Str slug);
/* A file's name as a part of an address: "mps-and-meps.csv" -> "mps-and-meps-csv". */
Str slug_of_name(Arena *a, Str name);

#endif
