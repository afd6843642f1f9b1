/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "report/grid.h"

/* Columns that A4 has room for, with figures of seven digits, or of five decimals. */
enum { PAPER_COLUMNS = 11, PAPER_COLUMNS_DECIMAL = 9 };

enum { SHORT_TEXT = 24 }; /* words of a cell that stay on one line */

Grid grid_new(Page *p, Shape shape)
{
    return (Grid){
        .p = p, .heads = arena_new(p->a, Str, GRID_COLUMNS_MAX), .words = arena_new(p->a, bool, GRID_COLUMNS_MAX), .shape = shape};
}

void grid_column(Grid *g, Str head, bool words)
{
    ASSERT(g->columns < GRID_COLUMNS_MAX);
    g->heads[g->columns] = head;
    g->words[g->columns++] = words;
}

static void begin_html(Grid *g, Str caption)
{
    Html *h = g->p->h;
    if (g->shape == SHAPE_CARDS) {
        html_markup(h, M("<table class=\"cards figures\" role=\"table\">"));
    } else if (g->shape == SHAPE_SMALL) {
        html_markup(h, M("<table class=\"small figures\" role=\"table\">"));
    } else {
        html_markup(h, g->many             ? M("<div class=\"scroll many\"")
                       : g->p->r->decimals ? M("<div class=\"scroll fine\"")
                                           : M("<div class=\"scroll\""));
        html_markup(h, M(" tabindex=\"0\" role=\"region\""));
        html_attribute(h, M("aria-label"), caption);
        html_markup(h, M("><table role=\"table\">"));
    }
    html_element(h, M("caption"), caption);
    html_markup(h, M("<thead role=\"rowgroup\"><tr role=\"row\">"));
    for (int c = 0; c < g->columns; c++) {
        html_markup(
            h, g->words[c] ? M("<th scope=\"col\" role=\"columnheader\" class=\"words\">") : M("<th scope=\"col\" role=\"columnheader\">"));
        html_text(h, g->heads[c]);
        html_markup(h, M("</th>"));
    }
    html_markup(h, M("</tr></thead>\n<tbody role=\"rowgroup\">\n"));
}

static void begin_view(Grid *g, Str caption)
{
    View *v = g->p->view;
    view_put_str(v, S("caption"), caption);
    view_put_bool(v, S("is_cards"), g->shape == SHAPE_CARDS);
    view_put_bool(v, S("is_small"), g->shape == SHAPE_SMALL);
    view_put_bool(v, S("is_scroll"), g->shape == SHAPE_SCROLL);
    view_put_bool(v, S("many"), g->many);
    view_put_bool(v, S("decimals"), g->p->r->decimals > 0);
    View *columns = view_put_array(v, S("columns"));
    for (int c = 0; c < g->columns; c++) {
        View *column = view_add_object(columns);
        view_put_str(column, S("name"), g->heads[c]);
        view_put_bool(column, S("words"), g->words[c]);
    }
    g->rows = view_put_array(v, S("rows"));
}

void grid_begin(Grid *g, Str caption)
{
    g->many = g->shape == SHAPE_SCROLL && g->columns > (g->p->r->decimals ? PAPER_COLUMNS_DECIMAL : PAPER_COLUMNS);
    if (g->p->view) begin_view(g, caption);
    else begin_html(g, caption);
}

/* Every key in every row and cell: a template looks for what is missing further out, and would find it there. */
static void row_view(Grid *g, Row row)
{
    View *v = view_add_object(g->rows);
    view_put_bool(v, S("elected"), row == ROW_ELECTED);
    view_put_bool(v, S("out"), row == ROW_OUT);
    view_put_bool(v, S("foot"), row == ROW_FOOT || row == ROW_FIRST_FOOT);
    view_put_bool(v, S("first_foot"), row == ROW_FIRST_FOOT);
    g->cells = v;
}

void grid_row(Grid *g, Row row)
{
    g->column = 0;
    if (g->p->view) {
        row_view(g, row);
        return;
    }
    switch (row) {
    case ROW_PLAIN: html_markup(g->p->h, M("<tr role=\"row\">")); break;
    case ROW_ELECTED: html_markup(g->p->h, M("<tr role=\"row\" class=\"elected\">")); break;
    case ROW_OUT: html_markup(g->p->h, M("<tr role=\"row\" class=\"out\">")); break;
    case ROW_FOOT: html_markup(g->p->h, M("<tr role=\"row\" class=\"foot\">")); break;
    case ROW_FIRST_FOOT: html_markup(g->p->h, M("<tr role=\"row\" class=\"foot first\">")); break;
    }
}

void grid_name(Grid *g, Str name, const Frac *share)
{
    g->column = 1;
    if (g->p->view) {
        view_put_str(g->cells, S("name"), name);
        view_put_str(g->cells, S("share"), share ? part_percent(g->p->a, share, 1) : S(""));
        g->cells = view_put_array(g->cells, S("cells"));
        return;
    }
    Html *h = g->p->h;
    html_markup(h, M("<th scope=\"row\" role=\"rowheader\"><bdi>"));
    html_text(h, name);
    html_markup(h, M("</bdi>"));
    if (share) html_draw(h, "<span class=\"meter\" aria-hidden=\"true\"><span style=\"width:@%\"></span></span>", part_double(share) * 100);
    html_markup(h, M("</th>"));
}

static void cell_view(Grid *g, Str text, bool wins)
{
    View *v = view_add_object(g->cells);
    view_put_str(v, S("label"), g->heads[g->column]);
    view_put_str(v, S("value"), text);
    view_put_bool(v, S("words"), g->words[g->column]);
    view_put_bool(v, S("short"), str_columns(text) < SHORT_TEXT);
    view_put_bool(v, S("wins"), wins);
    g->column++;
}

void grid_cell_as(Grid *g, Str text, bool wins)
{
    if (g->p->view) {
        cell_view(g, text, wins);
        return;
    }
    Html *h = g->p->h;
    html_markup(h, M("<td role=\"cell\""));
    if (g->words[g->column]) html_markup(h, str_columns(text) < SHORT_TEXT ? M(" class=\"words short\"") : M(" class=\"words\""));
    else if (wins) html_markup(h, M(" class=\"wins\""));
    if ((g->shape == SHAPE_CARDS || g->many) && text.len && g->heads[g->column].len)
        html_attribute(h, M("data-label"), g->heads[g->column]);
    html_markup(h, M(">"));
    html_text(h, text);
    html_markup(h, M("</td>"));
    g->column++;
}

void grid_cell(Grid *g, Str text)
{
    grid_cell_as(g, text, false);
}

void grid_row_end(Grid *g)
{
    while (g->column < g->columns) grid_cell(g, S(""));
    if (!g->p->view) html_markup(g->p->h, M("</tr>\n"));
}

void grid_end(Grid *g)
{
    if (!g->p->view) html_markup(g->p->h, g->shape == SHAPE_SCROLL ? M("</tbody></table></div>\n") : M("</tbody></table>\n"));
}
