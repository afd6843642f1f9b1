/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/secret.h"

#include <sodium.h>
#include <string.h>

/* ---- in the store ---- */

static const Str setting_name = S("http_secret");

/* Many processes may start at once: whoever comes second changes nothing, and all read what the first wrote. */
static Err make_run(Db *db, Command *command)
{
    const Secret *secret = command->input;
    return db_run(db, "setting_add", DB_VALUES(db_string(setting_name), db_bytes((Str){(const char *)secret->bytes, SECRET_BYTES})));
}

static Err make(Arena *a, Store *store, int64_t now)
{
    Secret fresh AUTO(secret_wipe);
    randombytes_buf(fresh.bytes, sizeof fresh.bytes);
    Command command = {.name = "secret_make", .leaf = LEAF_NONE, .run = make_run, .input = &fresh, .arena = a, .now = now};
    return store_run(store, &command);
}

static Err find(Arena *a, Db *db, Secret *ret_secret)
{
    DbRows rows;
    Err e = db_one(db, a, "setting_get", DB_VALUES(db_string(setting_name)), &rows);
    if (e) return e;
    Str bytes = db_text(&rows, "value");
    if (bytes.len != SECRET_BYTES) return ERR_INPUT;
    memcpy(ret_secret->bytes, bytes.ptr, SECRET_BYTES);
    sodium_memzero((char *)bytes.ptr, bytes.len); /* the only copy outside *ret_secret: it lies in our own scratch arena */
    return ERR_OK;
}

static Err load(Arena *a, Store *store, Db *db, int64_t now, Secret *ret_secret)
{
    Err e = find(a, db, ret_secret);
    if (e != ERR_MISSING) return e;
    e = make(a, store, now);
    return e ? e : find(a, db, ret_secret);
}

Err secret_load(Arena *a, Store *store, int64_t now, Secret *ret_secret, Fault *fault)
{
    ASSERT(sodium_init() >= 0);
    Arena scratch;
    arena_init(&scratch, 0);
    Db *db = NULL;
    Err e = db_open(store, &db, fault);
    if (!e) {
        e = load(&scratch, store, db, now, ret_secret);
        if (e) e = fault_setf(fault, a, e == ERR_INPUT ? ERR_CONFLICT : e, "the installation's secret could not be read from the store");
        db_close(db);
    }
    arena_clear(&scratch);
    return e;
}

void secret_wipe(Secret *secret)
{
    sodium_memzero(secret, sizeof *secret);
}

/* ---- what is made with it ---- */

Mac secret_mac(const Secret *secret, const char *purpose, Str message)
{
    crypto_auth_hmacsha256_state state;
    Mac mac;
    unsigned char purpose_len = (unsigned char)strlen(purpose);
    crypto_auth_hmacsha256_init(&state, secret->bytes, SECRET_BYTES);
    crypto_auth_hmacsha256_update(&state, &purpose_len, 1);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)purpose, purpose_len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)message.ptr, message.len);
    crypto_auth_hmacsha256_final(&state, mac.bytes);
    return mac;
}

bool bytes_same(const void *bytes, const void *others, size_t len)
{
    return sodium_memcmp(bytes, others, len) == 0;
}

Str base64url(Arena *a, const void *bytes, size_t len)
{
    size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_new(a, char, size);
    sodium_bin2base64(text, size, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (Str){text, size - 1};
}

bool base64url_read(Str text, void *ret_bytes, size_t len)
{
    size_t got = 0;
    if (text.len != sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING) - 1) return false;
    return sodium_base642bin(ret_bytes, len, text.ptr, text.len, NULL, &got, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           got == len;
}

Str token_new(Arena *a)
{
    uint8_t bytes[16];
    randombytes_buf(bytes, sizeof bytes);
    return base64url(a, bytes, sizeof bytes);
}

Str token_ordered(Arena *a, int64_t now)
{
    uint8_t bytes[16];
    for (int i = 0; i < 6; i++) bytes[i] = (uint8_t)((uint64_t)now >> (40 - 8 * i));
    randombytes_buf(bytes + 6, sizeof bytes - 6);
    return base64url(a, bytes, sizeof bytes);
}
