/* table_write.c: an export: what table.c reads back to the same values.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/table.h"

#include <string.h>

static bool is_asked(const bool *columns, PeopleColumn column)
{
    return columns ? columns[column] : column != COL_NAME;
}

static bool is_number(Str s)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    return s.len > 1 && s.ptr[0] == '+';
}

/* The first character of what a spreadsheet would calculate; the apostrophe is written twice where one stood before such a character already. */
static bool needs_apostrophe(Str s)
{
    size_t at = 0;
    while (at < s.len && s.ptr[at] == '\'') at++;
    return at < s.len && strchr("=+-@\t", s.ptr[at]) && s.ptr[at] && !is_number(s);
}

static void write_cell(Buf *out, Str value)
{
    bool apostrophe = needs_apostrophe(value);
    bool quotes = false;
    for (size_t i = 0; i < value.len && !quotes; i++) quotes = strchr(",;\"\r\n\t", value.ptr[i]) != NULL;
    if (quotes) buf_byte(out, '"');
    if (apostrophe) buf_byte(out, '\'');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"') buf_byte(out, '"');
        buf_byte(out, value.ptr[i]);
    }
    if (quotes) buf_byte(out, '"');
}

void table_write_header(Buf *out, const bool *columns)
{
    bool first = true;
    for (PeopleColumn i = 0; i < COL__COUNT; i++) {
        if (!is_asked(columns, i)) continue;
        if (!first) buf_byte(out, ',');
        first = false;
        buf_str(out, str_from_c(people_columns[i].name));
    }
    buf_str(out, S("\r\n"));
}

void table_write_row(Buf *out, const bool *columns, const Values *values)
{
    bool first = true;
    for (PeopleColumn i = 0; i < COL__COUNT; i++) {
        if (!is_asked(columns, i)) continue;
        if (!first) buf_byte(out, ',');
        first = false;
        write_cell(out, values->of[i]);
    }
    buf_str(out, S("\r\n"));
}
