/* import_run.c: the long work: the dry run, the writing, and going on with what was interrupted.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * How nothing is lost or doubled when the process is killed: a chunk's rows and how far the import is are one command, which holds only if the import
 * stands where the chunk begins. Whoever goes on reads the file from its beginning (import_file.c) and hands out what comes after that place; two who
 * go on with the same one do it a chunk each, and the one who comes too late is told so (ERR_CONFLICT).
 */
#include "people/import_own.h"

#include "people/text.h"

#include <stdlib.h>

/* ---- commands ---- */

static Err run_command(const ImportWork *work, Arena *a, Command *c, Fault *fault)
{
    c->arena = a;
    c->now = work->now();
    Err e = store_run(work->store, c);
    if (e) {
        *fault = c->fault;
        fault->err = e;
        if (!fault->expected.len) fault->expected = S("a store that can be written");
    }
    return e;
}

static bool is_stopped(const ImportWork *work)
{
    return work->stop && __atomic_load_n(work->stop, __ATOMIC_RELAXED);
}

/* ---- the file's pieces in the store ---- */

typedef struct Held_pieces {
    Db *db;
    Str id;
    int64_t number;
} HeldPieces;

static Err next_piece(void *context, Arena *a, Str *ret_piece, bool *ret_last, Fault *fault)
{
    HeldPieces *p = context;
    DbRows rows;
    Err e = db_one(p->db, a, "import_piece", DB_VALUES(db_string(p->id), db_string(S("file")), db_number(p->number)), &rows);
    if (e == ERR_MISSING && p->number > 0) {
        *ret_piece = S("");
        *ret_last = true;
        return ERR_OK;
    }
    if (e == ERR_MISSING)
        return fault_set(fault, ERR_IO, 0, 0, S("the file that was uploaded: it is no longer there; upload it again"), S(""));
    if (e) return fault_set(fault, e, 0, 0, S("a store that can be read"), S(""));
    *ret_piece = db_text(&rows, "bytes");
    p->number++;
    return ERR_OK;
}

/* ---- what a run holds ---- */

typedef struct Run {
    const ImportWork *work;
    Arena *a;
    Db *db, *pieces_db;
    HeldPieces pieces;
    Import import;
    ImportUnits units;
    ImportReader *reader;
    Fault *fault;
} Run;

/* The words of a fault may be the reader's, or of the chunk at hand. */
static void keep_fault(const Run *r)
{
    if (!r->fault->err) return;
    r->fault->file = str_copy(r->a, r->fault->file);
    r->fault->expected = str_copy(r->a, r->fault->expected);
    r->fault->found = str_copy(r->a, r->fault->found);
}

static void run_close(Run *r)
{
    keep_fault(r);
    if (r->reader) import_reader_close(r->reader);
    db_close(r->db);
    db_close(r->pieces_db);
}

static Err run_open(Run *r, const ImportWork *work, Arena *a, const char *state, Fault *fault)
{
    *r = (Run){.work = work, .a = a, .fault = fault};
    Err e = db_open(work->store, &r->db, fault);
    if (!e) e = import_load(r->db, a, work->id, &r->import);
    if (!e && !str_equal(r->import.state, str_from_c(state)))
        e = fault_setf(fault, a, ERR_CONFLICT, "an import that is %s; it is %.*s", state, STR_ARG(r->import.state));
    if (!e) e = import_units(r->db, a, r->import.unit, &r->units);
    if (!e && !work->source.next) e = db_open(work->store, &r->pieces_db, fault);
    if (e) {
        if (!fault->err)
            *fault = (Fault){.err = e, .expected = e == ERR_MISSING ? S("an import that is there") : S("a store that can be read")};
        run_close(r);
        return e;
    }
    r->pieces = (HeldPieces){.db = r->pieces_db, .id = work->id};
    return ERR_OK;
}

static void begin_reading(Run *r, int64_t skip, bool writes)
{
    ImportReading reading = {.options = r->import.options,
        .file_name = r->import.file_name,
        .units = &r->units,
        .source = r->work->source,
        .skip = skip,
        .writes = writes};
    if (!reading.source.next) reading.source = (ImportSource){.next = next_piece, .context = &r->pieces};
    r->reader = import_reader_open(&reading);
}

static void tell(const Run *r, const Import *i, int64_t rows)
{
    if (r->work->went_on) r->work->went_on(r->work->context, i, rows, import_percent(i));
}

/* ---- the dry run ---- */

typedef struct Report {
    Run *run;
    Arena *a;
    Buf csv; /* the list of bad rows */
    int64_t faults;
    View *view, *shown_faults, *shown_changes;
    int fault_count, change_count;
} Report;

enum { REPORT_FAULTS = 100 };

static void csv_cell(Buf *b, Str text)
{
    buf_byte(b, '"');
    /* What a spreadsheet would take for a formula. */
    if (text.len && (text.ptr[0] == '=' || text.ptr[0] == '+' || text.ptr[0] == '-' || text.ptr[0] == '@')) buf_byte(b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') buf_byte(b, '"');
        buf_byte(b, text.ptr[i]);
    }
    buf_byte(b, '"');
}

static void report_bad(void *context, const ImportRow *row, const Fault *fault)
{
    Report *p = context;
    const Run *r = p->run;
    Fault whole = *fault;
    whole.file = r->import.file_name;
    whole.line = fault->line ? fault->line : row->line;
    if (r->work->bad) r->work->bad(r->work->context, &whole);
    if (p->faults++ >= IMPORT_FAULTS_MAX) return;
    buf_format(&p->csv, "%lld,", (long long)whole.line);
    if (whole.column) buf_i64(&p->csv, whole.column);
    buf_byte(&p->csv, ',');
    const Str cells[] = {whole.expected, whole.found, row->values.of[COL_ID], person_name(p->a, &row->values)};
    for (int i = 0; i < COUNT_OF(cells); i++) {
        if (i) buf_byte(&p->csv, ',');
        csv_cell(&p->csv, cells[i]);
    }
    buf_str(&p->csv, S("\r\n"));
    if (p->fault_count++ >= REPORT_FAULTS) return;
    View *v = view_add_object(p->shown_faults);
    view_put_i64(v, S("line"), whole.line);
    view_put_i64(v, S("column"), whole.column);
    view_put_str(v, S("expected"), str_copy(p->a, whole.expected));
    view_put_str(v, S("found"), str_copy(p->a, whole.found));
}

static void put_changes(Report *p, View *values, const Values *before, const Values *now, Columns changed)
{
    for (PeopleColumn c = 0; c < COL__COUNT; c++) {
        if (!(changed & column_bit(c))) continue;
        View *v = view_add_object(values);
        view_put_str(v, S("column"), str_from_c(people_columns[c].name));
        view_put_str(v, S("was"), str_copy(p->a, before->of[c]));
        view_put_str(v, S("is"), str_copy(p->a, now->of[c]));
    }
}

static void report_change(void *context, const ImportRow *row, const Held *held)
{
    Report *p = context;
    if (p->change_count >= IMPORT_SAMPLES) return;
    p->change_count++;
    View *v = view_add_object(p->shown_changes);
    view_put_i64(v, S("line"), row->line);
    view_put_str(v, S("person"), str_copy(p->a, held->id));
    view_put_str(v, S("name"), str_copy(p->a, person_name(p->a, &held->before)));
    View *values = view_put_array(v, S("values"));
    put_changes(p, values, &held->before, &held->values, held->changed);
    for (int i = 0; i < held->membership_count; i++)
        if (!held->memberships[i].is_new)
            put_changes(p, values, &held->memberships[i].before, &held->memberships[i].values, held->memberships[i].changed);
}

static void report_begin(Report *p, Run *r)
{
    *p = (Report){.run = r, .a = r->a, .csv = buf_new(r->a), .view = view_object(r->a)};
    p->shown_faults = view_put_array(p->view, S("faults"));
    p->shown_changes = view_put_array(p->view, S("changes"));
    buf_str(&p->csv, S("line,column,expected,found,id,name\r\n"));
}

static Str report_json(Report *p)
{
    const TableHeader *h = import_reader_header(p->run->reader);
    View *header = view_put_array(p->view, S("header"));
    for (int i = 0; h && i < h->count; i++) {
        View *v = view_add_object(header);
        view_put_str(v, S("cell"), h->cells[i]);
        view_put_str(v, S("column"), h->columns[i] == COL__COUNT ? S("") : str_from_c(people_columns[h->columns[i]].name));
    }
    Buf b = buf_new(p->a);
    view_json(p->view, &b, false);
    return buf_done(&b);
}

typedef struct Step {
    const Run *run;
    Str report, csv, fault;
    const char *state;
    ImportCounts counts;
    int64_t rows, bytes;
} Step;

static Err run_went_on(Db *db, Command *c)
{
    const Step *s = c->input;
    Err e = db_run(
        db, "import_went_on", DB_VALUES(db_string(s->run->work->id), db_number(c->now), db_number(s->rows), db_number(s->bytes)));
    return e ? e : import_tell(db, c->arena, s->run->work->id, c->now);
}

static Err run_checked(Db *db, Command *c)
{
    const Step *s = c->input;
    Str id = s->run->work->id;
    Err e = db_run(db, "import_pieces_drop", DB_VALUES(db_string(id), db_string(S("bad"))));
    int64_t number = 0;
    for (size_t at = 0; !e && s->counts.bad && at < s->csv.len; at += IMPORT_PIECE, number++) {
        size_t end = at + IMPORT_PIECE < s->csv.len ? at + IMPORT_PIECE : s->csv.len;
        e = db_run(
            db, "import_piece_add", DB_VALUES(db_string(id), db_string(S("bad")), db_number(number), db_bytes(str_slice(s->csv, at, end))));
    }
    if (!e)
        e = db_run(db, "import_checked",
            DB_VALUES(db_string(id), db_number(c->now), db_string(import_counts_json(c->arena, &s->counts)), db_string(s->report),
                db_number(s->rows), db_number(s->bytes)));
    return e ? e : import_tell(db, c->arena, id, c->now);
}

static Err run_refused(Db *db, Command *c)
{
    const Step *s = c->input;
    Err e = db_run(db, "import_turn",
        DB_VALUES(db_string(s->run->work->id), db_number(c->now), db_string(S("checking")), db_string(S("refused")), db_number(0),
            db_string(s->fault)));
    return e ? e : import_tell(db, c->arena, s->run->work->id, c->now);
}

/* The file is no list at all: that is the outcome, and its words are for the officer. */
static Err refuse(Run *r)
{
    Step step = {.run = r, .fault = fault_text(r->a, r->fault)};
    Command c = {.name = "import_refused", .leaf = LEAF_NONE, .run = run_refused, .input = &step};
    Fault ignored = {0};
    Err e = run_command(r->work, r->a, &c, &ignored);
    return e ? e : ERR_INPUT;
}

static Err check_chunk(Run *r, ImportMatch *m, ImportChunk *chunk)
{
    m->a = &chunk->arena; /* the chunk is ours, and its arena goes with it */
    m->given = import_reader_given(r->reader);
    m->headings = import_reader_headings(r->reader);
    Err e = import_match(m, chunk);
    if (e) return fault_set(r->fault, e, 0, 0, S("a store that can be read"), S(""));
    if (chunk->last) return ERR_OK;
    Step step = {.run = r, .rows = chunk->before + chunk->count, .bytes = chunk->bytes};
    Command c = {.name = "import_went_on", .leaf = LEAF_NONE, .run = run_went_on, .input = &step};
    r->import.bytes_done = chunk->bytes;
    tell(r, &r->import, step.rows);
    return run_command(r->work, m->a, &c, r->fault);
}

static Err check_all(Run *r, ImportMatch *m)
{
    Err e = ERR_OK;
    for (bool last = false; !e && !last;) {
        ImportChunk *chunk = NULL;
        if (is_stopped(r->work)) return fault_set(r->fault, ERR_LIMIT, 0, 0, S("time to go on: it was stopped"), S(""));
        e = import_reader_next(r->reader, &chunk, r->fault);
        if (e) return e;
        e = check_chunk(r, m, chunk);
        if (e) keep_fault(r);
        last = chunk->last;
        import_chunk_free(chunk);
    }
    return e;
}

static Err end_check(Run *r, const ImportMatch *m, Report *report)
{
    Step step = {.run = r,
        .report = report_json(report),
        .csv = buf_done(&report->csv),
        .counts = m->counts,
        .rows = m->counts.rows,
        .bytes = r->import.size};
    Command c = {.name = "import_checked", .leaf = LEAF_NONE, .run = run_checked, .input = &step};
    Err e = run_command(r->work, r->a, &c, r->fault);
    r->import.bytes_done = r->import.size;
    if (!e) tell(r, &r->import, step.rows);
    return e;
}

Err import_check(const ImportWork *work, Arena *a, Fault *fault)
{
    Run r;
    Report report;
    Err e = run_open(&r, work, a, "checking", fault);
    if (e) return e;
    begin_reading(&r, 0, false);
    report_begin(&report, &r);
    ImportMatch m = {.db = r.db,
        .unit = r.import.unit,
        .empties = r.import.options.empties,
        .now = work->now(),
        .dry = true,
        .bad = report_bad,
        .changes = report_change,
        .context = &report};
    e = check_all(&r, &m);
    if (!e) e = end_check(&r, &m, &report);
    if (e == ERR_INPUT) e = refuse(&r);
    free(m.made);
    run_close(&r);
    return e;
}

/* ---- writing ---- */

typedef struct Chunk {
    const Run *run;
    ImportChunk *chunk;
    Columns given;
    const Str *headings;
    ImportCounts before, after;
    const ImportRow *bad_row; /* of all or nothing */
    Fault bad;
    bool in_bulk;
} Chunk;

static ImportCounts counts_sum(const ImportCounts *one, const ImportCounts *two)
{
    return (ImportCounts){one->rows + two->rows, one->added + two->added, one->more + two->more, one->changed + two->changed,
        one->same + two->same, one->bad + two->bad};
}

static void keep_bad(void *context, const ImportRow *row, const Fault *fault)
{
    Chunk *x = context;
    if (x->bad_row) return;
    x->bad_row = row;
    x->bad = *fault;
}

/* Units are moved now and then: what the rows may name must still be below the import's. */
static Err check_units(Db *db, Arena *a, const Run *r)
{
    ImportUnits now;
    Err e = import_units(db, a, r->import.unit, &now);
    if (e) return e;
    return now.count < r->units.count ? ERR_CONFLICT : ERR_OK;
}

static Err run_chunk(Db *db, Command *c)
{
    Chunk *x = c->context;
    const Run *r = x->run;
    int64_t changed = 0;
    Str id = r->work->id;
    ImportMatch m = {.a = c->arena,
        .db = db,
        .unit = r->import.unit,
        .given = x->given,
        .headings = x->headings,
        .empties = r->import.options.empties,
        .now = c->now,
        .bad = keep_bad,
        .context = x};
    x->bad_row = NULL;
    Err e = check_units(db, c->arena, r);
    if (e == ERR_CONFLICT)
        return fault_set(&c->fault, e, 0, 0, S("units that stand where they stood when it was begun: one was moved"), S(""));
    if (!e) e = import_match(&m, x->chunk);
    if (e) return e;
    if (m.counts.bad && !r->import.options.skip) return ERR_INPUT;
    x->after = counts_sum(&x->before, &m.counts);
    e = db_run_counted(db, "import_applied",
        DB_VALUES(db_string(id), db_number(c->now), db_number(x->chunk->before), db_number(x->chunk->before + x->chunk->count),
            db_number(x->chunk->bytes), db_string(import_counts_json(c->arena, &x->after))),
        &changed);
    if (!e && !changed)
        return fault_set(
            &c->fault, ERR_CONFLICT, 0, 0, S("nobody else at work on it: it was stopped, or another process goes on with it"), S(""));
    if (!e) e = import_write(&m, id, S(""), true, x->in_bulk);
    return e ? e : import_tell(db, c->arena, id, c->now);
}

static Err write_chunk(Run *r, ImportChunk *chunk)
{
    Chunk x = {.run = r,
        .chunk = chunk,
        .given = import_reader_given(r->reader),
        .headings = import_reader_headings(r->reader),
        .before = r->import.applied,
        .in_bulk = store_engine(r->work->store) == ENGINE_POSTGRES};
    Command c = {.name = "import_chunk", .alone = true, .leaf = LEAF_NONE, .run = run_chunk, .context = &x};
    if (!chunk->count) return ERR_OK;
    Err e = run_command(r->work, &chunk->arena, &c, r->fault);
    if (e == ERR_INPUT && x.bad_row) {
        *r->fault = x.bad;
        r->fault->file = r->import.file_name;
        r->fault->expected = str_copy(r->a, x.bad.expected);
        r->fault->found = str_copy(r->a, x.bad.found);
    }
    if (e) {
        r->fault->expected = str_copy(r->a, r->fault->expected);
        return e;
    }
    r->import.applied = x.after;
    r->import.rows_done = chunk->before + chunk->count;
    r->import.bytes_done = chunk->bytes;
    tell(r, &r->import, r->import.rows_done);
    return ERR_OK;
}

static Err write_all(Run *r)
{
    Err e = ERR_OK;
    for (bool last = false; !e && !last;) {
        ImportChunk *chunk = NULL;
        if (is_stopped(r->work)) return fault_set(r->fault, ERR_LIMIT, 0, 0, S("time to go on: it was stopped"), S(""));
        e = import_reader_next(r->reader, &chunk, r->fault);
        if (e) return e;
        e = write_chunk(r, chunk);
        if (e) keep_fault(r);
        last = chunk->last;
        import_chunk_free(chunk);
    }
    return e;
}

/* The act, and the file is no longer needed. */
static Err run_done(Db *db, Command *c)
{
    Import i;
    int64_t leaf = -1;
    Str id = *(const Str *)c->input;
    Err e = import_load(db, c->arena, id, &i);
    if (!e && !str_equal(i.state, S("applying")))
        return fault_set(&c->fault, ERR_CONFLICT, 0, 0, S("an import that is under way: it was stopped"), S(""));
    if (!e) e = import_act_done(db, c->arena, &i, c->now, &leaf, &c->fault);
    if (!e) e = db_run(db, "import_done", DB_VALUES(db_string(id), db_number(c->now), db_number(leaf)));
    if (!e) e = db_run(db, "import_pieces_drop", DB_VALUES(db_string(id), db_string(S("file"))));
    return e ? e : import_tell(db, c->arena, id, c->now);
}

typedef struct Back {
    Str id, why;
    Officer by;
} Back;

static Err run_back(Db *db, Command *c)
{
    const Back *b = c->input;
    return import_take_back(db, c->arena, b->id, b->by, b->why, c->now, &c->fault);
}

/* All or nothing, and something is bad that was not when it was checked: what was written so far is taken back. */
static Err back_out(Run *r)
{
    Fault why = *r->fault, undoing = {0};
    Back back = {.id = r->work->id, .why = fault_text(r->a, &why), .by = r->import.by};
    Command c = {.name = "import_take_back", .leaf = LEAF_NONE, .run = run_back, .input = &back};
    Err e = run_command(r->work, r->a, &c, &undoing);
    if (!e) e = import_undo(r->work, r->a, &undoing);
    if (e) *r->fault = undoing;
    return e ? e : ERR_INPUT;
}

Err import_apply(const ImportWork *work, Arena *a, Fault *fault)
{
    Run r;
    Err e = run_open(&r, work, a, "applying", fault);
    if (e) return e;
    begin_reading(&r, r.import.rows_done, true);
    e = write_all(&r);
    Command c = {.name = "import_done", .leaf = LEAF_ONE, .run = run_done, .input = &work->id};
    if (!e) e = run_command(work, a, &c, fault);
    if (e == ERR_INPUT) e = back_out(&r);
    run_close(&r);
    return e;
}

/* ---- everything that waits ---- */

static Err go_on(const ImportWork *work, Arena *a, Str state, Fault *fault)
{
    if (str_equal(state, S("checking"))) return import_check(work, a, fault);
    if (str_equal(state, S("applying"))) return import_apply(work, a, fault);
    return import_undo(work, a, fault);
}

void import_all(
    Store *store, int64_t (*now)(void), const bool *stop, void (*told)(void *context, Str id, Str state, const Fault *fault), void *context)
{
    Arena a;
    DbRows rows;
    Db *db;
    Fault fault = {0};
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Err e = db_open(store, &db, &fault);
    if (e) {
        if (told) told(context, S(""), S(""), &fault);
        return;
    }
    e = db_query(db, &a, "imports_to_do", DB_NO_VALUES, &rows);
    db_close(db);
    while (!e && db_next(&rows) && !(stop && __atomic_load_n(stop, __ATOMIC_RELAXED))) {
        Arena work_arena;
        arena_init(&work_arena, ARENA_LIMIT_DEFAULT);
        ImportWork work = {.store = store, .id = db_text(&rows, "id"), .now = now, .stop = stop};
        fault = (Fault){0};
        Err went = go_on(&work, &work_arena, db_text(&rows, "state"), &fault);
        if (told) told(context, work.id, db_text(&rows, "state"), went ? &fault : NULL);
        arena_clear(&work_arena);
    }
    arena_clear(&a);
}
