/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/exchange.h"

#include <stdlib.h>
#include <string.h>

Str exchange_header(const Exchange *ex, const char *lower_case_name)
{
    Str name = str_from_c(lower_case_name);
    for (int i = 0; i < ex->header_count; i++)
        if (str_equal(ex->headers[i].name, name)) return ex->headers[i].value;
    return (Str){0};
}

/* ---- answers that are sent to many: one block of memory, with the texts behind the struct ---- */

static size_t answer_bytes(const Answer *answer)
{
    size_t n = answer->body.len;
    for (int i = 0; i < answer->header_count; i++) n += answer->headers[i].name.len + answer->headers[i].value.len + 2;
    return n;
}

static Str put(char **at, Str text)
{
    Str copy = {*at, text.len};
    if (text.len) memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

/* With a zero byte behind, for the library that sends it. */
static Str put_c(char **at, Str text)
{
    Str copy = put(at, text);
    *(*at)++ = '\0';
    return copy;
}

Kept *kept_new(const Answer *answer)
{
    size_t size = sizeof(Kept) + answer_bytes(answer);
    Kept *kept = malloc(size);
    if (!kept) out_of_memory(size);
    *kept = (Kept){.references = 1, .status = answer->status, .header_count = answer->header_count};
    char *at = (char *)(kept + 1);
    for (int i = 0; i < answer->header_count; i++) {
        kept->headers[i].name = put_c(&at, answer->headers[i].name);
        kept->headers[i].value = put_c(&at, answer->headers[i].value);
    }
    kept->body = put(&at, answer->body);
    return kept;
}

Kept *kept_hold(Kept *kept)
{
    __atomic_add_fetch(&kept->references, 1, __ATOMIC_RELAXED);
    return kept;
}

void kept_drop(Kept *kept)
{
    if (__atomic_sub_fetch(&kept->references, 1, __ATOMIC_ACQ_REL) > 0) return;
    if (kept->native) kept->free_native(kept->native);
    free(kept);
}
