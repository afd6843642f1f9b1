/* site.c: opening a site, and a request's way through it (inside.h says where the rest is). SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/inside.h"

#include "core/clock.h"
#include "core/log.h"
#include "http/body.h"
#include "http/fields.h"
#include "http/intake.h"
#include "http/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    KEPT_BYTES_MOST = 64 * 1024 * 1024,
    KEPT_PAGE_MOST = 16 * 1024 * 1024,
    RATE_BUCKETS = 65536,
    BODY_STANDARD = 64 * 1024,
    SLOW_MS = 1000,
    WORKS_PER_ADDRESS = 8,
    WORKS_MOST = 128,
    TOPIC_NAME_MAX = 192
};

static const int per_minute[RATE__COUNT] = {
    [RATE_READ] = 3000, [RATE_STATIC] = 60000, [RATE_WORK] = 60, [RATE_WRITE] = 120, [RATE_ENTRY] = 10};

/* ---- opening ---- */

static const Room **all_rooms(Arena *a, const Room *const *rooms, int room_count)
{
    const Room **all = arena_new(a, const Room *, (size_t)room_count + 1);
    all[0] = &http_room;
    for (int i = 0; i < room_count; i++) all[i + 1] = rooms[i];
    return all;
}

static Err check_template(const Site *site, Arena *a, const Rule *rule, const char *page, Fault *fault)
{
    if (!page || templates_has(site->templates, str_from_c(rule->room->name), str_from_c(page))) return ERR_OK;
    return fault_setf(fault, a, ERR_INPUT, "a template src/%s/pages/%s.html, which the route \"%.*s\" names", rule->room->name, page,
        STR_ARG(rule->path));
}

static Err check_rules(const Site *site, Arena *a, Fault *fault)
{
    const Rule *rules;
    int count = router_rules(site->router, &rules);
    for (int i = 0; i < count; i++) {
        Err e = check_template(site, a, &rules[i], rules[i].route->html, fault);
        if (!e) e = check_template(site, a, &rules[i], rules[i].route->form, fault);
        if (e) return e;
        if (rules[i].route->fields) fields_check(rules[i].route->fields);
    }
    return templates_has(site->templates, S("http"), S("error")) ? ERR_OK : fault_setf(fault, a, ERR_INPUT, "a template http/error");
}

static Err open_parts(Arena *a, Site *site, Fault *fault)
{
    const SiteOptions *o = &site->options;
    Err e = router_make(a, site->rooms, site->room_count, &site->router, fault);
    for (int i = 0; !e && i < site->room_count; i++)
        if (site->rooms[i]->may) {
            site->may = site->rooms[i]->may;
            site->name_of = site->rooms[i]->name_of;
        }
    if (!e) e = templates_open(a, &(TemplatesOptions){.overrides = o->overrides, .dev = o->dev}, &site->templates, fault);
    if (!e) e = static_open(a, &(StaticOptions){.overrides = o->overrides, .dev = o->dev}, &site->files, fault);
    if (!e) e = check_rules(site, a, fault);
    if (!e) e = dates_zone_set(a, o->time_zone, fault);
    if (!e) e = own_open(site, a, fault);
    return e ? e : secret_load(a, site->store, clock_utc(), &site->secret, fault);
}

Err site_open(Arena *a, const SiteOptions *options, Store *store, const Room *const *rooms, int room_count, Site **ret_site, Fault *fault)
{
    Site *site = arena_new(a, Site, 1);
    site->options = *options;
    site->store = store;
    site->store_far = store_engine(store) != ENGINE_SQLITE;
    site->rooms = all_rooms(a, rooms, room_count);
    site->room_count = room_count + 1;
    Err e = open_parts(a, site, fault);
    if (e) return e;
    site->keeper = keeper_new(KEPT_BYTES_MOST);
    site->rates = rate_new(RATE_BUCKETS);
    site->heads = headcount_new();
    *ret_site = site;
    return ERR_OK;
}

void site_close(Site *site)
{
    if (!site) return;
    keeper_free(site->keeper);
    rate_free(site->rates);
    headcount_free(site->heads);
    secret_wipe(&site->secret);
}

/* ---- what is asked for ---- */

static bool read_method(Str method, Verb *ret_method)
{
    *ret_method = str_equal(method, S("POST")) ? POST : GET;
    return *ret_method == POST || str_equal(method, S("GET")) || str_equal(method, S("HEAD"));
}

/* "/contests/x.json" is the other face of "/contests/x", and "/index.json" that of "/"; but a row's own path may end so, and so may the last part of one
 * that has no other face (a file's name). */
static Asked ask(const Site *site, const Exchange *ex)
{
    Asked asked = {.path = ex->path};
    asked.known = read_method(ex->method, &asked.method);
    asked.match = router_find(site->router, asked.method, ex->path);
    if (!str_ends(ex->path, S(".json")) || (asked.match.rule && str_ends(asked.match.rule->path, S(".json")))) return asked;
    Asked other = {.method = asked.method, .known = asked.known, .json_path = true, .path = str_slice(ex->path, 0, ex->path.len - 5)};
    if (str_equal(other.path, S("/index"))) other.path = S("/");
    other.match = router_find(site->router, other.method, other.path);
    bool has_face = other.match.rule ? !other.match.rule->route->no_json : other.match.methods != 0;
    return has_face || !asked.match.methods ? other : asked;
}

static Str allowed_methods(unsigned methods)
{
    if (methods == METHOD_BIT_GET) return S("GET, HEAD, OPTIONS");
    return methods == METHOD_BIT_POST ? S("POST, OPTIONS") : S("GET, HEAD, POST, OPTIONS");
}

static bool refuse(Site *site, Exchange *ex, int status)
{
    answer_error(site, ex, NULL, status, (Str){0});
    return false;
}

/* "/contests/" -> "/contests", when there is one. Never to "//elsewhere": such a path is not plain. */
static bool refuse_slash(Site *site, Exchange *ex)
{
    Str path = str_slice(ex->path, 0, ex->path.len - 1);
    if (!router_path_is_plain(path) || !router_find(site->router, GET, path).methods) return refuse(site, ex, 404);
    answer_redirect(ex, 308, str_format(ex->arena, "%.*s%s%.*s", STR_ARG(path), ex->query.len ? "?" : "", STR_ARG(ex->query)));
    return false;
}

static bool refuse_method(Site *site, Exchange *ex, const Asked *asked)
{
    if (!asked->match.methods) return refuse(site, ex, 404);
    if (str_equal(ex->method, S("OPTIONS"))) {
        answer_begin(ex, 204, (Str){0}, (Str){0});
        answer_cache(ex, CACHE_NOT);
        answer_guard(ex, false);
    } else {
        refuse(site, ex, 405);
    }
    answer_header(ex, S("Allow"), allowed_methods(asked->match.methods));
    return false;
}

int64_t route_body_most(const Route *route)
{
    if (route->method == GET) return 0;
    return route->body_max ? route->body_max : BODY_STANDARD;
}

Rate route_rate(const Route *route)
{
    return route->rate == RATE_READ && route->write ? RATE_WRITE : route->rate;
}

static bool within_rate(Site *site, Exchange *ex, Rate rate)
{
    int wait = 0, most = per_minute[rate] * site->options.rate_percent / 100;
    if (!site->options.rate_percent || rate_take(site->rates, &ex->client, (int)rate, most > 0 ? most : 1, ex->now, &wait)) return true;
    metric_add(METRIC_RATE_LIMITED, 1);
    answer_error(site, ex, NULL, 429, (Str){0});
    return false;
}

/* Rates bound how often work is asked for, not how long it takes: without places, one address could keep every worker, and the memory of a hundred bodies. */
static bool take_place(Site *site, Exchange *ex, const Route *route)
{
    if (route_rate(route) != RATE_WORK || !site->options.rate_percent) return true;
    bool free = atomic_fetch_add(&site->working, 1) < WORKS_MOST;
    ex->works = free && headcount_enter(site->heads, &ex->client, HEAD_WORK, ex->local ? WORKS_MOST : WORKS_PER_ADDRESS);
    if (ex->works) return true;
    atomic_fetch_sub(&site->working, 1);
    metric_add(METRIC_RATE_LIMITED, 1);
    if (free) answer_error(site, ex, NULL, 429, S("Other requests from your address are still being worked on. Wait until they are done."));
    else answer_error(site, ex, NULL, 503, S("Too much is being worked on at the moment. Try again in a few seconds."));
    return false;
}

static void leave_place(Site *site, Exchange *ex)
{
    if (!ex->works) return;
    ex->works = false;
    headcount_leave(site->heads, &ex->client, HEAD_WORK);
    atomic_fetch_sub(&site->working, 1);
}

static Face face_of(const Exchange *ex, const Asked *asked)
{
    if (asked->match.rule->route->no_json) return FACE_HTML;
    return asked->json_path || accept_prefers_json(exchange_header(ex, "accept")) ? FACE_JSON : FACE_HTML;
}

static const char *const for_whom[WHO__COUNT] = {
    [WHO_MEMBER] = "This page is for people who are signed in. Sign in, and try again.",
    [WHO_ORGANISER] = "This page is for organisers of this unit, or of one above it.",
    [WHO_SECRETARY] = "This page is for the secretary of this unit, or of one above it.",
    [WHO_RETURNING] = "This page is for the returning officer of this unit, or of one above it.",
    [WHO_STEWARD] = "This page is for stewards. Sign in with a link that whoever runs this site makes for you.",
};

/* Those who are asked for by a page of persons, and can read where to go. */
static bool is_sent_to_sign_in(const Exchange *ex, const Asked *asked)
{
    return route_asks_person(asked->match.rule->route) && asked->method == GET && face_of(ex, asked) == FACE_HTML;
}

/* A cookie is looked at before a body is read: whoever has none of ours need not send megabytes to be told so. */
static bool may_come(Site *site, Exchange *ex, const Asked *asked)
{
    const Route *route = asked->match.rule->route;
    if (route->who == WHO_ANYONE || cookie_read(&site->secret, ex).kind == COOKIE_SESSION) return true;
    if (is_sent_to_sign_in(ex, asked)) answer_sign_in(ex);
    else answer_error(site, ex, NULL, 403, str_from_c(for_whom[route->who]));
    return false;
}

static bool may_post(Site *site, Exchange *ex)
{
    if (body_kind(exchange_header(ex, "content-type")) == BODY_OTHER) return refuse(site, ex, 415);
    if (csrf_is_own_site(ex, site->options.base)) return true;
    answer_error(site, ex, NULL, 403, S("This was sent by a page of another site, so nothing was done."));
    return false;
}

bool site_admit(Site *site, Exchange *ex, int64_t *ret_body_most)
{
    *ret_body_most = 0;
    ex->site = site;
    Asked asked = ask(site, ex);
    const Route *route = asked.match.rule ? asked.match.rule->route : NULL;
    /* What does not exist counts as well: saying so costs a page. */
    if (!within_rate(site, ex, route ? route_rate(route) : RATE_READ)) return false;
    if (ex->path.len > 1 && str_ends(ex->path, S("/"))) return refuse_slash(site, ex);
    if (!router_path_is_plain(ex->path)) return refuse(site, ex, 404);
    if (!asked.known || !route) return refuse_method(site, ex, &asked);
    if (asked.json_path && route->no_json) return refuse(site, ex, 404);
    if (!may_come(site, ex, &asked)) return false;
    *ret_body_most = route_body_most(route);
    return (route->method == GET || may_post(site, ex)) && take_place(site, ex, route);
}

/* ---- one request's state ---- */

static Str base_of(const Site *site, const Exchange *ex)
{
    if (site->options.base.len || !ex->host.len) return site->options.base;
    return str_format(ex->arena, "%s://%.*s", ex->secure ? "https" : "http", STR_ARG(ex->host));
}

static SiteReq *begin(Site *site, Exchange *ex, const Asked *asked)
{
    SiteReq *own = arena_new(ex->arena, SiteReq, 1);
    const Rule *rule = own->rule = asked->match.rule;
    own->req = (Req){
        .arena = ex->arena, .route = rule->route, .now = ex->now, .who = WHO_ANYONE, .base = base_of(site, ex), .state = &own->state};
    own->state.ex = ex;
    own->state.site = site;
    own->state.room = rule->room;
    own->state.face = face_of(ex, asked);
    own->state.path = asked->path;
    own->state.part_count = rule->part_count;
    own->state.own = own;
    for (int k = 0; k < rule->part_count; k++) own->state.parts[k] = (PathPart){rule->part_names[k], asked->match.parts[k]};
    own->cookie = cookie_read(&site->secret, ex);
    own->flash = flash_read(site, ex);
    return ex->req = own;
}

/* ---- who ---- */

static Err find_session(Site *site, SiteReq *own, Db *db)
{
    if (own->cookie.kind != COOKIE_SESSION || own_needs_no_store(own->rule->route)) return ERR_OK;
    Err e = session_find(db, own->req.arena, &own->cookie, own->req.now, &own->session);
    if (!e && own->session.person.len && !site->may) e = ERR_MISSING; /* of a program that knew persons; this one cannot say what she may */
    if (e == ERR_MISSING) {
        own->session_over = true;
        own->cookie = (Cookie){0};
        return ERR_OK;
    }
    if (e) return e;
    own->signed_in = true;
    own->req.who = own->session.role.who;
    own->req.actor = own->session.id;
    own->req.person = own->session.person;
    if (!own->req.person.len) own->req.officer = (Officer){.name = own->session.role.name, .role = who_name(own->req.who)};
    session_used(site->store, &own->session, own->req.now);
    return ERR_OK;
}

static Str unit_of(const SiteReq *own)
{
    for (int k = 0; k < own->state.part_count; k++)
        if (str_equal(own->state.parts[k].name, S("unit"))) return own->state.parts[k].value;
    return (Str){0};
}

Err who_may(SiteReq *own, Db *db)
{
    Req *req = &own->req;
    Who who = own->rule->route->who;
    if (who == WHO_ANYONE || (who == WHO_STEWARD && req->who == WHO_STEWARD)) return ERR_OK;
    Err e = ERR_DENIED;
    Officer officer = {0};
    if (who != WHO_STEWARD && req->person.len) e = own->state.site->may(db, req->arena, req->person, who, unit_of(own), req->now, &officer);
    if (e == ERR_DENIED) return req_fail(req, ERR_DENIED, "%s", for_whom[who]);
    if (!e && who != WHO_MEMBER) req->officer = officer;
    return e;
}

static Err check_who(SiteReq *own, Db *db)
{
    bool needs = own->rule->route->who != WHO_ANYONE;
    own->must_sign_in = needs && !own->signed_in;
    if (needs && own->session_over) return req_session_over(&own->req);
    return who_may(own, db);
}

/* A refusal; but a visitor who would see a page is shown where to sign in. */
static Next refuse_who(Site *site, SiteReq *own, const Asked *asked, Err e)
{
    Exchange *ex = own->state.ex;
    if (e != ERR_DENIED || !own->must_sign_in || !is_sent_to_sign_in(ex, asked)) answer_failure(site, own, e);
    else {
        answer_sign_in(ex);
        answer_cookies(site, own);
    }
    return NEXT_ANSWER;
}

/* A POST with a cookie of ours must carry that cookie's token. One without acts for nobody: it may calculate, and with an Idempotency-Key (which no
 * foreign form can send) do what anyone may. */
static Err check_token(Site *site, SiteReq *own)
{
    const Exchange *ex = own->state.ex;
    if (own->rule->route->method == GET) return ERR_OK;
    if (own->cookie.kind == COOKIE_NONE) {
        if (!own->rule->route->write || exchange_header(ex, "idempotency-key").len) return ERR_OK;
        return req_fail(&own->req, ERR_DENIED,
            "Your browser sent no cookie of this site, so we cannot tell that the form was ours. Allow cookies, open the form again, and "
            "send it. "
            "(A program sends the header Idempotency-Key.)");
    }
    Str token = own->state.csrf.len ? own->state.csrf : exchange_header(ex, "x-csrf-token");
    if (csrf_is_right(&site->secret, &own->cookie, token)) return ERR_OK;
    return req_fail(&own->req, ERR_DENIED,
        "The form was shown before you signed in or out, or too long ago, so nothing was done. Open the page again, and send it from "
        "there.");
}

/* ---- pages ---- */

static View *form_of_page(Site *site, SiteReq *own)
{
    const Route *r = own->rule->route;
    bool same = r->method == POST && r->form && r->html && strcmp(r->form, r->html) == 0; /* a calculation below its own form */
    return own->rule->posts ? form_for(site, own, own->rule->posts) : same ? form_for(site, own, own->rule) : NULL;
}

static Str etag_of(Arena *a, Str body)
{
    Sha256 digest = sha256(body);
    Str text = base64url(a, digest.bytes, 16);
    return str_format(a, "\"%.*s\"", STR_ARG(text));
}

static const Str vary = S("Accept, Accept-Encoding, Cookie");

/* The same for everybody who has no session: it has an ETag, and need not be sent twice. */
static bool is_public(const SiteReq *own)
{
    return own->rule->topic.len && own->cookie.kind != COOKIE_SESSION && !own->session_over && !own->flash.len;
}

static void answer_unchanged(Exchange *ex, Str etag)
{
    answer_begin(ex, 304, (Str){0}, (Str){0});
    answer_header(ex, S("ETag"), etag);
    answer_cache(ex, CACHE_ASK);
    answer_header(ex, S("Vary"), vary);
    answer_guard(ex, false);
}

static void keep_answer(Site *site, SiteReq *own, Str etag)
{
    Exchange *ex = own->state.ex;
    Kept *page = kept_new(&ex->answer);
    answer_unchanged(ex, etag);
    Kept *unchanged = kept_new(&ex->answer);
    keeper_put(site->keeper, &own->keep, own->keep_version, page, unchanged, etag);
    own->keeps = false;
    bool has_it = etag_matches(exchange_header(ex, "if-none-match"), etag);
    ex->answer = (Answer){.kept = has_it ? unchanged : page};
    kept_drop(has_it ? page : unchanged);
}

static void finish_public(Site *site, SiteReq *own, bool alone)
{
    Exchange *ex = own->state.ex;
    Str etag = etag_of(ex->arena, ex->answer.body);
    answer_header(ex, S("ETag"), etag);
    answer_cache(ex, CACHE_ASK);
    answer_header(ex, S("Vary"), vary);
    answer_guard(ex, alone);
    if (own->keeps && ex->answer.body.len <= KEPT_PAGE_MOST) keep_answer(site, own, etag);
    else if (etag_matches(exchange_header(ex, "if-none-match"), etag)) answer_unchanged(ex, etag);
}

static void finish_private(Site *site, SiteReq *own, bool alone)
{
    Exchange *ex = own->state.ex;
    answer_cache(ex, own->cookie.kind == COOKIE_SESSION || own->session_over ? CACHE_NOT : CACHE_PRIVATE);
    answer_header(ex, S("Vary"), vary);
    answer_guard(ex, alone);
    answer_cookies(site, own);
}

/* It carries no cookie: whoever keeps it would hand that on. */
static void finish_lasting(const SiteReq *own, bool alone)
{
    Exchange *ex = own->state.ex;
    answer_cache(ex, CACHE_LASTING);
    answer_header(ex, S("Vary"), own->rule->route->no_json ? S("Accept-Encoding") : S("Accept, Accept-Encoding"));
    answer_guard(ex, alone);
}

static void finish_page(Site *site, SiteReq *own, bool alone)
{
    if (own->state.packable) answer_pack(own->state.ex, own->keeps);
    else answer_gzip(own->state.ex, own->keeps);
    if (own->state.lasting) finish_lasting(own, alone);
    else if (is_public(own)) finish_public(site, own, alone);
    else finish_private(site, own, alone);
}

/* Quotes and control characters have no place in a header; a name outside ASCII goes in the form of RFC 8187. */
static Str disposition_of(Arena *a, Str name)
{
    Buf b = buf_new(a);
    buf_str(&b, S("attachment; filename*=UTF-8''"));
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (plain) buf_byte(&b, (char)c);
        else buf_format(&b, "%%%02X", c);
    }
    return buf_done(&b);
}

static void send_bytes(Site *site, SiteReq *own)
{
    Exchange *ex = own->state.ex;
    answer_begin(ex, 200, own->state.send_type, own->state.send_bytes);
    if (own->state.send_name.len) answer_header(ex, S("Content-Disposition"), disposition_of(ex->arena, own->state.send_name));
    finish_page(site, own, true);
}

static Err show(Site *site, SiteReq *own, View *view, int status)
{
    View *form = form_of_page(site, own);
    Fault fault = {0};
    Err e = answer_view(site, own, status, str_from_c(own->rule->room->name), str_from_c(own->rule->route->html), view, form, &fault);
    if (e) {
        log_line(LOG_ERROR, "template", "route=%s fault=%s", log_value(own->req.arena, own->rule->path),
            log_value(own->req.arena, fault_text(own->req.arena, &fault)));
        answer_error(site, own->state.ex, own, 500, (Str){0});
        return e;
    }
    finish_page(site, own, false);
    return ERR_OK;
}

static Next run_page(Site *site, SiteReq *own, Db *db)
{
    Exchange *ex = own->state.ex;
    View *view = view_object(own->req.arena);
    own->req.db = db;
    if (db && db_snapshot(db) != ERR_OK) {
        answer_failure(site, own, ERR_IO);
        return NEXT_ANSWER;
    }
    Err e = own->rule->route->page(&own->req, view);
    if (db) db_release(db);
    if (ex->stream) return NEXT_STREAM;
    if (ex->answer.status || ex->answer.kept) return NEXT_ANSWER; /* it answered by itself: the site's own pages */
    if (e == ERR_INPUT && own->state.trouble_count && own->rule->route->form) command_form_again(site, own);
    else if (e || own->state.trouble_count) answer_failure(site, own, e ? e : ERR_INPUT);
    else if (own->state.redirect.len) answer_redirect(ex, 303, own->state.redirect);
    else if (own->state.sends) send_bytes(site, own);
    else (void)(show(site, own, view, 200));
    return NEXT_ANSWER;
}

/* ---- a request, once nothing kept answers it ---- */

static Err check_all(Site *site, SiteReq *own, Db *db)
{
    Err e = find_session(site, own, db);
    if (!e) e = check_who(own, db);
    if (!e) e = fields_read(&own->req, &own->req.fault);
    return e ? e : check_token(site, own);
}

static Next run(Site *site, SiteReq *own, const Asked *asked, Db *db)
{
    const Route *route = own->rule->route;
    own->req.db = db;
    Err e = db || own_needs_no_store(route) ? check_all(site, own, db) : ERR_IO;
    if (!e && own->state.trouble_count) {
        if (route->form) command_form_again(site, own);
        else answer_failure(site, own, ERR_INPUT);
        return NEXT_ANSWER;
    }
    if (e) return refuse_who(site, own, asked, e);
    return route->write ? command_start(site, own) : run_page(site, own, db);
}

/* ---- kept pages ---- */

/* "contest:" and the part, in `room`, without memory. False: it is too long to be a topic. */
static bool topic_of(const Asked *asked, char room[TOPIC_NAME_MAX], Str *ret_topic)
{
    const Rule *rule = asked->match.rule;
    Str part = rule->topic_part < 0 ? S("") : asked->match.parts[rule->topic_part];
    size_t len = rule->topic.len + part.len;
    if (len > TOPIC_MAX) return false;
    memcpy(room, rule->topic.ptr, rule->topic.len);
    if (part.len) memcpy(room + rule->topic.len, part.ptr, part.len);
    *ret_topic = (Str){room, len};
    return true;
}

static bool may_be_kept(const Site *site, const Exchange *ex, const Asked *asked)
{
    const Rule *rule = asked->match.rule;
    if (!rule->topic.len || ex->query.len || site->options.dev.len) return false;
    if (rule->route->names_base && !site->options.base.len) return false;
    Str cookies = exchange_header(ex, "cookie"), value;
    if (!cookies.len) return true;
    return cookie_read(&site->secret, ex).kind != COOKIE_SESSION &&
           !cookie_value(cookies, ex->secure ? S("__Host-hustings-said") : S("hustings-said"), 0, &value);
}

typedef enum Shelf { SHELF_ANSWERED, SHELF_WORKER, SHELF_MAKE, SHELF_PLAIN } Shelf;

static Shelf answer_kept(Exchange *ex, Kept *kept)
{
    metric_add(METRIC_KEPT_HITS, 1);
    ex->answer.kept = kept;
    return SHELF_ANSWERED;
}

/* Look for the page among the kept ones; or become the one who makes it. */
static Shelf look_up(Site *site, Exchange *ex, const Asked *asked, Db *db, bool worker, KeepKey *ret_key, int64_t *ret_version)
{
    char room[TOPIC_NAME_MAX];
    Str topic;
    if (!db || !may_be_kept(site, ex, asked) || !topic_of(asked, room, &topic)) return SHELF_PLAIN;
    unsigned variant = (face_of(ex, asked) == FACE_JSON ? KEEP_JSON : 0U) | (ex->secure ? KEEP_SECURE : 0U) |
                       (accepts_gzip(exchange_header(ex, "accept-encoding")) ? KEEP_GZIP : 0U);
    *ret_key = (KeepKey){.rule = asked->match.rule->number, .variant = variant, .path = asked->path};
    if (site->store_far && !worker) return SHELF_WORKER;
    bool elsewhere = !worker && asked->match.rule->route->heavy;
    for (int tries = 0; tries < 3; tries++) {
        Kept *kept = NULL;
        if (store_topic_version(site->store, db, topic, ret_version) != ERR_OK) return SHELF_PLAIN;
        switch (keeper_find(site->keeper, ret_key, *ret_version, exchange_header(ex, "if-none-match"), !elsewhere, &kept)) {
        case KEEP_HIT: return answer_kept(ex, kept);
        case KEEP_MISS: return SHELF_WORKER;
        case KEEP_MAKE: return SHELF_MAKE;
        case KEEP_BUSY:
            if (!worker) return SHELF_WORKER;
            keeper_wait(site->keeper, ret_key);
        }
    }
    return SHELF_PLAIN;
}

static Next make_kept(Site *site, Exchange *ex, const Asked *asked, Db *db, const KeepKey *key, int64_t version)
{
    metric_add(METRIC_KEPT_MISSES, 1);
    SiteReq *own = begin(site, ex, asked);
    own->keeps = true;
    own->keep = *key;
    own->keep_version = version;
    own->req.base = site->options.base; /* not as this one request says: all others will read it */
    Next next = run(site, own, asked, db);
    if (own->keeps) keeper_give_up(site->keeper, key);
    own->keeps = false;
    return next;
}

/* ---- what the server calls ---- */

Next site_run(Site *site, Exchange *ex, Db *db, bool worker)
{
    Asked asked = ask(site, ex);
    const Route *route = asked.match.rule->route;
    KeepKey key;
    int64_t version = 0;
    Shelf shelf = look_up(site, ex, &asked, db, worker, &key, &version);
    if (shelf == SHELF_ANSWERED) return NEXT_ANSWER;
    if (shelf == SHELF_WORKER) return NEXT_WORKER;
    if (shelf == SHELF_MAKE) return make_kept(site, ex, &asked, db, &key, version);
    if (!worker && (route->heavy || (site->store_far && !own_needs_no_store(route)))) return NEXT_WORKER;
    return run(site, begin(site, ex, &asked), &asked, db);
}

Next site_finish(Site *site, Exchange *ex, Db *db)
{
    SiteReq *own = ex->req;
    own->req.db = db;
    command_finish(site, own);
    return NEXT_ANSWER;
}

void site_done(Site *site, Exchange *ex)
{
    int64_t took = clock_utc() - ex->now;
    if (site->options.log_requests || took > SLOW_MS) {
        Asked asked = ask(site, ex);
        int status = ex->answer.kept ? ex->answer.kept->status : ex->answer.status;
        log_line(LOG_INFO, "request", "method=%s route=%s status=%d ms=%lld", asked.method == GET ? "GET" : "POST",
            asked.match.rule ? asked.match.rule->route->path : "-", status, (long long)took);
    }
    leave_place(site, ex);
    if (ex->outgoing) intake_clear(ex->outgoing);
    ex->outgoing = NULL;
    if (ex->answer.kept) kept_drop((Kept *)ex->answer.kept);
    ex->answer.kept = NULL;
}

void site_refuse(Site *site, Exchange *ex, int status, Str why)
{
    ex->site = site;
    answer_error(site, ex, NULL, status, why);
}

/* ---- for commands of the command line ---- */

Err site_expire(Db *db, Command *command)
{
    return session_expire(db, command->arena, command->now, &command->fault);
}

typedef struct NewEntry {
    Str token;
    const EntryLink *link;
    int64_t ends;
} NewEntry;

static Err entry_run(Db *db, Command *command)
{
    const NewEntry *entry = command->input;
    const EntryLink *link = entry->link;
    return entry_make(db, command->arena, entry->token, link->who, link->name, link->by, entry->ends, command->now, &command->fault);
}

Err site_entry_link(Arena *a, Store *store, const EntryLink *link, int64_t now, Str *ret_path, Fault *fault)
{
    NewEntry entry = {.token = token_new(a), .link = link, .ends = now + (int64_t)link->minutes * 60000};
    Command command = {.name = "entry_make", .leaf = LEAF_ONE, .run = entry_run, .input = &entry, .arena = a, .now = now};
    Err e = store_run(store, &command);
    if (e) {
        *fault = command.fault;
        return e;
    }
    *ret_path = str_format(a, "/enter/%.*s", STR_ARG(entry.token));
    return ERR_OK;
}
