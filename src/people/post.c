/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/post.h"

#include "core/clock.h"
#include "core/log.h"
#include "people/account.h"
#include "people/person.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    POLL_MS = 1000,
    LETTERS_AT_ONCE = 10,
    ROUNDS_AT_ONCE = 20, /* before it is looked again whether to end */
    ASKINGS_AT_ONCE = 50,
    LETTER_MS = 30 * 1000,
    HELD_MS = (LETTERS_AT_ONCE + 2) * LETTER_MS, /* longer than all letters of a round may take together */
    FIRST_PAUSE_MS = 15 * 1000,
    LONGEST_PAUSE_MS = 60 * 60 * 1000,
    DAY_MS = 24 * 60 * 60 * 1000,
    STORE_AGAIN_MS = 2000
};

typedef struct Figures {
    _Atomic int64_t sent, given_up, tried_again;
    _Atomic bool troubled;
    _Atomic int refused; /* what the server said to our own address; 0: it takes it */
} Figures;

struct Post {
    pthread_t thread;
    bool has_thread;
    Store *store;
    Db *db;
    Mailer *mailer;
    Arena arena; /* of the options */
    PostOptions options;
    bool troubled; /* the log has said so */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stop;
};

/* Of this process: set before the first request, taken back after the last. */
static Post *_Atomic running;
static Figures figures;

PostWay post_way(void)
{
    const Post *post = atomic_load(&running);
    return post ? post->options.way : POST_NONE;
}

Str post_base(void)
{
    const Post *post = atomic_load(&running);
    return post ? post->options.base : S("");
}

Str post_organisation(void)
{
    const Post *post = atomic_load(&running);
    return post ? post->options.server.from_name : S("");
}

/* ---- inside commands ---- */

Err post_put(Db *db, Arena *a, const PostLetter *letter, int64_t now)
{
    if (!mail_address_is_good(letter->to)) return ERR_OK;
    int64_t ends = letter->ends ? letter->ends : now + DAY_MS;
    return db_run(db, "mail_put",
        DB_VALUES(db_string(person_new_id(a, now)), db_string(letter->person), db_string(letter->to), db_string(letter->subject),
            db_string(letter->text), db_number(now), db_number(ends)));
}

Err post_expire(Db *db, int64_t now)
{
    Err e = db_run(db, "mail_late", DB_VALUES(db_number(now)));
    return e ? e : db_run(db, "mail_drop", DB_VALUES(db_number(now - (int64_t)7 * DAY_MS)));
}

/* ---- one round ---- */

typedef struct Waiting {
    Str id;
    Letter letter;
    int64_t tries, ends;
    bool ours;
    Err err; /* of sending it */
    MailSaid said;
} Waiting;

typedef struct Round {
    Post *post;
    Arena *a;
    Waiting letters[LETTERS_AT_ONCE];
    int count;
    int64_t held;
} Round;

static Err run_hold(Db *db, Command *command)
{
    Round *round = command->context;
    for (int i = 0; i < round->count; i++) {
        int64_t held;
        Waiting *w = &round->letters[i];
        Err e = db_run_counted(db, "mail_hold", DB_VALUES(db_string(w->id), db_number(command->now), db_number(round->held)), &held);
        if (e) return e;
        w->ours = held == 1;
    }
    return ERR_OK;
}

static int64_t pause_after(int64_t tries)
{
    int64_t pause = FIRST_PAUSE_MS;
    for (int64_t i = 0; i < tries && pause < LONGEST_PAUSE_MS; i++) pause *= 2;
    return pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
}

static Str trouble_of(Arena *a, const Waiting *w)
{
    return w->said.status ? str_format(a, "%d", w->said.status) : w->err ? S("no answer") : S("");
}

static Err settle(Db *db, Arena *a, const Waiting *w, int64_t now)
{
    int64_t due = now + pause_after(w->tries);
    Str trouble = trouble_of(a, w);
    if (w->err == ERR_IO && due < w->ends) return db_run(db, "mail_again", DB_VALUES(db_string(w->id), db_number(due), db_string(trouble)));
    return db_run(
        db, "mail_done", DB_VALUES(db_string(w->id), db_string(w->err ? S("given-up") : S("sent")), db_string(w->err ? trouble : S(""))));
}

static Err run_settle(Db *db, Command *command)
{
    const Round *round = command->context;
    Err e = ERR_OK;
    for (int i = 0; i < round->count && !e; i++)
        if (round->letters[i].ours) e = settle(db, command->arena, &round->letters[i], command->now);
    return e;
}

static Err run_command(Round *round, const char *name, Err (*run)(Db *db, Command *command))
{
    Command command = {.name = name, .leaf = LEAF_NONE, .run = run, .context = round, .arena = round->a, .now = clock_utc()};
    return store_run(round->post->store, &command);
}

static Err read_due(Round *round, int64_t now)
{
    DbRows rows;
    Err e = db_query(round->post->db, round->a, "mail_due", DB_VALUES(db_number(now), db_number(LETTERS_AT_ONCE)), &rows);
    while (!e && db_next(&rows)) {
        Str id = db_text(&rows, "id");
        round->letters[round->count++] = (Waiting){.id = id,
            .letter = {id, db_text(&rows, "recipient"), db_text(&rows, "subject"), db_text(&rows, "words"), db_i64(&rows, "queued")},
            .tries = db_i64(&rows, "tries"),
            .ends = db_i64(&rows, "ends")};
    }
    return e;
}

static void count_one(const Waiting *w, int64_t now)
{
    if (!w->err) atomic_fetch_add(&figures.sent, 1);
    else if (w->err == ERR_IO && now + pause_after(w->tries) < w->ends) atomic_fetch_add(&figures.tried_again, 1);
    else atomic_fetch_add(&figures.given_up, 1);
}

static void tell(Post *post, const Waiting *w)
{
    bool trouble = w->err == ERR_IO;
    if (trouble && !post->troubled)
        log_line(LOG_WARN, "mail", "sent=no status=%d%s", w->said.status, w->said.sender ? " refused=mail.from" : "");
    atomic_store(&figures.refused, trouble && w->said.sender ? w->said.status : 0);
    atomic_store(&figures.troubled, trouble);
    if (!trouble && post->troubled) log_line(LOG_INFO, "mail", "sent=yes");
    post->troubled = trouble;
}

static bool is_stopping(Post *post)
{
    pthread_mutex_lock(&post->mutex);
    bool stop = post->stop;
    pthread_mutex_unlock(&post->mutex);
    return stop;
}

/* A server that cannot be reached, or that takes no letter of ours, is not asked twenty times over. */
static void send_all(Round *round)
{
    bool reached = true;
    for (int i = 0; i < round->count; i++) {
        Waiting *w = &round->letters[i];
        Fault fault = {0};
        if (!w->ours) continue;
        w->err = ERR_IO;
        bool tried = reached && !is_stopping(round->post);
        if (tried) w->err = mail_send(round->post->mailer, &w->letter, &w->said, &fault);
        reached = reached && (w->err != ERR_IO || (w->said.status && !w->said.sender));
        if (tried) tell(round->post, w);
        count_one(w, clock_utc());
    }
}

static Err send_round(Post *post, Arena *a, int64_t now, bool *ret_more)
{
    Round *round = arena_new(a, Round, 1);
    *round = (Round){.post = post, .a = a, .held = now + HELD_MS};
    Err e = read_due(round, now);
    *ret_more = round->count == LETTERS_AT_ONCE;
    if (e || !round->count) return e;
    e = run_command(round, "mail_hold", run_hold);
    if (e) return e;
    send_all(round);
    return run_command(round, "mail_settle", run_settle);
}

static Err run_askings(Db *db, Command *command)
{
    const Post *post = command->context;
    const SignInLetters letters = {post->options.base, post->options.server.from_name, ASKINGS_AT_ONCE};
    return sign_in_write_letters(db, command->arena, &letters, command->now);
}

/* What was asked becomes letters; it is looked for first, so that an idle server writes nothing. */
static Err answer_askings(Post *post, Arena *a, int64_t now, bool *ret_more)
{
    DbRows rows;
    Err e = db_query(post->db, a, "sign_in_to_do", DB_VALUES(db_number(ASKINGS_AT_ONCE)), &rows);
    *ret_more = !e && rows.count == ASKINGS_AT_ONCE;
    if (e || !rows.count) return e;
    Command command = {.name = "sign_in_letters", .leaf = LEAF_NONE, .run = run_askings, .context = post, .arena = a, .now = now};
    return store_run(post->store, &command);
}

static Err one_round(Post *post, bool *ret_more)
{
    bool more_askings = false, more_letters = false;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    int64_t now = clock_utc();
    Fault fault = {0};
    Err e = post->db ? ERR_OK : db_open(post->store, &post->db, &fault);
    if (!e) e = answer_askings(post, &a, now, &more_askings);
    if (!e && post->options.way == POST_SMTP) e = send_round(post, &a, clock_utc(), &more_letters);
    if (e == ERR_IO && post->db) { /* opened again at the next round */
        db_close(post->db);
        post->db = NULL;
    }
    arena_wipe(&a); /* words of letters were in it */
    *ret_more = more_askings || more_letters;
    return e;
}

/* What waits, and what comes meanwhile. */
static Err some_rounds(Post *post)
{
    bool more = true;
    Err e = ERR_OK;
    for (int i = 0; i < ROUNDS_AT_ONCE && !e && more && !is_stopping(post); i++) e = one_round(post, &more);
    return e;
}

/* ---- the thread ---- */

/* False: it is time to end. */
static bool wait_a_while(Post *post, int64_t ms)
{
    struct timespec until = clock_utc_in(ms);
    pthread_mutex_lock(&post->mutex);
    if (!post->stop) pthread_cond_timedwait(&post->changed, &post->mutex, &until);
    bool stop = post->stop;
    pthread_mutex_unlock(&post->mutex);
    return !stop;
}

static void *post_run(void *context)
{
    Post *post = context;
    Err e = ERR_OK;
    while (wait_a_while(post, e ? STORE_AGAIN_MS : POLL_MS)) e = some_rounds(post);
    if (post->db) db_close(post->db);
    return NULL;
}

static void copy_options(Post *post, const PostOptions *options)
{
    post->options = (PostOptions){.way = options->way, .base = str_copy(&post->arena, options->base)};
    post->options.server.from_name = str_copy(&post->arena, options->server.from_name);
}

static Err start_thread(Post *post, Fault *fault)
{
    post->has_thread = pthread_create(&post->thread, NULL, post_run, post) == 0;
    return post->has_thread ? ERR_OK : fault_set(fault, ERR_IO, 0, 0, S("a thread that sends letters"), (Str){0});
}

Err post_start(Store *store, const PostOptions *options, Post **ret_post, Fault *fault)
{
    Post *post = calloc(1, sizeof *post);
    if (!post) out_of_memory(sizeof *post);
    ASSERT(sodium_init() >= 0);
    arena_init(&post->arena, ARENA_LIMIT_DEFAULT);
    pthread_mutex_init(&post->mutex, NULL);
    pthread_cond_init(&post->changed, NULL);
    post->store = store;
    copy_options(post, options);
    MailServer server = options->server;
    server.all_ms = LETTER_MS;
    Err e = options->way == POST_SMTP ? mailer_open(&server, &post->mailer, fault) : ERR_OK;
    if (!e && options->way != POST_NONE) e = start_thread(post, fault);
    if (e) {
        post_stop(post);
        return e;
    }
    atomic_store(&running, post);
    *ret_post = post;
    return ERR_OK;
}

void post_stop(Post *post)
{
    if (!post) return;
    atomic_store(&running, NULL);
    pthread_mutex_lock(&post->mutex);
    post->stop = true;
    pthread_cond_signal(&post->changed);
    pthread_mutex_unlock(&post->mutex);
    if (post->mailer) mailer_stop(post->mailer);
    if (post->has_thread) pthread_join(post->thread, NULL);
    mailer_close(post->mailer);
    pthread_cond_destroy(&post->changed);
    pthread_mutex_destroy(&post->mutex);
    arena_clear(&post->arena);
    free(post);
}

void post_figures(Buf *out)
{
    static const char head[] = "# HELP hustings_mail_total Letters, by what became of them; one that is tried again counts each time.\n# "
                               "TYPE hustings_mail_total counter\n";
    if (post_way() == POST_NONE) return;
    buf_str(out, S(head));
    buf_format(out, "hustings_mail_total{became=\"sent\"} %lld\n", (long long)atomic_load(&figures.sent));
    buf_format(out, "hustings_mail_total{became=\"tried_again\"} %lld\n", (long long)atomic_load(&figures.tried_again));
    buf_format(out, "hustings_mail_total{became=\"given_up\"} %lld\n", (long long)atomic_load(&figures.given_up));
}

Str post_trouble(Arena *a)
{
    int refused = atomic_load(&figures.refused);
    if (!atomic_load(&figures.troubled)) return (Str){0};
    if (!refused)
        return S("Letters cannot be sent at the moment: the mail server cannot be reached, or takes none (mail.smtp). They wait, and are "
                 "tried again.");
    return str_format(a,
        "Letters cannot be sent: the mail server does not take the address that they come from (mail.from; it said %d). They wait, and are "
        "tried again.",
        refused);
}
