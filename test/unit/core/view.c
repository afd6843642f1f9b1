/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/view.h"

static Str json(Arena *a, const View *v, bool indented)
{
    Buf b = buf_new(a);
    view_json(v, &b, indented);
    return buf_done(&b);
}

/* The JSON of one string on its own, without the brackets and the newline around it. */
static Str json_of_string(Arena *a, Str s)
{
    View *array = view_array(a);
    view_add_str(array, s);
    Str text = json(a, array, false);
    return str_slice(text, 1, text.len - 2);
}

static void every_kind_of_value(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    view_put_str(v, S("name"), S("Ed Miliband"));
    view_put_i64(v, S("votes"), INT64_MIN);
    view_put_bool(v, S("elected"), true);
    view_put_bool(v, S("withdrawn"), false);
    view_put_null(v, S("tie"));
    view_put_object(v, S("empty object"));
    view_put_array(v, S("empty array"));
    View *stages = view_put_array(v, S("stages"));
    view_add_i64(stages, 1);
    view_add_str(stages, S("two"));
    view_put_i64(view_add_object(stages), S("three"), 3);
    view_add_i64(view_add_array(stages), 4);
    assert_str(json(a, v, false),
        "{\"name\":\"Ed Miliband\",\"votes\":-9223372036854775808,\"elected\":true,\"withdrawn\":false,\"tie\":null,"
        "\"empty object\":{},\"empty array\":[],\"stages\":[1,\"two\",{\"three\":3},[4]]}\n");
}

static void indented(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    View *list = view_put_array(v, S("list"));
    view_add_i64(list, 1);
    view_put_str(view_add_object(list), S("k"), S("v"));
    view_put_object(v, S("none"));
    assert_str(json(a, v, true), "{\n  \"list\": [\n    1,\n    {\n      \"k\": \"v\"\n    }\n  ],\n  \"none\": {}\n}\n");
    assert_str(json(a, view_object(a), true), "{}\n");
    assert_str(json(a, view_array(a), true), "[]\n");
}

static void keys_keep_their_order(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    view_put_i64(v, S("z"), 1);
    view_put_i64(v, S("a"), 2);
    view_put_i64(v, S("m"), 3);
    assert_str(json(a, v, false), "{\"z\":1,\"a\":2,\"m\":3}\n");
}

static void a_tree_built_apart_can_be_put(void **state)
{
    Arena *a = *state;
    View *inner = view_array(a);
    view_add_i64(inner, 1);
    View *v = view_object(a);
    view_put(v, S("inner"), inner);
    view_add_i64(inner, 2);
    assert_str(json(a, v, false), "{\"inner\":[1,2]}\n");
}

static void strings_are_escaped(void **state)
{
    Arena *a = *state;
    static const struct {
        const char *row;
        Str text, json;
    } rows[] = {
        {"plain", S("abc"), S("\"abc\"")},
        {"nothing", S(""), S("\"\"")},
        {"no pointer", {0}, S("\"\"")},
        {"quotes and backslashes", S("a\"b\\c/d"), S("\"a\\\"b\\\\c/d\"")},
        {"controls", S("\n\t\x1F"), S("\"\\u000a\\u0009\\u001f\"")},
        {"zero byte", S("a\0b"), S("\"a\\u0000b\"")},
        {"delete", S("\x7F"), S("\"\\u007f\"")},
        {"UTF-8 stays", S("José €"), S("\"José €\"")},
        {"UTF-8 stays beside a line feed", S("José\n€"), S("\"José\\u000a€\"")},
        {"a byte that is not UTF-8", S("Jos\xE9"), S("\"Jos\\ufffd\"")},
        {"a bad byte leaves its neighbours alone", S("é\xFFé"), S("\"é\\ufffdé\"")},
        {"an overlong slash", S("\xC0\xAF"), S("\"\\ufffd\\ufffd\"")},
        {"a surrogate", S("\xED\xA0\x80"), S("\"\\ufffd\\ufffd\\ufffd\"")},
        {"cut short", S("\xE2\x82"), S("\"\\ufffd\\ufffd\"")},
        {"four bytes", S("\xF0\x9F\x97\xB3"), S("\"\xF0\x9F\x97\xB3\"")},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) assert_same_str(json_of_string(a, rows[i].text), rows[i].json);
    View *v = view_object(a);
    view_put_i64(v, S("a\"b\n"), 1);
    assert_str(json(a, v, false), "{\"a\\\"b\\u000a\":1}\n");
}

static void a_wide_and_a_deep_tree(void **state)
{
    Arena *a = *state;
    View *wide = view_array(a);
    for (int i = 0; i < 100000; i++) view_add_i64(wide, i % 10);
    assert_int_equal(json(a, wide, false).len, 2 * 100000 + 2);
    View *deep = view_array(a), *inside = deep;
    for (int i = 1; i < 1000; i++) inside = view_add_array(inside);
    assert_int_equal(json(a, deep, false).len, 2 * 1000 + 1);
}

static void put_into_an_array(void)
{
    Arena a;
    arena_init(&a, 0);
    view_put_i64(view_array(&a), S("k"), 1);
}

static void add_to_an_object(void)
{
    Arena a;
    arena_init(&a, 0);
    view_add_i64(view_object(&a), 1);
}

static void put_a_key_twice(void)
{
    Arena a;
    arena_init(&a, 0);
    View *v = view_object(&a);
    view_put_i64(v, S("k"), 1);
    view_put_i64(v, S("l"), 1);
    view_put_i64(v, S("k"), 2);
}

static void misuse_is_a_bug(void **state)
{
    (void)state;
    assert_stops(put_into_an_array);
    assert_stops(add_to_an_object);
    assert_stops(put_a_key_twice);
}

static View *every_kind(Arena *a)
{
    View *v = view_object(a), *list = view_put_array(v, S("list"));
    Html markup = html_new(a);
    html_element(&markup, M("b"), S("<"));
    view_put_str(v, S("text"), S("a\0b"));
    view_put_i64(v, S("least"), INT64_MIN);
    view_put_i64(v, S("most"), INT64_MAX);
    view_put_bool(v, S("yes"), true);
    view_put_null(v, S("nothing"));
    view_put_html(v, S("markup"), &markup);
    view_add_i64(list, -1);
    view_put_str(view_add_object(list), S(""), S(""));
    view_add(list, view_array(a));
    return v;
}

static void what_was_put_can_be_read(void **state)
{
    const View *v = every_kind(*state), *list = view_get(v, S("list"));
    assert_int_equal(view_kind(list), VIEW_ARRAY);
    assert_int_equal(view_i64(view_first(list)), -1);
    assert_null(view_next(view_next(view_next(view_first(list)))));
    assert_null(view_get(v, S("other")));
    assert_null(view_get(list, S("text")));
    assert_int_equal(view_kind(view_get(v, S("markup"))), VIEW_HTML);
    assert_str(view_str(view_get(v, S("markup"))), "<b>&lt;</b>");
    assert_str(view_key(view_first(v)), "list");
}

static void packed_and_unpacked(void **state)
{
    Arena *a = *state;
    Buf packed = buf_new(a), again = buf_new(a);
    View *v = NULL;
    view_pack(every_kind(a), &packed);
    assert_int_equal(view_unpack(a, buf_done(&packed), &v), ERR_OK);
    view_pack(v, &again);
    assert_same_str(buf_done(&again), buf_done(&packed));
    assert_same_str(json(a, v, true), json(a, every_kind(a), true));
}

/* Cut short anywhere, or with any byte changed: refused, or another tree; never a stop. */
static void a_copy_is_the_same_and_apart(void **state)
{
    Arena *a = *state;
    View *v = view_object(a);
    view_put_str(v, S("s"), S("text"));
    view_add_i64(view_put_array(v, S("a")), 7);
    view_put_null(view_put_object(v, S("o")), S("n"));
    View *whole = view_object(a);
    view_put(whole, S("copy"), view_copy(a, v)); /* put under a key of its own */
    view_put(whole, S("again"), view_copy(a, view_get(v, S("a"))));
    view_put_bool(v, S("later"), true);
    Buf b = buf_new(a);
    view_json(whole, &b, false);
    assert_str(buf_done(&b), "{\"copy\":{\"s\":\"text\",\"a\":[7],\"o\":{\"n\":null}},\"again\":[7]}\n");
}

static void damaged_bytes_are_refused(void **state)
{
    Arena *a = *state;
    Buf packed = buf_new(a);
    View *v = NULL;
    view_pack(every_kind(a), &packed);
    Str good = buf_done(&packed);
    for (size_t n = 0; n < good.len; n++) assert_int_equal(view_unpack(a, str_slice(good, 0, n), &v), ERR_INPUT);
    for (size_t i = 0; i < good.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            Str bad = str_copy(a, good);
            ((char *)bad.ptr)[i] ^= (char)(1 << bit);
            Buf b = buf_new(a);
            if (view_unpack(a, bad, &v) == ERR_OK) view_json(v, &b, false);
        }
    Buf deep = buf_new(a);
    buf_str(&deep, S("view1\n"));
    for (int i = 0; i < 100000; i++) buf_byte(&deep, VIEW_ARRAY);
    assert_int_equal(view_unpack(a, buf_done(&deep), &v), ERR_INPUT);
}

/* Of `count` keys "k0", "k1"... with nothing under them. */
static Str object_of_keys(Arena *a, int count)
{
    Buf b = buf_new(a);
    buf_str(&b, S("view1\n"));
    buf_byte(&b, VIEW_OBJECT);
    for (int i = 0; i < count; i++) {
        Str key = str_format(a, "k%d", i);
        buf_byte(&b, 0);
        buf_byte(&b, (char)key.len);
        buf_str(&b, key);
        buf_byte(&b, VIEW_NULL);
    }
    buf_byte(&b, (char)0xFF);
    return buf_done(&b);
}

static void an_object_of_endless_keys_is_refused(void **state)
{
    Arena *a = *state;
    View *v = NULL;
    assert_int_equal(view_unpack(a, object_of_keys(a, 256), &v), ERR_OK);
    assert_non_null(view_get(v, S("k255")));
    assert_int_equal(view_unpack(a, object_of_keys(a, 257), &v), ERR_INPUT);
    assert_int_equal(view_unpack(a, object_of_keys(a, 300000), &v), ERR_INPUT); /* and not after an hour */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(every_kind_of_value),
        arena_test(indented),
        arena_test(keys_keep_their_order),
        arena_test(a_tree_built_apart_can_be_put),
        arena_test(strings_are_escaped),
        arena_test(a_wide_and_a_deep_tree),
        arena_test(what_was_put_can_be_read),
        arena_test(packed_and_unpacked),
        arena_test(a_copy_is_the_same_and_apart),
        arena_test(damaged_bytes_are_refused),
        arena_test(an_object_of_endless_keys_is_refused),
        cmocka_unit_test(misuse_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
