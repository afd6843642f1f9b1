/* roster.c: rows and the pool of their texts.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The pool is one block of bytes: each text behind its length (two bytes), and a Ref is where that stands. A table of Refs, open addressing, finds a text that
 * is there already. Its hash is keyed (SipHash), because the texts are whatever strangers typed.
 */
#include "people/roster.h"

#include "people/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 2, POOL_FIRST = 64 * 1024, SLOTS_FIRST = 16 * 1024 };

typedef struct RosterPool {
    char *bytes;
    size_t used, capacity;
    Ref *slots; /* 0: free */
    size_t slot_count, taken;
    unsigned char key[crypto_shorthash_KEYBYTES];
} RosterPool;

/* Blocks in which a list of millions grows in place; freed with the arena. */
static void *grown(void *block, size_t size)
{
    void *bigger = realloc(block, size);
    if (!bigger) out_of_memory(size);
    return bigger;
}

static void free_roster(void *object)
{
    Roster *r = object;
    free(r->pool->bytes);
    free(r->pool->slots);
    free(r->rows);
    free(r->spells);
}

Roster *roster_new(Arena *a)
{
    Roster *r = arena_new(a, Roster, 1);
    r->a = a;
    RosterPool *p = r->pool = arena_new(a, RosterPool, 1);
    p->bytes = grown(NULL, POOL_FIRST);
    memset(p->bytes, 0, LENGTH_BYTES); /* the empty text is Ref 0 */
    p->used = LENGTH_BYTES;
    p->capacity = POOL_FIRST;
    p->slots = calloc(SLOTS_FIRST, sizeof(Ref));
    if (!p->slots) out_of_memory(SLOTS_FIRST * sizeof(Ref));
    p->slot_count = SLOTS_FIRST;
    if (sodium_init() < 0) out_of_memory(0);
    crypto_shorthash_keygen(p->key);
    arena_on_clear(a, free_roster, r);
    return r;
}

/* ---- texts ---- */

Str roster_text(const Roster *r, Ref ref)
{
    const char *at = r->pool->bytes + ref;
    uint16_t len;
    memcpy(&len, at, LENGTH_BYTES);
    return (Str){at + LENGTH_BYTES, len};
}

static size_t slot_of(const RosterPool *p, Str text)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text.ptr, text.len, p->key);
    return (size_t)hash & (p->slot_count - 1);
}

/* Where the text is, or the free slot where it would be. */
static size_t find_slot(const Roster *r, Str text)
{
    const RosterPool *p = r->pool;
    size_t at = slot_of(p, text);
    while (p->slots[at] && !str_equal(roster_text(r, p->slots[at]), text)) at = (at + 1) & (p->slot_count - 1);
    return at;
}

static void double_slots(Roster *r)
{
    RosterPool *p = r->pool;
    Ref *old = p->slots;
    size_t count = p->slot_count;
    p->slot_count *= 2;
    p->slots = calloc(p->slot_count, sizeof(Ref));
    if (!p->slots) out_of_memory(p->slot_count * sizeof(Ref));
    for (size_t i = 0; i < count; i++) {
        if (!old[i]) continue;
        size_t at = slot_of(p, roster_text(r, old[i]));
        while (p->slots[at]) at = (at + 1) & (p->slot_count - 1);
        p->slots[at] = old[i];
    }
    free(old);
}

static Ref append(RosterPool *p, Str text)
{
    ASSERT(text.len <= UINT16_MAX && p->used + LENGTH_BYTES + text.len < UINT32_MAX);
    while (p->used + LENGTH_BYTES + text.len > p->capacity) p->bytes = grown(p->bytes, p->capacity += p->capacity / 2);
    Ref ref = (Ref)p->used;
    uint16_t len = (uint16_t)text.len;
    memcpy(p->bytes + ref, &len, LENGTH_BYTES);
    memcpy(p->bytes + ref + LENGTH_BYTES, text.ptr, text.len);
    p->used += LENGTH_BYTES + text.len;
    return ref;
}

Ref roster_ref(Roster *r, Str text)
{
    RosterPool *p = r->pool;
    if (!text.len) return 0;
    size_t at = find_slot(r, text);
    if (p->slots[at]) return p->slots[at];
    Ref ref = p->slots[at] = append(p, text);
    if (++p->taken > p->slot_count / 10 * 7) double_slots(r);
    return ref;
}

/* ---- units ---- */

int roster_unit(Roster *r, Str slug)
{
    Ref ref = roster_ref(r, slug);
    for (int i = r->unit_count; i-- > 0;) /* rows of one unit mostly stand together: the newest is the likeliest */
        if (r->units[i].slug == ref) return i;
    if ((r->unit_count & (r->unit_count + 1)) == 0)
        r->units = arena_grow(r->a, RosterUnit, r->units, (size_t)r->unit_count, (size_t)r->unit_count * 2 + 1);
    r->units[r->unit_count] = (RosterUnit){.slug = ref, .name = ref, .above = -1};
    return r->unit_count++;
}

/* ---- rows ---- */

static Day day_from(Str iso)
{
    Day day = DAY_NONE;
    return iso.len && day_read(iso, &day) ? day : DAY_NONE;
}

static RosterSpell *new_spells(Roster *r, int count)
{
    if (r->spell_count + count > r->spell_capacity) {
        r->spell_capacity = r->spell_capacity * 2 + count + 1024;
        r->spells = grown(r->spells, (size_t)r->spell_capacity * sizeof *r->spells);
    }
    RosterSpell *at = r->spells + r->spell_count;
    r->spell_count += count;
    return at;
}

static void add_spells(Roster *r, RosterRow *row, Arena *scratch, Str history)
{
    Spell *spells;
    int count = 0;
    const char *expected;
    if (!spells_read(scratch, history, &spells, &count, &expected)) count = 0; /* the table refused such a row; in the store it cannot be */
    row->spell = (uint32_t)r->spell_count;
    row->spell_count = (uint32_t)count;
    RosterSpell *to = new_spells(r, count);
    for (int i = 0; i < count; i++) to[i] = (RosterSpell){spells[i].since, spells[i].status, roster_ref(r, spells[i].reason)};
}

static Str folded_address(Arena *scratch, const Values *v)
{
    if (!v->of[COL_ADDRESS].len) return S("");
    Str whole = str_format(scratch, "%.*s %.*s %.*s %.*s", STR_ARG(v->of[COL_ADDRESS]), STR_ARG(v->of[COL_ADDRESS_MORE]),
        STR_ARG(v->of[COL_LOCALITY]), STR_ARG(v->of[COL_POSTCODE]));
    return text_fold(scratch, whole);
}

static Ref folded(Roster *r, Arena *scratch, Str text)
{
    return text.len ? roster_ref(r, text_fold(scratch, text)) : 0;
}

static RosterRow *new_row(Roster *r)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity + r->capacity / 2 + 1024;
        r->rows = grown(r->rows, (size_t)r->capacity * sizeof *r->rows);
    }
    RosterRow *row = &r->rows[r->count++];
    memset(row, 0, sizeof *row);
    return row;
}

static void add_texts(Roster *r, RosterRow *row, Arena *scratch, const Values *v)
{
    row->id = roster_ref(r, v->of[COL_ID]);
    row->name = roster_ref(r, person_name(scratch, v));
    row->given = folded(r, scratch, v->of[COL_GIVEN_NAME]);
    row->family = folded(r, scratch, v->of[COL_FAMILY_NAME]);
    row->email = roster_ref(r, person_email_key(scratch, v->of[COL_EMAIL]));
    row->phone = roster_ref(r, v->of[COL_PHONE]);
    row->phone_other = roster_ref(r, v->of[COL_PHONE_OTHER]);
    row->postcode = roster_ref(r, v->of[COL_POSTCODE]);
    row->address = roster_ref(r, folded_address(scratch, v));
    row->section = roster_ref(r, v->of[COL_SECTION]);
    row->class = roster_ref(r, v->of[COL_CLASS]);
    row->payer = folded(r, scratch, v->of[COL_PAYER]);
    row->bank = folded(r, scratch, v->of[COL_BANK]);
    row->method = roster_ref(r, v->of[COL_METHOD]);
    row->recruiter = folded(r, scratch, v->of[COL_RECRUITER]);
    row->mandate = folded(r, scratch, v->of[COL_MANDATE]);
    row->signature = folded(r, scratch, v->of[COL_SIGNATURE]);
    row->device = folded(r, scratch, v->of[COL_DEVICE]);
}

static void add_days(RosterRow *row, const Values *v)
{
    row->born = day_from(v->of[COL_BORN]);
    row->joined = day_from(v->of[COL_JOINED]);
    row->recorded = day_from(v->of[COL_RECORDED]);
    row->first_receipt = day_from(v->of[COL_FIRST_RECEIPT]);
    row->paid_until = day_from(v->of[COL_PAID_UNTIL]);
    row->declared = day_from(v->of[COL_DECLARED]);
}

void roster_add_values(Roster *r, Arena *scratch, int64_t line, Str person, const Values *settled)
{
    RosterRow *row = new_row(r);
    row->line = line;
    row->person = roster_ref(r, person);
    add_texts(r, row, scratch, settled);
    add_days(row, settled);
    int unit = roster_unit(r, settled->of[COL_UNIT]); /* may move r->units */
    row->unit = r->units[unit].slug;
    add_spells(r, row, scratch, settled->of[COL_HISTORY]);
}

void roster_add(Roster *r, const TableRow *row)
{
    Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Values settled = row->values;
    person_settle(&scratch, &settled);
    membership_settle(&scratch, &settled);
    Str person = settled.of[COL_ID].len ? settled.of[COL_ID] : str_format(&scratch, "line %lld", (long long)row->line);
    roster_add_values(r, &scratch, row->line, person, &settled);
    arena_clear(&scratch);
}

Status roster_status(const Roster *r, const RosterRow *row, Day day)
{
    if (!row->spell_count) return row->joined != DAY_NONE && row->joined <= day ? STATUS_ACTIVE : STATUS_NONE;
    Status status = STATUS_NONE;
    for (uint32_t i = 0; i < row->spell_count; i++) {
        const RosterSpell *s = &r->spells[row->spell + i];
        if (s->since == DAY_NONE || s->since <= day) status = s->status;
    }
    return status;
}
