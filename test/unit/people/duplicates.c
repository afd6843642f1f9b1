/* People on the list twice, merged and taken back, on both engines: "sqlite" or "postgres" is the program's argument. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lists.h"

#include "people/duplicates.h"

static Str given_name(House *h, Str id)
{
    Person p;
    Str into;
    assert_int_equal(person_find(h->db, h->a, scope_all(), id, &p, &into), ERR_OK);
    return p.values.of[COL_GIVEN_NAME];
}

/* "Ada+Ada: the same ..." for each pair, the likeliest first. */
static Str found(House *h, const char *scope)
{
    Duplicate *list;
    int count;
    int64_t in_all;
    Buf b = buf_new(h->a);
    assert_int_equal(duplicates_find(h->db, h->a, (Scope){str_from_c(scope)}, &list, &count, &in_all), ERR_OK);
    assert_int_equal(count, in_all);
    for (int i = 0; i < count; i++) {
        Str one = given_name(h, list[i].one), other = given_name(h, list[i].other);
        bool turn = str_compare(one, other) > 0;
        buf_format(&b, "%s%.*s+%.*s %d", i ? ", " : "", STR_ARG(turn ? other : one), STR_ARG(turn ? one : other), list[i].reasons);
    }
    return buf_done(&b);
}

static void those_who_are_alike_are_found(void **state)
{
    engine_or_skip();
    House h = house(*state);
    a_person(&h, (NewPerson){.given = "Ada", .family = "Poll", .unit = "leeds", .email = "ada@example.org", .postcode = "LS6 2AB"});
    a_person(&h, (NewPerson){.given = "Adda", .family = "Poll", .unit = "hull", .email = "ADA@example.org"});
    a_person(&h, (NewPerson){.given = "Bo", .family = "Poll", .unit = "leeds", .email = "ada@example.org"}); /* an address of two people */
    a_person(&h, (NewPerson){.given = "Cai", .family = "Teller", .unit = "hull", .born = "1990-01-01", .identifier = "M-0012"});
    a_person(&h, (NewPerson){.given = "C\xc3\xa1i", .family = "Teller", .unit = "wales", .born = "1990-01-01", .identifier = "x9"});
    a_person(&h, (NewPerson){.given = "Zed", .family = "Other", .unit = "wales", .identifier = "m12"});
    a_person(&h, (NewPerson){.given = "Jan", .family = "Twin", .unit = "leeds", .phone = "+441134960000", .born = "2000-01-01"});
    a_person(&h, (NewPerson){.given = "Jon", .family = "Twin", .unit = "leeds", .phone = "+441134960000", .born = "2003-01-01"});
    assert_same_str(found(&h, "leeds"), S(""));
    assert_same_str(found(&h, "york"), S("Ada+Adda 2"));
    assert_same_str(found(&h, "wales"), S(""));
    Str national = found(&h, "national"), all = found(&h, "");
    assert_same_str(national, all);
    assert_true(memmem(national.ptr, national.len, "Cai+C\xc3\xa1i 8", 10) != NULL);
    assert_true(memmem(national.ptr, national.len, "Cai+Zed 1", 9) != NULL);
    assert_true(str_ends(national, S("Ada+Adda 2")));
    house_close(&h);
}

/* ---- said to be two ---- */

typedef struct Two {
    Str one, other;
} Two;

static Err run_two(House *h, Db *db, void *what)
{
    (void)h;
    Two *two = what;
    return duplicates_not_same(db, two->one, two->other, S("Carol Count, secretary of York"), NOW_MS);
}

static void what_was_looked_at_is_not_asked_again(void **state)
{
    engine_or_skip();
    House h = house(*state);
    Two two = {a_person(&h, (NewPerson){.given = "Ada", .family = "Poll", .unit = "leeds", .postcode = "LS6 2AB"}),
        a_person(&h, (NewPerson){.given = "Ida", .family = "Poll", .unit = "leeds", .postcode = "LS6 2AB"})};
    assert_same_str(found(&h, "leeds"), S("Ada+Ida 16"));
    assert_int_equal(commanded(&h, LEAF_NONE, run_two, &two), ERR_OK);
    Two turned = {two.other, two.one};
    assert_int_equal(commanded(&h, LEAF_NONE, run_two, &turned), ERR_OK);
    assert_same_str(found(&h, "leeds"), S(""));
    house_close(&h);
}

/* ---- merged, and back ---- */

typedef struct Doing {
    Merge merge;
    Str unit, id;
    int64_t now;
} Doing;

static Err run_merge(House *h, Db *db, void *what)
{
    Doing *d = what;
    Fault fault = {0};
    return merge_people(db, h->a, &d->merge, NOW_MS, &d->id, &fault);
}

static Err run_undo(House *h, Db *db, void *what)
{
    Doing *d = what;
    Fault fault = {0};
    return merge_undo(db, h->a, d->unit, d->id, S("Carol Count, secretary of York"), d->now, &fault);
}

static Person shown(House *h, Str id)
{
    Person p;
    Str into;
    assert_int_equal(person_find(h->db, h->a, scope_all(), id, &p, &into), ERR_OK);
    return p;
}

static int hits(House *h, const char *scope, const char *typed)
{
    SearchAnswer answer;
    assert_int_equal(search_people(h->db, h->a, (Scope){str_from_c(scope)}, str_from_c(typed), 0, &answer), ERR_OK);
    return answer.mended ? 0 : answer.in_all;
}

static void two_become_one_and_two_again(void **state)
{
    engine_or_skip();
    House h = house(*state);
    Str ada = a_person(&h, (NewPerson){.given = "Ada", .family = "Poll", .unit = "leeds", .email = "ada@example.org", .identifier = "A1"});
    Str ida = a_person(&h, (NewPerson){.given = "Ida", .family = "Poll", .unit = "hull", .phone = "+441134960000", .identifier = "A2"});
    Person p, was_ida = shown(&h, ida);
    Str into;
    Values chosen = {0};
    chosen.of[COL_PHONE] = S("+441134960000");
    chosen.of[COL_ID] = S("A2");
    Doing d = {{S("york"), ada, ida, 1, 1, &chosen, S("Carol Count, secretary of York")}, S("york"), S(""), NOW_MS};
    Doing stale = d, elsewhere = d, outside = d;
    stale.merge.gone_version = 2;
    elsewhere.merge.unit = S("leeds");
    outside.merge.gone = ada;
    assert_int_equal(commanded(&h, LEAF_NONE, run_merge, &stale), ERR_CONFLICT);
    assert_int_equal(commanded(&h, LEAF_NONE, run_merge, &elsewhere), ERR_MISSING);
    assert_int_equal(commanded(&h, LEAF_NONE, run_merge, &outside), ERR_MISSING);
    assert_int_equal(commanded(&h, LEAF_NONE, run_merge, &d), ERR_OK);
    assert_int_equal(person_find(h.db, h.a, scope_all(), ida, &p, &into), ERR_MISSING);
    assert_same_str(into, ada);
    p = shown(&h, ada);
    assert_int_equal(p.membership_count, 2);
    assert_same_str(p.values.of[COL_PHONE], S("+441134960000"));
    assert_same_str(p.values.of[COL_ID], S("A2"));
    assert_same_str(p.values.of[COL_EMAIL], S("ada@example.org"));
    assert_int_equal(hits(&h, "hull", "ada"), 1);
    assert_int_equal(hits(&h, "national", "ida"), 0);
    Doing wrong = d, late = d;
    wrong.unit = S("leeds");
    late.now = NOW_MS + INT64_C(31) * 24 * 60 * 60 * 1000;
    assert_int_equal(commanded(&h, LEAF_NONE, run_undo, &wrong), ERR_MISSING);
    assert_int_equal(commanded(&h, LEAF_NONE, run_undo, &late), ERR_MISSING);
    assert_int_equal(commanded(&h, LEAF_NONE, run_undo, &d), ERR_OK);
    assert_int_equal(commanded(&h, LEAF_NONE, run_undo, &d), ERR_MISSING);
    p = shown(&h, ada);
    assert_int_equal(p.membership_count, 1);
    assert_same_str(p.values.of[COL_PHONE], S(""));
    assert_same_str(p.values.of[COL_ID], S("A1"));
    p = shown(&h, ida);
    assert_int_equal(p.membership_count, 1);
    assert_same_str(p.memberships[0].unit, S("hull"));
    for (PeopleColumn c = 0; c < COL__COUNT; c++) assert_same_str(p.values.of[c], was_ida.values.of[c]);
    assert_int_equal(hits(&h, "hull", "ada"), 0);
    assert_int_equal(hits(&h, "hull", "ida"), 1);
    house_close(&h);
}

static Err run_sign_up(House *h, Db *db, void *what)
{
    const Str *id = what;
    Err e = db_run(db, "account_password_put", DB_VALUES(db_string(*id), db_string(S("$argon2id$x")), db_number(7)));
    if (e) return e;
    return db_run(db, "person_request_add",
        DB_VALUES(db_string(person_new_id(h->a, NOW_MS)), db_string(*id), db_string(S("My section is wrong")), db_number(NOW_MS)));
}

static int rows_of(House *h, const char *statement, Str person)
{
    DbRows rows;
    assert_int_equal(db_query(h->db, h->a, statement, DB_VALUES(db_string(person)), &rows), ERR_OK);
    return rows.count;
}

static void accounts_and_requests_go_and_come_back(void **state)
{
    engine_or_skip();
    House h = house(*state);
    Values nothing = {0};
    Str ada = a_person(&h, (NewPerson){.given = "Ada", .family = "Poll", .unit = "leeds"});
    Str ida = a_person(&h, (NewPerson){.given = "Ida", .family = "Poll", .unit = "hull"});
    assert_int_equal(commanded(&h, LEAF_NONE, run_sign_up, &ida), ERR_OK);
    Doing d = {{S("york"), ada, ida, 1, 1, &nothing, S("Carol Count")}, S("york"), S(""), NOW_MS};
    assert_int_equal(commanded(&h, LEAF_NONE, run_merge, &d), ERR_OK);
    assert_int_equal(rows_of(&h, "account_password_of", ida), 0);
    assert_int_equal(rows_of(&h, "account_password_of", ada), 0);
    assert_int_equal(rows_of(&h, "person_requests_of", ida), 0);
    assert_int_equal(rows_of(&h, "person_requests_of", ada), 1);
    assert_int_equal(commanded(&h, LEAF_NONE, run_undo, &d), ERR_OK);
    assert_int_equal(rows_of(&h, "account_password_of", ida), 1);
    assert_int_equal(rows_of(&h, "account_password_of", ada), 0);
    assert_int_equal(rows_of(&h, "person_requests_of", ida), 1);
    assert_int_equal(rows_of(&h, "person_requests_of", ada), 0);
    house_close(&h);
}

static Err run_change_kept(House *h, Db *db, void *what)
{
    Doing *d = what;
    Values v = {0};
    v.of[COL_LOCALITY] = S("Leeds");
    Hand hand = {.by = S("self"), .reason = S(""), .now = NOW_MS};
    return person_change(db, h->a, d->merge.kept, 0, &v, &hand, NULL);
}

static void what_was_changed_since_is_not_taken_back(void **state)
{
    engine_or_skip();
    House h = house(*state);
    Values nothing = {0};
    Str ada = a_person(&h, (NewPerson){.given = "Ada", .family = "Poll", .unit = "leeds"});
    Str ida = a_person(&h, (NewPerson){.given = "Ida", .family = "Poll", .unit = "hull"});
    Doing d = {{S("york"), ada, ida, 1, 1, &nothing, S("Carol Count")}, S("york"), S(""), NOW_MS};
    assert_int_equal(commanded(&h, LEAF_NONE, run_merge, &d), ERR_OK);
    assert_int_equal(commanded(&h, LEAF_NONE, run_change_kept, &d), ERR_OK);
    assert_int_equal(commanded(&h, LEAF_NONE, run_undo, &d), ERR_CONFLICT);
    assert_int_equal(shown(&h, ada).membership_count, 2);
    house_close(&h);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(those_who_are_alike_are_found),
        arena_test(what_was_looked_at_is_not_asked_again),
        arena_test(two_become_one_and_two_again),
        arena_test(accounts_and_requests_go_and_come_back),
        arena_test(what_was_changed_since_is_not_taken_back),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
