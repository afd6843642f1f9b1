/* people_search STORE ROUNDS: how long it takes to find people and to count what saved searches select, in a store that holds them. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What is asked is made from people of the store: a common surname, a rare one, a part of three letters, a mistyped surname, the end of a number, half of a
 * postcode, and words that nobody has; each in the whole organisation, in one unit with some ten thousands below it, and in one of few people. One line each:
 * kind, scope, median and 95th of a hundred in milliseconds, how many were found the last time.
 */
#include "people/duplicates.h"
#include "people/saved.h"
#include "people/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS_MOST = 1000 };

typedef struct Bench {
    Arena *a;
    Db *db;
    int rounds;
    int64_t now;
    double all[ROUNDS_MOST * 64];
    int all_count;
} Bench;

static double ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *one, const void *other)
{
    double d = *(const double *)one - *(const double *)other;
    return d < 0 ? -1 : d > 0;
}

static void tell(const char *kind, const char *scope, double *times, int count, long long found)
{
    qsort(times, (size_t)count, sizeof *times, by_size);
    printf("%-14s %-12s %8.1f %8.1f %10lld\n", kind, scope, times[count / 2], times[count * 95 / 100], found);
}

static void must(Err e, const char *what)
{
    if (!e) return;
    fprintf(stderr, "people_search: %s failed\n", what);
    exit(3);
}

/* Texts to ask for, of people spread over the store: their columns in the index. */
static Str typed_of(Bench *b, const char *kind, const SearchFound *p, int round)
{
    Str family = p->values.of[COL_FAMILY_NAME], phone = p->values.of[COL_PHONE], postcode = p->values.of[COL_POSTCODE];
    if (!strcmp(kind, "surname")) return family;
    if (!strcmp(kind, "whole name")) return p->name;
    if (!strcmp(kind, "three letters")) return str_slice(family, family.len > 4 ? 1 : 0, family.len > 4 ? 4 : 3);
    if (!strcmp(kind, "beginning")) return str_slice(family, 0, 2);
    if (!strcmp(kind, "phone tail")) return str_slice(phone, phone.len > 6 ? phone.len - 6 : 0, phone.len);
    if (!strcmp(kind, "half postcode")) return str_slice(postcode, 0, str_find(postcode, ' '));
    if (!strcmp(kind, "nobody")) return str_format(b->a, "qxzv%dkjw", round);
    /* mistyped: two letters in the middle changed places */
    char *text = (char *)str_c(b->a, family);
    if (family.len > 4) {
        char c = text[family.len / 2];
        text[family.len / 2] = text[family.len / 2 - 1];
        text[family.len / 2 - 1] = c;
    }
    return (Str){text, family.len};
}

static const char *const asked[] = {
    "surname", "whole name", "three letters", "beginning", "mistyped", "phone tail", "half postcode", "nobody"};

static SearchFound *sample(Bench *b, Scope scope, int *ret_count)
{
    Criteria any = {.may = HAS_PHONE};
    AudiencePerson *people;
    SearchFound *found = arena_new(b->a, SearchFound, (size_t)b->rounds);
    AudienceCursor at = {{0}, 0};
    int count = 0, got;
    must(saved_people(b->db, b->a, scope, &any, b->now, at, 20000, &people, &got), "saved_people");
    for (int i = 0; i < b->rounds && got; i++) {
        Person p;
        must(person_find(b->db, b->a, scope_all(), people[(int64_t)i * got / b->rounds].id, &p, NULL), "person_find");
        found[count++] = (SearchFound){.id = p.id, .name = p.name, .values = p.values};
    }
    *ret_count = count;
    return found;
}

static void ask_all(Bench *b, const char *name, Scope scope)
{
    int count;
    SearchFound *people = sample(b, scope, &count);
    for (int k = 0; k < COUNT_OF(asked) && count; k++) {
        double times[ROUNDS_MOST] = {0};
        SearchAnswer answer = {0};
        for (int i = 0; i < count; i++) {
            Arena a;
            arena_init(&a, ARENA_LIMIT_DEFAULT);
            Str typed = typed_of(b, asked[k], &people[i], i);
            double from = ms();
            must(search_people(b->db, &a, scope, typed, 0, &answer), "search_people");
            times[i] = b->all[b->all_count++] = ms() - from;
            arena_clear(&a);
        }
        tell(asked[k], name, times, count, answer.in_all);
    }
}

static void count_all(Bench *b, const char *name, Scope scope)
{
    const struct {
        const char *name;
        Criteria c;
    } searches[] = {{"count all", {.may = 0}}, {"count new", {.status = S("active"), .joined_this_year = true, .may = REACH_RUNG}},
        {"count area", {.status = S("active"), .areas = S("QA, QB1")}}};
    for (int k = 0; k < COUNT_OF(searches); k++) {
        double times[ROUNDS_MOST] = {0};
        int64_t people = 0;
        int count = b->rounds < 10 ? b->rounds : 10;
        for (int i = 0; i < count; i++) {
            double from = ms();
            must(saved_count(b->db, b->a, scope, &searches[k].c, b->now, &people), "saved_count");
            times[i] = ms() - from;
        }
        tell(searches[k].name, name, times, count, people);
    }
}

static void find_twice(Bench *b, const char *name, Scope scope)
{
    Duplicate *list;
    int count;
    int64_t in_all;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    double from = ms(), took;
    must(duplicates_find(b->db, &a, scope, &list, &count, &in_all), "duplicates_find");
    took = ms() - from;
    tell("duplicates", name, &took, 1, in_all);
    arena_clear(&a);
}

int main(int argc, char **argv)
{
    Arena a;
    Store *store;
    Fault fault = {0};
    static Bench b;
    if (argc < 4 || atoi(argv[2]) < 1 || atoi(argv[2]) > ROUNDS_MOST)
        return fprintf(stderr, "usage: people_search STORE ROUNDS UNIT...\n"), 2;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    b.a = &a;
    b.rounds = atoi(argv[2]);
    b.now = (int64_t)time(NULL) * 1000;
    must(store_open(&a, &(StoreOptions){.url = str_from_c(argv[1]), .must_exist = true}, &store, &fault), "store_open");
    must(db_open(store, &b.db, &fault), "db_open");
    printf("%-14s %-12s %8s %8s %10s\n", "what", "unit", "median", "95th ms", "found");
    for (int i = 3; i < argc; i++) {
        Scope scope = {str_from_c(argv[i])};
        ask_all(&b, argv[i], scope);
        count_all(&b, argv[i], scope);
        find_twice(&b, argv[i], scope);
    }
    tell("all searches", "", b.all, b.all_count, b.all_count);
    db_close(b.db);
    store_close(store);
    arena_clear(&a);
    return 0;
}
