/* me_write.c: what a person changes of what is held about her, and of how she signs in. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/account_pages.h"

#include "http/visit.h"
#include "people/home.h"
#include "people/phone.h"
#include "people/post.h"
#include "people/shown.h"
#include "people/table.h"

#include <string.h>

static Hand own_hand(const Req *req)
{
    return (Hand){.by = S("self"), .reason = S(""), .now = req->now};
}

/* ---- names, how she is reached, consent ---- */

/* A field's value in its one form, or what is wrong with it, said beside it. Read by the rules by which lists are read. */
static Err take_value(Req *req, Values *values, PeopleColumn column)
{
    const char *name = people_columns[column].name, *expected;
    Str typed = req_text(req, name), country = values->of[COL_COUNTRY], value = S("");
    const ValueOptions options = {.country = country.len ? country : home_country()};
    bool good = !typed.len || value_read(req->arena, column, typed, &options, &value, &expected);
    values->of[column] = value.len ? value : S("");
    return good ? ERR_OK : req_wrong(req, name, "This must be %s", expected);
}

static void take_consent(Req *req, Values *values)
{
    const Str *words;
    Buf b = buf_new(req->arena);
    int count = req_texts(req, "consent", &words);
    for (int i = 0; i < count; i++) {
        if (i) buf_byte(&b, ' ');
        buf_str(&b, words[i]);
    }
    values->of[COL_CONSENT] = count ? buf_done(&b) : S("");
}

/* All that is wrong is told at once. The country comes first: numbers and postcodes are read by it. */
Err me_change_prepare(Req *req, View *view)
{
    (void)view;
    static const PeopleColumn columns[] = {COL_COUNTRY, COL_GIVEN_NAME, COL_FAMILY_NAME, COL_PHONE, COL_PHONE_OTHER, COL_ADDRESS,
        COL_ADDRESS_MORE, COL_LOCALITY, COL_POSTCODE, COL_LANGUAGE};
    Values *values = req->room = arena_new(req->arena, Values, 1);
    Fault fault = {0};
    bool wrong = false;
    if ((req_given(req, "phone") || req_given(req, "phone_other")) && phone_load(&fault))
        return req_wrong(req, "phone", "Telephone numbers cannot be read here at the moment. Ask your secretary to change it");
    for (int i = 0; i < COUNT_OF(columns); i++) wrong |= take_value(req, values, columns[i]) != ERR_OK;
    take_consent(req, values);
    if (!values->of[COL_GIVEN_NAME].len && !values->of[COL_FAMILY_NAME].len) return req_wrong(req, "given_name", "Enter a name");
    return wrong ? ERR_INPUT : ERR_OK;
}

/* The day of a consent is the day on which it last became another. */
static Err date_consent(Req *req, Db *db, Values *values)
{
    Person p;
    Err e = person_find(db, req->arena, scope_all(), req->person, &p, NULL);
    if (e) return e;
    if (!str_equal(p.values.of[COL_CONSENT], values->of[COL_CONSENT]))
        values->of[COL_CONSENT_SINCE] = day_iso(req->arena, day_at(req->now));
    return ERR_OK;
}

Err me_change_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    bool changed;
    Values values = *(const Values *)req->room;
    Hand hand = own_hand(req);
    Err e = date_consent(req, db, &values);
    if (!e) e = person_change(db, req->arena, req->person, req_number(req, "version"), &values, &hand, &changed);
    if (e == ERR_CONFLICT)
        return req_fail(req, e, "Somebody changed what is held about you while you were writing. Look at it again, and then change it.");
    if (e) return e;
    req_redirect(req, "/me");
    req_flash(req, changed ? "What you changed is kept." : "Nothing was different.");
    return ERR_OK;
}

/* ---- her address ---- */

Err me_email_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Str token = req_new_token(req), email = req_text(req, "email");
    if (post_way() == POST_NONE)
        return req_fail(req, ERR_CONFLICT, "No letters are sent from here. Ask your secretary to change your address.");
    if (!mail_address_is_good(email)) return req_wrong(req, "email", "Enter an e-mail address, like name@example.org");
    EmailChange change = {
        .person = req->person, .email = email, .token = token, .path = str_format(req->arena, "/me/e-mail/%.*s", STR_ARG(token))};
    Err e = email_change_ask(db, req->arena, &change, req->now);
    if (e == ERR_CONFLICT) return req_fail(req, e, "You have asked for several letters already. Wait a quarter of an hour.");
    if (e) return e;
    req_redirect(req, "/me");
    req_flash(req, "A letter is on its way to the new address. It counts once you have opened the link in it.");
    return ERR_OK;
}

Err me_email_confirm_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Values values = {0};
    Hand hand = own_hand(req);
    Err e = email_change_find(db, req->arena, req->person, req_text(req, "token"), req->now, &values.of[COL_EMAIL]);
    if (e == ERR_MISSING) return req_fail(req, e, "This link was used, or its time is over.");
    if (!e) e = person_change(db, req->arena, req->person, 0, &values, &hand, NULL);
    if (e) return e;
    e = visit_end_others(db, req->person, req->actor);
    if (e && e != ERR_MISSING) return e;
    req_redirect(req, "/me");
    req_flash(req, "Your address is changed, and you are signed out everywhere else.");
    return ERR_OK;
}

/* ---- her password ---- */

Err me_password_prepare(Req *req, View *view)
{
    (void)view;
    Str *hash = req->room = arena_new(req->arena, Str, 1), password = req_text(req, "password");
    if (!str_equal(password, req_text(req, "again"))) return req_wrong(req, "again", "The two are not the same");
    Err e = password_hash(req->arena, password, hash);
    return e == ERR_LIMIT ? req_fail(req, ERR_CONFLICT, "Many passwords are being set at this moment. Try again in a few seconds.") : e;
}

/* Whoever else is signed in as her may have been the reason. */
Err me_password_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Person p;
    Err e = password_set(db, req->arena, req->person, *(const Str *)req->room, req->now);
    if (!e) e = person_find(db, req->arena, scope_all(), req->person, &p, NULL);
    if (!e) e = account_password_told(db, req->arena, req->person, p.values.of[COL_EMAIL], req->now);
    if (!e) e = visit_end_others(db, req->person, req->actor);
    if (e && e != ERR_MISSING) return e;
    req_redirect(req, "/me");
    req_flash(req, "Your password is set, and you are signed out everywhere else.");
    return ERR_OK;
}

Err me_password_remove_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Err e = password_set(db, req->arena, req->person, S(""), req->now);
    if (e && e != ERR_MISSING) return e;
    req_redirect(req, "/me");
    req_flash(req, "You have no password any more: you sign in with letters.");
    return ERR_OK;
}

/* ---- going ---- */

Err me_erase_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Hand hand = own_hand(req);
    if (!str_equal_nocase(req_text(req, "word"), S("erase")))
        return req_wrong(req, "word", "Type the word erase, if that is what you want");
    Err e = visit_end(req, db);
    if (!e) e = shown_erase(req, db, req->person, &hand);
    if (e == ERR_CONFLICT)
        return req_fail(req, e,
            "You hold a role. Its end must be in the public record first: ask whoever gave it to end it, then erase what is held about "
            "you.");
    if (e) return e;
    req_redirect(req, "/");
    req_flash(req, "What was held about you is erased, and you are signed out.");
    return ERR_OK;
}

/* ---- sessions ---- */

Err me_sign_out_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    req_redirect(req, "/");
    req_flash(req, "You are signed out.");
    return visit_end(req, db);
}

Err me_sign_out_others_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Err e = visit_end_others(db, req->person, req->actor);
    if (e && e != ERR_MISSING) return e;
    req_redirect(req, "/me/sessions");
    req_flash(req, "You are signed out everywhere else.");
    return ERR_OK;
}

Err me_session_end_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Str session = req_text(req, "session");
    if (str_equal(session, req->actor)) return me_sign_out_write(req, db, answer);
    Err e = visit_end_one(db, req->person, session);
    if (e == ERR_MISSING) return req_fail(req, e, "That session has ended already.");
    if (e) return e;
    req_redirect(req, "/me/sessions");
    req_flash(req, "That session is ended.");
    return ERR_OK;
}
