/* follow.h: a witness that looks by itself: fetches a log's checkpoint and what proves it, from the log's public files (C2SP tlog-tiles).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a log need not know its witnesses. One that nobody asks still remembers what the log showed, and says so if it shows something else.
 * What is fetched is believed no more than what is posted: the proof made of it goes through witness_add.
 * Errors: those of fetch.h; ERR_INPUT: what came is no checkpoint of a log that the witness knows, or no tile.
 */
#ifndef HUSTINGS_RECORD_FOLLOW_H
#define HUSTINGS_RECORD_FOLLOW_H

#include "net/fetch.h"
#include "record/witness.h"

typedef struct Followed {
    Str origin;
    int64_t size;  /* of the checkpoint that the log shows now */
    int64_t known; /* what the witness remembered before; more than `size`: the log shows an older one, which proves nothing against it */
    WitnessAnswer said; /* status 0: not asked, as the checkpoint is older */
} Followed;

/* `url`: under which "checkpoint" and "tile/" are: "https://vote.example.org/record". `time` in seconds since 1970. */
NODISCARD Err witness_follow(
    WitnessState *witness, Fetcher *fetcher, Arena *a, Str url, int64_t time, Followed *ret_followed, Fault *fault);

#endif
