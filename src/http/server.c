/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/server.h"

#include "core/clock.h"
#include "core/log.h"
#include "http/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { WORKER_QUEUE_MOST = 1024, PEM_MOST = 1024 * 1024, DESCRIPTORS_FOR_US = 300, DESCRIPTORS_OF_A_LOOP = 8 };

static const int64_t NEVER = INT64_MAX;

/* The site that the program is linked with. */
static const SiteCalls linked_calls = {site_admit, site_run, site_finish, site_done, site_refuse};

/* ---- options ---- */

static void standard(int *option, int value)
{
    if (*option <= 0) *option = value;
}

/* What the limit on open files leaves for connections; streams and lingering sockets take no more than their own. */
static int connections_possible(const ServerOptions *options)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1000000) return 1000000;
    int left = (int)limit.rlim_cur - DESCRIPTORS_FOR_US - options->loops * DESCRIPTORS_OF_A_LOOP;
    return left > 16 ? left : 16;
}

static void fill_options(ServerOptions *options)
{
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1) cores = 1;
    standard(&options->loops, cores);
    standard(&options->workers, 2 * cores);
    standard(&options->connections_most, 19500);
    standard(&options->connections_per_address, 100);
    standard(&options->streams_per_address, 20);
    standard(&options->header_ms, 10000);
    standard(&options->body_ms, 30000);
    standard(&options->answer_ms, 60000);
    standard(&options->idle_ms, 60000);
    standard(&options->heartbeat_ms, 15000);
    standard(&options->drain_ms, 10000);
    int possible = connections_possible(options);
    if (options->connections_most > possible) options->connections_most = possible;
}

/* ---- certificates ---- */

static Err read_pem(Arena *a, Str path, const char *what, char **ret_text, Fault *fault)
{
    int fd = open(str_c(a, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fault_setf(fault, a, ERR_IO, "cannot read the %s file %.*s: %s", what, STR_ARG(path), strerror(errno));
    char *text = calloc(1, PEM_MOST + 1);
    if (!text) out_of_memory(PEM_MOST);
    ssize_t n, length = 0;
    while ((n = read(fd, text + length, (size_t)(PEM_MOST - length))) > 0) length += n;
    close(fd);
    if (n == 0 && strstr(text, "-----BEGIN ")) {
        *ret_text = text;
        return ERR_OK;
    }
    free(text);
    return fault_setf(fault, a, ERR_INPUT, "the %s %.*s in PEM form (\"-----BEGIN ...\")", what, STR_ARG(path));
}

/* libmicrohttpd only says that it does not start; GnuTLS says why. */
static Err try_certificate(const Server *server, Arena *a, Fault *fault)
{
    gnutls_certificate_credentials_t credentials;
    if (gnutls_certificate_allocate_credentials(&credentials) != GNUTLS_E_SUCCESS) out_of_memory(0);
    gnutls_datum_t certificate = {(unsigned char *)server->certificate, (unsigned)strlen(server->certificate)};
    gnutls_datum_t key = {(unsigned char *)server->key, (unsigned)strlen(server->key)};
    int result = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    if (result >= 0) return ERR_OK;
    return fault_setf(fault, a, ERR_INPUT, "a certificate and its key that work together: %s", gnutls_strerror(result));
}

static Err open_tls(Server *server, Arena *a, Fault *fault)
{
    const ServerOptions *options = &server->options;
    if (!options->certificate.len && !options->key.len) return ERR_OK;
    if (!options->certificate.len || !options->key.len)
        return fault_set(fault, ERR_INPUT, 0, 0, S("both a certificate and a key for TLS, or neither"), (Str){0});
    Err err = read_pem(a, options->certificate, "certificate", &server->certificate, fault);
    if (!err) err = read_pem(a, options->key, "key", &server->key, fault);
    if (!err) err = try_certificate(server, a, fault);
    return err;
}

/* ---- life ---- */

static Err open_loops(Server *server, Arena *a, Fault *fault)
{
    for (int i = 0; i < server->loop_count; i++) {
        Err err = loop_open(server, &server->loops[i], a, fault);
        if (err) return err;
    }
    return listen_open(server, a, fault);
}

static Err open_parts(Server *server, Arena *a, Fault *fault)
{
    Err err = trusted_parse(a, server->options.trusted, &server->trusted, fault);
    if (!err) err = listen_parse(a, server->options.listen, &server->listening, fault);
    if (!err) err = open_tls(server, a, fault);
    if (err) return err;
    server->stop = eventfd(0, EFD_CLOEXEC);
    server->ended = eventfd(0, EFD_CLOEXEC);
    if (server->stop < 0 || server->ended < 0) return fault_setf(fault, a, ERR_IO, "to get file descriptors: %s", strerror(errno));
    return open_loops(server, a, fault);
}

Err server_open(Arena *a, const ServerOptions *options, Site *site, Store *store, Server **ret_server, Fault *fault)
{
    Server *server = calloc(1, sizeof *server);
    if (!server) out_of_memory(sizeof *server);
    server->site = site;
    server->store = store;
    server->options = *options;
    server->calls = options->calls ? options->calls : &linked_calls;
    server->stop = server->ended = -1;
    fill_options(&server->options);
    server->heads = headcount_new();
    server->loop_count = server->options.loops;
    server->loops = calloc((size_t)server->loop_count, sizeof *server->loops);
    if (!server->loops) out_of_memory(sizeof *server->loops);
    for (int i = 0; i < server->loop_count; i++) server->loops[i].listener = -1;
    Err err = open_parts(server, a, fault);
    if (err) {
        server_close(server);
        return err;
    }
    if (store) store_listen(store, streams_heard, server);
    *ret_server = server;
    return ERR_OK;
}

Str server_url(const Server *server, Arena *a)
{
    return listen_url(server, a);
}

int64_t server_quiet_ms(const Server *server)
{
    int64_t now = clock_ms(), most = 0;
    if (atomic_load(&server->stage) != STAGE_SERVING) return 0;
    for (int i = 0; i < server->loop_count; i++) {
        int64_t round_at = atomic_load_explicit(&server->loops[i].round_at, memory_order_relaxed);
        if (round_at && now - round_at > most) most = now - round_at;
    }
    return most;
}

void server_stop(Server *server)
{
    int error = errno;
    ssize_t written = write(server->stop, &(uint64_t){1}, sizeof(uint64_t));
    (void)written;
    errno = error;
}

void server_close(Server *server)
{
    if (!server) return;
    if (server->stop >= 0 && server->store) store_listen(server->store, NULL, NULL);
    for (int i = 0; i < server->loop_count; i++) loop_close(&server->loops[i]);
    if (server->listening.bound) unlink(server->listening.path);
    if (server->stop >= 0) close(server->stop);
    if (server->ended >= 0) close(server->ended);
    headcount_free(server->heads);
    free(server->certificate);
    if (server->key) sodium_memzero(server->key, strlen(server->key));
    free(server->key);
    free(server->loops);
    free(server);
}

/* ---- running ---- */

static void enter_stage(Server *server, Stage stage)
{
    if (atomic_load(&server->stage) >= (int)stage) return;
    atomic_store(&server->stage, (int)stage);
    for (int i = 0; i < server->loop_count; i++) loop_wake(&server->loops[i]);
    log_line(LOG_INFO, stage == STAGE_DRAINING ? "draining" : "cutting", "connections=%d", atomic_load(&server->connections));
}

static uint64_t take(int fd)
{
    uint64_t n = 0;
    return read(fd, &n, sizeof n) == sizeof n ? n : 0;
}

/* For poll. */
static int time_left(int64_t until)
{
    if (until == NEVER) return -1;
    int64_t left = until - clock_ms();
    return left < 0 ? 0 : (int)left;
}

/* Until all loops have ended. The first stop drains; the second, or the end of the time for that, cuts. */
static void supervise(Server *server, int running)
{
    struct pollfd ready[] = {{.fd = server->stop, .events = POLLIN}, {.fd = server->ended, .events = POLLIN}};
    int64_t cut_at = NEVER;
    uint64_t stops = 0;
    while (running > 0) {
        if (poll(ready, COUNT_OF(ready), time_left(cut_at)) < 0) continue; /* a signal: its handler has called server_stop */
        if (ready[0].revents) stops += take(server->stop);
        if (ready[1].revents) running -= (int)take(server->ended);
        if (stops && atomic_load(&server->stage) == STAGE_SERVING) {
            cut_at = clock_ms() + server->options.drain_ms;
            enter_stage(server, STAGE_DRAINING);
        }
        if (stops > 1 || clock_ms() >= cut_at) {
            enter_stage(server, STAGE_CUT);
            cut_at = NEVER;
        }
    }
}

void server_run(Server *server)
{
    int running = 0;
    server->workers = workers_start(server->store, server->options.workers, WORKER_QUEUE_MOST);
    for (; running < server->loop_count; running++) {
        if (pthread_create(&server->loops[running].thread, NULL, loop_run, &server->loops[running]) != 0) break;
        pthread_setname_np(server->loops[running].thread, "loop");
    }
    if (running < server->loop_count) {
        log_line(LOG_ERROR, "threads", "wanted=%d got=%d", server->loop_count, running);
        server_stop(server);
    }
    supervise(server, running);
    for (int i = 0; i < running; i++) pthread_join(server->loops[i].thread, NULL);
    workers_stop(server->workers);
    server->workers = NULL;
}
