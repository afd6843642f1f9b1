/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The other's checkpoint is one more mark, if it is not larger than this record; if it is, the other's tiles must prove that it extends this one. Entries are
 * held side by side as far as both go. What a difference means depends on the checkpoints: if they fit each other, one of the two was changed since.
 */
#include "record/verify_own.h"

#include <string.h>

struct Against {
    RecordSource *source;
    Str note;
    Checkpoint checkpoint;
    bool is_signed;
    int64_t both;     /* leaves that both have */
    int64_t differs;  /* the first that does; -1: none */
    int64_t lacks;    /* the first that the other has not; -1: none */
    Str ours, theirs; /* its texts */
};

NODISCARD static Err read_other(Verify *v, struct Against *other)
{
    Note *note = arena_new(v->a, Note, 1);
    Err e = source_checkpoint(other->source, v->a, &other->note, v->fault);
    if (!e) e = note_read(v->a, other->note, note, v->fault);
    if (!e) e = checkpoint_read(note->text, &other->checkpoint, v->fault);
    if (!e && !str_equal(other->checkpoint.origin, v->report->checkpoint.origin))
        e = fault_setf(v->fault, v->a, ERR_INPUT, "another view of the record of %.*s", STR_ARG(v->report->checkpoint.origin));
    if (e) return e;
    int key = 0;
    other->is_signed = keys_signed(v, note, &key);
    if (!other->is_signed)
        verify_found(v, FINDING_WRONG, -1, -1, "The checkpoint of the other view (%.*s) is not signed by any key of this record.",
            STR_ARG(source_name(other->source)));
    return ERR_OK;
}

Err against_begin(Verify *v)
{
    v->report->against_compared = -1;
    if (!v->options->against) return ERR_OK;
    struct Against *other = arena_new(v->a, struct Against, 1);
    *other = (struct Against){.source = v->options->against, .differs = -1, .lacks = -1};
    Err e = read_other(v, other);
    if (e) return e;
    int64_t size = v->report->checkpoint.size;
    other->both = other->checkpoint.size < size ? other->checkpoint.size : size;
    if (other->checkpoint.size <= size)
        v->marks[v->mark_count++] = (Mark){
            .checkpoint = other->checkpoint, .name = source_name(other->source), .note = other->note, .is_signed = other->is_signed};
    v->report->against_compared = 0;
    v->against = other;
    source_ahead(other->source, other->checkpoint.size);
    return ERR_OK;
}

/* ---- entry by entry ---- */

/* Was the other's entry signed, as its own tiles prove? */
static bool is_proved(const struct Against *other, int64_t leaf, Str entry)
{
    Fault fault = {0};
    SourceReader reader = {.source = other->source, .size = other->checkpoint.size, .fault = &fault};
    TreeHashes hashes = source_hashes(&reader);
    TreeProof proof;
    Sha256 hash = tree_leaf(entry);
    if (!other->is_signed || tree_prove_inclusion(&hashes, leaf, other->checkpoint.size, &proof)) return false;
    return tree_verify_inclusion(&proof, leaf, &hash, other->checkpoint.size, &other->checkpoint.root) == ERR_OK;
}

static void tell_difference(Verify *v, const Block *b, int i, Str theirs)
{
    int64_t leaf = b->first + i;
    v->against->differs = leaf;
    v->against->ours = str_copy(v->a, b->entries[i]);
    v->against->theirs = str_copy(v->a, theirs);
    if ((v->differs_from >= 0 && v->differs_from <= leaf) || !is_proved(v->against, leaf, theirs)) return;
    verify_sized(v, leaf, true);
    verify_sized(v, leaf + 1, false);
}

static void compare_entries(Verify *v, const Block *b, int count, Str bundle)
{
    Str theirs;
    for (int i = 0; i < count; i++) {
        if (!bundle_next(&bundle, &theirs)) {
            if (v->against->lacks < 0) v->against->lacks = b->first + i;
            return;
        }
        if (!str_equal(theirs, b->entries[i])) {
            tell_difference(v, b, i, theirs);
            return;
        }
        v->report->against_compared++;
    }
}

Err against_block(Verify *v, const Block *b)
{
    struct Against *other = v->against;
    if (!other || other->differs >= 0 || b->first >= other->both) return ERR_OK;
    int64_t behind = other->checkpoint.size - b->first, both = other->both - b->first;
    int width = behind < TILE_WIDTH ? (int)behind : TILE_WIDTH;
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    Str bundle = {0};
    Fault fault = {0};
    Err e = source_tile(other->source, &arena, -1, b->first / TILE_WIDTH, width, &bundle, &fault);
    if (e == ERR_IO)
        *v->fault = (Fault){
            .err = e, .file = str_copy(v->a, fault.file), .expected = str_copy(v->a, fault.expected), .found = str_copy(v->a, fault.found)};
    else if (e && other->lacks < 0) other->lacks = b->first;
    else if (!e) compare_entries(v, b, both < b->count ? (int)both : b->count, bundle);
    arena_clear(&arena);
    return e == ERR_IO ? e : ERR_OK;
}

/* ---- what it comes to ---- */

/* Anybody may have written it, and it is shown on a terminal: what would move the cursor or turn the line there is shown as bytes. */
static bool is_plain(uint32_t point)
{
    bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    return !control && !(point >= 0x2028 && point <= 0x202e) && !(point >= 0x2066 && point <= 0x206f);
}

static Str text_of(Verify *v, Str entry)
{
    enum { SHOWN_MOST = 2000 };
    Buf b = buf_new(v->a);
    size_t n;
    for (size_t i = 0; i < entry.len && i < SHOWN_MOST; i += n) {
        uint32_t point = 0;
        n = str_code_point(entry, i, &point);
        bool plain = n && is_plain(point);
        if (n == 0) n = 1;
        if (plain) buf_str(&b, str_slice(entry, i, i + n));
        for (size_t k = i; !plain && k < i + n; k++) buf_format(&b, "\\x%02x", (unsigned char)entry.ptr[k]);
    }
    if (entry.len > SHOWN_MOST) buf_str(&b, S("..."));
    return buf_done(&b);
}

/* Is the other's larger record an extension of this one? Its tiles must prove it. */
NODISCARD static Err check_larger(Verify *v, struct Against *other, bool *ret_fits)
{
    Fault fault = {0};
    SourceReader reader = {.source = other->source, .size = other->checkpoint.size, .fault = &fault};
    TreeHashes hashes = source_hashes(&reader);
    TreeProof proof;
    const Checkpoint *ours = &v->report->checkpoint, *theirs = &other->checkpoint;
    Err e = tree_prove_consistency(&hashes, ours->size, theirs->size, &proof);
    if (e == ERR_IO) return fault_set(v->fault, e, 0, 0, S("to read the tiles of the other view"), (Str){0});
    *ret_fits = !e && tree_verify_consistency(&proof, ours->size, &ours->root, theirs->size, &theirs->root) == ERR_OK;
    return ERR_OK;
}

static void tell_larger(Verify *v, const struct Against *other)
{
    Str name = source_name(other->source);
    bool both_signed = other->is_signed && v->report->key.len && v->tree_is_right;
    if (both_signed && !v->report->contradiction) {
        v->report->contradiction = true;
        v->report->evidence[0] = v->report->note;
        v->report->evidence[1] = other->note;
    }
    verify_found(v, FINDING_WRONG, -1, -1, "%.*s shows a record of %lld leaves that does not extend this one of %lld.%s", STR_ARG(name),
        (long long)other->checkpoint.size, (long long)v->report->checkpoint.size,
        both_signed ? " The log has signed both: they cannot both be true." : "");
}

static bool other_fits(const Verify *v, const struct Against *other)
{
    for (int i = 0; i < v->mark_count; i++)
        if (v->marks[i].note.ptr == other->note.ptr) return v->marks[i].fits;
    return false;
}

static void tell_texts(Verify *v, const struct Against *other, bool fits)
{
    Str ours = text_of(v, other->ours), theirs = text_of(v, other->theirs), name = source_name(other->source);
    bool theirs_changed = fits && v->tree_is_right;
    verify_found(v, theirs_changed ? FINDING_DOUBT : FINDING_WRONG, other->differs, other->differs,
        "Leaf %lld is the first that differs from %.*s.%s\n  here:  %.*s\n  there: %.*s", (long long)other->differs, STR_ARG(name),
        theirs_changed ? " This record is the one that was signed; the other was changed." : "", STR_ARG(ours), STR_ARG(theirs));
}

Err against_end(Verify *v)
{
    struct Against *other = v->against;
    if (!other) return ERR_OK;
    bool larger = other->checkpoint.size > v->report->checkpoint.size, fits = other_fits(v, other);
    Err e = larger ? check_larger(v, other, &fits) : ERR_OK;
    if (e) return e;
    if (larger && !fits) tell_larger(v, other);
    if (other->differs >= 0) tell_texts(v, other, fits);
    else if (other->lacks >= 0)
        verify_found(v, FINDING_DOUBT, other->lacks, other->lacks,
            "%.*s lacks the entry of leaf %lld, so it was not compared from there on.", STR_ARG(source_name(other->source)),
            (long long)other->lacks);
    return ERR_OK;
}
