/* form.h: a form as a template sees it: page.h's `form`, from a route's fields and what is typed, prefilled or standard.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * form:   action, multipart, csrf, key, wrong (are there errors), errors [field, message, href], fields [..], by.<name>
 * errors: `href` leads to the field ("#seats"); one about the whole form has an empty href. In the order of the fields.
 * field:  name, id, label, hint, required, optional, value, values [value], error (its first message), described_by (ids of hint and error, for aria-describedby),
 *         min, max, max_words (of a file: "2 MB"), autocomplete, repeats, is_line, is_day, is_text, is_number, is_choice, is_tick, is_file, choices [value, label, id,
 *         chosen], ticked
 * Every name is there in every field, empty or false when it says nothing, so that a template never finds one of an outer view by accident.
 * Fields of the path are part of `action` and not of the form.
 */
#ifndef HUSTINGS_HTTP_FORM_H
#define HUSTINGS_HTTP_FORM_H

#include "http/req.h"

typedef struct FormOptions {
    const Route *route; /* the POST route that the form leads to */
    Str action;         /* its path with the parts filled in */
    Str csrf, key;
} FormOptions;

/* When req->route is that route, the form is shown again: with what was typed and what was wrong. Else it is a new one: prefills, then standards. */
View *form_view(Arena *a, const Req *req, const FormOptions *options);

#endif
