/* engine.h: what SQLite and PostgreSQL each must be able to do for the door (db.h). Private to db/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * store.c holds what is the same for both: the queue, the batches, idempotency keys, topics, migrations. An engine is a table of functions over its own
 * Db, whose first member is the struct below. None of them retries; none logs.
 */
#ifndef HUSTINGS_DB_ENGINE_H
#define HUSTINGS_DB_ENGINE_H

#include "db/sql.h"

typedef struct EngineOps EngineOps;

/* A connection, as `open` makes it. What callers of db.h hold is a Db of store.c's own (`inner` is the connection, which is opened again when it broke);
 * its functions take theirs, engines theirs. */
struct Db {
    Store *store;
    const EngineOps *ops;
    char trouble[512]; /* words of the last error, for the log */
    bool try_again;    /* set with ERR_CONFLICT when the cause was another transaction of that moment (40001, 40P01), not the data */

    /* Of the caller's side alone: */
    Db *inner;
    bool in_command; /* db_run is allowed */
    bool in_snapshot;
    bool in_transaction; /* a snapshot's, a batch's, a migration's: it ends with its connection */
    bool alone;          /* the command has the transaction to itself: no mark */
    bool wrote;          /* in this command: something to undo */
    int leaves;          /* in this command: leaves appended to the record */
    int64_t leaf_next;   /* in this transaction: the number after the last one; -1: none was */
    Err (*leaf_settle)(struct Db *db, int64_t next);
    bool failed;                 /* in this transaction the engine has given an error */
    int64_t next_try;            /* after a connection that failed: not before this moment of the monotonic clock, in milliseconds */
    struct Announced *announced; /* topics raised in this batch */
    struct TopicMemo *memo;      /* versions that were read, and when they still hold */
};

struct EngineOps {
    Engine engine;

    /* Connect as store_options and store_place say. A connection that broke is not mended: it is closed and another opened. */
    Err (*open)(Store *store, Db **ret_db, Fault *fault);
    void (*close)(Db *db);
    bool (*is_broken)(const Db *db);

    /* All rows of a statement; and of one statement with many single values, one DbRows each (PostgreSQL: one trip). */
    Err (*query)(Db *db, Arena *a, const Statement *statement, const DbValue *values, int value_count, DbRows *ret_rows);
    Err (*query_each)(Db *db, Arena *a, const Statement *statement, const DbValue *values, int count, DbRows *ret_rows);
    /* Change rows. `ret_changed` NULL: nobody waits for the number, so it may be sent with what comes next; its failure is told by whatever waits. */
    Err (*run)(Db *db, const Statement *statement, const DbValue *values, int value_count, int64_t *ret_changed);
    /* SQL as it stands: migrations. Takes as long as it takes. */
    Err (*script)(Db *db, Str sql);
    /* Only prepare it: for the test that prepares every statement. */
    Err (*prepare)(Db *db, const Statement *statement, Fault *fault);

    /* `write`: from here to the commit nobody else writes, in this process or another (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock that travels
     * with BEGIN), so commands run one after another on both engines, and two processes that migrate wait for each other. */
    Err (*begin)(Db *db, bool write);
    Err (*commit)(Db *db); /* durable when it returns */
    void (*rollback)(Db *db);
    /* SQLite: a savepoint around each command. PostgreSQL: none (can_undo_one false): a batch in which a command that wrote fails, or whose commit
     * fails, is rolled back and its commands are run again one by one, each in a transaction; conflicts with other sessions (40001, 40P01) are tried 5 times. */
    bool can_undo_one;
    Err (*mark)(Db *db);
    Err (*undo_to_mark)(Db *db);
    Err (*release_mark)(Db *db);

    /* Has any other connection committed since this number was given? SQLite: PRAGMA data_version. PostgreSQL: always 0, store.c listens instead. */
    Err (*change_number)(Db *db, int64_t *ret_number);

    /* SQLite: the lock of the process that serves, held until the store closes. PostgreSQL: nothing. */
    Err (*lock_service)(Store *store, Fault *fault);
    /* PostgreSQL: wait for notifications on the calling thread's connection until `timeout_ms` or the first that come; calls `heard` for each payload
     * that db.sql's pg_notify('hustings', ...) sent, one's own too. ERR_IO: the connection is gone, and with it what was said meanwhile. SQLite: NULL. */
    Err (*wait_events)(Db *db, int timeout_ms, void (*heard)(void *context, Str payload), void *context);
};

extern const EngineOps sqlite_ops, postgres_ops;

/* What an engine may know of its store. */
const StoreOptions *store_options(const Store *store);
const char *store_place(const Store *store); /* SQLite: the file's absolute path. PostgreSQL: the URL */
/* A descriptor to close when the store is closed, after everything else: the service lock. */
void store_keep(Store *store, int descriptor);
/* Fill `fault` with words that are good until the calling thread's next fault of the store (there is no arena to put them in). */
NODISCARD Err store_fault(Fault *fault, Err err, const char *format, ...) PRINTF_LIKE(3, 4);
/* PostgreSQL: the channel of notifications (db.sql: topic_tell). */
#define STORE_CHANNEL "hustings"
/* Formats db->trouble; returns `err`. */
NODISCARD Err db_trouble_set(Db *db, Err err, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
