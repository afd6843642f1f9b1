/* record_append.c: what an act adds to a command: the same command with its leaf and without.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     record_append STORE [ROUNDS]
 *
 * A command adds a row of `setting`; with its act it leaves a leaf as well: the entry written and read back, its hash, its number, the row with its indexes,
 * the announcement. "queued": 5,000 are submitted at once and answered in a few commits, as on a busy server. "alone": each waits for its own commit. Rounds
 * with and without take turns, so that a busy machine is busy for both; medians.
 */
#include "record/record.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { QUEUED = 5000, ALONE = 200, ROUNDS_MAX = 99 };

typedef struct Bench {
    Store *store;
    Command *commands;
    Arena *arenas;
    int64_t *numbers; /* of the row that each command makes */
    int64_t next;
    int failed;
    sem_t done;
} Bench;

static Bench bench;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static Err run_row(Db *db, Command *c)
{
    Str name = str_format(c->arena, "bench %lld", (long long)*(const int64_t *)c->input);
    return db_run(db, "setting_add", DB_VALUES(db_string(name), db_bytes(S("0123456789abcdef0123456789abcdef"))));
}

static Err run_act(Db *db, Command *c)
{
    Err e = run_row(db, c);
    if (e) return e;
    ActFile files[] = {
        {.name = S("papers.csv"), .size = 123456, .digest = sha256(S("papers")), .path = S("/contests/labour-2010/files/papers-csv")}};
    View *data = view_object(c->arena);
    view_put_i64(data, S("papers"), 123456);
    Act act = {.kind = "contest.published",
        .by = {S("Ada Poll"), S("operator")},
        .says = S("The result of \"Leadership election\" was published: Cal Quota was elected after 4 rounds. It was counted by the rules "
                  "in count.rules."),
        .contest = S("labour-2010"),
        .files = files,
        .file_count = COUNT_OF(files),
        .data = data};
    return record_act(db, c->arena, &act, c->now, NULL, &c->fault);
}

static void answered(Command *c)
{
    bench.failed += c->err != ERR_OK;
    sem_post(&bench.done);
}

static void submit(int i, bool act)
{
    Command *c = &bench.commands[i];
    *c = (Command){.name = "bench",
        .leaf = act ? LEAF_ONE : LEAF_NONE,
        .run = act ? run_act : run_row,
        .done = answered,
        .input = &bench.numbers[i],
        .arena = &bench.arenas[i],
        .now = 1795367121123};
    bench.numbers[i] = bench.next++;
    store_submit(bench.store, c);
}

static void wait_for(int count)
{
    for (int i = 0; i < count; i++)
        while (sem_wait(&bench.done) != 0) {
        }
}

/* Microseconds a command. */
static double round_of(int count, bool act, bool queued)
{
    double began = now_us();
    for (int i = 0; i < count; i++) {
        submit(i, act);
        if (!queued) wait_for(1);
    }
    if (queued) wait_for(count);
    double each = (now_us() - began) / count;
    for (int i = 0; i < count; i++) arena_recycle(&bench.arenas[i]);
    return each;
}

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static void compare(const char *name, int count, bool queued, int rounds)
{
    double without[ROUNDS_MAX] = {0}, with[ROUNDS_MAX] = {0}, added[ROUNDS_MAX] = {0};
    for (int r = 0; r < rounds; r++) {
        without[r] = round_of(count, false, queued);
        with[r] = round_of(count, true, queued);
        added[r] = with[r] - without[r];
    }
    qsort(without, (size_t)rounds, sizeof *without, by_size);
    qsort(with, (size_t)rounds, sizeof *with, by_size);
    qsort(added, (size_t)rounds, sizeof *added, by_size);
    int m = rounds / 2;
    printf("%s: %.1f us without, %.1f us with, %.2f times, added %.1f us (fastest round: %.1f)\n", name, without[m], with[m],
        with[m] / without[m], added[m], with[0] - without[0]);
}

int main(int argc, char **argv)
{
    if (argc < 2) return fprintf(stderr, "usage: record_append STORE [ROUNDS]\n"), 2;
    int rounds = argc > 2 ? atoi(argv[2]) : 7;
    if (rounds < 1 || rounds > ROUNDS_MAX) return 2;
    Arena a;
    Fault fault = {0};
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    if (store_open(&a, &(StoreOptions){.url = str_from_c(argv[1])}, &bench.store, &fault))
        return fprintf(stderr, "record_append: %s\n", str_c(&a, fault_text(&a, &fault))), 3;
    bench.commands = arena_new(&a, Command, QUEUED);
    bench.arenas = arena_new(&a, Arena, QUEUED);
    bench.numbers = arena_new(&a, int64_t, QUEUED);
    bench.next = (int64_t)(now_us() / 1e3) * 1000000;
    for (int i = 0; i < QUEUED; i++) arena_init(&bench.arenas[i], ARENA_LIMIT_DEFAULT);
    sem_init(&bench.done, 0, 0);
    compare("queued", QUEUED, true, rounds);
    compare("alone", ALONE, false, rounds);
    store_close(bench.store);
    for (int i = 0; i < QUEUED; i++) arena_clear(&bench.arenas[i]);
    arena_clear(&a);
    if (bench.failed) fprintf(stderr, "%d commands failed\n", bench.failed);
    return bench.failed ? 1 : 0;
}
