/* Folders that can be published, and what is said of those that cannot.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/unit.h"

#include "contest/contest.h"

#include <ftw.h>

static Publication *published(Arena *a, const char *name)
{
    Publication *p = NULL;
    Fault fault = {0};
    Err e = publication_read(a, str_format(a, EXAMPLES "/%s", name), &p, &fault);
    if (e) fail_msg("%s: %s", name, str_c(a, fault_text(a, &fault)));
    return p;
}

static const View *part(const View *view, const char *key)
{
    const View *v = view_get(view, str_from_c(key));
    if (!v) fail_msg("no %s", key);
    return v;
}

/* The value in the cell of that column, of the row of that name. */
static Str cell(const View *table, const char *name, const char *column)
{
    for (const View *row = view_first(part(table, "rows")); row; row = view_next(row)) {
        if (!str_equal(view_str(part(row, "name")), str_from_c(name))) continue;
        for (const View *c = view_first(part(row, "cells")); c; c = view_next(c))
            if (str_equal(view_str(part(c, "label")), str_from_c(column))) return view_str(part(c, "value"));
    }
    fail_msg("no %s of %s", column, name);
    return (Str){0};
}

static const View *nth(const View *array, int n)
{
    const View *v = view_first(array);
    while (n-- > 0 && v) v = view_next(v);
    assert_non_null(v);
    return v;
}

static const View *stage_table(const Publication *p, int number)
{
    const View *one = nth(part(part(p->views, "stages"), "counts"), 0);
    return part(nth(part(one, "stages"), number - 1), "table");
}

/* Published in September 2010, to two decimals. */
static void has_every_published_figure(void **state)
{
    static const struct {
        int stage;
        const char *name, *points;
    } figures[] = {{1, "David Miliband", "37.78"}, {1, "Ed Miliband", "34.33"}, {1, "Ed Balls", "11.79"}, {1, "Andy Burnham", "8.68"},
        {1, "Diane Abbott", "7.42"}, {2, "David Miliband", "38.89"}, {2, "Ed Miliband", "37.47"}, {2, "Ed Balls", "13.23"},
        {2, "Andy Burnham", "10.41"}, {3, "David Miliband", "42.72"}, {3, "Ed Miliband", "41.26"}, {3, "Ed Balls", "16.02"},
        {4, "Ed Miliband", "50.65"}, {4, "David Miliband", "49.35"}};
    static const char *const folders[] = {"labour-2010", "labour-2010-totals"};
    for (int f = 0; f < COUNT_OF(folders); f++) {
        Publication *p = published(*state, folders[f]);
        for (int i = 0; i < COUNT_OF(figures); i++)
            assert_same_str(cell(stage_table(p, figures[i].stage), figures[i].name, "Points, %"), str_from_c(figures[i].points));
        assert_str(cell(stage_table(p, 4), "Ed Miliband", "Affiliates"), "119,405");
        assert_str(cell(stage_table(p, 4), "Ed Miliband", "MPs and MEPs"), "122");
        assert_str(p->outcome, "Ed Miliband is elected.");
        assert_true(p->note.len > 0);
    }
}

/* From papers and from totals the same figures, to the last one. */
static void totals_make_the_same_figures(void **state)
{
    Publication *papers = published(*state, "labour-2010"), *totals = published(*state, "labour-2010-totals");
    assert_memory_equal(papers->figures.bytes, totals->figures.bytes, SHA256_BYTES);
    assert_true(totals->totals && !papers->totals);
    Publication *other = published(*state, "labour-2015");
    assert_memory_not_equal(papers->figures.bytes, other->figures.bytes, SHA256_BYTES);
}

/* A page must not hold a style: the drawings are without, and only the declaration, which stands alone, has its own. */
static bool has_style(const View *v)
{
    if (view_kind(v) == VIEW_HTML) {
        Str markup = view_str(v);
        for (size_t i = 0; i + 6 < markup.len; i++)
            if (memcmp(markup.ptr + i, "<style", 6) == 0 || memcmp(markup.ptr + i, " style", 6) == 0) return true;
    }
    for (const View *child = view_first(v); child; child = view_next(child))
        if (has_style(child)) return true;
    return false;
}

static void drawings_have_no_style(void **state)
{
    static const char *const folders[] = {"labour-2010", "glasgow-2007", "burlington-2009"};
    for (int f = 0; f < COUNT_OF(folders); f++) assert_false(has_style(published(*state, folders[f])->views));
}

static void other_rules_are_other_results(void **state)
{
    Publication *p = published(*state, "burlington-2009");
    static const struct {
        const char *rules, *elected;
    } rows[] = {{"burlington-2009.rules", "Bob Kiss"}, {"condorcet", "Andy Montroll"}, {"plurality", "Kurt Wright"}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        const View *row = nth(part(part(p->views, "other_rules"), "rows"), i);
        assert_same_str(view_str(part(row, "rules")), str_from_c(rows[i].rules));
        assert_same_str(view_str(part(row, "elected")), str_from_c(rows[i].elected));
        assert_int_equal(view_i64(part(row, "another_result")), i > 0);
    }
}

/* What is packed for the store comes back the same. */
static void survives_packing(void **state)
{
    Publication *p = published(*state, "glasgow-2007");
    Buf packed = buf_new(*state), before = buf_new(*state), after = buf_new(*state);
    view_pack(p->views, &packed);
    View *again;
    assert_int_equal(view_unpack(*state, buf_done(&packed), &again), ERR_OK);
    view_json(p->views, &before, false);
    view_json(again, &after, false);
    assert_same_str(buf_done(&after), buf_done(&before));
}

/* ---- bad folders ---- */

typedef struct Folder {
    char path[64];
} Folder;

static Folder folder_new(void)
{
    Folder f = {"/tmp/hustings-publication-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    return f;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    (void)s;
    (void)kind;
    (void)at;
    return remove(path);
}

static void put_file(Arena *a, const Folder *f, const char *name, const char *text)
{
    FILE *file = fopen(str_c(a, str_format(a, "%s/%s", f->path, name)), "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

#define HEAD "[contest]\nslug = a\ntitle = A\ndate = 2010-09-25\nrules = av-2011\n"

static const struct Bad {
    const char *conf, *name, *text, *said;
} bad[] = {
    {HEAD "[papers]\npapers = p.csv\n", NULL, NULL, "contest.conf:7:1: expected a file in this folder, found 'p.csv'"},
    {HEAD "[papers]\npapers = p.csv\n", "p.csv", "1,2\nAnn,Bob\nAnn,\"Bob\n", "p.csv:3"},
    {HEAD "[papers]\npapers = p.csv\n", "p.csv", "1,2\n", "there is no valid paper to count"},
    {HEAD "[papers]\nA = p.csv\nB = q.csv\n", "p.csv", "Ann\n1\n", "contest.conf:8:1: expected a file in this folder, found 'q.csv'"},
    {"[contest]\nslug = a\ntitle = A\ndate = 2010-09-25\nrules = mine.rules\n[papers]\npapers = p.csv\n", "p.csv", "Ann\n1\n",
        "contest.conf:5:1: expected a file in this folder, found 'mine.rules'"},
    {"[contest]\nslug = a\ntitle = A\ndate = 2010-09-25\nrules = ../x.rules\n[papers]\npapers = p.csv\n", "p.csv", "Ann\n1\n",
        "contest.conf:5:1"},
    {"[contest]\nslug = a\ntitle = A\ndate = 2010-09-25\nrules = lottery\n[papers]\npapers = p.csv\n", "p.csv", "Ann\n1\n",
        "contest.conf:5:1: expected the name of a preset"},
    {"[contest]\nslug = a\ntitle = A\ndate = 2010-09-25\nrules = omov@A\n[papers]\npapers = p.csv\n", "p.csv", "Ann\n1\n",
        "rules without '@'"},
    {HEAD "seats = 3\n[papers]\npapers = p.csv\n", "p.csv", "Ann,Bob\n1,2\n", "fill one seat, not 3"},
    {HEAD "issued = 1\n[papers]\npapers = p.csv\n", "p.csv", "Ann,Bob\n1,2\n2,1\n", "1 papers were issued, but 2 came back"},
    {HEAD "roll = 1\n[papers]\npapers = p.csv\n", "p.csv", "Ann,Bob\n1,2\n2,1\n", "1 are on the roll, but 2 papers came back"},
    {HEAD "[papers]\npapers = p.csv\n[compare]\nomov@B\n", "p.csv", "Ann,Bob\n1,2\n", "a section of these papers after '@'"},
    {HEAD "[papers]\npapers = p.csv\n[compare]\nlottery\n", "p.csv", "Ann,Bob\n1,2\n", "contest.conf:9:1: expected the name of a preset"},
    {HEAD "[papers]\npapers = p.csv\n[withdrawn]\nCyd\n", "p.csv", "Ann,Bob\n1,2\n", "found 'Cyd'"},
    {HEAD "[stages]\nfile = s.csv\n", "s.csv", "stage,candidate,votes\n1,Ann,x\n", "s.csv:2:7: expected a whole number"},
    {HEAD "[stages]\nfile = s.csv\n", "s.csv", "stage,candidate,votes\n1,Ann,4\n1,Bob,3\n1,Cyd,2\n2,Ann,4\n2,Cyd,5\n",
        "s.csv:6: expected Cyd to go out"},
    {"nonsense\n", NULL, NULL, "contest.conf:1:1: expected key = value"},
};

static void refuses_bad_folders(void **state)
{
    Arena *a = *state;
    for (int i = 0; i < COUNT_OF(bad); i++) {
        Folder f = folder_new();
        put_file(a, &f, "contest.conf", bad[i].conf);
        if (bad[i].name) put_file(a, &f, bad[i].name, bad[i].text);
        Publication *p = NULL;
        Fault fault = {0};
        Err e = publication_read(a, str_format(a, "%s/", f.path), &p, &fault);
        assert_row(e == ERR_INPUT && !p, bad[i].conf);
        const char *said = str_c(a, fault_text(a, &fault));
        if (!strstr(said, bad[i].said)) fail_msg("'%s' is not said: %s", bad[i].said, said);
        assert_row(strncmp(said, f.path, strlen(f.path)) == 0, said);
        assert_int_equal(nftw(f.path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    }
}

static void refuses_what_is_no_folder(void **state)
{
    Publication *p = NULL;
    Fault fault = {0};
    assert_int_equal(publication_read(*state, S("/nonexistent"), &p, &fault), ERR_INPUT);
    assert_null(p);
    assert_int_equal(publication_from_files(*state, NULL, 0, &p, &fault), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(has_every_published_figure), arena_test(totals_make_the_same_figures),
        arena_test(drawings_have_no_style), arena_test(other_rules_are_other_results), arena_test(survives_packing),
        arena_test(refuses_bad_folders), arena_test(refuses_what_is_no_folder)};
    return cmocka_run_group_tests_name("contest/publication", tests, NULL, NULL);
}
