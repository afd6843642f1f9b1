/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/session.h"

#include "record/record.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- roles ---- */

static const char *const who_names[WHO__COUNT] = {[WHO_NOBODY] = "nobody",
    [WHO_ANYONE] = "anyone",
    [WHO_MEMBER] = "member",
    [WHO_ORGANISER] = "organiser",
    [WHO_SECRETARY] = "secretary",
    [WHO_RETURNING] = "returning-officer",
    [WHO_STEWARD] = "steward"};

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

Str cookie_header(const Secret *secret, Arena *a, const Cookie *cookie, bool secure, int64_t seconds)
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
        if (seconds) buf_format(&b, "; Max-Age=%lld", (long long)seconds);
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

static bool role_from(const DbRows *rows, Role *ret_role)
{
    *ret_role = (Role){.name = db_text(rows, "name"), .power = db_i64(rows, "power")};
    return ret_role->name.len && who_from(db_text(rows, "who"), &ret_role->who) && ret_role->who > WHO_ANYONE;
}

/* What a session's row gives: a steward has a role of her own, a person is a member until a page asks for more. */
static bool session_from(const DbRows *rows, Session *ret_session)
{
    *ret_session = (Session){.id = db_text(rows, "id"),
        .person = db_text(rows, "person"),
        .begun = db_i64(rows, "begun"),
        .seen = db_i64(rows, "seen"),
        .ends = db_i64(rows, "ends")};
    if (!ret_session->person.len) return role_from(rows, &ret_session->role);
    ret_session->role = (Role){.who = WHO_MEMBER, .power = -1};
    return true;
}

static int64_t idle_of(Str person)
{
    return person.len ? PERSON_IDLE_MS : SESSION_IDLE_MS;
}

Err session_find(Db *db, Arena *a, const Cookie *cookie, int64_t now, Session *ret_session)
{
    if (cookie->kind != COOKIE_SESSION) return ERR_MISSING;
    Sha256 hash;
    DbRows rows;
    Err e = db_one(db, a, "http_session_by_token", DB_VALUES(db_bytes(hash_of(cookie, &hash))), &rows);
    if (e) return e;
    Session s;
    if (!session_from(&rows, &s) || s.ends <= now || s.seen + idle_of(s.person) <= now) return ERR_MISSING;
    *ret_session = s;
    return ERR_OK;
}

Err session_stands(Db *db, Arena *a, Str id)
{
    DbRows rows;
    return db_one(db, a, "http_session_in_force", DB_VALUES(db_string(id)), &rows);
}

/* ---- roles that begin and end, in the record ---- */

/* "the role of steward of this installation" */
static Str role_words(Arena *a, Str who)
{
    return str_format(a, "the role of %.*s of this installation", STR_ARG(who));
}

/* " with a link made at the machine by Carol Count", from the leaf of the offer. */
static Err link_words(Db *db, Arena *a, const Role *offered, Str *ret_words)
{
    Leaf offer;
    Err e = record_leaf(db, a, offered->power, &offer, NULL);
    *ret_words = S("");
    if (e) return e == ERR_IO ? e : ERR_OK; /* somebody changed the leaf: verifying will say so */
    *ret_words = str_format(a, ", with a link made at the machine by %.*s", STR_ARG(offer.by.name));
    return ERR_OK;
}

static Err role_give(Db *db, Arena *a, const Role *offered, int64_t ends, int64_t now, int64_t *ret_power, Fault *fault)
{
    Str who = who_name(offered->who), role = role_words(a, who), link, until = time_words_utc(a, ends);
    Err e = link_words(db, a, offered, &link);
    if (e) return e;
    View *data = view_object(a);
    view_put_i64(data, S("offer"), offered->power);
    Act act = {.kind = "role.given",
        .by = {.name = offered->name, .role = who},
        .says = str_format(
            a, "%.*s was given %.*s, until %.*s at the latest%.*s.", STR_ARG(offered->name), STR_ARG(role), STR_ARG(until), STR_ARG(link)),
        .until = ends,
        .data = data};
    Power power = {.ended = "role.ended", .holder = offered->name, .what = role};
    return record_power_give(db, a, &act, &power, now, ret_power, fault);
}

/* The row goes, and with it the role. ERR_MISSING: there is nothing to tell: another command was faster, or the record ended the power when its time was over
 * (record_expire), or the session is from before there was a record. */
static Err end_row(Db *db, Arena *a, const DbRows *row, Officer by, Str reason, int64_t now, Fault *fault)
{
    int64_t gone, power = db_i64(row, "power");
    Err e = db_run_counted(db, "http_session_end", DB_VALUES(db_string(db_text(row, "id"))), &gone);
    if (e) return e;
    return gone && power >= 0 ? record_power_end(db, a, power, by, reason, now, fault) : ERR_MISSING;
}

/* Why it ended by itself; empty: it has not. */
static Str own_end(Arena *a, const DbRows *row, int64_t now)
{
    if (db_i64(row, "ends") <= now) return S("its time was over");
    if (db_i64(row, "seen") + idle_of(db_text(row, "person")) > now) return S("");
    return str_format(a, "it was not used for %lld minutes", (long long)(SESSION_IDLE_MS / 60000));
}

/* ---- sessions begin and end ---- */

Err session_begin(Db *db, Arena *a, const Cookie *cookie, Str id, const Role *offered, int64_t now, Fault *fault)
{
    ASSERT(cookie->kind == COOKIE_SESSION);
    Sha256 hash;
    int64_t power, ends = now + SESSION_LONGEST_MS;
    Err e = role_give(db, a, offered, ends, now, &power, fault);
    if (e) return e;
    return db_run(db, "http_session_begin",
        DB_VALUES(db_bytes(hash_of(cookie, &hash)), db_string(id), db_string(who_name(offered->who)), db_string(offered->name),
            db_number(power), db_number(now), db_number(ends)));
}

Err session_begin_person(Db *db, const Cookie *cookie, Str id, Str person, Str device, int64_t now)
{
    ASSERT(cookie->kind == COOKIE_SESSION && person.len);
    Sha256 hash;
    return db_run(db, "http_session_begin_person",
        DB_VALUES(db_bytes(hash_of(cookie, &hash)), db_string(id), db_string(who_name(WHO_MEMBER)), db_string(person), db_string(device),
            db_number(now), db_number(now + PERSON_LONGEST_MS)));
}

Err session_end(Db *db, Arena *a, Str id, Officer by, Str reason, int64_t now, Fault *fault)
{
    DbRows rows;
    Err e = db_one(db, a, "http_session_by_id", DB_VALUES(db_string(id)), &rows);
    return e ? e : end_row(db, a, &rows, by, reason, now, fault);
}

/* Those whose time was over before are told as that. */
static Err end_rows(Db *db, Arena *a, DbRows *rows, Officer by, Str reason, int64_t now, Fault *fault)
{
    int ended = 0;
    while (db_next(rows)) {
        Str own = own_end(a, rows, now);
        Err e = end_row(db, a, rows, own.len ? officer_program() : by, own.len ? own : reason, now, fault);
        if (e && e != ERR_MISSING) return e;
        ended += !e;
    }
    return ended ? ERR_OK : ERR_MISSING;
}

Err session_end_all(Db *db, Arena *a, Officer by, Str reason, int64_t now, Fault *fault)
{
    DbRows rows;
    Err e = db_run(db, "http_sessions_end_persons", DB_NO_VALUES);
    if (!e) e = db_query(db, a, "http_sessions_all", DB_NO_VALUES, &rows);
    return e ? e : end_rows(db, a, &rows, by, reason, now, fault);
}

static Err expire_sessions(Db *db, Arena *a, int64_t now, Fault *fault)
{
    DbRows rows;
    Err e = db_query(
        db, a, "http_sessions_over", DB_VALUES(db_number(now), db_number(now - SESSION_IDLE_MS), db_number(now - PERSON_IDLE_MS)), &rows);
    if (!e) e = end_rows(db, a, &rows, officer_program(), S(""), now, fault);
    return e == ERR_MISSING ? ERR_OK : e;
}

Err session_list(Db *db, Arena *a, Str id, int64_t now, View *array)
{
    DbRows rows;
    Err e = db_query(db, a, "http_sessions", DB_VALUES(db_number(now), db_number(now - SESSION_IDLE_MS)), &rows);
    if (e) return e;
    while (db_next(&rows)) {
        View *row = view_add_object(array);
        view_put_str(row, S("who"), db_text(&rows, "who"));
        view_put_str(row, S("name"), db_text(&rows, "name"));
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
    if (now - session->seen < (session->person.len ? PERSON_SEEN_EVERY_MS : SESSION_SEEN_EVERY_MS)) return;
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

static Err offer_role(Db *db, Arena *a, Who who, Str name, Officer by, int64_t ends, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    Str role = role_words(a, who_name(who)), until = time_words_utc(a, ends);
    Act act = {.kind = "role.offered",
        .by = by,
        .says = str_format(
            a, "A link was made with which %.*s may take %.*s, once, until %.*s.", STR_ARG(name), STR_ARG(role), STR_ARG(until)),
        .until = ends};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

Err entry_make(Db *db, Arena *a, Str token, Who who, Str name, Officer by, int64_t ends, int64_t now, Fault *fault)
{
    Sha256 hash;
    int64_t leaf;
    Err e = offer_role(db, a, who, name, by, ends, now, &leaf, fault);
    if (e) return e;
    return db_run(db, "http_entry_make",
        DB_VALUES(db_bytes(hash_of_token(token, &hash)), db_string(who_name(who)), db_string(name), db_number(leaf), db_number(ends)));
}

Err entry_find(Db *db, Arena *a, Str token, int64_t now, Role *ret_offered)
{
    Sha256 hash;
    DbRows rows;
    Err e = db_one(db, a, "http_entry_by_token", DB_VALUES(db_bytes(hash_of_token(token, &hash)), db_number(now)), &rows);
    if (e) return e;
    return role_from(&rows, ret_offered) ? ERR_OK : ERR_MISSING;
}

Err entry_use(Db *db, Arena *a, Str token, int64_t now, Role *ret_offered)
{
    Sha256 hash;
    int64_t taken = 0;
    Err e = entry_find(db, a, token, now, ret_offered);
    if (e) return e;
    e = db_run_counted(db, "http_entry_use", DB_VALUES(db_bytes(hash_of_token(token, &hash)), db_number(now)), &taken);
    if (e) return e;
    return taken == 1 ? ERR_OK : ERR_MISSING;
}

static Err end_offer(Db *db, Arena *a, const DbRows *row, int64_t now, Fault *fault)
{
    int64_t gone, power = db_i64(row, "power");
    Err e = db_run_counted(db, "http_entry_drop", DB_VALUES(db_bytes(db_text(row, "token_hash"))), &gone);
    if (e || !gone || power < 0) return e;
    Str name = db_text(row, "name"), role = role_words(a, db_text(row, "who"));
    Act act = {.kind = "role.offer_ended",
        .by = officer_program(),
        .says = str_format(a, "Nobody used the link with which %.*s could have taken %.*s.", STR_ARG(name), STR_ARG(role)),
        .reason = S("its time was over"),
        .ends_power = true,
        .power = power};
    return record_act(db, a, &act, now, NULL, fault);
}

static Err expire_entries(Db *db, Arena *a, int64_t now, Fault *fault)
{
    DbRows rows;
    Err e = db_query(db, a, "http_entries_over", DB_VALUES(db_number(now)), &rows);
    while (!e && db_next(&rows)) e = end_offer(db, a, &rows, now, fault);
    return e;
}

Err session_expire(Db *db, Arena *a, int64_t now, Fault *fault)
{
    Err e = expire_sessions(db, a, now, fault);
    return e ? e : expire_entries(db, a, now, fault);
}
