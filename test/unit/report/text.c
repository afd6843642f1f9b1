/* The report for a terminal. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "samples.h"

static Str text_of(Arena *a, const char *sample_name, int columns, bool colour)
{
    const Sample *sample = sample_named(sample_name);
    Result *r = sample_result(a, sample);
    ReportOptions options = sample_options(sample);
    options.columns = columns;
    options.colour = colour;
    Buf b = buf_new(a);
    report_text(r, sample_analysis(a, r), &options, &b);
    return buf_done(&b);
}

static void stages_are_told_in_words(void **state)
{
    Str text = text_of(*state, "av", 100, false);
    assert_holds(text, "Papers        20 read, 20 counted, 3 rejected\n");
    assert_holds(text, "rejected: 1 want of <official> mark\n");
    assert_holds(text, "Roll          40; turnout 57.5%\n");
    assert_holds(text, "  D                    3    15.00  goes out\n");
    assert_holds(
        text, "  D has the fewest votes (3) and goes out. Of the 3 votes that pass on from D: 1 to C and 2 are not\n  reallocated.\n");
    assert_holds(text, "  B has 10 of the 17 votes that continue, more than half, and is elected.\n");
    assert_holds(text, "  Order of elimination, first out first: D, C.\n");
    assert_holds(text, "  At the last stage B is exactly 3 votes ahead of A.\n");
    assert_lacks(text, "\033");
}

static void an_open_question_is_loud(void **state)
{
    Arena *a = *state;
    Str text = text_of(a, "open-lot", 100, false);
    assert_holds(text, "*** A QUESTION IS OPEN: NO RESULT YET ***\n");
    assert_holds(text, "      --seed TEXT\n");
    assert_lacks(text, "is elected");
    text = text_of(a, "open-ask", 100, false);
    assert_holds(text, "      --tie-order \"Cy, Bo\"\n");
    assert_holds(text, "the last named goes out");
    text = text_of(a, "posts-open", 100, false);
    assert_holds(text, "      --tie-order \"Cy, Dee\"\n");
    assert_holds(text, "the first named is elected");
}

/* The command that is printed gives what is printed beside it. */
static void a_lot_can_be_checked_by_hand(void **state)
{
    Str text = text_of(*state, "lot", 100, false);
    assert_holds(text, "printf '%s\\n%s\\n%s' 'dice 3 4' 1 'Cy' | sha256sum");
    long at = find_in(text, S("printf '%s\\n%s\\n%s' 'dice 3 4' 1 'Cy'"));
    Str line, rest, shown, command;
    str_cut((Str){text.ptr + at, text.len - (size_t)at}, '\n', &line, &rest);
    str_cut(line, '#', &command, &shown);
    Str hex = sha256_hex(*state, sha256(S("dice 3 4\n1\nCy")));
    assert_true(str_starts(str_trim(shown), str_slice(hex, 0, 16)));
}

static void names_with_quotes_are_quoted_for_the_shell(void **state)
{
    Arena *a = *state;
    Papers *p = papers_new(a);
    papers_candidate(p, S("O'Brien 100%"));
    papers_candidate(p, S("B"));
    add_papers(p, 3, (Mark[]){0}, 1);
    add_papers(p, 3, (Mark[]){1}, 1);
    Result *r = count_with(a, "av-2011", p, (CountOptions){.seed = S("it's")});
    Buf b = buf_new(a);
    report_text(r, NULL, &(ReportOptions){.version = S("0")}, &b);
    Str text = buf_done(&b);
    assert_holds(text, "printf '%s\\n%s\\n%s' 'it'\\''s' 1 'O'\\''Brien 100%' | sha256sum");
}

/* Every line fits, save commands and words that are too long by themselves; nothing reaches the terminal that could steer it. */
static void lines_fit_the_terminal(void **state)
{
    Arena *a = *state;
    int count;
    const Sample *all = samples(&count);
    for (int i = 0; i < count; i++) {
        for (int columns = 70; columns <= 130; columns += 30) {
            Str rest = text_of(a, all[i].name, columns, false), line;
            while (rest.len) {
                str_cut(rest, '\n', &line, &rest);
                bool command = find_in(line, S("sha256sum")) >= 0 || find_in(line, S("--")) >= 0;
                if (!command && str_columns(line) > columns) fail_msg("%s at %d columns: %.*s", all[i].name, columns, STR_ARG(line));
                if (line.len && line.ptr[line.len - 1] == ' ') fail_msg("%s: a blank at the end: %.*s", all[i].name, STR_ARG(line));
            }
        }
    }
    Str hostile = text_of(a, "hostile", 100, false);
    Str override = str_slice(S(RIGHT_TO_LEFT), 9, 12); /* NOLINT(misc-misleading-bidirectional) */
    assert_true(find_in(hostile, override) < 0);
}

static void colours_only_when_asked(void **state)
{
    Str text = text_of(*state, "av", 100, true);
    assert_holds(text, "\033[1;32m");
}

static void other_methods(void **state)
{
    Arena *a = *state;
    Str text = text_of(a, "college", 100, false);
    assert_holds(text, "weight 1/3");
    assert_holds(text, "What one paper weighed");
    assert_holds(text, "1/18");
    text = text_of(a, "condorcet", 100, false);
    assert_holds(text, "Nobody beats each other candidate one to one.");
    assert_holds(text, "is A, B and C.");
    text = text_of(a, "yes-no", 100, false);
    assert_holds(text, "Not carried.");
    assert_holds(text, "Turnout: 14 papers of 20 on the roll, 70.0%.");
    assert_holds(text, "No is exactly 1 vote ahead of Yes.");
    text = text_of(a, "yes-no-of-roll", 100, false);
    assert_holds(text, "Yes is exactly 1 vote ahead of No.\n  Yes lacks 3 votes of the 9 that the rules ask.");
    text = text_of(a, "posts", 100, false);
    assert_holds(text, "No more candidates than seats, so no count: Ann is declared elected unopposed.");
    text = text_of(a, "hostile-stv", 100, false);
    assert_holds(text, "reaches the quota of 12 and is elected.");
    text = text_of(a, "withdrawn", 100, false);
    assert_holds(text, "Withdrawn     B\n");
    text = text_of(a, "one", 100, false);
    assert_holds(text, "A is elected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(stages_are_told_in_words),
        arena_test(an_open_question_is_loud),
        arena_test(a_lot_can_be_checked_by_hand),
        arena_test(names_with_quotes_are_quoted_for_the_shell),
        arena_test(lines_fit_the_terminal),
        arena_test(colours_only_when_asked),
        arena_test(other_methods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
