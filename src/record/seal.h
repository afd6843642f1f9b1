/* seal.h: signing: the key in its file, the thread that seals what was appended, and the witnesses it asks.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a checkpoint is a promise that may never be broken. So nothing is signed that does not extend what was signed last, and that is written down
 *      twice: in the store, and beside the key (FILE.last), which a store that was set back to an older state cannot take along.
 * The key file: one PRIVATE+KEY line (note.h) for every key in use, readable by its owner alone. The first key's name is the origin of the record.
 *       During a rotation there are two, and both sign. docs/record.md tells how.
 * Sealing: at most RECORD_SEAL_EVERY_MS after an act was committed (by any process on this store) there is a checkpoint that holds it. When the store
 *       does not extend FILE.last, nothing is signed any more, the log says so, and record_seal_state tells the pages. While it lacks leaves that were
 *       signed, record_is_set_back, and the server takes no acts.
 * Errors: ERR_INPUT for a key file that cannot be used (mode, form, names that differ); ERR_IO; ERR_CONFLICT: the store lacks what was signed.
 */
#ifndef HUSTINGS_RECORD_SEAL_H
#define HUSTINGS_RECORD_SEAL_H

#include "record/record.h"

enum { RECORD_KEYS_MAX = 4, RECORD_WITNESSES_MAX = 16, RECORD_SEAL_EVERY_MS = 1000 };

typedef struct RecordKeys {
    Str file;
    Signer signers[RECORD_KEYS_MAX];
    int count;
} RecordKeys;

/* Read the file. `make` not empty: when it is not there, make it, with a new key of that name; *ret_made says so. */
NODISCARD Err record_keys_open(Arena *a, Str file, Str make, RecordKeys *ret_keys, bool *ret_made, Fault *fault);
void record_keys_wipe(RecordKeys *keys);
/* Write it: a new file, synced, put in place of the old one. */
NODISCARD Err record_keys_write(Arena *a, const RecordKeys *keys, Fault *fault);

/* ---- changing the key (docs/record.md, 'Changing the key') ----
 *
 * Each of these is an act: a leaf record.key_added or record.key_ended with the key as data ("vkey"; and "signed": a note of the older keys which
 * says ORIGIN, "record.key_added" and the vkey on three lines). Whoever knows an older key follows from it to the newer one by that leaf. Every step may be killed and asked for again: it goes on where it was. `keys` is what the file holds; what it
 * holds after is put there and in `keys`.
 */

/* A new key beside those in use, from now on. A key in the file that no leaf has told of yet (this was killed before) is taken instead of another one.
 * ERR_LIMIT: there are RECORD_KEYS_MAX. */
NODISCARD Err record_key_add(
    Store *store, Db *db, Arena *a, RecordKeys *keys, Officer by, Str reason, int64_t now, Verifier *ret_added, Fault *fault);
/* The key with this number is used no more. ERR_MISSING: no such key; ERR_CONFLICT: another must sign first, or it is the only one. */
NODISCARD Err record_key_end(
    Store *store, Db *db, Arena *a, RecordKeys *keys, uint32_t id, Officer by, Str reason, int64_t now, Fault *fault);
/* The last way out, when the key is lost, or the store cannot be brought back to what was signed: the record goes on under another name. `keys` has one key,
 * of a name that the record never had; its leaf says so, and what it signs need not extend what was signed under the older name (witnesses and readers
 * take it for a new record, and compare by themselves). */
NODISCARD Err record_key_begin_again(Store *store, Db *db, Arena *a, RecordKeys *keys, Officer by, Str reason, int64_t now, Fault *fault);

/* ---- sealing ---- */

typedef struct Witness {
    Verifier verifier; /* KEY_COSIGN */
    Str url;           /* its submission prefix */
} Witness;
/* "VKEY URL", as an operator writes it down. ERR_INPUT. */
NODISCARD Err witness_read(Arena *a, Str text, Witness *ret_witness, Fault *fault);

/* Seal what is not sealed yet; *ret_sealed false: there was nothing. For the thread below, for `hustings record seal`, and for tests. */
NODISCARD Err record_seal(Store *store, Db *db, Arena *a, const RecordKeys *keys, int64_t now, bool *ret_sealed, Fault *fault);

/* Is the store set back: has it fewer leaves than were signed with these keys (FILE.last)? False as well when that cannot be known. */
bool record_lacks_signed(Db *db, Arena *a, const RecordKeys *keys);

/* The threads: one seals, one a witness asks it, until stopped. The key file is read again whenever it changes; the first seal is done, or told to be
 * impossible (SealState.stopped), when this returns. */
typedef struct Sealer Sealer;
NODISCARD Err sealer_start(
    Arena *a, Store *store, Str key_file, const Witness *witnesses, int witness_count, Sealer **ret_sealer, Fault *fault);
void sealer_stop(Sealer *sealer); /* after one last seal; safe on NULL */

/* What pages tell of it: of this process. */
typedef struct SealState {
    Str keys[RECORD_KEYS_MAX]; /* as vkeys */
    int key_count;
    Str stopped;            /* why nothing is signed any more; empty: all is well */
    int64_t leaves, sealed; /* of the record, and how many of them the newest checkpoint holds; -1: not known yet */
    int64_t sealed_at;      /* when that was signed: milliseconds since 1970; 0: never */
    struct {
        Str name, vkey, url;
        int64_t asked, answered; /* milliseconds since 1970; 0: never */
        int64_t failures;        /* since this process began */
        Str trouble;             /* of the last answer, in words for everybody; empty: none */
    } witnesses[RECORD_WITNESSES_MAX];
    int witness_count;
} SealState;
void record_seal_state(Arena *a, SealState *ret_state);
/* Does this process's sealer know that the store was set back? Then no act may be taken: its leaf would stand where one that was signed belongs, and that
 * could not be put back any more. */
bool record_is_set_back(void);

#endif
