/* store.c: open and close, what a URL means, and the few things that belong to a store as a whole.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "db/store.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_MOST = 512, QUEUE_MOST = 16384, STATEMENT_MS = 5000 };

pthread_t store_thread(const char *name, void *(*body)(void *context), void *context)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    ASSERT(pthread_create(&thread, NULL, body, context) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setname_np(thread, name);
    return thread;
}

/* ---- faults ---- */

Err store_fault(Fault *fault, Err err, const char *format, ...)
{
    static _Thread_local char words[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return fault_set(fault, err, 0, 0, str_from_c(words), (Str){0});
}

/* For a caller who has an arena: the words live as long as it. */
static Err kept(Arena *a, Err e, Fault *fault)
{
    if (e) fault->expected = str_copy(a, fault->expected);
    return e;
}

/* ---- URLs ---- */

static bool is_postgres(Str url)
{
    return str_starts(url, S("postgres://")) || str_starts(url, S("postgresql://"));
}

/* Where `needle` begins in `s`; s.len: nowhere. */
static size_t find_text(Str s, Str needle)
{
    for (size_t i = 0; i + needle.len <= s.len; i++)
        if (memcmp(s.ptr + i, needle.ptr, needle.len) == 0) return i;
    return s.len;
}

static size_t find_last(Str s, char byte)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == byte) return i - 1;
    return s.len;
}

/* "?user=x&password=y": the values of password and sslpassword. */
static void put_parameters(Buf *b, Str s)
{
    while (s.len) {
        size_t end = 1;
        while (end < s.len && s.ptr[end] != '&') end++;
        Str parameter = str_slice(s, 0, end);
        size_t at = find_text(parameter, S("password="));
        if (at < parameter.len) {
            buf_str(b, str_slice(parameter, 0, at));
            buf_str(b, S("password=***"));
        } else {
            buf_str(b, parameter);
        }
        s = str_slice(s, end, s.len);
    }
}

Str store_url_shown(Arena *a, Str url)
{
    if (!is_postgres(url)) return url;
    Buf b = buf_new(a);
    size_t start = find_text(url, S("://")) + 3;
    /* The last '@' of all: a password in which '/', '?' or '@' stand as they are would be cut short otherwise. */
    Str rest = str_slice(url, start, url.len);
    size_t at = find_last(rest, '@'), colon = str_find(rest, ':');
    if (at < rest.len && colon < at) {
        buf_str(&b, str_slice(url, 0, start + colon));
        buf_str(&b, S(":***"));
        rest = str_slice(rest, at, rest.len);
    } else {
        buf_str(&b, str_slice(url, 0, start));
    }
    size_t query = str_find(rest, '?');
    buf_str(&b, str_slice(rest, 0, query));
    put_parameters(&b, str_slice(rest, query, rest.len));
    return buf_done(&b);
}

static Err sqlite_path(Str url, Str *ret_path, Fault *fault)
{
    Str path = str_starts(url, S("sqlite:")) ? str_slice(url, S("sqlite:").len, url.len) : url;
    if (path.len == 0 || str_find(path, '\0') < path.len)
        return store_fault(fault, ERR_INPUT, "the store wants a file name or a postgres:// URL");
    if (find_text(path, S("://")) < path.len)
        return store_fault(
            fault, ERR_INPUT, "a store is a file name, sqlite:FILE or postgres://...; this one is of a kind that is not known here");
    *ret_path = path;
    return ERR_OK;
}

static Err choose_engine(Store *store, Arena *a, const StoreOptions *options, Fault *fault)
{
    if (is_postgres(options->url)) {
        store->place = strndup(options->url.ptr, options->url.len);
        if (!store->place) out_of_memory(options->url.len);
        store->ops = &postgres_ops;
        return ERR_OK;
    }
    store->ops = &sqlite_ops;
    Str path = {0};
    Err e = sqlite_path(options->url, &path, fault);
    return e ? e : sqlite_make_file(a, path, options->must_exist || options->as_it_is, &store->place, fault);
}

/* ---- open and close ---- */

static int or_else(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

static Store *store_new(const StoreOptions *options)
{
    Store *store = calloc(1, sizeof *store);
    if (!store) out_of_memory(sizeof *store);
    store->options = *options;
    store->options.batch_most = or_else(options->batch_most, BATCH_MOST);
    store->options.queue_most = or_else(options->queue_most, QUEUE_MOST);
    store->options.statement_ms = or_else(options->statement_ms, STATEMENT_MS);
    store->kept = -1;
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->listener_lock, NULL);
    pthread_cond_init(&store->work, NULL);
    return store;
}

static void store_free(Store *store)
{
    if (store->kept >= 0) close(store->kept);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->listener_lock);
    pthread_cond_destroy(&store->work);
    free(store->place);
    free(store);
}

/* The first connection: it migrates, then it is the writer's. */
static Err open_first(Store *store, Arena *a, Db **ret_db, Fault *fault)
{
    Err e = store->options.serve ? store->ops->lock_service(store, fault) : ERR_OK;
    if (!e) e = door_open(store, ret_db, fault);
    if (!e) e = migrate(*ret_db, a, store->options.as_it_is, fault);
    return e;
}

Err store_open(Arena *a, const StoreOptions *options, Store **ret_store, Fault *fault)
{
    *fault = (Fault){0};
    Store *store = store_new(options);
    Db *first = NULL;
    Err e = choose_engine(store, a, options, fault);
    if (!e) {
        store->options.url = str_from_c(store->place);
        e = open_first(store, a, &first, fault);
    }
    if (e) {
        door_close(first);
        store_free(store);
        return kept(a, e, fault);
    }
    writer_start(store, first);
    *ret_store = store;
    return ERR_OK;
}

void store_close(Store *store)
{
    if (!store) return;
    writer_stop(store);
    listener_stop(store);
    store_free(store);
}

/* ---- what there is to know ---- */

Engine store_engine(const Store *store)
{
    return store->ops->engine;
}

const StoreOptions *store_options(const Store *store)
{
    return &store->options;
}

const char *store_place(const Store *store)
{
    return store->place;
}

void store_keep(Store *store, int descriptor)
{
    ASSERT(store->kept < 0);
    store->kept = descriptor;
}

Err store_check(Store *store, Db *db, Fault *fault)
{
    ASSERT(db->store == store);
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    DbRows rows = {0};
    Err e = db_one(db, &a, "store_check", DB_NO_VALUES, &rows);
    arena_clear(&a);
    return e ? store_fault(fault, ERR_IO, "%s", db->trouble) : ERR_OK;
}

StoreFigures store_figures(const Store *store)
{
    Store *s = (Store *)store; /* for the lock */
    pthread_mutex_lock(&s->lock);
    int queued = s->queued;
    pthread_mutex_unlock(&s->lock);
    return (StoreFigures){.commands = atomic_load(&s->commands),
        .commits = atomic_load(&s->commits),
        .failed = atomic_load(&s->failed),
        .repeated = atomic_load(&s->repeated),
        .queued = queued};
}
