/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "count/published.h"

static PublishedAnswer *answered(Arena *a, const char *text)
{
    Fault fault = {0};
    Published *p = NULL;
    if (published_parse(a, str_from_c(text), &p, &fault)) fail_msg("%s", str_c(a, fault_text(a, &fault)));
    return published_check(a, p);
}

static Str words(Arena *a, const PublishedAnswer *answer)
{
    Buf out = buf_new(a);
    published_text(answer, &out);
    return buf_done(&out);
}

/* By the definition: the printed percentage is the exact one, rounded half up or cut, at its last digit. */
static bool fits_by_definition(int64_t votes, int64_t papers, Percent printed, Rounding rounding)
{
    int64_t scaled = votes * 100;
    for (int i = 0; i < printed.decimals; i++) scaled *= 10;
    int64_t units = rounding == ROUNDING_HALF_UP ? (2 * scaled + papers) / (2 * papers) : scaled / papers;
    return units == printed.units;
}

static void rounding_is_that_of_the_definition(void **state)
{
    (void)state;
    for (int64_t papers = 1; papers <= 130; papers++)
        for (int64_t votes = 0; votes <= papers; votes++)
            for (int decimals = 0; decimals <= 1; decimals++)
                for (int64_t units = 0; units <= (decimals ? 1000 : 100); units++) {
                    Percent printed = {units, decimals};
                    for (int rounding = 0; rounding < ROUNDING__COUNT; rounding++)
                        if (published_fits(votes, papers, printed, (Rounding)rounding) !=
                            fits_by_definition(votes, papers, printed, (Rounding)rounding))
                            fail_msg(
                                "%lld of %lld, %lld units, %d decimals", (long long)votes, (long long)papers, (long long)units, decimals);
                }
}

static void large_numbers_stay_exact(void **state)
{
    (void)state;
    assert_true(published_fits(333333333, 1000000000, (Percent){33333333, 6}, ROUNDING_HALF_UP));
    assert_false(published_fits(333333338, 1000000000, (Percent){33333333, 6}, ROUNDING_HALF_UP));
    assert_true(published_fits(1000000000, 1000000000, (Percent){100000000, 6}, ROUNDING_TRUNCATE));
    assert_false(published_fits(1, 0, (Percent){0, 0}, ROUNDING_HALF_UP));
    assert_false(published_fits(2, 1, (Percent){100, 0}, ROUNDING_HALF_UP));
}

static const char brighton[] = "[check]\npapers = 590-640\nstated = 610\n"
                               "[question chair]\nvotes = 376, 224\nprinted = 62%, -\n"
                               "[question treasurer]\nvotes = 374, 226\nprinted = 61%\n"
                               "[question secretary]\nvotes = 393, 213\nprinted = 65%\n"
                               "[question vice-chair]\nvotes = 391, 204\nprinted = 64%, 33%\n";

static void brighton_fits_609_papers_only(void **state)
{
    Arena *a = *state;
    PublishedAnswer *answer = answered(a, brighton);
    assert_int_equal(answer->fit_count, 1);
    assert_int_equal(answer->fits[0].from, 609);
    assert_int_equal(answer->fits[0].to, 609);
    assert_false(answer->stated_fits);
    assert_false(answer->good);
    assert_int_equal(answer->questions[0].figures[0].fits.from, 602);
    assert_int_equal(answer->questions[0].figures[0].fits.to, 611);
    assert_false(answer->questions[0].figures[1].checked);
    assert_false(answer->questions[0].figures[0].of_votes_fits);
    assert_true(answer->questions[2].figures[0].of_votes_fits);
    assert_false(answer->questions[2].figures[0].stated_fits);
    assert_str(words(a, answer),
        "Of 590 to 640 papers, only 609 fits all that was printed.\n"
        "610, the number given, does not fit:\n"
        "  secretary: 393 of 610 is 64.43 %, which rounds to 64 %; 65 % was printed.\n"
        "What was printed:\n"
        "  chair: 376 votes, 62 % printed: 602 to 611 papers (of the 600 votes in the question it would be 62.67 %).\n"
        "  treasurer: 374 votes, 61 % printed: 609 to 618 papers (of the 600 votes in the question it would be 62.33 %).\n"
        "  secretary: 393 votes, 65 % printed: 601 to 609 papers.\n"
        "  vice-chair: 391 votes, 64 % printed: 607 to 615 papers (of the 595 votes in the question it would be 65.71 %).\n"
        "  vice-chair: 204 votes, 33 % printed: 609 to 627 papers (of the 595 votes in the question it would be 34.29 %).\n"
        "  vice-chair: the 2 percentages add up to 97 %. Rounding can move such a sum by up to 1: the rest of 100 is for none of these "
        "answers.\n");
}

/* The run of numbers that fit one figure is found by halving; here every number is tried. */
static void the_numbers_that_fit_one_figure(void **state)
{
    Arena *a = *state;
    for (int votes = 0; votes <= 12; votes++)
        for (int share = 0; share <= 100; share += 4) {
            PublishedAnswer *answer = answered(
                a, str_c(a, str_format(a, "[check]\npapers = 2-40\n[question q]\nvotes = %d\nprinted = %d%%\n", votes, share)));
            const FigureAnswer *figure = &answer->questions[0].figures[0];
            for (int64_t n = 2; n <= 40; n++) {
                bool in_run = figure->any && n >= figure->fits.from && n <= figure->fits.to;
                assert_int_equal(in_run, published_fits(votes, n, (Percent){share, 0}, ROUNDING_HALF_UP));
            }
        }
}

/* Cut instead of rounded, the percentages alone would fit 604 papers; but the secretary's 606 votes cannot stand on them. */
static void papers_are_no_fewer_than_votes(void **state)
{
    Arena *a = *state;
    PublishedAnswer *answer = answered(a, str_c(a, str_format(a, "[check]\nrounding = truncate\n%s", brighton + 8)));
    assert_int_equal(answer->fit_count, 0);
    assert_true(published_fits(376, 604, (Percent){62, 0}, ROUNDING_TRUNCATE));
    assert_true(str_starts(words(a, answer), S("Of 590 to 640 papers, no number fits all that was printed.\n")));
}

static const char bassetlaw[] = "[check]\nissued = 15000\nreturned = 32%-33%\n"
                                "[question primary]\nprinted = 50.3%, 20.2%, 15.4%, 7.7%, 6.5%\n"
                                "[claim balloted]\ntext = 50.3 per cent of those balloted\nshare = 50.3%\nof = issued\n";

static void bassetlaw_is_refused(void **state)
{
    Arena *a = *state;
    PublishedAnswer *answer = answered(a, bassetlaw);
    assert_int_equal(answer->published->from, 4800);
    assert_int_equal(answer->published->to, 4950);
    assert_int_equal(answer->fit_count, 1);
    QuestionAnswer *primary = &answer->questions[0];
    assert_true(primary->sum_known && primary->sum_possible && primary->sum_whole);
    assert_int_equal(primary->sum.units, 1001);
    assert_str(frac_text(a, primary->bound), "1/4");
    assert_false(answer->claims[0].holds);
    /* 50.25 % of 4,800 and 50.35 % of 4,950, of 15,000 */
    assert_str(frac_text(a, answer->claims[0].low), "402/25");
    assert_str(frac_text(a, answer->claims[0].high), "33231/2000");
    assert_str(words(a, answer),
        "Of 4,800 to 4,950 papers, every number fits all that was printed.\n"
        "What was printed:\n"
        "  primary: the 5 percentages add up to 100.1 %. Rounding can move such a sum by up to 0.25: this may be 100.\n"
        "\"50.3 per cent of those balloted\": refused. 50.3 % is a share of the papers returned (4,800 to 4,950). "
        "Of the 15,000 papers issued it is 16.1 to 16.6 %, not 50.3 %.\n");
}

static void a_claim_that_can_be_so(void **state)
{
    Arena *a = *state;
    PublishedAnswer *answer = answered(a,
        "[check]\nissued = 15000\nreturned = 32%-33%\n[question q]\nprinted = 50.3%\n"
        "[claim a]\nshare = 16%\nof = issued\n[claim b]\nshare = 50.3%\nof = papers\n[claim c]\nshare = 50.4%\nof = papers\n"
        "[claim d]\nshare = 16.7%\nof = issued\n");
    assert_true(answer->claims[0].holds);
    assert_true(answer->claims[1].holds);
    assert_false(answer->claims[2].holds);
    assert_false(answer->claims[3].holds);
}

static void claims_on_known_votes_are_exact(void **state)
{
    Arena *a = *state;
    PublishedAnswer *answer = answered(a,
        "[check]\nissued = 1000\n[question q]\nvotes = 150, 50\n[claim a]\nquestion = q\nanswer = 2\nshare = 5%\nof = issued\n"
        "[claim b]\nshare = 75%\nof = votes\n[claim c]\nshare = 75%\nof = papers\n");
    assert_true(answer->claims[0].holds);
    assert_str(frac_text(a, answer->claims[0].low), "5");
    assert_str(frac_text(a, answer->claims[0].high), "5");
    assert_true(answer->claims[1].holds);
    assert_null(answer->claims[2].low);
    assert_true(str_ends(words(a, answer), S("c, 75 %: cannot be checked: the number of papers is not known.\n")));
}

static void sums_that_rounding_cannot_explain(void **state)
{
    Arena *a = *state;
    assert_true(answered(a, "[question q]\nprinted = 51%, 50%\n")->questions[0].sum_possible);
    assert_false(answered(a, "[question q]\nprinted = 51%, 50.9%\n")->questions[0].sum_possible);
    assert_false(answered(a, "[question q]\nprinted = 52%, 51%\n")->good);
    assert_false(answered(a, "[check]\nrounding = truncate\n[question q]\nprinted = 51%, 50%\n")->questions[0].sum_possible);
    assert_true(answered(a, "[check]\nrounding = truncate\n[question q]\nprinted = 49%, 50%\n")->questions[0].sum_whole);
    /* Two shares of one whole end in .5 together, so they round up together: 101 can be, 99 cannot. */
    assert_true(answered(a, "[question q]\nprinted = 51%, 50%\n")->questions[0].sum_whole);
    assert_false(answered(a, "[question q]\nprinted = 49%, 50%\n")->questions[0].sum_whole);
    assert_true(answered(a, "[question q]\nprinted = 33%, 33%, 33%\n")->questions[0].sum_whole);
    assert_false(answered(a, "[question q]\nprinted = 49%, 49%\n")->questions[0].sum_whole);
}

static void shares_of_other_things(void **state)
{
    Arena *a = *state;
    PublishedAnswer *answer = answered(a, "[check]\nissued = 400\n[question q]\nof = votes\nvotes = 2, 1\nprinted = 67%, 34%\n"
                                          "[question r]\nof = issued\nvotes = 100\nprinted = 25%\n");
    assert_false(answer->searched);
    assert_true(answer->questions[0].figures[0].base_fits);
    assert_false(answer->questions[0].figures[1].base_fits);
    assert_true(answer->questions[1].figures[0].base_fits);
    assert_false(answer->good);
    assert_str(words(a, answer), "What was printed:\n"
                                 "  q: 2 votes, 67 % printed: right of the 3 votes in the question.\n"
                                 "  q: 1 votes, 34 % printed: 1 of 3 is 33.33 %, which rounds to 33 %; 34 % was printed.\n"
                                 "  q: the 2 percentages add up to 101 %. Rounding can move such a sum by up to 1: this may be 100.\n"
                                 "  r: 100 votes, 25 % printed: right of the 400 papers issued.\n");
}

/* Of fewer than 100 papers not every percentage can come. */
static void percentages_without_votes_need_whole_votes(void **state)
{
    Arena *a = *state;
    PublishedAnswer *answer = answered(a, "[check]\npapers = 1-8\nstated = 5\n[question q]\nprinted = 33%, 67%\n");
    assert_int_equal(answer->fit_count, 2);
    assert_int_equal(answer->fits[0].from, 3);
    assert_int_equal(answer->fits[0].to, 3);
    assert_int_equal(answer->fits[1].from, 6);
    assert_true(str_starts(words(a, answer), S("Of 1 to 8 papers, only 3, 6 fit all that was printed.\n5, the number given, does not "
                                               "fit:\n  q: no whole numbers of votes give these percentages.\n")));
}

static void the_answer_as_json(void **state)
{
    Arena *a = *state;
    PublishedAnswer *answer = answered(a, "[check]\ntitle = T\nissued = 10\nreturned = 4\n[question q]\nvotes = 3, 1\nprinted = 75%, "
                                          "25%\n[claim c]\nshare = 75%\nof = issued\n");
    Buf json = buf_new(a);
    view_json(published_view(a, answer), &json, false);
    assert_str(buf_done(&json),
        "{\"title\":\"T\",\"source\":\"\",\"good\":false,\"rounding\":\"half-up\",\"tried\":{\"from\":\"4\",\"to\":\"4\"},"
        "\"fits\":[{\"from\":\"4\",\"to\":\"4\"}],\"stated\":null,\"stated_fits\":null,\"issued\":\"10\",\"questions\":[{\"question\":"
        "\"q\",\"of\":\"papers\",\"figures\":["
        "{\"votes\":\"3\",\"printed\":\"75\",\"fits\":{\"from\":\"4\",\"to\":\"4\"},\"stated_fits\":null,\"of_votes_fits\":true,\"base_"
        "fits\":null},"
        "{\"votes\":\"1\",\"printed\":\"25\",\"fits\":{\"from\":\"4\",\"to\":\"4\"},\"stated_fits\":null,\"of_votes_fits\":true,\"base_"
        "fits\":null}],"
        "\"votes\":\"4\",\"sum\":{\"percent\":\"100\",\"rounding_can_do\":\"1\",\"possible\":true,\"makes_100\":true}}],"
        "\"claims\":[{\"claim\":\"c\",\"text\":\"\",\"share\":\"75\",\"of\":\"issued\",\"holds\":false,\"low\":\"30\",\"high\":\"30\","
        "\"words\":\"refused. 75 % is a share of the papers returned (4). Of the 10 papers issued it is 30 %, not 75 %.\"}]}\n");
}

static void refuses_what_it_cannot_read(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"[check]\ncolour = red\n", "f.ini:2: expected one of title, source, papers, stated, issued, returned, rounding, found 'colour'"},
        {"[question q]\nvote = 1\n", "f.ini:2: expected one of votes, printed, of, found 'vote'"},
        {"[claim c]\nwho = me\n", "f.ini:2: expected one of text, share, of, question, answer, found 'who'"},
        {"[colours]\na = 1\n", "f.ini:1:1: expected [check], [question NAME] or [claim NAME], at most 48 bytes, found '[colours]'"},
        {"a = 1\n", "f.ini:1: expected a section [check], [question NAME] or [claim NAME], found 'a'"},
        {"[check]\nnonsense\n", "f.ini:2:1: expected [section], key = value, or a comment after ';', found neither"},
        {"[check]\npapers = 1\n", "f.ini: there is no [question NAME]"},
        {"[check]\npapers = 5-4\n", "f.ini:2: expected the smaller number first, found '5-4'"},
        {"[check]\npapers = 0-4\n", "f.ini:2: expected a number from 1 to 1000000000, found '0'"},
        {"[check]\npapers = 1-200000\n[question q]\nvotes = 1\n", "f.ini: at most 100000 numbers of papers can be tried; these are 200000"},
        {"[check]\npapers = 1\npapers = 2\n",
            "f.ini:3: expected each key once (an indented line continues the one above it), found 'papers'"},
        {"[check]\nrounding = up\n", "f.ini:2: expected one of half-up, truncate, found 'up'"},
        {"[check]\nreturned = 3%\n[question q]\nvotes = 1\n", "f.ini: 'returned' is a percentage of 'issued', which is not given"},
        {"[check]\nissued = 10\npapers = 1\nreturned = 3\n[question q]\nvotes = 1\n",
            "f.ini: 'papers' and 'returned' both say how many papers there are; give one of them"},
        {"[check]\nissued = 10\nreturned = 33%\n[question q]\nvotes = 1\n",
            "f.ini: no whole number of papers is in the range of 'returned'; the smaller percentage comes first"},
        {"[question q]\nprinted = 101%\n", "f.ini:2: expected a percentage from 0% to 100% with at most 6 decimals, found '101%'"},
        {"[question q]\nprinted = 62\n", "f.ini:2: expected a percentage from 0% to 100% with at most 6 decimals, found '62'"},
        {"[question q]\nprinted = 62.%\n", "f.ini:2: expected a percentage from 0% to 100% with at most 6 decimals, found '62.%'"},
        {"[question q]\nprinted = 1.1234567%\n",
            "f.ini:2: expected a percentage from 0% to 100% with at most 6 decimals, found '1.1234567%'"},
        {"[question q]\nvotes = 1, -\n", "f.ini: answer 2 of question q has neither votes nor a percentage"},
        {"[question q]\nof = votes\nprinted = 50%\n", "f.ini: question q: of = votes needs the votes for every answer"},
        {"[question q]\nof = issued\nprinted = 50%\n", "f.ini: question q: of = issued needs 'issued' in [check]"},
        {"[question q]\nof = roll\n", "f.ini:2: expected one of papers, votes, issued, found 'roll'"},
        {"[question q]\nvotes =\n", "f.ini:2: expected a value for 'votes', found nothing"},
        {"[question q]\nvotes = 1\n[claim c]\nshare = 1%\n", "f.ini: claim c needs 'share' and 'of'"},
        {"[question q]\nvotes = 1\n[claim c]\nshare = 1%\nof = votes\nquestion = r\n", "f.ini: claim c: there is no question r"},
        {"[question q]\nvotes = 1\n[claim c]\nshare = 1%\nof = votes\nanswer = 2\n", "f.ini: claim c: its question has no answer 2"},
        {"[question q]\nvotes = 1\n[question r]\nvotes = 1\n[claim c]\nshare = 1%\nof = votes\n",
            "f.ini: claim c: say of which question it speaks"},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Fault fault = {.file = S("f.ini")};
        Published *p = NULL;
        assert_int_not_equal(published_parse(a, str_from_c(rows[i].text), &p, &fault), ERR_OK);
        assert_null(p);
        assert_same_str(fault_text(a, &fault), str_from_c(rows[i].message));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_is_that_of_the_definition),
        cmocka_unit_test(large_numbers_stay_exact),
        arena_test(brighton_fits_609_papers_only),
        arena_test(the_numbers_that_fit_one_figure),
        arena_test(papers_are_no_fewer_than_votes),
        arena_test(bassetlaw_is_refused),
        arena_test(a_claim_that_can_be_so),
        arena_test(claims_on_known_votes_are_exact),
        arena_test(sums_that_rounding_cannot_explain),
        arena_test(shares_of_other_things),
        arena_test(percentages_without_votes_need_whole_votes),
        arena_test(the_answer_as_json),
        arena_test(refuses_what_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
