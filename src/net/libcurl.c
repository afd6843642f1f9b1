/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/libcurl.h"

#include <dlfcn.h>
#include <pthread.h>

LibCurl curl;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

/* A function's address comes as an object's (POSIX dlsym), hence the way round through its bytes. */
static bool find(void *library, const char *name, void *ret_function)
{
    void **function = ret_function;
    *function = dlsym(library, name);
    return *function != NULL;
}

/* The build with GnuTLS, as libmicrohttpd has it in the process already; one with another TLS library would be a second one to keep patched. */
static void load(void)
{
    void *library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    loaded = true;
#define X(name) loaded = loaded && find(library, #name, &curl.name);
    LIBCURL_FUNCTIONS(X)
#undef X
    loaded = loaded && curl.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

Err libcurl_load(Fault *fault)
{
    ASSERT(pthread_once(&once, load) == 0);
    if (loaded) return ERR_OK;
    return fault_set(fault, ERR_IO, 0, 0,
        S("asking another server needs the library libcurl-gnutls.so.4 of version 7.85 or above (Debian: apt install libcurl3-gnutls)"),
        (Str){0});
}
