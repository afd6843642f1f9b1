/* BLT, the ballot file of Algorithm 123 and its descendants (OpenSTV, OpaVote, Droop).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Source: Hill, Wichmann, Woodall, Algorithm 123, Computer Journal 30 (1987), section 3.1; OpenSTV added comments (#),
 * paper identities in parentheses, equal ranks (2=3) and skipped ones (-).
 *
 *     4 2              candidates, seats
 *     -2               withdrawn
 *     3 1 3 4 0        three papers: 1, then 3, then 4
 *     0                no more papers
 *     "Adam" ...       a name for each candidate, then the title
 *
 * A line break is a blank, as in the original. But nearly every file has a paper a line, and there a forgotten 0 would
 * join two papers into one without anybody noticing. So the first paper decides: if it stands on one line, all must; if it
 * runs over several, no other may have a line to itself.
 *
 * The names come last and Papers wants them first. So the papers are gathered apart, under their numbers, and merged
 * when the names are known.
 */
#include "formats/reader.h"

#include <string.h>

typedef enum Step { STEP_CANDIDATES, STEP_SEATS, STEP_WITHDRAWN, STEP_PAPER, STEP_RANKS, STEP_NAMES, STEP_TITLE } Step;

enum { SOURCE_AND_COMMENT = 2 }; /* quoted texts after the title, Wichmann's; read and left */

typedef struct Blt {
    Step step;
    Papers *numbered; /* candidate i is called by its number */
    int seats;
    int named;
    int texts_after_title;
    /* the paper being read */
    int64_t how_many;
    int64_t paper_line;
    int mark_count;
    bool after_equals; /* a '=' joins the next candidate to the rank before */
    bool id_seen;
    bool style_known, papers_are_broken;
    int64_t first_paper_line;
    int64_t papers_read;
    Mark marks[PAPERS_MARKS_MAX];
} Blt;

static void blt_open(Reader *r)
{
    Blt *f = arena_new(&r->scratch, Blt, 1);
    f->numbered = papers_new(&r->scratch);
    r->state = f;
}

/* --- numbers --- */

static Err candidates_token(Reader *r, Str token)
{
    Blt *f = r->state;
    int64_t n;
    if (!str_to_i64(token, &n) || n < 1 || n > PAPERS_CANDIDATES_MAX)
        return reader_fail(
            r, ERR_INPUT, token.ptr, fault_quote(r->arena, token), "a number of candidates from 1 to %d", PAPERS_CANDIDATES_MAX);
    for (int i = 1; i <= n; i++) {
        int at = papers_candidate(f->numbered, str_format(&r->scratch, "%d", i));
        ASSERT(at == i - 1);
    }
    f->step = STEP_SEATS;
    return ERR_OK;
}

static Err seats_token(Reader *r, Str token)
{
    Blt *f = r->state;
    int64_t n;
    if (!str_to_i64(token, &n) || n < 1 || n > PAPERS_CANDIDATES_MAX)
        return reader_fail(r, ERR_INPUT, token.ptr, fault_quote(r->arena, token), "a number of seats from 1 to %d", PAPERS_CANDIDATES_MAX);
    f->seats = (int)n;
    f->step = STEP_WITHDRAWN;
    return ERR_OK;
}

static Err withdrawn_token(Reader *r, Str token)
{
    Blt *f = r->state;
    int64_t n;
    int count = f->numbered->candidate_count;
    if (!str_to_i64(token, &n) || n > -1 || n < -count)
        return reader_fail(
            r, ERR_INPUT, token.ptr, fault_quote(r->arena, token), "a withdrawn candidate from -1 to -%d, or a paper", count);
    f->numbered->candidates[-n - 1].withdrawn = true;
    return ERR_OK;
}

/* --- papers --- */

static Err paper_token(Reader *r, Str token)
{
    Blt *f = r->state;
    if (token.ptr[0] == '(') {
        if (f->id_seen) return reader_fail(r, ERR_INPUT, token.ptr, fault_quote(r->arena, token), "a number of papers");
        f->id_seen = true;
        return ERR_OK;
    }
    if (token.ptr[0] == '"')
        return reader_fail(r, ERR_INPUT, token.ptr, S("a quoted text"), "a number of papers, or the 0 that ends them before the names");
    Err e = reader_how_many(r, token.ptr, token, &f->how_many);
    if (e) return e;
    if (f->how_many == 0) {
        if (f->id_seen) return reader_fail(r, ERR_INPUT, token.ptr, S("'0'"), "a number of papers after the identity of a paper");
        f->step = STEP_NAMES;
        return ERR_OK;
    }
    f->step = STEP_RANKS;
    f->paper_line = r->line;
    f->mark_count = 0;
    f->after_equals = false;
    return ERR_OK;
}

static Err add_mark(Reader *r, const char *at, Mark mark)
{
    Blt *f = r->state;
    if (f->mark_count == PAPERS_MARKS_MAX)
        return reader_fail(r, ERR_LIMIT, at, (Str){0}, "a paper may have at most %d marks", PAPERS_MARKS_MAX);
    f->marks[f->mark_count++] = mark;
    return ERR_OK;
}

static Err end_paper(Reader *r, Str token)
{
    Blt *f = r->state;
    if (!f->style_known) {
        f->style_known = true;
        f->papers_are_broken = f->paper_line != r->line;
        f->first_paper_line = f->paper_line;
    }
    while (f->mark_count && f->marks[f->mark_count - 1] == MARK_SKIPPED) f->mark_count--;
    f->step = STEP_PAPER;
    f->id_seen = false;
    f->papers_read++;
    Err e = papers_add(f->numbered, PAPERS_NO_SECTION, -1, f->marks, f->mark_count, f->how_many, NULL);
    if (!e) return ERR_OK;
    return reader_fail(r, e, token.ptr, (Str){0}, "more than %lld papers in one contest", (long long)PAPERS_TOTAL_MAX);
}

/* One of "3", "-", "=", "2=3=4" and pieces of it such as "=4"; blanks around '=' are allowed. */
static Err rank_pieces(Reader *r, Str token)
{
    Blt *f = r->state;
    const char *p = token.ptr, *end = token.ptr + token.len;
    bool first = true;
    while (p < end) {
        if (*p == '=') {
            bool may_join = f->mark_count && f->marks[f->mark_count - 1] != MARK_SKIPPED && !f->after_equals;
            if (!may_join) return reader_fail(r, ERR_INPUT, p, fault_quote(r->arena, token), "a candidate on both sides of '='");
            f->after_equals = true;
            first = true;
            p++;
            continue;
        }
        Str number = {p, 0};
        while (p < end && *p >= '0' && *p <= '9') number.len++, p++;
        int64_t n;
        if (!first || !str_to_i64(number, &n) || n < 1 || n > f->numbered->candidate_count)
            return reader_fail(r, ERR_INPUT, token.ptr, fault_quote(r->arena, token),
                "a candidate from 1 to %d, '-' for a skipped rank, or 0 to end the paper", f->numbered->candidate_count);
        Err e = add_mark(r, number.ptr, (Mark)((n - 1) | (f->after_equals ? MARK_EQUAL : 0)));
        if (e) return e;
        f->after_equals = false;
        first = false;
    }
    return ERR_OK;
}

static Err rank_token(Reader *r, Str token)
{
    Blt *f = r->state;
    if (token.ptr[0] == '(' && f->mark_count == 0 && !f->id_seen) {
        f->id_seen = true;
        return ERR_OK;
    }
    if (f->style_known && !f->papers_are_broken && f->paper_line != r->line)
        return reader_fail(
            r, ERR_INPUT, token.ptr, fault_quote(r->arena, token), "a 0 at the end of the paper on line %lld", (long long)f->paper_line);
    bool ends = str_equal(token, S("0")), skipped = str_equal(token, S("-"));
    if (f->after_equals && (ends || skipped))
        return reader_fail(r, ERR_INPUT, token.ptr, fault_quote(r->arena, token), "a candidate on both sides of '='");
    if (ends) return end_paper(r, token);
    if (skipped) return add_mark(r, token.ptr, MARK_SKIPPED);
    return rank_pieces(r, token);
}

/* --- names --- */

/* The text between the quotes, \" and \\ read as one character. */
static Str unescape(Reader *r, Str token)
{
    char *text = arena_new(&r->scratch, char, token.len);
    size_t n = 0;
    for (size_t i = 1; i + 1 < token.len; i++) {
        bool escape = token.ptr[i] == '\\' && i + 2 < token.len && (token.ptr[i + 1] == '"' || token.ptr[i + 1] == '\\');
        text[n++] = token.ptr[i + escape];
        i += escape;
    }
    return str_trim((Str){text, n});
}

static Err name_token(Reader *r, Str token)
{
    Blt *f = r->state;
    if (token.ptr[0] != '"')
        return reader_fail(
            r, ERR_INPUT, token.ptr, fault_quote(r->arena, token), "the name of candidate %d in double quotes", f->named + 1);
    Str name = unescape(r, token);
    Err e = reader_check_name(r, token.ptr, name, "candidate");
    if (e) return e;
    for (int i = 0; i < f->named; i++)
        if (str_equal(f->numbered->candidates[i].name, name))
            return reader_fail(r, ERR_INPUT, token.ptr, fault_quote(r->arena, name), "a different name for each candidate");
    f->numbered->candidates[f->named].name = name;
    if (++f->named == f->numbered->candidate_count) f->step = STEP_TITLE;
    return ERR_OK;
}

static Err title_token(Reader *r, Str token)
{
    Blt *f = r->state;
    if (token.ptr[0] != '"' || f->texts_after_title == 1 + SOURCE_AND_COMMENT)
        return reader_fail(r, ERR_INPUT, token.ptr, fault_quote(r->arena, token), "%s",
            f->texts_after_title ? "the end of the file after the title" : "the title in double quotes, or the end of the file");
    if (f->texts_after_title++) return ERR_OK;
    return reader_title(r, token.ptr, unescape(r, token));
}

/* --- words and lines --- */

static Err token(Reader *r, Str word)
{
    Blt *f = r->state;
    if (f->step == STEP_WITHDRAWN && word.ptr[0] != '-') f->step = STEP_PAPER;
    switch (f->step) {
    case STEP_CANDIDATES: return candidates_token(r, word);
    case STEP_SEATS: return seats_token(r, word);
    case STEP_WITHDRAWN: return withdrawn_token(r, word);
    case STEP_PAPER: return paper_token(r, word);
    case STEP_RANKS: return rank_token(r, word);
    case STEP_NAMES: return name_token(r, word);
    case STEP_TITLE: return title_token(r, word);
    }
    ASSERT(false);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The length of the word at the start of `rest`: a quoted text, an identity in parentheses, or up to the next blank or
 * comment. 0 when a quote or parenthesis is not closed on the line. */
static size_t word_length(Str rest)
{
    char close = rest.ptr[0] == '"' ? '"' : rest.ptr[0] == '(' ? ')' : '\0';
    if (!close) {
        size_t n = 0;
        while (n < rest.len && !is_blank(rest.ptr[n]) && rest.ptr[n] != '#') n++;
        return n;
    }
    for (size_t n = 1; n < rest.len; n++) {
        if (close == '"' && rest.ptr[n] == '\\' && n + 1 < rest.len && (rest.ptr[n + 1] == '"' || rest.ptr[n + 1] == '\\')) n++;
        else if (rest.ptr[n] == close) return n + 1;
    }
    return 0;
}

static Err words_of_line(Reader *r, Str line)
{
    for (size_t at = 0; at < line.len;) {
        if (is_blank(line.ptr[at])) {
            at++;
            continue;
        }
        if (line.ptr[at] == '#') break;
        Str rest = str_slice(line, at, line.len);
        size_t n = word_length(rest);
        if (n == 0)
            return reader_fail(
                r, ERR_INPUT, rest.ptr, S("the end of the line"), "a closing %s", rest.ptr[0] == '"' ? "double quote" : "')'");
        Err e = token(r, str_slice(rest, 0, n));
        if (e) return e;
        at += n;
    }
    return ERR_OK;
}

static Err blt_line(Reader *r, Str line)
{
    Blt *f = r->state;
    Str comment = line.len && line.ptr[0] == '#' ? str_trim(str_slice(line, 1, line.len)) : (Str){0};
    if (str_starts(comment, S("note:"))) return reader_note(r, comment.ptr, str_trim(str_slice(comment, 5, comment.len)));
    bool starts_paper = f->step == STEP_PAPER;
    int64_t papers_before = f->papers_read;
    Err e = words_of_line(r, line);
    if (e) return e;
    bool paper_of_its_own = starts_paper && f->step == STEP_PAPER && f->papers_read == papers_before + 1;
    if (paper_of_its_own && f->papers_are_broken)
        return reader_fail(r, ERR_INPUT, NULL, S("a paper with a line to itself"),
            "a 0 at the end of the line of the first paper (line %lld), or papers that all run on", (long long)f->first_paper_line);
    return ERR_OK;
}

static Err blt_rows(Reader *r, Str text, bool last, size_t *ret_used)
{
    return reader_lines(r, text, last, ret_used, blt_line);
}

static Err ended_early(Reader *r)
{
    Blt *f = r->state;
    Str found = S("the end of the file");
    r->row = (Str){0};
    switch (f->step) {
    case STEP_CANDIDATES: return reader_fail(r, ERR_INPUT, NULL, found, "the number of candidates and of seats");
    case STEP_SEATS: return reader_fail(r, ERR_INPUT, NULL, found, "the number of seats");
    case STEP_WITHDRAWN:
    case STEP_PAPER: return reader_fail(r, ERR_INPUT, NULL, found, "a paper, or the 0 that ends them before the names");
    case STEP_RANKS: return reader_fail(r, ERR_INPUT, NULL, found, "a 0 at the end of the paper on line %lld", (long long)f->paper_line);
    case STEP_NAMES: return reader_fail(r, ERR_INPUT, NULL, found, "the name of candidate %d in double quotes", f->named + 1);
    case STEP_TITLE: break;
    }
    return ERR_OK;
}

static Err blt_end(Reader *r)
{
    Blt *f = r->state;
    if (f->step != STEP_TITLE) return ended_early(r);
    f->numbered->seats = f->seats;
    return papers_merge(r->papers, f->numbered, r->options.section, &r->fault);
}

const Parser blt_parser = {.open = blt_open, .rows = blt_rows, .end = blt_end};
