/* import.h: lists of members brought in from files: checked first, then written chunk by chunk, and taken back if need be.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Life of an import:  held -> checking -> checked -> applying -> done -> undoing -> undone
 *      held      the file stands in the store, in pieces; how its columns are read is to be chosen (import_hold). Files at the machine begin with checking
 *      checking  the dry run: every row is read and compared with who is there; nothing of persons is written (import_check)
 *      checked   its report is there; or `refused`: the file cannot be read as a list at all
 *      applying  rows are written, IMPORT_CHUNK at a time, each chunk one command together with how far it is, so that it goes on after a crash as if
 *                nothing had been, and others get between (import_apply)
 *      undoing   it is taken back, in commands of their own: whom it added and nobody has changed since goes; who was changed by it and by nobody since
 *                gets back what was there; others are left alone and listed (import_undo). Stopping an import that is under way is undoing it.
 * Who is who: a row is the person who has its `id`; without such a person, the one who has the same e-mail address and name; else the same number and name,
 *      if not both have an `id`; else somebody new. By e-mail and number only those are found who have a membership in the unit or below it. An `id` that
 *      somebody outside has makes the row a bad one.
 *      A membership is that of the same unit, section and class; else of the same unit and section, if no other row of the file says it is that one.
 * Rows of one person must not contradict each other: the later one is a bad row. So reading a file again changes nothing.
 * What changes: columns that the file lacks change nothing, and empty cells change nothing, unless `empties` is chosen.
 * Modes: all or nothing (the usual one: with a bad row nothing begins, and if one turns up later all is taken back), or `skip` (bad rows are left out).
 * Threads: one reads the file and its cells while another compares or writes. Memory: bounded by the number of rows, about 200 bytes each, and three chunks.
 * In the record: people.imported, people.import_undone: the unit, counts, the digest of the file; nothing of a member's.
 */
#ifndef HUSTINGS_PEOPLE_IMPORT_H
#define HUSTINGS_PEOPLE_IMPORT_H

#include "people/person.h"
#include "people/table.h"
#include "record/act.h"

enum {
    IMPORT_CHUNK = 10000,
    IMPORT_UPLOAD_MAX = 64 * 1024 * 1024,
    IMPORT_PIECE = 1024 * 1024,
    IMPORT_DAYS = 30,           /* so long the file, the report and what could be put back are kept */
    IMPORT_FAULTS_MAX = 100000, /* bad cells that are listed */
    IMPORT_SAMPLES = 10,        /* rows that the report shows */
    IMPORT_SILENT_MINUTES = 3   /* so long after its last chunk one counts as interrupted */
};

typedef struct ImportOptions {
    bool skip;         /* leave bad rows out; else one bad row stops it all */
    bool empties;      /* an empty cell empties what is held */
    bool windows_1252; /* not UTF-8 */
    Str country;       /* two letters, for national telephone numbers */
    const Str *map;    /* pairs: header cell, column name ("-": leave it out) */
    int map_count;     /* of pairs */
} ImportOptions;

typedef struct ImportCounts {
    int64_t rows;
    int64_t added;   /* rows that make a new person */
    int64_t more;    /* a new membership of somebody who is there */
    int64_t changed; /* change something of a person or membership that is there */
    int64_t same;
    int64_t bad;
} ImportCounts;

typedef struct ImportUndone {
    int64_t gone, put_back, alone;
} ImportUndone;

typedef struct Import {
    Str id, unit, unit_name, file_name, digest, state, fault;
    int64_t size, added, changed;
    bool held; /* the file stands in the store */
    bool expired;
    ImportOptions options;
    Officer by, undo_by; /* undo_by.name empty: nobody took it back */
    int64_t rows_done, bytes_done;
    bool has_checked;
    ImportCounts checked, applied;
    ImportUndone undone;
    Str report;              /* JSON: {"header":[...],"faults":[...],"changes":[...]}; empty: none */
    int64_t leaf, undo_leaf; /* -1: none */
} Import;

/* ERR_MISSING: there is none, or its unit lies outside of the scope. */
NODISCARD Err import_find(Db *db, Arena *a, Scope scope, Str id, Import *ret_import);
/* The newest first; file name, unit, state, who, when, how far and counts alone. */
NODISCARD Err import_list(Db *db, Arena *a, Scope scope, int most, Import **ret_imports, int *ret_count);
/* It is being written from a file at the machine, and for some minutes nobody went on with it: whoever did was killed. The same command goes on with it, or it
 * is taken back; until then it keeps others from its units. */
bool import_is_interrupted(const Import *import, int64_t now);
/* 0 to 100 of the step at hand. */
int import_percent(const Import *import);

/* ---- inside commands ---- */

/* A file that was uploaded is held in the store. *ret_id. ERR_INPUT: it is empty. */
NODISCARD Err import_hold(
    Db *db, Arena *a, Str unit, Str file_name, Str bytes, const ImportOptions *options, Officer by, int64_t now, Str *ret_id);
/* How it is read was chosen: it is to be checked (again). ERR_CONFLICT: it is past that. */
NODISCARD Err import_choose(Db *db, Arena *a, Str id, const ImportOptions *options, Officer by, int64_t now);
/* Write it. ERR_CONFLICT: it was not checked, has bad rows that must not be left out, or another import is at work on these units; `fault` says which. */
NODISCARD Err import_start(Db *db, Arena *a, Str id, int64_t now, Fault *fault);
/* Stop one that is being written, or take back one that was. ERR_CONFLICT: it is neither, or its time is over. */
NODISCARD Err import_take_back(Db *db, Arena *a, Str id, Officer by, Str why, int64_t now, Fault *fault);
/* Throw away a file that was not brought in. ERR_CONFLICT: it was. */
NODISCARD Err import_drop(Db *db, Arena *a, Str id, int64_t now);
/* A Room's expire: the files, reports and befores of imports that have not changed for IMPORT_DAYS. */
NODISCARD Err import_expire(Db *db, Command *command);

/* ---- the long work, outside of commands ---- */

/* Where the file's bytes come from: pieces of any size, plain or gzip. Called from the reading thread alone. */
typedef struct ImportSource {
    Err (*next)(void *context, Arena *a, Str *ret_piece, bool *ret_last, Fault *fault);
    void *context;
} ImportSource;

typedef struct ImportWork {
    Store *store;
    Str id;
    ImportSource source; /* next NULL: the pieces in the store */
    int64_t (*now)(void);
    /* Hears how far it is, and every bad row; may be NULL. */
    void (*went_on)(void *context, const Import *import, int64_t rows, int percent);
    void (*bad)(void *context, const Fault *fault);
    void *context;
    const bool *stop; /* looked at between chunks (atomically): leave off here; NULL: never */
} ImportWork;

/* A file at the machine becomes an import, or the one is found that was interrupted with the same file and options (*ret_resumed). */
NODISCARD Err import_at_machine(Store *store, Arena *a, Str unit, Str file_name, int64_t size, Str digest, const ImportOptions *options,
    Officer by, int64_t now, Str *ret_id, bool *ret_resumed, Fault *fault);
/* Each brings its step to the end, from wherever it stands. ERR_INPUT: the file cannot be read (state: refused). ERR_CONFLICT: somebody else goes on with it,
 * or it was stopped. ERR_LIMIT: `stop` was set. */
NODISCARD Err import_check(const ImportWork *work, Arena *a, Fault *fault);
NODISCARD Err import_apply(const ImportWork *work, Arena *a, Fault *fault);
NODISCARD Err import_undo(const ImportWork *work, Arena *a, Fault *fault);
/* Everything that waits in this store, one after another: what a server does at its start and whenever something was begun. */
void import_all(Store *store, int64_t (*now)(void), const bool *stop, void (*told)(void *context, Str id, Str state, const Fault *fault),
    void *context);

/* The thread of a server that does so, from its start to its end. NULL: there is no thread to be had. */
typedef struct ImportWorker ImportWorker;
ImportWorker *import_worker_start(Store *store);
void import_worker_stop(ImportWorker *worker);

/* The header cells of a held file with the column each is taken for, and the first rows as they stand: for the mapping page. */
typedef struct ImportLook {
    TableHeader header;
    Str *cells; /* [row * header.count + cell], as typed */
    int row_count;
    bool windows_1252; /* it is not UTF-8 */
} ImportLook;
NODISCARD Err import_look(Db *db, Arena *a, const Import *import, ImportLook *ret_look, Fault *fault);
/* The list of bad rows as CSV. Empty: there are none. */
NODISCARD Err import_bad_rows(Db *db, Arena *a, Str id, Str *ret_csv);

#endif
