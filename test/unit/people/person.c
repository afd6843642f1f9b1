/* Persons and memberships in the store, on either engine: the argument says which. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "../../../src/people/person.c"

#include "persons.h"

/* ---- adding ---- */

static void all_that_is_given_is_held(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str id = add_person(&p,
        "id=A-1;given_name=Zoë;family_name=Ó "
        "Súilleabháin;born=1980-02-29;email=Zoe@Example.org;phone=+442079460000;phone_other=+442079460001;"
        "address=1 High Street;address_more=Flat 2;locality=Leeds;postcode=LS6 2AB;country=GB;language=en;consent=phone "
        "email;consent_since=2020-01-01",
        "unit=leeds;section=members;class=standard;status=active;status_since=2012-01-03;joined=2012-01-03;recorded=2012-01-04;first_"
        "receipt=2012-01-05;"
        "paid_until=2027-01-01;payer=Z;bank=B;method=card;recruiter=R;mandate=M;signature=S;device=D;declared=2012-01-03",
        NULL);
    assert_int_equal(id.len, 22);
    Person found = person_at(&p, "leeds", id);
    assert_str(found.name, "Zoë Ó Súilleabháin");
    assert_int_equal(found.version, 1);
    assert_int_equal(found.membership_count, 1);
    for (PeopleColumn i = 0; i < COL__COUNT; i++) {
        bool has_value = people_columns[i].of_person ? found.values.of[i].len > 0 : found.memberships[0].values.of[i].len > 0;
        assert_row(has_value == (i != COL_NAME && i != COL_STATUS_REASON), people_columns[i].name);
    }
    assert_str(found.values.of[COL_EMAIL], "Zoe@Example.org");
    assert_str(found.memberships[0].unit_name, "Leeds");
    assert_str(found.memberships[0].values.of[COL_HISTORY], "active 2012-01-03");
    assert_str(found.memberships[0].values.of[COL_DECLARED], "2012-01-03");
    Str by_identifier;
    assert_int_equal(person_by_identifier(p.db, p.a, S("A-1"), &by_identifier), ERR_OK);
    assert_true(str_equal(by_identifier, id));
    assert_int_equal(person_by_identifier(p.db, p.a, S(""), &by_identifier), ERR_MISSING);
    leave(&p);
}

static void an_identifier_and_a_unit_are_checked(void **state)
{
    engine_or_skip();
    Place p = place(state);
    add_person(&p, "id=A-1;name=Ada Mary Poll", "unit=leeds", NULL);
    Adding again = {.person = values_of_text("id=A-1;name=Another One"), .hand = {.by = S("Carol Count")}};
    assert_int_equal(doing(&p, LEAF_NONE, run_adding, &again), ERR_CONFLICT);
    Adding nowhere = {.person = values_of_text("name=Another One"),
        .memberships = {values_of_text("unit=atlantis")},
        .count = 1,
        .hand = {.by = S("Carol Count")}};
    assert_int_equal(doing(&p, LEAF_NONE, run_adding, &nowhere), ERR_INPUT);
    PersonLine *lines = NULL;
    int count = 0;
    assert_int_equal(person_list(p.db, p.a, &(PersonListing){.scope = below("labour"), .most = 10}, &lines, &count), ERR_OK);
    assert_int_equal(count, 1); /* what was refused left nothing */
    assert_non_null(lines);
    if (!lines) return;
    assert_str(lines[0].name, "Ada Mary Poll");
    assert_str(lines[0].key, "poll ada mary");
    leave(&p);
}

static void an_import_leaves_its_id_and_no_change(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Adding x = {.person = values_of_text("name=Ada Poll"),
        .memberships = {values_of_text("unit=leeds")},
        .count = 1,
        .hand = {.by = S("import I1")}};
    assert_int_equal(doing(&p, LEAF_NONE, run_adding, &x), ERR_OK);
    PersonChange *changes = NULL;
    int count = 0;
    assert_int_equal(person_changes(p.db, p.a, scope_all(), x.id, 10, &changes, &count), ERR_OK);
    assert_int_equal(count, 0);
    DbRows rows;
    assert_int_equal(db_one(p.db, p.a, "people_person", DB_VALUES(db_string(x.id), db_string(S(""))), &rows), ERR_OK);
    assert_str(db_text(&rows, "import"), "I1");
    leave(&p);
}

/* ---- scope ---- */

static void outside_the_scope_nobody_exists(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str ada = add_person(&p, "name=Ada Poll;email=same@example.org", "unit=leeds-east;joined=2012-01-03", NULL);
    Str bob = add_person(
        &p, "name=Bob Roll;email=same@example.org", "unit=york;joined=2012-01-03;payer=secret", "unit=leeds;joined=2013-01-03");
    static const struct {
        const char *unit;
        Err ada, bob;
        int bobs; /* memberships seen */
    } rows[] = {{"", ERR_OK, ERR_OK, 2}, {"labour", ERR_OK, ERR_OK, 2}, {"north", ERR_OK, ERR_OK, 1}, {"leeds", ERR_OK, ERR_OK, 1},
        {"leeds-east", ERR_OK, ERR_MISSING, 0}, {"south", ERR_MISSING, ERR_OK, 1}, {"york", ERR_MISSING, ERR_OK, 1},
        {"atlantis", ERR_MISSING, ERR_MISSING, 0}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Str ids[4];
        int found = 0;
        assert_row(finding(&p, rows[i].unit, ada) == rows[i].ada, rows[i].unit);
        assert_row(finding(&p, rows[i].unit, bob) == rows[i].bob, rows[i].unit);
        if (!rows[i].bob) assert_row(person_at(&p, rows[i].unit, bob).membership_count == rows[i].bobs, rows[i].unit);
        assert_int_equal(person_by_email(p.db, p.a, below(rows[i].unit), S(" SAME@example.org "), 4, ids, &found), ERR_OK);
        assert_row(found == !rows[i].ada + !rows[i].bob, rows[i].unit);
    }
    Person in_leeds = person_at(&p, "leeds", bob);
    assert_str(in_leeds.memberships[0].unit, "leeds");
    assert_int_equal(finding(&p, "", S("no such id")), ERR_MISSING);
    leave(&p);
}

/* ---- changing ---- */

typedef struct Changing {
    Str id, membership;
    int64_t version;
    Values values;
    bool changed;
    Str new_id;
} Changing;

static const Hand hand = {.by = S("Ada Poll"), .reason = S("she asked"), .now = 1795367121000};

static Err change_person(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Changing *c = context;
    (void)now, (void)fault;
    return person_change(db, a, c->id, c->version, &c->values, &hand, &c->changed);
}

static Err change_membership(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Changing *c = context;
    (void)now, (void)fault;
    return membership_change(db, a, c->id, c->membership, &c->values, &hand, &c->changed);
}

static Err add_membership(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Changing *c = context;
    (void)now, (void)fault;
    return membership_add(db, a, c->id, &c->values, &hand, &c->new_id);
}

static void a_change_is_versioned_and_logged(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str id = add_person(&p, "name=Ada Poll;email=ada@example.org;locality=Leeds", "unit=leeds", NULL);
    add_person(&p, "id=TAKEN;name=Bob Roll", "unit=leeds", NULL);
    Changing c = {.id = id, .version = 1, .values = values_of_text("email=new@example.org;locality=")};
    assert_int_equal(doing(&p, LEAF_NONE, change_person, &c), ERR_OK);
    assert_true(c.changed);
    Person now = person_at(&p, "leeds", id);
    assert_int_equal(now.version, 2);
    assert_str(now.values.of[COL_EMAIL], "new@example.org");
    assert_str(now.values.of[COL_LOCALITY], "");
    assert_str(now.name, "Ada Poll");                                        /* what was not given stays */
    assert_int_equal(doing(&p, LEAF_NONE, change_person, &c), ERR_CONFLICT); /* version 1 is over */
    c.version = 2;
    assert_int_equal(doing(&p, LEAF_NONE, change_person, &c), ERR_OK);
    assert_false(c.changed); /* the same again changes nothing */
    assert_int_equal(person_at(&p, "leeds", id).version, 2);
    c.values = values_of_text("id=TAKEN");
    assert_int_equal(doing(&p, LEAF_NONE, change_person, &c), ERR_CONFLICT);
    PersonChange *changes = NULL;
    int count = 0;
    assert_int_equal(person_changes(p.db, p.a, below("leeds"), id, 10, &changes, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_non_null(changes);
    if (!changes) return;
    assert_true(changes[0].version == 2 && changes[0].value_count == 2 && changes[0].at == NOW);
    assert_str(changes[0].by, "Ada Poll");
    assert_str(changes[0].reason, "she asked");
    assert_int_equal(changes[0].values[0].column, COL_EMAIL);
    assert_str(changes[0].values[0].was, "ada@example.org");
    assert_str(changes[0].values[0].is, "new@example.org");
    assert_str(changes[0].values[1].was, "Leeds");
    assert_str(changes[0].values[1].is, "");
    assert_str(changes[1].added, "by hand");
    leave(&p);
}

static void a_name_in_one_piece_replaces_both(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str id = add_person(&p, "given_name=Ada;family_name=Poll", "unit=leeds", NULL);
    Changing c = {.id = id, .values = values_of_text("name=Ada Mary Roll")};
    assert_int_equal(doing(&p, LEAF_NONE, change_person, &c), ERR_OK);
    Person now = person_at(&p, "leeds", id);
    assert_str(now.values.of[COL_GIVEN_NAME], "Ada Mary");
    assert_str(now.values.of[COL_FAMILY_NAME], "Roll");
    leave(&p);
}

static void a_status_that_differs_is_a_spell(void **state)
{
    engine_or_skip();
    Place p = place(state);
    static const struct {
        Err err;
        const char *change, *history;
    } rows[] = {
        {ERR_OK, "status=active", "active 2012-01-03"},
        {ERR_OK, "status=lapsed;status_since=2013-01-03;status_reason=unpaid", "active 2012-01-03; lapsed 2013-01-03 unpaid"},
        {ERR_OK, "status=lapsed;status_since=2013-02-03;status_reason=not paid", "active 2012-01-03; lapsed 2013-02-03 not paid"},
        {ERR_OK, "status=active;status_since=2013-02-03;status_reason=not paid",
            "active 2012-01-03; lapsed 2013-02-03 not paid; active 2026-11-22"}, /* a form sends what was there: that is no new date, and no new reason */
        {ERR_INPUT, "status=expelled;status_since=2010-01-01", NULL},
        {ERR_OK, "payer=Aunt", "active 2012-01-03; lapsed 2013-02-03 not paid; active 2026-11-22"},
    };
    Str id = add_person(&p, "name=Ada Poll", "unit=leeds;joined=2012-01-03", NULL);
    Str membership = person_at(&p, "leeds", id).memberships[0].id;
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Changing c = {.id = id, .membership = membership, .values = values_of_text(rows[i].change)};
        assert_row(doing(&p, LEAF_NONE, change_membership, &c) == rows[i].err, rows[i].change);
        if (rows[i].history) assert_same(person_at(&p, "leeds", id).memberships[0].values.of[COL_HISTORY], rows[i].history);
    }
    leave(&p);
}

static void a_history_rules_over_status_and_date(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str id = add_person(&p, "name=Ada Poll", "unit=leeds;joined=2012-01-03", NULL);
    Changing c = {.id = id, .membership = person_at(&p, "leeds", id).memberships[0].id, .values = values_of_text("status=died")};
    c.values.of[COL_HISTORY] = S("active 2012-01-03; lapsed 2013-01-03 unpaid; active 2013-05-01");
    assert_int_equal(doing(&p, LEAF_NONE, change_membership, &c), ERR_OK);
    Membership m = person_at(&p, "leeds", id).memberships[0];
    assert_str(m.values.of[COL_STATUS], "active");
    assert_str(m.values.of[COL_STATUS_SINCE], "2013-05-01");
    assert_int_equal(m.history_count, 3);
    assert_true(m.history[1].status == STATUS_LAPSED && m.history[1].since == day_of(2013, 1, 3));
    assert_str(m.history[1].reason, "unpaid");
    leave(&p);
}

static void a_membership_moves_and_its_log_stays_where_it_was(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str id = add_person(&p, "name=Ada Poll", "unit=leeds", NULL);
    Changing c = {.id = id, .values = values_of_text("unit=york;section=members")};
    assert_int_equal(doing(&p, LEAF_NONE, add_membership, &c), ERR_OK);
    assert_int_equal(person_at(&p, "", id).version, 2);
    c.membership = c.new_id;
    c.values = values_of_text("payer=secret of York");
    assert_int_equal(doing(&p, LEAF_NONE, change_membership, &c), ERR_OK);
    PersonChange *changes;
    int in_york = 0, in_leeds = 0;
    assert_int_equal(person_changes(p.db, p.a, below("leeds"), id, 10, &changes, &in_leeds), ERR_OK);
    assert_int_equal(in_leeds, 1); /* that she was added, and nothing of York */
    assert_int_equal(person_changes(p.db, p.a, below("york"), id, 10, &changes, &in_york), ERR_OK);
    assert_int_equal(in_york, 3);
    c.values = values_of_text("unit=south");
    assert_int_equal(doing(&p, LEAF_NONE, change_membership, &c), ERR_OK);
    assert_int_equal(finding(&p, "york", id), ERR_MISSING);
    assert_int_equal(finding(&p, "south", id), ERR_OK);
    c.values = values_of_text("unit=atlantis");
    assert_int_equal(doing(&p, LEAF_NONE, change_membership, &c), ERR_INPUT);
    c.membership = S("no such membership");
    assert_int_equal(doing(&p, LEAF_NONE, change_membership, &c), ERR_MISSING);
    leave(&p);
}

/* ---- lists ---- */

enum { PEOPLE = 60 };

static void fill(Place *p)
{
    static const char *const units[] = {"leeds", "leeds-east", "york"}, *const statuses[] = {"active", "lapsed"};
    static const char *const families[] = {"Ärm", "arm", "Bell", "de Zoo"};
    for (int i = 0; i < PEOPLE; i++) {
        char person[80], membership[80];
        snprintf(person, sizeof person, "given_name=%c;family_name=%s%c", 'A' + i % 7, families[i % 4], 'a' + i % 5);
        snprintf(
            membership, sizeof membership, "unit=%s;status=%s;section=%s", units[i % 3], statuses[i % 2], i % 5 ? "members" : "affiliates");
        add_person(p, person, membership, i % 10 ? NULL : "unit=leeds;status=active;section=members");
    }
}

/* All pages of a list in one, by the way that is asked for. */
static int walk(Place *p, PersonListing l, bool many, PersonLine *out)
{
    int count = 0;
    for (;;) {
        DbRows rows;
        assert_int_equal(query_list(p->db, p->a, &l, many, &rows), ERR_OK);
        if (!rows.count || !rows.values) return count;
        while (db_next(&rows)) {
            assert_true(count < PEOPLE);
            out[count++] = (PersonLine){.id = db_text(&rows, "id"), .number = db_i64(&rows, "number"), .key = db_text(&rows, "name_key")};
        }
        l.after_key = out[count - 1].key;
        l.after = out[count - 1].number;
    }
}

static bool in_order(const PersonLine *one, const PersonLine *other, bool newest)
{
    int order = str_compare(one->key, other->key);
    return newest ? one->number > other->number : order < 0 || (order == 0 && one->number < other->number);
}

static void lists_are_whole_and_in_order_both_ways(void **state)
{
    engine_or_skip();
    Place p = place(state);
    fill(&p);
    static const struct {
        const char *unit, *status, *section;
        int count;
    } rows[] = {{"labour", "", "", 60}, {"north", "", "", 42}, {"leeds", "lapsed", "", 20}, {"york", "", "affiliates", 4},
        {"york", "active", "members", 8}, {"south", "died", "", 0}};
    for (int i = 0; i < COUNT_OF(rows); i++)
        for (int newest = 0; newest < 2; newest++) {
            PersonLine few[PEOPLE] = {0}, many[PEOPLE] = {0};
            PersonListing l = {.scope = below(rows[i].unit),
                .status = str_from_c(rows[i].status),
                .section = str_from_c(rows[i].section),
                .newest = newest,
                .most = 7};
            int count = walk(&p, l, false, few), others = walk(&p, l, true, many);
            assert_int_equal(count, others);
            assert_row(count == rows[i].count, rows[i].unit);
            for (int k = 0; k < count; k++) {
                assert_true(str_equal(few[k].id, many[k].id));
                assert_true(!k || in_order(&few[k - 1], &few[k], newest));
            }
        }
    leave(&p);
}

/* ---- erasing ---- */

static Err erase(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    (void)now, (void)fault;
    return person_erase(db, a, *(Str *)context, &hand);
}

static int64_t rows_about(Place *p, Str id)
{
    DbRows rows;
    int64_t found = 0;
    static const char *const statements[] = {"people_memberships", "people_changes", "people_roles_of", "people_person"};
    for (int i = 0; i < COUNT_OF(statements); i++) {
        DbValue second = i == 0 || i == 3 ? db_string(S("")) : db_number(100);
        assert_int_equal(db_query(p->db, p->a, statements[i], DB_VALUES(db_string(id), second), &rows), ERR_OK);
        found += rows.count;
    }
    return found;
}

static void who_is_erased_leaves_nothing(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str first = add_person(&p, "name=Ada Poll;email=a@example.org", "unit=leeds", NULL), merged_into = S("?");
    Person gone;
    assert_int_equal(rows_about(&p, first), 3);
    assert_int_equal(doing(&p, LEAF_NONE, erase, &first), ERR_OK);
    assert_int_equal(rows_about(&p, first), 0);
    assert_int_equal(person_find(p.db, p.a, scope_all(), first, &gone, &merged_into), ERR_MISSING);
    assert_str(merged_into, "");
    assert_int_equal(doing(&p, LEAF_NONE, erase, &first), ERR_MISSING);
    Str second = add_person(&p, "name=Bob Roll", "unit=leeds", NULL);
    DbRows rows;
    assert_int_equal(db_one(p.db, p.a, "people_person", DB_VALUES(db_string(second), db_string(S(""))), &rows), ERR_OK);
    assert_int_equal(db_i64(&rows, "number"), 2); /* 1 was hers and is nobody's again */
    leave(&p);
}

/* ---- histories as text ---- */

static void histories_are_read_as_they_are_written(void **state)
{
    static const struct {
        const char *text, *again; /* NULL: refused */
    } rows[] = {
        {"active 2012-01-03; lapsed 2013-01-03 unpaid; active 2013-05-01",
            "active 2012-01-03; lapsed 2013-01-03 unpaid; active 2013-05-01"},
        {" Current 2012-01-03 ;; expired - ", "active 2012-01-03; lapsed -"},
        {"active", "active -"},
        {"active by transfer", "active - by transfer"},
        {"", ""},
        {"lapsed 2013-01-03; active 2012-01-03", NULL},
        {"lapsed 2013-01-03; suspended -; active 2012-01-03", NULL},
        {"dancing 2012-01-03", NULL},
        {"2012-01-03 active", NULL},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Spell *spells;
        int count;
        const char *expected = NULL;
        bool good = spells_read(*state, str_from_c(rows[i].text), &spells, &count, &expected);
        assert_row(good == (rows[i].again != NULL) && (good || expected), rows[i].text);
        if (good) assert_same(spells_write(*state, spells, count), rows[i].again);
    }
    char many[65 * 8 + 1] = "";
    for (int i = 0; i < 65; i++) snprintf(many + i * 8, 9, "active; ");
    Spell *spells;
    int count;
    const char *expected;
    assert_false(spells_read(*state, str_from_c(many), &spells, &count, &expected));
    Spell one = {.status = STATUS_LAPSED, .since = DAY_NONE, .reason = S("a; b")};
    assert_str(spells_write(*state, &one, 1), "lapsed - a, b"); /* a semicolon would end it */
}

static void memberships_are_settled(void **state)
{
    static const struct {
        const char *given, *status, *since, *history;
    } rows[] = {
        {"joined=2012-01-03", "active", "2012-01-03", "active 2012-01-03"},
        {"status=lapsed;status_since=2013-01-03;joined=2012-01-03", "lapsed", "2013-01-03", "active 2012-01-03; lapsed 2013-01-03"},
        {"status=lapsed;joined=2012-01-03", "lapsed", "", "active 2012-01-03; lapsed -"},
        {"status=lapsed;status_since=2011-01-03;joined=2012-01-03", "lapsed", "2011-01-03", "lapsed 2011-01-03"},
        {"status=applied;joined=2012-01-03", "applied", "", "applied -"},
        {"status=active;status_since=2013-01-03;joined=2012-01-03", "active", "2013-01-03", "active 2013-01-03"},
        {"history=active 2012-01-03", "active", "2012-01-03", "active 2012-01-03"},
        {"", "active", "", "active -"},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Values v = values_of_text(rows[i].given);
        membership_settle(*state, &v);
        assert_same(v.of[COL_STATUS], rows[i].status);
        assert_same(v.of[COL_STATUS_SINCE], rows[i].since);
        assert_same(v.of[COL_HISTORY], rows[i].history);
    }
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {arena_test(all_that_is_given_is_held), arena_test(an_identifier_and_a_unit_are_checked),
        arena_test(an_import_leaves_its_id_and_no_change), arena_test(outside_the_scope_nobody_exists),
        arena_test(a_change_is_versioned_and_logged), arena_test(a_name_in_one_piece_replaces_both),
        arena_test(a_status_that_differs_is_a_spell), arena_test(a_history_rules_over_status_and_date),
        arena_test(a_membership_moves_and_its_log_stays_where_it_was), arena_test(lists_are_whole_and_in_order_both_ways),
        arena_test(who_is_erased_leaves_nothing), arena_test(histories_are_read_as_they_are_written), arena_test(memberships_are_settled)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
