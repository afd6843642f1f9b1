/* How fast the record's tree is, without a store: build-bench/bench/tree [LEAVES]. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ENTRY_BYTES = 400, SIGNED = 2000 };

/* Of this process alone: pure code waits for nothing, and a busy machine should not show. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *what, int64_t count, double seconds)
{
    printf("%-44s %10.0f /s %8.2f us each\n", what, (double)count / seconds, seconds / (double)count * 1e6);
}

typedef struct Leaves {
    Sha256 *levels[TILE_LEVELS_MAX];
} Leaves;

static Err leaves_read(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    const Leaves *l = context;
    for (int i = 0; i < count; i++) ret_hashes[i] = l->levels[level][index + i];
    return ERR_OK;
}

static void fill(Arena *a, Leaves *l, int64_t size)
{
    for (int level = 1; tile_hashes(level, size) > 0; level++) {
        l->levels[level] = arena_new(a, Sha256, (size_t)tile_hashes(level, size));
        for (int64_t i = 0; i < tile_hashes(level, size); i++) {
            Frontier f = {0};
            for (int k = 0; k < TILE_WIDTH; k++) frontier_add(&f, &l->levels[level - 1][i * TILE_WIDTH + k]);
            l->levels[level][i] = frontier_root(&f);
        }
    }
}

static void time_growing(Arena *a, Leaves *l, int64_t size, Frontier *f)
{
    char entry[ENTRY_BYTES] = {0};
    l->levels[0] = arena_new(a, Sha256, (size_t)size);
    double began = now();
    for (int64_t i = 0; i < size; i++) {
        snprintf(entry, sizeof entry, "%" PRId64, i);
        l->levels[0][i] = tree_leaf((Str){entry, sizeof entry});
    }
    say("tree_leaf, entries of 400 bytes", size, now() - began);
    began = now();
    for (int64_t i = 0; i < size; i++) frontier_add(f, &l->levels[0][i]);
    say("frontier_add", size, now() - began);
}

static bool time_proofs(const Leaves *l, int64_t size, const Sha256 *root)
{
    const TreeHashes hashes = {leaves_read, (void *)l};
    int64_t count = 2000, wrong = 0;
    TreeProof *proofs = calloc((size_t)count, sizeof *proofs);
    if (!proofs) return false;
    double began = now();
    for (int64_t i = 0; i < count; i++) wrong += tree_prove_inclusion(&hashes, i * 7919 % size, size, &proofs[i]) != ERR_OK;
    say("tree_prove_inclusion", count, now() - began);
    began = now();
    for (int64_t i = 0; i < count; i++)
        wrong += tree_verify_inclusion(&proofs[i], i * 7919 % size, &l->levels[0][i * 7919 % size], size, root) != ERR_OK;
    say("tree_verify_inclusion", count, now() - began);
    free(proofs);
    return wrong == 0;
}

static bool time_notes(Arena *a, int64_t size, const Sha256 *root)
{
    Signer s;
    signer_new(S("example.org/record"), KEY_NOTE, &s);
    Str text = checkpoint_text(a, &(Checkpoint){.origin = s.verifier.name, .size = size, .root = *root}), line = {0};
    int64_t wrong = 0;
    double began = now();
    for (int i = 0; i < SIGNED; i++) line = note_sign(a, &s, text, 0);
    say("note_sign", SIGNED, now() - began);
    began = now();
    for (int i = 0; i < SIGNED; i++) wrong += note_check_line(a, line, text, &s.verifier, NULL) != ERR_OK;
    say("note_check_line", SIGNED, now() - began);
    signer_wipe(&s);
    return wrong == 0;
}

int main(int argc, char **argv)
{
    int64_t size = argc > 1 ? atoll(argv[1]) : 1000000;
    Arena a;
    Leaves leaves = {0};
    Frontier f = {0};
    if (size < 1) return 2;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    printf("%" PRId64 " leaves\n", size);
    time_growing(&a, &leaves, size, &f);
    Sha256 root = frontier_root(&f);
    fill(&a, &leaves, size);
    bool right = time_proofs(&leaves, size, &root) && time_notes(&a, size, &root);
    arena_clear(&a);
    return right ? 0 : 1;
}
