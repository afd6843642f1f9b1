/* A count as CSV (RFC 4180): one row a stage and candidate, then one for the votes not reallocated.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Columns: [post,]stage,candidate,votes,points,standing,change[,SECTION...][,note]. `post` only with several posts, `note` only with a caveat.
 * points: percent with five decimals, a college only. standing: continuing, elected, out; elected-before; not-reallocated and
 * lost-to-rounding for the rows that are nobody's. change: votes since the stage before, empty at stage 1.
 * A text that a spreadsheet would take for a formula gets an apostrophe in front.
 */
#include "report/parts.h"

typedef struct Csv {
    Buf *out;
    const Result *r;
    Str post, note;
    bool posts;
    bool first; /* in its row */
} Csv;

static void field(Csv *csv, Str text)
{
    if (!csv->first) buf_byte(csv->out, ',');
    csv->first = false;
    bool quote = str_find(text, ',') < text.len || str_find(text, '"') < text.len || str_find(text, '\n') < text.len ||
                 str_find(text, '\r') < text.len;
    if (!quote) {
        buf_str(csv->out, text);
        return;
    }
    buf_byte(csv->out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') buf_byte(csv->out, '"');
        buf_byte(csv->out, text.ptr[i]);
    }
    buf_byte(csv->out, '"');
}

/* A field that came from outside. */
static void words(Csv *csv, Str text)
{
    bool formula = text.len && str_find(S("=+-@\t\r\n"), text.ptr[0]) < 7;
    field(csv, formula ? str_format(csv->out->arena, "'%.*s", STR_ARG(text)) : text);
}

static void number(Csv *csv, Votes votes)
{
    Arena *a = csv->out->arena;
    int decimals = csv->r->decimals;
    field(csv, votes < 0 ? str_format(a, "-%.*s", STR_ARG(votes_text(a, -votes, decimals))) : votes_text(a, votes, decimals));
}

static void row_begin(Csv *csv, Str stage)
{
    csv->first = true;
    if (csv->posts) words(csv, csv->post);
    field(csv, stage);
}

static void row_end(Csv *csv)
{
    if (csv->note.len) words(csv, csv->note);
    buf_str(csv->out, S("\r\n"));
}

static Str standing_name(const Stage *stage, int candidate)
{
    if (part_in(stage->elected, stage->elected_count, candidate)) return S("elected");
    if (part_in(stage->eliminated, stage->eliminated_count, candidate)) return S("out");
    return stage->standing[candidate] == STANDING_ELECTED ? S("elected-before") : S("continuing");
}

static void candidate_row(Csv *csv, int stage_index, int c)
{
    Arena *a = csv->out->arena;
    const Result *r = csv->r;
    const Stage *stage = &r->stages[stage_index];
    row_begin(csv, str_format(a, "%d", stage_index + 1));
    words(csv, part_name(r, c));
    number(csv, stage->tally[c]);
    field(csv, part_is_college(r) && stage->points ? part_percent(a, &stage->points[c], 5) : S(""));
    field(csv, standing_name(stage, c));
    Votes change;
    if (part_change(r, stage_index, c, &change)) number(csv, change);
    else field(csv, S(""));
    for (int s = 0; s < r->papers->section_count; s++) {
        if (stage->section_tally) number(csv, stage->section_tally[s * r->papers->candidate_count + c]);
        else field(csv, S(""));
    }
    row_end(csv);
}

static void nobody_row(Csv *csv, int stage_index, Str label, Str standing, Votes votes, Votes before, bool by_section)
{
    const Result *r = csv->r;
    const Stage *stage = &r->stages[stage_index];
    row_begin(csv, str_format(csv->out->arena, "%d", stage_index + 1));
    field(csv, label);
    number(csv, votes);
    field(csv, S(""));
    field(csv, standing);
    if (stage_index > 0) number(csv, votes - before);
    else field(csv, S(""));
    for (int s = 0; s < r->papers->section_count; s++) {
        if (by_section && stage->section_continuing) number(csv, r->stages[0].section_continuing[s] - stage->section_continuing[s]);
        else field(csv, S(""));
    }
    row_end(csv);
}

static void write_stages(Csv *csv)
{
    const Result *r = csv->r;
    for (int i = 0; i < r->stage_count; i++) {
        const Stage *stage = &r->stages[i], *before = i ? stage - 1 : stage;
        for (int c = 0; c < r->papers->candidate_count; c++)
            if (part_stands(stage, c)) candidate_row(csv, i, c);
        nobody_row(csv, i, S("not reallocated"), S("not-reallocated"), stage->not_reallocated, before->not_reallocated, true);
        if (r->rules->method == METHOD_STV_GREGORY)
            nobody_row(csv, i, S("lost to rounding"), S("lost-to-rounding"), stage->lost, before->lost, false);
    }
}

void report_csv(const Result *result, const ReportOptions *options, Buf *out)
{
    Csv csv = {.out = out, .r = result, .note = options->note, .posts = result->rules->method == METHOD_POSTS, .first = true};
    if (csv.posts) field(&csv, S("post"));
    field(&csv, S("stage"));
    field(&csv, S("candidate"));
    field(&csv, S("votes"));
    field(&csv, S("points"));
    field(&csv, S("standing"));
    field(&csv, S("change"));
    for (int s = 0; s < result->papers->section_count; s++) words(&csv, result->papers->sections[s].name);
    if (csv.note.len) field(&csv, S("note"));
    buf_str(out, S("\r\n"));
    if (!csv.posts) {
        write_stages(&csv);
        return;
    }
    for (int i = 0; i < result->post_count; i++) {
        csv.r = result->posts[i].result;
        csv.post = result->posts[i].name;
        write_stages(&csv);
    }
}
