/* csrf.h: was this form ours, and shown to this browser? Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a browser sends its cookie with whatever another site makes it send. So a POST that comes with a cookie must carry a token that only a page of ours,
 *      shown to the same cookie, can know; and where the browser says from which site it was sent, that must be this one.
 * The token is HMAC(secret, cookie) under a fresh mask for every page (32 random bytes, then the XOR), so that a compressed page does not leak it bit by
 *       bit (BREACH). It is compared in constant time.
 * Without a cookie there is nothing to protect: nobody's rights are used. Such a request may calculate, and may write what anyone may write when it carries
 *       an Idempotency-Key header, which no foreign form can send.
 */
#ifndef HUSTINGS_HTTP_CSRF_H
#define HUSTINGS_HTTP_CSRF_H

#include "http/session.h"

Str csrf_token(const Secret *secret, Arena *a, const Cookie *cookie);
bool csrf_is_right(const Secret *secret, const Cookie *cookie, Str token);

/* Does what the browser says of itself (Sec-Fetch-Site, Origin) allow that a page of ours sent this? `base`: the configured address, or empty. */
bool csrf_is_own_site(const Exchange *ex, Str base);

#endif
