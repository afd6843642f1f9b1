/* members.c: the memberships that rules are applied to, with no more of each person than the rules and an entry ask for.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * roster_from_store reads every column and puts rows in the order of persons, which an audit needs and a roll does not: for 600,000 members that is half of the
 * time of a freeze.
 */
#include "roll/own.h"

enum { MEMBERS_AT_ONCE = 20000 };

static const struct {
    PeopleColumn column;
    const char *name;
} columns[] = {{COL_GIVEN_NAME, "given_name"}, {COL_FAMILY_NAME, "family_name"}, {COL_SECTION, "section"}, {COL_CLASS, "class"},
    {COL_STATUS, "status"}, {COL_STATUS_SINCE, "status_since"}, {COL_STATUS_REASON, "status_reason"}, {COL_HISTORY, "history"},
    {COL_JOINED, "joined"}, {COL_FIRST_RECEIPT, "first_receipt"}, {COL_PAID_UNTIL, "paid_until"}, {COL_DECLARED, "declared"}};
enum { COLUMN_PERSON = COUNT_OF(columns), COLUMN_MEMBERSHIP, COLUMN__COUNT };

/* The statement has them in this order, so a value is found without comparing names half a million times. */
static void check_columns(const DbRows *rows)
{
    ASSERT(rows->columns == COLUMN__COUNT);
    for (int i = 0; i < COUNT_OF(columns); i++) ASSERT(str_equal(rows->names[i], str_from_c(columns[i].name)));
}

static void add_row(Roster *r, Arena *scratch, Str unit, const DbValue *row)
{
    Values values = {0};
    for (int i = 0; i < COUNT_OF(columns); i++) values.of[columns[i].column] = row[i].bytes;
    values.of[COL_UNIT] = unit;
    roster_add_values(r, scratch, 0, row[COLUMN_PERSON].bytes, &values);
}

static Err add_unit(Db *db, Roster *r, Str unit)
{
    Str person = S(""), membership = S("");
    Arena arenas[2]; /* the place of the last row stands in the other one */
    Err e = ERR_OK;
    for (int i = 0; i < COUNT_OF(arenas); i++) arena_init(&arenas[i], ARENA_LIMIT_DEFAULT);
    for (int count = MEMBERS_AT_ONCE, turn = 0; !e && count == MEMBERS_AT_ONCE; turn = !turn) {
        DbRows rows;
        arena_recycle(&arenas[turn]);
        e = db_query(db, &arenas[turn], "roll_members",
            DB_VALUES(db_string(unit), db_string(person), db_string(membership), db_number(MEMBERS_AT_ONCE)), &rows);
        count = e ? 0 : rows.count;
        if (count) check_columns(&rows);
        for (int i = 0; i < count; i++) add_row(r, &arenas[turn], unit, &rows.values[(size_t)i * COLUMN__COUNT]);
        if (count) person = rows.values[(size_t)(count - 1) * COLUMN__COUNT + COLUMN_PERSON].bytes;
        if (count) membership = rows.values[(size_t)(count - 1) * COLUMN__COUNT + COLUMN_MEMBERSHIP].bytes;
    }
    for (int i = 0; i < COUNT_OF(arenas); i++) arena_clear(&arenas[i]);
    return e;
}

/* Each with the one above it. */
static Err add_units(Db *db, Arena *a, Str scope, Roster *r)
{
    DbRows rows;
    Err e = db_query(db, a, "roster_units", DB_VALUES(db_string(scope)), &rows);
    while (!e && db_next(&rows)) {
        int unit = roster_unit(r, db_text(&rows, "slug")), above = -1;
        if (db_text(&rows, "above_here").len) above = roster_unit(r, db_text(&rows, "above_here")); /* which may move the units */
        r->units[unit].above = above;
    }
    return e;
}

Err roll_members(Db *db, Arena *a, Str unit, Roster **ret_roster, Fault *fault)
{
    Roster *r = roster_new(a);
    Err e = add_units(db, a, unit, r);
    for (int i = 0, units = r->unit_count; !e && i < units; i++) e = add_unit(db, r, str_copy(a, roster_text(r, r->units[i].slug)));
    if (e) return fault_set(fault, e, 0, 0, S("the members of the unit"), str_copy(a, db_trouble(db)));
    *ret_roster = r;
    return ERR_OK;
}

Err roll_anybody(Db *db, Arena *a, Str unit, const RollRules *rules, bool *ret_members, bool *ret_stands, Fault *fault)
{
    Roster *r = roster_new(a);
    Err e = add_units(db, a, unit, r);
    *ret_stands = false;
    for (int i = 0, units = r->unit_count; !e && !*ret_stands && i < units; i++) {
        int from = r->count;
        e = add_unit(db, r, str_copy(a, roster_text(r, r->units[i].slug)));
        for (int at = from; !e && !*ret_stands && at < r->count; at++) *ret_stands = rules_row(rules, r, &r->rows[at]) == REASON_ON;
    }
    *ret_members = r->count > 0;
    return e ? fault_set(fault, e, 0, 0, S("the members of the unit"), str_copy(a, db_trouble(db))) : ERR_OK;
}
