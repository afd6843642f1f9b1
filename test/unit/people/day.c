/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "people/day.h"

#include <time.h>

enum { YEAR_FIRST = 1800, YEAR_LAST = 2199, FIRST = -62091, LAST = 84005, FOUR_CENTURIES = 146097 };
#define SECOND_MS ((int64_t)1000)
#define HOUR_MS (3600 * SECOND_MS)
#define DAY_IN_MS (24 * HOUR_MS)

static int months_days(int year, int month)
{
    if (month == 2) return year == 1800 || year == 1900 || year == 2100 || year % 4 ? 28 : 29;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Counted one by one from the first to the last, as a wall calendar does, and compared with the C library's calendar, too. */
static void every_day_has_its_number(void **state)
{
    (void)state;
    Day day = FIRST;
    for (int year = YEAR_FIRST; year <= YEAR_LAST; year++)
        for (int month = 1; month <= 12; month++)
            for (int of_month = 1; of_month <= months_days(year, month); of_month++, day++) {
                int y, m, d;
                time_t seconds = (time_t)day * 86400;
                struct tm tm;
                assert_int_equal(day_of(year, month, of_month), day);
                day_parts(day, &y, &m, &d);
                assert_true(y == year && m == month && d == of_month);
                assert_non_null(gmtime_r(&seconds, &tm));
                assert_true(tm.tm_year + 1900 == year && tm.tm_mon + 1 == month && tm.tm_mday == of_month);
            }
    assert_int_equal(day, LAST + 1);
    assert_int_equal(LAST - FIRST + 1, FOUR_CENTURIES);
}

static void what_is_no_day_is_none(void **state)
{
    (void)state;
    static const int none[][3] = {{2013, 2, 29}, {1900, 2, 29}, {2100, 2, 29}, {2012, 2, 30}, {2013, 4, 31}, {2013, 6, 31}, {2013, 9, 31},
        {2013, 11, 31}, {2013, 1, 32}, {2013, 12, 32}, {2013, 1, 0}, {2013, 0, 1}, {2013, 13, 1}, {2013, -1, 1}, {2013, 1, -1},
        {1799, 12, 31}, {2200, 1, 1}, {0, 1, 1}, {-2013, 1, 1}, {INT32_MAX, INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN, INT32_MIN}};
    for (int i = 0; i < COUNT_OF(none); i++) assert_int_equal(day_of(none[i][0], none[i][1], none[i][2]), DAY_NONE);
    assert_int_equal(day_of(2000, 2, 29), 11016);
    assert_int_equal(day_of(2012, 2, 29) + 1, day_of(2012, 3, 1));
    assert_int_equal(day_of(1900, 2, 28) + 1, day_of(1900, 3, 1));
}

static void only_iso_is_read(void **state)
{
    (void)state;
    static const char *const refused[] = {"", "2013-06-2", "2013-06-255", "2013-6-25", "13-06-25", "2013/06/25", "2013-06/25", "25-06-2013",
        " 2013-06-25", "2013-06-25 ", "2013-06-+5", "2013-06- 5", "+013-06-25", "-013-06-25", "2013-02-29", "2013-00-10", "2013-10-00",
        "1799-12-31", "2200-01-01", "2013-0a-10", "2O13-06-25", "20130625", "2013-06-25T00:00", "\xd9\xa2\xd9\xa0\xd9\xa1\xd9\xa3-"};
    Day day = 7;
    assert_true(day_read(S("1970-01-01"), &day));
    assert_int_equal(day, 0);
    assert_true(day_read(S("1969-12-31"), &day));
    assert_int_equal(day, -1);
    assert_true(day_read(S("1800-01-01"), &day));
    assert_int_equal(day, FIRST);
    assert_true(day_read(S("2199-12-31"), &day));
    assert_int_equal(day, LAST);
    for (int i = 0; i < COUNT_OF(refused); i++)
        if (day_read(str_from_c(refused[i]), &day)) fail_msg("'%s' is read", refused[i]);
}

static void it_is_written_as_it_is_read(void **state)
{
    Arena *a = *state;
    for (Day day = FIRST; day <= LAST; day += 17) {
        Day again;
        assert_true(day_read(day_iso(a, day), &again));
        assert_int_equal(again, day);
    }
    assert_str(day_iso(a, day_of(2012, 2, 29)), "2012-02-29");
    assert_str(day_words(a, day_of(2013, 1, 3)), "3 January 2013");
    assert_str(day_words(a, day_of(1800, 12, 31)), "31 December 1800");
    assert_int_equal(day_iso(a, DAY_NONE).len, 0);
    assert_int_equal(day_words(a, DAY_NONE).len, 0);
}

static void months_end_where_they_end(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *from;
        int months;
        const char *to;
    } rows[] = {{"2013-03-12", -12, "2012-03-12"}, {"2013-01-31", 1, "2013-02-28"}, {"2012-01-31", 1, "2012-02-29"},
        {"2012-02-29", 12, "2013-02-28"}, {"2012-02-29", -12, "2011-02-28"}, {"2012-02-29", 48, "2016-02-29"},
        {"1896-02-29", 48, "1900-02-28"}, {"2013-03-31", -1, "2013-02-28"}, {"2013-12-31", 2, "2014-02-28"},
        {"2013-10-31", 1, "2013-11-30"}, {"2013-01-15", -1, "2012-12-15"}, {"2013-12-15", 1, "2014-01-15"}, {"2013-06-25", 0, "2013-06-25"},
        {"2013-08-31", -600, "1963-08-31"}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Day from;
        assert_true(day_read(str_from_c(rows[i].from), &from));
        assert_same_str(day_iso(a, day_add_months(from, rows[i].months)), str_from_c(rows[i].to));
    }
    assert_int_equal(day_add_months(FIRST, -1), DAY_NONE);
    assert_int_equal(day_add_months(LAST, 1), DAY_NONE);
    assert_int_equal(day_add_months(LAST, -1), day_of(2199, 11, 30));
}

/* A moment is a day of UTC whatever zone the machine is in, before 1970 as well. */
static void a_moment_is_a_day_in_utc(void **state)
{
    (void)state;
    static const char *const zones[] = {"UTC0", "NZST-12NZDT,M9.5.0,M4.1.0/3", "HST10", "<+1345>-13:45", "GMT0BST,M3.5.0/1,M10.5.0"};
    for (int i = 0; i < COUNT_OF(zones); i++) {
        assert_int_equal(setenv("TZ", zones[i], 1), 0);
        tzset();
        assert_int_equal(day_at(0), 0);
        assert_int_equal(day_at(-1), -1);
        assert_int_equal(day_at(DAY_IN_MS - 1), 0);
        assert_int_equal(day_at(DAY_IN_MS), 1);
        assert_int_equal(day_at(-DAY_IN_MS), -1);
        assert_int_equal(day_at(-DAY_IN_MS - 1), -2);
        assert_int_equal(
            day_at((int64_t)day_of(2013, 3, 31) * DAY_IN_MS + HOUR_MS + 1), day_of(2013, 3, 31)); /* as London's clocks go on */
        assert_int_equal(day_at((int64_t)day_of(2012, 3, 1) * DAY_IN_MS - 1), day_of(2012, 2, 29));
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_has_its_number),
        cmocka_unit_test(what_is_no_day_is_none),
        cmocka_unit_test(only_iso_is_read),
        arena_test(it_is_written_as_it_is_read),
        arena_test(months_end_where_they_end),
        cmocka_unit_test(a_moment_is_a_day_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
