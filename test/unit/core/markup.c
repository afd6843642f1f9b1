/* Text and markup stay apart. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/markup.h"

static Str written(const Html *h)
{
    return buf_done(&h->bytes);
}

static void text_is_escaped(void **state)
{
    Html h = html_new(*state);
    html_element(&h, M("p"), S("<b> & \"x\" 'y'"));
    assert_str(written(&h), "<p>&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;</p>");
    h = html_new(*state);
    html_attribute(&h, M("title"), S("\"><script>"));
    assert_str(written(&h), " title=\"&quot;&gt;&lt;script&gt;\"");
}

static void what_xml_forbids_is_replaced(void **state)
{
    Html h = html_new(*state);
    html_text(&h, S("a\x01"
                    "b\x7F"
                    "c\xFF"
                    "d\xEF\xBF\xBE"
                    "e\xC3"));
    assert_str(written(&h), "a\xEF\xBF\xBD"
                            "b\xEF\xBF\xBD"
                            "c\xEF\xBF\xBD"
                            "d\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                            "e\xEF\xBF\xBD");
    h = html_new(*state);
    /* Bytes one by one: a literal that turns its own source around would be a trap for whoever reads it. */
    static const char turning[] = {'a', '\xE2', '\x80', '\xAE', 'b', '\xE2', '\x81', '\xA9', 'c', '\xE2', '\x80', '\x8E'};
    html_text(&h, (Str){turning, sizeof turning});
    assert_str(written(&h), "a\xEF\xBF\xBD"
                            "b\xEF\xBF\xBD"
                            "c\xE2\x80\x8E");
    h = html_new(*state);
    html_text(&h, S("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x97\xB3"));
    assert_str(written(&h), "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x97\xB3");
}

/* Runs of plain text are written in one go: what stands at their ends must not be lost. */
static void text_is_escaped_wherever_it_stands(void **state)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz";
    for (size_t at = 0; at < sizeof plain; at++) {
        Buf out = buf_new(*state);
        Str before = str_slice(S(plain), 0, at), after = str_slice(S(plain), at, sizeof plain - 1);
        markup_escape(&out, str_format(*state, "%.*s<\xC3\xA9>%.*s", STR_ARG(before), STR_ARG(after)));
        assert_same_str(buf_done(&out), str_format(*state, "%.*s&lt;\xC3\xA9&gt;%.*s", STR_ARG(before), STR_ARG(after)));
    }
    Buf out = buf_new(*state);
    markup_escape(&out, (Str){0});
    assert_str(buf_done(&out), "");
}

static void numbers_take_their_places(void **state)
{
    Html h = html_new(*state);
    html_draw(&h, "<g x=\"@\" y=\"@\" z=\"@\" w=\"@\"/>", 1.0, -2.25, 1234567.04, -0.04);
    assert_str(written(&h), "<g x=\"1\" y=\"-2.3\" z=\"1234567\" w=\"0\"/>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(text_is_escaped), arena_test(what_xml_forbids_is_replaced),
        arena_test(text_is_escaped_wherever_it_stands), arena_test(numbers_take_their_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
