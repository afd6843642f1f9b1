/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "pg.h"

#include "db/store.h"
#include "db/transfer.h"
#include "db/vault.h"

#include <ftw.h>
#include <glob.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

/* ---- places ---- */

typedef struct Place {
    Arena *a;
    Str folder;
} Place;

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info, (void)type, (void)at;
    return remove(path);
}

static Place place_new(void **state)
{
    char *folder = (char *)str_c(*state, S("/tmp/hustings-test-XXXXXX"));
    assert_non_null(mkdtemp(folder));
    return (Place){*state, str_from_c(folder)};
}

static void place_end(Place *p)
{
    nftw(str_c(p->a, p->folder), remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static Str in(Place *p, const char *name)
{
    return str_format(p->a, "%.*s/%s", STR_ARG(p->folder), name);
}

static bool is_there(Place *p, Str path)
{
    return access(str_c(p->a, path), F_OK) == 0;
}

static Store *open_store(Place *p, Str url, bool serve)
{
    Store *store = NULL;
    Fault fault = {0};
    if (store_open(p->a, &(StoreOptions){.url = url, .serve = serve}, &store, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return store;
}

/* ---- a store with every kind of value in it ---- */

enum { BIG = 3 << 20, EVENTS = 5000 };

static Err fill(Db *db, Command *command)
{
    const Place *p = command->context;
    static const int64_t numbers[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, (int64_t)1 << 53, ((int64_t)1 << 53) + 1, INT64_MAX};
    static const char *const texts[] = {
        "", "a", "B", "\xc3\xa4", "z z", "zz", "it's \"quoted\" \\ \t\n", "\xf0\x9f\x97\xb3\xef\xb8\x8f", "\xef\xbf\xbf", "\x01\x7f"};
    char *big = arena_new(p->a, char, BIG);
    for (int i = 0; i < BIG; i++) big[i] = (char)(((unsigned)i * 2654435761u) >> 13);
    const Str blobs[] = {S(""), S("\0"), S("\xff\xfe\0\n"), {big, BIG}, {big, 64}, {big, 65}};
    Err e = ERR_OK;
    for (int i = 0; i < COUNT_OF(blobs) && !e; i++)
        e = db_run(db, "setting_add", DB_VALUES(db_string(str_format(p->a, "secret %d", i)), db_bytes(blobs[i])));
    for (int i = 0; i < COUNT_OF(numbers) && !e; i++)
        e = db_run(
            db, "topic_event_add", DB_VALUES(db_string(S("numbers")), db_number(numbers[i]), db_string(S("")), db_number(numbers[i])));
    for (int i = 0; i < COUNT_OF(texts) && !e; i++)
        e = db_run(
            db, "topic_event_add", DB_VALUES(db_string(str_from_c(texts[i])), db_number(1), db_string(str_from_c(texts[i])), db_number(i)));
    for (int i = 0; i < EVENTS && !e; i++)
        e = db_run(db, "topic_event_add",
            DB_VALUES(db_string(S("many")), db_number(i), db_string(str_format(p->a, "{\"n\": %d}", i)), db_number(i)));
    return e ? e : db_announce(db, S("contest/x"), S("{}"), 5);
}

static void fill_store(Place *p, Store *store)
{
    Command c = {.name = "fill", .leaf = LEAF_NONE, .run = fill, .context = p, .arena = p->a, .key = S("anna:1"), .now = 7};
    if (store_run(store, &c)) fail_msg("%.*s", STR_ARG(c.fault.expected));
}

static Str filled_sqlite(Place *p, const char *name)
{
    Str url = in(p, name);
    Store *store = open_store(p, url, false);
    fill_store(p, store);
    store_close(store);
    return url;
}

/* ---- doing it ---- */

static TransferReport done_by(Err e, const Fault *fault, TransferReport report)
{
    if (e) fail_msg("%.*s", STR_ARG(fault->expected));
    assert_true(report.tables >= 5);
    return report;
}

static TransferReport move(Place *p, Str from, Str to)
{
    TransferReport report = {0};
    Fault fault = {0};
    Err e = transfer_move(p->a, from, to, NULL, &report, &fault);
    return done_by(e, &fault, report);
}

static TransferReport backup(Place *p, Str url, Str path)
{
    TransferReport report = {0};
    Fault fault = {0};
    Store *store = open_store(p, url, false);
    Err e = transfer_backup(p->a, store, path, NULL, &report, &fault);
    store_close(store);
    return done_by(e, &fault, report);
}

static TransferReport restore(Place *p, Str path, Str url)
{
    TransferReport report = {0};
    Fault fault = {0};
    Err e = transfer_restore(p->a, path, url, NULL, &report, &fault);
    return done_by(e, &fault, report);
}

static void same_report(TransferReport report, TransferReport expected)
{
    assert_int_equal(report.rows, expected.rows);
    assert_int_equal(report.bytes, expected.bytes);
    assert_memory_equal(report.digest.bytes, expected.digest.bytes, SHA256_BYTES);
}

static void refused(Place *p, Err e, const Fault *fault, Err expected, const char *why)
{
    assert_int_equal(e, expected);
    if (!strstr(str_c(p->a, fault->expected), why)) fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(fault->expected), why);
}

static void restore_refused(Place *p, Str path, Str url, Err expected, const char *why)
{
    TransferReport report;
    Fault fault = {0};
    Err e = transfer_restore(p->a, path, url, NULL, &report, &fault);
    refused(p, e, &fault, expected, why);
}

static void move_refused(Place *p, Str from, Str to, Err expected, const char *why)
{
    TransferReport report;
    Fault fault = {0};
    Err e = transfer_move(p->a, from, to, NULL, &report, &fault);
    refused(p, e, &fault, expected, why);
}

/* ---- there and back ---- */

static void a_store_goes_to_postgresql_and_back(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Str first = filled_sqlite(&p, "first.db"), middle = pg_database(p.a), last = in(&p, "last.db");
    TransferReport there = move(&p, first, middle), back = move(&p, middle, last), again = move(&p, last, in(&p, "again.db"));
    assert_true(there.rows > EVENTS);
    assert_true(there.bytes > BIG);
    same_report(there, back);
    same_report(there, again);
    place_end(&p);
}

static void a_moved_store_is_a_store(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Str to = pg_database(p.a);
    move(&p, filled_sqlite(&p, "first.db"), to);
    Store *store = open_store(&p, to, true);
    Db *db = NULL;
    Fault fault = {0};
    assert_int_equal(db_open(store, &db, &fault), ERR_OK);
    int64_t version = 0;
    assert_int_equal(store_topic_version(store, db, S("contest/x"), &version), ERR_OK);
    assert_int_equal(version, 1);
    db_close(db);
    Command again = {.name = "fill", .leaf = LEAF_NONE, .run = fill, .context = &p, .arena = p.a, .key = S("anna:1"), .now = 9};
    assert_int_equal(store_run(store, &again), ERR_OK);
    assert_true(again.repeated); /* the keys came along */
    store_close(store);
    place_end(&p);
}

static void a_backup_of_either_engine_is_the_same(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Str sqlite = filled_sqlite(&p, "first.db"), postgres = pg_database(p.a);
    TransferReport moved = move(&p, sqlite, postgres);
    /* Whoever asks it next has plans for tables that are full. */
    pg_admin(postgres,
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_stats WHERE schemaname = 'public') THEN RAISE 'no statistics'; END IF; END $$");
    same_report(moved, backup(&p, sqlite, in(&p, "one.backup")));
    same_report(moved, backup(&p, postgres, in(&p, "other.backup")));
    same_report(moved, restore(&p, in(&p, "one.backup"), pg_database(p.a)));
    same_report(moved, restore(&p, in(&p, "other.backup"), in(&p, "restored.db")));
    same_report(moved, backup(&p, in(&p, "restored.db"), in(&p, "third.backup")));
    struct stat info;
    assert_int_equal(stat(str_c(p.a, in(&p, "one.backup")), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_false(is_there(&p, in(&p, "one.backup-wal")));
    place_end(&p);
}

static void a_backup_is_a_store_too(void **state)
{
    Place p = place_new(state);
    TransferReport made = backup(&p, filled_sqlite(&p, "first.db"), in(&p, "a.backup"));
    same_report(made, backup(&p, in(&p, "a.backup"), in(&p, "b.backup")));
    place_end(&p);
}

static void an_empty_store_goes_too(void **state)
{
    Place p = place_new(state);
    store_close(open_store(&p, in(&p, "empty.db"), false));
    TransferReport one = backup(&p, in(&p, "empty.db"), in(&p, "a.backup"));
    same_report(one, restore(&p, in(&p, "a.backup"), in(&p, "b.db")));
    place_end(&p);
}

/* ---- while somebody writes ---- */

typedef struct Hammer {
    Store *store;
    Arena a;
    atomic_bool stop;
    atomic_int made;
} Hammer;

/* Two rows that belong together, in two tables. */
static Err make_pair(Db *db, Command *command)
{
    const Hammer *h = command->context;
    int64_t n = h->made;
    Err e = db_run(db, "setting_add", DB_VALUES(db_string(str_format(command->arena, "pair %08lld", (long long)n)), db_bytes(S("1"))));
    return e ? e : db_run(db, "topic_event_add", DB_VALUES(db_string(S("pair")), db_number(n), db_string(S("2")), db_number(n)));
}

static void *hammer(void *context)
{
    Hammer *h = context;
    while (!h->stop) {
        Command c = {.name = "pair", .leaf = LEAF_NONE, .run = make_pair, .context = h, .arena = &h->a, .now = 1};
        if (store_run(h->store, &c)) return (void *)"failed";
        h->made++;
        arena_clear(&h->a);
    }
    return NULL;
}

static int64_t number_in(Place *p, Str path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open(str_c(p->a, path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return number;
}

/* Every backup holds the pairs 0..n-1 whole and nothing of the later ones. */
static void back_up_under_load(Place *p, Str url)
{
    Hammer h = {.store = open_store(p, url, true)};
    arena_init(&h.a, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hammer, &h), 0);
    while (h.made < 20) usleep(1000);
    for (int i = 0; i < 5; i++) {
        Str path = in(p, str_c(p->a, str_format(p->a, "under-load-%d.backup", i)));
        int before = h.made;
        backup(p, url, path);
        int64_t settings = number_in(p, path, "SELECT count(*) FROM setting WHERE name LIKE 'pair %'");
        assert_int_equal(settings, number_in(p, path, "SELECT count(*) FROM topic_event WHERE topic = 'pair'"));
        assert_int_equal(settings, number_in(p, path, "SELECT max(version) + 1 FROM topic_event WHERE topic = 'pair'"));
        assert_true(settings >= before);
        while (h.made == before) usleep(1000); /* writing went on */
        unlink(str_c(p->a, path));
    }
    h.stop = true;
    void *failed = NULL;
    pthread_join(thread, &failed);
    assert_null(failed);
    arena_clear(&h.a);
    store_close(h.store);
}

static void a_backup_is_one_moment_of_sqlite(void **state)
{
    Place p = place_new(state);
    back_up_under_load(&p, in(&p, "busy.db"));
    place_end(&p);
}

static void a_backup_is_one_moment_of_postgresql(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    back_up_under_load(&p, pg_database(p.a));
    place_end(&p);
}

/* ---- refusals ---- */

static void a_target_that_is_not_empty_stays_as_it_is(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Str from = filled_sqlite(&p, "from.db"), postgres = pg_database(p.a);
    backup(&p, from, in(&p, "a.backup"));
    TransferReport before = move(&p, from, postgres);
    move_refused(&p, from, postgres, ERR_CONFLICT, "not empty");
    restore_refused(&p, in(&p, "a.backup"), postgres, ERR_CONFLICT, "not empty");
    restore_refused(&p, in(&p, "a.backup"), from, ERR_CONFLICT, "not empty");
    same_report(before, backup(&p, postgres, in(&p, "b.backup")));
    same_report(before, backup(&p, from, in(&p, "c.backup")));
    place_end(&p);
}

static void what_a_server_has_open_is_refused(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Str sqlite = filled_sqlite(&p, "from.db"), postgres = pg_database(p.a), empty = in(&p, "empty.db");
    Store *one = open_store(&p, sqlite, true), *two = open_store(&p, postgres, true), *three = open_store(&p, empty, true);
    move_refused(&p, sqlite, in(&p, "to.db"), ERR_CONFLICT, "stop it first");
    move_refused(&p, postgres, in(&p, "to.db"), ERR_CONFLICT, "stop every server");
    assert_false(is_there(&p, in(&p, "to.db")));
    backup(&p, sqlite, in(&p, "a.backup"));
    restore_refused(&p, in(&p, "a.backup"), postgres, ERR_CONFLICT, "stop every server");
    restore_refused(&p, in(&p, "a.backup"), empty, ERR_CONFLICT, "stop it first");
    store_close(one);
    store_close(two);
    store_close(three);
    restore(&p, in(&p, "a.backup"), postgres);
    place_end(&p);
}

static const Str said = {"x", 1};

static Err run_say(Db *db, Command *command)
{
    return db_run(db, "setting_add", DB_VALUES(db_string(S("said")), db_bytes(*(const Str *)command->input)));
}

/* In a child: restores, and says with its status how it ended. */
static pid_t restore_beside(Place *p, Str path, Str url)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0) return child;
    TransferReport report;
    Fault fault = {0};
    Err e = transfer_restore(p->a, path, url, NULL, &report, &fault);
    if (e) _exit(e == ERR_CONFLICT ? 1 : 2);
    execl("/bin/true", "true", (char *)NULL);
    _exit(9);
}

/* Several restore into one place at once. Whoever is told that it was done has it there; whoever is refused takes nothing away. */
static void one_of_many_restores(void **state)
{
    Place p = place_new(state);
    Store *store = open_store(&p, in(&p, "from.db"), false);
    Command c = {.name = "say", .leaf = LEAF_NONE, .run = run_say, .input = &said, .arena = p.a, .now = 1};
    assert_int_equal(store_run(store, &c), ERR_OK);
    store_close(store);
    backup(&p, in(&p, "from.db"), in(&p, "a.backup"));
    for (int round = 0; round < 30; round += each_nth()) {
        Str to = in(&p, str_c(p.a, str_format(p.a, "to%d.db", round)));
        pid_t children[4];
        for (int i = 0; i < COUNT_OF(children); i++) children[i] = restore_beside(&p, in(&p, "a.backup"), to);
        int done = 0;
        for (int i = 0; i < COUNT_OF(children); i++) {
            int status = -1;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
            done += WEXITSTATUS(status) == 0;
        }
        assert_int_equal(done, 1);
        assert_true(is_there(&p, to));
        assert_int_equal(number_in(&p, to, "SELECT count(*) FROM setting"), 1);
    }
    place_end(&p);
}

typedef struct Intruder {
    Place *p;
    Str path;
    int tries, locked;
} Intruder;

static void write_meanwhile(void *context, Str table, int64_t done, int64_t in_all)
{
    (void)table, (void)done, (void)in_all;
    Intruder *x = context;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(str_c(x->p->a, x->path), &db), SQLITE_OK);
    x->tries++;
    x->locked += sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_BUSY;
    sqlite3_close(db);
}

/* What a command line writes to a store that is being moved would stay behind. */
static void nobody_writes_to_what_is_moved(void **state)
{
    Place p = place_new(state);
    Intruder x = {.p = &p, .path = filled_sqlite(&p, "from.db")};
    TransferOptions options = {.progress = write_meanwhile, .context = &x};
    TransferReport report;
    Fault fault = {0};
    assert_int_equal(transfer_move(p.a, x.path, in(&p, "to.db"), &options, &report, &fault), ERR_OK);
    assert_true(x.tries > 0);
    assert_int_equal(x.locked, x.tries);
    place_end(&p);
}

/* A file that looks like a backup, with a view where a table should be. */
static void a_backup_with_views_is_none(void **state)
{
    Place p = place_new(state);
    backup(&p, filled_sqlite(&p, "from.db"), in(&p, "a.backup"));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(str_c(p.a, in(&p, "a.backup")), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "ALTER TABLE setting RENAME TO other; CREATE VIEW setting AS SELECT * FROM other", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    restore_refused(&p, in(&p, "a.backup"), in(&p, "to.db"), ERR_INPUT, "hustings backup");
    place_end(&p);
}

static void files_are_never_overwritten(void **state)
{
    Place p = place_new(state);
    Str from = filled_sqlite(&p, "from.db");
    Store *store = open_store(&p, from, false);
    TransferReport report;
    Fault fault = {0};
    Err e = transfer_backup(p.a, store, from, NULL, &report, &fault);
    refused(&p, e, &fault, ERR_CONFLICT, "is there already");
    e = transfer_export(p.a, store, p.folder, NULL, &report, &fault);
    refused(&p, e, &fault, ERR_CONFLICT, "is there already");
    e = transfer_backup(p.a, store, in(&p, "no/such/folder"), NULL, &report, &fault);
    refused(&p, e, &fault, ERR_IO, "No such file");
    store_close(store);
    place_end(&p);
}

static void write_file(Place *p, const char *name, Str content)
{
    FILE *f = fopen(str_c(p->a, in(p, name)), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content.ptr, 1, content.len, f), content.len);
    assert_int_equal(fclose(f), 0);
}

static Str read_file(Place *p, Str path)
{
    FILE *f = fopen(str_c(p->a, path), "rb");
    if (!f) fail_msg("no file %.*s", STR_ARG(path));
    struct stat info;
    assert_int_equal(fstat(fileno(f), &info), 0);
    char *bytes = arena_new(p->a, char, (size_t)info.st_size + 1);
    assert_int_equal(fread(bytes, 1, (size_t)info.st_size, f), info.st_size);
    assert_int_equal(fclose(f), 0);
    return (Str){bytes, (size_t)info.st_size};
}

static void other_files_are_no_backups(void **state)
{
    Place p = place_new(state);
    Str to = in(&p, "to.db");
    filled_sqlite(&p, "store.db");
    write_file(
        &p, "words", S("This is not a database at all, but it is long enough to be one, if one looks at nothing but the length of it."));
    write_file(&p, "nothing", S(""));
    restore_refused(&p, in(&p, "missing"), to, ERR_MISSING, "no file");
    restore_refused(&p, in(&p, "words"), to, ERR_INPUT, "not a database");
    restore_refused(&p, in(&p, "nothing"), to, ERR_INPUT, "hustings backup");
    restore_refused(&p, in(&p, "store.db"), to, ERR_INPUT, "hustings backup");
    assert_false(is_there(&p, to));
    place_end(&p);
}

/* Where `needle` stands in the file. */
static size_t place_of(Str file, Str needle)
{
    const char *at = memmem(file.ptr, file.len, needle.ptr, needle.len);
    assert_non_null(at);
    return (size_t)(at - file.ptr);
}

static void damage_is_detected(void **state)
{
    Place p = place_new(state);
    Str to = in(&p, "to.db");
    backup(&p, filled_sqlite(&p, "from.db"), in(&p, "a.backup"));
    Str whole = read_file(&p, in(&p, "a.backup"));
    char *bytes = arena_new(p.a, char, whole.len);

    memcpy(bytes, whole.ptr, whole.len); /* one letter of one value: SQLite itself sees nothing wrong */
    bytes[place_of(whole, S("{\"n\": 4321}")) + 2] = 'm';
    write_file(&p, "letter", (Str){bytes, whole.len});
    restore_refused(&p, in(&p, "letter"), to, ERR_INPUT, "digest differs");

    memcpy(bytes, whole.ptr, whole.len); /* a page */
    memset(bytes + 5 * 4096, 0x5a, 4096);
    write_file(&p, "page", (Str){bytes, whole.len});
    TransferReport report;
    Fault fault = {0};
    assert_int_equal(transfer_restore(p.a, in(&p, "page"), to, NULL, &report, &fault), ERR_INPUT);

    write_file(&p, "short", str_slice(whole, 0, whole.len / 2 / 4096 * 4096));
    assert_int_equal(transfer_restore(p.a, in(&p, "short"), to, NULL, &report, &fault), ERR_INPUT);

    assert_false(is_there(&p, to));
    assert_false(is_there(&p, str_format(p.a, "%.*s-serve-lock", STR_ARG(to))));
    restore(&p, in(&p, "a.backup"), to);
    place_end(&p);
}

/* SQLite keeps what PostgreSQL cannot: a text with a zero byte. No row of the others is kept either. */
static void a_move_that_fails_leaves_nothing(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Str from = filled_sqlite(&p, "from.db"), to = pg_database(p.a);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(str_c(p.a, from), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO topic_event VALUES ('zzz', 1, 'a' || char(0) || 'b', 1)", NULL, NULL, NULL), SQLITE_OK);
    move_refused(&p, from, to, ERR_INPUT, "topic_event");
    assert_int_equal(sqlite3_exec(db, "UPDATE topic_event SET data = 'ab' WHERE topic = 'zzz'", NULL, NULL, NULL), SQLITE_OK);
    move(&p, from, to); /* which is refused unless the target is empty */
    assert_int_equal(sqlite3_exec(db, "UPDATE topic_event SET at = 'soon' WHERE topic = 'zzz'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    move_refused(&p, from, in(&p, "other.db"), ERR_INPUT, "another type");
    assert_false(is_there(&p, in(&p, "other.db")));
    place_end(&p);
}

/* ---- values of any kind, in a table of the test's own ---- */

static const Table odd_table = {.name = {"odd", 3},
    .columns = {{{"id", 2}, DB_I64, false}, {{"n", 1}, DB_I64, false}, {{"t", 1}, DB_TEXT, false}, {{"b", 1}, DB_BLOB, false}},
    .column_count = 4,
    .key_count = 1};

static void write_odd(Vault *v, int rows)
{
    assert_int_equal(v->ops->begin_writing(v, &odd_table), ERR_OK);
    for (int i = 0; i < rows; i++) {
        const DbValue row[] = {db_number(i), i % 2 ? db_null() : db_number(INT64_MIN + i),
            i % 3 ? db_null() : db_string(i % 2 ? S("") : S("\xc3\xa9")), i % 5 ? db_null() : db_bytes(i % 2 ? S("") : S("\0\xff"))};
        assert_int_equal(v->ops->write_row(v, row), ERR_OK);
    }
    assert_int_equal(v->ops->end_writing(v), ERR_OK);
}

static void read_odd(Vault *v, int rows)
{
    DbValue row[TABLE_COLUMNS_MAX];
    bool more = true;
    assert_int_equal(v->ops->begin_reading(v, &odd_table), ERR_OK);
    for (int i = 0; i < rows; i++) {
        assert_int_equal(v->ops->read_row(v, row, &more), ERR_OK);
        assert_true(more);
        assert_int_equal(row[0].number, i);
        assert_int_equal(row[1].kind, i % 2 ? DB_NULL : DB_I64);
        assert_int_equal(row[2].kind, i % 3 ? DB_NULL : DB_TEXT);
        assert_int_equal(row[3].kind, i % 5 ? DB_NULL : DB_BLOB);
        if (i % 2 == 0) assert_int_equal(row[1].number, INT64_MIN + i);
        if (i % 6 == 0) assert_str(row[2].bytes, "\xc3\xa9");
        if (i % 6 == 3) assert_int_equal(row[2].bytes.len, 0);
        if (i % 10 == 0) assert_str(row[3].bytes, "\0\xff");
    }
    assert_int_equal(v->ops->read_row(v, row, &more), ERR_OK);
    assert_false(more);
}

static void nulls_and_empty_values_stay_apart(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Str url = pg_database(p.a);
    Fault fault = {0};
    Vault *sqlite = NULL, *postgres = NULL;
    pg_admin(url, "CREATE TABLE odd (id bigint PRIMARY KEY, n bigint, t text, b bytea)");
    Str schema = S("CREATE TABLE odd (id BIGINT PRIMARY KEY, n BIGINT, t TEXT, b BLOB)");
    assert_int_equal(vault_open_sqlite(p.a, in(&p, "odd.db"), VAULT_MAKE, schema, &sqlite, &fault), ERR_OK);
    assert_int_equal(vault_open_postgres(p.a, url, VAULT_WRITE, true, &postgres, &fault), ERR_OK);
    Vault *const both[] = {sqlite, postgres};
    for (int i = 0; i < 2; i++) {
        read_odd(both[i], 0);
        write_odd(both[i], 200);
        read_odd(both[i], 200);
        assert_int_equal(both[i]->ops->commit(both[i]), ERR_OK);
        both[i]->ops->close(both[i]);
    }
    place_end(&p);
}

/* ---- export ---- */

static int secrets_seen;

static int look_for_secrets(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info, (void)at;
    static char bytes[8 << 20];
    if (type != FTW_F) return 0;
    FILE *f = fopen(path, "rb");
    size_t len = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f) fclose(f);
    secrets_seen += memmem(bytes, len, "secret 1", 8) != NULL || memmem(bytes, len, "anna:1", 6) != NULL;
    return 0;
}

static void export_and_look(Place *p, Str url, const char *name, TransferReport expected)
{
    Store *store = open_store(p, url, false);
    TransferReport report = {0};
    Fault fault = {0};
    Err e = transfer_export(p->a, store, in(p, name), NULL, &report, &fault);
    store_close(store);
    same_report(done_by(e, &fault, report), expected);
    Str events = read_file(p, str_format(p->a, "%.*s/topic_event.jsonl", STR_ARG(in(p, name))));
    int lines = 0;
    for (size_t i = 0; i < events.len; i++) lines += events.ptr[i] == '\n';
    assert_int_equal(lines, EVENTS + 8 + 10 + 1);
    place_of(events, S("{\"topic\":\"numbers\",\"version\":-9223372036854775808,\"data\":\"\",\"at\":-9223372036854775808}\n"));
    place_of(events, S("it's \\\"quoted\\\" \\\\ \\u0009\\u000a"));
    place_of(read_file(p, str_format(p->a, "%.*s/README.md", STR_ARG(in(p, name)))), sha256_hex(p->a, report.digest));
    place_of(read_file(p, str_format(p->a, "%.*s/schema.sql", STR_ARG(in(p, name)))), S("CREATE TABLE topic_event"));
    assert_false(is_there(p, str_format(p->a, "%.*s/setting.jsonl", STR_ARG(in(p, name)))));
    secrets_seen = 0;
    nftw(str_c(p->a, in(p, name)), look_for_secrets, 16, FTW_PHYS);
    assert_int_equal(secrets_seen, 0);
}

/* Asked when all is on disk, before anybody can find it. */
typedef struct Asked {
    Place *p;
    Err answer;
    bool takes_name; /* somebody puts another folder there meanwhile */
    int asked;
    int64_t events;
} Asked;

static Err before_name(void *context, const TransferReport *report, Fault *fault)
{
    Asked *asked = context;
    asked->asked++;
    assert_false(is_there(asked->p, in(asked->p, "out")));
    for (int i = 0; i < report->exported_count; i++)
        if (str_equal(report->exported[i].name, S("topic_event"))) asked->events = report->exported[i].rows;
    for (int i = 0; i < report->exported_count; i++) assert_false(str_equal(report->exported[i].name, S("setting")));
    if (asked->takes_name) {
        assert_int_equal(mkdir(str_c(asked->p->a, in(asked->p, "out")), 0777), 0);
        write_file(asked->p, "out/theirs", S("x"));
    }
    return asked->answer ? fault_set(fault, asked->answer, 0, 0, S("a leaf"), S("none")) : ERR_OK;
}

static int left_of_export(Place *p)
{
    glob_t found;
    int all = glob(str_c(p->a, in(p, "out*")), 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
    globfree(&found);
    return all;
}

/* It may be told of before it has its name; when it may not be, or the name is taken by then, nothing of it is left. */
static void an_export_is_asked_about_before_it_is_there(void **state)
{
    static const struct {
        const char *what;
        Err answer;
        bool takes_name;
        Err expected;
        int left;
    } rows[] = {{"it may not", ERR_IO, false, ERR_IO, 0}, {"its name is taken", ERR_OK, true, ERR_CONFLICT, 1},
        {"all is well", ERR_OK, false, ERR_OK, 1}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Place p = place_new(state);
        Store *store = open_store(&p, filled_sqlite(&p, "from.db"), false);
        Asked asked = {.p = &p, .answer = rows[i].answer, .takes_name = rows[i].takes_name};
        TransferOptions options = {.before_name = before_name, .context = &asked};
        TransferReport report;
        Fault fault = {0};
        Err e = transfer_export(p.a, store, in(&p, "out"), &options, &report, &fault);
        assert_row(e == rows[i].expected && asked.asked == 1, rows[i].what);
        assert_row(left_of_export(&p) == rows[i].left, rows[i].what);
        assert_row(asked.events == EVENTS + 8 + 10 + 1, rows[i].what);
        assert_row(is_there(&p, in(&p, "out/theirs")) == rows[i].takes_name, rows[i].what);
        store_close(store);
        place_end(&p);
    }
}

static void an_export_has_everything_but_secrets(void **state)
{
    Place p = place_new(state);
    Str url = filled_sqlite(&p, "from.db");
    export_and_look(&p, url, "out", backup(&p, url, in(&p, "a.backup")));
    place_end(&p);
}

static void an_export_of_postgresql_is_the_same(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Str url = pg_database(p.a);
    export_and_look(&p, url, "out", move(&p, filled_sqlite(&p, "from.db"), url));
    place_end(&p);
}

/* ---- size ---- */

enum { LARGE_ROWS = 20000, LARGE_ROW_BYTES = 4096 };

static Err fill_much(Db *db, Command *command)
{
    (void)command;
    static char data[LARGE_ROW_BYTES];
    memset(data, 'x', sizeof data);
    Err e = ERR_OK;
    for (int i = 0; i < LARGE_ROWS / each_nth() && !e; i++)
        e = db_run(
            db, "topic_event_add", DB_VALUES(db_string(S("large")), db_number(i), db_string((Str){data, sizeof data}), db_number(i)));
    return e;
}

static void memory_stays_small(void **state)
{
    pg_or_skip();
    Place p = place_new(state);
    Store *store = open_store(&p, in(&p, "large.db"), false);
    Command c = {.name = "fill", .leaf = LEAF_NONE, .run = fill_much, .context = &p, .arena = p.a, .now = 7};
    assert_int_equal(store_run(store, &c), ERR_OK);
    store_close(store);
    Arena small;
    arena_init(&small, 4 << 20); /* the process stops beyond it; the table has 80 MB, or a share of that (each_nth) */
    TransferReport there, back;
    Fault fault = {0};
    Str to = pg_database(p.a);
    assert_int_equal(transfer_move(&small, in(&p, "large.db"), to, NULL, &there, &fault), ERR_OK);
    assert_int_equal(transfer_move(&small, to, in(&p, "back.db"), NULL, &back, &fault), ERR_OK);
    same_report(there, back);
    arena_clear(&small);
    assert_true(there.bytes > LARGE_ROWS / each_nth() * LARGE_ROW_BYTES);
    place_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(a_store_goes_to_postgresql_and_back),
        arena_test(a_moved_store_is_a_store),
        arena_test(a_backup_of_either_engine_is_the_same),
        arena_test(a_backup_is_a_store_too),
        arena_test(an_empty_store_goes_too),
        arena_test(a_backup_is_one_moment_of_sqlite),
        arena_test(a_backup_is_one_moment_of_postgresql),
        arena_test(a_target_that_is_not_empty_stays_as_it_is),
        arena_test(what_a_server_has_open_is_refused),
        arena_test(one_of_many_restores),
        arena_test(nobody_writes_to_what_is_moved),
        arena_test(a_backup_with_views_is_none),
        arena_test(files_are_never_overwritten),
        arena_test(other_files_are_no_backups),
        arena_test(damage_is_detected),
        arena_test(a_move_that_fails_leaves_nothing),
        arena_test(nulls_and_empty_values_stay_apart),
        arena_test(an_export_is_asked_about_before_it_is_there),
        arena_test(an_export_has_everything_but_secrets),
        arena_test(an_export_of_postgresql_is_the_same),
        arena_test(memory_stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
