/* people_import.c: hustings people import, imports and undo.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/people_words.h"
#include "cli/roster.h"

#include "formats/file.h"
#include "people/import.h"
#include "people/unit.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 1024 * 1024, BAD_SHOWN = 100, LISTED = 200, PROGRESS_MS = 200 };

/* ---- the file ---- */

typedef struct File {
    Str path;
    int fd;
    int64_t size;
    Str digest;
} File;

/* Its digest is what the record says of it, and by which an interrupted import is found again. */
static Err open_file(Arena *a, Str path, File *ret_file, Fault *fault)
{
    File f = {.path = path};
    crypto_hash_sha256_state state;
    Sha256 hash;
    Err e = file_open(a, str_c(a, path), &f.fd, fault);
    char *bytes = arena_new(a, char, PIECE);
    crypto_hash_sha256_init(&state);
    for (size_t n = 1; !e && n; f.size += (int64_t)n)
        if ((e = file_read_piece(a, f.fd, bytes, PIECE, &n, fault)) == ERR_OK)
            crypto_hash_sha256_update(&state, (const unsigned char *)bytes, n);
    if (e) return e;
    crypto_hash_sha256_final(&state, hash.bytes);
    f.digest = sha256_hex(a, hash);
    *ret_file = f;
    return ERR_OK;
}

static Err next_piece(void *context, Arena *a, Str *ret_piece, bool *ret_last, Fault *fault)
{
    File *f = context;
    char *bytes = arena_new(a, char, PIECE);
    size_t n;
    Err e = file_read_piece(a, f->fd, bytes, PIECE, &n, fault);
    if (e) {
        fault->file = f->path;
        return e;
    }
    *ret_piece = (Str){bytes, n};
    *ret_last = n == 0;
    return ERR_OK;
}

/* ---- telling ---- */

typedef struct Telling {
    Cli *cli;
    const char *doing;
    bool to_terminal, shown;
    int64_t told; /* when */
    int64_t bad;
    FILE *report; /* NULL: none */
} Telling;

static void end_progress(Telling *t)
{
    if (t->shown && t->to_terminal) fputs("\r\033[K", stderr);
    t->shown = false;
}

/* A line on standard error; on a terminal the same one again. */
static void went_on(void *context, const Import *import, int64_t rows, int percent)
{
    (void)import;
    Telling *t = context;
    int64_t now = cli_now();
    if (now - t->told < (t->to_terminal ? PROGRESS_MS : 10 * PROGRESS_MS)) return;
    t->told = now;
    t->shown = true;
    fprintf(stderr, t->to_terminal ? "\r\033[K%s: %lld, %d %%" : "%s: %lld, %d %%\n", t->doing, (long long)rows, percent);
    fflush(stderr);
}

static void tell_bad(void *context, const Fault *fault)
{
    Telling *t = context;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Str text = fault_text(&a, fault);
    end_progress(t);
    if (t->bad++ < BAD_SHOWN) fprintf(stderr, "%.*s\n", STR_ARG(text));
    if (t->report) fprintf(t->report, "%.*s\n", STR_ARG(text));
    arena_clear(&a);
}

static void tell_more_bad(const Telling *t)
{
    if (t->bad > BAD_SHOWN)
        fprintf(stderr, "and %lld more%s\n", (long long)(t->bad - BAD_SHOWN),
            t->report ? "; all of them are in the report" : "; --report FILE has all of them");
}

static void tell_counts(Buf *b, const char *what, const ImportCounts *c)
{
    buf_format(b,
        "%s: %lld rows: %lld new persons, %lld more memberships of persons who are there, %lld changed, %lld the same, %lld bad\n", what,
        (long long)c->rows, (long long)c->added, (long long)c->more, (long long)c->changed, (long long)c->same, (long long)c->bad);
}

/* ---- import ---- */

typedef struct Importing {
    Cli *cli;
    Store *store;
    Str unit;
    Officer by;
    ImportOptions options;
    File file;
    Telling telling;
    ImportWork work;
} Importing;

static Err start(Db *db, Command *c)
{
    const Importing *i = c->input;
    return import_start(db, c->arena, i->work.id, c->now, &c->fault);
}

static Err drop(Db *db, Command *c)
{
    const Importing *i = c->input;
    return import_drop(db, c->arena, i->work.id, c->now);
}

/* A file that is not imported leaves nothing behind. What went wrong before is what is told. */
static int forget(Importing *i, int status)
{
    int wrong = people_run(i->cli, i->store, "import_drop", LEAF_NONE, drop, i);
    return status ? status : wrong;
}

static int read_map(Cli *cli, ImportOptions *o)
{
    Str *values = arena_new(cli->a, Str, CLI_VALUES_MAX);
    int count = cli_values(cli, "map", values);
    Str *pairs = arena_new(cli->a, Str, 2 * (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        /* The last '=': a cell of the header may have one. */
        size_t cut = values[i].len;
        while (cut && values[i].ptr[cut - 1] != '=') cut--;
        if (!cut) return cli_usage(cli, "--map: expected CELL=COLUMN, as \"Membership no=id\"; found '%.*s'", STR_ARG(values[i]));
        pairs[2 * i] = str_slice(values[i], 0, cut - 1);
        pairs[2 * i + 1] = str_slice(values[i], cut, values[i].len);
    }
    o->map = pairs;
    o->map_count = count;
    return EXIT_DONE;
}

static int load(Importing *i, Import *ret_import)
{
    Db *db;
    int wrong = people_reader(i->cli, i->store, &db);
    if (wrong) return wrong;
    Err e = import_find(db, i->cli->a, scope_all(), i->work.id, ret_import);
    db_close(db);
    return e ? people_unread(i->cli, e, "an import", i->work.id) : EXIT_DONE;
}

static int failed(Importing *i, const Fault *fault)
{
    end_progress(&i->telling);
    return cli_fail(i->cli, fault);
}

/* 0, or the exit status; the counts are told. */
static int check(Importing *i)
{
    Fault fault = {0};
    Import checked;
    Buf b = buf_new(i->cli->a);
    i->telling.doing = "checked";
    if (lseek(i->file.fd, 0, SEEK_SET) != 0)
        return failed(i, &(Fault){.err = ERR_IO, .file = i->file.path, .expected = S("a file that can be read twice")});
    Err e = import_check(&i->work, i->cli->a, &fault);
    if (e) {
        return forget(i, failed(i, &fault));
    }
    end_progress(&i->telling);
    tell_more_bad(&i->telling);
    int wrong = load(i, &checked);
    if (wrong) return wrong;
    tell_counts(&b, "Checked", &checked.checked);
    wrong = cli_write(i->cli, buf_done(&b), EXIT_DONE);
    bool refused = checked.checked.bad && !i->options.skip;
    if (wrong || (!refused && !cli_has(i->cli, "dry-run"))) return wrong;
    if (refused) fprintf(stderr, "hustings people import: nothing was imported: mend the bad rows, or leave them out with --skip-bad\n");
    return forget(i, refused ? EXIT_INPUT : EXIT_DONE);
}

static int apply(Importing *i, bool resumed)
{
    Fault fault = {0};
    Import done;
    Buf b = buf_new(i->cli->a);
    i->telling.doing = "imported";
    i->work.bad = NULL;
    if (lseek(i->file.fd, 0, SEEK_SET) != 0)
        return failed(i, &(Fault){.err = ERR_IO, .file = i->file.path, .expected = S("a file that can be read twice")});
    if (resumed) fprintf(stderr, "hustings people import: going on with import %.*s, which was interrupted\n", STR_ARG(i->work.id));
    Err e = import_apply(&i->work, i->cli->a, &fault);
    if (e) return failed(i, &fault);
    end_progress(&i->telling);
    int wrong = load(i, &done);
    if (wrong) return wrong;
    tell_counts(&b, "Imported", &done.applied);
    buf_format(&b, "Import %.*s, entry %lld of the record. 'hustings people undo %.*s' takes it back, for %d days.\n", STR_ARG(done.id),
        (long long)done.leaf, STR_ARG(done.id), IMPORT_DAYS);
    return cli_write(i->cli, buf_done(&b), EXIT_DONE);
}

static int import_file(Importing *i)
{
    Fault fault = {0};
    bool resumed = false;
    if (open_file(i->cli->a, i->cli->operands[0], &i->file, &fault)) return cli_fail(i->cli, &fault);
    Err e = import_at_machine(i->store, i->cli->a, i->unit, i->file.path, i->file.size, i->file.digest, &i->options, i->by, cli_now(),
        &i->work.id, &resumed, &fault);
    if (e) return cli_fail(i->cli, &fault);
    if (resumed) return apply(i, true);
    int wrong = check(i);
    if (wrong || cli_has(i->cli, "dry-run")) return wrong;
    wrong = people_run(i->cli, i->store, "import_start", LEAF_NONE, start, i);
    return wrong ? forget(i, wrong) : apply(i, false);
}

static int with_report(Importing *i)
{
    Cli *cli = i->cli;
    Str path = cli_value(cli, "report");
    if (path.ptr && !(i->telling.report = fopen(str_c(cli->a, path), "we")))
        return cli_fail(
            cli, &(Fault){.err = ERR_IO, .file = path, .expected = S("a file that can be written"), .found = str_from_c(strerror(errno))});
    int wrong = import_file(i);
    if (i->telling.report && fclose(i->telling.report) != 0 && !wrong)
        return cli_fail(
            cli, &(Fault){.err = ERR_IO, .file = path, .expected = S("a file that can be written"), .found = str_from_c(strerror(errno))});
    return wrong;
}

static int check_unit(Cli *cli, Store *store, Str slug)
{
    Db *db;
    Unit unit;
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Err e = unit_find(db, cli->a, slug, &unit);
    db_close(db);
    return e ? people_unread(cli, e, "as --unit the slug of a unit ('hustings people units')", slug) : EXIT_DONE;
}

static int run_import(Cli *cli)
{
    Settings s;
    Importing i = {.cli = cli, .unit = cli_value(cli, "unit")};
    if (cli->operand_count != 1) return cli_usage(cli, "expected one file");
    if (!i.unit.len) return cli_usage(cli, "--unit: expected the unit whose members these are: each row belongs to it or below it");
    i.options = (ImportOptions){
        .skip = cli_has(cli, "skip-bad"), .empties = cli_has(cli, "empty"), .windows_1252 = cli_has(cli, "windows-1252")};
    int wrong = read_map(cli, &i.options);
    if (!wrong) wrong = settings_load(cli, &s);
    if (!wrong) wrong = cli_country(cli, &s, &i.options.country);
    if (!wrong) wrong = settings_officer(cli, &s, &i.by);
    if (!wrong) wrong = people_store(cli, &s, false, &i.store);
    if (wrong) return wrong;
    i.telling = (Telling){.cli = cli, .to_terminal = isatty(STDERR_FILENO), .told = cli_now()};
    i.work = (ImportWork){
        .store = i.store, .source = {next_piece, &i.file}, .now = cli_now, .went_on = went_on, .bad = tell_bad, .context = &i.telling};
    wrong = check_unit(cli, i.store, i.unit);
    if (!wrong) wrong = with_report(&i);
    store_close(i.store);
    return wrong;
}

static const Option import_options[] = {
    OFFICER_OPTIONS{"unit", 'u', "SLUG", false,
        "the unit whose members these are: each row belongs to it, or to the unit below it that it names; required", NULL},
    {"map", 'm', "CELL=COLUMN", true, "read the column with this heading as that one; '-' leaves it out", NULL},
    {"dry-run", 'n', NULL, false, "check every row, say what would change, and change nothing", NULL},
    {"skip-bad", 0, NULL, false, "leave bad rows out; otherwise one bad row stops it all", NULL},
    {"empty", 0, NULL, false, "an empty cell empties what is held; otherwise it changes nothing", NULL},
    {"windows-1252", 0, NULL, false, "the file is not UTF-8 but as old Windows programs write", NULL},
    {"country", 0, "CODE", false, "whose national telephone numbers and postcodes these are: two letters, people.country unless given",
        NULL},
    {"report", 0, "FILE", false, "write every bad row to FILE; standard error has the first hundred", "FILES"},
    HELP_OPTION,
};

const CliCommand command_people_import = {
    .name = "people import",
    .operands = "FILE",
    .summary = "bring a list of members in",
    .description =
        "FILE is CSV (or OSDI's JSON), plain or gzip, with the names of the columns in its first row; docs/people-columns.md lists those "
        "that are understood. It "
        "is checked first, every row of it, and nothing is written when one is bad (but with --skip-bad). Then the rows are written, some "
        "thousand at a "
        "time, so that a server on the same store answers meanwhile. If it is interrupted, the same command goes on where it stood.\n\n"
        "A row is the person who has its id; else the one below the unit with the same e-mail address and name; else with the same number "
        "and name; else "
        "somebody new. Reading a file again changes nothing; a newer one changes what is different.\n\n"
        "It is an act of the public record: a leaf says for which unit, how many rows did what, and the digest of the file.\n\n"
        "Exit status: 0 done; 2 the file or the call cannot be used (nothing was imported); 3 the system failed (give the same command "
        "again).",
    .examples = "hustings people import members.csv --unit leeds --dry-run --by \"Ada Poll\"  # look first\n"
                "hustings people import members.csv --unit leeds --map 'Mem no=id' --by \"Ada Poll\"  # bring them in\n",
    .options = import_options,
    .option_count = COUNT_OF(import_options),
    .run = run_import,
};

/* ---- imports ---- */

static void list_line(Arena *a, Buf *b, const Import *i)
{
    Str day = day_iso(a, day_at(i->added));
    const ImportCounts *c = i->applied.rows ? &i->applied : &i->checked;
    Str state = import_is_interrupted(i, cli_now()) ? S("interrupted") : i->state;
    buf_format(b, "%.*s\t%.*s\t%.*s\t%.*s\t%lld rows, %lld new, %lld more, %lld changed, %lld bad\t%.*s\t%.*s\n", STR_ARG(i->id),
        STR_ARG(day), STR_ARG(i->unit), STR_ARG(state), (long long)c->rows, (long long)c->added, (long long)c->more, (long long)c->changed,
        (long long)c->bad, STR_ARG(i->by.name), STR_ARG(i->file_name));
}

/* What can be done about it, beside the list. */
static void tell_interrupted(const Import *i)
{
    fprintf(stderr,
        "hustings people imports: import %.*s was interrupted at row %lld, and keeps others from the units of %.*s: 'hustings people "
        "import %.*s "
        "--unit %.*s' with the same options goes on with it, 'hustings people undo %.*s' takes it back\n",
        STR_ARG(i->id), (long long)i->rows_done, STR_ARG(i->unit), STR_ARG(i->file_name), STR_ARG(i->unit), STR_ARG(i->id));
}

static int run_imports(Cli *cli)
{
    Settings s;
    Store *store;
    Db *db;
    Import *imports;
    int count = 0;
    Buf b = buf_new(cli->a);
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    int wrong = settings_load(cli, &s);
    if (!wrong) wrong = people_store(cli, &s, false, &store);
    if (wrong) return wrong;
    wrong = people_reader(cli, store, &db);
    if (!wrong) {
        Scope scope = {cli_has(cli, "unit") ? cli_value(cli, "unit") : S("")};
        Err e = import_list(db, cli->a, scope, LISTED, &imports, &count);
        for (int i = 0; i < count && !e; i++) list_line(cli->a, &b, &imports[i]);
        db_close(db);
        wrong = e ? people_unread(cli, e, "imports", S("")) : cli_write(cli, buf_done(&b), EXIT_DONE);
        for (int i = 0; i < count && !e; i++)
            if (import_is_interrupted(&imports[i], cli_now())) tell_interrupted(&imports[i]);
    }
    store_close(store);
    return wrong;
}

static const Option imports_options[] = {
    STORE_OPTIONS{"unit", 'u', "SLUG", false, "those of this unit and below it alone", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_imports = {
    .name = "people imports",
    .operands = "",
    .summary = "list the imports of members",
    .description = "A line each, the newest first: id, day, unit, state, counts, who, file; with tabs between. The state 'interrupted' is "
                   "that of an import "
                   "at the machine whose process was killed: standard error says how to go on with it, or take it back.\n\n"
                   "Exit status: 0 done; 2 the call cannot be used; 3 the system failed.",
    .examples = "hustings people imports --unit leeds  # of Leeds and below\n",
    .options = imports_options,
    .option_count = COUNT_OF(imports_options),
    .run = run_imports,
};

/* ---- undo ---- */

static Err take_back(Db *db, Command *c)
{
    const Importing *i = c->input;
    Import import;
    Err e = import_find(db, c->arena, scope_all(), i->work.id, &import);
    if (e == ERR_MISSING)
        return fault_set(&c->fault, e, 0, 0, S("an import ('hustings people imports')"), fault_quote(c->arena, i->work.id));
    if (e || str_equal(import.state, S("undoing"))) return e; /* it was interrupted: go on */
    return import_take_back(db, c->arena, i->work.id, i->by, S(""), c->now, &c->fault);
}

static int undo(Importing *i)
{
    Fault fault = {0};
    Import done;
    i->telling = (Telling){.cli = i->cli, .doing = "taken back", .to_terminal = isatty(STDERR_FILENO), .told = cli_now()};
    int wrong = people_run(i->cli, i->store, "import_take_back", LEAF_NONE, take_back, i);
    if (wrong) return wrong;
    if (import_undo(&i->work, i->cli->a, &fault)) return failed(i, &fault);
    end_progress(&i->telling);
    wrong = load(i, &done);
    const ImportUndone *u = &done.undone;
    return wrong ? wrong
                 : cli_write(i->cli,
                       str_format(i->cli->a,
                           "Taken back: %lld persons are gone, %lld are as before, %lld were changed since and left alone. Entry %lld of "
                           "the record.\n",
                           (long long)u->gone, (long long)u->put_back, (long long)u->alone, (long long)done.undo_leaf),
                       EXIT_DONE);
}

static int run_undo(Cli *cli)
{
    Settings s;
    Importing i = {.cli = cli};
    if (cli->operand_count != 1) return cli_usage(cli, "expected the id of one import ('hustings people imports')");
    int wrong = settings_load(cli, &s);
    if (!wrong) wrong = settings_officer(cli, &s, &i.by);
    if (!wrong) wrong = people_store(cli, &s, false, &i.store);
    if (wrong) return wrong;
    i.work = (ImportWork){.store = i.store, .id = cli->operands[0], .now = cli_now, .went_on = went_on, .context = &i.telling};
    wrong = undo(&i);
    store_close(i.store);
    return wrong;
}

static const Option undo_options[] = {
    OFFICER_OPTIONS HELP_OPTION,
};

const CliCommand command_people_undo = {
    .name = "people undo",
    .operands = "IMPORT",
    .summary = "take an import of members back",
    .description =
        "Persons whom it added and who were not changed since are gone; what it changed is as before, where nobody changed it since; "
        "others are left alone, and "
        "counted. An import that was interrupted is taken back in the same way. If this is interrupted, the same command goes on.\n\n"
        "It is an act of the public record.\n\n"
        "Exit status: 0 done; 2 there is no such import, or it cannot be taken back; 3 the system failed (give the same command again).",
    .examples = "hustings people undo AZ2x7Yq1T0mB8c4LkWvR9g --by \"Ada Poll\"  # by its id\n",
    .options = undo_options,
    .option_count = COUNT_OF(undo_options),
    .run = run_undo,
};
