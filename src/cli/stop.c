/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/stop.h"

#include "cli/cli.h"
#include "cli/notify.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static Server *_Atomic running;
static atomic_int asked;

static void on_stop(int number)
{
    (void)number;
    int before = atomic_fetch_add(&asked, 1);
    if (before == 0) notify_send("STOPPING=1");
    Server *server = atomic_load(&running);
    if (server) server_stop(server);
    else if (before > 0) _exit(EXIT_SYSTEM);
}

void stop_catch(void)
{
    struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART}, ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&stop.sa_mask);
    static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
    for (int i = 0; i < COUNT_OF(ends); i++) sigaction(ends[i], &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL); /* a file that may not grow is a failed write, like a full disk */
}

void stop_serving(Server *server)
{
    atomic_store(&running, server);
    if (server && stop_asked()) server_stop(server);
}

int stop_asked(void)
{
    return atomic_load(&asked);
}
