/* Any bytes as an entry bundle: cut into entries that make up what was cut off, and as a tile's path: refused, or the one right way to write it.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "record/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_bundle(Arena *a, Str bytes)
{
    Buf again = buf_new(a);
    Str rest = bytes, entry;
    while (bundle_next(&rest, &entry)) bundle_add(&again, entry);
    ASSERT(str_equal(buf_done(&again), str_slice(bytes, 0, bytes.len - rest.len)));
}

static void as_path(Arena *a, Str path)
{
    int level = 0, width = 0;
    int64_t index = 0;
    if (!tile_path_read(path, &level, &index, &width)) return;
    Str right = tile_path(a, level, index, width);
    ASSERT(str_starts(right, S("tile/")) && str_equal(str_slice(right, 5, right.len), path));
    ASSERT(index * TILE_WIDTH + width <= tile_hashes(level < 0 ? 0 : level, TREE_SIZE_MAX));
}

static void as_frontier(Arena *a, Str bytes)
{
    Frontier f;
    int64_t size = 0;
    for (size_t i = 0; i < 8 && i < bytes.len; i++) size = (int64_t)((uint64_t)size << 8 | (uint8_t)bytes.ptr[i]);
    Str peaks = str_slice(bytes, bytes.len < 8 ? bytes.len : 8, bytes.len);
    if (frontier_from(size, peaks, &f)) return;
    ASSERT(str_equal(frontier_bytes(a, &f), peaks));
    (void)frontier_root(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    Str bytes = {(const char *)data, size};
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    as_bundle(&a, bytes);
    as_path(&a, bytes);
    as_frontier(&a, bytes);
    arena_clear(&a);
    return 0;
}
