/* rules.h: who may take part, as data, and what it says of each membership on each day.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Pure. Rules are one JSON object (docs/roll-rules.md), every member optional but the freeze date; null is as if it were not there:
 *
 *     {"freeze":"2013-03-12","months":12,"grace_days":0,"joined_by":null,"statuses":["active"],"sections":["members"],"classes":{"not":["supporter"]},
 *      "units":["leeds"],"fee_paid":true,"declared":["affiliates"],"one_paper":"person"}
 *
 *   freeze      the freeze date: what counts is the state of that day
 *   months      months of continuous membership before it (0: none asked)
 *   grace_days  a lapse of at most so many days, mended since, does not break continuous membership (0: every lapse does)
 *   joined_by   and the membership must have begun by this day, whatever the freeze date is
 *   statuses    which status counts as membership ("active" when nothing is said)
 *   sections, classes, units   one of these (or {"not": [...]}); units include those below
 *   fee_paid    paid until the freeze date or later, and a first receipt by then
 *   declared    sections in which a declaration of support by the freeze date is asked (affiliated supporters)
 *   one_paper   "person": a person with several memberships stands on the roll once (by the first section in the order of `sections`, then by the longest
 *               membership), or "section": once in each
 * Every rule gives a reason that can be told to the member: "joined 3 January 2013; 12 months of membership were asked before 12 March 2013".
 * Membership: the spells of the roster (roster.h); before the first of them, from the day of joining on, it is taken to be active when that spell is no
 *      application. A beginning that is not known counts as membership, but meets neither `months` nor `joined_by`.
 */
#ifndef HUSTINGS_ROLL_RULES_H
#define HUSTINGS_ROLL_RULES_H

#include "core/sha256.h"
#include "core/view.h"
#include "people/roster.h"

enum { RULE_WORDS_MAX = 64, RULE_MONTHS_MAX = 600, RULE_GRACE_MAX = 366, RULE_TEXT_MAX = 16 * 1024, SWEEP_DAYS_MAX = 3660 };

typedef struct RuleWords {
    bool given, but; /* but: all except these */
    Str words[RULE_WORDS_MAX];
    int count;
} RuleWords;

typedef struct RollRules {
    Day freeze;
    int months, grace_days;
    Day joined_by;     /* DAY_NONE: not asked */
    uint32_t statuses; /* bits 1 << Status; never 0 */
    RuleWords sections, classes, units, declared;
    bool fee_paid;
    bool once_per_section; /* one_paper */
} RollRules;

/* ERR_INPUT: the fault names the member ("months: a whole number from 0 to 600"), or the line and column of what is no JSON. */
NODISCARD Err rules_read(Arena *a, Str json, RollRules *ret_rules, Fault *fault);
NODISCARD Err rules_from(Arena *a, const View *object, RollRules *ret_rules, Fault *fault);
/* In their one form: on one line, words sorted (but for `sections`, whose order means something), every member said: what is hashed and published. */
Str rules_write(Arena *a, const RollRules *rules);
View *rules_view(Arena *a, const RollRules *rules);
Sha256 rules_digest(Arena *a, const RollRules *rules); /* of rules_write */
/* In plain words, a sentence each. */
void rules_words(Arena *a, const RollRules *rules, View *array);

/* Why a membership is not on the roll: the first rule that it does not meet. */
typedef enum RollReason {
    REASON_ON,      /* it is */
    REASON_NOT_YET, /* no membership on that day */
    REASON_STATUS,  /* lapsed, suspended ... on that day */
    REASON_JOINED,  /* joined_by */
    REASON_MONTHS,  /* a member, but not for long enough */
    REASON_SECTION,
    REASON_CLASS,
    REASON_UNIT,
    REASON_FEE,
    REASON_DECLARED,
    REASON_TWICE, /* on it by another membership */
    REASON__COUNT
} RollReason;
Str reason_name(RollReason reason);  /* "not-yet" */
Str reason_title(RollReason reason); /* "Not a member yet on the freeze date" */

typedef struct Rolled {
    int on; /* entries of the roll */
    int by_reason[REASON__COUNT];
    uint8_t *reasons; /* [row]: RollReason */
} Rolled;
/* Apply them to all rows. */
Rolled rules_apply(Arena *a, const RollRules *rules, const Roster *roster);
/* One alone: never REASON_TWICE. */
RollReason rules_row(const RollRules *rules, const Roster *roster, const RosterRow *row);
/* In words, to the member herself. */
Str rules_why(Arena *a, const RollRules *rules, const Roster *roster, const RosterRow *row, RollReason reason);

/* Were the freeze date another: for every day from `first` to `last` (at most SWEEP_DAYS_MAX), how many would stand on the roll, and against the rules' own
 * date who would gain a vote and who would lose it (persons; with one_paper "section" places in sections). O(memberships + days). */
typedef struct SweepDay {
    Day day;
    int on, gained, lost;
} SweepDay;
NODISCARD Err rules_sweep(
    Arena *a, const RollRules *rules, const Roster *roster, Day first, Day last, SweepDay **ret_days, int *ret_count, Fault *fault);

/* Who they would be, were the date `to`: the rows by which they would stand on the roll, and by which they do now. */
typedef struct RollMoved {
    uint32_t *gained, *lost;
    int gained_count, lost_count;
    int on; /* then */
} RollMoved;
RollMoved rules_moved(Arena *a, const RollRules *rules, const Roster *roster, Day to);

#endif
