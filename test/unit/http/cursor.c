/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "http/streams.h"

static Str written(Arena *a, const StreamStart *start, const int64_t *versions)
{
    CursorTag tags[STREAM_TOPICS_MAX];
    char *out = arena_new(a, char, CURSOR_MOST);
    for (int i = 0; i < start->topic_count; i++) tags[i] = cursor_tag(start->topics[i]);
    return (Str){out, cursor_write(tags, versions, start->topic_count, out)};
}

static void test_tag_is_sha256(void **state)
{
    (void)state;
    CursorTag tag = cursor_tag(S("abc")); /* FIPS 180-4: ba7816bf 8f01cfea ... */
    assert_memory_equal(tag.digits, "ba7816bf", CURSOR_TAG);
}

static void test_there_and_back(void **state)
{
    StreamStart start = {.topics = {S("a"), S("b"), S("contest:labour-2010")}, .topic_count = 3};
    Str cursor = written(*state, &start, (const int64_t[]){0, -1, INT64_MAX});
    cursor_read(cursor, &start);
    assert_int_equal(start.after[0], 0);
    assert_int_equal(start.after[1], -1);
    assert_true(start.after[2] == INT64_MAX);
    StreamStart other = {.topics = {S("contest:labour-2010"), S("new"), S("a")}, .topic_count = 3};
    cursor_read(cursor, &other);
    assert_true(other.after[0] == INT64_MAX && other.after[1] == -1 && other.after[2] == 0);
}

static void test_longest(void **state)
{
    StreamStart start = {.topic_count = STREAM_TOPICS_MAX};
    int64_t versions[STREAM_TOPICS_MAX];
    for (int i = 0; i < STREAM_TOPICS_MAX; i++) {
        start.topics[i] = str_format(*state, "topic %d", i);
        versions[i] = INT64_MAX;
    }
    Str cursor = written(*state, &start, versions);
    assert_true(cursor.len <= CURSOR_MOST);
    cursor_read(cursor, &start);
    for (int i = 0; i < STREAM_TOPICS_MAX; i++) assert_true(start.after[i] == INT64_MAX);
}

static void test_nonsense(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "~", "ca978112", "ca978112.", "ca978112.x", "ca978112.-1", "ca978112.99999999999999999999",
        "ca97811.5", "ca9781122.5", ".5", "CA978112.5"};
    for (int i = 0; i < COUNT_OF(bad); i++) {
        StreamStart start = {.topics = {S("a")}, .topic_count = 1, .after = {7}};
        cursor_read(str_from_c(bad[i]), &start);
        assert_row(start.after[0] == -1, bad[i]);
    }
    StreamStart start = {.topics = {S("a")}, .topic_count = 1};
    cursor_read(S("~x~ca978112.5~.~"), &start); /* what is sensible counts */
    assert_int_equal(start.after[0], 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tag_is_sha256), arena_test(test_there_and_back), arena_test(test_longest), cmocka_unit_test(test_nonsense)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
