/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "count/analysis.h"

#include "core/num.h"
#include "count/engine.h"

/* As the count read them, save that crosses are equal marks, so that nothing on the paper is lost. */
static Rankings read_marks(Arena *a, const Result *result)
{
    PaperRules rules = result->rules->papers;
    if (result->rules->method == METHOD_PLURALITY && result->rules->marks != MARKS_FIRST) rules.equal_ranks_allowed = true;
    return rankings_new(a, result->papers, &rules, 0);
}

static NextPreferences next_preferences(Arena *a, const Rankings *rankings, int n)
{
    size_t width = (size_t)n + 1;
    NextPreferences next = {.next = arena_new(a, int64_t, (size_t)n * width)};
    for (uint32_t i = 0; i < rankings->count; i++) {
        const Ranking *ranking = &rankings->items[i];
        const Mark *marks = rankings->marks + ranking->first;
        bool shared = ranking->length > 1 && (marks[1] & MARK_EQUAL);
        bool shared_next = ranking->length > 2 && (marks[2] & MARK_EQUAL);
        if (shared || shared_next) continue;
        int second = ranking->length > 1 ? marks[1] : n;
        next.next[(size_t)marks[0] * width + (size_t)second] += ranking->papers;
    }
    return next;
}

/* weight / continuing of each section at each stage. */
PaperWeights paper_weights(Arena *a, const Result *result)
{
    if (result->rules->method != METHOD_COLLEGE) return (PaperWeights){0};
    int sections = result->papers->section_count;
    size_t cells = (size_t)result->stage_count * (size_t)sections;
    PaperWeights w = {.weight = frac_new(a, cells), .none = arena_new(a, bool, cells)};
    for (int stage = 0; stage < result->stage_count; stage++)
        for (int k = 0; k < result->rules->section_count; k++) {
            int section = papers_find_section(result->papers, result->rules->sections[k].name);
            size_t cell = (size_t)(stage * sections + section);
            Votes continuing = result->stages[stage].section_continuing[section];
            w.none[cell] = continuing == 0;
            if (continuing == 0) continue;
            frac_set_ratio(&w.weight[cell], 1, continuing);
            frac_mul(&w.weight[cell], result->rules->sections[k].weight);
        }
    return w;
}

/* The two with most first preferences; -1 where there is none. */
static void leading_two(const Papers *papers, const int64_t *first, int *ret_leader, int *ret_second)
{
    *ret_leader = *ret_second = -1;
    for (int c = 0; c < papers->candidate_count; c++) {
        if (papers->candidates[c].withdrawn) continue;
        if (*ret_leader < 0 || first[c] > first[*ret_leader]) {
            *ret_second = *ret_leader;
            *ret_leader = c;
        } else if (*ret_second < 0 || first[c] > first[*ret_second]) {
            *ret_second = c;
        }
    }
}

/* Does any paper, as handed in, name more than one candidate? */
static bool any_later_preference(const Papers *p)
{
    for (uint32_t i = 0; i < p->group_count; i++) {
        int names = 0;
        for (int k = 0; k < p->groups[i].length; k++)
            names += (p->marks[p->groups[i].first + (uint32_t)k] & MARK_CANDIDATE) < MARK_OVERVOTE;
        if (names > 1 && p->groups[i].papers) return true;
    }
    return false;
}

/* second + s * unheld > leader + (1 - s) * unheld  <=>  s > (leader - second + unheld) / (2 * unheld). */
SingleMark single_mark(Arena *a, const Result *result)
{
    SingleMark answer = {.single = true, .leader = -1, .second = -1};
    if (any_later_preference(result->papers)) return (SingleMark){.leader = -1, .second = -1};
    Rankings read = read_marks(a, result);
    const Rankings *rankings = &read;
    int64_t *first = arena_new(a, int64_t, (size_t)result->papers->candidate_count);
    for (uint32_t i = 0; i < rankings->count; i++) first[rankings->marks[rankings->items[i].first]] += rankings->items[i].papers;
    if (result->rules->method == METHOD_COLLEGE) return answer;
    leading_two(result->papers, first, &answer.leader, &answer.second);
    if (answer.leader < 0 || answer.second < 0) return answer;
    int64_t lead = first[answer.leader], behind = first[answer.second];
    answer.unheld = rankings->valid - lead - behind;
    answer.decided = lead > rankings->valid - lead;
    if (answer.unheld == 0 || lead - behind >= answer.unheld) return answer;
    answer.share_to_change = frac_new(a, 1);
    frac_set_ratio(answer.share_to_change, lead - behind + answer.unheld, 2 * answer.unheld);
    return answer;
}

static void answer_slate(Arena *a, const Result *result, const Rankings *rankings, Slate *slate)
{
    bool *member = arena_new(a, bool, (size_t)result->papers->candidate_count);
    for (int i = 0; i < slate->candidate_count; i++) member[slate->candidates[i]] = true;
    for (uint32_t i = 0; i < rankings->count; i++) {
        const Ranking *ranking = &rankings->items[i];
        const Mark *marks = rankings->marks + ranking->first;
        int at_top = 0, named = 0;
        for (int k = 0; k < ranking->length; k++) {
            bool ours = member[marks[k] & MARK_CANDIDATE];
            named += ours;
            if (ours && at_top == k) at_top++;
        }
        if (at_top > 0) slate->first += ranking->papers;
        if (at_top == slate->candidate_count) slate->whole += ranking->papers;
        if (named > 0) slate->any += ranking->papers;
    }
    for (int i = 0; i < result->elected_count; i++) slate->elected += member[result->elected[i]];
}

static Err analyse_posts(Arena *a, const Result *result, Analysis *all, Fault *fault)
{
    all->posts = arena_new(a, Analysis *, (size_t)result->post_count);
    for (int i = 0; i < result->post_count; i++) {
        if (result->posts[i].unopposed) continue;
        Err e = analyse(a, result->posts[i].result, NULL, 0, &all->posts[i], fault);
        if (e) return e;
    }
    return ERR_OK;
}

Err analyse(Arena *a, const Result *result, Slate *slates, int slate_count, Analysis **ret_analysis, Fault *fault)
{
    Analysis *all = arena_new(a, Analysis, 1);
    if (result->rules->method == METHOD_POSTS) {
        if (slate_count)
            return fault_setf(fault, a, ERR_INPUT, "slates of several posts cannot be reported; give --slate with a single post's papers");
        Err e = analyse_posts(a, result, all, fault);
        if (!e) *ret_analysis = all;
        return e;
    }
    Rankings rankings = read_marks(a, result);
    all->over = pairwise_matrix(a, &rankings, result->papers);
    all->next = next_preferences(a, &rankings, result->papers->candidate_count);
    all->weights = paper_weights(a, result);
    all->single = single_mark(a, result);
    all->slates = slates;
    all->slate_count = slate_count;
    for (int i = 0; i < slate_count; i++) answer_slate(a, result, &rankings, &slates[i]);
    Rankings counted = read_for_count(a, result->rules, result->papers, result->seats);
    find_margin(a, result, &counted, &all->margin);
    *ret_analysis = all;
    return ERR_OK;
}
