/* account.h: how a person shows who she is: by a letter to her address (a link, or a code in the browser that asked), or by a password.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Nobody learns here who is on the list. Asking for a letter stores what was typed and nothing else, so it takes the same way and time for every address;
 *      post.c's thread looks it up later (sign_in_write_letters). A password is always checked against some hash, hers or one that fits nothing.
 * Links: 128 random bits, stored as SHA-256, one use, SIGN_IN_MINUTES. Codes: made from the asking browser's cookie and the installation's secret, and made
 *      again from them when one is typed: none is stored. SIGN_IN_TRIES for each letter. Both are worth nothing once her address is another.
 * Pauses grow and never last longer than PAUSE_LONGEST_MS: those that follow on wrong passwords leave letters alone, and letters that others asked for let her
 *      in as well as those she asked for. So nobody can keep her out for good.
 * Passwords: argon2id (libsodium's crypto_pwhash), PASSWORD_MIB each, PASSWORDS_AT_ONCE at once, on a worker and never in a command.
 * Addresses are given for comparing (person_email_key). When a person is erased all this goes with her (person_erase).
 * Memory: results in the arena.
 */
#ifndef HUSTINGS_PEOPLE_ACCOUNT_H
#define HUSTINGS_PEOPLE_ACCOUNT_H

#include "db/db.h"

enum {
    SIGN_IN_MINUTES = 30,
    SIGN_IN_TRIES = 5,
    SIGN_IN_PERSONS = 8, /* who share one address; more are not told of, and ask their secretary */
    SIGN_IN_ASKINGS = 3, /* of one browser, whose codes are tried */
    SIGN_IN_SEED_BYTES = 32,
    CODE_DIGITS = 8,
    PASSWORD_LEAST = 10,
    PASSWORD_MOST = 200,
    PASSWORD_MIB = 64,
    PASSWORDS_AT_ONCE = 4,
};
#define PAUSE_LONGEST_MS ((int64_t)15 * 60 * 1000)

/* ---- letters ---- */

typedef struct Asking {
    Str id;      /* 22 characters */
    Str browser; /* what stands for it (visit.h); empty: no code will be good */
    Str email;   /* as typed */
    Str seed;    /* SIGN_IN_SEED_BYTES, or empty */
    Str next;    /* path to go to; empty: her own page */
} Asking;

/* Inside a command. */
NODISCARD Err sign_in_ask(Db *db, const Asking *asking, int64_t now);

typedef struct SignInLetters {
    Str base;         /* what links begin with */
    Str organisation; /* who writes */
    int most;         /* askings at once */
} SignInLetters;
/* Inside a command: what was asked and not looked at yet becomes letters to those who have that address. */
NODISCARD Err sign_in_write_letters(Db *db, Arena *a, const SignInLetters *letters, int64_t now);

/* Whom a link or a code lets in. */
typedef struct Entrant {
    Str token_hash;
    Str person, name;
    Str next;
} Entrant;

/* ERR_MISSING: it was used, or its time is over, or her address is another now. */
NODISCARD Err sign_in_by_token(Db *db, Arena *a, Str token, int64_t now, Entrant *ret_entrant);
/* Inside a command: taken. ERR_MISSING: somebody was faster. */
NODISCARD Err sign_in_use(Db *db, const Entrant *entrant);

/* What a code is made of: made by the page for each asking of this browser, from its cookie. */
typedef Str SeedOf(void *context, Str asking);
/* Inside a command: a code that was typed in this browser. It counts as a try of every letter it could have been of. ERR_MISSING: it fits none. */
NODISCARD Err sign_in_by_code(Db *db, Arena *a, Str browser, Str code, SeedOf *seed_of, void *context, int64_t now, Entrant *ret_entrant);
/* "12345678", of that seed and slot. */
Str sign_in_code(Arena *a, Str seed, int64_t slot);

/* ---- pauses ---- */

/* When a password may be tried for that address again; 0 or past: now. */
NODISCARD Err password_pause(Db *db, Arena *a, Str email_key, int64_t *ret_until);
/* Inside a command. */
NODISCARD Err password_failed(Db *db, Arena *a, Str email_key, int64_t now);
NODISCARD Err password_went_well(Db *db, Arena *a, Str email_key);

/* ---- passwords ---- */

/* Outside commands. *ret_person is empty when it does not fit. ERR_LIMIT: too many are being checked at this moment. */
NODISCARD Err password_check(Db *db, Arena *a, Str email_key, Str password, Str *ret_person);
/* Outside commands; *ret_hash is for password_set. ERR_LIMIT as above. */
NODISCARD Err password_hash(Arena *a, Str password, Str *ret_hash);
/* Inside a command; an empty hash takes it away. ERR_MISSING: there was none to take away. */
NODISCARD Err password_set(Db *db, Arena *a, Str person, Str hash, int64_t now);
/* When she set hers; 0: she has none. */
NODISCARD Err password_since(Db *db, Arena *a, Str person, int64_t *ret_at);

/* ---- her address, and her going: inside commands ---- */

typedef struct EmailChange {
    Str person, email;
    Str token, path; /* the path of the link, which ends with the token */
} EmailChange;
/* She asked for another address: a letter goes to it. ERR_CONFLICT: too many went there of late. */
NODISCARD Err email_change_ask(Db *db, Arena *a, const EmailChange *change, int64_t now);
/* Which address that link confirms. ERR_MISSING. */
NODISCARD Err email_change_find(Db *db, Arena *a, Str person, Str token, int64_t now, Str *ret_email);
/* Her address was changed, by herself or by an officer (person_change calls it): letters under way are worth nothing, and the old address is told if she signs
 * in here. */
NODISCARD Err account_email_changed(Db *db, Arena *a, Str person, Str old_email, int64_t now);
/* A password was set: she is told by letter, in case it was not she. */
NODISCARD Err account_password_told(Db *db, Arena *a, Str person, Str email, int64_t now);

/* Part of a Room's expire (page.h). */
NODISCARD Err account_expire(Db *db, int64_t now);

#endif
