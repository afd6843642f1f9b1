/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Every small case of add-checkpoint against the rule itself, on two views of a log that went different ways. From outside: test/record/witness.py.
 */
#include "core/folder.h"

#include "core/disk.h"
#include "record/witness.h"

#include <pthread.h>

enum { LEAVES = 9, COMMON = 3, THREADS = 8, TIME = 1700000000 };

typedef struct World {
    Arena *a;
    Folder folder;
    Signer key; /* of the log */
    Sha256 leaves[2][LEAVES];
    WitnessState *witness;
} World;

static Str state_folder(const World *w)
{
    return str_format(w->a, "%s/state", w->folder.path);
}

static void world_open(World *w)
{
    Fault fault = {0};
    WitnessOptions options = {.folder = state_folder(w),
        .key_file = str_format(w->a, "%s/key", w->folder.path),
        .name = S("witness.example/w"),
        .logs = &w->key.verifier,
        .log_count = 1};
    if (witness_open(w->a, &options, &w->witness, &fault)) fail_msg("%.*s", STR_ARG(fault_text(w->a, &fault)));
}

static World *world_new(Arena *a)
{
    World *w = arena_new(a, World, 1);
    w->a = a;
    w->folder = folder_new(a);
    signer_new(S("log.example"), KEY_NOTE, &w->key);
    for (int view = 0; view < 2; view++)
        for (int i = 0; i < LEAVES; i++) w->leaves[view][i] = tree_leaf(str_format(a, "%d %d", i < COMMON ? 0 : view, i));
    world_open(w);
    return w;
}

static void world_end(World *w)
{
    witness_close(w->witness);
    signer_wipe(&w->key);
    folder_remove(&w->folder);
}

/* ---- what the log sends ---- */

static Err read_leaves(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    const Sha256 *leaves = context;
    assert_int_equal(level, 0);
    memcpy(ret_hashes, leaves + index, (size_t)count * sizeof *leaves);
    return ERR_OK;
}

static Checkpoint checkpoint_of(World *w, int view, int size)
{
    Checkpoint c = {.origin = S("log.example"), .size = size};
    TreeHashes hashes = {read_leaves, w->leaves[view]};
    assert_int_equal(tree_root(&hashes, size, &c.root), ERR_OK);
    return c;
}

static Str request(World *w, int view, int old, int size)
{
    Checkpoint c = checkpoint_of(w, view, size);
    TreeHashes hashes = {read_leaves, w->leaves[view]};
    AddCheckpoint add = {.old_size = old};
    Str text = checkpoint_text(w->a, &c), line = note_sign(w->a, &w->key, text, 0);
    add.checkpoint = str_format(w->a, "%.*s\n%.*s", STR_ARG(text), STR_ARG(line));
    if (old > 0 && old <= size) assert_int_equal(tree_prove_consistency(&hashes, old, size, &add.proof), ERR_OK);
    return add_checkpoint_text(w->a, &add);
}

static WitnessAnswer post(World *w, Arena *a, Str body, int64_t time)
{
    WitnessAnswer answer = {0};
    Fault fault = {0};
    assert_int_equal(witness_add(w->witness, a, body, time, &answer, &fault), ERR_OK);
    return answer;
}

static int64_t known(World *w)
{
    int64_t size = -1;
    Sha256 root;
    assert_int_equal(witness_known(w->witness, S("log.example"), &size, &root), ERR_OK);
    return size;
}

static void assert_cosigned(World *w, const WitnessAnswer *answer, int view, int size)
{
    Verifier ours;
    Fault fault = {0};
    Checkpoint c = checkpoint_of(w, view, size);
    int64_t time = 0;
    assert_int_equal(verifier_read(w->a, witness_vkey(w->witness, w->a), &ours, &fault), ERR_OK);
    assert_int_equal(note_check_line(w->a, answer->body, checkpoint_text(w->a, &c), &ours, &time), ERR_OK);
    assert_int_equal(time, TIME);
}

/* ---- every small case ---- */

/* What the specification says to a request for `size` from `old`, by view `view`, when view 0 was cosigned at `kept`. */
static int expected(int kept, int view, int old, int size)
{
    bool same_past = view == 0 || kept <= COMMON;
    if (old > size) return 400;
    if (old != kept) return 409;
    if (size == kept) return same_past ? 200 : 409;
    return same_past ? 200 : 422;
}

static void set_back(World *w, Str file, Str bytes)
{
    Fault fault = {0};
    witness_close(w->witness);
    assert_int_equal(disk_replace(w->a, file, bytes, 0600, &fault), ERR_OK);
    world_open(w);
}

static void try_all_from(World *w, int kept)
{
    Fault fault = {0};
    Str file = str_format(w->a, "%.*s/%.*s.checkpoint", STR_ARG(state_folder(w)), STR_ARG(sha256_hex(w->a, sha256(S("log.example"))))),
        state;
    assert_int_equal(disk_read(w->a, file, 10000, &state, &fault), ERR_OK);
    for (int view = 0; view < 2; view++)
        for (int old = 0; old <= LEAVES; old++)
            for (int size = 0; size <= LEAVES; size++) {
                WitnessAnswer answer = post(w, w->a, request(w, view, old, size), TIME);
                if (answer.status != expected(kept, view, old, size))
                    fail_msg("kept %d, view %d, %d to %d: %d", kept, view, old, size, answer.status);
                if (answer.status == 409) assert_same_str(answer.body, str_format(w->a, "%d\n", kept));
                assert_int_equal(answer.split, size == kept && view == 1 && kept > COMMON);
                assert_int_equal(known(w), answer.status == 200 ? size : kept);
                if (answer.status != 200) continue;
                assert_cosigned(w, &answer, view, size);
                if (size != kept) set_back(w, file, state);
            }
}

static void every_small_case(void **state)
{
    Arena *a = *state;
    for (int kept = 0; kept < LEAVES; kept++) {
        World *w = world_new(a);
        assert_int_equal(post(w, a, request(w, 0, 0, kept), TIME).status, 200);
        try_all_from(w, kept);
        world_end(w);
    }
}

/* ---- threads: one after another ---- */

typedef struct Poster {
    World *world;
    Str bodies[LEAVES];
    int good, thread;
} Poster;

static void *post_all(void *context)
{
    Poster *p = context;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    for (int i = 0; i < LEAVES; i++) p->good += post(p->world, &a, p->bodies[i], TIME).status == 200;
    arena_clear(&a);
    return NULL;
}

/* Half of the threads show one view, half the other, each step by step: of every size only one is cosigned, and only of the view that was first. */
static void views_at_the_same_time(void **state)
{
    Arena *a = *state;
    World *w = world_new(a);
    Poster posters[THREADS] = {0};
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) {
        posters[t].world = w;
        for (int i = 0; i < LEAVES; i++) posters[t].bodies[i] = request(w, t % 2, i, i + 1);
    }
    for (int t = 0; t < THREADS; t++) assert_int_equal(pthread_create(&threads[t], NULL, post_all, &posters[t]), 0);
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    int good = 0;
    for (int t = 0; t < THREADS; t++) good += posters[t].good;
    assert_int_equal(good, known(w));
    assert_true(good >= 1);
    world_end(w);
}

/* ---- keeping ---- */

static void the_same_again_is_kept_once_a_minute(void **state)
{
    Arena *a = *state;
    World *w = world_new(a);
    Str hash = sha256_hex(a, sha256(S("log.example"))), first, later;
    assert_int_equal(witness_checkpoint(w->witness, a, hash, &first), ERR_MISSING);
    assert_int_equal(post(w, a, request(w, 0, 0, 5), TIME).status, 200);
    assert_int_equal(witness_checkpoint(w->witness, a, hash, &first), ERR_OK);
    assert_int_equal(post(w, a, request(w, 0, 5, 5), TIME + 59).status, 200);
    assert_int_equal(witness_checkpoint(w->witness, a, hash, &later), ERR_OK);
    assert_same_str(later, first);
    assert_int_equal(post(w, a, request(w, 0, 5, 5), TIME + 60).status, 200);
    assert_int_equal(witness_checkpoint(w->witness, a, hash, &later), ERR_OK);
    assert_false(str_equal(later, first));
    world_end(w);
}

static void two_witnesses_do_not_share_a_folder(void **state)
{
    Arena *a = *state;
    World *w = world_new(a);
    Fault fault = {0};
    WitnessState *other;
    WitnessOptions options = {.folder = state_folder(w), .key_file = str_format(a, "%s/other", w->folder.path), .name = S("other")};
    assert_int_equal(witness_open(a, &options, &other, &fault), ERR_CONFLICT);
    world_end(w);
}

static void nothing_is_cosigned_that_cannot_be_kept(void **state)
{
    Arena *a = *state;
    World *w = world_new(a);
    Fault fault = {0};
    WitnessAnswer answer;
    assert_int_equal(post(w, a, request(w, 0, 0, 5), TIME).status, 200);
    const char *folder = str_c(a, state_folder(w)), *away = str_c(a, str_format(a, "%s/away", w->folder.path));
    assert_int_equal(rename(folder, away), 0);
    assert_int_equal(witness_add(w->witness, a, request(w, 0, 5, 6), TIME, &answer, &fault), ERR_IO);
    assert_int_equal(known(w), 5);
    assert_int_equal(answer.body.len, 0);
    assert_int_equal(rename(away, folder), 0);
    assert_int_equal(post(w, a, request(w, 0, 5, 6), TIME).status, 200);
    world_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(every_small_case),
        arena_test(views_at_the_same_time),
        arena_test(the_same_again_is_kept_once_a_minute),
        arena_test(two_witnesses_do_not_share_a_folder),
        arena_test(nothing_is_cosigned_that_cannot_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
