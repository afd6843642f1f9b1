/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A socket that is closed while bytes wait in it is reset, and the client loses what we wrote last: the very words that say why it was refused. So the
 * connection ends, and a copy of its descriptor is read until the client has closed its side, but not for long and not for ever more bytes.
 */
#include "http/serving.h"

#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { LINGER_MS = 2000, LINGER_BYTES = 4 * 1024 * 1024, LINGERING_MOST = 64 };

struct Linger {
    Watch watch;
    Linger *next;
    int fd; /* -1: ended; freed by the scan */
    int64_t deadline;
    int64_t bytes;
};

void linger_begin(Loop *loop, int fd)
{
    if (loop->lingering_count == LINGERING_MOST || loop->cutting) return;
    int copy = dup(fd);
    if (copy < 0) return;
    Linger *linger = calloc(1, sizeof *linger);
    if (!linger) out_of_memory(sizeof *linger);
    *linger = (Linger){.watch = {WATCH_LINGER}, .next = loop->lingering, .fd = copy, .deadline = clock_ms() + LINGER_MS};
    loop->lingering = linger;
    loop->lingering_count++;
    loop_watch(loop, copy, EPOLLIN | EPOLLRDHUP, &linger->watch);
}

static void end(Loop *loop, Linger *linger)
{
    if (linger->fd < 0) return;
    loop_unwatch(loop, linger->fd);
    close(linger->fd);
    linger->fd = -1;
}

void linger_read(Loop *loop, Watch *watch)
{
    Linger *linger = (Linger *)watch;
    char bytes[16 * 1024];
    if (linger->fd < 0) return;
    ssize_t n = recv(linger->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n > 0) linger->bytes += n;
    if (n <= 0 || linger->bytes > LINGER_BYTES) end(loop, linger);
}

void lingers_scan(Loop *loop, int64_t now)
{
    for (Linger **place = &loop->lingering; *place;) {
        Linger *linger = *place;
        if (loop->cutting || now > linger->deadline) end(loop, linger);
        if (linger->fd >= 0) {
            place = &linger->next;
            continue;
        }
        *place = linger->next;
        loop->lingering_count--;
        free(linger);
    }
}
