/* record_recover.c: hustings record recover. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/record_words.h"
#include "cli/sealing.h"

#include "core/disk.h"
#include "record/recover.h"

#include <time.h>

typedef struct Desk {
    Cli *cli;
    Settings s;
    Store *store;
    Db *db;
    RecordSource *source;
    VerifyReport *report;
    Officer by;
    Fault fault;
} Desk;

/* What was signed last with this key: the copy must extend it. FILE.last is a line "frontier ..." and the note (record/seal.c). */
NODISCARD static Err read_last(Desk *d, VerifyOptions *options)
{
    Str text, line, file = str_format(d->cli->a, "%.*s.last", STR_ARG(settings_record_key(&d->s)));
    Earlier *last = arena_new(d->cli->a, Earlier, 1);
    Err e = disk_read(d->cli->a, file, 2 * NOTE_MAX, &text, &d->fault);
    if (e == ERR_MISSING) {
        d->fault = (Fault){0};
        return ERR_OK;
    }
    if (e) return e;
    *last = (Earlier){.name = file};
    str_cut(text, '\n', &line, &last->note);
    options->earlier = last;
    options->earlier_count = 1;
    return ERR_OK;
}

/* The copy, verified with our own key. */
NODISCARD static Err verify_copy(Desk *d)
{
    RecordKeys keys;
    Verifier known[RECORD_KEYS_MAX];
    VerifyOptions options = {.keys = known, .progress = record_progress()};
    Err e = sealing_keys(&d->s, d->store, false, &keys, &d->fault);
    if (e) return e;
    options.key_count = keys.count;
    for (int i = 0; i < keys.count; i++) {
        known[i] = keys.signers[i].verifier;
        known[i].name = str_copy(d->cli->a, known[i].name);
    }
    record_keys_wipe(&keys);
    e = source_open(d->cli->a, d->cli->operands[0], &d->source, &d->fault);
    if (!e) e = read_last(d, &options);
    if (!e) e = record_verify(d->cli->a, d->source, &options, d->report, &d->fault);
    record_progress_end();
    return e;
}

NODISCARD static Err open_store(Desk *d)
{
    StoreOptions options = settings_store(&d->s);
    options.must_exist = true;
    options.serve = true; /* nobody acts meanwhile */
    Err e = sealing_check(&d->s, &d->fault);
    if (!e) e = store_open(d->cli->a, &options, &d->store, &d->fault);
    return e ? e : db_open(d->store, &d->db, &d->fault);
}

static int tell(Desk *d, int64_t first, int64_t count, bool try_only)
{
    Arena *a = d->cli->a;
    if (!count) return cli_write(d->cli, S("Nothing is missing: the store has every leaf of the copy.\n"), EXIT_DONE);
    Str n = number_words(a, count);
    if (count == 1)
        return cli_write(d->cli,
            str_format(a, "One leaf, %lld, %s.\n", (long long)first,
                try_only ? "is missing and would be put back" : "was put back, and a leaf store.recovered tells of it"),
            EXIT_DONE);
    const char *what = try_only ? "are missing and would be put back" : "were put back, and a leaf store.recovered tells of it";
    return cli_write(d->cli,
        str_format(a, "%.*s leaves, %lld to %lld, %s.\n", STR_ARG(n), (long long)first, (long long)(first + count - 1), what), EXIT_DONE);
}

static int recover(Desk *d)
{
    int64_t first = 0, count = 0;
    if (open_store(d) || verify_copy(d)) return cli_fail(d->cli, &d->fault);
    if (!d->report->right) {
        Buf b = buf_new(d->cli->a);
        findings_words(&b, d->report);
        buf_str(&b, S("The copy is wrong: nothing was put back.\n"));
        return cli_write(d->cli, buf_done(&b), RECORD_WRONG);
    }
    Recovery r = {.store = d->store,
        .db = d->db,
        .source = d->source,
        .size = d->report->checkpoint.size,
        .root = d->report->checkpoint.root,
        .by = d->by};
    r.reason = cli_value(d->cli, "reason");
    r.now = (int64_t)time(NULL) * 1000;
    r.try_only = cli_has(d->cli, "dry-run");
    if (record_recover(d->cli->a, &r, &first, &count, &d->fault)) {
        int status = cli_fail(d->cli, &d->fault);
        return d->fault.err == ERR_CONFLICT ? RECORD_WRONG : status;
    }
    return tell(d, first, count, r.try_only);
}

static int run(Cli *cli)
{
    Desk d = {.cli = cli, .report = arena_new(cli->a, VerifyReport, 1)};
    if (cli->operand_count != 1) return cli_usage(cli, "expected one copy of the record, found %d", cli->operand_count);
    int status = settings_load(cli, &d.s);
    if (!status && !cli_has(cli, "dry-run")) status = settings_officer(cli, &d.s, &d.by);
    if (!status && !cli_has(cli, "dry-run") && !cli_value(cli, "reason").len)
        status = cli_usage(cli, "--reason: the record says why its leaves were lost");
    if (status) return status;
    status = recover(&d);
    source_close(d.source);
    if (d.db) db_close(d.db);
    store_close(d.store);
    return status;
}

static const Option options[] = {
    OFFICER_OPTIONS{"reason", 'r', "TEXT", false, "why they were lost, for the record", NULL},
    {"dry-run", 0, NULL, false, "only say what would be put back", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_record_recover = {
    .name = "record recover",
    .operands = "COPY",
    .summary = "put leaves back that a store lost, from a copy of its record",
    .description = "For a store that was set back to a backup: it lacks leaves that were signed since, and signs nothing until it has them "
                   "again (docs/record.md). "
                   "COPY is a folder, a site that shows a copy, or another store. It is verified with the record's own key, and must "
                   "extend what that key signed "
                   "last; the store's leaves must be its first ones. No server may run on the store meanwhile.\n\n"
                   "What comes back are the leaves, and the powers that they gave. What those acts did elsewhere, such as publishing a "
                   "contest, does not.\n\n"
                   "Exit status: 0 done, or nothing was missing; 1 the copy is wrong, or not of this store; 2 unusable call or input; 3 "
                   "the system failed.",
    .examples = "hustings record recover /srv/copies/record --dry-run  # what is missing?\n"
                "hustings record recover /srv/copies/record --by \"Cy Clerk\" --reason \"the disk failed on Sunday\"\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
