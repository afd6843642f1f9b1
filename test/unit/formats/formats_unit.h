/* formats_unit.h: what the tests of this room share: Papers as one line of text, and reading a literal.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * dump() shows everything there is in Papers, in its order:
 *
 *     title T; note N; seats 2; candidates Ada, Bo (withdrawn), Chair/Cy; sections MP 3; boxes W 5/1; papers 3@MP: Ada Bo=Cy - ?
 *
 * "-" is an empty rank, "?" an overvote; "5/1" five papers, one of them without a mark.
 */
#ifndef HUSTINGS_TEST_FORMATS_UNIT_H
#define HUSTINGS_TEST_FORMATS_UNIT_H

#include "core/unit.h"

#include "formats/formats.h"

static inline void dump_candidate(Buf *b, const Candidate *c)
{
    if (c->post.len) buf_format(b, "%.*s/", STR_ARG(c->post));
    buf_str(b, c->name);
}

static inline void dump_marks(Buf *b, const Papers *p, const PaperGroup *g)
{
    for (int k = 0; k < g->length; k++) {
        Mark mark = p->marks[g->first + (uint32_t)k];
        Mark who = mark & MARK_CANDIDATE;
        buf_byte(b, mark & MARK_EQUAL ? '=' : ' ');
        if (who == MARK_SKIPPED) buf_byte(b, '-');
        else if (who == MARK_OVERVOTE) buf_byte(b, '?');
        else dump_candidate(b, &p->candidates[who]);
    }
}

static inline Str dump(Arena *a, const Papers *p)
{
    Buf b = buf_new(a);
    if (p->title.len) buf_format(&b, "title %.*s; ", STR_ARG(p->title));
    if (p->note.len) buf_format(&b, "note %.*s; ", STR_ARG(p->note));
    if (p->seats) buf_format(&b, "seats %d; ", p->seats);
    buf_str(&b, S("candidates"));
    for (int i = 0; i < p->candidate_count; i++) {
        buf_str(&b, i ? S(", ") : S(" "));
        dump_candidate(&b, &p->candidates[i]);
        if (p->candidates[i].withdrawn) buf_str(&b, S(" (withdrawn)"));
    }
    for (int i = 0; i < p->section_count; i++)
        buf_format(&b, "%s %.*s %lld", i ? "," : "; sections", STR_ARG(p->sections[i].name), (long long)p->sections[i].papers);
    for (int i = 0; i < p->box_count; i++)
        buf_format(&b, "%s %.*s %lld/%lld", i ? "," : "; boxes", STR_ARG(p->boxes[i].name), (long long)p->boxes[i].papers,
            (long long)p->boxes[i].unmarked);
    int64_t total = 0;
    for (uint32_t i = 0; i < p->group_count; i++) {
        const PaperGroup *g = &p->groups[i];
        buf_format(&b, "%s %lld", i ? "," : "; papers", (long long)g->papers);
        if (g->section != PAPERS_NO_SECTION) buf_format(&b, "@%.*s", STR_ARG(p->sections[g->section].name));
        buf_byte(&b, ':');
        dump_marks(&b, p, g);
        total += g->papers;
    }
    ASSERT(total == p->total);
    return buf_done(&b);
}

static inline Err read_in_pieces(Reader *r, Str text, size_t piece)
{
    for (size_t at = 0; at < text.len; at += piece) {
        Err e = reader_feed(r, str_slice(text, at, at + piece < text.len ? at + piece : text.len));
        if (e) return e;
    }
    return reader_end(r);
}

/* The papers in `text` as dump() shows them, or the message. */
static inline Str read_as(Arena *a, const FormatOptions *options, Str text, size_t piece)
{
    Papers *p = papers_new(a);
    Fault fault = {0};
    Err e;
    if (piece) {
        Reader *r = reader_open(a, p, options);
        e = read_in_pieces(r, text, piece);
        fault = *reader_fault(r);
    } else {
        e = reader_load(a, p, options, text, &fault);
    }
    return e ? fault_text(a, &fault) : dump(a, p);
}

/* One row of a table: a text, and what comes of it, whichever way it is fed. */
typedef struct ReadCase {
    const char *name; /* of the file; its ending says the format */
    const char *text;
    const char *expected;
} ReadCase;

static inline void check_case(Arena *a, const ReadCase *c, bool posts)
{
    FormatOptions options = {.file_name = str_from_c(c->name), .posts = posts};
    Str text = str_from_c(c->text);
    static const size_t pieces[] = {0, 1, 7, SIZE_MAX / 2};
    for (int i = 0; i < COUNT_OF(pieces); i++) {
        Str got = read_as(a, &options, text, pieces[i]);
        if (str_equal(got, str_from_c(c->expected))) continue;
        print_error(
            "text:     \"%s\"\nin pieces of %zu\ngot:      \"%.*s\"\nexpected: \"%s\"\n", c->text, pieces[i], STR_ARG(got), c->expected);
        fail();
    }
}

static inline void check_cases(Arena *a, const ReadCase *cases, int count, bool posts)
{
    for (int i = 0; i < count; i++) check_case(a, &cases[i], posts);
}

#endif
