/* day.c: days from dates and back (the civil calendar algorithms of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/day.h"

#include <string.h>

enum { YEAR_FIRST = 1800, YEAR_LAST = 2199, DAYS_400_YEARS = 146097, DAYS_TO_1970 = 719468 };
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Years begin in March, so that the leap day is a year's last. Years here are after 0. */
Day day_of(int year, int month, int day)
{
    if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12 || day < 1 || day > month_days(year, month)) return DAY_NONE;
    int y = year - (month <= 2), m = month + (month > 2 ? -3 : 9);
    int of_era = y % 400, of_year = (153 * m + 2) / 5 + day - 1;
    return y / 400 * DAYS_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

void day_parts(Day day, int *ret_year, int *ret_month, int *ret_day)
{
    ASSERT(day != DAY_NONE);
    int all = day + DAYS_TO_1970, era = all / DAYS_400_YEARS, of_era = all % DAYS_400_YEARS;
    int y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    *ret_day = of_year - (153 * m + 2) / 5 + 1;
    *ret_month = m < 10 ? m + 3 : m - 9;
    *ret_year = y + era * 400 + (*ret_month <= 2);
}

static bool digits(Str s, size_t from, size_t count, int *ret_value)
{
    int value = 0;
    for (size_t i = from; i < from + count; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        value = value * 10 + (s.ptr[i] - '0');
    }
    *ret_value = value;
    return true;
}

bool day_read(Str iso, Day *ret_day)
{
    int year = 0, month = 0, day = 0;
    if (iso.len != 10 || iso.ptr[4] != '-' || iso.ptr[7] != '-') return false;
    if (!digits(iso, 0, 4, &year) || !digits(iso, 5, 2, &month) || !digits(iso, 8, 2, &day)) return false;
    *ret_day = day_of(year, month, day);
    return *ret_day != DAY_NONE;
}

/* "2013-06-25". By hand: of a list of members millions are written, and printf was a tenth of reading it. */
static Str iso_text(Arena *a, int year, int month, int of_month)
{
    static const char shape[] = "0000-00-00";
    char *text = arena_new(a, char, sizeof shape);
    memcpy(text, shape, sizeof shape);
    for (int at = 3; at >= 0; at--, year /= 10) text[at] = (char)('0' + year % 10);
    text[5] = (char)('0' + month / 10);
    text[6] = (char)('0' + month % 10);
    text[8] = (char)('0' + of_month / 10);
    text[9] = (char)('0' + of_month % 10);
    return (Str){text, sizeof shape - 1};
}

Str day_iso(Arena *a, Day day)
{
    if (day == DAY_NONE) return S("");
    int year, month, of_month;
    day_parts(day, &year, &month, &of_month);
    return iso_text(a, year, month, of_month);
}

Str day_words(Arena *a, Day day)
{
    static const char *const months[] = {
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
    if (day == DAY_NONE) return S("");
    int year, month, of_month;
    day_parts(day, &year, &month, &of_month);
    return str_format(a, "%d %s %d", of_month, months[month - 1], year);
}

Day day_add_months(Day day, int months)
{
    int year, month, of_month;
    day_parts(day, &year, &month, &of_month);
    int all = year * 12 + month - 1 + months;
    int last = month_days(all / 12, all % 12 + 1);
    return day_of(all / 12, all % 12 + 1, of_month < last ? of_month : last);
}

Day day_at(int64_t now)
{
    return (Day)(now / DAY_MS - (now % DAY_MS < 0));
}
