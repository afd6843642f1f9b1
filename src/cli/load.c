/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/load.h"

#include "formats/file.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int load_rules(const Cli *cli, Str name, Rules **ret_rules)
{
    Fault fault = {0};
    Str text = rules_preset_text(name);
    if (!text.ptr) {
        const char *path = str_c(cli->a, name);
        bool looks_like_name = str_find(name, '/') == name.len && str_find(name, '.') == name.len && access(path, F_OK) != 0;
        if (looks_like_name)
            return cli_usage(cli, "there are no rules called '%s' and no file of that name; 'hustings rules list' shows the presets", path);
        if (file_read_all(cli->a, path, RULES_TEXT_MAX, &text, &fault)) return cli_fail(cli, &fault);
        fault.file = name;
    }
    if (rules_parse(cli->a, text, name, ret_rules, &fault)) return cli_fail(cli, &fault);
    return 0;
}

/* --- progress on a terminal, once a load has taken half a second --- */

typedef struct Progress {
    struct timespec begun;
    const char *path;
    bool shown;
} Progress;

static void show_progress(void *context, int64_t done, int64_t size)
{
    Progress *p = context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)(now.tv_sec - p->begun.tv_sec) + (double)(now.tv_nsec - p->begun.tv_nsec) / 1e9;
    if (seconds < 0.5) return;
    if (size > 0) fprintf(stderr, "\r%s: %lld %% read ", p->path, (long long)(100 * done / size));
    else fprintf(stderr, "\r%s: %lld MB read ", p->path, (long long)(done / 1000000));
    p->shown = true;
}

static void wipe_progress(const Progress *p)
{
    if (p->shown) fprintf(stderr, "\r\033[K");
}

/* "Members=members.csv" is a section and a path, unless a file has that very name. */
static void split_operand(const Cli *cli, Str operand, Str *ret_section, const char **ret_path)
{
    Str section, path;
    bool named = str_cut(operand, '=', &section, &path) && access(str_c(cli->a, operand), F_OK) != 0;
    *ret_section = named ? str_trim(section) : (Str){0};
    *ret_path = str_c(cli->a, named ? path : operand);
}

static int load_file(const Cli *cli, const Rules *rules, Str operand, Papers *papers)
{
    Fault fault = {0};
    Str section;
    const char *path;
    split_operand(cli, operand, &section, &path);
    if (!str_is_clean_text(section) || section.len > PAPERS_NAME_MAX)
        return cli_usage(cli, "SECTION=FILE: a section is called by at most %d bytes of text", PAPERS_NAME_MAX);
    Progress progress = {.path = path};
    clock_gettime(CLOCK_MONOTONIC, &progress.begun);
    FileOptions options = {
        .format = {.format = FORMAT_UNKNOWN,
            .file_name = strcmp(path, "-") == 0 ? S("standard input") : str_from_c(path),
            .section = section,
            .posts = rules && rules->method == METHOD_POSTS},
        .progress = isatty(STDERR_FILENO) ? show_progress : NULL,
        .progress_context = &progress,
    };
    if (cli_has(cli, "from")) {
        options.format.format = format_from_name(cli_value(cli, "from"));
        if (options.format.format == FORMAT_UNKNOWN) return cli_usage(cli, "--from: expected csv, blt or preflib");
    }
    Err e = file_read_papers(cli->a, papers, path, &options, &fault);
    wipe_progress(&progress);
    return e ? cli_fail(cli, &fault) : 0;
}

static int withdraw(const Cli *cli, Papers *papers)
{
    Str *names = arena_new(cli->a, Str, CLI_VALUES_MAX);
    int count = cli_values(cli, "withdraw", names);
    for (int i = 0; i < count; i++) {
        int c = papers_find_candidate(papers, names[i]);
        if (c < 0) {
            Buf known = buf_new(cli->a);
            for (int k = 0; k < papers->candidate_count && k < 30; k++) {
                buf_str(&known, k ? S(", ") : S(""));
                buf_str(&known, papers->candidates[k].name);
            }
            Str list = buf_done(&known);
            return cli_usage(cli, "--withdraw: nobody is called '%.*s'; the candidates are: %.*s", STR_ARG(names[i]), STR_ARG(list));
        }
        for (int k = c; k < papers->candidate_count; k++)
            if (str_equal(papers->candidates[k].name, names[i])) papers->candidates[k].withdrawn = true;
    }
    return 0;
}

int load_papers(const Cli *cli, const Rules *rules, Papers **ret_papers)
{
    if (cli->operand_count == 0) return cli_usage(cli, "expected a file of papers (or - for standard input)");
    Papers *papers = papers_new(cli->a);
    for (int i = 0; i < cli->operand_count; i++) {
        int wrong = load_file(cli, rules, cli->operands[i], papers);
        if (wrong) return wrong;
    }
    papers_settle_order(papers);
    Fault fault = {0};
    if (rules && count_declare(rules, papers, &fault)) return cli_fail(cli, &fault);
    *ret_papers = papers;
    return withdraw(cli, papers);
}

static int split_names(const Cli *cli, Str list, CountOptions *options)
{
    for (Str rest = list; rest.len;) {
        Str name;
        str_cut(rest, ',', &name, &rest);
        size_t n = (size_t)options->tie_order_count;
        options->tie_order = arena_grow(cli->a, Str, options->tie_order, n, n + 1);
        options->tie_order[options->tie_order_count++] = str_trim(name);
        for (size_t i = 0; i < n; i++)
            if (str_equal(options->tie_order[i], str_trim(name))) return -1;
    }
    return options->tie_order_count;
}

int load_count_options(const Cli *cli, CountOptions *ret_options)
{
    CountOptions options = {.seed = cli_value(cli, "seed")};
    int64_t seats;
    if (!cli_number(cli, "seats", RULES_SEATS_MAX, &seats) || !cli_number(cli, "roll", INT64_C(10000000000), &options.roll) ||
        !cli_number(cli, "issued", INT64_C(10000000000), &options.issued))
        return EXIT_INPUT;
    if (cli_has(cli, "seats") && seats == 0) return cli_usage(cli, "--seats: expected 1 or more");
    options.seats = (int)seats;
    if (cli_has(cli, "seed") && !options.seed.len) return cli_usage(cli, "--seed: expected some text to draw lots from");
    int named = cli_has(cli, "tie-order") ? split_names(cli, cli_value(cli, "tie-order"), &options) : 1;
    if (named == 0) return cli_usage(cli, "--tie-order: expected names separated by commas");
    if (named < 0) return cli_usage(cli, "--tie-order: a name stands in it twice");
    if (!str_is_clean_text(options.seed)) return cli_usage(cli, "--seed: expected one line of text, without control characters");
    *ret_options = options;
    return 0;
}
