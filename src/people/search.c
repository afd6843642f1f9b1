/* search.c: asking the index of people.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The index gives candidates, at most CANDIDATES a question: whole words first, then beginnings, then parts, until the list is full. Each is looked at again
 * (typed_fit), and those who are shown are read from the tables within the scope, so what the index says can only ever leave out.
 * Three kinds of scope: small (SMALL memberships: all are read, the index is not asked), those that the index knows (PostgreSQL: any; SQLite: of few units,
 * which are tokens in the question), and the rest (who lives elsewhere is left out afterwards; the one unit on top leaves out nobody).
 */
#include "people/search_text.h"

#include "people/text.h"

#include <stdlib.h>

enum { SMALL = 2000, UNITS_MOST = 256, CANDIDATES = 2000, WIDER = 5, SEEN_SLOTS = 32768, NEAR_MOST = 12, NEAR_POINTS_LEAST = 4 };

typedef struct Candidate {
    int64_t number;
    Str text, units;
    SearchFit fit;
    Str family, given; /* for the order */
} Candidate;

typedef struct Search {
    Db *db;
    Arena *a;
    Scope scope;
    Str *units; /* of the scope, in the order of bytes; none: the scope is everything */
    int unit_count;
    bool everything, small;
    DbRows people; /* of a small scope */
} Search;

typedef struct Hits {
    Candidate *list;
    int count, room;
    bool more; /* the index had more candidates than were looked at */
    int64_t *seen;
} Hits;

/* ---- the scope ---- */

static Err is_everything(Search *s)
{
    DbRows tops;
    Err e = db_query(s->db, s->a, "search_tops", DB_NO_VALUES, &tops);
    if (e || tops.count != 1 || !db_next(&tops)) return e;
    s->everything = str_equal(db_text(&tops, "slug"), s->scope.unit);
    return ERR_OK;
}

static Err read_units(Search *s)
{
    DbRows rows;
    Err e = db_query(s->db, s->a, "search_units", DB_VALUES(db_string(s->scope.unit)), &rows);
    if (e) return e;
    s->units = arena_new(s->a, Str, (size_t)rows.count + 1);
    while (db_next(&rows)) s->units[s->unit_count++] = db_text(&rows, "unit");
    return ERR_OK;
}

static Err read_scope(Search *s)
{
    DbRows rows;
    s->everything = !s->scope.unit.len;
    if (s->everything) return ERR_OK;
    const DbValue scope = db_string(s->scope.unit);
    Err e = db_one(s->db, s->a, "search_size", DB_VALUES(scope, db_number(SMALL + 1)), &rows);
    if (e) return e;
    s->small = db_i64(&rows, "memberships") <= SMALL;
    if (s->small) return db_query(s->db, s->a, "search_small", DB_VALUES(scope), &s->people);
    e = is_everything(s);
    return e || s->everything ? e : read_units(s);
}

static int by_bytes(const void *one, const void *other)
{
    return str_compare(*(const Str *)one, *(const Str *)other);
}

/* The units in a row of the index are all of hers. */
static bool lives_here(const Search *s, Str units)
{
    Str unit, rest = units;
    if (s->everything) return !s->scope.unit.len || units.len > 0;
    while (rest.len) {
        str_cut(rest, ' ', &unit, &rest);
        if (unit.len && bsearch(&unit, s->units, (size_t)s->unit_count, sizeof *s->units, by_bytes)) return true;
    }
    return false;
}

/* ---- candidates ---- */

static bool is_new(const Search *s, Hits *h, int64_t number)
{
    if (!h->seen) h->seen = arena_new(s->a, int64_t, SEEN_SLOTS);
    size_t slot = ((uint64_t)number * 0x9e3779b97f4a7c15u) % SEEN_SLOTS;
    while (h->seen[slot] && h->seen[slot] != number) slot = (slot + 1) % SEEN_SLOTS;
    bool first = !h->seen[slot];
    h->seen[slot] = number;
    return first;
}

static void take(const Search *s, Hits *h, const Typed *typed, const DbRows *row)
{
    Str text = db_text(row, "text"), lines[LINE__COUNT];
    int fit = typed_fit(typed, text);
    if (fit < 0 || !is_new(s, h, db_i64(row, "number"))) return;
    if (h->count == h->room) {
        int room = h->room * 2 + 64;
        h->list = arena_grow(s->a, Candidate, h->list, (size_t)h->count, (size_t)room);
        h->room = room;
    }
    search_lines(text, lines);
    h->list[h->count++] = (Candidate){.number = db_i64(row, "number"),
        .text = text,
        .units = db_text(row, "units"),
        .fit = (SearchFit)fit,
        .family = lines[LINE_FAMILY],
        .given = lines[LINE_GIVEN]};
}

/* Within the scope, as far as the index can say it: by the unit itself where those below are known under it, else by all of its units, if they are few. */
static Str match_of(const Search *s, const Typed *typed, SearchFit fit)
{
    bool postgres = db_engine(s->db) == ENGINE_POSTGRES;
    if (s->everything) return typed_match(s->a, typed, fit, NULL, 0, postgres);
    if (postgres) return typed_match(s->a, typed, fit, &s->scope.unit, 1, true);
    return typed_match(s->a, typed, fit, s->units, s->unit_count <= UNITS_MOST ? s->unit_count : 0, false);
}

/* When hardly any of the first candidates fits, WIDER times as many are looked at. What was still not looked at is told. */
static Err ask_index(const Search *s, Hits *h, const Typed *typed, SearchFit fit, int most)
{
    DbRows rows;
    const DbValue match = db_string(match_of(s, typed, fit));
    const int enough = most < SEARCH_PAGE ? most : SEARCH_PAGE, limits[] = {most, most * WIDER};
    for (int i = 0; i < COUNT_OF(limits); i++) {
        Err e = db_query(s->db, s->a, "search_match", DB_VALUES(match, db_number(limits[i])), &rows);
        if (e) return e;
        while (db_next(&rows))
            if (lives_here(s, db_text(&rows, "units"))) take(s, h, typed, &rows);
        if (rows.count < limits[i]) return ERR_OK;
        if (h->count >= enough) break;
    }
    h->more = true;
    return ERR_OK;
}

static void look_through(Search *s, Hits *h, const Typed *typed)
{
    for (s->people.at = -1; db_next(&s->people);) take(s, h, typed, &s->people);
}

/* Do the words differ in what they ask for at this fit and the next? Numbers and addresses do not. */
static bool has_stages(const Typed *typed)
{
    for (int i = 0; i < typed->count; i++)
        if (typed->words[i].kind == TYPED_CODE || (typed->words[i].kind == TYPED_NAME && !typed->words[i].whole)) return true;
    return false;
}

static Err find(Search *s, const Typed *typed, int most, Hits *h)
{
    Err e = ERR_OK;
    *h = (Hits){.list = arena_new(s->a, Candidate, 1)};
    if (s->small) {
        look_through(s, h, typed);
        return ERR_OK;
    }
    SearchFit first = has_stages(typed) ? FIT_WORD : FIT_PART;
    for (SearchFit fit = first; fit <= FIT_PART && !e && h->count < most && !(h->more && h->count >= SEARCH_PAGE); fit++)
        e = ask_index(s, h, typed, fit, most < CANDIDATES ? most * 2 : CANDIDATES);
    return e;
}

/* ---- what was mistyped ---- */

typedef struct Near {
    Str word;
    int distance;
    int64_t people;
} Near;

typedef struct NearList {
    Str word; /* that was typed */
    int most; /* changes */
    Near *list;
    int count, room;
} NearList;

static void near_take(Arena *a, NearList *l, Str word, int64_t people)
{
    int distance = text_distance(l->word, word, l->most);
    if (distance > l->most || distance == 0) return;
    for (int i = 0; i < l->count; i++)
        if (str_equal(l->list[i].word, word)) return;
    if (l->count == l->room) {
        int room = l->room * 2 + 32;
        l->list = arena_grow(a, Near, l->list, (size_t)l->count, (size_t)room);
        l->room = room;
    }
    l->list[l->count++] = (Near){word, distance, people};
}

/* Where a text that begins with these characters ends in the order of bytes: before the last character there could be. */
static Str behind(Arena *a, Str begin)
{
    return str_format(a, "%.*s\xf4\x8f\xbf\xbf", STR_ARG(begin));
}

static Str cut_to(Str s, int count, bool from_end)
{
    size_t at = from_end ? s.len : 0;
    while (count > 0 && (from_end ? at > 0 : at < s.len)) {
        at = from_end ? at - 1 : at + 1;
        bool edge = from_end ? ((unsigned char)s.ptr[at] & 0xc0) != 0x80 : at == s.len || ((unsigned char)s.ptr[at] & 0xc0) != 0x80;
        count -= edge;
    }
    return from_end ? str_slice(s, at, s.len) : str_slice(s, 0, at);
}

static Err near_ask(const Search *s, NearList *l, const char *statement, Str begin)
{
    DbRows rows;
    int64_t length = search_points(l->word);
    Err e = db_query(s->db, s->a, statement,
        DB_VALUES(db_string(begin), db_string(behind(s->a, begin)), db_number(length - l->most), db_number(length + l->most)), &rows);
    while (!e && db_next(&rows)) near_take(s->a, l, db_text(&rows, "word"), db_i64(&rows, "people"));
    return e;
}

/* One mistake leaves the beginning or the end of a word as it was: only such words are compared. Of a small scope all are. */
static Err near_words(Search *s, NearList *l)
{
    if (s->small) {
        Str words[32];
        for (s->people.at = -1; db_next(&s->people);) {
            int count = search_name_words(db_text(&s->people, "text"), words, COUNT_OF(words));
            for (int i = 0; i < count; i++) near_take(s->a, l, words[i], 0);
        }
        return ERR_OK;
    }
    int length = search_points(l->word), half = length >= 7 ? 3 : 2;
    Err e = near_ask(s, l, "search_words_from", cut_to(l->word, half, false));
    return e ? e : near_ask(s, l, "search_words_to", search_backward(s->a, cut_to(l->word, half, true)));
}

static int by_nearness(const void *one, const void *other)
{
    const Near *n = one, *o = other;
    if (n->distance != o->distance) return n->distance - o->distance;
    if (n->people != o->people) return n->people > o->people ? -1 : 1;
    return str_compare(n->word, o->word);
}

/* Those who have one of the nearest words instead: the nearest that anybody in the scope has with the other words, and of several the commonest there. */
static Err mend_word(Search *s, Typed *typed, int at, bool alone, bool *ret_mended)
{
    TypedWord was = typed->words[at];
    *ret_mended = false;
    if (was.kind != TYPED_NAME || search_points(was.text) < NEAR_POINTS_LEAST) return ERR_OK;
    NearList l = {.word = was.text, .most = search_points(was.text) >= 6 ? 2 : 1};
    Err e = near_words(s, &l);
    if (e || !l.list) return e;
    qsort(l.list, (size_t)l.count, sizeof *l.list, by_nearness);
    int best = 0, distance = l.most;
    TypedWord found = was;
    for (int i = 0; i < l.count && i < NEAR_MOST && !e && !(best && l.list[i].distance > distance); i++) {
        Hits h;
        Typed single = {.count = 1};
        typed->words[at] = single.words[0] = (TypedWord){.kind = TYPED_NAME, .text = l.list[i].word, .digits = S(""), .whole = true};
        e = find(s, alone ? &single : typed, 100, &h);
        if (e || h.count <= best) continue;
        best = h.count;
        distance = l.list[i].distance;
        found = typed->words[at];
    }
    typed->words[at] = found;
    *ret_mended = best > 0;
    return e;
}

/* First one word, with the others as they are; then each that nobody has, by itself. */
static Err mend(Search *s, Typed *typed, bool *ret_mended)
{
    Typed tried = *typed;
    bool mended = false;
    Err e = ERR_OK;
    for (int i = 0; i < typed->count && !e && !mended; i++) e = mend_word(s, &tried, i, false, &mended);
    if (!e && !mended && typed->count > 1) {
        for (int i = 0; i < typed->count && !e; i++) {
            Hits h;
            bool one = false;
            Typed single = {.words = {typed->words[i]}, .count = 1};
            if (typed->words[i].kind != TYPED_NAME) continue;
            e = find(s, &single, 1, &h);
            if (!e && !h.count) e = mend_word(s, &tried, i, true, &one);
            mended = mended || one;
        }
    }
    if (!e && mended) *typed = tried;
    *ret_mended = mended;
    return e;
}

/* ---- the answer ---- */

static int by_fit(const void *one, const void *other)
{
    const Candidate *c = one, *d = other;
    if (c->fit != d->fit) return c->fit < d->fit ? -1 : 1;
    int order = str_compare(c->family, d->family);
    if (!order) order = str_compare(c->given, d->given);
    return order ? order : c->number < d->number ? -1 : 1;
}

static Str numbers_of(Arena *a, const Candidate *list, int count)
{
    Buf b = buf_new(a);
    buf_byte(&b, '[');
    for (int i = 0; i < count; i++) buf_format(&b, "%s%lld", i ? "," : "", (long long)list[i].number);
    buf_byte(&b, ']');
    return buf_done(&b);
}

static SearchFound found_of(Arena *a, const DbRows *p, SearchFit fit)
{
    static const PeopleColumn columns[] = {COL_GIVEN_NAME, COL_FAMILY_NAME, COL_BORN, COL_EMAIL, COL_PHONE, COL_PHONE_OTHER, COL_LOCALITY,
        COL_POSTCODE, COL_COUNTRY, COL_CONSENT};
    SearchFound f = {.id = db_text(p, "id"), .fit = fit, .units = db_text(p, "units")};
    f.values.of[COL_ID] = db_text(p, "identifier");
    for (int i = 0; i < COUNT_OF(columns); i++) f.values.of[columns[i]] = db_text(p, people_columns[columns[i]].name);
    f.name = person_name(a, &f.values);
    return f;
}

/* In the order of the list, whatever the order of the rows. */
static Err read_page(const Search *s, const Candidate *list, int count, SearchAnswer *answer)
{
    DbRows rows;
    Err e = db_query(s->db, s->a, "search_shown",
        DB_VALUES(db_string(numbers_of(s->a, list, count)), db_string(s->scope.unit.len ? s->scope.unit : S(""))), &rows);
    if (e) return e;
    answer->found = arena_new(s->a, SearchFound, (size_t)count + 1);
    for (int i = 0; i < count; i++)
        for (rows.at = -1; db_next(&rows);)
            if (db_i64(&rows, "number") == list[i].number) answer->found[answer->count++] = found_of(s->a, &rows, list[i].fit);
    return ERR_OK;
}

Err search_people(Db *db, Arena *a, Scope scope, Str typed, int from, SearchAnswer *ret_answer)
{
    Search s = {.db = db, .a = a, .scope = scope};
    Hits h;
    SearchAnswer answer = {.searched = typed};
    Typed t = typed_read(a, typed);
    answer.unreadable = t.unreadable;
    *ret_answer = answer;
    if (t.unreadable.len) return ERR_OK;
    Err e = read_scope(&s);
    if (!e) e = find(&s, &t, SEARCH_MOST, &h);
    if (!e && !h.count) e = mend(&s, &t, &answer.mended);
    if (!e && answer.mended) e = find(&s, &t, SEARCH_MOST, &h);
    if (e) return e;
    if (h.count) qsort(h.list, (size_t)h.count, sizeof *h.list, by_fit);
    answer.more = h.more || h.count > SEARCH_MOST;
    answer.in_all = h.count < SEARCH_MOST ? h.count : SEARCH_MOST;
    answer.mended = answer.mended && h.count;
    answer.searched = typed_shown(a, &t);
    int left = from < answer.in_all ? answer.in_all - from : 0;
    e = read_page(&s, h.list + (left ? from : 0), left < SEARCH_PAGE ? left : SEARCH_PAGE, &answer);
    if (!e) *ret_answer = answer;
    return e;
}
