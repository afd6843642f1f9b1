/* witness_site.h: what `hustings witness` answers: add-checkpoint for logs, and for people and monitors what it remembers.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * POST /add-checkpoint       C2SP tlog-witness; at most WITNESS_BODY_MAX bytes, so often a minute and address
 * GET  /                     who this is, which logs, and what it saw last: text
 * GET  /index.json           the same for programs
 * GET  /checkpoint/HASH      the newest checkpoint that it cosigned, with the cosignature; HASH: SHA-256 of the origin in hexadecimal
 * GET  /split/HASH           two checkpoints with which a log has shown that it lies; 404 as long as there are none
 * GET  /healthz              "ok"
 *
 * It has no store, no cookies, no pages of the site: hence a table of calls of its own (exchange.h).
 */
#ifndef HUSTINGS_CLI_WITNESS_SITE_H
#define HUSTINGS_CLI_WITNESS_SITE_H

#include "http/exchange.h"
#include "record/witness.h"

enum { FOLLOWED_MAX = 64 };

typedef struct WitnessSiteOptions {
    WitnessState *witness;
    int posts_per_minute; /* 0: no limit */
    Str name, version;
    const Str *followed; /* addresses of logs that it looks at by itself */
    int followed_count;
} WitnessSiteOptions;

/* Memory: lives until the arena is cleared; strings of the options too. */
Site *witness_site_open(Arena *a, const WitnessSiteOptions *options);
void witness_site_close(Site *site);
/* What came of looking at followed[index], for GET /: from any thread. `time` in seconds since 1970. */
void witness_site_saw(Site *site, int index, int64_t time, bool good, Str words);

/* "1 entry", "2 entries" */
const char *witness_entries(Arena *a, int64_t count);

extern const SiteCalls witness_site_calls;

#endif
