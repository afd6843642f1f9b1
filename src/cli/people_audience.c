/* people_audience.c: hustings people audience: how many people a search would select that phonebanks and notices take as their audience.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The criteria of the page "New search", one option each. It counts and names nobody: a list of people leaves by `people export`, which is a leaf of the record.
 */
#include "cli/people_words.h"

#include "people/saved.h"
#include "people/unit.h"

#include <string.h>

static const struct {
    const char *option;
    int64_t bits;
} reaches[] = {{"may-be-rung", REACH_RUNG}, {"may-be-texted", REACH_TEXTED}, {"may-be-mailed", REACH_MAILED},
    {"may-be-written", REACH_WRITTEN}, {"has-phone", HAS_PHONE}};

static int64_t reach_of(const Cli *cli)
{
    int64_t may = 0;
    for (int i = 0; i < COUNT_OF(reaches); i++)
        if (cli_has(cli, reaches[i].option)) may |= reaches[i].bits;
    return may;
}

/* False after telling what is wrong. */
static bool read_criteria(Cli *cli, Criteria *c)
{
    const char *field = "";
    Fault fault = {0};
    Str status = cli_value(cli, "status");
    *c = (Criteria){.status = str_equal(status, S("any")) ? S("")
                              : status.len                ? status
                                                          : S("active"),
        .section = cli_value(cli, "section"),
        .class = cli_value(cli, "class"),
        .joined_from = cli_value(cli, "joined-from"),
        .joined_to = cli_value(cli, "joined-to"),
        .joined_this_year = cli_has(cli, "joined-this-year"),
        .may = reach_of(cli),
        .areas = cli_value(cli, "areas"),
        .language = cli_value(cli, "language"),
        .recruiter = cli_value(cli, "recruiter"),
        .text = cli_value(cli, "text")};
    if (!cli_number(cli, "age-from", SAVED_AGE_MAX, &c->age_from) || !cli_number(cli, "age-to", SAVED_AGE_MAX, &c->age_to)) return false;
    if (!criteria_check(cli->a, c, &field, &fault)) return true;
    char *option = (char *)str_c(cli->a, str_from_c(field));
    for (char *at = strchr(option, '_'); at; at = strchr(at, '_')) *at = '-';
    (void)cli_usage(cli, "--%s: expected %.*s", option, STR_ARG(fault.expected));
    return false;
}

static int count(Cli *cli, Store *store)
{
    Db *db;
    Criteria c;
    Unit unit;
    int64_t people = 0;
    Str slug = cli_value(cli, "unit");
    if (!read_criteria(cli, &c)) return EXIT_INPUT;
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Err e = slug.len ? unit_find(db, cli->a, slug, &unit) : ERR_OK;
    if (!e) e = saved_count(db, cli->a, (Scope){slug.len ? slug : S("")}, &c, cli_now(), &people);
    db_close(db);
    if (e == ERR_MISSING) return people_unread(cli, e, "a unit's address, as in leeds", slug);
    if (e) return people_unread(cli, e, "a store that can be read", (Str){0});
    return cli_write(cli,
        str_format(cli->a, "%.*s%s%.*s: %lld %s\n", STR_ARG(criteria_words(cli->a, &c)), slug.len ? ", in " : "", STR_ARG(slug),
            (long long)people, people == 1 ? "person" : "people"),
        EXIT_DONE);
}

static int run_audience(Cli *cli)
{
    return cli->operand_count ? cli_usage(cli, "expected no operand") : people_in_store(cli, count);
}

static const Option options[] = {
    STORE_OPTIONS{"unit", 'u', "SLUG", false, "only people of this unit and those below it", NULL},
    {"status", 0, "STATUS", false, "of the membership; active unless another is given, any: does not matter",
        "active applied lapsed suspended resigned expelled any"},
    {"section", 0, "SECTION", false, "as the list says it, as in members", NULL},
    {"class", 0, "CLASS", false, "class of membership, as in standard", NULL},
    {"joined-this-year", 0, NULL, false, "joined this year", NULL},
    {"joined-from", 0, "DATE", false, "joined on this day or later, as 2013-06-25", NULL},
    {"joined-to", 0, "DATE", false, "joined on this day or before", NULL},
    {"age-from", 0, "YEARS", false, "so old or more; whose date of birth is not known is left out", NULL},
    {"age-to", 0, "YEARS", false, "so old or less", NULL},
    {"areas", 0, "AREAS", false, "postcode areas, at most four, as 'LS6, BD'", NULL},
    {"language", 0, "LANGUAGE", false, "its two letters, as in cy", NULL},
    {"recruiter", 0, "NAME", false, "recruited by, as the list says it", NULL},
    {"text", 0, "WORDS", false, "has that in the name, number, postcode or e-mail address", NULL},
    {"may-be-rung", 0, NULL, false, "agreed to be rung, and has a number", NULL},
    {"may-be-texted", 0, NULL, false, "agreed to texts, and has a number", NULL},
    {"may-be-mailed", 0, NULL, false, "agreed to e-mail, and has an address", NULL},
    {"may-be-written", 0, NULL, false, "agreed to letters, and has an address", NULL},
    {"has-phone", 0, NULL, false, "has a telephone number, whether she agreed or not", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_audience = {
    .name = "people audience",
    .operands = "",
    .summary = "count the people whom a saved search with these criteria would select",
    .description =
        "All that is given must hold of one membership; a person counts once. Says in words who is meant, and how many they are now. The "
        "same "
        "criteria are a form on the site, where officers save them; phonebanks and notices take saved searches as their audience. Names "
        "nobody: see people export.\n\n"
        "Exit status: 0 done; 2 the call cannot be used, or there is no such unit; 3 the system failed.",
    .examples = "hustings people audience --unit yorkshire --joined-this-year --may-be-rung\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run_audience,
};
