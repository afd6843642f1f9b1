/* papers.h: the candidates and papers of one contest, equal papers merged.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: every format is read into this one shape and every rule counts from it. A million papers with five
 *      candidates are 325 distinct rankings at most; merging while reading makes the count itself free.
 * Life: papers_new -> papers_candidate, papers_section, papers_box -> papers_add (many) -> count_run (count.h).
 * Memory: freed with the arena given to papers_new. The groups grow by realloc (mremap for large ones), so a big
 *         contest is never held twice.
 * Here is what stands on the paper, unjudged: empty ranks, overvotes and duplicates stay until the rules decide
 * (ranking.h), so the same Papers can be counted under any rules.
 * Not here: text formats (formats/), rules (rules.h).
 */
#ifndef HUSTINGS_COUNT_PAPERS_H
#define HUSTINGS_COUNT_PAPERS_H

#include "core/err.h"

enum {
    PAPERS_CANDIDATES_MAX = 1000,
    PAPERS_SECTIONS_MAX = 64,
    PAPERS_BOXES_MAX = 1000000,
    PAPERS_MARKS_MAX = 2000, /* marks on one paper, empty ranks included */
    PAPERS_NAME_MAX = 200,   /* bytes */
    PAPERS_NO_SECTION = 0xFFFF,
};
#define PAPERS_TOTAL_MAX INT64_C(1000000000) /* papers in a contest: 10^9 with 9 decimals still fit 63 bits */

/* One mark: a candidate's index or MARK_SKIPPED or MARK_OVERVOTE; with MARK_EQUAL set it shares the rank of the
 * mark before it. {4, 5, 2|MARK_EQUAL}: candidate 4 first, 5 and 2 equal second. */
typedef uint16_t Mark;
enum {
    MARK_EQUAL = 0x8000,
    MARK_SKIPPED = 0x7FFF,   /* an empty rank */
    MARK_OVERVOTE = 0x7FFE,  /* a rank with several names, which ones is not known */
    MARK_CANDIDATE = 0x7FFF, /* mask for the index */
};

typedef struct Candidate {
    Str name;
    Str post;       /* several posts on one paper: which one she stands for; else empty */
    bool withdrawn; /* after the papers were issued */
} Candidate;

typedef struct Section {
    Str name;
    int64_t papers;
} Section;

/* A ballot box, polling place or precinct, where the papers say which. */
typedef struct Box {
    Str name;
    int64_t papers;   /* all read from it */
    int64_t unmarked; /* of these, without any mark */
} Box;

typedef struct PaperGroup {
    uint32_t first;   /* index of its first mark */
    uint16_t length;  /* marks */
    uint16_t section; /* or PAPERS_NO_SECTION */
    int64_t papers;   /* how many are equal */
} PaperGroup;

typedef struct Papers {
    Arena *arena;
    Str title;
    Str note;                              /* a caveat of the file about its figures; it must stand wherever they stand */
    int seats;                             /* 0: the file did not say */
    bool candidates_found, sections_found; /* some were never listed, only met on papers: their order is that of the rows */
    Candidate *candidates;
    int candidate_count;
    Section *sections;
    int section_count;
    Box *boxes;
    int box_count;
    PaperGroup *groups;
    uint32_t group_count;
    Mark *marks;
    uint32_t mark_count;
    int64_t total;             /* papers read, whatever is on them */
    struct PapersIndex *index; /* private: hash tables and capacities */
} Papers;

Papers *papers_new(Arena *a);

/* Index of the candidate (section, box) called `name`, -1 if there is none. */
int papers_find_candidate(const Papers *p, Str name);
int papers_find_section(const Papers *p, Str name);

/* The same, but add it at the end if there is none; the name is copied. -1 when the stated maximum is reached. */
int papers_candidate(Papers *p, Str name);
int papers_post_candidate(Papers *p, Str post, Str name); /* one name may stand for several posts */
int papers_section(Papers *p, Str name);
int papers_box(Papers *p, Str name);

/* A caveat about these papers, once; several different ones are joined by "; ". */
void papers_add_note(Papers *p, Str note);

/* Add `how_many` equal papers. section may be PAPERS_NO_SECTION, box may be -1. ERR_LIMIT when the contest would
 * exceed PAPERS_TOTAL_MAX papers, PAPERS_MARKS_MAX marks or 2^32 - 1 stored marks; then nothing was added.
 * *ret_group (may be NULL) is the group the papers joined: pass it to papers_add_again for the next equal ones. */
NODISCARD Err papers_add(Papers *p, int section, int box, const Mark *marks, int mark_count, int64_t how_many, uint32_t *ret_group);

/* Add more papers equal to those of `group`. The fast way for readers that recognise a repeated line. */
NODISCARD Err papers_add_again(Papers *p, uint32_t group, int box, int64_t how_many);

/* Add all of `from` to `p`, candidates, sections and boxes matched by name. With `section` not empty, every paper goes into that section
 * instead of its own. */
NODISCARD Err papers_merge(Papers *p, const Papers *from, Str section, Fault *fault);

/* Number candidates (by post) and sections by their names, in bytes, where they were only met on papers: without it the order of the rows would
 * show in every report. */
void papers_settle_order(Papers *p);

/* A copy with the papers of one section only, candidates as they are. */
Papers *papers_of_section(Arena *a, const Papers *p, int section);

#endif
