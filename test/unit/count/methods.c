/* One small contest for each rule of each method. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest.h"

#define AV "[rules]\nmethod = alternative-vote\n"

static void a_majority_ends_the_count(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "av-2011", contest(a, "A B C", "6:A 3:B 2:C"), (CountOptions){0});
    assert_int_equal(r->stage_count, 1);
    assert_str(elected_of(a, r), "A");
    r = count_with(a, "av-2011", contest(a, "A B C", "5:A 3:B 2:C>B"), (CountOptions){0});
    assert_int_equal(r->stage_count, 2); /* exactly half is not more than all the others */
    assert_str(elected_of(a, r), "A");   /* 5 to 5, and A had more first preferences */
    assert_int_equal(r->stages[1].tie->decided_stage, 1);
    assert_int_equal(r->stages[1].tie->how, TIE_STEP_FORWARD);
    r = count_with(a, "av-2011", contest(a, "A B", "5:A 5:B"), (CountOptions){0});
    assert_non_null(r->open); /* nothing tells them apart: a lot, and no seed */
    assert_str(elected_of(a, r), "");
}

static void papers_pass_on_and_run_out(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "av-2011", contest(a, "A B C D", "7:A 6:B 4:C>D>B 2:D 1:D>C"), (CountOptions){0});
    assert_str(tally_of(a, r, 1), "A 7 B 6 C 4 D 3");
    assert_str(tally_of(a, r, 2), "A 7 B 6 C 5");
    assert_int_equal(r->stages[1].not_reallocated, 2);
    assert_str(tally_of(a, r, 3), "A 7 B 10");
    assert_int_equal(r->stages[2].not_reallocated, 3);
    assert_str(elected_of(a, r), "B");
    assert_int_equal(r->stages[1].transfers[0].to, 1);
    assert_int_equal(r->stages[1].transfers[0].votes, 4);
    assert_int_equal(r->stages[1].transfers[1].to, TO_NOT_REALLOCATED);
}

static void elimination_ties(void **state)
{
    Arena *a = *state;
    /* At stage 3 B and C have 5 each; B had fewer first preferences (3 to 4), C fewer at stage 2. */
    const char *papers = "9:A 3:B 4:C 1:D>B 1:E>B 1:E>C";
    Result *r = count_with(a, AV "[ties]\nexclude = forward\n", contest(a, "A B C D E", papers), (CountOptions){0});
    assert_str(names_of(a, r, r->eliminated, r->eliminated_count), "D E B");
    assert_int_equal(r->stages[2].tie->decided_stage, 1);
    r = count_with(a, AV "[ties]\nexclude = backward\n", contest(a, "A B C D E", "9:A 3:B 4:C 2:D>B 1:E>B"), (CountOptions){0});
    assert_str(names_of(a, r, r->eliminated, r->eliminated_count), "E D C");
}

static void a_lot_can_be_checked_by_hand(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "A B C", "2:A 2:B 2:C");
    Result *open = count_with(a, "av-2011", p, (CountOptions){0});
    assert_non_null(open->open);
    assert_int_equal(open->elected_count, 0);
    /* printf 'dice 1 2 3\n1\nA' | sha256sum, and B, C: the smallest goes out. */
    Result *r = count_with(a, "av-2011", p, (CountOptions){.seed = S("dice 1 2 3")});
    Str smallest = {0};
    int out = -1;
    for (int c = 0; c < 3; c++) {
        Str key = sha256_hex(a, sha256(str_format(a, "dice 1 2 3\n1\n%c", 'A' + c)));
        if (out < 0 || str_compare(key, smallest) < 0) {
            smallest = key;
            out = c;
        }
    }
    assert_int_equal(r->eliminated[0], out);
    assert_true(r->lot_drawn);
    assert_int_equal(r->stages[0].tie->how, TIE_STEP_LOT);
}

static void a_given_order_settles(void **state)
{
    Arena *a = *state;
    Str order[] = {S("B"), S("C"), S("A")};
    Papers *p = contest(a, "A B C", "2:A 2:B 2:C");
    Result *r = count_with(a, AV "[ties]\nexclude = ask\nelect = order\n", p, (CountOptions){.tie_order = order, .tie_order_count = 3});
    assert_str(elected_of(a, r), "B");
    assert_str(names_of(a, r, r->eliminated, r->eliminated_count), "A");
    r = count_with(a, AV "[ties]\nexclude = order\n", p, (CountOptions){.tie_order = order, .tie_order_count = 2});
    assert_non_null(r->open);
}

static void batches_and_last_two(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, AV "[count]\nbatch_elimination = yes\n", contest(a, "A B C D E", "20:A 19:B 8:C 3:D 2:E"), (CountOptions){0});
    assert_str(names_of(a, r, r->eliminated, r->eliminated_count), "E D C");
    assert_int_equal(r->stage_count, 2);
    r = count_with(a, AV "[count]\nstop = last-two\n", contest(a, "A B C", "9:A 2:B 1:C"), (CountOptions){0});
    assert_int_equal(r->stage_count, 2);
    r = count_with(a, AV "[count]\nstop = first-stage\n", contest(a, "A B C", "4:A 3:B 3:C>B"), (CountOptions){0});
    assert_str(elected_of(a, r), "A");
    r = count_with(a, AV "[count]\nwrite_ins = W\n", contest(a, "W A B", "9:W>B 3:A 2:B"), (CountOptions){0});
    assert_str(elected_of(a, r), "B");
    assert_str(tally_of(a, r, 2), "A 3 B 11");
}

static void withdrawal_is_like_never_ranked(void **state)
{
    Arena *a = *state;
    Papers *with = contest(a, "A B C", "4:A>B 3:B>A 2:C>B>A"), *without = contest(a, "A B C", "4:A>B 3:B>A 2:B>A");
    with->candidates[2].withdrawn = true;
    Result *r = count_with(a, "av-2011", with, (CountOptions){0}), *same = count_with(a, "av-2011", without, (CountOptions){0});
    assert_str(tally_of(a, r, 1), "A 4 B 5");
    assert_same_str(elected_of(a, r), elected_of(a, same));
    assert_int_equal(r->place[2], 0);
}

/* Two thirds of 1/3 each: re-based to those who continue, at every stage. */
static void a_college_is_rebased(void **state)
{
    Arena *a = *state;
    const char *rules = "[rules]\nmethod = college\n[sections]\nX = 1/2\nY = 1/2\n[ties]\nexclude = forward\n";
    Papers *p = contest(a, "A B C", "X/2:A X/1:B X/1:C Y/30:A Y/50:B Y/20:C>B");
    Result *r = count_with(a, rules, p, (CountOptions){0});
    assert_str(frac_text(a, &r->stages[0].points[0]), "2/5");   /* 1/2*2/4 + 1/2*30/100 */
    assert_str(frac_text(a, &r->stages[0].points[2]), "9/40");  /* 1/2*1/4 + 1/2*20/100 */
    assert_str(frac_text(a, &r->stages[1].points[0]), "29/60"); /* 1/2*2/3 + 1/2*30/100: the paper of X ran out */
    assert_str(elected_of(a, r), "B");
    Fault fault = {0};
    CountOptions none = {0};
    assert_int_equal(count_run(a, rules_of(a, rules), contest(a, "A B", "X/2:A Z/1:B"), &none, &r, &fault), ERR_INPUT);
    assert_int_equal(count_run(a, rules_of(a, rules), contest(a, "A B", "X/2:A 1:B"), &none, &r, &fault), ERR_INPUT);
    assert_int_equal(count_run(a, rules_of(a, rules), contest(a, "A B", "X/2:A Y/1:"), &none, &r, &fault), ERR_INPUT);
}

static void most_votes_win(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "plurality", contest(a, "A B C", "4:A>C 3:B 3:C>B"), (CountOptions){0});
    assert_str(elected_of(a, r), "A");
    r = count_with(a, "plurality", contest(a, "A B C D", "4:A 3:B 3:C 1:D"), (CountOptions){.seats = 2});
    assert_non_null(r->open);
    r = count_with(a, "[rules]\nmethod = plurality\n[plurality]\nmarks = seats\n", contest(a, "A B C", "4:A=B 3:B=C 1:A=B=C 2:C"),
        (CountOptions){.seats = 2});
    assert_str(tally_of(a, r, 1), "A 4 B 7 C 5");
    assert_str(elected_of(a, r), "B C");
    assert_int_equal(r->rejected[REJECTED_OVERVOTE], 1);
    r = count_with(a, "plurality", contest(a, "A B", "4:B"), (CountOptions){.seats = 3});
    assert_str(elected_of(a, r), "B A");
    assert_true(r->unopposed);
}

static void posts_are_counted_apart(void **state)
{
    Arena *a = *state;
    Papers *p = papers_new(a);
    Mark ada = (Mark)papers_post_candidate(p, S("Chair"), S("Ada")), bo = (Mark)papers_post_candidate(p, S("Chair"), S("Bo")),
         ada_too = (Mark)papers_post_candidate(p, S("Clerk"), S("Ada"));
    Mark both[] = {ada, ada_too}, one[] = {bo};
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, both, 2, 3, NULL), ERR_OK);
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, one, 1, 2, NULL), ERR_OK);
    Result *r = count_with(a, "posts", p, (CountOptions){0});
    assert_int_equal(r->post_count, 2);
    assert_str(elected_of(a, r->posts[0].result), "Ada");
    assert_true(!r->posts[0].unopposed && r->posts[1].unopposed);
    assert_str(elected_of(a, r->posts[1].result), "Ada");
    assert_int_equal(r->valid, 5);
}

static void yes_and_no(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "yes-no", contest(a, "Yes No", "5:Yes 5:No 1:"), (CountOptions){0});
    assert_false(r->yes_no->carried);
    const char *forty = "[rules]\nmethod = yes-no\n[yes-no]\npass = 40%\nof = roll\n",
               *turnout = "[rules]\nmethod = yes-no\n[yes-no]\nturnout = 1/2\n";
    r = count_with(a, forty, contest(a, "Yes No", "40:Yes 5:No"), (CountOptions){.roll = 100});
    assert_false(r->yes_no->carried);
    r = count_with(a, forty, contest(a, "Yes No", "41:Yes 5:No"), (CountOptions){.roll = 100});
    assert_true(r->yes_no->carried);
    r = count_with(a, turnout, contest(a, "yes NO", "8:yes 1:NO 1:"), (CountOptions){.roll = 20});
    assert_true(r->yes_no->carried); /* a rejected paper is turnout too */
    r = count_with(a, turnout, contest(a, "Yes No", "8:Yes 1:No"), (CountOptions){.roll = 20});
    assert_true(r->yes_no->enough_votes && !r->yes_no->carried);
    Fault fault = {0};
    CountOptions none = {0};
    assert_int_equal(count_run(a, rules_of(a, turnout), contest(a, "Yes No", "8:Yes"), &none, &r, &fault), ERR_INPUT);
    assert_int_equal(count_run(a, rules_of(a, "yes-no"), contest(a, "Yes No Maybe", "8:Yes"), &none, &r, &fault), ERR_INPUT);
}

/* Quota 21/3 + 1 = 8. A's surplus of 4: 12 papers at 4/12 = 0.33333, six of them to B, six run out. */
static void gregory_moves_parts_of_papers(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "stv-scottish", contest(a, "A B C D", "6:A>B 6:A 4:C 3:D>B 2:B"), (CountOptions){.seats = 2});
    assert_int_equal(r->stages[0].quota, 800000);
    assert_str(tally_of(a, r, 2), "A 8.00000 B 3.99998 C 4.00000 D 3.00000");
    assert_int_equal(r->stages[1].not_reallocated, 199998);
    assert_int_equal(r->stages[1].lost, 4);
    assert_int_equal(r->stages[0].surplus_of, 0);
    assert_str(tally_of(a, r, 3), "A 8.00000 B 6.99998 C 4.00000");
    assert_str(elected_of(a, r), "A B");
}

static void meek_lets_the_elected_pass_on_later_papers(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "stv-meek", contest(a, "A B C", "28:A>B 26:B 25:C 1:B>A>C"), (CountOptions){.seats = 2});
    assert_str(elected_of(a, r), "A B");
    r = count_with(a, "stv-meek", contest(a, "A B", "1:A"), (CountOptions){.seats = 2});
    assert_str(elected_of(a, r), "A B");
    assert_int_equal(r->stage_count, 1);
}

/* Tennessee: everybody's textbook. */
static void condorcet_finds_the_middle(void **state)
{
    Arena *a = *state;
    Result *r = count_with(a, "condorcet",
        contest(a, "Memphis Nashville Chattanooga Knoxville",
            "42:Memphis>Nashville>Chattanooga>Knoxville 26:Nashville>Chattanooga>Knoxville>Memphis "
            "15:Chattanooga>Knoxville>Nashville>Memphis "
            "17:Knoxville>Chattanooga>Nashville>Memphis"),
        (CountOptions){0});
    assert_str(elected_of(a, r), "Nashville");
    assert_int_equal(r->pairwise->winner, 1);
    assert_int_equal(r->pairwise->over[1 * 4 + 0], 58);
}

/* Schulze's own example (45 voters, 5 candidates): E > A > C > B > D. */
static void schulze_settles_a_cycle(void **state)
{
    Arena *a = *state;
    Papers *p = contest(a, "A B C D E", "5:A>C>B>E>D 5:A>D>E>C>B 8:B>E>D>A>C 3:C>A>B>E>D 7:C>A>E>B>D 2:C>B>A>D>E 7:D>C>E>B>A 8:E>B>A>D>C");
    Result *r = count_with(a, "condorcet", p, (CountOptions){0});
    assert_int_equal(r->pairwise->winner, -1);
    assert_str(elected_of(a, r), "E");
    int places[] = {2, 4, 3, 5, 1};
    for (int c = 0; c < 5; c++) assert_int_equal(r->pairwise->schulze_place[c], places[c]);
    for (int c = 0; c < 5; c++) assert_true(r->pairwise->smith[c]);
}

static void nothing_to_count_is_refused(void **state)
{
    Arena *a = *state;
    Result *r;
    Fault fault = {0};
    CountOptions none = {0};
    assert_int_equal(count_run(a, rules_of(a, "av-2011"), contest(a, "A B", "3:"), &none, &r, &fault), ERR_INPUT);
    assert_int_equal(count_run(a, rules_of(a, "av-2011"), contest(a, "", ""), &none, &r, &fault), ERR_INPUT);
    CountOptions two = {.seats = 2};
    assert_int_equal(count_run(a, rules_of(a, "av-2011"), contest(a, "A B", "3:A"), &two, &r, &fault), ERR_INPUT);
}

static void votes_as_text(void **state)
{
    Arena *a = *state;
    assert_str(votes_text(a, 140, 0), "140");
    assert_str(votes_text(a, 92798248, 5), "927.98248");
    assert_str(votes_text(a, -5, 2), "-0.05");
    assert_str(votes_text(a, 0, 5), "0.00000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(a_majority_ends_the_count),
        arena_test(papers_pass_on_and_run_out),
        arena_test(elimination_ties),
        arena_test(a_lot_can_be_checked_by_hand),
        arena_test(a_given_order_settles),
        arena_test(batches_and_last_two),
        arena_test(withdrawal_is_like_never_ranked),
        arena_test(a_college_is_rebased),
        arena_test(most_votes_win),
        arena_test(posts_are_counted_apart),
        arena_test(yes_and_no),
        arena_test(gregory_moves_parts_of_papers),
        arena_test(meek_lets_the_elected_pass_on_later_papers),
        arena_test(condorcet_finds_the_middle),
        arena_test(schulze_settles_a_cycle),
        arena_test(nothing_to_count_is_refused),
        arena_test(votes_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
