/* Sealing, on either engine: what is signed only ever grows, whatever was killed, set back or changed by hand in between.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "db/stores.h"

#include "core/disk.h"
#include "record/rotate.h"

#include <sqlite3.h>

#define NAME S("vote.example.org/record")
#define ADA ((Officer){.name = S("Ada Poll"), .role = S("operator")})

/* ---- a store with a record, and a key ---- */

typedef struct Desk {
    Arena *a;
    Str url;
    Store *store;
    Db *db;
    RecordKeys keys;
    Fault fault;
    int64_t now;
} Desk;

static Str key_path(Arena *a)
{
    static int count;
    Str path = str_format(a, "%s/keys-%d", folder, ++count);
    assert_int_equal(mkdir(str_c(a, path), 0700), 0);
    return str_format(a, "%.*s/key", STR_ARG(path));
}

static Desk open_desk_at(Arena *a, Str url, Str key)
{
    Desk d = {.a = a, .url = url, .store = open_at(a, url), .now = 1000000};
    bool made;
    d.db = reader(d.store);
    if (record_keys_open(a, key, NAME, &d.keys, &made, &d.fault)) fail_msg("%.*s", STR_ARG(d.fault.expected));
    return d;
}

static Desk open_desk(Arena *a)
{
    return open_desk_at(a, fresh_url(a), key_path(a));
}

static void close_desk(Desk *d)
{
    record_keys_wipe(&d->keys);
    db_close(d->db);
    store_close(d->store);
}

typedef struct Acts {
    int64_t first;
    int count;
} Acts;

static Err run_acts(Db *db, Command *c)
{
    const Acts *acts = c->input;
    Err e = ERR_OK;
    for (int i = 0; i < acts->count && !e; i++) {
        Act act = {
            .kind = "export.made", .by = ADA, .says = str_format(c->arena, "Export number %lld was made.", (long long)acts->first + i)};
        e = record_act(db, c->arena, &act, c->now, NULL, &c->fault);
    }
    return e;
}

static void act(Desk *d, int count)
{
    static int64_t number;
    Acts acts = {number, count};
    number += count;
    Command c = {.name = "test", .leaf = LEAF_ONE, .run = run_acts, .input = &acts, .arena = d->a, .now = ++d->now};
    if (store_run(d->store, &c)) fail_msg("%.*s", STR_ARG(c.fault.expected));
}

static Err try_seal(Desk *d, bool *ret_sealed)
{
    d->fault = (Fault){0};
    return record_seal(d->store, d->db, d->a, &d->keys, ++d->now, ret_sealed, &d->fault);
}

static bool seal(Desk *d)
{
    bool sealed;
    if (try_seal(d, &sealed)) fail_msg("%.*s", STR_ARG(d->fault.expected));
    return sealed;
}

static Sealed newest(Desk *d)
{
    Sealed sealed;
    assert_int_equal(record_sealed(d->db, d->a, &sealed), ERR_OK);
    return sealed;
}

/* Refused so, and nothing was signed: neither in the store nor in FILE.last. */
static void assert_not_signed(Desk *d, const char *why)
{
    Str before = {0}, after = {0}, last = str_format(d->a, "%.*s.last", STR_ARG(d->keys.file));
    Fault fault = {0};
    bool sealed = true;
    Err had = disk_read(d->a, last, 1 << 20, &before, &fault);
    Err e = try_seal(d, &sealed);
    if (e != ERR_CONFLICT) fail_msg("%s: %d \"%.*s\"", why, e, STR_ARG(d->fault.expected));
    assert_says(d->fault.expected, why);
    assert_false(sealed);
    assert_int_equal(disk_read(d->a, last, 1 << 20, &after, &fault), had);
    assert_true(str_equal(before, after));
}

/* Behind the program's back. */
static void by_hand(const Desk *d, const char *sql)
{
    if (on_postgres) {
        pg_admin(d->url, sql);
        return;
    }
    sqlite3 *db;
    char *words = NULL;
    assert_int_equal(sqlite3_open(str_c(d->a, d->url), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK) fail_msg("%s: %s", sql, words);
    sqlite3_close(db);
}

static Str read_last(const Desk *d)
{
    Str text;
    Fault fault = {0};
    assert_int_equal(disk_read(d->a, str_format(d->a, "%.*s.last", STR_ARG(d->keys.file)), 1 << 20, &text, &fault), ERR_OK);
    return text;
}

static void write_last(const Desk *d, Str text)
{
    Fault fault = {0};
    assert_int_equal(disk_replace(d->a, str_format(d->a, "%.*s.last", STR_ARG(d->keys.file)), text, 0644, &fault), ERR_OK);
}

static bool is_signed_by(const Desk *d, Str note_text, const Verifier *verifier)
{
    Note *note = arena_new(d->a, Note, 1);
    Fault fault = {0};
    assert_int_equal(note_read(d->a, note_text, note, &fault), ERR_OK);
    return note_check(note, verifier, NULL) == ERR_OK;
}

/* The second was made of the first by adding leaves: shown by a proof from the store's hashes, and by both notes. */
static void assert_extends(Desk *d, const Sealed *first, const Sealed *second)
{
    TreeHashes hashes = record_hashes(d->db, d->a);
    TreeProof proof;
    Note *note = arena_new(d->a, Note, 1);
    Checkpoint one, two;
    Fault fault = {0};
    assert_int_equal(note_read(d->a, first->note, note, &fault), ERR_OK);
    assert_int_equal(checkpoint_read(note->text, &one, &fault), ERR_OK);
    assert_int_equal(note_read(d->a, second->note, note, &fault), ERR_OK);
    assert_int_equal(checkpoint_read(note->text, &two, &fault), ERR_OK);
    assert_int_equal(tree_prove_consistency(&hashes, one.size, two.size, &proof), ERR_OK);
    assert_int_equal(tree_verify_consistency(&proof, one.size, &one.root, two.size, &two.root), ERR_OK);
}

/* ---- sealing ---- */

static void an_empty_record_is_signed_once(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    Sealed sealed;
    assert_int_equal(record_sealed(d.db, d.a, &sealed), ERR_MISSING);
    assert_true(seal(&d));
    sealed = newest(&d);
    assert_int_equal(sealed.checkpoint.size, 0);
    Sha256 empty = tree_empty();
    assert_true(hash_equal(&sealed.checkpoint.root, &empty));
    assert_true(is_signed_by(&d, sealed.note, &d.keys.signers[0].verifier));
    assert_false(seal(&d));
    assert_same_str(newest(&d).note, sealed.note);
    close_desk(&d);
}

static void what_is_appended_is_sealed_and_extends(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    static const int counts[] = {1, 1, 5, 248, 1, 1, 300};
    Sealed before = {0};
    int64_t size = 0;
    for (int i = 0; i < COUNT_OF(counts); i++) {
        act(&d, counts[i]);
        size += counts[i];
        assert_true(seal(&d));
        assert_false(seal(&d));
        Sealed sealed = newest(&d);
        assert_int_equal(sealed.checkpoint.size, size);
        assert_same_str(sealed.checkpoint.origin, NAME);
        if (i) assert_extends(&d, &before, &sealed);
        before = sealed;
    }
    /* And it is the tree of the entries, made by another way. */
    Frontier f = {0};
    for (int64_t i = 0; i < size; i++) {
        Leaf leaf;
        assert_int_equal(record_leaf(d.db, d.a, i, &leaf, NULL), ERR_OK);
        Sha256 hash = tree_leaf(leaf.entry);
        frontier_add(&f, &hash);
    }
    Sha256 root = frontier_root(&f);
    assert_true(hash_equal(&root, &before.checkpoint.root));
    close_desk(&d);
}

/* ---- killed between FILE.last and the store's commit ---- */

static const char take_newest_out[] = "DELETE FROM record_checkpoint WHERE size = (SELECT MAX(size) FROM record_checkpoint)";

static void killed_before_the_commit_goes_on(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    act(&d, 3);
    assert_true(seal(&d));
    act(&d, 4);
    assert_true(seal(&d));
    Sealed lost = newest(&d);
    /* As it would be: the file says 7, the store 3. */
    by_hand(&d, take_newest_out);
    assert_int_equal(newest(&d).checkpoint.size, 3);
    assert_true(seal(&d));
    assert_same_str(newest(&d).note, lost.note);
    assert_false(seal(&d));
    /* The same, and more was appended since. */
    by_hand(&d, take_newest_out);
    act(&d, 300);
    assert_true(seal(&d));
    Sealed more = newest(&d);
    assert_int_equal(more.checkpoint.size, 307);
    assert_extends(&d, &lost, &more);
    /* The same, and it was the first ever. */
    by_hand(&d, "DELETE FROM record_checkpoint");
    by_hand(&d, "DELETE FROM record_node");
    assert_true(seal(&d));
    assert_same_str(newest(&d).note, more.note);
    close_desk(&d);
}

/* ---- a store that was set back ---- */

static void a_store_that_was_set_back_is_refused_until_it_is_mended(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    act(&d, 3);
    assert_true(seal(&d));
    act(&d, 2);
    assert_true(seal(&d));
    Sealed signed_one = newest(&d);
    by_hand(&d, "CREATE TABLE copy AS SELECT * FROM record_leaf");
    by_hand(&d, take_newest_out);
    by_hand(&d, "DELETE FROM record_leaf WHERE number >= 3");
    by_hand(&d, "UPDATE record_head SET size = 3");
    assert_not_signed(&d, "the store has 3 leaves, and 5 were signed");
    /* Nor when it has as many again, or more: they are others. */
    act(&d, 2);
    assert_not_signed(&d, "not those that were signed");
    act(&d, 4);
    assert_not_signed(&d, "not those that were signed");
    assert_int_equal(newest(&d).checkpoint.size, 3);
    /* The missing leaves come back: it goes on. */
    by_hand(&d, "DELETE FROM record_leaf WHERE number >= 3");
    by_hand(&d, "INSERT INTO record_leaf SELECT * FROM copy WHERE number >= 3");
    by_hand(&d, "UPDATE record_head SET size = 5");
    assert_true(seal(&d));
    assert_same_str(newest(&d).note, signed_one.note);
    act(&d, 1);
    assert_true(seal(&d));
    Sealed after = newest(&d);
    assert_extends(&d, &signed_one, &after);
    by_hand(&d, "DROP TABLE copy");
    close_desk(&d);
}

/* ---- changed by hand ---- */

static void rows_changed_by_hand_are_refused(void **state)
{
    engine_or_skip();
    static const struct {
        const char *sql, *why;
    } rows[] = {
        {"UPDATE record_leaf SET entry = (SELECT entry FROM record_leaf WHERE number = 2) WHERE number = 4", "leaf 4 was changed by hand"},
        {"UPDATE record_leaf SET hash = (SELECT hash FROM record_leaf WHERE number = 2) WHERE number = 5", "leaf 5 was changed by hand"},
        {"UPDATE record_leaf SET hash = entry WHERE number = 4", "leaf 4 was changed by hand"},
        {"UPDATE record_leaf SET entry = hash WHERE number = 5", "leaf 5 was changed by hand"},
        {"DELETE FROM record_leaf WHERE number = 4", "leaf 4 is not in the store"},
        {"DELETE FROM record_leaf WHERE number = 5", "leaf 5 is not in the store"},
        {"DELETE FROM record_leaf WHERE number >= 4", "leaf 4 is not in the store"},
        {"UPDATE record_head SET size = 2", "taken out by hand"},
        {"UPDATE record_checkpoint SET root = (SELECT hash FROM record_leaf WHERE number = 1) WHERE size = 3",
            "the store's checkpoint of 3 leaves"},
        {"UPDATE record_checkpoint SET frontier = (SELECT frontier FROM record_checkpoint WHERE size = 1) WHERE size = 3",
            "its frontier is none"},
        {"UPDATE record_checkpoint SET note = (SELECT note FROM record_checkpoint WHERE size = 1) WHERE size = 3",
            "the store's checkpoint of 3 leaves"},
        {"UPDATE record_checkpoint SET note = replace(note, 'vote', 'voce') WHERE size = 3", "the store's checkpoint of 3 leaves"},
        {"UPDATE record_checkpoint SET note = 'nonsense' WHERE size = 3", "the store's checkpoint of 3 leaves"},
        {"UPDATE record_checkpoint SET size = 4 WHERE size = 3", "its frontier is none"},
    };
    Desk d = open_desk(*state);
    act(&d, 1);
    assert_true(seal(&d));
    act(&d, 2);
    assert_true(seal(&d));
    act(&d, 3);
    static const char *const tables[] = {"record_head", "record_leaf", "record_checkpoint"};
    for (int i = 0; i < COUNT_OF(tables); i++)
        by_hand(&d, str_c(d.a, str_format(d.a, "CREATE TABLE copy_%s AS SELECT * FROM %s", tables[i], tables[i])));
    for (int i = 0; i < COUNT_OF(rows); i++) {
        by_hand(&d, rows[i].sql);
        assert_not_signed(&d, rows[i].why);
        for (int t = 0; t < COUNT_OF(tables); t++) {
            by_hand(&d, str_c(d.a, str_format(d.a, "DELETE FROM %s", tables[t])));
            by_hand(&d, str_c(d.a, str_format(d.a, "INSERT INTO %s SELECT * FROM copy_%s", tables[t], tables[t])));
        }
    }
    assert_true(seal(&d));
    close_desk(&d);
}

/* A row that no sealing made, where the next one wants to put its own: told, and not taken for another process that was faster. */
static void a_row_in_the_way_is_told(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    bool sealed;
    act(&d, 255);
    assert_true(seal(&d));
    by_hand(&d, "INSERT INTO record_node SELECT 1, 0, hash FROM record_leaf WHERE number = 0");
    act(&d, 1);
    assert_int_equal(try_seal(&d, &sealed), ERR_CONFLICT);
    assert_says(d.fault.expected, "put in by hand");
    by_hand(&d, "DELETE FROM record_node");
    assert_true(seal(&d));
    assert_int_equal(newest(&d).checkpoint.size, 256);
    close_desk(&d);
}

/* Whichever byte of FILE.last is another one: either it is refused, or what is signed extends what was signed. */
static void a_changed_last_file_never_leads_astray(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    act(&d, 5);
    assert_true(seal(&d));
    Sealed before = newest(&d);
    Str good = read_last(&d);
    act(&d, 1);
    int refused_count = 0;
    for (size_t i = 0; i < good.len; i++) {
        AUTO(arena_clear) Arena scratch;
        arena_init(&scratch, ARENA_LIMIT_DEFAULT);
        char *bad = memcpy(arena_new(&scratch, char, good.len), good.ptr, good.len);
        bad[i] = (char)(bad[i] ^ 1);
        write_last(&d, (Str){bad, good.len});
        bool sealed;
        Err e = record_seal(d.store, d.db, &scratch, &d.keys, ++d.now, &sealed, &d.fault);
        refused_count += e == ERR_CONFLICT;
        if (!e) {
            Sealed after = newest(&d);
            assert_extends(&d, &before, &after);
            by_hand(&d, take_newest_out);
        }
    }
    assert_true(refused_count > (int)good.len - 120); /* all but a name and number of the signature's key, which may be one that ended */
    write_last(&d, good);
    assert_true(seal(&d));
    close_desk(&d);
}

static void another_key_signs_nothing_here(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    act(&d, 2);
    assert_true(seal(&d));
    Desk other = open_desk_at(d.a, d.url, key_path(d.a));
    act(&d, 1);
    assert_not_signed(&other, "put the key file that belongs to this store there");
    close_desk(&other);
    assert_true(seal(&d));
    close_desk(&d);
}

/* ---- several processes ---- */

static Desk second_desk(const Desk *d)
{
    Str text, key = key_path(d->a);
    Fault fault = {0};
    assert_int_equal(disk_read(d->a, d->keys.file, 4096, &text, &fault), ERR_OK);
    assert_int_equal(disk_replace(d->a, key, text, 0600, &fault), ERR_OK);
    return open_desk_at(d->a, d->url, key);
}

static void what_another_has_signed_is_the_least_that_must_be_there(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state), other = second_desk(&d);
    act(&d, 3);
    assert_true(seal(&d));
    assert_false(seal(&other)); /* nothing to do, and it has seen what was done */
    assert_same_str(read_last(&other), read_last(&d));
    act(&d, 2);
    assert_true(seal(&other));
    assert_false(seal(&d));
    assert_same_str(read_last(&other), read_last(&d));
    /* One that sleeps for long wakes to a store that has grown from what it knows, and to one that has not. */
    Str old = read_last(&d);
    act(&d, 300);
    assert_true(seal(&other));
    write_last(&d, old);
    assert_false(seal(&d));
    write_last(&d, old);
    by_hand(&d, "UPDATE record_leaf SET hash = (SELECT hash FROM record_leaf WHERE number = 1) WHERE number = 3");
    by_hand(&d, "UPDATE record_node SET hash = (SELECT hash FROM record_leaf WHERE number = 1) WHERE level = 1");
    assert_not_signed(&d, "not those that were signed");
    close_desk(&other);
    close_desk(&d);
}

/* All checkpoints of the store, each extending the one before. */
static int check_all_checkpoints(Desk *d, int64_t size)
{
    int count = 0;
    Sealed before = newest(d);
    assert_int_equal(before.checkpoint.size, size);
    while (true) {
        by_hand(d, take_newest_out);
        Sealed sealed;
        count++;
        if (record_sealed(d->db, d->a, &sealed) == ERR_MISSING) return count;
        assert_extends(d, &sealed, &before);
        before = sealed;
    }
}

_Noreturn static void seal_in_child(Str url, Str key)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Desk d = open_desk_at(&a, url, key);
    for (int i = 0; i < 60; i++) {
        bool sealed;
        Err e = try_seal(&d, &sealed);
        if (e) {
            fprintf(stderr, "in the child: %.*s\n", STR_ARG(d.fault.expected));
            _exit(1);
        }
        usleep(3000);
    }
    close_desk(&d);
    arena_clear(&a);
    child_succeeded();
}

/* Two with copies of the key, one with the very file, while acts go on: no error, and every checkpoint extends the one before. */
static void processes_that_seal_at_once_agree(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Desk first = open_desk(a), second = second_desk(&first);
    assert_true(seal(&first));
    Str url = first.url, keys[] = {first.keys.file, second.keys.file, first.keys.file};
    close_desk(&second);
    close_desk(&first);
    pid_t children[COUNT_OF(keys)];
    for (int i = 0; i < COUNT_OF(keys); i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) seal_in_child(url, keys[i]);
    }
    Desk d = open_desk_at(a, url, keys[0]);
    for (int i = 0; i < 60; i++) {
        act(&d, 1 + i % 9);
        usleep(2000);
    }
    for (int i = 0; i < COUNT_OF(keys); i++) {
        int how;
        assert_int_equal(waitpid(children[i], &how, 0), children[i]);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
    seal(&d);
    int64_t size;
    assert_int_equal(record_size(d.db, a, &size), ERR_OK);
    assert_true(check_all_checkpoints(&d, size) > 3);
    close_desk(&d);
}

/* ---- changing the key ---- */

static int leaves_of(Desk *d, const char *kind)
{
    Leaf *leaves;
    int count;
    LeafFilter filter = {.kind = str_from_c(kind), .before = -1, .after = -1, .most = 100};
    assert_int_equal(record_leaves(d->db, d->a, &filter, &leaves, NULL, &count), ERR_OK);
    return count;
}

static Err add_key(Desk *d, Verifier *ret_added)
{
    return record_key_add(d->store, d->db, d->a, &d->keys, ADA, S("every two years"), ++d->now, ret_added, &d->fault);
}

static Err end_key(Desk *d, uint32_t id)
{
    return record_key_end(d->store, d->db, d->a, &d->keys, id, ADA, S("every two years"), ++d->now, &d->fault);
}

static void write_key_file(const Desk *d, Str text)
{
    Fault fault = {0};
    assert_int_equal(disk_replace(d->a, d->keys.file, text, 0600, &fault), ERR_OK);
}

static void keys_change_in_two_steps(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    Verifier old = d.keys.signers[0].verifier, new, third;
    old.name = str_copy(d.a, old.name);
    act(&d, 3);
    assert_true(seal(&d));
    assert_int_equal(end_key(&d, old.id), ERR_CONFLICT);
    assert_says(d.fault.expected, "the only key");
    if (add_key(&d, &new)) fail_msg("%.*s", STR_ARG(d.fault.expected));
    assert_int_equal(d.keys.count, 2);
    Sealed both = newest(&d);
    assert_int_equal(both.checkpoint.size, 4);
    assert_true(is_signed_by(&d, both.note, &old) && is_signed_by(&d, both.note, &new));
    Leaf leaf;
    assert_int_equal(record_leaf(d.db, d.a, 3, &leaf, NULL), ERR_OK);
    assert_str(leaf.kind, "record.key_added");
    assert_str(leaf.by.name, "Ada Poll");
    assert_same_str(view_str(view_get(leaf.data, S("vkey"))), verifier_text(d.a, &new));
    Str vkey = verifier_text(d.a, &new);
    Note *note = arena_new(d.a, Note, 1);
    assert_int_equal(note_read(d.a, view_str(view_get(leaf.data, S("signed"))), note, &d.fault), ERR_OK);
    assert_same_str(note->text, str_format(d.a, "%.*s\nrecord.key_added\n%.*s\n", STR_ARG(NAME), STR_ARG(vkey)));
    assert_int_equal(note_check(note, &old, NULL), ERR_OK);
    assert_int_equal(note_check(note, &new, NULL), ERR_MISSING);
    assert_int_equal(end_key(&d, 12345), ERR_MISSING);
    if (end_key(&d, old.id)) fail_msg("%.*s", STR_ARG(d.fault.expected));
    assert_int_equal(d.keys.count, 1);
    Sealed ended = newest(&d);
    assert_true(is_signed_by(&d, ended.note, &old) && is_signed_by(&d, ended.note, &new));
    act(&d, 1);
    assert_true(seal(&d));
    Sealed after = newest(&d);
    assert_false(is_signed_by(&d, after.note, &old));
    assert_true(is_signed_by(&d, after.note, &new));
    assert_extends(&d, &both, &after);
    /* Nothing of it is done twice; and a third key follows from the second. */
    assert_int_equal(end_key(&d, old.id), ERR_MISSING);
    assert_int_equal(add_key(&d, &third), ERR_OK);
    assert_int_equal(end_key(&d, new.id), ERR_OK);
    assert_int_equal(leaves_of(&d, "record.key_added"), 2);
    assert_int_equal(leaves_of(&d, "record.key_ended"), 2);
    close_desk(&d);
}

/* Each has read the file while it had both keys, and ends one of them: one is told that the other was faster, and a key is left. */
static void two_that_end_a_key_each_leave_one(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    Verifier old = d.keys.signers[0].verifier, new;
    bool made;
    old.name = str_copy(d.a, old.name);
    act(&d, 2);
    assert_true(seal(&d));
    assert_int_equal(add_key(&d, &new), ERR_OK);
    RecordKeys late;
    assert_int_equal(record_keys_open(d.a, d.keys.file, (Str){0}, &late, &made, &d.fault), ERR_OK);
    assert_int_equal(late.count, 2);
    assert_int_equal(end_key(&d, old.id), ERR_OK);
    d.keys = late;
    assert_int_equal(end_key(&d, new.id), ERR_CONFLICT);
    assert_says(d.fault.expected, "every other key has been ended");
    assert_int_equal(leaves_of(&d, "record.key_ended"), 1);
    assert_int_equal(record_keys_open(d.a, d.keys.file, (Str){0}, &d.keys, &made, &d.fault), ERR_OK);
    assert_int_equal(d.keys.count, 1);
    assert_true(verifier_equal(&d.keys.signers[0].verifier, &new));
    act(&d, 1);
    assert_true(seal(&d));
    close_desk(&d);
}

/* Killed at each place between two steps, and asked for again: one key, one leaf. */
static void a_change_that_was_killed_goes_on(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    Fault fault = {0};
    act(&d, 2);
    assert_true(seal(&d));
    /* The file has both, and nobody was told. */
    Verifier old = d.keys.signers[0].verifier, new, again;
    old.name = str_copy(d.a, old.name);
    signer_new(NAME, KEY_NOTE, &d.keys.signers[1]);
    d.keys.count = 2;
    assert_int_equal(record_keys_write(d.a, &d.keys, &fault), ERR_OK);
    new = d.keys.signers[1].verifier;
    new.name = str_copy(d.a, new.name);
    Str both;
    bool made;
    assert_int_equal(disk_read(d.a, d.keys.file, 4096, &both, &fault), ERR_OK);
    assert_int_equal(end_key(&d, old.id), ERR_CONFLICT);
    assert_int_equal(add_key(&d, &again), ERR_OK);
    assert_true(verifier_equal(&again, &new));
    assert_int_equal(leaves_of(&d, "record.key_added"), 1);
    /* The leaf is there, and the checkpoint of it is not. */
    by_hand(&d, take_newest_out);
    assert_int_equal(end_key(&d, old.id), ERR_OK);
    /* Its end is told and signed, and the file has it still. */
    write_key_file(&d, both);
    assert_int_equal(record_keys_open(d.a, d.keys.file, (Str){0}, &d.keys, &made, &fault), ERR_OK);
    assert_int_equal(d.keys.count, 2);
    assert_int_equal(end_key(&d, old.id), ERR_OK);
    assert_int_equal(d.keys.count, 1);
    assert_int_equal(leaves_of(&d, "record.key_ended"), 1);
    close_desk(&d);
}

static void the_last_way_out_is_another_name(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    act(&d, 3);
    assert_true(seal(&d));
    Sealed before = newest(&d);
    record_keys_wipe(&d.keys);
    bool made;
    assert_int_equal(record_keys_open(d.a, key_path(d.a), S("vote.example.org/record2"), &d.keys, &made, &d.fault), ERR_OK);
    assert_not_signed(&d, "is of the record 'vote.example.org/record', and the key is of 'vote.example.org/record2'");
    if (record_key_begin_again(d.store, d.db, d.a, &d.keys, ADA, S("the key was lost"), ++d.now, &d.fault))
        fail_msg("%.*s", STR_ARG(d.fault.expected));
    Sealed after = newest(&d);
    assert_str(after.checkpoint.origin, "vote.example.org/record2");
    assert_int_equal(after.checkpoint.size, 4);
    assert_extends(&d, &before, &after);
    /* Asked for again it does nothing; and sealing goes on. */
    assert_int_equal(record_key_begin_again(d.store, d.db, d.a, &d.keys, ADA, S("the key was lost"), ++d.now, &d.fault), ERR_OK);
    assert_int_equal(newest(&d).checkpoint.size, 4);
    act(&d, 1);
    assert_true(seal(&d));
    close_desk(&d);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(an_empty_record_is_signed_once),
        arena_test(what_is_appended_is_sealed_and_extends),
        arena_test(killed_before_the_commit_goes_on),
        arena_test(a_store_that_was_set_back_is_refused_until_it_is_mended),
        arena_test(rows_changed_by_hand_are_refused),
        arena_test(a_row_in_the_way_is_told),
        arena_test(a_changed_last_file_never_leads_astray),
        arena_test(another_key_signs_nothing_here),
        arena_test(what_another_has_signed_is_the_least_that_must_be_there),
        arena_test(processes_that_seal_at_once_agree),
        arena_test(keys_change_in_two_steps),
        arena_test(two_that_end_a_key_each_leave_one),
        arena_test(a_change_that_was_killed_goes_on),
        arena_test(the_last_way_out_is_another_name),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
