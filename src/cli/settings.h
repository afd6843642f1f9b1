/* settings.h: how an installation is set up: one table, and from it the file, the environment, the options, and their documentation.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a setting that exists in one place only cannot be forgotten in another. Each row of SETTINGS below is a key of the configuration file, a
 *      variable of the environment (server.listen: HUSTINGS_SERVER_LISTEN), for some an option of the commands, a line of docs/configuration.md
 *      and a paragraph of the commented file (deploy/hustings.conf).
 * Life: settings_load in a command does all of this: settings_init -> settings_read (the file) -> settings_environment -> settings_set (options)
 *       -> settings_finish; then settings_text and its kin. What comes later wins.
 * The file: INI, read by libinih. A key that is not in the table is an error, as is one given twice (lists may be: their lines are joined).
 * Memory: values live in the arena. Errors: ERR_INPUT with file and line, variable or option, what was expected and what was found.
 */
#ifndef HUSTINGS_CLI_SETTINGS_H
#define HUSTINGS_CLI_SETTINGS_H

#include "cli/cli.h"
#include "db/db.h"
#include "record/act.h"
#include "record/seal.h"

typedef enum SettingKind {
    SETTING_TEXT,      /* a line of text */
    SETTING_NAME,      /* of an officer, as the public record will name her (setting_is_name) */
    SETTING_NUMBER,    /* a whole number from `least` to `most` */
    SETTING_SWITCH,    /* yes or no */
    SETTING_CHOICE,    /* one of `words` */
    SETTING_PATH,      /* a file or folder */
    SETTING_STORE,     /* as db.h's StoreOptions.url; may hold a password */
    SETTING_LISTEN,    /* ADDRESS:PORT, [V6]:PORT, unix:PATH */
    SETTING_PROXIES,   /* addresses and networks, separated by commas; "unix" */
    SETTING_ADDRESS,   /* http(s)://HOST[:PORT], without a path */
    SETTING_ZONE,      /* a time zone by its name */
    SETTING_ORIGIN,    /* the name of a record: as of a key (note.h) */
    SETTING_WITNESSES, /* "VKEY URL", separated by commas */
    SETTING_SMTP,      /* smtp://HOST[:PORT], smtps://HOST[:PORT], or outbox */
    SETTING_EMAIL,     /* an address that can be mailed to */
    SETTING_COUNTRY,   /* two capitals (ISO 3166-1) */
} SettingKind;

/* KEY(id, section, key, kind, standard value ("": none), least, most, words, help): in the file and the environment.
 * FLAG(the same, option, its letter, its value's name): an option of commands as well. */
// clang-format off
#define STORE_SETTINGS(KEY, FLAG) \
    FLAG(STORE_URL, "store", "url", SETTING_STORE, "hustings.db", 0, 0, "FILES", \
        "where everything is kept: a path of a SQLite file, made at the first start, or postgres://USER@HOST/DATABASE (several hosts as libpq reads " \
        "them)", \
        "store", 0, "URL") \
    KEY(STORE_STATEMENT, "store", "statement_seconds", SETTING_NUMBER, "5", 1, 600, NULL, \
        "PostgreSQL: a statement that takes longer is given up") \
    KEY(STORE_WAIT, "store", "wait_seconds", SETTING_NUMBER, "30", 0, 3600, NULL, \
        "at the start, how long to wait for a PostgreSQL server that does not answer yet")

#define ADDRESS_SETTINGS(KEY, FLAG) \
    FLAG(SERVER_LISTEN, "server", "listen", SETTING_LISTEN, "127.0.0.1:8080", 0, 0, NULL, \
        "where to answer: ADDRESS:PORT, [::]:PORT for every address of this machine, or unix:PATH for a proxy on it; port 0 is any free one", \
        "listen", 'l', "ADDRESS") \
    FLAG(SERVER_BASE, "server", "base", SETTING_ADDRESS, "", 0, 0, NULL, \
        "the address that people type, https://vote.example.org, for links that leave a page; empty: as each request says", \
        "base", 0, "ADDRESS")

#define SERVER_SETTINGS(KEY, FLAG) \
    ADDRESS_SETTINGS(KEY, FLAG) \
    FLAG(SERVER_CERTIFICATE, "server", "certificate", SETTING_PATH, "", 0, 0, "FILES", \
        "TLS without a proxy: the certificate and those between it and its root, PEM", \
        "certificate", 0, "FILE") \
    FLAG(SERVER_KEY, "server", "key", SETTING_PATH, "", 0, 0, "FILES", \
        "and the certificate's private key, PEM", \
        "key", 0, "FILE") \
    FLAG(SERVER_PROXIES, "server", "trusted_proxies", SETTING_PROXIES, "", 0, 0, NULL, \
        "proxies whose X-Forwarded-For and -Proto are believed: addresses and networks separated by commas, 'unix' for the socket; may be " \
        "given on several lines", \
        "trusted-proxies", 0, "LIST") \
    KEY(SERVER_LOOPS, "server", "loops", SETTING_NUMBER, "0", 0, 256, NULL, \
        "threads that answer; 0: one a processor") \
    KEY(SERVER_WORKERS, "server", "workers", SETTING_NUMBER, "0", 0, 256, NULL, \
        "threads for what takes long (a count, a slow store); 0: two a processor") \
    KEY(SERVER_CONNECTIONS, "server", "connections", SETTING_NUMBER, "0", 0, 1000000, NULL, \
        "connections in all; 0: 19,500, or what the limit on open files allows") \
    KEY(SERVER_PER_ADDRESS, "server", "connections_per_address", SETTING_NUMBER, "100", 1, 1000000, NULL, \
        "connections from one address (IPv6: one /64); trusted proxies and this machine are not counted") \
    KEY(SERVER_STREAMS, "server", "streams_per_address", SETTING_NUMBER, "20", 1, 1000000, NULL, \
        "live streams from one address") \
    KEY(SERVER_HEADER, "server", "header_seconds", SETTING_NUMBER, "10", 1, 3600, NULL, \
        "a request's headers must be in after so long") \
    KEY(SERVER_BODY, "server", "body_seconds", SETTING_NUMBER, "30", 1, 3600, NULL, \
        "and each MiB of what it sends") \
    KEY(SERVER_ANSWER, "server", "answer_seconds", SETTING_NUMBER, "60", 1, 3600, NULL, \
        "each MiB of an answer must be taken after so long") \
    KEY(SERVER_IDLE, "server", "idle_seconds", SETTING_NUMBER, "60", 1, 3600, NULL, \
        "a connection without a request is closed after so long") \
    KEY(SERVER_HEARTBEAT, "server", "heartbeat_seconds", SETTING_NUMBER, "15", 1, 3600, NULL, \
        "a sign of life on every live stream, so often; shorter than the patience of any proxy between") \
    KEY(SERVER_DRAIN, "server", "drain_seconds", SETTING_NUMBER, "10", 1, 3600, NULL, \
        "at the end, how long requests under way may take") \
    FLAG(SERVER_METRICS, "server", "metrics", SETTING_CHOICE, "local", 0, 0, "local all off", \
        "who may read /metrics: programs on this machine, all, or nobody (off)", \
        "metrics", 0, "WHO") \
    FLAG(SERVER_LOG_LEVEL, "server", "log_level", SETTING_CHOICE, "info", 0, 0, "debug info warn error", \
        "lines of less weight are not written", \
        "log-level", 0, "LEVEL") \
    FLAG(SERVER_LOG_REQUESTS, "server", "log_requests", SETTING_SWITCH, "no", 0, 0, "yes no", \
        "log every request, by its route and never by its path; otherwise only those that fail on our side or take longer than a second", \
        "log-requests", 0, "YES")

#define SITE_SETTINGS(KEY, FLAG) \
    FLAG(SITE_NAME, "site", "name", SETTING_TEXT, "Hustings", 0, 0, NULL, \
        "the organisation's name, at the top of every page", \
        "site-name", 0, "NAME") \
    FLAG(SITE_ZONE, "site", "time_zone", SETTING_ZONE, "Europe/London", 0, 0, NULL, \
        "in which times are told", \
        "time-zone", 0, "ZONE") \
    FLAG(SITE_TEMPLATES, "site", "templates", SETTING_PATH, "", 0, 0, "FILES", \
        "a folder of your own templates and static files, looked at before those of the program", \
        "templates", 0, "FOLDER")

#define LIMIT_SETTINGS(KEY, FLAG) \
    KEY(LIMIT_RATES, "limits", "rates", SETTING_NUMBER, "100", 0, 10000, NULL, \
        "how often one address may do things, in percent of the standard rates; 0: no limit (for measuring only)")

#define OFFICER_SETTINGS(KEY, FLAG) \
    FLAG(RECORD_OFFICER, "record", "officer", SETTING_NAME, "", 0, 0, NULL, \
        "who runs the commands that act (publish, unpublish, sign-in, export, record key): the public record names her, for ever; without one they refuse", \
        "by", 0, "NAME")

#define RECORD_SETTINGS(KEY, FLAG) \
    KEY(RECORD_KEY, "record", "key", SETTING_PATH, "", 0, 0, "FILES", \
        "the file with the key that signs the public record, made at the first start; empty: store.url with .record-key after it; with PostgreSQL it must be " \
        "said") \
    KEY(RECORD_ORIGIN, "record", "origin", SETTING_ORIGIN, "", 0, 0, NULL, \
        "the record's own name, given to its key when that is made and never changed after: vote.example.org/record; empty: the host of server.base, or " \
        "where the server listens, with /record after it") \
    KEY(RECORD_WITNESS, "record", "witness", SETTING_WITNESSES, "", 0, 0, NULL, \
        "who is asked to cosign what the record signs: the witness's key as 'hustings witness' prints it, a space, and its address; may be given on several " \
        "lines")

#define MAIL_SETTINGS(KEY, FLAG) \
    FLAG(MAIL_SMTP, "mail", "smtp", SETTING_SMTP, "", 0, 0, NULL, \
        "the server that takes our letters: smtp://HOST[:PORT] (with STARTTLS, unless it is on this machine), smtps://HOST[:PORT]; outbox: for a demonstration, " \
        "letters are shown on the page /outbox, to this machine alone; empty: nothing is sent, and nobody can sign in by a letter", \
        "mail-smtp", 0, "SERVER") \
    KEY(MAIL_FROM, "mail", "from", SETTING_EMAIL, "", 0, 0, NULL, \
        "the address that letters come from; with a server in mail.smtp it must be said, as must server.base, with which the links in letters begin") \
    KEY(MAIL_USER, "mail", "user", SETTING_TEXT, "", 0, 0, NULL, \
        "who we are to that server, if it asks; a password is sent over TLS only") \
    KEY(MAIL_PASSWORD, "mail", "password_file", SETTING_PATH, "", 0, 0, "FILES", \
        "the file whose first line is the password of mail.user; nobody but the server's user may read it")

#define PEOPLE_SETTINGS(KEY, FLAG) \
    KEY(HOME_COUNTRY, "people", "country", SETTING_COUNTRY, "GB", 0, 0, NULL, \
        "whose telephone numbers and postcodes they are that do not say their country, and as in which numbers are shown: two capitals, as GB or IE")

#define SETTINGS(KEY, FLAG) \
    STORE_SETTINGS(KEY, FLAG) SERVER_SETTINGS(KEY, FLAG) SITE_SETTINGS(KEY, FLAG) LIMIT_SETTINGS(KEY, FLAG) OFFICER_SETTINGS(KEY, FLAG) \
    RECORD_SETTINGS(KEY, FLAG) PEOPLE_SETTINGS(KEY, FLAG) MAIL_SETTINGS(KEY, FLAG)

/* Rows of a command's options: those of every command that opens the store, those of one that acts, those of one that must know where the server is, and
 * all that concern a server. */
#define SETTING_NO_OPTION(...)
#define SETTING_OPTION(id, section, key, kind, standard, least, most, words, help, option, letter, argument) \
    {option, letter, argument, false, help, words},
#define CONFIG_OPTION \
    {"config", 'c', "FILE", false, "read the settings from FILE instead of ./hustings.conf or /etc/hustings/hustings.conf", "FILES"},
#define STORE_OPTIONS CONFIG_OPTION STORE_SETTINGS(SETTING_NO_OPTION, SETTING_OPTION)
#define OFFICER_OPTIONS STORE_OPTIONS OFFICER_SETTINGS(SETTING_NO_OPTION, SETTING_OPTION)
#define ADDRESS_OPTIONS ADDRESS_SETTINGS(SETTING_NO_OPTION, SETTING_OPTION)
#define ALL_SETTINGS_OPTIONS \
    STORE_OPTIONS SERVER_SETTINGS(SETTING_NO_OPTION, SETTING_OPTION) SITE_SETTINGS(SETTING_NO_OPTION, SETTING_OPTION) \
    LIMIT_SETTINGS(SETTING_NO_OPTION, SETTING_OPTION) MAIL_SETTINGS(SETTING_NO_OPTION, SETTING_OPTION)

#define SETTING_ID_OF(id, ...) id,
typedef enum SettingId { SETTINGS(SETTING_ID_OF, SETTING_ID_OF) SETTING__COUNT } SettingId;
// clang-format on

typedef struct Setting {
    const char *section, *key;
    SettingKind kind;
    const char *standard;
    int64_t least, most;
    const char *words;
    const char *help;
    const char *option; /* NULL: none */
} Setting;
extern const Setting settings_table[SETTING__COUNT];

typedef enum SettingSource { FROM_STANDARD, FROM_FILE, FROM_ENVIRONMENT, FROM_OPTION } SettingSource;

typedef struct Settings {
    Arena *a;
    Str file; /* that was read; empty: none */
    struct {
        Str text;
        int64_t number; /* SETTING_NUMBER; SETTING_SWITCH: 0 or 1 */
        SettingSource source;
        int64_t line; /* FROM_FILE */
    } values[SETTING__COUNT];
} Settings;

/* All that a command does: --config FILE, else HUSTINGS_CONFIG, else ./hustings.conf, else /etc/hustings/hustings.conf, else no file; the environment
 * over it, and over that the options of this command. 0, or the exit status after telling what is wrong. */
NODISCARD int settings_load(Cli *cli, Settings *ret_settings);

Str settings_text(const Settings *s, SettingId id);
int64_t settings_number(const Settings *s, SettingId id);
bool settings_yes(const Settings *s, SettingId id);

/* Who runs a command that acts, as the record will say. 0, or the exit status after telling how she says who she is. */
NODISCARD int settings_officer(Cli *cli, const Settings *s, Officer *ret_officer);

/* Can the record name somebody so? */
bool settings_name_fits(Arena *a, Str name);

/* What store_open wants of them; set `serve` and the like yourself. */
StoreOptions settings_store(const Settings *s);

/* Where the record's key is; empty: nobody has said (PostgreSQL). And the name that a new key gets. */
Str settings_record_key(const Settings *s);
Str settings_record_origin(const Settings *s);
/* Room for RECORD_WITNESSES_MAX; how many. */
int settings_witnesses(const Settings *s, Witness *ret_witnesses);

/* One line of text without a space at its ends, at most SETTING_NAME_MAX bytes. */
enum { SETTING_NAME_MAX = 200 };
bool setting_is_name(Str value);

/* ---- the steps of settings_load ---- */

enum { SETTINGS_TEXT_MAX = 64 * 1024 };

void settings_init(Arena *a, Settings *ret_settings);
/* `name` of the file is for messages. */
NODISCARD Err settings_read(Settings *s, Str name, Str text, Fault *fault);
/* Of `environment` (as environ) the variables of the table; one that begins like those of a section but is none of them is an error. */
NODISCARD Err settings_environment(Settings *s, char *const *environment, Fault *fault);
NODISCARD Err settings_set(Settings *s, SettingId id, Str value, Fault *fault);
/* What must go together. */
NODISCARD Err settings_finish(const Settings *s, Fault *fault);

/* ---- the table, for people ---- */

Str setting_variable(Arena *a, SettingId id); /* "HUSTINGS_SERVER_LISTEN" */

#endif
