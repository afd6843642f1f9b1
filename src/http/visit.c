/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/visit.h"

#include "http/inside.h"

#include <string.h>

/* ---- what it came with ---- */

typedef struct Word {
    const char *in, *name; /* what stands in the header, and what people call it */
} Word;

/* Most browsers name others that they are like: the more particular come first. */
static const Word browsers[] = {{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"FxiOS/", "Firefox"},
    {"Firefox/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}};
static const Word systems[] = {{"Android", "Android"}, {"iPhone", "an iPhone"}, {"iPad", "an iPad"}, {"CrOS", "a Chromebook"},
    {"Windows", "Windows"}, {"Mac OS X", "a Mac"}, {"Linux", "Linux"}};

static const char *known(Str text, const Word *words, int count)
{
    for (int i = 0; i < count; i++)
        if (text.len && memmem(text.ptr, text.len, words[i].in, strlen(words[i].in))) return words[i].name;
    return NULL;
}

Str visit_device(Arena *a, Str user_agent)
{
    const char *browser = known(user_agent, browsers, COUNT_OF(browsers)), *system = known(user_agent, systems, COUNT_OF(systems));
    if (!browser) return user_agent.len && !system ? S("a program") : S("a browser");
    return system ? str_format(a, "%s on %s", browser, system) : str_from_c(browser);
}

/* ---- what stands for a browser ---- */

static Str mac_of(const Req *req, const char *purpose, Str about)
{
    const SiteReq *own = req->state->own;
    if (own->cookie.kind == COOKIE_NONE) return (Str){0};
    Buf b = buf_new(req->arena);
    buf_str(&b, (Str){(const char *)own->cookie.token, COOKIE_TOKEN_BYTES});
    buf_str(&b, about);
    Mac *mac = arena_new(req->arena, Mac, 1);
    *mac = secret_mac(&own->state.site->secret, purpose, buf_done(&b));
    _Static_assert((int)sizeof mac->bytes == VISIT_MAC_BYTES, "what visit.h says");
    return (Str){(const char *)mac->bytes, sizeof mac->bytes};
}

Str visit_browser(const Req *req)
{
    return mac_of(req, "browser", S(""));
}

Str visit_secret(const Req *req, const char *purpose, Str about)
{
    static const char *const taken[] = {"cookie", "csrf", "session", "flash", "browser"};
    for (int i = 0; i < COUNT_OF(taken); i++) ASSERT(strcmp(purpose, taken[i]) != 0);
    return mac_of(req, purpose, about);
}

bool visit_is_local(const Req *req)
{
    static const Str names[] = {S("localhost"), S("127.0.0.1"), S("[::1]")};
    const Exchange *ex = req->state->ex;
    bool through = exchange_header(ex, "forwarded").len || exchange_header(ex, "x-forwarded-for").len || exchange_header(ex, "via").len;
    size_t port = str_starts(ex->host, S("[")) ? str_find(ex->host, ']') + 1 : str_find(ex->host, ':');
    for (int i = 0; i < COUNT_OF(names); i++)
        if (str_equal_nocase(str_slice(ex->host, 0, port), names[i])) return ex->local && !through;
    return false;
}

/* ---- beginning and ending ---- */

Err visit_begin(Req *req, Db *db, Str person, bool keep)
{
    SiteReq *own = req->state->own;
    ASSERT(db && req->route->who == WHO_ANYONE);
    if (own->signed_in && !own->session.person.len)
        return req_fail(
            req, ERR_CONFLICT, "You are signed in as a steward in this browser. Sign out there first, then sign in as yourself.");
    req_cookie_again(own, keep);
    if (own->signed_in) {
        Err e = visit_end_one(db, own->session.person, own->session.id);
        if (e && e != ERR_MISSING) return e;
    }
    Str device = visit_device(req->arena, exchange_header(own->state.ex, "user-agent"));
    return session_begin_person(db, &own->next_cookie, token_new(req->arena), person, device, req->now);
}

Err visit_end(Req *req, Db *db)
{
    SiteReq *own = req->state->own;
    ASSERT(db && own->signed_in && own->session.person.len);
    own->signs_out = true;
    Err e = visit_end_one(db, own->session.person, own->session.id);
    return e == ERR_MISSING ? req_session_over(req) : e;
}

Err visit_end_one(Db *db, Str person, Str id)
{
    int64_t gone;
    Err e = db_run_counted(db, "http_session_end_of_person", DB_VALUES(db_string(person), db_string(id)), &gone);
    return e || gone ? e : ERR_MISSING;
}

Err visit_end_others(Db *db, Str person, Str but)
{
    int64_t gone;
    Err e = db_run_counted(db, "http_sessions_end_of_person", DB_VALUES(db_string(person), db_string(but)), &gone);
    return e || gone ? e : ERR_MISSING;
}

Err visit_list(const Req *req, Db *db, View *array)
{
    Arena *a = req->arena;
    DbRows rows;
    Err e = db_query(db, a, "http_sessions_of_person",
        DB_VALUES(db_string(req->person), db_number(req->now), db_number(req->now - PERSON_IDLE_MS)), &rows);
    if (e) return e;
    while (db_next(&rows)) {
        View *row = view_add_object(array);
        view_put_str(row, S("id"), db_text(&rows, "id"));
        view_put_str(row, S("device"), db_text(&rows, "device"));
        view_put_str(row, S("begun"), time_iso(a, db_i64(&rows, "begun")));
        view_put_str(row, S("begun_words"), time_words(a, db_i64(&rows, "begun")));
        view_put_str(row, S("seen_words"), time_words(a, db_i64(&rows, "seen")));
        view_put_str(row, S("ends_words"), time_words(a, db_i64(&rows, "ends")));
        view_put_bool(row, S("this"), str_equal(req->actor, db_text(&rows, "id")));
    }
    return ERR_OK;
}

/* ---- who goes ---- */

Err visit_forget(const Req *req, Db *db, const Str *ids, int count)
{
    const Site *site = req->state->site;
    Err e = ERR_OK;
    for (int i = 0; i < site->room_count && !e; i++)
        if (site->rooms[i]->forget) e = site->rooms[i]->forget(db, req->arena, ids, count, req->now);
    return e;
}
