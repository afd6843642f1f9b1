/* people_columns.c: hustings people columns: what a list of members may say, from the one table of columns.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/cli.h"

#include "people/table.h"

#include <string.h>

static const char *const kinds[] = {
    [PEOPLE_LINE] = "text",
    [PEOPLE_NAME] = "a name in any script",
    [PEOPLE_SLUG] = "a unit's address or its name",
    [PEOPLE_WORD] = "a word of your own",
    [PEOPLE_STATUS] = "a status",
    [PEOPLE_HISTORY] = "statuses with dates",
    [PEOPLE_DATE] = "a date",
    [PEOPLE_EMAIL] = "an e-mail address",
    [PEOPLE_PHONE] = "a telephone number",
    [PEOPLE_POSTCODE] = "a postcode",
    [PEOPLE_COUNTRY] = "a country",
    [PEOPLE_LANGUAGE] = "a language",
    [PEOPLE_CONSENT] = "words: phone sms email post",
    [PEOPLE_DIGEST] = "a digest or reference",
    [PEOPLE_KEY] = "text that is only compared",
};

static void put_aliases(Buf *b, Str aliases)
{
    for (Str alias, rest = aliases; rest.len;) {
        str_cut(rest, ' ', &alias, &rest);
        buf_format(b, "%s`%.*s`", b->ptr[b->len - 1] == ' ' ? "" : ", ", STR_ARG(alias));
    }
}

static Str markdown(Arena *a)
{
    Buf b = buf_new(a);
    buf_str(&b, S("| column | holds | what it is | also understood |\n|---|---|---|---|\n"));
    for (PeopleColumn i = 0; i < COL__COUNT; i++) {
        const PeopleColumnInfo *c = &people_columns[i];
        buf_format(&b, "| `%s` | %s | %s | ", c->name, kinds[c->kind], c->help);
        put_aliases(&b, str_from_c(c->aliases));
        buf_str(&b, S(" |\n"));
    }
    return buf_done(&b);
}

static Str header(Arena *a)
{
    Buf b = buf_new(a);
    table_write_header(&b, NULL);
    return buf_done(&b);
}

static int run(Cli *cli)
{
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    return cli_write(cli, cli_has(cli, "header") ? header(cli->a) : markdown(cli->a), EXIT_DONE);
}

static const Option options[] = {
    {"header", 0, NULL, false, "the first row of an empty list with every column, to begin with in a spreadsheet", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_columns = {
    .name = "people columns",
    .operands = "",
    .summary = "what the columns of a list of members are called, and what each holds",
    .description =
        "The table in Markdown, as in docs/people-columns.md: each column's name, what it holds, and what other programs call it. "
        "No server and no store are needed.\n\n"
        "Exit status: 0 done; 2 the call cannot be used; 3 the system failed.",
    .examples = "hustings people columns  # the table\n"
                "hustings people columns --header > members.csv  # an empty list\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
