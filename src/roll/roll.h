/* roll.h: rolls in the store: drafts, the freeze, who stands on them, corrections, challenges, and what takes two officers.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Life of a roll: a draft, whose rules may change -> asked to be frozen (a job, roll/worker.h) -> frozen, version 1 -> perhaps frozen anew by another freeze
 *      date (version 2, 3...; proposed by one officer, confirmed by another) -> released to a contest. A version never changes; the older ones stay, and each
 *      has its leaf (roll.frozen) in the record. A freeze that is cut off leaves the roll as it was.
 * The roll in force is the newest version and, over it, all corrections in their order. A correction is an officer's decision with a reason; it stands
 *      when the roll is frozen anew, too. Each is committed to in the record (roll.corrected) by a salted hash and names nobody.
 * Who sees: entries name members. An officer of the roll's unit sees those whom her scope has; a member sees herself. What is public names nobody.
 * A slug is a roll's address in the whole installation.
 * Who is erased from the list goes from frozen rolls, too: of her entry the hash alone stays, by which nobody finds her, and for which root and count hold (forget.c).
 * Memory: results in the arena. Errors: ERR_MISSING, ERR_CONFLICT (not as things stand now: the fault says why).
 */
#ifndef HUSTINGS_ROLL_ROLL_H
#define HUSTINGS_ROLL_ROLL_H

#include "people/person.h"
#include "record/act.h"
#include "roll/freeze.h"

typedef struct Roll {
    Str unit, unit_name, slug, title;
    Str state; /* draft, frozen, released */
    Str rules_text;
    RollRules rules;
    int64_t version; /* in force; 0: a draft */
    Str contest;     /* released to */
    int64_t released, added;
} Roll;

NODISCARD Err roll_find(Db *db, Arena *a, Str slug, Roll *ret_roll);
/* Those of the unit itself, the newest first. */
NODISCARD Err roll_list(Db *db, Arena *a, Str unit, Roll **ret_rolls, int *ret_count);
/* Those that were frozen, the newest first. */
NODISCARD Err roll_public(Db *db, Arena *a, int most, Roll **ret_rolls, int *ret_count);
/* Those that she could stand on: of her units and those above. And: is this one of them? ERR_MISSING. */
NODISCARD Err roll_of_person(Db *db, Arena *a, Str person, Roll **ret_rolls, int *ret_count);
NODISCARD Err roll_may_know(Db *db, Arena *a, Str person, Str slug);

typedef struct RollVersion {
    int64_t version, count, frozen, leaf;
    RollRules rules;
    Sha256 root;
    Str published; /* roll.json; not in lists */
    Officer by;
} RollVersion;
NODISCARD Err roll_version_find(Db *db, Arena *a, const Roll *roll, int64_t version, RollVersion *ret_version);
NODISCARD Err roll_versions(Db *db, Arena *a, const Roll *roll, RollVersion **ret_versions, int *ret_count);
/* hashes.bin of a version. */
NODISCARD Err roll_hashes(Db *db, Arena *a, const Roll *roll, const RollVersion *version, Str *ret_bytes);

/* ---- drafts: commands, no acts ---- */

NODISCARD Err roll_add(Db *db, Arena *a, Str unit, Str slug, Str title, const RollRules *rules, int64_t now, Fault *fault);
NODISCARD Err roll_change(Db *db, Arena *a, const Roll *roll, Str title, const RollRules *rules, int64_t now, Fault *fault);
NODISCARD Err roll_drop(Db *db, Arena *a, const Roll *roll, int64_t now, Fault *fault);

/* ---- the freeze ---- */

typedef struct RollJob {
    Str unit, roll, rules, proposal, token;
    Officer by;
    int64_t asked, touched, done, whole;
} RollJob;
/* ERR_MISSING: none is under way. */
NODISCARD Err roll_job_find(Db *db, Arena *a, const Roll *roll, RollJob *ret_job);
/* A command, no act: the act is the freeze itself, when the worker has done it. ERR_CONFLICT: it is frozen, or its date is in the future. */
NODISCARD Err roll_freeze_ask(Db *db, Arena *a, const Roll *roll, Officer by, int64_t now, Fault *fault);

/* ---- who stands on it ---- */

typedef struct RollPlace {
    Str unit, section;
    int64_t number; /* of the entry; -1: by a correction */
} RollPlace;
enum { ROLL_PLACES_MAX = 32 };
typedef struct RollStanding {
    RollPlace places[ROLL_PLACES_MAX]; /* on the roll in force; none: not on it */
    int count;
    int64_t numbers[ROLL_PLACES_MAX]; /* her entries in the version, corrected or not */
    int number_count;
} RollStanding;
/* By the version in force and its corrections. A few indexed reads. */
NODISCARD Err roll_standing(Db *db, Arena *a, const Roll *roll, Str person, RollStanding *ret_standing);
/* Entry `number` with its proof. ERR_MISSING: it was erased. */
NODISCARD Err roll_prove(Db *db, Arena *a, const Roll *roll, const RollVersion *version, int64_t number, RollProof *ret_proof);
/* How many stand on the roll in force, and how many corrections there are. */
NODISCARD Err roll_in_force(Db *db, Arena *a, const Roll *roll, int64_t *ret_count, int64_t *ret_corrections);

/* ---- who is erased ---- */

/* Inside the command that erases a person, while she is still there: her entries go from every version of every roll with their salts and her way to them, and
 * stay counted; corrections and challenges are nobody's; evidence goes. `ids`: hers, then those of records that were merged into it. Room.forget. */
NODISCARD Err roll_forget(Db *db, Arena *a, const Str *ids, int count, int64_t now);
/* How many entries of a version went so, and by how much more or fewer stand on it by corrections of those who went. */
NODISCARD Err roll_erased(Db *db, Arena *a, const Roll *roll, int64_t version, int64_t *ret_entries, int64_t *ret_net);

/* ---- corrections ---- */

typedef enum CorrectionKind { CORRECTION_ADD, CORRECTION_OFF, CORRECTION_SECTION, CORRECTION__COUNT } CorrectionKind;
Str correction_name(CorrectionKind kind); /* "add" */

typedef struct RollCorrection {
    int64_t number;
    Str person, place, section, entry, reason;
    CorrectionKind kind;
    Sha256 hash;
    Officer by;
    int64_t at, leaf;
} RollCorrection;
NODISCARD Err roll_corrections(Db *db, Arena *a, const Roll *roll, RollCorrection **ret_corrections, int *ret_count);
NODISCARD Err roll_corrections_of(Db *db, Arena *a, const Roll *roll, Str person, RollCorrection **ret_corrections, int *ret_count);
/* An act. Asked: kind, person (with a membership in the roll's unit or below), place (add: the unit of that membership; empty: the first), section, reason. The reason is public: one that
 * says a name or address of hers is refused (ERR_INPUT). */
NODISCARD Err roll_correct(
    Db *db, Arena *a, const Roll *roll, const RollCorrection *asked, Officer by, int64_t now, int64_t *ret_number, Fault *fault);

/* ---- challenges: no acts; a correction that answers one is ---- */

typedef struct RollChallenge {
    Str id, person, words, answer, by_name;
    int64_t version, at, answered, correction;
} RollChallenge;
enum { CHALLENGES_A_MONTH = 5 };
NODISCARD Err roll_challenge(Db *db, Arena *a, const Roll *roll, Str person, Str words, int64_t now, Fault *fault);
NODISCARD Err roll_challenges_of(Db *db, Arena *a, const Roll *roll, Str person, RollChallenge **ret_challenges, int *ret_count);
/* Those that wait first. */
NODISCARD Err roll_challenges(Db *db, Arena *a, const Roll *roll, RollChallenge **ret_challenges, int *ret_count);
NODISCARD Err roll_challenge_find(Db *db, Arena *a, const Roll *roll, Str id, RollChallenge *ret_challenge);
NODISCARD Err roll_challenge_answer(
    Db *db, Arena *a, const Roll *roll, Str id, Str answer, Officer by, int64_t correction, int64_t now, Fault *fault);

/* ---- what takes two officers ---- */

typedef struct RollProposal {
    Str id, kind, state, reason; /* kind: move, override; state: open, confirmed, done, withdrawn */
    int64_t version;
    Day day;
    int64_t gained, lost, would, critical;
    Str person, second; /* who proposed, who ended it */
    Officer by, second_by;
    int64_t at, leaf, ended, ended_leaf;
} RollProposal;
NODISCARD Err roll_proposals(Db *db, Arena *a, const Roll *roll, RollProposal **ret_proposals, int *ret_count);
NODISCARD Err roll_proposal_find(Db *db, Arena *a, const Roll *roll, Str id, RollProposal *ret_proposal);
/* An act. Given: kind, reason, person; a move: day, gained, lost, would. */
NODISCARD Err roll_propose(
    Db *db, Arena *a, const Roll *roll, const RollProposal *asked, Officer by, int64_t now, Str *ret_id, Fault *fault);
/* By another person. An override: an act (roll.overridden). A move: it is frozen anew, which is the act (roll.moved, roll.frozen). ERR_DENIED: the same person, one with the same e-mail
 * address, or one whose address somebody else changed since she was given the role. */
NODISCARD Err roll_confirm(Db *db, Arena *a, const Roll *roll, Str id, Str person, Officer by, int64_t now, Fault *fault);
NODISCARD Err roll_withdraw(Db *db, Arena *a, const Roll *roll, Str id, Str person, Officer by, int64_t now, Fault *fault);
/* Does an override of the audit stand for the version in force, and for as many critical questions as are open now? */
NODISCARD Err roll_is_overridden(Db *db, Arena *a, const Roll *roll, bool *ret_overridden);

/* An act: the roll is to be used for a contest. ERR_CONFLICT: critical questions of the audit are open and no override stands. */
NODISCARD Err roll_release(Db *db, Arena *a, const Roll *roll, Str contest, Officer by, int64_t now, Fault *fault);

#endif
