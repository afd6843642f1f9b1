/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

/* This program's own files; sql.c reads no others. */
#include "db/sql.c"

static const char good[] = "-- room.sql: statements\n"
                           "\n"
                           "-- room_get(id, name): one\n"
                           "SELECT a, ':id', \":name\", b::text -- :gone; it's a comment\n"
                           "FROM t\n"
                           "-- between lines\n"
                           "WHERE id = :id AND name = :name AND other > :id;\n"
                           "-- room_all(): why: a colon\n"
                           "SELECT 1\n"
                           "-- sqlite: , 2 AS two WHERE ';' <> '';\n"
                           "-- pg: , 3 AS two\n"
                           "-- pg: FOR UPDATE;\n";
static const char first[] = "-- sqlite: PRAGMA x;\n-- pg: CREATE DOMAIN blob AS bytea;\n"
                            "CREATE TABLE t (\n"
                            "    a TEXT NOT NULL, -- a TEXT; isn't it\n"
                            "    CONTEXT BIGINT, b TEXT DEFAULT 'TEXT'\n"
                            "-- sqlite: ) WITHOUT ROWID;\n"
                            "-- pg: , c TEXT);\n";
static const char second[] = "CREATE TABLE u (TEXT_A BIGINT);\n";

#define FILE_OF(name, text)          \
    {                                \
        {(name), sizeof(name) - 1},  \
        {                            \
            (text), sizeof(text) - 1 \
        }                            \
    }
const SqlFile sql_statement_files[] = {FILE_OF("room/room.sql", good)};
const int sql_statement_file_count = 1;
const SqlFile sql_migration_files[] = {FILE_OF("db/schema/0001_first.sql", first), FILE_OF("room/schema/0002_second.sql", second)};
const int sql_migration_file_count = 2;

static void statements_are_read(void **state)
{
    (void)state;
    int count = 0;
    sql_statements(&count);
    assert_int_equal(count, 2);
    const Statement *s = sql_statement("room_get");
    assert_non_null(s);
    assert_int_equal(s->number, 0);
    assert_int_equal(s->value_count, 2);
    assert_str(s->values[0], "id");
    assert_str(s->values[1], "name");
    assert_str(s->sqlite, "SELECT a, ':id', \":name\", b::text\nFROM t\nWHERE id = ?1 AND name = ?2 AND other > ?1");
    assert_str(s->postgres, "SELECT a, ':id', \":name\", b::text\nFROM t\nWHERE id = $1 AND name = $2 AND other > $1");
}

static void engines_have_lines_of_their_own(void **state)
{
    (void)state;
    const Statement *s = sql_statement("room_all");
    assert_int_equal(s->number, 1);
    assert_int_equal(s->value_count, 0);
    assert_str(s->sqlite, "SELECT 1\n, 2 AS two WHERE ';' <> ''");
    assert_str(s->postgres, "SELECT 1\n, 3 AS two\nFOR UPDATE");
}

static void unknown_names_are_null(void **state)
{
    (void)state;
    assert_null(sql_statement("room_ge"));
    assert_null(sql_statement("room_gets"));
    assert_null(sql_statement(""));
}

static void migrations_are_read(void **state)
{
    (void)state;
    int count = 0;
    const Migration *m = sql_migrations(&count);
    assert_int_equal(count, 2);
    assert_str(m[0].name, "0001_first");
    assert_int_equal(m[1].number, 2);
    assert_str(m[0].sqlite, " PRAGMA x;\nCREATE TABLE t (\n    a TEXT NOT NULL, -- a TEXT; isn't it\n    CONTEXT BIGINT, b TEXT DEFAULT "
                            "'TEXT'\n ) WITHOUT ROWID;\n");
    assert_str(m[0].postgres, " CREATE DOMAIN blob AS bytea;\nCREATE TABLE t (\n    a TEXT COLLATE \"C\" NOT NULL, -- a TEXT; isn't it\n"
                              "    CONTEXT BIGINT, b TEXT COLLATE \"C\" DEFAULT 'TEXT'\n , c TEXT);\n");
    assert_str(m[1].postgres, "CREATE TABLE u (TEXT_A BIGINT);\n");
    Sha256 digest = sha256((Str){second, sizeof second - 1});
    assert_memory_equal(m[1].digest.bytes, digest.bytes, SHA256_BYTES);
}

/* ---- what cannot be read stops the process, with file and line ---- */

static const char *bad_text, *bad_name;

static void read_bad_statements(void)
{
    Catalogue c = {0};
    arena_init(&c.arena, ARENA_LIMIT_DEFAULT);
    read_statements(&c, (SqlFile){str_from_c(bad_name), str_from_c(bad_text)});
}

static void read_bad_migration(void)
{
    Catalogue c = {0};
    arena_init(&c.arena, ARENA_LIMIT_DEFAULT);
    c.migrations = arena_new(&c.arena, Migration, 1);
    read_migration(&c, (SqlFile){str_from_c(bad_name), str_from_c(bad_text)});
}

static void malformed_statements_stop_the_process(void **state)
{
    (void)state;
    const struct {
        const char *text, *says;
    } cases[] = {
        {"SELECT 1;\n", "before a head"},
        {"-- a comment\n-- sqlite: SELECT 1;\n", "before a head"},
        {"-- a(): why\n", "without ';'"},
        {"-- a(): why\nSELECT 1\n", "without ';'"},
        {"-- a(): why\nSELECT 1\n-- b(): why\nSELECT 2;\n", "without ';'"},
        {"-- a(): why\n-- sqlite: SELECT 1;\n", "without ';'"},
        {"-- a(): why\n-- sqlite: SELECT 1;\n-- pg: SELECT 1\n-- b(): why\nSELECT 1;", "without ';'"},
        {"-- a(): why\n-- sqlite: SELECT 1;\nSELECT 2;\n", "nothing behind its ';'"},
        {"-- a(): why\nSELECT 1; SELECT 2;\n", "nothing behind its ';'"},
        {"-- a(): why\n;\n", "without a body"},
        {"-- a(x): why\nSELECT :y;\n", "a :name that the head does not give"},
        {"-- a(x, y): why\nSELECT :y;\n", "does not use"},
        {"-- a(x): why\nSELECT 1\n-- pg: , :x;\n-- sqlite: ;\n", "does not use"},
        {"-- a(x, x): why\nSELECT :x;\n", "named twice"},
        {"-- a(X): why\nSELECT 1;\n", "the name of a value"},
        {"-- a(x y): why\nSELECT 1;\n", "the name of a value"},
        {"-- a(x,): why\nSELECT :x;\n", "the name of a value"},
        {"-- a(x: why\nSELECT 1;\n", "without ')'"},
        {"-- a()\nSELECT 1;\n", "says why"},
        {"-- a(): \nSELECT 1;\n", "says why"},
        {"-- a() why\nSELECT 1;\n", "says why"},
        {"-- a(): why\nSELECT 'x;\n", "a quote"},
        {"-- a(): why\nSELECT 1;\n-- a(): again\nSELECT 2;\n", "taken"},
    };
    for (int i = 0; i < COUNT_OF(cases); i++) {
        bad_text = cases[i].text;
        bad_name = "x/x.sql";
        Ending e = ending_of(read_bad_statements);
        assert_row(e.signal == SIGABRT, cases[i].text);
        assert_row(strstr(e.said, cases[i].says) != NULL, cases[i].text);
        assert_row(strstr(e.said, "x/x.sql:") != NULL, cases[i].text);
    }
}

static void the_line_is_named(void **state)
{
    (void)state;
    bad_name = "x/x.sql";
    bad_text = "-- a(): why\nSELECT 1;\n\n-- b(): why\nSELECT\n  'x;\n";
    assert_non_null(strstr(ending_of(read_bad_statements).said, "x/x.sql:6"));
}

static void too_many_values_stop_the_process(void **state)
{
    (void)state;
    bad_name = "x/x.sql";
    bad_text = "-- a(a1,a2,a3,a4,a5,a6,a7,a8,a9,b1,b2,b3,b4,b5,b6,b7,b8,b9,c1,c2,c3,c4,c5,c6,c7,c8,c9,d1,d2,d3,d4,d5,d6): why\nSELECT 1;\n";
    assert_non_null(strstr(ending_of(read_bad_statements).said, "too many values"));
}

static void malformed_migrations_stop_the_process(void **state)
{
    (void)state;
    const struct {
        const char *name, *text, *says;
    } cases[] = {
        {"x/schema/first.sql", "SELECT 1;\n", "NNNN_what.sql"},
        {"x/schema/001_first.sql", "SELECT 1;\n", "NNNN_what.sql"},
        {"x/schema/-001_first.sql", "SELECT 1;\n", "NNNN_what.sql"},
        {"x/schema/0002_first.sql", "SELECT 1;\n", "1, 2, 3"},
        {"x/schema/0001_first.sql", "-- nothing\n", "an empty migration"},
        {"x/schema/0001_first.sql", "SELECT 'x\n';\n", "a quote"},
    };
    for (int i = 0; i < COUNT_OF(cases); i++) {
        bad_name = cases[i].name;
        bad_text = cases[i].text;
        Ending e = ending_of(read_bad_migration);
        assert_row(e.signal == SIGABRT, cases[i].name);
        assert_row(strstr(e.said, cases[i].says) != NULL, cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_read),
        cmocka_unit_test(engines_have_lines_of_their_own),
        cmocka_unit_test(unknown_names_are_null),
        cmocka_unit_test(migrations_are_read),
        cmocka_unit_test(malformed_statements_stop_the_process),
        cmocka_unit_test(the_line_is_named),
        cmocka_unit_test(too_many_values_stop_the_process),
        cmocka_unit_test(malformed_migrations_stop_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
