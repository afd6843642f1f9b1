/* The manifest of a contest, from anywhere: read or refused with words, and nothing of it points outside its folder.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "contest/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Conf *conf = NULL;
    Fault fault = {0};
    Err e = conf_parse(&a, (Str){(const char *)data, size}, &conf, &fault);
    ASSERT(!e || (fault.err == e && fault.expected.len && !conf));
    if (!e) {
        ASSERT(slug_is_good(conf->slug) && conf->title.len && conf->rules.len && conf->date.len == 10);
        ASSERT((conf->papers.count > 0) != (conf->stages.len > 0));
        for (int i = 0; i < conf->papers.count; i++) {
            Str file = conf->papers.items[i].value;
            ASSERT(file.len && file.ptr[0] != '.' && str_find(file, '/') == file.len);
            ASSERT(slug_is_good(slug_of_name(&a, file)));
        }
    }
    arena_clear(&a);
    return 0;
}
