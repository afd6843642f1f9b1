/* duplicates.c: pairs in blocks: only those who share a key (an address, a number, a birthday...) are compared, and blocks of many are passed over: a number that
 * fifty people have is an office's.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/duplicates.h"

#include "people/search_text.h"
#include "people/text.h"

#include <stdlib.h>

enum { PAGE = 50000, BLOCK_MOST = 50, NEAR_MOST = 2, FEW = 20000 };

/* One of the list; texts live in the arena. */
typedef struct One {
    Str id, name, born, email, phone, phone_other, postcode, identifier;
} One;

typedef struct Everybody {
    One *list;
    int count, room;
} Everybody;

typedef struct Key {
    Str text;
    int who;
    DuplicateReason reason;
} Key;

typedef struct Pair {
    int one, other, reasons;
} Pair;

typedef struct Finder {
    Db *db;
    Arena *a;
    Everybody all;
    Key *keys;
    int key_count, key_room;
    Pair *pairs;
    int pair_count, pair_room;
} Finder;

/* ---- likeness ---- */

static bool has_words_of(Str name, Str other)
{
    Str word, rest = name;
    int shared = 0, words = 0;
    for (; rest.len; words++) {
        Str there, others = other;
        bool found = false;
        str_cut(rest, ' ', &word, &rest);
        while (others.len && !found) {
            str_cut(others, ' ', &there, &others);
            found = str_equal(word, there);
        }
        shared += found;
    }
    return words > 1 && shared == words;
}

/* Nearly the same letters, or the same words in another order, or one more of them. */
static bool near_names(Str one, Str two)
{
    if (!one.len || !two.len) return false;
    return text_distance(one, two, NEAR_MOST) <= NEAR_MOST || has_words_of(one, two) || has_words_of(two, one);
}

/* "M-00123" and "m123". */
static Str bare_identifier(Arena *a, Str identifier)
{
    Str folded = text_fold(a, identifier);
    Buf b = buf_new(a);
    for (size_t i = 0; i < folded.len; i++) {
        bool leading = folded.ptr[i] == '0' && (!b.len || b.ptr[b.len - 1] < '0' || (unsigned char)b.ptr[b.len - 1] > '9');
        if (folded.ptr[i] != ' ' && !leading) buf_byte(&b, folded.ptr[i]);
    }
    return buf_done(&b);
}

static bool same(Str one, Str other)
{
    return one.len && str_equal(one, other);
}

static int reasons_of(Arena *a, const One *p, const One *q)
{
    bool near = near_names(p->name, q->name);
    int reasons = 0;
    if (same(bare_identifier(a, p->identifier), bare_identifier(a, q->identifier))) reasons |= SAME_IDENTIFIER;
    if (same(p->born, q->born) && same(p->name, q->name)) reasons |= SAME_BIRTH;
    if (!near) return reasons;
    if (same(p->email, q->email)) reasons |= SAME_EMAIL;
    if (same(p->phone, q->phone) || same(p->phone, q->phone_other) || same(p->phone_other, q->phone) ||
        same(p->phone_other, q->phone_other))
        reasons |= SAME_PHONE;
    if (same(p->postcode, q->postcode)) reasons |= SAME_POSTCODE;
    /* Those of one house may differ by a letter or two (Jan and Jon): the birthdays tell. */
    if (reasons && p->born.len && q->born.len && !same(p->born, q->born) && !(reasons & SAME_IDENTIFIER)) reasons = 0;
    return reasons;
}

Str duplicate_words(Arena *a, int reasons)
{
    static const char *const words[] = {"the same identifier, apart from marks and noughts", "the same e-mail address and a near name",
        "the same telephone number and a near name", "the same name and date of birth", "the same postcode and a near name"};
    Buf b = buf_new(a);
    for (int i = 0; i < COUNT_OF(words); i++)
        if (reasons & (1 << i)) buf_format(&b, "%s%s", b.len ? "; " : "", words[i]);
    return buf_done(&b);
}

int duplicate_reasons(Arena *a, const Person *one, const Person *other)
{
    One both[2];
    const Person *const persons[2] = {one, other};
    for (int i = 0; i < 2; i++) {
        const Values *v = &persons[i]->values;
        both[i] = (One){persons[i]->id, person_name_key(a, v), v->of[COL_BORN], person_email_key(a, v->of[COL_EMAIL]), v->of[COL_PHONE],
            v->of[COL_PHONE_OTHER], v->of[COL_POSTCODE], v->of[COL_ID]};
    }
    return reasons_of(a, &both[0], &both[1]);
}

/* ---- reading ---- */

static One *one_new(Finder *f)
{
    if (f->all.count == f->all.room) {
        int room = f->all.room * 2 + 1024;
        f->all.list = arena_grow(f->a, One, f->all.list, (size_t)f->all.count, (size_t)room);
        f->all.room = room;
    }
    return &f->all.list[f->all.count++];
}

static Err read_all(Finder *f, Scope scope)
{
    DbRows rows, size;
    int64_t after = 0;
    const DbValue unit = db_string(scope.unit.len ? scope.unit : S(""));
    Err e = db_one(f->db, f->a, "search_size", DB_VALUES(unit, db_number(FEW + 1)), &size);
    bool few = !e && scope.unit.len && db_i64(&size, "memberships") <= FEW;
    for (rows.count = PAGE; !e && rows.count == PAGE;) {
        e = db_query(f->db, f->a, few ? "duplicates_few" : "duplicates_rows", DB_VALUES(unit, db_number(after), db_number(PAGE)), &rows);
        while (!e && db_next(&rows)) {
            after = db_i64(&rows, "number");
            *one_new(f) = (One){db_text(&rows, "id"), db_text(&rows, "name_key"), db_text(&rows, "born"), db_text(&rows, "email_key"),
                db_text(&rows, "phone"), db_text(&rows, "phone_other"), db_text(&rows, "postcode"), db_text(&rows, "identifier")};
        }
    }
    return e;
}

/* ---- blocks ---- */

static void key_add(Finder *f, DuplicateReason reason, int who, Str text)
{
    if (!text.len) return;
    if (f->key_count == f->key_room) {
        int room = f->key_room * 2 + 4096;
        f->keys = arena_grow(f->a, Key, f->keys, (size_t)f->key_count, (size_t)room);
        f->key_room = room;
    }
    f->keys[f->key_count++] = (Key){text, who, reason};
}

static void make_keys(Finder *f)
{
    for (int i = 0; i < f->all.count; i++) {
        const One *p = &f->all.list[i];
        key_add(f, SAME_EMAIL, i, p->email);
        key_add(f, SAME_PHONE, i, p->phone);
        key_add(f, SAME_PHONE, i, p->phone_other);
        key_add(f, SAME_POSTCODE, i, p->postcode);
        key_add(f, SAME_IDENTIFIER, i, bare_identifier(f->a, p->identifier));
        if (p->born.len) key_add(f, SAME_BIRTH, i, str_format(f->a, "%.*s %.*s", STR_ARG(p->born), STR_ARG(p->name)));
    }
}

static int by_key(const void *one, const void *other)
{
    const Key *k = one, *l = other;
    if (k->reason != l->reason) return k->reason < l->reason ? -1 : 1;
    int order = str_compare(k->text, l->text);
    return order ? order : k->who - l->who;
}

static void pair_add(Finder *f, int one, int other, int reasons)
{
    if (f->pair_count == f->pair_room) {
        int room = f->pair_room * 2 + 256;
        f->pairs = arena_grow(f->a, Pair, f->pairs, (size_t)f->pair_count, (size_t)room);
        f->pair_room = room;
    }
    bool turn = str_compare(f->all.list[one].id, f->all.list[other].id) > 0;
    f->pairs[f->pair_count++] = (Pair){turn ? other : one, turn ? one : other, reasons};
}

static void compare_block(Finder *f, const Key *keys, int count)
{
    Arena scratch;
    if (count < 2 || count > BLOCK_MOST) return;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++) {
            if (keys[i].who == keys[j].who) continue;
            int reasons = reasons_of(&scratch, &f->all.list[keys[i].who], &f->all.list[keys[j].who]);
            if (reasons & (int)keys[i].reason) pair_add(f, keys[i].who, keys[j].who, reasons);
        }
    arena_clear(&scratch);
}

static void compare_all(Finder *f)
{
    if (f->key_count) qsort(f->keys, (size_t)f->key_count, sizeof *f->keys, by_key);
    for (int from = 0, to; from < f->key_count; from = to) {
        for (to = from + 1;
             to < f->key_count && f->keys[to].reason == f->keys[from].reason && str_equal(f->keys[to].text, f->keys[from].text);)
            to++;
        compare_block(f, f->keys + from, to - from);
    }
}

/* ---- the list ---- */

static int by_pair(const void *one, const void *other)
{
    const Pair *p = one, *q = other;
    if (p->one != q->one) return p->one - q->one;
    return p->other - q->other;
}

static int weight(int reasons)
{
    return !!(reasons & SAME_IDENTIFIER) * 4 + !!(reasons & SAME_BIRTH) * 4 + !!(reasons & SAME_EMAIL) * 3 + !!(reasons & SAME_PHONE) * 2 +
           !!(reasons & SAME_POSTCODE);
}

static int by_weight(const void *one, const void *other)
{
    const Duplicate *d = one, *e = other;
    int order = weight(e->reasons) - weight(d->reasons);
    if (!order) order = str_compare(d->one, e->one);
    return order ? order : str_compare(d->other, e->other);
}

static int by_ids(const void *one, const void *other)
{
    const Duplicate *d = one, *e = other;
    int order = str_compare(d->one, e->one);
    return order ? order : str_compare(d->other, e->other);
}

static Err read_not_same(Finder *f, Duplicate **ret_list, int *ret_count)
{
    DbRows rows;
    Str one = S(""), other = S("");
    Err e = ERR_OK;
    int room = 0;
    *ret_count = 0;
    *ret_list = NULL;
    for (rows.count = PAGE; !e && rows.count == PAGE;) {
        e = db_query(f->db, f->a, "not_same_all", DB_VALUES(db_string(one), db_string(other), db_number(PAGE)), &rows);
        if (e) return e;
        *ret_list = arena_grow(f->a, Duplicate, *ret_list, (size_t)*ret_count, (size_t)(room += rows.count + 1));
        while (db_next(&rows)) {
            one = db_text(&rows, "one");
            other = db_text(&rows, "other");
            (*ret_list)[(*ret_count)++] = (Duplicate){.one = one, .other = other};
        }
    }
    return e;
}

static Err choose(Finder *f, Duplicate **ret_list, int *ret_count, int64_t *ret_in_all)
{
    Duplicate *known;
    int known_count, count = 0;
    Err e = read_not_same(f, &known, &known_count);
    if (e) return e;
    if (f->pair_count) qsort(f->pairs, (size_t)f->pair_count, sizeof *f->pairs, by_pair);
    Duplicate *list = arena_new(f->a, Duplicate, (size_t)f->pair_count + 1);
    for (int i = 0; i < f->pair_count; i++) {
        if (i && by_pair(&f->pairs[i], &f->pairs[i - 1]) == 0) continue;
        Duplicate d = {f->all.list[f->pairs[i].one].id, f->all.list[f->pairs[i].other].id, f->pairs[i].reasons};
        if (known_count && bsearch(&d, known, (size_t)known_count, sizeof *known, by_ids)) continue;
        list[count++] = d;
    }
    qsort(list, (size_t)count, sizeof *list, by_weight);
    *ret_list = list;
    *ret_in_all = count;
    *ret_count = count < DUPLICATES_MOST ? count : DUPLICATES_MOST;
    return ERR_OK;
}

Err duplicates_find(Db *db, Arena *a, Scope scope, Duplicate **ret_list, int *ret_count, int64_t *ret_in_all)
{
    Finder f = {.db = db, .a = a};
    Err e = read_all(&f, scope);
    if (e) return e;
    make_keys(&f);
    compare_all(&f);
    return choose(&f, ret_list, ret_count, ret_in_all);
}

Err duplicates_not_same(Db *db, Str one, Str other, Str said_by, int64_t now)
{
    bool turn = str_compare(one, other) > 0;
    return db_run(
        db, "not_same_add", DB_VALUES(db_string(turn ? other : one), db_string(turn ? one : other), db_string(said_by), db_number(now)));
}
