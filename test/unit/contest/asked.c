/* What a visitor asks, as a view that may come back from anybody.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/unit.h"

#include "contest/asked.h"
#include "contest/pages.h"

static Asked example(void)
{
    Asked asked = {
        .title = S("T"), .format = S("csv"), .rules = S("labour-2010"), .seed = S("s"), .want = S("page"), .seats = 2, .file_count = 2};
    asked.files[0] = (CountedFile){.name = S("mps-and-meps.csv"), .bytes = S("a\0b")};
    asked.files[1] = (CountedFile){.name = S("others.csv.gz"), .section = S("x"), .bytes = S("")};
    return asked;
}

static void comes_back(void **state)
{
    Asked asked = example(), again;
    Buf b = buf_new(*state);
    view_pack(asked_view(*state, &asked), &b);
    View *view;
    assert_int_equal(view_unpack(*state, buf_done(&b), &view), ERR_OK);
    assert_int_equal(asked_read(view, &again), ERR_OK);
    assert_same_str(again.title, asked.title);
    assert_int_equal(again.seats, 2);
    assert_int_equal(again.file_count, 2);
    assert_same_str(again.files[0].bytes, asked.files[0].bytes);
    assert_same_str(again.files[1].section, S("x"));
}

/* Whatever is changed in it, nothing unclean or out of bounds comes through. */
static void believes_nothing(void **state)
{
    Arena *a = *state;
    Asked asked = example(), again;
    asked.title = S("a\nb");
    assert_int_equal(asked_read(asked_view(a, &asked), &again), ERR_INPUT);
    asked = example();
    asked.seats = -1;
    assert_int_equal(asked_read(asked_view(a, &asked), &again), ERR_INPUT);
    asked = example();
    asked.files[0].name = S("\x1b[2J");
    assert_int_equal(asked_read(asked_view(a, &asked), &again), ERR_INPUT);
    assert_int_equal(asked_read(view_array(a), &again), ERR_INPUT);
    assert_int_equal(asked_read(view_object(a), &again), ERR_INPUT);
    asked = example();
    asked.files[1].section = S("\xff");
    assert_int_equal(asked_read(asked_view(a, &asked), &again), ERR_INPUT);
    View *many = view_object(a), *files = view_array(a);
    const View *view = view_get(asked_view(a, &asked), S("files"));
    for (int i = 0; i <= ASKED_FILES_MAX; i++) view_add(files, view_copy(a, view_first(view)));
    asked = example();
    for (const View *v = view_first(asked_view(a, &asked)); v; v = view_next(v)) {
        bool list = str_equal(view_key(v), S("files"));
        view_put(many, view_key(v), list ? files : view_copy(a, v));
    }
    assert_int_equal(asked_read(many, &again), ERR_INPUT);
}

static void finds_sections(void **state)
{
    Asked asked = example();
    asked_sections(*state, &asked);
    assert_str(asked.files[0].section, "MPs and MEPs");
    assert_str(asked.files[1].section, "others");
}

/* The form offers the presets that are compiled in, all of them, in their order. */
static void offers_every_preset(void **state)
{
    (void)state;
    const Field *field = count_fields;
    while (strcmp(field->name, "rules") != 0) field++;
    int i = 0;
    for (; i < rules_preset_count(); i++) assert_same_str(str_from_c(field->choices[i].value), rules_preset_name(i));
    assert_string_equal(field->choices[i].value, "own");
    assert_null(field->choices[i + 1].value);
}

static void checks_small_papers(void **state)
{
    static const struct {
        const char *rules, *papers;
        int64_t seats;
        Err err;
        CountingPart part;
    } rows[] = {
        {"av-2011", "Ann,Bob\n1,2\n", 0, ERR_OK, PART_PAPERS},
        {"av-2011", "Ann,Bob\n1,x\n", 0, ERR_INPUT, PART_PAPERS},
        {"av-2011", "Ann,Bob\n1,2\n", 3, ERR_INPUT, PART_SEATS},
        {"nothing", "Ann,Bob\n1,2\n", 0, ERR_INPUT, PART_RULES},
        {"labour-2010", "Ann,Bob\n1,2\n", 0, ERR_INPUT, PART_PAPERS},
        {"stv-scottish", "Ann,Bob,Cyd\n1,2,3\n", 2, ERR_OK, PART_PAPERS},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Asked asked = {
            .format = S("auto"), .rules = str_from_c(rows[i].rules), .seats = rows[i].seats, .want = ASKED_CHECK, .file_count = 1};
        asked.files[0] = (CountedFile){.name = S("x"), .bytes = str_from_c(rows[i].papers)};
        const View *answer = asked_answer(*state, &asked);
        assert_row(view_i64(view_get(answer, S("ok"))) == !rows[i].err, rows[i].rules);
        assert_row(!view_get(answer, S("views")) && !view_get(answer, S("document")), rows[i].rules);
        assert_row(!rows[i].err || view_i64(view_get(answer, S("err"))) == rows[i].err, rows[i].rules);
        assert_row(!rows[i].err || view_i64(view_get(answer, S("part"))) == rows[i].part, rows[i].rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(comes_back), arena_test(believes_nothing), arena_test(finds_sections),
        arena_test(offers_every_preset), arena_test(checks_small_papers)};
    return cmocka_run_group_tests_name("contest/asked", tests, NULL, NULL);
}
