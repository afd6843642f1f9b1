/* lists.h: a small organisation in a fresh store, for the tests of what finds people. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * national over york over leeds and hull; wales beside york. Names are invented.
 */
#ifndef HUSTINGS_TEST_LISTS_H
#define HUSTINGS_TEST_LISTS_H

#include "db/stores.h"

#include "people/search.h"
#include "people/unit.h"

enum { NOW_MS = 1790000000 };
static const Officer keeper = {S("Carol Count"), S("operator")};

typedef struct House {
    Arena *a;
    Str url;
    Store *store;
    Db *db;
} House;

typedef struct Asked {
    Err (*run)(House *h, Db *db, void *what);
    House *h;
    void *what;
} Asked;

static inline Err run_asked(Db *db, Command *c)
{
    const Asked *asked = c->input;
    return asked->run(asked->h, db, asked->what);
}

/* `run` inside a command. */
static inline Err commanded(House *h, LeafRule leaf, Err (*run)(House *h, Db *db, void *what), void *what)
{
    Asked asked = {run, h, what};
    Command c = {.name = "test", .leaf = leaf, .run = run_asked, .input = &asked, .arena = h->a, .now = NOW_MS};
    return store_run(h->store, &c);
}

static inline Err run_unit(House *h, Db *db, void *what)
{
    Fault fault = {0};
    Err e = unit_add(db, h->a, what, keeper, NOW_MS, &fault);
    if (e) print_error("%.*s\n", STR_ARG(fault_text(h->a, &fault)));
    return e;
}

static inline void a_unit(House *h, const char *slug, const char *kind, const char *above)
{
    Unit unit = {.slug = str_from_c(slug), .name = str_from_c(slug), .kind = str_from_c(kind), .above = str_from_c(above)};
    assert_int_equal(commanded(h, LEAF_ONE, run_unit, &unit), ERR_OK);
}

static inline House house_at(Arena *a, Str url)
{
    House h = {.a = a, .url = url, .store = open_at(a, url)};
    Fault fault = {0};
    assert_int_equal(db_open(h.store, &h.db, &fault), ERR_OK);
    return h;
}

static inline House house(Arena *a)
{
    House h = house_at(a, fresh_url(a));
    a_unit(&h, "national", "national", "");
    a_unit(&h, "york", "region", "national");
    a_unit(&h, "wales", "region", "national");
    a_unit(&h, "leeds", "branch", "york");
    a_unit(&h, "hull", "branch", "york");
    return h;
}

static inline void house_close(House *h)
{
    db_close(h->db);
    store_close(h->store);
}

typedef struct NewPerson {
    const char *given, *family, *unit; /* unit: with several, separated by blanks */
    const char *email, *phone, *postcode, *identifier, *joined, *consent, *status, *born;
    Str id;
} NewPerson;

static inline Str text_or(const char *text, const char *other)
{
    return str_from_c(text ? text : other);
}

static inline Err run_person(House *h, Db *db, void *what)
{
    NewPerson *n = what;
    Values p = {0}, m[4] = {{{{0}}}};
    int count = 0;
    p.of[COL_GIVEN_NAME] = str_from_c(n->given);
    p.of[COL_FAMILY_NAME] = str_from_c(n->family);
    p.of[COL_EMAIL] = text_or(n->email, "");
    p.of[COL_PHONE] = text_or(n->phone, "");
    p.of[COL_POSTCODE] = text_or(n->postcode, "");
    p.of[COL_ID] = text_or(n->identifier, "");
    p.of[COL_CONSENT] = text_or(n->consent, "");
    p.of[COL_BORN] = text_or(n->born, "");
    for (Str unit, rest = str_from_c(n->unit); rest.len; count++) {
        str_cut(rest, ' ', &unit, &rest);
        m[count].of[COL_UNIT] = unit;
        m[count].of[COL_STATUS] = text_or(n->status, "active");
        m[count].of[COL_JOINED] = text_or(n->joined, "2012-01-03");
        m[count].of[COL_SECTION] = S("members");
        m[count].of[COL_CLASS] = S("standard");
    }
    Hand hand = {.by = S("Carol Count"), .reason = S(""), .now = NOW_MS};
    return person_add(db, h->a, &p, m, count, &hand, &n->id);
}

static inline Str a_person(House *h, NewPerson person)
{
    assert_int_equal(commanded(h, LEAF_NONE, run_person, &person), ERR_OK);
    return person.id;
}

/* Many at once: the i-th is what `make` says of i. */
typedef struct Crowd {
    NewPerson (*make)(int i);
    int count;
} Crowd;

static inline Err run_crowd(House *h, Db *db, void *what)
{
    const Crowd *crowd = what;
    Err e = ERR_OK;
    for (int i = 0; i < crowd->count && !e; i++) {
        NewPerson person = crowd->make(i);
        e = run_person(h, db, &person);
    }
    return e;
}

static inline void a_crowd(House *h, int count, NewPerson (*make)(int i))
{
    Crowd crowd = {make, count};
    assert_int_equal(commanded(h, LEAF_NONE, run_crowd, &crowd), ERR_OK);
}

#endif
