/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/num.h"

static void checked_arithmetic_at_its_edges(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        char operation;
        int64_t x, y;
        bool fits;
        int64_t result;
    } rows[] = {
        {"sum", '+', 2, 3, true, 5},
        {"largest sum", '+', INT64_MAX - 1, 1, true, INT64_MAX},
        {"one too many", '+', INT64_MAX, 1, false, 0},
        {"smallest sum", '+', INT64_MIN + 1, -1, true, INT64_MIN},
        {"one too few", '+', INT64_MIN, -1, false, 0},
        {"opposites", '+', INT64_MIN, INT64_MAX, true, -1},
        {"difference", '-', 2, 3, true, -1},
        {"down to the smallest", '-', INT64_MIN + 3, 3, true, INT64_MIN},
        {"below the smallest", '-', INT64_MIN, 1, false, 0},
        {"minus the smallest", '-', 0, INT64_MIN, false, 0},
        {"minus one minus the smallest", '-', -1, INT64_MIN, true, INT64_MAX},
        {"product", '*', -7, 6, true, -42},
        {"nothing", '*', INT64_MAX, 0, true, 0},
        {"largest product", '*', INT64_MAX / 7, 7, true, INT64_MAX},
        {"product past the largest", '*', INT64_MAX / 7 + 1, 7, false, 0},
        {"smallest, negated", '*', INT64_MIN, -1, false, 0},
        {"smallest product", '*', INT64_MIN / 2, 2, true, INT64_MIN},
        {"2^32 squared", '*', INT64_C(1) << 32, INT64_C(1) << 32, false, 0},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        int64_t result = 0;
        bool fits = rows[i].operation == '+'   ? i64_add(rows[i].x, rows[i].y, &result)
                    : rows[i].operation == '-' ? i64_sub(rows[i].x, rows[i].y, &result)
                                               : i64_mul(rows[i].x, rows[i].y, &result);
        assert_row(fits == rows[i].fits, rows[i].row);
        assert_row(!fits || result == rows[i].result, rows[i].row);
    }
}

static void divides_products_of_128_bits(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        int64_t x, y, z, down, up;
    } rows[] = {
        {"exact", 6, 7, 3, 14, 14},
        {"with a remainder", 7, 7, 3, 16, 17},
        {"remainder all but one", 5, 1, 3, 1, 2},
        {"nothing", 0, 5, 3, 0, 0},
        {"nothing of much", INT64_MAX, 0, INT64_MAX, 0, 0},
        {"less than one", 1, 1, INT64_MAX, 0, 1},
        {"largest by itself", INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
        {"128 bits between", INT64_MAX, 1000000007, 1000000007, INT64_MAX, INT64_MAX},
        {"128 bits and a remainder", INT64_MAX, 3, 4, 6917529027641081855, 6917529027641081856},
        {"a surplus of the Scottish kind", 123456789, 100000, 987654321, 12499, 12500},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        assert_row(mul_div_down(rows[i].x, rows[i].y, rows[i].z) == rows[i].down, rows[i].row);
        assert_row(mul_div_up(rows[i].x, rows[i].y, rows[i].z) == rows[i].up, rows[i].row);
    }
}

static void powers_of_ten(void **state)
{
    (void)state;
    assert_int_equal(pow10_i64(0), 1);
    assert_int_equal(pow10_i64(1), 10);
    assert_int_equal(pow10_i64(5), 100000);
    assert_true(pow10_i64(18) == INT64_C(1000000000000000000));
}

static void sums_and_products_whose_bound_was_checked(void **state)
{
    (void)state;
    assert_true(add_or_stop(INT64_MAX - 5, 5) == INT64_MAX);
    assert_true(mul_or_stop(-3, 5) == -15);
}

static volatile int64_t sink;

static void add_too_much(void)
{
    sink = add_or_stop(INT64_MAX, 1);
}
static void multiply_too_much(void)
{
    sink = mul_or_stop(INT64_MAX, 2);
}
static void divide_by_nothing(void)
{
    sink = mul_div_down(1, 1, 0);
}
static void divide_up_by_nothing(void)
{
    sink = mul_div_up(1, 1, 0);
}
static void divide_a_negative(void)
{
    sink = mul_div_down(-1, 1, 1);
}
static void divide_by_a_negative(void)
{
    sink = mul_div_up(1, 1, -1);
}
static void quotient_too_large(void)
{
    sink = mul_div_down(INT64_MAX, 2, 1);
}
static void quotient_rounded_too_large(void)
{
    sink = mul_div_up(INT64_MAX, 3, 2);
}
static void power_too_large(void)
{
    sink = pow10_i64(19);
}
static void power_negative(void)
{
    sink = pow10_i64(-1);
}

static void stops_rather_than_wrap(void **state)
{
    (void)state;
    assert_stops(add_too_much);
    assert_stops(multiply_too_much);
    assert_stops(divide_by_nothing);
    assert_stops(divide_up_by_nothing);
    assert_stops(divide_a_negative);
    assert_stops(divide_by_a_negative);
    assert_stops(quotient_too_large);
    assert_stops(quotient_rounded_too_large);
    assert_stops(power_too_large);
    assert_stops(power_negative);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checked_arithmetic_at_its_edges),
        cmocka_unit_test(divides_products_of_128_bits),
        cmocka_unit_test(powers_of_ten),
        cmocka_unit_test(sums_and_products_whose_bound_was_checked),
        cmocka_unit_test(stops_rather_than_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
