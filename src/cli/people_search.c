/* people_search.c: hustings people search, hustings people reindex.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/people_words.h"

#include "people/search.h"
#include "people/unit.h"

#include <stdio.h>

/* ---- search ---- */

static void tell_found(Buf *b, const SearchFound *f)
{
    buf_format(b, "%.*s  %.*s", STR_ARG(f->id), STR_ARG(f->name));
    if (f->values.of[COL_POSTCODE].len) buf_format(b, ", %.*s", STR_ARG(f->values.of[COL_POSTCODE]));
    if (f->values.of[COL_PHONE].len) buf_format(b, ", %.*s", STR_ARG(f->values.of[COL_PHONE]));
    if (f->units.len) buf_format(b, " (%.*s)", STR_ARG(f->units));
    buf_byte(b, '\n');
}

static Str typed_of(Cli *cli)
{
    Buf b = buf_new(cli->a);
    for (int i = 0; i < cli->operand_count; i++) buf_format(&b, "%s%.*s", i ? " " : "", STR_ARG(cli->operands[i]));
    return buf_done(&b);
}

static Err ask(Cli *cli, Db *db, Scope scope, Buf *b, SearchAnswer *answer)
{
    Err e = ERR_OK;
    Unit unit;
    if (scope.unit.len) e = unit_find(db, cli->a, scope.unit, &unit);
    if (!e) e = search_people(db, cli->a, scope, typed_of(cli), 0, answer);
    if (e || answer->unreadable.len) return e;
    if (answer->mended) buf_format(b, "Nobody has that; people called %.*s:\n", STR_ARG(answer->searched));
    for (int i = 0; i < answer->count; i++) tell_found(b, &answer->found[i]);
    buf_format(b, "%s%d %s%s\n", answer->more ? "the first " : "", answer->in_all, answer->in_all == 1 ? "person" : "people",
        answer->in_all > answer->count ? ", fifty of them above" : "");
    if (answer->more)
        buf_str(b, S("This list is not complete: there may be others. Narrow your search with more of the name, or half a postcode.\n"));
    return ERR_OK;
}

static int search(Cli *cli, Store *store)
{
    Db *db;
    SearchAnswer answer;
    Buf b = buf_new(cli->a);
    Str unit = cli_value(cli, "unit");
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Err e = ask(cli, db, (Scope){unit.len ? unit : S("")}, &b, &answer);
    db_close(db);
    if (e == ERR_MISSING) return people_unread(cli, e, "a unit's address, as in leeds", unit);
    if (e) return people_unread(cli, e, "a store that can be read", (Str){0});
    if (answer.unreadable.len) return cli_usage(cli, "expected a part of a name, three digits of a number, or a postcode");
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

/* ---- reindex ---- */

static void told(void *context, int64_t done, int64_t in_all)
{
    (void)context;
    fprintf(stderr, "\r%lld of %lld people", (long long)done, (long long)in_all);
}

static int reindex(Cli *cli, Store *store)
{
    int64_t done = 0;
    Fault fault = {0};
    SearchRebuild how = {.all = true, .now = cli_now(), .told = told};
    Err e = search_rebuild(store, &how, &done, &fault);
    if (done) fputc('\n', stderr);
    if (e) return people_unread(cli, e, "a store that can be written", fault.expected);
    return cli_write(cli, str_format(cli->a, "The index of people was made for %lld of them.\n", (long long)done), EXIT_DONE);
}

/* ---- the commands ---- */

static int run_search(Cli *cli)
{
    return cli->operand_count ? people_in_store(cli, search) : cli_usage(cli, "expected what to look for");
}

static int run_reindex(Cli *cli)
{
    return cli->operand_count ? cli_usage(cli, "expected no operand") : people_in_store(cli, reindex);
}

static const Option search_options[] = {
    STORE_OPTIONS{"unit", 'u', "SLUG", false, "only people of this unit and those below it", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_search = {
    .name = "people search",
    .operands = "WORDS...",
    .summary = "find people by a part of what is held of them",
    .description =
        "By a part of a name, telephone number (in any notation), postcode, e-mail address or identifier; with several words, whoever has "
        "all of them. Accents, case and small typing errors are forgiven. Whole words come first, then beginnings, then parts; at most "
        "fifty "
        "people. For whoever runs the machine; officers find people on the site.\n\n"
        "Exit status: 0 done; 2 the call cannot be used, or there is no such unit; 3 the system failed.",
    .examples = "hustings people search smith ls6\nhustings people search --unit leeds 0113 496\n",
    .options = search_options,
    .option_count = COUNT_OF(search_options),
    .run = run_search,
};

static const Option reindex_options[] = {
    STORE_OPTIONS OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_reindex = {
    .name = "people reindex",
    .operands = "",
    .summary = "make the index of people anew",
    .description =
        "The index by which people are found, and what saved searches count, are made from the list of people and can be made again at any "
        "time, beside a server that runs. After a restore or a move the server does it by itself when it starts.\n\n"
        "Exit status: 0 done; 2 the call cannot be used; 3 the system failed.",
    .examples = "hustings people reindex\n",
    .options = reindex_options,
    .option_count = COUNT_OF(reindex_options),
    .run = run_reindex,
};
