/* contest.h: contests written in one line for the unit tests of src/count.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * contest(a, "A B C", "5:A>B 3:B>C 2:C=A>- 1:A>?>B x4:B"): candidates; then number:ranking, where > parts ranks, = shares one, - is an empty rank,
 * ? an overvote, and "section/number:ranking" puts papers into a section.
 */
#ifndef HUSTINGS_TEST_UNIT_COUNT_CONTEST_H
#define HUSTINGS_TEST_UNIT_COUNT_CONTEST_H

#include "core/unit.h"

#include "count/count.h"

static inline Str next_word(Str *rest, char separator)
{
    Str word;
    str_cut(*rest, separator, &word, rest);
    return word;
}

static inline int read_rank(Papers *p, Str rank, Mark *marks, int n)
{
    int first = n;
    while (rank.len) {
        Str name = next_word(&rank, '=');
        int mark = str_equal(name, S("-")) ? MARK_SKIPPED : str_equal(name, S("?")) ? MARK_OVERVOTE : papers_candidate(p, name);
        marks[n] = (Mark)(mark | (n > first ? MARK_EQUAL : 0));
        n++;
    }
    return n;
}

static inline Papers *contest(Arena *a, const char *names, const char *ballots)
{
    Papers *p = papers_new(a);
    for (Str rest = str_from_c(names); rest.len;) assert_true(papers_candidate(p, next_word(&rest, ' ')) >= 0);
    for (Str rest = str_from_c(ballots); rest.len;) {
        Str word = next_word(&rest, ' '), head, ranking, section = {0}, number;
        str_cut(word, ':', &head, &ranking);
        if (str_find(head, '/') < head.len) str_cut(head, '/', &section, &number);
        else number = head;
        int64_t papers;
        assert_true(str_to_i64(number, &papers));
        Mark marks[64];
        int n = 0;
        while (ranking.len) n = read_rank(p, next_word(&ranking, '>'), marks, n);
        int in = section.len ? papers_section(p, section) : PAPERS_NO_SECTION;
        assert_int_equal(papers_add(p, in, -1, marks, n, papers, NULL), ERR_OK);
    }
    return p;
}

/* Rules from a preset's name, or from text when it holds a '['. */
static inline Rules *rules_of(Arena *a, const char *name_or_text)
{
    Str text = str_from_c(name_or_text);
    if (str_find(text, '[') == text.len) text = rules_preset_text(text);
    Rules *rules = NULL;
    Fault fault = {0};
    if (rules_parse(a, text, S("test"), &rules, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    return rules;
}

static inline Result *count_with(Arena *a, const char *rules, const Papers *p, CountOptions options)
{
    Result *r = NULL;
    Fault fault = {0};
    if (count_run(a, rules_of(a, rules), p, &options, &r, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    return r;
}

/* "A 5 B 3" of those who are in at a stage (from 1). */
static inline Str tally_of(Arena *a, const Result *r, int stage)
{
    Buf b = buf_new(a);
    const Stage *s = &r->stages[stage - 1];
    for (int c = 0; c < r->papers->candidate_count; c++) {
        if (s->standing[c] == STANDING_OUT || s->standing[c] == STANDING_WITHDRAWN) continue;
        if (b.len) buf_byte(&b, ' ');
        buf_str(&b, r->papers->candidates[c].name);
        buf_byte(&b, ' ');
        buf_str(&b, votes_text(a, s->tally[c], r->decimals));
    }
    return buf_done(&b);
}

static inline Str names_of(Arena *a, const Result *r, const int *candidates, int count)
{
    Buf b = buf_new(a);
    for (int i = 0; i < count; i++) {
        if (i) buf_byte(&b, ' ');
        buf_str(&b, r->papers->candidates[candidates[i]].name);
    }
    return buf_done(&b);
}

static inline Str elected_of(Arena *a, const Result *r)
{
    return names_of(a, r, r->elected, r->elected_count);
}

#endif
