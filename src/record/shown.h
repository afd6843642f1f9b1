/* shown.h: the record as pages, feed and tables show it: how things stand, and an entry in words. Private to the record's pages.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Words: pages say "entry" for a leaf, "signed" for what a checkpoint holds, "fingerprint" for a hash. A program that reads them as JSON finds the same.
 * Doubt: everything shown is compared with what was hashed; what does not fit is shown as such, loudly, and never repaired or left out.
 * Memory: in req->arena. Errors: those of the store.
 */
#ifndef HUSTINGS_RECORD_SHOWN_H
#define HUSTINGS_RECORD_SHOWN_H

#include "http/page.h"
#include "record/seal.h"

enum { SHOWN_CONTESTS_MAX = 64 };

/* How the record stands at this moment. */
typedef struct Standing {
    int64_t size;              /* entries written */
    Sealed sealed;             /* checkpoint.size 0 and no note: nothing was sealed yet */
    Cosignature *cosignatures; /* the newest of each witness */
    int cosignature_count;
    SealState state;
    Str origin;      /* of the log; empty while it has neither key nor checkpoint */
    bool wrong_note; /* the newest checkpoint is not what was signed */
    struct {
        Str slug, title;            /* title empty: nothing is published there now */
    } contests[SHOWN_CONTESTS_MAX]; /* asked for so far */
    int contest_count;
} Standing;

NODISCARD Err standing_read(Req *req, Standing *ret_standing);
/* "standing": size, signed_size, signed_at_iso, signed_at_words, root, root_short, origin, keys [], stopped, wrong_note, waiting, witnesses_known, url. */
void standing_put(Req *req, const Standing *standing, View *view);

bool is_sealed(const Standing *standing, int64_t number);
int witnesses_of(const Standing *standing, int64_t number);

/* Does an entry fit its fingerprint, and can it be read? */
typedef enum Fit { FIT_GOOD, FIT_CHANGED, FIT_UNREADABLE } Fit;
Fit leaf_fit(const Leaf *leaf, const Sha256 *stored);

/* An entry: number, path, kind, title, says, by {name, role, is_program}, at_iso, at_words, reason, until_iso, until_words, contest {slug, title, path, entries_path},
 * unit, unit_path, ends {number, path}, file_count, signed, witness_count, is_changed, is_unreadable. */
NODISCARD Err leaf_put(Req *req, Standing *standing, const Leaf *leaf, const Sha256 *stored, View *object);

/* ---- the list and its filters, which feed and table share ---- */

typedef struct Choosing {
    Str kind, contest, unit, day;
    int64_t before, after; /* as asked for; -1: not */
    int64_t limit;         /* only entries with a smaller number: after that day there are others */
} Choosing;

/* ERR_INPUT after req_wrong. The route declares kind, contest, unit, day and before; `after` where `paged`. */
NODISCARD Err choosing_read(Req *req, const Standing *standing, bool paged, Choosing *ret_choosing);
bool is_choosing(const Choosing *choosing); /* anything at all */
/* `path` with what was chosen, and before or after where they are not -1. */
Str choosing_path(Arena *a, const Choosing *choosing, const char *path, int64_t before, int64_t after);
/* Newest first, at most `most`. *ret_older, *ret_newer: there are others. */
NODISCARD Err choosing_leaves(
    Req *req, const Choosing *choosing, int most, Leaf **ret_leaves, Sha256 **ret_hashes, int *ret_count, bool *ret_older, bool *ret_newer);

/* ---- small words ---- */

Str leaf_path(Arena *a, int64_t number);
Str count_words(Arena *a, int64_t n); /* "1,234,567" */
/* Text as part of an address (RFC 3986). */
Str address_encoded(Arena *a, Str text);

/* ---- pages in files of their own ---- */

Page record_feed, record_csv;                                                                         /* feed.c */
Page record_tile_page, record_checkpoint_page, record_keys_page, record_side_page, record_proof_page; /* resources.c */

#endif
