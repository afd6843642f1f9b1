/* house.h: a whole site on a store of its own, asked without sockets: what the server would do, a test does.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The site has the rooms that a test gives it; the store is a new SQLite file. site.h: one with the example's room.
 */
#ifndef HUSTINGS_TEST_HOUSE_H
#define HUSTINGS_TEST_HOUSE_H

#include "core/unit.h"
#include "http/site.h"

#include <pthread.h>

typedef struct House {
    Arena arena;
    char folder[64];
    Str url;
    Store *store;
    Db *db;
    Site *site;
    SiteOptions options;
    int64_t now;
    Str jar;     /* the browser's cookies, as it would send them; a test may set it */
    bool secure; /* over https */
} House;

typedef struct Shown {
    int status;
    Header headers[ANSWER_HEADERS_MAX];
    int header_count;
    Str body;
    int64_t body_most; /* that the site would have let come */
    bool admitted;     /* headers alone did not settle it */
    bool kept;
    Next next;
    StreamStart stream;
} Shown;

/* ---- the server's half ---- */

typedef struct Wake {
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool awake;
} Wake;

void exchange_resume(Exchange *ex)
{
    Wake *wake = ex->connection;
    pthread_mutex_lock(&wake->lock);
    wake->awake = true;
    pthread_cond_signal(&wake->woken);
    pthread_mutex_unlock(&wake->lock);
}

static inline void wait_for(Wake *wake)
{
    pthread_mutex_lock(&wake->lock);
    while (!wake->awake) pthread_cond_wait(&wake->woken, &wake->lock);
    pthread_mutex_unlock(&wake->lock);
}

static inline Next run_exchange(Site *site, Exchange *ex, Db *db)
{
    Wake *wake = arena_new(ex->arena, Wake, 1);
    *wake = (Wake){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    ex->connection = wake;
    Next next = site_run(site, ex, db, false);
    if (next == NEXT_WORKER) next = site_run(site, ex, db, true);
    if (next != NEXT_WAIT) return next;
    wait_for(wake);
    return site_finish(site, ex, db);
}

/* ---- a request ---- */

static inline int split_headers(Str lines, Header *headers)
{
    int count = 0;
    for (Str line, rest = lines; rest.len;) {
        str_cut(rest, '\n', &line, &rest);
        Str name, value;
        if (str_cut(line, ':', &name, &value)) headers[count++] = (Header){name, str_trim(value)};
    }
    return count;
}

static inline Shown shown_of(Arena *a, const Exchange *ex)
{
    const Answer *answer = &ex->answer;
    Shown s = {.status = answer->status, .header_count = answer->header_count, .kept = answer->kept != NULL};
    const Header *headers = answer->headers;
    Str body = answer->body;
    if (answer->kept) {
        s.status = answer->kept->status;
        s.header_count = answer->kept->header_count;
        headers = answer->kept->headers;
        body = answer->kept->body;
    }
    for (int i = 0; i < s.header_count; i++) s.headers[i] = (Header){str_copy(a, headers[i].name), str_copy(a, headers[i].value)};
    s.body = str_copy(a, body);
    return s;
}

/* `lines`: further headers, in lower case, "name: value\n". The answer is copied into the house's arena. */
static inline Shown ask_with(House *h, const char *method, const char *target, Str lines, Str body)
{
    Arena a;
    arena_init(&a, 0);
    Header headers[24];
    Exchange ex = {.arena = &a,
        .method = str_from_c(method),
        .target = str_from_c(target),
        .headers = headers,
        .host = S("vote.example.org"),
        .secure = h->secure,
        .local = true,
        .body = body,
        .now = h->now};
    str_cut(ex.target, '?', &ex.path, &ex.query);
    ex.header_count = split_headers(lines, headers);
    if (h->jar.len) headers[ex.header_count++] = (Header){S("cookie"), h->jar};
    int64_t most = -1;
    bool admitted = site_admit(h->site, &ex, &most);
    Next next = admitted ? run_exchange(h->site, &ex, h->db) : NEXT_ANSWER;
    Shown s = shown_of(&h->arena, &ex);
    s.admitted = admitted;
    s.body_most = most;
    s.next = next;
    if (ex.stream) s.stream = *ex.stream;
    site_done(h->site, &ex);
    arena_clear(&a);
    return s;
}

static inline Shown get(House *h, const char *target)
{
    return ask_with(h, "GET", target, S(""), S(""));
}

static inline Shown get_with(House *h, const char *target, const char *lines)
{
    return ask_with(h, "GET", target, str_from_c(lines), S(""));
}

static inline Shown post(House *h, const char *target, const char *lines, Str body)
{
    return ask_with(h, "POST", target, str_format(&h->arena, "content-type: application/x-www-form-urlencoded\n%s", lines), body);
}

/* ---- an answer ---- */

static inline Str header_named(const Shown *s, const char *name)
{
    for (int i = 0; i < s->header_count; i++)
        if (str_equal_nocase(s->headers[i].name, str_from_c(name))) return s->headers[i].value;
    return (Str){0};
}

static inline bool says(const Shown *s, const char *words)
{
    return memmem(s->body.ptr, s->body.len, words, strlen(words)) != NULL;
}

static inline void assert_says_at(Shown s, const char *words, const char *file, int line)
{
    if (says(&s, words)) return;
    print_error("\"%s\" is not in:\n%.*s\n", words, STR_ARG(s.body));
    _fail(file, line);
}
#define assert_says(shown, words) assert_says_at((shown), (words), __FILE__, __LINE__)

static inline void assert_status_at(Shown s, int status, const char *file, int line)
{
    if (s.status == status) return;
    print_error("status %d, expected %d:\n%.*s\n", s.status, status, STR_ARG(s.body));
    _fail(file, line);
}
#define assert_status(shown, status) assert_status_at((shown), (status), __FILE__, __LINE__)

/* What stands between `before` and `after` in the page. */
static inline Str between(House *h, const Shown *s, const char *before, const char *after)
{
    const char *from = memmem(s->body.ptr, s->body.len, before, strlen(before));
    assert_says(*s, before);
    if (!from) return S("");
    from += strlen(before);
    const char *to = memmem(from, (size_t)(s->body.ptr + s->body.len - from), after, strlen(after));
    assert_non_null(to);
    if (!to) return S("");
    return str_copy(&h->arena, (Str){from, (size_t)(to - from)});
}

/* Keep the cookies that came, as a browser does: by name, those with Max-Age=0 go. */
static inline void keep_cookies(House *h, const Shown *s)
{
    for (int i = 0; i < s->header_count; i++) {
        if (!str_equal(s->headers[i].name, S("Set-Cookie"))) continue;
        Str pair, attributes, name, value;
        str_cut(s->headers[i].value, ';', &pair, &attributes);
        str_cut(pair, '=', &name, &value);
        Buf b = buf_new(&h->arena);
        for (Str one, rest = h->jar; rest.len;) {
            Str key, kept;
            str_cut(rest, ';', &one, &rest);
            str_cut(str_trim(one), '=', &key, &kept);
            if (!str_equal(key, name)) buf_format(&b, "%s%.*s=%.*s", b.len ? "; " : "", STR_ARG(key), STR_ARG(kept));
        }
        bool gone = memmem(attributes.ptr, attributes.len, "Max-Age=0", 9) != NULL;
        if (!gone) buf_format(&b, "%s%.*s=%.*s", b.len ? "; " : "", STR_ARG(name), STR_ARG(value));
        h->jar = buf_done(&b);
    }
}

/* The form of a page, as a browser would send it: its hidden fields, and `fields` ("words=hello&seats=2"). */
static inline Str filled(House *h, const Shown *page, const char *fields)
{
    Str csrf = between(h, page, "name=\"_csrf\" value=\"", "\""), key = between(h, page, "name=\"_key\" value=\"", "\"");
    return str_format(&h->arena, "_csrf=%.*s&_key=%.*s%s%s", STR_ARG(csrf), STR_ARG(key), fields[0] ? "&" : "", fields);
}

/* ---- the house ---- */

static inline Store *open_store(House *h)
{
    Store *store = NULL;
    Fault fault = {0};
    StoreOptions options = {.url = h->url};
    if (store_open(&h->arena, &options, &store, &fault)) fail_msg("%.*s", STR_ARG(fault_text(&h->arena, &fault)));
    return store;
}

static inline Db *open_db(House *h, Store *store)
{
    Db *db = NULL;
    Fault fault = {0};
    if (db_open(store, &db, &fault)) fail_msg("%.*s", STR_ARG(fault_text(&h->arena, &fault)));
    return db;
}

static inline Site *open_site(House *h, Store *store, const Room *const *rooms, int room_count)
{
    Site *site = NULL;
    Fault fault = {0};
    if (site_open(&h->arena, &h->options, store, rooms, room_count, &site, &fault))
        fail_msg("%.*s", STR_ARG(fault_text(&h->arena, &fault)));
    return site;
}

static inline House *house_open(const Room *const *rooms, int room_count)
{
    House *h = calloc(1, sizeof *h);
    assert_non_null(h);
    arena_init(&h->arena, 0);
    strcpy(h->folder, "/tmp/hustings-site-XXXXXX");
    assert_non_null(mkdtemp(h->folder));
    h->url = str_format(&h->arena, "%s/store.db", h->folder);
    h->options = (SiteOptions){
        .name = S("Test"), .metrics = S("local"), .time_zone = S("Europe/London"), .version = S("1.2.3"), .rate_percent = 0};
    h->now = 1790000000000;
    h->store = open_store(h);
    h->db = open_db(h, h->store);
    h->site = open_site(h, h->store, rooms, room_count);
    return h;
}

static inline void house_close(House *h)
{
    site_close(h->site);
    db_close(h->db);
    store_close(h->store);
    const char *const names[] = {"store.db", "store.db-wal", "store.db-shm", "store.db-lock", "store.db.lock"};
    for (int i = 0; i < COUNT_OF(names); i++) unlink(str_c(&h->arena, str_format(&h->arena, "%s/%s", h->folder, names[i])));
    rmdir(h->folder);
    arena_clear(&h->arena);
    free(h);
}

static inline int house_teardown(void **state)
{
    house_close(*state);
    return 0;
}

#endif
