/* The report for a terminal: what was counted, every stage, who is elected, how close it was.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "report/table.h"
#include "report/words.h"

typedef struct Text {
    Arena *a;
    const Result *r;
    const Analysis *analysis;
    const ReportOptions *options;
    Screen *screen;
} Text;

static void blank(Text *t)
{
    buf_byte(t->screen->out, '\n');
}

static void paragraph(Text *t, Str text)
{
    screen_paragraph(t->screen, text, 2, 0, STYLE_PLAIN);
}

/* Each line a paragraph of its own; lines that start with a blank are commands, kept whole. */
static void lines_write(Text *t, Lines lines, Style style)
{
    for (int i = 0; i < lines.count; i++) {
        if (str_starts(lines.items[i], S("  "))) screen_line(t->screen, 2, lines.items[i], STYLE_BOLD);
        else screen_paragraph(t->screen, lines.items[i], 2, 0, style);
    }
}

/* ---- what was counted ---- */

enum { LABEL_WIDTH = 14 };

/* "Rules         av-2011: ...": the value wrapped beside its label, which takes the place of the first indent. */
static void labelled(Text *t, const char *label, Str value, Style style)
{
    Buf *out = t->screen->out;
    Buf held = buf_new(t->a);
    Screen inner = {.out = &held, .columns = t->screen->columns, .colour = t->screen->colour};
    screen_paragraph(&inner, value, LABEL_WIDTH, 0, style);
    Str text = buf_done(&held);
    buf_format(out, "%-*s", LABEL_WIDTH, label);
    buf_str(out, str_slice(text, LABEL_WIDTH, text.len));
}

static void write_rules(Text *t)
{
    const Rules *rules = t->r->rules;
    Str hash = str_slice(sha256_hex(t->a, rules->hash), 0, 12);
    labelled(t, "Rules", str_format(t->a, "%.*s: %.*s (SHA-256 %.*s...)", STR_ARG(rules->name), STR_ARG(rules->title), STR_ARG(hash)),
        STYLE_PLAIN);
    if (t->r->options.seed.len) labelled(t, "Seed", t->r->options.seed, STYLE_PLAIN);
}

static void write_papers(Text *t)
{
    Arena *a = t->a;
    const Result *r = t->r;
    RejectedList rejected = part_rejected(a, r, t->options);
    labelled(t, "Papers",
        str_format(a, "%.*s read, %.*s counted, %.*s rejected", STR_ARG(part_whole(a, r->papers->total)), STR_ARG(part_whole(a, r->valid)),
            STR_ARG(part_whole(a, rejected.total))),
        STYLE_PLAIN);
    for (int i = 0; i < rejected.count; i++)
        if (rejected.lines[i].papers)
            labelled(t, "",
                str_format(a, "rejected: %.*s %.*s", STR_ARG(part_whole(a, rejected.lines[i].papers)), STR_ARG(rejected.lines[i].words)),
                STYLE_PLAIN);
    if (rejected.by_hand) labelled(t, "", S("(some rejected papers were found by hand and are not among those read)"), STYLE_FAINT);
    int64_t returned = part_returned(r, &rejected);
    if (r->options.issued > 0)
        labelled(t, "Issued",
            str_format(a, "%.*s; %.*s%% of them came back", STR_ARG(part_whole(a, r->options.issued)),
                STR_ARG(part_percent_of(a, returned, r->options.issued, 1))),
            STYLE_PLAIN);
    if (r->options.roll > 0)
        labelled(t, "Roll",
            str_format(a, "%.*s; turnout %.*s%%", STR_ARG(part_whole(a, r->options.roll)),
                STR_ARG(part_percent_of(a, returned, r->options.roll, 1))),
            STYLE_PLAIN);
    if (r->seats > 1) labelled(t, "Seats", part_whole(a, r->seats), STYLE_PLAIN);
}

static void write_sections(Text *t)
{
    const Papers *papers = t->r->papers;
    for (int s = 0; s < papers->section_count; s++) {
        const Frac *weight = part_weight(t->r, s);
        Str line = str_format(
            t->a, "%.*s: %.*s", STR_ARG(papers->sections[s].name), STR_ARG(words_papers(t->a, papers->sections[s].papers)));
        if (weight) line = str_format(t->a, "%.*s, weight %.*s", STR_ARG(line), STR_ARG(frac_text(t->a, weight)));
        labelled(t, s ? "" : "Sections", line, STYLE_PLAIN);
    }
}

static void write_withdrawn(Text *t)
{
    int n = t->r->papers->candidate_count, count = 0;
    int *withdrawn = arena_new(t->a, int, (size_t)n);
    for (int c = 0; c < n; c++)
        if (t->r->papers->candidates[c].withdrawn) withdrawn[count++] = c;
    if (count) labelled(t, "Withdrawn", words_names(t->a, t->r, withdrawn, count), STYLE_PLAIN);
}

/* ---- a stage ---- */

static Style mark_style(const Stage *stage, int candidate)
{
    if (part_in(stage->elected, stage->elected_count, candidate)) return STYLE_GOOD;
    if (part_in(stage->eliminated, stage->eliminated_count, candidate)) return STYLE_OUT;
    return STYLE_PLAIN;
}

/* Points gained since the stage before, in percentage points: "+1.12". */
static Str points_change(Text *t, int number, int candidate)
{
    if (number == 1) return S("");
    Frac *change = frac_new(t->a, 1);
    frac_set(change, &t->r->stages[number - 1].points[candidate]);
    frac_sub(change, &t->r->stages[number - 2].points[candidate]);
    Str text = part_percent(t->a, change, 2);
    return frac_sign(change) > 0 ? str_format(t->a, "+%.*s", STR_ARG(text)) : text;
}

static Str votes_change(Text *t, int number, int candidate)
{
    Votes change;
    return part_change(t->r, number - 1, candidate, &change) ? part_signed(t->a, t->r, change) : S("");
}

static void stage_heads(Text *t, Table *table, const Stage *stage, bool first)
{
    table_head(table, S(""), false);
    if (stage->section_tally)
        for (int s = 0; s < t->r->papers->section_count; s++) table_head(table, t->r->papers->sections[s].name, true);
    if (part_is_college(t->r)) {
        table_head(table, S("points %"), true);
    } else {
        table_head(table, S("votes"), true);
        table_head(table, S("share %"), true);
    }
    if (!first) table_head(table, S("change"), true);
    if (stage->keep) table_head(table, S("keep factor"), true);
    table_head(table, S(""), false);
}

static void stage_row(Text *t, Table *table, int number, int c)
{
    Arena *a = t->a;
    const Result *r = t->r;
    const Stage *stage = &r->stages[number - 1];
    Style style = mark_style(stage, c);
    table_cell(table, part_name(r, c), style);
    if (stage->section_tally)
        for (int s = 0; s < r->papers->section_count; s++)
            table_cell(table, part_votes(a, r, stage->section_tally[s * r->papers->candidate_count + c]), STYLE_PLAIN);
    if (!part_is_college(r)) table_cell(table, part_votes(a, r, stage->tally[c]), STYLE_BOLD);
    table_cell(table, part_percent(a, part_share(a, r, stage, c), 2), part_is_college(r) ? STYLE_BOLD : STYLE_PLAIN);
    if (number > 1) table_cell(table, part_is_college(r) ? points_change(t, number, c) : votes_change(t, number, c), STYLE_PLAIN);
    if (stage->keep) table_cell(table, votes_text(a, stage->keep[c], r->decimals), STYLE_PLAIN);
    table_cell(table, words_mark(r, stage, c), style);
}

/* A row that is no candidate's: sections that lost papers, then one figure. */
static void stage_foot(Text *t, Table *table, int number, Str label, const Votes *by_section, Votes votes, Votes before)
{
    const Stage *stage = &t->r->stages[number - 1];
    table_cell(table, label, STYLE_FAINT);
    if (stage->section_tally)
        for (int s = 0; s < t->r->papers->section_count; s++)
            table_cell(table, by_section ? part_votes(t->a, t->r, by_section[s]) : S(""), STYLE_FAINT);
    bool college = part_is_college(t->r);
    table_cell(table, college ? S("") : part_votes(t->a, t->r, votes), STYLE_FAINT);
    if (!college) table_cell(table, S(""), STYLE_FAINT);
    if (number > 1) table_cell(table, college ? S("") : part_signed(t->a, t->r, votes - before), STYLE_FAINT);
    if (stage->keep) table_cell(table, S(""), STYLE_FAINT);
    table_cell(table, S(""), STYLE_FAINT);
}

static void stage_feet(Text *t, Table *table, int number)
{
    const Stage *stage = &t->r->stages[number - 1], *before = number > 1 ? stage - 1 : stage;
    Votes *lost = NULL;
    if (stage->section_continuing) {
        lost = arena_new(t->a, Votes, (size_t)t->r->papers->section_count);
        for (int s = 0; s < t->r->papers->section_count; s++)
            lost[s] = t->r->stages[0].section_continuing[s] - stage->section_continuing[s];
    }
    table_rule(table);
    stage_foot(t, table, number, part_moves(t->r) ? S("continuing") : S("all votes"), stage->section_continuing, stage->continuing,
        before->continuing);
    if (!part_moves(t->r) && stage->not_reallocated == 0) return;
    stage_foot(t, table, number, t->r->rules->method == METHOD_CONDORCET ? S("equal first or none") : S("not reallocated"), lost,
        stage->not_reallocated, before->not_reallocated);
    if (t->r->rules->method == METHOD_STV_GREGORY) stage_foot(t, table, number, S("lost to rounding"), NULL, stage->lost, before->lost);
    if (stage->quota) stage_foot(t, table, number, S("quota"), NULL, stage->quota, before->quota);
}

static void write_lot_commands(Text *t, int number)
{
    Lines commands = words_lot_commands(t->a, t->r, number, t->r->stages[number - 1].tie);
    if (commands.count == 0) return;
    blank(t);
    paragraph(t, S("To check the lot by hand (the digits after # are what it must give):"));
    for (int i = 0; i < commands.count; i++) screen_line(t->screen, 4, commands.items[i], STYLE_FAINT);
}

static void write_stage(Text *t, int number)
{
    const Stage *stage = &t->r->stages[number - 1];
    blank(t);
    screen_styled(t->screen, t->r->stage_count == 1 ? S("The count") : str_format(t->a, "Stage %d", number), STYLE_BOLD);
    if (t->r->rules->method == METHOD_CONDORCET) screen_styled(t->screen, S(": first preferences"), STYLE_PLAIN);
    blank(t);
    Table *table = table_new(t->a);
    stage_heads(t, table, stage, number == 1);
    int *ranked;
    int count = part_ranked(t->a, t->r, stage, &ranked);
    for (int i = 0; i < count; i++) stage_row(t, table, number, ranked[i]);
    stage_feet(t, table, number);
    table_write(table, t->screen, 2);
    Lines account = words_stage(t->a, t->r, number);
    if (account.count) {
        blank(t);
        paragraph(t, lines_joined(&account));
    }
    write_lot_commands(t, number);
}

/* ---- the end of the count ---- */

static void write_open(Text *t)
{
    if (!t->r->open) return;
    blank(t);
    screen_line(t->screen, 0, S("*** A QUESTION IS OPEN: NO RESULT YET ***"), STYLE_LOUD);
    lines_write(t, words_tie(t->a, t->r, t->r->stage_count ? &t->r->stages[t->r->stage_count - 1] : NULL, t->r->open), STYLE_BOLD);
    lines_write(t, words_open(t->a, t->r), STYLE_PLAIN);
}

static void write_result(Text *t)
{
    blank(t);
    screen_heading(t->screen, S("Result"), '-');
    screen_paragraph(t->screen, words_outcome(t->a, t->r), 2, 0, t->r->open ? STYLE_LOUD : STYLE_GOOD);
    if (t->options->note.len) paragraph(t, str_format(t->a, "Note: %.*s", STR_ARG(t->options->note)));
    lines_write(t, words_yes_no(t->a, t->r, t->options), STYLE_PLAIN);
    if (t->r->eliminated_count) {
        Buf b = buf_new(t->a);
        buf_str(&b, S("Order of elimination, first out first: "));
        for (int i = 0; i < t->r->eliminated_count; i++) {
            if (i) buf_str(&b, S(", "));
            buf_str(&b, part_name(t->r, t->r->eliminated[i]));
        }
        buf_byte(&b, '.');
        paragraph(t, buf_done(&b));
    }
}

/* Rows and columns are candidates; columns are headed by the number in front of the row's name. */
static void write_matrix(Text *t, const int64_t *figures, int stride, bool nobody)
{
    int n = t->r->papers->candidate_count;
    const Candidate *candidates = t->r->papers->candidates;
    Table *table = table_new(t->a);
    table_head(table, S(""), false);
    for (int c = 0; c < n; c++)
        if (!candidates[c].withdrawn) table_head(table, str_format(t->a, "%d", c + 1), true);
    if (nobody) table_head(table, S("nobody"), true);
    for (int c = 0; c < n; c++) {
        if (candidates[c].withdrawn) continue;
        table_cell(table, str_format(t->a, "%2d %.*s", c + 1, STR_ARG(candidates[c].name)), STYLE_PLAIN);
        for (int d = 0; d < n; d++) {
            if (candidates[d].withdrawn) continue;
            bool wins = !nobody && c != d && figures[c * stride + d] > figures[d * stride + c];
            table_cell(table, c == d ? S("-") : part_whole(t->a, figures[c * stride + d]), wins ? STYLE_GOOD : STYLE_PLAIN);
        }
        if (nobody) table_cell(table, part_whole(t->a, figures[c * stride + n]), STYLE_PLAIN);
    }
    table_write(table, t->screen, 2);
}

static void write_pairwise(Text *t)
{
    const Pairwise *p = t->r->pairwise;
    if (!p) return;
    int n = t->r->papers->candidate_count;
    blank(t);
    screen_heading(t->screen, S("One to one"), '-');
    paragraph(t, S("Papers that rank the candidate of the row above the candidate of the column:"));
    write_matrix(t, p->over, n, false);
    blank(t);
    lines_write(t, words_pairwise(t->a, t->r), STYLE_PLAIN);
    screen_paragraph(
        t->screen, str_format(t->a, "By Schulze's method: %.*s.", STR_ARG(words_ranking(t->a, t->r, p->schulze_place))), 2, 0, STYLE_PLAIN);
    screen_paragraph(t->screen, str_format(t->a, "By ranked pairs: %.*s.", STR_ARG(words_ranking(t->a, t->r, p->ranked_pairs_place))), 2, 0,
        STYLE_PLAIN);
}

/* ---- analysis ---- */

static void write_close(Text *t)
{
    Lines margin = words_margin(t->a, t->r, t->analysis);
    Lines single = words_single_mark(t->a, t->r, t->analysis);
    if (margin.count + single.count == 0) return;
    blank(t);
    screen_heading(t->screen, S("How close"), '-');
    lines_write(t, margin, STYLE_PLAIN);
    lines_write(t, single, STYLE_PLAIN);
}

static void write_weights(Text *t)
{
    const PaperWeights *w = &t->analysis->weights;
    int sections = t->r->papers->section_count;
    if (!w->weight || t->r->stage_count == 0) return;
    blank(t);
    screen_heading(t->screen, S("What one paper weighed"), '-');
    Table *table = table_new(t->a);
    table_head(table, S("stage"), false);
    for (int s = 0; s < sections; s++) table_head(table, t->r->papers->sections[s].name, true);
    for (int stage = 0; stage < t->r->stage_count; stage++) {
        table_cell(table, str_format(t->a, "%d", stage + 1), STYLE_PLAIN);
        for (int s = 0; s < sections; s++) {
            int at = stage * sections + s;
            table_cell(table, w->none[at] ? S("no paper left") : words_weight(t->a, &w->weight[at]), STYLE_PLAIN);
        }
    }
    table_write(table, t->screen, 2);
    blank(t);
    lines_write(t, words_weights(t->a, t->r, w, 1), STYLE_PLAIN);
    if (t->r->stage_count > 1) lines_write(t, words_weights(t->a, t->r, w, t->r->stage_count), STYLE_PLAIN);
}

static void write_slates(Text *t)
{
    if (t->analysis->slate_count == 0) return;
    blank(t);
    screen_heading(t->screen, S("Slates"), '-');
    Table *table = table_new(t->a);
    table_head(table, S(""), false);
    table_head(table, S("candidates"), true);
    table_head(table, S("elected"), true);
    table_head(table, S("first on"), true);
    table_head(table, S("all on top on"), true);
    table_head(table, S("at least one on"), true);
    for (int i = 0; i < t->analysis->slate_count; i++) {
        const Slate *slate = &t->analysis->slates[i];
        table_cell(table, slate->name, STYLE_BOLD);
        table_cell(table, part_whole(t->a, slate->candidate_count), STYLE_PLAIN);
        table_cell(table, part_whole(t->a, slate->elected), STYLE_PLAIN);
        table_cell(table, part_whole(t->a, slate->first), STYLE_PLAIN);
        table_cell(table, part_whole(t->a, slate->whole), STYLE_PLAIN);
        table_cell(table, part_whole(t->a, slate->any), STYLE_PLAIN);
    }
    table_write(table, t->screen, 2);
    blank(t);
    paragraph(t, S("Figures are papers: with a first preference for the slate, with all of it above everybody else, with at least one of "
                   "its names."));
}

static void write_analysis(Text *t)
{
    write_close(t);
    if (!t->analysis) return;
    int n = t->r->papers->candidate_count;
    if (!t->r->pairwise && t->analysis->over && !t->analysis->single.single) {
        blank(t);
        screen_heading(t->screen, S("One to one"), '-');
        paragraph(t, S("Papers that rank the candidate of the row above the candidate of the column:"));
        write_matrix(t, t->analysis->over, n, false);
    }
    if (t->analysis->next.next && !t->analysis->single.single) {
        blank(t);
        screen_heading(t->screen, S("Next preferences"), '-');
        paragraph(t, S("Of the papers that rank the candidate of the row first, those that name the candidate of the column next:"));
        write_matrix(t, t->analysis->next.next, n + 1, true);
    }
    write_weights(t);
    write_slates(t);
}

/* ---- a contest, several posts ---- */

static void write_count(Text *t)
{
    for (int number = 1; number <= t->r->stage_count; number++) write_stage(t, number);
    write_open(t);
    write_result(t);
    write_pairwise(t);
    write_analysis(t);
}

static void write_posts(Text *t)
{
    for (int i = 0; i < t->r->post_count; i++) {
        const PostResult *post = &t->r->posts[i];
        blank(t);
        screen_heading(t->screen, post->name, '=');
        if (post->unopposed) {
            Str names = post->result ? words_names(t->a, post->result, post->result->elected, post->result->elected_count) : S("");
            screen_paragraph(t->screen,
                str_format(t->a, "No more candidates than seats, so no count: %.*s %s declared elected unopposed.", STR_ARG(names),
                    post->result && post->result->elected_count > 1 ? "are" : "is"),
                2, 0, STYLE_GOOD);
            continue;
        }
        Text inner = *t;
        inner.r = post->result;
        inner.analysis = t->analysis && t->analysis->posts ? t->analysis->posts[i] : NULL;
        write_papers(&inner);
        write_count(&inner);
    }
}

void report_text(const Result *result, const Analysis *analysis, const ReportOptions *options, Buf *out)
{
    Screen screen = {.out = out, .columns = options->columns ? options->columns : 100, .colour = options->colour};
    if (screen.columns < 40) screen.columns = 40;
    Text t = {.a = out->arena, .r = result, .analysis = analysis, .options = options, .screen = &screen};
    Str title = part_title(result, options);
    screen_heading(&screen, title.len ? title : S("Count"), '=');
    if (options->note.len) labelled(&t, "Note", options->note, STYLE_LOUD);
    write_rules(&t);
    write_papers(&t);
    write_sections(&t);
    write_withdrawn(&t);
    if (result->rules->method == METHOD_POSTS) write_posts(&t);
    else write_count(&t);
}
