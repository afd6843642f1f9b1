/* topics.c: versions of things that change, events for whoever follows them, and the thread that tells.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What a batch announces is kept until all its commands have run, then written in the order of the topics: one row of `topic` for each, however many
 * events it got. In SQLite events have one order over all topics, the rowid; the listener reads on from the last it told, woken by our own commits
 * and, four times a second, by those of other processes. In PostgreSQL a notification names the topic and its new versions.
 */
#include "db/store.h"

#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMO_ENTRIES = 256, LOOK_EVERY_MS = 250, OVERLAP_MS = 60 * 1000 };

static uint32_t topic_hash(Str topic)
{
    uint32_t h = 0x811c9dc5u; /* FNV-1a */
    for (size_t i = 0; i < topic.len; i++) h = (h ^ (unsigned char)topic.ptr[i]) * 0x01000193u;
    return h ^ (h >> 15);
}

/* ---- what a batch announces ---- */

typedef struct Announcement {
    size_t topic_at, data_at, end; /* in `words` */
    int64_t now;
} Announcement;

struct Announced {
    Announcement *list;
    int count, room;
    char *words;
    size_t words_room;
};

Announced *announced_new(void)
{
    Announced *list = calloc(1, sizeof *list);
    if (!list) out_of_memory(sizeof *list);
    return list;
}

void announced_free(Announced *list)
{
    free(list->list);
    free(list->words);
    free(list);
}

int announced_count(const Announced *list)
{
    return list->count;
}

void announced_cut(Announced *list, int count)
{
    ASSERT(count <= list->count);
    list->count = count;
}

static size_t words_end(const Announced *list)
{
    return list->count ? list->list[list->count - 1].end : 0;
}

static void *grown(void *old, size_t size)
{
    void *bigger = realloc(old, size);
    if (!bigger) out_of_memory(size);
    return bigger;
}

static void announced_add(Announced *list, Str topic, Str data, int64_t now)
{
    size_t at = words_end(list), end = at + topic.len + data.len;
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 64;
        list->list = grown(list->list, (size_t)list->room * sizeof *list->list);
    }
    if (end > list->words_room) {
        list->words_room = end * 2 + 4096;
        list->words = grown(list->words, list->words_room);
    }
    memcpy(list->words + at, topic.ptr, topic.len);
    if (data.len) memcpy(list->words + at + topic.len, data.ptr, data.len);
    list->list[list->count++] = (Announcement){.topic_at = at, .data_at = at + topic.len, .end = end, .now = now};
}

static Str topic_of(const Announced *list, int i)
{
    const Announcement *n = &list->list[i];
    return (Str){list->words + n->topic_at, n->data_at - n->topic_at};
}

static Str data_of(const Announced *list, int i)
{
    const Announcement *n = &list->list[i];
    return (Str){list->words + n->data_at, n->end - n->data_at};
}

Err db_announce(Db *db, Str topic, Str data, int64_t now)
{
    ASSERT(db->in_command && topic.len > 0);
    if (topic.len > TOPIC_MAX || data.len > TOPIC_DATA_MAX) return db_trouble_set(db, ERR_LIMIT, "an announcement is too long");
    if (!door_is_text(topic) || !door_is_text(data))
        return db_trouble_set(db, ERR_INPUT, "an announcement is not UTF-8, or holds a zero byte");
    announced_add(db->announced, topic, data, now);
    return ERR_OK;
}

/* ---- writing it ---- */

static int by_topic_then_order(const void *x, const void *y, void *context)
{
    const Announced *list = context;
    int i = *(const int *)x, k = *(const int *)y;
    int c = str_compare(topic_of(list, i), topic_of(list, k));
    return c ? c : i - k;
}

/* Where in `order` each topic begins; the end stands behind the last. */
static int group(const Announced *list, Arena *a, int *order, int **ret_begins)
{
    int *begins = arena_new(a, int, (size_t)list->count + 1), count = 0;
    for (int i = 0; i < list->count; i++) order[i] = i;
    qsort_r(order, (size_t)list->count, sizeof *order, by_topic_then_order, (void *)list);
    for (int i = 0; i < list->count; i++)
        if (i == 0 || !str_equal(topic_of(list, order[i]), topic_of(list, order[i - 1]))) begins[count++] = i;
    begins[count] = list->count;
    *ret_begins = begins;
    return count;
}

static Err write_events(Db *db, const Announced *list, const int *order, int count, int64_t before)
{
    for (int i = 0; i < count; i++) {
        Str topic = topic_of(list, order[i]);
        Err e = door_run(db, "topic_event_add",
            DB_VALUES(db_string(topic), db_number(before + i + 1), db_string(data_of(list, order[i])), db_number(list->list[order[i]].now)),
            NULL);
        if (e) return e;
    }
    return ERR_OK;
}

static Err tell(Db *db, Arena *a, Str topic, int64_t first, int64_t last)
{
    if (!db->ops->wait_events) return ERR_OK;
    Str words = str_format(a, "%lld %lld %.*s", (long long)first, (long long)last, STR_ARG(topic));
    return door_run(db, "topic_tell", DB_VALUES(db_string(words)), NULL);
}

static Err write_topic(Db *db, Arena *a, const Announced *list, const int *order, int count, int64_t before)
{
    Str topic = topic_of(list, order[0]);
    Err e = write_events(db, list, order, count, before);
    if (!e) e = door_run(db, "topic_set", DB_VALUES(db_string(topic), db_number(before + count)), NULL);
    if (!e && before + count > TOPIC_KEPT)
        e = door_run(db, "topic_trim", DB_VALUES(db_string(topic), db_number(before + count - TOPIC_KEPT)), NULL);
    return e ? e : tell(db, a, topic, before + 1, before + count);
}

Err announced_write(Db *db, Arena *a, Announced *list)
{
    if (list->count == 0) return ERR_OK;
    int *order = arena_new(a, int, (size_t)list->count), *begins = NULL;
    int topics = group(list, a, order, &begins);
    DbValue *names = arena_new(a, DbValue, (size_t)topics);
    for (int t = 0; t < topics; t++) names[t] = db_string(topic_of(list, order[begins[t]]));
    DbRows *locked = arena_new(a, DbRows, (size_t)topics);
    Err e = door_query_each(db, a, "topic_lock", names, topics, locked);
    for (int t = 0; !e && t < topics; t++) {
        ASSERT(db_next(&locked[t]));
        e = write_topic(db, a, list, order + begins[t], begins[t + 1] - begins[t], db_i64(&locked[t], "version"));
    }
    return e;
}

/* ---- versions ---- */

typedef struct MemoEntry {
    char topic[TOPIC_MAX];
    size_t len;      /* 0: nothing here */
    int64_t number;  /* the connection's change number when it was read */
    uint32_t raised; /* the slot's count before it was read */
    int64_t version;
} MemoEntry;

struct TopicMemo {
    MemoEntry entries[MEMO_ENTRIES];
};

void memo_forget(Db *db)
{
    free(db->memo);
    db->memo = NULL;
}

/* Commits of this connection do not count as changes for it, and a PostgreSQL snapshot is older than what was announced since. */
static bool may_remember(const Db *db)
{
    if (db->in_command) return false;
    return !db->ops->wait_events || (!db->in_snapshot && atomic_load(&db->store->hearing));
}

static Err read_version(Db *db, Str topic, int64_t *ret_version)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    DbRows rows = {0};
    Err e = db_one(db, &a, "topic_version", DB_VALUES(db_string(topic)), &rows);
    if (!e) *ret_version = db_i64(&rows, "version");
    if (e == ERR_MISSING) *ret_version = 0;
    arena_clear(&a);
    return e == ERR_MISSING ? ERR_OK : e;
}

static MemoEntry *memo_entry(Db *db, uint32_t hash)
{
    if (!db->memo) db->memo = calloc(1, sizeof *db->memo);
    if (!db->memo) out_of_memory(sizeof *db->memo);
    return &db->memo->entries[hash % MEMO_ENTRIES];
}

Err store_topic_version(Store *store, Db *db, Str topic, int64_t *ret_version)
{
    if (topic.len == 0 || topic.len > TOPIC_MAX) return *ret_version = 0, ERR_OK;
    Err e = door_ready(db);
    if (e) return e;
    if (!may_remember(db)) return read_version(db, topic, ret_version);
    uint32_t hash = topic_hash(topic), raised = atomic_load(&store->raised[hash % TOPIC_SLOTS]);
    int64_t number = 0;
    e = db->ops->change_number(db->inner, &number);
    if (e) return db_trouble_set(db, e, "%s", db->inner->trouble);
    MemoEntry *m = memo_entry(db, hash);
    bool same = m->len == topic.len && memcmp(m->topic, topic.ptr, topic.len) == 0;
    /* SQLite's number tells of every commit of anybody; what `raised` tells would come a moment later. */
    bool holds = db->ops->wait_events ? m->raised == raised : m->number == number;
    if (same && holds) return *ret_version = m->version, ERR_OK;
    int64_t version = 0;
    e = read_version(db, topic, &version);
    if (e) return e;
    *m = (MemoEntry){.len = topic.len, .number = number, .raised = raised, .version = version};
    memcpy(m->topic, topic.ptr, topic.len);
    *ret_version = version;
    return ERR_OK;
}

/* ---- events that a follower missed ---- */

Err db_events_after(Db *db, Arena *a, Str topic, int64_t version, TopicEvent **ret_events, int *ret_count, bool *ret_gap)
{
    DbRows rows = {0};
    Err e = db_query(db, a, "topic_events_after", DB_VALUES(db_string(topic), db_number(version)), &rows);
    if (e) return e;
    TopicEvent *events = arena_new(a, TopicEvent, (size_t)rows.count);
    Str kept_topic = str_copy(a, topic);
    while (db_next(&rows)) events[rows.at] = (TopicEvent){kept_topic, db_i64(&rows, "version"), db_text(&rows, "data")};
    /* The newest event is always kept, so a topic with a version has one; a reader who is ahead of it comes from another store. */
    bool gap = rows.count && events[0].version != version + 1;
    if (!rows.count && version != 0) {
        int64_t now = 0;
        e = read_version(db, topic, &now);
        if (e) return e;
        gap = now < version;
    }
    *ret_events = events;
    *ret_count = rows.count;
    *ret_gap = gap;
    return ERR_OK;
}

/* ---- the listener ---- */

struct Listener {
    Store *store;
    void (*heard)(void *context, const TopicEvent *event);
    void *context;
    Db *db; /* NULL until the store could be reached */
    pthread_t thread;
    pthread_cond_t wake;
    bool told, over; /* under store->listener_lock */
    int64_t place;   /* topic_place; -1: not known yet */
    int64_t number;  /* SQLite: the change number at the last look */
};

static bool listener_open(Listener *l)
{
    Fault fault = {0};
    if (!l->db && door_open(l->store, &l->db, &fault)) return false;
    return door_ready(l->db) == ERR_OK;
}

static Err read_place(Listener *l)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    DbRows rows = {0};
    Err e = db_one(l->db, &a, "topic_place", DB_NO_VALUES, &rows);
    if (!e) l->place = db_i64(&rows, "place");
    arena_clear(&a);
    return e;
}

static void tell_rows(Listener *l, DbRows *rows)
{
    while (db_next(rows)) {
        TopicEvent event = {db_text(rows, "topic"), db_i64(rows, "version"), db_text(rows, "data")};
        int64_t place = db_i64(rows, "place");
        if (place > l->place) l->place = place;
        l->heard(l->context, &event);
    }
}

/* Tell all events behind `place`; how many there were, or -1. */
static int tell_since(Listener *l, int64_t place)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    DbRows rows = {0};
    Err e = db_query(l->db, &a, "topic_events_since", DB_VALUES(db_number(place)), &rows);
    if (!e) tell_rows(l, &rows);
    arena_clear(&a);
    return e ? -1 : rows.count;
}

/* ---- the listener on SQLite ---- */

/* Wait for our own commits, or until it is time to look for others'. True when it is over. */
static bool wait_told(Listener *l, bool *ret_told)
{
    struct timespec until = clock_in(LOOK_EVERY_MS);
    pthread_mutex_lock(&l->store->listener_lock);
    int code = 0;
    while (!l->told && !l->over && code != ETIMEDOUT) code = pthread_cond_timedwait(&l->wake, &l->store->listener_lock, &until);
    *ret_told = l->told;
    l->told = false;
    bool over = l->over;
    pthread_mutex_unlock(&l->store->listener_lock);
    return over;
}

static void look_again(Listener *l, bool told)
{
    if (!listener_open(l)) return;
    int64_t number = 0;
    if (l->db->ops->change_number(l->db->inner, &number)) return;
    if (!told && number == l->number) return;
    if (l->place < 0 && read_place(l)) return;
    int count;
    while ((count = tell_since(l, l->place)) > 0) {
    }
    if (count == 0) l->number = number; /* not after a failure: the next look reads again */
}

static void *listen_sqlite(void *context)
{
    Listener *l = context;
    bool told = false, over;
    do {
        over = wait_told(l, &told);
        look_again(l, told || over);
    } while (!over);
    return NULL;
}

/* ---- the listener on PostgreSQL ---- */

typedef struct Payloads {
    Arena arena;
    Str *list;
    int count, room;
} Payloads;

static void keep_payload(void *context, Str payload)
{
    Payloads *p = context;
    if (p->count == p->room) {
        int room = p->room ? p->room * 2 : 16;
        p->list = arena_grow(&p->arena, Str, p->list, (size_t)p->count, (size_t)room);
        p->room = room;
    }
    p->list[p->count++] = str_copy(&p->arena, payload);
}

/* "FIRST LAST TOPIC" */
static Err tell_payload(Listener *l, Arena *a, Str payload)
{
    Str first_text, last_text, topic;
    int64_t first = 0, last = 0;
    if (!str_cut(payload, ' ', &first_text, &payload) || !str_cut(payload, ' ', &last_text, &topic)) return ERR_OK;
    if (!str_to_i64(first_text, &first) || !str_to_i64(last_text, &last)) return ERR_OK;
    atomic_fetch_add(&l->store->raised[topic_hash(topic) % TOPIC_SLOTS], 1);
    DbRows rows = {0};
    Err e = db_query(l->db, a, "topic_events_between", DB_VALUES(db_string(topic), db_number(first), db_number(last)), &rows);
    if (!e) tell_rows(l, &rows);
    return e;
}

static Err hear(Listener *l, int timeout_ms)
{
    Payloads p = {0};
    arena_init(&p.arena, ARENA_LIMIT_DEFAULT);
    Err e = l->db->ops->wait_events(l->db->inner, timeout_ms, keep_payload, &p);
    for (int i = 0; !e && i < p.count; i++) e = tell_payload(l, &p.arena, p.list[i]);
    arena_clear(&p.arena);
    return e;
}

/* A connection that hears. What was read before it did may be old by now. */
static bool hearing_again(Listener *l)
{
    if (!listener_open(l) || hear(l, 0)) return false;
    for (int i = 0; i < TOPIC_SLOTS; i++) atomic_fetch_add(&l->store->raised[i], 1);
    atomic_store(&l->store->hearing, true);
    if (l->place < 0) return read_place(l) == ERR_OK;
    return tell_since(l, l->place - OVERLAP_MS) >= 0;
}

static bool is_over(Listener *l)
{
    pthread_mutex_lock(&l->store->listener_lock);
    bool over = l->over;
    pthread_mutex_unlock(&l->store->listener_lock);
    return over;
}

static void *listen_postgres(void *context)
{
    Listener *l = context;
    bool hears = atomic_load(&l->store->hearing), told = false;
    while (!is_over(l)) {
        if (!hears) hears = hearing_again(l);
        if (hears) hears = hear(l, LOOK_EVERY_MS) == ERR_OK;
        else wait_told(l, &told);
        if (!hears) atomic_store(&l->store->hearing, false);
    }
    return NULL;
}

/* ---- beginning and end ---- */

void store_listen(Store *store, void (*heard)(void *context, const TopicEvent *event), void *context)
{
    if (!heard) {
        listener_stop(store);
        return;
    }
    ASSERT(!store->listener);
    Listener *l = calloc(1, sizeof *l);
    if (!l) out_of_memory(sizeof *l);
    *l = (Listener){.store = store, .heard = heard, .context = context, .place = -1};
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &clock);
    pthread_condattr_destroy(&clock);
    /* Here, not on the thread: what is committed after the return is heard. */
    bool notified = store->ops->wait_events != NULL;
    if (notified) (void)hearing_again(l);
    else if (listener_open(l)) (void)read_place(l);
    pthread_mutex_lock(&store->listener_lock);
    store->listener = l;
    pthread_mutex_unlock(&store->listener_lock);
    l->thread = store_thread("store-listener", notified ? listen_postgres : listen_sqlite, l);
}

void announced_told(Store *store, const Announced *list)
{
    for (int i = 0; i < list->count; i++) atomic_fetch_add(&store->raised[topic_hash(topic_of(list, i)) % TOPIC_SLOTS], 1);
    if (list->count == 0) return;
    pthread_mutex_lock(&store->listener_lock);
    if (store->listener) {
        store->listener->told = true;
        pthread_cond_signal(&store->listener->wake);
    }
    pthread_mutex_unlock(&store->listener_lock);
}

void listener_stop(Store *store)
{
    Listener *l = store->listener;
    if (!l) return;
    pthread_mutex_lock(&store->listener_lock);
    store->listener = NULL; /* a commit that comes now has nobody to tell */
    l->over = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&store->listener_lock);
    pthread_join(l->thread, NULL);
    atomic_store(&store->hearing, false); /* nobody tells now what other processes announce */
    pthread_cond_destroy(&l->wake);
    door_close(l->db);
    free(l);
}
