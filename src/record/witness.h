/* witness.h: a witness (C2SP tlog-witness): cosigns the checkpoints of the logs it knows, if they only ever grew.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a log that shows different records to different people is caught only when somebody else remembers what it showed. A witness remembers one
 *      checkpoint a log, and cosigns another only with a proof that it extends the first.
 * State: one file a log in a folder (HASH.checkpoint: the newest cosigned checkpoint as a signed note; HASH is the SHA-256 of the origin in hexadecimal),
 *      replaced whole and synced before the answer; a lock on the folder, so that no two witnesses share it. A log that signed two trees of one size has shown
 *      that it lies: both notes are kept as HASH.split.
 * Threads: all but open and close from any thread; one log's requests run one after another, so looking at what is remembered and replacing it are one step.
 * Errors of witness_add are the protocol's: it fills in the HTTP status and body. ERR_IO: the state could not be written; nothing was cosigned.
 */
#ifndef HUSTINGS_RECORD_WITNESS_H
#define HUSTINGS_RECORD_WITNESS_H

#include "core/view.h"
#include "record/note.h"

enum { WITNESS_LOGS_MAX = 64, WITNESS_LOG_KEYS_MAX = 8, WITNESS_BODY_MAX = 64 * 1024 };

typedef struct WitnessOptions {
    Str folder;           /* of its state; made when it is not there (its parent must be) */
    Str key_file;         /* one PRIVATE+KEY line of kind KEY_COSIGN; made when `name` is given and it is not there */
    Str name;             /* "witness.example/w1"; empty: the key file's */
    const Verifier *logs; /* one or several keys a log; the name is its origin */
    int log_count;
} WitnessOptions;

typedef struct WitnessState WitnessState;
/* ERR_INPUT: a key, a state or a list of logs that cannot be used; ERR_CONFLICT: another witness uses the folder; ERR_IO. */
NODISCARD Err witness_open(Arena *a, const WitnessOptions *options, WitnessState **ret_witness, Fault *fault);
void witness_close(WitnessState *witness); /* safe on NULL */
Str witness_vkey(const WitnessState *witness, Arena *a);
bool witness_key_is_new(const WitnessState *witness); /* made by this witness_open: to be told, and put on paper */

typedef struct WitnessAnswer {
    int status; /* 200, 400, 403, 404, 409, 422 */
    Str type, body;
    bool split; /* this checkpoint and one cosigned before are two trees of one size, signed by the same log: kept as HASH.split */
} WitnessAnswer;
/* One add-checkpoint. `time` in seconds since 1970. */
NODISCARD Err witness_add(WitnessState *witness, Arena *a, Str body, int64_t time, WitnessAnswer *ret_answer, Fault *fault);

/* What it remembers of a log: 0 and the empty tree when it never cosigned one. ERR_MISSING: it does not know that log. */
NODISCARD Err witness_known(WitnessState *witness, Str origin, int64_t *ret_size, Sha256 *ret_root);
/* The newest cosigned checkpoint of the log with this HASH, a signed note. ERR_MISSING: none. */
NODISCARD Err witness_checkpoint(WitnessState *witness, Arena *a, Str hash, Str *ret_note);
/* The two notes of a log that was caught, with an empty line between. ERR_MISSING: it never was. */
NODISCARD Err witness_split(WitnessState *witness, Arena *a, Str hash, Str *ret_notes);

/* What it remembers, for people: [{origin, hash, size, root (base64), time (seconds; 0: nothing cosigned yet), split (bool), vkeys: [...]}]. */
void witness_list(WitnessState *witness, Arena *a, View *array);

#endif
