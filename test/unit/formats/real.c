/* Published elections, where they are at hand: HUSTINGS_DATA names the folder that holds them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The figures are those of the files' sources (PrefLib 00001, 00002, 00005 and 00030; Droop's test data; RCTab's test
 * data for Minneapolis 2017).
 */
#include "formats/formats_unit.h"

#include "formats/file.h"

typedef struct Election {
    const char *path, *title;
    int candidates, seats, boxes;
    int64_t papers;
    uint32_t orders; /* different ones */
} Election;

static const Election elections[] = {
    {"irish-2002/dublin-north.soi", "2002 Dublin North", 12, 0, 0, 43942, 19299},
    {"labour-2010/mps-and-meps.soi", "2010 UK Labor Leadership", 5, 0, 0, 266, 76},
    {"other/burlington-2009-mayor.toi", "2009 Burlington Mayoral Election", 6, 0, 0, 8980, 384},
    {"other/debian-2010-leader.soi", "Debian 2010 Leader", 5, 0, 0, 436, 101},
    {"scottish-2007/Anderston-City-2007.blt", "ANDERSTON-CITY", 9, 4, 0, 6900, 2031},
    {"scottish-2007/Hillhead-2007.blt", "HILLHEAD", 10, 4, 0, 8984, 2749},
    {"minneapolis-2017-mayor/2017_minneapolis_mayor_cvr.converted.csv", "", 19, 0, 132, 105928, 2959},
};

static const char *data_or_skip(void)
{
    const char *data = getenv("HUSTINGS_DATA");
    if (!data) {
        print_message("HUSTINGS_DATA is not set\n");
        skip();
    }
    return data;
}

static Papers *read_election(Arena *a, const char *data, const Election *e)
{
    Papers *p = papers_new(a);
    Fault fault = {0};
    const char *path = str_format(a, "%s/%s", data, e->path).ptr;
    if (file_read_papers(a, p, path, &(FileOptions){0}, &fault)) {
        Str message = fault_text(a, &fault);
        fail_msg("%.*s", STR_ARG(message));
    }
    return p;
}

static void published_elections_are_read(void **state)
{
    Arena *a = *state;
    const char *data = data_or_skip();
    for (int i = 0; i < COUNT_OF(elections); i++) {
        const Election *e = &elections[i];
        Papers *p = read_election(a, data, e);
        assert_same_str(p->title, str_from_c(e->title));
        assert_int_equal(p->candidate_count, e->candidates);
        assert_int_equal(p->seats, e->seats);
        assert_int_equal(p->box_count, e->boxes);
        assert_int_equal(p->total, e->papers);
        assert_int_equal(p->group_count, e->orders);
    }
}

static void published_elections_survive_being_written(void **state)
{
    Arena *a = *state;
    const char *data = data_or_skip();
    for (int i = 0; i < COUNT_OF(elections); i++) {
        Papers *p = read_election(a, data, &elections[i]);
        Buf out = buf_new(a);
        Fault fault = {0};
        assert_int_equal(format_write(p, FORMAT_CSV, &out, &fault), ERR_OK);
        FormatOptions options = {.format = FORMAT_CSV};
        assert_same_str(read_as(a, &options, buf_done(&out), 0), dump(a, p));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(published_elections_are_read),
        arena_test(published_elections_survive_being_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
