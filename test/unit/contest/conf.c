/* contest.conf: what is read, and what is refused with its line.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/unit.h"

#include "contest/own.h"

#define HEAD "[contest]\nslug = a\ntitle = A\ndate = 2010-09-25\nrules = omov\n"
#define GOOD HEAD "[papers]\npapers = p.csv\n"

static void reads_everything(void **state)
{
    Conf *c;
    Fault fault = {0};
    Str text = S("\xEF\xBB\xBF; a comment\n# another\n[contest]\nslug = labour-2010\ntitle =  Labour = 2010 \r\ndate=2012-02-29\nplace = "
                 "Here\nrules = mine.rules\n"
                 "note = a caveat\n  that goes on\n\tand on\nseed = 3 1 6\nseats = 4\nroll = 100\nissued = 90\n\n"
                 "[papers]\nMPs and MEPs = mps.csv\nMembers = members.csv\n[compare]\nomov@Members\nplurality\n[sources]\nFirst = "
                 "https://example.org/a?b=c\n"
                 "[rejected]\nSpoilt = 0\n[withdrawn]\nAnn, née Bob\n");
    assert_int_equal(conf_parse(*state, text, &c, &fault), ERR_OK);
    assert_str(c->slug, "labour-2010");
    assert_str(c->title, "Labour = 2010");
    assert_str(c->date, "2012-02-29");
    assert_str(c->note, "a caveat that goes on and on");
    assert_str(c->seed, "3 1 6");
    assert_int_equal(c->seats, 4);
    assert_int_equal(c->roll, 100);
    assert_int_equal(c->issued, 90);
    assert_int_equal(c->rules_line, 8);
    assert_int_equal(c->papers.count, 2);
    assert_str(c->papers.items[0].key, "MPs and MEPs");
    assert_str(c->papers.items[1].value, "members.csv");
    assert_int_equal(c->papers.items[1].line, 19);
    assert_str(c->compare.items[0].value, "omov@Members");
    assert_str(c->sources.items[0].value, "https://example.org/a?b=c");
    assert_str(c->rejected.items[0].key, "Spoilt");
    assert_str(c->withdrawn.items[0].value, "Ann, née Bob");
}

typedef struct Bad {
    const char *text;
    int line;
    const char *expected;
} Bad;

static const Bad bad[] = {
    {"", 0, "slug"},
    {"slug = a\n", 1, "[contest] before any key"},
    {"[contest]\nslug = A\n", 2, "lower-case"},
    {"[contest]\nslug = -a\n", 2, "lower-case"},
    {"[contest]\nslug = a--b\n", 2, "lower-case"},
    {"[contest]\nslug = a/../b\n", 2, "lower-case"},
    {"[contest]\nslug =\n", 2, "a value"},
    {"[contest]\nslug = a\nslug = b\n", 3, "each key once"},
    {"[contest]\nslug = a\n\n[contest]\n", 4, "each section once"},
    {"[contest\n", 1, "']'"},
    {"[contests]\n", 1, "[contest], [papers]"},
    {"[contest]\ncolour = red\n", 2, "slug, title"},
    {"[contest]\nslug\n", 2, "key = value"},
    {"[contest]\n= a\n", 2, "a key"},
    {"  slug = a\n", 1, "no blank"},
    {"[contest]\ndate = 25 September 2010\n", 2, "2010-09-25"},
    {"[contest]\ndate = 2010-13-01\n", 2, "2010-09-25"},
    {"[contest]\ndate = 2011-02-29\n", 2, "2010-09-25"},
    {"[contest]\ndate = 1900-02-29\n", 2, "2010-09-25"},
    {"[contest]\ndate = 0000-01-01\n", 2, "2010-09-25"},
    {"[contest]\ndate = 2010-09-31\n", 2, "2010-09-25"},
    {"[contest]\ndate = +010-09-30\n", 2, "2010-09-25"},
    {"[contest]\nseats = 0\n", 2, "a whole number from 1"},
    {"[contest]\nseats = many\n", 2, "a whole number from 1"},
    {"[contest]\nroll = -1\n", 2, "a whole number from 1"},
    {"[contest]\ntitle = a\x01z\n", 2, "control characters"},
    {"[contest]\ntitle = \xff\n", 2, "UTF-8"},
    {HEAD, 0, "[papers]"},
    {HEAD "[papers]\npapers = ../p.csv\n", 7, "a file in this folder"},
    {HEAD "[papers]\npapers = /etc/passwd\n", 7, "a file in this folder"},
    {HEAD "[papers]\npapers = .hidden\n", 7, "a file in this folder"},
    {HEAD "[papers]\npapers =\n", 7, "a file in this folder"},
    {HEAD "[papers]\nA = a.csv\nA = b.csv\n", 8, "each name once"},
    {GOOD "[stages]\nfile = s.csv\n", 9, "not both"},
    {HEAD "[stages]\nfiles = s.csv\n", 7, "file = FILE"},
    {HEAD "[stages]\nfile = s.csv\nfile = t.csv\n", 8, "each key once"},
    {HEAD "[stages]\nfile = s.csv\n[compare]\nomov\n", 9, "no [compare]"},
    {HEAD "[stages]\nfile = s.csv\n[withdrawn]\nAnn\n", 9, "no [withdrawn]"},
    {GOOD "[rejected]\nSpoilt = some\n", 9, "a number of papers"},
    {GOOD "[sources]\nA =\n", 9, "where it was published"},
    {"[contest]\nslug = a\ntitle = A\nrules = omov\n[papers]\npapers = p.csv\n", 0, "date"},
    {"[contest]\nslug = a\ndate = 2010-01-01\nrules = omov\n[papers]\npapers = p.csv\n", 0, "title"},
    {"[contest]\nslug = a\ntitle = A\ndate = 2010-01-01\n[papers]\npapers = p.csv\n", 0, "rules"},
};

static void refuses(void **state)
{
    for (int i = 0; i < COUNT_OF(bad); i++) {
        Conf *c = NULL;
        Fault fault = {0};
        Err e = conf_parse(*state, str_from_c(bad[i].text), &c, &fault);
        assert_row(e == ERR_INPUT && fault.err == ERR_INPUT, bad[i].text);
        assert_row(!c, bad[i].text);
        if (fault.line != bad[i].line) fail_msg("%s: line %d, not %d", bad[i].text, (int)fault.line, bad[i].line);
        const char *said = str_c(*state, fault.expected);
        if (!strstr(said, bad[i].expected)) fail_msg("%s: said '%s'", bad[i].text, said);
    }
}

static void is_bounded(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    Conf *c;
    Buf b = buf_new(a);
    buf_str(&b, S(GOOD "[compare]\n"));
    for (int i = 0; i < CONF_ITEMS_MAX; i++) buf_format(&b, "rules-%d\n", i);
    assert_int_equal(conf_parse(a, buf_done(&b), &c, &fault), ERR_OK);
    assert_int_equal(c->compare.count, CONF_ITEMS_MAX);
    buf_str(&b, S("omov\n"));
    assert_int_equal(conf_parse(a, buf_done(&b), &c, &fault), ERR_INPUT);
    assert_str(fault.expected, "at most 64 lines in a section");
    while (b.len <= CONF_TEXT_MAX) buf_str(&b, S("; a comment, to make it long\n"));
    assert_int_equal(conf_parse(a, buf_done(&b), &c, &fault), ERR_LIMIT);
    Buf line = buf_new(a);
    buf_str(&line, S("[contest]\nnote = "));
    for (int i = 0; i < CONF_LINE_MAX; i++) buf_byte(&line, 'x');
    fault = (Fault){0};
    assert_int_equal(conf_parse(a, buf_done(&line), &c, &fault), ERR_INPUT);
    assert_int_equal(fault.line, 2);
}

static void makes_addresses(void **state)
{
    assert_str(slug_of_name(*state, S("mps-and-meps.csv")), "mps-and-meps-csv");
    assert_str(slug_of_name(*state, S("MPs and MEPs")), "mps-and-meps");
    assert_str(slug_of_name(*state, S("README.md")), "readme-md");
    assert_str(slug_of_name(*state, S("--- ")), "file");
    assert_str(slug_of_name(*state, S("d\xc3\xa9j\xc3\xa0")), "d-j");
    Buf b = buf_new(*state);
    for (int i = 0; i < 3 * SLUG_MAX; i++) buf_str(&b, i % 3 ? S("x") : S("."));
    Str slug = slug_of_name(*state, buf_done(&b));
    assert_true(slug.len <= SLUG_MAX);
    assert_true(slug_is_good(slug));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(reads_everything), arena_test(refuses), arena_test(is_bounded), arena_test(makes_addresses)};
    return cmocka_run_group_tests_name("contest/conf", tests, NULL, NULL);
}
