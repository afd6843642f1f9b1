/* The public record in the store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "record/record.h"

#include <ctype.h>
#include <string.h>

enum { COSIGNERS_MAX = 64 };

static Str bytes_of(const Sha256 *hash)
{
    return (Str){(const char *)hash->bytes, sizeof hash->bytes};
}

/* What was changed by hand may have another length: then it is no hash, and equal to none. */
static Sha256 hash_of(Str bytes)
{
    Sha256 hash = {0};
    if (bytes.len == sizeof hash.bytes) memcpy(hash.bytes, bytes.ptr, sizeof hash.bytes);
    return hash;
}

static Err announce(Db *db, int64_t now)
{
    return db_announce(db, S("record"), S(""), now);
}

/* ---- appending ---- */

static Err add_file(Db *db, const ActFile *file)
{
    bool here = file->bytes.len > 0 || file->path.len == 0;
    return db_run(db, "record_file_add",
        DB_VALUES(db_bytes(bytes_of(&file->digest)), db_string(here ? S("") : file->path), db_string(file->name), db_number(file->size),
            here && (file->bytes.len || !file->size) ? db_bytes(file->bytes) : db_null()));
}

static Err add_files(Db *db, const Act *act, const ActFile *side)
{
    Err e = ERR_OK;
    for (int i = 0; i < act->file_count && !e; i++) e = add_file(db, &act->files[i]);
    return !e && side->name.len ? add_file(db, side) : e;
}

/* Held by this transaction until its end: nobody else gets it, and one that is undone gives it back. Only the first act of a commit asks for it. */
static Err next_number(Db *db, Arena *a, int64_t *ret_number)
{
    DbRows rows;
    int64_t next = db_leaf_next(db);
    if (next >= 0) return *ret_number = next, ERR_OK;
    Err e = db_one(db, a, "record_head_hold", DB_NO_VALUES, &rows);
    if (!e) *ret_number = db_i64(&rows, "size");
    return e == ERR_MISSING ? ERR_IO : e;
}

static Err add_leaf(Db *db, const Act *act, Str entry, int64_t number, int64_t now)
{
    Sha256 hash = tree_leaf(entry);
    return db_run(db, "record_leaf_add",
        DB_VALUES(db_number(number), db_bytes(bytes_of(&hash)), db_bytes(entry), db_number(now), db_string(str_from_c(act->kind)),
            db_string(act->contest), db_string(act->unit), db_number(act->ends_power ? act->power : -1)));
}

/* Once a commit, whatever the number of its acts: a row that is written 500 times in one transaction is slow to find on PostgreSQL. */
static Err settle(Db *db, int64_t next)
{
    return db_run(db, "record_head_set", DB_VALUES(db_number(next)));
}

/* The number is taken behind all that may be refused, so that a command which goes on after an error leaves no gap. */
Err record_act(Db *db, Arena *a, const Act *act, int64_t now, int64_t *ret_number, Fault *fault)
{
    Str entry;
    ActFile side;
    int64_t number;
    Err e = act_entry(a, act, now, &entry, &side, fault);
    if (!e) e = next_number(db, a, &number);
    if (!e) e = add_files(db, act, &side);
    if (!e && db_leaf_next(db) < 0) e = announce(db, now); /* once a commit */
    if (!e) e = add_leaf(db, act, entry, number, now);
    if (e) return e;
    db_leaf_appended(db, number, settle);
    if (ret_number) *ret_number = number;
    return ERR_OK;
}

Err record_put_back(Db *db, Arena *a, const Leaf *leaf, int64_t now)
{
    Sha256 hash = tree_leaf(leaf->entry);
    int64_t number;
    Err e = next_number(db, a, &number);
    if (!e && number != leaf->number) return ERR_CONFLICT;
    if (!e && db_leaf_next(db) < 0) e = announce(db, now);
    if (!e)
        e = db_run(db, "record_leaf_add",
            DB_VALUES(db_number(number), db_bytes(bytes_of(&hash)), db_bytes(leaf->entry), db_number(leaf->at), db_string(leaf->kind),
                db_string(leaf->contest), db_string(leaf->unit), db_number(leaf->power)));
    if (!e) db_leaf_appended(db, number, settle);
    return e;
}

Err record_files_gone(Db *db, Str prefix)
{
    char beyond[512];
    ASSERT(prefix.len && prefix.len < sizeof beyond && (unsigned char)prefix.ptr[prefix.len - 1] < 0x7f);
    memcpy(beyond, prefix.ptr, prefix.len);
    beyond[prefix.len - 1]++;
    DbValue first = db_string(prefix), last = db_string((Str){beyond, prefix.len});
    Err e = db_run(db, "record_files_forget", DB_VALUES(first, last));
    return e ? e : db_run(db, "record_files_drop", DB_VALUES(first, last));
}

/* ---- powers ---- */

/* "The role of steward of Ada Poll ended." */
static Str ended_words(Arena *a, Str what, Str holder)
{
    Buf b = buf_new(a);
    if (what.len) buf_byte(&b, (char)toupper((unsigned char)what.ptr[0]));
    buf_format(&b, "%.*s of %.*s ended.", STR_ARG(str_slice(what, what.len > 0, what.len)), STR_ARG(holder));
    return buf_done(&b);
}

/* The act that will end it. */
static Act end_of(Arena *a, const Power *power, Str contest, Str unit, int64_t number, Officer by, Str reason)
{
    return (Act){.kind = power->ended,
        .by = by,
        .says = ended_words(a, power->what, power->holder),
        .contest = contest,
        .unit = unit,
        .reason = reason,
        .ends_power = true,
        .power = number};
}

static const Str over = S("Its time was over.");

/* A power that could not end (its name too long for the words that say so) is not given. */
static Err check_end(Arena *a, const Act *act, const Power *power, int64_t now, Fault *fault)
{
    Str entry;
    ActFile side;
    Act end = end_of(a, power, act->contest, act->unit, 0, officer_program(), over);
    return act_entry(a, &end, now, &entry, &side, fault);
}

/* What the table of powers says beside the act goes into the entry too, so that nobody can change it there unnoticed. */
static View *with_power(Arena *a, const View *data, const Power *power)
{
    View *with = data ? view_copy(a, data) : view_object(a), *v = view_put_object(with, S("power"));
    view_put_str(v, S("ended"), str_from_c(power->ended));
    view_put_str(v, S("holder"), power->holder);
    view_put_str(v, S("what"), power->what);
    return with;
}

Err record_power_give(Db *db, Arena *a, const Act *act, const Power *power, int64_t now, int64_t *ret_number, Fault *fault)
{
    int64_t number;
    ASSERT(act->until);
    Err e = check_end(a, act, power, now, fault);
    Act with = *act;
    with.data = with_power(a, act->data, power);
    if (!e) e = record_act(db, a, &with, now, &number, fault);
    if (!e)
        e = db_run(db, "record_power_add",
            DB_VALUES(db_number(number), db_string(str_from_c(power->ended)), db_string(power->holder), db_string(power->what),
                db_string(act->contest), db_string(act->unit), db_number(act->until)));
    if (!e && ret_number) *ret_number = number;
    return e;
}

/* Commands take turns on both engines, so what is in force when this one looks ends by it and by no other. */
Err record_power_end(Db *db, Arena *a, int64_t number, Officer by, Str reason, int64_t now, Fault *fault)
{
    DbRows rows;
    Err e = db_one(db, a, "record_power_by_number", DB_VALUES(db_number(number)), &rows);
    if (e) return e;
    Power power = {.ended = str_c(a, db_text(&rows, "ended")), .holder = db_text(&rows, "holder"), .what = db_text(&rows, "what")};
    Act act = end_of(a, &power, db_text(&rows, "contest"), db_text(&rows, "unit"), number, by, reason);
    e = record_act(db, a, &act, now, NULL, fault);
    return e ? e : db_run(db, "record_power_drop", DB_VALUES(db_number(number)));
}

/* One that cannot end, because somebody changed its row by hand, must not keep the others in force: it is told of when nothing else is left to do. */
Err record_expire(Db *db, Command *command)
{
    DbRows rows;
    int ended = 0;
    Fault unfit = {0};
    Err e = db_query(db, command->arena, "record_powers_over", DB_VALUES(db_number(command->now)), &rows);
    while (!e && db_next(&rows)) {
        Fault fault = {0};
        e = record_power_end(db, command->arena, db_i64(&rows, "number"), officer_program(), over, command->now, &fault);
        ended += !e;
        if (e != ERR_INPUT && e != ERR_LIMIT) continue;
        unfit = fault;
        e = ERR_OK;
    }
    if (!e && !ended && unfit.err) {
        command->fault = unfit;
        return unfit.err;
    }
    return e;
}

Err record_powers(Db *db, Arena *a, int64_t now, int most, PowerHeld **ret_powers, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "record_powers_held", DB_VALUES(db_number(now), db_number(most)), &rows);
    if (e) return e;
    PowerHeld *p = *ret_powers = arena_new(a, PowerHeld, (size_t)rows.count);
    *ret_count = rows.count;
    for (; db_next(&rows); p++)
        *p = (PowerHeld){.number = db_i64(&rows, "number"),
            .holder = db_text(&rows, "holder"),
            .what = db_text(&rows, "what"),
            .contest = db_text(&rows, "contest"),
            .unit = db_text(&rows, "unit"),
            .until = db_i64(&rows, "until")};
    return ERR_OK;
}

Err record_power_ended(Db *db, Arena *a, int64_t number, int64_t *ret_number)
{
    DbRows rows;
    Err e = db_one(db, a, "record_power_ended", DB_VALUES(db_number(number)), &rows);
    if (!e) *ret_number = db_i64(&rows, "number");
    return e;
}

/* ---- reading ---- */

Err record_size(Db *db, Arena *a, int64_t *ret_size)
{
    DbRows rows;
    int64_t next = db_leaf_next(db);
    if (next >= 0) return *ret_size = next, ERR_OK;
    Err e = db_one(db, a, "record_head_size", DB_NO_VALUES, &rows);
    if (!e) *ret_size = db_i64(&rows, "size");
    return e == ERR_MISSING ? ERR_IO : e;
}

/* An entry that was changed by hand may be unreadable: its leaf then has no words, but still its bytes. */
static void leaf_of_row(Arena *a, const DbRows *rows, Leaf *leaf, Sha256 *hash)
{
    Fault fault = {0};
    Str entry = db_text(rows, "entry");
    if (act_read(a, entry, leaf, &fault)) *leaf = (Leaf){.power = -1};
    leaf->entry = entry;
    leaf->number = db_i64(rows, "number");
    if (hash) *hash = hash_of(db_text(rows, "hash"));
}

Err record_leaf(Db *db, Arena *a, int64_t number, Leaf *ret_leaf, Sha256 *ret_hash)
{
    DbRows rows;
    Err e = db_one(db, a, "record_leaf_by_number", DB_VALUES(db_number(number)), &rows);
    if (!e) leaf_of_row(a, &rows, ret_leaf, ret_hash);
    return e;
}

static Err find_rows(Db *db, Arena *a, const LeafFilter *f, bool upwards, DbRows *ret_rows)
{
    static const char *const names[2][6] = {{"record_before", "record_before_kind", "record_before_contest", "record_before_contest_kind",
                                                "record_before_unit", "record_before_unit_kind"},
        {"record_after", "record_after_kind", "record_after_contest", "record_after_contest_kind", "record_after_unit",
            "record_after_unit_kind"}};
    DbValue values[4] = {db_number(upwards ? f->after : f->before < 0 ? INT64_MAX : f->before), db_number(f->most)};
    int n = 2, which = (f->contest.len ? 2 : f->unit.len ? 4 : 0) + (f->kind.len ? 1 : 0);
    if (f->contest.len) values[n++] = db_string(f->contest);
    if (f->unit.len) values[n++] = db_string(f->unit);
    if (f->kind.len) values[n++] = db_string(f->kind);
    return db_query(db, a, names[upwards][which], values, n, ret_rows);
}

Err record_leaves(Db *db, Arena *a, const LeafFilter *filter, Leaf **ret_leaves, Sha256 **ret_hashes, int *ret_count)
{
    DbRows rows;
    bool upwards = filter->after >= 0;
    if ((filter->contest.len && filter->unit.len) || (upwards && filter->before >= 0)) return ERR_INPUT;
    Err e = find_rows(db, a, filter, upwards, &rows);
    if (e) return e;
    Leaf *leaves = arena_new(a, Leaf, (size_t)rows.count);
    Sha256 *hashes = arena_new(a, Sha256, (size_t)rows.count);
    for (int i = 0; db_next(&rows); i++) {
        int at = upwards ? rows.count - 1 - i : i;
        leaf_of_row(a, &rows, &leaves[at], &hashes[at]);
    }
    *ret_leaves = leaves;
    if (ret_hashes) *ret_hashes = hashes;
    *ret_count = rows.count;
    return ERR_OK;
}

Err record_newest(Db *db, Arena *a, const char *kind, Str contest, Leaf *ret_leaf)
{
    Leaf *leaves;
    int count;
    LeafFilter filter = {.kind = str_from_c(kind), .contest = contest, .before = -1, .after = -1, .most = 1};
    Err e = record_leaves(db, a, &filter, &leaves, NULL, &count);
    if (e) return e;
    if (!count) return ERR_MISSING;
    *ret_leaf = leaves[0];
    return ERR_OK;
}

Err record_number_at(Db *db, Arena *a, int64_t time, int64_t *ret_number)
{
    DbRows rows;
    Err e = db_one(db, a, "record_leaf_from", DB_VALUES(db_number(time)), &rows);
    if (e == ERR_MISSING) return record_size(db, a, ret_number);
    if (!e) *ret_number = db_i64(&rows, "number");
    return e;
}

Err record_file(Db *db, Arena *a, const Sha256 *digest, ActFile *ret_file)
{
    DbRows rows;
    Err e = db_one(db, a, "record_file_by_digest", DB_VALUES(db_bytes(bytes_of(digest))), &rows);
    if (e) return e;
    *ret_file = (ActFile){.name = db_text(&rows, "name"),
        .size = db_i64(&rows, "size"),
        .digest = *digest,
        .path = db_text(&rows, "path"),
        .bytes = db_text(&rows, "bytes")};
    return ERR_OK;
}

/* ---- hashes, tiles, bundles ---- */

typedef struct HashReader {
    Db *db;
    Arena *arena;
} HashReader;

/* `count` rows with the numbers from `first` on; a row that is not there (somebody took it away) is ERR_MISSING. */
static Err rows_between(Db *db, Arena *a, int level, int64_t first, int count, DbRows *ret_rows)
{
    DbValue from = db_number(first), beyond = db_number(first + count);
    Err e;
    if (level < 0) e = db_query(db, a, "record_leaf_entries", DB_VALUES(from, beyond), ret_rows);
    else if (level == 0) e = db_query(db, a, "record_leaf_hashes", DB_VALUES(from, beyond), ret_rows);
    else e = db_query(db, a, "record_node_hashes", DB_VALUES(db_number(level), from, beyond), ret_rows);
    if (e) return e;
    return ret_rows->count == count ? ERR_OK : ERR_MISSING;
}

static Err read_hashes(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    const HashReader *r = context;
    DbRows rows;
    Err e = rows_between(r->db, r->arena, level, index, count, &rows);
    for (int i = 0; !e && db_next(&rows); i++) ret_hashes[i] = hash_of(db_text(&rows, "hash"));
    return e;
}

TreeHashes record_hashes(Db *db, Arena *a)
{
    HashReader *r = arena_new(a, HashReader, 1);
    *r = (HashReader){db, a};
    return (TreeHashes){read_hashes, r};
}

Err record_tile(Db *db, Arena *a, int level, int64_t index, int width, Str *ret_bytes)
{
    Sealed sealed;
    DbRows rows;
    Err e = record_sealed(db, a, &sealed);
    if (e) return e;
    if (level < -1 || level >= TILE_LEVELS_MAX) return ERR_MISSING;
    int64_t hashes = tile_hashes(level < 0 ? 0 : level, sealed.checkpoint.size);
    if (width < 1 || width > TILE_WIDTH || index < 0 || index > hashes / TILE_WIDTH || index * TILE_WIDTH + width > hashes)
        return ERR_MISSING;
    e = rows_between(db, a, level, index * TILE_WIDTH, width, &rows);
    Buf b = buf_new(a);
    while (!e && db_next(&rows)) {
        if (level < 0 && db_text(&rows, "entry").len > BUNDLE_ENTRY_MAX) return ERR_MISSING; /* changed by hand: it cannot be served */
        if (level < 0) bundle_add(&b, db_text(&rows, "entry"));
        else buf_str(&b, db_text(&rows, "hash"));
    }
    *ret_bytes = buf_done(&b);
    return e;
}

/* ---- checkpoints ---- */

static Err sealed_of_row(const DbRows *rows, Sealed *sealed)
{
    Str rest;
    *sealed = (Sealed){.note = db_text(rows, "note"), .at = db_i64(rows, "at")};
    sealed->checkpoint.size = db_i64(rows, "size");
    sealed->checkpoint.root = hash_of(db_text(rows, "root"));
    if (frontier_from(sealed->checkpoint.size, db_text(rows, "frontier"), &sealed->frontier)) return ERR_CONFLICT;
    str_cut(sealed->note, '\n', &sealed->checkpoint.origin, &rest);
    return ERR_OK;
}

Err record_sealed(Db *db, Arena *a, Sealed *ret_sealed)
{
    DbRows rows;
    Err e = db_one(db, a, "record_checkpoint_newest", DB_NO_VALUES, &rows);
    return e ? e : sealed_of_row(&rows, ret_sealed);
}

static Err with_cosignatures(Db *db, Arena *a, const Sealed *sealed, Str *ret_note)
{
    DbRows rows;
    Err e = db_query(db, a, "record_cosignatures_of", DB_VALUES(db_number(sealed->checkpoint.size)), &rows);
    if (e) return e;
    Buf b = buf_new(a);
    buf_str(&b, sealed->note);
    while (db_next(&rows)) buf_str(&b, db_text(&rows, "line"));
    *ret_note = buf_done(&b);
    return ERR_OK;
}

static Err cosigned(Db *db, Arena *a, Sealed *ret_sealed)
{
    DbRows rows;
    Err e = db_one(db, a, "record_checkpoint_cosigned", DB_NO_VALUES, &rows);
    return e ? e : sealed_of_row(&rows, ret_sealed);
}

Err record_checkpoint(Db *db, Arena *a, bool witnessed, int64_t at_least, Str *ret_note, Checkpoint *ret_checkpoint)
{
    Sealed sealed;
    Err e = witnessed ? cosigned(db, a, &sealed) : ERR_MISSING;
    if (e && e != ERR_MISSING) return e;
    if (e || sealed.checkpoint.size <= at_least) e = record_sealed(db, a, &sealed);
    if (e) return e;
    if (sealed.checkpoint.size <= at_least) return ERR_MISSING;
    *ret_checkpoint = sealed.checkpoint;
    return with_cosignatures(db, a, &sealed, ret_note);
}

/* The entry itself is the proof's `extra`, so that the one file shows all of the act. */
Err record_proof(Db *db, Arena *a, int64_t number, Str *ret_text)
{
    Leaf leaf;
    ProofFile file = {.index = number};
    Checkpoint checkpoint;
    Err e = record_leaf(db, a, number, &leaf, NULL);
    if (!e) e = record_checkpoint(db, a, true, number, &file.checkpoint, &checkpoint);
    if (e) return e;
    TreeHashes hashes = record_hashes(db, a);
    e = tree_prove_inclusion(&hashes, number, checkpoint.size, &file.proof);
    if (e) return e;
    file.extra = leaf.entry;
    *ret_text = proof_text(a, &file);
    return ERR_OK;
}

/* ---- cosignatures ---- */

Err record_cosigned(Db *db, const Cosignature *c, int64_t now)
{
    Err e = db_run(db, "record_cosignature_add",
        DB_VALUES(
            db_string(c->witness), db_number((int64_t)c->id), db_number(c->size), db_number(c->time), db_string(c->line), db_number(now)));
    return e ? e : announce(db, now);
}

/* From key to key by the index, so that the cost is that of the witnesses and not of all they ever signed. */
Err record_cosigners(Db *db, Arena *a, Cosignature **ret_cosignatures, int *ret_count)
{
    Cosignature *list = *ret_cosignatures = arena_new(a, Cosignature, COSIGNERS_MAX);
    Str witness = S("");
    int64_t id = -1;
    int count = 0;
    DbRows rows;
    Err e = ERR_OK;
    for (; count < COSIGNERS_MAX; count++) {
        e = db_one(db, a, "record_cosigner_next", DB_VALUES(db_string(witness), db_number(id)), &rows);
        if (e) break;
        witness = db_text(&rows, "witness");
        id = db_i64(&rows, "id");
        e = db_one(db, a, "record_cosignature_newest", DB_VALUES(db_string(witness), db_number(id)), &rows);
        if (e) break;
        list[count] = (Cosignature){.witness = witness,
            .id = (uint32_t)id,
            .size = db_i64(&rows, "size"),
            .time = db_i64(&rows, "time"),
            .line = db_text(&rows, "line")};
    }
    *ret_count = count;
    return e == ERR_MISSING ? ERR_OK : e;
}

/* ---- sealing ---- */

static Err add_node(Db *db, const TreeHashes *hashes, int level, int64_t number)
{
    Sha256 below[TILE_WIDTH];
    Frontier tile = {0};
    Err e = hashes->read(hashes->context, level - 1, number * TILE_WIDTH, TILE_WIDTH, below);
    if (e) return e == ERR_MISSING ? ERR_IO : e;
    for (int i = 0; i < TILE_WIDTH; i++) frontier_add(&tile, &below[i]);
    Sha256 root = frontier_root(&tile);
    return db_run(db, "record_node_add", DB_VALUES(db_number(level), db_number(number), db_bytes(bytes_of(&root))));
}

/* Rows are read tile by tile: an arena of their own is emptied after each, so that a long record that was never sealed does not fill the memory. */
static Err add_nodes(Db *db, int64_t from, int64_t size)
{
    Arena scratch;
    Err e = ERR_OK;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    for (int level = 1; level < TILE_LEVELS_MAX && !e; level++)
        for (int64_t n = tile_hashes(level, from); n < tile_hashes(level, size) && !e; n++) {
            TreeHashes hashes = record_hashes(db, &scratch);
            e = add_node(db, &hashes, level, n);
            arena_recycle(&scratch);
        }
    arena_clear(&scratch);
    return e;
}

Err record_seal_put(Db *db, Arena *a, const Sealed *sealed, int64_t from, int64_t now)
{
    Sealed last;
    Err e = record_sealed(db, a, &last);
    if (e && e != ERR_MISSING) return e;
    if (!e && (last.checkpoint.size != from || last.checkpoint.size >= sealed->checkpoint.size)) return ERR_CONFLICT;
    if (e && from != 0) return ERR_CONFLICT;
    e = add_nodes(db, from, sealed->checkpoint.size);
    if (!e)
        e = db_run(db, "record_checkpoint_add",
            DB_VALUES(db_number(sealed->checkpoint.size), db_bytes(bytes_of(&sealed->checkpoint.root)), db_string(sealed->note),
                db_bytes(frontier_bytes(a, &sealed->frontier)), db_number(sealed->at)));
    return e ? e : announce(db, now);
}
