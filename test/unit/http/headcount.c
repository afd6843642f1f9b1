/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/headcount.h"

static Address address(unsigned n)
{
    return (Address){.bytes = {[10] = 0xFF, [11] = 0xFF, [13] = (uint8_t)(n >> 16), [14] = (uint8_t)(n >> 8), [15] = (uint8_t)n}};
}

static void test_limits(void **state)
{
    (void)state;
    Headcount *heads = headcount_new();
    Address a = address(1), b = address(2);
    assert_true(headcount_enter(heads, &a, HEAD_CONNECTION, 2));
    assert_true(headcount_enter(heads, &a, HEAD_CONNECTION, 2));
    assert_false(headcount_enter(heads, &a, HEAD_CONNECTION, 2));
    assert_true(headcount_enter(heads, &a, HEAD_STREAM, 1));
    assert_false(headcount_enter(heads, &a, HEAD_STREAM, 1));
    assert_true(headcount_enter(heads, &b, HEAD_CONNECTION, 2));
    headcount_leave(heads, &a, HEAD_CONNECTION);
    assert_true(headcount_enter(heads, &a, HEAD_CONNECTION, 2));
    assert_false(headcount_enter(heads, &b, HEAD_STREAM, 0));
    headcount_free(heads);
}

/* More addresses than buckets, in and out in another order. */
static void test_many(void **state)
{
    (void)state;
    Headcount *heads = headcount_new();
    enum { MANY = 20000 };
    for (unsigned n = 0; n < MANY; n++) {
        Address a = address(n);
        assert_true(headcount_enter(heads, &a, HEAD_CONNECTION, 1));
    }
    for (unsigned n = 0; n < MANY; n++) {
        Address a = address((n * 7919) % MANY);
        assert_false(headcount_enter(heads, &a, HEAD_CONNECTION, 1));
        headcount_leave(heads, &a, HEAD_CONNECTION);
        assert_true(headcount_enter(heads, &a, HEAD_CONNECTION, 1));
        headcount_leave(heads, &a, HEAD_CONNECTION);
    }
    headcount_free(heads);
}

static void leave_uninvited(void)
{
    Headcount *heads = headcount_new();
    Address a = address(1);
    headcount_leave(heads, &a, HEAD_STREAM);
}

static void test_bug(void **state)
{
    (void)state;
    assert_stops(leave_uninvited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_limits), cmocka_unit_test(test_many), cmocka_unit_test(test_bug)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
