/* day.h: dates of the calendar as numbers: days since 1 January 1970.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Proleptic Gregorian; years 1800 to 2199. DAY_NONE: not known. No zone and no clock: a date on a form is a date.
 */
#ifndef HUSTINGS_PEOPLE_DAY_H
#define HUSTINGS_PEOPLE_DAY_H

#include "core/str.h"

typedef int32_t Day;
#define DAY_NONE INT32_MIN

/* "2013-06-25" and nothing else. */
NODISCARD bool day_read(Str iso, Day *ret_day);
Str day_iso(Arena *a, Day day);           /* "" for DAY_NONE */
Day day_of(int year, int month, int day); /* DAY_NONE: there is no such day */
void day_parts(Day day, int *ret_year, int *ret_month, int *ret_day);
/* The same day of the month so many months later or earlier; the month's last day where it has no such day. */
Day day_add_months(Day day, int months);
Str day_words(Arena *a, Day day); /* "3 January 2013"; "" for DAY_NONE */
/* The day it is at `now` (milliseconds since 1970, UTC) in UTC. */
Day day_at(int64_t now);

#endif
