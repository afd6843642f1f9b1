/* The promises of db.h, on either engine: the argument says which. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "stores.h"

#include <semaphore.h>

/* ---- a batch whose first command waits until the others are queued ---- */

typedef struct Gate {
    sem_t running, go;
} Gate;

static Err run_gate(Db *db, Command *c)
{
    (void)db;
    Gate *g = c->context;
    sem_post(&g->running);
    while (sem_wait(&g->go) != 0) {
    }
    return ERR_OK;
}

enum { BATCH_ROOM = 64 };

typedef struct Batch {
    Store *store;
    Arena *a;
    Gate gate;
    Command first, commands[BATCH_ROOM];
    Arena arenas[BATCH_ROOM];
    int count;
    _Atomic int done;
    int order[BATCH_ROOM + 1]; /* which was answered when */
    sem_t all;
} Batch;

static Batch *batch_of; /* the one that is under way */

static void batch_done(Command *c)
{
    Batch *b = batch_of;
    int n = atomic_fetch_add(&b->done, 1);
    b->order[n] = c == &b->first ? -1 : (int)(c - b->commands);
    sem_post(&b->all);
}

static Batch *batch_new(Store *store, Arena *a)
{
    Batch *b = arena_new(a, Batch, 1);
    b->store = store;
    b->a = a;
    sem_init(&b->gate.running, 0, 0);
    sem_init(&b->gate.go, 0, 0);
    sem_init(&b->all, 0, 0);
    batch_of = b;
    b->first = (Command){.name = "gate", .leaf = LEAF_NONE, .run = run_gate, .done = batch_done, .context = &b->gate};
    store_submit(store, &b->first);
    while (sem_wait(&b->gate.running) != 0) {
    }
    return b;
}

static Command *batch_add(Batch *b, Err (*run)(Db *, Command *), const void *input)
{
    Arena *own = &b->arenas[b->count];
    arena_init(own, ARENA_LIMIT_DEFAULT);
    Command *c = &b->commands[b->count++];
    *c = (Command){.name = "test", .leaf = LEAF_NONE, .run = run, .done = batch_done, .input = input, .arena = own, .now = 1000};
    return c;
}

/* Queue them all while the writer waits, let it go, and wait for the answers. */
static void batch_run(Batch *b)
{
    for (int i = 0; i < b->count; i++) store_submit(b->store, &b->commands[i]);
    sem_post(&b->gate.go);
    for (int i = 0; i < b->count + 1; i++)
        while (sem_wait(&b->all) != 0) {
        }
}

static void batch_end(Batch *b)
{
    for (int i = 0; i < b->count; i++) arena_clear(&b->arenas[i]);
}

/* ---- values ---- */

static const DbValue *put_values; /* words, bytes */

static Err run_put(Db *db, Command *c)
{
    return db_run(db, "probe_add", DB_VALUES(db_number(*(const int64_t *)c->input), put_values[0], put_values[1]));
}

static void assert_value(DbValue got, DbValue put)
{
    assert_int_equal(got.kind, put.kind);
    assert_same_str(got.bytes, put.bytes);
}

static void values_come_back_as_they_went(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    static const char every[] = "\0\1\2\xff'\\x00 \xc3\x28";
    const DbValue cases[][2] = {
        {db_string(S("")), db_bytes(S(""))},
        {db_string((Str){0}), db_bytes((Str){0})},
        {db_null(), db_null()},
        {db_string(S("Za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87 \xf0\x9f\x97\xb3 'quoted' \\ \n")), db_bytes((Str){every, sizeof every})},
    };
    const int64_t ids[] = {INT64_MIN, 0, 1, INT64_MAX};
    for (int i = 0; i < COUNT_OF(cases); i++) {
        if (i == 1) continue;
        put_values = cases[i];
        assert_int_equal(do_with(store, a, run_put, &ids[i]), ERR_OK);
        DbRows rows;
        assert_int_equal(db_one(db, a, "probe_get", DB_VALUES(db_number(ids[i])), &rows), ERR_OK);
        assert_true(db_i64(&rows, "id") == ids[i]);
        assert_value(rows.values[1], put_values[0]);
        assert_value(rows.values[2], put_values[1]);
        assert_int_equal(db_is_null(&rows, "words"), put_values[0].kind == DB_NULL);
        assert_same_str(db_text(&rows, "words"), put_values[0].bytes);
    }
    DbRows rows;
    assert_int_equal(db_one(db, a, "probe_echo", DB_VALUES(db_string((Str){0})), &rows), ERR_OK);
    assert_false(db_is_null(&rows, "words"));
    db_close(db);
    store_close(store);
}

static void text_that_is_not_text_is_refused(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    const Str cases[] = {{"a\0b", 3}, S("\xff"), S("\xc3\x28"), S("\xed\xa0\x80"), S("\xc0\x80"), S("ends in \xe2\x82")};
    DbRows rows;
    for (int i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(db_query(db, a, "probe_echo", DB_VALUES(db_string(cases[i])), &rows), ERR_INPUT);
        assert_says(db_trouble(db), "not UTF-8");
    }
    assert_int_equal(db_query(db, a, "probe_echo", DB_VALUES(db_string(S("well"))), &rows), ERR_OK);
    db_close(db);
    store_close(store);
}

static void rows_are_read_by_name(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    DbRows rows;
    assert_int_equal(db_query(db, a, "probe_many", DB_VALUES(db_number(1000)), &rows), ERR_OK);
    assert_int_equal(rows.count, 1000);
    for (int64_t i = 1; db_next(&rows); i++) assert_int_equal(db_i64(&rows, "i"), i);
    assert_false(db_next(&rows));
    assert_int_equal(db_query(db, a, "probe_all", DB_NO_VALUES, &rows), ERR_OK);
    assert_int_equal(rows.count, 0);
    assert_int_equal(rows.columns, 5);
    assert_false(db_next(&rows));
    assert_int_equal(db_one(db, a, "probe_get", DB_VALUES(db_number(1)), &rows), ERR_MISSING);
    db_close(db);
    store_close(store);
}

static void too_many_rows_are_refused(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    DbRows rows;
    assert_int_equal(db_query(db, a, "probe_many", DB_VALUES(db_number(DB_ROWS_MAX)), &rows), ERR_OK);
    assert_int_equal(rows.count, DB_ROWS_MAX);
    assert_int_equal(db_query(db, a, "probe_many", DB_VALUES(db_number(DB_ROWS_MAX + 1)), &rows), ERR_LIMIT);
    assert_int_equal(db_query(db, a, "probe_many", DB_VALUES(db_number(1)), &rows), ERR_OK);
    db_close(db);
    store_close(store);
}

static void rows_become_a_view(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    const int64_t id = 7;
    put_values = (const DbValue[]){db_string(S("seven")), db_bytes(S("\x01\xff"))};
    assert_int_equal(do_with(store, a, run_put, &id), ERR_OK);
    Db *db = reader(store);
    View *array = view_array(a);
    assert_int_equal(db_view(db, a, "probe_all", DB_NO_VALUES, array), ERR_OK);
    Buf json = buf_new(a);
    view_json(array, &json, false);
    assert_str(buf_done(&json), "[{\"id\":7,\"words\":\"seven\",\"bytes\":\"01ff\",\"parent\":null,\"amount\":0}]\n");
    db_close(db);
    store_close(store);
}

/* Both engines put text in the order of its bytes. */
static void text_is_ordered_by_bytes(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    const Str words[] = {S("_a"), S("B"), S("\xc3\xa9"), S("a"), S("a b"), S("A"), S("ab"), S("-")};
    for (int64_t i = 0; i < COUNT_OF(words); i++) {
        put_values = (const DbValue[]){db_string(words[i]), db_null()};
        assert_int_equal(do_with(store, a, run_put, &i), ERR_OK);
    }
    Db *db = reader(store);
    DbRows rows;
    assert_int_equal(db_query(db, a, "probe_all", DB_NO_VALUES, &rows), ERR_OK);
    Str before = S("");
    for (; db_next(&rows); before = db_text(&rows, "words")) assert_true(str_compare(before, db_text(&rows, "words")) < 0);
    db_close(db);
    store_close(store);
}

/* ---- bugs ---- */

static Store *bug_store(void)
{
    static Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    return open_at(&a, fresh_url(&a));
}

static void query_what_is_not_there(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    DbRows rows;
    (void)!db_query(reader(bug_store()), &a, "probe_nothing", DB_NO_VALUES, &rows);
}

static void query_with_too_few_values(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    DbRows rows;
    (void)!db_query(reader(bug_store()), &a, "probe_get", DB_NO_VALUES, &rows);
}

static void read_no_such_column(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    DbRows rows;
    if (!db_one(reader(bug_store()), &a, "probe_count", DB_NO_VALUES, &rows)) db_i64(&rows, "row");
}

static void write_outside_a_command(void)
{
    (void)!db_run(reader(bug_store()), "probe_delete_all", DB_NO_VALUES);
}

static void announce_outside_a_command(void)
{
    (void)!db_announce(reader(bug_store()), S("t"), S(""), 0);
}

static void bugs_stop_the_process(void **state)
{
    engine_or_skip();
    (void)state;
    assert_stops(query_what_is_not_there);
    assert_stops(query_with_too_few_values);
    assert_stops(read_no_such_column);
    assert_stops(write_outside_a_command);
    assert_stops(announce_outside_a_command);
}

static void every_statement_can_be_prepared(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    int count = 0;
    const Statement *statements = sql_statements(&count);
    Fault fault = {0};
    for (int i = 0; i < count; i++)
        if (store->ops->prepare(db->inner, &statements[i], &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    db_close(db);
    store_close(store);
}

/* ---- commands ---- */

static Err run_fail_after_writing(Db *db, Command *c)
{
    Err e = run_add(db, c);
    if (!e) e = db_announce(db, S("failed"), S(""), c->now);
    return e ? e : fault_set(&c->fault, ERR_DENIED, 0, 0, S("this person may not"), (Str){0});
}

static Err run_orphan(Db *db, Command *c)
{
    Err e = run_add(db, c);
    int64_t changed = 0;
    return e ? e : db_run_counted(db, "probe_add_child", DB_VALUES(db_number(1000), db_number(999)), &changed);
}

static Err run_below_zero(Db *db, Command *c)
{
    return db_run(db, "probe_set_amount", DB_VALUES(db_number(*(const int64_t *)c->input), db_number(-1)));
}

static Err run_only_fail(Db *db, Command *c)
{
    (void)db, (void)c;
    return ERR_MISSING;
}

static Err run_add_and_announce(Db *db, Command *c)
{
    Err e = run_add(db, c);
    return e ? e : db_announce(db, S("added"), S("{\"x\":1}"), c->now);
}

/* Commands that fail between others that do not, all in one batch. */
static void a_command_that_fails_undoes_itself_alone(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Batch *b = batch_new(store, a);
    static const int64_t ids[] = {1, 2, 3, 4, 5, 6, 7};
    batch_add(b, run_add_and_announce, &ids[0]);
    Command *denied = batch_add(b, run_fail_after_writing, &ids[1]);
    batch_add(b, run_add_and_announce, &ids[2]);
    Command *twice = batch_add(b, run_add, &ids[0]);
    Command *orphan = batch_add(b, run_orphan, &ids[3]);
    Command *negative = batch_add(b, run_below_zero, &ids[2]);
    Command *missing = batch_add(b, run_only_fail, NULL);
    batch_add(b, run_add_and_announce, &ids[4]);
    batch_run(b);
    assert_int_equal(denied->err, ERR_DENIED);
    assert_str(denied->fault.expected, "this person may not");
    assert_int_equal(twice->err, ERR_CONFLICT);
    assert_true(twice->fault.expected.len > 0);
    assert_int_equal(orphan->err, ERR_CONFLICT);
    assert_int_equal(negative->err, ERR_CONFLICT);
    assert_int_equal(missing->err, ERR_MISSING);
    for (int i = 0; i < b->count; i++) assert_int_equal(b->order[i + 1], i);
    Db *db = reader(store);
    assert_int_equal(row_count(db, a), 3);
    assert_true(row_exists(db, a, 1) && row_exists(db, a, 3) && row_exists(db, a, 5));
    assert_int_equal(topic_version(store, db, "added"), 3);
    assert_int_equal(topic_version(store, db, "failed"), 0);
    StoreFigures figures = store_figures(store);
    assert_int_equal(figures.commands, 9);
    assert_int_equal(figures.failed, 5);
    assert_int_equal(figures.queued, 0);
    db_close(db);
    store_close(store);
    batch_end(b);
}

static void many_commands_are_one_commit(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_with(a, (StoreOptions){.url = fresh_url(a), .batch_most = 20});
    Batch *b = batch_new(store, a);
    static int64_t ids[50];
    for (int i = 0; i < 50; i++) ids[i] = i, batch_add(b, run_add, &ids[i]);
    batch_run(b);
    for (int i = 0; i < 50; i++) assert_int_equal(b->commands[i].err, ERR_OK);
    StoreFigures figures = store_figures(store);
    assert_int_equal(figures.commands, 51);
    assert_true(figures.commits >= 4 && figures.commits <= 6); /* the gate's, and 50 in twenties */
    store_close(store);
    batch_end(b);
}

static Err run_count_changed(Db *db, Command *c)
{
    int64_t changed = -1;
    Err e = db_run_counted(db, "probe_delete_all", DB_NO_VALUES, &changed);
    c->answer = str_format(c->arena, "%lld", (long long)changed);
    return e;
}

static void changed_rows_are_counted(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    for (int64_t i = 0; i < 3; i++) assert_int_equal(add(store, a, i), ERR_OK);
    const char *expected[] = {"3", "0"};
    for (int i = 0; i < 2; i++) {
        Command c = {.leaf = LEAF_NONE, .run = run_count_changed, .arena = a};
        assert_int_equal(store_run(store, &c), ERR_OK);
        assert_same_str(c.answer, str_from_c(expected[i]));
    }
    store_close(store);
}

/* What a command wrote it can read, and nobody else can before the commit. */
static Err run_read_own(Db *db, Command *c)
{
    Db *other = c->context;
    Err e = run_add(db, c);
    assert_true(row_exists(db, c->arena, 1));
    assert_false(row_exists(other, c->arena, 1));
    return e;
}

static void a_command_reads_what_it_wrote(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    const int64_t id = 1;
    Command c = {.leaf = LEAF_NONE, .run = run_read_own, .arena = a, .input = &id, .context = db};
    assert_int_equal(store_run(store, &c), ERR_OK);
    assert_true(row_exists(db, a, 1));
    db_close(db);
    store_close(store);
}

/* ---- what a command promises of the public record ---- */

typedef struct Promise {
    int64_t id;
    bool leaves;
    Err err;
} Promise;

static int promise_runs;

/* Once before each commit in which a leaf stands: how many there are. */
static int64_t settled;

static Err settle_promise(Db *db, int64_t next)
{
    settled = next;
    return add_row(db, 1000000 + promise_runs);
}

static Err run_promise(Db *db, Command *c)
{
    const Promise *p = c->input;
    promise_runs++;
    Err e = add_row(db, p->id);
    if (e) return e;
    int64_t next = db_leaf_next(db);
    if (p->leaves) db_leaf_appended(db, next < 0 ? 0 : next, settle_promise);
    return p->err;
}

static void commands_are_held_to_their_leaves(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    const struct {
        LeafRule rule;
        Promise does;
        Err expected;
        const char *words;
    } cases[] = {
        {LEAF_ONE, {0, true, ERR_OK}, ERR_OK, NULL},
        {LEAF_ONE, {1, false, ERR_OK}, ERR_IO, "'test' had promised a leaf in the public record and left none"},
        {LEAF_NONE, {2, false, ERR_OK}, ERR_OK, NULL},
        {LEAF_NONE, {3, true, ERR_OK}, ERR_IO, "'test' left a leaf in the public record and had promised none"},
        {LEAF_MAYBE, {4, false, ERR_OK}, ERR_OK, NULL}, {LEAF_MAYBE, {5, true, ERR_OK}, ERR_OK, NULL},
        {LEAF_ONE, {6, true, ERR_DENIED}, ERR_DENIED, NULL},
        {LEAF_NONE, {7, true, ERR_DENIED}, ERR_DENIED, NULL}, /* its own word, not the writer's */
    };
    for (int together = 0; together < 2; together++) {
        Batch *b = batch_new(store, a);
        Promise *does = arena_new(a, Promise, COUNT_OF(cases));
        for (int i = 0; i < COUNT_OF(cases); i++) {
            does[i] = cases[i].does;
            does[i].id += together * 100;
            Command *c = batch_add(b, run_promise, &does[i]);
            c->leaf = cases[i].rule;
            c->key = together ? str_format(a, "key %d", i) : S("");
        }
        settled = -1;
        batch_run(b);
        if (!on_postgres) assert_int_equal(settled, 2); /* there the batch in which something failed is run again, one by one */
        assert_true(settled >= 1);
        for (int i = 0; i < COUNT_OF(cases); i++) {
            assert_int_equal(b->commands[i].err, cases[i].expected);
            assert_int_equal(row_exists(db, a, does[i].id), cases[i].expected == ERR_OK);
            if (cases[i].words) assert_says(b->commands[i].fault.expected, cases[i].words);
        }
        batch_end(b);
    }
    db_close(db);
    store_close(store);
}

/* The first answer again is no new act: nothing is run, and nothing is missed. */
static void a_repeated_act_leaves_nothing_and_is_right(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    promise_runs = 0;
    const Promise does = {1, true, ERR_OK};
    for (int i = 0; i < 2; i++) {
        Command c = {.name = "test", .leaf = LEAF_ONE, .run = run_promise, .input = &does, .arena = a, .key = S("k"), .now = 1000};
        assert_int_equal(store_run(store, &c), ERR_OK);
        assert_int_equal(c.repeated, i);
    }
    assert_int_equal(promise_runs, 1);
    store_close(store);
}

/* ---- keys ---- */

static int runs;

static Err run_keyed(Db *db, Command *c)
{
    runs++;
    Err e = c->input ? run_add(db, c) : ERR_OK;
    c->answer = str_format(c->arena, "answer %d", runs);
    return e;
}

static Command keyed(Arena *a, Str key, const char *asked, const int64_t *id)
{
    return (Command){
        .leaf = LEAF_NONE, .run = run_keyed, .arena = a, .key = key, .digest = sha256(str_from_c(asked)), .input = id, .now = 1000};
}

static void a_key_is_done_once(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    Store *store = open_at(a, url);
    runs = 0;
    const int64_t id = 1;
    Command first = keyed(a, S("k"), "this", &id), again = first, other = keyed(a, S("k"), "that", &id);
    assert_int_equal(store_run(store, &first), ERR_OK);
    assert_false(first.repeated);
    assert_int_equal(store_run(store, &again), ERR_OK);
    assert_true(again.repeated);
    assert_str(again.answer, "answer 1");
    assert_int_equal(store_run(store, &other), ERR_CONFLICT);
    assert_says(other.fault.expected, "another request");
    assert_int_equal(store_figures(store).repeated, 1);
    store_close(store);
    store = open_at(a, url);
    again = keyed(a, S("k"), "this", &id);
    assert_int_equal(store_run(store, &again), ERR_OK);
    assert_true(again.repeated);
    assert_str(again.answer, "answer 1");
    assert_int_equal(runs, 1);
    store_close(store);
}

static void a_key_that_failed_may_come_again(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    const int64_t id = 1, free_id = 2;
    assert_int_equal(add(store, a, id), ERR_OK);
    Command c = keyed(a, S("k"), "this", &id);
    assert_int_equal(store_run(store, &c), ERR_CONFLICT);
    c = keyed(a, S("k"), "this", &free_id);
    assert_int_equal(store_run(store, &c), ERR_OK);
    assert_false(c.repeated);
    store_close(store);
}

static void a_key_comes_twice_in_one_batch(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    runs = 0;
    Batch *b = batch_new(store, a);
    static const int64_t ids[] = {1, 2, 3};
    const struct {
        Str key;
        const char *asked;
        int id;
    } cases[] = {{S("k"), "x", 0}, {S("l"), "x", 1}, {S("k"), "x", 0}, {S("k"), "y", 0}, {S("k"), "x", 0}, {S("m"), "x", 2}};
    for (int i = 0; i < COUNT_OF(cases); i++) {
        Command *c = batch_add(b, run_keyed, &ids[cases[i].id]);
        c->key = cases[i].key;
        c->digest = sha256(str_from_c(cases[i].asked));
    }
    batch_run(b);
    const Err expected[] = {ERR_OK, ERR_OK, ERR_OK, ERR_CONFLICT, ERR_OK, ERR_OK};
    const bool repeated[] = {false, false, true, false, true, false};
    for (int i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(b->commands[i].err, expected[i]);
        assert_int_equal(b->commands[i].repeated, repeated[i]);
        assert_int_equal(b->order[i + 1], i);
    }
    assert_same_str(b->commands[2].answer, b->commands[0].answer);
    assert_int_equal(runs, 3);
    store_close(store);
    batch_end(b);
}

static void keys_expire(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    const int64_t week = 7LL * 24 * 60 * 60 * 1000;
    enum { KEYS = 2500 };
    Batch *b = batch_new(store, a);
    sem_post(&b->gate.go);
    while (sem_wait(&b->all) != 0) {
    }
    for (int i = 0; i < KEYS; i++) {
        Command *c = arena_new(a, Command, 1);
        *c = keyed(a, str_format(a, "key %d", i), "x", NULL);
        c->done = batch_done;
        batch_of->done = 0;
        store_submit(store, c);
        while (sem_wait(&b->all) != 0) {
        }
    }
    store_housekeep(store, 1000 + week);
    Command kept = keyed(a, S("key 0"), "x", NULL);
    assert_int_equal(store_run(store, &kept), ERR_OK);
    assert_true(kept.repeated);
    store_housekeep(store, 1001 + week);
    /* It goes a thousand at a time, other commands between: it is over when the last of its commands found nothing. */
    int64_t before = -1;
    for (StoreFigures f = store_figures(store); f.commands != before || f.queued; f = store_figures(store)) {
        before = f.commands;
        assert_int_equal(do_with(store, a, run_only_fail, NULL), ERR_MISSING);
        if (store_figures(store).commands == before + 1) break;
    }
    Command gone = keyed(a, S("key 2499"), "x", NULL);
    assert_int_equal(store_run(store, &gone), ERR_OK);
    assert_false(gone.repeated);
    store_close(store);
}

/* ---- topics ---- */

typedef struct Announcing {
    const char *topic;
    int times;
    int64_t now;
} Announcing;

static Err run_announce(Db *db, Command *c)
{
    const Announcing *n = c->input;
    for (int i = 0; i < n->times; i++) {
        Err e = db_announce(db, str_from_c(n->topic), str_format(c->arena, "%s %d", n->topic, i), c->now);
        if (e) return e;
    }
    return ERR_OK;
}

static void announce(Store *store, Arena *a, const char *topic, int times)
{
    assert_int_equal(do_with(store, a, run_announce, &(Announcing){topic, times, 0}), ERR_OK);
}

static void versions_count_without_gaps(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    assert_int_equal(topic_version(store, db, "a"), 0);
    announce(store, a, "a", 1);
    assert_int_equal(topic_version(store, db, "a"), 1);
    assert_int_equal(topic_version(store, db, "a"), 1);
    Batch *b = batch_new(store, a);
    static const Announcing some[] = {{"b", 2, 0}, {"a", 1, 0}, {"c", 1, 0}, {"a", 3, 0}, {"b", 1, 0}};
    for (int i = 0; i < COUNT_OF(some); i++) batch_add(b, run_announce, &some[i]);
    batch_run(b);
    assert_int_equal(topic_version(store, db, "a"), 5);
    assert_int_equal(topic_version(store, db, "b"), 3);
    assert_int_equal(topic_version(store, db, "c"), 1);
    TopicEvent *events = NULL;
    int count = 0;
    bool gap = true;
    assert_int_equal(db_events_after(db, a, S("b"), 0, &events, &count, &gap), ERR_OK);
    assert_false(gap);
    assert_int_equal(count, 3);
    const char *data[] = {"b 0", "b 1", "b 0"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(events[i].version, i + 1);
        assert_same_str(events[i].data, str_from_c(data[i]));
        assert_str(events[i].topic, "b");
    }
    db_close(db);
    store_close(store);
    batch_end(b);
}

static void the_last_events_are_kept(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    announce(store, a, "t", TOPIC_KEPT);
    const struct {
        int64_t after;
        int count;
        bool gap;
    } cases[] = {{0, TOPIC_KEPT, true}, {1, TOPIC_KEPT, true}, {2, TOPIC_KEPT, false}, {1000, 2, false}, {1002, 0, false}, {1003, 0, true}};
    TopicEvent *events = NULL;
    int count = 0;
    bool gap = true;
    assert_int_equal(db_events_after(db, a, S("t"), 0, &events, &count, &gap), ERR_OK);
    assert_int_equal(count, TOPIC_KEPT);
    assert_false(gap);
    announce(store, a, "t", 2);
    for (int i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(db_events_after(db, a, S("t"), cases[i].after, &events, &count, &gap), ERR_OK);
        assert_int_equal(count, cases[i].count);
        assert_int_equal(gap, cases[i].gap);
    }
    assert_int_equal(db_events_after(db, a, S("nobody"), 0, &events, &count, &gap), ERR_OK);
    assert_true(count == 0 && !gap);
    db_close(db);
    store_close(store);
}

static Err run_announce_too_much(Db *db, Command *c)
{
    const Str topic = {arena_new(c->arena, char, TOPIC_MAX + 1), TOPIC_MAX + 1},
              data = {arena_new(c->arena, char, TOPIC_DATA_MAX + 1), TOPIC_DATA_MAX + 1};
    memset((char *)topic.ptr, 'x', topic.len);
    memset((char *)data.ptr, 'x', data.len);
    assert_int_equal(db_announce(db, topic, S(""), 0), ERR_LIMIT);
    assert_int_equal(db_announce(db, S("t"), data, 0), ERR_LIMIT);
    assert_int_equal(db_announce(db, S("\xff"), S(""), 0), ERR_INPUT);
    assert_int_equal(db_announce(db, S("t"), (Str){"\0", 1}, 0), ERR_INPUT);
    return db_announce(db, str_slice(topic, 0, TOPIC_MAX), str_slice(data, 0, TOPIC_DATA_MAX), 0);
}

static void announcements_have_bounds(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    assert_int_equal(do_with(store, a, run_announce_too_much, NULL), ERR_OK);
    Db *db = reader(store);
    assert_int_equal(topic_version(store, db, "t"), 0);
    int64_t version = -1;
    char longest[TOPIC_MAX];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(store_topic_version(store, db, (Str){longest, sizeof longest}, &version), ERR_OK);
    assert_int_equal(version, 1);
    db_close(db);
    store_close(store);
}

/* A snapshot's version goes with what it shows, however often it is asked. */
static void a_snapshot_is_one_moment(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store), *other = reader(store);
    const int64_t one = 1, two = 2;
    assert_int_equal(do_with(store, a, run_add_and_announce, &one), ERR_OK);
    assert_int_equal(db_snapshot(db), ERR_OK);
    assert_int_equal(row_count(db, a), 1);
    assert_int_equal(do_with(store, a, run_add_and_announce, &two), ERR_OK);
    assert_int_equal(row_count(db, a), 1);
    assert_int_equal(topic_version(store, db, "added"), 1);
    assert_int_equal(topic_version(store, db, "added"), 1);
    assert_int_equal(row_count(other, a), 2);
    assert_int_equal(topic_version(store, other, "added"), 2);
    db_release(db);
    assert_int_equal(row_count(db, a), 2);
    assert_int_equal(topic_version(store, db, "added"), 2);
    db_close(db);
    db_close(other);
    store_close(store);
}

/* A cache that keeps a version must see what another program did. */
static void versions_of_another_program_are_seen(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    Store *store = open_at(a, url), *other = open_at(a, url);
    Db *db = reader(store);
    for (int64_t i = 1; i <= 20; i++) {
        announce(i % 2 ? store : other, a, "t", 1);
        assert_int_equal(topic_version(store, db, "t"), i);
        assert_int_equal(topic_version(store, db, "t"), i);
    }
    db_close(db);
    store_close(other);
    store_close(store);
}

/* ---- the listener ---- */

typedef struct Ear {
    pthread_mutex_t lock;
    pthread_cond_t more;
    int count;
    int64_t versions[4096];
    char last[200];
} Ear;

static Ear ear = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void hear(void *context, const TopicEvent *event)
{
    Ear *e = context;
    pthread_mutex_lock(&e->lock);
    if (e->count < COUNT_OF(e->versions)) e->versions[e->count] = event->version;
    e->count++;
    snprintf(e->last, sizeof e->last, "%.*s %lld %.*s", STR_ARG(event->topic), (long long)event->version, STR_ARG(event->data));
    pthread_cond_signal(&e->more);
    pthread_mutex_unlock(&e->lock);
}

static void wait_heard(int count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&ear.lock);
    int code = 0;
    while (ear.count < count && code == 0) code = pthread_cond_timedwait(&ear.more, &ear.lock, &until);
    pthread_mutex_unlock(&ear.lock);
    assert_int_equal(ear.count, count);
}

static void what_is_committed_is_heard(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    announce(store, a, "t", 5); /* before anybody listens */
    ear.count = 0;
    store_listen(store, hear, &ear);
    announce(store, a, "t", 1);
    wait_heard(1);
    assert_string_equal(ear.last, "t 6 t 0");
    for (int i = 0; i < 20; i++) announce(store, a, "t", 100);
    wait_heard(2001);
    for (int i = 0; i < 2001; i++) assert_int_equal(ear.versions[i], i + 6);
    store_close(store);
    assert_int_equal(ear.count, 2001);
}

/* Runs in a child, which must not touch what its parent's threads hold: it opens the store for itself. */
static int announce_elsewhere(Str url, int times)
{
    pid_t child = fork();
    if (child == 0) {
        Arena a;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        Store *store = NULL;
        Fault fault = {0};
        if (store_open(&a, &(StoreOptions){.url = url}, &store, &fault)) _exit(1);
        for (int i = 0; i < times; i++)
            if (do_with(store, &a, run_announce, &(Announcing){"t", 1, 0})) _exit(2);
        store_close(store);
        child_succeeded();
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void another_process_is_heard(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    Store *store = open_at(a, url);
    ear.count = 0;
    store_listen(store, hear, &ear);
    announce(store, a, "t", 1);
    wait_heard(1);
    assert_int_equal(announce_elsewhere(url, 3), 0);
    announce(store, a, "t", 1);
    wait_heard(5);
    for (int i = 0; i < 5; i++) assert_int_equal(ear.versions[i], i + 1);
    assert_int_equal(announce_elsewhere(url, 1), 0);
    wait_heard(6); /* nobody else wakes the listener now */
    Db *db = reader(store);
    assert_int_equal(topic_version(store, db, "t"), 6);
    db_close(db);
    store_close(store);
}

/* Nobody hears of other processes any more, so nothing that was remembered may be believed. */
static void versions_are_right_without_a_listener(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    Store *store = open_at(a, url), *other = open_at(a, url);
    Db *db = reader(store);
    ear.count = 0;
    store_listen(store, hear, &ear);
    announce(other, a, "t", 1);
    wait_heard(1);
    assert_int_equal(topic_version(store, db, "t"), 1);
    store_listen(store, NULL, NULL);
    announce(other, a, "t", 1);
    assert_int_equal(topic_version(store, db, "t"), 2);
    db_close(db);
    store_close(other);
    store_close(store);
}

/* ---- PostgreSQL: conflicts, and connections that are lost ---- */

/* The first `times` rows that are written anywhere fail with this code; the sequence counts over rollbacks. */
static void rows_fail_first(Arena *a, Str url, int times, const char *how)
{
    pg_admin(url, str_c(a, str_format(a,
                               "CREATE SEQUENCE tried; CREATE FUNCTION fail_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                               " IF nextval('tried') <= %d THEN %s END IF; RETURN NULL; END $$;"
                               " CREATE CONSTRAINT TRIGGER fail_first AFTER INSERT ON probe DEFERRABLE INITIALLY DEFERRED"
                               " FOR EACH ROW EXECUTE FUNCTION fail_first()",
                               times, how)));
}

static void conflicts_with_others_are_tried_again(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    Store *store = open_at(a, url);
    rows_fail_first(a, url, 3, "RAISE EXCEPTION 'not now' USING ERRCODE = '40001';");
    assert_int_equal(add(store, a, 1), ERR_OK);
    store_close(store);
    url = fresh_url(a);
    store = open_at(a, url);
    rows_fail_first(a, url, 1 << 20, "RAISE EXCEPTION 'never' USING ERRCODE = '40P01';");
    assert_int_equal(add(store, a, 1), ERR_CONFLICT);
    store_close(store);
}

/* The session ends in the commit, before anything is committed: whoever asked with a key is asked for again, others are told that nobody knows. */
static void a_connection_lost_in_the_commit(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    Store *store = open_at(a, url);
    rows_fail_first(a, url, 1, "PERFORM pg_terminate_backend(pg_backend_pid());");
    static const int64_t ids[] = {1, 2};
    Batch *b = batch_new(store, a);
    Command *keyed = batch_add(b, run_add, &ids[0]), *plain = batch_add(b, run_add, &ids[1]);
    keyed->key = S("k");
    batch_run(b);
    assert_int_equal(keyed->err, ERR_OK);
    assert_int_equal(plain->err, ERR_IO);
    assert_says(plain->fault.expected, "may or may not");
    assert_true(plain->perhaps && !keyed->perhaps);
    Db *db = reader(store);
    assert_int_equal(row_count(db, a), 1);
    db_close(db);
    store_close(store);
    batch_end(b);
}

/* ---- the queue ---- */

static void a_full_queue_is_told_at_once(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_with(a, (StoreOptions){.url = fresh_url(a), .queue_most = 3});
    Batch *b = batch_new(store, a);
    static const int64_t ids[] = {1, 2, 3, 4};
    for (int i = 0; i < 4; i++) batch_add(b, run_add, &ids[i]);
    for (int i = 0; i < 4; i++) store_submit(store, &b->commands[i]);
    assert_int_equal(atomic_load(&b->done), 1); /* the writer still waits at the gate */
    assert_int_equal(b->order[0], 3);
    assert_int_equal(b->commands[3].err, ERR_IO);
    assert_says(b->commands[3].fault.expected, "busy");
    assert_int_equal(store_figures(store).queued, 3);
    sem_post(&b->gate.go);
    for (int i = 0; i < 5; i++)
        while (sem_wait(&b->all) != 0) {
        }
    for (int i = 0; i < 3; i++) assert_int_equal(b->commands[i].err, ERR_OK);
    store_close(store);
    batch_end(b);
}

static void closing_finishes_the_queue(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    Store *store = open_with(a, (StoreOptions){.url = url, .batch_most = 7});
    Batch *b = batch_new(store, a);
    static int64_t ids[40];
    for (int i = 0; i < 40; i++) ids[i] = i, batch_add(b, run_add, &ids[i]);
    for (int i = 0; i < 40; i++) store_submit(store, &b->commands[i]);
    sem_post(&b->gate.go);
    store_close(store);
    assert_int_equal(atomic_load(&b->done), 41);
    for (int i = 0; i < 40; i++) assert_int_equal(b->commands[i].err, ERR_OK);
    store = open_at(a, url);
    Db *db = reader(store);
    assert_int_equal(row_count(db, a), 40);
    db_close(db);
    store_close(store);
    store_close(NULL);
    batch_end(b);
}

/* ---- many threads ---- */

enum { WRITING = 4, READING = 2, EACH = 150 };

static Err run_raise(Db *db, Command *c)
{
    DbRows rows;
    Err e = db_one(db, c->arena, "probe_get", DB_VALUES(db_number(1)), &rows);
    if (e) return e;
    int64_t amount = db_i64(&rows, "amount") + 1;
    e = db_run(db, "probe_set_amount", DB_VALUES(db_number(1), db_number(amount)));
    if (e) return e;
    return db_announce(db, S("amount"), str_format(c->arena, "%lld", (long long)amount), c->now);
}

typedef struct Crowd {
    Store *store;
    _Atomic bool over;
    _Atomic int failed;
} Crowd;

static void *raise_often(void *context)
{
    Crowd *crowd = context;
    for (int i = 0; i < EACH; i++) {
        Arena a;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        if (do_with(crowd->store, &a, run_raise, NULL)) atomic_fetch_add(&crowd->failed, 1);
        arena_clear(&a);
    }
    return NULL;
}

/* In a snapshot the amount and its topic's version are the same; neither ever falls. Outside it PostgreSQL may be moments behind. */
static void *watch(void *context)
{
    Crowd *crowd = context;
    Db *db = reader(crowd->store);
    int64_t last = 0;
    while (!atomic_load(&crowd->over)) {
        Arena a;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        DbRows rows;
        int64_t version = 0;
        bool right = !db_snapshot(db) && !db_one(db, &a, "probe_get", DB_VALUES(db_number(1)), &rows) &&
                     !store_topic_version(crowd->store, db, S("amount"), &version) && db_i64(&rows, "amount") == version && version >= last;
        last = version;
        db_release(db);
        right = right && !store_topic_version(crowd->store, db, S("amount"), &version) && (on_postgres || version >= last);
        if (version > last && !on_postgres) last = version;
        if (!right) atomic_fetch_add(&crowd->failed, 1);
        arena_clear(&a);
    }
    db_close(db);
    return NULL;
}

static void readers_and_writers_do_not_disturb_each_other(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Crowd crowd = {.store = open_at(a, fresh_url(a))};
    assert_int_equal(add(crowd.store, a, 1), ERR_OK);
    ear.count = 0;
    store_listen(crowd.store, hear, &ear);
    pthread_t threads[WRITING + READING];
    for (int i = 0; i < WRITING + READING; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < WRITING ? raise_often : watch, &crowd), 0);
    for (int i = 0; i < WRITING; i++) pthread_join(threads[i], NULL);
    atomic_store(&crowd.over, true);
    for (int i = WRITING; i < WRITING + READING; i++) pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.failed), 0);
    Db *db = reader(crowd.store);
    DbRows rows;
    assert_int_equal(db_one(db, a, "probe_get", DB_VALUES(db_number(1)), &rows), ERR_OK);
    assert_int_equal(db_i64(&rows, "amount"), WRITING * EACH);
    assert_int_equal(topic_version(crowd.store, db, "amount"), WRITING * EACH);
    wait_heard(WRITING * EACH);
    for (int i = 0; i < WRITING * EACH; i++) assert_int_equal(ear.versions[i], i + 1);
    db_close(db);
    store_close(crowd.store);
}

/* ---- the schema ---- */

static Err run_add_migration(Db *db, Command *c)
{
    return db_run(db, "probe_add_migration", DB_VALUES(db_number(*(const int64_t *)c->input)));
}

static Err run_change_migration(Db *db, Command *c)
{
    (void)c;
    return db_run(db, "probe_change_migration", DB_NO_VALUES);
}

static Err run_drop_migration(Db *db, Command *c)
{
    (void)c;
    return db_run(db, "probe_drop_migration", DB_NO_VALUES);
}

static Str changed_store(Arena *a, Err (*run)(Db *, Command *), const void *input)
{
    Str url = fresh_url(a);
    Store *store = open_at(a, url);
    assert_int_equal(do_with(store, a, run, input), ERR_OK);
    store_close(store);
    return url;
}

static void another_schema_is_refused(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    const int64_t newer = 3;
    Str url = changed_store(a, run_add_migration, &newer);
    assert_says(refused(a, (StoreOptions){.url = url}, ERR_CONFLICT), "newer than this program");
    assert_says(refused(a, (StoreOptions){.url = url, .as_it_is = true}, ERR_CONFLICT), "newer than this program");
    url = changed_store(a, run_change_migration, NULL);
    assert_says(refused(a, (StoreOptions){.url = url}, ERR_CONFLICT), "another 0002_probe");
    url = changed_store(a, run_drop_migration, NULL);
    assert_says(refused(a, (StoreOptions){.url = url, .as_it_is = true}, ERR_CONFLICT), "older than this program");
    /* Its table is there already, so this migration cannot be done, and nothing of it stays. */
    assert_says(refused(a, (StoreOptions){.url = url}, ERR_IO), "0002_probe");
}

static void a_migration_is_done_once(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    for (int i = 0; i < 3; i++) {
        Store *store = open_at(a, url);
        Db *db = reader(store);
        DbRows rows;
        assert_int_equal(db_query(db, a, "probe_migrations", DB_NO_VALUES, &rows), ERR_OK);
        assert_int_equal(rows.count, 2);
        db_close(db);
        store_close(store);
    }
    Store *store = open_with(a, (StoreOptions){.url = url, .as_it_is = true});
    store_close(store);
}

static void processes_that_start_together_migrate_once(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    pid_t children[4];
    for (int i = 0; i < COUNT_OF(children); i++) {
        children[i] = fork();
        if (children[i]) continue;
        Store *store = NULL;
        Fault fault = {0};
        if (store_open(a, &(StoreOptions){.url = url}, &store, &fault)) {
            fprintf(stderr, "%.*s\n", STR_ARG(fault.expected));
            _exit(1);
        }
        store_close(store);
        child_succeeded();
    }
    for (int i = 0; i < COUNT_OF(children); i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    store_close(open_with(a, (StoreOptions){.url = url, .as_it_is = true}));
}

/* ---- small things ---- */

static Err run_setting(Db *db, Command *c)
{
    Err e = db_run(db, "setting_add", DB_VALUES(db_string(S("key")), db_bytes(S("first"))));
    if (!e) e = db_run(db, "setting_add", DB_VALUES(db_string(S("key")), db_bytes(S("second"))));
    DbRows rows;
    if (!e) e = db_one(db, c->arena, "setting_get", DB_VALUES(db_string(S("key"))), &rows);
    if (!e) c->answer = db_text(&rows, "value");
    return e;
}

static void the_first_setting_stays(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Command c = {.leaf = LEAF_NONE, .run = run_setting, .arena = a};
    assert_int_equal(store_run(store, &c), ERR_OK);
    assert_str(c.answer, "first");
    store_close(store);
}

static void a_store_can_be_asked_whether_it_is_there(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    Fault fault = {0};
    assert_int_equal(store_check(store, db, &fault), ERR_OK);
    assert_int_equal(store_engine(store), on_postgres ? ENGINE_POSTGRES : ENGINE_SQLITE);
    db_close(db);
    store_close(store);
}

static void urls_are_shown_without_passwords(void **state)
{
    Arena *a = *state;
    const struct {
        const char *url, *shown;
    } cases[] = {
        {"/var/lib/hustings/store.db", "/var/lib/hustings/store.db"},
        {"sqlite:a:b@c", "sqlite:a:b@c"},
        {"postgres://host/db", "postgres://host/db"},
        {"postgresql://me@host:5432/db", "postgresql://me@host:5432/db"},
        {"postgres://me:secret@host/db", "postgres://me:***@host/db"},
        {"postgres://me:s@e/c?r:e@t@one:1,two:2/db?x=y", "postgres://me:***@one:1,two:2/db?x=y"},
        {"postgres:///db?host=/run&password=secret&user=me", "postgres:///db?host=/run&password=***&user=me"},
        {"postgres:///db?sslpassword=secret", "postgres:///db?sslpassword=***"},
        {"postgres://", "postgres://"},
    };
    for (int i = 0; i < COUNT_OF(cases); i++) assert_same_str(store_url_shown(a, str_from_c(cases[i].url)), str_from_c(cases[i].shown));
}

static void urls_that_mean_nothing_are_refused(void **state)
{
    Arena *a = *state;
    const Str cases[] = {S(""), S("sqlite:"), S("mysql://host/db"), {"a\0b", 3}, S("/tmp")};
    for (int i = 0; i < COUNT_OF(cases); i++) refused(a, (StoreOptions){.url = cases[i]}, ERR_INPUT);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(values_come_back_as_they_went),
        arena_test(text_that_is_not_text_is_refused),
        arena_test(rows_are_read_by_name),
        arena_test(too_many_rows_are_refused),
        arena_test(rows_become_a_view),
        arena_test(text_is_ordered_by_bytes),
        arena_test(bugs_stop_the_process),
        arena_test(every_statement_can_be_prepared),
        arena_test(a_command_that_fails_undoes_itself_alone),
        arena_test(many_commands_are_one_commit),
        arena_test(changed_rows_are_counted),
        arena_test(a_command_reads_what_it_wrote),
        arena_test(commands_are_held_to_their_leaves),
        arena_test(a_repeated_act_leaves_nothing_and_is_right),
        arena_test(a_key_is_done_once),
        arena_test(a_key_that_failed_may_come_again),
        arena_test(a_key_comes_twice_in_one_batch),
        arena_test(keys_expire),
        arena_test(versions_count_without_gaps),
        arena_test(the_last_events_are_kept),
        arena_test(announcements_have_bounds),
        arena_test(a_snapshot_is_one_moment),
        arena_test(versions_of_another_program_are_seen),
        arena_test(what_is_committed_is_heard),
        arena_test(another_process_is_heard),
        arena_test(versions_are_right_without_a_listener),
        arena_test(a_full_queue_is_told_at_once),
        arena_test(closing_finishes_the_queue),
        arena_test(readers_and_writers_do_not_disturb_each_other),
        arena_test(another_schema_is_refused),
        arena_test(a_migration_is_done_once),
        arena_test(processes_that_start_together_migrate_once),
        arena_test(the_first_setting_stays),
        arena_test(a_store_can_be_asked_whether_it_is_there),
        arena_test(urls_are_shown_without_passwords),
        arena_test(urls_that_mean_nothing_are_refused),
    };
    const struct CMUnitTest of_postgres[] = {
        arena_test(conflicts_with_others_are_tried_again),
        arena_test(a_connection_lost_in_the_commit),
    };
    int failed = cmocka_run_group_tests(tests, make_folder, remove_folder);
    return failed + (on_postgres ? cmocka_run_group_tests(of_postgres, NULL, NULL) : 0);
}
