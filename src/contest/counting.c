/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest/counting.h"

#include "formats/gunzip.h"
#include "formats/totals.h"

#include <pthread.h>

/* ---- reading ---- */

static Err feed_piece(void *context, Str bytes)
{
    return reader_feed(context, bytes);
}

/* Unpack into the reader as it comes, so that the unpacked text is never held. */
static Err feed_gzip(Arena *a, Reader *reader, Str bytes, Fault *fault)
{
    Gunzip *gunzip = gunzip_open(a, feed_piece, reader);
    Str reason = {0};
    Err e = gunzip_feed(gunzip, bytes, &reason);
    if (!e) e = gunzip_end(gunzip, &reason);
    if (e == ERR_IO) return fault_set(fault, ERR_INPUT, 0, 0, S("a gzip file that can be unpacked"), reason);
    return e;
}

static Err read_file(Arena *a, Papers *papers, const CountedFile *file, Format format, bool posts, Fault *fault)
{
    FormatOptions options = {.format = format, .file_name = file->name, .section = file->section, .posts = posts};
    if (!gunzip_is_gzip(file->bytes)) return reader_load(a, papers, &options, file->bytes, fault);
    Reader *reader = reader_open(a, papers, &options);
    Err e = feed_gzip(a, reader, file->bytes, fault);
    if (e && fault->err) return e;
    if (!e) e = reader_end(reader);
    if (e) *fault = *reader_fault(reader);
    return e;
}

static Err withdraw(Arena *a, const Counting *counting, Papers *papers, Fault *fault)
{
    for (int i = 0; i < counting->withdrawn_count; i++) {
        int first = papers_find_candidate(papers, counting->withdrawn[i]);
        if (first < 0)
            return fault_set(fault, ERR_INPUT, 0, 0, S("the name of a candidate who withdrew"), fault_quote(a, counting->withdrawn[i]));
        for (int c = first; c < papers->candidate_count; c++)
            if (str_equal(papers->candidates[c].name, counting->withdrawn[i])) papers->candidates[c].withdrawn = true;
    }
    return ERR_OK;
}

static Err read_papers(Arena *a, const Counting *counting, const Rules *rules, Papers **ret_papers, Fault *fault)
{
    if (counting->paper_count == 0) return fault_set(fault, ERR_INPUT, 0, 0, S("a file of papers"), S("none"));
    Papers *papers = papers_new(a);
    for (int i = 0; i < counting->paper_count; i++) {
        Err e = read_file(a, papers, &counting->papers[i], counting->format, rules->method == METHOD_POSTS, fault);
        if (!fault->file.len) fault->file = counting->papers[i].name;
        if (e) return e;
        fault->file = (Str){0};
    }
    papers_settle_order(papers);
    Err e = count_declare(rules, papers, fault);
    if (!e) e = withdraw(a, counting, papers, fault);
    if (!e) *ret_papers = papers;
    return e;
}

/* ---- rules ---- */

enum { PRESETS_MAX = 32 };
static Arena preset_arena;
static const Rules *preset_rules[PRESETS_MAX];
static pthread_once_t presets_once = PTHREAD_ONCE_INIT;

/* Presets never change, so a server parses them once, not for every count. They stay until the process ends. */
static void read_presets(void)
{
    arena_init(&preset_arena, ARENA_LIMIT_DEFAULT);
    ASSERT(rules_preset_count() <= PRESETS_MAX);
    for (int i = 0; i < rules_preset_count(); i++) {
        Rules *rules;
        Fault fault = {0};
        Str name = rules_preset_name(i);
        ASSERT(rules_parse(&preset_arena, rules_preset_text(name), name, &rules, &fault) == ERR_OK);
        preset_rules[i] = rules;
    }
}

static const Rules *find_preset(Str name)
{
    pthread_once(&presets_once, read_presets);
    for (int i = 0; i < rules_preset_count(); i++)
        if (str_equal(rules_preset_name(i), name)) return preset_rules[i];
    return NULL;
}

static Err read_rules(Arena *a, const RulesWanted *wanted, const Rules **ret_rules, Fault *fault)
{
    if (!wanted->text.ptr) {
        *ret_rules = find_preset(wanted->name);
        if (*ret_rules) return ERR_OK;
        return fault_set(fault, ERR_INPUT, 0, 0, S("the name of a preset ('hustings rules list') or a file"), fault_quote(a, wanted->name));
    }
    Rules *rules;
    Err e = rules_parse(a, wanted->text, wanted->name, &rules, fault);
    if (e) fault->file = wanted->name;
    else *ret_rules = rules;
    return e;
}

/* ---- counting ---- */

/* More papers back than went out, or than there are people, is a slip of the hand worth stopping for. In a college a person may have a paper in
 * several sections. */
static Err check_numbers(Arena *a, const Counting *counting, const Papers *papers, Fault *fault)
{
    const CountOptions *o = &counting->options;
    int64_t back = papers->total + o->rejected_by_hand;
    if (o->issued && o->issued < back)
        return fault_setf(fault, a, ERR_INPUT, "%lld papers were issued, but %lld came back", (long long)o->issued, (long long)back);
    if (o->roll && o->roll < back && papers->section_count == 0)
        return fault_setf(fault, a, ERR_INPUT, "%lld are on the roll, but %lld papers came back", (long long)o->roll, (long long)back);
    return ERR_OK;
}

static Err compare(Arena *a, const Counting *counting, const Papers *papers, Counted *c, Fault *fault)
{
    c->compared = compared_new(a);
    Err e = compared_add(
        &c->compared, counting->rules.spec.len ? counting->rules.spec : c->rules->name, c->rules, (Str){0}, papers, &counting->options);
    for (int i = 0; i < counting->compare_count && !e; i++) {
        const RulesWanted *wanted = &counting->compare[i];
        const Rules *rules = NULL;
        e = read_rules(a, wanted, &rules, fault);
        if (e) return e;
        if (compared_add(&c->compared, wanted->spec, rules, wanted->section, papers, &counting->options))
            return fault_set(fault, ERR_INPUT, 0, 0, S("a section of these papers after '@'"), fault_quote(a, wanted->section));
    }
    if (!e && counting->compare_presets) e = compared_add_presets(&c->compared, papers, &counting->options, fault);
    return e;
}

static void report_options(const Counting *counting, Papers *papers, Counted *c)
{
    if (counting->note.len) papers_add_note(papers, counting->note);
    c->about = counting->about;
    if (!c->about.title.len) c->about.title = papers->title;
    c->about.seed = counting->options.seed;
    c->report = (ReportOptions){.title = c->about.title,
        .note = papers->note,
        .rejected = counting->rejected,
        .rejected_count = counting->rejected_count,
        .version = counting->version};
}

static Err count_papers(Arena *a, const Counting *counting, Counted *c, CountingPart *ret_part, Fault *fault)
{
    Papers *papers = NULL;
    *ret_part = PART_PAPERS;
    Err e = read_papers(a, counting, c->rules, &papers, fault);
    if (e) return e;
    report_options(counting, papers, c);
    *ret_part = PART_OTHER;
    e = check_numbers(a, counting, papers, fault);
    if (e) return e;
    *ret_part = PART_SEATS;
    bool one_seat = counting->options.seats > 1 && !method_has_seats(c->rules->method);
    if (!one_seat) *ret_part = PART_PAPERS;
    Result *result = NULL;
    e = count_run(a, c->rules, papers, &counting->options, &result, fault);
    if (e) return e;
    c->result = result;
    Analysis *analysis = NULL;
    e = analyse(a, result, NULL, 0, &analysis, fault);
    if (e) return e;
    c->analysis = analysis;
    *ret_part = PART_COMPARE;
    if (counting->compare_count || counting->compare_presets) e = compare(a, counting, papers, c, fault);
    return e;
}

static Err count_totals(Arena *a, const Counting *counting, Counted *c, CountingPart *ret_part, Fault *fault)
{
    *ret_part = PART_PAPERS;
    Totals *totals = NULL;
    Result *result = NULL;
    Err e = totals_parse(a, counting->totals.bytes, &totals, fault);
    if (!e) {
        report_options(counting, totals->papers, c);
        c->about.totals = true;
        e = totals_count(a, c->rules, totals, &counting->options, &result, fault);
    }
    if (e) {
        fault->file = counting->totals.name;
        return e;
    }
    c->result = result;
    *ret_part = PART_OTHER;
    return check_numbers(a, counting, totals->papers, fault);
}

Err counting_run(Arena *a, const Counting *counting, Counted *ret_counted, CountingPart *ret_part, Fault *fault)
{
    *ret_counted = (Counted){0};
    *ret_part = PART_RULES;
    Err e = read_rules(a, &counting->rules, &ret_counted->rules, fault);
    if (e) return e;
    return counting->totals.name.len ? count_totals(a, counting, ret_counted, ret_part, fault)
                                     : count_papers(a, counting, ret_counted, ret_part, fault);
}

Err counting_check(Arena *a, const Counting *counting, int quick, CountingPart *ret_part, Fault *fault)
{
    const Rules *rules = NULL;
    Papers *papers = NULL;
    *ret_part = PART_RULES;
    Err e = read_rules(a, &counting->rules, &rules, fault);
    if (e) return e;
    *ret_part = PART_PAPERS;
    ASSERT(rules);
    e = read_papers(a, counting, rules, &papers, fault);
    if (e) return e;
    ASSERT(papers);
    if (papers->candidate_count > quick || rules->method == METHOD_STV_MEEK) return ERR_OK;
    *ret_part = counting->options.seats > 1 && !method_has_seats(rules->method) ? PART_SEATS : PART_PAPERS;
    Result *result;
    return count_run(a, rules, papers, &counting->options, &result, fault);
}

/* ---- what came of it ---- */

View *counted_views(Arena *a, const Counted *counted)
{
    Presentation about = counted->about;
    if (counted->compared.count) about.compared = &counted->compared;
    return present_count(a, &about, counted->result, counted->analysis, &counted->report);
}

bool counted_document(Arena *a, const Counted *c, Str what, CountedDocument *ret_document)
{
    Buf b = buf_new(a);
    if (str_equal(what, S("html"))) {
        report_html(c->result, c->analysis, &c->report, &b);
        *ret_document = (CountedDocument){S("text/html; charset=utf-8"), S("declaration.html"), buf_done(&b)};
    } else if (str_equal(what, S("csv"))) {
        report_csv(c->result, &c->report, &b);
        *ret_document = (CountedDocument){S("text/csv; charset=utf-8"), S("stages.csv"), buf_done(&b)};
    } else if (str_equal(what, S("svg"))) {
        report_svg(c->result, &c->report, &b);
        *ret_document = (CountedDocument){S("image/svg+xml"), S("chart.svg"), buf_done(&b)};
    } else if (str_equal(what, S("json"))) {
        view_json(report_view(a, c->result, c->analysis, &c->report), &b, true);
        *ret_document = (CountedDocument){S("application/json"), S("result.json"), buf_done(&b)};
    } else if (str_equal(what, S("text"))) {
        report_text(c->result, c->analysis, &c->report, &b);
        *ret_document = (CountedDocument){S("text/plain; charset=utf-8"), S("result.txt"), buf_done(&b)};
    } else {
        return false;
    }
    return true;
}
