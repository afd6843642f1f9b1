/* ranking.h: what the rules make of each paper: the ranking that is counted, or the head under which it is rejected.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Section 2 of docs/counting-rules.md. Private to src/count.
 */
#ifndef HUSTINGS_COUNT_RANKING_H
#define HUSTINGS_COUNT_RANKING_H

#include "count/count.h"

typedef struct Ranking {
    uint32_t first;  /* index of its first mark in Rankings.marks */
    uint16_t length; /* > 0 */
    uint16_t section;
    int64_t papers;
} Ranking;

typedef struct Rankings {
    Mark *marks; /* candidates only; MARK_EQUAL where the rules allow equal ranks */
    Ranking *items;
    uint32_t count;
    int64_t valid;
    int64_t rejected[REJECTED__COUNT];
} Rankings;

/* How a paper is read: as a ranking, or as a set of at most `set_max` crosses (0: as a ranking). */
Rankings rankings_new(Arena *a, const Papers *papers, const PaperRules *rules, int set_max);

#endif
