/* router.h: the route tables of all rooms, checked once and compiled into a tree of path segments. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a table that says something impossible must stop the start, not a request; and finding a route must cost nothing to speak of.
 * Paths: a segment is itself, or ":part" (any one segment), or, at the end, "*part" (all that is left, slashes and all, at least one segment).
 *       A row whose segment is a word goes before one with a part there ("/a/new", "/a/:token"), which is allowed where the part's field could not be that word.
 * Refused, with a message that names the row: two rows that one request could mean, a :part that is no field, a row that says not who may,
 *       a POST that neither calculates nor writes, a GET that writes, a write that says not which act of the record it is (or why none), a topic together
 *       with a form or a role, a role on a unit without :unit in the path, rows for persons without the one room that knows them, and whatever else cannot mean anything.
 * Memory: in the arena of router_make. Afterwards nothing changes, so any thread may ask.
 */
#ifndef HUSTINGS_HTTP_ROUTER_H
#define HUSTINGS_HTTP_ROUTER_H

#include "core/err.h"
#include "http/req.h"

typedef struct Rule {
    int number; /* 0, 1, 2... over all rooms */
    const Room *room;
    const Route *route;
    Str path; /* as in the table */
    Str part_names[PATH_PARTS_MAX];
    int part_count;
    Str topic;                /* without its part; empty: it has none */
    int topic_part;           /* the part that ends the topic, or -1 */
    const struct Rule *posts; /* GET: the POST whose form it shows */
    LeafRule leaf;            /* of its command, as the row's `act` says */
} Rule;

typedef struct Router Router;

NODISCARD Err router_make(Arena *a, const Room *const *rooms, int room_count, Router **ret_router, Fault *fault);
/* Is it of WHO_MEMBER or of a role on a unit? */
bool route_asks_person(const Route *route);

int router_rules(const Router *router, const Rule **ret_rules);

enum { METHOD_BIT_GET = 1 << GET, METHOD_BIT_POST = 1 << POST };

typedef struct Match {
    const Rule *rule;          /* NULL: no row has this path with this method */
    unsigned methods;          /* METHOD_BIT_...: those that rows have for this path */
    Str parts[PATH_PARTS_MAX]; /* as they stand in the path */
} Match;

/* `path` is canonical: it begins with '/' and does not end with one, unless it is "/". */
Match router_find(const Router *router, Verb method, Str path);

/* Is every byte of the path one that a path of ours can have, and no segment empty, "." or ".."? */
bool router_path_is_plain(Str path);

/* Is `kind` one of those that the row's `act` names? */
bool route_has_act(const Route *route, Str kind);

/* The next segment of a path, of a row or of a request: "/a/:b" gives "a", then ":b". False at its end; "/" has none. */
bool path_next(Str *rest, Str *ret_segment);
bool segment_is_part(Str segment); /* ":b" */
bool segment_is_rest(Str segment); /* "*b" */

#endif
