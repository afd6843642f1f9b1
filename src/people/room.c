/* room.c: what all pages of people share.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A subject (units, persons, roles, import, search, accounts) has a file with its pages and a Room of its own, {.name = "people", .routes = routes, .route_count = COUNT_OF(routes)}, listed in
 * src/cli/rooms.c: so nobody's table grows through another's. All are called "people", because a Room's name is the folder of its templates
 * (src/people/pages/). What the server asks of one room alone stands here.
 */
#include "people/access.h"

static const TopicRule topics[] = {{"units", WHO_ANYONE}, {0}};

const Room people_room = {.name = "people", .topics = topics, .expire = role_expire, .may = access_may, .name_of = access_name};
