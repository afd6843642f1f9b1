/* freeze.h: the frozen roll: its entries, the commitment to them, and proofs. Pure.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * An entry is one line of JSON in one form, members that are empty left out:
 *     {"hustings_roll":1,"roll":"leeds-2013","salt":"<32 hex>","person":"...","name":"...","unit":"leeds","section":"members","class":"standard","joined":"2012-01-03"}
 * Its hash is the RFC 6962 leaf hash SHA-256(0x00 || entry) with 128 random bits of salt, so that nobody can guess who is on the roll from the hashes. Entries
 * stand in the order of those hashes (so that the order tells nothing either) and are numbered 0, 1, 2... in it. The commitment is the RFC 6962 root over
 * them; root, count and rules are what is published. A member is shown her entry with its inclusion proof; whoever has both can check them against the
 * root without us (`hustings roll check`).
 * A frozen roll as files: roll.json (what is published: rules, root, counts, totals by unit and section), hashes.bin (all leaf hashes, in order, 32 bytes
 * each), entries.jsonl (private, in the same order).
 */
#ifndef HUSTINGS_ROLL_FREEZE_H
#define HUSTINGS_ROLL_FREEZE_H

#include "record/tree.h"
#include "roll/rules.h"

enum { ROLL_PAGE = 256, ROLL_SALT_BYTES = 16, ROLL_ENTRY_MAX = 4096, ROLL_SLUG_MAX = 80, ROLL_TITLE_MAX = 200 };

/* ---- the entries ---- */

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

/* `random` fills bytes (libsodium's; a seeded one in tests). ERR_LIMIT: an entry of more than ROLL_ENTRY_MAX bytes. */
NODISCARD Err roll_freeze(Arena *a, Str roll, const RollRules *rules, const Roster *roster, const Rolled *rolled,
    void (*random)(void *bytes, size_t count), Frozen *ret_frozen, Fault *fault);
void roll_random(void *bytes, size_t count); /* the system's */

/* ---- what is published: roll.json ----
 *
 * One JSON object, indented as view_json does it, its last member "sha256" the digest of all before it in the same form without that member. So a byte that
 * is another is found out by whoever reads it, and the whole file has one digest, which stands in the public record. */

typedef struct RollTotal {
    Str name; /* of a unit or section */
    int64_t entries;
} RollTotal;

typedef struct RollPublished {
    Str roll, title, unit; /* unit: empty for a roll that was frozen from a file */
    int64_t version;       /* 1, then one more whenever it is frozen anew */
    Str frozen;            /* when: "2013-03-12T09:00:00.000Z" */
    RollRules rules;
    Sha256 rules_digest, root;
    int64_t count, memberships; /* memberships: looked at */
    RollTotal *units, *sections;
    int unit_count, section_count;
    int64_t by_reason[REASON__COUNT];
    Str text; /* all of it, as read or written */
} RollPublished;

/* Fills everything but title, unit, version, frozen, which are given. */
void roll_publish(Arena *a, const Frozen *frozen, const Roster *roster, const Rolled *rolled, RollPublished *published);
/* ERR_INPUT: it is none, or not as it was written. */
NODISCARD Err roll_published_read(Arena *a, Str text, RollPublished *ret_published, Fault *fault);

/* All of it against what was published: every entry against its hash, the order, the root, the totals. `entries` empty: the hashes alone. */
NODISCARD Err roll_check(Arena *a, const RollPublished *published, Str hashes, Str entries, Fault *fault);

/* ---- proofs ----
 *
 *     roll-entry/1
 *     roll leeds-2013 version 1
 *     entry 12 of 3456
 *     root <64 hex>
 *     path 12
 *     <64 hex>
 *     ...
 *
 *     {"hustings_roll":1,...}
 */

typedef struct RollProof {
    Str roll;
    int64_t version, number, size;
    Sha256 root;
    TreeProof path;
    Str entry;
    const View *fields; /* of the entry */
} RollProof;

/* What a member is given. */
Str roll_proof_text(Arena *a, const RollProof *proof);
/* Read it, and check that it proves its entry against the root that it names itself. ERR_INPUT with what is wrong. */
NODISCARD Err roll_proof_read(Arena *a, Str text, RollProof *ret_proof, Fault *fault);
/* And against what was published: the same roll, version, size and root. */
NODISCARD Err roll_proof_check(Arena *a, const RollProof *proof, const RollPublished *published, Fault *fault);

#endif
