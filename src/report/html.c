/* The declaration: one page that holds all of a count and fetches nothing.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The order is that of Rule 50 of the Parliamentary Elections Rules (Representation of the People Act 1983, Schedule 1) as Schedule 10 of the
 * Parliamentary Voting System and Constituencies Act 2011 would have had it: who is elected; the candidates and the stage at which each went
 * out, from the fewest votes to the most; at every stage the votes of each remaining candidate and those not reallocated; the rejected papers
 * by head. Then what helps a reader to understand and to check it.
 * Shares name what they are shares of: the papers counted, the votes that continue at a stage, or the roll.
 */
#include "report/chart.h"
#include "core/markup.h"
#include "report/style.h"
#include "report/words.h"

#include "core/num.h"

typedef struct Page {
    Arena *a;
    Html *h;
    const Result *r;
    const Analysis *analysis;
    const ReportOptions *options;
    int id;    /* of this contest on the page: 0, or the number of the post */
    bool post; /* one of several: its headings are one level lower */
} Page;

/* ---- pieces ---- */

static void heading(Page *p, Markup anchor, Str text)
{
    html_markup(p->h, p->post ? M("<h3") : M("<h2"));
    if (anchor.len) {
        html_markup(p->h, M(" id=\""));
        html_markup(p->h, anchor);
        if (p->id) html_draw(p->h, "-@", p->id);
        html_markup(p->h, M("\""));
    }
    html_markup(p->h, M(">"));
    html_text(p->h, text);
    html_markup(p->h, p->post ? M("</h3>\n") : M("</h2>\n"));
}

static void subheading(Page *p, Str text)
{
    html_element(p->h, p->post ? M("h4") : M("h3"), text);
    html_markup(p->h, M("\n"));
}

static void paragraph(Page *p, Str text)
{
    html_element(p->h, M("p"), text);
    html_markup(p->h, M("\n"));
}

static void soft_paragraph(Page *p, Str text)
{
    html_markup(p->h, M("<p class=\"how\">"));
    html_text(p->h, text);
    html_markup(p->h, M("</p>\n"));
}

static void section_begin(Page *p)
{
    html_markup(p->h, p->post ? M("<div>\n") : M("<section>\n"));
}

static void section_end(Page *p)
{
    html_markup(p->h, p->post ? M("</div>\n") : M("</section>\n"));
}

/* The caveat, wherever figures stand. */
static void caveat(Page *p)
{
    if (!p->options->note.len) return;
    html_markup(p->h, M("<div class=\"note\"><p><strong>Please note.</strong> "));
    html_text(p->h, p->options->note);
    html_markup(p->h, M("</p></div>\n"));
}

/* The caveat again, in small, under the heading of a section of figures. */
static void caveat_again(Page *p)
{
    if (!p->options->note.len) return;
    html_markup(p->h, M("<p class=\"again\">Note: "));
    html_text(p->h, p->options->note);
    html_markup(p->h, M("</p>\n"));
}

/* Lines as paragraphs; those that start with a blank are commands. */
static void lines_write(Page *p, Lines lines)
{
    for (int i = 0; i < lines.count; i++) {
        if (str_starts(lines.items[i], S("  "))) html_element(p->h, M("pre"), (Str){lines.items[i].ptr + 4, lines.items[i].len - 4});
        else html_element(p->h, M("p"), lines.items[i]);
        html_markup(p->h, M("\n"));
    }
}

/* ---- tables ----
 * Cards: on a phone a row is a card; browsers forget that a table laid out as blocks is one, so the roles are spelt out, and each cell
 * carries its column's name. Small: few enough columns for any screen. Scroll: a matrix, in a frame that the keyboard reaches; one too wide
 * for a sheet of paper is printed as a list, each figure after its column's name. */

typedef enum Shape { SHAPE_CARDS, SHAPE_SMALL, SHAPE_SCROLL } Shape;

typedef struct Grid {
    Page *p;
    Str *heads;
    bool *words; /* the column holds words, not figures */
    int columns, column;
    Shape shape;
    bool many; /* wider than a sheet of paper */
} Grid;

enum { GRID_COLUMNS_MAX = PAPERS_CANDIDATES_MAX + 16 };

/* Columns that A4 has room for, with figures of seven digits, or of five decimals. */
enum { PAPER_COLUMNS = 11, PAPER_COLUMNS_DECIMAL = 9 };

enum { SHORT_TEXT = 24 }; /* words of a cell that stay on one line */

static Grid grid_new(Page *p, Shape shape)
{
    return (Grid){
        .p = p, .heads = arena_new(p->a, Str, GRID_COLUMNS_MAX), .words = arena_new(p->a, bool, GRID_COLUMNS_MAX), .shape = shape};
}

static void grid_column(Grid *g, Str head, bool words)
{
    ASSERT(g->columns < GRID_COLUMNS_MAX);
    g->heads[g->columns] = head;
    g->words[g->columns++] = words;
}

static void grid_begin(Grid *g, Str caption)
{
    Html *h = g->p->h;
    g->many = g->shape == SHAPE_SCROLL && g->columns > (g->p->r->decimals ? PAPER_COLUMNS_DECIMAL : PAPER_COLUMNS);
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

typedef enum Row { ROW_PLAIN, ROW_ELECTED, ROW_OUT, ROW_FOOT, ROW_FIRST_FOOT } Row;

static void grid_row(Grid *g, Row row)
{
    switch (row) {
    case ROW_PLAIN: html_markup(g->p->h, M("<tr role=\"row\">")); break;
    case ROW_ELECTED: html_markup(g->p->h, M("<tr role=\"row\" class=\"elected\">")); break;
    case ROW_OUT: html_markup(g->p->h, M("<tr role=\"row\" class=\"out\">")); break;
    case ROW_FOOT: html_markup(g->p->h, M("<tr role=\"row\" class=\"foot\">")); break;
    case ROW_FIRST_FOOT: html_markup(g->p->h, M("<tr role=\"row\" class=\"foot first\">")); break;
    }
    g->column = 0;
}

/* The row's own name; with a bar of `percent` under it unless that is negative. */
static void grid_name(Grid *g, Str name, double percent)
{
    Html *h = g->p->h;
    html_markup(h, M("<th scope=\"row\" role=\"rowheader\"><bdi>"));
    html_text(h, name);
    html_markup(h, M("</bdi>"));
    if (percent >= 0) html_draw(h, "<span class=\"meter\" aria-hidden=\"true\"><span style=\"width:@%\"></span></span>", percent);
    html_markup(h, M("</th>"));
    g->column = 1;
}

static void grid_cell_as(Grid *g, Str text, bool wins)
{
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

static void grid_cell(Grid *g, Str text)
{
    grid_cell_as(g, text, false);
}

static void grid_row_end(Grid *g)
{
    while (g->column < g->columns) grid_cell(g, S(""));
    html_markup(g->p->h, M("</tr>\n"));
}

static void grid_end(Grid *g)
{
    html_markup(g->p->h, g->shape == SHAPE_SCROLL ? M("</tbody></table></div>\n") : M("</tbody></table>\n"));
}

/* ---- the head of the page ---- */

static void fact(Page *p, Str name, Str value, Str small)
{
    html_markup(p->h, M("<div>"));
    html_element(p->h, M("dt"), name);
    html_markup(p->h, M("<dd>"));
    html_text(p->h, value);
    if (small.len) html_element(p->h, M("small"), small);
    html_markup(p->h, M("</dd></div>\n"));
}

/* What the winner of a single seat has at the end, of the papers counted and of the roll. */
static void winner_fact(Page *p)
{
    const Result *r = p->r;
    if (r->elected_count != 1 || r->stage_count == 0 || r->pairwise || r->yes_no) return;
    const Stage *last = &r->stages[r->stage_count - 1];
    int c = r->elected[0];
    Str counted = str_format(p->a, "%.*s%% of papers counted", STR_ARG(part_percent_of(p->a, last->tally[c], r->valid, 1)));
    if (r->options.roll > 0)
        counted = str_format(
            p->a, "%.*s, %.*s%% of the roll", STR_ARG(counted), STR_ARG(part_percent_of(p->a, last->tally[c], r->options.roll, 1)));
    if (part_is_college(r)) {
        fact(p, S("Elected with"), str_format(p->a, "%.*s%%", STR_ARG(part_percent(p->a, part_share(p->a, r, last, c), 2))),
            S("of the points"));
        fact(p, S("Papers, all sections"), part_votes(p->a, r, last->tally[c]), counted);
    } else {
        fact(p, S("Elected with"), words_votes(p->a, r, last->tally[c]), counted);
    }
}

static void write_facts(Page *p)
{
    Arena *a = p->a;
    const Result *r = p->r;
    RejectedList rejected = part_rejected(a, r, p->options);
    int64_t returned = part_returned(r, &rejected);
    html_markup(p->h, M("<dl class=\"facts\">\n"));
    winner_fact(p);
    fact(p, S("Papers counted"), part_whole(a, r->valid),
        rejected.total ? str_format(a, "%.*s rejected", STR_ARG(part_whole(a, rejected.total))) : S("none rejected"));
    if (r->options.roll > 0)
        fact(p, S("Roll"), part_whole(a, r->options.roll),
            str_format(a, "turnout %.*s%%", STR_ARG(part_percent_of(a, returned, r->options.roll, 1))));
    else fact(p, S("Roll"), S("not stated"), S("turnout not known"));
    if (r->options.issued > 0)
        fact(p, S("Papers issued"), part_whole(a, r->options.issued),
            str_format(a, "%.*s%% came back", STR_ARG(part_percent_of(a, returned, r->options.issued, 1))));
    if (r->rules->method != METHOD_POSTS) {
        if (r->seats > 1) fact(p, S("Seats"), part_whole(a, r->seats), S(""));
        if (r->stage_count > 1) fact(p, S("Stages"), part_whole(a, r->stage_count), S(""));
    } else {
        fact(p, S("Posts"), part_whole(a, r->post_count), S(""));
    }
    html_markup(p->h, M("</dl>\n"));
}

static void write_open(Page *p)
{
    const Result *asked = part_asked(p->r);
    if (!asked->open) return;
    html_markup(p->h, M("<div class=\"open\" role=\"alert\"><p><strong>A question is open. This is not a result.</strong></p>\n"));
    lines_write(p, words_tie(p->a, asked, asked->stage_count ? &asked->stages[asked->stage_count - 1] : NULL, asked->open));
    lines_write(p, words_open(p->a, asked));
    html_markup(p->h, M("</div>\n"));
}

static void write_top(Page *p, Str title)
{
    html_markup(p->h, M("<header class=\"top\">\n<p class=\"kicker\">"));
    html_markup(p->h, style_mark);
    html_markup(p->h, p->r->open ? M("Report of an unfinished count</p>\n<h1>") : M("Declaration of the result</p>\n<h1>"));
    html_text(p->h, title);
    html_markup(p->h, p->r->open || p->r->elected_count > 2 ? M("</h1>\n<p class=\"outcome long\">") : M("</h1>\n<p class=\"outcome\">"));
    html_text(p->h, words_outcome(p->a, p->r));
    html_markup(p->h, M("</p>\n"));
    if (p->r->yes_no) {
        Lines lines = words_yes_no(p->a, p->r, p->options);
        html_markup(p->h, M("<p class=\"lead\">"));
        html_text(p->h, lines_joined(&lines));
        html_markup(p->h, M("</p>\n"));
    }
    write_open(p);
    caveat(p);
    write_facts(p);
    html_markup(p->h, M("</header>\n"));
}

/* Which post went to whom. */
static void write_post_list(Page *p)
{
    Grid g = grid_new(p, SHAPE_SMALL);
    grid_column(&g, S("Post"), true);
    grid_column(&g, S("Result"), true);
    grid_begin(&g, S("The posts and who is elected to them."));
    for (int i = 0; i < p->r->post_count; i++) {
        grid_row(&g, ROW_PLAIN);
        grid_name(&g, p->r->posts[i].name, -1);
        grid_cell(&g, words_outcome(p->a, p->r->posts[i].result));
        grid_row_end(&g);
    }
    grid_end(&g);
}

/* ---- the declaration ---- */

/* Candidates from the fewest votes to the most: those out first, then those left at the end, fewest first; then those withdrawn. */
static int *fewest_first(Page *p, int *ret_count)
{
    const Result *r = p->r;
    int n = r->papers->candidate_count, count = 0;
    int *order = arena_new(p->a, int, (size_t)n);
    bool *listed = arena_new(p->a, bool, (size_t)n);
    for (int i = 0; i < r->eliminated_count; i++) {
        order[count++] = r->eliminated[i];
        listed[r->eliminated[i]] = true;
    }
    if (r->stage_count) {
        int *ranked;
        int standing = part_ranked(p->a, r, &r->stages[r->stage_count - 1], &ranked);
        for (int i = standing - 1; i >= 0; i--) {
            if (listed[ranked[i]]) continue;
            order[count++] = ranked[i];
            listed[ranked[i]] = true;
        }
    }
    for (int c = 0; c < n; c++)
        if (!listed[c] && !r->papers->candidates[c].withdrawn) order[count++] = c;
    for (int c = 0; c < n; c++)
        if (r->papers->candidates[c].withdrawn) order[count++] = c;
    *ret_count = count;
    return order;
}

/* The last stage at which a candidate has a line, -1: none. */
static int last_stage_of(const Result *r, int candidate)
{
    for (int s = r->stage_count - 1; s >= 0; s--)
        if (part_stands(&r->stages[s], candidate)) return s;
    return -1;
}

static Row row_of(const Result *r, int candidate)
{
    if (r->rules->method == METHOD_YES_NO) return ROW_PLAIN;
    return part_in(r->elected, r->elected_count, candidate) ? ROW_ELECTED : ROW_PLAIN;
}

static Str capitalised(Arena *a, Str text)
{
    if (text.len == 0 || text.ptr[0] < 'a' || text.ptr[0] > 'z') return text;
    return str_format(a, "%c%.*s", text.ptr[0] - 'a' + 'A', STR_ARG(str_slice(text, 1, text.len)));
}

static void candidate_row(Page *p, Grid *g, int c)
{
    Arena *a = p->a;
    const Result *r = p->r;
    int last = last_stage_of(r, c);
    grid_row(g, row_of(r, c));
    grid_name(g, part_name(r, c), -1);
    if (r->rules->method != METHOD_YES_NO) grid_cell(g, capitalised(a, words_fate(a, r, c)));
    if (last >= 0) {
        const Stage *stage = &r->stages[last];
        if (r->stage_count > 1) grid_cell(g, part_votes(a, r, r->stages[0].tally[c]));
        if (part_is_college(r)) grid_cell(g, str_format(a, "%.*s%%", STR_ARG(part_percent(a, part_share(a, r, stage, c), 2))));
        grid_cell(g, part_votes(a, r, stage->tally[c]));
        Frac *share = part_ratio(a, stage->tally[c], mul_or_stop(r->valid, pow10_i64(r->decimals)));
        grid_cell(g, str_format(a, "%.*s%%", STR_ARG(part_percent(a, share, 1))));
        if (r->options.roll > 0)
            grid_cell(
                g, str_format(a, "%.*s%%",
                       STR_ARG(part_percent(a, part_ratio(a, stage->tally[c], mul_or_stop(r->options.roll, pow10_i64(r->decimals))), 1))));
    }
    grid_row_end(g);
}

static void write_candidates(Page *p)
{
    const Result *r = p->r;
    Grid g = grid_new(p, SHAPE_CARDS);
    bool stages = r->stage_count > 1;
    grid_column(&g, r->rules->method == METHOD_YES_NO ? S("Answer") : S("Candidate"), true);
    if (r->rules->method != METHOD_YES_NO) grid_column(&g, S("Outcome"), true);
    if (r->stage_count) {
        if (stages) grid_column(&g, S("First stage, votes"), false);
        if (part_is_college(r)) grid_column(&g, S("Last stage, points"), false);
        grid_column(&g, stages ? S("Last stage, votes") : r->pairwise ? S("First preferences") : S("Votes"), false);
        grid_column(&g, S("of papers counted"), false);
        if (r->options.roll > 0) grid_column(&g, S("of the roll"), false);
    }
    grid_begin(&g, r->pairwise ? S("From the fewest first preferences to the most; they do not decide, the comparison one to one does.")
                   : stages    ? S("From the fewest votes to the most; \"last stage\" is the last one at which the candidate had votes.")
                               : S("From the fewest votes to the most."));
    int count;
    int *order = fewest_first(p, &count);
    for (int i = 0; i < count; i++) candidate_row(p, &g, order[i]);
    grid_end(&g);
}

/* Candidates down, stages across: the table that the drawing shows. */
static void write_all_stages(Page *p)
{
    Arena *a = p->a;
    const Result *r = p->r;
    if (r->stage_count < 2) return;
    subheading(p, S("Every stage"));
    Grid g = grid_new(p, SHAPE_SCROLL);
    if (r->stage_count + 1 > GRID_COLUMNS_MAX) return;
    grid_column(&g, S("Candidate"), true);
    for (int s = 1; s <= r->stage_count; s++) grid_column(&g, str_format(a, "Stage %d", s), false);
    grid_begin(&g, part_is_college(r) ? S("Share of the points at each stage, in percent; below, papers of all sections.")
                                      : S("Votes at each stage."));
    int count;
    int *order = fewest_first(p, &count);
    for (int i = 0; i < count; i++) {
        int c = order[i];
        if (last_stage_of(r, c) < 0) continue;
        grid_row(&g, row_of(r, c));
        grid_name(&g, part_name(r, c), -1);
        for (int s = 0; s < r->stage_count; s++) {
            const Stage *stage = &r->stages[s];
            if (!part_stands(stage, c)) grid_cell(&g, S("\xE2\x80\x93"));
            else grid_cell(&g, part_is_college(r) ? part_percent(a, part_share(a, r, stage, c), 2) : part_votes(a, r, stage->tally[c]));
        }
        grid_row_end(&g);
    }
    grid_row(&g, ROW_FIRST_FOOT);
    grid_name(&g, S("Continuing"), -1);
    for (int s = 0; s < r->stage_count; s++) grid_cell(&g, part_votes(a, r, r->stages[s].continuing));
    grid_row_end(&g);
    grid_row(&g, ROW_FOOT);
    grid_name(&g, S("Not reallocated"), -1);
    for (int s = 0; s < r->stage_count; s++) grid_cell(&g, part_votes(a, r, r->stages[s].not_reallocated));
    grid_row_end(&g);
    if (r->rules->method == METHOD_STV_GREGORY) {
        grid_row(&g, ROW_FOOT);
        grid_name(&g, S("Lost to rounding"), -1);
        for (int s = 0; s < r->stage_count; s++) grid_cell(&g, part_votes(a, r, r->stages[s].lost));
        grid_row_end(&g);
    }
    if (r->stages[0].quota) {
        grid_row(&g, ROW_FOOT);
        grid_name(&g, S("Quota"), -1);
        for (int s = 0; s < r->stage_count; s++) grid_cell(&g, part_votes(a, r, r->stages[s].quota));
        grid_row_end(&g);
    }
    grid_end(&g);
}

static void papers_row(Grid *g, Page *p, Row row, Str name, int64_t papers)
{
    const CountOptions *o = &p->r->options;
    grid_row(g, row);
    grid_name(g, name, -1);
    grid_cell(g, part_whole(p->a, papers));
    if (o->issued > 0) grid_cell(g, str_format(p->a, "%.*s%%", STR_ARG(part_percent_of(p->a, papers, o->issued, 2))));
    if (o->roll > 0) grid_cell(g, str_format(p->a, "%.*s%%", STR_ARG(part_percent_of(p->a, papers, o->roll, 2))));
    grid_row_end(g);
}

static void write_papers(Page *p)
{
    Arena *a = p->a;
    const Result *r = p->r;
    RejectedList rejected = part_rejected(a, r, p->options);
    subheading(p, S("The papers"));
    Grid g = grid_new(p, r->options.issued > 0 && r->options.roll > 0 ? SHAPE_CARDS : SHAPE_SMALL);
    grid_column(&g, S("Papers"), true);
    grid_column(&g, S("Number"), false);
    if (r->options.issued > 0) grid_column(&g, S("of those issued"), false);
    if (r->options.roll > 0) grid_column(&g, S("of the roll"), false);
    grid_begin(&g, rejected.by_hand
                       ? S("Papers counted, and those rejected by head; some were rejected by hand and are not among the papers read.")
                       : S("Papers counted, and those rejected by head."));
    papers_row(&g, p, ROW_PLAIN, S("Counted"), r->valid);
    for (int i = 0; i < rejected.count; i++)
        papers_row(&g, p, ROW_PLAIN, str_format(a, "Rejected: %.*s", STR_ARG(rejected.lines[i].words)), rejected.lines[i].papers);
    papers_row(&g, p, ROW_FIRST_FOOT, S("Returned, counted or rejected"), part_returned(r, &rejected));
    if (r->options.issued > 0) papers_row(&g, p, ROW_FOOT, S("Issued"), r->options.issued);
    if (r->options.roll > 0) papers_row(&g, p, ROW_FOOT, S("On the roll"), r->options.roll);
    grid_end(&g);
    if (r->options.roll <= 0)
        soft_paragraph(p, S("The number on the roll was not given to the count, so shares of the roll cannot be shown."));
}

static void write_sections(Page *p)
{
    const Result *r = p->r;
    if (!part_has_sections(r)) return;
    bool college = part_is_college(r);
    subheading(p, S("The sections"));
    Grid g = grid_new(p, SHAPE_SMALL);
    grid_column(&g, S("Section"), true);
    grid_column(&g, S("Papers"), false);
    if (college) grid_column(&g, S("Weight"), false);
    grid_begin(&g, college ? S("At every stage each section's weight is shared out by its papers that still continue.")
                           : S("The sections are reported; they weigh nothing."));
    for (int s = 0; s < r->papers->section_count; s++) {
        grid_row(&g, ROW_PLAIN);
        grid_name(&g, r->papers->sections[s].name, -1);
        grid_cell(&g, part_whole(p->a, r->papers->sections[s].papers));
        const Frac *weight = part_weight(r, s);
        if (college) grid_cell(&g, weight ? frac_text(p->a, weight) : S("none"));
        grid_row_end(&g);
    }
    grid_end(&g);
}

static void write_declaration(Page *p)
{
    section_begin(p);
    heading(p, M("declaration"), p->r->open ? S("The count so far") : p->post ? S("Declaration") : S("The declaration"));
    paragraph(p, words_outcome(p->a, p->r));
    write_candidates(p);
    write_all_stages(p);
    if (!p->post) write_sections(p);
    write_papers(p);
    section_end(p);
}

/* ---- the drawing ---- */

/* A part of the drawing, for a desk and for a phone. */
static void write_chart_part(Page *p, ChartPart part)
{
    int id = p->id * 4 + (part == CHART_SANKEY ? 3 : 1);
    html_markup(p->h, M("<div class=\"wide\">"));
    chart_svg(p->h, p->r, p->options, &(ChartOptions){.part = part, .id = id, .width = 900});
    html_markup(p->h, M("</div>\n<div class=\"narrow\">"));
    chart_svg(p->h, p->r, p->options, &(ChartOptions){.part = part, .id = id + 1, .width = 350});
    html_markup(p->h, M("</div>\n"));
}

static void write_chart(Page *p)
{
    if (p->r->stage_count == 0) return;
    section_begin(p);
    heading(p, M("drawing"), S("The count at a glance"));
    html_markup(p->h, M("<figure>\n"));
    write_chart_part(p, CHART_BARS);
    if (chart_has_sankey(p->r)) write_chart_part(p, CHART_SANKEY);
    html_markup(p->h, M("<figcaption>"));
    if (p->r->rules->method == METHOD_YES_NO) html_markup(p->h, M("Votes for each answer."));
    else if (p->r->rules->method == METHOD_CONDORCET)
        html_markup(p->h, M("First preferences only; the result comes from the comparison of the candidates one to one, below."));
    else if (p->r->stage_count < 2 && p->r->open) html_markup(p->h, M("Votes for each candidate."));
    else if (!part_moves(p->r) || p->r->stage_count < 2) html_markup(p->h, M("Green, the darkest in print: elected."));
    else
        html_markup(p->h, M("Green, the darkest in print: elected in the end. Hatched: goes out at that stage, or passes on. Dotted: not "
                            "reallocated. Each table on this page holds the exact figures."));
    if (p->options->note.len) {
        html_markup(p->h, M(" Note: "));
        html_text(p->h, p->options->note);
    }
    html_markup(p->h, M("</figcaption>\n</figure>\n"));
    section_end(p);
}

/* ---- stages ---- */

static void stage_columns(Grid *g, Page *p, const Stage *stage, bool first)
{
    grid_column(g, p->r->rules->method == METHOD_YES_NO ? S("Answer") : S("Candidate"), true);
    if (stage->section_tally)
        for (int s = 0; s < p->r->papers->section_count; s++) grid_column(g, p->r->papers->sections[s].name, false);
    if (!part_is_college(p->r)) grid_column(g, S("Votes"), false);
    grid_column(g, part_is_college(p->r) ? S("Points, %") : part_moves(p->r) ? S("of continuing, %") : S("of all votes, %"), false);
    if (!first) grid_column(g, S("Change"), false);
    if (stage->keep) grid_column(g, S("Keep factor"), false);
    if (p->r->rules->method != METHOD_YES_NO) grid_column(g, S("Outcome"), true);
}

/* Change of points in percentage points, or of votes. */
static Str change_text(Page *p, int number, int c)
{
    if (part_is_college(p->r)) {
        Frac *change = frac_new(p->a, 1);
        frac_set(change, &p->r->stages[number - 1].points[c]);
        frac_sub(change, &p->r->stages[number - 2].points[c]);
        return str_format(p->a, "%s%.*s", frac_sign(change) > 0 ? "+" : "", STR_ARG(part_percent(p->a, change, 2)));
    }
    Votes change = 0;
    return part_change(p->r, number - 1, c, &change) ? part_signed(p->a, p->r, change) : S("");
}

static void stage_row(Grid *g, Page *p, int number, int c)
{
    Arena *a = p->a;
    const Result *r = p->r;
    const Stage *stage = &r->stages[number - 1];
    Frac *share = part_share(a, r, stage, c);
    bool elected = part_in(stage->elected, stage->elected_count, c) && r->rules->method != METHOD_YES_NO;
    bool out = part_in(stage->eliminated, stage->eliminated_count, c);
    grid_row(g, elected ? ROW_ELECTED : out ? ROW_OUT : ROW_PLAIN);
    grid_name(g, part_name(r, c), part_double(share) * 100);
    if (stage->section_tally)
        for (int s = 0; s < r->papers->section_count; s++)
            grid_cell(g, part_votes(a, r, stage->section_tally[s * r->papers->candidate_count + c]));
    if (!part_is_college(r)) grid_cell(g, part_votes(a, r, stage->tally[c]));
    grid_cell(g, part_percent(a, share, 2));
    if (number > 1) grid_cell(g, change_text(p, number, c));
    if (stage->keep) grid_cell(g, votes_text(a, stage->keep[c], r->decimals));
    if (r->rules->method != METHOD_YES_NO) grid_cell(g, words_mark(r, stage, c));
    grid_row_end(g);
}

static void stage_foot(Grid *g, Page *p, const Stage *stage, Row row, Str name, const Votes *by_section, Votes votes)
{
    grid_row(g, row);
    grid_name(g, name, -1);
    if (stage->section_tally)
        for (int s = 0; s < p->r->papers->section_count; s++) grid_cell(g, by_section ? part_votes(p->a, p->r, by_section[s]) : S(""));
    if (!part_is_college(p->r)) grid_cell(g, part_votes(p->a, p->r, votes));
    grid_row_end(g);
}

static void stage_feet(Grid *g, Page *p, const Stage *stage)
{
    const Result *r = p->r;
    Votes *lost = NULL;
    if (stage->section_continuing) {
        lost = arena_new(p->a, Votes, (size_t)r->papers->section_count);
        for (int s = 0; s < r->papers->section_count; s++) lost[s] = r->stages[0].section_continuing[s] - stage->section_continuing[s];
    }
    stage_foot(g, p, stage, ROW_FIRST_FOOT, part_moves(r) ? S("Continuing") : S("All votes"), stage->section_continuing, stage->continuing);
    if (part_moves(r) || stage->not_reallocated)
        stage_foot(g, p, stage, ROW_FOOT, r->rules->method == METHOD_CONDORCET ? S("Equal first or none") : S("Not reallocated"), lost,
            stage->not_reallocated);
    if (r->rules->method == METHOD_STV_GREGORY) stage_foot(g, p, stage, ROW_FOOT, S("Lost to rounding"), NULL, stage->lost);
    if (stage->quota) stage_foot(g, p, stage, ROW_FOOT, S("Quota"), NULL, stage->quota);
}

static void write_lot(Page *p, int number)
{
    Lines commands = words_lot_commands(p->a, p->r, number, p->r->stages[number - 1].tie);
    if (commands.count == 0) return;
    soft_paragraph(p, S("To check the lot by hand (the digits after # are what it must give):"));
    html_markup(p->h, M("<pre>"));
    for (int i = 0; i < commands.count; i++) {
        html_text(p->h, commands.items[i]);
        html_markup(p->h, M("\n"));
    }
    html_markup(p->h, M("</pre>\n"));
}

static void write_stage(Page *p, int number)
{
    const Stage *stage = &p->r->stages[number - 1];
    if (p->r->stage_count > 1) subheading(p, str_format(p->a, "Stage %d", number));
    Lines account = words_stage(p->a, p->r, number);
    if (account.count) paragraph(p, lines_joined(&account));
    write_lot(p, number);
    Grid g = grid_new(p, SHAPE_CARDS);
    stage_columns(&g, p, stage, number == 1);
    Str caption = p->r->rules->method == METHOD_CONDORCET ? S("First preferences")
                  : p->r->stage_count > 1                 ? str_format(p->a, "Stage %d, most %.*s first", number, STR_ARG(words_unit(p->r)))
                                                          : S("Votes");
    grid_begin(&g, caption);
    int *ranked;
    int count = part_ranked(p->a, p->r, stage, &ranked);
    for (int i = 0; i < count; i++) stage_row(&g, p, number, ranked[i]);
    stage_feet(&g, p, stage);
    grid_end(&g);
}

static void write_stages(Page *p)
{
    if (p->r->stage_count == 0) return;
    section_begin(p);
    heading(p, M("stages"), p->r->stage_count > 1 ? S("Stage by stage") : S("The count"));
    caveat_again(p);
    for (int number = 1; number <= p->r->stage_count; number++) write_stage(p, number);
    section_end(p);
}

/* ---- what else the papers tell ---- */

static void write_matrix(Page *p, Str caption, const int64_t *figures, int stride, bool nobody)
{
    const Result *r = p->r;
    int n = r->papers->candidate_count;
    Grid g = grid_new(p, SHAPE_SCROLL);
    grid_column(&g, S("Candidate"), true);
    for (int c = 0; c < n; c++)
        if (!r->papers->candidates[c].withdrawn) grid_column(&g, part_name(r, c), false);
    if (nobody) grid_column(&g, S("Nobody"), false);
    grid_begin(&g, caption);
    for (int c = 0; c < n; c++) {
        if (r->papers->candidates[c].withdrawn) continue;
        grid_row(&g, ROW_PLAIN);
        grid_name(&g, part_name(r, c), -1);
        for (int d = 0; d < n; d++) {
            if (r->papers->candidates[d].withdrawn) continue;
            bool wins = !nobody && c != d && figures[c * stride + d] > figures[d * stride + c];
            grid_cell_as(&g, c == d ? S("\xE2\x80\x93") : part_whole(p->a, figures[c * stride + d]), wins);
        }
        if (nobody) grid_cell(&g, part_whole(p->a, figures[c * stride + n]));
        grid_row_end(&g);
    }
    grid_end(&g);
}

static void write_pairs(Page *p)
{
    const Result *r = p->r;
    bool single = p->analysis && p->analysis->single.single;
    const int64_t *over = r->pairwise ? r->pairwise->over : p->analysis && !single ? p->analysis->over : NULL;
    if (!over) return;
    section_begin(p);
    heading(p, M("pairs"), S("One to one"));
    caveat_again(p);
    write_matrix(p, S("Papers that rank the candidate of the row above the candidate of the column; bold: more than the other way round."),
        over, r->papers->candidate_count, false);
    if (r->pairwise) {
        lines_write(p, words_pairwise(p->a, r));
        paragraph(p, str_format(p->a, "By Schulze's method: %.*s.", STR_ARG(words_ranking(p->a, r, r->pairwise->schulze_place))));
        paragraph(p, str_format(p->a, "By ranked pairs: %.*s.", STR_ARG(words_ranking(p->a, r, r->pairwise->ranked_pairs_place))));
    }
    section_end(p);
}

static void write_next(Page *p)
{
    if (!p->analysis || !p->analysis->next.next || p->analysis->single.single) return;
    section_begin(p);
    heading(p, M("next"), S("Next preferences"));
    caveat_again(p);
    write_matrix(p, S("Of the papers that rank the candidate of the row first, those that name the candidate of the column next."),
        p->analysis->next.next, p->r->papers->candidate_count + 1, true);
    section_end(p);
}

static void write_close(Page *p)
{
    Lines margin = words_margin(p->a, p->r, p->analysis);
    Lines single = words_single_mark(p->a, p->r, p->analysis);
    if (margin.count + single.count == 0) return;
    section_begin(p);
    heading(p, M("close"), S("How close it was"));
    caveat_again(p);
    lines_write(p, margin);
    lines_write(p, single);
    section_end(p);
}

static void write_weights(Page *p)
{
    if (!p->analysis || !p->analysis->weights.weight) return;
    const PaperWeights *w = &p->analysis->weights;
    int sections = p->r->papers->section_count;
    section_begin(p);
    heading(p, M("weights"), S("What one paper weighed"));
    caveat_again(p);
    Grid g = grid_new(p, SHAPE_CARDS);
    grid_column(&g, S("Stage"), true);
    for (int s = 0; s < sections; s++) grid_column(&g, p->r->papers->sections[s].name, false);
    grid_begin(&g, S("The part of the whole result that one paper of each section decided."));
    for (int stage = 0; stage < p->r->stage_count; stage++) {
        grid_row(&g, ROW_PLAIN);
        grid_name(&g, str_format(p->a, "Stage %d", stage + 1), -1);
        for (int s = 0; s < sections; s++) {
            int at = stage * sections + s;
            grid_cell(&g, w->none[at] ? S("no paper left") : words_weight(p->a, &w->weight[at]));
        }
        grid_row_end(&g);
    }
    grid_end(&g);
    lines_write(p, words_weights(p->a, p->r, w, 1));
    if (p->r->stage_count > 1) lines_write(p, words_weights(p->a, p->r, w, p->r->stage_count));
    section_end(p);
}

static void write_slates(Page *p)
{
    if (!p->analysis || p->analysis->slate_count == 0) return;
    section_begin(p);
    heading(p, M("slates"), S("Slates"));
    caveat_again(p);
    Grid g = grid_new(p, SHAPE_CARDS);
    grid_column(&g, S("Slate"), true);
    grid_column(&g, S("Candidates"), false);
    grid_column(&g, S("Elected"), false);
    grid_column(&g, S("Papers with one of them first"), false);
    grid_column(&g, S("with all of them on top"), false);
    grid_column(&g, S("with at least one of them"), false);
    grid_begin(&g, S("Candidates who stood together."));
    for (int i = 0; i < p->analysis->slate_count; i++) {
        const Slate *slate = &p->analysis->slates[i];
        grid_row(&g, ROW_PLAIN);
        grid_name(&g, slate->name, -1);
        grid_cell(&g, part_whole(p->a, slate->candidate_count));
        grid_cell(&g, part_whole(p->a, slate->elected));
        grid_cell(&g, part_whole(p->a, slate->first));
        grid_cell(&g, part_whole(p->a, slate->whole));
        grid_cell(&g, part_whole(p->a, slate->any));
        grid_row_end(&g);
    }
    grid_end(&g);
    section_end(p);
}

/* ---- rules and checking ---- */

static void write_rules(Page *p)
{
    const Rules *rules = p->r->rules;
    section_begin(p);
    heading(p, M("rules"), S("The rules"));
    paragraph(p, str_format(p->a, "Counted by \"%.*s\": %.*s.", STR_ARG(rules->name), STR_ARG(rules->title)));
    if (rules->source.len) paragraph(p, str_format(p->a, "Source: %.*s.", STR_ARG(rules->source)));
    html_markup(p->h, M("<p>SHA-256 of the text below, byte for byte: <span class=\"hash\">"));
    html_text(p->h, sha256_hex(p->a, rules->hash));
    html_markup(p->h, M("</span></p>\n"));
    html_element(p->h, M("pre"), rules->text);
    html_markup(p->h, M("\n"));
    section_end(p);
}

static void write_check(Page *p)
{
    Arena *a = p->a;
    const Result *r = p->r;
    section_begin(p);
    heading(p, M("check"), S("Check it yourself"));
    if (r->options.seed.len) {
        html_markup(p->h, M("<p>The seed for lots: <span class=\"hash\">"));
        html_text(p->h, r->options.seed);
        html_markup(p->h, r->lot_drawn ? M("</span>. A lot was drawn.</p>\n") : M("</span>. No lot had to be drawn.</p>\n"));
    } else {
        paragraph(p, S("No seed was given, and no lot was drawn."));
    }
    paragraph(p, S("Whoever has the papers can count them again. Save the rules above as declared.rules, check their SHA-256, and run:"));
    Buf command = buf_new(a);
    buf_str(&command, S("sha256sum declared.rules\nhustings count PAPERS --rules declared.rules"));
    if (method_has_seats(r->rules->method) && r->rules->method != METHOD_POSTS) buf_format(&command, " --seats %d", r->seats);
    if (r->options.seed.len) buf_format(&command, " --seed %.*s", STR_ARG(words_shell_quote(a, r->options.seed)));
    if (r->options.tie_order_count) {
        Buf names = buf_new(a);
        for (int i = 0; i < r->options.tie_order_count; i++) {
            if (i) buf_str(&names, S(", "));
            buf_str(&names, r->options.tie_order[i]);
        }
        buf_format(&command, " --tie-order %.*s", STR_ARG(words_shell_quote(a, buf_done(&names))));
    }
    if (r->options.roll > 0) buf_format(&command, " --roll %lld", (long long)r->options.roll);
    html_element(p->h, M("pre"), buf_done(&command));
    paragraph(p, S("The same papers, rules and seed give the same figures on any machine, whatever the order of the papers. The rules of "
                   "counting are few enough to be followed with pencil and paper: the votes of every stage are above."));
    section_end(p);
}

/* ---- the page ---- */

static void write_count(Page *p)
{
    write_declaration(p);
    write_chart(p);
    write_stages(p);
    write_close(p);
    write_pairs(p);
    write_next(p);
    write_weights(p);
    write_slates(p);
}

static void write_posts(Page *p)
{
    for (int i = 0; i < p->r->post_count; i++) {
        const PostResult *post = &p->r->posts[i];
        html_draw(p->h, "<section id=\"post-@\">", i + 1);
        html_element(p->h, M("h2"), post->name);
        html_markup(p->h, M("\n"));
        ReportOptions options = {.title = post->name, .note = p->options->note, .version = p->options->version};
        Page inner = {.a = p->a,
            .h = p->h,
            .r = post->result,
            .analysis = p->analysis && p->analysis->posts ? p->analysis->posts[i] : NULL,
            .options = &options,
            .id = i + 1,
            .post = true};
        if (post->unopposed) {
            paragraph(&inner, words_outcome(p->a, post->result));
            paragraph(&inner, S("There were no more candidates than seats, so there was no count."));
        } else {
            write_count(&inner);
        }
        html_markup(p->h, M("</section>\n"));
    }
}

static void nav_link(Page *p, Markup target, Str text)
{
    html_markup(p->h, M("<li><a href=\"#"));
    html_markup(p->h, target);
    html_markup(p->h, M("\">"));
    html_text(p->h, text);
    html_markup(p->h, M("</a></li>"));
}

static void write_nav(Page *p)
{
    html_markup(p->h, M("<nav aria-label=\"On this page\"><ul>"));
    if (p->r->rules->method == METHOD_POSTS) {
        nav_link(p, M("declaration"), S("Declaration"));
        for (int i = 0; i < p->r->post_count; i++) {
            html_draw(p->h, "<li><a href=\"#post-@\">", i + 1);
            html_text(p->h, p->r->posts[i].name);
            html_markup(p->h, M("</a></li>"));
        }
    } else {
        nav_link(p, M("declaration"), p->r->open ? S("So far") : S("Declaration"));
        if (p->r->stage_count) nav_link(p, M("drawing"), S("At a glance"));
        if (p->r->stage_count) nav_link(p, M("stages"), p->r->stage_count > 1 ? S("Stage by stage") : S("The count"));
        if (words_margin(p->a, p->r, p->analysis).count) nav_link(p, M("close"), S("How close"));
    }
    nav_link(p, M("rules"), S("Rules"));
    nav_link(p, M("check"), S("Check it"));
    html_markup(p->h, M("</ul></nav>\n"));
}

void report_html(const Result *result, const Analysis *analysis, const ReportOptions *options, Buf *out)
{
    Html h = html_new(out->arena);
    Page p = {.a = out->arena, .h = &h, .r = result, .analysis = analysis, .options = options};
    Str title = part_title(result, options);
    if (!title.len) title = S("Count of papers");
    html_markup(&h, M("<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\"/>\n"));
    html_element(&h, M("title"), str_format(p.a, "%.*s: declaration of the result", STR_ARG(title)));
    html_markup(&h, M("\n"));
    html_markup(&h, style_sheet);
    html_markup(&h, M("</head>\n<body>\n<div class=\"sheet\">\n"));
    write_top(&p, title);
    write_nav(&p);
    html_markup(&h, M("<main>\n"));
    if (result->rules->method == METHOD_POSTS) {
        html_markup(&h, M("<section>\n"));
        heading(&p, M("declaration"), S("The declaration"));
        write_post_list(&p);
        write_papers(&p);
        html_markup(&h, M("</section>\n"));
        write_posts(&p);
    } else {
        write_count(&p);
    }
    write_rules(&p);
    write_check(&p);
    html_markup(&h, M("</main>\n<footer>Made by "));
    html_text(&h, options->version);
    html_markup(&h, M(" from the papers and rules alone. This page holds everything it shows and fetches "
                      "nothing.</footer>\n</div>\n</body>\n</html>\n"));
    html_out(&h, out);
}
