/* people_duplicates.c: hustings people duplicates, hustings people merge.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/people_words.h"

#include "people/duplicates.h"
#include "people/unit.h"

/* ---- duplicates ---- */

static Err tell_one(Cli *cli, Db *db, Str id, Buf *b)
{
    Person p;
    Err e = person_find(db, cli->a, scope_all(), id, &p, NULL);
    if (e) return e == ERR_MISSING ? ERR_OK : e; /* erased this moment */
    buf_format(b, "  %.*s  %.*s", STR_ARG(p.id), STR_ARG(p.name));
    static const PeopleColumn columns[] = {COL_ID, COL_BORN, COL_EMAIL, COL_PHONE, COL_POSTCODE};
    for (int i = 0; i < COUNT_OF(columns); i++)
        if (p.values.of[columns[i]].len) buf_format(b, ", %.*s", STR_ARG(p.values.of[columns[i]]));
    buf_byte(b, '\n');
    return ERR_OK;
}

static Err tell_all(Cli *cli, Db *db, Scope scope, Buf *b)
{
    Duplicate *list = NULL;
    Unit unit;
    int count = 0;
    int64_t in_all = 0;
    Err e = scope.unit.len ? unit_find(db, cli->a, scope.unit, &unit) : ERR_OK;
    if (!e) e = duplicates_find(db, cli->a, scope, &list, &count, &in_all);
    for (int i = 0; i < count && !e; i++) {
        Str words = duplicate_words(cli->a, list[i].reasons);
        buf_format(b, "%.*s\n", STR_ARG(words));
        e = tell_one(cli, db, list[i].one, b);
        if (!e) e = tell_one(cli, db, list[i].other, b);
    }
    if (!e) buf_format(b, "%lld %s%s\n", (long long)in_all, in_all == 1 ? "pair" : "pairs", in_all > count ? ", the likeliest above" : "");
    return e;
}

static int duplicates(Cli *cli, Store *store)
{
    Db *db;
    Buf b = buf_new(cli->a);
    Str unit = cli_value(cli, "unit");
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Err e = tell_all(cli, db, (Scope){unit.len ? unit : S("")}, &b);
    db_close(db);
    if (e == ERR_MISSING) return people_unread(cli, e, "a unit's address, as in leeds", unit);
    return e ? people_unread(cli, e, "a store that can be read", (Str){0}) : cli_write(cli, buf_done(&b), EXIT_DONE);
}

/* ---- merge ---- */

static Err run_merge(Db *db, Command *c)
{
    Merge m = *(const Merge *)c->input;
    Person kept, gone;
    Str id;
    Values empty = {0};
    Err e = person_find(db, c->arena, (Scope){m.unit}, m.kept, &kept, NULL);
    if (!e) e = person_find(db, c->arena, (Scope){m.unit}, m.gone, &gone, NULL);
    if (e) return e;
    /* What the one who is kept lacks, she gets from the other. */
    for (PeopleColumn i = 0; i < COL__COUNT; i++)
        if (people_columns[i].of_person && i != COL_NAME && !kept.values.of[i].len && gone.values.of[i].len)
            empty.of[i] = gone.values.of[i];
    m.values = &empty;
    m.kept_version = kept.version;
    m.gone_version = gone.version;
    e = merge_people(db, c->arena, &m, c->now, &id, &c->fault);
    if (!e) c->answer = id;
    return e;
}

static int merge(Cli *cli, Store *store)
{
    Settings s;
    Officer by;
    Merge m = {.unit = cli_value(cli, "unit"), .kept = cli->operands[0], .gone = cli->operands[1]};
    int wrong = settings_load(cli, &s);
    if (!wrong) wrong = settings_officer(cli, &s, &by);
    if (wrong) return wrong;
    m.by = str_format(cli->a, "%.*s, %.*s", STR_ARG(by.name), STR_ARG(by.role));
    wrong = people_run(cli, store, "people_merge", LEAF_NONE, run_merge, &m);
    return wrong ? wrong : cli_write(cli, S("Merged. It can be taken back for thirty days, on the site.\n"), EXIT_DONE);
}

/* ---- the commands ---- */

static int run_duplicates(Cli *cli)
{
    return cli->operand_count ? cli_usage(cli, "expected options only") : people_in_store(cli, duplicates);
}

static int run_merge_command(Cli *cli)
{
    if (cli->operand_count != 2) return cli_usage(cli, "expected two ids: of the one to keep, and of the one who goes");
    return cli_value(cli, "unit").len ? people_in_store(cli, merge) : cli_usage(cli, "expected --unit SLUG, in which both are");
}

static const Option duplicates_options[] = {
    STORE_OPTIONS{"unit", 'u', "SLUG", false, "only people of this unit and those below it", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_duplicates = {
    .name = "people duplicates",
    .operands = "",
    .summary = "list people who may stand on the list twice",
    .description = "Pairs with the reasons: the same identifier apart from marks, the same name and date of birth, or a near name and the "
                   "same e-mail address, "
                   "telephone number or postcode. Pairs that an officer said to be two people are left out.\n\n"
                   "Exit status: 0 done; 2 the call cannot be used, or there is no such unit; 3 the system failed.",
    .examples = "hustings people duplicates --unit leeds\n",
    .options = duplicates_options,
    .option_count = COUNT_OF(duplicates_options),
    .run = run_duplicates,
};

static const Option merge_options[] = {
    OFFICER_OPTIONS{"unit", 'u', "SLUG", false, "where both are, or below it", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_merge = {
    .name = "people merge",
    .operands = "KEEP GONE",
    .summary = "make one record of two",
    .description = "The first is kept and gets what she lacks from the second, whose memberships become hers; links to the second lead to "
                   "the first. On the "
                   "site an officer chooses value by value, and takes a merge back within thirty days.\n\n"
                   "Exit status: 0 done; 2 the call cannot be used, or they cannot be merged; 3 the system failed.",
    .examples = "hustings people merge --unit leeds --by 'Carol Count' AZ3kq0vWT5yJr1b2c3d4eA AZ3kq0vXU6zKs2c3d4e5fB\n",
    .options = merge_options,
    .option_count = COUNT_OF(merge_options),
    .run = run_merge_command,
};
