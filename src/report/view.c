/* The JSON of a count: docs/json.md is its specification; change the one with the other.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Tallies hold those who stand at the stage, in the order of the candidates, so that two programs which count the
 * same papers write the same text.
 */
#include "report/parts.h"

static Str votes(Arena *a, const Result *r, Votes n)
{
    return votes_text(a, n, r->decimals);
}

static Str whole(Arena *a, int64_t n)
{
    return str_format(a, "%lld", (long long)n);
}

static void put_whole_or_null(View *object, Arena *a, Str key, int64_t n, bool known)
{
    if (known) view_put_str(object, key, whole(a, n));
    else view_put_null(object, key);
}

static void put_name_or_null(View *object, Str key, const Result *r, int candidate)
{
    if (candidate >= 0) view_put_str(object, key, part_name(r, candidate));
    else view_put_null(object, key);
}

static void put_names(View *object, Str key, const Result *r, const int *list, int count)
{
    View *names = view_put_array(object, key);
    for (int i = 0; i < count; i++) view_add_str(names, part_name(r, list[i]));
}

/* ---- what was counted ---- */

static void put_candidates(View *object, const Result *r)
{
    View *list = view_put_array(object, S("candidates"));
    for (int c = 0; c < r->papers->candidate_count; c++) {
        const Candidate *candidate = &r->papers->candidates[c];
        View *one = view_add_object(list);
        view_put_str(one, S("name"), candidate->name);
        if (candidate->post.len) view_put_str(one, S("post"), candidate->post);
        view_put_bool(one, S("withdrawn"), candidate->withdrawn);
        if (r->place && r->place[c] > 0) view_put_i64(one, S("place"), r->place[c]);
        else view_put_null(one, S("place"));
    }
}

static void put_papers(View *object, Arena *a, const Result *r, const ReportOptions *options)
{
    View *papers = view_put_object(object, S("papers"));
    view_put_str(papers, S("read"), whole(a, r->papers->total));
    view_put_str(papers, S("valid"), whole(a, r->valid));
    View *heads = view_put_object(papers, S("rejected"));
    RejectedList rejected = part_rejected(a, r, options);
    for (int i = 0; i < rejected.count; i++) view_put_str(heads, rejected.lines[i].key, whole(a, rejected.lines[i].papers));
    put_whole_or_null(papers, a, S("issued"), r->options.issued, r->options.issued > 0);
    put_whole_or_null(papers, a, S("roll"), r->options.roll, r->options.roll > 0);
}

static void put_sections(View *object, Arena *a, const Result *r)
{
    View *list = view_put_array(object, S("sections"));
    for (int s = 0; s < r->papers->section_count; s++) {
        View *one = view_add_object(list);
        view_put_str(one, S("name"), r->papers->sections[s].name);
        view_put_str(one, S("papers"), whole(a, r->papers->sections[s].papers));
        const Frac *weight = part_weight(r, s);
        if (weight) view_put_str(one, S("weight"), frac_text(a, weight));
        else view_put_null(one, S("weight"));
    }
}

/* ---- the stages ---- */

/* One figure for each who stands at the stage. */
static void put_tally(View *object, Str key, Arena *a, const Result *r, const Stage *stage, const Votes *tally)
{
    View *names = view_put_object(object, key);
    for (int c = 0; c < r->papers->candidate_count; c++)
        if (part_stands(stage, c)) view_put_str(names, part_name(r, c), votes(a, r, tally[c]));
}

static void put_stage_sections(View *object, Arena *a, const Result *r, const Stage *stage)
{
    View *tallies = view_put_object(object, S("section_tally"));
    View *continuing = view_put_object(object, S("section_continuing"));
    if (!stage->section_tally) return;
    for (int s = 0; s < r->papers->section_count; s++) {
        Str name = r->papers->sections[s].name;
        put_tally(tallies, name, a, r, stage, stage->section_tally + s * r->papers->candidate_count);
        view_put_str(continuing, name, votes(a, r, stage->section_continuing[s]));
    }
}

static void put_points(View *object, Arena *a, const Result *r, const Stage *stage)
{
    if (!stage->points) return;
    View *exact = view_put_object(object, S("points"));
    View *decimal = view_put_object(object, S("points_decimal"));
    for (int c = 0; c < r->papers->candidate_count; c++) {
        if (!part_stands(stage, c)) continue;
        view_put_str(exact, part_name(r, c), frac_text(a, &stage->points[c]));
        view_put_str(decimal, part_name(r, c), part_percent(a, &stage->points[c], 5));
    }
    view_put_str(object, S("points_given"), frac_text(a, stage->points_given));
}

static void put_transfers(View *object, Arena *a, const Result *r, const Stage *stage)
{
    View *all = view_put_object(object, S("transfers"));
    for (int from = 0; from < r->papers->candidate_count; from++) {
        View *one = NULL;
        for (int i = 0; i < stage->transfer_count; i++) {
            const Transfer *t = &stage->transfers[i];
            if (t->from != from) continue;
            if (!one) one = view_put_object(all, part_name(r, from));
            view_put_str(one, t->to == TO_NOT_REALLOCATED ? S("") : part_name(r, t->to), votes(a, r, t->votes));
        }
    }
}

static Str tie_kind_name(TieKind kind)
{
    static const char *const names[] = {[TIE_EXCLUDE] = "exclude", [TIE_ELECT] = "elect", [TIE_SURPLUS] = "surplus"};
    return str_from_c(names[kind]);
}

static void put_tie(View *object, Str key, const Result *r, const Tie *tie)
{
    if (!tie) {
        view_put_null(object, key);
        return;
    }
    View *one = view_put_object(object, key);
    view_put_str(one, S("kind"), tie_kind_name(tie->kind));
    put_names(one, S("candidates"), r, tie->candidates, tie->candidate_count);
    put_names(one, S("chosen"), r, tie->chosen, tie->chosen_count);
    view_put_str(one, S("how"), tie_step_name(tie->how));
    if (tie->decided_stage > 0) view_put_i64(one, S("decided_stage"), tie->decided_stage);
    else view_put_null(one, S("decided_stage"));
    view_put_bool(one, S("open"), tie->open);
}

static void put_stage(View *list, Arena *a, const Result *r, int number)
{
    const Stage *stage = &r->stages[number - 1];
    bool stv = r->rules->method == METHOD_STV_GREGORY || r->rules->method == METHOD_STV_MEEK;
    View *one = view_add_object(list);
    view_put_i64(one, S("number"), number);
    put_tally(one, S("tally"), a, r, stage, stage->tally);
    put_stage_sections(one, a, r, stage);
    put_points(one, a, r, stage);
    if (stv) view_put_str(one, S("quota"), votes(a, r, stage->quota));
    else view_put_null(one, S("quota"));
    if (stage->keep) put_tally(one, S("keep_factors"), a, r, stage, stage->keep);
    view_put_str(one, S("continuing"), votes(a, r, stage->continuing));
    view_put_str(one, S("not_reallocated"), votes(a, r, stage->not_reallocated));
    view_put_str(one, S("lost_to_rounding"), votes(a, r, stage->lost));
    put_names(one, S("eliminated"), r, stage->eliminated, stage->eliminated_count);
    put_names(one, S("elected"), r, stage->elected, stage->elected_count);
    put_name_or_null(one, S("surplus_of"), r, stage->surplus_of);
    put_transfers(one, a, r, stage);
    put_tie(one, S("tie"), r, stage->tie);
}

/* ---- Condorcet, yes or no, posts ---- */

/* {A: {B: figure}} for all who have not withdrawn. */
static void put_matrix(View *object, Str key, Arena *a, const Result *r, const int64_t *matrix)
{
    int n = r->papers->candidate_count;
    View *rows = view_put_object(object, key);
    for (int c = 0; c < n; c++) {
        if (r->papers->candidates[c].withdrawn) continue;
        View *row = view_put_object(rows, part_name(r, c));
        for (int d = 0; d < n; d++)
            if (d != c && !r->papers->candidates[d].withdrawn) view_put_str(row, part_name(r, d), whole(a, matrix[c * n + d]));
    }
}

/* [[first], [second, equal second], ...] */
static void put_ranking(View *object, Str key, const Result *r, const int *place)
{
    int n = r->papers->candidate_count;
    View *ranking = view_put_array(object, key);
    for (int p = 1; p <= n; p++) {
        View *equal = NULL;
        for (int c = 0; c < n; c++) {
            if (place[c] != p) continue;
            if (!equal) equal = view_add_array(ranking);
            view_add_str(equal, part_name(r, c));
        }
    }
}

static void put_pairwise(View *object, Arena *a, const Result *r)
{
    const Pairwise *p = r->pairwise;
    if (!p) return;
    View *one = view_put_object(object, S("pairwise"));
    put_matrix(one, S("over"), a, r, p->over);
    put_name_or_null(one, S("condorcet_winner"), r, p->winner);
    View *smith = view_put_array(one, S("smith_set"));
    for (int c = 0; c < r->papers->candidate_count; c++)
        if (p->smith[c]) view_add_str(smith, part_name(r, c));
    View *schulze = view_put_object(one, S("schulze"));
    put_matrix(schulze, S("paths"), a, r, p->path);
    put_ranking(schulze, S("ranking"), r, p->schulze_place);
    View *ranked_pairs = view_put_object(one, S("ranked_pairs"));
    View *locked = view_put_array(ranked_pairs, S("locked"));
    for (int i = 0; i < p->locked_count; i++) {
        View *pair = view_add_array(locked);
        view_add_str(pair, part_name(r, p->locked_winner[i]));
        view_add_str(pair, part_name(r, p->locked_loser[i]));
    }
    put_ranking(ranked_pairs, S("ranking"), r, p->ranked_pairs_place);
}

static void put_yes_no(View *object, Arena *a, const Result *r, const ReportOptions *options)
{
    if (!r->yes_no) return;
    View *one = view_put_object(object, S("yes_no"));
    view_put_str(one, S("yes"), part_name(r, r->yes_no->yes));
    view_put_str(one, S("no"), part_name(r, r->yes_no->no));
    view_put_bool(one, S("carried"), r->yes_no->carried);
    if (r->options.roll <= 0) {
        view_put_null(one, S("turnout"));
        view_put_null(one, S("turnout_percent"));
        return;
    }
    RejectedList rejected = part_rejected(a, r, options);
    Frac *turnout = part_ratio(a, part_returned(r, &rejected), r->options.roll);
    view_put_str(one, S("turnout"), frac_text(a, turnout));
    view_put_str(one, S("turnout_percent"), part_percent(a, turnout, 1));
}

static void put_posts(View *object, Arena *a, const Result *r, const Analysis *analysis, const ReportOptions *options)
{
    if (r->rules->method != METHOD_POSTS || !r->posts) return;
    /* A caveat holds for every post; papers found by hand belong to the whole. */
    ReportOptions inner = {.note = options->note, .version = options->version};
    View *list = view_put_array(object, S("posts"));
    for (int i = 0; i < r->post_count; i++) {
        const PostResult *post = &r->posts[i];
        View *one = view_add_object(list);
        view_put_str(one, S("post"), post->name);
        view_put_bool(one, S("unopposed"), post->unopposed);
        inner.title = post->name;
        if (post->result)
            view_put(one, S("result"), report_view(a, post->result, analysis && analysis->posts ? analysis->posts[i] : NULL, &inner));
        else view_put_null(one, S("result"));
    }
}

/* ---- analysis ---- */

static void put_next(View *object, Arena *a, const Result *r, const int64_t *next)
{
    int n = r->papers->candidate_count;
    View *rows = view_put_object(object, S("next_preferences"));
    for (int c = 0; c < n; c++) {
        if (r->papers->candidates[c].withdrawn) continue;
        View *row = view_put_object(rows, part_name(r, c));
        for (int d = 0; d < n; d++)
            if (d != c && !r->papers->candidates[d].withdrawn) view_put_str(row, part_name(r, d), whole(a, next[c * (n + 1) + d]));
        view_put_str(row, S(""), whole(a, next[c * (n + 1) + n]));
    }
}

static Str margin_note(const Margin *m)
{
    if (m->exact) return S("exact: so many changed papers can change who is elected, and no fewer");
    if (m->lower_known && m->upper_known)
        return S("bounds: fewer than lower_bound changed papers cannot change who is elected; upper_bound would (shown by a recount); what "
                 "lies between is not known");
    if (m->upper_known)
        return S("only an upper bound: upper_bound changed papers would change who is elected (shown by a recount); fewer might");
    if (m->lower_known)
        return S("only a lower bound: fewer than lower_bound changed papers cannot change who is elected; no change that would was found");
    return S("no bound is known for these rules");
}

static void put_margin(View *object, Arena *a, const Result *r, const Margin *m)
{
    View *one = view_put_object(object, S("margin"));
    if (m->last_known) {
        View *last = view_put_object(one, S("last_stage"));
        view_put_i64(last, S("stage"), m->last_stage);
        view_put_str(last, S("winner"), part_name(r, m->winner));
        view_put_str(last, S("runner_up"), part_name(r, m->runner_up));
        view_put_str(last, S("votes"), votes(a, r, m->last));
        if (m->last_points) {
            view_put_str(last, S("points"), frac_text(a, m->last_points));
            view_put_str(last, S("points_decimal"), part_percent(a, m->last_points, 5));
        } else {
            view_put_null(last, S("points"));
            view_put_null(last, S("points_decimal"));
        }
    } else {
        view_put_null(one, S("last_stage"));
    }
    put_whole_or_null(one, a, S("lower_bound"), m->lower, m->lower_known);
    put_whole_or_null(one, a, S("upper_bound"), m->upper, m->upper_known);
    if (m->upper_known) {
        put_name_or_null(one, S("upper_bound_elects"), r, m->upper_elects);
        View *change = view_put_object(one, S("upper_bound_change"));
        put_name_or_null(change, S("from"), r, m->upper_from);
        put_name_or_null(change, S("to"), r, m->upper_to);
        if (m->upper_section >= 0 && m->upper_section < r->papers->section_count)
            view_put_str(change, S("section"), r->papers->sections[m->upper_section].name);
        else view_put_null(change, S("section"));
    } else {
        view_put_null(one, S("upper_bound_elects"));
        view_put_null(one, S("upper_bound_change"));
    }
    view_put_bool(one, S("exact"), m->exact);
    view_put_str(one, S("note"), margin_note(m));
}

static void put_weights(View *object, Arena *a, const Result *r, const PaperWeights *w)
{
    if (!w->weight) {
        view_put_null(object, S("paper_weights"));
        return;
    }
    int sections = r->papers->section_count;
    View *list = view_put_array(object, S("paper_weights"));
    for (int stage = 0; stage < r->stage_count; stage++) {
        View *one = view_add_object(list);
        view_put_i64(one, S("stage"), stage + 1);
        View *weights = view_put_object(one, S("weights"));
        for (int s = 0; s < sections; s++) {
            int at = stage * sections + s;
            if (w->none[at]) view_put_null(weights, r->papers->sections[s].name);
            else view_put_str(weights, r->papers->sections[s].name, frac_text(a, &w->weight[at]));
        }
    }
}

static void put_single(View *object, Arena *a, const Result *r, const SingleMark *m)
{
    if (!m->single) {
        view_put_null(object, S("single_mark"));
        return;
    }
    View *one = view_put_object(object, S("single_mark"));
    view_put_bool(one, S("decided"), m->decided);
    put_name_or_null(one, S("leader"), r, m->leader);
    put_name_or_null(one, S("second"), r, m->second);
    view_put_str(one, S("unheld"), whole(a, m->unheld));
    if (m->share_to_change) {
        view_put_str(one, S("share_to_change"), frac_text(a, m->share_to_change));
        view_put_str(one, S("share_to_change_percent"), part_percent(a, m->share_to_change, 1));
    } else {
        view_put_null(one, S("share_to_change"));
        view_put_null(one, S("share_to_change_percent"));
    }
}

static void put_slates(View *object, Arena *a, const Result *r, const Analysis *analysis)
{
    View *list = view_put_array(object, S("slates"));
    for (int i = 0; i < analysis->slate_count; i++) {
        const Slate *slate = &analysis->slates[i];
        View *one = view_add_object(list);
        view_put_str(one, S("name"), slate->name);
        put_names(one, S("candidates"), r, slate->candidates, slate->candidate_count);
        view_put_str(one, S("first"), whole(a, slate->first));
        view_put_str(one, S("whole"), whole(a, slate->whole));
        view_put_str(one, S("any"), whole(a, slate->any));
        view_put_i64(one, S("elected"), slate->elected);
    }
}

static void put_analysis(View *object, Arena *a, const Result *r, const Analysis *analysis)
{
    if (!analysis || r->rules->method == METHOD_POSTS) return;
    View *one = view_put_object(object, S("analysis"));
    put_matrix(one, S("head_to_head"), a, r, analysis->over);
    put_next(one, a, r, analysis->next.next);
    put_margin(one, a, r, &analysis->margin);
    put_weights(one, a, r, &analysis->weights);
    put_single(one, a, r, &analysis->single);
    put_slates(one, a, r, analysis);
}

View *report_view(Arena *a, const Result *r, const Analysis *analysis, const ReportOptions *options)
{
    View *v = view_object(a);
    view_put_str(v, S("rules"), r->rules->name);
    view_put_str(v, S("rules_title"), r->rules->title);
    view_put_str(v, S("rules_sha256"), sha256_hex(a, r->rules->hash));
    view_put_str(v, S("method"), method_name(r->rules->method));
    view_put_str(v, S("title"), part_title(r, options));
    view_put_str(v, S("note"), options->note);
    if (r->options.seed.len) view_put_str(v, S("seed"), r->options.seed);
    else view_put_null(v, S("seed"));
    view_put_i64(v, S("seats"), r->seats);
    view_put_str(v, S("program"), options->version);
    put_candidates(v, r);
    put_papers(v, a, r, options);
    put_sections(v, a, r);
    View *stages = view_put_array(v, S("stages"));
    for (int number = 1; number <= r->stage_count; number++) put_stage(stages, a, r, number);
    put_names(v, S("elected"), r, r->elected, r->elected_count);
    put_names(v, S("elimination_order"), r, r->eliminated, r->eliminated_count);
    view_put_bool(v, S("unopposed"), r->unopposed);
    put_tie(v, S("open_question"), part_asked(r), r->open);
    put_pairwise(v, a, r);
    put_yes_no(v, a, r, options);
    put_posts(v, a, r, analysis, options);
    put_analysis(v, a, r, analysis);
    return v;
}
