/* import_match.c: the rows of a chunk and the people of the store: who is whom, and what would change.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * All that a chunk needs is read in a few queries over all of its keys; then each row is decided in memory, and what it changes is seen by the rows after it.
 */
#include "people/import_own.h"

#include "people/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- from texts to people ---- */

typedef struct HeldMap {
    Str *keys; /* without a pointer: free */
    Held **held;
    size_t room;
    unsigned char salt[crypto_shorthash_KEYBYTES];
} HeldMap;

static HeldMap *map_new(Arena *a, size_t most)
{
    HeldMap *map = arena_new(a, HeldMap, 1);
    map->room = 64;
    while (map->room < most * 2) map->room *= 2;
    map->keys = arena_new(a, Str, map->room);
    map->held = arena_new(a, Held *, map->room);
    crypto_shorthash_keygen(map->salt);
    return map;
}

static size_t map_at(const HeldMap *map, Str key)
{
    unsigned char hash[crypto_shorthash_BYTES];
    size_t at;
    crypto_shorthash(hash, (const unsigned char *)key.ptr, key.len, map->salt);
    memcpy(&at, hash, sizeof at);
    for (at &= map->room - 1; map->keys[at].ptr && !str_equal(map->keys[at], key);) at = (at + 1) & (map->room - 1);
    return at;
}

static Held *map_find(const HeldMap *map, Str key)
{
    return key.len ? map->held[map_at(map, key)] : NULL;
}

/* True: the key is new. */
static bool map_put(HeldMap *map, Str key, Held *held)
{
    size_t at = map_at(map, key);
    bool is_new = !map->keys[at].ptr;
    map->keys[at] = key;
    map->held[at] = held;
    return is_new;
}

/* Behind those of the same key, who are older. */
static void chain_email(ImportMatch *m, Held *held)
{
    Str key = person_email_key(m->a, held->values.of[COL_EMAIL]);
    if (!key.len) return;
    Held *at = map_find(m->emails, key);
    for (; at && at != held && at->next_email; at = at->next_email) {
    }
    if (!at) map_put(m->emails, key, held);
    else if (at != held) at->next_email = held;
}

static void chain_phone(ImportMatch *m, Held *held)
{
    Str key = held->values.of[COL_PHONE];
    if (!key.len) return;
    Held *at = map_find(m->phones, key);
    for (; at && at != held && at->next_phone; at = at->next_phone) {
    }
    if (!at) map_put(m->phones, key, held);
    else if (at != held) at->next_phone = held;
}

static void know(ImportMatch *m, Held *held)
{
    Str id = held->values.of[COL_ID];
    if (id.len) map_put(m->identifiers, id, held);
    if (held->inside) chain_email(m, held);
    if (held->inside) chain_phone(m, held);
}

/* ---- reading who is there ---- */

typedef struct Texts {
    Str *texts;
    int count;
    HeldMap *seen;
} Texts;

static Texts texts_new(Arena *a, int most)
{
    return (Texts){.texts = arena_new(a, Str, (size_t)most), .seen = map_new(a, (size_t)most)};
}

static void texts_add(Texts *t, Str text)
{
    if (text.len && map_put(t->seen, text, NULL)) t->texts[t->count++] = text;
}

static Err find_ids(ImportMatch *m, const char *statement, const Texts *keys, Texts *ids)
{
    DbRows rows;
    if (!keys->count) return ERR_OK;
    Err e = db_query(m->db, m->a, statement, DB_VALUES(db_string(json_texts(m->a, keys->texts, keys->count))), &rows);
    if (e) return e;
    if (rows.count) {
        Texts more = texts_new(m->a, ids->count + rows.count);
        for (int i = 0; i < ids->count; i++) texts_add(&more, ids->texts[i]);
        for (int i = 0; i < rows.count; i++) texts_add(&more, rows.values[(size_t)i * (size_t)rows.columns].bytes);
        *ids = more;
    }
    return ERR_OK;
}

static const PeopleColumn person_columns[] = {COL_ID, COL_GIVEN_NAME, COL_FAMILY_NAME, COL_BORN, COL_EMAIL, COL_PHONE, COL_PHONE_OTHER,
    COL_ADDRESS, COL_ADDRESS_MORE, COL_LOCALITY, COL_POSTCODE, COL_COUNTRY, COL_LANGUAGE, COL_CONSENT, COL_CONSENT_SINCE};
static const PeopleColumn membership_columns[] = {COL_SECTION, COL_CLASS, COL_STATUS, COL_STATUS_SINCE, COL_STATUS_REASON, COL_HISTORY,
    COL_JOINED, COL_RECORDED, COL_FIRST_RECEIPT, COL_PAID_UNTIL, COL_PAYER, COL_BANK, COL_METHOD, COL_RECRUITER, COL_MANDATE, COL_SIGNATURE,
    COL_DEVICE, COL_DECLARED};

/* import_persons: id, version, import, then person_columns. By place: names would be compared a million times. */
static Held *held_of(Arena *a, const DbValue *v)
{
    Held *held = arena_new(a, Held, 1);
    held->id = v[0].bytes;
    held->version = v[1].number;
    held->import = v[2].bytes;
    for (int i = 0; i < COUNT_OF(person_columns); i++) held->values.of[person_columns[i]] = v[3 + i].bytes;
    held->before = held->values;
    return held;
}

/* import_memberships: person, id, unit, then membership_columns. */
static void add_membership(Arena *a, Held *held, const DbValue *v)
{
    HeldMembership m = {.id = v[1].bytes, .unit = v[2].bytes};
    for (int i = 0; i < COUNT_OF(membership_columns); i++) m.values.of[membership_columns[i]] = v[3 + i].bytes;
    m.values.of[COL_UNIT] = m.unit;
    m.before = m.values;
    if (held->membership_count == held->membership_room) {
        int room = held->membership_room ? held->membership_room * 2 : 1;
        held->memberships = arena_grow(a, HeldMembership, held->memberships, (size_t)held->membership_room, (size_t)room);
        held->membership_room = room;
    }
    held->memberships[held->membership_count++] = m;
    held->inside = true;
}

static int by_id(const void *one, const void *two)
{
    const Held *const *p = one, *const *q = two;
    return str_compare((*p)->id, (*q)->id);
}

Err import_load_held(Db *db, Arena *a, Str unit, const Str *ids, int count, Held ***ret_held, int *ret_count)
{
    DbRows rows;
    if (!count) {
        *ret_held = arena_new(a, Held *, 1);
        *ret_count = 0;
        return ERR_OK;
    }
    Str json = json_texts(a, ids, count);
    Err e = db_query(db, a, "import_persons", DB_VALUES(db_string(json)), &rows);
    if (e) return e;
    HeldMap *people = map_new(a, (size_t)rows.count);
    Held **held = arena_new(a, Held *, (size_t)rows.count + 1);
    for (int i = 0; i < rows.count; i++) {
        held[i] = held_of(a, rows.values + (size_t)i * (size_t)rows.columns);
        map_put(people, held[i]->id, held[i]);
    }
    /* The oldest first, so that of several who fit it is always the same one. */
    qsort(held, (size_t)rows.count, sizeof(Held *), by_id);
    *ret_held = held;
    *ret_count = rows.count;
    e = db_query(db, a, "import_memberships", DB_VALUES(db_string(json), db_string(unit)), &rows);
    for (int i = 0; !e && i < rows.count; i++) {
        const DbValue *v = rows.values + (size_t)i * (size_t)rows.columns;
        Held *whose = map_find(people, v[0].bytes);
        if (whose) add_membership(a, whose, v);
    }
    return e;
}

static Err load_people(ImportMatch *m, const ImportChunk *chunk)
{
    Texts identifiers = texts_new(m->a, chunk->count), emails = texts_new(m->a, chunk->count), phones = texts_new(m->a, chunk->count),
          ids = texts_new(m->a, 1);
    for (int i = 0; i < chunk->count; i++) {
        const ImportRow *row = &chunk->rows[i];
        if (row->fault_count) continue;
        texts_add(&identifiers, row->values.of[COL_ID]);
        if (!row->folded.len) continue;
        texts_add(&emails, person_email_key(m->a, row->values.of[COL_EMAIL]));
        texts_add(&phones, row->values.of[COL_PHONE]);
    }
    Err e = find_ids(m, "import_by_identifier", &identifiers, &ids);
    /* Who is known by identifier need not be looked for otherwise; mostly that is everybody, or nobody. */
    bool all_known = ids.count == chunk->count;
    if (!e && !all_known) e = find_ids(m, "import_by_email", &emails, &ids);
    if (!e && !all_known) e = find_ids(m, "import_by_phone", &phones, &ids);
    Held **held = NULL;
    int count = 0;
    if (!e) e = import_load_held(m->db, m->a, m->unit, ids.texts, ids.count, &held, &count);
    if (e) return e;
    size_t most = (size_t)count + (size_t)chunk->count;
    m->held = arena_grow(m->a, Held *, held, (size_t)count, most + 1);
    m->held_count = count;
    m->identifiers = map_new(m->a, most);
    m->emails = map_new(m->a, most * 2);
    m->phones = map_new(m->a, most * 2);
    for (int i = 0; i < count; i++) know(m, m->held[i]);
    return ERR_OK;
}

/* ---- who a row is ---- */

static Str held_name(ImportMatch *m, Held *held)
{
    if (!held->folded_made) held->folded = text_fold(m->a, person_name(m->a, &held->values));
    held->folded_made = true;
    return held->folded;
}

static bool fits(ImportMatch *m, const ImportRow *row, Held *held)
{
    bool both = row->values.of[COL_ID].len && held->values.of[COL_ID].len;
    return !both && str_equal(held_name(m, held), row->folded);
}

/* Whose address was changed by a row before this one still hangs in the chain of her old one, so the address is looked at as well. */
static Held *by_email(ImportMatch *m, const ImportRow *row)
{
    Str key = person_email_key(m->a, row->values.of[COL_EMAIL]);
    Held *held = map_find(m->emails, key);
    while (held && !(fits(m, row, held) && str_equal(person_email_key(m->a, held->values.of[COL_EMAIL]), key))) held = held->next_email;
    return held;
}

static Held *by_phone(ImportMatch *m, const ImportRow *row)
{
    Str key = row->values.of[COL_PHONE];
    Held *held = map_find(m->phones, key);
    while (held && !(fits(m, row, held) && str_equal(held->values.of[COL_PHONE], key))) held = held->next_phone;
    return held;
}

/* ERR_MISSING: somebody new. ERR_DENIED: somebody outside. */
static Err find_held(ImportMatch *m, const ImportRow *row, Held **ret_held)
{
    Held *held = map_find(m->identifiers, row->values.of[COL_ID]);
    if (held) {
        *ret_held = held;
        return held->inside ? ERR_OK : ERR_DENIED;
    }
    if (!row->folded.len) return ERR_MISSING;
    held = by_email(m, row);
    if (!held) held = by_phone(m, row);
    *ret_held = held;
    return held ? ERR_OK : ERR_MISSING;
}

/* ---- what a row says ---- */

static bool is_spoken(const ImportMatch *m, const ImportRow *row, PeopleColumn column)
{
    return (m->given & column_bit(column)) && (row->values.of[column].len || m->empties);
}

static bool is_claimed(const ImportRow *row, Str class)
{
    for (int i = 0; i < row->claimed_count; i++)
        if (str_equal(row->claimed[i], class)) return true;
    return false;
}

/* A row that names no unit is about whichever membership fits, that of the import's own unit before others. */
static HeldMembership *find_membership(const ImportMatch *m, const ImportRow *row, Held *held)
{
    bool section = is_spoken(m, row, COL_SECTION), class = is_spoken(m, row, COL_CLASS);
    HeldMembership *near = NULL;
    for (int i = 0; i < held->membership_count; i++) {
        HeldMembership *h = &held->memberships[i];
        bool here = str_equal(h->unit, row->values.of[COL_UNIT]);
        if (!here && row->unit_said) continue;
        if (section && !str_equal(h->values.of[COL_SECTION], row->values.of[COL_SECTION])) continue;
        bool same = !class || str_equal(h->values.of[COL_CLASS], row->values.of[COL_CLASS]);
        if (same && here) return h;
        if (!near && (same || !is_claimed(row, h->values.of[COL_CLASS]))) near = h;
    }
    return near;
}

/* What the row says of a membership; columns of which it says nothing have no pointer. */
static Values spoken_of_membership(const ImportMatch *m, const ImportRow *row)
{
    Values v = {0};
    for (int i = 0; i < COUNT_OF(membership_columns); i++) {
        PeopleColumn c = membership_columns[i];
        if (!is_spoken(m, row, c)) continue;
        Str value = row->values.of[c];
        v.of[c] = value.len ? value : S("");
    }
    return v;
}

static void put_membership(HeldMembership *h, const Values *given)
{
    for (int i = 0; i < COUNT_OF(membership_columns); i++) {
        PeopleColumn c = membership_columns[i];
        if (!given->of[c].ptr || str_equal(given->of[c], h->values.of[c])) continue;
        h->values.of[c] = given->of[c];
        h->changed |= column_bit(c);
    }
}

static void new_membership(ImportMatch *m, Held *held, const ImportRow *row)
{
    if (held->membership_count == held->membership_room) {
        int room = held->membership_room ? held->membership_room * 2 : 1;
        held->memberships = arena_grow(m->a, HeldMembership, held->memberships, (size_t)held->membership_room, (size_t)room);
        held->membership_room = room;
    }
    HeldMembership *h = &held->memberships[held->membership_count++];
    *h = (HeldMembership){.unit = row->values.of[COL_UNIT], .is_new = true};
    for (int i = 0; i < COUNT_OF(membership_columns); i++) h->values.of[membership_columns[i]] = row->values.of[membership_columns[i]];
    h->values.of[COL_UNIT] = h->unit;
    membership_settle(m->a, &h->values);
}

static bool put_person(ImportMatch *m, Held *held, const ImportRow *row)
{
    Columns changed = 0;
    for (int i = 0; i < COUNT_OF(person_columns); i++) {
        PeopleColumn c = person_columns[i];
        Str value = row->values.of[c].len ? row->values.of[c] : S("");
        if (!(row->fresh & column_bit(c)) || str_equal(value, held->values.of[c])) continue;
        held->values.of[c] = value;
        changed |= column_bit(c);
    }
    held->changed |= changed;
    if (changed & (column_bit(COL_GIVEN_NAME) | column_bit(COL_FAMILY_NAME))) held->folded_made = false;
    if (changed & (column_bit(COL_ID) | column_bit(COL_EMAIL) | column_bit(COL_PHONE))) know(m, held);
    return changed != 0;
}

static bool would_be_nameless(const Held *held, const ImportRow *row)
{
    Str given = row->fresh & column_bit(COL_GIVEN_NAME) ? row->values.of[COL_GIVEN_NAME] : held->values.of[COL_GIVEN_NAME];
    Str family = row->fresh & column_bit(COL_FAMILY_NAME) ? row->values.of[COL_FAMILY_NAME] : held->values.of[COL_FAMILY_NAME];
    return !given.len && !family.len;
}

/* ---- rows ---- */

static void bad_row(ImportMatch *m, const ImportRow *row, PeopleColumn column, Str expected)
{
    Str heading = m->headings[column];
    Fault fault = {.err = ERR_INPUT, .line = row->line, .expected = expected};
    if (heading.len) fault.expected = str_format(m->a, "%.*s, in the column '%.*s'", STR_ARG(expected), STR_ARG(heading));
    Str found = row->values.of[column];
    fault.found = found.len ? fault_quote(m->a, found) : S("nothing");
    m->counts.bad++;
    if (m->bad) m->bad(m->context, row, &fault);
}

static bool was_made(const ImportMatch *m, uint32_t person)
{
    return person / 8 < m->made_room && (m->made[person / 8] >> (person % 8) & 1);
}

static void mark_made(ImportMatch *m, uint32_t person)
{
    size_t wanted = person / 8 + 1, room = m->made_room;
    if (wanted > room) {
        room = room ? room * 2 : 4096;
        if (room < wanted) room = wanted;
        unsigned char *made = realloc(m->made, room);
        if (!made) out_of_memory(room);
        memset(made + m->made_room, 0, room - m->made_room);
        m->made = made;
        m->made_room = room;
    }
    m->made[person / 8] |= (unsigned char)(1u << (person % 8));
}

static void add_person(ImportMatch *m, const ImportRow *row)
{
    m->counts.added++;
    if (m->dry) {
        mark_made(m, row->person);
        return;
    }
    Held *held = arena_new(m->a, Held, 1);
    held->is_new = held->inside = true;
    held->ready = row->ready;
    for (int i = 0; i < COUNT_OF(person_columns); i++) held->values.of[person_columns[i]] = row->values.of[person_columns[i]];
    new_membership(m, held, row);
    m->held[m->held_count++] = held;
    know(m, held);
}

static void somebody_new(ImportMatch *m, const ImportRow *row)
{
    if (m->dry && was_made(m, row->person)) {
        if (row->first_of_member) m->counts.more++;
        else if (row->fresh) m->counts.changed++;
        else m->counts.same++;
    } else if (!row->folded.len) {
        bad_row(m, row, COL_FAMILY_NAME, S("the name of somebody who is not there yet"));
    } else {
        add_person(m, row);
    }
}

static void somebody_held(ImportMatch *m, const ImportRow *row, Held *held)
{
    HeldMembership *membership = find_membership(m, row, held);
    Values given = spoken_of_membership(m, row);
    bool more = row->first_of_member && !membership, changed = false;
    if (would_be_nameless(held, row)) {
        bad_row(m, row, COL_FAMILY_NAME, S("a name"));
        return;
    }
    if (row->first_of_member && membership) {
        if (membership_settle_change(m->a, &membership->values, &given, m->now)) {
            bad_row(m, row, COL_STATUS_SINCE, S("a date that is not before that of the status before it"));
            return;
        }
        Columns before = membership->changed;
        put_membership(membership, &given);
        changed = membership->changed != before;
    }
    if (more) new_membership(m, held, row);
    changed |= put_person(m, held, row);
    if (more) m->counts.more++;
    else if (changed) m->counts.changed++;
    else m->counts.same++;
    if (changed && m->changes) m->changes(m->context, row, held);
}

static void match_row(ImportMatch *m, const ImportRow *row)
{
    Held *held = NULL;
    m->counts.rows++;
    if (row->fault_count) {
        m->counts.bad++;
        for (int i = 0; m->bad && i < row->fault_count; i++) m->bad(m->context, row, &row->faults[i]);
        return;
    }
    Err e = find_held(m, row, &held);
    if (e == ERR_DENIED)
        bad_row(
            m, row, COL_ID, S("an id that nobody outside of this unit has: whoever keeps the list of the unit above can import this row"));
    else if (e) somebody_new(m, row);
    else somebody_held(m, row, held);
}

Err import_match(ImportMatch *m, const ImportChunk *chunk)
{
    Err e = load_people(m, chunk);
    for (int i = 0; !e && i < chunk->count; i++) match_row(m, &chunk->rows[i]);
    return e;
}
