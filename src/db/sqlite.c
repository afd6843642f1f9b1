/* sqlite.c: the engine in this process: one file in WAL mode, durable at each commit.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * synchronous=FULL: a commit is on disk when it returns. No memory map: an I/O error must be an error that can be told, not a signal.
 * What SQLite says about errors: https://www.sqlite.org/rescode.html. After some of them it has rolled back by itself, after an I/O error its cache may
 * not be what is on disk: the connection counts as broken and is opened again. Debian builds it with secure_delete on: what is deleted is overwritten.
 */
#include "db/store.h"

#include "core/clock.h"

#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUSY_MS = 5000, CACHE_KIB = 32 * 1024, CHECKPOINT_PAGES = 4000, RESTART_PAGES = 8000, RESTART_MS = 200, WAL_KEPT_BYTES = 32 << 20 };

typedef enum Fixed {
    FIXED_BEGIN,
    FIXED_BEGIN_WRITE,
    FIXED_COMMIT,
    FIXED_MARK,
    FIXED_UNDO,
    FIXED_RELEASE,
    FIXED_DATA_VERSION,
    FIXED__COUNT
} Fixed;

static const char *const fixed_sql[FIXED__COUNT] = {
    [FIXED_BEGIN] = "BEGIN",
    [FIXED_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [FIXED_COMMIT] = "COMMIT",
    [FIXED_MARK] = "SAVEPOINT command",
    [FIXED_UNDO] = "ROLLBACK TO command",
    [FIXED_RELEASE] = "RELEASE command",
    [FIXED_DATA_VERSION] = "PRAGMA data_version",
};

typedef struct SqliteDb {
    Db db;
    sqlite3 *connection;
    sqlite3_stmt *fixed[FIXED__COUNT];
    sqlite3_stmt **prepared; /* by Statement.number */
    int prepared_count;
    int64_t busy_until;
    int busy_ms;         /* how long somebody else is waited for */
    int restart_at;      /* pages in the WAL from which readers are waited for */
    bool in_transaction; /* as we know it */
    bool broken;
} SqliteDb;

static SqliteDb *sqlite_of(Db *db)
{
    return (SqliteDb *)db;
}

/* ---- errors ---- */

static bool breaks(int code)
{
    switch (code & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL: return true;
    default: return false;
    }
}

/* The words of SQLite about `code`; never values. */
static Err failed(SqliteDb *s, int code)
{
    if (breaks(code)) s->broken = true;
    s->db.try_again = false;
    Err err = (code & 0xff) == SQLITE_CONSTRAINT ? ERR_CONFLICT : ERR_IO;
    return db_trouble_set(&s->db, err, "sqlite: %s (%d)", sqlite3_errmsg(s->connection), sqlite3_extended_errcode(s->connection));
}

/* Some errors, of a read too, end the whole transaction. What came next would stand alone, each statement committed by itself. */
static Err still_in_transaction(SqliteDb *s)
{
    if (!s->in_transaction || !sqlite3_get_autocommit(s->connection)) return ERR_OK;
    return db_trouble_set(&s->db, ERR_IO, "sqlite: the transaction was rolled back");
}

static void nap(long microseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
}

/* Somebody else writes: try again soon. SQLite's own handler sleeps ever longer, and a server that commits often would starve a command line. */
static int on_busy(void *context, int tries)
{
    SqliteDb *s = context;
    int64_t now = clock_ms();
    if (tries == 0) s->busy_until = now + s->busy_ms;
    if (now >= s->busy_until) return 0;
    nap(tries < 20 ? 200 : 2000);
    return 1;
}

/* After each commit. What was written goes from the WAL into the file, but never past what a reader still sees; with one reader or another always
 * there it would never get to the end, where the WAL can begin anew, and the WAL would grow for as long as there is work. So from a certain length on
 * readers are waited for, a moment: they are gone in milliseconds, or it is a backup, and later will do. The commit stands, whatever comes of this. */
static int on_commit(void *context, sqlite3 *connection, const char *name, int pages)
{
    SqliteDb *s = context;
    if (pages < CHECKPOINT_PAGES) {
        s->restart_at = RESTART_PAGES;
    } else if (pages < s->restart_at) {
        (void)sqlite3_wal_checkpoint_v2(connection, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    } else {
        s->busy_ms = RESTART_MS;
        int code = sqlite3_wal_checkpoint_v2(connection, name, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
        s->busy_ms = BUSY_MS;
        if (code != SQLITE_OK) s->restart_at = pages + RESTART_PAGES;
    }
    return SQLITE_OK;
}

/* ---- opening ---- */

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* Without the count of all memory, which takes a lock at each allocation. Each connection is in one thread's hands. */
static void set_up_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_initialize();
}

static void settings_text(char *text, size_t size)
{
    snprintf(text, size,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;"
        "PRAGMA cache_size = -%d; PRAGMA journal_size_limit = %d; PRAGMA trusted_schema = OFF;",
        CACHE_KIB, WAL_KEPT_BYTES);
}

static bool set_up(SqliteDb *s)
{
    s->busy_ms = BUSY_MS;
    s->restart_at = RESTART_PAGES;
    sqlite3_busy_handler(s->connection, on_busy, s);
    sqlite3_wal_hook(s->connection, on_commit, s);
    sqlite3_extended_result_codes(s->connection, 1);
    sqlite3_db_config(s->connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->connection, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(s->connection, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    char settings[512];
    settings_text(settings, sizeof settings);
    /* The change to WAL does not wait for another process that does the same at this moment. */
    int code = SQLITE_BUSY;
    for (int tries = 0; code == SQLITE_BUSY && tries < 500; tries++) {
        if (tries) nap(10000);
        code = sqlite3_exec(s->connection, settings, NULL, NULL, NULL);
    }
    if (code != SQLITE_OK) return false;
    for (int i = 0; i < FIXED__COUNT; i++)
        if (sqlite3_prepare_v3(s->connection, fixed_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->fixed[i], NULL) != SQLITE_OK) return false;
    return true;
}

static void sqlite_close(Db *db)
{
    SqliteDb *s = sqlite_of(db);
    for (int i = 0; i < FIXED__COUNT; i++) sqlite3_finalize(s->fixed[i]);
    for (int i = 0; i < s->prepared_count; i++) sqlite3_finalize(s->prepared[i]);
    sqlite3_close_v2(s->connection);
    free(s->prepared);
    free(s);
}

static Err sqlite_open(Store *store, Db **ret_db, Fault *fault)
{
    ASSERT(pthread_once(&library_once, set_up_library) == 0);
    SqliteDb *s = calloc(1, sizeof *s);
    if (!s) out_of_memory(sizeof *s);
    s->db.store = store;
    s->db.ops = &sqlite_ops;
    sql_statements(&s->prepared_count);
    s->prepared = calloc((size_t)s->prepared_count + 1, sizeof(sqlite3_stmt *));
    if (!s->prepared) out_of_memory(sizeof(sqlite3_stmt *));
    /* Never made here: a file that somebody took away must not come back empty. */
    int code = sqlite3_open_v2(store_place(store), &s->connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK && set_up(s)) {
        *ret_db = &s->db;
        return ERR_OK;
    }
    const char *words = s->connection ? sqlite3_errmsg(s->connection) : "out of memory";
    Err e = store_fault(fault, ERR_IO, "the SQLite file %s cannot be opened: %s", store_place(store), words);
    sqlite_close(&s->db);
    return e;
}

static bool sqlite_is_broken(const Db *db)
{
    return ((const SqliteDb *)db)->broken;
}

/* ---- statements ---- */

static Err bind_value(SqliteDb *s, sqlite3_stmt *st, int at, const DbValue *v)
{
    const char *bytes = v->bytes.ptr ? v->bytes.ptr : ""; /* NULL would mean NULL */
    int code = SQLITE_OK;
    switch (v->kind) {
    case DB_NULL: code = sqlite3_bind_null(st, at); break;
    case DB_I64: code = sqlite3_bind_int64(st, at, v->number); break;
    case DB_TEXT: code = sqlite3_bind_text64(st, at, bytes, v->bytes.len, SQLITE_STATIC, SQLITE_UTF8); break;
    case DB_BLOB: code = sqlite3_bind_blob64(st, at, bytes, v->bytes.len, SQLITE_STATIC); break;
    }
    return code == SQLITE_OK ? ERR_OK : failed(s, code);
}

/* The statement, prepared once a connection, with its values. */
static Err ready(SqliteDb *s, const Statement *statement, const DbValue *values, int value_count, sqlite3_stmt **ret_st)
{
    sqlite3_stmt **st = &s->prepared[statement->number];
    Err e = still_in_transaction(s);
    if (e) return e;
    if (!*st) {
        int code = sqlite3_prepare_v3(
            s->connection, statement->sqlite.ptr, (int)statement->sqlite.len, SQLITE_PREPARE_PERSISTENT, st, NULL);
        if (code != SQLITE_OK) return failed(s, code);
    }
    for (int i = 0; i < value_count; i++) {
        e = bind_value(s, *st, i + 1, &values[i]);
        if (e) return e;
    }
    *ret_st = *st;
    return ERR_OK;
}

/* After a statement: `code` is that of its last step. */
static Err finish(SqliteDb *s, sqlite3_stmt *st, int code)
{
    Err e = code == SQLITE_DONE || code == SQLITE_ROW ? ERR_OK : failed(s, code);
    sqlite3_reset(st);
    return e;
}

static DbValue read_value(Arena *a, sqlite3_stmt *st, int column)
{
    switch (sqlite3_column_type(st, column)) {
    case SQLITE_NULL: return db_null();
    case SQLITE_INTEGER: return db_number(sqlite3_column_int64(st, column));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(st, column);
        return db_string(str_copy(a, (Str){text, (size_t)sqlite3_column_bytes(st, column)}));
    }
    case SQLITE_BLOB: {
        const char *blob = sqlite3_column_blob(st, column);
        return db_bytes(str_copy(a, (Str){blob, (size_t)sqlite3_column_bytes(st, column)}));
    }
    default: ASSERT(!"a statement gives a floating-point number"); return db_null();
    }
}

static void read_names(Arena *a, sqlite3_stmt *st, DbRows *rows)
{
    rows->columns = sqlite3_column_count(st);
    Str *names = arena_new(a, Str, (size_t)rows->columns);
    for (int c = 0; c < rows->columns; c++) names[c] = str_copy(a, str_from_c(sqlite3_column_name(st, c)));
    rows->names = names;
}

static void read_row(Arena *a, sqlite3_stmt *st, DbRows *rows, int *room)
{
    size_t columns = (size_t)rows->columns;
    if (rows->count == *room) {
        int more = *room ? *room * 2 : 1;
        rows->values = arena_grow(a, DbValue, rows->values, (size_t)*room * columns, (size_t)more * columns);
        *room = more;
    }
    DbValue *row = rows->values + (size_t)rows->count++ * columns;
    for (int c = 0; c < rows->columns; c++) row[c] = read_value(a, st, c);
}

static Err sqlite_query(Db *db, Arena *a, const Statement *statement, const DbValue *values, int value_count, DbRows *ret_rows)
{
    SqliteDb *s = sqlite_of(db);
    sqlite3_stmt *st = NULL;
    Err e = ready(s, statement, values, value_count, &st);
    if (e) return e;
    DbRows rows = {.at = -1};
    int room = 0, code;
    /* The names after the first step: a schema that changed is only seen then. */
    while ((code = sqlite3_step(st)) == SQLITE_ROW && rows.count < DB_ROWS_MAX) {
        if (!rows.names) read_names(a, st, &rows);
        read_row(a, st, &rows, &room);
    }
    if (!rows.names) read_names(a, st, &rows);
    e = finish(s, st, code);
    if (e) return e;
    if (code == SQLITE_ROW) return db_trouble_set(db, ERR_LIMIT, "%.*s: more than %d rows", STR_ARG(statement->name), DB_ROWS_MAX);
    *ret_rows = rows;
    return ERR_OK;
}

static Err sqlite_query_each(Db *db, Arena *a, const Statement *statement, const DbValue *values, int count, DbRows *ret_rows)
{
    for (int i = 0; i < count; i++) {
        Err e = sqlite_query(db, a, statement, &values[i], 1, &ret_rows[i]);
        if (e) return e;
    }
    return ERR_OK;
}

static Err sqlite_run(Db *db, const Statement *statement, const DbValue *values, int value_count, int64_t *ret_changed)
{
    SqliteDb *s = sqlite_of(db);
    sqlite3_stmt *st = NULL;
    Err e = ready(s, statement, values, value_count, &st);
    if (e) return e;
    int code;
    while ((code = sqlite3_step(st)) == SQLITE_ROW) {
    }
    e = finish(s, st, code);
    if (!e && ret_changed) *ret_changed = sqlite3_changes64(s->connection);
    return e;
}

static Err sqlite_script(Db *db, Str sql)
{
    SqliteDb *s = sqlite_of(db);
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    int code = sqlite3_exec(s->connection, str_c(&a, sql), NULL, NULL, NULL);
    arena_clear(&a);
    return code == SQLITE_OK ? ERR_OK : failed(s, code);
}

static Err sqlite_prepare(Db *db, const Statement *statement, Fault *fault)
{
    SqliteDb *s = sqlite_of(db);
    sqlite3_stmt *st = NULL;
    int code = sqlite3_prepare_v2(s->connection, statement->sqlite.ptr, (int)statement->sqlite.len, &st, NULL);
    int values = sqlite3_bind_parameter_count(st);
    sqlite3_finalize(st);
    if (code != SQLITE_OK) return store_fault(fault, ERR_INPUT, "%.*s: %s", STR_ARG(statement->name), sqlite3_errmsg(s->connection));
    if (values != statement->value_count) return store_fault(fault, ERR_INPUT, "%.*s: %d values", STR_ARG(statement->name), values);
    return ERR_OK;
}

/* ---- transactions ---- */

static Err run_fixed(SqliteDb *s, Fixed which)
{
    sqlite3_stmt *st = s->fixed[which];
    return finish(s, st, sqlite3_step(st));
}

static Err sqlite_begin(Db *db, bool write)
{
    SqliteDb *s = sqlite_of(db);
    Err e = run_fixed(s, write ? FIXED_BEGIN_WRITE : FIXED_BEGIN);
    s->in_transaction = !e;
    return e;
}

static void sqlite_rollback(Db *db)
{
    SqliteDb *s = sqlite_of(db);
    s->in_transaction = false;
    if (sqlite3_get_autocommit(s->connection)) return;
    sqlite3_exec(s->connection, "ROLLBACK", NULL, NULL, NULL);
    if (!sqlite3_get_autocommit(s->connection)) s->broken = true;
}

static Err sqlite_commit(Db *db)
{
    SqliteDb *s = sqlite_of(db);
    Err e = still_in_transaction(s);
    if (!e) e = run_fixed(s, FIXED_COMMIT);
    if (!e) s->in_transaction = false;
    return e;
}

static Err sqlite_mark(Db *db)
{
    Err e = still_in_transaction(sqlite_of(db));
    return e ? e : run_fixed(sqlite_of(db), FIXED_MARK);
}

static Err sqlite_undo_to_mark(Db *db)
{
    SqliteDb *s = sqlite_of(db);
    Err e = still_in_transaction(s);
    if (!e) e = run_fixed(s, FIXED_UNDO);
    return e ? e : run_fixed(s, FIXED_RELEASE);
}

static Err sqlite_release_mark(Db *db)
{
    return run_fixed(sqlite_of(db), FIXED_RELEASE);
}

static Err sqlite_change_number(Db *db, int64_t *ret_number)
{
    SqliteDb *s = sqlite_of(db);
    sqlite3_stmt *st = s->fixed[FIXED_DATA_VERSION];
    int code = sqlite3_step(st);
    if (code == SQLITE_ROW) *ret_number = sqlite3_column_int64(st, 0);
    return finish(s, st, code);
}

/* ---- the file and its lock ---- */

Err sqlite_make_file(Arena *a, Str path, bool must_exist, char **ret_place, Fault *fault)
{
    const char *name = str_c(a, path);
    struct stat about;
    /* A file that is there is not opened here: closing it would drop the locks that another store of this process has on it. */
    if (stat(name, &about) != 0) {
        if (errno != ENOENT) return store_fault(fault, ERR_IO, "the SQLite file %s: %s", name, strerror(errno));
        if (must_exist) return store_fault(fault, ERR_MISSING, "there is no store at %s", name);
        int file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0 && errno != EEXIST) return store_fault(fault, ERR_IO, "the SQLite file %s cannot be made: %s", name, strerror(errno));
        if (file >= 0) close(file);
    } else if (!S_ISREG(about.st_mode)) {
        return store_fault(fault, ERR_INPUT, "%s is not a file", name);
    }
    *ret_place = realpath(name, NULL);
    return *ret_place ? ERR_OK : store_fault(fault, ERR_IO, "the SQLite file %s: %s", name, strerror(errno));
}

static void read_owner(int lock, char *words, size_t size)
{
    ssize_t n = pread(lock, words, size - 1, 0);
    words[n > 0 ? n : 0] = 0;
    words[strspn(words, "0123456789")] = 0;
}

/* A file beside the store whose lock goes with the process, however it ends. It stays: taking it away would let two servers lock two files. */
static Err sqlite_lock_service(Store *store, Fault *fault)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s-serve-lock", store_place(store));
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) return store_fault(fault, ERR_IO, "the lock file %s cannot be made: %s", path, strerror(errno));
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(lock, F_OFD_SETLK, &all) != 0) {
        char owner[32];
        read_owner(lock, owner, sizeof owner);
        close(lock);
        return store_fault(fault, ERR_CONFLICT,
            "a server (process %s) has the store %s: stop it first, then give this command again (a second server needs a store of its "
            "own, "
            "or PostgreSQL, which several can share)",
            owner[0] ? owner : "unknown", store_place(store));
    }
    char owner[32];
    int len = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    /* Only a help for the words above: a full disk must not keep the server from starting. */
    if (ftruncate(lock, 0) != 0 || pwrite(lock, owner, (size_t)len, 0) != len) errno = 0;
    store_keep(store, lock);
    return ERR_OK;
}

const EngineOps sqlite_ops = {
    .engine = ENGINE_SQLITE,
    .open = sqlite_open,
    .close = sqlite_close,
    .is_broken = sqlite_is_broken,
    .query = sqlite_query,
    .query_each = sqlite_query_each,
    .run = sqlite_run,
    .script = sqlite_script,
    .prepare = sqlite_prepare,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .can_undo_one = true,
    .mark = sqlite_mark,
    .undo_to_mark = sqlite_undo_to_mark,
    .release_mark = sqlite_release_mark,
    .change_number = sqlite_change_number,
    .lock_service = sqlite_lock_service,
};
