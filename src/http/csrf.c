/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/csrf.h"

#include <sodium.h>
#include <string.h>

typedef struct Masked {
    uint8_t mask[MAC_BYTES], token[MAC_BYTES];
} Masked;

static Mac token_of(const Secret *secret, const Cookie *cookie)
{
    return secret_mac(secret, "csrf", (Str){(const char *)cookie->token, COOKIE_TOKEN_BYTES});
}

static void apply_mask(Masked *m)
{
    for (int i = 0; i < MAC_BYTES; i++) m->token[i] ^= m->mask[i];
}

Str csrf_token(const Secret *secret, Arena *a, const Cookie *cookie)
{
    ASSERT(cookie->kind != COOKIE_NONE);
    Masked m;
    Mac token = token_of(secret, cookie);
    memcpy(m.token, token.bytes, sizeof m.token);
    randombytes_buf(m.mask, sizeof m.mask);
    apply_mask(&m);
    return base64url(a, &m, sizeof m);
}

bool csrf_is_right(const Secret *secret, const Cookie *cookie, Str token)
{
    Masked m;
    if (cookie->kind == COOKIE_NONE || !base64url_read(token, &m, sizeof m)) return false;
    apply_mask(&m);
    Mac right = token_of(secret, cookie);
    return bytes_same(m.token, right.bytes, sizeof m.token);
}

static bool is_origin(Str origin, Str scheme, Str host)
{
    return str_starts(origin, scheme) && str_equal_nocase(str_slice(origin, scheme.len, origin.len), host);
}

bool csrf_is_own_site(const Exchange *ex, Str base)
{
    Str from = exchange_header(ex, "sec-fetch-site"), origin = exchange_header(ex, "origin");
    if (from.len && !str_equal(from, S("same-origin")) && !str_equal(from, S("none"))) return false;
    if (!origin.len) return true;
    return (base.len && str_equal_nocase(origin, base)) || is_origin(origin, ex->secure ? S("https://") : S("http://"), ex->host);
}
