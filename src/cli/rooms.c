/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/rooms.h"

const Room *const all_rooms[] = {
    NULL,
};
const int all_room_count = COUNT_OF(all_rooms) - 1;
