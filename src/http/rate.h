/* rate.h: how often one address may do something: token buckets. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Keys are SipHash of the address (IPv6: its /64) and the kind, under a random key of this process: no address is held. A fixed table: when it is
 * full the longest unused bucket makes room, so memory is bounded. From any thread.
 */
#ifndef HUSTINGS_HTTP_RATE_H
#define HUSTINGS_HTTP_RATE_H

#include "http/exchange.h"

typedef struct RateTable RateTable;

RateTable *rate_new(int buckets);
void rate_free(RateTable *table);
/* Take one of `per_minute` (burst: a sixth of it, at least 5). False, and seconds to wait, when there is none left. */
NODISCARD bool rate_take(RateTable *table, const Address *address, int kind, int per_minute, int64_t now, int *ret_wait_seconds);

#endif
