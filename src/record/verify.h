/* verify.h: is the record what it says it is, and is it still what it was?
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a scrutineer who trusts nobody gets one answer, and when it is no, the place: the first leaf that is wrong.
 * What is checked, entry by entry, in one pass and with memory that does not grow: the checkpoint's signature by a key she knows; every entry against its
 *       leaf hash; every tile against the entries; the root of all against the checkpoint; every earlier checkpoint she kept against the tree as it was
 *       at that size; every entry's form, order in time, and the powers that it ends; witnesses' cosignatures; side files by digest; with an
 *       earlier copy, every entry of it.
 * Keys: hers (--key), or that of an earlier checkpoint, and from there by leaves "record.key_added" that the older key signed; else what the source says
 *       of itself, and then the report says that this proves nothing about who it is.
 */
#ifndef HUSTINGS_RECORD_VERIFY_H
#define HUSTINGS_RECORD_VERIFY_H

#include "record/act.h"
#include "record/source.h"

typedef struct VerifyOptions {
    const Verifier *keys; /* of the log; none: as above */
    int key_count;
    const Verifier *witnesses;
    int witness_count;
    int quorum;         /* so many of the witnesses must have cosigned; 0: all of those given */
    const Str *earlier; /* signed checkpoints kept from before */
    int earlier_count;
    RecordSource *against;                         /* an earlier copy, or another's view of the same record; or NULL */
    bool files;                                    /* side files too */
    void (*leaf)(void *context, const Leaf *leaf); /* called for each good leaf, or NULL */
    void (*progress)(void *context, int64_t done, int64_t size);
    void *context;
} VerifyOptions;

typedef enum FindingKind { FINDING_WRONG, FINDING_DOUBT } FindingKind; /* doubt: not proved wrong, but a person should look */

typedef struct Finding {
    FindingKind kind;
    int64_t leaf; /* the first one it is about; -1: about none */
    Str words;    /* a sentence or two: what, where, what was expected */
} Finding;

enum { FINDINGS_MAX = 100 };

typedef struct VerifyReport {
    bool right; /* nothing is wrong */
    Checkpoint checkpoint;
    Str key;        /* the vkey that signed it */
    bool key_known; /* she gave it, or an earlier checkpoint did; not merely the source's word */
    int64_t leaves, bytes, files_checked, files_gone;
    int64_t first, last;     /* times of the first and last leaf: milliseconds; 0: none */
    int64_t first_wrong;     /* the first leaf that is wrong; -1: none, or it cannot be told */
    int64_t earlier_checked; /* checkpoints from before that it extends */
    struct {
        Str name;
        bool good;
        int64_t time;
    } witnesses[NOTE_SIGNATURES_MAX];
    int witness_count;
    Finding findings[FINDINGS_MAX];
    int finding_count; /* counts on when there are more; those are not kept */
} VerifyReport;

/* ERR_IO and ERR_LIMIT: it could not be read to the end; nothing is said of it. Otherwise ERR_OK, and the report says whether it is right. */
NODISCARD Err record_verify(Arena *a, RecordSource *source, const VerifyOptions *options, VerifyReport *ret_report, Fault *fault);

/* All of a record to a folder; goes on where an earlier copy of it stopped, and refuses (ERR_CONFLICT) when the record is not an extension of that copy. */
NODISCARD Err record_copy(Arena *a, RecordSource *source, Str folder, const VerifyOptions *options, VerifyReport *ret_report, Fault *fault);

#endif
