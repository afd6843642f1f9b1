/* verify_own.h: what the files that verify share. Private to record/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * verify.c        the pass, and what it all comes to
 * verify_keys.c   who signed, and who vouches for whom
 * verify_tree.c   hashes, nodes, roots; which of two that differ was signed; earlier checkpoints
 * verify_acts.c   what the entries say: form, times, powers, files
 * verify_against.c  another view of the same record
 * verify_store.c  the tables of a store
 * verify_proof.c  one act by its proof
 */
#ifndef HUSTINGS_RECORD_VERIFY_OWN_H
#define HUSTINGS_RECORD_VERIFY_OWN_H

#include "record/pass.h"
#include "record/verify.h"

/* ---- keys ---- */

typedef struct KnownKey {
    Verifier verifier;
    Str vkey;
    KeyTrust trust;
    int64_t named_by; /* the leaf that names it; -1: none so far */
    int64_t ended_by; /* the leaf that says it is used no longer; -1: none */
} KnownKey;

/* ---- the tree ---- */

/* One of two trees over the same leaves: that of the entries, and that of the hashes which are kept for them. They are the same as long as all is well. */
typedef struct Growth {
    Frontier tiles; /* over the roots of full level-0 tiles */
    Sha256 nodes[TILE_LEVELS_MAX][TILE_WIDTH];
    int node_count[TILE_LEVELS_MAX]; /* in the tile of each level that is being filled */
    Sha256 rest[TILE_WIDTH];         /* leaves behind the last full tile */
    int rest_count;
} Growth;

typedef struct LeafMismatch {
    int64_t leaf;
    bool has_entry, has_hash;
    Sha256 entry, kept;
} LeafMismatch;

typedef struct NodeMismatch {
    int level;
    int64_t number;
    bool is_there;
    Sha256 found, computed;
} NodeMismatch;

/* A checkpoint to be held against the tree as it was at its size. */
typedef struct Mark {
    Checkpoint checkpoint;
    Str name, note;
    bool is_signed; /* by a key of this record */
    bool is_reached, fits;
} Mark;

/* ---- acts ---- */

typedef enum PowerState { POWER_NEVER, POWER_OPEN, POWER_GONE } PowerState;

typedef struct OpenPower {
    PowerState state;
    bool is_stored; /* record_power has it */
    bool is_offer;  /* of a role: no power yet, so record_power does not have it */
    int64_t leaf, until;
    char *entry; /* of the leaf that gave it, for the store's own table; else NULL */
    size_t entry_len;
} OpenPower;

enum { RECENT_FILES = 1024 };

typedef struct StoreCheck StoreCheck;

typedef struct Verify {
    Arena *a;
    RecordSource *source;
    const VerifyOptions *options;
    VerifyReport *report;
    Fault *fault;
    Note note;
    KnownKey keys[VERIFY_KEYS_MAX];
    int key_count;
    Growth entries, kept;
    bool diverged; /* kept is not the same as entries any more */
    bool lacks;    /* some leaf is not there at all: no root can be made */
    bool tree_is_right;
    LeafMismatch leaf_mismatches[FINDINGS_MAX];
    int leaf_mismatch_count; /* counts on */
    NodeMismatch node_mismatches[FINDINGS_MAX];
    int node_mismatch_count;
    Mark *marks;
    int mark_count;
    int64_t fits_until, differs_from; /* sizes of signed checkpoints: the largest that fits, the smallest that does not (-1: none) */
    OpenPower *powers;                /* a table by leaf, open addressing */
    int64_t power_room, power_count, power_used;
    int64_t time_before;               /* of the leaf before */
    Sha256 recent_files[RECENT_FILES]; /* checked lately */
    StoreCheck *store;                 /* NULL: no store */
    struct Against *against;           /* NULL: no other */
} Verify;

void verify_found(Verify *v, FindingKind kind, int64_t leaf, int64_t last, const char *format, ...) PRINTF_LIKE(5, 6);

/* Findings in their order, and what they come to. */
void verify_finish(VerifyReport *report);

/* verify_keys.c */
NODISCARD Err keys_begin(Verify *v);          /* candidates; the checkpoint's signature and origin */
void keys_named(Verify *v, const Leaf *leaf); /* a leaf record.key_added */
void keys_end(Verify *v);                     /* whether who signed is known */
/* Is the note signed by a key that could be this record's? */
bool keys_signed(const Verify *v, const Note *note, int *ret_key);
void keys_witnesses(Verify *v);

/* verify_tree.c */
NODISCARD Err marks_begin(Verify *v);
NODISCARD Err tree_block(Verify *v, const Block *block);
NODISCARD Err tree_end(Verify *v);
/* A signed checkpoint of this size fits, or does not: what was rewritten lies between the two. */
void verify_sized(Verify *v, int64_t size, bool fits);
/* Root and frontier of the first `size` leaves: those of full tiles before this block, and of `hashes` of it. */
Frontier frontier_at(const Growth *before, const Sha256 *hashes, int count);

/* verify_acts.c */
NODISCARD Err acts_block(Verify *v, const Block *block);
void acts_end(Verify *v);
void acts_power(Verify *v, const Leaf *leaf);         /* what it gives and what it ends */
OpenPower *power_find(const Verify *v, int64_t leaf); /* one in force, or NULL */
void acts_clear(Verify *v);

/* verify_against.c */
NODISCARD Err against_begin(Verify *v);
NODISCARD Err against_block(Verify *v, const Block *block);
NODISCARD Err against_end(Verify *v);

/* verify_store.c: NULL and nothing to do when the source is no store. */
NODISCARD Err store_begin(Verify *v);
Err store_fill(void *context, Block *block, Fault *fault);
void store_work(void *context, Block *block);
NODISCARD Err store_block(Verify *v, const Block *block);
NODISCARD Err store_end(Verify *v);
void store_clear(Verify *v);

#endif
