/* seal.c: one sealing: what was signed last, what came since, and the promise that the one only ever grew into the other.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * FILE.last holds what was signed last with this copy of the key: the frontier, in base64, on a line of its own, then the signed note. It is written before the
 * checkpoint is committed. So at any moment, whatever was killed, one of these holds:
 *
 *     last == stored   all is well
 *     last > stored    killed between the two: the leaves are still there, and give the root that was signed; or the store was set back, and they do not
 *     last < stored    another process, with a copy of the key, has signed since: the stored checkpoint extends the last one, which a consistency
 *                      proof over the stored hashes must show; then it becomes the last one here too
 *
 * With several processes FILE.last is thus a lower bound of what was signed, raised whenever a sealing looks. Two of them may sign at once: both extend the same
 * stored frontier by the same rows, and leaves are rows that are only ever added, in an order that all see alike; so what they sign are trees of which one
 * extends the other, and it does not matter whose row gets in.
 */
#include "record/rotate.h"

#include "core/disk.h"

#include <string.h>

enum {
    CHUNK = 256,      /* leaves read at once: at most 16 MiB */
    STEP = 64 * 1024, /* leaves of one checkpoint: the writer puts their nodes in with one command, and others wait for it */
    LAST_MAX = NOTE_MAX + 4096,
    LAST_MODE = 0644, /* nothing in it is secret */
    LOCK_MS = 2000,
};

typedef struct Sealing {
    Store *store;
    Db *db;
    Arena *a;
    const RecordKeys *keys;
    int64_t now;
    Fault *fault;
    Str last_file;
    Sealed last, stored; /* size -1: there is none */
    int64_t size;        /* leaves that the store has */
    bool anew;           /* under another name: the stored checkpoint is of the older one */
} Sealing;

static Err refuse(const Sealing *s, Str why)
{
    return fault_set(s->fault, ERR_CONFLICT, 0, 0, why, (Str){0});
}

static Err store_failed(const Sealing *s, Err e)
{
    return fault_set(s->fault, e, 0, 0, str_copy(s->a, db_trouble(s->db)), (Str){0});
}

static Str origin_of(const RecordKeys *keys)
{
    return keys->signers[0].verifier.name;
}

/* --- what was signed --- */

/* Signed by one of our keys, by none of them, or wrongly. */
static Err check_signed(const RecordKeys *keys, const Note *note)
{
    Err e = ERR_MISSING;
    for (int i = 0; i < keys->count && e == ERR_MISSING; i++) e = note_check(note, &keys->signers[i].verifier, NULL);
    return e;
}

static Str signers_of(Arena *a, const Note *note)
{
    Buf b = buf_new(a);
    for (int i = 0; i < note->signature_count; i++)
        buf_format(&b, "%s%.*s+%08x", i ? ", " : "", STR_ARG(note->signatures[i].name), note->signatures[i].id);
    return buf_done(&b);
}

/* Note, checkpoint and frontier must say the same. `what` it is, for people. */
static Err check_agree(const Sealing *s, Str what, const Sealed *sealed, Note *ret_note)
{
    Checkpoint signed_one;
    Fault why = {0};
    if (note_read(s->a, sealed->note, ret_note, &why) || checkpoint_read(ret_note->text, &signed_one, &why))
        return refuse(s, str_format(s->a, "%.*s: its note is not a signed checkpoint; it was changed by hand", STR_ARG(what)));
    Sha256 root = frontier_root(&sealed->frontier);
    bool same = signed_one.size == sealed->checkpoint.size && hash_equal(&signed_one.root, &sealed->checkpoint.root) &&
                sealed->frontier.size == signed_one.size && hash_equal(&root, &signed_one.root);
    if (!same)
        return refuse(s, str_format(s->a, "%.*s: its size, root or frontier is not what its note says; a row or file was changed by hand",
                             STR_ARG(what)));
    if (!s->anew && !str_equal(signed_one.origin, origin_of(s->keys)))
        return refuse(s, str_format(s->a, "%.*s is of the record '%.*s', and the key is of '%.*s'", STR_ARG(what),
                             STR_ARG(signed_one.origin), STR_ARG(origin_of(s->keys))));
    return ERR_OK;
}

static Err check_stored(const Sealing *s)
{
    Str what = str_format(s->a, "the store's checkpoint of %lld leaves", (long long)s->stored.checkpoint.size);
    Note *note = arena_new(s->a, Note, 1);
    Err e = check_agree(s, what, &s->stored, note);
    if (e || s->anew) return e;
    e = check_signed(s->keys, note);
    if (e == ERR_MISSING)
        return refuse(
            s, str_format(s->a, "%.*s was signed by %.*s, which is not in %.*s: put the key file that belongs to this store there",
                   STR_ARG(what), STR_ARG(signers_of(s->a, note)), STR_ARG(s->keys->file)));
    return e ? refuse(s, str_format(s->a, "%.*s: its signature is wrong; it was changed by hand", STR_ARG(what))) : ERR_OK;
}

static Err read_stored(Sealing *s)
{
    s->stored.checkpoint.size = -1;
    Err e = record_sealed(s->db, s->a, &s->stored);
    if (e == ERR_OK) return check_stored(s);
    if (e == ERR_CONFLICT) return refuse(s, S("the store's newest checkpoint: its frontier is none; the row was changed by hand"));
    s->stored = (Sealed){.checkpoint.size = -1};
    return e == ERR_MISSING ? ERR_OK : store_failed(s, e);
}

/* --- FILE.last --- */

static Err parse_last(Sealing *s, Str text)
{
    Str line, peaks;
    Fault why = {0};
    Note *note = arena_new(s->a, Note, 1);
    Sealed *last = &s->last;
    bool good = str_cut(text, '\n', &line, &last->note) && str_starts(line, S("frontier ")) &&
                base64_read(s->a, str_slice(line, S("frontier ").len, line.len), &peaks) &&
                note_read(s->a, last->note, note, &why) == ERR_OK && checkpoint_read(note->text, &last->checkpoint, &why) == ERR_OK &&
                frontier_from(last->checkpoint.size, peaks, &last->frontier) == ERR_OK;
    if (s->anew && (!good || !str_equal(last->checkpoint.origin, origin_of(s->keys)))) {
        /* What was signed under the older name. It stays in its place until this name has signed, so that the older keys, which a server may
         * still have, never find nothing there. */
        s->last = (Sealed){.checkpoint.size = -1};
        return ERR_OK;
    }
    if (!good)
        return refuse(
            s, str_format(s->a, "%.*s is damaged, so nobody can say what was signed last: docs/record.md, 'When nothing is signed'",
                   STR_ARG(s->last_file)));
    Err e = check_agree(s, s->last_file, last, note);
    if (e) return e;
    /* A key that has ended since may have signed it: what it says must hold all the same. */
    e = check_signed(s->keys, note);
    return e && e != ERR_MISSING ? refuse(s, str_format(s->a, "%.*s: its signature is wrong", STR_ARG(s->last_file))) : ERR_OK;
}

static Err read_last(Sealing *s)
{
    Str text;
    Fault why = {0};
    s->last = (Sealed){.checkpoint.size = -1};
    Err e = disk_read(s->a, s->last_file, LAST_MAX, &text, &why);
    if (e == ERR_MISSING) return ERR_OK;
    if (e == ERR_LIMIT) return parse_last(s, (Str){0});
    if (!e) return parse_last(s, text);
    *s->fault = why;
    return e;
}

static Err write_last(const Sealing *s, const Sealed *sealed)
{
    Str peaks = base64(s->a, frontier_bytes(s->a, &sealed->frontier));
    Str text = str_format(s->a, "frontier %.*s\n%.*s", STR_ARG(peaks), STR_ARG(sealed->note));
    return disk_replace(s->a, s->last_file, text, LAST_MODE, s->fault);
}

/* --- does what is stored extend what was signed? --- */

static Err set_back(const Sealing *s, int64_t has)
{
    return refuse(s, str_format(s->a,
                         "the store has %lld leaves, and %lld were signed: it was set back (an older backup?), so nothing is signed; "
                         "'hustings record recover' brings the missing leaves back from a copy",
                         (long long)has, (long long)s->last.checkpoint.size));
}

static Err other_leaves(const Sealing *s, int64_t size)
{
    return refuse(
        s, str_format(s->a,
               "the first %lld leaves of the store are not those that were signed: it was set back and written to, or changed by hand; "
               "nothing is signed ('hustings record verify' names the leaf)",
               (long long)size));
}

/* A stored checkpoint that is larger than the last one signed here must have grown from it. */
static Err check_stored_extends(const Sealing *s)
{
    TreeProof *proof = arena_new(s->a, TreeProof, 1);
    TreeHashes hashes = record_hashes(s->db, s->a);
    const Checkpoint *last = &s->last.checkpoint, *stored = &s->stored.checkpoint;
    Err e = tree_prove_consistency(&hashes, last->size, stored->size, proof);
    if (e == ERR_IO) return store_failed(s, e);
    if (!e) e = tree_verify_consistency(proof, last->size, &last->root, stored->size, &stored->root);
    return e ? other_leaves(s, last->size) : ERR_OK;
}

static Err check_what_is_there(const Sealing *s)
{
    if (s->size < s->stored.checkpoint.size)
        return refuse(s, str_format(s->a, "the store has %lld leaves, and its own checkpoint %lld: leaves were taken out by hand",
                             (long long)s->size, (long long)s->stored.checkpoint.size));
    if (s->size < s->last.checkpoint.size) return set_back(s, s->size);
    if (s->last.checkpoint.size >= 0 && s->last.checkpoint.size <= s->stored.checkpoint.size) return check_stored_extends(s);
    return ERR_OK;
}

/* --- what came since --- */

/* One row: the next leaf, and the entry that its hash says. */
static Err add_leaf(const Sealing *s, DbRows *rows, Frontier *f)
{
    int64_t number = db_i64(rows, "number");
    if (number != f->size)
        return refuse(s, str_format(s->a, "leaf %lld is not in the store: it was taken out by hand", (long long)f->size));
    Str stored = db_text(rows, "hash");
    Sha256 hash = tree_leaf(db_text(rows, "entry"));
    if (stored.len != SHA256_BYTES || memcmp(stored.ptr, hash.bytes, SHA256_BYTES) != 0)
        return refuse(s, str_format(s->a, "leaf %lld was changed by hand: its entry is not what its hash says", (long long)number));
    frontier_add(f, &hash);
    return ERR_OK;
}

static Err add_chunk(const Sealing *s, Arena *scratch, Frontier *f, int64_t until)
{
    int64_t first = f->size, most = until - first < CHUNK ? until - first : CHUNK;
    DbRows rows;
    Err e = db_query(s->db, scratch, "record_after", DB_VALUES(db_number(first - 1), db_number(most)), &rows);
    if (e) return store_failed(s, e);
    while (!e && db_next(&rows)) e = add_leaf(s, &rows, f);
    if (!e && f->size < first + most)
        return refuse(s, str_format(s->a, "leaf %lld is not in the store: it was taken out by hand", (long long)f->size));
    return e;
}

static Err add_leaves(const Sealing *s, Frontier *f, int64_t until)
{
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    while (f->size < until) {
        Err e = add_chunk(s, &scratch, f, until);
        if (e) return e;
        arena_recycle(&scratch);
    }
    return ERR_OK;
}

/* From what is stored, by way of what was signed last if that is more, to a step further. */
static Err grow(const Sealing *s, Frontier *ret_frontier)
{
    const Checkpoint *last = &s->last.checkpoint;
    Frontier f = s->stored.checkpoint.size >= 0 ? s->stored.frontier : (Frontier){0};
    int64_t until = s->size - f.size > STEP ? f.size + STEP : s->size;
    if (last->size > f.size) {
        Err e = add_leaves(s, &f, last->size);
        if (e) return e;
        Sha256 root = frontier_root(&f);
        if (!hash_equal(&root, &last->root)) return other_leaves(s, last->size);
    }
    Err e = add_leaves(s, &f, until > f.size ? until : f.size);
    if (!e) *ret_frontier = f;
    return e;
}

/* --- signing --- */

static Str sign(const Sealing *s, const Checkpoint *checkpoint)
{
    Str text = checkpoint_text(s->a, checkpoint);
    Buf b = buf_new(s->a);
    buf_str(&b, text);
    buf_byte(&b, '\n');
    for (int i = 0; i < s->keys->count; i++) buf_str(&b, note_sign(s->a, &s->keys->signers[i], text, 0));
    return buf_done(&b);
}

typedef struct Put {
    const Sealed *sealed;
    int64_t from;
} Put;

static Err run_put(Db *db, Command *command)
{
    const Put *put = command->input;
    return record_seal_put(db, command->arena, put->sealed, put->from, command->now);
}

/* The store did not take it: because another process was faster, or because a row that nobody should have made is in the way. */
static Err check_faster(const Sealing *s)
{
    Sealed newest;
    Err e = record_sealed(s->db, s->a, &newest);
    if (e == ERR_IO) return store_failed(s, e);
    if (!e && newest.checkpoint.size > s->stored.checkpoint.size) return ERR_OK;
    return refuse(s, S("the store does not take the next checkpoint: a row of record_node or record_checkpoint was put in by hand"));
}

/* *ret_sealed false: another process was faster. */
static Err put_in(const Sealing *s, const Sealed *sealed, bool *ret_sealed)
{
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Put put = {.sealed = sealed, .from = s->stored.checkpoint.size > 0 ? s->stored.checkpoint.size : 0};
    Command command = {.name = "record_seal", .leaf = LEAF_NONE, .run = run_put, .input = &put, .arena = &scratch, .now = s->now};
    Err e = store_run(s->store, &command);
    *ret_sealed = !e;
    if (!e) return ERR_OK;
    if (e == ERR_CONFLICT) return check_faster(s);
    return fault_set(s->fault, e, 0, 0, str_copy(s->a, command.fault.expected), (Str){0});
}

static Err seal(const Sealing *s, bool *ret_sealed)
{
    Sealed *next = arena_new(s->a, Sealed, 1);
    next->at = s->now;
    Err e = grow(s, &next->frontier);
    if (e) return e;
    next->checkpoint = (Checkpoint){origin_of(s->keys), next->frontier.size, frontier_root(&next->frontier)};
    next->note = sign(s, &next->checkpoint);
    e = write_last(s, next);
    return e ? e : put_in(s, next, ret_sealed);
}

/* --- the whole --- */

static Err look(Sealing *s)
{
    Err e = read_last(s);
    if (!e) e = read_stored(s);
    if (e) return e;
    e = record_size(s->db, s->a, &s->size);
    if (e) return store_failed(s, e);
    return check_what_is_there(s);
}

static Err seal_locked(Sealing *s, bool *ret_sealed)
{
    AUTO(disk_unlock) int lock = -1;
    *ret_sealed = false;
    if (disk_lock(s->a, s->keys->file, LOCK_MS, &lock, s->fault))
        return s->fault->err = ERR_IO; /* not this store's doing: later may help */
    Err e = look(s);
    if (e) return e;
    if (s->size > s->stored.checkpoint.size) return seal(s, ret_sealed);
    return s->last.checkpoint.size < s->stored.checkpoint.size ? write_last(s, &s->stored) : ERR_OK;
}

Err record_seal(Store *store, Db *db, Arena *a, const RecordKeys *keys, int64_t now, bool *ret_sealed, Fault *fault)
{
    ASSERT(keys->count > 0);
    Sealing *s = arena_new(a, Sealing, 1);
    *s = (Sealing){store, db, a, keys, now, fault, .last_file = str_format(a, "%.*s.last", STR_ARG(keys->file))};
    return seal_locked(s, ret_sealed);
}

Err record_seal_anew(Store *store, Db *db, Arena *a, const RecordKeys *keys, int64_t now, bool *ret_sealed, Fault *fault)
{
    ASSERT(keys->count > 0);
    Sealing *s = arena_new(a, Sealing, 1);
    *s = (Sealing){store, db, a, keys, now, fault, .last_file = str_format(a, "%.*s.last", STR_ARG(keys->file)), .anew = true};
    return seal_locked(s, ret_sealed);
}

bool record_lacks_signed(Db *db, Arena *a, const RecordKeys *keys)
{
    Fault fault = {0};
    Sealing *s = arena_new(a, Sealing, 1);
    *s = (Sealing){.db = db, .a = a, .keys = keys, .fault = &fault, .last_file = str_format(a, "%.*s.last", STR_ARG(keys->file))};
    return read_last(s) == ERR_OK && record_size(db, a, &s->size) == ERR_OK && s->size < s->last.checkpoint.size;
}
