/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * How nothing is lost or doubled: a stream is entered with its topics first; then what the cursor lacks is read from the store (a replay), on the loop,
 * or on a worker when the store is across a network. What is announced meanwhile is only noted (`again`), and read by another replay. From then
 * on an event is sent when its version is one more than the last; an older one is dropped, and when one is missing a replay brings it.
 *
 * How it scales: an event's text is made once for all loops and streams (Words, counted); only the `id:` line differs, because it holds the
 * versions of all topics of a stream, and is written straight into libmicrohttpd's buffer. A stream that waits holds no buffer of ours.
 */
#include "http/serving.h"

#include "core/clock.h"
#include "core/view.h"
#include "http/metrics.h"

#include <netinet/tcp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    BEHIND_MOST = 256 * 1024, /* bytes that may wait for one reader; docs/live.md */
    TAIL_MOST = CURSOR_MOST + 8,
    TOPIC_BUCKETS = 1024,
    WAKE_AT_ONCE = 1024,
    RETRY_MS = 2000,
    RETRY_SPREAD_MS = 3000
};

/* Text of an event, shared by all who get it. `with_id`: an "id:" line and an empty line follow it. */
typedef struct Words {
    atomic_int references;
    bool with_id;
    size_t len;
    char text[];
} Words;

typedef struct Topic Topic;
typedef struct Follower Follower;

struct Topic {
    Topic *next;
    CursorTag tag;
    Follower *followers;
    size_t len;
    char name[];
};

/* One topic of one stream. Versions: -1 is unknown. */
struct Follower {
    Follower *previous, *next;
    Topic *topic;
    Stream *stream;
    int64_t queued; /* the last one that was queued, or that the reader had when she came */
    int64_t sent;   /* the last one of which the text went out: for the cursor */
};

typedef struct Piece {
    Words *words;
    Follower *follower; /* whose `sent` becomes `version`, or NULL */
    int64_t version;
} Piece;

typedef struct Replay Replay;

struct Stream {
    Loop *loop;
    Connection *connection;
    Stream *wake_previous, *wake_next;
    bool to_wake, suspended, cut, ending;
    bool opened;  /* it has been told where it begins */
    bool again;   /* something was announced during the replay */
    bool counted; /* by the address */
    Address client;
    int64_t next_beat;
    Replay *replay; /* under way */
    Piece *pieces;  /* [first .. first + count) of room wait */
    int first, count, room;
    size_t offset;  /* of the first piece, already out */
    size_t waiting; /* bytes, about */
    int topic_count;
    Follower topics[];
};

struct StreamTable {
    Topic *buckets[TOPIC_BUCKETS];
    Stream *to_wake;
    Words *beat;
};

/* ---- words ---- */

static Words *words_new(Str text, bool with_id)
{
    Words *words = malloc(sizeof *words + text.len);
    if (!words) out_of_memory(text.len);
    atomic_init(&words->references, 1);
    words->with_id = with_id;
    words->len = text.len;
    if (text.len) memcpy(words->text, text.ptr, text.len);
    return words;
}

static Words *words_hold(Words *words)
{
    atomic_fetch_add_explicit(&words->references, 1, memory_order_relaxed);
    return words;
}

static void words_drop(Words *words)
{
    if (atomic_fetch_sub_explicit(&words->references, 1, memory_order_acq_rel) == 1) free(words);
}

/* Line ends between the values of a JSON text would end the line of the event. Inside strings JSON has none. */
static void add_on_one_line(Buf *b, Str json)
{
    for (size_t i = 0; i < json.len; i++) buf_byte(b, json.ptr[i] == '\n' || json.ptr[i] == '\r' ? ' ' : json.ptr[i]);
}

static Words *words_of(Str event, Str topic, int64_t version, const Str *data)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    View *view = view_object(&a);
    view_put_str(view, S("topic"), topic);
    view_put_i64(view, S("version"), version);
    Buf json = buf_new(&a), b = buf_new(&a);
    view_json(view, &json, false);
    Str text = str_slice(buf_done(&json), 0, str_find(buf_done(&json), '\n'));
    if (event.len) buf_format(&b, "event: %.*s\n", STR_ARG(event));
    buf_str(&b, S("data: "));
    buf_str(&b, str_slice(text, 0, text.len - (data ? 1 : 0)));
    if (data) {
        buf_str(&b, S(", \"data\": "));
        add_on_one_line(&b, data->len ? *data : S("null"));
        buf_byte(&b, '}');
    }
    buf_byte(&b, '\n');
    Words *words = words_new(buf_done(&b), true);
    arena_clear(&a);
    return words;
}

/* ---- topics ---- */

static unsigned bucket_of(CursorTag tag)
{
    unsigned hash = 0;
    for (int i = 0; i < CURSOR_TAG; i++) hash = hash * 31 + (unsigned char)tag.digits[i];
    return hash % TOPIC_BUCKETS;
}

static Topic *find_topic(const StreamTable *table, Str name, CursorTag tag)
{
    Topic *topic = table->buckets[bucket_of(tag)];
    while (topic && !str_equal((Str){topic->name, topic->len}, name)) topic = topic->next;
    return topic;
}

static Topic *add_topic(StreamTable *table, Str name)
{
    CursorTag tag = cursor_tag(name);
    Topic *topic = find_topic(table, name, tag);
    if (topic) return topic;
    topic = malloc(sizeof *topic + name.len);
    if (!topic) out_of_memory(name.len);
    Topic **bucket = &table->buckets[bucket_of(tag)];
    *topic = (Topic){.next = *bucket, .tag = tag, .len = name.len};
    if (name.len) memcpy(topic->name, name.ptr, name.len);
    *bucket = topic;
    return topic;
}

static void drop_topic(StreamTable *table, Topic *topic)
{
    Topic **place = &table->buckets[bucket_of(topic->tag)];
    while (*place != topic) place = &(*place)->next;
    *place = topic->next;
    free(topic);
}

static void follow(Follower *follower, Stream *stream, Str name, int64_t after)
{
    Topic *topic = add_topic(stream->loop->streams, name);
    *follower = (Follower){.next = topic->followers, .topic = topic, .stream = stream, .queued = after, .sent = after};
    if (topic->followers) topic->followers->previous = follower;
    topic->followers = follower;
}

static void unfollow(Follower *follower)
{
    Topic *topic = follower->topic;
    if (follower->previous) follower->previous->next = follower->next;
    else topic->followers = follower->next;
    if (follower->next) follower->next->previous = follower->previous;
    if (!topic->followers) drop_topic(follower->stream->loop->streams, topic);
}

StreamTable *streams_new(void)
{
    StreamTable *table = calloc(1, sizeof *table);
    if (!table) out_of_memory(sizeof *table);
    table->beat = words_new(S(":\n\n"), false);
    return table;
}

void streams_free(StreamTable *table)
{
    if (!table) return;
    words_drop(table->beat);
    free(table);
}

/* ---- what waits for one reader ---- */

static void wake(Stream *stream)
{
    StreamTable *table = stream->loop->streams;
    if (!stream->suspended || stream->to_wake) return;
    stream->to_wake = true;
    stream->wake_previous = NULL;
    stream->wake_next = table->to_wake;
    if (table->to_wake) table->to_wake->wake_previous = stream;
    table->to_wake = stream;
}

static void unlist(Stream *stream)
{
    if (!stream->to_wake) return;
    stream->to_wake = false;
    if (stream->wake_previous) stream->wake_previous->wake_next = stream->wake_next;
    else stream->loop->streams->to_wake = stream->wake_next;
    if (stream->wake_next) stream->wake_next->wake_previous = stream->wake_previous;
}

void stream_cut(Stream *stream)
{
    stream->cut = true;
    connection_cut(stream->connection);
    wake(stream);
}

/* At the end of the pieces there is room for one more. */
static void make_room(Stream *stream)
{
    if (stream->first + stream->count < stream->room) return;
    if (stream->first) {
        memmove(stream->pieces, stream->pieces + stream->first, (size_t)stream->count * sizeof *stream->pieces);
        stream->first = 0;
        return;
    }
    int room = stream->room ? stream->room * 2 : 2;
    Piece *pieces = realloc(stream->pieces, (size_t)room * sizeof *pieces);
    if (!pieces) out_of_memory((size_t)room * sizeof *pieces);
    stream->pieces = pieces;
    stream->room = room;
}

/* Takes over one reference to `words`. */
static void queue(Stream *stream, Words *words, Follower *follower, int64_t version)
{
    if (follower) follower->queued = version;
    make_room(stream);
    stream->pieces[stream->first + stream->count++] = (Piece){words, follower, version};
    stream->waiting += words->len;
    if (stream->waiting > BEHIND_MOST) stream_cut(stream);
    wake(stream);
}

static void drop_first(Stream *stream)
{
    Words *words = stream->pieces[stream->first++].words;
    stream->waiting -= words->len;
    stream->offset = 0;
    if (--stream->count == 0) {
        free(stream->pieces);
        stream->pieces = NULL;
        stream->first = stream->room = 0;
    }
    words_drop(words);
}

/* "id: CURSOR" and the empty line that ends an event. */
static size_t write_tail(const Stream *stream, char *out)
{
    CursorTag tags[STREAM_TOPICS_MAX];
    int64_t versions[STREAM_TOPICS_MAX];
    for (int i = 0; i < stream->topic_count; i++) {
        tags[i] = stream->topics[i].topic->tag;
        versions[i] = stream->topics[i].sent;
    }
    static const char before[] = {'i', 'd', ':', ' '}, after[] = {'\n', '\n'};
    memcpy(out, before, sizeof before);
    size_t n = sizeof before + cursor_write(tags, versions, stream->topic_count, out + sizeof before);
    memcpy(out + n, after, sizeof after);
    return n + sizeof after;
}

static size_t copy_part(Str part, size_t *offset, char *out, size_t room)
{
    size_t n = 0;
    if (*offset < part.len) {
        n = part.len - *offset < room ? part.len - *offset : room;
        memcpy(out, part.ptr + *offset, n);
        *offset += n;
    }
    return n;
}

/* As much of the first piece as there is room for. True when all of it is out. */
static bool write_first(Stream *stream, char *out, size_t room, size_t *ret_written)
{
    const Piece *piece = &stream->pieces[stream->first];
    const Words *words = piece->words;
    char tail[TAIL_MOST];
    if (piece->follower) piece->follower->sent = piece->version;
    size_t tail_len = words->with_id ? write_tail(stream, tail) : 0;
    size_t n = copy_part((Str){words->text, words->len}, &stream->offset, out, room);
    if (stream->offset >= words->len) {
        size_t in_tail = stream->offset - words->len;
        n += copy_part((Str){tail, tail_len}, &in_tail, out + n, room - n);
        stream->offset = words->len + in_tail;
    }
    *ret_written = n;
    return stream->offset == words->len + tail_len;
}

/* libmicrohttpd's reader: fill `out`, or wait suspended until something comes. */
static ssize_t read_stream(void *context, uint64_t position, char *out, size_t room)
{
    Stream *stream = context;
    size_t n = 0;
    (void)position;
    if (stream->cut) return MHD_CONTENT_READER_END_WITH_ERROR;
    while (stream->count && n < room) {
        size_t written;
        bool whole = write_first(stream, out + n, room - n, &written);
        n += written;
        if (!whole) break;
        if (stream->pieces[stream->first].follower) metric_add(METRIC_STREAM_EVENTS, 1);
        drop_first(stream);
    }
    if (n) return (ssize_t)n;
    if (stream->ending) return MHD_CONTENT_READER_END_OF_STREAM;
    stream->suspended = true;
    connection_suspend(stream->connection);
    return 0;
}

struct MHD_Response *stream_response(Stream *stream)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, read_stream, stream, NULL);
}

/* ---- replay ---- */

typedef struct Missed {
    Str topic;
    int64_t after;
    int64_t version; /* that holds now; set when after is -1 or there is a gap */
    TopicEvent *events;
    int count;
    bool gap;
} Missed;

struct Replay {
    Task task;
    Loop *loop;
    Stream *stream; /* NULL: it was closed meanwhile */
    Arena arena;
    Err err;
    int topic_count;
    Missed missed[];
};

static size_t bytes_of(const Missed *missed)
{
    size_t n = 0;
    for (int i = 0; i < missed->count; i++) n += missed->events[i].data.len + missed->topic.len + TAIL_MOST;
    return n;
}

static Err read_missed(Replay *replay, Db *db, Missed *missed)
{
    Store *store = replay->loop->server->store;
    if (missed->after >= 0) {
        Err err = db_events_after(db, &replay->arena, missed->topic, missed->after, &missed->events, &missed->count, &missed->gap);
        if (err) return err;
        missed->gap |= bytes_of(missed) > BEHIND_MOST / 2;
        if (!missed->gap) return ERR_OK;
    }
    return store_topic_version(store, db, missed->topic, &missed->version);
}

static void read_replay(Replay *replay, Reader *reader)
{
    Db *db = reader_get(reader);
    replay->err = db ? ERR_OK : ERR_IO;
    for (int i = 0; i < replay->topic_count && !replay->err; i++) replay->err = read_missed(replay, db, &replay->missed[i]);
    if (replay->err) reader->doubtful = true;
}

static void free_replay(Replay *replay)
{
    arena_clear(&replay->arena);
    free(replay);
}

static void start_replay(Stream *stream);

static void tell_missed(Stream *stream, Follower *follower, const Missed *missed)
{
    if (missed->gap) {
        queue(stream, words_of(S("reset"), missed->topic, missed->version, NULL), follower, missed->version);
        return;
    }
    if (missed->after < 0) follower->queued = follower->sent = missed->version;
    for (int i = 0; i < missed->count; i++) {
        const TopicEvent *event = &missed->events[i];
        if (event->version > follower->queued)
            queue(stream, words_of((Str){0}, missed->topic, event->version, &event->data), follower, event->version);
    }
}

/* On the loop. A stream whose topics cannot be read ends: the browser comes back. */
static void apply_replay(Replay *replay)
{
    Stream *stream = replay->stream;
    if (stream) {
        stream->replay = NULL;
        if (replay->err) stream_end(stream);
        for (int i = 0; i < replay->topic_count && !replay->err; i++) tell_missed(stream, &stream->topics[i], &replay->missed[i]);
        if (!stream->opened && !stream->ending) {
            stream->opened = true;
            queue(stream, words_new((Str){0}, true), NULL, 0);
        }
        if (stream->again && !stream->ending) start_replay(stream);
    }
    free_replay(replay);
}

static void replay_came_back(Task *task, Reader *reader)
{
    Replay *replay = (Replay *)task;
    (void)reader;
    replay->loop->outstanding--;
    apply_replay(replay);
}

static void replay_on_worker(Task *task, Reader *reader)
{
    Replay *replay = (Replay *)task;
    read_replay(replay, reader);
    replay->task.run = replay_came_back;
    loop_post(replay->loop, &replay->task);
}

static Replay *replay_new(Stream *stream)
{
    size_t size = sizeof(Replay) + (size_t)stream->topic_count * sizeof(Missed);
    Replay *replay = calloc(1, size);
    if (!replay) out_of_memory(size);
    replay->loop = stream->loop;
    replay->stream = stream;
    replay->topic_count = stream->topic_count;
    arena_init(&replay->arena, ARENA_LIMIT_DEFAULT);
    for (int i = 0; i < stream->topic_count; i++) {
        const Follower *follower = &stream->topics[i];
        replay->missed[i] = (Missed){
            .topic = str_copy(&replay->arena, (Str){follower->topic->name, follower->topic->len}), .after = follower->queued};
    }
    return replay;
}

static void start_replay(Stream *stream)
{
    Loop *loop = stream->loop;
    Replay *replay = replay_new(stream);
    stream->again = false;
    stream->replay = replay;
    if (store_engine(loop->server->store) == ENGINE_POSTGRES) {
        replay->task.run = replay_on_worker;
        loop->outstanding++;
        if (workers_submit(loop->server->workers, &replay->task, true)) return;
        loop->outstanding--;
    }
    read_replay(replay, &loop->reader);
    apply_replay(replay);
}

/* ---- opening and closing ---- */

static bool is_counted(const Call *call)
{
    return !call->ex.local || call->connection->loop->server->options.count_local;
}

static bool follows(const Stream *stream, Str topic)
{
    for (int i = 0; i < stream->topic_count; i++)
        if (str_equal((Str){stream->topics[i].topic->name, stream->topics[i].topic->len}, topic)) return true;
    return false;
}

static Stream *stream_new(Call *call, bool counted)
{
    const StreamStart *start = call->ex.stream;
    size_t size = sizeof(Stream) + (size_t)start->topic_count * sizeof(Follower);
    Stream *stream = calloc(1, size);
    if (!stream) out_of_memory(size);
    Loop *loop = call->connection->loop;
    *stream = (Stream){.loop = loop, .connection = call->connection, .counted = counted, .client = call->ex.client};
    stream->next_beat = clock_ms() + loop->server->options.heartbeat_ms;
    for (int i = 0; i < start->topic_count; i++)
        if (!follows(stream, start->topics[i])) follow(&stream->topics[stream->topic_count++], stream, start->topics[i], start->after[i]);
    return stream;
}

static void tell_when_to_retry(Stream *stream)
{
    char line[32];
    int n = snprintf(line, sizeof line, "retry: %d\n\n", RETRY_MS + (int)randombytes_uniform(RETRY_SPREAD_MS));
    queue(stream, words_new((Str){line, (size_t)n}, false), NULL, 0);
}

Stream *stream_open(Call *call)
{
    Loop *loop = call->connection->loop;
    Server *server = loop->server;
    ASSERT(call->ex.stream && call->ex.stream->topic_count <= STREAM_TOPICS_MAX);
    bool counted = is_counted(call);
    if (counted && !headcount_enter(server->heads, &call->ex.client, HEAD_STREAM, server->options.streams_per_address)) {
        call_refuse(call, 429, S("too many live pages are open at this address"));
        return NULL;
    }
    atomic_fetch_add(&server->streams, 1); /* before the store is read: streams_heard looks at it after the commit */
    gauge_add(GAUGE_STREAMS, 1);
    metric_add(METRIC_STREAMS, 1);
    Stream *stream = stream_new(call, counted);
    call->connection->stream = stream;
    /* A reader who went without a word is found by the heartbeats, once her system has not answered for so long. */
    setsockopt(call->connection->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &server->options.answer_ms, sizeof server->options.answer_ms);
    tell_when_to_retry(stream);
    start_replay(stream);
    return stream;
}

void stream_close(Stream *stream)
{
    Server *server = stream->loop->server;
    unlist(stream);
    while (stream->count) drop_first(stream);
    for (int i = 0; i < stream->topic_count; i++) unfollow(&stream->topics[i]);
    if (stream->replay) stream->replay->stream = NULL;
    if (stream->counted) headcount_leave(server->heads, &stream->client, HEAD_STREAM);
    atomic_fetch_sub(&server->streams, 1);
    gauge_add(GAUGE_STREAMS, -1);
    free(stream);
}

void stream_end(Stream *stream)
{
    stream->ending = true;
    wake(stream);
}

void streams_wake(Loop *loop)
{
    StreamTable *table = loop->streams;
    for (int i = 0; i < WAKE_AT_ONCE && table->to_wake; i++) {
        Stream *stream = table->to_wake;
        unlist(stream);
        stream->suspended = false;
        connection_resume(stream->connection);
    }
}

bool streams_waiting(const Loop *loop)
{
    return loop->streams->to_wake != NULL;
}

void streams_beat(Loop *loop, int64_t now)
{
    for (Connection *c = loop->connections; c; c = c->next) {
        Stream *stream = c->stream;
        if (!stream || now < stream->next_beat) continue;
        stream->next_beat = now + loop->server->options.heartbeat_ms;
        if (!stream->count) queue(stream, words_hold(loop->streams->beat), NULL, 0);
    }
}

/* ---- an event, from the store's thread to the streams of every loop ---- */

typedef struct Delivery {
    Task task;
    Words *words;
    int64_t version;
    size_t topic_len;
    char topic[];
} Delivery;

static void deliver_to(Follower *follower, const Delivery *delivery)
{
    Stream *stream = follower->stream;
    if (stream->replay) stream->again = true;
    else if (delivery->version <= follower->queued || stream->ending || stream->cut) return;
    else if (follower->queued >= 0 && delivery->version > follower->queued + 1) start_replay(stream);
    else queue(stream, words_hold(delivery->words), follower, delivery->version);
}

static void deliver(Task *task, Reader *reader)
{
    Delivery *delivery = (Delivery *)task;
    Loop *loop = (Loop *)((char *)reader - offsetof(Loop, reader)); /* a loop runs its tasks with its own reader */
    Str name = {delivery->topic, delivery->topic_len};
    const Topic *topic = find_topic(loop->streams, name, cursor_tag(name));
    for (Follower *f = topic ? topic->followers : NULL; f; f = f->next) deliver_to(f, delivery);
    words_drop(delivery->words);
    free(delivery);
}

void streams_heard(void *context, const TopicEvent *event)
{
    Server *server = context;
    if (!atomic_load(&server->streams)) return;
    Words *words = words_of((Str){0}, event->topic, event->version, &event->data);
    for (int i = 0; i < server->loop_count; i++) {
        Delivery *delivery = malloc(sizeof *delivery + event->topic.len);
        if (!delivery) out_of_memory(sizeof *delivery);
        *delivery = (Delivery){
            .task = {.run = deliver}, .words = words_hold(words), .version = event->version, .topic_len = event->topic.len};
        memcpy(delivery->topic, event->topic.ptr, event->topic.len);
        loop_post(&server->loops[i], &delivery->task);
    }
    words_drop(words);
}
