/* The key file: made once, read strictly, refused when others can read it. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/disk.h"
#include "core/folder.h"
#include "record/seal.h"

#define NAME S("vote.example.org/record")

static Str path_in(const Folder *f)
{
    return str_format(f->arena, "%s/key", f->path);
}

static Str words(Arena *a, const Fault *fault)
{
    return fault_text(a, fault);
}

static bool says(Arena *a, const Fault *fault, const char *part)
{
    return strstr(str_c(a, words(a, fault)), part) != NULL;
}

/* Reading must fail so, and leave no key behind. */
static void assert_refused(Arena *a, Str path, Err expected, const char *part)
{
    RecordKeys keys;
    bool made = true;
    Fault fault = {0};
    Err e = record_keys_open(a, path, (Str){0}, &keys, &made, &fault);
    if (e != expected || !says(a, &fault, part)) fail_msg("%d: \"%.*s\" does not say \"%s\"", e, STR_ARG(words(a, &fault)), part);
    assert_false(made);
    for (size_t i = 0; i < sizeof keys; i++) assert_int_equal(((const unsigned char *)&keys)[i], 0);
}

static void put(const Folder *f, Str text)
{
    folder_put(f, "key", text);
    assert_int_equal(chmod(str_c(f->arena, path_in(f)), 0600), 0);
}

static Str new_key(Arena *a, Str name, KeyKind kind)
{
    Signer signer;
    signer_new(name, kind, &signer);
    return signer_text(a, &signer);
}

static void is_made_once_and_read_again(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    Str path = path_in(&f);
    RecordKeys first, again;
    bool made;
    Fault fault = {0};
    assert_int_equal(record_keys_open(a, path, NAME, &first, &made, &fault), ERR_OK);
    assert_true(made);
    assert_int_equal(first.count, 1);
    assert_same_str(first.signers[0].verifier.name, NAME);
    struct stat about;
    assert_int_equal(stat(str_c(a, path), &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(record_keys_open(a, path, S("another/name"), &again, &made, &fault), ERR_OK);
    assert_false(made);
    assert_true(verifier_equal(&again.signers[0].verifier, &first.signers[0].verifier));
    assert_memory_equal(again.signers[0].seed, first.signers[0].seed, NOTE_SEED_BYTES);
    record_keys_wipe(&first);
    record_keys_wipe(&again);
    for (size_t i = 0; i < sizeof again; i++) assert_int_equal(((const unsigned char *)&again)[i], 0);
}

static void keeps_all_keys_in_their_order(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    RecordKeys keys = {.file = path_in(&f), .count = RECORD_KEYS_MAX}, again;
    bool made;
    Fault fault = {0};
    for (int i = 0; i < keys.count; i++) signer_new(NAME, KEY_NOTE, &keys.signers[i]);
    assert_int_equal(record_keys_write(a, &keys, &fault), ERR_OK);
    assert_int_equal(record_keys_open(a, keys.file, (Str){0}, &again, &made, &fault), ERR_OK);
    assert_int_equal(again.count, keys.count);
    for (int i = 0; i < keys.count; i++) assert_memory_equal(again.signers[i].seed, keys.signers[i].seed, NOTE_SEED_BYTES);
    Str one_more = new_key(a, NAME, KEY_NOTE), text;
    assert_int_equal(disk_read(a, keys.file, 4096, &text, &fault), ERR_OK);
    put(&f, str_format(a, "%.*s%.*s\n", STR_ARG(text), STR_ARG(one_more)));
    assert_refused(a, keys.file, ERR_INPUT, "key:5: more than 4 keys");
}

static void others_must_not_read_it(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    Str path = path_in(&f);
    put(&f, new_key(a, NAME, KEY_NOTE));
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666};
    for (int i = 0; i < COUNT_OF(modes); i++) {
        assert_int_equal(chmod(str_c(a, path), modes[i]), 0);
        assert_refused(a, path, ERR_INPUT, str_c(a, str_format(a, "chmod 600 %.*s", STR_ARG(path))));
    }
    assert_int_equal(chmod(str_c(a, path), 0400), 0);
    RecordKeys keys;
    bool made;
    Fault fault = {0};
    assert_int_equal(record_keys_open(a, path, (Str){0}, &keys, &made, &fault), ERR_OK);
}

static void what_is_no_plain_file_is_refused(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    put(&f, new_key(a, NAME, KEY_NOTE));
    Str link = str_format(a, "%s/link", f.path), pipe = str_format(a, "%s/pipe", f.path);
    assert_int_equal(symlink("key", str_c(a, link)), 0);
    assert_int_equal(mkfifo(str_c(a, pipe), 0600), 0);
    assert_refused(a, link, ERR_INPUT, "link");
    assert_refused(a, pipe, ERR_INPUT, "found no plain file");
    assert_refused(a, str_from_c(f.path), ERR_INPUT, "found no plain file");
    assert_refused(a, str_format(a, "%s/none", f.path), ERR_MISSING, "none: No such file");
}

/* Whatever is wrong, no line of the file is told: it may be a secret with one byte too many. */
static void what_is_no_key_is_refused_and_not_told(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    Str path = path_in(&f), key = new_key(a, NAME, KEY_NOTE), other = new_key(a, S("another/name"), KEY_NOTE);
    put(&f, S(""));
    assert_refused(a, path, ERR_INPUT, "no key in it");
    put(&f, S("\n \n"));
    assert_refused(a, path, ERR_INPUT, "no key in it");
    put(&f, str_format(a, "%.*sA\n", STR_ARG(key)));
    assert_refused(a, path, ERR_INPUT, "key:1: this is no key");
    put(&f, str_format(a, "%.*s\n# mine\n", STR_ARG(key)));
    assert_refused(a, path, ERR_INPUT, "key:2: this is no key");
    put(&f, str_format(a, "%.*s\n\n%.*s\n", STR_ARG(key), STR_ARG(key)));
    assert_refused(a, path, ERR_INPUT, "key:3: this key stands here twice");
    put(&f, str_format(a, "%.*s\n%.*s\n", STR_ARG(key), STR_ARG(other)));
    assert_refused(a, path, ERR_INPUT, "key:2: expected keys of one name, that of the record, found 'another/name'");
    put(&f, new_key(a, NAME, KEY_COSIGN));
    assert_refused(a, path, ERR_INPUT, "key:1: this key cosigns");
    char *large = arena_new(a, char, 5000);
    memset(large, '\n', 5000);
    put(&f, (Str){large, 5000});
    assert_refused(a, path, ERR_INPUT, "more than 4096 bytes");
    RecordKeys keys;
    bool made;
    Fault fault = {0};
    put(&f, str_format(a, "%.*sA\n", STR_ARG(key)));
    assert_int_equal(record_keys_open(a, path, NAME, &keys, &made, &fault), ERR_INPUT);
    assert_false(says(a, &fault, str_c(a, str_slice(key, key.len - 30, key.len))));
}

/* A file that is there is never written over, whatever is in it. */
static void a_bad_file_is_not_replaced(void **state)
{
    Arena *a = *state;
    AUTO(folder_remove) Folder f = folder_new(a);
    put(&f, S("what was here\n"));
    RecordKeys keys;
    bool made = true;
    Fault fault = {0};
    Str text;
    assert_int_equal(record_keys_open(a, path_in(&f), NAME, &keys, &made, &fault), ERR_INPUT);
    assert_false(made);
    assert_int_equal(disk_read(a, path_in(&f), 100, &text, &fault), ERR_OK);
    assert_str(text, "what was here\n");
    assert_int_equal(record_keys_open(a, S("/nowhere/key"), NAME, &keys, &made, &fault), ERR_IO);
    assert_false(made);
}

/* Eight processes begin at once: one key comes of it. */
static void two_that_begin_at_once_make_one_key(void **state)
{
    Arena *a = *state;
    enum { PROCESSES = 8 };
    AUTO(folder_remove) Folder f = folder_new(a);
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i]) continue;
        RecordKeys keys;
        bool made;
        Fault fault = {0};
        Err e = record_keys_open(a, path_in(&f), NAME, &keys, &made, &fault);
        execl("/bin/sh", "sh", "-c", e ? "exit 2" : made ? "exit 1" : "exit 0", (char *)NULL);
        _exit(9);
    }
    int makers = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int how;
        assert_int_equal(waitpid(children[i], &how, 0), children[i]);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) <= 1);
        makers += WEXITSTATUS(how);
    }
    assert_int_equal(makers, 1);
}

static void a_witness_as_it_is_written_down(void **state)
{
    Arena *a = *state;
    Signer signer;
    Witness witness;
    Fault fault = {0};
    signer_new(S("witness.example/w1"), KEY_COSIGN, &signer);
    Str vkey = verifier_text(a, &signer.verifier);
    assert_int_equal(
        witness_read(a, str_format(a, " %.*s  https://witness.example:8443/some/where ", STR_ARG(vkey)), &witness, &fault), ERR_OK);
    assert_true(verifier_equal(&witness.verifier, &signer.verifier));
    assert_str(witness.url, "https://witness.example:8443/some/where");
    assert_int_equal(witness_read(a, str_format(a, "%.*s http://[::1]:80", STR_ARG(vkey)), &witness, &fault), ERR_OK);
    static const char *const wrong[] = {"", "https://", "http:///path", "ftp://witness.example", "witness.example", "https://a b",
        "https://a,b", "https://u@h", "https://h/?q", "https://h/#x", "https://h\x01", "https://h\xC3\xA9"};
    for (int i = 0; i < COUNT_OF(wrong); i++)
        assert_row(witness_read(a, str_format(a, "%.*s %s", STR_ARG(vkey), wrong[i]), &witness, &fault) == ERR_INPUT, wrong[i]);
    assert_int_equal(witness_read(a, vkey, &witness, &fault), ERR_INPUT);
    signer_new(NAME, KEY_NOTE, &signer);
    Str ours = verifier_text(a, &signer.verifier);
    assert_int_equal(witness_read(a, str_format(a, "%.*s https://h", STR_ARG(ours)), &witness, &fault), ERR_INPUT);
    assert_true(says(a, &fault, "a key that cosigns"));
    assert_int_equal(witness_read(a, str_format(a, "%.*sx https://h", STR_ARG(vkey)), &witness, &fault), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(is_made_once_and_read_again),
        arena_test(keeps_all_keys_in_their_order),
        arena_test(others_must_not_read_it),
        arena_test(what_is_no_plain_file_is_refused),
        arena_test(what_is_no_key_is_refused_and_not_told),
        arena_test(a_bad_file_is_not_replaced),
        arena_test(a_witness_as_it_is_written_down),
        arena_test(two_that_begin_at_once_make_one_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
