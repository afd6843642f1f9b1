/* A roster from files. The one argument is the folder of the examples. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "people/roster.h"

#include <zlib.h>

static const char *examples;
static char folder[] = "/tmp/hustings-roster-XXXXXX";

static Str at(Arena *a, const char *where, const char *name)
{
    return str_format(a, "%s/%s", where, name);
}

static Str written(Arena *a, const char *name, Str text, bool packed)
{
    Str path = at(a, folder, name);
    gzFile file = gzopen(str_c(a, path), packed ? "wb" : "wbT");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text.ptr, (unsigned)text.len), (int)text.len);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

static void count_bad(void *count, const TableRow *row)
{
    assert_true(row->fault_count > 0);
    ++*(int *)count;
}

static Err read_file(Arena *a, Str path, Str units, Roster **ret_roster, int64_t *ret_bad, Fault *fault)
{
    int told = 0;
    RosterFile file = {
        .path = path, .units = units, .options = {.country = S("GB"), .no_phones = true}, .bad = count_bad, .context = &told};
    Err e = roster_read(a, &file, ret_roster, ret_bad, fault);
    if (!e) assert_int_equal(told, (int)*ret_bad);
    return e;
}

static void the_example_is_good(void **state)
{
    Roster *r;
    int64_t bad;
    Fault fault = {0};
    assert_int_equal(read_file(*state, at(*state, examples, "members.csv"), at(*state, examples, "units.csv"), &r, &bad, &fault), ERR_OK);
    assert_int_equal(r->count, 40);
    assert_int_equal(bad, 0);
    assert_int_equal(r->unit_count, 3);
    assert_int_equal(r->units[roster_unit(r, S("ebbridge"))].above, roster_unit(r, S("tellers")));
    assert_same_str(roster_text(r, r->units[roster_unit(r, S("upper-tarn"))].name), S("Upper Tarn"));
    assert_same_str(roster_text(r, r->rows[0].person), S("M0001"));
    assert_int_equal(r->rows[8].spell_count, 2);
    Day day;
    assert_true(day_read(S("2013-06-25"), &day));
    assert_int_equal(roster_status(r, &r->rows[8], day), STATUS_LAPSED);
}

static void flaws_are_told(void **state)
{
    Roster *r;
    int64_t bad;
    Fault fault = {0};
    assert_int_equal(read_file(*state, at(*state, examples, "members-with-flaws.csv"), (Str){0}, &r, &bad, &fault), ERR_OK);
    assert_int_equal(r->count, 3); /* without libphonenumber a number that a spreadsheet spoilt is only digits */
    assert_int_equal(bad, 8);
}

static void a_packed_file_is_the_same(void **state)
{
    Arena *a = *state;
    Buf b = buf_new(a);
    buf_str(&b, S("id,name,unit\n"));
    for (int i = 0; i < 40000; i++) buf_format(&b, "%d,Ada Poll,\"Upper Tarn\"\n", i);
    for (int packed = 0; packed <= 1; packed++) {
        Roster *r;
        int64_t bad;
        Fault fault = {0};
        assert_int_equal(read_file(a, written(a, "list", buf_done(&b), packed), (Str){0}, &r, &bad, &fault), ERR_OK);
        assert_int_equal(r->count, 40000);
        assert_same_str(roster_text(r, r->rows[39999].id), S("39999"));
        assert_same_str(roster_text(r, r->rows[39999].unit), S("upper-tarn"));
        assert_int_equal(r->unit_count, 1);
        assert_int_equal(r->rows[1].line, 3);
    }
}

static void expect_fault(Arena *a, Str path, Str units, const char *ends)
{
    Roster *r;
    int64_t bad;
    Fault fault = {0};
    Err e = read_file(a, path, units, &r, &bad, &fault);
    Str said = fault_text(a, &fault);
    assert_int_equal(e, ERR_INPUT);
    if (!str_ends(said, str_from_c(ends))) fail_msg("'%.*s' does not end in '%s'", STR_ARG(said), ends);
}

static void what_cannot_be_read_is_told(void **state)
{
    Arena *a = *state;
    Str good = written(a, "good", S("id\n1\n"), false);
    expect_fault(a, at(a, folder, "none"), (Str){0}, "none: cannot open: No such file or directory");
    expect_fault(a, written(a, "half", S("\x1f\x8b\x08"), false), (Str){0},
        "half: expected a gzip file that can be unpacked, found cannot unpack gzip: the file ends too early, after 3 bytes");
    expect_fault(a, written(a, "no-header", S("1,2\n"), false), (Str){0},
        "no-header:1:1: expected a first row with the names of the columns, as id, given_name, family_name, email, found '1'");
    expect_fault(a, good, written(a, "loop", S("slug,above\na,b\nb,a\n"), false),
        "loop:3:1: expected units in a tree, found one that stands above itself");
    expect_fault(a, good, written(a, "no-slug", S("name\na\n"), false),
        "no-slug:1:1: expected the columns slug, name, kind, above, found none called slug");
    expect_fault(a, good, written(a, "empty-slug", S("name,slug\na,\n"), false), "empty-slug:2:1: expected a unit's slug, found none");
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"list", "good", "half", "no-header", "loop", "no-slug", "empty-slug"};
    for (int i = 0; i < COUNT_OF(names); i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(int count, char **words)
{
    if (count != 2) return 2;
    examples = words[1];
    const struct CMUnitTest tests[] = {
        arena_test(the_example_is_good),
        arena_test(flaws_are_told),
        arena_test(a_packed_file_is_the_same),
        arena_test(what_cannot_be_read_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
