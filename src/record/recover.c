/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/recover.h"

#include "record/rows.h"

#include <string.h>

typedef struct Recovering {
    const Recovery *r;
    Arena *a;       /* of the caller */
    Sha256 *looked; /* the digest of each bundle when it was looked at: a site may show another one when it is asked again */
    Frontier frontier;
    Arena scratch; /* of one bundle */
    int64_t lacks; /* the first leaf that is missing */
    Act act;       /* that tells of it */
    Fault *fault;
} Recovering;

/* ---- inside the command ---- */

static Str text_in(const View *object, Str key)
{
    const View *value = object ? view_get(object, key) : NULL;
    return value && view_kind(value) == VIEW_STR ? view_str(value) : S("");
}

/* As the leaf that gave it names it (record_power_give). */
NODISCARD static Err put_power(Db *db, const Leaf *leaf)
{
    const View *power = leaf->data ? view_get(leaf->data, S("power")) : NULL;
    Str ended = text_in(power, S("ended"));
    if (!leaf->until || !ended.len) return ERR_OK;
    return db_run(db, "record_power_add",
        DB_VALUES(db_number(leaf->number), db_string(ended), db_string(text_in(power, S("holder"))), db_string(text_in(power, S("what"))),
            db_string(leaf->contest), db_string(leaf->unit), db_number(leaf->until)));
}

/* What the record itself kept (data.json) comes from the copy; of any other file it stays known that it was named. */
NODISCARD static Err put_file(Db *db, Arena *a, RecordSource *source, const ActFile *file)
{
    Str bytes = {0};
    Fault none = {0};
    bool kept = str_equal(file->name, S("data.json")) && source_file(source, a, &file->digest, file->size, &bytes, &none) == ERR_OK;
    Sha256 digest = sha256(bytes);
    kept = kept && hash_equal(&digest, &file->digest);
    return db_run(db, "record_file_add",
        DB_VALUES(db_bytes((Str){(const char *)file->digest.bytes, SHA256_BYTES}), db_string(S("")), db_string(file->name),
            db_number(file->size), kept ? db_bytes(bytes) : db_null()));
}

NODISCARD static Err put_leaf(Db *db, Arena *a, RecordSource *source, const Leaf *leaf, int64_t now)
{
    Err e = record_put_back(db, a, leaf, now);
    if (!e && leaf->power >= 0) e = db_run(db, "record_power_drop", DB_VALUES(db_number(leaf->power)));
    if (!e) e = put_power(db, leaf);
    for (int i = 0; i < leaf->file_count && !e; i++) e = put_file(db, a, source, &leaf->files[i]);
    return e;
}

NODISCARD static Err read_bundle(Recovering *g, int64_t first, Str *ret_bundle)
{
    int64_t behind = g->r->size - first;
    Fault fault = {0};
    Err e = source_tile(
        g->r->source, &g->scratch, -1, first / TILE_WIDTH, behind < TILE_WIDTH ? (int)behind : TILE_WIDTH, ret_bundle, &fault);
    if (e) return fault_set(g->fault, e, 0, 0, str_copy(g->a, fault.expected), str_copy(g->a, fault.found));
    return ERR_OK;
}

NODISCARD static Err changed(const Recovering *g)
{
    return fault_set(g->fault, ERR_CONFLICT, 0, 0,
        S("a copy that stays as it was verified: now it has other entries, so nothing is put back"), (Str){0});
}

/* For the root of all of it, and to know it again. */
static void hold(Recovering *g, int64_t first, Str bundle)
{
    Str entry;
    g->looked[first / TILE_WIDTH] = sha256(bundle);
    while (g->frontier.size < first + TILE_WIDTH && bundle_next(&bundle, &entry)) {
        Sha256 leaf = tree_leaf(entry);
        frontier_add(&g->frontier, &leaf);
    }
}

/* What is missing of one bundle. ERR_CONFLICT: somebody has acted since we looked. */
NODISCARD static Err put_bundle(Recovering *g, Db *db, int64_t first, int64_t now)
{
    int64_t behind = g->r->size - first, count = behind < TILE_WIDTH ? behind : TILE_WIDTH;
    Str rest = {0}, entry = {0};
    Fault fault = {0};
    Err e = read_bundle(g, first, &rest);
    Sha256 digest = sha256(rest);
    if (!e && !hash_equal(&g->looked[first / TILE_WIDTH], &digest)) return changed(g);
    for (int64_t n = first; n < first + count && !e; n++) {
        Leaf leaf;
        if (!bundle_next(&rest, &entry)) return fault_set(g->fault, ERR_INPUT, 0, 0, S("a whole bundle of entries"), (Str){0});
        if (n < g->lacks) continue;
        e = act_read(&g->scratch, entry, &leaf, &fault);
        if (e) return fault_set(g->fault, e, 0, 0, str_copy(g->a, fault.expected), str_copy(g->a, fault.found));
        leaf.number = n;
        e = put_leaf(db, &g->scratch, g->r->source, &leaf, now);
    }
    if (e == ERR_CONFLICT) return fault_set(g->fault, e, 0, 0, S("a store on which nobody acts meanwhile: nothing was put back"), (Str){0});
    return e;
}

/* All of it or nothing: were some leaves back and then an act of somebody else, no copy would fit the store any more. */
static Err run_all(Db *db, Command *c)
{
    Recovering *g = (Recovering *)c->input;
    Err e = ERR_OK;
    *g->fault = (Fault){0};
    for (int64_t first = g->lacks / TILE_WIDTH * TILE_WIDTH; first < g->r->size && !e; first += TILE_WIDTH) {
        e = put_bundle(g, db, first, c->now);
        arena_recycle(&g->scratch);
    }
    if (!e) e = record_act(db, c->arena, &g->act, c->now, NULL, &c->fault);
    return e;
}

/* ---- around it ---- */

/* The store's leaves of this bundle against the copy's. */
NODISCARD static Err compare(Recovering *g, int64_t first, int64_t size, Str bundle)
{
    DbRows rows;
    Str theirs = {0}, ours = {0}, hash = {0};
    int64_t number = -1;
    int64_t count = size - first < TILE_WIDTH ? size - first : TILE_WIDTH;
    if (db_query(g->r->db, &g->scratch, "verify_leaves", DB_VALUES(db_number(first), db_number(count)), &rows))
        return fault_set(g->fault, ERR_IO, 0, 0, str_copy(g->a, db_trouble(g->r->db)), (Str){0});
    for (int64_t i = 0; i < count; i++) {
        bool good = bundle_next(&bundle, &theirs) && i < rows.count && row_number(&rows, (int)i, "number", &number) &&
                    number == first + i && row_bytes(&rows, (int)i, "entry", DB_BLOB, &ours) &&
                    row_bytes(&rows, (int)i, "hash", DB_BLOB, &hash) && str_equal(ours, theirs);
        Sha256 should = tree_leaf(theirs);
        good = good && hash.len == SHA256_BYTES && memcmp(hash.ptr, should.bytes, SHA256_BYTES) == 0;
        if (!good)
            return fault_setf(g->fault, g->a, ERR_CONFLICT,
                "a store whose leaves are the first of the copy: leaf %lld is not (acts were made since it was set back, or its row was "
                "changed)",
                (long long)(first + i));
    }
    return ERR_OK;
}

/* All of the copy: it must come to the root that was verified, and the store's leaves must be its first. */
NODISCARD static Err compare_all(Recovering *g)
{
    Err e = ERR_OK;
    g->looked = arena_new(g->a, Sha256, (size_t)(g->r->size / TILE_WIDTH + 1));
    for (int64_t first = 0; first < g->r->size && !e; first += TILE_WIDTH) {
        Str bundle = {0};
        e = read_bundle(g, first, &bundle);
        if (!e) hold(g, first, bundle);
        if (!e && first < g->lacks) e = compare(g, first, g->lacks, bundle);
        arena_recycle(&g->scratch);
    }
    Sha256 root = frontier_root(&g->frontier);
    return e || (g->frontier.size == g->r->size && hash_equal(&root, &g->r->root)) ? e : changed(g);
}

static Act act_of(const Recovering *g)
{
    int64_t first = g->lacks, last = g->r->size - 1;
    Str which = first == last
                    ? str_format(g->a, "Leaf %lld, which the store had lost, was", (long long)first)
                    : str_format(g->a, "The leaves %lld to %lld, which the store had lost, were", (long long)first, (long long)last);
    Act act = {.kind = "store.recovered", .by = g->r->by, .reason = g->r->reason};
    act.says = str_format(g->a,
        "%.*s put back from a copy of the record. What those acts did elsewhere in the store may have to be done again.", STR_ARG(which));
    return act;
}

NODISCARD static Err put_all(Recovering *g)
{
    g->act = act_of(g);
    Command c = {.name = "record_recover", .leaf = LEAF_ONE, .run = run_all, .input = g, .arena = g->a, .now = g->r->now};
    Err e = store_run(g->r->store, &c);
    if (e && !g->fault->err) *g->fault = (Fault){.err = e, .expected = c.fault.expected, .found = c.fault.found};
    return e;
}

Err record_recover(Arena *a, const Recovery *recovery, int64_t *ret_first, int64_t *ret_count, Fault *fault)
{
    Recovering g = {.r = recovery, .a = a, .fault = fault};
    if (record_size(recovery->db, a, &g.lacks)) return fault_set(fault, ERR_IO, 0, 0, str_copy(a, db_trouble(recovery->db)), (Str){0});
    *ret_first = g.lacks;
    *ret_count = recovery->size > g.lacks ? recovery->size - g.lacks : 0;
    if (!*ret_count) return ERR_OK;
    arena_init(&g.scratch, ARENA_LIMIT_DEFAULT);
    source_ahead(recovery->source, recovery->size);
    Err e = compare_all(&g);
    if (!e && !recovery->try_only) e = put_all(&g);
    source_ahead(recovery->source, 0);
    arena_clear(&g.scratch);
    return e;
}
