/* The Sankey of a count: how votes pass from stage to stage.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A column a stage, a block a candidate; every block has its own label in the gap above it, so labels cannot meet, however many candidates
 * there are. Where there are more than twelve, those who never had two in a hundred share one block, "others". When the stages do not fit
 * side by side the diagram goes on below, in another band.
 *
 * In a college the blocks are points. Each stage is re-based to the papers that continue, so a band may be wider where it ends than where it
 * began: by the share of the papers that were not reallocated. Those run into a block of their own and count no more.
 */
#include "report/drawing.h"

#include "count/totals.h"

/* A block: where it stands and how much has been taken from its right edge and put on its left edge. */
typedef struct Node {
    bool shown;
    double x, top, height, from_top, to_top;
} Node;

/* Who shares a block: a candidate, or all those who never had much. */
typedef struct Row {
    int *members;
    int count;
} Row;

typedef struct Sankey {
    double scale, gap, step, node_width, label_width;
    Row *rows;
    int row_count;
    int nodes;   /* in a column: the rows, then "not reallocated" */
    int columns; /* stages side by side */
} Sankey;

Str sankey_absent(const Result *r)
{
    if (r->rules->method == METHOD_STV_MEEK)
        return S("There is no Sankey of transfers: Meek's method divides every paper anew at each stage, so no votes pass from one pile to "
                 "another.");
    if (!part_moves(r)) return S("There is no Sankey of transfers: under these rules no votes pass from one candidate to another.");
    if (r->stage_count < 2) return S("There is no Sankey of transfers: the count had one stage.");
    if (totals_transfers_unknown(r))
        return S("There is no Sankey of transfers: several candidates went out together, and from the totals of the stages it cannot be "
                 "known whose "
                 "votes went where.");
    return S("");
}

static bool passes_on(const Stage *stage, int candidate)
{
    return stage->surplus_of == candidate || part_in(stage->eliminated, stage->eliminated_count, candidate);
}

static Votes moved(const Stage *stage, int from, int to)
{
    Votes sum = 0;
    for (int i = 0; i < stage->transfer_count; i++)
        if ((from < 0 || stage->transfers[i].from == from) && stage->transfers[i].to == to) sum += stage->transfers[i].votes;
    return sum;
}

/* Points that `to` (or nobody) gets of those who went out at the stage, by the papers of each section, in the base of `base`. */
static double moved_points(const Result *r, const Stage *stage, const Stage *base, int to)
{
    int n = r->papers->candidate_count;
    const Stage *next = stage + 1;
    double points = 0;
    for (int s = 0; s < r->papers->section_count; s++) {
        const Frac *weight = part_weight(r, s);
        if (!weight || base->section_continuing[s] == 0) continue;
        Votes papers = to < 0 ? stage->section_continuing[s] - next->section_continuing[s]
                              : next->section_tally[s * n + to] - stage->section_tally[s * n + to];
        points += part_double(weight) * (double)papers / (double)base->section_continuing[s];
    }
    return points;
}

/* One band: what leaves the block on the left, and what that is in the block on the right. */
typedef struct Width {
    double from, to;
} Width;

static Width transfer_width(const Result *r, const Stage *stage, int from, int to)
{
    Votes votes = moved(stage, from, to);
    if (votes == 0) return (Width){0, 0};
    if (!part_is_college(r)) return (Width){(double)votes, (double)votes};
    /* Which section's papers went where is known for one who goes out alone; of several together, each gets a part by papers. */
    double part = (double)votes / (double)moved(stage, -1, to);
    double left = moved_points(r, stage, stage, to) * part;
    return (Width){left, to < 0 ? left : moved_points(r, stage, stage + 1, to) * part};
}

static Width kept_width(const Result *r, const Stage *stage, int candidate)
{
    const Stage *next = stage + 1;
    if (!part_is_college(r)) {
        double kept = stage->surplus_of == candidate ? (double)next->tally[candidate] : (double)stage->tally[candidate];
        return (Width){kept, kept};
    }
    return (Width){drawing_amount(r, stage, candidate), drawing_amount(r, next, candidate) - moved_points(r, stage, next, candidate)};
}

/* Name, figure and mark; the mark is left out, for the bars show it too, before the name is cut. */
static Str candidate_label(Drawing *d, const Stage *stage, int candidate, double pixels)
{
    bool college = part_is_college(d->r);
    double size = drawing_elected(d->r, candidate) ? 11 * 1.12 : 11;
    Str name = part_name_in_line(d->a, d->r, candidate), mark = drawing_mark(d->r, stage, candidate);
    Str figure = college ? drawing_figure(d->a, d->r, stage, candidate) : part_rounded(d->a, d->r, stage->tally[candidate]);
    Str tail = str_format(d->a, " %.*s", STR_ARG(figure));
    Str marked = str_format(d->a, "%.*s, %.*s", STR_ARG(tail), STR_ARG(mark));
    if (mark.len && drawing_width(name, size) + drawing_width(marked, size) <= pixels) tail = marked;
    name = drawing_fitted(d, name, pixels - drawing_width(tail, size), size);
    return str_format(d->a, "%.*s%.*s", STR_ARG(name), STR_ARG(tail));
}

/* "12 others 5,423, 11 out" */
static Str others_label(Drawing *d, const Stage *stage, const Row *row)
{
    int standing = 0, out = 0;
    Votes votes = 0;
    Frac *share = frac_new(d->a, 1);
    for (int i = 0; i < row->count; i++) {
        if (!part_stands(stage, row->members[i])) continue;
        standing++;
        out += part_in(stage->eliminated, stage->eliminated_count, row->members[i]);
        votes += stage->tally[row->members[i]];
        frac_add(share, part_share(d->a, d->r, stage, row->members[i]));
    }
    Str figure = part_rounded(d->a, d->r, votes);
    if (part_is_college(d->r)) {
        Str percent = part_percent(d->a, share, 2);
        figure = str_format(d->a, "%.*s%%", STR_ARG(percent));
    }
    Str label = str_format(d->a, "%d other%s %.*s", standing, standing == 1 ? "" : "s", STR_ARG(figure));
    if (out == 0) return label;
    return out == standing ? str_format(d->a, "%.*s, out", STR_ARG(label)) : str_format(d->a, "%.*s, %d out", STR_ARG(label), out);
}

static bool row_stands(const Row *row, const Stage *stage)
{
    for (int i = 0; i < row->count; i++)
        if (part_stands(stage, row->members[i])) return true;
    return false;
}

static double row_amount(const Result *r, const Row *row, const Stage *stage)
{
    double sum = 0;
    for (int i = 0; i < row->count; i++)
        if (part_stands(stage, row->members[i])) sum += drawing_amount(r, stage, row->members[i]);
    return sum;
}

/* Does the whole block go out at the stage? */
static bool row_goes_out(const Row *row, const Stage *stage)
{
    for (int i = 0; i < row->count; i++)
        if (part_stands(stage, row->members[i]) && !part_in(stage->eliminated, stage->eliminated_count, row->members[i])) return false;
    return true;
}

static bool row_elected(const Result *r, const Row *row)
{
    return drawing_elected(r, row->members[0]);
}

/* Blocks of one stage from the top down; their labels stand in the gaps. */
static double place_nodes(Drawing *d, const Sankey *k, int number, double x, double top, Node *nodes)
{
    const Stage *stage = &d->r->stages[number - 1];
    double y = top;
    for (int i = 0; i < k->nodes; i++) {
        double height = 0;
        bool shown = false;
        if (i < k->row_count) {
            shown = row_stands(&k->rows[i], stage);
            height = row_amount(d->r, &k->rows[i], stage) * k->scale;
        } else if (part_is_college(d->r)) {
            const Stage *before = stage - 1;
            if (number > 1) height = moved_points(d->r, before, before, -1) * k->scale;
            shown = height > 0;
        } else {
            height = (double)stage->not_reallocated * k->scale;
            shown = height > 0;
        }
        if (!shown) {
            nodes[i] = (Node){0};
            continue;
        }
        y += k->gap;
        if (height < 1.5) height = 1.5;
        nodes[i] = (Node){.shown = true, .x = x, .top = y, .height = height, .from_top = y, .to_top = y};
        y += height;
    }
    return y;
}

static void draw_band_shape(Drawing *d, const Sankey *k, Node *from, Node *to, Width width, Markup css, bool hatched)
{
    double left = width.from * k->scale, right = width.to * k->scale;
    if (left < 0.6) left = 0.6;
    if (right < 0.6) right = 0.6;
    double x0 = from->x + k->node_width, x1 = to->x, middle = (x0 + x1) / 2;
    double y0 = from->from_top, y1 = to->to_top;
    html_markup(d->h, M("<path class=\""));
    html_markup(d->h, css);
    html_markup(d->h, M("\""));
    if (hatched) html_draw(d->h, " fill=\"url(#h@-flow)\"", d->id);
    html_draw(d->h, " d=\"M@ @C@ @ @ @ @ @V@C@ @ @ @ @ @Z\"/>", x0, y0, middle, y0, middle, y1, x1, y1, y1 + right, middle, y1 + right,
        middle, y0 + left, x0, y0 + left);
    from->from_top += width.from * k->scale;
    to->to_top += width.to * k->scale;
}

/* What stays in a block from a stage to the next. */
static Width row_kept(const Result *r, const Row *row, const Stage *stage)
{
    Width sum = {0, 0};
    for (int i = 0; i < row->count; i++) {
        int c = row->members[i];
        if (!part_stands(stage, c) || !part_stands(stage + 1, c)) continue;
        Width kept = kept_width(r, stage, c);
        sum = (Width){sum.from + kept.from, sum.to + kept.to};
    }
    return sum;
}

/* What passes from one block to another; `to` is NULL for what is not reallocated. */
static Width row_passes(const Result *r, const Row *from, const Row *to, const Stage *stage)
{
    Width sum = {0, 0};
    for (int i = 0; i < from->count; i++) {
        if (!passes_on(stage, from->members[i])) continue;
        for (int j = 0; j < (to ? to->count : 1); j++) {
            Width width = transfer_width(r, stage, from->members[i], to ? to->members[j] : TO_NOT_REALLOCATED);
            sum = (Width){sum.from + width.from, sum.to + width.to};
        }
    }
    return sum;
}

/* All bands from stage `number` to the next. What stays is drawn first, what passes on above it. */
static void draw_flows(Drawing *d, const Sankey *k, int number, Node *from, Node *to)
{
    const Stage *stage = &d->r->stages[number - 1];
    int rest = k->row_count;
    for (int i = 0; i < k->row_count; i++) {
        if (!from[i].shown || !to[i].shown) continue;
        Width kept = row_kept(d->r, &k->rows[i], stage);
        draw_band_shape(d, k, &from[i], &to[i], kept, row_elected(d->r, &k->rows[i]) ? M("flow-win") : M("flow"), false);
    }
    if (!part_is_college(d->r) && from[rest].shown && to[rest].shown) {
        double votes = (double)stage->not_reallocated;
        draw_band_shape(d, k, &from[rest], &to[rest], (Width){votes, votes}, M("flow-none"), false);
    }
    for (int i = 0; i < k->row_count; i++) {
        if (!from[i].shown) continue;
        for (int j = 0; j <= k->row_count; j++) {
            if (!to[j].shown) continue;
            Width width = row_passes(d->r, &k->rows[i], j < k->row_count ? &k->rows[j] : NULL, stage);
            if (width.from > 0) draw_band_shape(d, k, &from[i], &to[j], width, M("flow-move"), true);
        }
    }
}

static Str node_label(Drawing *d, const Sankey *k, const Stage *stage, int node, double pixels)
{
    if (node < k->row_count) {
        const Row *row = &k->rows[node];
        return row->count > 1 ? others_label(d, stage, row) : candidate_label(d, stage, row->members[0], pixels);
    }
    if (part_is_college(d->r)) return S("not reallocated");
    Str votes = part_rounded(d->a, d->r, stage->not_reallocated);
    return str_format(d->a, "not reallocated %.*s", STR_ARG(votes));
}

static void draw_nodes(Drawing *d, const Sankey *k, int number, const Node *nodes, double pixels)
{
    const Stage *stage = &d->r->stages[number - 1];
    for (int i = 0; i < k->nodes; i++) {
        const Node *node = &nodes[i];
        if (!node->shown) continue;
        bool rest = i == k->row_count, elected = !rest && row_elected(d->r, &k->rows[i]);
        html_draw(d->h, "<rect x=\"@\" y=\"@\" width=\"@\" height=\"@\"", node->x, node->top, k->node_width, node->height);
        if (rest) html_draw(d->h, " fill=\"url(#h@-dots)\" class=\"edge-out\"/>", d->id);
        else if (row_goes_out(&k->rows[i], stage)) html_draw(d->h, " fill=\"url(#h@-hatch)\" class=\"edge-out\"/>", d->id);
        else if (elected) html_markup(d->h, M(" class=\"win\"/>"));
        else html_markup(d->h, M(" class=\"node\"/>"));
        drawing_text(d, node->x, node->top - 4, elected ? M("fig strong halo") : M("fig halo"), node_label(d, k, stage, i, pixels));
    }
}

static void draw_sankey_band(Drawing *d, const Sankey *k, int first, int last)
{
    d->y += 26;
    Node *columns = arena_new(d->a, Node, (size_t)k->nodes * (size_t)(last - first + 1));
    double bottom = d->y;
    for (int number = first; number <= last; number++) {
        double x = (number - first) * k->step;
        drawing_text(d, x, d->y, M("head"), str_format(d->a, "Stage %d", number));
        double end = place_nodes(d, k, number, x, d->y + 4, columns + (number - first) * k->nodes);
        if (end > bottom) bottom = end;
    }
    for (int number = first; number < last; number++) {
        Node *from = columns + (number - first) * k->nodes;
        draw_flows(d, k, number, from, from + k->nodes);
    }
    for (int number = first; number <= last; number++)
        draw_nodes(d, k, number, columns + (number - first) * k->nodes, number == last ? k->label_width : k->step - 14);
    d->y = bottom + 8;
}

/* Never a fiftieth of the votes (points), and not elected. */
static bool never_had_much(const Result *r, int candidate)
{
    if (drawing_elected(r, candidate)) return false;
    for (int s = 0; s < r->stage_count; s++) {
        const Stage *stage = &r->stages[s];
        if (part_stands(stage, candidate) && drawing_amount(r, stage, candidate) * 50 >= drawing_total(r, stage)) return false;
    }
    return true;
}

/* A row a candidate; where there are many, those who never had much share the last. */
static void make_rows(Drawing *d, Sankey *k)
{
    k->rows = arena_new(d->a, Row, (size_t)d->count);
    int *others = arena_new(d->a, int, (size_t)d->count);
    int other_count = 0;
    for (int i = 0; i < d->count; i++)
        if (d->count > SANKEY_MANY && never_had_much(d->r, d->order[i])) others[other_count++] = d->order[i];
    for (int i = 0; i < d->count; i++) {
        if (other_count > 1 && part_in(others, other_count, d->order[i])) continue;
        k->rows[k->row_count++] = (Row){.members = &d->order[i], .count = 1};
    }
    if (other_count > 1) k->rows[k->row_count++] = (Row){.members = others, .count = other_count};
    k->nodes = k->row_count + 1;
}

void sankey_draw(Drawing *d)
{
    Sankey k = {.gap = 19, .node_width = 12, .label_width = d->width < 600 ? 158 : 195};
    make_rows(d, &k);
    double least = d->width < 600 ? 118 : 175, room = d->width - k.label_width;
    k.columns = 1 + (int)(room / least);
    if (k.columns > d->r->stage_count) k.columns = d->r->stage_count;
    if (k.columns < 2) k.columns = 2;
    /* No band of one stage alone: share the stages out evenly. Each band begins with the stage the one before ended with. */
    int steps = d->r->stage_count - 1, bands = (steps + k.columns - 2) / (k.columns - 1);
    k.columns = 1 + (steps + bands - 1) / bands;
    k.step = room / (k.columns - 1);
    double total = drawing_total(d->r, &d->r->stages[0]);
    k.scale = total > 0 ? (d->width < 600 ? 240.0 : 330.0) / total : 0;
    for (int first = 1; first < d->r->stage_count; first += k.columns - 1) {
        int last = first + k.columns - 1;
        draw_sankey_band(d, &k, first, last < d->r->stage_count ? last : d->r->stage_count);
    }
}
