/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/roster.h"

#include <stdio.h>

enum { BAD_SHOWN = 20 };

static void tell_bad(void *context, const TableRow *row)
{
    int64_t *told = context;
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    for (int i = 0; i < row->fault_count && *told < BAD_SHOWN; i++, ++*told) {
        Str text = fault_text(&scratch, &row->faults[i]);
        fprintf(stderr, "%.*s\n", STR_ARG(text));
    }
}

int cli_country(Cli *cli, Settings *s, Str *ret_country)
{
    Fault fault = {0};
    Str code = cli_value(cli, "country");
    if (cli_has(cli, "country") && settings_set(s, HOME_COUNTRY, code, &fault)) {
        Str shown = fault_quote(cli->a, code);
        return cli_usage(cli, "--country: expected two capitals, such as GB or IE, found %.*s", STR_ARG(shown));
    }
    *ret_country = settings_text(s, HOME_COUNTRY);
    return EXIT_DONE;
}

static int tell_left_out(Cli *cli, bool skip_bad, int64_t count)
{
    const char *rows = count == 1 ? "row" : "rows";
    if (!skip_bad) {
        fprintf(stderr, "hustings %s: nothing was done: %lld %s cannot be read; mend them, or leave them out with --skip-bad\n",
            cli->command->name, (long long)count, rows);
        return EXIT_INPUT;
    }
    fprintf(stderr, "hustings %s: %lld %s could not be read and %s left out\n", cli->command->name, (long long)count, rows,
        count == 1 ? "was" : "were");
    return EXIT_DONE;
}

int cli_roster(Cli *cli, RosterWanted wanted, Roster **ret_roster)
{
    Fault fault = {0};
    int64_t told = 0, left_out = 0;
    Roster *roster;
    Settings settings;
    RosterFile file = {.path = cli->operands[0], .units = cli_value(cli, "units"), .bad = tell_bad, .context = &told};
    file.options = (TableOptions){.name = file.path, .no_phones = wanted.no_phones};
    int wrong = settings_load(cli, &settings);
    if (!wrong) wrong = cli_country(cli, &settings, &file.options.country);
    if (wrong) return wrong;
    if (roster_read(cli->a, &file, &roster, &left_out, &fault)) return cli_fail(cli, &fault);
    if (left_out) wrong = tell_left_out(cli, wanted.skip_bad, left_out);
    if (wrong) return wrong;
    *ret_roster = roster;
    if (roster->count) return EXIT_DONE;
    return cli_fail(cli, &(Fault){.err = ERR_INPUT,
                             .file = file.path,
                             .expected = left_out ? S("at least one membership that can be read") : S("at least one membership"),
                             .found = S("none")});
}
