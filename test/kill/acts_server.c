/* acts_server.c: a server that acts as often as it is asked to, and seals its record: for killing it (acts.py).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     acts_server LISTEN STORE KEY
 *
 * POST /acts/one with "mark" is a command of one act: a row of `note` (its id the mark, its seats the number of the leaf) and a leaf whose words hold the mark.
 * All else is the program's: the site, the queue, the store, the sealer with its key and what it signed last, and the pages under /record.
 */
#include "http/server.h"
#include "http/site.h"
#include "notes/notes.h"
#include "record/seal.h"

#include <signal.h>
#include <stdio.h>

extern const Room record_room;

static Server *running;

static void on_signal(int number)
{
    (void)number;
    server_stop(running);
}

static Err one_write(Req *req, Db *db, View *answer)
{
    Str mark = req_text(req, "mark");
    Fault fault = {0};
    int64_t leaf;
    Act act = {.kind = "export.made",
        .by = {S("Ada Poll"), S("operator")},
        .says = str_format(req->arena, "Export %.*s was made.", STR_ARG(mark))};
    Err e = record_act(db, req->arena, &act, req->now, &leaf, &fault);
    if (!e) e = db_run(db, "note_add", DB_VALUES(db_string(mark), db_string(S("act")), db_number(leaf), db_number(req->now)));
    if (!e) view_put_i64(answer, S("leaf"), leaf);
    return e;
}

static const Field one_fields[] = {{"mark", FIELD_LINE, .required = true, .label = "Its mark"}, {0}};
static const Route routes[] = {
    {POST, "/acts/one", WHO_ANYONE, "Act", "One act, with its leaf.", one_fields, .write = one_write, .act = "export.made"}};
static const Room acts_room = {"acts", routes, COUNT_OF(routes), .topics = NULL};
static const Room *const rooms[] = {&notes_room, &acts_room, &record_room};

static int serve(Arena *a, const ServerOptions *options, Site *site, Store *store, Str key)
{
    Fault fault = {0};
    RecordKeys keys;
    Sealer *sealer;
    bool made;
    if (record_keys_open(a, key, S("killed.example/record"), &keys, &made, &fault) ||
        sealer_start(a, store, key, NULL, 0, &sealer, &fault) || server_open(a, options, site, store, &running, &fault))
        return fprintf(stderr, "acts_server: %s\n", str_c(a, fault_text(a, &fault))), 1;
    record_keys_wipe(&keys);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    printf("%s\n", str_c(a, server_url(running, a)));
    fflush(stdout);
    server_run(running);
    server_close(running);
    sealer_stop(sealer);
    return 0;
}

int main(int argc, char **argv)
{
    Arena a;
    Fault fault = {0};
    Store *store;
    Site *site;
    if (argc != 4) return fprintf(stderr, "acts_server LISTEN STORE KEY\n"), 2;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    StoreOptions in = {.url = str_from_c(argv[2]), .serve = true};
    SiteOptions about = {.name = S("Acts"), .metrics = S("local"), .time_zone = S("Europe/London"), .version = S("test")};
    ServerOptions options = {.listen = str_from_c(argv[1])};
    if (store_open(&a, &in, &store, &fault) || site_open(&a, &about, store, rooms, COUNT_OF(rooms), &site, &fault))
        return fprintf(stderr, "acts_server: %s\n", str_c(&a, fault_text(&a, &fault))), 1;
    int status = serve(&a, &options, site, store, str_from_c(argv[3]));
    site_close(site);
    store_close(store);
    arena_clear(&a);
    return status;
}
