/* frac.h: exact fractions of any size.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a candidate's points in an electoral college are sums of fractions whose denominators are the papers of each
 * section; a dozen sections overflow 128 bits. GMP does the arithmetic (docs/decisions/0003).
 * Memory: frac_new registers the fractions with the arena, which frees GMP's memory when it is cleared.
 * Always in lowest terms, denominator positive.
 */
#ifndef HUSTINGS_CORE_FRAC_H
#define HUSTINGS_CORE_FRAC_H

#include "core/err.h"

#include <gmp.h>

typedef struct Frac {
    mpq_t q;
} Frac;

/* `n` fractions, each 0. */
Frac *frac_new(Arena *a, size_t n);

void frac_set(Frac *f, const Frac *value);
void frac_set_ratio(Frac *f, int64_t numerator, int64_t denominator); /* denominator > 0 */
void frac_add(Frac *f, const Frac *term);
void frac_sub(Frac *f, const Frac *term);
void frac_mul(Frac *f, const Frac *factor);
void frac_div(Frac *f, const Frac *divisor); /* divisor != 0 */

int frac_compare(const Frac *f, const Frac *other); /* < 0, 0, > 0 */
int frac_compare_ratio(const Frac *f, int64_t numerator, int64_t denominator);
int frac_sign(const Frac *f);

/* The smallest whole number >= f; f >= 0 and it must fit. */
int64_t frac_ceil(const Frac *f);

/* "3/7", or "3" when whole. */
Str frac_text(Arena *a, const Frac *f);
/* Decimal with `places` digits, halves away from zero: 2/3 with 2 places is "0.67". */
Str frac_decimal(Arena *a, const Frac *f, int places);

/* "1/3", "0.40", "40%" or "2"; not negative, at most 18 digits a part. False, and f unchanged, for anything else. */
NODISCARD bool frac_parse(Str text, Frac *f);

#endif
