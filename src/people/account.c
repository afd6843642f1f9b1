/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/account.h"

#include "core/sha256.h"
#include "people/person.h"
#include "people/post.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

enum { PAUSE_BUCKET_BYTES = 3, DAY_MS = 24 * 60 * 60 * 1000, MINUTE_MS = 60 * 1000, CHANGE_HOURS = 24, PASSWORD_ROUNDS = 2 };

static Str hash_of(Str token, Sha256 *hash)
{
    *hash = sha256(token);
    return (Str){(const char *)hash->bytes, SHA256_BYTES};
}

static Str name_of(Arena *a, const DbRows *rows)
{
    return str_trim(str_format(a, "%.*s %.*s", STR_ARG(db_text(rows, "given_name")), STR_ARG(db_text(rows, "family_name"))));
}

/* ---- pauses ----
 * A row stands for a few bits of an address' digest: of what strangers type nothing more is kept, and there are never more rows than such digests. Two addresses
 * that meet in one row share its pause, which does no harm beyond it. */

typedef struct Pause {
    const char *about;
    int free;         /* times that go without a pause */
    int64_t first_ms; /* the first one, doubled each time */
} Pause;

static const Pause password_pauses = {"password", 4, 15 * 1000};
static const Pause letter_pauses = {"letter", 3, MINUTE_MS};

static Str pause_key(Arena *a, const Pause *pause, Str email_key)
{
    Sha256 *hash = arena_new(a, Sha256, 1);
    *hash = sha256(str_format(a, "%s %.*s", pause->about, STR_ARG(email_key)));
    return (Str){(const char *)hash->bytes, PAUSE_BUCKET_BYTES};
}

static Err pause_read(Db *db, Arena *a, const Pause *pause, Str email_key, int64_t *ret_times, int64_t *ret_until)
{
    DbRows rows;
    Err e = db_one(db, a, "sign_in_pause", DB_VALUES(db_bytes(pause_key(a, pause, email_key))), &rows);
    *ret_times = e ? 0 : db_i64(&rows, "times");
    *ret_until = e ? 0 : db_i64(&rows, "until");
    return e == ERR_MISSING ? ERR_OK : e;
}

static int64_t pause_length(const Pause *pause, int64_t times)
{
    if (times <= pause->free) return 0;
    int64_t length = pause->first_ms;
    for (int64_t i = pause->free + 1; i < times && length < PAUSE_LONGEST_MS; i++) length *= 2;
    return length < PAUSE_LONGEST_MS ? length : PAUSE_LONGEST_MS;
}

static Err pause_count(Db *db, Arena *a, const Pause *pause, Str email_key, int64_t now)
{
    int64_t times, until;
    Err e = pause_read(db, a, pause, email_key, &times, &until);
    if (e) return e;
    times++;
    return db_run(db, "sign_in_pause_put",
        DB_VALUES(db_bytes(pause_key(a, pause, email_key)), db_number(times), db_number(now + pause_length(pause, times)),
            db_number(now + DAY_MS)));
}

Err password_pause(Db *db, Arena *a, Str email_key, int64_t *ret_until)
{
    int64_t times;
    return pause_read(db, a, &password_pauses, email_key, &times, ret_until);
}

Err password_failed(Db *db, Arena *a, Str email_key, int64_t now)
{
    return pause_count(db, a, &password_pauses, email_key, now);
}

Err password_went_well(Db *db, Arena *a, Str email_key)
{
    return db_run(db, "sign_in_pause_drop", DB_VALUES(db_bytes(pause_key(a, &password_pauses, email_key))));
}

/* ERR_CONFLICT: not yet. Else it is counted. */
static Err letter_may_go(Db *db, Arena *a, Str email_key, int64_t now)
{
    int64_t times, until;
    Err e = pause_read(db, a, &letter_pauses, email_key, &times, &until);
    if (e) return e;
    return until > now ? ERR_CONFLICT : pause_count(db, a, &letter_pauses, email_key, now);
}

/* ---- asking, and the letter ---- */

Err sign_in_ask(Db *db, const Asking *asking, int64_t now)
{
    ASSERT(asking->email.len && (!asking->seed.len || asking->seed.len == SIGN_IN_SEED_BYTES));
    return db_run(db, "sign_in_ask",
        DB_VALUES(db_string(asking->id), db_bytes(asking->browser), db_string(asking->email), db_bytes(asking->seed),
            db_string(asking->next), db_number(now), db_number(now + (int64_t)SIGN_IN_MINUTES * MINUTE_MS)));
}

Str sign_in_code(Arena *a, Str seed, int64_t slot)
{
    uint64_t number = 0;
    Sha256 digest = sha256(str_format(a, "%.*s %lld", STR_ARG(sha256_hex(a, sha256(seed))), (long long)slot));
    for (size_t i = 0; i < sizeof number; i++) number = number << 8 | digest.bytes[i];
    return str_format(a, "%08llu", (unsigned long long)(number % 100000000));
}

/* One asking on its way to a letter. */
typedef struct Writing {
    Db *db;
    Arena *a;
    const SignInLetters *letters;
    Str id, email, email_key, seed;
    int64_t now, ends;
    Buf text;
} Writing;

static Str new_token(Arena *a)
{
    enum { BYTES = 16, CHARS = 22 };
    unsigned char bytes[BYTES];
    char *text = arena_new(a, char, sodium_base64_ENCODED_LEN(BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(text, CHARS + 1, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (Str){text, CHARS};
}

static Err write_person(Writing *w, const DbRows *rows, int slot, bool several)
{
    Sha256 hash;
    Str token = new_token(w->a), name = name_of(w->a, rows);
    if (several) buf_format(&w->text, "For %.*s:\n\n", STR_ARG(name));
    buf_format(&w->text, "Open this link:\n%.*s/sign-in/letter/%.*s\n\n", STR_ARG(w->letters->base), STR_ARG(token));
    if (w->seed.len) {
        Str code = sign_in_code(w->a, w->seed, slot);
        buf_format(&w->text, "Or type this code where you asked for it: %.*s %.*s\n\n", STR_ARG(str_slice(code, 0, 4)),
            STR_ARG(str_slice(code, 4, 8)));
    }
    return db_run(w->db, "sign_in_link_add",
        DB_VALUES(db_bytes(hash_of(token, &hash)), db_string(db_text(rows, "id")), db_string(w->email_key), db_string(w->id),
            db_number(slot), db_number(w->ends)));
}

static Err write_letter(Writing *w, DbRows *rows)
{
    bool several = rows->count > 1;
    int slot = 0;
    Err e = ERR_OK;
    w->text = buf_new(w->a);
    buf_format(&w->text, "Somebody, probably you, asked to sign in at %.*s with this address.\n\n", STR_ARG(w->letters->organisation));
    if (several) buf_str(&w->text, S("Several people have it; each signs in with what is under her own name.\n\n"));
    while (!e && db_next(rows)) e = write_person(w, rows, slot++, several);
    if (e) return e;
    buf_format(&w->text,
        "It lets you in once, and for %d minutes.\n\nIf it was not you, do nothing: without this letter nobody is signed in. Give the code "
        "to nobody, whoever asks; no "
        "officer needs it.\n",
        SIGN_IN_MINUTES);
    PostLetter letter = {.to = w->email,
        .subject = str_format(w->a, "Sign in at %.*s", STR_ARG(w->letters->organisation)),
        .text = buf_done(&w->text),
        .ends = w->ends};
    return post_put(w->db, w->a, &letter, w->now);
}

/* Too many letters to one address in a short time are a nuisance to whoever has it; the last one lets her in as well. */
static Err answer_asking(Writing *w)
{
    DbRows rows;
    Err e = db_query(w->db, w->a, "sign_in_persons", DB_VALUES(db_string(w->email_key), db_number(SIGN_IN_PERSONS)), &rows);
    if (e || !rows.count || !mail_address_is_good(w->email)) return e;
    e = letter_may_go(w->db, w->a, w->email_key, w->now);
    if (e) return e == ERR_CONFLICT ? ERR_OK : e;
    return write_letter(w, &rows);
}

Err sign_in_write_letters(Db *db, Arena *a, const SignInLetters *letters, int64_t now)
{
    DbRows rows;
    Err e = db_query(db, a, "sign_in_to_do", DB_VALUES(db_number(letters->most)), &rows);
    while (!e && db_next(&rows)) {
        int64_t ours;
        Writing w = {.db = db,
            .a = a,
            .letters = letters,
            .id = db_text(&rows, "id"),
            .email = db_text(&rows, "email"),
            .seed = db_text(&rows, "seed"),
            .now = now};
        w.email_key = person_email_key(a, w.email);
        w.ends = now + (int64_t)SIGN_IN_MINUTES * MINUTE_MS;
        e = db_run_counted(db, "sign_in_looked_at", DB_VALUES(db_string(w.id), db_bytes(S(""))), &ours);
        if (!e && ours) e = answer_asking(&w);
    }
    return e;
}

/* ---- coming in ---- */

static Entrant entrant_of(Arena *a, const DbRows *rows)
{
    return (Entrant){.token_hash = db_text(rows, "token_hash"),
        .person = db_text(rows, "person"),
        .name = name_of(a, rows),
        .next = db_text(rows, "next")};
}

Err sign_in_by_token(Db *db, Arena *a, Str token, int64_t now, Entrant *ret_entrant)
{
    Sha256 hash;
    DbRows rows;
    Err e = db_one(db, a, "sign_in_link", DB_VALUES(db_bytes(hash_of(token, &hash)), db_number(now)), &rows);
    if (!e) *ret_entrant = entrant_of(a, &rows);
    return e;
}

Err sign_in_use(Db *db, const Entrant *entrant)
{
    int64_t taken;
    Err e = db_run_counted(db, "sign_in_link_use", DB_VALUES(db_bytes(entrant->token_hash)), &taken);
    if (e) return e;
    return taken == 1 ? db_run(db, "account_drop_links", DB_VALUES(db_string(entrant->person))) : ERR_MISSING;
}

/* Which of the letter's codes it is, looking at all of them whichever fits; -1: none. */
static int64_t slot_of(Arena *a, Str seed, Str code)
{
    int64_t found = -1;
    for (int64_t slot = 0; slot < SIGN_IN_PERSONS; slot++) {
        Str right = sign_in_code(a, seed, slot);
        if (code.len == CODE_DIGITS && right.len == CODE_DIGITS && sodium_memcmp(code.ptr, right.ptr, CODE_DIGITS) == 0) found = slot;
    }
    return found;
}

static Err try_code(Db *db, Arena *a, Str asking, Str seed, Str code, int64_t now, Entrant *ret_entrant)
{
    DbRows rows;
    int64_t counted;
    Err e = db_run_counted(db, "sign_in_tried", DB_VALUES(db_string(asking), db_number(SIGN_IN_TRIES)), &counted);
    if (e || !counted) return e ? e : ERR_MISSING;
    int64_t slot = slot_of(a, seed, code);
    e = db_one(db, a, "sign_in_slot", DB_VALUES(db_string(asking), db_number(slot), db_number(now)), &rows);
    if (!e) *ret_entrant = entrant_of(a, &rows);
    return e;
}

Err sign_in_by_code(Db *db, Arena *a, Str browser, Str code, SeedOf *seed_of, void *context, int64_t now, Entrant *ret_entrant)
{
    DbRows rows;
    Err found = ERR_MISSING;
    if (!browser.len) return ERR_MISSING;
    Err e = db_query(
        db, a, "sign_in_codes", DB_VALUES(db_bytes(browser), db_number(now), db_number(SIGN_IN_TRIES), db_number(SIGN_IN_ASKINGS)), &rows);
    while (!e && db_next(&rows)) {
        Str asking = db_text(&rows, "id"), seed = seed_of(context, asking);
        Entrant entrant;
        e = seed.len == SIGN_IN_SEED_BYTES ? try_code(db, a, asking, seed, code, now, &entrant) : ERR_MISSING;
        if (!e) *ret_entrant = entrant;
        if (!e) found = ERR_OK;
        if (e == ERR_MISSING) e = ERR_OK;
    }
    return e ? e : found;
}

/* ---- passwords ---- */

static atomic_int under_way;

static bool take_place(void)
{
    if (atomic_fetch_add(&under_way, 1) < PASSWORDS_AT_ONCE) return true;
    atomic_fetch_sub(&under_way, 1);
    return false;
}

static void leave_place(void)
{
    atomic_fetch_sub(&under_way, 1);
}

#define PASSWORD_BYTES ((size_t)PASSWORD_MIB * 1024 * 1024)

/* A hash that no password fits: an address without one takes as long as any other. */
static char no_password[crypto_pwhash_STRBYTES];
static pthread_once_t no_password_once = PTHREAD_ONCE_INIT;

static void make_no_password(void)
{
    char secret[SIGN_IN_SEED_BYTES];
    randombytes_buf(secret, sizeof secret);
    if (crypto_pwhash_str(no_password, secret, sizeof secret, PASSWORD_ROUNDS, PASSWORD_BYTES)) out_of_memory(PASSWORD_BYTES);
}

static Err find_password(Db *db, Arena *a, Str email_key, Str *ret_person, Str *ret_hash)
{
    DbRows rows;
    Err e = db_one(db, a, "account_by_email", DB_VALUES(db_string(email_key)), &rows);
    *ret_person = e ? S("") : db_text(&rows, "person");
    *ret_hash = e ? str_from_c(no_password) : db_text(&rows, "password");
    return e == ERR_MISSING ? ERR_OK : e;
}

Err password_check(Db *db, Arena *a, Str email_key, Str password, Str *ret_person)
{
    Str person, hash;
    if (!take_place()) return ERR_LIMIT;
    ASSERT(pthread_once(&no_password_once, make_no_password) == 0);
    Err e = find_password(db, a, email_key, &person, &hash);
    if (!e) {
        bool fits = crypto_pwhash_str_verify(str_c(a, hash), password.ptr, password.len) == 0;
        *ret_person = fits ? person : S("");
    }
    leave_place();
    return e;
}

Err password_hash(Arena *a, Str password, Str *ret_hash)
{
    char *hash = arena_new(a, char, crypto_pwhash_STRBYTES);
    if (!take_place()) return ERR_LIMIT;
    int failed = crypto_pwhash_str(hash, password.ptr, password.len, PASSWORD_ROUNDS, PASSWORD_BYTES);
    leave_place();
    if (failed) return ERR_LIMIT; /* no memory for it now */
    *ret_hash = str_from_c(hash);
    return ERR_OK;
}

Err password_set(Db *db, Arena *a, Str person, Str hash, int64_t now)
{
    int64_t since;
    if (hash.len) return db_run(db, "account_password_put", DB_VALUES(db_string(person), db_string(hash), db_number(now)));
    Err e = password_since(db, a, person, &since);
    if (e || !since) return e ? e : ERR_MISSING;
    return db_run(db, "account_password_drop", DB_VALUES(db_string(person)));
}

Err password_since(Db *db, Arena *a, Str person, int64_t *ret_at)
{
    DbRows rows;
    Err e = db_one(db, a, "account_password_of", DB_VALUES(db_string(person)), &rows);
    *ret_at = e ? 0 : db_i64(&rows, "password_set");
    return e == ERR_MISSING ? ERR_OK : e;
}

/* ---- her address, and her going ---- */

Err email_change_ask(Db *db, Arena *a, const EmailChange *change, int64_t now)
{
    Sha256 hash;
    int64_t ends = now + (int64_t)CHANGE_HOURS * 60 * MINUTE_MS;
    Err e = letter_may_go(db, a, person_email_key(a, change->email), now);
    if (!e)
        e = db_run(db, "email_change_put",
            DB_VALUES(db_string(change->person), db_string(change->email), db_bytes(hash_of(change->token, &hash)), db_number(ends)));
    if (e) return e;
    Str text = str_format(a,
        "Somebody, probably you, said at %.*s that this is her new address. To confirm it, open this link in the browser in which you are "
        "signed in:\n\n%.*s%.*s\n\n"
        "It is good for %d hours. If it was not you, do nothing: nothing is changed.\n",
        STR_ARG(post_organisation()), STR_ARG(post_base()), STR_ARG(change->path), CHANGE_HOURS);
    return post_put(db, a,
        &(PostLetter){.person = change->person, .to = change->email, .subject = S("Confirm your new address"), .text = text, .ends = ends},
        now);
}

Err email_change_find(Db *db, Arena *a, Str person, Str token, int64_t now, Str *ret_email)
{
    Sha256 hash;
    DbRows rows;
    Err e = db_one(db, a, "email_change", DB_VALUES(db_string(person), db_bytes(hash_of(token, &hash)), db_number(now)), &rows);
    if (!e) *ret_email = db_text(&rows, "email");
    return e;
}

/* Only to those who sign in here: an import that puts right a thousand addresses is no reason for a thousand letters. */
static Err tell(Db *db, Arena *a, Str person, Str to, Str subject, Str text, int64_t now)
{
    DbRows rows;
    Err e = db_query(db, a, "account_in_use", DB_VALUES(db_string(person)), &rows);
    if (e || !rows.count || !to.len) return e;
    return post_put(db, a, &(PostLetter){.person = person, .to = to, .subject = subject, .text = text}, now);
}

Err account_email_changed(Db *db, Arena *a, Str person, Str old_email, int64_t now)
{
    static const char text[] =
        "The e-mail address by which you sign in was changed to another one. If you know of it, there is nothing to do.\n\n"
        "If you do not, write to your secretary at once: whoever has the new address can sign in as you.\n";
    Err e = db_run(db, "account_drop_links", DB_VALUES(db_string(person)));
    if (!e) e = db_run(db, "email_change_drop", DB_VALUES(db_string(person)));
    return e ? e : tell(db, a, person, old_email, S("Your address was changed"), S(text), now);
}

Err account_password_told(Db *db, Arena *a, Str person, Str email, int64_t now)
{
    static const char text[] =
        "A password was set with which you can sign in. If you set it, there is nothing to do.\n\n"
        "If you did not, somebody is or was signed in as you: sign in with a letter, look at your sessions, and remove the password.\n";
    return tell(db, a, person, email, S("A password was set"), S(text), now);
}

Err account_expire(Db *db, int64_t now)
{
    static const char *const steps[] = {"sign_in_expire_links", "sign_in_expire", "sign_in_expire_pauses", "email_change_expire"};
    Err e = ERR_OK;
    for (int i = 0; i < COUNT_OF(steps) && !e; i++) e = db_run(db, steps[i], DB_VALUES(db_number(now)));
    return e;
}
