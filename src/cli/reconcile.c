/* reconcile.c: hustings reconcile.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/load.h"
#include "count/published.h"
#include "count/reconcile.h"
#include "formats/file.h"

static const Option options[] = {
    {"papers", 'p', "FILE", true, "compare with the papers in FILE, which must say from which box each is; may be given several times",
        "FILES"},
    {"published", 0, "FILE", false, "check printed figures instead: FILE says what was printed, and of what", "FILES"},
    {"format", 'f', "FORMAT", false, "text or json (default: text)", "text json"},
    {"from", 0, "FORMAT", false, "read the papers as csv, blt or preflib (default: by name and first bytes)", "csv blt preflib"},
    OUTPUT_OPTION,
    HELP_OPTION,
};

enum { BOXES_TEXT_MAX = 64 * 1024 * 1024 };

static int show(const Cli *cli, bool json, const View *view, Buf *text, bool good)
{
    if (json) view_json(view, text, true);
    return cli_write(cli, buf_done(text), good ? EXIT_DONE : EXIT_OPEN);
}

static int check_published(const Cli *cli, Str name, bool json)
{
    Arena *a = cli->a;
    Fault fault = {0};
    Str text;
    Published *published;
    if (file_read_all(a, str_c(a, name), PUBLISHED_TEXT_MAX, &text, &fault)) return cli_fail(cli, &fault);
    fault.file = name;
    if (published_parse(a, text, &published, &fault)) return cli_fail(cli, &fault);
    PublishedAnswer *answer = published_check(a, published);
    Buf out = buf_new(a);
    if (!json) published_text(answer, &out);
    return show(cli, json, published_view(a, answer), &out, answer->good);
}

/* The files of --papers, read as `hustings count` reads its operands. */
static int read_papers(const Cli *cli, Str *files, int count, Papers **ret_papers)
{
    Cli *of_papers = arena_new(cli->a, Cli, 1);
    *of_papers = *cli;
    of_papers->operands = files;
    of_papers->operand_count = count;
    return load_papers(of_papers, NULL, ret_papers);
}

static int check_boxes(const Cli *cli, Str name, bool json)
{
    Arena *a = cli->a;
    Fault fault = {0};
    Str text, *files = arena_new(a, Str, CLI_VALUES_MAX);
    Reconciliation *reconciliation;
    if (file_read_all(a, str_c(a, name), BOXES_TEXT_MAX, &text, &fault)) return cli_fail(cli, &fault);
    fault.file = name;
    if (reconcile_parse(a, text, &reconciliation, &fault)) return cli_fail(cli, &fault);
    int file_count = cli_values(cli, "papers", files);
    if (file_count) {
        Papers *papers;
        int wrong = read_papers(cli, files, file_count, &papers);
        if (wrong) return wrong;
        fault.file = files[0];
        if (reconcile_with_papers(a, reconciliation, papers, &fault)) return cli_fail(cli, &fault);
    }
    Buf out = buf_new(a);
    if (!json) reconcile_text(reconciliation, &out);
    return show(cli, json, reconcile_view(a, reconciliation), &out, reconcile_balances(reconciliation));
}

static int run(Cli *cli)
{
    Str format = cli_value(cli, "format"), published = cli_value(cli, "published");
    bool json = str_equal(format, S("json"));
    if (format.len && !json && !str_equal(format, S("text")))
        return cli_usage(cli, "--format: expected text or json, found '%.*s'", STR_ARG(format));
    if (published.ptr) {
        if (cli->operand_count || cli_has(cli, "papers")) return cli_usage(cli, "--published stands alone: it has no boxes and no papers");
        return check_published(cli, published, json);
    }
    if (cli->operand_count != 1) return cli_usage(cli, "expected one file of boxes, or --published FILE");
    return check_boxes(cli, cli->operands[0], json);
}

const CliCommand command_reconcile = {
    .name = "reconcile",
    .operands = "BOXES.csv | --published FILE",
    .summary = "check that papers issued turn up again, or that printed figures can be true",
    .description =
        "BOXES.csv has the columns box, issued, counted, spoilt and unused. For each box, issued must be counted + spoilt + unused; the "
        "answer says which boxes do not "
        "balance, by how many papers and in which direction. With --papers, counted + spoilt must also be what was read of that box.\n\n"
        "With --published, percentages and votes from a newspaper or a leaflet are held against each other: of how many papers they can "
        "have come, whether shares "
        "add up within what rounding can do, and whether a claimed share is one of those it is said to be of. src/count/published.h "
        "describes the file.\n\n"
        "Exit status: 0 all agrees; 1 something does not balance or cannot be true; 2 the input or the call cannot be used; 3 the system "
        "failed.",
    .examples = "hustings reconcile boxes.csv  # do the boxes balance?\n"
                "hustings reconcile boxes.csv --papers papers.csv  # and are these the papers that were counted?\n"
                "hustings reconcile --published figures.ini  # can these printed figures be true?\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
