/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/mail.h"

#include "net/libcurl.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ADDRESS_MAX = 254, LOCAL_MAX = 64, WORD_BYTES = 39, CONNECT_MS = 10000, ALL_MS = 60000, QUOTED_LINE = 76 };

/* ---- addresses ---- */

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5321's Dot-string: no quoted local parts, which nobody has and much software reads wrongly. */
static bool is_local_part(Str s)
{
    if (!s.len || s.len > LOCAL_MAX || s.ptr[0] == '.' || s.ptr[s.len - 1] == '.') return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' && s.ptr[i - 1] == '.') return false;
        if (!is_letter_or_digit(s.ptr[i]) && (!s.ptr[i] || !strchr(".!#$%&'*+/=?^_`{|}~-", s.ptr[i]))) return false;
    }
    return true;
}

static bool is_label(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter_or_digit(s.ptr[i]) && (s.ptr[i] != '-' || i == 0 || i == s.len - 1)) return false;
    return s.len > 0 && s.len <= 63;
}

static bool is_domain(Str s)
{
    bool more = true;
    for (Str label; more;) {
        more = str_cut(s, '.', &label, &s);
        if (!is_label(label)) return false;
    }
    return true;
}

bool mail_address_is_good(Str address)
{
    Str local, domain;
    return address.len <= ADDRESS_MAX && str_cut(address, '@', &local, &domain) && is_local_part(local) && is_domain(domain);
}

/* ---- headers ---- */

static bool is_plain_header(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || (unsigned char)s.ptr[i] > '~') return false;
    return s.len <= 60 && !memmem(s.len ? s.ptr : "", s.len, "=?", 2);
}

static void put_base64(Buf *b, Str bytes)
{
    size_t room = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_new(b->arena, char, room);
    sodium_bin2base64(text, room, (const unsigned char *)bytes.ptr, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    buf_str(b, str_from_c(text));
}

/* RFC 2047: as many encoded words as are needed, none of which cuts a character in two. */
static void put_encoded(Buf *b, Str text)
{
    for (size_t from = 0, to; from < text.len; from = to) {
        to = from + WORD_BYTES < text.len ? from + WORD_BYTES : text.len;
        while (to < text.len && ((unsigned char)text.ptr[to] & 0xC0) == 0x80) to--;
        if (from) buf_str(b, S("\r\n "));
        buf_str(b, S("=?UTF-8?B?"));
        put_base64(b, str_slice(text, from, to));
        buf_str(b, S("?="));
    }
}

static void put_words(Buf *b, Str text)
{
    if (is_plain_header(text)) buf_str(b, text);
    else put_encoded(b, text);
}

/* A name before an address: always encoded or quoted, so that no comma and no bracket in it means anything. */
static void put_name(Buf *b, Str name)
{
    bool plain = is_plain_header(name) && str_find(name, '"') == name.len && str_find(name, '\\') == name.len;
    if (plain) buf_format(b, "\"%.*s\"", STR_ARG(name));
    else put_encoded(b, name);
}

static void put_date(Buf *b, int64_t at)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(at / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    buf_format(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour,
        t.tm_min, t.tm_sec);
}

static Str domain_of(Str address)
{
    return str_slice(address, str_find(address, '@') + 1, address.len);
}

static void put_headers(Buf *b, const MailServer *server, const Letter *letter)
{
    buf_str(b, S("From: "));
    if (server->from_name.len) {
        put_name(b, server->from_name);
        buf_byte(b, ' ');
    }
    buf_format(b, "<%.*s>\r\nTo: <%.*s>\r\nSubject: ", STR_ARG(server->from), STR_ARG(letter->to));
    put_words(b, letter->subject);
    buf_str(b, S("\r\n"));
    put_date(b, letter->at);
    buf_format(b, "Message-ID: <%.*s@%.*s>\r\n", STR_ARG(letter->id), STR_ARG(domain_of(server->from)));
    buf_str(b, S("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
}

/* ---- the text: quoted-printable (RFC 2045), so that no server on the way need change a byte of it ---- */

static void put_quoted_line(Buf *b, Str line)
{
    int column = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        bool blank_at_end = (c == ' ' || c == '\t') && i + 1 == line.len;
        bool plain = ((c >= '!' && c <= '~' && c != '=') || c == ' ' || c == '\t') && !blank_at_end;
        int width = plain ? 1 : 3;
        if (column + width > QUOTED_LINE - 1) {
            buf_str(b, S("=\r\n"));
            column = 0;
        }
        if (plain) buf_byte(b, (char)c);
        else buf_format(b, "=%02X", c);
        column += width;
    }
    buf_str(b, S("\r\n"));
}

static bool is_clean(Str text)
{
    for (Str line; text.len;) {
        str_cut(text, '\n', &line, &text);
        if (!str_is_clean_text(line)) return false;
    }
    return true;
}

static bool is_id(Str id)
{
    for (size_t i = 0; i < id.len; i++)
        if (!is_letter_or_digit(id.ptr[i]) && id.ptr[i] != '-' && id.ptr[i] != '_') return false;
    return id.len > 0 && id.len <= 64;
}

Err mail_write(Arena *a, const MailServer *server, const Letter *letter, Str *ret_text, Fault *fault)
{
    if (!mail_address_is_good(server->from) || !mail_address_is_good(letter->to))
        return fault_set(fault, ERR_INPUT, 0, 0, S("an address that can be mailed to"), (Str){0});
    bool good = is_id(letter->id) && str_is_clean_text(letter->subject) && str_is_clean_text(server->from_name) && is_clean(letter->text);
    if (!good) return fault_set(fault, ERR_INPUT, 0, 0, S("a letter of clean UTF-8 text"), (Str){0});
    Buf b = buf_new(a);
    put_headers(&b, server, letter);
    for (Str line, rest = letter->text; rest.len;) {
        str_cut(rest, '\n', &line, &rest);
        put_quoted_line(&b, line);
    }
    *ret_text = buf_done(&b);
    return ERR_OK;
}

/* ---- the server ---- */

struct Mailer {
    Arena arena;
    MailServer server;
    const char *url, *from;
    bool secure, here;
    CURL *easy;
    const char *authorities; /* SSL_CERT_FILE, or NULL */
    atomic_bool stopped;
};

/* On this machine: what travels there passes nobody. */
static bool is_here(Str host)
{
    size_t colon = str_find(host, ':');
    bool v6 = str_starts(host, S("["));
    if (v6) return str_starts(host, S("[::1]"));
    host = str_slice(host, 0, colon);
    return str_equal_nocase(host, S("localhost")) || str_equal(host, S("127.0.0.1"));
}

static bool is_host(Str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!is_letter_or_digit(host.ptr[i]) && !strchr(".-:[]", host.ptr[i])) return false;
    return host.len > 0;
}

static Str copy(Mailer *m, Str text)
{
    return str_copy(&m->arena, text);
}

static Err take_server(Mailer *m, const MailServer *server, Fault *fault)
{
    m->secure = str_starts(server->url, S("smtps://"));
    Str host = str_slice(server->url, m->secure ? 8 : str_starts(server->url, S("smtp://")) ? 7 : server->url.len, server->url.len);
    m->here = is_here(host);
    m->server = (MailServer){copy(m, server->url), copy(m, server->from), copy(m, server->from_name), copy(m, server->user),
        copy(m, server->password), server->all_ms ? server->all_ms : ALL_MS};
    if (!is_host(host)) return fault_set(fault, ERR_INPUT, 0, 0, S("smtp://HOST[:PORT] or smtps://HOST[:PORT]"), (Str){0});
    if (!mail_address_is_good(server->from)) return fault_set(fault, ERR_INPUT, 0, 0, S("an address that letters come from"), (Str){0});
    m->from = str_c(&m->arena, str_format(&m->arena, "<%.*s>", STR_ARG(server->from)));
    /* What follows the slash is the name for EHLO; the machine's own would tell where this runs. */
    m->url = str_c(&m->arena, str_format(&m->arena, "%.*s/%.*s", STR_ARG(server->url), STR_ARG(domain_of(server->from))));
    return ERR_OK;
}

Err mailer_open(const MailServer *server, Mailer **ret_mailer, Fault *fault)
{
    Err e = libcurl_load(fault);
    if (e) return e;
    Mailer *m = calloc(1, sizeof *m);
    if (!m) out_of_memory(sizeof *m);
    arena_init(&m->arena, ARENA_LIMIT_DEFAULT);
    m->authorities = getenv("SSL_CERT_FILE");
    m->easy = curl.curl_easy_init();
    if (!m->easy) out_of_memory(0);
    e = take_server(m, server, fault);
    if (e) mailer_close(m);
    else *ret_mailer = m;
    return e;
}

void mailer_close(Mailer *mailer)
{
    if (!mailer) return;
    curl.curl_easy_cleanup(mailer->easy);
    arena_wipe(&mailer->arena);
    free(mailer);
}

void mailer_stop(Mailer *mailer)
{
    atomic_store(&mailer->stopped, true);
}

/* ---- one letter ---- */

typedef struct Sending {
    Str rest;
    bool at_sender; /* the last command was MAIL: libcurl's error is the same for that and for RCPT */
} Sending;

/* Commands pass by here, the password's among them: their first word is all that is looked at. libcurl says QUIT itself when a letter was refused. */
static int on_command(CURL *easy, curl_infotype type, char *data, size_t size, void *context)
{
    Sending *s = context;
    (void)easy;
    Str said = {data, size};
    if (type == CURLINFO_HEADER_OUT && !str_starts(said, S("QUIT"))) s->at_sender = str_starts(said, S("MAIL "));
    return 0;
}

static size_t on_read(char *room, size_t one, size_t count, void *context)
{
    Sending *s = context;
    size_t n = one * count < s->rest.len ? one * count : s->rest.len;
    memcpy(room, s->rest.ptr, n);
    s->rest = str_slice(s->rest, n, s->rest.len);
    return n;
}

static int on_progress(void *context, curl_off_t down, curl_off_t down_now, curl_off_t up, curl_off_t up_now)
{
    const Mailer *m = context;
    (void)down, (void)down_now, (void)up, (void)up_now;
    return atomic_load(&m->stopped);
}

/* A password never goes without TLS. */
static void set_way(const Mailer *m)
{
    bool open = m->here && !m->server.user.len;
    curl.curl_easy_setopt(m->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl.curl_easy_setopt(m->easy, CURLOPT_URL, m->url);
    curl.curl_easy_setopt(m->easy, CURLOPT_USE_SSL, (long)(open ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl.curl_easy_setopt(m->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl.curl_easy_setopt(m->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (m->authorities) curl.curl_easy_setopt(m->easy, CURLOPT_CAINFO, m->authorities);
    curl.curl_easy_setopt(m->easy, CURLOPT_NOSIGNAL, 1L);
    curl.curl_easy_setopt(m->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl.curl_easy_setopt(m->easy, CURLOPT_TIMEOUT_MS, (long)m->server.all_ms);
    curl.curl_easy_setopt(m->easy, CURLOPT_NOPROGRESS, 0L);
    curl.curl_easy_setopt(m->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl.curl_easy_setopt(m->easy, CURLOPT_XFERINFODATA, m);
}

static void set_user(const Mailer *m, Arena *a)
{
    if (!m->server.user.len) return;
    curl.curl_easy_setopt(m->easy, CURLOPT_USERNAME, str_c(a, m->server.user));
    curl.curl_easy_setopt(m->easy, CURLOPT_PASSWORD, str_c(a, m->server.password));
}

/* The server's last words decide whether to try again: 5xx to what was said of this letter, but not to how we came in. */
static Err outcome(CURLcode code, int status, bool at_sender, Arena *a, Fault *fault)
{
    if (code == CURLE_OK) return ERR_OK;
    if (at_sender) return fault_setf(fault, a, ERR_IO, "a mail server that takes the sender's address (status %d)", status);
    bool of_letter = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_UPLOAD_FAILED ||
                     code == CURLE_WEIRD_SERVER_REPLY;
    bool for_good = of_letter && status >= 500 && status != 530 && status != 534 && status != 535 && status != 538;
    return fault_setf(fault, a, for_good ? ERR_DENIED : ERR_IO, "a mail server that takes the letter (%s, status %d)",
        curl.curl_easy_strerror(code), status);
}

static Err send_text(Mailer *m, Arena *a, Str to, Str text, MailSaid *ret_said, Fault *fault)
{
    Sending sending = {.rest = text};
    struct curl_slist *recipients = curl.curl_slist_append(NULL, str_c(a, str_format(a, "<%.*s>", STR_ARG(to))));
    if (!recipients) out_of_memory(0);
    curl.curl_easy_reset(m->easy); /* options, not the connection */
    set_way(m);
    set_user(m, a);
    curl.curl_easy_setopt(m->easy, CURLOPT_MAIL_FROM, m->from);
    curl.curl_easy_setopt(m->easy, CURLOPT_MAIL_RCPT, recipients);
    curl.curl_easy_setopt(m->easy, CURLOPT_UPLOAD, 1L);
    curl.curl_easy_setopt(m->easy, CURLOPT_READFUNCTION, on_read);
    curl.curl_easy_setopt(m->easy, CURLOPT_READDATA, &sending);
    curl.curl_easy_setopt(m->easy, CURLOPT_DEBUGFUNCTION, on_command);
    curl.curl_easy_setopt(m->easy, CURLOPT_DEBUGDATA, &sending);
    curl.curl_easy_setopt(m->easy, CURLOPT_VERBOSE, 1L); /* or on_command is not called; nothing is printed */
    CURLcode code = curl.curl_easy_perform(m->easy);
    curl.curl_easy_setopt(m->easy, CURLOPT_VERBOSE, 0L); /* `sending` is over; the connection may say QUIT later */
    long status = 0;
    curl.curl_easy_getinfo(m->easy, CURLINFO_RESPONSE_CODE, &status);
    curl.curl_slist_free_all(recipients);
    *ret_said = (MailSaid){(int)status, code != CURLE_OK && sending.at_sender && status >= 400};
    return outcome(code, (int)status, ret_said->sender, a, fault);
}

Err mail_send(Mailer *mailer, const Letter *letter, MailSaid *ret_said, Fault *fault)
{
    Arena scratch;
    Str text;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    *ret_said = (MailSaid){0};
    Err e = mail_write(&scratch, &mailer->server, letter, &text, fault);
    if (!e) e = send_text(mailer, &scratch, letter->to, text, ret_said, fault);
    /* The fault's words lie in the scratch arena: they are not for keeping. */
    if (e)
        *fault = (Fault){.err = e,
            .expected = e == ERR_IO ? S("a mail server that can be reached and takes letters") : S("a letter that the mail server takes")};
    arena_wipe(&scratch);
    return e;
}
