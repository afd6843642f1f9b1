/* site_pages.c: what a page answers: routes, faces, headers, what is kept. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "site.h"

#define ZLIB_CONST
#include <zlib.h>

static Err add_run(Db *db, Command *command)
{
    return note_add(db, command->arena, command->input);
}

static void add_note(House *h, Store *store, const char *id, const char *words)
{
    GuestNote note = {.id = str_from_c(id), .words = str_from_c(words), .seats = 1, .at = h->now};
    Command command = {.name = "test", .leaf = LEAF_NONE, .run = add_run, .input = &note, .arena = &h->arena, .now = h->now};
    assert_int_equal(store_run(store, &command), ERR_OK);
}

/* ---- where to ---- */

static void a_page_in_its_template_and_layout(void **state)
{
    House *h = *state;
    add_note(h, h->store, "a", "Tea & <b>cake</b>");
    Shown s = get(h, "/notes");
    assert_status(s, 200);
    assert_str(header_named(&s, "content-type"), "text/html; charset=utf-8");
    assert_says(s, "<!DOCTYPE html>");
    assert_says(s, "<li>Tea &amp; &lt;b&gt;cake&lt;/b&gt; (1)</li>");
    assert_says(s, "Notes – Test</title>");
    assert_says(s, "aria-current=\"page\">Notes</a>");
}

static void the_same_view_as_json(void **state)
{
    House *h = *state;
    add_note(h, h->store, "a", "Tea");
    Shown by_path = get(h, "/notes.json"), by_accept = get_with(h, "/notes", "accept: application/json\n");
    assert_str(header_named(&by_path, "content-type"), "application/json");
    assert_str(
        by_path.body, "{\n  \"notes\": [\n    {\n      \"id\": \"a\",\n      \"words\": \"Tea\",\n      \"seats\": 1\n    }\n  ]\n}\n");
    assert_same_str(by_path.body, by_accept.body);
    assert_str(header_named(&by_accept, "vary"), "Accept, Accept-Encoding, Cookie");
}

/* The last segment may be a part; and a row's own path may end in ".json". */
static void json_of_a_path_that_ends_in_a_part(void **state)
{
    House *h = *state;
    Shown s = get(h, "/enter/AAAAAAAAAAAAAAAAAAAAAA.json");
    assert_status(s, 404);
    assert_says(s, "\"detail\": \"This link has been used");
    Shown description = get(h, "/openapi.json"), file = get(h, "/static/none.json");
    assert_says(description, "\"openapi\":\"3.1.0\"");
    assert_status(file, 404);
}

static void the_face_that_is_liked_better(void **state)
{
    House *h = *state;
    static const struct {
        const char *accept, *type;
    } rows[] = {
        {"", "text/html; charset=utf-8"},
        {"*/*", "text/html; charset=utf-8"},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"},
        {"application/json", "application/json"},
        {"application/json, */*;q=0.1", "application/json"},
        {"application/json;q=0.5, text/html", "text/html; charset=utf-8"},
        {"text/html;q=0.4, application/json;q=0.6", "application/json"},
        {"text/*;q=0.9, application/json;q=0.8", "text/html; charset=utf-8"},
        {"text/html;q=0, application/json;q=0.001", "application/json"},
        {"image/png", "text/html; charset=utf-8"},
        {";;;,,,q=,=", "text/html; charset=utf-8"},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Shown s = get_with(h, "/notes", str_c(&h->arena, str_format(&h->arena, "accept: %s\n", rows[i].accept)));
        assert_row(str_equal(header_named(&s, "content-type"), str_from_c(rows[i].type)), rows[i].accept);
    }
}

static void addresses_that_are_none(void **state)
{
    House *h = *state;
    static const char *const paths[] = {"/nothing", "/notes/", "/notes//", "//notes", "/notes/..", "/./notes", "/%6eotes", "/notes.xml",
        "/notes.json.json", "/notes/new/x", "/static/../notes", "*", "", "/notes\x01"};
    for (int i = 0; i < COUNT_OF(paths); i++) {
        Shown s = get(h, paths[i]);
        assert_row(strcmp(paths[i], "/notes/") == 0 ? s.status == 308 : s.status == 404, paths[i]);
        assert_row(header_named(&s, "content-security-policy").len > 0, paths[i]);
    }
}

static void a_slash_too_many(void **state)
{
    House *h = *state;
    Shown s = get(h, "/notes/?a=b");
    assert_status(s, 308);
    assert_str(header_named(&s, "location"), "/notes?a=b");
    static const char *const elsewhere[] = {"//evil.example/", "/\\evil.example/", "/evil.example/", "//notes/", "/http:/"};
    for (int i = 0; i < COUNT_OF(elsewhere); i++) {
        s = get(h, elsewhere[i]);
        assert_row(s.status == 404 && header_named(&s, "location").len == 0, elsewhere[i]);
    }
}

static void methods(void **state)
{
    House *h = *state;
    Shown head = ask_with(h, "HEAD", "/notes", S(""), S("")), body = get(h, "/notes");
    assert_status(head, 200);
    assert_same_str(header_named(&head, "etag"), header_named(&body, "etag"));
    static const struct {
        const char *method, *path;
        int status;
        const char *allow;
    } rows[] = {{"POST", "/notes", 405, "GET, HEAD, OPTIONS"}, {"DELETE", "/notes/new", 405, "GET, HEAD, POST, OPTIONS"},
        {"GET", "/sign-out", 405, "POST, OPTIONS"}, {"OPTIONS", "/notes", 204, "GET, HEAD, OPTIONS"}, {"BREW", "/nothing", 404, ""},
        {"get", "/notes", 405, "GET, HEAD, OPTIONS"}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Shown s = ask_with(h, rows[i].method, rows[i].path, S(""), S(""));
        assert_row(s.status == rows[i].status, rows[i].method);
        assert_row(str_equal(header_named(&s, "allow"), str_from_c(rows[i].allow)), rows[i].method);
    }
}

/* ---- headers ---- */

static void every_answer_is_guarded(void **state)
{
    House *h = *state;
    static const char *const paths[] = {"/notes", "/notes.json", "/notes/", "/nothing", "/notes/new", "/healthz", "/openapi.json",
        "/robots.txt", "/steward", "/static/hustings.css", "/live?topic=notes", "/metrics"};
    for (int i = 0; i < COUNT_OF(paths); i++)
        for (int secure = 0; secure < 2; secure++) {
            h->secure = secure;
            Shown s = get(h, paths[i]);
            Str policy = header_named(&s, "content-security-policy");
            assert_row(str_starts(policy, S("default-src 'none'")), paths[i]);
            assert_row(!memmem(policy.ptr, policy.len, "unsafe", 6), paths[i]);
            assert_row(str_equal(header_named(&s, "x-content-type-options"), S("nosniff")), paths[i]);
            assert_row(str_equal(header_named(&s, "referrer-policy"), S("same-origin")), paths[i]);
            assert_row(header_named(&s, "cache-control").len > 0, paths[i]);
            assert_row((header_named(&s, "strict-transport-security").len > 0) == (secure == 1), paths[i]);
        }
}

static Str unpacked(House *h, Str packed)
{
    enum { ROOM = 1 << 20 };
    char *text = arena_new(&h->arena, char, ROOM);
    z_stream z = {.next_in = (const Bytef *)packed.ptr, .avail_in = (uInt)packed.len, .next_out = (Bytef *)text, .avail_out = ROOM};
    assert_int_equal(inflateInit2(&z, 16 + 15), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    size_t len = z.total_out;
    inflateEnd(&z);
    return (Str){text, len};
}

static void compressed_when_it_is_worth_it(void **state)
{
    House *h = *state;
    Shown plain = get(h, "/notes"), packed = get_with(h, "/notes", "accept-encoding: br, gzip\n"),
          refused = get_with(h, "/notes", "accept-encoding: gzip;q=0\n");
    Shown small = get_with(h, "/robots.txt", "accept-encoding: gzip\n"), for_one = get_with(h, "/notes/new", "accept-encoding: gzip\n");
    assert_str(header_named(&packed, "content-encoding"), "gzip");
    assert_same_str(unpacked(h, packed.body), plain.body);
    assert_false(str_equal(header_named(&packed, "etag"), header_named(&plain, "etag")));
    assert_int_equal(header_named(&refused, "content-encoding").len, 0);
    assert_int_equal(header_named(&small, "content-encoding").len, 0);
    assert_str(header_named(&for_one, "content-encoding"), "gzip");
    assert_true(str_starts(unpacked(h, for_one.body), S("<!DOCTYPE html>")));
}

/* ---- what is kept ---- */

static void kept_until_the_topic_changes(void **state)
{
    House *h = *state;
    Shown first = get(h, "/notes"), second = get(h, "/notes");
    assert_true(first.kept && second.kept);
    assert_same_str(first.body, second.body);
    add_note(h, h->store, "a", "Tea");
    Shown third = get(h, "/notes");
    assert_says(third, "<li>Tea (1)</li>");
    assert_false(str_equal(header_named(&third, "etag"), header_named(&first, "etag")));
}

static void another_process_changes_the_store(void **state)
{
    House *h = *state;
    Store *other = open_store(h);
    for (int i = 0; i < 5; i++) {
        char id[8];
        snprintf(id, sizeof id, "n%d", i);
        get(h, "/notes");
        add_note(h, other, id, id);
        Shown s = get(h, "/notes");
        assert_says(s, id);
    }
    store_close(other);
}

static void unchanged_is_not_sent_again(void **state)
{
    House *h = *state;
    Shown first = get(h, "/notes");
    Str etag = header_named(&first, "etag");
    assert_str(header_named(&first, "cache-control"), "no-cache");
    const char *lines = str_c(&h->arena, str_format(&h->arena, "if-none-match: \"other\", W/%.*s\n", STR_ARG(etag)));
    Shown again = get_with(h, "/notes", lines);
    assert_status(again, 304);
    assert_int_equal(again.body.len, 0);
    assert_same_str(header_named(&again, "etag"), etag);
    Shown with_query = get(h, "/notes?x=1");
    const char *its_own = str_c(&h->arena, str_format(&h->arena, "if-none-match: %.*s\n", STR_ARG(header_named(&with_query, "etag"))));
    assert_status(get_with(h, "/notes?x=1", its_own), 304);
    assert_false(with_query.kept);
    add_note(h, h->store, "a", "Tea");
    assert_status(get_with(h, "/notes", lines), 200);
}

static void what_is_kept_is_kept_apart(void **state)
{
    House *h = *state;
    Shown page = get(h, "/notes"), json = get(h, "/notes.json"), packed = get_with(h, "/notes", "accept-encoding: gzip\n");
    h->secure = true;
    Shown secure = get(h, "/notes");
    assert_true(page.kept && json.kept && packed.kept && secure.kept);
    assert_true(header_named(&secure, "strict-transport-security").len > 0);
    h->secure = false;
    Shown again = get(h, "/notes");
    assert_int_equal(header_named(&again, "strict-transport-security").len, 0);
    assert_same_str(again.body, page.body);
    assert_int_equal(header_named(&again, "set-cookie").len, 0);
}

/* The first who asks must not decide what all others read. */
static void a_kept_page_has_nothing_of_the_request(void **state)
{
    House *h = *state;
    Shown form = get(h, "/notes/new");
    keep_cookies(h, &form);
    Shown made = get(h, "/notes");
    assert_true(made.kept);
    h->jar = S("");
    Shown other = get(h, "/notes");
    assert_same_str(made.body, other.body);
    assert_false(says(&made, "vote.example.org"));
}

typedef struct Crowd {
    House *house;
    int wrong;
} Crowd;

static void *reader(void *context)
{
    Crowd *crowd = context;
    House h = {.store = crowd->house->store, .site = crowd->house->site, .now = crowd->house->now, .url = crowd->house->url};
    arena_init(&h.arena, 0);
    h.db = open_db(&h, h.store);
    for (int i = 0; i < 50; i++) {
        Shown s = get_with(&h, i % 2 ? "/notes" : "/notes.json", i % 3 ? "" : "accept-encoding: gzip\n");
        if (s.status != 200 || !s.kept) __atomic_add_fetch(&crowd->wrong, 1, __ATOMIC_RELAXED);
    }
    db_close(h.db);
    arena_clear(&h.arena);
    return NULL;
}

static void many_readers_while_it_changes(void **state)
{
    House *h = *state;
    Crowd crowd = {h, 0};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, reader, &crowd), 0);
    for (int i = 0; i < 20; i++) {
        char id[8];
        snprintf(id, sizeof id, "n%d", i);
        add_note(h, h->store, id, id);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    assert_int_equal(crowd.wrong, 0);
    Shown last = get(h, "/notes");
    assert_says(last, "n19");
}

/* ---- errors ---- */

static void an_error_has_words_and_a_reference(void **state)
{
    House *h = *state;
    Shown page = get(h, "/nothing"), json = get(h, "/nothing.json");
    assert_says(page, "There is no such page");
    assert_str(header_named(&page, "cache-control"), "no-store");
    assert_str(header_named(&json, "content-type"), "application/problem+json");
    assert_says(json, "\"status\": 404");
    assert_int_equal(between(h, &json, "\"reference\": \"", "\"").len, 11);
    assert_false(str_equal(between(h, &json, "\"reference\": \"", "\""), (Str){0}));
}

static void what_the_server_refuses(void **state)
{
    House *h = *state;
    Arena a;
    arena_init(&a, 0);
    Exchange ex = {.arena = &a, .method = S("GET"), .path = S("/notes"), .now = h->now};
    site_refuse(h->site, &ex, 431, S(""));
    assert_int_equal(ex.answer.status, 431);
    assert_true(memmem(ex.answer.body.ptr, ex.answer.body.len, "That request is too large", 25) != NULL);
    site_refuse(h->site, &ex, 400, S("Two hosts <x>."));
    assert_true(memmem(ex.answer.body.ptr, ex.answer.body.len, "Two hosts &lt;x&gt;.", 20) != NULL);
    arena_clear(&a);
}

static void without_a_store(void **state)
{
    House *h = *state;
    Db *db = h->db;
    h->db = NULL;
    Shown page = get(h, "/notes"), health = get(h, "/healthz"), style = get(h, "/static/hustings.css");
    h->db = db;
    assert_status(page, 503);
    assert_str(header_named(&page, "retry-after"), "5");
    assert_status(health, 503);
    assert_status(style, 200);
    assert_status(get(h, "/healthz"), 200);
}

static void too_often(void **state)
{
    House *h = *state;
    Site *unlimited = h->site;
    static const Room *const rooms[] = {&notes_room};
    h->options.rate_percent = 100;
    h->site = open_site(h, h->store, rooms, 1);
    Shown s = {0};
    for (int i = 0; i < 30 && s.status != 429; i++) s = get(h, "/enter/AAAAAAAAAAAAAAAAAAAAAA");
    Shown nothing = get(h, "/no-such-page");
    assert_status(nothing, 404);
    for (int i = 0; i < 4000 && nothing.status != 429; i++) nothing = get(h, i % 2 ? "/no-such-page" : "/notes/");
    site_close(h->site);
    h->site = unlimited;
    assert_status(s, 429);
    assert_status(nothing, 429);
    assert_true(header_named(&s, "retry-after").len > 0);
    assert_int_equal(s.admitted, false);
}

static Err work_page(Req *req, View *view)
{
    (void)view;
    req_send(req, S("text/plain"), S("done"), S("done.txt"));
    return ERR_OK;
}

static const Route work_routes[] = {
    {GET, "/work", WHO_ANYONE, "Work", .page = work_page, .rate = RATE_WORK, .heavy = true, .no_json = true}};
static const Room work_room = {"notes", work_routes, COUNT_OF(work_routes), .topics = NULL};

enum { AT_ONCE = 9 };

static Exchange work_from(Arena *a, uint8_t address)
{
    Exchange ex = {.arena = a, .method = S("GET"), .target = S("/work"), .path = S("/work"), .host = S("vote.example.org")};
    ex.client = (Address){{[10] = 0xFF, [11] = 0xFF, [12] = 192, [14] = 2, [15] = address}};
    return ex;
}

static bool is_admitted(Site *site, Exchange *ex)
{
    int64_t most;
    return site_admit(site, ex, &most);
}

static void too_much_at_once(void **state)
{
    House *h = *state;
    Site *unlimited = h->site;
    static const Room *const rooms[] = {&notes_room, &work_room};
    h->options.rate_percent = 10000;
    h->site = open_site(h, h->store, rooms, COUNT_OF(rooms));
    Exchange working[AT_ONCE], other = work_from(&h->arena, 2), later = work_from(&h->arena, 1);
    for (int i = 0; i < AT_ONCE; i++) {
        working[i] = work_from(&h->arena, 1);
        assert_int_equal(is_admitted(h->site, &working[i]), i < AT_ONCE - 1);
    }
    assert_int_equal(working[AT_ONCE - 1].answer.status, 429);
    assert_true(is_admitted(h->site, &other)); /* somebody else's work */
    for (int i = 0; i < AT_ONCE; i++) site_done(h->site, &working[i]);
    assert_true(is_admitted(h->site, &later));
    site_done(h->site, &other);
    site_done(h->site, &later);
    site_close(h->site);
    h->site = unlimited;
}

/* ---- what never changes, and what is gone ---- */

static Err lasting_page(Req *req, View *view)
{
    (void)view;
    char *bytes = arena_new(req->arena, char, 4096);
    for (int i = 0; i < 4096; i++) bytes[i] = 'a';
    Str path = req_text(req, "path");
    if (str_equal(path, S("gone/away"))) req_see(req, S("/notes"), S("Read <why>"));
    if (str_equal(path, S("gone/away"))) return req_gone(req, "It was taken away on %s.", "Monday");
    if (str_equal(path, S("packed"))) req_packable(req);
    req_send(req, S("application/octet-stream"), (Str){bytes, 4096}, (Str){0});
    req_lasting(req);
    return ERR_OK;
}

static Err base_page(Req *req, View *view)
{
    (void)view;
    req_send(req, S("text/plain"), str_format(req->arena, "%.*s/all", STR_ARG(req->base)), (Str){0});
    return ERR_OK;
}

static const Field lasting_fields[] = {{"path", FIELD_LINE, .required = true}, {0}};
static const Route lasting_routes[] = {
    {GET, "/lasting/*path", WHO_ANYONE, "Lasting", .fields = lasting_fields, .page = lasting_page, .rate = RATE_STATIC, .no_json = true},
    {GET, "/base", WHO_ANYONE, "Base", .page = base_page, .no_json = true, .topic = "notes", .names_base = true}};
static const Room lasting_room = {"notes", lasting_routes, COUNT_OF(lasting_routes), .topics = NULL};

static int lasting_setup(void **state)
{
    static const Room *const rooms[] = {&notes_room, &lasting_room};
    *state = house_open(rooms, COUNT_OF(rooms));
    return 0;
}
#define lasting_test(function) cmocka_unit_test_setup_teardown(function, lasting_setup, house_teardown)

static void what_never_changes_may_be_kept(void **state)
{
    House *h = *state;
    h->jar = S("hustings-said=x");
    Shown s = get_with(h, "/lasting/0/x001/000.p/5", "accept-encoding: gzip\n"),
          packed = get_with(h, "/lasting/packed", "accept-encoding: gzip\n");
    assert_status(s, 200);
    assert_str(header_named(&s, "cache-control"), "public, max-age=31536000, immutable");
    assert_str(header_named(&s, "vary"), "Accept-Encoding");
    assert_int_equal(header_named(&s, "set-cookie").len, 0);
    assert_int_equal(header_named(&s, "content-encoding").len, 0);
    assert_int_equal(s.body.len, 4096);
    assert_str(header_named(&packed, "content-encoding"), "gzip");
    assert_true(packed.body.len < 200);
    assert_status(get(h, "/lasting"), 404);
}

static void what_is_gone_says_so(void **state)
{
    House *h = *state;
    Shown s = get(h, "/lasting/gone/away");
    assert_status(s, 410);
    assert_says(s, "It was taken away on Monday.");
    assert_says(s, "<a href=\"/notes\">Read &lt;why&gt;</a>");
    assert_says(get_with(h, "/lasting/gone/away", "accept: application/json\n"), "It was taken away on Monday.");
    assert_str(header_named(&s, "cache-control"), "no-store");
}

/* What names the site's address is another page at each host, unless that address is configured. */
static void an_answer_that_names_its_base(void **state)
{
    House *h = *state;
    static const Room *const rooms[] = {&notes_room, &lasting_room};
    assert_says(get(h, "/base"), "http://vote.example.org/all");
    Shown again = get(h, "/base");
    assert_false(again.kept);
    assert_true(header_named(&again, "etag").len > 0);
    Site *first = h->site;
    h->options.base = S("https://base.example.org");
    h->site = open_site(h, h->store, rooms, COUNT_OF(rooms));
    get(h, "/base");
    again = get(h, "/base");
    assert_true(again.kept);
    assert_says(again, "https://base.example.org/all");
    site_close(h->site);
    h->site = first;
}

/* ---- the site's own ---- */

static void figures_are_for_this_machine(void **state)
{
    House *h = *state;
    assert_says(get(h, "/metrics"), "hustings_");
    h->options.metrics = S("off");
    Site *first = h->site;
    static const Room *const rooms[] = {&notes_room};
    h->site = open_site(h, h->store, rooms, 1);
    assert_status(get(h, "/metrics"), 404);
    site_close(h->site);
    h->site = first;
}

static void a_live_stream(void **state)
{
    House *h = *state;
    Shown s = get_with(h, "/live?topic=notes", "last-event-id: nonsense\n");
    assert_int_equal(s.next, NEXT_STREAM);
    assert_str(header_named(&s, "content-type"), "text/event-stream");
    assert_int_equal(s.stream.topic_count, 1);
    assert_int_equal(s.stream.after[0], -1);
    assert_status(get(h, "/live?topic=secrets"), 404);
    assert_status(get(h, "/live"), 422);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        notes_test(a_page_in_its_template_and_layout),
        notes_test(the_same_view_as_json),
        notes_test(json_of_a_path_that_ends_in_a_part),
        notes_test(the_face_that_is_liked_better),
        notes_test(addresses_that_are_none),
        notes_test(a_slash_too_many),
        notes_test(methods),
        notes_test(every_answer_is_guarded),
        notes_test(compressed_when_it_is_worth_it),
        notes_test(kept_until_the_topic_changes),
        notes_test(another_process_changes_the_store),
        notes_test(unchanged_is_not_sent_again),
        notes_test(what_is_kept_is_kept_apart),
        notes_test(a_kept_page_has_nothing_of_the_request),
        notes_test(many_readers_while_it_changes),
        notes_test(an_error_has_words_and_a_reference),
        notes_test(what_the_server_refuses),
        notes_test(without_a_store),
        notes_test(too_often),
        notes_test(too_much_at_once),
        notes_test(figures_are_for_this_machine),
        notes_test(a_live_stream),
        lasting_test(what_never_changes_may_be_kept),
        lasting_test(what_is_gone_says_so),
        lasting_test(an_answer_that_names_its_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
