/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/follow.h"

#include <string.h>

enum { TILES_MAX = 64, TRIES = 3 };

/* Tiles of one proof, each fetched once: a proof touches two a level. */
typedef struct Tiles {
    Fetcher *fetcher;
    Arena *arena;
    Str url;
    int64_t size;
    Fault *fault;
    struct {
        int level;
        int64_t index;
        const Sha256 *hashes;
    } read[TILES_MAX];
    int count;
} Tiles;

static Str beneath(Arena *a, Str url, Str path)
{
    bool slash = str_ends(url, S("/"));
    return str_format(a, "%.*s%s%.*s", STR_ARG(url), slash ? "" : "/", STR_ARG(path));
}

static Err get(Fetcher *fetcher, Arena *a, Str url, size_t most, Str *ret_body, Fault *fault)
{
    Fetched got;
    Err e = fetch(fetcher, a, &(FetchRequest){.url = url, .most = most}, &got, fault);
    if (e) return e;
    if (got.status == 200) {
        *ret_body = got.body;
        return ERR_OK;
    }
    fault->file = url;
    Err missing = got.status == 404 || got.status == 410 ? ERR_MISSING : ERR_IO;
    return fault_setf(fault, a, missing, "the answer's status is %d", got.status);
}

/* A part of a tile may be gone once the whole tile is there (tlog-tiles). */
static Err get_tile(const Tiles *tiles, int level, int64_t index, int width, Str *ret_bytes)
{
    size_t most = (size_t)TILE_WIDTH * SHA256_BYTES;
    Str url = beneath(tiles->arena, tiles->url, tile_path(tiles->arena, level, index, width));
    Err e = get(tiles->fetcher, tiles->arena, url, most, ret_bytes, tiles->fault);
    if (e != ERR_MISSING || width == TILE_WIDTH) return e;
    *tiles->fault = (Fault){0};
    url = beneath(tiles->arena, tiles->url, tile_path(tiles->arena, level, index, TILE_WIDTH));
    return get(tiles->fetcher, tiles->arena, url, most, ret_bytes, tiles->fault);
}

static Err add_tile(Tiles *tiles, int level, int64_t index, const Sha256 **ret_hashes)
{
    int64_t left = tile_hashes(level, tiles->size) - index * TILE_WIDTH;
    int width = left < TILE_WIDTH ? (int)left : TILE_WIDTH;
    ASSERT(width > 0);
    Str bytes = {0};
    Err e = get_tile(tiles, level, index, width, &bytes);
    if (e) return e;
    if (!bytes.ptr || bytes.len < (size_t)width * SHA256_BYTES)
        return fault_setf(tiles->fault, tiles->arena, ERR_INPUT, "a tile of %d hashes, found %zu bytes: level %d, number %lld", width,
            bytes.len, level, (long long)index);
    Sha256 *hashes = arena_new(tiles->arena, Sha256, (size_t)width);
    memcpy(hashes, bytes.ptr, (size_t)width * SHA256_BYTES);
    *ret_hashes = hashes;
    if (tiles->count == TILES_MAX) return ERR_OK; /* fetched again if need be */
    tiles->read[tiles->count].level = level;
    tiles->read[tiles->count].index = index;
    tiles->read[tiles->count++].hashes = hashes;
    return ERR_OK;
}

static Err read_hashes(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    Tiles *tiles = context;
    const Sha256 *hashes = NULL;
    for (int i = 0; i < tiles->count && !hashes; i++)
        if (tiles->read[i].level == level && tiles->read[i].index == index / TILE_WIDTH) hashes = tiles->read[i].hashes;
    Err e = hashes ? ERR_OK : add_tile(tiles, level, index / TILE_WIDTH, &hashes);
    if (e) return e;
    ASSERT(hashes);
    memcpy(ret_hashes, hashes + index % TILE_WIDTH, (size_t)count * sizeof *hashes);
    return ERR_OK;
}

/* Ask the witness to cosign it, with a proof from what it remembers. */
static Err present(WitnessState *witness, Tiles *tiles, Str checkpoint, int64_t time, Followed *followed)
{
    AddCheckpoint request = {.old_size = followed->known, .checkpoint = checkpoint};
    TreeHashes hashes = {read_hashes, tiles};
    Err e = ERR_OK;
    if (request.old_size > 0) e = tree_prove_consistency(&hashes, request.old_size, followed->size, &request.proof);
    if (e) return e;
    return witness_add(witness, tiles->arena, add_checkpoint_text(tiles->arena, &request), time, &followed->said, tiles->fault);
}

static Err look(const Tiles *tiles, Str *ret_note, Checkpoint *ret_checkpoint)
{
    Note note = {0};
    Str url = beneath(tiles->arena, tiles->url, S("checkpoint"));
    Err e = get(tiles->fetcher, tiles->arena, url, NOTE_MAX, ret_note, tiles->fault);
    if (e) return e;
    e = note_read(tiles->arena, *ret_note, &note, tiles->fault);
    if (!e) e = checkpoint_read(note.text, ret_checkpoint, tiles->fault);
    if (e) tiles->fault->file = url;
    return e;
}

Err witness_follow(WitnessState *witness, Fetcher *fetcher, Arena *a, Str url, int64_t time, Followed *ret_followed, Fault *fault)
{
    Tiles tiles = {.fetcher = fetcher, .arena = a, .url = url, .fault = fault};
    Str note = {0};
    Checkpoint checkpoint = {0};
    Sha256 root;
    Err e = look(&tiles, &note, &checkpoint);
    if (e) return e;
    tiles.size = checkpoint.size;
    for (int i = 0; i < TRIES; i++) { /* somebody may post to the witness meanwhile */
        *ret_followed = (Followed){.origin = checkpoint.origin, .size = checkpoint.size};
        e = witness_known(witness, checkpoint.origin, &ret_followed->known, &root);
        if (e)
            return fault_set(
                fault, ERR_INPUT, 0, 0, S("the checkpoint of a log that this witness knows"), fault_quote(a, checkpoint.origin));
        if (ret_followed->known > checkpoint.size) return ERR_OK;
        e = present(witness, &tiles, note, time, ret_followed);
        bool moved = !e && ret_followed->said.status == 409 && !ret_followed->said.split;
        if (!moved) return e;
    }
    return ERR_OK;
}
