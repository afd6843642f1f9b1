/* record.h: the public record in the store: appending acts, powers that end, and what is served of it.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: an act and its leaf are one transaction: neither is ever there without the other. A leaf is a row; the tree above the rows is made from them by
 *      the sealer (seal.h), which never signs a tree that does not extend the last one it signed.
 * Life: in a command: record_act (or record_power_give, record_power_end). A Command says with `leaf` whether it leaves one (db.h), and the writer
 *       holds it to that: a consequential write that forgot its act is rolled back.
 * Numbers: leaves count 0, 1, 2... without gaps, in the order of the commits, on both engines.
 * Topics: "record" is announced with every commit that holds acts, every checkpoint and every cosignature.
 * Threads: as db.h: the caller's Db.
 */
#ifndef HUSTINGS_RECORD_RECORD_H
#define HUSTINGS_RECORD_RECORD_H

#include "db/db.h"
#include "record/act.h"
#include "record/note.h"

/* ---- inside a command ---- */

/* Append the act. *ret_number (may be NULL): its leaf. ERR_INPUT, ERR_LIMIT: the act does not fit its kind (a bug, or text too long): `fault` says why. */
NODISCARD Err record_act(Db *db, Arena *a, const Act *act, int64_t now, int64_t *ret_number, Fault *fault);

/* A power that ends by itself: the act that gives it (act->until is its end), what it is called when it ends, and the kind of the leaf which says so. */
typedef struct Power {
    const char *ended; /* kind of the act that ends it: "role.ended" */
    Str holder;        /* an officer's name, as in the leaf */
    Str what;          /* "the role of steward": "... of Ada Poll ended" */
} Power;
NODISCARD Err record_power_give(Db *db, Arena *a, const Act *act, const Power *power, int64_t now, int64_t *ret_number, Fault *fault);
/* Before its time, by somebody, or by the program for a reason of its own. ERR_MISSING: it has ended already, or never was; nothing is appended. */
NODISCARD Err record_power_end(Db *db, Arena *a, int64_t number, Officer by, Str reason, int64_t now, Fault *fault);
/* A Room's expire (page.h): every power whose time is over ends, with a leaf each, at most a thousand at once. The command's leaf is LEAF_MAYBE. */
NODISCARD Err record_expire(Db *db, Command *command);

/* The files whose paths begin with `prefix` are no longer there (a contest was taken out or replaced): their digests stay known, their address is gone. */
NODISCARD Err record_files_gone(Db *db, Str prefix);

/* A leaf that the store had lost, byte for byte from a copy (recover.h); ERR_CONFLICT: its number is not the next one. */
NODISCARD Err record_put_back(Db *db, Arena *a, const Leaf *leaf, int64_t now);

/* ---- reading ---- */

NODISCARD Err record_size(Db *db, Arena *a, int64_t *ret_size);
/* ERR_MISSING: there is none. `ret_hash` (may be NULL): the leaf hash as stored; it is not that of the entry when somebody changed one of them. */
NODISCARD Err record_leaf(Db *db, Arena *a, int64_t number, Leaf *ret_leaf, Sha256 *ret_hash);

typedef struct LeafFilter {
    Str kind, contest, unit; /* empty: all. Not contest and unit together: ERR_INPUT */
    int64_t before;          /* only leaves with a smaller number; -1: from the newest */
    int64_t after;           /* only leaves with a greater number, the nearest ones; -1: no such limit. Not together with `before` */
    int most;
} LeafFilter;
/* Newest first. `ret_hashes` may be NULL. Cost does not grow with the record. */
NODISCARD Err record_leaves(Db *db, Arena *a, const LeafFilter *filter, Leaf **ret_leaves, Sha256 **ret_hashes, int *ret_count);
/* The newest leaf of that kind about a contest. ERR_MISSING. */
NODISCARD Err record_newest(Db *db, Arena *a, const char *kind, Str contest, Leaf *ret_leaf);
/* The leaf number at or after a time: the first leaf with at >= `time`; the size when there is none. */
NODISCARD Err record_number_at(Db *db, Arena *a, int64_t time, int64_t *ret_number);

typedef struct PowerHeld {
    int64_t number; /* the leaf that gave it */
    Str holder, what, contest, unit;
    int64_t until;
} PowerHeld;
/* Those in force at `now`, the soonest to end first; at most `most`. */
NODISCARD Err record_powers(Db *db, Arena *a, int64_t now, int most, PowerHeld **ret_powers, int *ret_count);

/* The leaf that ended the power which leaf `number` gave. ERR_MISSING: none has. */
NODISCARD Err record_power_ended(Db *db, Arena *a, int64_t number, int64_t *ret_number);

/* A file by its digest: where it is (path) or its bytes; both empty: it was here and was taken away. ERR_MISSING: no leaf ever named it. */
NODISCARD Err record_file(Db *db, Arena *a, const Sha256 *digest, ActFile *ret_file);

/* ---- what was sealed ---- */

typedef struct Sealed {
    Checkpoint checkpoint;
    Str note;   /* signed, without cosignatures */
    int64_t at; /* when: milliseconds since 1970, UTC */
    Frontier frontier;
} Sealed;
/* The newest checkpoint. ERR_MISSING: nothing was sealed yet. ERR_CONFLICT: its frontier is none; the row was changed by hand. */
NODISCARD Err record_sealed(Db *db, Arena *a, Sealed *ret_sealed);
/* The checkpoint to be shown: the newest, or (`witnessed`) the newest that has at least one cosignature, if it holds leaf `at_least`; with its cosignatures. */
NODISCARD Err record_checkpoint(Db *db, Arena *a, bool witnessed, int64_t at_least, Str *ret_note, Checkpoint *ret_checkpoint);

/* Hashes as tree.h reads them: level 0 from the leaves, above from the nodes that the sealer made. */
TreeHashes record_hashes(Db *db, Arena *a);
/* A tile or (level -1) a bundle of what is sealed, of exactly this width. ERR_MISSING: the checkpoint does not reach so far. */
NODISCARD Err record_tile(Db *db, Arena *a, int level, int64_t index, int width, Str *ret_bytes);
/* The proof file of a leaf. ERR_MISSING: it is not sealed yet, or is not there. */
NODISCARD Err record_proof(Db *db, Arena *a, int64_t number, Str *ret_text);

typedef struct Cosignature {
    Str witness; /* key name */
    uint32_t id;
    int64_t size; /* of the checkpoint */
    int64_t time; /* as the witness said: seconds since 1970, UTC */
    Str line;     /* "— name base64\n" */
} Cosignature;
/* Inside a command; checked by the caller. */
NODISCARD Err record_cosigned(Db *db, const Cosignature *cosignature, int64_t now);
/* The newest of each witness. */
NODISCARD Err record_cosigners(Db *db, Arena *a, Cosignature **ret_cosignatures, int *ret_count);

/* ---- inside the sealer's command (seal.h) ---- */

/* Put the checkpoint in, with the nodes of tiles that became full since `from` leaves. ERR_CONFLICT: another process has sealed since. */
NODISCARD Err record_seal_put(Db *db, Arena *a, const Sealed *sealed, int64_t from, int64_t now);

#endif
