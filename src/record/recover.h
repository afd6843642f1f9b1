/* recover.h: the leaves that a store has lost, put back from a copy.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a store that was set back to a backup lacks leaves that were signed and that others have seen; nothing more may be signed on it. They are public, so any
 *      copy has them, byte for byte.
 * What comes back: the entries, with the columns made from them; powers that they gave and that have not ended; side files that the record itself keeps and
 *      the copy has. What the acts did elsewhere in the store does not. Then a leaf store.recovered says so.
 * All of it is one commit: whoever kills it, or acts meanwhile (servers may share a PostgreSQL store), finds either nothing put back or all of it. Whoever acts
 * while it goes on waits for it.
 */
#ifndef HUSTINGS_RECORD_RECOVER_H
#define HUSTINGS_RECORD_RECOVER_H

#include "record/record.h"
#include "record/source.h"

typedef struct Recovery {
    Store *store;
    Db *db;
    RecordSource *source; /* verified by the caller */
    int64_t size;         /* of its checkpoint */
    Sha256 root;          /* and what its entries must come to, when they are read again */
    Officer by;
    Str reason;
    int64_t now;
    bool try_only;
} Recovery;

/* *ret_first, *ret_count: what was (or would be) put back; none: nothing is missing. ERR_CONFLICT: the store's leaves are not the first ones of the copy (`fault`
 * names the first that is not), or somebody acted meanwhile; nothing was put back. */
NODISCARD Err record_recover(Arena *a, const Recovery *recovery, int64_t *ret_first, int64_t *ret_count, Fault *fault);

#endif
