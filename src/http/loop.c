/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why our own epoll around libmicrohttpd's: with its internal thread 0.9.75 stalls when exactly 128 connections are ready, and a resumed connection
 * wakes nobody. Here MHD_run never waits; we do, on its epoll, an eventfd and the sockets it knows nothing of.
 */
#include "http/serving.h"

#include "core/clock.h"
#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 64, POOL_BYTES = 8 * 1024, SCAN_MOST_MS = 500, SCAN_LEAST_MS = 10, SCANS_IN_A_DEADLINE = 4 };

/* TLS 1.2 and 1.3 with ciphers that have forward secrecy and authentication. */
static const char tls_priorities[] =
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:"
    "%SERVER_PRECEDENCE";

/* ---- what it waits for ---- */

void loop_watch(Loop *loop, int fd, uint32_t events, Watch *watch)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) log_line(LOG_ERROR, "epoll", "error=%d", errno);
}

void loop_unwatch(Loop *loop, int fd)
{
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void loop_wake(Loop *loop)
{
    ssize_t written = write(loop->wake, &(uint64_t){1}, sizeof(uint64_t));
    (void)written; /* it can only be full, and then it wakes anyhow */
}

void loop_post(Loop *loop, Task *task)
{
    if (task_queue_put(&loop->inbox, task)) loop_wake(loop);
}

/* So often that nobody is late by more than a quarter of the shortest time that is granted. */
static int64_t loop_scan_ms(const ServerOptions *options)
{
    const int times[] = {options->header_ms, options->body_ms, options->answer_ms, options->idle_ms, options->heartbeat_ms};
    int64_t scan = SCAN_MOST_MS;
    for (int i = 0; i < COUNT_OF(times); i++)
        if (times[i] / SCANS_IN_A_DEADLINE < scan) scan = times[i] / SCANS_IN_A_DEADLINE;
    return scan < SCAN_LEAST_MS ? SCAN_LEAST_MS : scan;
}

/* ---- opening ---- */

/* What libmicrohttpd has to say is about single connections, whose clients we will not name. */
PRINTF_LIKE(2, 0) static void say_nothing(void *context, const char *format, va_list arguments)
{
    (void)context, (void)format, (void)arguments;
}

static struct MHD_Daemon *start_daemon(Server *server, Loop *loop)
{
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate}, {MHD_OPTION_HTTPS_MEM_KEY, 0, server->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)tls_priorities}, {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG;
    if (server->certificate) flags |= MHD_USE_TLS;
    return MHD_start_daemon(flags, 0, NULL, NULL, connection_request, loop, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT, (unsigned)server->options.connections_most + 1,
        MHD_OPTION_URI_LOG_CALLBACK, connection_target, loop, MHD_OPTION_NOTIFY_COMPLETED, connection_completed, loop,
        MHD_OPTION_NOTIFY_CONNECTION, connection_notify, loop, MHD_OPTION_ARRAY, server->certificate ? tls : &tls[COUNT_OF(tls) - 1],
        MHD_OPTION_END);
}

Err loop_open(Server *server, Loop *loop, Arena *a, Fault *fault)
{
    loop->server = server;
    loop->reader.store = server->store;
    task_queue_init(&loop->inbox);
    loop->daemon_watch.kind = WATCH_DAEMON;
    loop->wake_watch.kind = WATCH_WAKE;
    loop->listener_watch.kind = WATCH_LISTENER;
    loop->streams = streams_new();
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->epoll < 0 || loop->wake < 0) return fault_setf(fault, a, ERR_IO, "to get file descriptors: %s", strerror(errno));
    loop->daemon = start_daemon(server, loop);
    if (!loop->daemon)
        return fault_set(fault, ERR_IO, 0, 0,
            server->certificate ? S("the HTTP library to start with this certificate and key") : S("the HTTP library to start"), (Str){0});
    loop_watch(loop, loop->wake, EPOLLIN, &loop->wake_watch);
    loop_watch(loop, MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, EPOLLIN, &loop->daemon_watch);
    return ERR_OK;
}

static void free_spare_calls(Loop *loop)
{
    while (loop->spare) {
        Call *call = loop->spare;
        loop->spare = call->spare;
        arena_clear(&call->arena);
        free(call);
    }
}

void loop_close(Loop *loop)
{
    if (!loop->server) return;
    if (loop->daemon) MHD_stop_daemon(loop->daemon);
    if (loop->listener >= 0) close(loop->listener);
    if (loop->epoll >= 0) close(loop->epoll);
    if (loop->wake >= 0) close(loop->wake);
    for (Task *task = task_queue_take_all(&loop->inbox); task;) { /* events that came after the end */
        Task *next = task->next;
        task->run(task, &loop->reader);
        task = next;
    }
    streams_free(loop->streams);
    free_spare_calls(loop);
    reader_close(&loop->reader);
    task_queue_clear(&loop->inbox);
}

/* ---- a round ---- */

static void handle(Loop *loop, const struct epoll_event *event)
{
    Watch *watch = event->data.ptr;
    uint64_t count;
    switch (watch->kind) {
    case WATCH_DAEMON: break; /* MHD_run comes in every round */
    case WATCH_WAKE:
        if (read(loop->wake, &count, sizeof count) < 0 && errno != EAGAIN) log_line(LOG_ERROR, "eventfd", "error=%d", errno);
        break;
    case WATCH_LISTENER:
        if (loop->listener >= 0) listen_accept(loop);
        break;
    case WATCH_CONNECTION: connection_left(watch); break;
    case WATCH_LINGER: linger_read(loop, watch); break;
    }
}

static void do_tasks(Loop *loop)
{
    for (Task *task = task_queue_take_all(&loop->inbox); task;) {
        Task *next = task->next; /* the task may be gone after it ran */
        task->run(task, &loop->reader);
        task = next;
    }
}

/* Once more after every resume: only the run after it looks at the connection. */
static void run_daemon(Loop *loop)
{
    do {
        loop->resumed = false;
        MHD_run(loop->daemon);
    } while (loop->resumed);
}

static void start_accepting(Loop *loop)
{
    if (loop->accepting || loop->listener < 0) return;
    loop_watch(loop, loop->listener, EPOLLIN | (loop->server->listening.path[0] ? (uint32_t)EPOLLEXCLUSIVE : 0), &loop->listener_watch);
    loop->accepting = true;
}

/* Whoever was already in the queue of the socket is served still. */
static void follow_stage(Loop *loop)
{
    int stage = atomic_load(&loop->server->stage);
    if (stage >= STAGE_DRAINING && !loop->draining) {
        loop->draining = true;
        if (loop->listener >= 0) listen_accept(loop);
        listen_close(loop);
        loop->next_scan = 0;
    }
    if (stage >= STAGE_CUT && !loop->cutting) {
        loop->cutting = true;
        loop->next_scan = 0;
    }
}

static void scan(Loop *loop)
{
    int64_t now = clock_ms();
    if (now < loop->next_scan) return;
    loop->next_scan = now + loop_scan_ms(&loop->server->options);
    atomic_store_explicit(&loop->round_at, now, memory_order_relaxed);
    if (!loop->draining) start_accepting(loop);
    connections_scan(loop, now);
    if (!loop->draining) streams_beat(loop, now);
    lingers_scan(loop, now);
}

static int time_to_wait(const Loop *loop)
{
    MHD_UNSIGNED_LONG_LONG left;
    if (loop->resumed || streams_waiting(loop)) return 0;
    if (MHD_get_timeout(loop->daemon, &left) == MHD_YES && left == 0) return 0;
    int64_t wait = loop->next_scan - clock_ms();
    return wait < 0 ? 0 : (int)wait;
}

static bool has_ended(const Loop *loop)
{
    return loop->draining && !loop->connection_count && !loop->outstanding && !loop->lingering_count;
}

void *loop_run(void *context)
{
    Loop *loop = context;
    struct epoll_event events[EVENTS_AT_ONCE];
    start_accepting(loop);
    while (!has_ended(loop)) {
        int n = epoll_wait(loop->epoll, events, EVENTS_AT_ONCE, time_to_wait(loop));
        for (int i = 0; i < n; i++) handle(loop, &events[i]);
        follow_stage(loop);
        do_tasks(loop);
        streams_wake(loop);
        run_daemon(loop);
        scan(loop);
    }
    reader_close(&loop->reader);
    ssize_t written = write(loop->server->ended, &(uint64_t){1}, sizeof(uint64_t));
    (void)written;
    return NULL;
}
