/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/libcurl.h"

#include "core/library.h"

LibCurl curl;

static bool begin(void)
{
    return curl.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

#define X(name) {#name, (void *)&curl.name},
static const LibraryFunction functions[] = {LIBCURL_FUNCTIONS(X)};
#undef X

Err libcurl_load(Fault *fault)
{
    /* The build with GnuTLS, as libmicrohttpd has it in the process already; one with another TLS library would be a second one to keep patched. */
    static Library library = {
        .files = {"libcurl-gnutls.so.4"},
        .functions = functions,
        .count = sizeof functions / sizeof *functions,
        .needed = S(
            "asking another server needs the library libcurl-gnutls.so.4 of version 7.85 or above (Debian: apt install libcurl3-gnutls)"),
        .begin = begin,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    return library_load(&library, fault);
}
