/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/base.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "hustings: internal error, stopped before it could do harm: %s (%s:%d)\n", condition, file, line);
    abort();
}
