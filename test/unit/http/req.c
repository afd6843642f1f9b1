/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/inside.h"

static Arena arena;
static SiteReq own;
static const char *target;

static const Field fields[] = {{.name = "word", .kind = FIELD_LINE}, {0}};
static const Route route = {.fields = fields};

static Req *request(void)
{
    arena_init(&arena, 0);
    own = (SiteReq){.req = {.arena = &arena, .route = &route, .state = &own.state}};
    return &own.req;
}

static void go(void)
{
    req_redirect(request(), "%s", target);
}

/* Where a handler sends somebody is a path of this site, whatever was typed; anything else is a bug, and stops. */
static void redirects_stay_here(void **state)
{
    (void)state;
    static const char *const elsewhere[] = {"", "contests", "//evil.example", "/\\evil.example", "https://evil.example",
        "javascript:alert(1)", "/a\r\nSet-Cookie: x", "/a b", "/a\tb", "/\x7f", "/\xc3\xa9", "/a\\b", "/\"x"};
    for (int i = 0; i < COUNT_OF(elsewhere); i++) {
        target = elsewhere[i];
        Ending e = ending_of(go);
        assert_row(e.signal == SIGABRT && strstr(e.said, "hustings: internal error"), elsewhere[i]);
    }
    static const char *const here[] = {"/", "/contests", "/contests/x?next=//evil.example#top"};
    for (int i = 0; i < COUNT_OF(here); i++) {
        Req *req = request();
        req_redirect(req, "%s", here[i]);
        assert_same_str(req->state->redirect, str_from_c(here[i]));
        arena_clear(&arena);
    }
}

static void unknown_field(void)
{
    assert_int_equal(req_wrong(request(), "wrod", "no such field"), ERR_INPUT);
}

static void fields_that_are_not_declared(void **state)
{
    (void)state;
    assert_stops(unknown_field);
    Req *req = request();
    assert_int_equal(req_wrong(req, "word", "%d is too much", 3), ERR_INPUT);
    assert_str(req->state->troubles[0].message, "3 is too much");
    assert_ptr_equal(req->state->troubles[0].field, &fields[0]);
    for (int i = 0; i < 2 * TROUBLES_MAX; i++) assert_int_equal(req_wrong(req, NULL, "more"), ERR_INPUT);
    assert_int_equal(req->state->trouble_count, TROUBLES_MAX);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(redirects_stay_here), cmocka_unit_test(fields_that_are_not_declared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
