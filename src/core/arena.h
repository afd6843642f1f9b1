/* arena.h: memory that is handed out piece by piece and given back all at once.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a request or a command has one end, and everything made for it should end there, with no free() to forget.
 * Life: arena_init -> arena_new (many) -> arena_clear; it may then be used again.
 * Memory: blocks grow as needed up to `limit` bytes. At the limit, or when the system has none left, the process
 *         says so and exits with status 3: a count that ran out of memory has no result to give.
 * Not here: memory that must grow in place by the million (papers.h keeps its own).
 */
#ifndef HUSTINGS_CORE_ARENA_H
#define HUSTINGS_CORE_ARENA_H

#include "core/base.h"

typedef struct Arena Arena;
typedef struct ArenaBlock ArenaBlock;
typedef struct ArenaCleanup ArenaCleanup;

struct Arena {
    ArenaBlock *blocks;
    ArenaCleanup *cleanups;
    size_t used;
    size_t limit;
};

enum { ARENA_LIMIT_DEFAULT = 0 }; /* 16 GiB: a stop for runaway loops, not a quota */

void arena_init(Arena *a, size_t limit);
void arena_clear(Arena *a);
/* The same, but one block stays for the next use: for arenas that are used again and again. arena_clear when done. */
void arena_recycle(Arena *a);
/* arena_clear, after all that was in it has been overwritten: for arenas through which secrets went. */
void arena_wipe(Arena *a);

/* `n` zeroed objects of `Type`, aligned for it. n = 0 gives a valid pointer. */
#define arena_new(a, Type, n) ((Type *)arena_alloc((a), sizeof(Type), _Alignof(Type), (n)))

/* `n` objects of `Type` holding a copy of `old_n` ones at `old`, the rest zeroed. */
#define arena_grow(a, Type, old, old_n, n) ((Type *)arena_regrow((a), (old), sizeof(Type), _Alignof(Type), (old_n), (n)))

/* Call cleanup(object) when the arena is cleared, last registered first. */
void arena_on_clear(Arena *a, void (*cleanup)(void *object), void *object);

/* The functions behind the macros; sizes are checked for overflow. */
void *arena_alloc(Arena *a, size_t size, size_t align, size_t n);
void *arena_regrow(Arena *a, const void *old, size_t size, size_t align, size_t old_n, size_t n);

/* Exit with status 3 and a message. For memory outside arenas as well. */
_Noreturn void out_of_memory(size_t wanted);

#endif
