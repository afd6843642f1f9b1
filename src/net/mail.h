/* mail.h: letters to people, handed to a mail server over SMTP.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: libcurl speaks SMTP; what a letter is made of (RFC 5322, in UTF-8) and who may be spoken to how is ours.
 * Nothing that anybody typed can add a header or a recipient: addresses are checked again here, and a subject is encoded (RFC 2047) unless it is plain.
 * To the server: smtps://, or smtp:// with STARTTLS, which is demanded unless the server is on this machine; certificates are checked (the system's
 *      authorities, or the file that SSL_CERT_FILE names). A password is never sent without TLS, whatever the machine.
 * Threads: a Mailer is in one thread's hands (mailer_stop aside); it keeps its connection for the next letter.
 * Errors of mail_send: ERR_IO: the letter may be sent again (not reachable, a 4xx, not let in); ERR_DENIED: this letter will never be taken (the server said 5xx to
 *      its recipient or its words); ERR_INPUT: it is no letter. A 5xx to MAIL FROM is ERR_IO: the address that letters come from is a setting of ours, and no
 *      fault of the letter. What the server said last is a number for figures: its words may hold an address, and go nowhere.
 */
#ifndef HUSTINGS_NET_MAIL_H
#define HUSTINGS_NET_MAIL_H

#include "core/err.h"

typedef struct Mailer Mailer;

typedef struct MailServer {
    Str url;            /* "smtp://HOST[:PORT]" or "smtps://HOST[:PORT]" */
    Str from;           /* the address */
    Str from_name;      /* the organisation's; may be empty */
    Str user, password; /* empty: not asked for */
    int all_ms;         /* for a whole letter (0: 60,000) */
} MailServer;

typedef struct Letter {
    Str id; /* its Message-ID's first part: letters, digits, - and _ */
    Str to, subject, text;
    int64_t at; /* milliseconds since 1970, UTC */
} Letter;

/* Can it be mailed to? ASCII, one @, nothing that a header or a command of SMTP could take for anything else. */
bool mail_address_is_good(Str address);

/* The letter as it travels, lines ended by \r\n. ERR_INPUT: an address is none, or the subject or the text is no clean UTF-8. */
NODISCARD Err mail_write(Arena *a, const MailServer *server, const Letter *letter, Str *ret_text, Fault *fault);

/* Copies what it is given. ERR_IO: there is no libcurl. ERR_INPUT: no such server, from or name. */
NODISCARD Err mailer_open(const MailServer *server, Mailer **ret_mailer, Fault *fault);
void mailer_close(Mailer *mailer); /* safe on NULL; forgets the password */
/* From any thread: what is under way ends within a second with ERR_IO, and all that comes after. */
void mailer_stop(Mailer *mailer);
typedef struct MailSaid {
    int status;  /* the server's last; 0: nothing */
    bool sender; /* with ERR_IO: it does not take the address that letters come from */
} MailSaid;
NODISCARD Err mail_send(Mailer *mailer, const Letter *letter, MailSaid *ret_said, Fault *fault);

#endif
