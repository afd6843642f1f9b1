/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/libpq.h"

#include "core/library.h"

LibPq pq;

#define X(name) {#name, (void *)&pq.name},
static const LibraryFunction functions[] = {LIBPQ_FUNCTIONS(X)};
#undef X

Err libpq_load(Fault *fault)
{
    static Library library = {
        .files = {"libpq.so.5"},
        .functions = functions,
        .count = sizeof functions / sizeof *functions,
        .needed = S(
            "a postgres:// store needs PostgreSQL's client library, libpq.so.5 of version 14 or above (Debian: apt install libpq5)"),
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    return library_load(&library, fault);
}
