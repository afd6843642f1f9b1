/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The order in which libmicrohttpd calls back: connection_notify (a socket) -> connection_target (a request line) -> connection_request (the head; then
 * for each piece of the body; then once more, for the answer) -> connection_completed (the answer was sent, or the connection is gone) -> the next
 * request, or connection_notify (the socket ends).
 */
#include "http/serving.h"

#include "core/clock.h"
#include "http/lint.h"
#include "http/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { MIB = 1024 * 1024 };

/* ---- a connection ---- */

static void enter_state(Connection *connection, ConnectionState state, int64_t milliseconds)
{
    connection->state = state;
    connection->deadline = milliseconds ? clock_ms() + milliseconds : 0;
}

Connection *connection_new(Loop *loop, int fd, const Peer *peer, bool counted)
{
    Connection *connection = calloc(1, sizeof *connection);
    if (!connection) out_of_memory(sizeof *connection);
    *connection = (Connection){
        .watch = {WATCH_CONNECTION}, .loop = loop, .fd = fd, .peer = *peer, .counted = counted, .next = loop->connections};
    if (loop->connections) loop->connections->previous = connection;
    loop->connections = connection;
    loop->connection_count++;
    gauge_add(GAUGE_CONNECTIONS, 1);
    metric_add(METRIC_CONNECTIONS, 1);
    enter_state(connection, CONNECTION_HEAD, loop->server->options.header_ms);
    return connection;
}

void connection_free(Connection *connection)
{
    Loop *loop = connection->loop;
    if (connection->previous) connection->previous->next = connection->next;
    else loop->connections = connection->next;
    if (connection->next) connection->next->previous = connection->previous;
    loop->connection_count--;
    gauge_add(GAUGE_CONNECTIONS, -1);
    if (connection->counted) headcount_leave(loop->server->heads, &connection->peer.address, HEAD_CONNECTION);
    atomic_fetch_sub(&loop->server->connections, 1);
    free(connection);
}

/* libmicrohttpd sees the end of its socket, and does the rest. What a slow reader has not taken by now is thrown away: else the system would go on
 * sending it to her for as long as she likes. */
void connection_cut(Connection *connection)
{
    if (connection->cut) return;
    connection->cut = true;
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (connection->state != CONNECTION_IDLE) setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    shutdown(connection->fd, SHUT_RDWR);
}

void connection_suspend(Connection *connection)
{
    MHD_suspend_connection(connection->native);
}

void connection_resume(Connection *connection)
{
    MHD_resume_connection(connection->native);
    connection->loop->resumed = true;
}

/* libmicrohttpd does not see the end of a stream that is suspended, nor one that came in the same moment as the bytes before it. What is not
 * complete by the next scan never will be; who is waiting for an answer may have closed that side on purpose. */
void connection_left(Watch *watch)
{
    Connection *connection = (Connection *)watch;
    connection->half_closed = true;
    if (connection->stream) stream_cut(connection->stream);
}

static bool is_reading(const Connection *connection)
{
    return connection->state == CONNECTION_HEAD || connection->state == CONNECTION_BODY || connection->state == CONNECTION_IDLE;
}

static bool is_quiet(const Connection *connection)
{
    return connection->state == CONNECTION_IDLE;
}

void connections_scan(Loop *loop, int64_t now)
{
    for (Connection *c = loop->connections, *next; c; c = next) {
        next = c->next;
        if (c->stream && loop->draining) stream_end(c->stream);
        if (c->deadline && now >= c->deadline) {
            if (!c->cut && c->state != CONNECTION_IDLE) metric_add(METRIC_DEADLINES, 1);
            connection_cut(c);
        } else if (loop->cutting || (loop->draining && is_quiet(c)) || (c->half_closed && is_reading(c))) {
            connection_cut(c);
        }
    }
}

void connection_notify(void *context, struct MHD_Connection *native, void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    Loop *loop = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        loop->connections->native = native; /* the one that listen_accept is adding */
        *socket_context = loop->connections;
        loop_watch(loop, loop->connections->fd, EPOLLRDHUP | EPOLLET, &loop->connections->watch);
        return;
    }
    Connection *connection = *socket_context;
    loop_unwatch(loop, connection->fd); /* a copy of the descriptor may live on */
    if (connection->linger && !connection->cut) linger_begin(loop, connection->fd);
    connection_free(connection);
}

static Connection *connection_of(struct MHD_Connection *native)
{
    return *(Connection *const *)MHD_get_connection_info(native, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
}

/* ---- a request's head ---- */

/* The one moment at which the target is whole: later libmicrohttpd cuts it at the '?' and decodes it in place. */
void *connection_target(void *context, const char *target, struct MHD_Connection *native)
{
    Connection *connection = connection_of(native);
    (void)context;
    ASSERT(!connection->call);
    Call *call = connection->call = call_new(connection);
    call->head = target;
    call->ex.target = target ? str_copy(&call->arena, str_from_c(target)) : (Str){0};
    enter_state(connection, CONNECTION_HEAD, connection->loop->server->options.header_ms);
    return connection;
}

typedef struct Gathered {
    Header headers[LINT_HEADERS_MAX + 1]; /* one more, so that the lint sees that there are too many */
    int count;
} Gathered;

static enum MHD_Result gather(
    void *context, enum MHD_ValueKind kind, const char *name, size_t name_length, const char *value, size_t value_length)
{
    Gathered *gathered = context;
    (void)kind;
    if (gathered->count == COUNT_OF(gathered->headers)) return MHD_NO;
    gathered->headers[gathered->count++] = (Header){{name, name_length}, {value ? value : name + name_length + 1, value_length}};
    return MHD_YES;
}

static bool lint(Call *call, const LintRequest *request, LintResult *result)
{
    size_t head_length = MHD_get_connection_info(call->connection->native, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (!lint_request(request, result)) return false;
    LintRequest as_it_stands = *request;
    as_it_stands.target.ptr = call->head;
    if (lint_layout(&as_it_stands, (Str){request->method.ptr, head_length})) return true;
    *result = (LintResult){.status = 400, .why = S("the lines of the head are not ended by CR LF alone")};
    return false;
}

static void fill_exchange(Call *call, const LintRequest *request, const LintResult *sound)
{
    Exchange *ex = &call->ex;
    Header *headers = arena_new(&call->arena, Header, (size_t)request->header_count);
    ex->header_count = lint_join(&call->arena, request, headers);
    ex->headers = headers;
    ex->method = str_equal(request->method, S("HEAD")) ? S("GET") : request->method;
    call->is_head = str_equal(request->method, S("HEAD"));
    ex->target = sound->target;
    str_cut(ex->target, '?', &ex->path, &ex->query);
    origin_find(&call->connection->loop->server->trusted, &call->connection->peer, sound->host, ex);
}

/* As much of an unsound request as an error page needs. */
static void fill_refused(Call *call, const LintRequest *request)
{
    Exchange *ex = &call->ex;
    ex->method = str_equal(request->method, S("POST")) ? S("POST") : S("GET");
    call->is_head = str_equal(request->method, S("HEAD"));
    ex->target = ex->path = S("/");
    ex->client = call->connection->peer.address;
    ex->secure = call->connection->peer.tls;
}

/* The head is in. True: go on with the body. False: the answer is there. */
static bool admit(Call *call, const char *method, const char *version)
{
    Gathered gathered = {.count = 0};
    LintResult result;
    MHD_get_connection_values_n(call->connection->native, MHD_HEADER_KIND, gather, &gathered);
    LintRequest request = {str_from_c(method), call->ex.target, str_from_c(version), gathered.headers, gathered.count};
    call->ex.now = clock_utc();
    call->began = clock_us();
    if (!lint(call, &request, &result)) {
        metric_add(METRIC_LINT_REFUSED, 1);
        fill_refused(call, &request);
        call_refuse(call, result.status, result.why);
        return false;
    }
    fill_exchange(call, &request, &result);
    call->seen = true;
    if (!call->connection->loop->server->calls->admit(call->ex.site, &call->ex, &call->body_most)) {
        call->stage = CALL_READY;
        call->ex.answer.close |= result.chunked || result.body > 0;
        call->connection->linger = call->ex.answer.close;
        return false;
    }
    if (result.body > call->body_most) {
        call_refuse(call, 413, S("the body is larger than this page takes"));
        return false;
    }
    call->stage = CALL_BODY;
    if (result.body || result.chunked) {
        call->body_began = clock_ms();
        enter_state(call->connection, CONNECTION_BODY, call->connection->loop->server->options.body_ms);
    }
    return true;
}

/* ---- its body ---- */

/* A reader of the network who sends at least a MiB in every body_ms may take as long as that needs. */
static void extend_deadline(Call *call)
{
    call->connection->deadline = call->body_began +
                                 (int64_t)call->connection->loop->server->options.body_ms * (1 + call->intake.size / MIB);
}

static enum MHD_Result take_body(Call *call, const char *bytes, size_t *size)
{
    if (call->intake.size + (int64_t)*size > call->body_most) {
        call_refuse(call, 413, S("the body is larger than this page takes"));
        answer_write(call);
        return MHD_NO;
    }
    intake_add(&call->intake, (Str){bytes, *size});
    extend_deadline(call);
    *size = 0;
    return MHD_YES;
}

/* ---- and its answer ---- */

static enum MHD_Result send_answer(Call *call)
{
    const ServerOptions *options = &call->connection->loop->server->options;
    const Answer *answer = &call->ex.answer;
    size_t size = answer->kept ? answer->kept->body.len : answer->body.len;
    enum MHD_Result sent = answer_send(call);
    if (call->connection->stream) {
        enter_state(call->connection, CONNECTION_STREAM, 0);
        call->connection->call = NULL;
        call_free(call);
    } else {
        call->stage = CALL_SENT;
        enter_state(call->connection, CONNECTION_ANSWER, (int64_t)options->answer_ms * (int64_t)(1 + size / MIB));
    }
    return sent;
}

static enum MHD_Result run(Call *call)
{
    if (intake_done(&call->intake, &call->ex.body) != ERR_OK) {
        call_refuse(call, 503, S("there is no room for this body now"));
        return send_answer(call);
    }
    enter_state(call->connection, CONNECTION_RUNNING, 0);
    if (call_run(call)) return send_answer(call);
    connection_suspend(call->connection);
    return MHD_YES;
}

enum MHD_Result connection_request(void *context, struct MHD_Connection *native, const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_size, void **request_context)
{
    Connection *connection = *request_context;
    Call *call = connection->call;
    (void)context, (void)url, (void)native;
    switch (call->stage) {
    case CALL_HEAD:
        /* An answer that is queued now ends the connection (libmicrohttpd will not read on), so all but those that shall do so wait for the next call. */
        if (!admit(call, method, version) && call->ex.answer.close) return send_answer(call);
        return MHD_YES;
    case CALL_BODY: return *upload_size ? take_body(call, upload, upload_size) : run(call);
    case CALL_READY: return send_answer(call); /* there can be no body: with one it would have been sent before */
    case CALL_RUNNING: break;                  /* not resumed by us: wait on */
    case CALL_SENT: return MHD_NO;
    }
    connection_suspend(connection);
    return MHD_YES;
}

void connection_completed(void *context, struct MHD_Connection *native, void **request_context, enum MHD_RequestTerminationCode code)
{
    Connection *connection = *request_context;
    Loop *loop = context;
    (void)native, (void)code;
    if (!connection) return;
    if (connection->stream) stream_close(connection->stream);
    connection->stream = NULL;
    if (connection->call) call_free(connection->call);
    connection->call = NULL;
    enter_state(connection, CONNECTION_IDLE, loop->server->options.idle_ms);
}
