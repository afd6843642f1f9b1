/* pg_session.h: a connection to PostgreSQL as this program wants it. Private to db/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The url is read by libpq: several hosts, target_session_attrs, TLS, password files, services. What it leaves open is set here: connections that break
 * are noticed within half a minute, a list of hosts means the one that takes writes, and text is UTF-8. synchronous_commit stays as the server has
 * it, but "off" becomes "on": what was acknowledged must be on disk.
 */
#ifndef HUSTINGS_DB_PG_SESSION_H
#define HUSTINGS_DB_PG_SESSION_H

#include "db/libpq.h"

/* Advisory locks: (PG_LOCKS, one of these). */
enum { PG_LOCKS = 0x48757374 };
enum {
    PG_LOCK_WRITER = 1, /* held by the transaction that writes */
    PG_LOCK_STORE = 2   /* shared by every session of a store; transfer.c wants it alone, so that nobody serves what is being moved */
};

typedef struct PgSession {
    Str url;
    int statement_ms; /* 0: no limit */
    bool alone;       /* nobody else may have the store open: ERR_CONFLICT */
} PgSession;

/* Connect and set the session up. The fault's words live until the next call on this thread, or for ever. */
NODISCARD Err pg_session_open(const PgSession *session, PGconn **ret_conn, Fault *fault);

/* The Err for what the server said, and words for the log: never values. `what`: the statement's name. */
NODISCARD Err pg_error(const PGconn *conn, const PGresult *result, Str what, char *words, size_t room);
/* Another transaction of that moment was the cause, not the data: worth trying again. */
bool pg_error_passes(const PGresult *result);
/* After this error the session is of no more use. */
bool pg_error_breaks(const PGresult *result);

#endif
