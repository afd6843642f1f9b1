/* What a request says, against what its route declares. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/request.h"

static const Choice methods[] = {{"av", "Alternative vote"}, {"omov", "One member, one vote"}, {0}};
static const Field all_kinds[] = {
    {"line", FIELD_LINE, .min = 2, .max = 5, .label = "Your name"},
    {"text", FIELD_TEXT, .max = 10, .label = "URL of the page"},
    {"seats", FIELD_NUMBER, .min = 1, .max = 20},
    {"rules", FIELD_CHOICE, .choices = methods},
    {"agree", FIELD_TICK, .label = "I am a member"},
    {"slug", FIELD_SLUG, .max = 10},
    {"token", .kind = FIELD_TOKEN},
    {"names", FIELD_LINE, .repeats = true},
    {"kinds", FIELD_CHOICE, .choices = methods, .repeats = true},
    {"any_number", .kind = FIELD_NUMBER},
    {0},
};
static const Route all_post = {.method = POST, .path = "/all", .fields = all_kinds};
static const Route all_get = {.method = GET, .path = "/all", .fields = all_kinds};

static const Field needed[] = {
    {"line", FIELD_LINE, .required = true, .label = "Your name"},
    {"text", FIELD_TEXT, .required = true, .label = "URL of the page"},
    {"seats", FIELD_NUMBER, .required = true, .min = 1, .max = 20},
    {"rules", FIELD_CHOICE, .required = true, .choices = methods},
    {"agree", FIELD_TICK, .required = true, .label = "I am a member"},
    {"papers", FIELD_FILE, .required = true, .max = 2 * 1024 * 1024, .label = "File of papers"},
    {"more", FIELD_FILE, .repeats = true, .max = 5},
    {0},
};
static const Route needed_post = {.method = POST, .path = "/needed", .fields = needed};

static const Field of_path[] = {{"contest", FIELD_SLUG, .required = true}, {"stage", FIELD_NUMBER, .required = true, .min = 1, .max = 9},
    {"words", .kind = FIELD_LINE}, {0}};
static const Route path_get = {.method = GET, .path = "/contests/:contest/stages/:stage", .fields = of_path};
static const Route path_post = {.method = POST, .path = "/contests/:contest/stages/:stage", .fields = of_path};

static Str troubles(Arena *a, const Route *route, const char *body)
{
    return request_troubles(a, posted(a, route, str_from_c(body)));
}

static void what_was_given_can_be_read(void **state)
{
    Arena *a = *state;
    Request *r = posted(a, &all_post,
        S("line=+Ann+&text=%0D%0Aa%0D%0Ab%0Dc%0A&seats=+7+&rules=omov&agree=yes&slug=a-1&token=0123456789abcdefABCD-_"
          "&names=A&names=&names=+B&kinds=omov&kinds=av&any_number=1000000000&_csrf=c&_key=k&_else=x"));
    assert_str(request_troubles(a, r), "");
    assert_str(req_text(&r->req, "line"), "Ann");
    assert_str(req_text(&r->req, "text"), "a\nb\nc");
    assert_int_equal(req_number(&r->req, "seats"), 7);
    assert_str(req_text(&r->req, "rules"), "omov");
    assert_true(req_ticked(&r->req, "agree"));
    assert_str(req_text(&r->req, "slug"), "a-1");
    assert_str(req_text(&r->req, "token"), "0123456789abcdefABCD-_");
    assert_int_equal(req_number(&r->req, "any_number"), 1000000000);
    const Str *values = NULL;
    assert_int_equal(req_texts(&r->req, "names", &values), 2);
    assert_str(values[0], "A");
    assert_str(values[1], "B");
    assert_int_equal(req_texts(&r->req, "kinds", &values), 2);
    assert_str(values[0], "omov");
    assert_str(r->state.csrf, "c");
    assert_str(r->state.key, "k");
}

static void what_was_not_given_is_empty(void **state)
{
    Arena *a = *state;
    Request *r = posted(a, &all_post, S("line=&text=++%0D%0A&seats="));
    assert_str(request_troubles(a, r), "");
    const Str *values = NULL;
    assert_str(req_text(&r->req, "line"), "");
    assert_false(req_given(&r->req, "line"));
    assert_false(req_given(&r->req, "text"));
    assert_false(req_given(&r->req, "names"));
    assert_int_equal(req_number(&r->req, "seats"), 0);
    assert_false(req_ticked(&r->req, "agree"));
    assert_int_equal(req_texts(&r->req, "names", &values), 0);
    assert_str(r->state.csrf, "");
    assert_str(request_troubles(a, request_new(a, &all_post, "", "", S(""))), "");
}

static void words_that_say_what_to_do(void **state)
{
    Arena *a = *state;
    struct {
        const char *body, *said;
    } rows[] = {
        {"line=a", "line: Your name must be 2 characters or more"},
        {"line=abcdef", "line: Your name must be 5 characters or fewer"},
        {"line=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", ""},
        {"line=a%0Ab", "line: Your name must be one line of plain text, without tabs or control characters"},
        {"line=a%09b", "line: Your name must be one line of plain text, without tabs or control characters"},
        {"line=a%00b", "line: Your name must be one line of plain text, without tabs or control characters"},
        {"line=a%C2%85b", "line: Your name must be one line of plain text, without tabs or control characters"},
        {"text=12345678901", "text: URL of the page must be 10 characters or fewer"},
        {"text=12345%0D%0A7890", ""},
        {"text=a%09b", ""},
        {"text=a%1Bb", "text: URL of the page must be plain text, without control characters"},
        {"seats=0", "seats: Seats must be a number from 1 to 20"},
        {"seats=21", "seats: Seats must be a number from 1 to 20"},
        {"seats=1.5", "seats: Seats must be a number from 1 to 20"},
        {"seats=0x5", "seats: Seats must be a number from 1 to 20"},
        {"seats=-5", "seats: Seats must be a number from 1 to 20"},
        {"seats=%2B5", "seats: Seats must be a number from 1 to 20"},
        {"seats=99999999999999999999", "seats: Seats must be a number from 1 to 20"},
        {"seats=%D9%A3", "seats: Seats must be a number from 1 to 20"},
        {"any_number=-1", "any_number: Any number must be a number from 0 to 1000000000"},
        {"any_number=0", ""},
        {"rules=AV", "rules: Select rules from the list"},
        {"rules=av+", "rules: Select rules from the list"},
        {"agree=on", "agree: I am a member must be 'yes' or not there"},
        {"slug=Ann", "slug: Slug must be lower-case letters, digits and inner hyphens, 10 at most"},
        {"slug=-a", "slug: Slug must be lower-case letters, digits and inner hyphens, 10 at most"},
        {"slug=a-", "slug: Slug must be lower-case letters, digits and inner hyphens, 10 at most"},
        {"slug=a/..", "slug: Slug must be lower-case letters, digits and inner hyphens, 10 at most"},
        {"slug=12345678901", "slug: Slug must be lower-case letters, digits and inner hyphens, 10 at most"},
        {"token=0123456789abcdefABCD-", "token: Token must be a code of 22 characters"},
        {"token=0123456789abcdefABCD-%2B", "token: Token must be a code of 22 characters"},
        {"kinds=av&kinds=x&kinds=y", "kinds: Select kinds from the list"},
        {"slug=A&line=a&seats=x", "line: Your name must be 2 characters or more\nseats: Seats must be a number from 1 to 20\n"
                                  "slug: Slug must be lower-case letters, digits and inner hyphens, 10 at most"},
    };
    for (int k = 0; k < COUNT_OF(rows); k++) {
        Str said = troubles(a, &all_post, rows[k].body);
        if (!str_equal(said, str_from_c(rows[k].said))) print_error("%s\n", rows[k].body);
        assert_same_str(said, str_from_c(rows[k].said));
    }
}

static void what_is_missing(void **state)
{
    Arena *a = *state;
    assert_str(troubles(a, &needed_post, "line=%E2%80%8B+%C2%A0&text=%0D%0A"),
        "line: Enter your name\ntext: Enter URL of the page\nseats: Enter seats\nrules: Select rules\nagree: Tick 'I am a member' to go "
        "on\n"
        "papers: Select file of papers");
}

static void requests_that_no_form_sends(void **state)
{
    Arena *a = *state;
    assert_str(troubles(a, &all_post, "admin=1"), "input!The field 'admin' is not one that is asked for here.");
    assert_str(troubles(a, &all_post, "line=ab&line=cd"), "input!The field 'line' was given twice.");
    assert_str(troubles(a, &all_post, "line=%FF"), "input!The field 'line' is not UTF-8 text.");
    assert_str(troubles(a, &all_post, "line=%G1"), "input!The form has a '%' without two hexadecimal digits behind it.");
    assert_str(troubles(a, &needed_post, "papers=votes.csv"), "input!The field 'papers' must be a file, sent as multipart/form-data.");
    assert_str(request_troubles(a, request_new(a, &all_post, "", "application/json", S("{}"))),
        "input!The form must be sent as multipart/form-data or form-urlencoded.");
    Buf b = buf_new(a);
    for (int k = 0; k < FIELD_REPEATS_MAX; k++) buf_str(&b, S("&names=x"));
    assert_str(request_troubles(a, posted(a, &all_post, buf_done(&b))), "");
    buf_str(&b, S("&names=x"));
    assert_str(request_troubles(a, posted(a, &all_post, buf_done(&b))), "limit!The field 'names' was given too often.");
}

static void queries(void **state)
{
    Arena *a = *state;
    Request *r = request_new(a, &all_get, "", "", S("seats=3&utm_source=x&_csrf=stolen&names=A&names=B"));
    assert_str(request_troubles(a, r), "");
    assert_int_equal(req_number(&r->req, "seats"), 3);
    assert_str(r->state.csrf, ""); /* never from an address, which others may write */
    assert_str(request_troubles(a, request_new(a, &all_get, "", "", S("seats=300"))), "seats: Seats must be a number from 1 to 20");
    assert_str(request_troubles(a, request_new(a, &all_get, "", "", S("seats=3&seats=4"))), "input!The field 'seats' was given twice.");
}

static void parts_of_the_path(void **state)
{
    Arena *a = *state;
    Request *r = request_new(a, &path_get, "contest=labour-2010 stage=4", "", S("words=x&contest=other"));
    assert_str(request_troubles(a, r), "");
    assert_str(req_text(&r->req, "contest"), "labour-2010");
    assert_int_equal(req_number(&r->req, "stage"), 4);
    assert_str(req_text(&r->req, "words"), "x");
    r = request_new(a, &path_get, "contest=l%61bour stage=4", "", S(""));
    assert_str(req_text(&r->req, "contest"), "labour");
    static const char *const missing[] = {"contest=Labour stage=4", "contest= stage=4", "contest=a stage=0",
        "contest=a stage=", "contest=a stage=x", "contest=a%2Fb stage=1", "contest=a%2 stage=1", "contest=a%FF stage=1",
        "contest=%20a stage=1", "contest=.. stage=1", "contest=a stage=%201"};
    for (int k = 0; k < COUNT_OF(missing); k++)
        assert_row(str_equal(request_troubles(a, request_new(a, &path_get, missing[k], "", S(""))), S("missing!There is no such page.")),
            missing[k]);
    assert_str(request_troubles(a, request_new(a, &path_post, "contest=a stage=1", "application/x-www-form-urlencoded", S("contest=b"))),
        "input!The field 'contest' is not one that is asked for here.");
}

#define PART(head, bytes) "--b\r\nContent-Disposition: form-data; " head "\r\n\r\n" bytes "\r\n"
#define REST \
    PART("name=line", "Ann") PART("name=text", "x") PART("name=seats", "1") PART("name=rules", "av") PART("name=agree", "yes") "--b--"

static Request *uploaded(Arena *a, Str body)
{
    return request_new(a, &needed_post, "", "multipart/form-data; boundary=b", body);
}

static void uploads(void **state)
{
    Arena *a = *state;
    Request *r = uploaded(a, S(PART("name=papers; filename=\"..\\votes.csv\"", "1,2\n\xFF") PART("name=more; filename=a", "A")
                                     PART("name=more; filename=\"\"", "") PART("name=more; filename=\"\"", "B") REST));
    assert_str(request_troubles(a, r), "");
    const Upload *files = NULL;
    assert_int_equal(req_uploads(&r->req, "papers", &files), 1);
    assert_str(files[0].file_name, "votes.csv");
    assert_str(files[0].bytes, "1,2\n\xFF");
    assert_int_equal(req_uploads(&r->req, "more", &files), 2);
    assert_str(files[1].bytes, "B");
    assert_str(req_text(&r->req, "line"), "Ann");
}

static void uploads_that_cannot_be_used(void **state)
{
    Arena *a = *state;
    assert_str(request_troubles(a, uploaded(a, S(PART("name=papers; filename=\"\"", "") REST))), "papers: Select file of papers");
    assert_str(request_troubles(a, uploaded(a, S(PART("name=papers; filename=v", "") REST))), "papers: The selected file is empty");
    assert_str(request_troubles(a, uploaded(a, S(PART("name=papers; filename=v", "1") PART("name=more; filename=m", "123456") REST))),
        "more: The selected file must be 5 bytes or smaller");
    size_t len = 2 * 1024 * 1024 + 1;
    char *bytes = arena_new(a, char, len);
    memset(bytes, 'x', len);
    Str large = str_format(a, PART("name=papers; filename=v", "%.*s") REST, (int)len, bytes);
    assert_str(request_troubles(a, uploaded(a, large)), "papers: The selected file must be 2 MB or smaller");
    assert_str(request_troubles(a, uploaded(a, S(PART("name=line; filename=v", "1") REST))),
        "input!The field 'line' is a file where text is asked for.");
    assert_str(request_troubles(a, uploaded(a, S(PART("name=papers", "1") REST))),
        "input!The field 'papers' must be a file, sent as multipart/form-data.");
    assert_str(request_troubles(a, uploaded(a, S(PART("name=papers; filename=v", "1") PART("name=papers; filename=v", "1") REST))),
        "input!The field 'papers' was given twice.");
}

static void labels(void **state)
{
    Arena *a = *state;
    assert_str(field_label(a, &(Field){.name = "date_of_count"}), "Date of count");
    assert_str(field_label(a, &(Field){.name = "x", .label = "Your name"}), "Your name");
    assert_str(size_words(a, 1), "1 bytes");
    assert_str(size_words(a, 1536), "1536 bytes");
    assert_str(size_words(a, 10 * 1024 * 1024), "10 MB");
    assert_str(size_words(a, (int64_t)1024 * 1024 * 1024 * 1024), "1024 GB");
}

/* ---- bugs of whoever writes a page ---- */

static const Field *checked;

static void check(void)
{
    fields_check(checked);
}

static void tables_that_cannot_be_right_are_bugs(void **state)
{
    (void)state;
    static const Choice none[] = {{0}};
    static const Choice unnamed[] = {{"a", NULL}, {0}};
    static const Field tables[][3] = {
        {{"a", .kind = FIELD_LINE}, {"a", .kind = FIELD_LINE}, {0}},
        {{"", .kind = FIELD_LINE}, {0}},
        {{"_csrf", .kind = FIELD_LINE}, {0}},
        {{"a-b", .kind = FIELD_LINE}, {0}},
        {{"A", .kind = FIELD_LINE}, {0}},
        {{"a", FIELD_LINE, .min = 3, .max = 2}, {0}},
        {{"a", FIELD_LINE, .min = 300}, {0}},
        {{"a", FIELD_LINE, .min = -1}, {0}},
        {{"a", FIELD_NUMBER, .min = 5}, {0}},
        {{"a", .kind = FIELD_CHOICE}, {0}},
        {{"a", FIELD_CHOICE, .choices = none}, {0}},
        {{"a", FIELD_CHOICE, .choices = unnamed}, {0}},
        {{"a", FIELD_CHOICE, .choices = methods, .standard = "stv"}, {0}},
        {{"a", FIELD_LINE, .choices = methods}, {0}},
        {{"a", FIELD_TICK, .repeats = true}, {0}},
        {{"a", FIELD_FILE, .standard = "x"}, {0}},
        {{"a", .kind = FIELD__COUNT}, {0}},
    };
    fields_check(NULL);
    fields_check(all_kinds);
    fields_check(needed);
    for (int k = 0; k < COUNT_OF(tables); k++) {
        checked = tables[k];
        Ending ending = ending_of(check);
        if (ending.signal != SIGABRT) fail_msg("table %d was taken", k);
    }
}

static Req *asked;

static void text_of_undeclared(void)
{
    (void)req_text(asked, "nothing");
}

static void text_of_number(void)
{
    (void)req_text(asked, "seats");
}

static void number_of_text(void)
{
    (void)req_number(asked, "line");
}

static void tick_of_text(void)
{
    (void)req_ticked(asked, "line");
}

static void one_of_several(void)
{
    (void)req_text(asked, "names");
}

static void uploads_of_text(void)
{
    const Upload *files;
    (void)req_uploads(asked, "line", &files);
}

static void asking_for_what_was_not_declared_is_a_bug(void **state)
{
    asked = &posted(*state, &all_post, S("line=Ann"))->req;
    assert_stops(text_of_undeclared);
    assert_stops(text_of_number);
    assert_stops(number_of_text);
    assert_stops(tick_of_text);
    assert_stops(one_of_several);
    assert_stops(uploads_of_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(what_was_given_can_be_read),
        arena_test(what_was_not_given_is_empty),
        arena_test(words_that_say_what_to_do),
        arena_test(what_is_missing),
        arena_test(requests_that_no_form_sends),
        arena_test(queries),
        arena_test(parts_of_the_path),
        arena_test(uploads),
        arena_test(uploads_that_cannot_be_used),
        arena_test(labels),
        cmocka_unit_test(tables_that_cannot_be_right_are_bugs),
        arena_test(asking_for_what_was_not_declared_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
