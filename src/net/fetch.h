/* fetch.h: asking other servers over HTTP, with limits on everything.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: libcurl knows TLS, proxies, redirects and half-dead servers; it is loaded when first needed (as libpq is), so a server that asks nobody does not
 *      carry it.
 * Only http and https; certificates are checked (against the system's authorities, or those in the file that SSL_CERT_FILE names); a redirect is followed
 *      only to the same scheme, host and port (at most 3), a POST only when it stays one (307, 308). Nothing is sent that was not asked for: no cookies,
 *      no Referer.
 * Threads: a Fetcher is in one thread's hands (fetcher_stop aside); it keeps its connections for the next request.
 * Errors: ERR_IO: not reachable, too slow, the connection failed, sent elsewhere (`fault` says which); ERR_LIMIT: the answer is larger than `most`;
 *       ERR_INPUT: no address of the web. A status of 4xx or 5xx is an answer, not an error.
 */
#ifndef HUSTINGS_NET_FETCH_H
#define HUSTINGS_NET_FETCH_H

#include "core/err.h"

typedef struct Fetcher Fetcher;

typedef struct FetchRequest {
    Str url;
    Str post; /* with a type: sent as a POST; otherwise it is a GET */
    Str type;
    size_t most;    /* bytes of the answer's body, unpacked */
    int connect_ms; /* 0: 5,000 */
    int all_ms;     /* 0: 30,000; redirects included */
} FetchRequest;

typedef struct Fetched {
    int status;
    Str type; /* Content-Type */
    Str body; /* unpacked when it came compressed */
} Fetched;

NODISCARD Err fetcher_open(Fetcher **ret_fetcher, Fault *fault);
void fetcher_close(Fetcher *fetcher); /* safe on NULL */
/* From any thread: what is under way, and all that is asked after, ends at once with ERR_IO. For a process that is told to end. */
void fetcher_stop(Fetcher *fetcher);
NODISCARD Err fetch(Fetcher *fetcher, Arena *a, const FetchRequest *request, Fetched *ret_fetched, Fault *fault);
/* Several at once, at most 8 of them under way; ret_errors, ret_fetched and faults have `count` places. */
void fetch_all(Fetcher *fetcher, Arena *a, const FetchRequest *requests, int count, Err *ret_errors, Fetched *ret_fetched, Fault *faults);

#endif
