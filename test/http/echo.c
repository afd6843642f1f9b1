/* echo.c: the server alone, with the smallest of sites: for raw-byte tests and for measuring. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     http_echo STORE [listen=127.0.0.1:0] [header_ms=300] ...     prints its address; ends at SIGTERM
 *
 * /              a few words                              /echo          what the site was told, as lines; with a body: its size and SHA-256
 * /kept?N        an answer of N bytes that is kept        /plain?N       the same, made for each request
 * /wait?N        another thread resumes it after N ms     /resumed       it is resumed before site_run has returned
 * /worked?N      made by a worker in N ms                 /twice         first by a worker, then waits
 * /stream?A,B    a live stream of topics A and B          /announce?A    POST: the body is announced as an event of topic A
 * /admit         refused at site_admit                    /small         takes 1000 bytes of body
 * /header        an answer with a header that cannot be sent
 */
#include "core/log.h"
#include "core/sha256.h"
#include "http/metrics.h"
#include "http/server.h"
#include "http/streams.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIZES = 8, BODY_MOST = 4 * 1024 * 1024, WAITING_MOST = 4096 };

struct Site {
    Store *store;
    pthread_mutex_t mutex;
    Kept *kept[SIZES];
    int kept_count;
    atomic_int admitted, done;
};

/* ---- answers ---- */

static void add_header(Exchange *ex, const char *name, Str value)
{
    ex->answer.headers[ex->answer.header_count++] = (Header){str_from_c(name), value};
}

static Next say(Exchange *ex, int status, Str words)
{
    ex->answer = (Answer){.status = status, .body = words};
    add_header(ex, "Content-Type", S("text/plain; charset=utf-8"));
    add_header(ex, "ETag", S("\"echo\""));
    return NEXT_ANSWER;
}

static int64_t number_of(const Exchange *ex)
{
    int64_t n = 0;
    return str_to_i64(ex->query, &n) && n >= 0 && n <= 64 * 1024 * 1024 ? n : 0;
}

static Str letters(Arena *a, int64_t n)
{
    char *bytes = arena_new(a, char, (size_t)n);
    for (int64_t i = 0; i < n; i++) bytes[i] = (char)('a' + i % 26);
    return (Str){bytes, (size_t)n};
}

static Kept *kept_of(Site *site, Exchange *ex)
{
    size_t size = (size_t)number_of(ex);
    Kept *found = NULL;
    pthread_mutex_lock(&site->mutex);
    for (int i = 0; i < site->kept_count && !found; i++)
        if (site->kept[i]->body.len == size) found = site->kept[i];
    if (!found && site->kept_count < SIZES) {
        say(ex, 200, letters(ex->arena, (int64_t)size));
        found = site->kept[site->kept_count++] = kept_new(&ex->answer);
        ex->answer = (Answer){.status = 0};
    }
    pthread_mutex_unlock(&site->mutex);
    return found ? kept_hold(found) : NULL;
}

static Next send_kept(Site *site, Exchange *ex)
{
    ex->answer.kept = kept_of(site, ex);
    return ex->answer.kept ? NEXT_ANSWER : say(ex, 500, S("no room for another size\n"));
}

static Next echo(Exchange *ex)
{
    Buf b = buf_new(ex->arena);
    buf_format(&b, "method %.*s\ntarget %.*s\npath %.*s\nquery %.*s\nhost %.*s\nsecure %d\nlocal %d\nclient ", STR_ARG(ex->method),
        STR_ARG(ex->target), STR_ARG(ex->path), STR_ARG(ex->query), STR_ARG(ex->host), ex->secure, ex->local);
    for (size_t i = 0; i < sizeof ex->client.bytes; i++) buf_format(&b, "%02x", ex->client.bytes[i]);
    buf_format(&b, "\nbody %zu %.*s\n", ex->body.len, STR_ARG(sha256_hex(ex->arena, sha256(ex->body))));
    for (int i = 0; i < ex->header_count; i++)
        buf_format(&b, "header %.*s=%.*s\n", STR_ARG(ex->headers[i].name), STR_ARG(ex->headers[i].value));
    return say(ex, 200, buf_done(&b));
}

/* ---- waiting: one thread that resumes others in time ---- */

typedef struct Waiting {
    Exchange *ex;
    int64_t until;
} Waiting;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t some;
    Waiting list[WAITING_MOST];
    int count;
    bool stopping;
} clockwork = {.mutex = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t resume_due(int64_t now)
{
    int64_t next = now + 1000;
    for (int i = 0; i < clockwork.count; i++) {
        if (clockwork.list[i].until <= now) {
            Exchange *ex = clockwork.list[i].ex;
            clockwork.list[i--] = clockwork.list[--clockwork.count];
            exchange_resume(ex);
        } else if (clockwork.list[i].until < next) next = clockwork.list[i].until;
    }
    return next;
}

static void *tick(void *context)
{
    (void)context;
    pthread_mutex_lock(&clockwork.mutex);
    while (!clockwork.stopping || clockwork.count) {
        int64_t next = resume_due(now_ms());
        struct timespec t = {.tv_sec = next / 1000, .tv_nsec = next % 1000 * 1000000};
        if (!clockwork.stopping) pthread_cond_timedwait(&clockwork.some, &clockwork.mutex, &t);
    }
    pthread_mutex_unlock(&clockwork.mutex);
    return NULL;
}

static Next wait_for(Exchange *ex, int64_t milliseconds)
{
    pthread_mutex_lock(&clockwork.mutex);
    if (clockwork.count == WAITING_MOST) abort();
    clockwork.list[clockwork.count++] = (Waiting){ex, now_ms() + milliseconds};
    pthread_mutex_unlock(&clockwork.mutex);
    pthread_cond_signal(&clockwork.some);
    return NEXT_WAIT;
}

/* ---- events ---- */

static Err announce_run(Db *db, Command *command)
{
    const Exchange *ex = command->input;
    return db_announce(db, ex->query, ex->body, command->now);
}

static void announce_done(Command *command)
{
    exchange_resume(command->context);
}

static Next announce(Site *site, Exchange *ex)
{
    Command *command = arena_new(ex->arena, Command, 1);
    *command = (Command){
        .name = "announce", .leaf = LEAF_NONE, .run = announce_run, .done = announce_done, .context = ex, .input = ex, .now = ex->now};
    command->arena = arena_new(ex->arena, Arena, 1);
    arena_init(command->arena, ARENA_LIMIT_DEFAULT);
    ex->req = command;
    store_submit(site->store, command);
    return NEXT_WAIT;
}

static Next stream(Exchange *ex)
{
    StreamStart *start = arena_new(ex->arena, StreamStart, 1);
    Str list = ex->query;
    for (bool more = true; more && start->topic_count < STREAM_TOPICS_MAX;)
        more = str_cut(list, ',', &start->topics[start->topic_count++], &list);
    cursor_read(exchange_header(ex, "last-event-id"), start);
    ex->stream = start;
    return NEXT_STREAM;
}

/* ---- what the server asks of a site ---- */

bool site_admit(Site *site, Exchange *ex, int64_t *ret_body_most)
{
    atomic_fetch_add(&site->admitted, 1);
    *ret_body_most = str_equal(ex->path, S("/small")) ? 1000 : BODY_MOST;
    if (!str_equal(ex->path, S("/admit"))) return true;
    say(ex, 403, S("not admitted\n"));
    return false;
}

static Next figures(Site *site, Exchange *ex)
{
    Buf b = buf_new(ex->arena);
    StoreFigures store = store_figures(site->store);
    metrics_text(&store, &b);
    buf_format(&b, "echo_owed %d\n", atomic_load(&site->admitted) - atomic_load(&site->done));
    return say(ex, 200, buf_done(&b));
}

static Next worked(Exchange *ex, bool worker)
{
    if (!worker) return NEXT_WORKER;
    int64_t n = number_of(ex);
    nanosleep(&(struct timespec){.tv_sec = n / 1000, .tv_nsec = n % 1000 * 1000000}, NULL);
    return say(ex, 200, S("worked\n"));
}

Next site_run(Site *site, Exchange *ex, Db *db, bool worker)
{
    if (!db) return say(ex, 503, S("no store\n"));
    if (str_equal(ex->path, S("/"))) return say(ex, 200, S("hello\n"));
    if (str_equal(ex->path, S("/echo")) || str_equal(ex->path, S("/small"))) return echo(ex);
    if (str_equal(ex->path, S("/kept"))) return send_kept(site, ex);
    if (str_equal(ex->path, S("/plain"))) return say(ex, 200, letters(ex->arena, number_of(ex)));
    if (str_equal(ex->path, S("/wait"))) return wait_for(ex, number_of(ex));
    if (str_equal(ex->path, S("/resumed"))) {
        exchange_resume(ex);
        return NEXT_WAIT;
    }
    if (str_equal(ex->path, S("/worked"))) return worked(ex, worker);
    if (str_equal(ex->path, S("/twice"))) return worker ? wait_for(ex, 1) : NEXT_WORKER;
    if (str_equal(ex->path, S("/stream"))) return stream(ex);
    if (str_equal(ex->path, S("/announce"))) return announce(site, ex);
    if (str_equal(ex->path, S("/metrics"))) return figures(site, ex);
    if (str_equal(ex->path, S("/header"))) {
        say(ex, 200, S("never sent\n"));
        add_header(ex, "X-Split", S("a\r\nSet-Cookie: b"));
        return NEXT_ANSWER;
    }
    return say(ex, 404, S("nothing here\n"));
}

Next site_finish(Site *site, Exchange *ex, Db *db)
{
    const Command *command = ex->req;
    (void)site, (void)db;
    if (command && command->err) return say(ex, 503, S("not announced\n"));
    return say(ex, 200, S("waited\n"));
}

void site_done(Site *site, Exchange *ex)
{
    Command *command = ex->req;
    if (command) arena_clear(command->arena);
    if (ex->answer.kept) kept_drop((Kept *)ex->answer.kept);
    atomic_fetch_add(&site->done, 1);
}

void site_refuse(Site *site, Exchange *ex, int status, Str why)
{
    if (!ex->host.len) atomic_fetch_add(&site->admitted, 1); /* the lint refused it, so site_admit never saw it */
    say(ex, status, str_format(ex->arena, "refused: %.*s\n", STR_ARG(why)));
}

/* ---- the program ---- */

static Server *server;

static void on_stop(int number)
{
    (void)number;
    server_stop(server);
}

typedef struct IntOption {
    const char *name;
    int *value;
} IntOption;

typedef struct StrOption {
    const char *name;
    Str *value;
} StrOption;

static bool read_option(ServerOptions *o, Str argument)
{
    int count_local = 0;
    IntOption numbers[] = {{"loops", &o->loops}, {"workers", &o->workers}, {"connections_most", &o->connections_most},
        {"connections_per_address", &o->connections_per_address}, {"streams_per_address", &o->streams_per_address},
        {"header_ms", &o->header_ms}, {"body_ms", &o->body_ms}, {"answer_ms", &o->answer_ms}, {"idle_ms", &o->idle_ms},
        {"heartbeat_ms", &o->heartbeat_ms}, {"drain_ms", &o->drain_ms}, {"count_local", &count_local}};
    StrOption texts[] = {{"listen", &o->listen}, {"certificate", &o->certificate}, {"key", &o->key}, {"trusted", &o->trusted}};
    Str name, value;
    int64_t number;
    if (!str_cut(argument, '=', &name, &value)) return false;
    for (int i = 0; i < COUNT_OF(texts); i++)
        if (str_equal(name, str_from_c(texts[i].name))) return *texts[i].value = value, true;
    for (int i = 0; i < COUNT_OF(numbers); i++)
        if (str_equal(name, str_from_c(numbers[i].name)) && str_to_i64(value, &number)) {
            *numbers[i].value = (int)number;
            o->count_local |= count_local != 0;
            return true;
        }
    return false;
}

static int fail(Arena *a, const Fault *fault)
{
    fprintf(stderr, "%s\n", str_c(a, fault_text(a, fault)));
    arena_clear(a);
    return 1;
}

static void serve(Arena *a, Site *site)
{
    struct sigaction stop = {.sa_handler = on_stop}, ignore = {.sa_handler = SIG_IGN};
    pthread_t ticker;
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    if (pthread_create(&ticker, NULL, tick, NULL) != 0) abort();
    printf("%s\n", str_c(a, server_url(server, a)));
    (void)fflush(stdout);
    server_run(server);
    pthread_mutex_lock(&clockwork.mutex);
    clockwork.stopping = true;
    pthread_mutex_unlock(&clockwork.mutex);
    pthread_cond_signal(&clockwork.some);
    pthread_join(ticker, NULL);
    server_close(server);
    for (int i = 0; i < site->kept_count; i++) kept_drop(site->kept[i]);
}

int main(int argc, char **argv)
{
    Arena a;
    Fault fault = {.err = ERR_OK};
    ServerOptions options = {.listen = S("127.0.0.1:0"), .loops = 2};
    Site site = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    if (argc < 2) return 2;
    for (int i = 2; i < argc; i++)
        if (!read_option(&options, str_from_c(argv[i]))) {
            fprintf(stderr, "http_echo: no such option: %s\n", argv[i]);
            return 2;
        }
    if (store_open(&a, &(StoreOptions){.url = str_from_c(argv[1]), .serve = true}, &site.store, &fault)) return fail(&a, &fault);
    if (server_open(&a, &options, &site, site.store, &server, &fault)) {
        store_close(site.store);
        return fail(&a, &fault);
    }
    serve(&a, &site);
    store_close(site.store);
    arena_clear(&a);
    return 0;
}
