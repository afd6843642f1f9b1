/* headcount.h: how many connections, live streams and requests being worked on each address has now. Private to http/. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * From any thread. IPv6 addresses count by their /64: that is what one household gets. Only addresses that have something open are held.
 */
#ifndef HUSTINGS_HTTP_HEADCOUNT_H
#define HUSTINGS_HTTP_HEADCOUNT_H

#include "http/exchange.h"

typedef struct Headcount Headcount;
typedef enum HeadKind { HEAD_CONNECTION, HEAD_STREAM, HEAD_WORK, HEAD__COUNT } HeadKind;

Headcount *headcount_new(void);
void headcount_free(Headcount *heads);
/* One more of `kind`; false, and nothing counted, when the address has `most` already. */
NODISCARD bool headcount_enter(Headcount *heads, const Address *address, HeadKind kind, int most);
void headcount_leave(Headcount *heads, const Address *address, HeadKind kind);

/* An address as limits see it: IPv6 cut to its /64. */
Address address_household(const Address *address);

#endif
