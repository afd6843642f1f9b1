/* The public specification's own tests, when HUSTINGS_DATA says where they lie. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/mustache.h"

#include <jansson.h>

static View *view_of(Arena *a, json_t *json);

/* A value on its own has no parent to be put into: it is taken out of an array of one. */
static View *of_scalar(Arena *a, const json_t *json)
{
    View *one = view_object(a);
    if (json_is_string(json)) view_put_str(one, S("v"), str_copy(a, str_from_c(json_string_value(json))));
    else if (json_is_integer(json)) view_put_i64(one, S("v"), json_integer_value(json));
    else if (json_is_real(json)) view_put_str(one, S("v"), str_format(a, "%g", json_real_value(json)));
    else if (json_is_boolean(json)) view_put_bool(one, S("v"), json_is_true(json));
    else view_put_null(one, S("v"));
    return one;
}

static void put(Arena *a, View *object, Str key, json_t *json)
{
    if (json_is_object(json) || json_is_array(json)) {
        view_put(object, key, view_of(a, json));
        return;
    }
    const View *value = view_get(of_scalar(a, json), S("v"));
    switch (view_kind(value)) {
    case VIEW_STR: view_put_str(object, key, view_str(value)); return;
    case VIEW_I64: view_put_i64(object, key, view_i64(value)); return;
    case VIEW_BOOL: view_put_bool(object, key, view_i64(value) != 0); return;
    default: view_put_null(object, key); return;
    }
}

static void add(Arena *a, View *array, json_t *json)
{
    if (json_is_string(json)) view_add_str(array, str_copy(a, str_from_c(json_string_value(json))));
    else if (json_is_integer(json)) view_add_i64(array, json_integer_value(json));
    else if (json_is_real(json)) view_add_str(array, str_format(a, "%g", json_real_value(json)));
    else view_add(array, view_of(a, json));
}

static View *view_of(Arena *a, json_t *json)
{
    if (json_is_array(json)) {
        View *array = view_array(a);
        for (size_t i = 0; i < json_array_size(json); i++) add(a, array, json_array_get(json, i));
        return array;
    }
    View *object = view_object(a);
    assert_true(json_is_object(json));
    for (void *at = json_object_iter(json); at; at = json_object_iter_next(json, at))
        put(a, object, str_copy(a, str_from_c(json_object_iter_key(at))), json_object_iter_value(at));
    return object;
}

typedef struct Partials {
    Arena *a;
    const json_t *texts;
} Partials;

static Template *parsed(Arena *a, Str text)
{
    Template *t = NULL;
    Fault fault = {0};
    Err e = mustache_parse(a, text, &(MustacheOptions){.name = S("template")}, &t, &fault);
    if (e) fail_msg("%s", str_c(a, fault_text(a, &fault)));
    return t;
}

static const Template *partial(void *context, Str name)
{
    const Partials *p = context;
    const char *text = json_string_value(json_object_get(p->texts, str_c(p->a, name)));
    return text ? parsed(p->a, str_from_c(text)) : NULL;
}

/* The data of a test may be one value and no object: the implicit iterator. */
static const View *data_of(Arena *a, json_t *data)
{
    return json_is_object(data) || json_is_array(data) ? view_of(a, data) : view_get(of_scalar(a, data), S("v"));
}

static void run(Arena *a, const json_t *test)
{
    const View *data = data_of(a, json_object_get(test, "data"));
    const Template *t = parsed(a, str_from_c(json_string_value(json_object_get(test, "template"))));
    Buf out = buf_new(a);
    assert_int_equal(mustache_render(t, &data, 1, partial, &(Partials){a, json_object_get(test, "partials")}, &out), ERR_OK);
    Str expected = str_from_c(json_string_value(json_object_get(test, "expected")));
    if (!str_equal(buf_done(&out), expected)) print_error("%s\n", json_string_value(json_object_get(test, "name")));
    assert_same_str(buf_done(&out), expected);
}

static void module(Arena *a, const char *name, size_t at_least)
{
    const char *data = getenv("HUSTINGS_DATA");
    if (!data) skip();
    const char *path = str_c(a, str_format(a, "%s/mustache-spec/%s.json", data, name));
    if (access(path, F_OK) != 0) skip();
    json_t *file = json_load_file(path, 0, NULL);
    assert_non_null(file);
    const json_t *tests = json_object_get(file, "tests");
    assert_true(json_array_size(tests) >= at_least);
    for (size_t i = 0; i < json_array_size(tests); i++) run(a, json_array_get(tests, i));
    json_decref(file);
}

static void comments(void **state)
{
    module(*state, "comments", 12);
}

static void delimiters(void **state)
{
    module(*state, "delimiters", 14);
}

static void interpolation(void **state)
{
    module(*state, "interpolation", 40);
}

static void inverted(void **state)
{
    module(*state, "inverted", 22);
}

static void partials(void **state)
{
    module(*state, "partials", 12);
}

static void sections(void **state)
{
    module(*state, "sections", 34);
}

int main(void)
{
    const struct CMUnitTest tests[] = {arena_test(comments), arena_test(delimiters), arena_test(interpolation), arena_test(inverted),
        arena_test(partials), arena_test(sections)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
