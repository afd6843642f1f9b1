/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

NODISCARD static Err failed(Arena *a, Fault *fault, Str path, int why)
{
    char words[200];
    fault->file = str_copy(a, path);
    Str reason = str_copy(a, str_from_c(strerror_r(why, words, sizeof words)));
    return fault_set(fault, why == ENOENT || why == ENOTDIR ? ERR_MISSING : ERR_IO, 0, 0, reason, (Str){0});
}

static void close_file(const int *file)
{
    if (*file >= 0) close(*file);
}

/* Until the end or until `bytes` is full: what a file says of its size is not believed. */
static ssize_t read_whole(int file, char *bytes, size_t most)
{
    size_t len = 0;
    while (len < most) {
        ssize_t n = read(file, bytes + len, most - len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

Err disk_read(Arena *a, Str path, size_t most, Str *ret_bytes, Fault *fault)
{
    AUTO(close_file) int file = open(str_c(a, path), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat about;
    if (file < 0 || fstat(file, &about) != 0) return failed(a, fault, path, errno);
    // cppcheck-suppress resourceLeak ; closed by AUTO
    if (!S_ISREG(about.st_mode)) return failed(a, fault, path, S_ISDIR(about.st_mode) ? EISDIR : EINVAL);
    size_t room = (uint64_t)about.st_size < most ? (size_t)about.st_size : most;
    char *bytes = arena_new(a, char, room + 1);
    ssize_t len = read_whole(file, bytes, room + 1);
    if (len < 0) return failed(a, fault, path, errno);
    if ((size_t)len > most) {
        fault->file = str_copy(a, path);
        return fault_set(fault, ERR_LIMIT, 0, 0, str_format(a, "a file of at most %zu bytes", most), (Str){0});
    }
    if ((size_t)len > room) return failed(a, fault, path, EAGAIN); /* it grew meanwhile */
    *ret_bytes = (Str){bytes, (size_t)len};
    return ERR_OK;
}

static void close_folder(DIR *const *folder)
{
    if (*folder) closedir(*folder);
}

static int by_name(const void *one, const void *other)
{
    return str_compare(((const DiskEntry *)one)->name, ((const DiskEntry *)other)->name);
}

static bool is_folder(DIR *folder, const char *name)
{
    struct stat about;
    return fstatat(dirfd(folder), name, &about, 0) == 0 && S_ISDIR(about.st_mode);
}

Err disk_list(Arena *a, Str path, DiskEntry **ret_entries, int *ret_count, Fault *fault)
{
    AUTO(close_folder) DIR *folder = opendir(str_c(a, path));
    if (!folder) return failed(a, fault, path, errno);
    DiskEntry *entries = NULL;
    int count = 0, room = 0;
    // cppcheck-suppress readdirCalled ; of a folder that nobody else reads
    for (const struct dirent *d; (d = readdir(folder));) {
        if (d->d_name[0] == '.') continue;
        if (count == room) {
            entries = arena_grow(a, DiskEntry, entries, (size_t)count, (size_t)room * 2 + 16);
            room = room * 2 + 16;
        }
        entries[count++] = (DiskEntry){str_copy(a, str_from_c(d->d_name)), is_folder(folder, d->d_name)};
    }
    if (count) qsort(entries, (size_t)count, sizeof *entries, by_name);
    *ret_entries = entries;
    *ret_count = count;
    return ERR_OK;
}
