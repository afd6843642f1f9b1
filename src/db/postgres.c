/* postgres.c: PostgreSQL behind the door, through libpq's pipelines.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why pipelines: a trip to the server costs more than most statements. What needs no answer (BEGIN, rows written, ROLLBACK of a read) is put in line
 * and travels with the next thing that does; a batch of a hundred commands is a handful of trips.
 *
 * The line. Everything sent has an entry in `line` until its answer was read. `settle` ends the segment (a Sync), sends what is left and reads every
 * answer; the first failure among them is what it returns. The server skips the rest of a segment after a failure. Inside a transaction a failure
 * stays (`failed`) until the rollback, so that nothing can go on as if nothing had been.
 *
 * Values go as binary, of the type that the server finds for each parameter when the statement is prepared, on its first use in a session. Types
 * other than integers, bool, text and bytea are a bug in the .sql file: cast there.
 *
 * Not here: retries (store.c), what a session is (pg_session.c).
 */
#include "db/pg_session.h"
#include "core/clock.h"
#include "db/engine.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATEMENT_MS = 5000, SILENCE_MS = 10000, VALUE_BYTES_MAX = 0x3fffffff };

/* ---- types ---- */

typedef enum PgType { PG_OTHER, PG_BOOL, PG_I16, PG_I32, PG_I64, PG_TEXT, PG_BYTES, PG_VOID } PgType;

static PgType type_of(Oid oid)
{
    switch (oid) {
    case 16: return PG_BOOL;
    case 17: return PG_BYTES;
    case 20: return PG_I64;
    case 21: return PG_I16;
    case 23: return PG_I32;
    case 19: /* name */
    case 25: /* text */
    case 1043: /* varchar */ return PG_TEXT;
    case 2278: return PG_VOID; /* of functions called for what they do: read as NULL */
    default: return PG_OTHER;
    }
}

/* ---- the connection ---- */

typedef struct Prepared {
    PgType types[SQL_VALUES_MAX];
} Prepared;

typedef struct Sent {
    Str what;
    bool sync;
    PGresult **keep; /* whoever waits for the answer; NULL: only a failure matters */
} Sent;

typedef struct PgDb {
    Db db; /* first */
    PGconn *conn;
    Arena arena; /* what is prepared */
    Prepared **prepared;
    int prepared_room;
    Sent *line;
    int line_count, line_room;
    Err failed;
    bool in_transaction, writes, broken, listens;
    int silence_ms;
} PgDb;

static PgDb *pg_of(Db *db)
{
    return (PgDb *)db;
}

static Err break_with(PgDb *p, const char *why)
{
    p->broken = true;
    p->line_count = 0;
    p->failed = ERR_IO;
    return db_trouble_set(&p->db, ERR_IO, "postgresql: %s", why);
}

/* Wait until the socket is ready, `ms` at most (-1: for ever). False: it was not. */
static bool wait_for(PgDb *p, bool to_write, int ms)
{
    struct pollfd fd = {.fd = pq.PQsocket(p->conn), .events = (short)(POLLIN | (to_write ? POLLOUT : 0))};
    int64_t until = clock_ms() + ms;
    for (;;) {
        int n = poll(&fd, 1, ms);
        if (n > 0) return true;
        if (n == 0 || errno != EINTR) return false;
        if (ms >= 0) ms = until > clock_ms() ? (int)(until - clock_ms()) : 0;
    }
}

/* Send what is left and read until an answer is whole. A server that says nothing for `silence_ms` is taken for gone. */
static Err pump(PgDb *p, int silence_ms)
{
    int left = pq.PQflush(p->conn);
    while (left >= 0 && (left > 0 || pq.PQisBusy(p->conn))) {
        if (left > 0 && !pq.PQisBusy(p->conn)) break;
        if (!wait_for(p, left > 0, silence_ms)) return break_with(p, "no answer");
        if (!pq.PQconsumeInput(p->conn)) break;
        left = pq.PQflush(p->conn);
    }
    if (pq.PQstatus(p->conn) == CONNECTION_BAD) return break_with(p, pq.PQerrorMessage(p->conn));
    return ERR_OK;
}

/* ---- the line ---- */

static void line_add(PgDb *p, Str what, PGresult **keep, bool sync)
{
    if (p->line_count == p->line_room) {
        int room = p->line_room ? p->line_room * 2 : 64;
        Sent *line = reallocarray(p->line, (size_t)room, sizeof *line);
        if (!line) out_of_memory((size_t)room * sizeof *line);
        p->line = line;
        p->line_room = room;
    }
    if (keep) *keep = NULL;
    p->line[p->line_count++] = (Sent){what, sync, keep};
}

/* `sent`: what libpq's send function said. */
static Err line_sent(PgDb *p, int sent, Str what, PGresult **keep)
{
    if (!sent) return break_with(p, pq.PQerrorMessage(p->conn));
    line_add(p, what, keep, false);
    return ERR_OK;
}

static Err line_words(PgDb *p, const char *sql, PGresult **keep)
{
    return line_sent(p, pq.PQsendQueryParams(p->conn, sql, 0, NULL, NULL, NULL, NULL, 1), str_from_c(sql), keep);
}

/* End the segment and hand it to the network, without waiting. */
static Err line_sync(PgDb *p)
{
    if (p->line_count && p->line[p->line_count - 1].sync) return ERR_OK;
    if (!pq.PQpipelineSync(p->conn)) return break_with(p, pq.PQerrorMessage(p->conn));
    line_add(p, S("sync"), NULL, true);
    return ERR_OK;
}

static bool is_failure(ExecStatusType status)
{
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR;
}

static Err judge(PgDb *p, const Sent *sent, const PGresult *result)
{
    if (!is_failure(pq.PQresultStatus(result))) return ERR_OK;
    char words[sizeof p->db.trouble];
    Err e = pg_error(p->conn, result, sent->what, words, sizeof words);
    if (pg_error_breaks(result)) p->broken = true;
    p->db.try_again = pg_error_passes(result);
    return db_trouble_set(&p->db, e, "%s", words);
}

/* The answers to one statement: results, then a NULL. To a sync: itself alone. */
static Err read_answers(PgDb *p, const Sent *sent, Err *failure)
{
    for (;;) {
        Err e = pump(p, p->silence_ms);
        if (e) return e;
        PGresult *r = pq.PQgetResult(p->conn);
        if (!r) return ERR_OK;
        if (!*failure) *failure = judge(p, sent, r);
        bool is_sync = pq.PQresultStatus(r) == PGRES_PIPELINE_SYNC;
        if (sent->keep && !*failure) {
            pq.PQclear(*sent->keep);
            *sent->keep = r;
        } else {
            pq.PQclear(r);
        }
        if (is_sync) return sent->sync ? ERR_OK : break_with(p, "an answer out of line");
    }
}

/* Read every answer in line; the first failure. */
static Err settle(PgDb *p)
{
    Err failure = ERR_OK, e = line_sync(p);
    for (int i = 0; i < p->line_count && !e; i++) e = read_answers(p, &p->line[i], &failure);
    p->line_count = 0;
    if (!failure) failure = e;
    if (failure && p->in_transaction) p->failed = failure;
    return failure;
}

static void drop(PGresult **result)
{
    pq.PQclear(*result);
    *result = NULL;
}

/* Settle for one kept answer: there, or an error. */
static Err settle_for(PgDb *p, PGresult **result)
{
    Err e = settle(p);
    if (!e && !*result) e = break_with(p, "no answer");
    if (e) drop(result);
    return e;
}

/* ---- preparing ---- */

static const char *name_of(const Statement *statement, char room[16])
{
    snprintf(room, 16, "s%d", statement->number);
    return room;
}

/* The type below a domain. */
static Err base_type(PgDb *p, Oid oid, PgType *ret_type)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT typbasetype::bigint FROM pg_catalog.pg_type WHERE oid = %u", oid);
    PGresult *r = NULL;
    Err e = line_words(p, sql, &r);
    if (!e) e = settle_for(p, &r);
    if (e) return e;
    uint64_t base = 0;
    if (pq.PQntuples(r) == 1) memcpy(&base, pq.PQgetvalue(r, 0, 0), sizeof base);
    *ret_type = type_of((Oid)__builtin_bswap64(base));
    drop(&r);
    return ERR_OK;
}

/* `problem`: words for whoever wrote the statement; empty when all types are ours. */
static Err read_types(PgDb *p, const Statement *statement, const PGresult *described, Prepared *prepared, char problem[256])
{
    for (int i = 0; i < statement->value_count; i++) {
        prepared->types[i] = type_of(pq.PQparamtype(described, i));
        Err e = prepared->types[i] == PG_OTHER ? base_type(p, pq.PQparamtype(described, i), &prepared->types[i]) : ERR_OK;
        if (e) return e;
        if (prepared->types[i] == PG_OTHER || prepared->types[i] == PG_VOID)
            snprintf(problem, 256, "statement %.*s: :%.*s is of PostgreSQL type %u: CAST it to BIGINT, TEXT, BYTEA or BOOLEAN",
                STR_ARG(statement->name), STR_ARG(statement->values[i]), pq.PQparamtype(described, i));
    }
    for (int i = 0; i < pq.PQnfields(described); i++)
        if (type_of(pq.PQftype(described, i)) == PG_OTHER)
            snprintf(problem, 256, "statement %.*s: column %s is of PostgreSQL type %u: CAST it to BIGINT, TEXT, BYTEA or BOOLEAN",
                STR_ARG(statement->name), pq.PQfname(described, i), pq.PQftype(described, i));
    return ERR_OK;
}

static Err prepare_anew(PgDb *p, const Statement *statement, Prepared *prepared, char problem[256])
{
    char name[16];
    const char *sql = str_c(&p->arena, statement->postgres);
    Err e = line_sent(p, pq.PQsendPrepare(p->conn, name_of(statement, name), sql, 0, NULL), statement->name, NULL);
    PGresult *described = NULL;
    if (!e) e = line_sent(p, pq.PQsendDescribePrepared(p->conn, name), statement->name, &described);
    if (!e) e = settle_for(p, &described);
    if (e) return e;
    if (pq.PQnparams(described) != statement->value_count)
        snprintf(problem, 256, "statement %.*s: PostgreSQL sees %d values", STR_ARG(statement->name), pq.PQnparams(described));
    else e = read_types(p, statement, described, prepared, problem);
    drop(&described);
    return e;
}

static void make_room(PgDb *p, int number)
{
    ASSERT(number >= 0);
    if (number < p->prepared_room) return;
    int room = number + 64;
    p->prepared = arena_grow(&p->arena, Prepared *, p->prepared, (size_t)p->prepared_room, (size_t)room);
    p->prepared_room = room;
}

static Err prepared_form(PgDb *p, const Statement *statement, const Prepared **ret_prepared)
{
    make_room(p, statement->number);
    if (!p->prepared[statement->number]) {
        Prepared *prepared = arena_new(&p->arena, Prepared, 1);
        char problem[256] = "";
        Err e = prepare_anew(p, statement, prepared, problem);
        if (e) return e;
        if (problem[0]) assert_failed(problem, __FILE__, __LINE__);
        p->prepared[statement->number] = prepared;
    }
    *ret_prepared = p->prepared[statement->number];
    return ERR_OK;
}

static Err pg_prepare(Db *db, const Statement *statement, Fault *fault)
{
    PgDb *p = pg_of(db);
    make_room(p, statement->number);
    if (p->prepared[statement->number]) return ERR_OK;
    Prepared *prepared = arena_new(&p->arena, Prepared, 1);
    char problem[256] = "";
    Err e = prepare_anew(p, statement, prepared, problem);
    if (e) return fault_set(fault, e, 0, 0, str_copy(&p->arena, str_from_c(db->trouble)), (Str){0});
    if (problem[0]) return fault_set(fault, ERR_INPUT, 0, 0, str_copy(&p->arena, str_from_c(problem)), (Str){0});
    p->prepared[statement->number] = prepared;
    return ERR_OK;
}

/* ---- values ---- */

typedef struct Bound {
    const char *values[SQL_VALUES_MAX];
    int lengths[SQL_VALUES_MAX];
    int formats[SQL_VALUES_MAX];
    char numbers[SQL_VALUES_MAX][8];
} Bound;

static int number_bytes(PgType type)
{
    return type == PG_I64 ? 8 : type == PG_I32 ? 4 : type == PG_I16 ? 2 : 1;
}

static bool number_fits(PgType type, int64_t number)
{
    if (type == PG_BOOL) return number == 0 || number == 1;
    return type == PG_I64 || (type == PG_I32 ? number == (int32_t)number : number == (int16_t)number);
}

/* Most significant byte first, as all of PostgreSQL's binary forms. */
static void number_write(char *to, int bytes, int64_t number)
{
    for (int i = 0; i < bytes; i++) to[i] = (char)((uint64_t)number >> (8 * (bytes - 1 - i)));
}

static int64_t number_read(const char *from, int bytes)
{
    uint64_t number = bytes < 8 && (from[0] & 0x80) && bytes > 1 ? UINT64_MAX : 0;
    for (int i = 0; i < bytes; i++) number = number << 8 | (unsigned char)from[i];
    return (int64_t)number;
}

static bool kind_suits(PgType type, DbKind kind)
{
    if (kind == DB_NULL) return true;
    if (type == PG_TEXT) return kind == DB_TEXT;
    return type == PG_BYTES ? kind == DB_BLOB : kind == DB_I64;
}

static void wrong_kind(const Statement *statement, int i)
{
    char words[256];
    snprintf(words, sizeof words,
        "statement %.*s: the value given for :%.*s is of another type than PostgreSQL's: bind that type, or CAST it in the SQL",
        STR_ARG(statement->name), STR_ARG(statement->values[i]));
    assert_failed(words, __FILE__, __LINE__);
}

static Err bind_bytes(PgDb *p, const Statement *statement, Bound *b, int i, const DbValue *value)
{
    if (value->kind == DB_TEXT && value->bytes.len && memchr(value->bytes.ptr, 0, value->bytes.len))
        return db_trouble_set(&p->db, ERR_INPUT, "postgresql: %.*s: a text with a zero byte", STR_ARG(statement->name));
    if (value->bytes.len > VALUE_BYTES_MAX)
        return db_trouble_set(&p->db, ERR_LIMIT, "postgresql: %.*s: a value of 1 GiB or more", STR_ARG(statement->name));
    b->values[i] = value->bytes.len ? value->bytes.ptr : "";
    b->lengths[i] = (int)value->bytes.len;
    return ERR_OK;
}

static Err bind_value(PgDb *p, const Statement *statement, PgType type, Bound *b, int i, const DbValue *value)
{
    if (!kind_suits(type, value->kind)) wrong_kind(statement, i);
    b->formats[i] = 1;
    b->values[i] = NULL;
    b->lengths[i] = 0;
    if (value->kind == DB_NULL) return ERR_OK;
    if (value->kind != DB_I64) return bind_bytes(p, statement, b, i, value);
    if (!number_fits(type, value->number))
        return db_trouble_set(&p->db, ERR_INPUT, "postgresql: %.*s: :%.*s does not fit: CAST(... AS BIGINT) in the SQL",
            STR_ARG(statement->name), STR_ARG(statement->values[i]));
    b->lengths[i] = number_bytes(type);
    number_write(b->numbers[i], b->lengths[i], value->number);
    b->values[i] = b->numbers[i];
    return ERR_OK;
}

static DbValue value_read(Arena *a, const PGresult *r, int row, int column, PgType type)
{
    if (type == PG_VOID || pq.PQgetisnull(r, row, column)) return db_null();
    const char *bytes = pq.PQgetvalue(r, row, column);
    int len = pq.PQgetlength(r, row, column);
    if (type != PG_TEXT && type != PG_BYTES) return db_number(number_read(bytes, len));
    Str copy = str_copy(a, (Str){bytes, (size_t)len});
    return type == PG_TEXT ? db_string(copy) : db_bytes(copy);
}

static Err rows_read(PgDb *p, const Statement *statement, Arena *a, const PGresult *r, DbRows *ret_rows)
{
    int count = pq.PQntuples(r), columns = pq.PQnfields(r);
    if (count > DB_ROWS_MAX)
        return db_trouble_set(&p->db, ERR_LIMIT, "postgresql: %.*s: more than %d rows", STR_ARG(statement->name), DB_ROWS_MAX);
    Str *names = arena_new(a, Str, (size_t)columns);
    DbValue *values = arena_new(a, DbValue, (size_t)count * (size_t)columns);
    for (int c = 0; c < columns; c++) {
        names[c] = str_copy(a, str_from_c(pq.PQfname(r, c)));
        PgType type = type_of(pq.PQftype(r, c));
        for (int row = 0; row < count; row++) values[(size_t)row * (size_t)columns + (size_t)c] = value_read(a, r, row, c, type);
    }
    *ret_rows = (DbRows){.count = count, .columns = columns, .at = -1, .names = names, .values = values};
    return ERR_OK;
}

/* ---- statements ---- */

/* A transaction that has failed, or a connection that is gone, takes nothing more. */
static Err usable(PgDb *p)
{
    if (p->in_transaction && p->failed) return p->failed;
    if (p->broken) return db_trouble_set(&p->db, ERR_IO, "postgresql: the connection is gone");
    return ERR_OK;
}

static Err execute(PgDb *p, const Statement *statement, const Prepared *prepared, const DbValue *values, PGresult **keep)
{
    Bound b;
    char name[16];
    for (int i = 0; i < statement->value_count; i++) {
        Err e = bind_value(p, statement, prepared->types[i], &b, i, &values[i]);
        if (e) return e;
    }
    int sent = pq.PQsendQueryPrepared(p->conn, name_of(statement, name), statement->value_count, b.values, b.lengths, b.formats, 1);
    return line_sent(p, sent, statement->name, keep);
}

static Err pg_query(Db *db, Arena *a, const Statement *statement, const DbValue *values, int value_count, DbRows *ret_rows)
{
    PgDb *p = pg_of(db);
    ASSERT(value_count == statement->value_count);
    const Prepared *prepared = NULL;
    PGresult *r = NULL;
    Err e = usable(p);
    if (!e) e = prepared_form(p, statement, &prepared);
    if (!e) e = execute(p, statement, prepared, values, &r);
    if (!e) e = settle_for(p, &r);
    if (e) return e;
    e = rows_read(p, statement, a, r, ret_rows);
    drop(&r);
    return e;
}

static Err pg_query_each(Db *db, Arena *a, const Statement *statement, const DbValue *values, int count, DbRows *ret_rows)
{
    PgDb *p = pg_of(db);
    ASSERT(statement->value_count == 1);
    const Prepared *prepared = NULL;
    PGresult **results = arena_new(a, PGresult *, (size_t)count);
    Err e = usable(p);
    if (!e) e = prepared_form(p, statement, &prepared);
    for (int i = 0; i < count && !e; i++) e = execute(p, statement, prepared, &values[i], &results[i]);
    /* What was sent before a value that cannot be bound has an answer too. */
    Err settled = p->broken ? ERR_IO : settle(p);
    if (!e) e = settled;
    for (int i = 0; i < count; i++) {
        if (!e && !results[i]) e = break_with(p, "no answer");
        if (!e) e = rows_read(p, statement, a, results[i], &ret_rows[i]);
        drop(&results[i]);
    }
    return e;
}

static Err pg_run(Db *db, const Statement *statement, const DbValue *values, int value_count, int64_t *ret_changed)
{
    PgDb *p = pg_of(db);
    ASSERT(value_count == statement->value_count);
    const Prepared *prepared = NULL;
    Err e = usable(p);
    if (!e) e = prepared_form(p, statement, &prepared);
    PGresult *r = NULL;
    if (!e) e = execute(p, statement, prepared, values, ret_changed ? &r : NULL);
    if (e || !ret_changed) return e;
    e = settle_for(p, &r);
    if (e) return e;
    bool is_number = str_to_i64(str_from_c(pq.PQcmdTuples(r)), ret_changed);
    if (!is_number) *ret_changed = 0; /* a statement that has no such number */
    drop(&r);
    return ERR_OK;
}

/* ---- scripts: the simple protocol, outside the pipeline, which takes several statements at once ---- */

static Err simple(PgDb *p, Str what, const char *sql)
{
    if (!pq.PQsendQuery(p->conn, sql)) return break_with(p, pq.PQerrorMessage(p->conn));
    Err failure = ERR_OK;
    for (;;) {
        Err e = pump(p, -1);
        if (e) return e;
        PGresult *r = pq.PQgetResult(p->conn);
        if (!r) return failure;
        if (!failure) failure = judge(p, &(Sent){.what = what}, r);
        pq.PQclear(r);
    }
}

static int statement_ms(const Store *store)
{
    int ms = store_options(store)->statement_ms;
    return ms ? ms : STATEMENT_MS;
}

static Err script_unlimited(PgDb *p, const char *sql)
{
    char limit[64];
    snprintf(limit, sizeof limit, "SET statement_timeout = %d", statement_ms(p->db.store));
    Err e = simple(p, S("script"), "SET statement_timeout = 0");
    if (!e) e = simple(p, S("script"), sql);
    /* After a failure inside a transaction the rollback takes the setting back. */
    Err after = e && p->in_transaction ? ERR_OK : p->broken ? ERR_IO : simple(p, S("script"), limit);
    return e ? e : after;
}

static Err pg_script(Db *db, Str sql)
{
    PgDb *p = pg_of(db);
    Err e = usable(p);
    if (!e) e = settle(p);
    if (e) return e;
    if (!pq.PQexitPipelineMode(p->conn)) return break_with(p, pq.PQerrorMessage(p->conn));
    Arena a;
    arena_init(&a, 0);
    e = script_unlimited(p, str_c(&a, sql));
    arena_clear(&a);
    if (!p->broken && !pq.PQenterPipelineMode(p->conn)) return break_with(p, pq.PQerrorMessage(p->conn));
    if (e && p->in_transaction) p->failed = e;
    return e;
}

/* ---- transactions ---- */

#define NUMBER_TEXT(number) NUMBER_TEXT_OF(number)
#define NUMBER_TEXT_OF(number) #number

/* The lock, and how its statements are planned: commands look rows up by their keys. Of tables that have just been filled the planner knows nothing yet, keeps the
 * plans that it made when they were empty, and would read them whole for each person who is put in. */
#define WRITER_BEGINS                                                                                               \
    "SELECT pg_catalog.pg_advisory_xact_lock(1215656820, 1), pg_catalog.set_config('enable_seqscan', 'off', true)," \
    " pg_catalog.set_config('enable_hashjoin', 'off', true), pg_catalog.set_config('enable_mergejoin', 'off', true)"

static Err pg_begin(Db *db, bool write)
{
    PgDb *p = pg_of(db);
    ASSERT(!p->in_transaction);
    Err e = usable(p);
    if (e) return e;
    p->in_transaction = true;
    p->writes = write;
    p->failed = ERR_OK;
    if (!write) return line_words(p, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL);
    /* One writer at a time, over all processes: each statement then sees all that was committed before (READ COMMITTED), and nobody else commits. */
    e = line_words(p, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", NULL);
    return e ? e : line_words(p, WRITER_BEGINS, NULL);
}
_Static_assert(PG_LOCKS == 1215656820 && PG_LOCK_WRITER == 1, "the lock that BEGIN takes");

static void pg_rollback(Db *db)
{
    PgDb *p = pg_of(db);
    if (!p->in_transaction) return;
    char trouble[sizeof db->trouble];
    memcpy(trouble, db->trouble, sizeof trouble);
    /* In a segment of its own: a failure before it must not skip it. Whatever failed is being undone, so nobody is told. */
    if (!p->broken) {
        Err undone = settle(p);
        if (!p->broken) undone = line_words(p, "ROLLBACK", NULL);
        if (!p->broken) undone = settle(p);
        if (undone) p->broken = true;
    }
    p->in_transaction = false;
    p->failed = ERR_OK;
    memcpy(db->trouble, trouble, sizeof trouble);
}

/* The end of what was only read: told to the server, not waited for. */
static Err end_reading(PgDb *p)
{
    Err e = line_words(p, "COMMIT", NULL);
    if (!e) e = line_sync(p);
    p->in_transaction = false;
    return e;
}

static Err pg_commit(Db *db)
{
    PgDb *p = pg_of(db);
    ASSERT(p->in_transaction);
    Err e = usable(p);
    if (e) return e;
    if (!p->writes) return end_reading(p);
    PGresult *r = NULL;
    e = line_words(p, "COMMIT", &r);
    if (!e) e = settle_for(p, &r);
    if (e) return e;
    /* A transaction that had failed is answered with ROLLBACK, and no error. */
    if (strcmp(pq.PQcmdStatus(r), "COMMIT") != 0) e = p->failed = db_trouble_set(db, ERR_IO, "postgresql: COMMIT: rolled back");
    drop(&r);
    if (!e) p->in_transaction = false;
    return e;
}

/* can_undo_one is false: there is nothing to go back to, and nobody may ask for it. */
static Err pg_mark(Db *db)
{
    (void)db;
    return ERR_OK;
}

static Err pg_undo_to_mark(Db *db)
{
    (void)db;
    assert_failed("PostgreSQL undoes whole batches", __FILE__, __LINE__);
}

/* ---- opening and closing ---- */

static void pg_close(Db *db)
{
    PgDb *p = pg_of(db);
    pq.PQfinish(p->conn);
    arena_clear(&p->arena);
    free(p->line);
    free(p);
}

static Err pg_open(Store *store, Db **ret_db, Fault *fault)
{
    const PgSession session = {.url = store_options(store)->url, .statement_ms = statement_ms(store)};
    PGconn *conn;
    Err e = pg_session_open(&session, &conn, fault);
    if (e) return e;
    PgDb *p = calloc(1, sizeof *p);
    if (!p) out_of_memory(sizeof *p);
    p->db = (Db){.store = store, .ops = &postgres_ops};
    p->conn = conn;
    p->silence_ms = session.statement_ms + SILENCE_MS;
    arena_init(&p->arena, 0);
    if (pq.PQsetnonblocking(conn, 1) != 0 || !pq.PQenterPipelineMode(conn)) {
        pg_close(&p->db);
        return fault_set(fault, ERR_IO, 0, 0, S("a PostgreSQL connection that takes pipelines"), (Str){0});
    }
    *ret_db = &p->db;
    return ERR_OK;
}

static bool pg_is_broken(const Db *db)
{
    const PgDb *p = (const PgDb *)db;
    return p->broken || pq.PQstatus(p->conn) == CONNECTION_BAD;
}

/* ---- what others committed ---- */

static Err pg_change_number(Db *db, int64_t *ret_number)
{
    (void)db;
    *ret_number = 0;
    return ERR_OK;
}

static Err pg_lock_service(Store *store, Fault *fault)
{
    (void)store, (void)fault;
    return ERR_OK; /* any number of servers may share a PostgreSQL store */
}

static int hear(PgDb *p, void (*heard)(void *context, Str payload), void *context)
{
    int count = 0;
    PGnotify *n;
    while ((n = pq.PQnotifies(p->conn))) {
        heard(context, str_from_c(n->extra));
        pq.PQfreemem(n);
        count++;
    }
    return count;
}

static Err pg_wait_events(Db *db, int timeout_ms, void (*heard)(void *context, Str payload), void *context)
{
    PgDb *p = pg_of(db);
    Err e = usable(p);
    if (!e && !p->listens) {
        e = line_words(p, "LISTEN hustings", NULL);
        if (!e) e = settle(p);
        p->listens = !e;
    }
    if (e || hear(p, heard, context) || !wait_for(p, false, timeout_ms)) return e;
    if (!pq.PQconsumeInput(p->conn)) return break_with(p, pq.PQerrorMessage(p->conn));
    hear(p, heard, context);
    return ERR_OK;
}

const EngineOps postgres_ops = {
    .engine = ENGINE_POSTGRES,
    .open = pg_open,
    .close = pg_close,
    .is_broken = pg_is_broken,
    .query = pg_query,
    .query_each = pg_query_each,
    .run = pg_run,
    .script = pg_script,
    .prepare = pg_prepare,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .can_undo_one = false,
    .mark = pg_mark,
    .undo_to_mark = pg_undo_to_mark,
    .release_mark = pg_mark,
    .change_number = pg_change_number,
    .lock_service = pg_lock_service,
    .wait_events = pg_wait_events,
};
