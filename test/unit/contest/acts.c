/* What the record says of contests, on both engines: "sqlite" or "postgres" is the program's argument. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/stores.h"

#include "contest/acts.h"
#include "contest/own.h"

#include <pthread.h>

/* U+202E, which turns round what follows; spelled so that it does not do that here. */
static const char turns[] = {(char)0xe2, (char)0x80, (char)0xae, 0};
static const Officer carol = {S("Carol Count"), S("operator")};

/* ---- contests of few papers ---- */

static const char papers[] = "# title: A choir's treasurer\n# candidates: Ann; Bob\ncount,1,2\n5,Ann,Bob\n3,Bob,Ann\n";
static const char others[] = "# title: A choir's treasurer\n# candidates: Ann; Bob\ncount,1,2\n3,Ann,Bob\n5,Bob,Ann\n";
static const char conf[] =
    "[contest]\nslug = choir\ntitle = A choir's treasurer\ndate = 2026-07-01\nrules = plurality\n[papers]\npapers = papers.csv\n";

static PublicationFile file(const char *name, const char *kind, Str bytes)
{
    return (PublicationFile){.name = str_from_c(name), .kind = str_from_c(kind), .bytes = bytes};
}

/* Of a manifest and papers; `readme` NULL: none. */
static Publication *publication_of(Arena *a, const char *manifest, Str counted, const char *readme)
{
    PublicationFile *files = arena_new(a, PublicationFile, 3);
    files[0] = file("contest.conf", "manifest", str_from_c(manifest));
    files[1] = file("papers.csv", "papers", counted);
    if (readme) files[2] = file("README.md", "readme", str_from_c(readme));
    Publication *p = NULL;
    Fault fault = {0};
    if (publication_from_files(a, files, readme ? 3 : 2, &p, &fault)) fail_msg("%s", str_c(a, fault_text(a, &fault)));
    return p;
}

typedef struct Asked {
    const Publication *publication; /* NULL: take out */
    bool replace;
    Str slug, reason;
} Asked;

static Err run_asked(Db *db, Command *c)
{
    const Asked *asked = c->input;
    if (asked->publication) return contest_publish(db, c->arena, asked->publication, asked->replace, carol, c->now, &c->fault);
    return contest_unpublish(db, c->arena, asked->slug, asked->reason, carol, c->now, &c->fault);
}

static Err ask(Store *store, Arena *a, Asked asked)
{
    Command c = {.name = "contest", .leaf = LEAF_ONE, .run = run_asked, .input = &asked, .arena = a, .now = 1790000000000};
    return store_run(store, &c);
}

static void publish(Store *store, Arena *a, const Publication *p)
{
    assert_int_equal(ask(store, a, (Asked){.publication = p, .replace = true}), ERR_OK);
}

static Err take_out(Store *store, Arena *a, const char *reason)
{
    return ask(store, a, (Asked){.slug = S("choir"), .reason = str_from_c(reason)});
}

/* ---- its record ---- */

typedef struct Place {
    Arena *a;
    Str url;
    Store *store;
    Db *db;
} Place;

static Place place_of(Arena *a)
{
    Place p = {.a = a, .url = fresh_url(a)};
    p.store = open_at(a, p.url);
    p.db = reader(p.store);
    return p;
}

static void leave(Place *p)
{
    db_close(p->db);
    store_close(p->store);
}

static int64_t size_of(const Place *p)
{
    int64_t size = -1;
    assert_int_equal(record_size(p->db, p->a, &size), ERR_OK);
    return size;
}

static Leaf leaf_at(const Place *p, int64_t number)
{
    Leaf leaf = {0};
    assert_int_equal(record_leaf(p->db, p->a, number, &leaf, NULL), ERR_OK);
    return leaf;
}

static bool names(const Leaf *leaf, const char *name, Str bytes)
{
    Sha256 digest = sha256(bytes);
    for (int i = 0; i < leaf->file_count; i++)
        if (str_equal(leaf->files[i].name, str_from_c(name)))
            return leaf->files[i].size == (int64_t)bytes.len && hash_equal(&leaf->files[i].digest, &digest);
    return false;
}

static ActFile known(const Place *p, Str bytes)
{
    Sha256 digest = sha256(bytes);
    ActFile found = {0};
    assert_int_equal(record_file(p->db, p->a, &digest, &found), ERR_OK);
    return found;
}

static Str word(const View *data, const char *key)
{
    return view_str(view_get(data, str_from_c(key)));
}

static void assert_names(const View *data, const char *key, const char *expected)
{
    const View *first = view_first(view_get(data, str_from_c(key)));
    assert_same_str(first ? view_str(first) : S(""), str_from_c(expected));
    assert_true(!first || !view_next(first));
}

/* ---- published ---- */

static void published_names_every_file_and_the_rules(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Place p = place_of(a);
    publish(p.store, a, publication_of(a, conf, S(papers), NULL));
    Leaf leaf = leaf_at(&p, 0);
    Str rules = rules_preset_text(S("plurality"));
    assert_str(leaf.kind, "contest.published");
    assert_str(leaf.contest, "choir");
    assert_str(leaf.by.name, "Carol Count");
    assert_str(leaf.says,
        "The result of 'A choir's treasurer' (1 July 2026) was published: Ann is elected. It was counted by the rules plurality "
        "(plurality.rules).");
    assert_int_equal(leaf.file_count, 3);
    assert_true(
        names(&leaf, "contest.conf", str_from_c(conf)) && names(&leaf, "papers.csv", S(papers)) && names(&leaf, "plurality.rules", rules));
    assert_str(known(&p, S(papers)).path, "/contests/choir/files/papers-csv");
    assert_same_str(known(&p, rules).bytes, rules); /* no file of the contest: kept by the record itself */
    assert_str(word(leaf.data, "outcome"), "Ann is elected.");
    assert_str(word(leaf.data, "rules"), "plurality");
    assert_int_equal(word(leaf.data, "figures_sha256").len, 64);
    leave(&p);
}

static void an_address_that_is_taken_leaves_none(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Place p = place_of(a);
    const Publication *one = publication_of(a, conf, S(papers), NULL);
    publish(p.store, a, one);
    assert_int_equal(ask(p.store, a, (Asked){.publication = one}), ERR_CONFLICT);
    assert_int_equal(size_of(&p), 1);
    leave(&p);
}

/* ---- published again ---- */

static void replaced_says_what_changed(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Place p = place_of(a);
    publish(p.store, a, publication_of(a, conf, S(papers), "Where it is from.\n"));
    publish(p.store, a, publication_of(a, conf, S(papers), "Where it is from.\n"));
    Leaf same = leaf_at(&p, 1);
    assert_str(same.kind, "contest.replaced");
    assert_str(same.says, "The published result of 'A choir's treasurer' (1 July 2026) was replaced. As before: Ann is elected. Every "
                          "figure of the count is as "
                          "before. Nothing changed in its files. It was counted by the rules plurality (plurality.rules).");
    publish(p.store, a, publication_of(a, conf, S(others), NULL));
    Leaf changed = leaf_at(&p, 2);
    assert_says(changed.says,
        "Before: Ann is elected. Now: Bob is elected. Figures of the count are others than before. Files changed: papers.csv. Files "
        "taken away: README.md.");
    assert_names(changed.data, "changed", "papers.csv");
    assert_names(changed.data, "added", "");
    assert_names(changed.data, "removed", "README.md");
    const View *before = view_get(changed.data, S("before"));
    assert_str(word(before, "outcome"), "Ann is elected.");
    assert_false(str_equal(word(before, "figures_sha256"), word(changed.data, "figures_sha256")));
    int files = 0;
    for (const View *f = view_first(view_get(before, S("files"))); f; f = view_next(f)) files++;
    assert_int_equal(files, 4);
    ActFile old = known(&p, S(papers)), new_one = known(&p, S(others));
    assert_int_equal(old.path.len + old.bytes.len, 0);
    assert_str(new_one.path, "/contests/choir/files/papers-csv");
    leave(&p);
}

/* ---- taken out ---- */

static void taken_out_once_and_back(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Place p = place_of(a);
    assert_int_equal(take_out(p.store, a, "never was"), ERR_MISSING);
    publish(p.store, a, publication_of(a, conf, S(papers), NULL));
    assert_int_equal(take_out(p.store, a, str_c(a, str_format(a, "the wrong%syear", turns))), ERR_OK);
    Leaf leaf = leaf_at(&p, 1);
    assert_str(leaf.kind, "contest.withdrawn");
    assert_str(leaf.reason, "the wrong year"); /* without the sign that turns round what follows */
    assert_true(names(&leaf, "papers.csv", S(papers)));
    assert_int_equal(known(&p, S(papers)).path.len, 0);
    assert_int_equal(take_out(p.store, a, "again"), ERR_MISSING);
    assert_int_equal(size_of(&p), 2);
    publish(p.store, a, publication_of(a, conf, S(papers), NULL));
    assert_str(leaf_at(&p, 2).kind, "contest.published");
    DbRows rows;
    assert_int_equal(db_one(p.db, a, "contest_by_slug", DB_VALUES(db_string(S("choir"))), &rows), ERR_OK);
    assert_int_equal(db_i64(&rows, "leaf"), 2);
    assert_str(known(&p, S(papers)).path, "/contests/choir/files/papers-csv");
    leave(&p);
}

/* ---- words that do not fit ---- */

static void what_others_typed_is_made_fit(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Place p = place_of(a);
    char title[1500];
    memset(title, 'x', sizeof title - 1);
    title[sizeof title - 1] = 0;
    Str manifest = str_format(
        a, "[contest]\nslug = choir\ntitle = %s%s\ndate = 2026-07-01\nrules = plurality\n[papers]\npapers = papers.csv\n", turns, title);
    publish(p.store, a, publication_of(a, str_c(a, manifest), S(papers), NULL));
    publish(p.store, a, publication_of(a, conf, S(papers), NULL));
    assert_int_equal(take_out(p.store, a, title), ERR_OK);
    for (int i = 0; i < 3; i++) {
        Leaf leaf = leaf_at(&p, i);
        assert_true(leaf.says.len <= ACT_SAYS_MAX);
        assert_false(has(leaf.says, turns));
    }
    assert_says(leaf_at(&p, 0).says, "xxx...'");
    leave(&p);
}

/* ---- several at once: each has a store of its own, as a process has ---- */

enum { AT_ONCE = 4 };

typedef struct Runner {
    pthread_t thread;
    Str url;
    Arena arena;
    Err err;
    int told;
} Runner;

static void count_told(void *context, Str slug, const Fault *fault)
{
    (void)slug;
    Runner *r = context;
    if (fault) r->err = fault->err;
    r->told++;
}

static void *take_out_now(void *context)
{
    Runner *r = context;
    Store *store = open_at(&r->arena, r->url);
    r->err = take_out(store, &r->arena, "by whoever was first");
    store_close(store);
    return NULL;
}

static void *enter_now(void *context)
{
    Runner *r = context;
    Fault fault = {0};
    Store *store = open_at(&r->arena, r->url);
    Err e = contest_enter_all(store, 1790000000000, count_told, r, &fault);
    if (e) r->err = e;
    store_close(store);
    return NULL;
}

static void run_at_once(const Place *p, void *(*run)(void *), Runner runners[AT_ONCE])
{
    for (int i = 0; i < AT_ONCE; i++) {
        runners[i] = (Runner){.url = p->url};
        arena_init(&runners[i].arena, ARENA_LIMIT_DEFAULT);
        assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
    }
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(runners[i].thread, NULL);
        arena_clear(&runners[i].arena);
    }
}

static void two_who_take_out_the_same(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Place p = place_of(a);
    Runner runners[AT_ONCE];
    publish(p.store, a, publication_of(a, conf, S(papers), NULL));
    run_at_once(&p, take_out_now, runners);
    int done = 0;
    for (int i = 0; i < AT_ONCE; i++) {
        done += runners[i].err == ERR_OK;
        assert_true(runners[i].err == ERR_OK || runners[i].err == ERR_MISSING);
    }
    assert_int_equal(done, 1);
    assert_int_equal(size_of(&p), 2);
    leave(&p);
}

static Err forget_leaves(Db *db, Command *c)
{
    (void)c;
    Err e = db_run(db, "contest_entered", DB_VALUES(db_string(S("choir")), db_number(-1)));
    return e ? e : db_run(db, "contest_entered", DB_VALUES(db_string(S("band")), db_number(-1)));
}

/* What was published before there was a record is entered in it, once, whoever comes first. */
static void entered_once(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Place p = place_of(a);
    Runner runners[AT_ONCE];
    Str band = str_format(
        a, "[contest]\nslug = band\ntitle = A band\ndate = 2026-07-01\nrules = plurality\n[papers]\npapers = papers.csv\n");
    publish(p.store, a, publication_of(a, conf, S(papers), NULL));
    publish(p.store, a, publication_of(a, str_c(a, band), S(others), NULL));
    assert_int_equal(do_with(p.store, a, forget_leaves, NULL), ERR_OK);
    run_at_once(&p, enter_now, runners);
    for (int i = 0; i < AT_ONCE; i++) assert_int_equal(runners[i].err, ERR_OK);
    assert_int_equal(size_of(&p), 4);
    for (int64_t i = 2; i < 4; i++) {
        Leaf leaf = leaf_at(&p, i);
        bool choir = str_equal(leaf.contest, S("choir"));
        assert_str(leaf.kind, "contest.entered");
        assert_str(leaf.by.role, "program");
        assert_true(names(&leaf, "papers.csv", choir ? S(papers) : S(others)));
        assert_says(leaf.says, "published here on 21 September 2026, 14:13 UTC, stood here when this record began");
        assert_same_str(word(leaf.data, "published"), S("2026-09-21T14:13:20Z"));
    }
    assert_false(str_equal(leaf_at(&p, 2).contest, leaf_at(&p, 3).contest));
    run_at_once(&p, enter_now, runners);
    for (int i = 0; i < AT_ONCE; i++) assert_int_equal(runners[i].told, 0);
    assert_int_equal(size_of(&p), 4);
    leave(&p);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(published_names_every_file_and_the_rules),
        arena_test(an_address_that_is_taken_leaves_none),
        arena_test(replaced_says_what_changed),
        arena_test(taken_out_once_and_back),
        arena_test(what_others_typed_is_made_fit),
        arena_test(two_who_take_out_the_same),
        arena_test(entered_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
