/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "count/papers.h"

#include "core/num.h"

#include <sodium/crypto_shorthash.h>
#include <sodium/randombytes.h>
#include <stdlib.h>
#include <string.h>

/* Names are few (at most PAPERS_BOXES_MAX boxes) and looked up for every new line, so each kind has a hash table
 * of indexes + 1; 0 is an empty slot. All tables are powers of two, at most half full. */
typedef struct SlotTable {
    uint32_t *slots;
    uint32_t capacity;
} SlotTable;

/* A group's slot holds its hash beside it: most of a table of 300,000 groups is far from the processor, and what is
 * compared first should be near. */
typedef struct GroupSlot {
    uint32_t group; /* index + 1 */
    uint32_t hash;
} GroupSlot;

typedef struct PapersIndex {
    SlotTable candidates, sections, boxes;
    GroupSlot *group_slots;
    uint32_t group_slot_count;
    uint32_t group_capacity;
    uint32_t mark_capacity;
    int box_capacity;
    int candidate_capacity;
    bool renumbered; /* candidates have other numbers now: the group slots must be made anew before the next paper */
    unsigned char key[crypto_shorthash_KEYBYTES];
} PapersIndex;

/* SipHash with a key drawn for these papers: nobody can write a file whose papers all fall into one slot. The key decides nothing but
 * slots; groups and names keep the order in which they came. */
static uint64_t hash_bytes(const PapersIndex *x, const void *bytes, size_t len)
{
    static const unsigned char nothing[1];
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, len ? bytes : nothing, len, x->key);
    return hash;
}

static void *grow_or_stop(void *old, size_t size, size_t n)
{
    size_t total;
    if (__builtin_mul_overflow(size, n, &total)) out_of_memory(SIZE_MAX);
    void *grown = realloc(old, total);
    if (!grown) out_of_memory(total);
    return grown;
}

static void table_free(SlotTable *t)
{
    free(t->slots);
}

static void papers_free(void *object)
{
    Papers *p = object;
    table_free(&p->index->candidates);
    table_free(&p->index->sections);
    table_free(&p->index->boxes);
    free(p->index->group_slots);
    free(p->groups);
    free(p->marks);
    free(p->boxes);
}

enum { FIRST_CANDIDATES = 16 };

Papers *papers_new(Arena *a)
{
    Papers *p = arena_new(a, Papers, 1);
    p->arena = a;
    p->index = arena_new(a, PapersIndex, 1);
    randombytes_buf(p->index->key, sizeof p->index->key);
    p->index->candidate_capacity = FIRST_CANDIDATES;
    p->candidates = arena_new(a, Candidate, FIRST_CANDIDATES);
    p->sections = arena_new(a, Section, PAPERS_SECTIONS_MAX);
    arena_on_clear(a, papers_free, p);
    return p;
}

/* --- names --- */

typedef Str NameOf(const Papers *p, uint32_t i);

static Str candidate_name(const Papers *p, uint32_t i)
{
    return p->candidates[i].name;
}

static Str section_name(const Papers *p, uint32_t i)
{
    return p->sections[i].name;
}

static Str box_name(const Papers *p, uint32_t i)
{
    return p->boxes[i].name;
}

static bool same_candidate(const Papers *p, uint32_t i, Str post, Str name)
{
    return str_equal(p->candidates[i].name, name) && str_equal(p->candidates[i].post, post);
}

/* The slot that holds `name`, or the empty one where it belongs. The table must not be full. */
static uint32_t *find_name(const Papers *p, const SlotTable *t, NameOf *name_of, Str post, Str name)
{
    uint32_t mask = t->capacity - 1;
    uint32_t at = (uint32_t)hash_bytes(p->index, name.ptr, name.len) & mask;
    while (t->slots[at]) {
        uint32_t i = t->slots[at] - 1;
        bool same = name_of == candidate_name ? same_candidate(p, i, post, name) : str_equal(name_of(p, i), name);
        if (same) break;
        at = (at + 1) & mask;
    }
    return &t->slots[at];
}

/* Make room for one more name beside the `n` that are there. */
static void reserve_name(const Papers *p, SlotTable *t, NameOf *name_of, uint32_t n)
{
    if (t->capacity > 2 * n + 1) return;
    t->capacity = t->capacity ? t->capacity * 2 : 64;
    free(t->slots);
    t->slots = grow_or_stop(NULL, sizeof *t->slots, t->capacity);
    memset(t->slots, 0, sizeof *t->slots * t->capacity);
    for (uint32_t i = 0; i < n; i++) {
        Str post = name_of == candidate_name ? p->candidates[i].post : (Str){0};
        *find_name(p, t, name_of, post, name_of(p, i)) = i + 1;
    }
}

int papers_find_candidate(const Papers *p, Str name)
{
    for (int i = 0; i < p->candidate_count; i++)
        if (str_equal(p->candidates[i].name, name)) return i;
    return -1;
}

int papers_find_section(const Papers *p, Str name)
{
    for (int i = 0; i < p->section_count; i++)
        if (str_equal(p->sections[i].name, name)) return i;
    return -1;
}

int papers_candidate(Papers *p, Str name)
{
    return papers_post_candidate(p, (Str){0}, name);
}

int papers_post_candidate(Papers *p, Str post, Str name)
{
    SlotTable *t = &p->index->candidates;
    reserve_name(p, t, candidate_name, (uint32_t)p->candidate_count);
    uint32_t *slot = find_name(p, t, candidate_name, post, name);
    if (*slot) return (int)*slot - 1;
    if (p->candidate_count == PAPERS_CANDIDATES_MAX) return -1;
    if (p->candidate_count == p->index->candidate_capacity) {
        size_t capacity = (size_t)p->index->candidate_capacity;
        p->candidates = arena_grow(p->arena, Candidate, p->candidates, capacity, 2 * capacity);
        p->index->candidate_capacity *= 2;
    }
    p->candidates[p->candidate_count++] = (Candidate){.name = str_copy(p->arena, name), .post = str_copy(p->arena, post)};
    *slot = (uint32_t)p->candidate_count;
    return p->candidate_count - 1;
}

int papers_section(Papers *p, Str name)
{
    SlotTable *t = &p->index->sections;
    reserve_name(p, t, section_name, (uint32_t)p->section_count);
    uint32_t *slot = find_name(p, t, section_name, (Str){0}, name);
    if (*slot) return (int)*slot - 1;
    if (p->section_count == PAPERS_SECTIONS_MAX) return -1;
    p->sections[p->section_count++] = (Section){.name = str_copy(p->arena, name)};
    *slot = (uint32_t)p->section_count;
    return p->section_count - 1;
}

int papers_box(Papers *p, Str name)
{
    SlotTable *t = &p->index->boxes;
    reserve_name(p, t, box_name, (uint32_t)p->box_count);
    uint32_t *slot = find_name(p, t, box_name, (Str){0}, name);
    if (*slot) return (int)*slot - 1;
    if (p->box_count == PAPERS_BOXES_MAX) return -1;
    if (p->box_count == p->index->box_capacity) {
        p->index->box_capacity = p->index->box_capacity ? p->index->box_capacity * 2 : 64;
        p->boxes = grow_or_stop(p->boxes, sizeof *p->boxes, (size_t)p->index->box_capacity);
    }
    p->boxes[p->box_count++] = (Box){.name = str_copy(p->arena, name)};
    *slot = (uint32_t)p->box_count;
    return p->box_count - 1;
}

/* Does `note` stand in the joined notes as one of them, not as a part of one? */
static bool has_note(Str notes, Str note)
{
    for (size_t i = 0; i + note.len <= notes.len; i++) {
        bool begins = i == 0 || str_ends(str_slice(notes, 0, i), S("; "));
        Str rest = str_slice(notes, i, notes.len);
        bool ends = rest.len == note.len || str_starts(str_slice(rest, note.len, rest.len), S("; "));
        if (begins && ends && str_starts(rest, note)) return true;
    }
    return false;
}

void papers_add_note(Papers *p, Str note)
{
    if (!note.len || has_note(p->note, note)) return;
    p->note = p->note.len ? str_format(p->arena, "%.*s; %.*s", STR_ARG(p->note), STR_ARG(note)) : str_copy(p->arena, note);
}

/* --- groups --- */

static uint32_t hash_group(const Papers *p, int section, const Mark *marks, int mark_count)
{
    uint64_t hash = hash_bytes(p->index, marks, sizeof *marks * (size_t)mark_count);
    return (uint32_t)((hash + (uint64_t)section * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

static GroupSlot *find_group(const Papers *p, uint32_t hash, int section, const Mark *marks, int mark_count)
{
    uint32_t mask = p->index->group_slot_count - 1;
    GroupSlot *slot = &p->index->group_slots[hash & mask];
    for (uint32_t at = hash; slot->group; slot = &p->index->group_slots[++at & mask]) {
        if (slot->hash != hash) continue;
        const PaperGroup *g = &p->groups[slot->group - 1];
        if (g->length == mark_count && g->section == section &&
            (mark_count == 0 || memcmp(p->marks + g->first, marks, sizeof *marks * (size_t)mark_count) == 0))
            break;
    }
    return slot;
}

static void grow_group_slots(PapersIndex *x)
{
    uint32_t count = x->group_slot_count ? x->group_slot_count * 2 : 1024;
    GroupSlot *slots = grow_or_stop(NULL, sizeof *slots, count);
    memset(slots, 0, sizeof *slots * count);
    for (uint32_t i = 0; i < x->group_slot_count; i++) {
        if (!x->group_slots[i].group) continue;
        uint32_t at = x->group_slots[i].hash & (count - 1);
        while (slots[at].group) at = (at + 1) & (count - 1);
        slots[at] = x->group_slots[i];
    }
    free(x->group_slots);
    x->group_slots = slots;
    x->group_slot_count = count;
}

static void reindex_groups(Papers *p)
{
    PapersIndex *x = p->index;
    memset(x->group_slots, 0, sizeof *x->group_slots * x->group_slot_count);
    for (uint32_t i = 0; i < p->group_count; i++) {
        const PaperGroup *g = &p->groups[i];
        uint32_t hash = hash_group(p, g->section, p->marks + g->first, g->length);
        uint32_t at = hash & (x->group_slot_count - 1);
        while (x->group_slots[at].group) at = (at + 1) & (x->group_slot_count - 1);
        x->group_slots[at] = (GroupSlot){.group = i + 1, .hash = hash};
    }
    x->renumbered = false;
}

static void reserve_group(Papers *p, int mark_count)
{
    PapersIndex *x = p->index;
    if (p->group_count == x->group_capacity) {
        x->group_capacity = x->group_capacity ? x->group_capacity * 2 : 256;
        p->groups = grow_or_stop(p->groups, sizeof *p->groups, x->group_capacity);
    }
    while (x->mark_capacity - p->mark_count < (uint32_t)mark_count || !p->marks) {
        uint64_t wanted = x->mark_capacity ? (uint64_t)x->mark_capacity * 2 : 4096;
        x->mark_capacity = wanted > UINT32_MAX ? UINT32_MAX : (uint32_t)wanted;
        p->marks = grow_or_stop(p->marks, sizeof *p->marks, x->mark_capacity);
    }
    if (x->renumbered) reindex_groups(p);
    if (x->group_slot_count <= 2 * p->group_count + 1) grow_group_slots(x);
}

static bool is_unmarked(const Mark *marks, int mark_count)
{
    for (int i = 0; i < mark_count; i++)
        if ((marks[i] & MARK_CANDIDATE) != MARK_SKIPPED) return false;
    return true;
}

Err papers_add(Papers *p, int section, int box, const Mark *marks, int mark_count, int64_t how_many, uint32_t *ret_group)
{
    ASSERT(section == PAPERS_NO_SECTION || (section >= 0 && section < p->section_count));
    if (mark_count > PAPERS_MARKS_MAX || p->mark_count > UINT32_MAX - (uint32_t)mark_count || p->group_count >= UINT32_MAX / 4)
        return ERR_LIMIT;
    if (how_many < 0 || how_many > PAPERS_TOTAL_MAX - p->total) return ERR_LIMIT;
    reserve_group(p, mark_count);
    uint32_t hash = hash_group(p, section, marks, mark_count);
    GroupSlot *slot = find_group(p, hash, section, marks, mark_count);
    if (!slot->group) {
        p->groups[p->group_count] = (PaperGroup){.first = p->mark_count, .length = (uint16_t)mark_count, .section = (uint16_t)section};
        if (mark_count) memcpy(p->marks + p->mark_count, marks, sizeof *marks * (size_t)mark_count);
        p->mark_count += (uint32_t)mark_count;
        *slot = (GroupSlot){.group = ++p->group_count, .hash = hash};
    }
    if (ret_group) *ret_group = slot->group - 1;
    return papers_add_again(p, slot->group - 1, box, how_many);
}

Err papers_add_again(Papers *p, uint32_t group, int box, int64_t how_many)
{
    PaperGroup *g = &p->groups[group];
    if (how_many < 0 || how_many > PAPERS_TOTAL_MAX - p->total) return ERR_LIMIT;
    g->papers += how_many;
    p->total += how_many;
    if (g->section != PAPERS_NO_SECTION) p->sections[g->section].papers += how_many;
    if (box >= 0) {
        p->boxes[box].papers += how_many;
        if (is_unmarked(p->marks + g->first, g->length)) p->boxes[box].unmarked += how_many;
    }
    return ERR_OK;
}

/* --- order of candidates --- */

static int compare_candidates(const void *left, const void *right)
{
    const Candidate *x = left, *y = right;
    int order = str_compare(x->post, y->post);
    return order ? order : str_compare(x->name, y->name);
}

static void sort_candidates(Papers *p)
{
    int n = p->candidate_count;
    Candidate *before = arena_grow(p->arena, Candidate, p->candidates, (size_t)n, (size_t)n);
    qsort(p->candidates, (size_t)n, sizeof *p->candidates, compare_candidates);
    SlotTable *t = &p->index->candidates;
    if (t->capacity) memset(t->slots, 0, sizeof *t->slots * t->capacity);
    for (int i = 0; i < n; i++) *find_name(p, t, candidate_name, p->candidates[i].post, p->candidates[i].name) = (uint32_t)i + 1;
    int *now = arena_new(p->arena, int, (size_t)n);
    for (int i = 0; i < n; i++) now[i] = (int)*find_name(p, t, candidate_name, before[i].post, before[i].name) - 1;
    for (uint32_t i = 0; i < p->mark_count; i++) {
        int who = p->marks[i] & MARK_CANDIDATE;
        if (who < MARK_OVERVOTE) p->marks[i] = (Mark)(now[who] | (p->marks[i] & MARK_EQUAL));
    }
}

static int compare_sections(const void *left, const void *right)
{
    const Section *x = left, *y = right;
    return str_compare(x->name, y->name);
}

static void sort_sections(Papers *p)
{
    int n = p->section_count;
    Section *before = arena_grow(p->arena, Section, p->sections, (size_t)n, (size_t)n);
    qsort(p->sections, (size_t)n, sizeof *p->sections, compare_sections);
    SlotTable *t = &p->index->sections;
    if (t->capacity) memset(t->slots, 0, sizeof *t->slots * t->capacity);
    for (int i = 0; i < n; i++) *find_name(p, t, section_name, (Str){0}, p->sections[i].name) = (uint32_t)i + 1;
    uint16_t now[PAPERS_SECTIONS_MAX];
    for (int i = 0; i < n; i++) now[i] = (uint16_t)(*find_name(p, t, section_name, (Str){0}, before[i].name) - 1);
    for (uint32_t i = 0; i < p->group_count; i++)
        if (p->groups[i].section != PAPERS_NO_SECTION) p->groups[i].section = now[p->groups[i].section];
}

void papers_settle_order(Papers *p)
{
    if (p->candidates_found) sort_candidates(p);
    if (p->sections_found) sort_sections(p);
    if (p->candidates_found || p->sections_found) p->index->renumbered = p->group_count > 0;
    p->candidates_found = p->sections_found = false;
}

/* --- merging --- */

static Err merge_names(Papers *p, const Papers *from, int *candidate_map, Fault *fault)
{
    for (int i = 0; i < from->candidate_count; i++) {
        const Candidate *c = &from->candidates[i];
        candidate_map[i] = papers_post_candidate(p, c->post, c->name);
        if (candidate_map[i] < 0)
            return fault_setf(
                fault, p->arena, ERR_LIMIT, "more than %d candidates; one contest may have at most that many", PAPERS_CANDIDATES_MAX);
        if (c->withdrawn) p->candidates[candidate_map[i]].withdrawn = true;
    }
    for (int i = 0; i < from->box_count; i++) {
        int box = papers_box(p, from->boxes[i].name);
        if (box < 0) return fault_setf(fault, p->arena, ERR_LIMIT, "more than %d boxes", PAPERS_BOXES_MAX);
        p->boxes[box].papers += from->boxes[i].papers;
        p->boxes[box].unmarked += from->boxes[i].unmarked;
    }
    return ERR_OK;
}

Err papers_merge(Papers *p, const Papers *from, Str section, Fault *fault)
{
    int *candidate_map = arena_new(p->arena, int, (size_t)from->candidate_count);
    Err e = merge_names(p, from, candidate_map, fault);
    if (e) return e;
    if (!p->title.len) p->title = str_copy(p->arena, from->title);
    papers_add_note(p, from->note);
    p->candidates_found |= from->candidates_found;
    p->sections_found |= from->sections_found;
    if (!p->seats) p->seats = from->seats;

    /* Declared sections come along even when no paper is in them. */
    int section_map[PAPERS_SECTIONS_MAX];
    int only = section.len ? papers_section(p, section) : PAPERS_NO_SECTION;
    if (only < 0) return fault_setf(fault, p->arena, ERR_LIMIT, "more than %d sections", PAPERS_SECTIONS_MAX);
    for (int i = 0; i < from->section_count; i++) {
        section_map[i] = section.len ? only : papers_section(p, from->sections[i].name);
        if (section_map[i] < 0) return fault_setf(fault, p->arena, ERR_LIMIT, "more than %d sections", PAPERS_SECTIONS_MAX);
    }

    Mark marks[PAPERS_MARKS_MAX];
    for (uint32_t i = 0; i < from->group_count; i++) {
        const PaperGroup *g = &from->groups[i];
        for (int k = 0; k < g->length; k++) {
            Mark m = from->marks[g->first + (uint32_t)k];
            int who = m & MARK_CANDIDATE;
            marks[k] = who >= MARK_OVERVOTE ? m : (Mark)(candidate_map[who] | (m & MARK_EQUAL));
        }
        int to = g->section == PAPERS_NO_SECTION ? only : section_map[g->section];
        e = papers_add(p, to, -1, marks, g->length, g->papers, NULL);
        if (e) return fault_setf(fault, p->arena, e, "more than %lld papers in one contest", (long long)PAPERS_TOTAL_MAX);
    }
    return ERR_OK;
}

Papers *papers_of_section(Arena *a, const Papers *p, int section)
{
    Papers *own = papers_new(a);
    own->title = p->title;
    own->note = p->note;
    own->seats = p->seats;
    for (int c = 0; c < p->candidate_count; c++) {
        int same = papers_post_candidate(own, p->candidates[c].post, p->candidates[c].name);
        ASSERT(same == c);
        own->candidates[c].withdrawn = p->candidates[c].withdrawn;
    }
    int only = papers_section(own, p->sections[section].name);
    for (uint32_t i = 0; i < p->group_count; i++) {
        const PaperGroup *g = &p->groups[i];
        if (g->section != section) continue;
        Err e = papers_add(own, only, -1, p->marks + g->first, g->length, g->papers, NULL);
        ASSERT(e == ERR_OK); /* a part of papers that were within the limits */
    }
    return own;
}
