/* plan.c: which tables there are, told by SQLite after it made them in memory.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What may leave in an export stands in the migration beside the table:
 *     -- export TABLE: all
 *     -- export TABLE: all but COLUMN, COLUMN
 *     -- export TABLE: nothing
 *     -- export TABLE: derived
 * A derived table is made from others: it goes into no backup, move or export, and whoever knows how makes it anew. So are virtual tables, which are none here.
 * A table of which nothing is said is not exported (and a test fails).
 */
#include "db/vault.h"

#include <sqlite3.h>
#include <string.h>

Str plan_sqlite_schema(Arena *a)
{
    int count;
    const Migration *migrations = sql_migrations(&count);
    Buf b = buf_new(a);
    for (int i = 0; i < count; i++) {
        buf_str(&b, migrations[i].sqlite);
        buf_byte(&b, '\n');
    }
    return buf_done(&b);
}

/* ---- asking SQLite ---- */

static sqlite3 *made_in_memory(Arena *a)
{
    sqlite3 *db = NULL;
    ASSERT(sqlite3_open(":memory:", &db) == SQLITE_OK);
    ASSERT(sqlite3_exec(db, str_c(a, plan_sqlite_schema(a)), NULL, NULL, NULL) == SQLITE_OK);
    return db;
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql, const char *name)
{
    sqlite3_stmt *s = NULL;
    ASSERT(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
    if (name) ASSERT(sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT) == SQLITE_OK);
    return s;
}

static Str column_text(Arena *a, sqlite3_stmt *s, int column)
{
    return str_copy(a, str_from_c((const char *)sqlite3_column_text(s, column)));
}

static int64_t count_rows(Arena *a, sqlite3 *db, Str table)
{
    sqlite3_stmt *s = ask(db, str_c(a, str_format(a, "SELECT count(*) FROM \"%.*s\"", STR_ARG(table))), NULL);
    ASSERT(sqlite3_step(s) == SQLITE_ROW);
    int64_t rows = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return rows;
}

static DbKind kind_of(Str type)
{
    if (str_equal(type, S("BIGINT"))) return DB_I64;
    if (str_equal(type, S("TEXT"))) return DB_TEXT;
    ASSERT(str_equal(type, S("BLOB"))); /* sql.h: no other types */
    return DB_BLOB;
}

static void read_columns(Arena *a, sqlite3 *db, Table *table)
{
    sqlite3_stmt *s = ask(db, "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid", str_c(a, table->name));
    while (sqlite3_step(s) == SQLITE_ROW) {
        int at = table->column_count++, place = sqlite3_column_int(s, 2);
        ASSERT(at < TABLE_COLUMNS_MAX);
        table->columns[at] = (TableColumn){.name = column_text(a, s, 0), .kind = kind_of(column_text(a, s, 1))};
        if (place) table->key[place - 1] = at;
        if (place > table->key_count) table->key_count = place;
    }
    sqlite3_finalize(s);
    ASSERT(table->key_count > 0); /* without a key there is no order in which two stores could be compared */
    table->seeds = count_rows(a, db, table->name);
}

/* ---- the order: whoever is referred to comes first ---- */

static int find_table(const Plan *plan, Str name)
{
    for (int i = 0; i < plan->count; i++)
        if (str_equal(plan->tables[i].name, name)) return i;
    return -1;
}

const Table *plan_table(const Plan *plan, Str name)
{
    int at = find_table(plan, name);
    ASSERT(at >= 0);
    return &plan->tables[at];
}

/* Does `table` refer to one that is not among the first `done`, itself aside? */
static bool must_wait(Arena *a, sqlite3 *db, const Plan *plan, int done, Str table)
{
    bool waits = false;
    sqlite3_stmt *s = ask(db, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1)", str_c(a, table));
    while (sqlite3_step(s) == SQLITE_ROW) {
        Str other = column_text(a, s, 0);
        int at = find_table(plan, other);
        waits = waits || (at >= done && !str_equal(other, table));
    }
    sqlite3_finalize(s);
    return waits;
}

static void put_in_order(Arena *a, sqlite3 *db, Plan *plan)
{
    for (int done = 0; done < plan->count; done++) {
        int at = done;
        while (at < plan->count && must_wait(a, db, plan, done, plan->tables[at].name)) at++;
        ASSERT(at < plan->count); /* tables that refer to each other in a circle: no order would do */
        Table table = plan->tables[at];
        memmove(&plan->tables[done + 1], &plan->tables[done], (size_t)(at - done) * sizeof table);
        plan->tables[done] = table;
    }
}

/* ---- what may be exported ---- */

static void hide_column(Table *table, Str name)
{
    for (int i = 0; i < table->column_count; i++) {
        if (!str_equal(table->columns[i].name, name)) continue;
        table->columns[i].secret = true;
        return;
    }
    assert_failed("a migration hides a column that is not there", __FILE__, __LINE__);
}

static void read_export_line(Plan *plan, Str rest)
{
    Str name, what;
    ASSERT(str_cut(rest, ':', &name, &what));
    int at = find_table(plan, str_trim(name));
    ASSERT(at >= 0);
    Table *table = &plan->tables[at];
    what = str_trim(what);
    table->said = true;
    table->derived = str_equal(what, S("derived"));
    table->exported = !table->derived && !str_equal(what, S("nothing"));
    if (!table->exported || str_equal(what, S("all"))) return;
    ASSERT(str_starts(what, S("all but ")));
    Str column, more = str_slice(what, S("all but ").len, what.len);
    while (more.len) {
        str_cut(more, ',', &column, &more);
        hide_column(table, str_trim(column));
    }
}

static void read_export_lines(Plan *plan)
{
    for (int i = 0; i < sql_migration_file_count; i++) {
        Str line, rest = sql_migration_files[i].text;
        while (rest.len) {
            str_cut(rest, '\n', &line, &rest);
            if (str_starts(line, S("-- export "))) read_export_line(plan, str_slice(line, S("-- export ").len, line.len));
        }
    }
}

/* Behind the others, and not counted with them. */
static void put_derived_last(Plan *plan)
{
    for (int i = plan->count - 1; i >= 0; i--) {
        if (!plan->tables[i].derived) continue;
        Table table = plan->tables[i];
        plan->count--;
        plan->derived_count++;
        memmove(&plan->tables[i], &plan->tables[i + 1], (size_t)(plan->count + plan->derived_count - 1 - i) * sizeof table);
        plan->tables[plan->count + plan->derived_count - 1] = table;
    }
}

bool plan_has_virtual(Arena *a, Str sql)
{
    sqlite3 *db = made_in_memory(a);
    sqlite3_stmt *s = ask(
        db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%' AND sql = ?1", str_c(a, sql));
    bool has = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return has;
}

Plan plan_make(Arena *a)
{
    sqlite3 *db = made_in_memory(a);
    static const char list[] = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' "
                               "ESCAPE '\\' ORDER BY name";
    Plan plan = {0};
    int room = 0;
    sqlite3_stmt *s = ask(db, list, NULL);
    while (sqlite3_step(s) == SQLITE_ROW) {
        if (plan.count == room) {
            plan.tables = arena_grow(a, Table, plan.tables, (size_t)room, (size_t)room * 2 + 16);
            room = room * 2 + 16;
        }
        Table *table = &plan.tables[plan.count++];
        table->name = column_text(a, s, 0);
        read_columns(a, db, table);
    }
    sqlite3_finalize(s);
    put_in_order(a, db, &plan);
    sqlite3_close(db);
    read_export_lines(&plan);
    put_derived_last(&plan);
    return plan;
}

/* ---- names in SQL ---- */

void table_columns(const Table *table, Buf *b)
{
    for (int i = 0; i < table->column_count; i++) buf_format(b, "%s\"%.*s\"", i ? ", " : "", STR_ARG(table->columns[i].name));
}

void table_key(const Table *table, bool postgres, Buf *b)
{
    for (int i = 0; i < table->key_count; i++) {
        const TableColumn *c = &table->columns[table->key[i]];
        buf_format(b, "%s\"%.*s\"%s", i ? ", " : "", STR_ARG(c->name), postgres && c->kind == DB_TEXT ? " COLLATE \"C\"" : "");
    }
}
