/* fetch.c: asks what it reads, a line each, and says what came: for test/net/run.py. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     get URL [most=N] [connect_ms=N] [all_ms=N]          to be asked by the next "go"
 *     post URL TYPE BODY [most=N] ...                     the same; BODY has no spaces in it
 *     stop MS                                             the next "go" is stopped by another thread after so long
 *     go                                                  asks them at once, by one Fetcher for the whole run; then a line each:
 *                                                         "status=200 type=text/plain len=3 sha256=..." or "err=IO words"
 */
#include "core/sha256.h"
#include "net/fetch.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REQUESTS_MAX = 256, LINE_MAX_BYTES = 65536, MOST_STANDARD = 1 << 20 };

typedef struct Plan {
    FetchRequest requests[REQUESTS_MAX];
    int count;
    int64_t stop_after;
} Plan;

static Str next_word(Str *rest)
{
    Str word;
    if (!str_cut(*rest, ' ', &word, rest)) *rest = (Str){0};
    return word;
}

static void read_limits(FetchRequest *request, Str rest)
{
    while (rest.len) {
        Str word = next_word(&rest), name, value;
        int64_t number;
        if (!str_cut(word, '=', &name, &value) || !str_to_i64(value, &number)) continue;
        if (str_equal(name, S("most"))) request->most = (size_t)number;
        if (str_equal(name, S("connect_ms"))) request->connect_ms = (int)number;
        if (str_equal(name, S("all_ms"))) request->all_ms = (int)number;
    }
}

static void plan_line(Plan *plan, Str line)
{
    Str verb = next_word(&line);
    if (str_equal(verb, S("stop"))) {
        if (!str_to_i64(line, &plan->stop_after)) plan->stop_after = 0;
        return;
    }
    FetchRequest *request = &plan->requests[plan->count++];
    *request = (FetchRequest){.url = next_word(&line), .most = MOST_STANDARD};
    if (str_equal(verb, S("post"))) {
        request->type = next_word(&line);
        request->post = next_word(&line);
    }
    read_limits(request, line);
}

static const char *name_of(Err err)
{
    static const char *const names[] = {[ERR_INPUT] = "INPUT", [ERR_LIMIT] = "LIMIT", [ERR_IO] = "IO"};
    return (int)err < COUNT_OF(names) && names[err] ? names[err] : "?";
}

static void tell(Arena *a, Err err, const Fetched *fetched, const Fault *fault)
{
    if (err) {
        printf("err=%s %.*s\n", name_of(err), STR_ARG(fault_text(a, fault)));
        return;
    }
    Str hash = sha256_hex(a, sha256(fetched->body));
    printf("status=%d type=%.*s len=%zu sha256=%.*s\n", fetched->status, STR_ARG(fetched->type), fetched->body.len, STR_ARG(hash));
}

typedef struct Stopper {
    Fetcher *fetcher;
    int64_t after;
} Stopper;

static void *stop_later(void *context)
{
    const Stopper *s = context;
    nanosleep(&(struct timespec){.tv_sec = s->after / 1000, .tv_nsec = s->after % 1000 * 1000000}, NULL);
    fetcher_stop(s->fetcher);
    return NULL;
}

static void go(Fetcher *fetcher, Arena *a, Plan *plan)
{
    Err *errors = arena_new(a, Err, REQUESTS_MAX);
    Fetched *fetched = arena_new(a, Fetched, REQUESTS_MAX);
    Fault *faults = arena_new(a, Fault, REQUESTS_MAX);
    Stopper stopper = {fetcher, plan->stop_after};
    pthread_t thread;
    bool stops = plan->stop_after > 0 && pthread_create(&thread, NULL, stop_later, &stopper) == 0;
    if (plan->count == 1) errors[0] = fetch(fetcher, a, &plan->requests[0], &fetched[0], &faults[0]);
    else fetch_all(fetcher, a, plan->requests, plan->count, errors, fetched, faults);
    if (stops) pthread_join(thread, NULL);
    for (int i = 0; i < plan->count; i++) tell(a, errors[i], &fetched[i], &faults[i]);
    (void)fflush(stdout);
}

int main(void)
{
    static char line[LINE_MAX_BYTES];
    static Plan plan;
    Arena a;
    Fault fault = {.err = ERR_OK};
    Fetcher *fetcher;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    if (fetcher_open(&fetcher, &fault)) {
        printf("err=IO %.*s\n", STR_ARG(fault_text(&a, &fault)));
        arena_clear(&a);
        return 3;
    }
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "go") != 0) {
            if (plan.count < REQUESTS_MAX) plan_line(&plan, str_copy(&a, str_from_c(line)));
            continue;
        }
        go(fetcher, &a, &plan);
        plan = (Plan){.count = 0};
    }
    fetcher_close(fetcher);
    arena_clear(&a);
    return 0;
}
