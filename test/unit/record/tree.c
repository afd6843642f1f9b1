/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/vectors.h"

enum { NAIVE_MAX = 300, SMALL_MAX = 40 };

/* ---- what others published ---- */

static Sha256 member_hash(Arena *a, const json_t *object, const char *name)
{
    return hash_from_hex(a, json_text(json_object_get(object, name)));
}

static TreeProof member_proof(Arena *a, const json_t *object)
{
    const json_t *list = json_object_get(object, "proof");
    TreeProof proof = {.count = (int)json_array_size(list)};
    assert_true(proof.count <= TREE_PROOF_MAX);
    for (int i = 0; i < proof.count; i++) proof.hashes[i] = hash_from_hex(a, json_text(json_array_get(list, (size_t)i)));
    return proof;
}

static int64_t member_number(const json_t *object, const char *name)
{
    return json_number(json_object_get(object, name));
}

static void hashes_as_published(void **state)
{
    Arena *a = *state;
    json_t *all = vectors_load(a, "rfc6962.json");
    const json_t *hashes = json_object_get(all, "hashes");
    assert_true(json_array_size(hashes) >= 3);
    for (size_t i = 0; i < json_array_size(hashes); i++) {
        const json_t *row = json_array_get(hashes, i);
        Sha256 leaf = tree_leaf(from_hex(a, json_text(json_object_get(row, "entry")))), published = member_hash(a, row, "leaf");
        assert_row(hash_equal(&leaf, &published), json_string_value(json_object_get(row, "entry")));
    }
    Sha256 empty = tree_empty(), published = member_hash(a, all, "empty"), empty_leaf = tree_leaf((Str){0});
    assert_true(hash_equal(&empty, &published));
    assert_false(hash_equal(&empty, &empty_leaf));
    json_decref(all);
}

static void a_node_is_no_leaf_and_has_sides(void **state)
{
    Arena *a = *state;
    Sha256 left = tree_leaf(S("Hello")), right = tree_leaf(S("World"));
    Buf b = buf_new(a);
    buf_byte(&b, 1);
    buf_str(&b, (Str){(const char *)left.bytes, SHA256_BYTES});
    buf_str(&b, (Str){(const char *)right.bytes, SHA256_BYTES});
    Str both = buf_done(&b);
    Sha256 node = tree_node(&left, &right), swapped = tree_node(&right, &left);
    Sha256 plain = sha256(both), forged = tree_leaf(str_slice(both, 1, both.len));
    assert_true(hash_equal(&node, &plain));
    assert_false(hash_equal(&node, &forged));
    assert_false(hash_equal(&node, &swapped));
}

static void roots_as_published(void **state)
{
    Arena *a = *state;
    json_t *all = vectors_load(a, "rfc6962.json");
    const json_t *leaves = json_object_get(all, "leaves"), *roots = json_object_get(all, "roots");
    Frontier f = {0};
    Sha256 root = frontier_root(&f), published = member_hash(a, all, "empty");
    assert_true(hash_equal(&root, &published));
    assert_int_equal(json_array_size(leaves), 8);
    for (size_t i = 0; i < 8; i++) {
        Sha256 leaf = tree_leaf(from_hex(a, json_text(json_array_get(leaves, i))));
        frontier_add(&f, &leaf);
        root = frontier_root(&f);
        published = hash_from_hex(a, json_text(json_array_get(roots, i)));
        assert_true(f.size == (int64_t)i + 1 && hash_equal(&root, &published));
    }
    json_decref(all);
}

static void inclusion_as_published(void **state)
{
    Arena *a = *state;
    json_t *all = vectors_load(a, "rfc6962.json");
    const json_t *rows = json_object_get(all, "inclusion");
    int right = 0, wrong = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        TreeProof proof = member_proof(a, row);
        Sha256 leaf = member_hash(a, row, "leaf"), root = member_hash(a, row, "root");
        bool is_right = json_is_true(json_object_get(row, "right"));
        Err e = tree_verify_inclusion(&proof, member_number(row, "index"), &leaf, member_number(row, "size"), &root);
        assert_row(e == (is_right ? ERR_OK : ERR_INPUT), json_string_value(json_object_get(row, "name")));
        if (is_right) right++;
        else wrong++;
    }
    assert_true(right >= 7 && wrong >= 60);
    json_decref(all);
}

static void consistency_as_published(void **state)
{
    Arena *a = *state;
    json_t *all = vectors_load(a, "rfc6962.json");
    const json_t *rows = json_object_get(all, "consistency");
    int right = 0, wrong = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        TreeProof proof = member_proof(a, row);
        Sha256 old_root = member_hash(a, row, "old_root"), root = member_hash(a, row, "root");
        bool is_right = json_is_true(json_object_get(row, "right"));
        Err e = tree_verify_consistency(&proof, member_number(row, "old_size"), &old_root, member_number(row, "size"), &root);
        assert_row(e == (is_right ? ERR_OK : ERR_INPUT), json_string_value(json_object_get(row, "name")));
        if (is_right) right++;
        else wrong++;
    }
    assert_true(right >= 7 && wrong >= 70);
    json_decref(all);
}

/* ---- RFC 6962 as it is written, by recursion, over leaves that are their numbers ---- */

static Sha256 naive_hashes[NAIVE_MAX][NAIVE_MAX + 1];
static bool naive_known[NAIVE_MAX][NAIVE_MAX + 1];

static Sha256 number_leaf(int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "leaf %lld", (long long)number);
    return tree_leaf((Str){text, (size_t)len});
}

static int power_below(int n)
{
    int k = 1;
    while (2 * k < n) k *= 2;
    return k;
}

static Sha256 naive_root(int from, int to)
{
    if (from == to) return tree_empty();
    if (naive_known[from][to]) return naive_hashes[from][to];
    Sha256 hash;
    if (to - from == 1) hash = number_leaf(from);
    else {
        int k = power_below(to - from);
        Sha256 left = naive_root(from, from + k), right = naive_root(from + k, to);
        hash = tree_node(&left, &right);
    }
    naive_known[from][to] = true;
    naive_hashes[from][to] = hash;
    return hash;
}

/* PATH(m, D[from:to]) */
static void naive_path(int m, int from, int to, TreeProof *proof)
{
    if (to - from == 1) return;
    int k = power_below(to - from);
    if (m < k) naive_path(m, from, from + k, proof);
    else naive_path(m - k, from + k, to, proof);
    proof->hashes[proof->count++] = m < k ? naive_root(from + k, to) : naive_root(from, from + k);
}

/* SUBPROOF(m, D[from:to], b) */
static void naive_subproof(int m, int from, int to, bool b, TreeProof *proof)
{
    if (m == to - from) {
        if (!b) proof->hashes[proof->count++] = naive_root(from, to);
        return;
    }
    int k = power_below(to - from);
    if (m <= k) {
        naive_subproof(m, from, from + k, b, proof);
        proof->hashes[proof->count++] = naive_root(from + k, to);
    } else {
        naive_subproof(m - k, from + k, to, false, proof);
        proof->hashes[proof->count++] = naive_root(from, from + k);
    }
}

static bool same_proof(const TreeProof *proof, const TreeProof *other)
{
    if (proof->count != other->count) return false;
    for (int i = 0; i < proof->count; i++)
        if (!hash_equal(&proof->hashes[i], &other->hashes[i])) return false;
    return true;
}

/* The same tree as a keeper of tiles would hand it out, which holds those who ask to what the header promises. */
typedef struct Keeper {
    int64_t size;
    int reads;
    int fail_at; /* which read fails; 0: none */
} Keeper;

static Err keeper_read(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    Keeper *k = context;
    if (++k->reads == k->fail_at) return ERR_IO;
    int64_t there = tile_hashes(level, k->size) - index;
    assert_true(level >= 0 && level <= 1 && index >= 0 && index % TILE_WIDTH == 0);
    assert_int_equal(count, there < TILE_WIDTH ? there : TILE_WIDTH);
    for (int i = 0; i < count; i++) {
        int first = (int)(index + i) * (level ? TILE_WIDTH : 1);
        ret_hashes[i] = naive_root(first, first + (level ? TILE_WIDTH : 1));
    }
    return ERR_OK;
}

/* Verifying is tried with every pair; making a proof hashes whole tiles anew, so with every pair of small trees and around a tile's end, else with some. */
static bool proof_is_made(int size, int number)
{
    return size <= 70 || (size >= 254 && size <= 258) || (size + number) % 11 == 0;
}

static void every_root_up_to_300(void **state)
{
    (void)state;
    Frontier f = {0};
    for (int size = 0; size <= NAIVE_MAX; size++) {
        Keeper keeper = {.size = size};
        TreeHashes hashes = {keeper_read, &keeper};
        Sha256 grown = frontier_root(&f), naive = naive_root(0, size), made;
        assert_int_equal(tree_root(&hashes, size, &made), ERR_OK);
        assert_true(hash_equal(&grown, &naive) && hash_equal(&made, &naive));
        Sha256 leaf = number_leaf(size);
        frontier_add(&f, &leaf);
    }
}

static void every_inclusion_up_to_300(void **state)
{
    (void)state;
    for (int size = 1; size <= NAIVE_MAX; size += each_nth()) {
        Sha256 root = naive_root(0, size);
        for (int index = 0; index < size; index++) {
            Keeper keeper = {.size = size};
            TreeHashes hashes = {keeper_read, &keeper};
            TreeProof naive = {0}, proof;
            Sha256 leaf = number_leaf(index), other = number_leaf(index + 1);
            naive_path(index, 0, size, &naive);
            assert_int_equal(tree_verify_inclusion(&naive, index, &leaf, size, &root), ERR_OK);
            assert_int_equal(tree_verify_inclusion(&naive, index, &other, size, &root), ERR_INPUT);
            if (!proof_is_made(size, index)) continue;
            assert_int_equal(tree_prove_inclusion(&hashes, index, size, &proof), ERR_OK);
            assert_true(same_proof(&proof, &naive) && keeper.reads <= 4);
        }
    }
}

static void every_consistency_up_to_300(void **state)
{
    (void)state;
    for (int size = 1; size <= NAIVE_MAX; size += each_nth()) {
        Sha256 root = naive_root(0, size), other = naive_root(0, size - 1);
        for (int old = 1; old <= size; old++) {
            Keeper keeper = {.size = size};
            TreeHashes hashes = {keeper_read, &keeper};
            TreeProof naive = {0}, proof;
            Sha256 old_root = naive_root(0, old), wrong = naive_root(0, old - 1);
            naive_subproof(old, 0, size, true, &naive);
            assert_int_equal(tree_verify_consistency(&naive, old, &old_root, size, &root), ERR_OK);
            assert_int_equal(tree_verify_consistency(&naive, old, &wrong, size, &root), ERR_INPUT);
            assert_int_equal(tree_verify_consistency(&naive, old, &old_root, size, &other), ERR_INPUT);
            if (!proof_is_made(size, old)) continue;
            assert_int_equal(tree_prove_consistency(&hashes, old, size, &proof), ERR_OK);
            assert_true(same_proof(&proof, &naive) && keeper.reads <= 4);
        }
    }
}

/* ---- spoiled proofs of small trees: nothing but the proof itself proves ---- */

typedef struct Claim {
    bool inclusion;
    int64_t number; /* index or old size */
    int64_t size;
    Sha256 first; /* leaf or old root */
    Sha256 root;
    TreeProof proof;
} Claim;

static bool holds(const Claim *c)
{
    Err e = c->inclusion ? tree_verify_inclusion(&c->proof, c->number, &c->first, c->size, &c->root)
                         : tree_verify_consistency(&c->proof, c->number, &c->first, c->size, &c->root);
    assert_true(e == ERR_OK || e == ERR_INPUT);
    return e == ERR_OK;
}

/* Every bit of small trees' proofs, and some of each hash in larger ones. */
static void no_bit_may_change(const Claim *claim)
{
    Claim c = *claim;
    int step = claim->size <= 9 ? 1 : 37;
    for (int bit = 0; bit < SHA256_BYTES * 8; bit += step) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        for (int i = 0; i < c.proof.count; i++) {
            c.proof.hashes[i].bytes[bit / 8] ^= mask;
            assert_false(holds(&c));
            c.proof.hashes[i] = claim->proof.hashes[i];
        }
        c.first.bytes[bit / 8] ^= mask;
        assert_false(holds(&c));
        c.first = claim->first;
        c.root.bytes[bit / 8] ^= mask;
        assert_false(holds(&c));
        c.root = claim->root;
    }
}

static void no_hash_may_be_missing_or_more(const Claim *claim)
{
    const Sha256 more[] = {claim->first, claim->root, tree_empty(), {{0}}};
    for (int at = 0; at < claim->proof.count; at++) {
        Claim c = *claim;
        memmove(&c.proof.hashes[at], &c.proof.hashes[at + 1], sizeof(Sha256) * (size_t)(c.proof.count - at - 1));
        c.proof.count--;
        assert_false(holds(&c));
    }
    for (int at = 0; at <= claim->proof.count; at++)
        for (int k = 0; k < COUNT_OF(more); k++) {
            Claim c = *claim;
            memmove(&c.proof.hashes[at + 1], &c.proof.hashes[at], sizeof(Sha256) * (size_t)(c.proof.count - at));
            c.proof.hashes[at] = more[k];
            c.proof.count++;
            assert_false(holds(&c));
        }
}

static void hashes_keep_their_order(const Claim *claim)
{
    for (int i = 0; i < claim->proof.count; i++)
        for (int k = i + 1; k < claim->proof.count; k++) {
            Claim c = *claim;
            c.proof.hashes[i] = claim->proof.hashes[k];
            c.proof.hashes[k] = claim->proof.hashes[i];
            assert_false(holds(&c));
        }
}

static void spoil(const Claim *claim)
{
    assert_true(holds(claim));
    no_bit_may_change(claim);
    no_hash_may_be_missing_or_more(claim);
    hashes_keep_their_order(claim);
    for (int64_t number = -1; number <= claim->size + 1; number++) {
        Claim c = *claim;
        c.number = number;
        assert_true(holds(&c) == (number == claim->number));
    }
}

static void spoiled_inclusion(void **state)
{
    (void)state;
    for (int size = 1; size <= SMALL_MAX; size++)
        for (int index = size > 9 ? size % 3 : 0; index<size; index += size> 9 ? 7 : 1) {
            Claim c = {.inclusion = true, .number = index, .size = size, .first = number_leaf(index), .root = naive_root(0, size)};
            naive_path(index, 0, size, &c.proof);
            spoil(&c);
        }
}

static void spoiled_consistency(void **state)
{
    (void)state;
    for (int size = 2; size <= SMALL_MAX; size++)
        for (int old = size > 9 ? 1 + size % 3 : 1; old<size; old += size> 9 ? 7 : 1) {
            Claim c = {.number = old, .size = size, .first = naive_root(0, old), .root = naive_root(0, size)};
            naive_subproof(old, 0, size, true, &c.proof);
            spoil(&c);
        }
}

/* A root does not say of how many leaves it is, so a proof may fit other sizes of the same shape; it never fits one of another height. */
static void another_height_is_refused(void **state)
{
    (void)state;
    for (int size = 1; size <= SMALL_MAX; size++)
        for (int index = 0; index < size; index++) {
            Claim c = {.inclusion = true, .number = index, .size = size, .first = number_leaf(index), .root = naive_root(0, size)};
            naive_path(index, 0, size, &c.proof);
            for (c.size = 1; c.size <= TREE_SIZE_MAX / 2; c.size *= 2) {
                TreeProof other = {0};
                if (c.size <= NAIVE_MAX && index < c.size) naive_path(index, 0, (int)c.size, &other);
                if (c.size > NAIVE_MAX || other.count != c.proof.count) assert_false(holds(&c));
            }
        }
}

/* ---- bounds ---- */

static void impossible_claims(void **state)
{
    (void)state;
    Sha256 hash = number_leaf(0), empty = tree_empty();
    const struct {
        int64_t number, size;
        int count;
    } rows[] = {
        {-1, 1, 0},
        {1, 1, 0},
        {0, 0, 0},
        {0, -1, 0},
        {-1, -1, 0},
        {INT64_MIN, 1, 0},
        {INT64_MAX, INT64_MAX, 0},
        {0, INT64_MIN, 0},
        {0, INT64_MAX, 0},
        {0, TREE_SIZE_MAX + 1, 52},
        {TREE_SIZE_MAX, TREE_SIZE_MAX, 52},
        {0, 1, -1},
        {0, 1, TREE_PROOF_MAX + 1},
        {0, 1, INT32_MAX},
        {0, 1, INT32_MIN},
        {0, 1, 1},
        {0, 2, 0},
        {0, TREE_SIZE_MAX, TREE_PROOF_MAX},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        TreeProof proof = {.count = rows[i].count};
        assert_int_equal(tree_verify_inclusion(&proof, rows[i].number, &hash, rows[i].size, &hash), ERR_INPUT);
    }
    const struct {
        int64_t old_size, size;
        int count;
    } grown[] = {
        {-1, 1, 0},
        {-1, -1, 0},
        {2, 1, 0},
        {1, 0, 0},
        {INT64_MIN, 0, 0},
        {0, INT64_MAX, 0},
        {0, TREE_SIZE_MAX + 1, 0},
        {TREE_SIZE_MAX + 1, TREE_SIZE_MAX + 1, 0},
        {1, 1, 1},
        {1, 1, -1},
        {1, 2, 0},
        {1, 2, 2},
        {1, 2, TREE_PROOF_MAX + 1},
        {3, 4, 0},
        {0, 1, 1},
        {0, 0, 1},
        {0, 1, -1},
        {1, TREE_SIZE_MAX, TREE_PROOF_MAX},
    };
    for (int i = 0; i < COUNT_OF(grown); i++) {
        TreeProof proof = {.count = grown[i].count};
        assert_int_equal(tree_verify_consistency(&proof, grown[i].old_size, &hash, grown[i].size, &hash), ERR_INPUT);
    }
    TreeProof none = {0};
    assert_int_equal(tree_verify_consistency(&none, 0, &hash, 1, &hash), ERR_OK); /* whatever was said of the empty tree */
    assert_int_equal(tree_verify_consistency(&none, 0, NULL, 1, &hash), ERR_OK);
    assert_int_equal(tree_verify_consistency(&none, 0, &hash, 0, &empty), ERR_OK);
    assert_int_equal(tree_verify_consistency(&none, 0, &empty, 0, &hash), ERR_INPUT);
}

static void impossible_requests(void **state)
{
    (void)state;
    Keeper keeper = {0};
    TreeHashes hashes = {keeper_read, &keeper};
    TreeProof proof = {.count = 7};
    Sha256 root = number_leaf(1), before = root;
    assert_int_equal(tree_root(&hashes, -1, &root), ERR_INPUT);
    assert_int_equal(tree_root(&hashes, TREE_SIZE_MAX + 1, &root), ERR_INPUT);
    assert_int_equal(tree_prove_inclusion(&hashes, 0, 0, &proof), ERR_INPUT);
    assert_int_equal(tree_prove_inclusion(&hashes, -1, 1, &proof), ERR_INPUT);
    assert_int_equal(tree_prove_inclusion(&hashes, 1, 1, &proof), ERR_INPUT);
    assert_int_equal(tree_prove_inclusion(&hashes, 0, TREE_SIZE_MAX + 1, &proof), ERR_INPUT);
    assert_int_equal(tree_prove_consistency(&hashes, -1, 1, &proof), ERR_INPUT);
    assert_int_equal(tree_prove_consistency(&hashes, 2, 1, &proof), ERR_INPUT);
    assert_int_equal(tree_prove_consistency(&hashes, 0, TREE_SIZE_MAX + 1, &proof), ERR_INPUT);
    assert_true(keeper.reads == 0 && proof.count == 7 && hash_equal(&root, &before));
    assert_int_equal(tree_prove_consistency(&hashes, 0, 0, &proof), ERR_OK);
    assert_true(proof.count == 0 && keeper.reads == 0);
}

static void a_failing_reader_is_passed_on(void **state)
{
    (void)state;
    Keeper whole = {.size = NAIVE_MAX};
    TreeHashes hashes = {keeper_read, &whole};
    TreeProof proof = {.count = 7};
    assert_int_equal(tree_prove_inclusion(&hashes, 100, NAIVE_MAX, &proof), ERR_OK);
    assert_true(whole.reads > 1);
    for (int at = 1; at <= whole.reads; at++) {
        Keeper keeper = {.size = NAIVE_MAX, .fail_at = at};
        hashes.context = &keeper;
        proof.count = 7;
        assert_int_equal(tree_prove_inclusion(&hashes, 100, NAIVE_MAX, &proof), ERR_IO);
        assert_int_equal(proof.count, 7);
    }
    Sha256 root;
    Keeper keeper = {.size = NAIVE_MAX, .fail_at = 1};
    hashes.context = &keeper;
    assert_int_equal(tree_root(&hashes, NAIVE_MAX, &root), ERR_IO);
    keeper.reads = 0;
    assert_int_equal(tree_prove_consistency(&hashes, 17, NAIVE_MAX, &proof), ERR_IO);
}

/* Trees far larger than any that can be built: every leaf is the same, so a full subtree's root depends on its height alone. */
static Sha256 same_roots[TREE_PROOF_MAX];

static Err same_read(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    const int64_t *size = context;
    assert_true(level < TILE_LEVELS_MAX && index % TILE_WIDTH == 0 && count >= 1 && count <= TILE_WIDTH);
    assert_true(index + count <= tile_hashes(level, *size));
    for (int i = 0; i < count; i++) ret_hashes[i] = same_roots[8 * level];
    return ERR_OK;
}

static void very_large_trees(void **state)
{
    (void)state;
    same_roots[0] = number_leaf(0);
    for (int i = 1; i < TREE_PROOF_MAX; i++) same_roots[i] = tree_node(&same_roots[i - 1], &same_roots[i - 1]);
    int64_t sizes[] = {1, 255, 256, 257, 65535, 65536, 65537, 1000003, ((int64_t)1 << 40) + 12345, TREE_SIZE_MAX - 1, TREE_SIZE_MAX};
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        int64_t size = sizes[i];
        TreeHashes hashes = {same_read, &size};
        Sha256 root;
        assert_int_equal(tree_root(&hashes, size, &root), ERR_OK);
        const int64_t indices[] = {0, size / 3, size / 2, size - 1};
        for (int k = 0; k < COUNT_OF(indices); k++) {
            TreeProof proof;
            assert_int_equal(tree_prove_inclusion(&hashes, indices[k], size, &proof), ERR_OK);
            assert_true(proof.count <= 52);
            assert_int_equal(tree_verify_inclusion(&proof, indices[k], &same_roots[0], size, &root), ERR_OK);
        }
        for (int k = 0; k <= i; k++) {
            TreeProof proof;
            Sha256 old_root;
            assert_int_equal(tree_root(&hashes, sizes[k], &old_root), ERR_OK);
            assert_int_equal(tree_prove_consistency(&hashes, sizes[k], size, &proof), ERR_OK);
            assert_true(proof.count <= 53);
            assert_int_equal(tree_verify_consistency(&proof, sizes[k], &old_root, size, &root), ERR_OK);
        }
    }
}

/* ---- frontiers ---- */

static void frontiers_are_kept_and_read_back(void **state)
{
    Arena *a = *state;
    Frontier f = {0};
    for (int size = 0; size <= NAIVE_MAX; size++) {
        Frontier back;
        Str bytes = frontier_bytes(a, &f);
        assert_int_equal(bytes.len, __builtin_popcount((unsigned)size) * SHA256_BYTES);
        assert_int_equal(frontier_from(size, bytes, &back), ERR_OK);
        Sha256 root = frontier_root(&back), naive = naive_root(0, size), leaf = number_leaf(size);
        assert_true(hash_equal(&root, &naive));
        f = back; /* and grows on */
        frontier_add(&f, &leaf);
    }
}

static void frontiers_that_are_none(void **state)
{
    (void)state;
    static const char bytes[TREE_PROOF_MAX * SHA256_BYTES];
    Frontier f = {.size = 77};
    const struct {
        int64_t size;
        size_t len;
    } rows[] = {
        {0, 32}, {1, 0}, {1, 31}, {1, 33}, {1, 64}, {3, 32}, {-1, 64 * 32}, {TREE_SIZE_MAX + 1, 64}, {TREE_SIZE_MAX, 0}, {INT64_MIN, 32}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(frontier_from(rows[i].size, (Str){bytes, rows[i].len}, &f), ERR_INPUT);
        assert_int_equal(f.size, 77);
    }
    assert_int_equal(frontier_from(0, (Str){0}, &f), ERR_OK);
    assert_int_equal(frontier_from(TREE_SIZE_MAX, (Str){bytes, 32}, &f), ERR_OK);
}

static void add_to_the_largest(void)
{
    static const char bytes[52 * SHA256_BYTES];
    Frontier f;
    Sha256 leaf = number_leaf(0);
    if (frontier_from(TREE_SIZE_MAX - 1, (Str){bytes, sizeof bytes}, &f)) _exit(9);
    frontier_add(&f, &leaf);
    if (f.size != TREE_SIZE_MAX || f.count != 1) _exit(9);
    frontier_add(&f, &leaf);
}

static void a_frontier_stops_at_the_bound(void **state)
{
    (void)state;
    assert_stops(add_to_the_largest);
}

/* ---- tiles and bundles ---- */

static void tiles_of_70000(void **state)
{
    (void)state;
    /* tlog-tiles: "a tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, one full level 1 tile,
     * one partial level 1 tile of width 17, and one partial level 2 tile of width 1" */
    assert_int_equal(tile_hashes(0, 70000), 273 * 256 + 112);
    assert_int_equal(tile_hashes(1, 70000), 256 + 17);
    assert_int_equal(tile_hashes(2, 70000), 1);
    assert_int_equal(tile_hashes(3, 70000), 0);
    assert_int_equal(tile_hashes(1, 256), 1);
    assert_int_equal(tile_hashes(0, 0), 0);
    assert_int_equal(tile_hashes(TILE_LEVELS_MAX - 1, TREE_SIZE_MAX), 16);
    assert_int_equal(tile_hashes(TILE_LEVELS_MAX, TREE_SIZE_MAX), 0);
    assert_int_equal(tile_hashes(63, TREE_SIZE_MAX), 0);
}

static void tile_paths(void **state)
{
    Arena *a = *state;
    const struct {
        int level;
        int64_t index;
        int width;
        const char *path;
    } rows[] = {
        {0, 1234067, 256, "tile/0/x001/x234/067"},
        {0, 0, 256, "tile/0/000"},
        {0, 0, 1, "tile/0/000.p/1"},
        {-1, 0, 12, "tile/entries/000.p/12"},
        {-1, 999, 256, "tile/entries/999"},
        {-1, 1000, 256, "tile/entries/x001/000"},
        {1, 999999, 255, "tile/1/x999/999.p/255"},
        {2, 1000000, 16, "tile/2/x001/x000/000.p/16"},
        {6, 0, 16, "tile/6/000.p/16"},
        {0, TREE_SIZE_MAX / 256 - 1, 256, "tile/0/x017/x592/x186/x044/415"},
        {-1, TREE_SIZE_MAX / 256 - 1, 200, "tile/entries/x017/x592/x186/x044/415.p/200"},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        int level = 9, width = 9;
        int64_t index = 9;
        Str path = tile_path(a, rows[i].level, rows[i].index, rows[i].width);
        assert_same_str(path, str_from_c(rows[i].path));
        assert_true(path.len < TILE_PATH_MAX);
        assert_row(tile_path_read(str_slice(path, 5, path.len), &level, &index, &width), rows[i].path);
        assert_row(level == rows[i].level && index == rows[i].index && width == rows[i].width, rows[i].path);
    }
}

static void paths_that_are_none(void **state)
{
    (void)state;
    const char *const rows[] = {
        "",
        "0",
        "0/",
        "/",
        "/000",
        "0/0",
        "0/00",
        "0/0000",
        "0/x000/000",
        "0/x000",
        "0/x001",
        "0/x001/",
        "0/x001/x002",
        "0/001/002",
        "0/x01/002",
        "0/xx01/002",
        "0/x0001/002",
        "0/-01",
        "0/+01",
        "0/ 01",
        "0/00a",
        "0/000/",
        "0/000 ",
        " 0/000",
        "00/000",
        "01/000",
        "+0/000",
        "-1/000",
        "-0/000",
        "7/000",
        "63/000",
        "64/000",
        "99999999999999999999/000",
        "a/000",
        "entries",
        "entries/",
        "Entries/000",
        "entries/entries/000",
        "data/000",
        "tile/0/000",
        "0/000.p",
        "0/000.p/",
        "0/000.p/0",
        "0/000.p/00",
        "0/000.p/01",
        "0/000.p/256",
        "0/000.p/257",
        "0/000.p/-1",
        "0/000.p/+1",
        "0/000.p/1/",
        "0/000.p/1/2",
        "0/000.p/1.p/1",
        "0/000.p/99999999999999999999",
        "0/000.q/1",
        "0/000p/1",
        "0/.p/1",
        "0/x000.p/1",
        "0/x001.p/1",
        "0/x001.p/000",
        "0/000.P/1",
        "6/000",
        "6/000.p/17",
        "6/001.p/1",
        "5/x016/000",
        "0/x017/x592/x186/x044/416",
        "0/x999/x999/x999/x999/x999/x999/999",
        "entries/x017/x592/x186/x044/416.p/1",
        "0/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/001",
        "0\\000",
        "0//000",
        "../000",
        "0/000?x",
        "0/000%2ep/1",
        "0/000.p/1\n",
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        int level = 9, width = 9;
        int64_t index = 9;
        assert_row(!tile_path_read(str_from_c(rows[i]), &level, &index, &width), rows[i]);
        assert_row(level == 9 && index == 9 && width == 9, rows[i]);
    }
    int level, width;
    int64_t index;
    assert_false(tile_path_read((Str){"0/000\0", 6}, &level, &index, &width));
    assert_false(tile_path_read((Str){0}, &level, &index, &width));
}

static void bundles(void **state)
{
    Arena *a = *state;
    Buf b = buf_new(a);
    char *long_one = arena_new(a, char, BUNDLE_ENTRY_MAX);
    memset(long_one, 'x', BUNDLE_ENTRY_MAX);
    const Str entries[] = {S("one"), {0}, S("\0\0"), {long_one, BUNDLE_ENTRY_MAX}, {long_one, 256}};
    for (int i = 0; i < COUNT_OF(entries); i++) bundle_add(&b, entries[i]);
    Str bytes = buf_done(&b), rest = bytes, entry;
    assert_memory_equal(bytes.ptr, "\0\3one\0\0\0\2\0\0\xFF\xFFx", 14);
    for (int i = 0; i < COUNT_OF(entries); i++) {
        assert_true(bundle_next(&rest, &entry));
        assert_same_str(entry, entries[i]);
    }
    assert_int_equal(rest.len, 0);
    assert_false(bundle_next(&rest, &entry));
}

static void bundles_that_end_early(void **state)
{
    Arena *a = *state;
    Buf b = buf_new(a);
    bundle_add(&b, S("first"));
    bundle_add(&b, S("second"));
    Str bytes = buf_done(&b), entry;
    for (size_t len = 0; len < bytes.len; len++) {
        Str rest = str_copy(a, str_slice(bytes, 0, len));
        size_t all = 0;
        while (bundle_next(&rest, &entry)) all += 2 + entry.len;
        assert_true(rest.len + all == len);
        assert_true((rest.len == 0) == (len == 0 || len == 7));
    }
}

static void add_too_long_an_entry(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Buf b = buf_new(&a);
    bundle_add(&b, (Str){arena_new(&a, char, BUNDLE_ENTRY_MAX + 1), BUNDLE_ENTRY_MAX + 1});
}

static void an_entry_has_a_bound(void **state)
{
    (void)state;
    assert_stops(add_too_long_an_entry);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        arena_test(hashes_as_published),
        arena_test(a_node_is_no_leaf_and_has_sides),
        arena_test(roots_as_published),
        arena_test(inclusion_as_published),
        arena_test(consistency_as_published),
        cmocka_unit_test(every_root_up_to_300),
        cmocka_unit_test(every_inclusion_up_to_300),
        cmocka_unit_test(every_consistency_up_to_300),
        cmocka_unit_test(spoiled_inclusion),
        cmocka_unit_test(spoiled_consistency),
        cmocka_unit_test(another_height_is_refused),
        cmocka_unit_test(impossible_claims),
        cmocka_unit_test(impossible_requests),
        cmocka_unit_test(a_failing_reader_is_passed_on),
        cmocka_unit_test(very_large_trees),
        arena_test(frontiers_are_kept_and_read_back),
        cmocka_unit_test(frontiers_that_are_none),
        cmocka_unit_test(a_frontier_stops_at_the_bound),
        cmocka_unit_test(tiles_of_70000),
        arena_test(tile_paths),
        cmocka_unit_test(paths_that_are_none),
        arena_test(bundles),
        arena_test(bundles_that_end_early),
        cmocka_unit_test(an_entry_has_a_bound),
    };
    vectors_folder = argc > 1 ? argv[1] : "test/vectors";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
