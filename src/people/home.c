/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/home.h"

#include <string.h>

enum { LETTERS = 2 };
static char home[LETTERS + 1] = "GB";

void home_country_set(Str country)
{
    ASSERT(country.len == LETTERS);
    memcpy(home, country.ptr, LETTERS);
}

Str home_country(void)
{
    return (Str){home, LETTERS};
}
