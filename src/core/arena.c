/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ArenaBlock {
    ArenaBlock *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct ArenaCleanup {
    ArenaCleanup *next;
    void (*cleanup)(void *object);
    void *object;
};

enum { FIRST_BLOCK = 16 * 1024, LARGEST_BLOCK = 1024 * 1024 };

void out_of_memory(size_t wanted)
{
    fprintf(stderr, "hustings: out of memory (%zu more bytes were needed); nothing was written\n", wanted);
    exit(3);
}

void arena_init(Arena *a, size_t limit)
{
    *a = (Arena){.limit = limit ? limit : (size_t)16 << 30};
}

/* Those before `last`, which is the oldest, or NULL for all. */
static void free_blocks(Arena *a, const ArenaBlock *last)
{
    ArenaBlock *next;
    for (ArenaBlock *b = a->blocks; b != last; b = next) {
        next = b->next;
        free(b);
    }
}

void arena_clear(Arena *a)
{
    for (ArenaCleanup *c = a->cleanups; c; c = c->next) c->cleanup(c->object);
    free_blocks(a, NULL);
    arena_init(a, a->limit);
}

static void overwrite_blocks(const Arena *a)
{
    for (ArenaBlock *b = a->blocks; b; b = b->next) explicit_bzero(b->bytes, b->used);
}

void arena_wipe(Arena *a)
{
    for (ArenaCleanup *c = a->cleanups; c; c = c->next) c->cleanup(c->object);
    a->cleanups = NULL;
    overwrite_blocks(a);
    arena_clear(a);
}

/* The block that stays is the oldest, which is the smallest as well, unless the first thing asked for was large. */
void arena_recycle(Arena *a)
{
    ArenaBlock *kept = a->blocks;
    while (kept && kept->next) kept = kept->next;
    if (!kept || kept->size > FIRST_BLOCK) {
        arena_clear(a);
        return;
    }
    for (ArenaCleanup *c = a->cleanups; c; c = c->next) c->cleanup(c->object);
    free_blocks(a, kept);
    kept->next = NULL;
    kept->used = 0;
    *a = (Arena){.blocks = kept, .used = kept->size, .limit = a->limit};
}

static size_t next_block_size(const Arena *a, size_t at_least)
{
    size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_BLOCK) size = LARGEST_BLOCK;
    return size < at_least ? at_least : size;
}

static ArenaBlock *add_block(Arena *a, size_t at_least)
{
    size_t size = next_block_size(a, at_least);
    if (size > a->limit - a->used) size = a->limit - a->used; /* the last block may be a small one */
    if (size < at_least) out_of_memory(at_least);
    ArenaBlock *b = malloc(sizeof(ArenaBlock) + size);
    if (!b) out_of_memory(size);
    *b = (ArenaBlock){.next = a->blocks, .size = size};
    a->blocks = b;
    a->used += size;
    return b;
}

void *arena_alloc(Arena *a, size_t size, size_t align, size_t n)
{
    size_t total;
    ASSERT(align <= _Alignof(max_align_t));
    if (__builtin_mul_overflow(size, n, &total) || total > SIZE_MAX / 2) out_of_memory(SIZE_MAX);
    ArenaBlock *b = a->blocks;
    size_t start = b ? (b->used + align - 1) & ~(align - 1) : 0;
    if (!b || start > b->size || total > b->size - start) {
        b = add_block(a, total);
        start = 0;
    }
    b->used = start + total;
    return memset(b->bytes + start, 0, total);
}

void *arena_regrow(Arena *a, const void *old, size_t size, size_t align, size_t old_n, size_t n)
{
    ASSERT(n >= old_n);
    void *copy = arena_alloc(a, size, align, n);
    if (old_n) memcpy(copy, old, size * old_n);
    return copy;
}

void arena_on_clear(Arena *a, void (*cleanup)(void *object), void *object)
{
    ArenaCleanup *c = arena_new(a, ArenaCleanup, 1);
    *c = (ArenaCleanup){.next = a->cleanups, .cleanup = cleanup, .object = object};
    a->cleanups = c;
}
