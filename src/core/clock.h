/* clock.h: what time it is.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * UTC is what people are told and what is kept; somebody may set it. The steady clock only goes on: deadlines and measures are its.
 */
#ifndef HUSTINGS_CORE_CLOCK_H
#define HUSTINGS_CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

int64_t clock_utc(void); /* milliseconds since 1970 */
int64_t clock_ms(void);  /* steady, from no moment in particular */
int64_t clock_us(void);

/* The moment so far ahead, as pthread_cond_timedwait wants it. */
struct timespec clock_utc_in(int64_t ms);
struct timespec clock_in(int64_t ms); /* steady: of conditions that were made with CLOCK_MONOTONIC */

#endif
