/* count.c: hustings count.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/load.h"
#include "cli/version.h"
#include "report/report.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const Option options[] = {
    {"rules", 'r', "RULES", false, "a preset ('hustings rules list') or a file; required", "RULES"},
    COUNT_OPTIONS,
    {"rejected", 0, "HEAD=N", true, "N papers rejected by hand under HEAD, besides those the file holds", NULL},
    {"slate", 0, "NAME=A,B", true, "candidates who stood together, for the slate report", NULL},
    {"report", 0, "HOW", false,
        "'brief': the stages and the result; 'full': also how close it was, one to one, next preferences, what a paper weighed (default: "
        "brief; html: full)",
        "brief full"},
    {"title", 't', "TEXT", false, "what the contest is called (default: as the papers say)", NULL},
    {"note", 0, "TEXT", false, "a caveat that is printed wherever the figures are, beside those of the files", NULL},
    {"format", 'f', "FORMAT", false, "text, json, csv, svg or html (default: by the ending of --output, else text)",
        "text json csv svg html"},
    {"from", 0, "FORMAT", false, "read the files as csv, blt or preflib (default: by name and first bytes)", "csv blt preflib"},
    OUTPUT_OPTION,
    HELP_OPTION,
};

static bool colour_wanted(const Cli *cli)
{
    return !cli_has(cli, "output") && isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

static int terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
    return 0;
}

/* "Torn=3": a head and a number. */
static int read_rejected(const Cli *cli, ReportOptions *report, CountOptions *options_of_count)
{
    Str *values = arena_new(cli->a, Str, CLI_VALUES_MAX);
    int count = cli_values(cli, "rejected", values);
    report->rejected = arena_new(cli->a, RejectedHead, (size_t)count);
    for (int i = 0; i < count; i++) {
        Str head, number;
        int64_t papers = 0;
        bool good = str_cut(values[i], '=', &head, &number) && str_trim(head).len && str_to_i64(str_trim(number), &papers) && papers >= 0 &&
                    papers <= PAPERS_TOTAL_MAX;
        if (!good) return cli_usage(cli, "--rejected: expected HEAD=N, as in \"want of official mark=3\"");
        options_of_count->rejected_by_hand += papers;
        report->rejected[report->rejected_count++] = (RejectedHead){.head = str_trim(head), .papers = papers};
    }
    return 0;
}

static int read_slate(const Cli *cli, const Papers *papers, Str value, Slate *slate)
{
    Str name, list;
    if (!str_cut(value, '=', &name, &list) || !list.len) return cli_usage(cli, "--slate: expected NAME=A,B");
    *slate = (Slate){.name = str_trim(name), .candidates = arena_new(cli->a, int, (size_t)papers->candidate_count + 1)};
    for (Str rest = list; rest.len;) {
        Str member;
        str_cut(rest, ',', &member, &rest);
        member = str_trim(member);
        int c = papers_find_candidate(papers, member);
        if (c < 0) return cli_usage(cli, "--slate: nobody is called '%.*s'", STR_ARG(member));
        for (int i = 0; i < slate->candidate_count; i++)
            if (slate->candidates[i] == c) return cli_usage(cli, "--slate: '%.*s' is named twice", STR_ARG(member));
        slate->candidates[slate->candidate_count++] = c;
    }
    return 0;
}

/* More papers back than went out, or than there are people, is a slip of the hand worth stopping for. In a college a person may have a paper in
 * several sections. */
static int check_numbers(const Cli *cli, const Papers *papers, const CountOptions *numbers)
{
    int64_t back = papers->total + numbers->rejected_by_hand;
    if (numbers->issued && numbers->issued < back)
        return cli_usage(cli, "--issued: %lld papers were issued, but %lld came back", (long long)numbers->issued, (long long)back);
    if (numbers->roll && numbers->roll < back && papers->section_count == 0)
        return cli_usage(cli, "--roll: %lld are on the roll, but %lld papers came back", (long long)numbers->roll, (long long)back);
    return 0;
}

static int read_slates(const Cli *cli, const Papers *papers, Slate **ret_slates, int *ret_count)
{
    Str *values = arena_new(cli->a, Str, CLI_VALUES_MAX);
    int count = cli_values(cli, "slate", values);
    *ret_slates = arena_new(cli->a, Slate, (size_t)count);
    for (int i = 0; i < count; i++) {
        int wrong = read_slate(cli, papers, values[i], &(*ret_slates)[i]);
        if (wrong) return wrong;
    }
    *ret_count = count;
    return 0;
}

static Str format_wanted(const Cli *cli)
{
    static const Str formats[] = {S("text"), S("json"), S("csv"), S("svg"), S("html")};
    Str format = cli_value(cli, "format"), output = cli_value(cli, "output");
    for (int i = 0; i < COUNT_OF(formats); i++) {
        if (str_equal(format, formats[i])) return formats[i];
        Str ending = str_format(cli->a, ".%.*s", STR_ARG(formats[i]));
        if (!format.len && str_ends(output, ending)) return formats[i];
    }
    return format.len ? ((Str){0}) : S("text"); /* cppcheck 2.10 cannot read it without the parentheses */
}

static void write_report(Arena *a, Str format, const Result *result, const Analysis *analysis, const ReportOptions *report, Buf *out)
{
    if (str_equal(format, S("json"))) view_json(report_view(a, result, analysis, report), out, true);
    else if (str_equal(format, S("csv"))) report_csv(result, report, out);
    else if (str_equal(format, S("svg"))) report_svg(result, report, out);
    else if (str_equal(format, S("html"))) report_html(result, analysis, report, out);
    else report_text(result, analysis, report, out);
}

static int run(Cli *cli)
{
    Arena *a = cli->a;
    Str format = format_wanted(cli), how = cli_value(cli, "report");
    if (!format.len)
        return cli_usage(cli, "--format: expected text, json, csv, svg or html, found '%.*s'", STR_ARG(cli_value(cli, "format")));
    bool full = how.len ? str_equal(how, S("full")) : str_equal(format, S("html"));
    if (how.len && !full && !str_equal(how, S("brief")))
        return cli_usage(cli, "--report: expected brief or full, found '%.*s'", STR_ARG(how));
    if (!cli_has(cli, "rules")) return cli_usage(cli, "say by which rules: --rules av-2011, or another preset, or a file");

    CountOptions count_options;
    Rules *rules;
    Papers *papers;
    Slate *slates;
    int slate_count = 0;
    ReportOptions report = {.colour = colour_wanted(cli), .columns = terminal_columns(), .version = S(HUSTINGS_VERSION)};
    int wrong = load_count_options(cli, &count_options);
    if (!wrong) wrong = load_rules(cli, cli_value(cli, "rules"), &rules);
    if (!wrong) wrong = read_rejected(cli, &report, &count_options);
    if (!wrong) wrong = load_papers(cli, rules, &papers);
    if (!wrong) wrong = read_slates(cli, papers, &slates, &slate_count);
    if (wrong) return wrong;
    report.title = cli_has(cli, "title") ? cli_value(cli, "title") : papers->title;
    papers_add_note(papers, cli_value(cli, "note"));
    report.note = papers->note;
    wrong = check_numbers(cli, papers, &count_options);
    if (wrong) return wrong;

    Fault fault = {0};
    Result *result;
    Analysis *analysis = NULL;
    if (count_run(a, rules, papers, &count_options, &result, &fault)) return cli_fail(cli, &fault);
    if ((full || slate_count) && analyse(a, result, slates, slate_count, &analysis, &fault)) return cli_fail(cli, &fault);
    Buf out = buf_new(a);
    write_report(a, format, result, analysis, &report, &out);
    return cli_write(cli, buf_done(&out), result->open ? EXIT_OPEN : EXIT_DONE);
}

const CliCommand command_count_papers = {
    .name = "count",
    .operands = "[SECTION=]FILE...",
    .summary = "count papers by the rules given, stage by stage",
    .description = "Reads the papers of one contest and prints every stage of the count. A FILE may be CSV (docs/formats.md), BLT or "
                   "PrefLib, gzipped or "
                   "not; - is standard input. SECTION=FILE puts all papers of a file into a section, as an electoral college needs.\n\n"
                   "The same papers, rules and seed always give the same answer, on any machine. Nothing is printed unless all of the "
                   "input was good.\n\n"
                   "Exit status: 0 counted; 1 counted, but a question stays open (a lot without a seed, or a tie that the rules send to a "
                   "person); 2 the input or the "
                   "call cannot be used; 3 the system failed.",
    .examples = "hustings count papers.csv --rules av-2011  # the alternative vote\n"
                "hustings count ward.blt --rules stv-scottish --seats 4 --seed \"dice 3 1 6\"  # with a seed for lots\n"
                "hustings count MPs=mps.csv Members=members.csv --rules mine.rules -o result.html  # a college, as a declaration\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
