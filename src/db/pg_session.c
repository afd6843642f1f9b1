/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/pg_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETTINGS_MAX = 64, IDLE_IN_TRANSACTION_MS = 10000, LOCK_TRIES = 40, LOCK_NAP_US = 50000 };

/* ---- what the server said ---- */

static Str state_of(const PGresult *result)
{
    const char *state = result ? pq.PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    return str_from_c(state ? state : "08000");
}

bool pg_error_breaks(const PGresult *result)
{
    Str state = state_of(result);
    /* 25006: a former primary that only reads now. 0A000, 26000: what was prepared is not any more (a changed schema, a pooler in between). */
    static const Str breaking[] = {S("08"), S("57P"), S("25006"), S("0A000"), S("26000"), S("XX")};
    for (int i = 0; i < COUNT_OF(breaking); i++)
        if (str_starts(state, breaking[i])) return true;
    return false;
}

bool pg_error_passes(const PGresult *result)
{
    Str state = state_of(result);
    return str_equal(state, S("40001")) || str_equal(state, S("40P01"));
}

static Err err_of(Str state)
{
    if (str_starts(state, S("23")) || str_starts(state, S("40"))) return ERR_CONFLICT;
    if (str_starts(state, S("22"))) return ERR_INPUT;
    return ERR_IO;
}

/* A message about a value has the value in it. */
static bool message_tells_values(Str state)
{
    return str_starts(state, S("22")) || str_starts(state, S("23"));
}

Err pg_error(const PGconn *conn, const PGresult *result, Str what, char *words, size_t room)
{
    Str state = state_of(result);
    const char *message = result ? pq.PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *constraint = result ? pq.PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : NULL;
    if (!message) message = pq.PQerrorMessage(conn);
    if (message_tells_values(state)) message = constraint ? constraint : "value refused";
    int len = snprintf(words, room, "postgresql: %.*s: %.*s: %s", STR_ARG(what), STR_ARG(state), message);
    for (size_t i = 0; i < room && i < (size_t)(len > 0 ? len : 0); i++)
        if (words[i] == '\n') words[i] = ' ';
    return err_of(state);
}

/* ---- connecting ---- */

/* The engines' `open` has no arena: words of a failure stand here until the thread's next one. */
static _Thread_local char failure[1024];

static Err fail(Fault *fault, Err err, const char *before, const char *words)
{
    snprintf(failure, sizeof failure, "%s%s", before, words);
    Str text = str_from_c(failure);
    for (size_t i = 0; i < text.len; i++)
        if (failure[i] == '\n') failure[i] = ' ';
    return fault_set(fault, err, 0, 0, str_trim(text), (Str){0});
}

typedef struct Settings {
    const char *names[SETTINGS_MAX + 1];
    const char *values[SETTINGS_MAX + 1];
    int count;
} Settings;

static const char *setting(const Settings *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->names[i], name) == 0) return s->values[i];
    return NULL;
}

static void set(Settings *s, const char *name, const char *value)
{
    ASSERT(s->count < SETTINGS_MAX);
    s->names[s->count] = name;
    s->values[s->count++] = value;
}

static void set_unless_given(Settings *s, const char *name, const char *value)
{
    if (!setting(s, name)) set(s, name, value);
}

static bool names_several(const char *hosts)
{
    return hosts && strchr(hosts, ',');
}

static void set_what_is_open(Settings *s)
{
    bool several = names_several(setting(s, "host")) || names_several(setting(s, "hostaddr")) || names_several(setting(s, "port"));
    if (several && !getenv("PGTARGETSESSIONATTRS")) set_unless_given(s, "target_session_attrs", "read-write");
    if (!getenv("PGCONNECT_TIMEOUT")) set_unless_given(s, "connect_timeout", "5");
    set_unless_given(s, "fallback_application_name", "hustings");
    set_unless_given(s, "keepalives_idle", "10");
    set_unless_given(s, "keepalives_interval", "5");
    set_unless_given(s, "keepalives_count", "3");
    set_unless_given(s, "tcp_user_timeout", "20000");
    set(s, "client_encoding", "UTF8"); /* the last of two counts */
}

static void say_nothing(void *context, const char *message)
{
    (void)context, (void)message;
}

static Err connect_to(Str url, PGconn **ret_conn, Fault *fault)
{
    Arena a;
    arena_init(&a, 0);
    char *why = NULL;
    PQconninfoOption *given = pq.PQconninfoParse(str_c(&a, url), &why);
    arena_clear(&a);
    pq.PQfreemem(why); /* it may repeat a password */
    if (!given)
        return fault_set(fault, ERR_INPUT, 0, 0, S("a url as PostgreSQL's libpq reads it: postgresql://user@host/database"), (Str){0});
    Settings s = {0};
    for (const PQconninfoOption *o = given; o->keyword; o++)
        if (o->val && s.count < SETTINGS_MAX / 2) set(&s, o->keyword, o->val);
    set_what_is_open(&s);
    *ret_conn = pq.PQconnectdbParams(s.names, s.values, 0);
    pq.PQconninfoFree(given);
    if (!*ret_conn) out_of_memory(0);
    if (pq.PQstatus(*ret_conn) == CONNECTION_OK) return ERR_OK;
    return fail(fault, ERR_IO, "", pq.PQerrorMessage(*ret_conn));
}

typedef enum SetUp { SET_UP_DONE, SET_UP_LOCKED, SET_UP_FAILED } SetUp;

static SetUp read_set_up(PGconn *conn, const PGresult *r, Fault *fault, Err *ret_err)
{
    if (pq.PQresultStatus(r) != PGRES_TUPLES_OK) *ret_err = fail(fault, ERR_IO, "", pq.PQerrorMessage(conn));
    else if (strcmp(pq.PQgetvalue(r, 0, 0), "UTF8") != 0)
        *ret_err = fail(fault, ERR_INPUT, "a PostgreSQL database with encoding UTF8; this one has ", pq.PQgetvalue(r, 0, 0));
    else return strcmp(pq.PQgetvalue(r, 0, 1), "t") == 0 ? SET_UP_DONE : SET_UP_LOCKED;
    return SET_UP_FAILED;
}

/* The planner is told what our questions are: few rows, by their keys, and mostly in memory. Its own standards are those of a spinning disk, for which it reads all persons to
 * show two thousand; and it would compile what then runs for a millisecond. A cheaper page that the operator set stays. */
#define PLANNING                                                                                                                        \
    " set_config('random_page_cost', least(CAST(current_setting('random_page_cost') AS float8), 1.1)::text, false), set_config('jit', " \
    "'off', false)"

/* One trip for all a session needs. Columns: encoding, whether the lock was given. A session that was just closed holds its lock a moment longer. */
static Err set_up(PGconn *conn, const PgSession *session, Fault *fault)
{
    char sql[1024];
    snprintf(sql, sizeof sql,
        "SELECT current_setting('server_encoding'), pg_try_advisory_lock%s(%d, %d), set_config('statement_timeout', '%d', false),"
        " set_config('idle_in_transaction_session_timeout', '%d', false), set_config('synchronous_commit',"
        " CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)," PLANNING,
        session->alone ? "" : "_shared", PG_LOCKS, PG_LOCK_STORE, session->statement_ms,
        session->statement_ms ? session->statement_ms + IDLE_IN_TRANSACTION_MS : 0);
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        Err e = ERR_OK;
        if (tries) usleep(LOCK_NAP_US);
        PGresult *r = pq.PQexec(conn, sql);
        SetUp done = read_set_up(conn, r, fault, &e);
        pq.PQclear(r);
        if (done != SET_UP_LOCKED) return e;
    }
    if (session->alone) return fail(fault, ERR_CONFLICT, "", "somebody has this store open: stop every server on this database first");
    return fail(fault, ERR_CONFLICT, "", "this store is being restored or moved just now");
}

Err pg_session_open(const PgSession *session, PGconn **ret_conn, Fault *fault)
{
    Err e = libpq_load(fault);
    if (e) return e;
    PGconn *conn = NULL;
    e = connect_to(session->url, &conn, fault);
    if (!e) {
        pq.PQsetNoticeProcessor(conn, say_nothing, NULL);
        e = set_up(conn, session, fault);
    }
    if (e) {
        if (conn) pq.PQfinish(conn);
        return e;
    }
    *ret_conn = conn;
    return ERR_OK;
}
