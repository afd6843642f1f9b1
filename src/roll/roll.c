/* roll.c: rolls and their versions in the store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/own.h"
#include "roll/questions.h"

#include <string.h>

/* ---- reading ---- */

/* What the store holds is ours: rules that cannot be read are the store's failure. */
static Err rules_stored(Arena *a, Str text, RollRules *ret_rules)
{
    Fault fault = {0};
    return rules_read(a, text, ret_rules, &fault) ? ERR_IO : ERR_OK;
}

static Err roll_of_row(Arena *a, const DbRows *rows, Roll *ret_roll)
{
    *ret_roll = (Roll){.unit = db_text(rows, "unit"),
        .unit_name = db_text(rows, "unit_name"),
        .slug = db_text(rows, "slug"),
        .title = db_text(rows, "title"),
        .state = db_text(rows, "state"),
        .rules_text = db_text(rows, "rules"),
        .version = db_i64(rows, "version"),
        .contest = db_text(rows, "contest"),
        .released = db_i64(rows, "released"),
        .added = db_i64(rows, "added")};
    return rules_stored(a, ret_roll->rules_text, &ret_roll->rules);
}

static Err roll_all(Arena *a, DbRows *rows, Roll **ret_rolls, int *ret_count)
{
    Roll *rolls = arena_new(a, Roll, (size_t)rows->count);
    for (int i = 0; db_next(rows); i++) {
        Err e = roll_of_row(a, rows, &rolls[i]);
        if (e) return e;
    }
    *ret_rolls = rolls;
    *ret_count = rows->count;
    return ERR_OK;
}

Err roll_find(Db *db, Arena *a, Str slug, Roll *ret_roll)
{
    DbRows rows;
    Err e = db_one(db, a, "roll_by_slug", DB_VALUES(db_string(slug)), &rows);
    return e ? e : roll_of_row(a, &rows, ret_roll);
}

Err roll_list(Db *db, Arena *a, Str unit, Roll **ret_rolls, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "roll_of_unit", DB_VALUES(db_string(unit)), &rows);
    return e ? e : roll_all(a, &rows, ret_rolls, ret_count);
}

Err roll_public(Db *db, Arena *a, int most, Roll **ret_rolls, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "roll_public", DB_VALUES(db_number(most)), &rows);
    return e ? e : roll_all(a, &rows, ret_rolls, ret_count);
}

Err roll_of_person(Db *db, Arena *a, Str person, Roll **ret_rolls, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "roll_of_person", DB_VALUES(db_string(person)), &rows);
    return e ? e : roll_all(a, &rows, ret_rolls, ret_count);
}

Err roll_may_know(Db *db, Arena *a, Str person, Str slug)
{
    DbRows rows;
    return db_one(db, a, "roll_may_know", DB_VALUES(db_string(person), db_string(slug)), &rows);
}

static Err version_of_row(Arena *a, const DbRows *rows, RollVersion *ret_version)
{
    Str root = db_text(rows, "root");
    *ret_version = (RollVersion){.version = db_i64(rows, "version"),
        .count = db_i64(rows, "count"),
        .frozen = db_i64(rows, "frozen"),
        .leaf = db_i64(rows, "leaf"),
        .by = {db_text(rows, "by_name"), db_text(rows, "by_role")}};
    if (root.len != SHA256_BYTES) return ERR_IO;
    memcpy(ret_version->root.bytes, root.ptr, SHA256_BYTES);
    return rules_stored(a, db_text(rows, "rules"), &ret_version->rules);
}

Err roll_version_find(Db *db, Arena *a, const Roll *roll, int64_t version, RollVersion *ret_version)
{
    DbRows rows;
    Err e = db_one(db, a, "roll_version_one", DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_number(version)), &rows);
    if (!e) e = version_of_row(a, &rows, ret_version);
    if (!e) ret_version->published = db_text(&rows, "published");
    return e;
}

Err roll_versions(Db *db, Arena *a, const Roll *roll, RollVersion **ret_versions, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "roll_versions", DB_VALUES(db_string(roll->unit), db_string(roll->slug)), &rows);
    if (e) return e;
    RollVersion *versions = arena_new(a, RollVersion, (size_t)rows.count);
    for (int i = 0; db_next(&rows); i++) {
        e = version_of_row(a, &rows, &versions[i]);
        if (e) return e;
    }
    *ret_versions = versions;
    *ret_count = rows.count;
    return ERR_OK;
}

Err roll_hashes(Db *db, Arena *a, const Roll *roll, const RollVersion *version, Str *ret_bytes)
{
    enum { TILES_AT_ONCE = 512 };
    Buf b = buf_new(a);
    for (int64_t page = 0; page * TILE_WIDTH < version->count; page += TILES_AT_ONCE) {
        DbRows rows;
        Err e = db_query(db, a, "roll_tiles_from",
            DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_number(version->version), db_number(page), db_number(TILES_AT_ONCE)),
            &rows);
        if (e) return e;
        while (db_next(&rows)) buf_str(&b, db_text(&rows, "hashes"));
    }
    *ret_bytes = buf_done(&b);
    return b.len == (size_t)version->count * SHA256_BYTES ? ERR_OK : ERR_IO;
}

/* ---- inside commands ---- */

Err roll_hold(Db *db, const Roll *roll, int64_t now)
{
    int64_t there;
    Err e = db_run_counted(db, "roll_hold", DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_number(now)), &there);
    return e ? e : there ? ERR_OK : ERR_MISSING;
}

Err roll_announce(Db *db, Arena *a, const Roll *roll, int64_t now)
{
    Err e = db_announce(db, S("rolls"), S(""), now);
    return e ? e : db_announce(db, str_format(a, "roll:%.*s", STR_ARG(roll->slug)), S(""), now);
}

Str roll_says(Arena *a, const Roll *roll)
{
    Str title = act_line(a, roll->title, ROLL_TITLE_MAX), unit = act_line(a, roll->unit_name, ROLL_TITLE_MAX);
    return str_format(a, "the roll '%.*s' of %.*s", STR_ARG(title), STR_ARG(unit));
}

View *roll_data(Arena *a, const Roll *roll)
{
    View *data = view_object(a);
    view_put_str(data, S("roll"), roll->slug);
    view_put_str(data, S("title"), act_line(a, roll->title, ROLL_TITLE_MAX));
    return data;
}

/* ---- drafts ---- */

Err roll_add(Db *db, Arena *a, Str unit, Str slug, Str title, const RollRules *rules, int64_t now, Fault *fault)
{
    DbRows rows;
    Err e = db_one(db, a, "roll_by_slug", DB_VALUES(db_string(slug)), &rows);
    if (!e) return fault_setf(fault, a, ERR_CONFLICT, "There is a roll at this address already, perhaps of another unit.");
    if (e != ERR_MISSING) return e;
    return db_run(
        db, "roll_add", DB_VALUES(db_string(unit), db_string(slug), db_string(title), db_string(rules_write(a, rules)), db_number(now)));
}

static Err still_draft(Db *db, Arena *a, const Roll *roll, int64_t now, Fault *fault)
{
    RollJob job;
    Err e = roll_hold(db, roll, now);
    if (!e) e = roll_job_find(db, a, roll, &job);
    if (!e) return fault_setf(fault, a, ERR_CONFLICT, "This roll is being frozen.");
    return e == ERR_MISSING ? ERR_OK : e;
}

static Err was_draft(Arena *a, Err e, int64_t changed, Fault *fault)
{
    if (e || changed) return e;
    return fault_setf(
        fault, a, ERR_CONFLICT, "This roll is frozen: its rules do not change any more. The freeze date can be moved by two officers.");
}

Err roll_change(Db *db, Arena *a, const Roll *roll, Str title, const RollRules *rules, int64_t now, Fault *fault)
{
    int64_t changed = 0;
    Err e = still_draft(db, a, roll, now, fault);
    if (!e)
        e = db_run_counted(db, "roll_set_draft",
            DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(title), db_string(rules_write(a, rules))), &changed);
    return was_draft(a, e, changed, fault);
}

Err roll_drop(Db *db, Arena *a, const Roll *roll, int64_t now, Fault *fault)
{
    int64_t changed = 0;
    Err e = still_draft(db, a, roll, now, fault);
    if (!e) e = audit_drop(db, roll);
    if (!e) e = db_run_counted(db, "roll_drop", DB_VALUES(db_string(roll->unit), db_string(roll->slug)), &changed);
    return was_draft(a, e, changed, fault);
}

/* ---- a freeze is asked for ---- */

RollJob job_of_row(const DbRows *rows)
{
    return (RollJob){.unit = db_text(rows, "unit"),
        .roll = db_text(rows, "roll"),
        .rules = db_text(rows, "rules"),
        .proposal = db_text(rows, "proposal"),
        .token = db_text(rows, "token"),
        .by = {db_text(rows, "by_name"), db_text(rows, "by_role")},
        .asked = db_i64(rows, "asked"),
        .touched = db_i64(rows, "touched"),
        .done = db_i64(rows, "done"),
        .whole = db_i64(rows, "whole")};
}

Err roll_job_find(Db *db, Arena *a, const Roll *roll, RollJob *ret_job)
{
    DbRows rows;
    Err e = db_one(db, a, "roll_job_one", DB_VALUES(db_string(roll->unit), db_string(roll->slug)), &rows);
    if (!e) *ret_job = job_of_row(&rows);
    return e;
}

Err roll_check_day(Arena *a, Day freeze, int64_t now, Fault *fault)
{
    if (freeze <= day_at(now) + 1) return ERR_OK; /* east of Greenwich it is tomorrow already */
    Str day = day_words(a, freeze);
    return fault_setf(fault, a, ERR_CONFLICT, "The freeze date, %.*s, is in the future: nobody knows yet who will be a member on that day.",
        STR_ARG(day));
}

Err roll_freeze_ask(Db *db, Arena *a, const Roll *roll, Officer by, int64_t now, Fault *fault)
{
    Roll held;
    Err e = still_draft(db, a, roll, now, fault);
    if (!e) e = roll_find(db, a, roll->slug, &held);
    if (e) return e;
    if (held.version) return fault_setf(fault, a, ERR_CONFLICT, "This roll is frozen already.");
    e = roll_check_day(a, held.rules.freeze, now, fault);
    if (e) return e;
    e = db_run(db, "roll_job_add",
        DB_VALUES(db_string(held.unit), db_string(held.slug), db_string(held.rules_text), db_string(S("")), db_string(by.name),
            db_string(by.role), db_number(now)));
    return e ? e : roll_announce(db, a, roll, now);
}
