/* desk.h: what the pages of a roll's officers share. Private to roll's pages.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_ROLL_DESK_H
#define HUSTINGS_ROLL_DESK_H

#include "roll/shown.h"

#define DESK "/units/:unit/rolls/:roll"
enum { NAMES_MOST = 500 };

/* `unit` of a view: slug, name, path; of the unit in the path. */
NODISCARD Err desk_unit_put(Req *req, View *view);
/* critical, has_critical, is_overridden, is_audited, may_release */
NODISCARD Err desk_audit_put(Req *req, View *view, const Roll *roll);
/* The day in a field, `standard` when it is empty; told beside the field when it is none. */
NODISCARD Err desk_day_asked(Req *req, const char *field, Day standard, Day *ret_day);
/* All memberships of the roll's unit and below, as of one moment: a page's own, or a snapshot of the caller's. */
NODISCARD Err desk_roster_read(Req *req, const Roll *roll, Roster **ret_roster);
/* Back to the roll, with what to say there. */
NODISCARD Err desk_go(Req *req, View *answer, const Roll *roll, const char *says);

#endif
