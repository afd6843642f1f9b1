/* phone.h: telephone numbers in one form (E.164), by libphonenumber, which is loaded when the first number is read.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: libphonenumber knows every country's plan and is kept up to date; it is C++ and large, so it stands behind a small module of our own
 *      (phone_shim.cc, hustings-phone.so) that is opened on demand.
 * Threads: any.
 */
#ifndef HUSTINGS_PEOPLE_PHONE_H
#define HUSTINGS_PEOPLE_PHONE_H

#include "core/err.h"

enum { PHONE_MAX = 16 }; /* "+" and 15 digits */

/* Load it; ERR_IO with what is to be installed. Cheap when it is there already. */
NODISCARD Err phone_load(Fault *fault);
/* After phone_load. `region`: two letters, for numbers in national form. False: it has not the length of any number of that plan; whether it is in use, nobody
 * is asked. What follows the number ("ext. 12") is left out. British numbers as most are written take 0.1 microseconds, all others about 12. */
NODISCARD bool phone_read(Str typed, Str region, char ret_e164[PHONE_MAX + 1]);
/* As people of the same country write it ("020 7946 0000"), else international ("+33 1 ..."). */
Str phone_shown(Arena *a, Str e164, Str region);

#endif
