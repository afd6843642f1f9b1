/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/recover.h"

#include "record/rows.h"

#include <string.h>

/* Leaves of one bundle, put back by one command. */
typedef struct Part {
    RecordSource *source;
    Str bundle;
    int64_t first; /* of the bundle */
    int64_t from;  /* the first that is missing */
    int64_t count; /* of the bundle */
} Part;

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

/* ERR_CONFLICT: somebody has acted since we looked. */
static Err run_part(Db *db, Command *c)
{
    const Part *part = c->input;
    Str rest = part->bundle, entry;
    Err e = ERR_OK;
    for (int64_t n = part->first; n < part->first + part->count && !e; n++) {
        Leaf leaf;
        if (!bundle_next(&rest, &entry)) return fault_set(&c->fault, ERR_INPUT, 0, 0, S("a whole bundle of entries"), (Str){0});
        if (n < part->from) continue;
        e = act_read(c->arena, entry, &leaf, &c->fault);
        leaf.number = n;
        if (!e) e = put_leaf(db, c->arena, part->source, &leaf, c->now);
    }
    if (e == ERR_CONFLICT) return fault_set(&c->fault, e, 0, 0, S("a store on which nobody acts meanwhile"), (Str){0});
    return e;
}

static Err run_told(Db *db, Command *c)
{
    return record_act(db, c->arena, c->input, c->now, NULL, &c->fault);
}

/* ---- around it ---- */

typedef struct Recovering {
    const Recovery *r;
    Arena *a;       /* of the caller */
    Sha256 *looked; /* the digest of each bundle when it was looked at: a site may show another one when it is asked again */
    Frontier frontier;
    Arena scratch; /* of one bundle */
    Fault *fault;
} Recovering;

NODISCARD static Err run(Recovering *g, const char *name, Err (*body)(Db *, Command *), const void *input)
{
    Command c = {.name = name, .leaf = LEAF_ONE, .run = body, .input = input, .arena = &g->scratch, .now = g->r->now};
    Err e = store_run(g->r->store, &c);
    if (e) *g->fault = (Fault){.err = e, .expected = str_copy(g->a, c.fault.expected), .found = str_copy(g->a, c.fault.found)};
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
        S("a copy that stays as it was verified: now it has other entries, so nothing more is put back"), (Str){0});
}

/* The first time: does all of it come to the root that was verified? The second: is it the same? */
NODISCARD static Err hold(Recovering *g, int64_t first, Str bundle)
{
    Sha256 *looked = &g->looked[first / TILE_WIDTH], digest = sha256(bundle);
    if (!g->r->try_only) return hash_equal(looked, &digest) ? ERR_OK : changed(g);
    *looked = digest;
    Str entry;
    while (g->frontier.size < first + TILE_WIDTH && bundle_next(&bundle, &entry)) {
        Sha256 leaf = tree_leaf(entry);
        frontier_add(&g->frontier, &leaf);
    }
    return ERR_OK;
}

/* The store's leaves of this bundle against the copy's. */
NODISCARD static Err compare(Recovering *g, int64_t first, int64_t size, Str bundle)
{
    DbRows rows;
    Str theirs = {0}, ours, hash;
    int64_t number;
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

NODISCARD static Err one_bundle(Recovering *g, int64_t first, int64_t size)
{
    Str bundle = {0};
    Err e = read_bundle(g, first, &bundle);
    if (!e) e = hold(g, first, bundle);
    if (!e && first < size) e = compare(g, first, size, bundle);
    if (e || g->r->try_only) return e;
    int64_t behind = g->r->size - first, count = behind < TILE_WIDTH ? behind : TILE_WIDTH;
    Part part = {.source = g->r->source, .bundle = bundle, .first = first, .from = first < size ? size : first, .count = count};
    return part.from < first + count ? run(g, "record_recover", run_part, &part) : ERR_OK;
}

NODISCARD static Err tell(Recovering *g, int64_t first, int64_t last)
{
    Str which = first == last
                    ? str_format(g->a, "Leaf %lld, which the store had lost, was", (long long)first)
                    : str_format(g->a, "The leaves %lld to %lld, which the store had lost, were", (long long)first, (long long)last);
    Act act = {.kind = "store.recovered", .by = g->r->by, .reason = g->r->reason};
    act.says = str_format(g->a,
        "%.*s put back from a copy of the record. What those acts did elsewhere in the store may have to be done again.", STR_ARG(which));
    return run(g, "record_recovered", run_told, &act);
}

/* All leaves of the copy, from the first on: those of the store must be the same. */
NODISCARD static Err all_bundles(Recovering *g, int64_t size)
{
    Err e = ERR_OK;
    source_ahead(g->r->source, g->r->size);
    for (int64_t first = 0; first < g->r->size && !e; first += TILE_WIDTH) {
        e = one_bundle(g, first, size);
        arena_recycle(&g->scratch);
    }
    source_ahead(g->r->source, 0);
    return e;
}

Err record_recover(Arena *a, const Recovery *recovery, int64_t *ret_first, int64_t *ret_count, Fault *fault)
{
    Recovering g = {.r = recovery, .a = a, .fault = fault};
    int64_t size;
    if (record_size(recovery->db, a, &size)) return fault_set(fault, ERR_IO, 0, 0, str_copy(a, db_trouble(recovery->db)), (Str){0});
    *ret_first = size;
    *ret_count = recovery->size > size ? recovery->size - size : 0;
    if (!*ret_count) return ERR_OK;
    arena_init(&g.scratch, ARENA_LIMIT_DEFAULT);
    Recovery look = *recovery;
    look.try_only = true;
    g.r = &look;
    g.looked = arena_new(a, Sha256, (size_t)(recovery->size / TILE_WIDTH + 1));
    Err e = all_bundles(&g, size);
    Sha256 root = frontier_root(&g.frontier);
    if (!e && (g.frontier.size != recovery->size || !hash_equal(&root, &recovery->root))) e = changed(&g);
    g.r = recovery;
    if (!e && !recovery->try_only) e = all_bundles(&g, size);
    if (!e && !recovery->try_only) e = tell(&g, size, recovery->size - 1);
    arena_clear(&g.scratch);
    return e;
}
