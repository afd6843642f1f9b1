/* rotate.c: changing the key, step by step, so that whoever is killed in between can go on.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Adding:  the file (both keys sign from here on; nobody else need know) -> the leaf that tells of the new key -> a checkpoint of it, signed by both.
 * Ending:  the leaf -> a checkpoint of it, signed by the ending key too, so that whoever knows only that one learns of its end -> the file without it.
 * A leaf that is there already is not appended again, a checkpoint that is there already is not signed again.
 */
#include "record/rotate.h"

#include "core/disk.h"

enum { PAGE = 100, LOCK_MS = 5000, SEALS_MOST = 1000 };

typedef struct Change {
    Store *store;
    Db *db;
    Arena *a;
    RecordKeys *keys;
    Officer by;
    Str reason;
    int64_t now;
    Fault *fault;
} Change;

static Err store_failed(const Change *c, Err e)
{
    return fault_set(c->fault, e, 0, 0, str_copy(c->a, db_trouble(c->db)), (Str){0});
}

static Str key_shown(Arena *a, const Verifier *verifier)
{
    return str_format(a, "%.*s+%08x", STR_ARG(verifier->name), verifier->id);
}

/* --- leaves about keys --- */

static bool names(const Leaf *leaf, Str vkey)
{
    const View *named = leaf->data ? view_get(leaf->data, S("vkey")) : NULL; /* a row that was changed by hand may have none */
    return named && view_kind(named) == VIEW_STR && str_equal(view_str(named), vkey);
}

/* The leaf of that kind about that key; -1: there is none. */
static Err find_leaf(const Change *c, const char *kind, const Verifier *verifier, int64_t *ret_number)
{
    Str vkey = verifier_text(c->a, verifier);
    LeafFilter filter = {.kind = str_from_c(kind), .before = -1, .after = -1, .most = PAGE};
    for (;;) {
        Leaf *leaves;
        int count;
        Err e = record_leaves(c->db, c->a, &filter, &leaves, NULL, &count);
        if (e) return store_failed(c, e);
        for (int i = 0; i < count; i++)
            if (names(&leaves[i], vkey)) return *ret_number = leaves[i].number, ERR_OK;
        *ret_number = -1;
        if (count < PAGE) return ERR_OK;
        filter.before = leaves[count - 1].number;
    }
}

typedef struct Telling {
    const Change *change;
    const Verifier *verifier;
    Act act;
    bool ends;
} Telling;

/* Where the leaves are written, one command after another, and not before: two operators may be ending a key each. */
static Err check_one_stays(const Telling *t, Db *db, Fault *fault)
{
    Change c = *t->change;
    c.db = db;
    c.fault = fault;
    for (int i = 0; i < c.keys->count; i++) {
        int64_t number = 0;
        const Verifier *other = &c.keys->signers[i].verifier;
        Err e = verifier_equal(other, t->verifier) ? ERR_OK : find_leaf(&c, "record.key_ended", other, &number);
        if (e || number < 0) return e;
    }
    return fault_set(fault, ERR_CONFLICT, 0, 0,
        S("every other key has been ended, perhaps by somebody else just now; nothing was ended here ('hustings record key' lists the "
          "keys)"),
        (Str){0});
}

static Err run_act(Db *db, Command *command)
{
    const Telling *t = command->input;
    Err e = t->ends ? check_one_stays(t, db, &command->fault) : ERR_OK;
    return e ? e : record_act(db, command->arena, &t->act, command->now, NULL, &command->fault);
}

/* By the keys before it: so the leaf itself vouches for the new key, to somebody who has kept no checkpoint that an older one signed. It can never be taken for
 * a checkpoint: those have a number on their second line.
 */
static Str hand_over(const Change *c, const Verifier *added)
{
    Str vkey = verifier_text(c->a, added), text = str_format(c->a, "%.*s\nrecord.key_added\n%.*s\n", STR_ARG(added->name), STR_ARG(vkey));
    Buf b = buf_new(c->a);
    buf_format(&b, "%.*s\n", STR_ARG(text));
    for (int i = 0; i < c->keys->count; i++)
        if (!verifier_equal(&c->keys->signers[i].verifier, added)) buf_str(&b, note_sign(c->a, &c->keys->signers[i], text, 0));
    return buf_done(&b);
}

/* `name_before`: the name of the record that this key ends; or empty. */
static Err append(const Change *c, const char *kind, const Verifier *verifier, Str says, Str name_before)
{
    View *data = view_object(c->a);
    view_put_str(data, S("vkey"), verifier_text(c->a, verifier));
    if (name_before.len) view_put_str(data, S("name_before"), name_before);
    if (c->keys->count > 1 && str_equal(str_from_c(kind), S("record.key_added"))) view_put_str(data, S("signed"), hand_over(c, verifier));
    Telling telling = {.change = c,
        .verifier = verifier,
        .act = {.kind = kind, .by = c->by, .says = says, .reason = c->reason, .data = data},
        .ends = str_equal(str_from_c(kind), S("record.key_ended"))};
    Command command = {.name = "record_key", .leaf = LEAF_ONE, .run = run_act, .input = &telling, .arena = c->a, .now = c->now};
    Err e = store_run(c->store, &command);
    if (e) *c->fault = command.fault;
    return e;
}

/* Once. */
static Err tell(const Change *c, const char *kind, const Verifier *verifier, Str says, Str name_before)
{
    int64_t number = -1;
    Err e = find_leaf(c, kind, verifier, &number);
    return e || number >= 0 ? e : append(c, kind, verifier, says, name_before);
}

/* --- checkpoints --- */

typedef Err Seal(Store *store, Db *db, Arena *a, const RecordKeys *keys, int64_t now, bool *ret_sealed, Fault *fault);

static Err seal_all(const Change *c, Seal *seal)
{
    bool more = true;
    for (int i = 0; more && i < SEALS_MOST; i++) {
        Err e = seal(c->store, c->db, c->a, c->keys, c->now, &more, c->fault);
        if (e) return e;
    }
    return ERR_OK;
}

/* A server that has not read the new file yet may have been faster: then its keys signed, not ours. */
static Err check_signed_by(const Change *c, const Verifier *verifier)
{
    Sealed sealed;
    Note *note = arena_new(c->a, Note, 1);
    Err e = record_sealed(c->db, c->a, &sealed);
    if (e) return store_failed(c, e);
    if (note_read(c->a, sealed.note, note, c->fault) == ERR_OK && note_check(note, verifier, NULL) == ERR_OK) return ERR_OK;
    Str key = key_shown(c->a, verifier);
    return fault_setf(c->fault, c->a, ERR_CONFLICT,
        "the newest checkpoint is not signed by %.*s yet (a server with another key file?); nothing was ended: try again after the next "
        "act",
        STR_ARG(key));
}

/* --- the file --- */

/* Under the lock, and as the file is now: another may have changed it. */
static Err read_again(const Change *c, int *ret_lock)
{
    bool made;
    Str file = c->keys->file;
    Err e = disk_lock(c->a, file, LOCK_MS, ret_lock, c->fault);
    if (e) return e;
    record_keys_wipe(c->keys);
    return record_keys_open(c->a, file, (Str){0}, c->keys, &made, c->fault);
}

static int index_of(const RecordKeys *keys, uint32_t id)
{
    for (int i = 0; i < keys->count; i++)
        if (keys->signers[i].verifier.id == id) return i;
    return -1;
}

/* A key that no leaf has told of: not the first, which may be as old as the record. */
static Err find_untold(const Change *c, int *ret_index)
{
    *ret_index = -1;
    for (int i = 1; i < c->keys->count && *ret_index < 0; i++) {
        int64_t number;
        Err e = find_leaf(c, "record.key_added", &c->keys->signers[i].verifier, &number);
        if (e) return e;
        if (number < 0) *ret_index = i;
    }
    return ERR_OK;
}

static Err add_to_file(const Change *c, int *ret_index)
{
    AUTO(disk_unlock) int lock = -1;
    Err e = read_again(c, &lock);
    if (!e) e = find_untold(c, ret_index);
    if (e || *ret_index >= 0) return e;
    RecordKeys *keys = c->keys;
    if (keys->count == RECORD_KEYS_MAX) return fault_setf(c->fault, c->a, ERR_LIMIT, "there are %d keys: end one first", RECORD_KEYS_MAX);
    signer_new(keys->signers[0].verifier.name, KEY_NOTE, &keys->signers[keys->count]);
    *ret_index = keys->count++;
    return record_keys_write(c->a, keys, c->fault);
}

static Err only_key(const Change *c)
{
    return fault_set(
        c->fault, ERR_CONFLICT, 0, 0, S("this is the only key: add another one first ('hustings record key --new')"), (Str){0});
}

static Err take_from_file(const Change *c, uint32_t id)
{
    AUTO(disk_unlock) int lock = -1;
    Err e = read_again(c, &lock);
    int i = e ? -1 : index_of(c->keys, id);
    if (e || i < 0) return e;
    RecordKeys *keys = c->keys;
    if (keys->count == 1) return only_key(c); /* another has changed the file meanwhile */
    for (; i + 1 < keys->count; i++) keys->signers[i] = keys->signers[i + 1];
    signer_wipe(&keys->signers[--keys->count]);
    return record_keys_write(c->a, keys, c->fault);
}

/* --- the three changes --- */

Err record_key_add(Store *store, Db *db, Arena *a, RecordKeys *keys, Officer by, Str reason, int64_t now, Verifier *ret_added, Fault *fault)
{
    Change c = {store, db, a, keys, by, reason, now, fault};
    int i;
    Err e = seal_all(&c, record_seal); /* what cannot be signed must be mended before */
    if (!e) e = add_to_file(&c, &i);
    if (e) return e;
    *ret_added = keys->signers[i].verifier;
    Str key = key_shown(a, ret_added), old = key_shown(a, &keys->signers[0].verifier);
    e = tell(&c, "record.key_added", ret_added,
        str_format(a, "A new key, %.*s, signs this record from now on, beside %.*s.", STR_ARG(key), STR_ARG(old)), S(""));
    return e ? e : seal_all(&c, record_seal);
}

/* One that stays must have signed already, and be known from a leaf if it is the younger. */
static Err check_others(const Change *c, int ending)
{
    if (c->keys->count == 1) return only_key(c);
    for (int i = 0; i < c->keys->count; i++) {
        const Verifier *verifier = &c->keys->signers[i].verifier;
        int64_t number = 0;
        Err e = i == ending ? ERR_OK : check_signed_by(c, verifier);
        if (!e && i != ending && i > 0) e = find_leaf(c, "record.key_added", verifier, &number);
        if (e) return e;
        Str key = key_shown(c->a, verifier);
        if (number < 0)
            return fault_setf(
                c->fault, c->a, ERR_CONFLICT, "no leaf tells of %.*s yet: 'hustings record key --new' goes on with it", STR_ARG(key));
    }
    return ERR_OK;
}

Err record_key_end(Store *store, Db *db, Arena *a, RecordKeys *keys, uint32_t id, Officer by, Str reason, int64_t now, Fault *fault)
{
    Change c = {store, db, a, keys, by, reason, now, fault};
    int i = index_of(keys, id);
    if (i < 0)
        return fault_setf(
            fault, a, ERR_MISSING, "there is no key %08x in %.*s ('hustings record key' lists them)", id, STR_ARG(keys->file));
    Verifier ending = keys->signers[i].verifier;
    Err e = seal_all(&c, record_seal);
    if (!e) e = check_others(&c, i);
    if (e) return e;
    Str key = key_shown(a, &ending);
    e = tell(&c, "record.key_ended", &ending, str_format(a, "The key %.*s signs this record no more.", STR_ARG(key)), S(""));
    if (!e) e = seal_all(&c, record_seal);
    for (int k = 0; k < keys->count && !e; k++) e = check_signed_by(&c, &keys->signers[k].verifier);
    return e ? e : take_from_file(&c, id);
}

Err record_key_begin_again(Store *store, Db *db, Arena *a, RecordKeys *keys, Officer by, Str reason, int64_t now, Fault *fault)
{
    Change c = {store, db, a, keys, by, reason, now, fault};
    const Verifier *verifier = &keys->signers[0].verifier;
    Sealed before;
    Err e = record_sealed(db, a, &before);
    if (e && e != ERR_MISSING) return store_failed(&c, e);
    Str from = e ? S("") : before.checkpoint.origin, was = from.len ? from : S("no name"), key = key_shown(a, verifier);
    e = tell(&c, "record.key_added", verifier,
        str_format(a, "The record goes on under another name, with the new key %.*s. Its name was %.*s; that key signs it no more.",
            STR_ARG(key), STR_ARG(was)),
        from);
    return e ? e : seal_all(&c, record_seal_anew);
}
