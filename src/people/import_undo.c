/* import_undo.c: an import taken back, some thousand persons at a time.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * First those whom it changed, then those whom it added; both lists grow shorter with each command, so it goes on after a crash where it stood.
 * Somebody was changed by the import alone when her version is the one it made, and each version it made follows the one before. When she is put back,
 * she is as the import before this one had left her, under a newer version: that import is told so (bridge), and can be taken back next.
 */
#include "people/import_own.h"

#include "core/json.h"
#include "people/search.h"

enum { UNDO_AT_ONCE = 4000 };

typedef struct Undoing {
    Db *db;
    Arena *a;
    Import import;
    int64_t now;
    bool in_bulk;
} Undoing;

/* ---- whom it changed ---- */

typedef struct Before {
    Str person, text;
    int64_t version, since;
} Before;

static Err load_befores(Undoing *u, Str ids, Before **ret_befores, int *ret_count)
{
    DbRows rows;
    Err e = db_query(u->db, u->a, "import_undo_befores", DB_VALUES(db_string(u->import.id), db_string(ids)), &rows);
    if (e) return e;
    Before *b = *ret_befores = arena_new(u->a, Before, (size_t)rows.count);
    *ret_count = rows.count;
    for (; db_next(&rows); b++)
        *b = (Before){.person = db_text(&rows, "person"),
            .version = db_i64(&rows, "version"),
            .since = db_i64(&rows, "since"),
            .text = db_text(&rows, "before")};
    return ERR_OK;
}

static Columns put_back(Values *values, const View *before)
{
    Columns changed = 0;
    for (const View *v = before ? view_first(before) : NULL; v; v = view_next(v)) {
        PeopleColumn c = people_column(view_key(v));
        if (c == COL__COUNT) continue;
        values->of[c] = view_str(v);
        changed |= column_bit(c);
    }
    return changed;
}

static HeldMembership *membership_of(Held *held, Str id)
{
    for (int i = 0; i < held->membership_count; i++)
        if (str_equal(held->memberships[i].id, id)) return &held->memberships[i];
    return NULL;
}

static Err put_back_one(Undoing *u, Held *held, const Before *before)
{
    View *what;
    Fault fault = {0};
    if (json_read(u->a, before->text, &what, &fault)) return ERR_IO; /* we wrote it: somebody changed it by hand */
    held->changed |= put_back(&held->values, view_get(what, S("person")));
    const View *memberships = view_get(what, S("memberships")), *added = view_get(what, S("added"));
    for (const View *v = memberships ? view_first(memberships) : NULL; v; v = view_next(v)) {
        HeldMembership *h = membership_of(held, view_key(v));
        if (h) h->changed |= put_back(&h->values, v);
    }
    for (const View *v = added ? view_first(added) : NULL; v; v = view_next(v)) {
        HeldMembership *h = membership_of(held, view_str(v));
        if (h) h->is_gone = true;
    }
    return ERR_OK;
}

/* Nobody but the import changed her since it began with her. */
static bool is_untouched(const Held *held, const Before *befores, int count)
{
    if (!held || befores[0].version != held->version) return false;
    for (int i = 1; i < count; i++)
        if (befores[i].version != befores[i - 1].since) return false;
    return true;
}

static Held *held_of(Held **held, int count, Str id)
{
    for (int low = 0, high = count; low < high;) {
        int middle = (low + high) / 2, order = str_compare(held[middle]->id, id);
        if (order == 0) return held[middle];
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return NULL;
}

/* Those who were changed since, with the last version that the import made. */
typedef struct Alone {
    Before *befores;
    int count;
} Alone;

static Err put_back_all(Undoing *u, Held **held, int held_count, const Before *befores, int count, Alone *alone)
{
    Err e = ERR_OK;
    for (int at = 0, to; at < count && !e; at = to) {
        for (to = at + 1; to < count && str_equal(befores[to].person, befores[at].person);) to++;
        Held *h = held_of(held, held_count, befores[at].person);
        if (!is_untouched(h, befores + at, to - at)) {
            alone->befores[alone->count++] = befores[at];
            continue;
        }
        h->put_back = true;
        for (int i = at; i < to && !e; i++) e = put_back_one(u, h, &befores[i]);
        u->import.undone.put_back++;
    }
    return e;
}

static Err leave_alone(Undoing *u, const Alone *alone)
{
    Rows rows = rows_begin(u->db, u->a, u->in_bulk, "import_left_alone", "import_left_alone_all");
    Err e = ERR_OK;
    for (int i = 0; i < alone->count && !e; i++) {
        const DbValue values[] = {db_string(u->import.id), db_string(alone->befores[i].person), db_number(alone->befores[i].version)};
        e = rows_add(&rows, values, COUNT_OF(values));
    }
    u->import.undone.alone += alone->count;
    return e ? e : rows_end(&rows);
}

/* Of those whom it put back; while what it touched of them is still there. */
static Err bridge(const Undoing *u, Held **held, int held_count)
{
    Str *ids = arena_new(u->a, Str, (size_t)held_count + 1);
    int count = 0;
    for (int i = 0; i < held_count; i++)
        if (held[i]->put_back) ids[count++] = held[i]->id;
    if (!count) return ERR_OK;
    const DbValue values[] = {db_string(u->import.id), db_string(json_texts(u->a, ids, count))};
    Err e = db_run(u->db, "import_undo_bridges_drop", values, COUNT_OF(values));
    return e ? e : db_run(u->db, "import_undo_bridges_add", values, COUNT_OF(values));
}

static Err undo_changed(Undoing *u, const Str *ids, int id_count)
{
    Held **held;
    int held_count, count;
    Before *befores;
    Str json = json_texts(u->a, ids, id_count);
    Err e = import_load_held(u->db, u->a, u->import.unit, ids, id_count, &held, &held_count);
    if (!e) e = load_befores(u, json, &befores, &count);
    if (e) return e;
    Alone alone = {.befores = arena_new(u->a, Before, (size_t)count)};
    e = put_back_all(u, held, held_count, befores, count, &alone);
    ImportMatch m = {.a = u->a, .db = u->db, .now = u->now, .held = held, .held_count = held_count};
    if (!e) e = import_write(&m, u->import.id, S("the import was taken back"), false, u->in_bulk);
    if (!e) e = bridge(u, held, held_count);
    if (!e) e = db_run(u->db, "import_undo_touched", DB_VALUES(db_string(u->import.id), db_string(json)));
    return e ? e : leave_alone(u, &alone);
}

/* ---- whom it added ---- */

static Err drop_persons(Undoing *u, const Str *ids, int count)
{
    static const char *const statements[] = {"import_undo_memberships", "import_undo_changes", "import_undo_persons"};
    if (!count) return ERR_OK;
    Str json = json_texts(u->a, ids, count);
    Err e = search_drop_many(u->db, u->a, ids, count);
    for (int i = 0; i < COUNT_OF(statements) && !e; i++) e = db_run(u->db, statements[i], DB_VALUES(db_string(json)));
    return e ? e : db_run(u->db, "import_undo_touched", DB_VALUES(db_string(u->import.id), db_string(json)));
}

static Err undo_added(Undoing *u, DbRows *rows)
{
    Str *gone = arena_new(u->a, Str, (size_t)rows->count), *kept = arena_new(u->a, Str, (size_t)rows->count);
    Alone alone = {.befores = arena_new(u->a, Before, (size_t)rows->count)};
    int gone_count = 0;
    while (db_next(rows)) {
        Str id = db_text(rows, "id");
        int64_t version = db_i64(rows, "version"), made = db_i64(rows, "made");
        if (version == made && !db_i64(rows, "kept")) {
            gone[gone_count++] = id;
            continue;
        }
        kept[alone.count] = id;
        alone.befores[alone.count++] = (Before){.person = id, .version = made};
    }
    Err e = drop_persons(u, gone, gone_count);
    u->import.undone.gone += gone_count;
    if (!e && alone.count) {
        Str json = json_texts(u->a, kept, alone.count);
        e = db_run(u->db, "import_disown", DB_VALUES(db_string(json)));
        if (!e) e = db_run(u->db, "import_undo_touched", DB_VALUES(db_string(u->import.id), db_string(json)));
        if (!e) e = leave_alone(u, &alone);
    }
    return e;
}

/* ---- steps ---- */

static Err end_undo(Undoing *u, Fault *fault)
{
    int64_t leaf = -1;
    Str id = u->import.id;
    Err e = import_act_undone(u->db, u->a, &u->import, u->now, &leaf, fault);
    if (!e) e = db_run(u->db, "import_undone", DB_VALUES(db_string(id), db_number(u->now), db_number(leaf)));
    return e ? e : db_run(u->db, "import_pieces_drop", DB_VALUES(db_string(id), db_string(S("file"))));
}

/* One step; *ret_more: there are others. */
static Err step(Undoing *u, bool *ret_more, Fault *fault)
{
    DbRows rows;
    DbValue id = db_string(u->import.id), most = db_number(UNDO_AT_ONCE);
    *ret_more = true;
    Err e = db_query(u->db, u->a, "import_undo_changed", DB_VALUES(id, most), &rows);
    if (e) return e;
    if (rows.count) {
        Str *ids = arena_new(u->a, Str, (size_t)rows.count);
        for (int i = 0; i < rows.count; i++) ids[i] = rows.values[i].bytes;
        return undo_changed(u, ids, rows.count);
    }
    e = db_query(u->db, u->a, "import_undo_added", DB_VALUES(id, most), &rows);
    if (e) return e;
    if (rows.count) return undo_added(u, &rows);
    *ret_more = false;
    return end_undo(u, fault);
}

static Err run_undo(Db *db, Command *c)
{
    const ImportWork *work = c->input;
    Undoing u = {.db = db, .a = c->arena, .now = c->now, .in_bulk = store_engine(work->store) == ENGINE_POSTGRES};
    bool more = false;
    Err e = import_load(db, c->arena, work->id, &u.import);
    if (!e && !str_equal(u.import.state, S("undoing")))
        return fault_set(&c->fault, ERR_CONFLICT, 0, 0, S("an import that is being taken back"), S(""));
    if (!e) e = step(&u, &more, &c->fault);
    c->answer = more ? S("more") : S("");
    const ImportUndone *done = &u.import.undone;
    if (!e && more)
        e = db_run(db, "import_undone_so_far",
            DB_VALUES(db_string(work->id), db_number(c->now), db_string(import_undone_json(c->arena, done)),
                db_number(done->gone + done->put_back + done->alone)));
    return e ? e : import_tell(db, c->arena, work->id, c->now);
}

static void tell(const ImportWork *work, Arena *a)
{
    Db *db;
    Import i;
    Fault fault = {0};
    if (!work->went_on || db_open(work->store, &db, &fault)) return;
    if (!import_load(db, a, work->id, &i))
        work->went_on(work->context, &i, i.undone.gone + i.undone.put_back + i.undone.alone, import_percent(&i));
    db_close(db);
}

Err import_undo(const ImportWork *work, Arena *a, Fault *fault)
{
    Err e = ERR_OK;
    Arena step_arena;
    arena_init(&step_arena, ARENA_LIMIT_DEFAULT);
    for (bool more = true; !e && more;) {
        if (work->stop && __atomic_load_n(work->stop, __ATOMIC_RELAXED)) {
            e = fault_set(fault, ERR_LIMIT, 0, 0, S("time to go on: it was stopped"), S(""));
            break;
        }
        Command c = {.name = "import_undo",
            .alone = true,
            .leaf = LEAF_MAYBE,
            .run = run_undo,
            .input = work,
            .arena = &step_arena,
            .now = work->now()};
        e = store_run(work->store, &c);
        more = c.answer.len > 0;
        if (e) *fault = (Fault){.err = e, .expected = str_copy(a, c.fault.expected)};
        else tell(work, &step_arena);
        arena_recycle(&step_arena);
    }
    arena_clear(&step_arena);
    return e;
}
