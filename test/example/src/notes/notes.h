/* notes.h: notes that visitors leave: the worked example of docs/howto-add-a-page.md. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Errors: ERR_CONFLICT when the house is full; ERR_IO from the store.
 */
#ifndef HUSTINGS_EXAMPLE_NOTES_H
#define HUSTINGS_EXAMPLE_NOTES_H

#include "http/page.h"

enum { NOTES_SEATS_MAX = 100 };

typedef struct GuestNote {
    Str id, words;
    int64_t seats, at;
} GuestNote;

/* A command. Announces the topic "notes". */
NODISCARD Err note_add(Db *db, Arena *a, const GuestNote *note);
/* Appends [id, words, seats] of every note to `array`. */
NODISCARD Err notes_list(Db *db, Arena *a, View *array);

extern const Room notes_room;

#endif
