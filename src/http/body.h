/* body.h: what a browser sends with a form, taken apart: application/x-www-form-urlencoded (also in a query) and multipart/form-data (RFC 7578).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: these bytes are anybody's. They are read strictly, once, into names and values; what a value means is fields.c's affair.
 * Memory: values point into the text that was read where nothing had to be decoded, else into the arena.
 * Errors: ERR_INPUT for what is malformed, ERR_LIMIT for more than the limits below; the Fault is written for the person who made the request.
 * Not read: nested multipart, "_charset_" (everything is UTF-8), Content-Transfer-Encoding other than 7bit, 8bit and binary; RFC 7578 forbids or deprecates them.
 */
#ifndef HUSTINGS_HTTP_BODY_H
#define HUSTINGS_HTTP_BODY_H

#include "core/err.h"

enum { BODY_PARTS_MAX = 1000, BODY_NAME_MAX = 100, BODY_PART_HEADER_MAX = 4096, BODY_FILE_NAME_MAX = 200 };

typedef struct BodyPart {
    Str name;
    Str value;     /* well-formed UTF-8 unless `file` */
    bool file;     /* it came with a file name, or as bytes: an upload */
    Str file_name; /* clean text without a path, at most BODY_FILE_NAME_MAX bytes; may be empty */
} BodyPart;

typedef struct Body {
    BodyPart *parts; /* in the order in which they came */
    int count;
} Body;

typedef enum BodyKind { BODY_NONE, BODY_FORM, BODY_MULTIPART, BODY_OTHER } BodyKind;

/* What a Content-Type says; empty is BODY_NONE. BODY_OTHER is nothing that is read here: 415. */
BodyKind body_kind(Str content_type);

/* "a=1&b=two+words": a query, or a body. Empty text has no parts; a part without '=' has an empty value. */
NODISCARD Err body_read_form(Arena *a, Str text, Body *ret_body, Fault *fault);

/* With the boundary that `content_type` names. */
NODISCARD Err body_read_multipart(Arena *a, Str content_type, Str bytes, Body *ret_body, Fault *fault);

/* Undo %XX, and '+' for a space if `plus`. False when a '%' is not followed by two hexadecimal digits. */
NODISCARD bool percent_decode(Arena *a, Str text, bool plus, Str *ret_text);

/* The name a file is shown by: what follows the last '/' or '\', without control characters or those that turn the direction of writing. */
Str body_file_name(Arena *a, Str said);

#endif
