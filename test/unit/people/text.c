/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "people/text.h"

typedef bool Reader(Arena *a, Str typed, Str *ret_text, const char **ret_expected);

typedef struct Reading {
    const char *typed, *becomes; /* NULL: refused */
} Reading;

static void check(Arena *a, Reader *reader, const Reading *rows, int count)
{
    for (int i = 0; i < count; i++) {
        Str text;
        const char *expected = NULL;
        bool good = reader(a, str_from_c(rows[i].typed), &text, &expected);
        if (good != (rows[i].becomes != NULL)) fail_msg("row %d: '%s' was %s", i, rows[i].typed, good ? "taken" : expected);
        if (good) assert_same_str(text, str_from_c(rows[i].becomes));
        if (!good) assert_true(expected && *expected);
    }
}

static void names_of_any_script_come_out_composed(void **state)
{
    static const Reading rows[] = {{"Ada Poll", "Ada Poll"}, {"  Ada   Poll ", "Ada Poll"}, {"Ada\tPoll", "Ada Poll"},
        {"Ada\xc2\xa0Poll", "Ada Poll"}, {"Rene\xcc\x81", "Ren\xc3\xa9"},
        {"\xe9\x99\xb3\xe5\xa4\xa7\xe6\x96\x87", "\xe9\x99\xb3\xe5\xa4\xa7\xe6\x96\x87"},
        {"O'Br\xc3\xaf\xc3\xa1n", "O'Br\xc3\xaf\xc3\xa1n"},
        {"\xe0\xa4\x86\xe0\xa4\xb6\xe0\xa4\xbe", "\xe0\xa4\x86\xe0\xa4\xb6\xe0\xa4\xbe"}, {"", ""}, {"12", NULL}, {"--", NULL},
        {"\xff", NULL}, {"a\x01z", NULL}, {"a\xe2\x80\xaez\xe2\x80\xac", NULL}, {"a\xe2\x80\xa8z", NULL}, {"\xed\xa0\x80", NULL},
        {"\xe2\x80\x8b", ""}};
    check(*state, text_name, rows, COUNT_OF(rows));
}

static void a_value_may_be_so_long(void **state)
{
    Arena *a = *state;
    char *long_one = arena_new(a, char, PEOPLE_TEXT_MAX + 2);
    for (int i = 0; i <= PEOPLE_TEXT_MAX; i++) long_one[i] = 'x';
    Str text;
    const char *expected;
    assert_true(text_line(a, (Str){long_one, PEOPLE_TEXT_MAX}, &text, &expected));
    assert_false(text_line(a, (Str){long_one, PEOPLE_TEXT_MAX + 1}, &text, &expected));
}

static void what_is_compared_is_folded(void **state)
{
    static const Reading rows[] = {{"\xc3\x93 S\xc3\xbailleabh\xc3\xa1in-Nguy\xe1\xbb\x85n", "o suilleabhain nguyen"},
        {"O'Brien", "obrien"},
        {"O\xe2\x80\x99"
         "Brien",
            "obrien"},
        {"St. John-Smith", "st john smith"}, {"\xc5\x81ukasz \xc3\x98rsted", "lukasz orsted"},
        {"Stra\xc3\x9f"
         "e 7",
            "strasse 7"},
        {"\xc3\x86thelred \xc3\x9eorn", "aethelred thorn"}, {"\xef\xbd\x81\xef\xbd\x82", "ab"}, {"  -- ", ""}, {"", ""},
        {"\xce\x91\xce\x98\xce\x97\xce\x9d\xce\x91", "\xce\xb1\xce\xb8\xce\xb7\xce\xbd\xce\xb1"}, {"A  B", "a b"}, {"\xff", ""}};
    for (int i = 0; i < COUNT_OF(rows); i++) assert_same_str(text_fold(*state, str_from_c(rows[i].typed)), str_from_c(rows[i].becomes));
    assert_same_str(text_slug(*state, S("Leeds North-East & \xc3\x89lmet!")), S("leeds-north-east-elmet"));
    assert_same_str(text_slug(*state, S("\xe9\x99\xb3")), S(""));
}

static void addresses_that_can_be_written_to(void **state)
{
    static const Reading rows[] = {{"Ada.Poll@Example.ORG", "Ada.Poll@example.org"}, {" a@b.io ", "a@b.io"},
        {"a+b@x-y.example.org", "a+b@x-y.example.org"}, {"", ""}, {"ada", NULL}, {"ada@", NULL}, {"@example.org", NULL}, {"a@b", NULL},
        {"a..b@example.org", NULL}, {".a@example.org", NULL}, {"a.@example.org", NULL}, {"a b@example.org", NULL}, {"a@-b.org", NULL},
        {"a@b-.org", NULL}, {"a@b..org", NULL}, {"a@b@c.org", NULL}, {"a@1.2.3.4", NULL}, {"a\n@example.org", NULL},
        {"\"a\"@example.org", NULL}, {"a@ex\xc3\xa4mple.org", NULL}, {"a\r\nBcc: x@example.org", NULL}};
    check(*state, text_email, rows, COUNT_OF(rows));
}

static bool british(Arena *a, Str typed, Str *ret_text, const char **ret_expected)
{
    return text_postcode(a, typed, S("GB"), ret_text, ret_expected);
}

static bool french(Arena *a, Str typed, Str *ret_text, const char **ret_expected)
{
    return text_postcode(a, typed, S("FR"), ret_text, ret_expected);
}

static void postcodes_in_their_country(void **state)
{
    static const Reading rows[] = {{"sw1a1aa", "SW1A 1AA"}, {"M1 1AE", "M1 1AE"}, {"b33 8th", "B33 8TH"}, {"CR26XH", "CR2 6XH"},
        {"DN551PT", "DN55 1PT"}, {"w1a 0ax", "W1A 0AX"}, {"EC1A 1BB", "EC1A 1BB"}, {"GIR0AA", "GIR 0AA"}, {" ls 6 1 aa ", "LS6 1AA"},
        {"", ""}, {"SW1A", NULL}, {"12345", NULL}, {"ABC 1AA", NULL}, {"LS6 1CA", NULL}, {"LS66 6 6AA", NULL}};
    check(*state, british, rows, COUNT_OF(rows));
    static const Reading abroad[] = {{"75011", "75011"}, {"d04 x285", "D04 X285"}};
    check(*state, french, abroad, COUNT_OF(abroad));
    static const Reading countries[] = {{"gb", "GB"}, {"UK", "GB"}, {"Scotland", "GB"}, {"fr", "FR"}, {"", ""}, {"QQ", NULL},
        {"Atlantis", NULL}, {" D", NULL}, {"D ", NULL}};
    check(*state, text_country, countries, COUNT_OF(countries));
}

/* The definition, without bands. */
static int distance_by_definition(Str s, Str o)
{
    int d[32][32];
    for (int i = 0; i <= (int)s.len; i++)
        for (int j = 0; j <= (int)o.len; j++) {
            int best = i == 0 ? j : j == 0 ? i : 1000;
            if (i && j) {
                int same = d[i - 1][j - 1] + (s.ptr[i - 1] != o.ptr[j - 1]), drop = d[i - 1][j] + 1, add = d[i][j - 1] + 1;
                best = same < drop ? same : drop;
                best = best < add ? best : add;
                if (i > 1 && j > 1 && s.ptr[i - 1] == o.ptr[j - 2] && s.ptr[i - 2] == o.ptr[j - 1] && d[i - 2][j - 2] + 1 < best)
                    best = d[i - 2][j - 2] + 1;
            }
            d[i][j] = best;
        }
    return d[s.len][o.len];
}

static void likeness_is_that_of_the_definition(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int n = 0; n < 20000; n++) {
        char s[16] = {0}, o[16] = {0};
        size_t lens[2];
        for (int w = 0; w < 2; w++) {
            seed = seed * 1664525 + 1013904223;
            lens[w] = (seed >> 16) % 12;
            for (size_t i = 0; i < lens[w]; i++) {
                seed = seed * 1664525 + 1013904223;
                (w ? o : s)[i] = (char)('a' + (seed >> 20) % 3);
            }
        }
        Str one = {s, lens[0]}, two = {o, lens[1]};
        int whole = distance_by_definition(one, two);
        for (int most = 0; most < 6; most++) assert_int_equal(text_distance(one, two, most), whole > most ? most + 1 : whole);
    }
    assert_int_equal(text_distance(S("\xc3\xa9t\xc3\xa9"), S("ete"), 3), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(names_of_any_script_come_out_composed),
        arena_test(a_value_may_be_so_long),
        arena_test(what_is_compared_is_folded),
        arena_test(addresses_that_can_be_written_to),
        arena_test(postcodes_in_their_country),
        arena_test(likeness_is_that_of_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
