/* sha256.h: SHA-256 (FIPS 180-4) through libsodium, in the two forms the house needs.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_CORE_SHA256_H
#define HUSTINGS_CORE_SHA256_H

#include "core/str.h"

enum { SHA256_BYTES = 32 };

typedef struct Sha256 {
    uint8_t bytes[SHA256_BYTES];
} Sha256;

Sha256 sha256(Str message);
Str sha256_hex(Arena *a, Sha256 hash); /* 64 lower-case digits */

#endif
