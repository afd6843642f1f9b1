/* session.h: who holds which cookie. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * One cookie: "__Host-hustings" over https, "hustings" without. It holds a kind (visitor or session), 256 random bits and a MAC of both, so a cookie that
 * we did not give is seen without asking the store. A visitor's cookie is given where a form is shown, means nothing but "the same browser", and is
 * nowhere in the store; it never becomes a session: signing in makes a new token (no session fixation). A session's token is in the store as
 * its hash. A session ends when it was not used for a while, after a longest time in any case, and when its row is gone: a steward's after SESSION_IDLE_MS
 * and SESSION_LONGEST_MS, a person's after PERSON_IDLE_MS and PERSON_LONGEST_MS.
 *
 * A person's session (visit.h) says who she is and nothing more: what she may do is asked anew at every request (Room.may). It leaves no leaf.
 *
 * A steward's session is a power: the public record has a leaf that gave it (role.given) and one that ends it (role.ended), each in the transaction in which the row
 * comes or goes. A link is an offer of it (role.offered); one that is used becomes a session, one that is not ends with role.offer_ended. Sessions and
 * links without a name are from before there was a record, which never heard of them: they let nobody in, and housekeeping takes them away without a leaf.
 */
#ifndef HUSTINGS_HTTP_SESSION_H
#define HUSTINGS_HTTP_SESSION_H

#include "http/exchange.h"
#include "http/page.h"
#include "http/secret.h"

enum { COOKIE_TOKEN_BYTES = 32, SESSION_SEEN_EVERY_MS = 5 * 60 * 1000, PERSON_SEEN_EVERY_MS = 30 * 60 * 1000, ENTRY_TOKEN_CHARS = 22 };
#define SESSION_IDLE_MS ((int64_t)2 * 60 * 60 * 1000)
#define SESSION_LONGEST_MS ((int64_t)12 * 60 * 60 * 1000)
#define PERSON_IDLE_MS ((int64_t)30 * 24 * 60 * 60 * 1000)
#define PERSON_LONGEST_MS ((int64_t)180 * 24 * 60 * 60 * 1000)

typedef enum CookieKind { COOKIE_NONE, COOKIE_VISITOR, COOKIE_SESSION } CookieKind;

typedef struct Cookie {
    CookieKind kind;
    uint8_t token[COOKIE_TOKEN_BYTES];
} Cookie;

/* The one that came with the request, if it is ours; else COOKIE_NONE. */
Cookie cookie_read(const Secret *secret, const Exchange *ex);
Cookie cookie_new(CookieKind kind);
/* For Set-Cookie; COOKIE_NONE takes it away. `seconds`: how long the browser keeps it; 0: until it is closed. */
Str cookie_header(const Secret *secret, Arena *a, const Cookie *cookie, bool secure, int64_t seconds);
/* The value of a cookie by its name, where `nth` counts those of the same name from 0. False: there are no more. */
bool cookie_value(Str header, Str name, int nth, Str *ret_value);

/* A role, whom it is given to, and the leaf that says so. */
typedef struct Role {
    Who who;
    Str name;
    int64_t power; /* -1: none, from before there was a record */
} Role;

typedef struct Session {
    Str id;
    Role role;
    Str person; /* whose it is; empty: a steward's */
    int64_t begun, seen, ends;
} Session;

/* ERR_MISSING: there is none, or it is over. */
NODISCARD Err session_find(Db *db, Arena *a, const Cookie *cookie, int64_t now, Session *ret_session);
/* Inside commands: is the session that asked for this still there? ERR_MISSING: it has ended since. */
NODISCARD Err session_stands(Db *db, Arena *a, Str id);
/* Inside commands. A person's; `device` is what she is shown of it later. */
NODISCARD Err session_begin_person(Db *db, const Cookie *cookie, Str id, Str person, Str device, int64_t now);
/* Inside commands. A role begins that a link offered. */
NODISCARD Err session_begin(Db *db, Arena *a, const Cookie *cookie, Str id, const Role *offered, int64_t now, Fault *fault);
/* Before its time, for that reason. ERR_MISSING: it is gone already, or it was a person's and there is nothing to tell. */
NODISCARD Err session_end(Db *db, Arena *a, Str id, Officer by, Str reason, int64_t now, Fault *fault);
/* Every one, persons' too. ERR_MISSING: there was no steward's. */
NODISCARD Err session_end_all(Db *db, Arena *a, Officer by, Str reason, int64_t now, Fault *fault);
/* Drop sessions and links that are over, a thousand of each at most, with a leaf each. */
NODISCARD Err session_expire(Db *db, Arena *a, int64_t now, Fault *fault);
/* Stewards' that are good: who, name, begun, seen, ends; times in words; `this` for the one with that id. */
NODISCARD Err session_list(Db *db, Arena *a, Str id, int64_t now, View *array);
/* It is used now: written down now and then, without waiting for it. */
void session_used(Store *store, const Session *session, int64_t now);

/* One-time links. `token` is what stands in the path, `by` who makes it. */
NODISCARD Err entry_make(Db *db, Arena *a, Str token, Who who, Str name, Officer by, int64_t ends, int64_t now, Fault *fault);
NODISCARD Err entry_find(Db *db, Arena *a, Str token, int64_t now, Role *ret_offered);
/* Take it away. ERR_MISSING: somebody was faster. */
NODISCARD Err entry_use(Db *db, Arena *a, Str token, int64_t now, Role *ret_offered);

#endif
