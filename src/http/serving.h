/* serving.h: what the server's own files share. Private to http/; nothing of the site is in here. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A Server has Loops (a thread, a libmicrohttpd daemon and an epoll each) and a pool of Workers. A Loop has Connections; a Connection serves one
 * Call (an exchange and its arena) after another, or ends as a Stream. Everything of a loop is touched by its thread alone, with two exceptions: its
 * inbox, into which any thread posts Tasks, and a Call while it is with a worker or waits for exchange_resume.
 *
 *   listen.c      sockets: what `listen` means, one socket a loop, accepting within the limits
 *   loop.c        one thread's round: sockets, inbox, libmicrohttpd, deadlines; draining
 *   connection.c  libmicrohttpd's callbacks: from a socket to a linted request with its body
 *   call.c        a request's way: loop, worker, waiting, answer
 *   sending.c     an Answer as libmicrohttpd sends it
 *   intake.c      bodies: small ones in memory, large ones in an unlinked file
 *   workers.c     threads for what takes long, and each thread's own reader of the store
 *   streams.c     live streams: topics, replay, heartbeats
 *   linger.c      sockets that end while the client still sends
 */
#ifndef HUSTINGS_HTTP_SERVING_H
#define HUSTINGS_HTTP_SERVING_H

#include "http/headcount.h"
#include "http/intake.h"
#include "http/origin.h"
#include "http/server.h"
#include "http/streams.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/un.h>

typedef struct Loop Loop;
typedef struct Connection Connection;
typedef struct Call Call;
typedef struct Stream Stream;
typedef struct Linger Linger;
typedef struct StreamTable StreamTable;

/* ---- time ---- */

/* ---- a thread's reader of the store ---- */

typedef struct Reader {
    Store *store;
    Db *db;
    bool doubtful;    /* look at it before it is used again */
    int64_t retry_at; /* not before that: clock_ms */
} Reader;

Db *reader_get(Reader *reader); /* NULL while the store cannot be reached, and without one */
void reader_close(Reader *reader);

/* ---- tasks: what one thread gives another to do ---- */

typedef struct Task Task;
struct Task {
    Task *next;
    bool slow;                               /* may take seconds: at most half of the workers do such things at once */
    void (*run)(Task *task, Reader *reader); /* on the other thread */
};

typedef struct TaskQueue {
    pthread_mutex_t mutex;
    Task *first, **end;
    int count;
} TaskQueue;

void task_queue_init(TaskQueue *queue);
void task_queue_clear(TaskQueue *queue);
/* True when it was empty before: then whoever takes from it must be woken. */
bool task_queue_put(TaskQueue *queue, Task *task);
Task *task_queue_take_all(TaskQueue *queue);

typedef struct Workers Workers;
Workers *workers_start(Store *store, int threads, int queue_most);
/* False: too many wait already. `must`: take it nevertheless. */
NODISCARD bool workers_submit(Workers *workers, Task *task, bool must);
/* Do what is queued, then end. Safe on NULL. */
void workers_stop(Workers *workers);

/* ---- the server ---- */

typedef enum Stage { STAGE_SERVING, STAGE_DRAINING, STAGE_CUT } Stage;

typedef struct Listening {
    struct sockaddr_storage address;
    socklen_t length;
    char path[sizeof((struct sockaddr_un *)NULL)->sun_path]; /* a Unix socket's; else empty */
    bool bound;                                              /* there is a socket file that is ours */
} Listening;

struct Server {
    Site *site;
    const SiteCalls *calls;
    Store *store;          /* NULL: none */
    ServerOptions options; /* with the standard values filled in */
    TrustedList trusted;
    Headcount *heads;
    Listening listening;
    char *certificate, *key; /* PEM; NULL: no TLS */
    Loop *loops;
    int loop_count;
    Workers *workers;
    int stop;  /* eventfd: server_stop was called */
    int ended; /* eventfd: a loop has ended */
    atomic_int stage;
    atomic_int connections;
    atomic_int streams;
};

/* ---- listen.c ---- */

NODISCARD Err listen_parse(Arena *a, Str text, Listening *ret, Fault *fault);
/* A socket for every loop (a Unix socket is one, shared). Sets loop->listener, and the port in server->listening when it was 0. */
NODISCARD Err listen_open(Server *server, Arena *a, Fault *fault);
void listen_close(Loop *loop);
Str listen_url(const Server *server, Arena *a);
/* Accept what waits, give it to libmicrohttpd, or close it where a limit is reached. */
void listen_accept(Loop *loop);

/* ---- loop.c ---- */

typedef enum WatchKind { WATCH_DAEMON, WATCH_WAKE, WATCH_LISTENER, WATCH_CONNECTION, WATCH_LINGER } WatchKind;

/* What a loop's epoll points to; the first member of whatever is watched. */
typedef struct Watch {
    WatchKind kind;
} Watch;

struct Loop {
    Server *server;
    pthread_t thread;
    struct MHD_Daemon *daemon;
    int epoll, wake, listener; /* listener: -1 when it is closed */
    Watch daemon_watch, wake_watch, listener_watch;
    bool accepting; /* the listener is in the epoll */
    bool draining, cutting;
    bool resumed; /* a connection was resumed: libmicrohttpd must run once more */
    TaskQueue inbox;
    Reader reader;
    Connection *connections;
    int connection_count;
    int outstanding; /* calls and replays that are with somebody else */
    Call *spare;
    int spare_count;
    StreamTable *streams;
    Linger *lingering;
    int lingering_count;
    int64_t next_scan;
    _Atomic int64_t round_at; /* clock_ms: when it last came round */
};

NODISCARD Err loop_open(Server *server, Loop *loop, Arena *a, Fault *fault);
void *loop_run(void *loop);
void loop_close(Loop *loop);
void loop_wake(Loop *loop);
/* From any thread: `task` runs on the loop's. */
void loop_post(Loop *loop, Task *task);
void loop_watch(Loop *loop, int fd, uint32_t events, Watch *watch);
void loop_unwatch(Loop *loop, int fd);

/* ---- connection.c ---- */

typedef enum ConnectionState {
    CONNECTION_HEAD,    /* a request's head is coming: header_ms */
    CONNECTION_BODY,    /* body_ms */
    CONNECTION_RUNNING, /* with us: no deadline */
    CONNECTION_ANSWER,  /* answer_ms */
    CONNECTION_IDLE,    /* between two requests: idle_ms */
    CONNECTION_STREAM,
} ConnectionState;

struct Connection {
    Watch watch;
    Connection *previous, *next;
    Loop *loop;
    struct MHD_Connection *native; /* NULL until libmicrohttpd has taken it */
    int fd;
    ConnectionState state;
    Peer peer;
    bool counted; /* by its address */
    bool linger;  /* the client may still be sending when it ends */
    bool cut;
    bool half_closed; /* nothing more will come from the client */
    int64_t deadline; /* clock_ms; 0: none */
    Call *call;
    Stream *stream;
};

Connection *connection_new(Loop *loop, int fd, const Peer *peer, bool counted);
/* Before libmicrohttpd has taken it, or when it has ended. */
void connection_free(Connection *connection);
void connection_cut(Connection *connection);
/* The client has closed its side. */
void connection_left(Watch *watch);
void connection_suspend(Connection *connection);
void connection_resume(Connection *connection);
/* Cut those that are too slow; when the server stops, those that do nothing. */
void connections_scan(Loop *loop, int64_t now);

enum MHD_Result connection_request(void *context, struct MHD_Connection *native, const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_size, void **request_context);
void *connection_target(void *context, const char *target, struct MHD_Connection *native);
void connection_completed(void *context, struct MHD_Connection *native, void **request_context, enum MHD_RequestTerminationCode code);
void connection_notify(void *context, struct MHD_Connection *native, void **socket_context, enum MHD_ConnectionNotificationCode code);

/* ---- call.c ---- */

typedef enum CallStage {
    CALL_HEAD,    /* the target is known, the headers are not */
    CALL_BODY,    /* admitted; the body is coming */
    CALL_RUNNING, /* with the site */
    CALL_READY,   /* the answer is there */
    CALL_SENT,
} CallStage;

struct Call {
    Task task;
    Exchange ex;
    Arena arena;
    Connection *connection;
    Call *spare;
    CallStage stage;
    atomic_int arrivals; /* of two: whoever ran it has returned NEXT_WAIT; exchange_resume was called. The second one goes on */
    const char *head;    /* where the target stands among libmicrohttpd's bytes, for the lint */
    bool seen;           /* by the site: site_done is owed */
    bool is_head;        /* HEAD: as GET, without the body */
    bool streams;        /* the answer is a live stream */
    Intake intake;
    int64_t body_most;
    int64_t body_began; /* clock_ms */
    int64_t began;      /* clock_us */
};

Call *call_new(Connection *connection);
void call_free(Call *call);
/* Give it to the site. True: the answer is there. False: it will be; suspend the connection. */
NODISCARD bool call_run(Call *call);
/* The server's own answer instead of the site's, and the connection ends after it. */
void call_refuse(Call *call, int status, Str why);

/* ---- sending.c ---- */

/* Queue the call's answer, or open its stream. */
enum MHD_Result answer_send(Call *call);
/* Write a refusal to the socket at once: in the middle of a body libmicrohttpd takes no answer. The connection must be closed after it. */
void answer_write(Call *call);

/* ---- streams.c ---- */

StreamTable *streams_new(void);
void streams_free(StreamTable *table);
/* The stream that call->ex.stream asks for; NULL, with an answer instead, when this address has too many. */
Stream *stream_open(Call *call);
void stream_close(Stream *stream);
struct MHD_Response *stream_response(Stream *stream);
/* Its reader has left, or reads too slowly. */
void stream_cut(Stream *stream);
void stream_end(Stream *stream);
/* Resume those that have something to send; heartbeats of those that are due. */
void streams_wake(Loop *loop);
void streams_beat(Loop *loop, int64_t now);
bool streams_waiting(const Loop *loop); /* some are still to be woken */
/* store_listen's callback, with the server as context. */
void streams_heard(void *server, const TopicEvent *event);

/* ---- linger.c ---- */

/* Read and throw away what comes on a copy of `fd`, for a little while, so that the client gets to read our answer before its socket is reset. */
void linger_begin(Loop *loop, int fd);
void linger_read(Loop *loop, Watch *watch);
void lingers_scan(Loop *loop, int64_t now);

#endif
