/* Threads for what takes long: slow things get half of them, and nothing is forgotten at the end.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/unit.h"

#include "http/serving.h"

#include <semaphore.h>

enum { THREADS = 4, SLOW = 12, QUICK = 50 };

typedef struct Job {
    Task task;
    sem_t *started, *go_on, *done;
    atomic_int *now, *most;
} Job;

static void wait_on(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) {
    }
}

static void run_slow(Task *task, Reader *reader)
{
    Job *job = (Job *)task;
    (void)reader;
    int now = atomic_fetch_add(job->now, 1) + 1, most = atomic_load(job->most);
    while (now > most && !atomic_compare_exchange_weak(job->most, &most, now)) {
    }
    sem_post(job->started);
    wait_on(job->go_on);
    atomic_fetch_sub(job->now, 1);
    sem_post(job->done);
}

static void run_quick(Task *task, Reader *reader)
{
    (void)reader;
    sem_post(((Job *)task)->done);
}

static void slow_things_leave_room(void **state)
{
    (void)state;
    sem_t started, go_on, slow_done, quick_done;
    sem_t *all[] = {&started, &go_on, &slow_done, &quick_done};
    for (int i = 0; i < COUNT_OF(all); i++) assert_int_equal(sem_init(all[i], 0, 0), 0);
    atomic_int now = 0, most = 0;
    Job slow[SLOW], quick[QUICK];
    Workers *workers = workers_start(NULL, THREADS, SLOW);
    for (int i = 0; i < SLOW; i++) {
        slow[i] = (Job){{.run = run_slow, .slow = true}, &started, &go_on, &slow_done, &now, &most};
        assert_true(workers_submit(workers, &slow[i].task, false));
    }
    for (int i = 0; i < THREADS / 2; i++) wait_on(&started);
    /* Ten slow ones wait still, and two will not end by themselves: all that is quick is done nevertheless. */
    for (int i = 0; i < QUICK; i++) {
        quick[i] = (Job){{.run = run_quick}, .done = &quick_done};
        assert_true(workers_submit(workers, &quick[i].task, true));
    }
    for (int i = 0; i < QUICK; i++) wait_on(&quick_done);
    for (int i = 0; i < SLOW; i++) sem_post(&go_on);
    for (int i = 0; i < SLOW; i++) wait_on(&slow_done);
    assert_int_equal(atomic_load(&most), THREADS / 2);
    workers_stop(workers);
    for (int i = 0; i < COUNT_OF(all); i++) sem_destroy(all[i]);
}

static void what_waits_is_done_before_the_end(void **state)
{
    (void)state;
    sem_t started, go_on, done;
    sem_t *all[] = {&started, &go_on, &done};
    for (int i = 0; i < COUNT_OF(all); i++) assert_int_equal(sem_init(all[i], 0, 0), 0);
    atomic_int now = 0, most = 0;
    Job slow[SLOW];
    Workers *workers = workers_start(NULL, THREADS, SLOW);
    for (int i = 0; i < SLOW; i++) {
        slow[i] = (Job){{.run = run_slow, .slow = true}, &started, &go_on, &done, &now, &most};
        assert_true(workers_submit(workers, &slow[i].task, false));
        sem_post(&go_on);
    }
    workers_stop(workers);
    for (int i = 0; i < SLOW; i++) assert_int_equal(sem_trywait(&done), 0);
    for (int i = 0; i < COUNT_OF(all); i++) sem_destroy(all[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(slow_things_leave_room), cmocka_unit_test(what_waits_is_done_before_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
