/* transfer.h: all of a store at once: backup, restore, export as open files, move between engines.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: whoever runs this must be able to leave: to another disk, another engine, another program.
 *   backup   a SQLite file with all of the store at one moment, made while the server writes; from either engine, so a backup of PostgreSQL
 *            opens anywhere
 *   restore  the same back into an empty store of either engine
 *   move     every table of one store into an empty other one, then both are read and compared row by row
 *   export   a folder: each table as JSON Lines (blobs by hash, beside them as files), with a README that says what is what
 * Secrets (session tokens, keys) go into backups and moves, never into exports.
 * The tables are those of the migrations; this file alone builds SQL from names, all of which come from our own schema.
 * Errors: ERR_CONFLICT: the target is not empty, or a server has it; ERR_INPUT: the file is no backup; ERR_IO. A target that is not finished is
 *         left empty or taken away, never half.
 */
#ifndef HUSTINGS_DB_TRANSFER_H
#define HUSTINGS_DB_TRANSFER_H

#include "db/db.h"

typedef void TransferProgress(void *context, Str table, int64_t rows_done, int64_t rows_in_all);

typedef struct TransferReport {
    int64_t tables, rows, bytes;
    Sha256 digest; /* over all rows in order: equal for equal stores, whatever the engine */
    const struct TransferTable {
        Str name;
        int64_t rows;
    } * exported; /* of an export: what left, and how much of it; in the arena */
    int exported_count;
} TransferReport;

typedef struct TransferOptions {
    TransferProgress *progress; /* may be NULL */
    /* Of an export, or NULL: all of it is on disk, and has no name yet. An error, with its fault, ends it: then nothing is left of it. */
    Err (*before_name)(void *context, const TransferReport *report, Fault *fault);
    void *context;
} TransferOptions;

NODISCARD Err transfer_backup(Arena *a, Store *from, Str path, const TransferOptions *options, TransferReport *ret_report, Fault *fault);
NODISCARD Err transfer_restore(Arena *a, Str path, Str to_url, const TransferOptions *options, TransferReport *ret_report, Fault *fault);
NODISCARD Err transfer_move(Arena *a, Str from_url, Str to_url, const TransferOptions *options, TransferReport *ret_report, Fault *fault);
NODISCARD Err transfer_export(Arena *a, Store *from, Str folder, const TransferOptions *options, TransferReport *ret_report, Fault *fault);

#endif
