/* disk.h: whole small files and folders: what an operator or a programmer put on the disk.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Memory: in the arena given.
 * Errors: ERR_MISSING when there is no such file or folder, ERR_LIMIT above `most` bytes, ERR_IO otherwise; the Fault names the path.
 *       disk_replace: ERR_IO, and then PATH is whole, and either what it was or (when only the folder could not be synced) what was written: read it
 *       again. When it says ERR_OK, the new bytes survive a loss of power.
 * Not here: papers by the gigabyte, standard input and writing (formats/file.h).
 */
#ifndef HUSTINGS_CORE_DISK_H
#define HUSTINGS_CORE_DISK_H

#include "core/err.h"

NODISCARD Err disk_read(Arena *a, Str path, size_t most, Str *ret_bytes, Fault *fault);

/* Put a file of these bytes and permissions at `path`, whole or not at all: PATH.new is written, synced, renamed, and the folder synced. What root
 * writes belongs to whom the file it replaces did, or else to the folder's owner. One writer at a time: see disk_lock. */
NODISCARD Err disk_replace(Arena *a, Str path, Str bytes, int permissions, Fault *fault);

/* Wait, at most `wait_ms`, until nobody else has locked the folder in which `path` is, and lock it: disk_unlock, or the end of the process, ends that.
 * ERR_CONFLICT: it is locked still. */
NODISCARD Err disk_lock(Arena *a, Str path, int wait_ms, int *ret_lock, Fault *fault);
void disk_unlock(const int *lock); /* safe on -1 */

typedef struct DiskEntry {
    Str name;
    bool folder;
} DiskEntry;

/* What is in a folder, by name; hidden files (".x") are left out. Links are followed. */
NODISCARD Err disk_list(Arena *a, Str folder, DiskEntry **ret_entries, int *ret_count, Fault *fault);

#endif
