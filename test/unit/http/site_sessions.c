/* site_sessions.c: one-time links, sessions, who may. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "site.h"

#include "http/session.h"

static Str entry_link(House *h)
{
    Str path;
    Fault fault = {0};
    EntryLink link = {.who = WHO_STEWARD, .name = S("Ada Poll"), .by = {.name = S("Carol Count"), .role = S("operator")}, .minutes = 15};
    if (site_entry_link(&h->arena, h->store, &link, h->now, &path, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    assert_true(str_starts(path, S("/enter/")));
    assert_int_equal(path.len, strlen("/enter/") + 22);
    return path;
}

/* As a browser does it: open the link, press the button. */
static Shown sign_in(House *h, Str link)
{
    Shown page = get(h, str_c(&h->arena, link));
    assert_status(page, 200);
    keep_cookies(h, &page);
    Shown sent = post(h, str_c(&h->arena, link), "", filled(h, &page, ""));
    keep_cookies(h, &sent);
    return sent;
}

static Str cookie_named(House *h, Str name)
{
    Str value = {0};
    return cookie_value(h->jar, name, 0, &value) ? str_copy(&h->arena, value) : value;
}

static void in_and_out(void **state)
{
    House *h = *state;
    assert_status(get(h, "/steward"), 403);
    Shown sent = sign_in(h, entry_link(h));
    assert_status(sent, 303);
    assert_str(header_named(&sent, "location"), "/steward");
    Shown page = get(h, "/steward");
    assert_status(page, 200);
    assert_says(page, "You are signed in.");
    assert_says(page, "SQLite");
    assert_str(header_named(&page, "cache-control"), "no-store");
    keep_cookies(h, &page);
    Shown left = post(h, "/sign-out", "", filled(h, &page, ""));
    assert_status(left, 303);
    Str before = h->jar;
    keep_cookies(h, &left);
    assert_status(get(h, "/steward"), 403);
    h->jar = before; /* whoever copied the cookie has nothing, either */
    assert_status(get(h, "/steward"), 403);
}

static void a_link_is_good_once(void **state)
{
    House *h = *state;
    Str link = entry_link(h);
    assert_status(sign_in(h, link), 303);
    h->jar = S("");
    Shown again = get(h, str_c(&h->arena, link));
    assert_status(again, 404);
    assert_says(again, "This link has been used");
}

/* Looking at a link does not use it up; sending its form from two browsers lets one in. */
static void two_browsers_one_link(void **state)
{
    House *h = *state;
    Str link = entry_link(h);
    const char *path = str_c(&h->arena, link);
    Shown first = get(h, path);
    keep_cookies(h, &first);
    Str jar = h->jar;
    h->jar = S("");
    Shown second = get(h, path);
    keep_cookies(h, &second);
    assert_status(post(h, path, "", filled(h, &second, "")), 303);
    h->jar = jar;
    Shown late = post(h, path, "", filled(h, &first, ""));
    assert_status(late, 404);
    keep_cookies(h, &late);
    assert_status(get(h, "/steward"), 403);
}

/* The browser sends twice and keeps the second answer: it must sign in as well. */
static void a_double_click_signs_in(void **state)
{
    House *h = *state;
    Str link = entry_link(h);
    const char *path = str_c(&h->arena, link);
    Shown page = get(h, path);
    keep_cookies(h, &page);
    Str body = filled(h, &page, "");
    Shown lost = post(h, path, "", body), got = post(h, path, "", body);
    assert_status(lost, 303);
    assert_status(got, 303);
    keep_cookies(h, &got);
    assert_status(get(h, "/steward"), 200);
}

static void a_link_ends(void **state)
{
    House *h = *state;
    Str link = entry_link(h);
    h->now += 16 * 60000;
    assert_status(get(h, str_c(&h->arena, link)), 404);
    assert_status(get(h, "/enter/AAAAAAAAAAAAAAAAAAAAAA"), 404);
    assert_status(get(h, "/enter/short"), 404);
}

static void no_session_fixation(void **state)
{
    House *h = *state;
    Shown page = get(h, "/notes/new");
    keep_cookies(h, &page);
    Str before = cookie_named(h, S("hustings"));
    assert_true(before.len > 0);
    assert_status(sign_in(h, entry_link(h)), 303);
    Str after = cookie_named(h, S("hustings"));
    assert_true(after.len > 0 && !str_equal(before, after));
    h->jar = str_format(&h->arena, "hustings=%.*s", STR_ARG(before)); /* whoever planted it stays a visitor */
    assert_status(get(h, "/steward"), 403);
    h->jar = str_format(&h->arena, "hustings=%.*s", STR_ARG(after));
    assert_status(get(h, "/steward"), 200);
    Str old = h->jar;
    assert_status(sign_in(h, entry_link(h)), 303); /* a second time: a new token, and the old session ends */
    assert_status(get(h, "/steward"), 200);
    h->jar = old;
    assert_status(get(h, "/steward"), 403);
}

static void made_up_cookies(void **state)
{
    House *h = *state;
    sign_in(h, entry_link(h));
    Str good = cookie_named(h, S("hustings"));
    char *bent = arena_new(&h->arena, char, good.len);
    for (size_t i = 0; i < good.len; i++) {
        memcpy(bent, good.ptr, good.len);
        bent[i] = bent[i] == 'A' ? 'B' : 'A';
        h->jar = str_format(&h->arena, "hustings=%.*s", (int)good.len, bent);
        Shown s = get(h, "/steward");
        if (s.admitted || s.status != 403) fail_msg("bent at %zu: %d", i, s.status); /* seen without the store, before any body */
    }
    h->jar = str_format(&h->arena, "__Host-hustings=%.*s", STR_ARG(good)); /* the other name is for https */
    assert_status(get(h, "/steward"), 403);
    h->jar = str_format(&h->arena, "hustings=bad; other=1; hustings=%.*s", STR_ARG(good)); /* one that was planted beside it */
    assert_status(get(h, "/steward"), 200);
}

static void sessions_end(void **state)
{
    House *h = *state;
    int64_t begun = h->now;
    sign_in(h, entry_link(h));
    Shown s = {0};
    while (h->now < begun + SESSION_LONGEST_MS - SESSION_IDLE_MS / 2) { /* in use all the time */
        h->now += SESSION_IDLE_MS / 2;
        s = get(h, "/steward");
        assert_status(s, 200);
        entry_link(h); /* one writer, one queue: that it was used is written down when this is */
    }
    h->now = begun + SESSION_LONGEST_MS;
    s = get(h, "/steward");
    assert_status(s, 403);
    assert_says(s, "Your session is over");
    assert_true(str_starts(header_named(&s, "set-cookie"), S("hustings=; Max-Age=0")));
}

static void an_unused_session_ends_early(void **state)
{
    House *h = *state;
    sign_in(h, entry_link(h));
    h->now += SESSION_IDLE_MS - 1;
    Str jar = h->jar;
    assert_status(get(h, "/steward"), 200);
    h->now += 2 * SESSION_IDLE_MS;
    h->jar = jar;
    assert_status(get(h, "/steward"), 403);
}

static void everywhere_means_everywhere(void **state)
{
    House *h = *state;
    sign_in(h, entry_link(h));
    Str first = h->jar;
    h->jar = S("");
    sign_in(h, entry_link(h));
    Shown page = get(h, "/steward");
    assert_says(page, "(this one)");
    assert_status(post(h, "/sign-out/everywhere", "", filled(h, &page, "")), 303);
    assert_status(get(h, "/steward"), 403);
    h->jar = first;
    assert_status(get(h, "/steward"), 403);
}

/* A form that was shown to a visitor is not good for a steward: another cookie, another token. */
static void forms_from_before_signing_in(void **state)
{
    House *h = *state;
    Shown before = get(h, "/notes/new");
    keep_cookies(h, &before);
    sign_in(h, entry_link(h));
    Shown s = post(h, "/notes/new", "", filled(h, &before, "words=x&seats=1"));
    assert_status(s, 403);
    assert_says(s, "before you signed in");
    Shown after = get(h, "/notes/new");
    assert_status(post(h, "/notes/new", "", filled(h, &after, "words=x&seats=1")), 303);
}

static void a_steward_reads_no_kept_page(void **state)
{
    House *h = *state;
    assert_true(get(h, "/notes").kept);
    sign_in(h, entry_link(h));
    Shown s = get(h, "/notes");
    assert_false(s.kept);
    assert_str(header_named(&s, "cache-control"), "no-store");
    assert_says(s, "Signed in as a steward");
    h->jar = S("");
    Shown visitor = get(h, "/notes");
    assert_false(says(&visitor, "Signed in as a steward"));
}

/* Another process on the same store, which has read the same secret, knows the session; one with another store does not. */
static void sessions_are_the_stores(void **state)
{
    static const Room *const rooms[] = {&notes_room};
    House *h = *state;
    sign_in(h, entry_link(h));
    House other = {.now = h->now, .url = h->url, .store = open_store(h), .jar = h->jar};
    arena_init(&other.arena, 0);
    other.db = open_db(h, other.store);
    other.site = open_site(h, other.store, rooms, 1);
    assert_status(get(&other, "/steward"), 200);
    site_close(other.site);
    db_close(other.db);
    store_close(other.store);
    arena_clear(&other.arena);
    House *stranger = house_open(rooms, 1);
    stranger->jar = h->jar;
    Shown s = get(stranger, "/steward");
    assert_status(s, 403);
    assert_false(s.admitted);
    house_close(stranger);
}

static Err run_expire(Db *db, Command *command)
{
    return site_expire(db, command);
}

static void what_is_over_is_dropped(void **state)
{
    House *h = *state;
    sign_in(h, entry_link(h));
    entry_link(h);
    Command command = {.name = "expire", .leaf = LEAF_MAYBE, .run = run_expire, .arena = &h->arena, .now = h->now + 60000};
    DbRows rows;
    assert_int_equal(store_run(h->store, &command), ERR_OK);
    assert_status(get(h, "/steward"), 200);
    command.now = h->now + SESSION_LONGEST_MS;
    assert_int_equal(store_run(h->store, &command), ERR_OK);
    assert_int_equal(db_query(h->db, &h->arena, "http_sessions", DB_VALUES(db_number(0), db_number(0)), &rows), ERR_OK);
    assert_int_equal(rows.count, 0);
    assert_status(get(h, "/steward"), 403);
}

static Err run_end_in_the_record(Db *db, Command *command)
{
    DbRows rows;
    Err e = db_query(db, command->arena, "record_powers_held", DB_VALUES(db_number(command->now), db_number(10)), &rows);
    assert_int_equal(rows.count, 1);
    while (!e && db_next(&rows)) e = db_run(db, "record_power_drop", DB_VALUES(db_number(db_i64(&rows, "number"))));
    return e;
}

/* An older backup brings the session's row back, and 'record recover' the leaf that says it has ended. */
static void what_the_record_has_ended_lets_nobody_in(void **state)
{
    House *h = *state;
    sign_in(h, entry_link(h));
    assert_status(get(h, "/steward"), 200);
    Command command = {.name = "recovered", .leaf = LEAF_NONE, .run = run_end_in_the_record, .arena = &h->arena, .now = h->now};
    assert_int_equal(store_run(h->store, &command), ERR_OK);
    assert_status(get(h, "/steward"), 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        notes_test(in_and_out),
        notes_test(a_link_is_good_once),
        notes_test(two_browsers_one_link),
        notes_test(a_double_click_signs_in),
        notes_test(a_link_ends),
        notes_test(no_session_fixation),
        notes_test(made_up_cookies),
        notes_test(sessions_end),
        notes_test(an_unused_session_ends_early),
        notes_test(everywhere_means_everywhere),
        notes_test(forms_from_before_signing_in),
        notes_test(a_steward_reads_no_kept_page),
        notes_test(sessions_are_the_stores),
        notes_test(what_is_over_is_dropped),
        notes_test(what_the_record_has_ended_lets_nobody_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
