/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "roll/rosters.h"

/* ---- rules as JSON ---- */

static const char one_form[] =
    "{\"freeze\":\"2013-03-12\",\"months\":12,\"grace_days\":28,\"joined_by\":\"2013-01-01\",\"statuses\":[\"active\",\"suspended\"],"
    "\"sections\":[\"members\",\"affiliates\"],\"classes\":{\"not\":[\"supporter\",\"youth\"]},\"units\":[\"leeds\"],\"fee_paid\":true,"
    "\"declared\":[\"affiliates\"],\"one_paper\":\"section\"}";

static void rules_have_one_form(void **state)
{
    Arena *a = *state;
    RollRules rules = rules_of(a, one_form),
              again = rules_of(a, " {\"units\": [\"leeds\"], \"classes\": {\"not\": [\"youth\", \"supporter\"]}, \"one_paper\": "
                                  "\"section\",\n \"declared\":[\"affiliates\"],"
                                  "\"fee_paid\":true,\"sections\":[\"members\",\"affiliates\"],\"statuses\":[\"suspended\",\"active\"],"
                                  "\"joined_by\":\"2013-01-01\","
                                  "\"grace_days\":28,\"months\":12,\"freeze\":\"2013-03-12\"}\n");
    assert_same_str(rules_write(a, &rules), str_from_c(one_form));
    assert_same_str(rules_write(a, &again), str_from_c(one_form));
    RollRules least = rules_of(a, "{\"freeze\":\"2013-03-12\",\"units\":null}");
    assert_str(rules_write(a, &least), "{\"freeze\":\"2013-03-12\",\"months\":0,\"grace_days\":0,\"joined_by\":null,\"statuses\":["
                                       "\"active\"],\"sections\":null,\"classes\":null,"
                                       "\"units\":null,\"fee_paid\":false,\"declared\":null,\"one_paper\":\"person\"}");
    RollRules other = rules_of(a, "{\"freeze\":\"2013-03-12\",\"sections\":[\"affiliates\",\"members\"]}");
    assert_int_equal(other.sections.count, 2);
    assert_str(other.sections.words[0], "affiliates");
}

static void a_mistake_names_its_member(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *json, *says;
    } rows[] = {
        {"{}", "expected freeze: a day such as"},
        {"{\"freeze\":\"2013-02-30\"}", "expected freeze: a day from 1900 to 2099"},
        {"{\"freeze\":\"1799-12-31\"}", "expected freeze: a day"},
        {"{\"freeze\":20130312}", "found '20130312'"},
        {"{\"freeze\":\"2013-03-12\",\"months\":-1}", "expected months: a whole number from 0 to 600, found '-1'"},
        {"{\"freeze\":\"2013-03-12\",\"months\":601}", "expected months"},
        {"{\"freeze\":\"2013-03-12\",\"months\":\"12\"}", "expected months"},
        {"{\"freeze\":\"2013-03-12\",\"grace_days\":367}", "expected grace_days"},
        {"{\"freeze\":\"2013-03-12\",\"joined_by\":\"soon\"}", "expected joined_by"},
        {"{\"freeze\":\"2013-03-12\",\"statuses\":[]}", "expected statuses"},
        {"{\"freeze\":\"2013-03-12\",\"statuses\":[\"member\"]}", "found 'member'"},
        {"{\"freeze\":\"2013-03-12\",\"sections\":[]}", "expected sections: a list of words"},
        {"{\"freeze\":\"2013-03-12\",\"sections\":[\"a\",\"a\"]}", "expected sections: each word once"},
        {"{\"freeze\":\"2013-03-12\",\"sections\":[\"A\"]}", "expected sections: words of lower-case"},
        {"{\"freeze\":\"2013-03-12\",\"sections\":[\"-a\"]}", "expected sections"},
        {"{\"freeze\":\"2013-03-12\",\"classes\":{\"but\":[\"a\"]}}", "expected classes"},
        {"{\"freeze\":\"2013-03-12\",\"classes\":{\"not\":[\"a\"],\"or\":1}}", "expected classes"},
        {"{\"freeze\":\"2013-03-12\",\"classes\":{}}", "expected classes"},
        {"{\"freeze\":\"2013-03-12\",\"declared\":{\"not\":[\"a\"]}}", "expected declared"},
        {"{\"freeze\":\"2013-03-12\",\"fee_paid\":1}", "expected fee_paid: true or false"},
        {"{\"freeze\":\"2013-03-12\",\"one_paper\":\"each\"}", "expected one_paper"},
        {"{\"freeze\":\"2013-03-12\",\"freze\":1}", "found 'freze'"},
        {"[]", "expected rules as an object"},
        {"{\"freeze\":\"2013-03-12\",\n\"months\":1.5}", "expected a whole number, found '1.5"},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        RollRules rules = {.months = 77};
        Fault fault = {0};
        assert_row(rules_read(a, str_from_c(rows[i].json), &rules, &fault) == ERR_INPUT, rows[i].json);
        Str text = fault_text(a, &fault);
        if (!strstr(str_c(a, text), rows[i].says)) fail_msg("%s: %.*s", rows[i].json, STR_ARG(text));
        assert_int_equal(rules.months, 77);
    }
}

static void rules_are_told_in_words(void **state)
{
    Arena *a = *state;
    RollRules rules = rules_of(a, one_form);
    View *words = view_array(a);
    rules_words(a, &rules, words);
    Buf b = buf_new(a);
    view_json(words, &b, false);
    static const char *const says[] = {"12 March 2013", "active or suspended", "12 months without a break", "at most 28 days",
        "by 1 January 2013", "section is members or affiliates", "class is any but supporter or youth", "unit is leeds, or below it",
        "fee is paid", "declaration of support", "once in each"};
    for (int i = 0; i < COUNT_OF(says); i++) assert_row(strstr(str_c(a, buf_done(&b)), says[i]), says[i]);
}

/* ---- one membership ---- */

typedef struct Case {
    const char *what, *json;
    Made made;
    RollReason reason;
    const char *says;
} Case;

#define F(more) "{\"freeze\":\"2013-03-12\"" more "}"

static const Case cases[] = {
    {"a member", F(""), {.person = "p", .joined = "2013-03-12"}, REASON_ON, "12 March 2013"},
    {"a day late", F(""), {.person = "p", .joined = "2013-03-13"}, REASON_NOT_YET, "Joined 13 March 2013"},
    {"twelve months to the day", F(",\"months\":12"), {.person = "p", .joined = "2012-03-12"}, REASON_ON, NULL},
    {"a day short of twelve", F(",\"months\":12"), {.person = "p", .joined = "2012-03-13"}, REASON_MONTHS,
        "Joined 13 March 2012; 12 months"},
    {"a beginning nobody knows", F(",\"months\":1"), {.person = "p"}, REASON_MONTHS, "not known when"},
    {"no months asked of it", F(""), {.person = "p"}, REASON_ON, NULL},
    {"lapsed on the day", F(""), {.person = "p", .spells = "active 2012-01-01; lapsed 2013-03-12; active 2013-03-13"}, REASON_STATUS,
        "lapsed"},
    {"lapsed the day before", F(""), {.person = "p", .spells = "active 2012-01-01; lapsed 2013-03-11; active 2013-03-12"}, REASON_ON, NULL},
    {"a lapse breaks it", F(",\"months\":12"),
        {.person = "p", .joined = "2010-01-01", .spells = "active 2010-01-01; lapsed 2012-06-01; active 2012-06-02"}, REASON_MONTHS,
        "Without a break since 2 June 2012"},
    {"not within the grace", F(",\"months\":12,\"grace_days\":28"),
        {.person = "p", .spells = "active 2010-01-01; lapsed 2012-06-01; active 2012-06-29"}, REASON_ON, NULL},
    {"a day beyond the grace", F(",\"months\":12,\"grace_days\":28"),
        {.person = "p", .spells = "active 2010-01-01; lapsed 2012-06-01; active 2012-06-30"}, REASON_MONTHS, NULL},
    {"grace is for lapses alone", F(",\"months\":12,\"grace_days\":28"),
        {.person = "p", .spells = "active 2010-01-01; suspended 2012-06-01; active 2012-06-02"}, REASON_MONTHS, NULL},
    {"a lapse that goes on is no grace", F(",\"grace_days\":28"), {.person = "p", .spells = "active 2010-01-01; lapsed 2013-03-10"},
        REASON_STATUS, NULL},
    {"arrears counted as membership", F(",\"months\":12,\"statuses\":[\"active\",\"lapsed\"]"),
        {.person = "p", .spells = "active 2010-01-01; lapsed 2012-06-01; active 2012-12-01"}, REASON_ON, NULL},
    {"applied is not joined", F(""), {.person = "p", .joined = "2013-03-01", .spells = "applied 2013-03-05; active 2013-03-20"},
        REASON_STATUS, "applied"},
    {"joined before the first spell", F(",\"months\":12"), {.person = "p", .joined = "2010-01-01", .spells = "active 2013-01-01"},
        REASON_ON, NULL},
    {"joined by", F(",\"joined_by\":\"2012-12-31\""), {.person = "p", .joined = "2013-01-01"}, REASON_JOINED, "31 December 2012"},
    {"joined by the day", F(",\"joined_by\":\"2012-12-31\""), {.person = "p", .joined = "2012-12-31"}, REASON_ON, NULL},
    {"another section", F(",\"sections\":[\"affiliates\"]"), {.person = "p", .joined = "2010-01-01"}, REASON_SECTION, "'members'"},
    {"any section but", F(",\"sections\":{\"not\":[\"affiliates\"]}"), {.person = "p", .joined = "2010-01-01"}, REASON_ON, NULL},
    {"another class", F(",\"classes\":{\"not\":[\"standard\"]}"), {.person = "p", .joined = "2010-01-01"}, REASON_CLASS, NULL},
    {"the unit above", F(",\"units\":[\"north\"]"), {.person = "p", .joined = "2010-01-01"}, REASON_ON, NULL},
    {"another unit", F(",\"units\":[\"south\"]"), {.person = "p", .joined = "2010-01-01"}, REASON_UNIT, "'leeds'"},
    {"not below", F(",\"units\":{\"not\":[\"north\"]}"), {.person = "p", .joined = "2010-01-01"}, REASON_UNIT, NULL},
    {"paid", F(",\"fee_paid\":true"), {.person = "p", .joined = "2010-01-01", .receipt = "2013-03-12", .paid = "2013-03-12"}, REASON_ON,
        NULL},
    {"paid until the day before", F(",\"fee_paid\":true"),
        {.person = "p", .joined = "2010-01-01", .receipt = "2010-03-12", .paid = "2013-03-11"}, REASON_FEE, "until 11 March 2013"},
    {"received a day late", F(",\"fee_paid\":true"), {.person = "p", .joined = "2010-01-01", .receipt = "2013-03-13", .paid = "2014-03-11"},
        REASON_FEE, "received on 13 March 2013"},
    {"nothing known of the fee", F(",\"fee_paid\":true"), {.person = "p", .joined = "2010-01-01", .receipt = "2010-03-13"}, REASON_FEE,
        "not known"},
    {"declared", F(",\"declared\":[\"members\"]"), {.person = "p", .joined = "2010-01-01", .declared = "2013-03-12"}, REASON_ON, NULL},
    {"declared late", F(",\"declared\":[\"members\"]"), {.person = "p", .joined = "2010-01-01", .declared = "2013-03-13"}, REASON_DECLARED,
        "12 March"},
    {"declared not asked here", F(",\"declared\":[\"affiliates\"]"), {.person = "p", .joined = "2010-01-01"}, REASON_ON, NULL},
};

static void each_rule_to_the_day(void **state)
{
    Arena *a = *state;
    for (int i = 0; i < COUNT_OF(cases); i++) {
        const Case *c = &cases[i];
        Roster *r = roster_new(a);
        int north = roster_unit(r, S("north"));
        RosterRow *row = make_row(r, c->made);
        int leeds = roster_unit(r, S("leeds"));
        r->units[leeds].above = north;
        RollRules rules = rules_of(a, c->json);
        RollReason reason = rules_row(&rules, r, row);
        if (reason != c->reason) fail_msg("%s: %.*s", c->what, STR_ARG(reason_name(reason)));
        assert_row(rules_apply(a, &rules, r).reasons[0] == c->reason, c->what);
        Str why = rules_why(a, &rules, r, row, reason);
        if (c->says && !strstr(str_c(a, why), c->says)) fail_msg("%s: %.*s", c->what, STR_ARG(why));
    }
}

static void one_person_stands_once(void **state)
{
    Arena *a = *state;
    Roster *r = roster_new(a);
    make_row(r, (Made){.person = "p", .section = "affiliates", .joined = "2001-01-01"});
    make_row(r, (Made){.person = "q", .joined = "2011-01-01"});
    make_row(r, (Made){.person = "p", .section = "members", .joined = "2011-01-01"});
    make_row(r, (Made){.person = "p", .section = "members", .joined = "2010-01-01"});
    RollRules person = rules_of(a, F(",\"sections\":[\"members\",\"affiliates\"]")), longest = rules_of(a, F(""));
    RollRules section = rules_of(a, F(",\"one_paper\":\"section\""));
    const uint8_t by_section[] = {REASON_TWICE, REASON_ON, REASON_TWICE, REASON_ON},
                  by_length[] = {REASON_ON, REASON_ON, REASON_TWICE, REASON_TWICE},
                  each[] = {REASON_ON, REASON_ON, REASON_TWICE, REASON_ON};
    assert_memory_equal(rules_apply(a, &person, r).reasons, by_section, 4);
    assert_memory_equal(rules_apply(a, &longest, r).reasons, by_length, 4);
    Rolled rolled = rules_apply(a, &section, r);
    assert_memory_equal(rolled.reasons, each, 4);
    assert_int_equal(rolled.on, 3);
    assert_int_equal(rolled.by_reason[REASON_TWICE], 1);
}

/* ---- other freeze dates, against trying every one ---- */

static const char *const random_words[] = {"active", "active", "lapsed", "suspended", "resigned", "applied", "active"};

static Roster *random_roster(Arena *a, int rows)
{
    static const char *const units[] = {"leeds", "york", "hull"}, *const sections[] = {"members", "affiliates", "supporters"};
    Roster *r = roster_new(a);
    int north = roster_unit(r, S("north"));
    for (int i = 0; i < COUNT_OF(units); i++) {
        int unit = roster_unit(r, str_from_c(units[i]));
        r->units[unit].above = i ? north : -1;
    }
    Day origin = a_day("2012-01-01");
    for (int i = 0; i < rows; i++) {
        char person[16];
        snprintf(person, sizeof person, "p%d", below(rows * 2 / 3 + 1));
        RosterRow *row = make_row(
            r, (Made){.person = person, .unit = units[below(3)], .section = sections[below(3)], .class = below(4) ? "standard" : "youth"});
        if (below(5)) row->joined = origin + below(500);
        if (below(5)) row->first_receipt = origin + below(500);
        if (below(5)) row->paid_until = origin + 200 + below(500);
        if (below(3)) row->declared = origin + below(500);
        Day since = origin + below(300);
        for (int n = below(5); n > 0; n--) {
            spell_push(r, (RosterSpell){.since = below(12) ? since : DAY_NONE,
                              .status = status_of(str_from_c(random_words[below(COUNT_OF(random_words))]))});
            row->spell_count++;
            since += below(4) ? below(90) : below(10) - 3;
        }
    }
    return r;
}

static RollRules random_rules(Arena *a, Day freeze)
{
    Buf b = buf_new(a);
    Str day = day_iso(a, freeze), by = day_iso(a, freeze - 30 - below(200));
    buf_format(&b, "{\"freeze\":\"%.*s\",\"months\":%d,\"grace_days\":%d", STR_ARG(day), below(3) ? below(8) : 0, below(2) ? below(60) : 0);
    if (!below(4)) buf_format(&b, ",\"joined_by\":\"%.*s\"", STR_ARG(by));
    if (!below(3)) buf_str(&b, S(",\"statuses\":[\"active\",\"lapsed\"]"));
    if (!below(3)) buf_str(&b, S(",\"sections\":[\"affiliates\",\"members\"]"));
    if (!below(3)) buf_str(&b, S(",\"classes\":{\"not\":[\"youth\"]}"));
    if (!below(3)) buf_str(&b, S(",\"units\":[\"north\"]"));
    if (!below(3)) buf_str(&b, S(",\"fee_paid\":true"));
    if (!below(3)) buf_str(&b, S(",\"declared\":[\"affiliates\"]"));
    if (!below(2)) buf_str(&b, S(",\"one_paper\":\"section\""));
    buf_byte(&b, '}');
    return rules_of(a, str_c(a, buf_done(&b)));
}

static bool same_place(const RollRules *rules, const RosterRow *x, const RosterRow *y)
{
    return x->person == y->person && (!rules->once_per_section || x->section == y->section);
}

/* Is the place that this row is about on the roll? */
static bool is_on(const RollRules *rules, const Roster *r, const Rolled *rolled, int row)
{
    for (int i = 0; i < r->count; i++)
        if (rolled->reasons[i] == REASON_ON && same_place(rules, &r->rows[row], &r->rows[i])) return true;
    return false;
}

/* Gained and lost, one by one. */
static SweepDay tried(Arena *a, const RollRules *rules, const Roster *r, Day day)
{
    RollRules *then = arena_new(a, RollRules, 1);
    *then = *rules;
    then->freeze = day;
    Rolled now = rules_apply(a, rules, r), other = rules_apply(a, then, r);
    SweepDay sums = {.day = day, .on = other.on};
    for (int i = 0; i < r->count; i++) {
        if (other.reasons[i] == REASON_ON && !is_on(rules, r, &now, i)) sums.gained++;
        if (now.reasons[i] == REASON_ON && !is_on(rules, r, &other, i)) sums.lost++;
    }
    return sums;
}

static void a_sweep_is_trying_every_day(void **state)
{
    (void)state;
    int gained = 0, lost = 0;
    for (int round = 0; round < 40; round++) {
        AUTO(arena_clear) Arena a;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        seed = 1000u + (uint64_t)round;
        Roster *r = random_roster(&a, 60);
        Day first = a_day("2012-01-15"), last = a_day("2013-09-30"), own = round % 4 ? first + below(last - first) : first - 40;
        RollRules rules = random_rules(&a, own);
        SweepDay *days;
        int count;
        Fault fault = {0};
        assert_int_equal(rules_sweep(&a, &rules, r, first, last, &days, &count, &fault), ERR_OK);
        assert_int_equal(count, last - first + 1);
        for (int i = 0; i < count; i++) {
            AUTO(arena_clear) Arena b;
            arena_init(&b, ARENA_LIMIT_DEFAULT);
            SweepDay day = tried(&b, &rules, r, first + i);
            if (memcmp(&day, &days[i], sizeof day) != 0)
                fail_msg("round %d, %.*s: %d %d %d, tried %d %d %d: %.*s", round, STR_ARG(day_iso(&a, day.day)), days[i].on, days[i].gained,
                    days[i].lost, day.on, day.gained, day.lost, STR_ARG(rules_write(&a, &rules)));
            gained += day.gained;
            lost += day.lost;
            if (i % 20) continue;
            RollMoved moved = rules_moved(&b, &rules, r, first + i);
            assert_int_equal(moved.on, day.on);
            assert_int_equal(moved.gained_count, day.gained);
            assert_int_equal(moved.lost_count, day.lost);
        }
    }
    assert_true(gained > 1000 && lost > 1000);
}

static void a_sweep_has_bounds(void **state)
{
    Arena *a = *state;
    Roster *r = random_roster(a, 5);
    RollRules rules = rules_of(a, F(""));
    SweepDay *days;
    int count;
    Day first = a_day("2012-01-01");
    Fault fault = {0};
    assert_int_equal(rules_sweep(a, &rules, r, first, first + SWEEP_DAYS_MAX - 1, &days, &count, &fault), ERR_OK);
    assert_int_equal(count, SWEEP_DAYS_MAX);
    assert_int_equal(rules_sweep(a, &rules, r, first, first + SWEEP_DAYS_MAX, &days, &count, &fault), ERR_INPUT);
    assert_int_equal(rules_sweep(a, &rules, r, first, first - 1, &days, &count, &fault), ERR_INPUT);
    assert_int_equal(rules_sweep(a, &rules, r, DAY_NONE, first, &days, &count, &fault), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(rules_have_one_form),
        arena_test(a_mistake_names_its_member),
        arena_test(rules_are_told_in_words),
        arena_test(each_rule_to_the_day),
        arena_test(one_person_stands_once),
        cmocka_unit_test(a_sweep_is_trying_every_day),
        arena_test(a_sweep_has_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
