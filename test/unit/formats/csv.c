/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/formats_unit.h"

static void ranks_as_columns(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "1,2,3\nAda,Bo,\nBo,,Cy\nAda,Bo,\n", "candidates Ada, Bo, Cy; papers 2: Ada Bo, 1: Bo - Cy"},
        {"p.csv", "1st choice,2nd Choice\nAda,Bo\n", "candidates Ada, Bo; papers 1: Ada Bo"},
        {"p.csv", "Rank 1,rank_2\nAda,Bo\n", "candidates Ada, Bo; papers 1: Ada Bo"},
        {"p.csv", "Preference 1,Preference 2\nAda,Bo\n", "candidates Ada, Bo; papers 1: Ada Bo"},
        {"p.csv", "First,Second preference\nAda,Bo\n", "candidates Ada, Bo; papers 1: Ada Bo"},
        {"p.csv", "Vote\nAda\nBo\nAda\n", "candidates Ada, Bo; papers 2: Ada, 1: Bo"},
        {"p.csv", "1,2\nAda,undervote\nSkipped,Bo\n BLANK ,-\n", "candidates Ada, Bo; papers 1: Ada, 1: - Bo, 1:"},
        {"p.csv", "1,2\novervote,Ada\nOVERVOTE,\n", "candidates Ada; papers 1: ? Ada, 1: ?"},
        {"p.csv", "1,2\nAda = Bo,Cy\nBo=Ada,Cy\n", "candidates Ada, Bo, Cy; papers 1: Ada=Bo Cy, 1: Bo=Ada Cy"},
        {"p.csv", "1,2,3\nAda\nBo,Ada\n", "candidates Ada, Bo; papers 1: Ada, 1: Bo Ada"},
        {"p.csv", "1,2\nAda,Ada\n", "candidates Ada; papers 1: Ada Ada"},
        {"p.csv", "1,2\n", "candidates"},
        {"p.csv", "1,2\nAda,Bo", "candidates Ada, Bo; papers 1: Ada Bo"},
        {"p.csv", "1,2\r\nAda,Bo\r\nAda,Bo\r\n", "candidates Ada, Bo; papers 2: Ada Bo"},
        {"p.csv",
            "\xEF\xBB\xBF"
            "1,2\nAda,Bo\n",
            "candidates Ada, Bo; papers 1: Ada Bo"},
        {"p.csv", "1,2\n  Ada , Bo\t\nAda,Bo\n", "candidates Ada, Bo; papers 2: Ada Bo"},
        {"p.csv", "1,2\nAda,Bo\n\n  \n\n", "candidates Ada, Bo; papers 1: Ada Bo"},
        {"p.csv", "1,2\nZo\xC3\xAB,Bo\n", "candidates Zo\xC3\xAB, Bo; papers 1: Zo\xC3\xAB Bo"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void candidates_as_columns(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "Ada,Bo,Cy\n2,1,\n1,,\n2,1,\n", "candidates Ada, Bo, Cy; papers 2: Bo Ada, 1: Ada"},
        {"p.csv", "Ada,Bo,Cy\n1,2,3", "candidates Ada, Bo, Cy; papers 1: Ada Bo Cy"},
        {"p.csv", "Ada,Bo,Cy\r\n1,2,3\r", "candidates Ada, Bo, Cy; papers 1: Ada Bo Cy"},
        {"p.csv", "Ada,Bo,Cy\n1,1,2\n", "candidates Ada, Bo, Cy; papers 1: Ada=Bo Cy"},
        {"p.csv", "Ada,Bo,Cy\n3,1,0\n", "candidates Ada, Bo, Cy; papers 1: Bo - Ada"},
        {"p.csv", "Ada,Bo,Cy\nx,,\n,X,x\n", "candidates Ada, Bo, Cy; papers 1: Ada, 1: Bo=Cy"},
        {"p.csv", "Ada,Bo,Cy\n-,-,-\n1,-,-\n", "candidates Ada, Bo, Cy; papers 1:, 1: Ada"},
        {"p.csv", "id,Ada,Bo\n7,1,2\n8,1,2\n", "candidates Ada, Bo; papers 2: Ada Bo"},
        {"p.csv", "count,Ada,Bo\n7,1,2\n8,1,2\n", "candidates Ada, Bo; papers 15: Ada Bo"},
        {"p.csv", "# candidates: Bo; Ada\nAda,Bo\n1,2\n", "candidates Bo, Ada; papers 1: Ada Bo"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void a_file_without_a_header_is_read_when_its_names_come_again(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "Ada,Bo\nBo,Ada\n", "candidates Ada, Bo; papers 1: Ada Bo, 1: Bo Ada"},
        {"p.csv", "Ada\nBo\nAda\n", "candidates Ada, Bo; papers 2: Ada, 1: Bo"},
        {"p.csv", "Ada,,\n,Bo,Ada\n", "candidates Ada, Bo; papers 1: Ada, 1: - Bo Ada"},
        {"p.csv", "# candidates: Ada; Bo; Cy\nAda,Bo\nCy,\n", "candidates Ada, Bo, Cy; papers 1: Ada Bo, 1: Cy"},
        {"p.csv", "# candidates: Paper; Place\nPaper\nPlace\n", "candidates Paper, Place; papers 1: Paper, 1: Place"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

#define NO_HEADER                                                                                                                  \
    "expected a first row that names the columns: '1,2,3' (or '1st choice,...') above names, or the candidates' names above rank " \
    "numbers, found "

static void a_header_is_never_taken_for_a_paper_nor_a_paper_for_a_header(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "Choix 1,Choix 2\nAda,Bo\nBo,Ada\n", "p.csv:1:1: " NO_HEADER "'Choix 1,Choix 2'"},
        {"p.csv", "Ada,Bo\n", "p.csv:1:1: " NO_HEADER "'Ada,Bo'"},
        {"p.csv", "Ada,Bo\nAda,\n", "p.csv:1:1: " NO_HEADER "'Ada,Bo'"},
        {"p.csv", "Ada,Bo\n,\n", "p.csv:1:1: " NO_HEADER "'Ada,Bo'"},
        {"p.csv", "# candidates: Ada; Bo\nAda,Bo\n", "p.csv:2:1: " NO_HEADER "'Ada,Bo'"},
        {"p.csv", "X,Y\nY,X\nX,\n", "p.csv:1:1: " NO_HEADER "'X,Y'"},
        {"p.csv", "Ada,Bo,3\nBo,Ada,2\n", "p.csv:1:1: " NO_HEADER "'Ada,Bo,3'"},
        {"p.csv", "1,2\n2,1\n",
            "p.csv:2:1: expected a candidate's name (ranks go below names; a candidate who is called so must stand in "
            "'# candidates:'), found '2'"},
        {"p.csv", "First,Ada\nAda,First\n",
            "p.csv:1:7: expected a column for rank 2 (the columns known beside ranks are count, section, box and id), "
            "found 'Ada'"},
        {"p.csv", "Paper,Ada\nAda,Paper\n", "p.csv:2:5: expected a rank from 1 to 1 or an empty cell, found 'Paper'"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void other_columns(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "count,1,2\n3,Ada,Bo\n2,Ada,Bo\n0,Cy,\n", "candidates Ada, Bo, Cy; papers 5: Ada Bo"},
        {"p.csv", "1,2,votes\nAda,Bo,10\nAda,Bo,1000\n", "candidates Ada, Bo; papers 1010: Ada Bo"},
        {"p.csv", "section,1\nMP,Ada\nMEP,Ada\nMP,Ada\n,Ada\n",
            "candidates Ada; sections MP 2, MEP 1; papers 2@MP: Ada, 1@MEP: Ada, 1: Ada"},
        {"p.csv", "Precinct,1st Choice,2nd Choice,Count\nW-1,Ada,Bo,1\nW-2,Ada,Bo,2\nW-1,blank,blank,4\n,Ada,Bo,1\n",
            "candidates Ada, Bo; boxes W-1 5/4, W-2 2/0; papers 4: Ada Bo, 4:"},
        {"p.csv", "id,count,1,box,timestamp\n1,2,Ada,W,x\n2,3,Ada,V,y\n", "candidates Ada; boxes W 2/0, V 3/0; papers 5: Ada"},
        {"p.csv", "1,count,2\nAda,2,Bo\nAda,3,Bo\n", "candidates Ada, Bo; papers 5: Ada Bo"},
        {"p.csv", "\"1\",\"count\"\n\"Ada\",\"2\"\n\"Ada\",\"3\"\n", "candidates Ada; papers 5: Ada"},
        {"p.csv", "box,1\n\"W, 1\",Ada\n\"W, 1\",Ada\n\"W \"\"2\"\"\",Ada\n\"W, 1\",Ada\n",
            "candidates Ada; boxes W, 1 3/0, W \"2\" 1/0; papers 4: Ada"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void quotes(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "1,2\n\"Lovelace, Ada\",Bo\n\"Lovelace, Ada\",\"Bo\"\n", "candidates Lovelace, Ada, Bo; papers 2: Lovelace, Ada Bo"},
        {"p.csv", "1,2\n\"Ada \"\"Countess\"\" Lovelace\",Bo\n",
            "candidates Ada \"Countess\" Lovelace, Bo; papers 1: Ada \"Countess\" Lovelace Bo"},
        {"p.csv", "id,1,2\n\"a\nb\n\",Ada,Bo\n\"\",Ada,Bo\n", "candidates Ada, Bo; papers 2: Ada Bo"},
        {"p.csv", "id,1,2\n\"a\nb\",Ada,Bo\n1,Ada,B\x01o\n",
            "p.csv:4:7: expected the name of a candidate in UTF-8 without control characters, found 'B\\x01o'"},
        {"p.csv", "1\n\"\"\n\" \"\nAda\n", "candidates Ada; papers 2:, 1: Ada"},
        {"p.csv", "1\n\"#1 Ada\"\n", "candidates #1 Ada; papers 1: #1 Ada"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void separators(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "count;1;2\n3;Ada, Countess;Bo\n", "candidates Ada, Countess, Bo; papers 3: Ada, Countess Bo"},
        {"p.tsv", "1\t2\nAda\tBo\n\tBo\n", "candidates Ada, Bo; papers 1: Ada Bo, 1: - Bo"},
        {"p.csv", "count;1;2\n3;Ada;Bo;\n", "p.csv:2:10: expected 3 cells, as in the first row, found 4"},
        {"p.csv", "Lovelace, Ada;Bo\n1;2\n",
            "p.csv:1:1: expected one separator in the first row (comma, semicolon or tab); put names that contain "
            "another in quotes, found 'Lovelace, Ada;Bo'"},
        {"p.csv", "\"Lovelace, Ada\";Bo\n1;2\n", "candidates Lovelace, Ada, Bo; papers 1: Lovelace, Ada Bo"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void comments_before_the_header(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "# made by hand\n# title: Leader 2010\n# seats: 2\n\n1\nAda\n",
            "title Leader 2010; seats 2; candidates Ada; papers 1: Ada"},
        {"p.csv", "# candidates: Cy; Ada\n1\nAda\n", "candidates Cy, Ada; papers 1: Ada"},
        {"p.csv", "# candidates: Cy\n# candidates: \"Smith; Jo\"; Ada;\n1\nAda\n", "candidates Cy, Smith; Jo, Ada; papers 1: Ada"},
        {"p.csv", "# candidates: 1; x; Blank; A=B\n# title: odd names\nrank 1\n1\nBlank\nA=B\nx\nblank\n",
            "title odd names; candidates 1, x, Blank, A=B; papers 1: 1, 1: Blank, 1: A=B, 1: x, 1:"},
        {"p.csv", "# withdrawn: Bo; Dee\n1\nAda\nBo\n", "candidates Ada, Bo (withdrawn), Dee (withdrawn); papers 1: Ada, 1: Bo"},
        {"p.csv", "# candidates: Ada; Bo\n# withdrawn: Bo\nAda,Bo\n1,2\n", "candidates Ada, Bo (withdrawn); papers 1: Ada Bo"},
        {"p.csv", "# sections: MP; MEP\nsection,1\nMP,Ada\n", "candidates Ada; sections MP 1, MEP 0; papers 1@MP: Ada"},
        {"p.csv", "# box: W: 5; 1\n# box: \"V: 2\": 3; 0\ncount,1\n8,Ada\n", "candidates Ada; boxes W 5/1, V: 2 3/0; papers 8: Ada"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

static void posts(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "Chair,Treasurer\nAda,Bo\nAda,\nBo,Bo\n",
            "candidates Chair/Ada, Treasurer/Bo, Chair/Bo; papers 1: Chair/Ada Treasurer/Bo, 1: Chair/Ada, "
            "1: Chair/Bo Treasurer/Bo"},
        {"p.csv", "count,Chair,Member,Chair,Member\n2,Ada,Bo,Cy,Dee\n",
            "candidates Chair/Ada, Chair/Cy, Member/Bo, Member/Dee; papers 2: Chair/Ada Chair/Cy "
            "Member/Bo Member/Dee"},
        {"p.csv", "# post: Chair: Ada; Bo\n# post: \"Clerk: East\": Cy\nChair\nBo\n",
            "candidates Chair/Ada, Chair/Bo, Clerk: East/Cy; papers 1: Chair/Bo"},
        {"p.csv", "Chair\nAda=Bo\n", "candidates Chair/Ada, Chair/Bo; papers 1: Chair/Ada=Chair/Bo"},
        {"p.csv", "# post: Chair: Ada; Bo\nChair,Clerk\nAdda,Cy\n",
            "p.csv:3:1: expected a name from '# post:' (perhaps 'Ada'), found 'Adda'"},
        {"p.csv", "Chair\novervote\n",
            "p.csv:2:1: expected the names that were marked for the post, with '=' between them, found 'overvote'"},
        {"p.csv", "# candidates: Ada\nChair\nAda\n",
            "p.csv:1:15: expected '# post: NAME: A; B', since these papers have posts, found '# candidates:'"},
        {"p.csv", "id,count\n1,2\n", "p.csv:1:1: expected a first row that names a post for each column, found 'id,count'"},
    };
    check_cases(*state, cases, COUNT_OF(cases), true);
}

static void every_paper_goes_into_the_section_that_is_asked_for(void **state)
{
    FormatOptions options = {.file_name = S("p.csv"), .section = S("MP")};
    assert_str(
        read_as(*state, &options, S("section,1\nMEP,Ada\n,Bo\n"), 0), "candidates Ada, Bo; sections MP 2; papers 1@MP: Ada, 1@MP: Bo");
    assert_str(read_as(*state, &options, S("# sections: MEP\n1\nAda\n"), 0), "candidates Ada; sections MP 1; papers 1@MP: Ada");
}

static void mistakes_are_told_with_line_and_column(void **state)
{
    static const ReadCase cases[] = {
        {"p.csv", "", "p.csv:1: " NO_HEADER "the end of the file"},
        {"p.csv", "# only a comment\n", "p.csv:2: " NO_HEADER "the end of the file"},
        {"p.csv", "Ada,Bo,Cy,Dee,Eve\n1,2,3,4,5\n1,x7,,,\n", "p.csv:3:3: expected a rank from 1 to 5 or an empty cell, found 'x7'"},
        {"p.csv", "Ada,Bo\n1,3\n", "p.csv:2:3: expected a rank from 1 to 2 or an empty cell, found '3'"},
        {"p.csv", "Ada,Bo\n1,-1\n", "p.csv:2:3: expected a rank from 1 to 2 or an empty cell, found '-1'"},
        {"p.csv", "Ada,Bo\n1\n", "p.csv:2:2: expected 2 cells, as in the first row, found 1"},
        {"p.csv", "Ada,Bo,Ada\n1,2,3\n", "p.csv:1:8: expected a different candidate in each column, found 'Ada'"},
        {"p.csv", "count,Ada,,Bo\n1,2,3,4\n", "p.csv:1:11: expected the name of a candidate, found nothing"},
        {"p.csv", "1,2\nAda,Bo,Cy\n", "p.csv:2:8: expected 2 cells, as in the first row, found 3"},
        {"p.csv", "1,3\nAda,Bo\n",
            "p.csv:1:3: expected a column for rank 2 (the columns known beside ranks are count, section, box and id), found '3'"},
        {"p.csv", "1,2,comment\nAda,Bo,x\n",
            "p.csv:1:5: expected a column for rank 3 (the columns known beside ranks are count, section, box and id), found 'comment'"},
        {"p.csv", "count,votes,1\n1,1,Ada\n", "p.csv:1:7: expected one column of a kind; there is another for it before, found 'votes'"},
        {"p.csv", "count,id\n1,1\n", "p.csv:1:1: " NO_HEADER "'count,id'"},
        {"p.csv", "1,count\nAda,\n", "p.csv:2:5: expected a whole number of papers, found an empty cell"},
        {"p.csv", "1,count\nAda,2.5\n", "p.csv:2:5: expected a whole number of papers, found '2.5'"},
        {"p.csv", "1,count\nAda,-2\n", "p.csv:2:5: expected a whole number of papers, found '-2'"},
        {"p.csv", "1,count\nAda,1000000001\n", "p.csv:2:5: expected a number of papers of at most 1000000000, found '1000000001'"},
        {"p.csv", "1,count\nAda,1000000000\nAda,1\n", "p.csv:3:1: more than 1000000000 papers in one contest"},
        {"p.csv", "1,count\nAda\n", "p.csv:2:4: expected 2 cells, as in the first row, found 1"},
        {"p.csv", "1,2\nAda,\"Bo\nCy,Dee\n", "p.csv:2:5: expected a closing quote for the one opened here, found none before the row ends"},
        {"p.csv", "1,2\nAda,B\"o\n",
            "p.csv:2:6: expected quotes around the whole cell, and the quote inside written twice, found a quote inside a cell"},
        {"p.csv", "1,2\nAda,\"B\"o\n",
            "p.csv:2:8: expected a separator after the closing quote (a quote inside a cell is written twice), found 'o'"},
        {"p.csv", "1,2\nAda,Bo\n\nCy,\n",
            "p.csv:3: expected a paper, or the end of the file (a paper without marks is written 'blank'), found an empty line"},
        {"p.csv", "1,2\n# title: late\n",
            "p.csv:2:1: expected comments before the first row only (a name that starts with '#' goes in quotes), found '# title: late'"},
        {"p.csv", "1\nZo\xC3\xAB\nZo\xC3\n",
            "p.csv:3:1: expected the name of a candidate in UTF-8 without control characters, found 'Zo\\xC3'"},
        {"p.csv", "1,2\nZo\xC3\xAB,\x01\n",
            "p.csv:2:5: expected the name of a candidate in UTF-8 without control characters, found '\\x01'"},
        {"p.csv", "1,2\nAda,=Bo\n", "p.csv:2:5: expected the name of a candidate, found nothing"},
        {"p.csv", "1\rAda\rBo\r", "p.csv:1:1: " NO_HEADER "'1\\x0DAda\\x0DBo'"},
        {"p.csv", "# candidates: Ada; Bo\n1\nAdo\n", "p.csv:3:1: expected a name from '# candidates:' (perhaps 'Ada'), found 'Ado'"},
        {"p.csv", "# candidates: Ada; Bo\n1\nZzzzzz\n", "p.csv:3:1: expected a name from '# candidates:', found 'Zzzzzz'"},
        {"p.csv", "# candidates: \"Ada; Bo\n1\nAda\n", "p.csv:1:15: expected a closing quote and then ';', found '\"Ada; Bo'"},
        {"p.csv", "# sections: MP\nsection,1\nMPs,Ada\n", "p.csv:3:1: expected a name from '# sections:', found 'MPs'"},
        {"p.csv", "# title: \x02\n1\nAda\n", "p.csv:1:10: expected a title in UTF-8 without control characters, found '\\x02'"},
        {"p.csv", "# seats: none\n1\nAda\n", "p.csv:1:10: expected a number of seats from 1 to 1000, found 'none'"},
        {"p.csv", "# candidates: Ada\n# withdrawn: Bo\n1\nAda\n", "p.csv:2: expected a candidate's name in '# withdrawn:', found 'Bo'"},
        {"p.csv", "# box: W: 3; 1\nbox,1\nW,Ada\n",
            "p.csv:2:1: expected either a column for boxes or '# box:' lines, not both, found 'box'"},
        {"p.csv", "# box: W: 3; 4\n1\nAda\n",
            "p.csv:1:8: a box cannot have more unmarked papers than papers, nor a contest more than 1000000000"},
        {"p.csv", "# post: Chair: Ada\n1\nAda\n",
            "p.csv:1:9: expected papers for one contest; papers with posts need rules with method = posts, found '# post:'"},
    };
    check_cases(*state, cases, COUNT_OF(cases), false);
}

/* `row` and then `tail`, `n` times. */
static Str repeated(Arena *a, const char *head, const char *again, int n, const char *tail)
{
    Buf b = buf_new(a);
    buf_str(&b, str_from_c(head));
    for (int i = 0; i < n; i++) buf_format(&b, again, i, i);
    buf_str(&b, str_from_c(tail));
    return buf_done(&b);
}

static void sizes_are_bounded(void **state)
{
    Arena *a = *state;
    FormatOptions options = {.file_name = S("p.csv")};
    for (size_t piece = 0; piece < 100000; piece += 33333) {
        assert_str(read_as(a, &options, repeated(a, "1\n", "c%d\n", 1001, ""), piece), "p.csv:1002:1: more than 1000 candidates");
        assert_str(read_as(a, &options, repeated(a, "section,1\n", "s%d,Ada\n", 65, ""), piece), "p.csv:66:1: more than 64 sections");
        assert_str(read_as(a, &options, repeated(a, "id,1\n\"", "x%dx%d", 200000, ""), piece),
            "p.csv:2:1: expected a closing quote for the one opened here, found none before the row ends");
        assert_str(
            read_as(a, &options, repeated(a, "id,1\n", "x%dx%d", 200000, ""), piece), "p.csv:2: a row may have at most 1048576 bytes");
        assert_str(
            read_as(a, &options, repeated(a, "id,1\n", "x%dx%d", 200000, "\n"), piece), "p.csv:2: a row may have at most 1048576 bytes");
        assert_str(
            read_as(a, &options, repeated(a, "# ", "x%dx%d", 200000, "\n1\n"), piece), "p.csv:1: a row may have at most 1048576 bytes");
        assert_str(read_as(a, &options, repeated(a, "1\nAda", "=Bo", 2000, "\n"), piece), "p.csv:2:1: a paper may have at most 2000 marks");
        assert_str(read_as(a, &options, repeated(a, "1\nAda", ",", 4096, "\n"), piece), "p.csv:2:4100: a row may have at most 4096 cells");
        assert_str(read_as(a, &options, repeated(a, "1\n", "%d-", 100, "\n"), piece),
            "p.csv:2:1: expected the name of a candidate of at most 200 bytes, found '0-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16...'");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(ranks_as_columns),
        arena_test(candidates_as_columns),
        arena_test(a_file_without_a_header_is_read_when_its_names_come_again),
        arena_test(a_header_is_never_taken_for_a_paper_nor_a_paper_for_a_header),
        arena_test(other_columns),
        arena_test(quotes),
        arena_test(separators),
        arena_test(comments_before_the_header),
        arena_test(posts),
        arena_test(every_paper_goes_into_the_section_that_is_asked_for),
        arena_test(mistakes_are_told_with_line_and_column),
        arena_test(sizes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
