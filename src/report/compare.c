/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "report/compare.h"

/* Papers with one name each hold no later preference: under rules that ask for them the answer is not in these papers, unless more
 * than half named the same candidate. */
static void ask_later_preferences(Arena *a, ComparedRow *row)
{
    Method method = row->rules->method;
    if (method == METHOD_PLURALITY || method == METHOD_YES_NO || method == METHOD_POSTS || row->result->unopposed) return;
    row->single = single_mark(a, row->result);
    int able = 0;
    for (int c = 0; c < row->result->papers->candidate_count; c++) able += !row->result->papers->candidates[c].withdrawn;
    bool settled = row->single.decided && row->result->seats == 1;
    row->unknowable = row->single.single && !settled && able > 2;
}

Compared compared_new(Arena *a)
{
    return (Compared){.arena = a};
}

static void push(Compared *compared, ComparedRow row)
{
    if (compared->count == compared->capacity) {
        int capacity = compared->capacity ? 2 * compared->capacity : 8;
        compared->rows = arena_grow(compared->arena, ComparedRow, compared->rows, (size_t)compared->count, (size_t)capacity);
        compared->capacity = capacity;
    }
    compared->rows[compared->count++] = row;
}

static ComparedRow count_row(Arena *a, Str spec, const Rules *rules, const Papers *papers, const CountOptions *count_options)
{
    ComparedRow row = {.spec = spec, .label = rules->name, .rules = rules};
    CountOptions options = *count_options;
    if (!method_has_seats(rules->method)) options.seats = 0;
    Fault fault = {0};
    Result *result;
    if (count_run(a, rules, papers, &options, &result, &fault)) row.why_not = fault_text(a, &fault);
    else row.result = result;
    if (row.result) ask_later_preferences(a, &row);
    return row;
}

Err compared_add(Compared *compared, Str spec, const Rules *rules, Str section, const Papers *papers, const CountOptions *count_options)
{
    Arena *a = compared->arena;
    if (section.len) {
        int i = papers_find_section(papers, section);
        if (i < 0) return ERR_MISSING;
        papers = papers_of_section(a, papers, i);
    }
    ComparedRow row = count_row(a, spec, rules, papers, count_options);
    if (section.len) row.label = str_format(a, "%.*s, %.*s only", STR_ARG(rules->name), STR_ARG(section));
    push(compared, row);
    return ERR_OK;
}

static bool has_spec(const Compared *compared, Str spec)
{
    for (int i = 0; i < compared->count; i++)
        if (str_equal(compared->rows[i].spec, spec)) return true;
    return false;
}

Err compared_add_presets(Compared *compared, const Papers *papers, const CountOptions *count_options, Fault *fault)
{
    CountOptions same_seats = *count_options;
    if (!same_seats.seats) same_seats.seats = papers->seats ? papers->seats : 1;
    for (int i = 0; i < rules_preset_count(); i++) {
        Str name = rules_preset_name(i);
        if (has_spec(compared, name)) continue;
        Rules *rules;
        Err e = rules_parse(compared->arena, rules_preset_text(name), name, &rules, fault);
        if (e) return e;
        bool other_question = rules->method == METHOD_POSTS || rules->method == METHOD_YES_NO;
        bool other_seats = same_seats.seats > 1 && !method_has_seats(rules->method);
        if (other_question || other_seats) continue;
        ComparedRow row = count_row(compared->arena, name, rules, papers, &same_seats);
        if (row.result) push(compared, row);
    }
    return ERR_OK;
}

static int by_place(const Result *r, int *ret_order)
{
    int count = 0;
    for (int c = 0; c < r->papers->candidate_count; c++) {
        if (!r->place[c]) continue;
        int k = count++;
        for (; k > 0 && r->place[ret_order[k - 1]] > r->place[c]; k--) ret_order[k] = ret_order[k - 1];
        ret_order[k] = c;
    }
    return count;
}

/* "Ed Miliband > David Miliband > Ed Balls = Andy Burnham" */
static Str order_text(Arena *a, const Result *r)
{
    int *order = arena_new(a, int, (size_t)r->papers->candidate_count + 1);
    int count = by_place(r, order);
    Buf b = buf_new(a);
    for (int i = 0; i < count; i++) {
        if (i) buf_str(&b, r->place[order[i]] == r->place[order[i - 1]] ? S(" = ") : S(" > "));
        buf_str(&b, r->papers->candidates[order[i]].name);
    }
    return buf_done(&b);
}

Str compared_elected(Arena *a, const ComparedRow *row)
{
    if (!row->result) return S("cannot be counted");
    if (row->unknowable) return S("cannot be known");
    if (row->result->open) return S("open question");
    Buf b = buf_new(a);
    for (int i = 0; i < row->result->elected_count; i++) {
        if (i) buf_str(&b, S(", "));
        buf_str(&b, row->result->papers->candidates[row->result->elected[i]].name);
    }
    return row->result->elected_count ? buf_done(&b) : S("nobody");
}

/* What of the unheld preferences would decide, where it can be said; else that they are missing. */
static Str unknowable_text(Arena *a, const ComparedRow *row)
{
    const SingleMark *m = &row->single;
    const Candidate *candidates = row->result->papers->candidates;
    if (!m->share_to_change) return S("from these papers: they carry one name each, and these rules ask for later preferences");
    Frac *percent = frac_new(a, 1);
    frac_set_ratio(percent, 100, 1);
    frac_mul(percent, m->share_to_change);
    Str share = frac_decimal(a, percent, 1);
    return str_format(a,
        "from these papers: they carry one name each; %.*s would overtake %.*s with more than %.*s %% of the %lld votes for others",
        STR_ARG(candidates[m->second].name), STR_ARG(candidates[m->leader].name), STR_ARG(share), (long long)m->unheld);
}

Str compared_answer(Arena *a, const ComparedRow *row)
{
    if (!row->result) return row->why_not;
    return row->unknowable ? unknowable_text(a, row) : order_text(a, row->result);
}

/* The candidates whose place is not the one they have in `first`; -1 places count as equal. */
static int moved(const ComparedRow *first, const ComparedRow *row, int *ret_candidates)
{
    int count = 0;
    if (!first->result || !row->result || first->unknowable || row->unknowable) return 0;
    for (int c = 0; c < row->result->papers->candidate_count; c++)
        if (row->result->place[c] != first->result->place[c]) ret_candidates[count++] = c;
    return count;
}

static bool same_elected(const ComparedRow *first, const ComparedRow *row)
{
    if (!first->result || !row->result || first->result->elected_count != row->result->elected_count) return false;
    for (int i = 0; i < first->result->elected_count; i++) {
        bool found = false;
        for (int k = 0; k < row->result->elected_count; k++) found |= row->result->elected[k] == first->result->elected[i];
        if (!found) return false;
    }
    return true;
}

/* 1st, 2nd, 3rd, 4th, 11th, 21st. */
static Str ordinal(Arena *a, int n)
{
    bool teen = n % 100 >= 11 && n % 100 <= 13;
    const char *ending = teen || n % 10 == 0 || n % 10 > 3 ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : "rd";
    return str_format(a, "%d%s", n, ending);
}

Str compared_difference(Arena *a, const Compared *compared, int number)
{
    const ComparedRow *first = &compared->rows[0], *row = &compared->rows[number];
    if (row == first || !row->result || !first->result || first->unknowable || row->unknowable) return S("");
    int *who = arena_new(a, int, (size_t)row->result->papers->candidate_count + 1);
    int count = moved(first, row, who);
    if (count == 0) return S("the same order as the first");
    Buf b = buf_new(a);
    buf_str(&b, same_elected(first, row) ? S("another order: ") : S("ANOTHER RESULT: "));
    for (int i = 0; i < count; i++) {
        Str name = row->result->papers->candidates[who[i]].name, now = ordinal(a, row->result->place[who[i]]),
            then = ordinal(a, first->result->place[who[i]]);
        buf_format(&b, "%s%.*s %.*s, not %.*s", i ? "; " : "", STR_ARG(name), STR_ARG(now), STR_ARG(then));
    }
    return buf_done(&b);
}

bool compared_another_result(const Compared *compared, int number)
{
    const ComparedRow *first = &compared->rows[0], *row = &compared->rows[number];
    if (!first->result || !row->result || first->unknowable || row->unknowable) return false;
    if (first->result->open || row->result->open) return false;
    return !same_elected(first, row);
}

static void view_row(Arena *a, View *array, const ComparedRow *first, const ComparedRow *row)
{
    View *v = view_add_object(array);
    view_put_str(v, S("rules"), row->spec);
    view_put_str(v, S("title"), row->rules->title);
    view_put_str(v, S("rules_sha256"), sha256_hex(a, row->rules->hash));
    if (!row->result) {
        view_put_str(v, S("error"), row->why_not);
        return;
    }
    view_put_bool(v, S("cannot_be_known"), row->unknowable);
    if (row->unknowable) {
        if (row->single.share_to_change) view_put_str(v, S("share_to_change"), frac_text(a, row->single.share_to_change));
        else view_put_null(v, S("share_to_change"));
        view_put_str(v, S("unheld_votes"), str_format(a, "%lld", (long long)row->single.unheld));
        return;
    }
    const Papers *papers = row->result->papers;
    View *elected = view_put_array(v, S("elected"));
    for (int i = 0; i < row->result->elected_count; i++) view_add_str(elected, papers->candidates[row->result->elected[i]].name);
    View *places = view_put_object(v, S("places"));
    for (int c = 0; c < papers->candidate_count; c++)
        if (row->result->place[c]) view_put_i64(places, papers->candidates[c].name, row->result->place[c]);
    int *who = arena_new(a, int, (size_t)papers->candidate_count + 1);
    int count = moved(first, row, who);
    View *differs = view_put_array(v, S("differs_from_first"));
    for (int i = 0; i < count; i++) view_add_str(differs, papers->candidates[who[i]].name);
    view_put_bool(v, S("same_elected_as_first"), same_elected(first, row));
    view_put_bool(v, S("open_question"), row->result->open != NULL);
}

/* Who stands elsewhere, without the words before it: "David 1st, not 2nd". */
static Str moves_of(Str difference)
{
    Str before, after;
    return str_cut(difference, ':', &before, &after) ? str_trim(after) : difference;
}

View *compared_rows(Arena *a, const Compared *compared)
{
    View *array = view_array(a);
    for (int i = 0; i < compared->count; i++) {
        const ComparedRow *row = &compared->rows[i];
        View *v = view_add_object(array);
        view_put_str(v, S("rules"), row->spec);
        view_put_str(v, S("label"), row->label);
        view_put_str(v, S("title"), row->rules->title);
        view_put_str(v, S("sha256"), sha256_hex(a, row->rules->hash));
        view_put_bool(v, S("first"), i == 0);
        view_put_bool(v, S("counted"), row->result != NULL);
        view_put_bool(v, S("unknowable"), row->unknowable);
        view_put_bool(v, S("open"), row->result && row->result->open);
        view_put_str(v, S("elected"), compared_elected(a, row));
        view_put_str(v, S("answer"), compared_answer(a, row));
        view_put_str(v, S("difference"), compared_difference(a, compared, i));
        view_put_bool(v, S("another_result"), compared_another_result(compared, i));
        view_put_str(v, S("moves"), moves_of(compared_difference(a, compared, i)));
    }
    return array;
}

View *compared_view(Arena *a, const Papers *papers, const Compared *compared)
{
    View *v = view_object(a);
    view_put_str(v, S("title"), papers->title);
    view_put_str(v, S("note"), papers->note);
    View *array = view_put_array(v, S("compare"));
    for (int i = 0; i < compared->count; i++) view_row(a, array, &compared->rows[0], &compared->rows[i]);
    return v;
}
