/* samples.h: counts of every method and every awkward kind, for the tests of src/report.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_TEST_UNIT_REPORT_SAMPLES_H
#define HUSTINGS_TEST_UNIT_REPORT_SAMPLES_H

#include "count/contest.h"

#include "report/report.h"

typedef struct Sample {
    const char *name;
    const char *rules; /* preset or text */
    const char *names; /* of contest(); NULL: build() makes the papers */
    const char *ballots;
    Papers *(*build)(Arena *a);
    CountOptions count;
    bool rejected; /* with some found by hand */
    const char *note;
} Sample;

static inline void add_papers(Papers *p, int64_t how_many, const Mark *marks, int n)
{
    assert_int_equal(papers_add(p, PAPERS_NO_SECTION, -1, marks, n, how_many, NULL), ERR_OK);
}

#define LONG_NAME \
    "Wilhelmina Featherstonehaugh-Cholmondeley of the Society for the Preservation of Exceedingly Long Names and Their Bearers, Widow"

/* Shalom, then an override that would turn all that follows it around. */
#define RIGHT_TO_LEFT "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xE2\x80\xAE z"

/* Markup, quotes of both kinds, a formula, right to left with an override, combining marks, a very long name. */
static inline Papers *hostile_names(Arena *a)
{
    static const char *const names[] = {
        "<script>alert('x')</script>",
        "=SUM(A1:A9),\"x\"",
        RIGHT_TO_LEFT, /* NOLINT(misc-misleading-bidirectional): that is why it is here */
        "Zoe\xCC\x88 e\xCC\x81\xCC\xA3",
        LONG_NAME,
        "O'Brien & \"Sons\" 100% \\n",
    };
    Papers *p = papers_new(a);
    p->title = S("<b>\"Tom & Jerry's\" </title><script>");
    for (int i = 0; i < COUNT_OF(names); i++) assert_int_equal(papers_candidate(p, str_from_c(names[i])), i);
    for (int i = 0; i < COUNT_OF(names); i++)
        add_papers(p, 10 - i, (Mark[]){(Mark)i, (Mark)((i + 1) % COUNT_OF(names)), (Mark)((i + 2) % COUNT_OF(names))}, 3);
    return p;
}

/* Thirty candidates; each paper of one passes to a few others, so that there are some thirty stages. */
static inline Papers *thirty(Arena *a)
{
    Papers *p = papers_new(a);
    p->title = S("Thirty candidates");
    for (int c = 0; c < 30; c++)
        assert_int_equal(
            papers_candidate(p, str_format(a, "Candidate number %d%s", c + 1, c % 7 == 3 ? " of a rather long-winded family" : "")), c);
    for (int c = 0; c < 30; c++)
        for (int k = 1; k <= 7; k++)
            add_papers(p, c + k, (Mark[]){(Mark)c, (Mark)((c + 3 * k) % 30), (Mark)((c + 5 * k + 1) % 30), (Mark)((c + 11 * k) % 30)}, 4);
    return p;
}

/* Three candidates with much and twelve with very little: the twelve share a block of the Sankey. */
static inline Papers *many_small(Arena *a)
{
    Papers *p = papers_new(a);
    for (int c = 0; c < 15; c++) assert_int_equal(papers_candidate(p, str_format(a, "Candidate %d", c + 1)), c);
    for (int c = 0; c < 15; c++) add_papers(p, c < 3 ? 400 - 30 * c : 1 + c % 5, (Mark[]){(Mark)c, (Mark)((c + 4) % 15), (Mark)(c % 3)}, 3);
    return p;
}

static inline Papers *two_posts(Arena *a)
{
    Papers *p = papers_new(a);
    p->title = S("Annual meeting");
    papers_post_candidate(p, S("Chair"), S("Ann"));
    papers_post_candidate(p, S("Chair"), S("Ben <i>"));
    papers_post_candidate(p, S("Treasurer"), S("Ann"));
    papers_post_candidate(p, S("Secretary"), S("Cy"));
    papers_post_candidate(p, S("Secretary"), S("Dee"));
    add_papers(p, 376, (Mark[]){0, 2, 3}, 3);
    add_papers(p, 224, (Mark[]){1, 2, 4}, 3);
    add_papers(p, 152, (Mark[]){2, 4}, 2);
    return p;
}

static inline Papers *with_withdrawn(Arena *a)
{
    Papers *p = contest(a, "A B C D", "7:A 6:B>A 4:C>D>B 2:D 1:B");
    p->candidates[1].withdrawn = true;
    return p;
}

#define COLLEGE "[rules]\nname = mine\ntitle = A college\nmethod = college\n[sections]\nMPs = 1/3\nMembers = 2/3\n"

static inline const Sample *samples(int *ret_count)
{
    static const Sample all[] = {
        {.name = "av",
            .rules = "av-2011",
            .names = "A B C D",
            .ballots = "7:A 6:B 4:C>D>B 2:D 1:D>C",
            .count = {.roll = 40, .issued = 30},
            .rejected = true},
        {.name = "hostile", .rules = "av-2011", .build = hostile_names, .note = "reconstructed from <stage> totals, \"roughly\""},
        {.name = "hostile-stv", .rules = "stv-scottish", .build = hostile_names, .count = {.seats = 3}},
        {.name = "hostile-condorcet", .rules = "condorcet", .build = hostile_names},
        {.name = "one", .rules = "av-2011", .names = "A", .ballots = "3:A"},
        {.name = "thirty", .rules = "av-2011", .build = thirty},
        {.name = "thirty-stv", .rules = "stv-scottish", .build = thirty, .count = {.seats = 7}},
        {.name = "many-small", .rules = "av-2011", .build = many_small, .count = {.seed = {"s", 1}}},
        {.name = "single-stage", .rules = "av-2011", .names = "A B", .ballots = "3:A 1:B"},
        {.name = "zero-votes", .rules = "av-2011", .names = "A B C D E", .ballots = "4:A 3:B 2:C"},
        {.name = "open-lot", .rules = "av-2011", .names = "Ada Cy Bo", .ballots = "5:Ada 4:Cy 4:Bo"},
        {.name = "open-ask",
            .rules = "[rules]\nmethod = alternative-vote\n[ties]\nexclude = ask\nelect = ask\n",
            .names = "Ada Cy Bo",
            .ballots = "5:Ada 4:Cy 4:Bo"},
        {.name = "lot", .rules = "av-2011", .names = "Ada Cy Bo", .ballots = "5:Ada 4:Cy 4:Bo", .count = {.seed = {"dice 3 4", 8}}},
        {.name = "college",
            .rules = COLLEGE,
            .names = "A B C",
            .ballots = "MPs/3:A>B MPs/2:B MPs/1:C>A Members/100:A Members/90:B>A Members/50:C>B Members/5:C"},
        {.name = "college-dry",
            .rules = "[rules]\nmethod = college\n[sections]\nMPs = 1/10\nMembers = 9/10\n",
            .names = "A B C",
            .ballots = "MPs/3:C Members/100:A Members/99:B Members/1:C"},
        {.name = "college-batch",
            .rules = COLLEGE "[count]\nbatch_elimination = yes\n",
            .names = "A B C D E",
            .ballots =
                "MPs/30:A MPs/28:B MPs/1:C>A MPs/1:D>B MPs/2:E Members/100:A Members/90:B>A Members/5:C>B Members/4:D Members/5:E>A"},
        {.name = "omov", .rules = "omov", .names = "A B C", .ballots = "MPs/3:A>B MPs/2:B Members/10:A Members/9:B>A Members/5:C>B"},
        {.name = "meek", .rules = "stv-meek", .names = "A B C D", .ballots = "20:A>B 8:B 7:C 5:D>C", .count = {.seats = 2}},
        {.name = "plurality", .rules = "plurality", .names = "A B C", .ballots = "5:A 4:B 1:C"},
        {.name = "yes-no", .rules = "yes-no", .names = "Yes No", .ballots = "5:Yes 6:No", .count = {.roll = 20}, .rejected = true},
        {.name = "yes-no-of-roll",
            .rules = "[rules]\nmethod = yes-no\n[yes-no]\nyes = Yes\nno = No\npass = 40%\nof = roll\n",
            .names = "Yes No",
            .ballots = "6:Yes 5:No",
            .count = {.roll = 20}},
        {.name = "condorcet",
            .rules = "condorcet",
            .names = "A B C D",
            .ballots = "5:A>B>C>D 4:B>C>A 3:C>A>B>D 1:A=B>D",
            .count = {.seed = {"s", 1}}},
        {.name = "posts", .rules = "posts", .build = two_posts},
        {.name = "posts-open",
            .rules = "[rules]\nmethod = posts\n[posts]\neach = alternative-vote\n[ties]\nelect = ask\n",
            .build = two_posts},
        {.name = "withdrawn", .rules = "av-2011", .build = with_withdrawn},
        {.name = "unopposed-stv", .rules = "stv-scottish", .names = "A B", .ballots = "5:A 4:B", .count = {.seats = 3}},
    };
    *ret_count = COUNT_OF(all);
    return all;
}

static inline Papers *sample_papers(Arena *a, const Sample *sample)
{
    return sample->build ? sample->build(a) : contest(a, sample->names, sample->ballots);
}

static inline Result *sample_result(Arena *a, const Sample *sample)
{
    return count_with(a, sample->rules, sample_papers(a, sample), sample->count);
}

static inline Analysis *sample_analysis(Arena *a, const Result *r)
{
    Analysis *analysis = NULL;
    Fault fault = {0};
    if (analyse(a, r, NULL, 0, &analysis, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    return analysis;
}

static inline ReportOptions sample_options(const Sample *sample)
{
    static RejectedHead heads[] = {{{"unmarked", 8}, 2}, {{"want of <official> mark", 23}, 1}};
    ReportOptions options = {.version = S("hustings 0.0.0"), .note = str_from_c(sample->note)};
    if (sample->rejected) {
        options.rejected = heads;
        options.rejected_count = COUNT_OF(heads);
    }
    return options;
}

static inline const Sample *sample_named(const char *name)
{
    int count;
    const Sample *all = samples(&count);
    for (int i = 0; i < count; i++)
        if (strcmp(all[i].name, name) == 0) return &all[i];
    fail_msg("no sample is called %s", name);
    return NULL;
}

/* Where does `part` first stand in `whole`? -1: nowhere. */
static inline long find_in(Str whole, Str part)
{
    for (size_t i = 0; i + part.len <= whole.len; i++)
        if (memcmp(whole.ptr + i, part.ptr, part.len) == 0) return (long)i;
    return -1;
}
#define assert_holds(whole, literal)                                                                          \
    do {                                                                                                      \
        if (find_in((whole), S(literal)) < 0) fail_msg("\"%s\" is not in:\n%.*s", (literal), STR_ARG(whole)); \
    } while (0)
#define assert_lacks(whole, literal)                                                                       \
    do {                                                                                                   \
        if (find_in((whole), S(literal)) >= 0) fail_msg("\"%s\" is in:\n%.*s", (literal), STR_ARG(whole)); \
    } while (0)

#endif
