/* pages.c: the pages of notes. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "notes/notes.h"

static Err notes_page(Req *req, View *view)
{
    return notes_list(req->db, req->arena, view_put_array(view, S("notes")));
}

static const Field note_fields[] = {{"words", FIELD_TEXT, .required = true, .max = 500, .label = "Your note", .hint = "It will be public."},
    {"seats", FIELD_NUMBER, .required = true, .min = 1, .max = 10, .label = "How many of you come", .standard = "1"}, {0}};

static Err note_form(Req *req, View *view)
{
    (void)req, (void)view;
    return ERR_OK;
}

static Err note_write(Req *req, Db *db, View *answer)
{
    GuestNote note = {.id = req_new_id(req), .words = req_text(req, "words"), .seats = req_number(req, "seats"), .at = req->now};
    Err e = note_add(db, req->arena, &note);
    if (e == ERR_CONFLICT) return req_wrong(req, "seats", "There is not so much room left");
    if (e) return e;
    view_put_str(answer, S("id"), note.id);
    req_redirect(req, "/notes");
    req_flash(req, "Thank you for your note.");
    return ERR_OK;
}

static const Route routes[] = {
    {GET, "/notes", WHO_ANYONE, "Notes", "All notes that were left.", .page = notes_page, .html = "notes", .topic = "notes",
        .nav = "Notes"},
    {GET, "/notes/new", WHO_ANYONE, "Leave a note", .page = note_form, .html = "note", .posts = "/notes/new"},
    {POST, "/notes/new", WHO_ANYONE, "Leave a note", "Leaves a note.", note_fields, .write = note_write,
        .act = "none: visitors leave notes, and nothing of the apparatus changes", .form = "note"},
};

static const TopicRule topics[] = {{"notes", WHO_ANYONE}, {0}};
const Room notes_room = {"notes", routes, COUNT_OF(routes), .topics = topics};
