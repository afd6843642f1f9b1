/* req.c: what a handler says of its page. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/inside.h"

#include "http/intake.h"

#include <stdarg.h>
#include <stdio.h>

const Field *req_field(const Req *req, const char *name, int *ret_index)
{
    Str wanted = str_from_c(name);
    int index = 0;
    const Field *f = req->route->fields;
    while (f && f->name && !str_equal(str_from_c(f->name), wanted)) f++, index++;
    ASSERT(f && f->name);
    if (ret_index) *ret_index = index;
    return f;
}

Err req_wrong(Req *req, const char *field, const char *format, ...)
{
    ReqState *state = req->state;
    const Field *row = field ? req_field(req, field, NULL) : NULL;
    if (state->trouble_count == TROUBLES_MAX) return ERR_INPUT;
    va_list args;
    va_start(args, format);
    state->troubles[state->trouble_count++] = (Trouble){row, str_format_list(req->arena, format, args)};
    va_end(args);
    return ERR_INPUT;
}

Err req_fail(Req *req, Err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    req->fault = (Fault){.err = err, .expected = str_format_list(req->arena, format, args)};
    va_end(args);
    return err;
}

void req_prefill(Req *req, const char *field, Str value)
{
    ReqState *state = req->state;
    ASSERT(state->prefill_count < PREFILLS_MAX);
    state->prefills[state->prefill_count++] = (Prefill){field, value};
}

void req_title(Req *req, Str title)
{
    req->state->title = title;
}

bool path_is_own(Str path)
{
    if (!path.len || path.ptr[0] != '/' || (path.len > 1 && (path.ptr[1] == '/' || path.ptr[1] == '\\'))) return false;
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (c <= ' ' || c >= 0x7F || c == '\\' || c == '"' || c == '<' || c == '>') return false;
    }
    return true;
}

void req_redirect(Req *req, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    req->state->redirect = str_format_list(req->arena, format, args);
    va_end(args);
    ASSERT(path_is_own(req->state->redirect));
}

void req_flash(Req *req, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    req->state->flash = str_format_list(req->arena, format, args);
    va_end(args);
}

void req_send(Req *req, Str type, Str bytes, Str file_name)
{
    ReqState *state = req->state;
    state->sends = true;
    state->send_type = type;
    state->send_bytes = bytes;
    state->send_name = file_name;
}

void req_put(Req *req, Str piece)
{
    Exchange *ex = req->state->ex;
    if (!ex->outgoing) ex->outgoing = arena_new(req->arena, Intake, 1);
    intake_add(ex->outgoing, piece);
}

Err req_send_put(Req *req, Str type, Str file_name)
{
    Str bytes;
    req_put(req, (Str){0});
    Err e = intake_done(req->state->ex->outgoing, &bytes);
    if (!e) req_send(req, type, bytes, file_name);
    return e;
}

void req_lasting(Req *req)
{
    req->state->lasting = true;
}

void req_packable(Req *req)
{
    req->state->packable = true;
}

void req_see(Req *req, Str path, Str words)
{
    ASSERT(path_is_own(path));
    req->state->see_path = path;
    req->state->see_words = words;
}

Err req_gone(Req *req, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    req->fault = (Fault){.err = ERR_MISSING, .expected = str_format_list(req->arena, format, args)};
    va_end(args);
    req->state->gone = true;
    return ERR_MISSING;
}

Str req_new_token(Req *req)
{
    return token_new(req->arena);
}

Str req_new_id(Req *req)
{
    return token_ordered(req->arena, req->now);
}

/* A command that is asked a second time must give the same cookie again (the browser may have thrown the first answer away: a double click), but the store
 * keeps no token. So it is made of the command's key, which only that browser's page knows, and of the secret, which only we know. */
static Cookie session_cookie(const SiteReq *own)
{
    Cookie cookie = cookie_new(COOKIE_SESSION);
    const Command *command = &own->command;
    if (!command->key.len) return cookie;
    Str parts = str_format(own->req.arena, "%.*s %.*s", STR_ARG(command->key), STR_ARG(sha256_hex(own->req.arena, command->digest)));
    Mac mac = secret_mac(&own->state.site->secret, "session", parts);
    _Static_assert((int)sizeof mac.bytes == (int)sizeof cookie.token, "a MAC is a token");
    for (int i = 0; i < COOKIE_TOKEN_BYTES; i++) cookie.token[i] = mac.bytes[i];
    return cookie;
}

void req_cookie_again(SiteReq *own, bool keep)
{
    own->next_cookie = session_cookie(own);
    own->signs_in = true;
    own->keeps_cookie = keep;
}

Err req_session_over(Req *req)
{
    return req_fail(req, ERR_DENIED, "Your session is over. Sign in again.");
}

Err req_sign_in(Req *req, Db *db, const Role *offered)
{
    SiteReq *own = req->state->own;
    ASSERT(db && offered->who > WHO_ANYONE && offered->who < WHO__COUNT);
    req_cookie_again(own, false);
    Err e = ERR_OK;
    if (own->signed_in)
        e = session_end(db, req->arena, own->session.id, req->officer, S("this browser signed in anew"), req->now, &req->fault);
    if (e && e != ERR_MISSING) return e;
    return session_begin(db, req->arena, &own->next_cookie, token_new(req->arena), offered, req->now, &req->fault);
}

Err req_sign_out(Req *req, Db *db, bool everybody)
{
    SiteReq *own = req->state->own;
    ASSERT(db && own->signed_in);
    own->signs_out = true;
    Err e = everybody ? session_end_all(db, req->arena, req->officer, S("everybody was signed out, everywhere"), req->now, &req->fault)
                      : session_end(db, req->arena, own->session.id, req->officer, S("signed out"), req->now, &req->fault);
    return e == ERR_MISSING ? req_session_over(req) : e;
}
