/* Any bytes as an entry of the record: refused with a reason, or written again by act_entry byte for byte (unless its kind wants what it lacks).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "record/act.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void written_again(Arena *a, const Leaf *l)
{
    Act act = {.kind = str_c(a, l->kind),
        .by = l->by,
        .says = l->says,
        .contest = l->contest,
        .unit = l->unit,
        .reason = l->reason,
        .until = l->until,
        .ends_power = l->power >= 0,
        .power = l->power,
        .files = l->files,
        .file_count = l->file_count,
        .data = l->data};
    Str entry;
    ActFile side;
    Fault fault = {0};
    Err e = act_entry(a, &act, l->at, &entry, &side, &fault);
    if (e) ASSERT(e == ERR_INPUT && fault.expected.len);
    else ASSERT(str_equal(entry, l->entry) && !side.name.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, (size_t)256 << 20);
    Leaf leaf;
    Fault fault = {0};
    Err e = act_read(&a, (Str){(const char *)data, size}, &leaf, &fault);
    if (e) ASSERT((e == ERR_INPUT || e == ERR_LIMIT) && fault.expected.len);
    else written_again(&a, &leaf);
    arena_clear(&a);
    return 0;
}
