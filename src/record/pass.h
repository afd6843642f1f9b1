/* pass.h: the leaves of a record in their order, 256 at a time, read ahead and hashed by several threads. Private to record/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: hashing and reading a million entries takes seconds of one processor; reading the source must be done by one thread and judging by another order
 *      than the leaves' is no use. So the caller's thread reads blocks and takes them back in order, and workers hash in between.
 * Life: pass_start -> pass_next until NULL or an error -> pass_stop. A block is good until the next pass_next.
 * Memory: a fixed number of blocks, each with an arena of its own.
 */
#ifndef HUSTINGS_RECORD_PASS_H
#define HUSTINGS_RECORD_PASS_H

#include "record/act.h"
#include "record/source.h"

typedef struct Block {
    Arena arena;
    int64_t first;
    int count;                  /* leaves that there should be */
    bool has_entry[TILE_WIDTH]; /* one is there to be read */
    bool has_hash[TILE_WIDTH];  /* of level 0 */
    Str entries[TILE_WIDTH];
    Sha256 kept[TILE_WIDTH];   /* as level 0 says; where it says nothing, that of the entry */
    Sha256 hashes[TILE_WIDTH]; /* of the entries; where there is none, `kept` */
    Leaf leaves[TILE_WIDTH];   /* of entries that could be read */
    bool is_read[TILE_WIDTH];
    Fault unread[TILE_WIDTH];
    Str trouble;            /* of the whole: bytes too many, or why something is not there; empty: none */
    bool agrees;            /* all is there, and every entry has its hash */
    bool lacks;             /* of some leaf neither entry nor hash is there */
    Sha256 root, kept_root; /* of `hashes` and of `kept`, when there are 256 */
    void *more;             /* of whoever fills it */
} Block;

typedef struct PassOptions {
    RecordSource *source;
    int64_t size;
    Err (*fill)(void *context, Block *block, Fault *fault); /* instead of reading bundle and tile, on the caller's thread */
    void (*work)(void *context, Block *block);              /* on a worker, after hashing; or NULL */
    void *context;
} PassOptions;

typedef struct Pass Pass;
Pass *pass_start(const PassOptions *options);
/* *ret_block NULL: that was all. ERR_IO: the source could not be read. */
NODISCARD Err pass_next(Pass *pass, Block **ret_block, Fault *fault);
void pass_stop(Pass *pass);

/* Root of a full tile. */
Sha256 tile_root(const Sha256 *hashes);

#endif
