/* What SQLite alone promises: the file, its lock, a process that is killed, a disk that is full or fails. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "stores.h"

/* To look at its connections. */
#include "db/sqlite.c"

#include <semaphore.h>

/* ---- the file ---- */

/* What a plain connection says of the file, as anybody's tool would. */
static Str plain(Arena *a, Str path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_open_v2(str_c(a, path), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    Str text = S("");
    if (sqlite3_step(st) == SQLITE_ROW) text = str_copy(a, str_from_c((const char *)sqlite3_column_text(st, 0)));
    sqlite3_finalize(st);
    sqlite3_close(db);
    return text;
}

static void the_file_is_ours_alone(void **state)
{
    Arena *a = *state;
    Str path = fresh_url(a);
    mode_t before = umask(0);
    store_close(open_at(a, path));
    Store *store = open_with(a, (StoreOptions){.url = str_format(a, "sqlite:%.*s", STR_ARG(path)), .must_exist = true});
    assert_int_equal(add(store, a, 1), ERR_OK);
    const char *ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < COUNT_OF(ends); i++) {
        struct stat about;
        assert_int_equal(stat(str_c(a, str_format(a, "%.*s%s", STR_ARG(path), ends[i])), &about), 0);
        assert_int_equal(about.st_mode & 0777, 0600);
    }
    store_close(store);
    umask(before);
    assert_str(plain(a, path, "PRAGMA journal_mode"), "wal");
    assert_str(plain(a, path, "PRAGMA integrity_check"), "ok");
    assert_str(plain(a, path, "PRAGMA application_id"), "1215656820");
}

static void a_file_that_must_exist_is_not_made(void **state)
{
    Arena *a = *state;
    Str path = fresh_url(a);
    assert_says(refused(a, (StoreOptions){.url = path, .must_exist = true}, ERR_MISSING), "there is no store");
    assert_says(refused(a, (StoreOptions){.url = path, .as_it_is = true}, ERR_MISSING), "there is no store");
    assert_int_equal(access(str_c(a, path), F_OK), -1);
    assert_says(refused(a, (StoreOptions){.url = S("/no/such/folder/store.db")}, ERR_IO), "/no/such/folder");
}

static void other_files_are_refused(void **state)
{
    Arena *a = *state;
    Str other = fresh_url(a), text = fresh_url(a);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(str_c(a, other), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE bookmarks (url)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_says(refused(a, (StoreOptions){.url = other}, ERR_INPUT), "another program");
    FILE *file = fopen(str_c(a, text), "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) fputs("This is a letter, not a store.\n", file);
    assert_int_equal(fclose(file), 0);
    assert_says(refused(a, (StoreOptions){.url = text}, ERR_IO), "not a database");
}

static int64_t pragma(Db *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(sqlite_of(db->inner)->connection, sql, -1, &st, NULL), SQLITE_OK);
    int64_t value = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return value;
}

static void connections_are_durable_and_strict(void **state)
{
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    assert_int_equal(pragma(db, "PRAGMA synchronous"), 2); /* FULL */
    assert_int_equal(pragma(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(pragma(db, "PRAGMA mmap_size"), 0);
    assert_int_equal(pragma(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(store->ops->script(db->inner, S("PRAGMA writable_schema = ON; DELETE FROM sqlite_master")), ERR_IO);
    assert_int_equal(store->ops->script(db->inner, S("SELECT \"a text, not a column\"")), ERR_IO);
    db_close(db);
    store_close(store);
}

/* ---- the lock of the service ---- */

static void a_second_server_is_refused(void **state)
{
    Arena *a = *state;
    Str path = fresh_url(a);
    Store *store = open_with(a, (StoreOptions){.url = path, .serve = true});
    Str words = refused(a, (StoreOptions){.url = path, .serve = true}, ERR_CONFLICT);
    assert_says(words, "stop it first");
    assert_says(words, str_c(a, str_format(a, "process %d", (int)getpid())));
    Str link = fresh_url(a);
    assert_int_equal(symlink(str_c(a, path), str_c(a, link)), 0);
    refused(a, (StoreOptions){.url = link, .serve = true}, ERR_CONFLICT);
    /* The command line reads and writes beside it. */
    Store *other = open_at(a, path);
    assert_int_equal(add(other, a, 1), ERR_OK);
    assert_int_equal(add(store, a, 2), ERR_OK);
    store_close(other);
    store_close(store);
    store_close(open_with(a, (StoreOptions){.url = path, .serve = true}));
}

static pid_t start_server(Str path)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        Arena a;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        Store *store = NULL;
        Fault fault = {0};
        if (store_open(&a, &(StoreOptions){.url = path, .serve = true}, &store, &fault) || write(ends[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ends[1]);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static void the_lock_goes_with_its_process(void **state)
{
    Arena *a = *state;
    Str path = fresh_url(a);
    pid_t server = start_server(path);
    assert_says(refused(a, (StoreOptions){.url = path, .serve = true}, ERR_CONFLICT), str_c(a, str_format(a, "process %d", (int)server)));
    assert_int_equal(kill(server, SIGKILL), 0);
    assert_int_equal(waitpid(server, NULL, 0), server);
    store_close(open_with(a, (StoreOptions){.url = path, .serve = true}));
}

/* ---- another process that writes ---- */

static void busy_for_a_while_is_waited_for(void **state)
{
    Arena *a = *state;
    Str path = fresh_url(a);
    Store *store = open_at(a, path);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(str_c(a, path), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(do_with(store, a, run_add, &(int64_t){1}), ERR_IO); /* five seconds later */
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(add(store, a, 1), ERR_OK);
    sqlite3_close(other);
    store_close(store);
}

/* ---- the log that is written before the file ---- */

enum { READERS = 4, LONG_ROWS = 1200, LONG_BYTES = 100000, WAL_MOST = 3 * WAL_KEPT_BYTES };

static Err run_add_long(Db *db, Command *c)
{
    char *bytes = arena_new(c->arena, char, LONG_BYTES);
    int64_t id = *(const int64_t *)c->input;
    return db_run(db, "probe_add", DB_VALUES(db_number(id), db_null(), db_bytes((Str){bytes, LONG_BYTES})));
}

static _Atomic bool readers_end;

static void *read_without_end(void *context)
{
    Db *db = context;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    while (!atomic_load(&readers_end)) {
        if (db_snapshot(db)) return (void *)"no snapshot";
        (void)row_count(db, &a);
        nap(1000);
        db_release(db);
        arena_clear(&a);
    }
    return NULL;
}

/* One reader or another always sees an older moment, so that what was written since cannot go into the file all at once. */
static void the_log_does_not_grow_for_ever(void **state)
{
    Arena *a = *state;
    Str path = fresh_url(a);
    const char *log = str_c(a, str_format(a, "%.*s-wal", STR_ARG(path)));
    Store *store = open_at(a, path);
    pthread_t threads[READERS];
    Db *readers[READERS];
    atomic_store(&readers_end, false);
    for (int i = 0; i < READERS; i++) readers[i] = reader(store);
    for (int i = 0; i < READERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_without_end, readers[i]), 0);
    off_t longest = 0;
    for (int64_t id = 0; id < LONG_ROWS; id++) {
        Arena own;
        arena_init(&own, ARENA_LIMIT_DEFAULT);
        assert_int_equal(do_with(store, &own, run_add_long, &id), ERR_OK);
        arena_clear(&own);
        struct stat about;
        if (stat(log, &about) == 0 && about.st_size > longest) longest = about.st_size;
    }
    atomic_store(&readers_end, true);
    for (int i = 0; i < READERS; i++) {
        void *failure = NULL;
        assert_int_equal(pthread_join(threads[i], &failure), 0);
        assert_null(failure);
        db_close(readers[i]);
    }
    if (longest > WAL_MOST) fail_msg("the log had %lld bytes", (long long)longest);
    store_close(store);
}

/* ---- killed ---- */

static int acknowledged_to; /* a pipe */

static void acknowledge(Command *c)
{
    int64_t id = c->err ? -1 : *(const int64_t *)c->input;
    if (write(acknowledged_to, &id, sizeof id) != sizeof id) _exit(1);
}

/* Two rows and an event, or nothing. */
static Err run_add_pair(Db *db, Command *c)
{
    int64_t id = *(const int64_t *)c->input;
    Err e = add_row(db, 2 * id);
    if (!e) e = db_announce(db, S("pairs"), S(""), c->now);
    return e ? e : add_row(db, 2 * id + 1);
}

static void write_until_killed(Str path, int64_t from)
{
    Arena *a = calloc(1, sizeof *a);
    arena_init(a, ARENA_LIMIT_DEFAULT);
    Store *store = NULL;
    Fault fault = {0};
    if (store_open(a, &(StoreOptions){.url = path, .serve = true}, &store, &fault)) _exit(2);
    for (int64_t id = from;; id++) {
        while (store_figures(store).queued > 100) sched_yield();
        int64_t *input = arena_new(a, int64_t, 1);
        *input = id;
        Command *c = arena_new(a, Command, 1);
        Arena *own = arena_new(a, Arena, 1);
        arena_init(own, ARENA_LIMIT_DEFAULT);
        *c = (Command){.leaf = LEAF_NONE, .run = run_add_pair, .done = acknowledge, .input = input, .arena = own, .now = 1};
        if (id % 2) c->key = str_format(a, "key %lld", (long long)id);
        store_submit(store, c);
    }
}

/* Every pair is whole, `acknowledged` ones are there, versions count them. */
static void assert_pairs(Store *store, Arena *a, const bool *acknowledged, int64_t room, const char *where)
{
    Db *db = reader(store);
    DbRows rows;
    assert_int_equal(db_query(db, a, "probe_ids", DB_NO_VALUES, &rows), ERR_OK);
    int *found = arena_new(a, int, (size_t)room);
    while (db_next(&rows)) {
        int64_t id = db_i64(&rows, "id");
        if (id >= 0) found[id / 2]++;
    }
    int64_t pairs = 0;
    for (int64_t i = 0; i < room; i++) {
        if (found[i] == 1) fail_msg("%s: pair %lld is half done", where, (long long)i);
        if (acknowledged[i] && !found[i]) fail_msg("%s: acknowledged pair %lld is lost", where, (long long)i);
        pairs += found[i] / 2;
    }
    if (topic_version(store, db, "pairs") != pairs)
        fail_msg("%s: %lld versions for %lld pairs", where, (long long)topic_version(store, db, "pairs"), (long long)pairs);
    db_close(db);
}

enum { KILLS = 20, PAIRS_ROOM = 1 << 20 };

static void what_was_acknowledged_survives_a_kill(void **state)
{
    Arena *a = *state;
    Str path = fresh_url(a);
    bool *acknowledged = arena_new(a, bool, PAIRS_ROOM);
    int64_t next = 0, acknowledgements = 0;
    unsigned random = 1;
    for (int round = 0; round < KILLS; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            acknowledged_to = ends[1];
            write_until_killed(path, next);
        }
        close(ends[1]);
        /* After so many answers; they come in batches, so it is somewhere in the work for later ones. */
        random = random * 1103515245u + 12345u;
        int wait_for = 1 + (int)(random >> 16) % 700;
        int64_t id = 0, highest = next;
        for (int n = 0; read(ends[0], &id, sizeof id) == sizeof id; n++) {
            if (n == wait_for) assert_int_equal(kill(child, SIGKILL), 0);
            assert_in_range(id, 0, PAIRS_ROOM - 4000);
            acknowledged[id] = true;
            acknowledgements++;
            if (id > highest) highest = id;
        }
        close(ends[0]);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        next = highest + 2000; /* what it had queued may be there too */
        Store *store = open_with(a, (StoreOptions){.url = path, .serve = true});
        assert_pairs(store, a, acknowledged, PAIRS_ROOM, "after a kill");
        store_close(store);
    }
    assert_true(acknowledgements >= KILLS);
    assert_str(plain(a, path, "PRAGMA integrity_check"), "ok");
}

/* ---- a disk that fails: SQLite's view of files, with a fault put in ---- */

typedef enum DiskFault { DISK_FULL, DISK_WRITE_FAILS, DISK_SYNC_FAILS, DISK_TRUNCATE_FAILS, DISK_READ_FAILS, DISK__COUNT } DiskFault;
static const char *const disk_fault_name[DISK__COUNT] = {"full", "write", "sync", "truncate", "read"};
static const int disk_fault_code[DISK__COUNT] = {
    SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_READ};

static struct {
    _Atomic int kind;
    _Atomic int countdown; /* calls of this kind until the first that fails; < 0: none does */
    _Atomic int lasts;     /* how many then fail */
    _Atomic int happened;
} disk = {.countdown = -1};

typedef struct FaultFile {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
} FaultFile;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs fault_vfs;
static sqlite3_io_methods fault_methods;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((FaultFile *)file)->real;
}

static bool disk_fails(DiskFault kind)
{
    if (disk.kind != (int)kind || disk.countdown < 0) return false;
    if (atomic_load(&disk.countdown) > 0) return atomic_fetch_sub(&disk.countdown, 1), false;
    if (atomic_load(&disk.lasts) <= 0) return false;
    atomic_fetch_sub(&disk.lasts, 1);
    atomic_fetch_add(&disk.happened, 1);
    return true;
}

static int fault_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int fault_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 at)
{
    if (disk_fails(DISK_READ_FAILS)) return SQLITE_IOERR_READ;
    return real_of(file)->pMethods->xRead(real_of(file), bytes, count, at);
}

static int fault_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    DiskFault kind = (DiskFault)atomic_load(&disk.kind);
    if ((kind == DISK_FULL || kind == DISK_WRITE_FAILS) && disk_fails(kind)) {
        /* A part of it may get there. */
        if (count > 1) (void)real_of(file)->pMethods->xWrite(real_of(file), bytes, count / 2, at);
        return disk_fault_code[kind];
    }
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, count, at);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (disk_fails(DISK_TRUNCATE_FAILS)) return SQLITE_IOERR_TRUNCATE;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int fault_sync(sqlite3_file *file, int flags)
{
    if (disk_fails(DISK_SYNC_FAILS)) return SQLITE_IOERR_FSYNC;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

#define PASS(name, parameters, arguments)                  \
    static int fault_##name parameters                     \
    {                                                      \
        return real_of(file)->pMethods->x##name arguments; \
    }
PASS(FileSize, (sqlite3_file * file, sqlite3_int64 *size), (real_of(file), size))
PASS(Lock, (sqlite3_file * file, int lock), (real_of(file), lock))
PASS(Unlock, (sqlite3_file * file, int lock), (real_of(file), lock))
PASS(CheckReservedLock, (sqlite3_file * file, int *out), (real_of(file), out))
PASS(FileControl, (sqlite3_file * file, int what, void *with), (real_of(file), what, with))
PASS(SectorSize, (sqlite3_file * file), (real_of(file)))
PASS(DeviceCharacteristics, (sqlite3_file * file), (real_of(file)))
PASS(ShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **map), (real_of(file), page, size, extend, map))
PASS(ShmLock, (sqlite3_file * file, int offset, int count, int flags), (real_of(file), offset, count, flags))
PASS(ShmUnmap, (sqlite3_file * file, int away), (real_of(file), away))

static void fault_ShmBarrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    (void)vfs;
    FaultFile *f = (FaultFile *)file;
    f->base.pMethods = NULL;
    f->real = (sqlite3_file *)(f + 1);
    int code = real_vfs->xOpen(real_vfs, name, f->real, flags, ret_flags);
    if (f->real->pMethods) f->base.pMethods = &fault_methods;
    return code;
}

static void put_faults_in(void)
{
    if (real_vfs) return;
    real_vfs = sqlite3_vfs_find(NULL);
    fault_vfs = *real_vfs;
    fault_vfs.zName = "faults";
    fault_vfs.pNext = NULL;
    fault_vfs.szOsFile = (int)sizeof(FaultFile) + real_vfs->szOsFile;
    fault_vfs.xOpen = fault_open;
    fault_methods = (sqlite3_io_methods){.iVersion = 2,
        .xClose = fault_close,
        .xRead = fault_read,
        .xWrite = fault_write,
        .xTruncate = fault_truncate,
        .xSync = fault_sync,
        .xFileSize = fault_FileSize,
        .xLock = fault_Lock,
        .xUnlock = fault_Unlock,
        .xCheckReservedLock = fault_CheckReservedLock,
        .xFileControl = fault_FileControl,
        .xSectorSize = fault_SectorSize,
        .xDeviceCharacteristics = fault_DeviceCharacteristics,
        .xShmMap = fault_ShmMap,
        .xShmLock = fault_ShmLock,
        .xShmBarrier = fault_ShmBarrier,
        .xShmUnmap = fault_ShmUnmap};
    sqlite3_vfs_register(&fault_vfs, 1);
}

enum { FAULT_PAIRS = 14, FAULTS_AT = 50 };

/* So that the disk fails in the midst of checkpoints too. */
static Err run_checkpoint_often(Db *db, Command *c)
{
    (void)c;
    return db->ops->script(db->inner, S("PRAGMA wal_autocheckpoint = 5"));
}

/* Pairs are written one by one while the disk fails from its nth call on, `lasts` times; then it is well again. True if it failed at all. */
static bool run_with_faults(DiskFault kind, int nth, int lasts)
{
    Arena arena, *a = &arena;
    arena_init(a, ARENA_LIMIT_DEFAULT);
    Str path = fresh_url(a);
    char where[64];
    snprintf(where, sizeof where, "%s fails at call %d, %d times", disk_fault_name[kind], nth, lasts);
    Store *store = open_at(a, path);
    Db *db = reader(store);
    assert_row(do_with(store, a, run_checkpoint_often, NULL) == ERR_OK, where);
    bool acknowledged[FAULT_PAIRS + 1] = {false};
    atomic_store(&disk.happened, 0);
    atomic_store(&disk.kind, (int)kind);
    atomic_store(&disk.lasts, lasts);
    atomic_store(&disk.countdown, nth);
    for (int64_t id = 0; id < FAULT_PAIRS; id++) {
        Command c = {.leaf = LEAF_NONE, .run = run_add_pair, .input = &id, .arena = a, .now = 1};
        Err e = store_run(store, &c);
        if (e) assert_row(e == ERR_IO && c.fault.err == ERR_IO && c.fault.expected.len > 0, where);
        acknowledged[id] = !e;
        DbRows rows;
        e = db_query(db, a, "probe_ids", DB_NO_VALUES, &rows);
        assert_row(e == ERR_OK || e == ERR_IO, where);
    }
    bool happened = atomic_load(&disk.happened) > 0;
    atomic_store(&disk.countdown, -1); /* there is room again */
    const int64_t last = FAULT_PAIRS;
    DbRows rows;
    assert_row(do_with(store, a, run_add_pair, &last) == ERR_OK, where);
    acknowledged[last] = true;
    assert_row(db_query(db, a, "probe_ids", DB_NO_VALUES, &rows) == ERR_OK, where);
    assert_pairs(store, a, acknowledged, FAULT_PAIRS + 1, where);
    db_close(db);
    store_close(store);
    store = open_at(a, path);
    assert_pairs(store, a, acknowledged, FAULT_PAIRS + 1, where);
    store_close(store);
    assert_row(str_equal(plain(a, path, "PRAGMA integrity_check"), S("ok")), where);
    arena_clear(a);
    return happened;
}

static void a_failing_disk_loses_nothing(void **state)
{
    (void)state;
    put_faults_in();
    int failed[DISK__COUNT] = {0};
    for (int kind = 0; kind < DISK__COUNT; kind++)
        for (int nth = 0; nth < FAULTS_AT; nth += 1 + nth / 8) {
            failed[kind] += run_with_faults((DiskFault)kind, nth, 1);
            failed[kind] += run_with_faults((DiskFault)kind, nth, 7);
        }
    /* The faults did come: SQLite truncates little and, with all in memory, reads little here. */
    assert_true(failed[DISK_FULL] >= 20 && failed[DISK_WRITE_FAILS] >= 20 && failed[DISK_SYNC_FAILS] >= 10);
}

/* The words for the log say what is wrong. */
static void a_full_disk_is_called_so(void **state)
{
    Arena *a = *state;
    put_faults_in();
    Store *store = open_at(a, fresh_url(a));
    atomic_store(&disk.kind, DISK_FULL);
    atomic_store(&disk.lasts, 1 << 20);
    atomic_store(&disk.countdown, 0);
    for (int64_t id = 0; id < 3; id++) {
        Command c = {.leaf = LEAF_NONE, .run = run_add, .input = &id, .arena = a};
        assert_int_equal(store_run(store, &c), ERR_IO);
        assert_says(c.fault.expected, "full");
    }
    atomic_store(&disk.countdown, -1);
    assert_int_equal(add(store, a, 1), ERR_OK);
    assert_int_equal(store_figures(store).failed, 3);
    store_close(store);
}

static Err run_only_fail(Db *db, Command *c)
{
    (void)db, (void)c;
    return ERR_IO;
}

/* What reached the log before the disk failed counts after a crash, though it was told as an error: so nobody may say that nothing was changed. */
static void a_commit_that_fails_is_perhaps_done(void **state)
{
    Arena *a = *state;
    put_faults_in();
    Str path = fresh_url(a), crashed = fresh_url(a);
    Store *store = open_at(a, path);
    assert_int_equal(add(store, a, 1), ERR_OK);
    atomic_store(&disk.kind, DISK_SYNC_FAILS);
    atomic_store(&disk.lasts, 1);
    atomic_store(&disk.countdown, 0);
    Command c = {.leaf = LEAF_NONE, .run = run_add, .input = &(int64_t){2}, .arena = a};
    assert_int_equal(store_run(store, &c), ERR_IO);
    atomic_store(&disk.countdown, -1);
    assert_true(c.perhaps);
    /* The files, as a crash at this moment would leave them. */
    assert_int_equal(system(str_c(a, str_format(a, "cp '%.*s' '%.*s' && cp '%.*s-wal' '%.*s-wal'", STR_ARG(path), STR_ARG(crashed),
                                         STR_ARG(path), STR_ARG(crashed)))),
        0);
    Store *after = open_at(a, crashed);
    Db *db = reader(after), *here = reader(store);
    assert_true(row_exists(db, a, 2));
    assert_false(row_exists(here, a, 2));
    db_close(db);
    db_close(here);
    store_close(after);
    c = (Command){.leaf = LEAF_NONE, .run = run_only_fail, .arena = a};
    assert_int_equal(store_run(store, &c), ERR_IO);
    assert_false(c.perhaps); /* it never came to a commit */
    store_close(store);
}

/* ---- a transaction that SQLite itself has ended, in the midst of a batch ---- */

typedef struct Gate {
    sem_t inside, go;
} Gate;

/* The writer waits, so that what is submitted meanwhile becomes one batch. */
static Err run_gate(Db *db, Command *c)
{
    (void)db;
    Gate *gate = c->context;
    sem_post(&gate->inside);
    sem_wait(&gate->go);
    return ERR_OK;
}

/* It reads what is in no cache, while the disk does not give it. */
static Err run_failing_read(Db *db, Command *c)
{
    DbRows rows;
    Err e = db->ops->script(db->inner, S("PRAGMA shrink_memory"));
    assert_int_equal(e, ERR_OK);
    atomic_store(&disk.kind, DISK_READ_FAILS);
    atomic_store(&disk.lasts, 1);
    atomic_store(&disk.countdown, 0);
    e = db_one(db, c->arena, "probe_get", DB_VALUES(db_number(-1)), &rows);
    atomic_store(&disk.countdown, -1);
    return e;
}

static void count_done(Command *c)
{
    (void)c;
    sem_post(&((Gate *)c->context)->inside);
}

/* After an I/O error in a read SQLite has rolled back everything. What came before it in the batch is undone, and what comes after it must not run by
 * itself, outside any transaction. */
static void a_failing_read_ends_its_batch(void **state)
{
    Arena *a = *state;
    put_faults_in();
    Str path = fresh_url(a);
    Store *store = open_at(a, path);
    assert_int_equal(do_with(store, a, run_add_long, &(int64_t){-1}), ERR_OK);
    Gate gate;
    sem_init(&gate.inside, 0, 0);
    sem_init(&gate.go, 0, 0);
    static Err (*const runs[])(Db *, Command *) = {run_gate, run_add_pair, run_failing_read, run_add_pair, run_add_pair};
    static const int64_t ids[] = {-1, 0, -1, 1, 2};
    Command commands[COUNT_OF(runs)];
    for (int i = 0; i < COUNT_OF(runs); i++) {
        Arena *own = arena_new(a, Arena, 1);
        arena_init(own, ARENA_LIMIT_DEFAULT);
        commands[i] = (Command){
            .leaf = LEAF_NONE, .run = runs[i], .done = count_done, .input = &ids[i], .context = &gate, .arena = own, .now = 1};
        store_submit(store, &commands[i]);
        if (i == 0) sem_wait(&gate.inside);
    }
    sem_post(&gate.go);
    for (int i = 0; i < COUNT_OF(runs); i++) sem_wait(&gate.inside);
    assert_int_equal(commands[2].err, ERR_IO);
    bool acknowledged[3] = {!commands[1].err, !commands[3].err, !commands[4].err};
    Db *db = reader(store);
    for (int64_t pair = 0; pair < 3; pair++) assert_int_equal(row_exists(db, a, 2 * pair), acknowledged[pair]);
    assert_pairs(store, a, acknowledged, 3, "after a read that failed");
    db_close(db);
    assert_int_equal(add(store, a, 100), ERR_OK);
    store_close(store);
    for (int i = 0; i < COUNT_OF(runs); i++) arena_clear(commands[i].arena);
    sem_destroy(&gate.inside);
    sem_destroy(&gate.go);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(the_file_is_ours_alone),
        arena_test(a_file_that_must_exist_is_not_made),
        arena_test(other_files_are_refused),
        arena_test(connections_are_durable_and_strict),
        arena_test(a_second_server_is_refused),
        arena_test(the_lock_goes_with_its_process),
        arena_test(busy_for_a_while_is_waited_for),
        arena_test(the_log_does_not_grow_for_ever),
        arena_test(what_was_acknowledged_survives_a_kill),
        arena_test(a_failing_disk_loses_nothing),
        arena_test(a_full_disk_is_called_so),
        arena_test(a_commit_that_fails_is_perhaps_done),
        arena_test(a_failing_read_ends_its_batch),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
