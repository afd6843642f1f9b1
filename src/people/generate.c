/* generate.c: households, then what they do; then what somebody did with the list.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Whole numbers only, and a generator of our own (SplitMix64: Steele, Lea, Flood 2014), so that a seed gives the same list everywhere.
 */
#include "people/generate.h"

#include "people/generate_names.h"

#include <stdlib.h>
#include <string.h>

enum { PEOPLE_LEAST = 100, PEOPLE_MOST = 5000000, PHONES = 18000, CAMPAIGNS = 4, CAMPAIGN_DAYS = 21, HISTORY_DAYS = 5400, NOBODY = 0 };

typedef enum Method { BY_DIRECT_DEBIT, BY_CARD, BY_CHEQUE, BY_CASH, BY_UNION } Method;
static const char *const method_names[] = {"direct-debit", "card", "cheque", "cash", "union"};

/* One membership. Numbers that two rows share (an account, an address) are the same thing; NOBODY: none. */
typedef struct Row {
    uint32_t person, address, account, payer, phone, email, device, mandate, signature, recruiter;
    uint32_t unit;
    Day born, joined, recorded, first_receipt, paid_until, lapsed, revived, ended, declared;
    uint16_t given, first, last;
    uint8_t naming, method, status, plant;
    uint16_t of_plant;
    bool affiliate, youth, online, changed_name, misspelt;
} Row;

struct Generated {
    GenerateOptions o;
    Row *rows;
    int count, capacity;
    uint64_t random;
    int regions, unions, constituencies;
    uint32_t next; /* the next number of anything */
    uint32_t phones;
    Day campaigns[CAMPAIGNS];
};

static const char *const plant_names[PLANT__COUNT] = {[PLANT_NONE] = "",
    [PLANT_PAYER] = "one-payer",
    [PLANT_BANK] = "one-account",
    [PLANT_PHONE] = "one-phone",
    [PLANT_EMAIL] = "one-email",
    [PLANT_DEVICE] = "one-device",
    [PLANT_ADDRESS] = "one-address",
    [PLANT_RECEIPT] = "before-receipt",
    [PLANT_BACKDATED] = "backdated",
    [PLANT_SURGE] = "surge",
    [PLANT_MANDATE] = "no-mandate",
    [PLANT_MANDATE_TWICE] = "mandate-twice",
    [PLANT_SIGNATURE] = "no-signature",
    [PLANT_SIGNATURE_TWICE] = "signature-twice",
    [PLANT_TWO_NAMES] = "two-names",
    [PLANT_TWO_SECTIONS] = "two-sections",
    [PLANT_RECRUITER] = "one-recruiter",
    [PLANT_REVIVED] = "revived"};

Str plant_name(Plant plant)
{
    return str_from_c(plant_names[plant]);
}

/* ---- chance ---- */

static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 to n - 1; the bias is below one in four thousand million. */
static int below(Generated *g, int n)
{
    g->random += UINT64_C(0x9e3779b97f4a7c15);
    return (int)((mixed(g->random) >> 32) * (uint64_t)n >> 32);
}

static bool chance(Generated *g, int of_thousand)
{
    return below(g, 1000) < of_thousand;
}

static uint32_t new_number(Generated *g)
{
    return ++g->next;
}

/* ---- who ---- */

static Row *new_row(Generated *g)
{
    if (g->count == g->capacity) {
        g->capacity += g->capacity / 2 + 1024;
        Row *bigger = realloc(g->rows, (size_t)g->capacity * sizeof *bigger);
        if (!bigger) out_of_memory((size_t)g->capacity * sizeof *bigger);
        g->rows = bigger;
    }
    Row *row = &g->rows[g->count++];
    memset(row, 0, sizeof *row);
    return row;
}

static void name_family(Generated *g, Row *r)
{
    int at = below(g, 1000);
    while (at >= namings[r->naming].share) at -= namings[r->naming++].share;
    r->first = (uint16_t)below(g, namings[r->naming].first_count);
    r->last = (uint16_t)below(g, namings[r->naming].last_count);
}

static void name_person(Generated *g, Row *r)
{
    r->person = new_number(g);
    r->given = (uint16_t)below(g, namings[r->naming].given_count);
    r->born = g->o.today - 16 * 365 - below(g, 70 * 365);
    r->email = chance(g, 720) ? new_number(g) : NOBODY;
    /* Few enough numbers are free for drama that in a large organisation most have none. */
    if (g->phones < PHONES && below(g, g->o.people > PHONES ? g->o.people : PHONES) < PHONES) r->phone = ++g->phones;
}

/* ---- when ---- */

static Day past(Generated *g, Day day)
{
    return day > g->o.today ? g->o.today : day;
}

/* More of them lately; a quarter in campaigns that reach every unit. */
static Day a_joining_day(Generated *g)
{
    if (chance(g, 250)) return past(g, g->campaigns[below(g, CAMPAIGNS)] + below(g, CAMPAIGN_DAYS));
    int64_t back = (int64_t)below(g, HISTORY_DAYS) * below(g, HISTORY_DAYS) / HISTORY_DAYS;
    return g->o.today - 30 - (Day)back;
}

static void join(Generated *g, Row *r, Day joined)
{
    r->joined = joined;
    r->declared = DAY_NONE;
    r->online = chance(g, 600);
    r->recorded = past(g, joined + (r->online ? below(g, 2) : chance(g, 985) ? 1 + below(g, 40) : 61 + below(g, 60)));
    r->first_receipt = chance(g, 985) ? past(g, joined + (chance(g, 970) ? below(g, 11) : 15 + below(g, 30))) : DAY_NONE;
    r->signature = chance(g, 985) ? new_number(g) : NOBODY;
    if (r->online) r->device = new_number(g);
    r->born = r->born > joined - 16 * 365 ? joined - 16 * 365 - below(g, 3000) : r->born;
}

static void live(Generated *g, Row *r)
{
    Day today = g->o.today;
    r->lapsed = r->revived = r->ended = DAY_NONE;
    r->status = STATUS_ACTIVE;
    r->paid_until = today + 30 + below(g, 330);
    int fate = below(g, 1000), days = today - r->joined;
    if (days < 400 || fate < 760) return;
    Day left = r->joined + 366 + below(g, days - 370);
    if (fate < 925) {
        r->status = STATUS_LAPSED;
        r->lapsed = r->paid_until = left;
        /* Some come back, and not all at once. */
        if (fate < 795 && left + 400 < today) {
            r->status = STATUS_ACTIVE;
            r->revived = left + 20 + below(g, today - left - 30);
            r->paid_until = today + 30 + below(g, 330);
        }
        return;
    }
    r->status = fate < 970 ? STATUS_RESIGNED : fate < 995 ? STATUS_DIED : STATUS_SUSPENDED;
    r->ended = left;
}

static void pay(Generated *g, Row *r, uint32_t household_account, uint32_t head)
{
    r->method = (uint8_t)(r->online        ? (chance(g, 700) ? BY_DIRECT_DEBIT : BY_CARD)
                          : chance(g, 500) ? BY_DIRECT_DEBIT
                          : chance(g, 600) ? BY_CHEQUE
                                           : BY_CASH);
    if (r->method == BY_CASH) return;
    bool shared = household_account && chance(g, 600);
    r->account = shared ? household_account : new_number(g);
    r->payer = shared ? head : r->person;
    if (r->method == BY_DIRECT_DEBIT && chance(g, 985)) r->mandate = r->account;
}

/* ---- households, halls, unions ---- */

static int a_household_size(Generated *g)
{
    int at = below(g, 100);
    return at < 55 ? 1 : at < 85 ? 2 : at < 95 ? 3 : at < 99 ? 4 : 5;
}

static void add_household(Generated *g, uint32_t unit, int most)
{
    int size = a_household_size(g), begun = g->count;
    if (size > most) size = most;
    Row family = {0};
    name_family(g, &family);
    uint32_t address = new_number(g), account = new_number(g), email = 0, landline = 0;
    Day together = a_joining_day(g);
    for (int i = 0; i < size; i++) {
        Row *r = new_row(g);
        *r = (Row){.unit = unit, .address = address, .naming = family.naming, .first = family.first, .last = family.last};
        if (i && chance(g, 150)) r->naming = 0, name_family(g, r);
        name_person(g, r);
        if (i && chance(g, 60) && r->naming == family.naming) r->given = g->rows[begun].given; /* a father and a son, years apart */
        if (i && email && chance(g, 80)) r->email = email;
        if (i && landline && chance(g, 300)) r->phone = landline;
        email = email ? email : r->email;
        landline = landline ? landline : r->phone;
        join(g, r, i && chance(g, 400) ? together : i ? a_joining_day(g) : together);
        pay(g, r, size > 1 ? account : NOBODY, g->rows[begun].person);
        live(g, r);
        r->youth = g->o.today - r->born < 27 * 365;
    }
}

/* A hall of residence or a home: one address, and nothing else in common. Students come in October. */
static void add_hall(Generated *g, uint32_t unit, int size)
{
    uint32_t address = new_number(g);
    bool students = chance(g, 600);
    int year, month, day;
    day_parts(g->o.today, &year, &month, &day);
    for (int i = 0; i < size; i++) {
        Row *r = new_row(g);
        *r = (Row){.unit = unit, .address = address};
        name_family(g, r);
        name_person(g, r);
        Day october = day_of(year - 1 - below(g, 5), 10, 1) + below(g, 28);
        join(g, r, students ? past(g, october) : a_joining_day(g));
        if (students) r->born = r->joined - 19 * 365 - below(g, 1200);
        pay(g, r, NOBODY, NOBODY);
        live(g, r);
        r->youth = students;
    }
}

/* A stall on a market day: paper forms, one recruiter, a handful of people. */
static void set_up_stall(Generated *g, int from, int to)
{
    if (to - from < 60) return;
    uint32_t recruiter = g->rows[from + below(g, to - from)].person;
    Day day = a_joining_day(g);
    for (int i = 3 + below(g, 5); i > 0; i--) {
        Row *r = &g->rows[from + below(g, to - from)];
        join(g, r, day);
        r->recruiter = recruiter;
        r->online = false;
        r->device = NOBODY;
        live(g, r);
    }
}

static void fill_constituency(Generated *g, uint32_t unit, int size)
{
    int begun = g->count, to = g->count + size;
    if (size > 400 && chance(g, 300)) add_hall(g, unit, 8 + below(g, 30));
    while (g->count < to) add_household(g, unit, to - g->count);
    for (int stalls = size / 400 + chance(g, 500); stalls > 0; stalls--) set_up_stall(g, begun, g->count);
    for (int i = begun; i < g->count; i++)
        if (!g->rows[i].recruiter && chance(g, 100)) g->rows[i].recruiter = g->rows[begun + below(g, g->count - begun)].person;
}

/* Unions pay for their members, who declare that they support. */
static void fill_union(Generated *g, uint32_t unit, int size)
{
    uint32_t payer = new_number(g);
    for (int i = 0; i < size; i++) {
        Row *r = new_row(g);
        *r = (Row){.unit = unit, .address = new_number(g), .affiliate = true};
        name_family(g, r);
        name_person(g, r);
        join(g, r, a_joining_day(g));
        live(g, r);
        r->online = false;
        r->device = NOBODY;
        r->method = BY_UNION;
        r->payer = payer;
        r->first_receipt = DAY_NONE;
        r->declared = chance(g, 600) ? past(g, r->joined + below(g, 300)) : DAY_NONE;
    }
}

/* Constituencies differ: the largest have some six times the members of the smallest. */
static void fill_all(Generated *g)
{
    int64_t *weights = calloc((size_t)g->constituencies, sizeof *weights), all = 0;
    if (!weights) out_of_memory((size_t)g->constituencies * sizeof *weights);
    for (int i = 0; i < g->constituencies; i++) all += weights[i] = 400 + below(g, 1000) * (int64_t)(1 + below(g, 100) / 70);
    int affiliates = g->o.people / 10, members = g->o.people - affiliates, so_far = 0;
    int64_t weight = 0;
    for (int i = 0; i < g->constituencies; i++) {
        weight += weights[i];
        int to = (int)((int64_t)members * weight / all);
        fill_constituency(g, (uint32_t)(1 + g->regions + i), to - so_far);
        so_far = to;
    }
    free(weights);
    for (int i = 0; i < g->unions; i++) {
        int size = affiliates * (i + 1) / g->unions - affiliates * i / g->unions;
        fill_union(g, (uint32_t)(1 + g->regions + g->constituencies + i), size);
    }
}

/* ---- what somebody did with the list ---- */

typedef struct Deed {
    Plant plant;
    uint16_t number; /* of its kind */
    int from, to;    /* rows of one constituency */
    uint32_t shared;
    Day day;
} Deed;

/* A member of the constituency with whom nothing was done. NULL: none is left. */
static Row *victim(Generated *g, const Deed *d)
{
    for (int tries = 0; tries < 1000; tries++) {
        Row *r = &g->rows[d->from + below(g, d->to - d->from)];
        if (r->plant == PLANT_NONE && !r->affiliate && r->status == STATUS_ACTIVE) {
            r->plant = (uint8_t)d->plant;
            r->of_plant = d->number;
            return r;
        }
    }
    return NULL;
}

/* As one who joined then, with everything in order. */
static void join_orderly(Generated *g, Row *r, Day joined)
{
    r->joined = past(g, joined);
    r->recorded = past(g, joined + 1 + below(g, 5));
    r->first_receipt = past(g, joined + below(g, 8));
    r->lapsed = r->revived = r->ended = DAY_NONE;
}

static void tamper(Generated *g, Row *r, const Deed *d)
{
    Day today = g->o.today;
    switch (d->plant) {
    case PLANT_PAYER: r->method = BY_CHEQUE, r->payer = d->shared, r->account = r->mandate = NOBODY; break;
    case PLANT_BANK: r->method = BY_CHEQUE, r->account = d->shared, r->payer = r->person, r->mandate = NOBODY; break;
    case PLANT_PHONE: r->phone = d->shared; break;
    case PLANT_EMAIL: r->email = d->shared; break;
    case PLANT_DEVICE: r->online = true, r->device = d->shared; break;
    case PLANT_ADDRESS:
        join_orderly(g, r, d->day + below(g, 20));
        r->address = d->shared;
        r->method = BY_CASH;
        r->account = r->payer = r->mandate = r->email = r->phone = NOBODY;
        break;
    case PLANT_RECEIPT:
        join_orderly(g, r, today - 320 - below(g, 60));
        r->first_receipt = r->joined + 60 + below(g, 150);
        break;
    case PLANT_BACKDATED:
        join_orderly(g, r, today - 450 - below(g, 60));
        r->recorded = r->joined + 90 + below(g, 300);
        break;
    case PLANT_SURGE: join_orderly(g, r, d->day + below(g, 10)); break;
    case PLANT_MANDATE: r->method = BY_DIRECT_DEBIT, r->mandate = NOBODY, r->account = new_number(g), r->payer = r->person; break;
    case PLANT_MANDATE_TWICE: r->method = BY_DIRECT_DEBIT, r->mandate = d->shared, r->account = new_number(g), r->payer = r->person; break;
    case PLANT_SIGNATURE: r->signature = NOBODY; break;
    case PLANT_SIGNATURE_TWICE: r->signature = d->shared; break;
    case PLANT_RECRUITER:
        join_orderly(g, r, today - 2 - below(g, 55));
        r->recruiter = d->shared;
        break;
    case PLANT_REVIVED:
        join_orderly(g, r, today - 1500 - below(g, 900));
        r->lapsed = today - 200 - below(g, 300);
        r->revived = today - 3 - below(g, 35);
        break;
    case PLANT_NONE:
    case PLANT_TWO_NAMES:
    case PLANT_TWO_SECTIONS:
    case PLANT__COUNT: ASSERT(false);
    }
}

/* The same human being a second time. */
static void double_row(Generated *g, const Deed *d)
{
    const Row *found = victim(g, d);
    if (!found) return;
    Row twin = *found; /* new_row may move it */
    Row *r = new_row(g);
    *r = twin;
    r->person = new_number(g);
    r->account = r->account ? new_number(g) : NOBODY;
    r->payer = r->payer ? r->person : NOBODY;
    r->mandate = r->mandate ? r->account : NOBODY;
    r->signature = r->device = NOBODY;
    r->signature = new_number(g);
    if (d->plant == PLANT_TWO_SECTIONS) {
        r->affiliate = true;
        r->unit = (uint32_t)(1 + g->regions + g->constituencies + below(g, g->unions));
        r->method = BY_UNION;
        r->account = r->mandate = NOBODY;
        r->declared = past(g, r->joined + 5);
    } else if (below(g, 2)) r->misspelt = true;
    else r->changed_name = true;
}

/* How many people it takes to be worth doing, and how many more at most. */
static const struct {
    int least, more;
} deed_sizes[PLANT__COUNT] = {[PLANT_PAYER] = {12, 20},
    [PLANT_BANK] = {8, 12},
    [PLANT_PHONE] = {8, 8},
    [PLANT_EMAIL] = {8, 8},
    [PLANT_DEVICE] = {14, 14},
    [PLANT_ADDRESS] = {14, 10},
    [PLANT_RECEIPT] = {20, 15},
    [PLANT_BACKDATED] = {20, 15},
    [PLANT_SURGE] = {40, 25},
    [PLANT_MANDATE] = {25, 15},
    [PLANT_MANDATE_TWICE] = {5, 5},
    [PLANT_SIGNATURE] = {25, 15},
    [PLANT_SIGNATURE_TWICE] = {4, 6},
    [PLANT_RECRUITER] = {25, 20},
    [PLANT_REVIVED] = {20, 15}};

static void commit_deed(Generated *g, Deed *d)
{
    d->shared = d->plant == PLANT_PHONE ? ++g->phones : new_number(g);
    d->day = g->o.today - 420 - below(g, 200);
    if (d->plant == PLANT_TWO_NAMES || d->plant == PLANT_TWO_SECTIONS) {
        double_row(g, d);
        return;
    }
    int size = deed_sizes[d->plant].least + below(g, deed_sizes[d->plant].more);
    if (d->plant == PLANT_RECRUITER) d->shared = g->rows[d->from].person;
    for (int i = 0; i < size; i++) {
        Row *r = victim(g, d);
        if (r) tamper(g, r, d);
    }
}

/* A constituency by a row of it: where its rows begin and end. */
static void place_deed(const Generated *g, Deed *d, int row)
{
    d->from = d->to = row;
    while (d->from > 0 && g->rows[d->from - 1].unit == g->rows[row].unit) d->from--;
    while (d->to < g->count && g->rows[d->to].unit == g->rows[row].unit) d->to++;
}

/* Every kind once, and once more for every 100,000; in an organisation of less than 4,000 only as many kinds as leave most of it alone. */
static void plant_all(Generated *g)
{
    int members = g->count - g->o.people / 10;
    int kinds = g->o.people >= 4000 ? PLANT__COUNT - 1 : g->o.people / 250, times = 1 + g->o.people / 100000;
    if (members < 1) return;
    for (int n = 0; n < times; n++)
        for (int k = 0; k < kinds; k++) {
            Deed d = {
                .plant = (Plant)(1 + (kinds == PLANT__COUNT - 1 ? k : (k * 5 + (int)(g->o.seed % 17)) % 17)), .number = (uint16_t)(n + 1)};
            for (int tries = 0; tries < 50 && d.to - d.from < 200; tries++) place_deed(g, &d, below(g, members));
            commit_deed(g, &d);
        }
}

/* ---- all of it ---- */

static void free_rows(void *object)
{
    free(((Generated *)object)->rows);
}

Generated *generate(Arena *a, const GenerateOptions *options)
{
    ASSERT(options->people >= PEOPLE_LEAST && options->people <= PEOPLE_MOST && options->today != DAY_NONE);
    Generated *g = arena_new(a, Generated, 1);
    g->o = *options;
    g->random = mixed(options->seed + 1);
    g->constituencies = options->units ? options->units : options->people / 800 + 3;
    g->regions = g->constituencies < COUNT_OF(region_names) ? 1 + g->constituencies / 3 : COUNT_OF(region_names);
    g->unions = COUNT_OF(union_names);
    g->capacity = options->people + options->people / 50 + 64;
    g->rows = malloc((size_t)g->capacity * sizeof *g->rows);
    if (!g->rows) out_of_memory((size_t)g->capacity * sizeof *g->rows);
    arena_on_clear(a, free_rows, g);
    static const int before[CAMPAIGNS] = {260, 900, 1800, 2900};
    for (int i = 0; i < CAMPAIGNS; i++) g->campaigns[i] = options->today - before[i];
    fill_all(g);
    if (!options->innocent) plant_all(g);
    return g;
}

int generated_count(const Generated *g)
{
    return g->count;
}

/* ---- units ---- */

static Str unit_slug(const Generated *g, Arena *a, uint32_t unit)
{
    int n = (int)unit - 1;
    if (unit == 0) return S("organisation");
    if (n < g->regions) return str_format(a, "region-%d", n + 1);
    n -= g->regions;
    if (n < g->constituencies) return str_format(a, "constituency-%d", n + 1);
    return str_format(a, "union-%d", n - g->constituencies + 1);
}

static Str unit_called(const Generated *g, Arena *a, uint32_t unit)
{
    int n = (int)unit - 1;
    if (unit == 0) return S("The Organisation");
    if (n < g->regions) return str_from_c(region_names[n]);
    n -= g->regions;
    if (n >= g->constituencies) return str_from_c(union_names[n - g->constituencies]);
    uint64_t z = mixed(g->o.seed * 31 + (uint64_t)n);
    const char *first = first_isles[z % COUNT_OF(first_isles)], *last = last_isles[(z >> 20) % COUNT_OF(last_isles)];
    return str_format(a, "%s%s No. %d", first, last, n + 1);
}

int generated_units(const Generated *g, Arena *a, Unit **ret_units)
{
    int count = 1 + g->regions + g->constituencies + g->unions;
    Unit *units = *ret_units = arena_new(a, Unit, (size_t)count);
    for (int i = 0; i < count; i++) {
        int n = i - 1 - g->regions;
        bool constituency = n >= 0 && n < g->constituencies;
        units[i].slug = unit_slug(g, a, (uint32_t)i);
        units[i].name = unit_called(g, a, (uint32_t)i);
        units[i].kind = i == 0 ? S("national") : i <= g->regions ? S("region") : constituency ? S("constituency") : S("union");
        units[i].above = i == 0 ? S("") : constituency ? unit_slug(g, a, (uint32_t)(1 + n % g->regions)) : S("organisation");
        units[i].depth = i == 0 ? 0 : constituency ? 2 : 1;
    }
    return count;
}

/* ---- a row in words ---- */

static Str family_name(Arena *a, const Row *r)
{
    const Naming *n = &namings[r->naming];
    int first = r->changed_name ? (r->first + 7) % n->first_count : r->first;
    return str_format(a, "%s%s", n->first[first], n->last[r->last]);
}

/* Two letters change places, as they do when a name is typed twice. */
static Str misspelt(Arena *a, Str name)
{
    char *text = arena_new(a, char, name.len + 1);
    memcpy(text, name.ptr, name.len);
    for (size_t i = name.len - 1; i > 1; i--)
        if (text[i] > 0 && text[i - 1] > 0 && text[i] != text[i - 1]) {
            char c = text[i];
            text[i] = text[i - 1];
            text[i - 1] = c;
            break;
        }
    return (Str){text, name.len};
}

static void put_address(Arena *a, const Row *r, Values *v)
{
    static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ";
    uint64_t z = mixed(r->address);
    uint32_t street = r->address / 12; /* a dozen houses to a postcode */
    uint64_t y = mixed(street ^ UINT64_C(0xadd7e55));
    v->of[COL_ADDRESS] = str_format(a, "%d %s %s", 1 + (int)(r->address % 12) * 2 + (int)(z % 2) * 40,
        street_names[y % COUNT_OF(street_names)], street_kinds[(y >> 8) % COUNT_OF(street_kinds)]);
    v->of[COL_LOCALITY] = str_format(
        a, "%s%s", first_isles[(y >> 16) % COUNT_OF(first_isles)], last_isles[(y >> 24) % COUNT_OF(last_isles)]);
    v->of[COL_POSTCODE] = str_format(a, "Q%c%d %d%c%c", letters[street / 360000 % 20], 1 + (int)(street / 4000 % 90),
        (int)(street / 400 % 10), letters[street / 20 % 20], letters[street % 20]);
    v->of[COL_COUNTRY] = S("GB");
}

static Str in_digits(Arena *a, const char *prefix, uint32_t number)
{
    return number == NOBODY ? S("") : str_format(a, "%s%08u", prefix, number);
}

static Str digest_of(Arena *a, uint32_t number)
{
    return number == NOBODY ? S("") : str_format(a, "%016llx", (unsigned long long)mixed(number ^ UINT64_C(0xd16e57)));
}

static void put_person(const Generated *g, Arena *a, const Row *r, Values *v)
{
    const Naming *n = &namings[r->naming];
    v->of[COL_ID] = in_digits(a, "M", r->person);
    v->of[COL_GIVEN_NAME] = r->misspelt ? misspelt(a, str_from_c(n->given[r->given])) : str_from_c(n->given[r->given]);
    v->of[COL_FAMILY_NAME] = family_name(a, r);
    v->of[COL_BORN] = day_iso(a, r->born);
    if (r->email) v->of[COL_EMAIL] = str_format(a, "member%u@example.%s", r->email, r->email % 3 ? "org" : "net");
    if (r->phone) {
        uint32_t line = (r->phone - 1) % PHONES;
        v->of[COL_PHONE] = str_format(a, "%s%03u", drama_numbers[line / 1000], line % 1000);
    }
    put_address(a, r, v);
    v->of[COL_LANGUAGE] = S("en");
    if (r->person % 4) v->of[COL_CONSENT] = r->phone ? S("phone email post") : S("email post");
    if (r->person % 4) v->of[COL_CONSENT_SINCE] = day_iso(a, r->joined);
    (void)g;
}

static Str history_of(Arena *a, const Row *r)
{
    Str joined = day_iso(a, r->joined);
    if (r->lapsed != DAY_NONE && r->revived != DAY_NONE)
        return str_format(a, "active %.*s; lapsed %.*s unpaid; active %.*s", STR_ARG(joined), STR_ARG(day_iso(a, r->lapsed)),
            STR_ARG(day_iso(a, r->revived)));
    if (r->lapsed != DAY_NONE) return str_format(a, "active %.*s; lapsed %.*s unpaid", STR_ARG(joined), STR_ARG(day_iso(a, r->lapsed)));
    if (r->ended != DAY_NONE)
        return str_format(
            a, "active %.*s; %.*s %.*s", STR_ARG(joined), STR_ARG(status_name((Status)r->status)), STR_ARG(day_iso(a, r->ended)));
    return str_format(a, "active %.*s", STR_ARG(joined));
}

static void put_membership(const Generated *g, Arena *a, const Row *r, Values *v)
{
    v->of[COL_UNIT] = unit_slug(g, a, r->unit);
    v->of[COL_SECTION] = r->affiliate ? S("affiliates") : S("members");
    v->of[COL_CLASS] = r->affiliate ? S("levy") : r->youth ? S("youth") : S("standard");
    v->of[COL_STATUS] = status_name((Status)r->status);
    v->of[COL_HISTORY] = history_of(a, r);
    v->of[COL_JOINED] = day_iso(a, r->joined);
    v->of[COL_RECORDED] = day_iso(a, r->recorded);
    v->of[COL_FIRST_RECEIPT] = day_iso(a, r->first_receipt);
    v->of[COL_PAID_UNTIL] = day_iso(a, r->paid_until);
    v->of[COL_PAYER] = in_digits(a, "M", r->payer);
    v->of[COL_BANK] = in_digits(a, "A", r->account);
    v->of[COL_METHOD] = str_from_c(method_names[r->method]);
    v->of[COL_RECRUITER] = in_digits(a, "M", r->recruiter);
    v->of[COL_MANDATE] = digest_of(a, r->mandate);
    v->of[COL_SIGNATURE] = digest_of(a, r->signature);
    v->of[COL_DEVICE] = in_digits(a, "D", r->device);
    v->of[COL_DECLARED] = day_iso(a, r->declared);
}

void generated_row(const Generated *g, Arena *scratch, int row, Values *ret_values, Plant *ret_plant, int *ret_case)
{
    ASSERT(row >= 0 && row < g->count);
    const Row *r = &g->rows[row];
    for (int c = 0; c < COL__COUNT; c++) ret_values->of[c] = S("");
    put_person(g, scratch, r, ret_values);
    put_membership(g, scratch, r, ret_values);
    *ret_plant = (Plant)r->plant;
    *ret_case = r->of_plant;
}
