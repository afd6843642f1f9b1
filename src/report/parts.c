/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "report/parts.h"

#include "core/num.h"

Str part_name(const Result *r, int candidate)
{
    ASSERT(candidate >= 0 && candidate < r->papers->candidate_count);
    return r->papers->candidates[candidate].name;
}

/* Has it letters that are written from right to left? */
static bool goes_left(Str text)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t point = 0;
        size_t n = str_code_point(text, i, &point);
        if ((point >= 0x590 && point < 0x900) || (point >= 0xFB1D && point < 0xFE00) || (point >= 0xFE70 && point < 0xFF00)) return true;
        i += n ? n : 1;
    }
    return false;
}

Str part_name_in_line(Arena *a, const Result *r, int candidate)
{
    Str name = part_name(r, candidate);
    return goes_left(name) ? str_format(a, "%.*s\xE2\x80\x8E", STR_ARG(name)) : name;
}

bool part_is_college(const Result *r)
{
    return r->rules->method == METHOD_COLLEGE;
}

bool part_moves(const Result *r)
{
    switch (r->rules->method) {
    case METHOD_ALTERNATIVE_VOTE:
    case METHOD_COLLEGE: return r->rules->stop != STOP_FIRST_STAGE;
    case METHOD_STV_GREGORY:
    case METHOD_STV_MEEK: return true;
    default: return false;
    }
}

bool part_has_sections(const Result *r)
{
    return r->papers->section_count > 0;
}

const Frac *part_weight(const Result *r, int section)
{
    if (!part_is_college(r)) return NULL;
    for (int i = 0; i < r->rules->section_count; i++)
        if (str_equal(r->rules->sections[i].name, r->papers->sections[section].name)) return r->rules->sections[i].weight;
    return NULL;
}

Str part_title(const Result *r, const ReportOptions *options)
{
    return options->title.len ? options->title : r->papers->title;
}

const Result *part_asked(const Result *r)
{
    for (int i = 0; i < r->post_count; i++)
        if (r->posts[i].result && r->posts[i].result->open) return r->posts[i].result;
    return r;
}

static void add_rejected(RejectedList *list, Str key, Str words, int64_t papers)
{
    list->total = add_or_stop(list->total, papers);
    for (int i = 0; i < list->count; i++) {
        if (!str_equal(list->lines[i].key, key)) continue;
        list->lines[i].papers = add_or_stop(list->lines[i].papers, papers);
        return;
    }
    list->lines[list->count++] = (RejectedLine){.key = key, .words = words, .papers = papers};
}

RejectedList part_rejected(Arena *a, const Result *r, const ReportOptions *options)
{
    RejectedList list = {
        .lines = arena_new(a, RejectedLine, (size_t)(REJECTED__COUNT + options->rejected_count)), .by_hand = options->rejected_count > 0};
    for (int head = 0; head < REJECTED__COUNT; head++)
        add_rejected(&list, rejected_name((Rejected)head), rejected_words((Rejected)head), r->rejected[head]);
    for (int i = 0; i < options->rejected_count; i++)
        add_rejected(&list, options->rejected[i].head, options->rejected[i].head, options->rejected[i].papers);
    return list;
}

int64_t part_returned(const Result *r, const RejectedList *rejected)
{
    return add_or_stop(r->valid, rejected->total);
}

bool part_stands(const Stage *stage, int candidate)
{
    return stage->standing[candidate] == STANDING_CONTINUING || stage->standing[candidate] == STANDING_ELECTED;
}

bool part_in(const int *list, int count, int candidate)
{
    for (int i = 0; i < count; i++)
        if (list[i] == candidate) return true;
    return false;
}

bool part_change(const Result *r, int stage, int candidate, Votes *ret_change)
{
    if (stage == 0) return false;
    *ret_change = r->stages[stage].tally[candidate] - r->stages[stage - 1].tally[candidate];
    return true;
}

int part_stage_out(const Result *r, int candidate)
{
    for (int s = 0; s < r->stage_count; s++)
        if (part_in(r->stages[s].eliminated, r->stages[s].eliminated_count, candidate)) return s + 1;
    return 0;
}

int part_stage_elected(const Result *r, int candidate)
{
    for (int s = 0; s < r->stage_count; s++)
        if (part_in(r->stages[s].elected, r->stages[s].elected_count, candidate)) return s + 1;
    return 0;
}

int part_compare(const Result *r, const Stage *stage, int candidate, int other)
{
    if (part_is_college(r) && stage->points) return frac_compare(&stage->points[candidate], &stage->points[other]);
    return (stage->tally[candidate] > stage->tally[other]) - (stage->tally[candidate] < stage->tally[other]);
}

int part_ranked(Arena *a, const Result *r, const Stage *stage, int **ret_candidates)
{
    int n = r->papers->candidate_count;
    int *ranked = arena_new(a, int, (size_t)n);
    int count = 0;
    for (int c = 0; c < n; c++) {
        if (!part_stands(stage, c)) continue;
        int at = count++;
        for (; at > 0 && part_compare(r, stage, ranked[at - 1], c) < 0; at--) ranked[at] = ranked[at - 1];
        ranked[at] = c;
    }
    *ret_candidates = ranked;
    return count;
}

Frac *part_share(Arena *a, const Result *r, const Stage *stage, int candidate)
{
    if (!part_is_college(r) || !stage->points) return part_ratio(a, stage->tally[candidate], stage->continuing);
    Frac *share = frac_new(a, 1);
    if (frac_sign(stage->points_given) == 0) return share;
    frac_set(share, &stage->points[candidate]);
    frac_div(share, stage->points_given);
    return share;
}

/* Commas into the digits before a decimal point: "1234.5" is "1,234.5". */
static Str group_digits(Arena *a, Str digits)
{
    size_t sign = digits.len && (digits.ptr[0] == '-' || digits.ptr[0] == '+') ? 1 : 0;
    size_t point = str_find(digits, '.');
    Buf b = buf_new(a);
    for (size_t i = 0; i < digits.len; i++) {
        if (i > sign && i < point && (point - i) % 3 == 0) buf_byte(&b, ',');
        buf_byte(&b, digits.ptr[i]);
    }
    return buf_done(&b);
}

Str part_votes(Arena *a, const Result *r, Votes votes)
{
    return group_digits(a, votes_text(a, votes, r->decimals));
}

Str part_rounded(Arena *a, const Result *r, Votes votes)
{
    return group_digits(a, frac_decimal(a, part_ratio(a, votes, pow10_i64(r->decimals)), r->decimals ? 1 : 0));
}

Str part_signed(Arena *a, const Result *r, Votes votes)
{
    Str text = votes < 0 ? str_format(a, "-%.*s", STR_ARG(votes_text(a, -votes, r->decimals))) : votes_text(a, votes, r->decimals);
    if (votes > 0) text = str_format(a, "+%.*s", STR_ARG(text));
    return votes == 0 ? S("0") : group_digits(a, text);
}

Str part_whole(Arena *a, int64_t n)
{
    return group_digits(a, str_format(a, "%lld", (long long)n));
}

Str part_percent(Arena *a, const Frac *f, int places)
{
    Frac *hundred = frac_new(a, 1);
    frac_set_ratio(hundred, 100, 1);
    frac_mul(hundred, f);
    return frac_decimal(a, hundred, places);
}

Frac *part_ratio(Arena *a, int64_t n, int64_t of)
{
    Frac *ratio = frac_new(a, 1);
    if (of > 0) frac_set_ratio(ratio, n, of);
    return ratio;
}

Str part_percent_of(Arena *a, int64_t n, int64_t of, int places)
{
    return part_percent(a, part_ratio(a, n, of), places);
}

double part_double(const Frac *f)
{
    return mpq_get_d(f->q);
}
