/* published.c: roll.json, and a whole frozen roll held against it.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/json.h"
#include "roll/freeze.h"

#include <stdlib.h>
#include <string.h>

enum { TOTALS_MAX = 100000 };

/* ---- totals ---- */

typedef struct Totals {
    Arena *a;
    RollTotal *of;
    int count, capacity;
} Totals;

/* Sorted by name; where it is, or where it belongs. */
static int total_place(const Totals *t, Str name, bool *ret_there)
{
    int from = 0, to = t->count;
    while (from < to) {
        int middle = (from + to) / 2;
        int order = str_compare(t->of[middle].name, name);
        if (order == 0) {
            *ret_there = true;
            return middle;
        }
        if (order < 0) from = middle + 1;
        else to = middle;
    }
    *ret_there = false;
    return from;
}

static void total_add(Totals *t, Str name, int64_t entries)
{
    bool there;
    int place = total_place(t, name, &there);
    if (!there) {
        if (t->count == t->capacity) {
            int capacity = t->capacity ? 2 * t->capacity : 64;
            t->of = arena_grow(t->a, RollTotal, t->of, (size_t)t->capacity, (size_t)capacity);
            t->capacity = capacity;
        }
        memmove(&t->of[place + 1], &t->of[place], (size_t)(t->count - place) * sizeof *t->of);
        t->of[place] = (RollTotal){.name = str_copy(t->a, name)};
        t->count++;
    }
    t->of[place].entries += entries;
}

/* ---- writing ---- */

static void put_totals(View *object, Str key, Str name, const RollTotal *totals, int count)
{
    View *array = view_put_array(object, key);
    for (int i = 0; i < count; i++) {
        View *row = view_add_object(array);
        view_put_str(row, name, totals[i].name);
        view_put_i64(row, S("entries"), totals[i].entries);
    }
}

static View *document(Arena *a, const RollPublished *p)
{
    View *v = view_object(a);
    view_put_i64(v, S("hustings_roll"), 1);
    view_put_str(v, S("roll"), p->roll);
    view_put_i64(v, S("version"), p->version);
    view_put_str(v, S("title"), p->title);
    view_put_str(v, S("unit"), p->unit);
    view_put_str(v, S("frozen"), p->frozen);
    view_put(v, S("rules"), rules_view(a, &p->rules));
    view_put_str(v, S("rules_sha256"), sha256_hex(a, p->rules_digest));
    view_put_i64(v, S("count"), p->count);
    view_put_str(v, S("root"), sha256_hex(a, p->root));
    put_totals(v, S("units"), S("unit"), p->units, p->unit_count);
    put_totals(v, S("sections"), S("section"), p->sections, p->section_count);
    view_put_i64(v, S("memberships"), p->memberships);
    View *reasons = view_put_object(v, S("by_reason"));
    for (RollReason r = REASON_ON; r < REASON__COUNT; r++) view_put_i64(reasons, reason_name(r), p->by_reason[r]);
    return v;
}

/* With the digest of all of it as its last member. */
static Str write_document(Arena *a, const RollPublished *p)
{
    View *v = document(a, p);
    Buf b = buf_new(a);
    view_json(v, &b, true);
    view_put_str(v, S("sha256"), sha256_hex(a, sha256(buf_done(&b))));
    Buf whole = buf_new(a);
    view_json(v, &whole, true);
    return buf_done(&whole);
}

/* Neighbours in the roster mostly have the same: a total is looked for once for all of them. */
static void count_entries(Totals *t, const Roster *roster, const Rolled *rolled, bool units)
{
    Ref ref = 0;
    int64_t entries = 0;
    for (int i = 0; i < roster->count; i++) {
        if (rolled->reasons[i] != REASON_ON) continue;
        Ref is = units ? roster->rows[i].unit : roster->rows[i].section;
        if (entries && is != ref) {
            total_add(t, roster_text(roster, ref), entries);
            entries = 0;
        }
        ref = is;
        entries++;
    }
    if (entries) total_add(t, roster_text(roster, ref), entries);
}

void roll_publish(Arena *a, const Frozen *frozen, const Roster *roster, const Rolled *rolled, RollPublished *p)
{
    Totals units = {.a = a}, sections = {.a = a};
    count_entries(&units, roster, rolled, true);
    count_entries(&sections, roster, rolled, false);
    p->roll = frozen->roll;
    p->rules = frozen->rules;
    p->rules_digest = frozen->rules_digest;
    p->root = frozen->root;
    p->count = frozen->count;
    p->memberships = roster->count;
    p->units = units.of;
    p->unit_count = units.count;
    p->sections = sections.of;
    p->section_count = sections.count;
    for (RollReason r = REASON_ON; r < REASON__COUNT; r++) p->by_reason[r] = rolled->by_reason[r];
    p->text = write_document(a, p);
}

/* ---- reading: loosely, then held against what would be written of it ---- */

static Err not_as_written(Fault *fault)
{
    return fault_set(
        fault, ERR_INPUT, 0, 0, S("a roll.json as it was written when the roll was frozen"), S("something else, or a changed one"));
}

static Str text_of(const View *object, Str key)
{
    const View *v = view_get(object, key);
    return v && view_kind(v) == VIEW_STR ? view_str(v) : S("");
}

static int64_t number_of(const View *object, Str key)
{
    const View *v = object ? view_get(object, key) : NULL;
    return v && view_kind(v) == VIEW_I64 ? view_i64(v) : -1;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* What is none comes out as another one, which is found out at the end. */
static Sha256 hash_of(Str hex)
{
    Sha256 hash = {0};
    for (size_t i = 0; i < SHA256_BYTES && hex.len == (size_t)2 * SHA256_BYTES; i++)
        hash.bytes[i] = (uint8_t)(digit_of(hex.ptr[2 * i]) << 4 | digit_of(hex.ptr[2 * i + 1]));
    return hash;
}

static int read_totals(Arena *a, const View *array, Str name, RollTotal **ret_totals)
{
    int count = 0;
    for (const View *v = array && view_kind(array) == VIEW_ARRAY ? view_first(array) : NULL; v; v = view_next(v)) count++;
    if (count > TOTALS_MAX) count = 0;
    *ret_totals = arena_new(a, RollTotal, (size_t)count);
    const View *v = count ? view_first(array) : NULL;
    for (int i = 0; i < count; i++, v = view_next(v)) (*ret_totals)[i] = (RollTotal){text_of(v, name), number_of(v, S("entries"))};
    return count;
}

Err roll_published_read(Arena *a, Str text, RollPublished *ret_published, Fault *fault)
{
    View *v;
    RollPublished p = {.text = text};
    Err e = json_read(a, text, &v, fault);
    if (e) return e;
    const View *rules = view_get(v, S("rules")), *reasons = view_get(v, S("by_reason"));
    if (number_of(v, S("hustings_roll")) != 1 || !rules) return not_as_written(fault);
    e = rules_from(a, rules, &p.rules, fault);
    if (e) return e;
    p.roll = text_of(v, S("roll"));
    p.version = number_of(v, S("version"));
    p.title = text_of(v, S("title"));
    p.unit = text_of(v, S("unit"));
    p.frozen = text_of(v, S("frozen"));
    p.rules_digest = rules_digest(a, &p.rules);
    p.count = number_of(v, S("count"));
    p.root = hash_of(text_of(v, S("root")));
    p.memberships = number_of(v, S("memberships"));
    p.unit_count = read_totals(a, view_get(v, S("units")), S("unit"), &p.units);
    p.section_count = read_totals(a, view_get(v, S("sections")), S("section"), &p.sections);
    for (RollReason r = REASON_ON; r < REASON__COUNT; r++) p.by_reason[r] = number_of(reasons, reason_name(r));
    if (!str_equal(write_document(a, &p), text)) return not_as_written(fault);
    *ret_published = p;
    return ERR_OK;
}

/* ---- all of it ---- */

static Err check_hashes(Arena *a, const RollPublished *p, Str hashes, Fault *fault)
{
    Frontier frontier = {0};
    if (p->count < 0 || hashes.len / SHA256_BYTES != (size_t)p->count || hashes.len % SHA256_BYTES)
        return fault_setf(fault, a, ERR_INPUT, "%lld hashes of 32 bytes", (long long)p->count);
    for (int64_t i = 0; i < p->count; i++) {
        Sha256 hash;
        const char *at = hashes.ptr + i * SHA256_BYTES;
        if (i && memcmp(at - SHA256_BYTES, at, SHA256_BYTES) >= 0)
            return fault_setf(fault, a, ERR_INPUT, "hashes in their order, each once (number %lld is not)", (long long)i);
        memcpy(hash.bytes, at, SHA256_BYTES);
        frontier_add(&frontier, &hash);
    }
    Sha256 root = frontier_root(&frontier);
    return hash_equal(&root, &p->root) ? ERR_OK
                                       : fault_set(fault, ERR_INPUT, 0, 0, S("hashes with the root that was published"), S("another root"));
}

static Err same_totals(Arena *a, const Totals *counted, const RollTotal *said, int count, const char *what, Fault *fault)
{
    bool same = counted->count == count;
    for (int i = 0; i < count && same; i++)
        same = str_equal(counted->of[i].name, said[i].name) && counted->of[i].entries == said[i].entries;
    return same ? ERR_OK : fault_setf(fault, a, ERR_INPUT, "entries with the totals by %s that were published", what);
}

static Err check_entries(Arena *a, const RollPublished *p, Str hashes, Str entries, Fault *fault)
{
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Totals units = {.a = a}, sections = {.a = a};
    Str rest = entries, line;
    for (int64_t i = 0; i < p->count; i++) {
        View *fields;
        if (!str_cut(rest, '\n', &line, &rest)) return fault_set(fault, ERR_INPUT, i + 1, 0, S("an entry for every hash"), S("fewer"));
        Sha256 leaf = tree_leaf(line);
        if (memcmp(leaf.bytes, hashes.ptr + i * SHA256_BYTES, SHA256_BYTES) != 0)
            return fault_set(
                fault, ERR_INPUT, i + 1, 0, S("the entry that was frozen"), S("another: its hash is not the one in hashes.bin"));
        Err e = json_read(&scratch, line, &fields, fault);
        if (e) return e;
        total_add(&units, text_of(fields, S("unit")), 1);
        total_add(&sections, text_of(fields, S("section")), 1);
        arena_recycle(&scratch);
    }
    if (rest.len) return fault_set(fault, ERR_INPUT, p->count + 1, 0, S("the end: there is no hash for more"), S("more entries"));
    Err e = same_totals(a, &units, p->units, p->unit_count, "unit", fault);
    return e ? e : same_totals(a, &sections, p->sections, p->section_count, "section", fault);
}

Err roll_check(Arena *a, const RollPublished *published, Str hashes, Str entries, Fault *fault)
{
    Err e = check_hashes(a, published, hashes, fault);
    return e || !entries.ptr ? e : check_entries(a, published, hashes, entries, fault);
}
