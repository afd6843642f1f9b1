/* num.h: whole numbers that cannot wrap unseen.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a tally that overflows must be an error, not a smaller tally. The `i64_` functions return false on overflow;
 * the `_or_stop` ones are for sums whose bound was checked before, so that overflow is a bug.
 */
#ifndef HUSTINGS_CORE_NUM_H
#define HUSTINGS_CORE_NUM_H

#include "core/base.h"

static inline NODISCARD bool i64_add(int64_t x, int64_t y, int64_t *ret_sum)
{
    return !__builtin_add_overflow(x, y, ret_sum);
}

static inline NODISCARD bool i64_sub(int64_t x, int64_t y, int64_t *ret_difference)
{
    return !__builtin_sub_overflow(x, y, ret_difference);
}

static inline NODISCARD bool i64_mul(int64_t x, int64_t y, int64_t *ret_product)
{
    return !__builtin_mul_overflow(x, y, ret_product);
}

static inline int64_t add_or_stop(int64_t x, int64_t y)
{
    int64_t sum = 0;
    ASSERT(i64_add(x, y, &sum));
    return sum;
}

static inline int64_t mul_or_stop(int64_t x, int64_t y)
{
    int64_t product = 0;
    ASSERT(i64_mul(x, y, &product));
    return product;
}

/* x * y / z, the remainder dropped. All >= 0, z > 0; the product may need 128 bits, the result must fit 63. */
static inline int64_t mul_div_down(int64_t x, int64_t y, int64_t z)
{
    ASSERT(x >= 0 && y >= 0 && z > 0);
    unsigned __int128 result = (unsigned __int128)x * (unsigned __int128)y / (unsigned __int128)z;
    ASSERT(result <= INT64_MAX);
    return (int64_t)result;
}

/* The same, rounded up. */
static inline int64_t mul_div_up(int64_t x, int64_t y, int64_t z)
{
    ASSERT(x >= 0 && y >= 0 && z > 0);
    unsigned __int128 product = (unsigned __int128)x * (unsigned __int128)y;
    unsigned __int128 result = (product + (unsigned __int128)z - 1) / (unsigned __int128)z;
    ASSERT(result <= INT64_MAX);
    return (int64_t)result;
}

/* 10^exponent, 0 <= exponent <= 18. */
static inline int64_t pow10_i64(int exponent)
{
    ASSERT(exponent >= 0 && exponent <= 18);
    int64_t power = 1;
    while (exponent-- > 0) power *= 10;
    return power;
}

#endif
