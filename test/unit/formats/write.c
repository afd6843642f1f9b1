/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/formats_unit.h"

static const char *const file_names[FORMAT__COUNT] = {[FORMAT_CSV] = "p.csv", [FORMAT_BLT] = "p.blt", [FORMAT_PREFLIB] = "p.preflib"};

static Papers *papers_of(Arena *a, const char *name, Str text, bool posts)
{
    Papers *p = papers_new(a);
    Fault fault = {0};
    FormatOptions options = {.file_name = str_from_c(name), .posts = posts};
    Err e = reader_load(a, p, &options, text, &fault);
    if (e) {
        Str message = fault_text(a, &fault);
        fail_msg("%.*s", STR_ARG(message));
    }
    return p;
}

/* What format_write makes of the papers, or its message. */
static Str written(Arena *a, const Papers *p, Format format)
{
    Buf out = buf_new(a);
    Fault fault = {0};
    return format_write(p, format, &out, &fault) ? fault_text(a, &fault) : buf_done(&out);
}

static void csv(void **state)
{
    Arena *a = *state;
    Papers *p = papers_of(a, "p.csv",
        S("# title: Leader\n# seats: 2\n# withdrawn: Dee\nsection,box,1,2,3\nMP,W,Ada,\"Lovelace, Bo\",\nU,V: "
          "1,,overvote,Ada=Cy\nU,W,,,\n"),
        false);
    assert_str(written(a, p, FORMAT_CSV), "# title: Leader\n"
                                          "# seats: 2\n"
                                          "# candidates: Ada; Lovelace, Bo; Cy; Dee\n"
                                          "# withdrawn: Dee\n"
                                          "# sections: MP; U\n"
                                          "# box: W: 2; 1\n"
                                          "# box: \"V: 1\": 1; 0\n"
                                          "count,section,1,2,3\n"
                                          "1,MP,Ada,\"Lovelace, Bo\",\n"
                                          "1,U,,overvote,Ada=Cy\n"
                                          "1,U,,,\n");
}

static void csv_with_posts(void **state)
{
    Arena *a = *state;
    Papers *p = papers_of(a, "p.csv", S("Chair,\"Clerk; East\",Chair\nAda,Cy,Bo\nBo,,\nAda=Bo,Cy,\n"), true);
    assert_str(written(a, p, FORMAT_CSV), "# post: Chair: Ada; Bo\n"
                                          "# post: \"Clerk; East\": Cy\n"
                                          "count,Chair,Chair,\"Clerk; East\"\n"
                                          "1,Ada,Bo,Cy\n"
                                          "1,Bo,,\n"
                                          "1,Ada=Bo,,Cy\n");
}

static void blt(void **state)
{
    Arena *a = *state;
    Papers *p = papers_of(a, "p.blt", S("3 2\n-3\n2 1=2 3 0\n1 - 2 0\n5 0\n0\n\"A \\\"x\\\"\"\n\"B\"\n\"C\\\\\"\n\"T\"\n"), false);
    assert_str(written(a, p, FORMAT_BLT), "3 2\n-3\n2 1=2 3 0\n1 - 2 0\n5 0\n0\n\"A \\\"x\\\"\"\n\"B\"\n\"C\\\\\"\n\"T\"\n");
}

static void preflib(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *text, *type;
    } cases[] = {
        {"1,2\nAda,Bo\nBo,Ada\n", "soc"}, {"1,2\nAda,Bo\nBo,\n", "soi"}, {"1,2\nAda=Bo,\nBo,Ada\n", "toc"}, {"1,2\nAda=Bo,\nBo,\n", "toi"}};
    for (int i = 0; i < COUNT_OF(cases); i++) {
        Str text = written(a, papers_of(a, "p.csv", str_from_c(cases[i].text), false), FORMAT_PREFLIB);
        assert_true(str_starts(text, str_format(a, "# FILE NAME: papers.%s\n", cases[i].type)));
    }
    Papers *p = papers_of(a, "p.csv", S("# title: T\n# seats: 2\n1,2,3\nCy=Ada,Bo,\nBo,Ada=Cy,\nAda,Bo,Cy\nBo\n"), false);
    assert_str(written(a, p, FORMAT_PREFLIB),
        "# FILE NAME: papers.toi\n# TITLE: T\n# DESCRIPTION: \n# DATA TYPE: toi\n# MODIFICATION TYPE: original\n"
        "# RELATES TO: \n# RELATED FILES: \n# PUBLICATION DATE: \n# MODIFICATION DATE: \n"
        "# NUMBER ALTERNATIVES: 3\n# NUMBER VOTERS: 4\n# NUMBER UNIQUE ORDERS: 4\n# NUMBER SEATS: 2\n"
        "# ALTERNATIVE NAME 1: Cy\n# ALTERNATIVE NAME 2: Ada\n# ALTERNATIVE NAME 3: Bo\n"
        "1: {1,2},3\n1: 3,{2,1}\n1: 2,3,1\n1: 3\n");
}

static void what_a_format_cannot_say_is_refused(void **state)
{
    Arena *a = *state;
    static const struct {
        Format format;
        const char *text, *expected;
    } cases[] = {
        {FORMAT_BLT, "section,1\nMP,Ada\n", "blt cannot say sections; write csv instead"},
        {FORMAT_BLT, "box,1\nW,Ada\n", "blt cannot say boxes; write csv instead"},
        {FORMAT_BLT, "1\novervote\nAda\n", "blt cannot say overvotes whose names are not known; write csv instead"},
        {FORMAT_BLT, "1\n", "blt cannot say papers without any candidate; write csv instead"},
        {FORMAT_PREFLIB, "1\novervote\nAda\n", "preflib cannot say overvotes whose names are not known; write csv instead"},
        {FORMAT_PREFLIB, "1,2\n,Ada\n", "preflib cannot say empty ranks; write csv instead"},
        {FORMAT_PREFLIB, "1,2\n,\nAda,\n", "preflib cannot say papers without a mark; write csv instead"},
        {FORMAT_PREFLIB, "# withdrawn: Bo\n1\nAda\n", "preflib cannot say who withdrew; write csv instead"},
        {FORMAT_CSV, "# candidates: A=B; Ada; Bo\nrank 1\nAda=Bo\n", "csv cannot tell an equal rank from a candidate called 'A=B'"},
        {FORMAT_CSV, "# candidates: overvote; Ada\nrank 1\noverVOTE\n",
            "csv cannot tell overvoted papers from a candidate called 'overvote'"},
        {FORMAT_UNKNOWN, "1\nAda\n", "a format to write: csv, blt or preflib"},
    };
    for (int i = 0; i < COUNT_OF(cases); i++)
        assert_same_str(
            written(a, papers_of(a, "p.csv", str_from_c(cases[i].text), false), cases[i].format), str_from_c(cases[i].expected));

    Papers *posts = papers_of(a, "p.csv", S("Chair\nAda\n"), true);
    assert_str(written(a, posts, FORMAT_BLT), "blt cannot say posts; write csv instead");
    posts->candidates[0].post = S("Box");
    assert_str(written(a, posts, FORMAT_CSV), "csv cannot tell a column of its own from a post called 'Box'");
    papers_candidate(posts, S("Bo"));
    posts->candidates[0].post = S("Chair");
    assert_str(written(a, posts, FORMAT_CSV), "papers where some candidates stand for a post and others for none cannot be written");

    Papers *p = papers_new(a);
    papers_candidate(p, S("Ada\nBo"));
    assert_str(written(a, p, FORMAT_CSV), "no format can hold the name 'Ada\\x0ABo'");
}

static uint64_t seed = 1;

static int below(int n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (int)((seed >> 33) % (uint64_t)n);
}

static const char *const odd_names[] = {
    "Ada", "Bo \"the\" Builder", "Cy, Jr", "Dee; E", "F: G", "#1", "blank", "-", "x", "7", "Zo\xC3\xAB", "back\\slash\\", "1st"};

static Mark random_mark(const Papers *p, Format format)
{
    int special = below(30);
    if (special == 0 && format != FORMAT_PREFLIB) return MARK_SKIPPED;
    if (special == 1 && format == FORMAT_CSV) return MARK_OVERVOTE;
    return (Mark)below(p->candidate_count);
}

/* Papers with all that `format` can say. */
static Papers *random_papers(Arena *a, Format format)
{
    Papers *p = papers_new(a);
    p->title = below(3) ? S("Leader, 2010: \"the\" contest") : S("");
    if (!below(3)) papers_add_note(p, S("from memory: # all of it"));
    p->seats = format == FORMAT_BLT || below(2) ? 1 + below(3) : 0;
    int candidates = 1 + below(COUNT_OF(odd_names));
    for (int i = 0; i < candidates; i++) papers_candidate(p, str_from_c(odd_names[i]));
    for (int i = 0; i < candidates; i++) p->candidates[i].withdrawn = format != FORMAT_PREFLIB && !below(5);
    int sections = format == FORMAT_CSV ? below(3) : 0;
    for (int i = 0; i < sections; i++) papers_section(p, str_from_c(odd_names[i + 2]));
    int box = format == FORMAT_CSV && below(2) ? papers_box(p, str_from_c(odd_names[below(COUNT_OF(odd_names))])) : -1;
    int papers = below(40);
    for (int i = 0; i < papers; i++) {
        Mark marks[12];
        int n = below(12) + (format == FORMAT_PREFLIB ? 1 : 0);
        if (n > 12) n = 12;
        for (int k = 0; k < n; k++) {
            marks[k] = random_mark(p, format);
            bool may_join = k && marks[k] < MARK_OVERVOTE && (marks[k - 1] & MARK_CANDIDATE) < MARK_OVERVOTE;
            if (may_join && !below(6)) marks[k] |= (Mark)MARK_EQUAL;
        }
        while (n && marks[n - 1] == MARK_SKIPPED) n--;
        int section = sections && below(4) ? below(sections) : PAPERS_NO_SECTION;
        assert_int_equal(papers_add(p, section, box, marks, n, 1 + below(5), NULL), ERR_OK);
    }
    return p;
}

static void reading_what_was_written_gives_the_same_papers(void **state)
{
    Arena *a = *state;
    for (int i = 0; i < 3000; i++) {
        Format format = (Format)(FORMAT_CSV + i % 3);
        Papers *p = random_papers(a, format);
        Str text = written(a, p, format);
        Papers *again = papers_of(a, file_names[format], text, false);
        assert_same_str(dump(a, again), dump(a, p));
        assert_same_str(written(a, again, format), text);
        if (i % 100 == 0) arena_clear(a);
    }
}

static void reading_posts_that_were_written_gives_the_same_papers(void **state)
{
    Arena *a = *state;
    for (int i = 0; i < 500; i++) {
        Papers *p = papers_new(a);
        static const char *const posts[] = {"Chair", "Clerk: East", "Member, North"};
        for (int post = 0; post < 3; post++)
            for (int k = 0; k <= post; k++)
                papers_post_candidate(p, str_from_c(posts[post]), str_from_c(odd_names[below(COUNT_OF(odd_names))]));
        for (int papers = below(20); papers > 0; papers--) {
            Mark marks[12];
            int n = 0;
            for (int c = 0; c < p->candidate_count; c++) {
                bool same_post = n && str_equal(p->candidates[c].post, p->candidates[marks[n - 1] & MARK_CANDIDATE].post);
                if (below(2)) marks[n++] = (Mark)(c | (same_post && !below(3) ? MARK_EQUAL : 0));
            }
            assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, marks, n, 1, NULL), ERR_OK);
        }
        Str text = written(a, p, FORMAT_CSV);
        Papers *again = papers_of(a, "p.csv", text, true);
        assert_same_str(dump(a, again), dump(a, p));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(csv),
        arena_test(csv_with_posts),
        arena_test(blt),
        arena_test(preflib),
        arena_test(what_a_format_cannot_say_is_refused),
        arena_test(reading_what_was_written_gives_the_same_papers),
        arena_test(reading_posts_that_were_written_gives_the_same_papers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
