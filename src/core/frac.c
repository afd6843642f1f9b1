/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/frac.h"

#include "core/num.h"

#include <string.h>

typedef struct FracArray {
    Frac *fracs;
    size_t n;
} FracArray;

static void clear_array(void *object)
{
    FracArray *array = object;
    for (size_t i = 0; i < array->n; i++) mpq_clear(array->fracs[i].q);
}

Frac *frac_new(Arena *a, size_t n)
{
    FracArray *array = arena_new(a, FracArray, 1);
    *array = (FracArray){.fracs = arena_new(a, Frac, n), .n = n};
    for (size_t i = 0; i < n; i++) mpq_init(array->fracs[i].q);
    arena_on_clear(a, clear_array, array);
    return array->fracs;
}

void frac_set(Frac *f, const Frac *value)
{
    mpq_set(f->q, value->q);
}

void frac_set_ratio(Frac *f, int64_t numerator, int64_t denominator)
{
    ASSERT(denominator > 0);
    mpq_set_si(f->q, numerator, (unsigned long)denominator);
    mpq_canonicalize(f->q);
}

void frac_add(Frac *f, const Frac *term)
{
    mpq_add(f->q, f->q, term->q);
}

void frac_sub(Frac *f, const Frac *term)
{
    mpq_sub(f->q, f->q, term->q);
}

void frac_mul(Frac *f, const Frac *factor)
{
    mpq_mul(f->q, f->q, factor->q);
}

void frac_div(Frac *f, const Frac *divisor)
{
    ASSERT(frac_sign(divisor) != 0);
    mpq_div(f->q, f->q, divisor->q);
}

int frac_compare(const Frac *f, const Frac *other)
{
    return mpq_cmp(f->q, other->q);
}

int frac_compare_ratio(const Frac *f, int64_t numerator, int64_t denominator)
{
    ASSERT(denominator > 0);
    return mpq_cmp_si(f->q, numerator, (unsigned long)denominator);
}

int frac_sign(const Frac *f)
{
    return mpq_sgn(f->q);
}

int64_t frac_ceil(const Frac *f)
{
    mpz_t whole;
    mpz_init(whole);
    mpz_cdiv_q(whole, mpq_numref(f->q), mpq_denref(f->q));
    ASSERT(mpz_sgn(whole) >= 0 && mpz_fits_slong_p(whole));
    int64_t value = mpz_get_si(whole);
    mpz_clear(whole);
    return value;
}

static Str integer_text(Arena *a, mpz_srcptr z)
{
    char *digits = arena_new(a, char, mpz_sizeinbase(z, 10) + 2);
    mpz_get_str(digits, 10, z);
    return str_from_c(digits);
}

Str frac_text(Arena *a, const Frac *f)
{
    Str top = integer_text(a, mpq_numref(f->q));
    if (mpz_cmp_ui(mpq_denref(f->q), 1) == 0) return top;
    Str bottom = integer_text(a, mpq_denref(f->q));
    return str_format(a, "%.*s/%.*s", STR_ARG(top), STR_ARG(bottom));
}

Str frac_decimal(Arena *a, const Frac *f, int places)
{
    ASSERT(places >= 0);
    /* round(|f| * 10^places) = floor((2 * numerator * 10^places + denominator) / (2 * denominator)) */
    mpz_t scaled, doubled;
    mpz_init(scaled);
    mpz_init(doubled);
    mpz_ui_pow_ui(scaled, 10, (unsigned long)places);
    mpz_mul(scaled, scaled, mpq_numref(f->q));
    mpz_abs(scaled, scaled);
    mpz_mul_2exp(scaled, scaled, 1);
    mpz_add(scaled, scaled, mpq_denref(f->q));
    mpz_mul_2exp(doubled, mpq_denref(f->q), 1);
    mpz_fdiv_q(scaled, scaled, doubled);
    Str digits = integer_text(a, scaled);
    bool negative = frac_sign(f) < 0 && mpz_sgn(scaled) != 0;
    mpz_clear(scaled);
    mpz_clear(doubled);

    Buf b = buf_new(a);
    if (negative) buf_byte(&b, '-');
    size_t point = (size_t)places;
    while (digits.len <= point) digits = str_format(a, "0%.*s", STR_ARG(digits));
    buf_str(&b, str_slice(digits, 0, digits.len - point));
    if (places) {
        buf_byte(&b, '.');
        buf_str(&b, str_slice(digits, digits.len - point, digits.len));
    }
    return buf_done(&b);
}

/* Digits only, at most 18 of them. */
static bool parse_digits(Str s, int64_t *ret_value)
{
    return s.len > 0 && s.len <= 18 && s.ptr[0] != '-' && str_to_i64(s, ret_value);
}

static bool parse_decimal(Str text, int64_t *ret_numerator, int64_t *ret_denominator)
{
    Str whole, rest;
    *ret_denominator = 1;
    if (!str_cut(text, '.', &whole, &rest)) return parse_digits(whole, ret_numerator);
    int64_t before, after;
    if (whole.len + rest.len > 18 || !parse_digits(whole, &before) || !parse_digits(rest, &after)) return false;
    *ret_denominator = pow10_i64((int)rest.len);
    *ret_numerator = before * *ret_denominator + after;
    return true;
}

bool frac_parse(Str text, Frac *f)
{
    int64_t numerator, denominator;
    Str top, bottom;
    if (str_cut(text, '/', &top, &bottom)) {
        if (!parse_digits(top, &numerator) || !parse_digits(bottom, &denominator) || denominator == 0) return false;
        frac_set_ratio(f, numerator, denominator);
        return true;
    }
    bool percent = str_ends(text, S("%"));
    if (percent) text.len--;
    if (!parse_decimal(text, &numerator, &denominator)) return false;
    frac_set_ratio(f, numerator, denominator);
    if (percent) mpz_mul_ui(mpq_denref(f->q), mpq_denref(f->q), 100);
    mpq_canonicalize(f->q);
    return true;
}
