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

static void a_file_is_replaced_whole(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    Str path = str_format(a, "%s/x", f.path), bytes = {0};
    Fault fault = {0};
    folder_put(&f, "x.new", S("left by somebody who was killed"));
    for (int i = 0; i < 2; i++) {
        Str text = i ? S("second") : S("first");
        assert_int_equal(disk_replace(a, path, text, i ? 0600 : 0640, &fault), ERR_OK);
        assert_int_equal(disk_read(a, path, 100, &bytes, &fault), ERR_OK);
        assert_same_str(bytes, text);
        struct stat about;
        assert_int_equal(stat(str_c(a, path), &about), 0);
        assert_int_equal(about.st_mode & 07777, i ? 0600 : 0640);
        assert_int_equal(access(str_c(a, str_format(a, "%.*s.new", STR_ARG(path))), F_OK), -1);
    }
}

static void a_file_that_cannot_be_replaced_stays(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    Fault fault = {0};
    folder_put(&f, "x/inner", S("1"));
    assert_int_equal(disk_replace(a, str_format(a, "%s/x", f.path), S("2"), 0600, &fault), ERR_IO);
    assert_int_equal(access(str_c(a, str_format(a, "%s/x.new", f.path)), F_OK), -1);
    assert_int_equal(access(str_c(a, str_format(a, "%s/x/inner", f.path)), F_OK), 0);
    assert_int_equal(disk_replace(a, S("/nowhere/at/all"), S("2"), 0600, &fault), ERR_IO);
    assert_int_equal(fault.err, ERR_IO);
    assert_str(fault.file, "/nowhere/at/all");
}

/* The server must be able to read what its administrator changed. */
static void what_root_replaces_keeps_its_owner(void **state)
{
    if (geteuid() != 0) skip();
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    enum { SERVER = 12345, OTHER = 12346 };
    Str path = str_format(a, "%s/x", f.path), new_path = str_format(a, "%s/y", f.path);
    struct stat about;
    Fault fault = {0};
    assert_int_equal(chown(f.path, SERVER, SERVER), 0);
    assert_int_equal(disk_replace(a, path, S("1"), 0600, &fault), ERR_OK);
    assert_int_equal(stat(str_c(a, path), &about), 0);
    assert_int_equal(about.st_uid, SERVER);
    assert_int_equal(chown(str_c(a, path), OTHER, OTHER), 0);
    assert_int_equal(disk_replace(a, path, S("2"), 0600, &fault), ERR_OK);
    assert_int_equal(stat(str_c(a, path), &about), 0);
    assert_int_equal(about.st_uid, OTHER);
    assert_int_equal(about.st_gid, OTHER);
    assert_int_equal(disk_replace(a, new_path, S("3"), 0600, &fault), ERR_OK);
    assert_int_equal(stat(str_c(a, new_path), &about), 0);
    assert_int_equal(about.st_gid, SERVER);
}

static void a_folder_has_one_lock(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    Str path = str_format(a, "%s/x", f.path);
    Fault fault = {0};
    int lock = -1, other = -1;
    assert_int_equal(disk_lock(a, path, 0, &lock, &fault), ERR_OK);
    assert_int_equal(disk_lock(a, str_format(a, "%s/y", f.path), 30, &other, &fault), ERR_CONFLICT);
    assert_int_equal(other, -1);
    disk_unlock(&lock);
    assert_int_equal(disk_lock(a, path, 0, &other, &fault), ERR_OK);
    disk_unlock(&other);
    assert_int_equal(disk_lock(a, S("/nowhere/at/all"), 0, &other, &fault), ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(a_file_up_to_its_limit), arena_test(what_cannot_be_read), arena_test(a_folder_by_name),
        arena_test(a_file_is_replaced_whole), arena_test(a_file_that_cannot_be_replaced_stays),
        arena_test(what_root_replaces_keeps_its_owner), arena_test(a_folder_has_one_lock)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
