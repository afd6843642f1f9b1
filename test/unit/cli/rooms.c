/* rooms.c: no act is forgotten: every write of every room says which it is, and every kind of act is somebody's. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "cli/rooms.h"
#include "http/inside.h"

#include <string.h>

/* Acts that no route does: who does them. Whoever adds a kind that is done at the machine, or by the program itself, adds it here. */
static const struct {
    const char *kind, *who;
} done_elsewhere[] = {
    {"contest.entered", "the server, at its start (contest_enter_all)"},
    {"contest.published", "hustings publish"},
    {"contest.replaced", "hustings publish --replace"},
    {"export.made", "hustings export"},
    {"people.import_undone", "hustings people undo; the server, for one that was stopped"},
    {"people.imported", "hustings people import; the server (import_all)"},
    {"record.key_added", "the server, at its first start; hustings record key"},
    {"record.key_ended", "hustings record key"},
    {"role.offer_ended", "housekeeping (site_expire)"},
    {"role.offered", "hustings sign-in"},
    {"roll.frozen", "the thread that freezes rolls (roll/worker.h)"},
    {"roll.moved", "the thread that freezes rolls"},
    {"store.recovered", "hustings record recover"},
};

static Router *router_of_all(Arena *a)
{
    const Room **rooms = arena_new(a, const Room *, (size_t)all_room_count + 1);
    rooms[0] = &http_room;
    for (int i = 0; i < all_room_count; i++) rooms[i + 1] = all_rooms[i];
    Router *router = NULL;
    Fault fault = {0};
    if (router_make(a, rooms, all_room_count + 1, &router, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return router;
}

static void every_write_says(void **state)
{
    const Rule *rules;
    int count = router_rules(router_of_all(*state), &rules), writes = 0;
    for (int i = 0; i < count; i++) {
        const Route *r = rules[i].route;
        writes += r->write != NULL;
        assert_row((r->write != NULL) == (r->act != NULL), r->path);
        assert_row((r->write != NULL) == (rules[i].leaf != LEAF_UNSAID), r->path);
        if (r->act) assert_row((rules[i].leaf == LEAF_NONE) == (strncmp(r->act, "none: ", 6) == 0), r->path);
    }
    assert_true(writes > 5);
}

static bool is_on_a_route(const Rule *rules, int count, Str kind)
{
    for (int i = 0; i < count; i++)
        if (route_has_act(rules[i].route, kind)) return true;
    return false;
}

static bool is_elsewhere(Str kind)
{
    for (int i = 0; i < COUNT_OF(done_elsewhere); i++)
        if (str_equal(kind, str_from_c(done_elsewhere[i].kind))) return true;
    return false;
}

static void every_kind_is_somebodys(void **state)
{
    const Rule *rules;
    int count = router_rules(router_of_all(*state), &rules);
    for (int i = 0; i < act_kind_count; i++) {
        Str kind = str_from_c(act_kinds[i].name);
        assert_row(is_on_a_route(rules, count, kind) || is_elsewhere(kind), act_kinds[i].name);
    }
    for (int i = 0; i < COUNT_OF(done_elsewhere); i++)
        assert_row(act_kind(str_from_c(done_elsewhere[i].kind)) != NULL, done_elsewhere[i].kind);
}

static void kinds_are_in_order(void **state)
{
    (void)state;
    for (int i = 1; i < act_kind_count; i++) assert_row(strcmp(act_kinds[i - 1].name, act_kinds[i].name) < 0, act_kinds[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(every_write_says), arena_test(every_kind_is_somebodys), arena_test(kinds_are_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
