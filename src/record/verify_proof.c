/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/verify_own.h"

#include <stdlib.h>

NODISCARD static Err read_proof(Verify *v, Str text, ProofFile *ret_proof)
{
    Err e = proof_read(v->a, text, ret_proof, v->fault);
    if (!e) e = note_read(v->a, ret_proof->checkpoint, &v->note, v->fault);
    if (!e) e = checkpoint_read(v->note.text, &v->report->checkpoint, v->fault);
    v->report->note = ret_proof->checkpoint;
    return e;
}

static void check_signature(Verify *v)
{
    VerifyReport *r = v->report;
    for (int i = 0; i < v->options->key_count && !r->key.len; i++) {
        const Verifier *key = &v->options->keys[i];
        if (!str_equal(key->name, r->checkpoint.origin) || note_check(&v->note, key, NULL) != ERR_OK) continue;
        r->key = verifier_text(v->a, key);
        r->trust = KEY_GIVEN;
    }
    if (!r->key.len) verify_found(v, FINDING_WRONG, -1, -1, "The checkpoint in the proof is not signed by the key that you know.");
}

static void check_inclusion(Verify *v, const ProofFile *proof, Str entry)
{
    const Checkpoint *c = &v->report->checkpoint;
    Sha256 hash = tree_leaf(entry);
    if (tree_verify_inclusion(&proof->proof, proof->index, &hash, c->size, &c->root) == ERR_OK) return;
    verify_found(v, FINDING_WRONG, proof->index, proof->index,
        "The proof does not show that this entry is leaf %lld of the %lld that were signed: one of them was changed.",
        (long long)proof->index, (long long)c->size);
}

NODISCARD static Err verify_proof(Verify *v, Str text, Str entry, Leaf *ret_leaf)
{
    ProofFile *proof = arena_new(v->a, ProofFile, 1);
    Err e = read_proof(v, text, proof);
    if (e) return e;
    if (!entry.len) entry = proof->extra;
    if (!entry.len)
        return fault_set(v->fault, ERR_INPUT, 0, 0, S("the entry, in the proof ('extra') or in a file of its own (--entry)"), S("neither"));
    check_signature(v);
    check_inclusion(v, proof, entry);
    keys_witnesses(v);
    Fault fault = {0};
    if (act_read(v->a, entry, ret_leaf, &fault)) {
        Str words = fault_text(v->a, &fault);
        verify_found(
            v, FINDING_WRONG, proof->index, proof->index, "The entry is no act in the form that the record has: %.*s.", STR_ARG(words));
        *ret_leaf = (Leaf){.entry = entry, .power = -1};
    }
    ret_leaf->number = proof->index;
    return ERR_OK;
}

Err record_verify_proof(
    Arena *a, Str proof, Str entry, const VerifyOptions *options, VerifyReport *ret_report, Leaf *ret_leaf, Fault *fault)
{
    Verify *v = calloc(1, sizeof *v);
    if (!v) out_of_memory(sizeof *v);
    *ret_report = (VerifyReport){.first_wrong = -1, .against_compared = -1};
    *v = (Verify){.a = a, .options = options, .report = ret_report, .fault = fault, .differs_from = -1};
    Err e = verify_proof(v, proof, entry, ret_leaf);
    verify_finish(ret_report);
    free(v);
    return e;
}
