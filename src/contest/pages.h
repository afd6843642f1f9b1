/* pages.h: what the two files of pages share: pages.c has the route table and the published contests, count_pages.c the counts of visitors.
 * Private to contest/. SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_CONTEST_PAGES_H
#define HUSTINGS_CONTEST_PAGES_H

#include "http/page.h"

extern const Field count_form_fields[], count_fields[], kept_new_fields[], kept_fields[], kept_delete_fields[];

Err count_form(Req *req, View *view);
Err count_formats(Req *req, View *view);
Err count_result(Req *req, View *view);
Err kept_prepare(Req *req, View *view);
Err kept_make(Req *req, Db *db, View *answer);
Err kept_show(Req *req, View *view);
Err kept_asked(Req *req, View *view);
Err kept_delete_form(Req *req, View *view);
Err kept_delete_now(Req *req, Db *db, View *answer);

#endif
