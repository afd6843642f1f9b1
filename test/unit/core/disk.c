/* Files and folders from the disk. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/disk.h"
#include "core/folder.h"

static void a_file_up_to_its_limit(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    folder_put(&f, "x",
        S("12\0"
          "45"));
    folder_put(&f, "empty", S(""));
    Str path = str_format(a, "%s/x", f.path), bytes = {0};
    Fault fault = {0};
    assert_int_equal(disk_read(a, path, 5, &bytes, &fault), ERR_OK);
    assert_true(str_equal(bytes, (Str){"12\0"
                                       "45",
                                     5}));
    assert_int_equal(disk_read(a, path, 4, &bytes, &fault), ERR_LIMIT);
    assert_same_str(fault.file, path);
    assert_int_equal(disk_read(a, str_format(a, "%s/empty", f.path), 0, &bytes, &fault), ERR_OK);
    assert_int_equal(bytes.len, 0);
}

static void what_cannot_be_read(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    folder_put(&f, "x", S("1"));
    Str bytes = {0};
    Fault fault = {0};
    assert_int_equal(disk_read(a, str_format(a, "%s/nothing", f.path), 10, &bytes, &fault), ERR_MISSING);
    assert_int_equal(disk_read(a, str_format(a, "%s/x/y", f.path), 10, &bytes, &fault), ERR_MISSING);
    assert_int_equal(disk_read(a, str_from_c(f.path), 10, &bytes, &fault), ERR_IO);
    assert_same_str(fault.file, str_from_c(f.path));
    assert_true(fault.expected.len > 0);
    assert_int_equal(disk_read(a, S("/dev/zero"), 10, &bytes, &fault), ERR_IO);
    assert_null(bytes.ptr);
}

static void a_folder_by_name(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    folder_put(&f, "b", S(""));
    folder_put(&f, "c/inner", S(""));
    folder_put(&f, ".hidden", S(""));
    folder_put(&f, "a", S(""));
    DiskEntry *entries = NULL;
    int count = 0;
    Fault fault = {0};
    assert_int_equal(disk_list(a, str_from_c(f.path), &entries, &count, &fault), ERR_OK);
    assert_int_equal(count, 3);
    assert_str(entries[0].name, "a");
    assert_false(entries[0].folder);
    assert_str(entries[2].name, "c");
    assert_true(entries[2].folder);
    for (int k = 0; k < 40; k++) folder_put(&f, str_c(a, str_format(a, "n%d", k)), S(""));
    assert_int_equal(disk_list(a, str_from_c(f.path), &entries, &count, &fault), ERR_OK);
    assert_int_equal(count, 43);
    assert_int_equal(disk_list(a, S("/nowhere/at/all"), &entries, &count, &fault), ERR_MISSING);
    assert_int_equal(disk_list(a, str_format(a, "%s/a", f.path), &entries, &count, &fault), ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(a_file_up_to_its_limit), arena_test(what_cannot_be_read), arena_test(a_folder_by_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
