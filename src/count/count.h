/* count.h: papers + rules -> every stage of the count, as data.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: all reports, charts, comparisons and checks are made from one Result, so they cannot disagree.
 * Pure: no input or output, no clock, no floating point, no hidden state; the same arguments give the same Result,
 *       whatever the order of the papers.
 * Memory: the Result and all in it live in the arena given; it points into the Rules and Papers, which must outlive it.
 * Votes are whole numbers in units of 10^-decimals of a paper (decimals is 0 save in STV).
 */
#ifndef HUSTINGS_COUNT_COUNT_H
#define HUSTINGS_COUNT_COUNT_H

#include "count/papers.h"
#include "count/rules.h"

typedef int64_t Votes;

/* What the person running the count decides. */
typedef struct CountOptions {
    Str seed;       /* for lots; empty: a lot cannot be drawn and stays an open question */
    Str *tie_order; /* names, most favoured first; for the tie steps `order` and `ask` */
    int tie_order_count;
    int seats;                /* 0: as the rules (or the papers) say */
    int64_t roll;             /* persons entitled to vote, 0: not told */
    int64_t issued;           /* papers issued, 0: not told */
    int64_t rejected_by_hand; /* papers a person rejected, which the files do not hold: they are turnout too */
} CountOptions;

/* Why a paper was not counted, by the head under which it is reported. */
typedef enum Rejected { REJECTED_UNMARKED, REJECTED_WITHDRAWN, REJECTED_OVERVOTE, REJECTED_SKIPPED, REJECTED__COUNT } Rejected;
Str rejected_name(Rejected head);  /* "unmarked": the key in JSON */
Str rejected_words(Rejected head); /* "unmarked or void for uncertainty": for people */

typedef enum Standing { STANDING_CONTINUING, STANDING_ELECTED, STANDING_OUT, STANDING_WITHDRAWN } Standing;

typedef enum TieKind { TIE_EXCLUDE, TIE_ELECT, TIE_SURPLUS } TieKind;

/* A tie and what became of it. */
typedef struct Tie {
    TieKind kind;
    int *candidates;
    int candidate_count;
    int *chosen; /* to go out / elected / transferred first; none while open */
    int chosen_count;
    TieStep how;       /* the step that decided */
    int decided_stage; /* forward, backward: the earlier stage that told them apart; else 0 */
    bool open;         /* sent to a person: the count stopped here */
} Tie;

enum { TO_NOT_REALLOCATED = -1 };

typedef struct Transfer {
    int from;
    int to; /* or TO_NOT_REALLOCATED */
    Votes votes;
} Transfer;

/* What stood at a stage, what was decided on it, and which votes moved because of it (they are in the next tally). */
typedef struct Stage {
    Votes *tally;              /* [candidate] */
    Standing *standing;        /* [candidate], when the stage begins */
    Votes *section_tally;      /* [section * candidate_count + candidate]; NULL without sections */
    Votes *section_continuing; /* [section]: papers (votes) of the section that still count */
    Frac *points;              /* [candidate], college only, else NULL; all points given are `points_given` */
    Frac *points_given;
    Votes continuing;      /* sum of the tally */
    Votes not_reallocated; /* so far */
    Votes lost;            /* to rounding so far (stv) */
    Votes quota;           /* stv, else 0 */
    Votes *keep;           /* [candidate] Meek's keep factors in the same units, else NULL */
    int *elected;
    int elected_count;
    int *eliminated;
    int eliminated_count;
    int surplus_of; /* whose surplus is transferred at this stage, or -1 */
    Transfer *transfers;
    int transfer_count;
    Tie *tie; /* or NULL */
} Stage;

/* Who beats whom; section 11 of docs/counting-rules.md. */
typedef struct Pairwise {
    int64_t *over;                     /* [a * n + b]: papers that rank a above b */
    int winner;                        /* the Condorcet winner, or -1 */
    bool *smith;                       /* [candidate] */
    int64_t *path;                     /* [a * n + b]: strength of the strongest path (Schulze) */
    int *schulze_place;                /* [candidate], 1 is best, equal ones share; 0: withdrawn */
    int *locked_winner, *locked_loser; /* ranked pairs, in the order locked */
    int locked_count;
    int *ranked_pairs_place;
    bool order_mattered; /* ranked pairs hung on the tie-breaking order */
} Pairwise;

typedef struct YesNo {
    int yes, no; /* candidate indexes */
    bool carried;
    bool enough_votes; /* of those voting, or of the roll */
    bool enough_turnout;
} YesNo;

typedef struct Result Result;

typedef struct PostResult {
    Str name;
    bool unopposed;
    Result *result;
} PostResult;

struct Result {
    const Rules *rules;
    const Papers *papers;
    CountOptions options;
    int seats;
    int decimals;
    int64_t valid;
    int64_t rejected[REJECTED__COUNT];
    Stage *stages;
    int stage_count;
    int *elected; /* in order of election */
    int elected_count;
    int *eliminated; /* first out first */
    int eliminated_count;
    int *place;     /* [candidate], 1 is best, equal ones share; 0: withdrawn */
    bool unopposed; /* no more candidates than seats */
    bool lot_drawn;
    const Tie *open;    /* the question that stopped the count, or NULL */
    Pairwise *pairwise; /* condorcet only */
    YesNo *yes_no;      /* yes-no only */
    PostResult *posts;  /* posts only; then stages etc. are empty */
    int post_count;
};

/* Put into `papers` the candidates that the rules name and the papers may not show: Yes and No, those of the posts. */
NODISCARD Err count_declare(const Rules *rules, Papers *papers, Fault *fault);

/* Count. ERR_INPUT when papers and rules do not fit (no valid paper, an unknown section, more seats than allowed):
 * `fault` says what. An open question is not an error: see Result.open. */
NODISCARD Err count_run(Arena *a, const Rules *rules, const Papers *papers, const CountOptions *options, Result **ret_result, Fault *fault);

/* `votes` as text: "140", "927.98248". */
Str votes_text(Arena *a, Votes votes, int decimals);

#endif
