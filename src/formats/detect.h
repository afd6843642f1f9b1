/* detect.h: which format a file is in, by its name or by its first bytes.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_FORMATS_DETECT_H
#define HUSTINGS_FORMATS_DETECT_H

#include "formats/formats.h"

/* By the ending, ".gz" left out; FORMAT_UNKNOWN when it says nothing. */
Format format_from_file_name(Str file_name);

/* By the first lines: PrefLib's "# NUMBER ALTERNATIVES:" and the like, BLT's two numbers, else CSV. */
Format format_from_text(Str text);

#endif
