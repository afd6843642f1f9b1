/* sign_in.c: hustings sign-in.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/settings.h"

#include "http/site.h"

enum { MINUTES_STANDARD = 15, MINUTES_MOST = 24 * 60 };

/* The address people use; without one set, the one this machine listens on. */
static Str site_address(Arena *a, const Settings *s)
{
    Str base = settings_text(s, SERVER_BASE), listen = settings_text(s, SERVER_LISTEN);
    if (base.len || str_starts(listen, S("unix:"))) return base;
    bool tls = settings_text(s, SERVER_CERTIFICATE).len > 0;
    bool every = str_starts(listen, S("0.0.0.0:")) || str_starts(listen, S("[::]:"));
    Str port = str_slice(listen, str_starts(listen, S("[::]:")) ? 5 : 8, listen.len);
    if (every) listen = str_format(a, "localhost:%.*s", STR_ARG(port));
    return str_format(a, "%s://%.*s", tls ? "https" : "http", STR_ARG(listen));
}

static Err make_link(Cli *cli, const Settings *s, const EntryLink *link, Str *ret_path, Fault *fault)
{
    StoreOptions options = settings_store(s);
    options.must_exist = true;
    Store *store;
    Err e = store_open(cli->a, &options, &store, fault);
    if (e) return e;
    e = site_entry_link(cli->a, store, link, cli_now(), ret_path, fault);
    store_close(store);
    return e;
}

/* What the options say. 0, or the exit status after telling what is wrong. */
static int read_link(Cli *cli, EntryLink *ret_link)
{
    int64_t minutes;
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    if (!cli_number(cli, "minutes", MINUTES_MOST, &minutes)) return EXIT_INPUT;
    if (cli_has(cli, "minutes") && minutes == 0)
        return cli_usage(cli, "--minutes: expected at least 1: a link that is over at once lets nobody in");
    Str name = cli_value(cli, "for");
    if (!settings_name_fits(cli->a, name))
        return cli_usage(cli, "--for: expected the name of whom the link is for, on one line; the public record will say it, for ever");
    *ret_link = (EntryLink){.who = WHO_STEWARD, .name = name, .minutes = minutes ? (int)minutes : MINUTES_STANDARD};
    return EXIT_DONE;
}

static int run(Cli *cli)
{
    Settings s;
    EntryLink link;
    int wrong = read_link(cli, &link);
    if (!wrong) wrong = settings_load(cli, &s);
    if (!wrong) wrong = settings_officer(cli, &s, &link.by);
    if (wrong) return wrong;
    Fault fault = {0};
    Str path;
    if (make_link(cli, &s, &link, &path, &fault)) return cli_fail(cli, &fault);
    Str address = site_address(cli->a, &s);
    return cli_write(cli, str_format(cli->a, "%.*s%.*s\n", STR_ARG(address), STR_ARG(path)), EXIT_DONE);
}

static const Option options[] = {
    OFFICER_OPTIONS ADDRESS_OPTIONS{"for", 0, "NAME", false,
        "whom the link is for: the name under which she will act; the public record will say it, for ever; required", NULL},
    {"minutes", 'm', "N", false, "how long the link is good (default: 15; at most 1440)", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_sign_in = {
    .name = "sign-in",
    .operands = "",
    .summary = "make a one-time link with which the steward signs in",
    .description =
        "The steward runs an installation: publishes contests and withdraws them; she can read no paper and no letter. Whoever "
        "may read and "
        "write the store may make a link for her; it lets one browser in, once, and is good for a few minutes.\n\n"
        "Officers act in public. That a link was made, for whom (--for) and by whom (--by), that it was used or was not, and when the role "
        "ended "
        "again are leaves of the public record, which nothing can take out. Tell her so before: the page of the link does, too.\n\n"
        "The link begins with server.base, or with where the server listens.",
    .examples = "hustings sign-in --for \"Ada Poll\" --by \"Carol Count\"  # a link for the next 15 minutes\n"
                "sudo -u hustings hustings sign-in --for \"Ada Poll\" --by \"Carol Count\"  # where the Debian package runs the server\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
