/* maker.h: records made up for tests: entries of all kinds, signed, written as the folder that a site would serve.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_TEST_RECORD_MAKER_H
#define HUSTINGS_TEST_RECORD_MAKER_H

#include "core/folder.h"

#include "record/act.h"
#include "record/verify.h"

enum { MADE_MAX = 2000 };
#define MADE_START INT64_C(1790000000000)
#define MADE_ORIGIN "hustings.example/record"

typedef struct Made {
    Arena *a;
    Signer signer, second; /* `second` signs too when it has a name */
    bool first_is_silent;  /* only the second signs */
    Str entries[MADE_MAX];
    Sha256 hashes[MADE_MAX]; /* as level 0 will say */
    int64_t count;
    Str side; /* a file that leaf 1 names */
} Made;

static inline Str made_entry(Arena *a, const Act *act, int64_t now)
{
    Str entry;
    ActFile side;
    Fault fault = {0};
    if (act_entry(a, act, now, &entry, &side, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    return entry;
}

static inline void made_set(Made *m, int64_t number, Str entry)
{
    m->entries[number] = entry;
    m->hashes[number] = tree_leaf(entry);
}

static inline void made_add(Made *m, const Act *act)
{
    made_set(m, m->count, made_entry(m->a, act, MADE_START + m->count * 1000));
    m->count++;
}

/* One of every kind in turn; a power that is given is ended by the next leaf but one of its turn. */
static inline void made_one(Made *m)
{
    static const Str slugs[] = {S("labour-2010"), S("labour-2015"), S("party-leader")};
    int64_t n = m->count;
    Officer ada = {S("Ada Poll"), S("steward")};
    Act act = {.by = ada, .contest = slugs[n % 3], .says = str_format(m->a, "The result of contest %lld was published.", (long long)n)};
    ActFile file = {.name = S("papers.csv"), .size = (int64_t)m->side.len, .digest = sha256(m->side)};
    switch (n % 7) {
    case 0: act.kind = "contest.published"; break;
    case 1:
        act.kind = "contest.replaced";
        act.files = &file;
        act.file_count = 1;
        break;
    case 2:
        act = (Act){.kind = "role.offered",
            .by = ada,
            .says = S("The role of steward was offered to Bo Ballot."),
            .unit = S("leeds"),
            .until = MADE_START + n * 1000 + 900000};
        break;
    case 3:
        act = (Act){.kind = "role.given",
            .by = ada,
            .says = S("Bo Ballot is steward."),
            .unit = S("leeds"),
            .until = MADE_START + n * 1000 + 3600000};
        break;
    case 4:
        act = (Act){.kind = "role.offer_ended",
            .by = officer_program(),
            .says = S("The offer ended."),
            .reason = S("It was not used."),
            .unit = S("leeds"),
            .ends_power = true,
            .power = n - 2};
        break;
    case 5:
        act = (Act){.kind = "role.ended",
            .by = officer_program(),
            .says = S("The role ended."),
            .reason = S("Its time was over."),
            .unit = S("leeds"),
            .ends_power = true,
            .power = n - 2};
        break;
    default: act = (Act){.kind = "export.made", .by = {S("Cy Clerk"), S("operator")}, .says = S("Everything was exported.")}; break;
    }
    made_add(m, &act);
}

static inline Made *made_new(Arena *a, int64_t count)
{
    Made *m = arena_new(a, Made, 1);
    m->a = a;
    m->side = S("one,two\n1,2\n");
    signer_new(S(MADE_ORIGIN), KEY_NOTE, &m->signer);
    while (m->count < count) made_one(m);
    return m;
}

static inline Made *made_copy(const Made *m)
{
    Made *copy = arena_new(m->a, Made, 1);
    *copy = *m;
    return copy;
}

/* ---- signing ---- */

static inline Sha256 made_root(const Made *m, int64_t size)
{
    Frontier f = {0};
    for (int64_t i = 0; i < size; i++) frontier_add(&f, &m->hashes[i]);
    return frontier_root(&f);
}

static inline Str made_note_of(const Made *m, Str text)
{
    Str first = m->first_is_silent ? S("") : note_sign(m->a, &m->signer, text, 0);
    Str second = m->second.verifier.name.len ? note_sign(m->a, &m->second, text, 0) : S("");
    return str_format(m->a, "%.*s\n%.*s%.*s", STR_ARG(text), STR_ARG(first), STR_ARG(second));
}

static inline Str made_note(const Made *m, int64_t size)
{
    Checkpoint c = {.origin = S(MADE_ORIGIN), .size = size, .root = made_root(m, size)};
    return made_note_of(m, checkpoint_text(m->a, &c));
}

/* ---- writing ---- */

/* Hash `number` of tile level `level`. */
static inline Sha256 made_node(const Made *m, int level, int64_t number)
{
    if (level == 0) return m->hashes[number];
    Frontier f = {0};
    for (int64_t i = 0; i < TILE_WIDTH; i++) {
        Sha256 below = made_node(m, level - 1, number * TILE_WIDTH + i);
        frontier_add(&f, &below);
    }
    return frontier_root(&f);
}

static inline void made_put_tile(const Made *m, const Folder *f, int level, int64_t index, int width)
{
    Buf b = buf_new(m->a);
    for (int i = 0; i < width; i++) {
        int64_t n = index * TILE_WIDTH + i;
        Sha256 hash = made_node(m, level < 0 ? 0 : level, n);
        if (level < 0) bundle_add(&b, m->entries[n]);
        else buf_str(&b, (Str){(const char *)hash.bytes, SHA256_BYTES});
    }
    folder_put(f, str_c(m->a, tile_path(m->a, level, index, width)), buf_done(&b));
}

static inline void made_put_keys(const Made *m, const Folder *f)
{
    Str keys = str_format(m->a, "%.*s\n", STR_ARG(verifier_text(m->a, &m->signer.verifier)));
    if (m->second.verifier.name.len)
        keys = str_format(m->a, "%.*s%.*s\n", STR_ARG(keys), STR_ARG(verifier_text(m->a, &m->second.verifier)));
    folder_put(f, "keys", keys);
}

/* All tiles of `size` leaves, from `m`; keys, the side file; the checkpoint is `note`. */
static inline void made_write(const Made *m, const Folder *f, int64_t size, Str note)
{
    for (int level = -1; level < TILE_LEVELS_MAX; level++) {
        int64_t hashes = tile_hashes(level < 0 ? 0 : level, size);
        for (int64_t at = 0; at < hashes; at += TILE_WIDTH)
            made_put_tile(m, f, level, at / TILE_WIDTH, hashes - at < TILE_WIDTH ? (int)(hashes - at) : TILE_WIDTH);
    }
    made_put_keys(m, f);
    folder_put(f, str_c(m->a, str_format(m->a, "side/%.*s", STR_ARG(sha256_hex(m->a, sha256(m->side))))), m->side);
    folder_put(f, "checkpoint", note);
}

static inline Folder made_folder(const Made *m, int64_t size)
{
    Folder f = folder_new(m->a);
    made_write(m, &f, size, made_note(m, size));
    return f;
}

#endif
