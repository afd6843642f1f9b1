/* witness.h: a witness (C2SP tlog-witness): cosigns the checkpoints of the logs it knows, if they only ever grew.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a log that shows different records to different people is caught only when somebody else remembers what it showed. A witness remembers one
 *      checkpoint a log, and cosigns another only with a proof that it extends the first.
 * State: one file a log in a folder, replaced whole and synced before the answer; a lock, so that no two witnesses share it.
 * Errors of witness_add are the protocol's: it fills in the HTTP status and body. ERR_IO: the state could not be written; nothing was cosigned.
 */
#ifndef HUSTINGS_RECORD_WITNESS_H
#define HUSTINGS_RECORD_WITNESS_H

#include "core/view.h"
#include "record/note.h"

enum { WITNESS_LOGS_MAX = 64, WITNESS_BODY_MAX = 64 * 1024 };

typedef struct WitnessOptions {
    Str folder;           /* of its state */
    Str key_file;         /* one PRIVATE+KEY line of kind KEY_COSIGN; made when `name` is given and it is not there */
    Str name;             /* "witness.example/w1" */
    const Verifier *logs; /* one or several keys a log; the name is its origin */
    int log_count;
} WitnessOptions;

typedef struct WitnessState WitnessState;
NODISCARD Err witness_open(Arena *a, const WitnessOptions *options, WitnessState **ret_witness, Fault *fault);
void witness_close(WitnessState *witness);
Str witness_vkey(const WitnessState *witness, Arena *a);

typedef struct WitnessAnswer {
    int status; /* 200, 400, 403, 404, 409, 422 */
    Str type, body;
} WitnessAnswer;
/* One add-checkpoint. `time` in seconds since 1970. From any thread. */
NODISCARD Err witness_add(WitnessState *witness, Arena *a, Str body, int64_t time, WitnessAnswer *ret_answer, Fault *fault);

/* What it remembers, for people: [origin, size, root, time, vkeys]. */
NODISCARD Err witness_list(WitnessState *witness, Arena *a, View *array);

#endif
