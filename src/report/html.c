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
#include "report/grid.h"
#include "report/style.h"
#include "report/words.h"

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
/* ---- the head of the page ---- */

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
    html_markup(p->h, M("<dl class=\"facts\">\n"));
    write_facts(p);
    html_markup(p->h, M("</dl>\n"));
    html_markup(p->h, M("</header>\n"));
}

/* ---- the declaration ---- */

static void papers_part(Page *p)
{
    subheading(p, S("The papers"));
    write_papers(p);
    if (p->r->options.roll <= 0)
        soft_paragraph(p, S("The number on the roll was not given to the count, so shares of the roll cannot be shown."));
}

static void write_declaration(Page *p)
{
    section_begin(p);
    heading(p, M("declaration"), p->r->open ? S("The count so far") : p->post ? S("Declaration") : S("The declaration"));
    paragraph(p, words_outcome(p->a, p->r));
    write_candidates(p);
    if (has_all_stages(p->r)) {
        subheading(p, S("Every stage"));
        write_all_stages(p);
    }
    if (!p->post && part_has_sections(p->r)) {
        subheading(p, S("The sections"));
        write_sections(p);
    }
    papers_part(p);
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

static void write_figure(Page *p)
{
    html_markup(p->h, M("<figure>\n"));
    write_chart_part(p, CHART_BARS);
    if (chart_has_sankey(p->r)) write_chart_part(p, CHART_SANKEY);
    html_markup(p->h, M("<figcaption>"));
    html_text(p->h, chart_caption(p->r));
    if (p->options->note.len) {
        html_markup(p->h, M(" Note: "));
        html_text(p->h, p->options->note);
    }
    html_markup(p->h, M("</figcaption>\n</figure>\n"));
}

static void write_chart(Page *p)
{
    if (p->r->stage_count == 0) return;
    section_begin(p);
    heading(p, M("drawing"), S("The count at a glance"));
    Str absent = chart_absent(p->a, p->r);
    if (absent.len) paragraph(p, absent);
    else write_figure(p);
    section_end(p);
}

/* ---- stages ---- */

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

static void stage_part(Page *p, int number)
{
    if (p->r->stage_count > 1) subheading(p, str_format(p->a, "Stage %d", number));
    Lines account = words_stage(p->a, p->r, number);
    if (account.count) paragraph(p, lines_joined(&account));
    write_lot(p, number);
    write_stage(p, number);
}

static void write_stages(Page *p)
{
    if (p->r->stage_count == 0) return;
    section_begin(p);
    heading(p, M("stages"), p->r->stage_count > 1 ? S("Stage by stage") : S("The count"));
    caveat_again(p);
    for (int number = 1; number <= p->r->stage_count; number++) stage_part(p, number);
    section_end(p);
}

/* ---- what else the papers tell ---- */

static void pairs_part(Page *p)
{
    const Result *r = p->r;
    if (!pairs_known(r, p->analysis)) return;
    section_begin(p);
    heading(p, M("pairs"), S("One to one"));
    caveat_again(p);
    write_pairs(p);
    if (r->pairwise) {
        lines_write(p, words_pairwise(p->a, r));
        paragraph(p, str_format(p->a, "By Schulze's method: %.*s.", STR_ARG(words_ranking(p->a, r, r->pairwise->schulze_place))));
        paragraph(p, str_format(p->a, "By ranked pairs: %.*s.", STR_ARG(words_ranking(p->a, r, r->pairwise->ranked_pairs_place))));
    }
    section_end(p);
}

static void next_part(Page *p)
{
    if (!next_known(p->analysis)) return;
    section_begin(p);
    heading(p, M("next"), S("Next preferences"));
    caveat_again(p);
    write_next(p);
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

static void weights_part(Page *p)
{
    if (!p->analysis || !p->analysis->weights.weight) return;
    const PaperWeights *w = &p->analysis->weights;
    section_begin(p);
    heading(p, M("weights"), S("What one paper weighed"));
    caveat_again(p);
    write_weights(p);
    lines_write(p, words_weights(p->a, p->r, w, 1));
    if (p->r->stage_count > 1) lines_write(p, words_weights(p->a, p->r, w, p->r->stage_count));
    section_end(p);
}

static void slates_part(Page *p)
{
    if (!p->analysis || p->analysis->slate_count == 0) return;
    section_begin(p);
    heading(p, M("slates"), S("Slates"));
    caveat_again(p);
    write_slates(p);
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
    pairs_part(p);
    next_part(p);
    weights_part(p);
    slates_part(p);
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
        papers_part(&p);
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
