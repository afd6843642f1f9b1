/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/session.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- roles ---- */

static const char *const who_names[WHO__COUNT] = {[WHO_NOBODY] = "nobody", [WHO_ANYONE] = "anyone", [WHO_STEWARD] = "steward"};

Str who_name(Who who)
{
    return str_from_c(who_names[who]);
}

static bool who_from(Str name, Who *ret_who)
{
    for (int i = 0; i < WHO__COUNT; i++)
        if (str_equal(name, str_from_c(who_names[i]))) {
            *ret_who = (Who)i;
            return true;
        }
    return false;
}

/* ---- the cookie: kind, token, and half a MAC of both, as base64url ---- */

enum { COOKIE_MAC_BYTES = 16, COOKIE_BYTES = 1 + COOKIE_TOKEN_BYTES + COOKIE_MAC_BYTES };

static Str cookie_name(bool secure)
{
    return secure ? S("__Host-hustings") : S("hustings");
}

bool cookie_value(Str header, Str name, int nth, Str *ret_value)
{
    for (Str rest = header, pair; rest.len;) {
        str_cut(rest, ';', &pair, &rest);
        Str key, value;
        if (!str_cut(str_trim(pair), '=', &key, &value) || !str_equal(key, name)) continue;
        if (nth-- > 0) continue;
        *ret_value = value;
        return true;
    }
    return false;
}

static void cookie_seal(const Secret *secret, const Cookie *cookie, uint8_t sealed[COOKIE_BYTES])
{
    sealed[0] = (uint8_t)cookie->kind;
    memcpy(sealed + 1, cookie->token, COOKIE_TOKEN_BYTES);
    Mac mac = secret_mac(secret, "cookie", (Str){(const char *)sealed, 1 + COOKIE_TOKEN_BYTES});
    memcpy(sealed + 1 + COOKIE_TOKEN_BYTES, mac.bytes, COOKIE_MAC_BYTES);
}

static bool cookie_open(const Secret *secret, Str value, Cookie *ret_cookie)
{
    uint8_t given[COOKIE_BYTES], right[COOKIE_BYTES];
    if (!base64url_read(value, given, sizeof given)) return false;
    Cookie cookie = {.kind = given[0] == COOKIE_SESSION ? COOKIE_SESSION : COOKIE_VISITOR};
    memcpy(cookie.token, given + 1, COOKIE_TOKEN_BYTES);
    cookie_seal(secret, &cookie, right);
    if (!bytes_same(given, right, sizeof right)) return false;
    *ret_cookie = cookie;
    return true;
}

Cookie cookie_read(const Secret *secret, const Exchange *ex)
{
    Str header = exchange_header(ex, "cookie"), value;
    Cookie cookie = {0};
    if (!header.len) return cookie;
    for (int nth = 0; nth < 4 && cookie_value(header, cookie_name(ex->secure), nth, &value); nth++)
        if (cookie_open(secret, value, &cookie)) break;
    return cookie;
}

Cookie cookie_new(CookieKind kind)
{
    Cookie cookie = {.kind = kind};
    randombytes_buf(cookie.token, sizeof cookie.token);
    return cookie;
}

Str cookie_header(const Secret *secret, Arena *a, const Cookie *cookie, bool secure)
{
    Buf b = buf_new(a);
    buf_str(&b, cookie_name(secure));
    buf_byte(&b, '=');
    if (cookie->kind == COOKIE_NONE) {
        buf_str(&b, S("; Max-Age=0"));
    } else {
        uint8_t sealed[COOKIE_BYTES];
        cookie_seal(secret, cookie, sealed);
        buf_str(&b, base64url(a, sealed, sizeof sealed));
    }
    buf_str(&b, S("; Path=/; HttpOnly; SameSite=Lax"));
    if (secure) buf_str(&b, S("; Secure"));
    return buf_done(&b);
}

/* ---- sessions ---- */

static Str hash_of(const Cookie *cookie, Sha256 *hash)
{
    *hash = sha256((Str){(const char *)cookie->token, COOKIE_TOKEN_BYTES});
    return (Str){(const char *)hash->bytes, SHA256_BYTES};
}

Err session_find(Db *db, Arena *a, const Cookie *cookie, int64_t now, Session *ret_session)
{
    if (cookie->kind != COOKIE_SESSION) return ERR_MISSING;
    Sha256 hash;
    DbRows rows;
    Err e = db_one(db, a, "http_session_by_token", DB_VALUES(db_bytes(hash_of(cookie, &hash))), &rows);
    if (e) return e;
    Session s = {.id = db_text(&rows, "id"), .begun = db_i64(&rows, "begun"), .seen = db_i64(&rows, "seen"), .ends = db_i64(&rows, "ends")};
    if (!who_from(db_text(&rows, "who"), &s.who) || s.who == WHO_NOBODY) return ERR_MISSING;
    if (s.ends <= now || s.seen + SESSION_IDLE_MS <= now) return ERR_MISSING;
    *ret_session = s;
    return ERR_OK;
}

Err session_begin(Db *db, const Cookie *cookie, Str id, Who who, int64_t now)
{
    ASSERT(cookie->kind == COOKIE_SESSION);
    Sha256 hash;
    return db_run(db, "http_session_begin",
        DB_VALUES(db_bytes(hash_of(cookie, &hash)), db_string(id), db_string(who_name(who)), db_number(now),
            db_number(now + SESSION_LONGEST_MS)));
}

Err session_end(Db *db, Str id)
{
    return db_run(db, "http_session_end", DB_VALUES(db_string(id)));
}

Err session_end_all(Db *db)
{
    return db_run(db, "http_session_end_all", DB_NO_VALUES);
}

Err session_expire(Db *db, int64_t now)
{
    Err e = db_run(db, "http_session_expire", DB_VALUES(db_number(now), db_number(now - SESSION_IDLE_MS)));
    return e ? e : db_run(db, "http_entry_expire", DB_VALUES(db_number(now)));
}

Err session_list(Db *db, Arena *a, Str id, int64_t now, View *array)
{
    DbRows rows;
    Err e = db_query(db, a, "http_sessions", DB_VALUES(db_number(now), db_number(now - SESSION_IDLE_MS)), &rows);
    if (e) return e;
    while (db_next(&rows)) {
        View *row = view_add_object(array);
        view_put_str(row, S("who"), db_text(&rows, "who"));
        view_put_str(row, S("begun"), time_iso(a, db_i64(&rows, "begun")));
        view_put_str(row, S("begun_words"), time_words(a, db_i64(&rows, "begun")));
        view_put_str(row, S("seen_words"), time_words(a, db_i64(&rows, "seen")));
        view_put_str(row, S("ends_words"), time_words(a, db_i64(&rows, "ends")));
        view_put_bool(row, S("this"), str_equal(id, db_text(&rows, "id")));
    }
    return ERR_OK;
}

/* ---- writing down that a session is in use ---- */

typedef struct Used {
    Command command;
    Arena arena;
    char id[64];
} Used;

static Err used_run(Db *db, Command *command)
{
    return db_run(db, "http_session_seen", DB_VALUES(db_string(str_from_c(command->input)), db_number(command->now)));
}

static void used_done(Command *command)
{
    Used *used = command->context;
    arena_clear(&used->arena);
    free(used);
}

void session_used(Store *store, const Session *session, int64_t now)
{
    if (now - session->seen < SESSION_SEEN_EVERY_MS) return;
    Used *used = calloc(1, sizeof *used);
    if (!used) return;
    ASSERT(session->id.len < sizeof used->id);
    memcpy(used->id, session->id.ptr, session->id.len);
    arena_init(&used->arena, 0);
    used->command = (Command){.name = "session_used",
        .leaf = LEAF_NONE,
        .run = used_run,
        .done = used_done,
        .context = used,
        .input = used->id,
        .arena = &used->arena,
        .now = now};
    store_submit(store, &used->command);
}

/* ---- one-time links ---- */

static Str hash_of_token(Str token, Sha256 *hash)
{
    *hash = sha256(token);
    return (Str){(const char *)hash->bytes, SHA256_BYTES};
}

Err entry_make(Db *db, Str token, Who who, int64_t ends)
{
    Sha256 hash;
    return db_run(db, "http_entry_make", DB_VALUES(db_bytes(hash_of_token(token, &hash)), db_string(who_name(who)), db_number(ends)));
}

Err entry_find(Db *db, Arena *a, Str token, int64_t now, Who *ret_who)
{
    Sha256 hash;
    DbRows rows;
    Err e = db_one(db, a, "http_entry_by_token", DB_VALUES(db_bytes(hash_of_token(token, &hash)), db_number(now)), &rows);
    if (e) return e;
    return who_from(db_text(&rows, "who"), ret_who) && *ret_who > WHO_ANYONE ? ERR_OK : ERR_MISSING;
}

Err entry_use(Db *db, Arena *a, Str token, int64_t now, Who *ret_who)
{
    Sha256 hash;
    int64_t taken = 0;
    Err e = entry_find(db, a, token, now, ret_who);
    if (e) return e;
    e = db_run_counted(db, "http_entry_use", DB_VALUES(db_bytes(hash_of_token(token, &hash)), db_number(now)), &taken);
    if (e) return e;
    return taken == 1 ? ERR_OK : ERR_MISSING;
}
