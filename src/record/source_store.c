/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A store that somebody has changed may hold anything in any column (SQLite holds values to no type), so nothing is taken for what it should be.
 */
#include "record/act.h"
#include "record/rows.h"
#include "record/seal.h"
#include "record/source_own.h"

#include <string.h>

NODISCARD static Err no_store(const RecordSource *source, Fault *fault)
{
    return fault_set(fault, ERR_IO, 0, 0, db_trouble(source->db), (Str){0});
}

NODISCARD static Err lacks(Arena *a, int64_t number, const char *what, Fault *fault)
{
    return fault_setf(fault, a, ERR_MISSING, "%s %lld", what, (long long)number);
}

/* ---- the checkpoint, with those who cosigned it ---- */

static void add_cosignatures(const DbRows *rows, Buf *b)
{
    for (int i = 0; i < rows->count; i++) {
        Str line;
        if (row_bytes(rows, i, "line", DB_TEXT, &line) && b->len + line.len <= NOTE_MAX) buf_str(b, line);
    }
}

NODISCARD static Err store_checkpoint(RecordSource *source, Arena *a, Str *ret_note, Fault *fault)
{
    DbRows rows, cosigned;
    if (db_query(source->db, a, "verify_newest", DB_NO_VALUES, &rows)) return no_store(source, fault);
    Str note;
    int64_t size;
    if (!rows.count) return fault_set(fault, ERR_MISSING, 0, 0, S("a signed checkpoint"), S("a store in which nothing was signed yet"));
    if (!row_bytes(&rows, 0, "note", DB_TEXT, &note) && !row_bytes(&rows, 0, "note", DB_BLOB, &note)) note = S("");
    Buf b = buf_new(a);
    buf_str(&b, note);
    if (row_number(&rows, 0, "size", &size)) {
        if (db_query(source->db, a, "verify_cosignatures", DB_VALUES(db_number(size - 1), db_number(size)), &cosigned))
            return no_store(source, fault);
        add_cosignatures(&cosigned, &b);
    }
    *ret_note = buf_done(&b);
    return ERR_OK;
}

/* ---- keys: those that sign now, and those that the record itself names ---- */

/* A file that is not there, or not for us to read, has none to tell. */
static void add_file_keys(const RecordSource *source, Arena *a, Buf *b)
{
    RecordKeys keys;
    bool made;
    Fault none = {0};
    if (!source->key_file.len || record_keys_open(a, source->key_file, (Str){0}, &keys, &made, &none)) return;
    for (int i = 0; i < keys.count; i++) {
        Str vkey = verifier_text(a, &keys.signers[i].verifier);
        buf_format(b, "%.*s\n", STR_ARG(vkey));
    }
    record_keys_wipe(&keys);
}

NODISCARD static Err store_keys(RecordSource *source, Arena *a, Str *ret_text, Fault *fault)
{
    DbRows rows;
    if (db_query(source->db, a, "verify_key_leaves", DB_NO_VALUES, &rows)) return no_store(source, fault);
    Buf b = buf_new(a);
    add_file_keys(source, a, &b);
    for (int i = 0; i < rows.count; i++) {
        Str entry;
        Leaf leaf;
        Fault none = {0};
        if (!row_bytes(&rows, i, "entry", DB_BLOB, &entry) || act_read(a, entry, &leaf, &none) || !leaf.data) continue;
        const View *vkey = view_get(leaf.data, S("vkey"));
        if (!vkey || view_kind(vkey) != VIEW_STR) continue;
        buf_str(&b, view_str(vkey));
        buf_byte(&b, '\n');
    }
    *ret_text = buf_done(&b);
    return ERR_OK;
}

/* ---- tiles ---- */

/* Rows of a tile: numbers without gaps from `first` on, `width` of them. */
NODISCARD static Err whole(const DbRows *rows, Arena *a, int64_t first, int width, Fault *fault)
{
    for (int i = 0; i < width; i++) {
        int64_t number;
        if (i >= rows->count || !row_number(rows, i, "number", &number) || number != first + i) return lacks(a, first + i, "row", fault);
    }
    return ERR_OK;
}

NODISCARD static Err store_tile(RecordSource *source, Arena *a, int level, int64_t index, int width, Str *ret_bytes, Fault *fault)
{
    int64_t first = index * TILE_WIDTH;
    const char *column = level < 0 ? "entry" : "hash";
    DbRows rows;
    Err e = level > 0
                ? db_query(source->db, a, "verify_nodes", DB_VALUES(db_number(level), db_number(first), db_number(first + width)), &rows)
                : db_query(source->db, a, level < 0 ? "verify_leaves" : "verify_leaf_hashes", DB_VALUES(db_number(first), db_number(width)),
                      &rows);
    if (e) return no_store(source, fault);
    e = whole(&rows, a, first, width, fault);
    if (e) return e;
    Buf b = buf_new(a);
    for (int i = 0; i < width; i++) {
        Str bytes;
        if (!row_bytes(&rows, i, column, DB_BLOB, &bytes)) return lacks(a, first + i, "what row", fault);
        if (level < 0 ? bytes.len > BUNDLE_ENTRY_MAX : bytes.len != SHA256_BYTES) return lacks(a, first + i, "what row", fault);
        if (level < 0) bundle_add(&b, bytes);
        else buf_str(&b, bytes);
    }
    *ret_bytes = buf_done(&b);
    return ERR_OK;
}

/* ---- files ---- */

NODISCARD static Err store_file(RecordSource *source, Arena *a, const Sha256 *digest, int64_t size, Str *ret_bytes, Fault *fault)
{
    DbRows rows;
    (void)size;
    Str key = {(const char *)digest->bytes, SHA256_BYTES}, path;
    if (db_query(source->db, a, "verify_file", DB_VALUES(db_bytes(key)), &rows)) return no_store(source, fault);
    for (int i = 0; i < rows.count; i++) {
        if (row_bytes(&rows, i, "bytes", DB_BLOB, ret_bytes)) return ERR_OK;
        if (!row_bytes(&rows, i, "path", DB_TEXT, &path) || !path.len || !source->file_at) continue;
        Err e = source->file_at(source->db, a, path, ret_bytes);
        if (e != ERR_MISSING) return e ? no_store(source, fault) : ERR_OK;
        return fault_setf(fault, a, ERR_MISSING, "a file at %.*s", STR_ARG(path));
    }
    return fault_set(fault, ERR_MISSING, 0, 0, S("the file"), rows.count ? S("taken away") : S("a store that does not know it"));
}

/* ---- open and close ---- */

static void store_source_close(RecordSource *source)
{
    if (source->db) {
        db_release(source->db);
        db_close(source->db);
    }
    store_close(source->store);
}

static const SourceOps store_ops = {
    .checkpoint = store_checkpoint,
    .keys = store_keys,
    .tile = store_tile,
    .file = store_file,
    .close = store_source_close,
};

Err source_open_store(Arena *a, Str where, RecordSource **ret_source, Fault *fault)
{
    StoreOptions options = {.url = where, .must_exist = true, .as_it_is = true};
    RecordSource *source = source_new(a, &store_ops, store_url_shown(a, where), (Str){0});
    Str path = str_starts(where, S("sqlite:")) ? str_slice(where, S("sqlite:").len, where.len) : where;
    if (!str_starts(where, S("postgres"))) source->key_file = str_format(a, "%.*s.record-key", STR_ARG(path));
    Err e = store_open(a, &options, &source->store, fault);
    if (!e) e = db_open(source->store, &source->db, fault);
    if (!e && db_snapshot(source->db)) e = no_store(source, fault);
    if (e) {
        store_source_close(source);
        return e;
    }
    *ret_source = source;
    return ERR_OK;
}
