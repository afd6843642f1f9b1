/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/router.h"

static Err a_page(Req *req, View *view)
{
    (void)req, (void)view;
    return ERR_OK;
}

static Err a_write(Req *req, Db *db, View *view)
{
    (void)req, (void)db, (void)view;
    return ERR_OK;
}

static const Field slug[] = {{"slug", FIELD_SLUG, .required = true}, {0}};
static const Field two[] = {{"slug", FIELD_SLUG, .required = true}, {.name = "word", .kind = FIELD_LINE}, {0}};
static const Field twice[] = {{.name = "word", .kind = FIELD_LINE}, {.name = "word", .kind = FIELD_LINE}, {0}};
static const Field file[] = {{.name = "file", .kind = FIELD_FILE}, {0}};
static const Field secret[] = {{.name = "word", .kind = FIELD_SECRET}, {0}};
static const Field optional_slug[] = {{.name = "slug", .kind = FIELD_SLUG}, {0}};
static const Field text_part[] = {{"slug", FIELD_TEXT, .required = true}, {0}};
static const Field no_choices[] = {{.name = "word", .kind = FIELD_CHOICE}, {0}};
static const Field bad_name[] = {{.name = "_csrf", .kind = FIELD_LINE}, {0}};
static const Field unit[] = {{"unit", FIELD_SLUG, .required = true}, {0}};
static const Field upside_down[] = {{"n", FIELD_NUMBER, .min = 5, .max = 3}, {0}};

#define PAGE .title = "T", .page = a_page, .html = "x"
static const Field token[] = {{"token", FIELD_TOKEN, .required = true}, {0}};
static const Field number[] = {{"number", FIELD_NUMBER, .required = true}, {0}};
#define WRITE .title = "T", .write = a_write, .act = "none: a test"

static Err make(Arena *a, const Route *routes, int count, Router **ret_router, Fault *fault)
{
    Room *room = arena_new(a, Room, 1);
    *room = (Room){.name = "room", .routes = routes, .route_count = count};
    const Room **rooms = arena_new(a, const Room *, 1);
    rooms[0] = room;
    return router_make(a, rooms, 1, ret_router, fault);
}

static void rows_that_mean_nothing(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *message;
        Route row;
    } rows[] = {
        {"does not say who may", {GET, "/a", PAGE}},
        {"does not say who may", {GET, "/a", WHO__COUNT, PAGE}},
        {"has no title", {GET, "/a", WHO_ANYONE, .page = a_page, .html = "x"}},
        {"a GET needs a page", {GET, "/a", WHO_ANYONE, .title = "T"}},
        {"a GET may not write", {GET, "/a", WHO_ANYONE, PAGE, .write = a_write}},
        {"a GET may not write", {GET, "/a", WHO_ANYONE, PAGE, .prepare = a_page}},
        {"only a POST shows its form again", {GET, "/a", WHO_ANYONE, PAGE, .form = "x"}},
        {"a GET has no body", {GET, "/a", WHO_ANYONE, PAGE, .body_max = 1}},
        {"it cannot have a form", {GET, "/a", WHO_ANYONE, PAGE, .topic = "t", .posts = "/a"}},
        {"it must be for anyone", {GET, "/a", WHO_STEWARD, PAGE, .topic = "t"}},
        {"a page needs a template", {GET, "/a", WHO_ANYONE, "T", .page = a_page}},
        {"a POST needs a page or a write", {POST, "/a", WHO_ANYONE, .title = "T"}},
        {"a POST either calculates (page) or writes (write)", {POST, "/a", WHO_ANYONE, PAGE, .write = a_write}},
        {"prepare goes before a write", {POST, "/a", WHO_ANYONE, PAGE, .prepare = a_page}},
        {"a write shows no page", {POST, "/a", WHO_ANYONE, WRITE, .html = "x"}},
        {"a form_page needs a form", {POST, "/a", WHO_ANYONE, WRITE, .form_page = a_page}},
        {"only a GET shows another row's form", {POST, "/a", WHO_ANYONE, WRITE, .posts = "/a"}},
        {"a write says which act of the record it is", {POST, "/a", WHO_ANYONE, .title = "T", .write = a_write}},
        {"a write says which act of the record it is", {POST, "/a", WHO_ANYONE, .title = "T", .write = a_write, .act = ""}},
        {"does not say why it is no act", {POST, "/a", WHO_ANYONE, .title = "T", .write = a_write, .act = "none: "}},
        {"an act that the record does not know (record/act.h): none",
            {POST, "/a", WHO_ANYONE, .title = "T", .write = a_write, .act = "none"}},
        {"an act that the record does not know (record/act.h): tea.drunk",
            {POST, "/a", WHO_ANYONE, .title = "T", .write = a_write, .act = "role.ended tea.drunk"}},
        {"an act that the record does not know", {POST, "/a", WHO_ANYONE, .title = "T", .write = a_write, .act = "role.ended  role.given"}},
        {"only a write is an act of the record", {POST, "/a", WHO_ANYONE, PAGE, .act = "role.ended"}},
        {"only a write is an act of the record", {GET, "/a", WHO_ANYONE, PAGE, .act = "none: a page"}},
        {"only a GET has a topic", {POST, "/a", WHO_ANYONE, WRITE, .topic = "t"}},
        {"only a GET stands in the navigation", {POST, "/a", WHO_ANYONE, WRITE, .nav = "A"}},
        {"body_max is out of bounds", {POST, "/a", WHO_ANYONE, WRITE, .body_max = -1}},
        {"has no such rate", {GET, "/a", WHO_ANYONE, PAGE, .rate = RATE__COUNT}},
        {"a path begins with /", {GET, "a", WHO_ANYONE, PAGE}},
        {"a path begins with /", {GET, "", WHO_ANYONE, PAGE}},
        {"a path does not end with /", {GET, "/a/", WHO_ANYONE, PAGE}},
        {"a segment must be", {GET, "/a//b", WHO_ANYONE, PAGE}},
        {"a segment must be", {GET, "/a b", WHO_ANYONE, PAGE}},
        {"a segment must be", {GET, "/..", WHO_ANYONE, PAGE}},
        {"a part of its path is no field: slug", {GET, "/:slug", WHO_ANYONE, PAGE}},
        {"has a part twice: slug", {GET, "/:slug/:slug", WHO_ANYONE, PAGE, .fields = slug}},
        {"must be one required", {GET, "/:slug", WHO_ANYONE, PAGE, .fields = optional_slug}},
        {"must be one required", {GET, "/:slug", WHO_ANYONE, PAGE, .fields = text_part}},
        {"declares a field twice: word", {GET, "/a", WHO_ANYONE, PAGE, .fields = twice}},
        {"only a POST can have a file: file", {GET, "/a", WHO_ANYONE, PAGE, .fields = file}},
        {"only a POST can have a secret: word", {GET, "/a", WHO_ANYONE, PAGE, .fields = secret}},
        {"a choice without choices: word", {GET, "/a", WHO_ANYONE, PAGE, .fields = no_choices}},
        {"a field's name must be", {GET, "/a", WHO_ANYONE, PAGE, .fields = bad_name}},
        {"a field whose min is above its max: n", {GET, "/a", WHO_ANYONE, PAGE, .fields = upside_down}},
        {"the form of a POST that no row has: /b", {GET, "/a", WHO_ANYONE, PAGE, .posts = "/b"}},
        {"only the last segment can be all that is left", {GET, "/*slug/a", WHO_ANYONE, PAGE, .fields = slug}},
        {"a part of its path is no field: slug", {GET, "/a/*slug", WHO_ANYONE, PAGE}},
        {"a segment must be", {GET, "/a/*", WHO_ANYONE, PAGE}},
        {"is for persons, and no room knows them", {GET, "/a", WHO_MEMBER, PAGE}},
        {"is for persons, and no room knows them", {POST, "/:unit", WHO_SECRETARY, WRITE, .fields = unit}},
        {"its topic names a part that its path has not: slug", {GET, "/a", WHO_ANYONE, PAGE, .topic = "t::slug"}},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Router *router = NULL;
        Fault fault = {0};
        Err e = make(a, &rows[i].row, 1, &router, &fault);
        const char *said = str_c(a, fault.expected);
        assert_row(e == ERR_INPUT && !router, rows[i].message);
        if (!strstr(said, rows[i].message) || !strstr(said, "of room \"room\"")) fail_msg("\"%s\" is not in \"%s\"", rows[i].message, said);
    }
}

static void rows_that_one_request_could_mean(void **state)
{
    Arena *a = *state;
    static const struct {
        bool fine;
        Route rows[2];
    } pairs[] = {
        {false, {{GET, "/a", WHO_ANYONE, PAGE}, {GET, "/a", WHO_ANYONE, PAGE}}},
        {false, {{GET, "/a/new", WHO_ANYONE, PAGE}, {GET, "/a/:slug", WHO_ANYONE, PAGE, .fields = slug}}},
        {false, {{GET, "/:slug/b", WHO_ANYONE, PAGE, .fields = slug}, {GET, "/a/:slug", WHO_ANYONE, PAGE, .fields = slug}}},
        {false, {{GET, "/", WHO_ANYONE, PAGE}, {GET, "/", WHO_ANYONE, PAGE}}},
        {false, {{GET, "/a/*slug", WHO_ANYONE, PAGE, .fields = slug}, {GET, "/a/b/c", WHO_ANYONE, PAGE}}},
        {false, {{GET, "/a/b/:slug", WHO_ANYONE, PAGE, .fields = slug}, {GET, "/a/*slug", WHO_ANYONE, PAGE, .fields = slug}}},
        {true, {{GET, "/a/*slug", WHO_ANYONE, PAGE, .fields = slug}, {GET, "/a", WHO_ANYONE, PAGE}}},
        {true, {{GET, "/a/*slug", WHO_ANYONE, PAGE, .fields = slug}, {GET, "/b/c", WHO_ANYONE, PAGE}}},
        {true, {{GET, "/a", WHO_ANYONE, PAGE}, {POST, "/a", WHO_ANYONE, WRITE}}},
        {true, {{GET, "/", WHO_ANYONE, PAGE}, {GET, "/:slug", WHO_ANYONE, PAGE, .fields = slug}}},
        {true, {{GET, "/a/:slug", WHO_ANYONE, PAGE, .fields = slug}, {GET, "/a/:slug/b", WHO_ANYONE, PAGE, .fields = two}}},
        {true, {{GET, "/a/:slug/b", WHO_ANYONE, PAGE, .fields = slug}, {GET, "/a/x/c", WHO_ANYONE, PAGE}}},
        {true, {{GET, "/a/new", WHO_ANYONE, PAGE}, {GET, "/a/:token", WHO_ANYONE, PAGE, .fields = token}}},
        {true, {{GET, "/a/:token/b", WHO_ANYONE, PAGE, .fields = token}, {GET, "/a/new/b", WHO_ANYONE, PAGE}}},
        {false, {{GET, "/a/exactly-as-long-as-one", WHO_ANYONE, PAGE}, {GET, "/a/:slug", WHO_ANYONE, PAGE, .fields = slug}}},
        {false, {{GET, "/a/22-characters-of-token", WHO_ANYONE, PAGE}, {GET, "/a/:token", WHO_ANYONE, PAGE, .fields = token}}},
        {true, {{GET, "/a/list.csv", WHO_ANYONE, PAGE}, {GET, "/a/:slug", WHO_ANYONE, PAGE, .fields = slug}}},
        {true, {{GET, "/a/new", WHO_ANYONE, PAGE}, {GET, "/a/:number", WHO_ANYONE, PAGE, .fields = number}}},
    };
    for (int i = 0; i < COUNT_OF(pairs); i++) {
        Router *router = NULL;
        Fault fault = {0};
        Err e = make(a, pairs[i].rows, 2, &router, &fault);
        assert_row((e == ERR_OK) == pairs[i].fine, pairs[i].rows[1].path);
    }
}

static Err a_may(Db *db, Arena *a, Str person, Who who, Str at, int64_t now, Officer *ret_officer)
{
    (void)db, (void)a, (void)person, (void)who, (void)at, (void)now, (void)ret_officer;
    return ERR_DENIED;
}

static Err a_name(Db *db, Arena *a, Str person, Str *ret_name)
{
    (void)db, (void)a, (void)person, (void)ret_name;
    return ERR_MISSING;
}

static Err make_with(Arena *a, const Route *row, bool named, int knowing, Str *ret_said)
{
    const Room *rooms[2];
    Router *router = NULL;
    Fault fault = {0};
    for (int i = 0; i < 2; i++) {
        Room *room = arena_new(a, Room, 1);
        *room = (Room){.name = "room", .routes = row, .route_count = i == 0};
        if (i < knowing) room->may = a_may, room->name_of = named ? a_name : NULL;
        rooms[i] = room;
    }
    Err e = router_make(a, rooms, 2, &router, &fault);
    *ret_said = fault.expected;
    return e;
}

/* Roles are held on a unit, and one room says who holds them. */
static void rows_for_persons(void **state)
{
    Arena *a = *state;
    Str said;
    static const Route member = {GET, "/me", WHO_MEMBER, PAGE}, at_unit = {GET, "/units/:unit/people", WHO_ORGANISER, PAGE, .fields = unit};
    static const Who roles[] = {WHO_ORGANISER, WHO_SECRETARY, WHO_RETURNING};
    assert_int_equal(make_with(a, &member, true, 1, &said), ERR_OK);
    assert_int_equal(make_with(a, &at_unit, true, 1, &said), ERR_OK);
    for (int i = 0; i < COUNT_OF(roles); i++) {
        Route nowhere = {GET, "/people/:slug", roles[i], PAGE, .fields = slug};
        assert_int_equal(make_with(a, &nowhere, true, 1, &said), ERR_INPUT);
        assert_non_null(strstr(str_c(a, said), "its path has no :unit"));
    }
    assert_int_equal(make_with(a, &member, true, 2, &said), ERR_INPUT);
    assert_non_null(strstr(str_c(a, said), "is a second one"));
    assert_int_equal(make_with(a, &member, false, 1, &said), ERR_INPUT);
    assert_non_null(strstr(str_c(a, said), "`name_of` beside `may`"));
}

/* A form's address needs parts that the page with the form must have. */
static void forms_of_other_rows(void **state)
{
    Arena *a = *state;
    static const Route rows[] = {{GET, "/a", WHO_ANYONE, PAGE, .posts = "/a/:slug"}, {POST, "/a/:slug", WHO_ANYONE, WRITE, .fields = slug}};
    static const Route good[] = {
        {GET, "/b/:slug", WHO_ANYONE, PAGE, .posts = "/a/:slug", .fields = slug}, {POST, "/a/:slug", WHO_ANYONE, WRITE, .fields = slug}};
    Router *router;
    Fault fault = {0};
    assert_int_equal(make(a, rows, 2, &router, &fault), ERR_INPUT);
    assert_int_equal(make(a, good, 2, &router, &fault), ERR_OK);
    const Rule *rules;
    assert_int_equal(router_rules(router, &rules), 2);
    assert_ptr_equal(rules[0].posts, &rules[1]);
}

static const Route table[] = {
    {GET, "/", WHO_ANYONE, PAGE},
    {GET, "/a", WHO_ANYONE, PAGE},
    {POST, "/a", WHO_ANYONE, WRITE},
    {GET, "/a/:slug", WHO_ANYONE, PAGE, .fields = slug, .topic = "a::slug"},
    {GET, "/a/:slug/b", WHO_ANYONE, PAGE, .fields = slug},
    {GET, "/a/x/c", WHO_ANYONE, PAGE},
    {POST, "/a/:slug/d", WHO_ANYONE, WRITE, .fields = slug},
    {GET, "/t/*slug", WHO_ANYONE, PAGE, .fields = slug},
};

static void finding(void **state)
{
    Arena *a = *state;
    Router *router;
    Fault fault = {0};
    assert_int_equal(make(a, table, COUNT_OF(table), &router, &fault), ERR_OK);
    static const struct {
        Verb method;
        const char *path, *row, *part;
        unsigned methods;
    } rows[] = {
        {GET, "/", "/", "", METHOD_BIT_GET},
        {POST, "/", NULL, "", METHOD_BIT_GET},
        {GET, "/a", "/a", "", METHOD_BIT_GET | METHOD_BIT_POST},
        {POST, "/a", "/a", "", METHOD_BIT_GET | METHOD_BIT_POST},
        {GET, "/a/one", "/a/:slug", "one", METHOD_BIT_GET},
        {GET, "/a/one/b", "/a/:slug/b", "one", METHOD_BIT_GET},
        {GET, "/a/x/b", "/a/:slug/b", "x", METHOD_BIT_GET}, /* the literal "x" leads nowhere, so back and through the part */
        {GET, "/a/x/c", "/a/x/c", "", METHOD_BIT_GET},
        {POST, "/a/x/d", "/a/:slug/d", "x", METHOD_BIT_POST},
        {GET, "/a/one/c", NULL, "", 0},
        {GET, "/a/one/b/c", NULL, "", 0},
        {GET, "/b", NULL, "", 0},
        {GET, "/t/x", "/t/*slug", "x", METHOD_BIT_GET},
        {GET, "/t/0/x001/000.p/5", "/t/*slug", "0/x001/000.p/5", METHOD_BIT_GET},
        {POST, "/t/0/x001", NULL, "", METHOD_BIT_GET},
        {GET, "/t", NULL, "", 0},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Match m = router_find(router, rows[i].method, str_from_c(rows[i].path));
        assert_row((m.rule != NULL) == (rows[i].row != NULL), rows[i].path);
        assert_row(m.methods == rows[i].methods, rows[i].path);
        if (!m.rule) continue;
        assert_row(str_equal(m.rule->path, str_from_c(rows[i].row)), rows[i].path);
        if (m.rule->part_count) assert_row(str_equal(m.parts[0], str_from_c(rows[i].part)), rows[i].path);
    }
    Match with_topic = router_find(router, GET, S("/a/one"));
    assert_str(with_topic.rule->topic, "a:");
    assert_int_equal(with_topic.rule->topic_part, 0);
}

static void plain_paths(void **state)
{
    (void)state;
    static const char *const good[] = {"/", "/a", "/a.b/c-d_e~f", "/.well-known/security.txt", "/A1"};
    static const char *const bad[] = {
        "", "a", "//", "/a/", "/a//b", "/.", "/..", "/a/../b", "/%41", "/a?b", "/a b", "/a\\b", "/\xc3\xa9", "/a;b", "/:a"};
    for (int i = 0; i < COUNT_OF(good); i++) assert_row(router_path_is_plain(str_from_c(good[i])), good[i]);
    for (int i = 0; i < COUNT_OF(bad); i++) assert_row(!router_path_is_plain(str_from_c(bad[i])), bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(rows_that_mean_nothing),
        arena_test(rows_that_one_request_could_mean),
        arena_test(rows_for_persons),
        arena_test(forms_of_other_rows),
        arena_test(finding),
        arena_test(plain_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
