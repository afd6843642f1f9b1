/* site_commands.c: forms, anti-forgery tokens, idempotency, what is said afterwards. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "site.h"

static int64_t notes_in(House *h)
{
    Shown s = get(h, "/notes.json");
    int64_t count = 0;
    for (size_t at = 0; at + 8 < s.body.len; at++) count += memcmp(s.body.ptr + at, "\"words\":", 8) == 0;
    return count;
}

static Shown form_page(House *h)
{
    Shown page = get(h, "/notes/new");
    assert_status(page, 200);
    keep_cookies(h, &page);
    return page;
}

/* ---- the whole way ---- */

static void a_form_is_sent(void **state)
{
    House *h = *state;
    Shown page = form_page(h);
    assert_says(page, "value=\"1\"");
    Shown sent = post(h, "/notes/new", "", filled(h, &page, "words=Tea+%26+cake&seats=2"));
    assert_status(sent, 303);
    assert_str(header_named(&sent, "location"), "/notes");
    assert_int_equal(sent.body_most, 64 * 1024);
    keep_cookies(h, &sent);
    Shown after = get(h, "/notes"), later;
    assert_says(after, "Thank you for your note.");
    assert_says(after, "<li>Tea &amp; cake (2)</li>");
    assert_false(after.kept);
    keep_cookies(h, &after);
    later = get(h, "/notes");
    assert_false(says(&later, "Thank you"));
    assert_true(later.kept);
}

static void wrong_fields_come_back(void **state)
{
    House *h = *state;
    Shown page = form_page(h), again = post(h, "/notes/new", "", filled(h, &page, "words=%3Cb%3E&seats=99"));
    assert_status(again, 422);
    assert_says(again, "There is a problem");
    assert_says(again, "&lt;b&gt;</textarea>");
    assert_says(again, "value=\"99\"");
    assert_says(again, "href=\"#field-seats\"");
    assert_str(header_named(&again, "cache-control"), "no-store");
    assert_int_equal(notes_in(h), 0);
    Shown mended = post(h, "/notes/new", "", filled(h, &again, "words=b&seats=9"));
    assert_status(mended, 303);
    assert_int_equal(notes_in(h), 1);
}

/* The command finds it out, inside its transaction. */
static void what_a_command_finds_wrong_comes_back(void **state)
{
    House *h = *state;
    for (int i = 0; i < 10; i++) {
        Shown page = form_page(h);
        assert_status(post(h, "/notes/new", "", filled(h, &page, "words=x&seats=10")), 303);
    }
    Shown page = form_page(h), full = post(h, "/notes/new", "", filled(h, &page, "words=too+late&seats=1"));
    assert_status(full, 422);
    assert_says(full, "There is not so much room left");
    assert_says(full, "too late</textarea>");
    assert_int_equal(notes_in(h), 10);
}

/* ---- twice ---- */

static void a_double_click_is_one_note(void **state)
{
    House *h = *state;
    Shown page = form_page(h);
    Str body = filled(h, &page, "words=once&seats=1");
    Shown first = post(h, "/notes/new", "", body), second = post(h, "/notes/new", "", body);
    assert_status(first, 303);
    assert_status(second, 303);
    assert_same_str(header_named(&first, "location"), header_named(&second, "location"));
    assert_int_equal(notes_in(h), 1);
}

static void a_key_for_something_else_is_refused(void **state)
{
    House *h = *state;
    Shown page = form_page(h);
    assert_status(post(h, "/notes/new", "", filled(h, &page, "words=one&seats=1")), 303);
    assert_status(post(h, "/notes/new", "", filled(h, &page, "words=two&seats=1")), 409);
    assert_int_equal(notes_in(h), 1);
}

static void keys_belong_to_who_asks(void **state)
{
    House *h = *state;
    Shown page = form_page(h);
    Str key = between(h, &page, "name=\"_key\" value=\"", "\"");
    assert_status(post(h, "/notes/new", "", filled(h, &page, "words=mine&seats=1")), 303);
    h->jar = S("");
    Shown other = form_page(h);
    Str csrf = between(h, &other, "name=\"_csrf\" value=\"", "\"");
    Str body = str_format(&h->arena, "_csrf=%.*s&_key=%.*s&words=hers&seats=1", STR_ARG(csrf), STR_ARG(key));
    assert_status(post(h, "/notes/new", "", body), 303);
    assert_int_equal(notes_in(h), 2);
}

/* ---- programs ---- */

static void a_program_writes(void **state)
{
    House *h = *state;
    const char *lines = "accept: application/json\nidempotency-key: my-key-1\n";
    Shown first = post(h, "/notes/new", lines, S("words=by+program&seats=1")),
          again = post(h, "/notes/new", lines, S("words=by+program&seats=1"));
    assert_status(first, 201);
    assert_str(header_named(&first, "location"), "/notes");
    assert_says(first, "\"id\": \"");
    assert_same_str(first.body, again.body);
    assert_int_equal(header_named(&first, "set-cookie").len, 0);
    assert_int_equal(notes_in(h), 1);
    Shown wrong = post(h, "/notes/new", "accept: application/json\nidempotency-key: my-key-2\n", S("words=&seats=many"));
    assert_status(wrong, 422);
    assert_str(header_named(&wrong, "content-type"), "application/problem+json");
    assert_says(wrong, "\"field\": \"words\"");
    assert_says(wrong, "\"field\": \"seats\"");
}

static void a_program_needs_a_key(void **state)
{
    House *h = *state;
    assert_status(post(h, "/notes/new", "accept: application/json\n", S("words=x&seats=1")), 403);
    Str long_key = str_format(&h->arena, "idempotency-key: %0300d\n", 1);
    assert_status(post(h, "/notes/new", str_c(&h->arena, long_key), S("words=x&seats=1")), 400);
    assert_int_equal(notes_in(h), 0);
}

/* ---- forgery ---- */

static void tokens(void **state)
{
    House *h = *state;
    Shown page = form_page(h), other_page = form_page(h);
    Str mine = h->jar, token = between(h, &page, "name=\"_csrf\" value=\"", "\""),
        masked = between(h, &other_page, "name=\"_csrf\" value=\"", "\"");
    assert_false(str_equal(token, masked)); /* masked afresh, and both good */
    h->jar = S("");
    Shown foreign = form_page(h);
    Str foreign_token = between(h, &foreign, "name=\"_csrf\" value=\"", "\"");
    h->jar = mine;
    char *bent = arena_new(&h->arena, char, token.len);
    memcpy(bent, token.ptr, token.len);
    bent[token.len - 2] = bent[token.len - 2] == 'A' ? 'B' : 'A';
    const struct {
        const char *row;
        Str token;
        int status;
    } rows[] = {{"right", token, 303}, {"masked otherwise", masked, 303}, {"none", S(""), 403}, {"somebody else's", foreign_token, 403},
        {"bent", {bent, token.len}, 403}, {"short", {token.ptr, token.len - 1}, 403}, {"not base64url", S("%3D%3D%3D"), 403}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Str body = str_format(&h->arena, "_csrf=%.*s&words=x&seats=1", STR_ARG(rows[i].token));
        Shown s = post(h, "/notes/new", "", body);
        assert_row(s.status == rows[i].status, rows[i].row);
    }
    assert_int_equal(notes_in(h), 2);
    assert_status(post(h, "/notes/new", "", S("words=&seats=many")), 403); /* before anything is said of the fields */
}

static void the_token_may_be_a_header(void **state)
{
    House *h = *state;
    Shown page = form_page(h);
    Str line = str_format(&h->arena, "x-csrf-token: %.*s\n", STR_ARG(between(h, &page, "name=\"_csrf\" value=\"", "\"")));
    assert_status(post(h, "/notes/new", str_c(&h->arena, line), S("words=x&seats=1")), 303);
}

/* Before any body is read. */
static void other_sites(void **state)
{
    House *h = *state;
    Shown page = form_page(h);
    static const struct {
        const char *lines;
        bool comes_in;
    } rows[] = {{"", true}, {"origin: http://vote.example.org\n", true}, {"sec-fetch-site: same-origin\n", true},
        {"sec-fetch-site: none\n", true}, {"origin: https://vote.example.org\n", false}, {"origin: http://evil.example\n", false},
        {"origin: null\n", false}, {"origin: http://vote.example.org.evil.example\n", false}, {"sec-fetch-site: cross-site\n", false},
        {"sec-fetch-site: same-site\n", false}, {"sec-fetch-site: cross-site\norigin: http://vote.example.org\n", false}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Shown s = post(h, "/notes/new", rows[i].lines, filled(h, &page, "words=x&seats=1"));
        assert_row(s.admitted == rows[i].comes_in, rows[i].lines);
        assert_row(s.status == (rows[i].comes_in ? 303 : 403), rows[i].lines);
    }
}

static void what_is_no_form(void **state)
{
    House *h = *state;
    Shown page = form_page(h);
    Shown json = ask_with(h, "POST", "/notes/new", S("content-type: application/json\n"), S("{}"));
    assert_status(json, 415);
    assert_false(json.admitted);
    assert_status(post(h, "/notes/new", "", filled(h, &page, "words=x&seats=1&admin=yes")), 400);
    assert_status(post(h, "/notes/new", "", filled(h, &page, "words=x&words=y&seats=1")), 400);
    assert_status(post(h, "/notes/new", "", filled(h, &page, "words=%FF&seats=1")), 400);
    assert_int_equal(notes_in(h), 0);
}

/* ---- said once ---- */

static void a_flash_cannot_be_made_up(void **state)
{
    House *h = *state;
    h->jar = S("hustings-said=AAAAAAAAAAAAAAAAAAAAAEhlbGxv");
    Shown s = get(h, "/notes");
    assert_status(s, 200);
    assert_false(says(&s, "role=\"status\""));
}

static void cookies_are_shut_in(void **state)
{
    House *h = *state;
    for (int secure = 0; secure < 2; secure++) {
        h->secure = secure;
        h->jar = S("");
        Shown page = get(h, "/notes/new");
        Str cookie = header_named(&page, "set-cookie");
        assert_true(str_starts(cookie, secure ? S("__Host-hustings=") : S("hustings=")));
        assert_non_null(strstr(str_c(&h->arena, cookie), "; Path=/; HttpOnly; SameSite=Lax"));
        assert_true(str_ends(cookie, S("; Secure")) == secure);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        notes_test(a_form_is_sent),
        notes_test(wrong_fields_come_back),
        notes_test(what_a_command_finds_wrong_comes_back),
        notes_test(a_double_click_is_one_note),
        notes_test(a_key_for_something_else_is_refused),
        notes_test(keys_belong_to_who_asks),
        notes_test(a_program_writes),
        notes_test(a_program_needs_a_key),
        notes_test(tokens),
        notes_test(the_token_may_be_a_header),
        notes_test(other_sites),
        notes_test(what_is_no_form),
        notes_test(a_flash_cannot_be_made_up),
        notes_test(cookies_are_shut_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
