/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/libpq.h"

#include <dlfcn.h>
#include <pthread.h>

LibPq pq;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

/* A function's address comes as an object's (POSIX dlsym), hence the way round through its bytes. */
static bool find(void *library, const char *name, void *ret_function)
{
    void **function = ret_function;
    *function = dlsym(library, name);
    return *function != NULL;
}

static void load(void)
{
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    loaded = true;
#define X(name) loaded = loaded && find(library, #name, &pq.name);
    LIBPQ_FUNCTIONS(X)
#undef X
}

Err libpq_load(Fault *fault)
{
    ASSERT(pthread_once(&once, load) == 0);
    if (loaded) return ERR_OK;
    return fault_set(fault, ERR_IO, 0, 0,
        S("a postgres:// store needs PostgreSQL's client library, libpq.so.5 of version 14 or above (Debian: apt install libpq5)"),
        (Str){0});
}
