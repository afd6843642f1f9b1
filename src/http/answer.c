/* answer.c: headers, faces, compression. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/inside.h"
#include "http/streams.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum { GZIP_FROM_BYTES = 1024, GZIP_TO_BYTES = 2 * 1024 * 1024, FLASH_BYTES_MAX = 600, FLASH_MAC_BYTES = 16 };

/* ---- pieces ---- */

void answer_begin(Exchange *ex, int status, Str type, Str body)
{
    ex->answer = (Answer){.status = status, .body = body};
    if (type.len) answer_header(ex, S("Content-Type"), type);
}

void answer_header(Exchange *ex, Str name, Str value)
{
    Answer *answer = &ex->answer;
    ASSERT(answer->header_count < ANSWER_HEADERS_MAX);
    answer->headers[answer->header_count++] = (Header){name, value};
}

static Str header_of(const Answer *answer, Str name)
{
    for (int i = 0; i < answer->header_count; i++)
        if (str_equal(answer->headers[i].name, name)) return answer->headers[i].value;
    return (Str){0};
}

void answer_cache(Exchange *ex, CacheFor cache)
{
    static const Str words[] = {[CACHE_NOT] = S("no-store"),
        [CACHE_ASK] = S("no-cache"),
        [CACHE_PRIVATE] = S("private, no-cache"),
        [CACHE_HOUR] = S("max-age=3600"),
        [CACHE_LASTING] = S("public, max-age=31536000, immutable")};
    answer_header(ex, S("Cache-Control"), words[cache]);
}

/* Scripts, styles and everything else come from files of this site, never from the page itself: what somebody smuggles into a page stays text. */
#define OWN_POLICY                                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " \
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
#define ALONE_POLICY \
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

void answer_guard(Exchange *ex, bool alone)
{
    answer_header(ex, S("Content-Security-Policy"), alone ? S(ALONE_POLICY) : S(OWN_POLICY));
    answer_header(ex, S("X-Content-Type-Options"), S("nosniff"));
    answer_header(ex, S("Referrer-Policy"), S("same-origin"));
    answer_header(ex, S("Permissions-Policy"), S("camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"));
    answer_header(ex, S("Cross-Origin-Opener-Policy"), S("same-origin"));
    answer_header(ex, S("Cross-Origin-Resource-Policy"), S("same-origin"));
    if (ex->secure) answer_header(ex, S("Strict-Transport-Security"), S("max-age=31536000"));
}

void answer_redirect(Exchange *ex, int status, Str path)
{
    answer_begin(ex, status, (Str){0}, (Str){0});
    answer_header(ex, S("Location"), path);
    answer_cache(ex, CACHE_NOT);
    answer_guard(ex, false);
}

/* What is not plain is written in hexadecimal digits. */
static void put_value(Buf *b, Str path)
{
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~/", c);
        if (plain) buf_byte(b, (char)c);
        else buf_format(b, "%%%02X", c);
    }
}

Str path_as_value(Arena *a, Str path)
{
    Buf b = buf_new(a);
    put_value(&b, path);
    return buf_done(&b);
}

void answer_sign_in(Exchange *ex)
{
    enum { NEXT_MOST = 400 };
    Buf b = buf_new(ex->arena);
    buf_str(&b, S(SIGN_IN_PATH "?next="));
    put_value(&b, ex->path);
    if (ex->query.len && ex->path.len + ex->query.len < NEXT_MOST) {
        put_value(&b, S("?"));
        put_value(&b, ex->query);
    }
    answer_redirect(ex, 303, buf_done(&b));
}

/* ---- compression ---- */

static bool is_text(Str type)
{
    return str_starts(type, S("text/")) || str_starts(type, S("application/json")) || str_starts(type, S("application/problem+json")) ||
           str_starts(type, S("image/svg+xml")) || str_starts(type, S("application/atom+xml")) ||
           str_starts(type, S("application/openapi+json"));
}

static voidpf zlib_alloc(voidpf context, uInt items, uInt size)
{
    return arena_alloc(context, size, _Alignof(max_align_t), items);
}

static void zlib_free(voidpf context, voidpf address)
{
    (void)context, (void)address; /* goes with the arena */
}

/* A page for one reader is compressed cheaply, in 40 KiB of memory; one for many, as small as it gets within reason. */
static bool deflate_into(Arena *a, Str body, bool often, Str *ret_packed)
{
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = a};
    if (body.len > UINT32_MAX / 2 ||
        deflateInit2(&z, often ? 7 : 1, Z_DEFLATED, 16 + (often ? 15 : 12), often ? 8 : 6, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t room = deflateBound(&z, (uLong)body.len);
    char *packed = arena_new(a, char, room);
    z.next_in = (const Bytef *)body.ptr;
    z.avail_in = (uInt)body.len;
    z.next_out = (Bytef *)packed;
    z.avail_out = (uInt)room;
    bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
    *ret_packed = (Str){packed, room - z.avail_out};
    deflateEnd(&z);
    return whole;
}

void answer_gzip(Exchange *ex, bool often)
{
    if (is_text(header_of(&ex->answer, S("Content-Type")))) answer_pack(ex, often);
}

void answer_pack(Exchange *ex, bool often)
{
    Answer *answer = &ex->answer;
    if (answer->body.len < GZIP_FROM_BYTES || answer->body.len > GZIP_TO_BYTES) return;
    Str packed;
    if (!accepts_gzip(exchange_header(ex, "accept-encoding")) || !deflate_into(ex->arena, answer->body, often, &packed)) return;
    if (packed.len >= answer->body.len) return;
    answer->body = packed;
    answer_header(ex, S("Content-Encoding"), S("gzip"));
}

/* ---- which face ---- */

/* "0.7" in thousandths; what cannot be read counts as 1, as if nothing were said. */
static int quality_of(Str parameters)
{
    for (Str rest = parameters, one; rest.len;) {
        str_cut(rest, ';', &one, &rest);
        one = str_trim(one);
        if (!str_starts(one, S("q=")) && !str_starts(one, S("Q="))) continue;
        int thousandths = 0, place = 1000;
        for (size_t i = 2; i < one.len && place; i++) {
            char c = one.ptr[i];
            if (c == '.') continue;
            if (c < '0' || c > '9') return 1000;
            thousandths += (c - '0') * place;
            place /= 10;
        }
        return thousandths > 1000 ? 1000 : thousandths;
    }
    return 1000;
}

/* How well `type` ("text/html") is liked: the most exact range that fits decides (RFC 9110, 12.5.1). */
static int liking(Str accept, Str type, Str range)
{
    int best = 0, exactness = 0;
    for (Str rest = accept, one, parameters; rest.len;) {
        str_cut(rest, ',', &one, &rest);
        str_cut(one, ';', &one, &parameters);
        one = str_trim(one);
        int exact = str_equal_nocase(one, type) ? 3 : str_equal_nocase(one, range) ? 2 : str_equal(one, S("*/*")) ? 1 : 0;
        if (exact <= exactness) continue;
        exactness = exact;
        best = quality_of(parameters);
    }
    return best;
}

bool accept_prefers_json(Str accept)
{
    if (!accept.len) return false;
    int json = liking(accept, S("application/json"), S("application/*")),
        problem = liking(accept, S("application/problem+json"), S("application/*"));
    return (json > problem ? json : problem) > liking(accept, S("text/html"), S("text/*"));
}

/* ---- what surrounds a page ---- */

static void put_nav(Site *site, View *array, Str path)
{
    const Rule *rules;
    int count = router_rules(site->router, &rules);
    for (int i = 0; i < count; i++) {
        if (!rules[i].route->nav) continue;
        View *item = view_add_object(array);
        view_put_str(item, S("name"), str_from_c(rules[i].route->nav));
        view_put_str(item, S("path"), rules[i].path);
        view_put_bool(item, S("here"), str_equal(path, rules[i].path));
    }
}

static void put_site(Site *site, View *root, Arena *a, Str path)
{
    View *v = view_put_object(root, S("site"));
    view_put_str(v, S("name"), site->options.name);
    view_put_str(v, S("version"), site->options.version);
    view_put(v, S("assets"), static_assets(site->files, a));
    put_nav(site, view_put_array(v, S("nav")), path);
}

/* With the version that the page shows, where it is known: what changes before the stream is open is told as well. */
static Str live_path(Arena *a, const SiteReq *own)
{
    const Rule *rule = own->rule;
    if (!rule->topic.len) return (Str){0};
    Str part = rule->topic_part < 0 ? S("") : own->state.parts[rule->topic_part].value;
    Str topic = str_format(a, "%.*s%.*s", STR_ARG(rule->topic), STR_ARG(part));
    if (!own->keeps) return str_format(a, "/live?topic=%.*s", STR_ARG(topic));
    char cursor[CURSOR_MOST];
    CursorTag tag = cursor_tag(topic);
    Str after = {cursor, cursor_write(&tag, &own->keep_version, 1, cursor)};
    return str_format(a, "/live?topic=%.*s&after=%.*s", STR_ARG(topic), STR_ARG(after));
}

static Str json_path(Arena *a, const SiteReq *own)
{
    const Route *r = own->rule->route;
    if (r->no_json || r->method != GET) return (Str){0};
    Str path = own->state.path, query = own->state.ex->query;
    return str_format(a, "%.*s.json%s%.*s", STR_ARG(path.len == 1 ? S("/index") : path), query.len ? "?" : "", STR_ARG(query));
}

/* Empty: no person is signed in, or she cannot be told (the page is no worse for it). */
static Str person_name(const Site *site, const SiteReq *own)
{
    Str name;
    if (!own->req.person.len || !own->req.db || site->name_of(own->req.db, own->req.arena, own->req.person, &name)) return (Str){0};
    return name;
}

static void put_page(Site *site, View *root, Arena *a, SiteReq *own, bool there, Str title)
{
    View *v = view_put_object(root, S("page"));
    bool cookie = own && (own->cookie.kind == COOKIE_SESSION || (own->cookie.kind == COOKIE_VISITOR && !own->rule->topic.len));
    view_put_str(v, S("title"), title);
    view_put_str(v, S("path"), own ? own->state.path : S(""));
    view_put_str(v, S("json"), own && there ? json_path(a, own) : S(""));
    view_put_bool(v, S("steward"), own && own->req.who == WHO_STEWARD);
    view_put_str(v, S("person"), own ? person_name(site, own) : S(""));
    view_put_str(v, S("sign_in"), site->may && !(own && own->signed_in) ? S(SIGN_IN_PATH) : S(""));
    view_put_str(v, S("flash"), own ? own->flash : S(""));
    view_put_str(v, S("csrf"), cookie ? csrf_token(&site->secret, a, &own->cookie) : S(""));
    view_put_str(v, S("key"), own && cookie ? token_ordered(a, own->req.now) : S(""));
    view_put_str(v, S("live"), own && there ? live_path(a, own) : S(""));
    view_put_str(v, S("base"), own ? own->req.base : site->options.base);
}

View *answer_surroundings(Site *site, Exchange *ex, SiteReq *own, bool there, Str title, View *form)
{
    View *root = view_object(ex->arena);
    put_site(site, root, ex->arena, own ? own->state.path : S(""));
    put_page(site, root, ex->arena, own, there, title);
    if (form) view_put(root, S("form"), form);
    return root;
}

/* ---- the two faces ---- */

static Str json_of(Arena *a, View *view, View *form)
{
    if (form && !view_get(view, S("form"))) view_put(view, S("form"), form);
    Buf b = buf_new(a);
    view_json(view, &b, true);
    return buf_done(&b);
}

Err answer_view(Site *site, SiteReq *own, int status, Str room, Str html, View *view, View *form, Fault *fault)
{
    Exchange *ex = own->state.ex;
    if (own->state.face == FACE_JSON) {
        answer_begin(ex, status, S("application/json"), json_of(ex->arena, view, form));
        return ERR_OK;
    }
    Str title = own->state.title.len ? own->state.title : str_from_c(own->rule->route->title);
    const View *views[] = {answer_surroundings(site, ex, own, true, title, form), view};
    Str text;
    Err e = templates_page(site->templates, ex->arena, room, html, views, COUNT_OF(views), &text, fault);
    if (e) return e;
    answer_begin(ex, status, S("text/html; charset=utf-8"), text);
    return ERR_OK;
}

/* ---- cookies ---- */

static Str flash_name(bool secure)
{
    return secure ? S("__Host-hustings-said") : S("hustings-said");
}

static void flash_seal(const Site *site, Str text, char sealed[static FLASH_MAC_BYTES + FLASH_BYTES_MAX])
{
    Mac mac = secret_mac(&site->secret, "flash", text);
    memcpy(sealed, mac.bytes, FLASH_MAC_BYTES);
    memcpy(sealed + FLASH_MAC_BYTES, text.ptr, text.len);
}

/* Cut so that no character is cut in two. */
static Str flash_cut(Str text)
{
    if (text.len <= FLASH_BYTES_MAX) return text;
    size_t len = FLASH_BYTES_MAX;
    while (len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) len--;
    return str_slice(text, 0, len);
}

static void flash_cookie(Exchange *ex, Str value, int seconds)
{
    Str name = flash_name(ex->secure);
    answer_header(ex, S("Set-Cookie"),
        str_format(ex->arena, "%.*s=%.*s; Max-Age=%d; Path=/; HttpOnly; SameSite=Lax%s", STR_ARG(name), STR_ARG(value), seconds,
            ex->secure ? "; Secure" : ""));
}

static void flash_send(const Site *site, Exchange *ex, Str text)
{
    char sealed[FLASH_MAC_BYTES + FLASH_BYTES_MAX];
    text = flash_cut(text);
    flash_seal(site, text, sealed);
    flash_cookie(ex, base64url(ex->arena, sealed, FLASH_MAC_BYTES + text.len), 120);
}

Str flash_read(const Site *site, const Exchange *ex)
{
    Str value;
    char given[FLASH_MAC_BYTES + FLASH_BYTES_MAX], right[FLASH_MAC_BYTES + FLASH_BYTES_MAX];
    if (!cookie_value(exchange_header(ex, "cookie"), flash_name(ex->secure), 0, &value)) return (Str){0};
    size_t len = value.len / 4 * 3 + (value.len % 4 ? value.len % 4 - 1 : 0);
    if (len <= FLASH_MAC_BYTES || len > sizeof given || !base64url_read(value, given, len)) return (Str){0};
    Str text = {given + FLASH_MAC_BYTES, len - FLASH_MAC_BYTES};
    flash_seal(site, text, right);
    return bytes_same(given, right, FLASH_MAC_BYTES) ? str_copy(ex->arena, text) : (Str){0};
}

void answer_cookies(Site *site, SiteReq *own)
{
    Exchange *ex = own->state.ex;
    const Cookie none = {0};
    const Cookie *next = own->signs_in                         ? &own->next_cookie
                         : own->signs_out || own->session_over ? &none
                         : own->cookie_is_new                  ? &own->cookie
                                                               : NULL;
    int64_t seconds = own->signs_in && own->keeps_cookie ? PERSON_LONGEST_MS / 1000 : 0;
    if (next) answer_header(ex, S("Set-Cookie"), cookie_header(&site->secret, ex->arena, next, ex->secure, seconds));
    if (own->state.flash.len && ex->answer.status == 303) flash_send(site, ex, own->state.flash);
    else if (own->flash.len && own->state.face == FACE_HTML && str_equal(ex->method, S("GET"))) flash_cookie(ex, S(""), 0);
}
