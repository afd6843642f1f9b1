/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/headcount.h"
#include "http/rate.h"

#include <pthread.h>
#include <stdatomic.h>

static Address address(unsigned n)
{
    return (Address){
        .bytes = {[10] = 0xFF, [11] = 0xFF, [12] = 10, [13] = (uint8_t)(n >> 16), [14] = (uint8_t)(n >> 8), [15] = (uint8_t)n}};
}

static int taken(RateTable *table, const Address *a, int kind, int per_minute, int64_t now, int tries)
{
    int n = 0, wait;
    for (int i = 0; i < tries; i++) n += rate_take(table, a, kind, per_minute, now, &wait);
    return n;
}

static void test_burst_and_refill(void **state)
{
    (void)state;
    RateTable *table = rate_new(100);
    Address a = address(1), b = address(2);
    assert_int_equal(taken(table, &a, 0, 60, 1000, 50), 10); /* a sixth of 60 */
    assert_int_equal(taken(table, &b, 0, 60, 1000, 50), 10); /* another address */
    assert_int_equal(taken(table, &a, 1, 60, 1000, 50), 10); /* another kind */
    assert_int_equal(taken(table, &a, 0, 60, 1999, 50), 0);  /* one a second */
    assert_int_equal(taken(table, &a, 0, 60, 2000, 50), 1);
    assert_int_equal(taken(table, &a, 0, 60, 5000, 50), 3);
    assert_int_equal(taken(table, &a, 0, 60, 100000000, 50), 10); /* never more than the burst */
    assert_int_equal(taken(table, &a, 2, 6, 1000, 50), 5);        /* at least 5 */
    rate_free(table);
}

static void test_wait(void **state)
{
    (void)state;
    RateTable *table = rate_new(100);
    Address a = address(1);
    int wait = 0;
    assert_int_equal(taken(table, &a, 0, 10, 1000, 5), 5);
    assert_false(rate_take(table, &a, 0, 10, 1000, &wait));
    assert_int_equal(wait, 6); /* ten a minute */
    assert_false(rate_take(table, &a, 0, 10, 6999, &wait));
    assert_int_equal(wait, 1);
    assert_true(rate_take(table, &a, 0, 10, 7000, &wait));
    rate_free(table);
}

/* Asking often does not put the next one off. */
static void test_impatience(void **state)
{
    (void)state;
    RateTable *table = rate_new(100);
    Address a = address(1);
    int wait, n = 0;
    for (int64_t now = 1000; now < 61000; now++) n += rate_take(table, &a, 0, 10, now, &wait);
    assert_int_equal(n, 5 + 9); /* the tenth comes at 61,000 */
    rate_free(table);
}

static void test_clock_set_back(void **state)
{
    (void)state;
    RateTable *table = rate_new(100);
    Address a = address(1);
    assert_int_equal(taken(table, &a, 0, 60, 1000000, 50), 10);
    assert_int_equal(taken(table, &a, 0, 60, 1000, 50), 0);
    assert_int_equal(taken(table, &a, 0, 60, 2000, 50), 1);
    rate_free(table);
}

/* A whole /64 is one household; the next one is another. */
static void test_ipv6(void **state)
{
    (void)state;
    RateTable *table = rate_new(100);
    Address a = {.bytes = {0x20, 1, [7] = 1, [15] = 1}}, b = {.bytes = {0x20, 1, [7] = 1, [15] = 99}},
            c = {.bytes = {0x20, 1, [7] = 2, [15] = 1}};
    assert_int_equal(taken(table, &a, 0, 60, 1000, 50), 10);
    assert_int_equal(taken(table, &b, 0, 60, 1000, 50), 0);
    assert_int_equal(taken(table, &c, 0, 60, 1000, 50), 10);
    rate_free(table);
}

/* Many addresses push out only what is unused for longest in a set: the busy one keeps its bucket. */
static void test_full_table(void **state)
{
    (void)state;
    RateTable *table = rate_new(8);
    Address busy = address(1);
    int wait;
    assert_int_equal(taken(table, &busy, 0, 60, 1000, 50), 10);
    for (unsigned n = 2; n < 1000; n++) {
        Address other = address(n);
        assert_true(rate_take(table, &other, 0, 60, 1000 + n, &wait));
        assert_false(rate_take(table, &busy, 0, 60, 1000 + n, &wait));
    }
    rate_free(table);
}

static RateTable *shared;
static atomic_int got;

static void *take_many(void *context)
{
    Address a = address(7);
    int wait;
    (void)context;
    for (int i = 0; i < 20000; i++)
        if (rate_take(shared, &a, 0, 6000, 1000, &wait)) atomic_fetch_add(&got, 1);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    shared = rate_new(1000);
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, take_many, NULL), 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&got), 1000);
    rate_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_burst_and_refill), cmocka_unit_test(test_wait),
        cmocka_unit_test(test_impatience), cmocka_unit_test(test_clock_set_back), cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_full_table), cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
