/* file.h: papers from a path: mapped, piped or gzipped.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A regular file is mapped (and parsed by two threads where that pays); a pipe, standard input ("-") and a gzip
 * stream are fed in pieces of 256 KiB, so their text is never held.
 * A file that another process changes meanwhile is refused (ERR_IO); one that it makes shorter may stop this process with
 * SIGBUS, as any mapped file does. Do not map what others write to: feed it (reader_feed).
 */
#ifndef HUSTINGS_FORMATS_FILE_H
#define HUSTINGS_FORMATS_FILE_H

#include "formats/formats.h"

/* Called now and then while reading: bytes of the file read so far, and its size (0: not known). */
typedef void FileProgress(void *context, int64_t done, int64_t size);

typedef struct FileOptions {
    FormatOptions format;
    FileProgress *progress; /* may be NULL */
    void *progress_context;
} FileOptions;

/* Read `path` into `papers`. ERR_INPUT when the path names no file or the gzip stream is damaged, ERR_IO with the system's reason when it cannot be
 * read otherwise. */
NODISCARD Err file_read_papers(Arena *a, Papers *papers, const char *path, const FileOptions *options, Fault *fault);

/* Open a file to be read in pieces; *ret_fd is the caller's to close, whatever is returned. "-" is standard input. A path that names no file (none is
 * there, or a folder is) is ERR_INPUT; what is there and cannot be read is ERR_IO. Names the file in the fault. */
NODISCARD Err file_open(Arena *a, const char *path, int *ret_fd, Fault *fault);

/* At most `size` bytes of it; *ret_len 0: the end. */
NODISCARD Err file_read_piece(Arena *a, int fd, char *bytes, size_t size, size_t *ret_len, Fault *fault);

/* A whole small file (rules, plans) into the arena; ERR_LIMIT above `max` bytes. "-" is standard input. */
NODISCARD Err file_read_all(Arena *a, const char *path, size_t max, Str *ret_text, Fault *fault);

/* Write all of `text` to `path` through a temporary file and rename, or to standard output ("-"): never half a file. */
NODISCARD Err file_write_all(Arena *a, const char *path, Str text, Fault *fault);

#endif
