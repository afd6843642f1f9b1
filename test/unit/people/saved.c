/* Saved searches, on both engines: "sqlite" or "postgres" is the program's argument. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lists.h"

#include "people/saved.h"

/* 22 November 2026. */
static const int64_t november = INT64_C(1795305600000);

static void fill(House *h)
{
    a_person(h, (NewPerson){.given = "Ada",
                    .family = "Poll",
                    .unit = "leeds",
                    .phone = "+441134960123",
                    .postcode = "LS6 2AB",
                    .consent = "phone email",
                    .joined = "2026-02-01",
                    .born = "2000-11-22"});
    a_person(h, (NewPerson){.given = "Bo",
                    .family = "Smith",
                    .unit = "hull",
                    .email = "bo@example.org",
                    .postcode = "HU5 1ZZ",
                    .consent = "phone email",
                    .joined = "2012-01-03",
                    .born = "2000-11-23"});
    a_person(h, (NewPerson){.given = "Cai",
                    .family = "Teller",
                    .unit = "hull wales",
                    .phone = "+442920496000",
                    .postcode = "LS61 2AB",
                    .consent = "phone",
                    .joined = "2026-11-22"});
    a_person(
        h, (NewPerson){
               .given = "Di", .family = "Pollard", .unit = "wales", .postcode = "SW1A 2AA", .joined = "2025-12-31", .status = "lapsed"});
    a_person(h, (NewPerson){.given = "Ed",
                    .family = "Wim",
                    .unit = "leeds hull",
                    .postcode = "L1 2AB",
                    .phone = "+441134960000",
                    .joined = "2013-05-05",
                    .status = "lapsed"});
}

static Str name_of(House *h, Str id)
{
    Person p;
    Str into;
    assert_int_equal(person_find(h->db, h->a, scope_all(), id, &p, &into), ERR_OK);
    return p.values.of[COL_GIVEN_NAME];
}

/* The given names of all who are meant, walked through by `step`; the count must be theirs. */
static Str walked(House *h, const char *scope, const Criteria *c, int step)
{
    Buf b = buf_new(h->a);
    AudienceCursor at = {{0}, 0};
    AudiencePerson *people;
    int count = step;
    int64_t total = 0, counted = -1;
    while (count == step) {
        assert_int_equal(saved_people(h->db, h->a, (Scope){str_from_c(scope)}, c, november, at, step, &people, &count), ERR_OK);
        for (int i = 0; i < count; i++, total++) buf_format(&b, "%s%.*s", b.len ? " " : "", STR_ARG(name_of(h, people[i].id)));
        if (count) at = people[count - 1].after;
    }
    assert_int_equal(saved_count(h->db, h->a, (Scope){str_from_c(scope)}, c, november, &counted), ERR_OK);
    assert_int_equal(counted, total);
    return buf_done(&b);
}

#define assert_meant(scope, expected, ...)                                       \
    do {                                                                         \
        const Criteria criteria = {__VA_ARGS__};                                 \
        assert_same_str(walked(h, scope, &criteria, 100), str_from_c(expected)); \
        assert_same_str(walked(h, scope, &criteria, 1), str_from_c(expected));   \
    } while (0)

static void criteria_select(House *h)
{
    assert_meant("national", "Bo Cai Ed Ada Di", .status = S(""));
    assert_meant("york", "Bo Cai Ed Ada", .status = S(""));
    assert_meant("leeds", "Ada Ed", .status = S(""));
    assert_meant("wales", "Cai Di", .status = S(""));
    assert_meant("york", "Bo Cai Ada", .status = S("active"));
    assert_meant("national", "Cai Ada", .joined_this_year = true);
    assert_meant("national", "Ada", .joined_from = S("2026-01-01"), .joined_to = S("2026-11-21"));
    assert_meant("national", "Cai Ada", .may = REACH_RUNG);
    assert_meant("national", "Bo", .may = REACH_MAILED);
    assert_meant("national", "Cai Ed Ada", .may = HAS_PHONE);
    assert_meant("national", "Ada", .areas = S("LS6"));
    assert_meant("national", "Cai Ada", .areas = S("LS"));
    assert_meant("national", "Ed", .areas = S("L"));
    assert_meant("national", "Bo Di", .areas = S("SW1, HU5 1"));
    assert_meant("national", "Ada", .age_from = 26);
    assert_meant("national", "Bo", .age_to = 25);
    assert_meant("national", "Bo Ada", .age_from = 25, .age_to = 26);
    assert_meant("national", "Ada Di", .text = S("poll"));
    assert_meant("national", "Ada", .text = S("poll 0113"));
    assert_meant("york", "Ada Ed", .unit = S("leeds"));
    assert_meant("wales", "", .unit = S("leeds"));
    assert_meant("national", "", .unit = S("nowhere"));
    assert_meant("national", "Bo Cai Ed Ada Di", .section = S("members"), .class = S("standard"));
    assert_meant("national", "", .section = S("affiliates"));
    assert_meant("national", "", .language = S("cy"));
}

static void criteria_are_met(void **state)
{
    engine_or_skip();
    House h = house(*state);
    fill(&h);
    criteria_select(&h);
    a_unit(&h, "other", "other", ""); /* now nothing is on top of everything */
    criteria_select(&h);
    house_close(&h);
}

/* The index knows neither what two digits are nor in what order groups of letters stand: whoever only looks alike is not meant. */
static void only_who_has_every_word_is_meant(void **state)
{
    engine_or_skip();
    House house_of = house(*state), *h = &house_of;
    static const NewPerson people[] = {{.given = "Ann", .family = "Number 76", .unit = "leeds", .phone = "+441134967777"},
        {.given = "Bea", .family = "Number 770", .unit = "leeds"}, {.given = "Cy", .family = "Numbers 177", .unit = "leeds"},
        {.given = "Dot", .family = "Number 77", .unit = "leeds hull"},
        {.given = "Eve", .family = "Number", .identifier = "77", .unit = "hull"}, {.given = "Fay", .family = "77", .unit = "hull"},
        {.given = "Abcd", .family = "Bcde", .unit = "hull"}, {.given = "Xab", .family = "Abcdez", .unit = "hull"},
        {.given = "Gil", .family = "O2x", .unit = "wales"}, {.given = "Hal", .family = "Ooo", .unit = "wales"}};
    for (int i = 0; i < COUNT_OF(people); i++) a_person(h, people[i]);
    assert_meant("national", "Dot Eve Bea", .text = S("Number 77"));
    assert_meant("leeds", "Bea Dot", .text = S("77 number"));
    assert_meant("york", "Eve", .text = S("ev number 77"));
    assert_meant("national", "Xab", .text = S("abcde"));
    assert_meant("national", "", .text = S("abcdx"));
    assert_meant("national", "Gil", .text = S("o2"));
    assert_meant("national", "Gil", .text = S("o2x g"));
    assert_meant("national", "Ann", .text = S("number 777"));
    assert_meant("national", "", .text = S("77")); /* criteria_check refuses it */
    assert_meant("york", "Dot Eve Bea", .unit = S("york"), .text = S("number 77"), .status = S("active"));
    house_close(h);
}

/* ---- words ---- */

static void criteria_have_words(void **state)
{
    Arena *a = *state;
    const struct {
        Criteria c;
        const char *words;
    } rows[] = {
        {{.status = S("active"), .joined_this_year = true, .may = REACH_RUNG}, "active members who joined this year and may be rung"},
        {{.status = S("active")}, "active members"},
        {{.status = S("lapsed"), .areas = S("LS6, BD")}, "people whose membership is lapsed, who live in LS6, BD"},
        {{.joined_from = S("2012-01-03"), .section = S("members"), .may = HAS_PHONE},
            "all people, whatever their status, who are in the section members, joined on 2012-01-03 or later and have a telephone number"},
        {{.age_from = 18, .age_to = 30}, "all people, whatever their status, who are 18 to 30 years old"},
        {{.may = 0}, "all people, whatever their status"},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Criteria again;
        assert_same_str(criteria_words(a, &rows[i].c), str_from_c(rows[i].words));
        assert_int_equal(criteria_read(a, criteria_write(a, &rows[i].c), &again), ERR_OK);
        assert_same_str(criteria_words(a, &again), str_from_c(rows[i].words));
    }
}

/* A phonebank rings those who were meant: short words count, and parts of the words typed do not make a person who has them all. */
static void words_are_all_met(void **state)
{
    engine_or_skip();
    House meant = house(*state), *h = &meant;
    a_person(h, (NewPerson){.given = "Jo", .family = "Number", .unit = "leeds", .identifier = "77"});
    a_person(h, (NewPerson){.given = "Ad", .family = "Number", .unit = "leeds", .identifier = "78"});
    a_person(
        h, (NewPerson){
               .given = "Al", .family = "Numbum Umber", .unit = "leeds"}); /* all the threes of letters of "number", and not the word */
    a_person(h, (NewPerson){.given = "Joanna", .family = "Poll", .unit = "leeds", .postcode = "LS6 2AB"});
    assert_meant("national", "Jo Ad", .text = S("number"), .status = S("active"));
    assert_meant("national", "Jo", .text = S("number 77"), .status = S("active"));
    assert_meant("national", "Jo", .text = S("jo number"), .status = S("active"));
    assert_meant("national", "Jo Joanna", .text = S("jo"), .status = S("active"));
    assert_meant("national", "Joanna", .text = S("jo po"), .status = S("active"));
    assert_meant("national", "", .text = S("jo po 77"), .status = S("active"));
    house_close(h);
}

static void bad_criteria_are_refused(void **state)
{
    const struct {
        Criteria c;
        const char *field;
    } rows[] = {{{.joined_from = S("2012-13-01")}, "joined_from"}, {{.joined_to = S("soon")}, "joined_to"},
        {{.joined_from = S("2013-01-01"), .joined_to = S("2012-01-01")}, "joined_to"}, {{.age_from = 30, .age_to = 20}, "age_to"},
        {{.status = S("sleepy")}, "status"}, {{.areas = S("LS6; DROP")}, "areas"}, {{.areas = S("a,b,c,d,e")}, "areas"},
        {{.text = S("@")}, "text"}, {{.text = S("7 7")}, "text"}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Criteria c = rows[i].c;
        Fault fault = {0};
        const char *field = "";
        assert_int_equal(criteria_check(*state, &c, &field, &fault), ERR_INPUT);
        assert_string_equal(field, rows[i].field);
        assert_true(fault.expected.len > 0);
    }
    Criteria good = {.areas = S(" ls6,bd , sw1a 2"), .status = S("Current"), .recruiter = S("Ren\xc3\xa9 Poll")};
    Fault fault = {0};
    const char *field;
    assert_int_equal(criteria_check(*state, &good, &field, &fault), ERR_OK);
    assert_same_str(good.areas, S("LS6, BD, SW1A 2"));
    assert_same_str(good.status, S("active"));
    assert_same_str(good.recruiter, S("rene poll"));
}

/* ---- what is kept ---- */

static Err run_save(House *h, Db *db, void *what)
{
    return saved_add(db, h->a, what, NOW_MS);
}

static Err run_saved_change(House *h, Db *db, void *what)
{
    return saved_change(db, h->a, what, NOW_MS + 1);
}

static Err run_saved_drop(House *h, Db *db, void *what)
{
    (void)h;
    Saved *s = what;
    return saved_drop(db, s->unit, s->id);
}

static void a_search_is_kept_by_its_unit(void **state)
{
    engine_or_skip();
    House h = house(*state);
    Saved s = {.unit = S("york"),
              .id = S("AAAAAAAAAAAAAAAAAAAAAA"),
              .name = S("New"),
              .criteria = {.status = S("active"), .joined_this_year = true},
              .owner = S("x"),
              .saved_by = S("Ada Poll, organiser of York")},
          back;
    Saved *list;
    int count;
    assert_int_equal(commanded(&h, LEAF_NONE, run_save, &s), ERR_OK);
    assert_int_equal(saved_find(h.db, h.a, S("york"), s.id, &back), ERR_OK);
    assert_same_str(back.name, S("New"));
    assert_true(back.criteria.joined_this_year);
    assert_int_equal(saved_find(h.db, h.a, S("leeds"), s.id, &back), ERR_MISSING);
    s.version = 1;
    s.name = S("Newer");
    assert_int_equal(commanded(&h, LEAF_NONE, run_saved_change, &s), ERR_OK);
    assert_int_equal(commanded(&h, LEAF_NONE, run_saved_change, &s), ERR_CONFLICT);
    assert_int_equal(saved_list(h.db, h.a, S("york"), &list, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_same_str(list[0].name, S("Newer"));
    assert_int_equal(list[0].version, 2);
    assert_int_equal(commanded(&h, LEAF_NONE, run_saved_drop, &s), ERR_OK);
    assert_int_equal(commanded(&h, LEAF_NONE, run_saved_drop, &s), ERR_MISSING);
    house_close(&h);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(criteria_are_met),
        arena_test(words_are_all_met),
        arena_test(only_who_has_every_word_is_meant),
        arena_test(criteria_have_words),
        arena_test(bad_criteria_are_refused),
        arena_test(a_search_is_kept_by_its_unit),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
