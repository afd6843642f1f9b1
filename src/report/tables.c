/* The tables and facts of a report, for the declaration and for pages alike.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "report/grid.h"
#include "report/words.h"

#include "core/num.h"

/* ---- facts ---- */

static void fact(Page *p, Str name, Str value, Str small)
{
    if (p->view) {
        View *v = view_add_object(p->view);
        view_put_str(v, S("name"), name);
        view_put_str(v, S("value"), value);
        view_put_str(v, S("small"), small);
        return;
    }
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

void write_facts(Page *p)
{
    Arena *a = p->a;
    const Result *r = p->r;
    RejectedList rejected = part_rejected(a, r, p->options);
    int64_t returned = part_returned(r, &rejected);
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
}

/* ---- the result ---- */

/* Which post went to whom. */
void write_post_list(Page *p)
{
    Grid g = grid_new(p, SHAPE_SMALL);
    grid_column(&g, S("Post"), true);
    grid_column(&g, S("Result"), true);
    grid_begin(&g, S("The posts and who is elected to them."));
    for (int i = 0; i < p->r->post_count; i++) {
        grid_row(&g, ROW_PLAIN);
        grid_name(&g, p->r->posts[i].name, NULL);
        grid_cell(&g, words_outcome(p->a, p->r->posts[i].result));
        grid_row_end(&g);
    }
    grid_end(&g);
}

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
    grid_name(g, part_name(r, c), NULL);
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

void write_candidates(Page *p)
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

bool has_all_stages(const Result *r)
{
    return r->stage_count > 1 && r->stage_count < GRID_COLUMNS_MAX;
}

void write_all_stages(Page *p)
{
    Arena *a = p->a;
    const Result *r = p->r;
    Grid g = grid_new(p, SHAPE_SCROLL);
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
        grid_name(&g, part_name(r, c), NULL);
        for (int s = 0; s < r->stage_count; s++) {
            const Stage *stage = &r->stages[s];
            if (!part_stands(stage, c)) grid_cell(&g, S("\xE2\x80\x93"));
            else grid_cell(&g, part_is_college(r) ? part_percent(a, part_share(a, r, stage, c), 2) : part_votes(a, r, stage->tally[c]));
        }
        grid_row_end(&g);
    }
    grid_row(&g, ROW_FIRST_FOOT);
    grid_name(&g, S("Continuing"), NULL);
    for (int s = 0; s < r->stage_count; s++) grid_cell(&g, part_votes(a, r, r->stages[s].continuing));
    grid_row_end(&g);
    grid_row(&g, ROW_FOOT);
    grid_name(&g, S("Not reallocated"), NULL);
    for (int s = 0; s < r->stage_count; s++) grid_cell(&g, part_votes(a, r, r->stages[s].not_reallocated));
    grid_row_end(&g);
    if (r->rules->method == METHOD_STV_GREGORY) {
        grid_row(&g, ROW_FOOT);
        grid_name(&g, S("Lost to rounding"), NULL);
        for (int s = 0; s < r->stage_count; s++) grid_cell(&g, part_votes(a, r, r->stages[s].lost));
        grid_row_end(&g);
    }
    if (r->stages[0].quota) {
        grid_row(&g, ROW_FOOT);
        grid_name(&g, S("Quota"), NULL);
        for (int s = 0; s < r->stage_count; s++) grid_cell(&g, part_votes(a, r, r->stages[s].quota));
        grid_row_end(&g);
    }
    grid_end(&g);
}

static void papers_row(Grid *g, Page *p, Row row, Str name, int64_t papers)
{
    const CountOptions *o = &p->r->options;
    grid_row(g, row);
    grid_name(g, name, NULL);
    grid_cell(g, part_whole(p->a, papers));
    if (o->issued > 0) grid_cell(g, str_format(p->a, "%.*s%%", STR_ARG(part_percent_of(p->a, papers, o->issued, 2))));
    if (o->roll > 0) grid_cell(g, str_format(p->a, "%.*s%%", STR_ARG(part_percent_of(p->a, papers, o->roll, 2))));
    grid_row_end(g);
}

void write_papers(Page *p)
{
    Arena *a = p->a;
    const Result *r = p->r;
    RejectedList rejected = part_rejected(a, r, p->options);
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
}

void write_sections(Page *p)
{
    const Result *r = p->r;
    bool college = part_is_college(r);
    Grid g = grid_new(p, SHAPE_SMALL);
    grid_column(&g, S("Section"), true);
    grid_column(&g, S("Papers"), false);
    if (college) grid_column(&g, S("Weight"), false);
    grid_begin(&g, college ? S("At every stage each section's weight is shared out by its papers that still continue.")
                           : S("The sections are reported; they weigh nothing."));
    for (int s = 0; s < r->papers->section_count; s++) {
        grid_row(&g, ROW_PLAIN);
        grid_name(&g, r->papers->sections[s].name, NULL);
        grid_cell(&g, part_whole(p->a, r->papers->sections[s].papers));
        const Frac *weight = part_weight(r, s);
        if (college) grid_cell(&g, weight ? frac_text(p->a, weight) : S("none"));
        grid_row_end(&g);
    }
    grid_end(&g);
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
    grid_name(g, part_name(r, c), share);
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
    grid_name(g, name, NULL);
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

void write_stage(Page *p, int number)
{
    const Stage *stage = &p->r->stages[number - 1];
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
        grid_name(&g, part_name(r, c), NULL);
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

void write_weights(Page *p)
{
    const PaperWeights *w = &p->analysis->weights;
    int sections = p->r->papers->section_count;
    Grid g = grid_new(p, SHAPE_CARDS);
    grid_column(&g, S("Stage"), true);
    for (int s = 0; s < sections; s++) grid_column(&g, p->r->papers->sections[s].name, false);
    grid_begin(&g, S("The part of the whole result that one paper of each section decided."));
    for (int stage = 0; stage < p->r->stage_count; stage++) {
        grid_row(&g, ROW_PLAIN);
        grid_name(&g, str_format(p->a, "Stage %d", stage + 1), NULL);
        for (int s = 0; s < sections; s++) {
            int at = stage * sections + s;
            grid_cell(&g, w->none[at] ? S("no paper left") : words_weight(p->a, &w->weight[at]));
        }
        grid_row_end(&g);
    }
    grid_end(&g);
}

void write_slates(Page *p)
{
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
        grid_name(&g, slate->name, NULL);
        grid_cell(&g, part_whole(p->a, slate->candidate_count));
        grid_cell(&g, part_whole(p->a, slate->elected));
        grid_cell(&g, part_whole(p->a, slate->first));
        grid_cell(&g, part_whole(p->a, slate->whole));
        grid_cell(&g, part_whole(p->a, slate->any));
        grid_row_end(&g);
    }
    grid_end(&g);
}

const int64_t *pairs_known(const Result *r, const Analysis *analysis)
{
    if (r->pairwise) return r->pairwise->over;
    return analysis && !analysis->single.single ? analysis->over : NULL;
}

void write_pairs(Page *p)
{
    write_matrix(p, S("Papers that rank the candidate of the row above the candidate of the column; bold: more than the other way round."),
        pairs_known(p->r, p->analysis), p->r->papers->candidate_count, false);
}

bool next_known(const Analysis *analysis)
{
    return analysis && analysis->next.next && !analysis->single.single;
}

void write_next(Page *p)
{
    write_matrix(p, S("Of the papers that rank the candidate of the row first, those that name the candidate of the column next."),
        p->analysis->next.next, p->r->papers->candidate_count + 1, true);
}
