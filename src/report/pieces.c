/* Parts of a report as data, for pages.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "report/chart.h"
#include "report/drawing.h"
#include "report/grid.h"
#include "report/words.h"

static bool has_table(const Result *r, const Analysis *analysis, ReportTable table)
{
    switch (table) {
    case REPORT_CANDIDATES: return r->rules->method != METHOD_POSTS;
    case REPORT_ALL_STAGES: return has_all_stages(r);
    case REPORT_STAGE: return r->stage_count > 0;
    case REPORT_PAPERS: return true;
    case REPORT_SECTIONS: return part_has_sections(r);
    case REPORT_POSTS: return r->rules->method == METHOD_POSTS;
    case REPORT_PAIRS: return pairs_known(r, analysis) != NULL;
    case REPORT_NEXT: return next_known(analysis);
    case REPORT_WEIGHTS: return analysis && analysis->weights.weight;
    case REPORT_SLATES: return analysis && analysis->slate_count > 0;
    case REPORT_TABLE__COUNT: break;
    }
    ASSERT(!"a table");
    return false;
}

static void write_table(Page *p, ReportTable table, int stage)
{
    switch (table) {
    case REPORT_CANDIDATES: write_candidates(p); return;
    case REPORT_ALL_STAGES: write_all_stages(p); return;
    case REPORT_STAGE: write_stage(p, stage); return;
    case REPORT_PAPERS: write_papers(p); return;
    case REPORT_SECTIONS: write_sections(p); return;
    case REPORT_POSTS: write_post_list(p); return;
    case REPORT_PAIRS: write_pairs(p); return;
    case REPORT_NEXT: write_next(p); return;
    case REPORT_WEIGHTS: write_weights(p); return;
    case REPORT_SLATES: write_slates(p); return;
    case REPORT_TABLE__COUNT: break;
    }
    ASSERT(!"a table");
}

View *report_table(Arena *a, const Result *result, const Analysis *analysis, const ReportOptions *options, ReportTable table, int stage)
{
    if (!has_table(result, analysis, table)) return NULL;
    ASSERT(table != REPORT_STAGE || (stage >= 1 && stage <= result->stage_count));
    Page p = {.a = a, .view = view_object(a), .r = result, .analysis = analysis, .options = options};
    write_table(&p, table, stage);
    return p.view;
}

View *report_facts(Arena *a, const Result *result, const ReportOptions *options)
{
    Page p = {.a = a, .view = view_array(a), .r = result, .options = options};
    write_facts(&p);
    return p.view;
}

View *report_close_fact(Arena *a, const Result *result, const Analysis *analysis)
{
    CloseFact close;
    if (!words_close_fact(a, result, analysis, &close)) return NULL;
    View *v = view_object(a);
    view_put_str(v, S("name"), S("How close"));
    view_put_str(v, S("value"), close.value);
    view_put_str(v, S("small"), close.small);
    return v;
}

/* ---- words ---- */

static void add_lines(View *array, Lines lines)
{
    for (int i = 0; i < lines.count; i++) {
        bool command = str_starts(lines.items[i], S("  "));
        View *line = view_add_object(array);
        view_put_str(line, S("text"), command ? str_trim(lines.items[i]) : lines.items[i]);
        view_put_bool(line, S("command"), command);
    }
}

static void add_lot(View *array, Lines commands)
{
    for (int i = 0; i < commands.count; i++) {
        View *line = view_add_object(array);
        view_put_str(line, S("text"), commands.items[i]);
        view_put_bool(line, S("command"), true);
    }
}

static void add_open(View *array, Arena *a, const Result *r)
{
    const Result *asked = part_asked(r);
    if (!asked->open) return;
    add_lines(array, words_tie(a, asked, asked->stage_count ? &asked->stages[asked->stage_count - 1] : NULL, asked->open));
    add_lines(array, words_open(a, asked));
}

static void add_pairwise(View *array, Arena *a, const Result *r)
{
    if (!r->pairwise) return;
    Lines lines = words_pairwise(a, r);
    lines_add(&lines, str_format(a, "By Schulze's method: %.*s.", STR_ARG(words_ranking(a, r, r->pairwise->schulze_place))));
    lines_add(&lines, str_format(a, "By ranked pairs: %.*s.", STR_ARG(words_ranking(a, r, r->pairwise->ranked_pairs_place))));
    add_lines(array, lines);
}

static void add_weighed(View *array, Arena *a, const Result *r, const Analysis *analysis)
{
    if (!analysis || !analysis->weights.weight) return;
    add_lines(array, words_weights(a, r, &analysis->weights, 1));
    if (r->stage_count > 1) add_lines(array, words_weights(a, r, &analysis->weights, r->stage_count));
}

View *report_words(Arena *a, const Result *r, const Analysis *analysis, const ReportOptions *options, ReportWords words, int stage)
{
    View *array = view_array(a);
    switch (words) {
    case REPORT_LEAD: add_lines(array, words_yes_no(a, r, options)); break;
    case REPORT_STAGE_ACCOUNT: add_lines(array, words_stage(a, r, stage)); break;
    case REPORT_STAGE_LOT: add_lot(array, words_lot_commands(a, r, stage, r->stages[stage - 1].tie)); break;
    case REPORT_OPEN: add_open(array, a, r); break;
    case REPORT_CLOSE:
        add_lines(array, words_margin(a, r, analysis));
        add_lines(array, words_single_mark(a, r, analysis));
        break;
    case REPORT_PAIRWISE: add_pairwise(array, a, r); break;
    case REPORT_WEIGHED: add_weighed(array, a, r, analysis); break;
    case REPORT_WORDS__COUNT: ASSERT(!"words");
    }
    return array;
}

Str report_outcome(Arena *a, const Result *result)
{
    return words_outcome(a, result);
}

/* ---- drawings ---- */

View *report_chart(Arena *a, const Result *result, const ReportOptions *options, ReportChart chart, int id)
{
    if (result->stage_count == 0 || chart_absent(a, result).len || (chart == REPORT_SANKEY && !chart_has_sankey(result))) return NULL;
    ChartOptions drawing = {.part = chart == REPORT_BARS ? CHART_BARS : CHART_SANKEY, .id = 2 * id, .width = 900, .bare = true};
    Html wide = html_new(a), narrow = html_new(a);
    chart_svg(&wide, result, options, &drawing);
    drawing.id++;
    drawing.width = 350;
    chart_svg(&narrow, result, options, &drawing);
    View *v = view_object(a);
    view_put_html(v, S("wide"), &wide);
    view_put_html(v, S("narrow"), &narrow);
    view_put_str(v, S("caption"), chart_caption(result));
    return v;
}

Str report_chart_absent(Arena *a, const Result *result)
{
    return chart_absent(a, result);
}

Str report_sankey_absent(const Result *result)
{
    return sankey_absent(result);
}
