/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest/present.h"

#include "core/sha256.h"
#include "count/totals.h"

enum { LONG_OUTCOME = 60 }; /* bytes; more is set in smaller type */

/* One count: the contest's, or that of one post. */
typedef struct One {
    Str post;
    bool unopposed;
    const Result *result;
    const Analysis *analysis;
    ReportOptions options;
    int id;
} One;

typedef struct Show {
    Arena *a;
    const Presentation *about;
    const Result *result;
    const Analysis *analysis;
    const ReportOptions *options;
    One *ones;
    int one_count;
} Show;

/* A contest with several posts is several counts. */
static void find_ones(Show *show)
{
    const Result *r = show->result;
    bool several = r->rules->method == METHOD_POSTS;
    show->one_count = several ? r->post_count : 1;
    show->ones = arena_new(show->a, One, (size_t)show->one_count);
    if (!several) {
        show->ones[0] = (One){.post = S(""), .result = r, .analysis = show->analysis, .options = *show->options};
        return;
    }
    for (int i = 0; i < r->post_count; i++) {
        const PostResult *post = &r->posts[i];
        One *one = &show->ones[i];
        *one = (One){.post = post->name, .unopposed = post->unopposed, .result = post->result, .id = i};
        one->analysis = show->analysis && show->analysis->posts ? show->analysis->posts[i] : NULL;
        one->options = (ReportOptions){.title = post->name, .note = show->options->note, .version = show->options->version};
    }
}

static void put_or_null(View *object, Str key, View *value)
{
    if (value) view_put(object, key, value);
    else view_put_null(object, key);
}

static View *add_one(Show *show, View *counts, const One *one)
{
    View *v = view_add_object(counts);
    view_put_str(v, S("post"), one->post);
    view_put_bool(v, S("unopposed"), one->unopposed);
    view_put_str(v, S("outcome"), report_outcome(show->a, one->result));
    return v;
}

static View *table(Show *show, const One *one, ReportTable which, int stage)
{
    return report_table(show->a, one->result, one->analysis, &one->options, which, stage);
}

static void put_charts(Show *show, View *v, const One *one)
{
    int id = 4 * one->id + 1;
    put_or_null(v, S("bars"), report_chart(show->a, one->result, &one->options, REPORT_BARS, id));
    put_or_null(v, S("sankey"), report_chart(show->a, one->result, &one->options, REPORT_SANKEY, id + 1));
    view_put_str(v, S("chart_absent"), report_chart_absent(show->a, one->result));
    view_put_str(v, S("sankey_absent"), report_sankey_absent(one->result));
}

/* ---- contest ---- */

static void put_rules(Arena *a, View *v, const Rules *rules)
{
    View *object = view_put_object(v, S("rules"));
    view_put_str(object, S("name"), rules->name);
    view_put_str(object, S("title"), rules->title);
    view_put_str(object, S("source"), rules->source);
    view_put_str(object, S("sha256"), sha256_hex(a, rules->hash));
    view_put_str(object, S("text"), rules->text);
}

static void put_elected(View *v, const Result *r)
{
    View *names = view_put_array(v, S("elected"));
    for (int i = 0; i < r->elected_count; i++) view_add_str(names, r->papers->candidates[r->elected[i]].name);
    for (int p = 0; p < r->post_count; p++) {
        const Result *post = r->posts[p].result;
        for (int i = 0; post && i < post->elected_count; i++) view_add_str(names, post->papers->candidates[post->elected[i]].name);
    }
}

static View *contest_view(Show *show)
{
    const Presentation *about = show->about;
    const Result *r = show->result;
    bool pairs = false;
    for (int i = 0; i < show->one_count; i++) pairs = pairs || table(show, &show->ones[i], REPORT_PAIRS, 0);
    View *v = view_object(show->a);
    view_put_str(v, S("title"), about->title.len ? about->title : S("Count of papers"));
    view_put_str(v, S("slug"), about->slug);
    view_put_str(v, S("date"), about->date);
    view_put_str(v, S("place"), about->place);
    view_put_str(v, S("note"), show->options->note);
    view_put_str(v, S("outcome"), report_outcome(show->a, r));
    view_put_bool(v, S("is_long"), report_outcome(show->a, r).len > LONG_OUTCOME);
    put_elected(v, r);
    view_put_bool(v, S("open"), r->open != NULL);
    view_put_bool(v, S("is_papers"), !about->totals);
    view_put_bool(v, S("is_totals"), about->totals);
    view_put_bool(v, S("several_posts"), r->rules->method == METHOD_POSTS);
    view_put_i64(v, S("seats"), r->seats);
    put_rules(show->a, v, r->rules);
    view_put_str(v, S("seed"), about->seed);
    view_put_str(v, S("program"), show->options->version);
    view_put_bool(v, S("has_pairs"), pairs);
    view_put_bool(v, S("has_other_rules"), about->compared != NULL);
    return v;
}

/* ---- overview, stages ---- */

static View *overview_view(Show *show)
{
    Arena *a = show->a;
    const Result *r = show->result;
    One whole = {.result = r, .analysis = show->analysis, .options = *show->options};
    View *v = view_object(a);
    view_put(v, S("facts"), report_facts(a, r, show->options));
    view_put(v, S("lead"), report_words(a, r, show->analysis, show->options, REPORT_LEAD, 0));
    view_put(v, S("question"), report_words(a, r, show->analysis, show->options, REPORT_OPEN, 0));
    put_or_null(v, S("post_table"), table(show, &whole, REPORT_POSTS, 0));
    put_or_null(v, S("papers"), table(show, &whole, REPORT_PAPERS, 0));
    put_or_null(v, S("sections"), table(show, &whole, REPORT_SECTIONS, 0));
    put_or_null(v, S("slates"), table(show, &whole, REPORT_SLATES, 0));
    View *counts = view_put_array(v, S("counts"));
    for (int i = 0; i < show->one_count; i++) {
        View *one = add_one(show, counts, &show->ones[i]);
        put_or_null(one, S("close"), report_close_fact(show->a, show->ones[i].result, show->about->totals ? NULL : show->ones[i].analysis));
        put_or_null(one, S("candidates"), table(show, &show->ones[i], REPORT_CANDIDATES, 0));
        put_charts(show, one, &show->ones[i]);
    }
    return v;
}

/* Unique on a page; empty where there is no such stage. */
static Str stage_anchor(Arena *a, const One *one, int number)
{
    if (number < 1 || number > one->result->stage_count) return S("");
    return one->post.len ? str_format(a, "post-%d-stage-%d", one->id + 1, number) : str_format(a, "stage-%d", number);
}

static void add_stage(Show *show, View *stages, const One *one, int number)
{
    View *lot = report_words(show->a, one->result, one->analysis, &one->options, REPORT_STAGE_LOT, number);
    View *v = view_add_object(stages);
    view_put_i64(v, S("number"), number);
    view_put_str(v, S("anchor"), stage_anchor(show->a, one, number));
    view_put_str(v, S("previous"), stage_anchor(show->a, one, number - 1));
    view_put_str(v, S("next"), stage_anchor(show->a, one, number + 1));
    view_put(v, S("account"), report_words(show->a, one->result, one->analysis, &one->options, REPORT_STAGE_ACCOUNT, number));
    view_put_bool(v, S("has_lot"), view_first(lot) != NULL);
    view_put(v, S("lot"), lot);
    put_or_null(v, S("table"), table(show, one, REPORT_STAGE, number));
}

static View *stages_view(Show *show)
{
    View *v = view_object(show->a);
    View *counts = view_put_array(v, S("counts"));
    for (int i = 0; i < show->one_count; i++) {
        const One *one = &show->ones[i];
        View *object = add_one(show, counts, one);
        put_charts(show, object, one);
        put_or_null(object, S("all_stages"), table(show, one, REPORT_ALL_STAGES, 0));
        view_put_bool(object, S("several"), one->result->stage_count > 1);
        View *stages = view_put_array(object, S("stages"));
        for (int number = 1; number <= one->result->stage_count; number++) add_stage(show, stages, one, number);
    }
    return v;
}

/* ---- pairs, other rules, close ---- */

/* One to one, the totals of a last stage with two candidates say it of those two, and nothing else. */
static Str pairs_absent(Show *show)
{
    if (show->about->totals)
        return S("Only the totals of each stage were published, not the papers. How the papers ranked any two candidates, one to one, "
                 "cannot be known "
                 "from totals; only the last stage compares the two who were left, and only on papers that had not been used up.");
    for (int i = 0; i < show->one_count; i++)
        if (table(show, &show->ones[i], REPORT_PAIRS, 0)) return S("");
    return S("Every paper carries one name, so the papers do not say whom their voters would have preferred of any two others.");
}

static View *pairs_view(Show *show)
{
    View *v = view_object(show->a);
    view_put_str(v, S("absent"), pairs_absent(show));
    View *counts = view_put_array(v, S("counts"));
    for (int i = 0; i < show->one_count; i++) {
        const One *one = &show->ones[i];
        View *object = add_one(show, counts, one);
        put_or_null(object, S("pairs"), table(show, one, REPORT_PAIRS, 0));
        view_put(object, S("words"), report_words(show->a, one->result, one->analysis, &one->options, REPORT_PAIRWISE, 0));
        put_or_null(object, S("next"), table(show, one, REPORT_NEXT, 0));
    }
    return v;
}

static View *other_rules_view(Show *show)
{
    View *v = view_object(show->a);
    const Compared *compared = show->about->compared;
    if (show->about->totals)
        view_put_str(v, S("absent"),
            S("Only the totals of each stage were published, not the papers. Other rules would have asked the papers other "
              "questions, and totals cannot answer them."));
    else view_put_str(v, S("absent"), compared ? S("") : S("These papers were not counted under other rules."));
    if (compared) view_put(v, S("rows"), compared_rows(show->a, compared));
    else view_put_array(v, S("rows"));
    return v;
}

static View *close_view(Show *show)
{
    View *v = view_object(show->a);
    view_put_str(v, S("absent"),
        show->about->totals
            ? S("Only the totals of each stage were published, not the papers. How many papers would have had to be marked otherwise to "
                "change who was elected cannot be known from totals. What the last stage shows is exact.")
            : S(""));
    View *counts = view_put_array(v, S("counts"));
    for (int i = 0; i < show->one_count; i++) {
        const One *one = &show->ones[i];
        View *object = add_one(show, counts, one);
        /* From totals the last stage is all that is known; an analysis would add "not known for these rules", which is not why. */
        const Analysis *known = show->about->totals ? NULL : one->analysis;
        view_put(object, S("words"), report_words(show->a, one->result, known, &one->options, REPORT_CLOSE, 0));
        put_or_null(object, S("weights"), table(show, one, REPORT_WEIGHTS, 0));
        view_put(object, S("weighed"), report_words(show->a, one->result, one->analysis, &one->options, REPORT_WEIGHED, 0));
    }
    return v;
}

View *present_count(Arena *a, const Presentation *about, const Result *result, const Analysis *analysis, const ReportOptions *options)
{
    Analysis weights_only = {.margin = {.winner = -1, .runner_up = -1}};
    if (!analysis) {
        ASSERT(about->totals);
        weights_only.weights = paper_weights(a, result);
        analysis = &weights_only;
    }
    Show show = {.a = a, .about = about, .result = result, .analysis = analysis, .options = options};
    find_ones(&show);
    View *v = view_object(a);
    view_put(v, S("contest"), contest_view(&show));
    view_put(v, S("overview"), overview_view(&show));
    view_put(v, S("stages"), stages_view(&show));
    view_put(v, S("pairs"), pairs_view(&show));
    view_put(v, S("other_rules"), other_rules_view(&show));
    view_put(v, S("close"), close_view(&show));
    if (about->totals) view_put_null(v, S("count"));
    else view_put(v, S("count"), report_view(a, result, analysis, options));
    return v;
}
