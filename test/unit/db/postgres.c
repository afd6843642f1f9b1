/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "pg.h"

#include "db/engine.h"

#include <pthread.h>

/* ---- a store of one's own, without migrations: the engine alone is looked at ---- */

typedef struct Room {
    Arena *a;
    Store *store;
    Str url;
} Room;

static Store *store_on(Arena *a, Str url)
{
    Store *store = NULL;
    Fault fault = {0};
    StoreOptions options = {.url = url, .statement_ms = 1500};
    if (store_open(a, &options, &store, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return store;
}

static Db *connect_to(Store *store)
{
    Db *db = NULL;
    Fault fault = {0};
    if (postgres_ops.open(store, &db, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return db;
}

static const Statement *st(Arena *a, const char *sql, int value_count)
{
    static int number;
    Statement *s = arena_new(a, Statement, 1);
    *s = (Statement){.number = number, .name = S("under_test"), .postgres = str_from_c(sql), .value_count = value_count};
    number++;
    for (int i = 0; i < value_count; i++) s->values[i] = str_format(a, "v%d", i + 1);
    return s;
}

static Err query(Db *db, Arena *a, const Statement *s, const DbValue *values, int count, DbRows *rows)
{
    return postgres_ops.query(db, a, s, values, count, rows);
}

static int64_t number_of(Db *db, Arena *a, const char *sql)
{
    DbRows rows;
    assert_int_equal(query(db, a, st(a, sql, 0), DB_NO_VALUES, &rows), ERR_OK);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.values[0].kind, DB_I64);
    return rows.values[0].number;
}

static Room room(void **state)
{
    Arena *a = *state;
    Str url = pg_database(a);
    pg_admin(url, "CREATE TABLE t (n bigint PRIMARY KEY, w text, b bytea, small int, tiny smallint, yes boolean)");
    return (Room){.a = a, .store = store_on(a, url), .url = url};
}

/* ---- values ---- */

static void same(DbValue got, DbValue put)
{
    assert_int_equal(got.kind, put.kind);
    if (put.kind == DB_I64) assert_int_equal(got.number, put.number);
    else assert_same_str(got.bytes, put.bytes);
}

static void values_come_back_as_they_went(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    static const char every[] = "\0\1\2\xff'\\x00 \xc3\x28";
    const DbValue cases[][3] = {
        {db_number(INT64_MIN), db_string(S("")), db_bytes(S(""))},
        {db_number(INT64_MAX), db_string(S("a\tb\nc '\\ \xc3\xa9 \xe2\x82\xac \xf0\x9f\x97\xb3")), db_bytes((Str){every, sizeof every})},
        {db_number(0), db_null(), db_null()},
        {db_number(-1), db_string(S("\xef\xbf\xbf\xf4\x8f\xbf\xbf")), db_bytes(S("\0"))},
    };
    const Statement *put = st(r.a, "INSERT INTO t (n, w, b) VALUES ($1, $2, $3) RETURNING n, w, b", 3);
    for (int i = 0; i < COUNT_OF(cases); i++) {
        DbRows rows;
        assert_int_equal(query(db, r.a, put, cases[i], 3, &rows), ERR_OK);
        assert_int_equal(rows.count, 1);
        assert_str(rows.names[1], "w");
        for (int c = 0; c < 3; c++) same(rows.values[c], cases[i][c]);
    }
    postgres_ops.close(db);
    store_close(r.store);
}

static void smaller_types_are_numbers(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    const Statement *put = st(r.a, "INSERT INTO t (n, small, tiny, yes) VALUES (1, $1, $2, $3) RETURNING small, tiny, yes", 3);
    DbRows rows;
    assert_int_equal(query(db, r.a, put, DB_VALUES(db_number(INT32_MIN), db_number(-32768), db_number(1)), &rows), ERR_OK);
    assert_int_equal(rows.values[0].number, INT32_MIN);
    assert_int_equal(rows.values[1].number, -32768);
    assert_int_equal(rows.values[2].number, 1);
    assert_int_equal(number_of(db, r.a, "SELECT false"), 0);
    assert_int_equal(query(db, r.a, put, DB_VALUES(db_number((int64_t)INT32_MAX + 1), db_number(0), db_number(0)), &rows), ERR_INPUT);
    assert_int_equal(query(db, r.a, put, DB_VALUES(db_number(0), db_number(32768), db_number(0)), &rows), ERR_INPUT);
    assert_int_equal(query(db, r.a, put, DB_VALUES(db_number(0), db_number(0), db_number(2)), &rows), ERR_INPUT);
    assert_int_equal(number_of(db, r.a, "SELECT count(*) FROM t"), 1);
    postgres_ops.close(db);
    store_close(r.store);
}

static void bad_texts_are_refused(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    const Statement *echo = st(r.a, "SELECT CAST($1 AS TEXT) AS w", 1);
    DbRows rows;
    assert_int_equal(query(db, r.a, echo, DB_VALUES(db_string(S("a\0b"))), &rows), ERR_INPUT);
    assert_int_equal(query(db, r.a, echo, DB_VALUES(db_string(S("secret\xff"))), &rows), ERR_INPUT);
    assert_null(strstr(db->trouble, "secret"));
    assert_int_equal(query(db, r.a, echo, DB_VALUES(db_string(S("fine"))), &rows), ERR_OK);
    postgres_ops.close(db);
    store_close(r.store);
}

static void other_types_want_a_cast(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    Fault fault = {0};
    assert_int_equal(postgres_ops.prepare(db, st(r.a, "SELECT sum(n) AS total FROM t", 0), &fault), ERR_INPUT);
    assert_non_null(strstr(str_c(r.a, fault.expected), "column total"));
    assert_non_null(strstr(str_c(r.a, fault.expected), "CAST"));
    assert_int_equal(postgres_ops.prepare(db, st(r.a, "SELECT 1 WHERE now() > $1", 1), &fault), ERR_INPUT);
    assert_non_null(strstr(str_c(r.a, fault.expected), ":v1"));
    assert_int_equal(postgres_ops.prepare(db, st(r.a, "SELECT $2 + 1 FROM t WHERE n = $1", 1), &fault), ERR_INPUT);
    assert_int_equal(postgres_ops.prepare(db, st(r.a, "SELECT FROM nowhere", 0), &fault), ERR_IO);
    assert_int_equal(postgres_ops.prepare(db, st(r.a, "SELECT n, w, b, small, yes FROM t WHERE w = $1", 1), &fault), ERR_OK);
    postgres_ops.close(db);
    store_close(r.store);
}

static Room for_a_child;

static void bind_a_text_as_a_number(void)
{
    Db *db = connect_to(for_a_child.store);
    DbRows rows;
    Err e = query(db, for_a_child.a, st(for_a_child.a, "SELECT 1 FROM t WHERE n = $1", 1), DB_VALUES(db_string(S("1"))), &rows);
    fprintf(stderr, "went on: %d\n", (int)e);
}

static void the_wrong_kind_of_value_stops_the_process(void **state)
{
    pg_or_skip();
    for_a_child = room(state);
    assert_stops(bind_a_text_as_a_number);
    store_close(for_a_child.store);
}

static void domains_are_their_base_type(void **state)
{
    pg_or_skip();
    Room r = room(state);
    pg_admin(r.url, "CREATE DOMAIN digest AS bytea; CREATE TABLE d (x digest)");
    Db *db = connect_to(r.store);
    DbRows rows;
    assert_int_equal(query(db, r.a, st(r.a, "INSERT INTO d VALUES ($1) RETURNING x", 1), DB_VALUES(db_bytes(S("\0\1"))), &rows), ERR_OK);
    same(rows.values[0], db_bytes(S("\0\1")));
    postgres_ops.close(db);
    store_close(r.store);
}

/* ---- the line ---- */

static Err put(Db *db, Arena *a, int64_t n)
{
    return postgres_ops.run(db, st(a, "INSERT INTO t (n) VALUES ($1)", 1), DB_VALUES(db_number(n)), NULL);
}

static void queued_rows_are_there_after_the_commit(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store), *other = connect_to(r.store);
    const Statement *insert = st(r.a, "INSERT INTO t (n) VALUES ($1)", 1);
    assert_int_equal(postgres_ops.begin(db, true), ERR_OK);
    for (int64_t n = 0; n < 1000; n++) assert_int_equal(postgres_ops.run(db, insert, DB_VALUES(db_number(n)), NULL), ERR_OK);
    assert_int_equal(number_of(other, r.a, "SELECT count(*) FROM t"), 0);
    assert_int_equal(postgres_ops.commit(db), ERR_OK);
    assert_int_equal(number_of(other, r.a, "SELECT count(*) FROM t"), 1000);
    int64_t changed = -1;
    assert_int_equal(postgres_ops.run(db, st(r.a, "DELETE FROM t WHERE n < $1", 1), DB_VALUES(db_number(10)), &changed), ERR_OK);
    assert_int_equal(changed, 10);
    postgres_ops.close(db);
    postgres_ops.close(other);
    store_close(r.store);
}

static void a_queued_failure_shows_at_the_commit(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    assert_int_equal(postgres_ops.begin(db, true), ERR_OK);
    assert_int_equal(put(db, r.a, 1), ERR_OK);
    const Statement *insert = st(r.a, "INSERT INTO t (n, w) VALUES ($1, $2)", 2);
    Err e = postgres_ops.run(db, insert, DB_VALUES(db_number(1), db_string(S("secret"))), NULL);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(postgres_ops.commit(db), ERR_CONFLICT);
    assert_non_null(strstr(db->trouble, "under_test: 23505: t_pkey"));
    assert_null(strstr(db->trouble, "secret"));
    postgres_ops.rollback(db);
    assert_false(postgres_ops.is_broken(db));
    assert_int_equal(number_of(db, r.a, "SELECT count(*) FROM t"), 0);
    assert_int_equal(postgres_ops.begin(db, true), ERR_OK);
    assert_int_equal(put(db, r.a, 7), ERR_OK);
    assert_int_equal(postgres_ops.commit(db), ERR_OK);
    assert_int_equal(number_of(db, r.a, "SELECT n FROM t"), 7);
    postgres_ops.close(db);
    store_close(r.store);
}

static void a_queued_failure_stays_until_the_rollback(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    DbRows rows;
    const Statement *count = st(r.a, "SELECT count(*) FROM t", 0), *insert = st(r.a, "INSERT INTO t (n) VALUES ($1)", 1);
    assert_int_equal(postgres_ops.begin(db, true), ERR_OK);
    assert_int_equal(postgres_ops.run(db, insert, DB_VALUES(db_number(1)), NULL), ERR_OK);
    assert_int_equal(postgres_ops.run(db, insert, DB_VALUES(db_number(1)), NULL), ERR_OK);
    assert_int_equal(query(db, r.a, count, DB_NO_VALUES, &rows), ERR_CONFLICT);
    assert_int_equal(query(db, r.a, count, DB_NO_VALUES, &rows), ERR_CONFLICT);
    assert_int_equal(postgres_ops.run(db, insert, DB_VALUES(db_number(2)), NULL), ERR_CONFLICT);
    assert_int_equal(postgres_ops.commit(db), ERR_CONFLICT);
    postgres_ops.rollback(db);
    assert_int_equal(query(db, r.a, count, DB_NO_VALUES, &rows), ERR_OK);
    assert_int_equal(rows.values[0].number, 0);
    postgres_ops.close(db);
    store_close(r.store);
}

static void many_questions_are_answered_in_order(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    enum { MANY = 1000 };
    DbValue values[MANY];
    DbRows *rows = arena_new(r.a, DbRows, MANY);
    for (int i = 0; i < MANY; i++) values[i] = db_number(i);
    const Statement *each = st(r.a, "SELECT $1 + 1 AS next, repeat('x', 2000) AS wide WHERE CAST($1 AS BIGINT) % 3 <> 0", 1);
    assert_int_equal(postgres_ops.query_each(db, r.a, each, values, MANY, rows), ERR_OK);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(rows[i].count, i % 3 != 0);
        if (i % 3) assert_int_equal(rows[i].values[0].number, i + 1);
    }
    values[500] = db_null();
    const Statement *dividing = st(r.a, "SELECT 10 / ($1 - 700)", 1);
    assert_int_equal(postgres_ops.query_each(db, r.a, dividing, values, MANY, rows), ERR_INPUT);
    assert_false(postgres_ops.is_broken(db));
    assert_int_equal(number_of(db, r.a, "SELECT 5"), 5);
    postgres_ops.close(db);
    store_close(r.store);
}

static void megabytes_go_both_ways_at_once(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    enum { SIZE = 3 << 20, TIMES = 8 };
    char *bytes = arena_new(r.a, char, SIZE);
    for (int i = 0; i < SIZE; i++) bytes[i] = (char)(i * 7);
    DbValue values[TIMES];
    DbRows rows[TIMES];
    for (int i = 0; i < TIMES; i++) values[i] = db_bytes((Str){bytes, SIZE});
    assert_int_equal(postgres_ops.query_each(db, r.a, st(r.a, "SELECT CAST($1 AS BYTEA) AS b", 1), values, TIMES, rows), ERR_OK);
    for (int i = 0; i < TIMES; i++) assert_true(str_equal(rows[i].values[0].bytes, values[i].bytes));
    postgres_ops.close(db);
    store_close(r.store);
}

/* ---- transactions ---- */

static void a_snapshot_is_one_moment(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *reader = connect_to(r.store), *writer = connect_to(r.store);
    assert_int_equal(postgres_ops.begin(reader, false), ERR_OK);
    assert_int_equal(number_of(reader, r.a, "SELECT count(*) FROM t"), 0);
    assert_int_equal(postgres_ops.begin(writer, true), ERR_OK);
    assert_int_equal(put(writer, r.a, 1), ERR_OK);
    assert_int_equal(postgres_ops.commit(writer), ERR_OK);
    assert_int_equal(number_of(reader, r.a, "SELECT count(*) FROM t"), 0);
    assert_int_equal(put(reader, r.a, 2), ERR_OK); /* only queued... */
    DbRows rows;
    assert_int_equal(query(reader, r.a, st(r.a, "SELECT 1", 0), DB_NO_VALUES, &rows), ERR_IO); /* ...and refused: it may only read */
    postgres_ops.rollback(reader);
    postgres_ops.close(reader);
    reader = connect_to(r.store);
    assert_int_equal(postgres_ops.begin(reader, false), ERR_OK);
    assert_int_equal(number_of(reader, r.a, "SELECT count(*) FROM t"), 1);
    assert_int_equal(postgres_ops.commit(reader), ERR_OK);
    assert_int_equal(number_of(reader, r.a, "SELECT count(*) FROM t"), 1);
    postgres_ops.close(reader);
    postgres_ops.close(writer);
    store_close(r.store);
}

typedef struct Turn {
    Db *db;
    Arena a;
    const Statement *add;
    int times;
    Err err;
} Turn;

/* Reads a number and writes one more: with two writers at once, some would be written twice and refused. */
static void *count_up(void *context)
{
    Turn *t = context;
    for (int i = 0; i < t->times && !t->err; i++) {
        DbRows rows;
        t->err = postgres_ops.begin(t->db, true);
        if (!t->err) t->err = postgres_ops.query(t->db, &t->a, t->add - 1, DB_NO_VALUES, &rows);
        if (!t->err) t->err = postgres_ops.run(t->db, t->add, DB_VALUES(db_number(rows.values[0].number + 1)), NULL);
        if (!t->err) t->err = postgres_ops.commit(t->db);
    }
    return NULL;
}

static void writers_take_turns(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Statement both[2] = {*st(r.a, "SELECT coalesce(max(n), 0) AS n FROM t", 0), *st(r.a, "INSERT INTO t (n) VALUES ($1)", 1)};
    Turn turns[3] = {0};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        turns[i] = (Turn){.db = connect_to(r.store), .add = &both[1], .times = 100};
        arena_init(&turns[i].a, 0);
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, &turns[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(turns[i].err, ERR_OK);
        arena_clear(&turns[i].a);
    }
    assert_int_equal(number_of(turns[0].db, r.a, "SELECT max(n) FROM t"), 300);
    for (int i = 0; i < 3; i++) postgres_ops.close(turns[i].db);
    store_close(r.store);
}

static void scripts_are_many_statements_or_none(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    assert_int_equal(postgres_ops.begin(db, true), ERR_OK);
    assert_int_equal(postgres_ops.script(db, S("CREATE TABLE x (n bigint); INSERT INTO x VALUES (1); INSERT INTO x VALUES (2);")), ERR_OK);
    assert_int_equal(number_of(db, r.a, "SELECT count(*) FROM x"), 2);
    assert_int_equal(postgres_ops.commit(db), ERR_OK);
    assert_int_equal(postgres_ops.begin(db, true), ERR_OK);
    assert_int_equal(postgres_ops.script(db, S("INSERT INTO x VALUES (3); INSERT INTO nowhere VALUES (1);")), ERR_IO);
    assert_int_equal(postgres_ops.commit(db), ERR_IO);
    postgres_ops.rollback(db);
    assert_int_equal(number_of(db, r.a, "SELECT count(*) FROM x"), 2);
    assert_int_equal(number_of(db, r.a, "SELECT CAST(setting AS BIGINT) FROM pg_settings WHERE name = 'statement_timeout'"), 1500);
    assert_int_equal(postgres_ops.script(db, S("SELECT pg_sleep(2)")), ERR_OK); /* longer than a statement may take */
    assert_int_equal(number_of(db, r.a, "SELECT CAST(setting AS BIGINT) FROM pg_settings WHERE name = 'statement_timeout'"), 1500);
    postgres_ops.close(db);
    store_close(r.store);
}

/* ---- when things go wrong ---- */

static void a_statement_that_takes_too_long_is_given_up(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store);
    DbRows rows;
    assert_int_equal(query(db, r.a, st(r.a, "SELECT 1 FROM pg_sleep(60)", 0), DB_NO_VALUES, &rows), ERR_IO);
    assert_false(postgres_ops.is_broken(db));
    assert_int_equal(number_of(db, r.a, "SELECT 3"), 3);
    postgres_ops.close(db);
    store_close(r.store);
}

static void a_lost_connection_is_noticed(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store), *other = connect_to(r.store);
    int64_t pid = number_of(db, r.a, "SELECT CAST(pg_backend_pid() AS BIGINT)");
    assert_int_equal(postgres_ops.begin(db, true), ERR_OK);
    assert_int_equal(put(db, r.a, 1), ERR_OK);
    DbRows rows;
    assert_int_equal(
        query(other, r.a, st(r.a, "SELECT pg_terminate_backend(CAST($1 AS BIGINT)::int, 10000)", 1), DB_VALUES(db_number(pid)), &rows),
        ERR_OK);
    assert_int_equal(postgres_ops.commit(db), ERR_IO);
    assert_true(postgres_ops.is_broken(db));
    postgres_ops.rollback(db);
    assert_int_equal(query(db, r.a, st(r.a, "SELECT 1", 0), DB_NO_VALUES, &rows), ERR_IO);
    postgres_ops.close(db);
    assert_int_equal(number_of(other, r.a, "SELECT count(*) FROM t"), 0);
    postgres_ops.close(other);
    store_close(r.store);
}

static void refusing(Arena *a, Str url, Err err, const char *why)
{
    PGconn *conn = NULL;
    Fault fault = {0};
    assert_int_equal(pg_session_open(&(PgSession){.url = url}, &conn, &fault), err);
    if (!strstr(str_c(a, fault.expected), why)) fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(fault.expected), why);
}

static void unsuitable_servers_are_refused(void **state)
{
    pg_or_skip();
    Arena *a = *state;
    refusing(a, pg_url_of(a, "there_is_none"), ERR_IO, "does not exist");
    refusing(a, S("postgresql://user:hidden@/x?nonsense=1"), ERR_INPUT, "a url");
    refusing(a, pg_database_as(a, "TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"), ERR_INPUT, "SQL_ASCII");
}

static void a_store_can_be_had_alone(void **state)
{
    pg_or_skip();
    Arena *a = *state;
    Str url = pg_database(a);
    PGconn *alone = NULL, *other = NULL;
    Fault fault = {0};
    assert_int_equal(pg_session_open(&(PgSession){.url = url, .alone = true}, &alone, &fault), ERR_OK);
    assert_int_equal(pg_session_open(&(PgSession){.url = url}, &other, &fault), ERR_CONFLICT);
    pq.PQfinish(alone);
    Store *store = store_on(a, url);
    Db *db = connect_to(store);
    assert_int_equal(pg_session_open(&(PgSession){.url = url, .alone = true}, &alone, &fault), ERR_CONFLICT);
    postgres_ops.close(db);
    store_close(store);
}

static Str setting_of(Arena *a, Str url, const char *name)
{
    PGconn *conn = NULL;
    Fault fault = {0};
    if (pg_session_open(&(PgSession){.url = url, .statement_ms = 1000}, &conn, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    PGresult *r = pq.PQexec(conn, str_c(a, str_format(a, "SHOW %s", name)));
    Str value = str_copy(a, str_from_c(pq.PQgetvalue(r, 0, 0)));
    pq.PQclear(r);
    pq.PQfinish(conn);
    return value;
}

static void commits_are_never_asynchronous(void **state)
{
    pg_or_skip();
    Arena *a = *state;
    Str url = pg_database(a);
    assert_str(setting_of(a, url, "synchronous_commit"), "on");
    assert_str(setting_of(a, url, "client_encoding"), "UTF8");
    assert_str(setting_of(a, url, "application_name"), "hustings");
    pg_admin(url,
        str_c(a, str_format(a, "DO $$BEGIN EXECUTE format('ALTER DATABASE %%I SET synchronous_commit = off', current_database()); END$$")));
    assert_str(setting_of(a, url, "synchronous_commit"), "on");
    pg_admin(url, "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = remote_apply', current_database()); END$$");
    assert_str(setting_of(a, url, "synchronous_commit"), "remote_apply");
}

/* Among several hosts the one that takes writes is wanted, unless the url says otherwise. */
static void several_hosts_mean_the_one_that_writes(void **state)
{
    pg_or_skip();
    Arena *a = *state;
    Str url = pg_database(a), head, tail;
    size_t at = 0;
    while (at < url.len && !str_starts(str_slice(url, at, url.len), S("?host="))) at++;
    if (at == url.len) skip(); /* a server on TCP */
    head = str_slice(url, 0, at);
    assert_true(str_cut(str_slice(url, at + S("?host=").len, url.len), '&', &tail, &(Str){0}));
    Str several = str_format(a, "%.*s?host=/nowhere,%.*s&user=hustings", STR_ARG(head), STR_ARG(tail));
    assert_str(setting_of(a, several, "client_encoding"), "UTF8");
    pg_admin(url, "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END$$");
    refusing(a, several, ERR_IO, "read-only");
    assert_str(setting_of(a, str_format(a, "%.*s&target_session_attrs=any", STR_ARG(several)), "client_encoding"), "UTF8");
}

/* ---- notifications ---- */

typedef struct Heard {
    int count;
    char last[64];
} Heard;

static void hear(void *context, Str payload)
{
    Heard *h = context;
    h->count++;
    snprintf(h->last, sizeof h->last, "%.*s", STR_ARG(payload));
}

static void what_is_committed_is_heard(void **state)
{
    pg_or_skip();
    Room r = room(state);
    Db *db = connect_to(r.store), *listener = connect_to(r.store);
    Heard heard = {0};
    const Statement *tell = st(r.a, "SELECT pg_notify('hustings', $1)", 1);
    assert_int_equal(postgres_ops.wait_events(listener, 0, hear, &heard), ERR_OK);
    assert_int_equal(postgres_ops.begin(db, true), ERR_OK);
    assert_int_equal(postgres_ops.run(db, tell, DB_VALUES(db_string(S("one"))), NULL), ERR_OK);
    assert_int_equal(number_of(db, r.a, "SELECT 1"), 1);
    assert_int_equal(postgres_ops.wait_events(listener, 50, hear, &heard), ERR_OK);
    assert_int_equal(heard.count, 0);
    assert_int_equal(postgres_ops.commit(db), ERR_OK);
    for (int i = 0; i < 100 && !heard.count; i++) assert_int_equal(postgres_ops.wait_events(listener, 100, hear, &heard), ERR_OK);
    assert_int_equal(heard.count, 1);
    assert_string_equal(heard.last, "one");
    postgres_ops.close(db);
    postgres_ops.close(listener);
    store_close(r.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(values_come_back_as_they_went),
        arena_test(smaller_types_are_numbers),
        arena_test(bad_texts_are_refused),
        arena_test(other_types_want_a_cast),
        arena_test(the_wrong_kind_of_value_stops_the_process),
        arena_test(domains_are_their_base_type),
        arena_test(queued_rows_are_there_after_the_commit),
        arena_test(a_queued_failure_shows_at_the_commit),
        arena_test(a_queued_failure_stays_until_the_rollback),
        arena_test(many_questions_are_answered_in_order),
        arena_test(megabytes_go_both_ways_at_once),
        arena_test(a_snapshot_is_one_moment),
        arena_test(writers_take_turns),
        arena_test(scripts_are_many_statements_or_none),
        arena_test(a_statement_that_takes_too_long_is_given_up),
        arena_test(a_lost_connection_is_noticed),
        arena_test(unsuitable_servers_are_refused),
        arena_test(a_store_can_be_had_alone),
        arena_test(commits_are_never_asynchronous),
        arena_test(several_hosts_mean_the_one_that_writes),
        arena_test(what_is_committed_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
