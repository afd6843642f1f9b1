/* A count as CSV. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "samples.h"

static Str csv_of(Arena *a, const char *sample_name)
{
    const Sample *sample = sample_named(sample_name);
    ReportOptions options = sample_options(sample);
    Buf b = buf_new(a);
    report_csv(sample_result(a, sample), &options, &b);
    return buf_done(&b);
}

static void a_row_for_each_stage_and_candidate(void **state)
{
    assert_str(csv_of(*state, "av"),
        "stage,candidate,votes,points,standing,change\r\n"
        "1,A,7,,continuing,\r\n1,B,6,,continuing,\r\n1,C,4,,continuing,\r\n1,D,3,,out,\r\n1,not reallocated,0,,not-reallocated,\r\n"
        "2,A,7,,continuing,0\r\n2,B,6,,continuing,0\r\n2,C,5,,out,1\r\n2,not reallocated,2,,not-reallocated,2\r\n"
        "3,A,7,,continuing,0\r\n3,B,10,,elected,4\r\n3,not reallocated,3,,not-reallocated,1\r\n");
}

static void sections_have_columns(void **state)
{
    Str csv = csv_of(*state, "college");
    assert_holds(csv, "stage,candidate,votes,points,standing,change,MPs,Members\r\n");
    assert_holds(csv, "1,A,103,43.87755,continuing,,3,100\r\n");
}

static void formulas_and_quotes_are_harmless(void **state)
{
    Str csv = csv_of(*state, "hostile");
    assert_holds(csv, ",\"'=SUM(A1:A9),\"\"x\"\"\",");
    assert_holds(csv, ",\"reconstructed from <stage> totals, \"\"roughly\"\"\"\r\n");
}

static void posts_have_a_column(void **state)
{
    Str csv = csv_of(*state, "posts");
    assert_holds(csv, "post,stage,candidate,votes");
    assert_holds(csv, "Chair,1,Ann,376,,elected,\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(a_row_for_each_stage_and_candidate),
        arena_test(sections_have_columns),
        arena_test(formulas_and_quotes_are_harmless),
        arena_test(posts_have_a_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
