/* text.h: what people type about people, checked and in one form: names, e-mail addresses, postcodes, countries.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Pure: no store, no clock. Unicode by libunistring (NFC: UAX #15). Threads: any.
 * Errors: false, with *ret_expected the words for "expected ..." (a literal).
 */
#ifndef HUSTINGS_PEOPLE_TEXT_H
#define HUSTINGS_PEOPLE_TEXT_H

#include "core/str.h"

enum { PEOPLE_TEXT_MAX = 400 }; /* bytes of any value */

/* NFC, blanks at the ends away, runs of blanks one space. ASCII is returned as it is, without copying. False: malformed, control or bidirectional control characters, too long. */
NODISCARD bool text_line(Arena *a, Str typed, Str *ret_text, const char **ret_expected);
/* The same with at least one letter of some script. */
NODISCARD bool text_name(Arena *a, Str typed, Str *ret_text, const char **ret_expected);
/* For comparing and finding: compatibility forms, case, marks and punctuation gone, one space between words: "Ó Súilleabháin-Nguyễn" -> "o suilleabhain nguyen". */
Str text_fold(Arena *a, Str text);
/* Lower-case domain, local part as typed; what RFC 5321 carries without quotes and the forms of HTML accept; ASCII, at most 254 bytes. Compare in lower case. */
NODISCARD bool text_email(Arena *a, Str typed, Str *ret_email, const char **ret_expected);
/* GB: "sw1a1aa" -> "SW1A 1AA", checked for its form; other countries: a line in capitals. `country` two letters. */
NODISCARD bool text_postcode(Arena *a, Str typed, Str country, Str *ret_postcode, const char **ret_expected);
NODISCARD bool text_country(Arena *a, Str typed, Str *ret_country, const char **ret_expected);
/* A slug made of a name: "Leeds North East" -> "leeds-north-east". Empty when nothing of it can stand in one. */
Str text_slug(Arena *a, Str name);
/* How many single changes (insert, delete, replace, swap neighbours: Damerau-Levenshtein, restricted) between two folded texts, or `most` + 1 when more. */
int text_distance(Str s, Str other, int most);

#endif
