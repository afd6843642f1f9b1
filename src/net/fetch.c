/* fetch.c: one way for one request and for many: a libcurl multi handle, a few calls under way, each with its own limits.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "net/fetch.h"

#include "core/clock.h"
#include "net/libcurl.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    UNDER_WAY_MOST = 8, /* also to one host: what waited in libcurl for a connection would use up its time there */
    REDIRECTS_MOST = 3,
    CONNECT_MS = 5000,
    ALL_MS = 30000,
    POLL_MS = 1000,
};

struct Fetcher {
    CURLM *multi;
    atomic_bool stopped;
    const char *authorities; /* SSL_CERT_FILE, or NULL */
};

typedef struct Call {
    const Fetcher *fetcher;
    Arena *arena;
    const FetchRequest *request;
    const char *url; /* now; another after a redirect */
    CURL *easy;
    struct curl_slist *headers;
    Buf body;
    bool too_large;
    int redirects;
    int64_t until;
    char said[CURL_ERROR_SIZE];
    Err *ret_err;
    Fetched *ret_fetched;
    Fault *fault;
} Call;

static int or_standard(int value, int standard)
{
    return value > 0 ? value : standard;
}

/* ---- life ---- */

Err fetcher_open(Fetcher **ret_fetcher, Fault *fault)
{
    Err e = libcurl_load(fault);
    if (e) return e;
    Fetcher *f = calloc(1, sizeof *f);
    if (!f || !(f->multi = curl.curl_multi_init())) out_of_memory(sizeof *f);
    curl.curl_multi_setopt(f->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)UNDER_WAY_MOST);
    f->authorities = getenv("SSL_CERT_FILE");
    *ret_fetcher = f;
    return ERR_OK;
}

void fetcher_close(Fetcher *fetcher)
{
    if (!fetcher) return;
    curl.curl_multi_cleanup(fetcher->multi);
    free(fetcher);
}

void fetcher_stop(Fetcher *fetcher)
{
    atomic_store(&fetcher->stopped, true);
    curl.curl_multi_wakeup(fetcher->multi);
}

/* ---- addresses ---- */

static CURLU *url_parse(const char *text)
{
    CURLU *url = curl.curl_url();
    if (!url) out_of_memory(0);
    if (curl.curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK) return url;
    curl.curl_url_cleanup(url);
    return NULL;
}

static Str url_part(Arena *a, const CURLU *url, CURLUPart part)
{
    char *text = NULL;
    if (curl.curl_url_get((CURLU *)url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return (Str){0};
    Str copy = str_copy(a, str_from_c(text));
    curl.curl_free(text);
    return copy;
}

/* "https host 443" of an address of the web without a name and password in it; empty: it is none. */
static Str origin_of(Arena *a, const char *text)
{
    CURLU *url = url_parse(text);
    if (!url) return (Str){0};
    Str scheme = url_part(a, url, CURLUPART_SCHEME), host = url_part(a, url, CURLUPART_HOST), port = url_part(a, url, CURLUPART_PORT);
    curl.curl_url_cleanup(url);
    if (!str_equal(scheme, S("http")) && !str_equal(scheme, S("https"))) return (Str){0};
    return str_format(a, "%.*s %.*s %.*s", STR_ARG(scheme), STR_ARG(host), STR_ARG(port));
}

static bool is_plain(Str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7F) return false;
    return true;
}

/* ---- one call ---- */

static void fail(Call *call, Err err, Str words)
{
    *call->fault = (Fault){.file = call->request->url};
    *call->ret_err = fault_set(call->fault, err, 0, 0, words, (Str){0});
}

static void call_drop(Call *call)
{
    curl.curl_multi_remove_handle(call->fetcher->multi, call->easy);
    curl.curl_easy_cleanup(call->easy);
    curl.curl_slist_free_all(call->headers);
    call->easy = NULL;
    call->headers = NULL;
}

static size_t on_body(char *bytes, size_t one, size_t count, void *context)
{
    Call *call = context;
    size_t len = one * count;
    if (len > call->request->most - call->body.len) {
        call->too_large = true;
        return 0;
    }
    buf_str(&call->body, (Str){bytes, len});
    return len;
}

static void set_headers(Call *call)
{
    const FetchRequest *r = call->request;
    if (!r->type.len) return;
    ASSERT(str_is_clean_text(r->type));
    call->headers = curl.curl_slist_append(NULL, str_c(call->arena, str_format(call->arena, "Content-Type: %.*s", STR_ARG(r->type))));
    call->headers = curl.curl_slist_append(call->headers, "Expect:"); /* not to wait for leave to send a body of some kilobytes */
    curl.curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
    curl.curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->post.len);
    curl.curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, r->post.len ? r->post.ptr : "");
}

static void set_limits(Call *call)
{
    const FetchRequest *r = call->request;
    int64_t left = call->until - clock_ms();
    curl.curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)or_standard(r->connect_ms, CONNECT_MS));
    curl.curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
    curl.curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
}

/* Redirects are ours to follow: libcurl cannot be held to one origin. */
static bool set_ways(Call *call)
{
    bool known = curl.curl_easy_setopt(call->easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    curl.curl_easy_setopt(call->easy, CURLOPT_URL, call->url);
    curl.curl_easy_setopt(call->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl.curl_easy_setopt(call->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl.curl_easy_setopt(call->easy, CURLOPT_USERAGENT, "hustings");
    curl.curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl.curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (call->fetcher->authorities) curl.curl_easy_setopt(call->easy, CURLOPT_CAINFO, call->fetcher->authorities);
    return known;
}

/* False: it has failed already. */
static bool call_send(Call *call)
{
    call->body = buf_new(call->arena);
    call->easy = curl.curl_easy_init();
    if (!call->easy) out_of_memory(0);
    bool known = set_ways(call);
    set_limits(call);
    set_headers(call);
    curl.curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl.curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    curl.curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->said);
    curl.curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
    if (known && curl.curl_multi_add_handle(call->fetcher->multi, call->easy) == CURLM_OK) return true;
    call_drop(call);
    return fail(call, ERR_IO, S("libcurl does not take the request: version 7.85 or above is needed")), false;
}

/* False: it has failed already. */
static bool call_begin(Call *call)
{
    const FetchRequest *r = call->request;
    call->url = str_c(call->arena, r->url);
    call->until = clock_ms() + or_standard(r->all_ms, ALL_MS);
    if (!is_plain(r->url) || !origin_of(call->arena, call->url).len)
        return fail(call, ERR_INPUT, S("not an address of the form http://HOST/... or https://HOST/...")), false;
    return call_send(call);
}

/* ---- how it ended ---- */

/* Where the answer sends us; NULL: nowhere. */
static const char *redirect_of(const Call *call, int status)
{
    char *to = NULL;
    bool sends = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (sends) curl.curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &to);
    return to ? str_c(call->arena, str_from_c(to)) : NULL;
}

static bool may_follow(Call *call, int status, const char *to)
{
    Str shown = fault_quote(call->arena, str_from_c(to));
    Str here = origin_of(call->arena, call->url), there = origin_of(call->arena, to);
    if (!str_equal_nocase(here, there))
        fail(call, ERR_IO, str_format(call->arena, "sent on to another place, which is not followed: %.*s", STR_ARG(shown)));
    else if (call->request->type.len && status != 307 && status != 308)
        fail(call, ERR_IO, str_format(call->arena, "what was posted is sent on as a GET (%d), which is not followed", status));
    else if (call->redirects == REDIRECTS_MOST) fail(call, ERR_IO, S("sent on more than 3 times"));
    else return true;
    return false;
}

static void call_answered(Call *call, int status)
{
    char *type = NULL;
    curl.curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
    *call->ret_fetched = (Fetched){.status = status, .body = buf_done(&call->body)};
    if (type) call->ret_fetched->type = str_copy(call->arena, str_from_c(type));
    *call->ret_err = ERR_OK;
}

/* What a server says to those who speak TLS to a port without it, or the other way round, is no help to a person. */
static const char *hint(const Call *call, CURLcode code)
{
    bool tls = str_starts(str_from_c(call->url), S("https:"));
    bool cut = code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
               code == CURLE_UNSUPPORTED_PROTOCOL;
    if (tls && code == CURLE_SSL_CONNECT_ERROR) return " (if this server speaks no TLS, its address begins with http://)";
    return !tls && cut ? " (if this server speaks TLS, its address begins with https://)" : "";
}

static void call_failed(Call *call, CURLcode code)
{
    const char *said = call->said[0] ? call->said : curl.curl_easy_strerror(code);
    if (call->too_large) {
        Str words = str_format(call->arena, "the answer is larger than %zu bytes", call->request->most);
        fail(call, ERR_LIMIT, words);
    } else fail(call, ERR_IO, str_format(call->arena, "no good answer: %s%s", said, hint(call, code)));
}

/* False: it goes on at another address. */
static bool call_end(Call *call, CURLcode code)
{
    long status = 0;
    curl.curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    const char *to = code == CURLE_OK ? redirect_of(call, (int)status) : NULL;
    bool follow = to && may_follow(call, (int)status, to);
    if (code != CURLE_OK) call_failed(call, code);
    else if (!to) call_answered(call, (int)status);
    call_drop(call);
    if (!follow) return true;
    call->url = to;
    call->redirects++;
    return !call_send(call);
}

/* ---- many ---- */

/* Take in what has ended. How many. */
static int take_ended(const Fetcher *f)
{
    int ended = 0, left;
    for (CURLMsg *message; (message = curl.curl_multi_info_read(f->multi, &left)) != NULL;) {
        Call *call = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        curl.curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        ended += call_end(call, message->data.result);
    }
    return ended;
}

static void cut_all(Call *calls, int count)
{
    for (int i = 0; i < count; i++) {
        if (!calls[i].easy) continue;
        call_drop(&calls[i]);
        fail(&calls[i], ERR_IO, S("given up: this program is ending"));
    }
}

static void run_calls(Fetcher *f, Call *calls, int count)
{
    int next = 0, under_way = 0, active;
    while (!atomic_load(&f->stopped)) {
        while (next < count && under_way < UNDER_WAY_MOST) under_way += call_begin(&calls[next++]);
        if (!under_way) return;
        curl.curl_multi_perform(f->multi, &active);
        int ended = take_ended(f);
        under_way -= ended;
        if (!ended) curl.curl_multi_poll(f->multi, NULL, 0, POLL_MS, NULL);
    }
    cut_all(calls, next);
    for (; next < count; next++) fail(&calls[next], ERR_IO, S("not asked: this program is ending"));
}

void fetch_all(Fetcher *fetcher, Arena *a, const FetchRequest *requests, int count, Err *ret_errors, Fetched *ret_fetched, Fault *faults)
{
    Call *calls = arena_new(a, Call, (size_t)count);
    for (int i = 0; i < count; i++)
        calls[i] = (Call){.fetcher = fetcher,
            .arena = a,
            .request = &requests[i],
            .ret_err = &ret_errors[i],
            .ret_fetched = &ret_fetched[i],
            .fault = &faults[i]};
    run_calls(fetcher, calls, count);
}

Err fetch(Fetcher *fetcher, Arena *a, const FetchRequest *request, Fetched *ret_fetched, Fault *fault)
{
    Err e = ERR_OK;
    fetch_all(fetcher, a, request, 1, &e, ret_fetched, fault);
    return e;
}
