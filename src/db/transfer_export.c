/* transfer_export.c: a store as files that any program can read: JSON Lines, blobs by their hash, the schema, and a README that says what is what.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Secrets stay behind: a migration says of each table what may leave (plan.c). The folder has its name only when all of it is on disk.
 */
#include "db/transfer.h"
#include "db/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOB_INLINE_MOST = 64, PROGRESS_EVERY = 1000 };

typedef struct Export {
    Arena *a;
    Arena row; /* cleared after each */
    Fault *fault;
    const TransferOptions *options;
    Plan plan;
    Digest digest;
    int64_t done, in_all;
    const char *folder; /* under its temporary name */
    FILE *file;
    Buf readme;
    struct TransferTable *exported;
    int exported_count;
} Export;

/* ---- files ---- */

static Err failed(Export *x, const char *path)
{
    return fault_setf(x->fault, x->a, ERR_IO, "%s: %s", path, strerror(errno));
}

static Err write_whole(Export *x, Arena *a, Str name, Str content)
{
    const char *path = str_c(a, str_format(a, "%s/%.*s", x->folder, STR_ARG(name)));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return errno == EEXIST ? ERR_OK : failed(x, path); /* the same blob once more */
    while (content.len) {
        ssize_t n = write(fd, content.ptr, content.len);
        if (n < 0 && errno != EINTR) break;
        if (n > 0) content = str_slice(content, (size_t)n, content.len);
    }
    bool whole = content.len == 0 && fsync(fd) == 0;
    Err e = whole ? ERR_OK : failed(x, path);
    close(fd);
    return e;
}

static Err make_folder(Export *x, Arena *a, Str name)
{
    const char *path = str_c(a, str_format(a, "%s/%.*s", x->folder, STR_ARG(name)));
    return mkdir(path, 0777) == 0 || errno == EEXIST ? ERR_OK : failed(x, path);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info, (void)type, (void)place;
    return remove(path);
}

static bool bring_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool done = fsync(fd) == 0;
    close(fd);
    return done;
}

/* Files are on disk already, their names are not. */
static int bring_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info, (void)place;
    return type == FTW_DP && !bring_folder(path) ? -1 : 0;
}

/* ---- rows ---- */

/* Short ones stand in the row: digests, mostly. */
static Err put_blob(Export *x, View *row, Str column, Str bytes)
{
    Str hash = sha256_hex(&x->row, sha256(bytes));
    View *blob = view_put_object(row, column);
    if (bytes.len <= BLOB_INLINE_MOST) {
        Buf hex = buf_new(&x->row);
        for (size_t i = 0; i < bytes.len; i++) buf_format(&hex, "%02x", (unsigned)(unsigned char)bytes.ptr[i]);
        view_put_str(blob, S("hex"), buf_done(&hex));
        return ERR_OK;
    }
    Str folder = str_format(&x->row, "blobs/%.*s", STR_ARG(str_slice(hash, 0, 2)));
    Str file = str_format(&x->row, "%.*s/%.*s", STR_ARG(folder), STR_ARG(hash));
    view_put_str(blob, S("file"), file);
    view_put_i64(blob, S("bytes"), (int64_t)bytes.len);
    Err e = make_folder(x, &x->row, folder);
    return e ? e : write_whole(x, &x->row, file, bytes);
}

static Err put_value(Export *x, View *row, const TableColumn *column, const DbValue *value)
{
    switch (value->kind) {
    case DB_NULL: view_put_null(row, column->name); return ERR_OK;
    case DB_I64: view_put_i64(row, column->name, value->number); return ERR_OK;
    case DB_TEXT: view_put_str(row, column->name, value->bytes); return ERR_OK;
    case DB_BLOB: return put_blob(x, row, column->name, value->bytes);
    }
    assert_failed("a kind of value", __FILE__, __LINE__);
}

static Err write_row(Export *x, const Table *table, const DbValue *values)
{
    View *row = view_object(&x->row);
    for (int i = 0; i < table->column_count; i++) {
        if (table->columns[i].secret) continue;
        Err e = put_value(x, row, &table->columns[i], &values[i]);
        if (e) return e;
    }
    Buf line = buf_new(&x->row);
    view_json(row, &line, false);
    Str text = buf_done(&line);
    return fwrite(text.ptr, 1, text.len, x->file) == text.len ? ERR_OK : failed(x, str_c(x->a, table->name));
}

static void tell(Export *x, const Table *table, bool now)
{
    if (x->options && x->options->progress && (now || x->done % PROGRESS_EVERY == 0))
        x->options->progress(x->options->context, table->name, x->done, x->in_all);
}

/* All rows go into the digest, those of an exported table into its file. */
static Err export_rows(Export *x, Vault *from, const Table *table)
{
    DbValue values[TABLE_COLUMNS_MAX];
    digest_table(&x->digest, table);
    Err e = from->ops->begin_reading(from, table);
    for (bool more = true; !e;) {
        e = from->ops->read_row(from, values, &more);
        if (e || !more) break;
        digest_row(&x->digest, table, values);
        if (table->exported) e = write_row(x, table, values);
        arena_clear(&x->row);
        x->done++;
        tell(x, table, false);
    }
    tell(x, table, true);
    return e;
}

static Err close_file(Export *x, const char *path)
{
    bool whole = fflush(x->file) == 0 && fsync(fileno(x->file)) == 0;
    Err e = whole ? ERR_OK : failed(x, path);
    if (fclose(x->file) != 0 && !e) e = failed(x, path);
    x->file = NULL;
    return e;
}

static void describe(Export *x, const Table *table, int64_t rows)
{
    buf_format(&x->readme, "| %.*s | ", STR_ARG(table->name));
    if (!table->exported) {
        buf_str(&x->readme, S("not exported: it holds secrets, or only what the program remembers for itself | |\n"));
        return;
    }
    x->exported[x->exported_count++] = (struct TransferTable){table->name, rows};
    buf_format(&x->readme, "[%.*s.jsonl](%.*s.jsonl)", STR_ARG(table->name), STR_ARG(table->name));
    bool first = true;
    for (int i = 0; i < table->column_count; i++) {
        if (!table->columns[i].secret) continue;
        buf_format(&x->readme, "%s%.*s", first ? ", without " : ", ", STR_ARG(table->columns[i].name));
        first = false;
    }
    buf_format(&x->readme, " | %lld |\n", (long long)rows);
}

static Err export_table(Export *x, Vault *from, const Table *table)
{
    int64_t before = x->done;
    const char *path = str_c(x->a, str_format(x->a, "%s/%.*s.jsonl", x->folder, STR_ARG(table->name)));
    if (table->exported) {
        x->file = fopen(path, "wxe");
        if (!x->file) return failed(x, path);
    }
    Err e = export_rows(x, from, table);
    if (x->file) {
        Err closed = close_file(x, path);
        if (!e) e = closed;
    }
    if (!e) describe(x, table, x->done - before);
    return e;
}

/* ---- the folder ---- */

static const char introduction[] =
    "# Everything this installation of Hustings keeps, as open files\n"
    "\n"
    "Each table is a file of JSON Lines: one JSON object a row, UTF-8, in the order of the table's primary key. What the tables and\n"
    "their columns mean stands in [schema.sql](schema.sql), which SQLite reads as it is.\n"
    "\n"
    "- Integers are written in full, from -9223372036854775808 to 9223372036854775807: read them as 64 bits, not as floating point.\n"
    "- Times are milliseconds since 1970, UTC.\n"
    "- A blob is `{\"hex\": \"...\"}` when it is short, else `{\"file\": \"blobs/xx/HASH\", \"bytes\": N}`: a file beside this one whose "
    "name is\n"
    "  its SHA-256.\n"
    "- Secrets (keys, tokens) are not here; a backup (`hustings backup`) has them.\n"
    "\n"
    "| table | file | rows |\n"
    "|---|---|---|\n";

static Err finish(Export *x, TransferReport *ret_report)
{
    Sha256 digest = digest_end(&x->digest);
    *ret_report = (TransferReport){.tables = x->digest.tables,
        .rows = x->digest.rows,
        .bytes = x->digest.bytes,
        .digest = digest,
        .exported = x->exported,
        .exported_count = x->exported_count};
    buf_format(&x->readme,
        "\nDigest of the whole store, with what is not here: `%.*s`. A backup of the same moment, and a store it is restored into, have "
        "the same.\n",
        STR_ARG(sha256_hex(x->a, digest)));
    Err e = write_whole(x, x->a, S("README.md"), buf_done(&x->readme));
    return e ? e : write_whole(x, x->a, S("schema.sql"), plan_sqlite_schema(x->a));
}

static Err export_all(Export *x, Vault *from, TransferReport *ret_report)
{
    Err e = make_folder(x, x->a, S("blobs"));
    for (int i = 0; i < x->plan.count && !e; i++) {
        int64_t rows = 0;
        e = from->ops->count_rows(from, &x->plan.tables[i], &rows);
        x->in_all += rows;
    }
    for (int i = 0; i < x->plan.count && !e; i++) e = export_table(x, from, &x->plan.tables[i]);
    return e ? e : finish(x, ret_report);
}

/* A folder that is not empty stays as it is. */
static Err give_name(Export *x, const char *name)
{
    if (nftw(x->folder, bring_entry, 16, FTW_DEPTH | FTW_PHYS) != 0) return failed(x, x->folder);
    if (rename(x->folder, name) == 0) return bring_folder(dirname((char *)str_c(x->a, str_from_c(name)))) ? ERR_OK : failed(x, name);
    if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) return failed(x, name);
    return fault_setf(x->fault, x->a, ERR_CONFLICT, "%s is there already", name);
}

Err transfer_export(Arena *a, Store *from, Str folder, const TransferOptions *options, TransferReport *ret_report, Fault *fault)
{
    *fault = (Fault){0};
    while (folder.len > 1 && folder.ptr[folder.len - 1] == '/') folder.len--;
    const char *name = str_c(a, folder);
    if (access(name, F_OK) == 0 && rmdir(name) != 0) return fault_setf(fault, a, ERR_CONFLICT, "%s is there already", name);
    Export x = {.a = a, .fault = fault, .options = options, .plan = plan_make(a), .readme = buf_new(a)};
    char *temporary = (char *)str_c(a, str_format(a, "%s.XXXXXX", name));
    if (!mkdtemp(temporary)) return failed(&x, name);
    x.folder = temporary;
    x.exported = arena_new(a, struct TransferTable, (size_t)x.plan.count);
    arena_init(&x.row, 0);
    digest_begin(&x.digest);
    buf_str(&x.readme, S(introduction));
    Vault *source = NULL;
    TransferReport report = {0};
    Err e = vault_open_store(a, from, &source, fault);
    if (!e) e = export_all(&x, source, &report);
    if (source) source->ops->close(source);
    if (!e && options && options->before_name) e = options->before_name(options->context, &report, fault);
    if (!e) e = give_name(&x, name);
    if (e) nftw(temporary, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    arena_clear(&x.row);
    if (!e) *ret_report = report;
    return e;
}
