/* load.h: whole text in memory, by two threads where that pays.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_FORMATS_LOAD_H
#define HUSTINGS_FORMATS_LOAD_H

#include "formats/file.h"

/* reader_load, telling how far it is. */
NODISCARD Err load_text(Arena *a, Papers *papers, const FileOptions *options, Str text, Fault *fault);

#endif
