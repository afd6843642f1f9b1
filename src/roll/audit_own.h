/* audit_own.h: what the checks of the audit share. Private to audit*.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_ROLL_AUDIT_OWN_H
#define HUSTINGS_ROLL_AUDIT_OWN_H

#include "roll/audit.h"

typedef struct Finder {
    Arena *a;
    const AuditRules *rules;
    const Roster *r;
    Audit *audit;
    int capacity;    /* of audit->questions */
    uint64_t *pairs; /* room for one number a row: a value and a row, to be put in order */
    uint64_t *other; /* the same, for counting inside a group */
    int *unit_of;    /* [row]: index of its unit */
} Finder;

/* A question with these rows as its evidence; `key` tells it from others of its check, at the next audit too. What it asks comes from its check. */
AuditQuestion *ask(Finder *f, AuditCheck check, AuditWeight weight, const uint32_t *rows, int count, Str key);

/* Rows that have the same value, two or more, are handed to `each`, in the order of their lines. `value` NULL-able: 0 is no value; rows without one are counted as not looked at. */
typedef uint32_t ValueOf(const RosterRow *row);
typedef void EachGroup(Finder *f, AuditCheck check, const uint32_t *rows, int count);
void group_rows(Finder *f, AuditCheck check, ValueOf *value, EachGroup *each);

/* How many different ones there are among them; 0 counts as one of its own each time (nothing says that two who gave none are the same). */
int count_different(Finder *f, const uint32_t *rows, int count, ValueOf *value);

/* Compare units by the share of their rows for which `is` says yes. `is`: 1 yes, 0 no, -1: cannot be told. */
typedef int IsIt(const Finder *f, const RosterRow *row, int threshold);
void compare_units(Finder *f, AuditCheck check, AuditWeight weight, IsIt *is, int threshold);

/* ln P(X >= k): binomial of n with p; Poisson of mean. */
double binomial_tail(int k, int n, double p);
double poisson_tail(int k, double mean);
/* "1 in 3,400" of a natural logarithm. */
Str odds_words(Arena *a, double ln_chance);

/* ---- the checks ---- */
void audit_sharing(Finder *f); /* payer, account, telephone, e-mail, device, address, mandates and signatures that several have */
void audit_dates(Finder *f);   /* receipts, backdating, revivals, missing mandates and signatures: unit by unit */
void audit_surges(Finder *f);
void audit_likeness(Finder *f); /* two names, two sections */

#endif
