/* What a reviewer found by attacking the record, kept so that it stays mended.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * On either engine where a store is wanted; the program's argument says which.
 */
#include "db/stores.h"
#include "record/maker.h"

#include "core/disk.h"
#include "record/witness.h"

/* ---- a witness ---- */

enum { WITNESSED = 1700000000 };

static WitnessState *witness_at(Arena *a, const Folder *f, const Verifier *log)
{
    WitnessState *witness = NULL;
    Fault fault = {0};
    WitnessOptions options = {.folder = str_format(a, "%s/state", f->path),
        .key_file = str_format(a, "%s/key", f->path),
        .name = S("witness.example"),
        .logs = log,
        .log_count = 1};
    if (witness_open(a, &options, &witness, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    return witness;
}

/* The checkpoint of an empty log is public, and so is its signature: whoever has them may send the line as often as a note has room for. */
static Str same_line_64_times(Arena *a, const Signer *log)
{
    Checkpoint c = {.origin = log->verifier.name, .root = tree_empty()};
    Str text = checkpoint_text(a, &c), line = note_sign(a, log, text, 0);
    Buf note = buf_new(a);
    buf_format(&note, "%.*s\n", STR_ARG(text));
    for (int i = 0; i < NOTE_SIGNATURES_MAX; i++) buf_str(&note, line);
    return add_checkpoint_text(a, &(AddCheckpoint){.checkpoint = buf_done(&note)});
}

/* What it wrote down had a signature more than a note may have, and it never started again. */
static void a_line_sent_64_times_is_no_end_of_a_witness(void **state)
{
    Arena *a = *state;
    Folder f = folder_new(a);
    Signer log;
    WitnessAnswer answer = {0};
    Fault fault = {0};
    Str kept;
    Note *note = arena_new(a, Note, 1);
    signer_new(S("log.example"), KEY_NOTE, &log);
    WitnessState *witness = witness_at(a, &f, &log.verifier);
    assert_int_equal(witness_add(witness, a, same_line_64_times(a, &log), WITNESSED, &answer, &fault), ERR_OK);
    assert_int_equal(answer.status, 200);
    assert_int_equal(witness_checkpoint(witness, a, sha256_hex(a, sha256(S("log.example"))), &kept), ERR_OK);
    assert_int_equal(note_read(a, kept, note, &fault), ERR_OK);
    assert_int_equal(note->signature_count, 2);
    assert_int_equal(note_check(note, &log.verifier, NULL), ERR_OK);
    witness_close(witness);
    witness_close(witness_at(a, &f, &log.verifier));
    folder_remove(&f);
}

/* ---- a copy ---- */

/* Anybody can write a checkpoint of 2^52 leaves that nobody signed; looking for all their tiles to take them away again had no end. */
static void a_copy_of_a_boundless_record_ends(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 300);
    Folder f = made_folder(m, 300), copy = folder_new(a);
    Checkpoint boundless = {.origin = S(MADE_ORIGIN), .size = TREE_SIZE_MAX, .root = tree_empty()};
    Signer stranger;
    RecordSource *source;
    VerifyOptions options = {.keys = &m->signer.verifier, .key_count = 1};
    VerifyReport *report = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    signer_new(S(MADE_ORIGIN), KEY_NOTE, &stranger);
    Str text = checkpoint_text(a, &boundless), line = note_sign(a, &stranger, text, 0), bundle;
    folder_put(&f, "checkpoint", str_format(a, "%.*s\n%.*s", STR_ARG(text), STR_ARG(line)));
    assert_int_equal(source_open(a, str_from_c(f.path), &source, &fault), ERR_OK);
    assert_int_equal(record_copy(a, source, str_from_c(copy.path), &options, report, &fault), ERR_OK);
    assert_false(report->right);
    source_close(source);
    /* As it was: empty. */
    Str first = str_format(a, "%s/%.*s", copy.path, STR_ARG(tile_path(a, -1, 0, TILE_WIDTH)));
    assert_int_equal(disk_read(a, first, SIZE_MAX, &bundle, &fault), ERR_MISSING);
    folder_remove(&f);
    folder_remove(&copy);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(a_line_sent_64_times_is_no_end_of_a_witness),
        arena_test(a_copy_of_a_boundless_record_ends),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
