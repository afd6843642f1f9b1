/* transfer.c: hustings backup, restore, move and export.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/settings.h"

#include "db/transfer.h"
#include "record/record.h"

#include <stdio.h>
#include <unistd.h>

/* ---- what all four tell ---- */

/* One line that is written over, for somebody who watches. */
static void show_progress(void *context, Str table, int64_t done, int64_t in_all)
{
    (void)context;
    int percent = in_all ? (int)(done * 100 / in_all) : 100;
    fprintf(stderr, "\r\033[K%3d %%  %.*s", percent, STR_ARG(table));
}

static TransferOptions watched(void)
{
    return (TransferOptions){.progress = isatty(STDERR_FILENO) ? show_progress : NULL};
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
}

/* What was done, and the digest by which two stores can be compared. */
static int tell(Cli *cli, Err e, const Fault *fault, const TransferReport *report, Str done)
{
    end_progress();
    if (e) return cli_fail(cli, fault);
    Str digest = sha256_hex(cli->a, report->digest);
    return cli_write(cli,
        str_format(cli->a, "%.*s: %lld rows of %lld tables, %.1f MB\ndigest %.*s\n", STR_ARG(done), (long long)report->rows,
            (long long)report->tables, (double)report->bytes / 1e6, STR_ARG(digest)),
        EXIT_DONE);
}

/* The store that is set up, as it is. */
static int open_store(Cli *cli, const Settings *s, Store **ret_store)
{
    StoreOptions options = settings_store(s);
    options.must_exist = true;
    options.as_it_is = true;
    Fault fault = {0};
    return store_open(cli->a, &options, ret_store, &fault) ? cli_fail(cli, &fault) : 0;
}

static int needs_operands(const Cli *cli, int count, const char *what)
{
    return cli->operand_count == count ? 0 : cli_usage(cli, "expected %s, found %d", what, cli->operand_count);
}

static const Option store_options_table[] = {STORE_OPTIONS HELP_OPTION};

/* ---- backup ---- */

static int run_backup(Cli *cli)
{
    Store *store;
    Settings s;
    int wrong = needs_operands(cli, 1, "one file to write");
    if (!wrong) wrong = settings_load(cli, &s);
    if (!wrong) wrong = open_store(cli, &s, &store);
    if (wrong) return wrong;
    TransferOptions options = watched();
    TransferReport report;
    Fault fault = {0};
    Err e = transfer_backup(cli->a, store, cli->operands[0], &options, &report, &fault);
    store_close(store);
    return tell(cli, e, &fault, &report, str_format(cli->a, "backed up to %.*s", STR_ARG(cli->operands[0])));
}

const CliCommand command_backup = {
    .name = "backup",
    .operands = "FILE",
    .summary = "write the whole store, as it is at one moment, to one file",
    .description =
        "The server goes on meanwhile. FILE is a SQLite file, also when the store is PostgreSQL; it must not be there yet, and is there "
        "only when it is whole: every row was read back and compared.\n\n"
        "FILE holds secrets, such as the keys of sessions: keep it as you keep the store.",
    .examples = "hustings backup /var/backups/hustings-$(date +%F).db  # every night, from cron\n"
                "hustings backup --store postgresql://db/hustings today.db  # of a PostgreSQL store\n",
    .options = store_options_table,
    .option_count = COUNT_OF(store_options_table),
    .run = run_backup,
};

/* ---- restore ---- */

static int run_restore(Cli *cli)
{
    Settings s;
    int wrong = needs_operands(cli, 1, "one backup to read");
    if (!wrong) wrong = settings_load(cli, &s);
    if (wrong) return wrong;
    TransferOptions options = watched();
    TransferReport report;
    Fault fault = {0};
    Str url = settings_store(&s).url;
    Err e = transfer_restore(cli->a, cli->operands[0], url, &options, &report, &fault);
    return tell(cli, e, &fault, &report, str_format(cli->a, "restored into %.*s", STR_ARG(store_url_shown(cli->a, url))));
}

const CliCommand command_restore = {
    .name = "restore",
    .operands = "FILE",
    .summary = "put a backup into an empty store",
    .description =
        "FILE is what 'hustings backup' made, of either engine; the store is the one that is set up (--store names another), SQLite "
        "or PostgreSQL. It must be empty, and no server may run on it. Damage to FILE is detected, and then nothing is kept.",
    .examples = "hustings restore hustings-2026-11-22.db --store new.db  # into a new SQLite file\n"
                "hustings restore hustings-2026-11-22.db --store postgresql://db/hustings  # into PostgreSQL\n",
    .options = store_options_table,
    .option_count = COUNT_OF(store_options_table),
    .run = run_restore,
};

/* ---- move ---- */

static int run_move(Cli *cli)
{
    int wrong = needs_operands(cli, 2, "two stores, from and to");
    if (wrong) return wrong;
    TransferOptions options = watched();
    TransferReport report;
    Fault fault = {0};
    Err e = transfer_move(cli->a, cli->operands[0], cli->operands[1], &options, &report, &fault);
    return tell(cli, e, &fault, &report, str_format(cli->a, "copied to %.*s", STR_ARG(store_url_shown(cli->a, cli->operands[1]))));
}

static const Option move_options[] = {HELP_OPTION};

const CliCommand command_move = {
    .name = "move",
    .operands = "FROM TO",
    .summary = "copy a store into another, also of the other engine",
    .description =
        "FROM and TO are SQLite files or postgres:// addresses. TO must be empty; no server may run on either. Every row is read "
        "back and compared before TO counts. FROM stays as it was: set store.url to TO, start the server, and remove FROM when you "
        "are content.",
    .examples = "hustings move hustings.db postgresql://db/hustings  # from SQLite to PostgreSQL\n"
                "hustings move postgresql://db/hustings hustings.db  # and back\n",
    .options = move_options,
    .option_count = COUNT_OF(move_options),
    .run = run_move,
};

/* ---- export ---- */

typedef struct Exporting {
    Cli *cli;
    Store *store;
    Officer by;
    const TransferReport *report;
    int64_t leaf; /* that says so; -1: none does */
} Exporting;

static Err tell_record(Db *db, Command *command)
{
    Exporting *x = command->context;
    Arena *a = command->arena;
    const TransferReport *report = x->report;
    View *data = view_object(a), *tables = view_put_array(data, S("tables"));
    int64_t rows = 0;
    for (int i = 0; i < report->exported_count; i++) {
        View *table = view_add_object(tables);
        view_put_str(table, S("name"), report->exported[i].name);
        view_put_i64(table, S("rows"), report->exported[i].rows);
        rows += report->exported[i].rows;
    }
    view_put_str(data, S("store_sha256"), sha256_hex(a, report->digest));
    Act act = {.kind = "export.made",
        .by = x->by,
        .says = str_format(a, "Everything that this installation keeps, but secrets, was exported as open files: %lld rows of %d tables.",
            (long long)rows, report->exported_count),
        .data = data};
    return record_act(db, a, &act, command->now, &x->leaf, &command->fault);
}

/* Before anybody can have the folder: an export that no leaf tells of is none. */
static Err before_name(void *context, const TransferReport *report, Fault *fault)
{
    Exporting *x = context;
    x->report = report;
    Command command = {.name = "export_made", .leaf = LEAF_ONE, .run = tell_record, .context = x, .arena = x->cli->a, .now = cli_now()};
    Err e = store_run(x->store, &command);
    if (!e) return e;
    x->leaf = -1;
    *fault = command.fault;
    return e;
}

static int tell_export(Exporting *x, Err e, const Fault *fault, const TransferReport *report)
{
    Cli *cli = x->cli;
    if (e && x->leaf >= 0)
        fprintf(stderr, "hustings export: leaf %lld of the public record tells of this export, but it could not be put in its place:\n",
            (long long)x->leaf);
    Str done = str_format(cli->a, "exported to %.*s (leaf %lld of the public record), of", STR_ARG(cli->operands[0]), (long long)x->leaf);
    return tell(cli, e, fault, report, done);
}

static int run_export(Cli *cli)
{
    Settings s;
    Exporting x = {.cli = cli, .leaf = -1};
    int wrong = needs_operands(cli, 1, "one folder to make");
    if (!wrong) wrong = settings_load(cli, &s);
    if (!wrong) wrong = settings_officer(cli, &s, &x.by);
    if (!wrong) wrong = open_store(cli, &s, &x.store);
    if (wrong) return wrong;
    TransferOptions options = watched();
    options.before_name = before_name;
    options.context = &x;
    TransferReport report;
    Fault fault = {0};
    Err e = transfer_export(cli->a, x.store, cli->operands[0], &options, &report, &fault);
    store_close(x.store);
    return tell_export(&x, e, &fault, &report);
}

static const Option export_options[] = {OFFICER_OPTIONS HELP_OPTION};

const CliCommand command_export = {
    .name = "export",
    .operands = "FOLDER",
    .summary = "write everything but secrets as open files, for any other program",
    .description =
        "FOLDER must not be there yet. Each table becomes a file of JSON Lines, larger blobs files beside them; a README in it says "
        "what is what. The server goes on meanwhile; all of it is one moment. Keys, sessions and other secrets stay behind.\n\n"
        "An export is an act of the public record: before FOLDER has its name, a leaf says that it was made, by whom (--by), and how many "
        "rows of which tables left. The export itself ends before that leaf.",
    .examples = "hustings export everything --by \"Carol Count\"  # a folder that other programs read\n",
    .options = export_options,
    .option_count = COUNT_OF(export_options),
    .run = run_export,
};
