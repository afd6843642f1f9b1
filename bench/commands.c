/* commands.c: how many durable one-row commands a store takes in a second.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     commands URL CLIENTS SECONDS [keys] [events]      prints "COMMANDS/S COMMITS/S P50_MS P99_MS"
 *
 * Each client sends a command and, when it is answered, the next, through one of two loops, as the server's do: an answer is put into the loop's
 * mailbox, and the loop sends the client's next command. A command adds a row of `setting`. "keys": each has an idempotency key. "events": each
 * announces a change of one of 50 topics.
 */
#include "db/db.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOPS = 2, SAMPLES = 1 << 20 };

typedef struct Loop Loop;

typedef struct Client {
    Command command; /* the first member: `done` is given it */
    Loop *loop;
    Arena arena;
    int64_t number, began;
    char name[40], key[40];
} Client;

struct Loop {
    Store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t mail;
    Command *answered, *last;
    int out; /* commands that are not answered */
    float *samples;
    int64_t sample_count, failed;
};

static bool with_keys, with_events;
static _Atomic bool over;
static _Atomic int64_t next_number;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static Err add_row(Db *db, Command *command)
{
    const Client *c = command->context;
    Err e = db_run(db, "setting_add", DB_VALUES(db_string(str_from_c(c->name)), db_bytes(S("0123456789abcdef0123456789abcdef"))));
    if (e || !with_events) return e;
    char topic[32];
    snprintf(topic, sizeof topic, "bench/%d", (int)(c->number % 50));
    return db_announce(db, str_from_c(topic), S("{\"changed\":true}"), command->now);
}

static void answered(Command *command)
{
    Loop *l = ((Client *)command)->loop;
    pthread_mutex_lock(&l->lock);
    command->next = NULL;
    if (l->last) l->last->next = command;
    else l->answered = command, pthread_cond_signal(&l->mail);
    l->last = command;
    pthread_mutex_unlock(&l->lock);
}

static void send_next(Loop *l, Client *c)
{
    c->number = atomic_fetch_add(&next_number, 1);
    c->began = now_ns();
    snprintf(c->name, sizeof c->name, "bench %lld %lld", (long long)c->began, (long long)c->number);
    snprintf(c->key, sizeof c->key, "%016llx%016llx", (unsigned long long)c->number * 0x9e3779b97f4a7c15u, (unsigned long long)c->began);
    c->command = (Command){
        .name = "bench", .leaf = LEAF_NONE, .run = add_row, .done = answered, .context = c, .arena = &c->arena, .now = c->began / 1000000};
    if (with_keys) c->command.key = str_from_c(c->key);
    l->out++;
    store_submit(l->store, &c->command);
}

static void take_answer(Loop *l, Client *c)
{
    l->out--;
    l->failed += c->command.err != ERR_OK;
    if (l->sample_count < SAMPLES) l->samples[l->sample_count++] = (float)(now_ns() - c->began) / 1e6f;
    arena_clear(&c->arena);
    if (!atomic_load(&over)) send_next(l, c);
}

static void *run_loop(void *context)
{
    Loop *l = context;
    while (l->out) {
        pthread_mutex_lock(&l->lock);
        while (!l->answered) pthread_cond_wait(&l->mail, &l->lock);
        Command *all = l->answered;
        l->answered = l->last = NULL;
        pthread_mutex_unlock(&l->lock);
        while (all) {
            Command *next = all->next;
            take_answer(l, (Client *)all);
            all = next;
        }
    }
    return NULL;
}

static int by_size(const void *x, const void *y)
{
    float a = *(const float *)x, b = *(const float *)y;
    return (a > b) - (a < b);
}

static void report(const Loop *loops, const StoreFigures *figures, double seconds)
{
    int64_t count = 0, failed = 0;
    for (int i = 0; i < LOOPS; i++) count += loops[i].sample_count, failed += loops[i].failed;
    float *all = calloc((size_t)count + 1, sizeof *all);
    if (!all) exit(3);
    for (int64_t i = 0, at = 0; i < LOOPS; at += loops[i++].sample_count)
        memcpy(all + at, loops[i].samples, (size_t)loops[i].sample_count * sizeof *all);
    qsort(all, (size_t)count, sizeof *all, by_size);
    printf("%.0f %.0f %.2f %.2f\n", (double)figures->commands / seconds, (double)figures->commits / seconds, (double)all[count / 2],
        (double)all[count * 99 / 100]);
    if (failed) fprintf(stderr, "%lld commands failed\n", (long long)failed);
    free(all);
    if (failed) exit(1);
}

int main(int argc, char **argv)
{
    if (argc < 4) return fprintf(stderr, "usage: commands URL CLIENTS SECONDS [keys] [events]\n"), 2;
    int clients = atoi(argv[2]);
    double seconds = atof(argv[3]);
    for (int i = 4; i < argc; i++) {
        with_keys |= strcmp(argv[i], "keys") == 0;
        with_events |= strcmp(argv[i], "events") == 0;
    }
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Store *store = NULL;
    Fault fault = {0};
    if (store_open(&a, &(StoreOptions){.url = str_from_c(argv[1])}, &store, &fault)) {
        return fprintf(stderr, "commands: %.*s\n", STR_ARG(fault.expected)), 1;
    }
    Client *all = calloc((size_t)clients, sizeof *all);
    if (!all) exit(3);
    Loop loops[LOOPS] = {0};
    for (int i = 0; i < LOOPS; i++) {
        loops[i] = (Loop){.store = store, .samples = calloc(SAMPLES, sizeof(float))};
        if (!loops[i].samples) exit(3);
        pthread_mutex_init(&loops[i].lock, NULL);
        pthread_cond_init(&loops[i].mail, NULL);
    }
    int64_t began = now_ns();
    for (int i = 0; i < clients; i++) {
        arena_init(&all[i].arena, ARENA_LIMIT_DEFAULT);
        all[i].loop = &loops[i % LOOPS];
        send_next(all[i].loop, &all[i]);
    }
    for (int i = 0; i < LOOPS; i++) pthread_create(&loops[i].thread, NULL, run_loop, &loops[i]);
    nanosleep(&(struct timespec){.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)}, NULL);
    atomic_store(&over, true);
    for (int i = 0; i < LOOPS; i++) pthread_join(loops[i].thread, NULL);
    double took = (double)(now_ns() - began) / 1e9;
    StoreFigures figures = store_figures(store);
    report(loops, &figures, took);
    store_close(store);
    for (int i = 0; i < LOOPS; i++) free(loops[i].samples);
    free(all);
    arena_clear(&a);
    return 0;
}
