/* notes.c: the rules of notes; no HTTP here. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "notes/notes.h"

static Err seats_taken(Db *db, Arena *a, int64_t *ret_seats)
{
    DbRows rows;
    Err e = db_query(db, a, "notes", DB_NO_VALUES, &rows);
    if (e) return e;
    *ret_seats = 0;
    while (db_next(&rows)) *ret_seats += db_i64(&rows, "seats");
    return ERR_OK;
}

Err note_add(Db *db, Arena *a, const GuestNote *note)
{
    int64_t taken;
    Err e = seats_taken(db, a, &taken);
    if (e) return e;
    if (taken + note->seats > NOTES_SEATS_MAX) return ERR_CONFLICT;
    e = db_run(db, "note_add", DB_VALUES(db_string(note->id), db_string(note->words), db_number(note->seats), db_number(note->at)));
    return e ? e : db_announce(db, S("notes"), S(""), note->at);
}

Err notes_list(Db *db, Arena *a, View *array)
{
    return db_view(db, a, "notes", DB_NO_VALUES, array);
}
