/* search_write.c: what follows every write of a person: her line, her tokens, the words of her name, the facts of her memberships.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * SQLite is in this process: a row at a time costs nothing, so rows are not first made JSON of. PostgreSQL is a trip away: thousands of rows are one statement.
 */
#include "people/search_text.h"

#include "people/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 2000, NAME_WORDS_MOST = 24 };

typedef struct Fact {
    Str unit, status, section, class, joined, recruiter;
} Fact;

struct SearchEntry {
    Str id, text, units, tokens;
    int64_t number;
    Str born, area, language;
    int64_t may;
    Fact *facts;
    int fact_count;
};

struct SearchReady {
    Str text, units, tokens;
};

static DbValue value(Str s)
{
    return db_string(s.len ? s : S(""));
}

static bool is_here(const Db *db)
{
    return db_engine(db) == ENGINE_SQLITE;
}

/* ---- making an entry ---- */

static int64_t may_of(const Values *p)
{
    static const char *const consents[] = {"phone", "sms", "email", "post"};
    int64_t may = 0;
    Str word, rest = p->of[COL_CONSENT];
    while (rest.len) {
        str_cut(rest, ' ', &word, &rest);
        for (int i = 0; i < COUNT_OF(consents); i++)
            if (str_equal(word, str_from_c(consents[i]))) may |= 1 << i;
    }
    if (p->of[COL_PHONE].len || p->of[COL_PHONE_OTHER].len) may |= 16;
    if (p->of[COL_EMAIL].len) may |= 32;
    if (p->of[COL_ADDRESS].len) may |= 64;
    return may;
}

static int by_unit(const void *one, const void *other)
{
    const Fact *f = one, *g = other;
    int order = str_compare(f->unit, g->unit);
    return order ? order : str_compare(f->joined, g->joined);
}

static Str units_of(Arena *a, const SearchEntry *e)
{
    Buf b = buf_new(a);
    for (int i = 0; i < e->fact_count; i++)
        if (e->facts[i].unit.len && (!i || !str_equal(e->facts[i].unit, e->facts[i - 1].unit)))
            buf_format(&b, "%s%.*s ", b.len ? "" : " ", STR_ARG(e->facts[i].unit));
    return buf_done(&b);
}

static Str unit_token(Arena *a, Str unit)
{
    return unit.len ? str_format(a, " %.*s ", STR_ARG(unit)) : S("");
}

const SearchReady *search_ready(Arena *a, const Values *person, Str unit)
{
    SearchReady *ready = arena_new(a, SearchReady, 1);
    ready->text = search_text(a, person);
    ready->units = unit_token(a, unit);
    ready->tokens = search_tokens(a, ready->text, ready->units);
    return ready;
}

static void make_words(Arena *a, const SearchPerson *p, SearchEntry *e)
{
    if (p->ready) {
        e->text = p->ready->text;
        e->units = p->ready->units;
        e->tokens = p->ready->tokens;
        return;
    }
    e->text = search_text(a, p->person);
    e->units = units_of(a, e);
    e->tokens = search_tokens(a, e->text, e->units);
}

static void make(Arena *a, const SearchPerson *p, SearchEntry *e)
{
    *e = (SearchEntry){.id = p->id,
        .number = p->number,
        .born = p->person->of[COL_BORN],
        .area = p->person->of[COL_POSTCODE],
        .language = p->person->of[COL_LANGUAGE],
        .may = may_of(p->person),
        .facts = arena_new(a, Fact, (size_t)p->membership_count + 1),
        .fact_count = p->membership_count ? p->membership_count : 1};
    for (int i = 0; i < p->membership_count; i++) {
        const Values *m = &p->memberships[i];
        e->facts[i] = (Fact){m->of[COL_UNIT], m->of[COL_STATUS], m->of[COL_SECTION], m->of[COL_CLASS], m->of[COL_JOINED],
            text_fold(a, m->of[COL_RECRUITER])};
    }
    qsort(e->facts, (size_t)e->fact_count, sizeof *e->facts, by_unit);
    make_words(a, p, e);
}

SearchEntry *search_make(Arena *a, const SearchPerson *persons, int count)
{
    SearchEntry *entries = arena_new(a, SearchEntry, (size_t)count + 1);
    for (int i = 0; i < count; i++) make(a, &persons[i], &entries[i]);
    return entries;
}

/* ---- rows as JSON ---- */

typedef struct Rows {
    Buf b;
    int count;
} Rows;

static Rows rows_new(Arena *a)
{
    Rows r = {.b = buf_new(a)};
    buf_byte(&r.b, '[');
    return r;
}

static void rows_begin(Rows *r)
{
    if (r->count++) buf_byte(&r->b, ',');
    buf_byte(&r->b, '[');
}

static void row_text(Rows *r, Str text)
{
    if (r->b.ptr[r->b.len - 1] != '[') buf_byte(&r->b, ',');
    view_json_text(&r->b, text);
}

static void row_number(Rows *r, int64_t number)
{
    if (r->b.ptr[r->b.len - 1] != '[') buf_byte(&r->b, ',');
    buf_i64(&r->b, number);
}

static Err rows_run(Db *db, const char *statement, Rows *r)
{
    if (!r->count) return ERR_OK;
    buf_byte(&r->b, ']');
    return db_run(db, statement, DB_VALUES(db_string(buf_done(&r->b))));
}

static Str list_of(Arena *a, const Str *texts, int count)
{
    Rows r = rows_new(a);
    for (int i = 0; i < count; i++) row_text(&r, texts[i]);
    buf_byte(&r.b, ']');
    return buf_done(&r.b);
}

/* ---- words of names, and how many people have them ---- */

typedef struct WordList {
    Str *words;
    int count, room;
} WordList;

static void words_take(Arena *a, WordList *l, Str text)
{
    if (l->count + NAME_WORDS_MOST > l->room) {
        int room = l->room * 2 + 4 * NAME_WORDS_MOST;
        l->words = arena_grow(a, Str, l->words, (size_t)l->count, (size_t)room);
        l->room = room;
    }
    l->count += search_name_words(text, l->words + l->count, NAME_WORDS_MOST);
}

typedef struct Counted {
    Str word;
    int64_t times;
} Counted;

static int by_bytes(const void *one, const void *other)
{
    return str_compare(((const Counted *)one)->word, ((const Counted *)other)->word);
}

/* Under a key of this list: nobody can write names that all fall on one place of the table. */
static size_t hash_word(Str word, const unsigned char salt[crypto_shorthash_KEYBYTES])
{
    unsigned char hash[crypto_shorthash_BYTES];
    size_t h;
    crypto_shorthash(hash, (const unsigned char *)word.ptr, word.len, salt);
    memcpy(&h, hash, sizeof h);
    return h;
}

/* Each word once, with how often it was there, in order. Names are few and come often: counted in a table first, a twentieth of them is left to sort. */
static int words_each(Arena *a, const WordList *l, Counted **ret_each)
{
    size_t room = 64;
    unsigned char salt[crypto_shorthash_KEYBYTES];
    crypto_shorthash_keygen(salt);
    while (room < (size_t)l->count * 2) room *= 2;
    Counted *each = arena_new(a, Counted, room);
    int kept = 0;
    for (int i = 0; i < l->count; i++) {
        size_t at = hash_word(l->words[i], salt) & (room - 1);
        while (each[at].times && !str_equal(each[at].word, l->words[i])) at = (at + 1) & (room - 1);
        each[at].word = l->words[i];
        each[at].times++;
    }
    for (size_t at = 0; at < room; at++)
        if (each[at].times) each[kept++] = each[at];
    qsort(each, (size_t)kept, sizeof *each, by_bytes);
    *ret_each = each;
    return kept;
}

/* `sign`: 1 they came, -1 they went. */
static Err words_count(Db *db, Arena *a, WordList *l, int sign)
{
    Counted *each;
    int count = words_each(a, l, &each);
    Str *words = arena_new(a, Str, (size_t)count + 1);
    Rows r = rows_new(a);
    Err e = ERR_OK;
    for (int i = 0; i < count && !e; i++) {
        Str back = search_backward(a, each[i].word);
        words[i] = each[i].word;
        if (is_here(db)) {
            e = db_run(db, "search_word_count", DB_VALUES(db_string(each[i].word), db_string(back), db_number(sign * each[i].times)));
            continue;
        }
        rows_begin(&r);
        row_text(&r, each[i].word);
        row_text(&r, back);
        row_number(&r, sign * each[i].times);
        buf_byte(&r.b, ']');
    }
    if (!e) e = rows_run(db, "search_words_count", &r);
    if (e || sign > 0 || !count) return e;
    return db_run(db, "search_words_gone", DB_VALUES(db_string(list_of(a, words, count))));
}

/* ---- adding ---- */

static Err add_fact(Db *db, const SearchEntry *e, int i)
{
    const Fact *f = &e->facts[i];
    return db_run(db, "search_fact_add",
        DB_VALUES(value(f->unit), db_number(e->number), db_number(i), db_number(e->fact_count == 1), value(f->status), value(f->section),
            value(f->class), value(f->joined), value(e->born), db_number(e->may), value(e->area), value(e->language), value(f->recruiter)));
}

static void put_fact(Rows *r, const SearchEntry *e, int i)
{
    const Fact *f = &e->facts[i];
    rows_begin(r);
    row_text(r, f->unit);
    row_number(r, e->number);
    row_number(r, i);
    row_number(r, e->fact_count == 1);
    const Str texts[] = {f->status, f->section, f->class, f->joined, e->born};
    for (int t = 0; t < COUNT_OF(texts); t++) row_text(r, texts[t]);
    row_number(r, e->may);
    row_text(r, e->area);
    row_text(r, e->language);
    row_text(r, f->recruiter);
    buf_byte(&r->b, ']');
}

typedef struct FactOf {
    const SearchEntry *entry;
    int at;
} FactOf;

static int by_place(const void *one, const void *other)
{
    const FactOf *f = one, *g = other;
    int order = str_compare(f->entry->facts[f->at].unit, g->entry->facts[g->at].unit);
    return order ? order : (f->entry->number > g->entry->number) - (f->entry->number < g->entry->number);
}

/* In the order of the table: a row is then written beside the one before it. */
static Err add_facts(Db *db, Arena *a, const SearchEntry *entries, int count)
{
    Rows r = rows_new(a);
    Err e = ERR_OK;
    int facts = 0;
    for (int i = 0; i < count; i++) facts += entries[i].fact_count;
    FactOf *all = arena_new(a, FactOf, (size_t)facts + 1);
    facts = 0;
    for (int i = 0; i < count; i++)
        for (int f = 0; f < entries[i].fact_count; f++) all[facts++] = (FactOf){&entries[i], f};
    if (facts) qsort(all, (size_t)facts, sizeof *all, by_place);
    for (int i = 0; i < facts && !e; i++) {
        if (is_here(db)) e = add_fact(db, all[i].entry, all[i].at);
        else put_fact(&r, all[i].entry, all[i].at);
    }
    return e ? e : rows_run(db, "search_facts_add", &r);
}

static Err add_row(Db *db, const SearchEntry *e)
{
    Err err = db_run(
        db, "search_row_add", DB_VALUES(db_number(e->number), db_string(e->id), db_string(e->text), value(e->units), value(e->tokens)));
    return err ? err : db_run(db, "search_tokens_add", DB_VALUES(db_number(e->number), value(e->tokens)));
}

static Err add_rows(Db *db, Arena *a, const SearchEntry *entries, int count)
{
    Rows r = rows_new(a);
    Err e = ERR_OK;
    for (int i = 0; i < count && !e; i++) {
        if (is_here(db)) {
            e = add_row(db, &entries[i]);
            continue;
        }
        rows_begin(&r);
        row_number(&r, entries[i].number);
        row_text(&r, entries[i].id);
        row_text(&r, entries[i].text);
        row_text(&r, entries[i].units);
        row_text(&r, entries[i].tokens);
        buf_byte(&r.b, ']');
    }
    return e ? e : rows_run(db, "search_rows_add", &r);
}

static Err add_piece(Db *db, Arena *a, const SearchEntry *entries, int count)
{
    WordList words = {0};
    for (int i = 0; i < count; i++) words_take(a, &words, entries[i].text);
    Err e = add_rows(db, a, entries, count);
    if (!e) e = add_facts(db, a, entries, count);
    return e ? e : words_count(db, a, &words, 1);
}

/* Rows that are not made JSON of need not come in pieces: the more at once, the more often a word of many names is counted once. */
Err search_add(Db *db, Arena *a, const SearchEntry *entries, int count)
{
    Err e = ERR_OK;
    int most = is_here(db) ? count : PIECE;
    for (int at = 0; at < count && !e; at += most) e = add_piece(db, a, entries + at, count - at < most ? count - at : most);
    return e;
}

/* ---- taking away ---- */

static Err drop_facts(Db *db, int64_t number, Str units)
{
    Str unit, rest = units;
    Err e = db_run(db, "search_fact_drop", DB_VALUES(db_string(S("")), db_number(number)));
    while (rest.len && !e) {
        str_cut(rest, ' ', &unit, &rest);
        if (unit.len) e = db_run(db, "search_fact_drop", DB_VALUES(db_string(unit), db_number(number)));
    }
    return e;
}

static Err drop_row(Db *db, Arena *a, int64_t number, Str text, Str units)
{
    Err e = ERR_OK;
    if (is_here(db)) {
        Str tokens = search_tokens(a, text, units);
        e = db_run(db, "search_tokens_drop", DB_VALUES(db_number(number), value(tokens)));
    }
    return e ? e : db_run(db, "search_row_drop", DB_VALUES(db_number(number)));
}

static Err drop_piece(Db *db, Arena *a, const Str *persons, int count)
{
    DbRows rows;
    WordList words = {0};
    Err e = db_query(db, a, "search_rows", DB_VALUES(db_string(list_of(a, persons, count))), &rows);
    while (!e && db_next(&rows)) {
        int64_t number = db_i64(&rows, "number");
        Str text = db_text(&rows, "text"), units = db_text(&rows, "units");
        words_take(a, &words, text);
        e = drop_row(db, a, number, text, units);
        if (!e) e = drop_facts(db, number, units);
    }
    return e ? e : words_count(db, a, &words, -1);
}

Err search_drop_many(Db *db, Arena *a, const Str *persons, int count)
{
    Err e = ERR_OK;
    for (int at = 0; at < count && !e; at += PIECE) e = drop_piece(db, a, persons + at, count - at < PIECE ? count - at : PIECE);
    return e;
}

/* SQLite has the units alone; a scope there names all of its own. In PostgreSQL, where that would be a list to read for each, the units over them are tokens. */
Err search_unit_moved(Db *db, Str unit)
{
    return is_here(db) ? ERR_OK : db_run(db, "search_unit_moved", DB_VALUES(db_string(unit)));
}

Err search_drop(Db *db, Arena *a, Str person)
{
    return search_drop_many(db, a, &person, 1);
}

/* ---- from the tables ---- */

static Values person_values(const DbRows *p)
{
    static const PeopleColumn columns[] = {COL_GIVEN_NAME, COL_FAMILY_NAME, COL_BORN, COL_EMAIL, COL_PHONE, COL_PHONE_OTHER, COL_ADDRESS,
        COL_POSTCODE, COL_LANGUAGE, COL_CONSENT};
    Values v = {0};
    v.of[COL_ID] = db_text(p, "identifier");
    for (int i = 0; i < COUNT_OF(columns); i++) v.of[columns[i]] = db_text(p, people_columns[columns[i]].name);
    return v;
}

static Values membership_values(const DbRows *m)
{
    static const PeopleColumn columns[] = {COL_UNIT, COL_SECTION, COL_CLASS, COL_STATUS, COL_JOINED, COL_RECRUITER};
    Values v = {0};
    for (int i = 0; i < COUNT_OF(columns); i++) v.of[columns[i]] = db_text(m, people_columns[columns[i]].name);
    return v;
}

/* Both come in the order of numbers. */
static Err read_entries(Db *db, Arena *a, const Str *persons, int count, SearchEntry **ret_entries, int *ret_count)
{
    DbRows p, m;
    const DbValue ids = db_string(list_of(a, persons, count));
    Err e = db_query(db, a, "search_persons", DB_VALUES(ids), &p);
    if (!e) e = db_query(db, a, "search_memberships", DB_VALUES(ids), &m);
    if (e) return e;
    SearchPerson *found = arena_new(a, SearchPerson, (size_t)p.count + 1);
    Values *values = arena_new(a, Values, (size_t)p.count + 1), *memberships = arena_new(a, Values, (size_t)m.count + 1);
    int n = 0, used = 0;
    bool more = db_next(&m);
    for (; db_next(&p); n++) {
        values[n] = person_values(&p);
        found[n] = (SearchPerson){
            .id = db_text(&p, "id"), .number = db_i64(&p, "number"), .person = &values[n], .memberships = memberships + used};
        for (; more && db_i64(&m, "number") == found[n].number; more = db_next(&m)) {
            memberships[used++] = membership_values(&m);
            found[n].membership_count++;
        }
    }
    *ret_entries = search_make(a, found, n);
    *ret_count = n;
    return ERR_OK;
}

static Err put_piece(Db *db, Arena *a, const Str *persons, int count)
{
    SearchEntry *entries;
    int found;
    Err e = drop_piece(db, a, persons, count);
    if (!e) e = read_entries(db, a, persons, count, &entries, &found);
    return e ? e : add_piece(db, a, entries, found);
}

Err search_put_many(Db *db, Arena *a, const Str *persons, int count)
{
    Err e = ERR_OK;
    for (int at = 0; at < count && !e; at += PIECE) e = put_piece(db, a, persons + at, count - at < PIECE ? count - at : PIECE);
    return e;
}

Err search_put(Db *db, Arena *a, Str person)
{
    return search_put_many(db, a, &person, 1);
}

/* ---- the whole of it ---- */

Err search_is_behind(Db *db, Arena *a, bool *ret_behind)
{
    DbRows rows;
    Err e = db_one(db, a, "search_figures", DB_NO_VALUES, &rows);
    if (!e) *ret_behind = db_i64(&rows, "persons") != db_i64(&rows, "indexed");
    return e;
}

typedef struct Piece {
    int64_t after, done;
} Piece;

static Err run_clear(Db *db, Command *command)
{
    (void)command;
    static const char *const statements[] = {"search_rows_clear", "search_words_clear", "search_facts_clear"};
    Err e = is_here(db) ? db_run(db, "search_index_clear", DB_NO_VALUES) : ERR_OK;
    for (int i = 0; i < COUNT_OF(statements) && !e; i++) e = db_run(db, statements[i], DB_NO_VALUES);
    return e;
}

/* The next persons whom the index lacks. The answer: "LAST COUNT". */
static Err run_piece(Db *db, Command *command)
{
    const Piece *piece = command->input;
    Arena *a = command->arena;
    DbRows rows;
    SearchEntry *entries;
    int count = 0, found = 0;
    int64_t last = piece->after;
    Err e = db_query(db, a, "search_missing", DB_VALUES(db_number(piece->after), db_number(PIECE)), &rows);
    if (e) return e;
    Str *ids = arena_new(a, Str, (size_t)rows.count + 1);
    for (; db_next(&rows); last = db_i64(&rows, "number")) ids[count++] = db_text(&rows, "id");
    if (count) e = read_entries(db, a, ids, count, &entries, &found);
    if (!e && count) e = add_piece(db, a, entries, found);
    command->answer = str_format(a, "%lld %d", (long long)last, count);
    return e;
}

/* Not in a command's transaction alone: what it reads and sorts away is large, and nothing depends on it. */
static Err run_settle(Db *db, Command *command)
{
    DbRows rows;
    if (is_here(db)) return db_run(db, "search_index_settle", DB_NO_VALUES);
    return db_query(db, command->arena, "search_index_settle", DB_NO_VALUES, &rows);
}

static Err command_run(Store *store, Err (*run)(Db *, Command *), const Piece *piece, int64_t now, Piece *ret_next, Fault *fault)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Command c = {.name = "people_reindex", .leaf = LEAF_NONE, .run = run, .input = piece, .arena = &a, .now = now};
    Err e = store_run(store, &c);
    if (e) *fault = c.fault;
    Str last, count;
    int64_t done;
    if (!e && ret_next && str_cut(c.answer, ' ', &last, &count) && str_to_i64(last, &ret_next->after) && str_to_i64(count, &done))
        *ret_next = (Piece){ret_next->after, done};
    arena_clear(&a);
    return e;
}

static Err total_of(Store *store, int64_t *ret_persons, Fault *fault)
{
    Arena a;
    DbRows rows;
    Db *db = NULL;
    Err e = db_open(store, &db, fault);
    if (e) return e;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    e = db_one(db, &a, "search_figures", DB_NO_VALUES, &rows);
    if (!e) *ret_persons = db_i64(&rows, "persons") - db_i64(&rows, "indexed");
    arena_clear(&a);
    db_close(db);
    return e;
}

Err search_rebuild(Store *store, const SearchRebuild *how, int64_t *ret_done, Fault *fault)
{
    Piece piece = {0};
    int64_t in_all = 0, done = 0;
    Err e = how->all ? command_run(store, run_clear, &piece, how->now, NULL, fault) : ERR_OK;
    if (!e) e = total_of(store, &in_all, fault);
    for (piece.done = 1; !e && piece.done;) {
        e = command_run(store, run_piece, &piece, how->now, &piece, fault);
        done += e ? 0 : piece.done;
        if (!e && how->told) how->told(how->context, done, in_all);
        if (how->over && how->over(how->context)) break;
    }
    if (!e && done) e = command_run(store, run_settle, &piece, how->now, NULL, fault);
    if (!e && ret_done) *ret_done = done;
    return e;
}
