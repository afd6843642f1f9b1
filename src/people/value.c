/* value.c: one value of a list, checked and in its one form, by the kind of its column.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/phone.h"
#include "people/table.h"
#include "people/text.h"

#include <string.h>

/* ---- dates ---- */

static const char expected_date[] = "a date as 2013-06-25 or 25/06/2013";
static const char expected_day_first[] =
    "a date with the day first, as 25/06/2013 (this one has the month first, and so may all of its column: write them as 2013-06-25)";
static const char expected_long_year[] = "a date with a year of four digits, as 2013-06-25";
static const char expected_real_day[] = "a day that there is, from 1800 to 2199";

static bool take_number(Str *s, int *ret_value)
{
    enum { MOST = 9999 };
    size_t n = 0;
    int value = 0;
    for (; n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++) {
        value = value * 10 + (s->ptr[n] - '0');
        if (value > MOST) return false;
    }
    *s = str_slice(*s, n, s->len);
    *ret_value = value;
    return n > 0;
}

/* "June", "Jun", "jun.": 1 to 12. */
static bool take_month(Str *s, int *ret_month)
{
    static const char *const months[] = {
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"};
    size_t n = 0;
    while (n < s->len && ((s->ptr[n] | 0x20) >= 'a' && (s->ptr[n] | 0x20) <= 'z')) n++;
    for (int i = 0; i < COUNT_OF(months); i++) {
        Str name = str_from_c(months[i]);
        bool short_one = n == 3 || (n == 4 && i == 8);
        if (!str_equal_nocase(str_slice(*s, 0, n), short_one ? str_slice(name, 0, n) : name)) continue;
        *s = str_slice(*s, n + (n < s->len && s->ptr[n] == '.'), s->len);
        *ret_month = i + 1;
        return true;
    }
    return false;
}

/* One separator, the same between all three numbers; with months as words also blanks. */
static bool take_separator(Str *s, const char *which, char *separator)
{
    if (!s->len || !s->ptr[0] || !strchr(which, s->ptr[0]) || (*separator && *separator != s->ptr[0])) return false;
    *separator = s->ptr[0];
    *s = str_slice(*s, 1, s->len);
    return true;
}

/* Nothing, or a time of day, which is left out: "T10:00:00Z", " 00:00:00.000". */
static bool is_time(Str s)
{
    if (!s.len) return true;
    if (s.len < 6 || (s.ptr[0] != 'T' && s.ptr[0] != ' ')) return false;
    for (size_t i = 1; i < s.len; i++)
        if (!strchr("0123456789:.+-Z", s.ptr[i]) || !s.ptr[i]) return false;
    return s.ptr[3] == ':';
}

static bool read_year_first(Str s, int year, Day *ret_day)
{
    int month, day;
    char separator = 0;
    if (!take_separator(&s, "-/.", &separator) || !take_number(&s, &month)) return false;
    if (!take_separator(&s, "-/.", &separator) || !take_number(&s, &day) || !is_time(s)) return false;
    *ret_day = day_of(year, month, day);
    return true;
}

/* After the day: "/06/2013", " June 2013", "-Jun-2013". */
static bool read_day_first(Str s, int day, Day *ret_day, const char **ret_expected)
{
    int month, year;
    char separator = 0;
    if (!take_separator(&s, "/.- ", &separator)) return false;
    bool word = take_month(&s, &month);
    if (!word && (separator == ' ' || !take_number(&s, &month))) return false;
    if (!take_separator(&s, "/.- ", &separator)) return false;
    size_t before = s.len;
    if (!take_number(&s, &year)) return false;
    *ret_expected = expected_long_year;
    if (before - s.len != 4 || !is_time(s)) return false;
    *ret_expected = expected_day_first;
    if (!word && month > 12 && day <= 12) return false;
    *ret_day = day_of(year, month, day);
    return true;
}

static bool read_date(Str typed, Day *ret_day, const char **ret_expected)
{
    int first;
    Str rest = typed;
    *ret_expected = expected_date;
    if (day_read(typed, ret_day)) return true;
    if (!take_number(&rest, &first)) return false;
    bool read = typed.len - rest.len == 4 ? read_year_first(rest, first, ret_day) : read_day_first(rest, first, ret_day, ret_expected);
    if (read) *ret_expected = expected_real_day;
    return read && *ret_day != DAY_NONE;
}

static bool value_date(Arena *a, Str typed, Str *ret_value, const char **ret_expected)
{
    Day day;
    if (!read_date(typed, &day, ret_expected)) return false;
    *ret_value = day_read(typed, &day) ? typed : day_iso(a, day);
    return true;
}

/* ---- words ---- */

static bool is_word(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (c != '-' || i == 0 || i + 1 == s.len || s.ptr[i - 1] == '-')) return false;
    }
    return s.len <= 80;
}

static bool value_word(Arena *a, Str typed, Str *ret_value, const char **ret_expected)
{
    *ret_expected = "a word of letters from a to z, digits and hyphens";
    *ret_value = is_word(typed) ? typed : text_slug(a, typed);
    return ret_value->len > 0;
}

static bool value_status(Str typed, Str *ret_value, const char **ret_expected)
{
    *ret_expected = "active, applied, lapsed, resigned, suspended, expelled or died";
    *ret_value = status_name(status_of(typed));
    return ret_value->len > 0;
}

static bool value_history(Arena *a, Str typed, Str *ret_value, const char **ret_expected)
{
    Spell *spells;
    int count;
    if (!spells_read(a, typed, &spells, &count, ret_expected)) return false;
    *ret_value = spells_write(a, spells, count);
    return true;
}

static bool value_language(Arena *a, Str typed, Str *ret_value, const char **ret_expected)
{
    *ret_expected = "a language's two or three letters (BCP 47), as en or cy";
    size_t n = 0;
    char letters[4] = {0};
    for (; n < typed.len && n < 4; n++) {
        char c = (char)(typed.ptr[n] | 0x20);
        if (c < 'a' || c > 'z') break;
        letters[n] = c;
    }
    bool ends = n == typed.len || typed.ptr[n] == '-' || typed.ptr[n] == '_';
    if (n < 2 || n > 3 || !ends) return false;
    *ret_value = str_copy(a, (Str){letters, n});
    return true;
}

static const struct {
    const char *typed;
    int way; /* of consent_ways */
} consent_words[] = {{"phone", 0}, {"telephone", 0}, {"call", 0}, {"calls", 0}, {"sms", 1}, {"text", 1}, {"texts", 1}, {"email", 2},
    {"e-mail", 2}, {"mail", 2}, {"post", 3}, {"letter", 3}, {"none", -1}, {"no", -1}};
static const char *const consent_ways[] = {"phone", "sms", "email", "post"};

static bool take_consent(Str word, bool ways[4])
{
    for (int i = 0; i < COUNT_OF(consent_words); i++) {
        if (!str_equal_nocase(word, str_from_c(consent_words[i].typed))) continue;
        if (consent_words[i].way >= 0) ways[consent_words[i].way] = true;
        return true;
    }
    return false;
}

static bool value_consent(Arena *a, Str typed, Str *ret_value, const char **ret_expected)
{
    bool ways[4] = {0};
    *ret_expected = "words of: phone sms email post (or none)";
    for (size_t at = 0, end; at < typed.len; at = end + 1) {
        for (end = at; end < typed.len && !strchr(" ,;|/", typed.ptr[end]);) end++;
        if (end > at && !take_consent(str_slice(typed, at, end), ways)) return false;
    }
    Buf b = buf_new(a);
    for (int i = 0; i < COUNT_OF(consent_ways); i++)
        if (ways[i]) buf_format(&b, "%s%s", b.len ? " " : "", consent_ways[i]);
    *ret_value = buf_done(&b);
    return true;
}

/* ---- telephone numbers ---- */

/* Its digits, and a plus in front: what can be compared without knowing any country's plan. */
static bool digits_of(Arena *a, Str typed, Str *ret_value)
{
    char *number = arena_new(a, char, typed.len);
    size_t n = 0;
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.ptr[i];
        if ((c >= '0' && c <= '9') || (c == '+' && n == 0)) number[n++] = c;
    }
    *ret_value = (Str){number, n};
    return n > 2;
}

static bool value_phone(Arena *a, Str typed, const ValueOptions *o, Str *ret_value, const char **ret_expected)
{
    char number[PHONE_MAX + 1];
    *ret_expected = "a telephone number, with + and the country's code where it is not a number of this country";
    if (o->no_phones) return digits_of(a, typed, ret_value);
    if (!phone_read(typed, o->country, number)) return false;
    *ret_value = str_copy(a, str_from_c(number));
    return true;
}

/* ---- all kinds ---- */

bool value_read(Arena *a, PeopleColumn column, Str typed, const ValueOptions *options, Str *ret_value, const char **ret_expected)
{
    Str s = *ret_value = str_trim(typed);
    if (!s.len) return true;
    switch (people_columns[column].kind) {
    case PEOPLE_NAME: return text_name(a, s, ret_value, ret_expected);
    case PEOPLE_LINE:
    case PEOPLE_SLUG:
    case PEOPLE_DIGEST:
    case PEOPLE_KEY: return text_line(a, s, ret_value, ret_expected);
    case PEOPLE_DATE: return value_date(a, s, ret_value, ret_expected);
    case PEOPLE_EMAIL: return text_email(a, s, ret_value, ret_expected);
    case PEOPLE_PHONE: return value_phone(a, s, options, ret_value, ret_expected);
    case PEOPLE_POSTCODE: return text_postcode(a, s, options->country, ret_value, ret_expected);
    case PEOPLE_COUNTRY: return text_country(a, s, ret_value, ret_expected);
    case PEOPLE_WORD:
    case PEOPLE_STATUS:
    case PEOPLE_HISTORY:
    case PEOPLE_LANGUAGE:
    case PEOPLE_CONSENT: break;
    }
    if (!text_line(a, s, &s, ret_expected)) return false;
    switch (people_columns[column].kind) {
    case PEOPLE_WORD: return value_word(a, s, ret_value, ret_expected);
    case PEOPLE_STATUS: return value_status(s, ret_value, ret_expected);
    case PEOPLE_HISTORY: return value_history(a, s, ret_value, ret_expected);
    case PEOPLE_LANGUAGE: return value_language(a, s, ret_value, ret_expected);
    default: return value_consent(a, s, ret_value, ret_expected);
    }
}
