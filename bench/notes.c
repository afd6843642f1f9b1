/* notes.c: a server with one command that writes one row, for measuring what a durable command costs in this house and nothing else.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * notes LISTEN STORE: serves the room of test/example (docs/howto-add-a-page.md) and POST /notes/one, which adds a note: its row and its idempotency key. All
 * that a real route goes through is there: connection, lint, route, fields, digest, queue, transaction, commit, answer. Rates and limits are off.
 */
#include "http/server.h"
#include "http/site.h"
#include "notes/notes.h"

#include <signal.h>
#include <stdio.h>

static Server *running;

static void on_signal(int number)
{
    (void)number;
    server_stop(running);
}

static Err one_write(Req *req, Db *db, View *answer)
{
    Str id = req_new_id(req);
    view_put_str(answer, S("id"), id);
    return db_run(db, "note_add", DB_VALUES(db_string(id), db_string(req_text(req, "words")), db_number(1), db_number(req->now)));
}

static const Field one_fields[] = {{"words", FIELD_LINE, .required = true, .label = "Your note"}, {0}};
static const Route routes[] = {
    {POST, "/notes/one", WHO_ANYONE, "Leave a note", "Adds one row.", one_fields, .write = one_write, .act = "none: a measurement"}};
static const Room one_room = {"one", routes, COUNT_OF(routes), .topics = NULL};
static const Room *const rooms[] = {&notes_room, &one_room};

static int serve(Arena *a, const ServerOptions *options, Site *site, Store *store)
{
    Fault fault = {0};
    if (server_open(a, options, site, store, &running, &fault)) return fprintf(stderr, "notes: %s\n", str_c(a, fault_text(a, &fault))), 1;
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    printf("%s\n", str_c(a, server_url(running, a)));
    fflush(stdout);
    server_run(running);
    server_close(running);
    return 0;
}

int main(int argc, char **argv)
{
    Arena a;
    Fault fault = {0};
    Store *store;
    Site *site;
    if (argc != 3) return fprintf(stderr, "notes LISTEN STORE\n"), 2;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    StoreOptions in = {.url = str_from_c(argv[2]), .serve = true};
    SiteOptions about = {.name = S("Notes"), .metrics = S("local"), .time_zone = S("Europe/London"), .version = S("bench")};
    ServerOptions options = {.listen = str_from_c(argv[1]), .connections_per_address = 19000};
    if (store_open(&a, &in, &store, &fault) || site_open(&a, &about, store, rooms, COUNT_OF(rooms), &site, &fault))
        return fprintf(stderr, "notes: %s\n", str_c(&a, fault_text(&a, &fault))), 1;
    int status = serve(&a, &options, site, store);
    site_close(site);
    store_close(store);
    arena_clear(&a);
    return status;
}
