/* own.h: what the files of this room share. Private to roll/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_ROLL_OWN_H
#define HUSTINGS_ROLL_OWN_H

#include "roll/roll.h"

enum { PERSON_ID_BYTES = 22, FINDER_BYTES = PERSON_ID_BYTES + 4, FINDER_PERSONS = 1024 };

/* All memberships of the unit and below as a roster, of each what rules look at and an entry says, and nothing else. The caller has the snapshot. */
NODISCARD Err roll_members(Db *db, Arena *a, Str unit, Roster **ret_roster, Fault *fault);

typedef struct RollVersionKey {
    Str unit, roll;
    int64_t version;
} RollVersionKey;
/* Of a finder's body: her entries' numbers. */
void roll_find_rows(Str body, Str person, RollStanding *standing);
/* Does a page have this line where an erased person's entry stood? */
bool roll_entry_is_erased(Str line);
/* What one version keeps of her, under all ids that she had (ids[0]: the last). */
NODISCARD Err roll_forget_version(Db *db, Arena *a, const RollVersionKey *v, const Str *ids, int count, int64_t now);

/* Has the unit or one below it members, and does one of them stand by the rules? Reads unit by unit until somebody does. */
NODISCARD Err roll_anybody(Db *db, Arena *a, Str unit, const RollRules *rules, bool *ret_members, bool *ret_stands, Fault *fault);

/* Inside commands. Nobody else changes the roll until this one is over. ERR_MISSING. */
NODISCARD Err roll_hold(Db *db, const Roll *roll, int64_t now);
/* What pages show of it changed. */
NODISCARD Err roll_announce(Db *db, Arena *a, const Roll *roll, int64_t now);
/* ERR_CONFLICT: the day is not here yet anywhere, so nobody knows who will be a member then. */
NODISCARD Err roll_check_day(Arena *a, Day freeze, int64_t now, Fault *fault);
/* "'Selection 2013' of Leeds" for what the record says. */
Str roll_says(Arena *a, const Roll *roll);
RollJob job_of_row(const DbRows *rows);
/* roll, version, rules and what else every act of a roll has as data. */
View *roll_data(Arena *a, const Roll *roll);
/* The act of a freeze that is done (roll.frozen); of a move, roll.moved before it. */
NODISCARD Err roll_tell_frozen(
    Db *db, Arena *a, const Roll *roll, const RollPublished *published, Officer by, int64_t now, int64_t *ret_leaf, Fault *fault);
NODISCARD Err roll_tell_moved(Db *db, Arena *a, const Roll *roll, const RollProposal *proposal, const RollPublished *published, int64_t now,
    int64_t *ret_leaf, Fault *fault);

#endif
