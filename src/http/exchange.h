/* exchange.h: one request and its answer, without the connection: what the server (server.c) and the site (site.c) say to each other.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: the server knows sockets, time and TLS; the site knows routes, pages and people. Between them is this struct alone, so the site can be
 *      tested, fuzzed and measured without a socket, and the HTTP library stands in one file.
 * Life: the server reads the headers and lints them -> site_admit (may refuse, says how much body) -> the body arrives -> site_run, on the loop
 *       or, when that says NEXT_WORKER, again on a worker -> an answer, or NEXT_WAIT until exchange_resume -> site_finish -> the answer is sent
 *       -> site_done. The arena is cleared after that.
 * Threads: an exchange is in one thread's hands at a time; handing over is the server's work.
 */
#ifndef HUSTINGS_HTTP_EXCHANGE_H
#define HUSTINGS_HTTP_EXCHANGE_H

#include "db/db.h"

typedef struct Exchange Exchange;
typedef struct Site Site;
typedef struct Kept Kept;
typedef struct Intake Intake;

typedef struct Header {
    Str name, value;
} Header;

/* Where a request came from, after trusted proxies were looked through. IPv4 as ::ffff:a.b.c.d. Never logged, never stored. */
typedef struct Address {
    uint8_t bytes[16];
} Address;

enum { ANSWER_HEADERS_MAX = 16 };

typedef struct Answer {
    int status;                         /* 0: none yet */
    Header headers[ANSWER_HEADERS_MAX]; /* Content-Type among them; Content-Length, Date and Connection are the server's */
    int header_count;
    Str body;         /* in the exchange's arena, or for ever */
    const Kept *kept; /* instead of all the above: an answer that is sent to many */
    bool close;       /* end the connection after it */
} Answer;

/* An answer made once and sent to many, from several threads. */
struct Kept {
    int references; /* atomic; by kept_hold and kept_drop alone */
    int status;
    Header headers[ANSWER_HEADERS_MAX];
    int header_count;
    Str body;
    void *native; /* the server's own form of it, made when it is first sent, and how to free that */
    void (*free_native)(void *native);
};
Kept *kept_new(const Answer *answer); /* copies all of it; one reference */
Kept *kept_hold(Kept *kept);
void kept_drop(Kept *kept);

/* A live stream (Server-Sent Events) that this request opens. */
enum { STREAM_TOPICS_MAX = 20 };
typedef struct StreamStart {
    Str topics[STREAM_TOPICS_MAX];
    int64_t after[STREAM_TOPICS_MAX]; /* the last version the browser has seen, from Last-Event-ID; -1: none, begin with what comes */
    int topic_count;
} StreamStart;

struct Exchange {
    Arena *arena;
    Site *site;
    /* The request. Header names in lower case; one header a name (the lint refuses what may not repeat, and joins what may). */
    Str method; /* "GET" */
    Str target; /* "/count?rules=av-2011", as it came */
    Str path;   /* "/count": before the '?', not decoded */
    Str query;
    const Header *headers;
    int header_count;
    Str host;    /* as the browser sees it */
    bool secure; /* https, here or at a trusted proxy */
    Address client;
    bool local; /* from this machine, with no proxy between */
    Str body;
    int64_t now; /* milliseconds since 1970, UTC, when the headers were in */
    /* The answer. */
    Answer answer;
    StreamStart *stream;
    Intake *outgoing; /* what the answer's body lies in when it is too large for memory; NULL: it is not. Cleared in site_done */
    /* The site's own: what was found out at site_admit, for later. */
    void *req;
    bool works;  /* from site_admit to site_done: it may take seconds. Such calls get half of the workers at most */
    bool secret; /* its form has a password: all that was made of it is overwritten when it is done */
    /* The server's own. */
    void *connection;
};

Str exchange_header(const Exchange *ex, const char *lower_case_name); /* empty when it was not sent */

/* ---- what the site does for the server ---- */

typedef enum Next {
    NEXT_ANSWER, /* ex->answer is there */
    NEXT_WORKER, /* call again on a worker: it will take long, or the store is not in this process */
    NEXT_WAIT,   /* exchange_resume will be called, maybe it already was; then call site_finish */
    NEXT_STREAM, /* ex->stream and the headers in ex->answer are there */
} Next;

/* The headers are in. *ret_body_most: how many bytes of body may come. False: refused, ex->answer says how; no body is read. */
bool site_admit(Site *site, Exchange *ex, int64_t *ret_body_most);
/* All of the body is in. `db` is the thread's own reader, NULL while the store cannot be reached. */
Next site_run(Site *site, Exchange *ex, Db *db, bool worker);
Next site_finish(Site *site, Exchange *ex, Db *db);
/* The answer was sent, or the connection is gone. A kept answer is given back here. */
void site_done(Site *site, Exchange *ex);
/* An answer for what the server itself refuses (400, 408, 413, 431, 503...): a page or JSON, as the client would have it. `why` is for a person. */
void site_refuse(Site *site, Exchange *ex, int status, Str why);

/* The same as a table, for a program that serves something else beside site.c's (`hustings witness`): see ServerOptions. Its Site is a struct of its own. */
typedef struct SiteCalls {
    bool (*admit)(Site *site, Exchange *ex, int64_t *ret_body_most);
    Next (*run)(Site *site, Exchange *ex, Db *db, bool worker);
    Next (*finish)(Site *site, Exchange *ex, Db *db);
    void (*done)(Site *site, Exchange *ex);
    void (*refuse)(Site *site, Exchange *ex, int status, Str why);
} SiteCalls;

/* ---- what the server does for the site ---- */

/* From any thread, once for each NEXT_WAIT. */
void exchange_resume(Exchange *ex);

#endif
