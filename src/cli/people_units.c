/* people_units.c: hustings people units.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/people_words.h"

#include "formats/file.h"
#include "people/unit.h"

enum { LIST_BYTES_MAX = 16 * 1024 * 1024 };

typedef struct Changing {
    Unit unit;
    UnitList list;
    Str file;
    Officer by;
    int *added;
} Changing;

/* ---- commands ---- */

static Err add_one(Db *db, Command *command)
{
    const Changing *c = command->input;
    return unit_add(db, command->arena, &c->unit, c->by, command->now, &command->fault);
}

static Err add_list(Db *db, Command *command)
{
    const Changing *c = command->input;
    Err e = unit_add_all(db, command->arena, c->list.units, c->list.count, c->by, command->now, c->added, &command->fault);
    int64_t at = command->fault.line;
    if (e && at > 0 && at <= c->list.count) {
        command->fault.file = c->file;
        command->fault.line = c->list.lines[at - 1];
    }
    return e;
}

static Err rename_one(Db *db, Command *command)
{
    const Changing *c = command->input;
    return unit_rename(db, command->arena, c->unit.slug, c->unit.name, c->unit.kind, c->by, command->now, &command->fault);
}

static Err move_one(Db *db, Command *command)
{
    const Changing *c = command->input;
    return unit_move(db, command->arena, c->unit.slug, c->unit.above, c->by, command->now, &command->fault);
}

/* ---- what was asked ---- */

static const char *const doings[] = {"add", "import", "rename", "move"};

/* Which one; NULL: list them. False after telling that there are two. */
static bool doing_of(Cli *cli, const char **ret_doing)
{
    *ret_doing = NULL;
    for (int i = 0; i < COUNT_OF(doings); i++) {
        if (!cli_has(cli, doings[i])) continue;
        if (*ret_doing) return cli_usage(cli, "--%s or --%s, not both", *ret_doing, doings[i]), false;
        *ret_doing = doings[i];
    }
    return true;
}

static int read_list(Cli *cli, Changing *c)
{
    Str path = cli_value(cli, "import"), text;
    Fault fault = {0};
    c->file = path;
    Err e = file_read_all(cli->a, str_c(cli->a, path), LIST_BYTES_MAX, &text, &fault);
    if (!e) e = unit_list_read(cli->a, text, &c->list, &fault);
    if (!e) return EXIT_DONE;
    if (!fault.file.len) fault.file = path;
    return cli_fail(cli, &fault);
}

/* A new name keeps the kind that there is, unless one is given. */
static int read_kind(Cli *cli, Store *store, Changing *c)
{
    Db *db;
    Unit unit;
    c->unit.kind = cli_value(cli, "kind");
    if (c->unit.kind.len && c->unit.name.len) return EXIT_DONE;
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Err e = unit_find(db, cli->a, c->unit.slug, &unit);
    db_close(db);
    if (e) return people_unread(cli, e, "a unit that there is ('hustings people units' lists them)", c->unit.slug);
    if (!c->unit.kind.len) c->unit.kind = unit.kind;
    if (!c->unit.name.len) c->unit.name = unit.name;
    return EXIT_DONE;
}

static int change(Cli *cli, Store *store, const char *doing, Changing *c)
{
    c->unit = (Unit){.slug = cli_value(cli, doing),
        .name = cli_value(cli, "name"),
        .kind = cli_has(cli, "kind") ? cli_value(cli, "kind") : S("other"),
        .above = cli_has(cli, "above") ? cli_value(cli, "above") : S("")};
    if (doing == doings[0]) return people_run(cli, store, "unit_add", LEAF_ONE, add_one, c);
    if (doing == doings[3]) return people_run(cli, store, "unit_move", LEAF_ONE, move_one, c);
    if (doing == doings[2]) {
        int wrong = read_kind(cli, store, c);
        return wrong ? wrong : people_run(cli, store, "unit_rename", LEAF_ONE, rename_one, c);
    }
    int wrong = read_list(cli, c);
    return wrong ? wrong : people_run(cli, store, "unit_add_all", LEAF_MAYBE, add_list, c);
}

/* ---- the list ---- */

static void tell_branch(Buf *b, const Unit *units, int count, Str above)
{
    for (int i = 0; i < count; i++) {
        const Unit *u = &units[i];
        if (!str_equal(u->above, above)) continue;
        for (int k = 0; k < u->depth; k++) buf_str(b, S("  "));
        buf_format(b, "%.*s\t%.*s\t%.*s\n", STR_ARG(u->slug), STR_ARG(u->name), STR_ARG(u->kind));
        tell_branch(b, units, count, u->slug);
    }
}

static int list(Cli *cli, Store *store)
{
    Db *db;
    Unit *units;
    int count;
    int wrong = people_reader(cli, store, &db);
    if (wrong) return wrong;
    Err e = unit_under(db, cli->a, (Scope){{0}}, &units, &count);
    db_close(db);
    if (e) return people_unread(cli, e, "units", S(""));
    Buf b = buf_new(cli->a);
    tell_branch(&b, units, count, S(""));
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

static int tell_done(Cli *cli, const char *doing, int added)
{
    if (doing == doings[1]) return cli_write(cli, str_format(cli->a, "%d added\n", added), EXIT_DONE);
    return EXIT_DONE;
}

static int run(Cli *cli)
{
    Settings s;
    Store *store;
    int added = 0;
    Changing c = {.added = &added};
    const char *doing;
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    if (!doing_of(cli, &doing)) return EXIT_INPUT;
    if (doing == doings[0] && !cli_has(cli, "name")) return cli_usage(cli, "--add: expected --name, too");
    int wrong = settings_load(cli, &s);
    if (!wrong && doing) wrong = settings_officer(cli, &s, &c.by);
    if (!wrong) wrong = people_store(cli, &s, doing != NULL, &store);
    if (wrong) return wrong;
    wrong = doing ? change(cli, store, doing, &c) : list(cli, store);
    store_close(store);
    return wrong || !doing ? wrong : tell_done(cli, doing, added);
}

static const Option options[] = {
    OFFICER_OPTIONS{"add", 'a', "SLUG", false, "add a unit at this address: lower-case letters, digits, hyphens; it never changes", NULL},
    {"import", 'i', "FILE", false, "add all units of a CSV file with the columns slug, name, kind, above", "FILES"},
    {"rename", 'r', "SLUG", false, "give a unit another --name or --kind", NULL},
    {"move", 'm', "SLUG", false, "put a unit, and all below it, under --above (without it: at the top)", NULL},
    {"name", 'n', "NAME", false, "what it is called", NULL},
    {"kind", 'k', "KIND", false, "what it is (default: other)", "national region constituency branch union society other"},
    {"above", 'u', "SLUG", false, "the unit above it; without it the unit is at the top", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_people_units = {
    .name = "people units",
    .operands = "",
    .summary = "list the organisation's units, or add, rename and move them",
    .description = "Without options, the tree: address, name and kind, with tabs between.\n\n"
                   "Units stand in a tree of at most 12 levels. Members belong to units; a role is held on one unit and counts for all "
                   "below it. A change of the tree is an "
                   "act of the public record, under the name of who made it (--by); a file is one act. A file may be read again: what is "
                   "there already is passed over, "
                   "and one that differs from what is there is refused.\n\n"
                   "Exit status: 0 done; 2 the file or the call cannot be used (nothing was changed); 3 the system failed.",
    .examples = "hustings people units --add labour --name \"Labour\" --kind national --by \"Carol Count\"\n"
                "hustings people units --add leeds --name Leeds --kind branch --above labour --by \"Carol Count\"\n"
                "hustings people units --import units.csv --by \"Carol Count\"  # slug,name,kind,above\n"
                "hustings people units  # the tree\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
