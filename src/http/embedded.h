/* embedded.h: templates and static files, compiled in. Made by scripts/embed.py. Private to http/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_HTTP_EMBEDDED_H
#define HUSTINGS_HTTP_EMBEDDED_H

#include "core/str.h"

typedef struct EmbeddedPage {
    Str name; /* "contest/stages": src/contest/pages/stages.html */
    Str text;
} EmbeddedPage;
extern const EmbeddedPage embedded_pages[];
extern const int embedded_page_count;

typedef struct EmbeddedFile {
    Str name;   /* "hustings.css": web/hustings.css */
    Str hashed; /* "hustings-0123456789abcdef.css": changes when the bytes do, so browsers may keep it for ever */
    Str type;
    Str digest; /* SHA-256 in hex: the ETag */
    Str bytes;
    Str gzip; /* empty when it would not be smaller */
} EmbeddedFile;
extern const EmbeddedFile embedded_files[];
extern const int embedded_file_count;

#endif
