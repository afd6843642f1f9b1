/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "count/count.h"

#include "core/num.h"
#include "count/engine.h"

Str rejected_name(Rejected head)
{
    static const Str names[] = {S("unmarked"), S("withdrawn"), S("overvote"), S("skipped")};
    _Static_assert(COUNT_OF(names) == REJECTED__COUNT, "a name for each head");
    return names[head];
}

Str rejected_words(Rejected head)
{
    static const Str words[] = {S("unmarked"), S("naming only withdrawn candidates"), S("more than one name for one rank"),
        S("ranks left out so that no preference can be read")};
    _Static_assert(COUNT_OF(words) == REJECTED__COUNT, "words for each head");
    return words[head];
}

Str votes_text(Arena *a, Votes votes, int decimals)
{
    if (decimals == 0) return str_format(a, "%lld", (long long)votes);
    int64_t one = pow10_i64(decimals);
    return str_format(a, "%s%lld.%0*lld", votes < 0 ? "-" : "", (long long)(votes < 0 ? -(votes / one) : votes / one), decimals,
        (long long)(votes < 0 ? -(votes % one) : votes % one));
}

static Err declare_answer(Papers *papers, Str word, Fault *fault)
{
    for (int c = 0; c < papers->candidate_count; c++)
        if (str_equal_nocase(papers->candidates[c].name, word)) return ERR_OK;
    return papers_candidate(papers, word) < 0 ? fault_set(fault, ERR_LIMIT, 0, 0, S("too many candidates"), (Str){0}) : ERR_OK;
}

Err count_declare(const Rules *rules, Papers *papers, Fault *fault)
{
    if (rules->method == METHOD_YES_NO) {
        Err e = declare_answer(papers, rules->yes, fault);
        return e ? e : declare_answer(papers, rules->no, fault);
    }
    for (int i = 0; i < rules->post_count; i++) {
        const RulesPost *post = &rules->posts[i];
        for (int k = 0; k < post->candidate_count; k++)
            if (papers_post_candidate(papers, post->name, post->candidates[k]) < 0)
                return fault_set(fault, ERR_LIMIT, 0, 0, S("too many candidates"), (Str){0});
    }
    return ERR_OK;
}

/* A college counts every paper in one of its sections, and each of them must have some. */
static Err check_sections(Engine *e)
{
    if (e->rules->method != METHOD_COLLEGE) return ERR_OK;
    for (uint32_t i = 0; i < e->papers->group_count; i++)
        if (e->papers->groups[i].section == PAPERS_NO_SECTION && e->papers->groups[i].papers)
            return fault_setf(e->fault, e->a, ERR_INPUT,
                "a college needs the section of every paper: give each file as SECTION=FILE, or a section column");
    int64_t *valid = arena_new(e->a, int64_t, (size_t)e->sections + 1);
    for (uint32_t i = 0; i < e->rankings.count; i++) valid[e->rankings.items[i].section] += e->rankings.items[i].papers;
    Buf names = buf_new(e->a);
    for (int i = 0; i < e->rules->section_count; i++) {
        if (i) buf_str(&names, S(", "));
        buf_str(&names, e->rules->sections[i].name);
    }
    Str known = buf_done(&names);
    for (int i = 0; i < e->sections; i++) {
        bool weighted = false;
        for (int k = 0; k < e->rules->section_count; k++) weighted |= str_equal(e->rules->sections[k].name, e->papers->sections[i].name);
        if (!weighted && e->papers->sections[i].papers)
            return fault_setf(e->fault, e->a, ERR_INPUT, "the section '%.*s' has no weight in these rules; they know: %.*s",
                STR_ARG(e->papers->sections[i].name), STR_ARG(known));
    }
    for (int k = 0; k < e->rules->section_count; k++) {
        int i = papers_find_section(e->papers, e->rules->sections[k].name);
        if (i < 0 || valid[i] == 0)
            return fault_setf(e->fault, e->a, ERR_INPUT, "the section '%.*s' has no valid paper; the rules weigh: %.*s",
                STR_ARG(e->rules->sections[k].name), STR_ARG(known));
    }
    return ERR_OK;
}

static int able_to_be_elected(const Papers *papers, int write_ins)
{
    int count = 0;
    for (int c = 0; c < papers->candidate_count; c++) count += !papers->candidates[c].withdrawn && c != write_ins;
    return count;
}

/* The given order by candidate. Names that nobody has do not matter: one order may serve several contests. */
static Err read_tie_order(Engine *e)
{
    if (e->options->tie_order_count == 0) return ERR_OK;
    e->tie_order = arena_new(e->a, int, (size_t)e->n);
    for (int c = 0; c < e->n; c++) e->tie_order[c] = -1;
    for (int i = 0; i < e->options->tie_order_count; i++) {
        int c = papers_find_candidate(e->papers, e->options->tie_order[i]);
        if (c >= 0) e->tie_order[c] = i;
    }
    return ERR_OK;
}

static Err check_size(Engine *e)
{
    const Result *r = e->r;
    if (r->valid == 0)
        return fault_setf(e->fault, e->a, ERR_INPUT, "there is no valid paper to count (%lld were read)", (long long)e->papers->total);
    if (r->decimals && r->valid > INT64_MAX / 4 / pow10_i64(r->decimals))
        return fault_setf(e->fault, e->a, ERR_LIMIT,
            "%lld papers with %d decimals are more than can be counted exactly here; use fewer decimals", (long long)r->valid, r->decimals);
    return ERR_OK;
}

static Err run_method(Engine *e)
{
    switch (e->rules->method) {
    case METHOD_ALTERNATIVE_VOTE:
    case METHOD_COLLEGE: count_eliminating(e); break;
    case METHOD_PLURALITY: count_plurality(e); break;
    case METHOD_YES_NO: return count_yes_no(e);
    case METHOD_STV_GREGORY: count_gregory(e); break;
    case METHOD_STV_MEEK: count_meek(e); break;
    case METHOD_CONDORCET: count_condorcet(e); break;
    case METHOD_POSTS:
    case METHOD__COUNT: ASSERT(false); /* posts are counted by count_all_posts */
    }
    return ERR_OK;
}

/* The seats: as asked, else as the papers say where the method has several, else as the rules say. */
static Err find_seats(Engine *e)
{
    Method method = e->rules->method;
    bool several = method_has_seats(method);
    int seats = e->rules->seats;
    if (several && e->papers->seats) seats = e->papers->seats;
    if (e->options->seats) seats = e->options->seats;
    if (seats < 1 || seats > RULES_SEATS_MAX)
        return fault_setf(e->fault, e->a, ERR_INPUT, "expected 1 to %d seats, found %d", RULES_SEATS_MAX, seats);
    if (!several && seats != 1)
        return fault_setf(
            e->fault, e->a, ERR_INPUT, "these rules (method = %.*s) fill one seat, not %d", STR_ARG(method_name(method)), seats);
    e->r->seats = seats;
    return ERR_OK;
}

/* How many crosses a paper may carry, 0 where it is a ranking. */
static int set_size(const Rules *rules, const Papers *papers, int seats)
{
    if (rules->method == METHOD_POSTS) return papers->candidate_count; /* posts.c judges each post by itself */
    if (rules->method != METHOD_PLURALITY || rules->marks == MARKS_FIRST) return 0;
    return rules->marks == MARKS_AS_SEATS ? seats : rules->marks;
}

Rankings read_for_count(Arena *a, const Rules *rules, const Papers *papers, int seats)
{
    return rankings_new(a, papers, &rules->papers, set_size(rules, papers, seats));
}

Engine engine_new(Arena *a, const Rules *rules, const Papers *papers, const CountOptions *options, Fault *fault)
{
    size_t n = (size_t)papers->candidate_count;
    Result *r = arena_new(a, Result, 1);
    *r = (Result){
        .rules = rules,
        .papers = papers,
        .options = *options,
        .elected = arena_new(a, int, n),
        .eliminated = arena_new(a, int, n),
        .place = arena_new(a, int, n),
    };
    Engine e = {.a = a,
        .rules = rules,
        .papers = papers,
        .options = options,
        .r = r,
        .n = papers->candidate_count,
        .sections = papers->section_count,
        .standing = arena_new(a, Standing, n),
        .write_ins = -1,
        .stage_capacity = 2 * papers->candidate_count + 4,
        .fault = fault};
    r->stages = arena_new(a, Stage, (size_t)e.stage_capacity);
    for (int c = 0; c < e.n; c++) e.standing[c] = papers->candidates[c].withdrawn ? STANDING_WITHDRAWN : STANDING_CONTINUING;
    if (rules->write_ins.len) e.write_ins = papers_find_candidate(papers, rules->write_ins);
    return e;
}

static Err count_engine(Engine *e, Result **ret_result)
{
    Result *r = e->r;
    r->decimals = e->rules->method == METHOD_STV_GREGORY || e->rules->method == METHOD_STV_MEEK ? e->rules->decimals : 0;
    r->valid = e->rankings.valid;
    for (int i = 0; i < REJECTED__COUNT; i++) r->rejected[i] = e->rankings.rejected[i];
    Err err = check_size(e);
    if (!err) err = check_sections(e);
    if (!err) err = run_method(e);
    if (err) return err;
    r->unopposed = able_to_be_elected(e->papers, e->write_ins) <= r->seats;
    if (e->rules->method != METHOD_CONDORCET) engine_places(e);
    *ret_result = r;
    return ERR_OK;
}

static Err count_all_posts(Engine *e, Result **ret_result)
{
    Result *r = e->r;
    r->valid = e->rankings.valid;
    for (int i = 0; i < REJECTED__COUNT; i++) r->rejected[i] = e->rankings.rejected[i];
    Err err = count_posts(e);
    if (!err) *ret_result = r;
    return err;
}

Err engine_ready(Engine *e)
{
    Err err = find_seats(e);
    return err ? err : read_tie_order(e);
}

Err count_rankings(Arena *a, const Rules *rules, const Papers *papers, const CountOptions *options, const Rankings *rankings,
    Result **ret_result, Fault *fault)
{
    Engine e = engine_new(a, rules, papers, options, fault);
    Err err = engine_ready(&e);
    if (err) return err;
    e.rankings = *rankings;
    return count_engine(&e, ret_result);
}

Err count_run(Arena *a, const Rules *rules, const Papers *papers, const CountOptions *options, Result **ret_result, Fault *fault)
{
    Engine e = engine_new(a, rules, papers, options, fault);
    Err err = engine_ready(&e);
    if (err) return err;
    e.rankings = read_for_count(a, rules, papers, e.r->seats);
    return rules->method == METHOD_POSTS ? count_all_posts(&e, ret_result) : count_engine(&e, ret_result);
}
