/* notify.h: tell systemd how the service is (sd_notify(3)'s protocol: a datagram to the socket named by NOTIFY_SOCKET).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Without systemd every function does nothing. libsystemd would bring a dozen libraries for these thirty lines.
 */
#ifndef HUSTINGS_CLI_NOTIFY_H
#define HUSTINGS_CLI_NOTIFY_H

#include "core/base.h"

/* Remember the socket; call once, before any thread. */
void notify_open(void);
/* "READY=1", "STOPPING=1", "WATCHDOG=1"; several lines may be joined. Fit for a signal handler. */
void notify_send(const char *words);
/* How often systemd wants to hear WATCHDOG=1, in milliseconds (half of what it allows); 0: not at all. */
int notify_watchdog_ms(void);

#endif
