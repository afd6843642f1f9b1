/* rooms.h: the rooms that this program serves. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A new room is a line in rooms.c, and three in docs/tour.md.
 */
#ifndef HUSTINGS_CLI_ROOMS_H
#define HUSTINGS_CLI_ROOMS_H

#include "http/site.h"

extern const Room *const all_rooms[];
extern const int all_room_count;

#endif
