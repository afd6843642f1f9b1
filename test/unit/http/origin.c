/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/origin.h"

static Address address(const char *text)
{
    Address a;
    assert_true(address_parse(str_from_c(text), &a));
    return a;
}

static void test_list(void **state)
{
    TrustedList list;
    Fault fault = {.err = ERR_OK};
    assert_int_equal(trusted_parse(*state, S(" 127.0.0.1, ::1,10.0.0.0/8 , 2001:db8::/33, unix,, 192.0.2.128/25"), &list, &fault), ERR_OK);
    assert_true(list.unix_socket);
    static const char *const in[] = {
        "127.0.0.1", "::1", "10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "2001:db8::", "2001:db8:7fff::1", "192.0.2.128"};
    static const char *const out[] = {"127.0.0.2", "::2", "11.0.0.0", "9.255.255.255", "2001:db8:8000::", "192.0.2.127", "::10.0.0.1"};
    for (int i = 0; i < COUNT_OF(in); i++) {
        Address a = address(in[i]);
        assert_row(trusted_has(&list, &a), in[i]);
    }
    for (int i = 0; i < COUNT_OF(out); i++) {
        Address a = address(out[i]);
        assert_row(!trusted_has(&list, &a), out[i]);
    }
    assert_int_equal(trusted_parse(*state, S("0.0.0.0/0"), &list, &fault), ERR_OK);
    Address v4 = address("203.0.113.1"), v6 = address("2001:db8::1");
    assert_true(trusted_has(&list, &v4));
    assert_false(trusted_has(&list, &v6));
    assert_int_equal(trusted_parse(*state, S(""), &list, &fault), ERR_OK);
    assert_false(list.unix_socket || list.count);
}

static void test_bad_lists(void **state)
{
    static const char *const bad[] = {"a", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "::1/129", "1.2.3.4:80", "[::1]",
        "127.0.0.1;::1", "10.0.0.0/8/8", "10.0.0.0/ 8"};
    for (int i = 0; i < COUNT_OF(bad); i++) {
        TrustedList list = {.count = 77};
        Fault fault = {.err = ERR_OK};
        assert_row(trusted_parse(*state, str_from_c(bad[i]), &list, &fault) == ERR_INPUT, bad[i]);
        assert_row(list.count == 77 && fault.found.len, bad[i]);
    }
}

static void test_loopback(void **state)
{
    (void)state;
    static const char *const here[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}, *const there[] = {
                                                                                                 "128.0.0.1", "::2", "::", "::127.0.0.1"};
    for (int i = 0; i < COUNT_OF(here); i++) {
        Address a = address(here[i]);
        assert_row(address_is_loopback(&a), here[i]);
    }
    for (int i = 0; i < COUNT_OF(there); i++) {
        Address a = address(there[i]);
        assert_row(!address_is_loopback(&a), there[i]);
    }
}

typedef struct Case {
    const char *trusted, *peer, *forwarded, *client;
} Case;

static void test_forwarded_for(void **state)
{
    static const Case cases[] = {
        {"10.0.0.0/8", "10.0.0.1", "192.0.2.1", "192.0.2.1"},
        {"10.0.0.0/8", "10.0.0.1", "203.0.113.5, 192.0.2.1", "192.0.2.1"},           /* the left one is the client's own word */
        {"10.0.0.0/8", "10.0.0.1", "203.0.113.5, 192.0.2.1, 10.0.0.2", "192.0.2.1"}, /* two proxies */
        {"10.0.0.0/8", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},                /* everybody is a proxy */
        {"10.0.0.0/8", "10.0.0.1", "192.0.2.1, nonsense", "10.0.0.1"},               /* nothing is known of who is before the proxy */
        {"10.0.0.0/8", "10.0.0.1", "192.0.2.1:4711", "192.0.2.1"}, {"10.0.0.0/8", "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"},
        {"10.0.0.0/8", "10.0.0.1", "2001:db8::1", "2001:db8::1"}, {"10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", ",", "10.0.0.1"}, {"10.0.0.0/8", "192.0.2.9", "203.0.113.5", "192.0.2.9"}, /* no proxy of ours */
    };
    for (int i = 0; i < COUNT_OF(cases); i++) {
        TrustedList list;
        Fault fault = {.err = ERR_OK};
        assert_int_equal(trusted_parse(*state, str_from_c(cases[i].trusted), &list, &fault), ERR_OK);
        const Header headers[] = {{S("x-forwarded-for"), str_from_c(cases[i].forwarded)}};
        Exchange ex = {.headers = headers, .header_count = 1};
        Peer peer = {.address = address(cases[i].peer)};
        peer.trusted = trusted_has(&list, &peer.address);
        Address wanted = address(cases[i].client);
        origin_find(&list, &peer, S("a"), &ex);
        assert_row(memcmp(&ex.client, &wanted, sizeof wanted) == 0, cases[i].forwarded);
    }
}

/* "local" opens doors: a proxy on this machine that nobody named must not carry it outside. */
static void test_local(void **state)
{
    (void)state;
    static const TrustedList none = {.count = 0};
    static const char *const names[] = {"x-forwarded-for", "forwarded", "via"};
    Peer peer = {.address = address("127.0.0.1")};
    Exchange direct = {.header_count = 0};
    origin_find(&none, &peer, S("a"), &direct);
    assert_true(direct.local);
    for (int i = 0; i < COUNT_OF(names); i++) {
        const Header headers[] = {{str_from_c(names[i]), S("1.1 somebody")}};
        Exchange ex = {.headers = headers, .header_count = 1};
        origin_find(&none, &peer, S("a"), &ex);
        assert_row(!ex.local, names[i]);
    }
    peer.address = address("192.0.2.1");
    origin_find(&none, &peer, S("a"), &direct);
    assert_false(direct.local);
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(test_list), arena_test(test_bad_lists), cmocka_unit_test(test_loopback),
        arena_test(test_forwarded_for), cmocka_unit_test(test_local)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
