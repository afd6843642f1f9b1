/* The drawing of a count: its bars, and the picture as a whole. The Sankey is in sankey.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Bars: a row a candidate, a column a stage, all to one scale, with a line at half of the votes (or the quota). In a college a bar is
 * points, cut into what each section gave. Stages that do not fit side by side go on below in another band.
 * Black and white: who goes out is hatched, what is not reallocated is dotted, who is elected in the end is darkest; and all is labelled.
 */
#include "report/chart.h"
#include "report/drawing.h"
#include "report/table.h"
#include "report/words.h"

enum { SECTION_FILLS = 6 };

/* ---- text ---- */

void drawing_text(Drawing *d, double x, double y, Markup css, Str text)
{
    html_markup(d->h, M("<text class=\""));
    html_markup(d->h, css);
    html_draw(d->h, "\" x=\"@\" y=\"@\"", x, y);
    html_markup(d->h, M(">"));
    html_text(d->h, text);
    html_markup(d->h, M("</text>"));
}

/* Hundredths of an em of the ASCII letters in DejaVu Sans, one of the widest fonts that people read with. */
static const unsigned char letter_widths['~' - ' ' + 1] = {32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73,
    68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82,
    59, 59, 52, 64, 34, 64, 84};

double drawing_width(Str text, double size)
{
    int hundredths = 0;
    for (size_t i = 0; i < text.len;) {
        uint32_t point = 0;
        size_t n = str_code_point(text, i, &point);
        if (n == 0) n = 1;
        if (point >= ' ' && point <= '~') hundredths += letter_widths[point - ' '];
        else if (point >= 0x1100) hundredths += point >= 0x200B && point <= 0x200F ? 0 : 105;
        else hundredths += str_columns(str_slice(text, i, i + n)) * 75;
        i += n;
    }
    return hundredths * size / 100;
}

Str drawing_fitted(Drawing *d, Str text, double pixels, double size)
{
    text = text_safe(d->a, text);
    if (drawing_width(text, size) <= pixels) return text;
    pixels -= drawing_width(S("..."), size);
    size_t end = 0;
    while (end < text.len) {
        uint32_t point;
        size_t n = str_code_point(text, end, &point);
        if (n == 0) n = 1;
        if (end > 0 && drawing_width(str_slice(text, 0, end + n), size) > pixels) break;
        end += n;
    }
    return str_format(d->a, "%.*s...", STR_ARG(str_slice(text, 0, end)));
}

/* A paragraph of soft text over the width of the drawing; moves y on. */
static void draw_paragraph(Drawing *d, Str text)
{
    Buf lines = buf_new(d->a);
    Screen screen = {.out = &lines, .columns = (int)(d->width / (12 * 0.52))};
    screen_paragraph(&screen, text, 0, 0, STYLE_PLAIN);
    Str rest = buf_done(&lines), line;
    while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        d->y += 17;
        drawing_text(d, 0, d->y, M("soft"), drawing_fitted(d, line, d->width, 12));
    }
}

/* ---- figures ---- */

bool drawing_elected(const Result *r, int candidate)
{
    return r->rules->method != METHOD_YES_NO && part_in(r->elected, r->elected_count, candidate);
}

double drawing_amount(const Result *r, const Stage *stage, int candidate)
{
    if (part_is_college(r) && stage->points) return part_double(&stage->points[candidate]);
    return (double)stage->tally[candidate];
}

double drawing_total(const Result *r, const Stage *stage)
{
    if (part_is_college(r) && stage->points) return part_double(stage->points_given);
    return (double)(stage->continuing + stage->not_reallocated + stage->lost);
}

/* What the line across the bars stands for: the quota, or half of what continues; 0 for rules without one. */
static double target_amount(const Result *r, const Stage *stage)
{
    if (stage->quota > 0) return (double)stage->quota;
    if (r->rules->method != METHOD_ALTERNATIVE_VOTE && r->rules->method != METHOD_COLLEGE) return 0;
    if (part_is_college(r) && stage->points) return part_double(stage->points_given) / 2;
    return (double)stage->continuing / 2;
}

Str drawing_figure(Arena *a, const Result *r, const Stage *stage, int candidate)
{
    Str share = part_percent(a, part_share(a, r, stage, candidate), part_is_college(r) ? 2 : 1);
    if (part_is_college(r)) return str_format(a, "%.*s%%", STR_ARG(share));
    Str votes = part_votes(a, r, stage->tally[candidate]);
    if (r->decimals) return votes;
    return str_format(a, "%.*s (%.*s%%)", STR_ARG(votes), STR_ARG(share));
}

/* Elected first; then those still in at the end, most votes first; then the eliminated, last out first. */
static void put_in_order(Drawing *d)
{
    const Result *r = d->r;
    int n = r->papers->candidate_count;
    d->order = arena_new(d->a, int, (size_t)n);
    for (int i = 0; i < r->elected_count; i++)
        if (drawing_elected(r, r->elected[i])) d->order[d->count++] = r->elected[i];
    int *ranked;
    int standing = part_ranked(d->a, r, &r->stages[r->stage_count - 1], &ranked);
    for (int i = 0; i < standing; i++) {
        bool listed = drawing_elected(r, ranked[i]) || part_in(r->eliminated, r->eliminated_count, ranked[i]);
        if (!listed) d->order[d->count++] = ranked[i];
    }
    for (int i = r->eliminated_count - 1; i >= 0; i--)
        if (!drawing_elected(r, r->eliminated[i])) d->order[d->count++] = r->eliminated[i];
}

/* ---- bars ---- */

Str drawing_mark(const Result *r, const Stage *stage, int candidate)
{
    if (r->rules->method == METHOD_YES_NO) return S("");
    if (part_in(stage->elected, stage->elected_count, candidate)) return S("elected");
    if (part_in(stage->eliminated, stage->eliminated_count, candidate)) return S("out");
    if (stage->surplus_of == candidate) return S("surplus");
    return S("");
}

/* The fill of a section's part of a bar; 0 is darkest. */
static void section_fill(Drawing *d, int section)
{
    switch (section) {
    case 0: html_markup(d->h, M(" class=\"s0\"")); return;
    case 1: html_draw(d->h, " fill=\"url(#h@-wide)\"", d->id); return;
    case 2: html_markup(d->h, M(" class=\"s2\"")); return;
    case 3: html_draw(d->h, " fill=\"url(#h@-dots)\"", d->id); return;
    case 4: html_markup(d->h, M(" class=\"s4\"")); return;
    default: html_draw(d->h, " fill=\"url(#h@-hatch)\"", d->id); return;
    }
}

static void draw_section_bar(Drawing *d, const Stage *stage, int candidate, double x, double y, double height, double scale)
{
    const Result *r = d->r;
    int n = r->papers->candidate_count;
    for (int s = 0; s < r->papers->section_count; s++) {
        const Frac *weight = part_weight(r, s);
        if (!weight || stage->section_continuing[s] == 0) continue;
        double part = part_double(weight) * (double)stage->section_tally[s * n + candidate] / (double)stage->section_continuing[s];
        html_draw(d->h, "<rect x=\"@\" y=\"@\" width=\"@\" height=\"@\"", x, y, part * scale, height);
        section_fill(d, s);
        html_markup(d->h, M("/>"));
        x += part * scale;
    }
}

static void draw_bar(Drawing *d, const Stage *stage, int candidate, double x, double y, double height, double scale)
{
    double width = drawing_amount(d->r, stage, candidate) * scale;
    if (d->sections) {
        draw_section_bar(d, stage, candidate, x, y, height, scale);
        html_draw(d->h, "<rect class=\"edge\" x=\"@\" y=\"@\" width=\"@\" height=\"@\"/>", x, y, width, height);
        return;
    }
    bool out = part_in(stage->eliminated, stage->eliminated_count, candidate);
    html_draw(d->h, "<rect x=\"@\" y=\"@\" width=\"@\" height=\"@\"", x, y, width < 1 ? 1 : width, height);
    if (out) html_draw(d->h, " fill=\"url(#h@-hatch)\" class=\"edge-out\"/>", d->id);
    else if (drawing_elected(d->r, candidate)) html_markup(d->h, M(" class=\"win\"/>"));
    else html_markup(d->h, M(" class=\"bar\"/>"));
}

static Str target_text(Drawing *d, const Stage *stage)
{
    if (stage->quota > 0) return str_format(d->a, "quota %.*s", STR_ARG(part_votes(d->a, d->r, stage->quota)));
    if (part_is_college(d->r)) return S("line: half of the points");
    return str_format(d->a, "line: half of %.*s", STR_ARG(part_votes(d->a, d->r, stage->continuing)));
}

typedef struct BarLayout {
    double name_width, cell, gap, row, bar_top, bar_height, scale;
    int columns; /* stages in a band */
} BarLayout;

/* The size of a name's letters, those of the elected being bold. */
static double name_size(const Drawing *d, int candidate)
{
    return drawing_elected(d->r, candidate) ? 13 * 1.12 : 13;
}

/* Room for the longest name, within limits. */
static double name_width(const Drawing *d)
{
    double width = 0;
    for (int i = 0; i < d->count; i++) {
        double own = drawing_width(part_name(d->r, d->order[i]), name_size(d, d->order[i]));
        if (own > width) width = own;
    }
    width += 14;
    return width < 120 ? 120 : width > 250 ? 250 : width;
}

static BarLayout lay_out_bars(const Drawing *d)
{
    const Result *r = d->r;
    bool narrow = d->width < 600;
    BarLayout b = {.name_width = narrow ? 0 : name_width(d), .gap = 18};
    double least = r->decimals > 5 ? 170 : 140;
    b.columns = (int)((d->width - b.name_width + b.gap) / (least + b.gap));
    if (b.columns < 1) b.columns = 1;
    if (b.columns > r->stage_count) b.columns = r->stage_count;
    b.cell = (d->width - b.name_width - b.gap * (b.columns - 1)) / b.columns;
    if (b.cell > 420) b.cell = 420;
    bool many = d->count > 14;
    double above = narrow ? 16 : 0; /* the name stands above its bars */
    b.bar_top = above + (many && !narrow ? 13 : 16);
    b.bar_height = many ? 8 : 11;
    b.row = b.bar_top + b.bar_height + (many ? 7 : 11);
    double most = 0;
    for (int s = 0; s < r->stage_count; s++) {
        if (target_amount(r, &r->stages[s]) > most) most = target_amount(r, &r->stages[s]);
        for (int i = 0; i < d->count; i++)
            if (part_stands(&r->stages[s], d->order[i]) && drawing_amount(r, &r->stages[s], d->order[i]) > most)
                most = drawing_amount(r, &r->stages[s], d->order[i]);
    }
    b.scale = most > 0 ? b.cell / (most * 1.01) : 0;
    return b;
}

static void draw_cell(Drawing *d, const BarLayout *b, int number, int candidate, double x, double y)
{
    const Stage *stage = &d->r->stages[number - 1];
    if (!part_stands(stage, candidate)) {
        html_draw(d->h, "<path class=\"none\" d=\"M@ @h8\"/>", x, y + b->bar_top + b->bar_height / 2);
        return;
    }
    Str mark = drawing_mark(d->r, stage, candidate);
    Str figure = drawing_figure(d->a, d->r, stage, candidate);
    if (mark.len) figure = str_format(d->a, "%.*s \xE2\x80\x93 %.*s", STR_ARG(figure), STR_ARG(mark));
    drawing_text(d, x, y + b->bar_top - 4, mark.len ? M("fig strong halo") : M("fig halo"), figure);
    draw_bar(d, stage, candidate, x, y + b->bar_top, b->bar_height, b->scale);
}

/* The lines at half of the votes or at the quota, under the figures of all rows. */
static void draw_targets(Drawing *d, const BarLayout *b, int first, int last, int rows)
{
    for (int number = first; number <= last; number++) {
        double target = target_amount(d->r, &d->r->stages[number - 1]);
        double x = b->name_width + (number - first) * (b->cell + b->gap) + target * b->scale;
        if (target > 0) html_draw(d->h, "<path class=\"target\" d=\"M@ @v@\"/>", x, d->y, rows * b->row);
    }
}

/* Stages `first` to `last` side by side. */
static void draw_bar_band(Drawing *d, const BarLayout *b, int first, int last)
{
    const Result *r = d->r;
    d->y += r->stage_count > 1 || target_amount(r, &r->stages[0]) > 0 ? 24 : 4;
    for (int number = first; number <= last; number++) {
        const Stage *stage = &r->stages[number - 1];
        double x = b->name_width + (number - first) * (b->cell + b->gap);
        if (r->stage_count > 1) drawing_text(d, x, d->y, M("head"), str_format(d->a, "Stage %d", number));
        if (target_amount(r, stage) > 0) drawing_text(d, x, d->y + 16, M("soft"), drawing_fitted(d, target_text(d, stage), b->cell, 12));
    }
    d->y += target_amount(r, &r->stages[first - 1]) > 0 ? 24 : 8;
    int rows = 0;
    for (int i = 0; i < d->count; i++) rows += part_stands(&r->stages[first - 1], d->order[i]);
    draw_targets(d, b, first, last, rows);
    for (int i = 0; i < d->count; i++) {
        int c = d->order[i];
        if (!part_stands(&r->stages[first - 1], c)) continue; /* out before this band */
        html_draw(d->h, "<path class=\"row\" d=\"M0 @H@\"/>", d->y, d->width);
        Markup css = drawing_elected(r, c) ? M("name strong") : M("name");
        if (b->name_width > 0)
            drawing_text(
                d, 0, d->y + b->bar_top + b->bar_height - 1, css, drawing_fitted(d, part_name(r, c), b->name_width - 10, name_size(d, c)));
        else drawing_text(d, 0, d->y + 15, css, drawing_fitted(d, part_name(r, c), d->width, name_size(d, c)));
        for (int number = first; number <= last; number++)
            draw_cell(d, b, number, c, b->name_width + (number - first) * (b->cell + b->gap), d->y);
        d->y += b->row;
    }
}

static void draw_section_key(Drawing *d)
{
    d->y += 22;
    double x = 0;
    for (int s = 0; s < d->r->papers->section_count; s++) {
        Str name = drawing_fitted(d, d->r->papers->sections[s].name, 220, 12);
        double width = 30 + drawing_width(name, 12) + 20;
        if (x > 0 && x + width > d->width) {
            x = 0;
            d->y += 18;
        }
        html_draw(d->h, "<rect x=\"@\" y=\"@\" width=\"20\" height=\"11\"", x + 0.5, d->y - 10);
        section_fill(d, s);
        html_draw(d->h, "/><rect class=\"edge\" x=\"@\" y=\"@\" width=\"20\" height=\"11\"/>", x + 0.5, d->y - 10);
        drawing_text(d, x + 28, d->y, M("soft"), name);
        x += width;
    }
}

static void draw_bars(Drawing *d)
{
    if (d->sections) draw_section_key(d);
    BarLayout b = lay_out_bars(d);
    for (int first = 1; first <= d->r->stage_count; first += b.columns) {
        int last = first + b.columns - 1;
        draw_bar_band(d, &b, first, last < d->r->stage_count ? last : d->r->stage_count);
    }
}

/* ---- the whole ---- */

/* Colours are those of the declaration's page; a drawing that stands alone has them too. */
static void write_style(Html *h)
{
    html_markup(h,
        M("<style>"
          ".hst{--paper:#fffdf8;--ink:#14201f;--soft:#505c5b;--rule:#dcd9ce;--bar:#8b9896;--win:#0d4c5c;--flow:#cbd3cf;--fwin:#82aeb8;--"
          "move:#"
          "505c5b;--ground:#efeee6}"
          "@media screen and "
          "(prefers-color-scheme:dark){.hst{--paper:#151e20;--ink:#e9eeec;--soft:#a8b4b3;--rule:#2d393c;--bar:#6f8084;--win:#84cbd9;--flow:"
          "#34424a;--fwin:#2c6573;--move:#a8b4b3;--ground:#1a2528}}"
          ".hst text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',Arial,sans-serif;fill:var(--ink)}"
          ".hst .title{font-family:Charter,'Bitstream Charter','Sitka Text',Cambria,'Liberation Serif','Times New "
          "Roman',serif;font-size:21px;font-weight:600}"
          ".hst .head{font-size:13px;font-weight:600}.hst .name{font-size:13px}.hst .fig{font-size:11px;font-variant-numeric:tabular-nums}"
          ".hst .soft{font-size:12px;fill:var(--soft)}.hst .strong{font-weight:700}"
          ".hst .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}"
          ".hst .paper{fill:var(--paper)}.hst .bar{fill:var(--bar)}.hst .win{fill:var(--win)}.hst .node{fill:var(--soft)}"
          ".hst .row{stroke:var(--rule);fill:none}.hst .none{stroke:var(--bar);fill:none}"
          ".hst .target{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3;fill:none}"
          ".hst .edge,.hst .edge-out{stroke:var(--ink);stroke-width:.8}.hst .edge{fill:none}"
          ".hst .flow{fill:var(--flow);opacity:.75}.hst .flow-win{fill:var(--fwin);opacity:.75}.hst "
          ".flow-none{fill:var(--ground);stroke:var(--rule)}"
          ".hst .flow-move{stroke:var(--move);stroke-width:.7;stroke-opacity:.7}"
          ".hst .ink{fill:var(--ink)}.hst .line{fill:var(--move)}.hst .s0{fill:var(--win)}.hst .s2{fill:var(--flow)}.hst "
          ".s4{fill:var(--bar)}"
          "@media print{.hst{print-color-adjust:exact;-webkit-print-color-adjust:exact}}"
          "</style>"));
}

static void write_patterns(Html *h, int id)
{
    html_draw(h,
        "<defs>"
        "<pattern id=\"h@-hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect "
        "class=\"paper\" width=\"5\" height=\"5\"/><rect class=\"ink\" width=\"1.6\" height=\"5\"/></pattern>"
        "<pattern id=\"h@-wide\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\"><rect "
        "class=\"paper\" width=\"6\" height=\"6\"/><rect class=\"s0\" width=\"2.6\" height=\"6\"/></pattern>"
        "<pattern id=\"h@-dots\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect class=\"paper\" width=\"5\" "
        "height=\"5\"/><circle class=\"ink\" cx=\"2.5\" cy=\"2.5\" r=\"1\"/></pattern>"
        "<pattern id=\"h@-flow\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect "
        "class=\"line\" opacity=\".55\" width=\"1.2\" height=\"7\"/></pattern>"
        "</defs>",
        id, id, id, id);
}

static void describe_bars(Lines *lines, const Result *r)
{
    lines_add(lines,
        part_is_college(r) ? S("Bars show each candidate's share of the points at each stage, cut into what each section gave.")
        : r->rules->method == METHOD_CONDORCET
            ? S("Bars show first preferences only; the result comes from comparing the candidates two by two, which the tables show.")
            : S("Bars show each candidate's votes at each stage."));
}

static void describe_sankey(Lines *lines, const Result *r)
{
    Str none = sankey_absent(r);
    lines_add(lines, none.len ? none
                              : S("A Sankey diagram shows how votes pass from stage to stage; its figures are rounded, and the tables of "
                                  "the count hold the exact ones."));
    if (!none.len && r->papers->candidate_count > SANKEY_MANY)
        lines_add(lines, S("Candidates who never had two in a hundred share one block, called others."));
}

static Str description(Arena *a, const Result *r, const ReportOptions *options, ChartPart part)
{
    Lines lines = lines_new(a);
    lines_add(&lines, words_outcome(a, r));
    if (r->stage_count == 0) {
        lines_add(&lines, S("There was no count to draw."));
        return lines_joined(&lines);
    }
    Str absent = chart_absent(a, r);
    if (absent.len) lines_add(&lines, absent);
    if (!absent.len && part != CHART_SANKEY) describe_bars(&lines, r);
    if (!absent.len && part != CHART_BARS) describe_sankey(&lines, r);
    if (options->note.len) lines_add(&lines, options->note);
    return lines_joined(&lines);
}

static void draw_heading(Drawing *d, const ReportOptions *options)
{
    Str title = part_title(d->r, options);
    d->y += 22;
    drawing_text(d, 0, d->y, M("title"), drawing_fitted(d, title.len ? title : S("Count"), d->width, 24));
    draw_paragraph(d, words_outcome(d->a, d->r));
    if (options->note.len) draw_paragraph(d, options->note);
    d->y += 4;
}

static int64_t bar_count(const Result *r)
{
    int64_t bars = 0;
    for (int s = 0; s < r->stage_count; s++)
        for (int c = 0; c < r->papers->candidate_count; c++) bars += part_stands(&r->stages[s], c);
    return bars;
}

Str chart_absent(Arena *a, const Result *r)
{
    int64_t bars = bar_count(r);
    if (bars <= BARS_MOST) return S("");
    return str_format(a, "There is no drawing: its %.*s bars would be more than an eye can follow. The tables hold every figure.",
        STR_ARG(part_whole(a, bars)));
}

bool chart_has_sankey(const Result *r)
{
    return r->stage_count > 0 && sankey_absent(r).len == 0 && bar_count(r) <= BARS_MOST;
}

static void draw_count(Drawing *d, const ReportOptions *options, const ChartOptions *chart)
{
    const Result *r = d->r;
    if (chart->heading) draw_heading(d, options);
    if (r->stage_count == 0) {
        draw_paragraph(d, S("No votes were counted."));
        return;
    }
    Str absent = chart_absent(d->a, r);
    if (absent.len) {
        draw_paragraph(d, absent);
        return;
    }
    put_in_order(d);
    d->sections = part_is_college(r) && r->stages[0].section_tally && r->papers->section_count <= SECTION_FILLS;
    if (chart->part != CHART_SANKEY) draw_bars(d);
    if (chart->part == CHART_BARS || !chart_has_sankey(r)) return;
    d->y += chart->part == CHART_WHOLE ? 22 : 6;
    drawing_text(d, 0, d->y + 8, M("head"), part_is_college(r) ? S("How the points passed on") : S("How the votes passed on"));
    d->y += 10;
    sankey_draw(d);
}

Str chart_caption(const Result *r)
{
    if (r->rules->method == METHOD_YES_NO) return S("Votes for each answer.");
    if (r->rules->method == METHOD_CONDORCET)
        return S("First preferences only; the result comes from the comparison of the candidates one to one, below.");
    if (r->stage_count < 2 && r->open) return S("Votes for each candidate.");
    if (!part_moves(r) || r->stage_count < 2) return S("Teal, the darkest in print: elected.");
    return S("Teal, the darkest in print: elected in the end. Hatched: goes out at that stage, or passes on. Dotted: not "
             "reallocated. Each table on this page holds the exact figures.");
}

void chart_svg(Html *h, const Result *r, const ReportOptions *options, const ChartOptions *chart)
{
    Arena *a = h->bytes.arena;
    Html body = html_new(a);
    Drawing d = {.a = a, .h = &body, .r = r, .id = chart->id, .width = chart->width};
    draw_count(&d, options, chart);

    double margin = chart->heading ? 20 : 2, height = d.y + 10 + 2 * margin, width = chart->width + 2 * margin, id = chart->id;
    html_draw(h,
        "<svg class=\"hst\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 @ @\" width=\"@\" height=\"@\" role=\"img\" "
        "aria-labelledby=\"h@-title h@-desc\">",
        width, height, width, height, id, id);
    Str title = part_title(r, options), what = chart->part == CHART_SANKEY ? S("Transfers of the count") : S("Stages of the count");
    html_draw(h, "<title id=\"h@-title\">", id);
    html_text(h, title.len ? str_format(a, "%.*s: %.*s", STR_ARG(what), STR_ARG(title)) : what);
    html_draw(h, "</title><desc id=\"h@-desc\">", id);
    html_text(h, description(a, r, options, chart->part));
    html_markup(h, M("</desc>"));
    if (!chart->bare) write_style(h);
    write_patterns(h, chart->id);
    if (chart->heading) html_draw(h, "<rect class=\"paper\" width=\"@\" height=\"@\"/>", width, height);
    html_draw(h, "<g transform=\"translate(@ @)\">", margin, margin);
    html_fragment(h, &body);
    html_markup(h, M("</g></svg>\n"));
}

/* Several posts: a drawing each, one below the other. */
static void draw_posts(Html *h, const Result *r, const ReportOptions *options)
{
    Arena *a = h->bytes.arena;
    Html body = html_new(a);
    double y = 20, width = 1000;
    Str title = part_title(r, options);
    Drawing top = {.a = a, .h = &body, .r = r, .width = 960, .y = y};
    drawing_text(&top, 20, y + 22, M("title"), drawing_fitted(&top, title.len ? title : S("Count"), 960, 24));
    y += 34;
    for (int i = 0; i < r->post_count; i++) {
        const PostResult *post = &r->posts[i];
        html_draw(&body, "<g transform=\"translate(20 @)\">", y);
        Drawing d = {.a = a, .h = &body, .r = post->result, .id = 1, .width = 960};
        ReportOptions inner = *options;
        inner.title = post->name;
        draw_count(&d, &inner, &(ChartOptions){.heading = true});
        html_markup(&body, M("</g>"));
        y += d.y + 24;
    }
    html_draw(h,
        "<svg class=\"hst\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 @ @\" width=\"@\" height=\"@\" role=\"img\" "
        "aria-labelledby=\"h1-title h1-desc\"><title id=\"h1-title\">",
        width, y, width, y);
    html_text(h, title.len ? title : S("Several posts"));
    html_markup(h, M("</title><desc id=\"h1-desc\">"));
    html_text(h, words_outcome(a, r));
    html_markup(h, M(" Bars show the votes for each post. </desc>"));
    write_style(h);
    write_patterns(h, 1);
    html_draw(h, "<rect class=\"paper\" width=\"@\" height=\"@\"/>", width, y);
    html_fragment(h, &body);
    html_markup(h, M("</svg>\n"));
}

void report_svg(const Result *result, const ReportOptions *options, Buf *out)
{
    Html h = html_new(out->arena);
    if (result->rules->method == METHOD_POSTS) draw_posts(&h, result, options);
    else chart_svg(&h, result, options, &(ChartOptions){.id = 1, .width = 960, .heading = true});
    html_out(&h, out);
}
