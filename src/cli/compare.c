/* compare.c: hustings compare: the same papers under other rules, in one table.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/load.h"
#include "core/view.h"
#include "count/analysis.h"

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

/* One line of the table. */
typedef struct Row {
    Str spec;  /* as given: RULES[@SECTION] */
    Str label; /* for people */
    const Rules *rules;
    const Result *result; /* NULL: these rules cannot count these papers */
    Str why_not;
    bool unknowable; /* single marks, and the rules ask for later preferences that could decide */
    SingleMark single;
} Row;

/* Papers with one name each hold no later preference: under rules that ask for them the answer is not in these papers, unless more
 * than half named the same candidate. */
static void ask_later_preferences(Arena *a, Row *row)
{
    Method method = row->rules->method;
    if (method == METHOD_PLURALITY || method == METHOD_YES_NO || method == METHOD_POSTS || row->result->unopposed) return;
    row->single = single_mark(a, row->result);
    int able = 0;
    for (int c = 0; c < row->result->papers->candidate_count; c++) able += !row->result->papers->candidates[c].withdrawn;
    bool settled = row->single.decided && row->result->seats == 1;
    row->unknowable = row->single.single && !settled && able > 2;
}

static int add_row(const Cli *cli, Str spec, const Papers *papers, const CountOptions *count_options, Row *row)
{
    Str rules_name, section;
    bool only = str_cut(spec, '@', &rules_name, &section);
    Rules *rules;
    int wrong = load_rules(cli, rules_name, &rules);
    if (wrong) return wrong;
    *row = (Row){.spec = spec, .label = rules->name, .rules = rules};
    if (only) row->label = str_format(cli->a, "%.*s, %.*s only", STR_ARG(rules->name), STR_ARG(section));
    if (only) {
        int i = papers_find_section(papers, section);
        if (i < 0) return cli_usage(cli, "--rules %.*s: there is no section '%.*s'", STR_ARG(spec), STR_ARG(section));
        papers = papers_of_section(cli->a, papers, i);
    }
    CountOptions options_here = *count_options;
    if (!method_has_seats(rules->method)) options_here.seats = 0;
    Fault fault = {0};
    Result *result;
    if (count_run(cli->a, rules, papers, &options_here, &result, &fault)) row->why_not = fault_text(cli->a, &fault);
    else row->result = result;
    if (row->result) ask_later_preferences(cli->a, row);
    return 0;
}

static int by_place(const Result *r, int *ret_order)
{
    int count = 0;
    for (int c = 0; c < r->papers->candidate_count; c++) {
        if (!r->place[c]) continue;
        int k = count++;
        for (; k > 0 && r->place[ret_order[k - 1]] > r->place[c]; k--) ret_order[k] = ret_order[k - 1];
        ret_order[k] = c;
    }
    return count;
}

/* "Ed Miliband > David Miliband > Ed Balls = Andy Burnham" */
static Str order_text(Arena *a, const Result *r)
{
    int *order = arena_new(a, int, (size_t)r->papers->candidate_count + 1);
    int count = by_place(r, order);
    Buf b = buf_new(a);
    for (int i = 0; i < count; i++) {
        if (i) buf_str(&b, r->place[order[i]] == r->place[order[i - 1]] ? S(" = ") : S(" > "));
        buf_str(&b, r->papers->candidates[order[i]].name);
    }
    return buf_done(&b);
}

static Str elected_text(Arena *a, const Row *row)
{
    if (!row->result) return S("cannot be counted");
    if (row->unknowable) return S("cannot be known");
    if (row->result->open) return S("open question");
    Buf b = buf_new(a);
    for (int i = 0; i < row->result->elected_count; i++) {
        if (i) buf_str(&b, S(", "));
        buf_str(&b, row->result->papers->candidates[row->result->elected[i]].name);
    }
    return row->result->elected_count ? buf_done(&b) : S("nobody");
}

/* What of the unheld preferences would decide, where it can be said; else that they are missing. */
static Str unknowable_text(Arena *a, const Row *row)
{
    const SingleMark *m = &row->single;
    const Candidate *candidates = row->result->papers->candidates;
    if (!m->share_to_change) return S("from these papers: they carry one name each, and these rules ask for later preferences");
    Frac *percent = frac_new(a, 1);
    frac_set_ratio(percent, 100, 1);
    frac_mul(percent, m->share_to_change);
    Str share = frac_decimal(a, percent, 1);
    return str_format(a,
        "from these papers: they carry one name each; %.*s would overtake %.*s with more than %.*s %% of the %lld votes for others",
        STR_ARG(candidates[m->second].name), STR_ARG(candidates[m->leader].name), STR_ARG(share), (long long)m->unheld);
}

static Str answer_text(Arena *a, const Row *row)
{
    if (!row->result) return row->why_not;
    return row->unknowable ? unknowable_text(a, row) : order_text(a, row->result);
}

/* The candidates whose place is not the one they have in `first`; -1 places count as equal. */
static int moved(const Row *first, const Row *row, int *ret_candidates)
{
    int count = 0;
    if (!first->result || !row->result || first->unknowable || row->unknowable) return 0;
    for (int c = 0; c < row->result->papers->candidate_count; c++)
        if (row->result->place[c] != first->result->place[c]) ret_candidates[count++] = c;
    return count;
}

static bool same_elected(const Row *first, const Row *row)
{
    if (!first->result || !row->result || first->result->elected_count != row->result->elected_count) return false;
    for (int i = 0; i < first->result->elected_count; i++) {
        bool found = false;
        for (int k = 0; k < row->result->elected_count; k++) found |= row->result->elected[k] == first->result->elected[i];
        if (!found) return false;
    }
    return true;
}

/* 1st, 2nd, 3rd, 4th, 11th, 21st. */
static Str ordinal(Arena *a, int n)
{
    bool teen = n % 100 >= 11 && n % 100 <= 13;
    const char *ending = teen || n % 10 == 0 || n % 10 > 3 ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : "rd";
    return str_format(a, "%d%s", n, ending);
}

static Str difference_text(Arena *a, const Row *first, const Row *row)
{
    if (row == first || !row->result || !first->result || first->unknowable || row->unknowable) return S("");
    int *who = arena_new(a, int, (size_t)row->result->papers->candidate_count + 1);
    int count = moved(first, row, who);
    if (count == 0) return S("the same order as the first");
    Buf b = buf_new(a);
    buf_str(&b, same_elected(first, row) ? S("another order: ") : S("ANOTHER RESULT: "));
    for (int i = 0; i < count; i++) {
        Str name = row->result->papers->candidates[who[i]].name, now = ordinal(a, row->result->place[who[i]]),
            then = ordinal(a, first->result->place[who[i]]);
        buf_format(&b, "%s%.*s %.*s, not %.*s", i ? "; " : "", STR_ARG(name), STR_ARG(now), STR_ARG(then));
    }
    return buf_done(&b);
}

static void pad(Buf *b, Str s, int width)
{
    buf_str(b, s);
    for (int i = str_columns(s); i < width; i++) buf_byte(b, ' ');
}

static void write_text(Arena *a, const Papers *papers, const Row *rows, int count, Buf *b)
{
    int label_width = 5, elected_width = 7;
    for (int i = 0; i < count; i++) {
        int width = str_columns(rows[i].label), elected = str_columns(elected_text(a, &rows[i]));
        if (width > label_width) label_width = width;
        if (elected > elected_width) elected_width = elected;
    }
    if (papers->title.len) buf_format(b, "%.*s: the same papers under other rules\n\n", STR_ARG(papers->title));
    if (papers->note.len) buf_format(b, "Note: %.*s\n\n", STR_ARG(papers->note));
    pad(b, S("Rules"), label_width + 2);
    pad(b, S("Elected"), elected_width + 2);
    buf_str(b, S("Order (equal places joined by =)\n"));
    for (int i = 0; i < count; i++) {
        const Row *row = &rows[i];
        pad(b, row->label, label_width + 2);
        pad(b, elected_text(a, row), elected_width + 2);
        buf_str(b, answer_text(a, row));
        buf_byte(b, '\n');
        Str difference = difference_text(a, &rows[0], row);
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

static void write_csv(Arena *a, const Row *rows, int count, Buf *b)
{
    buf_str(b, S("rules,elected,order,difference\r\n"));
    for (int i = 0; i < count; i++) {
        csv_cell(b, rows[i].spec, false);
        csv_cell(b, elected_text(a, &rows[i]), false);
        csv_cell(b, answer_text(a, &rows[i]), false);
        csv_cell(b, difference_text(a, &rows[0], &rows[i]), true);
    }
}

static void view_row(Arena *a, View *array, const Row *first, const Row *row)
{
    View *v = view_add_object(array);
    view_put_str(v, S("rules"), row->spec);
    view_put_str(v, S("title"), row->rules->title);
    view_put_str(v, S("rules_sha256"), sha256_hex(a, row->rules->hash));
    if (!row->result) {
        view_put_str(v, S("error"), row->why_not);
        return;
    }
    view_put_bool(v, S("cannot_be_known"), row->unknowable);
    if (row->unknowable) {
        if (row->single.share_to_change) view_put_str(v, S("share_to_change"), frac_text(a, row->single.share_to_change));
        else view_put_null(v, S("share_to_change"));
        view_put_str(v, S("unheld_votes"), str_format(a, "%lld", (long long)row->single.unheld));
        return;
    }
    const Papers *papers = row->result->papers;
    View *elected = view_put_array(v, S("elected"));
    for (int i = 0; i < row->result->elected_count; i++) view_add_str(elected, papers->candidates[row->result->elected[i]].name);
    View *places = view_put_object(v, S("places"));
    for (int c = 0; c < papers->candidate_count; c++)
        if (row->result->place[c]) view_put_i64(places, papers->candidates[c].name, row->result->place[c]);
    int *who = arena_new(a, int, (size_t)papers->candidate_count + 1);
    int count = moved(first, row, who);
    View *differs = view_put_array(v, S("differs_from_first"));
    for (int i = 0; i < count; i++) view_add_str(differs, papers->candidates[who[i]].name);
    view_put_bool(v, S("same_elected_as_first"), same_elected(first, row));
    view_put_bool(v, S("open_question"), row->result->open != NULL);
}

static void write_json(Arena *a, const Papers *papers, const Row *rows, int count, Buf *b)
{
    View *v = view_object(a);
    view_put_str(v, S("title"), papers->title);
    view_put_str(v, S("note"), papers->note);
    View *array = view_put_array(v, S("compare"));
    for (int i = 0; i < count; i++) view_row(a, array, &rows[0], &rows[i]);
    view_json(v, b, true);
}

/* Every preset that fits: those that cannot count these papers, or fill other numbers of seats, posts and yes-no are left out without a word. Seats: as
 * asked, else as the papers say, else one. */
static int all_presets(const Cli *cli, const Papers *papers, const CountOptions *asked, Row *rows, int *ret_count)
{
    CountOptions same_seats = *asked;
    if (!same_seats.seats) same_seats.seats = papers->seats ? papers->seats : 1;
    for (int i = 0; i < rules_preset_count(); i++) {
        Row row;
        int wrong = add_row(cli, rules_preset_name(i), papers, &same_seats, &row);
        if (wrong) return wrong;
        bool other_question = row.rules->method == METHOD_POSTS || row.rules->method == METHOD_YES_NO;
        bool other_seats = same_seats.seats > 1 && !method_has_seats(row.rules->method);
        if (row.result && !other_question && !other_seats) rows[(*ret_count)++] = row;
    }
    return 0;
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
    int spec_count = cli_values(cli, "rules", specs), count = 0;
    Row *rows = arena_new(a, Row, (size_t)(spec_count + rules_preset_count()));
    if (spec_count == 0) wrong = all_presets(cli, papers, &count_options, rows, &count);
    for (int i = 0; i < spec_count && !wrong; i++) wrong = add_row(cli, specs[i], papers, &count_options, &rows[count++]);
    if (wrong) return wrong;

    int status = EXIT_DONE, counted = 0;
    for (int i = 0; i < count; i++) {
        counted += rows[i].result != NULL;
        if (rows[i].result && rows[i].result->open) status = EXIT_OPEN;
    }
    if (counted == 0)
        return cli_usage(cli, "none of these rules can count these papers: %.*s", STR_ARG(count ? rows[0].why_not : S("no preset fits")));
    Buf b = buf_new(a);
    if (json) write_json(a, papers, rows, count, &b);
    else if (csv) write_csv(a, rows, count, &b);
    else write_text(a, papers, rows, count, &b);
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
