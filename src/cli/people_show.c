/* people_show.c: hustings people show.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/people_words.h"

#include "people/person.h"

enum { CHANGES_MOST = 100 };

static void tell_values(Buf *b, const char *margin, const Values *v)
{
    for (PeopleColumn i = 0; i < COL__COUNT; i++)
        if (v->of[i].len) buf_format(b, "%s%-14s %.*s\n", margin, people_columns[i].name, STR_ARG(v->of[i]));
}

static void tell_change(Arena *a, Buf *b, const PersonChange *c)
{
    Str day = day_iso(a, day_at(c->at));
    buf_format(b, "  %.*s  version %lld, %.*s%s%.*s\n", STR_ARG(day), (long long)c->version, STR_ARG(c->by), c->reason.len ? ": " : "",
        STR_ARG(c->reason));
    if (c->added.len) buf_format(b, "    added %.*s\n", STR_ARG(c->added));
    for (int i = 0; i < c->value_count; i++)
        buf_format(b, "    %s: '%.*s' became '%.*s'\n", people_columns[c->values[i].column].name, STR_ARG(c->values[i].was),
            STR_ARG(c->values[i].is));
}

static Err tell_person(Cli *cli, Db *db, Str id, Buf *b, Str *ret_merged)
{
    Person p;
    PersonChange *changes;
    int count;
    Err e = person_find(db, cli->a, scope_all(), id, &p, ret_merged);
    if (!e) e = person_changes(db, cli->a, scope_all(), id, CHANGES_MOST, &changes, &count);
    if (e) return e;
    buf_format(b, "%.*s  %.*s  version %lld\n", STR_ARG(p.id), STR_ARG(p.name), (long long)p.version);
    tell_values(b, "  ", &p.values);
    for (int i = 0; i < p.membership_count; i++) {
        buf_format(b, "membership %.*s\n", STR_ARG(p.memberships[i].id));
        tell_values(b, "  ", &p.memberships[i].values);
    }
    if (count) buf_str(b, S("changes\n"));
    for (int i = 0; i < count; i++) tell_change(cli->a, b, &changes[i]);
    return ERR_OK;
}

/* Ours, or the one of the organisation's own list. */
static Err find_id(Db *db, Arena *a, Str typed, Str *ret_id)
{
    Err e = person_by_identifier(db, a, typed, ret_id);
    if (e == ERR_MISSING) *ret_id = typed;
    return e == ERR_MISSING ? ERR_OK : e;
}

static int show(Cli *cli, Store *store)
{
    Db *db;
    Str id, merged = {0};
    Buf b = buf_new(cli->a);
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Err e = find_id(db, cli->a, cli->operands[0], &id);
    if (!e) e = tell_person(cli, db, id, &b, &merged);
    db_close(db);
    if (e == ERR_MISSING && merged.len) return people_unread(cli, e, "a person who was not merged into another: see", merged);
    if (e) return people_unread(cli, e, "the id of a person on the list", cli->operands[0]);
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

static int run(Cli *cli)
{
    Settings s;
    Store *store;
    if (cli->operand_count != 1) return cli_usage(cli, "expected one id");
    int wrong = settings_load(cli, &s);
    if (!wrong) wrong = people_store(cli, &s, false, &store);
    if (wrong) return wrong;
    wrong = show(cli, store);
    store_close(store);
    return wrong;
}

static const Option options[] = {
    STORE_OPTIONS OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_show = {
    .name = "people show",
    .operands = "ID",
    .summary = "show all that is held of a person",
    .description = "By the id of your own list, or by ours, which stands in the address of her page: what is held of her, her memberships "
                   "with their history, and the "
                   "newest changes. For whoever runs the machine; secretaries read it on the site.\n\n"
                   "Exit status: 0 done; 2 the call cannot be used, or there is no such person; 3 the system failed.",
    .examples = "hustings people show A-12345\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
