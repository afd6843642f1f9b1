/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Two threads may have to do with a call that waits: the one that ran it, which is still inside site_run, and the one that calls exchange_resume, maybe
 * before site_run has even returned. Each of them adds one to `arrivals`; whoever comes second goes on. So nobody touches a call that is in
 * another's hands, and none is forgotten.
 */
#include "http/serving.h"

#include "core/clock.h"
#include "http/metrics.h"

#include <stdlib.h>

enum { SPARE_CALLS = 64 };

Call *call_new(Connection *connection)
{
    Loop *loop = connection->loop;
    Call *call = loop->spare;
    Arena arena;
    if (call) {
        loop->spare = call->spare;
        loop->spare_count--;
        arena = call->arena;
    } else {
        call = malloc(sizeof *call);
        if (!call) out_of_memory(sizeof *call);
        arena_init(&arena, ARENA_LIMIT_DEFAULT);
    }
    *call = (Call){.arena = arena, .connection = connection, .began = clock_us()};
    call->ex.arena = &call->arena;
    call->ex.site = loop->server->site;
    call->ex.connection = call;
    return call;
}

void call_free(Call *call)
{
    Loop *loop = call->connection->loop;
    if (call->seen) loop->server->calls->done(loop->server->site, &call->ex);
    if (call->ex.secret) arena_wipe(&call->arena);
    intake_clear(&call->intake);
    if (loop->spare_count == SPARE_CALLS) {
        arena_clear(&call->arena);
        free(call);
        return;
    }
    arena_recycle(&call->arena);
    call->spare = loop->spare;
    loop->spare = call;
    loop->spare_count++;
}

static const SiteCalls *calls_of(const Call *call)
{
    return call->connection->loop->server->calls;
}

void call_refuse(Call *call, int status, Str why)
{
    call->seen = true;
    call->ex.answer = (Answer){.status = 0};
    calls_of(call)->refuse(call->ex.site, &call->ex, status, why);
    call->ex.answer.close = true;
    call->connection->linger = true;
    call->stage = CALL_READY;
}

/* ---- from hand to hand ---- */

static void run_on_worker(Task *task, Reader *reader);
static void finish_anywhere(Task *task, Reader *reader);
static void back_on_loop(Task *task, Reader *reader);

static void post_to_loop(Call *call, void (*run)(Task *task, Reader *reader))
{
    call->task.run = run;
    loop_post(call->connection->loop, &call->task);
}

/* Did the other one come first? */
static bool arrive(Call *call)
{
    return atomic_fetch_add(&call->arrivals, 1) == 1;
}

void exchange_resume(Exchange *ex)
{
    Call *call = ex->connection;
    if (arrive(call)) post_to_loop(call, finish_anywhere);
}

static Next finish(Call *call, Reader *reader)
{
    atomic_store(&call->arrivals, 0);
    Next next = calls_of(call)->finish(call->ex.site, &call->ex, reader_get(reader));
    return next;
}

/* An answer of the kind that a broken reader gives. */
static void look_at_answer(const Call *call, Reader *reader)
{
    if (call->ex.answer.status >= 500) reader->doubtful = true;
}

static bool to_worker(Call *call, void (*run)(Task *task, Reader *reader), bool must)
{
    call->task.run = run;
    call->task.slow = call->ex.works && !must; /* what must be taken is only the end of it */
    if (!workers_submit(call->connection->loop->server->workers, &call->task, must)) return false;
    return true;
}

/* On the loop. True: the answer is there. False: the call is in somebody else's hands. */
static bool go_on(Call *call, Next next, Reader *reader)
{
    while (next == NEXT_WAIT && arrive(call)) next = finish(call, reader);
    if (next == NEXT_WAIT) return false;
    if (next == NEXT_WORKER) {
        gauge_add(GAUGE_WORKING, 1);
        if (to_worker(call, run_on_worker, false)) return false;
        gauge_add(GAUGE_WORKING, -1);
        call_refuse(call, 503, S("too much is being worked on; please try again in a moment"));
        return true;
    }
    call->streams = next == NEXT_STREAM;
    look_at_answer(call, reader);
    call->stage = CALL_READY;
    return true;
}

bool call_run(Call *call)
{
    Loop *loop = call->connection->loop;
    call->stage = CALL_RUNNING;
    atomic_store(&call->arrivals, 0);
    loop->outstanding++; /* before it can come back */
    Next next = calls_of(call)->run(call->ex.site, &call->ex, reader_get(&loop->reader), false);
    bool ready = go_on(call, next, &loop->reader);
    if (ready) loop->outstanding--;
    return ready;
}

static void ready_on_loop(Call *call)
{
    call->connection->loop->outstanding--;
    connection_resume(call->connection);
}

/* The answer was made by a worker. */
static void back_on_loop(Task *task, Reader *reader)
{
    Call *call = (Call *)task;
    (void)reader;
    call->stage = CALL_READY;
    ready_on_loop(call);
}

/* On a worker; the last thing that is done with the call there is to hand it on. */
static void after_work(Call *call, Next next, Reader *reader)
{
    ASSERT(next != NEXT_WORKER);
    while (next == NEXT_WAIT) {
        if (!arrive(call)) return;
        next = finish(call, reader);
    }
    call->streams = next == NEXT_STREAM;
    look_at_answer(call, reader);
    post_to_loop(call, back_on_loop);
}

static void run_on_worker(Task *task, Reader *reader)
{
    Call *call = (Call *)task;
    /* Once connections are cut nobody is there to hear of it, and a queue of counts could keep the program from ending for many minutes. */
    bool too_late = atomic_load(&call->connection->loop->server->stage) == STAGE_CUT;
    atomic_store(&call->arrivals, 0);
    Next next = NEXT_ANSWER;
    if (too_late) call->ex.answer = (Answer){.status = 503, .close = true};
    else next = calls_of(call)->run(call->ex.site, &call->ex, reader_get(reader), true);
    gauge_add(GAUGE_WORKING, -1);
    after_work(call, next, reader);
}

static void finish_on_worker(Task *task, Reader *reader)
{
    Call *call = (Call *)task;
    after_work(call, finish(call, reader), reader);
}

/* What was waited for has come. On the loop, unless reading the store is a journey over the network. */
static void finish_anywhere(Task *task, Reader *reader)
{
    Call *call = (Call *)task;
    if (reader->store && store_engine(reader->store) == ENGINE_POSTGRES && to_worker(call, finish_on_worker, true)) return;
    if (go_on(call, finish(call, reader), reader)) ready_on_loop(call);
}
