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
    Buf b = buf_new(a);
    for (int i = 0; i < SHA256_BYTES; i++) buf_format(&b, "%02x", (unsigned)hash.bytes[i]);
    return buf_done(&b);
}
