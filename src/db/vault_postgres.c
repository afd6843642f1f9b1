/* vault_postgres.c: a PostgreSQL database as a vault, on a connection of its own: COPY in its binary form, both ways.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The form (PostgreSQL manual, COPY, "Binary Format"): a signature of 11 bytes, flags, the length of an extension; then for each row the number of its
 * fields as 16 bits, each field as its length in 32 bits (-1: NULL) and its bytes; at the end -1 as 16 bits. Numbers have the most significant byte first.
 */
#include "db/vault.h"
#include "db/pg_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNATURE_BYTES = 11, HEADER_BYTES = SIGNATURE_BYTES + 8, PIECE_BYTES = 256 * 1024 };
static const char header[HEADER_BYTES + 1] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";

typedef struct PostgresVault {
    Vault v; /* first */
    PGconn *conn;
    char *piece; /* reading: libpq's, with what is left of it */
    Str left;
    char *out; /* writing: what is not sent yet */
    size_t out_len, out_room;
} PostgresVault;

static PostgresVault *vault_of(Vault *v)
{
    return (PostgresVault *)v;
}

static Err fail(PostgresVault *p, const PGresult *result)
{
    char words[512];
    Str table = p->v.table ? p->v.table->name : S("store");
    Err e = pg_error(p->conn, result, table, words, sizeof words);
    return fault_setf(p->v.fault, p->v.a, e, "%s", words);
}

static Err damaged(PostgresVault *p)
{
    return fault_setf(p->v.fault, p->v.a, ERR_IO, "postgresql: table %.*s: a COPY that cannot be read", STR_ARG(p->v.table->name));
}

/* Run `sql`; its result, whose status must be `wanted`. */
static Err ask(PostgresVault *p, const char *sql, ExecStatusType wanted, PGresult **ret_result)
{
    PGresult *r = pq.PQexec(p->conn, sql);
    if (pq.PQresultStatus(r) == wanted) {
        *ret_result = r;
        return ERR_OK;
    }
    Err e = fail(p, r);
    pq.PQclear(r);
    return e;
}

static Err exec(PostgresVault *p, Str sql, ExecStatusType wanted)
{
    PGresult *r = NULL;
    Err e = ask(p, str_c(p->v.a, sql), wanted, &r);
    pq.PQclear(r);
    return e;
}

/* What COPY says at its end. */
static Err copy_result(PostgresVault *p)
{
    Err e = ERR_OK;
    PGresult *r;
    while ((r = pq.PQgetResult(p->conn))) {
        if (!e && pq.PQresultStatus(r) != PGRES_COMMAND_OK) e = fail(p, r);
        pq.PQclear(r);
    }
    return e;
}

/* ---- reading ---- */

static Err count_rows(Vault *v, const Table *table, int64_t *ret_rows)
{
    PostgresVault *p = vault_of(v);
    v->table = table;
    PGresult *r = NULL;
    Err e = ask(p, str_c(v->a, str_format(v->a, "SELECT count(*) FROM \"%.*s\"", STR_ARG(table->name))), PGRES_TUPLES_OK, &r);
    if (e) return e;
    bool number = str_to_i64(str_from_c(pq.PQgetvalue(r, 0, 0)), ret_rows);
    pq.PQclear(r);
    return number ? ERR_OK : damaged(p);
}

static void drop_piece(PostgresVault *p)
{
    if (p->piece) pq.PQfreemem(p->piece);
    p->piece = NULL;
    p->left = (Str){0};
}

/* The next piece of a COPY; *ret_more false at its end. */
static Err next_piece(PostgresVault *p, bool *ret_more)
{
    drop_piece(p);
    int len = pq.PQgetCopyData(p->conn, &p->piece, 0);
    *ret_more = len > 0;
    if (len > 0) p->left = (Str){p->piece, (size_t)len};
    return len > 0 ? ERR_OK : copy_result(p);
}

static bool take(PostgresVault *p, size_t len, Str *ret_bytes)
{
    if (p->left.len < len) return false;
    *ret_bytes = str_slice(p->left, 0, len);
    p->left = str_slice(p->left, len, p->left.len);
    return true;
}

static bool take_number(PostgresVault *p, size_t bytes, int64_t *ret_number)
{
    Str s;
    if (!take(p, bytes, &s)) return false;
    uint64_t number = s.ptr[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < bytes; i++) number = number << 8 | (unsigned char)s.ptr[i];
    *ret_number = (int64_t)number;
    return true;
}

static Err begin_reading(Vault *v, const Table *table)
{
    PostgresVault *p = vault_of(v);
    Buf sql = buf_new(v->a);
    v->table = table;
    buf_str(&sql, S("COPY (SELECT "));
    table_columns(table, &sql);
    buf_format(&sql, " FROM \"%.*s\" ORDER BY ", STR_ARG(table->name));
    table_key(table, true, &sql);
    buf_str(&sql, S(") TO STDOUT (FORMAT binary)"));
    Err e = exec(p, buf_done(&sql), PGRES_COPY_OUT);
    if (e) return e;
    bool more;
    Str start;
    e = next_piece(p, &more);
    if (e) return e;
    /* No flags, no extension: what the server writes today; anything else would be another format. */
    bool known = more && take(p, HEADER_BYTES, &start) && memcmp(start.ptr, header, HEADER_BYTES) == 0;
    return known ? ERR_OK : damaged(p);
}

static Err read_value(PostgresVault *p, const TableColumn *column, DbValue *ret_value)
{
    int64_t len;
    *ret_value = db_null();
    if (!take_number(p, 4, &len) || len < -1) return damaged(p);
    if (len < 0) return ERR_OK;
    if (column->kind == DB_I64) {
        ret_value->kind = DB_I64;
        return len == 8 && take_number(p, 8, &ret_value->number) ? ERR_OK : damaged(p);
    }
    ret_value->kind = column->kind;
    return take(p, (size_t)len, &ret_value->bytes) ? ERR_OK : damaged(p);
}

/* The server sends each row as one piece, the first behind the header and the end mark maybe behind it too. */
static Err read_row(Vault *v, DbValue *ret_values, bool *ret_more)
{
    PostgresVault *p = vault_of(v);
    int64_t fields;
    *ret_more = false;
    if (p->left.len == 0) {
        bool more;
        Err e = next_piece(p, &more);
        if (e) return e;
        if (!more) return damaged(p);
    }
    if (!take_number(p, 2, &fields)) return damaged(p);
    if (fields == -1) {
        bool more;
        Err e = next_piece(p, &more);
        return e || !more ? e : damaged(p);
    }
    if (fields != v->table->column_count) return damaged(p);
    for (int i = 0; i < v->table->column_count; i++) {
        Err e = read_value(p, &v->table->columns[i], &ret_values[i]);
        if (e) return e;
    }
    *ret_more = true;
    return ERR_OK;
}

/* ---- writing ---- */

static Err remove_rows(Vault *v, const Table *table)
{
    v->table = table;
    return exec(vault_of(v), str_format(v->a, "DELETE FROM \"%.*s\"", STR_ARG(table->name)), PGRES_COMMAND_OK);
}

static Err flush(PostgresVault *p)
{
    size_t len = p->out_len;
    p->out_len = 0;
    return len == 0 || pq.PQputCopyData(p->conn, p->out, (int)len) == 1 ? ERR_OK : fail(p, NULL);
}

static Err out_bytes(PostgresVault *p, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t n = p->out_room - p->out_len < len ? p->out_room - p->out_len : len;
        memcpy(p->out + p->out_len, bytes, n);
        p->out_len += n;
        bytes += n;
        len -= n;
        Err e = p->out_len == p->out_room ? flush(p) : ERR_OK;
        if (e) return e;
    }
    return ERR_OK;
}

static Err out_number(PostgresVault *p, int bytes, int64_t number)
{
    char digits[8];
    for (int i = 0; i < bytes; i++) digits[i] = (char)((uint64_t)number >> (8 * (bytes - 1 - i)));
    return out_bytes(p, digits, (size_t)bytes);
}

static Err begin_writing(Vault *v, const Table *table)
{
    PostgresVault *p = vault_of(v);
    Buf sql = buf_new(v->a);
    v->table = table;
    buf_format(&sql, "COPY \"%.*s\" (", STR_ARG(table->name));
    table_columns(table, &sql);
    buf_str(&sql, S(") FROM STDIN (FORMAT binary)"));
    Err e = exec(p, buf_done(&sql), PGRES_COPY_IN);
    return e ? e : out_bytes(p, header, HEADER_BYTES);
}

static Err write_value(PostgresVault *p, const DbValue *value)
{
    if (value->kind == DB_NULL) return out_number(p, 4, -1);
    if (value->kind == DB_I64) {
        Err e = out_number(p, 4, 8);
        return e ? e : out_number(p, 8, value->number);
    }
    Err e = out_number(p, 4, (int64_t)value->bytes.len);
    return e ? e : out_bytes(p, value->bytes.ptr, value->bytes.len);
}

static Err write_row(Vault *v, const DbValue *values)
{
    PostgresVault *p = vault_of(v);
    Err e = out_number(p, 2, v->table->column_count);
    for (int i = 0; i < v->table->column_count && !e; i++) e = write_value(p, &values[i]);
    return e;
}

static Err end_writing(Vault *v)
{
    PostgresVault *p = vault_of(v);
    Err e = out_number(p, 2, -1);
    if (!e) e = flush(p);
    if (e) return e;
    if (pq.PQputCopyEnd(p->conn, NULL) != 1) return fail(p, NULL);
    e = copy_result(p);
    /* Until the server's own round comes by, a minute later, it would plan as for an empty table. */
    return e ? e : exec(p, str_format(v->a, "ANALYZE \"%.*s\"", STR_ARG(v->table->name)), PGRES_COMMAND_OK);
}

static Err commit(Vault *v)
{
    PostgresVault *p = vault_of(v);
    v->table = NULL;
    PGresult *r = NULL;
    Err e = ask(p, "COMMIT", PGRES_COMMAND_OK, &r);
    if (e) return e;
    bool done = strcmp(pq.PQcmdStatus(r), "COMMIT") == 0;
    pq.PQclear(r);
    return done ? ERR_OK : fault_set(v->fault, ERR_IO, 0, 0, S("postgresql: the transaction was rolled back"), (Str){0});
}

static void close_vault(Vault *v)
{
    PostgresVault *p = vault_of(v);
    drop_piece(p);
    free(p->out);
    pq.PQfinish(p->conn);
}

static const VaultOps postgres_vault_ops = {
    count_rows, begin_reading, read_row, remove_rows, begin_writing, write_row, end_writing, commit, close_vault};

Err vault_open_postgres(Arena *a, Str url, VaultUse use, bool alone, Vault **ret_vault, Fault *fault)
{
    ASSERT(use != VAULT_MAKE);
    PGconn *conn = NULL;
    Err e = pg_session_open(&(PgSession){.url = url, .alone = alone}, &conn, fault);
    if (e) return e;
    PostgresVault *p = arena_new(a, PostgresVault, 1);
    p->v = (Vault){.ops = &postgres_vault_ops, .a = a, .fault = fault};
    p->conn = conn;
    p->out_room = PIECE_BYTES;
    p->out = malloc(PIECE_BYTES);
    if (!p->out) out_of_memory(PIECE_BYTES);
    e = exec(p,
        use == VAULT_READ ? S("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") : S("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
        PGRES_COMMAND_OK);
    if (e) {
        close_vault(&p->v);
        return e;
    }
    *ret_vault = &p->v;
    return ERR_OK;
}
