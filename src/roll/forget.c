/* forget.c: a person is erased, and with her what rolls keep of her.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A frozen roll is a tree over hashes. Her entry goes with its salt, and the way from her id to it; the hash stays, in its tile, and tells nothing without the
 * salt. So the root, the count and everybody else's proof are what they were. How many entries went is kept, as a number (roll_erased): a roll from which
 * somebody had entries taken by the dozen shows it.
 */
#include "roll/own.h"

#include <string.h>

/* What stands where her entry stood. */
static const Str erased_line = S("{\"hustings_roll_erased\":1}");

bool roll_entry_is_erased(Str line)
{
    return str_equal(line, erased_line);
}

/* ---- an entry ---- */

static Err erase_entry(Db *db, Arena *a, const RollVersionKey *v, int64_t number)
{
    DbRows rows;
    const DbValue page = db_number(number / ROLL_PAGE), unit = db_string(v->unit), roll = db_string(v->roll),
                  version = db_number(v->version);
    Err e = db_one(db, a, "roll_page_one", DB_VALUES(unit, roll, version, page), &rows);
    if (e) return e == ERR_MISSING ? ERR_IO : e;
    Buf b = buf_new(a);
    Str rest = db_text(&rows, "entries"), line;
    for (int64_t i = 0; str_cut(rest, '\n', &line, &rest); i++) {
        buf_str(&b, i == number % ROLL_PAGE ? erased_line : line);
        buf_byte(&b, '\n');
    }
    return db_run(db, "roll_page_set", DB_VALUES(unit, roll, version, page, db_bytes(buf_done(&b))));
}

/* ---- where it is ---- */

static Str person_at(Str body, size_t row)
{
    return str_slice(body, row * FINDER_BYTES, row * FINDER_BYTES + PERSON_ID_BYTES);
}

/* The finder without her. It is called after the first person in it, so its name may go with her, too. */
static Err leave_finder(Db *db, Arena *a, const RollVersionKey *v, Str first, Str body, Str person)
{
    Buf b = buf_new(a);
    for (size_t row = 0; row < body.len / FINDER_BYTES; row++)
        if (!str_equal(person_at(body, row), person)) buf_str(&b, str_slice(body, row * FINDER_BYTES, (row + 1) * FINDER_BYTES));
    Str left = buf_done(&b);
    const DbValue unit = db_string(v->unit), roll = db_string(v->roll), version = db_number(v->version);
    if (!left.len) return db_run(db, "roll_finder_drop", DB_VALUES(unit, roll, version, db_string(first)));
    return db_run(db, "roll_finder_set", DB_VALUES(unit, roll, version, db_string(first), db_string(person_at(left, 0)), db_bytes(left)));
}

static Err forget_in(Db *db, Arena *a, const RollVersionKey *v, Str person, int64_t *entries)
{
    DbRows rows;
    RollStanding found = {0};
    Err e = db_one(
        db, a, "roll_finder_for", DB_VALUES(db_string(v->unit), db_string(v->roll), db_number(v->version), db_string(person)), &rows);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    Str body = db_text(&rows, "body");
    roll_find_rows(body, person, &found);
    for (int i = 0; i < found.number_count && !e; i++) e = erase_entry(db, a, v, found.numbers[i]);
    if (!e && found.number_count) e = leave_finder(db, a, v, db_text(&rows, "first"), body, person);
    *entries += found.number_count;
    return e;
}

/* ---- a version ---- */

/* What the corrections over it made of her, in the version in force: the roll's count stays what it is, and they are nobody's from now on. */
static Err net_of(Db *db, Arena *a, const Roll *roll, const RollVersionKey *v, Str person, int64_t *ret_net)
{
    RollStanding standing;
    *ret_net = 0;
    if (roll->version != v->version) return ERR_OK;
    Err e = roll_standing(db, a, roll, person, &standing);
    if (!e) *ret_net = standing.count - standing.number_count;
    return e;
}

/* Has it anything of hers? Most have not, and are not held for her. */
static Err has_her(Db *db, Arena *a, const Roll *roll, const RollVersionKey *v, const Str *ids, int count, bool *ret_has)
{
    Err e = ERR_OK;
    *ret_has = false;
    for (int i = 0; i < count && !e && !*ret_has; i++) {
        DbRows rows;
        RollStanding found = {0};
        RollCorrection *corrections;
        int correction_count = 0;
        e = db_query(
            db, a, "roll_finder_for", DB_VALUES(db_string(v->unit), db_string(v->roll), db_number(v->version), db_string(ids[i])), &rows);
        if (!e && db_next(&rows)) roll_find_rows(db_text(&rows, "body"), ids[i], &found);
        if (!e) e = roll_corrections_of(db, a, roll, ids[i], &corrections, &correction_count);
        *ret_has = found.number_count > 0 || correction_count > 0;
    }
    return e;
}

Err roll_forget_version(Db *db, Arena *a, const RollVersionKey *v, const Str *ids, int count, int64_t now)
{
    Roll roll;
    bool has = false;
    int64_t entries = 0, net = 0;
    Err e = roll_find(db, a, v->roll, &roll);
    if (!e) e = has_her(db, a, &roll, v, ids, count, &has);
    if (e || !has) return e;
    e = roll_hold(db, &roll, now);
    if (!e) e = net_of(db, a, &roll, v, ids[0], &net);
    for (int i = 0; i < count && !e; i++) e = forget_in(db, a, v, ids[i], &entries);
    if (e || (!entries && !net)) return e;
    e = db_run(db, "roll_erased_add",
        DB_VALUES(db_string(v->unit), db_string(v->roll), db_number(v->version), db_number(entries), db_number(net)));
    return e ? e : roll_announce(db, a, &roll, now);
}

Err roll_erased(Db *db, Arena *a, const Roll *roll, int64_t version, int64_t *ret_entries, int64_t *ret_net)
{
    DbRows rows;
    *ret_entries = *ret_net = 0;
    Err e = db_one(db, a, "roll_erased_one", DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_number(version)), &rows);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    *ret_entries = db_i64(&rows, "entries");
    *ret_net = db_i64(&rows, "net");
    return ERR_OK;
}

/* ---- all rolls ---- */

/* Hers may be among so many thousands that what is read of each must not stay. */
static Err forget_versions(Db *db, Arena *a, const Str *ids, int count, int64_t now)
{
    DbRows rows;
    Arena scratch;
    Err e = db_query(db, a, "roll_versions_of", DB_NO_VALUES, &rows);
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    while (!e && db_next(&rows)) {
        const RollVersionKey v = {db_text(&rows, "unit"), db_text(&rows, "roll"), db_i64(&rows, "version")};
        arena_recycle(&scratch);
        e = roll_forget_version(db, &scratch, &v, ids, count, now);
    }
    arena_clear(&scratch);
    return e;
}

Err roll_forget(Db *db, Arena *a, const Str *ids, int count, int64_t now)
{
    static const char *const statements[] = {
        "roll_forget_corrections", "roll_forget_proposals", "roll_forget_seconds", "audit_forget", "audit_forget_officer"};
    Err e = forget_versions(db, a, ids, count, now);
    for (int i = 0; i < count && !e; i++) {
        for (int k = 0; k < COUNT_OF(statements) && !e; k++) e = db_run(db, statements[k], DB_VALUES(db_string(ids[i])));
        if (!e) e = db_run(db, "roll_forget_challenges", DB_VALUES(db_string(ids[i]), db_number(now)));
    }
    return e;
}
