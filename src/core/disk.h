/* disk.h: whole small files and folders: what an operator or a programmer put on the disk.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Memory: in the arena given.
 * Errors: ERR_MISSING when there is no such file or folder, ERR_LIMIT above `most` bytes, ERR_IO otherwise; the Fault names the path.
 * Not here: papers by the gigabyte, standard input and writing (formats/file.h).
 */
#ifndef HUSTINGS_CORE_DISK_H
#define HUSTINGS_CORE_DISK_H

#include "core/err.h"

NODISCARD Err disk_read(Arena *a, Str path, size_t most, Str *ret_bytes, Fault *fault);

typedef struct DiskEntry {
    Str name;
    bool folder;
} DiskEntry;

/* What is in a folder, by name; hidden files (".x") are left out. Links are followed. */
NODISCARD Err disk_list(Arena *a, Str folder, DiskEntry **ret_entries, int *ret_count, Fault *fault);

#endif
