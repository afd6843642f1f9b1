/* rawtable.h: remembers what a piece of raw text meant, so that it need not be parsed again.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a million papers repeat a few hundred rows. A row seen before costs one hash and one comparison of bytes.
 * It is a cache, not a dictionary: raw_put may decline (when RAW_KEYS_MAX bytes are held, or when too many keys fall
 * on one place), so a file of nothing but different rows, or one made to collide, costs bounded memory and time.
 * A hit is always exact: the bytes are compared, the hash only finds them.
 * Memory: in the arena given; keys are copied.
 */
#ifndef HUSTINGS_FORMATS_RAWTABLE_H
#define HUSTINGS_FORMATS_RAWTABLE_H

#include "core/str.h"

#include <string.h>

enum { RAW_KEYS_MAX = 8 * 1024 * 1024, RAW_ENTRIES_MAX = 128 * 1024, RAW_PROBES_MAX = 16 };

typedef struct RawEntry {
    const char *key; /* NULL: empty */
    uint32_t length;
    uint32_t hash;
    uint32_t value;
} RawEntry;

typedef struct RawTable {
    Arena *arena;
    RawEntry *entries; /* a power of two, at most half full */
    uint32_t capacity;
    uint32_t count;
    size_t key_bytes;
} RawTable;

RawTable raw_table(Arena *a);
void raw_put(RawTable *t, Str key, uint32_t value);

static inline uint64_t raw_word(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint32_t raw_half(const char *p)
{
    uint32_t half;
    memcpy(&half, p, sizeof half);
    return half;
}

static inline uint64_t raw_mix(uint64_t x, uint64_t y)
{
    unsigned __int128 product = (unsigned __int128)(x ^ UINT64_C(0xA0761D6478BD642F)) * (y ^ UINT64_C(0xE7037ED1A0B428DB));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Folds 16 bytes per multiplication; the last ones overlap, so nothing is read outside `s`. */
static inline uint32_t raw_hash(Str s)
{
    const char *p = s.ptr;
    size_t n = s.len;
    uint64_t h = n;
    for (; n > 16; p += 16, n -= 16) h = raw_mix(raw_word(p) ^ h, raw_word(p + 8));
    uint64_t x = 0, y = 0;
    if (n >= 8) {
        x = raw_word(p);
        y = raw_word(p + n - 8);
    } else if (n >= 4) {
        x = raw_half(p);
        y = raw_half(p + n - 4);
    } else if (n > 0) {
        x = (unsigned char)p[0];
        y = (uint64_t)(unsigned char)p[n / 2] << 8 | (unsigned char)p[n - 1];
    }
    h = raw_mix(x ^ h, y);
    return (uint32_t)(h ^ (h >> 32));
}

/* memcmp() == 0 for the short keys met here, without the call. */
static inline bool raw_same(const char *p, const char *q, size_t n)
{
    if (n < 8) {
        if (n >= 4) return raw_half(p) == raw_half(q) && raw_half(p + n - 4) == raw_half(q + n - 4);
        for (size_t i = 0; i < n; i++)
            if (p[i] != q[i]) return false;
        return true;
    }
    for (size_t i = 0; i + 8 < n; i += 8)
        if (raw_word(p + i) != raw_word(q + i)) return false;
    return raw_word(p + n - 8) == raw_word(q + n - 8);
}

/* For rows of a large table, to be met soon: have the entry, then its key, brought near. */
static inline void raw_fetch_entry(const RawTable *t, uint32_t hash)
{
    __builtin_prefetch(&t->entries[hash & (t->capacity - 1)]);
}

static inline void raw_fetch_key(const RawTable *t, uint32_t hash)
{
    const RawEntry *entry = &t->entries[hash & (t->capacity - 1)];
    if (entry->key) __builtin_prefetch(entry->key);
}

/* True and the value that was put for exactly these bytes, of which `hash` is the raw_hash. */
static inline bool raw_find(const RawTable *t, Str key, uint32_t hash, uint32_t *ret_value)
{
    for (uint32_t probe = 0; probe < RAW_PROBES_MAX; probe++) {
        const RawEntry *entry = &t->entries[(hash + probe) & (t->capacity - 1)];
        if (!entry->key) return false;
        if (entry->hash == hash && entry->length == key.len && raw_same(entry->key, key.ptr, key.len)) {
            *ret_value = entry->value;
            return true;
        }
    }
    return false;
}

static inline bool raw_get(const RawTable *t, Str key, uint32_t *ret_value)
{
    return raw_find(t, key, raw_hash(key), ret_value);
}

#endif
