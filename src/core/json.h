/* json.h: JSON text (RFC 8259) read into a view.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: rules, lists and proofs come as JSON from people's editors, so a mistake is told with its line and column, and nothing is guessed: a name
 *      twice, a number that is no whole one (a view has no other: say "0.001" as a text), text after the end are refused.
 * Bounds: JSON_DEPTH_MAX levels, JSON_KEYS_MAX names in one object. An array holds objects, arrays, texts and whole numbers (view.h).
 * Errors: ERR_INPUT with line and column. Memory: in the arena; texts without escapes point into `text`.
 */
#ifndef HUSTINGS_CORE_JSON_H
#define HUSTINGS_CORE_JSON_H

#include "core/view.h"

enum { JSON_DEPTH_MAX = 32, JSON_KEYS_MAX = 256 };

/* One object or array, white space around it allowed. */
NODISCARD Err json_read(Arena *a, Str text, View **ret_value, Fault *fault);

/* A value as a fault says what was found: "'12'", "'{\"no\":[]}'"; of a text its letters. */
Str json_quote(Arena *a, const View *value);

#endif
