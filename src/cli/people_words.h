/* people_words.h: what the commands about people share: the store, and commands in it. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_CLI_PEOPLE_WORDS_H
#define HUSTINGS_CLI_PEOPLE_WORDS_H

#include "cli/settings.h"

/* Open the store that is set up; 0, or the exit status after telling what is wrong. `make`: it may be made. */
NODISCARD int people_store(Cli *cli, const Settings *s, bool make, Store **ret_store);
/* Open the store that is set up (it must be there), `act` in it, close it; the exit status. */
NODISCARD int people_in_store(Cli *cli, int (*act)(Cli *cli, Store *store));
/* Run a command in it and tell what went wrong; the exit status. The store stays open. */
NODISCARD int people_run(Cli *cli, Store *store, const char *name, LeafRule leaf, Err (*run)(Db *db, Command *command), const void *input);
/* A reader; 0, or the exit status after telling what is wrong. */
NODISCARD int people_reader(Cli *cli, Store *store, Db **ret_db);
/* After an error of reading. */
NODISCARD int people_unread(Cli *cli, Err err, const char *expected, Str found);
/* When the day of an option ends in the zone that was set (dates_zone_set): roles end with their last day. False after telling what is wrong. */
NODISCARD bool people_day_end(Cli *cli, const char *option, int64_t *ret_end);
/* The zone of the settings, for days that are read and told. 0, or the exit status after telling what is wrong. */
NODISCARD int people_zone(Cli *cli, const Settings *s);

#endif
