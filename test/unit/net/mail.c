/* Letters as they travel: nothing that was typed can become a header or a recipient. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "net/mail.h"

static const MailServer server = {.url = S("smtp://127.0.0.1"), .from = S("office@example.org"), .from_name = S("Hustings")};

static Str written(Arena *a, const MailServer *from, const Letter *letter)
{
    Str text = {0};
    Fault fault = {0};
    if (mail_write(a, from, letter, &text, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return text;
}

static bool holds(Str text, const char *words)
{
    return memmem(text.ptr, text.len, words, strlen(words)) != NULL;
}

static void addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"ann@example.org", "a.b+c@x", "o'neill@mail.example.org", "x_y-z@1.example", "A@B.C"};
    static const char *const bad[] = {"", "ann", "@example.org", "ann@", "ann@@example.org", "a@b@c", ".a@b", "a.@b", "a..b@c", "a b@c",
        "a@b c", "\"a b\"@c", "a@b,c@d", "<a@b>", "a@-b", "a@b-", "a@b..c", "a@.b", "a@b.", "a\n@b", "a@b\r\nRCPT TO:<c@d>",
        "\xC3\xA9@example.org", "a@\xC3\xA9.org", "a@[127.0.0.1]"};
    for (int i = 0; i < COUNT_OF(good); i++) assert_row(mail_address_is_good(str_from_c(good[i])), good[i]);
    for (int i = 0; i < COUNT_OF(bad); i++) assert_row(!mail_address_is_good(str_from_c(bad[i])), bad[i]);
    assert_false(mail_address_is_good((Str){"a\0b@c", 5}));
    char local[80];
    memset(local, 'a', sizeof local);
    static const char at[12] = {'@', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'o', 'r', 'g'};
    memcpy(local + 64, at, sizeof at);
    assert_true(mail_address_is_good((Str){local, 76}));
    memcpy(local + 65, at, sizeof at);
    local[64] = 'a';
    assert_false(mail_address_is_good((Str){local, 77}));
}

static void a_plain_letter(void **state)
{
    Arena *a = *state;
    Letter letter = {
        .id = S("abc_-9"), .to = S("ann@example.org"), .subject = S("Sign in"), .text = S("Hello\n.\nEnd "), .at = 1795367121000};
    assert_str(written(a, &server, &letter),
        "From: \"Hustings\" <office@example.org>\r\nTo: <ann@example.org>\r\nSubject: Sign in\r\nDate: Sun, 22 Nov 2026 17:05:21 +0000\r\n"
        "Message-ID: <abc_-9@example.org>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHello\r\n.\r\nEnd=20\r\n");
}

static void what_was_typed_is_no_header(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    Str text;
    static const char *const subjects[] = {"a\r\nBcc: x@y.z", "a\nb", "a\rb", "a\x01"};
    for (int i = 0; i < COUNT_OF(subjects); i++) {
        Letter letter = {.id = S("a"), .to = S("a@b.c"), .subject = str_from_c(subjects[i]), .text = S("x")};
        assert_int_equal(mail_write(a, &server, &letter, &text, &fault), ERR_INPUT);
    }
    Letter to = {.id = S("a"), .to = S("a@b.c>\r\nBcc: <x@y.z"), .subject = S("s"), .text = S("x")};
    assert_int_equal(mail_write(a, &server, &to, &text, &fault), ERR_INPUT);
    Letter id = {.id = S("a>\r\nBcc: x"), .to = S("a@b.c"), .subject = S("s"), .text = S("x")};
    assert_int_equal(mail_write(a, &server, &id, &text, &fault), ERR_INPUT);
    MailServer named = server;
    named.from_name = S("Evil\", <x@y.z>, \"");
    Letter letter = {.id = S("a"), .to = S("a@b.c"), .subject = S("=?UTF-8?Q?x?="), .text = S("x")};
    text = written(a, &named, &letter);
    assert_false(holds(text, "<x@y.z>"));
    assert_false(holds(text, "Subject: =?UTF-8?Q?x?=")); /* what looks encoded is encoded */
}

/* RFC 2047: no word above 75 characters, no character cut in two; RFC 2045: no line above 76. */
static void long_lines(void **state)
{
    Arena *a = *state;
    Buf subject = buf_new(a), body = buf_new(a);
    for (int i = 0; i < 60; i++) buf_str(&subject, S("\xC3\xA9\xE6\x97\xA5"));
    for (int i = 0; i < 300; i++) buf_str(&body, S("\xC3\xA9= "));
    Letter letter = {.id = S("a"), .to = S("a@b.c"), .subject = buf_done(&subject), .text = buf_done(&body)};
    Str text = written(a, &server, &letter), line;
    int words = 0;
    for (Str rest = text; rest.len;) {
        str_cut(rest, '\n', &line, &rest);
        assert_true(line.len <= 77); /* with the \r */
        for (size_t i = 0; i < line.len; i++) assert_true((unsigned char)line.ptr[i] < 0x80);
        words += holds(line, "=?UTF-8?B?") && str_ends(line, S("?=\r"));
    }
    assert_true(words >= 7);
    assert_false(holds(text, "=C3\r")); /* a soft break is =\r\n, never half of a byte */
    assert_true(holds(text, "=C3=A9=3D"));
}

static void servers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "http://x", "smtp://", "smtp://user@host", "smtp://host/path", "smtps://host?x", "smtp://host name"};
    for (int i = 0; i < COUNT_OF(bad); i++) {
        Mailer *mailer = NULL;
        Fault fault = {0};
        MailServer s = server;
        s.url = str_from_c(bad[i]);
        Err e = mailer_open(&s, &mailer, &fault);
        if (e == ERR_IO) skip(); /* no libcurl here */
        assert_row(e == ERR_INPUT && !mailer, bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        arena_test(a_plain_letter),
        arena_test(what_was_typed_is_no_header),
        arena_test(long_lines),
        cmocka_unit_test(servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
