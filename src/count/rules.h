/* rules.h: the rules of a count as data: read from a small text file, checked, and printable again.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a returning officer must be able to read, copy and change the rules without a programmer, and the
 *      declaration must name exactly the rules that were used (by the SHA-256 of their text).
 * The presets (rules/ *.rules) are in the same format and are compiled in unchanged.
 * Errors: unknown sections or keys, wrong values and combinations that make no sense are ERR_INPUT with the line.
 * What every key means, exactly: docs/counting-rules.md.
 */
#ifndef HUSTINGS_COUNT_RULES_H
#define HUSTINGS_COUNT_RULES_H

#include "core/frac.h"
#include "core/sha256.h"

typedef enum Method {
    METHOD_ALTERNATIVE_VOTE,
    METHOD_COLLEGE,
    METHOD_PLURALITY,
    METHOD_POSTS,
    METHOD_YES_NO,
    METHOD_STV_GREGORY,
    METHOD_STV_MEEK,
    METHOD_CONDORCET,
    METHOD__COUNT
} Method;

typedef enum Stop { STOP_MAJORITY, STOP_LAST_TWO, STOP_FIRST_STAGE, STOP__COUNT } Stop;
typedef enum TieStep { TIE_STEP_FORWARD, TIE_STEP_BACKWARD, TIE_STEP_LOT, TIE_STEP_ORDER, TIE_STEP_ASK, TIE_STEP__COUNT } TieStep;
typedef enum Completion { COMPLETION_SCHULZE, COMPLETION_RANKED_PAIRS, COMPLETION__COUNT } Completion;
typedef enum Strength { STRENGTH_WINNING_VOTES, STRENGTH_MARGINS, STRENGTH__COUNT } Strength;

enum { TIE_STEPS_MAX = 5, RULES_SECTIONS_MAX = 64, RULES_POSTS_MAX = 100, RULES_SEATS_MAX = 1000, RULES_TEXT_MAX = 64 * 1024 };
enum { MARKS_FIRST = 0, MARKS_AS_SEATS = -1 }; /* Rules.marks, else a number */

/* What to do with odd marks; section 2 of docs/counting-rules.md. */
typedef struct PaperRules {
    bool equal_ranks_allowed;
    bool skipped_exhausts;
    int skipped_ranks_allowed;
    bool overvote_exhausts;
    bool duplicate_exhausts;
    int max_ranks; /* 0: no limit */
} PaperRules;

typedef struct TieRule {
    TieStep steps[TIE_STEPS_MAX];
    int count;
} TieRule;

typedef struct RulesSection {
    Str name;
    const Frac *weight;
} RulesSection;

typedef struct RulesPost {
    Str name;
    int seats;
    bool seats_given; /* while reading: a key is given once */
    Str *candidates;
    int candidate_count;
} RulesPost;

typedef struct Rules {
    Str name, title, source;
    Str text;    /* the file, byte for byte */
    Sha256 hash; /* of text */
    Method method;
    int seats;
    Stop stop;
    bool batch_elimination;
    Str write_ins; /* empty: none */
    PaperRules papers;
    TieRule exclude, elect, surplus;
    RulesSection *sections; /* weights of a college */
    int section_count;
    int marks; /* plurality */
    RulesPost *posts;
    int post_count;
    Method each;  /* of a post: plurality or alternative vote */
    int decimals; /* STV */
    int omega;    /* Meek: the surplus limit is 10^-omega */
    Completion completion;
    Strength strength;
    Str yes, no;
    const Frac *pass, *turnout;
    bool pass_of_roll;
} Rules;

/* Read rules from the text of a file; `name` is what it is called if the text does not say. */
NODISCARD Err rules_parse(Arena *a, Str text, Str name, Rules **ret_rules, Fault *fault);

/* The presets, in the order of docs/counting-rules.md. rules_preset_text: NULL pointer when there is none of that name. */
int rules_preset_count(void);
Str rules_preset_name(int preset);
Str rules_preset_text(Str name);

/* Can the method fill more than one seat? */
bool method_has_seats(Method method);

/* The words used in files and reports. */
Str method_name(Method method);
Str tie_step_name(TieStep step);

#endif
