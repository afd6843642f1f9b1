/* rules.h: who may take part, as data, and what it says of each membership on each day.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Pure. Rules are one JSON object (docs/roll-rules.md), every member optional but the freeze date:
 *
 *     {"freeze":"2013-03-12","months":12,"statuses":["active"],"sections":["members"],"classes":{"not":["supporter"]},"units":["leeds"],
 *      "fee_paid":true,"declared":["affiliates"],"joined_by":"...","one_paper":"person"}
 *
 *   freeze      the freeze date: what counts is the state of that day
 *   months      months of continuous membership before it (0: none asked)
 *   statuses    which status counts as membership
 *   sections, classes, units   one of these (or {"not": [...]}); units include those below
 *   fee_paid    paid until the freeze date or later, and a first receipt by then
 *   declared    sections in which a declaration of support by the freeze date is asked (affiliated supporters)
 *   one_paper   "person": a person with several memberships stands on the roll once (the first section in the order of `sections`), or "section": once in each
 * Every rule gives a reason that can be told to the member: "joined 3 January 2013; 12 months of membership were asked before 12 March 2013".
 */
#ifndef HUSTINGS_ROLL_RULES_H
#define HUSTINGS_ROLL_RULES_H

#include "core/view.h"
#include "people/roster.h"

enum { RULE_WORDS_MAX = 64 };

typedef struct RuleWords {
    bool given, but; /* but: all except these */
    Str words[RULE_WORDS_MAX];
    int count;
} RuleWords;

typedef struct RollRules {
    Day freeze;
    int months;
    uint32_t statuses; /* bits 1 << Status; never 0 */
    RuleWords sections, classes, units, declared;
    bool fee_paid;
    bool once_per_section; /* one_paper */
} RollRules;

NODISCARD Err rules_read(Arena *a, Str json, RollRules *ret_rules, Fault *fault);
/* In their one form: sorted, every member said: what is hashed and published. */
Str rules_write(Arena *a, const RollRules *rules);
/* In plain words, a sentence each. */
void rules_words(Arena *a, const RollRules *rules, View *array);

/* Why a membership is not on the roll: the first rule that it does not meet. */
typedef enum RollReason {
    REASON_ON,      /* it is */
    REASON_NOT_YET, /* no membership on that day */
    REASON_STATUS,  /* lapsed, suspended ... on that day */
    REASON_MONTHS,  /* a member, but not for long enough */
    REASON_SECTION,
    REASON_CLASS,
    REASON_UNIT,
    REASON_FEE,
    REASON_DECLARED,
    REASON_TWICE, /* on it by another membership */
    REASON__COUNT
} RollReason;
Str reason_name(RollReason reason);

typedef struct Rolled {
    int on; /* entries of the roll */
    int by_reason[REASON__COUNT];
    uint8_t *reasons; /* [row]: RollReason */
} Rolled;
/* Apply them to all rows. */
Rolled rules_apply(Arena *a, const RollRules *rules, const Roster *roster);
RollReason rules_row(const RollRules *rules, const Roster *roster, const RosterRow *row);
/* In words, to the member herself. */
Str rules_why(Arena *a, const RollRules *rules, const Roster *roster, const RosterRow *row, RollReason reason);

/* Were the freeze date another: for every day from `first` to `last` (at most 3,660), how many would stand on the roll, and against the rules' own date who
 * would gain a vote and who would lose it. O(memberships + days). */
typedef struct SweepDay {
    Day day;
    int on, gained, lost;
} SweepDay;
NODISCARD Err rules_sweep(
    Arena *a, const RollRules *rules, const Roster *roster, Day first, Day last, SweepDay **ret_days, int *ret_count, Fault *fault);

#endif
