/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/formats_unit.h"

#define NAMES "\"Adam\" \"Basil\" \"Charlotte\" \"Donald\" \"Title\"\n"
#define PAPERS                                                                                                                             \
    "3: Adam Charlotte Donald, 4: Adam Charlotte Basil, 2: Donald Adam Charlotte, 1: Basil, 2: Basil Donald Charlotte Adam, 1: Charlotte " \
    "Donald Basil"
#define READ "title Title; seats 2; candidates Adam, Basil (withdrawn), Charlotte, Donald; papers "

static void the_example_of_algorithm_123(void **state)
{
    static const ReadCase cases[] = {
        {"p.blt", "4 2\n-2\n3 1 3 4 0\n4 1 3 2 0\n2 4 1 3 0\n1 2 0\n2 2 4 3 1 0\n1 3 4 2 0\n0\n" NAMES, READ PAPERS},
        /* A line break is a blank. */
        {"p.blt", "4 2 -2 3 1 3 4 0 4 1 3 2 0 2 4 1 3 0 1 2 0 2 2 4 3 1 0 1 3 4 2 0 0 " NAMES, READ PAPERS},
        {"p.blt", "4\n2\n-2\n3\n1 3\n4 0\n4 1 3 2 0 2\n4 1 3 0 1 2 0 2 2 4 3\n1 0 1 3 4\n2 0 0\n" NAMES, READ PAPERS},
        /* By its first bytes alone. */
        {"standard input", "# a comment\n4 2 # seats\n-2\n3 1 3 4 0\n4 1 3 2 0\n2 4 1 3 0\n1 2 0\n2 2 4 3 1 0\n1 3 4 2 0\n0\n" NAMES,
            READ PAPERS},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void what_later_programs_added(void **state)
{
    static const ReadCase cases[] = {
        {"p.blt", "3 1\n# comment\n2 1=2 3 0 # both\n1 - 2 0\n1 3 - 0\n5 0\n0\n\"A\"\n\"B\"\n\"C\"\n\"T\"\n",
            "title T; seats 1; candidates A, B, C; papers 2: A=B C, 1: - B, 1: C, 5:"},
        {"p.blt", "3 1\n1 1 = 2 =3 0\n0\n\"A\"\n\"B\"\n\"C\"\n", "seats 1; candidates A, B, C; papers 1: A=B=C"},
        {"p.blt", "2 1\n(paper 1) 1 1 0\n(2) 1 2 0\n1 (3) 1 0\n0\n\"A\"\n\"B\"\n\"T\"\n",
            "title T; seats 1; candidates A, B; papers 2: A, 1: B"},
        {"p.blt", "2 1\n0\n\"A \\\"x\\\" \\\\\"\n\"B#1\"\n\"T\"\n\"source\" \"comment\"\n", "title T; seats 1; candidates A \"x\" \\, B#1"},
        {"p.blt", "2 1\n1 1 0 2 2 0\n3 1 0\n0\n\"A\"\n\"B\"\n\"\"\n", "seats 1; candidates A, B; papers 4: A, 2: B"},
        {"p.blt",
            "\xEF\xBB\xBF"
            "2 1\r\n-1 -2\r\n1 1 0\r\n0\r\n\"A\"\r\n\"B\"\r\n\"T\"\r\n",
            "title T; seats 1; candidates A (withdrawn), B (withdrawn); papers 1: A"},
        {"p.blt", "2 1\n1 1 1 2 0\n0\n\"A\"\n\"B\"\n", "seats 1; candidates A, B; papers 1: A A B"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void mistakes_are_told_with_line_and_column(void **state)
{
    static const ReadCase cases[] = {
        {"p.blt", "", "p.blt:1: expected the number of candidates and of seats, found the end of the file"},
        {"p.blt", "x 1\n", "p.blt:1:1: expected a number of candidates from 1 to 1000, found 'x'"},
        {"p.blt", "1001 1\n", "p.blt:1:1: expected a number of candidates from 1 to 1000, found '1001'"},
        {"p.blt", "2 0\n", "p.blt:1:3: expected a number of seats from 1 to 1000, found '0'"},
        {"p.blt", "2\n", "p.blt:2: expected the number of seats, found the end of the file"},
        {"p.blt", "2 1\n-3\n", "p.blt:2:1: expected a withdrawn candidate from -1 to -2, or a paper, found '-3'"},
        {"p.blt", "2 1\n1 3 0\n", "p.blt:2:3: expected a candidate from 1 to 2, '-' for a skipped rank, or 0 to end the paper, found '3'"},
        {"p.blt", "2 1\n1 1 -1 0\n",
            "p.blt:2:5: expected a candidate from 1 to 2, '-' for a skipped rank, or 0 to end the paper, found '-1'"},
        {"p.blt", "2 1\n1 1=3 0\n",
            "p.blt:2:3: expected a candidate from 1 to 2, '-' for a skipped rank, or 0 to end the paper, found '1=3'"},
        {"p.blt", "2 1\n1 =1 0\n", "p.blt:2:3: expected a candidate on both sides of '=', found '=1'"},
        {"p.blt", "2 1\n1 1= 0\n", "p.blt:2:6: expected a candidate on both sides of '=', found '0'"},
        {"p.blt", "2 1\n1.5 1 0\n", "p.blt:2:1: expected a whole number of papers, found '1.5'"},
        {"p.blt", "2 1\n1000000001 1 0\n", "p.blt:2:1: expected a number of papers of at most 1000000000, found '1000000001'"},
        {"p.blt", "2 1\n1000000000 1 0\n1 2 0\n", "p.blt:3:5: more than 1000000000 papers in one contest"},
        {"p.blt", "2 1\n1 1 0\n", "p.blt:3: expected a paper, or the 0 that ends them before the names, found the end of the file"},
        {"p.blt", "2 1\n1 1 0\n\"A\"\n",
            "p.blt:3:1: expected a number of papers, or the 0 that ends them before the names, found a quoted text"},
        {"p.blt", "2 1\n(a) (b) 1 1 0\n", "p.blt:2:5: expected a number of papers, found '(b)'"},
        {"p.blt", "2 1\n(a) 0\n", "p.blt:2:5: expected a number of papers after the identity of a paper, found '0'"},
        {"p.blt", "2 1\n(a 1 1 0\n", "p.blt:2:1: expected a closing ')', found the end of the line"},
        {"p.blt", "2 1\n0\nA\n", "p.blt:3:1: expected the name of candidate 1 in double quotes, found 'A'"},
        {"p.blt", "2 1\n0\n\"A\"\n", "p.blt:4: expected the name of candidate 2 in double quotes, found the end of the file"},
        {"p.blt", "2 1\n0\n\"A\n\"B\"\n", "p.blt:3:1: expected a closing double quote, found the end of the line"},
        {"p.blt", "2 1\n0\n\"A\"\n\"A\"\n", "p.blt:4:1: expected a different name for each candidate, found 'A'"},
        {"p.blt", "2 1\n0\n\"A\"\n\"\"\n", "p.blt:4:1: expected the name of a candidate, found nothing"},
        {"p.blt", "2 1\n0\n\"A\"\n\"B\"\n \"T\x01\"\n", "p.blt:5:2: expected a title in UTF-8 without control characters, found 'T\\x01'"},
        {"p.blt", "# note: \xFF\n2 1\n", "p.blt:1:3: expected a note in UTF-8 without control characters, found '\\xFF'"},
        {"p.blt", "2 1\n0\n\"A\"\n\"B\"\nT\n", "p.blt:5:1: expected the title in double quotes, or the end of the file, found 'T'"},
        {"p.blt", "2 1\n0\n\"A\"\n\"B\"\n\"T\" \"s\" \"c\" \"?\"\n",
            "p.blt:5:13: expected the end of the file after the title, found '\"?\"'"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void a_forgotten_zero_does_not_join_two_papers(void **state)
{
    static const ReadCase cases[] = {
        {"p.blt", "4 1\n1 1 0\n1 2\n3 4 0\n0\n" NAMES, "p.blt:4:1: expected a 0 at the end of the paper on line 3, found '3'"},
        {"p.blt", "4 1\n1 2\n3 4 0\n1 1 0\n0\n" NAMES,
            "p.blt:4: expected a 0 at the end of the line of the first paper (line 2), or papers that all run on, found a paper with a "
            "line to itself"},
        {"p.blt", "4 1\n1 2\n3 4\n", "p.blt:4: expected a 0 at the end of the paper on line 2, found the end of the file"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void sizes_are_bounded(void **state)
{
    Arena *a = *state;
    FormatOptions options = {.file_name = S("p.blt")};
    Buf b = buf_new(a);
    buf_str(&b, S("2 1\n1"));
    for (int i = 0; i < 2001; i++) buf_str(&b, S(" 1"));
    assert_str(read_as(a, &options, buf_done(&b), 0), "p.blt:2:4003: a paper may have at most 2000 marks");
    for (int i = 0; i < 600000; i++) buf_str(&b, S(" 1"));
    assert_str(read_as(a, &options, buf_done(&b), 0), "p.blt:2: a line may have at most 1048576 bytes");
    assert_str(read_as(a, &options, buf_done(&b), 4096), "p.blt:2: a line may have at most 1048576 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(the_example_of_algorithm_123),
        arena_test(what_later_programs_added),
        arena_test(mistakes_are_told_with_line_and_column),
        arena_test(a_forgotten_zero_does_not_join_two_papers),
        arena_test(sizes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
