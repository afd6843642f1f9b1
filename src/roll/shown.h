/* shown.h: what pages of rolls share. Private to roll's pages.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_ROLL_SHOWN_H
#define HUSTINGS_ROLL_SHOWN_H

#include "http/page.h"
#include "people/unit.h"
#include "roll/roll.h"

/* `roll` of a view: slug, title, unit, unit_name, unit_path, state, is_draft, is_frozen (also when released), is_released, version, freeze, freeze_words, months, rules (sentences), contest, contest_path,
 * path (public), desk (the officer's), mine (the member's). */
void shown_roll_put(Req *req, View *object, const Roll *roll);
/* A correction, without whom it is about. */
void shown_correction_put(Arena *a, View *object, const RollCorrection *correction);
/* version, count, count_words, root, frozen, frozen_words, freeze_words, by, role, entry, entry_path, published_path, hashes_path */
void shown_version_put(Arena *a, View *object, const Roll *roll, const RollVersion *version);
/* id, kind, is_move, is_override, state, is_open, day_words, reason, gained, lost, would, critical, by, at_words, entry_path, second, path */
void shown_proposal_put(Arena *a, View *object, const Roll *roll, const RollProposal *proposal);
/* `reasons` of a view, for the partial of that name: name, key, memberships of each that some have. */
void shown_reasons_put(Arena *a, View *view, const int64_t by_reason[REASON__COUNT]);
/* What people call the unit with this slug; the slug itself when there is none (any more). */
Str shown_unit_name(Req *req, Str slug);
/* "12,345" */
Str shown_count(Arena *a, int64_t number);
/* The roll in the path, of the unit in the path; with its view and the page's title. ERR_MISSING. */
NODISCARD Err shown_desk(Req *req, Db *db, View *view, Roll *ret_roll);
/* What went wrong in a command, told to her. */
NODISCARD Err shown_refusal(Req *req, Err e);
NODISCARD Err shown_proposals(Req *req, View *view, const Roll *roll);

/* The sweep as an <svg>: on the roll, and who would gain and lose, over freeze dates. */
void sweep_svg(Html *h, const SweepDay *days, int count, Day own);

#define ROLL_FIELD                           \
    {                                        \
        "roll", FIELD_SLUG, .required = true \
    }
#define DESK_FIELDS {"unit", FIELD_SLUG, .required = true}, ROLL_FIELD

#endif
