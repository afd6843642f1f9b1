/* tree.h: the Merkle tree of RFC 6962 (SHA-256): hashes, a tree that only grows, proofs, and where tiles lie.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: whoever holds one root hash can be shown that an entry is in the record (inclusion, RFC 6962 section 2.1.1) and that a later record only added
 *      to an earlier one (consistency, section 2.1.2). Pure: no I/O, no clock, no allocation but the arena's.
 * Shapes: sizes and indices are 0 <= n <= TREE_SIZE_MAX; a hash is 32 bytes; a proof is at most TREE_PROOF_MAX hashes, lowest first.
 * Errors: verifying returns ERR_INPUT for a proof that does not prove what it should (wrong hash, too long, too short, impossible sizes). What a reader
 *       of hashes returns is passed on.
 * Source: RFC 6962; RFC 9162 sections 2.1.3.2 and 2.1.4.2 (verifying without recursion); C2SP tlog-tiles.
 */
#ifndef HUSTINGS_RECORD_TREE_H
#define HUSTINGS_RECORD_TREE_H

#include "core/err.h"
#include "core/sha256.h"

enum { TREE_PROOF_MAX = 64, TILE_WIDTH = 256, TILE_LEVELS_MAX = 7, TILE_PATH_MAX = 64 };
#define TREE_SIZE_MAX ((int64_t)1 << 52) /* what TILE_LEVELS_MAX levels hold is more */

Sha256 tree_leaf(Str entry);                               /* SHA-256(0x00 || entry) */
Sha256 tree_node(const Sha256 *left, const Sha256 *right); /* SHA-256(0x01 || left || right) */
Sha256 tree_empty(void);                                   /* SHA-256() */
bool hash_equal(const Sha256 *hash, const Sha256 *other);

/* ---- a tree that only grows: the roots of its full subtrees, largest first (one for each bit of `size`) ---- */

typedef struct Frontier {
    int64_t size;
    Sha256 peaks[TREE_PROOF_MAX];
    int count;
} Frontier;

/* Size 0: {0}. */
void frontier_add(Frontier *f, const Sha256 *leaf);
Sha256 frontier_root(const Frontier *f);
/* For a store: 32 bytes a peak; and back, ERR_INPUT when that is not as many as `size` has. */
Str frontier_bytes(Arena *a, const Frontier *f);
NODISCARD Err frontier_from(int64_t size, Str bytes, Frontier *ret_frontier);

/* ---- verifying ---- */

typedef struct TreeProof {
    Sha256 hashes[TREE_PROOF_MAX];
    int count;
} TreeProof;

/* Is `leaf` number `index` of the tree of `size` leaves with this root? */
NODISCARD Err tree_verify_inclusion(const TreeProof *proof, int64_t index, const Sha256 *leaf, int64_t size, const Sha256 *root);
/* Did the tree of `size` leaves only add to that of `old_size`? From size 0 the proof is empty, everything follows and *old_root is not looked at. */
NODISCARD Err tree_verify_consistency(const TreeProof *proof, int64_t old_size, const Sha256 *old_root, int64_t size, const Sha256 *root);

/* ---- making proofs, from whatever keeps the hashes ----
 *
 * Asked for are whole tiles as the tree of `size` leaves has them: from the first hash of a tile on, all 256 or as many as there are. A proof asks for
 * about two tiles a level. ERR_INPUT for an index or a size that cannot be. */

/* Hash `index` of tile level `level` (0: leaves; 1: roots of 256 leaves; 2: of 65,536...), of a tree that holds it whole. */
typedef struct TreeHashes {
    Err (*read)(
        void *context, int level, int64_t index, int count, Sha256 *ret_hashes); /* `count` hashes from `index` on, all within one tile */
    void *context;
} TreeHashes;

/* Root of the first `size` leaves. */
NODISCARD Err tree_root(const TreeHashes *hashes, int64_t size, Sha256 *ret_root);
NODISCARD Err tree_prove_inclusion(const TreeHashes *hashes, int64_t index, int64_t size, TreeProof *ret_proof);
NODISCARD Err tree_prove_consistency(const TreeHashes *hashes, int64_t old_size, int64_t size, TreeProof *ret_proof);

/* ---- tiles (C2SP tlog-tiles) ---- */

/* How many hashes level `level` has in a tree of `size`: floor(size / 256^level). */
int64_t tile_hashes(int level, int64_t size);
/* "tile/0/x001/x234/067", "tile/entries/000.p/12" (level -1: entries; width 256: a full one). */
Str tile_path(Arena *a, int level, int64_t index, int width);
/* The same read back, without "tile/" at its front: "0/x001/x234/067.p/12". False for what is not the one right way to write it. */
NODISCARD bool tile_path_read(Str path, int *ret_level, int64_t *ret_index, int *ret_width);

/* An entry bundle: entries of 0..65,535 bytes, each behind its length as a big-endian uint16. */
enum { BUNDLE_ENTRY_MAX = 65535 };
void bundle_add(Buf *b, Str entry);
/* Cut the first entry off *rest; false when the bytes are not a bundle. */
NODISCARD bool bundle_next(Str *rest, Str *ret_entry);

#endif
