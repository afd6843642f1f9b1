/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Bundles and tiles of a pass are fetched by a thread of its own, a window of them at a time, into one of two windows, while those of the other are
 * hashed. A window is free again when something behind it is asked for. All else is fetched when it is asked for.
 */
#include "net/fetch.h"
#include "record/source_own.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    AHEAD_MOST =
        512 *
        1024, /* a bundle above this, which no ordinary one is, is fetched when its turn comes: two windows of the largest would be gigabytes */
    WINDOW_TILES = 24,
    WINDOW_ASKED = 2 * WINDOW_TILES,
    TRIES = 4,
    FIRST_PAUSE_MS = 250,
    FILE_MS = 300000
};

typedef enum WindowState { WINDOW_FREE, WINDOW_FETCHING, WINDOW_READY } WindowState;

/* Bundle and level-0 tile, in turn, of `count` tiles from `first` on. */
typedef struct Window {
    WindowState state;
    int64_t first;
    int count;
    int width; /* of the last one */
    Arena arena;
    FetchRequest asked[WINDOW_ASKED];
    Fetched got[WINDOW_ASKED];
    Err errs[WINDOW_ASKED];
    Fault faults[WINDOW_ASKED];
} Window;

typedef struct Site {
    Fetcher *fetcher, *ahead_fetcher;
    Str place;
    pthread_t thread;
    bool has_thread;
    /* Under `lock`; a window that is WINDOW_FETCHING is the thread's alone, one that is WINDOW_READY the caller's. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    Window windows[2];
    int64_t size, next; /* leaves in all; the tile to be fetched next, -1: nothing was asked for yet */
    bool ending;
} Site;

/* ---- one request ---- */

static Str address_of(const Site *site, Arena *a, Str path)
{
    return str_format(a, "%.*s/%.*s", STR_ARG(site->place), STR_ARG(path));
}

static bool may_pass(Err e, int status)
{
    return e == ERR_IO || (!e && (status == 429 || status >= 500));
}

static void pause_ms(int64_t ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

NODISCARD static Err answered(Arena *a, Str url, const Fetched *got, Str *ret_bytes, Fault *fault)
{
    fault->file = url;
    if (got->status == 410) return fault_set(fault, ERR_MISSING, 0, 0, S("what the record names"), S("taken away"));
    if (got->status == 404) return fault_set(fault, ERR_MISSING, 0, 0, S("a part of the record"), S("no such thing there (404)"));
    if (got->status != 200) return fault_setf(fault, a, ERR_IO, "the site to answer, not with status %d", got->status);
    *ret_bytes = got->body;
    return ERR_OK;
}

/* What fails for the moment is tried again, a little later each time. */
NODISCARD static Err get(Site *site, Arena *a, Str url, size_t most, Str *ret_bytes, Fault *fault)
{
    FetchRequest request = {.url = url, .most = most, .all_ms = most > SOURCE_BUNDLE_MAX ? FILE_MS : 0};
    Fetched got = {0};
    Err e = ERR_IO;
    for (int i = 0; i < TRIES && may_pass(e, got.status); i++) {
        if (i) pause_ms(FIRST_PAUSE_MS << (i - 1));
        e = fetch(site->fetcher, a, &request, &got, fault);
    }
    return e ? e : answered(a, url, &got, ret_bytes, fault);
}

NODISCARD static Err get_part(RecordSource *source, Arena *a, Str path, size_t most, Str *ret_bytes, Fault *fault)
{
    Site *site = source->context;
    return get(site, a, address_of(site, a, path), most, ret_bytes, fault);
}

/* ---- windows ---- */

static int width_of(int64_t size, int64_t index)
{
    int64_t behind = size - index * TILE_WIDTH;
    return behind < TILE_WIDTH ? (int)behind : TILE_WIDTH;
}

/* The thread's: plan and fetch, without the lock. */
static void fill_window(const Site *site, Window *w, int64_t size)
{
    arena_recycle(&w->arena);
    memset(w->faults, 0, sizeof w->faults);
    for (int i = 0; i < WINDOW_ASKED && i < 2 * w->count; i++) {
        int level = i % 2 ? 0 : -1;
        int64_t index = w->first + i / 2;
        Str path = tile_path(&w->arena, level, index, width_of(size, index));
        w->asked[i] = (FetchRequest){.url = address_of(site, &w->arena, path), .most = level < 0 ? AHEAD_MOST : source_tile_most(level)};
    }
    fetch_all(site->ahead_fetcher, &w->arena, w->asked, 2 * w->count, w->errs, w->got, w->faults);
}

static Window *free_window(Site *site)
{
    for (int i = 0; i < COUNT_OF(site->windows); i++)
        if (site->windows[i].state == WINDOW_FREE) return &site->windows[i];
    return NULL;
}

static int64_t tiles_of(int64_t size)
{
    return (size + TILE_WIDTH - 1) / TILE_WIDTH;
}

static void *fetch_ahead(void *context)
{
    Site *site = context;
    pthread_mutex_lock(&site->lock);
    while (!site->ending) {
        Window *w = free_window(site);
        int64_t left = tiles_of(site->size) - site->next, size = site->size;
        if (!w || left <= 0 || site->next < 0) {
            pthread_cond_wait(&site->changed, &site->lock);
            continue;
        }
        w->state = WINDOW_FETCHING;
        w->first = site->next;
        w->count = left < WINDOW_TILES ? (int)left : WINDOW_TILES;
        w->width = width_of(size, w->first + w->count - 1);
        site->next += w->count;
        pthread_mutex_unlock(&site->lock);
        fill_window(site, w, size);
        pthread_mutex_lock(&site->lock);
        w->state = WINDOW_READY;
        pthread_cond_broadcast(&site->changed);
    }
    pthread_mutex_unlock(&site->lock);
    return NULL;
}

/* With the lock: what lies before `index` is done with. */
static void free_before(Site *site, int64_t index)
{
    for (int i = 0; i < COUNT_OF(site->windows); i++) {
        Window *w = &site->windows[i];
        if (w->state == WINDOW_READY && w->first + w->count <= index) w->state = WINDOW_FREE;
    }
    pthread_cond_broadcast(&site->changed);
}

static Window *window_with(Site *site, int64_t index)
{
    for (int i = 0; i < COUNT_OF(site->windows); i++) {
        Window *w = &site->windows[i];
        if (w->state != WINDOW_FREE && index >= w->first && index < w->first + w->count) return w;
    }
    return NULL;
}

/* The window that has the tile, when it is one of those that are asked for in order; else NULL. */
static const Window *await_window(Site *site, int64_t index)
{
    Window *w = NULL;
    pthread_mutex_lock(&site->lock);
    if (index < tiles_of(site->size)) {
        free_before(site, index);
        w = window_with(site, index);
        if (!w && index > site->next) {
            site->next = index;
            pthread_cond_broadcast(&site->changed);
        }
        while (!w && index >= site->next) {
            pthread_cond_wait(&site->changed, &site->lock);
            free_before(site, index);
            w = window_with(site, index);
        }
        while (w && w->state == WINDOW_FETCHING) pthread_cond_wait(&site->changed, &site->lock);
    }
    pthread_mutex_unlock(&site->lock);
    return w;
}

static bool in_window(Site *site, int level, int64_t index, int width, Arena *a, Str *ret_bytes)
{
    const Window *w = site->has_thread && level <= 0 ? await_window(site, index) : NULL;
    if (!w) return false;
    int at = (int)(index - w->first);
    int here = at == w->count - 1 ? w->width : TILE_WIDTH, slot = 2 * at + (level < 0 ? 0 : 1);
    if (width != here || w->errs[slot] || w->got[slot].status != 200) return false;
    *ret_bytes = str_copy(a, w->got[slot].body);
    return true;
}

/* ---- the source ---- */

NODISCARD static Err site_checkpoint(RecordSource *source, Arena *a, Str *ret_note, Fault *fault)
{
    return get_part(source, a, S("checkpoint"), NOTE_MAX, ret_note, fault);
}

NODISCARD static Err site_keys(RecordSource *source, Arena *a, Str *ret_text, Fault *fault)
{
    return get_part(source, a, S("keys"), SOURCE_KEYS_MAX, ret_text, fault);
}

NODISCARD static Err site_tile(RecordSource *source, Arena *a, int level, int64_t index, int width, Str *ret_bytes, Fault *fault)
{
    if (in_window(source->context, level, index, width, a, ret_bytes)) return ERR_OK;
    return get_part(source, a, tile_path(a, level, index, width), source_tile_most(level), ret_bytes, fault);
}

NODISCARD static Err site_file(RecordSource *source, Arena *a, const Sha256 *digest, int64_t size, Str *ret_bytes, Fault *fault)
{
    Str path = str_format(a, "side/%.*s", STR_ARG(sha256_hex(a, *digest)));
    Err e = get_part(source, a, path, (size_t)size, ret_bytes, fault);
    if (e != ERR_MISSING || fault->found.len == S("taken away").len) return e;
    Str gone;
    Fault none = {0};
    if (get_part(source, a, str_format(a, "%.*s.gone", STR_ARG(path)), NOTE_MAX, &gone, &none) == ERR_OK) fault->found = S("taken away");
    return e;
}

static void start_thread(Site *site)
{
    Fault fault = {0};
    if (fetcher_open(&site->ahead_fetcher, &fault)) return;
    site->has_thread = pthread_create(&site->thread, NULL, fetch_ahead, site) == 0;
}

static void site_ahead(RecordSource *source, int64_t size)
{
    Site *site = source->context;
    if (size && !site->has_thread) start_thread(site);
    pthread_mutex_lock(&site->lock);
    site->size = 0;
    for (int i = 0; i < COUNT_OF(site->windows); i++) {
        while (site->windows[i].state == WINDOW_FETCHING) pthread_cond_wait(&site->changed, &site->lock);
        site->windows[i].state = WINDOW_FREE;
    }
    site->size = size;
    site->next = -1;
    pthread_cond_broadcast(&site->changed);
    pthread_mutex_unlock(&site->lock);
}

static void site_close(RecordSource *source)
{
    Site *site = source->context;
    if (site->has_thread) {
        pthread_mutex_lock(&site->lock);
        site->ending = true;
        pthread_cond_broadcast(&site->changed);
        pthread_mutex_unlock(&site->lock);
        fetcher_stop(site->ahead_fetcher);
        pthread_join(site->thread, NULL);
    }
    fetcher_close(site->ahead_fetcher);
    fetcher_close(site->fetcher);
    for (int i = 0; i < COUNT_OF(site->windows); i++) arena_clear(&site->windows[i].arena);
    pthread_cond_destroy(&site->changed);
    pthread_mutex_destroy(&site->lock);
    free(site);
}

static const SourceOps site_ops = {
    .checkpoint = site_checkpoint,
    .keys = site_keys,
    .tile = site_tile,
    .file = site_file,
    .ahead = site_ahead,
    .close = site_close,
};

static Site *site_new(void)
{
    Site *site = calloc(1, sizeof *site);
    if (!site) out_of_memory(sizeof *site);
    pthread_mutex_init(&site->lock, NULL);
    pthread_cond_init(&site->changed, NULL);
    for (int i = 0; i < COUNT_OF(site->windows); i++) arena_init(&site->windows[i].arena, ARENA_LIMIT_DEFAULT);
    return site;
}

/* The address that people know is the site's; the record is below it. A copy may be served from anywhere: its checkpoint is right there. */
NODISCARD static Err find_prefix(Site *site, Arena *a, Str where, Fault *fault)
{
    Str note;
    Err e = ERR_MISSING;
    if (!str_ends(where, S("/record"))) {
        site->place = str_format(a, "%.*s/record", STR_ARG(where));
        e = get(site, a, address_of(site, a, S("checkpoint")), NOTE_MAX, &note, fault);
    }
    if (e != ERR_MISSING) return e;
    *fault = (Fault){0};
    site->place = where;
    e = get(site, a, address_of(site, a, S("checkpoint")), NOTE_MAX, &note, fault);
    if (e != ERR_MISSING) return e;
    fault->file = where;
    return fault_set(fault, e, 0, 0, S("no record is there: give the site's address, or that of its /record"), (Str){0});
}

Err source_open_site(Arena *a, Str where, RecordSource **ret_source, Fault *fault)
{
    Site *site = site_new();
    RecordSource *source = source_new(a, &site_ops, where, (Str){0});
    source->context = site;
    source->is_site = true;
    Err e = fetcher_open(&site->fetcher, fault);
    if (!e) e = find_prefix(site, a, source->name, fault);
    if (e) {
        site_close(source);
        return e;
    }
    source->place = site->place;
    *ret_source = source;
    return ERR_OK;
}
