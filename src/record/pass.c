/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A ring of blocks. `filled` counts those that were read, `begun` those that a worker has taken, `taken` those that the caller is done with; a block's own
 * flag says that it is finished.
 */
#include "record/pass.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS = 12, WORKERS_MAX = 4 };

typedef struct Slot {
    Block block;
    bool finished;
} Slot;

struct Pass {
    PassOptions options;
    Slot slots[BLOCKS];
    pthread_t workers[WORKERS_MAX];
    int worker_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t filled, begun, taken; /* under `lock`, as are the flags of the slots */
    bool holding;                 /* the caller has block `taken` */
    bool ending;
};

/* ---- hashing: on workers ---- */

Sha256 tile_root(const Sha256 *hashes)
{
    Sha256 row[TILE_WIDTH];
    memcpy(row, hashes, sizeof row);
    for (int width = TILE_WIDTH; width > 1; width /= 2)
        for (int i = 0; i < width / 2; i++) row[i] = tree_node(&row[2 * i], &row[2 * i + 1]);
    return row[0];
}

static void read_entry(Block *b, int i)
{
    Leaf *leaf = &b->leaves[i];
    b->is_read[i] = act_read(&b->arena, b->entries[i], leaf, &b->unread[i]) == ERR_OK;
    leaf->number = b->first + i;
    leaf->entry = b->entries[i];
}

static void hash_block(Block *b)
{
    b->agrees = !b->trouble.len;
    for (int i = 0; i < b->count; i++) {
        if (b->has_entry[i]) {
            b->hashes[i] = tree_leaf(b->entries[i]);
            read_entry(b, i);
        } else b->hashes[i] = b->kept[i];
        if (!b->has_hash[i]) b->kept[i] = b->hashes[i];
        if (!b->has_entry[i] && !b->has_hash[i]) b->lacks = true;
        if (!b->has_entry[i] || !b->has_hash[i] || !hash_equal(&b->hashes[i], &b->kept[i])) b->agrees = false;
    }
    if (b->count < TILE_WIDTH) return;
    b->root = tile_root(b->hashes);
    b->kept_root = b->agrees ? b->root : tile_root(b->kept);
}

static void *work(void *context)
{
    Pass *p = context;
    pthread_mutex_lock(&p->lock);
    while (!p->ending) {
        if (p->begun == p->filled) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        Slot *slot = &p->slots[p->begun++ % BLOCKS];
        pthread_mutex_unlock(&p->lock);
        hash_block(&slot->block);
        if (p->options.work) p->options.work(p->options.context, &slot->block);
        pthread_mutex_lock(&p->lock);
        slot->finished = true;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- reading: on the caller's thread ---- */

static void note_trouble(Block *b, const char *what, const Fault *fault)
{
    Str words = fault_text(&b->arena, fault);
    if (!b->trouble.len) b->trouble = str_format(&b->arena, "%s: %.*s", what, STR_ARG(words));
}

/* ERR_OK: it is there. What is not there or too long is the record's fault, and not that of the way to it. */
NODISCARD static Err read_part(Pass *p, Block *b, int level, const char *what, Str *ret_bytes, Fault *fault)
{
    Err e = source_tile(p->options.source, &b->arena, level, b->first / TILE_WIDTH, b->count, ret_bytes, fault);
    if (!e || e == ERR_IO) return e;
    note_trouble(b, what, fault);
    *fault = (Fault){0};
    *ret_bytes = (Str){0};
    return ERR_OK;
}

static void cut_tile(Block *b, Str tile)
{
    for (int i = 0; i < b->count && tile.len >= SHA256_BYTES; i++) {
        memcpy(b->kept[i].bytes, tile.ptr, SHA256_BYTES);
        b->has_hash[i] = true;
        tile = str_slice(tile, SHA256_BYTES, tile.len);
    }
    if (tile.len && !b->trouble.len) b->trouble = S("the tile of hashes has bytes too many");
}

static void cut_bundle(Block *b, Str bundle)
{
    int i = 0;
    while (i < b->count && bundle_next(&bundle, &b->entries[i])) b->has_entry[i++] = true;
    if (i == b->count && bundle.len && !b->trouble.len) b->trouble = S("the bundle of entries has bytes too many");
}

NODISCARD static Err fill_from_tiles(Pass *p, Block *b, Fault *fault)
{
    Str tile = {0}, bundle = {0};
    Err e = read_part(p, b, 0, "the tile of hashes", &tile, fault);
    if (!e) e = read_part(p, b, -1, "the bundle of entries", &bundle, fault);
    if (e) return e;
    cut_tile(b, tile);
    cut_bundle(b, bundle);
    return ERR_OK;
}

static void begin_block(Block *b, int64_t first, int64_t size)
{
    Arena arena = b->arena;
    arena_recycle(&arena);
    memset(b, 0, sizeof *b);
    b->arena = arena;
    b->first = first;
    b->count = size - first < TILE_WIDTH ? (int)(size - first) : TILE_WIDTH;
}

NODISCARD static Err fill(Pass *p, Fault *fault)
{
    Slot *slot = &p->slots[p->filled % BLOCKS];
    begin_block(&slot->block, p->filled * TILE_WIDTH, p->options.size);
    Err e = p->options.fill ? p->options.fill(p->options.context, &slot->block, fault) : fill_from_tiles(p, &slot->block, fault);
    if (e) return e;
    pthread_mutex_lock(&p->lock);
    slot->finished = false;
    p->filled++;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return ERR_OK;
}

/* ---- life ---- */

static int workers_wanted(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (processors < 1) return 1;
    return processors < WORKERS_MAX ? (int)processors : WORKERS_MAX;
}

Pass *pass_start(const PassOptions *options)
{
    Pass *p = calloc(1, sizeof *p);
    if (!p) out_of_memory(sizeof *p);
    p->options = *options;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    for (int i = 0; i < BLOCKS; i++) arena_init(&p->slots[i].block.arena, ARENA_LIMIT_DEFAULT);
    int wanted = workers_wanted();
    while (p->worker_count < wanted && pthread_create(&p->workers[p->worker_count], NULL, work, p) == 0) p->worker_count++;
    ASSERT(p->worker_count > 0);
    return p;
}

Err pass_next(Pass *p, Block **ret_block, Fault *fault)
{
    if (p->holding) p->taken++;
    p->holding = false;
    while (p->filled - p->taken < BLOCKS && p->filled * TILE_WIDTH < p->options.size) {
        Err e = fill(p, fault);
        if (e) return e;
    }
    *ret_block = NULL;
    if (p->taken == p->filled) return ERR_OK;
    Slot *slot = &p->slots[p->taken % BLOCKS];
    pthread_mutex_lock(&p->lock);
    while (!slot->finished) pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
    p->holding = true;
    *ret_block = &slot->block;
    return ERR_OK;
}

void pass_stop(Pass *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->worker_count; i++) pthread_join(p->workers[i], NULL);
    for (int i = 0; i < BLOCKS; i++) arena_clear(&p->slots[i].block.arena);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
