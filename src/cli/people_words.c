/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/people_words.h"

#include "http/page.h"

int people_store(Cli *cli, const Settings *s, bool make, Store **ret_store)
{
    Fault fault = {0};
    StoreOptions options = settings_store(s);
    options.must_exist = !make;
    return store_open(cli->a, &options, ret_store, &fault) ? cli_fail(cli, &fault) : EXIT_DONE;
}

int people_in_store(Cli *cli, int (*act)(Cli *cli, Store *store))
{
    Settings s;
    Store *store;
    int wrong = settings_load(cli, &s);
    if (!wrong) wrong = people_store(cli, &s, false, &store);
    if (wrong) return wrong;
    wrong = act(cli, store);
    store_close(store);
    return wrong;
}

int people_run(Cli *cli, Store *store, const char *name, LeafRule leaf, Err (*run)(Db *db, Command *command), const void *input)
{
    Command command = {.name = name, .leaf = leaf, .run = run, .input = input, .arena = cli->a, .now = cli_now()};
    Err e = store_run(store, &command);
    if (!e) return EXIT_DONE;
    command.fault.err = e;
    if (!command.fault.expected.len) command.fault.expected = S("a store that can be written");
    return cli_fail(cli, &command.fault);
}

int people_reader(Cli *cli, Store *store, Db **ret_db)
{
    Fault fault = {0};
    return db_open(store, ret_db, &fault) ? cli_fail(cli, &fault) : EXIT_DONE;
}

int people_unread(Cli *cli, Err err, const char *expected, Str found)
{
    Fault fault = {.err = err, .expected = str_from_c(err == ERR_IO ? "a store that can be read" : expected)};
    if (err != ERR_IO && found.len) fault.found = fault_quote(cli->a, found);
    return cli_fail(cli, &fault);
}

int people_zone(Cli *cli, const Settings *s)
{
    Fault fault = {0};
    return dates_zone_set(cli->a, settings_text(s, SITE_ZONE), &fault) ? cli_fail(cli, &fault) : EXIT_DONE;
}

bool people_day_end(Cli *cli, const char *option, int64_t *ret_end)
{
    int64_t begins;
    Str value = cli_value(cli, option);
    if (day_bounds(value, &begins, ret_end)) return true;
    Str shown = fault_quote(cli->a, value);
    cli_usage(cli, "--%s: expected a date like 2027-03-31, found %.*s", option, STR_ARG(shown));
    return false;
}
