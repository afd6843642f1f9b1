/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/people_export.h"

#include "people/table.h"
#include "record/record.h"

#include <stdio.h>

enum { PAGE = 1000 };

Err people_export_count(Db *db, Arena *a, Str unit, int64_t *ret_rows)
{
    DbRows rows;
    Err e = db_one(db, a, "people_export_count", DB_VALUES(db_string(unit)), &rows);
    if (!e) *ret_rows = db_i64(&rows, "memberships");
    return e;
}

static bool has(const PeopleExport *what, PeopleColumn column)
{
    return column != COL_NAME && (!what->columns || what->columns[column]);
}

Err people_export_act(
    Db *db, Arena *a, const PeopleExport *what, int64_t rows, Officer by, Str reason, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = view_object(a), *columns;
    int count = 0;
    if (!reason.len) return fault_set(fault, ERR_INPUT, 0, 0, S("the reason of the export"), S("none"));
    view_put_i64(data, S("rows"), rows);
    columns = view_put_array(data, S("columns"));
    for (PeopleColumn c = 0; c < COL__COUNT; c++) {
        if (!has(what, c)) continue;
        view_add_str(columns, str_from_c(people_columns[c].name));
        count++;
    }
    Act act = {.kind = "people.exported",
        .by = by,
        .unit = what->unit,
        .says = str_format(a, "The list of members of %.*s was exported: %lld rows with %d columns.",
            STR_ARG(act_line(a, what->unit_name, 200)), (long long)rows, count),
        .reason = act_line(a, reason, ACT_REASON_MAX),
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

/* people_export: person, id, unit, then the columns in this order. */
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
        Buf b = buf_new(a);
        for (int i = 0; i < rows.count; i++) {
            const DbValue *v = rows.values + (size_t)i * (size_t)rows.columns;
            Values values = values_of(v);
            table_write_row(&b, what->columns, &values);
            snprintf(after[0], sizeof after[0], "%.*s", STR_ARG(v[0].bytes));
            snprintf(after[1], sizeof after[1], "%.*s", STR_ARG(v[1].bytes));
        }
        *rows_written += rows.count;
        more = rows.count == PAGE;
        e = rows.count ? out(context, buf_done(&b)) : ERR_OK;
    }
    return e;
}

Err people_export_write(Db *db, const PeopleExport *what, Err (*out)(void *context, Str text), void *context, int64_t *ret_rows)
{
    Arena units_arena, page;
    DbRows units;
    arena_init(&units_arena, ARENA_LIMIT_DEFAULT);
    arena_init(&page, ARENA_LIMIT_DEFAULT);
    *ret_rows = 0;
    Buf b = buf_new(&units_arena);
    table_write_header(&b, what->columns);
    Err e = out(context, buf_done(&b));
    if (!e) e = db_query(db, &units_arena, "import_units", DB_VALUES(db_string(what->unit)), &units);
    while (!e && db_next(&units)) e = write_unit(db, &page, what, db_text(&units, "slug"), out, context, ret_rows);
    arena_clear(&page);
    arena_clear(&units_arena);
    return e;
}
