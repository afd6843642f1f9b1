/* A configuration file from anywhere: read, or refused with words; a value that was taken is one that its own setting takes again.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Settings s, again;
    Fault fault = {0};
    settings_init(&a, &s);
    settings_init(&a, &again);
    Err e = settings_read(&s, S("fuzz"), (Str){(const char *)data, size}, &fault);
    ASSERT(!e || (fault.err == e && fault.expected.len && str_equal(fault.file, S("fuzz"))));
    for (int id = 0; id < SETTING__COUNT; id++)
        ASSERT(settings_set(&again, (SettingId)id, settings_text(&s, (SettingId)id), &fault) == ERR_OK);
    Err together = settings_finish(&s, &fault);
    ASSERT(settings_finish(&again, &fault) == together);
    arena_clear(&a);
    return 0;
}
