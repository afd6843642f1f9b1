/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Powers in force are kept in a table by the leaf that gave them; one that ended leaves it. So it grows with the powers that are in force at one time.
 */
#include "record/verify_own.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OUT_OF_ORDER_MS = 60 * 1000, OVERDUE_MS = 60 * 60 * 1000, POWERS_FIRST = 64 };

static Str time_words(Arena *a, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    return str_format(a, "%04d-%02d-%02d %02d:%02d UTC", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min);
}

/* ---- powers ---- */

static int64_t place_of(const OpenPower *powers, int64_t room, int64_t leaf)
{
    int64_t at = (int64_t)((uint64_t)leaf * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (room - 1);
    while (powers[at].state != POWER_NEVER && (powers[at].leaf != leaf || powers[at].state == POWER_GONE)) at = (at + 1) & (room - 1);
    return at;
}

/* Anew, without those that are gone; at most a quarter full. */
static void rebuild_powers(Verify *v)
{
    int64_t room = POWERS_FIRST;
    while (room < 4 * (v->power_count + 1)) room *= 2;
    OpenPower *powers = calloc((size_t)room, sizeof *powers);
    if (!powers) out_of_memory((size_t)room * sizeof *powers);
    for (int64_t i = 0; i < v->power_room; i++)
        if (v->powers[i].state == POWER_OPEN) powers[place_of(powers, room, v->powers[i].leaf)] = v->powers[i];
    free(v->powers);
    v->powers = powers;
    v->power_room = room;
    v->power_used = v->power_count;
}

static void power_given(Verify *v, const Leaf *leaf)
{
    if (2 * (v->power_used + 1) > v->power_room) rebuild_powers(v);
    OpenPower *p = &v->powers[place_of(v->powers, v->power_room, leaf->number)];
    *p = (OpenPower){.state = POWER_OPEN, .leaf = leaf->number, .until = leaf->until, .is_offer = str_equal(leaf->kind, S("role.offered"))};
    if (v->store) {
        p->entry = malloc(leaf->entry.len + 1);
        if (!p->entry) out_of_memory(leaf->entry.len + 1);
        memcpy(p->entry, leaf->entry.ptr, leaf->entry.len);
        p->entry_len = leaf->entry.len;
    }
    v->power_count++;
    v->power_used++;
}

OpenPower *power_find(const Verify *v, int64_t leaf)
{
    if (!v->power_room) return NULL;
    OpenPower *p = &v->powers[place_of(v->powers, v->power_room, leaf)];
    return p->state == POWER_OPEN ? p : NULL;
}

static void power_gone(Verify *v, OpenPower *p)
{
    free(p->entry);
    *p = (OpenPower){.state = POWER_GONE};
    v->power_count--;
}

static void power_ended(Verify *v, const Leaf *leaf)
{
    OpenPower *p = power_find(v, leaf->power);
    if (!p) {
        verify_found(v, FINDING_DOUBT, leaf->number, leaf->number,
            "Leaf %lld says that it ends the power which leaf %lld gave; that leaf gave none, or it had ended already.",
            (long long)leaf->number, (long long)leaf->power);
        return;
    }
    power_gone(v, p);
}

/* A link that offers a role is over when it was used: the role's own leaf says which it was. */
static void offer_used(Verify *v, const Leaf *leaf)
{
    const View *offer = leaf->data ? view_get(leaf->data, S("offer")) : NULL;
    if (!offer || view_kind(offer) != VIEW_I64) return;
    OpenPower *p = power_find(v, view_i64(offer));
    if (p && p->is_offer) power_gone(v, p);
}

void acts_power(Verify *v, const Leaf *leaf)
{
    if (leaf->power >= 0) power_ended(v, leaf);
    if (str_equal(leaf->kind, S("role.given"))) offer_used(v, leaf);
    if (leaf->until > 0) power_given(v, leaf);
}

/* "Powers that end do end by themselves, and that is a leaf too." */
static void tell_overdue(Verify *v)
{
    for (int64_t i = 0; i < v->power_room; i++) {
        const OpenPower *p = &v->powers[i];
        if (p->state != POWER_OPEN || p->until >= v->report->last - OVERDUE_MS) continue;
        AUTO(arena_clear) Arena arena;
        arena_init(&arena, ARENA_LIMIT_DEFAULT);
        Str until = time_words(&arena, p->until);
        verify_found(v, FINDING_DOUBT, p->leaf, p->leaf, "The power that leaf %lld gave was to end on %.*s; no leaf says that it did.",
            (long long)p->leaf, STR_ARG(until));
    }
}

void acts_clear(Verify *v)
{
    for (int64_t i = 0; i < v->power_room; i++) free(v->powers[i].entry);
    free(v->powers);
    v->powers = NULL;
    v->power_room = 0;
}

/* ---- side files ---- */

NODISCARD static Err fetched_file(Verify *v, Arena *a, const Leaf *leaf, const ActFile *file)
{
    Str bytes = {0};
    Fault fault = {0};
    long long n = (long long)leaf->number;
    Err e = source_file(v->source, a, &file->digest, file->size, &bytes, &fault);
    if (e == ERR_IO) {
        *v->fault = (Fault){
            .err = e, .file = str_copy(v->a, fault.file), .expected = str_copy(v->a, fault.expected), .found = str_copy(v->a, fault.found)};
        return e;
    }
    if (e == ERR_MISSING && str_equal(fault.found, S("taken away"))) {
        v->report->files_gone++;
        return ERR_OK;
    }
    if (e == ERR_MISSING) {
        verify_found(
            v, FINDING_WRONG, leaf->number, leaf->number, "Leaf %lld names the file %.*s, which is not to be had.", n, STR_ARG(file->name));
        return ERR_OK;
    }
    Sha256 digest = sha256(bytes);
    bool same = !e && (int64_t)bytes.len == file->size && hash_equal(&digest, &file->digest);
    if (!same)
        verify_found(v, FINDING_WRONG, leaf->number, leaf->number,
            "Leaf %lld names the file %.*s by its digest; what is to be had under that digest is another file.", n, STR_ARG(file->name));
    v->report->files_checked += same;
    return ERR_OK;
}

NODISCARD static Err check_file(Verify *v, const Leaf *leaf, const ActFile *file)
{
    Sha256 *recent = &v->recent_files[(file->digest.bytes[0] << 8 | file->digest.bytes[1]) % RECENT_FILES];
    v->report->files++;
    if (hash_equal(recent, &file->digest)) {
        v->report->files_again++;
        return ERR_OK;
    }
    *recent = file->digest;
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    Err e = fetched_file(v, &arena, leaf, file);
    arena_clear(&arena);
    return e;
}

/* ---- one leaf ---- */

static void tell_unreadable(Verify *v, int64_t number, Str entry, const Fault *fault)
{
    long long n = (long long)number;
    bool later = str_starts(entry, S("{\"hustings\":")) && !str_starts(entry, S("{\"hustings\":1,"));
    if (later) {
        verify_found(
            v, FINDING_DOUBT, number, number, "Leaf %lld was written by another version of this program, which this one cannot read.", n);
        return;
    }
    AUTO(arena_clear) Arena arena; /* there may be a million of them */
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    Str words = fault_text(&arena, fault);
    verify_found(v, FINDING_WRONG, number, number, "Leaf %lld is no act in the form that the record has: %.*s.", n, STR_ARG(words));
}

static void check_order(Verify *v, const Leaf *leaf)
{
    if (leaf->at < v->time_before - OUT_OF_ORDER_MS) {
        AUTO(arena_clear) Arena arena;
        arena_init(&arena, ARENA_LIMIT_DEFAULT);
        Str at = time_words(&arena, leaf->at), before = time_words(&arena, v->time_before);
        verify_found(v, FINDING_DOUBT, leaf->number, leaf->number,
            "Leaf %lld says that it was done on %.*s, which is before the leaf in front of it (%.*s).", (long long)leaf->number,
            STR_ARG(at), STR_ARG(before));
    }
    v->time_before = leaf->at;
}

NODISCARD static Err check_leaf(Verify *v, const Leaf *leaf)
{
    if (!v->report->first) v->report->first = leaf->at;
    v->report->last = leaf->at;
    check_order(v, leaf);
    acts_power(v, leaf);
    keys_named(v, leaf);
    for (int i = 0; v->options->files && i < leaf->file_count; i++) {
        Err e = check_file(v, leaf, &leaf->files[i]);
        if (e) return e;
    }
    if (v->options->leaf) v->options->leaf(v->options->context, leaf);
    return ERR_OK;
}

Err acts_block(Verify *v, const Block *b)
{
    for (int i = 0; i < b->count; i++) {
        if (!b->has_entry[i]) continue;
        v->report->leaves++;
        v->report->bytes += (int64_t)b->entries[i].len;
        if (!hash_equal(&b->hashes[i], &b->kept[i])) continue;
        if (!b->is_read[i]) tell_unreadable(v, b->first + i, b->entries[i], &b->unread[i]);
        Err e = b->is_read[i] ? check_leaf(v, &b->leaves[i]) : ERR_OK;
        if (e) return e;
    }
    return ERR_OK;
}

void acts_end(Verify *v)
{
    if (v->tree_is_right) tell_overdue(v);
}
