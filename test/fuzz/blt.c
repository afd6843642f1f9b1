/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "fuzz_formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_format(&(FormatOptions){.format = FORMAT_BLT}, data, size);
}
