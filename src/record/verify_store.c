/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A store says many things twice: columns beside an entry, nodes above leaves, the numbers in a checkpoint's row. Whatever an entry or a signature vouches
 * for is held against it here, row by row. What nothing vouches for (when a checkpoint was signed, to the millisecond; when a cosignature came; where on
 * the site a file lies, as long as what lies there has the right digest) is only asked to be possible; docs/tampering.md says so.
 */
#include "record/rows.h"
#include "record/verify_own.h"

#include <stdlib.h>
#include <string.h>

/* A checkpoint's row, looked at by a worker. */
typedef struct CheckpointRow {
    int64_t size, at;
    Checkpoint says; /* its note */
    Str frontier, root;
    bool is_good; /* every column has the kind it should have, and the note can be read */
    bool is_signed;
    bool is_falsified; /* bears a signature of a key that is known, and that is wrong */
} CheckpointRow;

/* What the store has beside a block's entries. */
typedef struct StoreBlock {
    DbRows leaves, checkpoints, cosignatures;
    int row_of[TILE_WIDTH]; /* -1: there is none */
    CheckpointRow *rows;
    Note *notes; /* of the checkpoints' rows; text NULL: none that can be read */
} StoreBlock;

/* A file that leaves name, by its digest, and once more by digest and name together; in a table with open addressing. */
typedef struct SeenFile {
    Sha256 key;
    int64_t leaf;
    bool is_used;
} SeenFile;

/* A name that the record had once. */
typedef struct OldName {
    Str name;
    int64_t until; /* the leaf that gave it up */
} OldName;

enum { OLD_NAMES_MAX = 16 };

struct StoreCheck {
    Db *db;
    int64_t size; /* record_head */
    int64_t checkpoint_at;
    Verifier keys[VERIFY_KEYS_MAX];
    int key_count;
    OldName names[OLD_NAMES_MAX];
    int name_count;
    SeenFile *files;
    int64_t file_room, file_count;
};

NODISCARD static Err store_fails(Verify *v, Fault *fault)
{
    return fault_set(fault, ERR_IO, 0, 0, str_copy(v->a, db_trouble(v->store->db)), (Str){0});
}

NODISCARD static Err ask(Verify *v, Arena *a, const char *statement, const DbValue *values, int value_count, DbRows *ret_rows)
{
    return db_query(v->store->db, a, statement, values, value_count, ret_rows) ? store_fails(v, v->fault) : ERR_OK;
}

/* ---- the head ---- */

static void read_head(Verify *v, const DbRows *rows)
{
    int64_t one = 0;
    bool good = rows->count == 1 && row_number(rows, 0, "one", &one) && one == 1 && row_number(rows, 0, "size", &v->store->size) &&
                v->store->size >= 0;
    if (!good) verify_found(v, FINDING_WRONG, -1, -1, "record_head has not the one row that it should have.");
    if (!good) v->store->size = -1;
}

/* Leaves that tell of a key which began the record again (record_key_begin_again). Whether they are as they were signed is found out when their turn comes. */
static void add_old_name(Verify *v, const DbRows *rows, int row)
{
    StoreCheck *s = v->store;
    OldName *old = &s->names[s->name_count];
    Str entry;
    Leaf leaf;
    Fault none = {0};
    if (s->name_count == OLD_NAMES_MAX || !row_number(rows, row, "number", &old->until)) return;
    if (!row_bytes(rows, row, "entry", DB_BLOB, &entry) || act_read(v->a, entry, &leaf, &none) || !leaf.data) return;
    const View *name = view_get(leaf.data, S("name_before"));
    if (!name || view_kind(name) != VIEW_STR) return;
    old->name = str_copy(v->a, view_str(name));
    s->name_count++;
}

NODISCARD static Err read_old_names(Verify *v)
{
    DbRows rows;
    Err e = ask(v, v->a, "verify_key_leaves", DB_NO_VALUES, &rows);
    for (int row = 0; !e && row < rows.count; row++) add_old_name(v, &rows, row);
    return e;
}

Err store_begin(Verify *v)
{
    if (!source_db(v->source)) return ERR_OK;
    v->store = calloc(1, sizeof *v->store);
    if (!v->store) out_of_memory(sizeof *v->store);
    v->store->db = source_db(v->source);
    DbRows rows;
    Err e = ask(v, v->a, "verify_head", DB_NO_VALUES, &rows);
    if (!e) read_head(v, &rows);
    return e ? e : read_old_names(v);
}

void store_clear(Verify *v)
{
    if (v->store) free(v->store->files);
    free(v->store);
    v->store = NULL;
}

/* ---- reading a block: on the caller's thread ---- */

static void place_leaf(Block *b, StoreBlock *s, int row)
{
    int64_t number = 0;
    Str hash = {0};
    if (!row_number(&s->leaves, row, "number", &number) || number < b->first || number >= b->first + b->count) return;
    int i = (int)(number - b->first);
    s->row_of[i] = row;
    b->has_entry[i] = row_bytes(&s->leaves, row, "entry", DB_BLOB, &b->entries[i]) ||
                      row_bytes(&s->leaves, row, "entry", DB_TEXT, &b->entries[i]);
    b->has_hash[i] = row_bytes(&s->leaves, row, "hash", DB_BLOB, &hash) && hash.len == SHA256_BYTES;
    if (b->has_hash[i]) memcpy(b->kept[i].bytes, hash.ptr, SHA256_BYTES);
}

NODISCARD static Err read_leaf_rows(Db *db, Block *b, StoreBlock *s)
{
    Err e = db_query(db, &b->arena, "verify_leaves", DB_VALUES(db_number(b->first), db_number(b->count)), &s->leaves);
    for (int i = 0; i < TILE_WIDTH; i++) s->row_of[i] = -1;
    for (int row = 0; !e && row < s->leaves.count; row++) place_leaf(b, s, row);
    return e;
}

/* Workers may not look at the keys that the pass finds on its way: the record's own are all known before. */
static void keep_candidates(Verify *v)
{
    StoreCheck *s = v->store;
    if (s->key_count) return;
    for (int i = 0; i < v->key_count; i++) s->keys[i] = v->keys[i].verifier;
    s->key_count = v->key_count;
}

Err store_fill(void *context, Block *b, Fault *fault)
{
    Verify *v = context;
    StoreBlock *s = arena_new(&b->arena, StoreBlock, 1);
    int64_t above = b->first ? b->first : -1;
    DbValue range[] = {db_number(above), db_number(b->first + b->count)};
    keep_candidates(v);
    b->more = s;
    Err e = read_leaf_rows(v->store->db, b, s);
    if (!e) e = db_query(v->store->db, &b->arena, "verify_checkpoints", range, 2, &s->checkpoints);
    if (!e) e = db_query(v->store->db, &b->arena, "verify_cosignatures", range, 2, &s->cosignatures);
    return e ? store_fails(v, fault) : ERR_OK;
}

/* ---- signatures: on workers ---- */

static void look_at_signatures(const StoreCheck *s, const Note *note, CheckpointRow *c)
{
    for (int i = 0; i < s->key_count; i++) {
        Err e = str_equal(s->keys[i].name, c->says.origin) ? note_check(note, &s->keys[i], NULL) : ERR_MISSING;
        c->is_signed |= e == ERR_OK;
        c->is_falsified |= e == ERR_INPUT;
    }
}

static void look_at_checkpoint(const StoreCheck *check, Block *b, StoreBlock *s, int row)
{
    CheckpointRow *c = &s->rows[row];
    Note *note = &s->notes[row];
    Str text = {0};
    Fault fault = {0};
    bool kinds = row_number(&s->checkpoints, row, "size", &c->size);
    kinds &= row_number(&s->checkpoints, row, "at", &c->at);
    kinds &= row_bytes(&s->checkpoints, row, "root", DB_BLOB, &c->root);
    kinds &= row_bytes(&s->checkpoints, row, "frontier", DB_BLOB, &c->frontier);
    kinds &= row_bytes(&s->checkpoints, row, "note", DB_TEXT, &text);
    c->is_good = kinds && note_read(&b->arena, text, note, &fault) == ERR_OK && checkpoint_read(note->text, &c->says, &fault) == ERR_OK;
    if (c->is_good) look_at_signatures(check, note, c);
    if (!c->is_good) note->text = (Str){0};
}

void store_work(void *context, Block *b)
{
    const Verify *v = context;
    StoreBlock *s = b->more;
    s->rows = arena_new(&b->arena, CheckpointRow, (size_t)s->checkpoints.count);
    s->notes = arena_new(&b->arena, Note, (size_t)s->checkpoints.count);
    for (int row = 0; row < s->checkpoints.count; row++) look_at_checkpoint(v->store, b, s, row);
}

/* ---- a leaf's columns ---- */

static void column_differs(Verify *v, int64_t leaf, const char *column)
{
    verify_found(
        v, FINDING_WRONG, leaf, leaf, "Leaf %lld: the column %s of its row does not say what its entry says.", (long long)leaf, column);
}

static void check_number(Verify *v, const DbRows *rows, int row, const char *column, int64_t leaf, int64_t expected)
{
    int64_t number = 0;
    if (!row_number(rows, row, column, &number) || number != expected) column_differs(v, leaf, column);
}

static void check_text(Verify *v, const DbRows *rows, int row, const char *column, int64_t leaf, Str expected)
{
    Str text = {0};
    if (!row_bytes(rows, row, column, DB_TEXT, &text) || !str_equal(text, expected)) column_differs(v, leaf, column);
}

static void check_columns(Verify *v, const DbRows *rows, int row, const Leaf *leaf)
{
    Str entry;
    if (!row_bytes(rows, row, "entry", DB_BLOB, &entry))
        verify_found(v, FINDING_WRONG, leaf->number, leaf->number,
            "Leaf %lld: its entry is kept as text and not as bytes: the row was written by another program.", (long long)leaf->number);
    check_number(v, rows, row, "at", leaf->number, leaf->at);
    check_text(v, rows, row, "kind", leaf->number, leaf->kind);
    check_text(v, rows, row, "contest", leaf->number, leaf->contest);
    check_text(v, rows, row, "unit", leaf->number, leaf->unit);
    check_number(v, rows, row, "power", leaf->number, leaf->power);
}

/* ---- files ---- */

static SeenFile *file_place(SeenFile *files, int64_t room, const Sha256 *key)
{
    uint64_t start;
    memcpy(&start, key->bytes, sizeof start);
    int64_t at = (int64_t)(start & (uint64_t)(room - 1));
    while (files[at].is_used && !hash_equal(&files[at].key, key)) at = (at + 1) & (room - 1);
    return &files[at];
}

static void grow_files(StoreCheck *s)
{
    int64_t room = s->file_room ? 2 * s->file_room : 1024;
    SeenFile *files = calloc((size_t)room, sizeof *files);
    if (!files) out_of_memory((size_t)room * sizeof *files);
    for (int64_t i = 0; i < s->file_room; i++)
        if (s->files[i].is_used) *file_place(files, room, &s->files[i].key) = s->files[i];
    free(s->files);
    s->files = files;
    s->file_room = room;
}

static void see_file(StoreCheck *s, const Sha256 *key, int64_t leaf)
{
    if (2 * (s->file_count + 1) > s->file_room) grow_files(s);
    SeenFile *file = file_place(s->files, s->file_room, key);
    if (file->is_used) return;
    *file = (SeenFile){.key = *key, .leaf = leaf, .is_used = true};
    s->file_count++;
}

/* NULL: no leaf has it. */
static const SeenFile *seen_file(const StoreCheck *s, const Sha256 *key)
{
    const SeenFile *file = s->file_room ? file_place(s->files, s->file_room, key) : NULL;
    return file && file->is_used ? file : NULL;
}

static Sha256 named_key(Arena *a, const Sha256 *digest, Str name)
{
    Buf b = buf_new(a);
    buf_str(&b, (Str){(const char *)digest->bytes, SHA256_BYTES});
    buf_str(&b, name);
    return sha256(buf_done(&b));
}

/* A row says of a file what the leaf says, and bytes that it has are the file. */
static bool file_row_is_right(const DbRows *rows, int row, const ActFile *file)
{
    int64_t size = 0;
    Str path, name, bytes;
    bool kinds = row_number(rows, row, "size", &size) && row_bytes(rows, row, "path", DB_TEXT, &path) &&
                 row_bytes(rows, row, "name", DB_TEXT, &name);
    if (!kinds || size != file->size) return false;
    if (row_is_null(rows, row, "bytes")) return true;
    if (!row_bytes(rows, row, "bytes", DB_BLOB, &bytes) || (int64_t)bytes.len != file->size) return false;
    Sha256 digest = sha256(bytes);
    return hash_equal(&digest, &file->digest);
}

NODISCARD static Err check_leaf_file(Verify *v, Arena *a, const Leaf *leaf, const ActFile *file)
{
    DbRows rows;
    long long n = (long long)leaf->number;
    Err e = ask(v, a, "verify_file", DB_VALUES(db_bytes((Str){(const char *)file->digest.bytes, SHA256_BYTES})), &rows);
    if (e) return e;
    Sha256 named = named_key(a, &file->digest, file->name);
    see_file(v->store, &file->digest, leaf->number);
    see_file(v->store, &named, leaf->number);
    if (!rows.count)
        verify_found(v, FINDING_WRONG, leaf->number, leaf->number, "Leaf %lld names the file %.*s, which record_file does not have.", n,
            STR_ARG(file->name));
    for (int row = 0; row < rows.count; row++)
        if (!file_row_is_right(&rows, row, file))
            verify_found(v, FINDING_WRONG, leaf->number, leaf->number,
                "Leaf %lld names the file %.*s; its row in record_file is not what the leaf says.", n, STR_ARG(file->name));
    return ERR_OK;
}

NODISCARD static Err check_leaf_files(Verify *v, const Leaf *leaf)
{
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    Err e = ERR_OK;
    for (int i = 0; i < leaf->file_count && !e; i++) {
        e = check_leaf_file(v, &arena, leaf, &leaf->files[i]);
        arena_recycle(&arena);
    }
    arena_clear(&arena);
    return e;
}

static void check_file_row(Verify *v, Arena *a, Str digest, Str name)
{
    Sha256 key = {0};
    if (digest.len == SHA256_BYTES) memcpy(key.bytes, digest.ptr, SHA256_BYTES);
    const SeenFile *seen = digest.len == SHA256_BYTES ? seen_file(v->store, &key) : NULL;
    Sha256 named = named_key(a, &key, name);
    if (!seen) verify_found(v, FINDING_WRONG, -1, -1, "record_file has a file (%.*s) that no leaf names.", STR_ARG(name));
    else if (!seen_file(v->store, &named))
        verify_found(v, FINDING_WRONG, seen->leaf, seen->leaf, "Leaf %lld names a file that record_file calls otherwise: %.*s.",
            (long long)seen->leaf, STR_ARG(name));
}

/* Rows of files that no leaf names, or that bear another name than any leaf gives them. */
NODISCARD static Err check_file_rows(Verify *v)
{
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    Sha256 after = {0};
    Str last = {(const char *)after.bytes, 0}, digest, name;
    DbRows rows = {.count = 1};
    Err e = ERR_OK;
    while (!e && rows.count) {
        e = ask(v, &arena, "verify_file_list", DB_VALUES(db_bytes(last)), &rows);
        for (int row = 0; !e && row < rows.count; row++) {
            if (!row_bytes(&rows, row, "name", DB_TEXT, &name)) name = S("");
            if (!row_bytes(&rows, row, "digest", DB_BLOB, &digest)) digest = S("");
            check_file_row(v, &arena, digest, name);
        }
        if (e || !rows.count) break;
        /* What is no digest has been told; there is no going on behind it. */
        if (!row_bytes(&rows, rows.count - 1, "digest", DB_BLOB, &digest) || digest.len != SHA256_BYTES) break;
        memcpy(after.bytes, digest.ptr, SHA256_BYTES);
        last.len = SHA256_BYTES;
        arena_recycle(&arena);
    }
    arena_clear(&arena);
    return e;
}

/* ---- checkpoints ---- */

static void checkpoint_wrong(Verify *v, int64_t size, const char *what)
{
    verify_found(v, FINDING_WRONG, -1, -1, "record_checkpoint: the row of %lld leaves: %s.", (long long)size, what);
}

/* One that was signed under a name that the record has given up since. Its key is gone for good as a rule: then only the leaves vouch for it. */
static bool is_history(const StoreCheck *s, const CheckpointRow *c)
{
    for (int i = 0; i < s->name_count; i++)
        if (str_equal(s->names[i].name, c->says.origin) && c->size <= s->names[i].until) return true;
    return false;
}

/* Its columns against its note, its note against the tree as it was. */
static void check_checkpoint(Verify *v, Arena *a, const CheckpointRow *c, const Frontier *frontier)
{
    StoreCheck *s = v->store;
    Sha256 root = frontier_root(frontier);
    v->report->store_checkpoints++;
    if (!c->is_good) {
        checkpoint_wrong(v, c->size, "it is not a checkpoint, or a column has the wrong kind of value");
        return;
    }
    bool is_own = str_equal(c->says.origin, v->report->checkpoint.origin), history = !is_own && is_history(s, c);
    if (c->is_falsified || (!c->is_signed && !history)) checkpoint_wrong(v, c->size, "its note is not signed by a key of this record");
    if (c->says.size != c->size || !(is_own || history)) checkpoint_wrong(v, c->size, "its note is of another size or record");
    if (c->root.len != SHA256_BYTES || memcmp(c->root.ptr, c->says.root.bytes, SHA256_BYTES) != 0)
        checkpoint_wrong(v, c->size, "its root is not that of its note");
    bool fits = hash_equal(&root, &c->says.root);
    if (c->is_signed && c->says.size == c->size) verify_sized(v, c->size, fits);
    else if (history && !fits) checkpoint_wrong(v, c->size, "its root is not that of the leaves");
    if (fits && !str_equal(c->frontier, frontier_bytes(a, frontier)))
        checkpoint_wrong(v, c->size, "its frontier is not that of the leaves");
    if (c->at < s->checkpoint_at) checkpoint_wrong(v, c->size, "it says that it was signed before the one in front of it");
    s->checkpoint_at = c->at;
}

static void check_checkpoints(Verify *v, const Block *b)
{
    const StoreBlock *s = b->more;
    Frontier frontier = frontier_at(&v->entries, NULL, 0);
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    for (int row = 0, i = 0; row < s->checkpoints.count; row++) {
        const CheckpointRow *c = &s->rows[row];
        while (i < b->count && frontier.size < c->size) frontier_add(&frontier, &b->hashes[i++]);
        check_checkpoint(v, &arena, c, &frontier);
        arena_recycle(&arena);
    }
    arena_clear(&arena);
}

/* ---- cosignatures ---- */

static const CheckpointRow *row_of_size(const StoreBlock *s, int64_t size, const Note **ret_note)
{
    for (int row = 0; row < s->checkpoints.count; row++) {
        if (s->rows[row].size != size || !s->notes[row].text.ptr) continue;
        *ret_note = &s->notes[row];
        return &s->rows[row];
    }
    return NULL;
}

typedef struct CosignatureRow {
    Str witness, line;
    int64_t id, size, time, at;
} CosignatureRow;

static bool read_cosignature(const DbRows *rows, int row, CosignatureRow *ret_row)
{
    return row_bytes(rows, row, "witness", DB_TEXT, &ret_row->witness) && row_bytes(rows, row, "line", DB_TEXT, &ret_row->line) &&
           row_number(rows, row, "id", &ret_row->id) && row_number(rows, row, "size", &ret_row->size) &&
           row_number(rows, row, "time", &ret_row->time) && row_number(rows, row, "at", &ret_row->at);
}

static const Verifier *witness_named(const Verify *v, const NoteSignature *s)
{
    for (int i = 0; i < v->options->witness_count; i++) {
        const Verifier *w = &v->options->witnesses[i];
        if (w->id == s->id && str_equal(w->name, s->name)) return w;
    }
    return NULL;
}

static int64_t time_in(const NoteSignature *s)
{
    uint64_t time = 0;
    for (int i = 0; i < 8; i++) time = time << 8 | (uint8_t)s->bytes.ptr[i];
    return (int64_t)time;
}

/* The line is the last signature of the note that it makes with the checkpoint's text. NULL: it is right as far as can be told. */
static const char *cosignature_trouble(Verify *v, Arena *a, const CosignatureRow *c, const Note *signed_note)
{
    Note *note = arena_new(a, Note, 1);
    Fault fault = {0};
    Str text = str_format(a, "%.*s\n%.*s", STR_ARG(signed_note->text), STR_ARG(c->line));
    if (note_read(a, text, note, &fault) || note->signature_count != 1) return "its line is not one signature";
    const NoteSignature *s = &note->signatures[0];
    if (!str_equal(s->name, c->witness) || (int64_t)s->id != c->id) return "its line is of another witness";
    if (s->bytes.len != 8 + NOTE_SIGNED_BYTES || time_in(s) != c->time) return "its time is not that of its line";
    const Verifier *witness = witness_named(v, s);
    if (!witness) v->report->store_unchecked_cosignatures++;
    return witness && note_check(note, witness, NULL) != ERR_OK ? "its signature is wrong" : NULL;
}

static void check_cosignature(Verify *v, Arena *a, const StoreBlock *s, int row)
{
    CosignatureRow c = {0};
    const Note *note = NULL;
    const char *trouble = "a column has the wrong kind of value";
    v->report->store_cosignatures++;
    if (read_cosignature(&s->cosignatures, row, &c)) trouble = row_of_size(s, c.size, &note) ? cosignature_trouble(v, a, &c, note) : NULL;
    if (trouble)
        verify_found(v, FINDING_WRONG, -1, -1, "record_cosignature: the row of %.*s for %lld leaves: %s.", STR_ARG(c.witness),
            (long long)c.size, trouble);
}

static void check_cosignatures(Verify *v, const Block *b)
{
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    const StoreBlock *s = b->more;
    for (int row = 0; row < s->cosignatures.count; row++) {
        check_cosignature(v, &arena, s, row);
        arena_recycle(&arena);
    }
    arena_clear(&arena);
}

/* ---- a block ---- */

static bool is_good(const Block *b, int i)
{
    return b->has_entry[i] && b->has_hash[i] && b->is_read[i] && hash_equal(&b->hashes[i], &b->kept[i]);
}

Err store_block(Verify *v, const Block *b)
{
    const StoreBlock *s = b->more;
    if (!v->store || !s) return ERR_OK;
    for (int i = 0; i < b->count; i++) {
        if (!is_good(b, i) || s->row_of[i] < 0) continue;
        check_columns(v, &s->leaves, s->row_of[i], &b->leaves[i]);
        Err e = b->leaves[i].file_count ? check_leaf_files(v, &b->leaves[i]) : ERR_OK;
        if (e) return e;
    }
    check_checkpoints(v, b);
    check_cosignatures(v, b);
    return ERR_OK;
}

/* ---- what is not sealed yet ---- */

/* *ret_any: some of them are there. */
NODISCARD static Err check_unsealed(Verify *v, Block *b, StoreBlock *s, bool *ret_any)
{
    Err e = read_leaf_rows(v->store->db, b, s);
    if (e) return store_fails(v, v->fault);
    *ret_any = s->leaves.count > 0;
    if (!*ret_any)
        verify_found(v, FINDING_WRONG, b->first, b->first,
            "record_head says that there are %lld leaves, but leaf %lld and all after it are not there.", (long long)v->store->size,
            (long long)b->first);
    if (!*ret_any) return ERR_OK;
    for (int i = 0; i < b->count && !e; i++) {
        int64_t number = b->first + i;
        v->report->unsealed++;
        if (!b->has_entry[i] || !b->has_hash[i]) {
            verify_found(v, FINDING_WRONG, number, number, "Leaf %lld, which is not signed yet, is not there.", (long long)number);
            continue;
        }
        Sha256 hash = tree_leaf(b->entries[i]);
        Fault fault = {0};
        if (!hash_equal(&hash, &b->kept[i]))
            verify_found(v, FINDING_WRONG, number, number,
                "Leaf %lld, which is not signed yet, does not have the hash that is kept for it.", (long long)number);
        else if (act_read(&b->arena, b->entries[i], &b->leaves[i], &fault))
            verify_found(v, FINDING_WRONG, number, number, "Leaf %lld, which is not signed yet, is no act in the form that the record has.",
                (long long)number);
        else {
            b->leaves[i].number = number;
            b->leaves[i].entry = b->entries[i];
            check_columns(v, &s->leaves, s->row_of[i], &b->leaves[i]);
            acts_power(v, &b->leaves[i]);
            e = check_leaf_files(v, &b->leaves[i]);
        }
    }
    return e;
}

NODISCARD static Err check_all_unsealed(Verify *v)
{
    Block *b = calloc(1, sizeof *b);
    if (!b) out_of_memory(sizeof *b);
    Err e = ERR_OK;
    bool any = true;
    for (int64_t first = v->report->checkpoint.size; first < v->store->size && !e && any; first += TILE_WIDTH) {
        memset(b, 0, sizeof *b);
        arena_init(&b->arena, ARENA_LIMIT_DEFAULT);
        b->first = first;
        b->count = v->store->size - first < TILE_WIDTH ? (int)(v->store->size - first) : TILE_WIDTH;
        e = check_unsealed(v, b, arena_new(&b->arena, StoreBlock, 1), &any);
        arena_clear(&b->arena);
    }
    free(b);
    return e;
}

/* ---- rows that have no place ---- */

/* Each row that the statement gives is one too many. */
NODISCARD static Err strays(Verify *v, const char *statement, const DbValue *values, int value_count, const char *table, const char *column)
{
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    DbRows rows = {0};
    Err e = ask(v, &arena, statement, values, value_count, &rows);
    for (int row = 0; !e && row < rows.count; row++) {
        int64_t number = -1;
        bool good = row_number(&rows, row, column, &number);
        Str which = good ? str_format(&arena, "%lld", (long long)number) : S("that is no number");
        bool leaf = strcmp(table, "record_leaf") == 0 && good && number >= 0;
        verify_found(v, FINDING_WRONG, leaf ? number : -1, leaf ? number : -1, "%s has a row that cannot be there: %s %.*s.", table, column,
            STR_ARG(which));
    }
    arena_clear(&arena);
    return e;
}

NODISCARD static Err node_strays(Verify *v)
{
    Err e = strays(v, "verify_node_levels", DB_VALUES(db_number(TILE_LEVELS_MAX - 1)), "record_node", "level");
    for (int level = 1; level < TILE_LEVELS_MAX && !e; level++)
        e = strays(v, "verify_node_strays", DB_VALUES(db_number(level), db_number(tile_hashes(level, v->report->checkpoint.size))),
            "record_node", "number");
    return e;
}

/* ---- powers ---- */

static bool same_text(const DbRows *rows, int row, const char *column, Str expected)
{
    Str text;
    return row_bytes(rows, row, column, DB_TEXT, &text) && str_equal(text, expected);
}

/* What the act's data says of the power, when it does. */
static bool same_as_data(const DbRows *rows, int row, const char *column, const View *data, Str key)
{
    const View *value = data ? view_get(data, key) : NULL;
    Str text;
    if (!value || view_kind(value) != VIEW_STR) return row_bytes(rows, row, column, DB_TEXT, &text);
    return same_text(rows, row, column, view_str(value));
}

static bool power_row_is_right(Arena *a, const DbRows *rows, int row, const OpenPower *p)
{
    Leaf leaf;
    Fault fault = {0};
    int64_t until = 0;
    if (act_read(a, (Str){p->entry, p->entry_len}, &leaf, &fault)) return false;
    const View *power = leaf.data ? view_get(leaf.data, S("power")) : NULL;
    return row_number(rows, row, "until", &until) && until == leaf.until && same_text(rows, row, "contest", leaf.contest) &&
           same_text(rows, row, "unit", leaf.unit) && same_as_data(rows, row, "holder", power, S("holder")) &&
           same_as_data(rows, row, "what", power, S("what")) && same_as_data(rows, row, "ended", power, S("ended"));
}

static void check_power_row(Verify *v, Arena *a, const DbRows *rows, int row, int64_t number)
{
    OpenPower *p = power_find(v, number);
    if (!p || p->is_offer) {
        verify_found(v, FINDING_WRONG, -1, -1, "record_power has a power of leaf %lld, which gave none, or whose power has ended.",
            (long long)number);
        return;
    }
    p->is_stored = true;
    if (!power_row_is_right(a, rows, row, p))
        verify_found(v, FINDING_WRONG, number, number, "record_power does not say of the power that leaf %lld gave what the leaf says.",
            (long long)number);
}

NODISCARD static Err check_powers(Verify *v)
{
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    int64_t number = INT64_MIN;
    DbRows rows = {.count = 1};
    Err e = ERR_OK;
    for (bool more = true; more && !e;) {
        e = ask(v, &arena, "verify_powers", DB_VALUES(db_number(number)), &rows);
        more = !e && rows.count > 0;
        for (int row = 0; !e && row < rows.count && more; row++) {
            more = row_number(&rows, row, "number", &number);
            if (more) check_power_row(v, &arena, &rows, row, number);
            else verify_found(v, FINDING_WRONG, -1, -1, "record_power has a row whose number is none.");
        }
        arena_recycle(&arena);
    }
    arena_clear(&arena);
    for (int64_t i = 0; i < v->power_room && !e; i++) {
        const OpenPower *p = &v->powers[i];
        if (p->state == POWER_OPEN && !p->is_stored && !p->is_offer)
            verify_found(v, FINDING_WRONG, p->leaf, p->leaf, "Leaf %lld gave a power that no leaf ends, but record_power does not have it.",
                (long long)p->leaf);
    }
    return e;
}

Err store_end(Verify *v)
{
    if (!v->store) return ERR_OK;
    int64_t size = v->report->checkpoint.size, head = v->store->size;
    if (head >= 0 && head < size)
        verify_found(
            v, FINDING_WRONG, -1, -1, "record_head says that there are %lld leaves; %lld were signed.", (long long)head, (long long)size);
    Err e = head > size ? check_all_unsealed(v) : ERR_OK;
    if (!e && head >= 0) e = strays(v, "verify_leaf_strays", DB_VALUES(db_number(head > size ? head : size)), "record_leaf", "number");
    if (!e) e = node_strays(v);
    if (!e) e = strays(v, "verify_checkpoint_strays", DB_VALUES(db_number(size)), "record_checkpoint", "size");
    if (!e) e = strays(v, "verify_cosignature_strays", DB_NO_VALUES, "record_cosignature", "size");
    if (!e) e = strays(v, "verify_file_strays", DB_NO_VALUES, "record_file", "digest");
    if (!e) e = check_file_rows(v);
    /* What is in force is known only when every leaf could be read. */
    return e || v->leaf_mismatch_count || v->lacks ? e : check_powers(v);
}
