/* What the .sql files say holds on both engines: every migration applies, every statement can be prepared, and both have the same tables.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "pg.h"

#include "db/store.h"
#include "db/vault.h"

static Str sqlite_url(Arena *a)
{
    char *folder = (char *)str_c(a, S("/tmp/hustings-test-XXXXXX"));
    assert_non_null(mkdtemp(folder));
    return str_format(a, "%s/store.db", folder);
}

static void remove_sqlite(Arena *a, Str url)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-serve-lock"};
    for (int i = 0; i < COUNT_OF(endings); i++) unlink(str_c(a, str_format(a, "%.*s%s", STR_ARG(url), endings[i])));
    rmdir(str_c(a, str_slice(url, 0, url.len - S("/store.db").len)));
}

static Store *fresh(Arena *a, Str url)
{
    Store *store = NULL;
    Fault fault = {0};
    if (store_open(a, &(StoreOptions){.url = url}, &store, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return store;
}

/* ---- statements ---- */

static void prepare_all(Arena *a, Store *store, const EngineOps *ops)
{
    int count, bad = 0;
    const Statement *statements = sql_statements(&count);
    Db *db = NULL;
    Fault fault = {0};
    if (ops->open(store, &db, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    assert_true(count > 10);
    for (int i = 0; i < count; i++) {
        fault = (Fault){0};
        if (ops->prepare(db, &statements[i], &fault) == ERR_OK) continue;
        print_error("%.*s: %.*s\n", STR_ARG(statements[i].name), STR_ARG(fault_text(a, &fault)));
        bad++;
    }
    assert_int_equal(bad, 0);
    ops->close(db);
    store_close(store);
}

static void every_statement_prepares_on_sqlite(void **state)
{
    Arena *a = *state;
    Str url = sqlite_url(a);
    prepare_all(a, fresh(a, url), &sqlite_ops);
    remove_sqlite(a, url);
}

static void every_statement_prepares_on_postgresql(void **state)
{
    pg_or_skip();
    prepare_all(*state, fresh(*state, pg_database(*state)), &postgres_ops);
}

static Err add_contest(Db *db, Command *command)
{
    const Str *title = command->input;
    const DbValue title_value = db_string(*title), one = db_number(1), none = db_string(S(""));
    return db_run(db, "contest_add",
        DB_VALUES(db_string(S("a")), title_value, db_string(S("2026-01-01")), none, none, none, one, one, one, one, one, none,
            db_bytes(S("")), one));
}

/* Which of the patterns are like a title, as one letter each. */
static void search(Arena *a, Store *store, const Str *patterns, int count, const char *expected)
{
    static const Str title = {"\xc3\x89VA Istanbul 100%", 18};
    Command command = {.name = "add", .leaf = LEAF_NONE, .run = add_contest, .input = &title, .arena = a, .now = 1};
    assert_int_equal(store_run(store, &command), ERR_OK);
    Db *db = NULL;
    Fault fault = {0};
    assert_int_equal(db_open(store, &db, &fault), ERR_OK);
    for (int i = 0; i < count; i++) {
        DbRows rows;
        assert_int_equal(db_one(db, a, "contest_found_count", DB_VALUES(db_string(patterns[i])), &rows), ERR_OK);
        assert_row(db_i64(&rows, "contests") == (expected[i] == 'y'), patterns[i].ptr);
        assert_int_equal(db_query(db, a, "contest_found", DB_VALUES(db_string(patterns[i]), db_number(0), db_number(9)), &rows), ERR_OK);
        assert_row(rows.count == (expected[i] == 'y'), patterns[i].ptr);
    }
    db_close(db);
    store_close(store);
}

/* Both know the cases of ASCII's letters and of no others, whatever the language of a PostgreSQL database. */
static void searches_find_the_same(void **state)
{
    Arena *a = *state;
    const Str patterns[] = {S("%va%"), S("%\xc3\x89va%"), S("%\xc3\xa9va%"), S("%ISTANBUL%"), S("%100!%%"), S("%10!%%")};
    Str url = sqlite_url(a);
    search(a, fresh(a, url), patterns, COUNT_OF(patterns), "yynyyn");
    remove_sqlite(a, url);
    pg_or_skip();
    search(a, fresh(a, pg_database(a)), patterns, COUNT_OF(patterns), "yynyyn");
}

/* ---- tables ---- */

static void every_table_says_whether_it_may_leave(void **state)
{
    Plan plan = plan_make(*state);
    assert_true(plan.count >= 5);
    assert_true(plan.derived_count >= 3);
    for (int i = 0; i < plan.count + plan.derived_count; i++) {
        const Table *t = &plan.tables[i];
        if (!t->said) print_error("no line '-- export %.*s: ...' in its migration\n", STR_ARG(t->name));
        assert_true(t->said);
    }
}

static Str described(Arena *a, const Plan *plan)
{
    Buf b = buf_new(a);
    for (int i = 0; i < plan->count; i++) {
        const Table *t = &plan->tables[i];
        for (int c = 0; c < t->column_count; c++) {
            static const char *const types[] = {[DB_I64] = "bigint", [DB_TEXT] = "text C", [DB_BLOB] = "bytea"};
            int place = 0;
            for (int k = 0; k < t->key_count; k++)
                if (t->key[k] == c) place = k + 1;
            buf_format(&b, "%.*s.%.*s %s %d\n", STR_ARG(t->name), STR_ARG(t->columns[c].name), types[t->columns[c].kind], place);
        }
    }
    return buf_done(&b);
}

/* The same from PostgreSQL's catalogue, with the collation of texts. */
static const char catalogue[] =
    "SELECT c.relname || '.' || a.attname || ' ' || format_type(coalesce(nullif(y.typbasetype, 0), y.oid), NULL)"
    " || CASE WHEN a.attcollation <> 0 THEN ' ' || o.collname ELSE '' END || ' ' || coalesce(array_position(i.indkey::int2[], a.attnum), "
    "-1) + 1 AS line"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type y ON y.oid = a.atttypid"
    " JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary LEFT JOIN pg_collation o ON o.oid = a.attcollation"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0"
    /* What SQLite has in a virtual table is a column here. */
    " AND NOT (c.relname = 'person_search' AND a.attname = 'tokens') ORDER BY c.relname COLLATE \"C\", "
    "a.attnum";

static int by_name(const void *one, const void *other)
{
    return str_compare(((const Table *)one)->name, ((const Table *)other)->name);
}

static void both_engines_have_the_same_tables(void **state)
{
    pg_or_skip();
    Arena *a = *state;
    Store *store = fresh(a, pg_database(a));
    PGconn *conn = NULL;
    Fault fault = {0};
    if (pg_session_open(&(PgSession){.url = store_options(store)->url}, &conn, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    PGresult *r = pq.PQexec(conn, catalogue);
    if (pq.PQresultStatus(r) != PGRES_TUPLES_OK) fail_msg("%s", pq.PQerrorMessage(conn));
    Buf b = buf_new(a);
    for (int i = 0; i < pq.PQntuples(r); i++) buf_format(&b, "%s\n", pq.PQgetvalue(r, i, 0));
    Plan plan = plan_make(a);
    plan.count += plan.derived_count;
    qsort(plan.tables, (size_t)plan.count, sizeof(Table), by_name);
    assert_same_str(buf_done(&b), described(a, &plan));
    pq.PQclear(r);
    pq.PQfinish(conn);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(every_statement_prepares_on_sqlite),
        arena_test(every_statement_prepares_on_postgresql),
        arena_test(searches_find_the_same),
        arena_test(every_table_says_whether_it_may_leave),
        arena_test(both_engines_have_the_same_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
