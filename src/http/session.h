/* session.h: who holds which cookie. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * One cookie: "__Host-hustings" over https, "hustings" without. It holds a kind (visitor or session), 256 random bits and a MAC of both, so a cookie that
 * we did not give is seen without asking the store. A visitor's cookie is given where a form is shown, means nothing but "the same browser", and is
 * nowhere in the store; it never becomes a session: signing in makes a new token (no session fixation). A session's token is in the store as
 * its hash. A session ends after SESSION_IDLE_MS without use, after SESSION_LONGEST_MS in any case, and when its row is gone.
 */
#ifndef HUSTINGS_HTTP_SESSION_H
#define HUSTINGS_HTTP_SESSION_H

#include "http/exchange.h"
#include "http/page.h"
#include "http/secret.h"

enum { COOKIE_TOKEN_BYTES = 32, SESSION_SEEN_EVERY_MS = 5 * 60 * 1000, ENTRY_TOKEN_CHARS = 22 };
#define SESSION_IDLE_MS ((int64_t)2 * 60 * 60 * 1000)
#define SESSION_LONGEST_MS ((int64_t)12 * 60 * 60 * 1000)

typedef enum CookieKind { COOKIE_NONE, COOKIE_VISITOR, COOKIE_SESSION } CookieKind;

typedef struct Cookie {
    CookieKind kind;
    uint8_t token[COOKIE_TOKEN_BYTES];
} Cookie;

/* The one that came with the request, if it is ours; else COOKIE_NONE. */
Cookie cookie_read(const Secret *secret, const Exchange *ex);
Cookie cookie_new(CookieKind kind);
/* For Set-Cookie; COOKIE_NONE takes it away. */
Str cookie_header(const Secret *secret, Arena *a, const Cookie *cookie, bool secure);
/* The value of a cookie by its name, where `nth` counts those of the same name from 0. False: there are no more. */
bool cookie_value(Str header, Str name, int nth, Str *ret_value);

typedef struct Session {
    Str id;
    Who who;
    int64_t begun, seen, ends;
} Session;

/* ERR_MISSING: there is none, or it is over. */
NODISCARD Err session_find(Db *db, Arena *a, const Cookie *cookie, int64_t now, Session *ret_session);
/* Inside commands. */
NODISCARD Err session_begin(Db *db, const Cookie *cookie, Str id, Who who, int64_t now);
NODISCARD Err session_end(Db *db, Str id);
NODISCARD Err session_end_all(Db *db);
/* Drop sessions and links that are over, a thousand of each at most. */
NODISCARD Err session_expire(Db *db, int64_t now);
/* Those that are good: id, who, begun, seen, ends; times in words; `this` for the one with that id. */
NODISCARD Err session_list(Db *db, Arena *a, Str id, int64_t now, View *array);
/* It is used now: written down now and then, without waiting for it. */
void session_used(Store *store, const Session *session, int64_t now);

/* One-time links. `token` is what stands in the path. */
NODISCARD Err entry_make(Db *db, Str token, Who who, int64_t ends);
NODISCARD Err entry_find(Db *db, Arena *a, Str token, int64_t now, Who *ret_who);
NODISCARD Err entry_use(Db *db, Arena *a, Str token, int64_t now, Who *ret_who);

#endif
