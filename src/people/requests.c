/* requests.c: what a member asks her secretary to put right, and the secretary's list of it. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/access.h"
#include "people/account_pages.h"

enum { LIST_MOST = 200, OPEN_MOST = 10 };

static View *put_request(Arena *a, View *array, const DbRows *rows)
{
    View *v = view_add_object(array);
    int64_t answered = db_i64(rows, "answered");
    view_put_str(v, S("id"), db_text(rows, "id"));
    view_put_str(v, S("words"), db_text(rows, "words"));
    view_put_str(v, S("asked_words"), time_words(a, db_i64(rows, "asked")));
    view_put_bool(v, S("open"), answered == 0);
    view_put_str(v, S("answered_words"), answered ? time_words(a, answered) : S(""));
    view_put_str(v, S("answered_by"), db_text(rows, "answered_by"));
    view_put_str(v, S("answer"), db_text(rows, "answer"));
    return v;
}

Err requests_of(Req *req, Str person, View *array)
{
    DbRows rows;
    Err e = db_query(req->db, req->arena, "person_requests_of", DB_VALUES(db_string(person)), &rows);
    while (!e && db_next(&rows)) put_request(req->arena, array, &rows);
    return e;
}

Err me_ask_page(Req *req, View *view)
{
    return requests_of(req, req->person, view_put_array(view, S("requests")));
}

Err me_ask_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    DbRows rows;
    Err e = db_one(db, req->arena, "person_requests_open_of", DB_VALUES(db_string(req->person)), &rows);
    if (e) return e;
    if (db_i64(&rows, "open") >= OPEN_MOST)
        return req_fail(req, ERR_CONFLICT, "%d requests of yours wait for an answer already.", OPEN_MOST);
    e = db_run(db, "person_request_add",
        DB_VALUES(db_string(req_new_id(req)), db_string(req->person), db_string(req_text(req, "words")), db_number(req->now)));
    if (e) return e;
    req_redirect(req, "/me/ask");
    req_flash(req, "Your secretary will see it.");
    return ERR_OK;
}

/* ---- the secretary's ---- */

static void put_asker(Req *req, View *array, const DbRows *rows)
{
    Arena *a = req->arena;
    View *request = put_request(a, array, rows);
    Str unit = req_text(req, "unit"), id = db_text(rows, "id");
    view_put_str(request, S("name"),
        str_trim(str_format(a, "%.*s %.*s", STR_ARG(db_text(rows, "given_name")), STR_ARG(db_text(rows, "family_name")))));
    view_put_str(request, S("person_path"), str_format(a, "/units/%.*s/people/%.*s", STR_ARG(unit), STR_ARG(db_text(rows, "person"))));
    view_put_str(request, S("answer_path"), str_format(a, "/units/%.*s/requests/%.*s", STR_ARG(unit), STR_ARG(id)));
}

Err requests_page(Req *req, View *view)
{
    DbRows rows;
    Err e = db_query(req->db, req->arena, "person_requests_at", DB_VALUES(db_string(access_scope(req).unit), db_number(LIST_MOST)), &rows);
    View *requests = view_put_array(view, S("requests"));
    while (!e && db_next(&rows)) put_asker(req, requests, &rows);
    view_put_str(view, S("unit"), req_text(req, "unit"));
    return e;
}

Err request_answer_write(Req *req, Db *db, View *answer)
{
    (void)answer;
    int64_t answered;
    Str unit = req_text(req, "unit");
    Err e = db_run_counted(db, "person_request_answer",
        DB_VALUES(db_string(req_text(req, "request")), db_string(access_scope(req).unit), db_number(req->now), db_string(req->officer.name),
            db_string(req_text(req, "answer"))),
        &answered);
    if (e) return e;
    if (!answered) return req_fail(req, ERR_MISSING, "There is no such request here that waits for an answer.");
    req_redirect(req, "/units/%.*s/requests", STR_ARG(unit));
    req_flash(req, "She will see your answer on her page.");
    return ERR_OK;
}
