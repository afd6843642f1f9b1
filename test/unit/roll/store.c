/* Rolls in a store of either engine: drafts, the freeze and what cuts it off, proofs, corrections, challenges, and two officers.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "db/stores.h"

#include "people/unit.h"
#include "record/record.h"
#include "roll/worker.h"

#define ADA ((Officer){.name = S("Ada Poll"), .role = S("returning officer of Leeds")})
#define BEA ((Officer){.name = S("Bea Count"), .role = S("returning officer of Leeds")})
static const int64_t NOW = INT64_C(1426000000000); /* March 2015 */

typedef struct Desk {
    Arena *a;
    Store *store;
    Db *db;
    Str *persons;
    int count;
    Fault fault;
} Desk;

/* ---- commands from functions ---- */

typedef struct Doing {
    Desk *d;
    Err (*what)(Desk *d, Db *db, Command *c, void *context);
    void *context;
} Doing;

static Err run_doing(Db *db, Command *c)
{
    const Doing *doing = c->input;
    return doing->what(doing->d, db, c, doing->context);
}

static Err do_it(Desk *d, Err (*what)(Desk *, Db *, Command *, void *), void *context)
{
    Doing doing = {d, what, context};
    Command c = {.name = "test", .leaf = LEAF_MAYBE, .run = run_doing, .input = &doing, .arena = d->a, .now = NOW};
    Err e = store_run(d->store, &c);
    d->fault = c.fault;
    if (e == ERR_INPUT || e == ERR_IO) print_message("%.*s\n", STR_ARG(fault_text(d->a, &c.fault)));
    return e;
}

static Err make_units(Desk *d, Db *db, Command *c, void *context)
{
    (void)context;
    Unit leeds = {.slug = S("leeds"), .name = S("Leeds"), .kind = S("branch")},
         york = {.slug = S("york"), .name = S("York"), .kind = S("branch"), .above = S("leeds")},
         hull = {.slug = S("hull"), .name = S("Hull"), .kind = S("branch")};
    Err e = unit_add(db, d->a, &leeds, ADA, c->now, &c->fault);
    if (!e) e = unit_add(db, d->a, &york, ADA, c->now, &c->fault);
    return e ? e : unit_add(db, d->a, &hull, ADA, c->now, &c->fault);
}

/* Every seventh joined late; the last one belongs elsewhere. */
static Err make_persons(Desk *d, Db *db, Command *c, void *context)
{
    (void)context;
    Hand hand = {S("test"), S(""), c->now};
    for (int i = 0; i < d->count; i++) {
        Values *person = arena_new(d->a, Values, 1), *membership = arena_new(d->a, Values, 1);
        person->of[COL_GIVEN_NAME] = str_format(d->a, "Given%d", i);
        person->of[COL_FAMILY_NAME] = str_format(d->a, "Family%d", i);
        membership->of[COL_UNIT] = i == d->count - 1 ? S("hull") : i % 3 ? S("leeds") : S("york");
        membership->of[COL_SECTION] = S("members");
        membership->of[COL_STATUS] = S("active");
        membership->of[COL_JOINED] = i % 7 ? S("2012-01-03") : S("2014-01-01");
        membership_settle(d->a, membership);
        Err e = person_add(db, d->a, person, membership, 1, &hand, &d->persons[i]);
        if (e) return e;
        d->persons[i] = str_copy(d->a, d->persons[i]);
    }
    return ERR_OK;
}

static RollRules rules_of(Arena *a, const char *json)
{
    RollRules rules;
    Fault fault = {0};
    assert_int_equal(rules_read(a, str_from_c(json), &rules, &fault), ERR_OK);
    return rules;
}

static Err make_roll(Desk *d, Db *db, Command *c, void *context)
{
    RollRules rules = rules_of(d->a, context);
    return roll_add(db, d->a, S("leeds"), S("leeds-2013"), S("Selection 2013"), &rules, c->now, &c->fault);
}

static Desk open_desk(Arena *a, int count)
{
    Desk d = {.a = a, .store = open_at(a, fresh_url(a)), .count = count, .persons = arena_new(a, Str, (size_t)count)};
    d.db = reader(d.store);
    assert_int_equal(do_it(&d, make_units, NULL), ERR_OK);
    assert_int_equal(do_it(&d, make_persons, NULL), ERR_OK);
    char rules[] = "{\"freeze\":\"2013-03-12\",\"months\":6}";
    assert_int_equal(do_it(&d, make_roll, rules), ERR_OK);
    return d;
}

static void close_desk(Desk *d)
{
    db_close(d->db);
    store_close(d->store);
}

static Roll roll_now(Desk *d)
{
    Roll roll;
    assert_int_equal(roll_find(d->db, d->a, S("leeds-2013"), &roll), ERR_OK);
    return roll;
}

static Err ask_freeze(Desk *d, Db *db, Command *c, void *context)
{
    (void)context;
    Roll roll = roll_now(d);
    return roll_freeze_ask(db, c->arena, &roll, ADA, c->now, &c->fault);
}

static bool work(Desk *d, bool alone)
{
    bool found = false;
    Fault fault = {0};
    if (roll_work(d->store, d->db, d->a, alone, &found, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return found;
}

static int64_t leaves(Desk *d)
{
    int64_t size;
    assert_int_equal(record_size(d->db, d->a, &size), ERR_OK);
    return size;
}

static Leaf newest(Desk *d)
{
    Leaf leaf;
    assert_int_equal(record_leaf(d->db, d->a, leaves(d) - 1, &leaf, NULL), ERR_OK);
    return leaf;
}

static bool should_stand(const Desk *d, int i)
{
    return i % 7 != 0 && i != d->count - 1;
}

static RollStanding standing(Desk *d, int i)
{
    Roll roll = roll_now(d);
    RollStanding s;
    assert_int_equal(roll_standing(d->db, d->a, &roll, d->persons[i], &s), ERR_OK);
    return s;
}

static void freeze(Desk *d)
{
    assert_int_equal(do_it(d, ask_freeze, NULL), ERR_OK);
    assert_true(work(d, true));
    assert_true(work(d, true)); /* the audit of it */
    assert_false(work(d, true));
}

/* ---- the tests ---- */

static void everybody_has_her_proof(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state, 700);
    int64_t before = leaves(&d);
    freeze(&d);
    assert_int_equal(leaves(&d), before + 1);
    Roll roll = roll_now(&d);
    RollVersion version;
    RollPublished published;
    Fault fault = {0};
    assert_str(roll.state, "frozen");
    assert_int_equal(roll.version, 1);
    assert_int_equal(roll_version_find(d.db, d.a, &roll, 1, &version), ERR_OK);
    assert_int_equal(roll_published_read(d.a, version.published, &published, &fault), ERR_OK);
    assert_int_equal(published.memberships, d.count - 1); /* hull is another unit */
    int on = 0;
    for (int i = 0; i < d.count; i++) {
        RollStanding s = standing(&d, i);
        RollProof proof, again;
        on += s.count;
        assert_int_equal(s.count, should_stand(&d, i));
        if (!s.count) continue;
        assert_int_equal(roll_prove(d.db, d.a, &roll, &version, s.numbers[0], &proof), ERR_OK);
        assert_int_equal(roll_proof_read(d.a, roll_proof_text(d.a, &proof), &again, &fault), ERR_OK);
        assert_int_equal(roll_proof_check(d.a, &again, &published, &fault), ERR_OK);
        assert_same_str(view_str(view_get(again.fields, S("person"))), d.persons[i]);
    }
    assert_int_equal(on, published.count);
    Str hashes;
    assert_int_equal(roll_hashes(d.db, d.a, &roll, &version, &hashes), ERR_OK);
    assert_int_equal(roll_check(d.a, &published, hashes, (Str){0}, &fault), ERR_OK);
    Leaf leaf = newest(&d);
    assert_str(leaf.kind, "roll.frozen");
    assert_int_equal(leaf.number, version.leaf);
    Sha256 digest = sha256(version.published);
    assert_true(hash_equal(&leaf.files[0].digest, &digest));
    for (int i = 0; i < d.count; i++) assert_false(has(leaf.entry, str_c(d.a, d.persons[i])));
    assert_int_equal(do_it(&d, ask_freeze, NULL), ERR_CONFLICT);
    close_desk(&d);
}

static Err rules_now(Desk *d, Db *db, Command *c, void *context)
{
    (void)context;
    Roll roll = roll_now(d);
    RollRules rules = rules_of(d->a, "{\"freeze\":\"2013-01-01\"}");
    return roll_change(db, c->arena, &roll, S("Another title"), &rules, c->now, &c->fault);
}

static Err drop_now(Desk *d, Db *db, Command *c, void *context)
{
    (void)context;
    Roll roll = roll_now(d);
    return roll_drop(db, c->arena, &roll, c->now, &c->fault);
}

static void a_draft_changes_and_a_frozen_roll_does_not(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state, 20);
    assert_int_equal(do_it(&d, rules_now, NULL), ERR_OK);
    assert_str(roll_now(&d).title, "Another title");
    assert_int_equal(do_it(&d, ask_freeze, NULL), ERR_OK);
    assert_int_equal(do_it(&d, rules_now, NULL), ERR_CONFLICT); /* being frozen */
    assert_int_equal(do_it(&d, ask_freeze, NULL), ERR_CONFLICT);
    assert_true(work(&d, true));
    assert_int_equal(do_it(&d, rules_now, NULL), ERR_CONFLICT);
    assert_int_equal(do_it(&d, drop_now, NULL), ERR_CONFLICT);
    char rules[] = "{\"freeze\":\"2013-03-12\"}";
    assert_int_equal(do_it(&d, make_roll, rules), ERR_CONFLICT); /* its address is taken */
    close_desk(&d);
}

/* What a worker that was killed leaves: its token, and some of what it wrote. */
static Err leave_half(Desk *d, Db *db, Command *c, void *context)
{
    (void)d, (void)context;
    Err e = db_run(db, "roll_job_take",
        DB_VALUES(db_string(S("leeds")), db_string(S("leeds-2013")), db_string(S("")), db_string(S("dead")), db_number(c->now)));
    for (int64_t page = 0; page < 200 && !e; page++) {
        e = db_run(db, "roll_page_add",
            DB_VALUES(db_string(S("leeds")), db_string(S("leeds-2013")), db_number(1), db_number(page), db_bytes(S("half\n"))));
        if (!e)
            e = db_run(db, "roll_tile_add",
                DB_VALUES(
                    db_string(S("leeds")), db_string(S("leeds-2013")), db_number(1), db_number(0), db_number(page), db_bytes(S("half"))));
    }
    return e ? e
             : db_run(db, "roll_finder_add",
                   DB_VALUES(db_string(S("leeds")), db_string(S("leeds-2013")), db_number(1), db_string(S("a")), db_bytes(S("x"))));
}

static void a_freeze_that_was_cut_off_leaves_a_draft(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state, 50);
    RollJob job;
    DbRows rows;
    assert_int_equal(do_it(&d, ask_freeze, NULL), ERR_OK);
    assert_int_equal(do_it(&d, leave_half, NULL), ERR_OK);
    int64_t before = leaves(&d);
    assert_false(work(&d, true));
    Roll roll = roll_now(&d);
    assert_str(roll.state, "draft");
    assert_int_equal(roll_job_find(d.db, d.a, &roll, &job), ERR_MISSING);
    assert_int_equal(leaves(&d), before);
    assert_int_equal(db_one(d.db, d.a, "roll_page_one",
                         DB_VALUES(db_string(S("leeds")), db_string(S("leeds-2013")), db_number(1), db_number(199)), &rows),
        ERR_MISSING);
    freeze(&d);
    assert_int_equal(standing(&d, 1).count, 1);
    close_desk(&d);
}

/* ---- corrections ---- */

typedef struct Ask {
    RollCorrection c;
    int64_t number;
} Ask;

static Err correct(Desk *d, Db *db, Command *c, void *context)
{
    Ask *ask = context;
    Roll roll = roll_now(d);
    return roll_correct(db, c->arena, &roll, &ask->c, ADA, c->now, &ask->number, &c->fault);
}

static Err try_correct(Desk *d, int person, CorrectionKind kind, const char *section, const char *reason)
{
    Ask ask = {.c = {.person = d->persons[person], .kind = kind, .section = str_from_c(section), .reason = str_from_c(reason)}};
    return do_it(d, correct, &ask);
}

static void corrections_are_in_force_and_name_nobody(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state, 50);
    assert_int_equal(try_correct(&d, 1, CORRECTION_OFF, "", "a ruling"), ERR_CONFLICT); /* a draft */
    freeze(&d);
    int64_t before = leaves(&d);
    assert_int_equal(try_correct(&d, 7, CORRECTION_ADD, "", "her form was lost in the office"), ERR_OK);
    Leaf leaf = newest(&d);
    assert_str(leaf.kind, "roll.corrected");
    assert_str(leaf.reason, "her form was lost in the office");
    assert_false(has(leaf.entry, "Family7") || has(leaf.entry, str_c(d.a, d.persons[7])));
    assert_int_equal(standing(&d, 7).count, 1);
    assert_str(standing(&d, 7).places[0].section, "members");
    assert_int_equal(try_correct(&d, 7, CORRECTION_ADD, "", "again"), ERR_CONFLICT);
    assert_int_equal(try_correct(&d, 1, CORRECTION_OFF, "", "she resigned before the date"), ERR_OK);
    assert_int_equal(standing(&d, 1).count, 0);
    assert_int_equal(standing(&d, 1).number_count, 1);
    assert_int_equal(try_correct(&d, 1, CORRECTION_SECTION, "affiliates", "why"), ERR_CONFLICT);
    assert_int_equal(try_correct(&d, 2, CORRECTION_SECTION, "affiliates", "she chose it"), ERR_OK);
    assert_str(standing(&d, 2).places[0].section, "affiliates");
    assert_int_equal(try_correct(&d, 2, CORRECTION_SECTION, "affiliates", "again"), ERR_CONFLICT);
    assert_int_equal(try_correct(&d, 3, CORRECTION_OFF, "", "because FAMILY3 asked"), ERR_INPUT);
    assert_int_equal(try_correct(&d, d.count - 1, CORRECTION_ADD, "", "of another unit"), ERR_MISSING);
    assert_int_equal(leaves(&d), before + 3);
    Roll roll = roll_now(&d);
    RollVersion version;
    int64_t in_force, corrections;
    assert_int_equal(roll_version_find(d.db, d.a, &roll, 1, &version), ERR_OK);
    assert_int_equal(roll_in_force(d.db, d.a, &roll, &in_force, &corrections), ERR_OK);
    assert_int_equal(in_force, version.count);
    assert_int_equal(corrections, 3);
    RollCorrection *all;
    int count;
    assert_int_equal(roll_corrections(d.db, d.a, &roll, &all, &count), ERR_OK);
    for (int i = 0; i < count; i++) {
        Sha256 hash = tree_leaf(all[i].entry);
        assert_int_equal(record_leaf(d.db, d.a, all[i].leaf, &leaf, NULL), ERR_OK);
        assert_true(hash_equal(&hash, &all[i].hash));
        assert_same_str(view_str(view_get(leaf.data, S("commitment"))), sha256_hex(d.a, hash));
    }
    close_desk(&d);
}

/* ---- challenges ---- */

static Err challenge(Desk *d, Db *db, Command *c, void *context)
{
    Roll roll = roll_now(d);
    return roll_challenge(db, c->arena, &roll, d->persons[*(int *)context], S("I joined in 2011."), c->now, &c->fault);
}

static Err answer(Desk *d, Db *db, Command *c, void *context)
{
    Roll roll = roll_now(d);
    return roll_challenge_answer(db, c->arena, &roll, *(Str *)context, S("Your form says 2014."), ADA, 0, c->now, &c->fault);
}

static void a_challenge_waits_and_is_answered_once(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state, 20);
    int who = 7, other = d.count - 1;
    assert_int_equal(do_it(&d, challenge, &who), ERR_MISSING); /* a draft is nobody's to know */
    freeze(&d);
    assert_int_equal(do_it(&d, challenge, &other), ERR_MISSING);
    for (int i = 0; i < CHALLENGES_A_MONTH; i++) {
        RollChallenge *all;
        int count;
        Roll roll = roll_now(&d);
        assert_int_equal(do_it(&d, challenge, &who), ERR_OK);
        assert_int_equal(do_it(&d, challenge, &who), ERR_CONFLICT);
        assert_int_equal(roll_challenges(d.db, d.a, &roll, &all, &count), ERR_OK);
        assert_int_equal(count, i + 1);
        assert_int_equal(all[0].answered, 0);
        assert_int_equal(do_it(&d, answer, &all[0].id), ERR_OK);
        assert_int_equal(do_it(&d, answer, &all[0].id), ERR_CONFLICT);
    }
    assert_int_equal(do_it(&d, challenge, &who), ERR_CONFLICT);
    close_desk(&d);
}

/* ---- two officers ---- */

typedef struct Move {
    const char *day;
    Str id, person;
} Move;

static Err propose(Desk *d, Db *db, Command *c, void *context)
{
    Move *m = context;
    Roll roll = roll_now(d);
    Day day;
    assert_true(day_read(str_from_c(m->day), &day));
    RollProposal p = {
        .kind = S("move"), .day = day, .reason = S("to let late forms count"), .person = m->person, .gained = 7, .lost = 0, .would = 50};
    return roll_propose(db, c->arena, &roll, &p, ADA, c->now, &m->id, &c->fault);
}

static Err confirm(Desk *d, Db *db, Command *c, void *context)
{
    const Move *m = context;
    Roll roll = roll_now(d);
    return roll_confirm(db, c->arena, &roll, m->id, m->person, BEA, c->now, &c->fault);
}

static Err withdraw(Desk *d, Db *db, Command *c, void *context)
{
    const Move *m = context;
    Roll roll = roll_now(d);
    return roll_withdraw(db, c->arena, &roll, m->id, m->person, BEA, c->now, &c->fault);
}

static void a_freeze_date_moves_by_two_officers(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state, 50);
    Move m = {.day = "2014-12-31", .person = d.persons[0]};
    assert_int_equal(do_it(&d, propose, &m), ERR_CONFLICT); /* a draft */
    freeze(&d);
    assert_int_equal(try_correct(&d, 2, CORRECTION_OFF, "", "a ruling"), ERR_OK);
    RollVersion first;
    Roll roll = roll_now(&d);
    assert_int_equal(roll_version_find(d.db, d.a, &roll, 1, &first), ERR_OK);
    Move later = {.day = "2015-03-12", .person = d.persons[0]};
    assert_int_equal(do_it(&d, propose, &later), ERR_CONFLICT); /* two days from now */
    assert_int_equal(do_it(&d, propose, &m), ERR_OK);
    m.id = str_copy(d.a, m.id);
    Leaf leaf = newest(&d);
    assert_str(leaf.kind, "roll.proposed");
    assert_int_equal(view_i64(view_get(leaf.data, S("gained"))), 7);
    assert_int_equal(do_it(&d, propose, &m), ERR_CONFLICT); /* one at a time */
    Roll held = roll_now(&d);
    RollProposal *all;
    int count;
    assert_int_equal(roll_proposals(d.db, d.a, &held, &all, &count), ERR_OK);
    m.id = all[0].id;
    assert_int_equal(do_it(&d, confirm, &m), ERR_DENIED); /* the same person */
    m.person = d.persons[1];
    assert_int_equal(do_it(&d, withdraw, &m), ERR_OK);
    assert_int_equal(do_it(&d, confirm, &m), ERR_CONFLICT);
    m.person = d.persons[0];
    assert_int_equal(do_it(&d, propose, &m), ERR_OK);
    m.id = str_copy(d.a, m.id);
    m.person = d.persons[1];
    assert_int_equal(do_it(&d, confirm, &m), ERR_OK);
    assert_int_equal(do_it(&d, confirm, &m), ERR_CONFLICT);
    assert_int_equal(roll_now(&d).version, 1);
    int64_t before = leaves(&d);
    assert_true(work(&d, true));
    assert_int_equal(leaves(&d), before + 2);
    assert_int_equal(record_leaf(d.db, d.a, before, &leaf, NULL), ERR_OK);
    assert_str(leaf.kind, "roll.moved");
    assert_str(leaf.by.name, "Bea Count");
    assert_str(newest(&d).kind, "roll.frozen");
    roll = roll_now(&d);
    assert_int_equal(roll.version, 2);
    assert_str(day_iso(d.a, roll.rules.freeze), "2014-12-31");
    RollVersion old;
    RollStanding s = standing(&d, 7);
    assert_int_equal(s.count, 1);               /* by the new date */
    assert_int_equal(standing(&d, 2).count, 0); /* the correction stands */
    assert_int_equal(roll_version_find(d.db, d.a, &roll, 1, &old), ERR_OK);
    assert_true(hash_equal(&old.root, &first.root));
    close_desk(&d);
}

static Err release(Desk *d, Db *db, Command *c, void *context)
{
    (void)context;
    Roll roll = roll_now(d);
    return roll_release(db, c->arena, &roll, S("selection-2013"), ADA, c->now, &c->fault);
}

static void a_released_roll_moves_no_more(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state, 20);
    assert_int_equal(do_it(&d, release, NULL), ERR_CONFLICT); /* a draft */
    freeze(&d);
    assert_int_equal(do_it(&d, release, NULL), ERR_OK);
    assert_str(newest(&d).kind, "roll.released");
    assert_int_equal(do_it(&d, release, NULL), ERR_CONFLICT);
    Move m = {.day = "2014-12-31", .person = d.persons[0]};
    assert_int_equal(do_it(&d, propose, &m), ERR_CONFLICT);
    assert_int_equal(try_correct(&d, 1, CORRECTION_OFF, "", "a ruling"), ERR_OK);
    close_desk(&d);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(everybody_has_her_proof),
        arena_test(a_draft_changes_and_a_frozen_roll_does_not),
        arena_test(a_freeze_that_was_cut_off_leaves_a_draft),
        arena_test(corrections_are_in_force_and_name_nobody),
        arena_test(a_challenge_waits_and_is_answered_once),
        arena_test(a_freeze_date_moves_by_two_officers),
        arena_test(a_released_roll_moves_no_more),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
