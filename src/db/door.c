/* door.c: the caller's side of a connection: values checked, rows read, a connection that broke opened again.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "db/store.h"

#include "core/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 500 };

/* ---- connections ---- */

Db *door_new(Store *store)
{
    Db *db = calloc(1, sizeof *db);
    if (!db) out_of_memory(sizeof *db);
    db->store = store;
    db->ops = store->ops;
    return db;
}

Err door_open(Store *store, Db **ret_db, Fault *fault)
{
    Db *inner = NULL;
    Err e = store->ops->open(store, &inner, fault);
    if (e) return e;
    *ret_db = door_new(store);
    (*ret_db)->inner = inner;
    return ERR_OK;
}

void door_close(Db *db)
{
    if (!db) return;
    if (db->inner) db->ops->close(db->inner);
    memo_forget(db);
    free(db);
}

/* A server that is away is asked again twice a second, not by every page that is wanted. A file can be tried at once. */
static Err reconnect(Db *db)
{
    if (clock_ms() < db->next_try) return ERR_IO;
    if (db->inner) db->ops->close(db->inner);
    db->inner = NULL;
    memo_forget(db);
    Fault fault = {0};
    Err e = db->ops->open(db->store, &db->inner, &fault);
    if (!e) return ERR_OK;
    db->inner = NULL;
    db->next_try = db->ops->engine == ENGINE_POSTGRES ? clock_ms() + RETRY_MS : 0;
    snprintf(db->trouble, sizeof db->trouble, "%.*s", STR_ARG(fault.expected));
    return e;
}

Err door_ready(Db *db)
{
    if (db->inner && (db->in_transaction || !db->ops->is_broken(db->inner))) return ERR_OK;
    return reconnect(db);
}

/* What the connection said, for whoever asks the Db. */
static Err noted(Db *db, Err e)
{
    if (!e) return e;
    db->failed = true;
    db->try_again = e == ERR_CONFLICT && db->inner->try_again;
    memcpy(db->trouble, db->inner->trouble, sizeof db->trouble);
    return e;
}

Err db_open(Store *store, Db **ret_db, Fault *fault)
{
    return door_open(store, ret_db, fault);
}

void db_close(Db *db)
{
    if (db) ASSERT(!db->in_command);
    if (db && db->in_snapshot) db_release(db);
    door_close(db);
}

Err db_trouble_set(Db *db, Err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(db->trouble, sizeof db->trouble, format, args);
    va_end(args);
    return err;
}

Str db_trouble(const Db *db)
{
    return str_from_c(db->trouble);
}

/* ---- transactions ---- */

Err door_begin(Db *db, bool write)
{
    Err e = door_ready(db);
    if (e) return e;
    db->failed = db->try_again = db->inner->try_again = false;
    e = noted(db, db->ops->begin(db->inner, write));
    db->in_transaction = !e;
    return e;
}

Err door_commit(Db *db)
{
    Err e = noted(db, db->ops->commit(db->inner));
    if (!e) db->in_transaction = false;
    return e;
}

void door_rollback(Db *db)
{
    if (db->inner) db->ops->rollback(db->inner);
    db->in_transaction = false;
}

Engine db_engine(const Db *db)
{
    return db->ops->engine;
}

Err db_snapshot(Db *db)
{
    ASSERT(!db->in_command && !db->in_snapshot);
    Err e = door_begin(db, false);
    if (e) return e;
    db->in_snapshot = true;
    return ERR_OK;
}

void db_release(Db *db)
{
    ASSERT(db->in_snapshot);
    door_rollback(db);
    db->in_snapshot = false;
}

/* ---- statements ---- */

/* Most text is: told apart quickly, eight bytes at a time. A byte of `v` is 0 when `v - ones` borrows into its top bit, and top bits that were there
 * before are none of ASCII. */
static bool is_ascii(Str s)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t at = 0;
    for (uint64_t v; at + sizeof v <= s.len; at += sizeof v) {
        memcpy(&v, s.ptr + at, sizeof v);
        if (((v - ones) | v) & tops) return false;
    }
    for (; at < s.len; at++)
        if (s.ptr[at] == 0 || (unsigned char)s.ptr[at] > 0x7f) return false;
    return true;
}

/* Text that both engines take: UTF-8 without zero bytes. */
bool door_is_text(Str s)
{
    if (is_ascii(s)) return true;
    uint32_t point = 0;
    for (size_t i = 0, n; i < s.len; i += n) {
        n = str_code_point(s, i, &point);
        if (n == 0 || point == 0) return false;
    }
    return true;
}

static Err find(Db *db, const char *name, const DbValue *values, int value_count, const Statement **ret_statement)
{
    const Statement *s = sql_statement(name);
    if (!s || s->value_count != value_count)
        assert_failed(s ? "the number of values is not the statement's" : "no .sql file has this statement", name, 0);
    for (int i = 0; i < value_count; i++)
        if (values[i].kind == DB_TEXT && !door_is_text(values[i].bytes))
            return db_trouble_set(db, ERR_INPUT, "%s: value %d is not UTF-8, or holds a zero byte", name, i + 1);
    *ret_statement = s;
    return door_ready(db);
}

Err db_query(Db *db, Arena *a, const char *statement, const DbValue *values, int value_count, DbRows *ret_rows)
{
    const Statement *s = NULL;
    Err e = find(db, statement, values, value_count, &s);
    if (e) return e;
    return noted(db, db->ops->query(db->inner, a, s, values, value_count, ret_rows));
}

Err door_query_each(Db *db, Arena *a, const char *statement, const DbValue *values, int count, DbRows *ret_rows)
{
    if (count == 0) return ERR_OK;
    const Statement *s = NULL;
    Err e = find(db, statement, values, 1, &s);
    if (e) return e;
    return noted(db, db->ops->query_each(db->inner, a, s, values, count, ret_rows));
}

Err db_one(Db *db, Arena *a, const char *statement, const DbValue *values, int value_count, DbRows *ret_rows)
{
    DbRows rows = {0};
    Err e = db_query(db, a, statement, values, value_count, &rows);
    if (e) return e;
    ASSERT(rows.count <= 1);
    if (!db_next(&rows)) return ERR_MISSING;
    *ret_rows = rows;
    return ERR_OK;
}

Err door_run(Db *db, const char *statement, const DbValue *values, int value_count, int64_t *ret_changed)
{
    const Statement *s = NULL;
    Err e = find(db, statement, values, value_count, &s);
    if (e) return e;
    return noted(db, db->ops->run(db->inner, s, values, value_count, ret_changed));
}

/* The first write of a command sets the mark to which it can be undone. */
static Err command_run(Db *db, const char *statement, const DbValue *values, int value_count, int64_t *ret_changed)
{
    ASSERT(db->in_command);
    if (!db->wrote && db->ops->can_undo_one && !db->alone) {
        Err e = noted(db, db->ops->mark(db->inner));
        if (e) return e;
    }
    db->wrote = true;
    return door_run(db, statement, values, value_count, ret_changed);
}

Err db_run(Db *db, const char *statement, const DbValue *values, int value_count)
{
    return command_run(db, statement, values, value_count, NULL);
}

Err db_run_counted(Db *db, const char *statement, const DbValue *values, int value_count, int64_t *ret_changed)
{
    return command_run(db, statement, values, value_count, ret_changed);
}

void db_leaf_appended(Db *db, int64_t number, Err (*settle)(Db *db, int64_t next))
{
    ASSERT(db->in_command && db->wrote && number >= 0 && (db->leaf_next < 0 || db->leaf_next == number));
    db->leaves++;
    db->leaf_next = number + 1;
    db->leaf_settle = settle;
}

int64_t db_leaf_next(const Db *db)
{
    return db->in_command ? db->leaf_next : -1;
}

/* ---- rows ---- */

bool db_next(DbRows *rows)
{
    if (rows->at >= rows->count) return false;
    return ++rows->at < rows->count;
}

static const DbValue *column_value(const DbRows *rows, const char *column)
{
    ASSERT(rows->at >= 0 && rows->at < rows->count);
    size_t len = strlen(column);
    for (int c = 0; c < rows->columns; c++)
        if (rows->names[c].len == len && memcmp(rows->names[c].ptr, column, len) == 0) return &rows->values[rows->at * rows->columns + c];
    assert_failed("no such column", column, 0);
}

int64_t db_i64(const DbRows *rows, const char *column)
{
    const DbValue *v = column_value(rows, column);
    ASSERT(v->kind == DB_I64);
    return v->number;
}

Str db_text(const DbRows *rows, const char *column)
{
    const DbValue *v = column_value(rows, column);
    ASSERT(v->kind != DB_I64);
    return v->kind == DB_NULL ? S("") : v->bytes;
}

bool db_is_null(const DbRows *rows, const char *column)
{
    return column_value(rows, column)->kind == DB_NULL;
}

static Str hex(Arena *a, Str bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_new(a, char, bytes.len * 2);
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char b = (unsigned char)bytes.ptr[i];
        text[2 * i] = digits[b >> 4];
        text[2 * i + 1] = digits[b & 15];
    }
    return (Str){text, bytes.len * 2};
}

static void put_value(Arena *a, View *row, Str name, const DbValue *v)
{
    switch (v->kind) {
    case DB_NULL: view_put_null(row, name); break;
    case DB_I64: view_put_i64(row, name, v->number); break;
    case DB_TEXT: view_put_str(row, name, v->bytes); break;
    case DB_BLOB: view_put_str(row, name, hex(a, v->bytes)); break;
    }
}

Err db_view(Db *db, Arena *a, const char *statement, const DbValue *values, int value_count, View *array)
{
    DbRows rows = {0};
    Err e = db_query(db, a, statement, values, value_count, &rows);
    if (e) return e;
    for (int r = 0; r < rows.count; r++) {
        View *row = view_add_object(array);
        for (int c = 0; c < rows.columns; c++) put_value(a, row, rows.names[c], &rows.values[r * rows.columns + c]);
    }
    return ERR_OK;
}
