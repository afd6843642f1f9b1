/* Any bytes as a note, a checkpoint, a proof file, a request to a witness or a key: refused with a reason, or written back as they were.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "record/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refused(Err e, const Fault *fault)
{
    ASSERT((e == ERR_INPUT || e == ERR_LIMIT) && fault->err == e && fault->expected.len);
}

/* Whatever is signed, no key of ours has signed it: this one is made from what the note says of itself, which no signature can fit but by finding one. */
static void look_for_a_key(Arena *a, const Note *note)
{
    for (int i = 0; i < note->signature_count; i++) {
        const NoteSignature *s = &note->signatures[i];
        Verifier v = {.name = s->name, .kind = s->bytes.len == 64 ? KEY_NOTE : KEY_COSIGN, .id = s->id};
        int64_t time = -1;
        Err e = note_check(note, &v, &time);
        ASSERT(e == ERR_INPUT && time == -1);
        ASSERT(note_check_line(a, s->line, note->text, &v, &time) == ERR_INPUT);
        v.id ^= 1;
        ASSERT(note_check_line(a, s->line, note->text, &v, &time) == ERR_MISSING);
    }
}

static void as_checkpoint(Arena *a, Str text)
{
    Checkpoint c;
    Fault fault = {0};
    Err e = checkpoint_read(text, &c, &fault);
    if (e) refused(e, &fault);
    else if (str_is_clean_text(c.origin)) ASSERT(str_starts(text, checkpoint_text(a, &c)));
}

static void as_note(Arena *a, Str bytes)
{
    Note *note = arena_new(a, Note, 1);
    Fault fault = {0};
    Err e = note_read(a, bytes, note, &fault);
    if (e) {
        refused(e, &fault);
        return;
    }
    Buf b = buf_new(a);
    buf_str(&b, note->text);
    buf_byte(&b, '\n');
    for (int i = 0; i < note->signature_count; i++) buf_str(&b, note->signatures[i].line);
    ASSERT(note->signature_count > 0 && str_equal(buf_done(&b), bytes));
    look_for_a_key(a, note);
    as_checkpoint(a, note->text);
}

static void as_proof(Arena *a, Str text)
{
    ProofFile *p = arena_new(a, ProofFile, 1);
    Fault fault = {0};
    Err e = proof_read(a, text, p, &fault);
    if (e) refused(e, &fault);
    else ASSERT(str_equal(proof_text(a, p), text));
}

static void as_request(Arena *a, Str text)
{
    AddCheckpoint *r = arena_new(a, AddCheckpoint, 1);
    Fault fault = {0};
    Err e = add_checkpoint_read(a, text, r, &fault);
    if (e) refused(e, &fault);
    else ASSERT(str_equal(add_checkpoint_text(a, r), text));
}

static void as_key(Arena *a, Str text)
{
    Verifier v;
    Signer s;
    Str bytes;
    Fault fault = {0};
    Err e = verifier_read(a, text, &v, &fault);
    if (e) refused(e, &fault);
    else ASSERT(str_equal(verifier_text(a, &v), text));
    e = signer_read(a, text, &s, &fault);
    if (e) refused(e, &fault);
    else ASSERT(str_equal(signer_text(a, &s), text));
    if (base64_read(a, text, &bytes)) ASSERT(str_equal(base64(a, bytes), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    Str text = {(const char *)data, size};
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    as_note(&a, text);
    as_checkpoint(&a, text);
    as_proof(&a, text);
    as_request(&a, text);
    as_key(&a, text);
    arena_clear(&a);
    return 0;
}
