/* Any bytes as JSON: refused with a place and a reason, or read, and then what is written of it is read and written again the same.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Str written(Arena *a, const View *v)
{
    Buf b = buf_new(a);
    view_json(v, &b, false);
    return buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    View *value, *again;
    Fault fault = {0};
    if (json_read(&a, (Str){(const char *)data, size}, &value, &fault)) {
        ASSERT(fault.err == ERR_INPUT && fault.line > 0 && fault.column > 0 && fault.expected.len);
    } else {
        Str text = written(&a, value);
        ASSERT(json_read(&a, text, &again, &fault) == ERR_OK && str_equal(written(&a, again), text));
    }
    arena_clear(&a);
    return 0;
}
