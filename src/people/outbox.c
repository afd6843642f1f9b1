/* outbox.c: letters of a demonstration, to this machine alone. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/account_pages.h"

#include "http/visit.h"
#include "people/post.h"

enum { LETTERS_MOST = 50 };

/* What follows the site's address in a letter's links, so that they can be followed here: "/sign-in/letter/TOKEN". */
static void put_links(Arena *a, View *array, Str words)
{
    for (Str line, rest = words; rest.len;) {
        str_cut(rest, '\n', &line, &rest);
        if (!str_starts(line, S("http://")) && !str_starts(line, S("https://"))) continue;
        Str path = str_slice(line, str_find(line, ':') + 3, line.len);
        path = str_slice(path, str_find(path, '/'), path.len);
        if (path_is_own(path)) view_put_str(view_add_object(array), S("path"), str_copy(a, path));
    }
}

Err outbox_page(Req *req, View *view)
{
    DbRows rows;
    if (post_way() != POST_OUTBOX || !visit_is_local(req)) return ERR_MISSING;
    Err e = db_query(req->db, req->arena, "mail_outbox", DB_VALUES(db_number(LETTERS_MOST)), &rows);
    View *letters = view_put_array(view, S("letters"));
    while (!e && db_next(&rows)) {
        View *v = view_add_object(letters);
        view_put_str(v, S("to"), db_text(&rows, "recipient"));
        view_put_str(v, S("subject"), db_text(&rows, "subject"));
        view_put_str(v, S("words"), db_text(&rows, "words"));
        view_put_str(v, S("queued_words"), time_words(req->arena, db_i64(&rows, "queued")));
        put_links(req->arena, view_put_array(v, S("links")), db_text(&rows, "words"));
    }
    return e;
}
