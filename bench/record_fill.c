/* record_fill.c: a store whose record is long, made by the functions that every act uses.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     record_fill STORE KEY LEAVES [SEED]
 *
 * Results of 200 contests are published, replaced and withdrawn, roles in 40 units offered, given and ended, data exported: entries of 250 to 550 bytes, a
 * minute apart. Powers are given and ended by the record's own functions, so its tables agree with its leaves. At the end it is sealed with the key in KEY
 * (made when it is not there, for "bench.example/record"). The same SEED makes the same entries.
 */
#include "record/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CONTESTS = 200, UNITS = 40, STEWARDS = 12, AT_ONCE = 2000, STEP_MS = 60000, HELD_MAX = 64 };
#define HELD_STEPS INT64_C(43200) /* 30 days: longer than any role is held here */

typedef struct Fill {
    Store *store;
    Arena arena;
    uint64_t random;
    int64_t made, wanted, now;
    int64_t held[HELD_MAX]; /* powers in force */
    int held_count;
} Fill;

/* splitmix64 */
static uint64_t next_random(Fill *f)
{
    uint64_t z = f->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int below(Fill *f, int count)
{
    return (int)(next_random(f) % (uint64_t)count);
}

static Officer someone(Fill *f, Arena *a, const char *role)
{
    static const char *const first[] = {"Ada", "Bea", "Cal", "Dee"}, *const last[] = {"Poll", "Ward", "Quota"};
    int n = below(f, STEWARDS);
    return (Officer){str_format(a, "%s %s", first[n % 4], last[n / 4]), str_from_c(role)};
}

static Sha256 some_digest(Fill *f)
{
    uint64_t words[4] = {next_random(f), next_random(f), next_random(f), next_random(f)};
    return sha256((Str){(const char *)words, sizeof words});
}

static Err about_contest(Fill *f, Db *db, Arena *a, Fault *fault)
{
    static const char *const kinds[] = {"contest.published", "contest.published", "contest.replaced", "contest.withdrawn"};
    static const char *const says[] = {
        "The result of \"%s\" was published: %s was elected after %d rounds. It was counted by the rules in count.rules.",
        "The published result of \"%s\" was replaced. As before: %s was elected after %d rounds. Files changed: papers.csv.",
        "The published result of \"%s\" was taken out, with its pages and files. It was: %s was elected after %d rounds."};
    int kind = below(f, COUNT_OF(kinds)), contest = below(f, CONTESTS);
    const char *name = str_c(a, str_format(a, "Election of the committee of branch %d", contest));
    Officer by = someone(f, a, "operator"), elected = someone(f, a, "operator");
    ActFile files[2] = {{.name = S("papers.csv"), .size = 100 + below(f, 1000000), .digest = some_digest(f)},
        {.name = S("count.rules"), .size = 400, .digest = some_digest(f)}};
    View *data = view_object(a);
    view_put_i64(data, S("papers"), below(f, 100000));
    Act act = {.kind = kinds[kind],
        .by = by,
        .contest = str_format(a, "branch-%d", contest),
        .files = files,
        .file_count = 1 + below(f, 2),
        .data = data};
    const char *form = says[kind == 0 ? 0 : kind - 1];
    Buf b = buf_new(a);
    for (const char *c = form; *c; c++) { /* the forms are a table, so no printf is given one */
        if (*c != '%') buf_byte(&b, *c);
        else if (*++c == 'd') buf_i64(&b, 1 + contest % 7);
        else buf_str(&b, c > form + 30 && b.len > 60 ? elected.name : str_from_c(name));
    }
    act.says = buf_done(&b);
    if (kind == 3) act.reason = S("A box of papers was found that had not been counted.");
    return record_act(db, a, &act, f->now, NULL, fault);
}

static Err give_role(Fill *f, Db *db, Arena *a, Fault *fault)
{
    Officer by = someone(f, a, "steward");
    Str unit = str_format(a, "unit-%d", below(f, UNITS));
    Act act = {.kind = "role.given",
        .by = by,
        .unit = unit,
        .says = str_format(a,
            "%.*s was given the role of steward of %.*s, until the end of the month at the latest, with a link made at the machine.",
            STR_ARG(by.name), STR_ARG(unit)),
        .until = f->now + HELD_STEPS * STEP_MS};
    Power power = {.ended = "role.ended", .holder = by.name, .what = S("the role of steward")};
    return record_power_give(db, a, &act, &power, f->now, &f->held[f->held_count++], fault);
}

static Err end_role(Fill *f, Db *db, Arena *a, Fault *fault)
{
    int which = below(f, f->held_count);
    int64_t number = f->held[which];
    f->held[which] = f->held[--f->held_count];
    return record_power_end(db, a, number, someone(f, a, "steward"), S("Signed out."), f->now, fault);
}

static Err export_data(Fill *f, Db *db, Arena *a, Fault *fault)
{
    Act act = {.kind = "export.made",
        .by = someone(f, a, "operator"),
        .says = str_format(a, "Everything that this installation keeps, but secrets, was exported as open files: %d rows of 23 tables.",
            below(f, 1000000))};
    return record_act(db, a, &act, f->now, NULL, fault);
}

static Err one_act(Fill *f, Db *db, Arena *a, Fault *fault)
{
    int what = below(f, 10);
    if (what < 5) return about_contest(f, db, a, fault);
    if (what == 5) return export_data(f, db, a, fault);
    bool give = f->held_count == 0 || (f->held_count < HELD_MAX && what % 2);
    return give ? give_role(f, db, a, fault) : end_role(f, db, a, fault);
}

/* All that changes in `f` is put back when the command is run again. */
static Err run_some(Db *db, Command *c)
{
    Fill *f = c->context, before = *f;
    Err e = ERR_OK;
    Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    for (int i = 0; i < AT_ONCE && f->made < f->wanted && !e; i++, f->made++, f->now += STEP_MS) {
        e = one_act(f, db, &scratch, &c->fault);
        arena_recycle(&scratch);
    }
    arena_clear(&scratch);
    if (e) *f = before;
    return e;
}

static Err fill(Fill *f, Fault *fault)
{
    Err e = ERR_OK;
    while (!e && f->made < f->wanted) {
        Command c = {.name = "fill", .leaf = LEAF_ONE, .run = run_some, .context = f, .arena = &f->arena, .now = f->now};
        e = store_run(f->store, &c);
        *fault = c.fault;
        arena_recycle(&f->arena);
    }
    return e;
}

static Err seal(Fill *f, Str key, Fault *fault)
{
    RecordKeys keys;
    bool made, sealed;
    Db *db;
    Err e = record_keys_open(&f->arena, key, S("bench.example/record"), &keys, &made, fault);
    if (e) return e;
    e = db_open(f->store, &db, fault);
    if (!e) e = record_seal(f->store, db, &f->arena, &keys, f->now, &sealed, fault);
    if (!e) db_close(db);
    record_keys_wipe(&keys);
    return e;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc < 4) return fprintf(stderr, "usage: record_fill STORE KEY LEAVES [SEED]\n"), 2;
    Fill f = {.wanted = atoll(argv[3]), .random = argc > 4 ? strtoull(argv[4], NULL, 10) : 1, .now = 1577836800000};
    Fault fault = {0};
    arena_init(&f.arena, ARENA_LIMIT_DEFAULT);
    Err e = store_open(&f.arena, &(StoreOptions){.url = str_from_c(argv[1]), .statement_ms = 600000}, &f.store, &fault);
    if (e) return fprintf(stderr, "record_fill: %s\n", str_c(&f.arena, fault_text(&f.arena, &fault))), 3;
    double began = seconds();
    e = fill(&f, &fault);
    double filled = seconds();
    if (!e) e = seal(&f, str_from_c(argv[2]), &fault);
    if (e) fprintf(stderr, "record_fill: %s\n", str_c(&f.arena, fault_text(&f.arena, &fault)));
    else
        printf("%lld acts in %.1f s (%.1f us each), sealed in %.1f s\n", (long long)f.made, filled - began,
            (filled - began) * 1e6 / (double)f.made, seconds() - filled);
    store_close(f.store);
    arena_clear(&f.arena);
    return e ? 3 : 0;
}
