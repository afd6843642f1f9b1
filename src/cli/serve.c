/* serve.c: hustings serve: the store, the site and the server put together, from the first signal to the last.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/settings.h"

#include "cli/mailing.h"
#include "cli/notify.h"
#include "cli/rooms.h"
#include "cli/sealing.h"
#include "cli/stop.h"
#include "cli/version.h"
#include "core/clock.h"
#include "core/log.h"
#include "http/server.h"
#include "people/home.h"
#include "people/import.h"
#include "roll/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { HOUSEKEEPING_MS = 5 * 60 * 1000, RETRY_MS = 500 };

/* As many connections as the system allows, not as the shell happens to. */
static void raise_open_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max) return;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) log_line(LOG_WARN, "open_files", "error=\"the limit could not be raised\"");
}

/* --- housekeeping: what is past its time, and systemd's watchdog --- */

typedef struct Keeper {
    pthread_t thread;
    Store *store;
    const Server *server;
    int end; /* eventfd: written to when it is time to go */
} Keeper;

typedef Err Expire(Db *db, Command *command);

/* A command of housekeeping: nobody waits for it, for a store that is away must not keep the watchdog from being told. */
typedef struct Chore {
    Command command; /* the first member: `done` is given it */
    Arena arena;
} Chore;

static void chore_done(Command *command)
{
    Chore *chore = (Chore *)command;
    if (command->err)
        log_line(LOG_WARN, "housekeeping", "command=%s error=%s", command->name, log_value(&chore->arena, command->fault.expected));
    arena_clear(&chore->arena);
    free(chore);
}

static void submit_chore(Keeper *k, Expire *expire, const char *name)
{
    Chore *chore = calloc(1, sizeof *chore);
    if (!chore) out_of_memory(sizeof *chore);
    arena_init(&chore->arena, ARENA_LIMIT_DEFAULT);
    chore->command = (Command){
        .name = name, .leaf = LEAF_MAYBE, .run = expire, .done = chore_done, .arena = &chore->arena, .now = clock_utc()};
    store_submit(k->store, &chore->command);
}

/* While nothing can be signed, the program does nothing of its own that is an act: one leaf on a store that was set back, and those it lost cannot be put back
 * any more. What is over lets nobody in meanwhile; that it ended is told when signing goes on. */
static bool may_act(void)
{
    AUTO(arena_clear) Arena arena;
    SealState seal;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    record_seal_state(&arena, &seal);
    return !seal.stopped.len;
}

static void keep_house(Keeper *k)
{
    store_housekeep(k->store, clock_utc());
    if (!may_act()) return;
    submit_chore(k, site_expire, "site_expire");
    for (int i = 0; i < all_room_count; i++)
        if (all_rooms[i]->expire) submit_chore(k, all_rooms[i]->expire, all_rooms[i]->name);
}

/* Every loop must have come round since systemd heard of us last: a thread that is stuck is not covered by another that is not. */
static bool is_alive(const Keeper *k, int watchdog)
{
    enum { ROUND_MS = 2000 };
    int64_t quiet = server_quiet_ms(k->server);
    if (quiet <= (watchdog > ROUND_MS ? watchdog : ROUND_MS)) return true;
    log_line(LOG_ERROR, "stuck", "quiet_ms=%lld", (long long)quiet);
    return false;
}

static void *keeper_run(void *context)
{
    Keeper *k = context;
    int watchdog = notify_watchdog_ms(), step = watchdog ? watchdog : HOUSEKEEPING_MS;
    int64_t next = clock_utc() + 1000;
    struct pollfd end = {.fd = k->end, .events = POLLIN};
    for (;;) {
        int64_t wait = next - clock_utc();
        if (wait < 0) wait = 0;
        if (wait > step) wait = step;
        if (poll(&end, 1, (int)wait) > 0) return NULL;
        if (watchdog && is_alive(k, watchdog)) notify_send("WATCHDOG=1");
        if (clock_utc() < next) continue;
        keep_house(k);
        next = clock_utc() + HOUSEKEEPING_MS;
    }
}

static bool keeper_start(Keeper *k, Store *store, const Server *server)
{
    k->store = store;
    k->server = server;
    k->end = eventfd(0, EFD_CLOEXEC);
    return k->end >= 0 && pthread_create(&k->thread, NULL, keeper_run, k) == 0;
}

static void keeper_end(Keeper *k)
{
    uint64_t one = 1;
    ssize_t written = write(k->end, &one, sizeof one);
    (void)written;
    pthread_join(k->thread, NULL);
    close(k->end);
}

/* --- what rooms do once, beside serving --- */

typedef struct Beginner {
    pthread_t thread;
    Store *store;
} Beginner;

static void *beginner_run(void *context)
{
    const Beginner *b = context;
    for (int i = 0; i < all_room_count; i++)
        if (all_rooms[i]->begin) all_rooms[i]->begin(b->store, clock_utc());
    return NULL;
}

/* --- what the settings mean --- */

static int ms(const Settings *s, SettingId id)
{
    return (int)settings_number(s, id) * 1000;
}

static ServerOptions server_options(const Settings *s)
{
    return (ServerOptions){
        .listen = settings_text(s, SERVER_LISTEN),
        .loops = (int)settings_number(s, SERVER_LOOPS),
        .workers = (int)settings_number(s, SERVER_WORKERS),
        .certificate = settings_text(s, SERVER_CERTIFICATE),
        .key = settings_text(s, SERVER_KEY),
        .trusted = settings_text(s, SERVER_PROXIES),
        .connections_most = (int)settings_number(s, SERVER_CONNECTIONS),
        .connections_per_address = (int)settings_number(s, SERVER_PER_ADDRESS),
        .streams_per_address = (int)settings_number(s, SERVER_STREAMS),
        .header_ms = ms(s, SERVER_HEADER),
        .body_ms = ms(s, SERVER_BODY),
        .answer_ms = ms(s, SERVER_ANSWER),
        .idle_ms = ms(s, SERVER_IDLE),
        .heartbeat_ms = ms(s, SERVER_HEARTBEAT),
        .drain_ms = ms(s, SERVER_DRAIN),
    };
}

static SiteOptions site_options(const Settings *s, Str dev)
{
    return (SiteOptions){
        .name = settings_text(s, SITE_NAME),
        .base = settings_text(s, SERVER_BASE),
        .overrides = settings_text(s, SITE_TEMPLATES),
        .dev = dev,
        .metrics = settings_text(s, SERVER_METRICS),
        .rate_percent = (int)settings_number(s, LIMIT_RATES),
        .time_zone = settings_text(s, SITE_ZONE),
        .version = S(HUSTINGS_VERSION),
        .log_requests = settings_yes(s, SERVER_LOG_REQUESTS),
    };
}

/* --- the store: a server that is still starting is waited for --- */

static void pause_ms(int milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
}

static Err open_store(Cli *cli, const Settings *s, Store **ret_store, Fault *fault)
{
    StoreOptions options = settings_store(s);
    options.serve = true;
    bool remote = str_starts(options.url, S("postgres"));
    int64_t until = clock_utc() + (remote ? settings_number(s, STORE_WAIT) * 1000 : 0);
    bool told = false;
    for (;;) {
        *fault = (Fault){0};
        Err e = store_open(cli->a, &options, ret_store, fault);
        if (e != ERR_IO || clock_utc() >= until || stop_asked()) return e;
        if (!told) {
            Str shown = store_url_shown(cli->a, options.url);
            log_line(LOG_WARN, "waiting_for_store", "store=%s error=%s", log_value(cli->a, shown), log_value(cli->a, fault->expected));
            told = true;
        }
        pause_ms(RETRY_MS);
    }
}

/* --- telling --- */

static void tell_running(Cli *cli, const Settings *s, const Server *server)
{
    Str url = server_url(server, cli->a), store = store_url_shown(cli->a, settings_text(s, STORE_URL));
    log_line(LOG_INFO, "serving", "url=%s store=%s version=%s", log_value(cli->a, url), log_value(cli->a, store),
        log_value(cli->a, S(HUSTINGS_VERSION)));
    if (!isatty(STDOUT_FILENO)) return;
    printf("\n  Hustings answers on %.*s and keeps everything in %.*s. Ctrl-C ends it.\n\n"
           "  In another terminal:\n"
           "    export HUSTINGS_RECORD_OFFICER='Your Name'   # who acts, as the public record will say\n"
           "    hustings publish examples/labour-2010        # show a counted contest\n"
           "    hustings sign-in --for 'Your Name'           # a link that lets you in as steward\n"
           "    hustings help serve                          # TLS, proxies, PostgreSQL\n\n",
        STR_ARG(url), STR_ARG(store));
    fflush(stdout);
}

/* --- from the first to the last --- */

static int serve_sealed(Cli *cli, const Settings *s, Server *server, Store *store)
{
    Keeper keeper;
    if (!keeper_start(&keeper, store, server)) {
        fprintf(stderr, "hustings serve: no thread for housekeeping: %s\n", strerror(errno));
        return EXIT_SYSTEM;
    }
    Beginner beginner = {.store = store};
    if (pthread_create(&beginner.thread, NULL, beginner_run, &beginner) != 0) {
        fprintf(stderr, "hustings serve: no thread for what comes first: %s\n", strerror(errno));
        keeper_end(&keeper);
        return EXIT_SYSTEM;
    }
    stop_serving(server);
    tell_running(cli, s, server);
    notify_send("READY=1\nSTATUS=Answering requests");
    server_run(server);
    stop_serving(NULL);
    pthread_join(beginner.thread, NULL);
    keeper_end(&keeper);
    log_line(LOG_INFO, "ended", "signals=%d", stop_asked());
    return EXIT_DONE;
}

/* Letters go from before the first answer, too: links in them begin with the address that is set, or the one that is listened on. */
static int serve_posted(Cli *cli, const Settings *s, Server *server, Store *store)
{
    Post *post;
    Fault fault = {0};
    if (mailing_start(cli->a, s, server_url(server, cli->a), store, &post, &fault)) return cli_fail(cli, &fault);
    int status = serve_sealed(cli, s, server, store);
    post_stop(post);
    return status;
}

/* The record is sealed from before the first answer until after the last one. */
static int serve_until_stopped(Cli *cli, const Settings *s, Server *server, Store *store)
{
    Sealer *sealer;
    RollWorker *worker = NULL;
    Fault fault = {0};
    if (sealing_start(s, store, &sealer, &fault)) return cli_fail(cli, &fault);
    Err e = roll_worker_start(cli->a, store, &worker, &fault);
    ImportWorker *importer = e ? NULL : import_worker_start(store);
    int status = e ? cli_fail(cli, &fault) : serve_posted(cli, s, server, store);
    import_worker_stop(importer);
    roll_worker_stop(worker);
    sealer_stop(sealer);
    return status;
}

static int serve_site(Cli *cli, const Settings *s, Site *site, Store *store)
{
    ServerOptions options = server_options(s);
    Fault fault = {0};
    Server *server;
    if (server_open(cli->a, &options, site, store, &server, &fault)) return cli_fail(cli, &fault);
    int status = serve_until_stopped(cli, s, server, store);
    server_close(server);
    return status;
}

static int serve_store(Cli *cli, const Settings *s, Str dev, Store *store)
{
    SiteOptions options = site_options(s, dev);
    home_country_set(settings_text(s, HOME_COUNTRY));
    Fault fault = {0};
    Site *site;
    if (site_open(cli->a, &options, store, all_rooms, all_room_count, &site, &fault)) return cli_fail(cli, &fault);
    int status = serve_site(cli, s, site, store);
    site_close(site);
    return status;
}

/* --dev: the source tree is here, or around the program. */
static bool find_source(Cli *cli, Str *ret_source)
{
    if (!cli_has(cli, "dev")) return true;
    char here[4096];
    ssize_t len = readlink("/proc/self/exe", here, sizeof here - 1);
    Str program = {here, len > 0 ? (size_t)len : 0};
    while (program.len && program.ptr[program.len - 1] != '/') program.len--;
    Str places[] = {S("."), str_format(cli->a, "%.*s..", STR_ARG(program))};
    for (int i = 0; i < COUNT_OF(places); i++)
        if (access(str_c(cli->a, str_format(cli->a, "%.*s/src/http/pages/layout.html", STR_ARG(places[i]))), R_OK) == 0) {
            *ret_source = places[i];
            return true;
        }
    return false;
}

static int run(Cli *cli)
{
    Settings s;
    Str dev = {0};
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    if (!find_source(cli, &dev)) return cli_usage(cli, "--dev: expected to be started in the source tree, where src/http/pages is");
    int wrong = settings_load(cli, &s);
    if (wrong) return wrong;
    LogLevel level = LOG_DEBUG;
    if (!dev.len) ASSERT(log_level_from(settings_text(&s, SERVER_LOG_LEVEL), &level));
    log_set_level(level);
    notify_open();
    stop_catch();
    raise_open_files();
    Fault fault = {0};
    Store *store;
    if (sealing_check(&s, &fault) || open_store(cli, &s, &store, &fault)) return cli_fail(cli, &fault);
    int status = serve_store(cli, &s, dev, store);
    store_close(store);
    return status;
}

static const Option options[] = {
    ALL_SETTINGS_OPTIONS{
        "dev", 0, NULL, false, "read templates and static files from the source tree at every request, and log everything", NULL},
    HELP_OPTION,
};

const CliCommand command_serve = {
    .name = "serve",
    .operands = "",
    .summary = "run the server",
    .description =
        "Opens the store (making it at the first start), brings its schema up to date, and answers over HTTP until it is told to stop: the "
        "first SIGTERM, SIGINT or SIGHUP lets requests under way finish, a second one does not wait.\n\n"
        "What it does is set in a file, the environment or options: docs/configuration.md, 'hustings config example'. docs/running.md is "
        "about running it for others: TLS, proxies, PostgreSQL, backups.\n\n"
        "The log goes to standard error, one line an event (logfmt), without names or addresses of people. Under systemd (Type=notify) it "
        "says when it is ready and when it stops.",
    .examples = "hustings serve  # http://127.0.0.1:8080, ./hustings.db\n"
                "hustings serve --listen [::]:443 --certificate cert.pem --key key.pem  # TLS without a proxy\n"
                "hustings serve --store postgres://hustings@db.example.org/hustings  # any number of these beside one another\n"
                "hustings serve --dev  # while changing templates\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
