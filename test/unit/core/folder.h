/* folder.h: a temporary folder for one test, gone with its scope. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_TEST_FOLDER_H
#define HUSTINGS_TEST_FOLDER_H

#include "core/unit.h"

#include <ftw.h>
#include <sys/stat.h>

typedef struct Folder {
    Arena *arena;
    char path[200];
} Folder;

static inline Folder folder_new(Arena *a)
{
    Folder f = {.arena = a};
    const char *tmp = getenv("TMPDIR");
    snprintf(f.path, sizeof f.path, "%s/hustings-test-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f.path));
    return f;
}

/* Write a file below it, making the folders on the way. */
static inline void folder_put(const Folder *f, const char *name, Str bytes)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    for (char *slash = path + strlen(f->path) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0700);
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static inline int folder_remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about, (void)kind, (void)at;
    return remove(path);
}

static inline void folder_remove(const Folder *f)
{
    nftw(f->path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
