/* The format is not said: it is told by the bytes.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "fuzz_formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_format(&(FormatOptions){.section = size && data[0] % 2 ? S("MP") : (Str){0}}, data, size);
}
