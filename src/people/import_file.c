/* import_file.c: the reading thread: the file's pieces become rows, rows are told from those before them, and chunks of them are handed over.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Who of the file is who of the file is decided here from the file alone, so that it comes out the same each time it is read: in the dry run, when it is
 * written, and when that goes on after a crash (the file is then read from its beginning, and what was done is not handed out again).
 */
#include "people/import_own.h"

#include "formats/gunzip.h"
#include "people/text.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_MOST = 1, NO_ONE = -1 };

/* ---- what is remembered of the rows before ---- */

#define PERSON_COLUMNS COL_UNIT /* those of the person come first in the table */

/* Digests of what was said of a person; 0: nothing yet. */
typedef struct Said {
    uint32_t line;
    uint32_t digest[PERSON_COLUMNS];
} Said;

/* A membership that a row was about; a chain for each person, unit and section. */
typedef struct Claim {
    uint32_t digest; /* of all that was said of it */
    uint32_t line;
    int32_t next;
    uint32_t class_at, class_len; /* in `classes` */
} Claim;

/* From 64-bit hashes to numbers: open addressing. */
typedef struct Places {
    uint64_t *keys; /* 0: free */
    uint32_t *values;
    size_t room, count;
} Places;

struct ImportReader {
    ImportReading reading;
    Arena arena; /* of the table */
    Table *table;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    ImportChunk *first, *last;
    int waiting;
    bool ended;
    Err err;
    Fault fault;
    atomic_bool stop;
    /* Of the reading thread, and after the first chunk not changed: */
    Columns given;
    Str heading_of[COL__COUNT]; /* as typed; empty: the file has none */
    bool has_header;
    /* Of the reading thread: */
    Gunzip *gunzip;
    bool is_gzip, began;
    int64_t bytes, rows;
    ImportChunk *chunk;
    int room;
    unsigned char salt[crypto_shorthash_KEYBYTES];
    Places identifiers, persons, memberships, units;
    Said *said;
    size_t said_count, said_room;
    Claim *claims;
    size_t claim_count, claim_room;
    char *classes;
    size_t classes_len, classes_room;
};

static void *grown(void *old, size_t *room, size_t wanted, size_t size)
{
    if (wanted <= *room) return old;
    size_t more = *room ? *room * 2 : 1024;
    while (more < wanted) more *= 2;
    void *now = realloc(old, more * size);
    if (!now) out_of_memory(more * size);
    *room = more;
    return now;
}

static size_t place_of(const Places *p, uint64_t key)
{
    size_t at = (size_t)key & (p->room - 1);
    while (p->keys[at] && p->keys[at] != key) at = (at + 1) & (p->room - 1);
    return at;
}

static void places_grow(Places *p)
{
    Places more = {.room = p->room ? p->room * 2 : 4096, .count = p->count};
    more.keys = calloc(more.room, sizeof *more.keys);
    more.values = calloc(more.room, sizeof *more.values);
    if (!more.keys || !more.values) out_of_memory(more.room * sizeof *more.keys);
    for (size_t i = 0; i < p->room; i++) {
        if (!p->keys[i]) continue;
        size_t at = place_of(&more, p->keys[i]);
        more.keys[at] = p->keys[i];
        more.values[at] = p->values[i];
    }
    free(p->keys);
    free(p->values);
    *p = more;
}

static int64_t places_find(const Places *p, uint64_t key)
{
    if (!p->room || !key) return NO_ONE;
    size_t at = place_of(p, key);
    return p->keys[at] ? (int64_t)p->values[at] : NO_ONE;
}

static void places_put(Places *p, uint64_t key, size_t value)
{
    if (!key) return;
    if (p->count * 4 >= p->room * 3) places_grow(p);
    size_t at = place_of(p, key);
    p->count += p->keys[at] == 0;
    p->keys[at] = key;
    p->values[at] = (uint32_t)value;
}

static void places_keep_first(Places *p, uint64_t key, size_t value)
{
    if (places_find(p, key) == NO_ONE) places_put(p, key, value);
}

/* SipHash under a key of this reading: nobody can write a file whose rows are taken for each other. Never 0. */
static uint64_t hash_of(const ImportReader *r, char kind, Str one, Str two)
{
    unsigned char bytes[2 * PEOPLE_TEXT_MAX + 16], hash[crypto_shorthash_BYTES];
    size_t n = 0;
    bytes[n++] = (unsigned char)kind;
    Str parts[2] = {one, two};
    for (int i = 0; i < 2; i++) {
        size_t len = parts[i].len < PEOPLE_TEXT_MAX ? parts[i].len : PEOPLE_TEXT_MAX;
        if (len) memcpy(bytes + n, parts[i].ptr, len);
        n += len;
        bytes[n++] = 0;
    }
    crypto_shorthash(hash, bytes, n, r->salt);
    uint64_t h;
    memcpy(&h, hash, sizeof h);
    return h ? h : 1;
}

static uint32_t digest_of(const ImportReader *r, Str value)
{
    return (uint32_t)hash_of(r, 'v', value, S("")) | 1;
}

/* ---- faults ---- */

/* A fault that no cell alone has: it is told with its line and the name of the column. */
static void row_fault(ImportReader *r, ImportRow *row, PeopleColumn column, Str expected, Str found)
{
    Arena *a = &r->chunk->arena;
    Str heading = r->heading_of[column];
    Fault *faults = arena_grow(a, Fault, row->faults, (size_t)row->fault_count, (size_t)row->fault_count + 1);
    faults[row->fault_count++] = (Fault){.err = ERR_INPUT,
        .file = r->reading.file_name,
        .line = row->line,
        .expected = heading.len ? str_format(a, "%.*s, in the column '%.*s'", STR_ARG(expected), STR_ARG(heading)) : expected,
        .found = found.len ? fault_quote(a, found) : S("")};
    row->faults = faults;
}

static Str said_on(ImportReader *r, const char *what, uint32_t line)
{
    return str_format(&r->chunk->arena, "the same %s as on line %u, which is about the same person", what, line);
}

/* ---- the unit ---- */

enum { SEVERAL_UNITS = UINT32_MAX - 1 };

/* Slugs, and names that one unit alone has. */
static void learn_units(ImportReader *r)
{
    const ImportUnits *units = r->reading.units;
    for (int i = 0; i < units->count; i++) {
        uint64_t name = hash_of(r, 'n', units->units[i].folded, S(""));
        places_put(&r->units, name, places_find(&r->units, name) == NO_ONE ? (size_t)i : SEVERAL_UNITS);
    }
    for (int i = 0; i < units->count; i++) places_put(&r->units, hash_of(r, 'u', units->units[i].slug, S("")), (size_t)i);
}

static void find_unit(ImportReader *r, ImportRow *row)
{
    Arena *a = &r->chunk->arena;
    Str typed = row->values.of[COL_UNIT];
    const ImportUnits *units = r->reading.units;
    row->unit_said = typed.len > 0;
    int64_t at = typed.len ? places_find(&r->units, hash_of(r, 'u', typed, S(""))) : 0;
    if (at == NO_ONE) at = places_find(&r->units, hash_of(r, 'n', text_fold(a, typed), S("")));
    if (at == NO_ONE)
        row_fault(
            r, row, COL_UNIT, str_format(a, "%.*s or a unit below it, by its slug or its name", STR_ARG(units->units[0].name)), typed);
    else if (at == SEVERAL_UNITS) row_fault(r, row, COL_UNIT, S("the slug of a unit: several have this name"), typed);
    else row->values.of[COL_UNIT] = units->units[at].slug;
}

/* ---- who of the file ---- */

/* A row with a whole name says all of it; one without an id says nothing of it. */
static bool is_spoken(const ImportReader *r, const ImportRow *row, PeopleColumn column)
{
    if (!(r->given & column_bit(column))) return false;
    if (row->values.of[column].len) return true;
    if (column == COL_GIVEN_NAME || column == COL_FAMILY_NAME) return row->values.of[COL_NAME].len > 0;
    return r->reading.options.empties && column != COL_ID;
}

/* Not the same person when both have an `id`, and another one. */
static int64_t found_by(const ImportReader *r, const ImportRow *row, uint64_t key)
{
    int64_t at = places_find(&r->persons, key);
    if (at == NO_ONE) return NO_ONE;
    bool both = row->values.of[COL_ID].len && r->said[at].digest[COL_ID];
    return both ? NO_ONE : at;
}

typedef struct Keys {
    uint64_t id, email, phone; /* 0: none */
} Keys;

static Keys keys_of(ImportReader *r, const ImportRow *row)
{
    Arena *a = &r->chunk->arena;
    const Values *v = &row->values;
    Keys k = {0};
    if (v->of[COL_ID].len) k.id = hash_of(r, 'i', v->of[COL_ID], S(""));
    if (!row->folded.len) return k;
    if (v->of[COL_EMAIL].len) k.email = hash_of(r, 'e', person_email_key(a, v->of[COL_EMAIL]), row->folded);
    if (v->of[COL_PHONE].len) k.phone = hash_of(r, 'p', v->of[COL_PHONE], row->folded);
    return k;
}

static uint32_t person_of(ImportReader *r, const ImportRow *row, const Keys *k)
{
    int64_t at = places_find(&r->identifiers, k->id);
    if (at == NO_ONE) at = found_by(r, row, k->email);
    if (at == NO_ONE) at = found_by(r, row, k->phone);
    return at == NO_ONE ? (uint32_t)r->said_count : (uint32_t)at;
}

static void remember_person(ImportReader *r, const ImportRow *row, const Keys *k)
{
    if (row->person == r->said_count) {
        r->said = grown(r->said, &r->said_room, r->said_count + 1, sizeof *r->said);
        r->said[r->said_count++] = (Said){.line = (uint32_t)row->line};
    }
    Said *said = &r->said[row->person];
    for (PeopleColumn c = 0; c < PERSON_COLUMNS; c++)
        if (row->fresh & column_bit(c)) said->digest[c] = digest_of(r, row->values.of[c]);
    places_keep_first(&r->identifiers, k->id, row->person);
    places_keep_first(&r->persons, k->email, row->person);
    places_keep_first(&r->persons, k->phone, row->person);
}

/* What this row is the first to say of her; what it says otherwise than a row before it is a fault. */
static void compare_person(ImportReader *r, ImportRow *row)
{
    const Said *said = row->person < r->said_count ? &r->said[row->person] : NULL;
    for (PeopleColumn c = 0; c < PERSON_COLUMNS; c++) {
        if (c == COL_NAME || !is_spoken(r, row, c)) continue;
        uint32_t before = said ? said->digest[c] : 0;
        if (!before) row->fresh |= column_bit(c);
        else if (before != digest_of(r, row->values.of[c]))
            row_fault(r, row, c, said_on(r, people_columns[c].name, said->line), row->values.of[c]);
    }
}

/* ---- which membership ---- */

static uint32_t membership_digest(const ImportReader *r, const ImportRow *row)
{
    uint64_t h = 0;
    for (PeopleColumn c = PERSON_COLUMNS; c < COL__COUNT; c++)
        if (is_spoken(r, row, c)) h = h * 0x100000001b3u + digest_of(r, row->values.of[c]) + c;
    return (uint32_t)(h ^ (h >> 32)) | 1;
}

static uint64_t membership_key(const ImportReader *r, const ImportRow *row)
{
    char text[sizeof row->person + PEOPLE_TEXT_MAX];
    Str unit = row->values.of[COL_UNIT];
    size_t len = unit.len < PEOPLE_TEXT_MAX ? unit.len : PEOPLE_TEXT_MAX;
    memcpy(text, &row->person, sizeof row->person);
    if (len) memcpy(text + sizeof row->person, unit.ptr, len);
    return hash_of(r, 'm', (Str){text, sizeof row->person + len}, row->values.of[COL_SECTION]);
}

static Str claim_class(const ImportReader *r, const Claim *claim)
{
    return (Str){r->classes + claim->class_at, claim->class_len};
}

static void add_claimed(ImportReader *r, ImportRow *row, Str class)
{
    Arena *a = &r->chunk->arena;
    Str *claimed = arena_grow(a, Str, row->claimed, (size_t)row->claimed_count, (size_t)row->claimed_count + 1);
    claimed[row->claimed_count++] = str_copy(a, class);
    row->claimed = claimed;
}

/* Was a row before it about this membership, and what other classes of the same unit and section have been named? */
static void compare_membership(ImportReader *r, ImportRow *row, uint64_t key)
{
    int64_t at = places_find(&r->memberships, key);
    Str class = row->values.of[COL_CLASS];
    row->first_of_member = true;
    for (; at != NO_ONE; at = r->claims[at].next) {
        const Claim *claim = &r->claims[at];
        if (!str_equal(claim_class(r, claim), class)) {
            add_claimed(r, row, claim_class(r, claim));
            continue;
        }
        row->first_of_member = false;
        if (claim->digest != membership_digest(r, row))
            row_fault(r, row, COL_UNIT, str_format(&r->chunk->arena, "what line %u says of the same membership", claim->line),
                S("something else"));
    }
}

static void remember_membership(ImportReader *r, const ImportRow *row, uint64_t key)
{
    if (!row->first_of_member) return;
    Str class = row->values.of[COL_CLASS];
    int64_t before = places_find(&r->memberships, key);
    r->claims = grown(r->claims, &r->claim_room, r->claim_count + 1, sizeof *r->claims);
    /* The classes are few: mostly it is the one before. */
    bool same = r->claim_count && str_equal(claim_class(r, &r->claims[r->claim_count - 1]), class);
    size_t at = same ? r->claims[r->claim_count - 1].class_at : r->classes_len;
    if (!same) {
        r->classes = grown(r->classes, &r->classes_room, r->classes_len + class.len + 1, 1);
        if (class.len) memcpy(r->classes + r->classes_len, class.ptr, class.len);
        r->classes_len += class.len;
    }
    r->claims[r->claim_count] = (Claim){.digest = membership_digest(r, row),
        .line = (uint32_t)row->line,
        .next = (int32_t)before,
        .class_at = (uint32_t)at,
        .class_len = (uint32_t) class.len};
    places_put(&r->memberships, key, r->claim_count++);
}

/* ---- a row ---- */

static void settle_row(ImportReader *r, ImportRow *row)
{
    Arena *a = &r->chunk->arena;
    find_unit(r, row);
    row->folded = text_fold(a, person_name(a, &row->values));
    Keys keys = keys_of(r, row);
    row->person = person_of(r, row, &keys);
    compare_person(r, row);
    uint64_t key = membership_key(r, row);
    compare_membership(r, row, key);
    if (row->fault_count) return; /* it is left out: nothing was said by it */
    remember_person(r, row, &keys);
    remember_membership(r, row, key);
    if (r->reading.writes && row->number > r->reading.skip) row->ready = search_ready(a, &row->values, row->values.of[COL_UNIT]);
}

static void take_row(ImportReader *r, const TableRow *from)
{
    Arena *a = &r->chunk->arena;
    ImportRow *row = &r->chunk->rows[r->chunk->count++];
    *row = (ImportRow){.line = from->line, .number = ++r->rows, .bytes = r->bytes, .values = from->values};
    person_settle(a, &row->values);
    if (from->fault_count) {
        row->faults = arena_grow(a, Fault, from->faults, (size_t)from->fault_count, (size_t)from->fault_count);
        row->fault_count = from->fault_count;
        return;
    }
    settle_row(r, row);
}

/* ---- chunks ---- */

static ImportChunk *chunk_new(int64_t before)
{
    ImportChunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk) out_of_memory(sizeof *chunk);
    arena_init(&chunk->arena, ARENA_LIMIT_DEFAULT);
    chunk->rows = arena_new(&chunk->arena, ImportRow, IMPORT_CHUNK);
    chunk->before = before;
    return chunk;
}

void import_chunk_free(ImportChunk *chunk)
{
    if (!chunk) return;
    arena_clear(&chunk->arena);
    free(chunk);
}

static void hand_over(ImportReader *r, bool last)
{
    ImportChunk *chunk = r->chunk;
    chunk->bytes = r->bytes;
    chunk->last = last;
    r->chunk = last ? NULL : chunk_new(r->rows);
    pthread_mutex_lock(&r->lock);
    while (r->waiting > QUEUE_MOST && !atomic_load(&r->stop)) pthread_cond_wait(&r->changed, &r->lock);
    if (r->last) r->last->next = chunk;
    else r->first = chunk;
    r->last = chunk;
    r->waiting++;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* A row that was done before is remembered for those after it, and needs no place of its own. */
static void end_row(ImportReader *r)
{
    if (r->rows <= r->reading.skip) {
        r->chunk->count = 0;
        r->chunk->before = r->rows;
        if (r->rows % IMPORT_CHUNK == 0) {
            import_chunk_free(r->chunk);
            r->chunk = chunk_new(r->rows);
        }
    } else if (r->chunk->count == IMPORT_CHUNK) {
        hand_over(r, false);
    }
}

/* ---- the file ---- */

/* Which columns it has. A whole name is given and family name. */
static Err learn_header(ImportReader *r, Fault *fault)
{
    const TableHeader *header = table_header(r->table);
    if (r->has_header || !header) return ERR_OK;
    r->has_header = true;
    for (int i = 0; i < header->count; i++) {
        PeopleColumn c = header->columns[i];
        if (c == COL__COUNT) continue;
        r->given |= column_bit(c);
        r->heading_of[c] = header->cells[i];
    }
    if (r->given & column_bit(COL_NAME)) r->given |= column_bit(COL_GIVEN_NAME) | column_bit(COL_FAMILY_NAME);
    if (!r->heading_of[COL_GIVEN_NAME].len) r->heading_of[COL_GIVEN_NAME] = r->heading_of[COL_NAME];
    if (!r->heading_of[COL_FAMILY_NAME].len) r->heading_of[COL_FAMILY_NAME] = r->heading_of[COL_NAME];
    Columns who = column_bit(COL_ID) | column_bit(COL_GIVEN_NAME) | column_bit(COL_FAMILY_NAME);
    if (r->given & who) return ERR_OK;
    fault->file = r->reading.file_name;
    return fault_set(
        fault, ERR_INPUT, 1, 0, S("a column with names or with the ids of persons (id, given_name, family_name, name)"), S("none"));
}

static Err feed(void *context, Str bytes)
{
    ImportReader *r = context;
    Fault *fault = &r->fault;
    TableRow row;
    Err e = table_feed(r->table, bytes, false, fault);
    while (!e && !atomic_load(&r->stop)) {
        e = table_next(r->table, &r->chunk->arena, &row, fault);
        if (!e) e = learn_header(r, fault);
        if (e) break;
        take_row(r, &row);
        end_row(r);
    }
    if (atomic_load(&r->stop)) return ERR_LIMIT;
    return e == ERR_MISSING ? ERR_OK : e;
}

static Err feed_packed(ImportReader *r, Str piece)
{
    Str reason = {0};
    if (!r->began) {
        r->began = true;
        r->is_gzip = gunzip_is_gzip(piece);
        if (r->is_gzip) r->gunzip = gunzip_open(&r->arena, feed, r);
    }
    r->bytes += (int64_t)piece.len;
    if (!r->is_gzip) return feed(r, piece);
    Err e = gunzip_feed(r->gunzip, piece, &reason);
    if (!reason.len) return e; /* of a row, or it goes well */
    return fault_set(&r->fault, ERR_INPUT, 0, 0, S("a gzip file that can be unpacked"), reason);
}

static Err feed_end(ImportReader *r)
{
    Str reason = {0};
    if (r->is_gzip && gunzip_end(r->gunzip, &reason))
        return fault_set(&r->fault, ERR_INPUT, 0, 0, S("a gzip file that can be unpacked"), reason);
    Err e = table_feed(r->table, S(""), true, &r->fault);
    TableRow row;
    while (!e) {
        e = table_next(r->table, &r->chunk->arena, &row, &r->fault);
        if (!e || e == ERR_MISSING) {
            Err wrong = learn_header(r, &r->fault);
            if (wrong) return wrong;
        }
        if (e) break;
        take_row(r, &row);
        end_row(r);
    }
    if (e == ERR_MISSING && !table_header(r->table))
        return fault_set(&r->fault, ERR_INPUT, 1, 0, S("a line with the names of the columns"), S("an empty file"));
    return e == ERR_MISSING ? ERR_OK : e;
}

static Err read_all(ImportReader *r)
{
    Arena piece_arena;
    arena_init(&piece_arena, ARENA_LIMIT_DEFAULT);
    Err e = ERR_OK;
    for (bool last = false; !e && !last;) {
        Str piece = {0};
        arena_recycle(&piece_arena);
        e = r->reading.source.next(r->reading.source.context, &piece_arena, &piece, &last, &r->fault);
        if (!e && piece.len) e = feed_packed(r, piece);
    }
    if (!e) e = feed_end(r);
    arena_clear(&piece_arena);
    return e;
}

static void *read_file(void *context)
{
    ImportReader *r = context;
    Err e = read_all(r);
    if (e && !r->fault.file.len) r->fault.file = r->reading.file_name;
    if (!e) hand_over(r, true);
    pthread_mutex_lock(&r->lock);
    r->err = e;
    r->ended = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- whoever reads ---- */

ImportReader *import_reader_open(const ImportReading *reading)
{
    ImportReader *r = calloc(1, sizeof *r);
    if (!r) out_of_memory(sizeof *r);
    r->reading = *reading;
    arena_init(&r->arena, ARENA_LIMIT_DEFAULT);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    crypto_shorthash_keygen(r->salt);
    learn_units(r);
    const ImportOptions *o = &reading->options;
    TableOptions options = {
        .name = reading->file_name, .country = o->country, .map = o->map, .map_count = o->map_count, .windows_1252 = o->windows_1252};
    r->table = table_open(&r->arena, &options);
    r->chunk = chunk_new(0);
    if (pthread_create(&r->thread, NULL, read_file, r) != 0) out_of_memory(sizeof *r);
    pthread_setname_np(r->thread, "import-reader");
    return r;
}

Err import_reader_next(ImportReader *r, ImportChunk **ret_chunk, Fault *fault)
{
    pthread_mutex_lock(&r->lock);
    while (!r->first && !r->ended) pthread_cond_wait(&r->changed, &r->lock);
    ImportChunk *chunk = r->first;
    if (chunk) {
        r->first = chunk->next;
        if (!r->first) r->last = NULL;
        r->waiting--;
        pthread_cond_broadcast(&r->changed);
    }
    Err e = chunk ? ERR_OK : r->err;
    if (e) *fault = r->fault;
    pthread_mutex_unlock(&r->lock);
    if (!e) *ret_chunk = chunk;
    return e;
}

Columns import_reader_given(const ImportReader *r)
{
    return r->given;
}

const Str *import_reader_headings(const ImportReader *r)
{
    return r->heading_of;
}

const TableHeader *import_reader_header(const ImportReader *r)
{
    return table_header(r->table);
}

static void places_free(Places *p)
{
    free(p->keys);
    free(p->values);
}

void import_reader_close(ImportReader *r)
{
    atomic_store(&r->stop, true);
    pthread_mutex_lock(&r->lock);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    for (ImportChunk *c = r->first, *next; c; c = next) {
        next = c->next;
        import_chunk_free(c);
    }
    import_chunk_free(r->chunk);
    places_free(&r->identifiers);
    places_free(&r->persons);
    places_free(&r->memberships);
    places_free(&r->units);
    free(r->said);
    free(r->claims);
    free(r->classes);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    arena_clear(&r->arena);
    free(r);
}
