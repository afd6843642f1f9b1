/* server.h: sockets, connections, threads and time; HTTP/1.1 by libmicrohttpd in external-epoll mode.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: one daemon and loop a core, each with its own listening socket (SO_REUSEPORT), so that nothing is shared on the way of a request. What
 *      libmicrohttpd does not guard is guarded here (docs/decisions/0009): request smuggling, slow clients, too many connections, waking up
 *      after work on another thread, streams whose reader left.
 * Life: server_open -> server_run (until server_stop, which a signal handler may call) -> server_close.
 * Stopping: no new connections, streams are told to come back, requests under way are finished for `drain_ms`, then what is left is cut.
 * Not here: what an answer is (site.h).
 */
#ifndef HUSTINGS_HTTP_SERVER_H
#define HUSTINGS_HTTP_SERVER_H

#include "http/exchange.h"

typedef struct Server Server;

typedef struct ServerOptions {
    Str listen;                  /* "127.0.0.1:8080", "[::]:443", "unix:/run/hustings/socket"; port 0: any free one */
    int loops;                   /* 0: one a core */
    int workers;                 /* threads for what takes long; 0: two a core */
    Str certificate, key;        /* PEM files; both or neither: TLS 1.2 and above */
    Str trusted;                 /* proxies whose X-Forwarded-For and -Proto count: "127.0.0.1, ::1, 10.0.0.0/8"; "unix" for the socket */
    int connections_most;        /* in all (0: 19,500, or what the limit on open files allows) */
    int connections_per_address; /* not counted for trusted proxies and this machine (0: 100) */
    int streams_per_address;     /* (0: 20) */
    int header_ms;               /* all headers must be in after so long (0: 10,000) */
    int body_ms;                 /* all of a body of 1 MiB, and for every further MiB (0: 30,000) */
    int answer_ms;               /* all of an answer must be taken after so long, per MiB begun (0: 60,000) */
    int idle_ms;                 /* between two requests of a connection (0: 60,000) */
    int heartbeat_ms;            /* a comment on every stream, so that leavers are seen (0: 15,000) */
    int drain_ms;                /* (0: 10,000) */
    const SiteCalls *calls;      /* who answers (NULL: the site_... functions of the program) */
    bool count_local;            /* limits per address hold for this machine too: for machines that many people share, and for tests */
} ServerOptions;

/* `store` NULL: for a site that keeps none; every `db` is NULL then, and it has no streams. ERR_INPUT: an option that cannot be used (`fault` says which); ERR_IO: the socket or a certificate. */
NODISCARD Err server_open(Arena *a, const ServerOptions *options, Site *site, Store *store, Server **ret_server, Fault *fault);
/* The address it listens on, with the port it was given: "http://127.0.0.1:8080". */
Str server_url(const Server *server, Arena *a);
/* Serve until stopped; returns when everything has ended. */
void server_run(Server *server);
/* For a watchdog: for how long the slowest loop has not come round. More than a second or two means that one is stuck. From any thread. */
int64_t server_quiet_ms(const Server *server);
/* Only writes to an eventfd: fit for a signal handler. A second call does not wait for the drain. */
void server_stop(Server *server);
void server_close(Server *server);

#endif
