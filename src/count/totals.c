/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "count/totals.h"

#include "core/num.h"
#include "count/engine.h"

#include <stdarg.h>
#include <stdio.h>

/* The figures as a table, and the lines they came from. */
typedef struct Reading {
    Engine *e;
    Arena *a;
    const Totals *totals;
    const Total **cells; /* [(stage * sections + section) * candidates + candidate], NULL: no figure */
    int stages, sections, n;
} Reading;

static const Total *cell(const Reading *in, int stage, int section, int candidate)
{
    return in->cells[((stage - 1) * in->sections + section) * in->n + candidate];
}

static Str candidate_name(const Reading *in, int candidate)
{
    return in->e->papers->candidates[candidate].name;
}

/* The name of a section for a message, with blanks around it; nothing where there are none. */
static Str in_section(const Reading *in, int section)
{
    if (in->e->papers->section_count == 0) return S("");
    return str_format(in->a, " in section '%.*s'", STR_ARG(in->e->papers->sections[section].name));
}

static Err PRINTF_LIKE(4, 5) refuse(const Reading *in, int64_t line, Str found, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fault_set(in->e->fault, ERR_INPUT, line, 0, str_copy(in->a, str_from_c(text)), found);
}

static Err place_cells(Reading *in)
{
    size_t room = (size_t)in->stages * (size_t)in->sections * (size_t)in->n;
    in->cells = arena_new(in->a, const Total *, room);
    for (int i = 0; i < in->totals->count; i++) {
        const Total *t = &in->totals->items[i];
        int section = t->section < 0 ? 0 : t->section;
        const Total **at = &in->cells[((t->stage - 1) * in->sections + section) * in->n + t->candidate];
        if (*at) {
            Str name = candidate_name(in, t->candidate), where = in_section(in, section);
            return refuse(in, t->line, S("it again"), "each figure once; %.*s has one at stage %d%.*s on line %lld", STR_ARG(name),
                t->stage, STR_ARG(where), (long long)(*at)->line);
        }
        *at = t;
    }
    return ERR_OK;
}

/* The line of the last figure of a stage, for what is wrong with all of it. */
static int64_t last_line(const Reading *in, int stage)
{
    int64_t line = 0;
    for (int i = 0; i < in->totals->count; i++)
        if (in->totals->items[i].stage == stage && in->totals->items[i].line > line) line = in->totals->items[i].line;
    return line;
}

/* At each stage a candidate has a figure in every section or in none. */
static Err check_complete(const Reading *in)
{
    for (int stage = 1; stage <= in->stages; stage++)
        for (int c = 0; c < in->n; c++) {
            int have = 0, missing = -1;
            for (int s = 0; s < in->sections; s++) {
                if (cell(in, stage, s, c)) have++;
                else missing = s;
            }
            if (have == in->sections || (have == 0 && stage > 1)) continue;
            Str name = candidate_name(in, c), where = in_section(in, missing);
            return refuse(in, last_line(in, stage), S("none"), "a figure for '%.*s' at stage %d%.*s", STR_ARG(name), stage, STR_ARG(where));
        }
    return ERR_OK;
}

static bool has_figure(const Reading *in, int stage, int candidate)
{
    return cell(in, stage, 0, candidate) != NULL;
}

static Err check_sections_known(const Reading *in)
{
    const Rules *rules = in->e->rules;
    const Papers *papers = in->e->papers;
    if (rules->method != METHOD_COLLEGE) return ERR_OK;
    for (int i = 0; i < rules->section_count; i++)
        if (papers_find_section(papers, rules->sections[i].name) < 0)
            return refuse(in, 0, S("none"), "figures for the section '%.*s', which these rules weigh", STR_ARG(rules->sections[i].name));
    if (papers->section_count > rules->section_count)
        return refuse(in, 0, S("another"), "no other sections than the %d that these rules weigh", rules->section_count);
    return ERR_OK;
}

/* ---- a stage ---- */

static void fill_section(const Reading *in, Stage *s, int stage, int section)
{
    for (int c = 0; c < in->n; c++) {
        const Total *t = cell(in, stage, section, c);
        if (!t) continue;
        s->tally[c] = add_or_stop(s->tally[c], t->votes);
        s->continuing = add_or_stop(s->continuing, t->votes);
        if (!s->section_tally) continue;
        s->section_tally[section * in->n + c] = t->votes;
        s->section_continuing[section] = add_or_stop(s->section_continuing[section], t->votes);
    }
}

static Stage *open_stage(const Reading *in, int number)
{
    Engine *e = in->e;
    Stage *s = engine_stage(e);
    if (e->sections) {
        s->section_tally = arena_new(in->a, Votes, (size_t)in->n * (size_t)in->sections);
        s->section_continuing = arena_new(in->a, Votes, (size_t)in->sections);
    }
    for (int section = 0; section < in->sections; section++) fill_section(in, s, number, section);
    s->not_reallocated = e->r->stages[0].continuing - s->continuing;
    if (e->rules->method == METHOD_COLLEGE) eliminating_points(e, s);
    return s;
}

/* Who has a figure must be who continues. */
static Err check_standing(const Reading *in, const Stage *s, int stage)
{
    for (int c = 0; c < in->n; c++) {
        if (!has_figure(in, stage, c) || s->standing[c] == STANDING_CONTINUING) continue;
        Str name = candidate_name(in, c);
        return refuse(
            in, cell(in, stage, 0, c)->line, S("a figure"), "no figure for '%.*s' at stage %d, who went out earlier", STR_ARG(name), stage);
    }
    return ERR_OK;
}

/* Votes never leave a candidate who continues, and a section has no more papers than before. */
static Err check_section(const Reading *in, int stage, int section)
{
    Votes before = 0, now = 0;
    int64_t line = 0;
    for (int c = 0; c < in->n; c++) {
        const Total *t = cell(in, stage, section, c), *was = cell(in, stage - 1, section, c);
        before += was ? was->votes : 0;
        if (!t) continue;
        ASSERT(was); /* check_standing: whoever stands has stood since stage 1 */
        now += t->votes;
        if (t->line > line) line = t->line;
        if (t->votes >= was->votes) continue;
        Str name = candidate_name(in, c), where = in_section(in, section);
        return refuse(in, t->line, str_format(in->a, "%lld", (long long)t->votes),
            "at least the %lld votes that '%.*s' had%.*s at stage %d: no vote leaves a candidate who continues", (long long)was->votes,
            STR_ARG(name), STR_ARG(where), stage - 1);
    }
    if (now <= before) return ERR_OK;
    Str where = in_section(in, section);
    return refuse(in, line, str_format(in->a, "%lld", (long long)now), "no more than %lld votes in all%.*s, as at stage %d",
        (long long)before, STR_ARG(where), stage - 1);
}

static Err check_votes(const Reading *in, int stage)
{
    for (int s = 0; s < in->sections && stage > 1; s++) {
        Err e = check_section(in, stage, s);
        if (e) return e;
    }
    return ERR_OK;
}

/* ---- from a stage to the next ---- */

/* Those who have no figure at the next stage. */
static int find_gone(const Reading *in, int stage, const int *among, int count, int *ret_gone)
{
    int gone = 0;
    for (int i = 0; i < count; i++)
        if (!has_figure(in, stage + 1, among[i])) ret_gone[gone++] = among[i];
    return gone;
}

static bool holds(const int *list, int count, int candidate)
{
    for (int i = 0; i < count; i++)
        if (list[i] == candidate) return true;
    return false;
}

static Str names_of(const Reading *in, const int *list, int count)
{
    Buf b = buf_new(in->a);
    for (int i = 0; i < count; i++) {
        if (i) buf_str(&b, S(", "));
        buf_str(&b, candidate_name(in, list[i]));
    }
    return count ? buf_done(&b) : S("nobody");
}

/* Whom the rules put out: exactly these, or (one = true) any one of these. */
static int who_must_go(const Reading *in, const Stage *s, const int *among, int count, int *ret_who, bool *ret_one)
{
    const Engine *e = in->e;
    *ret_one = false;
    if (e->write_ins >= 0 && e->standing[e->write_ins] == STANDING_CONTINUING) {
        ret_who[0] = e->write_ins;
        return 1;
    }
    if (e->rules->batch_elimination) {
        for (int i = 0; i < count; i++) ret_who[i] = among[i];
        stage_sort(s, ret_who, count, false);
        int batch = eliminating_batch(in->a, s, ret_who, count);
        if (batch) return batch;
    }
    *ret_one = true;
    return stage_extreme(s, among, count, false, ret_who);
}

static Err put_out(const Reading *in, Stage *s, int stage, const int *among, int count)
{
    int *gone = arena_new(in->a, int, (size_t)count), *due = arena_new(in->a, int, (size_t)count);
    int gone_count = find_gone(in, stage, among, count, gone);
    bool one;
    int due_count = who_must_go(in, s, among, count, due, &one);
    bool right = gone_count == (one ? 1 : due_count);
    for (int i = 0; i < gone_count; i++) right = right && holds(due, due_count, gone[i]);
    if (!right) {
        Str expected = names_of(in, due, due_count), found = names_of(in, gone, gone_count);
        return refuse(in, last_line(in, stage + 1), found, "%s%.*s to go out after stage %d", one && due_count > 1 ? "one of " : "",
            STR_ARG(expected), stage);
    }
    for (int i = 0; i < gone_count; i++) engine_eliminate(in->e, s, gone[i]);
    return ERR_OK;
}

/* Where the votes of the only one to go out went: what the others gained. */
static void find_transfers(const Reading *in, Stage *s, const Stage *next)
{
    if (s->eliminated_count != 1) return;
    Votes *to = arena_new(in->a, Votes, (size_t)in->n + 1);
    for (int c = 0; c < in->n; c++)
        if (c != s->eliminated[0]) to[c] = next->tally[c] - s->tally[c];
    to[in->n] = next->not_reallocated - s->not_reallocated;
    engine_transfers(in->e, s, s->eliminated[0], to);
}

static Err one_stage(const Reading *in, int stage)
{
    Engine *e = in->e;
    Stage *s = open_stage(in, stage);
    Err err = check_standing(in, s, stage);
    if (!err) err = check_votes(in, stage);
    if (err) return err;
    if (stage > 1) find_transfers(in, s - 1, s);
    int *among = arena_new(in->a, int, (size_t)in->n);
    int count = engine_with_standing(e, STANDING_CONTINUING, among);
    bool ends = eliminating_ends(e, s, among, count), last = stage == in->stages;
    if (ends && !last)
        return refuse(in, last_line(in, stage + 1), str_format(in->a, "stage %d", stage + 1),
            "no stage after stage %d, at which these rules end the count", stage);
    if (!ends && last)
        return refuse(in, last_line(in, stage), S("the end"), "a further stage: these rules do not end the count at stage %d", stage);
    return last ? ERR_OK : put_out(in, s, stage, among, count);
}

static Err all_stages(const Reading *in)
{
    if (in->e->rules->method == METHOD_PLURALITY) {
        if (in->stages > 1) return refuse(in, last_line(in, 2), S("stage 2"), "one stage: these rules have no others");
        plurality_decide(in->e, open_stage(in, 1));
        return ERR_OK;
    }
    for (int stage = 1; stage <= in->stages; stage++) {
        Err e = one_stage(in, stage);
        if (e) return e;
    }
    return ERR_OK;
}

/* ---- the whole ---- */

static Err check_stages(const Reading *in)
{
    bool *seen = arena_new(in->a, bool, (size_t)in->stages + 1);
    for (int i = 0; i < in->totals->count; i++) seen[in->totals->items[i].stage] = true;
    for (int stage = 1; stage <= in->stages; stage++)
        if (!seen[stage]) return refuse(in, 0, S("none"), "figures for stage %d: the stages are numbered 1, 2, 3 without gaps", stage);
    return ERR_OK;
}

/* How many papers there were, in all and in each section. */
static Err count_papers(const Reading *in, Papers *papers)
{
    papers->total = 0;
    for (int s = 0; s < papers->section_count; s++) papers->sections[s].papers = 0;
    for (int i = 0; i < in->totals->count; i++) {
        const Total *t = &in->totals->items[i];
        if (t->stage != 1) continue;
        papers->total += t->votes;
        if (t->section >= 0) papers->sections[t->section].papers += t->votes;
        if (papers->total > PAPERS_TOTAL_MAX)
            return refuse(in, t->line, S("more"), "at most %lld votes at stage 1", (long long)PAPERS_TOTAL_MAX);
    }
    return papers->total ? ERR_OK : refuse(in, 0, S("none"), "votes at stage 1");
}

static Err check_all(Reading *in, Papers *papers)
{
    Err e = check_stages(in);
    if (!e) e = place_cells(in);
    if (!e) e = check_complete(in);
    if (!e) e = check_sections_known(in);
    if (!e) e = count_papers(in, papers);
    return e;
}

Err totals_count(Arena *a, const Rules *rules, Totals *totals, const CountOptions *options, Result **ret_result, Fault *fault)
{
    bool able = rules->method == METHOD_ALTERNATIVE_VOTE || rules->method == METHOD_COLLEGE || rules->method == METHOD_PLURALITY;
    if (!able)
        return fault_setf(fault, a, ERR_INPUT,
            "stages are determined by their totals under alternative-vote, college and plurality; these rules are %.*s",
            STR_ARG(method_name(rules->method)));
    if (rules->method == METHOD_PLURALITY && rules->marks != MARKS_FIRST)
        return fault_setf(fault, a, ERR_INPUT, "under rules with several marks a paper, votes do not tell how many papers there were");
    if (totals->count == 0) return fault_set(fault, ERR_INPUT, 0, 0, S("a figure"), S("none"));
    Engine e = engine_new(a, rules, totals->papers, options, fault);
    Err err = engine_ready(&e);
    if (err) return err;
    Reading in = {.e = &e, .a = a, .totals = totals, .sections = e.sections ? e.sections : 1, .n = e.n};
    for (int i = 0; i < totals->count; i++)
        if (totals->items[i].stage > in.stages) in.stages = totals->items[i].stage;
    if (in.stages > e.n) return refuse(&in, last_line(&in, in.stages), S("more"), "at most %d stages, as there are candidates", e.n);
    if ((int64_t)in.stages * in.sections * in.n > TOTALS_CELLS_MAX)
        return fault_setf(fault, a, ERR_LIMIT, "more than %d figures (stages x sections x candidates)", TOTALS_CELLS_MAX);
    err = check_all(&in, totals->papers);
    if (err) return err;
    e.r->valid = totals->papers->total;
    err = all_stages(&in);
    if (err) return err;
    e.r->unopposed = e.n <= e.r->seats;
    engine_places(&e);
    *ret_result = e.r;
    return ERR_OK;
}

bool totals_only(const Result *result)
{
    return result->papers->group_count == 0 && result->papers->total > 0;
}

bool totals_transfers_unknown(const Result *result)
{
    if (!totals_only(result)) return false;
    for (int s = 0; s < result->stage_count; s++)
        if (result->stages[s].eliminated_count > 1) return true;
    return false;
}
