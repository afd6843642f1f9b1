/* rosters.h: rosters made by hand or by chance, for the tests of this room.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_TEST_ROSTERS_H
#define HUSTINGS_TEST_ROSTERS_H

#include "core/unit.h"

#include "roll/freeze.h"

static uint64_t seed = 1;

/* splitmix64: the same on every machine. */
static inline uint64_t chance(void)
{
    uint64_t z = (seed += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline int below(int most)
{
    return (int)(chance() % (uint64_t)most);
}

static inline void seeded(void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) ((uint8_t *)bytes)[i] = (uint8_t)chance();
}

static inline Day a_day(const char *iso)
{
    Day day;
    assert_true(day_read(str_from_c(iso), &day));
    return day;
}

/* A membership with these: "active 2012-01-03; lapsed 2013-01-03" as the spells. */
typedef struct Made {
    const char *person, *unit, *section, *class, *joined, *spells, *receipt, *paid, *declared;
} Made;

static inline Day day_or_none(const char *iso)
{
    return iso && *iso ? a_day(iso) : DAY_NONE;
}

static inline void spell_push(Roster *r, RosterSpell spell)
{
    if (r->spell_count == r->spell_capacity) {
        int capacity = r->spell_capacity ? 2 * r->spell_capacity : 64;
        RosterSpell *more = realloc(r->spells, (size_t)capacity * sizeof *more); /* the roster frees it */
        assert_non_null(more);
        r->spells = more;
        r->spell_capacity = capacity;
    }
    r->spells[r->spell_count++] = spell;
}

static inline RosterRow *row_push(Roster *r)
{
    if (r->count == r->capacity) {
        int capacity = r->capacity ? 2 * r->capacity : 64;
        RosterRow *more = realloc(r->rows, (size_t)capacity * sizeof *more);
        assert_non_null(more);
        r->rows = more;
        r->capacity = capacity;
    }
    RosterRow *row = &r->rows[r->count++];
    *row = (RosterRow){.line = r->count + 1, .spell = (uint32_t)r->spell_count};
    row->born = row->joined = row->recorded = row->first_receipt = row->paid_until = row->declared = DAY_NONE;
    return row;
}

static inline RosterRow *make_row(Roster *r, Made m)
{
    RosterRow *row = row_push(r);
    int unit = roster_unit(r, str_from_c(m.unit ? m.unit : "leeds")); /* which may move the units */
    row->person = roster_ref(r, str_from_c(m.person));
    row->name = roster_ref(r, str_format(r->a, "Name of %s", m.person));
    row->unit = r->units[unit].slug;
    row->section = roster_ref(r, str_from_c(m.section ? m.section : "members"));
    row->class = roster_ref(r, str_from_c(m.class ? m.class : "standard"));
    row->joined = day_or_none(m.joined);
    row->first_receipt = day_or_none(m.receipt);
    row->paid_until = day_or_none(m.paid);
    row->declared = day_or_none(m.declared);
    Str rest = str_from_c(m.spells ? m.spells : ""), one, word, day;
    while (rest.len) {
        str_cut(rest, ';', &one, &rest);
        str_cut(str_trim(one), ' ', &word, &day);
        spell_push(r, (RosterSpell){.since = day.len ? a_day(str_c(r->a, day)) : DAY_NONE, .status = status_of(word)});
        row->spell_count++;
    }
    return row;
}

static inline RollRules rules_of(Arena *a, const char *json)
{
    RollRules rules;
    Fault fault = {0};
    if (rules_read(a, str_from_c(json), &rules, &fault)) fail_msg("%s: %.*s", json, STR_ARG(fault_text(a, &fault)));
    return rules;
}

#endif
