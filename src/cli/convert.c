/* convert.c: hustings convert.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/load.h"
#include "formats/formats.h"

static const Option options[] = {
    {"to", 0, "FORMAT", false, "csv, blt or preflib (default: by the ending of --output)", "csv blt preflib"},
    {"from", 0, "FORMAT", false, "read the files as csv, blt or preflib (default: by name and first bytes)", "csv blt preflib"},
    {"withdraw", 'w', "NAME", true, "mark NAME as withdrawn", NULL},
    {"seats", 's', "N", false, "how many are to be elected", NULL},
    {"title", 't', "TEXT", false, "what the contest is called", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

static Format target(const Cli *cli)
{
    if (cli_has(cli, "to")) return format_from_name(cli_value(cli, "to"));
    Str output = cli_value(cli, "output");
    if (str_ends(output, S(".blt"))) return FORMAT_BLT;
    if (str_ends(output, S(".csv"))) return FORMAT_CSV;
    static const Str preflib[] = {S(".soc"), S(".soi"), S(".toc"), S(".toi")};
    for (int i = 0; i < COUNT_OF(preflib); i++)
        if (str_ends(output, preflib[i])) return FORMAT_PREFLIB;
    return FORMAT_UNKNOWN;
}

static int run(Cli *cli)
{
    Format to = target(cli);
    if (to == FORMAT_UNKNOWN) return cli_usage(cli, "say what to write: --to csv, blt or preflib");
    int64_t seats;
    if (!cli_number(cli, "seats", 1000, &seats)) return EXIT_INPUT;
    Papers *papers;
    int wrong = load_papers(cli, NULL, &papers);
    if (wrong) return wrong;
    if (seats) papers->seats = (int)seats;
    if (cli_has(cli, "title")) papers->title = cli_value(cli, "title");
    Fault fault = {0};
    Buf out = buf_new(cli->a);
    if (format_write(papers, to, &out, &fault)) return cli_fail(cli, &fault);
    return cli_write(cli, buf_done(&out), EXIT_DONE);
}

const CliCommand command_convert = {
    .name = "convert",
    .operands = "[SECTION=]FILE...",
    .summary = "write papers in another format, equal ones merged",
    .description = "Reads papers as 'hustings count' does and writes them as CSV, BLT or PrefLib. What the format cannot say (BLT and "
                   "PrefLib know no sections) is "
                   "refused, never dropped.",
    .examples = "hustings convert ward.blt --to csv  # BLT to CSV\n"
                "hustings convert papers.csv.gz -o papers.soi  # to PrefLib\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
