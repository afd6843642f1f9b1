/* import_worker.c: the thread of a server that goes on with imports.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/import_own.h"

#include "core/clock.h"
#include "core/log.h"

#include <stdlib.h>
#include <time.h>

enum { POLL_MS = 500 };

struct ImportWorker {
    pthread_t thread;
    Store *store;
    bool stop; /* atomically */
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

static void log_import(void *context, Str id, Str state, const Fault *fault)
{
    (void)context;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    /* Words about a row may hold a member's: they stand in the import, for its officer, and not in the log. */
    bool logged = fault && fault->err != ERR_LIMIT && fault->err != ERR_INPUT;
    if (logged)
        log_line(LOG_WARN, "import_not_ended", "import=%s state=%s error=%s", log_value(&a, id), log_value(&a, state),
            log_value(&a, fault->expected));
    else if (!fault) log_line(LOG_INFO, "import_went_on", "import=%s from=%s", log_value(&a, id), log_value(&a, state));
    arena_clear(&a);
}

static void pause_worker(ImportWorker *w)
{
    struct timespec until = clock_utc_in(POLL_MS);
    pthread_mutex_lock(&w->lock);
    while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED) && pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&w->lock);
}

static void *run_worker(void *context)
{
    ImportWorker *w = context;
    while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
        import_all(w->store, clock_utc, &w->stop, log_import, NULL);
        pause_worker(w);
    }
    return NULL;
}

ImportWorker *import_worker_start(Store *store)
{
    ImportWorker *w = calloc(1, sizeof *w);
    if (!w) out_of_memory(sizeof *w);
    w->store = store;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (pthread_create(&w->thread, NULL, run_worker, w) == 0) return w;
    free(w);
    return NULL;
}

void import_worker_stop(ImportWorker *w)
{
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    __atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
