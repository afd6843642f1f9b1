/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/keep.h"

#include "http/static.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct Entry Entry;
struct Entry {
    Entry *next;          /* in its slot */
    Entry *newer, *older; /* by use; NULL at the ends */
    uint64_t hash;
    int rule;
    unsigned variant;
    int64_t version;
    bool making;
    Kept *page, *unchanged; /* both or neither */
    Str etag;               /* in page's headers */
    size_t bytes;           /* that count against the shard */
    size_t path_len;
    char path[];
};

enum { SHARDS = 16, SLOTS = 256 };

typedef struct Shard {
    pthread_mutex_t lock;
    pthread_cond_t made;
    Entry *slots[SLOTS];
    Entry *newest, *oldest;
    size_t bytes;
} __attribute__((aligned(64))) Shard;

struct Keeper {
    Shard shards[SHARDS];
    size_t shard_most;
};

Keeper *keeper_new(size_t bytes_most)
{
    Keeper *keeper = aligned_alloc(64, sizeof *keeper);
    if (!keeper) out_of_memory(sizeof *keeper);
    memset(keeper, 0, sizeof *keeper);
    keeper->shard_most = bytes_most / SHARDS;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&keeper->shards[i].lock, NULL);
        pthread_cond_init(&keeper->shards[i].made, NULL);
    }
    return keeper;
}

/* FNV-1a: only pages that exist are kept, so nobody outside chooses the keys. */
static uint64_t hash_of(const KeepKey *key)
{
    uint64_t h = 0xcbf29ce484222325ULL ^ ((uint64_t)key->rule << 8) ^ key->variant;
    for (size_t i = 0; i < key->path.len; i++) h = (h ^ (unsigned char)key->path.ptr[i]) * 0x100000001b3ULL;
    return h ^ (h >> 29);
}

static Shard *shard_of(Keeper *keeper, uint64_t hash)
{
    return &keeper->shards[hash % SHARDS];
}

static Entry **slot_of(Shard *shard, uint64_t hash)
{
    return &shard->slots[(hash / SHARDS) % SLOTS];
}

static Entry *look(Shard *shard, uint64_t hash, const KeepKey *key)
{
    for (Entry *e = *slot_of(shard, hash); e; e = e->next)
        if (e->hash == hash && e->rule == key->rule && e->variant == key->variant && str_equal((Str){e->path, e->path_len}, key->path))
            return e;
    return NULL;
}

/* ---- the order of use ---- */

static void unlink_use(Shard *shard, Entry *e)
{
    if (e->newer) e->newer->older = e->older;
    else shard->newest = e->older;
    if (e->older) e->older->newer = e->newer;
    else shard->oldest = e->newer;
    e->newer = e->older = NULL;
}

static void link_newest(Shard *shard, Entry *e)
{
    e->older = shard->newest;
    if (shard->newest) shard->newest->newer = e;
    else shard->oldest = e;
    shard->newest = e;
}

static void touch(Shard *shard, Entry *e)
{
    if (shard->newest == e) return;
    unlink_use(shard, e);
    link_newest(shard, e);
}

/* ---- entries ---- */

static void empty(Shard *shard, Entry *e)
{
    if (e->page) kept_drop(e->page);
    if (e->unchanged) kept_drop(e->unchanged);
    e->page = e->unchanged = NULL;
    shard->bytes -= e->bytes;
    e->bytes = 0;
}

static void drop(Shard *shard, Entry *e)
{
    Entry **at = slot_of(shard, e->hash);
    while (*at != e) at = &(*at)->next;
    *at = e->next;
    unlink_use(shard, e);
    empty(shard, e);
    free(e);
}

static Entry *add(Shard *shard, uint64_t hash, const KeepKey *key)
{
    Entry *e = calloc(1, sizeof *e + key->path.len);
    if (!e) out_of_memory(sizeof *e + key->path.len);
    e->hash = hash;
    e->rule = key->rule;
    e->variant = key->variant;
    e->path_len = key->path.len;
    memcpy(e->path, key->path.ptr, key->path.len);
    e->next = *slot_of(shard, hash);
    *slot_of(shard, hash) = e;
    link_newest(shard, e);
    return e;
}

static size_t size_of(const Kept *kept)
{
    size_t n = sizeof *kept + kept->body.len;
    for (int i = 0; i < kept->header_count; i++) n += kept->headers[i].name.len + kept->headers[i].value.len;
    return n;
}

/* The newest stays even when it is too large: a hundred readers of one large file share it, where each would have a copy of her own. */
static void make_room(Shard *shard, size_t most)
{
    for (Entry *e = shard->oldest; e && e != shard->newest && shard->bytes > most;) {
        Entry *newer = e->newer;
        if (!e->making) drop(shard, e);
        e = newer;
    }
}

void keeper_free(Keeper *keeper)
{
    if (!keeper) return;
    for (int i = 0; i < SHARDS; i++) {
        Shard *shard = &keeper->shards[i];
        while (shard->oldest) drop(shard, shard->oldest);
        pthread_mutex_destroy(&shard->lock);
        pthread_cond_destroy(&shard->made);
    }
    free(keeper);
}

/* ---- asking ---- */

KeepFound keeper_find(Keeper *keeper, const KeepKey *key, int64_t version, Str if_none_match, bool make, Kept **ret_kept)
{
    uint64_t hash = hash_of(key);
    Shard *shard = shard_of(keeper, hash);
    KeepFound found = make ? KEEP_MAKE : KEEP_MISS;
    pthread_mutex_lock(&shard->lock);
    Entry *e = look(shard, hash, key);
    if (e && e->page && e->version >= version) {
        found = KEEP_HIT;
        touch(shard, e);
        *ret_kept = kept_hold(etag_matches(if_none_match, e->etag) ? e->unchanged : e->page);
    } else if (e && e->making) {
        found = KEEP_BUSY;
    } else if (make) {
        if (!e) e = add(shard, hash, key);
        e->making = true;
    }
    pthread_mutex_unlock(&shard->lock);
    return found;
}

void keeper_wait(Keeper *keeper, const KeepKey *key)
{
    uint64_t hash = hash_of(key);
    Shard *shard = shard_of(keeper, hash);
    pthread_mutex_lock(&shard->lock);
    for (const Entry *e = look(shard, hash, key); e && e->making; e = look(shard, hash, key)) pthread_cond_wait(&shard->made, &shard->lock);
    pthread_mutex_unlock(&shard->lock);
}

void keeper_put(Keeper *keeper, const KeepKey *key, int64_t version, Kept *page, Kept *unchanged, Str etag)
{
    uint64_t hash = hash_of(key);
    Shard *shard = shard_of(keeper, hash);
    pthread_mutex_lock(&shard->lock);
    Entry *e = look(shard, hash, key);
    ASSERT(e && e->making);
    empty(shard, e);
    e->making = false;
    e->version = version;
    e->page = kept_hold(page);
    e->unchanged = kept_hold(unchanged);
    for (int i = 0; i < page->header_count; i++)
        if (str_equal(page->headers[i].value, etag)) e->etag = page->headers[i].value;
    e->bytes = sizeof *e + e->path_len + size_of(page) + size_of(unchanged);
    shard->bytes += e->bytes;
    touch(shard, e);
    make_room(shard, keeper->shard_most);
    pthread_cond_broadcast(&shard->made);
    pthread_mutex_unlock(&shard->lock);
}

void keeper_give_up(Keeper *keeper, const KeepKey *key)
{
    uint64_t hash = hash_of(key);
    Shard *shard = shard_of(keeper, hash);
    pthread_mutex_lock(&shard->lock);
    Entry *e = look(shard, hash, key);
    ASSERT(e && e->making);
    drop(shard, e);
    pthread_cond_broadcast(&shard->made);
    pthread_mutex_unlock(&shard->lock);
}
