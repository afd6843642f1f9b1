/* What a second reviewer found, kept so that it stays mended. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/stores.h"
#include "record/maker.h"

#include "core/disk.h"
#include "record/recover.h"
#include "record/seal.h"
#include "record/verify.h"
#include "record/witness.h"

/* ---- a copy ---- */

static void assert_copies(Arena *a, const Made *m, const Folder *f, const Folder *copy)
{
    RecordSource *source;
    VerifyOptions options = {.keys = &m->signer.verifier, .key_count = 1, .files = true};
    VerifyReport *report = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    assert_int_equal(source_open(a, str_from_c(f->path), &source, &fault), ERR_OK);
    assert_int_equal(record_copy(a, source, str_from_c(copy->path), &options, report, &fault), ERR_OK);
    if (!report->right) fail_msg("%.*s", STR_ARG(report->findings[0].words));
    assert_true(report->files_checked > 0);
    source_close(source);
}

/* Power that goes may leave a file of no bytes where one was written: the record was called wrong from then on, every night. */
static void a_side_file_that_was_cut_short_is_fetched_again(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 20);
    Folder f = made_folder(m, 20), copy = folder_new(a);
    Str side = str_format(a, "side/%.*s", STR_ARG(sha256_hex(a, sha256(m->side)))), now;
    Fault fault = {0};
    assert_copies(a, m, &f, &copy);
    folder_put(&copy, str_c(a, side), S(""));
    assert_copies(a, m, &f, &copy);
    assert_int_equal(disk_read(a, str_format(a, "%s/%.*s", copy.path, STR_ARG(side)), 4096, &now, &fault), ERR_OK);
    assert_true(str_equal(now, m->side));
    folder_remove(&f);
    folder_remove(&copy);
}

/* ---- witnesses ---- */

static bool is_right_with(Arena *a, const Made *m, const Folder *f, const Verifier *witnesses, int count)
{
    RecordSource *source;
    VerifyOptions options = {.keys = &m->signer.verifier, .key_count = 1, .witnesses = witnesses, .witness_count = count, .quorum = 2};
    VerifyReport *report = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    assert_int_equal(source_open(a, str_from_c(f->path), &source, &fault), ERR_OK);
    assert_int_equal(record_verify(a, source, &options, report, &fault), ERR_OK);
    source_close(source);
    return report->right;
}

/* Given once as text and once in a file, or under two names, one witness made a quorum of two. */
static void one_witness_given_twice_is_one(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 20);
    Folder f = folder_new(a);
    Signer one, two;
    signer_new(S("witness.example/one"), KEY_COSIGN, &one);
    signer_new(S("witness.example/two"), KEY_COSIGN, &two);
    Checkpoint c = {.origin = S(MADE_ORIGIN), .size = 20, .root = made_root(m, 20)};
    Str text = checkpoint_text(a, &c), first = note_sign(a, &one, text, 1700000000), second = note_sign(a, &two, text, 1700000000);
    Str signed_once = made_note_of(m, text);
    made_write(m, &f, 20, str_format(a, "%.*s%.*s", STR_ARG(signed_once), STR_ARG(first)));
    const Verifier twice[] = {one.verifier, one.verifier, two.verifier}, both[] = {one.verifier, two.verifier};
    assert_false(is_right_with(a, m, &f, twice, 2));
    assert_false(is_right_with(a, m, &f, twice, 3));
    folder_put(&f, "checkpoint", str_format(a, "%.*s%.*s%.*s", STR_ARG(signed_once), STR_ARG(first), STR_ARG(second)));
    assert_true(is_right_with(a, m, &f, both, 2));
    assert_true(is_right_with(a, m, &f, twice, 3));
    folder_remove(&f);
}

/* Both would cosign, each by what it remembers. */
static void one_key_is_one_witness(void **state)
{
    Arena *a = *state;
    Folder f = folder_new(a);
    Signer log;
    Fault fault = {0};
    WitnessState *one = NULL, *two = NULL;
    signer_new(S("log.example"), KEY_NOTE, &log);
    WitnessOptions options = {.folder = str_format(a, "%s/one", f.path),
        .key_file = str_format(a, "%s/key", f.path),
        .name = S("witness.example"),
        .logs = &log.verifier,
        .log_count = 1};
    if (witness_open(a, &options, &one, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    options.folder = str_format(a, "%s/two", f.path);
    assert_int_equal(witness_open(a, &options, &two, &fault), ERR_CONFLICT);
    witness_close(one);
    fault = (Fault){0};
    if (witness_open(a, &options, &two, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    witness_close(two);
    folder_remove(&f);
}

/* ---- a store that was set back ---- */

enum { NOW = 1700000000 };

static const Officer ada = {S("Ada Poll"), S("operator")};

static Err run_act(Db *db, Command *c)
{
    Act act = {.kind = "export.made", .by = ada, .says = *(const Str *)c->input};
    return record_act(db, c->arena, &act, c->now, NULL, &c->fault);
}

static void act(Store *store, Arena *a, Str says)
{
    Command c = {.name = "test", .leaf = LEAF_ONE, .run = run_act, .input = &says, .arena = a, .now = NOW};
    if (store_run(store, &c)) fail_msg("%.*s", STR_ARG(c.fault.expected));
}

static void open_keys(Arena *a, Str file, Str name, RecordKeys *ret_keys)
{
    bool made;
    Fault fault = {0};
    if (record_keys_open(a, file, name, ret_keys, &made, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
}

static Err seal(Store *store, Db *db, Arena *a, const RecordKeys *keys)
{
    bool sealed;
    Fault fault = {0};
    return record_seal(store, db, a, keys, NOW, &sealed, &fault);
}

/* FILE.last was moved away before the key was, and a server that still had the older key signed the store as it was set back. Now it stays until the new
 * name has signed over it. */
static void the_older_key_signs_nothing_while_another_name_begins(void **state)
{
    Arena *a = *state;
    Folder f = folder_new(a);
    Str file = str_format(a, "%s/key", f.path);
    RecordKeys old, new;
    Fault fault = {0};
    Sealed newest;
    Store *whole = open_at(a, fresh_url(a)), *back = open_at(a, fresh_url(a));
    Db *whole_db = reader(whole), *back_db = reader(back);
    open_keys(a, file, S("vote.example.org/record"), &old);
    for (int i = 0; i < 5; i++) act(whole, a, S("One more export was made."));
    assert_int_equal(seal(whole, whole_db, a, &old), ERR_OK);
    act(back, a, S("Another export was made."));
    assert_int_equal(seal(back, back_db, a, &old), ERR_CONFLICT);
    open_keys(a, str_format(a, "%s/new", f.path), S("vote.example.org/record2"), &new);
    new.file = file; /* as it is put in the older one's place */
    assert_int_equal(record_keys_write(a, &new, &fault), ERR_OK);
    assert_int_equal(seal(back, back_db, a, &old), ERR_CONFLICT);
    if (record_key_begin_again(back, back_db, a, &new, ada, S("the backup burnt"), NOW, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    assert_int_equal(record_sealed(back_db, a, &newest), ERR_OK);
    assert_true(str_equal(newest.checkpoint.origin, S("vote.example.org/record2")));
    assert_int_equal(seal(back, back_db, a, &old), ERR_CONFLICT);
    act(back, a, S("And one more."));
    assert_int_equal(seal(back, back_db, a, &old), ERR_CONFLICT);
    assert_int_equal(seal(back, back_db, a, &new), ERR_OK);
    record_keys_wipe(&old);
    record_keys_wipe(&new);
    db_close(whole_db);
    db_close(back_db);
    store_close(whole);
    store_close(back);
    folder_remove(&f);
}

/* ---- what is put back ---- */

/* A site is asked twice, to verify it and to take the entries: the second time it may show others. */
static void what_is_put_back_is_what_was_verified(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 300), *other = made_new(a, 299);
    Folder f = made_folder(m, 300);
    Store *store = open_at(a, fresh_url(a));
    Db *db = reader(store);
    RecordSource *source;
    Fault fault = {0};
    int64_t first, count, size;
    other->signer = m->signer;
    made_add(other, &(Act){.kind = "export.made", .by = ada, .says = S("Nobody did this.")});
    assert_int_equal(source_open(a, str_from_c(f.path), &source, &fault), ERR_OK);
    Recovery r = {
        .store = store, .db = db, .source = source, .size = 300, .root = made_root(other, 300), .by = ada, .reason = S("lost"), .now = NOW};
    assert_int_equal(record_recover(a, &r, &first, &count, &fault), ERR_CONFLICT);
    assert_int_equal(record_size(db, a, &size), ERR_OK);
    assert_int_equal(size, 0);
    r.root = made_root(m, 300);
    if (record_recover(a, &r, &first, &count, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    assert_int_equal(count, 300);
    assert_int_equal(record_size(db, a, &size), ERR_OK);
    assert_int_equal(size, 301);
    source_close(source);
    db_close(db);
    store_close(store);
    folder_remove(&f);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(a_side_file_that_was_cut_short_is_fetched_again),
        arena_test(one_witness_given_twice_is_one),
        arena_test(one_key_is_one_witness),
        arena_test(the_older_key_signs_nothing_while_another_name_begins),
        arena_test(what_is_put_back_is_what_was_verified),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
