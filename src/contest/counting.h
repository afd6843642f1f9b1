/* counting.h: from files to figures: reads papers or totals, counts them, and asks all that the pages show.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a folder that is published and papers that a visitor sends are counted by the same few steps; here they stand once.
 * Memory: everything in the arena given, which points into the bytes of the files.
 * Errors: ERR_INPUT and ERR_LIMIT with the file's name, line and column; `about` in the Counting says which part of the input is meant.
 * Not here: the store, HTTP, and the guards against papers that exhaust memory (child.h).
 */
#ifndef HUSTINGS_CONTEST_COUNTING_H
#define HUSTINGS_CONTEST_COUNTING_H

#include "contest/present.h"
#include "formats/formats.h"

typedef struct CountedFile {
    Str name;
    Str section; /* all its papers go there; empty: as the file says */
    Str bytes;   /* may be gzipped */
} CountedFile;

typedef struct RulesWanted {
    Str spec;    /* as asked for: a preset's name or a file's, and "@SECTION" */
    Str name;    /* a preset, or the file's name */
    Str text;    /* of the file; empty: a preset */
    Str section; /* count this section only; empty: all */
} RulesWanted;

/* What is asked. */
typedef struct Counting {
    Presentation about; /* slug, title, date, place; the rest is filled in */
    Str note;           /* a caveat besides those of the files */
    CountedFile *papers;
    int paper_count;
    Format format;      /* of the papers; FORMAT_UNKNOWN: by name and first bytes */
    CountedFile totals; /* bytes empty: there are papers */
    RulesWanted rules;
    CountOptions options; /* seats, seed, roll, issued */
    RejectedHead *rejected;
    int rejected_count;
    Str *withdrawn;
    int withdrawn_count;
    RulesWanted *compare; /* the same papers under other rules, */
    int compare_count;
    bool compare_presets; /* and under every preset that fits */
    Str version;          /* "hustings 0.1.0" */
} Counting;

typedef enum CountingPart { PART_PAPERS, PART_RULES, PART_SEATS, PART_SEED, PART_COMPARE, PART_OTHER } CountingPart;

/* What came of it. */
typedef struct Counted {
    const Rules *rules;
    const Result *result;
    const Analysis *analysis; /* NULL with totals */
    ReportOptions report;
    Presentation about;
    Compared compared;
} Counted;

/* *ret_part: what the fault is about. */
NODISCARD Err counting_run(Arena *a, const Counting *counting, Counted *ret_counted, CountingPart *ret_part, Fault *fault);

/* Read the papers and rules, and count where that is quick: at most `quick` candidates, and not by Meek's method. Nothing is analysed. */
NODISCARD Err counting_check(Arena *a, const Counting *counting, int quick, CountingPart *ret_part, Fault *fault);

/* All that pages show (present.h). */
View *counted_views(Arena *a, const Counted *counted);

/* As a file: "html" (the declaration), "csv", "svg", "json" or "text". False for any other word. */
typedef struct CountedDocument {
    Str type, name; /* "text/csv; charset=utf-8", "result.csv" */
    Str bytes;
} CountedDocument;
bool counted_document(Arena *a, const Counted *counted, Str what, CountedDocument *ret_document);

#endif
