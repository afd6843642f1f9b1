/* sql.h: the statements and migrations that the rooms' .sql files hold, read once.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: SQL stands in files that a database person can read, both engines side by side; C never builds any. The files are compiled in byte
 *      for byte (scripts/embed.py).
 * A statement file:
 *
 *     -- contest_by_slug(slug): the published contest at an address
 *     SELECT id, title FROM contest WHERE slug = :slug;
 *
 *   The head names the statement, its values in the order in which C gives them, and why it exists. The body ends with ';' at the end of a
 *   line and holds one statement. Each ":name" stands for a value; one may stand in several places.
 *   A line "-- sqlite: TEXT" is TEXT for SQLite and nothing for PostgreSQL, "-- pg: TEXT" the other way round. Other comment lines are comments.
 * A migration file, schema/NNNN_what.sql, holds any number of statements, with the same two kinds of lines. The numbers are one series over all
 *   rooms, without gaps. Types: TEXT, BIGINT, BLOB (a domain over bytea in PostgreSQL). Text is compared by bytes in both engines, whatever the order of
 *   words in a PostgreSQL database: behind each TEXT, COLLATE "C" is put (not in lines "-- pg:", which stand as they are: a CAST to TEXT needs one).
 *   Comments behind columns stay: SQLite keeps them with the table. Lines "-- export TABLE: ..." say what may leave in an export (plan.c).
 * A quoted text ends on the line where it begins. A comment may stand behind SQL on its line.
 * Errors: a file that cannot be read this way is a bug: the process stops with file and line.
 */
#ifndef HUSTINGS_DB_SQL_H
#define HUSTINGS_DB_SQL_H

#include "db/db.h"

/* Made by scripts/embed.py from src/<room>/<room>.sql and src/<room>/schema/: ordered by name, by number. */
typedef struct SqlFile {
    Str name; /* "contest/contest.sql", "contest/schema/0003_contest.sql" */
    Str text;
} SqlFile;
extern const SqlFile sql_statement_files[], sql_migration_files[];
extern const int sql_statement_file_count, sql_migration_file_count;

enum { SQL_VALUES_MAX = 32 };

typedef struct Statement {
    int number; /* 0, 1, 2...: index of the engines' prepared forms */
    Str name;
    Str sqlite;   /* with ?1, ?2... */
    Str postgres; /* with $1, $2... */
    Str values[SQL_VALUES_MAX];
    int value_count;
} Statement;

typedef struct Migration {
    int number;
    Str name;
    Str sqlite, postgres;
    Sha256 digest; /* of the file */
} Migration;

/* Read from the compiled-in files at the first call, by whichever thread comes first; then only looked at. */
const Statement *sql_statement(const char *name); /* NULL: there is none */
const Statement *sql_statements(int *ret_count);
const Migration *sql_migrations(int *ret_count);

#endif
