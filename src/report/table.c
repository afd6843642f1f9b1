/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "report/table.h"

enum { GAP = 2, CELL_MAX = 34, HEAD_MAX = 16 };

typedef struct Cell {
    Str text;
    Style style;
    bool rule_before;
} Cell;

struct Table {
    Arena *arena;
    Str *heads;
    bool *right;
    int columns, head_capacity;
    Cell *cells;
    int cell_count, cell_capacity;
    bool rule_next;
};

/* ---- text ---- */

/* Bytes of the character at `i`; a stray byte counts as one. */
static size_t character(Str s, size_t i)
{
    unsigned char first = (unsigned char)s.ptr[i];
    size_t n = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    return n > s.len - i ? s.len - i : n;
}

/* A control character, or one that turns the direction of the text around it (U+202A-202E, U+2066-2069). */
static bool is_unsafe(Str s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    if (s.len == 1) return c < 0x20 || c >= 0x7F;
    if (s.len == 2) return c == 0xC2 && (unsigned char)s.ptr[1] < 0xA0;
    if (s.len != 3 || c != 0xE2) return false;
    unsigned char second = (unsigned char)s.ptr[1], third = (unsigned char)s.ptr[2];
    return (second == 0x80 && third >= 0xA8 && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

Str text_safe(Arena *a, Str text)
{
    Buf b = buf_new(a);
    for (size_t i = 0; i < text.len;) {
        size_t n = character(text, i);
        Str one = str_slice(text, i, i + n);
        if (is_unsafe(one)) buf_byte(&b, '?');
        else buf_str(&b, one);
        i += n;
    }
    return buf_done(&b);
}

Str text_fit(Arena *a, Str text, int columns)
{
    text = text_safe(a, text);
    if (str_columns(text) <= columns) return text;
    size_t end = 0;
    while (end < text.len) {
        size_t next = end + character(text, end);
        if (str_columns(str_slice(text, 0, next)) > columns - 3) break;
        end = next;
    }
    return str_format(a, "%.*s...", STR_ARG(str_slice(text, 0, end)));
}

/* ---- lines ---- */

static void spaces(Buf *out, int n)
{
    for (int i = 0; i < n; i++) buf_byte(out, ' ');
}

void screen_styled(Screen *screen, Str text, Style style)
{
    static const char *const codes[] = {
        [STYLE_PLAIN] = "",
        [STYLE_BOLD] = "\033[1m",
        [STYLE_GOOD] = "\033[1;32m",
        [STYLE_OUT] = "\033[33m",
        [STYLE_LOUD] = "\033[1;31m",
        [STYLE_FAINT] = "\033[2m",
    };
    bool coloured = screen->colour && style != STYLE_PLAIN && text.len;
    if (coloured) buf_str(screen->out, str_from_c(codes[style]));
    buf_str(screen->out, text);
    if (coloured) buf_str(screen->out, S("\033[0m"));
}

void screen_line(Screen *screen, int indent, Str text, Style style)
{
    spaces(screen->out, indent);
    screen_styled(screen, text_safe(screen->out->arena, text), style);
    buf_byte(screen->out, '\n');
}

void screen_paragraph(Screen *screen, Str text, int indent, int hang, Style style)
{
    Arena *a = screen->out->arena;
    text = text_safe(a, text);
    int at = 0, margin = indent;
    Buf line = buf_new(a);
    while (text.len) {
        Str word, rest;
        str_cut(text, ' ', &word, &rest);
        int columns = str_columns(word);
        if (at > 0 && margin + at + 1 + columns > screen->columns) {
            spaces(screen->out, margin);
            screen_styled(screen, buf_done(&line), style);
            buf_byte(screen->out, '\n');
            line = buf_new(a);
            at = 0;
            margin = indent + hang;
        }
        if (at > 0) {
            buf_byte(&line, ' ');
            at++;
        }
        buf_str(&line, word);
        at += columns;
        text = rest;
    }
    spaces(screen->out, margin);
    screen_styled(screen, buf_done(&line), style);
    buf_byte(screen->out, '\n');
}

void screen_heading(Screen *screen, Str text, char under)
{
    text = text_fit(screen->out->arena, text, screen->columns);
    screen_styled(screen, text, STYLE_BOLD);
    buf_byte(screen->out, '\n');
    for (int i = 0; i < str_columns(text); i++) buf_byte(screen->out, under);
    buf_byte(screen->out, '\n');
}

/* ---- tables ---- */

Table *table_new(Arena *a)
{
    Table *t = arena_new(a, Table, 1);
    t->arena = a;
    return t;
}

void table_head(Table *t, Str head, bool right)
{
    if (t->columns == t->head_capacity) {
        int capacity = t->head_capacity ? t->head_capacity * 2 : 8;
        t->heads = arena_grow(t->arena, Str, t->heads, (size_t)t->columns, (size_t)capacity);
        t->right = arena_grow(t->arena, bool, t->right, (size_t)t->columns, (size_t)capacity);
        t->head_capacity = capacity;
    }
    t->heads[t->columns] = text_fit(t->arena, head, t->columns == 0 ? CELL_MAX : HEAD_MAX);
    t->right[t->columns++] = right;
}

void table_cell(Table *t, Str text, Style style)
{
    if (t->cell_count == t->cell_capacity) {
        int capacity = t->cell_capacity ? t->cell_capacity * 2 : 64;
        t->cells = arena_grow(t->arena, Cell, t->cells, (size_t)t->cell_count, (size_t)capacity);
        t->cell_capacity = capacity;
    }
    t->cells[t->cell_count++] = (Cell){.text = text_fit(t->arena, text, CELL_MAX), .style = style, .rule_before = t->rule_next};
    t->rule_next = false;
}

void table_rule(Table *t)
{
    t->rule_next = true;
}

static int column_width(const Table *t, int column)
{
    int width = str_columns(t->heads[column]);
    for (int i = column; i < t->cell_count; i += t->columns) {
        int cell = str_columns(t->cells[i].text);
        if (cell > width) width = cell;
    }
    return width;
}

/* One cell, padded to its column; nothing pads the end of a line. */
static void write_cell(Screen *screen, Str text, Style style, int width, bool right, bool last)
{
    int padding = width - str_columns(text);
    if (right) spaces(screen->out, padding);
    screen_styled(screen, text, style);
    if (!right && !last) spaces(screen->out, padding);
}

/* Is nothing left in the row from `column` on? Trailing empty cells are not padded. */
static bool rest_is_empty(const Cell *row, int column, int to)
{
    for (int c = column; c < to; c++)
        if (row[c].text.len) return false;
    return true;
}

/* The first column and those from `from` to before `to`. */
static void write_block(const Table *t, Screen *screen, int indent, const int *widths, int from, int to)
{
    int heads = to;
    while (heads > from && t->heads[heads - 1].len == 0) heads--;
    bool bare = heads == from && t->heads[0].len == 0;
    if (!bare) {
        spaces(screen->out, indent);
        write_cell(screen, t->heads[0], STYLE_FAINT, widths[0], t->right[0], heads == from);
    }
    for (int c = from; c < heads; c++) {
        spaces(screen->out, GAP);
        write_cell(screen, t->heads[c], STYLE_FAINT, widths[c], t->right[c], c == heads - 1);
    }
    buf_byte(screen->out, '\n');
    for (int i = 0; i + t->columns <= t->cell_count; i += t->columns) {
        const Cell *row = t->cells + i;
        if (row[0].rule_before) buf_byte(screen->out, '\n');
        spaces(screen->out, indent);
        bool only = rest_is_empty(row, from, to);
        write_cell(screen, row[0].text, row[0].style, widths[0], t->right[0], only);
        for (int c = from; c < to && !rest_is_empty(row, c, to); c++) {
            spaces(screen->out, GAP);
            write_cell(screen, row[c].text, row[c].style, widths[c], t->right[c], rest_is_empty(row, c + 1, to));
        }
        buf_byte(screen->out, '\n');
    }
}

void table_write(Table *t, Screen *screen, int indent)
{
    ASSERT(t->columns > 0 && t->cell_count % t->columns == 0);
    int *widths = arena_new(t->arena, int, (size_t)t->columns);
    for (int c = 0; c < t->columns; c++) widths[c] = column_width(t, c);
    for (int from = 1; from < t->columns;) {
        int to = from, line = indent + widths[0];
        while (to < t->columns && (to == from || line + GAP + widths[to] <= screen->columns)) line += GAP + widths[to++];
        if (from > 1) buf_byte(screen->out, '\n');
        write_block(t, screen, indent, widths, from, to);
        from = to;
    }
}
