/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/frac.h"

static Frac *ratio(Arena *a, int64_t numerator, int64_t denominator)
{
    Frac *f = frac_new(a, 1);
    frac_set_ratio(f, numerator, denominator);
    return f;
}

static void new_ones_are_nothing(void **state)
{
    Arena *a = *state;
    Frac *many = frac_new(a, 100);
    for (int i = 0; i < 100; i++) assert_str(frac_text(a, &many[i]), "0");
    (void)frac_new(a, 0);
}

static void always_in_lowest_terms(void **state)
{
    Arena *a = *state;
    assert_str(frac_text(a, ratio(a, 2, 4)), "1/2");
    assert_str(frac_text(a, ratio(a, -6, 4)), "-3/2");
    assert_str(frac_text(a, ratio(a, 8, 4)), "2");
    assert_str(frac_text(a, ratio(a, 0, 7)), "0");
    assert_str(frac_text(a, ratio(a, INT64_MIN, 1)), "-9223372036854775808");
    assert_str(frac_text(a, ratio(a, INT64_MIN, INT64_MAX)), "-9223372036854775808/9223372036854775807");
    assert_str(frac_text(a, ratio(a, INT64_MAX, INT64_MAX)), "1");
}

static void arithmetic(void **state)
{
    Arena *a = *state;
    Frac *f = ratio(a, 1, 3);
    frac_add(f, ratio(a, 1, 6));
    assert_str(frac_text(a, f), "1/2");
    frac_sub(f, ratio(a, 3, 4));
    assert_str(frac_text(a, f), "-1/4");
    frac_mul(f, ratio(a, -8, 3));
    assert_str(frac_text(a, f), "2/3");
    frac_div(f, ratio(a, 4, 9));
    assert_str(frac_text(a, f), "3/2");
    frac_add(f, f);
    assert_str(frac_text(a, f), "3");
    frac_div(f, f);
    assert_str(frac_text(a, f), "1");
    frac_sub(f, f);
    assert_str(frac_text(a, f), "0");
    Frac *copy = ratio(a, 5, 7);
    frac_set(f, copy);
    frac_add(copy, copy);
    assert_str(frac_text(a, f), "5/7");
}

/* The sum of 1/p over the primes below 100: its denominator has 121 bits, no 64-bit arithmetic could hold it. */
static void sums_of_many_denominators_stay_exact(void **state)
{
    Arena *a = *state;
    static const int primes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97};
    Frac *sum = frac_new(a, 1);
    for (int i = 0; i < COUNT_OF(primes); i++) frac_add(sum, ratio(a, 1, primes[i]));
    assert_str(frac_text(a, sum), "4156517583588203716343221884611037839/2305567963945518424753102147331756070");
    for (int i = COUNT_OF(primes); i-- > 0;) frac_sub(sum, ratio(a, 1, primes[i]));
    assert_int_equal(frac_sign(sum), 0);
}

/* Three sections of a third each, shares of every candidate: whatever the papers, the points add up to 1 exactly. */
static void thirds_of_sections_add_up(void **state)
{
    Arena *a = *state;
    static const int64_t votes[3][2] = {{140, 126}, {66814, 55992}, {119405, 80266}};
    Frac *all = frac_new(a, 1);
    for (int section = 0; section < 3; section++)
        for (int candidate = 0; candidate < 2; candidate++) {
            Frac *points = ratio(a, votes[section][candidate], votes[section][0] + votes[section][1]);
            frac_mul(points, ratio(a, 1, 3));
            frac_add(all, points);
        }
    assert_int_equal(frac_compare_ratio(all, 1, 1), 0);
}

static void comparing(void **state)
{
    Arena *a = *state;
    assert_true(frac_compare(ratio(a, 1, 3), ratio(a, 333333333333333333, 1000000000000000000)) > 0);
    assert_true(frac_compare(ratio(a, 1, 3), ratio(a, 333333333333333334, 1000000000000000000)) < 0);
    assert_int_equal(frac_compare(ratio(a, 2, 6), ratio(a, 3, 9)), 0);
    assert_int_equal(frac_compare_ratio(ratio(a, 1, 2), 2, 4), 0);
    assert_true(frac_compare_ratio(ratio(a, 1, 2), INT64_MAX, INT64_MAX) < 0);
    assert_true(frac_compare_ratio(ratio(a, -1, 2), INT64_MIN, 1) > 0);
    assert_int_equal(frac_sign(ratio(a, -1, 2)), -1);
    assert_int_equal(frac_sign(ratio(a, 0, 2)), 0);
    assert_int_equal(frac_sign(ratio(a, 1, 2)), 1);
}

static void the_next_whole_number(void **state)
{
    Arena *a = *state;
    assert_int_equal(frac_ceil(ratio(a, 0, 1)), 0);
    assert_int_equal(frac_ceil(ratio(a, 1, 1000)), 1);
    assert_int_equal(frac_ceil(ratio(a, 7, 1)), 7);
    assert_int_equal(frac_ceil(ratio(a, 15, 2)), 8);
    assert_true(frac_ceil(ratio(a, INT64_MAX, 1)) == INT64_MAX);
    assert_true(frac_ceil(ratio(a, INT64_MAX, 2)) == INT64_MAX / 2 + 1);
}

static void writing_decimals(void **state)
{
    Arena *a = *state;
    static const struct {
        int64_t numerator, denominator;
        int places;
        Str text;
    } rows[] = {
        {2, 3, 2, S("0.67")},
        {1, 3, 2, S("0.33")},
        {-2, 3, 2, S("-0.67")},
        {1, 3, 0, S("0")},
        {-1, 3, 0, S("0")}, /* no minus before nothing */
        {1, 2, 0, S("1")},  /* halves away from zero */
        {-1, 2, 0, S("-1")},
        {3, 2, 0, S("2")},
        {5, 2, 0, S("3")},
        {1, 8, 2, S("0.13")},
        {-1, 8, 2, S("-0.13")},
        {1, 8, 3, S("0.125")},
        {1, 200, 2, S("0.01")},
        {-1, 200, 2, S("-0.01")},
        {499, 100000, 2, S("0.00")},
        {-499, 100000, 2, S("0.00")},
        {999, 1000, 2, S("1.00")},
        {-999, 1000, 2, S("-1.00")},
        {0, 1, 3, S("0.000")},
        {0, 1, 0, S("0")},
        {5, 1, 3, S("5.000")},
        {100, 1, 0, S("100")},
        {1, 100, 5, S("0.01000")},
        {99995, 10000, 3, S("10.000")},
        {5065, 100, 1, S("50.7")},
        {1, 7, 30, S("0.142857142857142857142857142857")},
        {INT64_MAX, 1, 2, S("9223372036854775807.00")},
        {INT64_MIN, 1, 1, S("-9223372036854775808.0")},
    };
    for (int i = 0; i < COUNT_OF(rows); i++)
        assert_same_str(frac_decimal(a, ratio(a, rows[i].numerator, rows[i].denominator), rows[i].places), rows[i].text);
}

static void reading_fractions(void **state)
{
    Arena *a = *state;
    static const struct {
        Str text;
        Str value; /* empty: refused */
    } rows[] = {
        {S("1/3"), S("1/3")},
        {S("2/6"), S("1/3")},
        {S("0/5"), S("0")},
        {S("6/3"), S("2")},
        {S("0.40"), S("2/5")},
        {S("0.333"), S("333/1000")},
        {S("40%"), S("2/5")},
        {S("33.3%"), S("333/1000")},
        {S("0%"), S("0")},
        {S("100%"), S("1")},
        {S("2"), S("2")},
        {S("0"), S("0")},
        {S("007"), S("7")},
        {S("00.50"), S("1/2")},
        {S("999999999999999999"), S("999999999999999999")},
        {S("999999999999999999/999999999999999998"), S("999999999999999999/999999999999999998")},
        {S("0.00000000000000001"), S("1/100000000000000000")},
        {S("1.00000000000000001%"), S("100000000000000001/10000000000000000000")},
        {S(""), S("")},
        {{0}, S("")},
        {S("%"), S("")},
        {S("/"), S("")},
        {S("."), S("")},
        {S("1/"), S("")},
        {S("/3"), S("")},
        {S("1/0"), S("")},
        {S("1/00"), S("")},
        {S("0/0"), S("")},
        {S("1/2/3"), S("")},
        {S("1.5/3"), S("")},
        {S("1/3%"), S("")},
        {S("5%%"), S("")},
        {S("% 5"), S("")},
        {S("5 %"), S("")},
        {S("-1"), S("")},
        {S("-1/3"), S("")},
        {S("1/-3"), S("")},
        {S("-0.5"), S("")},
        {S("0.-5"), S("")},
        {S("+1"), S("")},
        {S(".5"), S("")},
        {S("5."), S("")},
        {S("1.2.3"), S("")},
        {S(" 1"), S("")},
        {S("1 "), S("")},
        {S("1,5"), S("")},
        {S("1e2"), S("")},
        {S("0x1"), S("")},
        {S("third"), S("")},
        {S("1\0"), S("")},
        {S("1000000000000000000"), S("")}, /* 19 digits */
        {S("1/1000000000000000000"), S("")},
        {S("1000000000000000000/1"), S("")},
        {S("1.000000000000000000"), S("")},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Frac *f = ratio(a, 22, 7);
        bool taken = frac_parse(rows[i].text, f);
        if (taken != (rows[i].value.len > 0)) fail_msg("\"%.*s\" was %s", STR_ARG(rows[i].text), taken ? "taken" : "refused");
        if (taken) assert_same_str(frac_text(a, f), rows[i].value);
        else assert_str(frac_text(a, f), "22/7");
    }
}

static void divide_by_nothing(void)
{
    Arena a;
    arena_init(&a, 0);
    frac_div(ratio(&a, 1, 2), ratio(&a, 0, 1));
}

static void set_over_nothing(void)
{
    Arena a;
    arena_init(&a, 0);
    (void)ratio(&a, 1, 0);
}

static void set_over_a_negative(void)
{
    Arena a;
    arena_init(&a, 0);
    (void)ratio(&a, 1, -2);
}

static void ceiling_too_high(void)
{
    Arena a;
    arena_init(&a, 0);
    Frac *f = ratio(&a, INT64_MAX, 1);
    frac_add(f, ratio(&a, 1, 2));
    (void)frac_ceil(f);
}

static void ceiling_of_a_negative(void)
{
    Arena a;
    arena_init(&a, 0);
    (void)frac_ceil(ratio(&a, -3, 1));
}

static void negative_places(void)
{
    Arena a;
    arena_init(&a, 0);
    (void)frac_decimal(&a, ratio(&a, 1, 2), -1);
}

static void stops_on_a_bug(void **state)
{
    (void)state;
    assert_stops(divide_by_nothing);
    assert_stops(set_over_nothing);
    assert_stops(set_over_a_negative);
    assert_stops(ceiling_too_high);
    assert_stops(ceiling_of_a_negative);
    assert_stops(negative_places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(new_ones_are_nothing),
        arena_test(always_in_lowest_terms),
        arena_test(arithmetic),
        arena_test(sums_of_many_denominators_stay_exact),
        arena_test(thirds_of_sections_add_up),
        arena_test(comparing),
        arena_test(the_next_whole_number),
        arena_test(writing_decimals),
        arena_test(reading_fractions),
        cmocka_unit_test(stops_on_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
