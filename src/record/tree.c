/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * RFC 6962 section 2.1: the tree over D[n] is MTH({}) = SHA-256(), MTH({d}) = SHA-256(0x00 || d), and for n > 1, with k the largest power of two
 * smaller than n, MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])). So a tree of any size is a row of full subtrees, one for each bit of its
 * size, largest first (its peaks), joined from the right. Everything here rests on that: a frontier keeps the peaks; a range of leaves that the
 * definition cuts off has peaks of its own, and each of them is a fold of neighbours within one tile.
 */
#include "record/tree.h"

#include <sodium/crypto_hash_sha256.h>

#include <stdio.h>
#include <string.h>

enum { TILE_HEIGHT = 8, ENTRY_PREFIX = 0, NODE_PREFIX = 1, BUNDLE_LENGTH_BYTES = 2 };

static bool size_is_possible(int64_t size)
{
    return size >= 0 && size <= TREE_SIZE_MAX;
}

/* ---- hashes ---- */

Sha256 tree_leaf(Str entry)
{
    static const uint8_t prefix = ENTRY_PREFIX;
    Sha256 hash;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &prefix, 1);
    crypto_hash_sha256_update(&state, (const unsigned char *)entry.ptr, entry.len);
    crypto_hash_sha256_final(&state, hash.bytes);
    return hash;
}

Sha256 tree_node(const Sha256 *left, const Sha256 *right)
{
    uint8_t message[1 + 2 * SHA256_BYTES] = {NODE_PREFIX};
    Sha256 hash;
    memcpy(message + 1, left->bytes, SHA256_BYTES);
    memcpy(message + 1 + SHA256_BYTES, right->bytes, SHA256_BYTES);
    crypto_hash_sha256(hash.bytes, message, sizeof message);
    return hash;
}

Sha256 tree_empty(void)
{
    return sha256((Str){0});
}

bool hash_equal(const Sha256 *hash, const Sha256 *other)
{
    return memcmp(hash->bytes, other->bytes, SHA256_BYTES) == 0;
}

/* ---- a tree that only grows ---- */

static int peaks_of(int64_t size)
{
    return __builtin_popcountll((uint64_t)size);
}

/* Each one at the end of the old size's binary digits is a full subtree which the new leaf completes to one of twice the size. */
void frontier_add(Frontier *f, const Sha256 *leaf)
{
    ASSERT(f->size >= 0 && f->size < TREE_SIZE_MAX && f->count == peaks_of(f->size));
    Sha256 peak = *leaf;
    for (int64_t size = f->size; size & 1; size >>= 1) peak = tree_node(&f->peaks[--f->count], &peak);
    f->peaks[f->count++] = peak;
    f->size++;
}

/* Peaks, joined from the right; at least one. */
static Sha256 join_peaks(const Sha256 *peaks, int count)
{
    Sha256 hash = peaks[count - 1];
    for (int i = count - 2; i >= 0; i--) hash = tree_node(&peaks[i], &hash);
    return hash;
}

Sha256 frontier_root(const Frontier *f)
{
    ASSERT(size_is_possible(f->size) && f->count == peaks_of(f->size));
    return f->count ? join_peaks(f->peaks, f->count) : tree_empty();
}

Str frontier_bytes(Arena *a, const Frontier *f)
{
    ASSERT(size_is_possible(f->size) && f->count == peaks_of(f->size));
    Buf b = buf_new(a);
    for (int i = 0; i < f->count; i++) buf_str(&b, (Str){(const char *)f->peaks[i].bytes, SHA256_BYTES});
    return buf_done(&b);
}

Err frontier_from(int64_t size, Str bytes, Frontier *ret_frontier)
{
    if (!size_is_possible(size) || bytes.len != (size_t)peaks_of(size) * SHA256_BYTES) return ERR_INPUT;
    Frontier f = {.size = size, .count = peaks_of(size)};
    for (int i = 0; i < f.count; i++) memcpy(f.peaks[i].bytes, bytes.ptr + (size_t)i * SHA256_BYTES, SHA256_BYTES);
    *ret_frontier = f;
    return ERR_OK;
}

/* ---- verifying (RFC 9162 sections 2.1.3.2 and 2.1.4.2) ----
 *
 * Both walk from a node up to the root. `node` is its index among the nodes of its height, `last` that of the rightmost node there. A node with an odd
 * index has its sibling on the left; one with an even index has it on the right, save the rightmost, which has none: it goes up unchanged until it is
 * a right child. `last` is 0 at the root and nowhere below it.
 */

typedef struct Walk {
    int64_t node, last;
} Walk;

static bool sibling_is_left(const Walk *w)
{
    return (w->node & 1) || w->node == w->last;
}

static void walk_up(Walk *w)
{
    w->node >>= 1;
    w->last >>= 1;
}

/* The same, past the heights at which a rightmost node has no sibling. */
static void walk_up_from(Walk *w)
{
    if (w->node == w->last)
        while (w->node && !(w->node & 1)) walk_up(w);
    walk_up(w);
}

static bool proof_is_possible(const TreeProof *proof)
{
    return proof->count >= 0 && proof->count <= TREE_PROOF_MAX;
}

Err tree_verify_inclusion(const TreeProof *proof, int64_t index, const Sha256 *leaf, int64_t size, const Sha256 *root)
{
    if (!proof_is_possible(proof) || !size_is_possible(size) || index < 0 || index >= size) return ERR_INPUT;
    Walk walk = {index, size - 1};
    Sha256 hash = *leaf;
    for (int i = 0; i < proof->count; i++) {
        if (walk.last == 0) return ERR_INPUT;
        hash = sibling_is_left(&walk) ? tree_node(&proof->hashes[i], &hash) : tree_node(&hash, &proof->hashes[i]);
        walk_up_from(&walk);
    }
    return walk.last == 0 && hash_equal(&hash, root) ? ERR_OK : ERR_INPUT;
}

/* 0 < old_size < size. The proof begins with the largest full subtree that ends where the old tree ended; when that is the old tree, it is not said
 * again. From there up, what is on the left was in both trees, and what is on the right only in the new one. */
static Err verify_growth(const TreeProof *proof, int64_t old_size, const Sha256 *old_root, int64_t size, const Sha256 *root)
{
    bool old_is_full = (old_size & (old_size - 1)) == 0;
    int next = old_is_full ? 0 : 1;
    if (proof->count < next) return ERR_INPUT;
    Walk walk = {old_size - 1, size - 1};
    while (walk.node & 1) walk_up(&walk);
    Sha256 old_hash = old_is_full ? *old_root : proof->hashes[0];
    Sha256 hash = old_hash;
    for (; next < proof->count; next++) {
        const Sha256 *sibling = &proof->hashes[next];
        if (walk.last == 0) return ERR_INPUT;
        if (sibling_is_left(&walk)) {
            old_hash = tree_node(sibling, &old_hash);
            hash = tree_node(sibling, &hash);
        } else hash = tree_node(&hash, sibling);
        walk_up_from(&walk);
    }
    return walk.last == 0 && hash_equal(&old_hash, old_root) && hash_equal(&hash, root) ? ERR_OK : ERR_INPUT;
}

Err tree_verify_consistency(const TreeProof *proof, int64_t old_size, const Sha256 *old_root, int64_t size, const Sha256 *root)
{
    if (!proof_is_possible(proof) || !size_is_possible(old_size) || !size_is_possible(size) || old_size > size) return ERR_INPUT;
    if (old_size > 0 && old_size < size) return verify_growth(proof, old_size, old_root, size, root);
    if (proof->count) return ERR_INPUT;
    Sha256 empty = tree_empty();
    if (size == 0) return hash_equal(root, &empty) ? ERR_OK : ERR_INPUT;
    return old_size == 0 || hash_equal(old_root, root) ? ERR_OK : ERR_INPUT;
}

/* ---- making proofs ---- */

/* The tree of `size` leaves as tiles, the last one read kept: neighbouring hashes are asked for one after the other. */
typedef struct Tiles {
    const TreeHashes *from;
    int64_t size;
    int level; /* of the one that is kept; -1: none yet */
    int64_t index;
    Sha256 hashes[TILE_WIDTH];
} Tiles;

static Err tiles_read(Tiles *t, int level, int64_t index)
{
    if (t->level == level && t->index == index) return ERR_OK;
    int64_t width = tile_hashes(level, t->size) - index * TILE_WIDTH;
    ASSERT(width > 0);
    t->level = -1;
    Err e = t->from->read(t->from->context, level, index * TILE_WIDTH, width < TILE_WIDTH ? (int)width : TILE_WIDTH, t->hashes);
    if (e) return e;
    t->level = level;
    t->index = index;
    return ERR_OK;
}

/* Root of the full subtree of 2^height leaves from `first` on: a fold of hashes that lie in one tile. */
static Err full_root(Tiles *t, int64_t first, int height, Sha256 *ret_root)
{
    int level = height / TILE_HEIGHT, folds = height % TILE_HEIGHT;
    int64_t index = first >> (level * TILE_HEIGHT);
    Err e = tiles_read(t, level, index / TILE_WIDTH);
    if (e) return e;
    Sha256 row[TILE_WIDTH / 2];
    memcpy(row, &t->hashes[index % TILE_WIDTH], sizeof(Sha256) << folds);
    for (int width = 1 << folds; width > 1; width /= 2)
        for (int i = 0; i < width / 2; i++) row[i] = tree_node(&row[2 * i], &row[2 * i + 1]);
    *ret_root = row[0];
    return ERR_OK;
}

/* Leaves from..to, as the definition cuts them off: `from` is a multiple of every power of two that fits into their number. */
typedef struct Range {
    int64_t from, to;
} Range;

static Err range_root(Tiles *t, Range range, Sha256 *ret_root)
{
    Sha256 peaks[TREE_PROOF_MAX];
    int count = 0;
    for (int64_t first = range.from; first < range.to; count++) {
        int height = 63 - __builtin_clzll((uint64_t)(range.to - first));
        Err e = full_root(t, first, height, &peaks[count]);
        if (e) return e;
        first += (int64_t)1 << height;
    }
    *ret_root = count ? join_peaks(peaks, count) : tree_empty();
    return ERR_OK;
}

static Tiles tiles_of(const TreeHashes *hashes, int64_t size)
{
    return (Tiles){.from = hashes, .size = size, .level = -1};
}

Err tree_root(const TreeHashes *hashes, int64_t size, Sha256 *ret_root)
{
    if (!size_is_possible(size)) return ERR_INPUT;
    Tiles tiles = tiles_of(hashes, size);
    return range_root(&tiles, (Range){0, size}, ret_root);
}

/* What a proof consists of, found from the root down; in the proof the lowest comes first. */
typedef struct Parts {
    Range ranges[TREE_PROOF_MAX];
    int count;
} Parts;

static void part_add(Parts *p, Range range)
{
    ASSERT(p->count < TREE_PROOF_MAX);
    p->ranges[p->count++] = range;
}

/* Cut the range as the definition does and go to the side where leaf `leaf` is; the other side is a part. */
static void part_and_down(Parts *p, Range *range, int64_t leaf)
{
    int height = 63 - __builtin_clzll((uint64_t)(range->to - range->from - 1));
    int64_t cut = range->from + ((int64_t)1 << height);
    Range left = {range->from, cut}, right = {cut, range->to};
    part_add(p, leaf < cut ? right : left);
    *range = leaf < cut ? left : right;
}

static Err proof_of(const TreeHashes *hashes, int64_t size, const Parts *parts, TreeProof *ret_proof)
{
    Tiles tiles = tiles_of(hashes, size);
    TreeProof proof = {.count = parts->count};
    for (int i = 0; i < parts->count; i++) {
        Err e = range_root(&tiles, parts->ranges[parts->count - 1 - i], &proof.hashes[i]);
        if (e) return e;
    }
    *ret_proof = proof;
    return ERR_OK;
}

/* PATH(m, D[n]) of section 2.1.1. */
Err tree_prove_inclusion(const TreeHashes *hashes, int64_t index, int64_t size, TreeProof *ret_proof)
{
    if (!size_is_possible(size) || index < 0 || index >= size) return ERR_INPUT;
    Parts parts = {0};
    Range range = {0, size};
    while (range.to - range.from > 1) part_and_down(&parts, &range, index);
    return proof_of(hashes, size, &parts, ret_proof);
}

/* SUBPROOF(m, D[n], b) of section 2.1.2: down to where a subtree ends with the old tree. That subtree is a part too, save when it is the whole old
 * tree (b), whose root the verifier has. */
Err tree_prove_consistency(const TreeHashes *hashes, int64_t old_size, int64_t size, TreeProof *ret_proof)
{
    if (!size_is_possible(old_size) || !size_is_possible(size) || old_size > size) return ERR_INPUT;
    Parts parts = {0};
    Range range = {0, size};
    if (old_size > 0) {
        while (range.to != old_size) part_and_down(&parts, &range, old_size - 1);
        if (range.from > 0) part_add(&parts, range);
    }
    return proof_of(hashes, size, &parts, ret_proof);
}

/* ---- tiles ---- */

int64_t tile_hashes(int level, int64_t size)
{
    ASSERT(level >= 0 && size_is_possible(size));
    return level < TILE_LEVELS_MAX ? size >> (level * TILE_HEIGHT) : 0;
}

/* Does the largest tree have this tile? Entries lie as leaf hashes do. */
static bool tile_is_possible(int level, int64_t index, int width)
{
    if (level < -1 || level >= TILE_LEVELS_MAX || width < 1 || width > TILE_WIDTH) return false;
    int64_t hashes = tile_hashes(level < 0 ? 0 : level, TREE_SIZE_MAX);
    return index >= 0 && index <= hashes / TILE_WIDTH && index * TILE_WIDTH + width <= hashes;
}

typedef struct TilePath {
    char text[TILE_PATH_MAX];
    size_t len;
} TilePath;

/* Without "tile/". */
static TilePath tile_path_of(int level, int64_t index, int width)
{
    TilePath p = {0};
    char level_text[4] = {0};
    int64_t thousands = 1;
    snprintf(level_text, sizeof level_text, "%d", level);
    p.len = (size_t)snprintf(p.text, sizeof p.text, "%s", level < 0 ? "entries" : level_text);
    while (index / thousands >= 1000) thousands *= 1000;
    for (; thousands; thousands /= 1000)
        p.len += (size_t)snprintf(
            p.text + p.len, sizeof p.text - p.len, "/%s%03d", thousands > 1 ? "x" : "", (int)(index / thousands % 1000));
    if (width < TILE_WIDTH) p.len += (size_t)snprintf(p.text + p.len, sizeof p.text - p.len, ".p/%d", width);
    ASSERT(p.len < sizeof p.text);
    return p;
}

Str tile_path(Arena *a, int level, int64_t index, int width)
{
    ASSERT(tile_is_possible(level, index, width));
    TilePath p = tile_path_of(level, index, width);
    return str_format(a, "tile/%s", p.text);
}

/* Read loosely, then held against the one right way to write what was read. */
bool tile_path_read(Str path, int *ret_level, int64_t *ret_index, int *ret_width)
{
    int64_t level = -1, index = 0, width = TILE_WIDTH;
    Str rest = path, part;
    if (path.len >= TILE_PATH_MAX || !str_cut(rest, '/', &part, &rest)) return false;
    if (!str_equal(part, S("entries")) && (!str_to_i64(part, &level) || level < 0 || level >= TILE_LEVELS_MAX)) return false;
    for (bool more = true; more;) {
        int64_t digits = 0;
        str_cut(rest, '/', &part, &rest);
        more = str_starts(part, S("x"));
        if (more) part = str_slice(part, 1, part.len);
        if (str_ends(part, S(".p"))) {
            part.len -= 2;
            if (more || !str_to_i64(rest, &width)) return false;
            rest = (Str){0};
        }
        if (part.len != 3 || !str_to_i64(part, &digits) || digits < 0 || index > TREE_SIZE_MAX / 1000) return false;
        index = index * 1000 + digits;
    }
    if (width < 1 || width > TILE_WIDTH || !tile_is_possible((int)level, index, (int)width)) return false;
    TilePath right = tile_path_of((int)level, index, (int)width);
    if (!str_equal(path, (Str){right.text, right.len})) return false;
    *ret_level = (int)level;
    *ret_index = index;
    *ret_width = (int)width;
    return true;
}

void bundle_add(Buf *b, Str entry)
{
    ASSERT(entry.len <= BUNDLE_ENTRY_MAX);
    buf_byte(b, (char)(entry.len >> 8));
    buf_byte(b, (char)(entry.len & 0xFF));
    buf_str(b, entry);
}

bool bundle_next(Str *rest, Str *ret_entry)
{
    if (rest->len < BUNDLE_LENGTH_BYTES) return false;
    size_t len = (size_t)(unsigned char)rest->ptr[0] << 8 | (unsigned char)rest->ptr[1];
    if (rest->len - BUNDLE_LENGTH_BYTES < len) return false;
    *ret_entry = str_slice(*rest, BUNDLE_LENGTH_BYTES, BUNDLE_LENGTH_BYTES + len);
    *rest = str_slice(*rest, BUNDLE_LENGTH_BYTES + len, rest->len);
    return true;
}
