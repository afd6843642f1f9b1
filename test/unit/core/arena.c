/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/arena.c"

enum { KIB = 1024, MIB = 1024 * KIB };

static void gives_zeroed_memory_even_after_reuse(void **state)
{
    Arena *a = *state;
    for (int round = 0; round < 3; round++) {
        unsigned char *bytes = arena_new(a, unsigned char, 5000);
        for (int i = 0; i < 5000; i++) assert_int_equal(bytes[i], 0);
        memset(bytes, 0xFF, 5000);
        arena_clear(a);
    }
}

static void aligns_each_type_after_any_other(void **state)
{
    Arena *a = *state;
    for (size_t odd = 0; odd < 70; odd++) {
        memset(arena_new(a, char, odd), 1, odd);
        uint16_t *two = arena_new(a, uint16_t, 1);
        assert_int_equal((uintptr_t)two % _Alignof(uint16_t), 0);
        memset(arena_new(a, char, odd), 1, odd);
        uint64_t *eight = arena_new(a, uint64_t, 1);
        assert_int_equal((uintptr_t)eight % _Alignof(uint64_t), 0);
        memset(arena_new(a, char, odd), 1, odd);
        max_align_t *widest = arena_new(a, max_align_t, 1);
        assert_int_equal((uintptr_t)widest % _Alignof(max_align_t), 0);
        *two = 1;
        *eight = 2;
        memset(widest, 3, sizeof *widest);
    }
}

static void pieces_do_not_overlap(void **state)
{
    Arena *a = *state;
    enum { PIECES = 2000 };
    uint32_t *pieces[PIECES];
    for (uint32_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_new(a, uint32_t, i % 97 + 1);
        for (uint32_t k = 0; k <= i % 97; k++) pieces[i][k] = i;
    }
    for (uint32_t i = 0; i < PIECES; i++)
        for (uint32_t k = 0; k <= i % 97; k++) assert_int_equal(pieces[i][k], i);
}

static void nothing_is_a_valid_pointer(void **state)
{
    Arena *a = *state;
    assert_non_null(arena_new(a, int, 0));
    (void)arena_new(a, char, 16 * KIB);
    assert_non_null(arena_new(a, int, 0));
}

static void a_piece_larger_than_any_block_fits(void **state)
{
    Arena *a = *state;
    char *large = arena_new(a, char, 5 * MIB);
    large[0] = large[5 * MIB - 1] = 'x';
    char *small = arena_new(a, char, 10);
    small[9] = 'y';
    assert_int_equal(large[5 * MIB - 1], 'x');
    assert_true(a->used >= 5 * MIB && a->used < 8 * MIB);
}

static void growing_keeps_the_old_and_zeroes_the_new(void **state)
{
    Arena *a = *state;
    int *few = arena_new(a, int, 3);
    few[0] = 7, few[1] = 8, few[2] = 9;
    int *many = arena_grow(a, int, few, 3, 1000);
    assert_int_equal(many[0], 7);
    assert_int_equal(many[2], 9);
    for (int i = 3; i < 1000; i++) assert_int_equal(many[i], 0);
    int *first = arena_grow(a, int, NULL, 0, 4);
    assert_int_equal(first[3], 0);
}

static char cleaned[8];

static void note_cleanup(void *object)
{
    char name[2] = {*(char *)object, 0};
    strncat(cleaned, name, sizeof cleaned - strlen(cleaned) - 1);
}

static void cleans_up_last_first_and_once(void **state)
{
    Arena *a = *state;
    cleaned[0] = 0;
    char *names = arena_new(a, char, 3);
    names[0] = 'a', names[1] = 'b', names[2] = 'c';
    for (int i = 0; i < 3; i++) arena_on_clear(a, note_cleanup, names + i);
    arena_clear(a);
    assert_string_equal(cleaned, "cba");
    arena_clear(a);
    assert_string_equal(cleaned, "cba");
}

static void clearing_frees_all_and_keeps_the_limit(void **state)
{
    (void)state;
    Arena a;
    arena_init(&a, 64 * KIB);
    assert_int_equal(a.limit, 64 * KIB);
    (void)arena_new(&a, char, 20 * KIB);
    assert_true(a.used >= 20 * KIB);
    arena_clear(&a);
    assert_int_equal(a.used, 0);
    assert_null(a.blocks);
    assert_int_equal(a.limit, 64 * KIB);
    for (int i = 0; i < 10; i++) {
        (void)arena_new(&a, char, 60 * KIB);
        arena_clear(&a);
    }
}

static void the_whole_of_a_limit_can_be_used(void **state)
{
    (void)state;
    Arena a;
    arena_init(&a, 100);
    (void)arena_new(&a, char, 100);
    arena_clear(&a);
    arena_init(&a, 20 * KIB);
    for (int i = 0; i < 20; i++) (void)arena_new(&a, char, KIB);
    assert_true(a.used <= 20 * KIB);
    arena_clear(&a);
}

static void pass_the_limit(void)
{
    Arena a;
    arena_init(&a, 20 * KIB);
    for (int i = 0; i < 21; i++) (void)arena_new(&a, char, KIB);
    arena_clear(&a);
}

static void pass_the_limit_at_once(void)
{
    Arena a;
    arena_init(&a, 20 * KIB);
    (void)arena_new(&a, char, 20 * KIB + 1);
    arena_clear(&a);
}

static void overflow_the_size(void)
{
    Arena a;
    arena_init(&a, 0);
    (void)arena_new(&a, uint64_t, SIZE_MAX / 8 + 2);
    arena_clear(&a);
}

static void overflow_nearly(void)
{
    Arena a;
    arena_init(&a, SIZE_MAX);
    (void)arena_new(&a, char, SIZE_MAX - 8);
    arena_clear(&a);
}

static void overflow_in_growing(void)
{
    Arena a;
    arena_init(&a, 0);
    int *one = arena_new(&a, int, 1);
    (void)arena_grow(&a, int, one, 1, SIZE_MAX / 2);
    arena_clear(&a);
}

static void stops_at_the_limit_and_at_overflow(void **state)
{
    (void)state;
    assert_out_of_memory(pass_the_limit);
    assert_out_of_memory(pass_the_limit_at_once);
    assert_out_of_memory(overflow_the_size);
    assert_out_of_memory(overflow_nearly);
    assert_out_of_memory(overflow_in_growing);
}

static void count_one(void *count)
{
    ++*(int *)count;
}

static void wiping_overwrites_every_block(void **state)
{
    Arena a;
    (void)state;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    enum { PIECE = 9000 };
    unsigned char *first = memset(arena_new(&a, unsigned char, PIECE), 7, PIECE),
                  *second = memset(arena_new(&a, unsigned char, PIECE), 7, PIECE);
    assert_non_null(a.blocks->next);
    overwrite_blocks(&a);
    for (int i = 0; i < PIECE; i++) assert_int_equal(first[i] + second[i], 0);
    int calls = 0;
    arena_on_clear(&a, count_one, &calls);
    arena_wipe(&a);
    assert_int_equal(calls, 1);
    assert_null(a.blocks);
}

static void shrink(void)
{
    Arena a;
    arena_init(&a, 0);
    int *two = arena_new(&a, int, 2);
    (void)arena_grow(&a, int, two, 2, 1);
}

static void shrinking_is_a_bug(void **state)
{
    (void)state;
    assert_stops(shrink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(gives_zeroed_memory_even_after_reuse),
        arena_test(aligns_each_type_after_any_other),
        arena_test(pieces_do_not_overlap),
        arena_test(nothing_is_a_valid_pointer),
        arena_test(a_piece_larger_than_any_block_fits),
        arena_test(growing_keeps_the_old_and_zeroes_the_new),
        arena_test(cleans_up_last_first_and_once),
        cmocka_unit_test(clearing_frees_all_and_keeps_the_limit),
        cmocka_unit_test(wiping_overwrites_every_block),
        cmocka_unit_test(the_whole_of_a_limit_can_be_used),
        cmocka_unit_test(stops_at_the_limit_and_at_overflow),
        cmocka_unit_test(shrinking_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
