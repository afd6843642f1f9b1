/* people_search STORE ROUNDS: how long it takes to find people and to count what saved searches select, in a store that holds them. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What is asked is made from people of the store: names whole, in part and mistyped, one letter and two, parts of numbers, of postcodes, of e-mail addresses and
 * identifiers, several at once, and words that nobody has; each in the units that are named. One line each: kind, scope, median, 99th of a hundred and longest in
 * milliseconds, how many were found the last time (with a minus: that many and more). Then one line for all.
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
    printf("%-16s %-14s %8.1f %8.1f %8.1f %10lld\n", kind, scope, times[count / 2], times[(count - 1) * 99 / 100], times[count - 1], found);
}

static void must(Err e, const char *what)
{
    if (!e) return;
    fprintf(stderr, "people_search: %s failed\n", what);
    exit(3);
}

/* Two letters in the middle change places. */
static Str mistyped(Bench *b, Str family)
{
    char *text = (char *)str_c(b->a, family);
    size_t half = family.len / 2;
    bool plain = family.len > 4 && !((text[half] | text[half - 1]) & 0x80);
    if (!plain) return family;
    char c = text[half];
    text[half] = text[half - 1];
    text[half - 1] = c;
    return (Str){text, family.len};
}

/* What is asked of people spread over the store: their own texts, or parts of them. */
typedef enum Asked {
    ASK_SURNAME,
    ASK_GIVEN,
    ASK_WHOLE_NAME,
    ASK_THREE_LETTERS,
    ASK_TWO_LETTERS,
    ASK_ONE_LETTER,
    ASK_MISTYPED,
    ASK_PHONE_TAIL,
    ASK_THREE_DIGITS,
    ASK_NUMBER,
    ASK_OUTWARD,
    ASK_INWARD,
    ASK_NAME_AND_AREA,
    ASK_TWO_BEGINNINGS,
    ASK_EMAIL,
    ASK_ALL_HAVE,
    ASK_IDENTIFIER,
    ASK_NOBODY,
    ASK__COUNT
} Asked;

static const char *const asked[ASK__COUNT] = {"surname", "given name", "whole name", "three letters", "two letters", "one letter",
    "mistyped", "phone tail", "three digits", "phone number", "half postcode", "other half", "name and half", "two beginnings",
    "part of e-mail", "what all have", "identifier", "nobody"};

static Str tail(Str s, size_t most)
{
    return str_slice(s, s.len > most ? s.len - most : 0, s.len);
}

static Str head(Str s, size_t most)
{
    return str_slice(s, 0, s.len < most ? s.len : most);
}

/* Of letters that are more than a byte there may be half a one: that is asked, too, and finds what the rest finds. */
static Str typed_of(Bench *b, Asked kind, const SearchFound *p, int round)
{
    const Str *of = p->values.of;
    Str family = of[COL_FAMILY_NAME], given = of[COL_GIVEN_NAME], phone = of[COL_PHONE], postcode = of[COL_POSTCODE];
    Str outward = str_slice(postcode, 0, str_find(postcode, ' '));
    switch (kind) {
    case ASK_SURNAME: return family;
    case ASK_GIVEN: return given;
    case ASK_WHOLE_NAME: return p->name;
    case ASK_THREE_LETTERS: return family.len > 4 ? str_slice(family, 1, 4) : head(family, 3);
    case ASK_TWO_LETTERS: return head(family, 2);
    case ASK_ONE_LETTER: return head(given, 1);
    case ASK_MISTYPED: return mistyped(b, family);
    case ASK_PHONE_TAIL: return tail(phone, 6);
    case ASK_THREE_DIGITS: return tail(phone, 3);
    case ASK_NUMBER: return phone;
    case ASK_OUTWARD: return outward;
    case ASK_INWARD: return tail(postcode, 3);
    case ASK_NAME_AND_AREA: return str_format(b->a, "%.*s %.*s", STR_ARG(given), STR_ARG(outward));
    case ASK_TWO_BEGINNINGS: return str_format(b->a, "%.*s %.*s", STR_ARG(head(given, 2)), STR_ARG(head(family, 2)));
    case ASK_EMAIL: return tail(head(of[COL_EMAIL], str_find(of[COL_EMAIL], '@') + 5), 10);
    case ASK_ALL_HAVE: return head(of[COL_EMAIL], 6);
    case ASK_IDENTIFIER: return of[COL_ID];
    default: return str_format(b->a, "qxzv%dkjw", round);
    }
}

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
    for (int k = 0; k < ASK__COUNT && count; k++) {
        double times[ROUNDS_MOST] = {0};
        SearchAnswer answer = {0};
        for (int i = 0; i < count; i++) {
            Arena a;
            arena_init(&a, ARENA_LIMIT_DEFAULT);
            Str typed = typed_of(b, (Asked)k, &people[i], i);
            double from = ms();
            must(search_people(b->db, &a, scope, typed, 0, &answer), "search_people");
            times[i] = b->all[b->all_count++] = ms() - from;
            arena_clear(&a);
        }
        tell(asked[k], name, times, count, answer.more ? -answer.in_all : answer.in_all);
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

/* As a phonebank opens it: everybody who is meant, by the chunk. */
static void walk_audience(Bench *b, const char *name, Scope scope)
{
    enum { CHUNK = 5000 };
    const Criteria c = {.status = S("active")};
    AudienceCursor at = {{0}, 0};
    int64_t people = 0, counted = 0;
    double from = ms(), took;
    for (int got = CHUNK; got == CHUNK; people += got) {
        Arena a;
        AudiencePerson *list;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        must(saved_people(b->db, &a, scope, &c, b->now, at, CHUNK, &list, &got), "saved_people");
        if (got) at = (AudienceCursor){str_copy(b->a, list[got - 1].after.unit), list[got - 1].after.number};
        arena_clear(&a);
    }
    took = ms() - from;
    must(saved_count(b->db, b->a, scope, &c, b->now, &counted), "saved_count");
    if (counted != people) must(ERR_IO, "walking through as many as were counted");
    tell("audience opened", name, &took, 1, people);
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
    setvbuf(stdout, NULL, _IOLBF, 0);
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    b.a = &a;
    b.rounds = atoi(argv[2]);
    b.now = (int64_t)time(NULL) * 1000;
    must(store_open(&a, &(StoreOptions){.url = str_from_c(argv[1]), .must_exist = true}, &store, &fault), "store_open");
    must(db_open(store, &b.db, &fault), "db_open");
    printf("%-16s %-14s %8s %8s %8s %10s\n", "what", "unit", "median", "99th", "longest", "found");
    for (int i = 3; i < argc; i++) {
        Scope scope = {str_from_c(argv[i])};
        ask_all(&b, argv[i], scope);
        count_all(&b, argv[i], scope);
        walk_audience(&b, argv[i], scope);
        find_twice(&b, argv[i], scope);
    }
    tell("all searches", "", b.all, b.all_count, b.all_count);
    db_close(b.db);
    store_close(store);
    arena_clear(&a);
    return 0;
}
