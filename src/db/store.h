/* store.h: what the files behind the door share. Private to db/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * store.c    open and close, URLs, figures
 * migrate.c  bring the schema up to date
 * door.c     the caller's Db: queries, values, rows; a connection that broke is opened again
 * writer.c   the queue, batches, idempotency keys
 * topics.c   versions, events, the listener
 */
#ifndef HUSTINGS_DB_STORE_H
#define HUSTINGS_DB_STORE_H

#include "db/engine.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct Writer Writer;
typedef struct Listener Listener;

enum { TOPIC_SLOTS = 1024 };

struct Store {
    StoreOptions options;
    const EngineOps *ops;
    char *place;
    int kept; /* store_keep; -1: none */

    /* The queue, under `lock`. */
    pthread_mutex_t lock;
    pthread_cond_t work; /* something is queued, or it is over */
    Command *first, *last;
    int queued;
    bool idle; /* the writer waits */
    bool closing;
    Writer *writer;

    _Atomic int64_t commands, commits, failed, repeated;

    /* Topics: how often something was announced that falls into a slot (topics.c). */
    _Atomic uint32_t raised[TOPIC_SLOTS];
    _Atomic bool hearing; /* PostgreSQL: the listener has a connection, so `raised` tells of all processes */
    Listener *listener;
    pthread_mutex_t listener_lock; /* `listener` being made, woken, taken away */
};

/* store.c */
/* A thread to which no signal is delivered: those are for the threads of the program. */
pthread_t store_thread(const char *name, void *(*body)(void *context), void *context);

/* sqlite.c: SQLite's file, made with mode 0600 when it is not there. */
NODISCARD Err sqlite_make_file(Arena *a, Str path, bool must_exist, char **ret_place, Fault *fault);

/* migrate.c */
NODISCARD Err migrate(Db *db, Arena *a, bool as_it_is, Fault *fault);

/* door.c. The connection of a Db, opened again if it broke and nothing hangs on it. */
Db *door_new(Store *store); /* without a connection as yet */
NODISCARD Err door_open(Store *store, Db **ret_db, Fault *fault);
void door_close(Db *db);
NODISCARD Err door_ready(Db *db);
NODISCARD Err door_begin(Db *db, bool write);
NODISCARD Err door_commit(Db *db);
void door_rollback(Db *db);
bool door_is_text(Str s);
/* One statement of one value with each of `count` values, which are text that was checked. */
NODISCARD Err door_query_each(Db *db, Arena *a, const char *statement, const DbValue *values, int count, DbRows *ret_rows);
NODISCARD Err door_run(
    Db *db, const char *statement, const DbValue *values, int value_count, int64_t *ret_changed); /* outside commands as well */

/* writer.c */
void writer_start(Store *store, Db *db); /* whose db it is from now on */
void writer_stop(Store *store);

/* topics.c. What one batch announced: it grows with announced_add, shrinks to a mark when a command is undone, and is written before the commit. */
typedef struct Announced Announced;
Announced *announced_new(void);
void announced_free(Announced *list);
int announced_count(const Announced *list);
void announced_cut(Announced *list, int count);
NODISCARD Err announced_write(Db *db, Arena *a, Announced *list);
void announced_told(Store *store, const Announced *list); /* after the commit */
void listener_stop(Store *store);
void memo_forget(Db *db); /* a new connection counts changes anew */

#endif
