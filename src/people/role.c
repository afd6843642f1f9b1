/* role.c: roles that people hold on units: powers in the public record, with an end.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/unit.h"
#include "record/record.h"

#include <string.h>

static const struct {
    const char *name, *words;
} role_names[ROLE__COUNT] = {[ROLE_ORGANISER] = {"organiser", "organiser"},
    [ROLE_SECRETARY] = {"secretary", "secretary"},
    [ROLE_RETURNING] = {"returning-officer", "returning officer"}};

Str role_name(RoleKind kind)
{
    return str_from_c(role_names[kind].name);
}

Str role_words(RoleKind kind)
{
    return str_from_c(role_names[kind].words);
}

bool role_of(Str name, RoleKind *ret_kind)
{
    for (int i = 0; i < ROLE__COUNT; i++)
        if (str_equal(name, str_from_c(role_names[i].name))) return *ret_kind = (RoleKind)i, true;
    return false;
}

/* ---- reading ---- */

static RoleHeld role_from(const DbRows *rows)
{
    RoleHeld r = {.id = db_text(rows, "id"),
        .person = db_text(rows, "person"),
        .name = db_text(rows, "name"),
        .unit = db_text(rows, "unit"),
        .unit_name = db_text(rows, "unit_name"),
        .begun = db_i64(rows, "begun"),
        .until = db_i64(rows, "until"),
        .leaf = db_i64(rows, "leaf")};
    bool known = role_of(db_text(rows, "kind"), &r.kind);
    ASSERT(known); /* role_give wrote it */
    return r;
}

static Err read_roles(Db *db, Arena *a, const char *statement, Str of, int64_t now, RoleHeld **ret_roles, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, statement, DB_VALUES(db_string(of), db_number(now)), &rows);
    if (e) return e;
    RoleHeld *role = *ret_roles = arena_new(a, RoleHeld, (size_t)rows.count + 1);
    *ret_count = rows.count;
    while (db_next(&rows)) *role++ = role_from(&rows);
    return ERR_OK;
}

Err roles_of(Db *db, Arena *a, Str person, int64_t now, RoleHeld **ret_roles, int *ret_count)
{
    return read_roles(db, a, "people_roles_of", person, now, ret_roles, ret_count);
}

Err roles_on(Db *db, Arena *a, Str unit, int64_t now, RoleHeld **ret_roles, int *ret_count)
{
    return read_roles(db, a, "people_roles_on", unit, now, ret_roles, ret_count);
}

Err role_find(Db *db, Arena *a, Str id, RoleHeld *ret_role)
{
    DbRows rows;
    Err e = db_one(db, a, "people_role", DB_VALUES(db_string(id)), &rows);
    if (!e) *ret_role = role_from(&rows);
    return e;
}

/* "secretary of Leeds" */
static Str role_on(Arena *a, RoleKind kind, Str unit_name)
{
    return str_format(a, "%s of %.*s", role_names[kind].words, STR_ARG(unit_name));
}

Err role_holds(Db *db, Arena *a, Str person, RoleKind kind, Str unit, int64_t now, Officer *ret_officer)
{
    DbRows rows;
    if (!person.len || !unit.len) return ERR_DENIED;
    Err e = db_one(
        db, a, "people_role_holds", DB_VALUES(db_string(person), db_string(role_name(kind)), db_string(unit), db_number(now)), &rows);
    if (e) return e == ERR_MISSING ? ERR_DENIED : e;
    *ret_officer = (Officer){
        .name = db_text(&rows, "name"), .role = act_line(a, role_on(a, kind, db_text(&rows, "unit_name")), ACT_NAME_MAX)};
    return ERR_OK;
}

/* ---- giving ---- */

typedef struct Giving {
    Str person, name;
    RoleKind kind;
    Unit unit;
    int64_t begun, until;
} Giving;

/* "1 March 2027, 00:00 UTC" */
static Str until_words(Arena *a, int64_t until)
{
    enum { DAY_MINUTES = 24 * 60, MINUTE_MS = 60000 };
    Str day = day_words(a, day_at(until));
    int64_t minutes = until / MINUTE_MS % DAY_MINUTES;
    return str_format(a, "%.*s, %02lld:%02lld UTC", STR_ARG(day), (long long)(minutes / 60), (long long)(minutes % 60));
}

static NODISCARD Err check_giving(Db *db, Arena *a, const Giving *g, Fault *fault)
{
    const int64_t longest = (int64_t)ROLE_YEARS_MAX * 366 * 24 * 60 * 60 * 1000;
    DbRows rows;
    if (!g->name.len || g->name.len > ACT_NAME_MAX || !str_is_clean_text(g->name))
        return fault_set(
            fault, ERR_INPUT, 0, 0, S("the officer's name on one line, at most 200 bytes: it is public for ever"), S("another"));
    if (g->until <= g->begun) return fault_set(fault, ERR_INPUT, 0, 0, S("an end that is not over yet"), S("one that is"));
    if (g->until > g->begun + longest) return fault_set(fault, ERR_INPUT, 0, 0, S("an end at most five years from now"), S("a later one"));
    Err e = db_one(db, a, "people_role_same",
        DB_VALUES(db_string(g->person), db_string(role_name(g->kind)), db_string(g->unit.slug), db_number(g->begun)), &rows);
    if (!e)
        return fault_set(fault, ERR_CONFLICT, 0, 0, S("a role that she does not hold there yet (end it first)"), S("one that she holds"));
    return e == ERR_MISSING ? ERR_OK : e;
}

static NODISCARD Err tell_given(Db *db, Arena *a, const Giving *g, Officer by, Str reason, int64_t *ret_leaf, Fault *fault)
{
    View *data = view_object(a);
    view_put_str(data, S("role"), role_name(g->kind));
    Str what = act_line(a, str_format(a, "the role of %.*s", STR_ARG(role_on(a, g->kind, g->unit.name))), ACT_NAME_MAX);
    Str until = until_words(a, g->until);
    Act act = {.kind = "role.given",
        .by = by,
        .says = str_format(a, "%.*s was given %.*s, until %.*s at the latest.", STR_ARG(g->name), STR_ARG(what), STR_ARG(until)),
        .unit = g->unit.slug,
        .reason = act_line(a, reason, ACT_REASON_MAX),
        .until = g->until,
        .data = data};
    Power power = {.ended = "role.ended", .holder = g->name, .what = what};
    return record_power_give(db, a, &act, &power, g->begun, ret_leaf, fault);
}

static NODISCARD Err announce_unit(Db *db, int64_t now)
{
    return db_announce(db, S("units"), S(""), now);
}

Err role_give(Db *db, Arena *a, Str person, Str name, RoleKind kind, Str unit, int64_t until, Officer by, Str reason, int64_t now,
    Str *ret_id, Fault *fault)
{
    Person held;
    Giving g = {.person = person, .name = name, .kind = kind, .begun = now, .until = until};
    int64_t leaf;
    Err e = unit_find(db, a, unit, &g.unit);
    if (!e) e = person_find(db, a, scope_all(), person, &held, NULL);
    if (e == ERR_MISSING) return fault_set(fault, e, 0, 0, S("a unit and a person that there are"), S("none"));
    if (!e) e = check_giving(db, a, &g, fault);
    if (!e) e = tell_given(db, a, &g, by, reason, &leaf, fault);
    if (e) return e;
    Str id = person_new_id(a, now);
    e = db_run(db, "people_role_add",
        DB_VALUES(db_string(id), db_string(person), db_string(name), db_string(role_name(kind)), db_string(unit), db_number(now),
            db_number(until), db_number(leaf)));
    if (!e) e = announce_unit(db, now);
    if (!e) *ret_id = id;
    return e;
}

/* ---- ending ---- */

/* The row first: who finds it ended already, or its power ended by the record, has nothing to tell. */
static NODISCARD Err end_one(Db *db, Arena *a, Str id, int64_t leaf, Officer by, Str reason, int64_t now, Fault *fault)
{
    int64_t changed;
    Err e = db_run_counted(db, "people_role_ended", DB_VALUES(db_string(id), db_number(now)), &changed);
    if (!e && !changed) e = ERR_MISSING;
    if (!e) e = announce_unit(db, now);
    return e ? e : record_power_end(db, a, leaf, by, reason, now, fault);
}

Err role_end(Db *db, Arena *a, Str id, Officer by, Str reason, int64_t now, Fault *fault)
{
    RoleHeld role;
    Err e = role_find(db, a, id, &role);
    if (!e) e = end_one(db, a, id, role.leaf, by, act_line(a, reason, ACT_REASON_MAX), now, fault);
    if (e == ERR_MISSING) return fault_set(fault, e, 0, 0, S("a role that is in force"), fault_quote(a, id));
    return e;
}

/* The record's own housekeeping may have ended the power before: then only the row is left to be set. */
Err role_expire(Db *db, Command *command)
{
    DbRows rows;
    Arena *a = command->arena;
    Err e = db_query(db, a, "people_roles_over", DB_VALUES(db_number(command->now)), &rows);
    while (!e && db_next(&rows)) {
        e = end_one(
            db, a, db_text(&rows, "id"), db_i64(&rows, "leaf"), officer_program(), S("Its time was over."), command->now, &command->fault);
        if (e == ERR_MISSING) e = ERR_OK;
    }
    return e;
}
