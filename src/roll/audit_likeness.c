/* audit_likeness.c: one person under two names, or in two sections.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Only those are compared who were born on one day and share a telephone number, an e-mail address or a postcode: near enough to be asked about, and few enough that
 * 600,000 people take a second.
 */
#include "roll/audit_own.h"

#include "people/text.h"

#include <stdlib.h>

enum { BLOCK_MOST = 60, NAME_CHANGES = 2 };

typedef struct Keyed {
    uint64_t key;
    uint32_t row;
} Keyed;

typedef struct Likeness {
    Finder *f;
    Keyed *keyed;
    int keyed_count;
    uint64_t *pairs; /* of rows, the smaller first */
    int pair_count, pair_capacity;
} Likeness;

static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void key_row(Likeness *l, uint32_t row, uint32_t kind, Ref value)
{
    if (!value) return;
    uint64_t born = (uint32_t)l->f->r->rows[row].born;
    l->keyed[l->keyed_count++] = (Keyed){mixed(born << 34 ^ mixed((uint64_t)kind << 32 | value)), row};
}

static int by_key(const void *x, const void *y)
{
    const Keyed *a = x, *b = y;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static int by_number(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

static bool is_reached_alike(const RosterRow *x, const RosterRow *y)
{
    return (x->email && x->email == y->email) || (x->phone && x->phone == y->phone) || (x->address && x->address == y->address);
}

static bool names_are_near(const Roster *r, const RosterRow *x, const RosterRow *y)
{
    if (x->given == y->given && (x->family == y->family || is_reached_alike(x, y))) return true;
    int given = text_distance(roster_text(r, x->given), roster_text(r, y->given), NAME_CHANGES);
    return given + text_distance(roster_text(r, x->family), roster_text(r, y->family), NAME_CHANGES) <= NAME_CHANGES;
}

static void add_pair(Likeness *l, uint32_t x, uint32_t y)
{
    if (l->pair_count == l->pair_capacity) {
        int more = l->pair_capacity * 2 + 256;
        l->pairs = arena_grow(l->f->a, uint64_t, l->pairs, (size_t)l->pair_capacity, (size_t)more);
        l->pair_capacity = more;
    }
    l->pairs[l->pair_count++] = x < y ? (uint64_t)x << 32 | y : (uint64_t)y << 32 | x;
}

static void compare_block(Likeness *l, const Keyed *block, int count)
{
    const Roster *r = l->f->r;
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++) {
            const RosterRow *x = &r->rows[block[i].row], *y = &r->rows[block[j].row];
            if (x->person != y->person && x->born == y->born && names_are_near(r, x, y)) add_pair(l, block[i].row, block[j].row);
        }
}

static void find_pairs(Likeness *l)
{
    const Roster *r = l->f->r;
    for (int i = 0; i < r->count; i++) {
        const RosterRow *row = &r->rows[i];
        if (row->born == DAY_NONE) {
            l->f->audit->unlooked[AUDIT_TWO_NAMES]++;
            continue;
        }
        key_row(l, (uint32_t)i, 1, row->email);
        key_row(l, (uint32_t)i, 2, row->phone);
        key_row(l, (uint32_t)i, 3, row->postcode);
    }
    qsort(l->keyed, (size_t)l->keyed_count, sizeof *l->keyed, by_key);
    for (int i = 0, j; i < l->keyed_count; i = j) {
        for (j = i + 1; j < l->keyed_count && l->keyed[j].key == l->keyed[i].key; j++) {
        }
        compare_block(l, l->keyed + i, j - i < BLOCK_MOST ? j - i : BLOCK_MOST);
    }
    if (l->pair_count) qsort(l->pairs, (size_t)l->pair_count, sizeof *l->pairs, by_number);
}

static bool counts_now(const Finder *f, const RosterRow *row)
{
    Day day = f->rules->freeze == DAY_NONE ? INT32_MAX : f->rules->freeze;
    return roster_status(f->r, row, day) == STATUS_ACTIVE;
}

static void tell_pair(Finder *f, uint64_t pair)
{
    uint32_t rows[2] = {(uint32_t)(pair >> 32), (uint32_t)pair};
    const RosterRow *x = &f->r->rows[rows[0]], *y = &f->r->rows[rows[1]];
    AuditCheck check = x->section == y->section ? AUDIT_TWO_NAMES : AUDIT_TWO_SECTIONS;
    if (!f->rules->asked[check]) return;
    Str one = roster_text(f->r, x->person), other = roster_text(f->r, y->person);
    bool both = counts_now(f, x) && counts_now(f, y);
    AuditQuestion *q = ask(f, check, both ? AUDIT_QUESTION : AUDIT_NOTE, rows, 2,
        str_compare(one, other) < 0 ? str_format(f->a, "%.*s and %.*s", STR_ARG(one), STR_ARG(other))
                                    : str_format(f->a, "%.*s and %.*s", STR_ARG(other), STR_ARG(one)));
    q->because = str_format(f->a, "Born on one day, with the same %s, and names that are near.%s",
        x->email && x->email == y->email   ? "e-mail address"
        : x->phone && x->phone == y->phone ? "telephone number"
                                           : "postcode",
        both ? "" : " One of the two is no member now.");
}

static uint32_t person_of(const RosterRow *row)
{
    return row->person;
}

static uint32_t section_of(const RosterRow *row)
{
    return row->section;
}

static void count_sections(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    if (count_different(f, rows, count, section_of) < 2) return;
    AuditQuestion *q = ask(f, check, AUDIT_NOTE, rows, count, roster_text(f->r, f->r->rows[rows[0]].person));
    q->because = str_format(f->a, "One entry of the list with %d memberships in different sections.", count);
}

void audit_likeness(Finder *f)
{
    Likeness l = {.f = f};
    l.keyed = malloc(((size_t)f->r->count * 3 + 1) * sizeof *l.keyed);
    if (!l.keyed) out_of_memory((size_t)f->r->count * 3 * sizeof *l.keyed);
    find_pairs(&l);
    free(l.keyed);
    for (int i = 0; i < l.pair_count; i++)
        if (i == 0 || l.pairs[i] != l.pairs[i - 1]) tell_pair(f, l.pairs[i]);
    if (f->rules->asked[AUDIT_TWO_SECTIONS]) group_rows(f, AUDIT_TWO_SECTIONS, person_of, count_sections);
}
