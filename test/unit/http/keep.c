/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/keep.h"

#include <pthread.h>

static Kept *page_of(Arena *a, const char *etag, size_t size)
{
    Answer answer = {.status = 200, .body = {arena_new(a, char, size), size}};
    answer.headers[answer.header_count++] = (Header){S("ETag"), str_from_c(etag)};
    return kept_new(&answer);
}

static void put(Keeper *k, Arena *a, const KeepKey *key, int64_t version, const char *etag, size_t size)
{
    Kept *page = page_of(a, etag, size), *unchanged = page_of(a, etag, 0);
    keeper_put(k, key, version, page, unchanged, str_from_c(etag));
    kept_drop(page);
    kept_drop(unchanged);
}

static KeepFound find(Keeper *k, const KeepKey *key, int64_t version)
{
    Kept *kept = NULL;
    KeepFound found = keeper_find(k, key, version, S(""), true, &kept);
    if (found == KEEP_HIT) kept_drop(kept);
    return found;
}

static void made_once_and_found(void **state)
{
    Arena *a = *state;
    Keeper *k = keeper_new(1 << 20);
    KeepKey key = {.rule = 1, .path = S("/a")}, other = {.rule = 1, .variant = KEEP_JSON, .path = S("/a")};
    Kept *kept = NULL;
    assert_int_equal(keeper_find(k, &key, 1, S(""), false, &kept), KEEP_MISS);
    assert_int_equal(find(k, &key, 1), KEEP_MAKE);
    assert_int_equal(find(k, &key, 1), KEEP_BUSY);
    put(k, a, &key, 1, "\"e\"", 100);
    assert_int_equal(find(k, &key, 1), KEEP_HIT);
    assert_int_equal(find(k, &other, 1), KEEP_MAKE);
    keeper_give_up(k, &other);
    assert_int_equal(find(k, &other, 1), KEEP_MAKE);
    keeper_give_up(k, &other);
    assert_int_equal(keeper_find(k, &key, 1, S("\"x\", \"e\""), true, &kept), KEEP_HIT);
    assert_int_equal(kept->body.len, 0);
    kept_drop(kept);
    keeper_free(k);
}

static void a_new_version_is_made_anew(void **state)
{
    Arena *a = *state;
    Keeper *k = keeper_new(1 << 20);
    KeepKey key = {.rule = 1, .path = S("/a")};
    Kept *old = NULL;
    assert_int_equal(find(k, &key, 1), KEEP_MAKE);
    put(k, a, &key, 1, "\"1\"", 100);
    assert_int_equal(keeper_find(k, &key, 1, S(""), true, &old), KEEP_HIT);
    assert_int_equal(find(k, &key, 2), KEEP_MAKE);
    assert_int_equal(find(k, &key, 1), KEEP_HIT); /* somebody who still reads the version before */
    put(k, a, &key, 2, "\"2\"", 200);
    assert_int_equal(find(k, &key, 2), KEEP_HIT);
    assert_int_equal(find(k, &key, 1), KEEP_HIT); /* newer than asked for is good */
    assert_int_equal(old->body.len, 100);         /* whoever holds the old one may finish sending it */
    kept_drop(old);
    keeper_free(k);
}

static void memory_is_bounded(void **state)
{
    Arena *a = *state;
    enum { MOST = 16 * 64 * 1024, PAGES = 400, SIZE = 8000 };
    Keeper *k = keeper_new(MOST);
    int hits = 0;
    for (int i = 0; i < PAGES; i++) {
        KeepKey key = {.rule = i, .path = S("/page")};
        assert_int_equal(find(k, &key, 1), KEEP_MAKE);
        put(k, a, &key, 1, "\"e\"", SIZE);
    }
    for (int i = 0; i < PAGES; i++) {
        KeepKey key = {.rule = i, .path = S("/page")};
        Kept *kept = NULL;
        if (keeper_find(k, &key, 1, S(""), false, &kept) != KEEP_HIT) continue;
        hits++;
        kept_drop(kept);
    }
    assert_true(hits > 0 && hits * SIZE < MOST);
    KeepKey large = {.rule = 1, .path = S("/large")};
    assert_int_equal(find(k, &large, 1), KEEP_MAKE);
    put(k, a, &large, 1, "\"e\"", MOST / 4); /* larger than its shard: shared by those who want it now, and the first to go */
    assert_int_equal(find(k, &large, 1), KEEP_HIT);
    for (int i = 0; i < PAGES; i++) {
        KeepKey key = {.rule = i, .path = S("/later")};
        assert_int_equal(find(k, &key, 1), KEEP_MAKE);
        put(k, a, &key, 1, "\"e\"", SIZE);
    }
    assert_int_equal(find(k, &large, 1), KEEP_MAKE);
    keeper_give_up(k, &large);
    keeper_free(k);
}

static void the_longest_unused_go_first(void **state)
{
    Arena *a = *state;
    Keeper *k = keeper_new(16 * 64 * 1024);
    KeepKey used = {.rule = 7, .path = S("/used")};
    assert_int_equal(find(k, &used, 1), KEEP_MAKE);
    put(k, a, &used, 1, "\"e\"", 1000);
    for (int i = 0; i < 2000; i++) {
        KeepKey key = {.rule = i, .path = S("/page")};
        assert_int_equal(find(k, &key, 1), KEEP_MAKE);
        put(k, a, &key, 1, "\"e\"", 8000);
        assert_int_equal(find(k, &used, 1), KEEP_HIT);
    }
    keeper_free(k);
}

typedef struct Herd {
    Keeper *keeper;
    int makers, wrong;
} Herd;

static void *one_of_many(void *context)
{
    Herd *herd = context;
    Arena a;
    arena_init(&a, 0);
    for (int64_t version = 1; version <= 30;) {
        KeepKey key = {.rule = 1, .path = S("/a")};
        Kept *kept = NULL;
        switch (keeper_find(herd->keeper, &key, version, S(""), true, &kept)) {
        case KEEP_HIT:
            if (kept->body.len < (size_t)version) __atomic_add_fetch(&herd->wrong, 1, __ATOMIC_RELAXED);
            kept_drop(kept);
            version++;
            break;
        case KEEP_MAKE:
            __atomic_add_fetch(&herd->makers, 1, __ATOMIC_RELAXED);
            put(herd->keeper, &a, &key, version, "\"e\"", (size_t)version);
            break;
        case KEEP_BUSY: keeper_wait(herd->keeper, &key); break;
        case KEEP_MISS: __atomic_add_fetch(&herd->wrong, 1, __ATOMIC_RELAXED); break;
        }
    }
    arena_clear(&a);
    return NULL;
}

static void many_ask_and_one_makes(void **state)
{
    (void)state;
    Herd herd = {.keeper = keeper_new(1 << 20)};
    pthread_t threads[8];
    for (int i = 0; i < COUNT_OF(threads); i++) assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, &herd), 0);
    for (int i = 0; i < COUNT_OF(threads); i++) pthread_join(threads[i], NULL);
    assert_int_equal(herd.wrong, 0);
    assert_in_range(herd.makers, 1, 30); /* each version at most once, whoever asks */
    keeper_free(herd.keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(made_once_and_found),
        arena_test(a_new_version_is_made_anew),
        arena_test(memory_is_bounded),
        arena_test(the_longest_unused_go_first),
        arena_test(many_ask_and_one_makes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
