/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "count/reconcile.h"

static const Str header = S("box,issued,counted,spoilt,unused\n");

static Reconciliation *parsed(Arena *a, Str rows)
{
    Fault fault = {0};
    Reconciliation *r = NULL;
    Str text = str_format(a, "%.*s%.*s", STR_ARG(header), STR_ARG(rows));
    if (reconcile_parse(a, text, &r, &fault)) fail_msg("%s", str_c(a, fault_text(a, &fault)));
    return r;
}

static Str words(Arena *a, const Reconciliation *r)
{
    Buf out = buf_new(a);
    reconcile_text(r, &out);
    return buf_done(&out);
}

static void a_box_that_balances(void **state)
{
    Arena *a = *state;
    Reconciliation *r = parsed(a, S("Hall,10,7,1,2\n"));
    assert_int_equal(r->box_count, 1);
    assert_str(r->boxes[0].box, "Hall");
    assert_int_equal(r->boxes[0].difference, 0);
    assert_true(reconcile_balances(r));
    assert_str(words(a, r), "In all, 1 box: 10 issued, 7 counted + 1 spoilt + 2 unused = 10: it balances.\nEvery box balances.\n");
}

static void says_which_box_by_how_many_and_which_way(void **state)
{
    Arena *a = *state;
    Reconciliation *r = parsed(a, S("Hall,10,7,1,1\nPost,5,6,1,0\nDoor,3,3,0,0\n"));
    assert_int_equal(r->unbalanced, 2);
    assert_int_equal(r->boxes[0].difference, -1);
    assert_int_equal(r->boxes[1].difference, 2);
    assert_int_equal(r->all.difference, 1);
    assert_false(reconcile_balances(r));
    assert_str(words(a, r), "Box Hall: 10 issued, 7 counted + 1 spoilt + 1 unused = 9: 1 paper missing.\n"
                            "Box Post: 5 issued, 6 counted + 1 spoilt + 0 unused = 7: 2 papers more than issued.\n"
                            "In all, 3 boxes: 18 issued, 16 counted + 2 spoilt + 1 unused = 19: 1 paper more than issued.\n"
                            "2 of 3 boxes do not balance.\n");
}

static void differences_that_cancel_out_are_still_told(void **state)
{
    Arena *a = *state;
    Reconciliation *r = parsed(a, S("Hall,10,9,0,0\nPost,5,6,0,0\n"));
    assert_int_equal(r->all.difference, 0);
    assert_false(reconcile_balances(r));
    Str said = words(a, r);
    assert_true(str_ends(said, S("2 of 2 boxes do not balance. Their differences cancel out in the sum.\n")));
}

static void columns_in_any_order_and_cells_in_quotes(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    Reconciliation *r = NULL;
    Str text = S("\xEF\xBB\xBFunused,\"box\",issued,spoilt,counted\r\n2,\"Hall, \"\"upper\"\"\",10,1,7\r\n0,Post,3,0,3");
    assert_int_equal(reconcile_parse(a, text, &r, &fault), ERR_OK);
    assert_int_equal(r->box_count, 2);
    assert_str(r->boxes[0].box, "Hall, \"upper\"");
    assert_int_equal(r->boxes[0].counted, 7);
    assert_int_equal(r->boxes[0].unused, 2);
    assert_str(r->boxes[1].box, "Post");
    assert_true(reconcile_balances(r));
}

static void many_boxes(void **state)
{
    Arena *a = *state;
    Buf rows = buf_new(a);
    for (int i = 0; i < 5000; i++) buf_format(&rows, "Box %d,%d,%d,1,2\n", i, i + 3, i);
    Reconciliation *r = parsed(a, buf_done(&rows));
    assert_int_equal(r->box_count, 5000);
    assert_true(reconcile_balances(r));
    assert_int_equal(r->all.counted, 5000 * 4999 / 2);
}

static void refuses_what_it_cannot_read(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "boxes.csv:1:1: expected five cells in a row: box, issued, counted, spoilt, unused, found 1"},
        {"box,issued,counted,spoilt,unused\n", "boxes.csv:2: expected a row for each box below the names of the columns, found none"},
        {"box,issued,counted,spoilt\n", "boxes.csv:1:1: expected five cells in a row: box, issued, counted, spoilt, unused, found 4"},
        {"box,issued,counted,spoilt,lost\n",
            "boxes.csv:1:27: expected the columns box, issued, counted, spoilt and unused, each once, found 'lost'"},
        {"box,issued,counted,spoilt,box\n",
            "boxes.csv:1:27: expected the columns box, issued, counted, spoilt and unused, each once, found 'box'"},
        {"box,issued,counted,spoilt,unused\nA,1,1,0,0,9\n",
            "boxes.csv:2:11: expected five cells in a row: box, issued, counted, spoilt, unused, found more"},
        {"box,issued,counted,spoilt,unused\nA,1,1,0,0\n\n",
            "boxes.csv:3:1: expected five cells in a row: box, issued, counted, spoilt, unused, found 1"},
        {"box,issued,counted,spoilt,unused\nA,-1,1,0,0\n", "boxes.csv:2:3: expected a number of papers from 0 to 1000000000, found '-1'"},
        {"box,issued,counted,spoilt,unused\nA,1,x,0,0\n", "boxes.csv:2:5: expected a number of papers from 0 to 1000000000, found 'x'"},
        {"box,issued,counted,spoilt,unused\nA,1,1,,0\n",
            "boxes.csv:2:7: expected a number of papers from 0 to 1000000000, found an empty cell"},
        {"box,issued,counted,spoilt,unused\nA,1000000001,1,0,0\n",
            "boxes.csv:2:3: expected a number of papers from 0 to 1000000000, found '1000000001'"},
        {"box,issued,counted,spoilt,unused\n,1,1,0,0\n",
            "boxes.csv:2:1: expected the name of a box, at most 200 bytes, found an empty cell"},
        {"box,issued,counted,spoilt,unused\nA\x01,1,1,0,0\n",
            "boxes.csv:2:1: expected the name of a box, at most 200 bytes, found 'A\\x01'"},
        {"box,issued,counted,spoilt,unused\nA\"B,1,1,0,0\n", "boxes.csv:2:2: expected quotes around the whole cell or none, found '\"'"},
        {"box,issued,counted,spoilt,unused\n\"A\"B,1,1,0,0\n",
            "boxes.csv:2:4: expected a comma or the end of the line after a closing quote, found 'B'"},
        {"box,issued,counted,spoilt,unused\n\"A,1,1,0,0\n", "boxes.csv:2:1: expected a closing quote in the same line, found none"},
        {"box,issued,counted,spoilt,unused\nA,1,1,0,0\nB,1,1,0,0\nA,2,2,0,0\n",
            "boxes.csv:4: expected each box once (it is in line 2 as well), found 'A'"},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Fault fault = {.file = S("boxes.csv")};
        Reconciliation *r = NULL;
        assert_int_not_equal(reconcile_parse(a, str_from_c(rows[i].text), &r, &fault), ERR_OK);
        assert_null(r);
        assert_same_str(fault_text(a, &fault), str_from_c(rows[i].message));
    }
}

static Papers *papers_of(Arena *a)
{
    Papers *p = papers_new(a);
    Mark ada[] = {(Mark)papers_candidate(p, S("Ada"))};
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, papers_box(p, S("Hall")), ada, 1, 8, NULL), ERR_OK);
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, papers_box(p, S("Post")), ada, 1, 3, NULL), ERR_OK);
    return p;
}

static void agrees_with_the_papers(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    Reconciliation *r = parsed(a, S("Post,5,3,0,2\nHall,10,7,1,2\n"));
    assert_int_equal(reconcile_with_papers(a, r, papers_of(a), &fault), ERR_OK);
    assert_true(reconcile_balances(r));
    assert_int_equal(r->boxes[0].read, 3);
    assert_int_equal(r->all.read_difference, 0);
    assert_true(str_ends(words(a, r), S("The papers read from the files are those counted and spoilt, box by box.\n")));
}

static void tells_where_the_papers_differ(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    Reconciliation *r = parsed(a, S("Hall,10,8,1,1\nDoor,2,2,0,0\n"));
    Papers *p = papers_of(a);
    Mark ada[] = {0};
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, ada, 1, 1, NULL), ERR_OK);
    assert_int_equal(reconcile_with_papers(a, r, p, &fault), ERR_OK);
    assert_false(reconcile_balances(r));
    assert_int_equal(r->unbalanced, 0);
    assert_str(words(a, r), "In all, 2 boxes: 12 issued, 10 counted + 1 spoilt + 1 unused = 12: it balances.\nEvery box balances.\n"
                            "Box Hall: 8 counted + 1 spoilt = 9, 8 read from the files: 1 paper missing from the files.\n"
                            "Box Door: 2 counted + 0 spoilt = 2, 0 read from the files: 2 papers missing from the files.\n"
                            "Box Post: 3 papers read from the files, but it is not in the account.\n"
                            "1 paper read from the files without the name of a box.\n");
    Buf json = buf_new(a);
    view_json(reconcile_view(a, r), &json, false);
    assert_str(buf_done(&json), "{\"balances\":false,\"boxes\":["
                                "{\"box\":\"Hall\",\"issued\":\"10\",\"counted\":\"8\",\"spoilt\":\"1\",\"unused\":\"1\",\"difference\":"
                                "\"0\",\"read\":\"8\",\"read_difference\":\"-1\"},"
                                "{\"box\":\"Door\",\"issued\":\"2\",\"counted\":\"2\",\"spoilt\":\"0\",\"unused\":\"0\",\"difference\":"
                                "\"0\",\"read\":\"0\",\"read_difference\":\"-2\"}],"
                                "\"all\":{\"issued\":\"12\",\"counted\":\"10\",\"spoilt\":\"1\",\"unused\":\"1\",\"difference\":\"0\","
                                "\"read\":\"12\",\"read_difference\":\"1\"},"
                                "\"without_account\":[{\"box\":\"Post\",\"read\":\"3\"}],\"read_without_box\":\"1\"}\n");
}

static void papers_without_boxes_cannot_be_compared(void **state)
{
    Arena *a = *state;
    Fault fault = {.file = S("papers.csv")};
    Reconciliation *r = parsed(a, S("Hall,1,1,0,0\n"));
    assert_int_equal(reconcile_with_papers(a, r, papers_new(a), &fault), ERR_INPUT);
    assert_str(fault_text(a, &fault), "papers.csv: expected papers that say from which box they are (a column 'box'), found none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(a_box_that_balances),
        arena_test(says_which_box_by_how_many_and_which_way),
        arena_test(differences_that_cancel_out_are_still_told),
        arena_test(columns_in_any_order_and_cells_in_quotes),
        arena_test(many_boxes),
        arena_test(refuses_what_it_cannot_read),
        arena_test(agrees_with_the_papers),
        arena_test(tells_where_the_papers_differ),
        arena_test(papers_without_boxes_cannot_be_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
