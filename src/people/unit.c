/* unit.c: the tree of units.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/unit.h"

#include "people/search.h"
#include "people/text.h"
#include "record/record.h"

#include <string.h>

const char *const unit_kinds[] = {"national", "region", "constituency", "branch", "union", "society", "other", NULL};

/* ---- reading ---- */

static Unit unit_of(const DbRows *rows)
{
    return (Unit){.slug = db_text(rows, "slug"),
        .name = db_text(rows, "name"),
        .kind = db_text(rows, "kind"),
        .above = db_text(rows, "above"),
        .depth = (int)db_i64(rows, "depth")};
}

static void read_units(Arena *a, DbRows *rows, Unit **ret_units, int *ret_count)
{
    Unit *unit = *ret_units = arena_new(a, Unit, (size_t)rows->count + 1);
    *ret_count = rows->count;
    while (db_next(rows)) *unit++ = unit_of(rows);
}

static Err read_list(Db *db, Arena *a, const char *statement, Str of, Unit **ret_units, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, statement, DB_VALUES(db_string(of)), &rows);
    if (!e) read_units(a, &rows, ret_units, ret_count);
    return e;
}

Err unit_find(Db *db, Arena *a, Str slug, Unit *ret_unit)
{
    DbRows rows;
    Err e = db_one(db, a, "people_unit", DB_VALUES(db_string(slug)), &rows);
    if (!e) *ret_unit = unit_of(&rows);
    return e;
}

Str unit_name(Db *db, Arena *a, Str slug)
{
    Unit unit;
    return slug.len && !unit_find(db, a, slug, &unit) ? unit.name : slug;
}

static Err find_within(Db *db, Arena *a, Scope scope, Str slug, Unit *ret_unit)
{
    Unit unit;
    bool below;
    Err e = unit_find(db, a, slug, &unit);
    if (!e) e = unit_is_below(db, a, slug, scope.unit, &below);
    if (e) return e;
    if (!below) return ERR_MISSING;
    *ret_unit = unit;
    return ERR_OK;
}

Err unit_named(Db *db, Arena *a, Scope scope, Str typed, Unit *ret_unit)
{
    Unit *units;
    int count;
    DbRows rows;
    Err e = find_within(db, a, scope, typed, ret_unit);
    if (e != ERR_MISSING) return e;
    Str folded = text_fold(a, typed);
    if (!folded.len) return ERR_MISSING;
    e = db_query(db, a, "people_units_named", DB_VALUES(db_string(folded), db_string(scope.unit)), &rows);
    if (e) return e;
    read_units(a, &rows, &units, &count);
    if (count != 1) return count ? ERR_CONFLICT : ERR_MISSING;
    *ret_unit = units[0];
    return ERR_OK;
}

Err unit_path(Db *db, Arena *a, Str slug, Unit **ret_units, int *ret_count)
{
    Err e = read_list(db, a, "people_unit_path", slug, ret_units, ret_count);
    return !e && !*ret_count ? ERR_MISSING : e;
}

Err unit_below(Db *db, Arena *a, Str slug, Unit **ret_units, int *ret_count)
{
    return read_list(db, a, "people_units_below", slug, ret_units, ret_count);
}

Err unit_under(Db *db, Arena *a, Scope scope, Unit **ret_units, int *ret_count)
{
    return read_list(db, a, "people_units_under", scope.unit, ret_units, ret_count);
}

Err unit_is_below(Db *db, Arena *a, Str unit, Str above, bool *ret_below)
{
    DbRows rows;
    if (!above.len) return *ret_below = true, ERR_OK;
    Err e = db_one(db, a, "people_unit_is_below", DB_VALUES(db_string(unit), db_string(above)), &rows);
    if (e && e != ERR_MISSING) return e;
    *ret_below = !e;
    return ERR_OK;
}

Err unit_members(Db *db, Arena *a, Str slug, int64_t *ret_members)
{
    DbRows rows;
    Err e = db_one(db, a, "people_unit_members", DB_VALUES(db_string(slug)), &rows);
    if (!e) *ret_members = db_i64(&rows, "members");
    return e;
}

Err unit_figures(Db *db, Arena *a, Str slug, UnitFigure **ret_figures, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "people_unit_figures", DB_VALUES(db_string(slug)), &rows);
    if (e) return e;
    UnitFigure *f = *ret_figures = arena_new(a, UnitFigure, (size_t)rows.count + 1);
    *ret_count = rows.count;
    for (; db_next(&rows); f++)
        *f = (UnitFigure){db_text(&rows, "status"), db_text(&rows, "section"), db_text(&rows, "class"), db_i64(&rows, "memberships")};
    return ERR_OK;
}

/* ---- what a unit may be ---- */

static bool is_slug(Str s)
{
    if (!s.len || s.len > UNIT_SLUG_MAX) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (c != '-' || i == 0 || i + 1 == s.len)) return false;
    }
    return true;
}

static bool is_kind(Str kind)
{
    for (int i = 0; unit_kinds[i]; i++)
        if (str_equal(kind, str_from_c(unit_kinds[i]))) return true;
    return false;
}

static NODISCARD Err check_words(Arena *a, Str name, Str kind, Fault *fault)
{
    if (!name.len || name.len > UNIT_NAME_MAX || !str_is_clean_text(name) || !text_fold(a, name).len)
        return fault_set(fault, ERR_INPUT, 0, 0, S("the unit's name, at most 120 bytes on one line"), fault_quote(a, name));
    if (!is_kind(kind))
        return fault_set(
            fault, ERR_INPUT, 0, 0, S("one of: national, region, constituency, branch, union, society, other"), fault_quote(a, kind));
    return ERR_OK;
}

static NODISCARD Err missing(Arena *a, Str slug, Fault *fault)
{
    return fault_set(fault, ERR_MISSING, 0, 0, S("a unit that there is"), fault_quote(a, slug));
}

/* The unit above must be there, and leave room for what comes below it. */
static NODISCARD Err check_above(Db *db, Arena *a, Str above, int height, Unit *ret_above, Fault *fault)
{
    *ret_above = (Unit){.depth = -1};
    if (!above.len) return ERR_OK;
    Err e = unit_find(db, a, above, ret_above);
    if (e == ERR_MISSING) return missing(a, above, fault);
    if (!e && ret_above->depth + 1 + height >= UNIT_DEPTH_MAX)
        return fault_set(fault, ERR_INPUT, 0, 0, S("at most 12 levels of units"), S("one more"));
    return e;
}

/* ---- telling ---- */

/* "the branch Leeds North East", without a kind that says nothing */
static Str called(Arena *a, const Unit *unit)
{
    Str name = act_line(a, unit->name, UNIT_NAME_MAX);
    bool other = str_equal(unit->kind, S("other"));
    return str_format(a, "the %.*s %.*s", STR_ARG(other ? S("unit") : unit->kind), STR_ARG(name));
}

static void put_unit(View *v, const Unit *unit)
{
    view_put_str(v, S("slug"), unit->slug);
    view_put_str(v, S("name"), unit->name);
    view_put_str(v, S("kind"), unit->kind);
    if (unit->above.len) view_put_str(v, S("above"), unit->above);
}

static NODISCARD Err tell(Db *db, Arena *a, const Unit *now, Str says, Officer by, int64_t at, Fault *fault)
{
    View *data = view_object(a);
    put_unit(data, now);
    Act act = {.kind = "unit.changed", .by = by, .says = says, .unit = now->slug, .data = data};
    Err e = record_act(db, a, &act, at, NULL, fault);
    return e ? e : db_announce(db, S("units"), S(""), at);
}

/* ", below Leeds" */
static Str place_words(Arena *a, const Unit *above)
{
    return above->slug.len ? str_format(a, ", below %.*s", STR_ARG(above->name)) : S("");
}

/* ---- changing ---- */

static NODISCARD Err insert(Db *db, Arena *a, const Unit *unit, int64_t now)
{
    Err e = db_run(db, "people_unit_add",
        DB_VALUES(db_string(unit->slug), db_string(unit->name), db_string(unit->kind), db_string(unit->above.len ? unit->above : S("")),
            db_string(text_fold(a, unit->name)), db_number(now)));
    if (!e) e = db_run(db, "people_unit_over_itself", DB_VALUES(db_string(unit->slug)));
    return !e && unit->above.len ? db_run(db, "people_unit_over_all", DB_VALUES(db_string(unit->above), db_string(unit->slug))) : e;
}

/* Puts it in; *ret_above is filled for the words. */
static NODISCARD Err put_in(Db *db, Arena *a, const Unit *unit, int64_t now, Unit *ret_above, Fault *fault)
{
    Unit other;
    if (!is_slug(unit->slug))
        return fault_set(
            fault, ERR_INPUT, 0, 0, S("an address of lower-case letters, digits and inner hyphens"), fault_quote(a, unit->slug));
    Err e = check_words(a, unit->name, unit->kind, fault);
    if (!e) e = check_above(db, a, unit->above, 0, ret_above, fault);
    if (e) return e;
    e = unit_find(db, a, unit->slug, &other);
    if (!e) return fault_set(fault, ERR_CONFLICT, 0, 0, S("an address that no unit has yet"), fault_quote(a, unit->slug));
    return e == ERR_MISSING ? insert(db, a, unit, now) : e;
}

Err unit_add(Db *db, Arena *a, const Unit *unit, Officer by, int64_t now, Fault *fault)
{
    Unit above;
    Err e = put_in(db, a, unit, now, &above, fault);
    if (e) return e;
    Str what = called(a, unit), where = place_words(a, &above);
    return tell(db, a, unit, str_format(a, "There is a new unit: %.*s%.*s.", STR_ARG(what), STR_ARG(where)), by, now, fault);
}

static bool is_same(const Unit *unit, const Unit *other)
{
    return str_equal(unit->name, other->name) && str_equal(unit->kind, other->kind) && str_equal(unit->above, other->above);
}

static NODISCARD Err tell_all(Db *db, Arena *a, View *data, int added, Officer by, int64_t now, Fault *fault)
{
    Str says = added == 1 ? S("A list with one new unit was read in.") : str_format(a, "A list with %d new units was read in.", added);
    Act act = {.kind = "unit.changed", .by = by, .says = says, .data = data};
    Err e = record_act(db, a, &act, now, NULL, fault);
    return e ? e : db_announce(db, S("units"), S(""), now);
}

Err unit_add_all(Db *db, Arena *a, const Unit *units, int count, Officer by, int64_t now, int *ret_added, Fault *fault)
{
    View *data = view_object(a), *list = view_put_array(data, S("units"));
    Unit there, above;
    int added = 0;
    Err e = ERR_OK;
    for (int i = 0; i < count && !e; i++) {
        e = unit_find(db, a, units[i].slug, &there);
        if (!e && is_same(&units[i], &there)) continue;
        if (!e || e == ERR_MISSING) e = put_in(db, a, &units[i], now, &above, fault);
        fault->line = e ? i + 1 : 0;
        if (e) continue;
        put_unit(view_add_object(list), &units[i]);
        added++;
    }
    *ret_added = added;
    return !e && added ? tell_all(db, a, data, added, by, now, fault) : e;
}

Err unit_rename(Db *db, Arena *a, Str slug, Str name, Str kind, Officer by, int64_t now, Fault *fault)
{
    Unit was;
    Err e = unit_find(db, a, slug, &was);
    if (e == ERR_MISSING) return missing(a, slug, fault);
    if (!e) e = check_words(a, name, kind, fault);
    if (e) return e;
    Unit is = was;
    is.name = name;
    is.kind = kind;
    if (is_same(&was, &is)) return fault_set(fault, ERR_INPUT, 0, 0, S("another name or kind than the unit has"), S("the same"));
    e = db_run(db, "people_unit_rename", DB_VALUES(db_string(slug), db_string(name), db_string(kind), db_string(text_fold(a, name))));
    if (e) return e;
    Str before = called(a, &was), after = called(a, &is);
    return tell(db, a, &is, str_format(a, "The unit %.*s, until now %.*s, is called %.*s.", STR_ARG(slug), STR_ARG(before), STR_ARG(after)),
        by, now, fault);
}

static NODISCARD Err height_of(Db *db, Arena *a, Str slug, int *ret_height)
{
    DbRows rows;
    Err e = db_one(db, a, "people_unit_height", DB_VALUES(db_string(slug)), &rows);
    if (!e) *ret_height = (int)db_i64(&rows, "height");
    return e;
}

static NODISCARD Err check_loop(Db *db, Arena *a, Str slug, Str place, Fault *fault)
{
    bool below = false;
    Err e = place.len ? unit_is_below(db, a, place, slug, &below) : ERR_OK;
    if (!e && below) return fault_set(fault, ERR_CONFLICT, 0, 0, S("a unit that is not below the one to be moved"), fault_quote(a, place));
    return e;
}

static NODISCARD Err move_rows(Db *db, Str slug, Str above)
{
    Err e = db_run(db, "people_unit_move", DB_VALUES(db_string(slug), db_string(above.len ? above : S(""))));
    if (!e) e = db_run(db, "people_unit_over_none", DB_VALUES(db_string(slug)));
    if (!e && above.len) e = db_run(db, "people_unit_over_all", DB_VALUES(db_string(above), db_string(slug)));
    return e ? e : search_unit_moved(db, slug);
}

Err unit_move(Db *db, Arena *a, Str slug, Str above, Officer by, int64_t now, Fault *fault)
{
    Unit unit, under;
    int height = 0;
    Err e = unit_find(db, a, slug, &unit);
    if (e == ERR_MISSING) return missing(a, slug, fault);
    if (!e) e = check_loop(db, a, slug, above, fault);
    if (!e) e = height_of(db, a, slug, &height);
    if (!e) e = check_above(db, a, above, height, &under, fault);
    if (e) return e;
    if (str_equal(unit.above, above)) return fault_set(fault, ERR_INPUT, 0, 0, S("another place than the unit has"), S("the same"));
    e = move_rows(db, slug, above);
    if (e) return e;
    unit.above = above;
    Str name = act_line(a, unit.name, UNIT_NAME_MAX),
        where = under.slug.len ? str_format(a, "below %.*s", STR_ARG(under.name)) : S("at the top");
    return tell(
        db, a, &unit, str_format(a, "%.*s, with all below it, was moved: it stands %.*s.", STR_ARG(name), STR_ARG(where)), by, now, fault);
}
