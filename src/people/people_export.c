/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/people_export.h"

#include "people/table.h"
#include "record/record.h"

#include <stdio.h>

enum { PAGE = 1000, ROOM_OF_SLUG = 128 };

Err people_export_count(Db *db, Arena *a, const PeopleExport *what, int64_t *ret_count)
{
    DbRows rows;
    if (what->part) return saved_count(db, a, (Scope){what->unit}, what->part, what->now, ret_count);
    Err e = db_one(db, a, "people_export_count", DB_VALUES(db_string(what->unit)), &rows);
    if (!e) *ret_count = db_i64(&rows, "memberships");
    return e;
}

static bool has(const PeopleExport *what, PeopleColumn column)
{
    return column != COL_NAME && (!what->columns || what->columns[column]);
}

Err people_export_act(
    Db *db, Arena *a, const PeopleExport *what, int64_t count, Officer by, Str reason, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = view_object(a), *columns;
    int column_count = 0;
    if (!reason.len) return fault_set(fault, ERR_INPUT, 0, 0, S("the reason of the export"), S("none"));
    view_put_i64(data, what->part ? S("people") : S("rows"), count);
    if (what->part) view_put_bool(data, S("part"), true);
    columns = view_put_array(data, S("columns"));
    for (PeopleColumn c = 0; c < COL__COUNT; c++) {
        if (!has(what, c)) continue;
        view_add_str(columns, str_from_c(people_columns[c].name));
        column_count++;
    }
    Act act = {.kind = "people.exported",
        .by = by,
        .unit = what->unit,
        .says = str_format(a, "%s list of members of %.*s was exported: %lld %s with %d columns.", what->part ? "A part of the" : "The",
            STR_ARG(act_line(a, what->unit_name, 200)), (long long)count, what->part ? "people" : "rows", column_count),
        .reason = act_line(a, reason, ACT_REASON_MAX),
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

/* people_export and people_export_person: person, id, unit, then the columns in this order. */
static const PeopleColumn order[] = {COL_ID, COL_GIVEN_NAME, COL_FAMILY_NAME, COL_BORN, COL_EMAIL, COL_PHONE, COL_PHONE_OTHER, COL_ADDRESS,
    COL_ADDRESS_MORE, COL_LOCALITY, COL_POSTCODE, COL_COUNTRY, COL_LANGUAGE, COL_CONSENT, COL_CONSENT_SINCE, COL_SECTION, COL_CLASS,
    COL_STATUS, COL_STATUS_SINCE, COL_STATUS_REASON, COL_HISTORY, COL_JOINED, COL_RECORDED, COL_FIRST_RECEIPT, COL_PAID_UNTIL, COL_PAYER,
    COL_BANK, COL_METHOD, COL_RECRUITER, COL_MANDATE, COL_SIGNATURE, COL_DEVICE, COL_DECLARED};

static Values values_of(const DbValue *v)
{
    Values values = {0};
    values.of[COL_UNIT] = v[2].bytes;
    for (int i = 0; i < COUNT_OF(order); i++) values.of[order[i]] = v[3 + i].bytes;
    return values;
}

static void write_rows(Buf *b, const PeopleExport *what, const DbRows *rows)
{
    for (int i = 0; i < rows->count; i++) {
        Values values = values_of(rows->values + (size_t)i * (size_t)rows->columns);
        table_write_row(b, what->columns, &values);
    }
}

/* ---- of everybody ---- */

static Err write_unit(
    Db *db, Arena *a, const PeopleExport *what, Str unit, Err (*out)(void *context, Str text), void *context, int64_t *rows_written)
{
    DbRows rows;
    char after[2][64] = {{0}};
    Err e = ERR_OK;
    for (bool more = true; !e && more;) {
        arena_recycle(a);
        Str person = str_from_c(after[0]), id = str_from_c(after[1]);
        e = db_query(db, a, "people_export", DB_VALUES(db_string(unit), db_string(person), db_string(id), db_number(PAGE)), &rows);
        if (e) break;
        more = rows.count == PAGE;
        if (!rows.count) break;
        Buf b = buf_new(a);
        write_rows(&b, what, &rows);
        const DbValue *last = rows.values + (size_t)(rows.count - 1) * (size_t)rows.columns;
        snprintf(after[0], sizeof after[0], "%.*s", STR_ARG(last[0].bytes));
        snprintf(after[1], sizeof after[1], "%.*s", STR_ARG(last[1].bytes));
        *rows_written += rows.count;
        e = out(context, buf_done(&b));
    }
    return e;
}

/* ---- of some people ---- */

/* A page of the audience: each with her memberships. Where it ended is copied into `unit`, for the arena is used again. */
static Err write_people(Db *db, Arena *a, const PeopleExport *what, AudienceCursor *at, char unit[ROOM_OF_SLUG],
    Err (*out)(void *context, Str text), void *context, int64_t *rows_written, bool *ret_more)
{
    AudiencePerson *people;
    int count;
    Buf b = buf_new(a);
    Err e = saved_people(db, a, (Scope){what->unit}, what->part, what->now, *at, PAGE, &people, &count);
    if (e || !count) return e;
    for (int i = 0; i < count && !e; i++) {
        DbRows rows;
        e = db_query(db, a, "people_export_person", DB_VALUES(db_string(people[i].id), db_string(what->unit)), &rows);
        if (e) return e;
        write_rows(&b, what, &rows);
        *rows_written += rows.count;
    }
    snprintf(unit, ROOM_OF_SLUG, "%.*s", STR_ARG(people[count - 1].after.unit));
    *at = (AudienceCursor){str_from_c(unit), people[count - 1].after.number};
    *ret_more = count == PAGE;
    return out(context, buf_done(&b));
}

static Err write_part(Db *db, Arena *a, const PeopleExport *what, Err (*out)(void *context, Str text), void *context, int64_t *rows_written)
{
    AudienceCursor at = {0};
    char unit[ROOM_OF_SLUG];
    Err e = ERR_OK;
    for (bool more = true; more && !e;) {
        arena_recycle(a);
        more = false;
        e = write_people(db, a, what, &at, unit, out, context, rows_written, &more);
    }
    return e;
}

/* ---- all of it ---- */

Err people_export_write(Db *db, const PeopleExport *what, Err (*out)(void *context, Str text), void *context, int64_t *ret_rows)
{
    Arena units_arena, page;
    DbRows units = {0};
    arena_init(&units_arena, ARENA_LIMIT_DEFAULT);
    arena_init(&page, ARENA_LIMIT_DEFAULT);
    *ret_rows = 0;
    Buf b = buf_new(&units_arena);
    table_write_header(&b, what->columns);
    Err e = out(context, buf_done(&b));
    if (!e && what->part) e = write_part(db, &page, what, out, context, ret_rows);
    else if (!e) e = db_query(db, &units_arena, "import_units", DB_VALUES(db_string(what->unit)), &units);
    while (!e && !what->part && db_next(&units)) e = write_unit(db, &page, what, db_text(&units, "slug"), out, context, ret_rows);
    arena_clear(&page);
    arena_clear(&units_arena);
    return e;
}

/* ---- by browser ---- */

Err people_export_ask(
    Db *db, Arena *a, PeopleExportAsked *asked, const PeopleExport *what, Officer by, Str reason, int64_t now, Fault *fault)
{
    Str criteria = what->part ? criteria_write(a, what->part) : S("");
    asked->ends = now + (int64_t)EXPORT_HOURS * 60 * 60 * 1000;
    Err e = people_export_act(db, a, what, asked->count, by, reason, now, &asked->leaf, fault);
    if (e) return e;
    return db_run(db, "people_export_add",
        DB_VALUES(db_string(asked->id), db_string(what->unit), db_string(asked->person), db_string(criteria), db_number(asked->count),
            db_number(asked->ends), db_number(asked->leaf)));
}

Err people_export_asked(Db *db, Arena *a, Str unit, Str id, Str person, int64_t now, PeopleExportAsked *ret_asked)
{
    DbRows rows;
    Criteria part = {0};
    Err e = db_one(db, a, "people_export_asked", DB_VALUES(db_string(id), db_string(unit), db_string(person), db_number(now)), &rows);
    if (e) return e;
    Str criteria = db_text(&rows, "criteria");
    if (criteria.len && criteria_read(a, criteria, &part)) return ERR_IO;
    *ret_asked = (PeopleExportAsked){.id = id,
        .unit = unit,
        .person = person,
        .part = part,
        .is_part = criteria.len > 0,
        .count = db_i64(&rows, "count"),
        .ends = db_i64(&rows, "ends"),
        .leaf = db_i64(&rows, "leaf")};
    return ERR_OK;
}

Err people_export_expire(Db *db, Command *command)
{
    return db_run(db, "people_export_expire", DB_VALUES(db_number(command->now)));
}
