/* audit.h: was the roll manipulated? Questions with their evidence, never verdicts.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Pure. Every check reads the same roster by the same rules for every unit, and says beside what it found how common that is in all units (the base rate). A
 *      finding is a question to be answered by somebody who can look at the papers; most have an innocent answer, and each question says which ones are usual.
 * 600,000 memberships in seconds, in memory that does not grow beyond the roster's own size. The result does not depend on the order of rows or of threads.
 */
#ifndef HUSTINGS_ROLL_AUDIT_H
#define HUSTINGS_ROLL_AUDIT_H

#include "core/view.h"
#include "roll/rules.h"

typedef enum AuditCheck {
    AUDIT_PAYER, /* one payer for more than n memberships */
    AUDIT_BANK,  /* one bank account or cheque, beyond a household */
    AUDIT_PHONE,
    AUDIT_EMAIL,
    AUDIT_DEVICE,
    AUDIT_ADDRESS,
    AUDIT_RECEIPT,   /* joined before the first receipt by more than the grace */
    AUDIT_BACKDATED, /* joined long before it was written down */
    AUDIT_SURGE,     /* more joined a unit in some days than its own history explains: the Poisson tail is stated */
    AUDIT_MANDATE,   /* missing, or the same for several */
    AUDIT_SIGNATURE,
    AUDIT_TWO_NAMES, /* one person under two names, or twice under nearly one */
    AUDIT_TWO_SECTIONS,
    AUDIT_RECRUITER, /* recruits of one recruiter just before the freeze */
    AUDIT_REVIVED,   /* lapsed, then revived shortly before the freeze */
    AUDIT__COUNT
} AuditCheck;

typedef enum AuditWeight { AUDIT_NOTE, AUDIT_QUESTION, AUDIT_CRITICAL } AuditWeight;

/* What is asked, with its thresholds: data, published with the rules. */
typedef struct AuditRules {
    Day freeze;             /* DAY_NONE: none; checks "before the freeze" look at the newest joins instead */
    int payer_most;         /* memberships one payer may pay for without a question (4) */
    int household_most;     /* that may share phone, e-mail, device, account or address (5) */
    int receipt_grace_days; /* between joining and the first receipt (14) */
    int backdated_days;     /* between joining and being written down (60) */
    int window_days;        /* before the freeze: recruits, revivals (90) */
    int recruits_most;      /* of one recruiter in that window (10) */
    int surge_days;         /* the length of a burst (14) */
    double surge_tail;      /* asked when the chance under the unit's own rate is below this, for all windows looked at together (0.001) */
    bool asked[AUDIT__COUNT];
} AuditRules;
AuditRules audit_rules_standard(Day freeze);
NODISCARD Err audit_rules_read(Arena *a, Str json, Day freeze, AuditRules *ret_rules, Fault *fault);
Str audit_rules_write(Arena *a, const AuditRules *rules);

typedef struct AuditQuestion {
    AuditCheck check;
    AuditWeight weight;
    Str key;              /* the same question of the same people has the same key at the next audit: a digest, in hexadecimal */
    int unit;             /* of the roster; -1: several */
    Str asks;             /* "Who paid for these 12 memberships, and did each member know?" */
    Str because;          /* what was found, with figures, and no name */
    Str usual;            /* usual innocent answers */
    const uint32_t *rows; /* the evidence: rows of the roster, in the order of their lines */
    int row_count;
    PeopleColumn columns[8]; /* what to show of them, beside name and unit */
    int column_count;
} AuditQuestion;

typedef struct AuditUnit {
    int unit;
    int members;            /* memberships on it */
    int rows[AUDIT__COUNT]; /* in evidence of each check */
} AuditUnit;

typedef struct Audit {
    AuditRules rules;
    int memberships;
    AuditQuestion *questions; /* the gravest first, then by unit and check */
    int question_count;
    AuditUnit *units; /* every unit, also those without a question */
    int unit_count;
    int rows[AUDIT__COUNT];     /* in all units: the base rate is this by memberships */
    int unlooked[AUDIT__COUNT]; /* memberships that lack what the check reads: said, never passed over in silence */
} Audit;

NODISCARD Err audit_run(Arena *a, const AuditRules *rules, const Roster *roster, Audit *ret_audit, Fault *fault);

Str audit_check_name(AuditCheck check);                                    /* "one-payer" */
Str audit_check_title(AuditCheck check);                                   /* "One payer for many" */
Str audit_check_rule(Arena *a, AuditCheck check, const AuditRules *rules); /* the rule it comes from, with its thresholds, in words */

/* A value of a row, as evidence shows it. */
Str audit_column_title(PeopleColumn column); /* "First receipt" */
Str audit_value(Arena *a, const Roster *roster, const RosterRow *row, PeopleColumn column);

/* As a view (JSON, templates); `evidence`: with the rows. As plain text and as an HTML page of its own. */
void audit_view(Arena *a, const Audit *audit, const Roster *roster, bool evidence, View *object);
void audit_text(Buf *out, const Audit *audit, const Roster *roster, int most_rows);
void audit_html(Buf *out, const Audit *audit, const Roster *roster, int most_rows);

#endif
