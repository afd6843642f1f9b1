/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/rawtable.h"

enum { FIRST_CAPACITY = 64 };

RawTable raw_table(Arena *a)
{
    return (RawTable){.arena = a, .entries = arena_new(a, RawEntry, FIRST_CAPACITY), .capacity = FIRST_CAPACITY};
}

/* The first empty place for `hash`, NULL when all it may use are taken. */
static RawEntry *empty_place(const RawTable *t, uint32_t hash)
{
    for (uint32_t probe = 0; probe < RAW_PROBES_MAX; probe++) {
        RawEntry *entry = &t->entries[(hash + probe) & (t->capacity - 1)];
        if (!entry->key) return entry;
    }
    return NULL;
}

static void grow(RawTable *t)
{
    RawTable larger = *t;
    larger.capacity = t->capacity * 4;
    larger.entries = arena_new(t->arena, RawEntry, larger.capacity);
    larger.count = 0;
    for (uint32_t i = 0; i < t->capacity; i++) {
        RawEntry *place = t->entries[i].key ? empty_place(&larger, t->entries[i].hash) : NULL;
        if (!place) continue;
        *place = t->entries[i];
        larger.count++;
    }
    *t = larger;
}

void raw_put(RawTable *t, Str key, uint32_t value)
{
    if (key.len > UINT32_MAX || key.len > RAW_KEYS_MAX - t->key_bytes || t->count >= RAW_ENTRIES_MAX) return;
    if (t->count * 2 >= t->capacity) grow(t);
    uint32_t hash = raw_hash(key);
    RawEntry *place = empty_place(t, hash);
    if (!place) return;
    char *copy = arena_new(t->arena, char, key.len + 1);
    if (key.len) memcpy(copy, key.ptr, key.len);
    *place = (RawEntry){.key = copy, .length = (uint32_t)key.len, .hash = hash, .value = value};
    t->count++;
    t->key_bytes += key.len;
}
