/* db.h: one door to the store, whichever engine stands behind it: SQLite in this process, or a PostgreSQL server.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a room says what it wants to read and write once. Statements have names and live in the room's .sql file, for both engines; C only
 *      binds values to them. Writes are commands: they run one after another in few large commits, and nobody is told "done" before it is on disk.
 *
 * Life: store_open -> { db_open -> db_query... -> db_close } and { store_submit | store_run }, from any thread -> store_close.
 *       A Store may be shared by threads. A Db is in one thread's hands: a reader's own, or the one that a command is given.
 *
 * Reading. A thread that reads opens a Db and keeps it. Between db_snapshot and db_release all its queries see one moment of the store.
 *
 * Writing. A Command's `run` is called on the writer's thread, inside a transaction, and may query and run statements. Commands of a process run in
 *       the order in which they were submitted; those of several processes take turns, commit by commit. Whatever else is queued goes into the
 *       same commit (group commit); each command has a savepoint of its own, so one that fails undoes itself alone.
 *       `done` is called after the commit is durable, or after it failed. `run` MAY BE CALLED AGAIN for the same command (PostgreSQL: a batch
 *       that met a conflict is tried one by one), so all it changes must be in the database or in `answer`, which is forgotten before.
 *       It must not wait for anything and must not read the clock: use Command.now.
 *       A command with a `key` is done once: the key, what was asked (its digest) and the answer are stored in the same transaction. The same key
 *       with the same request again gives the first answer; with another request it is ERR_CONFLICT.
 *
 * Events. db_announce, inside a command, raises the version of a topic and may leave words for whoever follows it (live streams). Versions
 *       of a topic count 1, 2, 3 in the order of the commits, on both engines. Caches ask store_topic_version.
 *
 * Memory: results live in the arena passed in. A Store and a Db own what they allocate until closed.
 * Errors: ERR_IO when the store cannot be reached, is full, busy or damaged: nothing was changed (unless Command.perhaps says otherwise), trying
 *       later may help; the Fault's words are for the log (never values). ERR_CONFLICT from db_run on a constraint (unique, foreign key, check). ERR_MISSING from db_one.
 *       A statement name that no .sql file has, a wrong number of values, or a column that a result lacks is a bug and stops the process.
 * Not here: what the tables mean. docs/howto-add-a-query.md shows the whole way.
 */
#ifndef HUSTINGS_DB_DB_H
#define HUSTINGS_DB_DB_H

#include "core/sha256.h"
#include "core/view.h"

typedef struct Store Store;
typedef struct Db Db;

typedef enum Engine { ENGINE_SQLITE, ENGINE_POSTGRES } Engine;

/* ---- the store ---- */

typedef struct StoreOptions {
    Str url;          /* a path, "sqlite:PATH", or "postgres://..." / "postgresql://..." as libpq reads it (several hosts allowed) */
    bool serve;       /* this process serves: SQLite refuses a second one on the same file (ERR_CONFLICT) */
    bool must_exist;  /* do not create a SQLite file that is not there (ERR_MISSING) */
    bool as_it_is;    /* do not apply migrations (backup, export): an older or newer schema is ERR_CONFLICT */
    int batch_most;   /* commands in one commit at most (0: 512) */
    int queue_most;   /* commands that may wait; more are told ERR_IO "busy" at once (0: 16,384) */
    int statement_ms; /* PostgreSQL: a statement may take so long (0: 5,000) */
} StoreOptions;

/* Open, create if need be, and bring the schema up to date (numbered migrations, each in a transaction).
 * ERR_CONFLICT: the schema is newer than this program, or another server has the file; ERR_IO: not reachable. */
NODISCARD Err store_open(Arena *a, const StoreOptions *options, Store **ret_store, Fault *fault);

/* Finish what is queued, then close. Safe on NULL. */
void store_close(Store *store);

Engine store_engine(const Store *store);
/* What `url` means, with any password blanked: for logs and pages. */
Str store_url_shown(Arena *a, Str url);

/* Is the store answering? A cheap question with an answer from disk or server; for /healthz. */
NODISCARD Err store_check(Store *store, Db *db, Fault *fault);

typedef struct StoreFigures {
    int64_t commands, commits, failed, repeated; /* since the start; repeated: a key seen before */
    int64_t queued;                              /* waiting now */
} StoreFigures;
StoreFigures store_figures(const Store *store);

/* ---- values ---- */

typedef enum DbKind { DB_NULL, DB_I64, DB_TEXT, DB_BLOB } DbKind;

typedef struct DbValue {
    DbKind kind;
    int64_t number;
    Str bytes;
} DbValue;

static inline DbValue db_number(int64_t number)
{
    return (DbValue){.kind = DB_I64, .number = number};
}

/* UTF-8 without zero bytes; else ERR_INPUT from the call that binds it. */
static inline DbValue db_string(Str text)
{
    return (DbValue){.kind = DB_TEXT, .bytes = text};
}

static inline DbValue db_bytes(Str bytes)
{
    return (DbValue){.kind = DB_BLOB, .bytes = bytes};
}

static inline DbValue db_null(void)
{
    return (DbValue){.kind = DB_NULL};
}

/* The values of a statement, in the order in which its head names them. */
#define DB_VALUES(...) ((const DbValue[]){__VA_ARGS__}), (int)(sizeof((const DbValue[]){__VA_ARGS__}) / sizeof(DbValue))
#define DB_NO_VALUES ((const DbValue *)NULL), 0

/* ---- reading ---- */

/* A reader's connection for the calling thread. */
NODISCARD Err db_open(Store *store, Db **ret_db, Fault *fault);
void db_close(Db *db);
/* For the few who write the same thing in two ways: row by row here, thousands of rows at once to a server. */
Engine db_engine(const Db *db);

/* All queries until db_release see one moment. Cheap on SQLite; PostgreSQL begins with the first query. */
NODISCARD Err db_snapshot(Db *db);
void db_release(Db *db);

typedef struct DbRows {
    int count;
    int columns;
    int at; /* before the first row: -1 */
    const Str *names;
    DbValue *values; /* [row * columns + column] */
} DbRows;

/* Run the named statement and read all its rows (at most `DB_ROWS_MAX`; page with LIMIT). */
enum { DB_ROWS_MAX = 100000 }; /* more: ERR_LIMIT */
NODISCARD Err db_query(Db *db, Arena *a, const char *statement, const DbValue *values, int value_count, DbRows *ret_rows);
/* The same for a statement that gives one row or none: ERR_MISSING for none. The rows stand on it. */
NODISCARD Err db_one(Db *db, Arena *a, const char *statement, const DbValue *values, int value_count, DbRows *ret_rows);
/* Rows as a view: each row an object with the columns as keys; blobs as hexadecimal digits. Appends to `array`. For pages that show what is stored. */
NODISCARD Err db_view(Db *db, Arena *a, const char *statement, const DbValue *values, int value_count, View *array);

/* Step to the next row; false after the last. Then read columns by name. */
bool db_next(DbRows *rows);
int64_t db_i64(const DbRows *rows, const char *column);
Str db_text(const DbRows *rows, const char *column); /* text and blobs; empty for NULL */
bool db_is_null(const DbRows *rows, const char *column);

/* Words of the last error of this connection, for the log. */
Str db_trouble(const Db *db);

/* ---- writing ---- */

/* Does a command leave a leaf of the public record (record/record.h)? Whoever writes a command must say; the writer holds it to its word: one that said
 * LEAF_ONE and appended none, or LEAF_NONE and appended one, is undone and fails. */
typedef enum LeafRule {
    LEAF_UNSAID, /* a bug */
    LEAF_NONE,   /* no act of the apparatus */
    LEAF_ONE,    /* an act: one leaf or more */
    LEAF_MAYBE,  /* looks for what is to be done, and does nothing when there is nothing: each thing done is a leaf */
} LeafRule;

typedef struct Command Command;
struct Command {
    const char *name; /* "contest_publish": for figures and the digest */
    LeafRule leaf;
    /* It writes rows by the thousand: it has a transaction of its own, which is rolled back when it fails. (Within a savepoint SQLite keeps a copy of every
     * page that is changed, and walks them all at the end of many a statement.) */
    bool alone;
    Err (*run)(Db *db, Command *command); /* inside the transaction */
    void (*done)(Command *command);       /* after it, on the writer's thread: hand it on and return quickly. NULL for store_run */
    void *context;                        /* of whoever submitted it */
    const void *input;                    /* for `run`; not changed */
    Arena *arena;                         /* for `run`, and for the answer; nobody else touches it until `done` */
    Str key;                              /* idempotency key, already bound to who asks (at most 64 bytes); empty: none */
    Sha256 digest;                        /* of what is asked; compared when the key was seen before */
    int64_t now;                          /* milliseconds since 1970, UTC */
    /* What came of it: */
    Err err;
    Fault fault;
    Str answer;    /* what a repeat will be given: at most 16 KiB */
    bool repeated; /* this is the first answer again */
    bool perhaps;  /* with ERR_IO: the commit itself failed, so nobody knows whether it is done; asking again with the same key is safe */
    Command *next; /* the queue's */
};

enum { COMMAND_KEY_MAX = 64, COMMAND_ANSWER_MAX = 16 * 1024, COMMAND_KEY_DAYS = 7 };

/* Queue it; never waits. When the queue is full, or the store is being closed, `done` is called at once, on the calling thread, with ERR_IO. */
void store_submit(Store *store, Command *command);
/* Queue it and wait for it: for the command line and for tests. Returns command->err. */
NODISCARD Err store_run(Store *store, Command *command);

/* Inside `run`: a statement that changes rows. On PostgreSQL it may only be queued, and fail at the commit: then `run` is called again, alone. */
NODISCARD Err db_run(Db *db, const char *statement, const DbValue *values, int value_count);
/* The same, told how many rows changed; this one waits for the answer. */
NODISCARD Err db_run_counted(Db *db, const char *statement, const DbValue *values, int value_count, int64_t *ret_changed);

/* For record/ alone, inside `run`. Leaf `number` was appended; `settle`, which must be the same each time, is called once before the commit of the
 * transaction with the number that comes next. */
void db_leaf_appended(Db *db, int64_t number, Err (*settle)(Db *db, int64_t next));
/* The number that comes next, when this transaction has appended leaves that stand; else -1: the store knows. */
int64_t db_leaf_next(const Db *db);

/* ---- topics ---- */

enum { TOPIC_MAX = 100, TOPIC_DATA_MAX = 8 * 1024, TOPIC_KEPT = 1000 };

/* Inside `run`: `topic` changed. Leaves an event with `data` (JSON text; may be empty). The last TOPIC_KEPT events of a topic are kept. */
NODISCARD Err db_announce(Db *db, Str topic, Str data, int64_t now);

/* The version of `topic` now: 0 before anything was announced. Sees commits of other processes: at once with SQLite, within moments with PostgreSQL. */
NODISCARD Err store_topic_version(Store *store, Db *db, Str topic, int64_t *ret_version);

typedef struct TopicEvent {
    Str topic;
    int64_t version;
    Str data;
} TopicEvent;

/* Call `heard` (on a thread of the store; hand it on and return quickly; strings are good during the call) for every event committed from now on, by
 * this process or another: at once for our own and PostgreSQL's, within a second for another process on the same SQLite file. One listener;
 * NULL ends it, and nothing is heard after the return. */
void store_listen(Store *store, void (*heard)(void *context, const TopicEvent *event), void *context);

/* Events of `topic` after `version`, oldest first. *ret_gap: some after `version` are no longer kept, so the reader must start anew. */
NODISCARD Err db_events_after(Db *db, Arena *a, Str topic, int64_t version, TopicEvent **ret_events, int *ret_count, bool *ret_gap);

/* ---- housekeeping, called by the server now and then ---- */

/* Submit the commands that drop what has expired (idempotency keys). Rooms with more to drop have commands of their own. */
void store_housekeep(Store *store, int64_t now);

#endif
