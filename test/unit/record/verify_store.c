/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A store with acts of all kinds is changed by hand, value by value and byte by byte, and verified: nothing may go unnoticed, what is about a leaf must name
 * it, and when the value is put back all is right again. What nothing vouches for is a test of its own (docs/tampering.md lists it): the moment at which a
 * checkpoint was signed, that at which a cosignature came, where on the site a file is. On PostgreSQL: test/record/tamper_postgres.py.
 */
#include "core/folder.h"

#include "record/seal.h"
#include "record/verify.h"

#include <sqlite3.h>

enum { STORE_LEAVES = 300 };
#define NOW INT64_C(1790000000000)
#define NAME S("vote.example.org/record")

typedef struct Desk {
    Arena *a;
    Folder folder;
    Str url;
    RecordKeys keys;
    Signer witness;
    sqlite3 *db;
} Desk;

/* ---- making it ---- */

typedef struct Acts {
    int64_t first, count;
} Acts;

static Err one_act(Db *db, Command *c, int64_t n)
{
    Officer ada = {S("Ada Poll"), S("steward")};
    Str table = S("a,b\n1,2\n");
    ActFile files[] = {{.name = S("papers.csv"), .size = (int64_t)table.len, .digest = sha256(table), .bytes = table},
        {.name = S("gone.csv"), .size = 3, .digest = sha256(S("abc")), .path = S("/contests/labour-2010/files/gone-csv")}};
    Act act = {.kind = "contest.published",
        .by = ada,
        .contest = S("labour-2010"),
        .says = S("The result was published."),
        .files = files,
        .file_count = 2};
    Act given = {.kind = "role.given", .by = ada, .unit = S("leeds"), .says = S("Bo Ballot is steward."), .until = c->now + 1000000000};
    Act export = {.kind = "export.made", .by = {S("Cy Clerk"), S("operator")}, .says = S("Everything was exported.")};
    Power power = {.ended = "role.ended", .holder = S("Bo Ballot"), .what = S("the role of steward")};
    if (n % 8 == 1) return record_act(db, c->arena, &act, c->now, NULL, &c->fault);
    if (n % 8 == 3) return record_power_give(db, c->arena, &given, &power, c->now, NULL, &c->fault);
    if (n % 8 == 5 && n < STORE_LEAVES - 20) return record_power_end(db, c->arena, n - 2, ada, S("By hand."), c->now, &c->fault);
    return record_act(db, c->arena, &export, c->now, NULL, &c->fault);
}

static Err run_acts(Db *db, Command *c)
{
    const Acts *acts = c->input;
    Err e = ERR_OK;
    for (int64_t n = acts->first; n < acts->first + acts->count && !e; n++) e = one_act(db, c, n);
    return e;
}

static Err run_cosigned(Db *db, Command *c)
{
    return record_cosigned(db, c->input, c->now);
}

static void command(Store *store, Arena *a, Err (*run)(Db *, Command *), const void *input, LeafRule leaf, int64_t now)
{
    Command c = {.name = "test", .leaf = leaf, .run = run, .input = input, .arena = a, .now = now};
    if (store_run(store, &c)) fail_msg("%.*s", STR_ARG(fault_text(a, &c.fault)));
}

static void cosign(Desk *d, Store *store, Db *db)
{
    Sealed sealed;
    Note *note = arena_new(d->a, Note, 1);
    Fault fault = {0};
    assert_int_equal(record_sealed(db, d->a, &sealed), ERR_OK);
    assert_int_equal(note_read(d->a, sealed.note, note, &fault), ERR_OK);
    Cosignature made = {
        .witness = d->witness.verifier.name, .id = d->witness.verifier.id, .size = sealed.checkpoint.size, .time = 1790000123};
    made.line = note_sign(d->a, &d->witness, note->text, made.time);
    command(store, d->a, run_cosigned, &made, LEAF_NONE, NOW);
}

static Desk *desk_new(Arena *a)
{
    static const int64_t steps[] = {1, 2, 3, 7, 20, 200, 23, 30, 10, 4};
    Desk *d = arena_new(a, Desk, 1);
    Store *store;
    Db *db;
    Fault fault = {0};
    bool made, sealed;
    *d = (Desk){.a = a, .folder = folder_new(a)};
    d->url = str_format(a, "%s/store.db", d->folder.path);
    signer_new(S("witness.example"), KEY_COSIGN, &d->witness);
    if (store_open(a, &(StoreOptions){.url = d->url}, &store, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    assert_int_equal(db_open(store, &db, &fault), ERR_OK);
    assert_int_equal(record_keys_open(a, str_format(a, "%.*s.record-key", STR_ARG(d->url)), NAME, &d->keys, &made, &fault), ERR_OK);
    Acts acts = {0};
    for (int i = 0; i < COUNT_OF(steps); i++) {
        acts.count = steps[i];
        command(store, a, run_acts, &acts, LEAF_ONE, NOW + i * 1000);
        acts.first += acts.count;
        bool last = i == COUNT_OF(steps) - 1; /* four are not signed yet */
        if (!last) assert_int_equal(record_seal(store, db, a, &d->keys, NOW + i * 1000 + 500, &sealed, &fault), ERR_OK);
        if (i % 2 == 0 && !last) cosign(d, store, db);
    }
    assert_int_equal(acts.first, STORE_LEAVES);
    db_close(db);
    store_close(store);
    assert_int_equal(sqlite3_open(str_c(a, d->url), &d->db), SQLITE_OK);
    sqlite3_exec(d->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
    return d;
}

static void desk_free(Desk *d)
{
    sqlite3_close(d->db);
    record_keys_wipe(&d->keys);
    folder_remove(&d->folder);
}

/* ---- verifying ---- */

static VerifyReport *verified(const Desk *d, Arena *a)
{
    RecordSource *source = NULL;
    VerifyReport *r = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    VerifyOptions options = {.witnesses = &d->witness.verifier, .witness_count = 1, .quorum = 0};
    options.witness_count = 1;
    if (source_open(a, d->url, &source, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    Err e = record_verify(a, source, &options, r, &fault);
    if (e) fail_msg("%d %.*s", (int)e, STR_ARG(fault_text(a, &fault)));
    source_close(source);
    return r;
}

static void print_findings(const VerifyReport *r)
{
    for (int i = 0; i < r->finding_count && i < FINDINGS_MAX; i++) print_error("%.*s\n", STR_ARG(r->findings[i].words));
}

static void assert_right(const Desk *d)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    VerifyReport *r = verified(d, &a);
    if (!r->right || r->finding_count) print_findings(r);
    assert_true(r->right);
    assert_int_equal(r->finding_count, 0);
    arena_clear(&a);
}

static void sql(const Desk *d, const char *format, ...)
{
    char text[2000], *words = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (sqlite3_exec(d->db, text, NULL, NULL, &words) != SQLITE_OK) fail_msg("%s: %s", text, words);
}

/* ---- one value ---- */

typedef struct Cell {
    const char *table, *column;
    int64_t row;  /* rowid */
    int64_t leaf; /* which must be named; -1: none */
} Cell;

static void write_cell(const Desk *d, const Cell *c, sqlite3_value *value, const void *bytes, int len)
{
    char text[300];
    sqlite3_stmt *st;
    snprintf(text, sizeof text, "UPDATE %s SET %s = ?1 WHERE rowid = %lld", c->table, c->column, (long long)c->row);
    assert_int_equal(sqlite3_prepare_v2(d->db, text, -1, &st, NULL), SQLITE_OK);
    if (!bytes) sqlite3_bind_value(st, 1, value);
    else if (sqlite3_value_type(value) == SQLITE_TEXT) sqlite3_bind_text(st, 1, bytes, len, SQLITE_TRANSIENT);
    else sqlite3_bind_blob(st, 1, bytes, len, SQLITE_TRANSIENT);
    int code = sqlite3_step(st);
    if (code != SQLITE_DONE) print_error("%s: %s\n", text, sqlite3_errmsg(d->db));
    sqlite3_finalize(st);
    assert_int_equal(code, SQLITE_DONE);
}

static void assert_noticed(const Desk *d, const Cell *c, const char *how)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    VerifyReport *r = verified(d, &a);
    bool named = c->leaf < 0 || r->first_wrong == c->leaf;
    if (r->right || !named) {
        print_error("%s.%s of row %lld, %s: %s, first wrong %lld\n", c->table, c->column, (long long)c->row, how,
            r->right ? "not noticed" : "noticed", (long long)r->first_wrong);
        print_findings(r);
    }
    assert_false(r->right);
    assert_true(named);
    arena_clear(&a);
}

static sqlite3_value *read_cell(const Desk *d, const Cell *c)
{
    char text[300];
    sqlite3_stmt *st;
    snprintf(text, sizeof text, "SELECT %s FROM %s WHERE rowid = %lld", c->column, c->table, (long long)c->row);
    assert_int_equal(sqlite3_prepare_v2(d->db, text, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    sqlite3_value *value = sqlite3_value_dup(sqlite3_column_value(st, 0));
    sqlite3_finalize(st);
    assert_non_null(value);
    return value;
}

static void change_bytes(const Desk *d, const Cell *c, sqlite3_value *value, int step)
{
    int len = sqlite3_value_bytes(value);
    const unsigned char *was = sqlite3_value_blob(value);
    unsigned char *copy = malloc((size_t)len + 1);
    assert_non_null(copy);
    for (int i = 0; i < len; i += step * each_nth()) {
        memcpy(copy, was, (size_t)len);
        copy[i] ^= 1;
        write_cell(d, c, value, copy, len);
        assert_noticed(d, c, "a byte changed");
    }
    memcpy(copy, was ? was : (const unsigned char *)"", (size_t)len);
    copy[len] = 'x';
    write_cell(d, c, value, copy, len + 1);
    assert_noticed(d, c, "a byte more");
    free(copy);
}

/* Every `step`th byte of a text or blob; a number by one and by each of its bytes; then NULL's stand-in: a value of another kind. */
static void change_cell(const Desk *d, const Cell *c, int step)
{
    sqlite3_value *value = read_cell(d, c);
    int kind = sqlite3_value_type(value);
    char text[400];
    for (int byte = 0; kind == SQLITE_INTEGER && byte <= 8; byte += each_nth()) { /* the last: its sign */
        int bit = byte < 8 ? 8 * byte : 63;
        int64_t number = (int64_t)((uint64_t)sqlite3_value_int64(value) ^ (UINT64_C(1) << bit));
        snprintf(
            text, sizeof text, "UPDATE %s SET %s = %lld WHERE rowid = %lld", c->table, c->column, (long long)number, (long long)c->row);
        sql(d, "%s", text);
        assert_noticed(d, c, "a number changed");
        write_cell(d, c, value, NULL, 0);
    }
    if (kind == SQLITE_TEXT || kind == SQLITE_BLOB) change_bytes(d, c, value, step);
    snprintf(text, sizeof text, "UPDATE %s SET %s = %s WHERE rowid = %lld", c->table, c->column,
        kind == SQLITE_INTEGER ? "'none'" : "x'ff00'", (long long)c->row);
    sql(d, "%s", text);
    assert_noticed(d, c, "another kind of value");
    write_cell(d, c, value, NULL, 0);
    sqlite3_value_free(value);
}

/* ---- leaves ---- */

static void every_column_of_a_leaf(void **state)
{
    Desk *d = desk_new(*state);
    static const char *const columns[] = {"hash", "entry", "at", "kind", "contest", "unit", "power"};
    static const int64_t leaves[] = {9, 0, 11, 13, 255, 256, 290};
    assert_right(d);
    for (int k = 0; k < COUNT_OF(leaves); k++)
        for (int i = 0; i < COUNT_OF(columns); i++)
            change_cell(d, &(Cell){"record_leaf", columns[i], leaves[k] + 1, leaves[k]}, k == 0 ? 1 : 37);
    assert_right(d);
    desk_free(d);
}

/* The four that are not signed yet are held against their hashes and columns all the same. */
static void leaves_that_are_not_signed_yet(void **state)
{
    Desk *d = desk_new(*state);
    static const char *const columns[] = {"hash", "entry", "at", "kind", "contest", "unit", "power"};
    for (int i = 0; i < COUNT_OF(columns); i++) change_cell(d, &(Cell){"record_leaf", columns[i], 298, 297}, 37);
    assert_right(d);
    desk_free(d);
}

static void assert_found(const Desk *d, int64_t leaf, const char *what)
{
    assert_noticed(d, &(Cell){what, "", 0, leaf}, what);
}

static void rows_deleted_inserted_swapped_renumbered(void **state)
{
    Desk *d = desk_new(*state);
    sql(d, "CREATE TEMP TABLE kept AS SELECT * FROM record_leaf");
    static const int64_t gone[] = {0, 100, 255, 256, 295, 296, 299};
    for (int i = 0; i < COUNT_OF(gone); i++) {
        sql(d, "DELETE FROM record_leaf WHERE number = %lld", (long long)gone[i]);
        assert_found(d, gone[i], "a row deleted");
        sql(d, "INSERT INTO record_leaf SELECT * FROM kept WHERE number = %lld", (long long)gone[i]);
    }
    sql(d, "INSERT INTO record_leaf SELECT 300, hash, entry, at, kind, contest, unit, power FROM kept WHERE number = 5");
    assert_found(d, 300, "a row too many");
    sql(d, "DELETE FROM record_leaf WHERE number = 300");
    sql(d, "INSERT INTO record_leaf SELECT -1, hash, entry, at, kind, contest, unit, power FROM kept WHERE number = 5");
    assert_found(d, -1, "a row before all");
    sql(d, "DELETE FROM record_leaf WHERE number = -1");
    sql(d, "UPDATE record_leaf SET number = -5 WHERE number = 30; UPDATE record_leaf SET number = 30 WHERE number = 44;"
           "UPDATE record_leaf SET number = 44 WHERE number = -5");
    assert_found(d, -1, "two rows swapped"); /* with their hashes: a checkpoint tells the range */
    sql(d, "DELETE FROM record_leaf; INSERT INTO record_leaf SELECT * FROM kept");
    sql(d, "UPDATE record_leaf SET number = 1000 WHERE number = 77");
    assert_found(d, 77, "a row renumbered");
    sql(d, "UPDATE record_leaf SET number = 77 WHERE number = 1000");
    assert_right(d);
    desk_free(d);
}

/* ---- the other tables ---- */

static int64_t nth_row(const Desk *d, const char *table, int n)
{
    char text[200];
    sqlite3_stmt *st;
    snprintf(text, sizeof text, "SELECT rowid FROM %s ORDER BY rowid LIMIT 1 OFFSET %d", table, n);
    assert_int_equal(sqlite3_prepare_v2(d->db, text, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t row = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return row;
}

static void every_other_table(void **state)
{
    Desk *d = desk_new(*state);
    static const struct {
        const char *table, *columns[8];
        int rows; /* of which one is changed byte by byte */
    } tables[] = {
        {"record_head", {"one", "size"}, 1},
        {"record_node", {"level", "number", "hash"}, 1},
        {"record_checkpoint", {"size", "root", "note", "frontier"}, 9},
        {"record_cosignature", {"witness", "id", "size", "time", "line"}, 5},
        {"record_file", {"digest", "name", "size", "bytes"}, 2},
        {"record_power", {"number", "ended", "holder", "what", "contest", "unit", "until"}, 2},
    };
    for (int t = 0; t < COUNT_OF(tables); t++)
        for (int r = 0; r < tables[t].rows; r++)
            for (int i = 0; i < 8 && tables[t].columns[i]; i++)
                change_cell(d, &(Cell){tables[t].table, tables[t].columns[i], nth_row(d, tables[t].table, r), -1}, r == 0 ? 1 : 41);
    assert_right(d);
    desk_free(d);
}

/* So that docs/tampering.md says neither more nor less. They must still be possible: of the right kind, and checkpoints in order. */
static void what_nothing_vouches_for(void **state)
{
    Desk *d = desk_new(*state);
    sql(d, "UPDATE record_checkpoint SET at = at + 1");
    sql(d, "UPDATE record_cosignature SET at = at + 1");
    sql(d, "UPDATE record_file SET path = '/contests/elsewhere/files/gone-csv' WHERE path <> ''");
    assert_right(d);
    static const char *const impossible[] = {"UPDATE record_checkpoint SET at = 1 WHERE size = 33",
        "UPDATE record_checkpoint SET at = 'then'", "UPDATE record_cosignature SET at = 'then'",
        "UPDATE record_file SET path = x'ff00' WHERE path <> ''"};
    for (int i = 0; i < COUNT_OF(impossible); i++) {
        sql(d, "BEGIN; CREATE TEMP TABLE c AS SELECT * FROM record_checkpoint; CREATE TEMP TABLE s AS SELECT * FROM record_cosignature;"
               "CREATE TEMP TABLE f AS SELECT * FROM record_file; COMMIT");
        sql(d, "%s", impossible[i]);
        assert_found(d, -1, impossible[i]);
        sql(d, "DELETE FROM record_checkpoint; INSERT INTO record_checkpoint SELECT * FROM c; DELETE FROM record_cosignature;"
               "INSERT INTO record_cosignature SELECT * FROM s; DELETE FROM record_file; INSERT INTO record_file SELECT * FROM f;"
               "DROP TABLE c; DROP TABLE s; DROP TABLE f");
    }
    assert_right(d);
    desk_free(d);
}

static void rows_of_other_tables_deleted_and_added(void **state)
{
    Desk *d = desk_new(*state);
    static const char *const tables[] = {"record_head", "record_node", "record_power", "record_file"};
    for (int t = 0; t < COUNT_OF(tables); t++) {
        sql(d, "CREATE TEMP TABLE kept%d AS SELECT * FROM %s", t, tables[t]);
        sql(d, "DELETE FROM %s WHERE rowid = (SELECT max(rowid) FROM %s)", tables[t], tables[t]);
        assert_found(d, -1, tables[t]);
        sql(d, "DELETE FROM %s; INSERT INTO %s SELECT * FROM kept%d", tables[t], tables[t], t);
    }
    static const char *const added[][2] = {
        {"INSERT INTO record_node VALUES (1, 7, x'00')", "DELETE FROM record_node WHERE number = 7"},
        {"INSERT INTO record_node VALUES (9, 0, x'00')", "DELETE FROM record_node WHERE level = 9"},
        {"INSERT INTO record_head VALUES (2, 5)", "DELETE FROM record_head WHERE one = 2"},
        {"INSERT INTO record_file VALUES (zeroblob(32), '', 'x.csv', 1, x'00')", "DELETE FROM record_file WHERE name = 'x.csv'"},
        {"INSERT INTO record_power VALUES (2, 'role.ended', 'Bo', 'x', '', '', 5)", "DELETE FROM record_power WHERE number = 2"},
        {"INSERT INTO record_cosignature VALUES ('w', 1, 5, 1, 'x', 1)", "DELETE FROM record_cosignature WHERE witness = 'w'"},
        {"INSERT INTO record_checkpoint SELECT 12, root, note, frontier, at FROM record_checkpoint WHERE size = 13",
            "DELETE FROM record_checkpoint WHERE size = 12"},
    };
    for (int i = 0; i < COUNT_OF(added); i++) {
        sql(d, "%s", added[i][0]);
        assert_found(d, -1, added[i][0]);
        sql(d, "%s", added[i][1]);
    }
    assert_right(d);
    desk_free(d);
}

/* ---- forgeries: entry, hash, node and all ---- */

static void put_blob(const Desk *d, const char *statement, const void *bytes, size_t len)
{
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_prepare_v2(d->db, statement, -1, &st, NULL), SQLITE_OK);
    sqlite3_bind_blob(st, 1, bytes, (int)len, SQLITE_TRANSIENT);
    assert_int_equal(sqlite3_step(st), SQLITE_DONE);
    sqlite3_finalize(st);
}

/* Leaf 34 with its hash; then the node above it as well. The checkpoints between which it lies are of 33 and 233 leaves. */
static void an_entry_with_its_hash_and_node(void **state)
{
    Desk *d = desk_new(*state);
    Cell cell = {"record_leaf", "entry", 35, -1};
    sqlite3_value *value = read_cell(d, &cell);
    Str was = {sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value)};
    char *entry = arena_new(d->a, char, was.len + 1);
    memcpy(entry, was.ptr, was.len);
    strstr(entry, "Clerk")[2] = 'a';
    Sha256 hash = tree_leaf((Str){entry, was.len});
    put_blob(d, "UPDATE record_leaf SET entry = ?1 WHERE number = 34", entry, was.len);
    assert_found(d, 34, "an entry");
    put_blob(d, "UPDATE record_leaf SET hash = ?1 WHERE number = 34", hash.bytes, SHA256_BYTES);
    VerifyReport *r = verified(d, d->a);
    assert_false(r->right);
    assert_int_equal(r->findings[0].kind, FINDING_WRONG);
    bool narrowed = false;
    for (int i = 0; i < r->finding_count; i++) narrowed |= r->findings[i].leaf == 33 && r->findings[i].last == 232;
    if (!narrowed) print_findings(r);
    assert_true(narrowed);
    Frontier tile = {0};
    for (int64_t i = 0; i < TILE_WIDTH; i++) {
        sqlite3_value *h = read_cell(d, &(Cell){"record_leaf", "hash", i + 1, -1});
        Sha256 one;
        memcpy(one.bytes, sqlite3_value_blob(h), SHA256_BYTES);
        frontier_add(&tile, &one);
        sqlite3_value_free(h);
    }
    Sha256 root = frontier_root(&tile);
    put_blob(d, "UPDATE record_node SET hash = ?1 WHERE level = 1 AND number = 0", root.bytes, SHA256_BYTES);
    r = verified(d, d->a);
    assert_false(r->right);
    narrowed = false;
    for (int i = 0; i < r->finding_count; i++) narrowed |= r->findings[i].leaf == 33 && r->findings[i].last == 232;
    if (!narrowed) print_findings(r);
    assert_true(narrowed);
    sqlite3_value_free(value);
    desk_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(every_column_of_a_leaf),
        arena_test(leaves_that_are_not_signed_yet),
        arena_test(rows_deleted_inserted_swapped_renumbered),
        arena_test(every_other_table),
        arena_test(what_nothing_vouches_for),
        arena_test(rows_of_other_tables_deleted_and_added),
        arena_test(an_entry_with_its_hash_and_node),
    };
    return cmocka_run_group_tests_name("record/verify_store", tests, NULL, NULL);
}
