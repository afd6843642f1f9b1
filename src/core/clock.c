/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/clock.h"

enum { NS_OF_MS = 1000000, NS_OF_S = 1000000000 };

int64_t clock_utc(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / NS_OF_MS;
}

int64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_ms(void)
{
    return clock_us() / 1000;
}

static struct timespec later(clockid_t clock, int64_t ms)
{
    struct timespec t;
    clock_gettime(clock, &t);
    int64_t ns = t.tv_nsec + ms % 1000 * NS_OF_MS;
    t.tv_sec += (time_t)(ms / 1000 + ns / NS_OF_S);
    t.tv_nsec = (long)(ns % NS_OF_S);
    return t;
}

struct timespec clock_utc_in(int64_t ms)
{
    return later(CLOCK_REALTIME, ms);
}

struct timespec clock_in(int64_t ms)
{
    return later(CLOCK_MONOTONIC, ms);
}
