/* stop.h: how a server ends: the first signal asks for a good end, the second, before anything answers, for an end.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Life: stop_catch -> stop_serving(server) -> server_run -> stop_serving(NULL). One server a process.
 */
#ifndef HUSTINGS_CLI_STOP_H
#define HUSTINGS_CLI_STOP_H

#include "http/server.h"

/* SIGTERM, SIGINT and SIGHUP ask for the end; SIGPIPE and SIGXFSZ are ignored: the write that fails tells of itself. After notify_open. */
void stop_catch(void);
/* The server that a signal stops from now on, at once when one has come already; NULL: none. */
void stop_serving(Server *server);
/* How many signals have asked for the end. */
int stop_asked(void);

#endif
