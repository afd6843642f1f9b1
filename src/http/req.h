/* req.h: what the framework knows of one request: shared by the site's files and by those that read fields and write forms. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Who fills what: site.c makes it at site_admit and fills all of the first part; fields.c fills `values`, `csrf` and `key` from the path, the query and the body
 *       and reads them for the handler; req.c takes what the handler says; form.c makes the form's view of all three.
 * Memory: in the exchange's arena, like everything it points to.
 */
#ifndef HUSTINGS_HTTP_REQ_H
#define HUSTINGS_HTTP_REQ_H

#include "http/exchange.h"
#include "http/page.h"

enum { PATH_PARTS_MAX = 8, TROUBLES_MAX = 64, PREFILLS_MAX = FIELDS_MAX };

typedef enum Face { FACE_HTML, FACE_JSON } Face;

/* A ":part" of the route's path and what stands there in this request's, not looked at yet. */
typedef struct PathPart {
    Str name, value;
} PathPart;

/* What was given for one field. `texts` is what was typed, so that it can be shown again, made clean where that can be done (trimmed, line ends). */
typedef struct FieldValue {
    bool given;
    const Str *texts; /* all kinds but files, in the order given */
    int text_count;
    int64_t number; /* FIELD_NUMBER, when it is one; FIELD_TICK: 1 */
    const Upload *uploads;
    int upload_count;
} FieldValue;

/* What is wrong, in the order in which it was found. `field` NULL: about the whole form. */
typedef struct Trouble {
    const Field *field;
    Str message;
} Trouble;

typedef struct Prefill {
    const char *field;
    Str value;
} Prefill;

typedef struct ReqState {
    Exchange *ex;
    Site *site;
    const Room *room;
    Face face;
    Str path; /* canonical: without ".json" */
    PathPart parts[PATH_PARTS_MAX];
    int part_count;

    FieldValue values[FIELDS_MAX]; /* values[k] is of route->fields[k] */
    Str csrf, key;                 /* the body's "_csrf" and "_key", or empty */

    /* What the handler said. */
    Trouble troubles[TROUBLES_MAX];
    int trouble_count; /* more than TROUBLES_MAX are not kept */
    Prefill prefills[PREFILLS_MAX];
    int prefill_count;
    Str title; /* empty: the route's */
    Str redirect, flash;
    bool sends; /* instead of the view: */
    Str send_type, send_bytes, send_name;
    bool packable, lasting;
    bool gone; /* with ERR_MISSING: it was here */
    Str see_path, see_words;

    struct SiteReq *own; /* site.c's and its parts' alone */
} ReqState;

/* The row of `fields` with that name; a name that is not there is a bug. */
const Field *req_field(const Req *req, const char *name, int *ret_index);

#endif
