/* keep.h: pages that are the same for everybody, made once. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: most readers want a few pages that change when something is published. A page is kept as it was sent, for each of its faces and encodings, together
 *      with the version of its topic; asking for it costs one version, one lock and one look.
 * Life: keeper_find -> KEEP_HIT, or KEEP_MAKE and then keeper_put or keeper_give_up by the same request, or KEEP_BUSY and keeper_wait (never on a
 *       loop) and keeper_find again.
 * Memory: at most `bytes_most` in all, a sixteenth of it in each shard; the longest unused make room. A page that is larger than its shard stays until another
 *      one comes there, so that all who want it now share it.
 * Threads: any. One maker a page at a time.
 */
#ifndef HUSTINGS_HTTP_KEEP_H
#define HUSTINGS_HTTP_KEEP_H

#include "http/exchange.h"

typedef struct Keeper Keeper;

enum { KEEP_JSON = 1, KEEP_GZIP = 2, KEEP_SECURE = 4 };

typedef struct KeepKey {
    int rule;
    unsigned variant; /* KEEP_... */
    Str path;
} KeepKey;

typedef enum KeepFound {
    KEEP_HIT,
    KEEP_MISS, /* it is not there, and the caller did not offer to make it */
    KEEP_MAKE, /* it is not there, and the caller makes it now */
    KEEP_BUSY, /* somebody else makes it */
} KeepFound;

Keeper *keeper_new(size_t bytes_most);
void keeper_free(Keeper *keeper);

/* A page of at least this version. KEEP_HIT: *ret_kept is held for the caller; it is the 304 when `if_none_match` names what the reader has.
 * `make`: if it is not there, the caller will make it. */
KeepFound keeper_find(Keeper *keeper, const KeepKey *key, int64_t version, Str if_none_match, bool make, Kept **ret_kept);
/* Wait until nobody makes that page. */
void keeper_wait(Keeper *keeper, const KeepKey *key);
/* It is made: both are held by the keeper from now on, and the caller keeps its own. `etag` as in the header, quotes and all. */
void keeper_put(Keeper *keeper, const KeepKey *key, int64_t version, Kept *page, Kept *unchanged, Str etag);
/* It could not be made. */
void keeper_give_up(Keeper *keeper, const KeepKey *key);

#endif
