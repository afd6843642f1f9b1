/* witness.c: hustings witness: a witness as a server of its own, that is asked by logs, and looks at some by itself.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/cli.h"

#include "cli/notify.h"
#include "cli/stop.h"
#include "cli/version.h"
#include "cli/witness_site.h"
#include "core/disk.h"
#include "core/log.h"
#include "http/server.h"
#include "record/follow.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    KEYS_MAX = 256,
    KEYS_FILE_MOST = 1024 * 1024,
    EVERY_S = 60,
    EVERY_S_MOST = 24 * 3600,
    POSTS_PER_MINUTE = 120,
    POSTS_MOST = 1000000,
    CONNECTIONS_MOST = 1000,
    WORKERS = 4,
};

/* --- looking at logs by itself --- */

typedef struct Follower {
    pthread_t thread;
    Site *site;
    WitnessState *witness;
    Fetcher *fetcher;
    const Str *urls;
    int url_count;
    int every_ms;
    int end; /* eventfd: written to when it is time to go */
} Follower;

/* What is told of one look; false: somebody should hear of it. */
static bool look_words(Arena *a, const Followed *seen, Str *ret_words)
{
    if (seen->said.split) *ret_words = S("it shows a signed record of the same size as the one cosigned last, and another one");
    else if (seen->said.status == 200) *ret_words = str_format(a, "%s, cosigned", witness_entries(a, seen->size));
    else if (!seen->said.status)
        *ret_words = str_format(
            a, "it shows %s, fewer than the %lld that were cosigned", witness_entries(a, seen->size), (long long)seen->known);
    else
        *ret_words = str_format(a, "%s, not cosigned (%d): %.*s", witness_entries(a, seen->size), seen->said.status,
            STR_ARG(str_trim(str_slice(seen->said.body, 0, str_find(seen->said.body, '\n')))));
    return seen->said.status == 200;
}

/* What everybody may read of a failure: neither a library's words nor names of our own files and machines. */
static Str public_words(Arena *a, const Fault *fault, Str url)
{
    if (fault->err != ERR_IO) return fault_text(a, fault);
    return str_starts(fault->file, url) ? S("it could not be reached, or gave no good answer")
                                        : S("not cosigned: this witness is in trouble itself");
}

static void look(Follower *f, int i)
{
    Arena a;
    Followed seen;
    Fault fault = {0};
    Str words;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    int64_t now = (int64_t)time(NULL);
    Err e = witness_follow(f->witness, f->fetcher, &a, f->urls[i], now, &seen, &fault);
    bool good = !e && look_words(&a, &seen, &words);
    witness_site_saw(f->site, i, now, good, e ? public_words(&a, &fault, f->urls[i]) : words);
    if (e) words = fault_text(&a, &fault);
    bool split = !e && seen.said.split;
    if (!good)
        log_line(split ? LOG_ERROR : LOG_WARN, split ? "split_view" : "follow", "url=%s words=%s", log_value(&a, f->urls[i]),
            log_value(&a, words));
    arena_clear(&a);
}

static bool told_to_end(const Follower *f, int wait_ms)
{
    struct pollfd end = {.fd = f->end, .events = POLLIN};
    return poll(&end, 1, wait_ms) > 0;
}

static void *follow_run(void *context)
{
    Follower *f = context;
    do {
        for (int i = 0; i < f->url_count; i++) {
            if (told_to_end(f, 0)) return NULL;
            look(f, i);
        }
    } while (!told_to_end(f, f->every_ms));
    return NULL;
}

static Err follower_start(Follower *f, Arena *a, Fault *fault)
{
    if (!f->url_count) return ERR_OK;
    Err e = fetcher_open(&f->fetcher, fault);
    if (e) return e;
    f->end = eventfd(0, EFD_CLOEXEC);
    if (f->end >= 0 && pthread_create(&f->thread, NULL, follow_run, f) == 0) return ERR_OK;
    fetcher_close(f->fetcher);
    return fault_setf(fault, a, ERR_IO, "no thread to look at logs: %s", strerror(errno));
}

static void follower_end(Follower *f)
{
    uint64_t one = 1;
    if (!f->url_count) return;
    ssize_t written = write(f->end, &one, sizeof one);
    (void)written;
    fetcher_stop(f->fetcher);
    pthread_join(f->thread, NULL);
    fetcher_close(f->fetcher);
    close(f->end);
}

/* --- systemd's watchdog --- */

typedef struct Watch {
    pthread_t thread;
    const Server *server;
    int every_ms; /* 0: nobody wants to hear */
    int end;      /* eventfd */
} Watch;

static void *watch_run(void *context)
{
    enum { ROUND_MS = 2000 };
    const Watch *w = context;
    struct pollfd end = {.fd = w->end, .events = POLLIN};
    while (poll(&end, 1, w->every_ms) <= 0) {
        int64_t quiet = server_quiet_ms(w->server);
        if (quiet <= (w->every_ms > ROUND_MS ? w->every_ms : ROUND_MS)) notify_send("WATCHDOG=1");
        else log_line(LOG_ERROR, "stuck", "quiet_ms=%lld", (long long)quiet);
    }
    return NULL;
}

static void watch_start(Watch *w, const Server *server)
{
    *w = (Watch){.server = server, .every_ms = notify_watchdog_ms(), .end = eventfd(0, EFD_CLOEXEC)};
    if (!w->every_ms) return;
    if (w->end < 0 || pthread_create(&w->thread, NULL, watch_run, w) != 0) w->every_ms = 0; /* systemd will find out */
}

static void watch_end(Watch *w)
{
    if (w->every_ms && write(w->end, &(uint64_t){1}, sizeof(uint64_t)) == sizeof(uint64_t)) pthread_join(w->thread, NULL);
    if (w->end >= 0) close(w->end);
}

/* --- what was given --- */

typedef struct Given {
    Str folder, key, listen;
    Verifier keys[KEYS_MAX];
    int key_count;
    Str followed[CLI_VALUES_MAX];
    int followed_count;
    int64_t every, posts;
} Given;

static Err add_key(Given *g, Arena *a, Str vkey, Fault *fault)
{
    if (g->key_count == KEYS_MAX) return fault_setf(fault, a, ERR_LIMIT, "at most %d keys of logs", KEYS_MAX);
    Err e = verifier_read(a, vkey, &g->keys[g->key_count], fault);
    if (!e) g->key_count++;
    return e;
}

/* A file of keys: one a line; empty lines and those that begin with '#' say nothing. */
static Err add_keys_of(Given *g, Arena *a, Str path, Fault *fault)
{
    Str rest, line;
    Err e = disk_read(a, path, KEYS_FILE_MOST, &rest, fault);
    for (int64_t number = 1; !e && rest.len; number++) {
        if (!str_cut(rest, '\n', &line, &rest)) rest = (Str){0};
        line = str_trim(line);
        if (!line.len || line.ptr[0] == '#') continue;
        e = add_key(g, a, line, fault);
        fault->file = path;
        fault->line = number;
    }
    return e;
}

/* A key has two '+' in it, with nothing before them that looks like a folder that is there. */
static Err add_log(Given *g, Arena *a, Str value, Fault *fault)
{
    Str name, id, public_key;
    bool is_key = str_cut(value, '+', &name, &id) && str_cut(id, '+', &id, &public_key) && id.len == 8;
    Err e = is_key ? add_key(g, a, value, fault) : add_keys_of(g, a, value, fault);
    if (e != ERR_MISSING) return e;
    fault->file = S("--log");
    return fault_set(fault, ERR_INPUT, 0, 0, S("the key of a log (NAME+ID+KEY, the line at its /record/keys), or a file with such keys"),
        fault_quote(a, value));
}

static int read_logs(Cli *cli, Given *g)
{
    Str values[CLI_VALUES_MAX];
    int count = cli_values(cli, "log", values);
    for (int i = 0; i < count; i++) {
        Fault fault = {0};
        if (add_log(g, cli->a, values[i], &fault)) return cli_fail(cli, &fault);
    }
    return g->key_count ? 0 : cli_usage(cli, "--log: expected the key of at least one log (its /record/keys)");
}

/* Whether anything answers there is seen when it is asked. */
static bool is_web_address(Str url)
{
    size_t scheme = str_starts(url, S("https://")) ? 8 : str_starts(url, S("http://")) ? 7 : 0;
    return scheme && url.len > scheme && url.ptr[scheme] != '/' && str_is_clean_text(url) && str_find(url, ' ') == url.len;
}

static int read_followed(Cli *cli, Given *g)
{
    g->followed_count = cli_values(cli, "follow", g->followed);
    if (g->followed_count > FOLLOWED_MAX) return cli_usage(cli, "--follow: expected at most %d", FOLLOWED_MAX);
    for (int i = 0; i < g->followed_count; i++) {
        if (is_web_address(g->followed[i])) continue;
        Str found = fault_quote(cli->a, g->followed[i]);
        return cli_usage(cli, "--follow: expected an address that begins with https:// or http://, found %.*s", STR_ARG(found));
    }
    return 0;
}

static Str or_standard(Str value, Str standard)
{
    return value.len ? value : standard;
}

static int read_given(Cli *cli, Given *g)
{
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    g->folder = or_standard(cli_value(cli, "state"), S("witness"));
    g->key = or_standard(cli_value(cli, "key"), str_format(cli->a, "%.*s/key", STR_ARG(g->folder)));
    g->listen = or_standard(cli_value(cli, "listen"), S("127.0.0.1:8090"));
    if (!cli_number(cli, "every", EVERY_S_MOST, &g->every) || !cli_number(cli, "posts", POSTS_MOST, &g->posts)) return EXIT_INPUT;
    if (!cli_has(cli, "every")) g->every = EVERY_S;
    if (!cli_has(cli, "posts")) g->posts = POSTS_PER_MINUTE;
    if (g->every == 0) return cli_usage(cli, "--every: expected at least 1 second");
    int wrong = read_followed(cli, g);
    return wrong ? wrong : read_logs(cli, g);
}

/* --- from the first to the last --- */

static void tell_running(const Cli *cli, const Server *server, WitnessState *witness)
{
    Str url = server_url(server, cli->a), vkey = witness_vkey(witness, cli->a);
    log_line(LOG_INFO, "witnessing", "url=%s vkey=%s version=%s", log_value(cli->a, url), log_value(cli->a, vkey),
        log_value(cli->a, S(HUSTINGS_VERSION)));
    if (!isatty(STDOUT_FILENO)) return;
    printf("\n  This witness answers on %.*s. Its key, for those who run the logs and those who verify them:\n\n    %.*s\n\n  Ctrl-C ends "
           "it.\n\n",
        STR_ARG(url), STR_ARG(vkey));
    (void)fflush(stdout);
}

static int serve_until_stopped(Cli *cli, Server *server, Follower *follower)
{
    Fault fault = {0};
    Watch watch;
    if (follower_start(follower, cli->a, &fault)) return cli_fail(cli, &fault);
    stop_serving(server);
    tell_running(cli, server, follower->witness);
    watch_start(&watch, server);
    notify_send("READY=1\nSTATUS=Witnessing");
    server_run(server);
    stop_serving(NULL);
    watch_end(&watch);
    follower_end(follower);
    log_line(LOG_INFO, "ended", "signals=%d", stop_asked());
    return EXIT_DONE;
}

static ServerOptions server_options(const Cli *cli, const Given *g)
{
    return (ServerOptions){
        .listen = g->listen,
        .loops = 1,
        .workers = WORKERS,
        .certificate = cli_value(cli, "certificate"),
        .key = cli_value(cli, "certificate-key"),
        .trusted = cli_value(cli, "proxies"),
        .connections_most = CONNECTIONS_MOST,
        .calls = &witness_site_calls,
    };
}

static int serve_witness(Cli *cli, const Given *g, WitnessState *witness)
{
    Fault fault = {0};
    Str name, rest;
    str_cut(witness_vkey(witness, cli->a), '+', &name, &rest);
    WitnessSiteOptions site_options = {.witness = witness,
        .posts_per_minute = (int)g->posts,
        .name = name,
        .version = S(HUSTINGS_VERSION),
        .followed = g->followed,
        .followed_count = g->followed_count};
    ServerOptions options = server_options(cli, g);
    Site *site = witness_site_open(cli->a, &site_options);
    Follower follower = {
        .site = site, .witness = witness, .urls = g->followed, .url_count = g->followed_count, .every_ms = (int)g->every * 1000};
    Server *server;
    int status;
    if (server_open(cli->a, &options, site, NULL, &server, &fault)) {
        status = cli_fail(cli, &fault);
    } else {
        status = serve_until_stopped(cli, server, &follower);
        server_close(server);
    }
    witness_site_close(site);
    return status;
}

static int run(Cli *cli)
{
    Given *g = arena_new(cli->a, Given, 1);
    int wrong = read_given(cli, g);
    if (wrong) return wrong;
    WitnessOptions options = {
        .folder = g->folder, .key_file = g->key, .name = cli_value(cli, "name"), .logs = g->keys, .log_count = g->key_count};
    WitnessState *witness;
    Fault fault = {0};
    notify_open();
    stop_catch();
    if (witness_open(cli->a, &options, &witness, &fault)) return cli_fail(cli, &fault);
    if (witness_key_is_new(witness))
        log_line(LOG_INFO, "new_key", "file=%s vkey=%s note=\"keep a copy of the file where nobody else can read it\"",
            log_value(cli->a, g->key), log_value(cli->a, witness_vkey(witness, cli->a)));
    int status = serve_witness(cli, g, witness);
    witness_close(witness);
    return status;
}

static const Option options[] = {
    {"name", 'n', "NAME", false,
        "what this witness is called: an address without https://, such as witness.example/branch; needed at the first start", NULL},
    {"log", 0, "VKEY", true,
        "a key of a log to witness (the line at its /record/keys), or a file with one a line; several of one log for a rotation", "FILES"},
    {"state", 's', "FOLDER", false, "where it remembers what it cosigned (default: witness); made when it is not there", "FILES"},
    {"key", 'k', "FILE", false, "its secret key (default: FOLDER/key); made at the first start", "FILES"},
    {"listen", 'l', "ADDRESS", false, "where to answer: ADDRESS:PORT, [::]:PORT or unix:PATH (default: 127.0.0.1:8090)", NULL},
    {"follow", 'f', "URL", true,
        "a log to look at by itself, asked or not: the address under which its checkpoint is (https://vote.example.org/record)", NULL},
    {"every", 0, "SECONDS", false, "how often to look at those (default: 60)", NULL},
    {"posts", 0, "N", false, "how often a minute one address may ask for a cosignature (default: 120; 0: no limit)", NULL},
    {"proxies", 0, "LIST", false, "proxies whose X-Forwarded-For counts: \"127.0.0.1, ::1\", \"unix\"", NULL},
    {"certificate", 0, "FILE", false, "TLS without a proxy: the certificate and those between it and its root, PEM", "FILES"},
    {"certificate-key", 0, "FILE", false, "and the certificate's private key, PEM", "FILES"},
    HELP_OPTION,
};

const CliCommand command_witness = {
    .name = "witness",
    .operands = "",
    .summary = "remember what public records have shown, and cosign those that only grew",
    .description =
        "A witness (C2SP tlog-witness) is asked by a log to cosign its newest checkpoint. It does so only with a proof that the new record "
        "contains everything of the one it cosigned before, unchanged. So a log that shows one record to some and another to others cannot "
        "get both "
        "cosigned by the same witness, and whoever verifies with a few witnesses that he trusts cannot be shown a record of his own.\n\n"
        "It holds no member's data: one checkpoint a log, and its own key. Never set its folder back to a backup, and never run two with "
        "the same "
        "key: a witness that forgot what it cosigned must take a new name and a new key.\n\n"
        "GET / says who it is and what it saw last; docs/witness.md tells how to run one.",
    .examples = "hustings witness --name witness.example/branch --log keys.txt  # answer logs on 127.0.0.1:8090\n"
                "hustings witness --log keys.txt --follow https://vote.example.org/record  # look at that one every minute as well\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
