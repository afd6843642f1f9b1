/* A form as a template sees it. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/form.h"
#include "http/request.h"

static const Choice methods[] = {{"av", "Alternative vote"}, {"omov", "One member, one vote"}, {0}};
static const Field fields[] = {
    {"contest", FIELD_SLUG, .required = true},
    {"name", FIELD_LINE, .required = true, .label = "Your name", .hint = "As on the roll.", .autocomplete = "name"},
    {"seats", FIELD_NUMBER, .min = 1, .max = 20, .standard = "1"},
    {"rules", FIELD_CHOICE, .choices = methods, .standard = "omov"},
    {"kinds", FIELD_CHOICE, .choices = methods, .repeats = true},
    {"agree", FIELD_TICK, .label = "I agree"},
    {"papers", FIELD_FILE, .max = 2 * 1024 * 1024},
    {0},
};
static const Route post = {.method = POST, .path = "/contests/:contest/note", .fields = fields, .body_max = 4 * 1024 * 1024};
static const Field few[] = {{"contest", FIELD_SLUG, .required = true}, {"seats", FIELD_NUMBER, .required = true}, {0}};
static const Route few_post = {.method = POST, .path = "/contests/:contest/few", .fields = few};
static const Route get = {.method = GET, .path = "/contests/:contest/note", .fields = few, .posts = "/contests/:contest/note"};

static Str json(Arena *a, const View *v)
{
    Buf b = buf_new(a);
    view_json(v, &b, false);
    return str_trim(str_slice(buf_done(&b), 0, b.len - 1));
}

static const View *form_of(Arena *a, const Request *r, const Route *route)
{
    return form_view(a, &r->req, &(FormOptions){.route = route, .action = S("/contests/a/note"), .csrf = S("c"), .key = S("k")});
}

static const View *by(const View *form, const char *name)
{
    return view_get(view_get(form, S("by")), str_from_c(name));
}

static Str text_at(const View *v, const char *key)
{
    return view_str(view_get(v, str_from_c(key)));
}

static bool is(const View *v, const char *key)
{
    return view_i64(view_get(v, str_from_c(key))) != 0;
}

static void all_of_a_form(void **state)
{
    Arena *a = *state;
    Request *r = request_new(a, &few_post, "contest=a", "application/x-www-form-urlencoded", S("seats=x"));
    assert_str(json(a, form_of(a, r, &few_post)),
        "{\"action\":\"/contests/a/note\",\"multipart\":false,\"csrf\":\"c\",\"key\":\"k\",\"wrong\":true,"
        "\"errors\":[{\"field\":\"seats\",\"message\":\"Seats must be a number from 0 to 1000000000\",\"href\":\"#field-seats\"}],"
        "\"fields\":[{\"name\":\"seats\",\"id\":\"field-seats\",\"label\":\"Seats\",\"hint\":\"\","
        "\"error\":\"Seats must be a number from 0 to "
        "1000000000\",\"described_by\":\"field-seats-error\",\"autocomplete\":\"\",\"inputmode\":\"\","
        "\"required\":true,\"optional\":false,\"repeats\":false,\"is_line\":false,\"is_day\":false,\"is_text\":false,\"is_number\":true,"
        "\"is_choice\":false,"
        "\"is_tick\":false,\"is_file\":false,\"is_secret\":false,\"min\":0,\"max\":1000000000,\"max_words\":\"\",\"value\":\"x\","
        "\"values\":[{\"value\":\"x\"}]"
        ","
        "\"choices\":[],\"ticked\":false}],"
        "\"by\":{\"seats\":{\"name\":\"seats\",\"id\":\"field-seats\",\"label\":\"Seats\",\"hint\":\"\","
        "\"error\":\"Seats must be a number from 0 to "
        "1000000000\",\"described_by\":\"field-seats-error\",\"autocomplete\":\"\",\"inputmode\":\"\","
        "\"required\":true,\"optional\":false,\"repeats\":false,\"is_line\":false,\"is_day\":false,\"is_text\":false,\"is_number\":true,"
        "\"is_choice\":false,"
        "\"is_tick\":false,\"is_file\":false,\"is_secret\":false,\"min\":0,\"max\":1000000000,\"max_words\":\"\",\"value\":\"x\","
        "\"values\":[{\"value\":\"x\"}]"
        ","
        "\"choices\":[],\"ticked\":false}}}");
}

static void a_new_form_holds_prefills_then_standards(void **state)
{
    Arena *a = *state;
    Request *r = request_new(a, &get, "contest=a", "", S("seats=7"));
    r->state.prefills[r->state.prefill_count++] = (Prefill){"name", S("Ann & Bob")};
    r->state.prefills[r->state.prefill_count++] = (Prefill){"kinds", S("av")};
    r->state.prefills[r->state.prefill_count++] = (Prefill){"kinds", S("omov")};
    r->state.prefills[r->state.prefill_count++] = (Prefill){"agree", S("yes")};
    const View *form = form_of(a, r, &post);
    assert_false(is(form, "wrong"));
    assert_true(is(form, "multipart"));
    assert_null(by(form, "contest")); /* it is in the action */
    assert_str(text_at(by(form, "name"), "value"), "Ann & Bob");
    assert_str(text_at(by(form, "name"), "described_by"), "field-name-hint");
    assert_str(text_at(by(form, "name"), "autocomplete"), "name");
    assert_str(text_at(by(form, "seats"), "value"), "1");
    assert_str(json(a, view_get(by(form, "rules"), S("choices"))),
        "[{\"value\":\"av\",\"label\":\"Alternative vote\",\"id\":\"field-rules\",\"chosen\":false},"
        "{\"value\":\"omov\",\"label\":\"One member, one vote\",\"id\":\"field-rules-2\",\"chosen\":true}]");
    const View *first = view_first(view_get(by(form, "kinds"), S("choices")));
    assert_true(is(first, "chosen") && is(view_next(first), "chosen"));
    assert_true(is(by(form, "agree"), "ticked"));
    assert_str(text_at(by(form, "papers"), "max_words"), "2 MB");
}

static void a_day_has_a_calendar_unless_it_would_hide_what_was_typed(void **state)
{
    static const Field day_fields[] = {{"contest", FIELD_SLUG, .required = true}, {"day", FIELD_DAY, .label = "Day"}, {0}};
    static const Route day_post = {.method = POST, .path = "/contests/:contest/day", .fields = day_fields};
    const struct {
        Str typed;
        bool calendar;
    } rows[] = {{S(""), true}, {S("2013-06-25"), true}, {S("25/06/2013"), false}, {S("2013-6-25"), false}, {S("2013-06-25x"), false},
        {S("next week"), false}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Arena *a = *state;
        Request *r = request_new(a, &get, "contest=a", "", S(""));
        r->state.prefills[r->state.prefill_count++] = (Prefill){"day", rows[i].typed};
        const View *day = by(form_of(a, r, &day_post), "day");
        assert_true(is(day, "is_day") == rows[i].calendar && is(day, "is_line") != rows[i].calendar);
        assert_true(str_equal(text_at(day, "value"), rows[i].typed));
    }
}

static void a_form_shown_again_holds_what_was_typed(void **state)
{
    Arena *a = *state;
    Request *r = request_new(a, &post, "contest=a", "multipart/form-data; boundary=b",
        S("--b\r\nContent-Disposition: form-data; name=seats\r\n\r\n99\r\n--b\r\nContent-Disposition: form-data; name=kinds\r\n\r\nav\r\n"
          "--b\r\nContent-Disposition: form-data; name=papers; filename=v.csv\r\n\r\n1,2\r\n--b--"));
    const View *form = form_of(a, r, &post);
    assert_true(is(form, "wrong"));
    assert_str(json(a, view_get(form, S("errors"))),
        "[{\"field\":\"name\",\"message\":\"Enter your name\",\"href\":\"#field-name\"},"
        "{\"field\":\"seats\",\"message\":\"Seats must be a number from 1 to 20\",\"href\":\"#field-seats\"}]");
    assert_str(text_at(by(form, "seats"), "value"), "99");
    assert_str(text_at(by(form, "name"), "described_by"), "field-name-hint field-name-error");
    assert_str(text_at(by(form, "name"), "error"), "Enter your name");
    assert_str(text_at(by(form, "rules"), "value"), ""); /* not the standard one: that box was left empty */
    const View *first = view_first(view_get(by(form, "kinds"), S("choices")));
    assert_true(is(first, "chosen") && !is(view_next(first), "chosen"));
    assert_str(text_at(by(form, "papers"), "value"), "");
}

static void what_a_handler_found_wrong(void **state)
{
    Arena *a = *state;
    Request *r = request_new(a, &post, "contest=a", "application/x-www-form-urlencoded", S("name=Ann&seats=2"));
    assert_str(request_troubles(a, r), "");
    assert_int_equal(req_wrong(&r->req, "seats", "There are only %d posts", 1), ERR_INPUT);
    assert_int_equal(req_wrong(&r->req, "name", "No %s is on the roll", "Ann"), ERR_INPUT);
    assert_int_equal(req_wrong(&r->req, "contest", "It is closed"), ERR_INPUT);
    assert_int_equal(req_wrong(&r->req, NULL, "Nothing was kept"), ERR_INPUT);
    assert_int_equal(req_wrong(&r->req, "name", "Really"), ERR_INPUT);
    const View *form = form_of(a, r, &post);
    assert_str(json(a, view_get(form, S("errors"))),
        "[{\"field\":\"\",\"message\":\"Nothing was kept\",\"href\":\"\"},{\"field\":\"contest\",\"message\":\"It is "
        "closed\",\"href\":\"\"},"
        "{\"field\":\"name\",\"message\":\"No Ann is on the "
        "roll\",\"href\":\"#field-name\"},{\"field\":\"name\",\"message\":\"Really\",\"href\":\"#field-name\"},"
        "{\"field\":\"seats\",\"message\":\"There are only 1 posts\",\"href\":\"#field-seats\"}]");
    assert_str(text_at(by(form, "name"), "error"), "No Ann is on the roll");
}

/* The wrong fields of one route are not those of another form, even where the names are the same. */
static void errors_of_the_page_are_not_the_forms(void **state)
{
    Arena *a = *state;
    Request *r = request_new(a, &get, "contest=a", "", S("seats=x"));
    assert_true(r->state.trouble_count > 0);
    const View *form = form_of(a, r, &post);
    assert_false(is(form, "wrong"));
    assert_str(text_at(by(form, "seats"), "value"), "1");
}

static void a_route_without_fields(void **state)
{
    Arena *a = *state;
    static const Route bare = {.method = POST, .path = "/leave"};
    Request *r = request_new(a, &get, "contest=a", "", S("seats=1"));
    assert_str(json(a, form_of(a, r, &bare)),
        "{\"action\":\"/contests/a/note\",\"multipart\":false,\"csrf\":\"c\",\"key\":\"k\",\"wrong\":false,"
        "\"errors\":[],\"fields\":[],\"by\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(all_of_a_form),
        arena_test(a_new_form_holds_prefills_then_standards),
        arena_test(a_day_has_a_calendar_unless_it_would_hide_what_was_typed),
        arena_test(a_form_shown_again_holds_what_was_typed),
        arena_test(what_a_handler_found_wrong),
        arena_test(errors_of_the_page_are_not_the_forms),
        arena_test(a_route_without_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
