/* base.h: the few words every other file needs: assertions that stay on, and attributes with readable names.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: this program counts votes, so a broken invariant must stop it in release builds too, and a result that
 * nobody looked at must be a compile error.
 */
#ifndef HUSTINGS_CORE_BASE_H
#define HUSTINGS_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))

/* Runs `function` with the variable's address at every exit of its scope. */
#define AUTO(function) __attribute__((cleanup(function)))

/* A bug, not a user's mistake: says where, then stops the process. Never compiled out. */
#define ASSERT(condition)                                                \
    do {                                                                 \
        if (!(condition)) assert_failed(#condition, __FILE__, __LINE__); \
    } while (0)

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

_Noreturn void assert_failed(const char *condition, const char *file, int line);

#endif
