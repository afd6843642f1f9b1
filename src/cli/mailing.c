/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/mailing.h"

#include "core/disk.h"

#include <sodium.h>
#include <sys/stat.h>

enum { PASSWORD_FILE_MAX = 4096 };

/* As with the record's key: a password that others can read, or replace, is none. */
static Err check_password_file(Arena *a, Str path, Fault *fault)
{
    struct stat about;
    fault->file = path;
    if (stat(str_c(a, path), &about) != 0) return fault_set(fault, ERR_IO, 0, 0, S("a file with the mail server's password"), S("none"));
    if (!S_ISREG(about.st_mode) || (about.st_mode & (S_IRWXG | S_IRWXO)))
        return fault_set(fault, ERR_INPUT, 0, 0, S("a file that its owner alone can read (chmod 600)"), S("one that others can"));
    return ERR_OK;
}

static Err read_password(Arena *a, const Settings *s, Str *ret_password, Fault *fault)
{
    Str path = settings_text(s, MAIL_PASSWORD), text, rest;
    *ret_password = S("");
    if (!path.len) return ERR_OK;
    Err e = check_password_file(a, path, fault);
    if (!e) e = disk_read(a, path, PASSWORD_FILE_MAX, &text, fault);
    if (e) return e;
    str_cut(text, '\n', ret_password, &rest);
    *ret_password = str_trim(*ret_password);
    if (!ret_password->len) return fault_set(fault, ERR_INPUT, 1, 0, S("the password, in the file's first line"), S("nothing"));
    fault->file = S("");
    return ERR_OK;
}

Err mailing_start(Arena *a, const Settings *s, Str url, Store *store, Post **ret_post, Fault *fault)
{
    Str smtp = settings_text(s, MAIL_SMTP), base = settings_text(s, SERVER_BASE), password;
    Err e = read_password(a, s, &password, fault);
    if (e) return e;
    PostOptions options = {.way = !smtp.len                      ? POST_NONE
                                  : str_equal(smtp, S("outbox")) ? POST_OUTBOX
                                                                 : POST_SMTP,
        .server = {.url = smtp,
            .from = settings_text(s, MAIL_FROM),
            .from_name = settings_text(s, SITE_NAME),
            .user = settings_text(s, MAIL_USER),
            .password = password},
        .base = base.len ? base : url};
    e = post_start(store, &options, ret_post, fault);
    if (password.len) sodium_memzero((char *)password.ptr, password.len);
    return e;
}
