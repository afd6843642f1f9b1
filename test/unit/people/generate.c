/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/sha256.h"
#include "people/generate.h"
#include "people/text.h"

static Generated *made(Arena *a, int people, uint64_t seed, bool innocent)
{
    return generate(a, &(GenerateOptions){.people = people, .seed = seed, .today = day_of(2026, 10, 1), .innocent = innocent});
}

static Sha256 digest_of(Arena *a, const Generated *g)
{
    Buf b = buf_new(a);
    for (int i = 0; i < generated_count(g); i++) {
        Values v;
        Plant plant;
        int number;
        generated_row(g, a, i, &v, &plant, &number);
        for (int c = 0; c < COL__COUNT; c++) {
            buf_str(&b, v.of[c]);
            buf_byte(&b, '\n');
        }
        buf_format(&b, "%d %d\n", plant, number);
    }
    return sha256(buf_done(&b));
}

static void a_seed_is_a_list(void **state)
{
    Arena *a = *state;
    Sha256 once = digest_of(a, made(a, 3000, 5, false)), twice = digest_of(a, made(a, 3000, 5, false)),
           other = digest_of(a, made(a, 3000, 6, false));
    assert_memory_equal(once.bytes, twice.bytes, SHA256_BYTES);
    assert_memory_not_equal(once.bytes, other.bytes, SHA256_BYTES);
}

/* What a table would refuse must not be in it. */
static void check_row(Arena *a, const Values *v, Day today)
{
    Str text;
    const char *expected;
    assert_true(text_name(a, v->of[COL_GIVEN_NAME], &text, &expected) && str_equal(text, v->of[COL_GIVEN_NAME]));
    assert_true(text_name(a, v->of[COL_FAMILY_NAME], &text, &expected) && str_equal(text, v->of[COL_FAMILY_NAME]));
    assert_true(text_email(a, v->of[COL_EMAIL], &text, &expected));
    assert_true(text_postcode(a, v->of[COL_POSTCODE], S("GB"), &text, &expected) && str_equal(text, v->of[COL_POSTCODE]));
    static const PeopleColumn past[] = {COL_BORN, COL_JOINED, COL_RECORDED, COL_FIRST_RECEIPT, COL_DECLARED};
    for (int i = 0; i < COUNT_OF(past); i++) {
        Day day = DAY_NONE;
        assert_true(!v->of[past[i]].len || day_read(v->of[past[i]], &day));
        assert_true(day <= today);
    }
    Spell *spells;
    int count;
    if (!spells_read(a, v->of[COL_HISTORY], &spells, &count, &expected)) fail_msg("%.*s: %s", STR_ARG(v->of[COL_HISTORY]), expected);
    assert_true(count >= 1 && spells[count - 1].status == status_of(v->of[COL_STATUS]));
}

static void every_row_can_be_imported(void **state)
{
    Arena *a = *state;
    static const int sizes[] = {100, 1000, 12000};
    for (int s = 0; s < COUNT_OF(sizes); s++) {
        Generated *g = made(a, sizes[s], (uint64_t)s, false);
        assert_in_range(generated_count(g), sizes[s], sizes[s] + sizes[s] / 10);
        for (int i = 0; i < generated_count(g); i++) {
            Values v;
            Plant plant;
            int number;
            generated_row(g, a, i, &v, &plant, &number);
            check_row(a, &v, day_of(2026, 10, 1));
        }
    }
}

static void every_kind_is_planted(void **state)
{
    Arena *a = *state;
    for (int innocent = 0; innocent < 2; innocent++) {
        Generated *g = made(a, 8000, 1, innocent);
        int rows[PLANT__COUNT] = {0};
        for (int i = 0; i < generated_count(g); i++) {
            Values v;
            Plant plant;
            int number;
            generated_row(g, a, i, &v, &plant, &number);
            rows[plant]++;
        }
        for (int p = 1; p < PLANT__COUNT; p++) assert_int_equal(rows[p] > 1, !innocent);
        assert_true(rows[PLANT_NONE] > 7000);
    }
}

static void units_stand_below_one(void **state)
{
    Arena *a = *state;
    Unit *units;
    int count = generated_units(made(a, 8000, 1, false), a, &units);
    for (int i = 0; i < count; i++) {
        bool found = i == 0;
        for (int j = 0; j < i; j++) {
            found |= str_equal(units[j].slug, units[i].above);
            assert_false(str_equal(units[j].slug, units[i].slug));
        }
        assert_true(found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(a_seed_is_a_list),
        arena_test(every_row_can_be_imported),
        arena_test(every_kind_is_planted),
        arena_test(units_stand_below_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
