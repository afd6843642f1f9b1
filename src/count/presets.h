/* presets.h: the rules files of rules/, compiled in. Made by scripts/embed.py; use rules.h to reach them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_COUNT_PRESETS_H
#define HUSTINGS_COUNT_PRESETS_H

#include "core/str.h"

typedef struct Preset {
    Str name;
    Str text;
} Preset;

extern const Preset presets[];
extern const int preset_count;

#endif
