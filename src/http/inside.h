/* inside.h: what the site's files share: the site itself, one request's state, and what each file does for the others. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A request's way through the files: site.c (admit: where to, and may it come in?) -> keep.c (is it made already?) -> site.c (who, fields, token) ->
 * the room's page -> answer.c (template or JSON, headers), or command.c (the write, and what is said of it) -> answer.c. errors.c from anywhere.
 */
#ifndef HUSTINGS_HTTP_INSIDE_H
#define HUSTINGS_HTTP_INSIDE_H

#include "http/csrf.h"
#include "http/headcount.h"
#include "http/keep.h"
#include "http/rate.h"
#include "http/req.h"
#include "http/router.h"
#include "http/session.h"
#include "http/site.h"
#include "http/static.h"
#include "http/templates.h"

#include <stdatomic.h>

struct Site {
    SiteOptions options;
    Store *store;
    bool store_far; /* the store is another process: whatever asks it runs on a worker */
    Secret secret;
    const Room **rooms; /* http_room first */
    int room_count;
    Router *router;
    Templates *templates;
    Static *files;
    Keeper *keeper;
    May *may; /* NULL: no room knows persons */
    Err (*name_of)(Db *db, Arena *a, Str person, Str *ret_name);
    RateTable *rates;
    Headcount *heads; /* at work, by address */
    atomic_int working;
    Str security_txt; /* OVERRIDES/security.txt; empty: there is none */
    Str openapi, openapi_etag;
};

typedef struct SiteReq SiteReq;

/* What a request's line and headers ask for: found without any memory, so that a kept page costs none. */
typedef struct Asked {
    Verb method; /* HEAD is a GET */
    bool known;  /* GET, HEAD or POST */
    Str path;    /* without ".json" */
    bool json_path;
    Match match;
} Asked;

struct SiteReq {
    Req req; /* the handler's */
    ReqState state;
    const Rule *rule;
    Cookie cookie; /* that came; a visitor's may be made here */
    bool cookie_is_new;
    bool signed_in;
    Session session;
    bool session_over; /* it came with the cookie of a session that is no more */
    bool must_sign_in; /* a visitor asks for a page of persons: with ERR_DENIED */
    Str flash;         /* that came, to be said now */
    /* A page that is being made for all. */
    bool keeps;
    KeepKey keep;
    int64_t keep_version;
    /* A write. */
    Command command;
    Cookie next_cookie; /* of the session that begins */
    bool signs_in, signs_out;
    bool keeps_cookie; /* of that session: the browser does, when it is closed */
    bool waits;        /* for `command` */
};

/* ---- site.c ---- */

/* May whoever asks do what the row says? Asked before the page, and again inside each command. ERR_DENIED, with words for her. */
NODISCARD Err who_may(SiteReq *own, Db *db);

/* What holds for a row that does not say. */
int64_t route_body_most(const Route *route); /* 0: none may come */
Rate route_rate(const Route *route);

/* ---- answer.c: an answer is begun, given what it needs, and finished ---- */

typedef enum CacheFor {
    CACHE_NOT,     /* no-store */
    CACHE_ASK,     /* may be stored by anybody, and must be asked for every time: it has an ETag */
    CACHE_PRIVATE, /* only by this browser, which must ask */
    CACHE_HOUR,
    CACHE_LASTING, /* for good, by anybody */
} CacheFor;

void answer_begin(Exchange *ex, int status, Str type, Str body);
void answer_header(Exchange *ex, Str name, Str value);
void answer_cache(Exchange *ex, CacheFor cache);
/* Compress a body that is text and worth it, when the client takes that; not by the megabyte, as this may be a loop. `often`: it is sent to many. */
void answer_gzip(Exchange *ex, bool often);
/* The same for a body that is text at heart, whatever its type says. */
void answer_pack(Exchange *ex, bool often);
/* Headers that protect whoever reads it. `alone`: it is somebody's document, not a page of ours, and may do nothing here. */
void answer_guard(Exchange *ex, bool alone);
/* To the page where persons sign in, and from there back to what was asked for. */
void answer_sign_in(Exchange *ex);
/* To a path of this site. */
void answer_redirect(Exchange *ex, int status, Str path);
/* What page.h says a template sees. `own` may be NULL: for errors before there is a request. `there`: the page that was asked for is shown, and not an
 * error in its place, which has no data and of which nobody need hear more. */
View *answer_surroundings(Site *site, Exchange *ex, SiteReq *own, bool there, Str title, View *form);
/* The view in its face, as the body of an answer: the template of that room, or JSON. */
NODISCARD Err answer_view(Site *site, SiteReq *own, int status, Str room, Str html, View *view, View *form, Fault *fault);
/* Set-Cookie for whatever changed, and the flash that was said. */
void answer_cookies(Site *site, SiteReq *own);
/* Does an Accept header like JSON better than HTML? */
bool accept_prefers_json(Str accept);

/* Said once, on the next page: a signed cookie that lives for two minutes. */
Str flash_read(const Site *site, const Exchange *ex);

/* ---- errors.c ---- */

/* An answer that says what happened, what to do, and a number that is in the log. `message` empty: what the status means. `own` may be NULL. */
void answer_error(Site *site, Exchange *ex, SiteReq *own, int status, Str message);
/* The same for what a page, a write or the framework returned; for programs, with what is wrong with each field. */
void answer_failure(Site *site, SiteReq *own, Err err);

/* ---- req.c ---- */

/* The cookie of the session that this command begins, the same when it is asked again. `keep`: beyond the browser's closing. */
void req_cookie_again(SiteReq *own, bool keep);
/* ERR_DENIED, and what whoever held it is told. */
NODISCARD Err req_session_over(Req *req);
/* In a write: a session for whom the role was offered to, with a new token; the old one ends. */
NODISCARD Err req_sign_in(Req *req, Db *db, const Role *offered);
/* In a write: this session ends, or every one. ERR_DENIED: it had ended before. */
NODISCARD Err req_sign_out(Req *req, Db *db, bool everybody);

/* ---- command.c ---- */

Next command_start(Site *site, SiteReq *own);
void command_finish(Site *site, SiteReq *own);
/* The form of `own`'s POST: a new one, or (when it is own's own row) what was typed and what is wrong. */
View *form_for(Site *site, SiteReq *own, const Rule *post);
/* The page of a POST once more, 422. */
void command_form_again(Site *site, SiteReq *own);

/* ---- own.c, openapi.c, dates.c ---- */

extern const Room http_room;
NODISCARD Err own_open(Site *site, Arena *a, Fault *fault);
/* Rows of http_room that answer without the store, and so while it cannot be reached, too. */
bool own_needs_no_store(const Route *route);

#endif
