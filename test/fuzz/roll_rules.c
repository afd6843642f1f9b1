/* Any bytes as the rules of a roll: refused with words, or written in their one form, which is read and written again the same.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    RollRules *rules = arena_new(&a, RollRules, 2);
    Fault fault = {0};
    Err e = rules_read(&a, (Str){(const char *)data, size}, &rules[0], &fault);
    if (e) {
        ASSERT((e == ERR_INPUT || e == ERR_LIMIT) && fault.err == e && fault.expected.len);
    } else {
        Str text = rules_write(&a, &rules[0]);
        rules_words(&a, &rules[0], view_array(&a));
        ASSERT(rules_read(&a, text, &rules[1], &fault) == ERR_OK && str_equal(rules_write(&a, &rules[1]), text));
    }
    arena_clear(&a);
    return 0;
}
