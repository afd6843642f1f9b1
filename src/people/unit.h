/* unit.h: the organisation's units in a tree, and the roles that people hold on them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A unit has a slug that is its address and never changes, a name, a kind and at most one unit above it. A role is held by one person on one unit, counts
 *      for all units below it, has an end date, and is a power in the public record (role.given, role.ended): the officer is named there, and agreed to be.
 * Memory: results in the arena.
 */
#ifndef HUSTINGS_PEOPLE_UNIT_H
#define HUSTINGS_PEOPLE_UNIT_H

#include "people/person.h"
#include "record/act.h"

typedef struct Unit {
    Str slug, name, kind, above; /* kind: national region constituency branch union society other; above: slug, or empty at the top */
    int depth;                   /* 0 at the top */
} Unit;

enum { UNIT_SLUG_MAX = 80, UNIT_NAME_MAX = 120, UNIT_DEPTH_MAX = 12, ROLE_YEARS_MAX = 5 };
/* The kinds, ended by NULL: "national" first, "other" last. */
extern const char *const unit_kinds[];

NODISCARD Err unit_find(Db *db, Arena *a, Str slug, Unit *ret_unit);
/* What people call it; the slug when there is none of that address (any more), or it cannot be read. */
Str unit_name(Db *db, Arena *a, Str slug);
/* By slug, else by name within the scope, folded. ERR_MISSING; ERR_CONFLICT: several have that name. */
NODISCARD Err unit_named(Db *db, Arena *a, Scope scope, Str typed, Unit *ret_unit);
/* From the top to this one, this one included. */
NODISCARD Err unit_path(Db *db, Arena *a, Str slug, Unit **ret_units, int *ret_count);
/* Those just below, by name. Empty slug: those at the top. */
NODISCARD Err unit_below(Db *db, Arena *a, Str slug, Unit **ret_units, int *ret_count);
/* All of the scope, the one on top included, so that each comes after the one above it; at most 50,000. */
NODISCARD Err unit_under(Db *db, Arena *a, Scope scope, Unit **ret_units, int *ret_count);
/* Active memberships in it and below. */
NODISCARD Err unit_members(Db *db, Arena *a, Str slug, int64_t *ret_members);

/* How many memberships, in it and below, by what they are: no person can be told from them where they are many, so they are for officers alone. */
typedef struct UnitFigure {
    Str status, section, class;
    int64_t memberships;
} UnitFigure;
NODISCARD Err unit_figures(Db *db, Arena *a, Str slug, UnitFigure **ret_figures, int *ret_count);
/* Is `unit` `above` itself or below it? `above` empty: yes. */
NODISCARD Err unit_is_below(Db *db, Arena *a, Str unit, Str above, bool *ret_below);

/* Inside commands; each leaves a leaf, unit.changed, and announces the topic "units". ERR_INPUT, ERR_CONFLICT (slug taken; a loop), ERR_MISSING with a fault. */
NODISCARD Err unit_add(Db *db, Arena *a, const Unit *unit, Officer by, int64_t now, Fault *fault);
NODISCARD Err unit_rename(Db *db, Arena *a, Str slug, Str name, Str kind, Officer by, int64_t now, Fault *fault);
NODISCARD Err unit_move(Db *db, Arena *a, Str slug, Str above, Officer by, int64_t now, Fault *fault);
/* Many at once, each after the one above it, with one leaf that lists them; those that are there already with the same name, kind and place are passed over. *ret_added. `fault.line`
 * counts them from 1. Nothing to add: no leaf (LEAF_MAYBE). */
NODISCARD Err unit_add_all(Db *db, Arena *a, const Unit *units, int count, Officer by, int64_t now, int *ret_added, Fault *fault);

/* A list of units as CSV (RFC 4180, UTF-8; comma, semicolon or tab): a header with name and, in any order, slug (made of the name when it is not given), kind ("other"), above (a slug).
 * Pure. Each comes after the one above it, whatever the order of the file; `lines` are those of the file. ERR_INPUT with line and column. */
typedef struct UnitList {
    Unit *units;
    int64_t *lines;
    int count;
} UnitList;
NODISCARD Err unit_list_read(Arena *a, Str text, UnitList *ret_list, Fault *fault);

/* ---- roles ---- */

typedef enum RoleKind {
    ROLE_ORGANISER, /* campaigns: finds people by saved searches, sees how to reach them */
    ROLE_SECRETARY, /* keeps the list: sees, imports, changes, exports, merges */
    ROLE_RETURNING, /* returning officer: rolls and their audit */
    ROLE__COUNT
} RoleKind;
Str role_name(RoleKind kind);  /* "returning-officer" */
Str role_words(RoleKind kind); /* "returning officer" */
NODISCARD bool role_of(Str name, RoleKind *ret_kind);

typedef struct RoleHeld {
    Str id, person, name; /* name: of the officer, as the record has it */
    RoleKind kind;
    Str unit, unit_name;
    int64_t begun, until;
    int64_t leaf; /* that gave it */
} RoleHeld;

/* Those a person holds now. */
NODISCARD Err roles_of(Db *db, Arena *a, Str person, int64_t now, RoleHeld **ret_roles, int *ret_count);
/* Those held on a unit itself. */
NODISCARD Err roles_on(Db *db, Arena *a, Str unit, int64_t now, RoleHeld **ret_roles, int *ret_count);
/* Does she hold that role on the unit or on one above it? ERR_DENIED: no. *ret_officer: as acts name her (name, "secretary of Leeds"). */
NODISCARD Err role_holds(Db *db, Arena *a, Str person, RoleKind kind, Str unit, int64_t now, Officer *ret_officer);

/* Inside commands: each leaves a leaf. `name` is public for ever. */
NODISCARD Err role_give(Db *db, Arena *a, Str person, Str name, RoleKind kind, Str unit, int64_t until, Officer by, Str reason, int64_t now,
    Str *ret_id, Fault *fault);
/* ERR_MISSING: there is none, or it has ended. */
NODISCARD Err role_end(Db *db, Arena *a, Str id, Officer by, Str reason, int64_t now, Fault *fault);
/* One, in force or not. */
NODISCARD Err role_find(Db *db, Arena *a, Str id, RoleHeld *ret_role);
/* A Room's expire: roles whose time is over end, each with its leaf. LEAF_MAYBE. */
NODISCARD Err role_expire(Db *db, Command *command);

#endif
