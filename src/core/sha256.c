/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/sha256.h"

#include <sodium/crypto_hash_sha256.h>

Sha256 sha256(Str message)
{
    Sha256 hash;
    crypto_hash_sha256(hash.bytes, (const unsigned char *)message.ptr, message.len);
    return hash;
}

Str sha256_hex(Arena *a, Sha256 hash)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = arena_new(a, char, (size_t)2 * SHA256_BYTES);
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        hex[2 * i] = digits[hash.bytes[i] >> 4];
        hex[2 * i + 1] = digits[hash.bytes[i] & 15];
    }
    return (Str){hex, (size_t)2 * SHA256_BYTES};
}
