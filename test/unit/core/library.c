/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/library.h"

#include <math.h>

static struct {
    __typeof__(cos) *cosine;
    __typeof__(cos) *other;
} maths;
static int begun;

static bool begin(void)
{
    begun++;
    return maths.cosine(0) > 0.5;
}

static bool refuse(void)
{
    return false;
}

static const LibraryFunction both[] = {{"cos", (void *)&maths.cosine}, {"no_such_function", (void *)&maths.other}};

static Library make(size_t count, bool (*first)(void), const char *file, const char *next)
{
    return (Library){.files = {file, next},
        .functions = both,
        .count = count,
        .needed = S("mathematics"),
        .begin = first,
        .lock = PTHREAD_MUTEX_INITIALIZER};
}

static void a_library_is_loaded_once(void **state)
{
    (void)state;
    Fault fault = {0};
    Library library = make(1, begin, "libm.so.6", NULL);
    begun = 0;
    assert_int_equal(library_load(&library, &fault), ERR_OK);
    assert_int_equal(library_load(&library, &fault), ERR_OK);
    assert_int_equal(begun, 1);
    assert_true(maths.cosine(0) > 0.5);
}

static void the_next_file_is_tried(void **state)
{
    (void)state;
    Fault fault = {0};
    Library library = make(1, begin, "libno-such-library.so.1", "libm.so.6");
    assert_int_equal(library_load(&library, &fault), ERR_OK);
    library = make(1, begin, "$ORIGIN/no-such-library.so", "libm.so.6");
    assert_int_equal(library_load(&library, &fault), ERR_OK);
}

static void assert_lacking(Library library)
{
    for (int again = 0; again < 2; again++) {
        Fault fault = {0};
        assert_int_equal(library_load(&library, &fault), ERR_IO);
        assert_str(fault.expected, "mathematics");
    }
}

static void what_is_lacking_is_said_each_time(void **state)
{
    (void)state;
    assert_lacking(make(1, begin, "libno-such-library.so.1", NULL));
    assert_lacking(make(2, begin, "libm.so.6", NULL));
    assert_lacking(make(1, refuse, "libm.so.6", NULL));
    assert_lacking(make(1, begin, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_loaded_once),
        cmocka_unit_test(the_next_file_is_tried),
        cmocka_unit_test(what_is_lacking_is_said_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
