/* Links, codes, pauses, passwords and letters in the store, on both engines. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "persons.h"

#include "people/account.h"
#include "people/post.h"

static const Str seed = S("0123456789abcdef0123456789abcdef"), browser = S("a browser");
#define MINUTES(n) ((int64_t)(n)*60 * 1000)

static Str seed_of(void *context, Str asking)
{
    (void)context, (void)asking;
    return seed;
}

/* ---- what tests do inside commands ---- */

static Err ask(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    (void)fault;
    Asking asking = {.id = person_new_id(a, now), .browser = browser, .email = str_from_c(context), .seed = seed, .next = S("/units")};
    return sign_in_ask(db, &asking, now);
}

static Err write_letters(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    (void)context, (void)fault;
    const SignInLetters letters = {S("https://vote.example.org"), S("Hustings"), 10};
    return sign_in_write_letters(db, a, &letters, now);
}

typedef struct Try {
    Str code;
    Str browser;
    Err err;
    Entrant entrant;
} Try;

/* As the page does: that it was wrong is no reason to undo that it was tried. */
static Err try_code(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Try *t = context;
    (void)fault;
    t->err = sign_in_by_code(db, a, t->browser, t->code, seed_of, NULL, now, &t->entrant);
    if (!t->err) t->err = sign_in_use(db, &t->entrant);
    return t->err == ERR_MISSING ? ERR_OK : t->err;
}

static Err code_at(Place *p, Str from, Str code, int64_t now)
{
    Try t = {.code = code, .browser = from};
    assert_int_equal(doing_at(p, LEAF_NONE, try_code, &t, now, NULL), ERR_OK);
    return t.err;
}

static Err use(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    (void)a, (void)now, (void)fault;
    return sign_in_use(db, context);
}

static void asks(Place *p, const char *email, int64_t now)
{
    assert_int_equal(doing_at(p, LEAF_NONE, ask, (void *)email, now, NULL), ERR_OK);
    assert_int_equal(doing_at(p, LEAF_NONE, write_letters, NULL, now, NULL), ERR_OK);
}

/* The words of the letters that wait, newest first. */
static int waiting(Place *p, Str *ret_words)
{
    DbRows rows;
    assert_int_equal(db_query(p->db, p->a, "mail_outbox", DB_VALUES(db_number(50)), &rows), ERR_OK);
    if (db_next(&rows) && ret_words) *ret_words = db_text(&rows, "words");
    return rows.count;
}

static Str token_in(Str words)
{
    static const char before[] = "/sign-in/letter/";
    assert_non_null(words.ptr);
    const char *at = memmem(words.ptr ? words.ptr : "", words.len, before, strlen(before));
    assert_non_null(at);
    return at ? (Str){at + strlen(before), 22} : (Str){0};
}

/* ---- the tests ---- */

static void a_link_is_good_once_and_for_a_while(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str ann = add_person(&p, "given_name=Ann;family_name=Alder;email=Ann@example.org", "unit=leeds;status=active", NULL), words = {0};
    asks(&p, "aNN@EXAMPLE.ORG", NOW);
    assert_int_equal(waiting(&p, &words), 1);
    Entrant found, late;
    assert_int_equal(sign_in_by_token(p.db, p.a, token_in(words), NOW + MINUTES(SIGN_IN_MINUTES) - 1, &found), ERR_OK);
    assert_same(found.person, str_c(p.a, ann));
    assert_same(found.name, "Ann Alder");
    assert_same(found.next, "/units");
    assert_int_equal(sign_in_by_token(p.db, p.a, token_in(words), NOW + MINUTES(SIGN_IN_MINUTES), &late), ERR_MISSING);
    assert_int_equal(sign_in_by_token(p.db, p.a, S("AAAAAAAAAAAAAAAAAAAAAA"), NOW, &late), ERR_MISSING);
    assert_int_equal(doing(&p, LEAF_NONE, use, &found), ERR_OK);
    assert_int_equal(doing(&p, LEAF_NONE, use, &found), ERR_MISSING);
    assert_int_equal(code_at(&p, browser, sign_in_code(p.a, seed, 0), NOW), ERR_MISSING); /* the code beside it */
    leave(&p);
}

static void a_code_is_tried_five_times(void **state)
{
    engine_or_skip();
    Place p = place(state);
    (void)add_person(&p, "given_name=Ann;family_name=Alder;email=ann@example.org", "unit=leeds;status=active", NULL);
    Str right = sign_in_code(p.a, seed, 0), wrong = str_equal(right, S("00000000")) ? S("00000001") : S("00000000");
    assert_int_equal(right.len, CODE_DIGITS);
    asks(&p, "ann@example.org", NOW);
    assert_int_equal(code_at(&p, S("another"), right, NOW), ERR_MISSING);
    assert_int_equal(code_at(&p, S(""), right, NOW), ERR_MISSING);
    assert_int_equal(code_at(&p, browser, sign_in_code(p.a, seed, 1), NOW), ERR_MISSING); /* nobody's: one has that address */
    for (int i = 1; i < SIGN_IN_TRIES; i++) assert_int_equal(code_at(&p, browser, wrong, NOW), ERR_MISSING);
    assert_int_equal(code_at(&p, browser, right, NOW), ERR_MISSING);
    asks(&p, "ann@example.org", NOW + 1);
    assert_int_equal(code_at(&p, browser, right, NOW + MINUTES(SIGN_IN_MINUTES) + 2), ERR_MISSING);
    assert_int_equal(code_at(&p, browser, right, NOW + 2), ERR_OK);
    assert_int_equal(code_at(&p, browser, right, NOW + 2), ERR_MISSING);
    leave(&p);
}

static Err change_email(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Hand hand = {.by = S("Carol Count"), .now = now};
    Values values = values_of_text("email=new@example.org");
    (void)fault;
    return person_change(db, a, *(Str *)context, 0, &values, &hand, NULL);
}

static void another_address_makes_links_worthless(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str ann = add_person(&p, "given_name=Ann;family_name=Alder;email=ann@example.org", "unit=leeds;status=active", NULL), words = {0};
    asks(&p, "ann@example.org", NOW);
    waiting(&p, &words);
    Entrant found;
    assert_int_equal(sign_in_by_token(p.db, p.a, token_in(words), NOW, &found), ERR_OK);
    assert_int_equal(doing(&p, LEAF_NONE, change_email, &ann), ERR_OK);
    assert_int_equal(sign_in_by_token(p.db, p.a, token_in(words), NOW, &found), ERR_MISSING);
    assert_int_equal(code_at(&p, browser, sign_in_code(p.a, seed, 0), NOW), ERR_MISSING);
    leave(&p);
}

static void nobody_gets_no_letter(void **state)
{
    engine_or_skip();
    Place p = place(state);
    asks(&p, "nobody@example.org", NOW);
    assert_int_equal(waiting(&p, NULL), 0);
    DbRows rows;
    assert_int_equal(db_query(p.db, p.a, "sign_in_to_do", DB_VALUES(db_number(10)), &rows), ERR_OK);
    assert_int_equal(rows.count, 0);
    assert_int_equal(code_at(&p, browser, sign_in_code(p.a, seed, 0), NOW), ERR_MISSING);
    leave(&p);
}

static void letters_pause(void **state)
{
    engine_or_skip();
    Place p = place(state);
    (void)add_person(&p, "given_name=Ann;family_name=Alder;email=ann@example.org", "unit=leeds;status=active", NULL);
    for (int i = 0; i < 8; i++) asks(&p, "ann@example.org", NOW);
    assert_int_equal(waiting(&p, NULL), 4);
    asks(&p, "ann@example.org", NOW + MINUTES(1) - 1);
    assert_int_equal(waiting(&p, NULL), 4);
    asks(&p, "ann@example.org", NOW + MINUTES(1));
    assert_int_equal(waiting(&p, NULL), 5);
    int64_t now = NOW + MINUTES(1);
    for (int i = 0; i < 20; i++) asks(&p, "ann@example.org", now += PAUSE_LONGEST_MS); /* whatever others do: one each time */
    assert_int_equal(waiting(&p, NULL), 25);
    leave(&p);
}

static Err fail_once(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    (void)fault;
    return password_failed(db, a, str_from_c(context), now);
}

static void passwords_pause(void **state)
{
    engine_or_skip();
    Place p = place(state);
    static const int64_t seconds[] = {0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900};
    int64_t until;
    for (int i = 0; i < COUNT_OF(seconds); i++) {
        assert_int_equal(doing(&p, LEAF_NONE, fail_once, (void *)"x@y.z"), ERR_OK);
        assert_int_equal(password_pause(p.db, p.a, S("x@y.z"), &until), ERR_OK);
        assert_int_equal(until - NOW, seconds[i] * 1000);
    }
    assert_int_equal(password_pause(p.db, p.a, S("another@y.z"), &until), ERR_OK);
    assert_int_equal(until, 0);
    leave(&p);
}

typedef struct Setting {
    Str person, hash;
} Setting;

static Err set_password(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    const Setting *s = context;
    (void)fault;
    return password_set(db, a, s->person, s->hash, now);
}

static void passwords(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str ann = add_person(&p, "given_name=Ann;family_name=Alder;email=ann@example.org", "unit=leeds;status=active", NULL), who;
    Setting s = {.person = ann};
    assert_int_equal(password_check(p.db, p.a, S("ann@example.org"), S(""), &who), ERR_OK);
    assert_int_equal(who.len, 0);
    assert_int_equal(password_hash(p.a, S("correct horse"), &s.hash), ERR_OK);
    assert_int_equal(doing(&p, LEAF_NONE, set_password, &s), ERR_OK);
    assert_int_equal(password_check(p.db, p.a, S("ann@example.org"), S("correct horse"), &who), ERR_OK);
    assert_same(who, str_c(p.a, ann));
    assert_int_equal(password_check(p.db, p.a, S("ann@example.org"), S("correct horse "), &who), ERR_OK);
    assert_int_equal(who.len, 0);
    assert_int_equal(password_check(p.db, p.a, S("nobody@example.org"), S("correct horse"), &who), ERR_OK);
    assert_int_equal(who.len, 0);
    s.hash = S("");
    assert_int_equal(doing(&p, LEAF_NONE, set_password, &s), ERR_OK);
    assert_int_equal(doing(&p, LEAF_NONE, set_password, &s), ERR_MISSING);
    leave(&p);
}

static Err erase(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Hand hand = {.by = S("self"), .now = now};
    (void)fault;
    return person_erase(db, a, *(Str *)context, &hand);
}

static void erasing_takes_it_all(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str ann = add_person(&p, "given_name=Ann;family_name=Alder;email=ann@example.org", "unit=leeds;status=active", NULL), words = {0};
    Setting s = {.person = ann, .hash = S("$argon2id$")};
    int64_t since;
    asks(&p, "ann@example.org", NOW);
    waiting(&p, &words);
    assert_int_equal(doing(&p, LEAF_NONE, set_password, &s), ERR_OK);
    assert_int_equal(doing(&p, LEAF_NONE, erase, &ann), ERR_OK);
    Entrant found;
    assert_int_equal(sign_in_by_token(p.db, p.a, token_in(words), NOW, &found), ERR_MISSING);
    assert_int_equal(password_since(p.db, p.a, ann, &since), ERR_OK);
    assert_int_equal(since, 0);
    leave(&p);
}

static Err expire(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    (void)a, (void)context, (void)fault;
    Err e = account_expire(db, now);
    return e ? e : post_expire(db, now);
}

static void what_is_over_goes(void **state)
{
    engine_or_skip();
    Place p = place(state);
    (void)add_person(&p, "given_name=Ann;family_name=Alder;email=ann@example.org", "unit=leeds;status=active", NULL);
    asks(&p, "ann@example.org", NOW);
    assert_int_equal(doing_at(&p, LEAF_NONE, expire, NULL, NOW + MINUTES(SIGN_IN_MINUTES) - 1, NULL), ERR_OK);
    assert_int_equal(waiting(&p, NULL), 1);
    assert_int_equal(doing_at(&p, LEAF_NONE, expire, NULL, NOW + MINUTES(SIGN_IN_MINUTES), NULL), ERR_OK);
    assert_int_equal(waiting(&p, NULL), 0); /* its time is over, whether or not there is a server to send it */
    leave(&p);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {arena_test(a_link_is_good_once_and_for_a_while), arena_test(a_code_is_tried_five_times),
        arena_test(another_address_makes_links_worthless), arena_test(nobody_gets_no_letter), arena_test(letters_pause),
        arena_test(passwords_pause), arena_test(passwords), arena_test(erasing_takes_it_all), arena_test(what_is_over_goes)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
