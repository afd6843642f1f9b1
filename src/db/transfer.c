/* transfer.c: all of a store at once, from one vault into another.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * One way for everything: both ends are opened, each in one transaction; rows are copied table by table; then both ends are read again and compared value
 * by value, which gives the digest; only then is the target committed. A backup is a SQLite store with one more table, which says what was put in.
 */
#include "db/transfer.h"
#include "core/clock.h"
#include "db/digest.h"
#include "db/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_EVERY = 1000 };

typedef struct Transfer {
    Arena *a;
    Fault *fault;
    const TransferOptions *options;
    Plan plan;
    Digest digest;
    int64_t done, in_all;
} Transfer;

static Transfer *transfer_new(Arena *a, const TransferOptions *options, Fault *fault)
{
    Transfer *t = arena_new(a, Transfer, 1);
    *t = (Transfer){.a = a, .fault = fault, .options = options, .plan = plan_make(a)};
    digest_begin(&t->digest);
    return t;
}

/* ---- copying ---- */

/* Each row counts twice: written, and compared. */
static void tell(Transfer *t, const Table *table, bool now)
{
    if (t->options && t->options->progress && (now || t->done % PROGRESS_EVERY == 0))
        t->options->progress(t->options->context, table->name, t->done, t->in_all);
}

static Err count_all(Transfer *t, Vault *from)
{
    for (int i = 0; i < t->plan.count; i++) {
        int64_t rows = 0;
        Err e = from->ops->count_rows(from, &t->plan.tables[i], &rows);
        if (e) return e;
        t->in_all += 2 * rows;
    }
    return ERR_OK;
}

/* Only what the migrations put there may be in the target; that goes, for the source has its own. */
static Err make_empty(Transfer *t, Vault *to)
{
    for (int i = t->plan.count - 1; i >= 0; i--) {
        const Table *table = &t->plan.tables[i];
        int64_t rows = 0;
        Err e = to->ops->count_rows(to, table, &rows);
        if (e) return e;
        /* The list of migrations is longer than the plan's, which has none. */
        if (rows != table->seeds && !str_equal(table->name, S("migration")))
            return fault_setf(
                t->fault, t->a, ERR_CONFLICT, "the target is not empty: table %.*s has %lld rows", STR_ARG(table->name), (long long)rows);
    }
    for (int i = t->plan.count - 1; i >= 0; i--) {
        Err e = to->ops->remove_rows(to, &t->plan.tables[i]);
        if (e) return e;
    }
    return ERR_OK;
}

static Err copy_table(Transfer *t, Vault *from, Vault *to, const Table *table)
{
    DbValue values[TABLE_COLUMNS_MAX];
    bool more = true;
    Err e = from->ops->begin_reading(from, table);
    if (!e) e = to->ops->begin_writing(to, table);
    while (!e) {
        e = from->ops->read_row(from, values, &more);
        if (e || !more) break;
        e = to->ops->write_row(to, values);
        t->done++;
        tell(t, table, false);
    }
    if (e) return e;
    tell(t, table, true);
    return to->ops->end_writing(to);
}

static bool same_value(const DbValue *one, const DbValue *other)
{
    if (one->kind != other->kind) return false;
    return one->kind == DB_I64 ? one->number == other->number : str_equal(one->bytes, other->bytes);
}

static Err differ(Transfer *t, const Table *table, int64_t row)
{
    return fault_setf(t->fault, t->a, ERR_IO, "table %.*s: row %lld is not the same on both sides; nothing was kept", STR_ARG(table->name),
        (long long)row);
}

static Err compare_table(Transfer *t, Vault *from, Vault *to, const Table *table)
{
    DbValue ours[TABLE_COLUMNS_MAX], theirs[TABLE_COLUMNS_MAX];
    bool more = true, other_more = true;
    digest_table(&t->digest, table);
    Err e = from->ops->begin_reading(from, table);
    if (!e) e = to->ops->begin_reading(to, table);
    for (int64_t row = 1; !e; row++) {
        e = from->ops->read_row(from, ours, &more);
        if (!e) e = to->ops->read_row(to, theirs, &other_more);
        if (!e && more != other_more) e = differ(t, table, row);
        if (e || !more) break;
        for (int i = 0; i < table->column_count && !e; i++)
            if (!same_value(&ours[i], &theirs[i])) e = differ(t, table, row);
        digest_row(&t->digest, table, theirs);
        t->done++;
        tell(t, table, false);
    }
    if (!e) tell(t, table, true);
    return e;
}

static TransferReport report_of(Transfer *t)
{
    Sha256 digest = digest_end(&t->digest);
    return (TransferReport){.tables = t->digest.tables, .rows = t->digest.rows, .bytes = t->digest.bytes, .digest = digest};
}

/* All rows over, and seen there. Not committed yet. */
static Err copy_all(Transfer *t, Vault *from, Vault *to, TransferReport *ret_report)
{
    Err e = count_all(t, from);
    if (!e) e = make_empty(t, to);
    for (int i = 0; i < t->plan.count && !e; i++) e = copy_table(t, from, to, &t->plan.tables[i]);
    for (int i = 0; i < t->plan.count && !e; i++) e = compare_table(t, from, to, &t->plan.tables[i]);
    if (!e) *ret_report = report_of(t);
    return e;
}

static void close_vault(Vault *v)
{
    if (v) v->ops->close(v);
}

/* ---- what a backup says of itself ---- */

static const char note_schema[] =
    "CREATE TABLE backup (made_at BIGINT NOT NULL PRIMARY KEY, tables BIGINT NOT NULL, rows BIGINT NOT NULL, digest BLOB NOT NULL);";
static const Table note_table = {.name = {"backup", 6},
    .columns = {{{"made_at", 7}, DB_I64, false}, {{"tables", 6}, DB_I64, false}, {{"rows", 4}, DB_I64, false},
        {{"digest", 6}, DB_BLOB, false}},
    .column_count = 4,
    .key_count = 1};

static Err write_note(Vault *to, const TransferReport *report)
{
    const DbValue values[] = {db_number(clock_utc() / 1000 * 1000), db_number(report->tables), db_number(report->rows),
        db_bytes((Str){(const char *)report->digest.bytes, SHA256_BYTES})};
    Err e = to->ops->begin_writing(to, &note_table);
    if (!e) e = to->ops->write_row(to, values);
    return e ? e : to->ops->end_writing(to);
}

static Err read_note(Transfer *t, Vault *from, Sha256 *ret_digest)
{
    DbValue values[TABLE_COLUMNS_MAX];
    bool more = false;
    Err e = from->ops->begin_reading(from, &note_table);
    if (!e) e = from->ops->read_row(from, values, &more);
    if (e) return e;
    if (!more || values[3].bytes.len != SHA256_BYTES)
        return fault_set(t->fault, ERR_INPUT, 0, 0, S("a whole backup; this one is cut short"), (Str){0});
    memcpy(ret_digest->bytes, values[3].bytes.ptr, SHA256_BYTES);
    return ERR_OK;
}

static Err another_version(Transfer *t, int64_t number)
{
    return fault_setf(t->fault, t->a, ERR_CONFLICT,
        "the backup was made by another version of this program (its schema: %lld): restore it with that version, then upgrade",
        (long long)number);
}

/* A backup has the schema of this program, or it is another version's. */
static Err same_version(Transfer *t, Vault *from)
{
    DbValue row[TABLE_COLUMNS_MAX];
    int known, seen = 0;
    const Migration *migrations = sql_migrations(&known);
    const Table *table = plan_table(&t->plan, S("migration"));
    Err e = from->ops->begin_reading(from, table);
    for (bool more = true; !e;) {
        e = from->ops->read_row(from, row, &more);
        if (e || !more) break;
        bool same = seen < known && row[0].number == migrations[seen].number &&
                    str_equal(row[2].bytes, (Str){(const char *)migrations[seen].digest.bytes, SHA256_BYTES});
        if (!same) return another_version(t, row[0].number);
        seen++;
    }
    return !e && seen != known ? another_version(t, seen) : e;
}

/* ---- files ---- */

static Err file_failed(Transfer *t, const char *path)
{
    return fault_setf(t->fault, t->a, ERR_IO, "%s: %s", path, strerror(errno));
}

static Err is_there(Transfer *t, const char *path)
{
    return fault_setf(t->fault, t->a, ERR_CONFLICT, "%s is there already", path);
}

/* An empty file beside `path`, for its owner alone: a backup holds secrets. NULL: it could not be made, and the fault says why. */
static char *make_beside(Transfer *t, const char *path)
{
    char *name = (char *)str_c(t->a, str_format(t->a, "%s.XXXXXX", path));
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0 && file_failed(t, path)) return NULL;
    close(fd);
    return name;
}

static bool bring_to_disk(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) return false;
    bool done = fsync(fd) == 0;
    close(fd);
    return done;
}

/* Give the finished file its name, if nobody has it; then the name is on disk too. */
static Err give_name(Transfer *t, const char *temporary, const char *path)
{
    if (!bring_to_disk(temporary, O_RDWR)) return file_failed(t, temporary);
    /* Not every file system has links; where it has none, the name was free when we began. */
    if (link(temporary, path) != 0) {
        if (errno == EEXIST) return is_there(t, path);
        if (rename(temporary, path) != 0) return file_failed(t, path);
    } else {
        unlink(temporary);
    }
    char *copy = (char *)str_c(t->a, str_from_c(path));
    return bring_to_disk(dirname(copy), O_RDONLY | O_DIRECTORY) ? ERR_OK : file_failed(t, path);
}

/* ---- backup ---- */

Err vault_open_store(Arena *a, Store *from, Vault **ret_vault, Fault *fault)
{
    if (store_engine(from) == ENGINE_POSTGRES) return vault_open_postgres(a, store_options(from)->url, VAULT_READ, false, ret_vault, fault);
    return vault_open_sqlite(a, str_from_c(store_place(from)), VAULT_READ, (Str){0}, ret_vault, fault);
}

static Err fill_backup(Transfer *t, Vault *from, const char *file, TransferReport *ret_report)
{
    Vault *to = NULL;
    Str schema = str_format(t->a, "%.*s%s", STR_ARG(plan_sqlite_schema(t->a)), note_schema);
    Err e = vault_open_sqlite(t->a, str_from_c(file), VAULT_MAKE, schema, &to, t->fault);
    if (!e) e = copy_all(t, from, to, ret_report);
    if (!e) e = write_note(to, ret_report);
    if (!e) e = to->ops->commit(to);
    close_vault(to);
    return e;
}

Err transfer_backup(Arena *a, Store *from, Str path, const TransferOptions *options, TransferReport *ret_report, Fault *fault)
{
    *fault = (Fault){0};
    Transfer *t = transfer_new(a, options, fault);
    const char *name = str_c(a, path);
    if (access(name, F_OK) == 0) return is_there(t, name);
    char *temporary = make_beside(t, name);
    if (!temporary) return fault->err;
    Vault *source = NULL;
    TransferReport report = {0};
    Err e = vault_open_store(a, from, &source, fault);
    if (!e) e = fill_backup(t, source, temporary, &report);
    close_vault(source);
    if (!e) e = give_name(t, temporary, name);
    if (e) unlink(temporary);
    if (!e) *ret_report = report;
    return e;
}

/* ---- the target of a move or a restore ---- */

typedef struct Target {
    Store *store; /* SQLite: keeps servers away */
    Vault *vault;
    const char *made; /* the SQLite file, if it was made here and nobody else has put anything in it; else NULL */
} Target;

/* The SQLite file, made here or not at all: of two who restore into one place only one may take the file away when it fails. */
static const char *make_file(Transfer *t, Str url)
{
    if (str_starts(url, S("postgres://")) || str_starts(url, S("postgresql://"))) return NULL;
    const char *path = str_c(t->a, str_starts(url, S("sqlite:")) ? str_slice(url, S("sqlite:").len, url.len) : url);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return NULL; /* it is there, or opening the store will say what is wrong */
    close(fd);
    return path;
}

/* Made and brought up to date as by a server, and kept from servers. */
static Err target_open(Transfer *t, Str url, Target *target)
{
    const char *made = make_file(t, url);
    Err e = store_open(t->a, &(StoreOptions){.url = url, .serve = true}, &target->store, t->fault);
    if (e) return e;
    target->made = made;
    if (store_engine(target->store) == ENGINE_SQLITE)
        return vault_open_sqlite(t->a, str_from_c(store_place(target->store)), VAULT_WRITE, (Str){0}, &target->vault, t->fault);
    store_close(target->store); /* its sessions hold the lock that we want alone */
    target->store = NULL;
    return vault_open_postgres(t->a, url, VAULT_WRITE, true, &target->vault, t->fault);
}

/* ERR_CONFLICT: somebody wrote into it after we made it, so it is not ours to take away. */
static void target_close(Transfer *t, Target *target, Err e)
{
    bool goes = target->made && e && e != ERR_CONFLICT;
    int lock = goes ? dup(target->store->kept) : -1; /* no server may take the file between the store's end and the file's */
    close_vault(target->vault);
    store_close(target->store);
    if (!goes) return;
    static const char *const endings[] = {"", "-wal", "-shm", "-serve-lock"};
    for (int i = 0; i < COUNT_OF(endings); i++) unlink(str_c(t->a, str_format(t->a, "%s%s", target->made, endings[i])));
    if (lock >= 0) close(lock);
}

/* ---- restore ---- */

static Err open_backup(Transfer *t, Str path, Sha256 *ret_digest, Vault **ret_vault)
{
    if (access(str_c(t->a, path), F_OK) != 0) return fault_setf(t->fault, t->a, ERR_MISSING, "there is no file %.*s", STR_ARG(path));
    Err e = vault_open_sqlite(t->a, path, VAULT_READ, (Str){0}, ret_vault, t->fault);
    if (!e) e = vault_check_backup(*ret_vault);
    if (!e) e = same_version(t, *ret_vault);
    return e ? e : read_note(t, *ret_vault, ret_digest);
}

static Err as_it_was(Transfer *t, const TransferReport *report, Sha256 digest)
{
    if (memcmp(report->digest.bytes, digest.bytes, SHA256_BYTES) == 0) return ERR_OK;
    return fault_set(
        t->fault, ERR_INPUT, 0, 0, S("a backup as it was made; this one is damaged, or was changed since (its digest differs)"), (Str){0});
}

Err transfer_restore(Arena *a, Str path, Str to_url, const TransferOptions *options, TransferReport *ret_report, Fault *fault)
{
    *fault = (Fault){0};
    Transfer *t = transfer_new(a, options, fault);
    Sha256 digest;
    Vault *from = NULL;
    Target target = {0};
    TransferReport report = {0};
    Err e = open_backup(t, path, &digest, &from);
    if (e == ERR_INPUT) fault->file = path;
    if (!e) e = target_open(t, to_url, &target);
    if (!e) e = copy_all(t, from, target.vault, &report);
    if (!e) e = as_it_was(t, &report, digest);
    if (!e) e = target.vault->ops->commit(target.vault);
    target_close(t, &target, e);
    close_vault(from);
    if (!e) *ret_report = report;
    return e;
}

/* ---- move ---- */

/* Nobody may write to it meanwhile, no command line either: what came after the move would be lost. */
static Err source_open(Transfer *t, Str url, Store **ret_store, Vault **ret_vault)
{
    Err e = store_open(t->a, &(StoreOptions){.url = url, .serve = true, .must_exist = true, .as_it_is = true}, ret_store, t->fault);
    if (e) return e;
    if (store_engine(*ret_store) == ENGINE_SQLITE)
        return vault_open_sqlite(t->a, str_from_c(store_place(*ret_store)), VAULT_READ_ALONE, (Str){0}, ret_vault, t->fault);
    store_close(*ret_store);
    *ret_store = NULL;
    return vault_open_postgres(t->a, url, VAULT_READ, true, ret_vault, t->fault);
}

Err transfer_move(Arena *a, Str from_url, Str to_url, const TransferOptions *options, TransferReport *ret_report, Fault *fault)
{
    *fault = (Fault){0};
    Transfer *t = transfer_new(a, options, fault);
    Store *from_store = NULL;
    Vault *from = NULL;
    Target target = {0};
    TransferReport report = {0};
    Err e = source_open(t, from_url, &from_store, &from);
    if (!e) e = target_open(t, to_url, &target);
    if (!e) e = copy_all(t, from, target.vault, &report);
    if (!e) e = target.vault->ops->commit(target.vault);
    target_close(t, &target, e);
    close_vault(from);
    store_close(from_store);
    if (!e) *ret_report = report;
    return e;
}
