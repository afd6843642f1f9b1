/* dates.c: dates and times as people in Britain read them. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const months[] = {
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};

/* "0", "42": all digits; -1 for anything else. */
static int number_of(Str digits)
{
    int n = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9') return -1;
        n = n * 10 + (digits.ptr[i] - '0');
    }
    return n;
}

Str date_words(Arena *a, Str iso_date)
{
    if (iso_date.len != 10 || iso_date.ptr[4] != '-' || iso_date.ptr[7] != '-') return iso_date;
    int year = number_of(str_slice(iso_date, 0, 4)), month = number_of(str_slice(iso_date, 5, 7)),
        day = number_of(str_slice(iso_date, 8, 10));
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31) return iso_date;
    return str_format(a, "%d %s %d", day, months[month - 1], year);
}

static time_t seconds_of(int64_t now)
{
    return (time_t)(now >= 0 ? now / 1000 : (now - 999) / 1000);
}

Str time_words(Arena *a, int64_t now)
{
    time_t seconds = seconds_of(now);
    struct tm t;
    if (!localtime_r(&seconds, &t)) return S("");
    return str_format(
        a, "%d %s %d, %02d:%02d %s", t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_zone ? t.tm_zone : "");
}

Str time_words_utc(Arena *a, int64_t now)
{
    time_t seconds = seconds_of(now);
    struct tm t;
    if (!gmtime_r(&seconds, &t)) return S("");
    return str_format(a, "%d %s %d, %02d:%02d UTC", t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min);
}

Str time_iso(Arena *a, int64_t now)
{
    time_t seconds = seconds_of(now);
    struct tm t;
    if (!gmtime_r(&seconds, &t)) return S("");
    return str_format(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

/* The day that ends then, or in which it ends. */
static struct tm day_before(int64_t ends)
{
    time_t seconds = seconds_of(ends - 1);
    struct tm t = {0};
    ASSERT(localtime_r(&seconds, &t)); /* false for years that no int holds */
    return t;
}

Str last_day(Arena *a, int64_t ends)
{
    struct tm t = day_before(ends);
    return str_format(a, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
}

Str end_words(Arena *a, int64_t ends)
{
    int64_t begins, day_ends;
    Str day = last_day(a, ends);
    if (!day_bounds(day, &begins, &day_ends) || day_ends != ends) return time_words(a, ends);
    Str words = date_words(a, day);
    return str_format(a, "the end of %.*s", STR_ARG(words));
}

/* Midnight of that day in the zone, in milliseconds; a day or month beyond its bounds is carried over, as mktime does. */
static int64_t midnight(int year, int month, int day)
{
    struct tm t = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};
    return (int64_t)mktime(&t) * 1000;
}

bool day_bounds(Str iso_date, int64_t *ret_begins, int64_t *ret_ends)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (iso_date.len != 10 || iso_date.ptr[4] != '-' || iso_date.ptr[7] != '-') return false;
    int year = number_of(str_slice(iso_date, 0, 4)), month = number_of(str_slice(iso_date, 5, 7)),
        day = number_of(str_slice(iso_date, 8, 10));
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days[month - 1] || (month == 2 && day == 29 && !leap)) return false;
    *ret_begins = midnight(year, month, day);
    *ret_ends = midnight(year, month, day + 1);
    return true;
}

/* A zone is a file; without it the C library would silently say UTC. London's rule is written out for machines that have no such files. */
Err dates_zone_set(Arena *a, Str zone, Fault *fault)
{
    if (!zone.len) zone = S("Europe/London");
    bool plain = zone.ptr[0] != '/' && zone.ptr[0] != '.';
    for (size_t i = 0; i < zone.len; i++) plain = plain && zone.ptr[i] > ' ' && (i == 0 || zone.ptr[i] != '.' || zone.ptr[i - 1] != '.');
    const char *value = str_c(a, str_format(a, ":%.*s", STR_ARG(zone)));
    bool there = plain && access(str_c(a, str_format(a, "/usr/share/zoneinfo/%.*s", STR_ARG(zone))), R_OK) == 0;
    if (!there && str_equal(zone, S("Europe/London"))) value = "GMT0BST,M3.5.0/1,M10.5.0";
    else if (!there)
        return fault_set(
            fault, ERR_INPUT, 0, 0, S("the name of a time zone, such as Europe/London (and the package tzdata)"), fault_quote(a, zone));
    if (setenv("TZ", value, 1) != 0) out_of_memory(zone.len);
    tzset();
    return ERR_OK;
}
