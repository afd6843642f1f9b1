/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/serving.h"

#include "core/clock.h"
#include "core/log.h"
#include "http/metrics.h"

#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/socket.h>

static bool has_header(const Header *headers, int count, Str name)
{
    for (int i = 0; i < count; i++)
        if (str_equal_nocase(headers[i].name, name)) return true;
    return false;
}

/* A response with `headers` and defaults for those that are missing. NULL: a header that cannot be sent.
 * libmicrohttpd takes no header with control characters in it, so none can be smuggled into an answer either. */
static struct MHD_Response *answer_headers(struct MHD_Response *response, Arena *a, const Header *headers, int count)
{
    if (!response) out_of_memory(0);
    for (int i = 0; i < count; i++) {
        if (!headers[i].value.len) continue;
        if (MHD_add_response_header(response, str_c(a, headers[i].name), str_c(a, headers[i].value)) == MHD_YES) continue;
        log_line(LOG_ERROR, "header_refused", "name=%s", log_value(a, headers[i].name));
        MHD_destroy_response(response);
        return NULL;
    }
    return response;
}

static struct MHD_Response *response_of(Str body, Arena *a, const Header *headers, int count)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(body.len, (void *)body.ptr, MHD_RESPMEM_PERSISTENT);
    return answer_headers(response, a, headers, count);
}

/* ---- kept answers: one response for all ---- */

static void free_native(void *native)
{
    MHD_destroy_response(native);
}

/* Two threads may make it at the same moment: one of the two is thrown away. */
static struct MHD_Response *native_of(const Kept *answer, Arena *a)
{
    Kept *kept = (Kept *)answer;
    void *native = __atomic_load_n(&kept->native, __ATOMIC_ACQUIRE);
    if (native) return native;
    struct MHD_Response *made = response_of(kept->body, a, kept->headers, kept->header_count);
    if (!made) return NULL;
    __atomic_store_n(&kept->free_native, free_native, __ATOMIC_RELAXED);
    if (__atomic_compare_exchange_n(&kept->native, &native, (void *)made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return made;
    MHD_destroy_response(made);
    return native;
}

/* ---- sending ---- */

static int class_of(int status)
{
    int class = status / 100;
    return class < 2 ? 2 : class > 5 ? 5 : class;
}

static void count_answer(const Call *call, int status)
{
    metric_add((Metric)(METRIC_REQUESTS_2XX + class_of(status) - 2), 1);
    metric_took(clock_us() - call->began);
}

/* An answer of the server's own, when not even the site's can be sent. */
static struct MHD_Response *bare_answer(Call *call)
{
    call->ex.answer = (Answer){.status = 500, .close = true, .kept = call->ex.answer.kept};
    return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
}

/* A copy of a kept answer's parts, so that headers can be added. */
static void unkeep(Answer *answer)
{
    const Kept *kept = answer->kept;
    if (!kept) return;
    answer->status = kept->status;
    answer->header_count = kept->header_count;
    memcpy(answer->headers, kept->headers, sizeof kept->headers);
    answer->body = kept->body;
}

static void add_header(Answer *answer, Str name, Str value)
{
    if (answer->header_count < ANSWER_HEADERS_MAX && !has_header(answer->headers, answer->header_count, name))
        answer->headers[answer->header_count++] = (Header){name, value};
}

static void complete(Call *call)
{
    Answer *answer = &call->ex.answer;
    unkeep(answer);
    if (answer->status < 200 || answer->status > 599) *answer = (Answer){.status = 500, .close = true, .kept = answer->kept};
    if (answer->status == 503) add_header(answer, S("Retry-After"), S("2"));
}

static enum MHD_Result send_one(Call *call, int status, struct MHD_Response *response, bool close)
{
    if (close) (void)MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result queued = MHD_queue_response(call->connection->native, (unsigned)status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result send_kept(Call *call, struct MHD_Response *native)
{
    count_answer(call, call->ex.answer.kept->status);
    return MHD_queue_response(call->connection->native, (unsigned)call->ex.answer.kept->status, native);
}

static void add_stream_headers(Answer *answer)
{
    if (!answer->status) answer->status = 200;
    add_header(answer, S("Content-Type"), S("text/event-stream; charset=utf-8"));
    add_header(answer, S("Cache-Control"), S("no-store"));
    add_header(answer, S("X-Accel-Buffering"), S("no"));
}

static enum MHD_Result send_stream(Call *call)
{
    Connection *connection = call->connection;
    const Answer *answer = &call->ex.answer;
    connection->stream = stream_open(call);
    if (!connection->stream) return answer_send(call);
    struct MHD_Response *response = answer_headers(
        stream_response(connection->stream), &call->arena, answer->headers, answer->header_count);
    if (!response) return MHD_NO; /* connection_completed closes the stream */
    count_answer(call, 200);
    return send_one(call, 200, response, true);
}

enum MHD_Result answer_send(Call *call)
{
    Answer *answer = &call->ex.answer;
    bool streams = call->streams;
    call->streams = false; /* what stream_open answers instead is no stream */
    if (streams) add_stream_headers(answer);
    if (streams && !call->is_head) return send_stream(call);
    bool close = answer->close || call->connection->loop->draining;
    struct MHD_Response *response = answer->kept && !close ? native_of(answer->kept, &call->arena) : NULL;
    if (response) return send_kept(call, response);
    complete(call);
    response = response_of(answer->body, &call->arena, answer->headers, answer->header_count);
    if (!response) response = bare_answer(call);
    count_answer(call, answer->status);
    return send_one(call, answer->status, response, close || answer->close);
}

/* ---- in the middle of a body ---- */

static void write_now(const Connection *connection, Str bytes)
{
    if (!connection->peer.tls) {
        ssize_t sent = send(connection->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)sent; /* nothing was sent before: it fits, or the client does without */
        return;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->native, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info) (void)gnutls_record_send(info->tls_session, bytes.ptr, bytes.len);
}

void answer_write(Call *call)
{
    Answer *answer = &call->ex.answer;
    Buf b = buf_new(&call->arena);
    complete(call);
    buf_format(&b, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %zu\r\n", answer->status,
        MHD_get_reason_phrase_for((unsigned)answer->status), answer->body.len);
    for (int i = 0; i < answer->header_count; i++)
        buf_format(&b, "%.*s: %.*s\r\n", STR_ARG(answer->headers[i].name), STR_ARG(answer->headers[i].value));
    buf_str(&b, S("\r\n"));
    if (!call->is_head) buf_str(&b, answer->body);
    count_answer(call, answer->status);
    write_now(call->connection, buf_done(&b));
}
