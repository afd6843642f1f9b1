/* questions.h: what an audit asked about a roll, in the store, and what officers answered.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What is looked at: all memberships of the organisation, so that a unit is seen beside all others and a payer is found in whatever units she pays for. What is
 *      kept: the questions that touch the roll's unit or one below it, with those memberships of the evidence that lie there. An officer of one unit
 *      learns how many there are elsewhere, never whose they are.
 * Life: every freeze asks for an audit of the version it makes; an officer may ask for one of a draft, or for another one. A thread does it (roll/auditor.h).
 *      The newest run counts. A question has the same key in every run, and its answers stay with it; an answer counts while it is about the evidence that
 *      there is now. A question about a frozen roll that was not answered stays when a later run no longer asks it: a list that was changed is no answer.
 * An answer is words of an officer, not a verdict. None is ever changed; it may be withdrawn, which opens its question again.
 * Memory: results in the arena. Errors: ERR_MISSING; ERR_CONFLICT: the fault says why.
 */
#ifndef HUSTINGS_ROLL_QUESTIONS_H
#define HUSTINGS_ROLL_QUESTIONS_H

#include "roll/audit.h"
#include "roll/roll.h"

typedef struct AuditRun {
    int64_t run, version; /* version 0: of a draft */
    int64_t memberships;  /* in the roll's units */
    int64_t organisation; /* in all units */
    Str rules, checks,
        units; /* JSON: audit_rules_write; [{check, title, rule, rows, all_rows, not_looked_at}]; [{unit, name, memberships, rows: {check: n}}]. Not in lists */
    int64_t critical, questions, notes;
    Officer by;
    int64_t at;
} AuditRun;
/* The one that counts. */
NODISCARD Err audit_run_newest(Db *db, Arena *a, const Roll *roll, AuditRun *ret_run);
NODISCARD Err audit_runs(Db *db, Arena *a, const Roll *roll, AuditRun **ret_runs, int *ret_count);

typedef struct AuditJob {
    Str unit, roll, token;
    Officer by;
    int64_t asked, touched, tries, done, whole;
} AuditJob;
NODISCARD Err audit_job_find(Db *db, Arena *a, const Roll *roll, AuditJob *ret_job);
/* A command, no act: an audit decides nothing. */
NODISCARD Err audit_ask(Db *db, Arena *a, const Roll *roll, Officer by, int64_t now);

/* By weight: how many there are, and how many of those are answered. */
typedef struct AuditCounts {
    int64_t asked[AUDIT_CRITICAL + 1], answered[AUDIT_CRITICAL + 1];
} AuditCounts;
NODISCARD Err audit_counts(Db *db, Arena *a, const Roll *roll, int64_t run, AuditCounts *ret_counts);
/* How many critical questions about this roll have no answer. */
NODISCARD Err audit_open_critical(Db *db, Arena *a, Str unit, Str roll, int64_t *ret_open);
/* Was the version in force audited? */
NODISCARD Err audit_is_done(Db *db, Arena *a, const Roll *roll, bool *ret_done);

typedef struct AuditAsked {
    Str key, check_name, weight, place, asks, because, usual, columns, evidence;
    Str state;                       /* open, answered, changed, withdrawn */
    int64_t all_rows, here, on_roll; /* memberships in its evidence: in all units, in the roll's, and of those on the roll */
    int64_t kept_from;               /* run */
} AuditAsked;
typedef struct AuditChosen {
    Str weight, state, check_name; /* empty: any; state: answered, waiting */
} AuditChosen;
NODISCARD Err audit_questions(Db *db, Arena *a, const Roll *roll, int64_t run, AuditChosen chosen, int64_t most, int64_t skip,
    AuditAsked **ret_questions, int *ret_count);
NODISCARD Err audit_question_find(Db *db, Arena *a, const Roll *roll, int64_t run, Str key, AuditAsked *ret_question);

typedef struct AuditEvidence {
    int64_t place;
    Str shown; /* JSON: name, number, unit, section, and the question's columns */
    bool on_roll;
} AuditEvidence;
NODISCARD Err audit_evidence(
    Db *db, Arena *a, const Roll *roll, int64_t run, Str key, int64_t from, int64_t most, AuditEvidence **ret_evidence, int *ret_count);

typedef struct AuditAnswer {
    Str key, state, words, check_name, because, evidence; /* state: answered, withdrawn */
    int64_t number, at;
    Officer by;
} AuditAnswer;
enum { AUDIT_ANSWER_MIN = 10, AUDIT_ANSWER_MAX = 4000 };
/* To one question (key not empty) or about a roll, the newest first. */
NODISCARD Err audit_answers(Db *db, Arena *a, const Roll *roll, Str key, AuditAnswer **ret_answers, int *ret_count);
/* Commands, no acts: words of an officer that may be about members are not public. `state`: answered or withdrawn. ERR_CONFLICT: the roll was released; there is no
 * answer to withdraw. */
NODISCARD Err audit_answer(
    Db *db, Arena *a, const Roll *roll, Str key, const char *state, Str words, Str person, Officer by, int64_t now, Fault *fault);

/* All of it, with a draft that goes. */
NODISCARD Err audit_drop(Db *db, const Roll *roll);

#endif
