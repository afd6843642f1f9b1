/* Templates: what each tag does, what is refused, and that nothing from outside becomes markup. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/mustache.h"

/* Partials of a test, by name. */
typedef struct Named {
    const char *name, *text;
} Named;

typedef struct Set {
    Arena *a;
    const Named *named;
    int count;
} Set;

static Template *parsed(Arena *a, Str text)
{
    Template *t = NULL;
    Fault fault = {0};
    Err e = mustache_parse(a, text, &(MustacheOptions){.name = S("t.html")}, &t, &fault);
    if (e) fail_msg("%s", str_c(a, fault_text(a, &fault)));
    return t;
}

static const Template *partial(void *context, Str name)
{
    const Set *set = context;
    for (int k = 0; k < set->count; k++)
        if (str_equal(name, str_from_c(set->named[k].name))) return parsed(set->a, str_from_c(set->named[k].text));
    return NULL;
}

static Str rendered_with(Arena *a, const char *text, const View *view, const Named *named, int count)
{
    Buf out = buf_new(a);
    assert_int_equal(mustache_render(parsed(a, str_from_c(text)), &view, 1, partial, &(Set){a, named, count}, &out), ERR_OK);
    return buf_done(&out);
}

static Str rendered(Arena *a, const char *text, const View *view)
{
    return rendered_with(a, text, view, NULL, 0);
}

/* A contest with two candidates, as pages have it. */
static View *contest(Arena *a)
{
    View *v = view_object(a);
    view_put_str(v, S("title"), S("Leader & <deputy>"));
    view_put_i64(v, S("papers"), 0);
    view_put_bool(v, S("closed"), true);
    view_put_bool(v, S("binding"), false);
    view_put_null(v, S("note"));
    view_put_str(v, S("place"), S(""));
    view_put_array(v, S("sources"));
    View *rules = view_put_object(v, S("rules"));
    view_put_str(rules, S("name"), S("av-2011"));
    View *candidates = view_put_array(v, S("candidates"));
    View *one = view_add_object(candidates);
    view_put_str(one, S("name"), S("Ann"));
    view_put_i64(one, S("votes"), 12);
    View *two = view_add_object(candidates);
    view_put_str(two, S("name"), S("Bob"));
    view_put_i64(two, S("votes"), -3);
    return v;
}

static void values(void **state)
{
    Arena *a = *state;
    const View *v = contest(a);
    assert_str(rendered(a, "{{title}}", v), "Leader &amp; &lt;deputy&gt;");
    assert_str(rendered(a, "{{{title}}} {{& title }}", v), "Leader & <deputy> Leader & <deputy>");
    assert_str(rendered(a, "{{papers}} {{closed}} {{binding}}", v), "0 true false");
    assert_str(rendered(a, "({{note}}{{place}}{{nobody}}{{candidates}}{{rules}})", v), "()");
    assert_str(rendered(a, "{{rules.name}} {{ rules.name }} {{rules.nothing.name}}{{title.name}}", v), "av-2011 av-2011 ");
    assert_str(rendered(a, "a {{! not\nseen }}b {single} }}", v), "a b {single} }}");
}

static void markup_is_a_type(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    Html h = html_new(a);
    html_element(&h, M("b"), S("A & B"));
    view_put_html(v, S("shown"), &h);
    view_put_str(v, S("typed"), S("<b>A & B</b>"));
    assert_str(rendered(a, "{{shown}}|{{typed}}", v), "<b>A &amp; B</b>|&lt;b&gt;A &amp; B&lt;/b&gt;");
}

static void text_that_would_be_a_template_stays_text(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    view_put_str(v, S("name"), S("{{secret}}{{{secret}}}{{> all}}{{#x}}{{=<% %>=}}"));
    view_put_str(v, S("secret"), S("42"));
    Named all = {"all", "never"};
    assert_str(rendered_with(a, "<p>{{name}}</p>", v, &all, 1), "<p>{{secret}}{{{secret}}}{{&gt; all}}{{#x}}{{=&lt;% %&gt;=}}</p>");
    assert_str(rendered(a, "{{{name}}}", v), "{{secret}}{{{secret}}}{{> all}}{{#x}}{{=<% %>=}}");
}

static void what_a_page_may_not_hold_is_replaced(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    static const char bad[] = {'a', '"', '\'', 1, '\xE2', '\x80', '\xAE', '\xFF', 'z'};
    view_put_str(v, S("name"), (Str){bad, sizeof bad});
    assert_str(rendered(a, "{{name}}", v), "a&quot;&#39;\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
}

static void sections(void **state)
{
    Arena *a = *state;
    const View *v = contest(a);
    assert_str(rendered(a, "{{#candidates}}{{name}} {{votes}} of {{title}};{{/candidates}}", v),
        "Ann 12 of Leader &amp; &lt;deputy&gt;;Bob -3 of Leader &amp; &lt;deputy&gt;;");
    assert_str(rendered(a, "{{#closed}}c{{/closed}}{{#binding}}b{{/binding}}{{#rules}}{{name}}{{/rules}}", v), "cav-2011");
    assert_str(rendered(a, "{{#note}}n{{/note}}{{#place}}p{{/place}}{{#sources}}s{{/sources}}{{#nobody}}x{{/nobody}}", v), "");
    assert_str(rendered(a, "{{#papers}}nought is a number{{/papers}}{{#title}}({{.}}){{/title}}", v),
        "nought is a number(Leader &amp; &lt;deputy&gt;)");
    assert_str(rendered(a, "{{#rules.name}}{{.}}{{/rules.name}}{{#candidates.name}}none{{/candidates.name}}", v), "av-2011");
}

static void inverted_sections(void **state)
{
    Arena *a = *state;
    const View *v = contest(a);
    assert_str(
        rendered(a, "{{^note}}1{{/note}}{{^place}}2{{/place}}{{^sources}}3{{/sources}}{{^nobody}}4{{/nobody}}{{^binding}}5{{/binding}}", v),
        "12345");
    assert_str(rendered(a, "{{^closed}}1{{/closed}}{{^papers}}2{{/papers}}{{^candidates}}3{{/candidates}}{{^rules}}4{{/rules}}", v), "");
}

static void lists_of_plain_values(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    View *list = view_put_array(v, S("list"));
    view_add_i64(list, 1);
    view_add_str(list, S("<2>"));
    View *inner = view_add_array(list);
    view_add_i64(inner, 3);
    view_add_i64(inner, 4);
    assert_str(rendered(a, "{{#list}}[{{.}}{{#.}}-{{/.}}]{{/list}}", v), "[1-][&lt;2&gt;-][--]");
}

static void the_innermost_view_is_asked_first(void **state)
{
    Arena *a = *state;
    View *site = view_object(a), *page = view_object(a), *both = NULL;
    view_put_str(site, S("name"), S("Hustings"));
    view_put_str(site, S("title"), S("site's"));
    view_put_str(page, S("title"), S("page's"));
    view_put_null(view_put_object(page, S("form")), S("title"));
    both = view_object(a);
    view_put_str(both, S("x"), S("y"));
    const View *views[] = {site, page, both};
    Buf out = buf_new(a);
    Template *t = parsed(a, S("{{name}} {{title}} {{x}} {{#form}}({{title}}){{/form}}"));
    assert_int_equal(mustache_render(t, views, COUNT_OF(views), NULL, NULL, &out), ERR_OK);
    assert_str(buf_done(&out), "Hustings page&#39;s y ()"); /* what is null is there, and nothing */
}

static void a_dotted_name_is_found_whole_or_not_at_all(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    View *outer = view_put_object(v, S("a"));
    view_put_object(outer, S("b"));
    View *b = view_put_object(v, S("b"));
    view_put_str(b, S("c"), S("wrong"));
    assert_str(rendered(a, "{{#a}}({{b.c}}){{/a}}", v), "()");
}

static void tags_alone_on_a_line_take_it_with_them(void **state)
{
    Arena *a = *state;
    const View *v = contest(a);
    assert_str(rendered(a, "<ul>\n  {{#candidates}}\n  <li>{{name}}</li>\n  {{/candidates}}\n</ul>\n", v),
        "<ul>\n  <li>Ann</li>\n  <li>Bob</li>\n</ul>\n");
    assert_str(rendered(a, "a\n {{! gone }} \nb\r\n{{^note}}\r\nc\r\n{{/note}}\r\nd", v), "a\nb\r\nc\r\nd");
    assert_str(rendered(a, "{{#closed}}\nx\n{{/closed}}", v), "x\n");
    assert_str(rendered(a, "  {{papers}}\n", v), "  0\n");
    assert_str(rendered(a, " {{#closed}} {{/closed}}\n", v), "  \n");
    assert_str(rendered(a, "|\n{{#closed}} x\n{{/closed}} y\n", v), "|\n x\n y\n");
}

static void partials(void **state)
{
    Arena *a = *state;
    const View *v = contest(a);
    Named named[] = {{"who", "{{name}}: {{votes}}\n"}, {"row", "<tr>\n  {{> who}}\n</tr>\n"}, {"http/x", "X"}};
    assert_str(rendered_with(a, "{{#candidates}}{{> who}}{{/candidates}}", v, named, 3), "Ann: 12\nBob: -3\n");
    assert_str(rendered_with(a, "{{#candidates}}\n  {{> row}}\n{{/candidates}}\n", v, named, 3),
        "  <tr>\n    Ann: 12\n  </tr>\n  <tr>\n    Bob: -3\n  </tr>\n");
    assert_str(rendered_with(a, "({{> nobody}}{{>http/x}})", v, named, 3), "(X)");
}

/* "Each line of the partial should be indented before rendering": so what the tags write is not, and each line of the source is once. */
static void indentation_is_of_the_partials_source(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    view_put_str(v, S("text"), S("1\n2"));
    view_put_bool(v, S("yes"), true);
    struct {
        const char *partial, *expected;
    } rows[] = {
        {"{{text}}\n{{text}}", "  1\n2\n  1\n2"},
        {"{{{text}}}\n", "  1\n2\n"},
        {"a\n\nb\n", "  a\n  \n  b\n"},
        {"{{#yes}}a{{/yes}}\n{{^yes}}b{{/yes}}\n", "  a\n  \n"},
        {"{{#yes}}\na\n{{/yes}}b\n", "  a\n  b\n"},
        {"{{! x }}a\n", "  a\n"},
        {"{{#yes}}\n  {{! x }}\n  a\n{{/yes}}\n", "    a\n"},
        {"{{>inner}}.\n", "  i\nj\n.\n"},
        {"{{>inner}}\n.\n", "  i\n  j\n  .\n"},
        {" {{>inner}}\n.\n", "   i\n   j\n  .\n"},
        {"", ""},
    };
    for (int k = 0; k < COUNT_OF(rows); k++) {
        Named named[] = {{"p", rows[k].partial}, {"inner", "i\nj\n"}};
        assert_same_str(rendered_with(a, "  {{>p}}\n", v, named, 2), str_from_c(rows[k].expected));
    }
}

static void a_tree_of_any_depth(void **state)
{
    Arena *a = *state;
    View *v = view_object(a), *at = v;
    for (int k = 0; k < 40; k++) {
        View *branches = view_put_array(at, S("branches"));
        at = view_add_object(branches);
    }
    view_put_array(at, S("branches"));
    Named named[] = {{"branch", "({{#branches}}{{>branch}}{{/branches}})"}};
    assert_int_equal(rendered_with(a, "{{>branch}}", v, named, 1).len, 82);
}

static void a_page_without_an_end_is_stopped(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    view_put_bool(v, S("on"), true);
    View *list = view_put_array(v, S("list"));
    for (int k = 0; k < 10; k++) view_add_i64(list, k);
    Named named[] = {{"loop", "x{{>loop}}"}, {"tree", "{{>leaf}}{{#list}}{{>tree}}{{/list}}"}, {"leaf", "{{#on}}{{/on}}"}};
    struct {
        const char *text;
    } rows[] = {{"{{>loop}}"}, {"{{>tree}}"}};
    for (int k = 0; k < COUNT_OF(rows); k++) {
        Buf out = buf_new(a);
        const View *view = v;
        Template *t = parsed(a, str_from_c(rows[k].text));
        assert_int_equal(mustache_render(t, &view, 1, partial, &(Set){a, named, COUNT_OF(named)}, &out), ERR_LIMIT);
    }
}

static void a_page_of_too_many_bytes_is_stopped(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    size_t len = 1024 * 1024;
    char *text = arena_new(a, char, len);
    memset(text, 'x', len);
    view_put_str(v, S("long"), (Str){text, len});
    View *list = view_put_array(v, S("list"));
    for (int k = 0; k < 1000; k++) view_add_i64(list, k);
    Buf out = buf_new(a);
    const View *view = v;
    assert_int_equal(mustache_render(parsed(a, S("{{#list}}{{long}}{{/list}}")), &view, 1, NULL, NULL, &out), ERR_LIMIT);
    assert_true(out.len < MUSTACHE_OUT_MAX + 2 * len);
}

static void delimiters(void **state)
{
    Arena *a = *state;
    const View *v = contest(a);
    Named named[] = {{"p", "{{papers}}<%papers%>"}};
    assert_str(rendered(a, "{{=<% %>=}}<%papers%>{{papers}}<%#closed%>c<%/closed%><%={{ }}=%>{{papers}}", v), "0{{papers}}c0");
    assert_str(rendered(a, "a\n{{= | | =}}\n|papers|", v), "a\n0");
    assert_str(rendered_with(a, "{{=<% %>=}}<%> p%>", v, named, 1), "0<%papers%>");
    assert_str(rendered(a, "{{=[ ]=}}[{title}] [&title]", v), "Leader & <deputy> Leader & <deputy>");
}

static void mistakes_are_told_with_their_place(void **state)
{
    Arena *a = *state;
    struct {
        const char *text, *said;
    } rows[] = {
        {"a\n  {{b", "t.html:2:3: expected '}}' at the end of the tag, found '{{b'"},
        {"{{{b}}", "t.html:1:1: expected '}}}' at the end of the tag, found '{{{b}}'"},
        {"{{#a}}\n{{b}}", "t.html:1:1: expected an end for every section, found '{{#a}}'"},
        {"{{#a}}{{/b}}", "t.html:1:7: expected the end of section 'a', found '{{/b}}'"},
        {"x{{/b}}", "t.html:1:2: expected no end of a section here: none is open, found '{{/b}}'"},
        {"{{}}", "t.html:1:1: expected a name in the tag, found '{{}}'"},
        {"{{#}}", "t.html:1:1: expected a name in the tag, found '{{#}}'"},
        {"{{a b}}", "t.html:1:1: expected a name without blanks in the tag, found '{{a b}}'"},
        {"{{a..b}}", "t.html:1:1: expected a name before and after each '.' in the tag, found '{{a..b}}'"},
        {"{{=<%=}}", "t.html:1:1: expected two delimiters with a blank between them and no '=', found '{{=<%=}}'"},
        {"{{=a b c=}}", "t.html:1:1: expected two delimiters with a blank between them and no '=', found '{{=a b c=}}'"},
        {"{{== ==}}", "t.html:1:1: expected two delimiters with a blank between them and no '=', found '{{== ==}}'"},
        {"{{", "t.html:1:1: expected '}}' at the end of the tag, found '{{'"},
    };
    for (int k = 0; k < COUNT_OF(rows); k++) {
        Template *t = NULL;
        Fault fault = {0};
        assert_int_equal(mustache_parse(a, str_from_c(rows[k].text), &(MustacheOptions){.name = S("t.html")}, &t, &fault), ERR_INPUT);
        assert_null(t);
        assert_same_str(fault_text(a, &fault), str_from_c(rows[k].said));
    }
}

static void pages_have_no_raw_tags(void **state)
{
    Arena *a = *state;
    MustacheOptions pages = {.name = S("p.html"), .pages = true};
    static const char *const refused[] = {"{{{a}}}", "{{&a}}", "{{a!}}", "{{#a-b}}{{/a-b}}", "{{>../etc/passwd}}", "<a title={{a}}>",
        "<a\ndata-x={{a}}>", "{{<a}}", "{{=<% %>=}}<%&a%>"};
    static const char *const taken[] = {"{{a}}", "{{a_1.B}}", "{{#.}}{{.}}{{/.}}", "{{> http/field-row}}", "{{! &a {{{ }}",
        "<a title=\"{{a}}\">", "<a href='/?a={{a}}&amp;b={{a}}'>", "={{a}}", "a={{a}}"};
    Template *t = NULL;
    Fault fault = {0};
    for (int k = 0; k < COUNT_OF(refused); k++)
        assert_row(mustache_parse(a, str_from_c(refused[k]), &pages, &t, &fault) == ERR_INPUT, refused[k]);
    for (int k = 0; k < COUNT_OF(taken); k++) assert_row(mustache_parse(a, str_from_c(taken[k]), &pages, &t, &fault) == ERR_OK, taken[k]);
}

static void limits(void **state)
{
    Arena *a = *state;
    Template *t = NULL;
    Fault fault = {0};
    MustacheOptions options = {.name = S("t")};
    Str long_text = {arena_new(a, char, MUSTACHE_TEXT_MAX + 1), MUSTACHE_TEXT_MAX + 1};
    assert_int_equal(mustache_parse(a, long_text, &options, &t, &fault), ERR_LIMIT);
    for (int depth = MUSTACHE_DEPTH_MAX; depth <= MUSTACHE_DEPTH_MAX + 1; depth++) {
        Buf b = buf_new(a);
        for (int k = 0; k < depth; k++) buf_str(&b, S("{{#a}}"));
        for (int k = 0; k < depth; k++) buf_str(&b, S("{{/a}}"));
        assert_int_equal(mustache_parse(a, buf_done(&b), &options, &t, &fault), depth == MUSTACHE_DEPTH_MAX ? ERR_OK : ERR_INPUT);
    }
}

static void partials_are_listed_once(void **state)
{
    Arena *a = *state;
    Str *names = NULL;
    assert_int_equal(mustache_partials(parsed(a, S("{{>b}}{{#x}}{{>a}}{{^y}}{{> b }}{{/y}}{{/x}}{{>c}}")), a, &names), 3);
    assert_str(names[0], "b");
    assert_str(names[1], "a");
    assert_str(names[2], "c");
    assert_int_equal(mustache_partials(parsed(a, S("")), a, &names), 0);
}

static void no_view(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Buf out = buf_new(&a);
    (void)!mustache_render(parsed(&a, S("")), NULL, 0, NULL, NULL, &out);
}

static void rendering_without_a_view_is_a_bug(void **state)
{
    (void)state;
    assert_stops(no_view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(values),
        arena_test(markup_is_a_type),
        arena_test(text_that_would_be_a_template_stays_text),
        arena_test(what_a_page_may_not_hold_is_replaced),
        arena_test(sections),
        arena_test(inverted_sections),
        arena_test(lists_of_plain_values),
        arena_test(the_innermost_view_is_asked_first),
        arena_test(a_dotted_name_is_found_whole_or_not_at_all),
        arena_test(tags_alone_on_a_line_take_it_with_them),
        arena_test(partials),
        arena_test(indentation_is_of_the_partials_source),
        arena_test(a_tree_of_any_depth),
        arena_test(a_page_without_an_end_is_stopped),
        arena_test(a_page_of_too_many_bytes_is_stopped),
        arena_test(delimiters),
        arena_test(mistakes_are_told_with_their_place),
        arena_test(pages_have_no_raw_tags),
        arena_test(limits),
        arena_test(partials_are_listed_once),
        cmocka_unit_test(rendering_without_a_view_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
