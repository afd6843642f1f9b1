/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_ROOM = 4096 };

/* It may have been a password. */
static void forget_memory(Intake *intake)
{
    if (intake->memory) explicit_bzero(intake->memory, intake->room);
    free(intake->memory);
    intake->memory = NULL;
    intake->room = 0;
}

static void add_to_memory(Intake *intake, Str bytes)
{
    size_t size = (size_t)intake->size;
    if (size + bytes.len > intake->room) {
        size_t room = intake->room ? intake->room : FIRST_ROOM;
        while (room < size + bytes.len) room *= 2;
        char *memory = malloc(room);
        if (!memory) out_of_memory(room);
        if (size) memcpy(memory, intake->memory, size);
        forget_memory(intake);
        intake->memory = memory;
        intake->room = room;
    }
    memcpy(intake->memory + size, bytes.ptr, bytes.len);
}

static int open_nameless(void)
{
    const char *folder = getenv("TMPDIR");
    int fd = open(folder && *folder ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) fd = memfd_create("hustings-body", MFD_CLOEXEC); /* no folder, or a file system without such files */
    return fd;
}

static bool write_all(int fd, Str bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = str_slice(bytes, (size_t)n, bytes.len);
    }
    return true;
}

static void move_to_file(Intake *intake)
{
    int fd = open_nameless();
    intake->failed = fd <= 0 || !write_all(fd, (Str){intake->memory, (size_t)intake->size});
    intake->file = fd > 0 ? fd : 0;
    forget_memory(intake);
}

void intake_add(Intake *intake, Str bytes)
{
    if (!bytes.len) return;
    if (!intake->file && !intake->failed && intake->size + (int64_t)bytes.len > INTAKE_MEMORY_MOST) move_to_file(intake);
    if (intake->file && !intake->failed) intake->failed = !write_all(intake->file, bytes);
    else if (!intake->failed) add_to_memory(intake, bytes);
    intake->size += (int64_t)bytes.len;
}

Err intake_done(Intake *intake, Str *ret_body)
{
    if (intake->failed) return ERR_IO;
    if (!intake->file) {
        *ret_body = (Str){intake->memory ? intake->memory : "", (size_t)intake->size};
        return ERR_OK;
    }
    void *mapped = mmap(NULL, (size_t)intake->size, PROT_READ, MAP_PRIVATE, intake->file, 0);
    if (mapped == MAP_FAILED) return ERR_IO;
    intake->mapped = mapped;
    *ret_body = (Str){mapped, (size_t)intake->size};
    return ERR_OK;
}

void intake_clear(Intake *intake)
{
    if (intake->mapped) munmap(intake->mapped, (size_t)intake->size);
    if (intake->file) close(intake->file);
    forget_memory(intake);
    *intake = (Intake){0};
}
