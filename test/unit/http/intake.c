/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/intake.h"

#include <fcntl.h>

static void fill(Intake *intake, size_t size, size_t step)
{
    char bytes[8192];
    for (size_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        for (size_t i = 0; i < n; i++) bytes[i] = (char)((at + i) % 251);
        intake_add(intake, (Str){bytes, n});
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4096, 4097, INTAKE_MEMORY_MOST - 1, INTAKE_MEMORY_MOST, INTAKE_MEMORY_MOST + 1, 1000003};
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        Intake intake = {0};
        Str body;
        fill(&intake, sizes[i], 4093);
        assert_int_equal(intake_done(&intake, &body), ERR_OK);
        assert_int_equal(body.len, sizes[i]);
        assert_int_equal(intake.file != 0, sizes[i] > INTAKE_MEMORY_MOST);
        for (size_t k = 0; k < body.len; k++)
            if (body.ptr[k] != (char)(k % 251)) fail_msg("byte %zu of %zu", k, sizes[i]);
        intake_clear(&intake);
        assert_true(!intake.file && !intake.memory && !intake.mapped && !intake.size);
    }
}

/* No such folder: then it is memory without a name. */
static void test_no_folder(void **state)
{
    (void)state;
    assert_int_equal(setenv("TMPDIR", "/nonexistent/folder", 1), 0);
    test_sizes(state);
    unsetenv("TMPDIR");
}

/* The disk is full after 100 KB: the body is counted, not kept, and said to be lost. */
static void test_full(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {100000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    Intake intake = {0};
    Str body;
    fill(&intake, 300000, 4096);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(intake.size, 300000);
    assert_int_equal(intake_done(&intake, &body), ERR_IO);
    intake_clear(&intake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes), cmocka_unit_test(test_no_folder), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
