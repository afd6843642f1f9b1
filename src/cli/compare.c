/* compare.c: hustings compare: the same papers under other rules, in one table.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/load.h"
#include "report/compare.h"

static const Option options[] = {
    {"rules", 'r', "RULES[@SECTION]", true,
        "a preset or a file; with @SECTION only the papers of that section are counted (default: every preset that can count these papers, "
        "for as many seats as --seats or the papers say, else one)",
        "RULES"},
    COUNT_OPTIONS,
    {"format", 'f', "FORMAT", false, "text, csv or json (default: text)", "text csv json"},
    {"from", 0, "FORMAT", false, "read the files as csv, blt or preflib (default: by name and first bytes)", "csv blt preflib"},
    OUTPUT_OPTION,
    HELP_OPTION,
};

/* Count under RULES[@SECTION]. 0, or the exit status after telling what is wrong. */
static int add_row(const Cli *cli, Str spec, const Papers *papers, const CountOptions *count_options, Compared *compared)
{
    Str rules_name, section = {0};
    bool only = str_cut(spec, '@', &rules_name, &section);
    Rules *rules;
    int wrong = load_rules(cli, rules_name, &rules);
    if (wrong) return wrong;
    if ((only && !section.len) || compared_add(compared, spec, rules, section, papers, count_options))
        return cli_usage(cli, "--rules %.*s: there is no section '%.*s'", STR_ARG(spec), STR_ARG(section));
    return 0;
}

static void pad(Buf *b, Str s, int width)
{
    buf_str(b, s);
    for (int i = str_columns(s); i < width; i++) buf_byte(b, ' ');
}

static void write_text(Arena *a, const Papers *papers, const Compared *compared, Buf *b)
{
    int label_width = 5, elected_width = 7;
    for (int i = 0; i < compared->count; i++) {
        const ComparedRow *row = &compared->rows[i];
        int width = str_columns(row->label), elected = str_columns(compared_elected(a, row));
        if (width > label_width) label_width = width;
        if (elected > elected_width) elected_width = elected;
    }
    if (papers->title.len) buf_format(b, "%.*s: the same papers under other rules\n\n", STR_ARG(papers->title));
    if (papers->note.len) buf_format(b, "Note: %.*s\n\n", STR_ARG(papers->note));
    pad(b, S("Rules"), label_width + 2);
    pad(b, S("Elected"), elected_width + 2);
    buf_str(b, S("Order (equal places joined by =)\n"));
    for (int i = 0; i < compared->count; i++) {
        const ComparedRow *row = &compared->rows[i];
        pad(b, row->label, label_width + 2);
        pad(b, compared_elected(a, row), elected_width + 2);
        buf_str(b, compared_answer(a, row));
        buf_byte(b, '\n');
        Str difference = compared_difference(a, compared, i);
        if (difference.len) buf_format(b, "%*s%.*s\n", label_width + 2, "", STR_ARG(difference));
    }
}

static void csv_cell(Buf *b, Str s, bool last)
{
    bool formula = s.len && (s.ptr[0] == '=' || s.ptr[0] == '+' || s.ptr[0] == '-' || s.ptr[0] == '@');
    buf_byte(b, '"');
    if (formula) buf_byte(b, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"') buf_byte(b, '"');
        buf_byte(b, s.ptr[i]);
    }
    buf_str(b, last ? S("\"\r\n") : S("\","));
}

static void write_csv(Arena *a, const Compared *compared, Buf *b)
{
    buf_str(b, S("rules,elected,order,difference\r\n"));
    for (int i = 0; i < compared->count; i++) {
        const ComparedRow *row = &compared->rows[i];
        csv_cell(b, row->spec, false);
        csv_cell(b, compared_elected(a, row), false);
        csv_cell(b, compared_answer(a, row), false);
        csv_cell(b, compared_difference(a, compared, i), true);
    }
}

static int run(Cli *cli)
{
    Arena *a = cli->a;
    Str format = cli_has(cli, "format") ? cli_value(cli, "format") : S("text");
    bool json = str_equal(format, S("json")), csv = str_equal(format, S("csv"));
    if (!json && !csv && !str_equal(format, S("text")))
        return cli_usage(cli, "--format: expected text, csv or json, found '%.*s'", STR_ARG(format));
    CountOptions count_options;
    Papers *papers;
    int wrong = load_count_options(cli, &count_options);
    if (!wrong) wrong = load_papers(cli, NULL, &papers);
    if (wrong) return wrong;

    Str *specs = arena_new(a, Str, CLI_VALUES_MAX);
    int spec_count = cli_values(cli, "rules", specs);
    Compared compared = compared_new(a);
    Fault fault = {0};
    for (int i = 0; i < spec_count && !wrong; i++) wrong = add_row(cli, specs[i], papers, &count_options, &compared);
    if (spec_count == 0 && compared_add_presets(&compared, papers, &count_options, &fault)) wrong = cli_fail(cli, &fault);
    if (wrong) return wrong;

    int status = EXIT_DONE, counted = 0;
    for (int i = 0; i < compared.count; i++) {
        const Result *result = compared.rows[i].result;
        counted += result != NULL;
        if (result && result->open) status = EXIT_OPEN;
    }
    if (counted == 0) {
        Str why = compared.count ? compared.rows[0].why_not : S("no preset fits");
        return cli_usage(cli, "none of these rules can count these papers: %.*s", STR_ARG(why));
    }
    Buf b = buf_new(a);
    if (json) view_json(compared_view(a, papers, &compared), &b, true);
    else if (csv) write_csv(a, &compared, &b);
    else write_text(a, papers, &compared, &b);
    return cli_write(cli, buf_done(&b), status);
}

const CliCommand command_compare = {
    .name = "compare",
    .operands = "[SECTION=]FILE...",
    .summary = "count the same papers under several rules, in one table",
    .description = "Counts the papers once under each of the rules and shows who is elected, the whole order, and where it differs from "
                   "the first. A row such as omov@Members counts one "
                   "section only. Papers were marked for the rules of their day: people might have marked them otherwise under others.\n\n"
                   "Exit status: 0 counted; 1 some row has an open question; 2 unusable input; 3 the system failed.",
    .examples = "hustings compare papers.csv  # every preset that fits\n"
                "hustings compare MPs=a.csv Members=b.csv -r mine.rules -r omov -r omov@Members  # a college, pooled, and one section\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
