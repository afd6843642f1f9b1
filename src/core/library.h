/* library.h: a shared library that is loaded when something needs it and never before.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: most organisations never meet PostgreSQL, another server or a telephone number; they should need neither the libraries for these nor what comes
 *      with them. A room lists the functions that it calls, with the types of the library's own header, and calls them through pointers.
 * Life: one static Library a shared library; it is never unloaded. Threads: any.
 */
#ifndef HUSTINGS_CORE_LIBRARY_H
#define HUSTINGS_CORE_LIBRARY_H

#include "core/err.h"

#include <pthread.h>

typedef struct LibraryFunction {
    const char *name;
    void *place; /* a pointer to the pointer to the function */
} LibraryFunction;

typedef struct Library {
    const char *files[3]; /* as dlopen takes them ("$ORIGIN/" is the program's folder), the first choice first, NULL for none */
    const LibraryFunction *functions;
    size_t count;
    Str needed;          /* what a person reads when it is not there: why it is needed, which version, and what to install */
    bool (*begin)(void); /* called once all functions are found; NULL: nothing is to be begun. False: it cannot be used */
    pthread_mutex_t lock;
    enum { LIBRARY_UNTRIED, LIBRARY_LOADED, LIBRARY_LACKING } state;
} Library;

/* Load it at the first call; later calls say what the first found. ERR_IO with `needed` when no file has every function: none may be called then. */
NODISCARD Err library_load(Library *library, Fault *fault);

#endif
