/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "count/ranking.h"

#include <string.h>

/* One paper being read. `seen` holds the number of the paper that last ranked a candidate, so it need not be cleared. */
typedef struct Scribe {
    const Papers *papers;
    const PaperRules *rules;
    uint32_t *seen;
    uint32_t paper;
    Mark *out;
    int length;
    Rejected head; /* if nothing is ranked in the end */
} Scribe;

static bool names_nobody(Mark mark)
{
    return (mark & MARK_CANDIDATE) >= MARK_OVERVOTE;
}

/* Copy a paper's marks without withdrawn names: a rank that held nothing else disappears. */
static int without_withdrawn(const Papers *p, const PaperGroup *g, Mark *ret_marks, bool *ret_named_withdrawn)
{
    int n = 0;
    bool rank_kept = false; /* is a mark of the present rank in ret_marks? */
    *ret_named_withdrawn = false;
    for (int i = 0; i < g->length; i++) {
        Mark mark = p->marks[g->first + (uint32_t)i];
        if (!(mark & MARK_EQUAL)) rank_kept = false;
        if (!names_nobody(mark) && p->candidates[mark & MARK_CANDIDATE].withdrawn) {
            *ret_named_withdrawn = true;
            continue;
        }
        ret_marks[n++] = (Mark)((mark & MARK_CANDIDATE) | (rank_kept ? MARK_EQUAL : 0));
        rank_kept = true;
    }
    while (n && ret_marks[n - 1] == MARK_SKIPPED) n--;
    return n;
}

/* End of the rank that begins at `i`. */
static int rank_end(const Mark *marks, int n, int i)
{
    do i++;
    while (i < n && (marks[i] & MARK_EQUAL));
    return i;
}

typedef enum RankKind { RANK_EMPTY, RANK_ONE_NAME, RANK_SEVERAL_NAMES, RANK_OVERVOTE } RankKind;

static RankKind rank_kind(const Mark *marks, int from, int to)
{
    RankKind kind = RANK_EMPTY;
    int first = -1;
    for (int i = from; i < to; i++) {
        int who = marks[i] & MARK_CANDIDATE;
        if (who == MARK_OVERVOTE) return RANK_OVERVOTE;
        if (who == MARK_SKIPPED || who == first) continue;
        kind = first < 0 ? RANK_ONE_NAME : RANK_SEVERAL_NAMES;
        if (first < 0) first = who;
    }
    return kind;
}

/* Take the names of one rank into the ranking; false when reading ends here (a duplicate under `exhaust`). */
static bool take_rank(Scribe *s, const Mark *marks, int from, int to)
{
    int before = s->length;
    for (int i = from; i < to; i++) {
        int who = marks[i] & MARK_CANDIDATE;
        if (who == MARK_SKIPPED) continue;
        bool same_rank_twice = false;
        for (int k = from; k < i; k++) same_rank_twice |= (marks[k] & MARK_CANDIDATE) == who;
        if (same_rank_twice) continue;
        if (s->seen[who] == s->paper) {
            if (!s->rules->duplicate_exhausts) continue;
            s->length = before;
            return false;
        }
        s->out[s->length] = (Mark)(who | (s->length > before ? MARK_EQUAL : 0));
        s->length++;
    }
    for (int i = before; i < s->length; i++) s->seen[s->out[i] & MARK_CANDIDATE] = s->paper;
    return true;
}

static void read_ranking(Scribe *s, const Mark *marks, int n)
{
    const PaperRules *rules = s->rules;
    int skips = 0, ranks = 0;
    for (int i = 0; i < n;) {
        int end = rank_end(marks, n, i);
        if (rules->max_ranks && ++ranks > rules->max_ranks) return;
        RankKind kind = rank_kind(marks, i, end);
        if (kind == RANK_EMPTY) {
            if (rules->skipped_exhausts && ++skips > rules->skipped_ranks_allowed) return;
        } else if (kind == RANK_OVERVOTE || (kind == RANK_SEVERAL_NAMES && !rules->equal_ranks_allowed)) {
            skips = 0;
            s->head = REJECTED_OVERVOTE;
            if (rules->overvote_exhausts) return;
        } else {
            skips = 0;
            if (!take_rank(s, marks, i, end)) return;
        }
        i = end;
    }
}

/* Crosses: every name once, order and gaps without meaning; too many of them spoil the paper. */
static void read_set(Scribe *s, const Mark *marks, int n, int set_max)
{
    int ranks = 0;
    for (int i = 0; i < n; i++) {
        if (!(marks[i] & MARK_EQUAL)) ranks++;
        if (s->rules->max_ranks && ranks > s->rules->max_ranks) break;
        int who = marks[i] & MARK_CANDIDATE;
        if (who == MARK_SKIPPED) continue;
        bool too_many = who == MARK_OVERVOTE || (s->seen[who] != s->paper && s->length == set_max);
        if (too_many) {
            s->length = 0;
            s->head = REJECTED_OVERVOTE;
            return;
        }
        if (s->seen[who] == s->paper) continue;
        s->seen[who] = s->paper;
        s->out[s->length++] = (Mark)who;
    }
}

Rankings rankings_new(Arena *a, const Papers *p, const PaperRules *rules, int set_max)
{
    Rankings r = {
        .marks = arena_new(a, Mark, (size_t)p->mark_count + PAPERS_MARKS_MAX),
        .items = arena_new(a, Ranking, p->group_count),
    };
    Scribe s = {.papers = p, .rules = rules, .seen = arena_new(a, uint32_t, (size_t)p->candidate_count + 1)};
    uint32_t used = 0;
    Mark marks[PAPERS_MARKS_MAX];
    for (uint32_t i = 0; i < p->group_count; i++) {
        const PaperGroup *g = &p->groups[i];
        bool named_withdrawn;
        int n = without_withdrawn(p, g, marks, &named_withdrawn);
        s.paper = i + 1;
        s.out = r.marks + used;
        s.length = 0;
        s.head = n ? REJECTED_SKIPPED : named_withdrawn ? REJECTED_WITHDRAWN : REJECTED_UNMARKED;
        if (set_max) read_set(&s, marks, n, set_max);
        else read_ranking(&s, marks, n);
        if (s.length) {
            r.items[r.count++] = (Ranking){.first = used, .length = (uint16_t)s.length, .section = g->section, .papers = g->papers};
            used += (uint32_t)s.length;
            r.valid += g->papers;
        } else {
            r.rejected[s.head] += g->papers;
        }
    }
    return r;
}
