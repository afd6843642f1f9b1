/* roster_store.c: a roster of the store: unit by unit, a page at a time.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/roster.h"

#include "people/unit.h"

#include <stdlib.h>

enum { PAGE = 2000, COLUMN_PERSON = COL__COUNT, COLUMN_MEMBERSHIP, COLUMNS };

/* The rows are read by place, not by name: 600,000 times 37 names would be most of the work. */
static void check_columns(const DbRows *rows)
{
    ASSERT(rows->columns == COLUMNS);
    for (int i = 0; i < COL__COUNT; i++) ASSERT(str_equal(rows->names[i], str_from_c(people_columns[i].name)));
}

static void add_rows(Roster *r, Arena *scratch, const DbRows *rows)
{
    for (int i = 0; i < rows->count; i++) {
        const DbValue *row = &rows->values[(size_t)i * COLUMNS];
        Values values;
        for (int c = 0; c < COL__COUNT; c++) values.of[c] = row[c].bytes;
        roster_add_values(r, scratch, 0, row[COLUMN_PERSON].bytes, &values);
    }
}

static Err add_unit(Db *db, Roster *r, Str unit)
{
    Arena scratch[2];
    for (int i = 0; i < 2; i++) arena_init(&scratch[i], ARENA_LIMIT_DEFAULT);
    DbRows rows = {.count = PAGE};
    Str person = S(""), membership = S("");
    Err e = ERR_OK;
    for (int turn = 0; !e && rows.count == PAGE; turn = !turn) { /* the key of the last row stands in the other one */
        arena_recycle(&scratch[turn]);
        e = db_query(db, &scratch[turn], "roster_page",
            DB_VALUES(db_string(unit), db_string(person), db_string(membership), db_number(PAGE)), &rows);
        if (e || !rows.count) break;
        check_columns(&rows);
        add_rows(r, &scratch[turn], &rows);
        const DbValue *last = &rows.values[(size_t)(rows.count - 1) * COLUMNS];
        person = last[COLUMN_PERSON].bytes;
        membership = last[COLUMN_MEMBERSHIP].bytes;
    }
    for (int i = 0; i < 2; i++) arena_clear(&scratch[i]);
    return e;
}

static Err add_units(Db *db, Arena *a, Str scope, Roster *r)
{
    DbRows rows;
    Err e = db_query(db, a, "roster_units", DB_VALUES(db_string(scope)), &rows);
    while (!e && db_next(&rows)) {
        int at = roster_unit(r, db_text(&rows, "slug"));
        r->units[at].name = roster_ref(r, db_text(&rows, "name"));
        r->units[at].kind = roster_ref(r, db_text(&rows, "kind"));
        int above = db_text(&rows, "above_here").len ? roster_unit(r, db_text(&rows, "above_here")) : -1; /* may move r->units */
        r->units[at].above = above;
    }
    return e;
}

static int by_person(const void *x, const void *y, void *roster)
{
    const RosterRow *one = x, *other = y;
    return one->person == other->person ? 0 : str_compare(roster_text(roster, one->person), roster_text(roster, other->person));
}

/* Rows of one person stand in the order of their units' slugs: units come in that order, and equal rows must stay in theirs. */
static void order_rows(Roster *r)
{
    for (int i = 0; i < r->count; i++) r->rows[i].line = i;
    qsort_r(r->rows, (size_t)r->count, sizeof *r->rows, by_person, r);
    for (int i = 0, j; i < r->count; i = j) {
        for (j = i + 1; j < r->count && r->rows[j].person == r->rows[i].person; j++) {
            RosterRow row = r->rows[j];
            int k = j;
            for (; k > i && r->rows[k - 1].line > row.line; k--) r->rows[k] = r->rows[k - 1];
            r->rows[k] = row;
        }
    }
    for (int i = 0; i < r->count; i++) r->rows[i].line = 0;
}

Err roster_from_store(Db *db, Arena *a, Str unit, Roster **ret_roster, Fault *fault)
{
    Roster *r = roster_new(a);
    Err e = add_units(db, a, unit, r);
    for (int i = 0, units = r->unit_count; !e && i < units; i++) e = add_unit(db, r, str_copy(a, roster_text(r, r->units[i].slug)));
    if (e) return fault_set(fault, e, 0, 0, str_copy(a, db_trouble(db)), (Str){0});
    order_rows(r);
    *ret_roster = r;
    return ERR_OK;
}
