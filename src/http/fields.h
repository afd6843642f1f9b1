/* fields.h: what a request says, read against what its route declares (page.h): the only way from outside to a handler.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A field whose name is a ":part" of the route's path is read from the path; the others from the query (GET) or from the body (POST).
 * What is wrong with a field becomes a trouble of the request, in words a person can act on ("Seats must be a number from 1 to 20"), in the order of the
 * table. What no form of ours could have sent is an error of the request:
 *     ERR_MISSING  a part of the path that is not what its field allows: there is no such page
 *     ERR_INPUT    malformed: bytes that are no UTF-8, a field that the route does not declare (POST; a query's are ignored, links grow such things), a
 *                  field given twice that does not repeat, a file where none is asked for
 *     ERR_LIMIT    more parts or repeats than anybody may send
 * and fault.expected says it to whoever sent it. Names that begin with '_' are the framework's: "_csrf" and "_key" are kept, others ignored.
 *
 * | kind   | accepts                                              | made clean                        | min..max (0 0)                      |
 * |--------|------------------------------------------------------|-----------------------------------|-------------------------------------|
 * | LINE   | text without control characters or line ends         | blanks at both ends go            | characters (1 to 200)               |
 * | TEXT   | the same with line ends and tabs                      | \r\n and \r become \n, ends too   | characters (1 to 10,000)            |
 * | NUMBER | digits, a minus sign                                 | blanks at both ends go            | its value (0 to 1,000,000,000)      |
 * | CHOICE | one of `choices`                                     |                                   |                                     |
 * | TICK   | "yes", or not there                                  |                                   |                                     |
 * | SLUG   | lower-case letters, digits, inner hyphens            | blanks at both ends go            | characters (1 to 80)                |
 * | TOKEN  | 22 characters of base64url                           |                                   |                                     |
 * | FILE   | a file that is not empty                             | its name: no path, no control     | bytes (1 to the body's limit)       |
 * | SECRET | as LINE                                              | nothing: it is as it was typed    | characters (1 to 200)               |
 * Text of blanks and invisible characters alone counts as not given. A character is a code point.
 */
#ifndef HUSTINGS_HTTP_FIELDS_H
#define HUSTINGS_HTTP_FIELDS_H

#include "http/req.h"

/* Fill values, csrf, key and troubles of req->state from its path parts and from ex->query or ex->body, as req->route declares.
 * The body must be of a kind that body_kind knows (the site answers 415 before). ERR_OK with state->trouble_count > 0: show the form again. */
NODISCARD Err fields_read(Req *req, Fault *fault);

/* How the field is named to people: its label, or its name with blanks for '_' and '-'. */
Str field_label(Arena *a, const Field *field);

/* Is the field read from this path ("/contests/:contest/note")? */
bool field_in_path(const Field *field, const char *path);

/* The bounds that hold, with the standard ones where the row says nothing. */
void field_bounds(const Field *field, int64_t *ret_min, int64_t *ret_max);

/* "2 MB", "1000 bytes": binary units when it is a whole number of them. */
Str size_words(Arena *a, int64_t bytes);

/* A table that no request could satisfy, or that reads ambiguously, is a bug: called for every route at start. */
void fields_check(const Field *fields);

#endif
