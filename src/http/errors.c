/* errors.c: one answer for whatever went wrong, as a page or as application/problem+json (RFC 9457). SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/inside.h"

#include "core/log.h"

#include <sodium.h>

typedef struct Meaning {
    int status;
    const char *title, *message;
} Meaning;

/* What it means to a person, and what she can do. Nothing here says how we are made. */
static const Meaning meanings[] = {
    {400, "That request cannot be understood",
        "Part of the address or of what was sent is not what this page expects. Go back, and try again."},
    {403, "You may not do that", "This page is for people with another role. If it should be yours, sign in, and try again."},
    {404, "There is no such page", "Check the address. What was here may also have been taken out."},
    {405, "That cannot be done here", "The page exists, but not for this kind of request."},
    {408, "That took too long to arrive", "The connection may be slow. Try again."},
    {409, "Not as things stand now", "Somebody was faster, or it is over. Look again at how things stand."},
    {410, "It is no longer here", "What was at this address has been taken away."},
    {413, "That is too large", "Send less at once."},
    {414, "That address is too long", "Check the address."},
    {415, "That kind of content is not read here", "Send a form, as the page does."},
    {417, "That cannot be promised here", "Your program expects something that this site does not do."},
    {422, "Something needs to be put right", "Part of what was sent cannot be used. Go back, and correct it."},
    {429, "Too many requests", "Requests from your address come faster than this site allows. Wait a little, and try again."},
    {431, "That request is too large", "Your browser sent more headers than this site reads. Deleting this site's cookies may help."},
    {500, "Something went wrong here", "It is our fault, and it has been written down. Try again later."},
    {501, "That cannot be done here", "This kind of request is not known here."},
    {503, "Not just now", "The site cannot reach its records at the moment. Nothing was changed. Try again in a few seconds."},
    {505, "That version of HTTP is not spoken here", "Your program should speak HTTP/1.1."},
};

static const Meaning *meaning_of(int status)
{
    const Meaning *internal = NULL;
    for (int i = 0; i < COUNT_OF(meanings); i++) {
        if (meanings[i].status == status) return &meanings[i];
        if (meanings[i].status == 500) internal = &meanings[i];
    }
    return internal;
}

static int status_of(Err err)
{
    switch (err) {
    case ERR_OK: return 200;
    case ERR_INPUT: return 400;
    case ERR_LIMIT: return 413;
    case ERR_IO: return 503;
    case ERR_MISSING: return 404;
    case ERR_DENIED: return 403;
    case ERR_CONFLICT: return 409;
    }
    ASSERT(!"an Err of no kind");
}

/* Ten characters that can be read out over the telephone: no I, L, O or U. */
static Str new_reference(Arena *a)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint8_t bytes[10];
    randombytes_buf(bytes, sizeof bytes);
    Buf b = buf_new(a);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 5) buf_byte(&b, '-');
        buf_byte(&b, alphabet[bytes[i] % 32]);
    }
    return buf_done(&b);
}

static const char *retry_after(int status)
{
    return status == 503 ? "5" : status == 429 ? "10" : NULL;
}

static bool wants_json(const Exchange *ex, const SiteReq *own)
{
    return own ? own->state.face == FACE_JSON : str_ends(ex->path, S(".json")) || accept_prefers_json(exchange_header(ex, "accept"));
}

static void put_troubles(const SiteReq *own, View *view)
{
    if (!own || !own->state.trouble_count) return;
    View *errors = view_put_array(view, S("errors"));
    for (int i = 0; i < own->state.trouble_count; i++) {
        View *error = view_add_object(errors);
        view_put_str(error, S("field"), own->state.troubles[i].field ? str_from_c(own->state.troubles[i].field->name) : S(""));
        view_put_str(error, S("message"), own->state.troubles[i].message);
    }
}

static void as_json(Exchange *ex, const SiteReq *own, int status, Str title, Str message, Str reference)
{
    View *v = view_object(ex->arena);
    view_put_str(v, S("type"), S("about:blank"));
    view_put_str(v, S("title"), title);
    view_put_i64(v, S("status"), status);
    view_put_str(v, S("detail"), message);
    view_put_str(v, S("reference"), reference);
    if (own && own->state.see_path.len) view_put_str(v, S("see"), own->state.see_path);
    put_troubles(own, v);
    Buf b = buf_new(ex->arena);
    view_json(v, &b, true);
    answer_begin(ex, status, S("application/problem+json"), buf_done(&b));
}

static void as_page(Site *site, Exchange *ex, SiteReq *own, int status, Str title, Str message, Str reference)
{
    View *v = view_object(ex->arena);
    view_put_i64(v, S("status"), status);
    view_put_str(v, S("title"), title);
    view_put_str(v, S("message"), message);
    view_put_str(v, S("reference"), reference);
    view_put_str(v, S("retry"), retry_after(status) ? str_format(ex->arena, "%s seconds", retry_after(status)) : S(""));
    view_put_str(v, S("see_path"), own ? own->state.see_path : S(""));
    view_put_str(v, S("see_words"), own ? own->state.see_words : S(""));
    const View *views[] = {answer_surroundings(site, ex, own, false, title, NULL), v};
    Fault fault = {0};
    Str html;
    Err e = templates_page(site->templates, ex->arena, S("http"), S("error"), views, COUNT_OF(views), &html, &fault);
    if (!e) {
        answer_begin(ex, status, S("text/html; charset=utf-8"), html);
        return;
    }
    /* Only with --dev, while somebody works on that template. */
    answer_begin(ex, status, S("text/plain; charset=utf-8"), str_format(ex->arena, "%.*s\n%.*s\n", STR_ARG(title), STR_ARG(message)));
}

static void write_down(Exchange *ex, const SiteReq *own, int status, Str reference)
{
    const char *route = own && own->rule ? own->rule->route->path : "-";
    /* A flood that is held back must not fill the log instead, and what a client says wrongly is no error of ours. */
    LogLevel level = status == 429 ? LOG_DEBUG : status >= 500 && status != 501 && status != 505 ? LOG_ERROR : LOG_INFO;
    log_line(level, "refused", "status=%d reference=%.*s method=%s route=%s", status, STR_ARG(reference), log_value(ex->arena, ex->method),
        log_value(ex->arena, str_from_c(route)));
}

void answer_error(Site *site, Exchange *ex, SiteReq *own, int status, Str message)
{
    const Meaning *meaning = meaning_of(status);
    Str reference = new_reference(ex->arena), title = str_from_c(meaning->title);
    if (!message.len) message = str_from_c(meaning->message);
    write_down(ex, own, status, reference);
    if (wants_json(ex, own)) as_json(ex, own, status, title, message, reference);
    else as_page(site, ex, own, status, title, message, reference);
    if (retry_after(status)) answer_header(ex, S("Retry-After"), str_from_c(retry_after(status)));
    answer_gzip(ex, false);
    answer_cache(ex, CACHE_NOT);
    answer_header(ex, S("Vary"), S("Accept, Accept-Encoding, Cookie"));
    answer_guard(ex, false);
    if (own && own->session_over) answer_cookies(site, own);
}

void answer_failure(Site *site, SiteReq *own, Err err)
{
    Exchange *ex = own->state.ex;
    int status = err == ERR_INPUT && own->state.trouble_count ? 422 : err == ERR_MISSING && own->state.gone ? 410 : status_of(err);
    Str message = own->req.fault.expected;
    if (status == 422 && !message.len) message = own->state.troubles[0].message;
    if (err == ERR_IO) { /* its words are for the log, not for a reader */
        Str words = own->req.db ? db_trouble(own->req.db) : own->req.fault.expected;
        log_line(LOG_ERROR, "store", "route=%s trouble=%s", log_value(ex->arena, own->rule->path), log_value(ex->arena, words));
        message = (Str){0};
    }
    answer_error(site, ex, own, status, message);
}
