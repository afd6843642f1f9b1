/* people_export.c: hustings people export.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/people_words.h"

#include "people/people_export.h"
#include "people/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Exporting {
    PeopleExport what;
    int64_t rows;
    Officer by;
    Str reason;
} Exporting;

static Err act(Db *db, Command *c)
{
    const Exporting *x = c->input;
    return people_export_act(db, c->arena, &x->what, x->rows, x->by, x->reason, c->now, NULL, &c->fault);
}

static Err put(void *context, Str text)
{
    return fwrite(text.ptr, 1, text.len, context) == text.len ? ERR_OK : ERR_LIMIT;
}

/* Beside its place first, so that a list that is not whole is never taken for one. Nobody else may read it. */
static int write_list(Cli *cli, Db *db, const Exporting *x, Str output)
{
    const char *path = str_c(cli->a, output), *part = str_c(cli->a, str_format(cli->a, "%.*s.part", STR_ARG(output)));
    int64_t rows = 0;
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    Fault fault = {.err = ERR_IO, .file = output, .expected = S("a file that can be written")};
    if (!f) {
        fault.found = str_from_c(strerror(errno));
        return cli_fail(cli, &fault);
    }
    Err e = people_export_write(db, &x->what, put, f, &rows);
    bool written = fflush(f) == 0 && fsync(fileno(f)) == 0;
    written = fclose(f) == 0 && written && e != ERR_LIMIT;
    if (!e && written && rename(part, path) == 0) {
        fprintf(stderr, "hustings people export: %lld rows\n", (long long)rows);
        return EXIT_DONE;
    }
    if (!written || !e) fault.found = str_from_c(strerror(errno));
    else fault = (Fault){.err = e, .expected = S("a store that can be read")};
    unlink(part);
    return cli_fail(cli, &fault);
}

static int export_list(Cli *cli, Store *store, Exporting *x)
{
    Db *db;
    Unit unit;
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Err e = db_snapshot(db);
    if (!e) e = unit_find(db, cli->a, x->what.unit, &unit);
    if (!e) e = people_export_count(db, cli->a, &x->what, &x->rows);
    if (e) {
        db_close(db);
        return people_unread(cli, e, "as --unit the slug of a unit ('hustings people units')", x->what.unit);
    }
    x->what.unit_name = unit.name;
    wrong = people_run(cli, store, "people_export", LEAF_ONE, act, x);
    if (!wrong) wrong = write_list(cli, db, x, cli_value(cli, "output"));
    db_release(db);
    db_close(db);
    return wrong;
}

static int run(Cli *cli)
{
    Settings s;
    Store *store;
    Exporting x = {.what = {.unit = cli_value(cli, "unit")}, .reason = cli_value(cli, "reason")};
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    if (!x.what.unit.len) return cli_usage(cli, "--unit: expected the unit whose list it is, with all below it");
    if (!cli_value(cli, "output").len) return cli_usage(cli, "--output: expected the file to be written");
    if (!x.reason.len || !str_is_clean_text(x.reason))
        return cli_usage(cli, "--reason: expected what the list is needed for; the public record will say it");
    int wrong = settings_load(cli, &s);
    if (!wrong) wrong = settings_officer(cli, &s, &x.by);
    if (!wrong) wrong = people_store(cli, &s, false, &store);
    if (wrong) return wrong;
    wrong = export_list(cli, store, &x);
    store_close(store);
    return wrong;
}

static const Option options[] = {
    OFFICER_OPTIONS{"unit", 'u', "SLUG", false, "the unit whose list it is, with all below it; required", NULL},
    {"output", 'o', "FILE", false, "write to FILE, whole or not at all, for its owner's eyes alone; required", "FILES"},
    {"reason", 'r', "TEXT", false, "what it is needed for; public; required", NULL},
    HELP_OPTION,
};

const CliCommand command_people_export = {
    .name = "people export",
    .operands = "",
    .summary = "write a list of members to a file",
    .description = "CSV with every column, a row for each membership, also those that ended: 'hustings people import' reads it, and "
                   "changes nothing by it.\n\n"
                   "It is an act of the public record: a leaf says who took which unit's list, how many rows and columns, and why; it "
                   "stands before the file does.\n\n"
                   "Exit status: 0 done; 2 the call cannot be used, or there is no such unit; 3 the system failed.",
    .examples = "hustings people export --unit leeds --output leeds.csv --reason \"the returning officer's copy\" --by \"Ada Poll\"  # of "
                "Leeds and below\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
