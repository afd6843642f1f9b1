/* post.h: letters to persons: they wait in the store, and a thread of `hustings serve` hands them to a mail server.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a letter belongs to the command that caused it: both are there or neither; and no request waits for a mail server, or tells by its time whether there
 *      was a letter.
 * A letter is tried again after 15 seconds, 30, a minute... up to an hour, until its time is over (PostLetter.ends, a day at most), or the server says that it
 *      will never take it. One that does not take our own address (mail.from) takes no letter: all wait, and the log and the steward's page say why. Once it is sent or given up its words and its address are forgotten; a row without either stays for a week, for the figures.
 * Several processes may serve one store: each letter is held by one of them. One that dies between the server's yes and our note of it sends it again: the
 *      Message-ID is the same, by which mail programs know it.
 * Log: that letters cannot be sent, and that they can again; never to whom, and never what a server said.
 */
#ifndef HUSTINGS_PEOPLE_POST_H
#define HUSTINGS_PEOPLE_POST_H

#include "db/db.h"
#include "net/mail.h"

typedef enum PostWay {
    POST_NONE,   /* nothing is sent, and pages that would need it say so */
    POST_OUTBOX, /* for demonstrations: letters are shown at /outbox, to this machine alone */
    POST_SMTP
} PostWay;

typedef struct PostOptions {
    PostWay way;
    MailServer server; /* POST_SMTP; `from_name` always: the organisation, as letters call it */
    Str base;          /* "https://vote.example.org": what links in letters begin with; never what a request says of itself */
} PostOptions;

typedef struct Post Post;

/* One a process. ERR_IO, ERR_INPUT: mail.h's mailer_open. POST_NONE starts no thread. */
NODISCARD Err post_start(Store *store, const PostOptions *options, Post **ret_post, Fault *fault);
void post_stop(Post *post); /* safe on NULL */

/* Of the post that runs in this process; POST_NONE when none does. */
PostWay post_way(void);
Str post_base(void);         /* as PostOptions.base; empty when none runs */
Str post_organisation(void); /* its name, for the words of letters */

/* ---- inside commands ---- */

typedef struct PostLetter {
    Str person; /* whom it is about; empty: nobody */
    Str to, subject, text;
    int64_t ends; /* of no use after that; 0: a day */
} PostLetter;

/* An address that cannot be mailed to is no error: nothing is put. */
NODISCARD Err post_put(Db *db, Arena *a, const PostLetter *letter, int64_t now);
/* Part of a Room's expire (page.h). */
NODISCARD Err post_expire(Db *db, int64_t now);

/* Room.trouble. */
Str post_trouble(Arena *a);
/* For /metrics. */
void post_figures(Buf *out);

#endif
