/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "roll/audit_own.h"

#include <math.h>

/* ---- lists by hand ---- */

static Day freeze_day(void)
{
    return day_of(2026, 10, 1);
}

/* A member about whom nothing can be asked. */
static Values a_member(Arena *a, int number)
{
    Values v;
    for (int c = 0; c < COL__COUNT; c++) v.of[c] = S("");
    v.of[COL_ID] = str_format(a, "M%d", number);
    v.of[COL_GIVEN_NAME] = str_format(a, "Given%c%c", 'a' + number % 26, 'a' + number / 26 % 26);
    v.of[COL_FAMILY_NAME] = str_format(a, "Family%c%c%c", 'a' + number / 26 % 26, 'a' + number % 26, 'a' + number % 7);
    v.of[COL_UNIT] = S("leeds");
    v.of[COL_SECTION] = S("members");
    v.of[COL_ADDRESS] = str_format(a, "%d Vine Row", number);
    v.of[COL_POSTCODE] = S("QA1 1AA");
    v.of[COL_JOINED] = v.of[COL_RECORDED] = v.of[COL_FIRST_RECEIPT] = day_iso(a, day_of(2016, 1, 1) + number * 17);
    v.of[COL_BORN] = day_iso(a, day_of(1950, 1, 1) + number * 31);
    v.of[COL_METHOD] = S("card");
    v.of[COL_PAYER] = v.of[COL_ID];
    v.of[COL_BANK] = str_format(a, "A%d", number);
    v.of[COL_SIGNATURE] = str_format(a, "S%d", number);
    return v;
}

typedef void Doing(Arena *a, int number, Values *v);

static Audit audited(Arena *a, int members, Doing *doing)
{
    Roster *r = roster_new(a);
    for (int i = 0; i < members; i++) {
        TableRow row = {.line = i + 2, .values = a_member(a, i)};
        if (doing) doing(a, i, &row.values);
        roster_add(r, &row);
    }
    AuditRules rules = audit_rules_standard(freeze_day());
    Audit audit;
    Fault fault = {0};
    assert_int_equal(audit_run(a, &rules, r, &audit, &fault), ERR_OK);
    return audit;
}

static void assert_asks(const Audit *audit, AuditCheck check, AuditWeight weight, int rows)
{
    int found = 0;
    for (int i = 0; i < audit->question_count; i++) {
        const AuditQuestion *q = &audit->questions[i];
        if (q->check != check) fail_msg("it asks about %.*s, too", STR_ARG(audit_check_name(q->check)));
        assert_int_equal(q->weight, weight);
        assert_int_equal(q->row_count, rows);
        found++;
    }
    assert_int_equal(found, 1);
}

static void orderly_lists_are_not_asked_about(void **state)
{
    Audit audit = audited(*state, 200, NULL);
    assert_int_equal(audit.question_count, 0);
    assert_int_equal(audit.unlooked[AUDIT_PHONE], 200);
    assert_int_equal(audit.unlooked[AUDIT_MANDATE], 200);
}

static void one_payer(Arena *a, int number, Values *v)
{
    (void)a;
    if (number < 6) v->of[COL_PAYER] = S("Treasurer");
}

static void one_payer_few(Arena *a, int number, Values *v)
{
    (void)a;
    if (number < 4) v->of[COL_PAYER] = S("Treasurer");
}

static void a_family(Arena *a, int number, Values *v)
{
    (void)a;
    if (number >= 5) return;
    v->of[COL_ADDRESS] = S("1 Vine Row");
    v->of[COL_FAMILY_NAME] = S("Thornwick");
    v->of[COL_PHONE] = S("+441632960001");
    v->of[COL_EMAIL] = S("all@example.org");
    v->of[COL_BANK] = S("A");
    v->of[COL_MANDATE] = S("N");
    v->of[COL_PAYER] = S("M0");
}

static void a_union(Arena *a, int number, Values *v)
{
    (void)a, (void)number;
    v->of[COL_METHOD] = S("union");
    v->of[COL_PAYER] = S("U1");
    v->of[COL_BANK] = S("");
}

static void who_pays(void **state)
{
    Audit audit = audited(*state, 100, one_payer);
    assert_asks(&audit, AUDIT_PAYER, AUDIT_CRITICAL, 6);
    audit = audited(*state, 100, one_payer_few);
    assert_int_equal(audit.question_count, 0);
    audit = audited(*state, 100, a_union);
    assert_int_equal(audit.question_count, 0);
}

static void a_household_is_none_of_its_business(void **state)
{
    Audit audit = audited(*state, 100, a_family);
    assert_int_equal(audit.question_count, 0);
}

static void three_phones(Arena *a, int number, Values *v)
{
    (void)a;
    if (number < 3) v->of[COL_PHONE] = S("+441632960001");
}

static void one_mandate(Arena *a, int number, Values *v)
{
    (void)a;
    if (number < 2) v->of[COL_MANDATE] = S("same");
}

static void one_signature(Arena *a, int number, Values *v)
{
    (void)a;
    if (number < 2) v->of[COL_SIGNATURE] = S("same");
}

static void what_several_share(void **state)
{
    Audit audit = audited(*state, 100, three_phones);
    assert_asks(&audit, AUDIT_PHONE, AUDIT_QUESTION, 3);
    audit = audited(*state, 100, one_mandate);
    assert_asks(&audit, AUDIT_MANDATE, AUDIT_QUESTION, 2);
    audit = audited(*state, 100, one_signature);
    assert_asks(&audit, AUDIT_SIGNATURE, AUDIT_CRITICAL, 2);
}

static void in_two_units(Arena *a, int number, Values *v)
{
    if (number % 2) v->of[COL_UNIT] = S("york");
    if (number % 2 && number < 24) v->of[COL_FIRST_RECEIPT] = day_iso(a, day_of(2016, 1, 1) + number * 17 + 90);
}

static void recorded_late(Arena *a, int number, Values *v)
{
    if (number % 2) v->of[COL_UNIT] = S("york");
    if (number % 2 && number < 24) v->of[COL_RECORDED] = day_iso(a, day_of(2016, 1, 1) + number * 17 + 90);
}

static void a_burst(Arena *a, int number, Values *v)
{
    if (number % 2) v->of[COL_UNIT] = S("york");
    if (number % 2 && number < 60)
        v->of[COL_JOINED] = v->of[COL_RECORDED] = v->of[COL_FIRST_RECEIPT] = day_iso(a, day_of(2024, 3, 1) + number % 10);
}

static void a_campaign(Arena *a, int number, Values *v)
{
    if (number % 2) v->of[COL_UNIT] = S("york");
    if (number < 200) v->of[COL_JOINED] = v->of[COL_RECORDED] = v->of[COL_FIRST_RECEIPT] = day_iso(a, day_of(2024, 3, 1) + number / 2 % 10);
}

static void units_beside_each_other(void **state)
{
    Audit audit = audited(*state, 200, in_two_units);
    assert_asks(&audit, AUDIT_RECEIPT, AUDIT_CRITICAL, 12);
    audit = audited(*state, 200, recorded_late);
    assert_asks(&audit, AUDIT_BACKDATED, AUDIT_CRITICAL, 12);
    audit = audited(*state, 800, a_burst);
    assert_asks(&audit, AUDIT_SURGE, AUDIT_QUESTION, 30);
    audit = audited(*state, 800, a_campaign);
    assert_int_equal(audit.question_count, 0);
}

static void typed_twice(Arena *a, int number, Values *v)
{
    if (number != 1) return;
    Str id = v->of[COL_ID], bank = v->of[COL_BANK], signature = v->of[COL_SIGNATURE];
    *v = a_member(a, 0);
    v->of[COL_ID] = v->of[COL_PAYER] = id;
    v->of[COL_BANK] = bank;
    v->of[COL_SIGNATURE] = signature;
    v->of[COL_GIVEN_NAME] = S("Gievnaa");
}

static void in_a_union_too(Arena *a, int number, Values *v)
{
    typed_twice(a, number, v);
    if (number == 1) v->of[COL_SECTION] = S("affiliates");
}

static void who_is_there_twice(void **state)
{
    Audit audit = audited(*state, 100, typed_twice);
    assert_asks(&audit, AUDIT_TWO_NAMES, AUDIT_QUESTION, 2);
    audit = audited(*state, 100, in_a_union_too);
    assert_asks(&audit, AUDIT_TWO_SECTIONS, AUDIT_QUESTION, 2);
}

static void recruits(Arena *a, int number, Values *v)
{
    if (number >= 11) return;
    v->of[COL_RECRUITER] = S("M90");
    v->of[COL_JOINED] = v->of[COL_RECORDED] = v->of[COL_FIRST_RECEIPT] = day_iso(a, freeze_day() - number * 7);
}

static void revived(Arena *a, int number, Values *v)
{
    if (number >= 12) return;
    v->of[COL_HISTORY] = str_format(a, "active 2016-01-01; lapsed 2025-01-01; active %.*s", STR_ARG(day_iso(a, freeze_day() - number)));
}

static void just_before_the_freeze(void **state)
{
    Audit audit = audited(*state, 200, recruits);
    assert_asks(&audit, AUDIT_RECRUITER, AUDIT_QUESTION, 11);
    audit = audited(*state, 200, revived);
    assert_asks(&audit, AUDIT_REVIVED, AUDIT_QUESTION, 12);
}

/* ---- chances, beside sums by definition ---- */

static void tails_are_those_of_the_definition(void **state)
{
    (void)state;
    for (int n = 1; n < 60; n += 7)
        for (int k = 1; k <= n; k++)
            for (int tenth = 1; tenth < 10; tenth++) {
                double p = tenth / 10.0, tail = 0;
                for (int i = k; i <= n; i++)
                    tail += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(p) + (n - i) * log(1 - p));
                double found = binomial_tail(k, n, p);
                if (k > n * p) assert_true(fabs(exp(found) - tail) < 1e-9);
                else assert_true(found == 0);
            }
    for (int k = 1; k < 80; k++)
        for (int mean = 1; mean < 40; mean += 3) {
            double head = 0;
            for (int i = 0; i < k; i++) head += exp(i * log(mean) - mean - lgamma(i + 1.0));
            if (k > mean) assert_true(fabs(exp(poisson_tail(k, mean)) - (1 - head)) < 1e-9);
        }
}

static void odds_are_told_in_whole_numbers(void **state)
{
    assert_same_str(odds_words(*state, 0), S("1 in 1"));
    assert_same_str(odds_words(*state, log(0.00029)), S("1 in 3,448"));
    assert_same_str(odds_words(*state, log(0.0000005)), S("1 in 1,999,999"));
    assert_same_str(odds_words(*state, -1000), S("less than 1 in 1,000,000,000"));
}

static void rules_are_read_as_they_are_written(void **state)
{
    Arena *a = *state;
    AuditRules rules = audit_rules_standard(freeze_day()), again;
    rules.payer_most = 9;
    rules.surge_tail = 0.0001;
    rules.asked[AUDIT_DEVICE] = false;
    Fault fault = {0};
    assert_int_equal(audit_rules_read(a, audit_rules_write(a, &rules), freeze_day(), &again, &fault), ERR_OK);
    assert_same_str(audit_rules_write(a, &again), audit_rules_write(a, &rules));
    static const char *const wrong[] = {"", "[]", "{\"payer_most\":\"4\"}", "{\"payer_most\":1001}", "{\"surge_one_in\":1}",
        "{\"leave_out\":[4]}", "{\"leave_out\":\"surge\"}", "{\"x\":1}"};
    for (int i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(audit_rules_read(a, str_from_c(wrong[i]), DAY_NONE, &again, &fault), ERR_INPUT);
        assert_true(fault.expected.len > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(orderly_lists_are_not_asked_about),
        arena_test(who_pays),
        arena_test(a_household_is_none_of_its_business),
        arena_test(what_several_share),
        arena_test(units_beside_each_other),
        arena_test(who_is_there_twice),
        arena_test(just_before_the_freeze),
        arena_test(tails_are_those_of_the_definition),
        arena_test(odds_are_told_in_whole_numbers),
        arena_test(rules_are_read_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
