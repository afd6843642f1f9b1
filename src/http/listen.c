/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/serving.h"

#include "http/metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPT_AT_ONCE = 256 };

/* ---- what `listen` means ---- */

static Err parse_unix(Str path, Listening *ret, Fault *fault)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&ret->address;
    if (!path.len || path.len >= sizeof ret->path || memchr(path.ptr, '\0', path.len))
        return fault_set(fault, ERR_INPUT, 0, 0, S("a path of at most 107 bytes after \"unix:\""), (Str){0});
    memcpy(ret->path, path.ptr, path.len);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, ret->path, sizeof ret->path);
    ret->length = sizeof *address;
    return ERR_OK;
}

/* "127.0.0.1", "[::]", or nothing: every address of this machine. */
static bool split_host(Str text, Str *ret_host, Str *ret_port)
{
    if (text.len && text.ptr[0] == '[') {
        if (!str_cut(str_slice(text, 1, text.len), ']', ret_host, &text) || !text.len || text.ptr[0] != ':') return false;
        *ret_port = str_slice(text, 1, text.len);
        return true;
    }
    return str_cut(text, ':', ret_host, ret_port) && str_find(*ret_port, ':') == ret_port->len;
}

Err listen_parse(Arena *a, Str text, Listening *ret, Fault *fault)
{
    Str host, port;
    int64_t number;
    *ret = (Listening){.length = 0};
    if (str_starts(text, S("unix:"))) return parse_unix(str_slice(text, 5, text.len), ret, fault);
    struct sockaddr_in *v4 = (struct sockaddr_in *)&ret->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret->address;
    bool ok = split_host(text, &host, &port) && port.len && str_to_i64(port, &number) && number >= 0 && number <= 65535;
    if (ok && !host.len) host = S("::");
    if (ok && inet_pton(AF_INET, str_c(a, host), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        ret->length = sizeof *v4;
        return ERR_OK;
    }
    if (ok && inet_pton(AF_INET6, str_c(a, host), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)number);
        ret->length = sizeof *v6;
        return ERR_OK;
    }
    return fault_set(fault, ERR_INPUT, 0, 0, S("an address and a port to listen on: \"127.0.0.1:8080\", \"[::]:443\" or \"unix:/path\""),
        fault_quote(a, text));
}

Str listen_url(const Server *server, Arena *a)
{
    const struct sockaddr_storage *address = &server->listening.address;
    const char *scheme = server->certificate ? "https" : "http";
    char host[INET6_ADDRSTRLEN] = "";
    if (server->listening.path[0]) return str_format(a, "unix:%s", server->listening.path);
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        return str_format(a, "%s://%s:%d", scheme, host, ntohs(v4->sin_port));
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
    return str_format(a, "%s://[%s]:%d", scheme, host, ntohs(v6->sin6_port));
}

/* ---- sockets ---- */

static int bound_socket(const Listening *where, bool shared)
{
    int one = 1, zero = 0;
    int fd = socket(where->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (where->address.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(fd, (const struct sockaddr *)&where->address, where->length) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static Err cannot_listen(Server *server, Arena *a, Fault *fault)
{
    int error = errno;
    return fault_setf(fault, a, ERR_IO, "cannot listen on %.*s: %s", STR_ARG(server->options.listen), strerror(error));
}

/* With SO_REUSEPORT a second server on the same port would quietly take half of the first one's visitors, so first see that the port is free. */
static Err open_tcp(Server *server, Arena *a, Fault *fault)
{
    Listening *where = &server->listening;
    int probe = bound_socket(where, false);
    if (probe < 0 || listen(probe, 1) != 0) {
        Err err = cannot_listen(server, a, fault);
        if (probe >= 0) close(probe);
        return err;
    }
    getsockname(probe, (struct sockaddr *)&where->address, &where->length);
    close(probe);
    for (int i = 0; i < server->loop_count; i++) {
        server->loops[i].listener = bound_socket(where, true);
        if (server->loops[i].listener < 0) return cannot_listen(server, a, fault);
    }
    for (int i = 0; i < server->loop_count; i++)
        if (listen(server->loops[i].listener, BACKLOG) != 0) return cannot_listen(server, a, fault);
    return ERR_OK;
}

/* A socket file that nobody answers on is what a killed server left. */
static void remove_stale(const Listening *where)
{
    struct stat s;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    if (lstat(where->path, &s) == 0 && S_ISSOCK(s.st_mode) && connect(fd, (const struct sockaddr *)&where->address, where->length) != 0 &&
        errno == ECONNREFUSED)
        unlink(where->path);
    close(fd);
}

static Err open_unix(Server *server, Arena *a, Fault *fault)
{
    remove_stale(&server->listening);
    int fd = bound_socket(&server->listening, false);
    if (fd < 0) return cannot_listen(server, a, fault);
    server->loops[0].listener = fd;
    server->listening.bound = true;
    if (chmod(server->listening.path, 0660) != 0 || listen(fd, BACKLOG) != 0) return cannot_listen(server, a, fault);
    for (int i = 1; i < server->loop_count; i++) {
        server->loops[i].listener = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (server->loops[i].listener < 0) return cannot_listen(server, a, fault);
    }
    return ERR_OK;
}

Err listen_open(Server *server, Arena *a, Fault *fault)
{
    return server->listening.path[0] ? open_unix(server, a, fault) : open_tcp(server, a, fault);
}

void listen_close(Loop *loop)
{
    if (loop->listener < 0) return;
    loop_unwatch(loop, loop->listener);
    close(loop->listener);
    loop->listener = -1;
    loop->accepting = false;
}

/* ---- accepting ---- */

static Peer peer_of(const Server *server, const struct sockaddr_storage *address)
{
    Peer peer = {.address = address_of_socket(address), .unix_socket = address->ss_family == AF_UNIX, .tls = server->certificate != NULL};
    peer.trusted = peer.unix_socket ? server->trusted.unix_socket : trusted_has(&server->trusted, &peer.address);
    return peer;
}

static bool is_counted(const Server *server, const Peer *peer)
{
    bool here = peer->unix_socket || address_is_loopback(&peer->address);
    return !peer->trusted && (!here || server->options.count_local);
}

/* Both limits, or neither is taken. */
static bool enter(Server *server, const Peer *peer, bool counted)
{
    if (atomic_fetch_add(&server->connections, 1) < server->options.connections_most &&
        (!counted || headcount_enter(server->heads, &peer->address, HEAD_CONNECTION, server->options.connections_per_address)))
        return true;
    atomic_fetch_sub(&server->connections, 1);
    return false;
}

static void take_in(Loop *loop, int fd, const struct sockaddr_storage *address, socklen_t length)
{
    Peer peer = peer_of(loop->server, address);
    bool counted = is_counted(loop->server, &peer);
    int one = 1;
    if (!enter(loop->server, &peer, counted)) {
        metric_add(METRIC_CONNECTIONS_REFUSED, 1);
        close(fd);
        return;
    }
    if (!peer.unix_socket) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    Connection *connection = connection_new(loop, fd, &peer, counted);
    /* connection_notify makes it libmicrohttpd's; when that did not happen, it has closed the socket already. */
    if (MHD_add_connection(loop->daemon, fd, (const struct sockaddr *)address, length) != MHD_YES) {
        if (loop->connections == connection && !connection->native) connection_free(connection);
    }
}

void listen_accept(Loop *loop)
{
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct sockaddr_storage address = {.ss_family = AF_UNIX};
        socklen_t length = sizeof address;
        int fd = accept4(loop->listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            loop_unwatch(loop, loop->listener); /* until the next scan: else this would be a busy loop */
            loop->accepting = false;
        }
        if (fd < 0) return;
        take_in(loop, fd, &address, length);
    }
}
