/* persons.h: what tests of people in the store share: a store with a few units, and commands of a few lines. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_TEST_PERSONS_H
#define HUSTINGS_TEST_PERSONS_H

#include "db/stores.h"

#include "people/person.h"
#include "people/unit.h"
#include "record/record.h"

/* assert_str is for literals. */
#define assert_same(text, wanted)                                                                                                \
    do {                                                                                                                         \
        Str found_ = (text);                                                                                                     \
        if (!str_equal(found_, str_from_c(wanted))) fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found_), (const char *)(wanted)); \
    } while (0)

static const Officer carol = {S("Carol Count"), S("operator")};
static const int64_t NOW = 1795367121000; /* 22 November 2026 */
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

typedef struct Place {
    Arena *a;
    Store *store;
    Db *db;
} Place;

/* What a test does inside a command. */
typedef Err Doing(Db *db, Arena *a, int64_t now, void *context, Fault *fault);
typedef struct Done {
    Doing *doing;
    void *context;
} Done;

static inline Err run_doing(Db *db, Command *c)
{
    const Done *d = c->input;
    return d->doing(db, c->arena, c->now, d->context, &c->fault);
}

static inline Err doing_at(Place *p, LeafRule leaf, Doing *doing, void *context, int64_t now, Fault *fault)
{
    Done d = {doing, context};
    Command c = {.name = "doing", .leaf = leaf, .run = run_doing, .input = &d, .arena = p->a, .now = now};
    Err e = store_run(p->store, &c);
    if (fault) *fault = c.fault;
    return e;
}

static inline Err doing(Place *p, LeafRule leaf, Doing *run, void *context)
{
    return doing_at(p, leaf, run, context, NOW, NULL);
}

/* Labour - North - Leeds - (Leeds East), Labour - South - York */
static inline Err add_some_units(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    static const Unit units[] = {{S("labour"), S("Labour"), S("national"), S(""), 0}, {S("north"), S("North"), S("region"), S("labour"), 0},
        {S("south"), S("South"), S("region"), S("labour"), 0}, {S("leeds"), S("Leeds"), S("constituency"), S("north"), 0},
        {S("leeds-east"), S("Leeds East"), S("branch"), S("leeds"), 0}, {S("york"), S("York"), S("constituency"), S("south"), 0}};
    int added;
    (void)context;
    return unit_add_all(db, a, units, COUNT_OF(units), carol, now, &added, fault);
}

static inline Place place(void **state)
{
    Place p = {.a = *state};
    p.store = open_at(p.a, fresh_url(p.a));
    p.db = reader(p.store);
    assert_int_equal(doing(&p, LEAF_ONE, add_some_units, NULL), ERR_OK);
    return p;
}

static inline void leave(Place *p)
{
    db_close(p->db);
    store_close(p->store);
}

static inline Scope below(const char *unit)
{
    return (Scope){str_from_c(unit)};
}

/* "given_name=Ada;email=a@b.c" */
static inline Values values_of_text(const char *text)
{
    Values v = {0};
    for (Str rest = str_from_c(text), pair, name, value; rest.len;) {
        str_cut(rest, ';', &pair, &rest);
        assert_true(str_cut(pair, '=', &name, &value));
        PeopleColumn column = people_column(name);
        assert_true(column != COL__COUNT);
        v.of[column] = value.len ? value : S("");
    }
    return v;
}

typedef struct Adding {
    Values person, memberships[4];
    int count;
    Hand hand;
    Str id;
} Adding;

static inline Err run_adding(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Adding *x = context;
    (void)fault;
    x->hand.now = now;
    return person_add(db, a, &x->person, x->memberships, x->count, &x->hand, &x->id);
}

/* The person's id; NULL-terminated texts of her memberships. */
static inline Str add_person(Place *p, const char *person, const char *membership, const char *another)
{
    Adding x = {.person = values_of_text(person), .hand = {.by = S("Carol Count")}};
    if (membership) x.memberships[x.count++] = values_of_text(membership);
    if (another) x.memberships[x.count++] = values_of_text(another);
    assert_int_equal(doing(p, LEAF_NONE, run_adding, &x), ERR_OK);
    return x.id;
}

static inline Person person_at(Place *p, const char *unit, Str id)
{
    Person found;
    assert_int_equal(person_find(p->db, p->a, below(unit), id, &found, NULL), ERR_OK);
    return found;
}

static inline Err finding(Place *p, const char *unit, Str id)
{
    Person found;
    return person_find(p->db, p->a, below(unit), id, &found, NULL);
}

#endif
