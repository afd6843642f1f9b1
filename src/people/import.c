/* import.c: the life of an import: its states, what is stored of it, and what the record says of it.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/import_own.h"

#include "core/json.h"
#include "people/home.h"
#include "record/record.h"

#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* ---- as JSON ---- */

Str import_options_json(Arena *a, const ImportOptions *o)
{
    View *v = view_object(a), *map;
    Buf b = buf_new(a);
    view_put_bool(v, S("skip"), o->skip);
    view_put_bool(v, S("empties"), o->empties);
    view_put_bool(v, S("windows_1252"), o->windows_1252);
    view_put_str(v, S("country"), o->country.len ? o->country : home_country());
    map = view_put_array(v, S("map"));
    for (int i = 0; i < 2 * o->map_count; i++) view_add_str(map, o->map[i]);
    view_json(v, &b, false);
    return str_trim(buf_done(&b));
}

static bool said(const View *object, Str key)
{
    const View *v = view_get(object, key);
    return v && view_kind(v) == VIEW_BOOL && view_i64(v);
}

static View *read_json(Arena *a, Str text)
{
    View *v;
    Fault fault = {0};
    if (!text.len || json_read(a, text, &v, &fault)) return view_object(a); /* we wrote it: nobody else's words are lost */
    return v;
}

static ImportOptions read_options(Arena *a, Str text)
{
    View *v = read_json(a, text);
    const View *country = view_get(v, S("country")), *map = view_get(v, S("map"));
    ImportOptions o = {.skip = said(v, S("skip")), .empties = said(v, S("empties")), .windows_1252 = said(v, S("windows_1252"))};
    o.country = country ? view_str(country) : home_country();
    int count = 0;
    for (const View *cell = map ? view_first(map) : NULL; cell; cell = view_next(cell)) count++;
    Str *pairs = arena_new(a, Str, (size_t)count);
    count = 0;
    for (const View *cell = map ? view_first(map) : NULL; cell; cell = view_next(cell)) pairs[count++] = view_str(cell);
    o.map = pairs;
    o.map_count = count / 2;
    return o;
}

Str import_counts_json(Arena *a, const ImportCounts *c)
{
    return str_format(a, "{\"rows\":%lld,\"added\":%lld,\"more\":%lld,\"changed\":%lld,\"same\":%lld,\"bad\":%lld}", (long long)c->rows,
        (long long)c->added, (long long)c->more, (long long)c->changed, (long long)c->same, (long long)c->bad);
}

Str import_undone_json(Arena *a, const ImportUndone *u)
{
    return str_format(
        a, "{\"gone\":%lld,\"put_back\":%lld,\"alone\":%lld}", (long long)u->gone, (long long)u->put_back, (long long)u->alone);
}

static int64_t number_in(const View *object, Str key)
{
    const View *v = view_get(object, key);
    return v && view_kind(v) == VIEW_I64 ? view_i64(v) : 0;
}

static ImportCounts read_counts(Arena *a, Str text)
{
    View *v = read_json(a, text);
    return (ImportCounts){.rows = number_in(v, S("rows")),
        .added = number_in(v, S("added")),
        .more = number_in(v, S("more")),
        .changed = number_in(v, S("changed")),
        .same = number_in(v, S("same")),
        .bad = number_in(v, S("bad"))};
}

static ImportUndone read_undone(Arena *a, Str text)
{
    View *v = read_json(a, text);
    return (ImportUndone){.gone = number_in(v, S("gone")), .put_back = number_in(v, S("put_back")), .alone = number_in(v, S("alone"))};
}

/* ---- reading ---- */

static Import listed(Arena *a, const DbRows *row)
{
    Import i = {.id = db_text(row, "id"),
        .unit = db_text(row, "unit"),
        .unit_name = db_text(row, "unit_name"),
        .file_name = db_text(row, "file_name"),
        .state = db_text(row, "state"),
        .added = db_i64(row, "added"),
        .changed = db_i64(row, "changed"),
        .rows_done = db_i64(row, "rows_done"),
        .held = db_i64(row, "held"),
        .expired = db_i64(row, "expired"),
        .has_checked = db_text(row, "checked").len > 0};
    i.by.name = db_text(row, "by_name");
    i.checked = read_counts(a, db_text(row, "checked"));
    i.applied = read_counts(a, db_text(row, "applied"));
    i.undone = read_undone(a, db_text(row, "undone"));
    return i;
}

Err import_load(Db *db, Arena *a, Str id, Import *ret_import)
{
    DbRows rows;
    Err e = db_one(db, a, "import_by_id", DB_VALUES(db_string(id)), &rows);
    if (e) return e;
    Import i = listed(a, &rows);
    i.digest = db_text(&rows, "digest");
    i.fault = db_text(&rows, "fault");
    i.size = db_i64(&rows, "size");
    i.options = read_options(a, db_text(&rows, "options"));
    i.by.role = db_text(&rows, "by_role");
    i.undo_by = (Officer){.name = db_text(&rows, "undo_name"), .role = db_text(&rows, "undo_role")};
    i.bytes_done = db_i64(&rows, "bytes_done");
    i.report = db_text(&rows, "report");
    i.leaf = db_i64(&rows, "leaf");
    i.undo_leaf = db_i64(&rows, "undo_leaf");
    *ret_import = i;
    return ERR_OK;
}

Err import_find(Db *db, Arena *a, Scope scope, Str id, Import *ret_import)
{
    DbRows rows;
    Err e = scope.unit.len ? db_one(db, a, "import_inside", DB_VALUES(db_string(id), db_string(scope.unit)), &rows) : ERR_OK;
    return e ? e : import_load(db, a, id, ret_import);
}

Err import_list(Db *db, Arena *a, Scope scope, int most, Import **ret_imports, int *ret_count)
{
    DbRows rows;
    Err e = scope.unit.len ? db_query(db, a, "imports_of", DB_VALUES(db_string(scope.unit), db_number(most)), &rows)
                           : db_query(db, a, "imports_all", DB_VALUES(db_number(most)), &rows);
    if (e) return e;
    *ret_imports = arena_new(a, Import, (size_t)rows.count);
    *ret_count = 0;
    while (db_next(&rows)) (*ret_imports)[(*ret_count)++] = listed(a, &rows);
    return ERR_OK;
}

bool import_is_interrupted(const Import *i, int64_t now)
{
    return !i->held && str_equal(i->state, S("applying")) && now - i->changed > IMPORT_SILENT_MINUTES * INT64_C(60000);
}

int import_percent(const Import *i)
{
    int64_t done = i->bytes_done, all = i->size;
    if (str_equal(i->state, S("undoing"))) {
        done = i->undone.gone + i->undone.put_back + i->undone.alone;
        all = i->applied.added + i->applied.more + i->applied.changed;
    }
    if (str_equal(i->state, S("done")) || str_equal(i->state, S("undone")) || str_equal(i->state, S("checked"))) return 100;
    if (all <= 0 || done <= 0) return 0;
    return done >= all ? 99 : (int)(done * 100 / all);
}

Err import_units(Db *db, Arena *a, Str unit, ImportUnits *ret_units)
{
    DbRows rows;
    Err e = db_query(db, a, "import_units", DB_VALUES(db_string(unit)), &rows);
    if (e) return e;
    if (!rows.count) return ERR_MISSING;
    ImportUnit *units = arena_new(a, ImportUnit, (size_t)rows.count);
    *ret_units = (ImportUnits){.units = units};
    while (db_next(&rows))
        units[ret_units->count++] = (ImportUnit){
            .slug = db_text(&rows, "slug"), .name = db_text(&rows, "name"), .folded = db_text(&rows, "folded")};
    return ERR_OK;
}

/* ---- from state to state ---- */

Err import_tell(Db *db, Arena *a, Str id, int64_t now)
{
    return db_announce(db, str_format(a, "import:%.*s", STR_ARG(id)), S("{}"), now);
}

static Err add_import(Db *db, Arena *a, const Import *i, const char *state, int64_t now)
{
    return db_run(db, "import_add",
        DB_VALUES(db_string(i->id), db_string(i->unit), db_string(i->file_name.len ? i->file_name : S("")), db_number(i->size),
            db_string(i->digest), db_number(i->held), db_string(import_options_json(a, &i->options)), db_string(str_from_c(state)),
            db_string(i->by.name), db_string(i->by.role), db_number(now)));
}

Err import_hold(Db *db, Arena *a, Str unit, Str file_name, Str bytes, const ImportOptions *options, Officer by, int64_t now, Str *ret_id)
{
    if (!bytes.len) return ERR_INPUT;
    Import i = {.id = person_new_id(a, now),
        .unit = unit,
        .file_name = file_name,
        .size = (int64_t)bytes.len,
        .digest = sha256_hex(a, sha256(bytes)),
        .held = true,
        .options = *options,
        .by = by};
    Err e = add_import(db, a, &i, "held", now);
    int64_t number = 0;
    for (size_t at = 0; !e && at < bytes.len; at += IMPORT_PIECE, number++) {
        size_t end = at + IMPORT_PIECE < bytes.len ? at + IMPORT_PIECE : bytes.len;
        e = db_run(db, "import_piece_add",
            DB_VALUES(db_string(i.id), db_string(S("file")), db_number(number), db_bytes(str_slice(bytes, at, end))));
    }
    if (!e) *ret_id = i.id;
    return e;
}

/* One row, or it is in another state. */
static Err one_row(Err e, int64_t changed)
{
    if (e) return e;
    return changed == 1 ? ERR_OK : ERR_CONFLICT;
}

Err import_choose(Db *db, Arena *a, Str id, const ImportOptions *options, Officer by, int64_t now)
{
    int64_t changed = 0;
    Err e = db_run_counted(db, "import_options_set",
        DB_VALUES(db_string(id), db_number(now), db_string(import_options_json(a, options)), db_string(by.name), db_string(by.role)),
        &changed);
    e = one_row(e, changed);
    if (!e) e = db_run(db, "import_pieces_drop", DB_VALUES(db_string(id), db_string(S("bad"))));
    return e ? e : import_tell(db, a, id, now);
}

static Err check_alone(Db *db, Arena *a, const Import *i, Fault *fault)
{
    DbRows rows;
    Err e = db_one(db, a, "import_busy", DB_VALUES(db_string(i->id), db_string(i->unit)), &rows);
    if (e == ERR_MISSING) return ERR_OK;
    if (e) return e;
    Str name = db_text(&rows, "unit_name"), id = db_text(&rows, "id");
    return fault_setf(fault, a, ERR_CONFLICT,
        "another import (%.*s, for %.*s) is at work on these units: begin this one when that has ended; if it was interrupted, go on with "
        "it, or take it back (on its page among the imports of that unit, or with 'hustings people undo %.*s')",
        STR_ARG(id), STR_ARG(name), STR_ARG(id));
}

Err import_start(Db *db, Arena *a, Str id, int64_t now, Fault *fault)
{
    Import i;
    int64_t changed = 0;
    Err e = import_load(db, a, id, &i);
    if (e) return e;
    if (!str_equal(i.state, S("checked")))
        return fault_set(fault, ERR_CONFLICT, 0, 0, S("it cannot be imported now: it was not checked, or it is past that"), S(""));
    if (i.checked.bad && !i.options.skip)
        return fault_setf(fault, a, ERR_CONFLICT,
            "nothing is imported while %lld rows are bad: mend them in the file, or choose to leave bad rows out",
            (long long)i.checked.bad);
    e = check_alone(db, a, &i, fault);
    if (e) return e;
    e = db_run_counted(db, "import_turn",
        DB_VALUES(db_string(id), db_number(now), db_string(S("checked")), db_string(S("applying")), db_number(0), db_string(S(""))),
        &changed);
    e = one_row(e, changed);
    return e ? e : import_tell(db, a, id, now);
}

Err import_take_back(Db *db, Arena *a, Str id, Officer by, Str why, int64_t now, Fault *fault)
{
    Import i;
    int64_t changed = 0;
    Err e = import_load(db, a, id, &i);
    if (!e && str_equal(i.state, S("done"))) e = check_alone(db, a, &i, fault);
    if (e) return e;
    e = db_run_counted(db, "import_undo_begin",
        DB_VALUES(db_string(id), db_number(now), db_string(by.name), db_string(by.role), db_string(why.len ? why : S(""))), &changed);
    if (!e && !changed)
        return fault_setf(fault, a, ERR_CONFLICT,
            "it cannot be taken back: it was not imported, was taken back before, or is older than %d days", IMPORT_DAYS);
    return e ? e : import_tell(db, a, id, now);
}

Err import_drop(Db *db, Arena *a, Str id, int64_t now)
{
    Import i;
    static const Str before[] = {S("held"), S("checking"), S("checked"), S("refused")};
    bool is_before = false;
    Err e = import_load(db, a, id, &i);
    if (e) return e;
    for (int k = 0; k < COUNT_OF(before); k++) is_before |= str_equal(i.state, before[k]);
    if (!is_before) return ERR_CONFLICT;
    e = db_run(db, "import_pieces_drop", DB_VALUES(db_string(id), db_string(S("file"))));
    if (!e) e = db_run(db, "import_pieces_drop", DB_VALUES(db_string(id), db_string(S("bad"))));
    if (!e) e = db_run(db, "import_drop", DB_VALUES(db_string(id)));
    return e ? e : import_tell(db, a, id, now);
}

/* ---- at the machine ---- */

typedef struct AtMachine {
    Import import;
    bool resumed;
} AtMachine;

static Err run_at_machine(Db *db, Command *c)
{
    AtMachine *m = c->context;
    Import *i = &m->import;
    DbRows rows;
    Err e = db_one(db, c->arena, "import_unfinished",
        DB_VALUES(db_string(i->unit), db_string(i->digest), db_string(import_options_json(c->arena, &i->options))), &rows);
    m->resumed = e == ERR_OK;
    if (!e) c->answer = db_text(&rows, "id");
    if (e != ERR_MISSING) return e;
    i->id = c->answer = person_new_id(c->arena, c->now);
    return add_import(db, c->arena, i, "checking", c->now);
}

Err import_at_machine(Store *store, Arena *a, Str unit, Str file_name, int64_t size, Str digest, const ImportOptions *options, Officer by,
    int64_t now, Str *ret_id, bool *ret_resumed, Fault *fault)
{
    AtMachine m = {.import = {.unit = unit, .file_name = file_name, .size = size, .digest = digest, .options = *options, .by = by}};
    Command c = {.name = "import_at_machine", .leaf = LEAF_NONE, .run = run_at_machine, .context = &m, .arena = a, .now = now};
    Err e = store_run(store, &c);
    if (e) {
        *fault = c.fault;
        fault->err = e;
        return e;
    }
    *ret_id = c.answer;
    *ret_resumed = m.resumed;
    return ERR_OK;
}

/* ---- what the record says ---- */

static View *act_data(Arena *a, const Import *i, const ImportCounts *c)
{
    View *data = view_object(a);
    view_put_i64(data, S("rows"), c->rows);
    view_put_i64(data, S("persons_added"), c->added);
    view_put_i64(data, S("memberships_added"), c->added + c->more);
    view_put_i64(data, S("rows_changed"), c->changed);
    view_put_i64(data, S("rows_left_out"), c->bad);
    view_put_str(data, S("file_sha256"), i->digest);
    return data;
}

Err import_act_done(Db *db, Arena *a, const Import *i, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    const ImportCounts *c = &i->applied;
    Act act = {.kind = "people.imported",
        .by = i->by,
        .unit = i->unit,
        .says = str_format(a,
            "A list of members of %.*s was imported: %lld rows. %lld persons were added, %lld memberships of persons who were there, %lld "
            "rows changed "
            "something, %lld were as before, %lld were left out.",
            STR_ARG(act_line(a, i->unit_name, 200)), (long long)c->rows, (long long)c->added, (long long)c->more, (long long)c->changed,
            (long long)c->same, (long long)c->bad),
        .data = act_data(a, i, c)};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

Err import_act_undone(Db *db, Arena *a, const Import *i, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    const ImportUndone *u = &i->undone;
    View *data = act_data(a, i, &i->applied);
    view_put_i64(data, S("persons_gone"), u->gone);
    view_put_i64(data, S("persons_put_back"), u->put_back);
    view_put_i64(data, S("persons_left_alone"), u->alone);
    if (i->leaf >= 0) view_put_i64(data, S("imported_in"), i->leaf);
    Str what = i->leaf >= 0 ? str_format(a, "The import of a list of members of %.*s (entry %lld) was taken back",
                                  STR_ARG(act_line(a, i->unit_name, 200)), (long long)i->leaf)
                            : str_format(a, "An import of a list of members of %.*s was stopped and taken back",
                                  STR_ARG(act_line(a, i->unit_name, 200)));
    Act act = {.kind = "people.import_undone",
        .by = i->undo_by,
        .unit = i->unit,
        .says = str_format(a,
            "%.*s: %lld persons whom it had added are gone, %lld are as they were before, %lld had been changed since and were left alone.",
            STR_ARG(what), (long long)u->gone, (long long)u->put_back, (long long)u->alone),
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

/* ---- expiry ---- */

enum { EXPIRE_AT_ONCE = 5000 };

/* What could be put back, a part at a time; the figures stay. */
static Err expire_done(Db *db, Str id)
{
    int64_t dropped = 0;
    Err e = db_run(db, "import_pieces_drop", DB_VALUES(db_string(id), db_string(S("file"))));
    if (!e) e = db_run(db, "import_pieces_drop", DB_VALUES(db_string(id), db_string(S("bad"))));
    if (!e) e = db_run_counted(db, "import_touched_drop", DB_VALUES(db_string(id), db_number(EXPIRE_AT_ONCE)), &dropped);
    if (!e && !dropped) e = db_run(db, "import_expired", DB_VALUES(db_string(id)));
    return e;
}

Err import_expire(Db *db, Command *c)
{
    DbRows rows;
    Err e = db_query(db, c->arena, "import_expiring", DB_VALUES(db_number(c->now - IMPORT_DAYS * DAY_MS)), &rows);
    while (!e && db_next(&rows)) {
        Str id = db_text(&rows, "id"), state = db_text(&rows, "state");
        bool was_done = str_equal(state, S("done")) || str_equal(state, S("undone"));
        e = was_done ? expire_done(db, id) : import_drop(db, c->arena, id, c->now);
    }
    return e;
}
