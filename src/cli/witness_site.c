/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/witness_site.h"

#include "core/log.h"
#include "http/rate.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { RATE_BUCKETS = 16384, READS_PER_MINUTE = 600, WORDS_MAX = 300, KIND_READ = 0, KIND_POST = 1 };

typedef struct Sight {
    int64_t time; /* 0: not yet */
    bool good;
    char words[WORDS_MAX];
    size_t words_len;
} Sight;

struct Site {
    WitnessSiteOptions options;
    RateTable *rates;
    pthread_mutex_t mutex; /* of the sights */
    Sight sights[FOLLOWED_MAX];
};

Site *witness_site_open(Arena *a, const WitnessSiteOptions *options)
{
    Site *site = arena_new(a, Site, 1);
    ASSERT(options->followed_count <= FOLLOWED_MAX);
    site->options = *options;
    site->rates = rate_new(RATE_BUCKETS);
    ASSERT(pthread_mutex_init(&site->mutex, NULL) == 0);
    return site;
}

void witness_site_close(Site *site)
{
    rate_free(site->rates);
    pthread_mutex_destroy(&site->mutex);
}

void witness_site_saw(Site *site, int index, int64_t time, bool good, Str words)
{
    Sight *sight = &site->sights[index];
    pthread_mutex_lock(&site->mutex);
    sight->time = time;
    sight->good = good;
    sight->words_len = words.len < WORDS_MAX ? words.len : WORDS_MAX;
    if (sight->words_len) memcpy(sight->words, words.ptr, sight->words_len);
    pthread_mutex_unlock(&site->mutex);
}

/* ---- answers ---- */

static void header(Exchange *ex, Str name, Str value)
{
    ASSERT(ex->answer.header_count < ANSWER_HEADERS_MAX);
    ex->answer.headers[ex->answer.header_count++] = (Header){name, value};
}

static Next say(Exchange *ex, int status, Str type, Str body)
{
    ex->answer = (Answer){.status = status, .body = body};
    header(ex, S("Content-Type"), type);
    header(ex, S("Cache-Control"), S("no-store"));
    header(ex, S("X-Content-Type-Options"), S("nosniff"));
    header(ex, S("Content-Security-Policy"), S("default-src 'none'; frame-ancestors 'none'"));
    return NEXT_ANSWER;
}

static Next say_text(Exchange *ex, int status, Str words)
{
    return say(ex, status, S("text/plain; charset=utf-8"), words);
}

static bool refuse(Exchange *ex, int status, Str words)
{
    say_text(ex, status, words);
    return false;
}

/* ---- admitting ---- */

static bool is_read(const Exchange *ex)
{
    return str_equal(ex->method, S("GET")) || str_equal(ex->method, S("HEAD"));
}

static bool is_page(Str path)
{
    return str_equal(path, S("/")) || str_equal(path, S("/index.json")) || str_equal(path, S("/healthz")) ||
           str_starts(path, S("/checkpoint/")) || str_starts(path, S("/split/"));
}

static bool within_rate(Site *site, Exchange *ex, int kind, int per_minute)
{
    int wait = 0;
    if (!per_minute || rate_take(site->rates, &ex->client, kind, per_minute, ex->now, &wait)) return true;
    say_text(ex, 429, S("too many requests from your address; try again in a moment\n"));
    header(ex, S("Retry-After"), str_format(ex->arena, "%d", wait > 0 ? wait : 1));
    return false;
}

static bool refuse_method(Exchange *ex, Str allowed)
{
    say_text(ex, 405, S("this address does not take that method\n"));
    header(ex, S("Allow"), allowed);
    return false;
}

static bool on_admit(Site *site, Exchange *ex, int64_t *ret_body_most)
{
    bool adds = str_equal(ex->path, S("/add-checkpoint")), posts = str_equal(ex->method, S("POST"));
    *ret_body_most = 0;
    if (adds && posts) {
        *ret_body_most = WITNESS_BODY_MAX;
        return within_rate(site, ex, KIND_POST, site->options.posts_per_minute);
    }
    if (!within_rate(site, ex, KIND_READ, READS_PER_MINUTE)) return false;
    if (adds) return refuse_method(ex, S("POST"));
    if (!is_page(ex->path)) return refuse(ex, 404, S("there is nothing here\n"));
    return is_read(ex) || refuse_method(ex, S("GET, HEAD"));
}

/* ---- what it says of itself ---- */

static Str when(Arena *a, int64_t seconds)
{
    char text[32];
    time_t time = (time_t)seconds;
    struct tm utc;
    if (!gmtime_r(&time, &utc) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)) return S("?");
    return str_copy(a, str_from_c(text));
}

static View *describe(Site *site, Arena *a)
{
    const WitnessSiteOptions *o = &site->options;
    View *view = view_object(a);
    view_put_str(view, S("name"), o->name);
    view_put_str(view, S("vkey"), witness_vkey(o->witness, a));
    view_put_str(view, S("version"), o->version);
    witness_list(o->witness, a, view_put_array(view, S("logs")));
    View *followed = view_put_array(view, S("followed"));
    pthread_mutex_lock(&site->mutex);
    for (int i = 0; i < o->followed_count; i++) {
        const Sight *sight = &site->sights[i];
        View *one = view_add_object(followed);
        view_put_str(one, S("url"), o->followed[i]);
        view_put_i64(one, S("time"), sight->time);
        view_put_bool(one, S("good"), sight->good);
        view_put_str(one, S("words"), str_copy(a, (Str){sight->words, sight->words_len}));
    }
    pthread_mutex_unlock(&site->mutex);
    return view;
}

const char *witness_entries(Arena *a, int64_t count)
{
    return str_c(a, str_format(a, "%lld %s", (long long)count, count == 1 ? "entry" : "entries"));
}

static Str text_of(const View *object, const char *key)
{
    return view_str(view_get(object, str_from_c(key)));
}

static int64_t number_of(const View *object, const char *key)
{
    return view_i64(view_get(object, str_from_c(key)));
}

static void write_log(Arena *a, const View *log, Buf *b)
{
    int64_t time = number_of(log, "time");
    Str root = text_of(log, "root"), hash = text_of(log, "hash");
    buf_format(b, "\n  %.*s\n", STR_ARG(text_of(log, "origin")));
    for (const View *key = view_first(view_get(log, S("vkeys"))); key; key = view_next(key))
        buf_format(b, "    its key   %.*s\n", STR_ARG(view_str(key)));
    if (time)
        buf_format(b, "    newest    %s, root %.*s, cosigned %.*s: /checkpoint/%.*s\n", witness_entries(a, number_of(log, "size")),
            STR_ARG(root), STR_ARG(when(a, time)), STR_ARG(hash));
    else buf_str(b, S("    newest    nothing cosigned yet\n"));
    if (number_of(log, "split"))
        buf_format(b, "    CAUGHT    it has signed two different records of one size: /split/%.*s\n", STR_ARG(hash));
}

static void write_followed(Arena *a, const View *followed, Buf *b)
{
    if (!view_first(followed)) return;
    buf_str(b, S("\nIt looks at these by itself:\n\n"));
    for (const View *one = view_first(followed); one; one = view_next(one)) {
        int64_t time = number_of(one, "time");
        buf_format(b, "  %.*s\n", STR_ARG(text_of(one, "url")));
        if (time)
            buf_format(b, "    %s %.*s  %.*s\n", number_of(one, "good") ? "seen     " : "TROUBLE  ", STR_ARG(when(a, time)),
                STR_ARG(text_of(one, "words")));
    }
}

static Str about(Arena *a, const View *view)
{
    Buf b = buf_new(a);
    buf_format(&b, "A witness of public records (C2SP tlog-witness), run by %.*s.\n\n", STR_ARG(text_of(view, "version")));
    buf_format(&b, "  name      %.*s\n  key       %.*s\n", STR_ARG(text_of(view, "name")), STR_ARG(text_of(view, "vkey")));
    buf_str(&b, S("  logs ask  POST /add-checkpoint\n  programs  GET /index.json\n\n"
                  "Its cosignature says: at that time this was the largest record of that log it had seen, and it contains everything that "
                  "it cosigned\n"
                  "before, unchanged. It does not say that what stands in the record is true, or that nothing is missing from it.\n\n"
                  "It knows these logs:\n"));
    for (const View *log = view_first(view_get(view, S("logs"))); log; log = view_next(log)) write_log(a, log, &b);
    write_followed(a, view_get(view, S("followed")), &b);
    return buf_done(&b);
}

/* ---- running ---- */

static void tell(const WitnessAnswer *said)
{
    if (said->split)
        log_line(LOG_ERROR, "split_view", "status=%d note=\"a log has signed two records of one size; both are kept\"", said->status);
    else log_line(LOG_DEBUG, "add_checkpoint", "status=%d", said->status);
}

static Next add(Site *site, Exchange *ex)
{
    WitnessAnswer said;
    Fault fault = {0};
    if (witness_add(site->options.witness, ex->arena, ex->body, ex->now / 1000, &said, &fault)) {
        log_line(LOG_ERROR, "state", "error=%s", log_value(ex->arena, fault_text(ex->arena, &fault)));
        return say_text(ex, 500, S("what this witness remembers could not be written down, so nothing was cosigned\n"));
    }
    tell(&said);
    return say(ex, said.status, said.type, said.body);
}

static Next show(Exchange *ex, Err e, Str text)
{
    return e ? say_text(ex, 404, S("there is no such thing here\n")) : say_text(ex, 200, text);
}

static Next on_run(Site *site, Exchange *ex, Db *db, bool worker)
{
    Arena *a = ex->arena;
    Str text = {0};
    (void)db;
    if (str_equal(ex->path, S("/healthz"))) return say_text(ex, 200, S("ok\n"));
    if (!worker) return NEXT_WORKER; /* it may wait for the disk, or for another request that does */
    if (str_equal(ex->path, S("/add-checkpoint"))) return add(site, ex);
    if (str_equal(ex->path, S("/"))) return say_text(ex, 200, about(a, describe(site, a)));
    if (str_equal(ex->path, S("/index.json"))) {
        Buf b = buf_new(a);
        view_json(describe(site, a), &b, true);
        return say(ex, 200, S("application/json"), buf_done(&b));
    }
    Str hash = ex->path;
    bool split = str_starts(hash, S("/split/"));
    hash = str_slice(hash, split ? sizeof "/split/" - 1 : sizeof "/checkpoint/" - 1, hash.len);
    Err e = split ? witness_split(site->options.witness, a, hash, &text) : witness_checkpoint(site->options.witness, a, hash, &text);
    return show(ex, e, text);
}

static Next on_finish(Site *site, Exchange *ex, Db *db)
{
    (void)site, (void)ex, (void)db;
    ASSERT(!"nothing waits here");
    return NEXT_ANSWER;
}

static void on_done(Site *site, Exchange *ex)
{
    (void)site, (void)ex;
}

static void on_refuse(Site *site, Exchange *ex, int status, Str why)
{
    (void)site;
    say_text(ex, status, str_format(ex->arena, "%.*s\n", STR_ARG(why)));
}

const SiteCalls witness_site_calls = {on_admit, on_run, on_finish, on_done, on_refuse};
