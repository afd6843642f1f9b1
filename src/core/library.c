/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/library.h"

#include <dlfcn.h>

/* A function's address comes as an object's (POSIX dlsym), hence the way round through its bytes. */
static bool find(void *loaded, LibraryFunction function)
{
    void **place = function.place;
    *place = dlsym(loaded, function.name);
    return *place != NULL;
}

static bool load(const Library *library, const char *file)
{
    void *loaded = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!loaded) return false;
    for (size_t i = 0; i < library->count; i++) {
        if (find(loaded, library->functions[i])) continue;
        dlclose(loaded);
        return false;
    }
    return true;
}

static bool load_any(const Library *library)
{
    for (size_t i = 0; i < sizeof library->files / sizeof *library->files && library->files[i]; i++)
        if (load(library, library->files[i])) return !library->begin || library->begin();
    return false;
}

Err library_load(Library *library, Fault *fault)
{
    ASSERT(pthread_mutex_lock(&library->lock) == 0);
    if (library->state == LIBRARY_UNTRIED) library->state = load_any(library) ? LIBRARY_LOADED : LIBRARY_LACKING;
    bool loaded = library->state == LIBRARY_LOADED;
    ASSERT(pthread_mutex_unlock(&library->lock) == 0);
    return loaded ? ERR_OK : fault_set(fault, ERR_IO, 0, 0, library->needed, (Str){0});
}
