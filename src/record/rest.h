/* rest.h: a thread that works, rests and is told to end. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Life: rest_init -> (the thread: rest_for, rest_is_over) -> rest_end, from any other thread -> pthread_join -> rest_clear.
 * The mutex may guard more of what belongs to the thread; `changed` wakes it.
 */
#ifndef HUSTINGS_RECORD_REST_H
#define HUSTINGS_RECORD_REST_H

#include "core/base.h"

#include <pthread.h>

typedef struct Rest {
    pthread_mutex_t mutex; /* guards `over` */
    pthread_cond_t changed;
    bool over;
} Rest;

void rest_init(Rest *rest);
void rest_clear(Rest *rest);
/* So long, or until it is over; signals of `changed` alone do not shorten it. False: it is time to go. */
bool rest_for(Rest *rest, int ms);
bool rest_is_over(Rest *rest);
void rest_end(Rest *rest);

#endif
