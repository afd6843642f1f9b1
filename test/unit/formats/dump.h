/* dump.h: Papers as one line of text, for tests that compare.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * dump() shows everything there is in Papers, in its order:
 *
 *     title T; note N; seats 2; candidates Ada, Bo (withdrawn), Chair/Cy; sections MP 3; boxes W 5/1; papers 3@MP: Ada Bo=Cy - ?
 *
 * "-" is an empty rank, "?" an overvote; "5/1" five papers, one of them without a mark.
 */
#ifndef HUSTINGS_TEST_FORMATS_DUMP_H
#define HUSTINGS_TEST_FORMATS_DUMP_H

#include "count/papers.h"

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

#endif
