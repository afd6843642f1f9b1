/* The threads: what is appended gets sealed and cosigned, what stands in the way is told, and all of it ends when it is told to.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "db/stores.h"

#include "core/log.h"
#include "record/seal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#define NAME S("vote.example.org/record")

enum { PATIENCE_MS = 60 * 1000 }; /* a bound, not a measurement */

typedef struct Desk {
    Arena *a;
    Store *store;
    Str key;
    Sealer *sealer;
    int64_t now;
} Desk;

static Desk open_desk(Arena *a)
{
    static int count;
    Desk d = {.a = a, .store = open_at(a, fresh_url(a)), .now = 1000000};
    Str place = str_format(a, "%s/keys-%d", folder, ++count);
    assert_int_equal(mkdir(str_c(a, place), 0700), 0);
    d.key = str_format(a, "%.*s/key", STR_ARG(place));
    RecordKeys keys;
    bool made;
    Fault fault = {0};
    assert_int_equal(record_keys_open(a, d.key, NAME, &keys, &made, &fault), ERR_OK);
    record_keys_wipe(&keys);
    return d;
}

static void begin(Desk *d, const Witness *witnesses, int count)
{
    Fault fault = {0};
    assert_int_equal(sealer_start(d->a, d->store, d->key, witnesses, count, &d->sealer, &fault), ERR_OK);
}

static void close_desk(Desk *d)
{
    sealer_stop(d->sealer);
    SealState state;
    record_seal_state(d->a, &state);
    assert_int_equal(state.leaves, -1); /* nobody seals any more */
    store_close(d->store);
}

static Err run_act(Db *db, Command *c)
{
    Act act = {.kind = "export.made", .by = {S("Ada Poll"), S("operator")}, .says = S("Everything was exported.")};
    return record_act(db, c->arena, &act, c->now, NULL, &c->fault);
}

static void act(Desk *d, int times)
{
    for (int i = 0; i < times; i++) {
        Command c = {.name = "test", .leaf = LEAF_ONE, .run = run_act, .arena = d->a, .now = ++d->now};
        assert_int_equal(store_run(d->store, &c), ERR_OK);
    }
}

typedef bool Held(const SealState *state, int64_t number);

static SealState wait_until(Desk *d, Held *held, int64_t number, const char *what)
{
    SealState state;
    for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
        record_seal_state(d->a, &state);
        if (held(&state, number)) return state;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    fail_msg("it never came to this: %s (stopped: \"%.*s\")", what, STR_ARG(state.stopped));
    return state;
}

static bool is_sealed(const SealState *state, int64_t leaves)
{
    return state->sealed == leaves && state->leaves == leaves && !state->stopped.len;
}

static bool is_stopped(const SealState *state, int64_t leaves)
{
    return state->stopped.len && state->leaves == leaves;
}

static bool has_failed(const SealState *state, int64_t times)
{
    return state->witnesses[0].failures >= times;
}

static bool has_answered(const SealState *state, int64_t number)
{
    return state->witnesses[number].answered > 0 && !state->witnesses[number].trouble.len;
}

/* ---- sealing ---- */

static void seals_from_the_start_and_at_the_end(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    act(&d, 2);
    begin(&d, NULL, 0);
    SealState first;
    record_seal_state(d.a, &first); /* without waiting */
    assert_true(is_sealed(&first, 2));
    assert_int_equal(first.key_count, 1);
    assert_true(first.sealed_at > 0 && str_starts(first.keys[0], NAME));
    act(&d, 3);
    wait_until(&d, is_sealed, 5, "five leaves are sealed");
    act(&d, 1);
    sealer_stop(d.sealer);
    d.sealer = NULL;
    Db *db = reader(d.store);
    Sealed sealed;
    assert_int_equal(record_sealed(db, d.a, &sealed), ERR_OK);
    assert_int_equal(sealed.checkpoint.size, 6);
    db_close(db);
    close_desk(&d);
}

static void tells_why_it_stopped_and_goes_on(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    begin(&d, NULL, 0);
    assert_int_equal(chmod(str_c(d.a, d.key), 0640), 0);
    act(&d, 1);
    SealState stopped = wait_until(&d, is_stopped, 0, "it stops");
    assert_says(stopped.stopped, "chmod 600");
    assert_false(record_is_set_back()); /* acts are taken: nothing stands in their way */
    assert_int_equal(chmod(str_c(d.a, d.key), 0600), 0);
    wait_until(&d, is_sealed, 1, "it goes on");
    close_desk(&d);
}

static void a_key_that_is_added_is_taken_at_once(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    begin(&d, NULL, 0);
    RecordKeys keys;
    bool made;
    Fault fault = {0};
    assert_int_equal(record_keys_open(d.a, d.key, (Str){0}, &keys, &made, &fault), ERR_OK);
    signer_new(NAME, KEY_NOTE, &keys.signers[keys.count++]);
    assert_int_equal(record_keys_write(d.a, &keys, &fault), ERR_OK);
    act(&d, 1);
    SealState after = wait_until(&d, is_sealed, 1, "the act is sealed");
    assert_int_equal(after.key_count, 2);
    Db *db = reader(d.store);
    Sealed sealed;
    Note *note = arena_new(d.a, Note, 1);
    assert_int_equal(record_sealed(db, d.a, &sealed), ERR_OK);
    assert_int_equal(note_read(d.a, sealed.note, note, &fault), ERR_OK);
    for (int i = 0; i < 2; i++) assert_int_equal(note_check(note, &keys.signers[i].verifier, NULL), ERR_OK);
    db_close(db);
    record_keys_wipe(&keys);
    close_desk(&d);
}

/* ---- witnesses ---- */

/* A witness of a few lines, on a thread: cosigns whatever comes, one connection after another. */
typedef struct Toy {
    pthread_t thread;
    Signer signer;
    int listener;
    int port;
    _Atomic int asked;
    bool hangs; /* takes the request, and never answers */
} Toy;

static Str read_request(Arena *a, int connection)
{
    enum { MOST = 64 * 1024 };
    char *bytes = arena_new(a, char, MOST);
    size_t len = 0;
    for (;;) {
        const char *body = memmem(bytes, len, "\r\n\r\n", 4), *length = memmem(bytes, len, "Content-Length: ", 16);
        if (body && length && len >= (size_t)(body - bytes) + 4 + strtoul(length + 16, NULL, 10))
            return (Str){body + 4, len - (size_t)(body - bytes) - 4};
        ssize_t n = read(connection, bytes + len, MOST - len);
        if (n <= 0) return (Str){0};
        len += (size_t)n;
    }
}

static void answer(Toy *toy, Arena *a, int connection)
{
    AddCheckpoint *asked = arena_new(a, AddCheckpoint, 1);
    Note *note = arena_new(a, Note, 1);
    Fault fault = {0};
    Str body = read_request(a, connection);
    if (!body.len || toy->hangs) return;
    assert_int_equal(add_checkpoint_read(a, body, asked, &fault), ERR_OK);
    assert_int_equal(note_read(a, asked->checkpoint, note, &fault), ERR_OK);
    Str line = note_sign(a, &toy->signer, note->text, (int64_t)time(NULL));
    Str text = str_format(a, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%.*s", line.len, STR_ARG(line));
    assert_int_equal(write(connection, text.ptr, text.len), (ssize_t)text.len);
    toy->asked++;
}

static void *toy_run(void *context)
{
    Toy *toy = context;
    for (;;) {
        int connection = accept(toy->listener, NULL, NULL);
        if (connection < 0) return NULL;
        Arena a;
        arena_init(&a, ARENA_LIMIT_DEFAULT);
        answer(toy, &a, connection);
        if (toy->hangs) (void)!read(connection, &(char){0}, 1); /* until the other side goes away */
        arena_clear(&a);
        close(connection);
    }
}

static void toy_begin(Toy *toy, const char *name)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    signer_new(str_from_c(name), KEY_COSIGN, &toy->signer);
    toy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(toy->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(toy->listener, 8), 0);
    assert_int_equal(getsockname(toy->listener, (struct sockaddr *)&at, &len), 0);
    toy->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&toy->thread, NULL, toy_run, toy), 0);
}

static void toy_end(Toy *toy)
{
    shutdown(toy->listener, SHUT_RDWR);
    pthread_join(toy->thread, NULL);
    close(toy->listener);
}

static Witness witness_at(Arena *a, const Toy *toy)
{
    return (Witness){toy->signer.verifier, str_format(a, "http://127.0.0.1:%d/", toy->port)};
}

static void what_is_sealed_is_cosigned(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    Toy toys[2] = {0};
    toy_begin(&toys[0], "witness.example/a");
    toy_begin(&toys[1], "witness.example/b");
    Witness witnesses[] = {witness_at(d.a, &toys[0]), witness_at(d.a, &toys[1])};
    begin(&d, witnesses, 2);
    wait_until(&d, is_sealed, 0, "the empty record is sealed");
    act(&d, 3);
    SealState after = {0};
    for (int i = 0; i < 2; i++) after = wait_until(&d, has_answered, i, "both have cosigned");
    assert_str(after.witnesses[1].name, "witness.example/b");
    assert_true(after.witnesses[1].asked > 0 && after.witnesses[1].failures == 0);
    Db *db = reader(d.store);
    Cosignature *all;
    int count;
    assert_int_equal(record_cosigners(db, d.a, &all, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_str(all[0].witness, "witness.example/a");
    assert_int_equal(all[0].id, toys[0].signer.verifier.id);
    db_close(db);
    close_desk(&d);
    for (int i = 0; i < 2; i++) {
        assert_true(toys[i].asked >= 1); /* and not for an empty record */
        toy_end(&toys[i]);
    }
}

static void one_that_hangs_or_is_away_holds_nothing_up(void **state)
{
    engine_or_skip();
    Desk d = open_desk(*state);
    Toy away = {0}, hanging = {.hangs = true};
    toy_begin(&away, "witness.example/away");
    toy_begin(&hanging, "witness.example/hangs");
    toy_end(&away); /* its port is free again, and nobody answers there */
    Witness witnesses[] = {witness_at(d.a, &away), witness_at(d.a, &hanging)};
    begin(&d, witnesses, 2);
    for (int i = 1; i <= 3; i++) {
        act(&d, 1);
        wait_until(&d, is_sealed, i, "it seals all the same");
    }
    SealState after = wait_until(&d, has_failed, 1, "the one that is away has failed");
    assert_true(after.witnesses[0].trouble.len > 0);
    assert_int_equal(after.witnesses[0].answered, 0);
    close_desk(&d); /* while the other one is still being waited for */
    toy_end(&hanging);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    log_set_level(LOG__COUNT);
    const struct CMUnitTest tests[] = {
        arena_test(seals_from_the_start_and_at_the_end),
        arena_test(tells_why_it_stopped_and_goes_on),
        arena_test(a_key_that_is_added_is_taken_at_once),
        arena_test(what_is_sealed_is_cosigned),
        arena_test(one_that_hangs_or_is_away_holds_nothing_up),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
