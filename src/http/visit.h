/* visit.h: sessions of persons, for the one room that knows persons and lets them in (Room.may, Room.name_of).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: how she shows who she is (a link, a code, a password) is that room's business; the cookie, its token and what the store keeps of it are http's.
 * A session of hers ends after 30 days without use, after 180 days in any case, and when its row is gone. It is no power, so the record says nothing of it.
 * Memory: in the request's arena, or the one that is passed.
 */
#ifndef HUSTINGS_HTTP_VISIT_H
#define HUSTINGS_HTTP_VISIT_H

#include "http/page.h"

/* In a write of a row for anyone: this browser is hers from now on, under a new token; a session of a person that it had before ends. It keeps its cookie
 * until the session ends at the latest (`keep`), or until it is closed. ERR_CONFLICT: a steward is signed in with it, who must sign out first. */
NODISCARD Err visit_begin(Req *req, Db *db, Str person, bool keep);
/* In a write of a row for members: this session ends. */
NODISCARD Err visit_end(Req *req, Db *db);
/* In a write: another one of hers, or all but `but` (a session's id; empty: all). ERR_MISSING: she has none like that. */
NODISCARD Err visit_end_one(Db *db, Str person, Str id);
NODISCARD Err visit_end_others(Db *db, Str person, Str but);
/* In a write that erases a person: every room forgets her (Room.forget). */
NODISCARD Err visit_forget(const Req *req, Db *db, const Str *ids, int count);
/* Hers that are good, last used first: id, device, begun, begun_words, seen_words, ends_words, this. */
NODISCARD Err visit_list(const Req *req, Db *db, View *array);

enum { VISIT_MAC_BYTES = 32 };
/* What stands for this browser where no token may stand: a MAC of its cookie. Empty: it has no cookie. */
Str visit_browser(const Req *req);
/* A secret that only the server can make, and only while it is asked by this browser: from its cookie, `purpose` (a literal) and `about`. Empty: no cookie. */
Str visit_secret(const Req *req, const char *purpose, Str about);

/* Is it from this machine, by a browser that went to an address of this machine? (A page of somewhere else can send a browser here under another name.) */
bool visit_is_local(const Req *req);

/* "Firefox on Android", from a User-Agent header; "a browser" when it says nothing that is known. A literal, or in the arena. */
Str visit_device(Arena *a, Str user_agent);

#endif
