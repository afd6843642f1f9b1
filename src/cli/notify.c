/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/notify.h"

#include "core/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address;
static socklen_t address_size;

void notify_open(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return;
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') address.sun_path[0] = '\0'; /* of the abstract kind */
    address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void notify_send(const char *words)
{
    if (!address_size) return;
    int before = errno;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) {
        ssize_t sent = sendto(fd, words, strlen(words), MSG_NOSIGNAL, (const struct sockaddr *)&address, address_size);
        (void)sent; /* systemd will notice by itself */
        close(fd);
    }
    errno = before;
}

int notify_watchdog_ms(void)
{
    const char *microseconds = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    int64_t allowed, whose;
    if (!address_size || !microseconds || !str_to_i64(str_from_c(microseconds), &allowed) || allowed < 2000) return 0;
    if (pid && (!str_to_i64(str_from_c(pid), &whose) || whose != getpid())) return 0;
    return allowed / 2000 > 60000 ? 60000 : (int)(allowed / 2000);
}
