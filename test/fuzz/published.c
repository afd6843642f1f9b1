/* Any bytes as a file of published figures: refused, or answered; what is said to fit does.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "count/published.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every figure with votes and a percentage of the papers must fit every number that was said to fit. */
static void check_runs(const PublishedAnswer *answer)
{
    const Published *p = answer->published;
    for (int i = 0; i < answer->fit_count; i++)
        for (int q = 0; q < p->question_count; q++)
            for (int k = 0; k < p->questions[q].figure_count; k++) {
                const PublishedFigure *f = &p->questions[q].figures[k];
                if (p->questions[q].of != BASE_PAPERS || !f->has_votes || !f->has_printed) continue;
                ASSERT(published_fits(f->votes, answer->fits[i].from, f->printed, p->rounding));
                ASSERT(published_fits(f->votes, answer->fits[i].to, f->printed, p->rounding));
            }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Fault fault = {0};
    Published *p = NULL;
    if (published_parse(&a, (Str){(const char *)data, size}, &p, &fault)) {
        ASSERT(!p && fault_text(&a, &fault).len);
    } else {
        PublishedAnswer *answer = published_check(&a, p);
        check_runs(answer);
        Buf out = buf_new(&a);
        published_text(answer, &out);
        view_json(published_view(&a, answer), &out, true);
    }
    arena_clear(&a);
    return 0;
}
