/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "people/phone.c" /* the module itself, to compare with */

#include <stdlib.h>

static int load(void **state)
{
    static Fault fault;
    (void)state;
    if (!phone_load(&fault)) return 0;
    print_message("%.*s\n", STR_ARG(fault.expected));
    return -1;
}

static void numbers_come_out_in_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *region, *becomes; /* NULL: refused */
    } rows[] = {{"020 7946 0000", "GB", "+442079460000"}, {"(020) 7946-0000", "gb", "+442079460000"},
        {"07700 900123", "GB", "+447700900123"}, {"+44 (0)20 7946 0000", "FR", "+442079460000"},
        {"0044 20 7946 0000", "GB", "+442079460000"}, {"01 99 00 12 34", "FR", "+33199001234"}, {"+1 202-555-0143", "GB", "+12025550143"},
        {"020 7946 0000 ext. 12", "GB", "+442079460000"}, {"(202) 555-0143", "US", "+12025550143"},
        {"\xef\xbc\x90\xef\xbc\x92\xef\xbc\x90 7946 0000", "GB", "+442079460000"}, {"07700 90012", "GB", "+44770090012"},
        {"020 7946 0000", "", NULL}, {"12", "GB", NULL}, {"none", "GB", NULL}, {"", "GB", NULL}, {"07700 900123 4567", "GB", NULL},
        {"+999 123456", "GB", NULL}, {"4.47701E+11", "GB", NULL}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        char number[PHONE_MAX + 1] = "";
        bool good = phone_read(str_from_c(rows[i].typed), str_from_c(rows[i].region), number);
        if (good != (rows[i].becomes != NULL)) fail_msg("row %d: '%s' became '%s'", i, rows[i].typed, good ? number : "nothing");
        if (good) assert_string_equal(number, rows[i].becomes);
    }
    char long_one[TYPED_MOST + 2];
    char number[PHONE_MAX + 1];
    memset(long_one, '1', sizeof long_one);
    assert_false(phone_read((Str){long_one, sizeof long_one}, S("GB"), number));
}

static uint64_t seed = 20130625;

static uint32_t chance(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* Something like a British number: of the right length or nearly, with blanks here and there. */
static Str some_number(char *to, size_t room)
{
    static const char *const starts[] = {"0", "+44", "00", "44", "+44 0", "+44 ", "0 "};
    size_t n = (size_t)snprintf(to, room, "%s", starts[chance(100) < 80 ? chance(2) : chance(COUNT_OF(starts))]);
    uint32_t digits = chance(100) < 85 ? 10 : 7 + chance(6);
    for (uint32_t i = 0; i < digits; i++) {
        to[n++] = (char)('0' + chance(10));
        if (chance(5) == 0 && i + 1 < digits) to[n++] = ' ';
        if (chance(60) == 0) to[n++] = "- ()"[chance(4)];
    }
    return (Str){to, n};
}

static void the_short_way_gives_what_the_long_one_gives(void **state)
{
    (void)state;
    enum { NUMBERS = 60000 };
    static const char *const regions[] = {"GB", "GB", "GB", "IE", "ZZ"};
    int shortcuts = 0;
    for (int i = 0; i < NUMBERS; i += each_nth()) {
        char typed[64], quick[PHONE_MAX + 1], slow[PHONE_MAX + 1];
        const char *region = regions[chance(COUNT_OF(regions))];
        Str number = some_number(typed, sizeof typed);
        if (!read_british(number, region, quick)) continue;
        shortcuts++;
        if (!module.read(number.ptr, number.len, region, slow, sizeof slow))
            fail_msg("'%.*s' in %s is %s, but libphonenumber refuses it", STR_ARG(number), region, quick);
        if (strcmp(quick, slow) != 0) fail_msg("'%.*s' in %s is %s, but libphonenumber says %s", STR_ARG(number), region, quick, slow);
    }
    assert_true(shortcuts > NUMBERS / each_nth() / 3);
}

/* Every area and range there is: the first five digits of all. */
static void every_british_range_is_the_same(void **state)
{
    (void)state;
    for (int range = 10000; range < 100000; range += 7 * each_nth()) {
        char typed[16], quick[PHONE_MAX + 1], slow[PHONE_MAX + 1];
        int n = snprintf(typed, sizeof typed, "0%05d%05d", range, (range * 7919) % 100000);
        Str number = {typed, (size_t)n};
        assert_true(read_british(number, "GB", quick));
        if (!module.read(number.ptr, number.len, "GB", slow, sizeof slow) || strcmp(quick, slow) != 0) fail_msg("%s is %s", typed, quick);
    }
}

static void numbers_are_shown_as_people_write_them(void **state)
{
    assert_same_str(phone_shown(*state, S("+442079460000"), S("GB")), S("020 7946 0000"));
    assert_same_str(phone_shown(*state, S("+442079460000"), S("FR")), S("+44 20 7946 0000"));
    assert_same_str(phone_shown(*state, S("+33199001234"), S("GB")), S("+33 1 99 00 12 34"));
    assert_same_str(phone_shown(*state, S("07700900123"), S("GB")), S("07700900123"));
    assert_same_str(phone_shown(*state, S(""), S("GB")), S(""));
}

static void *read_many(void *wrong)
{
    for (int i = 0; i < 2000; i += each_nth()) {
        char typed[32], number[PHONE_MAX + 1], expected[PHONE_MAX + 1];
        int n = snprintf(typed, sizeof typed, "(020) 7946-%04d", i);
        snprintf(expected, sizeof expected, "+44207946%04d", i);
        if (!phone_read((Str){typed, (size_t)n}, S("GB"), number) || strcmp(number, expected) != 0) *(bool *)wrong = true;
    }
    return NULL;
}

static void threads_may_read_together(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool wrong[4] = {false};
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_many, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 4; i++) assert_false(wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(numbers_come_out_in_one_form),
        arena_test(the_short_way_gives_what_the_long_one_gives),
        arena_test(every_british_range_is_the_same),
        arena_test(numbers_are_shown_as_people_write_them),
        arena_test(threads_may_read_together),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
