/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "people/roster.h"

static void equal_texts_are_one_number(void **state)
{
    Arena *a = *state;
    Roster *r = roster_new(a);
    enum { TEXTS = 100000 };
    Ref *refs = arena_new(a, Ref, TEXTS);
    for (int i = 0; i < TEXTS; i++) refs[i] = roster_ref(r, str_format(a, "text %d", i));
    for (int i = 0; i < TEXTS; i++) {
        Str text = str_format(a, "text %d", i);
        assert_int_equal(roster_ref(r, text), refs[i]);
        assert_same_str(roster_text(r, refs[i]), text);
    }
    assert_int_equal(roster_ref(r, S("")), 0);
    assert_same_str(roster_text(r, 0), S(""));
}

static TableRow a_row(void)
{
    TableRow row = {.line = 7};
    for (int c = 0; c < COL__COUNT; c++) row.values.of[c] = S("");
    row.values.of[COL_ID] = S("M1");
    row.values.of[COL_GIVEN_NAME] = S("Zo\xc3\xab");
    row.values.of[COL_FAMILY_NAME] = S("O'Poll");
    row.values.of[COL_UNIT] = S("leeds");
    row.values.of[COL_JOINED] = S("2012-01-03");
    row.values.of[COL_PAYER] = S("The  Treasurer");
    row.values.of[COL_EMAIL] = S("Zoe@example.org");
    return row;
}

static void a_row_is_folded_for_comparing(void **state)
{
    Roster *r = roster_new(*state);
    TableRow row = a_row();
    roster_add(r, &row);
    row.values.of[COL_ID] = S("");
    row.line = 8;
    roster_add(r, &row);
    assert_int_equal(r->count, 2);
    assert_same_str(roster_text(r, r->rows[0].person), S("M1"));
    assert_same_str(roster_text(r, r->rows[1].person), S("line 8"));
    assert_same_str(roster_text(r, r->rows[0].name), S("Zo\xc3\xab O'Poll"));
    assert_same_str(roster_text(r, r->rows[0].given), S("zoe"));
    assert_same_str(roster_text(r, r->rows[0].family), S("opoll"));
    assert_same_str(roster_text(r, r->rows[0].payer), S("the treasurer"));
    assert_same_str(roster_text(r, r->rows[0].email), S("zoe@example.org"));
    assert_int_equal(r->rows[0].joined, day_of(2012, 1, 3));
    assert_int_equal(r->rows[0].born, DAY_NONE);
    assert_int_equal(r->unit_count, 1);
}

static void the_status_is_that_of_the_day(void **state)
{
    Roster *r = roster_new(*state);
    TableRow row = a_row();
    row.values.of[COL_HISTORY] = S("active 2012-01-03; lapsed 2013-01-03 unpaid; active 2013-05-01");
    roster_add(r, &row);
    row = a_row();
    roster_add(r, &row);
    row.values.of[COL_STATUS] = S("resigned");
    row.values.of[COL_STATUS_SINCE] = S("2012-06-01");
    roster_add(r, &row);
    static const struct {
        int row, year, month, day;
        Status status;
    } cases[] = {{0, 2012, 1, 2, STATUS_NONE}, {0, 2012, 1, 3, STATUS_ACTIVE}, {0, 2013, 1, 2, STATUS_ACTIVE},
        {0, 2013, 1, 3, STATUS_LAPSED}, {0, 2013, 4, 30, STATUS_LAPSED}, {0, 2013, 5, 1, STATUS_ACTIVE}, {1, 2012, 1, 2, STATUS_NONE},
        {1, 2020, 1, 1, STATUS_ACTIVE}, {2, 2012, 5, 31, STATUS_ACTIVE}, {2, 2012, 6, 1, STATUS_RESIGNED}};
    for (int i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(roster_status(r, &r->rows[cases[i].row], day_of(cases[i].year, cases[i].month, cases[i].day)), cases[i].status);
    assert_same_str(roster_text(r, r->spells[r->rows[0].spell + 1].reason), S("unpaid"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(equal_texts_are_one_number),
        arena_test(a_row_is_folded_for_comparing),
        arena_test(the_status_is_that_of_the_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
