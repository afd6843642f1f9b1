/* people_role.c: hustings people role: the first officers are made at the machine.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/people_words.h"

#include "http/page.h"
#include "people/unit.h"

#include <stdio.h>

typedef struct Giving {
    Str person, name, unit, reason, id;
    RoleKind kind;
    int64_t until;
    Officer by;
    Str *given; /* the role's id */
} Giving;

static Err give(Db *db, Command *command)
{
    const Giving *g = command->input;
    return role_give(
        db, command->arena, g->person, g->name, g->kind, g->unit, g->until, g->by, g->reason, command->now, g->given, &command->fault);
}

static Err end(Db *db, Command *command)
{
    const Giving *g = command->input;
    return role_end(db, command->arena, g->id, g->by, g->reason, command->now, &command->fault);
}

/* ---- whom ---- */

/* By e-mail address, or by the id of the organisation's own list, or by ours. */
static int find_person(Cli *cli, Db *db, Str to, Str *ret_person)
{
    enum { MOST = 2 };
    Str ids[MOST];
    int count = 0;
    Person person;
    Err e = ERR_MISSING;
    if (str_find(to, '@') < to.len) {
        e = person_by_email(db, cli->a, scope_all(), to, MOST, ids, &count);
        if (!e && count > 1)
            return cli_usage(cli, "--to: several people have that address; give the id of your own list, or of the address of her page");
        *ret_person = count ? ids[0] : S("");
        e = e ? e : count ? ERR_OK : ERR_MISSING;
    } else {
        e = person_by_identifier(db, cli->a, to, ret_person);
        if (e == ERR_MISSING && person_find(db, cli->a, scope_all(), to, &person, NULL) == ERR_OK) *ret_person = person.id, e = ERR_OK;
    }
    return e ? people_unread(cli, e, "the e-mail address or id of a person on the list", to) : EXIT_DONE;
}

static int read_giving(Cli *cli, Giving *g)
{
    if (!role_of(cli_value(cli, "give"), &g->kind)) return cli_usage(cli, "--give: expected organiser, secretary or returning-officer");
    g->unit = cli_value(cli, "unit");
    g->name = cli_value(cli, "name");
    if (!g->unit.len) return cli_usage(cli, "--unit: expected the unit on which the role is held");
    if (!cli_has(cli, "to")) return cli_usage(cli, "--to: expected the e-mail address or id of the person");
    if (!settings_name_fits(cli->a, g->name))
        return cli_usage(cli, "--name: expected her name as an officer, on one line; the public record will say it, for ever");
    return people_day_end(cli, "until", &g->until) ? EXIT_DONE : EXIT_INPUT;
}

/* ---- listing ---- */

static Err tell_roles(Cli *cli, Db *db, Str unit, Buf *b)
{
    RoleHeld *roles;
    int count;
    Err e = roles_on(db, cli->a, unit, cli_now(), &roles, &count);
    for (int i = 0; i < count && !e; i++) {
        Str until = last_day(cli->a, roles[i].until), kind = role_name(roles[i].kind);
        buf_format(b, "%.*s\t%.*s\t%.*s\t%.*s\tuntil %.*s\tentry %lld\n", STR_ARG(roles[i].id), STR_ARG(unit), STR_ARG(kind),
            STR_ARG(roles[i].name), STR_ARG(until), (long long)roles[i].leaf);
    }
    return e;
}

static int list(Cli *cli, Store *store)
{
    Db *db;
    Unit *units;
    int count;
    Buf b = buf_new(cli->a);
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Scope scope = {cli_has(cli, "unit") ? cli_value(cli, "unit") : S("")};
    Err e = unit_under(db, cli->a, scope, &units, &count);
    for (int i = 0; i < count && !e; i++) e = tell_roles(cli, db, units[i].slug, &b);
    db_close(db);
    return e ? people_unread(cli, e, "roles", S("")) : cli_write(cli, buf_done(&b), EXIT_DONE);
}

/* ---- the command ---- */

static int run_give(Cli *cli, Store *store, Giving *g)
{
    Db *db;
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    wrong = find_person(cli, db, cli_value(cli, "to"), &g->person);
    db_close(db);
    if (!wrong) wrong = people_run(cli, store, "role_give", LEAF_ONE, give, g);
    if (wrong) return wrong;
    Str kind = role_words(g->kind), given = *g->given;
    return cli_write(cli,
        str_format(cli->a, "%.*s\t%.*s is %.*s of %.*s\n", STR_ARG(given), STR_ARG(g->name), STR_ARG(kind), STR_ARG(g->unit)), EXIT_DONE);
}

static int run(Cli *cli)
{
    Settings s;
    Store *store;
    Str given;
    Giving g = {.given = &given, .id = cli_value(cli, "end"), .reason = cli_has(cli, "reason") ? cli_value(cli, "reason") : S("")};
    bool gives = cli_has(cli, "give"), ends = cli_has(cli, "end");
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    if (gives && ends) return cli_usage(cli, "--give or --end, not both");
    if (ends && !g.reason.len) return cli_usage(cli, "--reason: expected why the role ends before its time; the public record will say it");
    int wrong = settings_load(cli, &s);
    if (!wrong) wrong = people_zone(cli, &s);
    if (!wrong && gives) wrong = read_giving(cli, &g);
    if (!wrong && (gives || ends)) wrong = settings_officer(cli, &s, &g.by);
    if (!wrong) wrong = people_store(cli, &s, false, &store);
    if (wrong) return wrong;
    if (gives) wrong = run_give(cli, store, &g);
    else wrong = ends ? people_run(cli, store, "role_end", LEAF_ONE, end, &g) : list(cli, store);
    store_close(store);
    return wrong;
}

static const Option options[] = {
    OFFICER_OPTIONS{"give", 'g', "ROLE", false, "give this role", "organiser secretary returning-officer"},
    {"unit", 'u', "SLUG", false, "on this unit; it counts for all below. When listing: of it and all below", NULL},
    {"to", 't', "PERSON", false, "the person who gets it: her e-mail address, or her id in your own list", NULL},
    {"name", 'n', "NAME", false, "her name as an officer, with her consent: the public record says it, for ever", NULL},
    {"until", 0, "DATE", false, "its last day, 2027-03-31: then it ends by itself; at most five years", NULL},
    {"end", 'e', "ID", false, "end a role before its time", NULL},
    {"reason", 'r', "TEXT", false, "why it is given or ended; public", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_role = {
    .name = "people role",
    .operands = "",
    .summary = "give a person a role on a unit, end one, or list them",
    .description = "Organisers find whom they may ring or invite. Secretaries keep the list: they see and change what is held, import, "
                   "export and merge. Returning officers "
                   "freeze rolls and have them audited. Each role is held on one unit, counts for all below it, and has a last day.\n\n"
                   "A role is a power in the public record, under the officer's name: ask her before. A steward can give roles on the "
                   "site; the first ones are given here.\n\n"
                   "Without --give and --end, the roles in force: id, unit, role, officer, last day, entry of the record.\n\n"
                   "Exit status: 0 done; 2 the call cannot be used (nothing was changed); 3 the system failed.",
    .examples = "hustings people role --give secretary --unit leeds --to ada@example.org --name \"Ada Poll\" --until 2027-03-31 --by "
                "\"Carol Count\"\n"
                "hustings people role --unit leeds  # who holds which there and below\n"
                "hustings people role --end ID --reason \"She moved away.\" --by \"Carol Count\"\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
