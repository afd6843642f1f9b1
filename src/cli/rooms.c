/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/rooms.h"

extern const Room account_room;
extern const Room contest_room;
extern const Room people_room;
extern const Room people_export_room;
extern const Room people_forms_room;
extern const Room people_import_room;
extern const Room people_persons_room;
extern const Room people_roles_room;
extern const Room people_duplicates_room;
extern const Room people_search_room;
extern const Room people_units_room;
extern const Room record_room;
extern const Room roll_audit_room;
extern const Room roll_corrections_room;
extern const Room roll_desk_room;
extern const Room roll_preview_room;
extern const Room roll_proposals_room;
extern const Room roll_rules_room;
extern const Room roll_room;

const Room *const all_rooms[] = {
    &account_room,
    &contest_room,
    &people_room,
    &people_export_room,
    &people_forms_room,
    &people_import_room,
    &people_persons_room,
    &people_roles_room,
    &people_duplicates_room,
    &people_search_room,
    &people_units_room,
    &record_room,
    &roll_audit_room,
    &roll_corrections_room,
    &roll_desk_room,
    &roll_preview_room,
    &roll_proposals_room,
    &roll_rules_room,
    &roll_room,
};
const int all_room_count = COUNT_OF(all_rooms);
