/* own.c: the pages that every site has: static files, health, figures, the live stream, signing in and out, the steward's first page.
 * SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/inside.h"

#include "core/disk.h"
#include "http/metrics.h"
#include "http/streams.h"

static Site *site_of(const Req *req)
{
    return req->state->site;
}

static void send_plain(Req *req, int status, Str type, Str bytes, CacheFor cache)
{
    Exchange *ex = req->state->ex;
    answer_begin(ex, status, type, bytes);
    answer_gzip(ex, false);
    answer_cache(ex, cache);
    answer_guard(ex, false);
}

/* ---- files ---- */

static const Field static_fields[] = {{"file", FIELD_LINE, .required = true, .max = 200}, {0}};

static Err static_page(Req *req, View *view)
{
    (void)view;
    Exchange *ex = req->state->ex;
    if (!static_answer(site_of(req)->files, ex, req_text(req, "file"))) return ERR_MISSING;
    answer_guard(ex, false);
    return ERR_OK;
}

/* Browsers ask for this name by themselves. */
static Err favicon_page(Req *req, View *view)
{
    (void)view;
    Exchange *ex = req->state->ex;
    if (!static_answer(site_of(req)->files, ex, S("favicon.ico")) && !static_answer(site_of(req)->files, ex, S("mark.svg")))
        return ERR_MISSING;
    answer_guard(ex, false);
    return ERR_OK;
}

static Err robots_page(Req *req, View *view)
{
    (void)view;
    send_plain(
        req, 200, S("text/plain; charset=utf-8"), S("User-agent: *\nDisallow: /enter/\nDisallow: /live\nDisallow: /steward\n"), CACHE_HOUR);
    return ERR_OK;
}

static Err security_page(Req *req, View *view)
{
    (void)view;
    Str text = site_of(req)->security_txt;
    if (!text.len) return ERR_MISSING;
    send_plain(req, 200, S("text/plain; charset=utf-8"), text, CACHE_HOUR);
    return ERR_OK;
}

static Err openapi_page(Req *req, View *view)
{
    (void)view;
    const Site *site = site_of(req);
    Exchange *ex = req->state->ex;
    bool has_it = etag_matches(exchange_header(ex, "if-none-match"), site->openapi_etag);
    answer_begin(ex, has_it ? 304 : 200, S("application/json"), has_it ? S("") : site->openapi);
    answer_gzip(ex, false);
    answer_header(ex, S("ETag"), site->openapi_etag);
    answer_cache(ex, CACHE_ASK);
    answer_header(ex, S("Vary"), S("Accept-Encoding"));
    answer_guard(ex, false);
    return ERR_OK;
}

/* ---- for whoever runs the machine ---- */

static Err health_page(Req *req, View *view)
{
    (void)view;
    Fault fault = {0};
    bool well = req->db && store_check(site_of(req)->store, req->db, &fault) == ERR_OK;
    send_plain(req, well ? 200 : 503, S("text/plain; charset=utf-8"), well ? S("ok\n") : S("the store does not answer\n"), CACHE_NOT);
    return ERR_OK;
}

static Err metrics_page(Req *req, View *view)
{
    (void)view;
    const Site *site = site_of(req);
    Str whom = site->options.metrics;
    if (str_equal(whom, S("off"))) return ERR_MISSING;
    if (!str_equal(whom, S("all")) && !req->state->ex->local)
        return req_fail(req, ERR_DENIED, "The figures are for programs on this machine.");
    StoreFigures figures = store_figures(site->store);
    Buf b = buf_new(req->arena);
    metrics_text(&figures, &b);
    SealState seal;
    record_seal_state(req->arena, &seal);
    metrics_record(&seal, req->now, &b);
    for (int i = 0; i < site->room_count; i++)
        if (site->rooms[i]->figures) site->rooms[i]->figures(&b);
    send_plain(req, 200, S("text/plain; version=0.0.4; charset=utf-8"), buf_done(&b), CACHE_NOT);
    return ERR_OK;
}

/* ---- the live stream ---- */

/* `after`: a cursor for a stream that is new, from the page that it keeps up to date; Last-Event-ID is for one that was lost. */
static const Field live_fields[] = {
    {"topic", FIELD_LINE, .required = true, .repeats = true, .max = TOPIC_MAX}, {"after", FIELD_LINE, .max = CURSOR_MOST}, {0}};

static const TopicRule *rule_of_topic(const Site *site, Str topic)
{
    for (int i = 0; i < site->room_count; i++)
        for (const TopicRule *rule = site->rooms[i]->topics; rule && rule->name; rule++) {
            Str name = str_from_c(rule->name);
            bool open_ended = str_ends(name, S(":"));
            if (open_ended ? str_starts(topic, name) && topic.len > name.len : str_equal(topic, name)) return rule;
        }
    return NULL;
}

static Err live_page(Req *req, View *view)
{
    (void)view;
    const Str *topics;
    Exchange *ex = req->state->ex;
    int count = req_texts(req, "topic", &topics);
    if (count > STREAM_TOPICS_MAX) return req_fail(req, ERR_LIMIT, "A stream follows at most %d topics.", STREAM_TOPICS_MAX);
    StreamStart *start = arena_new(req->arena, StreamStart, 1);
    for (int i = 0; i < count; i++) {
        const TopicRule *rule = rule_of_topic(site_of(req), topics[i]);
        if (!rule) return req_fail(req, ERR_MISSING, "There is no such topic to follow.");
        if (rule->who != WHO_ANYONE && rule->who != req->who)
            return req_fail(req, ERR_DENIED, "That topic is for people with another role.");
        start->topics[start->topic_count++] = topics[i];
    }
    Str cursor = exchange_header(ex, "last-event-id");
    cursor_read(cursor.len ? cursor : req_text(req, "after"), start);
    answer_begin(ex, 200, S("text/event-stream"), (Str){0});
    answer_cache(ex, CACHE_NOT);
    answer_header(ex, S("X-Accel-Buffering"), S("no")); /* nginx passes every event on at once */
    answer_guard(ex, false);
    ex->stream = start;
    return ERR_OK;
}

/* ---- signing in and out ---- */

/* A GET changes nothing: programs that look at links in letters before people do would use them up. */
static const Field enter_fields[] = {{"token", FIELD_TOKEN, .required = true}, {0}};

static Err link_is_no_good(Req *req)
{
    return req_fail(req, ERR_MISSING, "This link has been used, or its time is over. Ask for a new one.");
}

static Err enter_page(Req *req, View *view)
{
    Role offered;
    Err e = entry_find(req->db, req->arena, req_text(req, "token"), req->now, &offered);
    if (e == ERR_MISSING) return link_is_no_good(req);
    if (e) return e;
    view_put_str(view, S("who"), who_name(offered.who));
    view_put_str(view, S("name"), offered.name);
    return ERR_OK;
}

static Err enter_write(Req *req, Db *db, View *answer)
{
    Role offered;
    Err e = entry_use(db, req->arena, req_text(req, "token"), req->now, &offered);
    if (e == ERR_MISSING) return link_is_no_good(req);
    if (e) return e;
    req_redirect(req, "/steward");
    req_flash(req, "You are signed in.");
    view_put_str(answer, S("who"), who_name(offered.who));
    view_put_str(answer, S("name"), offered.name);
    return req_sign_in(req, db, &offered);
}

static Err leave_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    req_redirect(req, "/");
    req_flash(req, "You are signed out.");
    return req_sign_out(req, db, false);
}

static Err leave_all_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    req_redirect(req, "/");
    req_flash(req, "Everybody is signed out, on every browser.");
    return req_sign_out(req, db, true);
}

/* ---- the steward's first page ---- */

/* Every page that stewards alone may see and that needs no part, so that a room's pages are found from here without this file knowing them. */
static void put_steward_pages(const Site *site, View *array)
{
    const Rule *rules;
    int count = router_rules(site->router, &rules);
    for (int i = 0; i < count; i++) {
        const Route *r = rules[i].route;
        if (r->who != WHO_STEWARD || r->method != GET || rules[i].part_count || rules[i].room == &http_room) continue;
        View *page = view_add_object(array);
        view_put_str(page, S("title"), str_from_c(r->title));
        view_put_str(page, S("path"), rules[i].path);
    }
}

static void put_troubles(const Site *site, Arena *a, View *array)
{
    for (int i = 0; i < site->room_count; i++) {
        Str trouble = site->rooms[i]->trouble ? site->rooms[i]->trouble(a) : S("");
        if (trouble.len) view_put_str(view_add_object(array), S("text"), trouble);
    }
}

static Err steward_page(Req *req, View *view)
{
    const Site *site = site_of(req);
    StoreFigures figures = store_figures(site->store);
    DbRows rows;
    Err e = db_one(req->db, req->arena, "http_schema", DB_NO_VALUES, &rows);
    if (e) return e;
    view_put_str(view, S("name"), req->officer.name);
    view_put_str(view, S("engine"), store_engine(site->store) == ENGINE_SQLITE ? S("SQLite") : S("PostgreSQL"));
    view_put_i64(view, S("schema"), db_i64(&rows, "number"));
    view_put_str(view, S("version"), site->options.version);
    view_put_i64(view, S("commands"), figures.commands);
    view_put_i64(view, S("commits"), figures.commits);
    view_put_i64(view, S("connections"), gauge_value(GAUGE_CONNECTIONS));
    view_put_i64(view, S("streams"), gauge_value(GAUGE_STREAMS));
    put_steward_pages(site, view_put_array(view, S("pages")));
    put_troubles(site, req->arena, view_put_array(view, S("troubles")));
    return session_list(req->db, req->arena, req->actor, req->now, view_put_array(view, S("sessions")));
}

/* ---- the table ---- */

static const Route routes[] = {
    {GET, "/static/:file", WHO_ANYONE, "Static file", "A style sheet, script or picture of the pages.", static_fields, .page = static_page,
        .no_json = true},
    {GET, "/favicon.ico", WHO_ANYONE, "Icon", .page = favicon_page, .no_json = true},
    {GET, "/robots.txt", WHO_ANYONE, "For search engines", .page = robots_page, .no_json = true},
    {GET, "/.well-known/security.txt", WHO_ANYONE, "Whom to tell about a hole (RFC 9116)", .page = security_page, .no_json = true},
    {GET, "/openapi.json", WHO_ANYONE, "This description", .page = openapi_page, .no_json = true},
    {GET, "/healthz", WHO_ANYONE, "Health", "200 while the store answers, else 503.", .page = health_page, .heavy = true, .no_json = true},
    {GET, "/metrics", WHO_ANYONE, "Figures", "Prometheus text format; who may read them is a setting.", .page = metrics_page,
        .no_json = true},
    {GET, "/live", WHO_ANYONE, "Live stream", "Server-Sent Events of the topics named; Last-Event-ID goes on where a connection was lost.",
        live_fields, .page = live_page, .no_json = true},
    {GET, "/enter/:token", WHO_ANYONE, "Sign in", "Shows a one-time link's button.", enter_fields, .page = enter_page, .html = "enter",
        .posts = "/enter/:token", .rate = RATE_ENTRY},
    {POST, "/enter/:token", WHO_ANYONE, "Sign in", "Uses a one-time link, and begins a session.", enter_fields, .write = enter_write,
        .act = "role.given role.ended", .rate = RATE_ENTRY},
    {GET, "/steward", WHO_STEWARD, "Steward", "How this installation does, and who is signed in.", .page = steward_page, .html = "steward",
        .posts = "/sign-out"},
    {POST, "/sign-out", WHO_STEWARD, "Sign out", "Ends this session.", .write = leave_write, .act = "role.ended"},
    {POST, "/sign-out/everywhere", WHO_STEWARD, "Sign out everywhere", "Ends every session of everybody.", .write = leave_all_write,
        .act = "role.ended"},
};
const Room http_room = {"http", routes, COUNT_OF(routes), .topics = NULL};

bool own_needs_no_store(const Route *route)
{
    return route->page == static_page || route->page == favicon_page || route->page == robots_page || route->page == security_page ||
           route->page == openapi_page || route->page == metrics_page || route->page == health_page;
}

/* ---- made once, at start ---- */

static Err read_security_txt(Site *site, Arena *a, Fault *fault)
{
    if (!site->options.overrides.len) return ERR_OK;
    Str path = str_format(a, "%.*s/security.txt", STR_ARG(site->options.overrides));
    Err e = disk_read(a, path, 64 * 1024, &site->security_txt, fault);
    if (e != ERR_MISSING) return e;
    *fault = (Fault){0};
    return ERR_OK;
}

Err own_open(Site *site, Arena *a, Fault *fault)
{
    Buf b = buf_new(a);
    view_json(site_openapi(a, site->rooms + 1, site->room_count - 1, &site->options), &b, false);
    site->openapi = buf_done(&b);
    Sha256 digest = sha256(site->openapi);
    Str text = base64url(a, digest.bytes, 16);
    site->openapi_etag = str_format(a, "\"%.*s\"", STR_ARG(text));
    return read_security_txt(site, a, fault);
}
