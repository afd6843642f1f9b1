/* home.h: the country in which the organisation is at home: that of telephone numbers and postcodes which do not say theirs.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Life: set once, before other threads begin (the setting people.country); read by any. "GB" until then.
 */
#ifndef HUSTINGS_PEOPLE_HOME_H
#define HUSTINGS_PEOPLE_HOME_H

#include "core/str.h"

/* Two capitals. */
void home_country_set(Str country);
Str home_country(void);

#endif
