/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "roll/auditor.h"

#include "core/clock.h"
#include "core/log.h"
#include "people/unit.h"
#include "roll/own.h"

#include <stdlib.h>
#include <time.h>

enum {
    QUESTIONS_AT_ONCE = 200,
    ROWS_AT_ONCE = 1000,
    DROP_AT_ONCE = 1000,
    TRIES_MOST = 3,
    LEFT_MS = 5 * 60 *
              1000, /* not heard of for so long: its process is gone. Reading and auditing 600,000 memberships takes a part of a minute */
};

static const char *const weights[] = {[AUDIT_NOTE] = "note", [AUDIT_QUESTION] = "question", [AUDIT_CRITICAL] = "critical"};

/* ---- an audit under way ---- */

/* A question that touches the roll's units. */
typedef struct Kept {
    const AuditQuestion *q;
    const uint32_t *rows; /* those of its evidence that lie there, in the order of the roster */
    int count, on_roll;
    Str evidence;
} Kept;

/* A row of evidence: the number of its question among those kept, and its place there. */
typedef struct Piece {
    int question, place;
} Piece;

typedef struct Auditing {
    Store *store;
    Arena *a; /* of the whole audit */
    AuditJob job;
    Roll roll;
    int64_t run, was; /* the number that it gets, and that of the one before */
    const Roster *roster;
    const Audit *audit;
    bool *here;          /* [unit of the roster]: the roll's, or below it */
    const bool *is_here; /* [row] */
    Kept *kept;
    int kept_count;
    Piece *pieces;
    int piece_count;
    int64_t memberships; /* here */
    int64_t done, whole;
    const atomic_bool *stop; /* or NULL */
    Fault *fault;
} Auditing;

typedef struct Part {
    Auditing *f;
    int from, count;
} Part;

/* Is the job still ours? */
static Err step(Db *db, const Auditing *f, int64_t more, int64_t now)
{
    int64_t ours = 0;
    Err e = db_run_counted(db, "audit_job_step",
        DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_string(f->job.token), db_number(f->done + more), db_number(f->whole),
            db_number(now)),
        &ours);
    return e ? e : ours ? ERR_OK : ERR_CONFLICT;
}

static Err run_part(Auditing *f, const char *name, Err (*run)(Db *, Command *), Part part, Str *ret_answer)
{
    if (f->stop && atomic_load(f->stop)) return fault_set(f->fault, ERR_CONFLICT, 0, 0, S("to go on: the server is being stopped"), S(""));
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    part.f = f;
    Command command = {.name = name, .leaf = LEAF_NONE, .run = run, .input = &part, .arena = &a, .now = clock_utc()};
    Err e = store_run(f->store, &command);
    if (e) *f->fault = (Fault){.err = e, .expected = str_copy(f->a, command.fault.expected)};
    if (ret_answer) *ret_answer = str_copy(f->a, command.answer);
    arena_clear(&a);
    return e;
}

static Err run_parts(Auditing *f, const char *name, Err (*run)(Db *, Command *), int count, int at_once)
{
    for (int from = 0; from < count; from += at_once) {
        Err e = run_part(f, name, run, (Part){.from = from, .count = count - from < at_once ? count - from : at_once}, NULL);
        if (e) return e;
        f->done++;
    }
    return ERR_OK;
}

/* ---- what is kept of it ---- */

static void find_here(Auditing *f)
{
    const Roster *r = f->roster;
    f->here = arena_new(f->a, bool, (size_t)r->unit_count + 1);
    bool *is_here = arena_new(f->a, bool, (size_t)r->count + 1);
    Ref most = 0;
    for (int u = 0; u < r->unit_count; u++) {
        for (int at = u; at >= 0 && !f->here[u]; at = r->units[at].above)
            f->here[u] = str_equal(roster_text(r, r->units[at].slug), f->job.unit);
        most = r->units[u].slug > most ? r->units[u].slug : most;
    }
    bool *slug_here = arena_new(f->a, bool, (size_t)most + 1);
    for (int u = 0; u < r->unit_count; u++) slug_here[r->units[u].slug] = f->here[u];
    for (int i = 0; i < r->count; i++) f->memberships += is_here[i] = slug_here[r->rows[i].unit];
    f->is_here = is_here;
}

static int by_row(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

/* Of whose memberships the evidence is, wherever they are; rows of the store are in the order of persons. */
static Str digest_of(Auditing *f, const uint32_t *rows, int count)
{
    enum { DIGITS = 32 };
    Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Buf b = buf_new(&scratch);
    for (int i = 0; i < count; i++) {
        const RosterRow *row = &f->roster->rows[rows[i]];
        Str person = roster_text(f->roster, row->person), unit = roster_text(f->roster, row->unit);
        buf_format(&b, "%.*s %.*s\n", STR_ARG(person), STR_ARG(unit));
    }
    Str hex = str_slice(sha256_hex(f->a, sha256(buf_done(&b))), 0, DIGITS);
    arena_clear(&scratch);
    return hex;
}

static bool stands(const Auditing *f, uint32_t row)
{
    return rules_row(&f->roll.rules, f->roster, &f->roster->rows[row]) == REASON_ON;
}

static bool keep_question(Auditing *f, const AuditQuestion *q, Kept *kept)
{
    uint32_t *rows = arena_new(f->a, uint32_t, (size_t)q->row_count + 1);
    for (int i = 0; i < q->row_count; i++) rows[i] = q->rows[i];
    qsort(rows, (size_t)q->row_count, sizeof *rows, by_row);
    *kept = (Kept){.q = q, .rows = rows};
    bool any = false;
    for (int i = 0; i < q->row_count && !any; i++) any = f->is_here[rows[i]];
    if (!any) return false;
    kept->evidence = digest_of(f, rows, q->row_count);
    for (int i = 0; i < q->row_count; i++) {
        if (!f->is_here[rows[i]]) continue;
        rows[kept->count++] = rows[i];
        kept->on_roll += stands(f, rows[i]);
    }
    return true;
}

static void keep_questions(Auditing *f)
{
    f->kept = arena_new(f->a, Kept, (size_t)f->audit->question_count + 1);
    int pieces = 0;
    for (int i = 0; i < f->audit->question_count; i++) {
        if (!keep_question(f, &f->audit->questions[i], &f->kept[f->kept_count])) continue;
        pieces += f->kept[f->kept_count++].count;
    }
    f->pieces = arena_new(f->a, Piece, (size_t)pieces + 1);
    for (int i = 0; i < f->kept_count; i++)
        for (int place = 0; place < f->kept[i].count; place++) f->pieces[f->piece_count++] = (Piece){i, place};
}

/* ---- writing ---- */

static Str columns_of(Arena *a, const AuditQuestion *q)
{
    Buf b = buf_new(a);
    for (int i = 0; i < q->column_count; i++) buf_format(&b, "%s%s", i ? " " : "", people_columns[q->columns[i]].name);
    return buf_done(&b);
}

/* The unit that it is about: an other one than the roll's is not named. */
static Str place_of(const Auditing *f, const AuditQuestion *q)
{
    return q->unit >= 0 && f->here[q->unit] ? roster_text(f->roster, f->roster->units[q->unit].slug) : S("");
}

static Err run_questions(Db *db, Command *command)
{
    const Part *p = command->input;
    const Auditing *f = p->f;
    Err e = step(db, f, 1, command->now);
    for (int i = p->from; i < p->from + p->count && !e; i++) {
        const Kept *k = &f->kept[i];
        e = db_run(db, "audit_question_add",
            DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_number(f->run), db_string(k->q->key), db_number(i),
                db_string(audit_check_name(k->q->check)), db_string(str_from_c(weights[k->q->weight])), db_string(place_of(f, k->q)),
                db_string(k->q->asks), db_string(k->q->because), db_string(k->q->usual), db_string(columns_of(command->arena, k->q)),
                db_number(k->q->row_count), db_number(k->count), db_number(k->on_roll), db_string(k->evidence)));
    }
    return e;
}

static Str shown_of(Arena *a, const Roster *r, const AuditQuestion *q, const RosterRow *row)
{
    View *v = view_object(a);
    Buf b = buf_new(a);
    view_put_str(v, S("name"), roster_text(r, row->name));
    view_put_str(v, S("number"), roster_text(r, row->id));
    view_put_str(v, S("at_unit"), roster_text(r, row->unit));
    for (int c = 0; c < q->column_count; c++)
        view_put_str(v, str_from_c(people_columns[q->columns[c]].name), audit_value(a, r, row, q->columns[c]));
    view_json(v, &b, false);
    return buf_done(&b);
}

static Err run_evidence(Db *db, Command *command)
{
    const Part *p = command->input;
    const Auditing *f = p->f;
    Err e = step(db, f, 1, command->now);
    for (int i = p->from; i < p->from + p->count && !e; i++) {
        const Kept *k = &f->kept[f->pieces[i].question];
        uint32_t at = k->rows[f->pieces[i].place];
        const RosterRow *row = &f->roster->rows[at];
        e = db_run(db, "audit_evidence_add",
            DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_number(f->run), db_string(k->q->key),
                db_number(f->pieces[i].place), db_string(roster_text(f->roster, row->person)),
                db_string(shown_of(command->arena, f->roster, k->q, row)), db_number(stands(f, at))));
    }
    return e;
}

/* ---- the end ---- */

static Str json_of(Arena *a, const View *v)
{
    Buf b = buf_new(a);
    view_json(v, &b, false);
    return buf_done(&b);
}

static Str checks_json(Arena *a, const Auditing *f)
{
    View *checks = view_array(a);
    for (AuditCheck c = 0; c < AUDIT__COUNT; c++) {
        int64_t here = 0;
        for (int u = 0; u < f->audit->unit_count; u++)
            if (f->here[f->audit->units[u].unit]) here += f->audit->units[u].rows[c];
        View *v = view_add_object(checks);
        view_put_str(v, S("check"), audit_check_name(c));
        view_put_str(v, S("title"), audit_check_title(c));
        view_put_str(v, S("rule"), audit_check_rule(a, c, &f->audit->rules));
        view_put_i64(v, S("rows"), here);
        view_put_i64(v, S("all_rows"), f->audit->rows[c]);
        view_put_i64(v, S("not_looked_at"), f->audit->unlooked[c]);
    }
    return json_of(a, checks);
}

static Str units_json(Arena *a, const Auditing *f)
{
    View *units = view_array(a);
    for (int u = 0; u < f->audit->unit_count; u++) {
        const AuditUnit *unit = &f->audit->units[u];
        if (!f->here[unit->unit] || !unit->members) continue;
        View *v = view_add_object(units);
        view_put_str(v, S("unit"), roster_text(f->roster, f->roster->units[unit->unit].slug));
        view_put_str(v, S("name"), roster_text(f->roster, f->roster->units[unit->unit].name));
        view_put_i64(v, S("memberships"), unit->members);
        View *rows = view_put_object(v, S("rows"));
        for (AuditCheck c = 0; c < AUDIT__COUNT; c++)
            if (unit->rows[c]) view_put_i64(rows, audit_check_name(c), unit->rows[c]);
    }
    return json_of(a, units);
}

static Err add_run(Db *db, Arena *a, const Auditing *f, int64_t now)
{
    AuditCounts counts;
    Err e = audit_counts(db, a, &f->roll, f->run, &counts);
    if (e) return e;
    return db_run(db, "audit_run_add",
        DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_number(f->run), db_number(f->roll.version),
            db_string(audit_rules_write(a, &f->audit->rules)), db_number(f->memberships), db_number(f->roster->count),
            db_string(checks_json(a, f)), db_string(units_json(a, f)), db_number(counts.asked[AUDIT_CRITICAL]),
            db_number(counts.asked[AUDIT_QUESTION]), db_number(counts.asked[AUDIT_NOTE]), db_string(f->job.by.name),
            db_string(f->job.by.role), db_number(now)));
}

/* Frozen anew, or dropped, since it was begun: nothing that was found is about what there is now. */
static Err still_the_same(Db *db, Arena *a, const Auditing *f, int64_t now)
{
    Roll roll;
    Err e = roll_hold(db, &f->roll, now);
    if (!e) e = roll_find(db, a, f->job.roll, &roll);
    if (!e && (roll.version != f->roll.version || !str_equal(roll.rules_text, f->roll.rules_text))) e = ERR_CONFLICT;
    return e;
}

static Err run_end(Db *db, Command *command)
{
    const Auditing *f = ((const Part *)command->input)->f;
    DbValue unit = db_string(f->job.unit), roll = db_string(f->job.roll);
    Err e = step(db, f, 1, command->now);
    if (!e) e = still_the_same(db, command->arena, f, command->now);
    if (!e) e = db_run(db, "audit_questions_keep", DB_VALUES(unit, roll, db_number(f->was), db_number(f->run)));
    if (!e) e = db_run(db, "audit_evidence_keep", DB_VALUES(unit, roll, db_number(f->was), db_number(f->run)));
    if (!e) e = db_run(db, "audit_forget_gone", DB_VALUES(unit, roll, db_number(f->run)));
    if (!e) e = db_run(db, "audit_questions_settle", DB_VALUES(unit, roll, db_number(f->run)));
    if (!e) e = add_run(db, command->arena, f, command->now);
    if (!e) e = db_run(db, "audit_job_drop", DB_VALUES(unit, roll, db_string(f->job.token)));
    return e ? e : roll_announce(db, command->arena, &f->roll, command->now);
}

/* ---- what is left over ---- */

static Err run_drop(Db *db, Command *command)
{
    static const char *const statements[] = {"audit_evidence_drop", "audit_questions_drop"};
    const Part *p = command->input;
    int64_t all = 0;
    Err e = ERR_OK;
    for (int i = 0; i < COUNT_OF(statements) && !e; i++) {
        int64_t dropped = 0;
        e = db_run_counted(db, statements[i],
            DB_VALUES(db_string(p->f->job.unit), db_string(p->f->job.roll), db_number(p->from), db_number(DROP_AT_ONCE)), &dropped);
        all += dropped;
    }
    command->answer = all ? S("more") : S("");
    return e;
}

static Err run_drop_ours(Db *db, Command *command)
{
    Err e = step(db, ((const Part *)command->input)->f, 0, command->now);
    return e ? e : run_drop(db, command);
}

/* Of all runs but that one. */
static Err drop_but(Auditing *f, Err (*run)(Db *, Command *), int64_t counts)
{
    Err e = ERR_OK;
    for (Str more = S("more"); more.len && !e;) e = run_part(f, "audit_drop", run, (Part){.from = (int)counts}, &more);
    return e;
}

/* It cannot be done: an officer sees that none was, and may ask again. */
static Err run_give_up(Db *db, Command *command)
{
    const Auditing *f = ((const Part *)command->input)->f;
    Err e = db_run(db, "audit_job_drop", DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_string(f->job.token)));
    return e ? e : roll_announce(db, command->arena, &f->roll, command->now);
}

/* The server is being stopped: the next one, or another beside it, need not wait until this one is taken for dead. */
static Err run_leave(Db *db, Command *command)
{
    const Auditing *f = ((const Part *)command->input)->f;
    return db_run(db, "audit_job_leave", DB_VALUES(db_string(f->job.unit), db_string(f->job.roll), db_string(f->job.token)));
}

/* ---- all of it ---- */

static Err find_top(Db *db, Arena *a, Str unit, Str *ret_top)
{
    Unit *path;
    int count;
    Err e = unit_path(db, a, unit, &path, &count);
    if (!e) *ret_top = count ? path[0].slug : unit;
    return e;
}

/* In one moment of the store. */
static Err read_roster(Db *db, Auditing *f)
{
    Str top;
    Roster *roster = NULL;
    Err e = db_snapshot(db);
    if (e) return e;
    e = find_top(db, f->a, f->job.unit, &top);
    if (!e) e = roster_from_store(db, f->a, top, &roster, f->fault);
    db_release(db);
    f->roster = roster;
    return e;
}

static Err look(Db *db, Auditing *f)
{
    Audit *audit = arena_new(f->a, Audit, 1);
    AuditRules rules = audit_rules_standard(f->roll.rules.freeze);
    *audit = (Audit){.rules = rules};
    Err e = read_roster(db, f);
    if (!e && f->roster->count) e = audit_run(f->a, &rules, f->roster, audit, f->fault);
    if (e) return e;
    f->audit = audit;
    find_here(f);
    keep_questions(f);
    f->whole = (f->kept_count + QUESTIONS_AT_ONCE - 1) / QUESTIONS_AT_ONCE + (f->piece_count + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE + 1;
    return ERR_OK;
}

static Err audit(Db *db, Auditing *f)
{
    Err e = drop_but(f, run_drop_ours, f->was);
    if (!e) e = look(db, f);
    if (!e) e = run_parts(f, "audit_questions", run_questions, f->kept_count, QUESTIONS_AT_ONCE);
    if (!e) e = run_parts(f, "audit_evidence", run_evidence, f->piece_count, ROWS_AT_ONCE);
    return e ? e : run_part(f, "audit_end", run_end, (Part){0}, NULL);
}

/* ---- jobs ---- */

static Err run_left(Db *db, Command *command)
{
    const bool *alone = command->input;
    int64_t before = *alone ? INT64_MAX : command->now - LEFT_MS;
    Err e = db_run(db, "audit_jobs_left", DB_VALUES(db_number(before), db_number(TRIES_MOST)));
    return e ? e : db_run(db, "audit_jobs_lost", DB_VALUES(db_number(before), db_number(TRIES_MOST)));
}

static Err run_take(Db *db, Command *command)
{
    const AuditJob *job = command->input;
    int64_t taken = 0;
    Err e = db_run_counted(db, "audit_job_take",
        DB_VALUES(db_string(job->unit), db_string(job->roll), db_string(job->token), db_number(command->now)), &taken);
    return e ? e : taken ? ERR_OK : ERR_CONFLICT;
}

/* Reading tells whether there is anything to be taken back, so that nothing is written while nothing is asked. */
static Err next_job(Store *store, Db *db, Arena *a, bool alone, AuditJob *ret_job, Fault *fault)
{
    DbRows rows;
    int64_t before = alone ? INT64_MAX : clock_utc() - LEFT_MS;
    Err e = db_one(db, a, "audit_job_left", DB_VALUES(db_number(before)), &rows);
    if (!e) {
        Command command = {.name = "audit_left", .leaf = LEAF_NONE, .run = run_left, .input = &alone, .arena = a, .now = clock_utc()};
        if ((e = store_run(store, &command))) *fault = command.fault;
    }
    if (e && e != ERR_MISSING) return e;
    e = db_one(db, a, "audit_job_next", DB_NO_VALUES, &rows);
    if (!e)
        *ret_job = (AuditJob){
            .unit = db_text(&rows, "unit"), .roll = db_text(&rows, "roll"), .by = {db_text(&rows, "by_name"), db_text(&rows, "by_role")}};
    return e;
}

static Err take_job(Db *db, Auditing *f)
{
    AuditRun before;
    f->job.token = person_new_id(f->a, clock_utc());
    Command command = {.name = "audit_take", .leaf = LEAF_NONE, .run = run_take, .input = &f->job, .arena = f->a, .now = clock_utc()};
    Err e = store_run(f->store, &command);
    if (e) *f->fault = command.fault;
    if (!e) e = roll_find(db, f->a, f->job.roll, &f->roll);
    if (e) return e;
    e = audit_run_newest(db, f->a, &f->roll, &before);
    f->was = e ? 0 : before.run;
    f->run = f->was + 1;
    return e == ERR_MISSING ? ERR_OK : e;
}

static void tell(const Auditing *f, Err e, int64_t began)
{
    if (!e) {
        log_line(LOG_INFO, "roll_audited", "roll=%s memberships=%d questions=%d ms=%lld", log_value(f->a, f->job.roll), f->roster->count,
            f->kept_count, (long long)(clock_utc() - began));
    } else log_line(LOG_WARN, "roll_not_audited", "roll=%s error=%s", log_value(f->a, f->job.roll), log_value(f->a, f->fault->expected));
}

/* Done, given up, or left to the next server. */
static Err finish(Auditing *f, Err e, int64_t began)
{
    bool is_stopped = f->stop && atomic_load(f->stop);
    if (!e || !is_stopped) tell(f, e, began);
    if (!e) return drop_but(f, run_drop, f->run);
    Fault first = *f->fault;
    f->stop = NULL;
    if (is_stopped) (void)!run_part(f, "audit_leave", run_leave, (Part){0}, NULL);
    else (void)!run_part(f, "audit_give_up", run_give_up, (Part){0}, NULL);
    *f->fault = first;
    return e == ERR_CONFLICT || e == ERR_MISSING ? ERR_OK : e;
}

Err auditor_work(Store *store, Db *db, Arena *a, bool alone, const atomic_bool *stop, bool *ret_found, Fault *fault)
{
    Auditing f = {.store = store, .a = a, .stop = stop, .fault = fault};
    *ret_found = false;
    Err e = next_job(store, db, a, alone, &f.job, fault);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    *ret_found = true;
    int64_t began = clock_utc();
    e = take_job(db, &f);
    if (e) return e == ERR_CONFLICT ? ERR_OK : e;
    e = audit(db, &f);
    return finish(&f, e, began);
}
