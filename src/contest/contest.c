/* Published contests in the store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "contest/acts.h"
#include "contest/own.h"

#include "formats/gunzip.h"

#include <stdatomic.h>
#define ZLIB_CONST
#include <zlib.h>

enum { PACK_FROM = 1024 * 1024, GZIP_WINDOW = 15 + 16, DAY_MS = 24 * 60 * 60 * 1000 };

/* ---- files, large ones gzipped ---- */

/* As a gzip stream; empty when that would not be smaller. */
static Str pack(Arena *a, Str bytes)
{
    z_stream z = {0};
    if (deflateInit2(&z, 6, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) out_of_memory(1 << 18);
    size_t room = bytes.len - bytes.len / 8;
    char *out = arena_new(a, char, room);
    z.next_in = (const Bytef *)bytes.ptr;
    z.avail_in = (uInt)bytes.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
    Str packed = {out, done ? (size_t)z.total_out : 0};
    deflateEnd(&z);
    return packed;
}

static Err append_piece(void *context, Str bytes)
{
    Buf *b = context;
    if (b->len + bytes.len > CONTEST_FILE_BYTES_MAX) return ERR_LIMIT;
    buf_str(b, bytes);
    return ERR_OK;
}

/* What the store holds is ours: a stream that cannot be unpacked is the store's failure. */
static Err unpack(Arena *a, Str packed, Str *ret_bytes)
{
    Buf b = buf_new(a);
    Str reason;
    Gunzip *gunzip = gunzip_open(a, append_piece, &b);
    if (gunzip_feed(gunzip, packed, &reason) || gunzip_end(gunzip, &reason)) return ERR_IO;
    *ret_bytes = buf_done(&b);
    return ERR_OK;
}

static Err file_of_row(Arena *a, const DbRows *rows, PublicationFile *ret_file)
{
    *ret_file = (PublicationFile){.name = db_text(rows, "name"), .kind = db_text(rows, "kind"), .bytes = db_text(rows, "bytes")};
    return db_i64(rows, "packed") ? unpack(a, ret_file->bytes, &ret_file->bytes) : ERR_OK;
}

Err contest_file(Db *db, Arena *a, Str slug, Str address, PublicationFile *ret_file)
{
    DbRows rows;
    Err e = db_one(db, a, "contest_file_by_address", DB_VALUES(db_string(slug), db_string(address)), &rows);
    return e ? e : file_of_row(a, &rows, ret_file);
}

static Err contest_files(Db *db, Arena *a, Str slug, PublicationFile **ret_files, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "contest_files", DB_VALUES(db_string(slug)), &rows);
    if (e) return e;
    PublicationFile *files = arena_new(a, PublicationFile, (size_t)rows.count);
    int count = 0;
    while (db_next(&rows)) {
        e = file_of_row(a, &rows, &files[count++]);
        if (e) return e;
    }
    *ret_files = files;
    *ret_count = count;
    return ERR_OK;
}

static Err add_file(Db *db, Arena *a, Str slug, int number, const PublicationFile *file)
{
    Str packed = file->bytes.len > PACK_FROM ? pack(a, file->bytes) : (Str){0};
    return db_run(db, "contest_file_add",
        DB_VALUES(db_string(slug), db_number(number), db_string(slug_of_name(a, file->name)), db_string(file->name), db_string(file->kind),
            db_number((int64_t)file->bytes.len), db_number(packed.len > 0), db_bytes(packed.len ? packed : file->bytes)));
}

/* ---- views ---- */

Err contest_view(Db *db, Arena *a, Str slug, Str name, View **ret_view)
{
    DbRows rows;
    Err e = db_one(db, a, "contest_view_by_name", DB_VALUES(db_string(slug), db_string(name)), &rows);
    if (e) return e;
    return view_unpack(a, db_text(&rows, "bytes"), ret_view) ? ERR_IO : ERR_OK;
}

static Err add_views(Db *db, Arena *a, const Publication *p)
{
    for (const View *view = view_first(p->views); view; view = view_next(view)) {
        Buf b = buf_new(a);
        view_pack(view, &b);
        Err e = db_run(db, "contest_view_add", DB_VALUES(db_string(p->slug), db_string(view_key(view)), db_bytes(buf_done(&b))));
        if (e) return e;
    }
    return ERR_OK;
}

/* ---- commands ---- */

/* What followers are told: {"slug": ..., "what": "published"}. */
static Err announce(Db *db, Arena *a, Str slug, Str what, int64_t now)
{
    View *v = view_object(a);
    view_put_str(v, S("slug"), slug);
    view_put_str(v, S("what"), what);
    Buf b = buf_new(a);
    view_json(v, &b, false);
    Err e = db_announce(db, S("contests"), str_trim(buf_done(&b)), now);
    return e ? e : db_announce(db, str_format(a, "contest:%.*s", STR_ARG(slug)), str_trim(buf_done(&b)), now);
}

/* Nobody else publishes it or takes it out meanwhile. ERR_MISSING: it is not there. */
static Err hold(Db *db, Arena *a, Str slug, DbRows *ret_rows)
{
    int64_t there;
    Err e = db_run_counted(db, "contest_hold", DB_VALUES(db_string(slug)), &there);
    if (e) return e;
    return there ? db_one(db, a, "contest_by_slug", DB_VALUES(db_string(slug)), ret_rows) : ERR_MISSING;
}

static Err drop_all(Db *db, Arena *a, Str slug)
{
    Err e = record_files_gone(db, file_path_start(a, slug));
    if (!e) e = db_run(db, "contest_views_drop", DB_VALUES(db_string(slug)));
    if (!e) e = db_run(db, "contest_files_drop", DB_VALUES(db_string(slug)));
    if (!e) e = db_run(db, "contest_drop", DB_VALUES(db_string(slug)));
    return e;
}

static Err add_all(Db *db, Arena *a, const Publication *p, int64_t published, int64_t leaf, int64_t now)
{
    Err e = db_run(db, "contest_add",
        DB_VALUES(db_string(p->slug), db_string(p->title), db_string(p->date), db_string(p->place), db_string(p->outcome),
            db_string(p->note), db_number(p->totals), db_number(p->open), db_number(published), db_number(now),
            db_number(CONTEST_VIEWS_VERSION), db_string(S(PROGRAM_VERSION)),
            db_bytes((Str){(const char *)p->figures.bytes, sizeof p->figures.bytes}), db_number(leaf)));
    for (int i = 0; i < p->file_count && !e; i++) e = add_file(db, a, p->slug, i, &p->files[i]);
    return e ? e : add_views(db, a, p);
}

static Err publish_new(Db *db, Arena *a, const Publication *p, Officer by, int64_t now, Fault *fault)
{
    int64_t leaf = -1;
    Told told = told_of(p);
    Err e = db_run(db, "contest_removed_drop", DB_VALUES(db_string(p->slug)));
    if (!e) e = tell_published(db, a, &told, NULL, by, now, &leaf, fault);
    if (!e) e = add_all(db, a, p, now, leaf, now);
    return e ? e : announce(db, a, p->slug, S("published"), now);
}

static Err publish_again(Db *db, Arena *a, const Publication *p, const DbRows *row, Officer by, int64_t now, Fault *fault)
{
    int64_t leaf = -1, published = db_i64(row, "published");
    Told told = told_of(p), before;
    Err e = told_stored(db, a, row, &before);
    if (!e) e = drop_all(db, a, p->slug);
    if (!e) e = tell_published(db, a, &told, &before, by, now, &leaf, fault);
    if (!e) e = add_all(db, a, p, published, leaf, now);
    return e ? e : announce(db, a, p->slug, S("replaced"), now);
}

Err contest_publish(Db *db, Arena *a, const Publication *p, bool replace, Officer by, int64_t now, Fault *fault)
{
    DbRows rows;
    Err e = hold(db, a, p->slug, &rows);
    if (e == ERR_MISSING) return publish_new(db, a, p, by, now, fault);
    if (e) return e;
    if (replace) return publish_again(db, a, p, &rows, by, now, fault);
    return fault_setf(fault, a, ERR_CONFLICT, "a contest is published at '%.*s' already; it can be replaced (--replace)", STR_ARG(p->slug));
}

Err contest_unpublish(Db *db, Arena *a, Str slug, Str reason, Officer by, int64_t now, Fault *fault)
{
    DbRows rows;
    Told told;
    int64_t leaf = -1;
    Err e = hold(db, a, slug, &rows);
    if (!e) e = told_stored(db, a, &rows, &told);
    if (!e) e = drop_all(db, a, slug);
    if (!e) e = tell_withdrawn(db, a, &told, by, reason, now, &leaf, fault);
    if (e) return e;
    Str title = db_text(&rows, "title");
    e = db_run(db, "contest_removed_add", DB_VALUES(db_string(slug), db_string(title), db_number(now), db_string(reason), db_number(leaf)));
    return e ? e : announce(db, a, slug, S("unpublished"), now);
}

/* The views anew, the figures being the same. ERR_CONFLICT: they are others; nothing was changed. ERR_MISSING: taken out meanwhile. */
static Err contest_views_replace(Db *db, Arena *a, const Publication *p, int64_t now)
{
    DbRows rows;
    Err e = db_one(db, a, "contest_by_slug", DB_VALUES(db_string(p->slug)), &rows);
    if (e) return e;
    Str figures = {(const char *)p->figures.bytes, sizeof p->figures.bytes};
    if (!str_equal(db_text(&rows, "figures"), figures)) return ERR_CONFLICT;
    e = db_run(db, "contest_views_made",
        DB_VALUES(db_string(p->slug), db_number(now), db_number(CONTEST_VIEWS_VERSION), db_string(S(PROGRAM_VERSION)), db_bytes(figures)));
    if (!e) e = db_run(db, "contest_views_drop", DB_VALUES(db_string(p->slug)));
    if (!e) e = add_views(db, a, p);
    return e ? e : announce(db, a, p->slug, S("counted again"), now);
}

/* ---- those from before there was a record ---- */

/* As they are in the store, hashed again. */
static Err hash_files(Db *db, Arena *a, Str slug, ActFile **ret_files, int *ret_count)
{
    PublicationFile *files;
    Err e = contest_files(db, a, slug, &files, ret_count);
    if (e) return e;
    ActFile *hashed = arena_new(a, ActFile, (size_t)*ret_count);
    for (int i = 0; i < *ret_count; i++)
        hashed[i] = (ActFile){.name = files[i].name,
            .size = (int64_t)files[i].bytes.len,
            .digest = sha256(files[i].bytes),
            .path = file_path(a, slug, files[i].name)};
    *ret_files = hashed;
    return ERR_OK;
}

static Err enter_row(Db *db, Command *command, const DbRows *row)
{
    Arena *a = command->arena;
    Told told;
    ActFile *files;
    int count;
    int64_t leaf = -1;
    Str slug = db_text(row, "slug");
    Err e = hash_files(db, a, slug, &files, &count);
    if (!e) e = told_stored(db, a, row, &told);
    if (!e) e = tell_entered(db, a, &told, files, count, db_i64(row, "published"), command->now, &leaf, &command->fault);
    return e ? e : db_run(db, "contest_entered", DB_VALUES(db_string(slug), db_number(leaf)));
}

static Err run_enter(Db *db, Command *command)
{
    const Str *slug = command->input;
    DbRows rows;
    Err e = hold(db, command->arena, *slug, &rows);
    if (e == ERR_MISSING) return ERR_OK;           /* taken out meanwhile: the record says so */
    if (e || db_i64(&rows, "leaf") >= 0) return e; /* another process was faster */
    return enter_row(db, command, &rows);
}

static void enter_rows(Store *store, DbRows *rows, int64_t now, ContestTell *tell, void *context)
{
    while (db_next(rows)) {
        Arena one;
        arena_init(&one, ARENA_LIMIT_DEFAULT);
        Str slug = db_text(rows, "slug");
        Command command = {.name = "contest_enter", .leaf = LEAF_MAYBE, .run = run_enter, .input = &slug, .arena = &one, .now = now};
        Err e = store_run(store, &command);
        tell(context, slug, e ? &command.fault : NULL);
        arena_clear(&one);
    }
}

Err contest_enter_all(Store *store, int64_t now, ContestTell *tell, void *context, Fault *fault)
{
    Db *db;
    Err e = db_open(store, &db, fault);
    if (e) return e;
    Arena a;
    DbRows rows;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    e = db_query(db, &a, "contest_not_entered", DB_NO_VALUES, &rows);
    if (e) e = fault_set(fault, e, 0, 0, S("the list of contests"), S("none that can be read"));
    else enter_rows(store, &rows, now, tell, context);
    arena_clear(&a);
    db_close(db);
    return e;
}

/* ---- counting again ---- */

static Err run_views_replace(Db *db, Command *command)
{
    Err e = contest_views_replace(db, command->arena, command->input, command->now);
    if (e == ERR_CONFLICT)
        return fault_set(&command->fault, e, 0, 0, S("the figures that were published"), S("others, in a count of the same files"));
    return e;
}

/* One contest, in an arena of its own. */
static Err recount_one(Store *store, Db *db, Arena *a, Str slug, int64_t now, Fault *fault)
{
    PublicationFile *files;
    int count;
    Publication *publication;
    Err e = contest_files(db, a, slug, &files, &count);
    if (e) return fault_set(fault, e, 0, 0, S("the files of the contest"), S("none that can be read"));
    e = publication_from_files(a, files, count, &publication, fault);
    if (e) return e;
    if (!str_equal(publication->slug, slug)) return fault_set(fault, ERR_CONFLICT, 0, 0, S("the address in contest.conf"), S("another"));
    Command command = {
        .name = "contest_views_replace", .leaf = LEAF_NONE, .run = run_views_replace, .input = publication, .arena = a, .now = now};
    e = store_run(store, &command);
    if (e) *fault = command.fault;
    if (e) fault->err = e;
    return e;
}

static bool is_outdated(const DbRows *rows)
{
    return db_i64(rows, "views_version") != CONTEST_VIEWS_VERSION || !str_equal(db_text(rows, "program"), S(PROGRAM_VERSION));
}

static void recount_rows(Store *store, Db *db, DbRows *rows, bool all, int64_t now, ContestTell *tell, void *context, Recount *recount)
{
    while (db_next(rows)) {
        if (!all && !is_outdated(rows)) continue;
        Arena one;
        arena_init(&one, ARENA_LIMIT_DEFAULT);
        Fault fault = {0};
        Str slug = db_text(rows, "slug");
        Err e = recount_one(store, db, &one, slug, now, &fault);
        if (e) recount->different++;
        else recount->counted++;
        if (tell) tell(context, slug, e ? &fault : NULL);
        arena_clear(&one);
    }
}

Err contest_recount(Store *store, bool all, int64_t now, ContestTell *tell, void *context, Recount *ret_recount, Fault *fault)
{
    *ret_recount = (Recount){0};
    Db *db;
    Err e = db_open(store, &db, fault);
    if (e) return e;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    DbRows rows;
    e = db_query(db, &a, "contest_all", DB_NO_VALUES, &rows);
    if (e) e = fault_set(fault, e, 0, 0, S("the list of contests"), S("none that can be read"));
    else recount_rows(store, db, &rows, all, now, tell, context, ret_recount);
    arena_clear(&a);
    db_close(db);
    return e;
}

/* ---- counts that visitors keep ---- */

static Str word_hash(Sha256 *hash, Str word)
{
    *hash = sha256(word);
    return (Str){(const char *)hash->bytes, sizeof hash->bytes};
}

/* Looked at by housekeeping, so that keeping one costs no look at all of them; rates (page.h) bound what comes between. */
static atomic_bool kept_full;

Err kept_add(Db *db, Str token, Str word, Str asked, int64_t now)
{
    Sha256 hash;
    if (atomic_load(&kept_full)) return ERR_LIMIT;
    return db_run(db, "kept_add",
        DB_VALUES(db_string(token), db_bytes(word_hash(&hash, word)), db_bytes(asked), db_number(now),
            db_number(now + (int64_t)KEPT_DAYS * DAY_MS)));
}

Err kept_get(Db *db, Arena *a, Str token, int64_t now, KeptCount *ret_kept)
{
    DbRows rows;
    Err e = db_one(db, a, "kept_by_token", DB_VALUES(db_string(token), db_number(now)), &rows);
    if (e) return e;
    ret_kept->made = db_i64(&rows, "made");
    ret_kept->ends = db_i64(&rows, "ends");
    return view_unpack(a, db_text(&rows, "asked"), &ret_kept->asked) ? ERR_IO : ERR_OK;
}

Err kept_delete(Db *db, Arena *a, Str token, Str word, int64_t now)
{
    Sha256 hash;
    DbRows rows;
    Err e = db_one(db, a, "kept_by_token", DB_VALUES(db_string(token), db_number(now)), &rows);
    if (e) return e;
    if (!str_equal(db_text(&rows, "delete_hash"), word_hash(&hash, word))) return ERR_DENIED;
    return db_run(db, "kept_drop", DB_VALUES(db_string(token), db_bytes(word_hash(&hash, word))));
}

Err kept_expire(Db *db, Command *command)
{
    DbRows rows;
    Err e = db_run(db, "kept_expire", DB_VALUES(db_number(command->now)));
    if (e) return e;
    e = db_one(db, command->arena, "kept_beyond", DB_VALUES(db_number(KEPT_MOST - 1)), &rows);
    if (!e || e == ERR_MISSING) atomic_store(&kept_full, !e);
    return e == ERR_MISSING ? ERR_OK : e;
}
