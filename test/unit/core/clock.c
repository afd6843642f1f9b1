/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/clock.h"

static int64_t ns_of(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void a_moment_ahead(void **state)
{
    (void)state;
    static const int64_t ahead[] = {0, 1, 250, 999, 1000, 1999, 60 * 1000 + 999};
    for (int i = 0; i < COUNT_OF(ahead); i++) {
        struct timespec now, then;
        clock_gettime(CLOCK_MONOTONIC, &now);
        then = clock_in(ahead[i]);
        assert_true(then.tv_nsec >= 0 && then.tv_nsec < 1000000000);
        assert_true(ns_of(then) - ns_of(now) >= ahead[i] * 1000000);
        then = clock_utc_in(ahead[i]);
        assert_true(then.tv_nsec >= 0 && then.tv_nsec < 1000000000);
    }
}

static void the_steady_clock_only_goes_on(void **state)
{
    (void)state;
    int64_t us = clock_us(), ms = clock_ms();
    assert_true(ms >= us / 1000);
    assert_true(clock_us() >= us && clock_ms() >= ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_ahead),
        cmocka_unit_test(the_steady_clock_only_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
