/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/digest.h"

#include <string.h>

static void flush(Digest *d)
{
    crypto_hash_sha256_update(&d->hash, d->piece, d->piece_len);
    d->piece_len = 0;
}

static void add_bytes(Digest *d, const void *bytes, size_t len)
{
    if (d->piece_len + len > DIGEST_PIECE) flush(d);
    if (len > DIGEST_PIECE) {
        crypto_hash_sha256_update(&d->hash, bytes, len);
    } else if (len) {
        memcpy(d->piece + d->piece_len, bytes, len);
        d->piece_len += len;
    }
}

static void add_number(Digest *d, char kind, uint64_t number)
{
    unsigned char form[9] = {(unsigned char)kind};
    for (int i = 0; i < 8; i++) form[i + 1] = (unsigned char)(number >> (56 - 8 * i));
    add_bytes(d, form, sizeof form);
}

static void add_text(Digest *d, char kind, Str text)
{
    add_number(d, kind, text.len);
    add_bytes(d, text.ptr, text.len);
}

static void add_value(Digest *d, const DbValue *value)
{
    switch (value->kind) {
    case DB_NULL: add_number(d, 'n', 0); break;
    case DB_I64: add_number(d, 'i', (uint64_t)value->number); break;
    case DB_TEXT: add_text(d, 't', value->bytes); break;
    case DB_BLOB: add_text(d, 'b', value->bytes); break;
    }
    d->bytes += value->kind == DB_I64 ? 8 : (int64_t)value->bytes.len;
}

void digest_begin(Digest *d)
{
    *d = (Digest){0};
    crypto_hash_sha256_init(&d->hash);
}

void digest_table(Digest *d, const Table *table)
{
    add_text(d, 'T', table->name);
    for (int i = 0; i < table->column_count; i++) add_text(d, 'c', table->columns[i].name);
    d->tables++;
}

void digest_row(Digest *d, const Table *table, const DbValue *values)
{
    add_number(d, 'r', (uint64_t)table->column_count);
    for (int i = 0; i < table->column_count; i++) add_value(d, &values[i]);
    d->rows++;
}

Sha256 digest_end(Digest *d)
{
    Sha256 hash;
    flush(d);
    crypto_hash_sha256_final(&d->hash, hash.bytes);
    return hash;
}
