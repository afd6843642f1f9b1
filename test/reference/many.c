/* many.c: counts many small elections in one process, for test/reference/compare.py.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: starting the program twenty thousand times would cost more than counting. Papers are built through papers_add,
 *      so a difference found here is a difference in counting, not in reading files.
 *
 * Reads lines, one statement each, and answers every `count` with one line of JSON (docs/json.md), or {"error": "..."}
 * when the rules or the papers are refused:
 *
 *   rules TEXT                 one line of the rules file (may be empty)
 *   post NAME                  the candidates that follow stand for this post (empty: for none)
 *   candidate NAME             the next candidate; the first is number 0
 *   withdrawn NAME             the same, withdrawn
 *   section NAME               the next section; the first is number 0
 *   paper N SECTION RANK...    N equal papers; SECTION is a number or -1. RANK: "2" a candidate, "2=0=3" an equal rank,
 *                              "-" an empty rank, "!" an overvote whose names are not known
 *   seed TEXT
 *   prefer NAME                the next name of the tie order, most favoured first
 *   seats N
 *   roll N
 *   count
 *
 * Every `count` starts anew with a cleared arena. A line it does not understand ends the program with status 2.
 */
#include "count/count.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Driver {
    Arena arena;
    Buf rules;
    Papers *papers;
    CountOptions options;
    Str post;
    int64_t line;
} Driver;

static void driver_start(Driver *d)
{
    d->rules = buf_new(&d->arena);
    d->papers = papers_new(&d->arena);
    d->options = (CountOptions){0};
    d->post = S("");
}

static _Noreturn void driver_stop(const Driver *d, const char *why)
{
    fprintf(stderr, "many: line %lld: %s\n", (long long)d->line, why);
    exit(2);
}

static int64_t number(const Driver *d, Str text)
{
    int64_t value = 0;
    if (!str_to_i64(text, &value)) driver_stop(d, "expected a number");
    return value;
}

static void add_candidate(Driver *d, Str name, bool withdrawn)
{
    int index = d->post.len ? papers_post_candidate(d->papers, d->post, name) : papers_candidate(d->papers, name);
    if (index < 0) driver_stop(d, "too many candidates");
    d->papers->candidates[index].withdrawn = withdrawn;
}

static void add_paper(Driver *d, Str rest)
{
    enum { MARKS = PAPERS_MARKS_MAX + 1 };
    static Mark marks[MARKS];
    int count = 0;
    Str how_many, section, rank, name;
    str_cut(rest, ' ', &how_many, &rest);
    str_cut(rest, ' ', &section, &rest);
    while (rest.len) {
        str_cut(rest, ' ', &rank, &rest);
        for (bool first = true; rank.len; first = false) {
            str_cut(rank, '=', &name, &rank);
            if (count == MARKS) driver_stop(d, "too many marks");
            Mark mark = str_equal(name, S("-")) ? MARK_SKIPPED : str_equal(name, S("!")) ? MARK_OVERVOTE : (Mark)number(d, name);
            marks[count++] = (Mark)(first ? mark : mark | MARK_EQUAL);
        }
    }
    int64_t section_index = number(d, section);
    Err e = papers_add(d->papers, section_index < 0 ? PAPERS_NO_SECTION : (int)section_index, -1, marks, count, number(d, how_many), NULL);
    if (e) driver_stop(d, "papers_add failed");
}

static void add_preference(Driver *d, Str name)
{
    CountOptions *o = &d->options;
    o->tie_order = arena_grow(&d->arena, Str, o->tie_order, (size_t)o->tie_order_count, (size_t)o->tie_order_count + 1);
    o->tie_order[o->tie_order_count++] = str_copy(&d->arena, name);
}

static Err driver_count(Driver *d, View **ret_view, Fault *fault)
{
    Rules *rules = NULL;
    Result *result = NULL;
    ReportOptions report = {.version = S("reference")};
    Err e = rules_parse(&d->arena, buf_done(&d->rules), S("random"), &rules, fault);
    if (e) return e;
    e = count_declare(rules, d->papers, fault);
    if (e) return e;
    e = count_run(&d->arena, rules, d->papers, &d->options, &result, fault);
    if (e) return e;
    *ret_view = report_view(&d->arena, result, NULL, &report);
    return ERR_OK;
}

static void answer(Driver *d)
{
    Fault fault = {0};
    View *view = NULL;
    if (driver_count(d, &view, &fault)) {
        view = view_object(&d->arena);
        view_put_str(view, S("error"), fault_text(&d->arena, &fault));
    }
    Buf json = buf_new(&d->arena);
    view_json(view, &json, false);
    Str text = buf_done(&json);
    fwrite(text.ptr, 1, text.len, stdout);
    fflush(stdout);
    arena_clear(&d->arena);
    driver_start(d);
}

static void add_rules_line(Driver *d, Str text)
{
    buf_str(&d->rules, text);
    buf_byte(&d->rules, '\n');
}

static void add_section(Driver *d, Str name)
{
    if (papers_section(d->papers, name) < 0) driver_stop(d, "too many sections");
}

static void obey(Driver *d, Str line)
{
    Str word, rest;
    str_cut(line, ' ', &word, &rest);
    if (str_equal(word, S("rules"))) add_rules_line(d, rest);
    else if (str_equal(word, S("post"))) d->post = str_copy(&d->arena, rest);
    else if (str_equal(word, S("candidate"))) add_candidate(d, rest, false);
    else if (str_equal(word, S("withdrawn"))) add_candidate(d, rest, true);
    else if (str_equal(word, S("section"))) add_section(d, rest);
    else if (str_equal(word, S("paper"))) add_paper(d, rest);
    else if (str_equal(word, S("seed"))) d->options.seed = str_copy(&d->arena, rest);
    else if (str_equal(word, S("prefer"))) add_preference(d, rest);
    else if (str_equal(word, S("seats"))) d->options.seats = (int)number(d, rest);
    else if (str_equal(word, S("roll"))) d->options.roll = number(d, rest);
    else if (str_equal(word, S("count"))) answer(d);
    else driver_stop(d, "not a statement");
}

int main(void)
{
    Driver d = {0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    arena_init(&d.arena, ARENA_LIMIT_DEFAULT);
    driver_start(&d);
    while ((length = getline(&line, &capacity, stdin)) >= 0) {
        d.line++;
        if (length && line[length - 1] == '\n') length--;
        obey(&d, (Str){line, (size_t)length});
    }
    free(line);
    arena_clear(&d.arena);
    return 0;
}
