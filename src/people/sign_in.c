/* sign_in.c: the pages by which a person signs in. What protects them: account.h. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/account_pages.h"

#include "http/visit.h"
#include "people/post.h"

/* Whoever came from a page goes back there; a path that is none of ours is as if nothing were said. */
static Str next_of(Str path)
{
    return path_is_own(path) ? path : S("");
}

static void go_on(Req *req, Str next)
{
    next = next_of(next);
    req_redirect(req, "%.*s", STR_ARG(next.len ? next : S("/me")));
}

/* True: she is signed in already, and on her way. */
static bool is_in(Req *req)
{
    if (!req->person.len) return false;
    go_on(req, req_text(req, "next"));
    return true;
}

static void put_ways(Req *req, View *view)
{
    Str next = next_of(req_text(req, "next"));
    view_put_bool(view, S("no_mail"), post_way() == POST_NONE);
    view_put_bool(view, S("outbox"), post_way() == POST_OUTBOX && visit_is_local(req));
    view_put_bool(view, S("is_steward"), req->who == WHO_STEWARD);
    view_put_str(view, S("password_path"),
        next.len ? str_format(req->arena, "/sign-in/password?next=%.*s", STR_ARG(path_as_value(req->arena, next)))
                 : S("/sign-in/password"));
    view_put_i64(view, S("minutes"), SIGN_IN_MINUTES);
    if (next.len) req_prefill(req, "next", next);
}

/* ---- asking for a letter ---- */

Err sign_in_page(Req *req, View *view)
{
    if (!is_in(req)) put_ways(req, view);
    return ERR_OK;
}

Err sign_in_prepare(Req *req, View *view)
{
    (void)view;
    if (post_way() == POST_NONE)
        return req_fail(req, ERR_CONFLICT, "No letters are sent from here. Sign in with a password, or ask your secretary.");
    if (!mail_address_is_good(req_text(req, "email"))) return req_wrong(req, "email", "Enter an e-mail address, like name@example.org");
    return ERR_OK;
}

/* The same for every address, on the list or not: one row, which is looked at later. */
Err sign_in_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Asking asking = {
        .id = req_new_id(req), .browser = visit_browser(req), .email = req_text(req, "email"), .next = next_of(req_text(req, "next"))};
    asking.seed = visit_secret(req, "sign-in code", asking.id);
    req_redirect(req, "/sign-in/code");
    return sign_in_ask(db, &asking, req->now);
}

/* ---- a link ---- */

static Err link_is_no_good(Req *req)
{
    req_see(req, S(SIGN_IN_PATH), S("Ask for a new letter"));
    return req_fail(req, ERR_MISSING, "This link was used, or its time is over. Ask for a new letter.");
}

Err sign_in_letter_page(Req *req, View *view)
{
    Entrant entrant;
    Err e = sign_in_by_token(req->db, req->arena, req_text(req, "token"), req->now, &entrant);
    if (e == ERR_MISSING) return link_is_no_good(req);
    if (e) return e;
    view_put_str(view, S("name"), entrant.name);
    return ERR_OK;
}

static Err enter(Req *req, Db *db, const Entrant *entrant)
{
    Err e = sign_in_use(db, entrant);
    if (e) return e;
    go_on(req, entrant->next);
    req_flash(req, "You are signed in.");
    return visit_begin(req, db, entrant->person, req_ticked(req, "keep"));
}

Err sign_in_letter_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Entrant entrant;
    Err e = sign_in_by_token(db, req->arena, req_text(req, "token"), req->now, &entrant);
    if (!e) e = enter(req, db, &entrant);
    return e == ERR_MISSING ? link_is_no_good(req) : e;
}

/* ---- a code ---- */

Err sign_in_code_page(Req *req, View *view)
{
    view_put_bool(view, S("wrong_before"), req_ticked(req, "wrong"));
    view_put_bool(view, S("outbox"), post_way() == POST_OUTBOX && visit_is_local(req));
    view_put_i64(view, S("minutes"), SIGN_IN_MINUTES);
    view_put_i64(view, S("tries"), SIGN_IN_TRIES);
    if (req->person.len) req_redirect(req, "/me");
    return ERR_OK;
}

/* Digits as people type them: with blanks and hyphens between. */
static Str digits_of(Arena *a, Str typed)
{
    Buf b = buf_new(a);
    for (size_t i = 0; i < typed.len; i++)
        if (typed.ptr[i] != ' ' && typed.ptr[i] != '-') buf_byte(&b, typed.ptr[i]);
    return buf_done(&b);
}

static Str seed_of(void *context, Str asking)
{
    return visit_secret(context, "sign-in code", asking);
}

/* A try counts, so this write succeeds also when the code is wrong: the page that follows says so. */
Err sign_in_code_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    Entrant entrant;
    Str code = digits_of(req->arena, req_text(req, "code"));
    Err e = sign_in_by_code(db, req->arena, visit_browser(req), code, seed_of, req, req->now, &entrant);
    if (!e) e = enter(req, db, &entrant);
    if (e != ERR_MISSING) return e;
    req_redirect(req, "/sign-in/code?wrong=yes");
    return ERR_OK;
}

/* ---- a password ---- */

Err sign_in_password_page(Req *req, View *view)
{
    if (is_in(req)) return ERR_OK;
    put_ways(req, view);
    view_put_bool(view, S("wrong_before"), req_ticked(req, "wrong"));
    view_put_bool(view, S("too_soon"), req_ticked(req, "soon"));
    return ERR_OK;
}

typedef struct PasswordTried {
    Str key, person;
    bool too_soon;
} PasswordTried;

/* On a worker. During a pause nothing is checked, so nothing is learnt. */
Err sign_in_password_prepare(Req *req, View *view)
{
    (void)view;
    int64_t until;
    PasswordTried *tried = req->room = arena_new(req->arena, PasswordTried, 1);
    tried->key = person_email_key(req->arena, req_text(req, "email"));
    Err e = password_pause(req->db, req->arena, tried->key, &until);
    tried->too_soon = !e && until > req->now;
    if (e || tried->too_soon) return e;
    e = password_check(req->db, req->arena, tried->key, req_text(req, "password"), &tried->person);
    if (e == ERR_LIMIT) return req_fail(req, ERR_CONFLICT, "Many people sign in at this moment. Try again in a few seconds.");
    return e;
}

static Err back(Req *req, const char *why)
{
    Str next = next_of(req_text(req, "next"));
    req_redirect(req, "/sign-in/password?%s=yes%s%.*s", why, next.len ? "&next=" : "", STR_ARG(path_as_value(req->arena, next)));
    return ERR_OK;
}

/* The pause is looked at again here, where one comes after another: of many at once only as many count as may. */
Err sign_in_password_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    const PasswordTried *tried = req->room;
    int64_t until;
    Err e = password_pause(db, req->arena, tried->key, &until);
    if (e) return e;
    if (tried->too_soon || until > req->now) return back(req, "soon");
    if (!tried->person.len) {
        e = password_failed(db, req->arena, tried->key, req->now);
        return e ? e : back(req, "wrong");
    }
    e = password_went_well(db, req->arena, tried->key);
    if (e) return e;
    go_on(req, req_text(req, "next"));
    req_flash(req, "You are signed in.");
    return visit_begin(req, db, tried->person, req_ticked(req, "keep"));
}
