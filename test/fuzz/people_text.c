/* Any bytes as a value of any column: refused with a reason, or in a form that is read again to itself; folded text folds to itself.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/table.h"
#include "people/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(Arena *a, PeopleColumn column, Str typed)
{
    const ValueOptions o = {.country = S("GB"), .no_phones = true};
    const char *expected = NULL;
    Str value, again;
    if (!value_read(a, column, typed, &o, &value, &expected)) {
        ASSERT(expected && *expected);
        return;
    }
    ASSERT(value.len <= 4 * PEOPLE_TEXT_MAX);
    ASSERT(value_read(a, column, value, &o, &again, &expected) && str_equal(value, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Str text = {(const char *)data + 1, size - 1};
    check_value(&a, (PeopleColumn)(data[0] % COL__COUNT), text);
    Str folded = text_fold(&a, text);
    ASSERT(str_equal(text_fold(&a, folded), folded));
    ASSERT(text_distance(folded, folded, 3) == 0);
    arena_clear(&a);
    return 0;
}
