/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "roll/rosters.h"

#include "core/json.h"

static Roster *members(Arena *a, int count)
{
    Roster *r = roster_new(a);
    for (int i = 0; i < count; i++) {
        char person[16];
        snprintf(person, sizeof person, "p%d", i);
        RosterRow *row = make_row(
            r, (Made){.person = person, .unit = i % 3 ? "leeds" : "york", .joined = i % 7 ? "2012-01-03" : "2014-01-01"});
        if (i == 1) row->name = roster_ref(r, S("Ó \"Quote\" \\ Nguyễn"));
    }
    return r;
}

typedef struct Whole {
    Frozen frozen;
    RollPublished published;
    Str hashes, entries;
} Whole;

static Whole freeze(Arena *a, int count)
{
    Whole w;
    Fault fault = {0};
    Roster *r = members(a, count);
    RollRules rules = rules_of(a, "{\"freeze\":\"2013-03-12\",\"months\":6}");
    Rolled rolled = rules_apply(a, &rules, r);
    assert_int_equal(roll_freeze(a, S("leeds-2013"), &rules, r, &rolled, seeded, &w.frozen, &fault), ERR_OK);
    assert_int_equal(w.frozen.count, rolled.on);
    w.published = (RollPublished){
        .title = S("Selection, Leeds"), .unit = S("leeds"), .version = 1, .frozen = S("2013-03-12T09:00:00.000Z")};
    roll_publish(a, &w.frozen, r, &rolled, &w.published);
    Buf hashes = buf_new(a), entries = buf_new(a);
    for (int i = 0; i < w.frozen.count; i++) {
        buf_str(&hashes, (Str){(const char *)w.frozen.entries[i].hash.bytes, SHA256_BYTES});
        buf_str(&entries, w.frozen.entries[i].text);
        buf_byte(&entries, '\n');
    }
    w.hashes = buf_done(&hashes);
    w.entries = buf_done(&entries);
    return w;
}

static Err read_level(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    const Frozen *f = context;
    for (int i = 0; i < count; i++) {
        Frontier frontier = {0};
        int64_t width = (int64_t)1 << (8 * level), from = (index + i) * width;
        for (int64_t j = from; j < from + width; j++) frontier_add(&frontier, &f->entries[j].hash);
        ret_hashes[i] = frontier_root(&frontier);
    }
    return ERR_OK;
}

static Str proof_of(Arena *a, Whole *w, int number)
{
    TreeHashes hashes = {read_level, &w->frozen};
    RollProof p = {.roll = w->frozen.roll,
        .version = 1,
        .number = number,
        .size = w->frozen.count,
        .root = w->frozen.root,
        .entry = w->frozen.entries[number].text};
    assert_int_equal(tree_prove_inclusion(&hashes, number, p.size, &p.path), ERR_OK);
    return roll_proof_text(a, &p);
}

static void entries_say_what_they_must(void **state)
{
    Arena *a = *state;
    Whole w = freeze(a, 40);
    bool named = false;
    for (int i = 0; i < w.frozen.count; i++) {
        View *v;
        Fault fault = {0};
        const RollEntry *e = &w.frozen.entries[i];
        assert_int_equal(json_read(a, e->text, &v, &fault), ERR_OK);
        assert_int_equal(view_str(view_get(v, S("salt"))).len, 32);
        assert_str(view_str(view_get(v, S("roll"))), "leeds-2013");
        assert_str(view_str(view_get(v, S("joined"))), "2012-01-03");
        named |= str_equal(view_str(view_get(v, S("name"))), S("Ó \"Quote\" \\ Nguyễn"));
        Sha256 hash = tree_leaf(e->text);
        assert_true(hash_equal(&hash, &e->hash));
        if (i) assert_true(memcmp(e[-1].hash.bytes, e->hash.bytes, SHA256_BYTES) < 0);
        for (int j = 0; j < i; j++) assert_false(str_equal(str_slice(e->text, 0, 100), str_slice(w.frozen.entries[j].text, 0, 100)));
    }
    assert_true(named);
}

/* The root by the definition of RFC 6962, section 2.1, and nothing of tree.c but its two hashes. */
static Sha256 defined_root(const RollEntry *entries, int count)
{
    if (count == 1) return entries[0].hash;
    int k = 1;
    while (2 * k < count) k *= 2;
    Sha256 left = defined_root(entries, k), right = defined_root(entries + k, count - k);
    return tree_node(&left, &right);
}

static void the_root_is_that_of_rfc_6962(void **state)
{
    (void)state;
    static const int sizes[] = {2, 3, 9, 299, 300, 700};
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        AUTO(arena_clear) Arena a;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        Whole w = freeze(&a, sizes[i]);
        Sha256 root = defined_root(w.frozen.entries, w.frozen.count);
        assert_true(hash_equal(&root, &w.frozen.root));
    }
}

static void nobody_is_a_roll_too(void **state)
{
    Arena *a = *state;
    Whole w = freeze(a, 1); /* the one member joined too late */
    Fault fault = {0};
    RollPublished p;
    assert_int_equal(w.frozen.count, 0);
    assert_int_equal(roll_published_read(a, w.published.text, &p, &fault), ERR_OK);
    assert_int_equal(roll_check(a, &p, S(""), S(""), &fault), ERR_OK);
    assert_int_equal(roll_check(a, &p, S(""), S("{}\n"), &fault), ERR_INPUT);
}

static void every_member_has_her_proof(void **state)
{
    Arena *a = *state;
    Whole w = freeze(a, 800);
    RollPublished published;
    Fault fault = {0};
    assert_true(w.frozen.count > 512);
    assert_int_equal(roll_published_read(a, w.published.text, &published, &fault), ERR_OK);
    for (int i = 0; i < w.frozen.count; i++) {
        RollProof p;
        assert_int_equal(roll_proof_read(a, proof_of(a, &w, i), &p, &fault), ERR_OK);
        assert_int_equal(p.number, i);
        assert_same_str(p.entry, w.frozen.entries[i].text);
        assert_int_equal(roll_proof_check(a, &p, &published, &fault), ERR_OK);
    }
}

static Str with_byte(Arena *a, Str text, size_t at, int change)
{
    char *copy = arena_new(a, char, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    copy[at] = (char)(copy[at] ^ change);
    return (Str){copy, text.len};
}

static void every_byte_of_a_proof_counts(void **state)
{
    (void)state;
    Arena a, b;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    arena_init(&b, ARENA_LIMIT_DEFAULT);
    Whole w = freeze(&a, 300);
    Str text = proof_of(&a, &w, 77);
    for (size_t i = 0; i < text.len; i++)
        for (int bit = 1; bit < 256; bit <<= 1) {
            RollProof p;
            Fault fault = {0};
            if (!roll_proof_read(&b, with_byte(&b, text, i, bit), &p, &fault) && !roll_proof_check(&b, &p, &w.published, &fault))
                fail_msg("byte %zu, bit %d", i, bit);
            assert_true(fault.expected.len > 0);
            arena_recycle(&b);
        }
    for (size_t len = 0; len < text.len; len++) {
        RollProof p;
        Fault fault = {0};
        assert_int_equal(roll_proof_read(&b, str_slice(text, 0, len), &p, &fault), ERR_INPUT);
        arena_recycle(&b);
    }
    arena_clear(&a);
    arena_clear(&b);
}

static void every_byte_of_a_roll_counts(void **state)
{
    (void)state;
    Arena a, b;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    arena_init(&b, ARENA_LIMIT_DEFAULT);
    Whole w = freeze(&a, 30);
    RollPublished p;
    Fault fault = {0};
    assert_int_equal(roll_published_read(&a, w.published.text, &p, &fault), ERR_OK);
    assert_int_equal(roll_check(&a, &p, w.hashes, w.entries, &fault), ERR_OK);
    assert_int_equal(roll_check(&a, &p, w.hashes, (Str){0}, &fault), ERR_OK);
    for (size_t i = 0; i < p.text.len; i++) {
        RollPublished other;
        assert_int_not_equal(roll_published_read(&b, with_byte(&b, p.text, i, 1), &other, &fault), ERR_OK);
        assert_int_not_equal(roll_published_read(&b, with_byte(&b, p.text, i, 32), &other, &fault), ERR_OK);
        arena_recycle(&b);
    }
    for (size_t i = 0; i < w.hashes.len; i++) {
        assert_int_equal(roll_check(&b, &p, with_byte(&b, w.hashes, i, 1), (Str){0}, &fault), ERR_INPUT);
        arena_recycle(&b);
    }
    for (size_t i = 0; i < w.entries.len; i++) {
        assert_int_equal(roll_check(&b, &p, w.hashes, with_byte(&b, w.entries, i, 1), &fault), ERR_INPUT);
        arena_recycle(&b);
    }
    assert_int_equal(roll_check(&a, &p, w.hashes, str_slice(w.entries, 0, w.entries.len - 1), &fault), ERR_INPUT);
    assert_int_equal(roll_check(&a, &p, str_slice(w.hashes, 0, w.hashes.len - 32), (Str){0}, &fault), ERR_INPUT);
    arena_clear(&a);
    arena_clear(&b);
}

static void an_entry_has_a_bound(void **state)
{
    Arena *a = *state;
    Roster *r = members(a, 2);
    char *name = arena_new(a, char, 5000);
    memset(name, 'x', 5000);
    r->rows[1].name = roster_ref(r, (Str){name, 5000});
    RollRules rules = rules_of(a, "{\"freeze\":\"2013-03-12\"}");
    Rolled rolled = rules_apply(a, &rules, r);
    Frozen frozen;
    Fault fault = {0};
    assert_int_equal(roll_freeze(a, S("x"), &rules, r, &rolled, seeded, &frozen, &fault), ERR_LIMIT);
    assert_non_null(strstr(str_c(a, fault.expected), "line 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(entries_say_what_they_must),
        cmocka_unit_test(the_root_is_that_of_rfc_6962),
        arena_test(nobody_is_a_roll_too),
        arena_test(every_member_has_her_proof),
        cmocka_unit_test(every_byte_of_a_proof_counts),
        cmocka_unit_test(every_byte_of_a_roll_counts),
        arena_test(an_entry_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
