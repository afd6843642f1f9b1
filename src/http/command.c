/* command.c: a POST that writes: from its fields to a Command of the store, and from what came of that to an answer.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A form carries a fresh random key. The command's key is SHA-256 over who asks, the route and that key, so nobody can repeat, or see, what somebody else
 * asked; its digest is over the route and all fields. What is stored as its answer is a packed view: where to go, what to say, the answer itself, and
 * whether it signed in or out. So a double click, the back button and a lost connection all end with the first answer and one change.
 */
#include "http/inside.h"

#include "core/log.h"
#include "http/form.h"
#include "record/seal.h"

#include <ctype.h>
#include <sodium.h>

enum { FORM_KEY_MAX = 200, KEY_START_MAX = 14 };

/* ---- the form ---- */

static Str part_value(const SiteReq *own, Str name)
{
    for (int k = 0; k < own->state.part_count; k++)
        if (str_equal(own->state.parts[k].name, name)) return own->state.parts[k].value;
    ASSERT(!"router.c has checked that the part is there");
}

static Str path_of(const SiteReq *own, const Rule *post)
{
    Buf b = buf_new(own->req.arena);
    Str rest = post->path, segment;
    if (rest.len == 1) return rest;
    while (path_next(&rest, &segment)) {
        buf_byte(&b, '/');
        buf_str(&b, segment_is_part(segment) ? part_value(own, str_slice(segment, 1, segment.len)) : segment);
    }
    return buf_done(&b);
}

View *form_for(Site *site, SiteReq *own, const Rule *post)
{
    if (own->cookie.kind == COOKIE_NONE) {
        own->cookie = cookie_new(COOKIE_VISITOR);
        own->cookie_is_new = true;
    }
    Arena *a = own->req.arena;
    FormOptions options = {.route = post->route,
        .action = path_of(own, post),
        .csrf = csrf_token(&site->secret, a, &own->cookie),
        .key = token_ordered(a, own->req.now)};
    return form_view(a, &own->req, &options);
}

/* The view that surrounds the form, from the row's own function. */
static Err fill_again(SiteReq *own, View *view)
{
    const Route *r = own->rule->route;
    if (!r->form_page) return ERR_OK;
    if (!own->req.db) return ERR_IO;
    int troubles = own->state.trouble_count;
    Err e = r->form_page(&own->req, view);
    own->state.trouble_count = troubles;
    return e;
}

void command_form_again(Site *site, SiteReq *own)
{
    const Rule *rule = own->rule;
    Exchange *ex = own->state.ex;
    View *view = view_object(own->req.arena);
    if (own->state.face == FACE_JSON || !rule->route->form) {
        answer_failure(site, own, ERR_INPUT);
        return;
    }
    Err e = fill_again(own, view);
    if (e) {
        own->state.trouble_count = 0;
        answer_failure(site, own, e);
        return;
    }
    Fault fault = {0};
    View *form = form_for(site, own, rule);
    e = answer_view(site, own, 422, str_from_c(rule->room->name), str_from_c(rule->route->form), view, form, &fault);
    if (e) {
        log_line(LOG_ERROR, "template", "route=%s fault=%s", log_value(ex->arena, rule->path),
            log_value(ex->arena, fault_text(ex->arena, &fault)));
        answer_error(site, ex, own, 500, (Str){0});
        return;
    }
    answer_gzip(ex, false);
    answer_cache(ex, CACHE_NOT);
    answer_header(ex, S("Vary"), S("Accept, Accept-Encoding, Cookie"));
    answer_guard(ex, false);
    answer_cookies(site, own);
}

/* ---- what is asked ---- */

static void put_sized(Buf *b, Str text)
{
    buf_i64(b, (int64_t)text.len);
    buf_byte(b, ':');
    buf_str(b, text);
}

static void put_field(Buf *b, const Field *field, const FieldValue *value)
{
    put_sized(b, str_from_c(field->name));
    buf_i64(b, value->text_count);
    buf_byte(b, ',');
    buf_i64(b, value->upload_count);
    buf_byte(b, ';');
    for (int i = 0; i < value->text_count; i++) put_sized(b, value->texts[i]);
    for (int i = 0; i < value->upload_count; i++) {
        Sha256 bytes = sha256(value->uploads[i].bytes);
        put_sized(b, value->uploads[i].file_name);
        put_sized(b, (Str){(const char *)bytes.bytes, SHA256_BYTES});
    }
}

/* Under the browser's cookie, which is nowhere in the store: whoever reads digests there could otherwise try passwords against them, faster than against what is
 * kept of the passwords themselves. */
static Sha256 sealed_digest(const SiteReq *own, Str text)
{
    Sha256 digest;
    _Static_assert(
        (int)sizeof digest.bytes == (int)crypto_auth_hmacsha256_BYTES && (int)COOKIE_TOKEN_BYTES == (int)crypto_auth_hmacsha256_KEYBYTES,
        "a cookie's token is a key, and a digest a MAC");
    crypto_auth_hmacsha256(digest.bytes, (const unsigned char *)text.ptr, text.len, own->cookie.token);
    return digest;
}

static Sha256 digest_of(const SiteReq *own)
{
    Buf b = buf_new(own->req.arena);
    put_sized(&b, own->rule->path);
    int k = 0;
    for (const Field *f = own->rule->route->fields; f && f->name; f++, k++) put_field(&b, f, &own->state.values[k]);
    return sealed_digest(own, buf_done(&b));
}

/* Who asks: the session, else the browser that holds this cookie, else anybody who knows the key. */
static Str asker_of(const SiteReq *own)
{
    if (own->signed_in) return own->session.id;
    if (own->cookie.kind == COOKIE_NONE) return S("");
    return (Str){(const char *)own->cookie.token, COOKIE_TOKEN_BYTES};
}

/* The start of the key as it was said, before the hash that is all of its meaning: keys that begin with the time (ours do, and UUIDv7) then lie together
 * in the index, and a commit of many commands writes few pages. */
static Str key_start(Str said)
{
    size_t n = 0;
    while (n < said.len && n < KEY_START_MAX && (isalnum((unsigned char)said.ptr[n]) || said.ptr[n] == '-' || said.ptr[n] == '_')) n++;
    return str_slice(said, 0, n);
}

static Err key_of(SiteReq *own, Str *ret_key)
{
    Arena *a = own->req.arena;
    Str said = own->state.key.len ? own->state.key : exchange_header(own->state.ex, "idempotency-key");
    if (said.len > FORM_KEY_MAX) return req_fail(&own->req, ERR_INPUT, "An Idempotency-Key has at most %d characters.", FORM_KEY_MAX);
    *ret_key = (Str){0};
    if (!said.len) return ERR_OK;
    Buf b = buf_new(a);
    put_sized(&b, asker_of(own));
    put_sized(&b, own->rule->path);
    put_sized(&b, said);
    Sha256 hash = sha256(buf_done(&b));
    *ret_key = str_format(a, "%.*s.%.*s", STR_ARG(key_start(said)), STR_ARG(base64url(a, hash.bytes, SHA256_BYTES)));
    return ERR_OK;
}

/* ---- doing it ---- */

/* It may run again: nothing of what it said before stays. */
static void forget(SiteReq *own)
{
    own->state.trouble_count = 0;
    own->state.redirect = own->state.flash = (Str){0};
    own->signs_in = own->signs_out = own->keeps_cookie = false;
    own->req.fault = (Fault){0};
}

/* A role may have ended while this waited for its turn. */
static Err still_may(SiteReq *own, Db *db)
{
    if (own->rule->route->who == WHO_ANYONE) return ERR_OK;
    Err e = session_stands(db, own->req.arena, own->session.id);
    if (e == ERR_MISSING) return req_session_over(&own->req);
    return e ? e : who_may(own, db);
}

/* A write that leaves a leaf of another kind than its row says is a mistake of its room, and is undone. (That it leaves one at all, or none, is the
 * writer's to see: Command.leaf.) */
static Err check_kinds(const SiteReq *own, Db *db, Command *command, int64_t from)
{
    enum { AT_ONCE = 500 };
    for (int count = AT_ONCE; count == AT_ONCE; from += count) {
        Leaf *leaves;
        Err e = record_leaves(db, command->arena, &(LeafFilter){.before = -1, .after = from - 1, .most = AT_ONCE}, &leaves, NULL, &count);
        if (e) return e;
        for (int i = 0; i < count; i++)
            if (!route_has_act(own->rule->route, leaves[i].kind))
                return fault_setf(&command->fault, command->arena, ERR_IO, "the acts that the route names: %s, not %.*s",
                    own->rule->route->act, STR_ARG(leaves[i].kind));
    }
    return ERR_OK;
}

/* The room's write, held to what its row says. */
static Err write_as_said(SiteReq *own, Db *db, Command *command, View *answer)
{
    int64_t from = 0;
    bool acts = own->rule->leaf == LEAF_ONE;
    Err e = still_may(own, db);
    if (!e && acts) e = record_size(db, command->arena, &from);
    if (!e) e = own->rule->route->write(&own->req, db, answer);
    if (!e && own->state.trouble_count) e = ERR_INPUT;
    return e || !acts ? e : check_kinds(own, db, command, from);
}

static Err run_write(Db *db, Command *command)
{
    SiteReq *own = command->context;
    Arena *a = command->arena;
    forget(own);
    View *whole = view_object(a), *answer = view_put_object(whole, S("answer"));
    Err e = write_as_said(own, db, command, answer);
    if (e) return e;
    view_put_str(whole, S("location"), own->state.redirect);
    view_put_str(whole, S("flash"), own->state.flash);
    view_put_bool(whole, S("signs_in"), own->signs_in);
    view_put_bool(whole, S("signs_out"), own->signs_out);
    view_put_bool(whole, S("keeps_cookie"), own->keeps_cookie);
    Buf b = buf_new(a);
    view_pack(whole, &b);
    command->answer = buf_done(&b);
    return ERR_OK;
}

static void write_done(Command *command)
{
    SiteReq *own = command->context;
    exchange_resume(own->state.ex);
}

static Next refuse(Site *site, SiteReq *own, Err e)
{
    if (e == ERR_INPUT && own->state.trouble_count) command_form_again(site, own);
    else answer_failure(site, own, e);
    return NEXT_ANSWER;
}

/* The leaf of an act would stand where one that was signed belongs. */
static Next refuse_set_back(Site *site, SiteReq *own)
{
    answer_error(site, own->state.ex, own, 503,
        S("This site was set back to an older backup, and its public record lacks entries that were signed. Until whoever runs it has put "
          "them back, "
          "nothing is done that the record must hold. (For the operator: stop the server, then 'hustings record recover'.) Nothing was "
          "changed."));
    return NEXT_ANSWER;
}

Next command_start(Site *site, SiteReq *own)
{
    const Route *r = own->rule->route;
    if (own->rule->leaf == LEAF_ONE && record_is_set_back()) return refuse_set_back(site, own);
    Err e = r->prepare ? r->prepare(&own->req, view_object(own->req.arena)) : ERR_OK;
    if (!e && own->state.trouble_count) e = ERR_INPUT;
    Str key = {0};
    if (!e) e = key_of(own, &key);
    if (e) return refuse(site, own, e);
    own->command = (Command){.name = r->path,
        .leaf = own->rule->leaf,
        .run = run_write,
        .done = write_done,
        .context = own,
        .arena = own->req.arena,
        .key = key,
        .digest = digest_of(own),
        .now = own->req.now};
    own->req.db = NULL;
    store_submit(site->store, &own->command); /* from here on it is the writer's, until exchange_resume */
    return NEXT_WAIT;
}

/* ---- what is said of it ---- */

static bool flag_of(const View *whole, Str key)
{
    return view_i64(view_get(whole, key)) != 0;
}

/* Where a browser goes when the write did not say: the page with the form, or the first one. */
static Str standard_location(Site *site, const SiteReq *own)
{
    return router_find(site->router, GET, own->state.path).rule ? own->state.path : S("/");
}

static void answer_program(Site *site, SiteReq *own, const View *answer)
{
    Exchange *ex = own->state.ex;
    Buf b = buf_new(ex->arena);
    view_json(answer, &b, true);
    answer_begin(ex, own->state.redirect.len ? 201 : 200, S("application/json"), buf_done(&b));
    if (own->state.redirect.len) answer_header(ex, S("Location"), own->state.redirect);
    answer_gzip(ex, false);
    answer_cache(ex, CACHE_NOT);
    answer_guard(ex, false);
    answer_cookies(site, own);
}

static void answer_done(Site *site, SiteReq *own, const View *whole)
{
    own->state.redirect = view_str(view_get(whole, S("location")));
    own->state.flash = view_str(view_get(whole, S("flash")));
    own->signs_out = flag_of(whole, S("signs_out"));
    if (flag_of(whole, S("signs_in")) && !own->signs_in) req_cookie_again(own, flag_of(whole, S("keeps_cookie")));
    if (own->state.face == FACE_JSON) {
        answer_program(site, own, view_get(whole, S("answer")));
        return;
    }
    answer_redirect(own->state.ex, 303, own->state.redirect.len ? own->state.redirect : standard_location(site, own));
    answer_cookies(site, own);
}

/* The page of a 503 says that nothing was changed; here nobody knows. */
static Str perhaps_done(const SiteReq *own)
{
    if (!own->command.perhaps) return (Str){0};
    if (own->command.key.len)
        return S(
            "Something failed while this was written down, so we cannot tell whether it was done. Send it again in a few seconds: it will "
            "not be done twice.");
    return S("Something failed while this was written down, so we cannot tell whether it was done. Look before you send it again.");
}

static void answer_undone(Site *site, SiteReq *own, Err e)
{
    Arena *a = own->req.arena;
    if (e == ERR_IO) {
        log_line(LOG_ERROR, "store", "route=%s fault=%s", log_value(a, own->rule->path), log_value(a, fault_text(a, &own->command.fault)));
        answer_error(site, own->state.ex, own, 503, perhaps_done(own));
        return;
    }
    (void)refuse(site, own, e);
}

void command_finish(Site *site, SiteReq *own)
{
    View *whole = NULL;
    Err e = own->command.err;
    if (!e && view_unpack(own->req.arena, own->command.answer, &whole) != ERR_OK) {
        log_line(LOG_ERROR, "store", "route=%s fault=\"an answer that cannot be read\"", log_value(own->req.arena, own->rule->path));
        answer_error(site, own->state.ex, own, 500, (Str){0});
        return;
    }
    if (e) answer_undone(site, own, e);
    else answer_done(site, own, whole);
}
