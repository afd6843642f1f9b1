/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The table is cut into sets of eight buckets. A key belongs to one set; when none of its buckets is the key's, the one unused for longest is
 * taken over. So a look-up touches one cache line or two, and nobody can fill the table to get rid of a bucket of his own without
 * filling that very set, which he cannot choose: the hash has a key.
 */
#include "http/rate.h"

#include "http/headcount.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 8, LOCKS = 64, BURST_LEAST = 5, SECOND_MS = 1000, MINUTE_MS = 60000 };

typedef struct Bucket {
    uint64_t key;   /* 0: nobody's */
    int64_t used;   /* when, in ms */
    int64_t tokens; /* in parts: MINUTE_MS of them are one, so that a millisecond gives per_minute parts and nothing is rounded away */
} Bucket;

struct RateTable {
    unsigned char key[crypto_shorthash_KEYBYTES];
    pthread_mutex_t locks[LOCKS];
    int set_count;
    Bucket buckets[];
};

RateTable *rate_new(int buckets)
{
    int sets = buckets > WAYS ? (buckets + WAYS - 1) / WAYS : 1;
    size_t size = sizeof(RateTable) + (size_t)sets * WAYS * sizeof(Bucket);
    RateTable *table = calloc(1, size);
    if (!table) out_of_memory(size);
    table->set_count = sets;
    randombytes_buf(table->key, sizeof table->key);
    for (int i = 0; i < LOCKS; i++) pthread_mutex_init(&table->locks[i], NULL);
    return table;
}

void rate_free(RateTable *table)
{
    if (!table) return;
    for (int i = 0; i < LOCKS; i++) pthread_mutex_destroy(&table->locks[i]);
    free(table);
}

static uint64_t key_of(const RateTable *table, const Address *address, int kind)
{
    Address household = address_household(address);
    unsigned char message[sizeof household + sizeof kind];
    uint64_t hash;
    memcpy(message, &household, sizeof household);
    memcpy(message + sizeof household, &kind, sizeof kind);
    crypto_shorthash((unsigned char *)&hash, message, sizeof message, table->key);
    return hash ? hash : 1;
}

static Bucket *bucket_of(Bucket *set, uint64_t key, int64_t burst, int64_t now)
{
    Bucket *oldest = set;
    for (Bucket *b = set; b < set + WAYS; b++) {
        if (b->key == key) return b;
        if (!b->key || b->used < oldest->used) oldest = b;
        if (!oldest->key) break;
    }
    *oldest = (Bucket){.key = key, .used = now, .tokens = burst};
    return oldest;
}

/* A clock that was set back gives nothing and takes nothing. */
static void refill(Bucket *b, int per_minute, int64_t burst, int64_t now)
{
    int64_t passed = now > b->used ? now - b->used : 0;
    if (passed > MINUTE_MS) passed = MINUTE_MS;
    b->tokens += passed * per_minute;
    if (b->tokens > burst) b->tokens = burst;
    b->used = now;
}

bool rate_take(RateTable *table, const Address *address, int kind, int per_minute, int64_t now, int *ret_wait_seconds)
{
    ASSERT(per_minute > 0);
    uint64_t key = key_of(table, address, kind);
    size_t set = (size_t)(key % (uint64_t)table->set_count);
    int64_t burst = (int64_t)(per_minute / 6 > BURST_LEAST ? per_minute / 6 : BURST_LEAST) * MINUTE_MS;
    pthread_mutex_t *lock = &table->locks[set % LOCKS];
    pthread_mutex_lock(lock);
    Bucket *b = bucket_of(&table->buckets[set * WAYS], key, burst, now);
    refill(b, per_minute, burst, now);
    bool taken = b->tokens >= MINUTE_MS;
    if (taken) b->tokens -= MINUTE_MS;
    int64_t missing = taken ? 0 : MINUTE_MS - b->tokens;
    pthread_mutex_unlock(lock);
    if (!taken) *ret_wait_seconds = (int)((missing + (int64_t)per_minute * SECOND_MS - 1) / ((int64_t)per_minute * SECOND_MS));
    return taken;
}
