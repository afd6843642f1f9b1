/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/inside.h"

static void dates_in_words(void **state)
{
    Arena *a = *state;
    static const char *const rows[][2] = {{"2010-10-03", "3 October 2010"}, {"1931-12-31", "31 December 1931"},
        {"2024-02-29", "29 February 2024"}, {"", ""}, {"2010-13-01", "2010-13-01"}, {"2010-00-10", "2010-00-10"}, {"2010-1-1", "2010-1-1"},
        {"3 October", "3 October"}, {"20x0-10-03", "20x0-10-03"}};
    for (int i = 0; i < COUNT_OF(rows); i++) assert_same_str(date_words(a, str_from_c(rows[i][0])), str_from_c(rows[i][1]));
}

static void times_in_words(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    assert_int_equal(dates_zone_set(a, S(""), &fault), ERR_OK);
    assert_str(time_words(a, 1285429500000), "25 September 2010, 16:45 BST");
    assert_str(time_words(a, 1290440640123), "22 November 2010, 15:44 GMT");
    assert_str(time_words(a, 1269737999000), "28 March 2010, 00:59 GMT");
    assert_str(time_words(a, 1269738000000), "28 March 2010, 02:00 BST");
    assert_str(time_iso(a, 1285429500999), "2010-09-25T15:45:00Z");
    assert_str(time_iso(a, -1), "1969-12-31T23:59:59Z");
}

/* Two of these days have 23 and 25 hours. */
static void days(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    assert_int_equal(dates_zone_set(a, S(""), &fault), ERR_OK);
    static const struct {
        const char *day;
        int64_t begins;
        int hours;
    } rows[] = {{"2010-11-22", 1290384000000, 24}, {"2010-07-01", 1277938800000, 24}, {"2010-03-28", 1269734400000, 23},
        {"2010-10-31", 1288479600000, 25}, {"2024-02-29", 1709164800000, 24}, {"2010-12-31", 1293753600000, 24}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        int64_t begins = 0, ends = 0;
        assert_row(day_bounds(str_from_c(rows[i].day), &begins, &ends), rows[i].day);
        assert_row(begins == rows[i].begins && ends - begins == rows[i].hours * (int64_t)3600000, rows[i].day);
    }
    static const char *const none[] = {"", "2010-02-29", "1900-02-29", "2010-13-01", "2010-00-01", "2010-01-00", "2010-01-32", "2010-1-1",
        "22.11.2010", "0000-01-01", "2010-11-2x", "2010-11-22T00:00"};
    for (int i = 0; i < COUNT_OF(none); i++) {
        int64_t begins, ends;
        assert_row(!day_bounds(str_from_c(none[i]), &begins, &ends), none[i]);
    }
}

static void what_ends_with_a_day_says_the_day(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    static const char *const zoned[] = {"Europe/London", "UTC", "America/Argentina/Buenos_Aires"};
    static const char *const last[] = {"2027-06-30", "2027-12-31", "2024-02-29", "2027-03-28", "2027-10-31"};
    for (int z = 0; z < COUNT_OF(zoned); z++) {
        assert_int_equal(dates_zone_set(a, str_from_c(zoned[z]), &fault), ERR_OK);
        for (int i = 0; i < COUNT_OF(last); i++) {
            int64_t begins, ends;
            Str day = str_from_c(last[i]), words = date_words(a, day);
            assert_true(day_bounds(day, &begins, &ends));
            assert_same_str(last_day(a, ends), day);
            assert_same_str(end_words(a, ends), str_format(a, "the end of %.*s", STR_ARG(words)));
            assert_same_str(end_words(a, ends - 1), time_words(a, ends - 1));
        }
    }
    assert_int_equal(dates_zone_set(a, S(""), &fault), ERR_OK);
    assert_str(end_words(a, 1814400000000), "1 July 2027, 01:00 BST"); /* with a day of UTC, not with one of ours */
}

static void zones(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    assert_int_equal(dates_zone_set(a, S("Europe/London"), &fault), ERR_OK);
    static const char *const bad[] = {"Europe/Atlantis", "../../etc/passwd", "/etc/passwd", "Europe/../../../etc/passwd"};
    for (int i = 0; i < COUNT_OF(bad); i++) assert_row(dates_zone_set(a, str_from_c(bad[i]), &fault) == ERR_INPUT, bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(dates_in_words), arena_test(times_in_words), arena_test(days),
        arena_test(what_ends_with_a_day_says_the_day), arena_test(zones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
