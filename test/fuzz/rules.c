/* Rules from anywhere: read or refused with a line, and read again from their own text to the same.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "count/rules.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Rules *rules = NULL, *again = NULL;
    Fault fault = {0};
    Err e = rules_parse(&a, (Str){(const char *)data, size}, S("fuzz"), &rules, &fault);
    ASSERT(!e || (fault.err == e && fault.expected.len));
    if (!e) {
        ASSERT(rules_parse(&a, rules->text, rules->name, &again, &fault) == ERR_OK);
        ASSERT(memcmp(&rules->hash, &again->hash, sizeof rules->hash) == 0 && rules->method == again->method);
    }
    arena_clear(&a);
    return 0;
}
