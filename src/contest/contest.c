/* Published contests in the store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
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

static Err drop_all(Db *db, Str slug)
{
    Err e = db_run(db, "contest_views_drop", DB_VALUES(db_string(slug)));
    if (!e) e = db_run(db, "contest_files_drop", DB_VALUES(db_string(slug)));
    if (!e) e = db_run(db, "contest_drop", DB_VALUES(db_string(slug)));
    return e;
}

static Err add_all(Db *db, Arena *a, const Publication *p, int64_t published, int64_t now)
{
    Err e = db_run(db, "contest_add",
        DB_VALUES(db_string(p->slug), db_string(p->title), db_string(p->date), db_string(p->place), db_string(p->outcome),
            db_string(p->note), db_number(p->totals), db_number(p->open), db_number(published), db_number(now),
            db_number(CONTEST_VIEWS_VERSION), db_string(S(PROGRAM_VERSION)),
            db_bytes((Str){(const char *)p->figures.bytes, sizeof p->figures.bytes})));
    for (int i = 0; i < p->file_count && !e; i++) e = add_file(db, a, p->slug, i, &p->files[i]);
    return e ? e : add_views(db, a, p);
}

Err contest_publish(Db *db, Arena *a, const Publication *p, bool replace, int64_t now, Fault *fault)
{
    DbRows rows;
    int64_t published = now;
    Err e = db_one(db, a, "contest_by_slug", DB_VALUES(db_string(p->slug)), &rows);
    if (e && e != ERR_MISSING) return e;
    if (!e && !replace)
        return fault_setf(
            fault, a, ERR_CONFLICT, "a contest is published at '%.*s' already; it can be replaced (--replace)", STR_ARG(p->slug));
    bool there = !e;
    if (there) {
        published = db_i64(&rows, "published");
        e = drop_all(db, p->slug);
    } else {
        e = db_run(db, "contest_removed_drop", DB_VALUES(db_string(p->slug)));
    }
    if (!e) e = add_all(db, a, p, published, now);
    return e ? e : announce(db, a, p->slug, there ? S("replaced") : S("published"), now);
}

Err contest_unpublish(Db *db, Arena *a, Str slug, Str reason, int64_t now)
{
    DbRows rows;
    Err e = db_one(db, a, "contest_by_slug", DB_VALUES(db_string(slug)), &rows);
    if (e) return e;
    e = drop_all(db, slug);
    if (!e)
        e = db_run(
            db, "contest_removed_add", DB_VALUES(db_string(slug), db_string(db_text(&rows, "title")), db_number(now), db_string(reason)));
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

static void recount_rows(Store *store, Db *db, DbRows *rows, bool all, int64_t now, RecountTell *tell, void *context, Recount *recount)
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

Err contest_recount(Store *store, bool all, int64_t now, RecountTell *tell, void *context, Recount *ret_recount, Fault *fault)
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
