/* Units and roles in the store, on either engine: the argument says which. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "persons.h"

#include <stdlib.h>

/* ---- the tree ---- */

typedef struct Treeing {
    Unit unit;
    int64_t now;
} Treeing;

static Err add_unit(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    return unit_add(db, a, context, carol, now, fault);
}

static Err move_unit(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    const Unit *u = context;
    return unit_move(db, a, u->slug, u->above, carol, now, fault);
}

static Err rename_unit(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    const Unit *u = context;
    return unit_rename(db, a, u->slug, u->name, u->kind, carol, now, fault);
}

static Unit unit_like(const char *slug, const char *name, const char *kind, const char *above)
{
    return (Unit){.slug = str_from_c(slug), .name = str_from_c(name), .kind = str_from_c(kind), .above = str_from_c(above)};
}

static Leaf newest_leaf(Place *p)
{
    int64_t size;
    Leaf leaf;
    assert_int_equal(record_size(p->db, p->a, &size), ERR_OK);
    assert_int_equal(record_leaf(p->db, p->a, size - 1, &leaf, NULL), ERR_OK);
    return leaf;
}

static int64_t leaves(Place *p)
{
    int64_t size;
    assert_int_equal(record_size(p->db, p->a, &size), ERR_OK);
    return size;
}

static void the_tree_is_told(void **state)
{
    engine_or_skip();
    Place p = place(state);
    assert_int_equal(leaves(&p), 1); /* six units in one list */
    Unit otley = unit_like("otley", "Otley", "branch", "leeds");
    assert_int_equal(doing(&p, LEAF_ONE, add_unit, &otley), ERR_OK);
    Leaf leaf = newest_leaf(&p);
    assert_str(leaf.kind, "unit.changed");
    assert_str(leaf.unit, "otley");
    assert_str(leaf.says, "There is a new unit: the branch Otley, below Leeds.");
    otley.name = S("Otley and Yeadon");
    otley.kind = S("other");
    assert_int_equal(doing(&p, LEAF_ONE, rename_unit, &otley), ERR_OK);
    assert_str(newest_leaf(&p).says, "The unit otley, until now the branch Otley, is called the unit Otley and Yeadon.");
    otley.above = S("");
    assert_int_equal(doing(&p, LEAF_ONE, move_unit, &otley), ERR_OK);
    assert_str(newest_leaf(&p).says, "Otley and Yeadon, with all below it, was moved: it stands at the top.");
    Unit *units, found;
    int count;
    assert_int_equal(unit_path(p.db, p.a, S("leeds-east"), &units, &count), ERR_OK);
    assert_int_equal(count, 4);
    assert_str(units[0].slug, "labour");
    assert_str(units[3].slug, "leeds-east");
    assert_true(units[0].depth == 0 && units[3].depth == 3);
    assert_int_equal(unit_path(p.db, p.a, S("atlantis"), &units, &count), ERR_MISSING);
    assert_int_equal(unit_below(p.db, p.a, S(""), &units, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(unit_under(p.db, p.a, below("north"), &units, &count), ERR_OK);
    assert_int_equal(count, 3);
    assert_str(units[0].slug, "north");
    assert_int_equal(unit_find(p.db, p.a, S("otley"), &found), ERR_OK);
    assert_str(found.name, "Otley and Yeadon");
    leave(&p);
}

static void what_is_no_tree_is_refused(void **state)
{
    engine_or_skip();
    Place p = place(state);
    static const struct {
        Doing *run;
        Err err;
        const char *slug, *name, *kind, *above;
    } rows[] = {
        {add_unit, ERR_CONFLICT, "leeds", "Leeds again", "branch", ""},
        {add_unit, ERR_MISSING, "a", "A", "branch", "atlantis"},
        {add_unit, ERR_INPUT, "a", "A", "planet", ""},
        {add_unit, ERR_INPUT, "a", "", "branch", ""},
        {add_unit, ERR_INPUT, "a", "...", "branch", ""},
        {add_unit, ERR_INPUT, "-a", "A", "branch", ""},
        {add_unit, ERR_INPUT, "A", "A", "branch", ""},
        {add_unit, ERR_INPUT, "a b", "A", "branch", ""},
        {add_unit, ERR_INPUT, "", "A", "branch", ""},
        {move_unit, ERR_CONFLICT, "north", "", "", "leeds-east"},
        {move_unit, ERR_CONFLICT, "north", "", "", "north"},
        {move_unit, ERR_INPUT, "north", "", "", "labour"},
        {move_unit, ERR_MISSING, "north", "", "", "atlantis"},
        {move_unit, ERR_MISSING, "atlantis", "", "", "labour"},
        {rename_unit, ERR_INPUT, "leeds", "Leeds", "constituency", ""},
        {rename_unit, ERR_MISSING, "atlantis", "A", "branch", ""},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Unit unit = unit_like(rows[i].slug, rows[i].name, rows[i].kind, rows[i].above);
        Fault fault = {0};
        Err e = doing_at(&p, LEAF_ONE, rows[i].run, &unit, NOW, &fault);
        assert_row(e == rows[i].err && fault.expected.len, rows[i].slug);
    }
    assert_int_equal(leaves(&p), 1);
    leave(&p);
}

static void twelve_levels_and_no_more(void **state)
{
    engine_or_skip();
    Place p = place(state);
    char slug[8], above[8] = "";
    for (int i = 0; i < UNIT_DEPTH_MAX; i++) {
        snprintf(slug, sizeof slug, "d%d", i);
        Unit unit = unit_like(slug, "Deep", "other", above);
        assert_int_equal(doing(&p, LEAF_ONE, add_unit, &unit), ERR_OK);
        memcpy(above, slug, sizeof above);
    }
    Unit more = unit_like("more", "More", "other", above);
    assert_int_equal(doing(&p, LEAF_ONE, add_unit, &more), ERR_INPUT);
    Unit under = unit_like("labour", "", "", "d8"); /* four levels under the ninth */
    assert_int_equal(doing(&p, LEAF_ONE, move_unit, &under), ERR_INPUT);
    under.above = S("d7");
    assert_int_equal(doing(&p, LEAF_ONE, move_unit, &under), ERR_OK);
    leave(&p);
}

/* Random moves; after each the closure must say what following `above` says. */
/* 0 to n - 1, the same ones at every run (Knuth's MMIX would do as well). */
static int below_next(uint32_t *seed, int n)
{
    *seed = *seed * 1664525 + 1013904223;
    return (int)((*seed >> 8) % (uint32_t)n);
}

static void the_closure_follows_every_move(void **state)
{
    enum { UNITS = 14, MOVES = 60 };
    engine_or_skip();
    Place p = place(state);
    int above[UNITS], moved = 0;
    char slugs[UNITS][8];
    uint32_t seed = 20261122;
    for (int i = 0; i < UNITS; i++) {
        above[i] = i ? below_next(&seed, i + 1) - 1 : -1;
        snprintf(slugs[i], sizeof slugs[i], "u%d", i);
        Unit unit = unit_like(slugs[i], "U", "other", above[i] < 0 ? "" : slugs[above[i]]);
        assert_int_equal(doing(&p, LEAF_ONE, add_unit, &unit), ERR_OK);
    }
    for (int m = 0; m < MOVES; m++) {
        int from = below_next(&seed, UNITS), to = below_next(&seed, UNITS + 1) - 1;
        bool loop = false;
        for (int i = to; i >= 0 && !loop; i = above[i]) loop = i == from;
        Unit unit = unit_like(slugs[from], "", "", to < 0 ? "" : slugs[to]);
        Err e = doing(&p, LEAF_ONE, move_unit, &unit), right = loop ? ERR_CONFLICT : to == above[from] ? ERR_INPUT : ERR_OK;
        if (e == ERR_INPUT && right == ERR_OK) continue; /* too deep: told apart above */
        assert_int_equal(e, right);
        if (!e) above[from] = to, moved++;
        for (int i = 0; i < UNITS; i++) {
            bool over[UNITS] = {0}, is;
            for (int k = i; k >= 0; k = above[k]) over[k] = true;
            for (int k = 0; k < UNITS; k++) {
                assert_int_equal(unit_is_below(p.db, p.a, str_from_c(slugs[i]), str_from_c(slugs[k]), &is), ERR_OK);
                assert_int_equal(is, over[k]);
            }
        }
    }
    assert_true(moved > MOVES / 4);
    leave(&p);
}

static void names_find_units_in_the_scope(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Unit second = unit_like("leeds-2", "LÉEDS", "union", "south");
    assert_int_equal(doing(&p, LEAF_ONE, add_unit, &second), ERR_OK);
    static const struct {
        Err err;
        const char *scope, *typed, *slug;
    } rows[] = {{ERR_OK, "", "leeds", "leeds"}, {ERR_OK, "south", "Leeds", "leeds-2"}, {ERR_OK, "north", "  lEEDS ", "leeds"},
        {ERR_CONFLICT, "", "Leeds", ""}, {ERR_MISSING, "south", "leeds-east", ""}, {ERR_MISSING, "", "", ""}, {ERR_MISSING, "", "...", ""},
        {ERR_OK, "south", "leeds", "leeds-2"}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Unit found = {0};
        Err e = unit_named(p.db, p.a, below(rows[i].scope), str_from_c(rows[i].typed), &found);
        assert_row(e == rows[i].err, rows[i].typed);
        if (!e) assert_same(found.slug, rows[i].slug);
    }
    leave(&p);
}

static void a_list_is_one_act_and_repeats_nothing(void **state)
{
    engine_or_skip();
    Place p = place(state);
    assert_int_equal(doing(&p, LEAF_MAYBE, add_some_units, NULL), ERR_OK);
    assert_int_equal(leaves(&p), 1);
    Leaf leaf = newest_leaf(&p);
    assert_str(leaf.says, "A list with 6 new units was read in.");
    const View *units = view_get(leaf.data, S("units"));
    assert_str(view_str(view_get(view_first(units), S("slug"))), "labour");
    Unit leeds = unit_like("leeds", "Another", "branch", "north");
    assert_int_equal(doing(&p, LEAF_ONE, rename_unit, &leeds), ERR_OK);
    Fault fault = {0};
    assert_int_equal(doing_at(&p, LEAF_MAYBE, add_some_units, NULL, NOW, &fault), ERR_CONFLICT); /* a file that contradicts the tree */
    assert_int_equal(fault.line, 4);
    leave(&p);
}

static void figures_add_up(void **state)
{
    engine_or_skip();
    Place p = place(state);
    add_person(&p, "name=A", "unit=leeds;section=members;class=youth", "unit=york;section=members;class=youth");
    add_person(&p, "name=B", "unit=leeds-east;section=members;class=youth", NULL);
    add_person(&p, "name=C", "unit=leeds;status=lapsed;section=affiliates", NULL);
    UnitFigure *figures;
    int count;
    int64_t members;
    assert_int_equal(unit_figures(p.db, p.a, S("north"), &figures, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_true(str_equal(figures[0].status, S("active")) && str_equal(figures[0].class, S("youth")) && figures[0].memberships == 2);
    assert_true(str_equal(figures[1].status, S("lapsed")) && str_equal(figures[1].section, S("affiliates")) && figures[1].memberships == 1);
    assert_int_equal(unit_members(p.db, p.a, S("labour"), &members), ERR_OK);
    assert_int_equal(members, 3);
    leave(&p);
}

/* ---- lists of units as CSV ---- */

static void lists_are_read_whatever_their_order(void **state)
{
    UnitList list;
    Fault fault = {0};
    Str text = S("\xef\xbb\xbf"
                 "Above,NAME,slug,kind\r\nleeds,\"Leeds, \"\"East\"\"\r\n and "
                 "more\",leeds-east,branch\r\n\r\nlabour,Leeds,,\r\n,Labour,labour,national\r\n");
    Str good = S(
        "Above,NAME,slug,kind\r\nleeds,\"Leeds, \"\"East\"\"\",leeds-east,branch\r\n\r\nlabour,Leeds,,\r\n,Labour,labour,national");
    assert_int_equal(unit_list_read(*state, text, &list, &fault), ERR_INPUT); /* a name on two lines */
    assert_int_equal(fault.line, 2);
    assert_int_equal(fault.column, 2);
    assert_int_equal(unit_list_read(*state, good, &list, &fault), ERR_OK);
    assert_int_equal(list.count, 3);
    assert_str(list.units[0].slug, "labour");
    assert_str(list.units[1].slug, "leeds");
    assert_str(list.units[1].kind, "other");
    assert_str(list.units[2].name, "Leeds, \"East\"");
    assert_true(list.lines[0] == 5 && list.lines[1] == 4 && list.lines[2] == 2);
}

static void lists_that_cannot_be_are_refused(void **state)
{
    static const struct {
        const char *text;
        int64_t line;
    } rows[] = {{"", 1}, {"slug,above\na,b\n", 1}, {"name,slug\nA,a\nB,a\n", 3}, {"name,slug,above\nA,a,b\nB,b,a\n", 2},
        {"name,slug,above\nA,a,a\n", 2}, {"name\n\"A\n", 2}, {"name\n\"A\" b\n", 2}, {"name\n\xff\n", 2}, {"name\n123\n", 2},
        {"name\n北京\n", 2}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        UnitList list;
        Fault fault = {0};
        Err e = unit_list_read(*state, str_from_c(rows[i].text), &list, &fault);
        assert_row(e == ERR_INPUT && fault.expected.len, rows[i].text);
        assert_int_equal(fault.line, rows[i].line);
    }
}

/* ---- roles ---- */

typedef struct Role {
    Str person, unit, id;
    RoleKind kind;
    int64_t until;
} Role;

static Err give_role(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Role *r = context;
    return role_give(db, a, r->person, S("Ada Poll"), r->kind, r->unit, r->until, carol, S("The branch elected her."), now, &r->id, fault);
}

static Err end_role(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    return role_end(db, a, ((Role *)context)->id, carol, S("She moved away."), now, fault);
}

static Err expire_roles(Db *db, Command *c)
{
    return role_expire(db, c);
}

static void expire_at(Place *p, Err (*run)(Db *, Command *), int64_t now)
{
    Command c = {.name = "expire", .leaf = LEAF_MAYBE, .run = run, .arena = p->a, .now = now};
    assert_int_equal(store_run(p->store, &c), ERR_OK);
}

static Err holds(Place *p, const Role *r, RoleKind kind, const char *unit, int64_t now)
{
    Officer officer = {0};
    return role_holds(p->db, p->a, r->person, kind, str_from_c(unit), now, &officer);
}

static Role leeds_secretary(Place *p)
{
    Role r = {.person = add_person(p, "name=Ada Private", "unit=york", NULL),
        .unit = S("leeds"),
        .kind = ROLE_SECRETARY,
        .until = NOW + 100 * DAY_MS};
    assert_int_equal(doing(p, LEAF_ONE, give_role, &r), ERR_OK);
    return r;
}

static void a_role_counts_for_its_unit_and_below(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Role r = leeds_secretary(&p);
    static const struct {
        const char *unit;
        RoleKind kind;
        Err err;
    } rows[] = {{"leeds", ROLE_SECRETARY, ERR_OK}, {"leeds-east", ROLE_SECRETARY, ERR_OK}, {"north", ROLE_SECRETARY, ERR_DENIED},
        {"labour", ROLE_SECRETARY, ERR_DENIED}, {"york", ROLE_SECRETARY, ERR_DENIED}, {"leeds", ROLE_ORGANISER, ERR_DENIED},
        {"leeds", ROLE_RETURNING, ERR_DENIED}, {"", ROLE_SECRETARY, ERR_DENIED}, {"atlantis", ROLE_SECRETARY, ERR_DENIED}};
    for (int i = 0; i < COUNT_OF(rows); i++) assert_row(holds(&p, &r, rows[i].kind, rows[i].unit, NOW) == rows[i].err, rows[i].unit);
    Role nobody = {.person = S("")};
    assert_int_equal(holds(&p, &nobody, ROLE_SECRETARY, "leeds", NOW), ERR_DENIED);
    Officer officer;
    assert_int_equal(role_holds(p.db, p.a, r.person, ROLE_SECRETARY, S("leeds-east"), NOW, &officer), ERR_OK);
    assert_str(officer.name, "Ada Poll");
    assert_str(officer.role, "secretary of Leeds");
    Leaf leaf = newest_leaf(&p);
    assert_str(leaf.kind, "role.given");
    assert_str(leaf.unit, "leeds");
    assert_str(leaf.reason, "The branch elected her.");
    assert_str(leaf.says, "Ada Poll was given the role of secretary of Leeds, until 2 March 2027, 17:05 UTC at the latest.");
    assert_true(leaf.until == r.until && !has(leaf.entry, "Private"));
    assert_false(has(leaf.entry, str_c(p.a, r.person)));
    leave(&p);
}

static void a_role_ends_once(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Role r = leeds_secretary(&p);
    Fault fault = {0};
    assert_int_equal(doing_at(&p, LEAF_ONE, give_role, &r, NOW, &fault), ERR_CONFLICT); /* the same again */
    assert_int_equal(doing(&p, LEAF_ONE, end_role, &r), ERR_OK);
    assert_int_equal(holds(&p, &r, ROLE_SECRETARY, "leeds", NOW), ERR_DENIED);
    Leaf leaf = newest_leaf(&p);
    assert_str(leaf.kind, "role.ended");
    assert_str(leaf.says, "The role of secretary of Leeds of Ada Poll ended.");
    assert_str(leaf.unit, "leeds");
    int64_t before = leaves(&p);
    assert_int_equal(doing(&p, LEAF_ONE, end_role, &r), ERR_MISSING);
    expire_at(&p, expire_roles, NOW + 200 * DAY_MS);
    assert_int_equal(leaves(&p), before);
    leave(&p);
}

/* Whichever housekeeping comes first, a role ends with one leaf. */
static void a_role_ends_by_itself(void **state)
{
    engine_or_skip();
    for (int record_first = 0; record_first < 2; record_first++) {
        Place p = place(state);
        Role r = leeds_secretary(&p);
        int64_t before = leaves(&p);
        expire_at(&p, expire_roles, r.until - 1);
        assert_int_equal(holds(&p, &r, ROLE_SECRETARY, "leeds", r.until - 1), ERR_OK);
        assert_int_equal(holds(&p, &r, ROLE_SECRETARY, "leeds", r.until), ERR_DENIED); /* at once, whenever housekeeping comes */
        expire_at(&p, record_first ? record_expire : expire_roles, r.until);
        assert_int_equal(leaves(&p), before + 1);
        expire_at(&p, record_first ? expire_roles : record_expire, r.until);
        assert_int_equal(leaves(&p), before + 1);
        assert_str(newest_leaf(&p).kind, "role.ended");
        DbRows rows;
        assert_int_equal(db_one(p.db, p.a, "people_role", DB_VALUES(db_string(r.id)), &rows), ERR_OK);
        assert_int_equal(db_i64(&rows, "ended"), r.until);
        leave(&p);
    }
}

/* An older backup may bring a role's row back; the copy of the record that is put behind it says that its power ended. */
static Err end_power_alone(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    return record_power_end(db, a, *(int64_t *)context, carol, S("It ended after the backup."), now, fault);
}

static void a_role_whose_power_ended_is_none(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Role r = leeds_secretary(&p);
    RoleHeld *roles;
    int count;
    assert_int_equal(roles_of(p.db, p.a, r.person, NOW, &roles, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(doing(&p, LEAF_ONE, end_power_alone, &roles[0].leaf), ERR_OK);
    assert_int_equal(holds(&p, &r, ROLE_SECRETARY, "leeds", NOW), ERR_DENIED);
    assert_int_equal(roles_of(p.db, p.a, r.person, NOW, &roles, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(roles_on(p.db, p.a, S("leeds"), NOW, &roles, &count), ERR_OK);
    assert_int_equal(count, 0);
    leave(&p);
}

static void a_role_that_cannot_be_is_not_given(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Str ada = add_person(&p, "name=Ada Poll", "unit=leeds", NULL);
    Role wrong[] = {{.person = S("nobody"), .unit = S("leeds"), .until = NOW + DAY_MS},
        {.person = ada, .unit = S("atlantis"), .until = NOW + DAY_MS}, {.person = ada, .unit = S("leeds"), .until = NOW},
        {.person = ada, .unit = S("leeds"), .until = NOW + 6 * 366 * DAY_MS}};
    static const Err errs[] = {ERR_MISSING, ERR_MISSING, ERR_INPUT, ERR_INPUT};
    for (int i = 0; i < COUNT_OF(wrong); i++) {
        Fault fault = {0};
        assert_int_equal(doing_at(&p, LEAF_ONE, give_role, &wrong[i], NOW, &fault), errs[i]);
        assert_true(fault.expected.len > 0);
    }
    assert_int_equal(leaves(&p), 1);
    leave(&p);
}

static Err erase(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Hand hand = {.by = S("Carol Count"), .now = now};
    (void)fault;
    return person_erase(db, a, *(Str *)context, &hand);
}

static void an_officer_is_erased_when_her_role_has_ended(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Role r = leeds_secretary(&p);
    assert_int_equal(doing(&p, LEAF_NONE, erase, &r.person), ERR_CONFLICT);
    assert_int_equal(doing(&p, LEAF_ONE, end_role, &r), ERR_OK);
    assert_int_equal(doing(&p, LEAF_NONE, erase, &r.person), ERR_OK);
    DbRows rows;
    assert_int_equal(db_one(p.db, p.a, "people_role", DB_VALUES(db_string(r.id)), &rows), ERR_MISSING);
    leave(&p);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {arena_test(the_tree_is_told), arena_test(what_is_no_tree_is_refused),
        arena_test(twelve_levels_and_no_more), arena_test(the_closure_follows_every_move), arena_test(names_find_units_in_the_scope),
        arena_test(a_list_is_one_act_and_repeats_nothing), arena_test(figures_add_up), arena_test(lists_are_read_whatever_their_order),
        arena_test(lists_that_cannot_be_are_refused), arena_test(a_role_counts_for_its_unit_and_below), arena_test(a_role_ends_once),
        arena_test(a_role_ends_by_itself), arena_test(a_role_whose_power_ended_is_none), arena_test(a_role_that_cannot_be_is_not_given),
        arena_test(an_officer_is_erased_when_her_role_has_ended)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
