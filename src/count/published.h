/* published.h: can the figures that were printed be true together, and of how many papers?
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: often all that is left of a ballot is a line in a newspaper. Percentages that were rounded from counts leave few
 *      numbers of papers from which they can have come, sometimes none; and "50 per cent of those balloted" may be
 *      50 per cent of those who answered.
 * Life: published_parse -> published_check -> published_view or published_text.
 * Memory: in the arena given; answers point into the Published.
 * Errors: ERR_INPUT with the line. Figures that cannot be true are no error but the answer.
 * Exact: whole numbers and fractions; a percentage is a number of units of its last printed digit. No floating point.
 * Not here: papers. Whoever has papers should count them.
 *
 * The file (INI; a comment begins with ';'; each key once):
 *   [check]  title, source
 *            papers = 590-640       numbers of papers that are tried (one number, or two)
 *            stated = 610           the number that was given
 *            issued = 15000         papers sent out
 *            returned = 32%-33%     of those issued; with `issued` it stands for `papers`
 *            rounding = half-up     or truncate: what became of further digits
 *   [question NAME]
 *            votes = 376, 224       what was printed for each answer; '-' where it was not
 *            printed = 62%, -       the percentages beside them, in the same order
 *            of = papers            or votes (in this question), or issued
 *   [claim NAME]
 *            text = ...             the words
 *            share = 50.3%          what is claimed
 *            of = issued            or papers, votes: of what it is claimed
 *            question, answer       which printed figure it speaks of (default: the only question, answer 1)
 */
#ifndef HUSTINGS_COUNT_PUBLISHED_H
#define HUSTINGS_COUNT_PUBLISHED_H

#include "core/frac.h"
#include "core/view.h"

enum {
    PUBLISHED_TEXT_MAX = 64 * 1024,
    PUBLISHED_SEARCH_MAX = 100000, /* numbers of papers tried */
    PUBLISHED_QUESTIONS_MAX = 100,
    PUBLISHED_FIGURES_MAX = 50, /* of one question */
    PUBLISHED_CLAIMS_MAX = 100,
    PUBLISHED_DECIMALS_MAX = 6,
};
#define PUBLISHED_VOTES_MAX INT64_C(1000000000)

typedef enum Rounding { ROUNDING_HALF_UP, ROUNDING_TRUNCATE, ROUNDING__COUNT } Rounding;

/* Of what a percentage is. */
typedef enum PublishedBase { BASE_PAPERS, BASE_VOTES, BASE_ISSUED, BASE__COUNT } PublishedBase;

/* "50.3%" is 503 units with 1 decimal. */
typedef struct Percent {
    int64_t units;
    int decimals;
} Percent;

typedef struct PublishedFigure {
    bool has_votes, has_printed;
    int64_t votes;
    Percent printed;
} PublishedFigure;

typedef struct PublishedQuestion {
    Str name;
    PublishedBase of;
    PublishedFigure *figures;
    int figure_count;
    bool all_votes;   /* votes are known for every answer: */
    int64_t votes;    /* their sum; else of those known */
    bool all_printed; /* a percentage is known for every answer */
} PublishedQuestion;

typedef struct PublishedClaim {
    Str name, text;
    Percent share;
    PublishedBase of;
    int question; /* index */
    int answer;   /* index of the figure */
} PublishedClaim;

typedef struct Published {
    Str title, source;
    Rounding rounding;
    int64_t from, to;       /* numbers of papers to try; 0: not told */
    int64_t stated, issued; /* 0: not told */
    PublishedQuestion *questions;
    int question_count;
    PublishedClaim *claims;
    int claim_count;
} Published;

NODISCARD Err published_parse(Arena *a, Str text, Published **ret_published, Fault *fault);

/* Numbers from `from` to `to`, both included. */
typedef struct Run {
    int64_t from, to;
} Run;

typedef struct FigureAnswer {
    bool checked; /* votes and percentage are both known */
    bool any;     /* among the numbers tried, some fit: */
    Run fits;
    bool stated_fits;   /* the stated number does */
    bool base_fits;     /* of = votes or issued: the percentage is right */
    bool of_votes_fits; /* the percentage would be right of the votes in the question */
} FigureAnswer;

typedef struct QuestionAnswer {
    FigureAnswer *figures;
    bool sum_known; /* every percentage is printed, and there is more than one */
    Percent sum;
    Frac *bound;       /* rounding can move the sum by so much, in percent */
    bool sum_possible; /* not above 100 by more than that */
    bool sum_whole;    /* within that of 100 */
} QuestionAnswer;

typedef struct ClaimAnswer {
    bool holds;       /* the claimed share is among those possible */
    Frac *low, *high; /* of the claimed base the figure is from `low` to `high` percent; both NULL: cannot be known */
} ClaimAnswer;

typedef struct PublishedAnswer {
    const Published *published;
    bool searched;
    Run *fits; /* numbers of papers that fit everything printed as a share of the papers */
    int fit_count;
    bool stated_fits;
    QuestionAnswer *questions;
    ClaimAnswer *claims;
    bool good; /* nothing printed is impossible and no claim refused */
} PublishedAnswer;

PublishedAnswer *published_check(Arena *a, const Published *p);

/* Can `votes` of `papers` have been printed as `printed`? */
bool published_fits(int64_t votes, int64_t papers, Percent printed, Rounding rounding);

/* The answer for programs, and in plain words. */
View *published_view(Arena *a, const PublishedAnswer *answer);
void published_text(const PublishedAnswer *answer, Buf *out);

#endif
