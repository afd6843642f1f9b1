/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/serving.h"

#include "core/clock.h"
#include "core/log.h"

#include <stdlib.h>
#include <time.h>

enum { READER_RETRY_MS = 1000 };

/* ---- readers ---- */

/* After an answer that failed the reader is asked whether it still works, at most once a second; one that does not is closed and opened again. */
static void look_again(Reader *reader, int64_t now)
{
    Fault fault = {.err = ERR_OK};
    reader->doubtful = false;
    if (!store_check(reader->store, reader->db, &fault)) return;
    reader_close(reader);
    reader->retry_at = now;
}

Db *reader_get(Reader *reader)
{
    if (!reader->store || (reader->db && !reader->doubtful)) return reader->db;
    int64_t now = clock_ms();
    if (now < reader->retry_at) return reader->db;
    reader->retry_at = now + READER_RETRY_MS;
    if (reader->db) look_again(reader, now);
    if (!reader->db) {
        Fault fault = {.err = ERR_OK};
        Db *db = NULL;
        if (db_open(reader->store, &db, &fault) == ERR_OK) reader->db = db;
        else reader->retry_at = now + READER_RETRY_MS;
    }
    return reader->db;
}

void reader_close(Reader *reader)
{
    if (reader->db) db_close(reader->db);
    reader->db = NULL;
}

/* ---- queues ---- */

void task_queue_init(TaskQueue *queue)
{
    *queue = (TaskQueue){.first = NULL};
    pthread_mutex_init(&queue->mutex, NULL);
    queue->end = &queue->first;
}

void task_queue_clear(TaskQueue *queue)
{
    ASSERT(!queue->first);
    pthread_mutex_destroy(&queue->mutex);
}

static void append(TaskQueue *queue, Task *task)
{
    task->next = NULL;
    *queue->end = task;
    queue->end = &task->next;
    queue->count++;
}

bool task_queue_put(TaskQueue *queue, Task *task)
{
    pthread_mutex_lock(&queue->mutex);
    bool was_empty = !queue->first;
    append(queue, task);
    pthread_mutex_unlock(&queue->mutex);
    return was_empty;
}

Task *task_queue_take_all(TaskQueue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    Task *first = queue->first;
    queue->first = NULL;
    queue->end = &queue->first;
    queue->count = 0;
    pthread_mutex_unlock(&queue->mutex);
    return first;
}

/* ---- workers ---- */

struct Workers {
    TaskQueue queue, slow; /* both under the mutex of the first */
    int slow_running;
    pthread_cond_t some;
    bool stopping;
    int queue_most;
    Store *store;
    int threads_wanted, thread_count;
    pthread_t threads[];
};

static Task *take_first(TaskQueue *queue)
{
    Task *task = queue->first;
    if (!task) return NULL;
    queue->first = task->next;
    queue->count--;
    if (!queue->first) queue->end = &queue->first;
    return task;
}

/* Half of the threads, so that what takes seconds cannot keep all others waiting. */
static bool may_be_slow(const Workers *workers)
{
    return workers->slow.first && workers->slow_running < (workers->threads_wanted + 1) / 2;
}

/* One slow thing is always under way, if there are threads enough; more of them only while nothing else waits. */
static Task *take_next(Workers *workers)
{
    bool first = workers->slow_running == 0 && workers->threads_wanted > 1;
    bool slow = may_be_slow(workers) && (first || !workers->queue.first);
    Task *task = take_first(slow ? &workers->slow : &workers->queue);
    if (task && slow) workers->slow_running++;
    return task;
}

/* NULL: it is time to end, and nothing is left. `was_slow`: what this thread did before. */
static Task *take_one(Workers *workers, bool was_slow)
{
    pthread_mutex_lock(&workers->queue.mutex);
    if (was_slow) workers->slow_running--;
    while (!workers->queue.first && !may_be_slow(workers) && !(workers->stopping && !workers->slow.first))
        pthread_cond_wait(&workers->some, &workers->queue.mutex);
    Task *task = take_next(workers);
    if (task && may_be_slow(workers)) pthread_cond_signal(&workers->some);
    if (!task) pthread_cond_broadcast(&workers->some); /* whoever waited for the last slow one to be taken */
    pthread_mutex_unlock(&workers->queue.mutex);
    return task;
}

static void *work(void *context)
{
    Workers *workers = context;
    Reader reader = {.store = workers->store};
    for (Task *task = take_one(workers, false); task;) {
        bool slow = task->slow; /* the task may be gone after it ran */
        task->run(task, &reader);
        task = take_one(workers, slow);
    }
    reader_close(&reader);
    return NULL;
}

Workers *workers_start(Store *store, int threads, int queue_most)
{
    Workers *workers = calloc(1, sizeof *workers + (size_t)threads * sizeof(pthread_t));
    if (!workers) out_of_memory(sizeof *workers);
    task_queue_init(&workers->queue);
    task_queue_init(&workers->slow);
    pthread_cond_init(&workers->some, NULL);
    workers->store = store;
    workers->queue_most = queue_most;
    workers->threads_wanted = threads;
    for (int i = 0; i < threads; i++)
        if (pthread_create(&workers->threads[workers->thread_count], NULL, work, workers) == 0) workers->thread_count++;
    if (workers->thread_count < threads) log_line(LOG_ERROR, "threads", "wanted=%d got=%d", threads, workers->thread_count);
    return workers;
}

bool workers_submit(Workers *workers, Task *task, bool must)
{
    TaskQueue *queue = task->slow ? &workers->slow : &workers->queue;
    pthread_mutex_lock(&workers->queue.mutex);
    bool taken = workers->thread_count && (must || queue->count < workers->queue_most);
    if (taken) append(queue, task);
    pthread_mutex_unlock(&workers->queue.mutex);
    if (taken) pthread_cond_signal(&workers->some);
    return taken;
}

void workers_stop(Workers *workers)
{
    if (!workers) return;
    pthread_mutex_lock(&workers->queue.mutex);
    workers->stopping = true;
    pthread_mutex_unlock(&workers->queue.mutex);
    pthread_cond_broadcast(&workers->some);
    for (int i = 0; i < workers->thread_count; i++) pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->some);
    task_queue_clear(&workers->queue);
    task_queue_clear(&workers->slow);
    free(workers);
}
