/* Any bytes as an account of boxes: refused, or answered with sums that agree.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "count/reconcile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Fault fault = {0};
    Reconciliation *r = NULL;
    if (reconcile_parse(&a, (Str){(const char *)data, size}, &r, &fault)) {
        ASSERT(!r && fault_text(&a, &fault).len);
    } else {
        int64_t difference = 0;
        for (int i = 0; i < r->box_count; i++) difference += r->boxes[i].difference;
        ASSERT(difference == r->all.difference);
        ASSERT(reconcile_balances(r) == (r->unbalanced == 0));
        Buf out = buf_new(&a);
        reconcile_text(r, &out);
        view_json(reconcile_view(&a, r), &out, true);
    }
    arena_clear(&a);
    return 0;
}
