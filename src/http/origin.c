/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/origin.h"

#include "http/lint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static Address from_v4(const void *four_bytes)
{
    Address address = {.bytes = {[10] = 0xFF, [11] = 0xFF}};
    memcpy(address.bytes + 12, four_bytes, 4);
    return address;
}

static bool is_v4(const Address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

bool address_parse(Str text, Address *ret_address)
{
    char c_string[INET6_ADDRSTRLEN];
    unsigned char v4[4];
    Address v6;
    if (!text.len || text.len >= sizeof c_string || memchr(text.ptr, '\0', text.len)) return false;
    memcpy(c_string, text.ptr, text.len);
    c_string[text.len] = '\0';
    if (inet_pton(AF_INET, c_string, v4) == 1) *ret_address = from_v4(v4);
    else if (inet_pton(AF_INET6, c_string, v6.bytes) == 1) *ret_address = v6;
    else return false;
    return true;
}

Address address_of_socket(const struct sockaddr_storage *socket_address)
{
    Address address = {.bytes = {[15] = 1}};
    if (socket_address->ss_family == AF_INET) return from_v4(&((const struct sockaddr_in *)socket_address)->sin_addr);
    if (socket_address->ss_family == AF_INET6) memcpy(address.bytes, &((const struct sockaddr_in6 *)socket_address)->sin6_addr, 16);
    return address;
}

bool address_is_loopback(const Address *address)
{
    static const Address one = {.bytes = {[15] = 1}};
    return is_v4(address) ? address->bytes[12] == 127 : memcmp(address, &one, sizeof one) == 0;
}

/* ---- the list ---- */

static bool network_parse(Str text, Network *ret)
{
    Str address, bits;
    int64_t n = 0;
    bool with_bits = str_cut(text, '/', &address, &bits);
    if (!address_parse(address, &ret->address)) return false;
    int most = is_v4(&ret->address) && str_find(address, ':') == address.len ? 32 : 128;
    if (with_bits && (bits.len > 3 || !str_to_i64(bits, &n) || n < 0 || n > most || bits.ptr[0] == '-')) return false;
    ret->bits = 128 - most + (with_bits ? (int)n : most);
    return true;
}

Err trusted_parse(Arena *a, Str text, TrustedList *ret_list, Fault *fault)
{
    TrustedList list = {.count = 0};
    for (bool more = true; more;) {
        Str item;
        more = str_cut(text, ',', &item, &text);
        item = str_trim(item);
        if (!item.len) continue;
        if (str_equal(item, S("unix"))) {
            list.unix_socket = true;
            continue;
        }
        if (list.count == TRUSTED_MAX) return fault_set(fault, ERR_INPUT, 0, 0, S("at most 64 trusted proxies"), (Str){0});
        if (!network_parse(item, &list.networks[list.count++]))
            return fault_set(
                fault, ERR_INPUT, 0, 0, S("an address, a network like 10.0.0.0/8, or \"unix\", of a trusted proxy"), fault_quote(a, item));
    }
    *ret_list = list;
    return ERR_OK;
}

static bool network_has(const Network *network, const Address *address)
{
    int bytes = network->bits / 8, bits = network->bits % 8;
    if (memcmp(network->address.bytes, address->bytes, (size_t)bytes) != 0) return false;
    return bits == 0 || (network->address.bytes[bytes] ^ address->bytes[bytes]) >> (8 - bits) == 0;
}

bool trusted_has(const TrustedList *list, const Address *address)
{
    for (int i = 0; i < list->count; i++)
        if (network_has(&list->networks[i], address)) return true;
    return false;
}

/* ---- what proxies say ---- */

/* "192.0.2.1", "192.0.2.1:1234", "2001:db8::1", "[2001:db8::1]:1234" */
static bool forwarded_address(Str item, Address *ret_address)
{
    Str head, tail;
    if (address_parse(item, ret_address)) return true;
    if (item.len && item.ptr[0] == '[') return str_cut(str_slice(item, 1, item.len), ']', &head, &tail) && address_parse(head, ret_address);
    return str_cut(item, ':', &head, &tail) && address_parse(head, ret_address);
}

static Str last_item(Str *list)
{
    size_t at = list->len;
    while (at && list->ptr[at - 1] != ',') at--;
    Str item = str_trim(str_slice(*list, at, list->len));
    *list = str_slice(*list, 0, at ? at - 1 : 0);
    return item;
}

static Address forwarded_for(const TrustedList *list, const Address *proxy, Str header)
{
    Address client = *proxy;
    while (header.len) {
        Address before;
        if (!forwarded_address(last_item(&header), &before)) return client;
        client = before;
        if (!trusted_has(list, &client)) return client;
    }
    return client;
}

void origin_find(const TrustedList *list, const Peer *peer, Str host, Exchange *ex)
{
    Str for_whom = exchange_header(ex, "x-forwarded-for");
    bool through_proxy = for_whom.len || exchange_header(ex, "forwarded").len || exchange_header(ex, "via").len;
    ex->client = peer->address;
    ex->secure = peer->tls;
    ex->host = host;
    ex->local = (peer->unix_socket || address_is_loopback(&peer->address)) && !through_proxy;
    if (!peer->trusted) return;
    Str proto = exchange_header(ex, "x-forwarded-proto"), as_host = exchange_header(ex, "x-forwarded-host");
    Str seen_as = last_item(&as_host);
    if (str_equal_nocase(last_item(&proto), S("https"))) ex->secure = true;
    if (lint_host(seen_as)) ex->host = seen_as;
    ex->client = forwarded_for(list, &peer->address, for_whom);
}
