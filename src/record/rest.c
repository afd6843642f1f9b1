/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/rest.h"

#include "core/clock.h"

#include <time.h>

/* By the clock that never jumps. */
void rest_init(Rest *rest)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&rest->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&rest->mutex, NULL);
    rest->over = false;
}

void rest_clear(Rest *rest)
{
    pthread_cond_destroy(&rest->changed);
    pthread_mutex_destroy(&rest->mutex);
}

bool rest_for(Rest *rest, int ms)
{
    struct timespec until = clock_in(ms);
    pthread_mutex_lock(&rest->mutex);
    while (!rest->over && pthread_cond_timedwait(&rest->changed, &rest->mutex, &until) == 0) {
    }
    bool over = rest->over;
    pthread_mutex_unlock(&rest->mutex);
    return !over;
}

bool rest_is_over(Rest *rest)
{
    pthread_mutex_lock(&rest->mutex);
    bool over = rest->over;
    pthread_mutex_unlock(&rest->mutex);
    return over;
}

void rest_end(Rest *rest)
{
    pthread_mutex_lock(&rest->mutex);
    rest->over = true;
    pthread_cond_signal(&rest->changed);
    pthread_mutex_unlock(&rest->mutex);
}
