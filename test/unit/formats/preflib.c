/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/formats_unit.h"

#define HEAD(n) "# FILE NAME: x\n# TITLE: T\n# NUMBER ALTERNATIVES: 3\n# NUMBER VOTERS: " n "\n"
#define NAMES "# ALTERNATIVE NAME 1: Ada\n# ALTERNATIVE NAME 2: Bo\n# ALTERNATIVE NAME 3: Cy\n"

static void orders(void **state)
{
    static const ReadCase cases[] = {
        {"p.soi", HEAD("6") NAMES "3: 2,1\n2: 1\n1: 3,2,1\n", "title T; candidates Ada, Bo, Cy; papers 3: Bo Ada, 2: Ada, 1: Cy Bo Ada"},
        {"p.soc", HEAD("3") NAMES "3: 2,1,3\n", "title T; candidates Ada, Bo, Cy; papers 3: Bo Ada Cy"},
        {"p.toi", HEAD("5") NAMES "3: 2,{1,3}\n2: {1, 2}\n", "title T; candidates Ada, Bo, Cy; papers 3: Bo Ada=Cy, 2: Ada=Bo"},
        {"p.toc", HEAD("3") NAMES "3: {1},{2,3}\n", "title T; candidates Ada, Bo, Cy; papers 3: Ada Bo=Cy"},
        {"standard input", HEAD("3") NAMES "\n 3 : 2 , 1 \r\n", "title T; candidates Ada, Bo, Cy; papers 3: Bo Ada"},
        {"p.soi", HEAD("3") "# NUMBER SEATS: 2\n" NAMES "3: 2,2\n", "title T; seats 2; candidates Ada, Bo, Cy; papers 3: Bo Bo"},
        {"p.soi", HEAD("0") NAMES, "title T; candidates Ada, Bo, Cy"},
        {"p.soi", "# NUMBER ALTERNATIVES: 1\n# ALTERNATIVE NAME 1: A: b\n1: 1", "candidates A: b; papers 1: A: b"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void mistakes_are_told_with_line_and_column(void **state)
{
    static const ReadCase cases[] = {
        {"p.soi", "", "p.soi:1: expected '# NUMBER ALTERNATIVES:' before the first order, found the end of the file"},
        {"p.soi", "1: 2\n", "p.soi:1: expected '# NUMBER ALTERNATIVES:' before the first order, found an order"},
        {"p.soi", "# NUMBER ALTERNATIVES: 0\n", "p.soi:1:24: expected a number of alternatives from 1 to 1000, found '0'"},
        {"p.soi", "# NUMBER ALTERNATIVES:\n", "p.soi:1:23: expected a number of alternatives from 1 to 1000, found an empty value"},
        {"p.soi", "# NUMBER ALTERNATIVES: 1\n# NUMBER ALTERNATIVES: 1\n",
            "p.soi:2:24: expected one line '# NUMBER ALTERNATIVES:', found a second one"},
        {"p.soi", "# ALTERNATIVE NAME 1: Ada\n", "p.soi:1:20: expected '# NUMBER ALTERNATIVES:' before the first name, found a name"},
        {"p.soi", "# NUMBER ALTERNATIVES: 1\n# ALTERNATIVE NAME 2: Ada\n",
            "p.soi:2:20: expected the number of an alternative from 1 to 1, found '2'"},
        {"p.soi", "# NUMBER ALTERNATIVES: 1\n# ALTERNATIVE NAME 1:\n", "p.soi:2:22: expected the name of a candidate, found nothing"},
        {"p.soi", "# NUMBER ALTERNATIVES: 2\n# ALTERNATIVE NAME 1: Ada\n# ALTERNATIVE NAME 2: Ada\n",
            "p.soi:3:23: expected one name for each alternative, no name twice, found 'Ada'"},
        {"p.soi", "# NUMBER ALTERNATIVES: 2\n# ALTERNATIVE NAME 1: Ada\n# ALTERNATIVE NAME 1: Bo\n",
            "p.soi:3:23: expected one name for each alternative, no name twice, found 'Bo'"},
        {"p.soi", "# NUMBER ALTERNATIVES: 2\n# ALTERNATIVE NAME 1: Ada\n1: 1\n",
            "p.soi:3: expected '# ALTERNATIVE NAME 2: NAME' before the first order, found an order"},
        {"p.soi", "# TITLE: \x02\n", "p.soi:1:10: expected a title in UTF-8 without control characters, found '\\x02'"},
        {"p.soi", "# DATA TYPE: cat\n", "p.soi:1:14: expected a data type of rankings: soc, soi, toc or toi, found 'cat'"},
        {"p.soi", HEAD("3") NAMES "3: 2,4\n", "p.soi:8:6: expected the number of a candidate, from 1 to 3, found '4'"},
        {"p.soi", HEAD("3") NAMES "3: 2,\n", "p.soi:8:6: expected the number of a candidate, from 1 to 3, found the end of the line"},
        {"p.soi", HEAD("3") NAMES "3:\n", "p.soi:8:3: expected the number of a candidate, from 1 to 3, found the end of the line"},
        {"p.soi", HEAD("3") NAMES "3: 2 1\n", "p.soi:8:6: expected ',' or the end of the line, found '1'"},
        {"p.soi", HEAD("3") NAMES "x: 2\n", "p.soi:8:1: expected a whole number of papers, found 'x'"},
        {"p.soi", HEAD("3") NAMES "2,1\n", "p.soi:8:1: expected an order such as '12: 3,1,2', found '2,1'"},
        {"p.soi", HEAD("3") NAMES "3: {1,2}\n", "p.soi:8:4: expected no equal ranks in a file of strict orders (.soi), found '{'"},
        {"p.toi", HEAD("3") NAMES "3: {1,2\n", "p.toi:8:8: expected ',' or '}', found the end of the line"},
        {"p.toi", HEAD("3") NAMES "3: {}\n", "p.toi:8:5: expected the number of a candidate, from 1 to 3, found '}'"},
        {"p.soc", HEAD("3") NAMES "3: 1,3\n",
            "p.soc:8:4: expected every candidate in every order of a complete file (.soc), found an order without 2"},
        {"p.soi", "# DATA TYPE: toc\n" HEAD("3") NAMES "3: {1,3}\n",
            "p.soi:9:4: expected every candidate in every order of a complete file (.toc), found an order without 2"},
        {"p.soi", HEAD("4") NAMES "3: 2,1\n", "p.soi:4:18: expected NUMBER VOTERS to be the sum of the orders, 3, found 4"},
        {"p.soi", HEAD("3") NAMES "1000000000: 2\n1: 1\n", "p.soi:9:1: more than 1000000000 papers in one contest"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void every_paper_goes_into_the_section_that_is_asked_for(void **state)
{
    FormatOptions options = {.file_name = S("p.soi"), .section = S("MP")};
    assert_str(
        read_as(*state, &options, S(HEAD("3") NAMES "3: 2,1\n"), 0), "title T; candidates Ada, Bo, Cy; sections MP 3; papers 3@MP: Bo Ada");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(orders),
        arena_test(mistakes_are_told_with_line_and_column),
        arena_test(every_paper_goes_into_the_section_that_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
