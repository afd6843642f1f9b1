/* rules.c: hustings rules.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/load.h"

static const Option options[] = {OUTPUT_OPTION, HELP_OPTION};

static int list(Cli *cli)
{
    Buf b = buf_new(cli->a);
    for (int i = 0; i < rules_preset_count(); i++) {
        Rules *rules;
        int wrong = load_rules(cli, rules_preset_name(i), &rules);
        if (wrong) return wrong;
        buf_format(&b, "%-14.*s %.*s\n", STR_ARG(rules->name), STR_ARG(rules->title));
    }
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

static int show(Cli *cli, Str name)
{
    Str text = rules_preset_text(name);
    if (!text.ptr) return cli_usage(cli, "there is no preset called '%.*s'; 'hustings rules list' shows them", STR_ARG(name));
    return cli_write(cli, text, EXIT_DONE);
}

static int check(Cli *cli, Str name)
{
    Rules *rules;
    int wrong = load_rules(cli, name, &rules);
    if (wrong) return wrong;
    Str hex = sha256_hex(cli->a, rules->hash);
    Str line = str_format(
        cli->a, "%.*s: good rules, method = %.*s, SHA-256 %.*s\n", STR_ARG(name), STR_ARG(method_name(rules->method)), STR_ARG(hex));
    return cli_write(cli, line, EXIT_DONE);
}

static int run(Cli *cli)
{
    Str verb = cli->operand_count ? cli->operands[0] : (Str){0};
    if (str_equal(verb, S("list")) && cli->operand_count == 1) return list(cli);
    if (str_equal(verb, S("show")) && cli->operand_count == 2) return show(cli, cli->operands[1]);
    if (str_equal(verb, S("check")) && cli->operand_count == 2) return check(cli, cli->operands[1]);
    return cli_usage(cli, "expected 'list', 'show NAME' or 'check FILE'");
}

const CliCommand command_rules = {
    .name = "rules",
    .operands = "list | show NAME | check FILE",
    .summary = "list, print or check rules",
    .description = "Rules are small text files. 'list' names the presets, 'show' prints one (copy it, change it, and give the file to "
                   "--rules), 'check' says "
                   "whether a file can be used and prints its SHA-256, which every declaration names.",
    .examples = "hustings rules show labour-2010 > mine.rules  # a copy to change\n"
                "hustings rules check mine.rules  # can it be used?\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
