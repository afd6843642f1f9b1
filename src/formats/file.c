/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/file.h"

#include "formats/gunzip.h"
#include "formats/load.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

static void close_fd(int *fd)
{
    if (*fd > STDERR_FILENO) close(*fd);
}

static bool is_dash(const char *path)
{
    return str_equal(str_from_c(path), S("-"));
}

/* A path that names nothing, or a folder, is the caller's mistake; the rest is the world's failure. */
static Err io_fault(Arena *a, Fault *fault, const char *what, int number)
{
    bool wrong_path = number == ENOENT || number == ENOTDIR || number == EISDIR || number == ENAMETOOLONG;
    return fault_set(fault, wrong_path ? ERR_INPUT : ERR_IO, 0, 0, str_format(a, "cannot %s: %s", what, strerror(number)), (Str){0});
}

/* *ret_fd is the caller's to close whatever is returned. */
static Err open_to_read(Arena *a, const char *path, int *ret_fd, struct stat *ret_stat, Fault *fault)
{
    fault->file = is_dash(path) ? S("standard input") : str_copy(a, str_from_c(path));
    *ret_fd = is_dash(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*ret_fd < 0) return io_fault(a, fault, "open", errno);
    if (fstat(*ret_fd, ret_stat)) return io_fault(a, fault, "read", errno);
    if (S_ISDIR(ret_stat->st_mode)) return io_fault(a, fault, "read", EISDIR);
    return ERR_OK;
}

/* As much as comes at once, up to `size`; 0 at the end, -1 and errno when it fails. */
static ssize_t read_some(int fd, char *bytes, size_t size)
{
    ssize_t n;
    do n = read(fd, bytes, size);
    while (n < 0 && errno == EINTR);
    return n;
}

Err file_open(Arena *a, const char *path, int *ret_fd, Fault *fault)
{
    struct stat st;
    return open_to_read(a, path, ret_fd, &st, fault);
}

Err file_read_piece(Arena *a, int fd, char *bytes, size_t size, size_t *ret_len, Fault *fault)
{
    ssize_t n = read_some(fd, bytes, size);
    if (n < 0) return io_fault(a, fault, "read", errno);
    *ret_len = (size_t)n;
    return ERR_OK;
}

/* --- papers from a stream --- */

typedef struct Stream {
    Reader *reader;
    Gunzip *gunzip; /* NULL: not packed */
} Stream;

static Err unpacked(void *context, Str bytes)
{
    return reader_feed(context, bytes);
}

static Err stream_feed(Arena *a, Stream *s, Str bytes, Fault *fault)
{
    Str reason = {0};
    Err e = s->gunzip ? gunzip_feed(s->gunzip, bytes, &reason) : reader_feed(s->reader, bytes);
    if (e && reason.len) return fault_set(fault, e, 0, 0, str_copy(a, reason), (Str){0});
    if (e) *fault = *reader_fault(s->reader);
    return e;
}

static Err stream_end(Arena *a, Stream *s, Fault *fault)
{
    Str reason = {0};
    Err e = s->gunzip ? gunzip_end(s->gunzip, &reason) : ERR_OK;
    if (e) return fault_set(fault, e, 0, 0, str_copy(a, reason), (Str){0});
    e = reader_end(s->reader);
    if (e) *fault = *reader_fault(s->reader);
    return e;
}

static Err read_stream(Arena *a, Papers *papers, int fd, int64_t size, const FileOptions *options, Fault *fault)
{
    AUTO(arena_clear) Arena own;
    arena_init(&own, ARENA_LIMIT_DEFAULT);
    char *bytes = arena_new(&own, char, PIECE);
    Stream s = {.reader = reader_open(a, papers, &options->format)};
    int64_t done = 0;
    size_t have = 0;
    for (;;) {
        ssize_t n = read_some(fd, bytes + have, PIECE - have);
        if (n < 0) return io_fault(a, fault, "read", errno);
        have += (size_t)n;
        /* The first two bytes tell a gzip stream; a pipe may deliver them one by one. */
        if (done == 0 && have == 1 && n > 0) continue;
        if (done == 0 && gunzip_is_gzip((Str){bytes, have})) s.gunzip = gunzip_open(&own, unpacked, s.reader);
        Err e = stream_feed(a, &s, (Str){bytes, have}, fault);
        if (e) return e;
        done += (int64_t)have;
        have = 0;
        if (options->progress) options->progress(options->progress_context, done, size);
        if (n == 0) break;
    }
    return stream_end(a, &s, fault);
}

/* --- papers from a regular file --- */

typedef struct Mapping {
    void *start;
    size_t size;
} Mapping;

static void unmap(Mapping *m)
{
    munmap(m->start, m->size);
}

/* Map and read. *ret_mapped is false when it cannot be mapped, or is gzip, and nothing was done. */
static Err read_mapped(
    Arena *a, Papers *papers, int fd, const struct stat *before, const FileOptions *options, bool *ret_mapped, Fault *fault)
{
    *ret_mapped = false;
    if (!S_ISREG(before->st_mode) || before->st_size == 0 || lseek(fd, 0, SEEK_CUR) != 0) return ERR_OK;
    size_t size = (size_t)before->st_size;
    void *start = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (start == MAP_FAILED) return ERR_OK;
    AUTO(unmap) Mapping m = {.start = start, .size = size};
    Str text = {m.start, m.size};
    if (gunzip_is_gzip(text)) return ERR_OK;
    *ret_mapped = true;
    Err e = load_text(a, papers, options, text, fault);
    struct stat after;
    bool changed = fstat(fd, &after) || after.st_size != before->st_size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
                   after.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
    if (changed) return fault_set(fault, ERR_IO, 0, 0, S("the file changed while it was read"), (Str){0});
    return e;
}

Err file_read_papers(Arena *a, Papers *papers, const char *path, const FileOptions *options, Fault *fault)
{
    struct stat st = {0};
    AUTO(close_fd) int fd = -1;
    Err e = open_to_read(a, path, &fd, &st, fault);
    if (e) return e;
    FileOptions named = *options;
    if (!named.format.file_name.len) named.format.file_name = fault->file;
    bool mapped = false;
    e = read_mapped(a, papers, fd, &st, &named, &mapped, fault);
    if (e || mapped) return e;
    return read_stream(a, papers, fd, S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0, &named, fault);
}

/* --- small files --- */

/* "16 KiB", "12 bytes": a bound is told as whoever set it thought of it. */
static Str size_in_words(Arena *a, size_t size)
{
    const size_t kib = 1024, mib = kib * kib;
    if (size && size % mib == 0) return str_format(a, "%zu MiB", size / mib);
    if (size && size % kib == 0) return str_format(a, "%zu KiB", size / kib);
    return str_format(a, "%zu bytes", size);
}

Err file_read_all(Arena *a, const char *path, size_t max, Str *ret_text, Fault *fault)
{
    struct stat st = {0};
    AUTO(close_fd) int fd = -1;
    Err e = open_to_read(a, path, &fd, &st, fault);
    if (e) return e;
    Buf text = buf_new(a);
    char bytes[16 * 1024];
    for (;;) {
        ssize_t n = read_some(fd, bytes, sizeof bytes);
        if (n < 0) return io_fault(a, fault, "read", errno);
        if (n == 0) break;
        if ((size_t)n > max - text.len)
            return fault_set(
                fault, ERR_LIMIT, 0, 0, str_format(a, "the file may have at most %.*s", STR_ARG(size_in_words(a, max))), (Str){0});
        buf_str(&text, (Str){bytes, (size_t)n});
    }
    *ret_text = buf_done(&text);
    return ERR_OK;
}

static int write_whole(int fd, Str text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len < INT_MAX ? text.len : INT_MAX);
        if (n < 0 && errno != EINTR) return errno;
        if (n > 0) text = str_slice(text, (size_t)n, text.len);
    }
    return 0;
}

/* Something that is no regular file (a terminal, a pipe) has nothing to rename over. */
static Err write_in_place(Arena *a, const char *path, Str text, Fault *fault)
{
    AUTO(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return io_fault(a, fault, "open", errno);
    int failed = write_whole(fd, text);
    return failed ? io_fault(a, fault, "write", failed) : ERR_OK;
}

static Err write_and_rename(Arena *a, const char *path, mode_t mode, Str text, Fault *fault)
{
    char *temporary = (char *)str_format(a, "%s.XXXXXX", path).ptr;
    AUTO(close_fd) int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) return io_fault(a, fault, "create", errno);
    int failed = write_whole(fd, text);
    if (!failed && (fchmod(fd, mode) || fsync(fd) || rename(temporary, path))) failed = errno;
    if (!failed) return ERR_OK;
    unlink(temporary);
    return io_fault(a, fault, "write", failed);
}

Err file_write_all(Arena *a, const char *path, Str text, Fault *fault)
{
    if (is_dash(path)) {
        fault->file = S("standard output");
        int failed = write_whole(STDOUT_FILENO, text);
        return failed ? io_fault(a, fault, "write", failed) : ERR_OK;
    }
    fault->file = str_copy(a, str_from_c(path));
    struct stat st;
    if (stat(path, &st)) {
        mode_t mask = umask(0);
        umask(mask);
        return write_and_rename(a, path, 0666 & ~mask, text, fault);
    }
    if (!S_ISREG(st.st_mode)) return write_in_place(a, path, text, fault);
    /* Through a link to the file itself, so that the link stays. */
    char real[PATH_MAX];
    return write_and_rename(a, realpath(path, real) ? real : path, st.st_mode & 07777, text, fault);
}
