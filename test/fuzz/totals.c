/* Totals of stages from anywhere: refused with words, or a result that adds up.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The first byte chooses the rules.
 */
#include "formats/totals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_stage(const Result *r, const Stage *s)
{
    Votes sum = 0;
    for (int c = 0; c < r->papers->candidate_count; c++) {
        ASSERT(s->tally[c] >= 0 && (s->tally[c] == 0 || s->standing[c] == STANDING_CONTINUING));
        sum += s->tally[c];
    }
    ASSERT(sum == s->continuing && s->continuing + s->not_reallocated == r->valid && s->not_reallocated >= 0);
    Votes moved = 0;
    for (int i = 0; i < s->transfer_count; i++) moved += s->transfers[i].votes;
    ASSERT(s->transfer_count == 0 || moved == s->tally[s->eliminated[0]]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const Str presets[] = {S("av-2011"), S("plurality"), S("labour-2010"), S("omov")};
    if (size == 0) return 0;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Str name = presets[data[0] % COUNT_OF(presets)];
    Rules *rules;
    Totals *totals = NULL;
    Result *r = NULL;
    Fault fault = {0};
    CountOptions options = {0};
    Err e = rules_parse(&a, rules_preset_text(name), name, &rules, &fault);
    ASSERT(!e);
    e = totals_parse(&a, (Str){(const char *)data + 1, size - 1}, &totals, &fault);
    if (!e) e = totals_count(&a, rules, totals, &options, &r, &fault);
    ASSERT(!e || (fault.err == e && fault.expected.len && !r));
    for (int s = 0; !e && s < r->stage_count; s++) check_stage(r, &r->stages[s]);
    ASSERT(e || r->elected_count > 0 || r->open);
    arena_clear(&a);
    return 0;
}
