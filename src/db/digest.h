/* digest.h: one SHA-256 over all rows of a store, the same whichever engine keeps them. Private to db/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What is hashed, every number as eight bytes, the most significant first: for each table in the order of the plan 'T', its name's length and bytes; for
 * each column 'c' and the same; for each row in the order of the primary key 'r' and the number of columns, then for each value 'n' and 0 (NULL), 'i' and
 * the integer in two's complement, or 't' (text) or 'b' (blob), its length and its bytes. docs/backup.md repeats this for whoever checks it elsewhere.
 */
#ifndef HUSTINGS_DB_DIGEST_H
#define HUSTINGS_DB_DIGEST_H

#include "db/vault.h"

#include <sodium/crypto_hash_sha256.h>

enum { DIGEST_PIECE = 16 * 1024 };

typedef struct Digest {
    crypto_hash_sha256_state hash;
    unsigned char piece[DIGEST_PIECE];
    size_t piece_len;
    int64_t tables, rows, bytes; /* bytes of values */
} Digest;

void digest_begin(Digest *d);
void digest_table(Digest *d, const Table *table);
void digest_row(Digest *d, const Table *table, const DbValue *values);
Sha256 digest_end(Digest *d);

#endif
