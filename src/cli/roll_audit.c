/* roll_audit.c: hustings roll audit: questions about a list of members, with no server.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/roster.h"

#include "formats/file.h"
#include "roll/audit.h"

#include <stdio.h>

enum { ROWS_SHOWN = 20, ROWS_MOST = 1000000, RULES_MOST = 64 * 1024 };

/* The rules' own date is that of --freeze. */
static int freeze_day(Cli *cli, Day *ret_freeze)
{
    Str date = cli_value(cli, "freeze");
    *ret_freeze = DAY_NONE;
    if (!date.ptr || day_read(date, ret_freeze)) return EXIT_DONE;
    Str shown = fault_quote(cli->a, date);
    return cli_usage(cli, "--freeze: expected a date like 2013-03-12, found %.*s", STR_ARG(shown));
}

static Err read_rules(Cli *cli, Day freeze, AuditRules *rules, Fault *fault)
{
    Str path = cli_value(cli, "rules"), text;
    *rules = audit_rules_standard(freeze);
    if (!path.ptr) return ERR_OK;
    Err e = file_read_all(cli->a, str_c(cli->a, path), RULES_MOST, &text, fault);
    if (!e && (e = audit_rules_read(cli->a, text, freeze, rules, fault))) fault->file = path;
    return e;
}

/* Without names a report may be shown to people who should see none. */
static void drop_names(Roster *r)
{
    for (int i = 0; i < r->count; i++) r->rows[i].name = r->rows[i].line ? roster_ref(r, S("(name left out)")) : 0;
}

static int count_asked(const Audit *audit)
{
    int count = 0;
    for (int i = 0; i < audit->question_count; i++) count += audit->questions[i].weight != AUDIT_NOTE;
    return count;
}

static int write_report(Cli *cli, const Audit *audit, const Roster *r, Str format, int64_t rows)
{
    Buf out = buf_new(cli->a);
    if (str_equal(format, S("json"))) {
        View *v = view_object(cli->a);
        audit_view(cli->a, audit, r, rows > 0, v);
        view_json(v, &out, true);
    } else if (str_equal(format, S("html"))) audit_html(&out, audit, r, (int)rows);
    else audit_text(&out, audit, r, (int)rows);
    return cli_write(cli, buf_done(&out), count_asked(audit) ? EXIT_OPEN : EXIT_DONE);
}

static int run(Cli *cli)
{
    if (cli->operand_count != 1) return cli_usage(cli, "expected one file with a list of members");
    Str format = cli_value(cli, "format");
    if (format.ptr && !str_equal(format, S("text")) && !str_equal(format, S("json")) && !str_equal(format, S("html")))
        return cli_usage(cli, "--format: expected text, json or html, found '%.*s'", STR_ARG(format));
    int64_t rows = 0;
    if (!cli_number(cli, "rows", ROWS_MOST, &rows)) return EXIT_INPUT;
    if (!cli_has(cli, "rows")) rows = ROWS_SHOWN;
    Fault fault = {0};
    AuditRules rules;
    Roster *roster = NULL;
    Audit audit;
    Day freeze;
    int wrong = freeze_day(cli, &freeze);
    if (!wrong && read_rules(cli, freeze, &rules, &fault)) wrong = cli_fail(cli, &fault);
    if (!wrong) wrong = cli_roster(cli, (RosterWanted){.skip_bad = true}, &roster);
    if (wrong) return wrong;
    if (cli_has(cli, "no-names")) drop_names(roster);
    return audit_run(cli->a, &rules, roster, &audit, &fault) ? cli_fail(cli, &fault) : write_report(cli, &audit, roster, format, rows);
}

static const Option options[] = {
    ROSTER_OPTIONS{"freeze", 0, "DATE", false, "the freeze date: recruits and revivals just before it are looked at", NULL},
    {"rules", 'r', "FILE", false, "thresholds other than the standard ones, as JSON (docs/roll-audit.md)", "FILES"},
    {"format", 'f', "FORMAT", false, "text, json or html (text)", "text json html"},
    {"rows", 0, "N", false, "of each question's evidence, show so many rows (20); 0: none", NULL},
    {"no-names", 0, NULL, false, "leave names out", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_roll_audit = {
    .name = "roll audit",
    .operands = "FILE",
    .summary = "ask what a list of members should be asked before people vote by it",
    .description = "Reads a list of members as 'hustings people import' does (CSV, also gzipped) and looks for what has gone wrong in real "
                   "contests: one payer for many, one account, telephone number, "
                   "e-mail address, device or address beyond a household, joins dated before the first receipt or long before they were "
                   "written down, bursts, missing or doubled mandates and "
                   "signatures, one person under two names or in two sections, one recruiter's recruits and revived members just before "
                   "the freeze.\n\nWhat it finds are questions with their evidence, "
                   "the rule they come from, how common that is in all other units, and the usual innocent answers. It never says that "
                   "somebody cheated. Rows that cannot be read are told and left out.\n\n"
                   "Exit status: 0 no questions; 1 there are questions; 2 the input or the call cannot be used; 3 the system failed.",
    .examples = "hustings roll audit members.csv --freeze 2013-03-12  # questions, as text\n"
                "hustings roll audit members.csv --units units.csv -f html -o audit.html  # a page to print",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
