/* freeze.h: the frozen roll: its entries, the commitment to them, and proofs. Pure.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * An entry is one line of JSON in one form, members that are empty left out:
 *     {"hustings_roll":1,"roll":"leeds-2013","entry":12,"salt":"<32 hex>","person":"...","name":"...","unit":"leeds","section":"members","class":"standard","joined":"2012-01-03"}
 * Its hash is the RFC 6962 leaf hash SHA-256(0x00 || entry) with 128 random bits of salt, so that nobody can guess who is on the roll from the hashes. Entries stand in the order of
 * those hashes (so that the order tells nothing either). The commitment is the RFC 6962 root over them; root, count and rules are what is published. A member is shown her entry with its
 * inclusion proof; whoever has both can check them against the root without us (`hustings roll check`).
 * A frozen roll as files: roll.json (what is published: rules, root, counts, totals by unit and section), hashes.bin (all leaf hashes, in order), entries.jsonl (private).
 */
#ifndef HUSTINGS_ROLL_FREEZE_H
#define HUSTINGS_ROLL_FREEZE_H

#include "record/tree.h"
#include "roll/rules.h"

enum { ROLL_PAGE = 256, ROLL_SALT_BYTES = 16, ROLL_ENTRY_MAX = 4096 };

typedef struct RollEntry {
    Sha256 hash;
    uint32_t row; /* of the roster */
    Str text;
} RollEntry;

typedef struct Frozen {
    Str roll; /* slug */
    RollRules rules;
    Sha256 rules_digest;
    Sha256 root;
    RollEntry *entries; /* in their order */
    int count;
} Frozen;

/* `random` fills bytes (libsodium's; a seeded one in tests). */
NODISCARD Err roll_freeze(Arena *a, Str roll, const RollRules *rules, const Roster *roster, const Rolled *rolled,
    void (*random)(void *bytes, size_t count), Frozen *ret_frozen, Fault *fault);

/* What a member is given: her entry, its number, the size and the audit path, as text ("roll-entry/1"...). And the check of it: ERR_INPUT with what is wrong. */
Str roll_proof_text(Arena *a, Str entry, int64_t number, int64_t size, const Sha256 *path, int path_count, const Sha256 *root);
NODISCARD Err roll_proof_check(Arena *a, Str text, const Sha256 *root, View *entry, Fault *fault);

#endif
