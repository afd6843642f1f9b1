/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/rows.h"

static const DbValue *value_of(const DbRows *rows, int row, const char *column)
{
    ASSERT(row >= 0 && row < rows->count);
    for (int c = 0; c < rows->columns; c++)
        if (str_equal(rows->names[c], str_from_c(column))) return &rows->values[row * rows->columns + c];
    ASSERT(!"a statement lacks a column");
    return NULL;
}

bool row_number(const DbRows *rows, int row, const char *column, int64_t *ret_number)
{
    const DbValue *v = value_of(rows, row, column);
    if (v->kind != DB_I64) return false;
    *ret_number = v->number;
    return true;
}

bool row_bytes(const DbRows *rows, int row, const char *column, DbKind kind, Str *ret_bytes)
{
    const DbValue *v = value_of(rows, row, column);
    if (v->kind != kind) return false;
    *ret_bytes = v->bytes;
    return true;
}

bool row_is_null(const DbRows *rows, int row, const char *column)
{
    return value_of(rows, row, column)->kind == DB_NULL;
}
