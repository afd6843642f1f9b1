/* stores.h: what the tests of the store share: fresh stores of either engine, and commands of a few lines.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The same tests run on both engines: the program's argument says which ("sqlite", "postgres"). The statements and migrations of these programs are
 * the store's own and those in src/probe, not the rooms'.
 */
#ifndef HUSTINGS_TEST_STORES_H
#define HUSTINGS_TEST_STORES_H

#include "pg.h"

#include "db/store.h"

#include <sys/stat.h>

static bool on_postgres; /* main sets it */

/* Skip a test on an engine that is not there. */
#define engine_or_skip() \
    if (on_postgres && !pg_server().len) skip()

static char folder[64];

/* In memory where there is such a place: these stores outlive processes, not the machine, and waiting for a disk would be all they did. */
static inline int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/hustings-test-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* The url of a store that is not there yet. */
static inline Str fresh_url(Arena *a)
{
    static int count;
    if (on_postgres) return pg_database(a);
    return str_format(a, "%s/%d-%d.db", folder, (int)getpid(), ++count);
}

static inline Store *open_with(Arena *a, StoreOptions options)
{
    Store *store = NULL;
    Fault fault = {0};
    if (store_open(a, &options, &store, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return store;
}

static inline Store *open_at(Arena *a, Str url)
{
    return open_with(a, (StoreOptions){.url = url});
}

/* Opening must fail so; the words. */
static inline Str refused(Arena *a, StoreOptions options, Err expected)
{
    Store *store = NULL;
    Fault fault = {0};
    assert_int_equal(store_open(a, &options, &store, &fault), expected);
    assert_null(store);
    return fault.expected;
}

static inline bool has(Str s, const char *words)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    bool found = strstr(str_c(&a, s), words) != NULL;
    arena_clear(&a);
    return found;
}
#define assert_says(s, words) \
    if (!has(s, words)) fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(s), words)

static inline Db *reader(Store *store)
{
    Db *db = NULL;
    Fault fault = {0};
    if (db_open(store, &db, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return db;
}

/* The good end of a child process. Not _exit: under valgrind that would look for leaks among what the parent's threads still use. */
_Noreturn static inline void child_succeeded(void)
{
    execl("/bin/true", "true", (char *)NULL);
    _exit(9);
}

/* ---- commands ---- */

static inline Err add_row(Db *db, int64_t id)
{
    return db_run(db, "probe_add", DB_VALUES(db_number(id), db_null(), db_null()));
}

/* input: the id */
static inline Err run_add(Db *db, Command *c)
{
    return add_row(db, *(const int64_t *)c->input);
}

static inline Err do_with(Store *store, Arena *a, Err (*run)(Db *, Command *), const void *input)
{
    Command c = {.name = "test", .leaf = LEAF_NONE, .run = run, .input = input, .arena = a, .now = 1000};
    return store_run(store, &c);
}

static inline Err add(Store *store, Arena *a, int64_t id)
{
    return do_with(store, a, run_add, &id);
}

static inline int64_t number_from(Db *db, Arena *a, const char *statement, const char *column)
{
    DbRows rows;
    assert_int_equal(db_one(db, a, statement, DB_NO_VALUES, &rows), ERR_OK);
    return db_i64(&rows, column);
}

static inline int64_t row_count(Db *db, Arena *a)
{
    return number_from(db, a, "probe_count", "rows_in_all");
}

static inline bool row_exists(Db *db, Arena *a, int64_t id)
{
    DbRows rows;
    Err e = db_one(db, a, "probe_get", DB_VALUES(db_number(id)), &rows);
    assert_true(e == ERR_OK || e == ERR_MISSING);
    return e == ERR_OK;
}

static inline int64_t topic_version(Store *store, Db *db, const char *topic)
{
    int64_t version = -1;
    assert_int_equal(store_topic_version(store, db, str_from_c(topic), &version), ERR_OK);
    return version;
}

#endif
