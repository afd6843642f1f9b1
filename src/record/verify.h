/* verify.h: is the record what it says it is, and is it still what it was?
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a scrutineer who trusts nobody gets one answer, and when it is no, the place: the first leaf that is wrong.
 * What is checked, entry by entry, in one pass and with memory that does not grow: the checkpoint's signature by a key she knows; every entry against its
 *       leaf hash; every tile against the entries; the root of all against the checkpoint; every earlier checkpoint she kept against the tree as it was
 *       at that size; every entry's form, order in time, and the powers that it ends; witnesses' cosignatures; side files by digest; with an
 *       earlier copy, every entry of it. Of a store also every column, checkpoint, cosignature, file and power that it keeps beside the entries.
 * Which leaf: an entry that does not have the hash that is kept for it is named, and which of the two was signed is found out from the nodes beside them.
 *       Where entries and hashes were changed together, a node above tells the range. Where all of it was, only what was kept elsewhere can: the earlier
 *       checkpoints tell between which two of them the change lies, and a copy names the leaf.
 * Keys: hers (--key), or that of an earlier checkpoint, and from there by leaves "record.key_added" that the older key signed; else what the source says
 *       of itself, and then the report says that this proves nothing about who it is. A checkpoint signed by a key that is known also vouches for the
 *       keys which its leaves name; so does a leaf's data "signed": a note of the older key that says ORIGIN, "record.key_added" and the new vkey on
 *       three lines.
 * Time: entries are in the order of their commits. One that is said to be more than a minute older than the one before it is a doubt.
 */
#ifndef HUSTINGS_RECORD_VERIFY_H
#define HUSTINGS_RECORD_VERIFY_H

#include "record/act.h"
#include "record/source.h"

typedef struct Earlier {
    Str name; /* of the file, for people */
    Str note; /* signed */
} Earlier;

typedef struct VerifyOptions {
    const Verifier *keys; /* of the log; none: as above */
    int key_count;
    const Verifier *witnesses; /* each once */
    int witness_count;
    int quorum;             /* so many of the witnesses must have cosigned; 0: all of those given */
    const Earlier *earlier; /* checkpoints kept from before */
    int earlier_count;
    RecordSource *against;                         /* an earlier copy, or another's view of the same record; or NULL */
    bool files;                                    /* side files too */
    void (*leaf)(void *context, const Leaf *leaf); /* called for each leaf that has its hash and could be read, or NULL */
    void (*progress)(void *context, int64_t done, int64_t size);
    void *context;
} VerifyOptions;

typedef enum FindingKind { FINDING_WRONG, FINDING_DOUBT } FindingKind; /* doubt: not proved wrong, but a person should look */

typedef struct Finding {
    FindingKind kind;
    int64_t leaf; /* the first one it is about; -1: about none */
    int64_t last; /* the last: more than `leaf` when it is one or more of a range, and it cannot be told which */
    Str words;    /* a sentence or two: what, where, what was expected */
} Finding;

enum { FINDINGS_MAX = 100, VERIFY_KEYS_MAX = 64, VERIFY_EARLIER_MAX = 1000 };

typedef enum KeyTrust {
    KEY_UNKNOWN, /* the source's own word */
    KEY_EARLIER, /* it signed a checkpoint kept from before, or was named under the signature of a known one */
    KEY_GIVEN,
} KeyTrust;

typedef struct VerifyReport {
    bool right; /* nothing is wrong */
    Str source;
    Checkpoint checkpoint;
    Str note; /* as it was read, with its signatures */
    Str key;  /* the vkey that signed it; empty: none that is known */
    KeyTrust trust;
    Str keys[VERIFY_KEYS_MAX]; /* all that are known now: for whoever keeps them until the next time */
    int key_count;
    int64_t leaves, bytes;                    /* entries that were read */
    int64_t files_checked, files_gone, files; /* `files`: named by leaves */
    int64_t files_again;                      /* of those: named before, and not read once more */
    int64_t unsealed;                         /* of a store: leaves after the checkpoint; they are not in `leaves` */
    int64_t first, last;                      /* times of the first and last leaf: milliseconds; 0: none */
    int64_t first_wrong;                      /* the first leaf that is wrong; -1: none, or it cannot be told */
    int64_t earlier_given;                    /* checkpoints from before */
    int64_t earlier_checked;                  /* of them: those that it extends */
    int64_t earlier_smallest, earlier_largest;
    int64_t against_compared; /* entries that are the same in the other; -1: there was no other */
    int64_t store_checkpoints, store_cosignatures, store_unchecked_cosignatures;
    struct {
        Str name;
        bool good;
        int64_t time;
    } witnesses[NOTE_SIGNATURES_MAX];
    int witness_count;
    bool contradiction;             /* the log signed two records that cannot both be true: */
    Str evidence[2];                /* here they are */
    Finding findings[FINDINGS_MAX]; /* what is wrong first, by leaf */
    int finding_count;              /* counts on when there are more; those are not kept */
    int wrong_count;                /* of them */
} VerifyReport;

/* ERR_IO: it could not be read to the end, and nothing is said of it. ERR_MISSING, ERR_INPUT: it is no record, or an earlier checkpoint is of another one.
 * Otherwise ERR_OK, and the report says whether it is right. */
NODISCARD Err record_verify(Arena *a, RecordSource *source, const VerifyOptions *options, VerifyReport *ret_report, Fault *fault);

/* One act by its proof (C2SP tlog-proof), offline. `entry` empty: it is what the proof brings along ("extra"). `options`: keys, which must be given;
 * witnesses, quorum. ERR_INPUT: it is no proof. Otherwise the report says whether it proves the entry; *ret_leaf is the act. */
NODISCARD Err record_verify_proof(
    Arena *a, Str proof, Str entry, const VerifyOptions *options, VerifyReport *ret_report, Leaf *ret_leaf, Fault *fault);

/* All of a record to a folder; goes on where an earlier copy of it stopped, and refuses (ERR_CONFLICT) when the record is not an extension of that copy.
 * The checkpoint is written last, when all the rest is there and right. */
NODISCARD Err record_copy(Arena *a, RecordSource *source, Str folder, const VerifyOptions *options, VerifyReport *ret_report, Fault *fault);

#endif
