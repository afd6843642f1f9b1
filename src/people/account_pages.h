/* account_pages.h: the pages by which a person signs in, and her own: what is held about her, and what she may do with it. Private to the room.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *   sign_in.c   /sign-in: a letter, a code, a password
 *   me.c        /me: what is held, all of it to take away, changes, sessions
 *   me_write.c  what she changes of it, her address, her password, going
 *   requests.c  what she asks her secretary to put right, and the secretary's list
 *   outbox.c    /outbox: letters of a demonstration
 */
#ifndef HUSTINGS_PEOPLE_ACCOUNT_PAGES_H
#define HUSTINGS_PEOPLE_ACCOUNT_PAGES_H

#include "http/page.h"
#include "people/account.h"
#include "people/person.h"

/* ---- sign_in.c ---- */
Page sign_in_page, sign_in_code_page, sign_in_password_page, sign_in_letter_page;
Page sign_in_prepare, sign_in_password_prepare;
Write sign_in_write, sign_in_code_write, sign_in_password_write, sign_in_letter_write;

/* ---- me.c ---- */
Page me_page, me_download_page, me_sessions_page, me_erase_page, me_password_page, me_change_page, me_email_page, me_email_confirm_page;

/* ---- me_write.c ---- */
Page me_change_prepare, me_password_prepare;
Write me_change_write, me_email_write, me_email_confirm_write, me_password_write, me_password_remove_write, me_erase_write,
    me_sign_out_write, me_sign_out_others_write, me_session_end_write;

/* ---- requests.c ---- */
Page me_ask_page, requests_page;
Write me_ask_write, request_answer_write;
/* Hers, into an array: words, asked_words, answer, answered_by, open. */
NODISCARD Err requests_of(Req *req, Str person, View *array);

/* ---- outbox.c ---- */
Page outbox_page;

#endif
