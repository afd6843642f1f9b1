/* load.h: whole text in memory, by two threads where that pays.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_FORMATS_LOAD_H
#define HUSTINGS_FORMATS_LOAD_H

#include "formats/file.h"

/* reader_load, telling how far it is. */
NODISCARD Err load_text(Arena *a, Papers *papers, const FileOptions *options, Str text, Fault *fault);

/* The same, with the second thread starting at `cut`, whether a row starts there or not: for tests, which need no
 * large files then. 0 < cut < text.len, CSV only. */
NODISCARD Err load_text_cut(Arena *a, Papers *papers, const FileOptions *options, Str text, size_t cut, Fault *fault);

#endif
