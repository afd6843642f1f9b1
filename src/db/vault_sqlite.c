/* vault_sqlite.c: a SQLite file as a vault, on a connection of its own.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Reading holds one read transaction: in WAL mode writers go on beside it. A new file is made without a journal, for until it is whole nobody may
 * have it; then it is brought to disk and only then has its name (transfer.c).
 */
#include "db/vault.h"

#include <sqlite3.h>
#include <string.h>

enum { PATIENCE_MS = 10000 };

typedef struct SqliteVault {
    Vault v; /* first */
    sqlite3 *db;
    sqlite3_stmt *reading, *writing;
    bool making;
} SqliteVault;

static SqliteVault *vault_of(Vault *v)
{
    return (SqliteVault *)v;
}

static Err err_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_INPUT;
    case SQLITE_CONSTRAINT: return ERR_CONFLICT;
    default: return ERR_IO;
    }
}

static Err fail(SqliteVault *s)
{
    Str where = s->v.table ? str_format(s->v.a, ", table %.*s", STR_ARG(s->v.table->name)) : S("");
    return fault_setf(s->v.fault, s->v.a, err_of(sqlite3_extended_errcode(s->db)), "sqlite: %s%.*s", sqlite3_errmsg(s->db), STR_ARG(where));
}

static Err exec(SqliteVault *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : fail(s);
}

static Err prepare(SqliteVault *s, Str sql, sqlite3_stmt **ret_statement)
{
    sqlite3_finalize(*ret_statement);
    *ret_statement = NULL;
    return sqlite3_prepare_v2(s->db, sql.ptr, (int)sql.len, ret_statement, NULL) == SQLITE_OK ? ERR_OK : fail(s);
}

/* ---- reading ---- */

static Err count_rows(Vault *v, const Table *table, int64_t *ret_rows)
{
    SqliteVault *s = vault_of(v);
    v->table = table;
    Err e = prepare(s, str_format(v->a, "SELECT count(*) FROM \"%.*s\"", STR_ARG(table->name)), &s->reading);
    if (e) return e;
    if (sqlite3_step(s->reading) != SQLITE_ROW) return fail(s);
    *ret_rows = sqlite3_column_int64(s->reading, 0);
    return prepare(s, S("SELECT 1"), &s->reading);
}

static Err begin_reading(Vault *v, const Table *table)
{
    Buf sql = buf_new(v->a);
    v->table = table;
    buf_str(&sql, S("SELECT "));
    table_columns(table, &sql);
    buf_format(&sql, " FROM \"%.*s\" ORDER BY ", STR_ARG(table->name));
    table_key(table, false, &sql);
    return prepare(vault_of(v), buf_done(&sql), &vault_of(v)->reading);
}

/* SQLite would keep a value of another type than its column's; a store never put it there. */
static Err read_value(SqliteVault *s, int i, DbValue *ret_value)
{
    const TableColumn *column = &s->v.table->columns[i];
    int type = sqlite3_column_type(s->reading, i);
    *ret_value = db_null();
    if (type == SQLITE_NULL) return ERR_OK;
    if (type != (column->kind == DB_I64 ? SQLITE_INTEGER : column->kind == DB_TEXT ? SQLITE_TEXT : SQLITE_BLOB))
        return fault_setf(s->v.fault, s->v.a, ERR_INPUT, "sqlite: table %.*s, column %.*s: a value of another type",
            STR_ARG(s->v.table->name), STR_ARG(column->name));
    if (type == SQLITE_INTEGER) {
        *ret_value = db_number(sqlite3_column_int64(s->reading, i));
        return ERR_OK;
    }
    const char *bytes = type == SQLITE_TEXT ? (const char *)sqlite3_column_text(s->reading, i) : sqlite3_column_blob(s->reading, i);
    int len = sqlite3_column_bytes(s->reading, i);
    if (len && !bytes) return fail(s);
    *ret_value = (DbValue){.kind = column->kind, .bytes = {len ? bytes : "", (size_t)len}};
    return ERR_OK;
}

static Err read_row(Vault *v, DbValue *ret_values, bool *ret_more)
{
    SqliteVault *s = vault_of(v);
    int code = sqlite3_step(s->reading);
    *ret_more = code == SQLITE_ROW;
    if (code == SQLITE_DONE) return ERR_OK;
    if (code != SQLITE_ROW) return fail(s);
    for (int i = 0; i < v->table->column_count; i++) {
        Err e = read_value(s, i, &ret_values[i]);
        if (e) return e;
    }
    return ERR_OK;
}

/* ---- writing ---- */

static Err remove_rows(Vault *v, const Table *table)
{
    v->table = table;
    return exec(vault_of(v), str_c(v->a, str_format(v->a, "DELETE FROM \"%.*s\"", STR_ARG(table->name))));
}

static Err begin_writing(Vault *v, const Table *table)
{
    Buf sql = buf_new(v->a);
    v->table = table;
    buf_format(&sql, "INSERT INTO \"%.*s\" (", STR_ARG(table->name));
    table_columns(table, &sql);
    buf_str(&sql, S(") VALUES ("));
    for (int i = 0; i < table->column_count; i++) buf_format(&sql, "%s?%d", i ? ", " : "", i + 1);
    buf_str(&sql, S(")"));
    return prepare(vault_of(v), buf_done(&sql), &vault_of(v)->writing);
}

static int bind(sqlite3_stmt *s, int at, const DbValue *value)
{
    const char *bytes = value->bytes.len ? value->bytes.ptr : "";
    switch (value->kind) {
    case DB_NULL: return sqlite3_bind_null(s, at);
    case DB_I64: return sqlite3_bind_int64(s, at, value->number);
    case DB_TEXT: return sqlite3_bind_text64(s, at, bytes, value->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB: return sqlite3_bind_blob64(s, at, bytes, value->bytes.len, SQLITE_STATIC);
    }
    assert_failed("a kind of value", __FILE__, __LINE__);
}

static Err write_row(Vault *v, const DbValue *values)
{
    SqliteVault *s = vault_of(v);
    for (int i = 0; i < v->table->column_count; i++)
        if (bind(s->writing, i + 1, &values[i]) != SQLITE_OK) return fail(s);
    if (sqlite3_step(s->writing) != SQLITE_DONE) return fail(s);
    return sqlite3_reset(s->writing) == SQLITE_OK ? ERR_OK : fail(s);
}

static Err end_writing(Vault *v)
{
    sqlite3_finalize(vault_of(v)->writing);
    vault_of(v)->writing = NULL;
    return ERR_OK;
}

/* Rows came without their references being looked at, table by table: now all are there. */
static Err check_references(SqliteVault *s)
{
    Err e = prepare(s, S("PRAGMA foreign_key_check"), &s->reading);
    if (e) return e;
    int code = sqlite3_step(s->reading);
    if (code == SQLITE_ROW)
        return fault_setf(s->v.fault, s->v.a, ERR_INPUT, "sqlite: table %s refers to rows that are not there",
            (const char *)sqlite3_column_text(s->reading, 0));
    return code == SQLITE_DONE ? ERR_OK : fail(s);
}

static Err commit(Vault *v)
{
    SqliteVault *s = vault_of(v);
    v->table = NULL;
    Err e = check_references(s);
    sqlite3_finalize(s->reading);
    s->reading = NULL;
    return e ? e : exec(s, "COMMIT");
}

static void close_vault(Vault *v)
{
    SqliteVault *s = vault_of(v);
    sqlite3_finalize(s->reading);
    sqlite3_finalize(s->writing);
    sqlite3_close(s->db); /* rolls back what was not committed */
}

static const VaultOps sqlite_vault_ops = {
    count_rows, begin_reading, read_row, remove_rows, begin_writing, write_row, end_writing, commit, close_vault};

static Err begin(SqliteVault *s, VaultUse use, Str schema)
{
    switch (use) {
    case VAULT_READ: return exec(s, "PRAGMA query_only = ON; BEGIN");
    case VAULT_READ_ALONE: return exec(s, "BEGIN IMMEDIATE");
    case VAULT_WRITE: return exec(s, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE");
    case VAULT_MAKE: break;
    }
    Err e = exec(s, "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN");
    return e ? e : exec(s, str_c(s->v.a, schema));
}

Err vault_open_sqlite(Arena *a, Str path, VaultUse use, Str schema, Vault **ret_vault, Fault *fault)
{
    SqliteVault *s = arena_new(a, SqliteVault, 1);
    s->v = (Vault){.ops = &sqlite_vault_ops, .a = a, .fault = fault};
    int flags = SQLITE_OPEN_READWRITE | (use == VAULT_MAKE ? SQLITE_OPEN_CREATE : 0);
    Err e = sqlite3_open_v2(str_c(a, path), &s->db, flags, NULL) == SQLITE_OK ? ERR_OK : fail(s);
    if (!e) {
        sqlite3_extended_result_codes(s->db, 1);
        sqlite3_busy_timeout(s->db, PATIENCE_MS);
        /* The file may come from anywhere: its schema is given no function that does anything. */
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, use != VAULT_MAKE, NULL);
        e = begin(s, use, schema);
    }
    if (e) {
        sqlite3_close(s->db);
        return e;
    }
    *ret_vault = &s->v;
    return ERR_OK;
}

/* ---- is it one of ours? ---- */

enum { APPLICATION_ID = 1215656820 }; /* "Hust", as the first migration sets it */

/* The first value of `sql`, which may be a number or a text. */
static Err first_value(SqliteVault *s, Str sql, Str *ret_text)
{
    Err e = prepare(s, sql, &s->reading);
    if (e) return e;
    if (sqlite3_step(s->reading) != SQLITE_ROW) return fail(s);
    const char *text = (const char *)sqlite3_column_text(s->reading, 0);
    *ret_text = str_copy(s->v.a, str_from_c(text ? text : ""));
    return ERR_OK;
}

/* A virtual table runs code on what the file holds: only those that our own migrations make may be there, word for word. They are never read, for what is
 * in them is made anew (plan.c). */
static Err only_our_virtual_tables(SqliteVault *s, bool *ret_ours)
{
    Err e = prepare(s, S("SELECT sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'"), &s->reading);
    int code = SQLITE_DONE;
    *ret_ours = true;
    while (!e && *ret_ours && (code = sqlite3_step(s->reading)) == SQLITE_ROW)
        *ret_ours = plan_has_virtual(s->v.a, str_from_c((const char *)sqlite3_column_text(s->reading, 0)));
    return e || code == SQLITE_DONE || code == SQLITE_ROW ? e : fail(s);
}

Err vault_check_backup(Vault *v)
{
    SqliteVault *s = vault_of(v);
    Str id = {0}, tables = {0}, strange = {0}, sound = {0};
    bool ours = true;
    Err e = first_value(s, S("PRAGMA application_id"), &id);
    if (!e) e = first_value(s, S("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('backup', 'migration')"), &tables);
    if (!e) e = first_value(s, S("SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"), &strange);
    if (!e) e = only_our_virtual_tables(s, &ours);
    if (e) return e;
    /* A view in a table's place would be read as one. */
    if (!ours || !str_equal(id, str_format(v->a, "%d", APPLICATION_ID)) || !str_equal(tables, S("2")) || !str_equal(strange, S("0")))
        return fault_set(v->fault, ERR_INPUT, 0, 0, S("a file that `hustings backup` made"), (Str){0});
    e = first_value(s, S("PRAGMA integrity_check(1)"), &sound);
    if (e || str_equal(sound, S("ok"))) return e;
    return fault_set(v->fault, ERR_INPUT, 0, 0, S("a whole backup; this file is damaged (SQLite's integrity check)"), (Str){0});
}
