/* pg.h: fresh databases of the PostgreSQL that test/postgres.py started. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * HUSTINGS_TEST_POSTGRES is its url. Without it these tests are skipped, and `make test` counts that; with it nothing is skipped.
 */
#ifndef HUSTINGS_TEST_PG_H
#define HUSTINGS_TEST_PG_H

#include "core/unit.h"

#include "db/pg_session.h"

static inline Str pg_server(void)
{
    const char *url = getenv("HUSTINGS_TEST_POSTGRES");
    return str_from_c(url ? url : "");
}

#define pg_or_skip() \
    if (!pg_server().len) skip()

/* SQL outside every store, as whoever runs the server. */
static inline void pg_admin(Str url, const char *sql)
{
    PGconn *conn = NULL;
    Fault fault = {0};
    if (pg_session_open(&(PgSession){.url = url}, &conn, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    PGresult *r = pq.PQexec(conn, sql);
    ExecStatusType status = pq.PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail_msg("%s: %s", sql, pq.PQerrorMessage(conn));
    pq.PQclear(r);
    pq.PQfinish(conn);
}

/* The server's url with another database in place of "hustings" (".../hustings?..." or ".../hustings"). */
static inline Str pg_url_of(Arena *a, const char *database)
{
    Str url = pg_server(), head, tail;
    size_t at = 0;
    while (at < url.len && !str_starts(str_slice(url, at, url.len), S("/hustings"))) at++;
    head = str_slice(url, 0, at);
    tail = str_slice(url, at + S("/hustings").len, url.len);
    return str_format(a, "%.*s/%s%.*s", STR_ARG(head), database, STR_ARG(tail));
}

/* A new database, empty; its url. `how`: what else CREATE DATABASE says; unless it does, words have the order of English (test/postgres.py). */
static inline Str pg_database_as(Arena *a, const char *how)
{
    static int count;
    const char *name = str_c(a, str_format(a, "t%d_%d", (int)getpid(), ++count));
    pg_admin(pg_server(), str_c(a, str_format(a, "CREATE DATABASE %s %s", name, how)));
    return pg_url_of(a, name);
}

static inline Str pg_database(Arena *a)
{
    return pg_database_as(a, "");
}

#endif
