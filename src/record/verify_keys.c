/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Keys come from whoever verifies, from the source, and from leaves. The source's word makes none of them known; a signature by a known one does: under a
 * checkpoint whose leaves name the new key, or under the note that such a leaf brings along.
 */
#include "record/verify_own.h"

#include <string.h>

static int find_key(const Verify *v, const Verifier *verifier)
{
    for (int i = 0; i < v->key_count; i++)
        if (verifier_equal(&v->keys[i].verifier, verifier)) return i;
    return -1;
}

/* Where it is in the list; -1: no more are kept. */
static int add_key(Verify *v, const Verifier *verifier, KeyTrust trust)
{
    int at = find_key(v, verifier);
    if (at >= 0 || v->key_count == VERIFY_KEYS_MAX) return at;
    KnownKey key = {.verifier = *verifier, .vkey = verifier_text(v->a, verifier), .trust = trust, .named_by = -1, .ended_by = -1};
    key.verifier.name = str_copy(v->a, verifier->name);
    v->keys[v->key_count] = key;
    return v->key_count++;
}

bool keys_signed(const Verify *v, const Note *note, int *ret_key)
{
    int best = -1;
    for (int i = 0; i < v->key_count; i++) {
        if (note_check(note, &v->keys[i].verifier, NULL) != ERR_OK) continue;
        if (best < 0 || v->keys[i].trust > v->keys[best].trust) best = i;
    }
    if (best >= 0) *ret_key = best;
    return best >= 0;
}

/* ---- what the source says of itself ---- */

NODISCARD static Err add_source_keys(Verify *v)
{
    Str text, line;
    Fault fault = {0};
    Err e = source_keys(v->source, v->a, &text, &fault);
    if (e == ERR_IO) {
        *v->fault = fault;
        return e;
    }
    if (e) return ERR_OK;
    while (text.len) {
        Verifier verifier;
        str_cut(text, '\n', &line, &text);
        if (str_trim(line).len && verifier_read(v->a, str_trim(line), &verifier, &fault) == ERR_OK && verifier.kind == KEY_NOTE)
            add_key(v, &verifier, KEY_UNKNOWN);
    }
    return ERR_OK;
}

/* ---- the checkpoint ---- */

static void tell_wrong_signatures(Verify *v)
{
    for (int i = 0; i < v->key_count; i++) {
        const KnownKey *k = &v->keys[i];
        if (note_check(&v->note, &k->verifier, NULL) != ERR_INPUT) continue;
        verify_found(v, FINDING_WRONG, -1, -1,
            "The checkpoint bears a signature of %.*s (key %08x) that is wrong: the checkpoint was changed after it was signed, or the "
            "signature was.",
            STR_ARG(k->verifier.name), (unsigned)k->verifier.id);
    }
}

static void tell_origin(Verify *v)
{
    for (int i = 0; i < v->options->key_count; i++)
        if (str_equal(v->options->keys[i].name, v->report->checkpoint.origin)) return;
    if (v->options->key_count)
        verify_found(v, FINDING_WRONG, -1, -1, "This is the record of %.*s; the key that you gave is that of %.*s.",
            STR_ARG(v->report->checkpoint.origin), STR_ARG(v->options->keys[0].name));
}

NODISCARD static Err read_checkpoint(Verify *v)
{
    Fault fault = {0};
    Err e = note_read(v->a, v->report->note, &v->note, &fault);
    if (!e) e = checkpoint_read(v->note.text, &v->report->checkpoint, &fault);
    if (!e) return ERR_OK;
    Str words = fault_text(v->a, &fault);
    verify_found(v, FINDING_WRONG, -1, -1, "The checkpoint cannot be read as one: %.*s.", STR_ARG(words));
    v->report->checkpoint = (Checkpoint){.size = -1};
    return ERR_OK;
}

Err keys_begin(Verify *v)
{
    Err e = read_checkpoint(v);
    if (e || v->report->checkpoint.size < 0) return e;
    for (int i = 0; i < v->options->key_count; i++) add_key(v, &v->options->keys[i], KEY_GIVEN);
    e = add_source_keys(v);
    if (!e && !v->key_count)
        e = fault_set(v->fault, ERR_INPUT, 0, 0, S("a key of the record: the source names none, so give one (--key)"), (Str){0});
    if (e) return e;
    tell_wrong_signatures(v);
    tell_origin(v);
    int key = 0;
    if (keys_signed(v, &v->note, &key)) v->report->key = v->keys[key].vkey;
    return ERR_OK;
}

/* ---- keys that leaves name ---- */

static bool vkey_of(Arena *a, const Leaf *leaf, Verifier *ret_verifier)
{
    const View *vkey = leaf->data ? view_get(leaf->data, S("vkey")) : NULL;
    Fault fault = {0};
    if (!vkey || view_kind(vkey) != VIEW_STR) return false;
    return verifier_read(a, view_str(vkey), ret_verifier, &fault) == ERR_OK && ret_verifier->kind == KEY_NOTE;
}

/* Does the leaf bring a note with it in which a known key says so? */
static bool is_handed_over(Arena *a, const Verify *v, const Leaf *leaf, const Verifier *verifier)
{
    const View *with = view_get(leaf->data, S("signed"));
    Note *note = arena_new(a, Note, 1);
    Fault fault = {0};
    if (!with || view_kind(with) != VIEW_STR || note_read(a, view_str(with), note, &fault)) return false;
    Str vkey = verifier_text(a, verifier), origin = v->report->checkpoint.origin;
    Str says = str_format(a, "%.*s\nrecord.key_added\n%.*s\n", STR_ARG(origin), STR_ARG(vkey));
    int key = 0;
    return str_equal(note->text, says) && keys_signed(v, note, &key) && v->keys[key].trust != KEY_UNKNOWN;
}

void keys_named(Verify *v, const Leaf *leaf)
{
    bool added = str_equal(leaf->kind, S("record.key_added")), ended = str_equal(leaf->kind, S("record.key_ended"));
    Verifier verifier;
    if (!added && !ended) return;
    AUTO(arena_clear) Arena arena; /* there may be a million of them, each with a note */
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    if (!vkey_of(&arena, leaf, &verifier)) return;
    int at = ended ? find_key(v, &verifier) : add_key(v, &verifier, KEY_UNKNOWN);
    if (at < 0) return;
    KnownKey *key = &v->keys[at];
    if (ended) key->ended_by = leaf->number;
    if (!added) return;
    key->ended_by = -1;
    if (key->named_by < 0) key->named_by = leaf->number;
    if (key->trust == KEY_UNKNOWN && is_handed_over(&arena, v, leaf, &verifier)) key->trust = KEY_EARLIER;
}

/* ---- who vouches for whom ---- */

/* All keys that leaves below `size` name are known, if a known one signed these. */
static bool vouch(Verify *v, Str signed_note, int64_t size)
{
    Note *note = arena_new(v->a, Note, 1);
    Fault fault = {0};
    int key = 0;
    bool any = false;
    if (note_read(v->a, signed_note, note, &fault) || !keys_signed(v, note, &key) || v->keys[key].trust == KEY_UNKNOWN) return false;
    for (int i = 0; i < v->key_count; i++) {
        KnownKey *k = &v->keys[i];
        if (k->trust != KEY_UNKNOWN || k->named_by < 0 || k->named_by >= size) continue;
        k->trust = KEY_EARLIER;
        any = true;
    }
    return any;
}

static void spread_trust(Verify *v)
{
    for (bool more = true; more;) {
        more = v->tree_is_right && vouch(v, v->report->note, v->report->checkpoint.size);
        for (int i = 0; i < v->mark_count; i++)
            if (v->marks[i].is_reached && v->marks[i].fits) more |= vouch(v, v->marks[i].note, v->marks[i].checkpoint.size);
    }
}

static void tell_ended(Verify *v, const KnownKey *signer)
{
    for (int i = 0; i < v->key_count; i++)
        if (v->keys[i].ended_by < 0 && note_check(&v->note, &v->keys[i].verifier, NULL) == ERR_OK) return;
    verify_found(v, FINDING_WRONG, signer->ended_by, signer->ended_by,
        "The checkpoint is signed only by a key of which leaf %lld says that it is no longer used.", (long long)signer->ended_by);
}

static void tell_trust(Verify *v, bool any)
{
    bool wanted = v->options->key_count || v->options->earlier_count;
    if (!any)
        verify_found(
            v, FINDING_WRONG, -1, -1, "The checkpoint is signed by no key that %s.", wanted ? "you know" : "the record names as its own");
    else if (wanted && v->report->trust == KEY_UNKNOWN)
        verify_found(v, FINDING_WRONG, -1, -1,
            "The checkpoint is signed by a key (%.*s) that is not the one you know, and nothing signed with that one names it.",
            STR_ARG(v->report->key));
}

static void keep_keys(Verify *v, int signer)
{
    VerifyReport *r = v->report;
    bool first_use = !v->options->key_count && !v->options->earlier_count;
    for (int i = 0; i < v->key_count; i++) {
        const KnownKey *k = &v->keys[i];
        bool named = first_use && (i == signer || (k->named_by >= 0 && v->tree_is_right));
        if ((k->trust != KEY_UNKNOWN || named) && r->key_count < VERIFY_KEYS_MAX) r->keys[r->key_count++] = k->vkey;
    }
}

void keys_end(Verify *v)
{
    int signer = -1;
    spread_trust(v);
    bool any = keys_signed(v, &v->note, &signer);
    if (any) {
        v->report->key = v->keys[signer].vkey;
        v->report->trust = v->keys[signer].trust;
        tell_ended(v, &v->keys[signer]);
    }
    tell_trust(v, any);
    keep_keys(v, signer);
}

/* ---- witnesses ---- */

/* Whoever has the key is one witness, whatever names and however often it was given under. */
static bool is_counted(const VerifyOptions *options, int witness)
{
    for (int i = 0; i < witness; i++)
        if (!memcmp(options->witnesses[i].public_key, options->witnesses[witness].public_key, NOTE_PUBLIC_BYTES)) return true;
    return false;
}

void keys_witnesses(Verify *v)
{
    VerifyReport *r = v->report;
    int good = 0, wanted = v->options->quorum ? v->options->quorum : v->options->witness_count;
    for (int i = 0; i < v->options->witness_count && i < NOTE_SIGNATURES_MAX; i++) {
        const Verifier *w = &v->options->witnesses[i];
        int64_t time = 0;
        Err e = note_check(&v->note, w, &time);
        r->witnesses[i].name = w->name;
        r->witnesses[i].good = !e;
        r->witnesses[i].time = time;
        r->witness_count = i + 1;
        good += !e && !is_counted(v->options, i);
        if (e == ERR_INPUT) verify_found(v, FINDING_WRONG, -1, -1, "The cosignature of the witness %.*s is wrong.", STR_ARG(w->name));
    }
    if (good < wanted)
        verify_found(
            v, FINDING_WRONG, -1, -1, "%d of the witnesses you named have cosigned this checkpoint; you asked for %d.", good, wanted);
}
