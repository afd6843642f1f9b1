/* origin.h: where a request came from: addresses, and the proxies that may speak for others. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * X-Forwarded-For, -Proto and -Host are anybody's words, unless the connection itself comes from a proxy that the operator named. Of
 * X-Forwarded-For the rightmost address that is no such proxy counts: what stands left of it was written by the client.
 */
#ifndef HUSTINGS_HTTP_ORIGIN_H
#define HUSTINGS_HTTP_ORIGIN_H

#include "http/exchange.h"

#include <sys/socket.h>

enum { TRUSTED_MAX = 64 };

/* Addresses that share their first `bits` of 128 (IPv4 as ::ffff:a.b.c.d). */
typedef struct Network {
    Address address;
    int bits;
} Network;

typedef struct TrustedList {
    Network networks[TRUSTED_MAX];
    int count;
    bool unix_socket; /* whoever may open our Unix socket */
} TrustedList;

/* "127.0.0.1, ::1, 10.0.0.0/8, unix". ERR_INPUT: `fault` says which part is none. */
NODISCARD Err trusted_parse(Arena *a, Str text, TrustedList *ret_list, Fault *fault);
bool trusted_has(const TrustedList *list, const Address *address);

/* "192.0.2.1", "::1"; false for anything else. */
NODISCARD bool address_parse(Str text, Address *ret_address);
/* Of an IPv4, IPv6 or Unix socket (that one: ::1). */
Address address_of_socket(const struct sockaddr_storage *socket_address);
bool address_is_loopback(const Address *address);

typedef struct Peer {
    Address address;
    bool unix_socket;
    bool trusted; /* a proxy */
    bool tls;     /* to us */
} Peer;

/* Fill host, secure, client and local of `ex` from its headers and from who is at the other end. `host` is that of the Host header. */
void origin_find(const TrustedList *list, const Peer *peer, Str host, Exchange *ex);

#endif
