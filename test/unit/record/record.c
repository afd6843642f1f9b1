/* The record in the store, on either engine: the argument says which. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/stores.h"

#include "db/transfer.h"
#include "record/record.h"

#include <sqlite3.h>

static const Officer ada = {S("Ada Poll"), S("steward")};
static const int64_t NOW = 1795367121000;

/* ---- commands ---- */

typedef struct Doing {
    Act act;
    const Power *power; /* NULL: a plain act */
    int times;          /* 0: once */
    Err then;           /* fails so after it */
    bool wrong_first;   /* an act that does not fit, whose error it does not mind */
    int64_t number;     /* of the last leaf */
} Doing;

static Err run_doing(Db *db, Command *c)
{
    Doing *d = c->context;
    Err e = ERR_OK;
    if (d->wrong_first) {
        Act wrong = {.kind = "contest.published", .by = ada, .says = S("About no contest.")};
        Fault fault = {0};
        assert_int_equal(record_act(db, c->arena, &wrong, c->now, NULL, &fault), ERR_INPUT);
    }
    for (int i = 0; i < (d->times ? d->times : 1) && !e; i++)
        e = d->power ? record_power_give(db, c->arena, &d->act, d->power, c->now, &d->number, &c->fault)
                     : record_act(db, c->arena, &d->act, c->now, &d->number, &c->fault);
    return e ? e : d->then;
}

static Err try_doing(Store *store, Doing *d, int64_t now, Fault *fault)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Command c = {.name = "doing", .leaf = LEAF_ONE, .run = run_doing, .context = d, .arena = &a, .now = now};
    Err e = store_run(store, &c);
    if (fault) fault->err = c.fault.err;
    arena_clear(&a);
    return e;
}

static int64_t do_act(Store *store, Act act, int64_t now)
{
    Doing d = {.act = act};
    assert_int_equal(try_doing(store, &d, now, NULL), ERR_OK);
    return d.number;
}

static Act exported(void)
{
    return (Act){.kind = "export.made", .by = ada, .says = S("Everything was exported.")};
}

static Act published(Str contest)
{
    return (Act){.kind = "contest.published", .by = ada, .says = S("It was published."), .contest = contest};
}

static int64_t size_of(Db *db, Arena *a)
{
    int64_t size;
    assert_int_equal(record_size(db, a, &size), ERR_OK);
    return size;
}

/* Are they numbered without gaps, and is each what its hash says? */
static void assert_sound(Db *db, Arena *a)
{
    int64_t size = size_of(db, a);
    Leaf leaf;
    Sha256 hash;
    for (int64_t i = 0; i < size; i++) {
        if (record_leaf(db, a, i, &leaf, &hash)) fail_msg("leaf %lld of %lld is not there", (long long)i, (long long)size);
        Sha256 right = tree_leaf(leaf.entry);
        assert_true(leaf.number == i && leaf.at > 0 && hash_equal(&hash, &right));
    }
    assert_int_equal(record_leaf(db, a, size, &leaf, NULL), ERR_MISSING);
}

typedef struct Place {
    Arena *a;
    Str url;
    Store *store;
    Db *db;
} Place;

static Place place(void **state)
{
    Place p = {.a = *state};
    p.url = fresh_url(p.a);
    p.store = open_at(p.a, p.url);
    p.db = reader(p.store);
    return p;
}

static void leave(Place *p)
{
    db_close(p->db);
    store_close(p->store);
}

/* SQL past every rule, as somebody with the file would do it. */
static void by_hand(Place *p, const char *sql)
{
    if (on_postgres) {
        pg_admin(p->url, sql);
        return;
    }
    sqlite3 *db;
    assert_int_equal(sqlite3_open(str_c(p->a, p->url), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* ---- appending ---- */

static void acts_are_leaves_in_order(void **state)
{
    engine_or_skip();
    Place p = place(state);
    assert_int_equal(size_of(p.db, p.a), 0);
    int64_t before = topic_version(p.store, p.db, "record");
    Act act = published(S("labour-2010"));
    act.unit = S("leeds");
    act.reason = S("It was counted.");
    assert_int_equal(do_act(p.store, act, NOW), 0);
    assert_int_equal(do_act(p.store, exported(), NOW + 5), 1);
    assert_int_equal(size_of(p.db, p.a), 2);
    assert_int_equal(topic_version(p.store, p.db, "record"), before + 2);
    Leaf leaf;
    assert_int_equal(record_leaf(p.db, p.a, 0, &leaf, NULL), ERR_OK);
    assert_str(leaf.kind, "contest.published");
    assert_str(leaf.title, "Result published");
    assert_str(leaf.says, "It was published.");
    assert_str(leaf.contest, "labour-2010");
    assert_str(leaf.unit, "leeds");
    assert_str(leaf.reason, "It was counted.");
    assert_true(leaf.at == NOW && leaf.power == -1 && leaf.until == 0);
    assert_sound(p.db, p.a);
    leave(&p);
}

static void an_act_that_is_undone_gives_its_number_back(void **state)
{
    engine_or_skip();
    Place p = place(state);
    do_act(p.store, exported(), NOW);
    int64_t announced = topic_version(p.store, p.db, "record");
    Doing undone = {.act = exported(), .times = 3, .then = ERR_DENIED};
    assert_int_equal(try_doing(p.store, &undone, NOW, NULL), ERR_DENIED);
    assert_int_equal(size_of(p.db, p.a), 1);
    assert_int_equal(topic_version(p.store, p.db, "record"), announced);
    Doing unfit = {.act = published(S(""))};
    Fault fault = {0};
    assert_int_equal(try_doing(p.store, &unfit, NOW, &fault), ERR_INPUT);
    assert_int_equal(fault.err, ERR_INPUT);
    Doing forgiving = {.act = exported(), .wrong_first = true};
    assert_int_equal(try_doing(p.store, &forgiving, NOW, NULL), ERR_OK);
    assert_int_equal(forgiving.number, 1);
    assert_int_equal(do_act(p.store, exported(), NOW), 2);
    assert_sound(p.db, p.a);
    leave(&p);
}

/* Many at once from several processes, some of which change their mind. */
static void act_now_and_then(Arena *a, Str url, int who)
{
    Store *store = open_at(a, url);
    for (int i = 0; i < 60; i++) {
        Doing d = {.act = exported(), .times = 1 + i % 3, .then = (i + who) % 4 == 0 ? ERR_CONFLICT : ERR_OK};
        Err e = try_doing(store, &d, NOW + i, NULL);
        if (e != d.then) {
            fprintf(stderr, "process %d, command %d: error %d\n", who, i, (int)e);
            _exit(1);
        }
    }
    store_close(store);
}

static void several_processes_leave_no_gaps(void **state)
{
    engine_or_skip();
    enum { PROCESSES = 3 };
    Arena *a = *state;
    Str url = fresh_url(a);
    store_close(open_at(a, url));
    pid_t children[PROCESSES];
    int64_t expected = 0;
    for (int who = 0; who < PROCESSES; who++) {
        for (int i = 0; i < 60; i++) expected += (i + who) % 4 == 0 ? 0 : 1 + i % 3;
        children[who] = fork();
        if (children[who]) continue;
        act_now_and_then(a, url, who);
        child_succeeded();
    }
    for (int who = 0; who < PROCESSES; who++) {
        int status = -1;
        assert_int_equal(waitpid(children[who], &status, 0), children[who]);
        assert_int_equal(status, 0);
    }
    Store *store = open_at(a, url);
    Db *db = reader(store);
    assert_int_equal(size_of(db, a), expected);
    assert_sound(db, a);
    db_close(db);
    store_close(store);
}

/* ---- finding ---- */

static const char *const contests[] = {"a-2010", "b-2015", "c-2016"};

/* 40 leaves: of two kinds about three contests, about two units, about nothing; ten seconds apart. */
static void fill(Place *p)
{
    static const char *const units[] = {"leeds", "york"};
    for (int i = 0; i < 40; i++) {
        Act act = exported();
        if (i % 4 < 2) {
            act = published(str_from_c(contests[i % 3]));
            if (i % 4 == 1) act.kind = "contest.replaced";
        } else if (i % 4 == 2) {
            act.unit = str_from_c(units[i / 4 % 2]);
        }
        assert_int_equal(do_act(p->store, act, NOW + i * 10000), i);
    }
}

static bool fits(const Leaf *leaf, const LeafFilter *f)
{
    return (!f->kind.len || str_equal(leaf->kind, f->kind)) && (!f->contest.len || str_equal(leaf->contest, f->contest)) &&
           (!f->unit.len || str_equal(leaf->unit, f->unit)) && (f->before < 0 || leaf->number < f->before) && leaf->number > f->after;
}

/* Against a look at every leaf. */
static void assert_found(Place *p, const LeafFilter *f)
{
    Leaf *found, leaf;
    Sha256 *hashes;
    int count, at = 0;
    int64_t expected[40];
    int expected_count = 0;
    for (int64_t i = 39; i >= 0; i--) {
        assert_int_equal(record_leaf(p->db, p->a, i, &leaf, NULL), ERR_OK);
        if (fits(&leaf, f)) expected[expected_count++] = i;
    }
    if (f->after >= 0 && expected_count > f->most) { /* the nearest ones */
        memmove(expected, expected + expected_count - f->most, (size_t)f->most * sizeof *expected);
    }
    if (expected_count > f->most) expected_count = f->most;
    assert_int_equal(record_leaves(p->db, p->a, f, &found, &hashes, &count), ERR_OK);
    assert_int_equal(count, expected_count);
    for (; at < count; at++) {
        Sha256 hash = tree_leaf(found[at].entry);
        assert_true(found[at].number == expected[at] && hash_equal(&hash, &hashes[at]));
    }
}

static void filters_find_what_they_say(void **state)
{
    engine_or_skip();
    Place p = place(state);
    fill(&p);
    static const char *const kinds[] = {"", "contest.published", "export.made", "role.given"};
    static const Str about[][2] = {{S(""), S("")}, {S("a-2010"), S("")}, {S("b-2015"), S("")}, {S(""), S("leeds")}, {S(""), S("nowhere")}};
    static const int64_t limits[][2] = {{-1, -1}, {20, -1}, {0, -1}, {1000, -1}, {-1, 0}, {-1, 20}, {-1, 39}};
    static const int most[] = {1, 3, 100};
    for (int k = 0; k < COUNT_OF(kinds); k++)
        for (int b = 0; b < COUNT_OF(about); b++)
            for (int l = 0; l < COUNT_OF(limits); l++)
                for (int m = 0; m < COUNT_OF(most); m++)
                    assert_found(&p, &(LeafFilter){.kind = str_from_c(kinds[k]),
                                         .contest = about[b][0],
                                         .unit = about[b][1],
                                         .before = limits[l][0],
                                         .after = limits[l][1],
                                         .most = most[m]});
    Leaf *found, leaf;
    int count;
    LeafFilter both = {.contest = S("a-2010"), .unit = S("leeds"), .before = -1, .after = -1, .most = 1};
    assert_int_equal(record_leaves(p.db, p.a, &both, &found, NULL, &count), ERR_INPUT);
    both = (LeafFilter){.before = 3, .after = 1, .most = 1};
    assert_int_equal(record_leaves(p.db, p.a, &both, &found, NULL, &count), ERR_INPUT);
    assert_int_equal(record_newest(p.db, p.a, "contest.published", S("a-2010"), &leaf), ERR_OK);
    assert_int_equal(leaf.number, 36);
    assert_int_equal(record_newest(p.db, p.a, "contest.withdrawn", S("a-2010"), &leaf), ERR_MISSING);
    static const int64_t times[][2] = {{0, 0}, {NOW, 0}, {NOW + 1, 1}, {NOW + 10000, 1}, {NOW + 390000, 39}, {NOW + 390001, 40}};
    for (int i = 0; i < COUNT_OF(times); i++) {
        int64_t number = -1;
        assert_int_equal(record_number_at(p.db, p.a, times[i][0], &number), ERR_OK);
        assert_int_equal(number, times[i][1]);
    }
    leave(&p);
}

/* ---- powers ---- */

static const Power stewardship = {.ended = "role.ended", .holder = S("Ada Poll"), .what = S("the role of steward")};

static int64_t give(Store *store, int64_t until)
{
    Doing d = {
        .act = {.kind = "role.given", .by = ada, .says = S("Ada Poll was given the role of steward."), .unit = S("leeds"), .until = until},
        .power = &stewardship};
    assert_int_equal(try_doing(store, &d, NOW, NULL), ERR_OK);
    return d.number;
}

static Err run_end(Db *db, Command *c)
{
    return record_power_end(db, c->arena, *(const int64_t *)c->input, ada, S("Signed out."), c->now, &c->fault);
}

static Err end(Store *store, Arena *a, int64_t number, int64_t now)
{
    Command c = {.name = "end", .leaf = LEAF_ONE, .run = run_end, .input = &number, .arena = a, .now = now};
    return store_run(store, &c);
}

static Err expire(Store *store, Arena *a, int64_t now)
{
    Command c = {.name = "expire", .leaf = LEAF_MAYBE, .run = record_expire, .arena = a, .now = now};
    return store_run(store, &c);
}

static void powers_end_once(void **state)
{
    engine_or_skip();
    Place p = place(state);
    int64_t first = give(p.store, NOW + 1000), second = give(p.store, NOW + 500), third = give(p.store, NOW + 9000), ended = -1;
    PowerHeld *held;
    int count;
    assert_int_equal(record_powers(p.db, p.a, NOW, 10, &held, &count), ERR_OK);
    assert_int_equal(count, 3);
    assert_true(held[0].number == second && held[1].number == first && held[2].number == third);
    assert_str(held[0].holder, "Ada Poll");
    assert_str(held[0].what, "the role of steward");
    assert_str(held[0].unit, "leeds");
    assert_true(held[0].until == NOW + 500);
    assert_int_equal(record_power_ended(p.db, p.a, first, &ended), ERR_MISSING);
    assert_int_equal(end(p.store, p.a, first, NOW + 100), ERR_OK);
    assert_int_equal(end(p.store, p.a, first, NOW + 101), ERR_MISSING);
    assert_int_equal(end(p.store, p.a, 99, NOW + 102), ERR_MISSING);
    assert_int_equal(record_power_ended(p.db, p.a, first, &ended), ERR_OK);
    Leaf leaf;
    assert_int_equal(record_leaf(p.db, p.a, ended, &leaf, NULL), ERR_OK);
    assert_str(leaf.kind, "role.ended");
    assert_str(leaf.says, "The role of steward of Ada Poll ended.");
    assert_str(leaf.reason, "Signed out.");
    assert_str(leaf.by.name, "Ada Poll");
    assert_str(leaf.unit, "leeds");
    assert_int_equal(leaf.power, first);
    assert_int_equal(expire(p.store, p.a, NOW + 499), ERR_OK);
    assert_int_equal(size_of(p.db, p.a), 4);
    for (int again = 0; again < 2; again++) assert_int_equal(expire(p.store, p.a, NOW + 500), ERR_OK);
    assert_int_equal(size_of(p.db, p.a), 5);
    assert_int_equal(record_leaf(p.db, p.a, 4, &leaf, NULL), ERR_OK);
    assert_int_equal(leaf.power, second);
    assert_str(leaf.by.name, "hustings");
    assert_str(leaf.by.role, "program");
    assert_str(leaf.reason, "Its time was over.");
    assert_int_equal(record_powers(p.db, p.a, NOW + 600, 10, &held, &count), ERR_OK);
    assert_true(count == 1 && held[0].number == third);
    assert_int_equal(record_powers(p.db, p.a, NOW + 600, 0, &held, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_sound(p.db, p.a);
    leave(&p);
}

/* By hand in one process while another's housekeeping does it. */
static void a_power_ended_twice_at_once_is_one_leaf(void **state)
{
    engine_or_skip();
    enum { POWERS = 30 };
    Place p = place(state);
    for (int i = 0; i < POWERS; i++) give(p.store, NOW + 1000);
    pid_t child = fork();
    if (child == 0) {
        Store *store = open_at(p.a, p.url);
        for (int i = 0; i < POWERS; i++)
            if (expire(store, p.a, NOW + (i < 2 ? 0 : 1000))) _exit(1);
        store_close(store);
        child_succeeded();
    }
    int64_t by_hand_count = 0;
    for (int64_t i = 0; i < POWERS; i++) {
        Err e = end(p.store, p.a, i, NOW + 1000);
        assert_true(e == ERR_OK || e == ERR_MISSING);
        by_hand_count += !e;
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(expire(p.store, p.a, NOW + 1000), ERR_OK);
    assert_int_equal(size_of(p.db, p.a), 2 * POWERS);
    int ends[POWERS] = {0};
    int64_t steward = 0;
    for (int64_t i = POWERS; i < 2 * POWERS; i++) {
        Leaf leaf;
        assert_int_equal(record_leaf(p.db, p.a, i, &leaf, NULL), ERR_OK);
        assert_true(leaf.power >= 0 && leaf.power < POWERS);
        ends[leaf.power]++;
        steward += str_equal(leaf.by.role, S("steward"));
    }
    for (int i = 0; i < POWERS; i++) assert_int_equal(ends[i], 1);
    assert_int_equal(steward, by_hand_count);
    leave(&p);
}

static void a_power_that_could_not_end_is_not_given(void **state)
{
    engine_or_skip();
    Place p = place(state);
    char *text = arena_new(p.a, char, ACT_SAYS_MAX);
    memset(text, 'x', ACT_SAYS_MAX);
    Power too_long = {.ended = "role.ended", .holder = S("Ada Poll"), .what = {text, ACT_SAYS_MAX}};
    Power of_no_kind = {.ended = "role.gone", .holder = S("Ada Poll"), .what = S("it")};
    Doing d = {.act = {.kind = "role.given", .by = ada, .says = S("It was given."), .until = NOW + 1}, .power = &too_long};
    assert_int_equal(try_doing(p.store, &d, NOW, NULL), ERR_LIMIT);
    d.power = &of_no_kind;
    assert_int_equal(try_doing(p.store, &d, NOW, NULL), ERR_INPUT);
    assert_int_equal(size_of(p.db, p.a), 0);
    leave(&p);
}

static void one_row_changed_by_hand_keeps_no_other_power(void **state)
{
    engine_or_skip();
    Place p = place(state);
    for (int i = 0; i < 3; i++) give(p.store, NOW + i);
    by_hand(&p, "UPDATE record_power SET ended = 'no.such' WHERE number = 0");
    assert_int_equal(expire(p.store, p.a, NOW + 10), ERR_OK);
    assert_int_equal(size_of(p.db, p.a), 5);
    assert_int_equal(expire(p.store, p.a, NOW + 10), ERR_INPUT); /* and this is told, again and again */
    assert_int_equal(size_of(p.db, p.a), 5);
    leave(&p);
}

static void more_than_a_thousand_end_in_turns(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Doing d = {
        .act = {.kind = "role.given", .by = ada, .says = S("It was given."), .until = NOW + 1}, .power = &stewardship, .times = 1100};
    assert_int_equal(try_doing(p.store, &d, NOW, NULL), ERR_OK);
    static const int64_t sizes[] = {2100, 2200, 2200};
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        assert_int_equal(expire(p.store, p.a, NOW + 10), ERR_OK);
        assert_int_equal(size_of(p.db, p.a), sizes[i]);
    }
    leave(&p);
}

/* ---- files ---- */

static Err run_gone(Db *db, Command *c)
{
    return record_files_gone(db, *(const Str *)c->input);
}

static void gone(Place *p, Str prefix)
{
    Command c = {.name = "gone", .leaf = LEAF_NONE, .run = run_gone, .input = &prefix, .arena = p->a, .now = NOW};
    assert_int_equal(store_run(p->store, &c), ERR_OK);
}

static void assert_file(Place *p, Str content, const char *path, const char *bytes)
{
    Sha256 digest = sha256(content);
    ActFile file;
    assert_int_equal(record_file(p->db, p->a, &digest, &file), ERR_OK);
    assert_same_str(file.path, str_from_c(path));
    assert_same_str(file.bytes, str_from_c(bytes));
    assert_memory_equal(&file.digest, &digest, sizeof digest);
}

static void files_are_known_by_digest(void **state)
{
    engine_or_skip();
    Place p = place(state);
    const ActFile files[] = {
        {.name = S("one.csv"), .size = 3, .digest = sha256(S("one")), .path = S("/contests/a/files/one-csv")},
        {.name = S("two.csv"), .size = 3, .digest = sha256(S("two")), .path = S("/contests/a/files/two-csv")},
        {.name = S("two.csv"), .size = 3, .digest = sha256(S("two")), .path = S("/contests/a-b/files/two-csv")},
        {.name = S("av.rules"), .size = 5, .digest = sha256(S("rules")), .bytes = S("rules")},
        {.name = S("elsewhere"), .size = 9, .digest = sha256(S("elsewhere"))},
    };
    Act act = published(S("a"));
    act.files = files;
    act.file_count = COUNT_OF(files);
    for (int again = 0; again < 2; again++) do_act(p.store, act, NOW);
    assert_file(&p, S("one"), "/contests/a/files/one-csv", "");
    assert_file(&p, S("rules"), "", "rules");
    assert_file(&p, S("elsewhere"), "", "");
    ActFile file;
    Sha256 unknown = sha256(S("unknown"));
    assert_int_equal(record_file(p.db, p.a, &unknown, &file), ERR_MISSING);
    gone(&p, S("/contests/a/"));
    assert_file(&p, S("one"), "", "");
    assert_file(&p, S("two"), "/contests/a-b/files/two-csv", "");
    assert_file(&p, S("rules"), "", "rules");
    gone(&p, S("/contests/a-b/"));
    assert_file(&p, S("two"), "", "");
    do_act(p.store, act, NOW); /* published once more */
    assert_file(&p, S("one"), "/contests/a/files/one-csv", "");
    for (int again = 0; again < 2; again++) gone(&p, S("/contests/a/"));
    assert_file(&p, S("one"), "", "");
    leave(&p);
}

static void large_data_is_a_file_of_the_record(void **state)
{
    engine_or_skip();
    Place p = place(state);
    enum { LARGE = 200000 };
    char *text = arena_new(p.a, char, LARGE);
    memset(text, 'd', LARGE);
    Act act = exported();
    View *data = view_object(p.a);
    view_put_str(data, S("much"), (Str){text, LARGE});
    act.data = data;
    Leaf leaf;
    assert_int_equal(record_leaf(p.db, p.a, do_act(p.store, act, NOW), &leaf, NULL), ERR_OK);
    assert_int_equal(leaf.file_count, 1);
    ActFile file;
    assert_int_equal(record_file(p.db, p.a, &leaf.files[0].digest, &file), ERR_OK);
    assert_str(file.name, "data.json");
    Sha256 digest = sha256(file.bytes);
    assert_true(hash_equal(&digest, &leaf.files[0].digest) && file.size == (int64_t)file.bytes.len && file.bytes.len > LARGE);
    leave(&p);
}

/* ---- what was sealed ---- */

typedef struct SealInput {
    Sealed sealed;
    int64_t from;
} SealInput;

static Err run_seal(Db *db, Command *c)
{
    const SealInput *in = c->input;
    return record_seal_put(db, c->arena, &in->sealed, in->from, c->now);
}

static Err put_seal(Place *p, const SealInput *in)
{
    Command c = {.name = "seal", .leaf = LEAF_NONE, .run = run_seal, .input = in, .arena = p->a, .now = NOW};
    return store_run(p->store, &c);
}

/* All leaves as they are now. */
static SealInput sealing(Place *p, const Sha256 *leaves, int64_t from, int64_t size)
{
    SealInput in = {.from = from};
    for (int64_t i = 0; i < size; i++) frontier_add(&in.sealed.frontier, &leaves[i]);
    in.sealed.checkpoint = (Checkpoint){S("example.org/record"), size, frontier_root(&in.sealed.frontier)};
    Signer signer;
    signer_new(S("example.org/record"), KEY_NOTE, &signer);
    Str text = checkpoint_text(p->a, &in.sealed.checkpoint);
    in.sealed.note = str_format(p->a, "%.*s\n%.*s", STR_ARG(text), STR_ARG(note_sign(p->a, &signer, text, 0)));
    in.sealed.at = NOW;
    return in;
}

/* MTH of RFC 6962 section 2.1, as it is written there. */
static Sha256 root_of(const Sha256 *leaves, int64_t count)
{
    if (count == 1) return leaves[0];
    int64_t k = 1;
    while (k * 2 < count) k *= 2;
    Sha256 left = root_of(leaves, k), right = root_of(leaves + k, count - k);
    return tree_node(&left, &right);
}

enum { CHUNK = 2048, MANY = TILE_WIDTH * TILE_WIDTH + TILE_WIDTH + 1 };

/* `count` leaves; their hashes, made from the entries. */
static void append_many(Place *p, Sha256 *leaves, int64_t from, int64_t count)
{
    for (int64_t done = 0; done < count; done += CHUNK) {
        Doing d = {.act = exported(), .times = (int)(count - done < CHUNK ? count - done : CHUNK)};
        assert_int_equal(try_doing(p->store, &d, NOW + from, NULL), ERR_OK);
    }
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    for (int64_t i = from; i < from + count; i += 4096) {
        Leaf *found;
        int n;
        LeafFilter filter = {.before = -1, .after = i - 1, .most = 4096};
        if (i == 0) filter = (LeafFilter){.before = from + count < 4096 ? from + count : 4096, .after = -1, .most = 4096};
        assert_int_equal(record_leaves(p->db, &a, &filter, &found, NULL, &n), ERR_OK);
        for (int k = 0; k < n; k++) leaves[found[k].number] = tree_leaf(found[k].entry);
        arena_recycle(&a);
    }
    arena_clear(&a);
}

static void assert_tile(Place *p, const Sha256 *leaves, int level, int64_t index, int width)
{
    Str bytes;
    int64_t under = level ? TILE_WIDTH : 1; /* leaves under a hash: level 1 at most */
    assert_int_equal(record_tile(p->db, p->a, level, index, width, &bytes), ERR_OK);
    assert_int_equal(bytes.len, width * SHA256_BYTES);
    for (int i = 0; i < width; i++) {
        int64_t number = index * TILE_WIDTH + i;
        Sha256 hash = root_of(leaves + number * under, under);
        assert_memory_equal(bytes.ptr + (size_t)i * SHA256_BYTES, &hash, SHA256_BYTES);
    }
}

static void assert_bundle(Place *p, const Sha256 *leaves, int64_t index, int width)
{
    Str rest, entry;
    assert_int_equal(record_tile(p->db, p->a, -1, index, width, &rest), ERR_OK);
    for (int i = 0; i < width; i++) {
        assert_true(bundle_next(&rest, &entry));
        Sha256 hash = tree_leaf(entry);
        assert_true(hash_equal(&hash, &leaves[index * TILE_WIDTH + i]));
    }
    assert_int_equal(rest.len, 0);
}

static void assert_no_tile(Place *p, int level, int64_t index, int width)
{
    Str bytes;
    assert_int_equal(record_tile(p->db, p->a, level, index, width, &bytes), ERR_MISSING);
}

static void assert_proof(Place *p, const Sha256 *leaves, int64_t number, int64_t size)
{
    Str text;
    Fault fault = {0};
    ProofFile file;
    Note note;
    Checkpoint checkpoint;
    assert_int_equal(record_proof(p->db, p->a, number, &text), ERR_OK);
    assert_int_equal(proof_read(p->a, text, &file, &fault), ERR_OK);
    assert_int_equal(note_read(p->a, file.checkpoint, &note, &fault), ERR_OK);
    assert_int_equal(checkpoint_read(note.text, &checkpoint, &fault), ERR_OK);
    assert_true(file.index == number && checkpoint.size == size);
    Sha256 leaf = tree_leaf(file.extra), root = root_of(leaves, size);
    assert_true(hash_equal(&leaf, &leaves[number]) && hash_equal(&root, &checkpoint.root));
    assert_int_equal(tree_verify_inclusion(&file.proof, number, &leaf, size, &root), ERR_OK);
}

static void tiles_are_served_as_far_as_was_sealed(void **state)
{
    engine_or_skip();
    Place p = place(state);
    enum { LAST = 2 * TILE_WIDTH + 1 };
    static const int64_t sizes[] = {1, TILE_WIDTH - 1, TILE_WIDTH, TILE_WIDTH + 1, LAST};
    Sha256 *leaves = arena_new(p.a, Sha256, LAST + 1);
    Sealed sealed;
    assert_no_tile(&p, 0, 0, 1);
    assert_int_equal(record_sealed(p.db, p.a, &sealed), ERR_MISSING);
    int64_t before = 0;
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        int64_t size = sizes[i];
        append_many(&p, leaves, before, size - before);
        assert_no_tile(&p, 0, (size - 1) / TILE_WIDTH, (int)((size - 1) % TILE_WIDTH) + 1);
        Str text;
        assert_int_equal(record_proof(p.db, p.a, size - 1, &text), ERR_MISSING);
        SealInput in = sealing(&p, leaves, before, size), stale = in;
        stale.from = before + 1;
        assert_int_equal(put_seal(&p, &stale), ERR_CONFLICT);
        assert_int_equal(put_seal(&p, &in), ERR_OK);
        assert_int_equal(put_seal(&p, &in), ERR_CONFLICT);
        assert_int_equal(record_sealed(p.db, p.a, &sealed), ERR_OK);
        assert_true(sealed.checkpoint.size == size && hash_equal(&sealed.checkpoint.root, &in.sealed.checkpoint.root));
        assert_str(sealed.checkpoint.origin, "example.org/record");
        assert_same_str(sealed.note, in.sealed.note);
        assert_same_str(frontier_bytes(p.a, &sealed.frontier), frontier_bytes(p.a, &in.sealed.frontier));
        int64_t full = size / TILE_WIDTH;
        int part = (int)(size % TILE_WIDTH);
        for (int64_t t = 0; t < full; t++) assert_tile(&p, leaves, 0, t, TILE_WIDTH), assert_bundle(&p, leaves, t, TILE_WIDTH);
        if (part) assert_tile(&p, leaves, 0, full, part), assert_bundle(&p, leaves, full, part);
        if (part > 1) assert_tile(&p, leaves, 0, full, part - 1);
        if (full) assert_tile(&p, leaves, 1, 0, (int)full);
        assert_no_tile(&p, 0, full, part + 1);
        assert_no_tile(&p, -1, full, part + 1);
        assert_no_tile(&p, 1, 0, (int)full + 1);
        assert_no_tile(&p, 2, 0, 1);
        assert_proof(&p, leaves, 0, size);
        assert_proof(&p, leaves, size - 1, size);
        before = size;
    }
    static const int64_t odd[][3] = {
        {0, 0, 0}, {0, 0, 257}, {0, -1, 1}, {0, INT64_MAX, 1}, {0, INT64_MAX / TILE_WIDTH, 256}, {7, 0, 1}, {-2, 0, 1}, {63, 0, 1}};
    for (int i = 0; i < COUNT_OF(odd); i++) assert_no_tile(&p, (int)odd[i][0], odd[i][1], (int)odd[i][2]);
    leave(&p);
}

/* Beyond 65,536 leaves there is a level 2. */
static void a_tile_of_tiles(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Sha256 *leaves = arena_new(p.a, Sha256, MANY);
    append_many(&p, leaves, 0, MANY);
    SealInput first = sealing(&p, leaves, 0, TILE_WIDTH * TILE_WIDTH - 1), second = sealing(&p, leaves, TILE_WIDTH * TILE_WIDTH - 1, MANY);
    assert_int_equal(put_seal(&p, &first), ERR_OK);
    assert_tile(&p, leaves, 1, 0, TILE_WIDTH - 1);
    assert_no_tile(&p, 1, 0, TILE_WIDTH);
    assert_int_equal(put_seal(&p, &second), ERR_OK);
    assert_tile(&p, leaves, 0, TILE_WIDTH, TILE_WIDTH);
    assert_tile(&p, leaves, 0, TILE_WIDTH + 1, 1);
    assert_tile(&p, leaves, 1, 0, TILE_WIDTH);
    assert_tile(&p, leaves, 1, 1, 1);
    assert_bundle(&p, leaves, TILE_WIDTH - 1, TILE_WIDTH);
    assert_no_tile(&p, 2, 0, 2);
    Str bytes;
    Sha256 root = root_of(leaves, TILE_WIDTH * TILE_WIDTH);
    assert_int_equal(record_tile(p.db, p.a, 2, 0, 1, &bytes), ERR_OK);
    assert_int_equal(bytes.len, SHA256_BYTES);
    assert_memory_equal(bytes.ptr, &root, SHA256_BYTES);
    static const int64_t numbers[] = {0, 255, 256, 65535, 65536, MANY - 1};
    for (int i = 0; i < COUNT_OF(numbers); i++) assert_proof(&p, leaves, numbers[i], MANY);
    TreeHashes hashes = record_hashes(p.db, p.a);
    TreeProof proof;
    assert_int_equal(tree_prove_consistency(&hashes, first.sealed.checkpoint.size, MANY, &proof), ERR_OK);
    assert_int_equal(
        tree_verify_consistency(&proof, first.sealed.checkpoint.size, &first.sealed.checkpoint.root, MANY, &second.sealed.checkpoint.root),
        ERR_OK);
    leave(&p);
}

static Err run_cosign(Db *db, Command *c)
{
    return record_cosigned(db, c->input, c->now);
}

static void cosign_with(Place *p, const char *witness, uint32_t id, int64_t size, int64_t time, Str line)
{
    Cosignature cosignature = {str_from_c(witness), id, size, time, line};
    Command c = {.name = "cosign", .leaf = LEAF_NONE, .run = run_cosign, .input = &cosignature, .arena = p->a, .now = NOW};
    assert_int_equal(store_run(p->store, &c), ERR_OK);
}

static void cosign(Place *p, const char *witness, uint32_t id, int64_t size, int64_t time)
{
    cosign_with(p, witness, id, size, time, str_format(p->a, "\xe2\x80\x94 %s %lld\n", witness, (long long)time));
}

static void checkpoints_are_shown_with_cosignatures(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Sha256 leaves[9];
    Str note;
    Checkpoint shown;
    assert_int_equal(record_checkpoint(p.db, p.a, true, -1, &note, &shown), ERR_MISSING);
    append_many(&p, leaves, 0, 9);
    SealInput at_3 = sealing(&p, leaves, 0, 3), at_5 = sealing(&p, leaves, 3, 5), at_9 = sealing(&p, leaves, 5, 9);
    assert_int_equal(put_seal(&p, &at_3), ERR_OK);
    assert_int_equal(put_seal(&p, &at_5), ERR_OK);
    assert_int_equal(put_seal(&p, &at_9), ERR_OK);
    assert_int_equal(record_checkpoint(p.db, p.a, true, 0, &note, &shown), ERR_OK); /* nobody has cosigned: the newest */
    assert_int_equal(shown.size, 9);
    assert_same_str(note, at_9.sealed.note);
    int64_t announced = topic_version(p.store, p.db, "record");
    cosign(&p, "w1.example", 4000000000u, 3, 100);
    cosign(&p, "w2.example", 2, 5, 100);
    cosign(&p, "w1.example", 4000000000u, 5, 101);
    cosign(&p, "w1.example", 4000000000u, 5, 102); /* asked again */
    assert_int_equal(topic_version(p.store, p.db, "record"), announced + 4);
    assert_int_equal(record_checkpoint(p.db, p.a, true, 0, &note, &shown), ERR_OK);
    assert_int_equal(shown.size, 5);
    assert_same_str(note, str_format(p.a, "%.*s\xe2\x80\x94 w1.example 102\n\xe2\x80\x94 w2.example 100\n", STR_ARG(at_5.sealed.note)));
    assert_int_equal(record_checkpoint(p.db, p.a, true, 5, &note, &shown), ERR_OK); /* it does not hold leaf 5 */
    assert_int_equal(shown.size, 9);
    assert_int_equal(record_checkpoint(p.db, p.a, false, 0, &note, &shown), ERR_OK);
    assert_int_equal(shown.size, 9);
    assert_int_equal(record_checkpoint(p.db, p.a, true, 9, &note, &shown), ERR_MISSING);
    assert_int_equal(record_checkpoint(p.db, p.a, false, -1, &note, &shown), ERR_OK);
    Cosignature *list;
    int count;
    assert_int_equal(record_cosigners(p.db, p.a, &list, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_str(list[0].witness, "w1.example");
    assert_true(list[0].id == 4000000000u && list[0].size == 5 && list[0].time == 102);
    assert_str(list[1].witness, "w2.example");
    leave(&p);
}

/* ---- what somebody changed by hand ---- */

static void changed_rows_are_not_dressed_up(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Sha256 leaves[3];
    append_many(&p, leaves, 0, 3);
    SealInput in = sealing(&p, leaves, 0, 3);
    assert_int_equal(put_seal(&p, &in), ERR_OK);
    by_hand(&p, on_postgres ? "UPDATE record_leaf SET hash = '\\x00', entry = '\\x7b7d' WHERE number = 1"
                            : "UPDATE record_leaf SET hash = x'00', entry = x'7b7d' WHERE number = 1");
    Leaf leaf;
    Sha256 hash, none = {0};
    assert_int_equal(record_leaf(p.db, p.a, 1, &leaf, &hash), ERR_OK);
    assert_str(leaf.entry, "{}");
    assert_true(leaf.number == 1 && !leaf.says.len && hash_equal(&hash, &none));
    by_hand(&p, "DELETE FROM record_leaf WHERE number = 1");
    assert_int_equal(record_leaf(p.db, p.a, 1, &leaf, &hash), ERR_MISSING);
    assert_no_tile(&p, 0, 0, 3);
    leave(&p);
}

/* ---- moving ---- */

static void a_record_moves_whole(void **state)
{
    engine_or_skip();
    Place p = place(state);
    Sha256 leaves[300];
    fill(&p);
    give(p.store, NOW + 1000);
    append_many(&p, leaves, 41, 259);
    LeafFilter first = {.before = 41, .after = -1, .most = 41};
    Leaf *found, leaf;
    int count;
    assert_int_equal(record_leaves(p.db, p.a, &first, &found, NULL, &count), ERR_OK);
    for (int i = 0; i < count; i++) leaves[found[i].number] = tree_leaf(found[i].entry);
    SealInput in = sealing(&p, leaves, 0, 300);
    assert_int_equal(put_seal(&p, &in), ERR_OK);
    Signer witness;
    signer_new(S("w1.example"), KEY_COSIGN, &witness);
    cosign_with(&p, "w1.example", 1, 300, 100, note_sign(p.a, &witness, checkpoint_text(p.a, &in.sealed.checkpoint), 100));
    leave(&p);
    TransferReport report;
    Fault fault = {0};
    Place to = {.a = p.a, .url = str_format(p.a, "%s/moved-%d.db", folder, (int)getpid())};
    if (transfer_move(p.a, p.url, to.url, NULL, &report, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    to.store = open_at(p.a, to.url);
    to.db = reader(to.store);
    assert_sound(to.db, to.a);
    assert_int_equal(size_of(to.db, to.a), 300);
    assert_proof(&to, leaves, 40, 300);
    assert_tile(&to, leaves, 1, 0, 1);
    PowerHeld *held;
    assert_int_equal(record_powers(to.db, to.a, NOW, 10, &held, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(do_act(to.store, exported(), NOW), 300);
    assert_int_equal(record_leaf(to.db, to.a, 300, &leaf, NULL), ERR_OK);
    Str out = str_format(p.a, "%s/export-%d", folder, (int)getpid());
    assert_int_equal(transfer_export(p.a, to.store, out, NULL, &report, &fault), ERR_OK);
    int64_t rows = 0;
    for (int i = 0; i < report.exported_count; i++)
        if (str_equal(report.exported[i].name, S("record_leaf"))) rows = report.exported[i].rows;
    assert_int_equal(rows, 301);
    leave(&to);
}

/* ---- cost ---- */

/* A statement that walks through a table as the record grows would say SCAN. record_head has one row. */
static void every_statement_has_an_index(void **state)
{
    Place p = place(state);
    int count, looked_at = 0;
    const Statement *statements = sql_statements(&count);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(str_c(p.a, p.url), &db), SQLITE_OK);
    for (int i = 0; i < count; i++) {
        if (!str_starts(statements[i].name, S("record_")) || str_starts(statements[i].name, S("record_pages_"))) continue;
        sqlite3_stmt *plan;
        Str sql = str_format(p.a, "EXPLAIN QUERY PLAN %.*s", STR_ARG(statements[i].sqlite));
        assert_int_equal(sqlite3_prepare_v2(db, sql.ptr, (int)sql.len, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);
            bool walks = strncmp(step, "SCAN", 4) == 0 && !strstr(step, "CONSTANT ROW"), sorts = strstr(step, "TEMP B-TREE FOR ORDER BY");
            bool newest = str_equal(statements[i].name, S("record_checkpoint_newest")); /* from the end of the key; LIMIT 1 */
            bool few = str_equal(statements[i].name, S("record_file_by_digest")) ||
                       str_equal(statements[i].name, S("record_cosignatures_of")) || str_equal(statements[i].name, S("record_power_ended"));
            if ((walks && !newest) || (sorts && !few)) /* of one digest, one checkpoint, one power */
                fail_msg("%.*s: %s", STR_ARG(statements[i].name), step);
        }
        sqlite3_finalize(plan);
        looked_at++;
    }
    assert_true(looked_at > 30);
    sqlite3_close(db);
    leave(&p);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(acts_are_leaves_in_order),
        arena_test(an_act_that_is_undone_gives_its_number_back),
        arena_test(several_processes_leave_no_gaps),
        arena_test(filters_find_what_they_say),
        arena_test(powers_end_once),
        arena_test(a_power_ended_twice_at_once_is_one_leaf),
        arena_test(a_power_that_could_not_end_is_not_given),
        arena_test(one_row_changed_by_hand_keeps_no_other_power),
        arena_test(more_than_a_thousand_end_in_turns),
        arena_test(files_are_known_by_digest),
        arena_test(large_data_is_a_file_of_the_record),
        arena_test(tiles_are_served_as_far_as_was_sealed),
        arena_test(checkpoints_are_shown_with_cosignatures),
        arena_test(changed_rows_are_not_dressed_up),
        arena_test(a_record_moves_whole),
    };
    const struct CMUnitTest of_sqlite[] = {
        arena_test(a_tile_of_tiles), /* 65,793 acts: a few seconds with a server between, and nothing there depends on the engine */
        arena_test(every_statement_has_an_index),
    };
    int failed = cmocka_run_group_tests(tests, make_folder, remove_folder);
    return failed + (on_postgres ? 0 : cmocka_run_group_tests(of_sqlite, make_folder, remove_folder));
}
