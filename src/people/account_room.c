/* account_room.c: the table of routes by which a person signs in and sees what is held about her. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/account_pages.h"

#include "http/visit.h"
#include "people/post.h"

enum { NEXT_MOST = 1000 };

static const Choice ways[] = {{"phone", "By telephone"}, {"sms", "By text message"}, {"email", "By e-mail"}, {"post", "By post"}, {0}};

#define KEEP_FIELD                                                                                                                \
    {                                                                                                                             \
        "keep", FIELD_TICK, .label = "Stay signed in on this device", .hint = "Leave it empty where others use the same browser." \
    }
#define NEXT_FIELD                                           \
    {                                                        \
        .name = "next", .kind = FIELD_LINE, .max = NEXT_MOST \
    }
#define EMAIL_FIELD(words)                                                                           \
    {                                                                                                \
        "email", FIELD_LINE, .required = true, .max = 254, .label = (words), .autocomplete = "email" \
    }

static const Field next_fields[] = {NEXT_FIELD, {0}};
static const Field ask_fields[] = {EMAIL_FIELD("Your e-mail address"), NEXT_FIELD, {0}};
static const Field wrong_fields[] = {{.name = "wrong", .kind = FIELD_TICK}, {0}};
static const Field code_fields[] = {{"code", FIELD_LINE, .required = true, .max = 20, .label = "The code from the letter",
                                        .hint = "Eight digits.", .autocomplete = "one-time-code"},
    KEEP_FIELD, {0}};
static const Field password_page_fields[] = {NEXT_FIELD, {.name = "wrong", .kind = FIELD_TICK}, {.name = "soon", .kind = FIELD_TICK}, {0}};
static const Field password_fields[] = {EMAIL_FIELD("Your e-mail address"),
    {"password", FIELD_SECRET, .required = true, .max = PASSWORD_MOST, .label = "Your password", .autocomplete = "current-password"},
    KEEP_FIELD, NEXT_FIELD, {0}};
static const Field letter_page_fields[] = {{"token", FIELD_TOKEN, .required = true}, {0}};
static const Field letter_fields[] = {{"token", FIELD_TOKEN, .required = true}, KEEP_FIELD, {0}};

static const Field change_fields[] = {
    {"given_name", FIELD_LINE, .max = 200, .label = "Given name", .autocomplete = "given-name"},
    {"family_name", FIELD_LINE, .max = 200, .label = "Family name", .autocomplete = "family-name"},
    {"phone", FIELD_LINE, .max = 40, .label = "Telephone", .autocomplete = "tel"},
    {"phone_other", FIELD_LINE, .max = 40, .label = "Another telephone"},
    {"address", FIELD_LINE, .max = 300, .label = "Street and house number", .autocomplete = "address-line1"},
    {"address_more", FIELD_LINE, .max = 300, .label = "The address's second line", .autocomplete = "address-line2"},
    {"locality", FIELD_LINE, .max = 200, .label = "Town", .autocomplete = "address-level2"},
    {"postcode", FIELD_LINE, .max = 40, .label = "Postcode", .autocomplete = "postal-code"},
    {"country", FIELD_LINE, .max = 40, .label = "Country", .hint = "Two letters: GB, IE, FR.", .autocomplete = "country"},
    {"language", FIELD_LINE, .max = 3, .label = "Language you like to be spoken to in", .hint = "Two letters: en, cy, gd."},
    {"consent", FIELD_CHOICE, .repeats = true, .choices = ways, .label = "How may organisers reach you?",
        .hint = "Tick none, and they do not. Letters by which you sign in, and those that the law demands, come all the same."},
    {"version", FIELD_NUMBER, .required = true},
    {0},
};
static const Field email_fields[] = {EMAIL_FIELD("Your new e-mail address"), {0}};
static const Field new_password_fields[] = {
    {"password", FIELD_SECRET, .required = true, .min = PASSWORD_LEAST, .max = PASSWORD_MOST, .label = "A new password",
        .hint =
            "At least 10 characters. Three or four words that have nothing to do with one another are better than one with signs in it.",
        .autocomplete = "new-password"},
    {"again", FIELD_SECRET, .required = true, .max = PASSWORD_MOST, .label = "The same once more", .autocomplete = "new-password"},
    {0},
};
static const Field erase_fields[] = {
    {"word", FIELD_LINE, .required = true, .max = 20, .label = "Type the word erase", .hint = "It cannot be undone, by nobody."}, {0}};
static const Field session_fields[] = {{"session", FIELD_TOKEN, .required = true}, {0}};
static const Field words_fields[] = {{"words", FIELD_TEXT, .required = true, .max = 2000, .label = "What should be put right?",
                                         .hint = "Say what is wrong and what would be right. Your secretary sees it, and those above her."},
    {0}};
static const Field unit_fields[] = {{"unit", FIELD_SLUG, .required = true}, {0}};
static const Field answer_fields[] = {{"unit", FIELD_SLUG, .required = true}, {"request", FIELD_TOKEN, .required = true},
    {"answer", FIELD_TEXT, .required = true, .max = 2000, .label = "Your answer"}, {0}};

#define NO_ACT "none: signing in, and what she does with her own data, is no act of the apparatus"

static const Route routes[] = {
    {GET, SIGN_IN_PATH, WHO_ANYONE, "Sign in", "Asks for an address, to which a letter is sent.", next_fields, .page = sign_in_page,
        .html = "sign_in", .posts = SIGN_IN_PATH},
    {POST, SIGN_IN_PATH, WHO_ANYONE, "Sign in",
        "Asks for a letter with a link and a code; the same whether or not anybody has that address.", ask_fields,
        .prepare = sign_in_prepare, .write = sign_in_write, .act = NO_ACT, .form = "sign_in", .form_page = sign_in_page,
        .rate = RATE_ENTRY},
    {GET, "/sign-in/code", WHO_ANYONE, "Look at your letters", "Asks for the code from the letter.", wrong_fields,
        .page = sign_in_code_page, .html = "sign_in_code", .posts = "/sign-in/code"},
    {POST, "/sign-in/code", WHO_ANYONE, "Sign in with a code", "Good only in the browser that asked for it.", code_fields,
        .write = sign_in_code_write, .act = NO_ACT, .form = "sign_in_code", .rate = RATE_ENTRY},
    {GET, "/sign-in/password", WHO_ANYONE, "Sign in with a password", NULL, password_page_fields, .page = sign_in_password_page,
        .html = "sign_in_password", .posts = "/sign-in/password"},
    {POST, "/sign-in/password", WHO_ANYONE, "Sign in with a password", "Wrong ones are followed by pauses that grow.", password_fields,
        .prepare = sign_in_password_prepare, .write = sign_in_password_write, .act = NO_ACT, .form = "sign_in_password", .rate = RATE_ENTRY,
        .heavy = true},
    {GET, "/sign-in/letter/:token", WHO_ANYONE, "Sign in", "Shows the button of a letter's link.", letter_page_fields,
        .page = sign_in_letter_page, .html = "sign_in_letter", .posts = "/sign-in/letter/:token", .rate = RATE_ENTRY},
    {POST, "/sign-in/letter/:token", WHO_ANYONE, "Sign in", "Uses a letter's link, once.", letter_fields, .write = sign_in_letter_write,
        .act = NO_ACT, .rate = RATE_ENTRY},

    {GET, "/me", WHO_MEMBER, "My page", "What is held about you, and who sees it.", .page = me_page, .html = "me", .posts = "/me/sign-out"},
    {GET, "/me/download", WHO_MEMBER, "What is held about me", "All of it, as JSON.", .page = me_download_page, .no_json = true},
    {GET, "/me/change", WHO_MEMBER, "Change what is held about you", NULL, .page = me_change_page, .html = "me_change",
        .posts = "/me/change"},
    {POST, "/me/change", WHO_MEMBER, "Change what is held about you", "Names, how you are reached, and whether you may be.", change_fields,
        .prepare = me_change_prepare, .write = me_change_write, .act = NO_ACT, .form = "me_change"},
    {GET, "/me/e-mail", WHO_MEMBER, "Change your e-mail address", NULL, .page = me_email_page, .html = "me_email", .posts = "/me/e-mail"},
    {POST, "/me/e-mail", WHO_MEMBER, "Change your e-mail address", "Sends a letter to the new one; it counts when that is answered.",
        email_fields, .write = me_email_write, .act = NO_ACT, .form = "me_email", .form_page = me_email_page, .rate = RATE_ENTRY},
    {GET, "/me/e-mail/:token", WHO_MEMBER, "Confirm your new address", NULL, letter_page_fields, .page = me_email_confirm_page,
        .html = "me_email_confirm", .posts = "/me/e-mail/:token"},
    {POST, "/me/e-mail/:token", WHO_MEMBER, "Confirm your new address", "Signs you out everywhere else.", letter_page_fields,
        .write = me_email_confirm_write, .act = NO_ACT, .rate = RATE_ENTRY},
    {GET, "/me/password", WHO_MEMBER, "Your password", NULL, .page = me_password_page, .html = "me_password", .posts = "/me/password"},
    {POST, "/me/password", WHO_MEMBER, "Your password", "Sets it, and signs you out everywhere else.", new_password_fields,
        .prepare = me_password_prepare, .write = me_password_write, .act = NO_ACT, .form = "me_password", .form_page = me_password_page,
        .rate = RATE_ENTRY, .heavy = true},
    {POST, "/me/password/remove", WHO_MEMBER, "Remove your password", "You sign in with letters alone.", .write = me_password_remove_write,
        .act = NO_ACT},
    {GET, "/me/sessions", WHO_MEMBER, "Where you are signed in", NULL, .page = me_sessions_page, .html = "me_sessions",
        .posts = "/me/sign-out"},
    {POST, "/me/sessions/:session/end", WHO_MEMBER, "End a session", NULL, session_fields, .write = me_session_end_write, .act = NO_ACT},
    {POST, "/me/sign-out", WHO_MEMBER, "Sign out", "Ends this session.", .write = me_sign_out_write, .act = NO_ACT},
    {POST, "/me/sign-out/elsewhere", WHO_MEMBER, "Sign out everywhere else", "Ends all other sessions of yours.",
        .write = me_sign_out_others_write, .act = NO_ACT},
    {GET, "/me/ask", WHO_MEMBER, "Ask your secretary", "What you asked to be put right, and the answers.", .page = me_ask_page,
        .html = "me_ask", .posts = "/me/ask"},
    {POST, "/me/ask", WHO_MEMBER, "Ask your secretary", "To put right what you may not change yourself.", words_fields,
        .write = me_ask_write, .act = NO_ACT, .form = "me_ask", .form_page = me_ask_page},
    {GET, "/me/erase", WHO_MEMBER, "Erase what is held about you", NULL, .page = me_erase_page, .html = "me_erase", .posts = "/me/erase"},
    {POST, "/me/erase", WHO_MEMBER, "Erase what is held about you", "For good.", erase_fields, .write = me_erase_write, .act = NO_ACT,
        .form = "me_erase", .form_page = me_erase_page},

    {GET, "/units/:unit/requests", WHO_SECRETARY, "What members ask", "What members of this unit and those below ask to be put right.",
        unit_fields, .page = requests_page, .html = "requests"},
    {POST, "/units/:unit/requests/:request", WHO_SECRETARY, "Answer a member", NULL, answer_fields, .write = request_answer_write,
        .act = "none: an answer to a member is between her and her secretary"},

    {GET, "/outbox", WHO_ANYONE, "Outbox", "Letters of a demonstration, to this machine alone.", .page = outbox_page, .html = "outbox"},
};

static Err expire(Db *db, Command *command)
{
    Err e = account_expire(db, command->now);
    return e ? e : post_expire(db, command->now);
}

const Room account_room = {"people", routes, COUNT_OF(routes), .expire = expire, .figures = post_figures, .trouble = post_trouble};
