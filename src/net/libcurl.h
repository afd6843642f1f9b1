/* libcurl.h: libcurl, loaded when the first other server is asked and never before.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a server without witnesses, and whoever verifies a folder, ask nobody; they should need neither libcurl nor what comes with it (Kerberos, LDAP,
 *      SSH). Call curl.curl_easy_init() where its manual says curl_easy_init(): the types are those of its own header.
 * Not here: what is asked, and with which limits (fetch.c).
 */
#ifndef HUSTINGS_NET_LIBCURL_H
#define HUSTINGS_NET_LIBCURL_H

#include "core/err.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_getinfo /* macros of the same names, which would put themselves in the way below */
#undef curl_easy_setopt
#undef curl_multi_setopt

#define LIBCURL_FUNCTIONS(X)    \
    X(curl_easy_cleanup)        \
    X(curl_easy_getinfo)        \
    X(curl_easy_init)           \
    X(curl_easy_perform)        \
    X(curl_easy_reset)          \
    X(curl_easy_setopt)         \
    X(curl_easy_strerror)       \
    X(curl_free)                \
    X(curl_global_init)         \
    X(curl_multi_add_handle)    \
    X(curl_multi_cleanup)       \
    X(curl_multi_info_read)     \
    X(curl_multi_init)          \
    X(curl_multi_perform)       \
    X(curl_multi_poll)          \
    X(curl_multi_remove_handle) \
    X(curl_multi_setopt)        \
    X(curl_multi_wakeup)        \
    X(curl_slist_append)        \
    X(curl_slist_free_all)      \
    X(curl_url)                 \
    X(curl_url_cleanup)         \
    X(curl_url_get)             \
    X(curl_url_set)

typedef struct LibCurl {
#define X(name) __typeof__(name) *(name);
    LIBCURL_FUNCTIONS(X)
#undef X
} LibCurl;
extern LibCurl curl;

/* Load it once; safe from any thread. ERR_IO when the system has no libcurl with GnuTLS. */
NODISCARD Err libcurl_load(Fault *fault);

#endif
