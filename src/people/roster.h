/* roster.h: all memberships at once, in memory, made small: what a roll is made from and an audit reads.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * 600,000 memberships take about 150 MB. Texts are numbers (Ref) into one pool in which equal texts have equal numbers, so grouping is comparing numbers.
 * The same whether they come from a CSV file (no server) or from the store (one snapshot).
 * Pure but for roster_from_store. One thread builds it; any may read it afterwards.
 */
#ifndef HUSTINGS_PEOPLE_ROSTER_H
#define HUSTINGS_PEOPLE_ROSTER_H

#include "people/person.h"
#include "people/table.h"

typedef uint32_t Ref; /* a text of the pool; 0: empty */

typedef struct RosterSpell {
    Day since; /* DAY_NONE: not known */
    Status status;
    Ref reason;
} RosterSpell;

typedef struct RosterRow {
    int64_t line;                            /* of the file; 0 from the store */
    Ref person;                              /* the person's id in the store, or `id` of the file, or "line N" */
    Ref id;                                  /* as the organisation's own list has it; 0: none */
    Ref name;                                /* as written */
    Ref given, family;                       /* folded (text.h), for comparing; one-column names: the last word is the family name */
    Ref email, phone, phone_other, postcode; /* emails in lower case; numbers E.164 */
    Ref address;                             /* folded: street, locality, postcode */
    Ref unit, section, class;                /* unit: slug */
    Ref payer, bank, method, recruiter, mandate, signature, device; /* folded */
    Day born, joined, recorded, first_receipt, paid_until, declared;
    uint32_t spell, spell_count; /* in Roster.spells, oldest first; none: active since `joined` when status is active or not given */
} RosterRow;

typedef struct RosterUnit {
    Ref slug, name, kind;
    int above; /* index; -1: none, or not known */
} RosterUnit;

typedef struct Roster {
    Arena *a;
    RosterRow *rows;
    int count, capacity;
    RosterSpell *spells;
    int spell_count, spell_capacity;
    RosterUnit *units; /* every one that a row names, and those above */
    int unit_count;
    struct RosterPool *pool;
} Roster;

/* Its arrays are freed when the arena is cleared. */
Roster *roster_new(Arena *a);
Ref roster_ref(Roster *r, Str text);
Str roster_text(const Roster *r, Ref ref);
/* The unit's index; made when it is new. */
int roster_unit(Roster *r, Str slug);
/* A row as the table has it (checked values). */
void roster_add(Roster *r, const TableRow *row);
/* The same for values that are settled (person.h): `person` as RosterRow has it. `scratch` may be recycled after it. */
void roster_add_values(Roster *r, Arena *scratch, int64_t line, Str person, const Values *settled);
/* The status on a day: STATUS_NONE before the first spell. */
Status roster_status(const Roster *r, const RosterRow *row, Day day);

/* Read a whole file (plain or gzip). `units` may be empty: a file "slug,name,kind,above". Bad rows are told to `bad` and left out. */
typedef struct RosterFile {
    Str path, units;
    TableOptions options;
    void (*bad)(void *context, const TableRow *row);
    void *context;
} RosterFile;
NODISCARD Err roster_read(Arena *a, const RosterFile *file, Roster **ret_roster, int64_t *ret_bad, Fault *fault);
/* All memberships of the unit and below, those that ended too, in the order of their persons' ids. The caller has the snapshot. */
NODISCARD Err roster_from_store(Db *db, Arena *a, Str unit, Roster **ret_roster, Fault *fault);

#endif
