/* site_persons.c: sessions of persons, and who may: a room that knows two of them, asked through the whole site. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "house.h"

#include "http/session.h"
#include "http/visit.h"

/* ---- a room that knows persons ---- */

/* "ann" is a member and secretary of "leeds"; "bea" a member. A test takes the role away, or them. */
static bool ann_is_secretary, ann_is_there;
static int asked;

static Err may(Db *db, Arena *a, Str person, Who who, Str unit, int64_t now, Officer *ret_officer)
{
    (void)db, (void)a, (void)now;
    asked++;
    *ret_officer = (Officer){0};
    bool ann = str_equal(person, S("ann")) && ann_is_there, known = ann || str_equal(person, S("bea"));
    if (who == WHO_MEMBER) return known ? ERR_OK : ERR_DENIED;
    if (who != WHO_SECRETARY || !ann || !ann_is_secretary || !str_equal(unit, S("leeds"))) return ERR_DENIED;
    *ret_officer = (Officer){.name = S("Ann Alder"), .role = S("secretary of Leeds")};
    return ERR_OK;
}

static Err name_of(Db *db, Arena *a, Str person, Str *ret_name)
{
    (void)db, (void)a;
    *ret_name = str_equal(person, S("ann")) ? S("Ann Alder") : S("Bea Birch");
    return ERR_OK;
}

static Err show_who(Req *req, View *view)
{
    view_put_str(view, S("kind"), who_name(req->who));
    view_put_str(view, S("me"), req->person);
    view_put_str(view, S("officer"), req->officer.name);
    view_put_str(view, S("role"), req->officer.role);
    return ERR_OK;
}

static Err sign_in(Req *req, Db *db, View *answer)
{
    (void)answer;
    req_redirect(req, "/me");
    return visit_begin(req, db, req_text(req, "person"), req_ticked(req, "keep"));
}

static Err sign_out(Req *req, Db *db, View *answer)
{
    (void)answer;
    req_redirect(req, "/");
    return visit_end(req, db);
}

static bool taken_inside; /* the role ends between the first asking and the command */

static Err before_act(Req *req, View *view)
{
    (void)req, (void)view;
    if (taken_inside) ann_is_secretary = false;
    return ERR_OK;
}

static int acts_done;

static Err act(Req *req, Db *db, View *answer)
{
    (void)db, (void)answer;
    acts_done++;
    req_redirect(req, "/units/leeds/people");
    return str_equal(req->officer.role, S("secretary of Leeds")) ? ERR_OK : ERR_DENIED;
}

static Err list_sessions(Req *req, View *view)
{
    return visit_list(req, req->db, view_put_array(view, S("sessions")));
}

static const Field unit_field[] = {{"unit", FIELD_SLUG, .required = true}, {0}};
static const Field in_fields[] = {{"person", FIELD_SLUG, .required = true}, {.name = "keep", .kind = FIELD_TICK}, {0}};
static const Route routes[] = {
    {GET, "/", WHO_ANYONE, "Home", .page = show_who, .html = "entry"},
    {GET, "/sign-in", WHO_ANYONE, "Sign in", .page = show_who, .html = "entry", .posts = "/sign-in"},
    {POST, "/sign-in", WHO_ANYONE, "Sign in", .fields = in_fields, .write = sign_in, .act = "none: a test"},
    {GET, "/me", WHO_MEMBER, "Me", .page = show_who, .html = "entry", .posts = "/me/sign-out"},
    {GET, "/me/sessions", WHO_MEMBER, "Sessions", .page = list_sessions, .html = "entry"},
    {POST, "/me/sign-out", WHO_MEMBER, "Out", .write = sign_out, .act = "none: a test"},
    {GET, "/units/:unit/people", WHO_SECRETARY, "People", .fields = unit_field, .page = show_who, .html = "entry",
        .posts = "/units/:unit/act"},
    {GET, "/units/:unit/rolls", WHO_RETURNING, "Rolls", .fields = unit_field, .page = show_who, .html = "entry"},
    {POST, "/units/:unit/act", WHO_SECRETARY, "Act", .fields = unit_field, .prepare = before_act, .write = act, .act = "none: a test"},
    {GET, "/steward-only", WHO_STEWARD, "Steward", .page = show_who, .html = "entry"},
};
/* Its folder is one of the program's, for its templates; what it shows is looked at as JSON. */
static const Room persons_room = {"contest", routes, COUNT_OF(routes), .may = may, .name_of = name_of};

static int setup(void **state)
{
    static const Room *const rooms[] = {&persons_room};
    ann_is_secretary = ann_is_there = true;
    taken_inside = false;
    asked = acts_done = 0;
    *state = house_open(rooms, 1);
    return 0;
}

#define persons_test(function) cmocka_unit_test_setup_teardown(function, setup, house_teardown)

/* The token that a page shows for the browser's cookie, out of its JSON face. */
static Str sent(House *h, const char *page, const char *fields)
{
    Shown s = get(h, page);
    keep_cookies(h, &s);
    Str csrf = between(h, &s, "\"csrf\": \"", "\""), key = between(h, &s, "\"key\": \"", "\"");
    return str_format(&h->arena, "_csrf=%.*s&_key=%.*s%s%s", STR_ARG(csrf), STR_ARG(key), fields[0] ? "&" : "", fields);
}

static Shown enter(House *h, const char *fields)
{
    Shown s = post(h, "/sign-in", "user-agent: Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0\n",
        sent(h, "/sign-in.json", fields));
    keep_cookies(h, &s);
    return s;
}

static void who_sees_what(void **state)
{
    House *h = *state;
    assert_status(enter(h, "person=ann"), 303);
    Shown s = get(h, "/me.json");
    assert_status(s, 200);
    assert_says(s, "\"kind\": \"member\"");
    assert_says(s, "\"me\": \"ann\"");
    assert_says(s, "\"officer\": \"\""); /* filled only where a role is asked */
    s = get(h, "/units/leeds/people.json");
    assert_status(s, 200);
    assert_says(s, "\"officer\": \"Ann Alder\"");
    assert_says(s, "secretary of Leeds");
    assert_str(header_named(&s, "cache-control"), "no-store");
    s = get(h, "/units/york/people");
    assert_status(s, 403);
    assert_says(s, "for the secretary of this unit");
    s = get(h, "/units/leeds/rolls");
    assert_status(s, 403);
    assert_says(s, "for the returning officer");
    assert_status(get(h, "/steward-only"), 403);
    enter(h, "person=bea");
    assert_status(get(h, "/me.json"), 200);
    assert_status(get(h, "/units/leeds/people"), 403);
    ann_is_there = false;
}

static void a_visitor_is_shown_where_to_sign_in(void **state)
{
    House *h = *state;
    Shown s = get(h, "/units/leeds/people?q=a%20b&x=%2F%2Fevil.example");
    assert_status(s, 303);
    assert_str(header_named(&s, "location"), "/sign-in?next=/units/leeds/people%3Fq%3Da%2520b%26x%3D%252F%252Fevil.example");
    assert_false(s.admitted);
    assert_int_equal(asked, 0);
    assert_status(get(h, "/me.json"), 403);
    assert_status(get_with(h, "/me", "accept: application/json\n"), 403);
    s = get(h, "/steward-only");
    assert_status(s, 403);
    assert_status(post(h, "/me/sign-out", "idempotency-key: 1\n", S("")), 403);
    assert_status(post(h, "/units/leeds/act", "idempotency-key: 1\n", S("")), 403);
    assert_int_equal(acts_done, 0);
}

static void a_session_that_is_over_is_a_visitors(void **state)
{
    House *h = *state;
    enter(h, "person=ann");
    Str jar = h->jar;
    h->now += PERSON_IDLE_MS - 1;
    assert_status(get(h, "/me.json"), 200);
    h->now += PERSON_IDLE_MS + 1;
    Shown s = get(h, "/me");
    assert_status(s, 303);
    assert_str(header_named(&s, "location"), "/sign-in?next=/me");
    assert_true(str_starts(header_named(&s, "set-cookie"), S("hustings=; Max-Age=0")));
    h->jar = jar;
    s = get(h, "/me.json");
    assert_status(s, 403);
    assert_says(s, "Your session is over");
}

static Err run_expire(Db *db, Command *command)
{
    return site_expire(db, command);
}

static int64_t expire(House *h)
{
    DbRows rows;
    Command command = {.name = "expire", .leaf = LEAF_MAYBE, .run = run_expire, .arena = &h->arena, .now = h->now};
    assert_int_equal(store_run(h->store, &command), ERR_OK);
    assert_int_equal(
        db_query(h->db, &h->arena, "http_sessions_of_person", DB_VALUES(db_string(S("ann")), db_number(0), db_number(0)), &rows), ERR_OK);
    return rows.count;
}

static void housekeeping(void **state)
{
    House *h = *state;
    enter(h, "person=ann");
    int64_t begun = h->now;
    h->now += SESSION_LONGEST_MS + SESSION_IDLE_MS; /* a steward's would be over */
    assert_int_equal(expire(h), 1);
    h->now = begun + PERSON_IDLE_MS;
    assert_int_equal(expire(h), 0);
}

static void longest(void **state)
{
    House *h = *state;
    enter(h, "person=ann&keep=yes");
    int64_t begun = h->now;
    while (h->now < begun + PERSON_LONGEST_MS - PERSON_IDLE_MS / 2) {
        h->now += PERSON_IDLE_MS / 2;
        assert_status(get(h, "/me.json"), 200);
        (void)expire(h); /* one writer, one queue: that it was used is written down when this is */
    }
    h->now = begun + PERSON_LONGEST_MS;
    assert_status(get(h, "/me.json"), 403);
}

static void cookies(void **state)
{
    House *h = *state;
    Shown s = enter(h, "person=ann");
    assert_false(memmem(header_named(&s, "set-cookie").ptr, header_named(&s, "set-cookie").len, "Max-Age", 7));
    h->jar = S("");
    s = enter(h, "person=ann&keep=yes");
    assert_true(memmem(
        header_named(&s, "set-cookie").ptr, header_named(&s, "set-cookie").len, "; Max-Age=15552000; Path=/; HttpOnly; SameSite=Lax", 50));
}

/* What was planted before is no session after; and a session that signs in anew is another one, and the old one is gone. */
static void fixation(void **state)
{
    House *h = *state;
    Shown s = get(h, "/sign-in.json");
    keep_cookies(h, &s);
    Str planted = h->jar;
    enter(h, "person=ann");
    Str first = h->jar;
    assert_false(str_equal(planted, first));
    h->jar = planted;
    assert_status(get(h, "/me.json"), 403);
    h->jar = first;
    enter(h, "person=bea");
    s = get(h, "/me.json");
    assert_says(s, "\"me\": \"bea\"");
    h->jar = first;
    assert_status(get(h, "/me.json"), 403);
}

static void a_double_click(void **state)
{
    House *h = *state;
    Str body = sent(h, "/sign-in.json", "person=ann&keep=yes");
    Shown lost = post(h, "/sign-in", "", body), got = post(h, "/sign-in", "", body);
    assert_status(lost, 303);
    assert_true(str_equal(header_named(&got, "set-cookie"), header_named(&lost, "set-cookie")));
    keep_cookies(h, &got);
    assert_status(get(h, "/me.json"), 200);
}

/* The role is asked for again inside the command: one that ended meanwhile does nothing more. */
static void roles_end_at_once(void **state)
{
    House *h = *state;
    enter(h, "person=ann");
    assert_status(post(h, "/units/leeds/act", "", sent(h, "/units/leeds/people.json", "")), 303);
    assert_int_equal(acts_done, 1);
    Str body = sent(h, "/units/leeds/people.json", "");
    taken_inside = true;
    assert_status(post(h, "/units/leeds/act", "", body), 403);
    assert_int_equal(acts_done, 1);
    assert_status(get(h, "/units/leeds/people"), 403);
    assert_status(get(h, "/me.json"), 200); /* she is a member still */
}

static void in_and_out(void **state)
{
    House *h = *state;
    enter(h, "person=ann");
    Str first = h->jar;
    h->jar = S("");
    enter(h, "person=ann");
    Shown s = get(h, "/me/sessions.json");
    assert_says(s, "Firefox on Android");
    Shown left = post(h, "/me/sign-out", "", sent(h, "/me.json", ""));
    assert_status(left, 303);
    assert_status(get(h, "/me.json"), 403);
    h->jar = first;
    assert_status(get(h, "/me.json"), 200); /* the other one stays */
    assert_int_equal(expire(h), 1);
}

static void a_steward_is_no_person(void **state)
{
    House *h = *state;
    Str path;
    Fault fault = {0};
    EntryLink link = {.who = WHO_STEWARD, .name = S("Ada Poll"), .by = {.name = S("Carol Count"), .role = S("operator")}, .minutes = 15};
    assert_int_equal(site_entry_link(&h->arena, h->store, &link, h->now, &path, &fault), ERR_OK);
    enter(h, "person=ann");
    Shown page = get(h, str_c(&h->arena, path));
    Shown got = post(h, str_c(&h->arena, path), "", filled(h, &page, "")); /* her own session ends, and no leaf is missing for it */
    assert_status(got, 303);
    keep_cookies(h, &got);
    assert_status(get(h, "/steward"), 200);
    Shown s = get(h, "/me");
    assert_status(s, 403);
    assert_status(get(h, "/units/leeds/people"), 403);
    assert_status(post(h, "/sign-in", "", sent(h, "/sign-in.json", "person=ann")), 409);
    assert_int_equal(expire(h), 0);
}

static void everybody_is_everybody(void **state)
{
    House *h = *state;
    Str path;
    Fault fault = {0};
    EntryLink link = {.who = WHO_STEWARD, .name = S("Ada Poll"), .by = {.name = S("Carol Count"), .role = S("operator")}, .minutes = 15};
    enter(h, "person=ann");
    Str hers = h->jar;
    h->jar = S("");
    assert_int_equal(site_entry_link(&h->arena, h->store, &link, h->now, &path, &fault), ERR_OK);
    Shown page = get(h, str_c(&h->arena, path));
    keep_cookies(h, &page);
    Shown in = post(h, str_c(&h->arena, path), "", filled(h, &page, ""));
    keep_cookies(h, &in);
    page = get(h, "/steward");
    assert_status(post(h, "/sign-out/everywhere", "", filled(h, &page, "")), 303);
    h->jar = hers;
    assert_status(get(h, "/me.json"), 403);
}

static void the_top_of_the_page(void **state)
{
    House *h = *state;
    Shown s = get(h, "/steward-only"); /* an error is a page as well */
    assert_says(s, "<a href=\"/sign-in\">Sign in</a>");
    enter(h, "person=ann");
    s = get(h, "/units/york/people");
    assert_says(s, "<a href=\"/me\">Ann Alder");
    assert_false(says(&s, ">Sign in</a>"));
}

/* A program whose rooms know no persons, on the same store. */
static void where_nobody_knows_persons(void **state)
{
    House *h = *state;
    enter(h, "person=ann");
    House other = {.now = h->now, .url = h->url, .store = h->store, .db = h->db, .jar = h->jar};
    arena_init(&other.arena, 0);
    other.options = h->options;
    other.site = open_site(&other, h->store, NULL, 0);
    Shown s = get(&other, "/openapi.json");
    assert_status(s, 200);
    s = get(&other, "/steward");
    assert_status(s, 403);
    assert_says(s, "Your session is over");
    site_close(other.site);
    arena_clear(&other.arena);
}

static void devices(void **state)
{
    (void)state;
    static const char *const said[][2] = {
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0",
            "Edge on Windows"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 "
         "Safari/604.1",
            "Safari on an iPhone"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome on Linux"},
        {"curl/7.88.1", "a program"},
        {"", "a browser"},
        {"<script>Firefox/", "Firefox"},
    };
    AUTO(arena_clear) Arena a;
    arena_init(&a, 0);
    for (int i = 0; i < COUNT_OF(said); i++)
        assert_row(str_equal(visit_device(&a, str_from_c(said[i][0])), str_from_c(said[i][1])), said[i][0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        persons_test(who_sees_what),
        persons_test(a_visitor_is_shown_where_to_sign_in),
        persons_test(a_session_that_is_over_is_a_visitors),
        persons_test(housekeeping),
        persons_test(longest),
        persons_test(cookies),
        persons_test(fixation),
        persons_test(a_double_click),
        persons_test(roles_end_at_once),
        persons_test(in_and_out),
        persons_test(a_steward_is_no_person),
        persons_test(everybody_is_everybody),
        persons_test(the_top_of_the_page),
        persons_test(where_nobody_knows_persons),
        cmocka_unit_test(devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
