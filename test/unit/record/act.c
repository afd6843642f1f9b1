/* Acts and their entries: what is written can be read back, and nothing else can. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "record/act.c"

#include <jansson.h>

static const int64_t NOW = 1795367121123; /* 2026-11-22T17:05:21.123Z */

static const Officer ada = {S("Ada Poll"), S("steward")};

static Act plain(void)
{
    return (Act){.kind = "export.made", .by = ada, .says = S("Everything was exported.")};
}

/* An act with all that an entry can have. */
static Act whole(Arena *a)
{
    ActFile *files = arena_new(a, ActFile, 2);
    files[0] = (ActFile){.name = S("mps.csv"), .size = 12345, .digest = sha256(S("mps")), .path = S("/contests/labour-2010/files/mps-csv")};
    files[1] = (ActFile){.name = S("notes \"by hand\".txt"), .size = 0, .digest = sha256(S("")), .bytes = S("")};
    View *data = view_object(a);
    view_put_i64(data, S("least"), INT64_MIN);
    view_put_i64(data, S("most"), INT64_MAX);
    view_put_bool(data, S("binding"), true);
    view_put_bool(data, S("again"), false);
    view_put_null(data, S("none"));
    view_put_str(data, S("odd \"key\"\\"), S("tab\tline\nzero-width\xe2\x80\x8b next\xc2\x85 \xf0\x9f\x97\xb3"));
    View *array = view_put_array(data, S("list"));
    view_add_i64(array, -1);
    view_add_str(array, S(""));
    view_add_object(array);
    view_add_array(array);
    view_put_object(view_put_object(data, S("deep")), S("er"));
    return (Act){.kind = "role.offer_ended",
        .by = ada,
        .says = S("Nobody used it: \xc5\xbb\xc3\xb3\xc5\x82w \\ \"quoted\"."),
        .contest = S("labour-2010"),
        .unit = S("leeds"),
        .reason = S("It was not used."),
        .until = NOW + 1,
        .ends_power = true,
        .power = 12,
        .files = files,
        .file_count = 2,
        .data = data};
}

static Str entry_of(Arena *a, const Act *act)
{
    Str entry = {0};
    ActFile side = {0};
    Fault fault = {0};
    if (act_entry(a, act, NOW, &entry, &side, &fault)) fail_msg("%s", str_c(a, fault_text(a, &fault)));
    assert_int_equal(side.bytes.len, 0);
    return entry;
}

static Err refusal(Arena *a, const Act *act, Str *ret_words)
{
    Str entry = {0};
    ActFile side = {0};
    Fault fault = {0};
    Err e = act_entry(a, act, NOW, &entry, &side, &fault);
    if (!e) return ERR_OK;
    assert_null(entry.ptr);
    assert_null(side.bytes.ptr);
    assert_int_equal(fault.err, e);
    if (ret_words) *ret_words = fault.expected;
    return e;
}

/* ---- form ---- */

static void an_entry_has_one_form(void **state)
{
    Arena *a = *state;
    Act act = whole(a);
    Str digest = sha256_hex(a, sha256(S("mps"))), empty = sha256_hex(a, sha256(S("")));
    Str expected = str_format(a,
        "{\"hustings\":1,\"act\":\"role.offer_ended\",\"at\":\"2026-11-22T17:05:21.123Z\",\"says\":\"Nobody used it: "
        "\xc5\xbb\xc3\xb3\xc5\x82w \\\\ "
        "\\\"quoted\\\".\",\"by\":{\"name\":\"Ada "
        "Poll\",\"role\":\"steward\"},\"contest\":\"labour-2010\",\"unit\":\"leeds\",\"reason\":\"It was not "
        "used.\",\"until\":\"2026-11-22T17:05:21.124Z\",\"power\":12,\"files\":[{\"name\":\"mps.csv\",\"size\":12345,\"sha256\":\"%.*s\"},{"
        "\"name\":"
        "\"notes \\\"by "
        "hand\\\".txt\",\"size\":0,\"sha256\":\"%.*s\"}],\"data\":{\"least\":-9223372036854775808,\"most\":9223372036854775807,"
        "\"binding\":true,\"again\":false,\"none\":null,\"odd \\\"key\\\"\\\\\":\"tab\\u0009line\\u000azero-width\xe2\x80\x8b next\\u0085 "
        "\xf0\x9f\x97\xb3\",\"list\":[-1,\"\",{},[]],\"deep\":{\"er\":{}}}}",
        STR_ARG(digest), STR_ARG(empty));
    assert_same_str(entry_of(a, &act), expected);
    act = plain();
    assert_str(entry_of(a, &act),
        "{\"hustings\":1,\"act\":\"export.made\",\"at\":\"2026-11-22T17:05:21.123Z\",\"says\":\"Everything was exported.\","
        "\"by\":{\"name\":\"Ada Poll\",\"role\":\"steward\"}}");
    act.data = view_object(a); /* empty: left out like all that is */
    assert_null(strstr(str_c(a, entry_of(a, &act)), "data"));
}

static void it_is_json_for_everybody(void **state)
{
    Arena *a = *state;
    Act act = whole(a);
    Str entry = entry_of(a, &act);
    json_error_t error;
    json_t *root = json_loadb(entry.ptr, entry.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "act")), "role.offer_ended");
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "data"), "odd \"key\"\\")),
        "tab\tline\nzero-width\xe2\x80\x8b next\xc2\x85 \xf0\x9f\x97\xb3");
    assert_true(json_integer_value(json_object_get(json_object_get(root, "data"), "least")) == INT64_MIN);
    json_decref(root);
}

static void what_is_written_is_read(void **state)
{
    Arena *a = *state;
    Act act = whole(a);
    Str entry = entry_of(a, &act);
    Leaf l = {0};
    Fault fault = {0};
    assert_int_equal(act_read(a, entry, &l, &fault), ERR_OK);
    assert_int_equal(l.number, -1);
    assert_same_str(l.entry, entry);
    assert_str(l.kind, "role.offer_ended");
    assert_str(l.title, "Offer of a role ended unused");
    assert_true(l.at == NOW && l.until == NOW + 1 && l.power == 12);
    assert_same_str(l.says, act.says);
    assert_same_str(l.by.name, ada.name);
    assert_same_str(l.by.role, ada.role);
    assert_same_str(l.contest, act.contest);
    assert_same_str(l.unit, act.unit);
    assert_same_str(l.reason, act.reason);
    assert_int_equal(l.file_count, 2);
    ASSERT(l.files);
    for (int i = 0; i < 2; i++) {
        assert_same_str(l.files[i].name, act.files[i].name);
        assert_true(l.files[i].size == act.files[i].size);
        assert_memory_equal(&l.files[i].digest, &act.files[i].digest, sizeof(Sha256));
    }
    Buf was = buf_new(a), is = buf_new(a);
    view_json(act.data, &was, false);
    view_json(l.data, &is, false);
    assert_same_str(buf_done(&is), buf_done(&was));
    act = plain();
    assert_int_equal(act_read(a, entry_of(a, &act), &l, &fault), ERR_OK);
    assert_true(l.until == 0 && l.power == -1 && l.file_count == 0 && !l.data && !l.contest.len && !l.unit.len && !l.reason.len);
}

static void unknown_kinds_are_read(void **state)
{
    Arena *a = *state;
    Leaf l = {0};
    Fault fault = {0};
    Str entry = S("{\"hustings\":1,\"act\":\"motion.carried\",\"at\":\"2031-01-01T00:00:00.000Z\",\"says\":\"It was carried.\","
                  "\"by\":{\"name\":\"B\",\"role\":\"chair\"}}");
    assert_int_equal(act_read(a, entry, &l, &fault), ERR_OK);
    assert_str(l.title, "motion.carried");
}

static void times_are_those_of_the_calendar(void **state)
{
    Arena *a = *state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "1970-01-01T00:00:00.000Z"}, {951782399999, "2000-02-28T23:59:59.999Z"}, {951782400000, "2000-02-29T00:00:00.000Z"},
        {4107542399999, "2100-02-28T23:59:59.999Z"}, {4107542400000, "2100-03-01T00:00:00.000Z"},
        {1795367121123, "2026-11-22T17:05:21.123Z"}, {253402300799999, "9999-12-31T23:59:59.999Z"}};
    int64_t back = -1;
    for (int i = 0; i < COUNT_OF(cases); i++) {
        assert_same_str(time_text(a, cases[i].ms), str_from_c(cases[i].text));
        assert_true(time_read(str_from_c(cases[i].text), &back) && back == cases[i].ms);
    }
    for (int64_t day = 0; day < 146097 * 2; day++) { /* every day of two rounds of the calendar */
        int64_t y, m, d;
        date_of(day, &y, &m, &d);
        assert_true(days_of(y, m, d) == day && m >= 1 && m <= 12 && d >= 1 && d <= 31);
    }
    static const char *const bad[] = {"2026-02-29T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-01-32T00:00:00.000Z",
        "2026-01-01T24:00:00.000Z", "2026-01-01T00:60:00.000Z", "2026-01-01T00:00:60.000Z", "2026-01-01 00:00:00.000Z",
        "2026-01-01T00:00:00.000z", "2026-01-01T00:00:00,000Z", "1969-12-31T23:59:59.999Z", "2026-00-01T00:00:00.000Z",
        "2026-01-00T00:00:00.000Z", "2026-01-01T00:00:00.00Z", "2026-1-01T00:00:00.0000Z", "-026-01-01T00:00:00.000Z", ""};
    for (int i = 0; i < COUNT_OF(bad); i++) assert_row(!time_read(str_from_c(bad[i]), &back), bad[i]);
}

/* ---- what every kind wants ---- */

/* With everything that its kind wants and nothing else. */
static Act fit_for(const ActKind *kind)
{
    Act act = {.kind = kind->name, .by = ada, .says = S("It was done.")};
    if (kind->wants_contest) act.contest = S("labour-2010");
    if (kind->wants_reason) act.reason = S("Because.");
    if (kind->wants_until) act.until = NOW + 1000;
    act.ends_power = kind->wants_power;
    return act;
}

static void every_kind_gets_what_it_wants(void **state)
{
    Arena *a = *state;
    Str words;
    for (int i = 0; i < act_kind_count; i++) {
        const ActKind *kind = &act_kinds[i];
        assert_ptr_equal(act_kind(str_from_c(kind->name)), kind);
        if (i) assert_true(strcmp(act_kinds[i - 1].name, kind->name) < 0);
        Act good = fit_for(kind), act = good;
        assert_row(refusal(a, &good, NULL) == ERR_OK, kind->name);
        act.contest = S("");
        assert_row(refusal(a, &act, NULL) == (kind->wants_contest ? ERR_INPUT : ERR_OK), kind->name);
        act = good;
        act.reason = S("");
        assert_row(refusal(a, &act, NULL) == (kind->wants_reason ? ERR_INPUT : ERR_OK), kind->name);
        act = good;
        act.until = 0;
        assert_row(refusal(a, &act, &words) == (kind->wants_until ? ERR_INPUT : ERR_OK), kind->name);
        act = good;
        act.ends_power = !act.ends_power;
        assert_row(refusal(a, &act, NULL) == ERR_INPUT, kind->name);
    }
    Act act = plain();
    act.kind = "no.such_kind";
    assert_int_equal(refusal(a, &act, &words), ERR_INPUT);
    assert_null(act_kind(S("contest")));
    assert_null(act_kind(S("")));
}

/* ---- limits ---- */

static Str long_text(Arena *a, size_t len)
{
    char *text = arena_new(a, char, len);
    memset(text, 'x', len);
    return (Str){text, len};
}

static void lengths_have_limits(void **state)
{
    Arena *a = *state;
    for (int over = 0; over < 2; over++) {
        Err expected = over ? ERR_LIMIT : ERR_OK;
        size_t more = (size_t)over;
        Act act = plain();
        act.says = long_text(a, ACT_SAYS_MAX + more);
        assert_int_equal(refusal(a, &act, NULL), expected);
        act = plain();
        act.reason = long_text(a, ACT_REASON_MAX + more);
        assert_int_equal(refusal(a, &act, NULL), expected);
        act = plain();
        act.by.name = long_text(a, ACT_NAME_MAX + more);
        assert_int_equal(refusal(a, &act, NULL), expected);
        act = plain();
        act.files = &(ActFile){.name = long_text(a, ACT_NAME_MAX + more)};
        act.file_count = 1;
        assert_int_equal(refusal(a, &act, NULL), expected);
        act = plain();
        act.file_count = ACT_FILES_MAX + over;
        ActFile *files = arena_new(a, ActFile, ACT_FILES_MAX + 1);
        for (int i = 0; i <= ACT_FILES_MAX; i++) files[i].name = S("f");
        act.files = files;
        assert_int_equal(refusal(a, &act, NULL), expected);
        act = plain();
        act.contest = long_text(a, SLUG_LONGEST + more);
        assert_int_equal(refusal(a, &act, NULL), over ? ERR_INPUT : ERR_OK);
    }
}

/* An entry of exactly `len` bytes, by a text in its data. */
static Act act_of_length(Arena *a, size_t len)
{
    Act act = plain();
    View *data = view_object(a);
    view_put_str(data, S("d"), S(""));
    act.data = data;
    size_t without = entry_of(a, &act).len;
    data = view_object(a);
    view_put_str(data, S("d"), long_text(a, len - without));
    act.data = data;
    return act;
}

static void data_that_is_too_large_stands_aside(void **state)
{
    Arena *a = *state;
    Str entry = {0};
    ActFile side = {0};
    Fault fault = {0};
    Leaf l = {0};
    Act act = act_of_length(a, ACT_ENTRY_MAX);
    assert_int_equal(entry_of(a, &act).len, ACT_ENTRY_MAX);
    act = act_of_length(a, ACT_ENTRY_MAX + 1);
    assert_int_equal(act_entry(a, &act, NOW, &entry, &side, &fault), ERR_OK);
    assert_true(entry.len < 500);
    assert_str(side.name, "data.json");
    assert_int_equal(side.path.len, 0);
    assert_true(side.size == (int64_t)side.bytes.len && side.bytes.len > ACT_ENTRY_MAX - 500);
    Sha256 digest = sha256(side.bytes);
    assert_memory_equal(&side.digest, &digest, sizeof digest);
    assert_int_equal(act_read(a, entry, &l, &fault), ERR_OK);
    assert_null(l.data);
    assert_int_equal(l.file_count, 1);
    ASSERT(l.files);
    assert_str(l.files[0].name, "data.json");
    assert_memory_equal(&l.files[0].digest, &digest, sizeof digest);
    json_error_t error;
    json_t *root = json_loadb(side.bytes.ptr, side.bytes.len, 0, &error);
    assert_true(json_is_object(root));
    json_decref(root);
}

static void an_act_that_does_not_fit_even_so_is_refused(void **state)
{
    Arena *a = *state;
    Act act = plain();
    ActFile *files = arena_new(a, ActFile, ACT_FILES_MAX);
    for (int i = 0; i < ACT_FILES_MAX; i++) files[i] = (ActFile){.name = long_text(a, ACT_NAME_MAX), .size = INT64_MAX};
    for (int i = 0; i < ACT_FILES_MAX; i++) memset((char *)files[i].name.ptr, '"', ACT_NAME_MAX); /* each twice as long in JSON */
    act.files = files;
    act.file_count = ACT_FILES_MAX;
    assert_int_equal(refusal(a, &act, NULL), ERR_LIMIT);
    act = act_of_length(a, ACT_ENTRY_MAX + 1); /* and no room for one file more */
    for (int i = 0; i < ACT_FILES_MAX; i++) files[i].name = S("f");
    act.files = files;
    act.file_count = ACT_FILES_MAX;
    assert_int_equal(refusal(a, &act, NULL), ERR_LIMIT);
}

static void whoever_acts_has_a_name_that_shows(void **state)
{
    Arena *a = *state;
    static const Str blank[] = {S(""), S(" "), S("\xC2\xA0"), S("\xE2\xA0\x80"), S("\xE2\x80\x8B \xE3\x85\xA4")};
    for (int i = 0; i < COUNT_OF(blank); i++) {
        Act act = plain();
        act.by.name = blank[i];
        if (refusal(a, &act, NULL) != ERR_INPUT) fail_msg("name %d was let through", i);
    }
}

/* That name is the record's own, for data that stands aside. */
static void no_file_of_an_act_is_called_data_json(void **state)
{
    Arena *a = *state;
    Act act = plain();
    ActFile files[] = {{.name = S("papers.csv")}, {.name = S("data.json")}};
    Str words = {0};
    act.files = files;
    act.file_count = 2;
    assert_int_equal(refusal(a, &act, &words), ERR_INPUT);
    assert_true(str_starts(words, S("another name for a file than data.json")));
    files[1].name = S("Data.json");
    assert_int_equal(refusal(a, &act, NULL), ERR_OK);
}

static void text_is_clean_and_on_one_line(void **state)
{
    Arena *a = *state;
    // NOLINTBEGIN(misc-misleading-bidirectional): marks that turn text are what must be refused
    static const Str bad[] = {S("a\nb"), S("a\tb"), S("a\rb"), {"a\0b", 3}, S("a\x7f"), S("a\xc2\x85"), S("a\xe2\x80\xa8"),
        S("a\xe2\x80\xa9"), S("a\xe2\x80\xae"), S("a\xe2\x80\xaa"), S("\xff"), S("\xc3"), S("\xed\xa0\x80"), S("\xc0\xaf")};
    // NOLINTEND(misc-misleading-bidirectional)
    for (int i = 0; i < COUNT_OF(bad); i++) {
        ActFile file = {.name = bad[i]};
        Act acts[4] = {plain(), plain(), plain(), plain()};
        acts[0].says = bad[i];
        acts[1].reason = bad[i];
        acts[2].by.name = bad[i];
        acts[3].files = &file;
        acts[3].file_count = 1;
        for (int k = 0; k < COUNT_OF(acts); k++)
            if (refusal(a, &acts[k], NULL) != ERR_INPUT) fail_msg("text %d in place %d was let through", i, k);
    }
    Act act = plain();
    act.says = S(
        "Za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe2\x80\x8f\xf0\x9f\x97\xb3"); /* other scripts, and their marks */
    assert_int_equal(refusal(a, &act, NULL), ERR_OK);
    act = plain();
    act.says = S("");
    assert_int_equal(refusal(a, &act, NULL), ERR_INPUT);
    act = plain();
    act.by.name = S("");
    assert_int_equal(refusal(a, &act, NULL), ERR_INPUT);
    static const char *const slugs[] = {"Leeds", "-leeds", "leeds-", "le eds", "le/eds", "l\xc3\xa9"};
    for (int i = 0; i < COUNT_OF(slugs); i++) {
        act = plain();
        act.unit = str_from_c(slugs[i]);
        assert_row(refusal(a, &act, NULL) == ERR_INPUT, slugs[i]);
    }
    // NOLINTNEXTLINE(misc-misleading-bidirectional)
    static const char *const roles[] = {"", " ", "secretary\nof Leeds", "secretary\tof Leeds", "\xe2\x80\xaeoperator"};
    for (int i = 0; i < COUNT_OF(roles); i++) {
        act = plain();
        act.by.role = str_from_c(roles[i]);
        assert_row(refusal(a, &act, NULL) == ERR_INPUT, roles[i]);
    }
    act = plain();
    act.by.role = S("returning officer of Leeds North");
    assert_int_equal(refusal(a, &act, NULL), ERR_OK);
    act = plain();
    act.until = TIME_MOST + 1;
    assert_int_equal(refusal(a, &act, NULL), ERR_INPUT);
    act.until = -1;
    assert_int_equal(refusal(a, &act, NULL), ERR_INPUT);
}

static void data_that_could_not_be_read_is_refused(void **state)
{
    Arena *a = *state;
    Act act = plain();
    View *data = view_object(a);
    view_put_str(data, S("name"), S("\xff"));
    act.data = data;
    assert_int_equal(refusal(a, &act, NULL), ERR_INPUT);
    data = view_object(a);
    view_put_str(data, S("name"), (Str){"\0", 1});
    act.data = data;
    assert_int_equal(refusal(a, &act, NULL), ERR_INPUT);
    for (int over = 0; over < 2; over++) {
        View *deep = view_object(a);
        act.data = deep;
        for (int i = 1; i < DATA_DEPTH_MAX; i++) deep = view_put_object(deep, S("d"));
        if (over) view_put_array(deep, S("d"));
        else view_put_i64(deep, S("d"), 1);
        assert_int_equal(refusal(a, &act, NULL), over ? ERR_INPUT : ERR_OK);
        View *wide = view_object(a);
        for (int i = 0; i < DATA_KEYS_MAX + over; i++) view_put_i64(wide, str_format(a, "k%d", i), i);
        act.data = wide;
        assert_int_equal(refusal(a, &act, NULL), over ? ERR_INPUT : ERR_OK);
    }
    View *array = view_array(a), *object = view_object(a);
    view_put_bool(object, S("b"), true);
    view_add(array, view_copy(a, view_first(object)));
    data = view_object(a);
    view_put(data, S("list"), array);
    act.data = data;
    assert_int_equal(refusal(a, &act, NULL), ERR_INPUT);
}

static void words_from_elsewhere_are_made_fit(void **state)
{
    Arena *a = *state;
    assert_str(act_line(a, S("As it is."), 20), "As it is.");
    // NOLINTNEXTLINE(misc-misleading-bidirectional)
    assert_str(act_line(a,
                   S("a\tb\nc\xe2\x80\xae"
                     "d\xff"),
                   20),
        "a b c d?");
    assert_str(act_line(a, S("1234567890"), 10), "1234567890");
    assert_str(act_line(a, S("12345678901"), 10), "1234567...");
    assert_str(act_line(a, S("12345\xc5\xbc\xc5\xbc\xc5\xbc"), 10), "12345\xc5\xbc...");
    for (size_t most = 4; most < 40; most++) {
        Str line = act_line(a, S("\xc5\xbb\xc3\xb3\xc5\x82w \xf0\x9f\x97\xb3\xf0\x9f\x97\xb3\xf0\x9f\x97\xb3 and more"), most);
        assert_true(line.len <= most && is_line(line));
    }
}

/* ---- strict ---- */

/* Nothing is read that would be written otherwise. */
static bool read_exactly(Arena *a, Str entry)
{
    Leaf l = {0};
    Fault fault = {0};
    Err e = act_read(a, entry, &l, &fault);
    if (e) {
        assert_true(e == ERR_INPUT || e == ERR_LIMIT);
        assert_int_equal(fault.err, e);
        return false;
    }
    assert_same_str(write_entry(a, &l), entry);
    return true;
}

static void another_form_is_refused(void **state)
{
    Arena *a = *state;
    Act act = whole(a);
    const char *entry = str_c(a, entry_of(a, &act));
    static const char *const changes[][2] = {
        {"{\"hustings\":1,", "{ \"hustings\":1,"},
        {"\"hustings\":1,", "\"hustings\":2,"},
        {"\"hustings\":1,", "\"hustings\":1.0,"},
        {"\"hustings\":1,", ""},
        {"\"hustings\":1,", "\"hustings\":1,\"hustings\":1,"},
        {"\"act\":\"role.offer_ended\",", ""},
        {"\"act\":\"role.offer_ended\"", "\"act\":\"\""},
        {"\"act\":\"role.offer_ended\"", "\"act\":\"Role\""},
        {"\"at\":\"2026", "\"at\":\"1926"},
        {"\"at\":", "\"a\\u0074\":"},
        {".123Z", ".123+00:00"},
        {"\"contest\":\"labour-2010\",\"unit\":\"leeds\"", "\"unit\":\"leeds\",\"contest\":\"labour-2010\""},
        {"\"contest\":\"labour-2010\"", "\"contest\":\"\""},
        {"\"contest\":\"labour-2010\"", "\"contest\":null"},
        {"\"contest\":\"labour-2010\"", "\"contest\":\"Labour\""},
        {"\"unit\":\"leeds\"", "\"unit\":\"leeds\",\"unit\":\"leeds\""},
        {"\"reason\":\"It", "\"reason\":\"\\u0049t"},
        {"\"reason\":\"It", "\"reason\":\"It\\n"},
        {"\"reason\":\"It", "\"reason\":\"It\\u0009"},
        {"\"until\":\"2026-11-22T17:05:21.124Z\"", "\"until\":\"1970-01-01T00:00:00.000Z\""},
        {"\"until\":\"2026-11-22T17:05:21.124Z\"", "\"until\":\"\""},
        {"\"power\":12", "\"power\":012"},
        {"\"power\":12", "\"power\":-12"},
        {"\"power\":12", "\"power\":-0"},
        {"\"power\":12", "\"power\":12.0"},
        {"\"power\":12", "\"power\":1e1"},
        {"\"power\":12", "\"power\":\"12\""},
        {"\"power\":12", "\"power\":9223372036854775808"},
        {"\"power\":12", "\"power\":"},
        {"\"files\":[{", "\"files\":[],\"x\":[{"},
        {"\"size\":12345", "\"size\":-1"},
        {"\"size\":12345,", ""},
        {"\"sha256\":\"", "\"sha256\":\"0"},
        {"\"name\":\"mps.csv\"", "\"name\":\"\""},
        {"\"least\":-9223372036854775808", "\"least\":-9223372036854775809"},
        {"\"most\":", "\"least\":"},
        {"\"binding\":true", "\"binding\":True"},
        {"\"again\":false", "\"again\":0.5"},
        {"[-1,", "[true,"},
        {"[-1,", "[-1,,"},
        {"[-1,", "[,-1,"},
        {"\\u0009", "\\t"},
        {"\\u0009", "\t"},
        {"\\u0009", "\\u0009\\u0000"},
        {"\\u000a", "\\u000A"},
        {"\\u0085", "\xc2\x85"},
        {"\xf0\x9f\x97\xb3", "\\ud83d\\uddf3"},
        {"\xf0\x9f\x97\xb3", "\xf0\x9f\x97"},
        {"\"deep\":{\"er\":{}}", "\"deep\":{\"er\":{},}"},
        {"{\"er\":{}}}}", "{\"er\":{}}},\"more\":1}"},
        {"{\"er\":{}}}}", "{\"er\":{}}}} "},
        {"{\"er\":{}}}}", "{\"er\":{}}}}\n"},
        {"{\"er\":{}}}}", "{\"er\":{}}}"},
    };
    assert_true(read_exactly(a, str_from_c(entry)));
    for (int i = 0; i < COUNT_OF(changes); i++) {
        const char *at = strstr(entry, changes[i][0]);
        assert_row(at, changes[i][0]);
        Str changed = str_format(a, "%.*s%s%s", (int)(at - entry), entry, changes[i][1], at + strlen(changes[i][0]));
        assert_row(!read_exactly(a, changed), changes[i][1]);
    }
    act = plain();
    Str small = entry_of(a, &act);
    assert_false(read_exactly(a, str_format(a, "%.*s,\"data\":{}}", STR_ARG(str_slice(small, 0, small.len - 1)))));
    assert_false(read_exactly(a, str_format(a, "%.*s,\"files\":[]}", STR_ARG(str_slice(small, 0, small.len - 1)))));
    assert_false(read_exactly(a, S("")));
    assert_false(read_exactly(a, S("{}")));
    assert_false(read_exactly(a, long_text(a, ACT_ENTRY_MAX + 1)));
}

/* Every byte changed to every other, every byte taken out, every one doubled, every end cut off: refused, or exactly what it says. */
static void every_byte_counts(void **state)
{
    Arena *outer = *state, a;
    Act act = whole(outer);
    Str entry = entry_of(outer, &act);
    char *text = arena_new(outer, char, entry.len + 1);
    int64_t read = 0;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    for (size_t i = 0; i < entry.len; i++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, entry.ptr, entry.len);
            text[i] = (char)byte;
            read += read_exactly(&a, (Str){text, entry.len});
            arena_recycle(&a);
        }
        memmove(text, entry.ptr, entry.len);
        memmove(text + i, entry.ptr + i + 1, entry.len - i - 1);
        read_exactly(&a, (Str){text, entry.len - 1});
        memcpy(text, entry.ptr, i + 1);
        memcpy(text + i + 1, entry.ptr + i, entry.len - i);
        read_exactly(&a, (Str){text, entry.len + 1});
        assert_false(read_exactly(&a, str_slice(entry, 0, i)));
        arena_recycle(&a);
    }
    assert_true(read > (int64_t)entry.len); /* itself each time, and other words */
    arena_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(an_entry_has_one_form),
        arena_test(it_is_json_for_everybody),
        arena_test(what_is_written_is_read),
        arena_test(unknown_kinds_are_read),
        arena_test(times_are_those_of_the_calendar),
        arena_test(every_kind_gets_what_it_wants),
        arena_test(lengths_have_limits),
        arena_test(data_that_is_too_large_stands_aside),
        arena_test(an_act_that_does_not_fit_even_so_is_refused),
        arena_test(whoever_acts_has_a_name_that_shows),
        arena_test(no_file_of_an_act_is_called_data_json),
        arena_test(text_is_clean_and_on_one_line),
        arena_test(data_that_could_not_be_read_is_refused),
        arena_test(words_from_elsewhere_are_made_fit),
        arena_test(another_form_is_refused),
        arena_test(every_byte_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
