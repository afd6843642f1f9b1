/* Finding people, on both engines: "sqlite" or "postgres" is the program's argument. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lists.h"

#include "people/search_text.h"

#include "db/transfer.h"

/* "Ada Poll, Bo Count": who is found, in order. */
static Str found(House *h, const char *scope, const char *typed)
{
    SearchAnswer answer;
    Buf b = buf_new(h->a);
    assert_int_equal(search_people(h->db, h->a, (Scope){str_from_c(scope)}, str_from_c(typed), 0, &answer), ERR_OK);
    for (int i = 0; i < answer.count; i++) buf_format(&b, "%s%.*s", i ? ", " : "", STR_ARG(answer.found[i].name));
    assert_true(answer.more || answer.in_all <= SEARCH_PAGE ? answer.in_all >= answer.count : answer.count == SEARCH_PAGE);
    if (answer.mended) buf_format(&b, " (%.*s)", STR_ARG(answer.searched));
    if (answer.unreadable.len) buf_str(&b, S("unreadable"));
    return buf_done(&b);
}

#define assert_found(actual, expected) assert_same_str((actual), str_from_c(expected))

static void fill(House *h)
{
    a_person(h, (NewPerson){.given = "Ada",
                    .family = "Poll",
                    .unit = "leeds",
                    .email = "ada.poll83@example.org",
                    .phone = "+441134960123",
                    .postcode = "LS6 2AB",
                    .identifier = "M-0001"});
    a_person(h, (NewPerson){.given = "Zo\xc3\xab",
                    .family = "\xc3\x93 S\xc3\xbailleabh\xc3\xa1in",
                    .unit = "leeds",
                    .phone = "+447700900456",
                    .postcode = "LS12 2AB",
                    .identifier = "M-0002"});
    a_person(h, (NewPerson){.given = "Bo",
                    .family = "Smith",
                    .unit = "hull",
                    .email = "jo@example.org",
                    .phone = "+441482496000",
                    .postcode = "HU5 1ZZ",
                    .identifier = "77"});
    a_person(h, (NewPerson){.given = "Smith", .family = "Adair", .unit = "hull wales"});
    a_person(h, (NewPerson){.given = "Cai", .family = "Smithson", .unit = "wales", .postcode = "75011"});
    a_person(h, (NewPerson){.given = "Ann", .family = "O'Goldsmith", .unit = "wales"});
}

/* A national list is looked for in the index, and a small one read: both must find the same. `crowd` makes it large. */
static NewPerson one_of_a_crowd(int i)
{
    static char family[32]; /* read before the next one is made */
    snprintf(family, sizeof family, "Crowd%c%c%c", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676);
    return (NewPerson){.given = "Wim", .family = family, .unit = "national"};
}

static void crowd(House *h)
{
    a_crowd(h, 2100, one_of_a_crowd);
}

static void finds(House *h, const char *top)
{
    assert_found(found(h, top, "poll"), "Ada Poll");
    assert_found(found(h, top, "POLL ada"), "Ada Poll");
    assert_found(found(h, top, "smith"), "Smith Adair, Bo Smith, Cai Smithson, Ann O'Goldsmith");
    assert_found(found(h, top, "ithso"), "Cai Smithson");
    assert_found(found(h, top, "zoe"), "Zo\xc3\xab \xc3\x93 S\xc3\xbailleabh\xc3\xa1in");
    assert_found(found(h, top, "osuilleabhain"), "Zo\xc3\xab \xc3\x93 S\xc3\xbailleabh\xc3\xa1in");
    assert_found(found(h, top, "ad"), "Smith Adair, Ada Poll");
    assert_found(found(h, top, "0113 496 0123"), "Ada Poll");
    assert_found(found(h, top, "+44 (0)113 4960123"), "Ada Poll");
    assert_found(found(h, top, "0044 113 496"), "Ada Poll");
    assert_found(found(h, top, "960123"), "Ada Poll");
    assert_found(found(h, top, "ls6"), "Ada Poll");
    assert_found(found(h, top, "ls62ab"), "Ada Poll");
    assert_found(found(h, top, "LS6 2AB"), "Ada Poll");
    assert_found(found(h, top, "ls62"), "Ada Poll");
    assert_found(found(h, top, "LS6 2"), "Ada Poll");
    assert_found(found(h, top, "LS6 2A"), "Ada Poll");
    assert_found(found(h, top, "ada LS6 2A"), "Ada Poll");
    assert_found(found(h, top, "ls62a"), "Ada Poll");
    assert_found(found(h, top, "ls6 3"), "");
    assert_found(found(h, top, "ls1"), "Zo\xc3\xab \xc3\x93 S\xc3\xbailleabh\xc3\xa1in");
    assert_found(found(h, top, "ls1 2"), "");
    assert_found(found(h, top, "2ab"), "Zo\xc3\xab \xc3\x93 S\xc3\xbailleabh\xc3\xa1in, Ada Poll");
    assert_found(found(h, top, "75011"), "Cai Smithson");
    assert_found(found(h, top, "m-0002"), "Zo\xc3\xab \xc3\x93 S\xc3\xbailleabh\xc3\xa1in");
    assert_found(found(h, top, "ada.poll83@example.org"), "Ada Poll");
    assert_found(found(h, top, "poll83@"), "Ada Poll");
    assert_found(found(h, top, "jo@example"), "Bo Smith");
    assert_found(found(h, top, "smith hu5"), "Bo Smith");
    assert_found(found(h, top, "smith ls6"), "");
    assert_found(found(h, top, "xyzzyq"), "");
    assert_found(found(h, top, "smiht"), "Smith Adair, Bo Smith (smith)");
    assert_found(found(h, top, "suilleabhein"), "Zo\xc3\xab \xc3\x93 S\xc3\xbailleabh\xc3\xa1in (suilleabhain)");
    assert_found(found(h, top, "@example.org"), "unreadable");
    assert_found(found(h, top, " '%\" "), "unreadable");
    assert_found(found(h, top, "12"), "unreadable");
}

static void a_part_of_anything_finds_her(void **state)
{
    engine_or_skip();
    House h = house(*state);
    fill(&h);
    finds(&h, "national");
    crowd(&h);
    finds(&h, "national");
    finds(&h, "");
    house_close(&h);
}

static void nobody_outside_the_scope_is_found_or_guessed(void **state)
{
    engine_or_skip();
    House h = house(*state);
    fill(&h);
    for (int large = 0; large < 2; large++) {
        assert_found(found(&h, "leeds", "smith"), "");
        assert_found(found(&h, "leeds", "smiht"), "");
        assert_found(found(&h, "hull", "smith"), "Smith Adair, Bo Smith");
        assert_found(found(&h, "wales", "smith"), "Smith Adair, Cai Smithson, Ann O'Goldsmith");
        assert_found(found(&h, "york", "smith"), "Smith Adair, Bo Smith");
        assert_found(found(&h, "york", "smithsen"), "");
        assert_found(found(&h, "wales", "smithsen"), "Cai Smithson (smithson)");
        assert_found(found(&h, "nowhere", "smith"), "");
        crowd(&h);
    }
    house_close(&h);
}

/* ---- every write is followed ---- */

typedef struct Write {
    Str id, membership;
    const char *value;
} Write;

static const Hand hand = {.by = S("Carol Count"), .reason = S(""), .now = NOW_MS};

static Err run_rename(House *h, Db *db, void *what)
{
    Write *w = what;
    Values v = {0};
    v.of[COL_FAMILY_NAME] = str_from_c(w->value);
    return person_change(db, h->a, w->id, 0, &v, &hand, NULL);
}

static Err run_move(House *h, Db *db, void *what)
{
    Write *w = what;
    Values v = {0};
    v.of[COL_UNIT] = str_from_c(w->value);
    return membership_change(db, h->a, w->id, w->membership, &v, &hand, NULL);
}

static Err run_erase(House *h, Db *db, void *what)
{
    Write *w = what;
    return person_erase(db, h->a, w->id, &hand);
}

static int64_t words_like(House *h, const char *word)
{
    DbRows rows;
    assert_int_equal(
        db_query(h->db, h->a, "search_words_from",
            DB_VALUES(db_string(str_from_c(word)), db_string(str_format(h->a, "%s~", word)), db_number(1), db_number(99)), &rows),
        ERR_OK);
    return rows.count;
}

static void the_index_follows_every_write(void **state)
{
    engine_or_skip();
    House h = house(*state);
    crowd(&h);
    Str id = a_person(&h, (NewPerson){.given = "Ada", .family = "Poll", .unit = "leeds"});
    Person p;
    Str into;
    assert_int_equal(person_find(h.db, h.a, scope_all(), id, &p, &into), ERR_OK);
    assert_int_equal(words_like(&h, "poll"), 1);
    Write w = {id, p.memberships[0].id, "Teller"};
    assert_int_equal(commanded(&h, LEAF_NONE, run_rename, &w), ERR_OK);
    assert_found(found(&h, "national", "poll"), "");
    assert_int_equal(words_like(&h, "poll"), 0);
    assert_found(found(&h, "national", "teller"), "Ada Teller");
    w.value = "hull";
    assert_int_equal(commanded(&h, LEAF_NONE, run_move, &w), ERR_OK);
    assert_found(found(&h, "leeds", "teller"), "");
    assert_found(found(&h, "hull", "teller"), "Ada Teller");
    assert_int_equal(commanded(&h, LEAF_NONE, run_erase, &w), ERR_OK);
    assert_found(found(&h, "hull", "teller"), "");
    assert_found(found(&h, "national", "teller"), "");
    assert_found(found(&h, "national", "crowdaaa"), "Wim Crowdaaa");
    assert_int_equal(words_like(&h, "teller"), 0);
    bool behind = true;
    assert_int_equal(search_is_behind(h.db, h.a, &behind), ERR_OK);
    assert_false(behind);
    house_close(&h);
}

static void all_of_it_is_made_anew(void **state)
{
    engine_or_skip();
    House h = house(*state);
    Fault fault = {0};
    int64_t done = 0;
    fill(&h);
    crowd(&h);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(search_rebuild(h.store, &(SearchRebuild){.all = true, .now = NOW_MS}, &done, &fault), ERR_OK);
        assert_int_equal(done, 2106);
        finds(&h, "national");
    }
    assert_int_equal(search_rebuild(h.store, &(SearchRebuild){.now = NOW_MS}, &done, &fault), ERR_OK);
    assert_int_equal(done, 0);
    house_close(&h);
}

static Err run_unit_move(House *h, Db *db, void *what)
{
    Fault fault = {0};
    return unit_move(db, h->a, *(Str *)what, S("wales"), keeper, NOW_MS, &fault);
}

static NewPerson a_filler(int i)
{
    return (NewPerson){.given = "Wim", .family = "Filler", .unit = i % 2 ? "york" : "wales leeds"};
}

static void who_is_moved_with_her_unit_is_found_where_it_is(void **state)
{
    engine_or_skip();
    House h = house(*state);
    crowd(&h);
    a_person(&h, (NewPerson){.given = "Ada", .family = "Poll", .unit = "leeds"});
    a_person(&h, (NewPerson){.given = "Bo", .family = "Poll", .unit = "hull leeds"});
    a_person(&h, (NewPerson){.given = "Cy", .family = "Poll", .unit = "hull"});
    a_crowd(&h, 2100, a_filler);
    assert_found(found(&h, "york", "poll"), "Ada Poll, Bo Poll, Cy Poll");
    assert_found(found(&h, "wales", "poll"), "");
    Str leeds = S("leeds");
    assert_int_equal(commanded(&h, LEAF_ONE, run_unit_move, &leeds), ERR_OK);
    for (int again = 0; again < 2; again++) {
        assert_found(found(&h, "york", "poll"), "Bo Poll, Cy Poll");
        assert_found(found(&h, "wales", "poll"), "Ada Poll, Bo Poll");
        assert_found(found(&h, "national", "poll"), "Ada Poll, Bo Poll, Cy Poll");
        Fault fault = {0};
        int64_t done = 0;
        assert_int_equal(search_rebuild(h.store, &(SearchRebuild){.all = true, .now = NOW_MS}, &done, &fault), ERR_OK);
    }
    house_close(&h);
}

/* ---- a list that is not whole says so ---- */

static SearchAnswer answer_of(House *h, const char *scope, const char *typed)
{
    SearchAnswer answer;
    assert_int_equal(search_people(h->db, h->a, (Scope){str_from_c(scope)}, str_from_c(typed), 0, &answer), ERR_OK);
    return answer;
}

static NewPerson seems_to_fit(int i)
{
    (void)i;
    return (NewPerson){.given = "Abcd", .family = "Bcde", .unit = "leeds"};
}

static void what_is_not_whole_says_so(void **state)
{
    engine_or_skip();
    House h = house(*state);
    crowd(&h);
    assert_true(answer_of(&h, "national", "wim").more);
    assert_int_equal(answer_of(&h, "national", "wim").in_all, SEARCH_MOST);
    assert_true(answer_of(&h, "", "wi").more);
    SearchAnswer few = answer_of(&h, "national", "crowda");
    assert_false(few.more);
    assert_int_equal(few.in_all, 81);
    /* Who fits is found behind two thousand who only seem to: each of their words has a part of hers. */
    a_crowd(&h, 2100, seems_to_fit);
    a_person(&h, (NewPerson){.given = "Ada", .family = "Xabcdey", .unit = "leeds"});
    assert_found(found(&h, "national", "abcde"), "Ada Xabcdey");
    assert_false(answer_of(&h, "national", "abcde").more);
    house_close(&h);
}

enum { UNITS = 300 };

static NewPerson of_many_units(int i)
{
    static char unit[16];
    snprintf(unit, sizeof unit, "branch-%d", i % UNITS);
    return (NewPerson){.given = i < 30 ? "Wim" : "Ada", .family = "Filler", .unit = unit};
}

static NewPerson of_wales(int i)
{
    (void)i;
    return (NewPerson){.given = "Wim", .family = "Poll", .unit = "wales"};
}

/* More units than the question can name. */
static void a_scope_of_many_units_is_searched_too(void **state)
{
    engine_or_skip();
    House h = house(*state);
    for (int i = 0; i < UNITS; i++) {
        char slug[16];
        snprintf(slug, sizeof slug, "branch-%d", i);
        a_unit(&h, slug, "branch", "york");
    }
    a_crowd(&h, 2600, of_wales);
    a_crowd(&h, 2100, of_many_units);
    SearchAnswer answer = answer_of(&h, "york", "wim");
    assert_int_equal(answer.in_all, 30);
    assert_false(answer.more);
    assert_int_equal(answer_of(&h, "wales", "wim").in_all, SEARCH_MOST);
    house_close(&h);
}

/* ---- backup, restore, move ---- */

static void it_does_not_travel_and_is_made_anew(void **state)
{
    engine_or_skip();
    House h = house(*state);
    Fault fault = {0};
    TransferReport report;
    int64_t done = 0;
    bool behind = false;
    fill(&h);
    Str backup = str_format(h.a, "%s/%d-backup.db", folder, (int)getpid()), url = fresh_url(h.a);
    assert_int_equal(transfer_backup(h.a, h.store, backup, NULL, &report, &fault), ERR_OK);
    assert_int_equal(transfer_restore(h.a, backup, url, NULL, &report, &fault), ERR_OK);
    House back = house_at(h.a, url);
    assert_int_equal(search_is_behind(back.db, back.a, &behind), ERR_OK);
    assert_true(behind);
    assert_int_equal(search_rebuild(back.store, &(SearchRebuild){.now = NOW_MS}, &done, &fault), ERR_OK);
    assert_int_equal(done, 6);
    finds(&back, "national");
    house_close(&back);
    house_close(&h);
    Str other = fresh_url(h.a);
    assert_int_equal(transfer_move(h.a, url, other, NULL, &report, &fault), ERR_OK);
    House moved = house_at(h.a, other);
    assert_int_equal(search_rebuild(moved.store, &(SearchRebuild){.now = NOW_MS}, &done, &fault), ERR_OK);
    assert_int_equal(done, 6);
    finds(&moved, "national");
    house_close(&moved);
    unlink(str_c(h.a, backup));
}

/* Changed? Then a migration must empty what was made with the old ones (search_text.h). */
static void tokens_are_these(void **state)
{
    Arena *a = *state;
    Values v = {0};
    v.of[COL_GIVEN_NAME] = S("Zo\xc3\xab");
    v.of[COL_FAMILY_NAME] = S("de Vries");
    v.of[COL_EMAIL] = S("z.vries83@example.org");
    v.of[COL_PHONE] = S("+4411349");
    v.of[COL_POSTCODE] = S("SW1A 2AB");
    v.of[COL_ID] = S("M-01");
    Str text = search_text(a, &v);
    assert_found(text, "de vries\nzoe\ndevries\nz.vries83@example.org\n4411349\nsw1a2ab\nm01");
    assert_found(search_tokens(a, text, S(" leeds ")), "@leeds =de ^d ^de =vries ^v ^vr ^vri vri rie ies =zoe ^z ^zo ^zoe zoe =devries "
                                                       "^dev dev evr +sw1 =sw1a +sw1a2 +2ab 441 411 113 134 349 m01 ~z ~83");
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(a_part_of_anything_finds_her),
        arena_test(nobody_outside_the_scope_is_found_or_guessed),
        arena_test(the_index_follows_every_write),
        arena_test(all_of_it_is_made_anew),
        arena_test(who_is_moved_with_her_unit_is_found_where_it_is),
        arena_test(what_is_not_whole_says_so),
        arena_test(a_scope_of_many_units_is_searched_too),
        arena_test(it_does_not_travel_and_is_made_anew),
        arena_test(tokens_are_these),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
