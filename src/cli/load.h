/* load.h: what several commands read in the same way: rules by name or file, papers with their sections.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_CLI_LOAD_H
#define HUSTINGS_CLI_LOAD_H

#include "cli/cli.h"
#include "count/count.h"

/* `name`: a preset, or a path. 0, or the exit status after telling what is wrong. */
int load_rules(const Cli *cli, Str name, Rules **ret_rules);

/* All operands, [SECTION=]FILE, as one contest; candidates that the rules name are declared, --withdraw applied. */
int load_papers(const Cli *cli, const Rules *rules, Papers **ret_papers);

/* The options that decide a count: --seats --seed --tie-order --roll --issued. */
int load_count_options(const Cli *cli, CountOptions *ret_options);

/* The table rows of these options, for commands that take them. */
#define COUNT_OPTIONS                                                                                                                  \
    {"seats", 's', "N", false, "how many are to be elected (default: as the papers or the rules say)", NULL},                          \
        {"seed", 0, "TEXT", false, "draw lots from TEXT; agree on it in public before the count, so that nobody could have chosen it", \
            NULL},                                                                                                                     \
        {"tie-order", 0, "NAMES", false,                                                                                               \
            "names, most favoured first, separated by commas: answers a tie sent to a person, or a lot drawn by hand", NULL},          \
        {"withdraw", 'w', "NAME", true, "NAME withdrew after the papers were issued: she is skipped and papers pass on", NULL},        \
        {"roll", 0, "N", false, "persons entitled to vote, for turnout and shares of the roll", NULL},                                 \
    {                                                                                                                                  \
        "issued", 0, "N", false, "papers issued", NULL                                                                                 \
    }

#endif
