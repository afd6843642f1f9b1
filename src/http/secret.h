/* secret.h: the installation's secret, and what is made with it. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: cookies and anti-forgery tokens must be ours to be believed, on every process that serves the same store. One secret of 256 bits stands in the
 *      store's settings, made at the first start; every use has a purpose of its own, so that what one gives out is worth nothing to another.
 * Memory: a Secret is wiped by secret_wipe; nothing else holds it.
 */
#ifndef HUSTINGS_HTTP_SECRET_H
#define HUSTINGS_HTTP_SECRET_H

#include "db/db.h"

enum { SECRET_BYTES = 32, MAC_BYTES = 32 };

typedef struct Secret {
    uint8_t bytes[SECRET_BYTES];
} Secret;

typedef struct Mac {
    uint8_t bytes[MAC_BYTES];
} Mac;

/* Read it from the store; the first who asks makes it. */
NODISCARD Err secret_load(Arena *a, Store *store, int64_t now, Secret *ret_secret, Fault *fault);
void secret_wipe(Secret *secret);

/* HMAC-SHA-256 under a key that only `purpose` has. */
Mac secret_mac(const Secret *secret, const char *purpose, Str message);
/* In constant time. */
bool bytes_same(const void *bytes, const void *others, size_t len);

/* base64url without padding; and back: false unless it is exactly `len` bytes. */
Str base64url(Arena *a, const void *bytes, size_t len);
NODISCARD bool base64url_read(Str text, void *ret_bytes, size_t len);
/* 22 characters of it: 128 bits from the system's randomness. */
Str token_new(Arena *a);
/* The same with 48 bits of time and 80 of randomness: as hard to guess as a link need be, and those made together lie together in an index, so that
 * a commit of many rows writes few pages. */
Str token_ordered(Arena *a, int64_t now);

#endif
