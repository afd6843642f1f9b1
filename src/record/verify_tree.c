/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Two trees grow side by side: that of the entries and that of the level-0 hashes which are kept for them. Every node that is kept above is held against
 * both, so that one changed leaf is told once and not again at every level. Only at the end, with both roots and the checkpoint's, is it known which of
 * two that differ was signed; where neither root is the signed one, the inclusion proof of each is tried with the nodes that are kept.
 */
#include "record/verify_own.h"

#include <stdlib.h>
#include <string.h>

/* ---- growing ---- */

static Frontier whole_frontier(const Growth *g)
{
    Frontier f = g->tiles;
    f.size *= TILE_WIDTH;
    return f;
}

Frontier frontier_at(const Growth *before, const Sha256 *hashes, int count)
{
    Frontier f = whole_frontier(before);
    for (int i = 0; i < count; i++) frontier_add(&f, &hashes[i]);
    return f;
}

static int64_t level_span(int level)
{
    return (int64_t)1 << (8 * level);
}

static int64_t last_below(const Verify *v, int level, int64_t number)
{
    int64_t behind = (number + 1) * level_span(level);
    return (behind < v->report->checkpoint.size ? behind : v->report->checkpoint.size) - 1;
}

/* ---- nodes above ---- */

static void node_differs(Verify *v, const NodeMismatch *mismatch)
{
    if (v->node_mismatch_count++ < FINDINGS_MAX) v->node_mismatches[v->node_mismatch_count - 1] = *mismatch;
}

typedef struct Tile {
    int level;
    int64_t index;
    int width;
} Tile;

static void compare_nodes(Verify *v, const Tile *tile, Str bytes)
{
    for (int i = 0; i < tile->width; i++) {
        const Sha256 *ours = &v->entries.nodes[tile->level][i], *kept = &v->kept.nodes[tile->level][i];
        NodeMismatch m = {.level = tile->level, .number = tile->index * TILE_WIDTH + i, .computed = *ours};
        m.is_there = bytes.len >= (size_t)(i + 1) * SHA256_BYTES;
        if (m.is_there) memcpy(m.found.bytes, bytes.ptr + (size_t)i * SHA256_BYTES, SHA256_BYTES);
        if (!m.is_there || (!hash_equal(&m.found, ours) && !hash_equal(&m.found, kept))) node_differs(v, &m);
    }
}

NODISCARD static Err check_nodes(Verify *v, int level, int64_t index, int width)
{
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    Str bytes = {0};
    Fault fault = {0};
    Tile tile = {level, index, width};
    Err e = source_tile(v->source, &arena, level, index, width, &bytes, &fault);
    if (e == ERR_IO) {
        e = fault_set(v->fault, e, 0, 0, str_copy(v->a, fault.expected), str_copy(v->a, fault.found));
        v->fault->file = str_copy(v->a, fault.file);
    } else if (e) {
        Str words = fault_text(&arena, &fault);
        verify_found(v, FINDING_WRONG, -1, -1,
            "The tile of hashes at level %d, number %lld, which stands above the leaves %lld to %lld, cannot be used: %.*s.", level,
            (long long)index, (long long)(index * level_span(level + 1)), (long long)last_below(v, level, index * TILE_WIDTH + width - 1),
            STR_ARG(words));
        e = ERR_OK;
    } else {
        compare_nodes(v, &tile, bytes);
        if (bytes.len > (size_t)width * SHA256_BYTES)
            verify_found(
                v, FINDING_WRONG, -1, -1, "The tile of hashes at level %d, number %lld, has bytes too many.", level, (long long)index);
    }
    arena_clear(&arena);
    return e;
}

/* A node of both trees; when its tile is full, the tile is checked, and its roots are nodes of the level above. */
NODISCARD static Err push_node(Verify *v, int level, const Sha256 *ours, const Sha256 *kept, int64_t number)
{
    if (level >= TILE_LEVELS_MAX) return ERR_OK;
    int at = v->entries.node_count[level];
    v->entries.nodes[level][at] = *ours;
    v->kept.nodes[level][at] = *kept;
    v->entries.node_count[level] = at + 1;
    if (at + 1 < TILE_WIDTH) return ERR_OK;
    Err e = check_nodes(v, level, number / TILE_WIDTH, TILE_WIDTH);
    if (e) return e;
    v->entries.node_count[level] = 0;
    Sha256 root = tile_root(v->entries.nodes[level]);
    Sha256 kept_root = v->diverged ? tile_root(v->kept.nodes[level]) : root;
    return push_node(v, level + 1, &root, &kept_root, number / TILE_WIDTH);
}

/* ---- leaves ---- */

static void leaf_differs(Verify *v, const Block *b, int i)
{
    LeafMismatch m = {
        .leaf = b->first + i, .has_entry = b->has_entry[i], .has_hash = b->has_hash[i], .entry = b->hashes[i], .kept = b->kept[i]};
    if (v->leaf_mismatch_count++ < FINDINGS_MAX) v->leaf_mismatches[v->leaf_mismatch_count - 1] = m;
}

static void report_lack(Verify *v, const Block *b)
{
    int i = 0;
    while (b->has_entry[i] || b->has_hash[i]) i++;
    int behind = i;
    while (behind < b->count && !b->has_entry[behind] && !b->has_hash[behind]) behind++;
    v->lacks = true;
    verify_found(v, FINDING_WRONG, b->first + i, b->first + i, "Leaf %lld is not there: neither its entry nor its hash%s%.*s.",
        (long long)(b->first + i), b->trouble.len ? "; " : "", STR_ARG(b->trouble));
}

static void compare_leaves(Verify *v, const Block *b)
{
    v->diverged = true;
    bool any = false;
    for (int i = 0; i < b->count; i++) {
        if (!b->has_entry[i] && !b->has_hash[i]) continue;
        if (b->has_entry[i] && b->has_hash[i] && hash_equal(&b->hashes[i], &b->kept[i])) continue;
        leaf_differs(v, b, i);
        any = true;
    }
    if (b->lacks) report_lack(v, b);
    else if (!any)
        verify_found(v, FINDING_WRONG, -1, -1, "Around the leaves %lld to %lld, %.*s.", (long long)b->first,
            (long long)(b->first + b->count - 1), STR_ARG(b->trouble));
}

/* ---- earlier checkpoints ---- */

static int mark_order(const void *p, const void *q)
{
    const Mark *m = p, *n = q;
    return (m->checkpoint.size > n->checkpoint.size) - (m->checkpoint.size < n->checkpoint.size);
}

NODISCARD static Err mark_read(Verify *v, const Earlier *earlier, Mark *ret_mark)
{
    Note *note = arena_new(v->a, Note, 1);
    Mark mark = {.name = earlier->name, .note = earlier->note};
    v->fault->file = earlier->name;
    Err e = note_read(v->a, earlier->note, note, v->fault);
    if (!e) e = checkpoint_read(note->text, &mark.checkpoint, v->fault);
    if (!e && !str_equal(mark.checkpoint.origin, v->report->checkpoint.origin))
        e = fault_setf(v->fault, v->a, ERR_INPUT, "a checkpoint of %.*s, this record", STR_ARG(v->report->checkpoint.origin));
    if (e) return e;
    *v->fault = (Fault){0};
    int key = 0;
    mark.is_signed = keys_signed(v, note, &key);
    if (mark.is_signed && !v->options->key_count && v->keys[key].trust == KEY_UNKNOWN) v->keys[key].trust = KEY_EARLIER;
    *ret_mark = mark;
    return ERR_OK;
}

static void mark_cannot_be(Verify *v, const Mark *m)
{
    long long size = (long long)m->checkpoint.size;
    if (!m->is_signed)
        verify_found(v, FINDING_WRONG, -1, -1, "The earlier checkpoint of %lld leaves (%.*s) is not signed by any key of this record.",
            size, STR_ARG(m->name));
    else if (m->checkpoint.size > v->report->checkpoint.size)
        verify_found(v, FINDING_WRONG, -1, -1,
            "This record has only %lld leaves, but the log has signed a checkpoint of %lld (%.*s): leaves were taken away, or this is an "
            "older copy.",
            (long long)v->report->checkpoint.size, size, STR_ARG(m->name));
}

Err marks_begin(Verify *v)
{
    v->marks = arena_new(v->a, Mark, (size_t)v->options->earlier_count + 1); /* one place for that of the other record */
    v->fits_until = 0;
    v->differs_from = -1;
    for (int i = 0; i < v->options->earlier_count; i++) {
        Err e = mark_read(v, &v->options->earlier[i], &v->marks[v->mark_count]);
        if (e) return e;
        mark_cannot_be(v, &v->marks[v->mark_count++]);
    }
    if (v->mark_count) qsort(v->marks, (size_t)v->mark_count, sizeof *v->marks, mark_order);
    return ERR_OK;
}

static bool has_root_at(const Growth *before, const Sha256 *hashes, int count, const Sha256 *root)
{
    Frontier f = frontier_at(before, hashes, count);
    Sha256 here = frontier_root(&f);
    return hash_equal(&here, root);
}

static void check_mark(Verify *v, Mark *m, const Block *b)
{
    int count = (int)(m->checkpoint.size - b->first);
    m->is_reached = true;
    m->fits = has_root_at(&v->entries, b->hashes, count, &m->checkpoint.root);
    if (!m->fits && v->diverged) m->fits = has_root_at(&v->kept, b->kept, count, &m->checkpoint.root);
    if (!m->is_signed) return;
    verify_sized(v, m->checkpoint.size, m->fits);
}

/* A signed checkpoint of this size fits, or does not: what lies between is where the change is. */
void verify_sized(Verify *v, int64_t size, bool fits)
{
    if (fits && (v->differs_from < 0 || size < v->differs_from) && size > v->fits_until) v->fits_until = size;
    if (!fits && (v->differs_from < 0 || size < v->differs_from)) v->differs_from = size;
}

static void check_marks(Verify *v, const Block *b)
{
    for (int i = 0; i < v->mark_count; i++) {
        Mark *m = &v->marks[i];
        int64_t size = m->checkpoint.size;
        if (!m->is_reached && size >= b->first && size <= b->first + b->count) check_mark(v, m, b);
    }
}

/* ---- one block ---- */

Err tree_block(Verify *v, const Block *b)
{
    if (!b->agrees) compare_leaves(v, b);
    if (v->mark_count) check_marks(v, b);
    if (b->count < TILE_WIDTH) {
        memcpy(v->entries.rest, b->hashes, sizeof b->hashes);
        memcpy(v->kept.rest, b->kept, sizeof b->kept);
        v->entries.rest_count = v->kept.rest_count = b->count;
        return ERR_OK;
    }
    int64_t number = v->entries.tiles.size;
    frontier_add(&v->entries.tiles, &b->root);
    frontier_add(&v->kept.tiles, &b->kept_root);
    return push_node(v, 1, &b->root, &b->kept_root, number);
}

/* ---- the end: which of two was signed ---- */

typedef enum Signed { SIGNED_UNKNOWN, SIGNED_NO, SIGNED_YES } Signed;

typedef struct Roots {
    Sha256 entries, kept;
    bool entries_signed, kept_signed; /* is it the checkpoint's? */
} Roots;

/* Does the node lie in the tree that was signed, as the nodes beside it are kept? A tree over subtrees of 256^level leaves is made as one over leaves is. */
NODISCARD static Err is_in_tree(Verify *v, int level, int64_t number, const Sha256 *hash, bool *ret_is)
{
    const Checkpoint *c = &v->report->checkpoint;
    Fault fault = {0};
    SourceReader reader = {.source = v->source, .size = c->size, .fault = &fault};
    TreeHashes hashes = source_hashes(&reader);
    TreeProof proof, above = {0};
    int64_t span = level_span(level);
    *ret_is = false;
    Err e = tree_prove_inclusion(&hashes, number * span, c->size, &proof);
    if (e == ERR_IO) return fault_set(v->fault, ERR_IO, 0, 0, S("to read the nodes beside what is wrong"), (Str){0});
    if (e || proof.count < 8 * level) return ERR_OK;
    above.count = proof.count - 8 * level;
    memcpy(above.hashes, proof.hashes + 8 * level, sizeof(Sha256) * (size_t)above.count);
    *ret_is = tree_verify_inclusion(&above, number, hash, (c->size - 1) / span + 1, &c->root) == ERR_OK;
    return ERR_OK;
}

static Str short_hash(Verify *v, const Sha256 *hash)
{
    return str_slice(sha256_hex(v->a, *hash), 0, 16);
}

NODISCARD static Err judge_leaf(Verify *v, const Roots *roots, const LeafMismatch *m)
{
    long long n = (long long)m->leaf;
    bool entry_signed = roots->entries_signed && m->has_entry, kept_signed = roots->kept_signed && m->has_hash;
    Err e = ERR_OK;
    if (!entry_signed && !kept_signed && m->has_entry) e = is_in_tree(v, 0, m->leaf, &m->entry, &entry_signed);
    if (!e && !entry_signed && !kept_signed && m->has_hash) e = is_in_tree(v, 0, m->leaf, &m->kept, &kept_signed);
    if (e) return e;
    Str entry = short_hash(v, &m->entry), kept = short_hash(v, &m->kept);
    if (!m->has_entry)
        verify_found(v, FINDING_WRONG, m->leaf, m->leaf, "Leaf %lld: its entry is not there, only its hash (%.*s...).", n, STR_ARG(kept));
    else if (!m->has_hash) verify_found(v, FINDING_WRONG, m->leaf, m->leaf, "Leaf %lld: the hash of its entry is not there.", n);
    else if (kept_signed)
        verify_found(v, FINDING_WRONG, m->leaf, m->leaf,
            "Leaf %lld: its entry is not the one that was signed. What was signed has the hash %.*s..., what stands there now %.*s....", n,
            STR_ARG(kept), STR_ARG(entry));
    else if (entry_signed)
        verify_found(v, FINDING_WRONG, m->leaf, m->leaf,
            "Leaf %lld: its entry is the one that was signed, but the hash kept for it was changed: it is %.*s... and should be %.*s....",
            n, STR_ARG(kept), STR_ARG(entry));
    else
        verify_found(v, FINDING_WRONG, m->leaf, m->leaf,
            "Leaf %lld: its entry has the hash %.*s..., the hash kept for it is %.*s..., and neither fits the checkpoint.", n,
            STR_ARG(entry), STR_ARG(kept));
    return ERR_OK;
}

/* Entries and hashes below agree with each other, but the node above them, which is the signed one, is not theirs. */
static void range_rewritten(Verify *v, const NodeMismatch *m)
{
    int64_t first = m->number * level_span(m->level), last = last_below(v, m->level, m->number);
    if (v->fits_until > first && v->fits_until <= last) first = v->fits_until;
    if (v->differs_from > first && v->differs_from <= last) last = v->differs_from - 1;
    Str found = short_hash(v, &m->found), computed = short_hash(v, &m->computed);
    Str which = str_format(v->a, "Of the leaves %lld to %lld at least one", (long long)first, (long long)last);
    if (first == last) which = str_format(v->a, "Leaf %lld", (long long)first);
    verify_found(v, FINDING_WRONG, first, last,
        "%.*s was rewritten together with its hash: the node above (level %d, number %lld), which was signed, is %.*s..., and what stands "
        "below it now "
        "gives %.*s....",
        STR_ARG(which), m->level, (long long)m->number, STR_ARG(found), STR_ARG(computed));
}

static void node_changed(Verify *v, const Roots *roots, const NodeMismatch *m)
{
    Str found = short_hash(v, &m->found), computed = short_hash(v, &m->computed);
    Str now = m->is_there ? str_format(v->a, "was changed: it is %.*s... and", STR_ARG(found)) : S("is not there; it");
    verify_found(v, FINDING_WRONG, -1, -1, "The node at level %d, number %lld, above the leaves %lld to %lld, %.*s should be %.*s....%s",
        m->level, (long long)m->number, (long long)(m->number * level_span(m->level)), (long long)last_below(v, m->level, m->number),
        STR_ARG(now), STR_ARG(computed), roots->entries_signed ? " The leaves below it are those that were signed." : "");
}

/* *ret_explains: the leaves below are not those that were signed, which is why the root is not. */
NODISCARD static Err judge_node(Verify *v, const Roots *roots, const NodeMismatch *m, bool *ret_explains)
{
    bool found_signed = false;
    Err e = !roots->entries_signed && m->is_there ? is_in_tree(v, m->level, m->number, &m->found, &found_signed) : ERR_OK;
    if (e) return e;
    if (found_signed) range_rewritten(v, m);
    else node_changed(v, roots, m);
    *ret_explains |= found_signed;
    return ERR_OK;
}

static int kept_of(int count)
{
    return count < FINDINGS_MAX ? count : FINDINGS_MAX;
}

NODISCARD static Err judge_differences(Verify *v, const Roots *roots, bool *ret_explained)
{
    *ret_explained = roots->entries_signed || roots->kept_signed;
    for (int i = 0; i < kept_of(v->leaf_mismatch_count); i++) {
        Err e = judge_leaf(v, roots, &v->leaf_mismatches[i]);
        if (e) return e;
    }
    for (int i = 0; i < kept_of(v->node_mismatch_count); i++) {
        Err e = judge_node(v, roots, &v->node_mismatches[i], ret_explained);
        if (e) return e;
    }
    return ERR_OK;
}

/* "; the first leaf that was rewritten is one of ..." */
static Str where_it_is(Verify *v, int64_t *ret_first, int64_t *ret_last)
{
    *ret_first = *ret_last = -1;
    if (v->differs_from < 0)
        return S(" Which leaf it is cannot be told from this alone: compare it with a copy (--against), or give an earlier checkpoint.");
    *ret_first = v->fits_until;
    *ret_last = v->differs_from - 1;
    if (*ret_first == *ret_last) return str_format(v->a, " The first that is wrong is leaf %lld.", (long long)*ret_first);
    Str fits = *ret_first ? str_format(v->a, "the checkpoint of %lld leaves still fits, ", (long long)*ret_first)
                          : S("of the checkpoints ");
    return str_format(v->a, " The first that is wrong is one of the leaves %lld to %lld: %.*sthe one of %lld does not.",
        (long long)*ret_first, (long long)*ret_last, STR_ARG(fits), (long long)v->differs_from);
}

static void root_differs(Verify *v, const Roots *roots)
{
    int64_t first, last;
    Str where = where_it_is(v, &first, &last), ours = short_hash(v, &roots->entries), theirs = short_hash(v, &v->report->checkpoint.root);
    verify_found(v, FINDING_WRONG, first, last,
        "The record is not the one that was signed: its %lld leaves agree with each other and have the root %.*s..., but the checkpoint "
        "says %.*s....%.*s",
        (long long)v->report->checkpoint.size, STR_ARG(ours), STR_ARG(theirs), STR_ARG(where));
}

/* ---- the end: earlier checkpoints ---- */

static void contradicts(Verify *v, const Mark *m)
{
    int64_t first, last;
    Str where = where_it_is(v, &first, &last);
    v->report->contradiction = true;
    v->report->evidence[0] = m->note;
    v->report->evidence[1] = v->report->note;
    verify_found(v, FINDING_WRONG, first, last,
        "The log has signed two records that cannot both be true: this one of %lld leaves, and one of %lld (%.*s), which this one does not "
        "extend.%.*s",
        (long long)v->report->checkpoint.size, (long long)m->checkpoint.size, STR_ARG(m->name), STR_ARG(where));
}

static void mark_fits(Verify *v, const Mark *m)
{
    VerifyReport *r = v->report;
    int64_t size = m->checkpoint.size;
    if (!r->earlier_checked++ || size < r->earlier_smallest) r->earlier_smallest = size;
    if (size > r->earlier_largest) r->earlier_largest = size;
}

static void judge_marks(Verify *v, bool record_is_signed)
{
    for (int i = 0; i < v->mark_count; i++) {
        const Mark *m = &v->marks[i];
        if (!m->is_signed || !m->is_reached) continue;
        if (m->fits) mark_fits(v, m);
        else if (record_is_signed && !v->report->contradiction) contradicts(v, m);
        else
            verify_found(v, FINDING_WRONG, -1, -1, "The earlier checkpoint of %lld leaves (%.*s) does not fit this record.",
                (long long)m->checkpoint.size, STR_ARG(m->name));
    }
}

/* ---- the end: the root ---- */

NODISCARD static Err check_last_tiles(Verify *v)
{
    for (int level = 1; level < TILE_LEVELS_MAX; level++) {
        int width = v->entries.node_count[level];
        int64_t index = tile_hashes(level, v->report->checkpoint.size) / TILE_WIDTH;
        Err e = width ? check_nodes(v, level, index, width) : ERR_OK;
        if (e) return e;
    }
    return ERR_OK;
}

static Sha256 root_of(const Growth *g)
{
    Frontier f = frontier_at(g, g->rest, g->rest_count);
    return frontier_root(&f);
}

Err tree_end(Verify *v)
{
    if (v->lacks) return ERR_OK;
    Err e = check_last_tiles(v);
    if (e) return e;
    Roots roots = {.entries = root_of(&v->entries), .kept = root_of(&v->kept)};
    roots.entries_signed = hash_equal(&roots.entries, &v->report->checkpoint.root);
    roots.kept_signed = hash_equal(&roots.kept, &v->report->checkpoint.root);
    bool explained = false;
    e = judge_differences(v, &roots, &explained);
    if (e) return e;
    bool is_signed = roots.entries_signed || roots.kept_signed;
    if (!explained) root_differs(v, &roots);
    judge_marks(v, is_signed && v->report->key.len);
    v->tree_is_right = is_signed && !v->leaf_mismatch_count && !v->node_mismatch_count;
    return ERR_OK;
}
