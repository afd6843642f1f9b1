/* Templates of all rooms: looked up, checked at start, replaced by an operator's, read afresh. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/folder.h"
#include "http/templates.c"

/* Stands for what is compiled in. */
const EmbeddedPage embedded_pages[] = {
    {S("http/layout"), S("<title>{{page.title}}</title>\n{{content}}{{> foot}}")},
    {S("http/foot"), S("<footer>{{site}}</footer>\n")},
    {S("http/field"), S("field\n")},
    {S("contest/list"), S("{{#contests}}\n{{> row}}\n{{/contests}}\n{{> field}}")},
    {S("contest/row"), S("<li>{{.}}</li>\n")},
    {S("note/field"), S("note's own field\n")},
    {S("note/form"), S("{{> field}}{{> http/field}}")},
    {S("note/loop"), S("{{> loop}}")},
};
const int embedded_page_count = 8;

static Err open_with(Arena *a, const char *overrides, const char *dev, Templates **ret_templates, Fault *fault)
{
    *fault = (Fault){0};
    return templates_open(a, &(TemplatesOptions){.overrides = str_from_c(overrides), .dev = str_from_c(dev)}, ret_templates, fault);
}

static Templates *opened(Arena *a, const char *overrides, const char *dev)
{
    Templates *t = NULL;
    Fault fault;
    Err e = open_with(a, overrides, dev, &t, &fault);
    if (e) fail_msg("%s", str_c(a, fault_text(a, &fault)));
    if (!t) abort(); /* for readers that do not know that fail_msg does not return */
    return t;
}

static View *page(Arena *a)
{
    View *v = view_object(a);
    view_put_str(v, S("site"), S("H&H"));
    view_put_str(view_put_object(v, S("page")), S("title"), S("A <title>"));
    View *contests = view_put_array(v, S("contests"));
    view_add_str(contests, S("<b>"));
    view_add_str(contests, S("{{site}}"));
    return v;
}

/* The page, or its fault. */
static Str rendered(Arena *a, const Templates *t, const char *room, const char *name, bool layout)
{
    const View *v = page(a);
    Str html = {0};
    Fault fault = {0};
    Err e = (layout ? templates_page : templates_part)(t, a, str_from_c(room), str_from_c(name), &v, 1, &html, &fault);
    return e ? fault_text(a, &fault) : html;
}

static void a_page_stands_in_the_layout(void **state)
{
    Arena *a = *state;
    const Templates *t = opened(a, "", "");
    assert_str(rendered(a, t, "contest", "list", true),
        "<title>A &lt;title&gt;</title>\n<li>&lt;b&gt;</li>\n<li>{{site}}</li>\nfield\n<footer>H&amp;H</footer>\n");
    assert_str(rendered(a, t, "contest", "list", false), "<li>&lt;b&gt;</li>\n<li>{{site}}</li>\nfield\n");
}

static void partials_are_the_rooms_own_first(void **state)
{
    Arena *a = *state;
    assert_str(rendered(a, opened(a, "", ""), "note", "form", false), "note's own field\nfield\n");
}

static void which_there_are(void **state)
{
    Arena *a = *state;
    const Templates *t = opened(a, "", "");
    assert_true(templates_has(t, S("contest"), S("list")));
    assert_true(templates_has(t, S("http"), S("layout")));
    assert_false(templates_has(t, S("contest"), S("layout")));
    assert_false(templates_has(t, S("contest"), S("")));
    assert_false(templates_has(t, S("con"), S("test/list")));
}

static void a_page_that_never_ends_is_a_fault(void **state)
{
    Arena *a = *state;
    assert_str(rendered(a, opened(a, "", ""), "note", "loop", true), "expected a page of bounded size, found 'loop'");
}

static void an_operators_templates(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    folder_put(&f, "contest/row.html", S("<p>{{.}}</p>\n"));
    folder_put(&f, "http/layout.html", S("ours: {{content}}"));
    folder_put(&f, "static/anything", S("not a template"));
    folder_put(&f, ".git/config", S("hidden"));
    assert_str(rendered(a, opened(a, f.path, ""), "contest", "list", true), "ours: <p>&lt;b&gt;</p>\n<p>{{site}}</p>\nfield\n");
}

static void mistakes_in_them_are_told_at_start(void **state)
{
    Arena *a = *state;
    struct {
        const char *file, *text, *said;
    } rows[] = {
        {"contest/row.html", "x\n{{#a}}", "/contest/row.html:2:1: expected an end for every section, found '{{#a}}'"},
        {"contest/row.html", "{{{a}}}", "/contest/row.html:1:1: expected a tag that escapes: raw ones are not for pages, found '{{{a}}}'"},
        {"contest/rows.html", "x",
            "/contest/rows.html: expected the name of a template of this version, as ROOM/PAGE.html (docs/templates.md), found this one"},
        {"contest/row.htm", "x",
            "/contest/row.htm: expected the name of a template of this version, as ROOM/PAGE.html (docs/templates.md), found this one"},
        {"nobody/row.html", "x",
            "/nobody/row.html: expected the name of a template of this version, as ROOM/PAGE.html (docs/templates.md), found this one"},
        {"row.html", "x",
            "/row.html: expected the name of a template of this version, as ROOM/PAGE.html (docs/templates.md), found this one"},
        {"contest/row.html", "{{> rows}}", "contest/row.html: expected partials that are templates of its room or of http, found 'rows'"},
        {"http/foot.html", "{{> row}}", "http/foot.html: expected partials that are templates of its room or of http, found 'row'"},
    };
    for (int k = 0; k < COUNT_OF(rows); k++) {
        AUTO(folder_remove) Folder f = folder_new(a);
        folder_put(&f, rows[k].file, str_from_c(rows[k].text));
        Templates *t = NULL;
        Fault fault;
        assert_int_equal(open_with(a, f.path, "", &t, &fault), ERR_INPUT);
        assert_null(t);
        assert_row(str_ends(fault_text(a, &fault), str_from_c(rows[k].said)), str_c(a, fault_text(a, &fault)));
    }
    Templates *t = NULL;
    Fault fault;
    assert_int_equal(open_with(a, "/nowhere/at/all", "", &t, &fault), ERR_MISSING);
    assert_str(fault.file, "/nowhere/at/all");
}

static void dev_reads_at_each_use(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    folder_put(&f, "src/http/pages/layout.html", S("{{content}}{{> foot}}"));
    folder_put(&f, "src/http/pages/foot.html", S("foot 1"));
    folder_put(&f, "src/contest/pages/list.html", S("one{{#contests}}{{> row}}{{/contests}} "));
    folder_put(&f, "src/contest/pages/row.html", S("."));
    const Templates *t = opened(a, "", f.path);
    assert_str(rendered(a, t, "contest", "list", true), "one.. foot 1");
    folder_put(&f, "src/contest/pages/list.html", S("two "));
    folder_put(&f, "src/http/pages/foot.html", S("foot 2"));
    assert_str(rendered(a, t, "contest", "list", true), "two foot 2");
    assert_true(templates_has(t, S("contest"), S("row")));
    assert_false(templates_has(t, S("note"), S("form"))); /* the source tree is what there is */
}

static void dev_tells_mistakes_where_they_are(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    folder_put(&f, "src/http/pages/layout.html", S("{{content}}"));
    folder_put(&f, "src/contest/pages/list.html", S("one{{> row}}"));
    const Templates *t = opened(a, "", f.path);
    assert_str(rendered(a, t, "contest", "list", true), "expected a partial that exists, found 'row'");
    folder_put(&f, "src/contest/pages/row.html", S("one\n{{two"));
    assert_true(str_ends(
        rendered(a, t, "contest", "list", true), S("src/contest/pages/row.html:2:1: expected '}}' at the end of the tag, found '{{two'")));
    folder_put(&f, "src/contest/pages/row.html", S("good"));
    assert_str(rendered(a, t, "contest", "list", true), "onegood");
    assert_str(rendered(a, t, "contest", "gone", true), "expected a template that exists, found 'gone'");
}

static void dev_and_an_operators_templates(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder tree = folder_new(a);
    AUTO(folder_remove) Folder own = folder_new(a);
    folder_put(&tree, "src/contest/pages/list.html", S("{{> row}}"));
    folder_put(&tree, "src/contest/pages/row.html", S("row"));
    folder_put(&own, "contest/row.html", S("our row"));
    assert_str(rendered(a, opened(a, own.path, tree.path), "contest", "list", false), "our row");
}

static Templates *stopping;

static void render_what_is_not_there(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    (void)rendered(&a, stopping, "contest", "nothing", true);
}

static void a_page_that_is_not_there_is_a_bug(void **state)
{
    stopping = opened(*state, "", "");
    assert_stops(render_what_is_not_there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(a_page_stands_in_the_layout),
        arena_test(partials_are_the_rooms_own_first),
        arena_test(which_there_are),
        arena_test(a_page_that_never_ends_is_a_fault),
        arena_test(an_operators_templates),
        arena_test(mistakes_in_them_are_told_at_start),
        arena_test(dev_reads_at_each_use),
        arena_test(dev_tells_mistakes_where_they_are),
        arena_test(dev_and_an_operators_templates),
        arena_test(a_page_that_is_not_there_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
