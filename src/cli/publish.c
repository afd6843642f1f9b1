/* publish.c: hustings publish, unpublish and contests.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/settings.h"

#include "contest/contest.h"

#include <stdio.h>

/* --- the store --- */

/* Only publishing makes a store that is not there; the others would look into, or change, one that a slip of the hand has made. */
static Err with_store(Cli *cli, const Settings *s, bool must_exist, Store **ret_store, Fault *fault)
{
    StoreOptions options = settings_store(s);
    options.must_exist = must_exist;
    return store_open(cli->a, &options, ret_store, fault);
}

/* Run one command and say what became of it. */
static int run_and_close(Cli *cli, Store *store, Command *command)
{
    command->arena = cli->a;
    command->now = cli_now();
    Err e = store_run(store, command);
    store_close(store);
    if (!e) return EXIT_DONE;
    command->fault.err = e;
    if (!command->fault.expected.len) command->fault.expected = S("a store that can be written");
    return cli_fail(cli, &command->fault);
}

/* --- publish --- */

typedef struct PublishInput {
    const Publication *publication;
    bool replace;
    Officer by;
} PublishInput;

static Err publish(Db *db, Command *command)
{
    const PublishInput *input = command->input;
    return contest_publish(db, command->arena, input->publication, input->replace, input->by, command->now, &command->fault);
}

static int say(Cli *cli, const Publication *p, const char *what)
{
    int64_t bytes = 0;
    for (int i = 0; i < p->file_count; i++) bytes += (int64_t)p->files[i].bytes.len;
    Buf b = buf_new(cli->a);
    buf_format(&b, "%s %.*s: %.*s\n%.*s\n%d files, %lld bytes. Address: /contests/%.*s\n", what, STR_ARG(p->slug), STR_ARG(p->title),
        STR_ARG(p->outcome), p->file_count, (long long)bytes, STR_ARG(p->slug));
    if (p->note.len) buf_format(&b, "Note: %.*s\n", STR_ARG(p->note));
    return cli_write(cli, buf_done(&b), p->open ? EXIT_OPEN : EXIT_DONE);
}

static int run_publish(Cli *cli)
{
    if (cli->operand_count != 1) return cli_usage(cli, "expected one folder with a contest.conf");
    bool check = cli_has(cli, "check");
    Settings s;
    Officer by = {0};
    int wrong = check ? 0 : settings_load(cli, &s);
    if (!wrong && !check) wrong = settings_officer(cli, &s, &by);
    if (wrong) return wrong;
    Fault fault = {0};
    Publication *publication;
    if (publication_read(cli->a, cli->operands[0], &publication, &fault)) return cli_fail(cli, &fault);
    if (check) return say(cli, publication, "Good, not published:");
    Store *store;
    if (with_store(cli, &s, false, &store, &fault)) return cli_fail(cli, &fault);
    PublishInput input = {.publication = publication, .replace = cli_has(cli, "replace"), .by = by};
    Command command = {.name = "contest_publish", .leaf = LEAF_ONE, .run = publish, .input = &input};
    wrong = run_and_close(cli, store, &command);
    return wrong ? wrong : say(cli, publication, "Published");
}

static const Option publish_options[] = {
    OFFICER_OPTIONS{"replace", 0, NULL, false, "put it in the place of a contest that is published at the same address", NULL},
    {"check", 0, NULL, false, "read, check and count the folder, and write nothing", NULL},
    HELP_OPTION,
};

const CliCommand command_publish = {
    .name = "publish",
    .operands = "FOLDER",
    .summary = "count a contest from its folder and show it on the site",
    .description = "The folder holds contest.conf, which says what the contest is called, by which rules it is counted, and which files "
                   "hold its papers "
                   "(or, when none were ever published, the totals of its stages). All of it is read, checked and counted before anything "
                   "is stored; the "
                   "files are published as they are, beside the result. docs/publishing.md has the form and examples.\n\n"
                   "It may run while a server runs on the same store; the server shows the change.\n\n"
                   "Publishing is an act of the public record: a leaf of it says what was published, from which files, and by whom (--by), "
                   "for ever.\n\n"
                   "Exit status: 0 published; 1 published, but a question of the count stays open; 2 the folder or the call cannot be "
                   "used; 3 the system "
                   "failed.",
    .examples = "hustings publish examples/labour-2010 --by \"Carol Count\"  # to the configured store\n"
                "hustings publish examples/labour-2010 --by \"Carol Count\" --replace  # again, after a change\n"
                "hustings publish examples/labour-2010 --check  # only look\n",
    .options = publish_options,
    .option_count = COUNT_OF(publish_options),
    .run = run_publish,
};

/* --- unpublish --- */

typedef struct UnpublishInput {
    Str slug, reason;
    Officer by;
} UnpublishInput;

static Err unpublish(Db *db, Command *command)
{
    const UnpublishInput *input = command->input;
    Err e = contest_unpublish(db, command->arena, input->slug, input->reason, input->by, command->now, &command->fault);
    if (e == ERR_MISSING)
        return fault_set(&command->fault, e, 0, 0, S("the address of a published contest ('hustings contests')"),
            fault_quote(command->arena, input->slug));
    return e;
}

static int run_unpublish(Cli *cli)
{
    Settings s;
    Officer by;
    if (cli->operand_count != 1) return cli_usage(cli, "expected the address of one contest ('hustings contests' lists them)");
    Str reason = cli_value(cli, "reason");
    if (!reason.len || !str_is_clean_text(reason))
        return cli_usage(cli, "--reason: expected why it is taken out; everybody who looks for it will read this");
    int wrong = settings_load(cli, &s);
    if (!wrong) wrong = settings_officer(cli, &s, &by);
    if (wrong) return wrong;
    Fault fault = {0};
    Store *store;
    if (with_store(cli, &s, true, &store, &fault)) return cli_fail(cli, &fault);
    UnpublishInput input = {.slug = cli->operands[0], .reason = reason, .by = by};
    Command command = {.name = "contest_unpublish", .leaf = LEAF_ONE, .run = unpublish, .input = &input};
    wrong = run_and_close(cli, store, &command);
    return wrong ? wrong : cli_write(cli, str_format(cli->a, "Taken out: %.*s\n", STR_ARG(input.slug)), EXIT_DONE);
}

static const Option unpublish_options[] = {
    OFFICER_OPTIONS{"reason", 'r', "TEXT", false, "why; it is shown to whoever looks for the contest; required", NULL},
    HELP_OPTION,
};

const CliCommand command_unpublish = {
    .name = "unpublish",
    .operands = "CONTEST",
    .summary = "take a published contest out",
    .description =
        "Its pages and files go at once. That it was there, when it was taken out and why stay to be read at its address, and in the "
        "public record with the name of who did it (--by).",
    .examples = "hustings unpublish labour-2010 --by \"Carol Count\" --reason \"published by mistake\"  # by its part of the address\n",
    .options = unpublish_options,
    .option_count = COUNT_OF(unpublish_options),
    .run = run_unpublish,
};

/* --- contests --- */

static Err list(Store *store, Arena *a, Buf *out, Fault *fault)
{
    Db *db;
    Err e = db_open(store, &db, fault);
    if (e) return e;
    DbRows rows;
    e = db_query(db, a, "contest_all", DB_NO_VALUES, &rows);
    if (e) fault->expected = S("a list of contests from the store");
    while (!e && db_next(&rows)) {
        Str slug = db_text(&rows, "slug"), date = db_text(&rows, "date"), title = db_text(&rows, "title");
        buf_format(out, "%.*s\t%.*s\t%.*s\n", STR_ARG(date), STR_ARG(slug), STR_ARG(title));
    }
    db_close(db);
    return e;
}

static void tell_recount(void *context, Str slug, const Fault *fault)
{
    Cli *cli = context;
    Str text = fault ? fault_text(cli->a, fault) : (Str){0};
    if (fault) fprintf(stderr, "hustings contests: %.*s: %.*s; nothing of it was changed\n", STR_ARG(slug), STR_ARG(text));
    else printf("%.*s: counted again, the same figures\n", STR_ARG(slug));
}

static int recount_all(Cli *cli, Store *store)
{
    Recount recount;
    Fault fault = {0};
    Err e = contest_recount(store, true, cli_now(), tell_recount, cli, &recount, &fault);
    store_close(store);
    if (e) return cli_fail(cli, &fault);
    return recount.different ? EXIT_INPUT : EXIT_DONE;
}

static int run_contests(Cli *cli)
{
    Settings s;
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    int wrong = settings_load(cli, &s);
    if (wrong) return wrong;
    Fault fault = {0};
    Store *store;
    if (with_store(cli, &s, true, &store, &fault)) return cli_fail(cli, &fault);
    if (cli_has(cli, "recount")) return recount_all(cli, store);
    Buf b = buf_new(cli->a);
    Err e = list(store, cli->a, &b, &fault);
    store_close(store);
    if (e) {
        fault.err = e;
        return cli_fail(cli, &fault);
    }
    if (!buf_done(&b).len) fprintf(stderr, "hustings contests: nothing is published here\n");
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

static const Option contests_options[] = {
    STORE_OPTIONS{"recount", 0, NULL, false, "count every contest again from its stored files and make its pages anew", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_contests = {
    .name = "contests",
    .operands = "",
    .summary = "list the published contests, or count them all again",
    .description = "A line each: date, address, title, with tabs between.\n\n"
                   "With --recount every contest is counted again from the files that were published with it. The figures must be the "
                   "same: where they are "
                   "not, or the files can no longer be counted, that is said and nothing is changed. The server does this by itself, at "
                   "its start, for "
                   "contests whose pages another version of the program made.\n\n"
                   "Exit status: 0 done; 2 a count gave other figures; 3 the system failed.",
    .examples = "hustings contests  # what is published\n"
                "hustings contests --recount  # check all of it\n",
    .options = contests_options,
    .option_count = COUNT_OF(contests_options),
    .run = run_contests,
};
