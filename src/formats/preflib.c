/* PrefLib's .soc .soi .toc .toi: strict or tied, complete or incomplete orders.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Source: preflib.org, "Data Formats". Lines "# KEY: value" first, then "COUNT: 4,2,{1,3}": candidate 4 first, then 2,
 * then 1 and 3 equal. What the file says of itself is checked: every candidate has a name, the numbers are in range, the
 * papers add up to NUMBER VOTERS, a strict file has no braces, a complete one ranks everybody.
 */
#include "formats/reader.h"

#include <string.h>

typedef struct Preflib {
    int alternatives;    /* 0: not said yet */
    int *candidates;     /* [alternative - 1]: index in Papers, -1 until it is named */
    bool ties, complete; /* by the data type */
    Str type;
    int64_t voters, voters_line; /* -1: not said */
    int64_t voters_column;
    Str voters_text;
    int64_t total;
    bool checked; /* the names are all there */
    int section;
    Mark marks[PAPERS_MARKS_MAX];
    int64_t *seen; /* [candidate]: the line that ranked it last, to tell whether an order is complete */
} Preflib;

static void preflib_open(Reader *r)
{
    Preflib *f = arena_new(&r->scratch, Preflib, 1);
    f->voters = -1;
    f->ties = true;
    r->state = f;
}

/* --- what the file says of itself --- */

/* "soc", "soi", "toc" or "toi": strict or tied, complete or incomplete. */
static bool set_type(Preflib *f, Str type)
{
    static const Str types[] = {S("soi"), S("soc"), S("toi"), S("toc")};
    for (int i = 0; i < COUNT_OF(types); i++) {
        if (!str_equal_nocase(type, types[i])) continue;
        f->type = types[i];
        f->ties = i >= 2;
        f->complete = i % 2 == 1;
        return true;
    }
    return false;
}

static Err read_number(Reader *r, Str value, int64_t least, int64_t most, const char *what, int64_t *ret_number)
{
    if (!str_to_i64(value, ret_number) || *ret_number < least || *ret_number > most)
        return reader_fail(
            r, ERR_INPUT, value.ptr, reader_quote(r, value, "value"), "%s from %lld to %lld", what, (long long)least, (long long)most);
    return ERR_OK;
}

static Err read_alternatives(Reader *r, Str value)
{
    Preflib *f = r->state;
    int64_t n;
    Err e = read_number(r, value, 1, PAPERS_CANDIDATES_MAX, "a number of alternatives", &n);
    if (e) return e;
    if (f->alternatives) return reader_fail(r, ERR_INPUT, value.ptr, S("a second one"), "one line '# NUMBER ALTERNATIVES:'");
    f->alternatives = (int)n;
    f->candidates = arena_new(&r->scratch, int, (size_t)n);
    for (int i = 0; i < n; i++) f->candidates[i] = -1;
    f->seen = arena_new(&r->scratch, int64_t, PAPERS_CANDIDATES_MAX);
    return ERR_OK;
}

static Err read_name(Reader *r, Str number, Str name)
{
    Preflib *f = r->state;
    if (!f->alternatives) return reader_fail(r, ERR_INPUT, number.ptr, S("a name"), "'# NUMBER ALTERNATIVES:' before the first name");
    int64_t n;
    Err e = read_number(r, number, 1, f->alternatives, "the number of an alternative", &n);
    if (!e) e = reader_check_name(r, name.ptr, name, "candidate");
    if (e) return e;
    int before = r->papers->candidate_count;
    int candidate = papers_candidate(r->papers, name);
    if (candidate < 0) return reader_fail(r, ERR_LIMIT, name.ptr, (Str){0}, "more than %d candidates", PAPERS_CANDIDATES_MAX);
    bool taken = f->candidates[n - 1] >= 0;
    for (int i = 0; candidate < before && i < f->alternatives; i++) taken |= f->candidates[i] == candidate;
    if (taken) return reader_fail(r, ERR_INPUT, name.ptr, reader_quote(r, name, "name"), "one name for each alternative, no name twice");
    f->candidates[n - 1] = candidate;
    return ERR_OK;
}

/* The text after `key` when the comment is about it. */
static bool is_about(Str comment, Str key, Str *ret_value)
{
    if (!str_starts(comment, key)) return false;
    *ret_value = str_trim(str_slice(comment, key.len, comment.len));
    return true;
}

static Err read_voters(Reader *r, Str value)
{
    Preflib *f = r->state;
    Err e = read_number(r, value, 0, PAPERS_TOTAL_MAX, "a number of voters", &f->voters);
    f->voters_line = r->line;
    f->voters_column = value.ptr - r->row.ptr + 1;
    return e;
}

static Err read_comment(Reader *r, Str comment)
{
    Preflib *f = r->state;
    Str value, number, name;
    if (is_about(comment, S("NUMBER ALTERNATIVES:"), &value)) return read_alternatives(r, value);
    if (is_about(comment, S("NUMBER VOTERS:"), &value)) return read_voters(r, value);
    if (is_about(comment, S("ALTERNATIVE NAME "), &value)) {
        if (!str_cut(value, ':', &number, &name))
            return reader_fail(r, ERR_INPUT, value.ptr, reader_quote(r, value, "line"), "'# ALTERNATIVE NAME 1: NAME'");
        return read_name(r, str_trim(number), str_trim(name));
    }
    if (is_about(comment, S("DATA TYPE:"), &value) && !set_type(f, value))
        return reader_fail(r, ERR_INPUT, value.ptr, reader_quote(r, value, "value"), "a data type of rankings: soc, soi, toc or toi");
    if (is_about(comment, S("TITLE:"), &value)) return reader_title(r, value.ptr, value);
    if (is_about(comment, S("NOTE:"), &value)) return reader_note(r, value.ptr, value);
    if (is_about(comment, S("NUMBER SEATS:"), &value)) {
        int64_t seats;
        Err e = read_number(r, value, 1, PAPERS_CANDIDATES_MAX, "a number of seats", &seats);
        if (e) return e;
        if (!r->papers->seats) r->papers->seats = (int)seats;
    }
    return ERR_OK;
}

/* --- orders --- */

static Err check_names(Reader *r)
{
    Preflib *f = r->state;
    if (!f->alternatives)
        return reader_fail(
            r, ERR_INPUT, NULL, r->row.len ? S("an order") : S("the end of the file"), "'# NUMBER ALTERNATIVES:' before the first order");
    for (int i = 0; i < f->alternatives; i++)
        if (f->candidates[i] < 0)
            return reader_fail(r, ERR_INPUT, NULL, r->row.len ? S("an order") : S("the end of the file"),
                "'# ALTERNATIVE NAME %d: NAME' before the first order", i + 1);
    Err e = reader_fixed_section(r, &f->section);
    if (e) return e;
    /* Without a data type the ending of the file's name says it. */
    Str name = r->options.file_name;
    if (str_ends(name, S(".gz"))) name.len -= 3;
    if (!f->type.len && name.len > 3) set_type(f, str_slice(name, name.len - 3, name.len));
    f->checked = true;
    return ERR_OK;
}

typedef struct Cursor {
    const char *at, *end;
} Cursor;

static void skip_blanks(Cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t')) c->at++;
}

static bool skip_byte(Cursor *c, char byte)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != byte) return false;
    c->at++;
    return true;
}

/* What stands at the cursor, up to the next comma or brace: for messages. */
static Str found_at(Reader *r, const Cursor *c)
{
    const char *p = c->at;
    if (p == c->end) return S("the end of the line");
    do p++;
    while (p < c->end && *p != ',' && *p != '{' && *p != '}');
    return fault_quote(r->arena, str_trim((Str){c->at, (size_t)(p - c->at)}));
}

static Err read_candidate(Reader *r, Cursor *c, Mark equal, int *n)
{
    Preflib *f = r->state;
    skip_blanks(c);
    Str word = {c->at, 0};
    while (c->at + word.len < c->end && c->at[word.len] >= '0' && c->at[word.len] <= '9') word.len++;
    int64_t number;
    if (!str_to_i64(word, &number) || number < 1 || number > f->alternatives)
        return reader_fail(r, ERR_INPUT, c->at, found_at(r, c), "the number of a candidate, from 1 to %d", f->alternatives);
    if (*n == PAPERS_MARKS_MAX) return reader_fail(r, ERR_LIMIT, c->at, (Str){0}, "a paper may have at most %d marks", PAPERS_MARKS_MAX);
    int candidate = f->candidates[number - 1];
    f->seen[candidate] = r->line;
    f->marks[(*n)++] = (Mark)(candidate | equal);
    c->at += word.len;
    return ERR_OK;
}

static Err read_tied(Reader *r, Cursor *c, int *n)
{
    Preflib *f = r->state;
    if (!f->ties)
        return reader_fail(r, ERR_INPUT, c->at - 1, S("'{'"), "no equal ranks in a file of strict orders (.%.*s)", STR_ARG(f->type));
    Mark equal = 0;
    do {
        Err e = read_candidate(r, c, equal, n);
        if (e) return e;
        equal = (Mark)MARK_EQUAL;
    } while (skip_byte(c, ','));
    if (!skip_byte(c, '}')) return reader_fail(r, ERR_INPUT, c->at, found_at(r, c), "',' or '}'");
    return ERR_OK;
}

static Err read_order(Reader *r, Cursor *c, int *ret_n)
{
    do {
        Err e = skip_byte(c, '{') ? read_tied(r, c, ret_n) : read_candidate(r, c, 0, ret_n);
        if (e) return e;
    } while (skip_byte(c, ','));
    skip_blanks(c);
    if (c->at < c->end) return reader_fail(r, ERR_INPUT, c->at, found_at(r, c), "',' or the end of the line");
    return ERR_OK;
}

static Err check_complete(Reader *r, const char *at)
{
    Preflib *f = r->state;
    for (int i = 0; f->complete && i < f->alternatives; i++)
        if (f->seen[f->candidates[i]] != r->line)
            return reader_fail(r, ERR_INPUT, at, str_format(r->arena, "an order without %d", i + 1),
                "every candidate in every order of a complete file (.%.*s)", STR_ARG(f->type));
    return ERR_OK;
}

static Err preflib_line(Reader *r, Str line)
{
    Preflib *f = r->state;
    Str text = str_trim(line);
    if (text.len == 0) return ERR_OK;
    if (text.ptr[0] == '#') return read_comment(r, str_trim(str_slice(text, 1, text.len)));

    Err e = f->checked ? ERR_OK : check_names(r);
    if (e) return e;
    Str count, order;
    if (!str_cut(text, ':', &count, &order))
        return reader_fail(r, ERR_INPUT, text.ptr, fault_quote(r->arena, text), "an order such as '12: 3,1,2'");
    int64_t how_many;
    e = reader_how_many(r, text.ptr, str_trim(count), &how_many);
    if (e) return e;
    int n = 0;
    e = read_order(r, &(Cursor){order.ptr, order.ptr + order.len}, &n);
    if (!e) e = check_complete(r, str_trim(order).ptr);
    if (!e) e = reader_add(r, text.ptr, f->section, -1, f->marks, n, how_many, NULL);
    if (!e) f->total += how_many;
    return e;
}

static Err preflib_rows(Reader *r, Str text, bool last, size_t *ret_used)
{
    return reader_lines(r, text, last, ret_used, preflib_line);
}

static Err preflib_end(Reader *r)
{
    Preflib *f = r->state;
    r->row = (Str){0};
    Err e = f->checked ? ERR_OK : check_names(r);
    if (e) return e;
    if (f->voters >= 0 && f->voters != f->total)
        return fault_set(&r->fault, ERR_INPUT, f->voters_line, f->voters_column,
            str_format(r->arena, "NUMBER VOTERS to be the sum of the orders, %lld", (long long)f->total),
            str_format(r->arena, "%lld", (long long)f->voters));
    return ERR_OK;
}

const Parser preflib_parser = {.open = preflib_open, .rows = preflib_rows, .end = preflib_end};
