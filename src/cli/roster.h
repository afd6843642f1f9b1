/* roster.h: a list of members for the commands that need no server. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_CLI_ROSTER_H
#define HUSTINGS_CLI_ROSTER_H

#include "cli/settings.h"
#include "people/roster.h"

typedef struct RosterWanted {
    bool skip_bad;  /* leave rows out that cannot be read, and say how many; else nothing is read */
    bool no_phones; /* whoever compares no telephone numbers is spared reading them */
} RosterWanted;

/* The list that the first operand names, with --units and --country (else people.country of the settings): every bad row is told, the first twenty in full.
 * 0, or the exit status after telling what is wrong. A list without a member is wrong. */
NODISCARD int cli_roster(Cli *cli, RosterWanted wanted, Roster **ret_roster);

/* Whose national numbers and postcodes these are: --country, else people.country. 0, or the exit status after telling what is wrong. */
NODISCARD int cli_country(Cli *cli, Settings *s, Str *ret_country);

/* The options that it reads. */
// clang-format off
#define ROSTER_OPTIONS CONFIG_OPTION \
    {"units", 'u', "FILE", false, "units as a CSV, slug,name,kind,above; without it the list's units have names alone, and none stands above another", "FILES"}, \
    {"country", 0, "CODE", false, "whose national telephone numbers and postcodes these are: two letters (people.country of the settings)", NULL},
// clang-format on

#endif
