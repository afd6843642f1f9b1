/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Records that were made up are changed, byte by byte where that is quick, and verified: what was changed must be found, and named.
 */
#include "maker.h"

/* ---- verifying ---- */

static VerifyReport *verified_with(Arena *a, Str where, VerifyOptions options)
{
    RecordSource *source = NULL;
    VerifyReport *report = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    if (source_open(a, where, &source, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    if (record_verify(a, source, &options, report, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    source_close(source);
    return report;
}

static VerifyReport *verified(Arena *a, const Folder *f)
{
    return verified_with(a, str_from_c(f->path), (VerifyOptions){0});
}

static void print_findings(const VerifyReport *r)
{
    for (int i = 0; i < r->finding_count && i < FINDINGS_MAX; i++)
        print_error("%s %lld..%lld: %.*s\n", r->findings[i].kind == FINDING_WRONG ? "wrong" : "doubt", (long long)r->findings[i].leaf,
            (long long)r->findings[i].last, STR_ARG(r->findings[i].words));
}

#define assert_right(report)                                     \
    do {                                                         \
        const VerifyReport *r_ = (report);                       \
        if (!r_->right || r_->finding_count) print_findings(r_); \
        assert_true(r_->right);                                  \
        assert_int_equal(r_->finding_count, 0);                  \
    } while (0)

#define assert_wrong_at(report, leaf_number)                                   \
    do {                                                                       \
        const VerifyReport *r_ = (report);                                     \
        if (r_->right || r_->first_wrong != (leaf_number)) print_findings(r_); \
        assert_false(r_->right);                                               \
        assert_int_equal(r_->first_wrong, (leaf_number));                      \
    } while (0)

static bool says(const VerifyReport *r, const char *words)
{
    for (int i = 0; i < r->finding_count && i < FINDINGS_MAX; i++)
        for (size_t at = 0; at + strlen(words) <= r->findings[i].words.len; at++)
            if (memcmp(r->findings[i].words.ptr + at, words, strlen(words)) == 0) return true;
    return false;
}

#define assert_finding(report, text)                         \
    do {                                                     \
        if (!says((report), (text))) print_findings(report); \
        assert_true(says((report), (text)));                 \
    } while (0)

/* ---- changing ---- */

static Str file_in(Arena *a, const Folder *f, const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    Buf b = buf_new(a);
    int c;
    while ((c = fgetc(file)) != EOF) buf_byte(&b, (char)c);
    fclose(file);
    return buf_done(&b);
}

static void put_changed(const Folder *f, const char *name, Str bytes, size_t at, unsigned char change)
{
    char *copy = malloc(bytes.len);
    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    copy[at] = (char)((unsigned char)copy[at] ^ change);
    folder_put(f, name, (Str){copy, bytes.len});
    free(copy);
}

static Str rewritten(Arena *a, Str entry)
{
    const char *text = str_c(a, entry), *name = strstr(text, "Poll"), *program = strstr(text, "hustings\",\"role");
    assert_true(name || program);
    size_t at = (size_t)((name ? name : program) - text), len = name ? 4 : 8;
    Str before = str_slice(entry, 0, at), behind = str_slice(entry, at + len, entry.len);
    return str_format(a, "%.*s%s%.*s", STR_ARG(before), name ? "Pull" : "hastings", STR_ARG(behind));
}

/* ---- right ---- */

static void records_that_are_right(void **state)
{
    Arena *a = *state;
    static const int64_t sizes[] = {0, 1, 2, 7, 255, 256, 257, 300, 511, 512, 513, 700};
    Made *m = made_new(a, 700);
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        Folder f = made_folder(m, sizes[i]);
        VerifyReport *r = verified(a, &f);
        assert_right(r);
        assert_int_equal(r->leaves, sizes[i]);
        assert_int_equal(r->checkpoint.size, sizes[i]);
        assert_int_equal(r->first_wrong, -1);
        assert_int_equal(r->trust, KEY_UNKNOWN);
        assert_same_str(r->key, verifier_text(a, &m->signer.verifier));
        folder_remove(&f);
    }
}

/* ---- one thing changed ---- */

static void every_byte_of_a_leaf(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600);
    Folder f = made_folder(m, 600);
    static const int64_t leaves[] = {0, 300, 511, 599};
    for (int k = 0; k < COUNT_OF(leaves); k++) {
        int64_t leaf = leaves[k];
        bool last = leaf >= 512;
        const char *bundle_name = str_c(a, tile_path(a, -1, leaf / 256, last ? 88 : 256));
        const char *tile_name = str_c(a, tile_path(a, 0, leaf / 256, last ? 88 : 256));
        Str bundle = file_in(a, &f, bundle_name), tile = file_in(a, &f, tile_name);
        size_t at = 0;
        for (int64_t i = leaf / 256 * 256; i < leaf; i++) at += 2 + m->entries[i].len;
        for (size_t i = 0; i < 2 + m->entries[leaf].len; i += leaf == 300 ? 1 : 29) {
            put_changed(&f, bundle_name, bundle, at + i, (unsigned char)(1 + i % 255));
            VerifyReport *r = verified(a, &f);
            assert_wrong_at(r, leaf);
            if (i >= 2) assert_finding(r, "its entry is not the one that was signed");
        }
        folder_put(&f, bundle_name, bundle);
        for (size_t i = 0; i < SHA256_BYTES; i++) {
            put_changed(&f, tile_name, tile, (size_t)(leaf % 256) * SHA256_BYTES + i, (unsigned char)(0x80 >> i % 8));
            VerifyReport *r = verified(a, &f);
            assert_wrong_at(r, leaf);
            assert_finding(r, "the hash kept for it was changed");
        }
        folder_put(&f, tile_name, tile);
    }
    assert_right(verified(a, &f));
    folder_remove(&f);
}

static void every_byte_of_a_node_and_of_the_checkpoint(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600);
    Folder f = made_folder(m, 600);
    Str tile = file_in(a, &f, "tile/1/000.p/2"), note;
    for (size_t i = 0; i < tile.len; i++) {
        put_changed(&f, "tile/1/000.p/2", tile, i, 4);
        VerifyReport *r = verified(a, &f);
        assert_wrong_at(r, -1);
        assert_finding(r, i < 32 ? "The node at level 1, number 0, above the leaves 0 to 255, was changed"
                                 : "number 1, above the leaves 256 to 511, was");
        assert_int_equal(r->wrong_count, 1);
    }
    folder_put(&f, "tile/1/000.p/2", tile);
    assert_right(verified(a, &f));
    made_write(m, &f, 30, made_note(m, 30));
    note = file_in(a, &f, "checkpoint");
    Verifier key = m->signer.verifier;
    for (size_t i = 0; i < note.len; i++) {
        put_changed(&f, "checkpoint", note, i, 1);
        assert_false(verified(a, &f)->right);
        assert_false(verified_with(a, str_from_c(f.path), (VerifyOptions){.keys = &key, .key_count = 1})->right);
    }
    folder_put(&f, "checkpoint", note);
    assert_right(verified(a, &f));
    folder_remove(&f);
}

/* ---- cleverer: what was changed is changed in more than one place ---- */

/* `m` with leaf `leaf` rewritten, its hash too. */
static Made *forged(const Made *m, int64_t leaf)
{
    Made *other = made_copy(m);
    made_set(other, leaf, rewritten(m->a, m->entries[leaf]));
    return other;
}

static Earlier earlier_of(const Made *m, int64_t size)
{
    return (Earlier){.name = str_format(m->a, "kept-%lld", (long long)size), .note = made_note(m, size)};
}

static const Finding *first_finding(const VerifyReport *r)
{
    assert_true(r->finding_count > 0);
    return &r->findings[0];
}

static void an_entry_and_its_hash(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600), *other = forged(m, 301);
    Folder f = made_folder(m, 600);
    made_put_tile(other, &f, -1, 1, 256);
    made_put_tile(other, &f, 0, 1, 256);
    VerifyReport *r = verified(a, &f);
    assert_wrong_at(r, -1);
    assert_finding(r, "Of the leaves 256 to 511 at least one was rewritten together with its hash");
    assert_int_equal(first_finding(r)->leaf, 256);
    assert_int_equal(first_finding(r)->last, 511);
    Earlier kept[] = {earlier_of(m, 280), earlier_of(m, 310)};
    r = verified_with(a, str_from_c(f.path), (VerifyOptions){.earlier = kept, .earlier_count = 2});
    assert_int_equal(first_finding(r)->leaf, -1); /* of the checkpoint that does not fit */
    assert_finding(r, "Of the leaves 280 to 309");
    Earlier close[] = {earlier_of(m, 301), earlier_of(m, 302)};
    assert_wrong_at(verified_with(a, str_from_c(f.path), (VerifyOptions){.earlier = close, .earlier_count = 2}), 301);
    folder_remove(&f);
}

/* All below the checkpoint, which stays. */
static void all_but_the_checkpoint(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600), *other = forged(m, 301);
    Folder f = folder_new(a), copy = made_folder(m, 400);
    made_write(other, &f, 600, made_note(m, 600));
    VerifyReport *r = verified(a, &f);
    assert_wrong_at(r, -1);
    assert_finding(r, "The record is not the one that was signed");
    assert_finding(r, "cannot be told from this alone");
    Earlier kept[] = {earlier_of(m, 500), earlier_of(m, 280)};
    r = verified_with(a, str_from_c(f.path), (VerifyOptions){.earlier = kept, .earlier_count = 2});
    assert_wrong_at(r, -1);
    assert_finding(r, "one of the leaves 280 to 499");
    assert_finding(r, "The earlier checkpoint of 500 leaves (kept-500) does not fit this record");
    assert_int_equal(r->earlier_checked, 1);
    RecordSource *against = NULL;
    Fault fault = {0};
    assert_int_equal(source_open(a, str_from_c(copy.path), &against, &fault), ERR_OK);
    r = verified_with(a, str_from_c(f.path), (VerifyOptions){.against = against});
    assert_wrong_at(r, 301);
    assert_finding(r, "Leaf 301 is the first that differs");
    assert_finding(r, str_c(a, other->entries[301]));
    assert_finding(r, str_c(a, m->entries[301]));
    assert_int_equal(r->against_compared, 301);
    assert_false(r->contradiction);
    source_close(against);
    folder_remove(&f);
    folder_remove(&copy);
}

/* With the key: the log itself lies. */
static void another_record_signed_with_the_key(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600), *other = forged(m, 301);
    Folder f = made_folder(other, 600), copy = made_folder(m, 400), larger = made_folder(m, 600);
    assert_right(verified(a, &f)); /* whoever kept nothing cannot know */
    Earlier kept[] = {earlier_of(m, 280), earlier_of(m, 302)};
    VerifyReport *r = verified_with(a, str_from_c(f.path), (VerifyOptions){.earlier = kept, .earlier_count = 2});
    assert_false(r->right);
    assert_true(r->contradiction);
    assert_same_str(r->evidence[0], kept[1].note);
    assert_same_str(r->evidence[1], made_note(other, 600));
    assert_finding(r, "The log has signed two records that cannot both be true: this one of 600 leaves, and one of 302");
    assert_finding(r, "one of the leaves 280 to 301");
    const Folder *views[] = {&copy, &larger};
    for (int i = 0; i < 2; i++) {
        RecordSource *against = NULL;
        Fault fault = {0};
        assert_int_equal(source_open(a, str_from_c(views[i]->path), &against, &fault), ERR_OK);
        r = verified_with(a, str_from_c(f.path), (VerifyOptions){.against = against});
        assert_wrong_at(r, 301);
        assert_true(r->contradiction);
        assert_same_str(r->evidence[0], made_note(m, i ? 600 : 400));
        source_close(against);
    }
    Folder small = made_folder(other, 400);
    RecordSource *against = NULL;
    Fault fault = {0};
    assert_int_equal(source_open(a, str_from_c(larger.path), &against, &fault), ERR_OK);
    r = verified_with(a, str_from_c(small.path), (VerifyOptions){.against = against});
    assert_wrong_at(r, 301);
    assert_true(r->contradiction);
    assert_finding(r, "shows a record of 600 leaves that does not extend this one of 400");
    source_close(against);
    folder_remove(&f);
    folder_remove(&copy);
    folder_remove(&larger);
    folder_remove(&small);
}

static void a_damaged_copy_is_told_from_a_lie(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600), *other = forged(m, 301);
    Folder f = made_folder(m, 600), copy = made_folder(m, 500);
    made_put_tile(other, &copy, -1, 1, 244);
    RecordSource *against = NULL;
    Fault fault = {0};
    assert_int_equal(source_open(a, str_from_c(copy.path), &against, &fault), ERR_OK);
    VerifyReport *r = verified_with(a, str_from_c(f.path), (VerifyOptions){.against = against});
    assert_true(r->right);
    assert_int_equal(first_finding(r)->kind, FINDING_DOUBT);
    assert_finding(r, "This record is the one that was signed; the other was changed");
    source_close(against);
    assert_int_equal(source_open(a, str_from_c(f.path), &against, &fault), ERR_OK);
    r = verified_with(a, str_from_c(copy.path), (VerifyOptions){.against = against});
    assert_wrong_at(r, 301);
    assert_finding(r, "its entry is not the one that was signed");
    source_close(against);
    folder_remove(&f);
    folder_remove(&copy);
}

/* ---- leaves taken away, put in, swapped ---- */

static void swapped_removed_inserted(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600);
    Made *swapped = made_copy(m), *removed = made_copy(m), *inserted = made_copy(m);
    swapped->entries[20] = m->entries[27];
    swapped->entries[27] = m->entries[20];
    for (int64_t i = 310; i < 599; i++) made_set(removed, i, m->entries[i + 1]);
    for (int64_t i = 311; i < 600; i++) made_set(inserted, i, m->entries[i - 1]);
    Folder f = made_folder(m, 600);
    made_put_tile(swapped, &f, -1, 0, 256);
    assert_wrong_at(verified(a, &f), 20);
    assert_int_equal(verified(a, &f)->wrong_count, 2);
    made_put_tile(m, &f, -1, 0, 256);
    made_put_tile(removed, &f, -1, 1, 256);
    assert_wrong_at(verified(a, &f), 310);
    made_put_tile(inserted, &f, -1, 1, 256);
    assert_wrong_at(verified(a, &f), 311);
    folder_remove(&f);
}

static void files_missing_cut_and_too_long(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600);
    Folder f = made_folder(m, 600);
    static const char *const names[] = {"tile/entries/001", "tile/0/001"};
    for (int i = 0; i < 2; i++) {
        Str bytes = file_in(a, &f, names[i]);
        folder_put(&f, names[i], str_slice(bytes, 0, bytes.len - 1));
        assert_wrong_at(verified(a, &f), 511);
        folder_put(&f, names[i], str_format(a, "%.*s", 0, ""));
        assert_wrong_at(verified(a, &f), 256);
        Buf longer = buf_new(a);
        buf_str(&longer, bytes);
        buf_byte(&longer, 'x');
        folder_put(&f, names[i], buf_done(&longer));
        assert_false(verified(a, &f)->right);
        char path[400];
        snprintf(path, sizeof path, "%s/%s", f.path, names[i]);
        assert_int_equal(unlink(path), 0);
        assert_wrong_at(verified(a, &f), 256);
        folder_put(&f, names[i], bytes);
    }
    char path[400];
    snprintf(path, sizeof path, "%s/tile/entries/001", f.path);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/tile/0/001", f.path);
    assert_int_equal(unlink(path), 0);
    VerifyReport *r = verified(a, &f);
    assert_wrong_at(r, 256);
    assert_finding(r, "Leaf 256 is not there");
    folder_remove(&f);
}

/* A partial tile that is no longer kept is cut from the full one. */
static void partial_tiles_from_full_ones(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600);
    Folder f = made_folder(m, 300);
    static const char *const partial[] = {"tile/0/001.p/44", "tile/entries/001.p/44"};
    for (int i = 0; i < 2; i++) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", f.path, partial[i]);
        assert_int_equal(unlink(path), 0);
    }
    made_put_tile(m, &f, 0, 1, 256);
    made_put_tile(m, &f, -1, 1, 256);
    VerifyReport *r = verified(a, &f);
    assert_right(r);
    assert_int_equal(r->leaves, 300);
    folder_remove(&f);
}

/* ---- what entries say ---- */

static void entries_that_are_no_acts(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 20);
    made_set(m, 5, S("hello"));
    made_set(m, 9, str_format(a, "%.*s ", STR_ARG(m->entries[9])));
    made_set(m, 12, S("{\"hustings\":2,\"act\":\"x\"}"));
    Folder f = made_folder(m, 20);
    VerifyReport *r = verified(a, &f);
    assert_wrong_at(r, 5);
    assert_int_equal(r->wrong_count, 2);
    assert_finding(r, "Leaf 9 is no act in the form that the record has");
    assert_finding(r, "Leaf 12 was written by another version of this program");
    folder_remove(&f);
}

static void times_and_powers(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 0);
    Officer ada = {S("Ada Poll"), S("steward")};
    Act given = {.kind = "role.given", .by = ada, .says = S("Bo Ballot is steward."), .until = MADE_START + 60000};
    Act ended = {.kind = "role.ended", .by = ada, .says = S("Ended."), .reason = S("By hand."), .ends_power = true, .power = 0};
    Act other = {.kind = "export.made", .by = ada, .says = S("Exported.")};
    made_set(m, m->count++, made_entry(a, &given, MADE_START));
    made_set(m, m->count++, made_entry(a, &other, MADE_START + 1000));
    Folder f = made_folder(m, 2);
    assert_right(verified(a, &f)); /* in force */
    made_set(m, m->count++, made_entry(a, &other, MADE_START + 7200000));
    made_write(m, &f, 3, made_note(m, 3));
    VerifyReport *r = verified(a, &f);
    assert_true(r->right);
    assert_int_equal(first_finding(r)->kind, FINDING_DOUBT);
    assert_finding(r, "The power that leaf 0 gave was to end on");
    made_set(m, m->count++, made_entry(a, &ended, MADE_START + 7200000));
    made_write(m, &f, 4, made_note(m, 4));
    assert_right(verified(a, &f));
    made_set(m, m->count++, made_entry(a, &ended, MADE_START + 7200000));
    made_set(m, m->count++, made_entry(a, &other, MADE_START + 7000000));
    made_write(m, &f, 6, made_note(m, 6));
    r = verified(a, &f);
    assert_true(r->right);
    assert_int_equal(r->finding_count, 2);
    assert_finding(r, "Leaf 4 says that it ends the power which leaf 0 gave; that leaf gave none, or it had ended already");
    assert_finding(r, "Leaf 5 says that it was done on");
    folder_remove(&f);
}

static void side_files(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 30);
    Folder f = made_folder(m, 30);
    const char *name = str_c(a, str_format(a, "side/%.*s", STR_ARG(sha256_hex(a, sha256(m->side)))));
    const char *gone = str_c(a, str_format(a, "%s.gone", name));
    VerifyOptions files = {.files = true};
    VerifyReport *r = verified_with(a, str_from_c(f.path), files);
    assert_right(r);
    assert_int_equal(r->files, 5);
    assert_int_equal(r->files_checked, 1); /* the same one five times */
    assert_int_equal(r->files_again, 4);
    for (size_t i = 0; i < m->side.len; i++) {
        put_changed(&f, name, m->side, i, 1);
        assert_wrong_at(verified_with(a, str_from_c(f.path), files), 1);
    }
    folder_put(&f, name, str_format(a, "%.*s,", STR_ARG(m->side)));
    assert_wrong_at(verified_with(a, str_from_c(f.path), files), 1);
    char path[400];
    snprintf(path, sizeof path, "%s/%s", f.path, name);
    assert_int_equal(unlink(path), 0);
    r = verified_with(a, str_from_c(f.path), files);
    assert_wrong_at(r, 1);
    assert_finding(r, "which is not to be had");
    folder_put(&f, gone, S("taken away\n"));
    r = verified_with(a, str_from_c(f.path), files);
    assert_right(r);
    assert_int_equal(r->files_gone, 1);
    folder_remove(&f);
}

/* ---- keys ---- */

static Verifier key_of(const Signer *signer)
{
    return signer->verifier;
}

static void keys_given_and_not(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 20);
    Folder f = made_folder(m, 20);
    Signer stranger, elsewhere;
    signer_new(S(MADE_ORIGIN), KEY_NOTE, &stranger);
    signer_new(S("other.example/record"), KEY_NOTE, &elsewhere);
    Verifier right = key_of(&m->signer), wrong = key_of(&stranger), other = key_of(&elsewhere);
    VerifyReport *r = verified_with(a, str_from_c(f.path), (VerifyOptions){.keys = &right, .key_count = 1});
    assert_right(r);
    assert_int_equal(r->trust, KEY_GIVEN);
    r = verified_with(a, str_from_c(f.path), (VerifyOptions){.keys = &wrong, .key_count = 1});
    assert_false(r->right);
    assert_finding(r, "is not the one you know");
    r = verified_with(a, str_from_c(f.path), (VerifyOptions){.keys = &other, .key_count = 1});
    assert_false(r->right);
    assert_finding(r, "the key that you gave is that of other.example/record");
    Earlier kept = earlier_of(m, 10);
    r = verified_with(a, str_from_c(f.path), (VerifyOptions){.earlier = &kept, .earlier_count = 1});
    assert_right(r);
    assert_int_equal(r->trust, KEY_EARLIER);
    assert_int_equal(r->earlier_checked, 1);
    Made *liar = made_copy(m);
    liar->signer = stranger;
    Folder lie = made_folder(liar, 20);
    r = verified_with(a, str_from_c(lie.path), (VerifyOptions){.earlier = &kept, .earlier_count = 1});
    assert_false(r->right);
    assert_finding(r, "The earlier checkpoint of 10 leaves (kept-10) is not signed by any key of this record");
    Earlier later = earlier_of(m, 20);
    Folder short_one = made_folder(m, 15);
    r = verified_with(a, str_from_c(short_one.path), (VerifyOptions){.earlier = &later, .earlier_count = 1});
    assert_false(r->right);
    assert_finding(r, "This record has only 15 leaves, but the log has signed a checkpoint of 20");
    folder_remove(&f);
    folder_remove(&lie);
    folder_remove(&short_one);
}

static void add_key_leaf(Made *m, const char *kind, const Signer *key, Str with)
{
    View *data = view_object(m->a);
    view_put_str(data, S("vkey"), verifier_text(m->a, &key->verifier));
    if (with.len) view_put_str(data, S("signed"), with);
    Act act = {.kind = kind, .by = {S("Cy Clerk"), S("operator")}, .says = S("The keys of the record changed."), .data = data};
    made_add(m, &act);
}

/* A new key beside the old one, then instead of it. */
static void a_key_that_follows_another(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 10);
    Signer first = m->signer, second;
    signer_new(S(MADE_ORIGIN), KEY_NOTE, &second);
    add_key_leaf(m, "record.key_added", &second, S(""));
    Verifier old = key_of(&first);
    VerifyOptions knows_old = {.keys = &old, .key_count = 1};
    m->second = second;
    Folder f = made_folder(m, m->count);
    VerifyReport *r = verified_with(a, str_from_c(f.path), knows_old);
    assert_right(r); /* both sign */
    assert_int_equal(r->key_count, 2);
    Earlier both = earlier_of(m, m->count);
    add_key_leaf(m, "record.key_ended", &first, S(""));
    m->first_is_silent = true;
    made_write(m, &f, m->count, made_note(m, m->count));
    r = verified_with(a, str_from_c(f.path), knows_old);
    assert_false(r->right); /* she did not look while both signed, and nothing tells her */
    assert_finding(r, "is not the one you know");
    VerifyOptions kept = {.keys = &old, .key_count = 1, .earlier = &both, .earlier_count = 1};
    r = verified_with(a, str_from_c(f.path), kept);
    assert_right(r);
    assert_int_equal(r->trust, KEY_EARLIER);
    m->first_is_silent = false;
    m->second = (Signer){0};
    made_write(m, &f, m->count, made_note(m, m->count));
    r = verified_with(a, str_from_c(f.path), knows_old);
    assert_false(r->right); /* whoever stole it could go on, and be remembered with --state */
    assert_finding(r, "is signed only by a key of which leaf 11 says that it is no longer used");
    folder_remove(&f);
}

static void a_key_with_its_predecessors_note(void **state)
{
    Arena *a = *state;
    for (int lie = 0; lie < 3; lie++) {
        Made *m = made_new(a, 10);
        Signer first = m->signer, second, stranger;
        signer_new(S(MADE_ORIGIN), KEY_NOTE, &second);
        signer_new(S(MADE_ORIGIN), KEY_NOTE, &stranger);
        const Signer *named = lie == 1 ? &stranger : &second, *by = lie == 2 ? &second : &first;
        Str text = str_format(a, MADE_ORIGIN "\nrecord.key_added\n%.*s\n", STR_ARG(verifier_text(a, &named->verifier)));
        add_key_leaf(m, "record.key_added", &second, str_format(a, "%.*s\n%.*s", STR_ARG(text), STR_ARG(note_sign(a, by, text, 0))));
        m->second = second;
        m->first_is_silent = true;
        Folder f = made_folder(m, m->count);
        Verifier old = key_of(&first);
        VerifyReport *r = verified_with(a, str_from_c(f.path), (VerifyOptions){.keys = &old, .key_count = 1});
        assert_int_equal(r->right, !lie);
        if (!lie) assert_int_equal(r->trust, KEY_EARLIER);
        folder_remove(&f);
    }
}

static void witnesses(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 20);
    Signer w[3];
    Verifier v[3];
    for (int i = 0; i < 3; i++) {
        signer_new(str_format(a, "witness%d.example", i), KEY_COSIGN, &w[i]);
        v[i] = key_of(&w[i]);
    }
    Note *note = arena_new(a, Note, 1);
    Fault fault = {0};
    Str plain = made_note(m, 20);
    assert_int_equal(note_read(a, plain, note, &fault), ERR_OK);
    Str line0 = note_sign(a, &w[0], note->text, 1790000100), line1 = note_sign(a, &w[1], note->text, 1790000200);
    Folder f = made_folder(m, 20);
    folder_put(&f, "checkpoint", str_format(a, "%.*s%.*s%.*s", STR_ARG(plain), STR_ARG(line0), STR_ARG(line1)));
    VerifyReport *r = verified_with(a, str_from_c(f.path), (VerifyOptions){.witnesses = v, .witness_count = 2});
    assert_right(r);
    assert_int_equal(r->witness_count, 2);
    assert_int_equal(r->witnesses[1].time, 1790000200);
    assert_right(verified_with(a, str_from_c(f.path), (VerifyOptions){.witnesses = v, .witness_count = 3, .quorum = 2}));
    r = verified_with(a, str_from_c(f.path), (VerifyOptions){.witnesses = v, .witness_count = 3});
    assert_false(r->right);
    assert_finding(r, "2 of the witnesses you named have cosigned this checkpoint; you asked for 3");
    Str wrong = note_sign(a, &w[1], S("other\ntext\n"), 1790000200);
    folder_put(&f, "checkpoint", str_format(a, "%.*s%.*s%.*s", STR_ARG(plain), STR_ARG(line0), STR_ARG(wrong)));
    r = verified_with(a, str_from_c(f.path), (VerifyOptions){.witnesses = v, .witness_count = 2, .quorum = 1});
    assert_false(r->right);
    assert_finding(r, "The cosignature of the witness witness1.example is wrong");
    folder_remove(&f);
}

/* ---- one act by its proof ---- */

static Str proof_for(const Made *m, const Folder *f, int64_t leaf, int64_t size, bool with_entry)
{
    RecordSource *source = NULL;
    Fault fault = {0};
    assert_int_equal(source_open(m->a, str_from_c(f->path), &source, &fault), ERR_OK);
    SourceReader reader = {.source = source, .size = size, .fault = &fault};
    TreeHashes hashes = source_hashes(&reader);
    ProofFile file = {.index = leaf, .checkpoint = made_note(m, size)};
    if (with_entry) file.extra = m->entries[leaf];
    assert_int_equal(tree_prove_inclusion(&hashes, leaf, size, &file.proof), ERR_OK);
    source_close(source);
    return proof_text(m->a, &file);
}

static void proofs(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600);
    Folder f = made_folder(m, 600);
    Str proof = proof_for(m, &f, 300, 600, true), bare = proof_for(m, &f, 300, 600, false);
    Verifier key = key_of(&m->signer);
    VerifyOptions options = {.keys = &key, .key_count = 1};
    VerifyReport *r = arena_new(a, VerifyReport, 1);
    Leaf leaf;
    Fault fault = {0};
    assert_int_equal(record_verify_proof(a, proof, S(""), &options, r, &leaf, &fault), ERR_OK);
    assert_right(r);
    assert_int_equal(leaf.number, 300);
    assert_str(leaf.kind, "export.made");
    assert_int_equal(record_verify_proof(a, bare, m->entries[300], &options, r, &leaf, &fault), ERR_OK);
    assert_right(r);
    assert_int_equal(record_verify_proof(a, bare, S(""), &options, r, &leaf, &fault), ERR_INPUT);
    assert_int_equal(record_verify_proof(a, bare, m->entries[301], &options, r, &leaf, &fault), ERR_OK);
    assert_wrong_at(r, 300);
    for (size_t i = 0; i < proof.len; i++) {
        char *copy = arena_new(a, char, proof.len);
        memcpy(copy, proof.ptr, proof.len);
        copy[i] = (char)(copy[i] ^ 1);
        Err e = record_verify_proof(a, (Str){copy, proof.len}, S(""), &options, r, &leaf, &fault);
        assert_true(e == ERR_INPUT || e == ERR_LIMIT || (!e && !r->right));
    }
    folder_remove(&f);
}

/* ---- copies ---- */

static VerifyReport *copied(Arena *a, const Folder *from, Str to, Err expected)
{
    RecordSource *source = NULL;
    VerifyReport *report = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    assert_int_equal(source_open(a, str_from_c(from->path), &source, &fault), ERR_OK);
    VerifyOptions options = {.files = true};
    Err e = record_copy(a, source, to, &options, report, &fault);
    if (e != expected) print_error("%.*s\n", STR_ARG(fault_text(a, &fault)));
    assert_int_equal(e, expected);
    source_close(source);
    return report;
}

static void copies_that_grow(void **state)
{
    Arena *a = *state;
    static const int64_t sizes[] = {5, 5, 200, 256, 300, 600};
    Made *m = made_new(a, 600);
    Folder f = folder_new(a), copy = folder_new(a);
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        made_write(m, &f, sizes[i], made_note(m, sizes[i]));
        assert_right(copied(a, &f, str_from_c(copy.path), ERR_OK));
        VerifyReport *r = verified_with(a, str_from_c(copy.path), (VerifyOptions){.files = true});
        assert_right(r);
        assert_int_equal(r->leaves, sizes[i]);
    }
    made_write(m, &f, 400, made_note(m, 400));
    copied(a, &f, str_from_c(copy.path), ERR_CONFLICT); /* shorter */
    Made *other = forged(m, 100);
    made_write(other, &f, 600, made_note(other, 600));
    copied(a, &f, str_from_c(copy.path), ERR_CONFLICT); /* another */
    assert_right(verified_with(a, str_from_c(copy.path), (VerifyOptions){.files = true}));
    folder_remove(&f);
    folder_remove(&copy);
}

static void a_copy_that_fails_leaves_what_was(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 600), *other = forged(m, 450);
    Folder f = made_folder(m, 300), copy = folder_new(a);
    assert_right(copied(a, &f, str_from_c(copy.path), ERR_OK));
    made_write(m, &f, 600, made_note(m, 600));
    made_put_tile(other, &f, -1, 1, 256);
    assert_wrong_at(copied(a, &f, str_from_c(copy.path), ERR_OK), 450);
    VerifyReport *r = verified(a, &copy);
    assert_right(r);
    assert_int_equal(r->leaves, 300);
    made_put_tile(m, &f, -1, 1, 256);
    assert_right(copied(a, &f, str_from_c(copy.path), ERR_OK));
    assert_int_equal(verified(a, &copy)->leaves, 600);
    folder_remove(&f);
    folder_remove(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(records_that_are_right),
        arena_test(every_byte_of_a_leaf),
        arena_test(every_byte_of_a_node_and_of_the_checkpoint),
        arena_test(an_entry_and_its_hash),
        arena_test(all_but_the_checkpoint),
        arena_test(another_record_signed_with_the_key),
        arena_test(a_damaged_copy_is_told_from_a_lie),
        arena_test(swapped_removed_inserted),
        arena_test(files_missing_cut_and_too_long),
        arena_test(partial_tiles_from_full_ones),
        arena_test(entries_that_are_no_acts),
        arena_test(times_and_powers),
        arena_test(side_files),
        arena_test(keys_given_and_not),
        arena_test(a_key_that_follows_another),
        arena_test(a_key_with_its_predecessors_note),
        arena_test(witnesses),
        arena_test(proofs),
        arena_test(copies_that_grow),
        arena_test(a_copy_that_fails_leaves_what_was),
    };
    return cmocka_run_group_tests_name("record/verify", tests, NULL, NULL);
}
