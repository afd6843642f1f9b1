/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
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

/* --- putting a file in place --- */

static Str folder_of(Str path)
{
    while (path.len && path.ptr[path.len - 1] != '/') path.len--;
    return path.len ? path : S(".");
}

/* What root writes must stay readable for whom it belongs to. */
static int give_to_owner(int file, int folder, const char *path)
{
    struct stat about;
    if (geteuid() != 0) return 0;
    if (lstat(path, &about) != 0 && fstat(folder, &about) != 0) return -1;
    return fchown(file, about.st_uid, about.st_gid);
}

static int write_synced(int file, Str bytes)
{
    while (bytes.len) {
        ssize_t n = write(file, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        bytes = str_slice(bytes, (size_t)n, bytes.len);
    }
    return fsync(file);
}

/* A file left by a process that was killed is in the way. */
static int create_new(const char *path, int permissions)
{
    if (unlink(path) != 0 && errno != ENOENT) return -1;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)permissions);
}

static int write_new(const char *new_path, const char *path, int folder, Str bytes, int permissions)
{
    AUTO(close_file) int file = create_new(new_path, permissions);
    if (file < 0 || fchmod(file, (mode_t)permissions) != 0) return -1;
    return give_to_owner(file, folder, path) == 0 ? write_synced(file, bytes) : -1;
}

Err disk_replace(Arena *a, Str path, Str bytes, int permissions, Fault *fault)
{
    const char *c_path = str_c(a, path), *new_path = str_c(a, str_format(a, "%.*s.new", STR_ARG(path)));
    AUTO(close_file) int folder = open(str_c(a, folder_of(path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool placed = folder >= 0 && write_new(new_path, c_path, folder, bytes, permissions) == 0 && rename(new_path, c_path) == 0;
    if (placed && fsync(folder) == 0) return ERR_OK;
    int why = errno;
    if (!placed) unlink(new_path);
    Err e = failed(a, fault, path, why);
    return e == ERR_MISSING ? fault->err = ERR_IO : e; /* it is the folder that is not there */
}

static bool wait_a_little(int *wait_ms)
{
    enum { STEP_MS = 10 };
    if (*wait_ms <= 0) return false;
    *wait_ms -= STEP_MS;
    nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    return true;
}

Err disk_lock(Arena *a, Str path, int wait_ms, int *ret_lock, Fault *fault)
{
    Str folder = folder_of(path);
    int lock = open(str_c(a, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) return failed(a, fault, folder, errno);
    while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        if (why == EINTR || (why == EWOULDBLOCK && wait_a_little(&wait_ms))) continue;
        close(lock);
        if (why != EWOULDBLOCK) return failed(a, fault, folder, why);
        fault->file = str_copy(a, folder);
        return fault_set(fault, ERR_CONFLICT, 0, 0, S("a folder that no other process has locked"), (Str){0});
    }
    *ret_lock = lock;
    return ERR_OK;
}

void disk_unlock(const int *lock)
{
    close_file(lock);
}

/* --- folders --- */

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
