/* posts.c: several posts on one paper, each an election of its own.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Section 7 of docs/counting-rules.md. The papers of a post are the marks for its candidates, the rest of the paper left out.
 */
#include "count/engine.h"

/* The papers as far as they concern one post. */
static Papers *papers_of_post(Engine *e, Str post)
{
    const Papers *all = e->papers;
    Papers *own = papers_new(e->a);
    int *map = arena_new(e->a, int, (size_t)e->n);
    for (int c = 0; c < e->n; c++) {
        map[c] = -1;
        if (!str_equal(all->candidates[c].post, post)) continue;
        map[c] = papers_candidate(own, all->candidates[c].name);
        own->candidates[map[c]].withdrawn = all->candidates[c].withdrawn;
    }
    for (int i = 0; i < all->section_count; i++) ASSERT(papers_section(own, all->sections[i].name) == i);
    Mark marks[PAPERS_MARKS_MAX];
    for (uint32_t i = 0; i < all->group_count; i++) {
        const PaperGroup *g = &all->groups[i];
        int n = 0;
        for (int k = 0; k < g->length; k++) {
            Mark mark = all->marks[g->first + (uint32_t)k];
            int who = mark & MARK_CANDIDATE;
            if (who >= MARK_OVERVOTE || map[who] < 0) continue;
            marks[n] = (Mark)(map[who] | (n ? mark & MARK_EQUAL : 0));
            n++;
        }
        Err err = papers_add(own, g->section, -1, marks, n, g->papers, NULL);
        ASSERT(err == ERR_OK); /* a part of papers that were within the limits */
    }
    return own;
}

/* A post that no candidate was ever named for is a slip of the pen, not an election. */
static bool has_candidates(const Engine *e, Str post)
{
    for (int c = 0; c < e->n; c++)
        if (str_equal(e->papers->candidates[c].post, post)) return true;
    return false;
}

static int standing_for_post(const Engine *e, Str post)
{
    int count = 0;
    for (int c = 0; c < e->n; c++) count += str_equal(e->papers->candidates[c].post, post) && !e->papers->candidates[c].withdrawn;
    return count;
}

static Result *declare_unopposed(Engine *e, const Rules *rules, const Papers *papers)
{
    Result *r = arena_new(e->a, Result, 1);
    int n = papers->candidate_count;
    *r = (Result){.rules = rules,
        .papers = papers,
        .seats = rules->seats,
        .unopposed = true,
        .place = arena_new(e->a, int, (size_t)n),
        .elected = arena_new(e->a, int, (size_t)n)};
    for (int c = 0; c < n; c++) {
        if (papers->candidates[c].withdrawn) continue;
        r->elected[r->elected_count++] = c;
        r->place[c] = r->elected_count;
    }
    return r;
}

static Err count_post(Engine *e, const RulesPost *post, PostResult *ret)
{
    Rules *rules = arena_new(e->a, Rules, 1);
    *rules = *e->rules;
    rules->method = e->rules->each;
    rules->seats = post->seats;
    rules->posts = NULL;
    rules->post_count = 0;
    if (!has_candidates(e, post->name))
        return fault_setf(e->fault, e->a, ERR_INPUT,
            "the rules name a post '%.*s' for which nobody stands; give its candidates, or mend its name", STR_ARG(post->name));
    const Papers *papers = papers_of_post(e, post->name);
    *ret = (PostResult){.name = post->name, .unopposed = standing_for_post(e, post->name) <= post->seats};
    if (ret->unopposed) {
        ret->result = declare_unopposed(e, rules, papers);
        return ERR_OK;
    }
    if (rules->method == METHOD_ALTERNATIVE_VOTE && post->seats > 1)
        return fault_setf(e->fault, e->a, ERR_INPUT, "the post %.*s has %d seats; each = alternative-vote fills one seat",
            STR_ARG(post->name), post->seats);
    CountOptions options = *e->options;
    options.seats = 0;
    if (options.seed.len) options.seed = str_format(e->a, "%.*s/%.*s", STR_ARG(options.seed), STR_ARG(post->name));
    Err err = count_run(e->a, rules, papers, &options, &ret->result, e->fault);
    if (err) e->fault->expected = str_format(e->a, "the post %.*s: %.*s", STR_ARG(post->name), STR_ARG(e->fault->expected));
    return err;
}

/* The posts of the rules first, then those only the papers know, in the order of their candidates. */
static int list_posts(Engine *e, RulesPost *ret_posts)
{
    int count = 0;
    for (int i = 0; i < e->rules->post_count; i++) ret_posts[count++] = e->rules->posts[i];
    for (int c = 0; c < e->n; c++) {
        Str name = e->papers->candidates[c].post;
        bool known = false;
        for (int i = 0; i < count; i++) known |= str_equal(ret_posts[i].name, name);
        if (!known) ret_posts[count++] = (RulesPost){.name = name, .seats = 1};
    }
    return count;
}

Err count_posts(Engine *e)
{
    RulesPost *posts = arena_new(e->a, RulesPost, (size_t)(e->rules->post_count + e->n));
    int count = list_posts(e, posts);
    Result *r = e->r;
    r->posts = arena_new(e->a, PostResult, (size_t)count);
    for (int i = 0; i < count; i++) {
        Err err = count_post(e, &posts[i], &r->posts[i]);
        if (err) return err;
        r->post_count++;
        const Result *post = r->posts[i].result;
        ASSERT(post);
        if (post->open && !r->open) r->open = post->open;
        r->lot_drawn |= post->lot_drawn;
    }
    return ERR_OK;
}
