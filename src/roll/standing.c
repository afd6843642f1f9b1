/* standing.c: who stands on a roll in force, and the proof of an entry.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/own.h"

#include "core/json.h"

#include <string.h>

/* ---- tiles ---- */

typedef struct TileReader {
    Db *db;
    Arena *a;
    const Roll *roll;
    int64_t version;
} TileReader;

static Err read_tile(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    const TileReader *t = context;
    DbRows rows;
    Err e = db_one(t->db, t->a, "roll_tile_one",
        DB_VALUES(
            db_string(t->roll->unit), db_string(t->roll->slug), db_number(t->version), db_number(level), db_number(index / TILE_WIDTH)),
        &rows);
    if (e) return e == ERR_MISSING ? ERR_IO : e;
    Str hashes = db_text(&rows, "hashes");
    size_t from = (size_t)(index % TILE_WIDTH) * SHA256_BYTES, size = (size_t)count * SHA256_BYTES;
    if (hashes.len < from + size) return ERR_IO;
    memcpy(ret_hashes, hashes.ptr + from, size);
    return ERR_OK;
}

static Err read_entry(Db *db, Arena *a, const Roll *roll, int64_t version, int64_t number, Str *ret_entry)
{
    DbRows rows;
    Err e = db_one(db, a, "roll_page_one",
        DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_number(version), db_number(number / ROLL_PAGE)), &rows);
    if (e) return e == ERR_MISSING ? ERR_IO : e;
    Str rest = db_text(&rows, "entries"), line = {0};
    for (int64_t i = 0; i <= number % ROLL_PAGE; i++)
        if (!str_cut(rest, '\n', &line, &rest)) return ERR_IO;
    *ret_entry = line;
    return ERR_OK;
}

Err roll_prove(Db *db, Arena *a, const Roll *roll, const RollVersion *version, int64_t number, RollProof *ret_proof)
{
    TileReader reader = {db, a, roll, version->version};
    TreeHashes hashes = {read_tile, &reader};
    RollProof p = {.roll = roll->slug, .version = version->version, .number = number, .size = version->count, .root = version->root};
    Err e = read_entry(db, a, roll, version->version, number, &p.entry);
    if (!e && roll_entry_is_erased(p.entry)) return ERR_MISSING;
    if (!e) e = tree_prove_inclusion(&hashes, number, version->count, &p.path);
    if (e) return e == ERR_INPUT ? ERR_IO : e;
    Sha256 leaf = tree_leaf(p.entry);
    if (tree_verify_inclusion(&p.path, number, &leaf, p.size, &p.root))
        return ERR_CONFLICT; /* somebody changed a row by hand: never hand out a proof that is none */
    *ret_proof = p;
    return ERR_OK;
}

/* ---- her entries in a version ---- */

static int64_t number_at(Str body, size_t row)
{
    const uint8_t *at = (const uint8_t *)body.ptr + row * FINDER_BYTES + PERSON_ID_BYTES;
    return (int64_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static int order_at(Str body, size_t row, Str person)
{
    return memcmp(body.ptr + row * FINDER_BYTES, person.ptr, PERSON_ID_BYTES);
}

void roll_find_rows(Str body, Str person, RollStanding *standing)
{
    size_t from = 0, to = body.len / FINDER_BYTES, rows = to;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (order_at(body, middle, person) < 0) from = middle + 1;
        else to = middle;
    }
    for (; from < rows && order_at(body, from, person) == 0 && standing->number_count < ROLL_PLACES_MAX; from++)
        standing->numbers[standing->number_count++] = number_at(body, from);
}

static Err find_numbers(Db *db, Arena *a, const Roll *roll, Str person, RollStanding *standing)
{
    DbRows rows;
    if (person.len != PERSON_ID_BYTES) return ERR_OK;
    Err e = db_one(db, a, "roll_finder_for",
        DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_number(roll->version), db_string(person)), &rows);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    roll_find_rows(db_text(&rows, "body"), person, standing);
    return ERR_OK;
}

static Str text_of(const View *fields, Str key)
{
    const View *v = view_get(fields, key);
    return v && view_kind(v) == VIEW_STR ? view_str(v) : S("");
}

static Err add_places(Db *db, Arena *a, const Roll *roll, RollStanding *standing)
{
    for (int i = 0; i < standing->number_count; i++) {
        View *fields;
        Str entry;
        Fault fault = {0};
        Err e = read_entry(db, a, roll, roll->version, standing->numbers[i], &entry);
        if (e) return e;
        if (json_read(a, entry, &fields, &fault)) return ERR_IO;
        standing->places[standing->count++] = (RollPlace){text_of(fields, S("unit")), text_of(fields, S("section")), standing->numbers[i]};
    }
    return ERR_OK;
}

/* ---- corrections over it ---- */

static void correct(RollStanding *standing, const RollCorrection *c)
{
    switch (c->kind) {
    case CORRECTION_OFF: standing->count = 0; return;
    case CORRECTION_ADD:
        if (!standing->count) standing->places[standing->count++] = (RollPlace){c->place, c->section, -1};
        return;
    case CORRECTION_SECTION:
        for (int i = 0; i < standing->count; i++) standing->places[i].section = c->section;
        return;
    case CORRECTION__COUNT: break;
    }
    ASSERT(!"a kind");
}

static Err correct_all(Db *db, Arena *a, const Roll *roll, Str person, RollStanding *standing)
{
    RollCorrection *corrections;
    int count;
    Err e = roll_corrections_of(db, a, roll, person, &corrections, &count);
    for (int i = 0; i < count && !e; i++) correct(standing, &corrections[i]);
    return e;
}

/* A roll knows a person whose record was merged into another by the id that she had then. */
static Err find_merged(Db *db, Arena *a, const Roll *roll, Str person, RollStanding *standing)
{
    DbRows rows;
    Err e = db_query(db, a, "people_merged_into", DB_VALUES(db_string(person)), &rows);
    while (!e && db_next(&rows)) e = find_numbers(db, a, roll, db_text(&rows, "id"), standing);
    if (!e) e = add_places(db, a, roll, standing);
    rows.at = -1;
    while (!e && db_next(&rows)) e = correct_all(db, a, roll, db_text(&rows, "id"), standing);
    return e;
}

Err roll_standing(Db *db, Arena *a, const Roll *roll, Str person, RollStanding *ret_standing)
{
    *ret_standing = (RollStanding){0};
    Err e = find_numbers(db, a, roll, person, ret_standing);
    if (!e) e = find_merged(db, a, roll, person, ret_standing);
    return e ? e : correct_all(db, a, roll, person, ret_standing);
}

Err roll_in_force(Db *db, Arena *a, const Roll *roll, int64_t *ret_count, int64_t *ret_corrections)
{
    RollVersion version = {0};
    RollCorrection *corrections;
    int count;
    Err e = roll_version_find(db, a, roll, roll->version, &version);
    if (!e) e = roll_corrections(db, a, roll, &corrections, &count);
    if (e) return e;
    int64_t erased, net;
    e = roll_erased(db, a, roll, roll->version, &erased, &net);
    if (e) return e;
    *ret_count = version.count + net;
    *ret_corrections = count;
    for (int i = 0; i < count; i++) {
        bool before = !corrections[i].person.len; /* of one who was erased: counted in `net` */
        for (int j = 0; j < i; j++) before |= str_equal(corrections[j].person, corrections[i].person);
        RollStanding standing;
        if (before) continue;
        e = roll_standing(db, a, roll, corrections[i].person, &standing);
        if (e) return e;
        *ret_count += standing.count - standing.number_count;
    }
    return ERR_OK;
}
