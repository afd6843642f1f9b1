/* Any bytes as a member's proof, or as roll.json: refused with words, or written again byte for byte.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/freeze.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refused(Err e, const Fault *fault)
{
    ASSERT((e == ERR_INPUT || e == ERR_LIMIT) && fault->err == e && fault->expected.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Str text = {(const char *)data, size};
    RollProof *p = arena_new(&a, RollProof, 1);
    RollPublished *published = arena_new(&a, RollPublished, 1);
    Fault fault = {0};
    Err e = roll_proof_read(&a, text, p, &fault);
    if (e) refused(e, &fault);
    else ASSERT(str_equal(roll_proof_text(&a, p), text));
    e = roll_published_read(&a, text, published, &fault);
    if (e) refused(e, &fault);
    else if (roll_check(&a, published, S(""), (Str){0}, &fault)) ASSERT(fault.expected.len);
    arena_clear(&a);
    return 0;
}
